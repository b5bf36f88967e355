"""Draw a simulated bank: the season, one gang's flows, and amounts, degrees and gaps beside those of other banks.

Figures are SVG; equal banks give equal bytes. Colours are Okabe and Ito's, and no line is told by its colour alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from moneytrail.simulate import views
from moneytrail.simulate.bank import record_of
from moneytrail.simulate.truth import earned

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NODES: Final = 25
"""Accounts and places in a drawing of flows; the rest are summed by what they are."""
MOST_LABELS: Final = 18
"""Arrows that carry their sum; the largest."""
MOST_STEPS: Final = 7
"""Columns before the ends; what lies farther is drawn in the last of them."""

BLACK, ORANGE, BLUE, GREEN, VERMILION, SKY = "#000000", "#E69F00", "#0072B2", "#009E73", "#D55E00", "#56B4E9"
_LINES: Final = ((BLACK, "-"), (BLUE, "--"), (VERMILION, "-."), (GREEN, ":"), (ORANGE, (0, (6, 2, 1, 2))),
                 (SKY, (0, (1, 1))))  # fmt: skip

PLAIN, CARDS, BERKA, AMLSIM = "simulated, no cards", "simulated, with cards", "Berka (real, 1993)", "AMLSim"
_OF_BANK: Final = {PLAIN: 0, BERKA: 2, AMLSIM: 1, CARDS: 3}
"""Each bank's line, the same in all figures."""

_STYLE: Final = {
    "svg.hashsalt": "moneytrail",
    "svg.fonttype": "none",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "path.simplify": True,
}

Curve = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def draw(folder: Path, out: Path, *, berka: Path | None = None, amlsim: Path | None = None) -> list[Path]:
    """Draw the simulated bank in `folder` and return the files: season, flows, amounts, degrees, gaps, months.

    Parameters
    ----------
    folder : Path
        As written by :func:`moneytrail.simulate.simulate_to`, with its truth.
    out : Path
        The folder for the SVG files; made where absent. Without a fee that a bank saw there is no ``flows.svg``.
    berka, amlsim : Path or None
        Folders of the two other banks to draw beside it.

    Raises
    ------
    InputError
        A folder lacks the bank's files; nothing is drawn.
    """
    record_of(folder)
    out.mkdir(parents=True, exist_ok=True)
    ledger = pl.read_parquet(folder / "truth" / "ledger.parquet")
    arrivals = pl.read_parquet(folder / "arrivals.parquet").sort("day")
    plain = views.simulated(folder)
    banks = {PLAIN: plain, CARDS: views.simulated(folder, (*views.PLAIN, "card"))}
    banks |= {BERKA: views.berka(berka)} if berka else {}
    banks |= {AMLSIM: views.amlsim(amlsim)} if amlsim else {}
    bare = {name: view for name, view in banks.items() if name != CARDS}
    made = {
        "season": lambda: _season(arrivals, _fees_seen(ledger)),
        "amounts": lambda: _amounts(_by_channel(folder), bare),
        "degrees": lambda: _degrees(bare),
        "gaps": lambda: _gaps(banks),
        "months": lambda: _months(banks),
    }
    gang = busiest_gang(ledger)
    if gang is not None:
        parties = pl.read_parquet(folder / "truth" / "parties.parquet")
        made["flows"] = lambda: _flows(flows(ledger, parties, gang), gang)
    return [_save(out / f"{name}.svg", figure) for name, figure in made.items()]


def _save(path: Path, figure: Callable[[], Figure]) -> Path:
    with _style():
        figure().savefig(path, format="svg", metadata={"Date": None, "Creator": "moneytrail"})
    return path


def _style() -> AbstractContextManager[None]:
    import matplotlib as mpl

    style: Any = dict(_STYLE)
    return mpl.rc_context(style)


def _sheet(rows: int = 1, height: float = 4.0, width: float = 7.5) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, 1, sharex=rows > 1, squeeze=False)
    return figure, list(axes[:, 0])


# The season.


