"""R-REM: someone with a salary keeps relatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.suppressors.base import Case, Suppressor, View, amount, count, factor, share, told
from moneytrail.wording import counted, money, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    """Those tested are the ones who pay: all payers in the evidence, or the subject where it is the one who pays."""
    if case.typology.id == "S06" and (said := told(_supported(case, values))):
        return said
    is_payer = case.typology.compared_by == "debits" or not case.payers.size
    payers = np.array([case.found.subject]) if is_payer else case.payers
    held = [said for payer in payers if (said := told(_conditions(case.view(int(payer)), values)))]
    if len(held) < values["payers"] * payers.size:
        return ""
    return (
        held[0]
        if payers.size == 1
        else f"{len(held)} of {payers.size} payers send remittances; of the first of these: {held[0]}"
    )


def _supported(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    """Of one whom many pay: whether it is no more than somebody lives on, and goes on that."""
    view = case.subject
    came = view.total(np.isin(view.ledger, case.found.ledger) & view.credit)
    yield came < values["support"], f"all that was paid in is {money(came, view.graph.reference_currency)}"
    spent = view.total(~view.credit)
    living = view.total(~view.credit & view.says("groceries", "transport", "telephone", "rent"))
    yield living >= values["living"] * spent > 0, f"{percent(living / max(spent, 1))} of what went out was for living"


def _conditions(view: View, values: Values) -> Iterator[tuple[bool, str]]:
    pay = view.credit & (view.ground.salary[view.ledger] | view.says("payroll"))
    months = max(1, np.unique(view.month[pay]).size)
    income = view.total(pay) / months
    yield income > 0, "the payer has a salary"
    kept = [places for places in view.by_peer(~view.credit & view.says("remittance")).values() if places.size >= 3]
    yield 1 <= len(kept) <= values["relatives"], f"it sends remittances to {counted(len(kept), 'payee')}"
    known = (view.time[-1] - view.graph.known_from) / DAY
    least = min(values["days"], 0.75 * known)
    yield (
        all((view.time[p[-1]] - view.time[p[0]]) / DAY >= least for p in kept),
        f"for {counted(int(min((view.time[p[-1]] - view.time[p[0]]) / DAY for p in kept)), 'day')} or more",
    )
    pauses = np.concatenate([np.diff(view.day[places]) for places in kept])
    yield bool(((pauses >= 14) & (pauses <= 45)).mean() >= 0.8), "every two to six weeks"
    most = max(int(view.amount[places].max()) for places in kept)
    yield most <= values["income_share"] * income, f"each time at most {percent(most / income)} of a month's pay"


SUPPRESSOR = Suppressor(
    code="R-REM",
    name="remittance to family",
    test=(
        "The payer has a salary; one to `relatives` payees have been sent three or more remittances by its words, for "
        "`days` (or three quarters of what the data reach back), four pauses in five of 14 to 45 days, none above "
        "`income_share` of a month's pay. Where a match has several payers, `payers` of them must pass. Or, of one "
        "whom many pay at a border (S06): less than `support` comes in by the match, and of all that the subject paid "
        "out in the year at least `living` went on food, journeys, telephones and rent; relatives keep somebody. "
        "Common: about a third of those born abroad remit (Migration Observatory, Migrant remittances to and from the "
        "UK, undated)."
    ),
    on=("S02", "S06", "S18"),
    factor=factor(0.2),
    judge=_judge,
    parameters=(
        count("relatives", 4, "steady payees, at most"),
        count("days", 180, "days for which they are kept", 365),
        share("income_share", 0.3, "largest remittance by a month's pay"),
        share("payers", 0.7, "share of a match's payers that must pass"),
        amount("support", 150_000, "support that somebody lives on, below"),
        share("living", 0.8, "what goes on living of all that goes out"),
    ),
    needs=("transfers.reference",),
)
