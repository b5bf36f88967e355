"""What a bank decided on its alerts, as labels to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.errors import InputError
from moneytrail.storage import AlertQuery

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.evaluation.case import Case
    from moneytrail.storage import Store

RIGHT, WRONG = "closed_useful", "closed_false_positive"
UNDECIDED: Final = ("open", "in_review", "escalated")


def with_decisions(case: Case, store: Store) -> tuple[Case, NDArray[np.bool_]]:
    """The case with what the bank decided in place of its labels, and which transfers somebody decided on.

    Transfers that prove an alert closed as right are illicit; those that prove only alerts closed as wrong are not.
    Those that prove undecided alerts alone are neither learned from nor measured on. Transfers of no alert are learned
    from as honest, nearly all being so, but not measured on: nobody looked at them, and a model is not to be blamed for
    what it finds there. The attempt of a transfer is its alert.

    Raises
    ------
    InputError
        When the store holds no alert that is decided, or none of their transfers is in the data.
    """
    proved = {status: _proving(store, status) for status in (RIGHT, WRONG, *UNDECIDED)}
    if not proved[RIGHT] and not proved[WRONG]:
        raise InputError(f"the store holds no alert closed as right or wrong ({RIGHT}, {WRONG}) to learn from")
    ids = case.graph.transaction_ids(np.arange(case.graph.transfers))
    named = proved[WRONG] | proved[RIGHT]
    attempt = ids.replace_strict(list(named), list(named.values()), default=None, return_dtype=pl.String)
    illicit, decided = _among(ids, proved[RIGHT]), attempt.is_not_null().to_numpy()
    if not decided.any():
        raise InputError("none of the transfers that prove the decided alerts is in the data; are these its files?")
    waiting = np.any([_among(ids, proved[status]) for status in UNDECIDED], axis=0) & ~decided
    facts = dict(case.facts) | {
        "known_from": "decisions",
        "decided_right": int(illicit.sum()),
        "decided_wrong": int((decided & ~illicit).sum()),
        "undecided": int(waiting.sum()),
    }
    made = replace(case, illicit=illicit, labelled=True, attempt=attempt, scored=~waiting, truth=None, facts=facts)
    return made, decided


def _proving(store: Store, status: str) -> dict[str, str]:
    """The transfers that prove the alerts of a status, each with one of these alerts."""
    proved: dict[str, str] = {}
    query = AlertQuery(status=status, sort="detectable_at", limit=500)
    while True:
        page = store.alerts(query)
        for alert in page.items:
            proved |= {one.transaction_id: alert.alert_id for one in store.evidence(alert.alert_id)}
        if page.next_cursor is None:
            return proved
        query = replace(query, cursor=page.next_cursor)


def _among(ids: pl.Series, wanted: Mapping[str, str]) -> NDArray[np.bool_]:
    return ids.is_in(pl.Series(list(wanted), dtype=pl.String).implode()).to_numpy()
