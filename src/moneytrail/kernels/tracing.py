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

# Columns of Book.account. The last four are lists of slices, by FIFO and by LIFO: where, and from where to where.
BALANCE, FIRST_UNKNOWN, LAST_UNKNOWN, MARKS, LISTS = 0, 1, 2, 3, 4

# Bits of Book.account[:, MARKS].
TOUCHED, OUTSIDE, OPENED = 1, 2, 4

# Columns of Book.label, behind the tainted and the unknown money by each rule from HAIRCUT on.
SINCE, REPAID = 6, 7

# Places in Pool.counts; from FREE on the first free block of each size.
FRESH, SEED_AT, ORIGINAL_AT, REVERSAL_AT, RECORDED, FREE = 0, 1, 2, 3, 4, 5
SMALLEST, LARGEST = 3, 28
COUNTS = FREE + LARGEST + 1

PLACE_BITS = 28
PLACES = 2**PLACE_BITS
"""More than the slices of any account."""

# Columns of Book.sums.
SEEDED, WITHDRAWN, DROPPED, CASH_TAINTED, CASH_UNKNOWN, REPAID_TAINTED, REPAID_UNKNOWN = 0, 1, 2, 3, 4, 5, 6
SUMS = 7

AHEAD = 12
"""Transfers ahead for whose slices the memory is asked; for their accounts it is asked as many earlier."""


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
    """The slices of all accounts, in blocks of 8, 16, 32, … that are used again.

    Attributes
    ----------
    arena : int64[m]
        A slice is one number: four times its amount, and its label. An account's slices stand side by side, the oldest
        first. A free block names the next one of its size.
    scratch : int64[k]
        The slices of the transfer at hand.
    counts : int64[34]
        First place of the arena that was never used; next seed, next transfer that will be taken back, next reversal;
        records; free blocks.
    """

    arena: NDArray[np.int64]
    scratch: NDArray[np.int64]
    counts: NDArray[np.int64]


