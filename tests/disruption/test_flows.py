"""How tainted money would go on: what repeats is foreseen exactly, and what was recorded is found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from moneytrail.disruption import BY_TIME, Flows, forecast
from moneytrail.disruption.flows import find_quiet_exits
from moneytrail.errors import ParameterError
from moneytrail.graph import TransactionGraph
from moneytrail.kernels.freezing import Moves, run
from moneytrail.tracing import Rule, Trace, trace
from tests.worlds import HOUR, NEW_YEAR, RATES, graph_of, transfer

HOURS = timedelta(hours=1)
DAYS = timedelta(days=1)
NOW = timedelta(0)

Line = tuple[float, str | None, str | None, float] | tuple[float, str | None, str | None, float, dict[str, str]]
"""Hours since New Year, debtor, creditor (``None``: cash), pounds, and what else is known."""


def ledger(lines: Sequence[Line], accounts: Mapping[str, Mapping[str, Any]] | None = None) -> TransactionGraph:
    """A graph of transfers called t0, t1, … as they stand; `accounts` is the account table, openings in pounds."""
    transfers = [
        transfer(row, NEW_YEAR + round(line[0] * HOUR), line[1], line[2], round(line[3] * 100), **_more(line))
        for row, line in enumerate(lines)
    ]
    known = {}
    for name, facts in (accounts or {}).items():
        opening = facts.get("opening")
        own = {key: value for key, value in facts.items() if key != "opening"}
        known[name] = own | ({} if opening is None else {"opening_balance": round(opening * 100), "currency": "GBP"})
    return graph_of(transfers, known or None)


def _more(line: Line) -> dict[str, str]:
    given = dict(line[4]) if len(line) > 4 else {}
    return ({"channel": "cash"} if line[1] is None or line[2] is None else {}) | given


def ours(*names: str, **openings: float) -> dict[str, dict[str, Any]]:
    """An account table: names without a balance, and names with an opening one."""
    return {name: {} for name in names} | {name: {"opening": amount} for name, amount in openings.items()}


def traced(graph: TransactionGraph, seeds: Sequence[int], rules: Sequence[Rule] = BY_TIME, **more: Any) -> Trace:
    return trace(graph, [f"t{row}" for row in seeds], rules, record=True, **more)


def mask(flows: Flows, *names: str) -> NDArray[np.bool_]:
    return np.array([name in names for name in flows.names], np.bool_)


def left(flows: Flows, *frozen: str) -> dict[str, float]:
    """What lies in accounts that are not frozen at the end, pounds, expected."""
    sums = np.zeros(flows.size)
    for one in flows.scenarios:
        sums += run(one.moves, mask(flows, *frozen), one.since)[1] / flows.repeats
    return {name: round(amount / 100, 6) for name, amount in zip(flows.names, sums, strict=True) if amount > 1e-6}


def caught(flows: Flows, *frozen: str) -> float:
    return round(flows.intercepted(mask(flows, *frozen)) / 100, 6)


# What repeats

DAY_OF_GANG: list[Line] = [
    (1, "payer", "A", 100),
    (2, "A", "B", 60),
    (3, "A", None, 40),
    (4, "B", "abroad", 60),
    (5, "C", None, 50),
    (6, "payer", "D", 100),
    (7, "D", "E", 100),
    (8, "E", "shop", 70),
    (9, "E", "B", 30),
    (10, "B", None, 30),
    (23, "payer", "C", 50),
]
SEEDED = (0, 5, 10)
HELD = {"C": 50.0, "D": 100.0}
TABLE = ours("payer", "A", "B", "C", "D", "E")


def days_of_gang(days: int) -> tuple[TransactionGraph, list[int]]:
    """D always keeps 100 of what it had on the first day, and pays half of what is there then."""
    lines: list[Line] = [(0, "payer", "D", 100), (0.5, "payer", "C", 50)]
    seeds = [0, 1]
    for day in range(days):
        seeds += [len(lines) + place for place in SEEDED]
        lines += [(24 * day + hour, *rest) for hour, *rest in DAY_OF_GANG]
    return ledger(lines, TABLE), seeds


@pytest.mark.parametrize("rule", BY_TIME)
@pytest.mark.parametrize("repeats", [1, 2, 3])
def test_a_day_that_is_like_those_before_is_foreseen_exactly(rule: Rule, repeats: int) -> None:
    graph, seeds = days_of_gang(4)
    flows = forecast(traced(graph, seeds), rule, delay=NOW, horizon=DAYS, repeats=repeats)
    assert flows.repeats == len(flows.scenarios) == repeats
    later = traced(*days_of_gang(5))
    assert left(flows) == HELD == {"C": 50, "D": 100}
    for name, tainted in later.accounts.filter(~pl.col("outside")).select("account", f"tainted_{rule}").iter_rows():
        assert left(flows).get(name, 0) == tainted / 100
    carried = later.tainted_in(rule)[-len(DAY_OF_GANG) :]
    for one in flows.scenarios:
        moved = run(one.moves, mask(flows), one.since)[2]
        assert moved.tolist() == pytest.approx(carried.tolist())
    assert flows.at_stake() == pytest.approx(15_000 + 25_000)


def test_a_freeze_of_such_a_day_catches_what_it_meets() -> None:
    graph, seeds = days_of_gang(4)
    flows = forecast(traced(graph, seeds), delay=NOW, horizon=DAYS, repeats=3)
    assert caught(flows) == 0
    assert caught(flows, "A") == 100
    assert caught(flows, "B") == 60 + 30
    assert caught(flows, "A", "B") == 100 + 30
    assert caught(flows, "C") == 50 + 50
    assert caught(flows, "D") == 100 + 100
    assert caught(flows, "E") == 100
    assert caught(flows, "D", "E") == 200
    assert caught(flows, "shop", "abroad", "payer") == 0, "what is out of the network is not caught"


# Hours count from the last transfer, at 23 o'clock: A is paid 2 hours later, pays B after 3, cash after 4.
@pytest.mark.parametrize(
    ("delay", "horizon", "a", "b"),
    [
        (0, 24, 100, 90),
        (1.99, 22.01, 100, 90),
        (2, 22, 100, 90),
        (3, 21, 40, 90),
        (3.5, 0.25, 40, 60),
        (4, 20, 0, 90),
        (5, 19, 0, 30),
        (11, 13, 0, 0),
    ],
)
def test_a_freeze_holds_from_just_after_the_delay(delay: float, horizon: float, a: float, b: float) -> None:
    """What moves at the very moment of the freeze has moved."""
    graph, seeds = days_of_gang(4)
    flows = forecast(traced(graph, seeds), delay=delay * HOURS, horizon=horizon * HOURS, repeats=1)
    if delay + horizon == 24:
        assert (caught(flows, "A"), caught(flows, "B")) == (a, b)
    else:
        # A shorter stretch is the end of the last day, of which these accounts have nothing to say.
        assert (caught(flows, "A"), caught(flows, "B")) == (0, 0)


def test_what_waits_and_what_goes_through() -> None:
    graph, seeds = days_of_gang(4)
    flows = forecast(traced(graph, seeds), delay=3 * HOURS, horizon=21 * HOURS, repeats=2)
    by_name = dict(zip(flows.names, flows.waiting() / 100, strict=True))
    assert by_name == pytest.approx({"A": 40, "B": 60, "C": 50, "D": 100, "E": 0, "abroad": 0, "shop": 0})
    by_name = dict(zip(flows.names, flows.through() / 100, strict=True))
    assert by_name == pytest.approx({"A": 40, "B": 90, "C": 100, "D": 200, "E": 100, "abroad": 0, "shop": 0})
    by_name = dict(zip(flows.names, flows.through(now=True) / 100, strict=True))
    assert by_name == pytest.approx({"A": 100, "B": 90, "C": 100, "D": 200, "E": 100, "abroad": 0, "shop": 0})
    gains = flows.gains(mask(flows, "D"), np.array([flows.names.to_list().index(name) for name in ("D", "E", "B")]))
    assert gains.tolist() == pytest.approx([0, 0, 6_000])


def test_a_stretch_begins_just_after_its_moment_and_ends_with_it() -> None:
    lines: list[Line] = [(0, "payer", "A", 1), (10, "payer", "A", 2), (20, "payer", "A", 4)]
    made = traced(ledger(lines), [0, 1, 2])
    for hours, fresh in ((10, [4]), (10.01, [2, 4]), (20, [2, 4]), (20.01, [1, 2, 4])):
        flows = forecast(made, delay=NOW, horizon=hours * HOURS, repeats=1)
        assert [x / 100 for x in flows.scenarios[0].moves.fresh] == fresh
        assert flows.scenarios[0].place.tolist() == list(range(3 - len(fresh), 3))
    both = forecast(made, delay=NOW, horizon=10 * HOURS, repeats=2).scenarios
    assert [one.moves.fresh.tolist() for one in both] == [[400], [200]]


@pytest.mark.parametrize(
    ("horizon", "asked", "repeats"),
    [(24, 8, 4), (24, 3, 3), (48, 8, 2), (60, 8, 2), (65, 8, 1), (95, 8, 1), (96, 1, 1), (400, 8, 1), (12, 8, 8)],
)
def test_stretches_that_the_data_hold_less_than_half_of_are_left_out(horizon: int, asked: int, repeats: int) -> None:
    """Data of 96 hours but one: 60 and 60 hours hold 60 and 35; of a second 65 only 30 are there."""
    lines: list[Line] = [(hour, "payer", "A", 1) for hour in range(96)]
    made = traced(ledger(lines), [0])
    assert forecast(made, delay=NOW, horizon=horizon * HOURS, repeats=asked).repeats == repeats
    assert forecast(made, delay=6 * HOURS, horizon=(horizon - 6) * HOURS, repeats=asked).repeats == repeats


# Exits


def test_cash_other_banks_and_accounts_without_a_table() -> None:
    lines: list[Line] = [(0, "payer", "A", 100), (1, "A", None, 10), (2, "A", "other", 30), (3, "other", "B", 30)]
    apart = forecast(traced(ledger(lines, ours("A", "B")), [0]), delay=NOW, horizon=9 * HOURS)
    assert apart.names.to_list() == ["A", "other"], "what another bank pays is not known to be the same money"
    moves = apart.scenarios[0].moves
    assert moves.creditor.tolist() == [0, -1, -1]
    assert caught(apart, "other") == 0
    seen = forecast(traced(ledger(lines), [0]), delay=NOW, horizon=9 * HOURS)
    assert seen.scenarios[0].moves.creditor.tolist() == [0, -1, 1, 2]
    # A has 60 now and gets 100: cash takes a tenth of it, and the other bank a third of what is left.
    assert caught(seen, "other") == 160 * 0.9 / 3
    assert caught(seen, "other", "B") == 160 * 0.9 / 3 + 30
    assert caught(seen, "A") == 60 + 100


def test_money_at_another_bank_counts_where_it_is_followed() -> None:
    lines: list[Line] = [(0, "payer", "A", 100), (1, "A", "other", 30)]
    made = traced(ledger(lines, ours("A")), [0], through_other_banks=True)
    assert caught(forecast(made, delay=NOW, horizon=9 * HOURS), "other") == 30 + 0.3 * (70 + 100)


def test_proceeds_that_go_to_another_bank_at_once_are_at_stake_and_gone() -> None:
    made = traced(ledger([(0, None, "A", 5), (1, "payer", "other", 100)], ours("A", "payer")), [0, 1])
    flows = forecast(made, delay=NOW, horizon=9 * HOURS)
    assert flows.at_stake() == 500 + 500 + 10_000
    assert left(flows) == {"A": 10}


# What the record does not say by itself


def test_a_seed_out_of_proceeds_takes_them_along_and_is_not_counted_twice() -> None:
    """Of X's 100 it paid 30 to Z, then 60 to Y by a seed: 10 are left, and 100 pounds came into the world."""
    lines: list[Line] = [(0, "payer", "X", 100), (1, "X", "Z", 30), (2, "X", "Y", 60)]
    made = traced(ledger(lines, ours("payer", "X", "Y", "Z")), [0, 2])
    for rule in BY_TIME:
        assert find_quiet_exits(made, rule) == {2: 6_000}
        flows = forecast(made, rule, delay=NOW, horizon=9 * HOURS)
        moves = flows.scenarios[0].moves
        assert moves.share.tolist() == pytest.approx([0, 0.3, 60 / 70])
        assert moves.fresh.sum() == 10_000
        assert caught(flows, "X") == 10 + 100
        assert flows.at_stake() == 20_000


