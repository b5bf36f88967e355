"""L12: a trader who sells abroad is paid for goods by people who are no customers of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.newcomers import newcomers
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import reaches, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, history_days, margin
from moneytrail.typologies.windows import chosen
from moneytrail.wording import between, counted, money, part, percent, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Chosen

PARAMETERS = (
    Parameter(
        "window_days", 90, "days", 1, 365, "length of the sliding window and of a period",
        "a season of trade", "design",
    ),
    Parameter(
        "third_share", 0.3, "share", 0.001, 1.0, "least share of the receipts that third parties paid, by value",
        "a customer may be paid for by somebody else now and then", "design",
    ),
    Parameter(
        "third_parties", 2, "count", 1, 1_000, "distinct third parties",
        "one is a new customer", "design",
    ),
    Parameter(
        "receipts", 6, "count", 2, 10_000, "receipts in the window",
        "of fewer no share is worth a word", "design",
    ),
    Parameter(
        "regular", 3, "count", 2, 100, "payments from which on a payer is a customer of its own",
        "who pays a third time is known to the trader", "design",
    ),
    Parameter(
        "regular_days", 180, "days", 1, 365, "in which the payments of a payer are counted",
        "orders come twice a year", "design",
    ),
    Parameter(
        "export_receipts", 2, "count", 1, 1_000, "receipts for goods from buyers abroad",
        "a trader who sells abroad does so again; one sale abroad is chance", "design",
    ),
    Parameter(
        "moved_share", 0.3, "share", 0.001, 1.0,
        "share of the third parties' payments that speak of cars, phones, textiles or rugs: adds points",
        "goods that are easily sold on abroad", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the window: as many add points",
        "without history every customer is new", "design",
    ),
)  # fmt: skip


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    trade = Trade(ground)
    receipts = trade.receipts()
    third, export = trade.thirds[receipts.ledger], trade.exports[receipts.ledger]
    seen = receipts.within(values["window_days"])
    _, peer = np.unique(receipts.peer, return_inverse=True)
    moves = receipts.time, peer.astype(np.int32), np.where(third, receipts.amount, -1)
    spans = int(values["window_days"]) * DAY, int(values["regular_days"]) * DAY
    regular = int(values["regular"])
    value, payers = newcomers(receipts.indptr, moves, spans, regular, receipts.borders)
    fires = (seen.count >= values["receipts"]) & (payers >= values["third_parties"]) & (value > 0)
    fires &= reaches(value, seen.value, thousandths(values["third_share"]))
    fires &= seen.sum(export) >= values["export_receipts"]
    brokers = ground.marked(("S08",))
    for firing in seen.strongest(fires, value, seen.value):
        window = slice(int(seen.begin[firing.place]), int(seen.end[firing.place]))
        strange = third[window] & _new(receipts, firing.place, int(values["regular_days"]) * DAY, regular, window)
        roles = np.where(strange, "third party", np.where(export[window], "buyer abroad", "customer")).tolist()
        measures = _measure(trade, firing.ledger, strange, values)
        scored = _brokers(ground, brokers, firing.ledger[strange], int(firing.ledger[-1]))
        measures = (*measures, booster("brokers", "third parties that move value for others (S08)", scored, "count", 1,
                                       points=0.10))  # fmt: skip
        yield Found(
            subject=firing.account,
            ledger=firing.ledger,
            roles=roles,
            detectable=firing.fired,
            measures=measures,
            explanation=_explain(ground, (firing.account, firing.ledger), {m.name: m for m in measures}, values),
        )


@dataclass(frozen=True, eq=False)
class Trade:
    """What transfers are to a trader, each as bool[n] in ledger order."""

    ground: Ground

    @cached_property
    def goods(self) -> NDArray[np.bool_]:
        """Pushed by another party, with a reference that speaks of goods or invoices."""
        return self.ground.purpose("goods") & self.ground.between_parties & ~self.ground.graph.pulled

    @cached_property
    def _abroad(self) -> NDArray[np.bool_]:
        return self.ground.abroad("debtor")

    @cached_property
    def exports(self) -> NDArray[np.bool_]:
        """For goods, from a bank abroad."""
        return self.goods & self._abroad

    @cached_property
    def thirds(self) -> NDArray[np.bool_]:
        """For goods, by an unaffiliated account, and not from abroad."""
        return self.goods & self.ground.stranger & ~self._abroad

    @cached_property
    def settled(self) -> NDArray[np.bool_]:
        """For goods, from a country where goods are settled for."""
        return self.goods & self.ground.country("debtor", self.ground.tables.settlement["goods_countries"])

    @cached_property
    def moved(self) -> NDArray[np.bool_]:
        """For goods that are easily moved."""
        return self.ground.purpose("moved_goods")

    def receipts(self) -> Chosen:
        """What other parties pushed to businesses that had anything for goods from abroad."""
        graph = self.ground.graph
        traders = np.zeros(graph.accounts + 1, np.bool_)
        traders[graph.creditor[self.exports]] = True
        traders &= np.append(self.ground.kind("business"), False)
        return chosen(graph, "in", self.ground.between_parties & ~graph.pulled & traders[graph.creditor])


def _new(receipts: Chosen, place: int, lookback: int, regular: int, window: slice) -> NDArray[np.bool_]:
    """Which receipts of a window are of payers that have not come often up to its end."""
    own = slice(int(receipts.indptr[receipts.account[place]]), place + 1)
    near = receipts.time[own] > receipts.time[place] - lookback
    payers, times = np.unique(receipts.peer[own][near], return_counts=True)
    made: NDArray[np.bool_] = ~np.isin(receipts.peer[window], payers[times >= regular])
    return made


def _brokers(ground: Ground, found: dict[int, list[tuple[int, int]]], thirds: NDArray[np.int32], last: int) -> int:
    """How many of the third parties S08 had found by then."""
    payers = np.unique(ground.graph.debtor[thirds]).tolist()
    return sum(any(first <= last for first, _ in found.get(payer, ())) for payer in payers)


def _measure(
    trade: Trade, ledger: NDArray[np.int32], strange: NDArray[np.bool_], values: Values
) -> tuple[Measure, ...]:
    graph = trade.ground.graph
    amount, thirds = graph.amount[ledger], ledger[strange]
    value, whole = int(amount[strange].sum()), int(amount.sum())
    payers = np.unique(graph.debtor[thirds]).size
    exports, settled = int(trade.exports[ledger].sum()), int(trade.settled[ledger].sum())
    moved = float(trade.moved[thirds].sum() / thirds.size)
    return (
        gate("third_share", "share of the receipts that third parties paid", value / whole, "share",
             values["third_share"], points=margin(value / whole, values["third_share"], 2.5, 0.10)),
        gate("third_parties", "third parties", payers, "count", values["third_parties"],
             points=margin(payers, values["third_parties"], 3, 0.10)),
        gate("receipts", "receipts", ledger.size, "count", values["receipts"]),
        gate("export_receipts", "receipts for goods from buyers abroad", exports, "count", values["export_receipts"]),
        booster("goods_country", "receipts from countries where goods are settled for", settled, "count", 1,
                points=0.05),
        booster("moved_share", "third parties' payments for cars, phones, textiles or rugs", moved, "share",
                values["moved_share"], points=0.05),
        booster("history_days", "days of data before it", history_days(graph, int(ledger[0])), "days",
                values["history_days"], points=0.10),
        fact("third_value", "what third parties paid", value, "minor units"),
        fact("whole", "all receipts", whole, "minor units"),
    )  # fmt: skip


def _explain(ground: Ground, proof: tuple[int, NDArray[np.int32]], m: dict[str, Measure], values: Values) -> str:
    graph, (account, ledger) = ground.graph, proof
    currency = graph.reference_currency
    said = (
        f"{sentence_id(graph.names[account])}, a business that sells goods abroad, was paid "
        f"{money(m['whole'].value, currency)} in {counted(m['receipts'].value, 'receipt')}, "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}. "
        f"{money(m['third_value'].value, currency)} of it, {percent(m['third_share'].value)}, came from "
        f"{counted(m['third_parties'].value, 'payer')} in this country with no known tie to it: their references "
        f"speak of goods, and each paid it fewer than {values['regular']} times in {values['regular_days']} days. "
        f"{counted(m['export_receipts'].value, 'receipt')} for goods came from buyers abroad. "
        "The data do not say who is named on the invoices."
    )
    if m["brokers"].met:
        said += f" {counted(m['brokers'].value, 'of these payers moves', 'of these payers move')} value for others."
    if m["moved_share"].met:
        said += f" {part(m['moved_share'].value, 'the third-party payments')} are for cars, phones, textiles or rugs."
    return said


TYPOLOGY = Typology(
    id="L12",
    name="Third-party trade settlement",
    stage="layering",
    summary="A trader who sells abroad is paid for goods by people who are no customers of its own.",
    definition=(
        "Looked at are accounts that the account table calls businesses, and of their credits the receipts: what "
        "other parties pushed (no direct debit, card, internal booking or cash). The data name no one on an "
        "invoice, and do not show it. What stands for 'not named on invoice or ship-to' is this: a receipt is a "
        "third party's when an unaffiliated account whose bank stands at home, or no one says where, pushed it; its "
        "reference speaks of goods or invoices; and the payer made fewer than `regular` payments to the trader in "
        "the `regular_days` up to the window's end. Buyers abroad, customers who come again and payments that speak "
        "of something else are not third parties'. At each receipt, the receipts in the window that ends there "
        "(left end excluded, right end included) are looked at. The gate holds when there are at least `receipts`; "
        "third parties paid at least `third_share` of their value; these are at least `third_parties`; and at least "
        "`export_receipts` speak of goods and come from a bank abroad, so that the trader is one who sells abroad. "
        "One match is kept for each account and period of one window length, counted from 1 January 1970 UTC: the "
        "firing with most value from third parties, then with most value, then the earliest. Payers that S08 had "
        "found by the window's end, buyers in countries where goods are settled for, and goods that are easily "
        "moved add points and never decide. Not covered: prices far from the market, since no data here hold "
        "quantities, goods codes or unit prices; third parties abroad, whom nothing tells from buyers; a third "
        "party who pays often; and exports whose buyers pay nothing themselves."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("third party", "a receipt for goods from a payer who is no known customer", "third party"),
        Role("buyer abroad", "a receipt for goods from a bank abroad", "buyer abroad", counts=False),
        Role("customer", "any other receipt", "", counts=False),
    ),
    subject_part="trader",
    sources=(
        Source("FATF", "ML/TF Risks Arising from Migrant Smuggling", 2022, second_hand=True),
        Source("National Crime Agency", "Car wash bosses convicted for roles in people smuggling organisation", 2024,
               second_hand=True),
    ),
    innocent_explanations=(
        "an ordinary exporter with new customers at home",
        "a factoring company or a group's treasury that pays for the customers",
        "a small trader whose customers buy once",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + max(180, int(values["regular_days"])),
    needs=("transfers.reference", "transfers.debtor_country", "accounts.kind"),
    builds_on=("S08",),
    amltrix=("T0073", "T0008", "T0111"),
)  # fmt: skip
