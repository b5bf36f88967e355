"""R-SPLIT: friends pay their shares of a bill that one of them has paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.schema import LINK_COLUMNS
from moneytrail.suppressors.base import Case, Suppressor, amount, count, factor, told
from moneytrail.wording import money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_household(case, values) if case.typology.id == "L06" else _conditions(case, values))


def _household(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    """Of one that pays several: whether they live at its address, and it has paid them for months."""
    view, members = case.subject, case.payees
    inside = np.isin(view.ledger, case.found.ledger) & ~view.credit
    total = view.total(inside)
    yield total <= values["household"], f"{money(total, view.graph.reference_currency)} went to members of a household"
    address = view.graph.links[:, LINK_COLUMNS.index("address_hash")]
    home = address[view.account]
    at_home = int((address[members] == home).sum()) if home >= 0 else 0
    yield at_home == members.size > 0, f"{at_home} of {members.size} live at its address"
    months = view.months_paid(~view.credit & (view.ledger < case.found.ledger[0]))
    kept = all(months.get(int(member), 0) >= values["months"] for member in members)
    yield kept, f"each had been paid in {values['months']} calendar months or more before"


def _conditions(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    view, friends = case.subject, case.payers
    inside = np.isin(view.ledger, case.found.ledger) & view.credit
    largest = int(view.amount[inside].max(initial=0))
    yield (
        friends.size >= 1 and largest < values["most"],
        f"no share that came in is above {money(largest, view.graph.reference_currency)}",
    )
    bills = np.flatnonzero(~view.credit & view.by("card", "direct_debit"))
    before = [int(np.searchsorted(view.time[bills], view.time[p])) for p in np.flatnonzero(inside)]
    near = sum(
        number > 0 and view.time[p] - view.time[bills[number - 1]] <= 2 * DAY
        for number, p in zip(before, np.flatnonzero(inside), strict=True)
    )
    yield near >= 0.8 * len(before), f"{near} of {len(before)} came within two days of a card payment or direct debit"
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
    name="friends splitting a bill",
    test=(
        "Every credit in the evidence is below `most`; four in five came within two days after a card payment or "
        "direct debit of the subject's; and one of the payers dealt with another, or was paid by the subject, before. "
        "Of a split (L06): the subject paid at most `household`, all of it to accounts at its own address, each of "
        "which it had paid in `months` calendar months of the year before."
    ),
    on=("L03", "L05", "L06"),
    factor=factor(0.1),
    judge=_judge,
    parameters=(
        amount("most", 15_000, "the largest share of a bill, below"),
        amount("household", 300_000, "what a household splits, at most"),
        count("months", 3, "months in which each member was paid before", 12),
    ),
)
