"""What accounts and pairs did since the data begin, against plain Python."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.history import (
    PAIR_STATISTICS,
    STATISTICS,
    Dealings,
    Debuts,
    dealings,
    debuts,
    history,
    pair_history,
)
from moneytrail.kernels.ordering import cost_chunks, pair_order
from tests.kernels.account_runs import ABSENT, blocks_of
from tests.oracles import history as oracle
from tests.worlds import ACCOUNTS, AMOUNTS, DAY, HOUR, Arrays, Row, arrays_of, frozen, row_lists

ROWS = st.sampled_from((1, 5 * HOUR, 30 * DAY)).flatmap(lambda unit: row_lists(AMOUNTS, unit, origin=-3 * unit))
LOGS = np.log1p(np.arange(3.0)).astype(np.float32)
"""So short that the larger logarithms are worked out."""


def past_of(world: Arrays, chunks: int = 64) -> tuple[Dealings, Debuts]:
    indptr, edge = pair_order(world.debtor, world.creditor, world.outgoing.indptr.size - 1)
    made = dealings((indptr, edge, cost_chunks(indptr, chunks)), (world.debtor, world.creditor), world.time)
    return made, debuts(world.both, made.earlier, cost_chunks(world.both.indptr, chunks))


@given(ROWS, st.sampled_from((1, 3, 64)))
@settings(max_examples=100)
def test_dealings_equal_the_oracle(rows: list[Row], chunks: int) -> None:
    made, _ = past_of(arrays_of(rows), chunks)
    for place in range(len(rows)):
        wanted = oracle.dealing(rows, place)
        got = oracle.Dealing(*(values[place].item() for values in made))
        assert got == wanted._replace(
            since=float(np.float32(wanted.since)), since_back=float(np.float32(wanted.since_back))
        )


@given(ROWS, st.sampled_from((1, 3, 64)))
@settings(max_examples=100)
def test_debuts_equal_the_oracle(rows: list[Row], chunks: int) -> None:
    _, firsts = past_of(arrays_of(rows), chunks)
    for place in range(2 * ACCOUNTS):
        here = slice(firsts.indptr[place], firsts.indptr[place + 1])
        wanted = oracle.debuts(rows, place % ACCOUNTS, place // ACCOUNTS)
        assert firsts.edge[here].tolist() == wanted
        assert firsts.time[here].tolist() == [rows[i][2] for i in wanted]


def run(
    world: Arrays, cuts: Sequence[int], wanted: Sequence[bool] = (), role: int | None = None
) -> NDArray[np.float32]:
    """Every statistic of both roles, or of one; of both the debtor's first."""
    past, firsts = past_of(world)
    asked = [(r, s) for r in range(2) if role in (None, r) for s in range(len(STATISTICS))]
    targets = np.array([(*what, column) for column, what in enumerate(asked)], np.int32)
    pairs = np.array([(s, len(asked) + s) for s in range(len(PAIR_STATISTICS))], np.int32)
    made = []
    for block in blocks_of(world, cuts, 3, wanted):
        matrix = np.full((block.last - block.first, len(asked) + len(pairs)), ABSENT, np.float32)
        history(world.both, firsts, LOGS, block, targets, matrix)
        pair_history(past, LOGS, (block.first, block.last), pairs, matrix)
        made.append(matrix)
    return np.concatenate(made)


@given(ROWS, st.lists(st.integers(1, 29), max_size=4, unique=True).map(sorted))
@settings(max_examples=100)
def test_history_equals_the_oracle(rows: list[Row], cuts: list[int]) -> None:
    made = run(arrays_of(rows), cuts)
    for place, row in enumerate(rows):
        absent = [ABSENT] * len(STATISTICS)
        wanted = [oracle.history(rows, place, account) if account >= 0 else absent for account in row[:2]]
        values = [*wanted[0], *wanted[1], *oracle.pair_history(rows, place)]
        assert made[place].tolist() == np.array(values, np.float32).tolist(), place


@given(ROWS, st.lists(st.booleans(), min_size=30, max_size=30), st.sampled_from((0, 1)))
@settings(max_examples=60)
def test_wanted_rows_and_one_role_are_the_same(rows: list[Row], drawn: list[bool], role: int) -> None:
    world = arrays_of(rows)
    wanted = drawn[: len(rows)]
    kept = np.flatnonzero(frozen(wanted, np.bool_))
    size = len(STATISTICS)
    columns = [*range(role * size, role * size + size), *range(2 * size, 2 * size + len(PAIR_STATISTICS))]
    np.testing.assert_array_equal(run(world, (7, 12), wanted, role)[kept], run(world, ())[kept][:, columns])


@pytest.mark.parametrize(("days", "since"), [(399, 399.0), (400, 400.0), (401, 400.0)])
def test_a_pause_is_at_most_four_hundred_days(days: int, since: float) -> None:
    rows: list[Row] = [(0, 1, 0, 5), (0, 1, days * DAY, 5)]
    made = dict(
        zip((*STATISTICS, *("",) * len(STATISTICS), *PAIR_STATISTICS), run(arrays_of(rows), ())[1], strict=True)
    )
    assert made["since"] == since
    assert made["since_back"] == 400.0
    assert made["age"] == run(arrays_of(rows), ())[1, 0] == days


def test_a_new_payee_is_not_the_one_paid_now() -> None:
    rows: list[Row] = [(0, 1, 0, 5), (0, 2, 3 * DAY, 5), (0, 1, 4 * DAY, 5)]
    made = run(arrays_of(rows), ())[:, STATISTICS.index("since_new_payee")]
    assert made.tolist() == [400.0, 3.0, 1.0]
