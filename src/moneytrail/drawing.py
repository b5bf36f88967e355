"""Draws the transfers of one match as lanes: a line an account, an arrow a transfer, in the order of time.

SVG as text, without any library; equal transfers give equal bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

LANE, COLUMN, LEFT, TOP, BOTTOM, MARGIN = 30, 46, 190, 24, 64, 42
INK, LINE, SUBJECT = "#1a1a1a", "#b8b8b8", "#D55E00"
HALO: Final = 'paint-order="stroke" stroke="#ffffff" stroke-width="3"'
ROLES: Final = ("#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
"""Colours of the roles in turn (Okabe and Ito); each role is also named below the drawing."""

MOST_ARROWS: Final = 30
CASH: Final = "cash"


class Arrow(NamedTuple):
    """One transfer as it is drawn.

    Attributes
    ----------
    day : str
        Stands below the arrow.
    debtor, creditor : str or None
        Lanes; ``None`` is cash.
    amount : str
        Stands beside the arrow.
    role : str
    """

    day: str
    debtor: str | None
    creditor: str | None
    amount: str
    role: str


def draw(arrows: Sequence[Arrow], subject: str, title: str) -> str:
    """The drawing as SVG.

    Parameters
    ----------
    arrows : sequence of Arrow
        In the order of time; at most the first 30 are drawn, and it says how many are not.
    subject : str
        Its lane is drawn in another colour.
    title : str
        For those who cannot see the drawing.
    """
    shown = list(arrows[:MOST_ARROWS])
    lanes = _lanes(shown, subject)
    roles = list(dict.fromkeys(arrow.role for arrow in shown))
    # An amount stands between its arrow and the next.
    step = max(COLUMN, 10 + 5 * max((len(arrow.amount) for arrow in shown), default=0))
    width, height = LEFT + step * len(shown) + MARGIN, TOP + LANE * len(lanes) + BOTTOM
    foot = height - BOTTOM - LANE + 22
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + 20 * len(roles) + 20}" '
            f'width="{width}" font-family="sans-serif" font-size="11" role="img">'
        ),
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        *(_marker(number, colour) for number, colour in enumerate(ROLES)),
        *(_lane(name, TOP + LANE * place, width, name == subject) for name, place in lanes.items()),
    ]
    for column, arrow in enumerate(shown):
        x = LEFT + step * column + 14
        parts += _arrow(arrow, x, lanes, roles.index(arrow.role) % len(ROLES))
        parts.append(_text(x, foot, arrow.day, f' transform="rotate(35 {x} {foot})"'))
    for number, role in enumerate(roles):
        y, colour = height + 20 * number, ROLES[number % len(ROLES)]
        parts.append(f'<line x1="14" y1="{y}" x2="44" y2="{y}" stroke="{colour}" stroke-width="2"/>')
        parts.append(_text(52, y + 4, role))
    if len(arrows) > len(shown):
        parts.append(_text(LEFT, height + 4, f"and {len(arrows) - len(shown)} more transfers"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _lanes(arrows: Sequence[Arrow], subject: str) -> dict[str, int]:
    """A place for each account: above the subject those that pay it, or only pay, unless its own money reached them."""
    ways = [(arrow.debtor or CASH, arrow.creditor or CASH) for arrow in arrows]
    payers, paid = {debtor for debtor, _ in ways}, {creditor for _, creditor in ways}
    upper = {debtor for debtor, creditor in ways if creditor == subject} | (payers - paid)
    seen, reached = {subject}, {subject}
    for debtor, creditor in ways:
        if debtor in reached and creditor not in seen:
            reached.add(creditor)
        seen |= {debtor, creditor}
    others = [name for name in dict.fromkeys(name for way in ways for name in way) if name != subject]
    above = [name for name in others if name in upper - reached]
    return {name: place for place, name in enumerate([*above, subject, *(n for n in others if n not in above)])}


def _lane(name: str, y: int, width: int, is_subject: bool) -> str:
    colour, weight = (SUBJECT, ' font-weight="bold"') if is_subject else (LINE, "")
    line = f'<line x1="{LEFT - 8}" y1="{y}" x2="{width - 12}" y2="{y}" stroke="{colour}"/>'
    return line + "\n" + _text(LEFT - 14, y + 4, name, f' text-anchor="end"{weight}')


def _text(x: int, y: float, said: str, more: str = "") -> str:
    return f'<text x="{x}" y="{y:g}" fill="{INK}"{more}>{escape(said)}</text>'


def _arrow(arrow: Arrow, x: int, lanes: dict[str, int], role: int) -> list[str]:
    start = TOP + LANE * lanes[arrow.debtor or CASH]
    end = TOP + LANE * lanes[arrow.creditor or CASH]
    short = end + (-3 if end > start else 3)
    return [
        f'<circle cx="{x}" cy="{start}" r="2.5" fill="{ROLES[role]}"/>',
        (
            f'<line x1="{x}" y1="{start}" x2="{x}" y2="{short}" stroke="{ROLES[role]}" stroke-width="1.6" '
            f'marker-end="url(#arrow{role})"/>'
        ),
        # Pale behind the figures, or the lanes strike them out.
        _text(x + 4, (start + end) / 2 + 3, arrow.amount, f' font-size="9" {HALO}'),
    ]


def _marker(number: int, colour: str) -> str:
    return (
        f'<marker id="arrow{number}" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" markerHeight="6" '
        f'orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="{colour}"/></marker>'
    )
