"""The ledgers that money is followed through: read from the store once, and the last ones kept at hand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request

from moneytrail.disruption import Levers
from moneytrail.money.sources import Source, run_of, stored_source
from moneytrail_api.problems import BusyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moneytrail.storage import Store

KEPT: Final = 2
"""Ledgers at hand; another one takes the place of the one asked for longest ago."""

AT_ONCE, MOST_WAITING, LONGEST_WAIT = 2, 6, 20.0
"""Questions about money worked on at a time, waiting for their turn, and for how many seconds they wait. Others are
sent away, so that threads to read alerts by stay free."""


class _Place:
    """Where one run's ledger is kept once the first who asked has read it; others who ask for it wait at its lock."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.source: Source | None = None


class Ledgers:
    """Ledgers by run. One thread reads a ledger while the others that want the same wait for it, and no others do."""

    def __init__(self) -> None:
        self._at_work = BoundedSemaphore(AT_ONCE)
        self._room = BoundedSemaphore(AT_ONCE + MOST_WAITING)
        self._lock = Lock()  # of the two below; never held while a ledger is read
        self._kept: OrderedDict[str, _Place] = OrderedDict()
        self._being_read: dict[str, _Place] = {}

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn.

        Raises
        ------
        BusyError
            When too many wait, or it takes too long.
        """
        if not self._room.acquire(blocking=False):
            raise BusyError
        try:
            if not self._at_work.acquire(timeout=LONGEST_WAIT):
                raise BusyError
            try:
                yield
            finally:
                self._at_work.release()
        finally:
            self._room.release()

    def source(self, store: Store, run: str | None, alerts: Sequence[str]) -> Source:
        """The ledger of a run, or of the alerts' run, with the alerts whole; the newest run's unless told.

        Raises
        ------
        NotFoundError, ParameterError, StoreError
        """
        named = tuple(store.alert(alert) for alert in alerts)
        return replace(self._ledger(store, run_of(store, run, named)), alerts=named)

    def _ledger(self, store: Store, run: str) -> Source:
        with self._lock:
            place = self._kept.get(run) or self._being_read.setdefault(run, _Place())
        try:
            with place.lock:
                if place.source is None:
                    place.source = stored_source(store, run, ())
                source = place.source
        except BaseException:
            self._forget(run, place)
            raise
        self._keep(run, place)
        return source

    def _keep(self, run: str, place: _Place) -> None:
        with self._lock:
            self._being_read.pop(run, None)
            self._kept[run] = place
            self._kept.move_to_end(run)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def _forget(self, run: str, place: _Place) -> None:
        # A ledger that could not be read takes nobody's place, and is read anew when it is asked for again.
        with self._lock:
            if self._being_read.get(run) is place:
                del self._being_read[run]


def ledgers_of(request: Request) -> Ledgers:
    """Return the ledgers of the service."""
    found: Ledgers = request.app.state.ledgers
    return found


OpenLedgers = Annotated[Ledgers, Depends(ledgers_of)]


def levers_of(request: Request) -> Levers | None:
    """Return the levers that the service was made with; ``None`` for those that ship with the package."""
    found: Levers | None = request.app.state.levers
    return found


ChosenLevers = Annotated[Levers | None, Depends(levers_of)]
