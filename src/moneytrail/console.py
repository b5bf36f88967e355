"""What the terminal shows: progress on stderr, tables and texts on stdout. No decision is made here."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal
from unicodedata import category

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from moneytrail.risk import MODEL
from moneytrail.wording import money, score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    import polars as pl

    from moneytrail.alerts import Alert, AlertMatch, EvidenceTransfer, Measure
    from moneytrail.explaining import Explained
    from moneytrail.placebo import MatchPlacebo
    from moneytrail.storage import AlertSummary
    from moneytrail.verify import Verdict

EVIDENCE_SHOWN: Final = 40
"""Evidence rows that ``moneytrail alert`` shows unless asked for all."""

SILENCE: Final = 30.0
"""Seconds after which a stage tells how far it is where there is no terminal."""

WIDTH_UNATTENDED: Final = 160
"""Columns of a table when stdout is no terminal."""


def stdout() -> Console:
    """The console for results."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH_UNATTENDED)
    return console


def fail(message: str) -> None:
    """One clear line on stderr."""
    sys.stderr.write(f"moneytrail: error: {' '.join(message.split())}\n")


def note(message: str) -> None:
    """One line on stderr that is not a result."""
    sys.stderr.write(f"{message}\n")


@contextmanager
def progress(quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """Show stages as they go: a bar on a terminal, elsewhere a line a finished stage and a half minute, or nothing."""
    if quiet:
        yield lambda _stage, _done: None
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        finished: set[str] = set()
        told = time.monotonic()

        def tell(stage: str, done: float) -> None:
            nonlocal told
            if done >= 1.0 and stage not in finished:
                finished.add(stage)
                note(f"  {stage} … done")
            elif done < 1.0 and time.monotonic() - told > SILENCE:
                note(f"  {stage} … {done:.0%}")
            else:
                return
            told = time.monotonic()

        yield tell
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, Any] = {}

        def move(stage: str, done: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=done)

        yield move


def show_summary(summary: Mapping[str, Any]) -> None:
    """The end of a run, for a person."""
    console = stdout()
    rows = summary["rows"]
    console.print(
        f"Run [bold]{summary['run_id']}[/bold]: {rows['read']:,} rows read, {rows['kept']:,} kept, "
        f"{rows['rejected']:,} rejected; {summary['accounts']:,} accounts."
    )
    for counts, what in ((rows, ""), (summary["account_rows"] or {"reasons": {}}, "account rows ")):
        for reason, number in counts["reasons"].items():
            console.print(f"  {what}rejected: {number:,} × {reason}: {summary['reasons'][reason]}")
    for example in summary["rejected_examples"]:
        line = f"line {example['line']}" if example["line"] is not None else f"row {example['row']}"
        console.print(escape(f"    {example['file']}, {line}, {example['field'] or 'row'}: {example['value']!r}"))
    for sentence in summary["assumptions"]:
        console.print(f"  taken for granted: {escape(sentence)}")
    if rows["rounded"]:
        console.print(f"  {rows['rounded']:,} amounts were rounded to their currency's minor unit")
    for currency, totals in summary["amounts"].items():
        console.print(
            f"  {currency}: read {money(totals['read'], currency)}, kept {money(totals['kept'], currency)}, "
            f"rejected {money(totals['rejected'], currency)}"
        )
    found = ", ".join(f"{typology} {number:,}" for typology, number in summary["matches"].items())
    console.print(f"Matches: {found}.")
    for typology, reason in summary["not_applicable"].items():
        console.print(f"  {typology} not applicable: {escape(reason)}")
    _show_silence(console, summary)
    beyond = summary["alerts_beyond_budget"]
    rest = f" {beyond:,} more lie beyond the alert budget." if beyond else ""
    low, line = summary["alerts_below_the_line"], summary["raise_from"]
    if low:
        rest += (
            f" {low:,} of a risk below {line:g} are not raised: --out keeps them in alerts.parquet, and "
            "--set risk.raise_from=0 raises them up to the budget."
        )
    console.print(f"Alerts: [bold]{summary['alerts']:,}[/bold].{rest}")
    _show_plan(console, summary["plan"])
    _show_review(console, summary["review"])
    if summary["links_left_between_alerts"]:
        left = summary["links_left_between_alerts"]
        pairs = "1 pair of matches shares" if left == 1 else f"{left:,} pairs of matches share"
        console.print(f"  {pairs} transfers across alerts that are already full.")
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in summary["seconds"].items())
    console.print(f"Seconds: {stages}.", soft_wrap=True)
    for what in ("store", "out"):
        if summary[what]:
            console.print(escape(f"{what.capitalize()}: {summary[what]}"))
    _show_ledger(console, summary["ledger"])


