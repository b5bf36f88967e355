"""The page about a simulated bank and its figures: against sums made apart, and against banks made by hand."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from moneytrail.errors import InputError
from moneytrail.simulate import Wish, simulate_to, views
from moneytrail.simulate.describe import LINES, WIDTH, Check, Description, describe
from moneytrail.simulate.plots import MOST_NODES, busiest_gang, draw, flows

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("described") / "bank"
    simulate_to(made, Wish(customers=150, days=56, seed=5, gangs=2))
    return made


@pytest.fixture(scope="module")
def told(folder: Path) -> Description:
    return describe(folder)


def test_counts_are_those_of_the_tables(folder: Path, told: Description) -> None:
    transfers = pl.read_parquet(folder / "transfers.parquet")
    accounts = pl.read_parquet(folder / "accounts.parquet")
    assert told.transfers == transfers.height == sum(channel.transfers for channel in told.channels)
    assert told.accounts == dict(Counter(accounts["kind"].cast(pl.String).to_list()))
    assert sum(told.people.values()) == told.accounts["personal"]
    assert sum(told.trades.values()) == accounts.height - told.accounts["personal"]
    assert told.illicit == pl.read_parquet(folder / "truth" / "transfers.parquet").height
    dirt = pl.read_parquet(folder / "truth" / "dirt.parquet")["kind"].to_list()
    assert told.dirt == dict(Counter(dirt))


def test_medians_are_those_of_python(folder: Path, told: Description) -> None:
    rows = pl.read_parquet(folder / "transfers.parquet", columns=["channel", "currency", "amount"]).rows()
    for channel in told.channels:
        amounts = [amount for name, currency, amount in rows if (name, currency) == (channel.name, "GBP")]
        assert channel.median == (median(amounts) if amounts else None)
        assert channel.share == pytest.approx(channel.transfers / len(rows))


def test_the_gangs_books_are_those_of_the_ledger(folder: Path, told: Description) -> None:
    assert told.gangs["gangs"] == 2
    assert told.balanced
    ledger = pl.read_parquet(folder / "truth" / "ledger.parquet").to_dicts()
    kit = sum(row["amount"] for row in ledger if row["target"] == "cost:kit")
    boats = pl.read_parquet(folder / "truth" / "boats.parquet").to_dicts()
    checks = {check.name: check for check in told.checks}
    assert checks["kit a launch (pounds)"].value == pytest.approx(kit / 100 / len(boats))
    landed = [boat for boat in boats if boat["arrived"]]
    assert told.gangs["due"] == sum(boat["fees"] for boat in landed)
    fees, heads = told.gangs["due"] / 100, sum(boat["people"] for boat in landed)
    assert checks["fees a head that arrived"].value == (pytest.approx(fees / heads) if heads else None)
    paid = sum(row["amount"] for row in ledger if row["source"] == "passengers")
    held = sum(row["amount"] for row in ledger if row["source"] == "passengers" and "escrow" in row["target"])
    assert checks["fees held until arrival"].value == pytest.approx(held / paid)


def test_a_part_of_a_year_tells_nothing_about_the_season(told: Description) -> None:
    verdicts = {check.name: check.verdict for check in told.checks}
    assert verdicts["July-December's arrivals"] == verdicts["red days a year"] == "not covered"


@pytest.mark.parametrize(
    ("value", "source", "verdict"),
    [(None, "X", "not covered"), (1.0, "", "no source"), (1.0, "X", "inside"), (2.1, "X", "outside")],
)
def test_verdicts(value: float | None, source: str, verdict: str) -> None:
    assert Check("a number", value, 1.0, 2.0, source).verdict == verdict


def test_the_page_fits(told: Description) -> None:
    lines = told.text().splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert all(check.name in told.text() for check in told.checks)


def test_the_page_fits_a_bank_with_everything(told: Description) -> None:
    full = replace(
        told,
        populations={f"population number {n}": n for n in range(80)},
        trades={f"some trade {n}": n for n in range(80)},
        dirt={f"some kind of dirt {n}": 10**6 for n in range(12)},
        attempts={f"L{n:02}": {"naive": 1000, "careful": 999, "incomplete": 100} for n in range(45)},
        channels=(told.channels * 3)[:10],
    )
    lines = full.text().splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    assert sum("more" in line for line in lines) >= 3


def test_it_goes_into_json(told: Description) -> None:
    record = json.loads(json.dumps(told.to_dict()))
    assert record["transfers"] == told.transfers
    assert record["checks"][0]["verdict"] == told.checks[0].verdict
    named = {source for check in told.checks for source in re.findall(r"[A-Z][A-Za-z ]+ 20\d\d", check.source)}
    assert named == set(record["sources"])


def test_a_folder_that_is_no_bank_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"simulation\.json"):
        describe(tmp_path)


def test_figures_are_xml_and_repeat(folder: Path, tmp_path: Path) -> None:
    first, again = (draw(folder, tmp_path / name) for name in ("one", "two"))
    assert {path.name for path in first} >= {"season.svg", "amounts.svg", "degrees.svg", "gaps.svg", "months.svg"}
    for one, two in zip(first, again, strict=True):
        assert one.read_bytes() == two.read_bytes()
        assert ET.parse(one).getroot().tag == "{http://www.w3.org/2000/svg}svg"
        assert one.stat().st_size < 200_000


def test_figures_beside_other_banks(folder: Path, tmp_path: Path) -> None:
    berka, amlsim = SHARED / "berka", SHARED / "amlsim"
    if not (berka.is_dir() and amlsim.is_dir()):
        pytest.skip("shared/data/berka and shared/data/amlsim are not beside the project")
    made = draw(folder, tmp_path, berka=berka, amlsim=amlsim)
    told = {path.name: path.read_text(encoding="utf-8") for path in made}
    assert all("Berka" in told[f"{name}.svg"] for name in ("amounts", "degrees", "gaps", "months"))


def ledger_of(rows: list[tuple[str, str, int]], gang: str = "G001") -> pl.DataFrame:
    moment = datetime(2025, 5, 1, tzinfo=UTC)
    return pl.DataFrame(
        [(gang, moment, source, target, amount, "hop", "T1") for source, target, amount in rows],
        schema={"gang": pl.String, "time": pl.Datetime("us", "UTC"), "source": pl.String, "target": pl.String,
                "amount": pl.Int64, "kind": pl.String, "transaction_id": pl.String},
        orient="row",
    )  # fmt: skip


def parties_of(roles: dict[str, str], gang: str = "G001") -> pl.DataFrame:
    return pl.DataFrame({"account": list(roles), "gang": [gang] * len(roles), "role": list(roles.values())})


def test_flows_with_a_cycle() -> None:
    rows = [
        ("passengers", "11111111", 900),
        ("11111111", "22222222", 800),
        ("22222222", "33333333", 700),
        ("33333333", "11111111", 600),
        ("11111111", "passengers", 50),
        ("33333333", "cost:kit", 90),
        ("11111111", "aside@11111111", 40),
    ]
    made = flows(ledger_of(rows), parties_of({"11111111": "collector", "22222222": "mule"}), "G001")
    assert made.steps == {"passengers": 0, "collector 1111": 1, "mule 2222": 2, "account 3333": 3, "cost: kit": 4}
    assert made.moved["account 3333", "collector 1111"] == 600
    assert sum(made.moved.values()) == sum(amount for *_, amount in rows) - 40


def test_flows_sum_the_small_ones() -> None:
    mules = [f"{40_000_000 + n}" for n in range(60)]
    rows = [("passengers", "11111111", 10_000_000)]
    rows += [("11111111", mule, 1000 + n) for n, mule in enumerate(mules)]
    rows += [(mules[0], mules[1], 7), (mules[-1], "spent:assets", 500)]
    roles = {"11111111": "collector", **dict.fromkeys(mules, "mule")}
    made = flows(ledger_of(rows), parties_of(roles), "G001")
    assert len(made.steps) == MOST_NODES
    summed = next(place for place in made.steps if "other" in place)
    assert re.fullmatch(r"\d+ other: mule", summed)
    assert sum(made.moved.values()) + sum(made.within.values()) == sum(amount for *_, amount in rows)
    assert made.within[summed] == 7
    assert busiest_gang(ledger_of(rows)) == "G001"
    assert busiest_gang(ledger_of([("cash", "11111111", 5)])) is None


def test_flows_leave_what_is_set_aside_where_it_was() -> None:
    rows = [("passengers", "cash", 9), ("cash", "aside@G001-1", 5), ("aside@G001-1", "11111111", 4)]
    rows += [("aside@G001-1", "cash", 1)]
    made = flows(ledger_of(rows), parties_of({"11111111": "depositor"}), "G001")
    assert made.steps == {"passengers": 0, "cash": 1, "depositor 1111": 2}
    assert made.moved == {("passengers", "cash"): 9, ("cash", "depositor 1111"): 4}


def view_of(rows: list[tuple[str, date, str | None, bool, float]]) -> pl.DataFrame:
    return pl.DataFrame(
        [(*row, "credit_transfer") for row in rows],
        schema={"account": pl.String, "day": pl.Date, "peer": pl.String, "incoming": pl.Boolean, "amount": pl.Float64,
                "channel": pl.String},
        orient="row",
    )  # fmt: skip


def test_views_measure_gaps_months_and_what_recurs() -> None:
    view = view_of(
        [
            ("A", date(2025, 1, 1), "X", False, 10.0),
            ("A", date(2025, 1, 4), None, False, 25.0),
            ("A", date(2025, 2, 1), "X", False, 10.0),
            ("A", date(2025, 2, 1), "X", True, 12.34),
            ("B", date(2025, 2, 9), "X", False, 1_230.0),
        ]
    )
    assert views.gaps(view).tolist() == [3.0, 28.0, 0.0]
    assert views.recurring(view).to_list() == [True, True, False, False]
    assert views.is_round(view).to_list() == [True, True, True, False, False]
    assert views.months(view).select("payments", "peers").rows() == [(2, 1), (2, 1), (1, 1)]


def test_the_view_of_a_simulated_bank(folder: Path) -> None:
    view = views.simulated(folder)
    accounts = pl.read_parquet(folder / "accounts.parquet").filter(pl.col("kind") == "personal")
    first = accounts.unique("party", keep="first", maintain_order=True)["account"]
    mine = set(first.to_list())
    transfers = pl.read_parquet(folder / "transfers.parquet").filter(
        pl.col("channel").cast(pl.String).is_in(views.PLAIN), pl.col("currency") == "GBP", pl.col("amount") > 0
    )
    sides = transfers.select("debtor_account", "creditor_account").rows()
    assert view.height == sum((debtor in mine) + (creditor in mine) for debtor, creditor in sides)
    assert view.filter(pl.col("channel") == "cash")["peer"].null_count() == view.filter(channel="cash").height
    few = views.simulated(folder, accounts=20)
    assert 0 < few["account"].n_unique() <= 20
