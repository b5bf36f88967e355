"""One contract for every typology: on a simulated bank, on its own example, and on small dense worlds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail import suppressors, typologies
from moneytrail.catalogue import search
from moneytrail.docs import example_of
from moneytrail.graph import TransactionGraph
from moneytrail.matches import Matches
from moneytrail.rates import ExchangeRates
from moneytrail.schema import LINK_COLUMNS
from moneytrail.simulate import SimulatedBank, simulate
from moneytrail.testing import check_matches
from moneytrail.typologies import CATALOGUE, Typology
from moneytrail.typologies.ground import Ground
from tests.oracles.checker import CHECKS, faults
from tests.typologies.cases import cases_of
from tests.worlds import EPOCH, NEW_YEAR, Case, Transfer, frame_of, graph_of, in_ledger_order, transfer

RATES = ExchangeRates.load()
EXAMPLES = Path(__file__).parents[2] / "docs" / "typologies" / "examples"
ALONE = tuple(entry for entry in CATALOGUE if not entry.builds_on)


@pytest.fixture(params=CATALOGUE, ids=lambda entry: entry.id)
def entry(request: pytest.FixtureRequest) -> Typology:
    made: Typology = request.param
    return made


@pytest.fixture(scope="module")
def bank() -> SimulatedBank:
    return simulate(400, 100, seed=5, gangs=4)


def everything(bank: SimulatedBank, transfers: pl.DataFrame, accounts: pl.DataFrame) -> dict[str, Matches]:
    arrivals = bank.arrivals.select("day", "arrivals", red=pl.col("band") == "red")
    graph = TransactionGraph.from_frame(transfers, RATES, accounts)
    return {one.typology.id: one.matches for one in search(Ground(graph, arrivals=arrivals))}


@pytest.fixture(scope="module")
def found(bank: SimulatedBank) -> dict[str, Matches]:
    return everything(bank, bank.transfers, bank.accounts)


def test_there_are_thirty_four_in_order_and_none_twice() -> None:
    ids = [f"S{number:02d}" for number in range(1, 19)] + [f"L{number:02d}" for number in range(1, 17)]
    assert [entry.id for entry in CATALOGUE] == ids


def test_its_example_shows_it(entry: Typology) -> None:
    example = example_of(entry, EXAMPLES / f"{entry.id}.toml")
    assert example.match["typology"] == entry.id
    assert 0.5 <= example.match["unsuppressed_score"] <= 0.99


def test_the_bank_shows_many_typologies(found: dict[str, Matches]) -> None:
    assert sum(matches.match.height > 0 for matches in found.values()) >= 12, "the tests below would prove little"


def test_frames_on_a_simulated_bank(entry: Typology, found: dict[str, Matches], bank: SimulatedBank) -> None:
    assert check_matches(entry, found[entry.id], set(bank.transfers["transaction_id"])) == []


def test_a_second_search_in_shuffled_rows_says_the_same(bank: SimulatedBank, found: dict[str, Matches]) -> None:
    mixed = bank.transfers.sample(fraction=1.0, shuffle=True, seed=8)
    again = everything(bank, mixed, bank.accounts)
    assert [name for name in found if not found[name].match.equals(again[name].match)] == []
    assert [name for name in found if not found[name].evidence.equals(again[name].evidence)] == []


# What no typology reads


def test_labels_names_and_where_people_are_from_decide_nothing(bank: SimulatedBank, found: dict[str, Matches]) -> None:
    """Labels are mixed up, every reference begins with a name, and the account table says another country."""
    veiled = bank.transfers.with_columns(
        pl.col("label_typology", "label_attempt").sample(fraction=1.0, shuffle=True, seed=3),
        label_illicit=pl.int_range(pl.len()) % 2 == 0,
        reference=pl.concat_str(pl.lit("Mr Ahmed Nguyen "), "reference"),
    )
    made = everything(bank, veiled, bank.accounts.with_columns(country=pl.lit("XX")))
    assert [name for name in found if not found[name].match.equals(made[name].match)] == []


def test_accounts_may_have_any_name(bank: SimulatedBank, found: dict[str, Matches]) -> None:
    """Every account gets another id: the same is found, under the new names, which stand in the explanations."""
    names = pl.concat([bank.transfers["debtor_account"], bank.transfers["creditor_account"], bank.accounts["account"]])
    new = {name: f"GB29nwbk {name[::-1]} 六\u202e'\"" for name in names.drop_nulls().unique()}
    sides = ("debtor_account", "creditor_account")
    renamed = bank.transfers.with_columns(pl.col(sides).replace_strict(new, default=None))
    register = bank.accounts.with_columns(pl.col("account").replace_strict(new))
    made = everything(bank, renamed, register)
    for name, matches in found.items():
        before = matches.match.with_columns(
            pl.col("subject").replace_strict(new) if matches.match.height else "subject"
        )
        columns = ("subject", "started_at", "detectable_at", "unsuppressed_score", "value")
        assert made[name].match.select(columns).sort(columns).equals(before.select(columns).sort(columns)), name
        assert all(subject in said for subject, said in made[name].match.select("subject", "explanation").iter_rows())


def test_no_file_of_the_catalogue_speaks_of_nationality_or_reads_a_persons_country() -> None:
    forbidden = re.compile(r"""nationality|ethnic|surname|first_name|register\[["']country|\[["']country["']\]""")
    folders = [Path(str(package.__file__)).parent for package in (typologies, suppressors)]
    files = [path for folder in folders for path in folder.glob("*.py")]
    assert len(files) > 50
    for path in files:
        code = re.sub(r'"""[\s\S]*?"""|"[^"\n]*"', '""', path.read_text("utf-8"))
        assert not forbidden.search(code), path.name


# What proves a match


def as_transfers(frame: pl.DataFrame, entry: Typology) -> dict[str, Transfer]:
    """Return transfers as the checker reads them: in the reference currency, but in their own for L01."""
    amount = frame["amount"] if entry.id == "L01" else RATES.to_reference(frame).alias("amount")
    rows = frame.with_columns(amount, time=pl.col("booked_at").cast(pl.Int64)).to_dicts()
    return {row["transaction_id"]: row for row in rows}


def unproved(
    entry: Typology, matches: Matches, transfers: dict[str, Transfer], links: dict[str, dict[str, str]], values: Any
) -> dict[str, list[str]]:
    """Return the faults that the independent checker finds, by match; empty is good."""
    proof: dict[str, list[tuple[Transfer, str]]] = {}
    for match_id, transaction_id, role in matches.evidence.iter_rows():
        proof.setdefault(match_id, []).append((transfers[transaction_id], role))
    wrong = {}
    for row in matches.match.iter_rows(named=True):
        evidence, subject = proof[row["match_id"]], row["subject"]
        last = (evidence[-1][0]["time"], evidence[-1][0]["row"])
        history = [
            t
            for t in in_ledger_order(list(transfers.values()))
            if subject in (t["debtor_account"], t["creditor_account"]) and (t["time"], t["row"]) <= last
        ]
        faulty = faults(entry.id, subject, evidence, history, links, values)
        if faulty:
            wrong[row["match_id"]] = faulty
    return wrong


@pytest.mark.parametrize("typology", sorted(CHECKS))
def test_evidence_alone_proves_every_match(typology: str, found: dict[str, Matches], bank: SimulatedBank) -> None:
    entry = typologies.by_id(typology)
    matches = found[typology]
    assert matches.match.height, "nothing found: this proves nothing"
    subjects = matches.match["subject"].unique().to_list()
    near = bank.transfers.filter(pl.col("debtor_account").is_in(subjects) | pl.col("creditor_account").is_in(subjects))
    register = bank.accounts.select("account", *LINK_COLUMNS).to_dicts()
    links = {row.pop("account"): {kind: value for kind, value in row.items() if value is not None} for row in register}
    assert unproved(entry, matches, as_transfers(near, entry), links, entry.values()) == {}


@pytest.mark.parametrize("typology", [entry.id for entry in CATALOGUE])
@given(data=st.data())
@settings(max_examples=30)
def test_small_worlds_keep_the_contract(typology: str, data: st.DataObject) -> None:
    case: Case = data.draw(cases_of(typology))
    entry = typologies.by_id(typology)
    matches = entry.find(case.ground(), case.overrides)
    transfers = {t["transaction_id"]: t for t in case.transfers}
    assert check_matches(entry, matches, set(transfers)) == []
    if typology in CHECKS:
        assert unproved(entry, matches, transfers, case.links, entry.values(case.overrides)) == {}


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("sides", [("a", "b"), ("a", "a"), (None, "a"), ("a", None)], ids=str)
def test_hardly_any_transfers_give_no_match(count: int, sides: tuple[str | None, str | None]) -> None:
    transfers = [transfer(i, NEW_YEAR, *sides, 95_000, channel="cash") for i in range(count)]
    assert {one.typology.id: one.matches.match.height for one in search(Ground(graph_of(transfers)))} == {
        entry.id: 0 for entry in CATALOGUE
    }


def test_amounts_at_the_end_of_the_range_do_not_overflow() -> None:
    transfers = [
        transfer(i, NEW_YEAR + i, f"p{i}" if i % 2 else "a", "a" if i % 2 else f"q{i}", amount, channel="wire")
        for i, amount in enumerate([2**53 + 1, 2**53 - 1, 2**60, 2**31, 0, 1] * 3)
    ]
    ids = {t["transaction_id"] for t in transfers}
    for one in search(Ground(graph_of(transfers))):
        assert check_matches(one.typology, one.matches, ids) == []


@pytest.mark.parametrize("entry", [entry for entry in CATALOGUE if entry.needs], ids=lambda entry: entry.id)
def test_what_it_needs_and_lacks_is_said(entry: Typology) -> None:
    bare = [transfer(i, NEW_YEAR + i, "a", "b", 90_000) | {"location": None} for i in range(3)]
    (one,) = search(Ground(graph_of(bare)), only=[entry.id])
    assert one.not_applicable.startswith("needs "), "a silent zero"
    assert one.matches.match.height == 0


def test_the_frame_helper_keeps_its_times() -> None:
    assert frame_of([transfer(0, NEW_YEAR, "a", "b", 1)])["booked_at"][0] - EPOCH == EPOCH.resolution * NEW_YEAR
