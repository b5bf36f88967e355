"""R-REFUND: a business refunds its customers, or an insurer pays claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, View, factor, share, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case, values))


def _conditions(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    view = case.subject
    business = view.is_kind("business", "institution", "charity") or view.is_trade("platform", "insurer")
    # Whoever gets back what they had paid is no helper who is paid, whoever gives it.
    yield business or case.typology.id == "S13", "it is a business, institution or charity" if business else ""
    back = np.flatnonzero(np.isin(view.ledger, case.found.ledger) & ~view.credit & (view.peer >= 0))
    yield back.size > 0, ""
    paid = view.by_peer(view.credit)
    matched = sum(_was_paid(view, int(place), paid) for place in back)
    said = int(view.says("refund")[back].sum()) if business else 0
    yield (
        max(matched, said) >= values["matched"] * back.size,
        (f"{matched} of {back.size} payments gave payees what they had paid before; {said} say refund or claim"),
    )


def _was_paid(view: View, place: int, paid: dict[int, NDArray[np.int64]]) -> bool:
    own = paid.get(int(view.peer[place]), np.empty(0, np.int64))
    return bool((view.amount[own[own < place]] == view.amount[place]).any())


SUPPRESSOR = Suppressor(
    code="R-REFUND",
    name="a refund or claims run",
    test=(
        "The subject is a business, institution or charity; of its debits in the evidence at least `matched` go to "
        "payees who had paid it exactly as much before, or say refund, claim or prize. Of payouts to helpers (S13) the "
        "subject may be anybody, and words alone say nothing."
    ),
    on=("S05", "S13", "L04", "L05", "L11"),
    factor=factor(0.1),
    judge=_judge,
    parameters=(share("matched", 0.6, "debits that give money back; references get lost"),),
    needs=("accounts.kind",),
)
