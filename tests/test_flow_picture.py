"""The flow picture: what is in it, where it stands, what it says of what is not drawn, and names that mean harm."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from xml.etree import ElementTree

import polars as pl
import pytest

from moneytrail import flow_layout, flow_picture
from moneytrail.errors import ParameterError
from moneytrail.flow_layout import EXITS, Kind, Layout, lay_out
from moneytrail.flow_picture import draw_flows, flow_page
from moneytrail.flow_sheet import NAMES, cut, measure, place_labels, readable, width_of
from moneytrail.flow_words import LEFT_AS, Asked, Told
from moneytrail.graph import TransactionGraph
from moneytrail.rates import ExchangeRates
from moneytrail.simulate import simulate
from moneytrail.tracing import CONSERVING, Rule, Standing, Trace, trace
from tests.tracing.books import Line, book
from tests.tracing.test_trace import random_lines, some_seeds

SVG = "{http://www.w3.org/2000/svg}"
CASE: Sequence[Line] = (
    ("payer", "S", 3_000),
    ("payer", "S", 1_000),
    ("S", "A", 1_500),
    ("S", "B", 1_200),
    ("A", "C", 700),
    ("B", "C", 600),
    ("C", "S", 400),
    ("A", None, 300),
    ("S", "far", 150),
    ("C", "O", 500),
    ("S", "A", 200),
    ("payer2", "A", 900),
    ("A", "O", 100),
)


def case() -> Trace:
    graph = book(CASE, openings={"B": -200}, held=["S", "A", "B", "C"])
    return trace(graph, ["t1", "t2", "t12"], record=True)


def follow(lines: Sequence[Line], seeds: Sequence[str] = ("t1",)) -> Trace:
    return trace(book(lines), seeds, record=True)


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def arrows(svg: str) -> list[ElementTree.Element]:
    return [one for one in parsed(svg).iter(f"{SVG}g") if one.get("class") == "arrow"]


def ways(svg: str) -> list[str]:
    return [path.get("d", "") for path in parsed(svg).iter(f"{SVG}path") if path.get("class") == "way"]


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in parsed(svg).iter(f"{SVG}text")]


def laid(made: Trace, rule: Rule = Rule.TAINTED_FIRST, most: int = 24) -> Layout:
    return lay_out(made, rule, most, (), {})


# What is in it


def test_the_case_is_drawn() -> None:
    layout = laid(case())
    assert sorted(lane.name or "" for lane in layout.lanes) == ["A", "B", "C", "O", "S"]
    assert layout.ends == (("far", 15_000),), "one account paid it, so it is an exit; two paid O"
    told = [(arrow.kind, arrow.amount) for arrow in layout.arrows if arrow.kind is not Kind.TRANSFER]
    assert sorted(told) == [
        ("cash", 30_000), ("other_bank", 15_000), ("overdraft", 20_000), ("seed", 90_000), ("seed", 400_000),
    ]  # fmt: skip
    assert [arrow.transfers for arrow in layout.arrows if arrow.kind is Kind.SEED] == [2, 1]


def test_every_account_is_in_a_lane_or_counted() -> None:
    for seed in range(20):
        made = trace(book(random_lines(seed), openings={"A": 12.5}), some_seeds(seed), record=True)
        for rule in CONSERVING:
            for most in (1, 2, 24):
                layout = laid(made, rule, most)
                holds = sum(lane.holds for lane in layout.lanes) + sum(amount for _, amount in layout.ends)
                assert holds == made.accounts[f"tainted_{rule}"].sum()
                names = {lane.name for lane in layout.lanes} | {name for name, _ in layout.ends}
                folded = sum(lane.accounts for lane in layout.lanes if lane.name is None)
                missing = [name for name in made.accounts["account"] if name not in names]
                # Payers of seeds at other banks have lanes, though the trace did not reach them.
                assert len(missing) <= folded + layout.unreached
                assert sum(lane.name is not None for lane in layout.lanes) <= most


def test_bands_end_at_what_the_accounts_hold() -> None:
    for seed in range(20):
        made = trace(book(random_lines(seed)), some_seeds(seed), record=True)
        for rule in set(CONSERVING) - {Rule.PARI_PASSU}:
            for lane in laid(made, rule).lanes:
                assert lane.levels[-1][1] == lane.holds
                assert lane.came - lane.paid - sum(amount for amount, _ in lane.exits.values()) >= lane.holds


def test_folded_accounts_are_counted_and_their_money_said() -> None:
    lines: list[Line] = [("p", "S", 1_000), *(("S", f"M{i}", 10 + i) for i in range(30)), ("M1", "M2", 5)]
    made = follow(lines)
    svg = draw_flows(made, most_accounts=5, held_to_be={"M3": "suspect"})
    assert "26 other accounts" in texts(svg)
    held = made.accounts.filter(~pl.col("account").is_in(["S", "M29", "M28", "M27", "M26"]))["tainted_tainted_first"]
    description = parsed(svg).findtext(f"{SVG}desc") or ""
    assert (
        f"stands for 26 other accounts (among them 1 suspect); together they hold £{held.sum() / 100:.2f}"
        in description
    )
    assert "£5.00 in 1 transfer moved among those accounts" in description


def test_a_trace_of_nothing_but_a_seed() -> None:
    svg = draw_flows(follow([("p", "A", 10)]))
    assert len(arrows(svg)) == 1
    assert {"seed £10.00", "holds £10.00"} <= set(texts(svg))
    out = draw_flows(follow([("A", None, 10)]))
    assert [one.get("data-kind") for one in arrows(out)] == ["seed", "cash"]


def test_a_seed_that_was_taken_back_leaves_again() -> None:
    made = follow([("p", "A", 10), ("A", "p", 10, "REVERSAL")])
    layout = laid(made)
    assert [(arrow.kind, arrow.amount) for arrow in layout.arrows] == [(Kind.SEED, 1_000), (Kind.TAKEN_BACK, 1_000)]
    assert layout.lanes[0].holds == layout.lanes[0].levels[-1][1] == 0


def test_a_seed_from_an_account_in_the_picture_takes_what_is_missing_there() -> None:
    made = follow([("p", "A", 10), ("A", "B", 30)], ["t1", "t2"])
    lanes = {lane.name: lane for lane in laid(made).lanes}
    assert (lanes["A"].holds, lanes["A"].levels[-1]) == (0, (0, 0))
    assert lanes["B"].holds == 3_000


# Where it stands


def never_left(way: str) -> bool:
    at = []
    for command, numbers in re.findall(r"([MHVQ])([-\d. ]+)", way):
        found = [float(one) for one in numbers.split()]
        at += {"M": found[:1], "H": found, "V": [], "Q": found[::2]}[command]
    return len(at) >= 2 and at == sorted(at)


def test_no_arrow_goes_left() -> None:
    for seed in range(20):
        made = trace(book(random_lines(seed)), some_seeds(seed), record=True)
        drawn = ways(draw_flows(made))
        assert drawn
        for way in drawn:
            assert never_left(way), way


def test_money_leaves_only_after_it_came() -> None:
    layout = laid(case())
    came: dict[int, int] = {}
    for arrow in layout.arrows:
        if arrow.source is not None:
            assert came[arrow.source] < arrow.step
        if arrow.target is not None:
            came.setdefault(arrow.target, arrow.step)


def test_a_cycle_comes_back_further_right() -> None:
    layout = laid(follow([("p", "A", 10), ("A", "B", 10), ("B", "C", 10), ("C", "A", 10), ("A", "B", 10)]))
    names = [lane.name for lane in layout.lanes]
    told = [(arrow.step, names[arrow.target]) for arrow in layout.arrows if arrow.target is not None]
    assert told == [(0, "A"), (1, "B"), (2, "C"), (3, "A"), (4, "B")]


def test_widths_are_in_proportion() -> None:
    svg = draw_flows(case())
    pairs = []
    for one in arrows(svg):
        way = next(path for path in one.iter(f"{SVG}path") if path.get("class") == "way")
        pairs.append((int(one.get("data-amount", "")), float(way.get("stroke-width", ""))))
    most, widest = max(pairs)
    assert len({width for _, width in pairs}) > 5
    for amount, width in pairs:
        assert width == pytest.approx(max(1.2, amount * widest / most), abs=0.002)


def test_transfers_of_one_step_are_one_arrow() -> None:
    made = follow([("p", "A", 10), ("A", "B", 1), ("A", "B", 2), ("A", "B", 3)])
    assert "£6.00 (3)" in texts(draw_flows(made))


def test_ping_pong_of_a_thousand_transfers() -> None:
    lines: list[Line] = [("p", "A", 1_000), *[("A", "B", 900), ("B", "A", 890)] * 500]
    layout = laid(follow(lines))
    assert len(layout.steps) == flow_layout.MOST_STEPS
    assert layout.unmerged == 1_001
    assert sum(arrow.transfers for arrow in layout.arrows) == 1_001
    assert "1,001 steps are merged to 24" in draw_flows(follow(lines))


@pytest.mark.parametrize("most", [24, 300])
def test_ten_thousand_transfers_are_drawn_soon_with_few_arrows(most: int) -> None:
    lines: list[Line] = [("p", f"A{i}", 9_000) for i in range(100)]
    lines += [
        (f"A{i * 7 % 100}", f"A{(i * 13 + i // 100) % 100}" if i % 3 else f"X{i}", 40 + i % 60) for i in range(9_900)
    ]
    made = trace(book([line for line in lines if line[0] != line[1]]), [f"t{i + 1}" for i in range(100)], record=True)
    assert made.carried is not None
    assert made.carried.height > 8_000
    # Of the processor: other tests run beside this one.
    before = time.thread_time()
    svg = draw_flows(made, most_accounts=most)
    assert time.thread_time() - before < 2
    assert 10 < len(arrows(svg)) <= flow_layout.MOST_ARROWS
    assert len(svg) < 1_000_000


def boxes(svg: str, left: float, right: float) -> list[tuple[float, float, float, float]]:
    found = []
    for one in parsed(svg).iter(f"{SVG}text"):
        x, y, size = (float(one.get(name, "0")) for name in ("x", "y", "font-size"))
        wide = width_of(one.text or "", size) if one.get("text-anchor") is None else 0
        if left <= x < right:
            found.append((x, y - 0.8 * size, x + wide, y + 0.1 * size))
    return found


def crossing(found: Sequence[tuple[float, float, float, float]]) -> list[object]:
    return [
        (one, other)
        for place, one in enumerate(found)
        for other in found[:place]
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]


@pytest.fixture(scope="module")
def gang() -> Trace:
    bank = simulate(300, 60, seed=5, gangs=3)
    graph = TransactionGraph.from_frame(bank.transfers, ExchangeRates.load(), bank.accounts)
    told = bank.truth["ledger"].drop_nulls("transaction_id")
    seeds = told.filter(pl.col("source") == "passengers")["transaction_id"].unique(maintain_order=True)
    return trace(graph, seeds.to_list(), record=True)


def test_a_gang_is_drawn_whole_and_no_words_cover_each_other(gang: Trace) -> None:
    for most in (3, 12, 24):
        svg = draw_flows(gang, most_accounts=most)
        assert crossing(boxes(svg, 54, NAMES)) == []
        right = float(parsed(svg).get("width", "0")) - 190
        assert crossing(boxes(svg, right, right + 190)) == []
        assert all(
            box[2] < NAMES for box in boxes(svg, 54, NAMES) if box[1] < 0.9 * max(b[1] for b in boxes(svg, 0, 60))
        )
        inside = [box for box in boxes(svg, NAMES + 1, right) if box[1] > 84]
        assert len(inside) > 5
    lanes = [one for one in parsed(svg).iter(f"{SVG}g") if one.get("data-lane")]
    assert len(lanes) == len(laid(gang).lanes)
    assert len(arrows(svg)) <= flow_layout.MOST_ARROWS


def test_amounts_cover_neither_each_other_nor_a_mark(gang: Trace) -> None:
    told = Told(gang, Asked(Rule.FIFO, 24, (), {}))
    sheet = measure(told.layout, told.amount)
    labels, without = place_labels(sheet, told.amount)
    assert len(labels) + without == len(sheet.strands)
    assert len(labels) > without
    found = [(x, y - 8, x + width_of(said, 10), y + 1) for x, y, said in labels]
    assert crossing(found) == []
    marks = [(x - 7, y - 7, x + 7, y + 7) for x, y in sheet.marks]
    assert not [pair for pair in ((one, mark) for one in found for mark in marks) if crossing(pair)]


def test_an_amount_stands_on_its_own_arrows_side() -> None:
    """Of two arrows that come in side by side the upper one's amount is over them, the other's under them."""
    told = Told(case(), Asked(Rule.TAINTED_FIRST, 24, (), {}))
    sheet = measure(told.layout, told.amount)
    labels, _ = place_labels(sheet, told.amount)
    height = {said: y for _, y, said in labels}
    ends = {told.amount(strand.arrow): strand.end.y for strand in sheet.strands}
    for one, other in (("£700.00", "£600.00"), ("seed £900.00", "£200.00")):
        assert (height[one] < height[other]) == (ends[one] < ends[other])


# How it says it


def test_nothing_is_told_by_colour_alone() -> None:
    svg = draw_flows(case(), frozen=["C", "nobody"], held_to_be={"S": "suspect", "A": Standing.VICTIM, "zz": "victim"})
    said = texts(svg)
    assert {"suspect", "victim", "unknown, frozen", "unknown, at another bank", "frozen"} <= set(said)
    for words in ("the holder is held to be a suspect", "taken out as cash", "frozen: what is in the lane stays"):
        assert words in said
    root = parsed(svg)
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_text_and_arrows_stand_out() -> None:
    svg = draw_flows(case(), frozen=["C"])
    fills = {one.get("fill", "") for one in parsed(svg).iter(f"{SVG}text")}
    for ground in (flow_picture.PAPER, flow_picture.STRIPE, flow_picture.SHADE, flow_picture.BAND):
        assert min(contrast(fill, ground) for fill in fills) >= 4.5
    for colour in (flow_picture.FLOW, flow_picture.SEED, flow_picture.LEAVING):
        assert contrast(colour, flow_picture.PAPER) >= 4.5
        assert contrast(colour, flow_picture.BAND) >= 3


HOSTILE = (
    "<script>alert(1)</script>",
    "\"' onload='x' & ]]> <!--",
    "zero\x00inside\x1b[0m\ud800",
    "left\u202eto\u2066right\u200f",
    "long" * 1_250,
    "W" * 5_000,
    "口座" * 50,
    "Z" + "\u0301" * 100,
    "",
)


def test_hostile_names_are_only_text() -> None:
    names = [name.encode("utf-8", "replace").decode() if "\ud800" in name else name for name in HOSTILE]
    lines: list[Line] = [("p" + names[0], "S", 1_000), *(("S", name, 10 + i) for i, name in enumerate(names))]
    lines += [(name, None, 1) for name in names[:4]]
    made = follow(lines)
    title = "<b>" + "\u202e\x07" + "t" * 5_000
    svg = draw_flows(made, title=title, frozen=names[:2], held_to_be=dict.fromkeys(names[2:5], "suspect"))
    page = flow_page(svg, made)
    for document in (svg, page):
        assert "<script" not in document
        assert "<!--" not in document
        assert not set(document) & set("\x00\x07\x1b\u202e\u2066\u200f")
        assert "long" * 60 not in document
        assert "W" * 200 not in document
    root = parsed(svg)
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
        "svg", "title", "desc", "rect", "path", "g", "text", "circle",
    }  # fmt: skip
    assert not [name for one in root.iter() for name in one.attrib if name.startswith("on") or "href" in name]
    shown = [box for box in boxes(svg, 54, NAMES) if box[1] < 600]
    assert all(right < NAMES for _, _, right, _ in shown)


def test_a_name_is_cut_and_rid_of_what_cannot_be_seen() -> None:
    assert readable("a\u202eb\x00c\ud800é") == "a\ufffdb\ufffdc\ufffdé"
    assert cut("short", 100, 10) == "short"
    assert cut("x" * 300, 10_000, 10).endswith("…")
    assert width_of(cut("W" * 5_000, 150, 11), 11) <= 150
    assert cut("x" * 40, 5, 10) == "…"


def test_equal_traces_give_equal_bytes(gang: Trace) -> None:
    assert draw_flows(case()) == draw_flows(case())
    svg = draw_flows(gang, rule=Rule.FIFO)
    assert svg == draw_flows(gang, rule=Rule.FIFO)
    assert flow_page(svg, gang) == flow_page(svg, gang)
    assert svg.isascii() or "£" in svg


def test_it_needs_nothing_from_outside() -> None:
    page = flow_page(draw_flows(case()), case())
    assert set(re.findall(r"https?://[^\s\"'<]*", page)) == {"http://www.w3.org/2000/svg"}
    for word in ("<script", "foreignObject", "url(", "@import", "<link", "href"):
        assert word not in page


def test_the_page_tells_what_the_picture_shows() -> None:
    made = case()
    svg = draw_flows(made, frozen=["C"], held_to_be={"S": "suspect"}, most_accounts=3, title="A & B")
    page = flow_page(svg, made)
    assert page.count("<svg ") == 1
    assert "<h1>A &amp; B</h1>" in page
    for said in ("<bdi>frozen</bdi>", "<bdi>suspect</bdi>", "2 other accounts", "seeds, paid by payer", "£4,000.00"):
        assert said in page, said
    arrows_told = page.split("Arrows, step by step")[1].split("</table>")[0].count("<tr><td>")
    assert arrows_told == len(arrows(svg))
    ElementTree.fromstring(page[page.index("<body>") : page.index("</html>")])


def test_what_cannot_be_drawn_is_refused() -> None:
    made = case()
    with pytest.raises(ParameterError, match="not recorded"):
        draw_flows(trace(made.graph, ["t1"]))
    with pytest.raises(ParameterError, match="was not made by lifo"):
        draw_flows(trace(made.graph, ["t1"], [Rule.FIFO], record=True), rule=Rule.LIFO)
    with pytest.raises(ParameterError, match="does not say where each penny is"):
        draw_flows(made, rule=Rule.POISON)
    with pytest.raises(ParameterError, match="most_accounts is 0"):
        draw_flows(made, most_accounts=0)
    with pytest.raises(ParameterError, match="held to be 'guilty'"):
        draw_flows(made, held_to_be={"A": "guilty"})
    with pytest.raises(ParameterError, match="no picture that draw_flows made"):
        flow_page("<svg></svg>", made)
    with pytest.raises(ParameterError, match="not drawn from this trace"):
        flow_page(draw_flows(follow([("p", "A", 10)])), made)


def test_exits_are_all_named() -> None:
    assert set(LEFT_AS) == set(EXITS)
