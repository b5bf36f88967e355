"""The commands about money: trace, verify-trace, profit, plan-freeze, reach. Thin, as the command line is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moneytrail.errors import ParameterError
from moneytrail.options import (
    AccountsOption,
    CurrencyOption,
    JsonOption,
    LayoutOption,
    MappingOption,
    QuietOption,
    RatesOption,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from moneytrail.money.sources import Source
    from moneytrail.tracing import Standing, Trace

REFUSED = 1

Places = Annotated[
    list[str], typer.Argument(metavar="FILE...|STORE", help="Transfers of one layout, or a store that kept its ledger.")
]
RunOption = Annotated[
    str | None,
    typer.Option("--run", metavar="RUN", help="Which run of the store.  [default: the newest with a ledger]"),
]
AlertOption = Annotated[
    list[str] | None, typer.Option("--alert", metavar="ID", help="Follow an alert's money; may be repeated.")
]
SeedOption = Annotated[
    list[str] | None, typer.Option("--seed", metavar="ID", help="A transfer whose money is tainted; may be repeated.")
]
SeedsOption = Annotated[
    Path | None, typer.Option("--seeds", metavar="FILE", help="Transaction ids of seeds, one a line.")
]
RuleOption = Annotated[str, typer.Option("--rule", metavar="NAMES", help="Rules, joined by commas, or all.")]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Leave out what was booked on DATE or later.")
]
FloorOption = Annotated[
    str,
    typer.Option("--floor", metavar="AMOUNT", help="Let a transfer's smaller tainted part count as clean, and say so."),
]
ThroughOption = Annotated[
    bool, typer.Option("--through-other-banks", help="Follow money through accounts that --accounts does not hold.")
]
SuspectOption = Annotated[
    list[str] | None, typer.Option("--suspect", metavar="ACCOUNT", help="Its holder is held to be a suspect.")
]
VictimOption = Annotated[
    list[str] | None, typer.Option("--victim", metavar="ACCOUNT", help="Its holder is held to be a victim.")
]
PictureOption = Annotated[
    Path | None, typer.Option("--picture", metavar="FILE", help="Draw the flows here, as .svg or .html.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=0, help="How many accounts to show.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("trace", short_help="Follow tainted money from seeds to where it is now.")(trace_command)
    app.command("verify-trace", short_help="Replay a trace from its proof, to the penny.")(verify_trace_command)
    app.command("profit", short_help="Estimate what a gang took, spent, paid on and kept.")(profit_command)
    app.command("plan-freeze", short_help="Name the few accounts whose freezing catches most.")(plan_freeze_command)
    app.command("reach", short_help="Rank alerts by the money still in reach for an analyst's hour.")(reach_command)


@dataclass(frozen=True, kw_only=True)
class _Options:
    """What the options that commands about money share say, as they were typed."""

    places: list[str]
    layout: str | None
    mapping: Path | None
    accounts: Path | None
    currency: str | None
    rates: Path | None
    run: str | None = None
    seed: list[str] | None = None
    seeds: Path | None = None
    alert: list[str] | None = None
    rule: str = "all"
    until: str | None = None
    floor: str = "0"
    through_other_banks: bool = False
    suspect: list[str] | None = None
    victim: list[str] | None = None
    equal_victims: bool = False


class _Asked:
    """What those options ask, checked before anything is read."""

    def __init__(self, options: _Options, *, needs_seeds: bool = True) -> None:
        from moneytrail.money.questions import TraceQuestion, minor_units, read_lines
        from moneytrail.money.sources import is_store
        from moneytrail.rates import ExchangeRates
        from moneytrail.runs import Inputs
        from moneytrail.tracing.rules import parse

        self.places, self.run, self.alerts = options.places, options.run, list(options.alert or ())
        self.from_store = is_store(self.places[0])
        if self.from_store and options.rates:
            raise ParameterError("--rates goes with files; the store kept the rates of its run")
        self.worth = ExchangeRates.load(options.rates)
        minor_units(options.floor, self.worth.reference)
        ids = [*(options.seed or ()), *(read_lines(options.seeds) if options.seeds else ())]
        if needs_seeds and not ids and not self.alerts:
            raise ParameterError("there is no seed; name transfers with --seed or --seeds, or an alert with --alert")
        self.held = standing(options.suspect, options.victim)
        self.question = TraceQuestion(
            ids,
            parse(options.rule),
            last_moment(options.until),
            options.floor,
            options.through_other_banks,
            self.held,
            equal_victims=options.equal_victims,
        )
        paths = [Path(place) for place in self.places]
        self.inputs = Inputs(paths, options.layout, options.mapping, options.accounts, options.currency)

    def read(self, tell: Callable[[str, float], None]) -> Source:
        """The ledger."""
        from moneytrail.money.questions import standing_of
        from moneytrail.money.sources import read_source

        if not self.from_store:
            self.inputs.check()
        source = read_source(self.places, self.inputs, self.worth, run=self.run, alerts=self.alerts, tell=tell)
        told: dict[str, Standing] = standing_of(source.alerts) | self.held
        self.question = replace(self.question, held_to_be=told)
        return source


def last_moment(until: str | None) -> datetime | None:
    """The last moment before a day begins."""
    if until is None:
        return None
    try:
        day = date.fromisoformat(until)
    except ValueError:
        raise ParameterError(f"--until {until}: is not a date; write it as 2025-04-01") from None
    if day == date.min:
        raise ParameterError(f"--until {until}: nothing was booked before it")
    return datetime.combine(day, datetime.min.time(), UTC) - timedelta(microseconds=1)


def standing(suspects: Sequence[str] | None, victims: Sequence[str] | None) -> dict[str, Standing]:
    """What holders are held to be, from two lists of accounts that must not share one."""
    from moneytrail.tracing import Standing

    both = sorted(set(suspects or ()) & set(victims or ()))
    if both:
        raise ParameterError(f"account {both[0]!r} cannot be held to be a suspect's and a victim's")
    return dict.fromkeys(suspects or (), Standing.SUSPECT) | dict.fromkeys(victims or (), Standing.VICTIM)


def _check_picture(picture: Path | None) -> None:
    if picture is not None and picture.suffix not in (".svg", ".html"):
        raise ParameterError(f"--picture {picture}: must end in .svg or .html")


def _draw(picture: Path | None, made: Trace, held: Mapping[str, Standing], frozen: Sequence[str] = ()) -> None:
    if picture is None:
        return
    from moneytrail.flow_picture import flow_page
    from moneytrail.money.documents import picture_of

    svg = picture_of(made, held, frozen)
    picture.write_text(svg if picture.suffix == ".svg" else flow_page(svg, made), "utf-8")


def trace_command(
    places: Places,
    seed: SeedOption = None,
    seeds: SeedsOption = None,
    run: RunOption = None,
    alert: AlertOption = None,
    rule: RuleOption = "all",
    until: UntilOption = None,
    floor: FloorOption = "0",
    through_other_banks: ThroughOption = False,
    suspect: SuspectOption = None,
    victim: VictimOption = None,
    equal_victims: Annotated[
        bool, typer.Option("--equal-victims", help="Several equally innocent victims would share the loss.")
    ] = False,
    origin_of: Annotated[
        str | None,
        typer.Option(
            "--origin-of", metavar="ACCOUNT", help="Go backwards: where did this account's balance come from?"
        ),
    ] = None,
    proof: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Write here what verify-trace replays.")
    ] = None,
    picture: PictureOption = None,
    layout: LayoutOption = None,
    mapping: MappingOption = None,
    accounts: AccountsOption = None,
    currency: CurrencyOption = None,
    rates: RatesOption = None,
    limit: LimitOption = 20,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Follow tainted money from seeds through the whole ledger, by the legal rules, to the penny.

    Example: moneytrail trace transfers.parquet --accounts accounts.parquet --seed 41 --seed 57
    """
    from moneytrail import console
    from moneytrail.money import documents, shown
    from moneytrail.money.questions import follow_question

    asked = _Asked(
        _Options(
            places=places,
            layout=layout,
            mapping=mapping,
            accounts=accounts,
            currency=currency,
            rates=rates,
            run=run,
            seed=seed,
            seeds=seeds,
            alert=alert,
            until=until,
            through_other_banks=through_other_banks,
            rule=rule,
            floor=floor,
            suspect=suspect,
            victim=victim,
            equal_victims=equal_victims,
        ),
        needs_seeds=origin_of is None,
    )
    _check_picture(picture)
    if origin_of is not None:
        if proof or picture:
            raise ParameterError("--origin-of has no proof and no picture")
        _trace_back(asked, origin_of, rule, limit, as_json=as_json, quiet=quiet)
        return
    with console.progress(quiet) as tell:
        source = asked.read(tell)
        made = follow_question(source, asked.question, tell)
    _write_proof(proof, made)
    _draw(picture, made, asked.question.held_to_be)
    document = documents.trace_document(source, made, asked.question)
    if as_json:
        typer.echo(json.dumps(document))
    else:
        shown.show_trace(document, limit)


