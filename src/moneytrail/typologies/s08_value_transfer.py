"""S08: an account that is no registered money service takes sums from many and pays them out to many others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.windows import fifo_dwell
from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import CHANNELS
from moneytrail.shares import thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.books import Books
from moneytrail.typologies.measuring import booster, fact, gate, history_days, margin
from moneytrail.wording import between, counted, money, part, percent, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

CASH = CHANNELS.index("cash")

PARAMETERS = (
    Parameter(
        "window_days", 90, "days", 1, 365, "length of the sliding window and of a period",
        "a season of business; a broker's clients come again after months, not days", "design",
    ),
    Parameter(
        "payers", 25, "count", 2, 10_000, "distinct unaffiliated payers",
        "more than a household, a club's committee or a savings circle deals with", "design",
    ),
    Parameter(
        "payees", 15, "count", 2, 10_000, "distinct unaffiliated payees",
        "fewer than the payers: a broker pays several clients' sums out to one", "design",
    ),
    Parameter(
        "balance_share", 0.1, "share", 0.0, 1.0, "most difference of money in and out, as a share of the money in",
        "clients' money is passed on but for a commission", "design",
    ),
    Parameter(
        "hold_days", 5, "days", 1, 90, "how long half of the money may have stayed, at most",
        "a broker pays out of what came in this week", "design",
    ),
    Parameter(
        "overlap_share", 0.2, "share", 0.0, 1.0, "most share of the payees who also paid in",
        "members of a savings circle, friends and trade partners are on both sides; clients are not", "design",
    ),
    Parameter(
        "round_unit", 1_000, "minor units", 1, 10**9, "what a round sum is a multiple of",
        "clients hand over tens and hundreds of pounds", "design",
    ),
    Parameter(
        "round_share", 0.5, "share", 0.0, 1.0, "share of the clients' and cash credits that are round: adds points",
        "prices and invoices are seldom round, sums sent home mostly are", "design",
    ),
    Parameter(
        "left_share", 0.1, "share", 0.0, 1.0, "what may be left at a day's end, as a share of the most that lay there",
        "a broker's book is squared, not kept", "design",
    ),
    Parameter(
        "emptied_share", 0.3, "share", 0.0, 1.0, "share of the days with payments that end so: adds points",
        "a household or a firm keeps something for tomorrow", "design",
    ),
    Parameter(
        "supplier_share", 0.05, "share", 0.0, 1.0,
        "most share of the money out that pays for goods, where the declared trade sells some: adds points",
        "a front's till has no suppliers behind it", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the window: as many add points",
        "without history nobody can tell a client from a regular partner", "design",
    ),
)  # fmt: skip


NOT_LISTED = gate(
    "registered", "its holder is on a register of money services (1 yes, 0 no)", 0, "count", 0, upper=True
)


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    # Twice: what costs much is asked of those accounts alone that hold what costs little.
    wide = Books.of(ground, _enough(ground, values), values["window_days"])
    hot = np.zeros(ground.graph.accounts, np.bool_)
    hot[wide.seen.ends.account[wide.crowded(values["payers"], values["payees"])]] = True
    books = Books.of(ground, hot, values["window_days"])
    fires = books.crowded(values["payers"], values["payees"]) & books.balanced(thousandths(values["balance_share"]))
    places = np.flatnonzero(fires)
    both = np.zeros(fires.size, np.int64)
    both[places] = books.overlap(places)
    fires &= both * 1000 <= books.out.peers.astype(np.int64) * thousandths(values["overlap_share"])
    places = np.flatnonzero(fires)
    soon = books.soon(places, int(values["hold_days"]) * DAY)
    fires[places] = soon >= books.came.value[places] - soon
    fronts = ground.trade("front_trade") & ground.has("transfers.reference")
    listed = ground.has("accounts.registered_money_service")
    for firing in books.seen.strongest(fires, books.into.peers, books.into.value):
        begin, end = books.spans(np.array([firing.place]))
        part = slice(int(begin[0]), int(end[0]))
        window, credit = books.ledger[part], books.credit[part]
        measures = (
            *_measure(ground, (window, credit), int(both[firing.place]), values),
            *(_suppliers(ground, window[~credit], values) if fronts[firing.account] else ()),
            *((NOT_LISTED,) if listed else ()),
        )
        yield Found(
            subject=firing.account,
            ledger=window,
            roles=_roles(ground, window, credit),
            detectable=firing.fired,
            measures=measures,
            explanation=_explain(ground, firing.account, window, {m.name: m for m in measures}),
        )


def _enough(ground: Ground, values: Values) -> NDArray[np.bool_]:
    """bool[accounts]: no registered money service, with payers and payees enough to be looked at at all."""
    graph, strange = ground.graph, ground.stranger
    enough = ~ground.registered()
    for side, least in ((graph.creditor, values["payers"]), (graph.debtor, values["payees"])):
        enough &= np.bincount(side[strange], minlength=graph.accounts) >= least
    return enough


def _roles(ground: Ground, window: NDArray[np.int64], credit: NDArray[np.bool_]) -> list[str]:
    """What each transfer does: clients' money in and out, cash, and the rest."""
    strange = ground.stranger[window]
    cash = ground.graph.channel[window] == CASH
    names = np.where(
        credit,
        np.where(strange, "in", np.where(cash, "cash in", "other in")),
        np.where(strange, "out", "other out"),
    )
    made: list[str] = names.tolist()
    return made


