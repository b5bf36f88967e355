"""R-AGENT: an agent for tickets, freight, lettings or visas passes clients' money on to the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.suppressors.base import Case, Suppressor, View, count, factor, share, told

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
    yield passed >= values["onward"] * total, f"{passed / max(total, 1):.0%} of what clients paid went on, sum by sum"


def _passed_on(view: View, places: tuple[NDArray[np.int64], NDArray[np.int64]], least: float, reach: int) -> int:
    """Value of the debits of which each fits one fee: later, within the days, `least` of it or more and no more."""
    fees, onward = places
    free = np.ones(onward.size, np.bool_)
    matched = 0
    for fee in fees:
        wait = view.time[onward] - view.time[fee]
        part = view.amount[onward] / max(int(view.amount[fee]), 1)
        fits = np.flatnonzero(free & (wait > 0) & (wait <= reach) & (part >= least) & (part <= 1))
        if fits.size:
            free[fits[0]] = False
            matched += int(view.amount[onward[fits[0]]])
    return matched


SUPPRESSOR = Suppressor(
    code="R-AGENT",
    name="ticket, freight, lettings or visa agent",
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
