"""The gangs and the truth about them: it refers to what exists, adds up, and holds what it says."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from moneytrail.simulate import SimulatedBank, holdings, simulate
from tests.simulate.conftest import moves_of
from tests.simulate.gates import GATES

OUTSIDE = ("passengers", "clients")
PAYERS = "passengers"
ENDS = ("cost:", "spent:")
SUMS = ("takings", "refunds", "handled", "costs", "spent", "held", "escrow")


def test_truth_refers_to_what_exists(bank: SimulatedBank) -> None:
    ids = set(bank.transfers["transaction_id"])
    accounts = set(bank.transfers["debtor_account"]) | set(bank.transfers["creditor_account"])
    attempts = set(bank.truth_attempts["attempt"])
    assert bank.truth_transfers["transaction_id"].n_unique() == bank.truth_transfers.height
    assert set(bank.truth_transfers["transaction_id"]) <= ids
    assert set(bank.truth_transfers["attempt"].drop_nulls()) == attempts
    assert set(bank.truth_attempts["account"]) <= set(bank.truth_parties["account"])
    assert set(bank.truth_attempts["account"]) <= set(bank.accounts["account"])
    assert set(bank.truth_attempts["account"]) <= accounts
    assert set(bank.truth_parties["held_to_be"]) == {"suspect", "victim", "unknown"}
    assert set(bank.truth_gangs["gang"]) == {f"G{number:03d}" for number in range(1, 13)}
    assert set(bank.truth["dirt"]["transaction_id"]) <= ids
    assert set(bank.truth["ledger"]["transaction_id"].drop_nulls()) <= ids
    assert set(bank.truth["populations"]["account"]) <= set(bank.accounts["account"])


def test_both_sides_of_an_illicit_transfer_are_in_the_truth(bank: SimulatedBank) -> None:
    known = set(bank.truth_parties.select("gang", "account").iter_rows())
    told = bank.transfers.join(bank.truth_transfers, on="transaction_id").filter(pl.col("channel") != "card")
    for gang, *sides in told.select("gang", "debtor_account", "creditor_account").iter_rows():
        assert all(side is None or (gang, side) in known for side in sides)


@pytest.mark.parametrize("typology", sorted(GATES))
def test_naive_attempts_satisfy_their_gate(bank: SimulatedBank, typology: str) -> None:
    chosen = bank.truth_attempts.filter(pl.col("typology") == typology, pl.col("strength") == "naive")
    assert chosen.height >= 2
    missed = [account for account in chosen["account"] if not GATES[typology](moves_of(bank, account))]
    # A late booking or a duplicate may spoil one: that is what dirt does.
    assert len(missed) <= 0.1 * chosen.height


def test_careful_attempts_mostly_miss(bank: SimulatedBank) -> None:
    careful = bank.truth_attempts.filter(pl.col("strength") == "careful", pl.col("typology").is_in(list(GATES)))
    hits = [
        GATES[typology](moves_of(bank, account))
        for typology, account in careful.select("typology", "account").iter_rows()
    ]
    assert len(hits) >= 10
    assert sum(hits) <= 0.25 * len(hits)


def kept(place: str) -> bool:
    return place not in OUTSIDE and not place.startswith((*ENDS, "escrow"))


def test_no_place_is_ever_below_zero(bank: SimulatedBank) -> None:
    held: dict[tuple[str, str], int] = defaultdict(int)
    ledger = bank.truth["ledger"]
    assert ledger["time"].is_sorted()
    assert (ledger["amount"] > 0).all()
    for gang, source, target, amount in ledger.select("gang", "source", "target", "amount").iter_rows():
        held[gang, source] -= amount
        held[gang, target] += amount
        assert source in OUTSIDE or held[gang, source] >= 0, (gang, source)


def test_proceeds_are_conserved(bank: SimulatedBank) -> None:
    """Takings less refunds are costs, profit spent and what is still held: from the ledger, in plain Python."""
    books: dict[str, Counter[str]] = defaultdict(Counter)
    for gang, source, target, amount in bank.truth["ledger"].select("gang", "source", "target", "amount").iter_rows():
        book = books[gang]
        unearned = source == PAYERS or source.startswith("escrow")
        if unearned and not (target == PAYERS or target.startswith("escrow")):
            book["takings"] += amount
        if not unearned and target == PAYERS:
            book["refunds"] += amount
        book["handled"] += amount * ((source == "clients") - (target == "clients"))
        for name, mark in zip(("costs", "spent"), ENDS, strict=True):
            book[name] += amount * (target.startswith(mark) - source.startswith(mark))
        book["held"] += amount * (kept(target) - kept(source))
        book["escrow"] += amount * (target.startswith("escrow") - source.startswith("escrow"))
    for row in bank.truth_gangs.to_dicts():
        book = books[row["gang"]]
        assert {name: book[name] for name in SUMS} == {name: row[name] for name in SUMS}
        assert row["takings"] - row["refunds"] + row["handled"] == row["costs"] + row["spent"] + row["held"]
        assert row["profit"] == row["spent"] + row["held"]
        assert 0 <= row["seen"] <= row["takings"]
    assert bank.truth_gangs["takings"].sum() > 0


def test_every_penny_is_somewhere_at_any_time(bank: SimulatedBank) -> None:
    ledger = bank.truth["ledger"]
    first = datetime(2025, 4, 1, tzinfo=UTC)
    for day in (10, 33, 77, 120, 150):
        at = first + timedelta(days=day)
        found = holdings(ledger, at)
        assert found.group_by("gang").agg(pl.col("amount").sum()).filter(pl.col("amount") != 0).is_empty()
        assert (found.filter(~pl.col("place").is_in(OUTSIDE))["amount"] > 0).all()
        expected: Counter[tuple[str, str]] = Counter()
        for gang, time, source, target, amount in ledger.select(
            "gang", "time", "source", "target", "amount"
        ).iter_rows():
            if time <= at:
                expected[gang, target] += amount
                expected[gang, source] -= amount
        assert {(g, p): a for g, p, a in found.iter_rows()} == {key: sum_ for key, sum_ in expected.items() if sum_}


def test_the_bank_saw_what_the_ledger_says(bank: SimulatedBank) -> None:
    told = bank.truth["ledger"].drop_nulls("transaction_id").join(bank.transfers, on="transaction_id", suffix="_seen")
    assert told.height > 500
    pence = pl.when(pl.col("currency") == "GBP").then("amount_seen").otherwise("credited_amount")
    assert told.filter(pl.col("amount") != pence).is_empty()


def test_much_never_touches_the_bank(bank: SimulatedBank) -> None:
    sums = bank.truth_gangs.select(pl.col("seen", "takings").sum()).row(0)
    assert 0.1 < sums[0] / sums[1] < 0.7
    unseen = bank.truth["ledger"].filter(pl.col("transaction_id").is_null())
    assert {"fee", "release", "commission", "helpers", "crew"} <= set(unseen["kind"])


@pytest.mark.parametrize(("customers", "days", "seed"), [(3000, 120, 7), (2000, 90, 9), (4000, 60, 1)])
def test_illicit_share_by_default_is_the_worlds(customers: int, days: int, seed: int) -> None:
    made = simulate(customers, days, seed=seed)
    assert 0 < made.truth_transfers.height <= 0.001 * made.transfers.height


@pytest.mark.parametrize("column", ["reference", "channel", "location", "creditor_institution", "debtor_institution",
                                    "merchant_category", "debtor_country", "creditor_country"])  # fmt: skip
def test_no_value_gives_a_gang_away(bank: SimulatedBank, column: str) -> None:
    """A dozen gangs in so small a bank are a hundred times the world's share; yet no value is mostly theirs."""
    told = bank.transfers.with_columns(
        illicit=pl.col("transaction_id").is_in(bank.truth_transfers["transaction_id"].implode())
    )
    shares = told.group_by(column).agg(uses=pl.len(), share=pl.col("illicit").mean())
    often = shares.filter(pl.col("uses") >= 30)
    assert often.height >= 5
    assert often.filter(pl.col("share") > 0.6).to_dicts() == []


