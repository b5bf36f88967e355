"""Statistics of accounts against exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.blocks import Block
from moneytrail.kernels.statistics import FEW, STATISTICS, statistics
from tests.kernels.account_runs import ABSENT, Setting, blocks_of, every_target, run, settings_of
from tests.kernels.test_parallel import COMPILED, random_world
from tests.oracles import statistics as oracle
from tests.worlds import DAY, HOUR, NEW_YEAR, Arrays, Row, arrays_of, frozen

SIZES = ("degree", "fan", "degree_per_fan", "amount_sum")
EXACT = (*SIZES, "amount_minimum", "amount_maximum", "gap_minimum", "gap_maximum")
NEAR = 1e-9
"""Of the value; of a skewness of a kurtosis, since what it is the small difference of is as large as that."""
SECONDS = 1_000_000


def fill(world: Arrays, block: Block, window: int, targets: NDArray[np.int32], matrix: NDArray[np.float32]) -> None:
    """Fill the columns asked for; the kernel wants them to hold 0, and leaves them so where there is nothing to say."""
    matrix[:, targets[:, 3]] = 0.0
    statistics(world.both, block, window, targets, matrix)


def check(got: NDArray[np.float32], exact: list[Fraction | float], where: object) -> None:
    """Every statistic is what it should be, but for the last place of a float32 and one part in a billion."""
    wanted = dict(zip(STATISTICS, exact, strict=True))
    for name, value in zip(STATISTICS, got.tolist(), strict=True):
        truth = float(wanted[name])
        scale = float(wanted[name.replace("skewness", "kurtosis")])
        slack = 0.0 if name in EXACT else abs(scale) * NEAR
        low, high = np.array([truth - slack, truth + slack], np.float32)
        assert low <= value <= high, (where, name, value, truth)


def compare(rows: list[Row], made: NDArray[np.float32], window: int, places: range) -> None:
    """Check every role and way at these places, and that nothing else was written."""
    assert (made[:, [0, -1]] == ABSENT).all(), "written outside the columns asked for"
    for place in places:
        for role in range(2):
            for way in range(2):
                column = 1 + (role * 2 + way) * len(STATISTICS)
                got, account = made[place, column : column + len(STATISTICS)], rows[place][role]
                if account < 0:
                    assert (got == 0.0).all()
                else:
                    check(got, oracle.statistics(rows, place, account, way, window), (place, role, way))


@given(st.one_of(settings_of(), settings_of(SECONDS), settings_of(DAY)))
@settings(max_examples=100)
def test_statistics_equal_the_oracle(setting: Setting) -> None:
    world = arrays_of(setting.rows)
    blocks = blocks_of(world, setting.cuts, setting.chunks)
    made = run(fill, world, every_target(len(STATISTICS)), setting.window, blocks)
    compare(setting.rows, made, setting.window, range(len(setting.rows)))


def crowded(times: list[int], amounts: tuple[int, ...], accounts: int = 5, seed: int = 3) -> list[Row]:
    """Return transfers at these times of which account 0 pays and is paid most, itself and nobody included."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for time, amount in zip(sorted(times), rng.choice(amounts, len(times)), strict=True):
        other, way = int(rng.integers(-1, accounts)), int(rng.integers(0, 3))
        rows.append((0, other, time, int(amount)) if way else (max(other, 1), 0, time, int(amount)))
    return rows


