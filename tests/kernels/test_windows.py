"""Sliding windows over choices of transfers, against plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.windows import beside, distinct, fifo_dwell, openings, strongest
from tests.oracles import windows as oracle
from tests.oracles.windows import Item, Lists
from tests.worlds import HUGE, frozen

WINDOWS = st.integers(1, 12)
CHUNKS = st.sampled_from((1, 3, 64))
BEGIN = st.sampled_from((0, 0, -10))


@st.composite
def items(draw: st.DrawFn, ledgers: list[int], origin: int) -> list[Item]:
    """Return one list; equal places in the ledger of two lists are the same transfer, and have one time."""
    return [
        Item(
            ledger,
            origin + ledger // 2,
            draw(st.integers(-1, 2)),
            draw(st.booleans()),
            draw(st.integers(0, 2)),
            draw(st.sampled_from((0, 1, *HUGE))),
        )
        for ledger in ledgers
    ]


@st.composite
def choices(draw: st.DrawFn) -> tuple[Lists, Lists]:
    """Return two choices of up to four accounts' transfers, some of them the same."""
    origin, accounts = draw(BEGIN), draw(st.integers(0, 4))
    places = st.lists(st.integers(0, 40), max_size=14, unique=True).map(sorted)
    own, other = ([draw(items(draw(places), origin)) for _ in range(accounts)] for _ in range(2))
    return own, other


def flat(lists: Lists) -> list[Item]:
    return [item for own in lists for item in own]


def indptr_of(lists: Lists) -> NDArray[np.int64]:
    return frozen(np.concatenate([[0], np.cumsum([len(own) for own in lists])]), np.int64)


def column(lists: Lists, name: str, dtype: Any) -> NDArray[Any]:
    return frozen([getattr(item, name) for item in flat(lists)], dtype)


def borders_of(lists: Lists, chunks: int) -> NDArray[np.int64]:
    return frozen(cost_chunks(indptr_of(lists), chunks), np.int64)


@given(choices(), WINDOWS, CHUNKS)
@settings(max_examples=100)
def test_openings_equal_the_oracle(both: tuple[Lists, Lists], window: int, chunks: int) -> None:
    own, _ = both
    made = openings(indptr_of(own), column(own, "time", np.int64), window, borders_of(own, chunks))
    assert made.tolist() == oracle.openings(own, window)


@given(choices(), WINDOWS, CHUNKS)
@settings(max_examples=100)
def test_beside_equals_the_oracle(both: tuple[Lists, Lists], window: int, chunks: int) -> None:
    own, other = (
        (indptr_of(lists), column(lists, "ledger", np.int32), column(lists, "time", np.int64)) for lists in both
    )
    begin, end = beside(own, other, window, borders_of(both[0], chunks))
    made = [list(range(b, e)) for b, e in zip(begin.tolist(), end.tolist(), strict=True)]
    assert made == oracle.beside(*both, window)


@given(choices(), WINDOWS, CHUNKS)
@settings(max_examples=100)
def test_distinct_equals_the_oracle(both: tuple[Lists, Lists], window: int, chunks: int) -> None:
    """Over the windows on the same choice, and over those beside it."""
    own, other = both
    borders = borders_of(own, chunks)
    indptr, ledger, time = indptr_of(own), column(own, "ledger", np.int32), column(own, "time", np.int64)
    its = (indptr_of(other), column(other, "ledger", np.int32), column(other, "time", np.int64))
    spans = openings(indptr, time, window, borders), frozen(np.arange(1, time.size + 1), np.int64)
    for held, (begin, end) in ((own, spans), (other, beside((indptr, ledger, time), its, window, borders))):
        code = column(held, "code", np.int32)
        found = distinct(indptr, (begin, end), code, 3, borders)
        inside = [code[b:e].tolist() for b, e in zip(begin.tolist(), end.tolist(), strict=True)]
        assert found.tolist() == [oracle.different(codes) for codes in inside]


@given(choices(), st.integers(1, 9))
@settings(max_examples=100)
def test_strongest_equals_the_oracle(both: tuple[Lists, Lists], period: int) -> None:
    own, _ = both
    strength = column(own, "first", np.int64), column(own, "second", np.int64)
    found = strongest(indptr_of(own), column(own, "time", np.int64), column(own, "fires", np.bool_), strength, period)
    assert [tuple(row) for row in found.tolist()] == oracle.strongest(own, period)


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from((0, 1, 2, 5, *HUGE)), st.booleans()), max_size=30))
@settings(max_examples=100)
def test_dwell_equals_the_oracle(drawn: list[tuple[int, int, bool]]) -> None:
    moves = sorted(drawn, key=lambda move: move[0])
    time, amount, credit = ([move[place] for move in moves] for place in range(3))
    held, value = fifo_dwell(frozen(time, np.int64), frozen(amount, np.int64), frozen(credit, np.bool_))
    assert list(zip(held.tolist(), value.tolist(), strict=True)) == oracle.dwell(moves)


@pytest.mark.parametrize(("last", "expected"), [(3, 0), (4, 1)])
def test_a_transfer_exactly_one_window_old_has_left(last: int, expected: int) -> None:
    time = frozen([0, last], np.int64)
    assert openings(frozen([0, 2], np.int64), time, 4, frozen([0, 1], np.int64))[1] == expected


def test_of_equals_the_earliest_is_the_strongest() -> None:
    ones = frozen([1, 1, 1], np.int64)
    found = strongest(
        frozen([0, 3], np.int64), frozen([0, 1, 2], np.int64), frozen([1, 1, 1], np.bool_), (ones,) * 2, 9
    )
    assert found.tolist() == [[0, 0, 0]]
