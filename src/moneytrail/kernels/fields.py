"""Fields straight from the bytes of a delimited text in which nothing is odd: where they are, and what they say.

Only for blocks of whole lines that hold no quote and no zero byte and have the same number of fields on every line;
and of those fields only the plain ones: a time of one fixed form, an amount of a few digits, one of a few words.
Everything else is read by slower means that know every rule, and must come to the same. Where a field is, is told by
the end of it: ``ends`` is int32[lines, fields], the offset of the separator or LF behind each field, and a field begins
right after the end of the one before it. Oracle: ``tests/oracles/fields.py``.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ends = NDArray[np.int32]

MOST_DIGITS = 18
"""Digits of a plain amount, at most: so many always fit int64."""
MOST_WORDS = 200
"""Different words of a column of words, at most."""
NO_WORD = 255
"""The code of an empty field."""

_END = 1
_ODD = 2
_HIGH = 4
_LF = 10
_CR = 13
_SLOTS = 1024


@njit(cache=True, nogil=True)
def cut_lines(block: Bytes, separator: int, quote: int, fields: int, limit: int) -> tuple[Ends, bool, bool]:
    """Find every field of `block`, if nothing in it is odd.

    Parameters
    ----------
    block : uint8[n], read-only, n < 2^31
        Whole lines: empty, or the last byte is LF.
    separator, quote : int
        Byte values; a quote below zero means that nothing is quoted.
    fields : int
        Fields of a line, 2 or more.
    limit : int
        Most bytes of a line without its LF.

    Returns
    -------
    ends : int32[lines, fields]
    high : bool
        Whether there is a byte of 128 or more; if so the caller must see whether the block is UTF-8.
    clean : bool
        Whether there is no quote, no zero byte, no line that is longer than `limit` and none with another number of
        fields; if not, `ends` is empty.

    Runs on the caller's thread, without the GIL; one pass over the bytes and one over the ends.
    """
    nothing = np.empty((0, fields), np.int32)
    size = block.size
    kinds = np.zeros(256, np.uint8)
    kinds[128:] = _HIGH
    kinds[separator] = kinds[_LF] = _END
    kinds[0] = _ODD
    if quote >= 0:
        kinds[quote] = _ODD
    ends = np.empty(size + 1, np.int32)
    found, seen = 0, np.uint8(0)
    for i in range(size):
        kind = kinds[block[i]]
        seen |= kind
        if kind == _END:
            ends[found] = i
            found += 1
    if seen & _ODD or found % fields:
        return nothing, False, False
    line_start = 0
    for first in range(0, found, fields):
        for at in range(first, first + fields - 1):
            if block[ends[at]] == _LF:
                return nothing, False, False
        last = ends[first + fields - 1]
        if block[last] != _LF or last - line_start > limit:
            return nothing, False, False
        line_start = last + 1
    return ends[:found].reshape(found // fields, fields), (seen & _HIGH) != 0, True


@njit(cache=True, nogil=True)
def _span(block: Bytes, ends: Ends, line: int, column: int) -> tuple[int, int]:
    """Return the first byte of a field and the byte behind it; a CR before the LF belongs to the line's end."""
    last = ends[line, column]
    if column == 0:
        return (ends[line - 1, ends.shape[1] - 1] + 1 if line else 0), last
    first = ends[line, column - 1] + 1
    if column == ends.shape[1] - 1 and last > first and block[last - 1] == _CR:
        last -= 1
    return first, last