def _season(arrivals: pl.DataFrame, fees: pl.DataFrame) -> Figure:
    figure, (people, days, money) = _sheet(3, 6.0)
    first = arrivals["day"][0]
    week = ((pl.col("day") - first).dt.total_days() // 7).alias("week")
    table = arrivals.group_by(week).agg(
        pl.col("arrivals").sum(), *((pl.col("band").cast(pl.String) == band).sum().alias(band) for band in _BANDS)
    ).sort("week")  # fmt: skip
    at = table["week"].to_numpy() * 7
    people.bar(at, table["arrivals"].to_numpy(), width=6, align="edge", color=SKY, edgecolor=BLACK, linewidth=0.4)
    people.set_ylabel("people a week")
    people.set_title("Arrivals in small boats, whole country (simulated)", loc="left")
    base = np.zeros(table.height)
    for band, (colour, hatch) in _BANDS.items():
        heights = table[band].to_numpy().astype(np.float64)
        days.bar(
            at, heights, 6, base, align="edge", color=colour, hatch=hatch, edgecolor=BLACK, linewidth=0.3, label=band
        )
        base += heights
    days.set_ylabel("days a week")
    days.set_ylim(0, 9)
    days.set_yticks([0, 7])
    days.legend(ncols=3, loc="upper right", fontsize=7, framealpha=0.9)
    days.set_title("Days assessed red (crossings likely), amber and green", loc="left")
    seen = fees.group_by(week).agg(pl.col("amount").sum() / 100_000).sort("week")
    money.bar(seen["week"].to_numpy() * 7, seen["amount"].to_numpy(), width=6, align="edge", color=ORANGE,
              edgecolor=BLACK, linewidth=0.4)  # fmt: skip
    money.set_ylabel("thousand pounds a week")
    money.set_title("The gangs' fees that passed through a bank", loc="left")
    money.set_xlabel(f"days since {first}")
    return figure


_BANDS: Final = {"red": (VERMILION, "////"), "amber": (ORANGE, ""), "green": ("#CFEFE6", "")}


def _fees_seen(ledger: pl.DataFrame) -> pl.DataFrame:
    seen = ledger.filter(earned(), pl.col("transaction_id").is_not_null())
    return seen.select("gang", "amount", day=pl.col("time").dt.date())


# One gang's flows.


@dataclass(frozen=True, slots=True)
class Flows:
    """One gang's money in pence: places by step from the passengers, and what went from one to another.

    Attributes
    ----------
    steps : dict of str to int
        Each place's fewest moves from the passengers; ends (costs, spending) come last.
    moved : dict of (str, str) to int
        Between two different places.
    within : dict of str to int
        Between accounts that are summed as one place.
    """

    steps: dict[str, int]
    moved: dict[tuple[str, str], int]
    within: dict[str, int]


def busiest_gang(ledger: pl.DataFrame) -> str | None:
    """Return the gang with the most fees that a bank saw; ``None`` without any."""
    sums = (
        _fees_seen(ledger)
        .group_by("gang")
        .agg(pl.col("amount").sum())
        .sort(["amount", "gang"], descending=[True, False])
    )
    return str(sums["gang"][0]) if sums.height else None


def flows(ledger: pl.DataFrame, parties: pl.DataFrame, gang: str) -> Flows:
    """Lay out one gang's ledger: no more than 25 places, the smaller ones summed by role. Cycles are allowed."""
    mine = parties.filter(pl.col("gang") == gang)
    roles = dict(zip(mine["account"].to_list(), mine["role"].to_list(), strict=True))
    own = ledger.filter(pl.col("gang") == gang)
    # What is set aside for an act stays where it was taken from.
    aside = own.filter(pl.col("target").str.starts_with("aside@")).unique("target", keep="first", maintain_order=True)
    purses = dict(aside.select("target", "source").iter_rows())
    table = own.group_by("source", "target").agg(pl.col("amount").sum())
    pairs: dict[tuple[str, str], int] = defaultdict(int)
    for source, target, amount in sorted(table.iter_rows()):
        pairs[purses.get(source, source), purses.get(target, target)] += int(amount)
    names = _names(pairs, roles)
    moved: dict[tuple[str, str], int] = defaultdict(int)
    within: dict[str, int] = defaultdict(int)
    for (source, target), amount in sorted(pairs.items()):
        if names[source] != names[target]:
            moved[names[source], names[target]] += amount
        elif source != target:
            within[names[source]] += amount
    return Flows(_steps(moved), dict(moved), dict(within))


def _names(pairs: dict[tuple[str, str], int], roles: dict[str, str]) -> dict[str, str]:
    """Name every place: the weightiest by themselves, the rest by what they are."""
    weight: dict[str, int] = defaultdict(int)
    for (source, target), amount in pairs.items():
        weight[source] += amount
        weight[target] += amount
    ranked = sorted(weight, key=lambda place: (-weight[place], place))
    for kept in range(MOST_NODES, -1, -1):
        rest = ranked[kept:]
        sums = _summed(rest, roles)
        if kept + len(set(sums.values())) <= MOST_NODES or kept == 0:
            return {**{place: _label(place, roles) for place in ranked[:kept]}, **sums}
    raise AssertionError  # the loop ends at 0


def _kind(place: str, roles: dict[str, str]) -> str:
    head, _, tail = place.partition("@")
    if tail:
        return head
    head, _, tail = place.partition(":")
    return head if tail else roles.get(place, "account" if place.isdigit() else place)


def _summed(places: list[str], roles: dict[str, str]) -> dict[str, str]:
    """Name places by their kind; one that is alone of its kind keeps its own name."""
    kinds = {place: _kind(place, roles) for place in places}
    number = Counter(kinds.values())
    return {
        place: f"{number[kind]} other: {kind.replace('_', ' ')}" if number[kind] > 1 else _label(place, roles)
        for place, kind in kinds.items()
    }


def _label(place: str, roles: dict[str, str]) -> str:
    head, _, tail = place.partition("@")
    if tail:
        return f"{head} {tail[-4:]}"
    return f"{_kind(place, roles).replace('_', ' ')} {place[-4:]}" if place.isdigit() else place.replace(":", ": ")


def _is_end(place: str) -> bool:
    return place.partition(" other: ")[2] in ("cost", "spent") or place.startswith(("cost: ", "spent: "))


def _steps(moved: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return each place's fewest moves from the passengers, breadth first; places they never reach stand at 1."""
    after: dict[str, list[str]] = defaultdict(list)
    places: dict[str, None] = {}
    for source, target in moved:
        after[source].append(target)
        places.update({source: None, target: None})
    steps = {name: 0 for name in places if name == "passengers"}
    front = list(steps)
    while front:
        found = [target for place in front for target in after[place] if target not in steps]
        depth = min(max(steps.values()) + 1, MOST_STEPS - 1)
        front = list(dict.fromkeys(found))
        steps.update(dict.fromkeys(front, depth))
    for place in places:
        steps.setdefault(place, 1)
    last = max((step for place, step in steps.items() if not _is_end(place)), default=0) + 1
    return {place: last if _is_end(place) else step for place, step in steps.items()}


def _spots(made: Flows) -> dict[str, tuple[float, float]]:
    """Give each place a spot: its step across, and down the page by the mean height of those that pay it."""
    columns: dict[int, list[str]] = defaultdict(list)
    for place, step in made.steps.items():
        columns[step].append(place)
    spots: dict[str, tuple[float, float]] = {}
    for step in sorted(columns):
        heights = {}
        for place in columns[step]:
            before = [spots[s][1] for s, t in made.moved if t == place and s in spots]
            heights[place] = sum(before) / len(before) if before else 0.5
        ordered = sorted(columns[step], key=lambda place: (-heights[place], place))
        for position, place in enumerate(ordered):
            spots[place] = (float(step), 1 - (position + 0.5) / len(ordered))
    return spots


def _flows(made: Flows, gang: str) -> Figure:
    figure, (axes,) = _sheet(1, 7.5, 11.0)
    spots = _spots(made)
    most = max(made.moved.values(), default=1)
    told = set(sorted(made.moved, key=lambda pair: (-made.moved[pair], pair))[:MOST_LABELS])
    for (source, target), amount in made.moved.items():
        forward = made.steps[target] > made.steps[source]
        style = {"color": BLUE if forward else VERMILION, "linestyle": "-" if forward else "--"}
        _arrow(axes, spots[source], spots[target], 0.4 + 4 * (amount / most) ** 0.5, style)
        if (source, target) in told:
            (x0, y0), (x1, y1) = spots[source], spots[target]
            axes.text(x0 + 0.42 * (x1 - x0), y0 + 0.42 * (y1 - y0), _pounds(amount), fontsize=7, ha="center",
                      va="bottom", bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5,
                            "alpha": 0.8})  # fmt: skip
    for place, (x, y) in spots.items():
        inside = f"\n({_pounds(made.within[place])} among them)" if place in made.within else ""
        axes.text(x, y, place + inside, fontsize=7.5, ha="center", va="center", zorder=5,
                  bbox={"facecolor": "#F2F2F2" if not _is_end(place) else "#FFF3D6", "boxstyle": "round,pad=0.3",
                        "linewidth": 0.6})  # fmt: skip
    axes.set_xlim(-0.5, max(made.steps.values(), default=0) + 0.5)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.set_xticks(range(max(made.steps.values(), default=0) + 1))
    axes.set_xlabel("fewest moves from the passengers (steps); costs and spending last")
    axes.set_title(
        f"Gang {gang}: where the money went, in pounds (simulated). Dashed: back, or within a step. "
        f"The {len(told)} largest sums are written.", loc="left", fontsize=9,
    )  # fmt: skip
    return figure


def _arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], width: float, style: dict[str, str]
) -> None:
    from matplotlib.patches import FancyArrowPatch

    bend = 0.08 if style["linestyle"] == "-" else 0.3
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=8, linewidth=width, alpha=0.6, shrinkA=22,
                        shrinkB=24, connectionstyle=f"arc3,rad={bend}", zorder=2, **style)  # type: ignore[arg-type]
    )  # fmt: skip


