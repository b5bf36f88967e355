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

# Columns of Book.account.
BALANCE, FIRST_UNKNOWN, LAST_UNKNOWN, MARKS = 0, 1, 2, 3
TOUCHED, OUTSIDE, OPENED = 1, 2, 4

# Columns of Book.lists: the oldest and the newest slice by each of the two rules that keep order.
OLDEST, NEWEST = 0, 1
BEFORE, AFTER = 0, 1

# Columns of Book.fund.
SINCE, REPAID = 0, 1

# Places in Book.counts.
FREE, FRESH, LIVE, MOST, SEED_AT, ORIGINAL_AT, REVERSAL_AT, RECORDED = 0, 1, 2, 3, 4, 5, 6, 7
COUNTS = 8

# Columns of Book.sums.
SEEDED, WITHDRAWN, DROPPED, CASH_TAINTED, CASH_UNKNOWN, REPAID_TAINTED, REPAID_UNKNOWN = 0, 1, 2, 3, 4, 5, 6
SUMS = 7

AHEAD = 24
"""Transfers ahead whose accounts are asked for."""

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


class Book(NamedTuple):
    """What is known so far: it passes from one part of the ledger to the next.

    Attributes
    ----------
    account : int64[accounts, 4]
        Balance (below zero: overdrawn; only where the opening balance is known); what is left of the opening balance
        when it is spent first, and when it is spent last; marks: touched, outside the data, opening balance known.
    label : int64[accounts, 10]
        Tainted and unknown money by each rule. Of an outside account: what it was paid.
    lists : int32[accounts, 4]
        Oldest and newest slice by FIFO and by LIFO, -1 where all money is clean.
    fund : int64[accounts, 2]
        Ledger place at which tainted money first reached the account, -1 if it did not; what repaid an overdraft since.
    slice_amount, slice_label : int64[m], int8[m]
    slice_link : int32[m, 2]
        The older and the newer slice.
    counts : int64[8]
        First free slice, first that was never used, slices in use, most that were; next seed, next transfer that will
        be taken back, next reversal; records.
    sums : int64[5, 7]
        By rule: made tainted by seeds, withdrawn with a seed that was taken back, dropped below the floor, out as cash,
        gone into an overdraft.
    record_at : int64[k]
        Ledger places of transfers with tainted or unknown money in them. Without room none are kept.
    record : int64[k, 10]
        Tainted and unknown money in each by each rule.
    kept : int64[r, 5, 4]
        Of each transfer that will be taken back, by rule: its tainted and unknown money before it, and after it.
    kept_lists : int32[r, 2, 2]
        Its slices before it, by FIFO and by LIFO.
    """

    account: NDArray[np.int64]
    label: NDArray[np.int64]
    lists: NDArray[np.int32]
    fund: NDArray[np.int64]
    slice_amount: NDArray[np.int64]
    slice_label: NDArray[np.int8]
    slice_link: NDArray[np.int32]
    counts: NDArray[np.int64]
    sums: NDArray[np.int64]
    record_at: NDArray[np.int64]
    record: NDArray[np.int64]
    kept: NDArray[np.int64]
    kept_lists: NDArray[np.int32]


# Slices


@njit(cache=True, nogil=True)
def _slice(book: Book, label: int, amount: int) -> int:
    """A new slice; the caller has made sure of the room."""
    counts, link = book.counts, book.slice_link
    made = counts[FREE]
    if made >= 0:
        counts[FREE] = link[made, AFTER]
    else:
        made = counts[FRESH]
        counts[FRESH] += 1
    counts[LIVE] += 1
    counts[MOST] = max(counts[MOST], counts[LIVE])
    book.slice_amount[made] = amount
    book.slice_label[made] = label
    link[made, BEFORE] = -1
    link[made, AFTER] = -1
    return made


@njit(cache=True, nogil=True)
def _free(book: Book, one: int) -> None:
    book.slice_link[one, AFTER] = book.counts[FREE]
    book.counts[FREE] = one
    book.counts[LIVE] -= 1


