"""S10: linked buyers purchase what together makes a crossing kit, and have no other reason to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.linked_groups import linked_groups
from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import CHANNELS
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, margin
from moneytrail.typologies.windows import Chosen
from moneytrail.wording import between, counted, money, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Firing

KINDS: Final = ("boat", "engine", "life jackets", "pump", "fuel cans", "hull boards", "trailer or van")
BOAT, ENGINE, JACKETS, PUMP, CANS, BOARDS, TRAILER = range(len(KINDS))
PULLED: Final = tuple(map(CHANNELS.index, ("direct_debit", "internal")))
"""How nobody buys a thing: by direct debit, or by a booking of the bank."""

AT_ONCE: Final = tuple(map(CHANNELS.index, ("credit_transfer", "wire", "cash")))
DEPOTS: Final = ("DE", "NL", "BE")
"""Where kits were stored (Europol, Operational Taskforce Wave, 2024, second-hand)."""

PARAMETERS = (
    Parameter(
        "window_days", 60, "days", 1, 180, "length of the sliding window and of a period",
        "kits are bought weeks before the weather allows a crossing", "design",
    ),
    Parameter(
        "parts", 3, "count", 1, 7, "different parts of a kit",
        "two of them are a fishing trip, or a leak in the shed", "design",
    ),
    Parameter(
        "hulls", 1, "count", 0, 10, "purchases of a boat or an engine among them",
        "without one the rest is what households, garages and camp sites buy", "design",
    ),
    Parameter(
        "value", 200_000, "minor units", 0, 10**14, "least sum of the parts, life jackets left out",
        "half the price of one supplier's kit, about 4,000 pounds", "design",
    ),
    Parameter(
        "marine_life", 0, "count", 0, 1_000, "most transfers that speak of a mooring, a berth, a regatta or the like",
        "who keeps a boat pays for where it lies", "design",
    ),
    Parameter(
        "marine_days", 365, "days", 1, 730, "days in which they are looked for", "a year shows every season", "design",
    ),
    Parameter(
        "group_accounts", 4, "count", 1, 50, "most accounts that a shared party or hashed attribute links",
        "more at one address are a block of flats", "design",
    ),
    Parameter(
        "least_price", 3_000, "minor units", 0, 10**12, "least price of any part", "a pump costs more", "design",
    ),
    Parameter(
        "boat_price", 150_000, "minor units", 0, 10**12,
        "from this price on a purchase at a boat dealer's is a boat, and one at a chandler's an engine",
        "the cheapest inflatables that carry ten", "design",
    ),
    Parameter(
        "engine_price", 50_000, "minor units", 0, 10**12,
        "from this price on a cheaper purchase at a boat dealer's is an engine", "a small outboard", "design",
    ),
    Parameter(
        "jackets_price", 19_000, "minor units", 0, 10**12,
        "from this price on a purchase of life jackets, or a cheaper one at a chandler's, is ten of them",
        "ten at 19 pounds", "design",
    ),
    Parameter(
        "bulk_price", 38_000, "minor units", 0, 10**12, "life jackets of this price together are bulk: adds points",
        "twenty at 19 pounds; sixty came with one boat", "design",
    ),
    Parameter(
        "at_once_share", 0.5, "share", 0.0, 1.0, "share of the value paid by transfer or in cash: adds points",
        "sellers were warned of cash and of hurried sales", "design",
    ),
    Parameter(
        "repeat_days", 30, "days", 1, 180, "two purchases from one seller so soon add points",
        "sellers were warned of repeated purchases", "design",
    ),
)  # fmt: skip


class _Market(NamedTuple):
    """What linked accounts paid for, in lists of linked accounts."""

    bought: Chosen
    kind: NDArray[np.int8]
    dues: Chosen
    stores: NDArray[np.int64]


class _Counts(NamedTuple):
    """What the gate counted in one window."""

    parts: int
    value: int
    hulls: int
    dues: int


# Choosing


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    group = linked_groups(graph.links, int(values["group_accounts"]))
    market = _market(ground, group, values)
    bought, kind = market.bought, market.kind
    seen = bought.within(values["window_days"])
    others = seen.different(np.where(kind == JACKETS, -1, kind))
    parts = others + ((others >= 2) & (seen.sum(kind == JACKETS) > 0))
    value = seen.sum(np.where(kind == JACKETS, 0, bought.amount))
    hulls = seen.sum((kind == BOAT) | (kind == ENGINE))
    dues = bought.within(values["marine_days"]).beside(market.dues).count
    traders = np.zeros(graph.accounts, np.bool_)
    traders[group[ground.trade("marine")]] = True
    fires = (parts >= values["parts"]) & (value >= values["value"]) & (hulls >= values["hulls"])
    fires &= (dues <= values["marine_life"]) & ~traders[bought.account]
    for firing in seen.strongest(fires, parts, value):
        place = firing.place
        counts = _Counts(int(parts[place]), int(value[place]), int(hulls[place]), int(dues[place]))
        yield _instance(ground, values, firing, market, counts)


def _market(ground: Ground, group: NDArray[np.int32], values: Values) -> _Market:
    wanted = ("boat", "engine", "life_jackets", "pump", "fuel_cans", "hull_boards", "trailer", "chandlery")
    ledger = _paid(ground, group, ground.purpose(*wanted))
    ledger = ledger[~np.isin(ground.graph.channel[ledger], PULLED)]
    kind = _kinds(ground, ledger, values)
    place = np.argsort(group[ground.graph.debtor[ledger[kind >= 0]]], kind="stable")
    return _Market(
        bought=_by_group(ground, group, ledger[kind >= 0]),
        kind=kind[kind >= 0][place],
        dues=_by_group(ground, group, _paid(ground, group, ground.purpose("marine_life"))),
        stores=np.flatnonzero(ground.purpose("storage") & ground.country("creditor", DEPOTS)),
    )


def _paid(ground: Ground, group: NDArray[np.int32], which: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Ledger positions of those that an account paid, and not itself or one that it is linked to."""
    graph, ledger = ground.graph, np.flatnonzero(which)
    of = np.append(group, -1)
    debtor, creditor = graph.debtor[ledger], graph.creditor[ledger]
    made: NDArray[np.int64] = ledger[(debtor >= 0) & (of[debtor] != of[creditor])]
    return made


