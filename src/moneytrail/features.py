"""What a transfer looks like to a detector: a matrix of numbers, each causal, each with a name and a meaning.

Causal means that the value of a transfer uses only transfers up to it in ledger order, so that batch and stream agree.
Names, nationality, countries and labels are never features.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.activity import LONGEST_PAUSE, activity
from moneytrail.kernels.ordering import cost_chunks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the matrix: its name, unit, window in days (0: none) and meaning."""

    name: str
    unit: str
    window_days: int
    meaning: str


def _side_features(who: str, way: str, other: str) -> tuple[Feature, ...]:
    peers = "payees" if way == "out" else "payers"
    return (
        Feature(f"{who}_{way}_count_1d", "count", 1, f"transfers {way} of the {who}, this one included"),
        Feature(f"{who}_{way}_count_7d", "count", 7, f"transfers {way} of the {who}, this one included"),
        Feature(f"{who}_{way}_count_30d", "count", 30, f"transfers {way} of the {who}, this one included"),
        Feature(f"{who}_{way}_sum_7d", "log minor units", 7, f"log(1 + sum) of the {who}'s transfers {way}"),
        Feature(f"{who}_{peers}_7d", "count", 7, f"distinct {peers} of the {who}"),
        Feature(f"{who}_{peers}_30d", "count", 30, f"distinct {peers} of the {who}"),
        Feature(f"{who}_first_share_30d", "share", 30, f"share of the {who}'s transfers {way} that are first dealings"),
        Feature(f"{who}_amount_to_mean_30d", "ratio", 30, f"amount over the {who}'s mean transfer {way}"),
        Feature(f"{who}_since_{way}", "log seconds", 180, f"log(1 + seconds) since the {who}'s transfer {way} before"),
        Feature(
            f"{who}_since_{other}", "log seconds", 180, f"log(1 + seconds) since the {who}'s last transfer {other}"
        ),
        Feature(f"{who}_balance_of_flows_1d", "share", 1, f"smaller of the {who}'s money in and out over the larger"),
    )


FEATURES: Final[tuple[Feature, ...]] = (
    Feature("amount", "log minor units", 0, "log(1 + amount) in the reference currency"),
    Feature("hour", "hours", 0, "hour of the day, UTC, with fractions"),
    Feature("round_amount", "0 or 1", 0, "the amount is a whole multiple of 100 major units (of 10,000 minor units)"),
    Feature("pair_first", "0 or 1", 180, "the two accounts had no dealings before"),
    Feature("pair_recent", "log count", 180, "log of the transfers the same way between the two, this one included"),
    Feature("affiliated", "0 or 1", 180, "the two accounts are tied, or one side is absent"),
    *_side_features("debtor", "out", "in"),
    *_side_features("creditor", "in", "out"),
)
"""The columns, in order. Windows end at the transfer (left end excluded). Where a side is absent its counts, sums,
shares and ratios are 0 and its pauses the longest there is, 180 days."""

FEATURE_NAMES: Final = tuple(feature.name for feature in FEATURES)

FEATURES_HASH: Final = hashlib.sha256(
    "\n".join(f"{f.name}|{f.unit}|{f.window_days}" for f in FEATURES).encode()
).hexdigest()
"""Changes when a column is added, removed, renamed or moved; models carry it and refuse another."""

_DEBTOR: Final = FEATURE_NAMES.index("debtor_out_count_1d")
_CREDITOR: Final = FEATURE_NAMES.index("creditor_in_count_1d")


def compute(graph: TransactionGraph) -> NDArray[np.float32]:
    """The feature matrix of every transfer, in ledger order.

    Parameters
    ----------
    graph : TransactionGraph

    Returns
    -------
    float32[transfers, len(FEATURES)]
        Finite throughout. Cost: linear in the transfers; the same bits for any number of threads.
    """
    relations = graph.relations
    matrix = np.zeros((graph.transfers, len(FEATURES)), np.float32)
    matrix[:, 0] = np.log1p(graph.amount)
    matrix[:, 1] = graph.time % DAY / (DAY / 24)
    matrix[:, 2] = (graph.own_amount % 10_000 == 0) & (graph.own_amount > 0)
    matrix[:, 3] = relations.first
    matrix[:, 4] = np.log(np.maximum(relations.recent, 1))
    matrix[:, 5] = relations.affiliated | (graph.debtor < 0) | (graph.creditor < 0)
    sides = ((graph.outgoing, graph.incoming, _DEBTOR), (graph.incoming, graph.outgoing, _CREDITOR))
    for side, other, column in sides:
        pauses = [column + 8, column + 9]
        matrix[:, pauses] = np.log1p(LONGEST_PAUSE / 1e6)
        activity(side, other, relations, cost_chunks(side.indptr, CHUNKS), matrix, column)
    return matrix
