"""Scatter-gather: one account pays several, who all pay the same other one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.diamonds import DiamondRule, diamond_evidence, scatter_gathers
from moneytrail.matches import Role, Values
from moneytrail.motifs.base import Findings, Instances, Motif
from moneytrail.motifs.measuring import (
    alike,
    booster,
    distinct,
    fact,
    firsts,
    gate,
    in_range,
    nth,
    pace,
    ratio,
    span,
    total,
)
from moneytrail.motifs.sides import PASSED_ON, TOLERANCE, borders, budget, least, sides_of, told, window
from moneytrail.wording import counted, money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph


def _find(graph: TransactionGraph, values: Values) -> Findings:
    outgoing, incoming, pairs = sides_of(graph)
    rule = DiamondRule(
        window=int(values["window_days"]) * DAY,
        intermediaries=int(values["intermediaries"]),
        budget=int(values["budget"]),
    )
    rows = scatter_gathers(outgoing, pairs, graph.time, rule, borders(outgoing))
    hit = rows[rows[:, 1] > 0]
    start, ledger, role = diamond_evidence(outgoing, incoming, graph.time, rule, hit)
    found = Instances(hit[:, 0], start, ledger, role, hit[:, 2] > 0, rows[rows[:, 2] > 0, 0])
    amount = graph.amount[ledger]
    scattered = role == 0
    value_in, value_out = total(amount, found, scattered), total(amount, found, role == 1)
    number = distinct(found, graph.creditor[ledger], scattered)
    spans = span(graph, found, rule.window)
    scales = (
        gate("intermediaries", "accounts in between", number, rule.intermediaries, points=0.15),
        spans,
        booster("passed", "what was gathered is the usual share of what was scattered (1 yes, 0 no)",
                in_range(ratio(value_out, value_in), values["share_low"], values["share_high"]), 1.0, points=0.2,
                unit="count"),
        booster("alike", "share of the amounts near their median", alike(amount, found, values["amount_tolerance"]),
                0.5, points=0.1),
        pace(spans, 0.04),
        fact("value in", "what was scattered", value_in, "minor units"),
        fact("value out", "what was gathered", value_out, "minor units"),
        fact("ahead", "accounts that paid the sink before the source paid them",
             distinct(found, graph.debtor[ledger], role == 3), "count"),
    )  # fmt: skip
    sinks = graph.names.gather(hit[:, 3]).to_list() if len(hit) else []
    return Findings(
        found, _completed(graph, found, rule), scales, _say(graph, found, (value_in, value_out), number, sinks)
    )


def _completed(graph: TransactionGraph, found: Instances, rule: DiamondRule) -> NDArray[np.int64]:
    """Ledger position of the gather by which enough intermediaries have paid the sink.

    Every gather of the evidence comes after its own scatter, so the first one of an intermediary completes it.
    """
    debtors = graph.debtor[found.ledger]
    return nth(found, firsts(found, debtors, found.role == 1), rule.intermediaries)


def _say(
    graph: TransactionGraph,
    found: Instances,
    value: tuple[NDArray[np.int64], NDArray[np.int64]],
    number: NDArray[np.int64],
    sinks: list[str],
) -> Iterator[str]:
    gathered, many = value[1].tolist(), number.tolist()
    for row, (who, sent, when) in enumerate(told(graph, found, value[0])):
        came = money(gathered[row], graph.reference_currency)
        yield f"{who} paid {sent} to {counted(many[row], 'account')}, who paid {came} to account {sinks[row]}, {when}."


SCATTER_GATHER = Motif(
    name="scatter-gather",
    summary="One account pays several, who all pay the same other one.",
    definition=(
        "A source, a sink and at least `intermediaries` different accounts in between, all different: each was paid by "
        "the source and later in the ledger paid the sink. At each transfer to the sink the window that ends there "
        "(left end excluded, right end included) is looked at. One match is kept for each source and period of one "
        "window length, counted from 1 January 1970 UTC, by the time of the last transfer: the one with most "
        "intermediaries, then the one that closes first. Its evidence is, for each intermediary, the source's "
        "transfers to it before its last transfer to the sink, and its transfers to the sink after the first of "
        "these, in that window. Who in that window paid the sink only before the source paid them is shown beside "
        "these, with the transfers of both sides, but makes no match, no size and no value. A search may look at "
        "`budget` transfers for each transfer of the source; intermediaries who pay most often are left to the last, "
        "and where it runs out they are only looked up for sinks that lack one at most. Not covered: cash, and "
        "transfers to oneself."
    ),
    parameters=(
        window(4, "labelled patterns span up to four days"),
        least("intermediaries", 3, "different accounts in between"),
        *PASSED_ON,
        TOLERANCE,
        budget("transfer of the source"),
    ),
    roles=(
        Role("scatter", "a transfer from the source to an account in between", "intermediary"),
        Role("gather", "a transfer from an account in between to the sink", "sink", counts=False),
        Role("cover", "a transfer from the source to an account that had paid the sink", "intermediary", counts=False),
        Role("advance", "a transfer to the sink by an account that the source paid later", "sink", counts=False),
    ),
    subject_part="source",
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]),
)
