"""Worlds in which L09 may be found: some accounts pay some others."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from tests.typologies.cases.shapes import Step, among_others
from tests.worlds import DAY, HOUR, LINKS, Case, shares

MONEY = ("value",)
"""Parameters that are money."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((1, 3, 7, 21))),
        "senders": draw(st.sampled_from((2, 2, 3))),
        "receivers": draw(st.sampled_from((2, 2, 3))),
        "pair_share": draw(shares(0.25, 0.6, 0.75, 1.0)),
        "links": draw(st.sampled_from((1, 2, 2))),
        "value": draw(st.sampled_from((1, 1, 2))),
        "few_transfers": draw(st.sampled_from((1, 2, 20))),
        "busiest": draw(st.sampled_from((2, 3, 25, 25))),
        "stack_share": draw(shares(0.001, 0.8, 1.0)),
        "history_days": 3,
    }
    layers = draw(st.sampled_from((("abc", "def"), ("ab", "cdef"), ("ab", "cd", "ef"))))
    steps: list[Step] = [
        (sender, receiver, 7 * number + draw(st.integers(0, 7)), draw(st.sampled_from((2, 3, 5))))
        for number, (senders, receivers) in enumerate(pairwise(layers))
        for sender in senders
        for receiver in receivers
        if draw(st.integers(0, 4))
    ]
    rows = draw(among_others(steps, (0, 1, 2), (HOUR, 2 * HOUR, 6 * HOUR, DAY // 2, DAY)))
    return Case("L09", rows, draw(st.sampled_from(LINKS)), overrides)
