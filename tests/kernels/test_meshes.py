"""Sets that pay sets against plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.meshes import MeshRule, mesh_pairs, meshes
from tests.kernels.joined import CHUNKS, busy_lists, joined
from tests.oracles import meshes as oracle
from tests.oracles.ordering import joins_a_pair
from tests.worlds import Row

MESH_LISTS = busy_lists(30).map(
    # Most transfers go from the first accounts to the last.
    lambda rows: [((d % 3, 3 + c % 3, t, a) if i % 4 else (d, c, t, a)) for i, (d, c, t, a) in enumerate(rows)]
)

NUMBERS = st.tuples(
    st.integers(1, 21), st.integers(2, 3), st.integers(2, 3), st.sampled_from((250, 600, 750, 1000)),
    st.integers(1, 2), st.sampled_from((2, 4, 25)),
)  # fmt: skip


@given(MESH_LISTS, NUMBERS, CHUNKS)
@settings(max_examples=100)
def test_meshes_equal_the_oracle(rows: list[Row], numbers: tuple[int, ...], chunks: int) -> None:
    world, rule = joined(rows), MeshRule(*numbers)
    found = meshes(world.outgoing, world.incoming, rule, world.borders(chunks))
    starts = [0, *np.cumsum(found[:, 1]).tolist()]
    pairs = [tuple(pair) for pair in mesh_pairs(found, world.outgoing, world.incoming, rule).T.tolist()]
    made = [
        oracle.Mesh(account, set(pairs[starts[row] : starts[row + 1]]), int(world.outgoing.edge[place]), fired)
        for row, (account, _, place, fired) in enumerate(found.tolist())
    ]
    assert made == oracle.meshes(rows, [joins_a_pair(row) for row in rows], oracle.Rule(*numbers))
    assert found[:, 1].tolist() == [len(one.pairs) for one in made]
