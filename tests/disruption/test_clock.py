"""How long money stays, how fast it goes, and whether what the clock expects comes true."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import exp, log
from typing import Any

import numpy as np
import polars as pl
import pytest

from moneytrail.disruption import BY_TIME, Clock, run_clocks
from moneytrail.disruption.clock import LATEST, SPELLS
from moneytrail.errors import ParameterError
from moneytrail.graph import TransactionGraph
from moneytrail.rates import ExchangeRates
from moneytrail.simulate import simulate
from moneytrail.tracing import Rule, Trace, trace
from tests.disruption.test_flows import Line, ledger, ours, plot_of, traced

Row = dict[str, Any]


def clocks(lines: Sequence[Line], table: dict[str, Any], *, rule: Rule = Rule.TAINTED_FIRST) -> dict[str, Clock]:
    """By account; whatever the payer pays are the seeds."""
    seeds = [row for row, line in enumerate(lines) if line[1] == "payer"]
    made = run_clocks(traced(ledger(lines, table), seeds), rule)
    for clock in made:
        it_holds(clock)
    return {clock.account: clock for clock in made}


def it_holds(clock: Clock) -> None:
    low, high, likely = (clock.still_there[name] or 0 for name in ("low", "high", "likely"))
    assert 0 <= low <= likely <= high
    assert clock.hazard >= 0
    assert clock.after(0) == likely
    waits = [clock.after(hours) for hours in (0, 1, 5, 24, 72, 10_000)]
    assert waits == sorted(waits, reverse=True)
    assert waits[-1] >= 0
    assert clock.after(1) == pytest.approx(likely - clock.lost_per_hour, abs=1)
    assert clock.exit_eta is None or clock.exit_eta >= 0
    assert clock.last_credit_age is None or clock.last_credit_age >= 0


# Stays


def test_stays_to_the_hour() -> None:
    """100 stay 2, 5 and 9 hours; the median is 5. Nobody else has shown anything, so nothing is lent."""
    lines: list[Line] = [
        (0, "payer", "A", 100),
        (2, "A", None, 100),
        (10, "payer", "A", 100),
        (15, "A", None, 100),
        (20, "payer", "A", 100),
        (29, "A", None, 100),
        (30, "payer", "A", 100),
        (34, "x", "y", 1),
    ]
    clock = clocks(lines, ours("A"))["A"]
    assert (clock.exit_eta, clock.own) == (4.5, True), "2, 5, 9, and 4 so far"
    assert clock.hazard == pytest.approx(300 / (100 * (2 + 5 + 9 + 4)))
    assert clock.still_there == {"low": 10_000, "high": 10_000, "likely": 10_000}
    assert clock.last_credit_age == 4
    assert clock.lost_per_hour == round(10_000 * (1 - exp(-0.15)))
    assert clock.after(10) == round(10_000 * exp(-1.5))


def test_what_came_first_leaves_first_and_in_parts() -> None:
    """100 at 0 and 100 at 10; 150 go at 20: the first stayed 20 hours, half of the second is there since 30."""
    lines: list[Line] = [(0, "payer", "A", 100), (10, "payer", "A", 100), (20, "A", None, 150), (40, "x", "y", 1)]
    clock = clocks(lines, ours("A"))["A"]
    assert clock.hazard == pytest.approx(150 / (100 * 20 + 50 * 10 + 50 * 30))
    assert (clock.own, clock.exit_eta) == (False, 25), "one credit has left: too few for itself, but nobody knows more"


def test_money_that_stays_counts_as_long_as_it_has() -> None:
    """Three left at once; two that have stayed 90 and 100 hours are in the median too."""
    lines: list[Line] = []
    for hour in range(3):
        lines += [(hour, "payer", "A", 10), (hour + 0.5, "A", None, 10)]
    lines += [(10, "payer", "A", 10), (20, "payer", "A", 10)]
    at_once = clocks([*lines, (20, "x", "y", 1)], ours("A"))["A"]
    later = clocks([*lines, (110, "x", "y", 1)], ours("A"))["A"]
    assert at_once.exit_eta == 0.5
    assert later.exit_eta == 0.5
    assert later.hazard == pytest.approx(30 / (10 * (1.5 + 100 + 90)))
    assert later.hazard < at_once.hazard
    more = clocks([*lines, (30, "payer", "A", 10), (110, "x", "y", 1)], ours("A"))["A"]
    assert more.exit_eta == (0.5 + 80) / 2


def test_only_the_latest_credits_count_for_the_median() -> None:
    lines: list[Line] = []
    for turn in range(30):
        stay = 1 if turn < 10 else 3
        lines += [(turn * 10, "payer", "A", 10), (turn * 10 + stay, "A", None, 10)]
    assert clocks(lines, ours("A"))["A"].exit_eta == 3
    # Of the last twenty eleven stayed an hour.
    assert clocks(lines[:38], ours("A"))["A"].exit_eta == 1
    assert LATEST == 20


def test_money_out_of_a_seed_and_with_one_that_was_taken_back_has_left() -> None:
    """X pays a seed out of its proceeds after 10 hours; Y's second credit is taken back after 5."""
    lines: list[Line] = [(0, "payer", "X", 100), (10, "X", "Z", 100), (50, "a", "b", 1)]
    made = traced(ledger(lines, ours("X", "Z")), [0, 1])
    first = {clock.account: clock for clock in run_clocks(made)}["X"]
    # X's own hundred left after ten hours; Z's lies there since forty, and of both together X is lent three times.
    assert first.hazard == pytest.approx((100 + 300) / (100 * 10 + 300 * 50))
    back: list[Line] = [
        (0, "payer", "Y", 100),
        (5, "Y", "payer", 100, {"reference": "reversal"}),
        (50, "a", "b", 1),
    ]
    only = {clock.account: clock for clock in run_clocks(traced(ledger(back, ours("Y")), [0]))}["Y"]
    assert only.hazard == pytest.approx(100 / (100 * 5))
    assert only.still_there["likely"] == 0


