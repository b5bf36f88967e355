"""The catalogue of typologies: how smuggling money looks in bank data.

``CATALOGUE`` is the registry, in order of id. Add a file, add its ``TYPOLOGY`` here; nothing else knows the list.
"""

from __future__ import annotations

from typing import Final

from moneytrail.errors import ParameterError
from moneytrail.matches import Matches, Measure, Parameter, Role
from moneytrail.typologies import (
    l01_structuring,
    l03_mule_pass_through,
    l04_fan_out,
    s01_seat_fee_fan_in,
)
from moneytrail.typologies.base import Source, Typology

__all__ = [
    "CATALOGUE",
    "Matches",
    "Measure",
    "Parameter",
    "Role",
    "Source",
    "Typology",
    "by_id",
]

CATALOGUE: Final[tuple[Typology, ...]] = (
    s01_seat_fee_fan_in.TYPOLOGY,
    l01_structuring.TYPOLOGY,
    l03_mule_pass_through.TYPOLOGY,
    l04_fan_out.TYPOLOGY,
)


def by_id(typology: str) -> Typology:
    """The catalogue entry with this id.

    Raises
    ------
    ParameterError
        Naming the ids there are.
    """
    for entry in CATALOGUE:
        if entry.id == typology:
            return entry
    raise ParameterError(f"no typology {typology!r}; there are {', '.join(t.id for t in CATALOGUE)}")
