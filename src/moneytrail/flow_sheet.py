"""Measures the flow picture in pixels: lanes, steps, the way of every arrow, and where its amount has room."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from moneytrail.flow_layout import EXITS, Arrow, Kind, Lane, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

NAMES, ENDS, TOP, GAP = 226, 190, 84, 18
"""Pixels: the column of names, that at the lanes' ends, above the first lane, between two steps."""
ABOVE, BELOW, EXIT, ENTRY = 34, 20, 22, 26
"""Pixels above and below a lane's middle, more below it where money leaves it, and above it where a seed enters."""
WIDEST, THINNEST, HEAD = 26.0, 1.2, 8.0
"""Pixels of the most money, of the least that is drawn, and of an arrow's head."""
LONG: Final = 1500
"""Pixels from which on lanes are named at their ends too."""
END_LINE: Final = 13
"""Pixels of a line at a lane's end."""

AMOUNT_SIZE: Final = 10.0
FEW_ARROWS: Final = 150
"""Up to so many, steps are made wide enough for the amounts."""

LONGEST: Final = 200
"""Characters of a name that are looked at; no lane has room for more."""

BOLD: Final = 1.12
"""How much wider bold text is."""

_NARROW, _BROAD = frozenset("!'(),-./:;I[]`fijlrt{|} "), frozenset("%@MWmw—…")