def test_stays_are_those_of_money_that_the_rule_has() -> None:
    """By clean first the wages go after 1 hour, and proceeds after 3; tainted first they go after 1."""
    lines: list[Line] = []
    for turn in range(4):
        at = 10.0 * turn
        lines += [(at, "job", "A", 50), (at, "payer", "A", 50), (at + 1, "A", None, 50), (at + 3, "A", None, 50)]
    assert clocks(lines, ours("A"))["A"].exit_eta == 1
    assert clocks(lines, ours("A"), rule=Rule.CLEAN_FIRST)["A"].exit_eta == 3


def test_other_banks_and_cash_have_no_clock() -> None:
    lines: list[Line] = [(0, "payer", "A", 100), (1, "A", "other", 50), (2, "A", None, 10)]
    assert set(clocks(lines, ours("A"))) == {"A"}


def test_what_repaid_an_overdraft_did_not_stay() -> None:
    lines: list[Line] = [(0, "payer", "A", 100), (10, "A", None, 20), (20, "x", "y", 1)]
    clock = clocks(lines, ours(A=-70))["A"]
    assert clock.still_there["likely"] == 1_000
    assert clock.hazard == pytest.approx(20 / (20 * 10 + 10 * 20))


# What is lent


def test_an_account_that_has_shown_little_is_lent_its_peers_experience() -> None:
    """A's money stays ten hours. B has 60 since 10 hours: it is lent three credits of 60 that went as all did."""
    lines: list[Line] = []
    for turn in range(4):
        lines += [(20 * turn, "payer", "A", 100), (20 * turn + 10, "A", None, 100)]
    made = clocks([*lines, (90, "payer", "B", 60), (100, "x", "y", 1)], ours("A", "B"))
    a, b = made["A"], made["B"]
    assert (a.own, a.exit_eta) == (True, 10)
    assert (b.own, b.exit_eta) == (False, 10)
    everyone = 400 / (4_000 + 600)
    assert b.hazard == pytest.approx(180 / (600 + 180 / everyone))
    assert a.hazard == pytest.approx((400 + 300) / (4_000 + 300 / everyone))
    assert b.hazard < everyone < a.hazard < 0.1


def test_the_faster_account_stays_the_faster() -> None:
    """A's one credit left after 100 hours, B's three after half of one."""
    lines: list[Line] = [(0, "payer", "A", 100), (100, "A", None, 100)]
    for turn in range(3):
        lines += [(200 + turn, "payer", "B", 100), (200.5 + turn, "B", None, 100)]
    made = clocks(lines, ours("A", "B"))
    assert made["A"].exit_eta == (100 + 0.5) / 2, "the median of all that have shown anything"
    everyone = 400 / 10_150
    assert made["A"].hazard == pytest.approx((100 + 300) / (10_000 + 300 / everyone))
    assert made["B"].hazard == pytest.approx((300 + 300) / (150 + 300 / everyone))
    assert made["A"].hazard < everyone < made["B"].hazard


