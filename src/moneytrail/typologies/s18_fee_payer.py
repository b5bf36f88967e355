"""S18: a household raises a large sum and pays an account that scores. It protects payers; it suspects nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from moneytrail.graph import DAY
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import reaches, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, history_days
from moneytrail.typologies.windows import Chosen, chosen
from moneytrail.wording import between, counted, day, money, plain_id, sentence_id, times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

SCORING: Final = ("S01", "S04", "S08")

LOOKBACK_DAYS: Final = 180
"""How far back a payer's takings are looked at, as dealings are."""

PARAMETERS = (
    Parameter(
        "window_days", 30, "days", 1, 180, "within which the sum is raised before the payment, and length of a period",
        "a family borrows and sells for the journey, not on stock", "design",
    ),
    Parameter(
        "raised", 200_000, "minor units", 1, 10**12, "least sum raised",
        "below what most journeys cost; one family paid 11,000 euros and had sold land for it", "design",
    ),
    Parameter(
        "sudden_share", 0.25, "share", 0.0, 1.0, "least share of what came in so in 180 days that came in the window",
        "half as much again as even over six months; traders have new payers all the time", "design",
    ),
    Parameter(
        "seat_low", 40_000, "minor units", 0, 10**12, "smallest payment",
        "the lower end of the seat prices reported from 2018 to 2025", "design",
    ),
    Parameter(
        "seat_high", 600_000, "minor units", 1, 10**12, "largest payment",
        "the upper end of ordinary seat prices reported from 2018 to 2025", "design",
    ),
    Parameter(
        "payments", 2, "count", 1, 10, "most transfers to that account in 180 days, this one included",
        "a seat is paid once, or in a deposit and a balance", "design",
    ),
    Parameter(
        "before_days", 30, "days", 0, 180, "how long before that account first scored a payment may have been made",
        "the length of a window in which collectors are found", "design",
    ),
    Parameter(
        "after_days", 90, "days", 0, 360, "how long after it last scored anew a payment may be made",
        "collecting accounts are used for some months", "design",
    ),
    Parameter(
        "givers", 3, "count", 1, 100, "different payers of the sum: as many add points",
        "relatives put money together", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the payment: as many add points",
        "without history nobody can tell new money from regular income", "design",
    ),
)  # fmt: skip


class _Scored(NamedTuple):
    """When accounts first scored anew, one entry a match, in order of account and transfer."""

    account: NDArray[np.int64]
    ledger: NDArray[np.int64]
    typology: NDArray[np.int64]


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    scored = _scored(ground)
    paid = chosen(ground.graph, "out", _may_be_fees(ground, scored, values))
    named = _named(ground)
    raised = _raised(ground, paid, named)
    seen = paid.within(values["window_days"]).beside(raised)
    # A trader or freelancer takes in from new payers all the time; a household does so once.
    whole = paid.within(LOOKBACK_DAYS).beside(raised).value
    sudden = (seen.value >= values["raised"]) & reaches(seen.value, whole, thousandths(values["sudden_share"]))
    place, by = _known(ground, scored, paid, values)
    place, by = place[sudden[place]], by[sudden[place]]
    known = np.maximum(paid.ledger[place], scored.ledger[by])
    order = np.lexsort((place, known, paid.account[place]))
    place, by, known = place[order], by[order], known[order].astype(np.int32)
    indptr = np.searchsorted(paid.account[place], np.arange(paid.accounts + 1)).astype(np.int64)
    when = Chosen(indptr, known, paid.peer[place], ground.graph.time[known], paid.amount[place])
    fires = np.ones(place.size, np.bool_)
    for firing in when.within(values["window_days"]).strongest(fires, seen.value[place], when.amount):
        at = int(place[firing.place])
        typology = SCORING[int(scored.typology[by[firing.place]])]
        told = (int(paid.ledger[at]), firing.fired, typology)
        measures = _measure(ground, told[0], (seen.ledger(at), int(whole[at]), named), values)
        yield _found(ground, told, seen.ledger(at), measures)


def _scored(ground: Ground) -> _Scored:
    rows = sorted(
        (int(one.subject), int(one.detectable), code)
        for code, typology in enumerate(SCORING)
        for one in ground.earlier[typology]
    )
    account, ledger, typology = np.array(rows, np.int64).reshape(-1, 3).T
    return _Scored(account, ledger, typology)


