"""L06: one account splits a sum among several, who all pass their part on to the same other account."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.diamonds import by_payee
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.splits import SplitGate, splits
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.followed import followed_lists
from moneytrail.typologies.measuring import booster, fact, gate, history_days, lower_median, margin
from moneytrail.wording import between, counted, listed, money, plain_id, sentence_id, shares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

HOUR = DAY // 24

NAMED = 5
"""More accounts in between are not named in a sentence."""

PARAMETERS = (
    Parameter(
        "scatter_hours", 48, "hours", 1, 1440, "how long after the first payment the others to intermediaries may come",
        "a sum is split in one or two sittings", "design",
    ),
    Parameter(
        "onward_hours", 72, "hours", 1, 1440, "how long after its first receipt an intermediary may pay the sink",
        "intermediaries are told when to pay, and not to wait", "design",
    ),
    Parameter(
        "intermediaries", 3, "count", 2, 10_000, "distinct accounts in between",
        "two are everyday: a couple that pays one landlord", "design",
    ),
    Parameter(
        "share_low", 0.8, "share", 0.001, 1.0, "least share of its receipts that each intermediary passed on",
        "nearly all of it, less a cut", "design",
    ),
    Parameter(
        "share_high", 1.02, "share", 0.001, 1.5, "most share of its receipts that each intermediary passed on",
        "more than came in is money of its own", "design",
    ),
    Parameter(
        "value", 100_000, "minor units", 1, 10**14, "least sum that these intermediaries received",
        "below this a detour is not worth its cost", "design",
    ),
    Parameter(
        "next_debits", 50, "transfers", 1, 10_000, "only so many debits of an intermediary after its receipt count",
        "an account that pays out more often in three days is a hub of trade", "design",
    ),
    Parameter(
        "alike_share", 0.1, "share", 0.0, 1.0,
        "how far from their middle all parts may lie to be called equal: adds points",
        "equal parts are split on purpose", "design",
    ),
    Parameter(
        "linked", 2, "count", 2, 10_000, "intermediaries that share a party or hashed attribute: as many add points",
        "accounts run by one hand", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before it: as many add points",
        "without history nobody can tell a new payee from a regular one", "design",
    ),
)  # fmt: skip


class _Split(NamedTuple):
    """One split: its ends, and its transfers with the intermediary of each."""

    source: int
    sink: int
    ledger: NDArray[np.int64]
    middle: NDArray[np.int64]
    gathers: NDArray[np.bool_]


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    outgoing, incoming = followed_lists(ground)
    pairs = by_payee(outgoing, incoming)
    ledger = (graph.time, graph.amount)
    rule = SplitGate(
        scatter=int(values["scatter_hours"]) * HOUR,
        onward=int(values["onward_hours"]) * HOUR,
        intermediaries=int(values["intermediaries"]),
        low=thousandths(values["share_low"]),
        high=thousandths(values["share_high"]),
        value=int(values["value"]),
        ahead=int(values["next_debits"]),
        period=_period_days(values) * DAY,
    )
    found, proof = splits(outgoing, pairs, ledger, rule, cost_chunks(outgoing.indptr, CHUNKS))
    starts = np.cumsum(found[:, 7]) - found[:, 7]
    for (source, sink, _, _, _, _, fired, size), start in zip(found.tolist(), starts.tolist(), strict=True):
        part = proof[:, start : start + size]
        split = _Split(source, sink, part[1], part[2], part[3] > 0)
        measures = _measure(ground, split, values)
        yield Found(
            subject=source,
            ledger=split.ledger,
            roles=np.where(split.gathers, "gather", "scatter").tolist(),
            detectable=fired,
            measures=measures,
            explanation=_explain(graph, split, {m.name: m for m in measures}),
        )


def _period_days(values: Values) -> int:
    return ceil((values["scatter_hours"] + values["onward_hours"]) / 24)


def _measure(ground: Ground, split: _Split, values: Values) -> tuple[Measure, ...]:
    graph = ground.graph
    amount, time = graph.amount[split.ledger], graph.time[split.ledger]
    known, number = np.unique(split.middle, return_inverse=True)
    receipts, passed = ~split.gathers, split.gathers
    came, left = (np.array([int(amount[(number == m) & side].sum()) for m in range(known.size)])
                  for side in (receipts, passed))  # fmt: skip
    waits = [int(time[(number == m) & passed][-1] - time[number == m][0]) for m in range(known.size)]
    shares = [int(out) / int(got) for out, got in zip(left, came, strict=True)]
    middle = lower_median(came)
    linked = _most_alike(graph, known)
    facts = [
        fact("value_out", "what reached the sink from them", int(left.sum()), "minor units"),
        fact("hours", "hours from the first to the last transfer", int(time[-1] - time[0]) / HOUR, "hours"),
    ]
    return (
        gate("intermediaries", "accounts in between", known.size, "count", values["intermediaries"],
             points=margin(known.size, values["intermediaries"], 3, 0.15)),
        gate("share_low", "least share that one of them passed on", min(shares), "share", values["share_low"]),
        gate("share_high", "most share that one of them passed on", max(shares), "share", values["share_high"],
             upper=True),
        gate("value", "what they received", int(came.sum()), "minor units", values["value"],
             points=margin(int(came.sum()), values["value"], 20, 0.05)),
        gate("scatter_hours", "hours from the first to the last receipt",
             int(time[receipts][-1] - time[receipts][0]) / HOUR, "hours", values["scatter_hours"], upper=True),
        gate("onward_hours", "longest wait from a first receipt to a last payment", max(waits) / HOUR, "hours",
             values["onward_hours"], upper=True),
        *([booster("linked", "of them sharing one attribute", linked, "count", values["linked"], points=0.15)]
          if (graph.links >= 0).any() else []),
        booster("alike_share", "farthest part from the middle one", int(np.abs(came - middle).max()) / middle, "share",
                values["alike_share"], points=0.10, upper=True),
        booster("history_days", "days of data before it", history_days(graph, int(split.ledger[0])), "days",
                values["history_days"], points=0.05),
        *facts,
    )  # fmt: skip


def _most_alike(graph: TransactionGraph, accounts: NDArray[np.int64]) -> int:
    """How many of the accounts share the attribute that most of them share; 1 where none do."""
    most = 1
    for column in graph.links[accounts].T:
        _, counts = np.unique(column[column >= 0], return_counts=True)
        most = max(most, int(counts.max(initial=1)))
    return most


def _explain(graph: TransactionGraph, split: _Split, m: dict[str, Measure]) -> str:
    currency, time = graph.reference_currency, graph.time[split.ledger]
    between_ = sorted({graph.names[one] for one in split.middle.tolist()})
    said = (
        f"{sentence_id(graph.names[split.source])} paid {money(m['value'].value, currency)} to "
        f"{counted(m['intermediaries'].value, 'account')} ({listed(between_, NAMED)}), "
        f"which paid {money(m['value_out'].value, currency)} to "
        f"{plain_id(graph.names[split.sink])}, {between(int(time[0]), int(time[-1]))}. Each passed on "
        f"{shares(m['share_low'].value, m['share_high'].value)} of what it received, at most "
        f"{m['onward_hours'].value:.1f} hours later."
    )
    if "linked" in m and m["linked"].met:
        said += (
            f" {m['linked'].value:.0f} of the accounts in between share an attribute: a party, address, telephone, "
            "e-mail or device."
        )
    if m["alike_share"].met:
        said += " The parts are about equal."
    return said


TYPOLOGY = Typology(
    id="L06",
    name="Scatter-gather",
    stage="layering",
    summary="One account splits a sum among several, who all pass their part on to the same other account.",
    definition=(
        "Looked at are transfers pushed (no direct debit, card, internal booking or salary) between accounts of "
        "different parties. At each payment of an intermediary to the sink, each earlier payment of the source is "
        "taken as the opening. An intermediary's receipts are the source's payments to it from the opening on, at "
        "most `scatter_hours` after it (inclusive); passed on are its payments to the sink later in the ledger than "
        "its first receipt, at most `onward_hours` after that (inclusive), and among its next `next_debits` debits; "
        "all up to the payment looked at. The gate holds when at least `intermediaries` of them, the one that the "
        "opening pays and the one that makes the payment looked at among them, have each passed on from `share_low` "
        "to `share_high` of what it received, and together received at least `value`; source, sink and intermediaries"
        " are all different. One match is kept for each source, sink and period (both times together, in whole days "
        "rounded up, counted from 1 January 1970 UTC, by the payment looked at): the firing with most such "
        "intermediaries, then with most received by them, then the earliest; of those at one payment the one with the"
        " latest opening. Who does not hold the range is left out of the evidence. The transfers of the evidence are "
        "taken out and the same is asked of those that are left, so that one split cannot hide behind a larger one. "
        "The search is exact. Not covered: parts that leave in cash or by card, and a detour of two steps between the"
        " ends."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("scatter", "a payment from the source to an account in between", "intermediary"),
        Role("gather", "a payment from an account in between to the sink", "sink", counts=False),
    ),
    subject_part="source",
    sources=(
        Source("IBM", "AMLSim wiki, Transaction Model: Alert Model", 2022),
        Source("RelationalAI", "Money laundering motif detection (template)", None),
    ),
    innocent_explanations=(
        "a household that splits a budget over its members' accounts and pays one bill from them",
        "a franchisor that settles with its outlets, which buy from one wholesaler",
        "moving money between one's own accounts",
    ),
    finder=_find,
    span_days=lambda values: 2 * _period_days(values) + 180,
    period_days=_period_days,
    compared_by="debits",
    amltrix=("T0011",),
)
