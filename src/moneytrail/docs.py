"""The generated pages of ``docs/``: what the code declares, written out for people. ``make docs`` writes them again.

Each typology's page has an example, from ``docs/typologies/examples``: the catalogue searches it, and what it finds is
drawn. A test fails when a page does not say what the code says.
"""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from moneytrail.alerts import ALERT_FROM
from moneytrail.catalogue import horizon_days, search
from moneytrail.drawing import Arrow, draw
from moneytrail.errors import ParameterError
from moneytrail.features import DETECTOR_FEATURES, FEATURES, UNWINDOWED
from moneytrail.graph import DAY, PULLED_CHANNELS, RELATION_RULE, TransactionGraph
from moneytrail.matches import GATE_POINTS, MOST_POINTS
from moneytrail.rates import ExchangeRates
from moneytrail.risk import RAISE_FROM, shipped_weights
from moneytrail.schema import ACCOUNT_COLUMNS, ACCOUNT_KINDS, CHANNELS, TRANSFER_COLUMNS
from moneytrail.suppressors import SUPPRESSORS
from moneytrail.tables import shipped
from moneytrail.testing import register, story
from moneytrail.typologies import CATALOGUE
from moneytrail.typologies.ground import ARRIVAL_COLUMNS, Ground
from moneytrail.wording import money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moneytrail.schema import Column
    from moneytrail.typologies import Parameter, Typology

MADE = "<!-- Made by `make docs` from the code. Change the code, not this page. -->\n\n"


def pages(folder: Path) -> dict[str, str]:
    """Every generated page: path below ``docs/`` to its text. `folder` is ``docs/``, which holds the examples."""
    made = {}
    for entry in CATALOGUE:
        shown = example_of(entry, folder / "typologies" / "examples" / f"{entry.id}.toml")
        made[f"typologies/{entry.id}.md"] = _typology(entry, shown)
        made[f"typologies/{entry.id}.svg"] = shown.drawing
    return made | {
        "typologies/README.md": _catalogue(),
        "suppressors.md": _suppressors(),
        "features.md": _features(),
        "schema.md": _schema(),
    }


@dataclass(frozen=True, slots=True)
class Example:
    """What the catalogue finds in an example.

    Attributes
    ----------
    told : str
        What the example is, in a sentence.
    match : dict
        The best match of the typology, as a row of the matches' frame.
    drawing : str
        Its transfers, as SVG.
    """

    told: str
    match: dict[str, Any]
    drawing: str


def example_of(entry: Typology, path: Path) -> Example:
    """Search an example for its typology, with those that it builds on.

    The file is TOML: ``told``, a sentence; ``transfers``, a story as :func:`moneytrail.testing.story` reads it; and,
    where they are needed, ``accounts``, a list of tables, ``arrivals``, a list of ``[day, arrivals, red]``, and
    ``parameters``.

    Raises
    ------
    ParameterError
        When nothing of the typology is found in it.
    """
    document = tomllib.loads(path.read_text("utf-8"))
    transfers = story(document["transfers"])
    graph = TransactionGraph.from_frame(transfers, ExchangeRates.load(), register(document.get("accounts", [])))
    days = document.get("arrivals", [])
    arrivals = pl.DataFrame(days, schema=ARRIVAL_COLUMNS, orient="row") if days else None
    (searched,) = search(Ground(graph, arrivals=arrivals), document.get("parameters"), only=[entry.id])
    found = searched.matches
    if not found.match.height:
        raise ParameterError(f"{path.name}: {entry.id} finds nothing in it {searched.not_applicable}")
    match = found.match.sort("score", "match_id", descending=[True, False]).row(0, named=True)
    proof = found.evidence.filter(pl.col("match_id") == match["match_id"])
    rows = proof.join(transfers, on="transaction_id", how="left", maintain_order="left").iter_rows(named=True)
    arrows = [
        Arrow(
            f"{row['booked_at'].day} {row['booked_at']:%b %H:%M}", row["debtor_account"], row["creditor_account"],
            money(row["amount"], row["currency"]).removesuffix(".00"), row["role"],
        )
        for row in rows
    ]  # fmt: skip
    return Example(document["told"], match, draw(arrows, match["subject"], f"{entry.name}: {document['told']}"))


