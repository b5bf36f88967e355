"""R-CLIENT: a solicitor, conveyancer, letting or estate agent holds clients' money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, View, factor, share

if TYPE_CHECKING:
    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    view = case.subject
    if held := _said(view, values):
        return f"the holder's trade keeps client accounts, and {held} of {view.ledger.size} transfers say so"
    if case.typology.id != "L07":
        return ""
    graph, ledger = case.ground.graph, case.found.ledger
    between = np.intersect1d(graph.debtor[ledger], graph.creditor[ledger])
    clients = sum(_said(case.view(int(account)), values) > 0 for account in between)
    if clients < values["between"] * between.size:
        return ""
    return f"{clients} of {between.size} accounts in between are client accounts by their holders' trade and words"


def _said(view: View, values: Values) -> int:
    """How many of the year's transfers say what a client account is for; 0 where the trade or the share is another."""
    if not view.is_trade("solicitor", "landlord"):
        return 0
    held = int(view.says("house", "deposit", "rent", "invoice").sum())
    return held if held >= values["said"] * view.ledger.size else 0


SUPPRESSOR = Suppressor(
    code="R-CLIENT",
    name="a solicitor's or agent's client account",
    test=(
        "The holder is a solicitor, conveyancer, estate agent or letting agent by the account table (it stands for "
        "the register of regulated firms), and at least `said` of the year's transfers have words of house sales, "
        "deposits, rent or invoices. A chain (L07) may also pass through them: at least `between` of the accounts in "
        "between are such."
    ),
    on=("S01", "S04", "S08", "S17", "L03", "L04", "L05", "L07", "L11", "L15"),
    factor=factor(0.2),
    judge=_judge,
    parameters=(
        share("said", 0.3, "transfers that say what they are for"),
        share("between", 0.5, "share of a chain's accounts that are client accounts"),
    ),
    needs=("transfers.reference", "accounts.occupation"),
)
