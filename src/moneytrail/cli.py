"""The command line. Thin: it reads settings and options, calls the package and shows what comes back.

Results go to stdout, progress and errors to stderr. Exit status: 0 done, 1 a match was refused (``verify-match``),
2 a clear error, 130 interrupted.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import socket
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from pydantic import ValidationError

from moneytrail import benchmarking
from moneytrail.errors import MoneytrailError, ParameterError
from moneytrail.money import commands as money_commands
from moneytrail.options import (
    AccountsOption,
    ArrivalsOption,
    CurrencyOption,
    JsonOption,
    LayoutOption,
    MappingOption,
    QuietOption,
    RatesOption,
    StoreOption,
)
from moneytrail.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from moneytrail.conformal import AlertPlan
    from moneytrail.scoring import Pipeline

app = typer.Typer(
    name="moneytrail",
    help="Find the money of people-smuggling gangs in bank data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
keys_app = typer.Typer(help="API keys of the service: create, list, revoke.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")

REFUSED: Final = 1
INTERRUPTED: Final = 130
EXAMPLES_SHOWN: Final = 5
PLACEBO_COPIES: Final = 2
"""Copies that ``moneytrail score`` makes unless told otherwise: together they cost nearly twice what the run itself
does (docs/placebo.md)."""


def main() -> None:
    """Run the command line; the entry point of ``moneytrail``."""
    from moneytrail import console

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot write a letter shows a question mark; it must not end the work.
            stream.reconfigure(errors="replace")
    try:
        app(standalone_mode=True)
    except MoneytrailError as error:
        console.fail(str(error))
        sys.exit(2)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            console.note("moneytrail: stopped; nothing was half written")
        raise
    except ValidationError as error:
        wrong = error.errors()[0]
        console.fail(f"MONEYTRAIL_{str(wrong['loc'][0]).upper()} = {wrong['input']!r}: {wrong['msg'].lower()}")
        sys.exit(2)
    except BrokenPipeError:
        # The reader of our output went away (`moneytrail alerts | head`); that is no error of ours.
        _mute()
        sys.exit(0)
    except OSError as error:
        console.fail(f"{error.filename or 'the output'}: {error.strerror or error}")
        _mute()
        sys.exit(2)


def _mute() -> None:
    """Send the rest of stdout nowhere, so that closing it at the end cannot fail."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"moneytrail {version('moneytrail')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@app.command()
def score(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV, gzipped CSV or Parquet; one layout.")],
    layout: LayoutOption = None,
    mapping: MappingOption = None,
    accounts: AccountsOption = None,
    arrivals: ArrivalsOption = None,
    currency: CurrencyOption = None,
    store: StoreOption = None,
    no_store: Annotated[bool, typer.Option("--no-store", help="Write to no store.")] = False,
    keep_ledger: Annotated[
        bool | None,
        typer.Option(
            "--keep-ledger/--no-keep-ledger",
            help="Keep the transfers in the store, to trace money from it.  [default: up to 5,000,000 transfers]",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write Parquet frames and run.json here.")] = None,
    rejected: Annotated[Path | None, typer.Option(metavar="FILE", help="Write rejected rows here, as CSV.")] = None,
    alert_budget: Annotated[
        int | None, typer.Option(metavar="N", help="Raise at most N alerts.  [default: 100]")
    ] = None,
    alerts_per_day: Annotated[
        int | None, typer.Option(metavar="N", help="Raise at most N alerts of each day, in place of --alert-budget.")
    ] = None,
    alerts_per_week: Annotated[
        int | None, typer.Option(metavar="N", help="Raise at most N alerts of each week, in place of --alert-budget.")
    ] = None,
    false_share: Annotated[
        float | None, typer.Option(metavar="Q", help="Raise so many that at most this share is false on average.")
    ] = None,
    calibrate_until: Annotated[
        str | None, typer.Option(metavar="DATE", help="The data before DATE are taken to be clean, and raise nothing.")
    ] = None,
    below_the_line: Annotated[
        int | None, typer.Option(metavar="N", help="Draw N alerts that are not raised for review, into --out.")
    ] = None,
    placebo: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            max=999,
            help=f"Look for what was found in N shuffled copies too; 0 for none.  [default: {PLACEBO_COPIES}]",
        ),
    ] = None,
    rates: RatesOption = None,
    detectors: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Detectors, joined by commas, or none.  [default: iforest,hbos]")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Take a trained model's opinion too, as combination; marked as such. It gives none in the first 30 "
            "days of the data (M01.first_days).",
        ),
    ] = None,
    models: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of models.")] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="S01.payers=10", help="Set a parameter of a typology, a suppressor or the risk."),
    ] = None,
    parameters: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Parameters of typologies and suppressors.")
    ] = None,
    tables: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="What words, codes and places mean, in place of ours.")
    ] = None,
    repeat: Annotated[
        Path | None, typer.Option(metavar="RUN.json", help="Repeat a run: take everything but the data from it.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Score transfers and raise alerts.

    Example: moneytrail score transfers.parquet --accounts accounts.parquet --out results
    """
    from moneytrail import console
    from moneytrail.runs import Inputs, Places, check_arrivals, check_repeated, score_inputs, summarise, write

    start = time.perf_counter()
    settings = Settings()
    inputs = Inputs(files, layout, mapping, accounts, currency, arrivals)
    inputs.check()
    if store and no_store:
        raise ParameterError("--store and --no-store contradict each other")
    places = Places(None if no_store else store or settings.store, out, rejected, below_the_line, keep_ledger)
    places.check(inputs)
    record = None
    if repeat:
        given: dict[str, object] = {"--set": parameter, "--alert-budget": alert_budget, "--detectors": detectors}
        given |= {"--model": model}
        given |= {"--rates": rates, "--parameters": parameters, "--tables": tables, "--placebo": placebo}
        given |= {"--alerts-per-day": alerts_per_day, "--alerts-per-week": alerts_per_week}
        given |= {"--false-share": false_share, "--calibrate-until": calibrate_until}
        for option, value in given.items():
            if value is not None:
                raise ParameterError(f"{option} goes not with --repeat, which takes everything but the data from a run")
        record = _run_file(repeat)
        check_arrivals(record, inputs)
    beside = inputs.arrivals_beside()
    if beside and not quiet:
        name = shlex.quote(str(beside))
        console.note(f"{beside} is not read; to look for what follows arrivals, add --arrivals {name}")
    chosen = _Chosen(rates, tables, parameters, tuple(parameter or ()))
    limits = _Limits(alert_budget, alerts_per_day, alerts_per_week, false_share, calibrate_until)
    plan = limits.plan(settings.alert_budget)
    pipeline = _pipeline(record, chosen, alert_budget, (detectors, model), models)
    if record is None:
        pipeline = replace(pipeline, placebo=PLACEBO_COPIES if placebo is None else placebo, plan=plan)
    loaded = round(time.perf_counter() - start, 4)
    with console.progress(quiet) as tell:
        run = score_inputs(inputs, pipeline, tell)
        run.report.record["seconds"] = {"load": loaded, **run.report.record["seconds"]}
        if record is not None:
            check_repeated(record, run.report.run_id)
        ledger = write(run, places, tell)
    run.report.record["seconds"]["total"] = round(time.perf_counter() - start, 4)
    summary = summarise(run, places, ledger)
    if as_json:
        typer.echo(json.dumps(summary))
        return
    console.show_summary(summary)
    if record is not None:
        typer.echo(f"Repeated: the run id is {run.report.run_id} again.")
    if run.report.alerts:
        console.show_alerts(run.report.alerts[:EXAMPLES_SHOWN], "The first alerts")


@app.command()
def alerts(
    typology: Annotated[str | None, typer.Option(help="Only with a match of this typology.")] = None,
    min_score: Annotated[float | None, typer.Option(help="Risk score, at least.")] = None,
    min_value: Annotated[int | None, typer.Option(help="Value, at least, in minor units.")] = None,
    account: Annotated[str | None, typer.Option(help="Only where this account takes part.")] = None,
    status: Annotated[str | None, typer.Option(help="open, in_review, escalated, closed_useful, …")] = None,
    run: Annotated[str | None, typer.Option(help="Only of this run.")] = None,
    sort: Annotated[
        str, typer.Option(help="risk_score, value, started_at, detectable_at or rank; - falls.")
    ] = "-risk_score",
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 50,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the alerts in the store, the most urgent first."""
    from moneytrail import console
    from moneytrail.storage import AlertQuery, Store
    from moneytrail.typologies import by_id

    if typology:
        by_id(typology)
    query = AlertQuery(
        typology=typology,
        min_score=min_score,
        min_value=min_value,
        account=account,
        status=status,
        run_id=run,
        sort=sort,
        limit=limit,
    )
    with Store.open(store or Settings().store, create=False) as opened:
        page = opened.alerts(query)
    if as_json:
        typer.echo(json.dumps({"items": [asdict(item) for item in page.items]}, default=_plain))
        return
    console.show_alerts(page.items, "Alerts" if page.items else "No alert fits")
    if page.next_cursor:
        console.note("There are more: raise --limit (up to 500) or use the filters.")


@app.command(short_help="Show one alert, and the transfers that prove it.")
def alert(
    alert_id: Annotated[str, typer.Argument(metavar="ID")],
    every: Annotated[bool, typer.Option("--all", help="Show every subject and transfer.")] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one alert: why it was raised, and the transfers that prove it."""
    from moneytrail import console
    from moneytrail.storage import Store

    with Store.open(store or Settings().store, create=False) as opened:
        found = opened.alert(alert_id)
    if as_json:
        typer.echo(json.dumps(asdict(found), default=_plain))
    else:
        console.show_alert(found, every_transfer=every)


@app.command(short_help="List what is looked for, or show one typology.")
def typologies(
    typology: Annotated[str | None, typer.Argument(metavar="[ID]", help="Show this one whole.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the typologies that are looked for, or show one with its parameters and sources."""
    from moneytrail import console
    from moneytrail.catalogue import describe
    from moneytrail.typologies import BESIDE, CATALOGUE, by_id

    if as_json:
        listed = describe()
        typer.echo(json.dumps(next(one for one in listed if one["id"] == by_id(typology).id) if typology else listed))
    elif typology:
        entry = by_id(typology)
        typer.echo(f"{entry.id} {entry.name} ({entry.stage})\n\n{entry.definition}\n")
        tested = next(one["suppressors"] for one in describe() if one["id"] == entry.id)
        for what, names in (("Needs", entry.needs), ("Builds on", entry.builds_on), ("Look-alikes tested", tested)):
            if names:
                typer.echo(f"{what}: {', '.join(names)}")
        headings = ("parameter", "default", "allowed", "unit", "meaning", "why", "basis")
        rows = [
            (p.name, p.default, f"{p.low} to {p.high}", p.unit, p.meaning, p.reason, p.basis) for p in entry.parameters
        ]
        console.show_table("Parameters", headings, rows)
        for source in entry.sources:
            typer.echo(f"Source: {source}")
    else:
        each = [(t.id, t.name, t.stage, t.summary) for t in (*CATALOGUE, *BESIDE)]
        console.show_table("Typologies", ("id", "name", "stage", "what it looks for"), each)


@app.command(short_help="Explain one match: who, how much, when, against which thresholds.")
def explain(
    match_id: Annotated[str, typer.Argument(metavar="MATCH")],
    folder: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="A run's folder, in place of the store.")
    ] = None,
    store: StoreOption = None,
    every: Annotated[bool, typer.Option("--all", help="Show every transfer.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Explain one match: the rule, the measured values, innocent explanations tested, and the proving transfers.

    Example: moneytrail explain S01-0123456789abcdef --from results
    """
    from moneytrail import console, explaining

    if folder and store:
        raise ParameterError("--from and --store contradict each other")
    if folder:
        try:
            currency = str(_run_file(folder / "run.json")["deciding"]["rates"]["reference"])
        except (KeyError, TypeError) as error:
            raise ParameterError(f"{folder / 'run.json'} is not a run record") from error
        found = explaining.from_folder(folder, match_id, currency)
    else:
        found = explaining.from_store(store or Settings().store, match_id)
    if as_json:
        typer.echo(json.dumps(asdict(found), default=_plain))
    else:
        console.show_explained(found, every_transfer=every)


@app.command(short_help="List the shapes that money moves in.")
def motifs(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV, gzipped CSV or Parquet; one layout.")],
    layout: LayoutOption = None,
    mapping: MappingOption = None,
    accounts: AccountsOption = None,
    currency: CurrencyOption = None,
    rates: RatesOption = None,
    motif: Annotated[str, typer.Option(metavar="NAMES", help="Motifs, joined by commas, or all.")] = "all",
    parameter: Annotated[
        list[str] | None, typer.Option("--set", metavar="cycle.window_days=5", help="Set a motif's parameter.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write matches and evidence here.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many matches of each motif to show.")] = 5,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List the shapes that money moves in, with the transfers that prove each one.

    Example: moneytrail motifs transfers.parquet --motif cycle,chain --out found
    """
    from moneytrail import console, motif_search
    from moneytrail.loading import load_graph
    from moneytrail.rates import ExchangeRates
    from moneytrail.runs import Inputs

    names, parameters = motif_search.choose_motifs(motif), _parameters(parameter or [])
    motif_search.check_motifs(names, parameters)
    inputs = Inputs(files, layout, mapping, accounts, currency)
    inputs.check()
    if out:
        motif_search.check_folder(out, inputs)
    worth = ExchangeRates.load(rates)
    with console.progress(quiet) as tell:
        found = motif_search.search_motifs(load_graph(inputs, worth, tell), worth, names, parameters, tell)
        if out:
            found.write(out)
    if as_json:
        typer.echo(json.dumps(found.plain(limit), default=_plain))
    else:
        console.show_motifs(found.record, found.best(limit), worth.reference)
        if out:
            typer.echo(f"Out: {out}; check it with: moneytrail verify-match {shlex.quote(str(out))} --all")


@app.command(short_help="Write features of every transfer as Parquet.")
def features(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="CSV, gzipped CSV or Parquet; one layout.")
    ] = None,
    layout: LayoutOption = None,
    mapping: MappingOption = None,
    accounts: AccountsOption = None,
    currency: CurrencyOption = None,
    rates: RatesOption = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.parquet", help="File to write.")] = None,
    windows: Annotated[str | None, typer.Option(metavar="6h,1d,30d", help="Every column over these windows.")] = None,
    columns: Annotated[str | None, typer.Option(metavar="NAMES", help="These columns, joined by commas.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Only say what the columns are.")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write features of every transfer as Parquet, a row a transfer in ledger order.

    Example: moneytrail features transfers.parquet --windows 1d,7d --out features.parquet
    """
    from moneytrail import console, feature_table
    from moneytrail.features import UNWINDOWED, describe
    from moneytrail.loading import load_graph
    from moneytrail.rates import ExchangeRates
    from moneytrail.runs import Inputs

    names = feature_table.choose_columns(windows, columns)
    if listed:
        meant = describe(names if windows or columns else (*names, *(feature.name for feature in UNWINDOWED)))
        if as_json:
            typer.echo(json.dumps([asdict(feature) for feature in meant]))
        else:
            rows = [(f.name, f.unit, f"{f.window_days:g}" if f.window_days else "", f.meaning) for f in meant]
            console.show_table("Features", ("name", "unit", "window, days", "meaning"), rows)
        return
    if not files or out is None:
        raise ParameterError("wanted are FILE... and --out FILE.parquet, or --list")
    inputs = Inputs(files, layout, mapping, accounts, currency)
    inputs.check()
    feature_table.check_file(out, inputs)
    start = time.perf_counter()
    with console.progress(quiet) as tell:
        loaded = load_graph(inputs, ExchangeRates.load(rates), tell)
        written = feature_table.write_features(loaded.graph, names, out, tell)
    summary = {**written, "names": list(names), "out": str(out), "read": loaded.rows, "source": loaded.source}
    if as_json:
        typer.echo(json.dumps({**summary, "seconds": round(time.perf_counter() - start, 4)}))
    else:
        typer.echo(f"{written['rows']:,} transfers, {len(names):,} features, {written['bytes']:,} bytes: {out}")


@app.command("verify-match", short_help="Check matches from their own transfers alone.")
def verify_match(
    place: Annotated[Path, typer.Argument(metavar="PLACE", help="Folder of `score --out` or `motifs --out`, or JSON.")],
    match_ids: Annotated[list[str] | None, typer.Argument(metavar="[MATCH_ID]...", help="Only these.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every match of the place.")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Check matches from their own transfers alone; the status is 1 when one is refused.

    Example: moneytrail verify-match results --all
    """
    from moneytrail import console
    from moneytrail.verify import read_claims, verify

    if every and match_ids:
        raise ParameterError("--all and the names of matches contradict each other")
    if not every and not match_ids and place.is_dir():
        raise ParameterError(f"{place}: name matches of this folder, or give --all for every one")
    lines: list[str] = []
    counts, unseen = Counter[bool](), Counter[str]()
    with console.progress(quiet) as tell:
        tell("verify", 0.0)
        for verdict in map(verify, read_claims(place, match_ids or ())):
            # A folder may hold matches by the hundred thousand: what is shown of each is kept, and no more.
            lines.append(json.dumps(asdict(verdict)) if as_json else console.verdict_line(verdict))
            counts[verdict.confirmed] += 1
            unseen.update(verdict.not_checkable)
        tell("verify", 1.0)
    confirmed, refused = counts[True], counts[False]
    if as_json:
        verdicts = ", ".join(lines)
        typer.echo(f'{{"confirmed": {confirmed}, "refused": {refused}, "verdicts": [{verdicts}]}}')
    else:
        for line in lines:
            typer.echo(line)
        typer.echo(f"{confirmed:,} confirmed, {refused:,} refused.")
        console.show_unseen(unseen)
    if refused:
        raise typer.Exit(REFUSED)


@app.command(short_help="Make a synthetic bank with gangs in it.")
def simulate(
    customers: Annotated[int, typer.Option(help="Personal customers, 50 or more.")] = 3000,
    days: Annotated[int, typer.Option(help="Days of transfers, 14 or more.")] = 120,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal banks.")] = 7,
    gangs: Annotated[
        int | None,
        typer.Option(help="How many, 0 or more.  [default: as many as make 0.08 % of the transfers illicit]"),
    ] = None,
    start: Annotated[str, typer.Option(metavar="DATE", help="The first day.")] = "2025-04-01",
    strength: Annotated[
        float, typer.Option(help="Share of careful attempts: 0 for naive gangs, 1 for careful ones.")
    ] = 0.3,
    typologies: Annotated[
        str | None,
        typer.Option(
            metavar="IDS",
            help="What every gang does, as S01,L03; L03 alone has no money to move.  [default: dealt by chance]",
        ),
    ] = None,
    dirt: Annotated[float, typer.Option(help="Dirt in the data: 0 for none, 1 as usual, at most 20.")] = 1.0,
    threads: Annotated[
        int | None,
        typer.Option(help="Parts made at a time; the bytes stay the same.  [default: one a processor, at most 4]"),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write.")] = Path("simulated"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a folder that is there.")] = False,
    describe: Annotated[
        bool, typer.Option("--describe", help="Say in a page what was made; an equal bank in --out is not made again.")
    ] = False,
    plots: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Draw it there, as SVG; an equal bank is not made again either.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make a synthetic bank with smuggling gangs in it, and the truth about them apart.

    Example: moneytrail simulate --customers 3000 --days 120 --seed 7 --out bank --describe
    """
    from moneytrail import console
    from moneytrail.simulate import Wish, made_before, simulate_to

    wish = Wish(
        customers, days, seed, gangs, _day(start), strength, _ids(typologies), dirt,
    )  # fmt: skip
    for option, folder in (("--out", out), ("--plots", plots)):
        if folder and folder.exists() and not folder.is_dir():
            raise ParameterError(f"{option} {folder}: is a file, not a folder")
    told = made_before(out, wish) if (describe or plots) and not overwrite else None
    if told is None and out.exists() and not overwrite and any(out.iterdir()):
        other = "holds no equal bank and is not empty" if describe or plots else "is not an empty folder"
        raise ParameterError(f"--out {out}: {other}; --overwrite replaces it")
    with console.progress(quiet) as tell:
        made = simulate_to(out, wish, threads=threads, overwrite=overwrite, progress=tell) if told is None else told
    counts = {**made, "out": str(out)}
    missing = set(wish.typologies or ()) - _planted(out)
    if missing and made["gangs"] and not quiet:
        listed = ", ".join(sorted(missing))
        console.note(f"No gang came to {listed}: too few days, or no money; a way to collect it, as S01, brings some.")
    if plots:
        from moneytrail.simulate.plots import draw

        drawn = [str(path) for path in draw(out, plots)]
        counts["plots"] = drawn if as_json else f"{len(drawn)} in {plots}"
    if describe:
        from moneytrail.simulate.describe import describe as say

        page = say(out)
        if as_json:
            counts["description"] = page.to_dict()
        else:
            typer.echo(page.text())
    if as_json:
        typer.echo(json.dumps(counts, default=_plain))
    elif not describe:
        console.show_table(f"A bank in {out}", ("what", "value"), [(k, _counted(v)) for k, v in counts.items()])
    if not as_json:
        transfers, accounts = (shlex.quote(str(out / f"{name}.parquet")) for name in ("transfers", "accounts"))
        typer.echo(f"Score it: moneytrail score {transfers} --accounts {accounts}")


def _planted(bank: Path) -> set[str]:
    """The typologies that a simulated bank's gangs attempted."""
    import polars as pl

    return set(pl.read_parquet(bank / "truth" / "attempts.parquet", columns=["typology"])["typology"])


def _day(text: str, option: str = "--start") -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ParameterError(f"{option} {text}: is not a date; write it as 2025-04-01") from None


def _ids(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    names = tuple(part.strip().upper() for part in text.split(",") if part.strip())
    if not names:
        raise ParameterError(f"--typologies {text}: names none; write them as S01,L03")
    return names


benchmarking.register(app)
money_commands.register(app)


@app.command()
def serve(
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option(help="Where to listen; loopback unless you say otherwise.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
) -> None:
    """Serve the alerts over HTTP until Ctrl-C. Make a key first: moneytrail keys create NAME."""
    from moneytrail.storage import Store

    settings = Settings()
    Store.open(store or settings.store, create=False).close()
    _serve(store or settings.store, host or settings.host, settings.port if port is None else port, [])


@keys_app.command("create")
def keys_create(
    name: Annotated[str, typer.Argument(help="Whose key, or what for.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="alerts:read, alerts:decide, runs:read, money:read; repeatable.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help="Last moment of use, ISO 8601; UTC unless it says otherwise.")
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a key. It is shown once; the store keeps only its hash."""
    from moneytrail.storage import Store

    until = _moment(expires) if expires else None
    scopes = scope or ["alerts:read", "runs:read"]
    with Store.open(store or Settings().store) as opened:
        made = opened.create_key(name, scopes, expires_at=until)
    if as_json:
        typer.echo(json.dumps({**asdict(made.record), "key": made.secret}, default=_plain))
    else:
        typer.echo(made.secret)


@keys_app.command("list")
def keys_list(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List the keys: id, name, scopes, whether they still open anything."""
    from moneytrail import console
    from moneytrail.storage import Store

    with Store.open(store or Settings().store, create=False) as opened:
        keys = opened.keys()
    if as_json:
        typer.echo(json.dumps([asdict(key) for key in keys], default=_plain))
        return
    headings = ("id", "name", "scopes", "created", "expires", "revoked")
    rows = [(k.key_id, k.name, " ".join(k.scopes), k.created_at, k.expires_at, k.revoked_at) for k in keys]
    console.show_table("Keys", headings, rows)


@keys_app.command("revoke")
def keys_revoke(key_id: Annotated[str, typer.Argument(metavar="ID")], store: StoreOption = None) -> None:
    """Revoke a key: it opens nothing from now on."""
    from moneytrail.storage import Store

    with Store.open(store or Settings().store, create=False) as opened:
        opened.revoke_key(key_id)
    typer.echo(f"revoked {key_id}")


@app.command(short_help="Compile every kernel once.")
def warmup(
    scoring: Annotated[bool, typer.Option("--scoring", help="Only what score needs; the rest takes minutes.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compile every kernel once, so that the first run does not wait for it."""
    from moneytrail.scoring import warm_up

    start = time.perf_counter()
    stages = warm_up(everything=not scoring)
    if as_json:
        typer.echo(json.dumps(stages))
    else:
        typer.echo(f"The kernels are compiled ({time.perf_counter() - start:.1f} s).")


@app.command(short_help="Simulate, score, show and serve: everything once.")
def demo(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    folder: Annotated[Path, typer.Option(metavar="DIR", help="Where the demo's files lie.")] = Path(".demo"),
) -> None:
    """Simulate a bank with gangs in it, score it, show the alerts and serve them until Ctrl-C."""
    from moneytrail import console
    from moneytrail.runs import Inputs, save, score_inputs
    from moneytrail.simulate import simulate_to
    from moneytrail.storage import AlertQuery, Store

    settings = Settings()
    port = settings.port if port is None else port
    _check_port(settings.host, port)
    bank, store = folder / "bank", str(folder / "moneytrail.db")
    if not (bank / "simulation.json").exists():
        console.note("Making a synthetic bank with smuggling gangs in it …")
        with console.progress(quiet=False) as tell:
            simulate_to(bank, overwrite=True, progress=tell)
    with Store.open(store) as opened:
        scored = bool(opened.runs(limit=1))
    if not scored:
        console.note("Scoring it …")
        transfers, accounts, arrivals = (bank / f"{name}.parquet" for name in ("transfers", "accounts", "arrivals"))
        inputs = Inputs([transfers], accounts=accounts, arrivals=arrivals)
        pipeline = _pipeline(None, _Chosen(), None, (None, None), None)
        with console.progress(False) as tell:
            save(store, score_inputs(inputs, pipeline, tell), keep_ledger=True)
    with Store.open(store) as opened:
        console.show_alerts(opened.alerts(AlertQuery(sort="rank", limit=15)).items, "The first alerts, by rank")
        made = opened.create_key("demo", ["alerts:read", "alerts:decide", "runs:read", "money:read"])

    def retire_earlier_keys() -> None:
        # Only once the port is ours: until then another demo may be running, and its key must go on working.
        with Store.open(store) as opened:
            for key in opened.keys():  # noqa: SIM118 -- a store's method, not a mapping's
                if key.name == "demo" and key.revoked_at is None and key.key_id != made.record.key_id:
                    opened.revoke_key(key.key_id)

    _serve(
        store,
        settings.host,
        port,
        [
            "",
            "Serving alerts on {address} (Ctrl-C ends it). Read them with:",
            f"curl -H 'Authorization: Bearer {made.secret}' {{address}}/v1/alerts",
        ],
        retire_earlier_keys,
    )


def _check_port(host: str, port: int) -> None:
    """Fail before the demo has worked for a minute, and not after it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ParameterError(
                f"cannot listen on {host}, port {port}: {error.strerror}; choose another with --port or MONEYTRAIL_PORT"
            ) from error


def _serve(store: str, host: str, port: int, lines: list[str], first: Callable[[], None] = lambda: None) -> None:
    """Start the service that is installed beside the package; when it answers, call `first` and print `lines`."""
    found = entry_points(group="moneytrail.service", name="serve")
    if not found:
        raise ParameterError("the service (moneytrail_api) is not installed")

    def ready(address: str) -> None:
        first()
        for line in lines or ["Serving on {address} (Ctrl-C ends it); its description is at {address}/openapi.json"]:
            typer.echo(line.format(address=address))
        sys.stdout.flush()

    next(iter(found)).load()(store, host, port, on_ready=ready)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Files and settings that decide what the catalogue looks for."""

    rates: Path | None = None
    tables: Path | None = None
    parameters: Path | None = None
    settings: tuple[str, ...] = ()

    def merged(self) -> dict[str, dict[str, object]]:
        """The parameters of the file, and over them those given one by one."""
        from moneytrail.catalogue import load_parameters

        made = load_parameters(self.parameters) if self.parameters else {}
        for name, values in _parameters(self.settings).items():
            made[name] = made.get(name, {}) | values
        return made


@dataclass(frozen=True, slots=True)
class _Limits:
    """What the options say of how many alerts are raised."""

    run: int | None
    day: int | None
    week: int | None
    false_share: float | None
    calibrate_until: str | None

    def plan(self, otherwise: int) -> AlertPlan | None:
        """The plan; ``None`` where nothing is asked for but a number for the run, which is `otherwise` if not given."""
        from moneytrail.conformal import AlertPlan, Budget

        named = {"--alert-budget": self.run, "--alerts-per-day": self.day, "--alerts-per-week": self.week}
        given = [option for option, value in named.items() if value is not None]
        if len(given) > 1:
            raise ParameterError(f"{given[0]} and {given[1]} are two limits on the same; give one of them")
        if self.day is None and self.week is None and self.false_share is None and self.calibrate_until is None:
            return None
        until = _day(self.calibrate_until, "--calibrate-until") if self.calibrate_until else None
        if self.day is not None:
            budget = Budget(self.day, "day", self.false_share)
        elif self.week is not None:
            budget = Budget(self.week, "week", self.false_share)
        else:
            budget = Budget(otherwise if self.run is None else self.run, "run", self.false_share)
        return AlertPlan(budget, until)


def _pipeline(
    record: dict[str, Any] | None,
    chosen: _Chosen,
    budget: int | None,
    asked: tuple[str | None, str | None],
    models: Path | None,
) -> Pipeline:
    """The pipeline that a run record describes, or the one that the options do."""
    from moneytrail.rates import ExchangeRates
    from moneytrail.scoring import SHIPPED_DETECTORS, Pipeline, load_detectors, load_opinion, pipeline_of
    from moneytrail.tables import Tables

    if record is not None:
        return pipeline_of(record, models)
    detectors, model = asked
    named = ",".join(SHIPPED_DETECTORS) if detectors is None else detectors
    names = [] if named == "none" else [name.strip() for name in named.split(",") if name.strip()]
    if len(set(names)) < len(names):
        raise ParameterError(f"--detectors {named}: names one twice")
    settings = Settings()
    wanted = settings.alert_budget if budget is None else budget
    # Cheap checks first: loading the detectors takes seconds.
    _check_models(names, model, models)
    worth, parameters, tables = ExchangeRates.load(chosen.rates), chosen.merged(), Tables.load(chosen.tables)
    if model is None:
        made = Pipeline(worth, wanted, parameters, (), tables)
    else:
        # Its own parameters are known only with it.
        made = Pipeline(worth, wanted, parameters, (), tables, model=load_opinion(model, models))
    return replace(made, detectors=load_detectors(names, models))


def _check_models(detectors: Sequence[str], model: str | None, models: Path | None) -> None:
    """Refuse names under which the folder holds nothing that the option can use, and say what it holds."""
    from moneytrail.combination_folder import KIND
    from moneytrail.model_folder import kind_of, names_in, shipped_models

    folder = models or shipped_models()
    kinds = {name: kind_of(folder, name) for name in names_in(folder)}
    for option, asked, other, sought, hint in (
        ("--detectors", detectors, "--model", "fitted detector", "how to fit others: docs/detectors.md"),
        ("--model", [model] if model else [], "--detectors", "trained model", "moneytrail train makes others"),
    ):
        # What a damaged manifest describes, loading refuses with the reason.
        usable = [name for name, kind in kinds.items() if kind is None or (kind == KIND) == (option == "--model")]
        for name in asked:
            if name in kinds and name not in usable:
                raise ParameterError(f"{option} {name}: is no {sought}; use {other} {name}")
            if name not in kinds:
                there = ", ".join(usable) or "none"
                raise ParameterError(f"{option} {name}: no {sought} in {folder.name}/; there: {there}; {hint}")


def _parameters(pairs: Sequence[str]) -> dict[str, dict[str, object]]:
    parameters: dict[str, dict[str, object]] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        typology, _, parameter = name.partition(".")
        try:
            number = float(value) if "." in value or "e" in value.lower() else int(value)
        except ValueError as error:
            raise ParameterError(f"--set {pair}: wanted is NAME.PARAMETER=NUMBER, as S01.payers=10") from error
        parameters.setdefault(typology, {})[parameter] = number
    return parameters


def _run_file(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ParameterError(f"{path} is not a run record: {error}") from error
    if not isinstance(record, dict):
        raise ParameterError(f"{path} is not a run record")
    return record


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ParameterError(f"--expires {text}: wanted is a time as 2026-12-31T18:00:00+00:00") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _counted(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