def main(arguments: Sequence[str]) -> int:
    """Write the pages into the folder named by the first argument."""
    folder = Path(arguments[0])
    for name, text in pages(folder).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return 0


def _table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _bullets(items: Iterable[object]) -> str:
    return "".join(f"- {item}\n" for item in items)


def _catalogue() -> str:
    rows = [(f"[{t.id}]({t.id}.md)", t.name, t.stage, t.summary, ", ".join(t.needs) or "–") for t in CATALOGUE]
    headings = ("id", "name", "stage", "what it looks for", "needs besides who paid whom, when and how much")
    rule = RELATION_RULE
    return (
        f"{MADE}# The catalogue\n\n{_table(headings, rows)}\n"
        "A typology that needs a column which the data lack is *not applicable*: the run record says so, and its "
        "scores are empty, not zero. Set parameters with `moneytrail score --set S01.payers=10` or in a file with "
        "`--parameters`; what words, codes and places mean stands in `tables.toml` and is replaced with `--tables`. "
        "[Suppressors](../suppressors.md) lower the score of look-alikes. To add a typology of your own, see "
        "[writing a typology](../writing-a-typology.md).\n\n"
        "## Words that every page uses\n\n"
        "**Unaffiliated.** Two accounts are affiliated when the account table gives them the same party or the same "
        "hashed address, telephone, e-mail or device, or when they had regular dealings: at least "
        f"{rule.payments} transfers, either way, in at least two calendar months (UTC), between "
        f"{rule.lookback // DAY} and {rule.gap // DAY} days before. Names, nationality and ethnicity are never looked "
        "at. A transfer is a *stranger's* when it was pushed between two unaffiliated accounts; "
        f"{', '.join(name.replace('_', ' ') for name in PULLED_CHANNELS)} transfers never are.\n\n"
        f"**Score.** A match that holds its gate has {GATE_POINTS}; far passing of some thresholds, and boosters, add "
        f"points, up to {MOST_POINTS}: no pattern of transfers is certain. Every measure is in the alert with its "
        "threshold and its points. Boosters never decide "
        "whether there is a match.\n\n"
        "**Period.** For each subject and each period of one window length, counted from 1 January 1970 UTC, the "
        "strongest window is kept, so that a match depends on a bounded stretch of time "
        "(see [decision 0002](../decisions/0002-periods.md)).\n"
    )


def _weight(entry: Typology) -> list[str]:
    if not entry.alerts_alone:
        return []
    weight = shipped_weights()[entry.id]
    said = f"At full score it weighs {weight:.2f} in an alert's risk, as fitted to simulated banks"
    if weight < RAISE_FROM:
        said += f": alone it raises no alert, which takes {RAISE_FROM:g}, and needs others beside it"
    return [f"{said}. Change it with `{entry.id} = …` under `[risk]` in a file of parameters.\n\n"]


def _typology(entry: Typology, shown: Example) -> str:
    parts = [
        MADE,
        f"# {entry.id} {entry.name}\n\n{entry.summary}\n\n",
        f"Stage: {entry.stage}. A match depends on at most {horizon_days(entry.id)} days of transfers.\n\n",
        *_weight(entry),
        *_conditions(entry),
        f"## The rule\n\n{entry.definition}\n\n",
        f"## An example\n\n{shown.told}\n\n![{entry.name}]({entry.id}.svg)\n\n",
        f"What the alert says, with score {shown.match['score']:.2f}:\n\n> {shown.match['explanation']}\n\n",
        "## Parameters\n\n",
        _table(
            ("name", "default", "allowed", "unit", "meaning", "why this default", "basis"),
            [_parameter(p) for p in entry.parameters],
        ),
        f"\nSet one with `moneytrail score --set {entry.id}.{entry.parameters[0].name}=…`.\n\n",
        "## Evidence\n\n",
        f"The subject is the **{entry.subject_part}**. Roles of the transfers:\n\n",
        _bullets(
            f"`{role.name}`: {role.meaning}; the account at the other end is "
            + (f"a {role.part}" if role.part else "not named as a subject")
            for role in entry.roles
        ),
        "\nEvery person begins as *unknown*: a part in a match is a fact of the transfers, not a judgement.\n\n",
        "## Innocent explanations to rule out\n\n",
        _bullets(entry.innocent_explanations),
        *_tests(entry),
        "\n## Sources\n\n",
        _bullets(entry.sources),
    ]
    if entry.id == "L01":
        lines = [
            (money(x.amount, x.currency), ", ".join(x.channels), x.since or "–", x.what, x.source)
            for x in shipped().lines
        ]
        headings = ("line", "channels", "applies from", "what it triggers", "source")
        parts += ["\n## The lines\n\n", _table(headings, lines)]
    return "".join(parts)