def _by_group(ground: Ground, group: NDArray[np.int32], ledger: NDArray[np.int64]) -> Chosen:
    """These transfers in lists of linked debtors; a list has the number of its group."""
    graph = ground.graph
    owner = group[graph.debtor[ledger]]
    order = np.argsort(owner, kind="stable")
    edge = ledger[order].astype(np.int32)
    indptr = np.searchsorted(owner[order], np.arange(graph.accounts + 1)).astype(np.int64)
    return Chosen(indptr, edge, graph.creditor[edge], graph.time[edge], graph.amount[edge])


def _kinds(ground: Ground, ledger: NDArray[np.int64], values: Values) -> NDArray[np.int8]:
    """The part of a kit that each purchase most likely is; -1 for none."""
    amount = ground.graph.amount[ledger]
    dear, likely, ten = (amount >= values[name] for name in ("boat_price", "engine_price", "jackets_price"))

    def says(name: str) -> NDArray[np.bool_]:
        return ground.purpose(name)[ledger]

    tests = (
        (says("boat_dealer"), np.where(dear, BOAT, np.where(likely, ENGINE, -1))),
        (says("life_jackets"), np.where(ten, JACKETS, -1)),
        (says("chandlery"), np.where(dear, ENGINE, np.where(ten, JACKETS, PUMP))),
        (says("trailer"), TRAILER),
        (says("engine"), ENGINE),
        (says("boat"), BOAT),
        (says("pump"), PUMP),
        (says("fuel_cans"), CANS),
        (says("hull_boards"), BOARDS),
    )
    kind = np.select([holds for holds, _ in tests], [what for _, what in tests], -1)
    made: NDArray[np.int8] = np.where(amount >= values["least_price"], kind, -1).astype(np.int8)
    return made


# Measuring and telling


def _instance(ground: Ground, values: Values, firing: Firing, market: _Market, counts: _Counts) -> Found:
    graph, ledger = ground.graph, firing.ledger
    first = int(np.searchsorted(market.bought.ledger[market.bought.of(firing.account)], ledger[0]))
    first += int(market.bought.indptr[firing.account])
    kind = market.kind[first : first + ledger.size]
    buyers = graph.debtor[ledger]
    subject = _leading(buyers, graph.amount[ledger])
    names = [KINDS[one] for one in kind]
    roles = [name if buyer == subject else f"{name}, linked" for name, buyer in zip(names, buyers, strict=True)]
    measures = _measure(ground, values, ledger, kind, (counts, market.stores))
    return Found(
        subject=subject,
        ledger=ledger,
        roles=roles,
        detectable=firing.fired,
        measures=measures,
        explanation=_explain(ground, subject, ledger, kind, {m.name: m for m in measures}),
    )


