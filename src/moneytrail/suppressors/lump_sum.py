"""R-LOAN: a loan, an insurer's payment, a house sale or an inheritance explains a large sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.suppressors.base import Case, Suppressor, View, amount, count, factor, share, told
from moneytrail.wording import money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_lent(case, values) if case.typology.id == "S14" else _conditions(case, values))


def _conditions(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    view = case.subject
    last = view.graph.time[view.until] - int(values["days"]) * DAY
    recent = view.credit & (view.time > last)
    trade = view.ground.trade("solicitor", "insurer", "lender")
    payer = (view.peer >= 0) & trade[view.peer]
    lump = recent & (payer | (view.says("loan", "house", "insurance") & view.by("credit_transfer", "wire", "unknown")))
    inside = np.isin(view.ledger, case.found.ledger)
    if case.typology.id == "L13":
        lump |= inside & _of_an_employer(view)
    total = view.total(lump)
    yield (
        total >= values["lump"],
        f"{money(total, view.graph.reference_currency)} came from a lender, insurer or solicitor, by trade or words",
    )
    value = max(view.total(inside & view.credit), view.total(inside & ~view.credit))
    yield total >= values["explained"] * value, f"against {money(value, view.graph.reference_currency)} in question"


def _of_an_employer(view: View) -> NDArray[np.bool_]:
    """bool[k]: whether each comes from a payer whose salary had come before."""
    paid = view.credit & view.ground.salary[view.ledger]
    first = {peer: places[0] for peer, places in view.by_peer(paid).items()}
    return np.array([first.get(peer, view.ledger.size) < place for place, peer in enumerate(view.peer.tolist())])


def _lent(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    """Of a collector: whether it is a lender by trade and had lent the payers what they pay."""
    view = case.subject
    yield view.is_trade("lender"), "the holder is a lender by trade"
    inside = np.isin(view.ledger, case.found.ledger) & view.credit
    lent = 0
    for payer, places in view.by_peer(inside).items():
        before = ~view.credit & (view.peer == payer) & (view.ledger < view.ledger[places[0]])
        lent += view.total(before) >= int(view.amount[places].sum())
    yield lent >= values["lent"] * case.payers.size > 0, f"{lent} of {case.payers.size} payers had been lent as much"


SUPPRESSOR = Suppressor(
    code="R-LOAN",
    name="a loan, insurance, house sale or inheritance",
    test=(
        "In the `days` up to the match's end the subject was paid at least `lump` by accounts of lenders, insurers, "
        "solicitors or conveyancers, or with words of a loan, a house sale, a legacy or an insurer; and that is at "
        "least `explained` of the match's larger side. Words alone can be written by anybody: they lower, and are "
        "shown. Of a change (L13) what an employer paid in the evidence counts too, once it has paid a salary. Of "
        "repayments (S14) the subject is a lender by the account table, and had paid at least `lent` of the payers as "
        "much before as the evidence has them pay."
    ),
    on=("S14", "S18", "L03", "L04", "L07", "L13", "L15", "L16"),
    factor=factor(0.2),
    judge=_judge,
    parameters=(
        count("days", 60, "days in which it came", 365),
        amount("lump", 100_000, "what came, at least"),
        share("explained", 0.5, "share of the match that it explains"),
        share("lent", 0.8, "share of the payers who had been lent as much"),
    ),
    needs=("transfers.reference",),
)
