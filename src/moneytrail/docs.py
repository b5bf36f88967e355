"""The generated pages of ``docs/``: what the code declares, written out for people. ``make docs`` writes them again.

A test fails when a page does not say what the code says.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from moneytrail.features import DETECTOR_FEATURES, FEATURES
from moneytrail.graph import DAY, PULLED_CHANNELS, RELATION_RULE
from moneytrail.matches import GATE_POINTS, MOST_POINTS
from moneytrail.schema import ACCOUNT_COLUMNS, ACCOUNT_KINDS, CHANNELS, TRANSFER_COLUMNS
from moneytrail.tables import shipped
from moneytrail.typologies import CATALOGUE
from moneytrail.wording import money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moneytrail.schema import Column
    from moneytrail.typologies import Parameter, Typology

MADE = "<!-- Made by `make docs` from the code. Change the code, not this page. -->\n\n"


def pages() -> dict[str, str]:
    """Every generated page: path below ``docs/`` to its text."""
    made = {f"typologies/{entry.id}.md": _typology(entry) for entry in CATALOGUE}
    return made | {"typologies/README.md": _catalogue(), "features.md": _features(), "schema.md": _schema()}


def main(arguments: Sequence[str]) -> int:
    """Write the pages into the folder named by the first argument."""
    folder = Path(arguments[0])
    for name, text in pages().items():
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
    rows = [(f"[{t.id}]({t.id}.md)", t.name, t.stage, t.summary) for t in CATALOGUE]
    rule = RELATION_RULE
    return (
        f"{MADE}# The catalogue\n\n{_table(('id', 'name', 'stage', 'what it looks for'), rows)}\n"
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


def _typology(entry: Typology) -> str:
    parts = [
        MADE,
        f"# {entry.id} {entry.name}\n\n{entry.summary}\n\n",
        f"Stage: {entry.stage}. A match depends on at most {entry.span_days(entry.values())} days of transfers.\n\n",
        f"## The rule\n\n{entry.definition}\n\n",
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
    return (
        f"{MADE}# Features\n\nWhat detectors see of a transfer. Each value uses only transfers up to it in ledger "
        "order; windows end at the transfer (left end excluded). Names, nationality, countries and labels are never "
        "features. `moneytrail features FILE --columns …` writes them; `moneytrail.features.compute` gives them as a "
        "matrix, `blocks` in pieces. Only what is asked for is computed.\n\n## Over any window\n\n"
        "WINDOW is a whole number and a unit: `45s`, `90min`, `6h`, `7d`. K is a size; the largest one of a fan, a "
        "degree, a gather-scatter or a scatter-gather holds every larger one too, and those of temporal cycles go on "
        "to 30. Values are 0 where a side is absent. A search for motifs that stops at its budget says so in the "
        "column `…_truncated_WINDOW`, and has then counted too few. Of the cycles in any order there is a shorter "
        f"search besides, `short_cycle_K_WINDOW`, up to 6.\n\n{_table(('name', 'unit', 'K', 'meaning'), rows)}\n"
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
