"""R-FIRM: an established business that sells to whoever comes, and pays tax, staff or rent, and suppliers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.suppressors.base import Case, Suppressor, View, count, factor, share, told
from moneytrail.wording import counted, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values

RUNNING = ("payroll", "rent", "tax", "pension", "council", "customs")
"""What a business with work to do pays."""


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case.subject, values))


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    yield view.is_kind("business", "charity", "institution"), ""
    opened = int(view.ground.opened()[view.account])
    age = (view.time[-1] - opened) / DAY / 365.25 if opened > -(2**61) else 0.0
    yield age >= values["years"], f"the account is {counted(int(age), 'year')} old"
    spent = ~view.credit
    months = np.unique(view.month[spent & view.says(*RUNNING)]).size
    yield months >= values["months"] * view.known_months, f"tax, staff or rent were paid in {counted(months, 'month')}"
    work = view.total(spent & view.says(*RUNNING, "invoice", "goods"))
    came = view.total(view.credit)
    yield work >= values["work"] * came > 0, f"these and suppliers take {percent(work / max(came, 1))} of its takings"


SUPPRESSOR = Suppressor(
    code="R-FIRM",
    name="an established business with staff, tax and suppliers",
    test=(
        "The account table says business, charity or institution, and the account is at least `years` years old; "
        "wages, rent, tax, pension contributions, rates or duties were paid in at least `months` of the calendar "
        "months that the data reach back, twelve at most; these and suppliers on invoice take at least `work` of the "
        "year's credits. Its customers may well be strangers who come once."
    ),
    on=("S01", "S02", "S04", "S05", "S06", "S13", "S16", "L04", "L05", "L06", "L09", "L13"),
    factor=factor(0.3),
    judge=_judge,
    parameters=(
        count("years", 1, "age of the account", 100),
        share("months", 0.5, "months in which a business's costs are paid"),
        share("work", 0.2, "what running costs and suppliers take of the credits"),
    ),
    needs=("accounts.kind", "accounts.opened", "transfers.reference"),
)