def _show_ledger(console: Console, ledger: Mapping[str, Any]) -> None:
    """Whether the store holds the transfers now, and how much of it they take up."""
    if ledger["kept"]:
        accounts = "" if ledger["accounts"] is None else f", {ledger['accounts']:,} rows of accounts"
        size = f"{ledger['transfers']:,} transfers{accounts}; {ledger['bytes']:,} bytes"
        console.print(f"Ledger: kept in the store: {size}.")
    else:
        console.print(f"Ledger: not kept: {ledger['why']}.")


def _show_silence(console: Console, summary: Mapping[str, Any]) -> None:
    """Of which transfers the model gives no opinion; where of none at all, M01 is not applicable and says so."""
    if summary["opinion"] and summary["opinion"]["said"] and MODEL not in summary["not_applicable"]:
        console.print(f"  {escape(summary['opinion']['said'])}")


def _show_review(console: Console, drawn: Mapping[str, Any] | None) -> None:
    if drawn:
        console.print(
            f"Review: {drawn['alerts']:,} alerts that are not raised are in review.parquet. If none of the "
            f"{drawn['by_chance']:,} drawn by chance is right, at most {drawn['missed_at_most_if_none_is_right']:,} of "
            f"the {drawn['drawn_from']:,} they stand for are (95 %)."
        )


def _show_plan(console: Console, plan: Mapping[str, Any] | None) -> None:
    """Which limit binds, what is promised and on what, and how firm the choice is."""
    if not plan:
        return
    clean = plan["calibration"]
    if clean:
        periods = f"{clean['periods']} period{'' if clean['periods'] == 1 else 's'}"
        console.print(
            f"  calibration: {clean['from']} up to {clean['until']}, {periods}, {plan['calibration_units']:,} "
            f"account-periods; the run has {plan['units']:,}. Taken for granted: {clean['taken_for_granted']}."
        )
    for sentence in plan["said"]:
        console.print(f"  {escape(sentence)}")
    stability = plan["stability"]
    firm = f"{stability['line_raised']:.0%} with the line higher, {stability['line_lowered']:.0%} with it lower"
    halves = stability.get("half_calibration")
    if halves:
        firm += f", {halves['mean']:.0%} with half the calibration (at least {halves['least']:.0%})"
    console.print(f"  accounts raised that stay: {firm}.")


def show_alerts(alerts: Sequence[AlertSummary | Alert], title: str) -> None:
    """The ranked list as a table."""
    table = Table(title=escape(printable(title)), title_justify="left", header_style="bold", row_styles=("", "dim"))
    several_runs = len({alert.run_id for alert in alerts}) > 1
    for heading in ("#", "alert", "risk", "value", "typologies", "headline", "from", "status"):
        # An id that is cut cannot be typed into `moneytrail alert`.
        table.add_column(
            heading, justify="right" if heading in {"#", "risk", "value"} else "left", no_wrap=heading == "alert"
        )
    if several_runs:
        table.add_column("run", no_wrap=True)
    for alert in alerts:
        table.add_row(
            str(alert.rank),
            alert.alert_id,
            score(alert.risk_score),
            money(alert.value, alert.reference_currency),
            " ".join(alert.typology_scores),
            escape(alert.headline),
            _day(alert.started_at),
            alert.status,
            *([alert.run_id] if several_runs else []),
        )
    stdout().print(table)


