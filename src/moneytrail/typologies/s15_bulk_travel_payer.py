"""S15: one payer buys one-way tickets and rooms for many, along a route."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.graph import DAY
from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import CHANNELS
from moneytrail.shares import reaches, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, margin
from moneytrail.typologies.windows import chosen
from moneytrail.wording import between, counted, money, part, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

PULLED: Final = tuple(map(CHANNELS.index, ("direct_debit", "internal")))
ROLES: Final = ("ticket", "abroad", "agent")

PARAMETERS = (
    Parameter(
        "window_days", 30, "days", 1, 180, "length of the sliding window and of a period",
        "one group's journey", "design",
    ),
    Parameter("tickets", 6, "count", 2, 1_000, "tickets and rooms", "more than a family needs", "design"),
    Parameter(
        "travellers", 4, "count", 1, 1_000, "different references beside them",
        "each booking bears its traveller's mark; what the mark is, is not read", "design",
    ),
    Parameter(
        "said", 2, "count", 0, 1_000, "tickets whose reference, shop or payee's trade says travel",
        "payments to somebody abroad alone may be for anything", "design",
    ),
    Parameter(
        "route", 1, "count", 0, 1_000, "tickets paid to a bank in a country of a corridor",
        "an agent or carrier on the way", "design",
    ),
    Parameter(
        "one_way_share", 0.8, "share", 0.0, 1.0, "share of the tickets that do not speak of a return",
        "who is smuggled does not go back", "design",
    ),
    Parameter("ticket_low", 2_000, "minor units", 0, 10**12, "least price of a ticket or room",
              "less is the bus to work", "design"),
    Parameter("ticket_high", 200_000, "minor units", 1, 10**12, "highest price of one",
              "more is a holiday, or goods", "design"),
    Parameter(
        "same_night", 2, "count", 2, 100, "rooms paid for on one day: add points", "one traveller needs one", "design",
    ),
    Parameter(
        "far_tickets", 3, "count", 1, 1_000, "tickets paid to a country of a corridor: as many add points",
        "a route that is used again and again", "design",
    ),
)  # fmt: skip


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    kind = _kinds(ground, values)
    tickets = chosen(graph, "out", kind >= 0)
    reference = graph.codes("reference")[0][tickets.ledger]
    seen = tickets.within(values["window_days"])
    far = ground.country("creditor", ground.tables.corridor_countries)[tickets.ledger]
    travellers = seen.different(reference)
    route, said = seen.sum(far), seen.sum(kind[tickets.ledger] == 0)
    one_way = seen.sum(~ground.purpose("return_travel")[tickets.ledger])
    fires = (seen.count >= values["tickets"]) & (travellers >= values["travellers"])
    fires &= (route >= values["route"]) & (said >= values["said"])
    fires &= reaches(one_way, seen.count, thousandths(values["one_way_share"]))
    for firing in seen.strongest(fires, travellers, seen.count):
        ledger, place = firing.ledger, firing.place
        counts = tuple(int(each[place]) for each in (travellers, said, route, one_way))
        measures = _measure(ground, values, ledger, counts)
        yield Found(
            subject=firing.account,
            ledger=ledger,
            roles=[ROLES[one] for one in kind[ledger].tolist()],
            detectable=firing.fired,
            measures=measures,
            explanation=_explain(graph, ledger, {m.name: m for m in measures}),
        )


def _kinds(ground: Ground, values: Values) -> NDArray[np.int8]:
    """int8[n]: 0 what says travel, 1 other payments abroad, 2 other payments to an agent; -1 what is no ticket."""
    graph = ground.graph
    says = ground.purpose("travel") | np.append(ground.trade("travel_trade"), False)[graph.creditor]
    priced = (graph.amount >= values["ticket_low"]) & (graph.amount <= values["ticket_high"])
    kind = np.full(graph.transfers, -1, np.int8)
    ledger = np.flatnonzero(says & priced)
    kind[ledger[~np.isin(graph.channel[ledger], PULLED)]] = 0
    ledger = np.flatnonzero(~says & priced & ground.stranger & (graph.codes("reference")[0] >= 0))
    abroad = ground.country("creditor", ground.tables.corridor_countries)[ledger]
    kind[ledger[abroad]] = 1
    rest = ledger[~abroad]
    kind[rest[_another_reference(ground, rest, int(values["window_days"]) * DAY)]] = 2
    return kind


def _another_reference(ground: Ground, ledger: NDArray[np.int64], reach: int) -> NDArray[np.bool_]:
    """Whether the same account's last transfer to the same payee, within `reach`, bore another reference."""
    graph = ground.graph
    reference = graph.codes("reference")[0]
    last = ground.relations.repeat_of[ledger]
    near = (last >= 0) & (graph.time[last] > graph.time[ledger] - reach)
    made: NDArray[np.bool_] = near & (reference[last] >= 0) & (reference[last] != reference[ledger])
    return made


