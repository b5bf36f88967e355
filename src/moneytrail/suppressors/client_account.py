"""R-CLIENT: a solicitor, conveyancer, letting or estate agent holds clients' money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moneytrail.suppressors.base import Case, Suppressor, factor, share

if TYPE_CHECKING:
    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    view = case.subject
    if not view.is_trade("solicitor", "landlord"):
        return ""
    held = int(view.says("house", "deposit", "rent", "invoice").sum())
    if held < values["said"] * view.ledger.size:
        return ""
    return f"the holder keeps a client account by its trade, and {held} of {view.ledger.size} transfers say so"


SUPPRESSOR = Suppressor(
    code="R-CLIENT",
    name="solicitor's or agent's client account",
    test=(
        "The holder is a solicitor, conveyancer, estate agent or letting agent by the account table (it stands for "
        "the register of regulated firms), and at least `said` of the year's transfers have words of house sales, "
        "deposits, rent or invoices."
    ),
    on=("S01", "S04", "S08", "S16", "S17", "L03", "L04", "L05", "L07", "L11", "L15"),
    factor=factor(0.2),
    judge=_judge,
    parameters=(share("said", 0.3, "transfers that say what they are for"),),
    needs=("transfers.reference", "accounts.occupation"),
)
