"""Columns that the peers learn from beside GFP's: what a transfer says itself, and plain recency and pair history.

Made without :mod:`moneytrail.features`, so that the peers owe nothing to ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.evaluation.case import Case
    from moneytrail.evaluation.splits import Split

WORDS: Final = (
    "channel", "currency", "credited_currency", "debtor_institution", "creditor_institution", "debtor_country",
    "creditor_country", "reference", "merchant_category", "location",
)  # fmt: skip
"""Text columns; codes are settled on the rows that may be learned from, and a word never seen there is absent."""

NEVER: Final = 400 * 86_400.0
"""Seconds that stand for a pause since nothing."""

HISTORY: Final = (
    "since the debtor last paid", "since the debtor was last paid", "since the creditor last paid",
    "since the creditor was last paid", "the debtor's transfers out so far", "the creditor's transfers in so far",
    "the pair's transfers so far", "since the pair's last", "the pair's transfers the other way so far",
    "since the last the other way", "age of the debtor", "age of the creditor",
)  # fmt: skip
"""The twelve columns of :func:`history_columns`."""


def raw_columns(case: Case, split: Split) -> NDArray[np.float32]:
    """What each scored transfer says itself: amounts, times of day, week and month, and words as codes.

    Returns
    -------
    float32[scored, columns]
        NaN where a value is absent. Columns that are empty throughout are left out.
    """
    order = pl.Series(case.graph.order[case.scored])
    frame = case.transfers.select("amount", "credited_amount", "booked_at", *WORDS)[order]
    known = pl.Series((split.train | split.validation | split.refit)[case.scored])
    time = pl.col("booked_at").dt
    numbers = frame.select(
        pl.Series("worth", case.graph.amount[case.scored]), "amount", "credited_amount",
        hour=time.hour(), minute=time.minute(), weekday=time.weekday(), day=time.day(),
    )  # fmt: skip
    parts = [column.cast(pl.Float32).to_numpy() for column in numbers if column.null_count() < column.len()]
    for name in WORDS:
        words = frame[name].cast(pl.String)
        seen = words.filter(known).drop_nulls().unique().sort()
        if seen.len():
            codes = words.replace_strict(seen, pl.int_range(seen.len(), eager=True), default=None)
            parts.append(codes.cast(pl.Float32).to_numpy())
    return np.column_stack(parts)


class Before(NamedTuple):
    """Of each query: how many events of its key stand before it, and the place of the last of them, -1 for none."""

    number: NDArray[np.int64]
    last: NDArray[np.int64]


def before(events: NDArray[np.int64], queries: NDArray[np.int64]) -> Before:
    """Events of the query's key at earlier places; both int64[n] keys by place, below 0 for none.

    One sort: n log n.
    """
    size = events.size
    place = np.arange(size)
    codes = np.sort((events * size + place)[events >= 0])
    end = np.searchsorted(codes, queries * size + place)
    count = np.where(queries >= 0, end - np.searchsorted(codes, queries * size), 0)
    last = np.where(count > 0, codes[np.maximum(end - 1, 0)] % size if codes.size else -1, -1)
    return Before(count, last)


def history_columns(case: Case) -> NDArray[np.float32]:
    """The columns of :data:`HISTORY` for each scored transfer, from the scored transfers before it; seconds and counts.

    Before in ledger order. A pause since nothing is 400 days.

    Returns
    -------
    float32[scored, 12]
    """
    graph, scored = case.graph, case.scored
    debtor, creditor = graph.debtor[scored].astype(np.int64), graph.creditor[scored].astype(np.int64)
    time = graph.time[scored]
    whole = (debtor >= 0) & (creditor >= 0)
    both = np.concatenate([debtor * graph.accounts + creditor, creditor * graph.accounts + debtor])
    pair, turned = np.split(np.where(np.tile(whole, 2), np.unique(both, return_inverse=True)[1], -1), 2)
    found = {
        "debtor out": before(debtor, debtor), "debtor in": before(creditor, debtor),
        "creditor out": before(debtor, creditor), "creditor in": before(creditor, creditor),
        "pair": before(pair, pair), "turned": before(pair, turned),
    }  # fmt: skip

    def pause(name: str) -> NDArray[np.float64]:
        last = found[name].last
        return np.where(last >= 0, (time - time[last]) / 1e6, NEVER)

    columns: list[NDArray[Any]] = [pause(name) for name in ("debtor out", "debtor in", "creditor out", "creditor in")]
    columns += [found["debtor out"].number, found["creditor in"].number]
    columns += [found["pair"].number, pause("pair"), found["turned"].number, pause("turned")]
    columns += [_age(account, (debtor, creditor), time) for account in (debtor, creditor)]
    return np.column_stack(columns).astype(np.float32)


def _age(
    account: NDArray[np.int64], sides: tuple[NDArray[np.int64], NDArray[np.int64]], time: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Seconds since each account's first transfer; 0 where that side is absent."""
    first = np.full(max(int(side.max(initial=0)) for side in sides) + 1, np.iinfo(np.int64).max)
    for side in sides:
        np.minimum.at(first, side[side >= 0], time[side >= 0])
    return np.where(account >= 0, (time - first[account]) / 1e6, 0.0)
