"""R-SPLIT: friends pay their shares of a bill that one of them has paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.suppressors.base import Case, Suppressor, amount, factor, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case, values))


def _conditions(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    view, friends = case.subject, case.payers
    inside = np.isin(view.ledger, case.found.ledger) & view.credit
    yield friends.size >= 1 and int(view.amount[inside].max(initial=0)) < values["most"], "only small shares came in"
    bills = np.flatnonzero(~view.credit & view.by("card", "direct_debit"))
    before = [int(np.searchsorted(view.time[bills], view.time[p])) for p in np.flatnonzero(inside)]
    near = sum(
        number > 0 and view.time[p] - view.time[bills[number - 1]] <= 2 * DAY
        for number, p in zip(before, np.flatnonzero(inside), strict=True)
    )
    yield near >= 0.8 * len(before), "a shop or restaurant had been paid before"
    yield _each_other(case), "the payers also pay one another, or are paid back"


def _each_other(case: Case) -> bool:
    """Whether some payer also dealt with another payer, or was paid by the subject before."""
    side, payers = case.ground.graph.outgoing, case.payers
    for payer in payers:
        peers = side.peer[side.indptr[payer] : side.indptr[payer + 1]]
        edges = side.edge[side.indptr[payer] : side.indptr[payer + 1]]
        if np.isin(peers[edges <= case.subject.until], payers).any():
            return True
    view = case.subject
    return bool(np.isin(view.peer[~view.credit], payers).any())


SUPPRESSOR = Suppressor(
    code="R-SPLIT",
    name="bill splitting",
    test=(
        "Every credit in the evidence is below `most`; four in five came within two days after a card payment or "
        "direct debit of the subject's; and one of the payers dealt with another, or was paid by the subject, before."
    ),
    on=("L03", "L05", "L06"),
    factor=factor(0.1),
    judge=_judge,
    parameters=(amount("most", 15_000, "the largest share of a bill, below"),),
)
