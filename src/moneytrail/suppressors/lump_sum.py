"""R-LOAN: a loan, an insurer's payment, a house sale or an inheritance explains a large sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.suppressors.base import Case, Suppressor, amount, count, factor, share, told
from moneytrail.wording import money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case, values))


def _conditions(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    view = case.subject
    last = view.time[-1] - int(values["days"]) * DAY
    recent = view.credit & (view.time > last)
    trade = view.ground.trade("solicitor", "insurer", "lender")
    payer = (view.peer >= 0) & trade[view.peer]
    lump = recent & (payer | (view.says("loan", "house", "insurance") & view.by("credit_transfer", "wire", "unknown")))
    total = view.total(lump)
    yield (
        total >= values["lump"],
        f"{money(total, view.graph.reference_currency)} came from a lender, insurer or solicitor",
    )
    inside = np.isin(view.ledger, case.found.ledger)
    value = max(view.total(inside & view.credit), view.total(inside & ~view.credit))
    yield total >= values["explained"] * value, "which is most of the sum in question"


SUPPRESSOR = Suppressor(
    code="R-LOAN",
    name="loan, insurance, house sale or inheritance",
    test=(
        "In the `days` up to the match's end the subject was paid at least `lump` by accounts of lenders, insurers, "
        "solicitors or conveyancers, or with words of a loan, a house sale, a legacy or an insurer; and that is at "
        "least `explained` of the match's larger side. Words alone can be written by anybody: they lower, and are "
        "shown."
    ),
    on=("S18", "L03", "L04", "L07", "L13", "L15", "L16"),
    factor=factor(0.2),
    judge=_judge,
    parameters=(
        count("days", 60, "days in which it came", 365),
        amount("lump", 100_000, "what came, at least"),
        share("explained", 0.5, "share of the match that it explains"),
    ),
    needs=("transfers.reference",),
)
