"""Groups of accounts and ladders of instalments against plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.kernels.ladders import LadderRule, groups, ladders
from moneytrail.kernels.ordering import cost_chunks
from tests.oracles import ladders as oracle
from tests.oracles.ladders import Gate, Step
from tests.worlds import HUGE, frozen

STEPS = st.lists(
    st.builds(
        Step,
        time=st.integers(-5, 20),
        payer=st.integers(0, 2),
        amount=st.sampled_from((0, 1, 2, 5, 5, HUGE[-1])),
        payee=st.integers(0, 2),
        new=st.sampled_from((True, True, False)),
    ),
    max_size=20,
).map(lambda steps: sorted(steps, key=lambda step: step.time))


@st.composite
def rules(draw: st.DrawFn) -> LadderRule:
    return LadderRule(
        window=draw(st.integers(1, 15)),
        fewest=draw(st.integers(1, 3)),
        most=draw(st.integers(3, 6)),
        span=draw(st.integers(0, 4)),
        low=draw(st.sampled_from((0, 2, 6))),
        high=draw(st.sampled_from((6, 20, 2**60))),
        payees=draw(st.integers(1, 3)),
    )


@given(st.lists(STEPS, max_size=4), rules(), st.sampled_from((1, 3, 64)))
@settings(max_examples=100)
def test_ladders_equal_the_oracle(sets: list[list[Step]], rule: LadderRule, chunks: int) -> None:
    every = [step for own in sets for step in own]
    indptr = frozen(np.concatenate([[0], np.cumsum([len(own) for own in sets])]), np.int64)
    climber = [3 * number + step.payer for number, own in enumerate(sets) for step in own]
    columns = (
        frozen([step.time for step in every], np.int64),
        frozen([step.amount for step in every], np.int64),
        frozen([step.new for step in every], np.bool_),
        frozen(climber, np.int32),
        frozen([step.payee for step in every], np.int32),
    )
    borders = frozen(cost_chunks(indptr, chunks), np.int64)
    made = ladders(indptr, columns, 3 * len(sets), rule, borders)
    expected = []
    for own in sets:
        for place, step in enumerate(own):
            held = oracle.held(own, place, Gate(*rule))
            mine = {own[i].payee for i in held.get(step.payer, [])}
            expected.append((len(mine), len(held), sum(own[i].amount for each in held.values() for i in each)))
    assert list(zip(*(column.tolist() for column in made), strict=True)) == expected


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), max_size=12), st.integers(2, 5))
@settings(max_examples=100)
def test_groups_equal_the_oracle(links: list[tuple[int, ...]], most: int) -> None:
    made = groups(frozen(np.array(links, np.int32).reshape(-1, 2), np.int32), most)
    assert made.tolist() == oracle.groups(links, most)


def test_a_long_chain_of_accounts_is_one_group() -> None:
    """Each shares one attribute with the one before and another with the next."""
    n = 20_000
    even = np.arange(n) // 2
    odd = (np.arange(n) + 1) // 2
    links = frozen(np.stack([even, odd], axis=1), np.int32)
    assert not groups(links, 2).any()