def _leading(buyers: NDArray[np.int32], amounts: NDArray[np.int64]) -> int:
    """Who paid most; of equals who bought first."""
    paid: dict[int, int] = {}
    for buyer, amount in zip(buyers.tolist(), amounts.tolist(), strict=True):
        paid[buyer] = paid.get(buyer, 0) + amount
    return max(paid, key=paid.__getitem__)


def _measure(
    ground: Ground,
    values: Values,
    ledger: NDArray[np.int32],
    kind: NDArray[np.int8],
    beside: tuple[_Counts, NDArray[np.int64]],
) -> tuple[Measure, ...]:
    graph = ground.graph
    (parts, value, hulls, dues), stores = beside
    amount = graph.amount[ledger]
    counted_ = kind != JACKETS
    at_once = int(amount[counted_ & np.isin(graph.channel[ledger], AT_ONCE)].sum())
    buyers = np.unique(graph.debtor[ledger]).size
    measures = [
        gate("parts", "different parts of a crossing kit", parts, "count", values["parts"],
             points=margin(parts, values["parts"], 7 / 3, 0.10)),
        gate("value", "sum of the parts, life jackets left out", value, "minor units", values["value"],
             points=margin(value, values["value"], 4, 0.05)),
        gate("hulls", "purchases of a boat or an engine", hulls, "count", values["hulls"]),
        gate("marine_life", f"transfers of a marine life in {values['marine_days']} days", dues, "count",
             values["marine_life"], upper=True),
        booster("at_once_share", "value paid by transfer or in cash", at_once / max(value, 1), "share",
                values["at_once_share"], points=0.10),
        booster("buyers", "linked buyers", buyers, "count", 2, points=0.10),
        booster("repeats", f"purchases from one seller within {values['repeat_days']} days",
                _repeats(graph.creditor[ledger], graph.time[ledger], int(values["repeat_days"]) * DAY), "count", 1,
                points=0.05),
        booster("bulk_price", "life jackets bought beside them", int(amount[~counted_].sum()), "minor units",
                values["bulk_price"], points=0.05),
        fact("sellers", "sellers", np.unique(graph.creditor[ledger][graph.creditor[ledger] >= 0]).size, "count"),
        fact("history_days", "days of data before it",
             min(int(graph.time[ledger[0]]) - graph.known_from, int(values["marine_days"]) * DAY) / DAY, "days"),
    ]  # fmt: skip
    if ground.has("transfers.location"):
        region = ground.region[ledger]
        places = np.unique(region[region >= 0]).size
        measures.append(booster("places", "regions in which they were bought", places, "count", 3, points=0.05))
    if ground.has("transfers.creditor_country"):
        rented = _stores(ground, ledger, stores)
        measures.append(
            booster("depots", "storage paid for in Germany or the Low Countries", rented, "count", 1, points=0.05)
        )
    return tuple(measures)


def _repeats(seller: NDArray[np.int32], time: NDArray[np.int64], reach: int) -> int:
    """Purchases that follow another one from the same known seller within `reach`, both ends included."""
    last: dict[int, int] = {}
    found = 0
    for one, moment in zip(seller.tolist(), time.tolist(), strict=True):
        found += one >= 0 and one in last and moment - last[one] <= reach
        last[one] = moment
    return found


def _stores(ground: Ground, ledger: NDArray[np.int32], stores: NDArray[np.int64]) -> int:
    """How many of these payments for storage the buyers made from the first to the last purchase."""
    first, last = np.searchsorted(stores, [ledger[0], ledger[-1]])
    return int(np.isin(ground.graph.debtor[stores[first:last]], ground.graph.debtor[ledger]).sum())