class Book(NamedTuple):
    """What is known so far: it passes from one part of the ledger to the next.

    Attributes
    ----------
    account : int64[accounts, 8]
        Balance (below zero: overdrawn; only where the opening balance is known); what is left of the opening balance
        when it is spent first, and when it is spent last; marks: touched, outside the data, opening balance known;
        its slices by FIFO and by LIFO: the block, 0 where all money is clean, and which part of it. An outside account
        has no slices: there stand tainted and unknown money that it was paid, by FIFO and by LIFO.
    label : int64[accounts, 8]
        Tainted and unknown money by each of the rules that keep no order; of an outside account what it was paid. Then
        one more than the ledger place at which tainted money first came, 0 if it did not; and what repaid an overdraft.
    pool : Pool
    sums : int64[5, 7]
        By rule: made tainted by seeds, withdrawn with a seed that was taken back, dropped below the floor, out as cash,
        gone into an overdraft.
    record_at : int64[k]
        Ledger places of transfers with tainted or unknown money in them. Without room none are kept.
    record : int64[k, 15]
        Tainted and unknown money in each by each rule; then by each rule what of the tainted repaid an overdraft.
    kept : int64[r, 5, 6]
        Of each transfer that will be taken back, by rule: its tainted and unknown money before it, and after it; its
        slices before it: the block and how many.
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
def _block(pool: Pool, size: int) -> int:
    """A block of ``2**size`` places; the caller has made sure of the room."""
    found = pool.counts[FREE + size]
    if found > 0:
        pool.counts[FREE + size] = pool.arena[found]
        return found
    found = pool.counts[FRESH]
    pool.counts[FRESH] += 1 << size
    return found


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _release(pool: Pool, block: int, size: int) -> None:
    pool.arena[block] = pool.counts[FREE + size]
    pool.counts[FREE + size] = block


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _size_for(places: int) -> int:
    """The smallest block that has so many places."""
    size = SMALLEST
    while 1 << size < places:
        size += 1
    return size


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def _part_of(packed: int) -> tuple[int, int, int]:
    """From where to where an account's slices stand in their block, and the block's size."""
    return packed & (PLACES - 1), packed >> PLACE_BITS & (PLACES - 1), packed >> 2 * PLACE_BITS


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def _packed(begin: int, end: int, size: int) -> int:
    return (size << PLACE_BITS | end) << PLACE_BITS | begin


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def _slices_of(own: NDArray[np.int64], rule: int) -> int:
    """How many slices an account has by a rule."""
    if own[MARKS] & OUTSIDE or own[LISTS + 2 * rule] == 0:
        return 0
    begin, end, _ = _part_of(own[LISTS + 2 * rule + 1])
    return end - begin


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def _settle(pool: Pool, own: NDArray[np.int64], rule: int, part: tuple[int, int, int]) -> None:
    """Note where an account's slices stand now. Where all money is clean they are not kept, and none is."""
    begin, end, size = part
    block = own[LISTS + 2 * rule]
    if begin == end or (end - begin == 1 and pool.arena[block + begin] & 3 == CLEAN):
        _release(pool, block, size)
        own[LISTS + 2 * rule] = 0
        return
    if size > SMALLEST and (end - begin) * 8 <= 1 << size:
        smaller = _size_for(2 * (end - begin))
        made = _block(pool, smaller)
        for place in range(end - begin):
            pool.arena[made + place] = pool.arena[block + begin + place]
        _release(pool, block, size)
        own[LISTS + 2 * rule] = made
        begin, end, size = 0, end - begin, smaller
    own[LISTS + 2 * rule + 1] = _packed(begin, end, size)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def _take(pool: Pool, own: NDArray[np.int64], rule: int, content: int, amount: int) -> int:
    """Move slices that come to `amount` into the scratch, the oldest first; returns how many.

    By FIFO the account's oldest, by LIFO its newest. `amount` is above zero and at most `content`, which is all money
    of the account.
    """
    arena, scratch = pool.arena, pool.scratch
    block = own[LISTS + 2 * rule]
    if block == 0:
        scratch[0] = amount * 4 + CLEAN
        return 1
    begin, end, size = _part_of(own[LISTS + 2 * rule + 1])
    if rule == FIFO:
        moved = 0
        while amount > 0:
            one = arena[block + begin]
            if one >> 2 <= amount:
                scratch[moved] = one
                amount -= one >> 2
                begin += 1
            else:
                scratch[moved] = amount * 4 + (one & 3)
                arena[block + begin] = one - amount * 4
                amount = 0
            moved += 1
        _settle(pool, own, rule, (begin, end, size))
        return moved
    first = end
    split = 0
    while amount > 0:
        first -= 1
        value = arena[block + first] >> 2
        split = amount if value > amount else 0
        amount -= min(value, amount)
    moved = end - first
    for place in range(moved):
        scratch[place] = arena[block + first + place]
    if split > 0:
        scratch[0] = split * 4 + (scratch[0] & 3)
        arena[block + first] -= split * 4
        first += 1
    _settle(pool, own, rule, (begin, first, size))
    return moved


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def _with_room(pool: Pool, own: NDArray[np.int64], rule: int, before: int, behind: int) -> tuple[int, int]:
    """Make room for so many slices before and behind an account's own; returns where these begin and end."""
    block = own[LISTS + 2 * rule]
    begin, end, size = _part_of(own[LISTS + 2 * rule + 1])
    if before <= begin and end + behind <= 1 << size:
        return begin, end
    length = end - begin
    larger = _size_for(2 * (before + length + behind)) if (before + length + behind) * 2 > 1 << size else size
    made = block
    if larger != size:
        made = _block(pool, larger)
    if made == block and before > begin:
        for place in range(length - 1, -1, -1):
            pool.arena[made + before + place] = pool.arena[block + begin + place]
    else:
        for place in range(length):
            pool.arena[made + before + place] = pool.arena[block + begin + place]
    if made != block:
        _release(pool, block, size)
    own[LISTS + 2 * rule] = made
    own[LISTS + 2 * rule + 1] = _packed(before, before + length, larger)
    return before, before + length


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def _put(pool: Pool, own: NDArray[np.int64], rule: int, content: int, moved: int) -> None:
    """Put the scratch's slices behind an account's own, whose money was `content`; equal neighbours become one."""
    if moved == 0:
        return
    scratch = pool.scratch
    if own[LISTS + 2 * rule] == 0 and not _open(pool, own, rule, content, moved):
        return
    begin, end = _with_room(pool, own, rule, 0, moved)
    block = own[LISTS + 2 * rule]
    _, _, size = _part_of(own[LISTS + 2 * rule + 1])
    taken = 0
    if end > begin and (pool.arena[block + end - 1] ^ scratch[0]) & 3 == 0:
        pool.arena[block + end - 1] += scratch[0] >> 2 << 2
        taken = 1
    for place in range(taken, moved):
        pool.arena[block + end + place - taken] = scratch[place]
    own[LISTS + 2 * rule + 1] = _packed(begin, end + moved - taken, size)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _open(pool: Pool, own: NDArray[np.int64], rule: int, content: int, moved: int) -> bool:
    """Keep slices of an account whose money was all clean; not where the scratch is clean too."""
    if moved == 1 and pool.scratch[0] & 3 == CLEAN:
        return False
    size = _size_for(moved + 1)
    block = _block(pool, size)
    own[LISTS + 2 * rule] = block
    pool.arena[block] = content * 4 + CLEAN
    own[LISTS + 2 * rule + 1] = _packed(0, 1 if content > 0 else 0, size)
    return True


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _put_first(pool: Pool, own: NDArray[np.int64], rule: int, content: int, moved: int) -> None:
    """As :func:`_put`, before the account's own slices."""
    if own[LISTS + 2 * rule] == 0 and not _open(pool, own, rule, content, moved):
        return
    begin, end = _with_room(pool, own, rule, moved, 0)
    block = own[LISTS + 2 * rule]
    _, _, size = _part_of(own[LISTS + 2 * rule + 1])
    left = moved
    if end > begin and (pool.arena[block + begin] ^ pool.scratch[moved - 1]) & 3 == 0:
        pool.arena[block + begin] += pool.scratch[moved - 1] >> 2 << 2
        left -= 1
    for place in range(left):
        pool.arena[block + begin - left + place] = pool.scratch[place]
    own[LISTS + 2 * rule + 1] = _packed(begin - left, end, size)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def _soiled(slices: NDArray[np.int64], begin: int, end: int) -> tuple[int, int]:
    """The tainted and the unknown money in some slices."""
    tainted, unknown = 0, 0
    for place in range(begin, end):
        label = slices[place] & 3
        if label == TAINTED:
            tainted += slices[place] >> 2
        elif label == UNKNOWN:
            unknown += slices[place] >> 2
    return tainted, unknown


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def _joined(slices: NDArray[np.int64], begin: int, end: int) -> int:
    """Make neighbours of one label one, and empty ones none; returns the new end."""
    last = begin
    for place in range(begin, end):
        one = slices[place]
        if one < 4:
            continue
        if last > begin and (slices[last - 1] ^ one) & 3 == 0:
            slices[last - 1] += one >> 2 << 2
        else:
            slices[last] = one
            last += 1
    return last


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


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def _ask(book: Book, account: int) -> None:
    """Ask the memory for an account's balance and marks."""
    if account >= 0:
        prefetch(book.account, np.int64(account) * 8)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def _ask_further(book: Book, account: int, pots: bool) -> None:
    """Ask for what else is needed of an account, once its marks are there: of most that is nothing."""
    if account < 0:
        return
    own = book.account[account]
    if not own[MARKS] & TOUCHED:
        return
    if pots:
        prefetch(book.label, np.int64(account) * 8)
    for place in (LISTS, LISTS + 2):
        if own[place] > 0:
            begin, end, _ = _part_of(own[place + 1])
            prefetch(book.pool.arena, own[place] + begin)
            prefetch(book.pool.arena, own[place] + end)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def held(book: Book, rule: int, account: int) -> tuple[int, int]:
    """An account's tainted and unknown money by a rule; of an outside account what it was paid."""
    if rule >= HAIRCUT:
        place = 2 * (rule - HAIRCUT)
        return book.label[account, place], book.label[account, place + 1]
    place = LISTS + 2 * rule
    if book.account[account, MARKS] & OUTSIDE:
        return book.account[account, place], book.account[account, place + 1]
    if book.account[account, place] == 0:
        return 0, 0
    begin, end, _ = _part_of(book.account[account, place + 1])
    return _soiled(book.pool.arena, book.account[account, place] + begin, book.account[account, place] + end)