def _measure(
    ground: Ground, seen: tuple[NDArray[np.int64], NDArray[np.bool_]], overlap: int, values: Values
) -> tuple[Measure, ...]:
    window, credit = seen
    graph = ground.graph
    amount, strange = graph.amount[window], ground.stranger[window]
    payers = np.unique(graph.debtor[window[credit & strange]]).size
    payees = np.unique(graph.creditor[window[~credit & strange]]).size
    came, left = int(amount[credit].sum()), int(amount[~credit].sum())
    hold = _hold_days(graph, window, credit, came)
    own = amount[credit & (strange | (graph.channel[window] == CASH))]
    rounds = float((own % int(values["round_unit"]) == 0).sum() / own.size)
    unit = money(values["round_unit"], graph.reference_currency)
    emptied = _emptied(graph, window, credit, float(values["left_share"]))
    return (
        gate("payers", "unaffiliated payers", payers, "count", values["payers"],
             points=margin(payers, values["payers"], 3, 0.10)),
        gate("payees", "unaffiliated payees", payees, "count", values["payees"],
             points=margin(payees, values["payees"], 3, 0.05)),
        gate("balance_share", "difference of money in and out, as a share of the money in", abs(came - left) / came,
             "share", values["balance_share"], upper=True),
        gate("hold_days", "days within which half of the money in had left", hold, "days", values["hold_days"],
             upper=True),
        gate("overlap_share", "payees who also paid in", overlap / payees, "share", values["overlap_share"],
             upper=True),
        booster("round_share", f"clients' and cash credits that are multiples of {unit}",
                rounds, "share", values["round_share"], points=0.08),
        booster("emptied_share", "days with payments at whose end hardly anything was left", emptied, "share",
                values["emptied_share"], points=0.07),
        booster("history_days", "days of data before it", history_days(graph, int(window[0])), "days",
                values["history_days"], points=0.10),
        fact("came", "all money in", came, "minor units"),
        fact("left", "all money out", left, "minor units"),
        fact("clients_in", "money in from unaffiliated payers", int(amount[credit & strange].sum()), "minor units"),
    )  # fmt: skip


