"""R-LOGI: a haulier or courier on its usual roads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.suppressors.base import Case, Suppressor, View, count, factor, share, told
from moneytrail.wording import counted, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case.subject, values))


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    yield view.is_trade("haulage"), "the holder is a haulier or courier"
    fuel = np.flatnonzero(~view.credit & view.says("fuel"))
    known = (view.time[-1] - view.graph.known_from) / DAY
    days = (view.time[fuel[-1]] - view.time[fuel[0]]) / DAY if fuel.size else 0.0
    yield days >= min(values["days"], 0.75 * known), f"fuel has been bought for {counted(int(days), 'day')}"
    regions = view.ground.region[view.ledger][~view.credit & view.by("card")]
    regions = regions[regions >= 0]
    usual = np.sort(np.unique(regions, return_counts=True)[1])[-2:].sum() if regions.size else 0
    yield (
        usual >= values["usual"] * regions.size,
        f"{percent(usual / max(regions.size, 1))} of the card payments with a place lie in two regions",
    )


SUPPRESSOR = Suppressor(
    code="R-LOGI",
    name="a haulier or courier",
    test=(
        "The account table says haulier, courier or carrier (it stands for the licence); fuel was bought over `days` "
        "or three quarters of what the data reach back; at least `usual` of the card payments with a place lie in two "
        "regions."
    ),
    on=("S12", "S10"),
    factor=factor(0.2),
    judge=_judge,
    parameters=(
        count("days", 180, "days of buying fuel", 365),
        share("usual", 0.8, "share of purchases in two regions"),
    ),
    needs=("transfers.merchant_category", "accounts.occupation"),
)
