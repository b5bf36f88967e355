"""S14: newcomers pay a fixed part of what they earn to one collector, from soon after they arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from moneytrail.graph import DAY, RELATION_RULE
from moneytrail.matches import Parameter, Role, Values
from moneytrail.schema import LINK_COLUMNS
from moneytrail.shares import reaches, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, margin
from moneytrail.typologies.windows import Chosen, chosen
from moneytrail.wording import at_least, between, counted, money, part, sentence_id, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.windows import Firing, Windows

DEVICE = LINK_COLUMNS.index("device_hash")
ADDRESS = LINK_COLUMNS.index("address_hash")

PARAMETERS = (
    Parameter(
        "window_days", 90, "days", 1, 180, "length of the sliding window and of a period",
        "three monthly payments, or thirteen weekly ones", "design",
    ),
    Parameter(
        "payers", 5, "count", 2, 1000, "bound payers",
        "a collector has several debtors; a lodger's landlord few", "design",
    ),
    Parameter(
        "payments", 3, "count", 2, 12, "payments of a run, one after the other",
        "two are a coincidence", "design",
    ),
    Parameter(
        "near_share", 0.1, "share", 0.0, 0.999, "how far from the lower median of the run each of its payments may lie",
        "near-equal, with room for an added fee", "design",
    ),
    Parameter(
        "pause_low", 5, "days", 1, 60, "least pause between two payments of a run",
        "weekly, and a day or two early", "design",
    ),
    Parameter(
        "pause_high", 35, "days", 1, 180, "longest pause between two payments of a run",
        "monthly, and a few days late; or one that was left out", "design",
    ),
    Parameter(
        "start_low", 14, "days", 0, 180, "least time from the payer's first activity to the first payment",
        "two weeks, to find work and be paid", "design",
    ),
    Parameter(
        "start_high", 84, "days", 1, 180, "longest time from the payer's first activity to the first payment",
        "twelve weeks: the debt waits no longer", "design",
    ),
    Parameter(
        "new_days", 28, "days", 1, 180, "how new an account must be at its first activity",
        "an established customer is seldom silent for four weeks", "design",
    ),
    Parameter(
        "income_share", 0.15, "share", 0.001, 1.0, "least share of the payer's income over the run that it paid",
        "more than a lender or a club would take", "design",
    ),
    Parameter(
        "alike_share", 0.5, "share", 0.0, 1.0, "share of the bound payers with one employer or address: adds points",
        "debtors are housed and put to work together", "design",
    ),
)  # fmt: skip


class Runs(NamedTuple):
    """Runs of near-equal payments by newcomers, in order of the payment that completes them; one row a run.

    Attributes
    ----------
    payments : int64[runs, payments]
        Ledger positions, the last one first.
    activity : int64[runs]
        Ledger position of the payer's first activity.
    start : int64[runs]
        Microseconds from there to the first payment to the collector.
    paid, income : int64[runs]
        What the payments after the first of the run sum to, and what the payer was paid by others in that time.
    """

    payments: NDArray[np.int64]
    activity: NDArray[np.int64]
    start: NDArray[np.int64]
    paid: NDArray[np.int64]
    income: NDArray[np.int64]

    def take(self, keep: NDArray[Any]) -> Runs:
        """Those for which `keep` says so, or in the rows that it names."""
        return Runs(*(column[keep] for column in self))


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    runs = _runs(ground, values)
    completing = np.zeros(graph.transfers, np.bool_)
    completing[runs.payments[:, 0]] = True
    ends = chosen(graph, "in", completing)
    row = np.searchsorted(runs.payments[:, 0], ends.ledger)
    begun = graph.time[runs.payments[row, -1]]
    seen = ends.within(values["window_days"])
    fires = seen.peers >= values["payers"]
    payers = np.zeros(ends.time.size, np.int64)
    # A run must begin in the window too; only windows in which enough payers complete one can fire.
    for place in np.flatnonzero(fires).tolist():
        inside = _inside(seen, begun, place)
        payers[place] = np.unique(ends.peer[inside]).size
    fires &= payers >= values["payers"]
    for firing in seen.strongest(fires, payers, seen.value):
        latest = _latest(ends, _inside(seen, begun, firing.place))
        yield _found(ground, firing, runs, row[latest], values)


def _inside(seen: Windows, begun: NDArray[np.int64], place: int) -> NDArray[np.int64]:
    """Places of the runs that lie whole in one window."""
    places = np.arange(seen.begin[place], seen.end[place])
    inside: NDArray[np.int64] = places[begun[places] > seen.ends.time[place] - seen.length]
    return inside


def _latest(ends: Chosen, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The last run of each payer among `places`, rising."""
    last = {int(ends.peer[place]): place for place in places.tolist()}
    return np.array(sorted(last.values()), np.int64)


