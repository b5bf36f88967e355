"""The scan of records against its oracle, and the promises it makes about stray quotes and blocks."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moneytrail.kernels.records import STRAY_QUOTE, UNCLOSED_QUOTE, WELL_FORMED, join_spans, scan_records
from tests.oracles.records import records as oracle

TEXTS = st.lists(st.sampled_from([b"a", b'"', b",", b"\n", b"\r", b'""', b"\xc3", b"bcd"]), max_size=40).map(b"".join)
Found = list[tuple[int, int, int, int]]


def scan(
    text: bytes, wanted: int = 2, limit: int = 65_536, quote: int = 34, *, final: bool = True, most: int = -1
) -> tuple[Found, int, int]:
    data = np.frombuffer(text, np.uint8)
    start, end, line, status, _, _, consumed, next_line = scan_records(data, 44, quote, wanted, limit, final, most)
    found = list(zip(start.tolist(), end.tolist(), line.tolist(), status.tolist(), strict=True))
    return found, consumed, next_line


@given(TEXTS, st.sampled_from([-1, 1, 2, 3]), st.integers(1, 30))
@example(b'"a"\r', 1, 30)
@example(b'a,"b\n\nc,d\n"', 2, 30)
@example(b'"\r\n","\r\n', 2, 30)
@settings(max_examples=100, deadline=None)
def test_scan_equals_the_oracle(text: bytes, wanted: int, limit: int) -> None:
    assert scan(text, wanted, limit)[0] == oracle(text, b",", b'"', wanted, limit)


@given(TEXTS, st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_without_a_quote_character_a_quote_is_an_ordinary_byte(text: bytes, wanted: int) -> None:
    assert scan(text, wanted, quote=-1)[0] == oracle(text, b",", b"", wanted, 65_536)


@given(TEXTS, st.sampled_from([-1, 1, 2, 3]), st.integers(1, 30), st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_blocks_of_any_size_give_the_same_records(text: bytes, wanted: int, limit: int, block: int) -> None:
    found: Found = []
    tail, base, line, at = b"", 0, 0, 0
    while True:
        chunk = text[at : at + block]
        at += len(chunk)
        part, consumed, lines = scan(tail + chunk, wanted, limit, final=not chunk)
        found += [(start + base, end + base, first + line, status) for start, end, first, status in part]
        tail, base, line = (tail + chunk)[consumed:], base + consumed, line + lines
        if not chunk:
            break
    assert found == scan(text, wanted, limit)[0]


def test_a_stray_quote_costs_one_line() -> None:
    found, _, _ = scan(b'a,b\nc,"d\ne,f\ng,h\n')
    assert [(line, status) for _, _, line, status in found] == [
        (0, WELL_FORMED),
        (1, UNCLOSED_QUOTE),
        (2, WELL_FORMED),
        (3, WELL_FORMED),
    ]


def test_lines_inside_quotes_are_counted() -> None:
    found, _, next_line = scan(b'a,"b\nb\nb"\nc,d\n')
    assert [line for _, _, line, _ in found] == [0, 3]
    assert next_line == 4


def test_a_quote_inside_an_unquoted_field_is_marked() -> None:
    traits = scan_records(np.frombuffer(b'a"b,c\n', np.uint8), 44, 34, 2, 99, True, -1)[4]
    assert traits.tolist() == [STRAY_QUOTE]


def test_most_stops_early() -> None:
    found, consumed, next_line = scan(b"\na,b\nc,d\n", most=1)
    assert (len(found), consumed, next_line) == (1, 5, 2)


@pytest.mark.slow
@pytest.mark.parametrize("line", [b'a","""\n', b'"\n', b'a,"""b\n', b'a,"b\n', b'"",""\n'])
def test_stray_quotes_do_not_make_it_quadratic(line: bytes) -> None:
    scan(line * 10)
    text = line * (4_000_000 // len(line))
    began = time.perf_counter()
    scan(text, wanted=20)
    # One pass takes some 10 ms; a quadratic walk of 64 KiB a line would take minutes.
    assert time.perf_counter() - began < 5.0


def test_join_spans_ends_every_span_with_a_line_feed() -> None:
    data = np.frombuffer(b"abcdef", np.uint8)
    joined = join_spans(data, np.array([0, 4], np.int64), np.array([2, 6], np.int64))
    assert joined.tobytes() == b"ab\nef\n"
