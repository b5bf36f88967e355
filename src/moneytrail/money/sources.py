"""Where a ledger comes from: files, or the store that kept it with a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from moneytrail.errors import NotFoundError, ParameterError
from moneytrail.graph import TransactionGraph
from moneytrail.loading import load_graph
from moneytrail.storage import Store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moneytrail.alerts import Alert
    from moneytrail.rates import ExchangeRates
    from moneytrail.runs import Inputs, Tell

SQLITE: Final = b"SQLite format 3\x00"
NEWEST: Final = 100
"""Runs among which the newest with a ledger is looked for."""


@dataclass(frozen=True, eq=False)
class Source:
    """A ledger, and what it is.

    Attributes
    ----------
    graph : TransactionGraph
    told : mapping
        Where it is from, as plain data.
    alerts : tuple of Alert
        Those that were named, whole.
    """

    graph: TransactionGraph
    told: Mapping[str, Any]
    alerts: tuple[Alert, ...] = ()


def is_store(place: str) -> bool:
    """Whether a place is a store and not a file of transfers: a database URL, or a file of SQLite."""
    if "://" in place:
        return True
    try:
        with open(place, "rb") as file:  # noqa: PTH123, a place may be no path
            return file.read(len(SQLITE)) == SQLITE
    except OSError:
        return False


def read_source(
    places: Sequence[str], inputs: Inputs, rates: ExchangeRates, *, run: str | None, alerts: Sequence[str], tell: Tell
) -> Source:
    """The ledger of the files, or of a run in the store that stands in their place.

    Parameters
    ----------
    places : sequence of str
        One store, or files of one layout.
    inputs : Inputs
        The same as files, with what else is read.
    rates : ExchangeRates
        For files; a store's run has its own.
    run : str or None
        Which run's ledger; the newest that kept one unless told, or that of the alerts.
    alerts : sequence of str
        Alerts whose money is asked about; they must be of one run.
    tell : callable

    Raises
    ------
    MoneytrailError
    """
    if not any(map(is_store, places)):
        if run or alerts:
            raise ParameterError("--run and --alert name what stands in a store; in place of the files give the store")
        loaded = load_graph(inputs, rates, tell)
        return Source(loaded.graph, {**loaded.source, "rows": loaded.rows})
    for option, value in (("--accounts", inputs.accounts), ("--layout", inputs.layout), ("--mapping", inputs.mapping)):
        if value:
            raise ParameterError(f"{option} goes with files; the store kept its own account table")
    if len(places) > 1:
        raise ParameterError("give one store, or files of one layout")
    tell("read", 0.0)
    with Store.open(places[0], create=False) as store:
        source = stored_source(store, run, alerts)
    tell("read", 1.0)
    return source


def stored_source(store: Store, run: str | None, alerts: Sequence[str]) -> Source:
    """The ledger of a run in an open store.

    Raises
    ------
    NotFoundError
        When the run, or an alert, is not there, or no ledger was kept.
    ParameterError
        When the alerts are of two runs.
    """
    named = tuple(store.alert(alert) for alert in alerts)
    chosen = run_of(store, run, named)
    kept = store.ledger(chosen)
    graph = TransactionGraph.from_frame(kept.transfers, kept.rates, kept.accounts)
    return Source(graph, {"run_id": chosen, "ledger": kept.fingerprint, "rows": {"kept": graph.transfers}}, named)


def run_of(store: Store, run: str | None, alerts: Sequence[Alert]) -> str:
    """The run that is meant: the one named, that of the alerts, or the newest that kept its ledger.

    Raises
    ------
    NotFoundError, ParameterError
    """
    runs = {alert.run_id for alert in alerts} | ({run} if run else set())
    if len(runs) > 1:
        raise ParameterError("the alerts are of two runs, or of another than --run; ask of one run at a time")
    return next(iter(runs), None) or newest_run(store)


def newest_run(store: Store) -> str:
    """The newest run that kept its ledger."""
    for one in store.runs(NEWEST):
        if store.has_ledger(one.run_id):
            return one.run_id
    raise NotFoundError("no run in this store kept its ledger; moneytrail score --keep-ledger keeps it")
