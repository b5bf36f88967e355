"""R-TRADE: an ordinary importer or exporter, or a firm within a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moneytrail.graph import DAY
from moneytrail.suppressors.base import Case, Suppressor, View, count, factor, share, told
from moneytrail.wording import counted, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


DUTY = 0.236
"""Import VAT of 20 % and a usual duty of 3.6 % of a consignment (design)."""


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case.subject, values))


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    wires = view.by("wire")
    sent, came = view.total(wires & ~view.credit), view.total(wires & view.credit)
    side = wires & (~view.credit if sent >= came else view.credit)
    partners = [places for places in view.by_peer(side).values() if places.size >= 3]
    known = (view.time[-1] - view.graph.known_from) / DAY
    long = max(((view.time[p[-1]] - view.time[p[0]]) / DAY for p in partners), default=0.0)
    yield (
        long >= min(values["days"], 0.7 * known) > 0,
        f"{counted(len(partners), 'steady partner')} by wire, dealt with for up to {counted(int(long), 'day')}",
    )
    steady = sum(int(view.amount[p].sum()) for p in partners)
    yield (
        steady >= values["steady"] * max(sent, came),
        f"{percent(steady / max(sent, came, 1))} of the value by wire is theirs",
    )
    entered = view.total(~view.credit & view.says("customs")) / DUTY
    if sent >= came:
        # Goods come weeks after they are paid for, and duty is due when they come.
        old = view.graph.time[view.until] - int(values["customs_days"]) * DAY
        due = view.total(wires & ~view.credit & (view.time <= old)) or sent
        near = (1 - values["tolerance"]) * due <= entered <= (1 + values["tolerance"]) * sent
        yield near, "the customs entries match them"


SUPPRESSOR = Suppressor(
    code="R-TRADE",
    name="an ordinary importer or exporter",
    test=(
        "On the larger side of its wires, partners with three or more have at least `steady` of the value, one of "
        "them for `days` (or seven tenths of what the data reach back); an importer's VAT and duty, taken as 23.6 % "
        "of a consignment, are no more than `tolerance` above what its wires would cost, and no more than that below "
        "what those would that are `customs_days` old (all, where none is): goods come weeks after they are paid for."
    ),
    on=("S09", "L12", "S11", "L07"),
    factor=factor(0.2),
    judge=_judge,
    parameters=(
        share("steady", 0.7, "value with steady partners"),
        count("days", 180, "days of dealing", 365),
        share("tolerance", 0.2, "how near customs entries come"),
        count("customs_days", 30, "days after payment when goods have come", 90),
    ),
    needs=("transfers.reference",),
)
