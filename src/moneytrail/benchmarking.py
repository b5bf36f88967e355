"""The commands that measure and make models: ``benchmark``, ``evaluate`` and ``train``; thin, as all commands."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    from moneytrail.evaluation.bench import Plan
    from moneytrail.evaluation.case import Case
    from moneytrail.evaluation.trials import Contender
    from moneytrail.rates import ExchangeRates
    from moneytrail.runs import Tell

DataOption = Annotated[
    list[Path] | None,
    typer.Option("--data", metavar="FILE", help="Transfers with labels, or a folder of simulate; again for more."),
]
AccountsOption = Annotated[Path | None, typer.Option("--accounts", metavar="FILE", help="Account table of one --data.")]
LayoutOption = Annotated[str | None, typer.Option("--layout", help="Name of the files' layout.")]
MappingOption = Annotated[
    Path | None, typer.Option("--mapping", metavar="MAP.toml", help="What the columns of any other file mean.")
]
CurrencyOption = Annotated[str | None, typer.Option("--currency", help="Currency of files that state none.")]
RatesOption = Annotated[Path | None, typer.Option("--rates", metavar="RATES.toml", help="Exchange rates.")]
SimulateOption = Annotated[
    str | None, typer.Option("--simulate", metavar="SEEDS", help="Banks to make in place of --data, as 7,8,9.")
]
CustomersOption = Annotated[int, typer.Option(help="Customers of a bank that is made.")]
DaysOption = Annotated[int, typer.Option(help="Days of a bank that is made.")]
StrengthOption = Annotated[float, typer.Option(help="Share of careful attempts in a bank that is made.")]
SplitOption = Annotated[
    str, typer.Option("--split", help="60/20/20 by time or by rows; auto: rows for AMLworld, as published, else time.")
]
EmbargoOption = Annotated[str, typer.Option(metavar="0d", help="Learn from nothing so shortly before a border.")]
KeepOption = Annotated[
    bool, typer.Option("--keep-straddling", help="Learn from attempts that go on after a border, too.")
]
PopulationOption = Annotated[str, typer.Option(help="auto, all or account-to-account: which transfers are measured.")]
BudgetOption = Annotated[str, typer.Option(metavar="'1 per 5000 customers a week'", help="Alerts that may be raised.")]
ThreadsOption = Annotated[int, typer.Option(min=1, help="The most threads of each model, ours and the peers'.")]
PatienceOption = Annotated[
    float, typer.Option(metavar="MIN", min=0.01, help="Minutes that a peer's graph columns may take for a window.")
]
HtmlOption = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with plots.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]

BUDGET: Final = "1 per 5000 customers a week"
NO_EMBARGO: Final = ("0", "0d")


def benchmark(
    data: DataOption = None,
    accounts: AccountsOption = None,
    layout: LayoutOption = None,
    mapping: MappingOption = None,
    currency: CurrencyOption = None,
    rates: RatesOption = None,
    simulate: SimulateOption = None,
    customers: CustomersOption = 3000,
    days: DaysOption = 180,
    strength: StrengthOption = 1.0,
    models: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="Models, joined by commas.  [default: moneytrail,shipped,rules,iforest,random]"
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of each model.")] = 1,
    split: SplitOption = "auto",
    embargo: EmbargoOption = "0d",
    keep_straddling: KeepOption = False,
    population: PopulationOption = "auto",
    budget: BudgetOption = BUDGET,
    threads: ThreadsOption = 2,
    peer_minutes: PatienceOption = 30.0,
    html: HtmlOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Set detection models side by side on the same data, parted in time.

    Example: moneytrail benchmark --data transactions.csv.gz --models moneytrail,rules,iforest,random --seeds 5
    """
    from moneytrail import console
    from moneytrail.evaluation.contenders import contender, defaults

    if models is None:
        chosen, missing = defaults()
        for reason in missing:
            console.note(f"not compared: {reason}")
    else:
        chosen = tuple(map(contender, _names(models)))
    made = _Sources(data, accounts, layout, mapping, currency, simulate, customers, days, strength, population)
    plan = _plan(chosen, seeds, (split, embargo, keep_straddling), budget, (threads, 60 * peer_minutes))
    _measure(made, plan, rates, html, (as_json, quiet))


