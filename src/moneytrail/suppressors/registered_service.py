"""R-REGMSB: a registered money-service business is compared with its like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, count, factor, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case, values))


def _conditions(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    yield (
        bool(case.ground.registered()[case.found.subject]),
        "the holder is on the register of money-service businesses",
    )
    month = case.ground.peers.last_month(case.subject.until)
    if month is None:
        return
    sums = case.ground.peers.sums(month, "credits")
    # Without the subject: beside a few others it would always be within its own 95th percentile.
    registered = case.ground.registered().copy()
    registered[case.found.subject] = False
    others = np.sort(sums[registered & (sums > 0)])
    if others.size >= values["peers"]:
        high = int(others[-(-others.size * 95 // 100) - 1])
        yield int(sums[case.found.subject]) <= high, "it took no more in the month before than 19 of 20 of them"


SUPPRESSOR = Suppressor(
    code="R-REGMSB",
    name="a registered money-service business",
    test=(
        "The account table has the holder on the register; and where at least `peers` others on it dealt in the "
        "last whole month, the subject's credits of that month are at most their 95th percentile. S03 and S09 are "
        "scored as ever: registered hawaladars were themselves warned (National Crime Agency, warning to hawala "
        "bankers, 2025). S08 does not fire on the registered at all."
    ),
    on=("S01", "S04", "L03", "L04", "L05", "L12"),
    factor=factor(0.3),
    judge=_judge,
    parameters=(count("peers", 5, "registered businesses to compare with"),),
    needs=("accounts.registered_money_service",),
)
