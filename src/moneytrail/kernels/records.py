"""Find the records of a delimited text: where each begins and ends, on which line, and whether it is well formed.

The rule, which is RFC 4180 (Y. Shafranovich, IETF, 2005) with one addition of ours, the recovery:

- A field is quoted if and only if its first byte is the quote. Inside, a doubled quote is one quote, and separators
  and line ends are data. After the closing quote only a separator, a line end or the end of the input may follow.
- A quote anywhere else in a field is an ordinary byte.
- A line ends with LF or with the input; a CR directly before that belongs to the line end. A line with nothing on
  it is no record.
- A record that is not well formed rejects **its first physical line only**, and reading resumes on the next line:
  one stray quote costs one row, never the rest of the file.

A record is given up as soon as it has too many fields, so the work is at most (fields + 1) times the input, whatever
the input. What is said of a record depends only on the bytes from its first one on, hence not on how the input was
cut into blocks. Oracle: ``tests/oracles/records.py``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Marks = tuple[int, int, NDArray[np.bool_]]
"""Separator, quote, and the bytes at which the walk stops to think."""

WELL_FORMED = 0
WRONG_FIELD_COUNT = 1
TEXT_AFTER_QUOTE = 2
UNCLOSED_QUOTE = 3
TOO_LONG = 4

HIGH_BYTE = 1
"""The record holds a byte of 128 or more: it must be valid UTF-8 to be text."""
NUL_BYTE = 2
"""The record holds a zero byte, which no text does."""
STRAY_QUOTE = 4
"""An unquoted field holds the quote as an ordinary byte."""

_LF = 10
_CR = 13


class Records(NamedTuple):
    """The records of one block, in order.

    ``start`` and ``end`` (exclusive, without the line end) are int64 offsets into the block; ``line`` is the int64
    number of the first physical line; ``status`` is uint8, 0 where well formed; ``traits`` is uint8, a sum of
    ``HIGH_BYTE``, ``NUL_BYTE`` and ``STRAY_QUOTE``; ``fields`` is int32, and exact where well formed. A record that
    is not well formed spans its first physical line. ``consumed`` bytes were read, up to a record's beginning, and
    ``next_line`` is the number of the line that begins there.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    line: NDArray[np.int64]
    status: NDArray[np.uint8]
    traits: NDArray[np.uint8]
    fields: NDArray[np.int32]
    consumed: int
    next_line: int


@njit(cache=True, nogil=True)
def _line_end(block: Bytes, position: int) -> int:
    """Return the offset of the first LF at or after `position`, or the block's length."""
    while position < block.size and block[position] != _LF:
        position += 1
    return position


@njit(cache=True, nogil=True)
def _special_bytes(separator: int, quote: int) -> NDArray[np.bool_]:
    """Return bool[256]: the bytes at which the walk must stop and think; over all others it runs."""
    special = np.zeros(256, np.bool_)
    special[128:] = True
    special[0] = True
    special[_LF] = True
    special[separator] = True
    if quote >= 0:
        special[quote] = True
    return special