def _hold_days(graph: TransactionGraph, window: NDArray[np.int64], credit: NDArray[np.bool_], came: int) -> float:
    """The time within which half of the money in had left, first in, first out, in days."""
    held, value = fifo_dwell(graph.time[window], graph.amount[window], credit)
    order = np.argsort(held, kind="stable")
    reached = np.cumsum(value[order])
    return int(held[order[np.searchsorted(reached, came - came // 2)]]) / DAY


def _emptied(graph: TransactionGraph, window: NDArray[np.int64], credit: NDArray[np.bool_], share: float) -> float:
    """Share of the days (UTC) with payments at whose end little was left of the most that lay there that day.

    What lies there is counted from the window's first transfer, from nothing, and never falls below nothing.
    """
    days: dict[int, tuple[int, int, bool]] = {}
    held = 0
    moves = zip((graph.time[window] // DAY).tolist(), graph.amount[window].tolist(), credit.tolist(), strict=True)
    for day, amount, is_credit in moves:
        most, _, paid = days.get(day, (held, held, False))
        held = held + amount if is_credit else max(0, held - amount)
        days[day] = (max(most, held), held, paid or not is_credit)
    paying = [(most, rest) for most, rest, paid in days.values() if paid]
    return sum(rest * 1000 <= most * thousandths(share) for most, rest in paying) / len(paying)


def _suppliers(ground: Ground, out: NDArray[np.int64], values: Values) -> tuple[Measure, ...]:
    """What an account whose declared trade sells goods paid for goods."""
    amount = ground.graph.amount[out]
    paid = float(amount[ground.purpose("goods")[out]].sum() / max(1, amount.sum()))
    return (
        booster("supplier_share", "money out that pays for goods", paid, "share", values["supplier_share"], upper=True,
                points=0.07),
    )  # fmt: skip


def _explain(ground: Ground, account: int, window: NDArray[np.int64], m: dict[str, Measure]) -> str:
    graph = ground.graph
    currency = graph.reference_currency
    said = (
        f"{sentence_id(graph.names[account])} took {money(m['came'].value, currency)} and paid out "
        f"{money(m['left'].value, currency)}, {between(int(graph.time[window[0]]), int(graph.time[window[-1]]))}. "
        f"{money(m['clients_in'].value, currency)} of the money in came from "
        f"{counted(m['payers'].value, 'payer')} with no known tie to it, "
        f"and it paid {counted(m['payees'].value, 'payee')} with none. "
        f"{part(m['overlap_share'].value, 'these payees')} had also paid in. "
        f"Half of the money in had left within {m['hold_days'].value:.1f} days, first in, first out."
    )
    if m["round_share"].met:
        whole, _, rest = m["round_share"].label.partition(" that are ")
        said += f" {part(m['round_share'].value, f'the {whole}')} are {rest}."
    if "supplier_share" in m and m["supplier_share"].met:
        said += (
            f" Its declared trade sells goods, but {_for_goods(m['supplier_share'].value)} is for any, by reference or "
            "kind of shop."
        )
    if "registered" in m:
        return said + " Its holder stands on no register of money services that the bank knows."
    return said + " Whether its holder is a registered money service, the data do not say."


def _for_goods(share: float) -> str:
    return f"only {percent(share)} of what it paid out" if share else "nothing that it paid out"


TYPOLOGY = Typology(
    id="S08",
    name="Unregistered value-transfer account",
    stage="layering",
    summary="An account that is no registered money service takes sums from many and pays them out to many others.",
    definition=(
        "Once a day (UTC), at the account's first debit pushed to an unaffiliated payee (not a direct debit, card or "
        "internal booking), its transfers in the window that ends there (left end excluded, right end included) are "
        "looked at. The gate holds when at least `payers` distinct unaffiliated accounts pushed money in and at least "
        "`payees` distinct unaffiliated accounts were paid; all money in and all money out, of whatever kind, differ "
        "by at most `balance_share` of the money in; at most `overlap_share` of these payees are among these payers; "
        "matched first in, first out, from an empty queue at the window's opening, at least half of all money in had "
        "left within `hold_days`, inclusive; and the account's holder is on no register of money services, as far as "
        "the account table says. One match is kept for each account and period of one window length, counted from 1 "
        "January 1970 UTC: the firing with most payers, then with most value from them, then the earliest. Round sums, "
        "an account emptied day after day and a front's lack of suppliers add points and never decide. Not covered: a "
        "book spread over several accounts so that none has the numbers; what is handed over in cash on both sides; "
        "and the wording of references, since names are never read."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("in", "a credit pushed by an unaffiliated payer", "payer"),
        Role("cash in", "cash paid in", ""),
        Role("other in", "any other credit of the window", "", counts=False),
        Role("out", "a debit pushed to an unaffiliated payee", "payee", counts=False),
        Role("other out", "any other debit of the window", "", counts=False),
    ),
    subject_part="value-transfer account",
    sources=(
        Source("National Crime Agency", "Convicted: the East London money launderer who took payments for small boats",
               2024, second_hand=True),
        Source("National Crime Agency", "Warning over money laundering linked to people smuggling", 2025,
               second_hand=True),
        Source("AUSTRAC", "Referral helps catch unregistered remitters", None),
    ),
    innocent_explanations=(
        "a registered money service whose register entry the bank does not hold",
        "a landlord or the keeper of a shared house",
        "a ticket, freight, letting or visa agent who passes clients' money on to providers",
        "a savings circle with many members",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + 180,
    amltrix=("T0013.001", "T0013.004"),
)  # fmt: skip
