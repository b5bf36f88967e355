"""R-ELSE: the account is held at another bank, which sees what this one cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moneytrail.suppressors.base import Case, Suppressor, factor

if TYPE_CHECKING:
    from moneytrail.matches import Values


def _judge(case: Case, _values: Values) -> str:
    if case.ground.ours[case.found.subject]:
        return ""
    return "the account table does not have it, so that only its dealings with this bank's customers are seen"


SUPPRESSOR = Suppressor(
    code="R-ELSE",
    name="an account held elsewhere, of which a part is seen",
    test=(
        "There is an account table and the subject is not in it. What came in and what went out are then not all "
        "there is, and a balance between them, a quiet time or a sudden change may be chance. Not an innocent "
        "explanation, but less of a proof."
    ),
    on=("S04", "S08", "S17", "L03", "L05", "L13"),
    factor=factor(0.5),
    judge=_judge,
    needs=("accounts.kind",),
)
