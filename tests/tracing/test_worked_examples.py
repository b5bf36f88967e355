"""The worked numbers of the rules, to the penny: the common ledger, the cases, and chains of accounts."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from moneytrail.graph import TransactionGraph
from moneytrail.tracing import CONSERVING, Rule, Trace, trace
from tests.tracing.books import Line, book

COMMON: Sequence[Line] = (
    ("employer", "S", 1_000),
    ("payer", "S", 3_000),
    ("S", "A", 1_500),
    ("employer", "S", 2_000),
    ("S", "B", 2_500),
    ("payer", "S", 1_000),
    ("S", "C", 1_000),
)


def where(made: Trace, rule: Rule) -> dict[str, float]:
    """Pounds of tainted money by account, without the empty ones."""
    rows = made.accounts.select("account", f"tainted_{rule}").iter_rows()
    return {account: pence / 100 for account, pence in rows if pence}


def total(made: Trace, rule: Rule) -> dict[str, int]:
    row: dict[str, int] = made.totals.filter(pl.col("rule") == str(rule)).drop("rule").to_dicts()[0]
    return row


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule.FIFO, {"A": 500, "B": 2_500, "S": 1_000}),
        (Rule.LIFO, {"A": 1_500, "B": 500, "C": 1_000, "S": 1_000}),
        (Rule.HAIRCUT, {"A": 1_125, "B": 1_041.67, "C": 611.11, "S": 1_222.22}),
        (Rule.PARI_PASSU, {"A": 857.14, "B": 1_428.57, "C": 571.43, "S": 1_142.86}),
        (Rule.CLEAN_FIRST, {"A": 500, "B": 500, "C": 1_000, "S": 2_000}),
        (Rule.TAINTED_FIRST, {"A": 1_500, "B": 1_500, "C": 1_000}),
        (Rule.POISON, {"A": 1_500, "B": 2_500, "C": 1_000, "S": 2_000}),
    ],
)
def test_the_common_ledger(rule: Rule, expected: dict[str, float]) -> None:
    assert where(trace(book(COMMON), ["t2", "t6"]), rule) == expected
    assert where(trace(book(COMMON), ["t2", "t6"], [rule]), rule) == expected, "alone it gives the same"


def test_every_rule_but_poison_puts_each_tainted_penny_in_one_place() -> None:
    made = trace(book(COMMON), ["t2", "t6"])
    for rule in CONSERVING:
        sums = total(made, rule)
        assert sums.pop("seeded") == 400_000
        assert sum(sums.values()) == sums["in_accounts"] == 400_000
    assert sum(where(made, Rule.POISON).values()) == 7_000
    assert made.totals["rule"].to_list() == [str(rule) for rule in CONSERVING]


def test_fifo_across_accounts() -> None:
    """X pays Y clean 2,000 and tainted 3,000; Y's own 1,000 goes first, and 1,000 of the taint goes on to Z."""
    chain = book(
        [
            ("employer", "X", 2_000),
            ("payer", "X", 6_000),
            ("employer", "Y", 1_000),
            ("X", "Y", 5_000),
            ("Y", "Z", 4_000),
        ]
    )
    made = trace(chain, ["t2"])
    assert where(made, Rule.FIFO) == {"X": 3_000, "Y": 2_000, "Z": 1_000}
    assert where(made, Rule.HAIRCUT) == {"X": 2_250, "Y": 1_250, "Z": 2_500}


@pytest.mark.parametrize(
    ("seed", "fifo", "haircut", "pari_passu"), [("t1", 0, 2.5, 3.33), ("t2", 0, 2.5, 3.33), ("t4", 10, 5, 3.33)]
)
def test_three_contributors(seed: str, fifo: float, haircut: float, pari_passu: float) -> None:
    """P and M pay in 10 each, 10 goes out, K pays in 10, 10 goes out: what is left of each one's money."""
    fund = book([("P", "F", 10), ("M", "F", 10), ("F", "out", 10), ("K", "F", 10), ("F", "out", 10)])
    made = trace(fund, [seed])
    assert where(made, Rule.FIFO).get("F", 0) == fifo
    assert where(made, Rule.HAIRCUT)["F"] == haircut
    assert where(made, Rule.PARI_PASSU)["F"] == pari_passu


def test_the_lowest_intermediate_balance() -> None:
    """Roscoe v Winder: 455 mixed in, the balance fell to 25 and rose to 358 again: 25 can be traced."""
    mixed = book(
        [("company", "W", 455), ("W", "shops", 430), ("employer", "W", 333)],
    )
    made = trace(mixed, ["t1"], [Rule.CLEAN_FIRST])
    assert where(made, Rule.CLEAN_FIRST) == {"W": 25, "shops": 430}


def test_the_cap_of_each_credit() -> None:
    """Of 3,000 at most the lowest later balance is left; so with 1,000: together what clean first leaves."""
    assert where(trace(book(COMMON), ["t2"]), Rule.CLEAN_FIRST)["S"] == 2_000
    assert where(trace(book(COMMON), ["t6"]), Rule.CLEAN_FIRST)["S"] == 1_000


def test_what_was_bought_with_tainted_money_first() -> None:
    """Re Oatway: the car took 1,500 of the claimant's money, and no penny of it is in the account as well."""
    found = where(trace(book(COMMON[:3]), ["t2"]), Rule.TAINTED_FIRST)
    assert found == {"A": 1_500, "S": 1_500}


def overdrawn() -> TransactionGraph:
    lines: list[Line] = [("S", "van", 10_000), ("payer", "S", 10_000)]
    return book(lines, openings={"S": 0}, held=["S", "van", "payer"])


def test_fifo_does_not_trace_backwards() -> None:
    """A van from an overdraft that proceeds clear later: forwards the van is clean, and the lender has it all."""
    made = trace(overdrawn(), ["t2"])
    for rule in set(CONSERVING) - {Rule.PARI_PASSU}:
        assert where(made, rule) == {}, rule
        assert total(made, rule)["overdrafts"] == 1_000_000
    # What knows no order gives the van and the lender half each.
    assert where(made, Rule.PARI_PASSU) == {"van": 5_000}
    assert total(made, Rule.PARI_PASSU)["overdrafts"] == 500_000
