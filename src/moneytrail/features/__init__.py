"""What a transfer looks like to a detector: numbers, each with a name, a unit, a window and a meaning.

All are causal but those that say otherwise in their names. Causal means that the value of a transfer uses only
transfers up to it in ledger order, so that batch and stream agree. ``instant_…`` counts what is booked at the same time
and is known when the instant is over. ``hindsight_…`` looks ahead, over ``[t, t + window)``: the same column of the
ledger with time reversed (:attr:`TransactionGraph.reversed`), for batches only. Names, nationality, countries and
labels are never features.

A name says what it is and over which window: ``creditor_in_fan_7d``, ``temporal_cycle_3_36h``. Any window may be asked
for; :data:`FEATURES` lists those that are usual. Only what is asked for is computed, block by block (:func:`blocks`).
"""

from moneytrail.features.matrix import blocks, compute
from moneytrail.features.names import (
    AHEAD,
    DETECTOR_FEATURES,
    FEATURE_NAMES,
    FEATURES,
    FEATURES_HASH,
    OF_TRANSFER,
    UNWINDOWED,
    describe,
    hash_of,
    names_for,
    window_of,
)
from moneytrail.features.pool import Pool
from moneytrail.features.stems import Feature

__all__ = [
    "AHEAD",
    "DETECTOR_FEATURES",
    "FEATURES",
    "FEATURES_HASH",
    "FEATURE_NAMES",
    "OF_TRANSFER",
    "UNWINDOWED",
    "Feature",
    "Pool",
    "blocks",
    "compute",
    "describe",
    "hash_of",
    "names_for",
    "window_of",
]
