"""Files that are not what they say, and rows that are wrong: one line each, and nothing lost."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import polars as pl
import pytest

from moneytrail.errors import InputError, MappingError, UnknownLayoutError
from moneytrail.readers import load_mapping, read, read_accounts, stream
from moneytrail.readers.mapping import Mapping
from tests.readers.samples import HEADERS, STATEMENT, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIM = text_of("amlsim").encode()
GOOD = "{},a,b,TRANSFER,1.00,2017-01-01T00:00:00Z,False,-1"


def parquet(folder: Path, **columns: list[object]) -> bytes:
    path = folder / "made.parquet"
    pl.DataFrame(columns, strict=False).write_parquet(path)
    return path.read_bytes()


def cut_parquet(folder: Path) -> bytes:
    return parquet(folder, step=[1, 2, 3])[:-20]


FILES: dict[str, tuple[bytes | Callable[[Path], bytes], str]] = {
    "empty": (b"", "is empty"),
    "only blank lines": (b"\n\r\n\n", "is empty"),
    "empty gzip": (gzip.compress(b""), "is empty"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(50), "a PNG picture"),
    "a ZIP": (b"PK\x03\x04" + bytes(50), "a ZIP archive"),
    "a PDF": (b"%PDF-1.7\n", "a PDF document"),
    "UTF-16": (SIM.decode().encode("utf-16"), "UTF-16"),
    "UTF-16 without a mark": (SIM.decode().encode("utf-16-le"), "binary, or UTF-16"),
    "zipped binary": (gzip.compress(b"\x89PNG\r\n\x1a\n" + bytes(50)), "a PNG picture"),
    "old Macintosh lines": (SIM.replace(b"\n", b"\r"), "end in CR alone"),
    "a cut gzip": (gzip.compress(SIM * 50)[:-30], "is cut off"),
    "a damaged gzip": (gzip.compress(SIM)[:-8] + bytes(8), "is damaged"),
    "a cut Parquet": (cut_parquet, "Parquet file is cut off or damaged"),
    "a Parquet of something else": (lambda folder: parquet(folder, x=[1]), "no layout fits the header"),
    "a header in no encoding": (b"caf\xe9,b\n1,2\n", "not text in utf-8"),
    "a header whose quote stays open": (b'"tran_id,orig_acct\n1,2\n', "is no header"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_wrong_file_is_one_line_that_names_it(case: str, tmp_path: Path) -> None:
    content, words = FILES[case]
    path = tmp_path / "transfers.csv"
    path.write_bytes(content if isinstance(content, bytes) else content(tmp_path))
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert str(path) in message
    assert words in message
    assert "\n" not in message


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "nothing.csv")
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(InputError, match="no file to read"):
        read([])


def test_an_unknown_header_names_the_layouts_and_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEADERS["amlsim"].replace("base_amt", "amt") + "\n", encoding="utf-8")
    with pytest.raises(UnknownLayoutError) as caught:
        read(path)
    assert "amlsim would fit but for base_amt" in str(caught.value)
    assert "known layouts: moneytrail, amlworld, amlsim, amlgentex, saml-d, paysim" in str(caught.value)


def test_a_named_layout_names_the_missing_column(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("tran_id,orig_acct\n", encoding="utf-8")
    with pytest.raises(InputError, match="lacks the column 'bene_acct' of the layout amlsim"):
        read(path, layout="amlsim")
    with pytest.raises(UnknownLayoutError, match="no layout is called 'x'"):
        read(path, layout="x")


def test_files_of_two_layouts_do_not_mix(tmp_path: Path) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text(text_of("amlsim"), encoding="utf-8")
    other.write_text(text_of("paysim"), encoding="utf-8")
    with pytest.raises(InputError, match="lacks the column 'tran_id' of the layout amlsim"):
        read([one, other])


def test_what_does_not_fit_together(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text_of("amlsim"), encoding="utf-8")
    with pytest.raises(MappingError, match="not both"):
        read(path, STATEMENT, layout="amlsim")
    with pytest.raises(MappingError, match="says nothing about transfers"):
        read(path, Mapping(name="x", columns={}, accounts={"account": ("a",)}))
    with pytest.raises(InputError, match="'usd' is not known"):
        read(path, currency="usd")
    with pytest.raises(InputError, match="lacks the column 'id'"):
        read(path, STATEMENT)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"amount": [1.5]}, "the column 'amount' is Float64"),
        ({"amount": [[1]]}, "the column 'amount' is List"),
        ({"currency": [1.5]}, "the column 'currency' is Float64"),
        ({"booked_at": [1.5]}, "the column 'booked_at' is Float64"),
    ],
)
def test_a_parquet_column_of_another_type(columns: dict[str, list[object]], words: str, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    plain: dict[str, list[object]] = {
        "booked_at": ["2024-01-01"],
        "debtor_account": ["a"],
        "creditor_account": ["b"],
        "amount": [1],
        "currency": ["GBP"],
    }
    path.write_bytes(parquet(tmp_path, **(plain | columns)))
    with pytest.raises(InputError, match="which is no") as caught:
        read(path)
    assert words in str(caught.value)


ROW_FAULTS = {
    "x,a,b,TRANSFER,1.00": ("wrong_field_count", None, "x,a,b,TRANSFER,1.00"),
    'x,a,"b"c,TRANSFER,1.00,2017-01-01T00:00:00Z,False,-1': ("text_after_quote", None, None),
    'x,a,"b,TRANSFER,1.00,2017-01-01T00:00:00Z,False,-1': ("quote_not_closed", None, None),
    GOOD.format("x" * 70_000): ("row_too_long", None, "x" * 200),
    "x,a,b\x00,TRANSFER,1.00,2017-01-01T00:00:00Z,False,-1": ("not_text", None, None),
    ",a,b,TRANSFER,1.00,2017-01-01T00:00:00Z,False,-1": ("transaction_id_absent", "transaction_id", None),
    "x,a,b,TRANSFER,1.00,,False,-1": ("time_unreadable", "booked_at", None),
    "x,a,b,TRANSFER,1.00,2017-02-30T00:00:00Z,False,-1": ("time_unreadable", "booked_at", "2017-02-30T00:00:00Z"),
    "x,a,b,TRANSFER,,2017-01-01T00:00:00Z,False,-1": ("amount_not_a_number", "amount", None),
    "x,a,b,TRANSFER,1 000,2017-01-01T00:00:00Z,False,-1": ("amount_not_a_number", "amount", "1 000"),
    "x,a,b,TRANSFER,NaN,2017-01-01T00:00:00Z,False,-1": ("amount_not_a_number", "amount", "NaN"),
    "x,a,b,TRANSFER,1e30,2017-01-01T00:00:00Z,False,-1": ("amount_too_large", "amount", "1e30"),
    "x,a,b,TRANSFER,-0.01,2017-01-01T00:00:00Z,False,-1": ("amount_negative", "amount", "-0.01"),
    "x,,,TRANSFER,1.00,2017-01-01T00:00:00Z,False,-1": ("both_accounts_absent", "debtor_account", None),
    "x, ,\t,TRANSFER,1.00,2017-01-01T00:00:00Z,False,-1": ("both_accounts_absent", "debtor_account", None),
    "x,a,b,TRANSFER,1.00,2017-01-01T00:00:00Z,perhaps,-1": ("label_unknown", "label_illicit", "perhaps"),
    "1,a,b,TRANSFER,1.00,2017-01-01T00:00:00Z,False,-1": ("duplicate_transaction_id", "transaction_id", "1"),
}


@pytest.mark.parametrize("row", ROW_FAULTS, ids=lambda row: ROW_FAULTS[row][0])
def test_a_wrong_row_is_kept_aside_and_the_rest_goes_on(row: str, tmp_path: Path) -> None:
    reason, field, value = ROW_FAULTS[row]
    path = tmp_path / "transfers.csv"
    # The header and thirty good rows come first: a zero byte in the head would make the file a binary one.
    text = "\n".join([HEADERS["amlsim"], *(GOOD.format(at) for at in range(30)), row, GOOD.format(99), ""])
    path.write_text(text, encoding="utf-8")
    reading = read(path)
    assert reading.transfers["transaction_id"].to_list() == [*map(str, range(30)), "99"]
    assert reading.rejected.select("line", "row", "field", "reason").rows() == [(32, 30, field, reason)]
    if value is not None:
        assert reading.rejected["value"].item() == value


def test_invalid_utf8_rejects_its_row_only(tmp_path: Path) -> None:
    path = tmp_path / "transfers.csv"
    lines = [HEADERS["amlsim"], GOOD.format("é"), GOOD.format("caf?"), GOOD.format("ü")]
    path.write_bytes("\n".join(lines).encode().replace(b"?", b"\xe9"))
    reading = read(path)
    assert reading.transfers["transaction_id"].to_list() == ["é", "ü"]
    assert reading.rejected.select("line", "value", "reason").row(0)[::2] == (3, "not_text")


def test_one_bad_row_among_a_hundred_thousand(tmp_path: Path) -> None:
    path = tmp_path / "transfers.csv"
    lines = [HEADERS["amlsim"], *(GOOD.format(at) for at in range(100_000))]
    lines[77_777] = 'x,"'
    path.write_text("\n".join(lines), encoding="utf-8")
    reading = read(path)
    assert (reading.rows_read, reading.rows_rejected) == (100_000, 1)
    assert reading.rejected["line"].item() == 77_778


def test_every_row_may_be_rejected(tmp_path: Path) -> None:
    path = tmp_path / "transfers.csv"
    path.write_text(HEADERS["amlsim"] + "\n1\n2\n", encoding="utf-8")
    reading = read(path)
    assert (reading.rows_kept, reading.reasons, reading.rows_unmeasured) == (0, {"wrong_field_count": 2}, 2)


def test_a_stray_quote_inside_a_field_is_data(tmp_path: Path) -> None:
    path = tmp_path / "transfers.csv"
    path.write_text("\n".join([HEADERS["amlsim"], GOOD.format('5" pipe'), GOOD.format("2")]), encoding="utf-8")
    assert read(path).transfers["transaction_id"].to_list() == ['5" pipe', "2"]


@pytest.mark.parametrize("ids", ["1 2 3 2", "2 1 1 3", "a b a c", "1 2 b 1", "1 01 001 1"])
@pytest.mark.parametrize("parts", [1, 2, 4])
def test_an_id_that_repeats_is_rejected_also_across_files(ids: str, parts: int, tmp_path: Path) -> None:
    names, paths = ids.split(), []
    for at in range(parts):
        paths.append(tmp_path / f"{at}.csv")
        mine = names[at * 4 // parts : (at + 1) * 4 // parts]
        paths[-1].write_text("\n".join([HEADERS["amlsim"], *map(GOOD.format, mine)]), encoding="utf-8")
    reading = read(paths)
    assert reading.transfers["transaction_id"].to_list() == list(dict.fromkeys(names))
    assert reading.reasons == {"duplicate_transaction_id": 1}


def test_an_id_of_a_rejected_row_may_come_again(tmp_path: Path) -> None:
    path = tmp_path / "transfers.csv"
    path.write_text("\n".join([HEADERS["amlsim"], GOOD.format(1).replace("1.00", "x"), GOOD.format(1)]), "utf-8")
    assert read(path).transfers["row"].to_list() == [1]


def test_a_stream_gives_what_came_before_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    body = "\n".join([HEADERS["amlsim"], *(GOOD.format(f"{at}-{at * 7919 % 65537}") for at in range(400_000))])
    packed = gzip.compress(body.encode(), 1)
    path.write_bytes(packed[: len(packed) - 1000])
    kept = 0

    def consume() -> None:
        nonlocal kept
        for batch in stream(path):
            kept += batch.transfers.height

    with pytest.raises(InputError, match="is cut off"):
        consume()
    assert kept > 100_000


def test_a_line_without_end_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEADERS["amlsim"] + "\n" + "x" * (40 << 20), encoding="utf-8")
    with pytest.raises(InputError, match="line 2 is longer than 16 MiB"):
        read(path)


def test_errors_of_mapping_and_account_files_name_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.toml: cannot read the mapping"):
        load_mapping(tmp_path / "nothing.toml")
    path = tmp_path / "x.csv"
    path.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(UnknownLayoutError, match="no known account file"):
        read_accounts(path)