def test_identifiers_give_nothing_away(bank: SimulatedBank) -> None:
    gang = bank.truth_parties["account"].unique().to_list()
    everyone = pl.concat([bank.transfers["debtor_account"], bank.transfers["creditor_account"]]).unique().drop_nulls()
    assert everyone.str.contains(r"^\d{8}$").all()
    assert bank.accounts["party"].str.contains(r"^P\d{8}$").all()
    # In equal slices of the identifiers' range, gang accounts are spread like everybody's.
    slices = Counter((int(account) - 10_000_000) // 22_500_000 for account in gang)
    assert all(0.15 < slices[i] / len(gang) < 0.35 for i in range(4))


def test_gang_account_columns_are_not_unusual(bank: SimulatedBank) -> None:
    personal = bank.accounts.filter(pl.col("kind") == "personal").with_columns(
        gang=pl.col("account").is_in(bank.truth_attempts["account"].implode())
    )
    fresh = personal.filter(pl.col("opened") > pl.lit(bank.wish.start).dt.offset_by("-60d"))
    assert 0 < fresh["gang"].sum() < 0.7 * fresh.height
    shared = personal.filter(pl.col("device_hash").is_not_null() & pl.col("device_hash").is_duplicated())
    assert 0 < shared["gang"].sum() < 0.5 * shared.height


def test_a_gang_turned_away_leaves_no_trace() -> None:
    """The default number of gangs is found by trying; those that were too many are nowhere."""
    made, honest = simulate(2000, 90, seed=9), simulate(2000, 90, seed=9, gangs=0)
    opened = set(made.accounts["account"]) - set(honest.accounts["account"])
    assert opened
    assert opened <= set(made.truth_parties["account"])
    assert set(made.truth["ledger"]["gang"]) == set(made.truth_gangs["gang"]) == set(made.truth_parties["gang"])
    assert set(made.truth["boats"]["gang"]) == set(made.truth_gangs["gang"])
