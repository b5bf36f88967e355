"""Hold and release against plain Python, in which the credits look for their debits and not the other way round."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.escrow import EscrowRule, best_receivers, matched, numbered
from tests.oracles import escrow as oracle
from tests.oracles.escrow import Gate, Release
from tests.worlds import HUGE, frozen

MOVES = st.lists(st.tuples(st.integers(-3, 20), st.sampled_from((0, 1, 2, 5, 8, 9, 10, 10, *HUGE))), max_size=24).map(
    lambda moves: sorted(moves, key=lambda move: move[0])
)


@st.composite
def rules(draw: st.DrawFn) -> EscrowRule:
    return EscrowRule(
        window=9,
        soonest=draw(st.integers(0, 4)),
        latest=draw(st.integers(0, 12)),
        share=draw(st.sampled_from((1, 500, 850, 900, 999, 1000))),
        pairs=1,
        receivers=draw(st.integers(1, 3)),
        payers=draw(st.integers(1, 2)),
        spent=0,
    )


@given(MOVES, MOVES, rules())
@settings(max_examples=100)
def test_matching_is_the_same_from_either_side(
    credits: list[tuple[int, int]], debits: list[tuple[int, int]], rule: EscrowRule
) -> None:
    times, amounts = ([[move[i] for move in moves] for moves in (credits, debits)] for i in (0, 1))
    came, left = (
        (frozen(time, np.int64), frozen(amount, np.int64)) for time, amount in zip(times, amounts, strict=True)
    )
    assert matched(came, left, rule).tolist() == oracle.matched(credits, debits, Gate(*rule))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=16), rules())
@settings(max_examples=100)
def test_receivers_equal_the_oracle(drawn: list[tuple[int, int]], rule: EscrowRule) -> None:
    releases = [Release(place, place, payer, receiver, 1) for place, (receiver, payer) in enumerate(drawn)]
    to, number = numbered(frozen([one.receiver for one in releases], np.int64))
    own = [[one for one, its in zip(releases, to.tolist(), strict=True) if its == r] for r in range(number)]
    columns = (
        [len(each) for each in own],
        [len({one.payer for one in each}) for each in own],
        [each[0].debit for each in own],
    )
    best = best_receivers(*(frozen(one, np.int64) for one in columns), rule).tolist()
    expected = {one.receiver for one in oracle.counted(releases, Gate(*rule))}
    assert {own[r][0].receiver for r in best} == expected
    assert len(best) == len(expected)


def test_a_busy_account_is_matched_in_good_time() -> None:
    """A hundred thousand sums in and out; going through all of them for each would take minutes."""
    rng = np.random.default_rng(3)
    time = frozen(np.arange(100_000), np.int64)
    came, left = (frozen(rng.integers(1, 10**6, time.size), np.int64) for _ in range(2))
    rule = EscrowRule(10**6, 5, 50_000, 850, 1, 5, 1, 0)
    partner = matched((time, came), (time, left), rule)
    met = np.flatnonzero(partner >= 0)
    assert met.size > 90_000
    assert np.unique(partner[met]).size == met.size
    assert ((left[met] <= came[partner[met]]) & (left[met] * 1000 >= came[partner[met]] * 850)).all()
