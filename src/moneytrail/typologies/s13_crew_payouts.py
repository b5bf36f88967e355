"""S13: after a burst of seat fees a collector, or whom the money went to, pays many helpers small similar sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.carrying import carried
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import (
    booster,
    fact,
    gate,
    history_days,
    lower_median,
    margin,
    modal_concentration,
    strangers,
)
from moneytrail.typologies.windows import Windows, chosen
from moneytrail.wording import between, counted, money, part, sentence_id, sums

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

BURSTS: Final = ("S01", "S03")
HEADS: Final = 6
"""The most heads that one payout is taken to cover."""

PARAMETERS = (
    Parameter(
        "window_days", 7, "days", 1, 60, "length of the sliding window and of a period",
        "helpers are paid within days of a crossing", "design",
    ),
    Parameter(
        "payees", 5, "count", 2, 1_000, "distinct unaffiliated payees", "a crew, and not two friends", "design",
    ),
    Parameter(
        "pay_low", 5_000, "minor units", 0, 10**12, "least payout", "less is a round of drinks", "design",
    ),
    Parameter(
        "pay_high", 150_000, "minor units", 1, 10**12, "largest payout",
        "a commission for some heads; a driver's thousands are rare", "design",
    ),
    Parameter(
        "uniform_tolerance", 0.1, "share", 0.0, 0.5, "how near to one of two unit sums counts as the same",
        "helpers are paid by the head or by the turn", "design",
    ),
    Parameter(
        "uniform_share", 0.5, "share", 0.0, 1.0, "share of the payouts at one of two unit sums, or one to six times it",
        "few rates, and not as many as payees", "design",
    ),
    Parameter(
        "burst_days", 7, "days", 1, 60, "how long after a burst of fees, or after its money came, payouts count",
        "helpers are paid when the money is there", "design",
    ),
    Parameter(
        "steps", 2, "count", 0, 5, "by how many payments the money may have moved on from the collector's account",
        "collector to organiser to paymaster", "design",
    ),
    Parameter(
        "funding", 50_000, "minor units", 1, 10**12, "least payment by which it moves on",
        "enough to pay a crew in some parts", "design",
    ),
    Parameter(
        "dues", 0, "count", 0, 1_000, "most payments of wages, tax or pensions that its references tell of",
        "who employs people pays all of these", "design",
    ),
    Parameter(
        "dues_days", 35, "days", 1, 365, "days in which they are looked for", "a month, and some days late", "design",
    ),
    Parameter(
        "head_share", 0.8, "share", 0.0, 1.0,
        "share of the payouts that are one to six times the least of them, to the penny: adds points",
        "a commission for each head", "design",
    ),
    Parameter(
        "first_share", 0.8, "share", 0.0, 1.0, "share of the payees with no dealings in 180 days: adds points",
        "crews change", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the window: as many add points",
        "without history nobody can tell a new payee from a regular one", "design",
    ),
)  # fmt: skip


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    steps, source = _after_bursts(ground, values)
    helper = np.append(~ground.kind("business", "charity", "institution"), False)
    small = (graph.amount >= values["pay_low"]) & (graph.amount <= values["pay_high"])
    payouts = chosen(graph, "out", (steps >= 0) & small & ground.stranger & helper[graph.creditor])
    seen = payouts.within(values["window_days"])
    dues = payouts.within(values["dues_days"]).beside(chosen(graph, "out", ground.purpose("payroll", "tax", "pension")))
    fires = (seen.peers >= values["payees"]) & (dues.count <= values["dues"])
    fires &= _uniform(seen, fires, values)
    for firing in seen.strongest(fires, seen.peers, seen.value):
        ledger = firing.ledger
        funding = _funding(source, ledger)
        proof = np.union1d(ledger, funding)
        measures = _measure(ground, values, ledger, int(dues.count[firing.place]), steps)
        yield Found(
            subject=firing.account,
            ledger=proof,
            roles=["funding" if one in funding else "payout" for one in proof.tolist()],
            detectable=firing.fired,
            measures=measures,
            explanation=_explain(ground, (ledger, funding), {m.name: m for m in measures}),
        )


def _after_bursts(ground: Ground, values: Values) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """For each transfer by how many payments burst money had reached its debtor, and the last of these payments."""
    graph = ground.graph
    reach = int(values["burst_days"]) * DAY
    marks = sorted(
        (fired, subject, int(graph.time[last]) + reach)
        for subject, spans in ground.marked(BURSTS).items()
        for fired, last in spans
    )
    columns = [np.array([mark[place] for mark in marks], np.int64) for place in range(3)]
    firm = np.append(ground.kind("business", "charity", "institution"), False)
    passes = ~graph.pulled & (graph.amount >= values["funding"]) & ~firm[graph.creditor]
    passes &= graph.debtor != graph.creditor
    made: tuple[NDArray[np.int8], NDArray[np.int32]] = carried(
        (graph.debtor, graph.creditor),
        graph.time,
        passes,
        (columns[0], columns[1].astype(np.int32), columns[2]),
        (reach, int(values["steps"]), graph.accounts),
    )
    return made


def _uniform(seen: Windows, wanted: NDArray[np.bool_], values: Values) -> NDArray[np.bool_]:
    """Which of the wanted windows hold payouts at few unit sums; the others are not asked."""
    held = np.zeros(wanted.size, np.bool_)
    share = thousandths(values["uniform_share"])
    for place in np.flatnonzero(wanted).tolist():
        amounts = seen.held.amount[seen.begin[place] : seen.end[place]]
        alike = round(modal_concentration(amounts, float(values["uniform_tolerance"])) * amounts.size)
        held[place] = alike * 1000 >= amounts.size * share
    return held


def _funding(source: NDArray[np.int32], ledger: NDArray[np.int32]) -> NDArray[np.int64]:
    """Ledger positions, rising, of the payments by which the money came to pay these."""
    found: set[int] = set()
    waiting = set(source[ledger].tolist()) - {-1}
    while waiting:
        found |= waiting
        waiting = set(source[sorted(waiting)].tolist()) - found - {-1}
    return np.array(sorted(found), np.int64)


def _measure(
    ground: Ground, values: Values, ledger: NDArray[np.int32], dues: int, steps: NDArray[np.int8]
) -> tuple[Measure, ...]:
    graph = ground.graph
    amounts, payees = graph.amount[ledger], np.unique(graph.creditor[ledger])
    first = np.unique(graph.creditor[ledger][ground.relations.first[ledger]]).size
    crypto = int((ground.by_channel("crypto") | ground.purpose("crypto"))[ledger].sum())
    return (
        gate("payees", "unaffiliated payees", payees.size, "count", values["payees"],
             points=margin(payees.size, values["payees"], 3, 0.15)),
        gate("pay_low", "least payout", int(amounts.min()), "minor units", values["pay_low"]),
        gate("pay_high", "largest payout", int(amounts.max()), "minor units", values["pay_high"], upper=True),
        gate("uniform_share", "payouts at one of two unit sums, or some times it",
             modal_concentration(amounts, float(values["uniform_tolerance"])), "share", values["uniform_share"]),
        gate("dues", f"payments of wages, tax or pensions in {values['dues_days']} days", dues, "count",
             values["dues"], upper=True),
        gate("steps", "payments by which the money moved on before, at most", int(steps[ledger].max()), "count",
             values["steps"], upper=True),
        booster("head_share", "payouts that are whole times the least of them", _by_the_head(amounts), "share",
                values["head_share"], points=0.10),
        booster("first_share", "payees with no earlier dealings", first / payees.size, "share",
                values["first_share"], points=0.10),
        booster("crypto", "payouts in crypto", crypto, "count", 1, points=0.05),
        booster("history_days", "days of data before it", history_days(graph, int(ledger[0])), "days",
                values["history_days"], points=0.10),
        fact("value", "sum of the payouts", int(amounts.sum()), "minor units"),
        fact("middle", "middle payout", lower_median(amounts), "minor units"),
    )  # fmt: skip


def _by_the_head(amounts: NDArray[np.int64]) -> float:
    """The share of the amounts that are one to six times the smallest, exactly."""
    unit = max(int(amounts.min()), 1)
    return float(((amounts % unit == 0) & (amounts <= HEADS * unit)).mean())


def _explain(ground: Ground, proof: tuple[NDArray[Any], NDArray[Any]], m: dict[str, Measure]) -> str:
    graph, (ledger, funding) = ground.graph, proof
    steps = int(m["steps"].value)
    currency = graph.reference_currency
    said = (
        f"{sentence_id(graph.names[int(graph.debtor[ledger[0]])])} paid {money(m['value'].value, currency)} to "
        f"{counted(m['payees'].value, 'payee')} with no known tie to it, "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}, "
        f"{sums(m['pay_low'].value, m['pay_high'].value, currency)} at a time. "
        f"{part(m['uniform_share'].value, 'the payouts')} are near one of two unit sums or a small multiple of one. "
        f"{strangers(m['first_share'].value, graph, int(ledger[0]), 'the payees')} "
    )
    if steps == 0:
        said += "The account itself had been found to take a burst of fees (S01 or S03) in the days before. "
    else:
        came = money(int(graph.amount[funding].sum()), currency)
        said += (
            f"In the days before it was paid by an account found to take a burst of fees (S01 or S03), over up to "
            f"{counted(steps, 'payment')} one after the other; these payments sum to {came}. "
        )
    return said + _dues(ground, m["dues"])


def _dues(ground: Ground, dues: Measure) -> str:
    """What an employer would pay, where the data can show it."""
    if not (ground.has("transfers.reference") or ground.has("transfers.merchant_category")):
        return "The data have no references, which would show wages, tax or pensions."
    number = (
        counted(dues.value, "payment that speaks", "payments that speak") if dues.value else "no payment that speaks"
    )
    return f"It made {number} of {dues.label.removeprefix('payments of ')}; an employer would make more."


TYPOLOGY = Typology(
    id="S13",
    name="Crew and recruiter payouts",
    stage="distribution of proceeds",
    summary="After a burst of seat fees a collector, or whom its money went to, pays many helpers small similar sums.",
    definition=(
        "An account is looked at from the first firing of an S01 or S03 match on it until `burst_days` after the last "
        "transfer of its evidence, both inclusive; and so is, for `burst_days` from a payment of at least `funding`, "
        "who is paid it by an account then looked at (not a direct debit, card or internal booking, and not to "
        "a business, charity or institution), over up to `steps` such payments. Payouts are transfers that such "
        "an account pushes to an unaffiliated one, no business, charity or institution, of `pay_low` to `pay_high`, "
        "both inclusive. At each payout, those in the window that ends there (left end excluded, right end included) "
        "are looked at. The gate holds when they go to at least `payees` distinct payees, at least `uniform_share` of "
        "them lie within `uniform_tolerance` of one to six times one of two unit sums, and at most `dues` payments of "
        "the account in the `dues_days` up to then speak of wages, tax or pensions. One match is kept for each account "
        "and period of one window length, counted from 1 January 1970 UTC: the firing with most payees, then with most "
        "value, then the earliest. The payments by which the money came are evidence and do not count towards the "
        "value. Not covered: helpers paid in cash or by a free passage, and whether payees send travellers."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("payout", "a small payment to an unaffiliated account", "payee"),
        Role("funding", "a payment by which burst money came to the payer", "funding account", counts=False),
    ),
    subject_part="payer of helpers",
    sources=(
        Source(
            "Global Initiative",
            "How to make and lose a fortune smuggling migrants on the French coast",
            2025,
            second_hand=True,
        ),
        Source("AML Intelligence", "Europol flags rise in human traffickers using cryptocurrencies", 2024, True),
        Source("Daily Express", "Lorry drivers offered thousands to smuggle migrants", None, second_hand=True),
    ),
    innocent_explanations=(
        "wages or earnings of a small employer or gig platform that does not say so",
        "a tip pool or shared winnings",
        "money back to those who had paid for a trip that fell through",
    ),
    finder=_find,
    span_days=lambda values: (
        2 * int(values["window_days"])
        + (int(values["steps"]) + 1) * int(values["burst_days"])
        + max(180, int(values["dues_days"]))
    ),
    builds_on=BURSTS,
    compared_by="debits",
)
