"""S16: an agency takes near-equal fees for papers from many strangers, and hardly any of it goes to a visa centre."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import reaches, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import (
    booster,
    fact,
    gate,
    history_days,
    lower_median,
    margin,
    modal_concentration,
    strangers,
)
from moneytrail.typologies.windows import chosen
from moneytrail.wording import between, counted, money, part, percent, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Chosen, Windows

PROVIDERS = ("visa", "papers", "tuition", "travel")
"""Purposes (see ``tables.toml``) of what an honest agency pays on for its clients."""

PARAMETERS = (
    Parameter(
        "window_days", 30, "days", 1, 180, "length of the sliding window and of a period", "as for seat fees", "design",
    ),
    Parameter(
        "payers", 8, "count", 2, 10_000, "distinct unaffiliated payers", "as for seat fees", "design",
    ),
    Parameter(
        "first_share", 0.7, "share", 0.0, 1.0, "share of the payers with no dealings in the 180 days before",
        "clients come once", "design",
    ),
    Parameter(
        "one_shot_share", 0.8, "share", 0.0, 1.0, "share of the payers with few transfers in 180 days",
        "papers are paid once, or in a deposit and a balance", "design",
    ),
    Parameter(
        "one_shot_transfers", 3, "count", 1, 100, "what few transfers means, at most",
        "deposit, balance and one top-up", "design",
    ),
    Parameter(
        "fee_low", 40_000, "minor units", 0, 10**12, "lowest median credit", "as for seat fees", "design",
    ),
    Parameter(
        "fee_high", 600_000, "minor units", 1, 10**12, "highest median credit", "as for seat fees", "design",
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
        "uniform_share", 0.4, "share", 0.0, 1.0, "least share of the credits at one of two unit prices",
        "papers of one kind have one price", "design",
    ),
    Parameter(
        "provided_share", 0.2, "share", 0.001, 1.0, "spending on visas, papers, courses or tickets, over credits",
        "must stay below: an honest agency pays most of the fee on to centre, college or carrier", "design",
    ),
    Parameter(
        "onward_share", 0.5, "share", 0.0, 1.0, "share of the window's debits to persons or abroad: adds points",
        "forgers and brokers are paid so, landlords and staff are not", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the window: as many add points",
        "without history nobody can tell a stranger from a regular client", "design",
    ),
)  # fmt: skip


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph, relations = ground.graph, ground.relations
    agency = np.append(ground.trade("agency"), False)
    credits = chosen(graph, "in", ground.stranger & agency[graph.creditor])
    seen = credits.within(values["window_days"])
    debits = chosen(graph, "out", agency[graph.debtor])
    paid = seen.beside(debits)
    provided = paid.sum(np.where(ground.purpose(*PROVIDERS)[debits.ledger], debits.amount, 0))
    payers = seen.peers.astype(np.int64)
    cheap = (
        (payers >= values["payers"])
        & (seen.value >= values["value"])
        & seen.median_within(int(values["fee_low"]), int(values["fee_high"]))
        & reaches(seen.sum(relations.first[credits.ledger]), payers, thousandths(values["first_share"]))
        & reaches(_one_shots(ground, seen, values), payers, thousandths(values["one_shot_share"]))
        & ~reaches(provided, seen.value, thousandths(values["provided_share"]))
    )
    fires = np.zeros(cheap.size, np.bool_)
    for place in np.flatnonzero(cheap).tolist():
        fires[place] = _is_uniform(graph.amount[seen.ledger(place)], values)
    away = _away(ground, agency)
    for firing in seen.strongest(fires, seen.peers, seen.value):
        proof = (firing.ledger, paid.ledger(firing.place))
        measures = _measure(ground, proof, int(provided[firing.place]), away, values)
        yield Found(
            subject=firing.account,
            ledger=firing.ledger,
            roles=["credit"] * firing.ledger.size,
            detectable=firing.fired,
            measures=measures,
            explanation=_explain(graph, firing.account, firing.ledger, {m.name: m for m in measures}),
        )


def _one_shots(ground: Ground, seen: Windows, values: Values) -> NDArray[np.int64]:
    """int64[m]: payers of each window whose last credit in it is among few in 180 days."""
    held = seen.held
    following = _following(held)
    few = ground.relations.recent[held.ledger] <= values["one_shot_transfers"]
    # A credit is its payer's last in the windows that end from it on, until the payer's next, and still reach it.
    own = np.arange(held.ledger.size)
    stop = np.minimum(following, np.searchsorted(seen.begin, own, side="right"))
    change = np.zeros(held.ledger.size + 1, np.int64)
    np.add.at(change, own[few], 1)
    np.add.at(change, np.maximum(stop, own)[few], -1)
    return np.cumsum(change)[:-1]


def _following(held: Chosen) -> NDArray[np.int64]:
    """The place of the same payer's next credit to the same account; behind the last where there is none."""
    order = np.lexsort((np.arange(held.ledger.size), held.peer, held.account))
    same = (held.account[order][1:] == held.account[order][:-1]) & (held.peer[order][1:] == held.peer[order][:-1])
    found = np.full(held.ledger.size, held.ledger.size, np.int64)
    found[order[:-1][same]] = order[1:][same]
    return found


