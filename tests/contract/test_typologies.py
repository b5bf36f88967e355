"""One contract for every typology of the catalogue: on a simulated bank, and on small dense worlds."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.graph import TransactionGraph
from moneytrail.matches import EVIDENCE_SCHEMA, MATCH_SCHEMA
from moneytrail.rates import ExchangeRates
from moneytrail.schema import LINK_COLUMNS
from moneytrail.simulate import SimulatedBank, simulate
from moneytrail.typologies import CATALOGUE, Matches, Typology
from tests.oracles.checker import faults
from tests.typologies.cases import cases_of
from tests.worlds import EPOCH, NEW_YEAR, Case, Transfer, frame_of, graph_of, in_ledger_order, transfer

RATES = ExchangeRates.load()


@pytest.fixture(params=CATALOGUE, ids=lambda entry: entry.id)
def entry(request: pytest.FixtureRequest) -> Typology:
    made: Typology = request.param
    return made


@pytest.fixture(scope="module")
def bank() -> SimulatedBank:
    return simulate(400, 100, seed=5, gangs=4)


@pytest.fixture(scope="module")
def graph(bank: SimulatedBank) -> TransactionGraph:
    return TransactionGraph.from_frame(bank.transfers, RATES, bank.accounts)


@pytest.fixture(scope="module")
def found(graph: TransactionGraph) -> dict[str, Matches]:
    return {entry.id: entry.find(graph) for entry in CATALOGUE}


def check_frames(entry: Typology, matches: Matches, transaction_ids: set[str]) -> None:
    """What must hold of any answer, whatever the data."""
    match, evidence = matches.match, matches.evidence
    assert dict(match.schema) == MATCH_SCHEMA
    assert dict(evidence.schema) == EVIDENCE_SCHEMA
    assert match["match_id"].n_unique() == match.height, "two matches have one id"
    assert all(re.fullmatch(rf"{entry.id}-[0-9a-f]{{16}}", match_id) for match_id in match["match_id"])
    assert set(evidence["transaction_id"]) <= transaction_ids
    assert set(evidence["role"]) <= {role.name for role in entry.roles}
    assert evidence["match_id"].unique(maintain_order=True).to_list() == match["match_id"].to_list()
    assert evidence.group_by("match_id", maintain_order=True).len()["len"].to_list() == match["transfers"].to_list()
    assert match.select("typology", "started_at", "match_id").equals(
        match.select("typology", "started_at", "match_id").sort("typology", "started_at", "match_id")
    )
    for row in match.iter_rows(named=True):
        check_match(entry, row)


def check_match(entry: Typology, row: dict[str, Any]) -> None:
    assert row["typology"] == entry.id
    assert 0.5 <= row["score"] <= 0.99
    assert row["started_at"] <= row["ended_at"]
    assert row["value"] >= 0
    assert row["subject"] in row["explanation"], "the explanation does not name the account as it is called"
    names = [measure["name"] for measure in row["measures"]]
    assert len(set(names)) == len(names)
    assert {measure["kind"] for measure in row["measures"]} <= {"gate", "booster", "fact"}
    for measure in row["measures"]:
        check_measure(measure)
    points = sum(measure["points"] for measure in row["measures"])
    assert row["score"] == pytest.approx(min(0.99, 0.5 + points), abs=1e-6)


def check_measure(measure: dict[str, Any]) -> None:
    value, threshold = measure["value"], measure["threshold"]
    said = {">=": threshold is None or value >= threshold, "<=": threshold is None or value <= threshold, "": True}
    assert measure["met"] == said[measure["sense"]], measure
    assert measure["points"] >= 0
    assert (measure["sense"] == "") == (threshold is None) == (measure["kind"] == "fact")
    assert measure["label"]
    assert measure["unit"]
    if measure["kind"] == "gate":
        assert measure["met"], measure
    if measure["kind"] == "fact" or not measure["met"]:
        assert measure["points"] == 0


def test_the_bank_shows_each_typology(entry: Typology, found: dict[str, Matches]) -> None:
    assert found[entry.id].match.height, "nothing found: the tests below would prove nothing"


def test_frames_on_a_simulated_bank(entry: Typology, found: dict[str, Matches], bank: SimulatedBank) -> None:
    check_frames(entry, found[entry.id], set(bank.transfers["transaction_id"]))


def test_a_second_search_says_the_same(entry: Typology, graph: TransactionGraph, found: dict[str, Matches]) -> None:
    again = entry.find(graph)
    assert again.match.equals(found[entry.id].match)
    assert again.evidence.equals(found[entry.id].evidence)


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


def test_evidence_alone_proves_every_match(entry: Typology, found: dict[str, Matches], bank: SimulatedBank) -> None:
    matches = found[entry.id]
    subjects = matches.match["subject"].unique().to_list()
    near = bank.transfers.filter(pl.col("debtor_account").is_in(subjects) | pl.col("creditor_account").is_in(subjects))
    register = bank.accounts.select("account", *LINK_COLUMNS).to_dicts()
    links = {row.pop("account"): {kind: value for kind, value in row.items() if value is not None} for row in register}
    assert unproved(entry, matches, as_transfers(near, entry), links, entry.values()) == {}


@pytest.mark.parametrize("typology", [entry.id for entry in CATALOGUE])
@given(data=st.data())
@settings(max_examples=60)
def test_small_worlds_keep_the_contract(typology: str, data: st.DataObject) -> None:
    case: Case = data.draw(cases_of(typology))
    entry = next(entry for entry in CATALOGUE if entry.id == typology)
    matches = entry.find(case.graph(), case.overrides)
    transfers = {t["transaction_id"]: t for t in case.transfers}
    check_frames(entry, matches, set(transfers))
    assert unproved(entry, matches, transfers, case.links, entry.values(case.overrides)) == {}


BLIND_TO = (
    "debtor_country",
    "creditor_country",
    "reference",
    "merchant_category",
    "label_typology",
    "label_attempt",
)


def test_countries_references_and_labels_decide_nothing(
    entry: Typology, bank: SimulatedBank, found: dict[str, Matches]
) -> None:
    assert bank.transfers["reference"].n_unique() > 1
    veiled = bank.transfers.with_columns(
        *(pl.col(name).sample(fraction=1.0, shuffle=True, seed=3) for name in BLIND_TO),
        label_illicit=pl.int_range(pl.len()) % 2 == 0,
    )
    made = entry.find(TransactionGraph.from_frame(veiled, RATES, bank.accounts))
    assert made.match.equals(found[entry.id].match)
    assert made.evidence.equals(found[entry.id].evidence)


def test_shuffled_rows_give_the_same_ids(entry: Typology, bank: SimulatedBank, found: dict[str, Matches]) -> None:
    mixed = bank.transfers.sample(fraction=1.0, shuffle=True, seed=8)
    made = entry.find(TransactionGraph.from_frame(mixed, RATES, bank.accounts))
    assert made.match.equals(found[entry.id].match)
    assert made.evidence.equals(found[entry.id].evidence)


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("sides", [("a", "b"), ("a", "a"), (None, "a"), ("a", None)], ids=str)
def test_hardly_any_transfers_give_no_match(entry: Typology, count: int, sides: tuple[str | None, str | None]) -> None:
    transfers = [transfer(i, NEW_YEAR, *sides, 95_000, channel="cash") for i in range(count)]
    check_frames(entry, entry.find(graph_of(transfers)), set())
    assert entry.find(graph_of(transfers)).match.height == 0


def test_amounts_at_the_end_of_the_range_do_not_overflow(entry: Typology) -> None:
    transfers = [
        transfer(i, NEW_YEAR + i, f"p{i}" if i % 2 else "a", "a" if i % 2 else f"q{i}", amount, channel="wire")
        for i, amount in enumerate([2**53 + 1, 2**53 - 1, 2**60, 2**31, 0, 1] * 3)
    ]
    matches = entry.find(graph_of(transfers), {"window_days": 1})
    check_frames(entry, matches, {t["transaction_id"] for t in transfers})


def test_an_account_may_have_any_name(entry: Typology, found: dict[str, Matches], bank: SimulatedBank) -> None:
    """The subject's own name, as the bank writes it, stands in the explanation."""
    subject = found[entry.id].match["subject"][0]
    odd = "GB29nwbk 六\u202e'\""
    renamed = bank.transfers.with_columns(pl.col("debtor_account", "creditor_account").replace({subject: odd}))
    register = bank.accounts.with_columns(pl.col("account").replace({subject: odd}))
    made = entry.find(TransactionGraph.from_frame(renamed, RATES, register)).match
    said = made.filter(pl.col("subject") == odd)["explanation"].to_list()
    assert said
    assert all(odd in text for text in said)


def test_the_frame_helper_keeps_its_times() -> None:
    assert frame_of([transfer(0, NEW_YEAR, "a", "b", 1)])["booked_at"][0] - EPOCH == EPOCH.resolution * NEW_YEAR