def _conditions(entry: Typology) -> list[str]:
    said = []
    if entry.needs:
        said.append(f"It needs {', '.join(f'`{need}`' for need in entry.needs)}.")
    if entry.builds_on:
        said.append(f"It builds on what {', '.join(f'[{other}]({other}.md)' for other in entry.builds_on)} found.")
    if not entry.alerts_alone:
        said.append("It raises no alert of its own: a match is shown in the alerts that it is linked to.")
    if entry.amltrix:
        linked = f"[AMLTRIX](https://framework.amltrix.com) techniques: {', '.join(entry.amltrix)}"
        said.append(f"{linked} (Amlyze, AMLTRIX framework, 2025).")
    return [" ".join(said) + "\n\n"] if said else []


def _tests(entry: Typology) -> list[str]:
    tested = [one for one in SUPPRESSORS if entry.id in one.on]
    if not tested:
        return []
    rows = [(f"[{one.code}](../suppressors.md)", one.name, f"{one.factor.default:g}") for one in tested]
    return ["\nTested on every match:\n\n", _table(("code", "look-alike", "score is multiplied by"), rows)]


def _suppressors() -> str:
    rows = []
    for one in SUPPRESSORS:
        numbers = ", ".join(f"`{p.name}` {p.default:g}" for p in one.parameters) or "–"
        effect = f"x {one.factor.default:g} on {', '.join(one.on)}" if one.on else "chooses what is looked at"
        rows.append((one.code, one.name, one.test, numbers, effect, ", ".join(one.needs) or "–"))
    headings = ("code", "look-alike", "test: all of it must hold", "numbers", "effect", "needs")
    return (
        f"{MADE}# Suppressors\n\nA suppressor is an innocent explanation with a test. Where it holds, a match's score "
        "is multiplied by its factor; of several the smallest decides, since they ask after the same innocence. It is "
        f"shown in the alert with its figures, and removes no evidence. A match below {ALERT_FROM} raises no alert of "
        "its own; it is kept among the run's matches and shown in the alerts that it is linked to. Every factor and "
        "number is design: no source gives one. Change one with `moneytrail score --set R-LAND.factor=0.5`.\n\n"
        "Each test looks at the year up to the match's last transfer and at nothing later.\n\n"
        f"{_table(headings, rows)}"
    )


def _parameter(parameter: Parameter) -> tuple[object, ...]:
    allowed = f"{parameter.low:,} to {parameter.high:,}"
    default = f"{parameter.default:,}"
    return (
        f"`{parameter.name}`", default, allowed, parameter.unit, parameter.meaning, parameter.reason, parameter.basis,
    )  # fmt: skip


def _features() -> str:
    fixed = [(f"`{f.name}`", f.unit, f.window_days or "–", f.meaning) for f in DETECTOR_FEATURES]
    chosen: dict[str, tuple[str, str, str]] = {}
    for feature in FEATURES[len(DETECTOR_FEATURES) :]:
        stem = feature.name.rpartition("_")[0]
        name, _, size = stem.rpartition("_")
        if size.isdigit():
            first = chosen.get(f"{name}_K")
            meaning = re.sub(rf"\b{size}( or more)?\b", "K", feature.meaning, count=1)
            chosen[f"{name}_K"] = (feature.unit, f"{first[1].split()[0]} to {size}" if first else size, meaning)
        else:
            chosen[stem] = (feature.unit, "–", feature.meaning)
    rows = [(f"`{stem}_WINDOW`", *what) for stem, what in chosen.items()]
    alone = [(f"`{f.name}`", f.unit, f.meaning) for f in UNWINDOWED]
    return (
        f"{MADE}# Features\n\nWhat detectors see of a transfer. Each value uses only transfers up to it in ledger "
        "order, but for `instant_…` and `hindsight_…` below; windows end at the transfer (left end excluded). Names, "
        "nationality, countries and labels are never features. `moneytrail features FILE --columns …` writes them; "
        "`moneytrail.features.compute` gives them as a matrix, `blocks` in pieces. Only what is asked for is "
        "computed.\n\n## Over any window\n\n"
        "WINDOW is a whole number and a unit: `45s`, `90min`, `6h`, `7d`. K is a size; the largest one of a fan, a "
        "degree, a gather-scatter or a scatter-gather holds every larger one too, and those of temporal cycles go on "
        "to 30. Values are 0 where a side is absent. A search for motifs that stops at its budget says so in the "
        "column `…_truncated_WINDOW`, and has then counted too few. Of the cycles in any order there is a shorter "
        "search besides, `short_cycle_K_WINDOW`, up to 6. Days of the week and of the fortnight are whole UTC days; "
        "the transfer itself is left out of them, and a share of nothing is -1.\n\n"
        f"{_table(('name', 'unit', 'K', 'meaning'), rows)}\n"
        "## Without a window\n\nWhat accounts and pairs did since the data begin, and what is booked at exactly the "
        "same time. Data with whole days as times know a day's transfers together, and their order within the day is "
        "an accident of the file; so the columns `instant_…` are the same for any order of rows within an instant. A "
        "stream has to wait until the instant is over to know them. Where a side is absent numbers are 0 and pauses "
        "400 days, which is also the longest pause and what stands for *never*. Cash and transfers to oneself join no "
        "pair.\n\n"
        f"{_table(('name', 'unit', 'meaning'), alone)}\n"
        "## Looking ahead\n\n`hindsight_NAME` is the column NAME of the ledger with time reversed: what followed the "
        "transfer, over [t, t + WINDOW), the last transfer first, debtor and creditor as they are. "
        "`hindsight_creditor_out_degree_1d` is how often the creditor sent on in the day after. What the tables call "
        "earlier is then later, and a first dealing a last one. Days, and the months of `affiliated`, stay the "
        "calendar's. For batches only: nobody knows it when the transfer is booked. There is none of `amount`, `hour` "
        "and `round_amount`, which are of the transfer alone.\n\n"
        "## With windows of their own\n\nThe shipped detectors are fitted on these. Where a side is absent its counts, "
        "sums, shares and ratios are 0 and its pauses the longest there is, 180 days.\n\n"
        f"{_table(('name', 'unit', 'window, days', 'meaning'), fixed)}"
    )


def _schema() -> str:
    return (
        f"{MADE}# The canonical tables\n\nMoney is int64 minor units of a named currency; time is microseconds UTC; "
        "order is `booked_at`, then `row`. A column marked *optional* may be absent or empty.\n\n"
        f"## Transfers\n\n{_columns(TRANSFER_COLUMNS)}\nAt least one side is present. "
        f"Channels: {', '.join(f'`{name}`' for name in CHANNELS)}.\n\n"
        f"## Accounts\n\n{_columns(ACCOUNT_COLUMNS)}\nKinds: {', '.join(f'`{name}`' for name in ACCOUNT_KINDS)}.\n"
    )


def _columns(columns: Sequence[Column]) -> str:
    rows = [
        (f"`{c.name}`", str(c.dtype).split("(")[0], "required" if c.required else "optional", c.meaning)
        for c in columns
    ]
    return _table(("column", "type", "", "meaning"), rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
