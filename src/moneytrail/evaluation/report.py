"""What the bench found, for people: lines and a table for the terminal, and one HTML page that needs no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from pathlib import Path

HEADINGS: Final = (
    "model", "average precision", "95 %", "F1", "recall at budget", "precision at budget", "attempts found",
    "money in reach", "days to detect", "fit + score s", "tuning s", "MiB",
)  # fmt: skip
MISSING: Final = "–"

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
h1, h2 { font-weight: 600; line-height: 1.2; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { text-align: right; padding: .3rem .7rem; border-bottom: 1px solid #ddd; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
figure { margin: 1.5rem 0; } figure svg { max-width: 100%; height: auto; }
figcaption, .note { color: #555; }
"""


def facts(document: Mapping[str, Any]) -> list[str]:
    """What was measured on, line by line."""
    lines = []
    for case in document["cases"]:
        rate = f", {case['base_rate']:.3%} of them illicit" if case["base_rate"] is not None else ", without labels"
        lines.append(f"{case['name']}: {case['transfers']:,} transfers, {case['scored']:,} scored{rate}.")
        parted = case["split"]
        rows = ", ".join(f"{name} {number:,}" for name, number in parted["rows"].items())
        held = parted["illicit"]["test"]
        told = f" with {held:,} illicit" if held is not None else ""
        lines.append(f"  {case['population']}; parted by {parted['by']}: {rows}{told}.")
        if case["caveat"]:
            lines.append(f"  Mind: {case['caveat']}.")
        left = parted["left_out_of_learning"]
        if any(left.values()):
            lines.append(
                f"  not learned from: {left['straddling_attempts']:,} transfers of attempts that go on behind a "
                f"border, {left['embargo']:,} of the embargo."
            )
        lines.append(
            f"  budget: {document['budget']}, here {case['budget_alerts_a_week']:g} alerts a week, or the best "
            f"{case['budget_transfers']:,} transfers of the test period."
        )
    lines.append(f"Tuning: {document['tuning']}.")
    return lines


def rows(document: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The table, a row a model, as :data:`HEADINGS`."""
    return [_row(model) for model in document["models"]]


def reasons(document: Mapping[str, Any]) -> list[str]:
    """What could not be computed, and why: each reason once, with the figures and the models it holds for."""
    holds: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for model in document["models"]:
        for figure, reason in model["not_computed"].items():
            figures, names = holds.setdefault(reason, ({}, {}))
            figures[figure.replace("_", " ")] = names[model["name"]] = None
    return [
        f"Not computed for {', '.join(names)}: {', '.join(figures)}; {reason}."
        for reason, (figures, names) in holds.items()
    ]


def _row(model: Mapping[str, Any]) -> tuple[str, ...]:
    seconds = model["seconds"] or {}
    between = model["average_precision_interval"]
    ran = seconds["fit"] + seconds["score"] if seconds else None
    return (
        model["name"],
        _number(model["average_precision"], 3),
        f"{between[0]:.3f} to {between[1]:.3f}" if between else MISSING,
        _number(model["f1"], 3),
        _number(model["recall_at_budget"], 3),
        _number(model["precision_at_budget"], 3),
        _number(model["attempts_found"], 2),
        _number(model.get("money_in_reach"), 2),
        _number(model["days_to_detect"], 1),
        _number(ran, 2),
        _number(seconds.get("tuning"), 1),
        _number(model["memory_mib"], 0),
    )


def _number(value: float | None, places: int) -> str:
    return MISSING if value is None else f"{value:,.{places}f}"


def check_page(path: Path) -> None:
    """Refuse, before the work begins, a page that cannot be written.

    Raises
    ------
    ParameterError
    """
    if path.is_dir():
        raise ParameterError(f"--html {path}: is a folder")
    if not path.absolute().parent.is_dir():
        raise ParameterError(f"--html {path}: there is no folder {path.absolute().parent.name}")


def page(document: Mapping[str, Any]) -> str:
    """The report as one HTML page; its plots are drawn into it as SVG, and it fetches nothing."""
    from moneytrail.evaluation.plots import PLOTS

    parts = ["<h1>Detection models side by side</h1>", *_paragraphs(facts(document)), _table(HEADINGS, rows(document))]
    parts += _paragraphs(fairness(document))
    parts += _paragraphs(reasons(document), "note")
    for plot in PLOTS:
        drawn = plot.draw(document["models"])
        if drawn:
            parts.append(f"<figure>{drawn}<figcaption>{escape(plot.caption)}</figcaption></figure>")
    for case in document["cases"] if len(document["cases"]) > 1 else ():
        parts += [f"<h2>{escape(case['name'])}</h2>", _table(HEADINGS, rows(case))]
    parts += _groups(document["models"])
    parts += _chosen(document["models"])
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en-GB">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>moneytrail benchmark</title><style>{STYLE}</style></head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _paragraphs(lines: Sequence[str], kind: str = "") -> Iterator[str]:
    mark = f' class="{kind}"' if kind else ""
    return (f"<p{mark}>{escape(line)}</p>" for line in lines)


def _table(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in headings)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in cells)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def fairness(document: Mapping[str, Any]) -> list[str]:
    """Of each model the groups of customers that bear more than twice their part of the false alerts.

    Those only that bear it beyond what chance gives: see :func:`moneytrail.evaluation.groups.gate`.
    """
    lines = []
    for model in document["models"]:
        over = [group for group in model["groups"] or () if group["name"] in model["groups_over_limit"]]
        if over:
            named = ", ".join(f"{group['name']} {group['ratio']:.1f} times" for group in over)
            lines.append(f"False alerts of {model['name']} above twice the overall rate: {named}.")
        elif model["groups"]:
            lines.append(
                f"False alerts of {model['name']}: no group of customers above twice the overall rate, beyond what "
                "chance gives."
            )
    return lines


def _groups(models: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Whom the alerts name, model by model."""
    told = [model for model in models if model["groups"]]
    if not told:
        return
    yield "<h2>Alerts by group of customers</h2>"
    yield '<p class="note">Rates are namings in false alerts a thousand accounts a year; times is that over the rate '
    yield "of all accounts, with its 95 % interval.</p>"
    for model in told:
        cells = [
            (
                group["name"],
                f"{group['accounts']:,}",
                f"{group['alerts']:,}",
                f"{group['false_alerts']:,}",
                _number(group["rate"], 1),
                _number(group["ratio"], 1),
                MISSING if group["low"] is None else f"{group['low']:.1f} to {group['high']:.1f}",
                "yes" if group["name"] in model["groups_over_limit"] else "",
            )
            for group in model["groups"]
        ]
        yield f"<h3>{escape(model['name'])}</h3>"
        yield _table(("group", "accounts", "alerts", "false", "rate", "times", "95 %", "over the limit"), cells)


def _chosen(models: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What each model that learns chose, run by run."""
    tried = [(model["name"], each["chosen"]) for model in models for each in model["chosen"] if "chosen" in each]
    if tried:
        yield "<h2>Settings chosen</h2>"
        said = [(name, "; ".join(f"{key} {value}" for key, value in one.items())) for name, one in tried]
        yield _table(("model", "setting"), said)
