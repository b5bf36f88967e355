"""R-ROSCA: a savings circle (pardner, hagbad, kameti, gün, hội) pays its pot in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, View, count, factor, share, told
from moneytrail.wording import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    if case.typology.id == "L08":
        return told(_without_head(case, values))
    return told(_conditions(case.subject, values))


def _without_head(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    """Of a ring: whether its accounts pay one sum, and the same closed group has paid that sum to two of them."""
    graph, ledger = case.ground.graph, case.found.ledger
    unit = int(graph.amount[ledger[0]])
    yield bool((graph.amount[ledger] == unit).all()), "every leg is of one sum"
    pots = []
    for account in np.unique(graph.creditor[ledger]).tolist():
        view = case.view(account)
        people = {account, *view.peer[view.credit & (view.peer >= 0) & (view.amount == unit)].tolist()}
        if len(people) >= values["low"]:
            pots.append(people)
    yield len(pots) >= 2, ""
    everybody, closed = set.union(*pots), set.intersection(*pots)
    yield len(everybody) <= values["high"], f"{len(everybody)} people pay equal sums in turn"
    overlap = len(closed) / len(everybody)
    yield overlap >= values["overlap"], f"{percent(overlap)} of them stand in each of {len(pots)} turns"


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    unit = _unit(view, int(values["low"]))
    yield unit > 0, ""
    into = view.credit & (view.amount == unit) & (view.peer >= 0)
    payers = set(view.peer[into].tolist())
    size = len(payers) + 1
    yield values["low"] <= size <= values["high"], f"{size} people pay equal sums in turn"
    share_out = ~view.credit & (view.peer >= 0) & (view.amount % unit == 0) & (view.amount >= unit)
    payees = set(view.peer[share_out].tolist()) & (
        payers | set(view.peer[share_out & (view.amount >= 2 * unit)].tolist())
    )
    overlap = len(payers & payees) / max(1, len(payers | payees))
    yield overlap >= values["overlap"], f"{percent(overlap)} of them are both payers and payees"
    came, left = view.total(into), view.total(share_out)
    yield bool(left) and 0.5 <= came / left <= 2, "what comes in goes out again"


def _unit(view: View, least: int) -> int:
    """The sum that most people paid at least twice, or once where few have; 0 where nobody's sums agree."""
    credits = view.credit & (view.peer >= 0)
    pairs = np.unique(np.stack([view.amount[credits], view.peer[credits]]), axis=1)
    if not pairs.size:
        return 0
    sums, people = np.unique(pairs[0], return_counts=True)
    best = int(np.argmax(people))
    return int(sums[best]) if people[best] >= least - 1 else 0


SUPPRESSOR = Suppressor(
    code="R-ROSCA",
    name="a savings circle",
    test=(
        "`low` to `high` people, the subject included, pay it one equal sum; whole multiples of that sum go out, to "
        "people of whom `overlap` are payers as well; what comes in is half to twice what goes out. In a ring (L08) "
        "there need be no head: every leg is of that sum; at least two of its accounts were each paid it by so many "
        "that with them they are `low`; and `overlap` of all these people stand in each of these turns. Known as "
        "normal custom and as an abuse route (AMLTRIX, T0096 Informal micro-finance schemes, undated)."
    ),
    on=("S01", "S08", "S14", "L05", "L08"),
    factor=factor(0.15),
    judge=_judge,
    parameters=(
        count("low", 5, "people, at least"),
        count("high", 30, "people, at most"),
        share("overlap", 0.8, "payers who are payees, of all"),
    ),
)
