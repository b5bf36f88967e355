"""S09: value-transfer accounts square up: what one took too much goes to another, and to traders abroad."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from moneytrail.graph import DAY
from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import CHANNELS
from moneytrail.shares import reaches, share_of, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.books import Books
from moneytrail.typologies.measuring import account_transfers, booster, fact, gate, history_days, margin
from moneytrail.wording import between, counted, listed, money, percent, plain_id, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

CASH = CHANNELS.index("cash")

PARAMETERS = (
    Parameter(
        "window_days", 30, "days", 1, 180, "length of the sliding window and of a period",
        "brokers square up within the month", "design",
    ),
    Parameter(
        "node_days", 180, "days", 1, 720, "how long an account counts as a value-transfer account",
        "one period and one window of the typology that found it", "design",
    ),
    Parameter(
        "payers", 25, "count", 2, 10_000, "payers in 90 days that make a registered money service a node",
        "the traffic of an unregistered one", "design",
    ),
    Parameter(
        "payees", 15, "count", 2, 10_000, "payees in 90 days that make a registered money service a node",
        "the traffic of an unregistered one", "design",
    ),
    Parameter(
        "leg_share", 0.05, "share", 0.001, 1.0, "what makes a settlement large, as a share of what clients paid in",
        "a settlement stands for many clients' sums", "design",
    ),
    Parameter(
        "legs", 5, "count", 1, 100, "most large settlements in the window",
        "squaring up is done in few sums", "design",
    ),
    Parameter(
        "tolerance", 0.15, "share", 0.0, 1.0, "how near the settlements come to what clients left at the account",
        "room for commissions, rates and sums still on their way", "design",
    ),
    Parameter(
        "cash", 100_000, "minor units", 1, 10**12, "notes drawn in the week before a settlement: as many add points",
        "a courier is not sent for less", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the window: as many add points",
        "without history nobody can tell a client from a partner", "design",
    ),
)  # fmt: skip

REGISTERED_WINDOW = 90
"""Days in which a registered money service's payers and payees are counted, as S08 counts them."""


class Settled(NamedTuple):
    """One window of a node, at whose end it paid a settlement."""

    node: int
    ledger: NDArray[np.int64]
    legs: NDArray[np.bool_]
    partners: NDArray[np.bool_]
    large: int
    net: int

    @property
    def fired(self) -> int:
        """The transfer that the window ends at."""
        return int(self.ledger[-1])

    def paid(self, ground: Ground) -> int:
        """What the settlements come to."""
        return int(ground.graph.amount[self.ledger[self.legs]].sum())


