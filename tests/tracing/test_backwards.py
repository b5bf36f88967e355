"""Where a balance came from: worked examples, an oracle that colours every penny, and what a trace forwards says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import numba
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from moneytrail.errors import InputError, ParameterError
from moneytrail.graph import TransactionGraph
from moneytrail.kernels import backwards as kernel
from moneytrail.tracing import BACKWARDS, Reversals, Rule, Sources, find_reversals, trace, trace_back
from moneytrail.tracing.backwards import KINDS
from tests.oracles import backwards as oracle
from tests.oracles.backwards import Colour
from tests.tracing.books import RATES, START, Line, book
from tests.tracing.test_trace import ACCOUNTS, NOTHING, OPENINGS, random_lines
from tests.tracing.test_worked_examples import COMMON

ORDERED = (Rule.FIFO, Rule.LIFO)
SHARED = (Rule.HAIRCUT, Rule.PARI_PASSU)
SEEDS = range(12)
FORWARDS_PENCE = 3
"""How far apart a trace forwards, which rounds each transfer, and one backwards, which rounds once, are at most in the
random ledgers here: half a penny for each of some dozen later transfers is the bound, and most cancels out."""


def origins(made: Sources, rule: Rule) -> dict[str, float]:
    """Pounds by the transfer that an origin is told by, or by the account whose opening balance it is."""
    rows = made.origins.select("transaction_id", "account", str(rule)).iter_rows()
    return {told or account: pence / 100 for told, account, pence in rows if pence}


def through(made: Sources, rule: Rule) -> dict[str, float]:
    rows = made.carried.select("transaction_id", str(rule)).iter_rows()
    return {told: pence / 100 for told, pence in rows if pence}


def kinds(made: Sources) -> dict[str, tuple[str, str]]:
    rows = made.origins.select("transaction_id", "kind", "account").iter_rows()
    return {told or account: (kind, account) for told, kind, account in rows}


def whole(made: Sources) -> bool:
    """Whether by every rule the origins come to the balance, and no row is empty."""
    names = [str(rule) for rule in made.rules]
    sums = [made.origins[name].sum() == made.balance for name in names]
    kept = [(frame.select(pl.max_horizontal(names)).to_series() > 0).all() for frame in (made.origins, made.carried)]
    return all(sums) and all(kept)


# Worked examples


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule.FIFO, {"t4": 1_000, "t6": 1_000}),
        (Rule.LIFO, {"t1": 1_000, "t2": 1_000}),
        (Rule.HAIRCUT, {"t1": 185.18, "t2": 555.56, "t4": 592.59, "t6": 666.67}),
        (Rule.PARI_PASSU, {"t1": 285.72, "t2": 857.14, "t4": 571.43, "t6": 285.71}),
    ],
)
def test_the_common_ledger_backwards(rule: Rule, expected: dict[str, float]) -> None:
    """What is left at S; of 185.185…, 555.555…, 592.592… and 666.666… two pence go to those that lost most."""
    made = trace_back(book(COMMON), "S")
    assert made.balance == 200_000
    assert origins(made, rule) == expected
    assert whole(made)
    alone = trace_back(book(COMMON), "S", [rule])
    assert origins(alone, rule) == expected
    assert alone.rules == (rule,)
    assert kinds(made)["t1"] == ("unseen", "employer"), "what the employer paid was not seen to come in"


def test_the_common_ledger_where_its_payers_are_at_other_banks() -> None:
    made = trace_back(book(COMMON, held=["S"]), "S")
    assert set(kinds(made).values()) == {("other_bank", "S")}
    assert origins(made, Rule.FIFO) == {"t4": 1_000, "t6": 1_000}


CHAIN: Sequence[Line] = (
    (None, "X", 2_000),
    (None, "X", 6_000),
    (None, "Y", 1_000),
    ("X", "Y", 5_000),
    ("Y", "Z", 4_000),
)


@pytest.mark.parametrize(
    ("account", "rule", "expected"),
    [
        ("Z", Rule.FIFO, {"t1": 2_000, "t2": 1_000, "t3": 1_000}),
        ("Y", Rule.FIFO, {"t2": 2_000}),
        ("X", Rule.FIFO, {"t2": 3_000}),
        ("Z", Rule.LIFO, {"t2": 4_000}),
        ("Y", Rule.LIFO, {"t2": 1_000, "t3": 1_000}),
        ("X", Rule.LIFO, {"t1": 2_000, "t2": 1_000}),
        ("Z", Rule.HAIRCUT, {"t1": 833.33, "t2": 2_500, "t3": 666.67}),
        ("Y", Rule.HAIRCUT, {"t1": 416.67, "t2": 1_250, "t3": 333.33}),
        ("Y", Rule.PARI_PASSU, {"t1": 416.67, "t2": 1_250, "t3": 333.33}),
    ],
)
def test_a_chain_of_accounts(account: str, rule: Rule, expected: dict[str, float]) -> None:
    """Sections 4.1 and 4.2: Y keeps 2,000 tainted by FIFO, and 1,250 by rolling pro rata."""
    made = trace_back(book(CHAIN), account)
    assert origins(made, rule) == expected
    assert set(made.origins["kind"]) == {"cash"}
    assert whole(made)


def test_what_came_through_each_transfer() -> None:
    made = trace_back(book(CHAIN), "Z", [Rule.FIFO, Rule.HAIRCUT])
    assert made.carried.to_dict(as_series=False) == {
        "place": [0, 1, 2, 3, 4],
        "transaction_id": ["t1", "t2", "t3", "t4", "t5"],
        "debtor_account": [None, None, None, "X", "Y"],
        "creditor_account": ["X", "X", "Y", "Y", "Z"],
        "amount": [200_000, 600_000, 100_000, 500_000, 400_000],
        "fifo": [200_000, 100_000, 100_000, 300_000, 400_000],
        "haircut": [83_333, 250_000, 66_667, 333_333, 400_000],
    }


def test_an_overdraft_is_repaid_first() -> None:
    """S owes 30. Of the 100 that come, 20 and 80 in cash, FIFO repays the first 30, LIFO the last."""
    lines: list[Line] = [(None, "A", 20), (None, "A", 80), ("A", "S", 100)]
    made = trace_back(book(lines, openings={"S": -30, "A": 0}), "S")
    assert made.balance == 7_000
    assert origins(made, Rule.FIFO) == {"t2": 70}
    assert origins(made, Rule.LIFO) == {"t1": 20, "t2": 50}
    assert origins(made, Rule.HAIRCUT) == origins(made, Rule.PARI_PASSU) == {"t1": 14, "t2": 56}
    assert through(made, Rule.LIFO) == {"t1": 20, "t2": 50, "t3": 70}


def test_what_was_bought_out_of_an_overdraft_was_borrowed() -> None:
    """The van's money is the lender's; the proceeds that clear it later are none of it, but at the end point half."""
    lines: list[Line] = [("S", "van", 10_000), (None, "S", 10_000)]
    graph = book(lines, openings={"S": 0}, held=["S", "van"])
    van, paid = trace_back(graph, "van"), trace_back(graph, "S")
    for rule in (*ORDERED, Rule.HAIRCUT):
        assert origins(van, rule) == {"t1": 10_000}
    assert kinds(van) == {"t1": ("unseen", "S"), "t2": ("cash", "S")}
    assert origins(van, Rule.PARI_PASSU) == {"t1": 5_000, "t2": 5_000}
    assert (paid.balance, paid.origins.height, paid.carried.height) == (0, 0, 0)


def test_an_opening_balance_is_an_origin() -> None:
    made = trace_back(book([(None, "S", 100), ("S", "A", 130)], openings={"S": 50, "A": 5}), "A")
    assert origins(made, Rule.FIFO) == {"S": 50, "A": 5, "t1": 80}
    assert origins(made, Rule.LIFO) == {"S": 30, "A": 5, "t1": 100}
    assert origins(made, Rule.HAIRCUT) == {"S": 43.33, "A": 5, "t1": 86.67}
    assert made.origins["kind"].to_list() == ["opening_balance", "opening_balance", "cash"]
    assert made.origins["place"].to_list() == [None, None, 0]
    assert through(made, Rule.FIFO) == {"t1": 80, "t2": 130}


def test_what_is_paid_beyond_all_that_was_seen_leaves_last() -> None:
    lines: list[Line] = [(None, "S", 100), ("S", "A", 130), ("A", "B", 110)]
    made = trace_back(book(lines), "A")
    assert origins(made, Rule.FIFO) == {"t2": 20}
    assert origins(made, Rule.LIFO) == {"t1": 20}
    assert kinds(made) == {"t2": ("unseen", "S"), "t1": ("cash", "S")}


def test_money_may_come_through_an_account_twice() -> None:
    """A to B and back to A, then half of it on: each penny is counted once in every transfer."""
    lines: list[Line] = [(None, "A", 10), ("A", "B", 10), ("B", "A", 10), (None, "A", 10), ("A", "C", 10)]
    made = trace_back(book(lines), "C", [Rule.FIFO, Rule.LIFO, Rule.HAIRCUT])
    assert through(made, Rule.FIFO) == {"t1": 10, "t2": 10, "t3": 10, "t5": 10}
    assert through(made, Rule.LIFO) == {"t4": 10, "t5": 10}
    assert through(made, Rule.HAIRCUT) == {"t1": 5, "t2": 5, "t3": 5, "t4": 5, "t5": 10}


def test_the_end_point_counts_what_went_round_once() -> None:
    """A's fund is 20: 10 in cash and 10 back from B. Half of what A pays B comes back, and the rest is in C."""
    lines: list[Line] = [(None, "A", 10), ("A", "B", 10), ("B", "A", 10), ("A", "C", 10)]
    made = trace_back(book(lines), "C", [Rule.PARI_PASSU])
    assert origins(made, Rule.PARI_PASSU) == {"t1": 10}
    assert through(made, Rule.PARI_PASSU) == {"t1": 10, "t2": 5, "t3": 5, "t4": 10}
    for name, pounds in through(made, Rule.PARI_PASSU).items():
        told = trace(book(lines), [name], [Rule.PARI_PASSU]).accounts.filter(pl.col("account") == "C")
        assert told["tainted_pari_passu"].to_list() == [pounds * 100]


