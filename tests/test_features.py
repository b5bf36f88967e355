"""The matrix of features: the values are the right ones, and they keep the laws that every transfer relies on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.features import FEATURE_NAMES, FEATURES, blocks, compute, describe, names_for
from moneytrail.features.names import CYCLES, STEPS
from moneytrail.graph import TransactionGraph
from moneytrail.kernels.statistics import STATISTICS
from tests.oracles import cycles as cycles_oracle
from tests.oracles import scatter_gather as scatter_gather_oracle
from tests.oracles import statistics as statistics_oracle
from tests.oracles.bins import in_bin
from tests.worlds import AMOUNTS, DAY, HOUR, HUGE, NEW_YEAR, RATES, Row, Transfer, graph_of, row_lists, transfer

USUAL = tuple(feature.name for feature in FEATURES)
SELDOM = ("temporal_cycle_30_3660d", "short_cycle_2_1d", "short_cycle_6_36h", "short_cycle_truncated_36h")
FAMILIES = tuple(dict.fromkeys((*USUAL, *names_for(("1us", "36h"), ("25h",)), *SELDOM)))
NAMES = ("a", "b", "c", "d", "e", "f", None)
LEAP_CYCLE = 10_227 * DAY
"""28 years, after which days and months fall alike."""
ROWS = st.sampled_from((5 * HOUR, 12 * HOUR, 3 * DAY)).flatmap(
    lambda unit: st.one_of(row_lists(unit=unit, origin=NEW_YEAR), row_lists(AMOUNTS + HUGE, unit, origin=-2 * DAY))
)


def bank_of(rows: list[Row]) -> list[Transfer]:
    return [transfer(i, time, NAMES[d], NAMES[c], amount) for i, (d, c, time, amount) in enumerate(rows)]


def matrix_of(rows: list[Row], names: tuple[str, ...] = FAMILIES) -> NDArray[np.float32]:
    return compute(graph_of(bank_of(rows)), names)


# Values


@given(ROWS)
@settings(max_examples=60)
def test_statistics_stand_under_their_names(rows: list[Row]) -> None:
    """To a float32's last places; the kernel's own tests are stricter."""
    names = tuple(
        f"{role}_{way}_{name}_36h" for role in ("debtor", "creditor") for way in ("out", "in") for name in STATISTICS
    )
    made = matrix_of(rows, names)
    for place, row in enumerate(rows):
        for role in range(2):
            for way in range(2):
                begin = (2 * role + way) * len(STATISTICS)
                got = made[place, begin : begin + len(STATISTICS)].tolist()
                if row[role] < 0:
                    assert got == [0.0] * len(STATISTICS)
                    continue
                wanted = statistics_oracle.statistics(rows, place, row[role], way, 36 * HOUR)
                assert got == pytest.approx([float(value) for value in wanted], rel=1e-6, abs=1e-6)


@given(ROWS)
@settings(max_examples=60)
def test_bins_hold_the_fan_the_degree_and_the_gather_scatter(rows: list[Row]) -> None:
    """A transfer to oneself stands in no bin."""
    kinds = ("fan_out", "fan_in", "degree_out", "degree_in", "gather_scatter")
    sizes = (2, 3, 4, 5, 30)
    made = matrix_of(rows, tuple(f"{kind}_{size}_3d" for kind in kinds for size in sizes))
    for place, (debtor, creditor, _, _) in enumerate(rows):

        def count(account: int, way: int, statistic: str, place: int = place) -> int:
            values = statistics_oracle.statistics(rows, place, account, way, 3 * DAY) if account >= 0 else [0] * 21
            return int(values[STATISTICS.index(statistic)])

        both = [min(count(account, 0, "fan"), count(account, 1, "fan")) for account in (debtor, creditor)]
        held = [
            [count(debtor, 0, "fan")],
            [count(creditor, 1, "fan")],
            [count(debtor, 0, "degree")],
            [count(creditor, 1, "degree")],
            both,
        ]
        expected = [0 if debtor == creditor else sum(in_bin(values, size)) for values in held for size in sizes]
        assert made[place].tolist() == expected, place


@given(ROWS)
@settings(max_examples=60)
def test_motifs_stand_under_their_names(rows: list[Row]) -> None:
    sizes = (2, 3, 4, 5, 6)
    made = matrix_of(rows, tuple(f"{kind}_{size}_3d" for kind in (*CYCLES, "scatter_gather") for size in sizes))
    for place in range(len(rows)):
        found = [
            cycles_oracle.cycles(rows, place, 3 * DAY, longest, in_order=kind == "temporal_cycle")
            for kind, longest in CYCLES.items()
        ]
        found.append(scatter_gather_oracle.scatter_gathers(rows, place, 3 * DAY))
        assert made[place].tolist() == [lengths.count(size) for lengths in found for size in sizes], place


def test_a_search_that_gives_up_says_so_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[Row] = [(i % 5, (i * i + 1) % 5, NEW_YEAR + i, 1) for i in range(25)]
    names = tuple(f"{kind}_truncated_1d" for kind in STEPS)
    assert not matrix_of(rows, names).any()
    for kind in STEPS:
        monkeypatch.setitem(STEPS, kind, 5)
    assert matrix_of(rows, names).any(axis=0).all()


def test_a_search_that_gives_up_gives_the_same_beside_any_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    rows: list[Row] = [(int(d), int(c), NEW_YEAR + i, 1) for i, (d, c) in enumerate(rng.integers(0, 6, (90, 2)))]
    for kind in STEPS:
        monkeypatch.setitem(STEPS, kind, 60)
    names = tuple(name for name in names_for(("1d",)) if re.match("temporal|bounded|scatter", name))
    whole = matrix_of(rows, names)
    cut_short = [whole[:, column] for column, name in enumerate(names) if name.endswith("truncated_1d")]
    assert all(values.any() and not values.all() for values in cut_short)
    for column, name in enumerate(names):
        assert np.array_equal(matrix_of(rows, (name,))[:, 0], whole[:, column]), name


# Laws


@given(ROWS)
@settings(max_examples=40)
def test_every_value_is_finite_and_in_its_range(rows: list[Row]) -> None:
    made = matrix_of(rows)
    assert made.dtype == np.float32
    assert made.shape == (len(rows), len(FAMILIES))
    assert np.isfinite(made).all()
    for column, feature in enumerate(describe(FAMILIES)):
        values = made[:, column]
        if feature.unit == "0 or 1":
            assert np.isin(values, (0.0, 1.0)).all(), feature
        elif feature.unit == "share":
            assert ((values >= 0) & (values <= 1)).all(), feature
        elif feature.unit == "count":
            assert ((values >= 0) & (values == np.floor(values))).all(), feature
        elif "skewness" not in feature.name:
            assert (values >= 0).all(), feature


@given(ROWS, st.integers(0, 30))
@settings(max_examples=40)
def test_no_column_uses_what_comes_later(rows: list[Row], cut: int) -> None:
    np.testing.assert_array_equal(matrix_of(rows[:cut]), matrix_of(rows)[:cut])


@given(ROWS)
@settings(max_examples=30)
def test_the_calendar_and_the_names_of_accounts_do_not_matter(rows: list[Row]) -> None:
    whole = matrix_of(rows)
    moved = [(d, c, time + LEAP_CYCLE, amount) for d, c, time, amount in rows]
    np.testing.assert_array_equal(matrix_of(moved), whole)
    order = {0: 4, 1: 3, 2: 5, 3: 0, 4: 2, 5: 1, -1: -1}
    renamed = [(order[d], order[c], time, amount) for d, c, time, amount in rows]
    np.testing.assert_array_equal(matrix_of(renamed), whole)


@given(ROWS, st.integers(0, 20))
@settings(max_examples=30)
def test_an_unrelated_transfer_changes_nothing(rows: list[Row], tick: int) -> None:
    time = rows[0][2] + tick * 12 * HOUR if rows else 0
    bank = bank_of(rows)
    more = [*bank, *(transfer(len(bank) + i, time, "x", "y", 5) for i in range(2)), transfer(99, time, "y", "x", 5)]
    graph = graph_of(more)
    related = graph.order < len(bank)
    np.testing.assert_array_equal(compute(graph, FAMILIES)[related], compute(graph_of(bank), FAMILIES))


# Columns, blocks and threads


@pytest.fixture(scope="module")
def busy() -> TransactionGraph:
    """A hub with some hundred transfers a week, and twenty others; absent sides and transfers to oneself."""
    rng = np.random.default_rng(11)
    size = 700
    sides = rng.integers(0, 20, (size, 2))
    sides[::3, 0] = sides[1::3, 1] = 0
    times = NEW_YEAR + np.sort(rng.integers(0, 40 * 24, size)) * HOUR
    amounts = rng.integers(0, 500_000, size)
    return graph_of(
        [
            transfer(i, int(time), None if i % 41 == 7 else f"n{d}", None if i % 41 == 11 else f"n{c}", int(amount))
            for i, ((d, c), time, amount) in enumerate(zip(sides, times, amounts, strict=True))
        ]
    )


LONG = names_for(("1d", "7d", "30d"), ("1d",))


@pytest.fixture(scope="module")
def whole(busy: TransactionGraph) -> NDArray[np.float32]:
    return compute(busy, LONG)


def test_columns_stand_in_the_order_asked_for(busy: TransactionGraph, whole: NDArray[np.float32]) -> None:
    order = np.random.default_rng(1).permutation(len(LONG))
    np.testing.assert_array_equal(compute(busy, [LONG[place] for place in order]), whole[:, order])


def test_some_columns_are_the_same_as_among_all(busy: TransactionGraph, whole: NDArray[np.float32]) -> None:
    rng = np.random.default_rng(2)
    for size in (1, 1, 1, 1, 2, 3, 5, 9, 40):
        chosen = rng.choice(len(LONG), size, replace=False)
        np.testing.assert_array_equal(compute(busy, [LONG[place] for place in chosen]), whole[:, chosen])
    fixed = rng.permutation(len(FEATURE_NAMES))[:17]
    np.testing.assert_array_equal(compute(busy, [FEATURE_NAMES[place] for place in fixed]), whole[:, fixed])
    assert compute(busy, ()).shape == (busy.transfers, 0)
    np.testing.assert_array_equal(compute(busy), whole[:, : len(FEATURE_NAMES)])


@pytest.mark.parametrize("rows", [97, 350, 699, 700, 10_000, None])
def test_blocks_give_the_same_bits_as_the_whole(
    busy: TransactionGraph, whole: NDArray[np.float32], rows: int | None
) -> None:
    made = list(blocks(busy, LONG, rows=rows))
    assert np.concatenate([matrix for _, matrix in made]).tobytes() == whole.tobytes()
    starts = [first for first, _ in made]
    assert [later - first for first, later in pairwise(starts)] == [len(matrix) for _, matrix in made[:-1]]


@given(ROWS, st.sampled_from((1, 2, 7)))
@settings(max_examples=15)
def test_small_blocks_give_the_same_bits_as_the_whole(rows: list[Row], step: int) -> None:
    graph = graph_of(bank_of(rows))
    made = [matrix for _, matrix in blocks(graph, FAMILIES, rows=step)]
    assert b"".join(matrix.tobytes() for matrix in made) == compute(graph, FAMILIES).tobytes()


def test_wanted_rows_are_the_same_rows(busy: TransactionGraph, whole: NDArray[np.float32]) -> None:
    wanted = np.zeros(busy.transfers, np.bool_)
    wanted[[0, 3, 150, 151, 402, 699]] = True
    seen = []
    for first, matrix in blocks(busy, LONG, rows=100, wanted=wanted):
        here = np.flatnonzero(wanted[first : first + len(matrix)])
        np.testing.assert_array_equal(matrix[here], whole[first + here])
        seen.append(first)
    assert seen == [0, 100, 400, 600], "blocks without a wanted row are left out"
    assert list(blocks(busy, LONG, wanted=np.zeros(busy.transfers, np.bool_))) == []


def test_the_beginning_of_a_busy_ledger_does_not_know_its_end(
    busy: TransactionGraph, whole: NDArray[np.float32]
) -> None:
    for cut in (1, 123, 500):
        head = TransactionGraph.from_frame(busy.frame.head(cut), RATES)
        np.testing.assert_array_equal(compute(head, LONG), whole[:cut])


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    before = numba.get_num_threads()
    yield lambda number: numba.set_num_threads(min(number, numba.config.NUMBA_NUM_THREADS))
    numba.set_num_threads(before)


def test_the_same_bits_for_any_threads(
    busy: TransactionGraph, whole: NDArray[np.float32], threads: Callable[[int], None]
) -> None:
    for number in (1, 2):
        threads(number)
        assert compute(busy, LONG).tobytes() == whole.tobytes()
        made = [matrix for _, matrix in blocks(busy, LONG, rows=333)]
        assert np.concatenate(made).tobytes() == whole.tobytes()


def test_blocks_that_share_their_memory_hold_the_same(busy: TransactionGraph, whole: NDArray[np.float32]) -> None:
    for rows in (1, 7, busy.transfers):
        made = [matrix.copy() for _, matrix in blocks(busy, LONG, rows=rows, reuse=True)]
        assert np.concatenate(made).tobytes() == whole.tobytes()
