"""R-TUITION: school or course fees are paid in stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moneytrail.suppressors.base import Case, Suppressor, factor, share, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case, values))


def _conditions(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    view = case.subject
    yield view.is_trade("education"), "the payee is an education provider"
    again = [view.amount[places] for places in view.by_peer(view.credit).values() if places.size >= 2]
    same = sum(int(amounts.max() - amounts.min()) <= 0.01 * int(amounts.max()) for amounts in again)
    yield (
        same >= values["same"] * len(again) > 0,
        f"{same} of {len(again)} payers who came more than once paid the same sum each time",
    )


SUPPRESSOR = Suppressor(
    code="R-TUITION",
    name="school or course fees in stages",
    test=(
        "The payee is an education provider by the account table (it stands for the register); of those who paid it "
        "more than once in the year, at least `same` paid the same sum each time, to 1 %: a schedule."
    ),
    on=("S01", "S02", "S04"),
    factor=factor(0.1),
    judge=_judge,
    parameters=(share("same", 0.7, "share of families that pay by a schedule"),),
    needs=("accounts.occupation",),
)