def test_shares_that_are_whole_stay_whole() -> None:
    """No penny leaves the ring of A and D, so that each origin is all there, however floats round."""
    lines: list[Line] = [("A", "D", 0.1), (None, "A", 0.11), ("D", "A", 0.16)]
    made = trace_back(book(lines, {"A": 0.19}, ["A", "D"]), "A", SHARED)
    for rule in SHARED:
        assert origins(made, rule) == {"A": 0.19, "t2": 0.11, "t3": 0.06}


def test_ties_are_in_the_order_of_rows() -> None:
    frame = book([(None, "S", 10), (None, "S", 20), ("S", "A", 10)]).frame.with_columns(booked_at=START)
    frame = frame.with_columns(pl.col("booked_at").dt.cast_time_unit("us")).reverse()
    made = trace_back(TransactionGraph.from_frame(frame, RATES), "A", ORDERED)
    assert origins(made, Rule.FIFO) == {"t1": 10}
    assert origins(made, Rule.LIFO) == {"t2": 10}
    assert made.carried["place"].to_list() == [0, 1, 2]


def test_transfers_of_nothing_and_to_the_payer_do_nothing() -> None:
    lines: list[Line] = [("S", "S", 50), (None, "S", 0), (None, "S", 10), ("S", "S", 10), ("S", "A", 10)]
    made = trace_back(book(lines), "A")
    for rule in BACKWARDS:
        assert origins(made, rule) == {"t3": 10}


