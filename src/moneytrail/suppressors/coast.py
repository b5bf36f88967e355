"""R-COAST: a trade by the sea that follows the weather as crossings do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, View, count, factor, share, told
from moneytrail.wording import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case.subject, values))


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    yield (
        view.is_trade("coastal", "marine") or view.is_kind("business"),
        "a business or a trade of the coast is on file",
    )
    settled = 0
    for places in view.by_peer(view.credit).values():
        weeks = np.unique(view.day[places] // 7).size
        settled += int(view.amount[places].sum()) if weeks >= values["weeks"] else 0
    total = view.total(view.credit)
    yield (
        settled >= values["settled"] * total > 0,
        f"{percent(settled / max(total, 1))} of its takings are weekly settlements, as by a card acquirer",
    )


SUPPRESSOR = Suppressor(
    code="R-COAST",
    name="a hospitality, ferry, fishing or angling trade",
    test=(
        "The holder is of a coastal or marine trade, or a business; at least `settled` of the year's credits come "
        "from payers that paid in at least `weeks` different weeks: card takings settled by an acquirer."
    ),
    on=("S03", "S06", "S12"),
    factor=factor(0.2),
    judge=_judge,
    parameters=(share("settled", 0.6, "value settled week after week"), count("weeks", 8, "weeks", 52)),
    needs=("accounts.kind",),
)