def _is_uniform(amounts: NDArray[np.int64], values: Values) -> bool:
    near = round(modal_concentration(amounts, float(values["uniform_tolerance"])) * amounts.size)
    return near * 1000 >= amounts.size * thousandths(values["uniform_share"])


def _measure(
    ground: Ground,
    proof: tuple[NDArray[np.int32], NDArray[np.int32]],
    provided: int,
    away: NDArray[np.bool_] | None,
    values: Values,
) -> tuple[Measure, ...]:
    graph, (ledger, debits) = ground.graph, proof
    amounts, relations = graph.amount[ledger], ground.relations
    payers, value, median = np.unique(graph.debtor[ledger]).size, int(amounts.sum()), lower_median(amounts)
    last = dict(zip(graph.debtor[ledger].tolist(), ledger.tolist(), strict=True))
    one_shot = int((relations.recent[list(last.values())] <= values["one_shot_transfers"]).sum())
    few = f"at most {counted(values['one_shot_transfers'], 'transfer')} to it in 180 days"
    found = [
        gate("payers", "unaffiliated payers", payers, "count", values["payers"],
             points=margin(payers, values["payers"], 3, 0.10)),
        gate("value", "sum of their credits", value, "minor units", values["value"],
             points=margin(value, values["value"], 5, 0.05)),
        gate("first_share", "payers with no earlier dealings", int(relations.first[ledger].sum()) / payers, "share",
             values["first_share"]),
        gate("one_shot_share", f"payers with {few}", one_shot / payers, "share", values["one_shot_share"]),
        gate("fee_low", "median credit", median, "minor units", values["fee_low"]),
        gate("fee_high", "median credit", median, "minor units", values["fee_high"], upper=True),
        gate("uniform_share", "credits at one of two unit prices",
             modal_concentration(amounts, float(values["uniform_tolerance"])), "share", values["uniform_share"],
             points=0.05),
        gate("provided_share", "spending on visas, papers, courses or tickets, over credits", provided / value, "share",
             values["provided_share"], upper=True, points=0.05),
        booster("history_days", "days of data before it", history_days(graph, int(ledger[0])), "days",
                values["history_days"], points=0.10),
        fact("provided", "spending on visas, papers, courses or tickets", provided, "minor units"),
    ]  # fmt: skip
    total = int(graph.amount[debits].sum())
    if total and away is not None:
        share = int(graph.amount[debits][away[debits]].sum()) / total
        found.append(
            booster("onward_share", "debits to persons or abroad, by value", share, "share", values["onward_share"],
                    points=0.10)
        )  # fmt: skip
    return tuple(found)