# Other banks


def test_another_bank_ends_it_unless_told() -> None:
    lines: list[Line] = [(None, "S", 100), ("S", "far", 40), ("far", "T", 40)]
    graph = book(lines, held=["S", "T"])
    made = trace_back(graph, "T")
    for rule in BACKWARDS:
        assert origins(made, rule) == {"t3": 40}
    assert kinds(made) == {"t3": ("other_bank", "T")}
    seen = trace_back(graph, "T", through_other_banks=True)
    for rule in BACKWARDS:
        assert origins(seen, rule) == {"t1": 40}


def test_of_an_account_at_another_bank_it_is_told_what_it_was_paid() -> None:
    lines: list[Line] = [(None, "S", 100), ("S", "far", 40), ("far", "T", 30), ("else", "far", 5)]
    made = trace_back(book(lines, held=["S", "T"]), "far")
    assert made.balance == 4_500
    for rule in BACKWARDS:
        assert origins(made, rule) == {"t1": 40, "t4": 5}
    assert whole(made)


# What is taken back


def test_what_was_taken_back_never_happened() -> None:
    lines: list[Line] = [
        (None, "S", 100), ("S", "A", 40), ("A", "S", 40, "REVERSAL"), (None, "S", 7), ("S", "B", 105), (None, "A", 3),
    ]  # fmt: skip
    graph = book(lines)
    for rule in BACKWARDS:
        assert origins(trace_back(graph, "A"), rule) == {"t6": 3}
        assert through(trace_back(graph, "S"), rule).keys() <= {"t1", "t4"}
    assert origins(trace_back(graph, "S"), Rule.FIFO) == {"t4": 2}
    before = trace_back(graph, "A", at=START + timedelta(hours=1))
    assert origins(before, Rule.FIFO) == {"t1": 40}, "it had not been taken back by then"
    told = trace_back(graph, "A", reversals=NOTHING)
    assert origins(told, Rule.FIFO) == {"t6": 3}
    assert through(trace_back(graph, "S", reversals=NOTHING), Rule.LIFO) == {"t1": 2}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pair_that_never_happened_changes_nothing(seed: int) -> None:
    lines = random_lines(seed)
    undone = [*lines[:20], ("A", "B", 12.34), *lines[20:30], ("B", "A", 12.34, "reversal"), *lines[30:]]
    plain, told = book(lines, OPENINGS, ACCOUNTS[:4]), book(undone, OPENINGS, ACCOUNTS[:4])
    assert find_reversals(told).later.size == 1
    for account in ACCOUNTS:
        one, other = trace_back(plain, account), trace_back(told, account)
        assert one.balance == other.balance
        left = ("place", "transaction_id")
        assert one.carried.drop(left).equals(other.carried.drop(left)), (seed, account)
        assert one.origins.drop(left).equals(other.origins.drop(left)), (seed, account)


