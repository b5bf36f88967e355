"""From files to a graph, for the commands that search data without scoring them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moneytrail.graph import TransactionGraph
from moneytrail.readers import load_mapping, read, read_accounts
from moneytrail.runs import source_of

if TYPE_CHECKING:
    from moneytrail.rates import ExchangeRates
    from moneytrail.readers import AccountReading, Reading
    from moneytrail.runs import Inputs, Tell


@dataclass(frozen=True, eq=False)
class Loaded:
    """What was read, as a graph.

    Attributes
    ----------
    graph : TransactionGraph
    reading : Reading
    accounts : AccountReading or None
    source : mapping
        What the records say of the data: fingerprint, files with their hashes, layout.
    """

    graph: TransactionGraph
    reading: Reading
    accounts: AccountReading | None
    source: Mapping[str, Any]

    @property
    def rows(self) -> dict[str, int]:
        """Rows read, kept and rejected."""
        reading = self.reading
        return {"read": reading.rows_read, "kept": reading.rows_kept, "rejected": reading.rows_rejected}


def load_graph(inputs: Inputs, rates: ExchangeRates, tell: Tell) -> Loaded:
    """Read the files and build the graph.

    Raises
    ------
    InputError, MappingError, MissingRateError, ParameterError
    """
    inputs.check()
    mapping = load_mapping(inputs.mapping) if inputs.mapping else None
    tell("read", 0.0)
    reading = read(
        list(inputs.files),
        mapping,
        layout=inputs.layout,
        currency=inputs.currency,
        progress=lambda done, total: tell("read", min(0.999, done / max(1, total))),
    )
    known = None
    if inputs.accounts:
        known = read_accounts(inputs.accounts, mapping if mapping and mapping.accounts else None)
    tell("read", 1.0)
    tell("graph", 0.0)
    graph = TransactionGraph.from_frame(reading.transfers, rates, known.accounts if known else None)
    tell("graph", 1.0)
    return Loaded(graph, reading, known, source_of(inputs, reading, known))
