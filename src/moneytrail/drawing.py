"""Draws the transfers of one match as lanes: a line an account, an arrow a transfer, in the order of time.

SVG as text, without any library; equal transfers give equal bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

LANE, COLUMN, LEFT, TOP, BOTTOM = 30, 46, 190, 24, 64
INK, LINE, SUBJECT = "#1a1a1a", "#b8b8b8", "#D55E00"
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
    width = LEFT + COLUMN * len(shown) + 30
    height = TOP + LANE * len(lanes) + BOTTOM
    roles = list(dict.fromkeys(arrow.role for arrow in shown))
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + 20 * len(roles) + 20}" '
            f'width="{width}" font-family="sans-serif" font-size="11" role="img">'
        ),
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        *(_marker(number, colour) for number, colour in enumerate(ROLES)),
    ]
    for lane, place in lanes.items():
        colour = SUBJECT if lane == subject else LINE
        y = TOP + LANE * place
        weight = ' font-weight="bold"' if lane == subject else ""
        parts.append(f'<line x1="{LEFT - 8}" y1="{y}" x2="{width - 12}" y2="{y}" stroke="{colour}"/>')
        parts.append(f'<text x="{LEFT - 14}" y="{y + 4}" text-anchor="end" fill="{INK}"{weight}>{escape(lane)}</text>')
    for column, arrow in enumerate(shown):
        parts += _arrow(arrow, LEFT + COLUMN * column + 14, lanes, roles.index(arrow.role) % len(ROLES))
        x, y = LEFT + COLUMN * column + 14, TOP + LANE * (len(lanes) - 1) + 22
        parts.append(f'<text x="{x}" y="{y}" fill="{INK}" transform="rotate(35 {x} {y})">{escape(arrow.day)}</text>')
    for number, role in enumerate(roles):
        y = height + 20 * number
        colour = ROLES[number % len(ROLES)]
        parts.append(f'<line x1="14" y1="{y}" x2="44" y2="{y}" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="52" y="{y + 4}" fill="{INK}">{escape(role)}</text>')
    if len(arrows) > len(shown):
        more = f"and {len(arrows) - len(shown)} more transfers"
        parts.append(f'<text x="{LEFT}" y="{height}" fill="{INK}">{more}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _lanes(arrows: Sequence[Arrow], subject: str) -> dict[str, int]:
    """A place for each account: those that pay the subject above it, those that it pays and the rest below."""
    pays = [a.debtor or CASH for a in arrows if a.creditor == subject]
    others = [name or CASH for a in arrows for name in (a.debtor, a.creditor)]
    above = [name for name in dict.fromkeys(pays) if name != subject]
    below = [name for name in dict.fromkeys(others) if name != subject and name not in above]
    return {name: place for place, name in enumerate([*above, subject, *below])}


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
        f'<text x="{x + 4}" y="{(start + end) / 2 + 3:g}" fill="{INK}" font-size="9">{escape(arrow.amount)}</text>',
    ]


def _marker(number: int, colour: str) -> str:
    return (
        f'<marker id="arrow{number}" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" markerHeight="6" '
        f'orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="{colour}"/></marker>'
    )