# What is taken and refused


def test_an_account_that_is_not_there_is_refused() -> None:
    with pytest.raises(ParameterError, match="no account 'Q' in the ledger"):
        trace_back(book(COMMON), "Q")


@pytest.mark.parametrize("rule", sorted(set(Rule) - set(BACKWARDS)))
def test_a_rule_that_must_know_what_is_tainted_is_refused(rule: Rule) -> None:
    with pytest.raises(ParameterError, match=rf"{rule} cannot be run backwards; fifo, lifo, haircut, pari_passu can"):
        trace_back(book(COMMON), "S", [Rule.FIFO, rule])


def test_all_rules_that_are_refused_are_named() -> None:
    with pytest.raises(ParameterError, match="clean_first, tainted_first, poison cannot be run backwards"):
        trace_back(book(COMMON), "S", tuple(Rule))


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ParameterError, match="has no time zone"):
        trace_back(book(COMMON), "S", at=START.replace(tzinfo=None))


def test_more_money_than_it_can_count_is_refused() -> None:
    huge: list[Line] = [(None, "S", 2**60 / 100), ("S", "A", 2**60 / 100), ("A", "B", 2**60 / 100)]
    with pytest.raises(InputError, match="the amounts together pass"):
        trace_back(book(huge), "B")
    made = trace_back(book([(None, "S", 2**58 / 100), (None, "S", 2**59 / 100), ("S", "A", 2**59 / 100 + 7)]), "A")
    assert whole(made), "beyond what floats count in ones"


