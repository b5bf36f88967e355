"""Answers about money as plain data, which JSON can write: amounts in minor units, times as ISO 8601."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from moneytrail.disruption import (
    Figures,
    assess,
    best,
    displace,
    estimate_profit,
    find_escape,
    forecast,
    meanwhile,
    plan_freeze,
    run_clocks,
    shipped,
)
from moneytrail.errors import ParameterError
from moneytrail.flow_picture import draw_flows
from moneytrail.money.questions import first_strange
from moneytrail.tracing import (
    BREAKS,
    CONSERVING,
    Break,
    Rule,
    Standing,
    band,
    break_totals,
    find_advances,
    find_breaks,
    find_value_links,
    left_out,
    recommend,
)
from moneytrail.wording import counted, money, sums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moneytrail.disruption import Assessment, Clock, FreezePlan, Levers
    from moneytrail.money.questions import PlanQuestion, TraceQuestion
    from moneytrail.money.sources import Source
    from moneytrail.tracing import Sources, Trace
    from moneytrail.verify.proofs import Proof

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

LEVERS_FOR: Final = 25
"""Accounts of an alert or a plan for which levers are worked out."""

FEW_STRETCHES: Final = 3
"""Stretches of the past below which a plan says that it foresees little."""

ANALYST_HOURS, ANALYST_MINUTES = 0.5, 1.0
"""Half an hour for an alert and a minute for each of its transfers (design: time your own and change it)."""


def trace_document(source: Source, made: Trace, question: TraceQuestion) -> dict[str, Any]:
    """A trace: by rule, by account, what left, what proves it, and what may lie beyond."""
    rows = reached(made)
    conserving = [rule for rule in made.rules if rule in CONSERVING]
    breaks = find_breaks(made) if conserving else None
    purchasers = (
        set(breaks.filter(pl.col("kind") == Break.PURCHASER)["creditor_account"]) if breaks is not None else set()
    )
    links = find_value_links(made) if conserving else None
    advances = find_advances(made) if conserving else None
    return {
        "rules": {
            str(rule): {
                row["account"]: {"tainted": row[f"tainted_{rule}"], "unknown": row[f"unknown_{rule}"]} for row in rows
            }
            for rule in made.rules
        },
        "accounts": {
            row["account"]: account_document(made, row, question)
            | {"purchaser_for_value_possible": row["account"] in purchasers}
            for row in rows
        },
        "totals": totals_of(made),
        "breaks": frame_document(breaks.drop("place")) if breaks is not None else [],
        "end_point_settled": made.shared.settled if made.shared is not None else None,
        "break_totals": {
            str(kind): {"says": BREAKS[kind], **{str(rule): amount for rule, amount in told.items()}}
            for kind, told in (break_totals(made, breaks) if breaks is not None else {}).items()
        },
        "value_links": frame_document(links) if links is not None else [],
        "value_links_left_out": left_out(links) if links is not None else 0,
        "advances": frame_document(advances) if advances is not None else [],
        "advances_left_out": left_out(advances) if advances is not None else 0,
        "transfers": transfers_of(made),
        **_seeds(made),
        "currency": made.graph.reference_currency,
        "until": question.until.isoformat() if question.until else None,
        "floor": made.floor,
        "through_other_banks": question.through_other_banks,
        "ledger_transfers": made.end,
        "source": dict(source.told),
    }


def _seeds(made: Trace) -> dict[str, list[str]]:
    """From where money was followed, and which seeds were booked too late to count."""
    return {"seeds": made.graph.transaction_ids(made.seeds).to_list(), "seeds_after_the_end": list(made.late)}


def reached(made: Trace) -> list[dict[str, Any]]:
    """The accounts that are tainted by any rule, the most by a conserving rule first, each with low and high."""
    rows = [
        row | band(row, made.rules)
        for row in made.accounts.iter_rows(named=True)
        if any(row[f"tainted_{rule}"] for rule in made.rules)
    ]
    return sorted(rows, key=lambda row: (-(row["high"] or 0), row["account"]))


def account_document(made: Trace, row: Mapping[str, Any], question: TraceQuestion) -> dict[str, Any]:
    """What a trace says of one account."""
    standing = question.held_to_be.get(row["account"], Standing.UNKNOWN)
    advice = recommend(row, made.rules, standing, equal_victims=question.equal_victims)
    return {
        "balance": None if row["elsewhere"] else row["balance"],
        "at_another_bank": row["elsewhere"],
        **band(row, made.rules),
        "held_to_be": str(standing),
        "rule_recommended": str(advice.rule) if advice.rule else None,
        "recommended": row[f"tainted_{advice.rule}"] if advice.rule else None,
        "why": advice.why,
        "since": instant(int(made.graph.time[row["since"]])) if row["since"] is not None else None,
    }


def totals_of(made: Trace) -> dict[str, dict[str, int]]:
    """What the seeds made tainted and where it is, by rule; money in accounts at other banks is there, not here."""
    rows = {str(row.pop("rule")): row for row in made.totals.to_dicts()}
    through = made.accounts.filter(pl.col("elsewhere") & ~pl.col("outside"))
    for rule, row in rows.items():
        away = int(through[f"tainted_{rule}"].sum())
        row["in_accounts"] -= away
        row["other_banks"] += away
    return rows


def transfers_of(made: Trace) -> list[dict[str, Any]]:
    """Every transfer that carried tainted money, with how much by each rule; what proves the accounts' figures."""
    if made.carried is None:
        return []
    graph = made.graph
    names = [f"tainted_{rule}" for rule in made.rules]
    carried = made.carried.filter(pl.any_horizontal(pl.col(name) > 0 for name in names))
    place = carried["place"].to_numpy()
    told = graph.frame.select("transaction_id", "booked_at", "debtor_account", "creditor_account")[graph.order[place]]
    told = told.with_columns(
        pl.Series("amount", graph.amount[place]),
        tainted=pl.struct(carried[f"tainted_{rule}"].alias(str(rule)) for rule in made.rules),
    )
    return frame_document(told)