def _away(ground: Ground, agency: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """bool[n]: whether an agency paid a person or abroad; ``None`` where the data cannot say."""
    if not (ground.has("accounts.kind") or ground.has("transfers.creditor_country")):
        return None
    persons = np.append(ground.kind("personal"), False)[ground.graph.creditor]
    return agency[ground.graph.debtor] & (persons | ground.abroad("creditor"))


def _explain(graph: TransactionGraph, account: int, ledger: NDArray[np.int32], m: dict[str, Measure]) -> str:
    currency = graph.reference_currency
    trade = graph.register["occupation"][account]
    said = (
        f"{sentence_id(graph.names[account])}, whose holder is registered as {trade!r}, "
        f"was paid {money(m['value'].value, currency)} by "
        f"{counted(m['payers'].value, 'payer')} with no known tie to it, "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}. "
        f"{strangers(m['first_share'].value, graph, int(ledger[0]))} "
        f"{part(m['one_shot_share'].value, 'the payers')} made "
        f"{m['one_shot_share'].label.removeprefix('payers with ')}. "
        f"{part(m['uniform_share'].value, 'the credits')} lie near one of two unit prices or a small multiple of one; "
        f"the middle one is {money(m['fee_low'].value, currency)}. {_provided(m, currency)}"
    )
    if "onward_share" in m and m["onward_share"].met:
        said += f" {part(m['onward_share'].value, 'its spending')} went to persons or abroad."
    return said


def _provided(m: dict[str, Measure], currency: str) -> str:
    """What the agency bought for its clients, as far as its payments say."""
    bought = "that say visa, papers, course or ticket"
    usual = "an agency that buys papers for clients pays most of it on."
    if not m["provided"].value:
        return f"In the same days it made no payments {bought}; {usual}"
    return (
        f"In the same days it made payments of {money(m['provided'].value, currency)} {bought}, "
        f"{percent(m['provided_share'].value)} of what it took; {usual}"
    )


TYPOLOGY = Typology(
    id="S16",
    name="Document or visa vendor",
    stage="collection",
    summary="An agency takes near-equal fees for papers from many strangers, and hardly any of it goes to a provider.",
    definition=(
        "Only accounts are looked at whose declared occupation is travel, ticket, visa, recruitment or education "
        "agent. At each credit that an unaffiliated payer pushed (not a direct debit, card or internal booking; no "
        "salary), such credits in the window that ends there (left end excluded, right end included) are looked at. "
        "The gate holds when they come from at least `payers` distinct payers; at least `first_share` of these had no "
        "transfer with the account, either way, in the 180 days before; at least `one_shot_share` made at most "
        "`one_shot_transfers` transfers to it in 180 days; the lower median of the credits lies from `fee_low` to "
        "`fee_high`, both inclusive; they sum to at least `value`; at least `uniform_share` of them lie within "
        "`uniform_tolerance` (inclusive) of one of two unit prices or two to six times it, units being taken from the "
        "credits themselves; and the account's debits of the same window whose reference or merchant category says "
        "visa, papers, course or travel come to less than `provided_share` of the credits' sum. One match is kept for "
        "each account and period of one window length, counted from 1 January 1970 UTC: the firing with most payers, "
        "then with most value, then the earliest. Spending that goes to persons or abroad adds points and never "
        "decides. Not covered: agencies that declare another trade; fees in cash; whether papers were forged, and "
        "where clients travel afterwards. A provider whose payments say nothing of their purpose is not seen, and one "
        "who is paid more than a window later looks unpaid."
    ),
    parameters=PARAMETERS,
    roles=(Role("credit", "a fee from an unaffiliated payer", "payer"),),
    subject_part="agency",
    sources=(
        Source(
            "BBC", "Smuggler selling fast-track Channel crossing speaks to undercover reporter", 2024, second_hand=True
        ),
        Source("Daily Mail", "People trafficker secretly filmed: from Vietnam to Britain", 2024, second_hand=True),
        Source("UK Today", "The UK has sanctioned 25 people smuggling targets", 2025, second_hand=True),
    ),
    innocent_explanations=(
        "a licensed visa, education or recruitment agent with matching disbursements",
        "a travel or ticket agent who pays carriers",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + 180,
    needs=("accounts.occupation", "transfers.reference"),
)
