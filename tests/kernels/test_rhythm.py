"""Pauses, bursts and new counterparties against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.blocks import Block
from moneytrail.kernels.relations import RelationRule, Relations
from moneytrail.kernels.rhythm import (
    BURST,
    DORMANCY,
    DORMANCY_EITHER,
    FIRST_SHARE,
    ONE_SHOT_SHARE,
    SINCE,
    SINCE_EITHER,
    STATISTICS,
    rhythm,
)
from tests.kernels.account_runs import Fill, Setting, blocks_of, compare, every_target, run, settings_of
from tests.oracles import rhythm as oracle
from tests.oracles.relations import Dealings, relations
from tests.worlds import DAY, HOUR, Arrays, Row, arrays_of, relations_of

RULE = RelationRule(lookback=180 * DAY, gap=30 * DAY, payments=3)
_known: list[tuple[Arrays, Relations]] = []


def facts_of(world: Arrays) -> Relations:
    """Return the relations of a world, worked out once as long as the same world is asked for."""
    if not _known or _known[0][0] is not world:
        _known[:] = [(world, relations_of(world, RULE))]
    return _known[0][1]


def fill(world: Arrays, block: Block, window: int, targets: NDArray[np.int32], matrix: NDArray[np.float32]) -> None:
    rhythm(world.outgoing, world.incoming, facts_of(world), block, window, targets, matrix)


def fill_by(rule: RelationRule) -> Fill:
    """Return a run of the kernel with other relations than the usual ones."""

    def filled(
        world: Arrays, block: Block, window: int, targets: NDArray[np.int32], matrix: NDArray[np.float32]
    ) -> None:
        rhythm(world.outgoing, world.incoming, relations_of(world, rule), block, window, targets, matrix)

    return filled


@given(st.data(), st.sampled_from((HOUR, 10 * DAY, 50 * DAY)), st.sampled_from((2, 6, 30)))
@settings(max_examples=100)
def test_rhythm_equals_the_oracle(data: st.DataObject, unit: int, lookback: int) -> None:
    setting: Setting = data.draw(settings_of(unit=unit))
    rule = RelationRule(lookback * unit, unit, 2)
    facts = relations(setting.rows, [0] * len(setting.rows), [False] * len(setting.rows), [(-1,)] * 6, Dealings(*rule))

    def values(place: int, account: int, way: int) -> list[float]:
        return [float(value) for value in oracle.rhythm(setting.rows, facts, place, account, way, setting.window)]

    compare(fill_by(rule), setting, len(STATISTICS), values)


def values_of(rows: list[Row], window: int, *, role: int = 0, way: int = 0) -> list[float]:
    """Every statistic of an account of the last transfer."""
    world = arrays_of(rows)
    first = 1 + (role * 2 + way) * len(STATISTICS)
    made = run(fill, world, every_target(len(STATISTICS)), window, blocks_of(world, ()))
    values: list[float] = made[-1, first : first + len(STATISTICS)].tolist()
    return values


def test_the_first_transfer_of_all_comes_after_the_longest_pause() -> None:
    made = values_of([(0, 1, 0, 5)], DAY)
    longest = 180 * 86_400.0
    assert [made[k] for k in (SINCE, SINCE_EITHER, DORMANCY, DORMANCY_EITHER)] == [longest] * 4
    assert [made[k] for k in (FIRST_SHARE, ONE_SHOT_SHARE)] == [1.0, 1.0]


def test_a_credit_ends_the_pause_of_an_account_but_not_that_of_its_debits() -> None:
    rows: list[Row] = [(0, 1, 0, 5), (2, 0, 40 * DAY, 5), (0, 1, 41 * DAY, 5)]
    made = values_of(rows, 30 * DAY)
    assert made[SINCE] == made[DORMANCY] == 41 * 86_400
    assert made[SINCE_EITHER] == 86_400
    assert made[DORMANCY_EITHER] == 40 * 86_400


def test_a_transfer_to_oneself_is_not_before_itself() -> None:
    rows: list[Row] = [(0, 1, 0, 5), (0, 0, HOUR, 5)]
    for way, since in ((0, 3600.0), (1, 180 * 86_400.0)):
        made = values_of(rows, DAY, way=way)
        assert made[SINCE] == since
        assert made[SINCE_EITHER] == 3600.0


@pytest.mark.parametrize(("last", "burst"), [(0, 3 / (1 + 3 / 30)), (DAY, 1 / (1 + 3 / 30))])
def test_a_burst_is_within_the_last_thirtieth(last: int, burst: float) -> None:
    rows: list[Row] = [(0, 1, 0, 5), (0, 2, 0, 5), (0, 3, last, 5)]
    assert values_of(rows, 30 * DAY)[BURST] == np.float32(burst)


def test_three_transfers_are_one_shot_and_four_are_not() -> None:
    rows: list[Row] = [(0, 1, HOUR * k, 5) for k in range(4)]
    assert values_of(rows[:3], DAY)[ONE_SHOT_SHARE] == 1.0
    assert values_of(rows, DAY)[ONE_SHOT_SHARE] == 0.0


def test_someone_who_paid_the_account_before_is_not_new() -> None:
    rows: list[Row] = [(1, 0, 0, 5), (0, 1, DAY, 5), (0, 2, DAY, 5)]
    assert values_of(rows, DAY // 2)[FIRST_SHARE] == 0.5