def test_a_seed_that_is_partly_proceeds() -> None:
    """X has 40 of proceeds and 100 of its own; by a seed it pays 60: tainted money first, that is 40 and 20 new."""
    lines: list[Line] = [(0, "job", "X", 100), (1, "payer", "X", 40), (2, "X", "Y", 60)]
    made = traced(ledger(lines, ours("X", "Y")), [1, 2])
    assert find_quiet_exits(made, Rule.TAINTED_FIRST) == {2: 4_000}
    assert find_quiet_exits(made, Rule.CLEAN_FIRST) == {}
    assert find_quiet_exits(made, Rule.HAIRCUT) == {2: 1_714}
    moves = forecast(made, delay=NOW, horizon=9 * HOURS).scenarios[0].moves
    assert moves.debtor.tolist() == [-1, 0, -1]
    assert moves.share.tolist() == [0, 1, 0]
    assert moves.fresh.tolist() == [4_000, 0, 2_000]


def test_a_seed_that_was_taken_back_leaves_again() -> None:
    lines: list[Line] = [
        (0, "payer", "X", 100),
        (1, "payer", "X", 100),
        (2, "X", "Z", 50),
        (3, "X", "payer", 100, {"reference": "reversal"}),
    ]
    made = traced(ledger(lines, ours("X", "Z", "payer")), [0, 1])
    flows = forecast(made, delay=NOW, horizon=9 * HOURS)
    moves = flows.scenarios[0].moves
    assert moves.share.tolist() == pytest.approx([0, 0, 0.25, 2 / 3])
    assert left(flows, "Z") == {"X": 50 * 0.75 / 3 + 50}
    assert flows.at_stake() == 10_000 + 20_000


