"""Scatter-gather with its sums against plain Python."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.splits import SplitGate, splits
from tests.kernels.joined import CHUNKS, busy_lists, joined
from tests.oracles import splits as oracle
from tests.oracles.ordering import joins_a_pair
from tests.worlds import Row, frozen

SPLIT_LISTS = (
    busy_lists(24)
    .map(
        # Most transfers leave account 0 or reach account 1.
        lambda rows: sorted(
            ((0, c, t, a) if i % 3 == 0 else (d, 1, t, a) if i % 3 == 1 else (d, c, t, a))
            for i, (d, c, t, a) in enumerate(rows)
        )
    )
    .map(lambda rows: sorted(rows, key=lambda row: row[2]))
)

NUMBERS = st.tuples(
    st.integers(1, 12), st.integers(1, 12), st.integers(1, 3), st.sampled_from((1, 500, 800)),
    st.sampled_from((1000, 1020, 1500)), st.sampled_from((1, 4, 20)), st.sampled_from((1, 2, 50)), st.integers(1, 12),
)  # fmt: skip


@given(SPLIT_LISTS, NUMBERS, CHUNKS)
@settings(max_examples=100)
def test_splits_equal_the_oracle(rows: list[Row], numbers: tuple[int, ...], chunks: int) -> None:
    world = joined(rows)
    ledger = (frozen(world.time, "int64"), frozen(world.amount, "int64"))
    found, proof = splits(world.outgoing, world.pairs, ledger, SplitGate(*numbers), world.borders(chunks))
    made = [
        (*row[:2], *row[3:5], row[6], proof[1, proof[0] == number].tolist())
        for number, row in enumerate(found.tolist())
    ]
    expected = oracle.splits(rows, [joins_a_pair(row) for row in rows], oracle.Gate(*numbers))
    assert made == [
        (
            one.source,
            one.sink,
            one.opening,
            one.last,
            one.fired,
            sorted(i for part in one.parts.values() for side in part for i in side),
        )
        for one in expected
    ]