def test_nobody_paid_anything_out() -> None:
    made = clocks([(0, "payer", "A", 100), (5, "payer", "B", 50), (30, "x", "y", 1)], ours("A", "B"))
    for clock in made.values():
        assert (clock.hazard, clock.lost_per_hour, clock.exit_eta, clock.own) == (0, 0, None, False)
        assert clock.after(1_000) == clock.still_there["likely"]


def test_an_account_that_never_paid_out_beside_one_that_did() -> None:
    """The longer it keeps its money, the slower it is taken to be, though it is lent the same."""
    lines: list[Line] = [(0, "payer", "A", 100), (10, "A", None, 100), (10, "payer", "B", 100)]
    hazards = [clocks([*lines, (end, "x", "y", 1)], ours("A", "B"))["B"].hazard for end in (10, 20, 100, 10_000)]
    assert hazards == sorted(hazards, reverse=True)
    assert hazards[0] == pytest.approx(0.1)
    everyone = 100 / (1_000 + 100 * 9_990)
    assert hazards[-1] == pytest.approx(300 / (100 * 9_990 + 300 / everyone))


def test_money_by_another_rule_only() -> None:
    """By tainted first nothing tainted reached B: it has no stays, and no money to lose."""
    lines: list[Line] = [
        (0, "job", "A", 50),
        (1, "payer", "A", 100),
        (2, "A", None, 100),
        (3, "A", "B", 50),
        (9, "x", "y", 1),
    ]
    b = clocks(lines, ours("A", "B"))["B"]
    assert b.still_there == {"low": 0, "high": 5_000, "likely": 0}
    assert (b.lost_per_hour, b.last_credit_age, b.recurring, b.own) == (0, None, False, False)


# Spells and order


def test_money_that_comes_in_spells() -> None:
    """Three spells, each five days or more from the last credit of the one before."""
    day = 24.0
    spells: list[list[float]] = [[0, 1, 2], [7, 8], [13]]
    hours = [day * at for spell in spells for at in spell]
    assert len(spells) == SPELLS

    def recurring(times: Sequence[float]) -> bool:
        return clocks([(at, "payer", "A", 10) for at in times], ours("A"))["A"].recurring

    assert recurring(hours)
    assert not recurring(hours[:-1])
    assert not recurring([*hours[:-1], day * 12.9])
    assert recurring([0, day * 5, day * 10])
    assert not recurring([0, day * 4, day * 8, day * 12]), "never five days without"


def test_the_account_that_loses_most_an_hour_stands_first() -> None:
    lines: list[Line] = []
    for name, amount in (("A", 100), ("B", 1_000), ("C", 1_000)):
        lines += [(0, "payer", name, amount), (10 if name != "C" else 100, name, None, amount / 2)]
    lines += [(100, "payer", "D", 0.01), (100, "x", "y", 1)]
    lines.sort(key=lambda line: line[0])
    seeds = [row for row, line in enumerate(lines) if line[1] == "payer"]
    made = run_clocks(traced(ledger(lines, ours(*"DCBA")), seeds))
    lost = [clock.lost_per_hour for clock in made]
    assert lost == sorted(lost, reverse=True)
    assert [clock.account for clock in made][:1] == ["B"]
    quiet = clocks([(0, "payer", "B", 5), (0, "payer", "A", 5), (0, "payer", "C", 9)], ours(*"ABC"))
    assert list(quiet) == ["C", "A", "B"], "then who has more, then by name"


def test_as_plain_data() -> None:
    lines: list[Line] = [(0, "payer", "A", 100), (1, "A", None, 50), (3, "x", "y", 1)]
    clock = clocks(lines, ours("A"))["A"]
    assert clock.to_dict() == {
        "account": "A",
        "still_there": {"low": 5_000, "high": 5_000, "likely": 5_000},
        "exit_eta_hours": None,
        "exit_eta_from": None,
        "hazard_per_hour": 0.25,
        "lost_per_hour": round(5_000 * (1 - exp(-0.25))),
        "after_24_hours": round(5_000 * exp(-6)),
        "after_72_hours": 0,
        "last_credit_age_hours": 3.0,
        "recurring": False,
    }
    assert clock.hazard == pytest.approx(50 / (50 + 50 * 3))
    assert log(clock.after(1) / 5_000) == pytest.approx(-0.25, abs=1e-4)