def test_an_account_with_no_money() -> None:
    graph = book([(None, "S", 10), ("S", "A", 10)], openings={"S": 0, "A": -50})
    for account in "SA":
        made = trace_back(graph, account)
        assert (made.balance, made.origins.height, made.carried.height) == (0, 0, 0)
        assert made.origins.columns == ["kind", "account", "transaction_id", "place", *BACKWARDS]
        assert made.origins.schema == trace_back(book(COMMON), "S").origins.schema
        assert made.carried.schema == trace_back(book(COMMON), "S").carried.schema


def test_a_time_before_all_transfers() -> None:
    graph = book(COMMON, openings={"S": 12}, held=["S"])
    made = trace_back(graph, "S", at=START - timedelta(hours=1))
    assert (made.balance, made.end, made.carried.height) == (1_200, 0, 0)
    for rule in BACKWARDS:
        assert origins(made, rule) == {"S": 12}
    assert trace_back(graph, "A", at=START - timedelta(hours=1)).balance == 0


def test_the_balance_of_an_earlier_time() -> None:
    made = trace_back(book(COMMON), "S", at=START + timedelta(hours=2))
    assert (made.balance, made.end) == (250_000, 3)
    assert origins(made, Rule.FIFO) == {"t2": 2_500}
    assert origins(made, Rule.LIFO) == {"t1": 1_000, "t2": 1_500}


# The oracle


@dataclass(frozen=True)
class Told:
    """A ledger as the oracle takes it."""

    transfers: list[oracle.Transfer]
    world: oracle.World


def told_of(graph: TransactionGraph, *, seen: bool = False) -> Told:
    sides = zip(graph.debtor.tolist(), graph.creditor.tolist(), graph.amount.tolist(), strict=True)
    register = graph.register.with_row_index("number")
    opened = register.filter(pl.col("opening_balance").is_not_null()).select("number", "opening_balance")
    outside = register.filter(pl.col("kind").is_null())["number"].to_list()
    pairs = find_reversals(graph)
    return Told(
        [(None if d < 0 else d, None if c < 0 else c, amount) for d, c, amount in sides],
        oracle.World(
            dict(opened.iter_rows()),
            frozenset() if seen or len(outside) == graph.accounts else frozenset(outside),
            frozenset([*pairs.later.tolist(), *pairs.earlier.tolist()]),
        ),
    )


def coloured(graph: TransactionGraph, made: Sources, rule: Rule) -> dict[Colour, int]:
    names = graph.names.to_list()
    found: dict[Colour, int] = {}
    for kind, account, place, pence in made.origins.select("kind", "account", "place", str(rule)).iter_rows():
        assert kind in KINDS
        found[kind, names.index(account) if place is None else place] = pence
    for place, pence in made.carried.select("place", str(rule)).iter_rows():
        found["through", place] = pence
    return {colour: pence for colour, pence in found.items() if pence}


def check(graph: TransactionGraph, told: Told, made: Sources) -> None:
    """FIFO and LIFO to the penny; origins by shares within the penny that is given or not, transfers to the nearest."""
    assert whole(made)
    assert made.settled
    number = graph.names.to_list().index(made.account)
    assert made.balance == oracle.movements(told.transfers, told.world)[1].get(number, 0)
    for rule in ORDERED:
        assert coloured(graph, made, rule) == oracle.in_order(told.transfers, told.world, number, rule), rule
    ring = max(kernel.RING_PENCE, kernel.RING_SHARE * made.balance)
    for rule, find, apart in ((Rule.HAIRCUT, oracle.haircut, 0.0), (Rule.PARI_PASSU, oracle.end_point, ring)):
        found, exact = coloured(graph, made, rule), find(told.transfers, told.world, number)
        for colour in found.keys() | exact.keys():
            near = 0.5 + apart if colour[0] == "through" else 1
            assert abs(found.get(colour, 0) - float(exact.get(colour, 0))) <= near + 1e-4, (rule, colour)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("seen", [False, True])