def show_alert(alert: Alert, *, every_transfer: bool) -> None:
    """One alert, whole: headline, subjects, each match with its measures, evidence."""
    console = stdout()
    console.print(f"[bold]{alert.alert_id}[/bold] · rank {alert.rank} · status {alert.status} · run {alert.run_id}")
    console.print(escape(alert.headline), style="bold")
    scores = [f"{name} {score(value)}" for name, value in alert.typology_scores.items()]
    scores += [f"{name} {score(value)} (anomaly)" for name, value in alert.anomaly_scores.items()]
    console.print(
        f"Risk {score(alert.risk_score)}, from: {', '.join(scores)}. Detectable from {_minute(alert.detectable_at)}."
    )
    if alert.placebo:
        console.print(escape(f"Placebo: {alert.placebo.said}"))
    subjects = Table(title="Subjects", title_justify="left")
    for heading in ("account", "part", "held to be"):
        subjects.add_column(heading)
    shown = alert.subjects if every_transfer else alert.subjects[:EVIDENCE_SHOWN]
    for subject in shown:
        subjects.add_row(escape(subject.account), subject.part, subject.role)
    console.print(subjects)
    _more(console, len(alert.subjects) - len(shown), "subjects")
    compared = {one.match_id: one for one in alert.placebo.matches} if alert.placebo else {}
    for match in alert.matches:
        _show_match(console, match, alert.reference_currency, compared.get(match.match_id))
    _show_transfers(console, alert.evidence, every_transfer)


def show_explained(found: Explained, *, every_transfer: bool) -> None:
    """One match: its rule, its measures, what was tested, and the transfers that prove it."""
    console = stdout()
    _show_match(console, found.match, found.reference_currency, found.placebo)
    console.print(f"\nThe rule: {escape(found.definition)}")
    _show_transfers(console, found.evidence, every_transfer)
    if found.alert_id:
        console.print(f"It stands in the alert {found.alert_id}: moneytrail alert {found.alert_id}")


def _show_match(console: Console, match: AlertMatch, currency: str, placebo: MatchPlacebo | None) -> None:
    console.print(f"\n[bold]{match.typology} {match.name}[/bold], score {score(match.score)} · {match.match_id}")
    console.print(escape(match.explanation))
    table = Table(box=None, header_style="dim")
    for heading in ("measured", "", "value", "against", "met", "points"):
        table.add_column(heading, justify="right" if heading in {"value", "against", "points"} else "left")
    for measure in match.measures:
        against = (
            "" if measure.threshold is None else f"{measure.sense} {_number(measure, measure.threshold, currency)}"
        )
        table.add_row(
            escape(measure.label),
            measure.kind,
            _number(measure, measure.value, currency),
            against,
            "" if measure.threshold is None else ("yes" if measure.met else "no"),
            f"{measure.points:.2f}" if measure.points else "",
        )
    console.print(table)
    for one in match.suppressors:
        console.print(escape(f"Lowered by {one.code} {one.name}, x {one.factor:g}: {one.said}."))
    if match.truncated:
        console.print("The search stopped at its budget: there may be more.", style="bold")
    if placebo:
        console.print(escape(f"Placebo: {placebo.said}"))
    console.print("Innocent explanations to rule out: " + "; ".join(match.innocent_explanations) + ".")


def _show_transfers(console: Console, evidence: Sequence[EvidenceTransfer], every_transfer: bool) -> None:
    table = Table(title="\nEvidence", title_justify="left")
    # Only a run with a trained model has any.
    asked = any(transfer.probability is not None for transfer in evidence)
    headings = ("transfer", "booked", "from", "to", "amount", "channel", "role", "match", "reference")
    for heading in (*headings, *(["probability"] if asked else [])):
        side: Literal["left", "right"] = "right" if heading in {"amount", "probability"} else "left"
        table.add_column(heading, justify=side, overflow="fold", no_wrap=heading == "transfer")
    shown = evidence if every_transfer else evidence[:EVIDENCE_SHOWN]
    for transfer in shown:
        table.add_row(
            escape(transfer.transaction_id),
            _minute(transfer.booked_at),
            escape(transfer.debtor_account or "(cash in)"),
            escape(transfer.creditor_account or "(cash out)"),
            money(transfer.amount, transfer.currency),
            transfer.channel,
            transfer.role,
            transfer.match_id,
            escape(transfer.reference or ""),
            *(["" if transfer.probability is None else score(transfer.probability)] if asked else []),
        )
    console.print(table)
    _more(console, len(evidence) - len(shown), "transfers")