def _pounds(pence: int) -> str:
    return f"£{pence / 100_000:,.0f}k" if pence >= 1_000_000 else f"£{pence / 100:,.0f}"


# Distributions.

_BIN: Final = 0.1
"""Width of a bin of amounts, in powers of ten. Design."""


def _by_channel(folder: Path) -> dict[str, Curve]:
    """Return the density of amounts in pounds of each channel, counted over all transfers while they stream by."""
    place = (((pl.col("amount") / 100).log10() + 1e-9) / _BIN).floor().cast(pl.Int32)
    counts = (
        pl.scan_parquet(folder / "transfers.parquet")
        .filter(pl.col("amount") > 0, pl.col("currency") == "GBP")
        .group_by(pl.col("channel").cast(pl.String), place=place)
        .agg(number=pl.len().cast(pl.Float64))
        .collect(engine="streaming")
        .sort("channel", "place")
    )
    return {
        f"simulated, {str(channel).replace('_', ' ')}": _curve(part["place"].to_numpy(), part["number"].to_numpy())
        for (channel,), part in counts.group_by("channel", maintain_order=True)
    }


def _curve(places: npt.NDArray[np.signedinteger], numbers: npt.NDArray[np.float64]) -> Curve:
    """Return middles of bins and densities (a power of ten has 1 / :data:`_BIN` bins), with zeros between."""
    low, high = int(places.min()) - 1, int(places.max()) + 1
    heights = np.zeros(high - low + 1)
    heights[places - low] = numbers / numbers.sum() / _BIN
    return ((np.arange(low, high + 1) + 0.5) * _BIN).astype(np.float64), heights


