"""The worlds of the core benchmark: the same every time, in order, and of the shape that they claim."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.worlds import SECOND, SELF_SHARE, START, WORLDS, sparse


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_is_the_same_every_time(name: str) -> None:
    first, second = WORLDS[name](5_000), WORLDS[name](5_000)
    assert first.accounts == second.accounts
    for one, other in zip(first[2:], second[2:], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("transfers", [1, 20, 12_345])
def test_a_world_is_whole(name: str, transfers: int) -> None:
    world = WORLDS[name](transfers)
    assert world.time.size == transfers
    for side in (world.debtor, world.creditor):
        assert side.dtype == np.int32
        assert side.min() >= 0
        assert side.max() < world.accounts
    assert (np.diff(world.time) >= 0).all()
    assert (world.time % SECOND == 0).all()
    assert world.time[0] > START
    assert world.amount.min() > 0


def test_the_sparse_world_has_its_hub_and_its_self_transfers() -> None:
    world = sparse(200_000)
    assert 0.02 < np.bincount(world.debtor).max() / 200_000 < 0.05
    assert abs((world.debtor == world.creditor).mean() - SELF_SHARE) < 0.005


def test_a_larger_world_has_more_towns_and_not_heavier_hubs() -> None:
    one, four = sparse(50_000, town=50_000), sparse(200_000, town=50_000)
    heaviest = [np.bincount(world.debtor).max() for world in (one, four)]
    assert abs(heaviest[1] / heaviest[0] - 1) < 0.2


@pytest.mark.parametrize("name", WORLDS)
def test_a_plain_world_has_neither_ties_nor_self_transfers(name: str) -> None:
    plain = WORLDS[name](5_000).plain()
    assert (np.diff(plain.time) > 0).all()
    assert (plain.debtor != plain.creditor).all()
