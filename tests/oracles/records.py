"""The records of a delimited text, field by field, as slowly as it likes. Imports nothing of ours."""

from __future__ import annotations

WELL_FORMED, WRONG_FIELD_COUNT, TEXT_AFTER_QUOTE, UNCLOSED_QUOTE, TOO_LONG = range(5)

Record = tuple[int, int, int, int]
"""start, end (without the line end), line from 0, status"""


class _RecordError(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


def records(text: bytes, separator: bytes, quote: bytes, wanted: int, limit: int) -> list[Record]:
    """Return every record of a whole text; one that is not well formed spans its first physical line."""
    found: list[Record] = []
    start = 0
    while start < len(text):
        line = text[:start].count(b"\n")
        first_end = _line_end(text, start)
        if not text[start:first_end].removesuffix(b"\r"):
            start = first_end + 1
            continue
        try:
            end = _record_end(text, start, separator, quote, wanted, limit)
            status = WELL_FORMED
        except _RecordError as fault:
            end, status = first_end, fault.status
        cut = end - 1 if text[start:end].endswith(b"\r") else end
        found.append((start, cut, line, status))
        start = end + 1
    return found


def _line_end(text: bytes, start: int) -> int:
    end = text.find(b"\n", start)
    return len(text) if end < 0 else end


def _record_end(text: bytes, start: int, separator: bytes, quote: bytes, wanted: int, limit: int) -> int:
    at, fields = start, 0
    while True:
        fields += 1
        if at - start > limit:
            raise _RecordError(TOO_LONG)
        if quote and text.startswith(quote, at):
            at = _after_quoted(text, start, at, separator, quote, limit)
        else:
            while at < len(text) and text[at : at + 1] not in (separator, b"\n"):
                at += 1
        if at - start > limit:
            raise _RecordError(TOO_LONG)
        if at >= len(text) or text[at : at + 1] == b"\n":
            if fields != wanted >= 0:
                raise _RecordError(WRONG_FIELD_COUNT)
            return at
        if fields == wanted:
            raise _RecordError(WRONG_FIELD_COUNT)
        at += 1


def _after_quoted(text: bytes, start: int, at: int, separator: bytes, quote: bytes, limit: int) -> int:
    """Return the offset behind a quoted field, and behind the CR of the line end that may follow it."""
    at += 1
    while True:
        close = text.find(quote, at)
        if close < 0 or close - start > limit:
            raise _RecordError(UNCLOSED_QUOTE)
        if text[close + 1 : close + 2] != quote:
            break
        at = close + 2
    after = close + 1
    if text[after : after + 2] in (b"\r\n", b"\r"):
        return after + 1
    if after < len(text) and text[after : after + 1] not in (separator, b"\n"):
        raise _RecordError(TEXT_AFTER_QUOTE)
    return after
