"""R-TRIP: someone organises a trip, a team or a wedding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, View, amount, count, factor, share, told
from moneytrail.wording import money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case, values))


def _conditions(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    view = case.subject
    members = {peer: p for peer, p in view.by_peer(view.credit & view.says("club", "travel")).items() if p.size >= 1}
    yield len(members) >= values["members"], f"{len(members)} people paid for the club or the trip"
    paid = np.concatenate(list(members.values()))
    middle = int(np.sort(view.amount[paid])[(paid.size - 1) // 2])
    yield middle < values["median"], f"the middle sum is {money(middle, view.graph.reference_currency)}"
    known = sum(p.size >= 3 for p in members.values()) + _linked(view, list(members))
    yield known >= 0.5 * len(members), f"{known} of them pay again and again or share an attribute with another"
    inside = np.isin(view.peer, list(members))
    out = ~view.credit & (
        view.says("travel", "club", "refund", "restaurants") | inside | (view.amount > view.amount[paid].max())
    )
    yield (
        view.total(out) >= values["spent"] * int(view.amount[paid].sum()),
        "most of it went to providers or back to them",
    )


def _linked(view: View, people: list[int]) -> int:
    """How many of them share an attribute with another of them."""
    links = view.graph.links[people]
    found = np.zeros(len(people), np.bool_)
    for column in links.T:
        _, place, number = np.unique(column, return_inverse=True, return_counts=True)
        found |= (column >= 0) & (number[place] >= 2)
    return int(found.sum())


SUPPRESSOR = Suppressor(
    code="R-TRIP",
    name="the organiser of a trip, team or wedding",
    test=(
        "At least `members` people paid with words of a club or a trip; the lower median of these is below `median`; "
        "half of them paid three times or more, or share an attribute with another; at least `spent` of it goes to "
        "travel, clubs and restaurants, to payees of more than any member paid, or back to members. Names are not "
        "looked at."
    ),
    on=("S01", "S13", "S15", "S16", "L04", "L16"),
    factor=factor(0.2),
    judge=_judge,
    parameters=(
        count("members", 5, "people, at least"),
        amount("median", 40_000, "middle payment, below"),
        share("spent", 0.6, "share that goes to providers or back"),
    ),
    needs=("transfers.reference",),
)