def evaluate(
    model: Annotated[str, typer.Option("--model", metavar="FOLDER|NAME", help="A saved model, by folder or name.")],
    data: DataOption = None,
    accounts: AccountsOption = None,
    layout: LayoutOption = None,
    mapping: MappingOption = None,
    currency: CurrencyOption = None,
    rates: RatesOption = None,
    simulate: SimulateOption = None,
    customers: CustomersOption = 3000,
    days: DaysOption = 180,
    strength: StrengthOption = 1.0,
    split: SplitOption = "auto",
    population: PopulationOption = "auto",
    budget: BudgetOption = BUDGET,
    html: HtmlOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Measure one saved model as it is, on the last fifth of the data; nothing is fitted.

    Example: moneytrail evaluate --model iforest --data bank
    """
    from moneytrail.evaluation.contenders import Saved

    folder = Path(model)
    if os.path.isdir(model):  # noqa: PTH112 - False for a name that is too long, where Path raises
        saved = Saved(f"{folder.resolve().parent.name}/{folder.resolve().name}", folder)
    else:
        saved = Saved() if model == Saved().name else Saved(model, model=model)
    made = _Sources(data, accounts, layout, mapping, currency, simulate, customers, days, strength, population)
    _measure(made, _plan((saved,), 1, (split, "0d", False), budget), rates, html, (as_json, quiet))


def train(
    data: Annotated[
        list[Path], typer.Option("--data", metavar="FILE", help="Transfers of one layout; again for more files.")
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of models; the next version is written here.")],
    accounts: AccountsOption = None,
    layout: LayoutOption = None,
    mapping: MappingOption = None,
    currency: CurrencyOption = None,
    rates: RatesOption = None,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Learn from the alerts closed as right or wrong in this store, not from labels."
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the model.")] = "combination",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 1,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make the next version of the combination; it is used only if it beats the one in force on held-out time.

    Example: moneytrail train --data transfers.parquet --store moneytrail.db --out models
    """
    from moneytrail import console, training
    from moneytrail.decisions import with_decisions
    from moneytrail.evaluation.case import Case
    from moneytrail.rates import ExchangeRates
    from moneytrail.runs import Inputs
    from moneytrail.storage import Store

    inputs, measured = Inputs(data, layout, mapping, accounts, currency), None
    with console.progress(quiet) as tell:
        case = Case.load(inputs, ExchangeRates.load(rates), tell)
        if store is not None:
            with Store.open(store, create=False) as opened:
                case, measured = with_decisions(case, opened)
        made = training.train(case, out, tell, measured=measured, name=name, seed=seed).to_dict()
    if as_json:
        typer.echo(json.dumps(made))
        return
    typer.echo(f"Written: {made['model']} in {out}")
    typer.echo(f"Decided: {made['why']}")
    for note in made["notes"]:
        typer.echo(f"Note: {note}")
    typer.echo(f"In force: {made['in_force'] or 'none of this folder'}; compared with {made['compared_with']}")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(short_help="Set detection models side by side on the same data.")(benchmark)
    app.command(short_help="Measure one saved model as it is.")(evaluate)
    app.command(short_help="Make the next version of a model from a bank's own labels or decisions.")(train)


@dataclass(frozen=True)
class _Sources:
    """What the options say of the data."""

    data: list[Path] | None
    accounts: Path | None
    layout: str | None
    mapping: Path | None
    currency: str | None
    simulate: str | None
    customers: int
    days: int
    strength: float
    population: str

    def cases(self, rates: ExchangeRates, tell: Tell) -> list[Callable[[], Case]]:
        """What makes each case, checked as far as can be before anything is read."""
        from moneytrail.evaluation.case import POPULATIONS

        if self.population not in POPULATIONS:
            raise ParameterError(f"--population {self.population}: there are {', '.join(POPULATIONS)}")
        if bool(self.data) == bool(self.simulate):
            raise ParameterError("wanted is either --data FILE, once or more, or --simulate SEEDS")
        return self._banks(rates, tell) if self.simulate else self._files(rates, tell)

    def _files(self, rates: ExchangeRates, tell: Tell) -> list[Callable[[], Case]]:
        from moneytrail.evaluation.case import Case, simulated_folder
        from moneytrail.runs import Inputs

        files = self.data or []
        if self.accounts and len(files) > 1:
            raise ParameterError("--accounts goes with one --data")
        made = []
        for file in files:
            inputs = Inputs([file], self.layout, self.mapping, self.accounts, self.currency)
            if not simulated_folder(inputs):
                inputs.check()
            made.append(partial(Case.load, inputs, rates, tell, self.population))  # type: ignore[arg-type]
        return list(made)

    def _banks(self, rates: ExchangeRates, tell: Tell) -> list[Callable[[], Case]]:
        from moneytrail.evaluation.case import Case
        from moneytrail.simulate import Wish

        given = {"--accounts": self.accounts, "--layout": self.layout, "--mapping": self.mapping}
        for option, value in (given | {"--currency": self.currency}).items():
            if value is not None:
                raise ParameterError(f"{option} goes not with --simulate, which makes its own bank")
        wishes = [
            Wish(self.customers, self.days, _whole(seed), strength=self.strength)
            for seed in _names(self.simulate or "")
        ]
        return [partial(Case.simulated, wish, rates, tell, self.population) for wish in wishes]  # type: ignore[arg-type]


def _plan(
    contenders: Sequence[Contender],
    seeds: int,
    parting: tuple[str, str, bool],
    budget: str,
    peers: tuple[int, float] | None = None,
) -> Plan:
    """What is compared; without `peers` (threads, seconds for a window's columns) every processor is used."""
    from moneytrail.evaluation.alerting import AlertBudget
    from moneytrail.evaluation.bench import Plan
    from moneytrail.evaluation.splits import SplitRule
    from moneytrail.features import window_of

    by, embargo, keep = parting
    if by not in ("auto", "time", "rows"):
        raise ParameterError(f"--split {by}: there are auto, time, rows")
    try:
        length = 0 if embargo in NO_EMBARGO else window_of(embargo)
    except ParameterError as error:
        raise ParameterError(
            f"--embargo {embargo!r}: wanted is 0, or a whole number and us, s, min, h or d, at most 3660d"
        ) from error
    limits = peers or (os.cpu_count() or 1, 0.0)
    rule = SplitRule("time" if by == "auto" else by, length, keep)  # type: ignore[arg-type]
    return Plan(contenders, tuple(range(1, seeds + 1)), rule, by == "auto", AlertBudget.of(budget), *limits)


def _measure(sources: _Sources, plan: Plan, rates: Path | None, html: Path | None, shown: tuple[bool, bool]) -> None:
    """Compare and show."""
    from moneytrail import console
    from moneytrail.evaluation import bench, report
    from moneytrail.rates import ExchangeRates

    as_json, quiet = shown
    if html is not None:
        report.check_page(html)
    worth = ExchangeRates.load(rates)
    with console.progress(quiet) as tell:
        document = bench.compare(sources.cases(worth, tell), plan, worth, tell)
    if html is not None:
        html.write_text(report.page(document, datetime.now(UTC).date()), "utf-8")
    if as_json:
        typer.echo(json.dumps(document))
        return
    for line in report.facts(document):
        typer.echo(line)
    console.show_table("Models", report.HEADINGS, report.rows(document))
    if any(case["base_rate"] is None for case in document["cases"]):
        for title, headings, rows in report.label_free(document):
            console.show_table(title, headings, rows)
    for line in (*report.fairness(document), *report.reasons(document)):
        typer.echo(line)
    if html is not None:
        typer.echo(f"Page: {html}")


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names or len(set(names)) < len(names):
        raise ParameterError(f"{text!r}: wanted are names joined by commas, each once")
    return names


def _whole(text: str) -> int:
    # Python reads no number of more than 4,300 digits; no seed has more than 19.
    if not text.isdecimal() or len(text) > 19:
        raise ParameterError(f"--simulate: {text!r} is no seed; write them as 7,8,9")
    return int(text)
