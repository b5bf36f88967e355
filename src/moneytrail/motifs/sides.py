"""What every motif searches: the transfers between two different accounts, from each end and by pair."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.diamonds import by_payee
from moneytrail.kernels.ordering import Adjacency, both_sides, cost_chunks
from moneytrail.matches import Parameter
from moneytrail.motifs.base import Instances
from moneytrail.wording import day, money, sentence_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph


class Sides(NamedTuple):
    """The transfers that may join a motif: both accounts known, and not the same. All arrays are read-only.

    Attributes
    ----------
    outgoing, incoming : Adjacency
        With ledger positions of the whole graph.
    pairs : (int32[m], int32[m])
        Payee and ledger position of each account's debits, sorted by payee and then ledger.
    """

    outgoing: Adjacency
    incoming: Adjacency
    pairs: tuple[NDArray[np.int32], NDArray[np.int32]]


_KNOWN: WeakKeyDictionary[TransactionGraph, Sides] = WeakKeyDictionary()


def sides_of(graph: TransactionGraph) -> Sides:
    """The sides of a graph, made once: all motifs are often looked for in the same one."""
    made = _KNOWN.get(graph)
    if made is None:
        made = _KNOWN[graph] = _make(graph)
    return made


def _make(graph: TransactionGraph) -> Sides:
    joins = (graph.debtor >= 0) & (graph.creditor >= 0) & (graph.debtor != graph.creditor)
    if joins.all():
        outgoing, incoming = graph.outgoing, graph.incoming
    else:
        debtor, creditor = (np.where(joins, side, np.int32(-1)) for side in (graph.debtor, graph.creditor))
        _, outgoing, incoming = both_sides(frozen(debtor), frozen(creditor), graph.time, graph.amount, graph.accounts)
    payee, edge = by_payee(outgoing, incoming)
    return Sides(outgoing, incoming, (frozen(payee), frozen(edge)))


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The array, read-only: kernels are compiled for read-only arrays only."""
    array.flags.writeable = False
    return array


def borders(*parts: Adjacency) -> NDArray[np.int64]:
    """Borders that split the accounts by what they cost on these sides together."""
    indptr = np.sum([side.indptr for side in parts], axis=0)
    chunks: NDArray[np.int64] = cost_chunks(frozen(indptr), CHUNKS)
    return frozen(chunks)


def runs(first: NDArray[np.int64], stop: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The whole numbers of all runs from `first` to before `stop`, and where each run begins in them."""
    sizes = stop - first
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return start, np.arange(start[-1]) - np.repeat(start[:-1] - first, sizes)


def lines(subject: NDArray[np.int64], hops: NDArray[np.int64], path: NDArray[np.int64]) -> Instances:
    """Rows whose first `hops` entries of `path` are their transfers."""
    start = np.concatenate([[0], np.cumsum(hops)]).astype(np.int64)
    ledger = path[np.arange(path.shape[1]) < hops[:, None]]
    row_of = np.zeros(subject.size, np.bool_)
    return Instances(subject, start, ledger, np.zeros(ledger.size, np.int8), row_of, np.zeros(0, np.int64))


def budgeted(rows: NDArray[np.int64]) -> Instances:
    """Rows as the searches with a budget give them: account, hops, stopped, a number, path."""
    hit = rows[rows[:, 1] > 0]
    found = lines(hit[:, 0], hit[:, 1], hit[:, 4:])
    return found._replace(truncated=hit[:, 2] > 0, stopped=rows[rows[:, 2] > 0, 0])


def told(graph: TransactionGraph, found: Instances, value: NDArray[np.int64]) -> Iterator[tuple[str, str, str]]:
    """For each row what its sentence is made of: the subject as its beginning, the money and the time."""
    names = graph.names.gather(found.subject).to_list()
    starts = (graph.time[found.ledger[found.start[:-1]]] // DAY).tolist()
    ends = (graph.time[found.ledger[found.start[1:] - 1]] // DAY).tolist()
    for name, amount, start, end in zip(names, value.tolist(), starts, ends, strict=True):
        when = f"on {_day(start)}" if start == end else f"between {_day(start)} and {_day(end)}"
        yield sentence_id(name), money(amount, graph.reference_currency), when


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return day(number * DAY)


def window(default: int, reason: str) -> Parameter:
    """The parameter for the length of the window."""
    return Parameter(
        "window_days", default, "days", 1, 365, "the whole motif spans less than this; also the length of a period",
        reason, "design",
    )  # fmt: skip


def least(name: str, default: int, meaning: str, low: int = 2) -> Parameter:
    """The parameter for the least size of one part."""
    return Parameter(
        name, default, "count", low, 10_000, f"at least so many {meaning}",
        "labelled data call as few as three a pattern; two are everyday", "design",
    )  # fmt: skip


def share(name: str, default: float, meaning: str, reason: str) -> Parameter:
    """A parameter that is a share."""
    return Parameter(name, default, "share", 0.0, 1.0, meaning, reason, "design")


def budget(meaning: str, default: int = 100) -> Parameter:
    """The parameter for the most that a search may look at."""
    return Parameter(
        "budget", default, "transfers", 1, 10**7, f"how many transfers are looked at for each {meaning}",
        "nearly all searches of labelled data end within it; hubs would take hours", "design",
    )  # fmt: skip


TOLERANCE = share(
    "amount_tolerance", 0.1, "how far from their median amounts may lie to be called alike: adds points",
    "equal parts are split on purpose",
)  # fmt: skip
PASSED_ON = (
    share("share_low", 0.85, "least share of what came in that is passed on: in this range adds points",
          "those who pass money on keep a cut of some per cent"),
    share("share_high", 1.0, "most share of what came in that is passed on: in this range adds points",
          "more than came in is money of one's own"),
)  # fmt: skip
