"""The matrix of features: the values are the right ones, and they keep the laws that every transfer relies on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail.features import FEATURE_NAMES, FEATURES, UNWINDOWED, blocks, compute, describe, names_for
from moneytrail.features.names import CYCLES, STEPS
from moneytrail.graph import RELATION_RULE, TransactionGraph
from moneytrail.kernels.habit import STATISTICS as HABITS
from moneytrail.kernels.history import PAIR_STATISTICS
from moneytrail.kernels.history import STATISTICS as HISTORY_STATISTICS
from moneytrail.kernels.statistics import STATISTICS
from tests.oracles import cycles as cycles_oracle
from tests.oracles import habit as habit_oracle
from tests.oracles import history as history_oracle
from tests.oracles import instant as instant_oracle
from tests.oracles import relations as relations_oracle
from tests.oracles import scatter_gather as scatter_gather_oracle
from tests.oracles import statistics as statistics_oracle
from tests.oracles.bins import in_bin
from tests.worlds import AMOUNTS, DAY, HOUR, HUGE, NEW_YEAR, RATES, Row, Transfer, graph_of, row_lists, transfer

USUAL = tuple(feature.name for feature in FEATURES)
SELDOM = ("temporal_cycle_30_3660d", "short_cycle_2_1d", "short_cycle_6_36h", "short_cycle_truncated_36h")
HISTORY = tuple(feature.name for feature in UNWINDOWED if not feature.name.startswith("instant_"))
INSTANT = tuple(feature.name for feature in UNWINDOWED if feature.name.startswith("instant_"))
FAMILIES = tuple(dict.fromkeys((*USUAL, *names_for(("1us", "36h"), ("25h",)), *SELDOM, *HISTORY)))
"""Columns that know nothing of what comes later in the ledger."""
PLAIN = (*(name for name in FEATURE_NAMES if name not in ("amount", "hour", "round_amount")), *HISTORY, *INSTANT)
AHEAD = tuple(f"hindsight_{name}" for name in (*PLAIN, *names_for(("36h",), ("25h",))[len(FEATURE_NAMES) :]))
AHEAD_OF_BUSY = tuple(f"hindsight_{name}" for name in names_for(("7d",), ("1d",))[len(FEATURE_NAMES) :])
EVERY = (*FAMILIES, *INSTANT, *AHEAD)
NAMES = ("a", "b", "c", "d", "e", "f", None)
LEAP_CYCLE = 10_227 * DAY
"""28 years, after which days and months fall alike."""
ROWS = st.sampled_from((5 * HOUR, 12 * HOUR, 3 * DAY)).flatmap(
    lambda unit: st.one_of(row_lists(unit=unit, origin=NEW_YEAR), row_lists(AMOUNTS + HUGE, unit, origin=-2 * DAY))
)


def bank_of(rows: list[Row]) -> list[Transfer]:
    return [transfer(i, time, NAMES[d], NAMES[c], amount) for i, (d, c, time, amount) in enumerate(rows)]


def matrix_of(rows: list[Row], names: tuple[str, ...] = EVERY) -> NDArray[np.float32]:
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


@given(ROWS)
@settings(max_examples=60)
def test_history_and_the_instant_stand_under_their_names(rows: list[Row]) -> None:
    roles = tuple(f"{role}_{name}" for role in ("debtor", "creditor") for name in HISTORY_STATISTICS)
    pairs = tuple(f"pair_{name}" for name in PAIR_STATISTICS)
    instants = ("debtor_out", "debtor_in", "debtor_new", "creditor_in", "creditor_out", "creditor_new", "pair")
    made = matrix_of(rows, (*roles, *pairs, *(f"instant_{name}" for name in instants)))
    for place, row in enumerate(rows):
        wanted: list[float] = []
        for account in row[:2]:
            absent = [0.0] * 5 + [400.0] * 2
            wanted += history_oracle.history(rows, place, account) if account >= 0 else absent
        wanted += history_oracle.pair_history(rows, place)
        for role in range(2):
            wanted += instant_oracle.instant(rows, place, role) if row[role] >= 0 else [0] * 3
        wanted.append(history_oracle.dealing(rows, place).at_once)
        assert made[place].tolist() == np.array(wanted, np.float32).tolist(), place


@given(ROWS)
@settings(max_examples=60)
def test_habit_stands_under_its_names(rows: list[Row]) -> None:
    asked = [(r, w) for r in range(2) for w in range(2)]
    names = [f"{('debtor', 'creditor')[r]}_{('out', 'in')[w]}_{name}_20d" for r, w in asked for name in HABITS]
    made = matrix_of(rows, tuple(names))
    for place, row in enumerate(rows):
        for k, (role, way) in enumerate(asked):
            got = made[place, k * len(HABITS) : (k + 1) * len(HABITS)].tolist()
            values = habit_oracle.habit(rows, place, row[role], way, 20 * DAY) if row[role] >= 0 else [0] * len(HABITS)
            assert got == np.array([float(value) for value in values], np.float32).tolist()


# Laws


@given(ROWS)
@settings(max_examples=40)
def test_every_value_is_finite_and_in_its_range(rows: list[Row]) -> None:
    made = matrix_of(rows)
    assert made.dtype == np.float32
    assert made.shape == (len(rows), len(EVERY))
    assert np.isfinite(made).all()
    for column, feature in enumerate(describe(EVERY)):
        values = made[:, column]
        if feature.unit == "0 or 1":
            assert np.isin(values, (0.0, 1.0)).all(), feature
        elif feature.unit == "share":
            assert ((values >= 0) & (values <= 1)).all(), feature
        elif feature.unit == "share or -1":
            assert ((values == -1) | (values >= 0) & (values <= 1)).all(), feature
        elif feature.unit == "count":
            assert ((values >= 0) & (values == np.floor(values))).all(), feature
        elif "skewness" not in feature.name:
            assert (values >= 0).all(), feature


@given(ROWS, st.integers(0, 30))
@settings(max_examples=40)
def test_no_column_uses_what_comes_later(rows: list[Row], cut: int) -> None:
    np.testing.assert_array_equal(matrix_of(rows[:cut], FAMILIES), matrix_of(rows, FAMILIES)[:cut])


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
    np.testing.assert_array_equal(compute(graph, EVERY)[related], compute(graph_of(bank), EVERY))


@given(ROWS, st.integers(0, 30))
@settings(max_examples=30)
def test_an_instant_knows_nothing_of_the_next(rows: list[Row], cut: int) -> None:
    head = [row for row in rows if row[2] <= rows[cut][2]] if cut < len(rows) else rows
    np.testing.assert_array_equal(matrix_of(head, INSTANT), matrix_of(rows, INSTANT)[: len(head)])


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_within_an_instant_does_not_matter(rows: list[Row], random: Random) -> None:
    places = list(range(len(rows)))
    random.shuffle(places)
    made = []
    for order in (range(len(rows)), sorted(places, key=lambda place: rows[place][2])):
        bank = [bank_of(rows)[place] | {"row": row} for row, place in enumerate(order)]
        graph = graph_of(bank)
        ids = graph.transaction_ids(np.arange(graph.transfers)).to_list()
        made.append(dict(zip(ids, compute(graph, INSTANT).tolist(), strict=True)))
    assert made[0] == made[1]


# Looking ahead


@given(ROWS)
@settings(max_examples=30)
def test_looking_ahead_is_looking_back_in_the_ledger_reversed(rows: list[Row]) -> None:
    """By hand: rows the other way round, days counted down. Ties of the calendar's months have a test of their own."""
    days = [time // DAY for _, _, time, _ in rows]
    mirror = (days[0] + days[-1] + 1) * DAY - 1 if rows else 0
    turned: list[Row] = [(d, c, mirror - time, amount) for d, c, time, amount in reversed(rows)]
    names = tuple(name for name in AHEAD if name != "hindsight_affiliated")
    plain = tuple(name.removeprefix("hindsight_") for name in names)
    np.testing.assert_array_equal(matrix_of(rows, names), matrix_of(turned, plain)[::-1])


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 400)), max_size=24))
@settings(max_examples=60)
def test_ties_ahead_are_of_the_calendars_own_months(drawn: list[tuple[int, int]]) -> None:
    rows: list[Row] = sorted(((side, 1 - side, NEW_YEAR + day * DAY, 1) for side, day in drawn), key=lambda row: row[2])
    made = matrix_of(rows, ("hindsight_affiliated", "hindsight_pair_first"))
    months = [int(np.datetime64(row[2], "us").astype("datetime64[M]").astype(int)) for row in rows]
    turned: list[Row] = [(d, c, -time, amount) for d, c, time, amount in reversed(rows)]
    facts = relations_oracle.relations(
        turned, months[::-1], [False] * len(rows), [(-1,)] * 6, relations_oracle.Dealings(*RELATION_RULE)
    )
    assert made[::-1].tolist() == [[fact.affiliated, fact.first] for fact in facts]