def spread(size: int, span: int, seed: int = 5) -> list[int]:
    return [int(time) for time in np.random.default_rng(seed).integers(0, 20, size) * (span // 20)]


def bursts(size: int, span: int) -> list[int]:
    """Return times of which most fall into three instants."""
    return [time if i % 7 == 0 else time // (span // 3) * (span // 3) for i, time in enumerate(spread(size, span))]


PENCE = (1, 99, 250, 999, 12_345, 5_000_000)
LARGE = {
    "ties": (spread(400, 20 * HOUR), PENCE),
    "bursts": (bursts(400, 20 * HOUR), PENCE),
    "odd times": ([time + i * 7_919 * 7_919 for i, time in enumerate(spread(400, 20 * HOUR))], PENCE),
    "one amount": (spread(300, 20 * HOUR), (777,)),
    "huge": (spread(400, 20 * HOUR), (0, 1, 2**31, 2**53 - 1, 2**53)),
    "nearly one amount": (spread(400, 20 * HOUR), (10**9, 10**9 + 1)),
    "before 1970": ([time - 10 * HOUR for time in spread(400, 20 * HOUR)], PENCE),
    "this year": ([time + NEW_YEAR for time in spread(400, 20 * HOUR)], PENCE),
}


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("window", [1, 3 * HOUR, 5 * HOUR + 1, 13 * HOUR, 100 * HOUR, 3660 * DAY])
def test_windows_of_hundreds_equal_the_oracle(name: str, window: int) -> None:
    times, amounts = LARGE[name]
    rows = crowded(times, amounts)
    world = arrays_of(rows)
    made = run(fill, world, every_target(len(STATISTICS)), window, blocks_of(world, (150, 260)))
    assert window < 3 * HOUR or max(made[:, 1].max(), made[:, 1 + len(STATISTICS)].max()) > FEW
    compare(rows, made, window, range(0, len(rows), 9))


@given(
    st.lists(st.integers(0, 60), min_size=FEW - 4, max_size=2 * FEW + 10),
    st.integers(1, 70),
    st.lists(st.integers(1, 100), max_size=2, unique=True).map(sorted),
    st.sampled_from((0, -30, NEW_YEAR)),
)
@settings(max_examples=60)
def test_windows_that_pass_from_few_to_many_and_back_equal_the_oracle(
    times: list[int], window: int, cuts: list[int], origin: int
) -> None:
    rows: list[Row] = [(0, i % 4 - 1, origin + time, i % 11) for i, time in enumerate(sorted(times))]
    world = arrays_of(rows)
    made = run(fill, world, every_target(len(STATISTICS)), window, blocks_of(world, cuts))
    compare(rows, made, window, range(0, len(rows), 5))


@pytest.mark.parametrize("amount", [2**53, 2**53 + 1, 7 * 2**58])
def test_what_has_left_the_window_leaves_no_trace(amount: int) -> None:
    rows: list[Row] = [(0, 1, 0, amount), *((0, 2, 1 + i // 9, 3 + i % 2) for i in range(200))]
    world = arrays_of(rows)
    made = run(fill, world, every_target(len(STATISTICS)), 15, blocks_of(world, ()))
    compare(rows, made, 15, range(0, len(rows), 3))
    assert made[-1, 1] > FEW


def test_ages_skew_towards_what_is_long_ago() -> None:
    """Age is the time from a transfer to this one: one old transfer among new ones is a long tail to the right."""
    rows: list[Row] = [(0, 1, 0, 1), *[(0, 1, 10 * SECONDS, 1)] * 9]
    world = arrays_of(rows)
    made = run(fill, world, every_target(len(STATISTICS)), DAY, blocks_of(world, ()))
    assert made[-1, 1 + STATISTICS.index("age_skewness")] == pytest.approx(8 / 3)


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    before = numba.get_num_threads()
    yield lambda number: numba.set_num_threads(min(number, numba.config.NUMBA_NUM_THREADS))
    numba.set_num_threads(before)


@pytest.fixture(scope="module")
def world() -> Arrays:
    """Account 0 takes part in every third transfer: hundreds of them within 60 days."""
    return random_world(accounts=40, transfers=3_000 if COMPILED else 600)


@pytest.mark.parametrize("window", [HOUR, 7 * DAY, 60 * DAY])
def test_the_same_bits_for_any_threads_chunks_and_blocks(
    world: Arrays, window: int, threads: Callable[[int], None]
) -> None:
    targets = every_target(len(STATISTICS))
    made = []
    for number in (1, 2):
        threads(number)
        for chunks, cuts in ((1, ()), (64, ()), (3, (500,)), (64, range(1, 3_000, 371)), (5, (1, 2, 599))):
            made.append(run(fill, world, targets, window, blocks_of(world, cuts, chunks)).tobytes())
    assert set(made) == {made[0]}


def test_only_what_is_asked_for_is_written_and_the_rest_makes_no_difference(world: Arrays) -> None:
    blocks = blocks_of(world, (500,))
    whole = run(fill, world, every_target(len(STATISTICS)), 30 * DAY, blocks)
    for target in every_target(len(STATISTICS)):
        asked = frozen([[*target[:3], 1]], np.int32)
        made = run(fill, world, asked, 30 * DAY, blocks)
        assert made[:, 1].tobytes() == whole[:, target[3]].tobytes(), target
        assert (made[:, [0, -1]] == ABSENT).all()


def test_rows_that_nobody_wants_change_nothing(world: Arrays) -> None:
    wanted = (np.random.default_rng(5).random(world.time.size) < 0.05).tolist()
    targets = every_target(len(STATISTICS))
    whole = run(fill, world, targets, 30 * DAY, blocks_of(world, ()))
    made = run(fill, world, targets, 30 * DAY, blocks_of(world, (300, 450), wanted=wanted))
    assert np.array_equal(made[wanted], whole[wanted])
    assert (made[:, 1:-1] == 0.0).all(axis=1).any()


def test_an_empty_ledger_gives_nothing() -> None:
    world = arrays_of([], 3)
    assert run(fill, world, every_target(len(STATISTICS)), DAY, blocks_of(world, ())).size == 0


@pytest.mark.parametrize("between", [0, 4, 5, 30])
def test_a_large_window_filled_up_by_transfers_to_oneself_or_nobody_counts_its_peers(between: int) -> None:
    """How counterparties are counted changes with the size of the window, whoever made it large."""
    strangers: list[Row] = [(0, 1 + i % 4, i, 5) for i in range(20)]
    others: list[Row] = [(0, -(i % 2), 20 + i, 5) for i in range(between)]
    later: list[Row] = [(0, 1, 20 + between + i, 5) for i in range(30)]
    rows = [*strangers, *others, *later]
    world = arrays_of(rows)
    made = run(fill, world, every_target(len(STATISTICS)), 40, blocks_of(world, ()))
    compare(rows, made, 40, range(len(rows)))
