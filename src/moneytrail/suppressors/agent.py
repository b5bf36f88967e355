"""R-AGENT: an agent for tickets, freight, lettings or visas passes clients' money on to the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.suppressors.base import Case, Suppressor, View, count, factor, share, told
from moneytrail.wording import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case.subject, values))


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    reach = int(values["days"]) * DAY
    fees = np.flatnonzero(view.credit & (view.time <= view.time[-1] - reach))
    yield fees.size > 0, ""
    paid = view.by_peer(~view.credit)
    again = [peer for peer, places in paid.items() if places.size >= 2]
    onward = np.flatnonzero(~view.credit & np.isin(view.peer, again))
    passed = _passed_on(view, (fees, onward), float(values["onward"]), reach)
    total = int(view.amount[fees].sum())
    yield (
        passed >= values["onward"] * total,
        f"{percent(min(passed / max(total, 1), 1.0))} of what clients paid went on, sum by sum",
    )


def _passed_on(view: View, places: tuple[NDArray[np.int64], NDArray[np.int64]], least: float, reach: int) -> int:
    """Value of the debits of which each fits one fee: later, within the days, `least` of it or more and no more."""
    fees, onward = places
    when, sums = view.time[onward], view.amount[onward]
    begins = np.searchsorted(when, view.time[fees], side="right").tolist()
    ends = np.searchsorted(when, view.time[fees] + reach, side="right").tolist()
    free = np.ones(onward.size, np.bool_)
    matched = 0
    for fee, begin, end in zip(view.amount[fees].tolist(), begins, ends, strict=True):
        debit = sums[begin:end]
        fits = free[begin:end] & (debit >= least * fee) & (debit <= fee)
        first = int(fits.argmax()) if fits.size else 0
        if fits.size and fits[first]:
            free[begin + first] = False
            matched += int(debit[first])
    return matched


SUPPRESSOR = Suppressor(
    code="R-AGENT",
    name="an agent for tickets, freight, lettings or visas",
    test=(
        "Of the credits that are older than `days`, at least `onward` by value went on: each to a payee that is paid "
        "again, within these days, as one debit of at least `onward` of the credit and no more than it; first come, "
        "first served, and no debit counts twice."
    ),
    on=("S01", "S02", "S04", "S08", "S13", "S15", "S16", "L05", "L11"),
    factor=factor(0.2),
    judge=_judge,
    parameters=(
        share("onward", 0.7, "what is passed on"),
        count("days", 14, "days within which it is", 14),
    ),
)