@njit(cache=True, nogil=True, error_model="numpy")
def all_held(book: Book, rule: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tainted and unknown money of every account by a rule, int64[accounts] each; as :func:`held`.

    Of an account that no tainted money reached nothing is told: its unknown money is not followed.
    """
    size = book.account.shape[0]
    tainted, unknown = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for account in range(size):
        if account + AHEAD < size:
            _ask_further(book, account + AHEAD, rule >= HAIRCUT)
        if book.account[account, MARKS] & (TOUCHED | OUTSIDE):
            tainted[account], unknown[account] = held(book, rule, account)
    return tainted, unknown


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
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
    label[SINCE] = place + 1
    label[2 * (CLEAN_FIRST - HAIRCUT) + 1] = own[LAST_UNKNOWN]
    label[2 * (TAINTED_FIRST - HAIRCUT) + 1] = own[FIRST_UNKNOWN]
    content = max(own[BALANCE], 0)
    for rule in range(HAIRCUT):
        unknown = own[FIRST_UNKNOWN] if rule == FIFO else own[LAST_UNKNOWN]
        if unknown > 0 and given.wanted[rule]:
            block = _block(book.pool, SMALLEST)
            book.pool.arena[block] = unknown * 4 + UNKNOWN
            book.pool.arena[block + 1] = (content - unknown) * 4 + CLEAN
            own[LISTS + 2 * rule] = block
            own[LISTS + 2 * rule + 1] = _packed(0, 2 if content > unknown else 1, SMALLEST)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
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


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def _leave(book: Book, rule: int, account: int, amounts: tuple[int, int, int]) -> tuple[int, tuple[int, int]]:
    """What a touched account pays by a rule: slices in the scratch (where the rule keeps order), tainted and unknown.

    `amounts` are the account's content, what is taken of it, and what is paid beyond it, which is unknown money.
    """
    content, taken, lent = amounts
    if rule >= HAIRCUT:
        tainted, unknown = held(book, rule, account)
        tainted, unknown = _part(rule, tainted, unknown, content, taken)
        _add(book, rule, account, -tainted, -unknown)
        return 0, (tainted, unknown + lent)
    moved = 0
    if taken > 0:
        moved = _take(book.pool, book.account[account], rule, content, taken)
    if lent > 0:
        book.pool.scratch[moved] = lent * 4 + UNKNOWN
        moved = _joined(book.pool.scratch, 0, moved + 1)
    return moved, _soiled(book.pool.scratch, 0, moved)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def _arrive(book: Book, rule: int, account: int, amounts: tuple[int, int], moved: int, soiled: tuple[int, int]) -> None:
    """Put what came into a touched account, behind what is there; an overdraft is repaid out of it at once.

    `amounts` are the balance before, and what came; `moved` slices of it stand in the scratch.
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
        own = book.account[account]
        _put(book.pool, own, rule, max(balance, 0), moved)
        if repaid == 0:
            return
        moved = _take(book.pool, own, rule, amount, repaid)
        tainted, unknown = _soiled(book.pool.scratch, 0, moved)
    book.sums[rule, REPAID_TAINTED] += tainted
    book.sums[rule, REPAID_UNKNOWN] += unknown
    if tainted > 0 and book.record_at.size:
        # What repays an overdraft came just now, so that the last record is its own.
        book.record[book.pool.counts[RECORDED] - 1, 2 * RULES + rule] = tainted


# Transfers


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
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
        moved, soiled = 0, (0, 0)
        if touched:
            moved, soiled = _leave(book, rule, debtor, (content, taken, amount - taken))
        elif rule < HAIRCUT:
            book.pool.scratch[0] = amount * 4 + CLEAN
            moved = 1
        if slot >= 0:
            _remember(book, (slot, rule), moved, soiled)
        if seed:
            book.sums[rule, SEEDED] += amount - soiled[0]
            soiled = (amount, 0)
            book.pool.scratch[0] = amount * 4 + TAINTED
            moved = min(moved, 1)
        elif 0 < soiled[0] < given.floor:
            book.sums[rule, DROPPED] += soiled[0]
            soiled = (0, soiled[1])
            moved = _cleaned(book.pool.scratch, moved)
        if slot >= 0:
            book.kept[slot, rule, 2], book.kept[slot, rule, 3] = soiled
        _record(book, place, rule, soiled)
        if inside:
            if book.account[creditor, MARKS] & TOUCHED:
                _arrive(book, rule, creditor, (book.account[creditor, BALANCE], amount), moved, soiled)
        elif creditor < 0:
            book.sums[rule, CASH_TAINTED] += soiled[0]
            book.sums[rule, CASH_UNKNOWN] += soiled[1]
        else:
            _add(book, rule, creditor, soiled[0], soiled[1])


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _cleaned(slices: NDArray[np.int64], size: int) -> int:
    """Call the tainted ones of some slices clean; returns how many there are then."""
    for place in range(size):
        if slices[place] & 3 == TAINTED:
            slices[place] -= TAINTED - CLEAN
    return _joined(slices, 0, size)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _remember(book: Book, where: tuple[int, int], moved: int, soiled: tuple[int, int]) -> None:
    """Keep what a transfer carried, for the one that takes it back."""
    slot, rule = where
    kept = book.kept[slot, rule]
    kept[0], kept[1] = soiled
    kept[5] = moved
    if moved > 0:
        kept[4] = _block(book.pool, _size_for(moved))
        for place in range(moved):
            book.pool.arena[kept[4] + place] = book.pool.scratch[place]


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _recall(book: Book, where: tuple[int, int]) -> int:
    """The slices that :func:`_remember` kept, into the scratch; returns how many."""
    slot, rule = where
    kept = book.kept[slot, rule]
    for place in range(kept[5]):
        book.pool.scratch[place] = book.pool.arena[kept[4] + place]
    if kept[5] > 0:
        _release(book.pool, kept[4], _size_for(kept[5]))
    return kept[5]


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
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
def _without(book: Book, rule: int, account: int, out: tuple[int, int, int]) -> None:
    """Take so much of each label (clean, unknown, tainted) out of an account's slices, the newest first."""
    own = book.account[account]
    block = own[LISTS + 2 * rule]
    if block == 0:
        return
    clean, unknown, tainted = out
    begin, end, size = _part_of(own[LISTS + 2 * rule + 1])
    arena = book.pool.arena
    for place in range(block + end - 1, block + begin - 1, -1):
        value, label = arena[place] >> 2, arena[place] & 3
        if label == CLEAN:
            less = min(value, clean)
            clean -= less
        elif label == UNKNOWN:
            less = min(value, unknown)
            unknown -= less
        else:
            less = min(value, tainted)
            tainted -= less
        arena[place] -= less * 4
    end = _joined(arena, block + begin, block + end) - block
    _settle(book.pool, own, rule, (begin, end, size))


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
                _without(book, rule, debtor, (clean, unknown, tainted))
        if touched or outside:
            _add(book, rule, debtor, -tainted, -unknown)
        whole = lent == 0 and tainted == kept[2] and unknown == kept[3]
        moved = _recall(book, (slot, rule))
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
                moved = _parts(book.pool.scratch, amount - unknown - tainted, unknown, tainted)
        _record(book, place, rule, (tainted, unknown))
        if not inside:
            _add(book, rule, creditor, tainted, unknown)
        elif book.account[creditor, MARKS] & TOUCHED:
            balance = book.account[creditor, BALANCE]
            if rule == FIFO and balance >= 0:
                _put_first(book.pool, book.account[creditor], rule, balance, moved)
            else:
                _arrive(book, rule, creditor, (balance, amount), moved, (tainted, unknown))


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def _parts(scratch: NDArray[np.int64], clean: int, unknown: int, tainted: int) -> int:
    """Slices of three labels into the scratch: unknown, tainted, clean; returns how many."""
    scratch[0], scratch[1], scratch[2] = unknown * 4 + UNKNOWN, tainted * 4 + TAINTED, clean * 4 + CLEAN
    return _joined(scratch, 0, 3)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
def short_of_room(book: Book, debtor: int, creditor: int, slot: int) -> bool:
    """Whether a transfer between two accounts may need more room than the scratch or the arena has.

    `slot` is where the transfer that it takes back is kept, or -1.
    """
    slices = 4
    for rule in range(HAIRCUT):
        if slot >= 0:
            slices += book.kept[slot, rule, 5]
        if debtor >= 0:
            slices += _slices_of(book.account[debtor], rule)
        if creditor >= 0:
            slices += _slices_of(book.account[creditor], rule)
    # By either rule: a smaller block, two that are larger, one that is kept, each at most four times its slices.
    return slices > book.pool.scratch.size or 12 * slices + 128 > book.pool.arena.size - book.pool.counts[FRESH]


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
            slot = given.which[counts[REVERSAL_AT]] if reversal else np.int64(-1)
            if short_of_room(book, debtor, creditor, slot):
                return place
            if book.record_at.size and book.record_at.size - counts[RECORDED] < 1:
                return place
            move = (place, np.int64(debtor), np.int64(creditor), amount)
            if reversal:
                _take_back(book, given, move, slot)
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
            if own[BALANCE] < 0:
                book.label[creditor, REPAID] += min(amount, -own[BALANCE])
            own[BALANCE] += amount
    return end
