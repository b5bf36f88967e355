"""Detectors: how strange a transfer looks among the others, whatever the typologies say.

``DETECTORS`` is the registry of names; :func:`unfitted` makes one, :mod:`moneytrail.artifacts` loads a shipped one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from moneytrail.detectors.base import Detector
from moneytrail.detectors.pyod_models import PyodDetector
from moneytrail.detectors.scorers import warm_up
from moneytrail.errors import ParameterError
from moneytrail.features import FEATURE_NAMES

__all__ = ["DETECTORS", "Detector", "PyodDetector", "unfitted", "warm_up"]

DETECTORS: Final[tuple[PyodDetector, ...]] = (
    PyodDetector("iforest", FEATURE_NAMES),
    PyodDetector("hbos", FEATURE_NAMES),
)


def unfitted(name: str, features: tuple[str, ...] = FEATURE_NAMES) -> PyodDetector:
    """The detector of this name over these columns, before fitting.

    Raises
    ------
    ParameterError
        Naming the detectors there are.
    """
    for detector in DETECTORS:
        if detector.name == name:
            return replace(detector, features=features)
    raise ParameterError(f"no detector {name!r}; there are {', '.join(d.name for d in DETECTORS)}")
