"""The transaction graph: order, adjacencies, slices, links; and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moneytrail.errors import InputError, MissingRateError
from moneytrail.graph import TransactionGraph
from moneytrail.rates import ExchangeRates
from moneytrail.schema import ACCOUNT_SCHEMA, TRANSFER_SCHEMA, check_accounts, check_transfers

START = datetime(2025, 1, 1, tzinfo=UTC)
POUNDS = ExchangeRates.of("GBP", {"EUR": "0.5"}, "a test", "never")
ACCOUNTS = st.sampled_from([None, "a", "b", "c", "d", "ü/🏦"])
ROWS = st.lists(
    st.tuples(st.integers(0, 5), ACCOUNTS, ACCOUNTS, st.integers(0, 2**53 + 1)).filter(lambda r: r[1] or r[2]),
    max_size=30,
)


def frame(rows: list[tuple[int, str | None, str | None, int]], currency: str = "GBP") -> pl.DataFrame:
    columns = {
        "transaction_id": [str(place) for place in range(len(rows))],
        "row": list(range(len(rows))),
        "booked_at": [START + timedelta(seconds=row[0]) for row in rows],
        "debtor_account": [row[1] for row in rows],
        "creditor_account": [row[2] for row in rows],
        "amount": [row[3] for row in rows],
        "currency": [currency] * len(rows),
        "channel": ["unknown"] * len(rows),
    }
    return check_transfers(pl.DataFrame(columns, schema={name: TRANSFER_SCHEMA[name] for name in columns}))


@given(ROWS, st.randoms(use_true_random=False))
def test_both_sides_hold_every_transfer_in_ledger_order(
    rows: list[tuple[int, str | None, str | None, int]], random: Random
) -> None:
    table = frame(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    graph = TransactionGraph.from_frame(table[order], POUNDS)
    ledger = sorted(range(len(rows)), key=lambda place: (rows[place][0], place))
    assert graph.transaction_ids(np.arange(graph.transfers)).to_list() == [str(place) for place in ledger]
    for account in {name for row in rows for name in row[1:3] if name}:
        paid = [str(place) for place in ledger if rows[place][1] == account]
        received = [str(place) for place in ledger if rows[place][2] == account]
        assert graph.transaction_ids(graph.out(account)).to_list() == paid
        assert graph.transaction_ids(graph.in_(account)).to_list() == received
    assert graph.outgoing.indptr[-1] == sum(row[1] is not None for row in rows)
    assert graph.amount.tolist() == [rows[place][3] for place in ledger]


def test_peers_times_and_amounts_stand_beside_their_edge() -> None:
    graph = TransactionGraph.from_frame(frame([(3, "a", "b", 7), (1, "b", "a", 5), (2, None, "a", 9)]), POUNDS)
    names = graph.names.to_list()
    side = graph.incoming
    mine = slice(side.indptr[names.index("a")], side.indptr[names.index("a") + 1])
    assert [names[p] if p >= 0 else None for p in side.peer[mine]] == ["b", None]
    assert side.amount[mine].tolist() == [5, 9]
    assert np.diff(side.time[mine]).tolist() == [1_000_000]


def test_between_takes_the_start_and_leaves_the_end() -> None:
    graph = TransactionGraph.from_frame(frame([(s, "a", "b", s) for s in range(5)]), POUNDS)
    part = graph.between(START + timedelta(seconds=1), START + timedelta(seconds=3))
    assert part.amount.tolist() == [1, 2]
    assert part.transaction_ids(part.out("a")).to_list() == ["1", "2"]
    assert graph.between(START, START).transfers == 0
    with pytest.raises(InputError, match="time zone"):
        graph.between(datetime(2025, 1, 1), START)  # noqa: DTZ001 -- that is the point


def test_arrays_are_read_only() -> None:
    graph = TransactionGraph.from_frame(frame([(0, "a", "b", 1)]), POUNDS)
    for array in (graph.time, graph.amount, graph.debtor, *graph.outgoing, *graph.relations):
        assert not array.flags.writeable


def test_accounts_that_share_a_hash_are_affiliated_and_unknown_ones_are_not() -> None:
    people = {"account": ["a", "b", "c", "z"], "kind": ["unknown"] * 4, "phone_hash": ["p", "p", None, None]}
    accounts = check_accounts(pl.DataFrame(people, schema={name: ACCOUNT_SCHEMA[name] for name in people}))
    graph = TransactionGraph.from_frame(frame([(0, "a", "b", 1), (1, "a", "c", 1), (2, "c", "d", 1)]), POUNDS, accounts)
    assert graph.relations.affiliated.tolist() == [True, False, False]
    assert graph.relations.stranger.tolist() == [False, True, True]


def test_money_is_converted_and_the_own_amount_kept() -> None:
    graph = TransactionGraph.from_frame(frame([(0, "a", "b", 101)], "EUR"), POUNDS)
    assert graph.amount.tolist() == [51]
    assert graph.own_amount.tolist() == [101]
    with pytest.raises(MissingRateError, match=r"from USD to GBP \(1 transfers"):
        TransactionGraph.from_frame(frame([(0, "a", "b", 1)], "USD"), POUNDS)


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(InputError, match="together pass"):
        TransactionGraph.from_frame(frame([(0, "a", "b", 2**63 - 1), (0, "a", "b", 2**62)]), POUNDS)
    with pytest.raises(InputError, match="lacks the column 'row'"):
        TransactionGraph.from_frame(frame([(0, "a", "b", 1)]).drop("row"), POUNDS)
    far = frame([(0, "a", "b", 1), (1, "a", "b", 1)]).with_columns(row=pl.Series([-(2**62), 2**62 - 1]).reverse())
    with pytest.raises(InputError, match="'row' spans more"):
        TransactionGraph.from_frame(far, POUNDS)


def test_an_empty_ledger_is_a_graph() -> None:
    graph = TransactionGraph.from_frame(frame([]), POUNDS)
    assert (graph.accounts, graph.transfers) == (0, 0)
    assert graph.outgoing.indptr.tolist() == [0]
    assert graph.relations.first.size == 0