def readable(text: str) -> str:
    """Text whose every character shows: what controls, turns or hides text, and marks piled high, become U+FFFD."""
    found, pile = [], 0
    for char in text:
        kind = unicodedata.category(char)
        pile = pile + 1 if kind[0] == "M" else 0
        found.append("\ufffd" if kind in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp") or pile > 2 else char)
    return "".join(found)


def width_of(text: str, size: float) -> float:
    """About how many pixels a text takes in any usual typeface; rather too many."""
    em = 0.0
    for char in text:
        if unicodedata.east_asian_width(char) in "WF":
            em += 1.05
        elif char in _BROAD or ord(char) > 0x2FF:
            em += 1.0
        elif char in _NARROW:
            em += 0.45
        else:
            em += 0.76 if char.isupper() else 0.6
    return em * size


def cut(text: str, room: float, size: float) -> str:
    """A readable text that takes no more than `room` pixels, with an ellipsis where it is cut."""
    shown = readable(text[:LONGEST])
    if len(text) <= LONGEST and width_of(shown, size) <= room:
        return shown
    while shown and width_of(shown + "…", size) > room:
        shown = shown[:-1]
    return shown + "…"


class Point(NamedTuple):
    """A place on the sheet."""

    x: float
    y: float


LEFT_TOP: Final = Point(0, 0)


@dataclass(slots=True)
class Strand:
    """An arrow with its way: to the right, up or down at `turn`, and to the right again.

    An exit has no last part: it ends at `end`, straight below `turn`. The free ends say whether no other arrow of the
    step lies above it there, and none below: only then can an amount stand there and be no other's.
    """

    arrow: Arrow
    width: float
    start: Point = LEFT_TOP
    turn: float = 0.0
    end: Point = LEFT_TOP
    free_start: tuple[bool, bool] = (False, False)
    free_end: tuple[bool, bool] = (False, False)

    @property
    def purchase(self) -> Point:
        """Where it is marked that it may have bought something: before its end."""
        down = self.end.y - self.start.y
        return Point(self.turn, self.end.y - (min(down / 2, 30) if down > 0 else max(down / 2, -30)))


@dataclass(frozen=True, slots=True)
class Row:
    """A lane's strip: its upper edge, its middle and its lower edge."""

    top: float
    middle: float
    bottom: float


@dataclass(slots=True)
class Sheet:
    """The measured picture.

    Attributes
    ----------
    layout : Layout
    scale : float
        Pixels a minor unit.
    rows : list of Row
        By lane.
    columns : list of (float, float)
        Of each step, where money leaves and where it comes in.
    strands : list of Strand
        In the order of the arrows.
    """

    layout: Layout
    scale: float = 0.0
    rows: list[Row] = field(default_factory=list)
    columns: list[tuple[float, float]] = field(default_factory=list)
    strands: list[Strand] = field(default_factory=list)

    @property
    def right(self) -> float:
        """Where the lanes end."""
        return max(self.columns[-1][1] + 44 if self.columns else 0, 760.0)

    @property
    def width(self) -> float:
        """Of the whole sheet."""
        return self.right + ENDS

    @property
    def bottom(self) -> float:
        """Of the last lane."""
        return self.rows[-1].bottom if self.rows else TOP

    @property
    def long(self) -> bool:
        """Whether a lane's name is out of sight at its end."""
        return self.right > LONG

    @property
    def marks(self) -> list[Point]:
        """Where the marks of seeds, exits and purchases are."""
        found = []
        for strand in self.strands:
            kind = strand.arrow.kind
            if kind in EXITS or kind is Kind.SEED:
                found.append(strand.end if kind in EXITS else strand.start)
            elif strand.arrow.bought:
                found.append(strand.purchase)
        return found

    def pixels(self, amount: int) -> float:
        """How wide an amount is drawn."""
        return max(THINNEST, amount * self.scale) if amount > 0 else 0.0


def measure(layout: Layout, amount_of: Callable[[Arrow], str]) -> Sheet:
    """Measure a layout; `amount_of` says what is written at an arrow."""
    levels = (level for lane in layout.lanes for pair in (*lane.levels, (lane.holds, 0)) for level in pair)
    most = max([1, *levels, *(arrow.amount for arrow in layout.arrows)])
    sheet = Sheet(layout, WIDEST / most)
    sheet.rows = _rows(layout)
    by_step: dict[int, list[Strand]] = defaultdict(list)
    for arrow in layout.arrows:
        strand = Strand(arrow, sheet.pixels(arrow.amount))
        sheet.strands.append(strand)
        by_step[arrow.step].append(strand)
    x = float(NAMES + 10)
    for step in range(len(layout.steps)):
        x = _place(sheet, by_step[step], x, amount_of) + GAP
    return sheet


def _rows(layout: Layout) -> list[Row]:
    entered = {arrow.target for arrow in layout.arrows if arrow.kind is Kind.SEED and enters_from_above(arrow)}
    rows, top = [], float(TOP)
    for number, lane in enumerate(layout.lanes):
        above = ABOVE + (ENTRY if number in entered else 0)
        below = BELOW + (EXIT if lane.exits else 0)
        more = max(0.0, END_LINE * (lines_at_end(lane) + 0.6) - above - below) / 2
        rows.append(Row(top, top + above + more, top + above + below + 2 * more))
        top = rows[-1].bottom
    return rows


def lines_at_end(lane: Lane) -> int:
    """How many lines stand at the end of a lane, its name among them."""
    return 2 + len(lane.exits) + lane.frozen + lane.outside


def enters_from_above(arrow: Arrow) -> bool:
    """Whether a seed comes from above its lane: one of the first step comes from the left edge."""
    return arrow.source is None and arrow.step > 0


def _drop(arrow: Arrow) -> float:
    """Lanes that an arrow goes down; half a one for an exit, and for a seed that comes from above."""
    if arrow.kind in EXITS:
        return 0.5
    if arrow.source is None:
        return 0.5 if enters_from_above(arrow) else 0.0
    assert arrow.target is not None, "only an exit leads nowhere"
    return arrow.target - arrow.source


def _place(sheet: Sheet, strands: Sequence[Strand], x: float, amount_of: Callable[[Arrow], str]) -> float:
    """Give every arrow of a step its way; returns where the step ends."""
    leaving: dict[int, list[Strand]] = defaultdict(list)
    coming: dict[int, list[Strand]] = defaultdict(list)
    for strand in strands:
        if strand.arrow.source is not None:
            leaving[strand.arrow.source].append(strand)
        if strand.arrow.target is not None:
            coming[strand.arrow.target].append(strand)

    def order(strand: Strand) -> float:
        """Of those that spread from a lane the farthest turns first, of those that meet in one the nearest."""
        arrow, far = strand.arrow, abs(_drop(strand.arrow))
        spread = 0 if arrow.source is None else len(leaving[arrow.source])
        meet = 0 if arrow.target is None else len(coming[arrow.target])
        return -far if spread >= meet else far

    turn = _turn(sorted(strands, key=order), x + 10)
    least = 20.0
    if len(sheet.strands) <= FEW_ARROWS:
        least = max((width_of(amount_of(strand.arrow), AMOUNT_SIZE) for strand in strands), default=0) + 16
    arrival = max(turn + 4 + HEAD, x + least + HEAD)
    for number, found in leaving.items():
        _stack(sheet, number, found, x, leaving=True)
    for number, found in coming.items():
        _stack(sheet, number, found, arrival, leaving=False)
    for strand in strands:
        arrow = strand.arrow
        if arrow.kind in EXITS and arrow.source is not None:
            strand.end = Point(strand.turn, sheet.rows[arrow.source].bottom - 22)
        elif arrow.source is None and arrow.target is not None:
            over = sheet.rows[arrow.target].top + 18
            strand.start = Point(x, over if enters_from_above(arrow) else strand.end.y)
    sheet.columns.append((x, arrival))
    return arrival


def _turn(strands: Iterable[Strand], x: float) -> float:
    """Let arrows turn one after the other from `x` on; returns where the last has."""
    for strand in strands:
        if _drop(strand.arrow):
            room = max(26.0 if strand.arrow.kind in EXITS else 7.0, strand.width + 5)
            strand.turn = x + room / 2
            x += room
    return x


def _stack(sheet: Sheet, number: int, strands: Iterable[Strand], x: float, *, leaving: bool) -> None:
    """Lay the arrows at one end of a lane's step side by side: upper ones from the band's upper edge, and so on."""
    lane, middle = sheet.layout.lanes[number], sheet.rows[number].middle
    ranked = sorted(strands, key=lambda strand: _drop(strand.arrow) * (1 if leaving else -1))
    step = ranked[0].arrow.step
    before = lane.levels[step - 1][1] if step else 0
    half = sheet.pixels(before if leaving else lane.levels[step][1]) / 2
    above = [one for one in ranked if (_drop(one.arrow) < 0) == leaving and _drop(one.arrow) != 0]
    below = [one for one in ranked if one not in above and _drop(one.arrow) != 0]
    places: list[tuple[Strand, float]] = [(one, middle) for one in ranked if _drop(one.arrow) == 0]
    y = middle - max(half, 0)
    for one in above:
        places.append((one, y + one.width / 2))
        y += one.width
    y = middle + max(half, 0)
    for one in reversed(below):
        places.append((one, y - one.width / 2))
        y -= one.width
    places.sort(key=lambda pair: pair[1])
    for one, at in places:
        sides = (one is places[0][0], one is places[-1][0])
        if leaving:
            one.start, one.free_start = Point(x, at), sides
        else:
            one.end, one.free_end = Point(x, at), sides


class Box(NamedTuple):
    """A rectangle that text takes."""

    left: float
    top: float
    right: float
    bottom: float


class Label(NamedTuple):
    """Text at its place; `x` is its left end."""

    x: float
    y: float
    said: str


def place_labels(sheet: Sheet, amount_of: Callable[[Arrow], str]) -> tuple[list[Label], int]:
    """Where the amounts have room, the largest first; and how many have none.

    No two share any space, nor does one cover a mark.
    """
    taken = [Box(x - 8, y - 8, x + 8, y + 8) for x, y in sheet.marks]
    labels, without = [], 0
    for strand in sorted(sheet.strands, key=lambda one: -one.arrow.amount):
        said = amount_of(strand.arrow)
        for x, y in _spots(sheet, strand, width_of(said, AMOUNT_SIZE)):
            box = Box(x - 2, y - 9, x + width_of(said, AMOUNT_SIZE) + 2, y + 3)
            if not any(_meet(box, other) for other in taken):
                taken.append(box)
                labels.append(Label(x, y, said))
                break
        else:
            without += 1
    return labels, without


def _spots(sheet: Sheet, strand: Strand, width: float) -> list[tuple[float, float]]:
    """Where an arrow's amount may stand: over its end, over its start, or under them; an exit's beside its mark."""
    arrow, half = strand.arrow, strand.width / 2
    left, right = sheet.columns[arrow.step]
    if arrow.kind in EXITS:
        return [(strand.end.x + 10, strand.end.y + 8), (strand.end.x - 10 - width, strand.end.y + 8)]
    spots = []
    for side, point, x, free in (
        (arrow.target, strand.end, right - HEAD - 2 - width, strand.free_end),
        (arrow.source, strand.start, left + 4, strand.free_start),
    ):
        if side is None:
            if enters_from_above(arrow):
                spots.append((left + 8, point.y - half - 5))
            continue
        row = sheet.rows[side]
        levels = sheet.layout.lanes[side].levels[arrow.step]
        band = sheet.pixels(levels[0]) / 2
        over = min(point.y - half, row.middle - band) - 4
        under = max(point.y + half, row.middle + band) + 11
        places = [spot for spot, clear in zip(((x, over), (x, under)), free, strict=True) if clear]
        # An arrow's own way up or down would run through the other one.
        from_above = (strand.end.y > strand.start.y) == (side == arrow.target)
        spots += [spot for spot in places[:: -1 if from_above else 1] if row.top + 8 < spot[1] < row.bottom]
    return [(x, y) for x, y in spots if x >= left - GAP / 2]


def _meet(one: Box, other: Box) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom
