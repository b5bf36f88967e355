"""Columns read straight from the bytes of a block in which nothing is odd: times, amounts and words.

A shortcut, never a rule of its own: what comes out is what the slower reading of the same text would have made, and a
column with a single field that is not plain is left to that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.kernels import fields as kernel
from moneytrail.schema import INSTANT

if TYPE_CHECKING:
    from collections.abc import Mapping as ReadOnly
    from collections.abc import Sequence

    from moneytrail.readers.mapping import Mapping, TimeForm

WORDS: Final = ("currency", "channel", "label_illicit")
"""Fields that have few words, whose meaning is looked up."""

_NUMBERS: Final = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}
_PARTS: Final = re.compile(r"%\.f|%.|[^%]")
_TimePlan = tuple[np.ndarray, np.ndarray, bool, np.ndarray]


@dataclass(frozen=True, slots=True)
class Plan:
    """What may be read from bytes, by the column's position: forms of times, decimal marks of amounts, words."""

    times: ReadOnly[int, _TimePlan] = field(default_factory=dict)
    amounts: ReadOnly[int, int] = field(default_factory=dict)
    words: Sequence[int] = ()


NO_PLAN: Final = Plan()


@dataclass(frozen=True, slots=True)
class Plain:
    """Columns of one block by position, as polars Series: Datetime, Int64, Enum.

    An amount is a whole number of ``10 ** -decimals[position]``. `texts` gives a column's text on some lines, as the
    file has it, absent where it is empty.
    """

    columns: ReadOnly[int, pl.Series]
    decimals: ReadOnly[int, int]
    texts: Callable[[int, np.ndarray], pl.Series]


def plan(mapping: Mapping, sources: ReadOnly[str, Sequence[int]]) -> Plan:
    """Return what of a mapping, bound to the positions `sources`, may be read from bytes.

    Only fields that are one column, which no other field uses and no word of which means "nothing".
    """
    used = [at for source in sources.values() for at in source]
    alone = {
        name: source[0]
        for name, source in sources.items()
        if len(source) == 1 and used.count(source[0]) == 1 and name not in mapping.absent
    }
    form = _form(mapping.time)
    times = {alone["booked_at"]: form} if form is not None and "booked_at" in alone else {}
    amounts = (
        {alone["amount"]: ord(mapping.amount.decimal)} if "amount" in alone and not mapping.amount.thousands else {}
    )
    return Plan(times, amounts, [alone[name] for name in WORDS if name in alone])


def read_plain(block: bytes, ends: np.ndarray, wanted: Plan) -> Plain:
    """Read what is plain of a clean block; `ends` is from :func:`moneytrail.kernels.fields.cut_lines`."""
    data = np.frombuffer(block, np.uint8)
    columns, decimals = {}, {}

    def texts(column: int, lines: np.ndarray) -> pl.Series:
        found = [_text(block, ends, line, column) for line in lines.tolist()]
        return pl.Series([text or None for text in found], dtype=pl.String)

    for at, form in wanted.times.items():
        instant, plain = kernel.read_instants(data, ends, at, form)
        if plain:
            columns[at] = pl.Series(instant).cast(INSTANT)
    for at, mark in wanted.amounts.items():
        digits, places, plain = kernel.read_amounts(data, ends, at, mark)
        most = int(places.max(initial=0))
        if plain and int(np.abs(digits).max(initial=0)) * 10**most < 2**63:
            if most:
                digits = digits * 10 ** (most - places.astype(np.int64))
            columns[at], decimals[at] = pl.Series(digits), most
    for at in wanted.words:
        code, example, few = kernel.read_words(data, ends, at)
        if few and example.size:
            words = [_text(block, ends, line, at) for line in example.tolist()]
            empty = code == kernel.NO_WORD
            numbered = pl.Series(np.where(empty, 0, code)).cat.to(pl.Enum(words))
            columns[at] = numbered.set(pl.Series(empty), None) if empty.any() else numbered
    return Plain(columns, decimals, texts)


def _text(block: bytes, ends: np.ndarray, line: int, column: int) -> str:
    before = ends[line, column - 1] if column else ends[line - 1, -1] if line else -1
    text = block[before + 1 : ends[line, column]]
    # Of a line's last field a CR before the LF is no part, as in the kernel.
    last = column == ends.shape[1] - 1
    return (text.removesuffix(b"\r") if last else text).decode("utf-8")


def _form(time: TimeForm) -> _TimePlan | None:
    """Return the first format as the kernel takes it, or nothing where the kernel cannot read it.

    Only the first: a later one counts where the first does not fit, and that is seen only text by text.
    """
    pattern = time.formats[0] if time.formats else ""
    parts = _PARTS.findall(pattern)
    head = [part for part in parts if part != "%.f" and part != "Z"]
    fraction, tail = "%.f" in parts, "Z" if parts[-1:] == ["Z"] else ""
    whole = "".join([*head, "%.f" * fraction, tail]) == pattern
    known = all(part in _NUMBERS or (len(part) == 1 and part.isascii()) for part in head)
    once = all(head.count(part) <= 1 for part in _NUMBERS) and {"%Y", "%m", "%d"} <= set(head)
    local = not tail and time.timezone != "UTC"
    if not (whole and known and once) or local or (fraction and head[-1:] != ["%S"]):
        return None
    text, place = "", dict.fromkeys(_NUMBERS, -1)
    for part in head:
        if part in _NUMBERS:
            place[part] = len(text)
        text += "\0" * _NUMBERS.get(part, 0) or part
    where = np.array(list(place.values()), np.int64)
    return np.frombuffer(text.encode(), np.uint8), where, fraction, np.frombuffer(tail.encode(), np.uint8)
