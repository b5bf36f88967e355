"""What a transfer looks like to a detector: numbers, each causal, each with a name, a unit, a window and a meaning.

Causal means that the value of a transfer uses only transfers up to it in ledger order, so that batch and stream agree.
Names, nationality, countries and labels are never features.

A name says what it is and over which window: ``creditor_in_fan_7d``, ``temporal_cycle_3_36h``. Any window may be asked
for; :data:`FEATURES` lists those that are usual. Only what is asked for is computed, block by block (:func:`blocks`).
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.errors import ParameterError
from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.activity import LONGEST_PAUSE, Part, activity
from moneytrail.kernels.bins import LAST_BIN, fill_bins
from moneytrail.kernels.blocks import Block, Ledger, advance, share_out
from moneytrail.kernels.cycles import LONGEST, CycleRule, bounded_cycles, temporal_cycles
from moneytrail.kernels.scatter_gather import ScatterGatherRule, scatter_gathers
from moneytrail.kernels.statistics import STATISTICS, statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph


@dataclass(frozen=True, slots=True)
class Feature:
    """One column: its name, unit, window in days (0: none) and meaning."""

    name: str
    unit: str
    window_days: float
    meaning: str


@dataclass(frozen=True, slots=True)
class _Stem:
    """What a name without its window stands for: the family that computes it and that family's key."""

    family: str
    key: tuple[int, ...]
    unit: str
    meaning: str


STEPS: Final = 100_000
"""Steps that a search for motifs may take for one transfer before it gives up and says ``truncated`` (design)."""

LEAST_BLOCK: Final = 131_072
"""Rows of the smallest block; larger where the ledger is longer, so that windows are not walked through too often."""

BLOCKS: Final = 16
"""A long ledger is computed in about so many blocks."""

SEARCHES: Final = 8
"""Runs of rows that a search for motifs is split into; each keeps 64 bytes an account while it runs."""

ACCOUNT_WINDOWS: Final = ("1d", "7d", "30d")
MOTIF_WINDOWS: Final = ("1d", "7d")
"""The windows that :data:`FEATURES` lists; others may be asked for by name."""

_ROLES: Final = ("debtor", "creditor")
_WAYS: Final = ("out", "in")
_UNITS: Final = {"us": 1, "s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": DAY}


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


DETECTOR_FEATURES: Final[tuple[Feature, ...]] = (
    Feature("amount", "log minor units", 0, "log(1 + amount) in the reference currency"),
    Feature("hour", "hours", 0, "hour of the day, UTC, with fractions"),
    Feature("round_amount", "0 or 1", 0, "the amount is a whole multiple of 100 major units (of 10,000 minor units)"),
    Feature("pair_first", "0 or 1", 180, "the two accounts had no dealings before"),
    Feature("pair_recent", "log count", 180, "log of the transfers the same way between the two, this one included"),
    Feature("affiliated", "0 or 1", 180, "the two accounts are tied, or one side is absent"),
    *_side_features("debtor", "out", "in"),
    *_side_features("creditor", "in", "out"),
)
"""The columns that the shipped detectors are fitted on. Where a side is absent its counts, sums, shares and ratios are
0 and its pauses the longest there is, 180 days."""

FEATURE_NAMES: Final = tuple(feature.name for feature in DETECTOR_FEATURES)

_SIDE_UNITS: Final = {"degree": "count", "fan": "count", "degree_per_fan": "ratio"}
_SHAPES: Final = {"skewness": "ratio", "kurtosis": "ratio"}


def _statistic_unit(name: str) -> str:
    if name in _SIDE_UNITS:
        return _SIDE_UNITS[name]
    kind, _, measure = name.partition("_")
    unit = "minor units" if kind == "amount" else "seconds"
    return _SHAPES.get(measure, f"{unit} squared" if measure == "variance" else unit)