def _measure(ground: Ground, values: Values, ledger: NDArray[np.int32], counts: tuple[int, ...]) -> tuple[Measure, ...]:
    graph = ground.graph
    travellers, said, route, one_way = counts
    rooms = ledger[ground.purpose("lodging")[ledger]]
    nights = np.unique(graph.time[rooms] // DAY, return_counts=True)[1]
    payees = graph.creditor[ledger][graph.creditor[ledger] >= 0]
    return (
        gate("tickets", "tickets and rooms", ledger.size, "count", values["tickets"],
             points=margin(ledger.size, values["tickets"], 3, 0.10)),
        gate("travellers", "different references beside them", travellers, "count", values["travellers"],
             points=margin(travellers, values["travellers"], 3, 0.15)),
        gate("said", "tickets that say travel", said, "count", values["said"]),
        gate("route", "tickets paid to a country of a corridor", route, "count", values["route"]),
        gate("one_way_share", "tickets that do not speak of a return", one_way / ledger.size, "share",
             values["one_way_share"]),
        booster("same_night", "rooms paid for on one day", int(nights.max(initial=0)), "count", values["same_night"],
                points=0.10),
        booster("far_tickets", "tickets paid to a country of a corridor, again and again", route, "count",
                values["far_tickets"], points=0.15),
        fact("value", "sum of the tickets", int(graph.amount[ledger].sum()), "minor units"),
        fact("payees", "known payees", np.unique(payees).size, "count"),
    )  # fmt: skip


def _explain(graph: TransactionGraph, ledger: NDArray[np.integer[Any]], m: dict[str, Measure]) -> str:
    payees = f" to {counted(m['payees'].value, 'payee')}" if m["payees"].value else ""
    one_way = m["one_way_share"].value
    returns = (
        "None of the payments speaks of a return."
        if one_way >= 1
        else f"{part(one_way, 'the payments')} do not speak of a return."
    )
    return (
        f"{sentence_id(graph.names[int(graph.debtor[ledger[0]])])} paid "
        f"{money(m['value'].value, graph.reference_currency)} for what may be "
        f"{counted(m['tickets'].value, 'ticket or room', 'tickets or rooms')}{payees}, "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}. They bear "
        f"{counted(m['travellers'].value, 'different reference')}, perhaps one for each traveller; names in them are "
        "not read, so who travelled, and whether they are family of the payer, is not known. "
        f"Of the payments {m['said'].value:.0f} say travel by their words, the kind of shop or the payee's trade, and "
        f"{m['route'].value:.0f} went to banks in countries of smuggling corridors. {returns}"
    )


TYPOLOGY = Typology(
    id="S15",
    name="Bulk travel payer",
    stage="operational spend",
    summary="One payer buys one-way tickets and rooms for many, along a route.",
    definition=(
        "A ticket (or room) is a payment of `ticket_low` to `ticket_high`, both inclusive, not by direct debit or "
        "internal booking, that says travel: by its reference, its kind of shop or the declared trade of its payee. "
        "So is one that bears a reference and was pushed to an unaffiliated account whose bank stands in a country of "
        "a corridor, or to one to which the payer's last transfer, in the window before, bore another reference: an "
        "agent. At each ticket, those in the window that ends there (left end excluded, right end included) are "
        "looked at. The gate holds when they are at least `tickets`; bear at least `travellers` different references; "
        "at least `said` of them say travel and at least `route` went to a bank in a country of a corridor; "
        "and at least `one_way_share` of them do not speak of a return. One match is kept for each account and period "
        "of one window length, counted from 1 January 1970 UTC: the firing with most different references, then with "
        "most tickets, then the earliest. Travellers' names are not read: each different reference stands for one, "
        "so two bookings of one traveller may count twice, and whether travellers are related to the payer cannot be "
        "seen. A corridor is a place of a payee's bank and counts only beside the rest. Not covered: prepaid cards, "
        "food, what an agent is paid in cash."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("ticket", "a payment that says travel", "carrier, agent or hotel"),
        Role("abroad", "another payment with a reference to a country of a corridor", "payee on the route"),
        Role("agent", "another payment to a payee for whom references change", "agent"),
    ),
    subject_part="payer of travel",
    sources=(
        Source("FinCEN", "FIN-2020-A008, supplemental advisory on human trafficking", 2020, second_hand=True),
        Source("National Crime Agency", "Car wash bosses convicted for roles in people smuggling", 2024),
        Source("FATF", "ML/TF Risks Arising from Migrant Smuggling", 2022, second_hand=True),
    ),
    innocent_explanations=(
        "a travel or ticket agent, or an employer who sends staff",
        "a sports club, school or congregation on a trip",
        "an aid group that pays for the journeys of those it helps",
        "somebody who pays the journeys of relatives, or supports several of them abroad",
    ),
    finder=_find,
    # Whether a payee is affiliated depends on 180 days before a ticket, which may be as old as the window.
    span_days=lambda values: 3 * int(values["window_days"]) + 180,
    needs=("transfers.reference", "transfers.creditor_country"),
    compared_by="debits",
)