def test_a_payment_that_was_taken_back_came_back() -> None:
    lines: list[Line] = [
        (0, "payer", "X", 100),
        (1, "X", "Z", 80),
        (2, "Z", "X", 80, {"reference": "Returned payment"}),
    ]
    flows = forecast(traced(ledger(lines), [0]), delay=NOW, horizon=9 * HOURS)
    assert flows.scenarios[0].moves.share.tolist() == [0, 0.8, 1]
    assert caught(flows, "Z") == 160
    assert caught(flows, "X") == 200


def test_what_repaid_an_overdraft_is_not_there_to_freeze() -> None:
    """Of 100 that came 70 repaid the bank; the next 100 will repay 70 again, if all goes on as before."""
    lines: list[Line] = [(0, "payer", "X", 100), (1, "X", "Z", 10)]
    made = traced(ledger(lines, ours("Z", X=-70)), [0])
    flows = forecast(made, delay=NOW, horizon=9 * HOURS)
    assert flows.scenarios[0].moves.share.tolist() == pytest.approx([0, 0, 1 / 3])
    assert caught(flows, "X") == 20 + 30
    assert flows.at_stake() == 3_000 + 10_000
    chain = traced(ledger([*lines, (2, "Z", "Y", 10)], ours("Z", X=-70, Y=-4)), [0])
    flows = forecast(chain, delay=NOW, horizon=9 * HOURS)
    assert left(flows) == pytest.approx({"X": 50 * 2 / 3, "Y": 6 + 0.6 * 50 / 3})