def _statistic_meaning(name: str, role: str, way: str) -> str:
    which = f"the {role}'s transfers {way}"
    if name in _SIDE_UNITS:
        return {
            "degree": f"number of {which}",
            "fan": f"distinct counterparties in {which}, itself left out",
            "degree_per_fan": f"{which} for each distinct counterparty",
        }[name]
    kind, _, measure = name.partition("_")
    what = {
        "amount": f"amounts of {which}",
        "age": f"time from {which} to this one",
        "gap": f"time between one and the next of {which}",
    }[kind]
    return f"{measure} of the {what}"


def _account_stems() -> Iterator[tuple[str, _Stem]]:
    """One stem for each role, way and statistic of the account families."""
    for r, role in enumerate(_ROLES):
        for w, way in enumerate(_WAYS):
            for s, name in enumerate(STATISTICS):
                meaning = _statistic_meaning(name, role, way)
                yield f"{role}_{way}_{name}", _Stem("statistics", (r, w, s), _statistic_unit(name), meaning)


_BINS: Final = {
    "fan_out": ("fan", "the debtor has paid so many distinct accounts, this one among them"),
    "fan_in": ("fan", "the creditor has been paid by so many distinct accounts, this one among them"),
    "degree_out": ("degree", "the debtor has made so many transfers, this one among them"),
    "degree_in": ("degree", "the creditor has been paid by so many transfers, this one among them"),
}
_GATHER_SCATTER: Final = "gather_scatter"


def _sized(size: int) -> str:
    return f"{size} or more" if size == LAST_BIN else str(size)


def _motif_stems() -> Iterator[tuple[str, _Stem]]:
    """One stem for each motif and size."""
    for size in range(2, LAST_BIN + 1):
        for place, (name, (_, meaning)) in enumerate(_BINS.items()):
            yield f"{name}_{size}", _Stem("bins", (place, size), "0 or 1", f"{meaning}: {_sized(size)}")
        yield (
            f"{_GATHER_SCATTER}_{size}",
            _Stem(
                _GATHER_SCATTER,
                (size,),
                "count",
                "this transfer's two accounts that have both payers and payees, the fewer of which (distinct, at least "
                f"2) are {_sized(size)}",
            ),
        )
        yield (
            f"scatter_gather_{size}",
            _Stem(
                "scatter_gather",
                (size,),
                "count",
                f"scatter-gathers over {_sized(size)} intermediaries that it is part of, in any order of time",
            ),
        )
    for name, order in (("temporal_cycle", "each transfer after the one before"), ("bounded_cycle", "in any order")):
        for size in range(2, LONGEST + 1):
            yield f"{name}_{size}", _Stem(name, (size,), "count", f"cycles of {size} transfers that it closes, {order}")
    for name in ("scatter_gather", "temporal_cycle", "bounded_cycle"):
        meaning = f"the search for {name.replace('_', ' ')}s stopped after {STEPS:,} steps"
        yield f"{name}_truncated", _Stem(name, (0,), "0 or 1", meaning)


_STEMS: Final[dict[str, _Stem]] = dict([*_account_stems(), *_motif_stems()])
_FIXED: Final[dict[str, Feature]] = {feature.name: feature for feature in DETECTOR_FEATURES}
_OF_TRANSFER: Final = FEATURE_NAMES[:6]
_PER_ROLE: Final = (len(FEATURE_NAMES) - len(_OF_TRANSFER)) // 2
_CYCLE_BINS: Final = 10
_ACCOUNT_FAMILIES: Final = ("statistics",)


def window_of(text: str) -> int:
    """A window such as ``6h``, ``1d``, ``90min``, ``45s`` or ``86400000001us``, in microseconds.

    Raises
    ------
    ParameterError
        When it is written otherwise, is 0 or is longer than 3,660 days.
    """
    found = re.fullmatch(r"([0-9]{1,18})(us|s|min|h|d)", text)
    length = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < length <= 3660 * DAY:
        raise ParameterError(f"window {text!r}: wanted is a whole number and us, s, min, h or d, at most 3660d")
    return length


