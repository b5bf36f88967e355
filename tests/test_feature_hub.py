"""A hub: an account with half a million transfers. Every family is soon done with it, and says where it gave up."""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Iterator

import numba
import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from moneytrail.features import UNWINDOWED, blocks, compute, names_for
from moneytrail.graph import TransactionGraph
from moneytrail.schema import TRANSFER_SCHEMA
from tests.worlds import DAY, NEW_YEAR, RATES, graph_of, transfer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="a hub of half a million is for compiled kernels"),
]

OTHERS, TRANSFERS, SPAN = 100_000, 500_000, 60 * DAY
SOON = 30.0
"""Seconds for one family over the hub on a busy machine; a quadratic search would take hours."""
ROOM = 2**20
"""KiB by which memory may grow over one family."""


@pytest.fixture(scope="module")
def hub() -> TransactionGraph:
    """Account 0 pays and is paid in turn by 100,000 others that deal with nobody else, for 60 days."""
    rng = np.random.default_rng(4)
    other, pays = rng.integers(1, OTHERS + 1, TRANSFERS), rng.random(TRANSFERS) < 0.5
    given = {
        "transaction_id": np.arange(TRANSFERS),
        "row": np.arange(TRANSFERS),
        "debtor_account": np.where(pays, 0, other),
        "creditor_account": np.where(pays, other, 0),
        "amount": rng.integers(1, 10**6, TRANSFERS),
        "booked_at": NEW_YEAR + np.arange(TRANSFERS) * (SPAN // TRANSFERS),
    }
    frame = pl.DataFrame(given).with_columns(currency=pl.lit("GBP"), channel=pl.lit("credit_transfer"))
    columns = [pl.col(name) if name in frame.columns else pl.lit(None).alias(name) for name in TRANSFER_SCHEMA]
    graph = TransactionGraph.from_frame(pl.DataFrame(frame.select(columns), schema_overrides=TRANSFER_SCHEMA), RATES)
    assert graph.outgoing.indptr.size == graph.incoming.indptr.size
    assert graph.relations.first.size == TRANSFERS
    return graph


def hub_account(graph: TransactionGraph) -> int:
    return int(np.bincount(graph.debtor).argmax())


def on_hub(graph: TransactionGraph, names: tuple[str, ...]) -> Iterator[tuple[slice, dict[str, NDArray[np.float32]]]]:
    """Each block's rows and columns; fails when it takes long or holds much."""
    compute(
        graph_of(
            [transfer(i, i, debtor, creditor, 1) for i, (debtor, creditor) in enumerate((("a", "b"), ("b", "a")))]
        ),
        names,
    )
    peak, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    spent = 0.0
    for first, matrix in blocks(graph, names):
        spent += time.perf_counter() - start
        assert np.isfinite(matrix).all()
        yield slice(first, first + len(matrix)), dict(zip(names, matrix.T, strict=True))
        start = time.perf_counter()
    assert spent < SOON
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < ROOM


def known_back(graph: TransactionGraph, window: int) -> NDArray[np.bool_]:
    """Whether the transfer's creditor had paid its debtor in the window."""
    latest: dict[tuple[int, int], int] = {}
    known = np.zeros(graph.transfers, np.bool_)
    sides = zip(graph.debtor.tolist(), graph.creditor.tolist(), graph.time.tolist(), strict=True)
    for place, (debtor, creditor, moment) in enumerate(sides):
        known[place] = latest.get((creditor, debtor), -(2**60)) > moment - window
        latest[debtor, creditor] = moment
    return known


@pytest.mark.parametrize("days", [1, 30])
def test_the_statistics_and_bins_of_a_hub_are_soon_done(hub: TransactionGraph, days: int) -> None:
    listed = [name for name in names_for((f"{days}d",)) if not re.search("cycle|scatter_gather", name)]
    center = hub_account(hub)
    paid = hub.debtor == center
    before = np.searchsorted(hub.time, hub.time - days * DAY, side="right")
    degree = np.cumsum(paid) - np.concatenate([[0], np.cumsum(paid)])[before]
    for part in (listed[:112], listed[112:]):
        for here, made in on_hub(hub, tuple(part)):
            if f"debtor_out_degree_{days}d" in made:
                got = made[f"debtor_out_degree_{days}d"][paid[here]]
                np.testing.assert_array_equal(got, degree[here][paid[here]])
            if f"fan_out_30_{days}d" in made and here.start > 0:
                assert made[f"fan_out_30_{days}d"][paid[here]].all()


@pytest.mark.parametrize("days", [1, 30])
def test_a_hub_without_scatter_gathers_shows_none_soon(hub: TransactionGraph, days: int) -> None:
    names = tuple(f"scatter_gather_{size}_{days}d" for size in (*range(2, 31), "truncated"))
    for _, made in on_hub(hub, names):
        assert not any(values.any() for values in made.values())


@pytest.mark.parametrize("days", [1, 30])
@pytest.mark.parametrize("kind", ["temporal_cycle", "bounded_cycle"])
def test_the_cycles_of_a_hub_are_soon_done(hub: TransactionGraph, kind: str, days: int) -> None:
    """There are none but to and fro. What is said to be whole is."""
    known = known_back(hub, days * DAY)
    names = tuple(f"{kind}_{size}_{days}d" for size in (*range(2, 11), "truncated"))
    for here, made in on_hub(hub, names):
        whole = made[names[-1]] == 0.0
        np.testing.assert_array_equal(made[names[0]][whole], known[here][whole])
        assert (made[names[0]] <= known[here]).all()
        assert not any(made[name].any() for name in names[1:-1])
        assert whole.all() or days == 30


@pytest.mark.parametrize("ahead", ["", "hindsight_"])
def test_the_calendar_and_the_history_of_a_hub_are_soon_known(hub: TransactionGraph, ahead: str) -> None:
    """Ten years of window hold all the hub ever did."""
    habit = ("debtor_out_weekday_share_3650d", "creditor_out_same_gap_share_3650d", "debtor_in_week_before_3650d")
    names = tuple(f"{ahead}{name}" for name in (*(feature.name for feature in UNWINDOWED), *habit))
    paid = hub.debtor == hub_account(hub)
    seen = np.cumsum(paid) if not ahead else np.cumsum(paid[::-1])[::-1]
    for here, made in on_hub(hub, names):
        got = made[f"{ahead}debtor_out_ever"][paid[here]]
        np.testing.assert_allclose(got, np.log1p(seen[here][paid[here]]), rtol=1e-6)
        assert (made[f"{ahead}instant_debtor_out"] == 1).all()
