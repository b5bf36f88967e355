"""R-MKT: someone sells through a marketplace or takes payments through a processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, View, amount, count, factor, share, spread, told
from moneytrail.wording import money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case.subject, values))


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    credits = int(view.credit.sum())
    processed = 0
    for peer, places in view.by_peer(view.credit).items():
        if _pays_many(view, peer, int(values["accounts"])):
            processed += places.size
    yield (
        processed >= values["processed"] * credits > 0,
        (f"{processed} of {credits} credits came through payers that pay many accounts"),
    )
    amounts = np.sort(view.amount[view.credit])
    middle = int(amounts[(amounts.size - 1) // 2])
    yield middle < values["median"], f"the middle credit is {money(middle, view.graph.reference_currency)}"
    yield spread(amounts) > 0.8, "the credits are of all sizes"
    sent = view.total(~view.credit & view.says("sale"))
    yield (
        sent >= values["postage"] * int(amounts.sum()),
        f"{money(sent, view.graph.reference_currency)} went on postage and fees",
    )


def _pays_many(view: View, payer: int, least: int) -> bool:
    """Whether a payer paid so many accounts up to the match's end: a processor, and no person."""
    side = view.graph.outgoing
    start, stop = side.indptr[payer], side.indptr[payer + 1]
    last = start + int(np.searchsorted(side.edge[start:stop], view.until, side="right"))
    return last - start >= least and np.unique(side.peer[start:last]).size >= least


SUPPRESSOR = Suppressor(
    code="R-MKT",
    name="a marketplace seller",
    test=(
        "At least `processed` of the year's credits come from payers that pay at least `accounts` accounts; the lower "
        "median credit is below `median`; the amounts' coefficient of variation is above 0.8; postage and fees come "
        "to at least `postage` of the credits."
    ),
    on=("S01", "S05", "L09"),
    factor=factor(0.1),
    judge=_judge,
    parameters=(
        share("processed", 0.6, "share of credits through a processor"),
        count("accounts", 3, "accounts that a processor pays"),
        amount("median", 10_000, "middle credit, below"),
        share("postage", 0.05, "postage and fees by credits"),
    ),
    needs=("transfers.reference",),
)