def _density(view: pl.DataFrame) -> Curve:
    logs = np.log10((view["amount"] / view["amount"].median()).to_numpy())  # type: ignore[operator]
    places, numbers = np.unique(np.floor((logs + 1e-9) / _BIN).astype(np.int64), return_counts=True)
    return _curve(places, numbers.astype(np.float64))


def _amounts(channels: dict[str, Curve], banks: dict[str, pl.DataFrame]) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 6.5), layout="constrained")
    above, below = figure.subplots(2, 1)
    _lines(above, channels)
    above.set_xlabel("amount, power of ten of pounds (2 is £100)")
    above.set_title("Amounts by channel, all accounts", loc="left")
    _lines(below, {name: _density(view) for name, view in banks.items()}, _OF_BANK)
    below.set_xlabel("amount over the bank's median, power of ten (0 is the median)")
    below.set_title("Amounts beside other banks: credit transfers, direct debits, cash of persons", loc="left")
    for axes in (above, below):
        axes.set_ylabel("density (a power of ten)")
        axes.legend(fontsize=7)
    return figure


def _lines(axes: Axes, curves: dict[str, Curve], look: dict[str, int] | None = None, drawn: str = "default") -> None:
    for number, (name, (x, y)) in enumerate(curves.items()):
        colour, dash = _LINES[(look[name] if look else number) % len(_LINES)]
        axes.plot(x, y, color=colour, linestyle=dash, linewidth=1.4, label=name, drawstyle=drawn)  # type: ignore[arg-type]


def _beyond(values: npt.NDArray[np.number]) -> Curve:
    """Return each value found and the share of values that are at least as great."""
    found, numbers = np.unique(values, return_counts=True)
    share = numbers[::-1].cumsum()[::-1] / max(values.size, 1)
    return _thin(found.astype(np.float64), share.astype(np.float64))


def _thin(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], most: int = 400) -> Curve:
    keep = np.unique(np.linspace(0, x.size - 1, min(x.size, most)).astype(np.int64)) if x.size else np.arange(0)
    return x[keep], y[keep]


def _tail(curves: dict[str, Curve], across: str, title: str) -> Figure:
    figure, (axes,) = _sheet()
    _lines(axes, curves, _OF_BANK, "steps-post")
    least = min(float(x[0]) for x, _ in curves.values() if x.size)
    axes.set_xscale("symlog", linthresh=1)
    axes.set_yscale("log")
    axes.set_xlim(left=least)
    axes.set_xlabel(across)
    axes.set_ylabel("share with as many or more")
    axes.set_title(title, loc="left")
    axes.legend(fontsize=7)
    return figure


def _degrees(banks: dict[str, pl.DataFrame]) -> Figure:
    curves = {name: _beyond(views.months(view)["peers"].to_numpy()) for name, view in banks.items()}
    return _tail(curves, "different counterparties (accounts a month)", "Counterparties of an account in a month")


def _months(banks: dict[str, pl.DataFrame]) -> Figure:
    curves = {name: _beyond(views.months(view)["payments"].to_numpy()) for name, view in banks.items()}
    return _tail(curves, "payments (an account and month)", "Payments of an account in a month")


def _gaps(banks: dict[str, pl.DataFrame]) -> Figure:
    curves = {name: _beyond(views.gaps(view)) for name, view in banks.items()}
    return _tail(curves, "gap (days)", "Days between a payment of an account and its next")
