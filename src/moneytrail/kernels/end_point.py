"""Where tainted money went by the end-point rule (pari passu): an account's debits and what is left share alike.

An account's fund is all that came in and what it held at first. Its tainted part stands in one ratio to all of it,
whatever the order was: each debit and what is left carry that ratio, those before the tainted money came as well.
Accounts pay one another in rings, so that the ratios depend on each other: they are solved for by passing on what has
not been passed on yet, and then written in whole minor units. Oracle: ``tests/oracles/end_point.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from moneytrail.prefetch import prefetch

ENOUGH = 1e-2
"""Minor units that an account may leave where they are, rather than pass them on."""

SLIGHT = 0.3
"""Share of what waits with an account on average that may stay with it until more has come."""

FORESEEN = 3
"""Last sweeps from which further ones are foreseen."""

STEADY = 16
"""Rounds beyond which what may stay is cut in proportion to them, since what stays is missed as often as it would have
gone round."""

JOINED_FROM = 24
"""The sweep before which all payments of one account to another become one: where so many are needed it is worth it."""

MOST_WORK = 3_000_000_000
"""Debits between two accounts that are passed on over in all; a network that asks for more is not settled."""

AHEAD = 4
"""Accounts ahead for whose debits the memory is asked."""


class Debits(NamedTuple):
    """What accounts paid, by account and then in ledger order.

    Attributes
    ----------
    indptr : int64[accounts + 1]
    edge : int32[m]
        Ledger places.
    peer : int32[m]
        Who was paid, -1 for cash.
    amount : int64[m]
    kind : uint8[ledger]
        By ledger place: :data:`USUAL`, :data:`SEED`, or :data:`STRUCK` for what counts as never having happened: a
        transfer to the payer itself, and two transfers of which one took the other back.
    odd : bool[accounts]
        Whether any of what an account paid is not usual: few are, and of others `edge` and `kind` need not be read.
    """

    indptr: NDArray[np.int64]
    edge: NDArray[np.int32]
    peer: NDArray[np.int32]
    amount: NDArray[np.int64]
    kind: NDArray[np.uint8]
    odd: NDArray[np.bool_]


USUAL, SEED, STRUCK = 0, 1, 2


class Funds(NamedTuple):
    """What else is known of every account.

    Attributes
    ----------
    outside : bool[accounts]
        Money stays there: the account's own ledger is not seen.
    content : int64[accounts]
        What is left in the end, zero or more, minor units.
    repaid : int64[accounts]
        What repaid an overdraft.
    seeded : int64[accounts]
        What seeds brought that were not taken back.
    """

    outside: NDArray[np.bool_]
    content: NDArray[np.int64]
    repaid: NDArray[np.int64]
    seeded: NDArray[np.int64]


class Shared(NamedTuple):
    """Where tainted money is by the end-point rule.

    Attributes
    ----------
    order : int64[j]
        The accounts that tainted money may be in, outside ones left out.
    carried : int64[m]
        By debit, as :class:`Debits` has them: tainted money that it took out of its debtor's fund, minor units. A seed
        brings its whole amount, whatever it took.
    part : int64[accounts]
        The tainted part of each fund. Debits in ledger order, then what repaid an overdraft, then what is left, take
        their shares of it: up to each of them the shares come to ``part * sum / whole``, to the nearest whole number.
    whole : int64[accounts]
        The fund.
    came : int
        What came into these funds, by seeds and by `carried`. Where accounts pay one another in rings it may differ
        from the sum of `part` by some minor units, since each transfer is rounded: the difference is told, not hidden.
    lent : int64[accounts]
        What of `part` repaid an overdraft.
    left : int64[accounts]
        What of `part` is left; of an outside account what it was paid, seeds left out.
    cash, taken : int
        What debits took out as cash, seeds left out; and what seeds took out, before they became tainted altogether.
    settled : bool
        Whether the ratios are solved for: not where money went round so often that it would take too long.
    """

    order: NDArray[np.int64]
    carried: NDArray[np.int64]
    part: NDArray[np.int64]
    whole: NDArray[np.int64]
    came: int
    lent: NDArray[np.int64]
    left: NDArray[np.int64]
    cash: int
    taken: int
    settled: bool


class _Links(NamedTuple):
    """Who pays whom; an account is told by its rank: how near to the seeds it was found.

    Attributes
    ----------
    begin : int64[j + 1]
        Where the debits of each account begin. They lie in the order of ranks, so that a sweep reads them as they lie.
    payee : int32[d]
        Ranks; below zero for a debit that passes nothing on.
    amount : int64[d]
        Minor units.
    """

    begin: NDArray[np.int64]
    payee: NDArray[np.int32]
    amount: NDArray[np.int64]


# Payees that are no ranks.
NOTHING, IS_SEED, IS_CASH, IS_OUTSIDE = -1, -2, -3, -4


@njit(cache=True, nogil=True)
def _reached(
    debits: Debits, funds: Funds, first: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], _Links]:
    """Go out from the accounts that seeds pay, whatever the order of transfers: accounts, their funds, their links."""
    accounts = funds.outside.size
    order, whole = np.empty(accounts, np.int64), np.zeros(accounts, np.int64)
    begin, payee = np.zeros(accounts + 1, np.int64), np.empty(debits.edge.size, np.int32)
    amount = np.empty(debits.edge.size, np.int64)
    rank = np.empty(accounts, np.int32)
    for account in range(accounts):
        rank[account] = IS_OUTSIDE if funds.outside[account] else NOTHING
    size, used = 0, 0
    for account in first:
        if rank[account] == NOTHING:
            order[size], rank[account] = account, size
            size += 1
    done = 0
    while done < size:
        account = order[done]
        if done + AHEAD < size:
            ahead = debits.indptr[order[done + AHEAD]]
            prefetch(debits.peer, ahead)
            prefetch(debits.amount, ahead)
        total = funds.content[account] + funds.repaid[account]
        for e in range(debits.indptr[account], debits.indptr[account + 1]):
            kind = np.int64(debits.kind[debits.edge[e]]) if debits.odd[account] else USUAL
            peer, value = debits.peer[e], debits.amount[e]
            to = np.int32(NOTHING)
            if kind != STRUCK and value > 0:
                total += value
                if kind == SEED:
                    to = np.int32(IS_SEED)
                elif peer < 0:
                    to = np.int32(IS_CASH)
                else:
                    if rank[peer] == NOTHING:
                        order[size], rank[peer] = peer, size
                        size += 1
                    to = rank[peer]
            payee[used], amount[used] = to, value
            used += 1
        whole[account] = total
        done += 1
        begin[done] = used
    return order[:size].copy(), whole, _Links(begin[: size + 1].copy(), payee, amount)


@njit(cache=True, nogil=True)
def _joined(links: _Links) -> _Links:
    """The same with all debits of one account to another as one."""
    size = links.begin.size - 1
    begin, at = np.zeros(size + 1, np.int64), np.full(size, -1, np.int64)
    payee, amount = np.empty(links.payee.size, np.int32), np.empty(links.payee.size, np.int64)
    used = 0
    for k in range(size):
        for d in range(links.begin[k], links.begin[k + 1]):
            to = links.payee[d]
            if to < 0:
                continue
            if at[to] >= begin[k]:
                amount[at[to]] += links.amount[d]
                continue
            payee[used], amount[used], at[to] = to, links.amount[d], used
            used += 1
        begin[k + 1] = used
    return _Links(begin, payee[:used].copy(), amount[:used].copy())


class _Solving(NamedTuple):
    """How far the equations are solved, by rank, in minor units with their fractions.

    Attributes
    ----------
    fund : float64[j]
        Of each account, 1 where it is nothing.
    came : float64[j]
        What came in and was passed on.
    waiting, after : float64[j]
        What was not passed on yet; room to try what would wait.
    passed, less : float64[FORESEEN, j]
        What each of the last sweeps passed on, and by how much less waited after it.
    product : float64[FORESEEN, FORESEEN + 1]
        Inner products of `less` with one another and with `waiting`.
    progress : float64[4]
        What waits with an account on average, how often money goes round, sweeps, debits that were passed on over.
    """

    fund: NDArray[np.float64]
    came: NDArray[np.float64]
    waiting: NDArray[np.float64]
    after: NDArray[np.float64]
    passed: NDArray[np.float64]
    less: NDArray[np.float64]
    product: NDArray[np.float64]
    progress: NDArray[np.float64]


# Places in _Solving.progress.
AVERAGE, ROUNDS, SWEEPS, WORK = 0, 1, 2, 3


@njit(cache=True, nogil=True, error_model="numpy")
def _sweep(links: _Links, state: _Solving, slot: int, enough: float) -> int:
    """Every account passes on what waits with it, where that is more than `enough`; returns over how many debits."""
    work, waiting, passed, less = 0, state.waiting, state.passed[slot], state.less[slot]
    less[:] = waiting
    for k in range(waiting.size):
        fresh = waiting[k]
        passed[k] = 0.0
        if abs(fresh) <= enough:
            continue
        work += links.begin[k + 1] - links.begin[k] + 1
        passed[k] = fresh
        waiting[k] = 0.0
        ratio = fresh / state.fund[k]
        for d in range(links.begin[k], links.begin[k + 1]):
            to = links.payee[d]
            if to >= 0:
                waiting[to] += ratio * links.amount[d]
    for k in range(waiting.size):
        less[k] -= waiting[k]
        state.came[k] += passed[k]
    return work


@njit(cache=True, nogil=True, error_model="numpy")
def _inner(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The inner product, summed in order, so that it is the same on every machine."""
    found = 0.0
    for k in range(one.size):
        found += one[k] * other[k]
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _times(state: _Solving, slot: int, slots: int) -> NDArray[np.float64]:
    """How many times more each of the last sweeps is best done, by least squares of what waits then; float64[slots]."""
    product = state.product
    for i in range(slots):
        product[slot, i] = product[i, slot] = _inner(state.less[slot], state.less[i])
        product[i, FORESEEN] = _inner(state.waiting, state.less[i])
    rows = product.copy()
    times = np.zeros(slots, np.float64)
    usable = np.zeros(slots, np.bool_)
    for i in range(slots):
        # A sweep that is told by the others already, but for what rounding makes of it, adds nothing.
        usable[i] = rows[i, i] > 1e-10 * product[i, i]
        for j in range(i + 1, slots):
            if usable[i]:
                rows[j] -= rows[j, i] / rows[i, i] * rows[i]
    for i in range(slots - 1, -1, -1):
        if usable[i]:
            times[i] = rows[i, FORESEEN]
            for j in range(i + 1, slots):
                times[i] -= rows[i, j] * times[j]
            times[i] /= rows[i, i]
    return times


