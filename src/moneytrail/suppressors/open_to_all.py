"""R-SHOP: a shop or service that strangers pay all the year round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.suppressors.base import Case, Suppressor, count, factor

if TYPE_CHECKING:
    from moneytrail.matches import Values


def _judge(case: Case, values: Values) -> str:
    view = case.subject
    new = view.credit & case.ground.relations.first[view.ledger] & (view.peer >= 0)
    before = new & (view.ledger < case.found.ledger[0])
    pairs = np.unique(np.stack([view.month[before], view.peer[before]]), axis=1)
    _, people = np.unique(pairs[0], return_counts=True)
    months = int((people >= values["strangers"]).sum())
    if months < values["months"]:
        return ""
    return f"{values['strangers']} strangers or more had paid it in each of {months} months before"


SUPPRESSOR = Suppressor(
    code="R-SHOP",
    name="a shop or service that strangers pay all the year",
    test=(
        "In the year up to the match's end, and before its first transfer, at least `strangers` payers with no "
        "dealings in the 180 days before paid the subject in each of at least `months` calendar months. Collectors "
        "are used for weeks or a few months and dropped."
    ),
    on=("S01", "S02", "S04", "S06", "S16", "L05", "L09"),
    factor=factor(0.3),
    judge=_judge,
    parameters=(count("strangers", 4, "payers new to it in a month"), count("months", 5, "such months", 12)),
)
