"""R-CASHBIZ: an honest business that takes cash, as others of its trade do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, View, count, factor, told
from moneytrail.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


COSTS = {"payroll": "wages", "rent": "rent", "tax": "tax", "invoice": "stock on invoice"}
"""A shop's costs, and what they are called."""


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case.subject, values))


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    yield view.is_kind("business") or view.is_trade("cash_business"), "a business or a cash trade is on file"
    month = view.ground.peers.last_month(view.until)
    yield month is not None, ""
    notes = view.ground.peers.sums(month or 0, "credits", "cash")
    whole = view.ground.peers.sums(month or 0, "credits")
    same = view.ground.peers.code == view.ground.peers.code[view.account]
    # Without the account itself: a single outlier of five is never more than two deviations off.
    same[view.account] = False
    peers = np.flatnonzero(same & (notes > 0))
    yield (
        peers.size + 1 >= values["peers"] and notes[view.account] > 0,
        f"{peers.size} other businesses of its trade took cash in the month before",
    )
    levels = np.log(notes[peers])
    off = abs(np.log(notes[view.account]) - levels.mean())
    yield off <= values["sigmas"] * max(levels.std(), 0.1), "its own cash is within the usual range of theirs"
    cash_share = notes[peers] / whole[peers]
    near = abs(notes[view.account] / whole[view.account] - np.median(cash_share))
    yield near <= 0.25, "its share of cash is too"
    costs = [words for kind, words in COSTS.items() if view.says(kind)[~view.credit].any()]
    yield len(costs) >= values["costs"], f"it pays for {listed(costs)}"


SUPPRESSOR = Suppressor(
    code="R-CASHBIZ",
    name="an honest cash business",
    test=(
        "A business whose cash of the last whole month lies within `sigmas` standard deviations of that of its trade "
        "(logarithms; with it at least `peers` businesses), whose share of cash is within 0.25 of the trade's median, "
        "and which paid at least `costs` of wages, rent, tax and stock on invoice in the year."
    ),
    on=("L01", "L10", "S07", "L02"),
    factor=factor(0.2),
    judge=_judge,
    parameters=(
        count("sigmas", 2, "standard deviations", 10),
        count("peers", 5, "businesses of its trade, itself counted"),
        count("costs", 3, "kinds of costs", 4),
    ),
    needs=("transfers.reference", "accounts.occupation"),
)
