"""For every look-alike that a typology names a scene of it; what no data can tell stands in ``OPEN``."""

from __future__ import annotations

from tests.suppressors.look_alikes import brokering, businesses, collecting, layering, operating, placing
from tests.suppressors.look_alikes.look_alike import LookAlike

__all__ = ["EVERY", "LOOK_ALIKES", "OPEN", "LookAlike"]

EVERY: tuple[LookAlike, ...] = (
    *collecting.SCENES,
    *brokering.SCENES,
    *operating.SCENES,
    *placing.SCENES,
    *layering.SCENES,
    *businesses.SCENES,
)

LOOK_ALIKES = tuple(one for one in EVERY if not one.why_open)
OPEN = tuple(one for one in EVERY if one.why_open)
