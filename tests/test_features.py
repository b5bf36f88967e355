"""Features by their names: what may be asked for, that the values are the right ones, and the laws they keep."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moneytrail import features
from moneytrail.docs import pages
from moneytrail.errors import ParameterError
from moneytrail.features import (
    FEATURE_NAMES,
    FEATURES,
    FEATURES_HASH,
    blocks,
    compute,
    describe,
    hash_of,
    names_for,
    window_of,
)
from moneytrail.graph import TransactionGraph
from moneytrail.kernels.cycles import LONGEST
from moneytrail.kernels.statistics import STATISTICS
from tests.oracles import cycles as cycles_oracle
from tests.oracles import scatter_gather as scatter_gather_oracle
from tests.oracles import statistics as statistics_oracle
from tests.oracles.bins import in_bin
from tests.worlds import AMOUNTS, DAY, HOUR, HUGE, NEW_YEAR, RATES, Row, Transfer, graph_of, row_lists, transfer

ROOT = Path(__file__).parents[1]
USUAL = tuple(feature.name for feature in FEATURES)
ODD = names_for(("1us", "36h"), ("25h",))
FAMILIES = tuple(dict.fromkeys((*USUAL, *ODD)))
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


# Names


def test_a_usual_column_is_found_by_its_name_and_says_what_it_is() -> None:
    for feature in FEATURES:
        assert describe([feature.name]) == (feature,)
        assert re.fullmatch(r"[a-z][a-z0-9_]*", feature.name)
        assert feature.unit, feature
        assert len(feature.meaning) > 5, feature
        assert feature.window_days >= 0, feature


def test_no_column_is_listed_twice() -> None:
    assert len(set(USUAL)) == len(USUAL)
    assert len({(feature.name, feature.unit, feature.window_days, feature.meaning) for feature in FEATURES}) == len(
        USUAL
    )
    assert USUAL[: len(FEATURE_NAMES)] == FEATURE_NAMES


def test_nothing_about_who_a_person_is_becomes_a_column() -> None:
    forbidden = re.compile(
        r"\b(names?|nationalit|citizen|countr|ethnic|race|religio|gender|sex|birth|passport|language|address|label)",
        re.IGNORECASE,
    )
    for feature in FEATURES:
        assert not forbidden.search(f"{feature.name.replace('_', ' ')} {feature.meaning}"), feature


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("debtor_out_degre_1d", "did you mean 'debtor_out_degree_1d'?"),
        ("amuont", "did you mean 'amount'?"),
        ("temporal_cycles_3_1d", "did you mean 'temporal_cycle_3_1d'?"),
        ("fan_in_31_1d", "did you mean 'fan_in_"),
        ("fan_in_1_1d", "did you mean 'fan_in_"),
        ("temporal_cycle_31_1d", "did you mean 'temporal_cycle_"),
        ("debtor_out_degree", "did you mean 'debtor_out_degree_1d'?"),
        ("amount_1d", "did you mean"),
        ("zzzzzzzzzz", "no feature 'zzzzzzzzzz'"),
        ("", "no feature ''"),
        ("_1d", "no feature '_1d'"),
        ("Amount", "did you mean 'amount'?"),
    ],
)
def test_a_wrong_name_gives_one_clear_error(name: str, wanted: str) -> None:
    for ask in (lambda: describe([name]), lambda: hash_of([name]), lambda: compute(graph_of([]), ["amount", name])):
        with pytest.raises(ParameterError, match=re.escape(wanted)) as raised:
            ask()
        assert repr(name) in str(raised.value)
        assert "\n" not in str(raised.value)


WRONG_WINDOWS = (
    "0d",
    "-1d",
    "3661d",
    "999999999999999999d",
    "1w",
    "1m",
    "d",
    "1",
    "",
    "1.5d",
    "1 d",
    "1D",
    "1d\n",
    "١d",
)


@pytest.mark.parametrize("window", WRONG_WINDOWS)
def test_a_wrong_window_gives_one_clear_error(window: str) -> None:
    for ask in (
        lambda: window_of(window),
        lambda: names_for([window]),
        lambda: names_for(["1d"], [window]),
        lambda: describe([f"debtor_out_degree_{window}"]),
    ):
        with pytest.raises(ParameterError, match="wanted is a whole number and us, s, min, h or d") as raised:
            ask()
        assert repr(window) in str(raised.value)


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("1us", 1), ("45s", 45 * 10**6), ("90min", 90 * 60 * 10**6), ("6h", 6 * HOUR), ("1d", DAY), ("3660d", 3660 * DAY)],
)
def test_windows_are_read(text: str, microseconds: int) -> None:
    assert window_of(text) == microseconds
    assert describe([f"fan_in_2_{text}"])[0].window_days == microseconds / DAY


def test_every_column_over_some_windows_is_named() -> None:
    names = names_for(("6h", "90min"), ("45s",))
    assert names[: len(FEATURE_NAMES)] == FEATURE_NAMES
    assert len(set(names)) == len(names)
    more = names[len(FEATURE_NAMES) :]
    assert {name.rpartition("_")[2] for name in more} == {"6h", "90min", "45s"}
    for stem in ("debtor_out_fan", "creditor_in_gap_maximum"):
        assert {f"{stem}_6h", f"{stem}_90min"} <= set(more)
    for stem in ("fan_in_30", "gather_scatter_2", "scatter_gather_truncated", "temporal_cycle_10", "bounded_cycle_2"):
        assert f"{stem}_45s" in more
    assert [feature.name for feature in describe(names)] == list(names)
    assert names_for(()) == FEATURE_NAMES
    assert names_for(("1d",), None) == names_for(("1d",), ("1d",))


def test_a_column_named_twice_and_a_block_without_rows_are_refused() -> None:
    graph = graph_of([])
    with pytest.raises(ParameterError, match="'hour' is named twice"):
        compute(graph, ("hour", "amount", "hour"))
    for rows in (0, -1):
        with pytest.raises(ParameterError, match=f"rows = {rows}: allowed is 1 or more"):
            next(blocks(graph, rows=rows))


def test_the_shipped_models_were_fitted_on_these_columns() -> None:
    manifests = sorted((ROOT / "models").glob("*/*/manifest.json"))
    assert manifests
    for path in manifests:
        manifest = json.loads(path.read_text("utf-8"))
        assert tuple(manifest["features"]) == FEATURE_NAMES
        assert manifest["features_hash"] == hash_of(FEATURE_NAMES) == FEATURES_HASH


def test_a_hash_tells_other_columns_apart() -> None:
    hashes = {hash_of(names) for names in (("amount",), ("hour",), ("amount", "hour"), ("hour", "amount"), ())}
    assert len(hashes) == 5
    assert hash_of(["fan_in_2_1d"]) != hash_of(["fan_in_2_2d"])


def test_the_page_lists_every_usual_column() -> None:
    page = pages()["features.md"]
    for feature in FEATURES:
        assert any(
            line.startswith(f"| `{feature.name}` | {feature.unit} |") and feature.meaning in line
            for line in page.splitlines()
        ), feature.name


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
    sizes = (2, 3, 4, 5, 30)
    kinds = ("temporal_cycle", "bounded_cycle", "scatter_gather")
    made = matrix_of(rows, tuple(f"{kind}_{size}_3d" for kind in kinds for size in sizes))
    for place in range(len(rows)):
        found = [cycles_oracle.cycles(rows, place, 3 * DAY, LONGEST, in_order=order) for order in (True, False)]
        found.append(scatter_gather_oracle.scatter_gathers(rows, place, 3 * DAY))
        assert made[place].tolist() == [lengths.count(size) for lengths in found for size in sizes], place


def test_a_search_that_gives_up_says_so_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[Row] = [(i % 5, (i * i + 1) % 5, NEW_YEAR + i, 1) for i in range(25)]
    names = ("temporal_cycle_truncated_1d", "bounded_cycle_truncated_1d", "scatter_gather_truncated_1d")
    assert not matrix_of(rows, names).any()
    monkeypatch.setattr(features, "STEPS", 5)
    assert matrix_of(rows, names).any(axis=0).all()


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
