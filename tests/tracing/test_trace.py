"""What a trace takes and refuses, where it ends, and the laws that hold for every ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import numpy as np
import polars as pl
import pytest

from moneytrail.errors import InputError, ParameterError
from moneytrail.graph import TransactionGraph
from moneytrail.tracing import CONSERVING, MEANINGS, Reversals, Rule, Trace, find_reversals, trace
from moneytrail.tracing.rules import parse
from tests.tracing.books import START, Line, book
from tests.tracing.test_worked_examples import COMMON, total, where

ACCOUNTS = ("A", "B", "C", "D", "E")
NOTHING = Reversals(np.empty(0, np.int64), np.empty(0, np.int64))


def random_lines(seed: int, size: int = 40) -> list[Line]:
    chance = Random(seed)
    sides = (None, *ACCOUNTS)
    lines: list[Line] = []
    while len(lines) < size:
        debtor, creditor = chance.choice(sides), chance.choice(sides)
        if debtor != creditor:
            lines.append((debtor, creditor, chance.randint(1, 500_000) / 100))
    return lines


def some_seeds(seed: int, size: int = 40) -> list[str]:
    return [f"t{place}" for place in Random(seed).sample(range(1, size + 1), 3)]


SEEDS = range(40)
OPENINGS = {"A": 120.5, "C": -30.0, "D": 0.0}


# What is taken and refused


@pytest.mark.parametrize(
    ("seeds", "reason"),
    [
        ([], "there is no seed"),
        (["t9"], r"no transfer 't9' in the ledger"),
        (["x1", "t1", "x2", "x3", "x4", "x5"], r"no transfer 'x1', 'x2', 'x3' and 2 more in the ledger"),
        (["t4"], r"seed 't4' brings nothing"),
        (["t5"], r"seed 't5' is a transfer to the payer itself"),
        (["t3"], r"seed 't3' takes an earlier transfer back"),
    ],
)
def test_a_seed_that_cannot_be_is_refused(seeds: list[str], reason: str) -> None:
    lines: list[Line] = [
        ("p", "S", 10), ("S", "A", 4), ("A", "S", 4, "REVERSAL"), ("p", "S", 0), ("S", "S", 5), ("p", "S", 1),
    ]  # fmt: skip
    with pytest.raises(ParameterError, match=reason):
        trace(book(lines), seeds)


def test_a_floor_below_zero_and_a_time_without_zone_are_refused() -> None:
    with pytest.raises(ParameterError, match="the floor is -1"):
        trace(book(COMMON), ["t2"], floor=-1)
    with pytest.raises(ParameterError, match="has no time zone"):
        trace(book(COMMON), ["t2"], until=START.replace(tzinfo=None))


def test_more_money_than_slices_hold_is_refused() -> None:
    huge: list[Line] = [("payer", "S", 2**60 / 100), ("S", "A", 2**60 / 100), ("A", "B", 2**60 / 100)]
    with pytest.raises(InputError, match="the amounts together pass 2,305,843,009,213,693,951 minor units"):
        trace(book(huge), ["t1"])
    assert sum(where(trace(book(huge[:1]), ["t1"]), Rule.FIFO).values()) > 10**16


def test_rules_are_named() -> None:
    assert parse("all") == tuple(Rule)
    assert parse("haircut, fifo,fifo") == (Rule.FIFO, Rule.HAIRCUT)
    with pytest.raises(ParameterError, match="no rule 'lilo'; there are all, fifo, lifo"):
        parse("fifo,lilo")
    assert set(MEANINGS) == set(Rule)


def test_a_seed_named_twice_counts_once() -> None:
    assert where(trace(book(COMMON), ["t2", "t2"]), Rule.FIFO) == where(trace(book(COMMON), ["t2"]), Rule.FIFO)


def test_a_trace_may_end_before_the_ledger_does() -> None:
    made = trace(book(COMMON), ["t2"], until=START + timedelta(hours=2))
    assert where(made, Rule.FIFO) == {"A": 500, "S": 2_500}
    assert where(made, Rule.PARI_PASSU) == where(trace(book(COMMON[:3]), ["t2"]), Rule.PARI_PASSU)
    with pytest.raises(ParameterError, match="every seed was booked after the end of the trace; the first is 't6'"):
        trace(book(COMMON), ["t6"], until=START + timedelta(hours=2))


def test_later_seeds_are_left_out_and_told() -> None:
    made = trace(book(COMMON), ["t6", "t2"], until=START + timedelta(hours=2))
    assert made.late == ("t6",)
    assert where(made, Rule.FIFO) == where(trace(book(COMMON), ["t2"], until=START + timedelta(hours=2)), Rule.FIFO)
    assert trace(book(COMMON), ["t6", "t2"]).late == ()
    with pytest.raises(ParameterError, match="no transfer 't9' in the ledger"):
        trace(book(COMMON), ["t9", "t2"], until=START + timedelta(hours=2))


# Where it ends


def test_cash_and_other_banks_end_the_trace() -> None:
    lines: list[Line] = [("payer", "S", 100), ("S", None, 30), ("S", "far", 40), ("far", "T", 40)]
    here = book(lines, held=["S", "T"])
    made = trace(here, ["t1"])
    assert where(made, Rule.FIFO) == {"S": 30, "far": 40}
    assert total(made, Rule.FIFO) | {"seeded": 0} == {
        "seeded": 0, "withdrawn": 0, "in_accounts": 3_000, "other_banks": 4_000, "cash": 3_000, "overdrafts": 0,
        "dropped": 0, "rounding": 0,
    }  # fmt: skip
    assert where(trace(here, ["t1"], through_other_banks=True), Rule.FIFO) == {"S": 30, "T": 40}
    assert where(trace(book(lines), ["t1"]), Rule.FIFO) == {"S": 30, "T": 40}, "without a table every account is seen"


def test_the_balance_of_another_bank_is_not_known() -> None:
    made = trace(book([("payer", "S", 100), ("S", "far", 40)], held=["S"]), ["t1"])
    rows = {row["account"]: row for row in made.accounts.iter_rows(named=True)}
    assert (rows["S"]["balance"], rows["S"]["outside"]) == (6_000, False)
    assert (rows["far"]["balance"], rows["far"]["outside"], rows["far"]["since"]) == (None, True, None)


def test_an_opening_balance_is_unknown_and_never_clean() -> None:
    made = trace(book([("payer", "S", 100), ("S", "A", 130)], openings={"S": 50, "A": 0}), ["t1"])
    rows = {row["account"]: row for row in made.accounts.iter_rows(named=True)}
    assert (rows["A"]["tainted_fifo"], rows["A"]["unknown_fifo"]) == (8_000, 5_000)
    assert (rows["S"]["tainted_fifo"], rows["S"]["unknown_fifo"]) == (2_000, 0)
    assert (rows["A"]["tainted_lifo"], rows["A"]["unknown_lifo"]) == (10_000, 3_000)
    assert (rows["A"]["tainted_haircut"], rows["A"]["unknown_haircut"]) == (8_667, 4_333)
    assert (rows["A"]["tainted_clean_first"], rows["A"]["unknown_clean_first"]) == (8_000, 5_000)


def test_what_is_paid_beyond_all_that_was_seen_is_unknown() -> None:
    made = trace(book([("payer", "S", 100), ("S", "A", 130)]), ["t1"])
    row = made.accounts.filter(pl.col("account") == "A").to_dicts()[0]
    assert (row["tainted_fifo"], row["unknown_fifo"], row["balance"]) == (10_000, 3_000, 13_000)


def test_a_floor_drops_small_parts_and_says_how_much() -> None:
    lines: list[Line] = [("payer", "S", 10), ("work", "S", 990), ("S", "A", 50), ("S", "B", 500)]
    made = trace(book(lines), ["t1"], [Rule.HAIRCUT], floor=100)
    assert where(made, Rule.HAIRCUT) == {"S": 4.5, "B": 5}
    assert total(made, Rule.HAIRCUT)["dropped"] == 50


# Reversals


def test_a_reversal_is_told_by_words_accounts_amount_and_time() -> None:
    lines: list[Line] = [
        ("S", "A", 5),
        ("S", "A", 5),
        ("A", "S", 5, "Returned payment 1234"),
        ("A", "S", 5, "refund"),
        ("A", "S", 4, "REVERSAL"),
        ("A", "S", 5, "unpaid item"),
        ("A", "S", 5, "reversal"),
    ]
    found = find_reversals(book(lines))
    assert list(zip(found.later.tolist(), found.earlier.tolist(), strict=True)) == [(2, 1), (5, 0)]


def test_a_reversal_of_long_ago_is_none() -> None:
    lines: list[Line] = [("S", "A", 5), *[("x", "y", 1)] * (14 * 24), ("A", "S", 5, "reversal")]
    assert find_reversals(book(lines)).later.size == 0
    del lines[1]
    assert find_reversals(book(lines)).later.tolist() == [14 * 24]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_taken_back_at_once_never_happened(seed: int) -> None:
    """From an account that has the money: out of an overdraft it would be lent, and repaid."""
    lines = [(None, "A", 1_000_000), *random_lines(seed)]
    plain = trace(book(lines, OPENINGS, ACCOUNTS), some_seeds(seed))
    again = [*lines, ("A", "B", 12.34), ("B", "A", 12.34, "reversal")]
    undone = trace(book(again, OPENINGS, ACCOUNTS), some_seeds(seed))
    for rule in CONSERVING:
        rounded = 0.02 if rule == Rule.PARI_PASSU else 0
        assert where(undone, rule) == pytest.approx(where(plain, rule), abs=rounded), (seed, rule)


def test_a_seed_that_is_taken_back_taints_nothing() -> None:
    made = trace(book([("work", "S", 10), ("payer", "S", 5), ("S", "payer", 5, "reversal"), ("S", "A", 10)]), ["t2"])
    for rule in set(CONSERVING) - {Rule.PARI_PASSU}:
        assert where(made, rule) == {}
        assert total(made, rule)["withdrawn"] == total(made, rule)["seeded"] == 500
    assert where(made, Rule.PARI_PASSU) == {}
    assert total(made, Rule.PARI_PASSU)["seeded"] == 0


# Laws


def result(made: Trace) -> dict[Rule, dict[str, float]]:
    return {rule: where(made, rule) for rule in Rule}


def traced(seed: int, lines: Sequence[Line] | None = None) -> Trace:
    return trace(graph_of(seed, lines), some_seeds(seed), record=True)


def graph_of(seed: int, lines: Sequence[Line] | None = None) -> TransactionGraph:
    return book(lines or random_lines(seed), OPENINGS, ACCOUNTS[:4])


@pytest.mark.parametrize("seed", SEEDS)
def test_no_penny_is_lost_or_made(seed: int) -> None:
    made = traced(seed)
    for rule in CONSERVING:
        sums = total(made, rule)
        assert sums.pop("seeded") == sum(sums.values()), rule
        assert sum(where(made, rule).values()) * 100 == pytest.approx(sums["in_accounts"] + sums["other_banks"])
        assert abs(sums["rounding"]) <= len(random_lines(seed))
        assert rule == Rule.PARI_PASSU or sums["rounding"] == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_no_account_and_no_transfer_holds_more_than_there_is(seed: int) -> None:
    made = traced(seed)
    for row in made.accounts.filter(~pl.col("outside")).iter_rows(named=True):
        for rule in Rule:
            assert 0 <= row[f"tainted_{rule}"] <= max(row["balance"], 0)
            assert row[f"tainted_{rule}"] + (row[f"unknown_{rule}"] or 0) <= max(row["balance"], 0)
    for rule in Rule:
        assert (made.tainted_in(rule) >= 0).all()
        assert (made.tainted_in(rule) <= made.graph.amount).all()
        assert (made.tainted_in(rule)[made.seeds] == made.graph.amount[made.seeds]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_poison_bounds_all_rules_that_go_by_time(seed: int) -> None:
    made = traced(seed)
    for rule in set(CONSERVING) - {Rule.PARI_PASSU}:
        for account, pounds in where(made, rule).items():
            assert pounds <= where(made, Rule.POISON)[account]
        assert (made.tainted_in(rule) <= made.tainted_in(Rule.POISON)).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_names_do_not_matter(seed: int) -> None:
    names = dict(zip(ACCOUNTS, ("E", "D", "C", "B", "A"), strict=True))
    renamed = [(a and names[a], b and names[b], x) for a, b, x in random_lines(seed)]  # type: ignore[misc]
    openings = {names[name]: opening for name, opening in OPENINGS.items()}
    other = trace(book(renamed, openings, [names[name] for name in ACCOUNTS[:4]]), some_seeds(seed))
    for rule in Rule:
        expected = {names[name]: pounds for name, pounds in where(traced(seed), rule).items()}
        assert where(other, rule) == pytest.approx(expected, abs=0.02 if rule == Rule.PARI_PASSU else 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_strangers_do_not_matter(seed: int) -> None:
    strangers: list[Line] = [("X", "Y", 1_000), ("Y", "Z", 500), (None, "X", 20)]
    assert result(traced(seed, [*random_lines(seed), *strangers])) == result(traced(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_said_of_a_transfer_does_not_depend_on_later_ones(seed: int) -> None:
    whole, part = traced(seed), trace(graph_of(seed), some_seeds(seed), record=True, until=START + timedelta(hours=60))
    early = trace(graph_of(seed), some_seeds(seed, 20), record=True, until=START + timedelta(hours=19))
    late = trace(graph_of(seed), some_seeds(seed, 20), record=True)
    for rule in set(Rule) - {Rule.PARI_PASSU}:
        np.testing.assert_array_equal(part.tainted_in(rule), whole.tainted_in(rule))
        np.testing.assert_array_equal(early.tainted_in(rule), late.tainted_in(rule)[:20])


@pytest.mark.parametrize("seed", SEEDS)
def test_tainted_money_does_not_depend_on_what_is_unknown(seed: int) -> None:
    """An opening balance, or as much paid in as cash before all else: the same queue, another label."""
    openings = {"A": 120.5, "B": 0.0, "C": 40.0, "D": 0.0, "E": 0.0}
    paid_in: list[Line] = [(None, "A", 120.5), (None, "C", 40.0)]
    seeds = [f"t{int(name[1:]) + 2}" for name in some_seeds(seed)]
    told = trace(book([*[("x", "y", 1.0)] * 2, *random_lines(seed)], openings, ACCOUNTS), seeds)
    shown = trace(book([*paid_in, *random_lines(seed)], dict.fromkeys(ACCOUNTS, 0.0), ACCOUNTS), seeds)
    for rule in Rule:
        assert where(told, rule) == where(shown, rule), rule
