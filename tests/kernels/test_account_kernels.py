"""What holds of every kernel that fills columns of accounts: any blocks, any threads, any targets, a hub soon done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numba
import numpy as np
import pytest

from tests.kernels import test_concentration, test_dwell, test_medians, test_rhythm
from tests.kernels.account_runs import ABSENT, Fill, blocks_of, every_target, run
from tests.kernels.test_parallel import COMPILED, SOON, hub, random_world
from tests.worlds import DAY, HOUR, Arrays, arrays_of


class Case(NamedTuple):
    """A kernel and how many statistics it knows."""

    name: str
    fill: Fill
    statistics: int


CASES = (
    Case("medians", test_medians.fill, 2),
    Case("concentration", test_concentration.fill, 1),
    Case("dwell", test_dwell.fill, 3),
    Case("rhythm", test_rhythm.fill, 7),
)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    made: Case = request.param
    return made


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    before = numba.get_num_threads()
    yield lambda number: numba.set_num_threads(min(number, numba.config.NUMBA_NUM_THREADS))
    numba.set_num_threads(before)


@pytest.fixture(scope="module")
def world() -> Arrays:
    """Account 0 takes part in every third transfer, so that long windows hold many."""
    return random_world(accounts=40, transfers=3_000 if COMPILED else 500)


@pytest.mark.parametrize("window", [HOUR, 7 * DAY, 60 * DAY])
def test_the_same_bits_for_any_threads_chunks_and_blocks(
    case: Case, world: Arrays, window: int, threads: Callable[[int], None]
) -> None:
    targets = every_target(case.statistics)
    made = []
    for number in (1, 2):
        threads(number)
        for chunks, cuts in ((1, ()), (64, ()), (3, (250,)), (64, range(1, 3_000, 371)), (5, (1, 2, 499))):
            made.append(run(case.fill, world, targets, window, blocks_of(world, cuts, chunks)).tobytes())
    assert set(made) == {made[0]}


def test_only_what_is_asked_for_is_written(case: Case, world: Arrays) -> None:
    every = every_target(case.statistics)
    blocks = blocks_of(world, (250,))
    whole = run(case.fill, world, every, 7 * DAY, blocks)
    for target in every:
        part = [np.full((block.last - block.first, whole.shape[1]), ABSENT, np.float32) for block in blocks]
        for block, matrix in zip(blocks, part, strict=True):
            case.fill(world, block, 7 * DAY, np.array([target], np.int32), matrix)
        made = np.concatenate(part)
        assert np.array_equal(made[:, target[3]], whole[:, target[3]])
        assert (np.delete(made, target[3], axis=1) == ABSENT).all()


def test_rows_that_nobody_wants_change_nothing(case: Case, world: Arrays) -> None:
    """Wanted rows have the values that they have when every row is wanted."""
    wanted = (np.random.default_rng(5).random(world.time.size) < 0.05).tolist()
    targets = every_target(case.statistics)
    whole = run(case.fill, world, targets, 7 * DAY, blocks_of(world, (150, 400)))
    made = run(case.fill, world, targets, 7 * DAY, blocks_of(world, (150, 400), wanted=wanted))
    assert np.array_equal(made[wanted], whole[wanted])
    assert (made == ABSENT).all(axis=1).any()


def test_an_empty_ledger_gives_nothing(case: Case) -> None:
    world = arrays_of([], 3)
    assert run(case.fill, world, every_target(case.statistics), DAY, blocks_of(world, ())).size == 0


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="a hub of a million is for compiled kernels")
def test_a_hub_of_a_million_transfers_is_soon_done(case: Case, big_hub: Arrays) -> None:
    """All of them in one window, every statistic, both roles. In seconds of work, as other programs may run."""
    targets = every_target(case.statistics)
    small = random_world(accounts=5, transfers=50)
    run(case.fill, small, targets, 30 * DAY, blocks_of(small, ()))
    blocks = blocks_of(big_hub, ())
    test_rhythm.facts_of(big_hub)
    start = time.process_time()
    made = run(case.fill, big_hub, targets, 30 * DAY, blocks)
    assert time.process_time() - start < SOON
    assert np.isfinite(made).all()


@pytest.fixture(scope="module")
def big_hub() -> Arrays:
    return hub(1_000_000)
