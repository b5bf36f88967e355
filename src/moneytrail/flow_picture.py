"""Draws where tainted money went: a lane an account, an arrow a payment, time in steps to the right.

SVG as text, without script, font or any library; equal traces give equal bytes. What stands where is for
:mod:`moneytrail.flow_layout`, how large it is for :mod:`moneytrail.flow_sheet`, the words for
:mod:`moneytrail.flow_words`.
"""

from __future__ import annotations

from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from moneytrail.errors import ParameterError
from moneytrail.flow_layout import EXITS, Kind, Lane
from moneytrail.flow_sheet import (
    AMOUNT_SIZE,
    BOLD,
    END_LINE,
    ENDS,
    HEAD,
    NAMES,
    THINNEST,
    TOP,
    Strand,
    cut,
    lines_at_end,
    measure,
    place_labels,
    width_of,
)
from moneytrail.flow_words import LEFT_AS, Asked, Told
from moneytrail.tracing import Rule, Standing
from moneytrail.wording import day, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from moneytrail.tracing import Trace

INK, PAPER, STRIPE, LINE, FAINT, SHADE = "#1a1a1a", "#ffffff", "#f6f6f6", "#8c8c8c", "#c9c9c9", "#e4e4e4"
BAND, FLOW, SEED, LEAVING = "#b5daf2", "#0072B2", "#00795a", "#B84A00"
"""After Okabe and Ito; nothing is told by colour alone."""
NAME_SIZE, SMALL, TITLE_SIZE = 11.0, 9.5, 15.0
LEGEND, LEGEND_LINE = 390, 18
"""Pixels of an entry of the legend."""
STANDINGS: Final = {
    Standing.SUSPECT: "the holder is held to be a suspect",
    Standing.VICTIM: "the holder is held to be a victim",
    Standing.UNKNOWN: "nothing is held of the holder",
}
FROZEN: Final = "frozen"
_GLYPHS: Final = {
    Kind.CASH: '<rect x="-7" y="-4.5" width="14" height="9"/><circle r="2.2"/>',
    Kind.OTHER_BANK: '<path d="M-7 -1 L0 -6 L7 -1 Z M-5 -1 V4 M0 -1 V4 M5 -1 V4 M-7 5 H7"/>',
    Kind.PURCHASE: '<path d="M-5 -2 H5 L6 6 H-6 Z M-2.5 -2 V-3.5 A2.5 2.5 0 0 1 2.5 -3.5 V-2"/>',
    Kind.OVERDRAFT: '<circle r="5.5"/><path d="M-3 0 H3"/>',
    Kind.TAKEN_BACK: '<circle r="6.5"/><path d="M3.5 3 V0 A3 3 0 0 0 -2.5 0 V2.5 M-4.5 0.5 L-2.5 3 L-0.5 0.5"/>',
    Kind.SEED: f'<circle r="4.5"/><circle r="1.6" fill="{INK}"/>',
    Standing.SUSPECT: f'<path d="M0 -6 L6 5 L-6 5 Z" fill="{INK}"/>',
    Standing.VICTIM: '<circle r="5.5"/>',
    Standing.UNKNOWN: '<rect x="-5" y="-5" width="10" height="10" stroke-dasharray="2 2"/>',
    FROZEN: f'<rect x="-5" y="-1" width="10" height="7" fill="{INK}"/><path d="M-3 -1 V-3 A3 3 0 0 1 3 -3 V-1"/>',
}


