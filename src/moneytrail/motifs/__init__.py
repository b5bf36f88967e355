"""Motifs: the shapes that money moves in, with the transfers that prove each one.

``MOTIFS`` is the registry. A motif is a shape only; a typology of the catalogue says besides what makes it suspect.

>>> from moneytrail.motifs import find
>>> find(graph, "cycle", {"window_days": 7}).match  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from moneytrail.errors import ParameterError
from moneytrail.motifs.base import Motif, Sought
from moneytrail.motifs.bicliques import BIPARTITE, STACK, prove_nothing
from moneytrail.motifs.diamonds import SCATTER_GATHER
from moneytrail.motifs.fans import FAN_IN, FAN_OUT
from moneytrail.motifs.hubs import GATHER_SCATTER, PASS_THROUGH
from moneytrail.motifs.paths import CHAIN, CYCLE, RANDOM_WALK
from moneytrail.motifs.rings import RING

if TYPE_CHECKING:
    from moneytrail.graph import TransactionGraph

__all__ = ["MOTIFS", "Motif", "Sought", "by_name", "describe", "find", "warm_up"]

MOTIFS: Final[tuple[Motif, ...]] = (
    FAN_IN,
    FAN_OUT,
    GATHER_SCATTER,
    SCATTER_GATHER,
    CYCLE,
    RING,
    CHAIN,
    BIPARTITE,
    STACK,
    RANDOM_WALK,
    PASS_THROUGH,
)


def by_name(name: str) -> Motif:
    """The motif with this name.

    Raises
    ------
    ParameterError
        Naming the motifs there are.
    """
    for motif in MOTIFS:
        if motif.name == name:
            return motif
    raise ParameterError(f"no motif {name!r}; there are {', '.join(motif.name for motif in MOTIFS)}")


def find(graph: TransactionGraph, motif: str | Motif, overrides: Mapping[str, object] | None = None) -> Sought:
    """Every match of one motif in `graph`, with its evidence.

    Parameters
    ----------
    graph : TransactionGraph
    motif : str or Motif
        A name, as ``scatter-gather``.
    overrides : mapping, optional
        Parameter values that differ from the defaults.

    Returns
    -------
    Sought
        Matches, whose typology is the motif's name, and the accounts whose search stopped at its budget.
        Deterministic: the same for any number of threads.

    Raises
    ------
    ParameterError
        When the motif or an override is unknown, or a value out of range.
    """
    return (by_name(motif) if isinstance(motif, str) else motif).find(graph, overrides)


def warm_up(graph: TransactionGraph) -> None:
    """Compile every kernel, by looking for each motif in a small `graph` with at least one transfer."""
    for motif in MOTIFS:
        motif.find(graph)
    prove_nothing(graph)


def describe() -> list[dict[str, Any]]:
    """The motifs as plain data."""
    return [motif.describe() for motif in MOTIFS]