def test_random_ledgers(seed: int, seen: bool) -> None:
    graph = book(random_lines(seed), OPENINGS, ACCOUNTS[:4])
    told = told_of(graph, seen=seen)
    for account in ACCOUNTS:
        check(graph, told, trace_back(graph, account, through_other_banks=seen))


@pytest.mark.parametrize("seed", SEEDS)
def test_random_ledgers_up_to_a_time(seed: int) -> None:
    lines = random_lines(seed)
    graph = book(lines, OPENINGS, ACCOUNTS[:4])
    told = told_of(graph)
    made = trace_back(graph, "B", at=START + timedelta(hours=24))
    check(graph, replace(told, transfers=told.transfers[:25]), made)


SIDES = (None, "A", "B", "C", "D")
PENCE = (0, 1, 2, 3, 5, 7, 10, 100)
Drawn = tuple[list[Line], dict[str, float], list[str]]


def drawn() -> SearchStrategy[Drawn]:
    """Few accounts and small amounts: ties between pieces, debits of exactly what is there, overdrafts, rings."""
    side = st.sampled_from(SIDES)
    amount = st.sampled_from(PENCE).map(lambda pence: pence / 100)
    line = st.tuples(side, side, amount).filter(lambda one: one[0] is not None or one[1] is not None)
    opening = st.sampled_from((-0.05, 0.0, 0.03, 0.2))
    return st.tuples(
        st.lists(line, min_size=1, max_size=12),
        st.dictionaries(st.sampled_from(("A", "B", "C")), opening, max_size=3),
        st.just(["A", "B", "C"]),
    )


@settings(max_examples=60)
@given(drawn())
def test_small_dense_ledgers(world: Drawn) -> None:
    graph = book(*world)
    told = told_of(graph)
    for account in graph.names.to_list():
        check(graph, told, trace_back(graph, account))


# What a trace forwards says


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("seen", [False, True])
def test_what_came_through_a_transfer_is_what_a_trace_from_it_finds(seed: int, seen: bool) -> None:
    graph = book(random_lines(seed), OPENINGS, ACCOUNTS[:4])
    back = {
        account: {rule: through(trace_back(graph, account, through_other_banks=seen), rule) for rule in BACKWARDS}
        for account in ACCOUNTS
    }
    for place in range(graph.transfers):
        name = f"t{place + 1}"
        found = trace(graph, [name], BACKWARDS, through_other_banks=seen).accounts
        for rule in BACKWARDS:
            ahead = dict(found.select("account", f"tainted_{rule}").iter_rows())
            for account in ACCOUNTS:
                behind = round(back[account][rule].get(name, 0) * 100)
                apart = 0 if rule in ORDERED else FORWARDS_PENCE
                assert abs(ahead.get(account, 0) - behind) <= apart, (seed, name, account, rule)


@pytest.mark.parametrize("seed", SEEDS)
def test_names_do_not_matter(seed: int) -> None:
    names = dict(zip(ACCOUNTS, ("E", "D", "C", "B", "A"), strict=True))
    renamed = [(a and names[a], b and names[b], x) for a, b, x in random_lines(seed)]  # type: ignore[misc]
    openings = {names[name]: opening for name, opening in OPENINGS.items()}
    one = book(random_lines(seed), OPENINGS, ACCOUNTS[:4])
    other = book(renamed, openings, [names[name] for name in ACCOUNTS[:4]])
    for account in ACCOUNTS:
        mine, yours = trace_back(one, account, ORDERED), trace_back(other, names[account], ORDERED)
        for rule in ORDERED:
            assert through(mine, rule) == through(yours, rule)


