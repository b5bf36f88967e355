"""R-CHAR: a charity, a place of worship or an aid group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moneytrail.suppressors.base import Case, Suppressor, View, factor, share, told
from moneytrail.wording import counted, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case.subject, values))


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    yield view.is_kind("charity") or view.is_trade("charity"), "the account is a charity's"
    givers = view.by_peer(view.credit)
    regular = sum(places.size >= 3 for places in givers.values())
    yield (
        regular >= values["regular"] * len(givers) > 0,
        f"{regular} of {counted(len(givers), 'donor')} gave three times or more",
    )
    came, left = view.total(view.credit), view.total(~view.credit)
    yield left >= values["spent"] * came, f"{percent(min(left / max(came, 1), 1.0))} of what came in was spent"


SUPPRESSOR = Suppressor(
    code="R-CHAR",
    name="a charity, place of worship or aid group",
    test=(
        "The account table says charity (it stands for the registered number); at least `regular` of the year's "
        "donors gave three times or more; at least `spent` of what came in went out. A person reads the alert before "
        "any report: groups that help asylum seekers free of charge have a reasonable excuse (Border Security, Asylum "
        "and Immigration Act 2025, s.14)."
    ),
    on=("S01", "S06", "S12", "S15", "L05", "S07"),
    factor=factor(0.15),
    judge=_judge,
    parameters=(share("regular", 0.3, "share of donors that recur"), share("spent", 0.4, "share that is spent")),
    needs=("accounts.kind",),
)