# Any ledger


@dataclass(frozen=True)
class Plot:
    graph: TransactionGraph
    seeds: list[int]


def plot_of(seed: int, size: int) -> Plot:
    """A small ledger with seeds from anywhere, reversals, overdrafts and other banks."""
    chance = Random(seed)
    names: list[str | None] = [*"ABCDEF", None]
    lines: list[Line] = []
    for row in range(size):
        taken = chance.choice(lines) if lines and chance.random() < 0.15 else None
        if taken is not None and None not in taken[1:3] and taken[1] != taken[2]:
            lines.append((row, taken[2], taken[1], taken[3], {"reference": "bounced"}))
            continue
        debtor, creditor = chance.sample(names, 2)
        lines.append((row, debtor, creditor, chance.choice((1, 5, 10, 33.33, 100))))
    seeds = [row for row, line in enumerate(lines) if len(line) == 4 and chance.random() < 0.25]
    openings = {name: {"opening": chance.choice((0, 50, -20, 100))} for name in "ABC" if chance.random() < 0.6}
    table: dict[str, dict[str, Any]] | None = {name: {} for name in "ABCDE"} | openings
    return Plot(ledger(lines, table if chance.random() < 0.8 else None), seeds or [0])


PLOTS = [(seed, 8 + seed % 40) for seed in range(60)]


