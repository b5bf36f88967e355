"""Where the money in an account came from, by four legal rules, from the balance back through the ledger.

By FIFO and LIFO each penny has one way back: an account's debits are matched to its credits, and since a transfer's
money arrives in the order in which it left, a part of a balance is a part of a credit, which is a part of the payer's
debit. Rolling pro rata and the end-point rule are linear: what share of an account's money ends in the balance follows
from the shares of those it paid. An account's own transfers alone say what it held before each of its debits, so only
accounts that are reached are read. Oracle: ``tests/oracles/backwards.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

ENOUGH = 1e-6
"""Minor units of the balance that an account may leave unexplained, rather than ask its payers."""

RING_PENCE, RING_SHARE = 0.5, 1e-7
"""How far off the end-point rule may be, in what of the balance came through one transfer of a ring: minor units, or a
share of the balance where that is more."""

UNPASSED = 0.1
"""How much of a penny an account may keep when it is counted how long a penny stays in a ring."""

SOLVING, SEARCHING = (100_000_000, 1_000), (1_000_000, 100)
"""When money that goes round and round is given up, and that is told: after so many steps, and so many more for each
pair of payer and payee. For all accounts together, and for the surroundings of one."""

FIRST_LOTS = 1 << 10

NONE = -1


class Ledger(NamedTuple):
    """Transfers in ledger order, what each account paid and was paid, and what is known of accounts.

    Attributes
    ----------
    debtor, creditor : int32[n]
        -1 where that side is absent.
    amount : int64[n]
        Minor units; zero for what counts as never having happened: a transfer to the payer itself, and two transfers
        of which one took the other back.
    indptr : int64[2 * accounts + 1]
        Of account ``a`` list ``a`` is what it paid, list ``accounts + a`` what it was paid.
    edge : int32[m]
        Ledger places, rising in each list; those from `n` on do not count.
    outside : bool[accounts]
        Accounts whose own ledger is not seen.
    known : bool[accounts]
        Whether the opening balance is known; of outside ones it is not.
    opening : int64[accounts]
        That balance, which may be below zero.
    """

    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    amount: NDArray[np.int64]
    indptr: NDArray[np.int64]
    edge: NDArray[np.int32]
    outside: NDArray[np.bool_]
    known: NDArray[np.bool_]
    opening: NDArray[np.int64]


class Statements(NamedTuple):
    """What the accounts that were read held; of others nothing stands here.

    Attributes
    ----------
    seen : bool[accounts]
        Which were read.
    before : int64[n]
        What the debtor held before its debit, zero or more.
    repaid : int64[n]
        What of the credit repaid the creditor's overdraft.
    left : int64[accounts]
        What is there in the end, zero or more. Of an outside account what it was paid.
    whole : int64[accounts]
        What it paid, what repaid an overdraft, and what is left: all that came in, was there at first, or was lent.
    """

    seen: NDArray[np.bool_]
    before: NDArray[np.int64]
    repaid: NDArray[np.int64]
    left: NDArray[np.int64]
    whole: NDArray[np.int64]


class FoundPence(NamedTuple):
    """Where a balance came from by a rule of order, in minor units.

    Attributes
    ----------
    place : int64[k]
        Ledger places, rising.
    carried : int64[k]
        What of the balance came through this transfer.
    began : int64[k]
        What of the balance was first seen with this transfer: all of it where the payer is not seen, else what the
        payer paid beyond all that it held.
    opening : int64[accounts]
        What of the balance is of an account's opening balance.
    """

    place: NDArray[np.int64]
    carried: NDArray[np.int64]
    began: NDArray[np.int64]
    opening: NDArray[np.int64]


class FoundShares(NamedTuple):
    """As :class:`FoundPence`, by a rule of shares: minor units with their fractions, not rounded.

    Attributes
    ----------
    place : int64[k]
    carried, began : float64[k]
    opening : float64[accounts]
    settled : bool
        Whether the equations were solved. Not where money goes round in rings thousands of times before it leaves.
    """

    place: NDArray[np.int64]
    carried: NDArray[np.float64]
    began: NDArray[np.float64]
    opening: NDArray[np.float64]
    settled: bool


@njit(cache=True, nogil=True)
def unread(transfers: int, accounts: int) -> Statements:
    """Statements of which none was read yet."""
    return Statements(
        np.zeros(accounts, np.bool_),
        np.empty(transfers, np.int64),
        np.empty(transfers, np.int64),
        np.zeros(accounts, np.int64),
        np.zeros(accounts, np.int64),
    )


@njit(cache=True, nogil=True)
def read(ledger: Ledger, statements: Statements, account: int) -> None:
    """Read an account's own transfers, unless that was done: what it held before each debit, what repaid an overdraft.

    Cost: its transfers.
    """
    if statements.seen[account]:
        return
    statements.seen[account] = True
    size, accounts = ledger.amount.size, ledger.outside.size
    out, out_end = ledger.indptr[account], ledger.indptr[account + 1]
    into, into_end = ledger.indptr[accounts + account], ledger.indptr[accounts + account + 1]
    known = ledger.known[account]
    balance = ledger.opening[account] if known else np.int64(0)
    whole = np.int64(0)
    if ledger.outside[account]:
        out = out_end
    while True:
        paid = np.int64(ledger.edge[out]) if out < out_end else size
        came = np.int64(ledger.edge[into]) if into < into_end else size
        if min(paid, came) >= size:
            break
        if came <= paid:
            amount = ledger.amount[came]
            repaid = min(amount, max(0, -balance))
            statements.repaid[came] = repaid
            whole += repaid
            balance += amount
            into += 1
        else:
            amount = ledger.amount[paid]
            statements.before[paid] = max(balance, 0)
            whole += amount
            balance -= amount
            if not known and balance < 0:
                balance = 0
            out += 1
    statements.left[account] = max(balance, 0)
    statements.whole[account] = whole + max(balance, 0)


# First in, first out, and last in, first out


class Pieces(NamedTuple):
    """What each debit of the accounts that were matched took: pieces of credits, in the order in which they left.

    Attributes
    ----------
    matched : bool[accounts]
    start, stop : int64[n]
        A debit's pieces.
    offset : int64[m + accounts]
        How much of the debit lies before the piece.
    source : int64[m + accounts]
        Ledger place of the credit, or -1: the opening balance.
    begin : int64[m + accounts]
        How much of the credit lies before the piece.
    """

    matched: NDArray[np.bool_]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    offset: NDArray[np.int64]
    source: NDArray[np.int64]
    begin: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _match(
    ledger: Ledger, statements: Statements, pieces: Pieces, line: NDArray[np.int64], account: int, newest: bool
) -> tuple[int, int]:
    """Match an account's debits to its credits; returns from where to where in `line` stands what is left.

    A row of `line` is a credit that is not used up: its place (-1: the opening balance), and from where to where of it
    is there, the oldest first. A debit takes from the front, or from the back if `newest`. There are as many pieces as
    transfers and opening balances at most: each debit uses up some credits and breaks one.
    """
    pieces.matched[account] = True
    size, accounts = ledger.amount.size, ledger.outside.size
    out, out_end = ledger.indptr[account], ledger.indptr[account + 1]
    into, into_end = ledger.indptr[accounts + account], ledger.indptr[accounts + account + 1]
    used = out + into - ledger.indptr[accounts] + account
    first, last = 0, 0
    if ledger.known[account] and ledger.opening[account] > 0:
        line[0, 0], line[0, 1], line[0, 2] = NONE, 0, ledger.opening[account]
        last = 1
    while True:
        paid = np.int64(ledger.edge[out]) if out < out_end else size
        came = np.int64(ledger.edge[into]) if into < into_end else size
        if min(paid, came) >= size:
            break
        if came <= paid:
            into += 1
            amount, repaid = ledger.amount[came], statements.repaid[came]
            if amount > repaid:
                line[last, 0] = came
                line[last, 1], line[last, 2] = (0, amount - repaid) if newest else (repaid, amount)
                last += 1
            continue
        out += 1
        taken = min(ledger.amount[paid], statements.before[paid])
        pieces.start[paid] = used
        covered = 0
        while covered < taken:
            at = last - 1 if newest else first
            length = min(line[at, 2] - line[at, 1], taken - covered)
            pieces.source[used] = line[at, 0]
            covered += length
            if newest:
                line[at, 2] -= length
                pieces.begin[used] = line[at, 2]
                pieces.offset[used] = taken - covered
                last -= line[at, 1] == line[at, 2]
            else:
                pieces.begin[used] = line[at, 1]
                pieces.offset[used] = covered - length
                line[at, 1] += length
                first += line[at, 1] == line[at, 2]
            used += 1
        pieces.stop[paid] = used
        if newest:
            _turn(pieces, pieces.start[paid], used)
    return first, last


@njit(cache=True, nogil=True)
def _turn(pieces: Pieces, start: int, stop: int) -> None:
    """Put pieces that were taken from the back in the order in which they lay."""
    for values in (pieces.offset, pieces.source, pieces.begin):
        low, high = start, stop - 1
        while low < high:
            values[low], values[high] = values[high], values[low]
            low += 1
            high -= 1


class Lots(NamedTuple):
    """Parts of transfers that are still to be followed back, a chain for each transfer.

    Attributes
    ----------
    waits : bool[n]
        Which transfers have any.
    head : int64[n]
        The first lot of those.
    lot : int64[k, 3]
        From where to where in the transfer, and the next lot (-1: none), of the same transfer or of those not in use.
    counts : int64[2]
        First lot of those that were used and are free again; how many were ever used.
    """

    waits: NDArray[np.bool_]
    head: NDArray[np.int64]
    lot: NDArray[np.int64]
    counts: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _add(lots: Lots, place: int, begin: int, end: int) -> None:
    """Note that a part of a transfer is to be followed back; the caller has made sure of the room."""
    lot, counts = lots.lot, lots.counts
    after = np.int64(NONE)
    if lots.waits[place]:
        after = lots.head[place]
        if lot[after, 1] == begin:
            lot[after, 1] = end
            return
        if lot[after, 0] == end:
            lot[after, 0] = begin
            return
    made = counts[0]
    if made == NONE:
        made = counts[1]
        counts[1] += 1
    else:
        counts[0] = lot[made, 2]
    lot[made, 0], lot[made, 1], lot[made, 2] = begin, end, after
    lots.waits[place] = True
    lots.head[place] = made


@njit(cache=True, nogil=True)
def _with_room(lots: Lots, more: int) -> Lots:
    """The same lots, with room for so many more."""
    if lots.counts[1] + more <= len(lots.lot):
        return lots
    larger = np.empty((2 * (lots.counts[1] + more), 3), np.int64)
    larger[: lots.counts[1]] = lots.lot[: lots.counts[1]]
    return Lots(lots.waits, lots.head, larger, lots.counts)


@njit(cache=True, nogil=True)
def _divide(pieces: Pieces, lots: Lots, place: int, part: tuple[int, int]) -> int:
    """Follow a part of a debit, all of it matched, to the credits it is made of; returns what was there at first."""
    low, high = pieces.start[place], pieces.stop[place]
    begin, end = part
    while high - low > 1:
        middle = (low + high) // 2
        if pieces.offset[middle] <= begin:
            low = middle
        else:
            high = middle
    opening = 0
    while begin < end:
        limit = end
        if low + 1 < pieces.stop[place]:
            limit = min(end, pieces.offset[low + 1])
        if pieces.source[low] == NONE:
            opening += limit - begin
        else:
            shift = pieces.begin[low] - pieces.offset[low]
            _add(lots, pieces.source[low], begin + shift, limit + shift)
        begin = limit
        low += 1
    return opening


@njit(cache=True, nogil=True)
def in_order(ledger: Ledger, statements: Statements, account: int, newest: bool) -> FoundPence:
    """Where the money in an account came from, by FIFO or LIFO; exact.

    Parameters
    ----------
    ledger : Ledger
    statements : Statements
        More may stand in them afterwards.
    account : int
    newest : bool
        Whether a debit takes the money that came last, rather than first.

    Returns
    -------
    FoundPence

    Notes
    -----
    Cost: the transfers of accounts that are reached, the parts into which the balance falls on the way, each with a
    search among a debit's pieces, and a look at a byte of every transfer.
    """
    size, accounts = ledger.amount.size, ledger.outside.size
    longest = 0
    for one in range(accounts, 2 * accounts):
        longest = max(longest, ledger.indptr[one + 1] - ledger.indptr[one])
    line = np.empty((longest + 1, 3), np.int64)
    room = ledger.edge.size + accounts
    pieces = Pieces(
        np.zeros(accounts, np.bool_),
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(room, np.int64),
        np.empty(room, np.int64),
        np.empty(room, np.int64),
    )
    lots = Lots(
        np.zeros(size, np.bool_),
        np.empty(size, np.int64),
        np.empty((FIRST_LOTS, 3), np.int64),
        np.array([NONE, 0], np.int64),
    )
    opening = np.zeros(accounts, np.int64)
    read(ledger, statements, account)
    if ledger.outside[account]:
        start, stop = ledger.indptr[accounts + account], ledger.indptr[accounts + account + 1]
        lots = _with_room(lots, stop - start)
        for e in range(start, stop):
            credit = ledger.edge[e]
            if credit < size and ledger.amount[credit] > 0:
                _add(lots, credit, 0, ledger.amount[credit])
    else:
        first, last = _match(ledger, statements, pieces, line, account, newest)
        lots = _with_room(lots, last - first)
        for at in range(first, last):
            if line[at, 0] == NONE:
                opening[account] += line[at, 2] - line[at, 1]
            else:
                _add(lots, line[at, 0], line[at, 1], line[at, 2])
    places, carried, began = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    found = size
    for place in range(size - 1, -1, -1):
        if not lots.waits[place]:
            continue
        found -= 1
        places[found], carried[found], began[found] = place, 0, 0
        debtor = ledger.debtor[place]
        hidden = debtor < 0 or ledger.outside[debtor]
        if not hidden and not pieces.matched[debtor]:
            read(ledger, statements, debtor)
            _match(ledger, statements, pieces, line, debtor, newest)
        taken = np.int64(0) if hidden else min(ledger.amount[place], statements.before[place])
        one = lots.head[place]
        while one != NONE:
            begin, end, after = lots.lot[one, 0], lots.lot[one, 1], lots.lot[one, 2]
            lots.lot[one, 2] = lots.counts[0]
            lots.counts[0] = one
            one = after
            carried[found] += end - begin
            began[found] += max(0, end - max(begin, taken))
            if begin < taken:
                lots = _with_room(lots, pieces.stop[place] - pieces.start[place])
                opening[debtor] += _divide(pieces, lots, place, (begin, min(end, taken)))
    return FoundPence(places[found:].copy(), carried[found:].copy(), began[found:].copy(), opening)


# Rolling pro rata


@njit(cache=True, nogil=True)
def haircut(ledger: Ledger, statements: Statements, account: int) -> FoundShares:
    """Where the money in an account came from, by rolling pro rata.

    Parameters
    ----------
    ledger : Ledger
    statements : Statements
        More may stand in them afterwards.
    account : int

    Returns
    -------
    FoundShares

    Notes
    -----
    From the last transfer to the first it is kept what share of each account's money of that time ends in the balance.
    Cost: one pass, and the transfers of accounts that are reached.
    """
    size, accounts = ledger.amount.size, ledger.outside.size
    ends = np.zeros(accounts, np.float64)
    ends[account] = 1.0
    read(ledger, statements, account)
    places, carried, began = np.empty(size, np.int64), np.empty(size, np.float64), np.empty(size, np.float64)
    found = size
    for place in range(size - 1, -1, -1):
        amount, debtor, creditor = ledger.amount[place], ledger.debtor[place], ledger.creditor[place]
        hidden = debtor < 0 or ledger.outside[debtor]
        later = 0.0 if hidden else ends[debtor]
        arrived = 0.0 if creditor < 0 else ends[creditor]
        if amount == 0 or (later == 0.0 and arrived == 0.0):
            continue
        if arrived > 0.0:
            arrived *= (amount - statements.repaid[place]) / amount
            found -= 1
            places[found], carried[found], began[found] = place, amount * arrived, 0.0
        if hidden:
            began[found] = carried[found]
            continue
        read(ledger, statements, debtor)
        before = statements.before[place]
        if amount >= before:
            ends[debtor] = arrived
            if arrived > 0.0:
                began[found] = (amount - before) * arrived
        else:
            ends[debtor] = later + (arrived - later) * (amount / before)
    opening = np.zeros(accounts, np.float64)
    for one in range(accounts):
        if ends[one] > 0.0 and ledger.known[one]:
            opening[one] = max(ledger.opening[one], 0) * ends[one]
    return FoundShares(places[found:].copy(), carried[found:].copy(), began[found:].copy(), opening, True)


# The end-point rule


class Payers(NamedTuple):
    """Who pays whom among the accounts from which money can reach the balance, by their numbers in `order`.

    Attributes
    ----------
    order : int64[j]
        The accounts, the nearest to the balance first.
    rank : int32[accounts]
        Each account's place in it, -1 for others.
    begin : int64[j + 1]
        The payers of each.
    payer : int32[k]
        Each once.
    part : float64[k]
        The share of the payer's fund that it paid there.
    """

    order: NDArray[np.int64]
    rank: NDArray[np.int32]
    begin: NDArray[np.int64]
    payer: NDArray[np.int32]
    part: NDArray[np.float64]


@njit(cache=True, nogil=True)
def _payers(ledger: Ledger, statements: Statements, account: int) -> Payers:
    """The accounts from which money can reach an account, whatever the order of transfers; they are read."""
    size, accounts = ledger.amount.size, ledger.outside.size
    rank = np.full(accounts, -1, np.int32)
    order = np.empty(accounts, np.int64)
    order[0] = account
    rank[account] = 0
    reached, k, room = 1, 0, 0
    while k < reached:
        one = order[k]
        k += 1
        for e in range(ledger.indptr[accounts + one], ledger.indptr[accounts + one + 1]):
            place = ledger.edge[e]
            if place >= size:
                break
            debtor = ledger.debtor[place]
            if debtor < 0 or ledger.outside[debtor] or ledger.amount[place] == 0:
                continue
            room += 1
            if rank[debtor] < 0:
                rank[debtor] = reached
                order[reached] = debtor
                reached += 1
    begin, entry = np.zeros(reached + 1, np.int64), np.full(reached, -1, np.int64)
    payer, part = np.empty(room, np.int32), np.empty(room, np.float64)
    used = 0
    for k in range(reached):
        read(ledger, statements, order[k])
    for k in range(reached):
        one = order[k]
        for e in range(ledger.indptr[accounts + one], ledger.indptr[accounts + one + 1]):
            place = ledger.edge[e]
            if place >= size:
                break
            debtor = ledger.debtor[place]
            if debtor < 0 or ledger.outside[debtor] or ledger.amount[place] == 0:
                continue
            if entry[rank[debtor]] < begin[k]:
                entry[rank[debtor]] = used
                payer[used] = rank[debtor]
                part[used] = 0.0
                used += 1
            part[entry[rank[debtor]]] += ledger.amount[place] / statements.whole[debtor]
        begin[k + 1] = used
    return Payers(order[:reached].copy(), rank, begin, payer[:used].copy(), part[:used].copy())


@njit(cache=True, nogil=True)
def _ends(payers: Payers, whole: NDArray[np.int64], share: float) -> tuple[NDArray[np.float64], bool]:
    """The share of each fund that ends in the balance, which is `share` of the first one; and whether it is solved."""
    size = payers.order.size
    found, waiting = np.zeros(size, np.float64), np.zeros(size, np.float64)
    waiting[0] = share
    passed, steps = True, SOLVING[0] + SOLVING[1] * payers.payer.size
    while passed and steps > 0:
        passed = False
        steps -= size
        for k in range(size):
            fresh = waiting[k]
            if fresh * whole[payers.order[k]] <= ENOUGH:
                continue
            passed = True
            waiting[k] = 0.0
            found[k] += fresh
            steps -= payers.begin[k + 1] - payers.begin[k]
            for e in range(payers.begin[k], payers.begin[k + 1]):
                waiting[payers.payer[e]] += fresh * payers.part[e]
    return found + waiting, not passed


@njit(cache=True, nogil=True)
def _rings(payers: Payers) -> NDArray[np.int32]:
    """A number for each set of accounts that all can reach each other (Tarjan), int32[j]; -1 where it is one alone."""
    size = payers.order.size
    ring, depth, low = np.full(size, -1, np.int32), np.zeros(size, np.int32), np.zeros(size, np.int32)
    stack, path = np.empty(size, np.int32), np.empty(size, np.int32)
    at = payers.begin[:size].copy()
    closed = np.zeros(size, np.bool_)
    # All of them can be come to from the first, so that one start is enough.
    held, deep, seen, rings = 1, 1, 1, 0
    stack[0] = path[0] = 0
    depth[0] = low[0] = 1
    while deep:
        k = path[deep - 1]
        if at[k] < payers.begin[k + 1]:
            other = payers.payer[at[k]]
            at[k] += 1
            if depth[other] == 0:
                seen += 1
                depth[other] = low[other] = seen
                stack[held] = path[deep] = other
                held += 1
                deep += 1
            elif not closed[other]:
                low[k] = min(low[k], depth[other])
            continue
        deep -= 1
        if deep:
            low[path[deep - 1]] = min(low[path[deep - 1]], low[k])
        if low[k] == depth[k]:
            alone = stack[held - 1] == k
            while True:
                held -= 1
                closed[stack[held]] = True
                ring[stack[held]] = -1 if alone else rings
                if stack[held] == k:
                    break
            rings += not alone
    return ring


@njit(cache=True, nogil=True)
def _stays(payers: Payers, ring: NDArray[np.int32]) -> tuple[NDArray[np.float64], bool]:
    """For every ring, at least the most funds that a penny in it still passes there; and whether that was found."""
    size = payers.order.size
    found, waiting = np.zeros(size, np.float64), np.ones(size, np.float64)
    passed, steps = True, SOLVING[0] + SOLVING[1] * payers.payer.size
    while passed and steps > 0:
        passed = False
        steps -= size
        for k in range(size):
            fresh = waiting[k]
            if ring[k] < 0 or fresh <= UNPASSED:
                continue
            passed = True
            waiting[k] = 0.0
            found[k] += fresh
            steps -= payers.begin[k + 1] - payers.begin[k]
            for e in range(payers.begin[k], payers.begin[k + 1]):
                if ring[payers.payer[e]] == ring[k]:
                    waiting[payers.payer[e]] += fresh * payers.part[e]
    # What was not passed on is so much everywhere at most: it stays for that share of the longest stay.
    longest = np.zeros(ring.max() + 1, np.float64)
    for k in range(size):
        if ring[k] >= 0:
            longest[ring[k]] = max(longest[ring[k]], found[k] / (1.0 - UNPASSED))
    return longest, not passed


class Visits(NamedTuple):
    """How often a penny that is in an account comes into another one, by expectation; and what that is found with.

    Attributes
    ----------
    found : float64[j]
    waiting : float64[j]
    queue : int32[j]
    queued : bool[j]
    touched : int32[j]
        The accounts in which anything stands.
    counts : int64[1]
        How many those are.
    """

    found: NDArray[np.float64]
    waiting: NDArray[np.float64]
    queue: NDArray[np.int32]
    queued: NDArray[np.bool_]
    touched: NDArray[np.int32]
    counts: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _visit(payers: Payers, ring: NDArray[np.int32], visits: Visits, to: int, enough: float) -> bool:
    """How often a penny in an account of a ring comes to `to`, too low by `enough` of the ring's stay at most.

    Returns whether it was found.
    """
    found, waiting, queue, queued = visits.found, visits.waiting, visits.queue, visits.queued
    for k in visits.touched[: visits.counts[0]]:
        found[k] = waiting[k] = 0.0
    touched, first, size = 0, 0, 0
    steps = SEARCHING[0] + SEARCHING[1] * payers.payer.size
    if enough < 1.0:
        visits.touched[0] = queue[0] = to
        waiting[to] = 1.0
        queued[to] = True
        touched, size = 1, 1
        while size and steps > 0:
            k = queue[first]
            first = (first + 1) % queue.size
            size -= 1
            queued[k] = False
            fresh = waiting[k]
            waiting[k] = 0.0
            found[k] += fresh
            steps -= payers.begin[k + 1] - payers.begin[k]
            for e in range(payers.begin[k], payers.begin[k + 1]):
                other = payers.payer[e]
                if ring[other] != ring[k]:
                    continue
                if found[other] == 0.0 and waiting[other] == 0.0:
                    visits.touched[touched] = other
                    touched += 1
                waiting[other] += fresh * payers.part[e]
                if waiting[other] > enough and not queued[other]:
                    queued[other] = True
                    queue[(first + size) % queue.size] = other
                    size += 1
    visits.counts[0] = touched
    for at in range(size):
        queued[queue[(first + at) % queue.size]] = False
    return size == 0


@njit(cache=True, nogil=True)
def end_point(ledger: Ledger, statements: Statements, account: int) -> FoundShares:
    """Where the money in an account came from, by the end-point rule.

    Parameters
    ----------
    ledger : Ledger
    statements : Statements
        More may stand in them afterwards.
    account : int

    Returns
    -------
    FoundShares
        What came through a transfer counts once, also where accounts pay one another in rings and money may have
        come through it more than once.

    Notes
    -----
    Of what a transfer brought to its creditor, the share of the creditor's fund is in the balance; of that, once round
    the ring and through the transfer again is told apart by how often a penny of the creditor's comes to the debtor.
    Cost: a sweep over the credits of those accounts for each round that rings ask for, and for each account of a ring
    through which much of the balance came a search of its surroundings, the wider the more came.
    """
    size, accounts = ledger.amount.size, ledger.outside.size
    payers = _payers(ledger, statements, account)
    carried, began = np.zeros(size, np.float64), np.zeros(size, np.float64)
    opening = np.zeros(accounts, np.float64)
    balance, whole = statements.left[account], statements.whole
    settled = True
    if balance > 0:
        ends, solved = _ends(payers, whole, balance / whole[account])
        ring = _rings(payers)
        stays, bounded = _stays(payers, ring)
        settled = solved and bounded
        reached = payers.order.size
        visits = Visits(
            np.zeros(reached, np.float64),
            np.zeros(reached, np.float64),
            np.empty(reached, np.int32),
            np.zeros(reached, np.bool_),
            np.empty(reached, np.int32),
            np.zeros(1, np.int64),
        )
        allowed = max(RING_PENCE, RING_SHARE * balance)
        for k in range(reached):
            _credits(ledger, payers, ends, (carried, began), k)
            if not ledger.outside[payers.order[k]]:
                _debits(ledger, statements, payers, (ends, began), k)
                settled &= _through(ledger, payers, (ring, stays, whole), (ends, carried), visits, (k, allowed))
                if ledger.known[payers.order[k]]:
                    opening[payers.order[k]] = max(ledger.opening[payers.order[k]], 0) * ends[k]
    places = np.flatnonzero((carried > 0.0) | (began > 0.0))
    # What was not solved for may tell too much of what came through a transfer; it is never more than the balance.
    return FoundShares(places, np.minimum(carried[places], balance), began[places], opening, settled)


@njit(cache=True, nogil=True)
def _credits(
    ledger: Ledger,
    payers: Payers,
    ends: NDArray[np.float64],
    found: tuple[NDArray[np.float64], NDArray[np.float64]],
    k: int,
) -> None:
    """What of the balance came to an account from payers that are not seen."""
    carried, began = found
    own = ledger.outside.size + payers.order[k]
    for e in range(ledger.indptr[own], ledger.indptr[own + 1]):
        place = ledger.edge[e]
        if place >= ledger.amount.size:
            break
        debtor = ledger.debtor[place]
        if debtor < 0 or ledger.outside[debtor]:
            carried[place] = began[place] = ledger.amount[place] * ends[k]


@njit(cache=True, nogil=True)
def _debits(
    ledger: Ledger,
    statements: Statements,
    payers: Payers,
    found: tuple[NDArray[np.float64], NDArray[np.float64]],
    k: int,
) -> None:
    """What of the balance an account paid into its fund out of money that nobody saw come."""
    ends, began = found
    own = payers.order[k]
    for e in range(ledger.indptr[own], ledger.indptr[own + 1]):
        place = ledger.edge[e]
        if place >= ledger.amount.size:
            break
        began[place] = max(0, ledger.amount[place] - statements.before[place]) * ends[k]


@njit(cache=True, nogil=True)
def _through(
    ledger: Ledger,
    payers: Payers,
    known: tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int64]],
    found: tuple[NDArray[np.float64], NDArray[np.float64]],
    visits: Visits,
    task: tuple[int, float],
) -> bool:
    """What of the balance came through an account's transfers to others from which money can reach it.

    `known` are the rings, how long a penny stays in each, and the funds; `task` is the account, and how far off what
    came through a transfer of a ring may be, in minor units. Returns whether it could be told.
    """
    ring, stays, whole = known
    ends, carried = found
    k, allowed = task
    own = payers.order[k]
    most = 0.0
    for e in range(ledger.indptr[own], ledger.indptr[own + 1]):
        place = ledger.edge[e]
        if place >= ledger.amount.size:
            break
        creditor, amount = ledger.creditor[place], ledger.amount[place]
        if creditor < 0 or payers.rank[creditor] < 0 or amount == 0:
            continue
        other = payers.rank[creditor]
        carried[place] = amount * ends[other]
        if ring[k] >= 0 and ring[other] == ring[k]:
            most = max(most, carried[place] * (amount / whole[own]))
    if most == 0.0:
        return True
    told = _visit(payers, ring, visits, k, allowed / (most * stays[ring[k]]))
    for e in range(ledger.indptr[own], ledger.indptr[own + 1]):
        place = ledger.edge[e]
        if place >= ledger.amount.size:
            break
        creditor = ledger.creditor[place]
        if creditor >= 0 and payers.rank[creditor] >= 0 and ring[payers.rank[creditor]] == ring[k]:
            again = ledger.amount[place] / whole[own] * visits.found[payers.rank[creditor]]
            carried[place] /= 1.0 + again
    return told
