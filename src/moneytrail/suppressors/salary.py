"""R-SAL: a salary is never a stranger's transfer."""

from __future__ import annotations

from moneytrail.suppressors.base import Suppressor

SUPPRESSOR = Suppressor(
    code="R-SAL",
    name="a salary",
    test=(
        "The third or later credit of one payer, pushed by bank transfer, with words for pay or from a business or "
        "institution; the last two pauses are both 28 to 35 days, or both 14, or both 7; the last three amounts have "
        "a coefficient of variation of at most 0.15. Such credits are never a stranger's: no rule counts them."
    ),
    on=(),
)
