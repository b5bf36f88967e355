"""Fans and their backing against plain Python."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.fans import FanRule, backing, fans
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.relations import RelationRule, Relations
from tests.oracles import fans as oracle
from tests.oracles.relations import Dealings, Relation, relations
from tests.worlds import AMOUNTS, HUGE, Arrays, Row, arrays_of, frozen, relations_of, row_lists

LOOKBACK = 12
RELATION_RULE = RelationRule(lookback=LOOKBACK, gap=4, payments=2)
SHARES = st.sampled_from((0, 1, 333, 334, 500, 667, 1000))
ROWS = st.one_of(row_lists(), row_lists(amounts=AMOUNTS + HUGE), row_lists(origin=-10)).map(
    # Few accounts collect, so that gates hold often.
    lambda rows: [(d, c if i % 3 == 0 or d == 0 else 0, t, a) for i, (d, c, t, a) in enumerate(rows)]
)


class Setting(NamedTuple):
    rows: list[Row]
    pulled: list[bool]
    rule: FanRule


@st.composite
def settings_(draw: st.DrawFn) -> Setting:
    rows = draw(ROWS)
    if draw(st.booleans()):
        rows = [(creditor, debtor, time, amount) for debtor, creditor, time, amount in rows]
    rule = FanRule(
        window=draw(st.integers(1, LOOKBACK)),
        peers=draw(st.integers(1, 3)),
        first_share=draw(SHARES),
        one_shot_share=draw(SHARES),
        one_shot=draw(st.integers(1, 3)),
        value=draw(st.sampled_from((0, 1, 6, 12, 2**53, 2**54 + 1))),
        median_low=draw(st.sampled_from((0, 1, 5))),
        median_high=draw(st.sampled_from((1, 5, 2**62))),
        backing_share=draw(SHARES),
    )
    pulled = draw(st.lists(st.sampled_from((False,) * 5 + (True,)), min_size=len(rows), max_size=len(rows)))
    return Setting(rows, pulled, rule)


def prepared(setting: Setting) -> tuple[Arrays, Relations, list[Relation]]:
    world = arrays_of(setting.rows)
    month = [row[2] // 5 for row in setting.rows]
    facts = relations_of(world, RELATION_RULE, month=frozen(month, np.int32), pulled=frozen(setting.pulled, np.bool_))
    expected = relations(setting.rows, month, setting.pulled, [(-1,)] * 6, Dealings(*RELATION_RULE))
    return world, facts, expected


@given(settings_(), st.booleans(), st.sampled_from((1, 3, 64)))
@settings(max_examples=100)
def test_fans_equal_the_oracle(setting: Setting, incoming: bool, chunks: int) -> None:
    world, facts, expected_facts = prepared(setting)
    side = world.incoming if incoming else world.outgoing
    backed_by = [amount * 2 for _, _, _, amount in setting.rows]
    borders = frozen(cost_chunks(side.indptr, chunks), np.int64)
    found = fans(side, facts, frozen(backed_by, np.int64), setting.rule, borders)
    made = [
        (account, side.edge[first], side.edge[last], side.edge[fired]) for first, last, fired, account in found.tolist()
    ]
    expected = oracle.fans(setting.rows, expected_facts, backed_by, oracle.Gate(*setting.rule), incoming=incoming)
    assert made == [(fan.account, fan.window[0], fan.window[-1], fired) for fan, fired in expected]


@given(st.one_of(row_lists(), row_lists(amounts=AMOUNTS + HUGE)), st.integers(1, 12), st.sampled_from((1, 3, 64)))
@settings(max_examples=100)
def test_backing_equals_the_oracle(rows: list[Row], reach: int, chunks: int) -> None:
    world = arrays_of(rows)
    borders = frozen(cost_chunks(world.outgoing.indptr, chunks), np.int64)
    made = backing(world.outgoing, world.incoming, reach, borders, len(rows))
    assert made.tolist() == oracle.backing(rows, reach)


def test_money_moved_to_oneself_backs_nothing() -> None:
    rows: list[Row] = [(0, 0, 0, 10), (0, 1, 1, 5)]
    world = arrays_of(rows)
    assert backing(world.outgoing, world.incoming, 5, cost_chunks(world.outgoing.indptr, 1), 2).tolist() == [0, 0]


@pytest.mark.parametrize("last", [3, 4])
def test_a_transfer_exactly_one_window_old_has_left(last: int) -> None:
    rows: list[Row] = [(1, 0, 0, 5), (2, 0, last, 5)]
    setting = Setting(rows, [False] * 2, FanRule(4, 2, 0, 0, 1, 0, 0, 2**62, 0))
    world, facts, _ = prepared(setting)
    found = fans(world.incoming, facts, np.empty(0, np.int64), setting.rule, cost_chunks(world.incoming.indptr, 1))
    assert len(found) == (last == 3)