def test_a_record_played_again_from_nothing_ends_where_the_trace_does() -> None:
    """Every penny that the seeds brought is where the trace has it; by a rule that takes tainted money first always."""
    quiet = inexact = 0
    for seed, size in PLOTS:
        print(f"plot_of({seed}, {size})")  # noqa: T201, what replays it
        plot = plot_of(seed, size)
        made = traced(plot.graph, plot.seeds)
        for rule in BY_TIME:
            total = made.totals.row(by_predicate=pl.col("rule") == str(rule), named=True)
            found = find_quiet_exits(made, rule)
            quiet += len(found)
            flows = forecast(made, rule, delay=NOW, horizon=99 * HOURS, repeats=1)
            one = flows.scenarios[0]
            moves = one.moves._replace(pool=np.zeros(flows.size))
            _, ends, moved = run(moves, mask(flows), 0)
            gone = moved[moves.creditor < 0].sum()
            assert gone + ends.sum() == pytest.approx(moves.fresh.sum())
            # What another bank sent back had left, and counts as new.
            back = sent_back(made, rule)
            inexact += moves.fresh.sum() != total["seeded"] + back
            away = ("withdrawn", "other_banks", "cash", "overdrafts")
            if rule is Rule.TAINTED_FIRST:
                assert moves.fresh.sum() == total["seeded"] + back
                assert ends.tolist() == pytest.approx(one.moves.pool.tolist(), abs=1e-6)
                assert gone == pytest.approx(sum(total[name] for name in away) + back)
    assert quiet > 200, "seeds that were paid out of proceeds, and seeds that were taken back, must occur"
    assert inexact <= 0.05 * len(PLOTS) * (len(BY_TIME) - 1), "where an account paid several, by the other rules"


def sent_back(made: Trace, rule: Rule) -> int:
    assert made.carried is not None
    place = made.carried["place"].to_numpy()
    outside = np.append(made.outside, False)[made.graph.debtor[place]] & ~np.isin(place, made.seeds)
    return int(made.carried[f"tainted_{rule}"].to_numpy()[outside].sum())


def test_names_and_later_transfers_do_not_matter() -> None:
    for seed, size in PLOTS[:10]:
        plot = plot_of(seed, size)
        made = traced(plot.graph, plot.seeds)
        first = forecast(made, delay=HOURS, horizon=9 * HOURS)
        names = {name: f"x{place}" for place, name in enumerate("FEDCBA")}
        frame = plot.graph.frame.with_columns(pl.col("debtor_account", "creditor_account").replace(names))
        register = plot.graph.register.with_columns(pl.col("account").replace(names))
        if register["kind"].null_count() == register.height:
            continue
        other = TransactionGraph.from_frame(frame, RATES, register.filter(pl.col("kind").is_not_null()))
        second = forecast(traced(other, plot.seeds), delay=HOURS, horizon=9 * HOURS)
        assert [names[name] for name in first.names] == second.names.to_list()
        for one, two in zip(first.scenarios, second.scenarios, strict=True):
            for field in Moves._fields:
                assert getattr(one.moves, field).tolist() == getattr(two.moves, field).tolist()