def _explain(
    ground: Ground, subject: int, ledger: NDArray[np.integer[Any]], kind: NDArray[np.int8], m: dict[str, Measure]
) -> str:
    graph, currency = ground.graph, ground.graph.reference_currency
    amount = graph.amount[ledger]
    sums = {KINDS[one]: int(amount[kind == one].sum()) for one in np.unique(kind).tolist() if one != JACKETS}
    listed = ", ".join(f"{name} {money(paid, currency)}" for name, paid in sums.items())
    linked = int(m["buyers"].value) - 1
    who = sentence_id(graph.names[subject])
    if linked:
        others = [graph.names[int(one)] for one in np.unique(graph.debtor[ledger]) if one != subject]
        who += f" and {counted(linked, 'account')} linked to it ({', '.join(sorted(others))})"
    sellers = f" from {counted(m['sellers'].value, 'known seller')}" if m["sellers"].value else ""
    said = (
        f"{who} bought what may be parts of a crossing kit for {money(m['value'].value, currency)}{sellers}, "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}: {listed}. "
    )
    jackets = int(amount[kind == JACKETS].sum())
    if jackets:
        said += (
            f"Life jackets for {money(jackets, currency)} came with it; they are not in the sum, and by themselves "
            "would be no match. "
        )
    said += "What was bought is read from references, kinds of shop and prices. "
    return said + _marine(int(m["marine_life"].value), int(m["history_days"].value), "their" if linked else "its")


def _marine(dues: int, days: int, whose: str) -> str:
    """What tells of a marine life, and how far back it was looked for."""
    before = f"{counted(days, 'day')} before the first purchase" if days else "the first purchase"
    number = f"{dues} of" if dues else "none of"
    return (
        f"In the data from {before} on, {number} {whose} payments {'speak' if dues > 1 else 'speaks'} of a mooring, a "
        f"berth or a sailing club; {'they declare' if whose == 'their' else 'it declares'} no marine trade."
    )


TYPOLOGY = Typology(
    id="S10",
    name="Nautical procurement cluster",
    stage="operational spend",
    summary="Linked buyers purchase what together makes a crossing kit, and have no marine reason.",
    definition=(
        "Accounts are linked when they share a party or hashed attribute, directly or through others; an attribute "
        "or a chain that would link more than `group_accounts` links nobody. A purchase is a payment of at least "
        "`least_price` to somebody outside the group, not by direct debit or internal booking, whose reference or kind "
        "of shop says one part of a kit. At a boat dealer's it is a boat from `boat_price` on, else an engine from "
        "`engine_price` on. Otherwise the first that fits of: life jackets named and of at least `jackets_price`; at a "
        "chandler's or sports shop an engine from `boat_price` on, life jackets from `jackets_price` on, else a pump; "
        "trailer or van; engine; boat; pump; fuel cans; hull boards. At each purchase, those of the linked accounts in "
        "the window that ends there (left end excluded, right end included) are looked at. The gate holds when they "
        "are of at least `parts` different parts, and life jackets are a part only beside two others; "
        "at least `hulls` of them are a boat or an engine; all but life jackets sum to at least `value`; at most "
        "`marine_life` payments of the accounts in the `marine_days` up to then speak of a marine life; and none of "
        "them declares a marine trade. Life jackets alone never fire, nor do they bring a sum to the mark: what "
        "preserves life at sea is no relevant article of the Border Security, Asylum and Immigration Act 2025, s.15. "
        "One match is kept for each group and period of one window length, counted from 1 January 1970 UTC: the "
        "firing with most parts, then with most value, then the earliest. Its subject is the account that paid most, "
        "of equals the one that bought first. Links are those of the account table as it stands. Not covered: parts "
        "paid for in cash, buyers without a link, and what was in the parcel."
    ),
    parameters=PARAMETERS,
    roles=(
        *(Role(kind, f"{kind} bought by the subject", "seller") for kind in KINDS),
        *(Role(f"{kind}, linked", f"{kind} bought by a linked account", "linked buyer or seller") for kind in KINDS),
    ),
    subject_part="buyer",
    sources=(
        Source("National Crime Agency", "Maritime industry alert", 2021, second_hand=True),
        Source("National Crime Agency", "Renewed alert to the maritime industry", None, second_hand=True),
        Source("Europol", "Operational Taskforce Wave", 2024, second_hand=True),
        Source("BBC", "Small boats sold in Essen", 2024, second_hand=True),
        Source("UK Parliament", "Border Security, Asylum and Immigration Act 2025, s.15", 2025),
    ),
    innocent_explanations=(
        "a boat dealer, club, harbour, charter firm or rescue service",
        "someone who has just bought a first boat and keeps it ashore",
        "a festival, an angling club or a water sports school",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + int(values["marine_days"]),
    applicable=lambda ground, _: (
        ""
        if ground.has("transfers.merchant_category") or ground.has("transfers.reference")
        else "needs transfers.merchant_category or transfers.reference, of which the data have nothing"
    ),
    compared_by="debits",
)
