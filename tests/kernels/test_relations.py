"""What two accounts were to each other, against plain Python."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.relations import RelationRule, Relations
from tests.oracles import relations as oracle
from tests.worlds import ACCOUNTS, Row, arrays_of, frozen, relations_of, row_lists


class Setting(NamedTuple):
    rows: list[Row]
    month: list[int]
    pulled: list[bool]
    links: list[tuple[int, ...]]
    rule: RelationRule


@st.composite
def settings_(draw: st.DrawFn) -> Setting:
    rows = draw(row_lists(origin=draw(st.sampled_from((0, -10)))))
    length = draw(st.integers(1, 9))
    return Setting(
        rows,
        [row[2] // length for row in rows],
        draw(st.lists(st.sampled_from((False, False, True)), min_size=len(rows), max_size=len(rows))),
        draw(st.lists(st.tuples(*[st.integers(-1, 3)] * 2), min_size=ACCOUNTS, max_size=ACCOUNTS))
        if draw(st.booleans())
        else [(-1, -1)] * ACCOUNTS,
        RelationRule(draw(st.integers(1, 22)), draw(st.integers(1, 12)), draw(st.integers(1, 3))),
    )


def run(setting: Setting, chunks: int = 64) -> Relations:
    return relations_of(
        arrays_of(setting.rows),
        setting.rule,
        month=frozen(setting.month, np.int32),
        pulled=frozen(setting.pulled, np.bool_),
        links=frozen(setting.links, np.int32),
        chunks=chunks,
    )


@given(settings_())
@settings(max_examples=100)
def test_relations_equal_the_oracle(setting: Setting) -> None:
    rule = oracle.Dealings(*setting.rule)
    expected = oracle.relations(setting.rows, setting.month, setting.pulled, setting.links, rule)
    made = [oracle.Relation(*values) for values in zip(*(array.tolist() for array in run(setting)), strict=True)]
    assert made == expected


@given(settings_(), st.sampled_from((1, 3)))
@settings(max_examples=60)
def test_chunks_do_not_change_relations(setting: Setting, chunks: int) -> None:
    for one, other in zip(run(setting), run(setting, chunks), strict=True):
        assert one.tolist() == other.tolist()


RULE = RelationRule(lookback=100, gap=10, payments=3)


def affiliated_at_the_end(times: list[int], months: list[int]) -> bool:
    rows: list[Row] = [(0, 1, time, 5) for time in times]
    setting = Setting(rows, months, [False] * len(rows), [(-1,)] * ACCOUNTS, RULE)
    return bool(run(setting).affiliated[-1])


@pytest.mark.parametrize(
    ("times", "months", "expected"),
    [
        ([0, 5, 10, 20], [0, 1, 1, 1], True),
        # One unit too young: exactly the gap old still counts.
        ([0, 5, 11, 20], [0, 1, 1, 1], False),
        # All in one month.
        ([0, 5, 10, 20], [0, 0, 0, 1], False),
        # The oldest is exactly the lookback old, and so left out.
        ([0, 5, 10, 100], [0, 1, 2, 3], False),
        ([1, 5, 10, 100], [0, 1, 2, 3], True),
    ],
)
def test_regular_dealings_at_their_borders(times: list[int], months: list[int], expected: bool) -> None:
    assert affiliated_at_the_end(times, months) is expected
