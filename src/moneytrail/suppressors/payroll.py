"""R-PAY: an employer pays its people, as it does every month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moneytrail.suppressors.base import Case, Suppressor, count, factor, share, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case, values))


def _conditions(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    view = case.subject
    yield view.is_kind("business", "charity", "institution"), ""
    last = int(view.month[-1])
    recent = ~view.credit & (view.month > last - 4)
    months = view.months_paid(recent)
    again = sum(months.get(int(payee), 0) >= values["months"] for payee in case.payees)
    yield (
        again >= values["again"] * case.payees.size > 0,
        (f"{again} of the {case.payees.size} payees were paid in {values['months']} of the last four months"),
    )
    dues = ~view.credit & (view.month >= last - 1) & view.says("tax", "pension")
    yield bool(dues.any()), "tax or pension contributions were paid this month or last"


SUPPRESSOR = Suppressor(
    code="R-PAY",
    name="a payroll run",
    test=(
        "The subject is a business, charity or institution; at least `again` of the payees in the evidence were paid "
        "in at least `months` of the last four calendar months, this one included; tax or pension contributions were "
        "paid in this month or the one before."
    ),
    on=("S13", "L04", "L05", "L09"),
    factor=factor(0.1),
    judge=_judge,
    parameters=(share("again", 0.7, "share of payees paid again"), count("months", 3, "months of the last four", 4)),
    needs=("transfers.reference", "accounts.kind"),
)