def frame_document(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows as plain data."""
    return [
        {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
        for row in frame.iter_rows(named=True)
    ]


def instant(microseconds: int) -> str:
    """A moment as ISO 8601, UTC."""
    return (EPOCH + timedelta(microseconds=microseconds)).isoformat()


def proof_document(proof: Proof) -> dict[str, Any]:
    """What a proof is a proof of."""
    transfers = proof.statements.transfers
    return {
        "rules": list(proof.rules),
        "seeds": sorted(proof.statements.seeds),
        "floor": proof.statements.floor,
        "currency": proof.currency,
        "accounts": len(proof.accounts),
        "transfers": len(transfers),
        "ledger_transfers": proof.ledger_transfers,
        "through_other_banks": proof.through_other_banks,
        "last_booked_at": transfers[-1].booked_at if transfers else None,
    }


def picture_of(made: Trace, held_to_be: Mapping[str, Standing], frozen: Sequence[str] = ()) -> str:
    """The flows as SVG, by the rule that plans go by where it was traced, else by the first that says where money is.

    Raises
    ------
    ParameterError
        When poison alone was traced.
    """
    drawn = [rule for rule in (Rule.TAINTED_FIRST, *CONSERVING) if rule in made.rules]
    if not drawn:
        raise ParameterError("poison alone does not say where each penny is; draw by another rule")
    held = {account: str(told) for account, told in held_to_be.items()}
    return draw_flows(made, rule=drawn[0], frozen=list(frozen), held_to_be=held)


def profit_document(source: Source, made: Trace, controlled: Sequence[str] | None) -> dict[str, Any]:
    """A gang's profit, and from what it was counted."""
    return {
        **estimate_profit(made, controlled=controlled).to_dict(),
        "controlled_by": "named" if controlled is not None else "inferred",
        **_seeds(made),
        "source": dict(source.told),
    }


def origins_document(source: Source, found: Sources) -> dict[str, Any]:
    """Where a balance came from, by rule; what most of it may have come from first."""
    most = pl.max_horizontal(pl.col(str(rule)) for rule in found.rules)
    return {
        "account": found.account,
        "balance": found.balance,
        "rules": [str(rule) for rule in found.rules],
        "origins": frame_document(found.origins.sort(most, descending=True, maintain_order=True)),
        "transfers": frame_document(found.carried),
        "currency": source.graph.reference_currency,
        "source": dict(source.told),
    }


# Freeze plans


def plan_document(
    source: Source,
    made: Trace,
    question: PlanQuestion,
    held_to_be: Mapping[str, Standing],
    levers: Levers | None = None,
) -> dict[str, Any]:
    """A freeze plan, and the plans after it when the gang replaces what was frozen."""
    _check_costs(made, question)
    flows = forecast(made, question.rule, delay=question.delay, horizon=question.horizon)
    plan = plan_freeze(
        made, flows, question.budget, held_to_be=held_to_be, only=question.only, least_share=question.least_share
    )
    figures = figures_of(made, held_to_be)
    clocks = {clock.account: clock for clock in run_clocks(made, question.rule)}
    found = levers or shipped()
    document = _plan(plan)
    escape = find_escape(made, flows, plan.accounts)
    document["could_leave_by_like_payments"] = {
        "before": escape.before,
        "after": escape.after,
        "stopped": escape.stopped,
        "bounded_by": list(escape.cut[:LEVERS_FOR]),
        "bounded_by_in_all": len(escape.cut),
    }
    for number, step in enumerate(document["accounts"]):
        account = step["account"]
        step["clock"] = clocks[account].to_dict() if account in clocks else None
        step["levers"] = (
            _levers(_figures(figures[account], clocks.get(account)), found)
            if number < LEVERS_FOR
            else _no_levers(f"levers are worked out for a plan's first {LEVERS_FOR} accounts")
        )
    document["displacement"] = []
    first = flows.size
    for turn in range(question.rounds if plan.steps else 0):
        flows = displace(flows, plan.accounts)
        known = flows.names.head(first).to_list()
        unfound = plan_freeze(
            made, flows, question.budget, held_to_be=held_to_be, only=known, least_share=question.least_share
        )
        plan = plan_freeze(made, flows, question.budget, held_to_be=held_to_be, least_share=question.least_share)
        document["displacement"].append(
            {"round": turn + 2, "while_new_accounts_are_not_found": _plan(unfound), "when_they_are_found": _plan(plan)}
        )
    return document | {
        "question": {
            "accounts": question.budget.accounts,
            "cost": question.budget.cost,
            "costs": dict(question.budget.costs),
            "only": list(question.only) if question.only is not None else None,
            "least_share": question.least_share,
            "rounds": question.rounds,
            "held_to_be": {account: str(told) for account, told in held_to_be.items()},
            "floor": made.floor,
            "through_other_banks": bool((made.elsewhere & ~made.outside).any()),
            "transfers": made.end,
            "levers": found.country,
            "version": version("moneytrail"),
        },
        "rule": str(question.rule),
        "delay_hours": question.delay / timedelta(hours=1),
        "horizon_days": question.horizon / timedelta(days=1),
        "now": instant(int(made.graph.time[made.end - 1])),
        "stretches": flows.repeats,
        "warnings": _warnings(made, question, flows.repeats),
        **_seeds(made),
        "currency": made.graph.reference_currency,
        "source": dict(source.told),
    }


def _warnings(made: Trace, question: PlanQuestion, stretches: int) -> list[str]:
    """What a reader must know before trusting a plan."""
    told = []
    days = (int(made.graph.time[made.end - 1]) - int(made.graph.time[0])) / timedelta(days=1).total_seconds() / 1e6
    ahead = (question.delay + question.horizon) / timedelta(days=1)
    if days < ahead:
        told.append(
            f"the plan looks {ahead:,.1f} days ahead, and the data cover only {days:,.1f}: too little to foresee from"
        )
    elif stretches < FEW_STRETCHES:
        told.append(f"what is foreseen rests on {counted(stretches, 'stretch', 'stretches')} of the past alone")
    if made.shared is not None and not made.shared.settled:
        told.append(
            "money went round too often to solve the end-point rule: where it sets a low or a high, do not use that"
        )
    return told


def _check_costs(made: Trace, question: PlanQuestion) -> None:
    strange = first_strange(made.graph, list(question.budget.costs))
    if strange:
        raise ParameterError(f"there is a cost for account {strange!r}, which is not in the ledger")


def _plan(plan: FreezePlan) -> dict[str, Any]:
    return {
        "accounts": [
            {
                "account": step.account,
                "gain": step.gain,
                "intercepted_so_far": step.caught,
                "of_what_is_there_now": step.now,
                "cost": step.cost,
                "balance": step.balance,
                "tainted_now": dict(step.tainted),
                "unknown_now": step.unknown,
                "collateral_now": dict(step.collateral_now),
                "collateral_later": step.collateral_later,
                "share_of_proceeds": step.share,
                "held_to_be": step.held_to_be,
            }
            for step in plan.steps
        ],
        "intercepted": plan.caught,
        "intercepted_of_what_is_there_now": plan.caught_now,
        "at_stake": plan.at_stake,
        "no_plan_catches_more_than": plan.bound,
        "guarantee": round(plan.guarantee, 4),
        "by_rule": {str(rule): caught for rule, caught in plan.by_rule.items()},
        "if_unknown_money_is_proceeds": plan.with_unknown,
        "accounts_chosen_then_too": plan.chosen_with_unknown,
        "not_proposed": frame_document(plan.passed_over.head(LEVERS_FOR)),
        "not_proposed_in_all": len(plan.passed_over),
        "left": frame_document(plan.left.head(LEVERS_FOR)),
        "left_in_all": int(plan.left["amount"].sum()),
        "gone": frame_document(plan.gone.head(LEVERS_FOR)),
        "gone_in_all": int(plan.gone["amount"].sum()),
    }


# Alerts


def alert_document(
    source: Source, made: Trace, question: TraceQuestion, levers: Levers | None = None
) -> dict[str, Any]:
    """An alert's money: where it is, how long it will stay, and what can be done about each account."""
    rows = [row for row in reached(made) if row["high"]]
    every, profit = run_clocks(made), estimate_profit(made)
    clocks = {clock.account: clock for clock in every}
    figures, found = figures_of(made, question.held_to_be), levers or shipped()
    own = {subject.account for alert in source.alerts for subject in alert.subjects}
    accounts = []
    for row in [*(r for r in rows if r["account"] in own), *(r for r in rows if r["account"] not in own)][:LEVERS_FOR]:
        clock = clocks.get(row["account"])
        accounts.append(
            {
                "account": row["account"],
                "subject": row["account"] in own,
                **account_document(made, row, question),
                "clock": clock.to_dict() if clock else None,
                "levers": _levers(_figures(figures[row["account"]], clock), found),
            }
        )
    return {
        "alerts": [alert.alert_id for alert in source.alerts],
        "now": instant(int(made.graph.time[made.end - 1])),
        "through_other_banks": question.through_other_banks,
        "headline": _headline(made, rows),
        "in_reach": reach_of(every, profit.controlled, sum(len(alert.evidence) for alert in source.alerts)),
        "accounts": accounts,
        "accounts_in_all": len(rows),
        "totals": totals_of(made),
        "profit": profit.to_dict(),
        **_seeds(made),
        "currency": made.graph.reference_currency,
        "source": dict(source.told),
    }


def reach_of(clocks: Sequence[Clock], controlled: Sequence[str], transfers: int) -> dict[str, Any]:
    """How much of an alert's money is still there, what waiting costs, and how much that is for an analyst's hour.

    Counted are the `controlled` accounts, those that a profit is estimated for, with the likely figure of each; the
    analyst's time is a stated guess from the number of `transfers` to read.
    """
    own = set(controlled)
    there = [clock for clock in clocks if clock.account in own]
    hours = ANALYST_HOURS + ANALYST_MINUTES * transfers / 60
    then = sum(clock.after(hours) for clock in there)
    return {
        "still_there": {
            name: sum(clock.still_there[name] or 0 for clock in there) for name in ("low", "likely", "high")
        },
        "lost_per_hour": sum(clock.lost_per_hour for clock in there),
        "analyst_hours": round(hours, 2),
        "there_when_read": then,
        "per_analyst_hour": round(then / hours),
        "accounts": sum(1 for clock in there if clock.still_there["likely"]),
    }


def _headline(made: Trace, rows: Sequence[Mapping[str, Any]]) -> str:
    currency, totals = made.graph.reference_currency, made.totals.to_dicts()
    seeded = max((row["seeded"] - row["withdrawn"] for row in totals), default=0)
    here = [row for row in rows if not row["elsewhere"]]
    if not here:
        return f"{money(seeded, currency)} came in; none of it is left in an account that is seen here."
    by_rule = [sum(row[f"tainted_{rule}"] for row in here) for rule in made.rules if rule in CONSERVING]
    low, high = min(by_rule), max(by_rule)
    most = here[0]
    return (
        f"{money(seeded, currency)} came in. By the rule, {sums(low, high, currency)} of it is still in accounts here, "
        f"most in {most['account']} ({sums(most['low'], most['high'], currency)})."
    )


# Levers


def figures_of(made: Trace, held_to_be: Mapping[str, Standing]) -> dict[str, Figures]:
    """What the levers ask of each account that tainted money reached."""
    graph = made.graph
    out = _paid_out(made)
    kinds = dict(graph.register.select("account", pl.col("kind").cast(pl.String())).iter_rows())
    found = {}
    for row in made.accounts.iter_rows(named=True):
        account = row["account"]
        standing = held_to_be.get(account, Standing.UNKNOWN)
        spread = band(row, made.rules)
        advice = recommend(row, made.rules, standing)
        low, high = spread["low"] or 0, spread["high"] or 0
        found[account] = Figures(
            currency=graph.reference_currency,
            tainted_low=low,
            tainted_recommended=min(max(row[f"tainted_{advice.rule}"] if advice.rule else high, low), high),
            tainted_high=high,
            balance=None if row["elsewhere"] or row["balance"] is None else max(0, row["balance"]),
            tainted_out_cash=out.get((account, Break.CASH), 0),
            tainted_out_other_banks=out.get((account, Break.OTHER_BANK), 0),
            outside=row["elsewhere"],
            held_to_be=str(standing),
            kind=kinds.get(account) or "unknown",
        )
    return found


def _figures(figures: Figures, clock: Clock | None) -> Figures:
    if clock is None:
        return figures
    # How long other accounts' money stayed is no figure of this one: a lever would look fast enough by it, or too slow.
    eta = clock.exit_eta if clock.own else None
    return replace(figures, exit_eta=eta, last_tainted_credit_age=clock.last_credit_age, recurring=clock.recurring)


def _paid_out(made: Trace) -> dict[tuple[str, Break], int]:
    """By account, tainted money that it took out as cash or paid to other banks, at most over the rules."""
    if not any(rule in CONSERVING for rule in made.rules):
        return {}
    breaks = find_breaks(made).filter(pl.col("debtor_account").is_not_null())
    paid = breaks.group_by("debtor_account", "kind").agg(pl.col("high").sum())
    return {(account, Break(kind)): high for account, kind, high in paid.iter_rows()}


def _levers(figures: Figures, levers: Levers) -> dict[str, Any]:
    """What is within reach of an account; where the law's sums are in another currency, why nothing is said."""
    if figures.currency != levers.currency:
        why = f"the levers of {levers.country} are in {levers.currency}, and the ledger in {figures.currency}"
        return _no_levers(why)
    return levers_document(assess(figures, levers))


def _no_levers(why: str) -> dict[str, Any]:
    return {"best": None, "meanwhile": None, "within_reach": [], "not_assessed": why}


def levers_document(assessments: Sequence[Assessment]) -> dict[str, Any]:
    """Levers that appear to be within reach, the one that fits the clock, and what holds the money until then."""
    fitting, quick = best(assessments), meanwhile(assessments)
    return {
        "best": fitting.lever.id if fitting else None,
        "meanwhile": quick.lever.id if quick else None,
        "not_assessed": None,
        "within_reach": [
            {
                "id": one.lever.id,
                "name": one.lever.name,
                "law": one.lever.law,
                "firm": one.firm,
                "fast_enough": one.fast_enough,
                "clock": one.lever.clock,
                "sentences": list(one.sentences),
            }
            for one in assessments
        ],
    }
