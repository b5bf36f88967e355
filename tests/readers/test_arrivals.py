"""The daily table of arrivals: read whole, or refused in one line that names place and value."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moneytrail.errors import InputError
from moneytrail.readers import read_arrivals
from moneytrail.readers.arrivals import SCHEMA
from moneytrail.simulate import simulate
from moneytrail.typologies.ground import ARRIVAL_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

THREE = [(date(2025, 5, 3), 120), (date(2025, 5, 4), 0), (date(2025, 5, 5), 7)]


def written(folder: Path, text: str) -> Path:
    path = folder / "arrivals.csv"
    path.write_text(text, "utf-8")
    return path


def complaint(path: Path) -> str:
    with pytest.raises(InputError) as raised:
        read_arrivals(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)
    return str(raised.value).removeprefix(str(path))


def test_what_comes_out_is_what_the_typologies_read() -> None:
    assert SCHEMA == ARRIVAL_COLUMNS


@pytest.mark.parametrize(
    ("text", "red"),
    [
        ("day,arrivals\n2025-05-03,120\n2025-05-04,0\n2025-05-05,7\n", [None, None, None]),
        ("date,boats,arrivals,band\n2025-05-03,2,120,red\n2025-05-04,0,0,GREEN\n2025-05-05,1,7,\n",
         [True, False, None]),
        ("\ufeffDay, Arrivals ,red\r\n2025-05-03, 120,true\r\n2025-05-04,0,No\r\n\r\n2025-05-05,7,\r\n",
         [True, False, None]),
        ("arrivals,day,band\n7,2025-05-05,amber\n120,2025-05-03,red\n0,2025-05-04,amber\n", [True, False, False]),
    ],
    ids=["bare", "assessed", "odd spacing", "in any order"],
)  # fmt: skip
def test_text(text: str, red: list[bool | None], tmp_path: Path) -> None:
    frame = read_arrivals(written(tmp_path, text))
    assert dict(frame.schema) == SCHEMA
    assert frame.select("day", "arrivals").rows() == THREE
    assert frame["red"].to_list() == red


def test_gzipped_text(tmp_path: Path) -> None:
    path = tmp_path / "arrivals.csv.gz"
    path.write_bytes(gzip.compress(b"day,arrivals\n2025-05-03,120\n2025-05-04,0\n2025-05-05,7\n"))
    assert read_arrivals(path).select("day", "arrivals").rows() == THREE


@pytest.mark.parametrize(
    ("columns", "red"),
    [
        ({"day": [day for day, _ in THREE], "boats": [2, 0, 1]}, [None, None, None]),
        ({"date": [datetime(day.year, day.month, day.day, tzinfo=UTC) for day, _ in THREE], "red": [True, None, False]},
         [True, None, False]),
        ({"day": [str(day) for day, _ in THREE], "band": pl.Series(["red", "green", None], dtype=pl.Categorical)},
         [True, False, None]),
    ],
)  # fmt: skip
def test_parquet(columns: dict[str, Any], red: list[bool | None], tmp_path: Path) -> None:
    path = tmp_path / "arrivals.parquet"
    pl.DataFrame(columns | {"arrivals": [people for _, people in THREE]}).write_parquet(path)
    frame = read_arrivals(path)
    assert dict(frame.schema) == SCHEMA
    assert frame.rows() == [(*one, assessed) for one, assessed in zip(THREE, red, strict=True)]


def test_the_simulated_banks_own_table(tmp_path: Path) -> None:
    made = simulate(50, 14, seed=2, gangs=0).arrivals
    path = tmp_path / "arrivals.parquet"
    made.write_parquet(path)
    read = read_arrivals(path)
    assert read["arrivals"].to_list() == made["arrivals"].to_list()
    assert read["red"].to_list() == [band == "red" for band in made["band"]]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["2025-05-03,1", "2025-05-05,1"], ", line 3: the day is 2025-05-05, but 2025-05-04 is missing"),
        (["2025-05-03,1", "2025-05-09,1"], ", line 3: the day is 2025-05-09, but 2025-05-04 to 2025-05-08 are missing"),
        (["2025-05-03,1", "2025-05-04,1", "2025-05-03,2"], ", line 4: the day 2025-05-03 stands at line 2 already"),
        (["2025-05-03,-1"], ", line 2: arrivals is '-1'; wanted is a whole number from 0 to 1,000,000"),
        (["2025-05-03,1000001"], ", line 2: arrivals is '1000001'"),
        (["2025-05-03,1.5"], ", line 2: arrivals is '1.5'"),
        (["2025-05-03,"], ", line 2: arrivals is absent"),
        (["2025-05-03,many"], ", line 2: arrivals is 'many'"),
        (["2025-05-03,²"], ", line 2: arrivals is '²'"),
        ([f"2025-05-03,{'9' * 5000}"], ", line 2: arrivals is '999"),
        (["3 May 2025,1"], ", line 2: the day is '3 May 2025'; wanted is a day as 2025-05-03"),
        (["2025-02-30,1"], ", line 2: the day is '2025-02-30'"),
        (["20250503,1"], ", line 2: the day is '20250503'"),
        ([",1"], ", line 2: the day is absent"),
        (["2025-05-03,1,2"], ", line 2: has 3 fields, the first line has 2"),
        (["2025-05-03,1", '"2025-05-04,1'], ", line 3: unexpected end of data"),
        ([], ": has no rows"),
    ],
    ids=str,
)
def test_a_wrong_row_is_one_line_with_its_place_and_value(rows: list[str], said: str, tmp_path: Path) -> None:
    assert complaint(written(tmp_path, "\n".join(["day,arrivals", *rows]))).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("day,arrivals,band\n2025-05-03,1,blue\n", "band is 'blue'; wanted is red, amber or green, or nothing"),
        ("day,arrivals,red\n2025-05-03,1,maybe\n", "red is 'maybe'; wanted is true or false, or nothing"),
        ("day,arrivals,red,band\n2025-05-03,1,true,red\n", "the columns 'band' and 'red' say the same thing twice"),
        ("day,date,arrivals\n2025-05-03,2025-05-03,1\n", "the columns 'day' and 'date' say the same thing twice"),
        ("day,arrivals,arrivals\n2025-05-03,1,1\n", "the column 'arrivals' stands there twice"),
        ("boats,arrivals\n1,1\n", "it has no column 'day' or 'date'; it has boats, arrivals"),
        ("day,boats\n2025-05-03,1\n", "it has no column 'arrivals'; it has day, boats"),
    ],
)
def test_wrong_columns_and_assessments(text: str, said: str, tmp_path: Path) -> None:
    assert said in complaint(written(tmp_path, text))


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("arrivals", [1, -5, 3], ", row 2: arrivals is '-5'"),
        ("arrivals", [1, None, 3], ", row 2: arrivals is absent"),
        ("arrivals", [1.0, 2.0, 3.0], ", row 1: arrivals is '1.0'"),
        ("arrivals", [True, True, False], ", row 1: arrivals is 'True'"),
        ("day", [20_211, 20_212, 20_213], ", row 1: the day is '20211'"),
        ("day", [datetime(2025, 5, 3, 12, tzinfo=UTC), None, None], ", row 1: the day is '2025-05-03 12:00:00+00:00'"),
        ("band", [True, False, True], ", row 1: band is 'True'"),
    ],
    ids=str,
)
def test_parquet_of_wrong_types(column: str, values: list[Any], said: str, tmp_path: Path) -> None:
    path = tmp_path / "arrivals.parquet"
    good: dict[str, Any] = {"day": [day for day, _ in THREE], "arrivals": [1, 2, 3]}
    pl.DataFrame(good | {column: values}).write_parquet(path)
    assert complaint(path).startswith(said)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "arrivals.csv"
    assert "no such file" in complaint(path)
    path.write_bytes(b"")
    assert "is empty" in complaint(path)
    path.write_bytes(b"day,arrivals\n2025-05-03,\xff\n")
    assert "is not UTF-8" in complaint(path)
    path.write_bytes(b"PAR1 and no more")
    assert "cut off or damaged" in complaint(path)


@given(
    start=st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    people=st.lists(st.integers(0, 1_000_000), min_size=1, max_size=40),
    data=st.data(),
)
def test_any_table_survives_writing_and_shuffling(
    start: date, people: list[int], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    days = [start + timedelta(days=place) for place in range(len(people))]
    red = data.draw(st.lists(st.sampled_from((True, False, None)), min_size=len(people), max_size=len(people)))
    frame = pl.DataFrame({"day": days, "arrivals": people, "red": red}, schema=SCHEMA)
    mixed = frame[data.draw(st.permutations(range(len(people))))]
    folder = tmp_path_factory.mktemp("tables")
    mixed.write_csv(folder / "a.csv")
    mixed.write_parquet(folder / "a.parquet")
    assert read_arrivals(folder / "a.csv").equals(frame)
    assert read_arrivals(folder / "a.parquet").equals(frame)
