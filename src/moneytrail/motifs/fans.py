"""Fan-in and fan-out: many accounts pay one, or one pays many."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.fans import FanRule, fans
from moneytrail.kernels.relations import Relations
from moneytrail.matches import Role, Values
from moneytrail.motifs.base import Findings, Instances, Motif
from moneytrail.motifs.measuring import alike, booster, distinct, firsts, gate, nth, pace, span, total
from moneytrail.motifs.sides import TOLERANCE, borders, frozen, least, runs, sides_of, told, window
from moneytrail.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph


def _find(graph: TransactionGraph, values: Values, *, incoming: bool) -> Findings:
    sides = sides_of(graph)
    side = sides.incoming if incoming else sides.outgoing
    length, fewest = int(values["window_days"]) * DAY, int(values["counterparties"])
    rule = FanRule(length, fewest, 0, 0, 0, 0, 0, 2**62, 0)
    rows = fans(side, _anyone(graph), frozen(np.empty(0, np.int64)), rule, borders(side))
    start, places = runs(rows[:, 0], rows[:, 1] + 1)
    found = Instances(
        subject=rows[:, 3],
        start=start,
        ledger=side.edge[places].astype(np.int64),
        role=np.zeros(places.size, np.int8),
        truncated=np.zeros(len(rows), np.bool_),
        stopped=np.zeros(0, np.int64),
    )
    peer, amount = side.peer[places], side.amount[places]
    everyone = np.ones(places.size, np.bool_)
    number = distinct(found, peer, everyone)
    spans = span(graph, found, length)
    scales = (
        gate("counterparties", "different accounts at the other end", number, fewest, points=0.15),
        spans,
        booster(
            "alike", "share of the amounts near their median", alike(amount, found, values["amount_tolerance"]), 0.5,
            points=0.2,
        ),
        pace(spans, 0.1),
    )  # fmt: skip
    detectable = nth(found, firsts(found, peer, everyone), fewest)
    return Findings(found, detectable, scales, _say(graph, found, total(amount, found), number, incoming))


def _anyone(graph: TransactionGraph) -> Relations:
    """Relations in which every counterparty is as good as a stranger, and only the pair's other transfers are known."""
    known = graph.relations
    n = graph.transfers
    return known._replace(
        stranger=frozen(np.ones(n, np.bool_)),
        first=frozen(np.zeros(n, np.bool_)),
        recent=frozen(np.zeros(n, np.int32)),
        previous=known.repeat_of,
        following=known.repeated_by,
    )


def _say(
    graph: TransactionGraph, found: Instances, value: NDArray[np.int64], number: NDArray[np.int64], incoming: bool
) -> Iterator[str]:
    way = "was paid {} by {}, {}." if incoming else "paid {} to {}, {}."
    for (who, money, when), many in zip(told(graph, found, value), number.tolist(), strict=True):
        yield f"{who} " + way.format(money, counted(many, "account"), when)


def _definition(way: str, ends: str) -> str:
    return (
        f"At each transfer {way} an account, its transfers the same way in the window that ends there (left end "
        f"excluded, right end included) are looked at; the gate holds when they have at least `counterparties` "
        f"different {ends}. One match is kept for each account and period of one window length, counted from 1 January "
        "1970 UTC, by the time of the window's last transfer: the one with most counterparties, then most value, then "
        "the earliest. Its evidence is all those transfers. Not covered: cash, and transfers to oneself."
    )


FAN_IN = Motif(
    name="fan-in",
    summary="Many accounts pay one.",
    definition=_definition("to", "debtor accounts"),
    parameters=(
        window(4, "labelled fans span up to four days"),
        least("counterparties", 3, "different accounts at the other end"),
        TOLERANCE,
    ),
    roles=(Role("gather", "a transfer to the account", "payer"),),
    subject_part="collector",
    finder=partial(_find, incoming=True),
    span_days=lambda values: 2 * int(values["window_days"]),
)

FAN_OUT = Motif(
    name="fan-out",
    summary="One account pays many.",
    definition=_definition("from", "creditor accounts"),
    parameters=FAN_IN.parameters,
    roles=(Role("scatter", "a transfer from the account", "payee"),),
    subject_part="distributor",
    finder=partial(_find, incoming=False),
    span_days=FAN_IN.span_days,
)
