"""S01: one collector's account takes similar one-off fees from many people it has no tie to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.fans import FanRule, fans
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import CHANNELS
from moneytrail.shares import thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import (
    account_transfers,
    booster,
    fact,
    gate,
    history_days,
    lower_median,
    margin,
    modal_concentration,
    passed_share,
    strangers,
)
from moneytrail.wording import between, counted, money, part, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

PARAMETERS = (
    Parameter(
        "window_days", 30, "days", 1, 180, "length of the sliding window and of a period",
        "covers four to six spells of crossing weather", "design",
    ),
    Parameter(
        "payers", 8, "count", 2, 10_000, "distinct unaffiliated payers",
        "about 15 % of a 53-person boat, since a gang spreads collection over accounts", "design",
    ),
    Parameter(
        "first_share", 0.7, "share", 0.0, 1.0, "share of the payers with no dealings in the 180 days before",
        "travellers are strangers to the collector", "design",
    ),
    Parameter(
        "one_shot_share", 0.8, "share", 0.0, 1.0, "share of the payers with few transfers in 180 days",
        "a seat is paid once, or in a deposit and a balance", "design",
    ),
    Parameter(
        "one_shot_transfers", 3, "count", 1, 100, "what few transfers means, at most",
        "deposit, balance and one top-up", "design",
    ),
    Parameter(
        "seat_low", 40_000, "minor units", 0, 10**12, "lowest median credit",
        "the lower end of the seat prices reported from 2018 to 2025", "design",
    ),
    Parameter(
        "seat_high", 600_000, "minor units", 1, 10**12, "highest median credit",
        "the upper end of ordinary seat prices reported from 2018 to 2025", "design",
    ),
    Parameter(
        "value", 800_000, "minor units", 0, 10**14, "least sum of the credits",
        "eight payers at 1,000 pounds", "design",
    ),
    Parameter(
        "uniform_tolerance", 0.05, "share", 0.0, 0.5, "how near to one of two unit prices counts as the same price",
        "room for fees and for rounding after exchange", "design",
    ),
    Parameter(
        "uniform_share", 0.5, "share", 0.0, 1.0, "share of the credits at one of two unit prices: adds points",
        "a boat's seats are sold at few prices; prices vary too much to make this a gate", "design",
    ),
    Parameter(
        "onward_days", 7, "days", 1, 60, "how soon money counts as passed on",
        "collectors settle with the broker within days", "design",
    ),
    Parameter(
        "onward_share", 0.7, "share", 0.0, 1.0, "share of the value passed on so soon: adds points",
        "a collector keeps a cut, not the takings", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the window: as many add points",
        "without history nobody can tell a stranger from a regular payer", "design",
    ),
    Parameter(
        "card_share", 0.1, "share", 0.0, 1.0, "most share of the account's spending by card or bill: adds points",
        "a collecting account has no household of its own", "design",
    ),
)  # fmt: skip


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    side = graph.incoming
    rule = FanRule(
        window=int(values["window_days"]) * DAY,
        peers=int(values["payers"]),
        first_share=thousandths(values["first_share"]),
        one_shot_share=thousandths(values["one_shot_share"]),
        one_shot=int(values["one_shot_transfers"]),
        value=int(values["value"]),
        median_low=int(values["seat_low"]),
        median_high=int(values["seat_high"]),
        backing_share=0,
    )
    nothing = np.empty(0, np.int64)
    for first, last, fired, account in fans(
        side, ground.relations, nothing, rule, cost_chunks(side.indptr, CHUNKS)
    ).tolist():
        window = side.edge[first : last + 1]
        ledger = window[ground.stranger[window]]
        measures = _measure(graph, account, ledger, values)
        yield Found(
            subject=account,
            ledger=ledger,
            roles=["credit"] * ledger.size,
            detectable=int(side.edge[fired]),
            measures=measures,
            explanation=_explain(graph, account, ledger, {m.name: m for m in measures}),
        )


def _measure(
    graph: TransactionGraph, account: int, ledger: NDArray[np.integer[Any]], values: Values
) -> tuple[Measure, ...]:
    relations, amounts = graph.relations, graph.amount[ledger]
    payers, value = np.unique(graph.debtor[ledger]).size, int(amounts.sum())
    # A payer's last transfer in the window carries its count; sorting by payer keeps the ledger's order inside.
    by_payer = ledger[np.argsort(graph.debtor[ledger], kind="stable")]
    last_of_payer = np.append(graph.debtor[by_payer][1:] != graph.debtor[by_payer][:-1], True)
    one_shot = int((relations.recent[by_payer[last_of_payer]] <= values["one_shot_transfers"]).sum())
    first = int(relations.first[ledger].sum())
    median = lower_median(amounts)
    in_range = int(amounts[(amounts >= values["seat_low"]) & (amounts <= values["seat_high"])].sum())
    spending = _card_share(graph, account, ledger)
    few = f"at most {counted(values['one_shot_transfers'], 'transfer')} to it in 180 days"
    return (
        gate("payers", "unaffiliated payers", payers, "count", values["payers"],
             points=margin(payers, values["payers"], 3, 0.15)),
        gate("value", "sum of their credits", value, "minor units", values["value"],
             points=margin(value, values["value"], 5, 0.05)),
        gate("first_share", "payers with no earlier dealings", first / payers, "share", values["first_share"]),
        gate("one_shot_share", f"payers with {few}", one_shot / payers, "share", values["one_shot_share"]),
        gate("seat_low", "median credit", median, "minor units", values["seat_low"]),
        gate("seat_high", "median credit", median, "minor units", values["seat_high"], upper=True),
        booster("uniform_share", "credits at one of two unit prices",
                modal_concentration(amounts, float(values["uniform_tolerance"])), "share", values["uniform_share"],
                points=0.10),
        booster("onward_share", f"value passed on within {values['onward_days']} days",
                passed_share(graph, account, ledger, int(values["onward_days"]) * DAY), "share",
                values["onward_share"], points=0.05),
        booster("card_share", "spending by card or bill", spending, "share", values["card_share"], upper=True,
                points=0.05),
        booster("history_days", "days of data before it", history_days(graph, int(ledger[0])), "days",
                values["history_days"], points=0.10),
        fact("in_range", "sum of the credits within the range of the median", in_range, "minor units"),
        fact("span_days", "days from first to last credit",
             int(graph.time[ledger[-1]] - graph.time[ledger[0]]) / DAY, "days"),
    )  # fmt: skip


def _card_share(graph: TransactionGraph, account: int, ledger: NDArray[np.integer[Any]]) -> float:
    """Share of the account's own debits in the window that are card spending or direct debits, by value."""
    own = account_transfers(graph, account, int(ledger[0]), int(ledger[-1]))
    debits = own[graph.debtor[own] == account]
    total = int(graph.amount[debits].sum())
    if not total:
        return 0.0
    household = np.isin(graph.channel[debits], [CHANNELS.index("card"), CHANNELS.index("direct_debit")])
    return float(graph.amount[debits][household].sum() / total)