def draw_flows(
    made: Trace,
    *,
    rule: Rule = Rule.TAINTED_FIRST,
    most_accounts: int = 24,
    frozen: Sequence[str] = (),
    held_to_be: Mapping[str, str] | None = None,
    title: str = "",
) -> str:
    """The flow picture of a trace as SVG.

    Parameters
    ----------
    made : Trace
        With what transfers carried.
    rule : Rule
        Any that the trace was made by, but poison.
    most_accounts : int
        Lanes, one or more; the accounts with least money beyond them are folded into one more.
    frozen : sequence of str
        Accounts whose lanes end under lock; those that the trace did not reach are passed over.
    held_to_be : mapping of str to str, optional
        What the holders of accounts are held to be: ``suspect``, ``victim`` or ``unknown``.
    title : str
        A line above the picture; the rule is named where there is none.

    Returns
    -------
    str
        One SVG without script, outside font or link. Names are escaped, cut, and rid of what controls or turns text.

    Raises
    ------
    ParameterError
        When a parameter is not as said here, or the trace did not record what transfers carried.

    Notes
    -----
    The width of arrows and bands is linear in tainted money, so that what comes in widens a lane by what it brings. A
    seed comes from the left edge, or, where its lane has begun, from above. What leaves the picture goes down to a mark
    below its lane, and is summed at the lane's end.
    """
    told = dict(held_to_be or {})
    for name, held in told.items():
        if held not in list(Standing):
            raise ParameterError(f"account {name[:80]!r} is held to be {held!r}; it can be {listed(list(Standing))}")
    numbers = _numbers(made, {*frozen, *told})
    asked = Asked(
        rule,
        most_accounts,
        sorted(numbers[name] for name in {*frozen} & numbers.keys()),
        {account: Standing(told[name]) for name, account in sorted(numbers.items()) if name in told},
    )
    return _Drawing(Told(made, asked, title)).svg()


def _numbers(made: Trace, wanted: set[str]) -> dict[str, int]:
    """The numbers of those accounts that are in the trace."""
    reached = made.accounts["account"]
    names = reached.filter(reached.is_in(sorted(wanted)))
    places = made.graph.names.is_in(names.implode()).arg_true()
    return dict(zip(made.graph.names.gather(places).to_list(), places.to_list(), strict=True))


