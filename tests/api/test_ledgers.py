"""The ledgers at hand: read once, by one thread, and without holding up questions about others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any, cast

import pytest

from moneytrail.errors import NotFoundError
from moneytrail.graph import TransactionGraph
from moneytrail.money.sources import Source
from moneytrail.storage import Store
from moneytrail_api import ledgers
from moneytrail_api.ledgers import KEPT, Ledgers

STORE = cast("Store", None)
WAIT = 60.0
"""Seconds after which a test that would hang fails instead."""


class Reads:
    """Stands in for the store: counts how often each run's ledger is read, and does what it is told to meanwhile."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.during: Callable[[str], None] = lambda _run: None

    def __call__(self, _store: Store, run: str, _alerts: tuple[str, ...]) -> Source:
        self.counts[run] += 1
        self.during(run)
        return Source(cast("TransactionGraph", None), {"run_id": run})


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    found = Reads()
    monkeypatch.setattr(ledgers, "stored_source", found)
    return found


def run_of(source: Source) -> Any:
    return source.told["run_id"]


def test_a_ledger_that_is_read_does_not_hold_up_another_that_is_at_hand(reads: Reads) -> None:
    kept, began, go_on = Ledgers(), Event(), Event()
    kept.source(STORE, "at hand", [])

    def during(_run: str) -> None:
        began.set()
        assert go_on.wait(WAIT)

    reads.during = during
    with ThreadPoolExecutor(2) as pool:
        large = pool.submit(kept.source, STORE, "large", [])
        assert began.wait(WAIT)
        other = pool.submit(kept.source, STORE, "at hand", [])
        try:
            assert run_of(other.result(WAIT / 6)) == "at hand"
            assert not large.done()
        finally:
            go_on.set()
        assert run_of(large.result(WAIT)) == "large"
    assert reads.counts == {"at hand": 1, "large": 1}


def test_two_ledgers_are_read_at_the_same_time(reads: Reads) -> None:
    kept, both = Ledgers(), Barrier(2, timeout=WAIT / 6)
    reads.during = lambda _run: cast("None", both.wait())
    with ThreadPoolExecutor(2) as pool:
        assert [run_of(one) for one in pool.map(lambda run: kept.source(STORE, run, []), ("a", "b"))] == ["a", "b"]


def test_those_who_want_the_same_ledger_wait_for_one_reading(reads: Reads) -> None:
    kept, began, go_on = Ledgers(), Event(), Event()

    def during(_run: str) -> None:
        began.set()
        assert go_on.wait(WAIT)

    reads.during = during
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(kept.source, STORE, "one", []) for _ in range(4)]
        assert began.wait(WAIT)
        go_on.set()
        assert {run_of(one.result(WAIT)) for one in asked} == {"one"}
    assert reads.counts == {"one": 1}


def test_a_ledger_that_cannot_be_read_takes_nobodys_place_and_is_tried_again(reads: Reads) -> None:
    kept = Ledgers()
    for run in range(KEPT):
        kept.source(STORE, f"good {run}", [])

    def during(_run: str) -> None:
        raise NotFoundError("not kept")

    reads.during = during
    for _ in range(KEPT + 1):
        with pytest.raises(NotFoundError):
            kept.source(STORE, "bad", [])
    for run in range(KEPT):
        kept.source(STORE, f"good {run}", [])
    assert reads.counts == {"bad": KEPT + 1, **{f"good {run}": 1 for run in range(KEPT)}}
    reads.during = lambda _run: None
    assert run_of(kept.source(STORE, "bad", [])) == "bad"


def test_the_one_that_nobody_asked_for_longest_goes(reads: Reads) -> None:
    kept = Ledgers()
    for run in ("a", "b", "a", "c", "a", "b"):
        kept.source(STORE, run, [])
    assert reads.counts == {"a": 1, "b": 2, "c": 1}
