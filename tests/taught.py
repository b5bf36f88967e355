"""Small banks and a small combination that learned from one of them; made once a process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from moneytrail import combination
from moneytrail.combination import Combination
from moneytrail.detectors import BoostingSettings
from moneytrail.evaluation.case import Case
from moneytrail.rates import ExchangeRates
from moneytrail.simulate import Wish

FEW: Final = BoostingSettings(trees=25, leaves=7, l2=5.0, negatives=4_000)
SEED: Final = 4


@cache
def bank(seed: int = 6) -> Case:
    """A simulated bank with naive gangs, some thousand transfers."""
    wish = Wish(customers=150, days=75, seed=seed, gangs=4, typologies=("S01", "L03"), strength=0.0)
    return Case.simulated(wish, ExchangeRates.load(), lambda *_: None)


def early(case: Case) -> NDArray[np.bool_]:
    """The transfers of the first seven tenths of time."""
    time = case.graph.time
    return np.asarray(time < time[0] + (time[-1] - time[0]) * 7 // 10)


def small() -> Combination:
    """Unfitted, with few trees."""
    return Combination(settings=FEW)


@cache
def fitted() -> Combination:
    """Fitted on the early transfers of :func:`bank`."""
    case = bank()
    with few_trees():
        return small().fit(case.graph, early(case), case.illicit, seed=SEED)


@contextmanager
def few_trees() -> Iterator[None]:
    """Round one grows few trees, too, and scikit-learn on one thread: beside other tests a second one waits in turn."""
    with pytest.MonkeyPatch.context() as patch, threadpool_limits(1, user_api="openmp"):
        patch.setattr(combination, "FIRST", BoostingSettings(trees=15, leaves=7, l2=5.0, held=0.0))
        yield