def _may_be_fees(ground: Ground, scored: _Scored, values: Values) -> NDArray[np.bool_]:
    """bool[n]: a stranger's payment of a seat's size to an account that ever scores, among its first to it."""
    graph, relations = ground.graph, ground.relations
    scoring = np.zeros(graph.accounts + 1, np.bool_)
    scoring[scored.account] = True
    households = ground.kind("personal") if ground.has("accounts.kind") else np.ones(graph.accounts, np.bool_)
    may = ground.stranger & scoring[graph.creditor] & np.append(households, False)[graph.debtor]
    may &= (graph.amount >= values["seat_low"]) & (graph.amount <= values["seat_high"])
    places = np.flatnonzero(may & (relations.recent <= values["payments"]))
    made = np.zeros(graph.transfers, np.bool_)
    made[places] = relations.first[_first_of(ground, places)[:, -1]]
    return made


def _first_of(ground: Ground, places: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """int64[k, steps]: each payment and those to the same account in the 180 days before it, back to the first."""
    relations = ground.relations
    back = [places.astype(np.int64)]
    recent = relations.recent[places]
    for step in range(1, int(recent.max(initial=1))):
        back.append(np.where(recent > step, relations.repeat_of[back[-1]], back[-1]).astype(np.int64))
    return np.stack(back, axis=1)


def _raised(ground: Ground, paid: Chosen, named: NDArray[np.bool_]) -> Chosen:
    """What the payers took in that is not their regular income.

    Pushed by an account of another party, no salary and no pay; from one that it had not dealt with in 180 days, or
    said to be a loan or the price of something sold.
    """
    graph = ground.graph
    payer = np.append(np.diff(paid.indptr) > 0, False)
    keep = payer[graph.creditor] & ground.between_parties & ~graph.pulled & ~ground.salary
    return chosen(graph, "in", keep & ~ground.purpose("payroll") & (ground.relations.first | named))


def _named(ground: Ground) -> NDArray[np.bool_]:
    """bool[n]: said, or known by the payer's trade, to be a loan or the price of something sold."""
    lender = np.append(ground.trade("lender", "seller_of_assets"), False)
    return lender[ground.graph.debtor] | ground.purpose("loan", "house", "vehicles", "valuables", "property")


def _known(
    ground: Ground, scored: _Scored, paid: Chosen, values: Values
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The payments that lie near enough to a first scoring of their payee, and the earliest such scoring of each."""
    time = ground.graph.time
    before, after = int(values["before_days"]) * DAY, int(values["after_days"]) * DAY
    earliest = int(time[0]) - after if time.size else 0
    span = (int(time[-1]) - earliest + 1) if time.size else 1
    # A key of whole numbers in float would round: accounts are ranked first, so that the product stays small.
    ranks = np.unique(scored.account)
    key = np.searchsorted(ranks, scored.account) * span + time[scored.ledger] - earliest
    rank = np.searchsorted(ranks, paid.peer)
    by = np.searchsorted(key, rank * span + paid.time - after - earliest)
    place = np.flatnonzero(by < key.size)
    by = by[place]
    near = (scored.account[by] == paid.peer[place]) & (paid.time[place] > time[scored.ledger[by]] - before)
    return place[near], by[near]


def _found(
    ground: Ground, told: tuple[int, int, str], raised: NDArray[np.int32], measures: tuple[Measure, ...]
) -> Found:
    graph = ground.graph
    payment, fired, typology = told
    fees = np.unique(_first_of(ground, np.array([payment])))
    ledger = np.concatenate([fees, raised])
    order = np.argsort(ledger, kind="stable")
    roles = ["fee"] * fees.size + ["raised"] * raised.size
    return Found(
        subject=int(graph.debtor[payment]),
        ledger=ledger[order],
        roles=[roles[place] for place in order.tolist()],
        detectable=fired,
        measures=measures,
        explanation=_explain(ground, (payment, typology), raised, {m.name: m for m in measures}),
    )


def _measure(
    ground: Ground, payment: int, evidence: tuple[NDArray[np.int32], int, NDArray[np.bool_]], values: Values
) -> tuple[Measure, ...]:
    graph = ground.graph
    raised, whole, is_named = evidence
    fees = np.unique(_first_of(ground, np.array([payment])))
    amount, total = int(graph.amount[payment]), int(graph.amount[raised].sum())
    found = [
        gate("raised", "sum raised before the payment", total, "minor units", values["raised"]),
        gate("sudden_share", "share of what came in so in 180 days", total / whole, "share", values["sudden_share"]),
        gate("payments", "transfers to that account in 180 days", fees.size, "count", values["payments"], upper=True),
        gate("seat_low", "the payment", amount, "minor units", values["seat_low"]),
        gate("seat_high", "the payment", amount, "minor units", values["seat_high"], upper=True),
        gate("dealings", "dealings with it in the 180 days before the first of these",
             int(not ground.relations.first[fees[0]]), "count", 0, upper=True),
        booster("givers", "different payers of the sum", np.unique(graph.debtor[raised]).size, "count",
                values["givers"], points=0.05),
        booster("history_days", "days of data before the payment", history_days(graph, int(fees[0])), "days",
                values["history_days"], points=0.05),
    ]  # fmt: skip
    if ground.has("transfers.reference") or ground.has("accounts.occupation"):
        named = int(graph.amount[raised][is_named[raised]].sum())
        found.append(
            fact("named", "of the sum: said to be a loan or the price of something sold", named, "minor units")
        )
    return tuple(found)


def _explain(
    ground: Ground,
    told: tuple[int, str],
    raised: NDArray[np.int32],
    m: dict[str, Measure],
) -> str:
    graph, currency = ground.graph, ground.graph.reference_currency
    payment, typology = told
    number = int(m["payments"].value)
    several = f" With earlier ones it paid that account {times(number)} in 180 days." if number > 1 else ""
    first = "the first of these" if number > 1 else "that"
    return (
        f"{sentence_id(graph.names[int(graph.debtor[payment])])} belongs to a payer who may be a victim or a witness. "
        f"Beside its regular income it took in {money(m['raised'].value, currency)} from "
        f"{counted(m['givers'].value, 'payer')}, "
        f"{between(int(graph.time[raised[0]]), int(graph.time[raised[-1]]))}{_raised_by(m, currency)}. It paid "
        f"{money(m['seat_low'].value, currency)} to {plain_id(graph.names[int(graph.creditor[payment])])} on "
        f"{day(int(graph.time[payment]))}.{several} That account is itself found under {typology}; the two had no "
        f"dealings in the 180 days before {first}, as far as the data reach back. This is a label to protect by: it "
        "says nothing against the payer, and raises no alert."
    )


def _raised_by(m: dict[str, Measure], currency: str) -> str:
    """What the money was: a loan or a sale by its words, the rest from accounts not dealt with before."""
    named, whole = m["named"].value if "named" in m else 0, m["raised"].value
    sold = "as a loan or for something sold, by its words or the payer's trade"
    others = "from accounts with which it had not dealt in 180 days"
    if named in (0, whole):
        return f", all of it {sold if named else others}"
    return f": {money(named, currency)} {sold}, and {money(whole - named, currency)} {others}"


TYPOLOGY = Typology(
    id="S18",
    name="Fee-payer profile",
    stage="source of funds",
    summary="A household raises a large sum and pays an account that scores as a collector or broker: to be protected.",
    definition=(
        "At each payment from `seat_low` to `seat_high` (both inclusive) that a personal account (any account, where "
        "the data tell no kinds) pushes to an unaffiliated account that scores under S01, S04 or S08, what the payer "
        "took in in the `window_days` before it is looked at (left end excluded, up to the payment in the ledger): "
        "pushed by an account of another party, no salary and without words of pay, and either from an account "
        "without dealings with it, either way, in the 180 days before, or said by reference, merchant category or the "
        "payer's declared trade to be a loan or the price of something sold. The gate holds when this comes to at "
        "least `raised`, and to at least `sudden_share` of what the payer took in so in the 180 days up to the "
        "payment; the payer made at most `payments` transfers to that account in 180 days, this one included; and "
        "before the first of these the two had no dealings, either way, for 180 days. The payee scores where one of "
        "its matches was first detectable at most `after_days` before the payment (inclusive), or less than "
        "`before_days` after it; the payment is then known at the later of the two. One match is kept for each payer "
        "and period of `window_days`, counted from 1 January 1970 UTC by when the payment was known: the one with the "
        "largest sum raised, then with the largest payment, then the earliest. Only the payment at hand must be of a "
        "seat's size. The payer may be a victim or a witness: a match is shown with the payee's alert, and never "
        "raises one. Not covered: sums raised in cash, savings, and relatives who send regularly."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("fee", "a payment to an account that scores as a collector or broker", "account paid"),
        Role("raised", "money raised before: a loan, a sale, or from someone not dealt with before", "", counts=False),
    ),
    subject_part="payer, possible victim or witness",
    sources=(
        Source("International Migration 46(2)", "K. Koser, Why Migrant Smuggling Pays", 2008, second_hand=True),
        Source("Solomon", "Hawala: the bankers of irregular migration", 2022, second_hand=True),
        Source(
            "The Telegraph", "How people smugglers move millions around the world without leaving a trace", 2025,
            second_hand=True,
        ),
    ),
    innocent_explanations=(
        "remittance to family",
        "a loan, inheritance or house sale spent on something else",
        "medical treatment or a wedding paid for",
    ),
    finder=_find,
    span_days=lambda values: int(
        2 * values["window_days"] + values["before_days"] + values["after_days"] + 2 * 180 * values["payments"]
    ),
    builds_on=SCORING,
    alerts_alone=False,
    compared_by="debits",
)  # fmt: skip
