"""Cycle, chain and random walk: money that is passed on from account to account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.paths import PathRule, chains, cycles
from moneytrail.kernels.walks import WalkRule, walks
from moneytrail.matches import Parameter, Role, Values
from moneytrail.motifs.base import HOUR, Findings, Instances, Motif, Scale
from moneytrail.motifs.measuring import booster, distinct, fact, gate, limit, pace, ratio, span, total
from moneytrail.motifs.sides import PASSED_ON, borders, budget, budgeted, lines, share, sides_of, told, window
from moneytrail.shares import reaches, thousandths
from moneytrail.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph


def _rule(values: Values) -> PathRule:
    return PathRule(
        window=int(values["window_days"]) * DAY,
        hop=int(values["hop_hours"]) * HOUR,
        fewest=int(values["hops"]),
        most=int(values["most_hops"]),
        share_low=thousandths(values.get("share_low", 0)),
        share_high=thousandths(values.get("share_high", 1)),
        budget=int(values.get("budget", 1)),
    )


def _linked(found: Instances) -> NDArray[np.bool_]:
    """Whether each transfer of the evidence follows one of the same row."""
    follows = np.ones(found.ledger.size, np.bool_)
    follows[found.start[:-1]] = False
    return follows


def _longest_wait(graph: TransactionGraph, found: Instances, hop: int) -> Scale:
    """Hours from a transfer to the next, the longest of each row."""
    waits = np.diff(graph.time[found.ledger], prepend=0)
    waits = np.where(_linked(found), waits, 0)
    longest = np.maximum.reduceat(waits, found.start[:-1]) if found.subject.size else waits
    return limit("wait", "longest wait from one transfer to the next", longest / HOUR, hop / HOUR, "hours")


def _passing(graph: TransactionGraph, found: Instances, values: Values) -> NDArray[np.float64]:
    """The share of each row's hops on which the usual share of the amount before is passed on."""
    amount = graph.amount[found.ledger]
    before = np.concatenate([[0], amount[:-1]])
    low, high = thousandths(values["share_low"]), thousandths(values["share_high"])
    kept = (
        _linked(found) & reaches(amount, before, low) & (amount <= before // 1000 * high + before % 1000 * high // 1000)
    )
    return ratio(total(kept.astype(np.int64), found), np.diff(found.start) - 1)


def _find_cycles(graph: TransactionGraph, values: Values) -> Findings:
    outgoing, incoming, pairs = sides_of(graph)
    rule = _rule(values)
    ledger = (graph.time, graph.amount)
    found = budgeted(cycles(outgoing, incoming, pairs, ledger, rule, borders(incoming)))
    amount = graph.amount[found.ledger]
    hops = np.diff(found.start)
    start = found.start[:-1]
    smallest, largest = (least.reduceat(amount, start) if hops.size else amount for least in (np.minimum, np.maximum))
    even = ratio(smallest, largest)
    spans = span(graph, found, rule.window)
    scales = (
        gate("hops", "transfers from the account back to it", hops, rule.fewest, points=0.1),
        spans,
        _longest_wait(graph, found, rule.hop),
        booster("even", "smallest amount by the largest", even, values["even_share"], points=0.25),
        pace(spans, 0.1),
    )
    first = amount[start]
    return Findings(found, found.ledger[found.start[1:] - 1], scales, _say_cycles(graph, found, first, hops))


def _say_cycles(
    graph: TransactionGraph, found: Instances, first: NDArray[np.int64], hops: NDArray[np.int64]
) -> Iterator[str]:
    for (who, money, when), many in zip(told(graph, found, first), hops.tolist(), strict=True):
        yield f"{who} sent {money} off and was paid back by way of {counted(many - 1, 'other account')}, {when}."


def _find_chains(graph: TransactionGraph, values: Values) -> Findings:
    outgoing = sides_of(graph).outgoing
    rule = _rule(values)
    found = budgeted(chains(outgoing, rule, borders(outgoing)))
    return _measure_line(graph, found, rule, values, "a chain of")


def _find_walks(graph: TransactionGraph, values: Values) -> Findings:
    outgoing, incoming, _ = sides_of(graph)
    rule = _rule(values)
    walk = WalkRule(rule.window, rule.hop, rule.fewest, rule.most)
    rows = walks(outgoing, incoming, graph.time, walk, borders(outgoing, incoming))
    return _measure_line(graph, lines(rows[:, 0], rows[:, 1], rows[:, 2:]), rule, values, "a walk of")


def _measure_line(graph: TransactionGraph, found: Instances, rule: PathRule, values: Values, shape: str) -> Findings:
    hops = np.diff(found.start)
    debtors, creditors = graph.debtor[found.ledger], graph.creditor[found.ledger]
    # A walk's accounts are its first debtor and all its creditors, some of them perhaps the same.
    met = distinct(found, creditors, np.ones(creditors.size, np.bool_))
    came_back = total((creditors == found.subject[found.row]).astype(np.int64), found) > 0
    accounts = met + np.where(came_back, 0, 1)
    spans = span(graph, found, rule.window)
    scales = (
        gate("hops", "transfers, each by the account paid before", hops, rule.fewest, points=0.1),
        spans,
        _longest_wait(graph, found, rule.hop),
        booster("passed", "hops on which the usual share is passed on", _passing(graph, found, values), 0.5,
                points=0.25),
        pace(spans, 0.1),
        fact("accounts", "different accounts on the way", accounts, "count"),
    )  # fmt: skip
    detectable = found.ledger[found.start[:-1] + rule.fewest - 1]
    first = graph.amount[found.ledger[found.start[:-1]]]
    last = graph.names.gather(creditors[found.start[1:] - 1]).to_list() if debtors.size else []
    return Findings(found, detectable, scales, _say_line(graph, found, first, last, shape))


def _say_line(
    graph: TransactionGraph, found: Instances, first: NDArray[np.int64], last: list[str], shape: str
) -> Iterator[str]:
    hops = np.diff(found.start).tolist()
    for row, (who, money, when) in enumerate(told(graph, found, first)):
        yield f"{who} sent {money} on {shape} {hops[row]} transfers that ends at account {last[row]}, {when}."


def _parameters(reason: str, hop_hours: int, why: str) -> tuple[Parameter, ...]:
    return (
        window(4, reason),
        Parameter("hop_hours", hop_hours, "hours", 1, 8760, "each transfer comes at most so long after the one before",
                  why, "design"),
        Parameter("hops", 3, "count", 2, 16, "at least so many transfers",
                  "labelled patterns of this kind begin at three", "design"),
        Parameter("most_hops", 12, "count", 2, 16, "no more than so many transfers",
                  "the longest labelled ones have twelve", "design"),
    )  # fmt: skip


_LINE = _parameters(
    "labelled lines are done within four days", 72, "nineteen of twenty labelled hops are passed on within three days"
)


_LINKED = (
    "Each transfer is later in the ledger than the one before and at most `hop_hours` after it, and the last comes "
    "less than `window_days` after the first."
)
_PERIOD = "One match is kept for each account and period of one window length, counted from 1 January 1970 UTC, by the"
_LEFT_OUT = "Not covered: cash, and transfers to oneself."
_HOP = (Role("hop", "one transfer on the way", "next hop"),)
_FIRST_COUNTS = "The value is the sum of all hops: the same money is counted at each."


CYCLE = Motif(
    name="cycle",
    summary="Money comes back to where it started, by way of others.",
    definition=(
        "From `hops` to `most_hops` transfers, each by the account that the one before paid, the last of which pays "
        f"the account that made the first; no other account is met twice. {_LINKED} {_PERIOD} time of the closing "
        "transfer: the one whose smallest amount is most of its largest (in whole thousandths), then the longest, "
        "then the one that closes first; of those with one closing transfer the one whose transfer before is the "
        "latest, then the one before that, and so on. Searched from each closing transfer, short cycles first, "
        f"up to `budget` transfers. {_FIRST_COUNTS} {_LEFT_OUT}"
    ),
    parameters=(
        *_parameters(
            "labelled cycles close within four days",
            96,
            "as long as the window: what comes back is a cycle, however long it rested on the way",
        ),
        share("even_share", 0.7, "smallest amount by the largest: adds points", "what is lost on the way is a cut"),
        budget("closing transfer", 1000),
    ),
    roles=_HOP,
    subject_part="account where it starts and ends",
    finder=_find_cycles,
    span_days=lambda values: 2 * int(values["window_days"]),
)

CHAIN = Motif(
    name="chain",
    summary="Money is passed on along a line of accounts, each paying on about what it got.",
    definition=(
        "From `hops` to `most_hops` transfers, each by the account that the one before paid; no account is met twice. "
        f"{_LINKED} There is one chain for each transfer that may open it: of the transfers that could come next the "
        "one whose amount is nearest to that of the one before is taken, of equals the first, and so on until there is "
        "none; where this ends before `hops` transfers the one next in nearness is taken instead, at the latest hop "
        f"first, so that amounts choose the way and never decide whether there is one. {_PERIOD} time of its first "
        "transfer: the one with most hops on which `share_low` to `share_high` of the amount before is passed on, "
        "then the longest, then the first to open. At most `budget` transfers are looked at for each opening "
        "transfer; a chain ends where they run out. "
        f"{_FIRST_COUNTS} {_LEFT_OUT}"
    ),
    parameters=(*_LINE, *PASSED_ON, budget("opening transfer")),
    roles=_HOP,
    subject_part="source",
    finder=_find_chains,
    span_days=lambda values: 2 * int(values["window_days"]),
)

RANDOM_WALK = Motif(
    name="random-walk",
    summary="Transfers follow one another from account to account, wherever they lead.",
    definition=(
        "From `hops` to `most_hops` transfers, each by the account that the one before paid; accounts may be met "
        f"again. {_LINKED} {_PERIOD} time of its first transfer: the longest, then the first to open; of those with "
        "one opening transfer the one that ends first, and of these at each hop the first. The search is exact and "
        f"needs no budget. {_FIRST_COUNTS} {_LEFT_OUT}"
    ),
    parameters=(*_LINE, *PASSED_ON),
    roles=_HOP,
    subject_part="source",
    finder=_find_walks,
    span_days=lambda values: 2 * int(values["window_days"]),
)
