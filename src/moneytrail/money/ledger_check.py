"""A proof's statements held to the ledger: the same transfers, and none of an account's left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from moneytrail.tracing import find_reversals, outside_of
from moneytrail.verify import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.graph import TransactionGraph
    from moneytrail.verify import Proof

COLUMNS = ("transaction_id", "booked_at", "debtor_account", "creditor_account", "amount")
WHEN = "%Y-%m-%dT%H:%M:%S%.6fZ"


def check_ledger(proof: Proof, graph: TransactionGraph) -> Iterator[Check]:
    """Whether the statements of a proof are those of the ledger, up to the transfer at which the trace ended.

    Parameters
    ----------
    proof : Proof
    graph : TransactionGraph
        The whole ledger, with the account table that the trace had.
    """
    statements = proof.statements
    shown = pl.DataFrame(
        list(statements.transfers),
        schema=dict(zip(COLUMNS, (*[pl.String()] * 4, pl.Int64()), strict=True)),
        orient="row",
    )
    same = proof.currency == graph.reference_currency
    yield Check(
        "ledger: currency", same, proof.currency if same else f"{proof.currency}, not {graph.reference_currency}"
    )
    fits = 0 < proof.ledger_transfers <= graph.transfers
    yield Check("ledger: end", fits, f"{proof.ledger_transfers:,} of {graph.transfers:,} transfers")
    whole = graph.frame.select(COLUMNS[:-1])[graph.order].with_columns(
        pl.col("booked_at").dt.strftime(WHEN), pl.Series("amount", graph.amount), place=pl.int_range(pl.len())
    )
    strange = shown.join(whole, on=list(COLUMNS), how="anti", nulls_equal=True)
    said = f"transfer {strange['transaction_id'][0]} is not so in it" if strange.height else f"{shown.height:,} in it"
    yield Check("ledger: transfers", not strange.height, said)
    placed = whole.join(shown.select("transaction_id"), on="transaction_id", how="semi", maintain_order="left")
    in_order = placed["transaction_id"].to_list() == shown["transaction_id"].to_list()
    yield Check("ledger: order", in_order, "as in the ledger" if in_order else "not the ledger's order")
    accounts = pl.Series(sorted(proof.accounts)).implode()
    own = whole.filter(
        (pl.col("debtor_account").is_in(accounts) | pl.col("creditor_account").is_in(accounts))
        & (pl.col("place") < proof.ledger_transfers)
    )
    missing = own.join(shown, on="transaction_id", how="anti")
    said = f"transfer {missing['transaction_id'][0]} is left out" if missing.height else "no transfer is left out"
    yield Check("ledger: whole", not missing.height, said)
    yield from _check_register(proof, graph)
    found = find_reversals(graph)
    pairs = dict(
        zip(
            graph.transaction_ids(found.later).to_list(),
            graph.transaction_ids(found.earlier).to_list(),
            strict=True,
        )
    )
    ids = set(shown["transaction_id"])
    expected = {later: earlier for later, earlier in pairs.items() if later in ids and earlier in ids}
    alike = expected == dict(statements.reversals)
    yield Check("ledger: reversals", alike, f"{len(expected):,} pairs" if alike else "not those of the ledger")


def _check_register(proof: Proof, graph: TransactionGraph) -> Iterator[Check]:
    stops = np.zeros(graph.accounts, np.bool_) if proof.through_other_banks else outside_of(graph)
    named = set(graph.names.filter(pl.Series(stops)).to_list())
    shown = {name for one in proof.statements.transfers for name in (one.debtor, one.creditor) if name is not None}
    wrong_side = sorted((proof.statements.outside ^ named) & (shown | proof.statements.outside | proof.accounts))
    said = f"that of {wrong_side[0]} is not so in the account table" if wrong_side else "as in the account table"
    yield Check("ledger: accounts at other banks", not wrong_side, said)
    currency = graph.register["currency"].cast(pl.String())
    known = graph.register.filter(
        pl.col("opening_balance").is_not_null() & (currency == graph.reference_currency).fill_null(value=False)
    )
    openings = dict(known.select("account", "opening_balance").iter_rows())
    told = proof.statements.openings
    wrong = [one for one in sorted(proof.accounts) if told.get(one) != openings.get(one)]
    said = f"that of {wrong[0]} is not the account table's" if wrong else "as in the account table"
    yield Check("ledger: opening balances", not wrong, said)
