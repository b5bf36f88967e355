"""L05: many pay one account, which soon pays about the same sum to many others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.turns import TurnGate, turns
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, history_days, margin, modal_concentration, strangers
from moneytrail.typologies.windows import Chosen, chosen
from moneytrail.wording import between, counted, money, part, percent, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.kernels.turns import Lists
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

PARAMETERS = (
    Parameter(
        "gather_days", 7, "days", 1, 60, "how far before the turn credits may lie",
        "a week in which several collectors or mules pay in", "design",
    ),
    Parameter(
        "scatter_days", 5, "days", 1, 60, "how far after the turn debits may lie, inclusive",
        "what is gathered is not left where it can be frozen", "design",
    ),
    Parameter(
        "payers", 4, "count", 2, 10_000, "distinct unaffiliated payers up to the turn",
        "more than a household or a couple of friends", "design",
    ),
    Parameter(
        "payees", 4, "count", 2, 10_000, "distinct unaffiliated payees after the turn",
        "more than a household or a couple of friends", "design",
    ),
    Parameter(
        "common_share", 0.1, "share", 0.0, 1.0, "most share of all counterparties that may be on both sides",
        "friends who settle bills and savings circles have the same people on both sides", "design",
    ),
    Parameter(
        "share_low", 0.8, "share", 0.0, 1.0, "least share of what came in that went out",
        "nearly all of it is passed on, less a cut", "design",
    ),
    Parameter(
        "share_high", 1.02, "share", 0.001, 1.5, "most share of what came in that went out",
        "an account that pays out more than it gathered spends money of its own", "design",
    ),
    Parameter(
        "value", 100_000, "minor units", 1, 10**14, "least sum of what came in",
        "below this a detour is not worth its cost", "design",
    ),
    Parameter(
        "first_share", 0.8, "share", 0.0, 1.0, "share of the payees with no earlier dealings in 180 days: adds points",
        "mules are changed often; staff and suppliers are paid again and again", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before it: as many add points",
        "without history nobody can tell a new payee from a regular one", "design",
    ),
    Parameter(
        "alike_share", 0.5, "share", 0.001, 1.0, "share of the debits at one of two unit amounts: adds points",
        "equal parts are split on purpose", "design",
    ),
    Parameter(
        "budget", 1_000, "transfers", 1, 10**6, "how many debits are looked at for each turn",
        "an account with more payees in five days is a hub of trade", "design",
    ),
)  # fmt: skip


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    credits, debits = (chosen(graph, side, ground.stranger) for side in ("in", "out"))
    rule = TurnGate(
        gather=int(values["gather_days"]) * DAY,
        scatter=int(values["scatter_days"]) * DAY,
        payers=int(values["payers"]),
        payees=int(values["payees"]),
        common=thousandths(values["common_share"]),
        low=thousandths(values["share_low"]),
        high=thousandths(values["share_high"]),
        value=int(values["value"]),
        budget=int(values["budget"]),
    )
    found = turns(_lists(credits), _lists(debits), rule, credits.borders)
    for account, first, turn, opening, last, fired, stopped in found.tolist():
        gathered, scattered = credits.ledger[first : turn + 1], debits.ledger[opening : last + 1]
        measures = _measure(ground, gathered, scattered, values)
        yield Found(
            subject=account,
            ledger=np.concatenate([gathered, scattered]),
            roles=["gather"] * gathered.size + ["scatter"] * scattered.size,
            detectable=fired,
            measures=measures,
            explanation=_explain(ground, account, (gathered, scattered), {m.name: m for m in measures}),
            truncated=bool(stopped),
        )


def _lists(choice: Chosen) -> Lists:
    return choice.indptr, choice.ledger, choice.peer, choice.time, choice.amount


def _measure(
    ground: Ground, gathered: NDArray[np.int32], scattered: NDArray[np.int32], values: Values
) -> tuple[Measure, ...]:
    graph = ground.graph
    payers, payees = np.unique(graph.debtor[gathered]), np.unique(graph.creditor[scattered])
    both = np.intersect1d(payers, payees).size
    came, left = int(graph.amount[gathered].sum()), int(graph.amount[scattered].sum())
    new = np.unique(graph.creditor[scattered[ground.relations.first[scattered]]]).size / payees.size
    return (
        gate("payers", "unaffiliated payers", payers.size, "count", values["payers"],
             points=margin(payers.size, values["payers"], 3, 0.10)),
        gate("payees", "unaffiliated payees afterwards", payees.size, "count", values["payees"],
             points=margin(payees.size, values["payees"], 3, 0.10)),
        gate("common_share", "share of all these that are on both sides", both / (payers.size + payees.size - both),
             "share", values["common_share"], upper=True),
        gate("share_low", "what went out by what came in, at least", left / came, "share", values["share_low"]),
        gate("share_high", "what went out by what came in, at most", left / came, "share", values["share_high"],
             upper=True),
        gate("value", "what came in", came, "minor units", values["value"],
             points=margin(came, values["value"], 20, 0.05)),
        booster("first_share", "payees with no earlier dealings", new, "share", values["first_share"], points=0.10),
        booster("history_days", "days of data before it", history_days(graph, int(gathered[0])), "days",
                values["history_days"], points=0.05),
        booster("alike_share", "debits at one of two unit amounts",
                modal_concentration(graph.amount[scattered], 0.05), "share", values["alike_share"], points=0.10),
        fact("value_out", "what went out", left, "minor units"),
    )  # fmt: skip


def _explain(
    ground: Ground, account: int, sides: tuple[NDArray[np.int32], NDArray[np.int32]], m: dict[str, Measure]
) -> str:
    graph, (gathered, scattered) = ground.graph, sides
    currency = graph.reference_currency
    said = (
        f"{sentence_id(graph.names[account])} was paid {money(m['value'].value, currency)} by "
        f"{counted(m['payers'].value, 'account')} with no known tie to it, "
        f"{between(int(graph.time[gathered[0]]), int(graph.time[gathered[-1]]))}. It then paid "
        f"{money(m['value_out'].value, currency)}, {percent(m['share_low'].value)} of that, to "
        f"{counted(m['payees'].value, 'account')} with no known tie to it, "
        f"{between(int(graph.time[scattered[0]]), int(graph.time[scattered[-1]]))}. "
        + _met_both(m["common_share"].value)
    )
    if m["first_share"].met and m["history_days"].met:
        said += f" {strangers(m['first_share'].value, graph, int(gathered[0]), 'the payees')}"
    return said


def _met_both(share: float) -> str:
    if share == 0:
        return "None of the payers is among the payees."
    return f"{part(share, 'all these accounts')} are both payers and payees."


TYPOLOGY = Typology(
    id="L05",
    name="Gather-scatter",
    stage="layering",
    summary="Many pay one account, which soon pays about the same sum to many others.",
    definition=(
        "Looked at are credits from and debits to unaffiliated accounts that were pushed (no direct debit, card, "
        "internal booking or salary). At each such debit, each such credit of the `scatter_days` before (inclusive) "
        "and earlier in the ledger is taken as the turn: up to it are gathered the credits of the `gather_days` that "
        "end there (left end excluded, the turn included), and scattered are the debits later in the ledger than the "
        "turn, up to the one looked at. The gate holds when there are at least `payers` distinct payers and `payees` "
        "distinct payees, at most `common_share` of them all on both sides, at least `value` came in, and what went "
        "out is from `share_low` to `share_high` of it. One match is kept for each account and period of both lengths "
        "together, counted from 1 January 1970 UTC, by the debit looked at: the firing whose smaller side is largest, "
        "then the one with most counterparties, then the earliest; of those at one debit the one with the latest turn. "
        "At most `budget` debits are looked at for each turn; a period in which that was not enough is marked as "
        "truncated. Not covered: a gathering or scattering in cash or by card, and one spread over longer times."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("gather", "a credit from an unaffiliated payer", "payer"),
        Role("scatter", "a debit to an unaffiliated payee, after the last credit", "payee", counts=False),
    ),
    subject_part="account in the middle",
    sources=(
        Source("IBM", "AMLSim wiki, Transaction Model: Alert Model", 2022),
        Source(
            "Altman and others",
            "Realistic Synthetic Financial Transactions for Anti-Money Laundering Models",
            2023,
        ),
    ),
    innocent_explanations=(
        "a payroll run or a firm that pays its suppliers as its customers pay it",
        "a savings circle, in which the same people pay in and are paid",
        "an agent who forwards clients' money to providers",
        "a charity or appeal that passes gifts on",
    ),
    finder=_find,
    span_days=lambda values: 2 * (int(values["gather_days"]) + int(values["scatter_days"])) + 180,
    period_days=lambda values: int(values["gather_days"]) + int(values["scatter_days"]),
)
