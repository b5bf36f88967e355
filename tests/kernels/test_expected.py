"""What an account was used to be paid, against plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.expected import Paid, usual
from tests.oracles import expected as oracle
from tests.worlds import HUGE, frozen

CREDITS = st.lists(st.tuples(st.integers(-1, 3), st.sampled_from((0, 4, 5, 6, 7, 10, *HUGE))), max_size=16)


@given(
    CREDITS, st.tuples(st.integers(0, 8), st.integers(0, 16)), st.sampled_from((0, 5, 6, 8, 2**53)), st.integers(1, 3)
)
@settings(max_examples=100)
def test_usual_equals_the_oracle(credits_: list[oracle.Credit], span: tuple[int, int], total: int, least: int) -> None:
    begin = min(span[0], len(credits_))
    end = max(begin, min(span[1], len(credits_)))
    paid = Paid(frozen([who for who, _ in credits_], np.int32), frozen([amount for _, amount in credits_], np.int64))
    spans = (frozen([begin], np.int64), frozen([end], np.int64), frozen([total], np.int64))
    first, count, median = usual(paid, *spans, least)[0].tolist()
    known = oracle.usual(credits_[begin:end], total, least)
    if known is None:
        assert first == -1
    else:
        assert (first - begin, count, median) == known
