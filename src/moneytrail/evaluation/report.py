"""What the bench found, for people: lines and a table for the terminal, and one HTML page that needs no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

COLUMNS: Final = {
    "model": "its name as in --models; figures are of the test period, medians over its runs",
    "average precision": "of transfers: the area under precision against recall; chance gives the illicit share",
    "95 %": "the interval of average precision: bootstrap over attempts and days, all runs together",
    "F1": "of transfers, at the threshold that was best on validation",
    "recall at budget": "of transfers: the share of the illicit that is among as many best transfers as the budget has "
    "alerts",
    "precision at budget": "of transfers: the share of these best transfers that is illicit",
    "attempts found": "of alerts: the share of attempts of which an alert holds half, or a transfer and the account",
    "money in reach": "of alerts: the share of a gang's profit in banks that is kept if each account is frozen when an "
    "alert names it, mean over gangs",
    "days to detect": "of alerts: median days from an attempt's first transfer to its alert, of the attempts found",
    "fit + score s": "seconds to fit the chosen setting and to score, its columns included",
    "tuning s": "seconds to try the other settings",
    "MiB": "the most memory that any run held beyond what was held before it",
}
"""Headings of the table, and what each means."""
HEADINGS: Final = tuple(COLUMNS)
RULES_NOTE: Final = (
    "Matches of rules may be complete only after the transfer, which favours rules in the figures of transfers."
)
LABEL_FREE: Final = {
    "model": "its name",
    "alerts": "raised in the test period, median over the runs",
    "drift": "the largest difference between the distributions of scores in validation and test, 0 to 1",
    "stability": "share of its best transfers, as many as the budget has alerts, that two seeds have in common",
}
"""Headings of the figures that need no labels, and what each means."""
AGREEMENT: Final = ("data", "model", "and", "share in common")
AGREEMENT_MEANS: Final = (
    "share in common: of their best transfers, as many as the budget has alerts, those that both have; first seed"
)
GROUPS: Final = {
    "group": "what the accounts do (look-alike population), or whether they deal across a border",
    "accounts": "how many honest accounts are in it; an account may be in several groups",
    "alerts": "that name one of them",
    "false": "alerts that name one of them and of whose evidence less than half is illicit",
    "alert rate": "times that an alert names an account, a thousand accounts a year",
    "false rate": "the same for false alerts",
    "times": "the false rate, over that of all accounts",
    "95 %": "the interval of times, exact for a Poisson count of alerts",
    "over the limit": "above twice, beyond what chance gives",
}
"""Headings of the table of groups, and what each means."""
MISSING: Final = "–"

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
h1, h2 { font-weight: 600; line-height: 1.2; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { text-align: right; padding: .3rem .7rem; border-bottom: 1px solid #ddd; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
figure { margin: 1.5rem 0; } figure svg { max-width: 100%; height: auto; }
figcaption, .note, .keys { color: #555; }
.keys { font-size: .9em; padding-left: 1.2rem; }
"""