def test_any_ledger() -> None:
    for seed in range(60):
        print(f"plot_of({seed}, {8 + seed % 40})")  # noqa: T201, what replays it
        plot = plot_of(seed, 8 + seed % 40)
        made = traced(plot.graph, plot.seeds)
        for rule in BY_TIME:
            found = run_clocks(made, rule)
            assert {clock.account for clock in found} == set(made.accounts.filter(~pl.col("outside"))["account"])
            for clock in found:
                it_holds(clock)
            assert [clock.to_dict() for clock in found] == [clock.to_dict() for clock in run_clocks(made, rule)]


# Whether it comes true

MOMENTS = range(30, 147, 10)
"""Days after the beginning."""


def banks() -> list[tuple[TransactionGraph, list[str], datetime]]:
    made, rates = [], ExchangeRates.load()
    for seed in (1, 4):
        bank = simulate(customers=2_000, days=150, seed=seed)
        graph = TransactionGraph.from_frame(bank.transfers, rates, bank.accounts)
        seen = bank.truth["ledger"].filter(
            pl.col("transaction_id").is_not_null()
            & ~pl.col("source").str.contains(r"^\d{8}$")
            & pl.col("target").str.contains(r"^\d{8}$")
        )
        made.append((graph, seen["transaction_id"].to_list(), bank.transfers["booked_at"].min()))
    return made  # type: ignore[return-value]


def still_there(made: Trace, account: str, likely: int, since: int) -> int:
    """What is left of the money that was there at ledger place `since`: what came first left first."""
    assert made.carried is not None
    graph = made.graph
    number = graph.names.to_list().index(account)
    paid = pl.Series(graph.debtor[made.carried["place"].to_numpy()] == number) & (made.carried["place"] >= since)
    return max(0, likely - int(made.carried.filter(paid)["tainted_tainted_first"].sum()))


def test_what_the_clock_expects_comes_true() -> None:
    """Of money likely there, over many accounts and moments: what is expected by what is there, after 24 and 72 hours.

    A loose bar, since the few largest accounts decide; the documentation tells the ratio that is printed here.
    """
    sums: dict[int, list[float]] = {24: [0, 0], 72: [0, 0]}
    counted = whole = 0
    for graph, entries, begin in banks():
        ids = graph.transaction_ids(np.arange(graph.transfers))
        place = {name: at for at, name in enumerate(ids.to_list())}
        for days in MOMENTS:
            now = begin.astimezone(UTC) + timedelta(days=days)
            end = int(np.searchsorted(graph.time, int(now.timestamp() * 1e6), side="right"))
            seeds = [name for name in entries if place.get(name, end) < end]
            if not seeds:
                continue
            found = run_clocks(trace(graph, seeds, [Rule.TAINTED_FIRST], until=now, record=True))
            there = [clock for clock in found if clock.still_there["likely"]]
            counted += len(there)
            whole += sum(clock.still_there["likely"] or 0 for clock in there)
            for hours in sums:
                later = trace(graph, seeds, [Rule.TAINTED_FIRST], until=now + timedelta(hours=hours), record=True)
                for clock in there:
                    sums[hours][0] += clock.after(hours)
                    sums[hours][1] += still_there(later, clock.account, clock.still_there["likely"] or 0, end)
    ratios = {hours: expected / there for hours, (expected, there) in sums.items()}
    shares = {hours: there / whole for hours, (_, there) in sums.items()}
    print(f"{counted} accounts, {whole / 100:,.0f} pounds; expected by there {ratios}; there {shares}")  # noqa: T201
    assert counted > 300
    for ratio in ratios.values():
        assert 0.8 < ratio < 1.25


# Errors


def test_each_wrong_argument_has_one_clear_error() -> None:
    graph = ledger([(0, "payer", "A", 100)], ours("A"))
    made = traced(graph, [0], [Rule.FIFO, Rule.POISON])
    with pytest.raises(ParameterError, match="trace with record=True"):
        run_clocks(trace(graph, ["t0"], [Rule.FIFO]), Rule.FIFO)
    for rule in (Rule.TAINTED_FIRST, Rule.POISON):
        with pytest.raises(ParameterError, match=f"the trace was not made by {rule}, or it keeps no order of time"):
            run_clocks(made, rule)
    assert run_clocks(traced(ledger([(0, "A", None, 5)], ours("A")), [0])) == []