def _parse(name: str) -> tuple[_Stem, int, Feature]:
    """The stem and window behind a name.

    Raises
    ------
    ParameterError
        When there is no such column, naming the nearest.
    """
    if name in _FIXED:
        place = FEATURE_NAMES.index(name)
        return _Stem("fixed", (place,), "", ""), 0, _FIXED[name]
    stem, _, window = name.rpartition("_")
    if stem not in _STEMS:
        near = difflib.get_close_matches(name, [*_FIXED, *(f"{s}_1d" for s in _STEMS)], 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ParameterError(f"no feature {name!r}{hint}")
    length = window_of(window)
    found = _STEMS[stem]
    return found, length, Feature(name, found.unit, length / DAY, found.meaning)


def describe(names: Iterable[str]) -> tuple[Feature, ...]:
    """What these columns are.

    Raises
    ------
    ParameterError
        When there is no such column.
    """
    return tuple(_parse(name)[2] for name in names)


def names_for(windows: Sequence[str], motif_windows: Sequence[str] | None = None) -> tuple[str, ...]:
    """Every column over these windows: those without a window of their own choice, accounts', then motifs'.

    Of the cycles those up to length 10 are listed. `motif_windows` are taken where motifs should look less far than
    accounts; ``None``: the same.

    Raises
    ------
    ParameterError
        When a window is not one.
    """
    made = list(FEATURE_NAMES)
    for stem, found in _STEMS.items():
        account = found.family in _ACCOUNT_FAMILIES
        if found.family.endswith("_cycle") and found.key[0] > _CYCLE_BINS:
            continue
        for window in windows if account or motif_windows is None else motif_windows:
            window_of(window)
            made.append(f"{stem}_{window}")
    return tuple(made)


def hash_of(names: Iterable[str]) -> str:
    """A hash of what these columns are; a model carries that of its own columns and is refused under another."""
    lines = (f"{f.name}|{f.unit}|{f.window_days:g}" for f in describe(names))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


FEATURES: Final[tuple[Feature, ...]] = describe(names_for(ACCOUNT_WINDOWS, MOTIF_WINDOWS))
"""The columns that are usual. Windows end at the transfer (left end excluded). Where a side is absent its values are 0,
and its pauses the longest there is, 180 days."""

FEATURES_HASH: Final = hash_of(FEATURE_NAMES)


def compute(graph: TransactionGraph, names: Sequence[str] = FEATURE_NAMES) -> NDArray[np.float32]:
    """The feature matrix of every transfer, in ledger order.

    Parameters
    ----------
    graph : TransactionGraph
    names : sequence of str
        Columns, in this order.

    Returns
    -------
    float32[transfers, len(names)]
        Finite throughout. The same bits for any number of threads, and whether it is made whole or in blocks.

    Raises
    ------
    ParameterError
        When there is no such column, or one is named twice.
    """
    for _, matrix in blocks(graph, names, rows=max(1, graph.transfers)):
        return matrix
    return np.empty((0, len(names)), np.float32)


def blocks(
    graph: TransactionGraph,
    names: Sequence[str] = FEATURE_NAMES,
    *,
    rows: int | None = None,
    wanted: NDArray[np.bool_] | None = None,
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The feature matrix block by block: the ledger place of the block's first row, and its rows.

    Parameters
    ----------
    graph : TransactionGraph
    names : sequence of str
        Columns, in this order; nothing else is computed.
    rows : int, optional
        Rows of a block, 1 or more. By default a sixteenth of the ledger, and at least 131,072.
    wanted : bool[transfers], optional
        Rows that are asked for, in ledger order. Blocks without one are left out; in the others the rows that nobody
        asked for hold anything.

    Raises
    ------
    ParameterError
        When there is no such column, one is named twice, or `rows` is below 1.
    """
    plan = _plan(names)
    n = graph.transfers
    step = max(LEAST_BLOCK, -(-n // BLOCKS)) if rows is None else rows
    if step < 1:
        raise ParameterError(f"rows = {rows}: allowed is 1 or more")
    everything = np.empty(0, np.bool_)
    begins = [graph.outgoing.indptr[:-1].copy(), graph.incoming.indptr[:-1].copy()]
    for first in range(0, n, step):
        last = min(n, first + step)
        skip = wanted is not None and not wanted[first:last].any()
        parts = []
        for way, owner in enumerate((graph.debtor, graph.creditor)):
            low, high, begins[way] = advance(owner, everything if wanted is None else wanted, first, last, begins[way])
            parts += [low, high]
        if skip:
            continue
        cost = (parts[1] - parts[0]) + (parts[3] - parts[2])
        chunks = max(1, min(CHUNKS, (last - first) // 8192))
        block = Block(first, last, parts[0], parts[1], parts[2], parts[3], share_out(cost * 4 + 1, chunks))
        matrix = np.zeros((last - first, len(names)), np.float32)
        for fill in plan:
            fill(graph, block, matrix)
        yield first, matrix


_Fill = Callable[["TransactionGraph", Block, "NDArray[np.float32]"], None]


def _plan(names: Sequence[str]) -> list[_Fill]:
    """What fills which columns: one call for each family and window in use."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise ParameterError(f"the feature {twice!r} is named twice")
    columns: dict[tuple[str, int], list[tuple[int, ...]]] = {}
    for column, name in enumerate(names):
        stem, window, _ = _parse(name)
        columns.setdefault((stem.family, window), []).append((*stem.key, column))
    return [_filler(family, window, asked) for (family, window), asked in columns.items()]


def _filler(family: str, window: int, asked: list[tuple[int, ...]]) -> _Fill:
    targets = np.array(asked, np.int32)

    def fill(graph: TransactionGraph, block: Block, matrix: NDArray[np.float32]) -> None:
        _FAMILIES[family](graph, block, window, targets, matrix)

    return fill


def _fill_fixed(
    graph: TransactionGraph, block: Block, _window: int, targets: NDArray[np.int32], matrix: NDArray[np.float32]
) -> None:
    """The columns of :data:`DETECTOR_FEATURES`; their windows are their own."""
    here = slice(block.first, block.last)
    column_of = {int(place): int(column) for place, column in targets}
    for place, column in column_of.items():
        if place < len(_OF_TRANSFER):
            matrix[:, column] = _of_transfer(graph, here, place)
    for role in range(2):
        base = len(_OF_TRANSFER) + role * _PER_ROLE
        asked = [place for place in range(base, base + _PER_ROLE) if place in column_of]
        if asked:
            _fill_activity(graph, block, role, [(place - base, column_of[place]) for place in asked], matrix)


def _of_transfer(graph: TransactionGraph, here: slice, place: int) -> NDArray[Any]:
    """One of the columns that belong to the transfer itself and to its pair of accounts."""
    if place == 0:
        return np.log1p(graph.amount[here])
    if place == 1:
        return graph.time[here] % DAY / (DAY / 24)
    if place == 2:
        return (graph.own_amount[here] % 10_000 == 0) & (graph.own_amount[here] > 0)
    if place == 3:
        return graph.relations.first[here]
    if place == 4:
        return np.log(np.maximum(graph.relations.recent[here], 1))
    return graph.relations.affiliated[here] | (graph.debtor[here] < 0) | (graph.creditor[here] < 0)


def _fill_activity(
    graph: TransactionGraph,
    block: Block,
    role: int,
    columns: list[tuple[int, int]],
    matrix: NDArray[np.float32],
) -> None:
    sides = (graph.outgoing, graph.incoming) if role == 0 else (graph.incoming, graph.outgoing)
    begin, end = (block.out_begin, block.out_end) if role == 0 else (block.in_begin, block.in_end)
    whole = [place for place, _ in columns] == list(range(_PER_ROLE))
    straight = whole and [column - columns[0][1] for _, column in columns] == list(range(_PER_ROLE))
    made, column = (matrix, columns[0][1]) if straight else (np.zeros((len(matrix), _PER_ROLE), np.float32), 0)
    made[:, [column + 8, column + 9]] = np.log1p(LONGEST_PAUSE / 1e6)
    activity(sides[0], sides[1], graph.relations, Part(begin, end, block.borders, block.first), made, column)
    if not straight:
        for place, wanted in columns:
            matrix[:, wanted] = made[:, place]


def _fill_statistics(
    graph: TransactionGraph, block: Block, window: int, targets: NDArray[np.int32], matrix: NDArray[np.float32]
) -> None:
    statistics(graph.outgoing, graph.incoming, block, window, targets, matrix)


def _sizes(
    graph: TransactionGraph, block: Block, window: int, asked: list[tuple[int, int, str]]
) -> NDArray[np.float32]:
    """What bins are made from: one row for each (role, way, statistic)."""
    targets = [(role, way, STATISTICS.index(name), column) for column, (role, way, name) in enumerate(asked)]
    made = np.zeros((block.last - block.first, len(asked)), np.float32)
    statistics(graph.outgoing, graph.incoming, block, window, np.array(targets, np.int32), made)
    return np.ascontiguousarray(made.T)


def _of_sizes(pairs: NDArray[np.int32]) -> NDArray[np.int32]:
    """The column of each size, -1 where it is not asked for."""
    columns = np.full(max(LAST_BIN, LONGEST) + 1, -1, np.int32)
    columns[pairs[:, 0]] = pairs[:, 1]
    return columns


def _fill_bins(
    graph: TransactionGraph, block: Block, window: int, targets: NDArray[np.int32], matrix: NDArray[np.float32]
) -> None:
    kinds = sorted({int(kind) for kind in targets[:, 0]})
    names = [name for name, _ in _BINS.values()]
    sizes = _sizes(graph, block, window, [(kind % 2, kind % 2, names[kind]) for kind in kinds])
    alone = graph.debtor[block.first : block.last] == graph.creditor[block.first : block.last]
    sizes[:, alone] = 0.0
    for kind, size in zip(kinds, sizes, strict=True):
        fill_bins(size, _of_sizes(targets[targets[:, 0] == kind, 1:]), matrix)


def _fill_gather_scatter(
    graph: TransactionGraph, block: Block, window: int, targets: NDArray[np.int32], matrix: NDArray[np.float32]
) -> None:
    sizes = _sizes(graph, block, window, [(role, way, "fan") for role in range(2) for way in range(2)])
    alone = graph.debtor[block.first : block.last] == graph.creditor[block.first : block.last]
    for role in range(2):
        both = np.minimum(sizes[2 * role], sizes[2 * role + 1])
        both[alone] = 0.0
        fill_bins(both, _of_sizes(targets), matrix)


def _row_borders(block: Block) -> NDArray[np.int64]:
    parts = max(1, min(SEARCHES, (block.last - block.first) // 4096))
    return np.linspace(block.first, block.last, parts + 1).astype(np.int64)


def _fill_scatter_gather(
    graph: TransactionGraph, block: Block, window: int, targets: NDArray[np.int32], matrix: NDArray[np.float32]
) -> None:
    scatter_gathers(
        graph.outgoing,
        graph.incoming,
        Ledger(graph.debtor, graph.creditor, graph.time),
        _row_borders(block),
        ScatterGatherRule(window, STEPS, _of_sizes(targets)),
        matrix,
    )


def _fill_cycles(search: Callable[..., None]) -> Any:
    def fill(
        graph: TransactionGraph, block: Block, window: int, targets: NDArray[np.int32], matrix: NDArray[np.float32]
    ) -> None:
        longest = max(2, int(targets[:, 0].max()))
        if longest == 2 and not (targets[:, 0] == 2).any():
            longest = _CYCLE_BINS
        search(
            graph.outgoing,
            graph.incoming,
            Ledger(graph.debtor, graph.creditor, graph.time),
            _row_borders(block),
            CycleRule(window, longest, STEPS, _of_sizes(targets)),
            matrix,
        )

    return fill


_FAMILIES: Final[dict[str, Any]] = {
    "fixed": _fill_fixed,
    "statistics": _fill_statistics,
    "bins": _fill_bins,
    _GATHER_SCATTER: _fill_gather_scatter,
    "scatter_gather": _fill_scatter_gather,
    "temporal_cycle": _fill_cycles(temporal_cycles),
    "bounded_cycle": _fill_cycles(bounded_cycles),
}
