"""Gather-scatter and pass-through: what one account was paid and what it then paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.hubs import DwellRule, TurnRule, gather_scatters, passes, turn_evidence
from moneytrail.matches import Parameter, Role, Values
from moneytrail.motifs.base import Findings, Instances, Motif
from moneytrail.motifs.measuring import booster, distinct, fact, firsts, gate, in_range, nth, pace, ratio, span, total
from moneytrail.motifs.sides import PASSED_ON, borders, least, runs, share, sides_of, told, window
from moneytrail.shares import thousandths
from moneytrail.wording import counted, money, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph


def _unbudgeted(
    subject: NDArray[np.int64], start: NDArray[np.int64], ledger: NDArray[np.int64], role: NDArray[np.int8]
) -> Instances:
    nobody = np.zeros(0, np.int64)
    return Instances(subject, start, ledger, role, np.zeros(subject.size, np.bool_), nobody)


def _find_turns(graph: TransactionGraph, values: Values) -> Findings:
    outgoing, incoming, _ = sides_of(graph)
    rule = TurnRule(
        gather=int(values["gather_days"]) * DAY,
        scatter=int(values["scatter_days"]) * DAY,
        payers=int(values["payers"]),
        payees=int(values["payees"]),
    )
    rows = gather_scatters(outgoing, incoming, rule, borders(outgoing, incoming))
    found = _unbudgeted(rows[:, 0], *turn_evidence(outgoing, incoming, rows))
    came = found.role == 0
    amount = graph.amount[found.ledger]
    payers = distinct(found, graph.debtor[found.ledger], came)
    payees = distinct(found, graph.creditor[found.ledger], ~came)
    value_in, value_out = total(amount, found, came), total(amount, found, ~came)
    passed = ratio(value_out, value_in)
    spans = span(graph, found, rule.gather + rule.scatter)
    scales = (
        gate("payers", "different payers", payers, rule.payers, points=0.1),
        gate("payees", "different payees afterwards", payees, rule.payees, points=0.1),
        spans,
        booster("passed", "what went out is the usual share of what came in (1 yes, 0 no)",
                in_range(passed, values["share_low"], values["share_high"]), 1.0, points=0.2, unit="count"),
        pace(spans, 0.05),
        fact("value in", "what came in", value_in, "minor units"),
        fact("value out", "what went out", value_out, "minor units"),
    )  # fmt: skip
    detectable = nth(found, firsts(found, graph.creditor[found.ledger], ~came), rule.payees)
    return Findings(found, detectable, scales, _say_turns(graph, found, (value_in, value_out), (payers, payees)))


def _say_turns(
    graph: TransactionGraph,
    found: Instances,
    value: tuple[NDArray[np.int64], NDArray[np.int64]],
    number: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> Iterator[str]:
    payers, payees, sent = (column.tolist() for column in (*number, value[1]))
    for row, (who, came, when) in enumerate(told(graph, found, value[0])):
        left = money(sent[row], graph.reference_currency)
        yield (
            f"{who} was paid {came} by {counted(payers[row], 'account')} and then paid {left} to "
            f"{counted(payees[row], 'other account')}, {when}."
        )


GATHER_SCATTER = Motif(
    name="gather-scatter",
    summary="Many accounts pay one, which then pays many others.",
    definition=(
        "Each credit of an account is taken as the turn. Before it, the credits in the `gather_days` that end at it "
        "(left end excluded, the turn included) are looked at; after it, the debits later in the ledger and less than "
        "`scatter_days` later. The gate holds when the credits have at least `payers` different debtor accounts and "
        "the debits at least `payees` different creditor accounts, none on both sides. An account on both sides "
        "stands with the payers as long as these would be too few without it (those that paid first come first), "
        "otherwise with the payees; its transfers on the other side are left out. One match is kept for each account "
        "and period of `gather_days` and `scatter_days` together, counted from 1 January 1970 UTC, by the time of the "
        "turn: the one whose smaller side is largest, then the one with most counterparties, then the earliest. Not "
        "covered: cash, and transfers to oneself."
    ),
    parameters=(
        Parameter("gather_days", 4, "days", 1, 365, "how far before the turn credits may lie",
                  "labelled patterns gather within four days", "design"),
        Parameter("scatter_days", 5, "days", 1, 365, "how far after the turn debits may lie",
                  "labelled patterns span up to eight and a half days in all", "design"),
        least("payers", 3, "different payers"),
        least("payees", 3, "different payees"),
        *PASSED_ON,
    ),
    roles=(
        Role("gather", "a credit of the account", "payer"),
        Role("scatter", "a debit of the account, after the last credit", "payee", counts=False),
    ),
    subject_part="hub",
    finder=_find_turns,
    span_days=lambda values: 2 * (int(values["gather_days"]) + int(values["scatter_days"])),
)  # fmt: skip


def _find_passes(graph: TransactionGraph, values: Values) -> Findings:
    outgoing, incoming, _ = sides_of(graph)
    rule = DwellRule(dwell=int(values["window_days"]) * DAY, share=thousandths(values["passed_share"]))
    rows = passes(outgoing, incoming, rule, borders(outgoing, incoming))
    found = _merged(graph, rows)
    came = found.role == 0
    amount = graph.amount[found.ledger]
    value_in, value_out = total(amount, found, came), total(amount, found, ~came)
    passed = ratio(value_out, value_in)
    spans = span(graph, found, rule.dwell)
    scales = (
        gate("passed_share", "what went out by what came in", passed, values["passed_share"], unit="share"),
        spans,
        booster("passed", "what went out is the usual share of what came in (1 yes, 0 no)",
                in_range(passed, values["share_low"], values["share_high"]), 1.0, points=0.25, unit="count"),
        booster("quick", "hours from the first to the last transfer", spans.value, values["quick_hours"],
                points=0.15, unit="hours", upper=True),
        fact("value in", "what came in", value_in, "minor units"),
        fact("value out", "what went out", value_out, "minor units"),
    )  # fmt: skip
    return Findings(found, found.ledger[found.start[1:] - 1], scales, _say_passes(graph, found, value_in, value_out))


def _merged(graph: TransactionGraph, rows: NDArray[np.int64]) -> Instances:
    """The credits and debits of each row in ledger order."""
    outgoing, incoming, _ = sides_of(graph)
    start_in, places_in = runs(rows[:, 1], rows[:, 2])
    start_out, places_out = runs(rows[:, 3], rows[:, 4])
    ledger = np.concatenate([incoming.edge[places_in], outgoing.edge[places_out]]).astype(np.int64)
    each = np.arange(len(rows))
    row = np.concatenate([np.repeat(each, np.diff(start_in)), np.repeat(each, np.diff(start_out))])
    order = np.lexsort((ledger, row))
    role = np.repeat(np.array([0, 1], np.int8), [places_in.size, places_out.size])
    return _unbudgeted(rows[:, 0], start_in + start_out, ledger[order], role[order])


def _say_passes(
    graph: TransactionGraph, found: Instances, value_in: NDArray[np.int64], value_out: NDArray[np.int64]
) -> Iterator[str]:
    received, sent = value_in.tolist(), value_out.tolist()
    for row, (who, came, when) in enumerate(told(graph, found, value_in)):
        left = money(sent[row], graph.reference_currency)
        yield f"{who} was paid {came} and paid out {left} ({percent(sent[row] / received[row])} of it), {when}."


PASS_THROUGH = Motif(
    name="pass-through",
    summary="Most of what an account is paid leaves again soon.",
    definition=(
        "At each debit of an account its credits in the window that ends there (left end excluded, right end included) "
        "are looked at, and its debits in it after the first of these. The gate holds when some value came in and the "
        "debits are at least `passed_share` of the credits: here value is the size of the shape, as the number of "
        "payers is that of a fan; debits may be any multiple of the credits. One match is kept for each account and "
        "period of one window length, counted from 1 January 1970 UTC, by the time of its last debit: the one with "
        "most value passed on (the smaller of both sums), then the earliest. Not covered: cash, and transfers to "
        "oneself; which money went where."
    ),
    parameters=(
        window(2, "money that rests longer is hardly passed through"),
        share("passed_share", 0.5, "least share of what came in that went out", "most of it, or it did not pass"),
        *PASSED_ON,
        Parameter("quick_hours", 24, "hours", 1, 8760, "first to last transfer within this: adds points",
                  "over half of the outflow of mule accounts leaves within hours", "design"),
    ),
    roles=(
        Role("in", "a credit of the account", "sender"),
        Role("out", "a debit of the account, after the first credit", "next hop", counts=False),
    ),
    subject_part="account passed through",
    finder=_find_passes,
    span_days=lambda values: 2 * int(values["window_days"]),
)  # fmt: skip