@pytest.mark.parametrize("seed", SEEDS)
def test_strangers_do_not_matter(seed: int) -> None:
    strangers: list[Line] = [("X", "Y", 1_000), ("Y", "Z", 500), (None, "X", 20), ("A", "Z", 0)]
    for account in ACCOUNTS:
        one = trace_back(book(random_lines(seed), OPENINGS, ACCOUNTS[:4]), account)
        other = trace_back(book([*random_lines(seed), *strangers], OPENINGS, [*ACCOUNTS[:4], *"XYZ"]), account)
        assert one.origins.equals(other.origins)
        assert one.carried.equals(other.carried)


def test_money_that_never_left_a_ring_but_by_one_penny() -> None:
    """A long stay in a ring: what went round many times still counts once."""
    lines: list[Line] = [(None, "A", 5), *[("A", "B", 5), ("B", "A", 5)] * 15, ("A", "C", 0.01)]
    graph = book(lines)
    told = told_of(graph)
    for account in "ABC":
        check(graph, told, trace_back(graph, account))


def test_money_that_went_round_for_years_is_solved() -> None:
    """Ten pounds to and fro two thousand times: by the end point all of it came through each transfer in part."""
    lines: list[Line] = [(None, "A", 10), *[("A", "B", 10), ("B", "A", 10)] * 2_000, ("A", "C", 10)]
    made = trace_back(book(lines), "C")
    assert made.settled
    assert origins(made, Rule.PARI_PASSU) == {"t1": 10}
    assert set(through(made, Rule.FIFO).values()) == {10}
    # One of two thousand and one ways out of A leads to C, and one to each transfer: as likely the one as the other.
    assert set(through(made, Rule.PARI_PASSU).values()) == {5, 10}


@pytest.mark.skipif(not numba.config.DISABLE_JIT, reason="what is compiled does not see another budget")
@pytest.mark.parametrize("budget", ["SOLVING", "SEARCHING"])
def test_what_is_not_solved_is_told(monkeypatch: pytest.MonkeyPatch, budget: str) -> None:
    lines: list[Line] = [(None, "A", 10), *[("A", "B", 10), ("B", "A", 10)] * 20, ("A", "C", 10)]
    monkeypatch.setattr(kernel, budget, (10, 1))
    made = trace_back(book(lines), "C")
    assert not made.settled
    assert whole(made)
    assert (made.carried["pari_passu"] <= made.balance).all()
    assert trace_back(book(lines), "C", [Rule.FIFO, Rule.HAIRCUT]).settled


def test_many_parts_of_one_transfer() -> None:
    """More parts than there is room for at first: pennies come in one by one and go through one account."""
    size = 1_500
    lines: list[Line] = [(None, "A" if i % 2 else "B", 0.01) for i in range(size)]
    lines += [("A" if i % 2 else "B", "C", 0.01) for i in range(size)]
    lines += [("C", "D", size / 100), ("D", "E", size / 200)]
    made = trace_back(book(lines), "E", ORDERED)
    assert made.balance == size // 2
    assert whole(made)
    # The stacks of A and B, and then that of D, turn the order round twice.
    for rule in ORDERED:
        assert origins(made, rule) == {f"t{i + 1}": 0.01 for i in range(size // 2)}
    assert origins(trace_back(book(lines[:-1]), "D", [Rule.FIFO]), Rule.FIFO).keys() == {
        f"t{i + 1}" for i in range(size)
    }


def test_reversals_that_are_told_are_those_that_count() -> None:
    pairs = Reversals(np.array([2]), np.array([1]))
    lines: list[Line] = [(None, "S", 10), ("S", "A", 4), ("A", "S", 4), ("S", "B", 10)]
    read = partial(trace_back, book(lines), "B", [Rule.LIFO])
    assert through(read(reversals=pairs), Rule.LIFO) == {"t1": 10, "t4": 10}
    assert through(read(), Rule.LIFO) == {"t1": 10, "t2": 4, "t3": 4, "t4": 10}