@njit(cache=True, nogil=True)
def _free_all(book: Book, oldest: int) -> None:
    while oldest >= 0:
        newer = book.slice_link[oldest, AFTER]
        _free(book, oldest)
        oldest = newer


@njit(cache=True, nogil=True)
def _join(book: Book, older: int, newer: int) -> None:
    if older >= 0:
        book.slice_link[older, AFTER] = newer
    if newer >= 0:
        book.slice_link[newer, BEFORE] = older


@njit(cache=True, nogil=True)
def _cut_oldest(book: Book, own: tuple[int, int], amount: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Cut off the oldest slices of `own` that come to `amount`, which is above zero and no more than there is.

    Returns what was cut off and what is left, each (oldest, newest) in order.
    """
    value, link = book.slice_amount, book.slice_link
    first, newest = own
    last, at = -1, first
    while amount > 0 and value[at] <= amount:
        amount -= value[at]
        last = at
        at = link[at, AFTER]
    if amount > 0:
        value[at] -= amount
        part = _slice(book, book.slice_label[at], amount)
        _join(book, last, part)
        first = part if last < 0 else first
        last = part
    link[last, AFTER] = -1
    if at >= 0:
        link[at, BEFORE] = -1
    return (first, last), (at, newest if at >= 0 else -1)


@njit(cache=True, nogil=True)
def _cut_newest(book: Book, own: tuple[int, int], amount: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """As :func:`_cut_oldest`, of the newest slices; what was cut off keeps its order."""
    value, link = book.slice_amount, book.slice_link
    oldest, last = own
    first, at = -1, last
    while amount > 0 and value[at] <= amount:
        amount -= value[at]
        first = at
        at = link[at, BEFORE]
    if amount > 0:
        value[at] -= amount
        part = _slice(book, book.slice_label[at], amount)
        _join(book, part, first)
        last = part if first < 0 else last
        first = part
    link[first, BEFORE] = -1
    if at >= 0:
        link[at, AFTER] = -1
    return (first, last), (oldest if at >= 0 else -1, at)


@njit(cache=True, nogil=True)
def _after(book: Book, own: tuple[int, int], more: tuple[int, int]) -> tuple[int, int]:
    """The slices of `more` behind those of `own`; neighbours of one label become one slice."""
    if own[OLDEST] < 0:
        return more
    if more[OLDEST] < 0:
        return own
    older, newer = own[NEWEST], more[OLDEST]
    if book.slice_label[older] != book.slice_label[newer]:
        _join(book, older, newer)
        return own[OLDEST], more[NEWEST]
    book.slice_amount[older] += book.slice_amount[newer]
    following = book.slice_link[newer, AFTER]
    _free(book, newer)
    _join(book, older, following)
    if following < 0:
        return own[OLDEST], older
    return own[OLDEST], more[NEWEST]


@njit(cache=True, nogil=True)
def _copy(book: Book, oldest: int) -> tuple[int, int]:
    first, last = -1, -1
    while oldest >= 0:
        made = _slice(book, book.slice_label[oldest], book.slice_amount[oldest])
        _join(book, last, made)
        first = made if first < 0 else first
        last = made
        oldest = book.slice_link[oldest, AFTER]
    return first, last


@njit(cache=True, nogil=True)
def _length(book: Book, oldest: int) -> int:
    size = 0
    while oldest >= 0:
        size += 1
        oldest = book.slice_link[oldest, AFTER]
    return size


@njit(cache=True, nogil=True)
def _labelled(book: Book, oldest: int, label: int) -> int:
    """The sum of the slices of one label."""
    found = 0
    while oldest >= 0:
        if book.slice_label[oldest] == label:
            found += book.slice_amount[oldest]
        oldest = book.slice_link[oldest, AFTER]
    return found


# Shares


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _own(book: Book, rule: int, account: int, content: int) -> tuple[int, int]:
    """An account's slices; where all its money is clean they are not kept, and one is made."""
    oldest = book.lists[account, 2 * rule + OLDEST]
    if oldest < 0 and content > 0:
        oldest = _slice(book, CLEAN, content)
        return oldest, oldest
    return oldest, book.lists[account, 2 * rule + NEWEST]


@njit(cache=True, nogil=True)
def _keep(book: Book, rule: int, account: int, own: tuple[int, int]) -> None:
    if own[OLDEST] >= 0 and own[OLDEST] == own[NEWEST] and book.slice_label[own[OLDEST]] == CLEAN:
        _free(book, own[OLDEST])
        own = (-1, -1)
    book.lists[account, 2 * rule + OLDEST] = own[OLDEST]
    book.lists[account, 2 * rule + NEWEST] = own[NEWEST]


@njit(cache=True, nogil=True)
def _touch(book: Book, given: Given, account: int, place: int) -> None:
    """Tainted money comes for the first time: from here on the account's money is followed by its labels."""
    own = book.account[account]
    own[MARKS] |= TOUCHED
    book.fund[account, SINCE] = place
    content = max(own[BALANCE], 0)
    label = book.label[account]
    label[2 * FIFO + 1] = label[2 * TAINTED_FIRST + 1] = own[FIRST_UNKNOWN]
    label[2 * LIFO + 1] = label[2 * CLEAN_FIRST + 1] = own[LAST_UNKNOWN]
    for rule in range(HAIRCUT):
        unknown = label[2 * rule + 1]
        if unknown > 0 and given.wanted[rule]:
            first = _slice(book, UNKNOWN, unknown)
            last = first
            if content > unknown:
                last = _slice(book, CLEAN, content - unknown)
                _join(book, first, last)
            book.lists[account, 2 * rule + OLDEST] = first
            book.lists[account, 2 * rule + NEWEST] = last


@njit(cache=True, nogil=True)
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
    unknown = book.label[account, 2 * HAIRCUT + 1]
    if reversal:
        unknown = min(unknown, max(0, own[BALANCE]))
        own[FIRST_UNKNOWN] = min(own[FIRST_UNKNOWN], max(0, own[BALANCE]))
    else:
        unknown -= share(unknown, min(amount, before), before)
        own[FIRST_UNKNOWN] = max(0, own[FIRST_UNKNOWN] - amount)
    book.label[account, 2 * HAIRCUT + 1] = unknown
    own[LAST_UNKNOWN] = min(own[LAST_UNKNOWN], max(0, own[BALANCE]))
    if own[LAST_UNKNOWN] == 0:
        book.label[account, 2 * HAIRCUT + 1] = 0
        own[FIRST_UNKNOWN] = 0


@njit(cache=True, nogil=True)
def _leave(
    book: Book, rule: int, account: int, amounts: tuple[int, int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """What a touched account pays by a rule: slices (where the rule keeps order), and tainted and unknown money.

    `amounts` are the account's content, what is taken of it, and what is paid beyond it, which is unknown money.
    """
    content, taken, lent = amounts
    chain = (-1, -1)
    label = book.label[account]
    if rule >= HAIRCUT:
        tainted, unknown = _part(rule, label[2 * rule], label[2 * rule + 1], content, taken)
    else:
        if taken > 0:
            own = _own(book, rule, account, content)
            chain, own = _cut_oldest(book, own, taken) if rule == FIFO else _cut_newest(book, own, taken)
            _keep(book, rule, account, own)
        tainted, unknown = _labelled(book, chain[OLDEST], TAINTED), _labelled(book, chain[OLDEST], UNKNOWN)
        if lent > 0:
            one = _slice(book, UNKNOWN, lent)
            chain = _after(book, chain, (one, one))
    label[2 * rule] -= tainted
    label[2 * rule + 1] -= unknown
    return chain, (tainted, unknown + lent)


@njit(cache=True, nogil=True)
def _arrive(
    book: Book, rule: int, account: int, amounts: tuple[int, int], chain: tuple[int, int], soiled: tuple[int, int]
) -> None:
    """Put what came into a touched account, behind what is there; an overdraft is repaid out of it at once.

    `amounts` are the balance before, and what came.
    """
    balance, amount = amounts
    label = book.label[account]
    label[2 * rule] += soiled[0]
    label[2 * rule + 1] += soiled[1]
    repaid = min(amount, max(0, -balance))
    own = (-1, -1)
    if rule < HAIRCUT:
        own = _after(book, _own(book, rule, account, max(balance, 0)), chain)
    if repaid > 0:
        if rule < HAIRCUT:
            part, own = _cut_oldest(book, own, repaid) if rule == FIFO else _cut_newest(book, own, repaid)
            tainted, unknown = _labelled(book, part[OLDEST], TAINTED), _labelled(book, part[OLDEST], UNKNOWN)
            _free_all(book, part[OLDEST])
        else:
            tainted, unknown = _part(rule, label[2 * rule], label[2 * rule + 1], amount, repaid)
        label[2 * rule] -= tainted
        label[2 * rule + 1] -= unknown
        book.sums[rule, REPAID_TAINTED] += tainted
        book.sums[rule, REPAID_UNKNOWN] += unknown
    if rule < HAIRCUT:
        _keep(book, rule, account, own)


@njit(cache=True, nogil=True)
def _cleaned(book: Book, chain: tuple[int, int]) -> tuple[int, int]:
    """The chain with its tainted slices called clean."""
    made = (-1, -1)
    at = chain[OLDEST]
    while at >= 0:
        following = book.slice_link[at, AFTER]
        if book.slice_label[at] == TAINTED:
            book.slice_label[at] = CLEAN
        book.slice_link[at, BEFORE] = -1
        book.slice_link[at, AFTER] = -1
        made = _after(book, made, (at, at))
        at = following
    return made


# Transfers


@njit(cache=True, nogil=True)
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
        if touched:
            chain, soiled = _leave(book, rule, debtor, (content, taken, amount - taken))
        elif rule < HAIRCUT:
            one = _slice(book, CLEAN, amount)
            chain = (one, one)
        before = soiled
        if slot >= 0 and rule < HAIRCUT:
            book.kept_lists[slot, rule, OLDEST], book.kept_lists[slot, rule, NEWEST] = _copy(book, chain[OLDEST])
        if seed:
            book.sums[rule, SEEDED] += amount - soiled[0]
            soiled = (amount, 0)
            if rule < HAIRCUT:
                _free_all(book, chain[OLDEST])
                one = _slice(book, TAINTED, amount)
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
        _free_all(book, chain[OLDEST])
        if creditor < 0:
            book.sums[rule, CASH_TAINTED] += soiled[0]
            book.sums[rule, CASH_UNKNOWN] += soiled[1]
        else:
            book.label[creditor, 2 * rule] += soiled[0]
            book.label[creditor, 2 * rule + 1] += soiled[1]


@njit(cache=True, nogil=True)
def _record(book: Book, place: int, rule: int, soiled: tuple[int, int]) -> None:
    if soiled[0] + soiled[1] == 0 or not book.record_at.size:
        return
    last = book.counts[RECORDED]
    if last == 0 or book.record_at[last - 1] != place:
        book.record_at[last] = place
        book.record[last] = 0
        book.counts[RECORDED] = last + 1
    else:
        last -= 1
    book.record[last, 2 * rule] = soiled[0]
    book.record[last, 2 * rule + 1] = soiled[1]


@njit(cache=True, nogil=True)
def _without(book: Book, rule: int, account: int, content: int, out: tuple[int, int, int]) -> None:
    """Take so much of each label (clean, unknown, tainted) out of an account's slices, the newest first."""
    clean, unknown, tainted = out
    made = (-1, -1)
    at = _own(book, rule, account, content)[NEWEST]
    while at >= 0:
        following = book.slice_link[at, BEFORE]
        label = book.slice_label[at]
        wanted = clean if label == CLEAN else (unknown if label == UNKNOWN else tainted)
        less = min(wanted, book.slice_amount[at])
        if label == CLEAN:
            clean -= less
        elif label == UNKNOWN:
            unknown -= less
        else:
            tainted -= less
        book.slice_amount[at] -= less
        if book.slice_amount[at] == 0:
            _free(book, at)
        else:
            book.slice_link[at, BEFORE] = -1
            book.slice_link[at, AFTER] = -1
            # What stands before an equal neighbour becomes one with it.
            made = _after(book, (at, at), made)
        at = following
    _keep(book, rule, account, made)


@njit(cache=True, nogil=True)
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
        label = book.label[debtor]
        tainted, unknown, lent = kept[2], kept[3], 0
        if touched:
            lent = amount - taken
            tainted = min(kept[2], label[2 * rule], taken)
            unknown = min(kept[3], label[2 * rule + 1], taken - tainted)
            clean = min(content - label[2 * rule] - label[2 * rule + 1], taken - tainted - unknown)
            rest = taken - tainted - unknown - clean
            more = min(rest, label[2 * rule + 1] - unknown)
            unknown += more
            tainted += rest - more
            if rule < HAIRCUT and taken > 0:
                _without(book, rule, debtor, content, (clean, unknown, tainted))
        if touched or outside:
            label[2 * rule] -= tainted
            label[2 * rule + 1] -= unknown
        whole = lent == 0 and tainted == kept[2] and unknown == kept[3]
        chain = (-1, -1)
        if rule < HAIRCUT:
            chain = (book.kept_lists[slot, rule, OLDEST], book.kept_lists[slot, rule, NEWEST])
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
                _free_all(book, chain[OLDEST])
                chain = _parts(book, amount - unknown - tainted, unknown, tainted)
        _record(book, place, rule, (tainted, unknown))
        if not inside:
            book.label[creditor, 2 * rule] += tainted
            book.label[creditor, 2 * rule + 1] += unknown
            if rule < HAIRCUT:
                _free_all(book, chain[OLDEST])
        elif book.account[creditor, MARKS] & TOUCHED:
            _return(book, rule, creditor, (book.account[creditor, BALANCE], amount), chain, (tainted, unknown))
        elif rule < HAIRCUT:
            _free_all(book, chain[OLDEST])


@njit(cache=True, nogil=True)
def _parts(book: Book, clean: int, unknown: int, tainted: int) -> tuple[int, int]:
    """Slices of three labels: unknown, tainted, clean."""
    chain = (-1, -1)
    for label, amount in ((UNKNOWN, unknown), (TAINTED, tainted), (CLEAN, clean)):
        if amount > 0:
            one = _slice(book, label, amount)
            chain = _after(book, chain, (one, one))
    return chain


@njit(cache=True, nogil=True)
def _return(
    book: Book, rule: int, account: int, amounts: tuple[int, int], chain: tuple[int, int], soiled: tuple[int, int]
) -> None:
    """Put what came back where it was: by FIFO before all other money, by LIFO behind it."""
    balance = amounts[0]
    if rule != FIFO or balance < 0:
        _arrive(book, rule, account, amounts, chain, soiled)
        return
    book.label[account, 2 * rule] += soiled[0]
    book.label[account, 2 * rule + 1] += soiled[1]
    _keep(book, rule, account, _after(book, chain, _own(book, rule, account, balance)))


@njit(cache=True, nogil=True)
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
    counts, account = book.counts, book.account
    size = ledger.debtor.size
    for place in range(start, end):
        if place + AHEAD < size:
            debtor, creditor = ledger.debtor[place + AHEAD], ledger.creditor[place + AHEAD]
            if debtor >= 0:
                prefetch(account, debtor * 4)
            if creditor >= 0:
                prefetch(account, creditor * 4)
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
            if book.slice_amount.size - counts[LIVE] < needed:
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
                book.fund[creditor, REPAID] += min(amount, max(0, -own[BALANCE]))
            own[BALANCE] += amount
    return end
