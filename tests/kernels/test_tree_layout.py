"""What is known of trees beforehand, against nested tuples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.tree_layout import changes_of_leaves, digits_of_leaves, mean_values
from tests.kernels.test_trees import columns, copied, preorder, tree
from tests.oracles import tree_layout as oracle


@settings(deadline=None)
@given(st.lists(tree.map(copied), max_size=4))
def test_kernels_equal_oracle(trees: list[oracle.Tree]) -> None:
    flat = columns(trees)
    shape = [flat[name] for name in ("tree_start", "left", "right")]
    mean = mean_values(*shape, flat["value"], flat["cover"])
    digit_start, digit_slot, digit_place = digits_of_leaves(*shape)
    start, feature, change = changes_of_leaves(flat["tree_start"], flat["feature"], *shape[1:], mean)
    for place, one in enumerate(trees):
        nodes = preorder(one)
        slots = [node for node in nodes if len(node) == 5] + [node for node in nodes if len(node) == 2]
        slot_of = {id(node): slot for slot, node in enumerate(slots)}
        root = 2 * flat["tree_start"][place] + place
        found = range(digit_start[place], digit_start[place + 1])
        width = (start[place + 1] - start[place]) // len(oracle.ways(one))
        assert width == max(len(oracle.changes(way)) for way in oracle.ways(one))
        assert [mean[root + slot] for slot in range(len(slots))] == pytest.approx([oracle.mean(n) for n in slots])
        for number, way in enumerate(oracle.ways(one)):
            passed = {slot_of[id(node)] for node in way}
            assert sorted(digit_place[d] for d in found if digit_slot[d] in passed) == oracle.digits(number)
            own = slice(start[place] + number * width, start[place] + (number + 1) * width)
            got: dict[int, float] = {}
            for kind, step in zip(feature[own].tolist(), change[own].tolist(), strict=True):
                got[kind] = got.get(kind, 0.0) + step
            want = oracle.changes(way)
            assert got == pytest.approx(want | dict.fromkeys(got.keys() - want.keys(), 0.0), abs=1e-12)
    assert np.unique(digit_slot).size <= mean.size
