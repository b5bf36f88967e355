"""The rules of the motifs, stated a second time. Their transfers show everything but that none was stronger."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from moneytrail.verify.hubs import FAN_IN, FAN_OUT, GATHER_SCATTER, PASS_THROUGH, SCATTER_GATHER
from moneytrail.verify.layers import BIPARTITE, STACK
from moneytrail.verify.lines import CHAIN, CYCLE, RANDOM_WALK, RING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moneytrail.verify.rule import Rule

MOTIF_RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "fan-in": FAN_IN,
        "fan-out": FAN_OUT,
        "gather-scatter": GATHER_SCATTER,
        "scatter-gather": SCATTER_GATHER,
        "cycle": CYCLE,
        "ring": RING,
        "chain": CHAIN,
        "bipartite": BIPARTITE,
        "stack": STACK,
        "random-walk": RANDOM_WALK,
        "pass-through": PASS_THROUGH,
    }
)
