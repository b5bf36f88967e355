"""Fields of clean blocks: the kernels say what splitting the text says, and know when to keep out of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moneytrail.kernels import fields
from tests.oracles import fields as oracle

COMMA, QUOTE = ord(","), ord('"')
TEXT = b"\0\0\0\0-\0\0-\0\0T\0\0:\0\0:\0\0"
PLACE = np.array([0, 5, 8, 11, 14, 17], np.int64)
FORM = (np.frombuffer(TEXT, np.uint8), PLACE, True, np.frombuffer(b"Z", np.uint8))

CLEAN = st.lists(st.lists(st.text("ab \r", max_size=3), min_size=3, max_size=3), max_size=6)
DIRTY = st.text('ab,\n\r"\0é', max_size=30).map(lambda text: text + "\n")


def cut(block: bytes, count: int, limit: int = 1000, quote: int = QUOTE) -> tuple[np.ndarray, bool, bool]:
    ends, high, clean = fields.cut_lines(np.frombuffer(block, np.uint8), COMMA, quote, count, limit)
    return ends, high, clean


def column_of(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The texts as the second of three columns."""
    block = "".join(f"x,{text},\n" for text in texts).encode()
    ends, _, clean = cut(block, 3)
    assert clean
    return np.frombuffer(block, np.uint8), ends


def cut_texts(block: bytes, ends: np.ndarray) -> list[list[bytes]]:
    data = np.frombuffer(block, np.uint8)
    spans = [[fields._span(data, ends, line, at) for at in range(ends.shape[1])] for line in range(ends.shape[0])]
    return [[block[first:last] for first, last in row] for row in spans]


@given(st.one_of(DIRTY, CLEAN.map(lambda rows: "".join(",".join(row) + "\n" for row in rows))), st.integers(2, 4))
@example("a,b\n\n", 2)
@example("a,b\r\nc,\r\n", 2)
@example("é,b\n", 2)
@example("a\n,b,c,\n", 3)
def test_fields_are_those_of_the_split_text(text: str, count: int) -> None:
    block = text.encode()
    for quote, mark in ((QUOTE, b'"'), (-1, b"")):
        ends, high, clean = cut(block, count, limit=8, quote=quote)
        expected = oracle.cut(block, b",", mark, count, 8)
        assert clean == (expected is not None)
        if expected is not None:
            assert cut_texts(block, ends) == expected
            assert high == (max(block, default=0) >= 128)


def test_a_block_without_lines_has_no_fields() -> None:
    ends, high, clean = cut(b"", 3)
    assert (ends.shape, high, clean) == ((0, 3), False, True)


DIGIT = st.sampled_from("0123456789")
TIMES = st.one_of(
    st.builds(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z".format,
        st.integers(1968, 2264), st.integers(0, 13), st.integers(0, 32), st.integers(0, 24), st.integers(0, 60),
        st.integers(0, 60), st.sampled_from(["", ".", ".5", ".000001", ".123456789", ".1234567891"]),
    ),
    st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    st.text("0123456789-T:.Z ", max_size=24),
)  # fmt: skip


@given(st.lists(TIMES, min_size=1, max_size=3))
@example(["2024-02-29T00:00:00Z", "2000-02-29T23:59:59.999999Z"])
@example(["2023-02-29T00:00:00Z"])
@example(["2100-02-29T00:00:00Z"])
@example(["2025-04-31T00:00:00Z"])
@example(["2025-04-30T00:00:00+Z"])
def test_instants_are_those_of_the_calendar(texts: list[str]) -> None:
    block, ends = column_of(texts)
    instants, plain = fields.read_instants(block, ends, 1, FORM)
    expected = [oracle.instant(text.encode()) for text in texts]
    assert plain == (None not in expected)
    if plain:
        assert instants.tolist() == expected


AMOUNTS = st.one_of(
    st.text("0123456789", min_size=1, max_size=20),
    st.builds("{}.{}".format, st.integers(-(10**9), 10**9), st.text(DIGIT, max_size=11)),
    st.text("-+.e 01", max_size=6),
)


@given(st.lists(AMOUNTS, min_size=1, max_size=3))
@example(["-0", "007", "5."])
@example(["9" * 18, "9" * 19])
@example(["-"])
@example(["1.2.3"])
def test_amounts_are_their_digits(texts: list[str]) -> None:
    block, ends = column_of(texts)
    digits, decimals, plain = fields.read_amounts(block, ends, 1, ord("."))
    expected = [oracle.amount(text.encode(), b".") for text in texts]
    assert plain == (None not in expected)
    if plain:
        assert list(zip(digits.tolist(), decimals.tolist(), strict=True)) == expected


@given(st.lists(st.sampled_from(["", "a", "b", "ab", "ba", "aab", "abb", "axb", "ayb", "é"]), max_size=12))
def test_words_are_numbered_as_they_appear(texts: list[str]) -> None:
    block, ends = column_of(texts)
    code, example_lines, few = fields.read_words(block, ends, 1)
    assert few
    assert code.tolist() == oracle.words([text.encode() for text in texts])
    assert [texts[line] for line in example_lines] == list(dict.fromkeys(text for text in texts if text))


@pytest.mark.parametrize(("count", "few"), [(fields.MOST_WORDS, True), (fields.MOST_WORDS + 1, False)])
def test_too_many_words_are_no_words(count: int, few: bool) -> None:
    block, ends = column_of([str(word) for word in range(count)] * 2)
    assert fields.read_words(block, ends, 1)[2] == few
