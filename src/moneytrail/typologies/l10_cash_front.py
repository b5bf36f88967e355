"""L10: a shop of a cash trade banks more cash than its staff and hours can earn, and takes hardly any cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from moneytrail.graph import DAY
from moneytrail.matches import Parameter, Role, Values
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, margin, passed_share
from moneytrail.typologies.shops import Shops, ratio_of, share_of_cards
from moneytrail.wording import between, counted, money, part, percent, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground
    from moneytrail.typologies.shops import Standing
    from moneytrail.typologies.windows import Firing, Windows

HOUR = DAY // 24
UPKEEP = ("payroll", "rent", "tax", "invoice")

PARAMETERS = (
    Parameter(
        "window_days", 30, "days", 1, 60, "length of the sliding window and of a period",
        "as long as the month with which it is compared", "design",
    ),
    Parameter(
        "value", 500_000, "minor units", 1, 10**14, "least cash paid in",
        "below this a front moves too little to be worth its rent", "design",
    ),
    Parameter(
        "days", 8, "days", 1, 60, "days on which cash was paid in",
        "takings come day by day; one large sum is something else", "design",
    ),
    Parameter(
        "z_peer", 3.0, "robust standard deviations", 0.0, 20.0, "how far its cash a pound of wages lies above peers'",
        "the usual mark of an outlier", "design",
    ),
    Parameter(
        "peers", 10, "count", 2, 10_000, "businesses to compare with, at least",
        "a middle of fewer says little", "design",
    ),
    Parameter(
        "spread", 0.25, "logarithm", 0.01, 5.0, "least spread that peers are taken to have, of the natural logarithm",
        "peers that happen to be alike must not make a small difference large", "design",
    ),
    Parameter(
        "least_wages", 30_000, "minor units", 1, 10**12, "wages that a business with none on record is taken to pay",
        "the owner's own work has its price: about a week of it", "design",
    ),
    Parameter(
        "card_share", 0.5, "share", 0.0, 1.0, "most that takings other than cash may be of the peers' middle share",
        "customers pay as everywhere else; notes brought in do not come by card", "design",
    ),
    Parameter(
        "hourly_takings", 4_500, "minor units", 1, 10**9, "cash that one worker can earn in an hour",
        "three haircuts or car washes at 15 pounds", "design",
    ),
    Parameter(
        "daily_hours", 8, "hours", 1, 24, "hours a day that it is open, on every day from the first to the last credit",
        "a shop's day", "design",
    ),
    Parameter(
        "upkeep_share", 0.25, "share", 0.0, 1.0,
        "most share of the cash spent on wages, rent, tax and stock: adds points",
        "honest shops spend more than half of what they take", "design",
    ),
    Parameter(
        "late_share", 0.1, "share", 0.0, 1.0, "share of the credits paid in outside 7 to 20 o'clock UTC: adds points",
        "the advisory names deposits outside normal hours, and no share", "design",
    ),
    Parameter(
        "onward_days", 7, "days", 1, 60, "how soon money counts as passed on",
        "a front is emptied every week", "design",
    ),
    Parameter(
        "onward_share", 0.7, "share", 0.0, 1.0, "share of the cash that left so soon: adds points",
        "a shop's takings stay for its bills", "design",
    ),
)  # fmt: skip


class _Held(NamedTuple):
    """Windows of cash, and what lies beside them."""

    cash: Windows
    others: Windows
    wages: Windows
    open_days: NDArray[np.int64]


class _Judged(NamedTuple):
    """One window that holds the gate."""

    z: float
    share: float
    standing: Standing


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    shops = Shops.of(ground, values)
    if not shops.account.size:
        return
    cash = shops.cash.within(float(values["window_days"]))
    days = ground.graph.time[shops.cash.ledger] // DAY
    held = _Held(cash, cash.beside(shops.others), cash.beside(shops.wages), days - days[cash.begin] + 1)
    fires = (cash.value >= values["value"]) & (_different_days(cash, days) >= values["days"])
    fires &= cash.value >= _capacity(held, values)
    judged: dict[int, _Judged] = {}
    for place in np.flatnonzero(fires).tolist():
        one = _judge(shops, held, place)
        fires[place] = one is not None
        if one is not None:
            judged[place] = one
    for firing in cash.strongest(fires, cash.value, cash.count):
        ledger = np.sort(np.concatenate([firing.ledger, *(s.ledger(firing.place) for s in (held.others, held.wages))]))
        measures = _measure(shops, held, firing.place, judged[firing.place])
        yield Found(
            subject=firing.account,
            ledger=ledger,
            roles=_roles(ground, firing.account, ledger),
            detectable=firing.fired,
            measures=measures,
            explanation=_explain(ground, firing, {m.name: m for m in measures}, values),
        )


def _different_days(cash: Windows, days: NDArray[np.int64]) -> NDArray[np.int32]:
    first = int(days.min(initial=0))
    return cash.different((days - first).astype(np.int32))


def _capacity(held: _Held, values: Values) -> NDArray[np.int64]:
    """The most cash that the workers on record could earn from the first day to the last; one at least."""
    workers = np.maximum(held.wages.peers, 1).astype(np.int64)
    return workers * held.open_days * int(values["daily_hours"]) * int(values["hourly_takings"])


def _judge(shops: Shops, held: _Held, place: int) -> _Judged | None:
    """Hold one window against the last whole month of its peers."""
    values, ends = shops.values, held.cash.ends
    month = shops.ground.peers.last_month(int(ends.ledger[place]))
    shop = int(np.searchsorted(shops.account, int(ends.account[place])))
    standing = None if month is None else shops.standing(shop, month)
    if standing is None:
        return None
    cash, others = int(held.cash.value[place]), int(held.others.value[place])
    own = ratio_of(cash, int(held.wages.value[place]), int(values["least_wages"]))
    z = round((own - standing.middle) / standing.spread, 6)
    share = share_of_cards(cash, others)
    holds = z >= values["z_peer"] and share <= values["card_share"] * standing.share
    return _Judged(z, share, standing) if holds else None


def _roles(ground: Ground, account: int, ledger: NDArray[np.int32]) -> list[str]:
    graph, cash = ground.graph, ground.by_channel("cash")
    into = graph.creditor[ledger] == account
    roles: list[str] = np.where(~into, "wages", np.where(cash[ledger], "cash", "other takings")).tolist()
    return roles


def _measure(shops: Shops, held: _Held, place: int, one: _Judged) -> tuple[Measure, ...]:
    values, graph = shops.values, shops.ground.graph
    ledger, value = held.cash.ledger(place), int(held.cash.value[place])
    account = int(held.cash.ends.account[place])
    days, workers = np.unique(graph.time[ledger] // DAY).size, max(int(held.wages.peers[place]), 1)
    hour = graph.time[ledger] % DAY // HOUR
    return (
        gate("value", "cash paid in", value, "minor units", values["value"]),
        gate("days", "days on which cash was paid in", days, "days", values["days"]),
        gate("capacity", "cash paid in, against what the staff on record can earn", value, "minor units",
             int(_capacity(held, values)[place]), points=margin(value, int(_capacity(held, values)[place]), 3, 0.10)),
        gate("z_peer", "cash a pound of wages, against peers' last whole month", one.z, "robust standard deviations",
             values["z_peer"], points=margin(one.z, float(values["z_peer"]), 2, 0.10)),
        gate("card_share", "takings that are no cash, against the most for such peers", one.share, "share",
             float(values["card_share"]) * one.standing.share, upper=True),
        booster("upkeep_share", "spent on wages, rent, tax and stock, against the cash",
                _upkeep(shops, account, ledger) / value, "share", values["upkeep_share"], upper=True, points=0.10),
        booster("late_share", "cash credits outside 7 to 20 o'clock UTC", float(((hour < 7) | (hour >= 20)).mean()),
                "share", values["late_share"], points=0.05),
        booster("onward_share", f"cash passed on within {values['onward_days']} days",
                passed_share(graph, account, ledger, int(values["onward_days"]) * DAY), "share",
                values["onward_share"], points=0.10),
        fact("wages", "wages on record", int(held.wages.value[place]), "minor units"),
        fact("workers", "workers on record, one at least", workers, "count"),
        fact("open_days", "days from the first cash credit to the last", int(held.open_days[place]), "days"),
        fact("peers", "peers compared with", one.standing.peers, "count"),
        fact("peer_share", "peers' middle share of takings that are no cash", one.standing.share, "share"),
    )  # fmt: skip


def _upkeep(shops: Shops, account: int, ledger: NDArray[np.int32]) -> int:
    """What the account paid for its running between the first and the last cash credit."""
    graph, side = shops.ground.graph, shops.ground.graph.outgoing
    own = side.edge[side.indptr[account] : side.indptr[account + 1]]
    own = own[(own >= ledger[0]) & (own <= ledger[-1])]
    paid = np.zeros(own.size, np.bool_)
    for name in UPKEEP:
        paid |= shops.ground.purpose(name)[own]
    return int(graph.amount[own][paid].sum())


def _explain(ground: Ground, firing: Firing, m: dict[str, Measure], values: Values) -> str:
    graph, currency = ground.graph, ground.graph.reference_currency
    account, ledger = firing.account, firing.ledger
    said = (
        f"{sentence_id(graph.names[account])}, a business registered as {graph.register['occupation'][account]!r}, "
        f"banked {money(m['value'].value, currency)} in cash on {counted(m['days'].value, 'day')}, "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}. "
        f"{_staffed(m, currency, values)} Set against its wages, that is far more cash than the "
        f"{counted(m['peers'].value, 'business', 'businesses')} it is compared with banked in the month before: "
        f"{m['z_peer'].value:.1f} robust standard deviations above the middle one. Takings other than cash were "
        f"{percent(m['card_share'].value)} of all its takings, against {percent(m['peer_share'].value)} at the middle "
        "one."
    )
    if m["upkeep_share"].met:
        share = m["upkeep_share"].value
        said += f" Wages, rent, tax and stock on record come to {percent(share) if share else 'nothing'}"
        said += " of the cash." if share else "."
    if m["onward_share"].met:
        said += f" {part(m['onward_share'].value, 'the cash')} was {m['onward_share'].label.removeprefix('cash ')}."
    return said


def _staffed(m: dict[str, Measure], currency: str, values: Values) -> str:
    """What the staff on record could have taken."""
    workers = counted(m["workers"].value, "worker")
    most, days = money(m["capacity"].threshold or 0, currency), counted(m["open_days"].value, "day")
    rate, hours = money(values["hourly_takings"], currency), counted(values["daily_hours"], "hour")
    wages = money(m["wages"].value, currency) if m["wages"].value else "nothing"
    return (
        f"It paid {wages} in wages; in {days} {workers} could take about {most}, at {rate} an hour and {hours} a day."
    )


TYPOLOGY = Typology(
    id="L10",
    name="Cash-intensive front",
    stage="placement",
    summary="A shop of a cash trade banks more cash than its staff and hours can earn, and takes hardly any cards.",
    definition=(
        "Looked at are businesses whose declared trade is of the class of cash trades. At each cash credit, the "
        "account's cash credits in the window that ends there (left end excluded, right end included) are summed, and "
        "beside them its other takings (credits of other parties, without cash and the bank's own bookings) and its "
        "wages (debits with a word for pay; their payees are the workers on record). The gate holds when the cash is "
        "at least `value`, on `days` different days (UTC) or more; when it is at least what the workers, one at "
        "least, can earn from the first to the last of these credits' days at `hourly_takings` and `daily_hours`; when "
        "the natural logarithm of cash by wages (taken to be at least `least_wages`) lies at least `z_peer` robust "
        "standard deviations above the peers' lower median (1.4826 times the lower median of the distances from it, "
        "and at least `spread`); and when the share of takings that are no cash is at most `card_share` times the "
        "peers' lower median share. Peers are the other businesses of the same declared trade that banked cash in the "
        "last calendar month that ended before the credit and lies whole in the data; where these are fewer than "
        "`peers`, those of all cash trades; where these are too few, nothing is found. One match is kept for each "
        "account and period of one window length, counted from 1 January 1970 UTC: the firing with most cash, then "
        "with most credits, then the earliest. Low running costs, late hours and quick passing on add points and never "
        "decide. Not covered: wages paid in cash or in one sum through a bureau, invented workers, card takings that a "
        "gang feigns, and floor space, which no column shows."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("cash", "cash paid in", "depositor"),
        Role("other takings", "a credit of another party that is no cash", "", counts=False),
        Role("wages", "a debit with a word for pay", "", counts=False),
    ),
    subject_part="business",
    sources=(
        Source("National Crime Agency", "Operation Machinize: hundreds of barbershops targeted", 2025),
        Source("National Crime Agency", "Car wash bosses convicted for roles in people smuggling organisation", 2024),
        Source("FinCEN", "FIN-2020-A008, supplemental advisory on human trafficking", 2020, second_hand=True),
        Source(
            "FinCEN",
            "FIN-2023-Alert001, alert on human smuggling along the southwest border",
            2023,
            second_hand=True,
        ),
    ),
    innocent_explanations=(
        "a cash business whose staff are paid in notes or by a bureau",
        "a shop that takes no cards at all",
        "a season or event that brought far more custom than usual",
    ),
    finder=_find,
    # The period, and before a credit the window, or the rest of its month and the whole month before: 62 days.
    span_days=lambda values: int(values["window_days"]) + max(int(values["window_days"]), 62),
    needs=("accounts.occupation", "accounts.kind", "transfers.reference"),
    amltrix=("T0014", "T0004"),
)
