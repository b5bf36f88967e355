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

ENOUGH = 1e-2
"""Minor units that an account may leave where they are, rather than pass them on."""

OVER, EARLY = 1.1, 12
"""In so many first sweeps an account passes on so many times what has come: on large ledgers a third less to do (in
over-relaxation the excess is owed, and comes back). From then on nothing is passed on twice, which always ends."""

STEADY = 16
"""Sweeps after which money that goes round often is taken to be the reason: what may stay is cut in proportion to them,
since what stays is missed as often as it would have gone round."""

MOST_WORK = 3_000_000_000
"""Debits between two accounts that are passed on over in all; a network that asks for more is not settled."""


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
    special : uint8[(ledger + 7) / 8]
        By ledger place, a bit (the lowest first): whether it is not usual. Few are, and this stays in the cache.
    """

    indptr: NDArray[np.int64]
    edge: NDArray[np.int32]
    peer: NDArray[np.int32]
    amount: NDArray[np.int64]
    kind: NDArray[np.uint8]
    special: NDArray[np.uint8]


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
    came : int64[accounts]
        What came in by `carried`. Where accounts pay one another in rings it may differ from `part` by some minor
        units, since each transfer is rounded: the difference is told, not hidden.
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
    came: NDArray[np.int64]
    lent: NDArray[np.int64]
    left: NDArray[np.int64]
    cash: int
    taken: int
    settled: bool


class _Network(NamedTuple):
    """The accounts that tainted money may be in, the nearest to the seeds first, and what they pay one another.

    Attributes
    ----------
    order : int64[j]
        The accounts.
    rank : int32[accounts]
        Their places in `order`, -1 for others.
    begin : int64[j + 1]
        Where the debits of each begin.
    payee : int32[d]
        Ranks; side by side in the order of the accounts, so that a sweep reads them as they lie. All debits of one
        account to another are one.
    amount : float64[d]
    whole : int64[accounts]
        The fund of each: what it paid, what repaid an overdraft, what is left.
    """

    order: NDArray[np.int64]
    rank: NDArray[np.int32]
    begin: NDArray[np.int64]
    payee: NDArray[np.int32]
    amount: NDArray[np.float64]
    whole: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _kind(debits: Debits, e: int) -> int:
    place = np.int64(debits.edge[e])
    if not debits.special[place >> 3] >> (place & 7) & 1:
        return USUAL
    return int(debits.kind[place])


@njit(cache=True, nogil=True)
def _reached(debits: Debits, funds: Funds, first: NDArray[np.int64]) -> _Network:
    """Go out from the accounts that seeds pay, whatever the order of transfers."""
    accounts = funds.outside.size
    order, rank = np.empty(accounts, np.int64), np.full(accounts, -1, np.int32)
    begin, whole = np.zeros(accounts + 1, np.int64), np.zeros(accounts, np.int64)
    payee, amount = np.empty(debits.edge.size, np.int32), np.empty(debits.edge.size, np.float64)
    at = np.full(accounts, -1, np.int64)
    size, used = 0, 0
    for account in first:
        if rank[account] < 0 and not funds.outside[account]:
            order[size], rank[account] = account, size
            size += 1
    done = 0
    while done < size:
        account = order[done]
        total = funds.content[account] + funds.repaid[account]
        for e in range(debits.indptr[account], debits.indptr[account + 1]):
            kind, peer = _kind(debits, e), debits.peer[e]
            if kind == STRUCK or debits.amount[e] == 0:
                continue
            total += debits.amount[e]
            if kind == SEED or peer < 0 or funds.outside[peer]:
                continue
            if rank[peer] < 0:
                order[size], rank[peer] = peer, size
                size += 1
            if at[peer] >= begin[done]:
                amount[at[peer]] += debits.amount[e]
                continue
            payee[used], amount[used], at[peer] = rank[peer], debits.amount[e], used
            used += 1
        whole[account] = total
        done += 1
        begin[done] = used
    return _Network(order[:size].copy(), rank, begin, payee, amount, whole)


@njit(cache=True, nogil=True)
def _solved(network: _Network, seeded: NDArray[np.int64]) -> tuple[NDArray[np.float64], bool]:
    """How much tainted money came into each account, by rank, in minor units with their fractions; whether it is all.

    A seed's money is tainted already and arrives in full.
    """
    size = network.order.size
    came, waiting, fund = np.zeros(size, np.float64), np.empty(size, np.float64), np.empty(size, np.float64)
    for k in range(size):
        waiting[k], fund[k] = seeded[network.order[k]], max(1, network.whole[network.order[k]])
    enough, work, sweep, settled = ENOUGH, 0, 0, False
    while work < MOST_WORK:
        passed = False
        times = OVER if sweep < EARLY else 1.0
        for k in range(size):
            fresh = waiting[k]
            if abs(fresh) <= enough:
                continue
            passed = True
            work += network.begin[k + 1] - network.begin[k] + 1
            fresh *= times
            waiting[k] -= fresh
            came[k] += fresh
            ratio = fresh / fund[k]
            for d in range(network.begin[k], network.begin[k + 1]):
                waiting[network.payee[d]] += ratio * network.amount[d]
        sweep += 1
        if not passed:
            if enough <= ENOUGH / max(1, sweep // STEADY):
                settled = True
                break
            enough = ENOUGH / max(1, sweep // STEADY)
    return came + waiting, settled


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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
    network = _reached(debits, funds, first)
    order, whole = network.order, network.whole
    real, settled = _solved(network, funds.seeded)
    carried = np.zeros(debits.edge.size, np.int64)
    part = np.zeros(whole.size, np.int64)
    lent, left = np.zeros(whole.size, np.int64), np.zeros(whole.size, np.int64)
    cash, taken = 0, 0
    # By rank, side by side: what came, and what is still to come from accounts whose turn is later, as solved for.
    arrived = np.empty((order.size, 2), np.int64)
    later = arrived.view(np.float64)
    for k in range(order.size):
        arrived[k, 0] = funds.seeded[order[k]]
        later[k, 1] = real[k] - funds.seeded[order[k]]
    for k in range(order.size):
        account = order[k]
        fund = whole[account]
        found = min(max(arrived[k, 0] + np.int64(np.floor(max(later[k, 1], 0.0) + 0.5)), 0), fund)
        part[account] = found
        if fund == 0:
            continue
        ratio = real[k] / fund
        paid, passed = 0, 0
        for e in range(debits.indptr[account], debits.indptr[account + 1]):
            kind, peer, amount = _kind(debits, e), debits.peer[e], debits.amount[e]
            if kind == STRUCK or amount == 0:
                continue
            paid += amount
            so_far = share(found, paid, fund)
            moved = so_far - passed
            carried[e] = moved
            passed = so_far
            if kind == SEED:
                taken += moved
            elif peer < 0:
                cash += moved
            elif funds.outside[peer]:
                left[peer] += moved
            else:
                payee = network.rank[peer]
                arrived[payee, 0] += moved
                later[payee, 1] -= ratio * amount
        repaid = share(found, paid + funds.repaid[account], fund)
        lent[account] = repaid - passed
        left[account] = found - repaid
    came = funds.seeded.copy()
    for k in range(order.size):
        came[order[k]] = arrived[k, 0]
    return Shared(order, carried, part, whole, came, lent, left, cash, taken, settled)
