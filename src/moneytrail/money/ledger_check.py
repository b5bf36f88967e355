"""A proof's statements held to the ledger: the same transfers, and none of an account's left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from moneytrail.tracing import find_reversals
from moneytrail.verify import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moneytrail.graph import TransactionGraph
    from moneytrail.verify import Proof

COLUMNS = ("transaction_id", "debtor_account", "creditor_account", "amount")


def check_ledger(proof: Proof, graph: TransactionGraph) -> Iterator[Check]:
    """Whether the statements of a proof are those of the ledger, up to its last transfer.

    Parameters
    ----------
    proof : Proof
    graph : TransactionGraph
        The whole ledger, with the account table that the trace had.
    """
    statements = proof.statements
    shown = pl.DataFrame(
        [(one.transaction_id, one.debtor, one.creditor, one.amount) for one in statements.transfers],
        schema=dict(zip(COLUMNS, (pl.String(), pl.String(), pl.String(), pl.Int64()), strict=True)),
        orient="row",
    )
    whole = graph.frame.select(COLUMNS[:-1])[graph.order].with_columns(
        pl.Series("amount", graph.amount), place=pl.int_range(pl.len())
    )
    strange = shown.join(whole, on=list(COLUMNS), how="anti", nulls_equal=True)
    said = f"transfer {strange['transaction_id'][0]} is not so in it" if strange.height else f"{shown.height:,} in it"
    yield Check("ledger: transfers", not strange.height, said)
    placed = whole.join(shown.select("transaction_id"), on="transaction_id", how="semi", maintain_order="left")
    in_order = placed["transaction_id"].to_list() == shown["transaction_id"].to_list()
    yield Check("ledger: order", in_order, "as in the ledger" if in_order else "not the ledger's order")
    last = placed["place"].max()
    accounts = pl.Series(sorted(proof.accounts)).implode()
    own = whole.filter(
        (pl.col("debtor_account").is_in(accounts) | pl.col("creditor_account").is_in(accounts))
        & (pl.col("place") <= last)
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
    same = expected == dict(statements.reversals)
    yield Check("ledger: reversals", same, f"{len(expected):,} pairs" if same else "not those of the ledger")


def _check_register(proof: Proof, graph: TransactionGraph) -> Iterator[Check]:
    currency = graph.register["currency"].cast(pl.String())
    known = graph.register.filter(
        pl.col("opening_balance").is_not_null() & (currency == graph.reference_currency).fill_null(value=False)
    )
    openings = dict(known.select("account", "opening_balance").iter_rows())
    named = proof.statements.openings
    wrong = [one for one in sorted(proof.accounts) if named.get(one) != openings.get(one)]
    said = f"that of {wrong[0]} is not the account table's" if wrong else "as in the account table"
    yield Check("ledger: opening balances", not wrong, said)