@njit(cache=True, nogil=True)
def _days(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a day of the Gregorian calendar, or -1 where there is no such day.

    Only for years from 1970. Counted in years that begin in March, so that the odd day is the last.
    """
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if month < 1 or month > 12 or day < 1 or day > 31:
        return -1
    if day > 28:
        if month == 2 and day > (29 if leap else 28):
            return -1
        if day > 30 and month in (4, 6, 9, 11):
            return -1
    if month <= 2:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469


@njit(cache=True, nogil=True)
def _number(block: Bytes, first: int, digits: int) -> int:
    """Return the number that so many bytes write, or -1 where one of them is no digit."""
    number = 0
    for i in range(digits):
        digit = np.int64(block[first + i]) - 48
        if digit < 0 or digit > 9:
            return -1
        number = number * 10 + int(digit)
    return number


@njit(cache=True, nogil=True)
def _same(block: Bytes, one: int, other: int, length: int) -> bool:
    for i in range(length):
        if block[one + i] != block[other + i]:
            return False
    return True


@njit(cache=True, nogil=True)
def read_instants(
    block: Bytes, ends: Ends, column: int, form: tuple[Bytes, NDArray[np.int64], bool, Bytes]
) -> tuple[NDArray[np.int64], bool]:
    """Read a column of times that all have one form.

    Parameters
    ----------
    block, ends
        From :func:`cut_lines`.
    column : int
    form : (text uint8[k], place int64[6], fraction bool, tail uint8[j])
        `text` has a zero byte where a digit stands, and elsewhere the byte that must stand there. `place` says where
        the year (four digits), month, day, hour, minute and second (two each) begin, below zero where there is none;
        year, month and day there are. Then, if `fraction`, there may be a point and 1 to 9 digits, of which those
        behind the sixth are cut; then `tail`.

    Returns
    -------
    instant : int64[lines]
        Microseconds since 1970-01-01 00:00 of the same clock.
    plain : bool
        Whether every field has the form and is a time from 1970 to 2261; if not, `instant` means nothing.

    Runs on the caller's thread; stops at the first field that is not plain.
    """
    text, place, fraction, tail = form
    instant = np.zeros(ends.shape[0], np.int64)
    size, literal = text.size, np.flatnonzero(text)
    for line in range(ends.shape[0]):
        first, last = _span(block, ends, line, column)
        if last - first < size + tail.size:
            return instant, False
        for i in literal:
            if block[first + i] != text[i]:
                return instant, False
        at = first + size
        micro, unit = np.int64(0), np.int64(100_000)
        if fraction and block[at] == 46:
            stop = min(last, at + 10)
            at += 1
            begin = at
            while at < stop and 48 <= block[at] <= 57:
                micro += (np.int64(block[at]) - 48) * unit
                unit //= 10
                at += 1
            if at == begin:
                return instant, False
        if last - at != tail.size or not _same_bytes(block, at, tail):
            return instant, False
        year = _number(block, first + place[0], 4)
        days = _days(year, _number(block, first + place[1], 2), _number(block, first + place[2], 2))
        hour = _number(block, first + place[3], 2) if place[3] >= 0 else 0
        minute = _number(block, first + place[4], 2) if place[4] >= 0 else 0
        second = _number(block, first + place[5], 2) if place[5] >= 0 else 0
        if year < 1970 or year > 2261 or days < 0 or hour > 23 or minute > 59 or second > 59:
            return instant, False
        if hour < 0 or minute < 0 or second < 0:
            return instant, False
        instant[line] = ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + micro
    return instant, True


@njit(cache=True, nogil=True)
def _same_bytes(block: Bytes, first: int, text: Bytes) -> bool:
    for i in range(text.size):
        if block[first + i] != text[i]:
            return False
    return True


@njit(cache=True, nogil=True)
def read_amounts(block: Bytes, ends: Ends, column: int, mark: int) -> tuple[NDArray[np.int64], NDArray[np.uint8], bool]:
    """Read a column of plain amounts: perhaps a minus, 1 to 18 digits, perhaps the decimal mark among or behind them.

    Returns
    -------
    digits : int64[lines]
        The amount without its decimal mark.
    decimals : uint8[lines]
        How many of the digits stand behind the mark.
    plain : bool
        Whether every field is such an amount; if not, the others mean nothing.

    Runs on the caller's thread; stops at the first field that is not plain.
    """
    digits = np.zeros(ends.shape[0], np.int64)
    decimals = np.zeros(ends.shape[0], np.uint8)
    for line in range(ends.shape[0]):
        first, last = _span(block, ends, line, column)
        negative = first < last and block[first] == 45
        if negative:
            first += 1
        value, before, behind, marked = np.int64(0), 0, 0, False
        for position in range(first, last):
            byte = block[position]
            if 48 <= byte <= 57:
                if before + behind == MOST_DIGITS:
                    return digits, decimals, False
                value = value * 10 + np.int64(byte) - 48
                if marked:
                    behind += 1
                else:
                    before += 1
            elif byte == mark and not marked:
                marked = True
            else:
                return digits, decimals, False
        if before == 0:
            return digits, decimals, False
        digits[line] = -value if negative else value
        decimals[line] = behind
    return digits, decimals, True


@njit(cache=True, nogil=True)
def read_words(block: Bytes, ends: Ends, column: int) -> tuple[NDArray[np.uint8], NDArray[np.int64], bool]:
    """Number the words of a column that has few.

    Returns
    -------
    code : uint8[lines]
        Words are numbered as they first appear, from 0; an empty field has :data:`NO_WORD`.
    example : int64[words]
        The line on which each word first stands.
    few : bool
        Whether there are at most :data:`MOST_WORDS` words; if not, the others mean nothing.

    Runs on the caller's thread; stops at one word too many.
    """
    code = np.full(ends.shape[0], NO_WORD, np.uint8)
    example = np.zeros(MOST_WORDS, np.int64)
    known, known_length = np.zeros(MOST_WORDS, np.int64), np.zeros(MOST_WORDS, np.int64)
    slots = np.full(_SLOTS, -1, np.int64)
    words, latest = 0, 0
    for line in range(ends.shape[0]):
        first, last = _span(block, ends, line, column)
        length = last - first
        if length == 0:
            continue
        # Most often a word stands again and again.
        if known_length[latest] == length and _same(block, known[latest], first, length):
            code[line] = latest
            continue
        middle = np.int64(block[first + length // 2])
        slot = (np.int64(block[first]) * 31 + middle * 7 + np.int64(block[last - 1]) * 3 + length) % _SLOTS
        while True:
            word = slots[slot]
            if word < 0:
                if words == MOST_WORDS:
                    return code, example, False
                slots[slot] = word = words
                example[word], known[word], known_length[word] = line, first, length
                words += 1
                break
            if known_length[word] == length and _same(block, known[word], first, length):
                break
            slot = (slot + 1) % _SLOTS
        code[line] = latest = word
    return code, example[:words].copy(), True