def verdict_line(verdict: Verdict) -> str:
    """One plain line, for a terminal and for `grep` alike: confirmed, or each check that does not hold."""
    if verdict.confirmed:
        return f"{verdict.match_id} confirmed: all {len(verdict.checks)} checks hold"
    faults = "; ".join(f"{check.name}: {check.detail}" for check in verdict.refusals)
    return " ".join(f"{verdict.match_id} refused: {faults}".split())


def show_unseen(unseen: Mapping[str, int]) -> None:
    """What no transfers can show, and of how many matches."""
    if unseen:
        sys.stdout.write("Not checkable from the evidence, and so not confirmed:\n")
    for sentence, number in unseen.items():
        sys.stdout.write(f"  {' '.join(sentence.split())}{f' ({number:,} matches)' if number > 1 else ''}\n")


def show_motifs(record: Mapping[str, Any], best: pl.DataFrame, currency: str) -> None:
    """How many of each motif, then the best matches."""
    rows = record["rows"]
    console = stdout()
    console.print(
        f"Search [bold]{record['search_id']}[/bold]: {rows['read']:,} rows read, {rows['kept']:,} kept, "
        f"{rows['rejected']:,} rejected; {record['accounts']:,} accounts."
    )
    counts = []
    for entry in record["motifs"]:
        stopped = len(entry["stopped_accounts"])
        counts.append((entry["id"], f"{entry['matches']:,}", f"{stopped:,}" if stopped else ""))
    show_table("Motifs", ("motif", "matches", "accounts whose search stopped at its budget"), counts)
    if best.height:
        table = Table(title="The best matches", title_justify="left", header_style="bold", row_styles=("", "dim"))
        for heading in ("match", "score", "value", "transfers", "what it shows"):
            right = heading in {"score", "value", "transfers"}
            table.add_column(heading, justify="right" if right else "left", no_wrap=heading == "match")
        for match in best.iter_rows(named=True):
            said = match["explanation"] + (" The search stopped at its budget." if match["truncated"] else "")
            cells = (score(match["score"]), money(match["value"], currency), f"{match['transfers']:,}")
            table.add_row(match["match_id"], *cells, escape(said))
        console.print(table)


def show_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A plain table. What is too wide is folded: no digit of an amount or an id is left out."""
    table = Table(header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(escape("" if cell is None else printable(str(cell))) for cell in row))
    # As a title of the table it would be folded to the table's width.
    stdout().print(f"[italic]{escape(title)}[/italic]")
    stdout().print(table)


def printable(text: str) -> str:
    """The text without what moves a terminal's cursor or turns its letters; what a file says is not ours to obey."""
    return "".join("\ufffd" if category(letter) in ("Cc", "Cf", "Cs") else letter for letter in text)


def _more(console: Console, number: int, what: str) -> None:
    if number > 0:
        console.print(f"… and {number:,} more {what}; --all shows them.")


def _number(measure: Measure, value: float, currency: str) -> str:
    if measure.unit == "minor units":
        # Some measures are taken in the transfers' own currency and say so in their label.
        own = measure.label.rpartition(" in ")[2][:3]
        return money(value, own if own.isupper() and len(own) == 3 else currency)
    if measure.unit == "share":
        return f"{value * 100:.1f} %"
    return f"{value:,.0f}" if measure.unit == "count" and value == int(value) else f"{value:,.1f}"


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")
