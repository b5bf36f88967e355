"""Detectors: how strange a transfer looks among the others, whatever the typologies say.

``DETECTORS`` is the registry of names; :func:`unfitted` makes one, of PyOD's others as well (``pyod:knn``);
:mod:`moneytrail.artifacts` saves and loads them. See ``docs/detectors.md``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from moneytrail.detectors.base import Detector
from moneytrail.detectors.boosting import BoostingDetector, BoostingSettings
from moneytrail.detectors.pyod_models import OWN, PREFIX, module_of
from moneytrail.detectors.ranked import RankedDetector
from moneytrail.detectors.scorers import warm_up
from moneytrail.errors import ParameterError
from moneytrail.features import FEATURE_NAMES

__all__ = [
    "DETECTORS",
    "BoostingDetector",
    "BoostingSettings",
    "Detector",
    "RankedDetector",
    "unfitted",
    "warm_up",
]

DETECTORS: Final[tuple[RankedDetector | BoostingDetector, ...]] = (
    RankedDetector("iforest", FEATURE_NAMES),
    RankedDetector("hbos", FEATURE_NAMES),
    RankedDetector("ecod", FEATURE_NAMES),
    RankedDetector("copod", FEATURE_NAMES),
    RankedDetector("isolation-forest", FEATURE_NAMES),
    BoostingDetector(FEATURE_NAMES),
)


def unfitted(name: str, features: tuple[str, ...] = FEATURE_NAMES) -> RankedDetector | BoostingDetector:
    """The detector of this name over these columns, before fitting.

    Parameters
    ----------
    name : str
        One of :data:`DETECTORS`, or ``pyod:NAME`` with PyOD's module or class name in any case. ``pyod:iforest`` and
        the other three that have scorers of our own are those: their name loses the prefix.
    features : tuple of str

    Raises
    ------
    ParameterError
        Naming the detectors there are, close names, why a PyOD detector is not offered, or what is not installed.
    """
    if name.lower().startswith(PREFIX):
        module = module_of(name[len(PREFIX) :])
        if module not in OWN:
            return RankedDetector(PREFIX + module, features)
        name = module
    for detector in DETECTORS:
        if detector.name == name:
            return replace(detector, features=features)
    known = ", ".join(detector.name for detector in DETECTORS)
    raise ParameterError(f"no detector {name!r}; there are {known}, and PyOD's others as {PREFIX}NAME")