def _runs(ground: Ground, values: Values) -> Runs:
    """Every run of newcomers' near-equal payments; tests that leave few come first."""
    graph = ground.graph
    payments = _regular(ground, values)
    debut = _debut(ground, payments)
    payments, debut = payments[debut >= 0], debut[debut >= 0]
    activity = _first_activity(ground, debut)
    start = graph.time[debut] - graph.time[activity]
    timely = (start >= int(values["start_low"]) * DAY) & (start <= int(values["start_high"]) * DAY)
    keep = timely & _is_new(ground, activity, graph.debtor[debut], int(values["new_days"]))
    payments = payments[keep]
    paid = graph.amount[payments[:, :-1]].sum(axis=1)
    income = _income(ground, payments)
    runs = Runs(payments, activity[keep], start[keep], paid, income)
    return runs.take((income > 0) & reaches(paid, income, thousandths(values["income_share"])))


def _regular(ground: Ground, values: Values) -> NDArray[np.int64]:
    """int64[runs, payments]: near-equal pushed payments of one pair in even pauses, the last one first."""
    graph, previous = ground.graph, ground.relations.repeat_of
    pushed = ~graph.pulled & ~ground.salary & (graph.amount > 0)
    rows = np.flatnonzero(pushed & (previous >= 0))[:, None]
    for _ in range(int(values["payments"]) - 1):
        before = previous[rows[:, -1]]
        pause = graph.time[rows[:, -1]] - graph.time[before]
        even = (before >= 0) & (pause >= int(values["pause_low"]) * DAY) & (pause <= int(values["pause_high"]) * DAY)
        even &= pushed[before]
        rows = np.column_stack([rows[even], before[even]]).astype(np.int64)
    amounts = np.sort(graph.amount[rows], axis=1)
    middle = amounts[:, (amounts.shape[1] - 1) // 2]
    share = thousandths(values["near_share"])
    room = middle // 1000 * share + middle % 1000 * share // 1000
    near = (amounts[:, -1] - middle <= room) & (middle - amounts[:, 0] <= room)
    rows = rows[near]
    return rows[~_tied(ground, graph.debtor[rows[:, 0]], graph.creditor[rows[:, 0]])]


def _tied(ground: Ground, one: NDArray[np.int32], other: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether two accounts share a party, address, telephone or e-mail; a device is no family's tie here."""
    links = np.delete(ground.graph.links, DEVICE, axis=1)
    made: NDArray[np.bool_] = ((links[one] >= 0) & (links[one] == links[other])).any(axis=1)
    return made


def _debut(ground: Ground, payments: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first payment of each pair: none the same way in 180 days before it. -1: longer than 180 days ago."""
    graph, previous = ground.graph, ground.relations.repeat_of
    debut, far = payments[:, -1].copy(), RELATION_RULE.lookback
    while True:
        before = previous[debut]
        more = (debut >= 0) & (before >= 0) & (graph.time[before] > graph.time[debut] - far)
        if not more.any():
            return debut
        debut = np.where(more, before, debut)
        debut[graph.time[debut] <= graph.time[payments[:, 0]] - far] = -1


def _first_activity(ground: Ground, debut: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ledger position of the payer's first transfer, either way and not to itself, in the 180 days up to `debut`."""
    graph = ground.graph
    payer = graph.debtor[debut].astype(np.int64)
    asked = np.zeros(graph.accounts + 1, np.bool_)
    asked[payer] = True
    oldest = np.searchsorted(graph.time, graph.time[debut] - RELATION_RULE.lookback, side="right")
    first = debut.copy()
    for side, account in (("in", graph.creditor), ("out", graph.debtor)):
        own = chosen(graph, side, asked[account])
        place = np.searchsorted(_keys(ground, own), payer * (graph.transfers + 1) + oldest)
        there = place < own.indptr[payer + 1]
        first[there] = np.minimum(first[there], own.ledger[place[there]])
    return first


def _keys(ground: Ground, own: Chosen) -> NDArray[np.int64]:
    """One rising number for each transfer of a choice: its account, then its place in the ledger."""
    return own.account.astype(np.int64) * (ground.graph.transfers + 1) + own.ledger


def _is_new(ground: Ground, activity: NDArray[np.int64], payer: NDArray[np.int32], days: int) -> NDArray[np.bool_]:
    """Whether the account was new at its first activity: by its day of opening, else by the data before."""
    graph, opened = ground.graph, ground.opened()[payer]
    by_data = graph.time[activity] - graph.known_from >= days * DAY
    return np.where(opened > -(2**62), opened >= graph.time[activity] - days * DAY, by_data)


def _income(ground: Ground, payments: NDArray[np.int64]) -> NDArray[np.int64]:
    """What each payer was paid from the run's first payment to its last, by others than itself and the collector."""
    graph = ground.graph
    payer, collector = graph.debtor[payments[:, 0]], graph.creditor[payments[:, 0]]
    total = np.zeros(payer.size, np.int64)
    for row in range(payer.size):
        total[row] = graph.amount[_credits(ground, int(payer[row]), int(collector[row]), payments[row])].sum()
    return total


def _credits(ground: Ground, payer: int, collector: int, payments: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ledger positions of a payer's income between the first and the last payment of a run."""
    graph = ground.graph
    side = graph.incoming
    own = side.edge[side.indptr[payer] : side.indptr[payer + 1]]
    own = own[slice(*np.searchsorted(own, [payments[-1], payments[0]], side="right"))]
    others = ground.between_parties[own] | (graph.debtor[own] < 0)
    return np.asarray(own[others & (graph.debtor[own] != collector)], np.int64)


def _found(ground: Ground, firing: Firing, runs: Runs, rows: NDArray[np.int64], values: Values) -> Found:
    graph, collector = ground.graph, firing.account
    roles: dict[int, str] = {}
    employers = []
    for row in rows.tolist():
        payer = int(graph.debtor[runs.payments[row, 0]])
        income = _credits(ground, payer, collector, runs.payments[row])
        employers.append(_largest_payer(ground, income))
        roles |= {int(runs.activity[row]): "first activity"} | dict.fromkeys(income.tolist(), "income")
    roles |= dict.fromkeys(runs.payments[rows].ravel().tolist(), "repayment")
    ledger = np.array(sorted(roles), np.int64)
    measures = _measure(ground, runs.take(rows), (collector, employers), values)
    return Found(
        subject=collector,
        ledger=ledger,
        roles=[roles[place] for place in ledger.tolist()],
        detectable=firing.fired,
        measures=measures,
        explanation=_explain(ground, collector, runs.payments[rows], {m.name: m for m in measures}),
    )


def _largest_payer(ground: Ground, income: NDArray[np.int64]) -> int:
    """Who paid most of an income; of equals the one who paid first. -1 for cash."""
    graph = ground.graph
    sums: dict[int, int] = {}
    for place in income.tolist():
        debtor = int(graph.debtor[place])
        sums[debtor] = sums.get(debtor, 0) + int(graph.amount[place])
    return max(sums, key=lambda debtor: sums[debtor])


def _measure(ground: Ground, runs: Runs, ends: tuple[int, list[int]], values: Values) -> tuple[Measure, ...]:
    graph, (collector, employers) = ground.graph, ends
    payer = graph.debtor[runs.payments[:, 0]]
    share = float((runs.paid / runs.income).min())
    homes, devices = graph.links[payer, ADDRESS], graph.links[payer, DEVICE]
    alike = max(_most_alike([e for e in employers if e >= 0]), _most_alike(homes[homes >= 0].tolist())) / payer.size
    device = graph.links[collector, DEVICE]
    return (
        gate("payers", "bound payers", payer.size, "count", values["payers"],
             points=margin(payer.size, values["payers"], 2, 0.15)),
        gate("income_share", "lowest share of a payer's income over its payments", share, "share",
             values["income_share"]),
        gate("start_low", "fewest days from a payer's first activity to its first payment",
             int(runs.start.min()) / DAY, "days", values["start_low"]),
        gate("start_high", "most days from a payer's first activity to its first payment",
             int(runs.start.max()) / DAY, "days", values["start_high"], upper=True),
        booster("alike_share", "payers with one employer or one address", alike, "share", values["alike_share"],
                points=0.20),
        booster("devices", "payers who share the collector's device",
                int(((devices == device) & (device >= 0)).sum()), "count", 1, points=0.15),
        fact("value", "sum of the payments", int(graph.amount[runs.payments].sum()), "minor units"),
        fact("income", "what the payers were paid between them", int(runs.income.sum()), "minor units"),
    )  # fmt: skip


def _most_alike(codes: list[int]) -> int:
    return max((codes.count(code) for code in set(codes)), default=0)


def _explain(ground: Ground, collector: int, payments: NDArray[np.int64], m: dict[str, Measure]) -> str:
    graph = ground.graph
    currency = graph.reference_currency
    said = (
        f"{sentence_id(graph.names[collector])} was paid {money(m['value'].value, currency)} in regular, near-equal "
        f"payments by {counted(m['payers'].value, 'payer')} who share no holder, address, telephone or e-mail with it, "
        f"{between(int(graph.time[payments.min()]), int(graph.time[payments.max()]))}. "
        f"All were newcomers: their first payments came "
        f"{span(int(m['start_low'].value), int(m['start_high'].value), 'day')} after the first activity that the data "
        f"show on their accounts. Each paid it {at_least(m['income_share'].value)} or more of what came in on its own "
        "account between these payments. "
        "The payers may be victims; nothing here says what the payments were for."
    )
    if m["alike_share"].met:
        said += f" {part(m['alike_share'].value, 'them')} are paid by one and the same payer, or share one address."
    if m["devices"].met:
        shared = counted(m["devices"].value, "payer shares", "payers share")
        said += f" {shared} a device with the collector."
    return said


TYPOLOGY = Typology(
    id="S14",
    name="Debt-bondage repayment",
    stage="collection",
    summary="Newcomers pay a fixed part of what they earn to one collector, from soon after they arrived.",
    definition=(
        "A run is `payments` payments of one payer to one collector, one after the other, pushed (not a direct debit,"
        " card or internal booking) and no salary, each `pause_low` to `pause_high` days after the one before and "
        "within `near_share` of their lower median, all inclusive, where the two share no party, address, telephone "
        "or e-mail. It counts when the payer is a newcomer: its first payment to the collector in 180 days came "
        "`start_low` to `start_high` days (inclusive) after the first transfer on its account in the 180 days before "
        "that, and the account was then at most `new_days` old by its day of opening or, where that is unknown, the "
        "data show `new_days` without a transfer before; and when the payments after the run's first sum to at least "
        "`income_share` of what others than the collector and the payer itself paid the payer from the run's first "
        "payment to its last. At each payment that completes such a run, runs that lie whole in the window that ends "
        "there (left end excluded, right end included) are looked at; the gate holds when they come from at least "
        "`payers` payers. The last run of each is the evidence. One match is kept for each collector and period of "
        "one window length, counted from 1 January 1970 UTC: the firing with most payers, then with most value in the"
        " completing payments, then the earliest. Not covered: repayment in cash or work, and payers whose account is"
        " at another bank, whose income nobody here sees. A shared device is no tie: it adds points."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("repayment", "a regular payment by a newcomer", "payer"),
        Role("income", "what a payer was paid meanwhile", "", counts=False),
        Role("first activity", "the first transfer on a payer's account", "", counts=False),
    ),
    subject_part="collector",
    sources=(
        Source("National Crime Agency", "National Strategic Assessment: Organised Immigration Crime", 2022),
        Source("National Crime Agency", "Five arrested in National Crime Agency people smuggling investigation", 2026),
        Source("FinCEN", "FIN-2020-A008, supplemental advisory on identifying and reporting human trafficking", 2020,
               second_hand=True),
        Source("Europol", "Migrant smuggling in the EU", 2016, second_hand=True),
    ),
    innocent_explanations=(
        "rent of a shared house",
        "a savings circle",
        "a loan being paid back",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + 3 * 180 + int(values["new_days"]),
    amltrix=("T0058.001", "T0059"),
)  # fmt: skip
