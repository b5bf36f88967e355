"""R-STUD: a student is kept by one to three sponsors and pays fees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, View, amount, count, factor, told
from moneytrail.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


TERMS = (1, 4, 9)
"""Months in which British terms begin."""


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case.subject, values))


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    yield view.is_trade("student"), "the holder is a student"
    whole = view.total(view.credit & ~view.by("cash"))
    sponsors = [
        places
        for places in view.by_peer(view.credit & ~view.says("own")).values()
        if places.size >= 2 and int(view.amount[places].sum()) >= 0.1 * whole
    ]
    yield (
        1 <= len(sponsors) <= values["sponsors"],
        f"{counted(len(sponsors), 'sponsor pays', 'sponsors pay')} it again and again",
    )
    given = np.concatenate(sponsors)
    large = given[view.amount[given] >= max(values["large"], int(view.amount[given].max()) // 2)]
    near = sum(int(month) % 12 + 1 in TERMS for month in view.month[large])
    yield (
        near >= 1 and large.size <= values["times"],
        f"{near} of {counted(large.size, 'large credit')} came in a term's first month",
    )
    yield bool(view.says("tuition", "rent")[~view.credit].any()), "fees or rent are paid"


SUPPRESSOR = Suppressor(
    code="R-STUD",
    name="a student",
    test=(
        "The holder is a student by the account table; one to `sponsors` accounts paid twice or more and a tenth of "
        "the year's credits or more each; their credits of at least `large` and half of the largest are one to "
        "`times`, and one at least lies in January, April or September; a university, school or landlord is paid. Age "
        "is not looked at."
    ),
    on=("S06", "L02", "L13", "L16"),
    factor=factor(0.3),
    judge=_judge,
    parameters=(
        count("sponsors", 3, "sponsors, at most"),
        amount("large", 75_000, "what a large credit is"),
        count("times", 4, "large credits a year, at most"),
    ),
    needs=("transfers.reference", "accounts.occupation"),
)