# Unknown money


def test_unknown_money_comes_on_top_and_is_never_in_the_way_of_proceeds() -> None:
    """A pays B the 100 of proceeds, and cash out of its opening balance: of that none is left."""
    lines: list[Line] = [(0, "payer", "A", 100), (1, "A", "B", 100), (2, "A", None, 1_000), (3, "B", None, 100)]
    made = traced(ledger(lines, ours("B", A=1_000)), [0])
    alone = forecast(made, delay=NOW, horizon=9 * HOURS)
    both = forecast(made, delay=NOW, horizon=9 * HOURS, with_unknown=True)
    assert (alone.repeats, both.repeats) == (1, 1)
    assert (len(alone.scenarios), len(both.scenarios)) == (1, 2)
    assert caught(alone, "B") == caught(both, "B") == 100
    assert both.at_stake() == alone.at_stake() == 10_000, "there is no unknown money left, and no new one is foreseen"
    kept = traced(ledger(lines[:2], ours("B", A=1_000)), [0])
    both = forecast(kept, delay=NOW, horizon=9 * HOURS, with_unknown=True)
    assert caught(both, "A") == 1_000 + 100
    assert caught(both, "B") == 100 + 100
    assert both.at_stake() == 120_000


def test_with_unknown_money_no_set_catches_less() -> None:
    for seed, size in PLOTS[:25]:
        print(f"plot_of({seed}, {size})")  # noqa: T201, what replays it
        made = traced(plot_of(seed, size).graph, plot_of(seed, size).seeds)
        for rule in BY_TIME:
            alone, both = (
                forecast(made, rule, delay=HOURS, horizon=9 * HOURS, repeats=3, with_unknown=with_unknown)
                for with_unknown in (False, True)
            )
            assert alone.names.to_list() == both.names.to_list()
            for place in range(alone.size):
                frozen = np.arange(alone.size) <= place
                assert both.intercepted(frozen) >= alone.intercepted(frozen) - 1e-6
            assert both.at_stake() >= alone.at_stake() - 1e-6


# Errors


def test_each_wrong_argument_has_one_clear_error() -> None:
    graph = ledger([(0, "payer", "A", 100)])
    made = traced(graph, [0], [Rule.FIFO, Rule.POISON, Rule.PARI_PASSU])
    wrong: list[tuple[Trace, dict[str, Any], str]] = [
        (trace(graph, ["t0"], [Rule.FIFO]), {"rule": Rule.FIFO}, "trace with record=True"),
        (made, {"rule": Rule.POISON}, "poison does not say which transfer took what"),
        (made, {"rule": Rule.PARI_PASSU}, "pari_passu does not say"),
        (made, {}, "the trace was not made by tainted_first"),
        (made, {"rule": Rule.FIFO, "delay": -HOURS}, "the delay must be zero or more"),
        (made, {"rule": Rule.FIFO, "horizon": NOW}, "the horizon and the repeats above zero"),
        (made, {"rule": Rule.FIFO, "horizon": -HOURS}, "the horizon and the repeats above zero"),
        (made, {"rule": Rule.FIFO, "repeats": 0}, "the repeats above zero"),
    ]
    for one, arguments, message in wrong:
        with pytest.raises(ParameterError, match=message):
            forecast(one, **({"delay": NOW, "horizon": HOURS} | arguments))


def test_a_trace_that_reached_no_account() -> None:
    flows = forecast(traced(ledger([(0, "A", None, 50)], ours("A")), [0]), delay=NOW, horizon=HOURS)
    assert flows.size == 0
    assert flows.at_stake() == 5_000
    assert flows.intercepted(np.zeros(0, np.bool_)) == 0
    assert flows.waiting().tolist() == flows.through().tolist() == []
