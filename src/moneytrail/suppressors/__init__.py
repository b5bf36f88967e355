"""The look-alike library: innocent explanations with their tests. ``SUPPRESSORS`` is the registry.

Two of them lower no score but choose what is looked at in the first place: R-SAL (a salary is never a stranger's
transfer) and R-OWN (transfers between accounts of one party are no edges of a pattern).
"""

from __future__ import annotations

from typing import Final

from moneytrail.errors import ParameterError
from moneytrail.suppressors import (
    agent,
    bill_splitting,
    cash_business,
    charity,
    client_account,
    coast,
    crowdfunding,
    established_business,
    group_treasury,
    haulier,
    held_elsewhere,
    investor,
    lump_sum,
    marine,
    marketplace,
    open_to_all,
    own_accounts,
    payroll,
    refunds,
    registered_service,
    remittance,
    rent,
    salary,
    savings_circle,
    student,
    trade,
    trader,
    trip,
    tuition,
)
from moneytrail.suppressors.base import Case, Suppressor, View

__all__ = ["SUPPRESSORS", "Case", "Suppressor", "View", "by_code"]

SUPPRESSORS: Final[tuple[Suppressor, ...]] = (
    salary.SUPPRESSOR,
    payroll.SUPPRESSOR,
    rent.SUPPRESSOR,
    marketplace.SUPPRESSOR,
    crowdfunding.SUPPRESSOR,
    charity.SUPPRESSOR,
    student.SUPPRESSOR,
    tuition.SUPPRESSOR,
    remittance.SUPPRESSOR,
    savings_circle.SUPPRESSOR,
    trip.SUPPRESSOR,
    bill_splitting.SUPPRESSOR,
    own_accounts.SUPPRESSOR,
    lump_sum.SUPPRESSOR,
    trader.SUPPRESSOR,
    cash_business.SUPPRESSOR,
    registered_service.SUPPRESSOR,
    agent.SUPPRESSOR,
    marine.SUPPRESSOR,
    haulier.SUPPRESSOR,
    trade.SUPPRESSOR,
    refunds.SUPPRESSOR,
    coast.SUPPRESSOR,
    client_account.SUPPRESSOR,
    investor.SUPPRESSOR,
    group_treasury.SUPPRESSOR,
    established_business.SUPPRESSOR,
    open_to_all.SUPPRESSOR,
    held_elsewhere.SUPPRESSOR,
)


def by_code(code: str) -> Suppressor:
    """The suppressor with this code.

    Raises
    ------
    ParameterError
        Naming the codes there are.
    """
    for entry in SUPPRESSORS:
        if entry.code == code:
            return entry
    raise ParameterError(f"no suppressor {code!r}; there are {', '.join(s.code for s in SUPPRESSORS)}")
