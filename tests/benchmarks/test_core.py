"""The core benchmark runs without its peer and prints one document."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
from typing import Any

import numpy as np
import pytest

from benchmarks import core, peer, report, sides, worlds


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    chosen = ["--transfers", "2000", "--repeats", "1", "--without-peer", "--json", "--sizes", "1000,2000"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert core.main(chosen) == 0
    found: dict[str, Any] = json.loads(printed.getvalue())
    return found


def test_every_part_is_in_the_document(measured: dict[str, Any]) -> None:
    assert {"settings", "all", "families", "dense", "hubs", "memory", "growth"} <= set(measured)
    assert "agreement" not in measured
    assert measured["all"]["columns"] == 119
    assert set(measured["families"]) == {family.name for family in (*peer.FAMILIES, peer.SHORT_CYCLE)}
    assert measured["all"]["ours"]["threads_1"]["transfers_per_second"] > 0
    assert len(measured["growth"]["sizes"]) == 2


def test_the_document_is_readable_as_text(measured: dict[str, Any]) -> None:
    text = report.table(measured)
    assert "sparse: 2,000 transfers" in text
    assert "seconds grow as transfers" in text


def test_ours_are_as_many_columns_as_the_peers() -> None:
    assert [len(family.ours) for family in peer.FAMILIES] == [52, 29, 29, 9, 58, 58]
    assert len(peer.TOGETHER.ours) == 119


def test_ages_mirror_times() -> None:
    found = np.zeros((1, 52))
    now, times = 100.0, np.array([10.0, 40.0, 90.0])
    found[0, 1] = times.size
    found[0, 3:7] = times.mean(), times.sum(), times.var(), -0.5
    peer.times_to_ages(found, np.array([now]))
    ages = now - times
    np.testing.assert_allclose(found[0, 3:7], [ages.mean(), ages.sum(), ages.var(), 0.5])


def test_parts_are_even_and_apart() -> None:
    parts = peer.parts_of(1_000, batch=10, timed=200, parts=4)
    assert sum(stop - start for start, stop in parts) == 200
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(parts))
    assert peer.parts_of(1_000, batch=10, timed=1_000, parts=4) == [(0, 1_000)]


def test_a_run_takes_the_whole_world() -> None:
    world = worlds.sparse(500)
    timing = sides.run(world, sides.names_of(world), peer.DEGREE)
    assert timing.transfers == 500
    assert timing.rate > 0
