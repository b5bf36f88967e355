"""A trace as a document that somebody else can replay with a pencil: statements, claims, and nothing in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail.errors import ParameterError
from moneytrail.tracing.rules import Rule

if TYPE_CHECKING:
    from moneytrail.tracing.result import Trace

FORMAT: Final = "moneytrail trace proof 1"
COLUMNS: Final = ("transaction_id", "booked_at", "debtor_account", "creditor_account", "amount")


def prove(made: Trace) -> dict[str, Any]:
    """Everything that ``moneytrail verify-trace`` needs to follow the money once more.

    Parameters
    ----------
    made : Trace
        With what transfers carried.

    Returns
    -------
    dict
        Plain data: ``accounts`` that tainted money reached (``opening`` balance or ``None``, ``outside`` the bank),
        *all* of their ``transfers`` up to the end of the trace (rows of :data:`COLUMNS`), in ledger order, and what the
        trace claims by rule: ``held`` by account and ``carried`` by transfer (tainted and unknown money), ``totals``;
        for the end-point rule the tainted ``funds``. Amounts in minor units. Its size grows with the statements of the
        accounts: those of a bank's hub are long.

    Raises
    ------
    ParameterError
        When the trace did not record what transfers carried.
    """
    graph, carried = made.graph, made.carried
    if carried is None:
        raise ParameterError("what transfers carried was not recorded; trace with record=True")
    listed = np.zeros(graph.accounts + 1, np.bool_)  # the last: cash
    names = made.accounts["account"]
    listed[np.flatnonzero(graph.names.is_in(names.implode()).to_numpy())] = True
    if made.shared is not None:
        listed[made.shared.order] = True
    stated = listed.copy()
    stated[:-1] &= ~made.outside
    debtor, creditor = graph.debtor[: made.end], graph.creditor[: made.end]
    seeded = np.zeros(made.end, np.bool_)
    seeded[made.seeds] = True
    # What takes a seed back belongs to it, also where neither side was reached.
    seeded[made.reversals.later[seeded[made.reversals.earlier]]] = True
    place = np.flatnonzero(stated[debtor] | stated[creditor] | seeded)
    outside = np.append(made.outside, False)
    listed |= outside & (
        np.isin(np.arange(listed.size), debtor[place]) | np.isin(np.arange(listed.size), creditor[place])
    )
    known, opening = made.opening
    ids = graph.transaction_ids(place).to_list()
    shown = set(ids)
    pairs = zip(
        graph.transaction_ids(made.reversals.later).to_list(),
        graph.transaction_ids(made.reversals.earlier).to_list(),
        strict=True,
    )
    accounts = np.flatnonzero(listed[:-1])
    return {
        "proof": FORMAT,
        "rules": [str(rule) for rule in made.rules],
        "currency": graph.reference_currency,
        "floor": made.floor,
        "ledger_transfers": made.end,
        "through_other_banks": bool((made.elsewhere & ~made.outside).any()),
        "seeds": graph.transaction_ids(made.seeds).to_list(),
        "reversals": [list(pair) for pair in pairs if pair[0] in shown],
        "accounts": {
            graph.names[account]: {
                "opening": int(opening[account]) if known[account] and not made.outside[account] else None,
                "outside": bool(made.outside[account]),
            }
            for account in accounts.tolist()
        },
        "columns": list(COLUMNS),
        "transfers": _rows(made, place),
        "held": _held(made),
        "carried": _carried(made, carried),
        "funds": _funds(made),
        "totals": {row.pop("rule"): row for row in made.totals.to_dicts()},
    }


def _rows(made: Trace, place: Any) -> list[list[object]]:
    graph = made.graph
    frame = graph.frame.select(COLUMNS[:-1])[graph.order[place]].with_columns(
        pl.col("booked_at").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"), pl.Series("amount", graph.amount[place])
    )
    return [list(row) for row in frame.iter_rows()]


def _held(made: Trace) -> dict[str, dict[str, list[int | None]]]:
    return {
        str(rule): {
            account: [tainted, unknown]
            for account, tainted, unknown in made.accounts.select(
                "account", f"tainted_{rule}", f"unknown_{rule}"
            ).iter_rows()
            if tainted or unknown
        }
        for rule in made.rules
    }


def _carried(made: Trace, carried: pl.DataFrame) -> dict[str, dict[str, list[int | None]]]:
    ids = made.graph.transaction_ids(carried["place"].to_numpy()).to_list()
    return {
        str(rule): {
            name: [tainted, unknown]
            for name, tainted, unknown in zip(ids, carried[f"tainted_{rule}"], carried[f"unknown_{rule}"], strict=True)
            if tainted or unknown
        }
        for rule in made.rules
    }


def _funds(made: Trace) -> dict[str, int]:
    """By the end-point rule, the tainted part of each account's fund."""
    if made.shared is None or Rule.PARI_PASSU not in made.rules:
        return {}
    order = made.shared.order
    parts = zip(made.graph.names.gather(pl.Series(order)).to_list(), made.shared.part[order].tolist(), strict=True)
    return {account: part for account, part in parts if part}
