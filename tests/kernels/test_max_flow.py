"""No more than the maximum flow gets out, so much does get out, in time, and a cut proves both."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from moneytrail.kernels.max_flow import CREDITOR, DEBTOR, Escape, Moves, Network, max_flow, unroll
from tests.kernels.test_tracing import ACCOUNTS, AMOUNTS, story_of
from tests.oracles import max_flow as oracle
from tests.oracles.max_flow import Name, Stake, Transfer

COMPILED = not numba.config.DISABLE_JIT
LARGE = (0, 1, 3, 2**31 - 1, 2**31, 2**32 + 7, 2**53 - 1, 2**53 + 1, 2**55)
HUGE = (1, 2**31, 2**53 + 1, 2**58 - 1, 2**59 - 3, 2**59)
A, B, C, D, E = 0, 1, 2, 3, 4

Plot = tuple[list[Transfer], Stake]


def plot_of(seed: int, size: int, amounts: tuple[int, ...], known: bool = True) -> Plot:
    """A story of :mod:`test_tracing` with money at stake, exits and a freeze."""
    story, chance = story_of(seed, size, amounts), Random(seed)
    transfers: list[Transfer] = []
    for place, (debtor, creditor, amount) in enumerate(story.transfers):
        fresh = chance.choice((amount, amount, amount // 2)) if place in story.seeds else 0
        transfers.append((debtor, creditor, amount, fresh))
    openings = {a: x + chance.choice(amounts) for a, x in story.world.openings.items()} if known else {}
    held = {a: chance.choice((0, 5, amounts[-1] // 8, amounts[-1] // 4)) for a in range(ACCOUNTS)}
    held |= {a: min(held[a], max(opening, 0)) for a, opening in openings.items()}
    some = [a for a in range(ACCOUNTS) if chance.random() < 0.25]
    frozen = [a for a in range(ACCOUNTS) if chance.random() < 0.25]
    return transfers, Stake(held, frozenset(some), frozenset(frozen), chance.randint(0, size), openings)


def plots(amounts: tuple[int, ...] = AMOUNTS, known: bool = True) -> SearchStrategy[Plot]:
    return st.builds(plot_of, st.integers(0, 2**32), st.integers(1, 40), st.just(amounts), st.just(known))


def read_only(made: NDArray[Any]) -> NDArray[Any]:
    made.flags.writeable = False
    return made


def moves_of(transfers: Sequence[Transfer], stake: Stake, accounts: int) -> Moves:
    sides = [[-1 if row[side] is None else row[side] for row in transfers] for side in (0, 1)]
    return Moves(
        read_only(np.array(sides[0], np.int32)),
        read_only(np.array(sides[1], np.int32)),
        read_only(np.array([row[2] for row in transfers], np.int64)),
        read_only(np.array([row[3] for row in transfers], np.int64)),
        read_only(np.array([stake.held.get(a, 0) for a in range(accounts)], np.int64)),
        read_only(np.array([a in stake.exits for a in range(accounts)], np.bool_)),
    )


def unrolled(moves: Moves, stake: Stake) -> Network:
    accounts = range(moves.held.size)
    known = np.array([a in stake.openings for a in accounts], np.bool_)
    made: Network = unroll(moves, known, np.array([stake.openings.get(a, 0) for a in accounts], np.int64))
    return made


def frozen_of(stake: Stake, accounts: int) -> NDArray[np.bool_]:
    return np.array([a in stake.frozen for a in range(accounts)], np.bool_)


def escape(transfers: Sequence[Transfer], stake: Stake, accounts: int = ACCOUNTS) -> Escape:
    """What the kernel finds; all that holds of any answer is asserted."""
    moves = moves_of(transfers, stake, accounts)
    found: Escape = max_flow(moves, unrolled(moves, stake), frozen_of(stake, accounts), stake.since)
    it_flows(transfers, stake, found)
    it_is_cut(transfers, stake, found)
    assert found.total + int(found.remaining.sum()) == int(moves.held.sum() + moves.fresh.sum())
    assert (found.remaining >= 0).all()
    return found


def it_flows(transfers: Sequence[Transfer], stake: Stake, found: Escape) -> None:
    """Follow the money through the ledger: none before it came, none out of frozen accounts, none left in the end."""
    carried, brought = found.carried.tolist(), found.brought.tolist()
    here = [stake.held.get(a, 0) - int(left) for a, left in enumerate(found.remaining)]
    for place, (debtor, creditor, _, fresh) in enumerate(transfers):
        stopped = debtor in stake.frozen and place >= stake.since
        kept_by = debtor if stopped else creditor
        if kept_by is not None:
            here[kept_by] += fresh - brought[place]
        assert not stopped or carried[place] == 0
    out = 0
    for account in stake.exits:
        out += here[account]
        here[account] = 0
    assert min(here, default=0) >= 0
    after = oracle.balances(transfers, stake.openings)
    for place, (debtor, creditor, amount, fresh) in enumerate(transfers):
        assert 0 <= brought[place] <= fresh
        assert 0 <= carried[place] - brought[place] <= amount - fresh
        passed = carried[place] - brought[place]
        if passed:
            assert debtor is not None
            assert debtor not in stake.exits | {creditor}
            here[debtor] -= passed
            assert here[debtor] >= 0, "money must come before it goes"
        if creditor is None or creditor in stake.exits:
            out += carried[place]
        else:
            here[creditor] += carried[place]
        for side in {debtor, creditor} & after[place].keys() - stake.exits:
            assert side is not None
            assert here[side] <= max(after[place][side], 0), "no more is kept than there is"
    assert not any(here)
    assert out == found.total


def cut_of(transfers: Sequence[Transfer], found: Escape) -> set[Name]:
    """The names of the edges that are cut."""
    cut = found.cut
    names: set[Name] = {("transfer", p) for p in np.flatnonzero(cut.transfer).tolist()}
    names |= {("fresh", p) for p in np.flatnonzero(cut.fresh).tolist()}
    names |= {("held", a) for a in np.flatnonzero(cut.held).tolist()}
    for side in (DEBTOR, CREDITOR):
        for p in np.flatnonzero(cut.kept[:, side]).tolist():
            account = transfers[p][side]
            assert account is not None
            names.add(("kept", account, p + 1))
    return names


def it_is_cut(transfers: Sequence[Transfer], stake: Stake, found: Escape) -> None:
    network, closed = oracle.edges(transfers, stake), cut_of(transfers, found)
    assert found.cut.worth == oracle.worth(network, closed) == found.total
    assert all(network[name][2] for name in closed), "nothing is cut that carries nothing, or anything"
    assert oracle.most([edge for name, edge in network.items() if name not in closed]) == 0


def check(plot: Plot) -> None:
    transfers, stake = plot
    found = escape(transfers, stake)
    assert found.total == oracle.most(oracle.edges(transfers, stake).values())
    into = sum(row[2] for row in transfers if row[1] is None or row[1] in stake.exits)
    assert found.total <= into + sum(stake.held.get(a, 0) for a in stake.exits)


@given(plots())
@settings(max_examples=300)
def test_the_flow_equals_the_oracle(plot: Plot) -> None:
    check(plot)


@given(plots(known=False))
@settings(max_examples=150)
def test_the_flow_equals_the_oracle_where_no_balance_is_known(plot: Plot) -> None:
    check(plot)


@given(plots(LARGE))
@settings(max_examples=100)
def test_the_flow_of_large_amounts_equals_the_oracle(plot: Plot) -> None:
    check(plot)


@given(plots(HUGE, known=False))
@settings(max_examples=100)
def test_the_flow_of_huge_amounts_equals_the_oracle(plot: Plot) -> None:
    transfers, stake = plot
    assert sum(stake.held.values()) + sum(row[3] for row in transfers) <= 2**61
    check(plot)


@pytest.mark.parametrize("block", range(4))
def test_the_flow_of_longer_ledgers_equals_the_oracle(block: int) -> None:
    for seed in range(25 * block, 25 * block + 25):
        print(f"plot_of({seed}, {60 + seed % 41}, AMOUNTS, {seed % 3 == 0})")  # noqa: T201, what replays it
        check(plot_of(seed, 60 + seed % 41, AMOUNTS, seed % 3 == 0))


# Laws


@given(plots(), st.integers(0, 40), st.sets(st.integers(0, ACCOUNTS - 1)))
def test_freezing_more_lets_no_more_out(plot: Plot, since: int, more: set[int]) -> None:
    transfers, stake = plot
    moves = moves_of(transfers, stake, ACCOUNTS)
    network = unrolled(moves, stake)
    wider = replace(stake, frozen=stake.frozen | more)
    earlier = replace(wider, since=min(since, stake.since))
    before, then, last = (
        max_flow(moves, network, frozen_of(s, ACCOUNTS), s.since).total for s in (stake, wider, earlier)
    )
    assert before >= then >= last
    # A network is only read: it serves as many freezes as one likes.
    assert max_flow(moves, network, frozen_of(stake, ACCOUNTS), stake.since).total == before
    assert escape(transfers, earlier).total == last


@given(plots(), st.permutations(range(ACCOUNTS)))
def test_names_change_nothing(plot: Plot, name: list[int]) -> None:
    transfers, stake = plot
    renamed = [(None if d is None else name[d], None if c is None else name[c], x, f) for d, c, x, f in transfers]
    other = Stake(
        {name[a]: x for a, x in stake.held.items()},
        frozenset(name[a] for a in stake.exits),
        frozenset(name[a] for a in stake.frozen),
        stake.since,
        {name[a]: x for a, x in stake.openings.items()},
    )
    found, again = escape(transfers, stake), escape(renamed, other)
    assert again.total == found.total
    assert again.carried.tolist() == found.carried.tolist()
    assert again.cut.transfer.tolist() == found.cut.transfer.tolist()
    assert [again.remaining[name[a]] for a in range(ACCOUNTS)] == found.remaining.tolist()


@given(plots(), st.sampled_from((2, 1_000, 2**40)))
def test_amounts_scale(plot: Plot, by: int) -> None:
    transfers, stake = plot
    larger = [(d, c, x * by, f * by) for d, c, x, f in transfers]
    held, openings = ({a: x * by for a, x in given.items()} for given in (stake.held, stake.openings))
    found = escape(larger, replace(stake, held=held, openings=openings))
    assert found.total == by * escape(transfers, stake).total
    assert not (found.carried % by).any()


@given(plots())
def test_a_known_balance_lets_no_more_out(plot: Plot) -> None:
    transfers, stake = plot
    assert escape(transfers, stake).total <= escape(transfers, replace(stake, openings={})).total


# Scenes


def test_money_that_was_paid_on_before_it_came_stays() -> None:
    """Without time 100 would get from A through B to D; but B had paid already."""
    early = [(B, D, 100, 0), (A, B, 100, 0)]
    stake = Stake({A: 100}, exits=frozenset({D}))
    found = escape(early, stake)
    assert found.total == 0
    assert found.remaining.tolist() == [100, 0, 0, 0]
    assert escape(early[::-1], stake).total == 100


def test_the_right_choice_lets_more_out_than_the_first() -> None:
    """Who pays all that he has to B, where 30 get out, has nothing left for C, where 70 do."""
    transfers = [(A, B, 100, 0), (B, None, 30, 0), (A, C, 100, 0), (C, D, 70, 0)]
    found = escape(transfers, Stake({A: 100}, exits=frozenset({D})))
    assert found.total == 100
    assert found.carried.tolist() == [30, 30, 70, 70]


def test_more_than_21_million_pounds_to_the_penny() -> None:
    """2^31 pence are £21,474,836.48: 32 bits do not hold what is in play here."""
    transfers: list[Transfer] = [
        (A, B, 5_000_000_001, 0),
        (A, C, 2_147_483_649, 0),
        (None, B, 7_000_000_000, 4_294_967_297),
        (B, D, 9_000_000_000, 0),
        (C, None, 2_147_483_648, 0),
    ]
    found = escape(transfers, Stake({A: 7_000_000_000}, exits=frozenset({D})))
    assert found.total == 9_000_000_000 + 2_147_483_648 == 11_147_483_648
    assert found.remaining.sum() == 7_000_000_000 + 4_294_967_297 - 11_147_483_648
    assert found.cut.transfer.tolist() == [False, False, False, True, True]


def test_a_balance_that_was_spent_kept_nothing() -> None:
    """A holds 100 at stake and pays 100 to an account that pays on nothing: what comes then is other money."""
    transfers: list[Transfer] = [(A, B, 100, 0), (None, A, 80, 0), (A, None, 80, 0)]
    assert escape(transfers, Stake({A: 100})).total == 80
    found = escape(transfers, Stake({A: 100}, openings={A: 100}))
    assert found.total == 0
    found = escape(transfers, Stake({A: 100}, openings={A: 130}))
    assert found.total == found.cut.worth == 30
    assert found.cut.kept[0].tolist() == [True, False]


def test_what_repays_an_overdraft_is_not_kept() -> None:
    transfers: list[Transfer] = [(None, A, 100, 60), (A, None, 90, 0)]
    assert escape(transfers, Stake({}, openings={A: 0})).total == 60
    found = escape(transfers, Stake({}, openings={A: -70}))
    assert found.total == 30
    assert found.cut.kept[0].tolist() == [False, True]
    assert found.remaining.tolist() == [30, 0, 0, 0]


def test_a_frozen_account_keeps_what_comes() -> None:
    transfers: list[Transfer] = [(A, B, 50, 0), (B, None, 20, 0), (A, B, 50, 0), (B, None, 70, 0)]
    stake = Stake({A: 100}, frozen=frozenset({B}))
    assert [escape(transfers, replace(stake, since=since)).total for since in range(5)] == [0, 0, 20, 20, 90]


def test_a_frozen_source_keeps_all() -> None:
    found = escape([(A, None, 50, 0), (A, B, 9, 9), (B, None, 9, 0)], Stake({A: 60}, frozen=frozenset({A})))
    assert found.total == 0
    assert found.remaining.tolist() == [69, 0, 0, 0]


def test_an_exit_is_gone_whatever_it_does() -> None:
    """What is there at first is gone; what it pays carries nothing; to freeze it changes nothing."""
    transfers: list[Transfer] = [(A, D, 40, 0), (D, B, 40, 0), (B, None, 40, 0), (None, D, 7, 5)]
    stake = Stake({A: 100, D: 3}, exits=frozenset({D}))
    found = escape(transfers, stake)
    assert found.total == escape(transfers, replace(stake, frozen=frozenset({D}))).total == 48
    assert found.carried.tolist() == [40, 0, 0, 5]
    assert found.remaining.tolist() == [60, 0, 0, 0]


def test_an_account_that_pays_itself_moves_nothing() -> None:
    transfers: list[Transfer] = [(A, A, 100, 0), (A, B, 30, 0), (B, B, 9, 4), (B, None, 50, 0)]
    assert escape(transfers, Stake({A: 100})).total == 34
    assert escape(transfers, Stake({A: 100}, openings={A: 100, B: 0})).total == 30
    assert escape([(None, None, 8, 3)], Stake({})).total == 3


def test_amounts_of_zero_move_nothing() -> None:
    transfers: list[Transfer] = [(A, B, 0, 0), (A, None, 0, 0), (None, B, 0, 0), (B, None, 5, 0)]
    found = escape(transfers, Stake({A: 10}))
    assert found.total == 0
    assert not found.cut.transfer.any()


@pytest.mark.parametrize("accounts", [0, 3])
def test_an_empty_ledger(accounts: int) -> None:
    found = escape([], Stake(dict.fromkeys(range(accounts), 7)), accounts)
    assert found.total == 0
    assert found.remaining.tolist() == [7] * accounts
    assert found.carried.size == 0


def test_the_largest_sum_is_exact() -> None:
    """2^61 - 1 in all, over two ways, beside an account whose credits come to more than 64 bits hold."""
    whole = 2**61 - 1
    transfers: list[Transfer] = [(A, B, 2**61, 0)] * 9 + [(B, C, 2**60, 0), (B, D, 2**61, 0), (C, None, 2**60 - 1, 0)]
    found = escape(transfers, Stake({A: whole}, exits=frozenset({D})))
    assert found.total == whole
    assert found.remaining.sum() == 0


# Speed


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="a million transfers are for compiled kernels")
@pytest.mark.parametrize("known", [False, True])
def test_two_accounts_that_pay_each_other_a_million_times_are_soon_done(known: bool) -> None:
    """A chain as long as the ledger: a search by paths would walk it again and again."""
    chance, n = np.random.default_rng(7), 1_000_000
    debtor = chance.integers(0, 2, n)
    creditor = np.where(chance.random(n) < 0.1, chance.integers(2, 5, n), 1 - debtor)
    amount = chance.integers(1, 1000, n)
    held, exits = np.array([amount.sum() // 50, 0, 0, 0, 0]), np.array([False, False, True, True, False])
    given = Moves(debtor.astype(np.int32), creditor.astype(np.int32), amount, np.zeros(n, np.int64), held, exits)
    for array in given:
        array.flags.writeable = False
    flags, none = np.full(5, known), np.zeros(5, np.bool_)
    empty = given._replace(**{name: getattr(given, name)[:0] for name in ("debtor", "creditor", "amount", "fresh")})
    max_flow(empty, unroll(empty, flags, held.copy()), none, 0)
    start = time.perf_counter()
    found = max_flow(given, unroll(given, flags, held.copy()), none, 0)
    assert time.perf_counter() - start < 5.0
    assert 0 < found.total == found.cut.worth
