"""The ledgers that money is followed through: read from the store once, and the last ones kept at hand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request

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


class Ledgers:
    """Ledgers by run. One thread reads a ledger while the others wait for it."""

    def __init__(self) -> None:
        self._at_work = BoundedSemaphore(AT_ONCE)
        self._room = BoundedSemaphore(AT_ONCE + MOST_WAITING)
        self._lock = Lock()
        self._kept: OrderedDict[str, Source] = OrderedDict()

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
        chosen = run_of(store, run, named)
        with self._lock:
            if chosen not in self._kept:
                self._kept[chosen] = stored_source(store, chosen, ())
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(chosen)
            return replace(self._kept[chosen], alerts=named)


def ledgers_of(request: Request) -> Ledgers:
    """Return the ledgers of the service."""
    found: Ledgers = request.app.state.ledgers
    return found


OpenLedgers = Annotated[Ledgers, Depends(ledgers_of)]