def test_what_the_creditor_sends_on_the_day_after() -> None:
    rows: list[Row] = [
        (0, 1, NEW_YEAR, 5),
        (1, 2, NEW_YEAR + HOUR, 5),
        (1, 3, NEW_YEAR + DAY - 1, 5),
        (1, 4, NEW_YEAR + DAY, 5),
    ]
    made = matrix_of(rows, ("hindsight_creditor_out_degree_1d", "hindsight_debtor_age", "creditor_out_degree_1d"))
    assert made[0].tolist() == [2.0, 0.0, 0.0], "the window's far end is out"
    assert made[1, 1] == np.float32(23 / 24), "its last is a day later than the first, less an hour"


def test_a_ledger_reversed_twice_is_itself() -> None:
    rows: list[Row] = [(0, 1, NEW_YEAR + 5 * HOUR, 5), (1, 2, NEW_YEAR + 40 * DAY, 6), (-1, 1, NEW_YEAR + 70 * DAY, 7)]
    graph = graph_of(bank_of(rows))
    once = graph.reversed
    assert graph.reversed is once
    assert once.transaction_ids(np.arange(3)).to_list() == ["t2", "t1", "t0"]
    assert once.debtor.tolist() == graph.debtor[::-1].tolist()
    assert not once.time.flags.writeable
    twice = once.reversed
    for name in ("order", "debtor", "creditor", "time", "amount", "own_amount", "month"):
        np.testing.assert_array_equal(getattr(twice, name), getattr(graph, name))
    empty = graph_of([])
    assert empty.reversed is empty


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


CAUSAL = (*names_for(("1d", "7d", "30d"), ("1d",)), *HISTORY)
LONG = (*CAUSAL, *INSTANT, *(f"hindsight_{name}" for name in PLAIN), *AHEAD_OF_BUSY)


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
    made = [matrix for _, matrix in blocks(graph, EVERY, rows=step)]
    assert b"".join(matrix.tobytes() for matrix in made) == compute(graph, EVERY).tobytes()


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
        np.testing.assert_array_equal(compute(head, CAUSAL), whole[:cut, : len(CAUSAL)])


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
