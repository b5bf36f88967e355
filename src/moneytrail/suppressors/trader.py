"""R-TRADER: a small trader with customers, invoices and suppliers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moneytrail.suppressors.base import Case, Suppressor, View, factor, share, told
from moneytrail.wording import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case.subject, values))


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    yield view.is_kind("business") or view.is_trade("builder", "importer", "haulage"), "a trade is on file"
    suppliers = view.total(~view.credit & view.says("invoice", "goods"))
    yield (
        suppliers >= values["suppliers"] * view.total(view.credit),
        f"suppliers get {percent(suppliers / max(view.total(view.credit), 1))} of what comes in",
    )
    billed = view.credit & view.says("invoice", "goods")
    yield (
        int(billed.sum()) >= values["billed"] * int(view.credit.sum()) > 0,
        f"{percent(int(billed.sum()) / max(int(view.credit.sum()), 1))} of its credits are on invoice",
    )
    again = sum(places.size for places in view.by_peer(billed).values() if places.size >= 2)
    yield (
        again >= values["again"] * int(billed.sum()),
        f"{percent(again / max(int(billed.sum()), 1))} of these from customers who paid more than once",
    )


SUPPRESSOR = Suppressor(
    code="R-TRADER",
    name="a small trader",
    test=(
        "A trade or a business is on file (it stands for the tax number); suppliers get at least `suppliers` of the "
        "year's credits; at least `billed` of the credits have references like invoices, and at least `again` of "
        "these come from customers who paid more than once."
    ),
    on=("S01", "S02", "S04", "S05", "S08", "S15", "L03", "L04", "L05", "L09", "L11", "L12"),
    factor=factor(0.3),
    judge=_judge,
    parameters=(
        share("suppliers", 0.25, "what suppliers get of the credits"),
        share("billed", 0.4, "share of credits on invoice"),
        share("again", 0.1, "share of these by repeat customers"),
    ),
    needs=("transfers.reference",),
)