@njit(cache=True, nogil=True)
def _one_record(block: Bytes, start: int, marks: Marks, wanted: int, limit: int) -> tuple[int, int, int, int, int]:
    """Walk one record: return (stop, status, traits, fields, lines).

    `stop` is the offset of the LF that ends the record, or the block's length where the block ends first, or where
    the walk gave up. `lines` counts the LFs inside it. `wanted` below zero takes any number of fields.
    """
    separator, quote, special = marks
    position, field_start, fields, traits, lines = start, start, 1, 0, 0
    size = block.size
    quoted = False
    while True:
        while position < size and not special[block[position]]:
            position += 1
        if position >= size:
            break
        byte = block[position]
        if position - start > limit:
            return position, UNCLOSED_QUOTE if quoted else TOO_LONG, traits, fields, lines
        if byte >= 128:
            traits |= HIGH_BYTE
        elif byte == 0:
            traits |= NUL_BYTE
        elif quoted:
            if byte == _LF:
                lines += 1
            elif byte == quote:
                if position + 1 < size and block[position + 1] == quote:
                    position += 1
                else:
                    quoted = False
                    after = position + 1
                    if after < size and block[after] == _CR and (after + 1 == size or block[after + 1] == _LF):
                        position += 1
                    elif after < size and block[after] != separator and block[after] != _LF:
                        return position, TEXT_AFTER_QUOTE, traits, fields, lines
        elif byte == separator:
            fields += 1
            field_start = position + 1
            if wanted >= 0 and fields > wanted:
                return position, WRONG_FIELD_COUNT, traits, fields, lines
        elif byte == _LF:
            return position, WRONG_FIELD_COUNT if 0 <= wanted != fields else WELL_FORMED, traits, fields, lines
        elif position == field_start:
            quoted = True
        else:
            traits |= STRAY_QUOTE
        position += 1
    if quoted:
        return size, UNCLOSED_QUOTE, traits, fields, lines
    if size - start > limit:
        return size, TOO_LONG, traits, fields, lines
    return size, WRONG_FIELD_COUNT if 0 <= wanted != fields else WELL_FORMED, traits, fields, lines


@njit(cache=True, nogil=True)
def scan_records(
    block: Bytes, separator: int, quote: int, wanted: int, limit: int, final: bool, most: int
) -> tuple[
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.uint8],
    NDArray[np.uint8],
    NDArray[np.int32],
    int,
    int,
]:
    """Find the records of `block`; see the module for the rule.

    Parameters
    ----------
    block : uint8[n], read-only, beginning at a record's beginning
    separator, quote : int
        Byte values below 128; a quote below zero means that nothing is quoted.
    wanted : int
        Fields of a well-formed record; below zero takes any number.
    limit : int
        Most bytes of a record; a CR before its LF counts, the LF does not.
    final : bool
        Whether the input ends with the block. If not, a record that the block cuts off is left for the next one.
    most : int
        Stop after so many records; below zero for no bound.

    Returns
    -------
    tuple
        The fields of :class:`Records`, where ``line`` and ``next_line`` count from 0.

    Runs on the caller's thread, without the GIL. Cost: at most (wanted + 1) passes, one in practice.
    """
    capacity = 1
    for position in range(block.size):
        capacity += block[position] == _LF
    if most >= 0:
        capacity = min(capacity, most)
    starts = np.empty(capacity, np.int64)
    ends = np.empty(capacity, np.int64)
    line_numbers = np.empty(capacity, np.int64)
    statuses = np.empty(capacity, np.uint8)
    traits = np.empty(capacity, np.uint8)
    fields = np.empty(capacity, np.int32)
    marks = (separator, quote, _special_bytes(separator, quote))
    found, start, line = 0, 0, 0
    while start < block.size and found < capacity:
        stop, status, trait, count, lines = _one_record(block, start, marks, wanted, limit)
        # At the block's end a verdict may still change; one that was reached before it may not.
        if stop == block.size and not final:
            break
        if status != WELL_FORMED:
            stop = _line_end(block, start)
            lines = 0
            if stop == block.size and not final:
                break
        end = stop
        if end > start and block[end - 1] == _CR:
            end -= 1
        if end > start:
            starts[found], ends[found], line_numbers[found] = start, end, line
            statuses[found], traits[found], fields[found] = status, trait, count
            found += 1
        line += lines + 1
        start = min(stop + 1, block.size)
    return (
        starts[:found],
        ends[:found],
        line_numbers[:found],
        statuses[:found],
        traits[:found],
        fields[:found],
        start,
        line,
    )


@njit(cache=True, nogil=True)
def join_spans(block: Bytes, start: NDArray[np.int64], end: NDArray[np.int64]) -> Bytes:
    """Return uint8[m]: the bytes of every span [start, end) of `block`, each followed by one LF.

    `start` and `end` are int64[k]. Runs on the caller's thread; cost O(m).
    """
    out = np.empty(int((end - start).sum()) + start.size, np.uint8)
    put = 0
    for span in range(start.size):
        for position in range(start[span], end[span]):
            out[put] = block[position]
            put += 1
        out[put] = _LF
        put += 1
    return out
