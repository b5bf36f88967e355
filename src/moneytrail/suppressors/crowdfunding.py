"""R-CRWD: an appeal or a crowdfunding campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, View, amount, factor, share, told
from moneytrail.wording import money, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case.subject, values))


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    gifts = np.sort(view.amount[view.credit])
    yield gifts.size > 0, ""
    middle = int(gifts[(gifts.size - 1) // 2])
    yield middle <= values["median"], f"the middle gift is {money(middle, view.graph.reference_currency)}"
    top = int(gifts[-max(gifts.size // 10, 1) :].sum())
    yield (
        top >= values["top"] * int(gifts.sum()),
        f"the largest tenth carries {percent(top / max(int(gifts.sum()), 1))} of the value",
    )
    campaign = int(view.says("campaign", "gift")[view.credit].sum())
    yield campaign >= values["words"] * gifts.size, f"{campaign} of {gifts.size} references name the campaign"
    payees = np.unique(view.peer[~view.credit])
    yield payees.size <= 1, "all that went out went to one payee" if payees.size else "nothing has gone out yet"


SUPPRESSOR = Suppressor(
    code="R-CRWD",
    name="crowdfunding or an appeal",
    test=(
        "Of the year's credits the lower median is at most `median`, the largest tenth carries at least `top` of the "
        "value, and at least `words` have words of a campaign; all that is paid out goes to one payee. That the payee "
        "is verified cannot be seen here."
    ),
    on=("S01", "S06", "L05"),
    factor=factor(0.15),
    judge=_judge,
    parameters=(
        amount("median", 3_000, "middle gift, at most"),
        share("top", 0.4, "share of value in the largest tenth"),
        share("words", 0.5, "share of references with a campaign's words"),
    ),
    needs=("transfers.reference",),
)
