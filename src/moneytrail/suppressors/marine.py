"""R-NAUT: a real marine trade, club or boat owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, count, factor

if TYPE_CHECKING:
    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    view = case.subject
    if view.is_trade("marine"):
        return "the holder is of a marine trade"
    berths = view.by_peer(~view.credit & view.by("direct_debit", "credit_transfer") & view.says("marine_life"))
    for places in berths.values():
        if places.size >= values["times"] and int(np.diff(view.day[places]).max(initial=0)) <= 35:
            return f"a berth or club has been paid {places.size} times, month after month"
    return ""


SUPPRESSOR = Suppressor(
    code="R-NAUT",
    name="a real marine trade or user",
    test=(
        "The holder is of a marine trade by the account table; or a mooring, berth, harbour or sailing club was paid "
        "at least `times` times with no pause above 35 days. Registers of boats are not in the data."
    ),
    on=("S10", "S11"),
    factor=factor(0.1),
    judge=_judge,
    parameters=(count("times", 3, "times that a berth or club was paid"),),
)
