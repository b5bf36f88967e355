"""Where tainted money went, by five legal rules in one pass through the ledger.

Every penny has one of three labels: *tainted* (it came by a seed), *unknown* (nobody saw it come: what an account held
before the data begin, or what a debit took beyond all that was seen to come in) and *clean* (any other credit). A rule
says which pennies a debit takes: the first in (FIFO), the last in (LIFO), an equal share of all (haircut), clean ones
before tainted ones (clean first), tainted ones before others (tainted first). Oracle: ``tests/oracles/tracing.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from moneytrail.prefetch import prefetch

CLEAN, UNKNOWN, TAINTED = 0, 1, 2

FIFO, LIFO, HAIRCUT, CLEAN_FIRST, TAINTED_FIRST = 0, 1, 2, 3, 4
RULES = 5

# Columns of Book.account. The last four are slices: the oldest and the newest by FIFO, the same by LIFO.
BALANCE, FIRST_UNKNOWN, LAST_UNKNOWN, MARKS, LISTS = 0, 1, 2, 3, 4
OLDEST, NEWEST = 0, 1

# Bits of Book.account[:, MARKS].
TOUCHED, OUTSIDE, OPENED = 1, 2, 4

# Columns of Book.label, behind the tainted and the unknown money by each rule from HAIRCUT on.
SINCE, REPAID = 6, 7

# Columns of Book.slices.
AMOUNT, LABEL, BEFORE, AFTER = 0, 1, 2, 3

# Places in Book.counts.
FREE, FRESH, LIVE, MOST, SEED_AT, ORIGINAL_AT, REVERSAL_AT, RECORDED = 0, 1, 2, 3, 4, 5, 6, 7
COUNTS = 8

# Columns of Book.sums.
SEEDED, WITHDRAWN, DROPPED, CASH_TAINTED, CASH_UNKNOWN, REPAID_TAINTED, REPAID_UNKNOWN = 0, 1, 2, 3, 4, 5, 6
SUMS = 7

AHEAD = 16
"""Transfers ahead for whose slices the memory is asked; for their accounts it is asked as many earlier."""

ROOM = 64
"""Slices that one transfer may make at most, beside those that a reversal gives back."""


class Ledger(NamedTuple):
    """Transfers in ledger order.

    Attributes
    ----------
    debtor, creditor : int32[n]
        -1 where that side is absent.
    amount : int64[n]
        Minor units, zero or more.
    """

    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    amount: NDArray[np.int64]


class Given(NamedTuple):
    """What is known of single transfers, and what is asked.

    Attributes
    ----------
    seeds : int64[s]
        Ledger places, rising: all that these transfers bring is tainted.
    original : int64[r]
        Ledger places, rising, of transfers that a later one takes back.
    reversal : int64[r]
        Ledger places, rising, of those later ones: the same accounts the other way round, and the same amount.
    which : int64[r]
        Which of `original` each of them takes back.
    wanted : bool[5]
        Which rules.
    floor : int
        A transfer's tainted part that is smaller counts as clean from there on; the sum of such parts is kept.
    """

    seeds: NDArray[np.int64]
    original: NDArray[np.int64]
    reversal: NDArray[np.int64]
    which: NDArray[np.int64]
    wanted: NDArray[np.bool_]
    floor: int


class Pool(NamedTuple):
    """The slices of all accounts.

    Attributes
    ----------
    slices : int64[m, 4]
        Amount, label, the older and the newer slice.
    counts : int64[8]
        First free slice, first that was never used, slices in use, most that were; next seed, next transfer that will
        be taken back, next reversal; records.
    """

    slices: NDArray[np.int64]
    counts: NDArray[np.int64]


class Book(NamedTuple):
    """What is known so far: it passes from one part of the ledger to the next.

    Attributes
    ----------
    account : int64[accounts, 8]
        Balance (below zero: overdrawn; only where the opening balance is known); what is left of the opening balance
        when it is spent first, and when it is spent last; marks: touched, outside the data, opening balance known;
        oldest and newest slice by FIFO and by LIFO, -1 where all money is clean. An outside account has no slices: there
        stand tainted and unknown money that it was paid, by FIFO and by LIFO.
    label : int64[accounts, 8]
        Tainted and unknown money by each of the rules that keep no order; of an outside account what it was paid. Then
        the ledger place at which tainted money first came, -1 if it did not, and what repaid an overdraft since.
    pool : Pool
    sums : int64[5, 7]
        By rule: made tainted by seeds, withdrawn with a seed that was taken back, dropped below the floor, out as cash,
        gone into an overdraft.
    record_at : int64[k]
        Ledger places of transfers with tainted or unknown money in them. Without room none are kept.
    record : int64[k, 10]
        Tainted and unknown money in each by each rule.
    kept : int64[r, 5, 6]
        Of each transfer that will be taken back, by rule: its tainted and unknown money before it, and after it; its
        oldest and newest slice before it.
    """

    account: NDArray[np.int64]
    label: NDArray[np.int64]
    pool: Pool
    sums: NDArray[np.int64]
    record_at: NDArray[np.int64]
    record: NDArray[np.int64]
    kept: NDArray[np.int64]


# Slices


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _slice(pool: Pool, label: int, amount: int) -> int:
    """A new slice; the caller has made sure of the room."""
    counts, slices = pool.counts, pool.slices
    made = counts[FREE]
    if made >= 0:
        counts[FREE] = slices[made, AFTER]
    else:
        made = counts[FRESH]
        counts[FRESH] += 1
    counts[LIVE] += 1
    counts[MOST] = max(counts[MOST], counts[LIVE])
    pool.slices[made, AMOUNT] = amount
    pool.slices[made, LABEL] = label
    slices[made, BEFORE] = -1
    slices[made, AFTER] = -1
    return made


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _free(pool: Pool, one: int) -> None:
    pool.slices[one, AFTER] = pool.counts[FREE]
    pool.counts[FREE] = one
    pool.counts[LIVE] -= 1


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _free_all(pool: Pool, oldest: int) -> None:
    while oldest >= 0:
        newer = pool.slices[oldest, AFTER]
        _free(pool, oldest)
        oldest = newer


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _join(pool: Pool, older: int, newer: int) -> None:
    if older >= 0:
        pool.slices[older, AFTER] = newer
    if newer >= 0:
        pool.slices[newer, BEFORE] = older


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _cut_oldest(pool: Pool, own: tuple[int, int], amount: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Cut off the oldest slices of `own` that come to `amount`, which is above zero and no more than there is.

    Returns what was cut off and what is left, each (oldest, newest) in order.
    """
    slices = pool.slices
    first, newest = own
    last, at = -1, first
    while amount > 0 and slices[at, AMOUNT] <= amount:
        amount -= slices[at, AMOUNT]
        last = at
        at = slices[at, AFTER]
    if amount > 0:
        slices[at, AMOUNT] -= amount
        part = _slice(pool, pool.slices[at, LABEL], amount)
        _join(pool, last, part)
        first = part if last < 0 else first
        last = part
    slices[last, AFTER] = -1
    if at >= 0:
        slices[at, BEFORE] = -1
    return (first, last), (at, newest if at >= 0 else -1)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _cut_newest(pool: Pool, own: tuple[int, int], amount: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """As :func:`_cut_oldest`, of the newest slices; what was cut off keeps its order."""
    slices = pool.slices
    oldest, last = own
    first, at = -1, last
    while amount > 0 and slices[at, AMOUNT] <= amount:
        amount -= slices[at, AMOUNT]
        first = at
        at = slices[at, BEFORE]
    if amount > 0:
        slices[at, AMOUNT] -= amount
        part = _slice(pool, pool.slices[at, LABEL], amount)
        _join(pool, part, first)
        last = part if first < 0 else last
        first = part
    slices[first, BEFORE] = -1
    if at >= 0:
        slices[at, AFTER] = -1
    return (first, last), (oldest if at >= 0 else -1, at)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _after(pool: Pool, own: tuple[int, int], more: tuple[int, int]) -> tuple[int, int]:
    """The slices of `more` behind those of `own`; neighbours of one label become one slice."""
    if own[OLDEST] < 0:
        return more
    if more[OLDEST] < 0:
        return own
    older, newer = own[NEWEST], more[OLDEST]
    if pool.slices[older, LABEL] != pool.slices[newer, LABEL]:
        _join(pool, older, newer)
        return own[OLDEST], more[NEWEST]
    pool.slices[older, AMOUNT] += pool.slices[newer, AMOUNT]
    following = pool.slices[newer, AFTER]
    _free(pool, newer)
    _join(pool, older, following)
    if following < 0:
        return own[OLDEST], older
    return own[OLDEST], more[NEWEST]


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _copy(pool: Pool, oldest: int) -> tuple[int, int]:
    first, last = -1, -1
    while oldest >= 0:
        made = _slice(pool, pool.slices[oldest, LABEL], pool.slices[oldest, AMOUNT])
        _join(pool, last, made)
        first = made if first < 0 else first
        last = made
        oldest = pool.slices[oldest, AFTER]
    return first, last


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _soiled(pool: Pool, oldest: int) -> tuple[int, int]:
    """The tainted and the unknown money in a chain of slices."""
    tainted, unknown = 0, 0
    while oldest >= 0:
        label = pool.slices[oldest, LABEL]
        if label == TAINTED:
            tainted += pool.slices[oldest, AMOUNT]
        elif label == UNKNOWN:
            unknown += pool.slices[oldest, AMOUNT]
        oldest = pool.slices[oldest, AFTER]
    return tainted, unknown


# Shares


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def share(part: int, taken: int, whole: int) -> int:
    """``part * taken / whole`` to the nearest whole number, halves up; exact for any int64.

    Parameters
    ----------
    part, taken : int
        From zero to `whole`.
    whole : int
        Above zero.
    """
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


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _part(rule: int, tainted: int, unknown: int, content: int, taken: int) -> tuple[int, int]:
    """The tainted and unknown money in `taken` of an account's `content`, by a rule that keeps no order."""
    if rule == HAIRCUT:
        out = share(tainted, taken, content)
        return out, share(tainted + unknown, taken, content) - out
    if rule == CLEAN_FIRST:
        rest = max(0, taken - (content - tainted - unknown))
        second = min(rest, unknown)
        return rest - second, second
    first = min(taken, tainted)
    return first, min(taken - first, unknown)


# Accounts


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _own(book: Book, rule: int, account: int, content: int) -> tuple[int, int]:
    """An account's slices; where all its money is clean they are not kept, and one is made."""
    oldest = book.account[account, LISTS + 2 * rule + OLDEST]
    if oldest < 0 and content > 0:
        oldest = _slice(book.pool, CLEAN, content)
        return oldest, oldest
    return oldest, book.account[account, LISTS + 2 * rule + NEWEST]


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _keep(book: Book, rule: int, account: int, own: tuple[int, int]) -> None:
    if own[OLDEST] >= 0 and own[OLDEST] == own[NEWEST] and book.pool.slices[own[OLDEST], LABEL] == CLEAN:
        _free(book.pool, own[OLDEST])
        own = (-1, -1)
    book.account[account, LISTS + 2 * rule + OLDEST] = own[OLDEST]
    book.account[account, LISTS + 2 * rule + NEWEST] = own[NEWEST]


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def held(book: Book, rule: int, account: int) -> tuple[int, int]:
    """An account's tainted and unknown money by a rule; of an outside account what it was paid."""
    if rule >= HAIRCUT:
        place = 2 * (rule - HAIRCUT)
        return book.label[account, place], book.label[account, place + 1]
    place = LISTS + 2 * rule
    if book.account[account, MARKS] & OUTSIDE:
        return book.account[account, place], book.account[account, place + 1]
    return _soiled(book.pool, book.account[account, place + OLDEST])


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _add(book: Book, rule: int, account: int, tainted: int, unknown: int) -> None:
    """Add to an account's tainted and unknown money by a rule, where these are kept as sums."""
    if rule >= HAIRCUT:
        place = 2 * (rule - HAIRCUT)
        book.label[account, place] += tainted
        book.label[account, place + 1] += unknown
    elif book.account[account, MARKS] & OUTSIDE:
        place = LISTS + 2 * rule
        book.account[account, place] += tainted
        book.account[account, place + 1] += unknown


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _touch(book: Book, given: Given, account: int, place: int) -> None:
    """Tainted money comes for the first time: from here on the account's money is followed by its labels."""
    own = book.account[account]
    own[MARKS] |= TOUCHED
    label = book.label[account]
    label[SINCE] = place
    label[2 * (CLEAN_FIRST - HAIRCUT) + 1] = own[LAST_UNKNOWN]
    label[2 * (TAINTED_FIRST - HAIRCUT) + 1] = own[FIRST_UNKNOWN]
    content = max(own[BALANCE], 0)
    for rule in range(HAIRCUT):
        unknown = own[FIRST_UNKNOWN] if rule == FIFO else own[LAST_UNKNOWN]
        if unknown > 0 and given.wanted[rule]:
            first = _slice(book.pool, UNKNOWN, unknown)
            last = first
            if content > unknown:
                last = _slice(book.pool, CLEAN, content - unknown)
                _join(book.pool, first, last)
            own[LISTS + 2 * rule + OLDEST] = first
            own[LISTS + 2 * rule + NEWEST] = last


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _pay(book: Book, account: int, amount: int, reversal: bool) -> None:
    """Take a debit off the balance; what an untouched account still holds of its opening balance shrinks with it.

    What takes an earlier transfer back takes that transfer's money: of the opening balance only what it must.
    """
    own = book.account[account]
    before = own[BALANCE]
    own[BALANCE] -= amount
    if own[BALANCE] < 0 and not own[MARKS] & OPENED:
        own[BALANCE] = 0
    if own[MARKS] & TOUCHED or own[LAST_UNKNOWN] == 0:
        return
    unknown = book.label[account, 1]
    if reversal:
        unknown = min(unknown, max(0, own[BALANCE]))
        own[FIRST_UNKNOWN] = min(own[FIRST_UNKNOWN], max(0, own[BALANCE]))
    else:
        unknown -= share(unknown, min(amount, before), before)
        own[FIRST_UNKNOWN] = max(0, own[FIRST_UNKNOWN] - amount)
    own[LAST_UNKNOWN] = min(own[LAST_UNKNOWN], max(0, own[BALANCE]))
    if own[LAST_UNKNOWN] == 0:
        unknown = own[FIRST_UNKNOWN] = 0
    book.label[account, 1] = unknown


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _leave(
    book: Book, rule: int, account: int, amounts: tuple[int, int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """What a touched account pays by a rule: slices (where the rule keeps order), and tainted and unknown money.

    `amounts` are the account's content, what is taken of it, and what is paid beyond it, which is unknown money.
    """
    content, taken, lent = amounts
    if rule >= HAIRCUT:
        tainted, unknown = held(book, rule, account)
        tainted, unknown = _part(rule, tainted, unknown, content, taken)
        _add(book, rule, account, -tainted, -unknown)
        return (-1, -1), (tainted, unknown + lent)
    chain = (-1, -1)
    if taken > 0:
        own = _own(book, rule, account, content)
        chain, own = _cut_oldest(book.pool, own, taken) if rule == FIFO else _cut_newest(book.pool, own, taken)
        _keep(book, rule, account, own)
    tainted, unknown = _soiled(book.pool, chain[OLDEST])
    if lent > 0:
        one = _slice(book.pool, UNKNOWN, lent)
        chain = _after(book.pool, chain, (one, one))
    return chain, (tainted, unknown + lent)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _arrive(
    book: Book, rule: int, account: int, amounts: tuple[int, int], chain: tuple[int, int], soiled: tuple[int, int]
) -> None:
    """Put what came into a touched account, behind what is there; an overdraft is repaid out of it at once.

    `amounts` are the balance before, and what came.
    """
    balance, amount = amounts
    repaid = min(amount, max(0, -balance))
    if rule >= HAIRCUT:
        _add(book, rule, account, soiled[0], soiled[1])
        if repaid == 0:
            return
        tainted, unknown = held(book, rule, account)
        tainted, unknown = _part(rule, tainted, unknown, amount, repaid)
        _add(book, rule, account, -tainted, -unknown)
    else:
        own = _after(book.pool, _own(book, rule, account, max(balance, 0)), chain)
        tainted, unknown = 0, 0
        if repaid > 0:
            part, own = _cut_oldest(book.pool, own, repaid) if rule == FIFO else _cut_newest(book.pool, own, repaid)
            tainted, unknown = _soiled(book.pool, part[OLDEST])
            _free_all(book.pool, part[OLDEST])
        _keep(book, rule, account, own)
    book.sums[rule, REPAID_TAINTED] += tainted
    book.sums[rule, REPAID_UNKNOWN] += unknown


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _arrive_clean(book: Book, rule: int, account: int, balance: int, amount: int) -> None:
    """As :func:`_arrive` of clean money, into an account that is not overdrawn, by a rule that keeps order."""
    newest = book.account[account, LISTS + 2 * rule + NEWEST]
    if newest < 0:
        return
    if book.pool.slices[newest, LABEL] == CLEAN:
        book.pool.slices[newest, AMOUNT] += amount
        return
    one = _slice(book.pool, CLEAN, amount)
    _join(book.pool, newest, one)
    book.account[account, LISTS + 2 * rule + NEWEST] = one


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _cleaned(book: Book, chain: tuple[int, int]) -> tuple[int, int]:
    """The chain with its tainted slices called clean."""
    made = (-1, -1)
    at = chain[OLDEST]
    while at >= 0:
        following = book.pool.slices[at, AFTER]
        if book.pool.slices[at, LABEL] == TAINTED:
            book.pool.slices[at, LABEL] = CLEAN
        book.pool.slices[at, BEFORE] = -1
        book.pool.slices[at, AFTER] = -1
        made = _after(book.pool, made, (at, at))
        at = following
    return made


# Transfers


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _move(book: Book, given: Given, move: tuple[int, int, int, int], seed: bool, slot: int) -> None:
    """One transfer that tainted money may be in, or that reaches an account where such money is.

    `move` is ledger place, debtor, creditor (-1: cash), amount; `slot` where it is kept for its reversal, or -1.
    """
    place, debtor, creditor, amount = move
    outside = debtor < 0 or book.account[debtor, MARKS] & OUTSIDE
    touched = not outside and book.account[debtor, MARKS] & TOUCHED != 0
    inside = creditor >= 0 and not book.account[creditor, MARKS] & OUTSIDE
    if inside and (seed or touched) and not book.account[creditor, MARKS] & TOUCHED:
        _touch(book, given, creditor, place)
    content = 0 if outside else max(book.account[debtor, BALANCE], 0)
    taken = min(amount, content)
    for rule in range(RULES):
        if not given.wanted[rule]:
            continue
        chain, soiled = (-1, -1), (0, 0)
        plain = rule < HAIRCUT and slot < 0 and not seed
        if plain and (not touched or (book.account[debtor, LISTS + 2 * rule] < 0 and taken == amount)):
            # Only clean money moves; it needs no slice of its own on the way.
            if inside and book.account[creditor, MARKS] & TOUCHED:
                balance = book.account[creditor, BALANCE]
                if balance >= 0:
                    _arrive_clean(book, rule, creditor, balance, amount)
                    continue
            else:
                continue
        if touched:
            chain, soiled = _leave(book, rule, debtor, (content, taken, amount - taken))
        elif rule < HAIRCUT:
            one = _slice(book.pool, CLEAN, amount)
            chain = (one, one)
        before = soiled
        if slot >= 0 and rule < HAIRCUT:
            book.kept[slot, rule, 4], book.kept[slot, rule, 5] = _copy(book.pool, chain[OLDEST])
        if seed:
            book.sums[rule, SEEDED] += amount - soiled[0]
            soiled = (amount, 0)
            if rule < HAIRCUT:
                _free_all(book.pool, chain[OLDEST])
                one = _slice(book.pool, TAINTED, amount)
                chain = (one, one)
        elif 0 < soiled[0] < given.floor:
            book.sums[rule, DROPPED] += soiled[0]
            soiled = (0, soiled[1])
            if rule < HAIRCUT:
                chain = _cleaned(book, chain)
        if slot >= 0:
            kept = book.kept[slot, rule]
            kept[0], kept[1], kept[2], kept[3] = before[0], before[1], soiled[0], soiled[1]
        _record(book, place, rule, soiled)
        if inside and book.account[creditor, MARKS] & TOUCHED:
            _arrive(book, rule, creditor, (book.account[creditor, BALANCE], amount), chain, soiled)
            continue
        _free_all(book.pool, chain[OLDEST])
        if creditor < 0:
            book.sums[rule, CASH_TAINTED] += soiled[0]
            book.sums[rule, CASH_UNKNOWN] += soiled[1]
        else:
            _add(book, rule, creditor, soiled[0], soiled[1])


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _record(book: Book, place: int, rule: int, soiled: tuple[int, int]) -> None:
    if soiled[0] + soiled[1] == 0 or not book.record_at.size:
        return
    last = book.pool.counts[RECORDED]
    if last == 0 or book.record_at[last - 1] != place:
        book.record_at[last] = place
        book.record[last] = 0
        book.pool.counts[RECORDED] = last + 1
    else:
        last -= 1
    book.record[last, 2 * rule] = soiled[0]
    book.record[last, 2 * rule + 1] = soiled[1]


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _without(book: Book, rule: int, account: int, content: int, out: tuple[int, int, int]) -> None:
    """Take so much of each label (clean, unknown, tainted) out of an account's slices, the newest first."""
    clean, unknown, tainted = out
    made = (-1, -1)
    at = _own(book, rule, account, content)[NEWEST]
    while at >= 0:
        following = book.pool.slices[at, BEFORE]
        label = book.pool.slices[at, LABEL]
        wanted = clean if label == CLEAN else (unknown if label == UNKNOWN else tainted)
        less = min(wanted, book.pool.slices[at, AMOUNT])
        if label == CLEAN:
            clean -= less
        elif label == UNKNOWN:
            unknown -= less
        else:
            tainted -= less
        book.pool.slices[at, AMOUNT] -= less
        if book.pool.slices[at, AMOUNT] == 0:
            _free(book.pool, at)
        else:
            book.pool.slices[at, BEFORE] = -1
            book.pool.slices[at, AFTER] = -1
            # What stands before an equal neighbour becomes one with it.
            made = _after(book.pool, (at, at), made)
        at = following
    _keep(book, rule, account, made)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _take_back(book: Book, given: Given, move: tuple[int, int, int, int], slot: int) -> None:
    """A transfer that takes an earlier one back: the same money returns, as far as it is still there.

    The money of the earlier transfer is looked for by its labels, the newest first. What of it has been spent is made
    good out of the account's other money: clean, then unknown, then tainted, and beyond that unknown. When all of it
    is there, the payer has what it had, in the same order, and taint that a seed made is withdrawn.
    """
    place, debtor, creditor, amount = move
    outside = book.account[debtor, MARKS] & OUTSIDE
    touched = not outside and book.account[debtor, MARKS] & TOUCHED != 0
    inside = not book.account[creditor, MARKS] & OUTSIDE
    if inside and touched and not book.account[creditor, MARKS] & TOUCHED:
        _touch(book, given, creditor, place)
    content = max(book.account[debtor, BALANCE], 0)
    taken = min(amount, content)
    for rule in range(RULES):
        if not given.wanted[rule]:
            continue
        kept = book.kept[slot, rule]
        tainted, unknown, lent = kept[2], kept[3], 0
        if touched:
            lent = amount - taken
            dirty, dark = held(book, rule, debtor)
            tainted = min(kept[2], dirty, taken)
            unknown = min(kept[3], dark, taken - tainted)
            clean = min(content - dirty - dark, taken - tainted - unknown)
            rest = taken - tainted - unknown - clean
            more = min(rest, dark - unknown)
            unknown += more
            tainted += rest - more
            if rule < HAIRCUT and taken > 0:
                _without(book, rule, debtor, content, (clean, unknown, tainted))
        if touched or outside:
            _add(book, rule, debtor, -tainted, -unknown)
        whole = lent == 0 and tainted == kept[2] and unknown == kept[3]
        chain = (-1, -1)
        if rule < HAIRCUT:
            chain = (book.kept[slot, rule, 4], book.kept[slot, rule, 5])
        if whole:
            book.sums[rule, WITHDRAWN] += max(0, kept[2] - kept[0])
            book.sums[rule, DROPPED] -= max(0, kept[0] - kept[2])
            tainted, unknown = kept[0], kept[1]
        else:
            if kept[2] > kept[0]:
                book.sums[rule, WITHDRAWN] += tainted - min(tainted, kept[0])
                tainted = min(tainted, kept[0])
            unknown += lent
            if rule < HAIRCUT:
                _free_all(book.pool, chain[OLDEST])
                chain = _parts(book, amount - unknown - tainted, unknown, tainted)
        _record(book, place, rule, (tainted, unknown))
        if not inside:
            _add(book, rule, creditor, tainted, unknown)
            if rule < HAIRCUT:
                _free_all(book.pool, chain[OLDEST])
        elif book.account[creditor, MARKS] & TOUCHED:
            _return(book, rule, creditor, (book.account[creditor, BALANCE], amount), chain, (tainted, unknown))
        elif rule < HAIRCUT:
            _free_all(book.pool, chain[OLDEST])


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _parts(book: Book, clean: int, unknown: int, tainted: int) -> tuple[int, int]:
    """Slices of three labels: unknown, tainted, clean."""
    chain = (-1, -1)
    for label, amount in ((UNKNOWN, unknown), (TAINTED, tainted), (CLEAN, clean)):
        if amount > 0:
            one = _slice(book.pool, label, amount)
            chain = _after(book.pool, chain, (one, one))
    return chain


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _return(
    book: Book, rule: int, account: int, amounts: tuple[int, int], chain: tuple[int, int], soiled: tuple[int, int]
) -> None:
    """Put what came back where it was: by FIFO before all other money, by LIFO behind it."""
    balance = amounts[0]
    if rule != FIFO or balance < 0:
        _arrive(book, rule, account, amounts, chain, soiled)
        return
    _keep(book, rule, account, _after(book.pool, chain, _own(book, rule, account, balance)))


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _ask(book: Book, account: int) -> None:
    """Ask the memory for an account's balance and marks."""
    if account >= 0:
        prefetch(book.account, np.int64(account) * 8)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _ask_further(book: Book, account: int, pots: bool) -> None:
    """Ask for what else is needed of an account, once its marks are there: of most that is nothing."""
    if account < 0:
        return
    own = book.account[account]
    if not own[MARKS] & TOUCHED:
        return
    if pots:
        prefetch(book.label, np.int64(account) * 8)
    for place in range(LISTS, LISTS + 4):
        if own[place] >= 0:
            prefetch(book.pool.slices, own[place] * 4)


@njit(cache=True, nogil=True, error_model="numpy")
def follow(ledger: Ledger, given: Given, book: Book, start: int, end: int) -> int:
    """Follow tainted money through the transfers from place `start` to before `end`.

    Parameters
    ----------
    ledger : Ledger
    given : Given
    book : Book
        As it is after all transfers before `start`; changed in place.
    start, end : int

    Returns
    -------
    int
        `end`, or an earlier place when the room for slices or records could run out at it: then give more and go on.

    Notes
    -----
    A transfer between accounts that no tainted money has reached costs two balances: one cache line each, asked for
    ahead. Slices are only kept where an account holds more than clean money; neighbours of one label are one slice.
    """
    counts, account = book.pool.counts, book.account
    size = ledger.debtor.size
    pots = given.wanted[HAIRCUT] or given.wanted[CLEAN_FIRST] or given.wanted[TAINTED_FIRST]
    for place in range(start, end):
        if place + 2 * AHEAD < size:
            _ask(book, ledger.debtor[place + 2 * AHEAD])
            _ask(book, ledger.creditor[place + 2 * AHEAD])
            _ask_further(book, ledger.debtor[place + AHEAD], pots)
            _ask_further(book, ledger.creditor[place + AHEAD], pots)
        debtor, creditor, amount = ledger.debtor[place], ledger.creditor[place], ledger.amount[place]
        at = counts[SEED_AT]
        seed = at < given.seeds.size and given.seeds[at] == place
        at = counts[ORIGINAL_AT]
        original = at < given.original.size and given.original[at] == place
        at = counts[REVERSAL_AT]
        reversal = at < given.reversal.size and given.reversal[at] == place
        marks = (account[debtor, MARKS] if debtor >= 0 else 0) | (account[creditor, MARKS] if creditor >= 0 else 0)
        if (seed or original or reversal or marks & TOUCHED) and amount > 0 and debtor != creditor:
            needed = ROOM + (counts[LIVE] if original else 0)
            if book.pool.slices.shape[0] - counts[LIVE] < needed:
                return place
            if book.record_at.size and book.record_at.size - counts[RECORDED] < 1:
                return place
            move = (place, np.int64(debtor), np.int64(creditor), amount)
            if reversal:
                _take_back(book, given, move, given.which[counts[REVERSAL_AT]])
            else:
                _move(book, given, move, seed, counts[ORIGINAL_AT] if original else -1)
        counts[SEED_AT] += seed
        counts[ORIGINAL_AT] += original
        counts[REVERSAL_AT] += reversal
        if amount == 0 or debtor == creditor:
            continue
        if debtor >= 0 and not account[debtor, MARKS] & OUTSIDE:
            _pay(book, debtor, amount, reversal)
        if creditor >= 0 and not account[creditor, MARKS] & OUTSIDE:
            own = account[creditor]
            if own[MARKS] & TOUCHED:
                book.label[creditor, REPAID] += min(amount, max(0, -own[BALANCE]))
            own[BALANCE] += amount
    return end
