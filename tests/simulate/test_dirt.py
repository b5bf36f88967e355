"""Dirt: the stated rates, the truth about it, clean when asked for, the same with and without gangs."""

from __future__ import annotations

import polars as pl
import pytest

from moneytrail.simulate import SimulatedBank, simulate
from moneytrail.simulate.dirt import KINDS, RATES
from moneytrail.simulate.words import REFERENCES

CLEAN = {"customers": 600, "days": 60, "seed": 6, "gangs": 0}


@pytest.fixture(scope="module")
def clean() -> SimulatedBank:
    return simulate(**CLEAN, dirt=0.0)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def dirty() -> SimulatedBank:
    return simulate(**CLEAN, dirt=4.0)  # type: ignore[arg-type]


def soiled(bank: SimulatedBank, kind: str) -> pl.DataFrame:
    found = bank.truth["dirt"].filter(pl.col("kind") == kind)
    return bank.transfers.join(found, on="transaction_id", how="semi")


def test_clean_is_clean(clean: SimulatedBank) -> None:
    assert clean.truth["dirt"].is_empty()
    cards = clean.transfers.filter(pl.col("channel") == "card")
    assert cards["merchant_category"].null_count() == 0
    both = clean.transfers.filter(pl.col("debtor_account").is_not_null(), pl.col("creditor_account").is_not_null())
    assert both["debtor_institution"].null_count() == both["creditor_institution"].null_count() == 0
    assert set(clean.transfers["reference"].drop_nulls()) <= set(REFERENCES)


def test_every_kind_occurs_at_its_rate(clean: SimulatedBank, dirty: SimulatedBank) -> None:
    counts = dict(dirty.truth["dirt"].group_by("kind").len().iter_rows())
    assert set(counts) == set(KINDS.values())
    transfers = clean.transfers
    open_to = {
        "booked late": transfers.filter(pl.col("channel") != "cash").height,
        "duplicate": transfers.height,
        "merchant category missing": transfers["merchant_category"].count(),
        "location missing": transfers["location"].count(),
        "reference missing": transfers["reference"].count(),
        "institutions missing": transfers.height,
        "time of a batch": transfers.filter(pl.col("channel") == "credit_transfer").height,
    }
    rate = {KINDS[bit]: 4 * share for bit, share in RATES.items()}
    for kind, number in open_to.items():
        expected = number * rate[kind]
        assert abs(counts[kind] - expected) < 6 * expected**0.5 + 0.12 * expected, kind


def test_each_kind_is_what_it_says(dirty: SimulatedBank) -> None:
    assert soiled(dirty, "reference missing")["reference"].null_count() == soiled(dirty, "reference missing").height
    assert soiled(dirty, "location missing")["location"].count() == 0
    assert soiled(dirty, "institutions missing")["creditor_institution"].count() == 0
    assert set(soiled(dirty, "reference cut")["reference"].str.len_chars()) <= set(range(10, 19))
    tied = soiled(dirty, "time of a batch")["booked_at"]
    late = set(soiled(dirty, "booked late")["transaction_id"])
    assert (tied.dt.minute() % 15 == 0).all()
    assert (tied.dt.second() == 0).all()
    assert late
    assert dirty.transfers["booked_at"].is_duplicated().sum() > 100


def test_a_duplicate_repeats_a_transfer(dirty: SimulatedBank) -> None:
    keys = ("debtor_account", "creditor_account", "amount", "channel")
    copies = soiled(dirty, "duplicate").select("transaction_id", "booked_at", *keys)
    originals = dirty.transfers.join(copies, on="transaction_id", how="anti").select("booked_at", *keys)
    pairs = copies.join(originals, on=keys, nulls_equal=True, suffix="_first")
    near = pairs.filter((pl.col("booked_at") - pl.col("booked_at_first")).dt.total_seconds().is_between(0, 90))
    assert near["transaction_id"].n_unique() >= 0.9 * copies.height  # late or tied originals moved away


def test_a_reversal_sends_it_back(dirty: SimulatedBank) -> None:
    back = soiled(dirty, "reversal").select("debtor_account", "creditor_account", "amount", "booked_at", "reference")
    assert back.height > 20
    assert set(back["reference"]) <= {"REVERSAL", "UNPAID ITEM", "RETURNED PAYMENT"}
    first = dirty.transfers.select(
        pl.col("creditor_account").alias("debtor_account"),
        pl.col("debtor_account").alias("creditor_account"),
        "amount",
        sent="booked_at",
    )
    pairs = back.join(first, on=["debtor_account", "creditor_account", "amount"], maintain_order="left")
    assert pairs.filter((pl.col("booked_at") - pl.col("sent")).dt.total_days() <= 5).height >= 0.9 * back.height


def test_the_books_hold_with_dirt(dirty: SimulatedBank) -> None:
    """Opening plus transfers is closing, to the penny; duplicates are no money."""
    twice = set(soiled(dirty, "duplicate")["transaction_id"])
    change = dict.fromkeys(dirty.accounts["account"], 0)
    columns = ("transaction_id", "debtor_account", "creditor_account", "amount", "credited_amount")
    for code, debtor, creditor, amount, credited in dirty.transfers.select(columns).iter_rows():
        if code in twice:
            continue
        if debtor in change:
            change[debtor] -= amount
        if creditor in change:
            change[creditor] += amount if credited is None else credited
    opening = dict(dirty.accounts.select("account", "opening_balance").iter_rows())
    for account, first, came, went, last in dirty.truth["balances"].iter_rows():
        assert first == opening[account]
        assert last == first + came - went == first + change[account]


def test_gangs_do_not_change_the_dirt_of_honest_transfers() -> None:
    one, other = (simulate(200, 40, seed=8, gangs=gangs, dirt=2.0) for gangs in (0, 2))

    def honest(bank: SimulatedBank) -> pl.DataFrame:
        rows = bank.transfers.join(bank.truth_transfers, on="transaction_id", how="anti")
        told = rows.join(bank.truth["dirt"], on="transaction_id", how="left")
        return told.select("booked_at", "debtor_account", "amount", "reference", "kind").unique()

    keys = ["booked_at", "debtor_account", "amount", "reference", "kind"]
    assert honest(other).join(honest(one), on=keys, how="semi", nulls_equal=True).height == honest(one).height
