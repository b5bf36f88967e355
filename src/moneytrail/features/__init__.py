"""What a transfer looks like to a detector: numbers, each causal, each with a name, a unit, a window and a meaning.

Causal means that the value of a transfer uses only transfers up to it in ledger order, so that batch and stream agree.
Names, nationality, countries and labels are never features.

A name says what it is and over which window: ``creditor_in_fan_7d``, ``temporal_cycle_3_36h``. Any window may be asked
for; :data:`FEATURES` lists those that are usual. Only what is asked for is computed, block by block (:func:`blocks`).
"""

from moneytrail.features.matrix import blocks, compute
from moneytrail.features.names import (
    DETECTOR_FEATURES,
    FEATURE_NAMES,
    FEATURES,
    FEATURES_HASH,
    Feature,
    describe,
    hash_of,
    names_for,
    window_of,
)

__all__ = [
    "DETECTOR_FEATURES",
    "FEATURES",
    "FEATURES_HASH",
    "FEATURE_NAMES",
    "Feature",
    "blocks",
    "compute",
    "describe",
    "hash_of",
    "names_for",
    "window_of",
]