@njit(cache=True, nogil=True, error_model="numpy")
def _foresee(state: _Solving, slot: int, slots: int) -> float:
    """Do further sweeps like the last ones at one stroke; returns how often the most that any is done again.

    All is linear: where as much is passed on once more, what waits changes once more as it did. What waits in all must
    be less for it. Where money goes round and round, one such stroke does for thousands of sweeps.
    """
    times, waiting, after = _times(state, slot, slots), state.waiting, state.after
    after[:] = waiting
    for i in range(slots):
        for k in range(after.size):
            after[k] -= times[i] * state.less[i, k]
    now, then = 0.0, 0.0
    for k in range(after.size):
        now += abs(waiting[k])
        then += abs(after[k])
    state.progress[AVERAGE] = min(now, then) / waiting.size
    if then >= now:
        return 0.0
    waiting[:] = after
    for i in range(slots):
        for k in range(after.size):
            state.came[k] += times[i] * state.passed[i, k]
    return float(np.abs(times).max())


@njit(cache=True, nogil=True, error_model="numpy")
def _settle(links: _Links, state: _Solving, sweeps: int) -> bool:
    """Sweep until only what may stay is waiting, which is told; or so many times."""
    progress = state.progress
    for _ in range(sweeps):
        if progress[WORK] >= MOST_WORK:
            break
        least = ENOUGH / max(1.0, progress[ROUNDS] / STEADY)
        slot = int(progress[SWEEPS]) % FORESEEN
        done = _sweep(links, state, slot, max(least, SLIGHT * progress[AVERAGE]))
        if done == 0:
            return True
        progress[SWEEPS] += 1
        progress[WORK] += done + state.came.size
        again = _foresee(state, slot, min(FORESEEN, int(progress[SWEEPS])))
        progress[ROUNDS] = max(progress[ROUNDS], progress[SWEEPS], 1.0 + again)
    return False


