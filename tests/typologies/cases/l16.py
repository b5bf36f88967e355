"""Worlds in which L16 may be found: a student is paid in cash and by strangers, and pays fees."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.worlds import ANYWAY, DAY, HOUR, INTO_A, LINKS, OUT_OF_A, Case, shares, transfer_lists

MONEY = ("credit", "value")
"""Parameters that are money."""

WORK: tuple[dict[str, Any], ...] = (
    {"occupation": "Student"},
    {"occupation": "student", "kind": "personal"},
    {"occupation": "cleaner"},
    {"occupation": "student"},
    {"occupation": "retired"},
    {"occupation": "student", "kind": "charity"},
    {"occupation": "chef"},
)
REFERENCES = (None, None, "tuition", "Hall fees 3", "terms", "INV 1", "goods")
"""``terms`` is no whole word of study."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    overrides = {
        "window_days": draw(st.sampled_from((3, 7, 30, 30))),
        "credits": draw(st.sampled_from((1, 2, 3))),
        "credit": draw(st.sampled_from((0, 1, 2))),
        "value": draw(st.sampled_from((1, 1, 4, 10))),
        "largest_share": draw(shares(0.5, 0.6, 0.8, 1.0)),
        "onward_days": draw(st.sampled_from((1, 5, 5, 30))),
        "onward_share": draw(shares(0.001, 0.001, 0.2, 0.5, 1.0)),
        "abroad_share": draw(shares(0.0, 0.1, 0.5, 1.0, 1.0)),
        "lookback_days": draw(st.sampled_from((1, 9, 90))),
    }
    channels = ("cash",) * 4 + ("credit_transfer",) * 5 + ("wire", "card")
    rows = draw(transfer_lists(INTO_A * 8 + OUT_OF_A * 4 + ANYWAY, (0, 1, 2, 5, 10), (HOUR, 6 * HOUR, DAY), channels))
    drawn = st.tuples(
        st.sampled_from(REFERENCES), st.sampled_from(("GB",) * 6 + (None, "TR")), st.sampled_from((None, "8220"))
    )
    more = draw(st.lists(drawn, min_size=len(rows), max_size=len(rows)))
    rows = [
        row | {"reference": words, "debtor_country": country, "merchant_category": category}
        for row, (words, country, category) in zip(rows, more, strict=True)
    ]
    # Where no bank's country is known, nothing is looked for.
    rows = [row | ({"debtor_country": "GB"} if place == 0 else {}) for place, row in enumerate(rows)]
    links = {name: dict(known) for name, known in draw(st.sampled_from(LINKS)).items()}
    for name, work in (("a", draw(st.sampled_from(WORK))), ("b", draw(st.sampled_from(WORK)))):
        links[name] = links.get(name, {}) | work
    return Case("L16", rows, links, overrides)
