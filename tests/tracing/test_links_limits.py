"""What may lie beyond a break, where much of it is alike: rivals, limits, claims that use each penny once, and cost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from moneytrail.errors import ParameterError
from moneytrail.graph import TransactionGraph
from moneytrail.schema import ACCOUNT_KIND, CHANNEL, CURRENCY, LINK_COLUMNS, check_accounts, check_transfers
from moneytrail.tracing import Break, Rule, Trace, break_totals, find_advances, find_breaks, find_value_links, trace
from moneytrail.tracing import beyond as subject
from moneytrail.tracing.beyond import left_out
from moneytrail.tracing.boxes import Boxes
from moneytrail.tracing.rules import CONSERVING
from tests.oracles.value_links import Advance, Link, Paid, World, advances, value_links
from tests.tracing.books import RATES, START, Line, book

NAMES = ["account", *subject.LINKS]


class Row(NamedTuple):
    """A transfer, at a time in hours and of an amount in pounds."""

    debtor: str | None
    creditor: str | None
    hour: float
    pounds: float
    reference: str | None = None


def told(
    rows: Sequence[Row],
    known_by: dict[str, tuple[str | None, ...]] | None = None,
    openings: dict[str, float] | None = None,
) -> TransactionGraph:
    """A graph of transfers called t1, t2, …; only accounts in `known_by` are at this bank."""
    transfers = pl.DataFrame(
        {
            "transaction_id": [f"t{i + 1}" for i in range(len(rows))],
            "row": range(len(rows)),
            "booked_at": [START + timedelta(hours=row.hour) for row in rows],
            "debtor_account": pl.Series([row.debtor for row in rows], dtype=pl.String()),
            "creditor_account": pl.Series([row.creditor for row in rows], dtype=pl.String()),
            "amount": [round(row.pounds * 100) for row in rows],
            "currency": ["GBP"] * len(rows),
            "channel": ["cash" if None in row[:2] else "credit_transfer" for row in rows],
            "reference": pl.Series([row.reference for row in rows], dtype=pl.String()),
        }
    ).with_columns(
        pl.col("booked_at").dt.cast_time_unit("us"), pl.col("currency").cast(CURRENCY), pl.col("channel").cast(CHANNEL)
    )
    accounts = None
    if known_by is not None:
        pounds = [(openings or {}).get(name) for name in known_by]
        columns = {
            column: pl.Series(
                [known[place] if place < len(known) else None for known in known_by.values()], dtype=pl.String()
            )
            for place, column in enumerate(LINK_COLUMNS)
        }
        accounts = check_accounts(
            pl.DataFrame(
                {
                    "account": list(known_by),
                    "kind": pl.Series(["personal"] * len(known_by), dtype=ACCOUNT_KIND),
                    "currency": pl.Series(["GBP"] * len(known_by), dtype=CURRENCY),
                    "opening_balance": pl.Series(
                        [round(p * 100) if p is not None else None for p in pounds], dtype=pl.Int64()
                    ),
                    **columns,
                }
            )
        )
    return TransactionGraph.from_frame(check_transfers(transfers), RATES, accounts)


def links_of(lines: Sequence[Line], seeds: Sequence[str] = ("t1",)) -> pl.DataFrame:
    return find_value_links(trace(book(lines), seeds, [Rule.FIFO], record=True))


def said(found: pl.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return found.select(columns).rows()


# Value links


def test_a_link_without_rivals_keeps_half_less_what_it_waited() -> None:
    found = links_of([("V", "S", 1_000.0), ("S", None, 200.0), (None, "S", 200.0)])
    # One of 72 hours takes half of a seventy-second: 0.5 * (1 - 1 / 144).
    assert said(found, "out", "back", "rivals", "left_out", "confidence") == [("t2", "t3", 0, 0, 0.497)]
    assert left_out(found) == 0


def test_confidence_is_divided_by_one_and_the_rivals_on_either_side() -> None:
    lines: list[Line] = [
        ("V", "S", 1_000.0),
        ("S", None, 200.0),
        ("S", None, 200.0),
        (None, "S", 200.0),
        (None, "S", 200.0),
    ]
    # t2 could have come back as t5 too, and t4 could be t3's: two rivals; after 2 hours 0.5 * (1 - 2 / 144) / 3.
    assert said(links_of(lines), "out", "back", "rivals", "confidence") == [
        ("t2", "t4", 2, 0.164), ("t2", "t5", 2, 0.163), ("t3", "t4", 2, 0.166), ("t3", "t5", 2, 0.164),
    ]  # fmt: skip


def test_of_seven_alike_the_earliest_five_are_offered_and_two_are_told() -> None:
    found = links_of([("V", "S", 1_000.0), ("S", None, 200.0), *[(None, "S", 200.0)] * 7])
    assert said(found, "back", "rivals", "left_out") == [(f"t{n}", 6, 2) for n in range(3, 8)]
    assert left_out(found) == 2


def test_the_same_amount_after_many_like_ones_is_offered() -> None:
    like: list[Line] = [(None, "S", 206.0)] * 6
    found = links_of([("V", "S", 1_000.0), ("S", None, 200.0), *like, (None, "S", 200.0)])
    # 206 is at the bound of 3 %, which takes half; 200 after 7 hours keeps 137 of 144 parts.
    assert said(found, "back") == [("t3",), ("t4",), ("t5",), ("t6",), ("t9",)]
    assert found["confidence"].to_list() == [0.035, 0.035, 0.035, 0.035, 0.068]


def test_the_bounds_of_amount_and_time_belong_to_a_link() -> None:
    rows = [Row("V", "S", 0, 1_000), Row("S", None, 1, 200), Row(None, "S", 73, 206), Row(None, "S", 73, 206.01)]
    assert said(find_value_links(trace(told(rows), ["t1"], record=True)), "back", "confidence") == [("t3", 0.125)]
    late = [*rows[:2], Row(None, "S", 73.001, 200)]
    assert not find_value_links(trace(told(late), ["t1"], record=True)).height


def test_accounts_that_share_several_things_are_one_rival() -> None:
    both = ("Ann", "Elm Row", "0123")
    known: dict[str, tuple[str | None, ...]] = {"S": both, "B": both, "C": ("Bob", *both[1:]), "D": ("Cid",)}
    backs = [Row(None, name, hour, 200) for hour, name in enumerate("SBCD", start=2)]
    rows = [Row("S", "S", 0, 1), Row(None, "S", 0, 1_000), Row("S", None, 1, 200), *backs]
    found = find_value_links(trace(told(rows, known), ["t2"], [Rule.FIFO], record=True))
    assert said(found, "back_account", "shared", "rivals") == [
        ("S", "account", 2), ("B", "owner", 2), ("C", "address", 2),
    ]  # fmt: skip


def test_an_empty_table_has_the_same_columns() -> None:
    none, one = links_of([("V", "S", 1_000.0)]), links_of([("V", "S", 1e3), ("S", None, 2e2), (None, "S", 2e2)])
    assert none.schema == one.schema
    assert left_out(none) == 0


def test_amounts_that_a_thousandfold_would_not_hold_are_compared_all_the_same() -> None:
    great = 2.0**51
    found = links_of([("V", "S", 4 * great), ("S", None, great), (None, "S", great), (None, "S", 1.04 * great)])
    assert said(found, "back", "rivals") == [("t3", 0)]


# Payments in advance


def test_a_debit_that_two_credits_may_have_repaid_is_claimed_once() -> None:
    lines: list[Line] = [("S", "VAN", 1_000.0), ("M", "S", 1_000.0), ("N", "S", 1_000.0)]
    found = find_advances(trace(book(lines, {"S": 0.0}, ["S"]), ["t2", "t3"], record=True))
    assert said(found, "debit", "credit", "claim", "claim_alone", "rivals", "left_out") == [
        ("t1", "t2", 100_000, 100_000, 1, 0), ("t1", "t3", 0, 100_000, 1, 0),
    ]  # fmt: skip


def test_a_credit_repays_its_latest_debit_first_and_no_penny_twice() -> None:
    lines: list[Line] = [("S", "VAN", 950.0), ("S", "BOAT", 950.0), ("M", "S", 1_000.0)]
    found = find_advances(trace(book(lines, {"S": 0.0}, ["S"]), ["t3"], [Rule.FIFO], record=True))
    assert said(found, "paid_to", "claim", "claim_alone", "rivals") == [
        ("BOAT", 95_000, 95_000, 1), ("VAN", 5_000, 95_000, 1),
    ]  # fmt: skip


def test_what_is_traced_of_a_debit_is_not_claimed_again() -> None:
    lines: list[Line] = [("V", "S", 300.0), ("S", "VAN", 1_000.0), ("M", "S", 1_000.0)]
    found = find_advances(trace(book(lines, {"S": 0.0}, ["S"]), ["t1", "t3"], [Rule.FIFO], record=True))
    assert said(found, "debit", "credit", "tainted", "claim", "claim_alone") == [("t2", "t3", 100_000, 70_000, 70_000)]
    whole: list[Line] = [("V", "S", 1_000.0), ("S", "VAN", 1_000.0), ("M", "S", 1_000.0)]
    made = trace(book(whole, {"S": -1.0}, ["S"]), ["t1", "t3"], [Rule.TAINTED_FIRST], record=True)
    assert said(find_advances(made), "claim") == [(100,)], "a pound of the first credit repaid the overdraft"


@pytest.mark.parametrize(("rules", "claims"), [([Rule.LIFO], []), ([Rule.FIFO], []), ([Rule.FIFO, Rule.LIFO], [0])])
def test_one_rules_trace_and_anothers_money_make_no_claim(rules: list[Rule], claims: list[int]) -> None:
    known: dict[str, tuple[str | None, ...]] = dict.fromkeys("ABS", ("Ann",))
    rows = [
        Row(None, "A", 0, 1_000), Row(None, "A", 1, 1_000), Row("A", "S", 2, 1_000), Row("S", "VAN", 3, 1_000),
        Row(None, "B", 4, 1_000), Row(None, "B", 5, 1_000), Row("B", "S", 6, 1_000),
    ]  # fmt: skip
    # By LIFO the van and t7 are tainted, by FIFO neither: by no rule is there money for an untraced van.
    found = find_advances(trace(told(rows, known), ["t2", "t6"], rules, record=True))
    kept = found.filter((pl.col("debit") == "t4") & (pl.col("credit") == "t7"))
    assert kept["claim"].to_list() == kept["claim_alone"].to_list() == claims


def test_a_debit_to_the_credited_account_is_no_advance_but_one_to_another_of_the_owners_is() -> None:
    known: dict[str, tuple[str | None, ...]] = dict.fromkeys("ABC", ("Ann",))
    rows = [Row("B", "A", 0, 1_000), Row("B", "C", 1, 1_000), Row(None, "A", 2, 1_000)]
    found = find_advances(trace(told(rows, known, {"B": 0}), ["t3"], [Rule.FIFO], record=True))
    assert said(found, "debit", "credit", "rivals") == [("t2", "t3", 0)]


def test_of_seven_debits_the_latest_five_are_offered_and_two_are_told() -> None:
    lines: list[Line] = [*[("S", "VAN", 1_000.0)] * 7, ("M", "S", 1_000.0)]
    found = find_advances(trace(book(lines, {"S": 0.0}, ["S"]), ["t8"], [Rule.FIFO], record=True))
    assert said(found, "debit", "claim", "rivals", "left_out") == [
        (f"t{n}", 100_000 if n == 7 else 0, 6, 2) for n in (7, 6, 5, 4, 3)
    ]
    assert left_out(found) == 2


def test_the_last_of_very_many_credits_that_funded_a_debit_is_found() -> None:
    rows = [Row("L", "S", 0, 1_000, "Car Loan."), *(Row("V", "S", 1 + n / 100, 1_000) for n in range(150))]
    rows += [Row("S", "VAN", 3, 1_000), Row("M", "S", 4, 1_000)]
    assert said(find_advances(trace(told(rows), ["t153"], [Rule.FIFO], record=True)), "debit", "funded_by") == [
        ("t152", "loan")
    ]


# Breaks


def test_break_totals_are_what_each_rule_lets_over() -> None:
    lines: list[Line] = [
        ("V", "S", 1_000.0),
        ("W", "S", 1_000.0),
        ("S", None, 500.0),
        ("S", "FAR", 1_000.0),
        ("P", "O", 300.0),
    ]
    made = trace(book(lines, {"S": 0.0, "O": -200.0}), ["t1", "t5"], [Rule.FIFO, Rule.HAIRCUT], record=True)
    found = find_breaks(made)
    assert said(found, "transaction_id", "kind", "low", "high") == [
        ("t3", "cash", 25_000, 50_000), ("t4", "other_bank", 50_000, 50_000), ("t5", "overdraft", 20_000, 20_000),
    ]  # fmt: skip
    assert break_totals(made, found) == {
        Break.CASH: {Rule.FIFO: 50_000, Rule.HAIRCUT: 25_000},
        Break.OTHER_BANK: {Rule.FIFO: 50_000, Rule.HAIRCUT: 50_000},
        Break.OVERDRAFT: {Rule.FIFO: 20_000, Rule.HAIRCUT: 20_000},
    }


@pytest.mark.parametrize("find", [find_breaks, find_value_links, find_advances])
def test_without_a_record_nothing_beyond_is_told(find: object) -> None:
    assert callable(find)
    with pytest.raises(ParameterError):
        find(trace(book([("V", "S", 1.0)]), ["t1"]))
    with pytest.raises(ParameterError):
        find(trace(book([("V", "S", 1.0)]), ["t1"], [Rule.POISON], record=True))


# Against every pair looked at


def small_ledger(seed: int) -> tuple[list[Row], dict[str, tuple[str | None, ...]], dict[str, float]]:
    """Few accounts, alike amounts, equal times; some share things, some hold none, some are at other banks."""
    draw = random.Random(seed)
    here, there = list("ABCDE"[: draw.randint(2, 5)]), draw.choice([["X", "Y"], []])
    known: dict[str, tuple[str | None, ...]] = {
        name: tuple(draw.choice([None, "1", "2"]) if draw.random() < 0.6 else None for _ in LINK_COLUMNS)
        for name in here
    }
    rows: list[Row] = []
    hour = 0.0
    span = draw.choice([0.5, 2.0, 8.0])
    much_cash = draw.random() < 0.3
    for _ in range(draw.randint(10, 70)):
        hour += draw.choice([0.0, span / 4, span])
        one, other = (draw.choice([*here, *there, None, None]) for _ in range(2))
        if much_cash or one is other is None:
            one, other = draw.choice([(None, draw.choice(here)), (draw.choice(here), None)])
        rows.append(
            Row(one, other, hour, draw.choice([200, 200, 201, 203, 206, 206.01, 197, 194, 300, 182, 220]), None)
        )
        if draw.random() < 0.1:
            rows[-1] = rows[-1]._replace(reference=draw.choice(["a LOAN. here", "loans"]))
        if rows[-1].debtor and rows[-1].creditor and draw.random() < 0.1:
            rows.append(Row(other, one, hour, rows[-1].pounds, "reversal"))
    openings = {name: float(draw.choice([0, 150, -50])) for name in here if draw.random() < 0.6}
    return rows, known, openings


def world_of(
    made: Trace, rows: Sequence[Row], known: dict[str, tuple[str | None, ...]], opening: dict[str, float]
) -> World:
    """The same as plain values; only what each transfer carried and which were taken back is the trace's word."""
    assert made.carried is not None
    columns = [f"tainted_{rule}" for rule in made.rules if rule in CONSERVING]
    traced = {place: tainted for place, *tainted in made.carried.select("place", *columns).iter_rows()}
    undone = {*made.reversals.later.tolist(), *made.reversals.earlier.tolist()}
    nothing = [0] * len(columns)
    paid = [
        Paid(
            row.debtor,
            row.creditor,
            round(row.hour * 3_600_000_000),
            round(row.pounds * 100),
            tuple(traced.get(place, nothing)),
            place in undone,
            "LOAN." in (row.reference or ""),
        )
        for place, row in enumerate(rows)
    ]
    strangers = {name for row in rows for name in row[:2] if name is not None} - known.keys()
    away = dict.fromkeys(strangers, (None,) * len(LINK_COLUMNS))
    return World(paid, {**known, **away}, strangers, {name: round(p * 100) for name, p in opening.items()})


