"""How far both sides say the same: the first transfers of each world, fed to the peer one at a time."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from benchmarks import peer, sides
from benchmarks.peer import FAMILIES, Family
from benchmarks.worlds import WORLDS, World
from moneytrail import features

SAMPLE: Final = {"sparse": (20_000, 4_000), "dense": (18_000, 4_000), "hubs": (20_000, 4_000)}
"""Size of each small world and how many of its first transfers are compared."""

RELATIVE: Final = 1e-4
ABSOLUTE: Final = 1e-3
"""Ours are float32, the peer's float64; a moment of time near 0 is noise on both sides."""


def compare(name: str) -> dict[str, Any]:
    """Values that are equal, family by family: on the world as it is, and without ties and transfers to oneself.

    Rows at which our search stopped at its budget are counted apart and not compared.
    """
    size, first = SAMPLE[name]
    world = WORLDS[name](size).first(first)
    whole, plain = _compare_all(world), _compare_all(world.plain())
    return {"transfers": first, "as_it_is": whole, "without_ties_and_self_transfers": plain}


def _compare_all(world: World) -> dict[str, Any]:
    return {family.name: _compare(world, family) for family in FAMILIES}


def _compare(world: World, family: Family) -> dict[str, Any]:
    theirs = peer.one_by_one(peer.table(world), family)
    names = sides.names_of(world)
    ours = features.compute(sides.graph_of(world, names), family.ours)
    whole = ~sides.outcome(world, names, family).stopped
    same = np.isclose(theirs[whole], ours[whole], rtol=RELATIVE, atol=ABSOLUTE)
    told = (theirs[whole] != 0) | (ours[whole] != 0)
    unlike = {family.ours[c]: int((~same[:, c]).sum()) for c in np.flatnonzero(~same.all(axis=0))}
    return {
        "values": same.size,
        "equal": int(same.sum()),
        "not_zero": int(told.sum()),
        "not_zero_equal": int((same & told).sum()),
        "truncated_rows": int((~whole).sum()),
        "columns_that_differ": unlike,
    }
