"""The plots of the report, as SVG text; equal figures give equal bytes.

Colours are Okabe and Ito's, and no line is told by its colour alone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

LINES: Final = (
    ("#0072B2", "-"), ("#D55E00", "--"), ("#009E73", "-."), ("#000000", ":"), ("#E69F00", (0, (6, 2, 1, 2))),
    ("#56B4E9", (0, (1, 1))), ("#CC79A7", (0, (4, 1))),
)  # fmt: skip
_STYLE: Final[Any] = {
    "svg.hashsalt": "moneytrail",
    "svg.fonttype": "none",
    # A model's name may hold dollar signs.
    "text.parse_math": False,
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
}

Models = Sequence[Mapping[str, Any]]
Points = tuple[Sequence[float], Sequence[float]]


_TAG: Final = re.compile(r"<[a-z][^>]*>")
_NAMED: Final = re.compile(r'( id="| xlink:href="#| href="#|url\(#)')


class Plot(NamedTuple):
    """One plot: its name, unique on a page, its caption, and what draws it as SVG, empty where nothing can be drawn."""

    name: str
    caption: str
    draw: Callable[[Models], str]

    def svg(self, models: Models) -> str:
        """The drawing as an image with its caption as label; empty where no model has anything to draw.

        All its ids begin with the plot's name: each drawing has an `axes_1`, and a page holds several.
        """
        drawn = _TAG.sub(lambda tag: _NAMED.sub(rf"\g<1>{self.name}-", tag[0]), self.draw(models))
        return drawn.replace("<svg", f'<svg role="img" aria-label="{escape(self.caption)}"', 1)


def _drawn(
    models: Models,
    points: Callable[[Mapping[str, Any]], Points | None],
    labels: tuple[str, str],
    finish: Callable[[Axes], None],
) -> str:
    """A line a model that has points, in the order of the models, so that each keeps its look in every plot."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    found = [(place, model["name"], points(model)) for place, model in enumerate(models)]
    lines = [(place, name, line) for place, name, line in found if line is not None]
    if not lines:
        return ""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(6.5, 4.0), layout="constrained")
        axes = figure.subplots()
        for place, name, (x, y) in lines:
            colour, dash = LINES[place % len(LINES)]
            mark = "o" if len(x) < 15 else ""
            # A label that begins with an underscore would be left out.
            axes.plot(x, y, color=colour, linestyle=dash, marker=mark, markersize=3, label=f" {name}")
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        finish(axes)
        axes.legend(frameon=False, fontsize=8)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    made = text.getvalue()
    return made[made.index("<svg") :]


def _plain(axis: Axis) -> None:
    """Numbers as they are written in text: the axis would write powers of ten as TeX, which is not read here."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if abs(value) >= 1 else f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _precision_recall(models: Models) -> str:
    def points(model: Mapping[str, Any]) -> Points | None:
        curve = model["curve"]
        return (curve["recall"], curve["precision"]) if curve else None

    def finish(axes: Axes) -> None:
        axes.set(xlim=(0, 1), ylim=(0, 1.02))

    return _drawn(models, points, ("recall", "precision"), finish)


def _recall_by_budget(models: Models) -> str:
    def points(model: Mapping[str, Any]) -> Points | None:
        curve = model["curve"]
        return (curve["rows"], curve["recall"]) if curve else None

    def finish(axes: Axes) -> None:
        axes.set_xscale("log")
        _plain(axes.xaxis)
        axes.set_ylim(0, 1.02)

    return _drawn(models, points, ("transfers looked at, the best first", "recall"), finish)


def _calibration(models: Models) -> str:
    def points(model: Mapping[str, Any]) -> Points | None:
        told = model["calibration"]
        return ([b["mean"] for b in told["bins"]], [b["observed"] for b in told["bins"]]) if told else None

    def finish(axes: Axes) -> None:
        axes.plot((0, 1), (0, 1), color="#b8b8b8", linewidth=0.8)
        axes.set_xscale("symlog", linthresh=1e-3)
        axes.set_yscale("symlog", linthresh=1e-3)
        _plain(axes.xaxis)
        _plain(axes.yaxis)
        axes.set(xlim=(0, 1.1), ylim=(0, 1.1))

    return _drawn(models, points, ("probability said", "share that is illicit"), finish)


def _money_by_delay(models: Models) -> str:
    def points(model: Mapping[str, Any]) -> Points | None:
        told = model.get("money_by_delay")
        return ([day for day, _ in told], [share for _, share in told]) if told else None

    def finish(axes: Axes) -> None:
        axes.set_ylim(0, 1.02)

    return _drawn(models, points, ("days that every alert comes later", "share of profit still in reach"), finish)


PLOTS: Final = (
    Plot(
        "precision-recall", "Precision against recall, by transfer, on the test period; first seed.", _precision_recall
    ),
    Plot("recall-budget", "Recall against the number of transfers looked at; first seed.", _recall_by_budget),
    Plot(
        "calibration",
        "Calibration: how often it is true, by the probability said; the grey line is right.",
        _calibration,
    ),
    Plot(
        "money-delay",
        "Money against time: what would still be in reach, had each account been named so many days later; first seed.",
        _money_by_delay,
    ),
)
