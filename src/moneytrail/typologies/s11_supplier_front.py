"""S11: a company buys from boat makers abroad, stores the goods on the way, and sells outside normal trade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import CHANNELS
from moneytrail.shares import reaches, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, margin
from moneytrail.typologies.windows import Chosen, chosen
from moneytrail.wording import between, counted, listed, money, part, percent, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Firing

CARD, CASH, INTERNAL = (CHANNELS.index(name) for name in ("card", "cash", "internal"))
OTHER, ODD, TAKINGS = range(3)
SALES: Final = ("other sale", "odd sale", "takings")

PARAMETERS = (
    Parameter(
        "window_days", 91, "days", 1, 366, "length of the sliding window and of a period", "a quarter", "design",
    ),
    Parameter(
        "imports", 2_000_000, "minor units", 1, 10**14, "least sum paid to boat makers' countries",
        "five kits at the 4,000 pounds that one supplier charged", "design",
    ),
    Parameter(
        "odd_share", 0.5, "share", 0.001, 1.0,
        "share of the sales in cash, from persons, or from third parties of whom no invoice tells",
        "dealers sell to firms, or by card", "design",
    ),
    Parameter(
        "takings_share", 0.1, "share", 0.0, 1.0, "most share of the sales by card or from steady payers",
        "a shop has them every day", "design",
    ),
    Parameter(
        "steady", 8, "count", 2, 1_000, "from the how-manieth transfer in 180 days on a payer, not a person, is steady",
        "an acquirer settles takings every week or day", "design",
    ),
    Parameter(
        "stores", 1, "count", 0, 1_000, "payments for storage, or to a country on the way of the goods",
        "kits were stored on their way", "design",
    ),
    Parameter(
        "kit_low", 320_000, "minor units", 0, 10**12, "least odd sale at a kit's price", "4,000 pounds less a fifth",
        "design",
    ),
    Parameter(
        "kit_high", 480_000, "minor units", 1, 10**12, "highest odd sale at a kit's price", "4,000 pounds and a fifth",
        "design",
    ),
    Parameter(
        "kit_share", 0.5, "share", 0.0, 1.0, "share of the odd sales at a kit's price: adds points",
        "one supplier charged about 4,000 pounds a kit", "design",
    ),
    Parameter(
        "cash_share", 0.25, "share", 0.0, 1.0, "share of the sales in cash: adds points",
        "boats were paid for in cash", "design",
    ),
)  # fmt: skip


class _Trade(NamedTuple):
    """What importing companies did, each choice by account."""

    imports: Chosen
    sales: Chosen
    kind: NDArray[np.int8]
    stores: Chosen


class _Counts(NamedTuple):
    """What the gate measured in one window, minor units but for the stores."""

    imports: int
    sales: int
    odd: int
    takings: int
    stores: int


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    trade = _trade(ground, values)
    seen = trade.imports.within(values["window_days"])
    sold, stored = seen.beside(trade.sales), seen.beside(trade.stores)
    odd = sold.sum(np.where(trade.kind == ODD, trade.sales.amount, 0))
    takings = sold.sum(np.where(trade.kind == TAKINGS, trade.sales.amount, 0))
    fires = (seen.value >= values["imports"]) & (sold.value > 0) & (stored.count >= values["stores"])
    fires &= reaches(odd, sold.value, thousandths(values["odd_share"]))
    fires &= reaches(sold.value - takings, sold.value, 1000 - thousandths(values["takings_share"]))
    for firing in seen.strongest(fires, seen.value, odd):
        place = firing.place
        counts = _Counts(*(int(each[place]) for each in (seen.value, sold.value, odd, takings, stored.count)))
        kind = trade.kind[sold.begin[place] : sold.end[place]]
        proof = _proof(firing.ledger, sold.ledger(place), kind, stored.ledger(place))
        measures = _measure(ground, values, (sold.ledger(place), kind), counts)
        yield Found(
            subject=firing.account,
            ledger=np.array(list(proof), np.int64),
            roles=list(proof.values()),
            detectable=firing.fired,
            measures=measures,
            explanation=_explain(ground, firing, {m.name: m for m in measures}, values),
        )


def _trade(ground: Ground, values: Values) -> _Trade:
    graph, tables = ground.graph, ground.tables
    company = np.append(ground.kind("business"), False)
    abroad = ground.country("creditor", tables.settlement["boat_makers"])
    imports = chosen(graph, "out", abroad & company[graph.debtor] & (graph.channel != INTERNAL))
    imported = np.append(np.diff(imports.indptr) > 0, False)
    own = _own(ground)
    sales = chosen(graph, "in", imported[graph.creditor] & ~own & (graph.channel != INTERNAL))
    on_the_way = ground.purpose("storage") | ground.country("creditor", tables.settlement["stock_route"])
    stores = chosen(graph, "out", imported[graph.debtor] & on_the_way & ~own)
    return _Trade(imports, sales, _kinds(ground, sales, values), stores)


def _own(ground: Ground) -> NDArray[np.bool_]:
    """bool[n]: between two accounts of one party."""
    graph = ground.graph
    party = np.append(graph.links[:, 0], -1)
    made: NDArray[np.bool_] = (party[graph.debtor] >= 0) & (party[graph.debtor] == party[graph.creditor])
    return made


def _kinds(ground: Ground, sales: Chosen, values: Values) -> NDArray[np.int8]:
    """What each sale is: odd, takings, or other."""
    graph, ledger = ground.graph, sales.ledger
    channel, payer = graph.channel[ledger], sales.peer
    person, firm = (
        np.append(ground.kind(*kinds), False)[payer]
        for kinds in (("personal",), ("business", "charity", "institution"))
    )
    steady = (payer >= 0) & ~person & (ground.relations.recent[ledger] >= values["steady"])
    told = firm | (payer < 0) | ground.purpose("invoice")[ledger]
    kind = np.where(channel == CASH, ODD, np.where((channel == CARD) | steady, TAKINGS, np.where(told, OTHER, ODD)))
    made: NDArray[np.int8] = np.where(person & (channel != CARD), ODD, kind).astype(np.int8)
    return made


def _proof(
    imports: NDArray[np.int32], sales: NDArray[np.int32], kind: NDArray[np.int8], stores: NDArray[np.int32]
) -> dict[int, str]:
    """The role of each ledger position of the evidence, rising; what is imported is no store."""
    roles = dict.fromkeys(stores.tolist(), "storage")
    roles |= {one: SALES[what] for one, what in zip(sales.tolist(), kind.tolist(), strict=True)}
    roles |= dict.fromkeys(imports.tolist(), "import")
    return dict(sorted(roles.items()))


def _measure(
    ground: Ground, values: Values, sales: tuple[NDArray[np.int32], NDArray[np.int8]], counts: _Counts
) -> tuple[Measure, ...]:
    graph, (ledger, kind) = ground.graph, sales
    amount = graph.amount[ledger]
    odd = amount[kind == ODD]
    kits = int(((odd >= values["kit_low"]) & (odd <= values["kit_high"])).sum())
    cash = int(amount[graph.channel[ledger] == CASH].sum())
    goods = int(ground.purpose("boat", "engine", "life_jackets")[ledger].sum())
    return (
        gate("imports", "paid to boat makers' countries", counts.imports, "minor units", values["imports"],
             points=margin(counts.imports, values["imports"], 4, 0.10)),
        gate("odd_share", "sales in cash, from persons or without an invoice", counts.odd / counts.sales, "share",
             values["odd_share"], points=margin(counts.odd / counts.sales, values["odd_share"], 2, 0.10)),
        gate("takings_share", "sales by card or from steady payers", counts.takings / counts.sales, "share",
             values["takings_share"], upper=True),
        gate("stores", "payments for storage or on the way of the goods", counts.stores, "count", values["stores"]),
        booster("kit_share", "odd sales at a kit's price", kits / max(odd.size, 1), "share", values["kit_share"],
                points=0.15),
        booster("cash_share", "sales in cash", cash / counts.sales, "share", values["cash_share"], points=0.05),
        booster("goods", "sales that speak of boats, engines or life jackets", goods, "count", 1, points=0.10),
        fact("sales", "sum of the sales", counts.sales, "minor units"),
        fact("odd", "sum of the odd sales", counts.odd, "minor units"),
        fact("odd_sales", "number of odd sales", odd.size, "count"),
    )  # fmt: skip


def _explain(ground: Ground, firing: Firing, m: dict[str, Measure], values: Values) -> str:
    graph, currency = ground.graph, ground.graph.reference_currency
    account, imports = firing.account, firing.ledger
    countries = graph.codes("creditor_country")
    where = sorted({countries[1][int(one)] for one in np.unique(countries[0][imports])})
    suppliers = np.unique(graph.creditor[imports]).size
    said = (
        f"{sentence_id(graph.names[account])}, a business, paid {money(m['imports'].value, currency)} to "
        f"{counted(suppliers, 'supplier')} with {'a bank' if suppliers == 1 else 'banks'} in {listed(where)}, "
        f"{between(int(graph.time[imports[0]]), int(graph.time[imports[-1]]))}. "
        f"In the {counted(values['window_days'], 'day')} to the last of these it took "
        f"{money(m['sales'].value, currency)} for sales. {money(m['odd'].value, currency)} of it "
        f"({percent(m['odd_share'].value)}), in {counted(m['odd_sales'].value, 'credit')}, came in cash, from "
        "persons, or from payers who are not known as firms and name no invoice; "
        f"{percent(m['takings_share'].value) if m['takings_share'].value else 'nothing'} came by card "
        f"or from steady payers. It made {counted(m['stores'].value, 'payment')} for storage, or to a bank in a "
        "country that such goods pass through. "
    )
    if m["kit_share"].met:
        said += f"{part(m['kit_share'].value, 'these irregular sales')} are near the price of a kit. "
    return said + "The payments abroad do not show what the goods are."


TYPOLOGY = Typology(
    id="S11",
    name="Equipment-supplier trade front",
    stage="operational spend",
    summary="A company buys from boat makers' countries, stores the goods on the way and sells outside normal trade.",
    definition=(
        "Looked at are accounts of businesses. Imports are their payments to banks in boat makers' countries. Sales "
        "are all credits but internal bookings and those from accounts of the same party. A sale is odd when it is in "
        "cash, or comes from a person's account otherwise than by card; or from an account of which is not known that "
        "it is a business's, charity's or institution's, with a reference that tells of no invoice, by a payer who is "
        "not steady. Steady is a payer, no person, from its `steady`th transfer to the account in 180 days on; its "
        "sales and those by card are takings. At each import, all these in the window that ends there (left end "
        "excluded, right end included) are looked at. The gate holds when the imports sum to at least `imports`; odd "
        "sales are at least `odd_share` and takings at most `takings_share` of the value of all sales, of which there "
        "are some; and at least `stores` payments are for storage, or to a bank in a country on the way of the goods; "
        "an import may be one of these. "
        "One match is kept for each account and period of one window length, counted from 1 January 1970 UTC: the "
        "firing with most imports, then with most value of odd sales, then the earliest. Not covered: what the goods "
        "are; buyers abroad who are firms that are not known; a name on a sanctions list."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("import", "a payment to a boat maker's country", "supplier"),
        Role("odd sale", "a credit in cash, from a person, or of which no invoice tells", "buyer", counts=False),
        Role("takings", "a credit by card or from a steady payer", "", counts=False),
        Role("other sale", "another credit", "", counts=False),
        Role("storage", "a payment for storage, or on the way of the goods", "store or carrier", counts=False),
    ),
    subject_part="supplier's front",
    sources=(
        Source("UK Defence Journal", "Key Channel boat supplier jailed after NCA-led probe", 2026, second_hand=True),
        Source("Foreign Office", "The UK has sanctioned 25 people over people-smuggling", 2025, second_hand=True),
        Source("Eurojust", "Authorities disrupt migrant smuggling supply chain", 2024, second_hand=True),
    ),
    innocent_explanations=(
        "a boat dealer or charter firm with a shop, card takings and value added tax",
        "a wholesaler of textiles, machines or spare parts with customers at other banks",
        "a new importer whose first customers pay by transfer",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + 180,
    needs=("accounts.kind", "transfers.creditor_country"),
    amltrix=("T0014", "T0073"),
)