def traced_world(seed: int) -> tuple[Trace, World]:
    rows, known, opening = small_ledger(seed)
    graph = told(rows, known, opening)
    draw = random.Random(-seed)
    able = [
        f"t{place + 1}" for place, row in enumerate(rows) if row.debtor != row.creditor and row.reference != "reversal"
    ]
    rules = draw.choice([list(Rule), [Rule.FIFO], [Rule.FIFO, Rule.LIFO, Rule.POISON], [Rule.PARI_PASSU]])
    made = trace(graph, draw.sample(able, min(len(able), draw.randint(1, 20))), rules, record=True)
    return made, world_of(made, rows, known, opening)


def number(name: str) -> int:
    return int(name[1:]) - 1


@pytest.mark.parametrize("most", [1, 2, 5])
def test_value_links_are_those_of_every_pair_looked_at(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "MOST_OFFERED", most)
    seen = dropped = 0
    for seed in range(100):
        made, world = traced_world(seed)
        found = find_value_links(made)
        columns = ("out", "back", "shared", "rivals", "left_out", "confidence")
        got = [
            Link(number(out), number(back), NAMES.index(shared), *rest)
            for out, back, shared, *rest in found.select(columns).iter_rows()
        ]
        wanted = value_links(world, subject.LEAST, most, subject.BANDS)
        assert [one[:5] for one in got] == [one[:5] for one in wanted], seed
        assert [one.confidence for one in got] == pytest.approx([one.confidence for one in wanted], abs=0.000501), seed
        seen, dropped = seen + len(got), dropped + left_out(found)
    assert seen > 150
    assert dropped > 20


