"""L15: money from accounts that were found before buys cars, gold or property, or pays a loan off."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from moneytrail.graph import DAY
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import reaches, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, history_days, margin
from moneytrail.typologies.windows import Chosen, Windows, chosen
from moneytrail.wording import counted, day, money, percent, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Firing

WAYS = {
    "direct": "came directly from accounts so found",
    "hop": "came from such accounts over one other",
    "own": "was paid by strangers to this account, which was itself so found",
}
"""How money is traced, as an investigator reads it."""

SCORED = ("S01", "S04", "S08", "S14", "L01", "L03")

ASSETS = ("vehicles", "valuables", "property", "house", "deposit", "loan")
"""Purposes of the tables that stand for an asset or a loan."""

SELLERS = ("seller_of_assets", "lender")
"""Trades that sell assets or lend."""

PARAMETERS = (
    Parameter(
        "window_days", 180, "days", 1, 365, "how far back the money that came in is looked at, and findings count",
        "proceeds wait some months before they are spent", "design",
    ),
    Parameter(
        "price", 500_000, "minor units", 1, 10**12, "least sum of one payment for an asset",
        "5,000 pounds, as the definition says", "design",
    ),
    Parameter(
        "traced_share", 0.3, "share", 0.001, 1.0, "share of what came in that came from accounts found before",
        "30 %, as the definition says", "design",
    ),
    Parameter(
        "hop_days", 30, "days", 1, 180, "how far back an account in between is looked at",
        "money that only passes through is soon gone", "design",
    ),
    Parameter(
        "hop_share", 0.5, "share", 0.001, 1.0,
        "share of what came to an account in between, directly from accounts found before",
        "more of such money than of any other", "design",
    ),
    Parameter(
        "cash_share", 0.1, "share", 0.001, 1.0, "share of what came in that was cash: adds points",
        "wide use of cash for high-value assets is a reported sign", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the window's end: as many add points",
        "without history nobody can tell where money came from", "design",
    ),
)  # fmt: skip


class Traced(NamedTuple):
    """What came to each account, and which of it is traced; one entry a transfer of `credits`.

    Attributes
    ----------
    credits : Chosen
        What others paid the account, and cash.
    direct, hop, own : bool[m]
        From an account found before; over one account in between; from a stranger, to an account itself found.
    """

    credits: Chosen
    direct: NDArray[np.bool_]
    hop: NDArray[np.bool_]
    own: NDArray[np.bool_]


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    marks = _marks(ground)
    if not marks.size:
        return
    buys = chosen(graph, "out", _purchases(ground, int(values["price"])))
    buyers = np.zeros(graph.accounts + 1, np.bool_)
    buyers[np.unique(buys.account)] = True
    traced = _traced(ground, marks, buyers, values)
    seen = buys.within(values["window_days"]).beside(traced.credits)
    itself = _found_by(ground, marks, buys.account, buys.ledger, int(values["window_days"]) * DAY)
    amount = traced.credits.amount
    direct = seen.sum(np.where(traced.direct | traced.hop, amount, 0))
    # To a buyer that was itself found, what strangers paid counts too.
    own = seen.sum(np.where(traced.direct | traced.hop | traced.own, amount, 0))
    value = np.where(itself, own, direct)
    fires = (value > 0) & reaches(value, seen.value, thousandths(values["traced_share"]))
    for firing in seen.strongest(fires, buys.amount, value):
        yield _one(ground, (seen, firing, bool(itself[firing.place])), traced, values)


def _marks(ground: Ground) -> NDArray[np.int64]:
    """One rising number for each finding: its subject, then the ledger position at which it first fired."""
    size = ground.graph.transfers + 1
    keys = {account * size + fired for account, spans in ground.marked(SCORED).items() for fired, _ in spans}
    return np.array(sorted(keys), np.int64)


def _found_by(
    ground: Ground, marks: NDArray[np.int64], account: NDArray[np.int32], ledger: NDArray[np.int32], reach: int
) -> NDArray[np.bool_]:
    """Whether each account had been found at that transfer or before it, within `reach`; the last finding decides."""
    graph, size = ground.graph, ground.graph.transfers + 1
    last = np.searchsorted(marks, account.astype(np.int64) * size + ledger, side="right") - 1
    known = marks[np.maximum(last, 0)]
    there = (last >= 0) & (known // size == account)
    fired = np.where(there, known % size, 0)
    made: NDArray[np.bool_] = there & (graph.time[fired] > graph.time[ledger] - reach)
    return made


def _purchases(ground: Ground, price: int) -> NDArray[np.bool_]:
    """Which transfers pay another party for an asset, or a lender."""
    graph = ground.graph
    large = (graph.amount >= price) & (graph.debtor >= 0) & (graph.debtor != graph.creditor)
    others = ground.between_parties | (graph.creditor < 0)
    sells = np.append(ground.trade(*SELLERS), False)[graph.creditor]
    made: NDArray[np.bool_] = large & others & (ground.purpose(*ASSETS) | sells)
    return made


def _traced(ground: Ground, marks: NDArray[np.int64], buyers: NDArray[np.bool_], values: Values) -> Traced:
    """The credits of the buyers, and which of them are traced."""
    graph, reach = ground.graph, int(values["window_days"]) * DAY
    counts = (ground.between_parties | (graph.debtor < 0)) & ~ground.by_channel("internal")
    credits = chosen(graph, "in", counts & buyers[graph.creditor])
    direct = _direct(ground, marks, credits, reach)
    between = np.zeros(graph.accounts + 1, np.bool_)
    between[credits.peer[~direct & (credits.peer >= 0)]] = True
    before = chosen(graph, "in", counts & between[graph.creditor])
    reached = np.zeros(graph.transfers, np.bool_)
    reached[credits.ledger[~direct & (credits.peer >= 0)]] = True
    sent = chosen(graph, "out", reached)
    came = sent.within(values["hop_days"]).beside(before)
    part = came.sum(np.where(_direct(ground, marks, before, reach), before.amount, 0))
    passed = np.zeros(graph.transfers, np.bool_)
    passed[sent.ledger] = (part > 0) & reaches(part, came.value, thousandths(values["hop_share"]))
    return Traced(credits, direct, passed[credits.ledger], ground.stranger[credits.ledger])


def _direct(ground: Ground, marks: NDArray[np.int64], credits: Chosen, reach: int) -> NDArray[np.bool_]:
    there = credits.peer >= 0
    made = np.zeros(credits.time.size, np.bool_)
    made[there] = _found_by(ground, marks, credits.peer[there], credits.ledger[there], reach)
    return made


def _one(ground: Ground, window: tuple[Windows, Firing, bool], traced: Traced, values: Values) -> Found:
    seen, firing, itself = window
    part = slice(int(seen.begin[firing.place]), int(seen.end[firing.place]))
    direct, hop = traced.direct[part], traced.hop[part]
    held = traced.credits.ledger[part].astype(np.int64)
    kept = direct | hop | (traced.own[part] & itself)
    purchase = int(seen.ends.ledger[firing.place])
    ledger = np.append(held[kept], purchase)
    measures = _measure(ground, (purchase, held), (direct, hop, kept), itself, values)
    return Found(
        subject=firing.account,
        ledger=ledger,
        roles=["traced credit"] * (ledger.size - 1) + ["purchase"],
        detectable=firing.fired,
        measures=measures,
        explanation=_explain(ground, firing.account, purchase, {m.name: m for m in measures}, values),
    )


def _measure(
    ground: Ground,
    window: tuple[int, NDArray[np.int64]],
    ways: tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]],
    itself: bool,
    values: Values,
) -> tuple[Measure, ...]:
    graph, (purchase, held), (direct, hop, kept) = ground.graph, window, ways
    amount = graph.amount[held]
    price, came = int(graph.amount[purchase]), int(amount.sum())
    share = int(amount[kept].sum()) / came
    cash = int(amount[ground.by_channel("cash")[held]].sum()) / came
    return (
        gate("price", "payment for an asset", price, "minor units", values["price"],
             points=margin(price, values["price"], 4, 0.10)),
        gate("traced_share", "of what came in, from accounts found before", share, "share", values["traced_share"],
             points=margin(share, float(values["traced_share"]), 2, 0.20)),
        booster("cash_share", "of what came in, cash", cash, "share", values["cash_share"], points=0.10),
        booster("history_days", "days of data before it", history_days(graph, purchase), "days",
                values["history_days"], points=0.10),
        fact("came", "what came in", came, "minor units"),
        fact("direct", "directly from accounts found before", int(amount[direct].sum()), "minor units"),
        fact("hop", "over one account in between", int(amount[hop & ~direct].sum()), "minor units"),
        fact("own", "from strangers, to an account that was itself found", int(amount[kept & ~direct & ~hop].sum()),
             "minor units"),
        fact("itself", "the buyer was itself found (1 yes, 0 no)", float(itself), "count"),
    )  # fmt: skip


def _explain(ground: Ground, buyer: int, purchase: int, m: dict[str, Measure], values: Values) -> str:
    graph = ground.graph
    currency = graph.reference_currency
    parts = [f"{money(m[name].value, currency)} {words}" for name, words in WAYS.items() if m[name].value]
    seller = int(graph.creditor[purchase])
    whom = f"account {graph.names[seller]}" if seller >= 0 else "a payee that is not named"
    short = " It is less than was paid." if m["came"].value < m["price"].value else ""
    return (
        f"{sentence_id(graph.names[buyer])} paid {money(m['price'].value, currency)} to {whom} on "
        f"{day(int(graph.time[purchase]))}, for an asset or towards a loan, by the reference, the kind of shop or the "
        f"payee's trade. Of the {money(m['came'].value, currency)} that came in over the "
        f"{counted(values['window_days'], 'day')} before, {percent(m['traced_share'].value)} counts as traced to "
        f"earlier findings ({', '.join(SCORED[:-1])} or {SCORED[-1]}): {', '.join(parts)}.{short} "
        "This is a share of all that came in; which pound paid for it nobody can tell."
    )


TYPOLOGY = Typology(
    id="L15",
    name="Integration purchase",
    stage="integration",
    summary="Money from accounts that were found before buys cars, gold or property, or pays a loan off.",
    definition=(
        "At each payment of at least `price` to another party for an asset or a loan, by reference, merchant category "
        "or the payee's declared trade, what other parties and cash brought in over the window that ends there (left "
        "end excluded, right end included, up to that payment) is looked at. A credit is traced when its payer had "
        "been found, that is, when S01, S04, S08, S14, L01 or L03 last fired first on it at that credit or before, "
        "less than `window_days` ago; or when of what came to its payer in the `hop_days` up to that credit at least "
        "`hop_share` was from accounts found so; or, where the buyer had itself been found so by the time of the "
        "payment, when an unaffiliated account pushed it. The gate holds when at least `traced_share` of what came in "
        "is traced. One match is kept for each buyer and period of one window length, counted from 1 January 1970 "
        "UTC: the firing with the largest payment, then with most value traced, then the earliest. Shares are of what "
        "came in: no rule of tracing decides which pound was spent, and what came in need not cover the payment. Not "
        "covered: more than one account in between, money that was there before the window, declared income, and "
        "purchases in parts below `price`."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("purchase", "the payment for an asset or a loan", "seller"),
        Role("traced credit", "a credit traced to an account found before", "source of funds", counts=False),
    ),
    subject_part="buyer",
    sources=(
        Source("DX Compliance", "Money laundering risks arising from migrant smuggling", 2022, second_hand=True),
        Source("Anaptyss", "Key takeaways from the FinCEN alert on human smuggling", 2023, second_hand=True),
    ),
    innocent_explanations=(
        "a family gift with documents of its source",
        "a loan or an insurance claim paid out",
        "the proceeds of a house sale",
    ),
    finder=_find,
    span_days=lambda values: 3 * int(values["window_days"]) + int(values["hop_days"]),
    builds_on=SCORED,
    compared_by="debits",
    amltrix=("T0010", "T0055.001"),
)