def _trace_back(asked: _Asked, account: str, rule: str, limit: int, *, as_json: bool, quiet: bool) -> None:
    from moneytrail import console
    from moneytrail.money import documents, shown
    from moneytrail.tracing import BACKWARDS, trace_back

    if asked.question.seeds or asked.alerts:
        raise ParameterError("--origin-of goes backwards from a balance and takes no seeds")
    if asked.held or asked.question.floor != "0" or asked.question.equal_victims:
        raise ParameterError("--origin-of takes no floor, suspects or victims: it asks of all money alike")
    with console.progress(quiet) as tell:
        source = asked.read(tell)
        tell("trace", 0.0)
        found = trace_back(
            source.graph,
            account,
            BACKWARDS if rule == "all" else asked.question.rules,
            at=asked.question.until,
            through_other_banks=asked.question.through_other_banks,
        )
        tell("trace", 1.0)
    document = documents.origins_document(source, found)
    if as_json:
        typer.echo(json.dumps(document))
    else:
        shown.show_origins(document, limit)


def _write_proof(path: Path | None, made: Trace) -> None:
    if path is None:
        return
    from moneytrail.tracing import prove

    path.write_text(json.dumps(prove(made)), "utf-8")


def verify_trace_command(
    proof: Annotated[Path, typer.Argument(metavar="PROOF.json", help="What `trace --proof` wrote.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE...]", help="The ledger: hold the proof's statements to it too."),
    ] = None,
    layout: LayoutOption = None,
    mapping: MappingOption = None,
    accounts: AccountsOption = None,
    currency: CurrencyOption = None,
    rates: RatesOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Replay a trace from its proof in plain Python, to the penny; the status is 1 when it is refused.

    Example: moneytrail verify-trace proof.json transfers.parquet --accounts accounts.parquet
    """
    from moneytrail import console
    from moneytrail.money import shown
    from moneytrail.money.documents import proof_document
    from moneytrail.verify import TraceVerdict, read_proof, verify_trace

    if not proof.is_file():
        raise ParameterError(f"{proof}: no such file")
    with console.progress(quiet) as tell:
        tell("verify", 0.0)
        read = read_proof(proof)
        verdict, told = verify_trace(read), proof_document(read)
        if files:
            from moneytrail.loading import load_graph
            from moneytrail.money.ledger_check import check_ledger
            from moneytrail.rates import ExchangeRates
            from moneytrail.runs import Inputs

            inputs = Inputs(files, layout, mapping, accounts, currency)
            inputs.check()
            checks = (*verdict.checks, *check_ledger(read, load_graph(inputs, ExchangeRates.load(rates), tell).graph))
            unseen = tuple(one for one in verdict.not_checkable if "statements" not in one)
            verdict = TraceVerdict(all(check.held for check in checks), checks, unseen)
        tell("verify", 1.0)
    if as_json:
        typer.echo(json.dumps({"proof": told, **asdict(verdict)}))
    else:
        shown.show_verdict(verdict, told)
    if not verdict.confirmed:
        raise typer.Exit(REFUSED)


def profit_command(
    places: Places,
    seed: SeedOption = None,
    seeds: SeedsOption = None,
    run: RunOption = None,
    alert: AlertOption = None,
    account: Annotated[
        list[str] | None,
        typer.Option(
            "--account", metavar="ACCOUNT", help="One of the gang's own accounts; without any they are inferred."
        ),
    ] = None,
    until: UntilOption = None,
    through_other_banks: ThroughOption = False,
    picture: PictureOption = None,
    layout: LayoutOption = None,
    mapping: MappingOption = None,
    accounts: AccountsOption = None,
    currency: CurrencyOption = None,
    rates: RatesOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Estimate a gang's takings, costs, payments on and what it kept, each pound once, with a range.

    Example: moneytrail profit transfers.parquet --accounts accounts.parquet --seeds seeds.txt --through-other-banks
    """
    from moneytrail import console
    from moneytrail.money import documents, shown
    from moneytrail.money.questions import follow_question

    asked = _Asked(
        _Options(
            places=places,
            layout=layout,
            mapping=mapping,
            accounts=accounts,
            currency=currency,
            rates=rates,
            run=run,
            seed=seed,
            seeds=seeds,
            alert=alert,
            until=until,
            through_other_banks=through_other_banks,
            rule=BY_TIME,
        ),
    )
    _check_picture(picture)
    with console.progress(quiet) as tell:
        source = asked.read(tell)
        made = follow_question(source, asked.question, tell)
    _draw(picture, made, asked.question.held_to_be)
    document = documents.profit_document(source, made, account)
    if as_json:
        typer.echo(json.dumps(document))
    else:
        shown.show_profit(document)


BY_TIME = "fifo,lifo,haircut,clean_first,tainted_first"


def plan_freeze_command(
    places: Places,
    seed: SeedOption = None,
    seeds: SeedsOption = None,
    run: RunOption = None,
    alert: AlertOption = None,
    budget: Annotated[
        int | None, typer.Option("--budget", min=1, metavar="N", help="Freeze at most N accounts.  [default: 5]")
    ] = None,
    cost_budget: Annotated[
        int | None, typer.Option("--cost-budget", min=1, metavar="COST", help="Spend at most COST on all of them.")
    ] = None,
    costs: Annotated[
        Path | None, typer.Option("--costs", metavar="FILE", help="A line an account: ACCOUNT,COST; others cost 1.")
    ] = None,
    delay: Annotated[float, typer.Option("--delay", min=0, metavar="HOURS", help="Until orders take effect.")] = 48,
    horizon: Annotated[float, typer.Option("--horizon", metavar="DAYS", help="How long after that money counts.")] = 14,
    move_by: Annotated[
        str, typer.Option("--move-by", metavar="RULE", help="By which rule money is taken to have moved.")
    ] = "tainted_first",
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="ACCOUNT", help="Propose none but these accounts.")
    ] = None,
    least_share: Annotated[
        float, typer.Option("--least-share", min=0, max=1, help="Propose no account of whose money less is proceeds.")
    ] = 0.1,
    rounds: Annotated[
        int, typer.Option("--rounds", min=0, max=5, help="How often the gang replaces what was frozen.")
    ] = 1,
    levers: Annotated[
        Path | None, typer.Option("--levers", metavar="LEVERS.toml", help="Another country's levers.")
    ] = None,
    until: UntilOption = None,
    floor: FloorOption = "0",
    through_other_banks: ThroughOption = False,
    suspect: SuspectOption = None,
    victim: VictimOption = None,
    picture: PictureOption = None,
    layout: LayoutOption = None,
    mapping: MappingOption = None,
    accounts: AccountsOption = None,
    currency: CurrencyOption = None,
    rates: RatesOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Name the few accounts whose freezing intercepts most expected proceeds, in order, and what that leaves.

    Example: moneytrail plan-freeze transfers.parquet --accounts accounts.parquet --seeds seeds.txt --budget 5
    """
    from moneytrail import console
    from moneytrail.disruption import Budget, load_levers
    from moneytrail.money import documents, shown
    from moneytrail.money.questions import PlanQuestion, follow_question, read_costs
    from moneytrail.tracing.rules import parse

    asked = _Asked(
        _Options(
            places=places,
            layout=layout,
            mapping=mapping,
            accounts=accounts,
            currency=currency,
            rates=rates,
            run=run,
            seed=seed,
            seeds=seeds,
            alert=alert,
            until=until,
            through_other_banks=through_other_banks,
            floor=floor,
            suspect=suspect,
            victim=victim,
        ),
    )
    _check_picture(picture)
    for option, value, most_of in (("--delay", delay, 366 * 24), ("--horizon", horizon, 366)):
        if not 0 <= value <= most_of:
            raise ParameterError(f"{option} {value}: wanted is a number from 0 to {most_of:,}")
    most = budget if budget is not None or cost_budget is not None else 5
    question = PlanQuestion(
        budget=Budget(most, cost_budget, read_costs(costs) if costs else {}),
        delay=timedelta(hours=delay),
        horizon=timedelta(days=horizon),
        rule=parse(move_by)[0],
        only=only,
        least_share=least_share,
        rounds=rounds,
    )
    found = load_levers(levers) if levers else None
    with console.progress(quiet) as tell:
        source = asked.read(tell)
        made = follow_question(source, asked.question, tell)
        tell("plan", 0.0)
        document = documents.plan_document(source, made, question, asked.question.held_to_be, found)
        tell("plan", 1.0)
    _draw(picture, made, asked.question.held_to_be, [one["account"] for one in document["accounts"]])
    if as_json:
        typer.echo(json.dumps(document))
    else:
        shown.show_plan(document)


def reach_command(
    store: Annotated[str, typer.Argument(metavar="STORE", help="A store that kept its ledger.")],
    run: RunOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="How many alerts, the first by rank.")] = 50,
    through_other_banks: ThroughOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Rank a run's alerts by the money that is still in reach for an hour of an analyst's time.

    Example: moneytrail reach moneytrail.db --limit 20
    """
    from moneytrail import console
    from moneytrail.money import shown
    from moneytrail.money.reach import rank_by_reach
    from moneytrail.storage import Store

    with console.progress(quiet) as tell, Store.open(store, create=False) as opened:
        items: list[dict[str, Any]] = rank_by_reach(
            opened, run, limit=limit, through_other_banks=through_other_banks, tell=tell
        )
    if as_json:
        typer.echo(json.dumps({"items": items}))
    else:
        shown.show_reach(items)