@dataclass(frozen=True, eq=False)
class Nodes:
    """Which accounts count as value-transfer accounts, and since when."""

    ground: Ground
    values: Values

    @cached_property
    def since(self) -> dict[int, NDArray[np.int64]]:
        """Ledger positions, rising, at each of which an account was found to be one."""
        found = {node: [first for first, _ in spans] for node, spans in self.ground.marked(("S08",)).items()}
        books = Books.of(self.ground, self.ground.registered(), REGISTERED_WINDOW)
        busy = np.flatnonzero(books.crowded(self.values["payers"], self.values["payees"]))
        ends = books.seen.ends
        for node, place in zip(ends.account[busy].tolist(), ends.ledger[busy].tolist(), strict=True):
            found.setdefault(node, []).append(place)
        return {node: np.sort(np.array(places, np.int64)) for node, places in found.items()}

    @cached_property
    def ever(self) -> NDArray[np.bool_]:
        """bool[accounts + 1]: whether an account is ever found to be one; an absent side is not."""
        made = np.zeros(self.ground.graph.accounts + 1, np.bool_)
        made[list(self.since)] = True
        return made

    def counts(self, account: int, ledger: int) -> bool:
        """Whether `account` counts as one at the transfer at `ledger`."""
        places = self.since.get(account)
        if places is None:
            return False
        last = int(np.searchsorted(places, ledger, side="right")) - 1
        time = self.ground.graph.time
        reach = int(self.values["node_days"]) * DAY
        return last >= 0 and bool(time[places[last]] > time[ledger] - reach)

    @cached_property
    def abroad(self) -> NDArray[np.bool_]:
        """bool[n]: whether the creditor's bank stands in another country."""
        return self.ground.abroad("creditor")

    @cached_property
    def corridor(self) -> NDArray[np.bool_]:
        """bool[n]: whether the creditor's bank stands in a country of a corridor, or where goods are settled for."""
        tables = self.ground.tables
        countries = tables.corridor_countries | frozenset(tables.settlement["goods_countries"])
        return self.ground.country("creditor", countries - {tables.home}) & self.ground.between_parties


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    nodes = Nodes(ground, values)
    period = int(values["window_days"]) * DAY
    time = ground.graph.time
    for node in sorted(nodes.since):
        firing = [one for one in _settlements(nodes, node) if _holds(nodes, one)]
        for _, windows in groupby(firing, key=lambda one: int(time[one.fired]) // period):
            own = list(windows)
            best = max(own, key=lambda one: (one.paid(ground), -one.fired))
            measures = _measure(nodes, best)
            yield Found(
                subject=node,
                ledger=best.ledger,
                roles=_roles(ground, best),
                detectable=own[0].fired,
                measures=measures,
                explanation=_explain(ground, best, {m.name: m for m in measures}),
            )


def _settlements(nodes: Nodes, node: int) -> Iterator[Settled]:
    """The windows of a node that end at a debit to another node or into a corridor, while it counts as one."""
    ground = nodes.ground
    graph = ground.graph
    if graph.transfers == 0:
        return
    own = account_transfers(graph, node, 0, graph.transfers - 1)
    debit = graph.debtor[own] == node
    peers = np.where(debit, graph.creditor[own], graph.debtor[own])
    others = nodes.ever[peers] & ground.between_parties[own]
    begins = np.searchsorted(graph.time[own], graph.time[own] - int(nodes.values["window_days"]) * DAY, side="right")
    for end in _worth_a_look(nodes, (own, begins), debit, others).tolist():
        if nodes.counts(node, int(own[end])):
            part = slice(int(begins[end]), end + 1)
            partner = others[part].copy()
            partner[partner] = [nodes.counts(int(peer), int(own[end])) for peer in peers[part][partner]]
            yield _window(nodes, node, own[part], partner)


def _worth_a_look(
    nodes: Nodes,
    spans: tuple[NDArray[np.int64], NDArray[np.int64]],
    debit: NDArray[np.bool_],
    others: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Ends of the windows that may hold: some debit to another node, and the last one to one, or large and abroad."""
    own, begins = spans
    amount = nodes.ground.graph.amount[own]
    ends = np.arange(1, own.size + 1)
    squared = np.concatenate([[0], np.cumsum(debit & others)])
    clients = np.concatenate([[0], np.cumsum(np.where(debit | others, 0, amount))])
    large = reaches(amount, clients[ends] - clients[begins], thousandths(nodes.values["leg_share"]))
    last = debit & (others | (nodes.corridor[own] & large))
    return np.flatnonzero(last & (squared[ends] > squared[begins]))


def _window(nodes: Nodes, node: int, ledger: NDArray[np.int64], partner: NDArray[np.bool_]) -> Settled:
    """Tell settlements from clients' transfers: to another node, or large and into a corridor."""
    graph = nodes.ground.graph
    amount, credit = graph.amount[ledger], graph.creditor[ledger] == node
    clients_in = int(amount[credit & ~partner].sum())
    least = max(1, share_of(clients_in, thousandths(nodes.values["leg_share"])))
    large = amount >= least
    legs = ~credit & (partner | (nodes.corridor[ledger] & large))
    net = clients_in - int(amount[~credit & ~legs].sum())
    return Settled(node, ledger, legs, partner, int((legs & large).sum()), net)


def _holds(nodes: Nodes, one: Settled) -> bool:
    """Whether the gate holds; the last transfer must itself be a settlement."""
    legs, values = one.ledger[one.legs], nodes.values
    return bool(
        one.legs[-1]
        and one.large <= values["legs"]
        and (one.legs & one.partners).any()
        and nodes.abroad[legs].any()
        and one.net > 0
        and abs(one.paid(nodes.ground) - one.net) * 1000 <= one.net * thousandths(values["tolerance"])
    )


def _roles(ground: Ground, one: Settled) -> list[str]:
    credit = ground.graph.creditor[one.ledger] == one.node
    names = np.where(one.legs & one.partners, "settlement", np.where(one.legs, "abroad", np.where(credit, "in", "out")))
    made: list[str] = np.where(one.partners & ~one.legs, "between brokers", names).tolist()
    return made


def _measure(nodes: Nodes, one: Settled) -> tuple[Measure, ...]:
    ground, values, graph = nodes.ground, nodes.values, nodes.ground.graph
    legs, paid = one.ledger[one.legs], one.paid(ground)
    partners = np.unique(graph.creditor[one.ledger[one.legs & one.partners]]).size
    abroad = int(nodes.abroad[legs].sum())
    goods = int(ground.country("creditor", ground.tables.settlement["goods_countries"])[legs].sum())
    drawn = _drawn(ground, one)
    said = ground.purpose("goods")[legs] & nodes.abroad[legs]
    invoice = () if not ground.has("transfers.reference") else (
        booster("invoices", "settlements abroad whose reference speaks of goods or invoices", int(said.sum()), "count",
                1, points=0.10),
    )  # fmt: skip
    return (
        gate("nodes", "value-transfer accounts that square up, itself included", partners + 1, "count", 2,
             points=margin(partners + 1, 2, 3, 0.05)),
        gate("legs", "large settlements", one.large, "count", values["legs"], upper=True),
        gate("tolerance", "difference of the settlements and what clients left there, as a share of this",
             abs(paid - one.net) / one.net, "share", values["tolerance"], upper=True),
        gate("corridor_legs", "settlements to another country", abroad, "count", 1),
        *invoice,
        booster("goods_legs", "settlements to countries where goods are settled for", goods, "count", 1, points=0.10),
        booster("cash", "notes drawn in the 7 days before a settlement", drawn, "minor units", values["cash"],
                points=0.05),
        booster("history_days", "days of data before it", history_days(graph, int(one.ledger[0])), "days",
                values["history_days"], points=0.10),
        fact("settlements", "settlements, large or not", legs.size, "count"),
        fact("paid", "sum of the settlements", paid, "minor units"),
        fact("net", "what clients left at the account", one.net, "minor units"),
    )  # fmt: skip


def _drawn(ground: Ground, one: Settled) -> int:
    """Notes drawn in the 7 days before some settlement, left end excluded."""
    graph = ground.graph
    notes = one.ledger[(graph.channel[one.ledger] == CASH) & (graph.debtor[one.ledger] == one.node)]
    wait = graph.time[one.ledger[one.legs]][None, :] - graph.time[notes][:, None]
    near = ((wait >= 0) & (wait < 7 * DAY)).any(axis=1)
    return int(graph.amount[notes][near].sum())


def _explain(ground: Ground, one: Settled, m: dict[str, Measure]) -> str:
    graph = ground.graph
    currency = graph.reference_currency
    to = np.unique(graph.creditor[one.ledger[one.legs & one.partners]])
    others = listed([plain_id(graph.names[account]) for account in to.tolist()], 3)
    legs = graph.time[one.ledger[one.legs]]
    known = "a registered money service" if ground.registered()[one.node] else "found to move value for others (S08)"
    said = (
        f"{sentence_id(graph.names[one.node])}, {known}, paid {money(m['paid'].value, currency)} "
        f"in {counted(m['settlements'].value, 'settlement')}, {between(int(legs[0]), int(legs[-1]))}. "
        f"{_went_to(m, int((one.legs & one.partners).sum()), others)} "
        f"{_opened(int(graph.time[one.ledger[0]]), int(graph.time[one.ledger[-1]]))} its clients paid in "
        f"{money(m['net'].value, currency)} more than was paid out to them; the settlements "
        f"{_off(m['tolerance'].value)}."
    )
    if "invoices" in m and m["invoices"].met:
        spoke = counted(m["invoices"].value, "settlement abroad speaks", "settlements abroad speak")
        said += f" {spoke} of goods or invoices."
    if m["goods_legs"].met:
        said += (
            f" {counted(m['goods_legs'].value, 'settlement')} went to a country listed as one where such balances are "
            "settled in goods."
        )
    if m["cash"].met:
        said += f" {money(m['cash'].value, currency)} was drawn in notes in the week before a settlement."
    return said


def _went_to(m: dict[str, Measure], partners: int, others: str) -> str:
    """Which settlements went to other movers of value, and which to another country."""
    return f"{partners} of these went to {others}, known to move value too; {m['corridor_legs'].value:.0f} went abroad."


def _opened(start: int, end: int) -> str:
    said = between(start, end)
    return said[0].upper() + said[1:]


def _off(share: float) -> str:
    return f"differ from that by {percent(share)}" if share else "come to exactly that"


TYPOLOGY = Typology(
    id="S09",
    name="Broker settlement",
    stage="layering",
    summary="Value-transfer accounts square up: what one took too much goes to another, and to traders abroad.",
    definition=(
        "Nodes are accounts that S08 found, from the first firing of a match on for `node_days`; and registered "
        "money services, from each day on which they had at least `payers` unaffiliated payers and `payees` "
        "unaffiliated payees in 90 days, looked at as S08 does. At each of a node's debits to another node, or to "
        "an account whose bank stands in a country of a corridor or one where goods are settled for, its transfers "
        "in the window that ends there (left end excluded, right end included) are looked at. A debit is large when "
        "it is at least `leg_share` of what clients paid in. Settlements are the debits to other nodes, and the "
        "large ones into those countries; clients' are all transfers that are neither settlements nor between "
        "nodes. The gate holds when the last debit is a settlement; at most `legs` of the settlements are large; at "
        "least one goes to another node and at least one to another country; clients paid in more than they were "
        "paid; and the settlements differ from that surplus by at most `tolerance` of it. Accounts of one party do "
        "not settle with each other. One match is kept for each node and period of one window length, counted from "
        "1 January 1970 UTC: the firing with the largest settlements, then the earliest. References that speak of "
        "goods, countries where goods are settled for, and notes drawn in the week before add points and never "
        "decide. Not covered: a partner whose account no bank in the data holds; settlement in many small sums; and "
        "which trader a partner's clients owe, which the data cannot say."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("settlement", "a large debit to another value-transfer account", "other broker"),
        Role("abroad", "a large debit into a corridor, or where goods are settled for", "payee abroad"),
        Role("in", "money in from clients", "", counts=False),
        Role("out", "money out to clients", "", counts=False),
        Role("between brokers", "another transfer between value-transfer accounts", "", counts=False),
    ),
    subject_part="settling broker",
    sources=(
        Source("The Economist", "Hawala traders are being squeezed by regulators and covid-19", 2020, second_hand=True),
        Source("BBC", "Investigation of small-boat sellers in Essen", 2024, second_hand=True),
        Source("National Crime Agency", "Chinese Underground Banking and Daigou", 2019),
    ),
    innocent_explanations=(
        "the treasury of a registered money service",
        "a freight forwarder paying carriers abroad",
        "an ordinary importer or exporter paying a steady supplier",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + int(values["node_days"]) + REGISTERED_WINDOW + 180,
    needs=("transfers.creditor_country",),
    builds_on=("S08",),
    compared_by="debits",
    amltrix=("T0013.004", "T0013.002"),
)
