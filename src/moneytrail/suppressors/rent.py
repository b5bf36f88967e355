"""R-LAND: a landlord, or one of a shared house, collects rent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, View, count, factor, share, told
from moneytrail.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


COSTS = {
    "mortgage": "a mortgage",
    "insurance": "insurance",
    "council": "council dues",
    "invoice": "repairs on invoice",
}
"""A landlord's costs, and what they are called."""


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case.subject, values))


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    paid = view.credit & view.by("credit_transfer", "cash", "unknown")
    months = view.months_paid(paid)
    wanted = max(2, min(int(values["months"]), view.known_months))
    regular = sum(number >= wanted for number in months.values())
    yield (
        regular >= values["regular"] * len(months) > 0,
        (f"{regular} of {len(months)} payers of the year paid in {wanted} calendar months or more"),
    )
    each = [np.unique(view.peer[paid & (view.month == month)]).size for month in np.unique(view.month)[:-1]]
    usual = float(np.median(each)) if each else 0.0
    steady = sum(abs(number - usual) <= max(1.0, 0.25 * usual) for number in each)
    yield steady >= 0.8 * len(each) > 0, f"about {usual:.0f} payers every month"
    costs = [words for cost, words in COSTS.items() if view.says(cost)[~view.credit].any()]
    yield len(costs) >= values["costs"], f"it pays for {listed(costs)}"


SUPPRESSOR = Suppressor(
    code="R-LAND",
    name="rent of a landlord or a shared house",
    test=(
        "Of those who paid the subject by transfer or cash in the year, at least `regular` paid in at least `months` "
        "calendar months (in all there are where the data reach back less, but at least two); the number of payers is "
        "within a quarter (or one) of the usual in four whole months of five; and the subject pays for at least "
        "`costs` of mortgage, insurance, council and repairs on invoice."
    ),
    on=("S01", "S02", "S14", "S08"),
    factor=factor(0.2),
    judge=_judge,
    parameters=(
        share("regular", 0.6, "share of payers that come again"),
        count("months", 3, "months in which a regular payer pays", 12),
        count("costs", 2, "kinds of a landlord's costs", 4),
    ),
    needs=("transfers.reference",),
)