class _Drawing:
    """One picture as SVG."""

    def __init__(self, told: Told) -> None:
        self.told, self.layout = told, told.layout
        self.sheet = measure(told.layout, told.amount)
        self.labels, self.without = place_labels(self.sheet, told.amount)

    def svg(self) -> str:
        sheet, told = self.sheet, self.told
        legend, low = self._legend(sheet.bottom + 28)
        notes = [line for note in [*told.summary(), *told.notes(self.without)] for line in self._wrapped(note)]
        wide, high = f"{sheet.width:g}", f"{low + 15 * len(notes) + 14:g}"
        parts = [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
                f'font-family="sans-serif" role="img"{told.asked.attributes()} {told.counts()}>'
            ),
            f"<title>{escape(cut(told.title, 1000, TITLE_SIZE))}</title>",
            f"<desc>{escape(' '.join([*told.summary(), *told.notes(self.without)]))}</desc>",
            f'<rect width="100%" height="100%" fill="{PAPER}"/>',
            _text(12, 26, cut(told.title, (sheet.width - 24) / BOLD, TITLE_SIZE), TITLE_SIZE, bold=True),
            *(part for number in range(len(self.layout.lanes)) for part in self._strip(number)),
            *self._header(),
            *(self._band(number) for number in range(len(self.layout.lanes))),
            *(self._arrow(strand) for strand in sorted(sheet.strands, key=lambda one: -one.width)),
            *(part for number in range(len(self.layout.lanes)) for part in self._names(number)),
            *(_text(label.x, label.y, label.said, halo=True) for label in self.labels),
            *legend,
            *(_text(12, low + 15 * line, said, 11) for line, said in enumerate(notes)),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def _wrapped(self, note: str) -> list[str]:
        return wrap(note, int((self.sheet.width - 24) / 6.4))

    def _header(self) -> Iterable[str]:
        for number, ((left, right), span) in enumerate(zip(self.sheet.columns, self.layout.steps, strict=True)):
            middle = (left + right) / 2
            yield f'<path d="M{_n(left)} {TOP - 8} V{_n(self.sheet.bottom)}" stroke="{LINE}" stroke-dasharray="1 5"/>'
            days = list(dict.fromkeys(day(when) for when in span))
            lines = [f"step {number + 1}", *days[:1], *(f"to {last}" for last in days[1:])]
            if max(width_of(line, SMALL) for line in lines) > right - left + 14:
                lines = [str(number + 1)]
            for line, said in enumerate(lines):
                yield _text(middle, TOP - 34 + 11 * line, said, SMALL, anchor="middle", halo=True)

    def _strip(self, number: int) -> Iterable[str]:
        """What lies under a lane."""
        row, lane, right = self.sheet.rows[number], self.layout.lanes[number], self.sheet.right
        high = row.bottom - row.top
        if number % 2 == 0:
            yield f'<rect y="{_n(row.top)}" width="{_n(self.sheet.width)}" height="{_n(high)}" fill="{STRIPE}"/>'
        yield f'<path d="M{NAMES} {_n(row.middle)} H{_n(right)}" stroke="{FAINT}"/>'
        if lane.frozen:
            wide = ENDS + 24
            yield f'<rect x="{_n(right - 24)}" y="{_n(row.top)}" width="{wide}" height="{_n(high)}" fill="{SHADE}"/>'
            # Hatched, so that it shows where shades do not.
            lines = "".join(f"M{_n(right - 24 + x)} {_n(row.top)} v{_n(high)} " for x in range(0, 28, 4))
            yield f'<path d="{lines.strip()}" stroke="{LINE}" stroke-width="0.8"/>'

    def _names(self, number: int) -> Iterable[str]:
        """What stands at a lane's two ends."""
        row, lane, told = self.sheet.rows[number], self.layout.lanes[number], self.told
        yield f'<g data-lane="{number + 1}">'
        full = "" if lane.name is None else cut(lane.name, 1200, NAME_SIZE)
        yield f"<title>{escape(full or told.name(number, 1200, NAME_SIZE))}</title>"
        yield _text(26, row.middle, str(number + 1), NAME_SIZE, anchor="end")
        yield _text(54, row.middle, told.name(number, (NAMES - 60) / BOLD, NAME_SIZE), NAME_SIZE, bold=True)
        if lane.name is None:
            yield _text(54, row.middle + 13, "folded into one lane", SMALL)
        else:
            yield _glyph(lane.standing, 40, row.middle - 4)
            about = [str(lane.standing), *["at another bank"] * lane.outside, *[FROZEN] * lane.frozen]
            yield _text(54, row.middle + 13, ", ".join(about), SMALL)
        yield "</g>"
        lines = lines_at_end(lane) - (not self.sheet.long)
        x, y = self.sheet.right + 10, (row.top + row.bottom - END_LINE * lines) / 2 + 10
        if self.sheet.long:
            y += END_LINE
            named = told.name(number, ENDS - 40, AMOUNT_SIZE)
            yield _text(x, y - END_LINE, f"{number + 1} {named}", halo=True)
        holds = "was paid" if lane.outside else "hold" if lane.name is None and lane.accounts > 1 else "holds"
        yield _text(x, y, f"{holds} {told.money(lane.holds)}", NAME_SIZE, bold=True, halo=True)
        ends: list[tuple[str, str]] = [(FROZEN, FROZEN)] * lane.frozen
        ends += [(Kind.OTHER_BANK, "not seen further")] * lane.outside
        for kind in EXITS:
            if kind in lane.exits:
                amount, transfers = lane.exits[kind]
                several = f" ({transfers:,})" if transfers > 1 else ""
                ends.append((kind, f"{LEFT_AS[kind][0]} {told.money(amount)}{several}"))
        for line, (mark, said) in enumerate(ends, 1):
            yield _glyph(mark, x + 8, y + END_LINE * line - 3.5, 0.8)
            yield _text(x + 20, y + END_LINE * line, cut(said, ENDS - 34, AMOUNT_SIZE), halo=True)

    def _band(self, number: int) -> str:
        """The tainted money in a lane over the steps."""
        sheet, lane, middle = self.sheet, self.layout.lanes[number], self.sheet.rows[number].middle
        heights = [(float(NAMES), 0.0)]
        for (left, right), levels in zip(sheet.columns, lane.levels, strict=True):
            heights += [(left, sheet.pixels(levels[0]) / 2), (right, sheet.pixels(levels[1]) / 2)]
        heights += [(sheet.columns[-1][1] + 8 if sheet.columns else NAMES, sheet.pixels(lane.holds) / 2)]
        ends = [x for x, _ in heights[1:]] + [sheet.right]
        pieces: list[tuple[float, float, float]] = []
        for (left, half), right in zip(heights, ends, strict=True):
            if half and pieces and pieces[-1][1:] == (left, half):
                pieces[-1] = (pieces[-1][0], right, half)
            elif half:
                pieces.append((left, right, half))
        return "\n".join(
            f'<rect class="band" x="{_n(left)}" y="{_n(middle - half)}" width="{_n(right - left)}" '
            f'height="{_n(2 * half)}" fill="{BAND}" stroke="{LINE}" stroke-width="0.6"/>'
            for left, right, half in pieces
        )

    def _arrow(self, strand: Strand) -> str:
        """One arrow with its head and marks; what it says is its title."""
        arrow, wide = strand.arrow, strand.width
        colour = SEED if arrow.kind is Kind.SEED else LEAVING if arrow.kind in EXITS else FLOW
        x, y = strand.end
        half = max(4.0, wide / 2 + 3)
        if arrow.kind in EXITS:
            tip = y - 8
            head = f"M{_n(x - half)} {_n(tip - HEAD)} H{_n(x + half)} L{_n(x)} {_n(tip)} Z"
            marks = [_glyph(arrow.kind, x, y)]
        else:
            head = f"M{_n(x - HEAD)} {_n(y - half)} V{_n(y + half)} L{_n(x)} {_n(y)} Z"
            marks = [_glyph(Kind.SEED, *strand.start)] if arrow.kind is Kind.SEED else []
            if arrow.bought:
                marks.append(_glyph(Kind.PURCHASE, *strand.purchase))
        way = _way(strand)
        told = "\n".join(self.told.about(arrow))
        return "\n".join(
            [
                f'<g class="arrow" data-kind="{arrow.kind}" data-amount="{arrow.amount}">',
                f"<title>{escape(told)}</title>",
                # Pale around it, or arrows that cross are one.
                f'<path d="{way}" fill="none" stroke="{PAPER}" stroke-width="{_n(wide + 2)}"/>',
                f'<path class="way" d="{way}" fill="none" stroke="{colour}" stroke-width="{wide:.3f}"/>',
                f'<path d="{head}" fill="{colour}"/>',
                *marks,
                "</g>",
            ]
        )

    def _legend(self, y: float) -> tuple[list[str], float]:
        """What the marks mean, in columns; and where the text below begins."""
        lanes, kinds = self.layout.lanes, {arrow.kind for arrow in self.layout.arrows}
        lines = [(FLOW, "tainted money from account to account")]
        if Kind.SEED in kinds:
            lines.append((SEED, "a seed: money that is taken to be proceeds comes in"))
        marks: list[tuple[str, str]] = [
            *((standing, said) for standing, said in STANDINGS.items() if any(_is(lane, standing) for lane in lanes)),
            *((kind, LEFT_AS[kind][1]) for kind in EXITS if kind in kinds),
        ]
        if any(arrow.bought for arrow in self.layout.arrows) and Kind.PURCHASE not in kinds:
            marks.append((Kind.PURCHASE, LEFT_AS[Kind.PURCHASE][1]))
        if any(lane.frozen for lane in lanes):
            marks.append((FROZEN, "frozen: what is in the lane stays"))
        most = max((arrow.amount for arrow in self.layout.arrows), default=0) // 2
        sample = next((n * 10**e for e in range(18, -1, -1) for n in (5, 2, 1) if n * 10**e <= most), 0)
        entries = [
            *((f'<path d="M0 -4 h28" stroke="{colour}" stroke-width="3"/>', said) for colour, said in lines),
            (f'<rect y="-9" width="28" height="8" fill="{BAND}" stroke="{LINE}" stroke-width="0.6"/>',
             "tainted money in an account"),
            *((_glyph(mark, 14, -4), said) for mark, said in marks),
        ]  # fmt: skip
        if sample:
            wide = self.sheet.pixels(sample)
            entries.append((
                f'<path d="M0 -4 h28" stroke="{FLOW}" stroke-width="{_n(wide)}"/>',
                f"{self.told.money(sample)}: widths are linear in money, {THINNEST:g} pixels at least",
            ))  # fmt: skip
        across = max(1, int((self.sheet.width - 24) / LEGEND))
        parts = []
        for number, (mark, said) in enumerate(entries):
            at = 12 + LEGEND * (number % across), y + LEGEND_LINE * (number // across)
            parts.append(f'<g transform="translate({_n(at[0])} {_n(at[1])})">{mark}{_text(36, 0, said, 11)}</g>')
        return parts, y + LEGEND_LINE * (-(-len(entries) // across)) + 10


def _is(lane: Lane, standing: Standing) -> bool:
    return lane.name is not None and lane.standing is standing


def _n(value: float) -> str:
    """A number with one decimal at most."""
    return f"{round(value, 1):g}" if abs(value) < 99_999 else f"{value:.0f}"


def _text(
    x: float,
    y: float,
    said: str,
    size: float = AMOUNT_SIZE,
    *,
    anchor: str = "",
    bold: bool = False,
    halo: bool = False,
) -> str:
    more = f' text-anchor="{anchor}"' if anchor else ""
    more += ' font-weight="bold"' if bold else ""
    more += f' paint-order="stroke" stroke="{PAPER}" stroke-width="3"' if halo else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" font-size="{size:g}" fill="{INK}"{more}>{escape(said)}</text>'


def _glyph(mark: str, x: float, y: float, size: float = 1.0) -> str:
    scale = f" scale({size:g})" if size != 1 else ""
    return (
        f'<g transform="translate({_n(x)} {_n(y)}){scale}" fill="{PAPER}" stroke="{INK}" stroke-width="1.2">'
        f"{_GLYPHS[mark]}</g>"
    )


def _way(strand: Strand) -> str:
    """The middle line of an arrow: right, up or down, right, with round corners."""
    (x, y), (end, down), turn = strand.start, strand.end, strand.turn
    exits = strand.arrow.kind in EXITS
    down = down - 8 - HEAD / 2 if exits else down
    if not turn or abs(down - y) < 1:
        return f"M{_n(x)} {_n(y)} H{_n(end - HEAD / 2)}"
    sign = 1 if down > y else -1
    bend = min(max(8.0, strand.width / 2 + 2), abs(down - y) / 2, turn - x)
    first = f"M{_n(x)} {_n(y)} H{_n(turn - bend)} Q{_n(turn)} {_n(y)} {_n(turn)} {_n(y + sign * bend)}"
    if exits:
        return f"{first} V{_n(down)}"
    after = min(bend, end - HEAD / 2 - turn)
    last = f"Q{_n(turn)} {_n(down)} {_n(turn + after)} {_n(down)} H{_n(end - HEAD / 2)}"
    return f"{first} V{_n(down - sign * after)} {last}"


# The page


def flow_page(svg: str, made: Trace) -> str:
    """A page of HTML around a flow picture, with all it shows as tables.

    Parameters
    ----------
    svg : str
        From :func:`draw_flows`, which keeps in it what was asked: the tables tell the same.
    made : Trace
        That the picture was drawn from.

    Returns
    -------
    str
        One document without script or link, under a policy that lets none run.

    Raises
    ------
    ParameterError
        When the picture is not from :func:`draw_flows`, or not of this trace.
    """
    drawing = _Drawing(Told(made, Asked.of(svg)))
    told = drawing.told
    title = svg[svg.find("<title>") + 7 : svg.find("</title>")]
    if f" {told.counts()}>" not in svg[: svg.find("\n")]:
        raise ParameterError("the picture was not drawn from this trace")
    said = "".join(f"<p>{escape(sentence)}</p>\n" for sentence in [*told.summary(), *told.notes(drawing.without)])
    return _PAGE.format(title=title, said=said, svg=svg, tables="\n".join(told.tables()))


_PAGE: Final = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 sans-serif; margin: 1rem; color: #1a1a1a; background: #ffffff }}
figure {{ margin: 0; overflow-x: auto }}
figcaption {{ max-width: 50rem }}
table {{ border-collapse: collapse; margin: 1.5rem 0 }}
caption {{ font-weight: bold; text-align: left }}
th, td {{ border: 1px solid #8c8c8c; padding: .2rem .5rem; text-align: left; vertical-align: top }}
td.sum {{ text-align: right; font-variant-numeric: tabular-nums }}
</style>
</head>
<body>
<h1>{title}</h1>
<figure tabindex="0">
{svg}<figcaption>
{said}</figcaption>
</figure>
{tables}
</body>
</html>
"""
