"""The look-alike library: innocent explanations with their tests. ``SUPPRESSORS`` is the registry, in order of code.

Two of them lower no score but choose what is looked at in the first place: R-SAL (a salary is never a stranger's
transfer) and R-OWN (transfers between accounts of one party are no edges of a pattern).
"""

from __future__ import annotations

from typing import Final

from moneytrail.errors import ParameterError
from moneytrail.suppressors.base import Case, Suppressor, View

__all__ = ["SUPPRESSORS", "Case", "Suppressor", "View", "by_code"]

SUPPRESSORS: Final[tuple[Suppressor, ...]] = ()


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