@njit(cache=True, nogil=True)
def _solved(links: _Links, fund: NDArray[np.int64], seeded: NDArray[np.int64]) -> tuple[NDArray[np.float64], bool]:
    """How much tainted money came into each account, in minor units with their fractions; whether it is all.

    A seed's money is tainted already and arrives in full.
    """
    size = fund.size
    state = _Solving(
        np.maximum(fund, 1).astype(np.float64),
        np.zeros(size, np.float64),
        seeded.astype(np.float64),
        np.empty(size, np.float64),
        np.empty((FORESEEN, size), np.float64),
        np.empty((FORESEEN, size), np.float64),
        np.zeros((FORESEEN, FORESEEN + 1), np.float64),
        np.array([seeded.sum() / max(1, size), 1.0, 0.0, 0.0]),
    )
    settled = _settle(links, state, JOINED_FROM) or _settle(_joined(links), state, MOST_WORK)
    return state.came + state.waiting, settled


@njit(cache=True, nogil=True, error_model="numpy")
def share(part: int, taken: int, whole: int) -> int:
    """``part * taken / whole`` to the nearest whole number, halves up; as in :mod:`moneytrail.kernels.tracing`."""
    if part == 0 or taken == whole:
        return part
    if part < 2**30 and taken < 2**30:
        return (2 * part * taken + whole) // (2 * whole)
    quotient, rest = 0, 0
    for bit in range(62, -1, -1):
        quotient *= 2
        if rest >= whole - rest:
            rest -= whole - rest
            quotient += 1
        else:
            rest += rest
        if taken >> bit & 1:
            if part >= whole - rest:
                rest = part - (whole - rest)
                quotient += 1
            else:
                rest += part
    return quotient + (rest >= whole - rest)