def _explain(graph: TransactionGraph, account: int, ledger: NDArray[np.integer[Any]], m: dict[str, Measure]) -> str:
    currency = graph.reference_currency
    low, high = (money(m[name].threshold or 0, currency) for name in ("seat_low", "seat_high"))
    said = (
        f"{sentence_id(graph.names[account])} was paid {money(m['value'].value, currency)} by "
        f"{counted(m['payers'].value, 'payer')} with no known tie to it, "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}. "
        f"{strangers(m['first_share'].value, graph, int(ledger[0]))} "
        f"{part(m['one_shot_share'].value, 'the payers')} made "
        f"{m['one_shot_share'].label.removeprefix('payers with ')}. "
        f"The middle credit is {money(m['seat_low'].value, currency)}; a seat's price is taken to be {low} to {high}, "
        f"and the credits of that size come to {money(m['in_range'].value, currency)}."
    )
    if m["uniform_share"].met:
        near = part(m["uniform_share"].value, "the credits")
        said += f" {near} lie near one of two unit prices or a small multiple of one."
    if m["onward_share"].met:
        said += f" {part(m['onward_share'].value, 'the value')} was {m['onward_share'].label.removeprefix('value ')}."
    return said


TYPOLOGY = Typology(
    id="S01",
    name="Seat-fee fan-in",
    stage="collection",
    summary="One collector's account takes similar one-off fees from many people it has no tie to.",
    definition=(
        "At each credit that an unaffiliated payer pushed (not a direct debit, card or internal booking), such "
        "credits in the window that ends there "
        "(left end excluded, right end included) are looked at. The gate holds when they come from at least `payers` "
        "distinct payers; at least `first_share` of these had no transfer with the account, either way, in the 180 "
        "days before; at least `one_shot_share` made at most `one_shot_transfers` transfers to it in 180 days; the "
        "lower median of the credits lies from `seat_low` to `seat_high`, both inclusive; and they sum to at least "
        "`value`. One match is kept for each account and period of one window length, counted from 1 January 1970 UTC: "
        "the firing with most payers, then with most value, then the earliest. Equal prices, quick passing on and the "
        "lack of a household's spending add points and never decide. Not covered: fees paid in cash or held by a "
        "broker outside the bank, and payers who were regular counterparties before."
    ),
    parameters=PARAMETERS,
    roles=(Role("credit", "a credit from an unaffiliated payer", "payer"),),
    subject_part="account paid into",
    sources=(
        Source(
            "FinCEN",
            "FIN-2023-Alert001, alert on human smuggling along the southwest border",
            2023,
            second_hand=True,
        ),
        Source("FinCEN", "FIN-2014-A008, advisory on human smuggling and trafficking", 2014, second_hand=True),
        Source("National Crime Agency", "Arrests over the transport of Albanian migrants", 2021, second_hand=True),
        Source("PA Media", "Channel crossings: numbers of people and boats", 2024, second_hand=True),
    ),
    innocent_explanations=(
        "a landlord or a shared house collecting rent",
        "a marketplace seller or small trader",
        "a charity, place of worship or appeal collecting gifts",
        "a savings circle paying its pot",
        "someone organising a trip, team or wedding",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + 180,
    amltrix=("T0059",),
)
