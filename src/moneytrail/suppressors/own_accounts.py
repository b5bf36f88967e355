"""R-OWN: transfers between accounts of one party are no edges of a pattern."""

from __future__ import annotations

from moneytrail.suppressors.base import Suppressor

SUPPRESSOR = Suppressor(
    code="R-OWN",
    name="a sweep between one's own accounts",
    test=(
        "The account table gives both ends the same party. Such transfers are no edges of L05 to L09, and the two "
        "accounts are no strangers to each other in any rule."
    ),
    on=(),
    needs=("accounts.party",),
)