@njit(cache=True, nogil=True, error_model="numpy")
def pari_passu(debits: Debits, funds: Funds, first: NDArray[np.int64]) -> Shared:
    """Tainted money by the end-point rule.

    Parameters
    ----------
    debits : Debits
    funds : Funds
    first : int64[k]
        The accounts that seeds pay, in the order in which they do; any of them may stand there twice.

    Returns
    -------
    Shared

    Notes
    -----
    Cost: a sweep over the debits of those accounts for each round that rings, and payers later in the order, ask for.
    """
    order, whole, links = _reached(debits, funds, first)
    seeded = funds.seeded[order]
    real, settled = _solved(links, whole[order], seeded)
    carried = np.zeros(debits.edge.size, np.int64)
    part = np.zeros(whole.size, np.int64)
    lent, left = np.zeros(whole.size, np.int64), np.zeros(whole.size, np.int64)
    came, cash, taken = seeded.sum(), 0, 0
    # By rank, side by side: what came from accounts whose turn was before, and what is to come from others, as solved.
    arrived = np.empty((order.size, 2), np.int64)
    later = arrived.view(np.float64)
    for k in range(order.size):
        arrived[k, 0] = seeded[k]
        later[k, 1] = real[k] - seeded[k]
    for k in range(order.size):
        account, total = order[k], whole[order[k]]
        found = min(max(arrived[k, 0] + np.int64(np.floor(max(later[k, 1], 0.0) + 0.5)), 0), total)
        part[account] = found
        if total == 0:
            continue
        if k + AHEAD < order.size:
            prefetch(carried, debits.indptr[order[k + AHEAD]])
        ratio = real[k] / total
        paid, passed = 0, 0
        shift = debits.indptr[account] - links.begin[k]
        for d in range(links.begin[k], links.begin[k + 1]):
            to, amount = links.payee[d], links.amount[d]
            if to == NOTHING:
                continue
            paid += amount
            so_far = share(found, paid, total)
            moved = so_far - passed
            carried[d + shift] = moved
            passed = so_far
            if to >= 0:
                came += moved
                if to > k:
                    arrived[to, 0] += moved
                    later[to, 1] -= ratio * amount
            elif to == IS_SEED:
                taken += moved
            elif to == IS_CASH:
                cash += moved
            else:
                left[debits.peer[d + shift]] += moved
        repaid = share(found, paid + funds.repaid[account], total)
        lent[account] = repaid - passed
        left[account] = found - repaid
    return Shared(order, carried, part, whole, came, lent, left, cash, taken, settled)
