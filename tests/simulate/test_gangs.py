"""The gangs and the truth about them: it refers to what exists, adds up, and holds what it says."""

from __future__ import annotations

from collections import Counter, defaultdict

import polars as pl
import pytest

from moneytrail.simulate import SimulatedBank, simulate
from tests.simulate.conftest import moves_of
from tests.simulate.gates import GATES

CONTROLLED = ("collector", "organiser", "paymaster", "depositor", "mule")


def test_truth_refers_to_what_exists(bank: SimulatedBank) -> None:
    ids = set(bank.transfers["transaction_id"])
    accounts = set(bank.transfers["debtor_account"]) | set(bank.transfers["creditor_account"])
    attempts = set(bank.truth_attempts["attempt"])
    assert bank.truth_transfers["transaction_id"].n_unique() == bank.truth_transfers.height
    assert set(bank.truth_transfers["transaction_id"]) <= ids
    assert set(bank.truth_transfers["attempt"].drop_nulls()) == attempts
    assert set(bank.truth_attempts["account"]) <= set(bank.truth_parties["account"])
    assert set(bank.truth_attempts["account"]) <= set(bank.accounts["account"])
    seen = bank.truth_parties.join(bank.truth_attempts, on="account", how="semi")
    assert set(seen["account"]) <= accounts
    assert set(bank.truth_parties["held_to_be"]) <= {"suspect", "victim", "unknown"}
    assert set(bank.truth_gangs["gang"]) == set(bank.truth_transfers["gang"])


def test_both_sides_of_an_illicit_transfer_are_in_the_truth(bank: SimulatedBank) -> None:
    known = set(bank.truth_parties.select("gang", "account").iter_rows())
    told = bank.transfers.join(bank.truth_transfers, on="transaction_id")
    for gang, *sides in told.select("gang", "debtor_account", "creditor_account").iter_rows():
        assert all(side is None or (gang, side) in known for side in sides)


@pytest.mark.parametrize("typology", sorted(GATES))
def test_naive_attempts_satisfy_their_gate(bank: SimulatedBank, typology: str) -> None:
    chosen = bank.truth_attempts.filter(pl.col("typology") == typology, pl.col("strength") == "naive")
    assert chosen.height >= 8
    missed = [
        attempt
        for attempt, account in chosen.select("attempt", "account").iter_rows()
        if not GATES[typology](moves_of(bank, account))
    ]
    assert missed == []


@pytest.mark.parametrize("seed", [1, 2])
def test_naive_attempts_satisfy_their_gate_in_short_and_small_banks(seed: int) -> None:
    made = simulate(50, 14 + 20 * seed, seed=seed, gangs=5)
    naive = made.truth_attempts.filter(pl.col("strength") == "naive")
    for typology, account in naive.select("typology", "account").iter_rows():
        assert GATES[typology](moves_of(made, account)), (typology, account)


def test_careful_attempts_are_a_fifth_and_mostly_miss(bank: SimulatedBank) -> None:
    careful = bank.truth_attempts.filter(pl.col("strength") == "careful")
    assert 0.15 <= careful.height / bank.truth_attempts.height <= 0.25
    hits = [
        GATES[typology](moves_of(bank, account))
        for typology, account in careful.select("typology", "account").iter_rows()
    ]
    assert sum(hits) <= 0.25 * len(hits)


def test_gang_accounts_live_on_what_came_in(bank: SimulatedBank) -> None:
    controlled = set(bank.truth_parties.filter(pl.col("role").is_in(CONTROLLED))["account"])
    balance: dict[str, int] = defaultdict(int)
    told = bank.transfers.join(bank.truth_transfers, on="transaction_id", maintain_order="left")
    assert told["row"].is_sorted()
    for debtor, creditor, amount in told.select("debtor_account", "creditor_account", "amount").iter_rows():
        balance[creditor] += amount
        if debtor in controlled:
            balance[debtor] -= amount
            assert balance[debtor] >= 0, debtor


def test_gang_books_add_up(bank: SimulatedBank) -> None:
    books = bank.truth_gangs
    assert books["takings"].equals(books["costs"] + books["retained"])
    assert books["retained"].equals(books["left_bank"] + books["held"])
    assert books["held"].min() == max(books["held"].min(), 0)  # type: ignore[type-var]
    parties = dict(zip(bank.truth_parties["account"], bank.truth_parties["role"], strict=True))
    told = bank.transfers.join(bank.truth_transfers, on="transaction_id")
    takings: Counter[str] = Counter()
    for gang, debtor, amount in told.select("gang", "debtor_account", "amount").iter_rows():
        if debtor is None or parties[debtor] in ("payer", "broker"):
            takings[gang] += amount
    assert takings == Counter(dict(books.select("gang", "takings").iter_rows()))


def test_illicit_share_by_default() -> None:
    made = simulate(2000, 90, seed=9)
    assert 0.001 <= made.truth_transfers.height / made.transfers.height <= 0.005


@pytest.mark.parametrize("column", ["reference", "channel", "location", "creditor_institution", "debtor_institution"])
def test_no_value_gives_a_gang_away(bank: SimulatedBank, column: str) -> None:
    told = bank.transfers.with_columns(
        illicit=pl.col("transaction_id").is_in(bank.truth_transfers["transaction_id"].implode())
    )
    shares = told.group_by(column).agg(uses=pl.len(), share=pl.col("illicit").mean())
    often = shares.filter(pl.col("uses") >= 20)
    assert often.height >= 5
    assert often.filter(pl.col("share") > 0.5).is_empty()


def test_identifiers_give_nothing_away(bank: SimulatedBank) -> None:
    gang = bank.truth_parties["account"].unique().to_list()
    everyone = pl.concat([bank.transfers["debtor_account"], bank.transfers["creditor_account"]]).unique().drop_nulls()
    assert everyone.str.contains(r"^\d{8}$").all()
    assert bank.accounts["party"].str.contains(r"^P\d{8}$").all()
    # In equal slices of the identifiers' range, gang accounts are spread like everybody's.
    slices = Counter(int(account) // 25_000_000 for account in gang)
    assert all(0.15 < slices[i] / len(gang) < 0.35 for i in range(4))


def test_gang_account_columns_are_not_unusual(bank: SimulatedBank) -> None:
    personal = bank.accounts.filter(pl.col("kind") == "personal").with_columns(
        gang=pl.col("account").is_in(bank.truth_attempts["account"].implode())
    )
    fresh = personal.filter(pl.col("opened") > pl.lit(bank.start).dt.offset_by("-60d"))
    assert 0 < fresh["gang"].sum() < 0.5 * fresh.height
    shared = personal.filter(pl.col("device_hash").is_not_null() & pl.col("device_hash").is_duplicated())
    assert 0 < shared["gang"].sum() < 0.5 * shared.height
