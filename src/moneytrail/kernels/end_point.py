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

ENOUGH = 1e-3
"""Minor units that an account may leave where they are, rather than pass them on."""

MOST_SWEEPS = 10_000


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
    """

    indptr: NDArray[np.int64]
    edge: NDArray[np.int32]
    peer: NDArray[np.int32]
    amount: NDArray[np.int64]
    kind: NDArray[np.uint8]


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
    carried : int64[ledger]
        Tainted money that each transfer took out of its debtor's fund, minor units. A seed brings its whole amount,
        whatever it took.
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
        What of `part` is left.
    """

    order: NDArray[np.int64]
    carried: NDArray[np.int64]
    part: NDArray[np.int64]
    whole: NDArray[np.int64]
    came: NDArray[np.int64]
    lent: NDArray[np.int64]
    left: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _reached(debits: Debits, funds: Funds, first: NDArray[np.int64]) -> NDArray[np.int64]:
    """The accounts that tainted money may be in, whatever the order of transfers: the nearest to the seeds first."""
    found = np.empty(funds.outside.size, np.int64)
    seen = funds.outside.copy()
    size = 0
    for account in first:
        if not seen[account]:
            seen[account] = True
            found[size] = account
            size += 1
    done = 0
    while done < size:
        account = found[done]
        done += 1
        for e in range(debits.indptr[account], debits.indptr[account + 1]):
            peer = debits.peer[e]
            if peer >= 0 and not seen[peer] and debits.kind[debits.edge[e]] == USUAL and debits.amount[e] > 0:
                seen[peer] = True
                found[size] = peer
                size += 1
    return found[:size].copy()


@njit(cache=True, nogil=True)
def _whole(debits: Debits, funds: Funds, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """The fund of every account: what it paid, what repaid an overdraft, and what is left."""
    whole = np.zeros(funds.outside.size, np.int64)
    for account in order:
        total = funds.content[account] + funds.repaid[account]
        for e in range(debits.indptr[account], debits.indptr[account + 1]):
            if debits.kind[debits.edge[e]] != STRUCK:
                total += debits.amount[e]
        whole[account] = total
    return whole


@njit(cache=True, nogil=True)
def _solved(debits: Debits, funds: Funds, order: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much tainted money came into each account, in minor units with their fractions.

    Debits are first laid side by side in the order of their debtors, with the share of the fund that each takes, so
    that a sweep reads them as they lie. A seed's money is tainted already and arrives in full.
    """
    rank = np.full(whole.size, -1, np.int32)
    begin = np.zeros(order.size + 1, np.int64)
    for k in range(order.size):
        rank[order[k]] = k
    size = 0
    for k in range(order.size):
        size += debits.indptr[order[k] + 1] - debits.indptr[order[k]]
    payee, part = np.empty(size, np.int32), np.empty(size, np.float64)
    used = 0
    for k in range(order.size):
        account = order[k]
        for e in range(debits.indptr[account], debits.indptr[account + 1]):
            peer = debits.peer[e]
            if peer >= 0 and rank[peer] >= 0 and debits.amount[e] > 0 and debits.kind[debits.edge[e]] == USUAL:
                payee[used] = rank[peer]
                part[used] = debits.amount[e] / whole[account]
                used += 1
        begin[k + 1] = used
    came, waiting = np.zeros(order.size, np.float64), np.empty(order.size, np.float64)
    for k in range(order.size):
        waiting[k] = funds.seeded[order[k]]
    for _ in range(MOST_SWEEPS):
        passed = False
        for k in range(order.size):
            fresh = waiting[k]
            if fresh <= ENOUGH:
                continue
            passed = True
            waiting[k] = 0.0
            came[k] += fresh
            for e in range(begin[k], begin[k + 1]):
                waiting[payee[e]] += fresh * part[e]
        if not passed:
            break
    found = np.zeros(whole.size, np.float64)
    for k in range(order.size):
        found[order[k]] = came[k] + waiting[k]
    return found


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
    order = _reached(debits, funds, first)
    whole = _whole(debits, funds, order)
    real = _solved(debits, funds, order, whole)
    carried = np.zeros(debits.kind.size, np.int64)
    part = np.zeros(whole.size, np.int64)
    came = funds.seeded.copy()
    lent, left = np.zeros(whole.size, np.int64), np.zeros(whole.size, np.int64)
    # What is still to come from accounts whose turn is later, as it was solved for.
    later = real - funds.seeded
    for account in order:
        found = min(max(came[account] + np.int64(np.floor(max(later[account], 0.0) + 0.5)), 0), whole[account])
        part[account] = found
        if whole[account] == 0:
            continue
        ratio = real[account] / whole[account]
        paid, passed = 0, 0
        for e in range(debits.indptr[account], debits.indptr[account + 1]):
            place, peer = debits.edge[e], debits.peer[e]
            if debits.kind[place] == STRUCK:
                continue
            paid += debits.amount[e]
            so_far = share(found, paid, whole[account])
            carried[place] = so_far - passed
            passed = so_far
            if peer >= 0 and debits.kind[place] == USUAL:
                came[peer] += carried[place]
                later[peer] -= ratio * debits.amount[e]
        repaid = share(found, paid + funds.repaid[account], whole[account])
        lent[account] = repaid - passed
        left[account] = found - repaid
    return Shared(order, carried, part, whole, came, lent, left)
