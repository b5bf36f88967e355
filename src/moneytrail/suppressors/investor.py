"""R-INVEST: someone with a salary buys cryptoassets for himself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moneytrail.suppressors.base import Case, Suppressor, View, factor, share, told
from moneytrail.wording import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case.subject, values))


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    pay = view.credit & (view.ground.salary[view.ledger] | view.says("payroll"))
    came = view.total(view.credit)
    yield (
        view.total(pay) >= values["salary"] * came > 0,
        f"{percent(view.total(pay) / max(came, 1))} of what comes in is pay",
    )
    bought = ~view.credit & (view.says("crypto") | view.by("crypto"))
    yield (
        view.total(bought) <= values["bought"] * came,
        f"platforms get {percent(view.total(bought) / max(came, 1))} of it",
    )


SUPPRESSOR = Suppressor(
    code="R-INVEST",
    name="a retail investor in cryptoassets",
    test=(
        "At least `salary` of the year's credits are pay, and at most `bought` of them goes to platforms. Whether it "
        "stays on the platform cannot be seen here."
    ),
    on=("S17",),
    factor=factor(0.3),
    judge=_judge,
    parameters=(
        share("salary", 0.6, "credits that are pay"),
        share("bought", 0.3, "what platforms get of the credits"),
    ),
    needs=("transfers.reference",),
)
