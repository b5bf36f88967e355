"""R-GROUP: firms of a group, or of a franchise, move money among themselves as they always do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, factor, share, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    return told(_conditions(case, values))


def _conditions(case: Case, values: Values) -> Iterator[tuple[bool, str]]:
    graph, ledger = case.ground.graph, case.found.ledger
    ends = np.concatenate([graph.debtor[ledger], graph.creditor[ledger]])
    known = np.unique(ends[ends >= 0])
    firms = case.ground.kind("business", "institution")[known]
    yield bool(firms.all()), "all accounts in it are businesses"
    said = case.ground.purpose("loan", "invoice", "goods", "own", "tax")[ledger]
    said |= case.ground.purpose("royalties")[ledger]
    yield (
        int(said.sum()) >= values["said"] * ledger.size,
        f"loans, fees or invoices are named in {int(said.sum())} of {ledger.size} transfers",
    )
    steady = sum(_dealt_before(case, int(place)) for place in ledger)
    yield (
        steady >= values["steady"] * ledger.size,
        f"the accounts had dealt before in {steady} of {ledger.size}",
    )


def _dealt_before(case: Case, place: int) -> bool:
    return not bool(case.ground.relations.first[place])


SUPPRESSOR = Suppressor(
    code="R-GROUP",
    name="a group's treasury, intercompany loan or franchise",
    test=(
        "Every account of the evidence that the account table knows is a business's, and all are known; at least "
        "`said` of the transfers have words of loans, fees, goods or invoices; at least `steady` of them join "
        "accounts that had dealt in the 180 days before."
    ),
    on=("S02", "L06", "L07", "L08", "L09", "L13", "L15"),
    factor=factor(0.2),
    judge=_judge,
    parameters=(
        share("said", 0.3, "transfers that say what they are for"),
        share("steady", 0.5, "transfers between accounts that had dealt"),
    ),
    needs=("transfers.reference", "accounts.kind"),
)