@pytest.mark.parametrize("most", [1, 2, 5])
def test_advances_are_those_of_every_pair_looked_at(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "MOST_OFFERED", most)
    seen, funds = 0, set[str]()
    for seed in range(100):
        made, world = traced_world(seed)
        found = find_advances(made)
        columns = ("debit", "credit", "claim", "claim_alone", "rivals", "left_out", "funded_by")
        got = [Advance(number(d), number(c), *rest) for d, c, *rest in found.select(columns).iter_rows()]
        assert got == advances(world, subject.LEAST, most), seed
        together = found.group_by("debit").agg(pl.col("claim").sum(), pl.col("amount").first())
        assert (together["claim"] <= together["amount"]).all()
        together = found.group_by("credit").agg(pl.col("claim").sum(), pl.col("tainted").first())
        assert (together["claim"] <= together["tainted"]).all()
        seen, funds = seen + len(got), funds | set(found["funded_by"])
    assert seen > 150
    assert funds == {"overdraft", "loan", "own account"}


# What it costs


class Work:
    """Counts the boxes asked, each level of each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        for name in ("_below", "_nth"):
            monkeypatch.setattr(Boxes, name, self.counting(getattr(Boxes, name)))

    def counting(self, method: object) -> object:
        def counted(boxes: Boxes, first: NDArray[np.int64], *rest: NDArray[np.int64]) -> NDArray[np.int64]:
            self.steps += first.size * len(boxes.levels)
            assert callable(method)
            done: NDArray[np.int64] = method(boxes, first, *rest)
            return done

        return counted


@pytest.mark.parametrize("amounts", ["alike", "scattered"])
def test_links_of_an_account_of_much_cash_cost_no_look_at_each_pair(
    amounts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, cost = Work(monkeypatch), []
    for turns in (512, 1_024):
        pounds = [200.0 + (n * 37 % 100) / 10 if amounts == "scattered" else 200.0 for n in range(turns)]
        cash = [
            Row(sides[0], sides[1], n * 70 / turns, pounds[n])
            for n in range(turns)
            for sides in (("S", None), (None, "S"))
        ]
        made = trace(told([Row("V", "S", 0, 300.0 * turns), *cash]), ["t1"], [Rule.CLEAN_FIRST, Rule.FIFO], record=True)
        work.steps = 0
        found = find_value_links(made)
        cost.append(work.steps)
        outs = found["out"].n_unique()
        assert found.height <= 5 * outs
        if amounts == "alike":
            # Each withdrawal may be any deposit after it.
            assert found.height + left_out(found) == turns * (turns + 1) // 2
            # Withdrawal i may be turns - i deposits, and deposit j be j + 1 withdrawals.
            assert found["rivals"].to_list() == [
                turns - 1 + j - i for i in range(turns) for j in range(i, min(i + 5, turns))
            ]
        # 2 * turns transfers, 5 bands, 5 offered, and as many steps as a number has bits.
        assert work.steps <= 2 * turns * (5 * 5 + 10) * turns.bit_length()
    assert cost[1] <= 2.4 * cost[0]


def test_advances_of_an_account_paid_to_and_fro_cost_no_look_at_each_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    work, cost = Work(monkeypatch), []
    for turns in (512, 1_024):
        rows = [Row(*sides, n * 100 / turns, 200) for n in range(turns) for sides in (("S", "VAN"), ("M", "S"))]
        made = trace(
            told(rows, {"S": (), "M": ()}, {"S": 0}), [f"t{2 * n + 2}" for n in range(turns)], [Rule.FIFO], record=True
        )
        work.steps = 0
        found = find_advances(made)
        cost.append(work.steps)
        assert found.height + left_out(found) == turns * (turns + 1) // 2
        assert found["claim"].sum() == 20_000 * turns, "each credit repays the debit before it"
    assert cost[1] <= 2.4 * cost[0]