class Table(NamedTuple):
    """Title, headings and rows of cells."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


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
        lines.append(f"  customers counted: {case['customers_counted']}.")
        many, best = case["budget_alerts"], case["budget_transfers"]
        within = f"{many:,} in the test period; of transfers the best {best:,}" if many else "none in the test period"
        lines.append(f"  budget: {document['budget']}, here {case['budget_alerts_a_week']:g} alerts a week: {within}.")
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


def label_free(document: Mapping[str, Any]) -> list[Table]:
    """The figures that need no labels; how models agree is left out where there are no two to compare."""
    models = [
        (model["name"], _number(model["alerts"], 0), _number(model["drift"], 3), _number(model["stability"], 2))
        for model in document["models"]
    ]
    pairs = [
        (case["name"], *pair["models"], _number(pair["share"], 2))
        for case in document["cases"]
        for pair in case["agreement"]
    ]
    every = [
        Table("Figures that need no labels", tuple(LABEL_FREE), models),
        Table("Agreement between models", AGREEMENT, pairs),
    ]
    return [one for one in every if one.rows]


def page(document: Mapping[str, Any], day: date) -> str:
    """The report as one HTML page; its plots are drawn into it as SVG, and it fetches nothing.

    Parameters
    ----------
    document : mapping
        What :func:`moneytrail.evaluation.bench.compare` gives.
    day : date
        When it was made, in UTC.
    """
    from moneytrail.evaluation.plots import PLOTS

    parts = ["<h1>Detection models side by side</h1>", *_paragraphs(facts(document)), _table(HEADINGS, rows(document))]
    parts += _keys(COLUMNS)
    if any(model["name"] == "rules" for model in document["models"]):
        parts += _paragraphs([RULES_NOTE], "note")
    parts += _paragraphs(fairness(document))
    parts += _paragraphs(reasons(document), "note")
    for plot in PLOTS:
        drawn = plot.svg(document["models"])
        if drawn:
            parts.append(f"<figure>{drawn}<figcaption>{escape(plot.caption)}</figcaption></figure>")
    for case in document["cases"] if len(document["cases"]) > 1 else ():
        parts += [f"<h2>{escape(case['name'])}</h2>", _table(HEADINGS, rows(case))]
    for title, headings, cells in label_free(document):
        parts += [f"<h2>{title}</h2>", _table(headings, cells)]
        parts += _paragraphs([f"{AGREEMENT_MEANS}."], "note") if headings is AGREEMENT else _keys(LABEL_FREE)
    parts += _groups(document["models"])
    parts += _chosen(document["models"])
    parts += ["<h2>What was run</h2>", _table(("what", "which"), what_ran(document, day))]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en-GB">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>moneytrail benchmark</title><style>{STYLE}</style></head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _paragraphs(lines: Sequence[str], kind: str = "") -> Iterator[str]:
    mark = f' class="{kind}"' if kind else ""
    return (f"<p{mark}>{escape(line)}</p>" for line in lines)


def _keys(meaning: Mapping[str, str]) -> Iterator[str]:
    """Under a table, what each of its columns means."""
    yield '<ul class="keys">'
    for heading, said in meaning.items():
        yield f"<li><b>{escape(heading)}</b>: {escape(said)}</li>"
    yield "</ul>"


def what_ran(document: Mapping[str, Any], day: date) -> list[tuple[str, str]]:
    """What it takes to run it again: versions, data, split, seeds, budget, models with the hashes of saved ones."""
    cells = [("made on", f"{day.isoformat()} (UTC)"), *document["versions"].items()]
    for case in document["cases"]:
        parted = case["split"]
        by = f"parted by {parted['by']}, validation from {parted['borders'][0]}, test from {parted['borders'][1]} (UTC)"
        kept = ", straddling attempts kept" if parted["keep_straddling"] else ""
        cells.append(("data", f"{_source(case)}; {by}, embargo {parted['embargo_days']:g} days{kept}"))
    cells += [("seeds", ", ".join(map(str, document["seeds"]))), ("budget", document["budget"])]
    for model in document["models"]:
        saved = {f"{one['model']}, sha256 {one['sha256']}": None for one in model["facts"] if "sha256" in one}
        cells.append(("model", ": ".join([model["name"], *saved])))
    return cells


def _source(case: Mapping[str, Any]) -> str:
    """The data by name, and by its fingerprint or by how it was made."""
    if "fingerprint" in case:
        return f"{case['name']}, fingerprint {case['fingerprint']}"
    made = [f"{name} {value}" for name, value in case.get("made_with", {}).items()]
    return f"{case['name']} ({', '.join(made)})" if made else case["name"]


def group_name(name: str) -> str:
    """A group's name, with that of its look-alike where it is a code: ``R-REM remittance to family``."""
    from moneytrail.suppressors import SUPPRESSORS

    return f"{name} {names[name]}" if name in (names := {one.code: one.name for one in SUPPRESSORS}) else name


def _table(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in headings)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in cells)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def fairness(document: Mapping[str, Any]) -> list[str]:
    """Of each model the groups of customers that bear more than twice their part of the false alerts.

    Those only that bear it beyond what chance gives: see :func:`moneytrail.evaluation.groups.gate`.
    """
    return [f"False alerts of {model['name']}{_fair(model)}." for model in document["models"] if model["groups"]]


def _fair(model: Mapping[str, Any]) -> str:
    over = [group for group in model["groups"] if group["name"] in model["groups_over_limit"]]
    if over:
        named = ", ".join(f"{group_name(group['name'])} {group['ratio']:.1f} times" for group in over)
        return f" above twice the overall rate: {named}"
    if not model["groups_of_alerts"]:
        return ": nothing can be said of groups of customers, as no alert was raised"
    if not any(group["false_alerts"] for group in model["groups"]):
        return ": none names an account of any group of customers"
    return ": no group of customers above twice the overall rate, beyond what chance gives"


def _groups(models: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Whom the alerts name, model by model."""
    told = [model for model in models if model["groups"]]
    if not told:
        return
    named = {group["name"] for model in told for group in model["groups"] if group["alerts"]}
    yield "<h2>Alerts by group of customers</h2>"
    yield from _keys(GROUPS)
    yield '<p class="note">Groups that no alert of any model names are left out.</p>'
    for model in told:
        cells = [
            (
                group_name(group["name"]),
                f"{group['accounts']:,}",
                f"{group['alerts']:,}",
                f"{group['false_alerts']:,}",
                _number(group["alert_rate"], 1),
                _number(group["rate"], 1),
                _number(group["ratio"], 1),
                MISSING if group["low"] is None else f"{group['low']:.1f} to {group['high']:.1f}",
                "yes" if group["name"] in model["groups_over_limit"] else "",
            )
            for group in model["groups"]
            if group["name"] in named
        ]
        if cells:
            yield f"<h3>{escape(model['name'])}</h3>"
            yield _table(tuple(GROUPS), cells)


def _chosen(models: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What each model that learns chose, run by run."""
    tried = [(model["name"], dict(chosen)) for model in models for chosen in model["chosen"]]
    if tried:
        yield "<h2>Settings chosen</h2>"
        worth = [_number(one.pop("validation_average_precision", None), 3) for _, one in tried]
        said = ["; ".join(f"{key} {value}" for key, value in one.items()) for _, one in tried]
        names = [name for name, _ in tried]
        yield _table(
            ("model", "setting", "average precision on validation"), list(zip(names, said, worth, strict=True))
        )
