"""L03: money comes in and nearly all of it leaves within minutes or hours, on several days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.pass_through import PassThroughRule, left_within, pass_throughs
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import reaches, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import account_transfers, booster, fact, gate, history_days, margin
from moneytrail.wording import between, counted, money, part, percent, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

MINUTE = 60_000_000

PARAMETERS = (
    Parameter(
        "window_days", 7, "days", 1, 60, "length of the sliding window and of a period",
        "a mule account is used for some days and dropped", "design",
    ),
    Parameter(
        "credit", 50_000, "minor units", 1, 10**12, "least credit that counts, from an unaffiliated account",
        "below this, friends splitting a bill look the same", "design",
    ),
    Parameter(
        "quick_minutes", 60, "minutes", 1, 1440, "how soon is quick",
        "over half of the outflow of the mule accounts studied left within the hour", "sourced",
    ),
    Parameter(
        "quick_share", 0.5, "share", 0.001, 1.0, "share of the counted credits that left quickly: one way to hold",
        "over half of the outflow of the mule accounts studied left within the hour", "sourced",
    ),
    Parameter(
        "slow_hours", 24, "hours", 1, 720, "how soon is still soon",
        "a smuggling collector may be slower than a fraud mule", "design",
    ),
    Parameter(
        "slow_share", 0.9, "share", 0.001, 1.0, "share of the counted credits that left by then: the other way to hold",
        "nearly everything, but for the mule's cut", "design",
    ),
    Parameter(
        "retained_share", 0.1, "share", 0.0, 0.999, "most share of all credits of the window that may still be there",
        "a mule keeps a cut of some per cent", "design",
    ),
    Parameter(
        "excess_share", 0.25, "share", 0.0, 1.0, "by how much, as a share of the credits, the debits may pass them",
        "an account that pays out a multiple of what came in spends money of its own", "design",
    ),
    Parameter(
        "days", 2, "count", 1, 60, "days on which such a credit came and was passed on",
        "one such day is a house purchase or a favour", "design",
    ),
    Parameter(
        "first_payee_share", 0.5, "share", 0.0, 1.0,
        "share of the outflow that goes to payees new in 180 days: adds points",
        "a mule pays whom it is told to", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the window: as many add points",
        "without history nobody can tell a new payee from a regular one", "design",
    ),
    Parameter(
        "cut_low", 0.02, "share", 0.0, 1.0, "least cut kept: a cut in this range adds points",
        "reported cuts are some per cent", "design",
    ),
    Parameter(
        "cut_high", 0.1, "share", 0.0, 1.0, "most cut kept: a cut in this range adds points",
        "reported cuts are some per cent", "design",
    ),
)  # fmt: skip


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    rule = PassThroughRule(
        window=int(values["window_days"]) * DAY,
        credit=int(values["credit"]),
        quick=int(values["quick_minutes"]) * MINUTE,
        slow=int(values["slow_hours"]) * 60 * MINUTE,
        quick_share=thousandths(values["quick_share"]),
        slow_share=thousandths(values["slow_share"]),
        retained_share=thousandths(values["retained_share"]),
        days=int(values["days"]),
        excess_share=thousandths(values["excess_share"]),
    )
    # An account costs its transfers on both sides.
    both = graph.outgoing.indptr + graph.incoming.indptr
    found = pass_throughs(graph.outgoing, graph.incoming, ground.stranger, rule, cost_chunks(both, CHUNKS))
    for first, last, fired, _, account in found.tolist():
        own = account_transfers(graph, account, first, last)
        credit = graph.creditor[own] == account
        counted_ = credit & (graph.amount[own] >= rule.credit) & ground.stranger[own]
        measures = _measure(graph, (own, credit, counted_), values, rule)
        # The whole window is the evidence: what was kept and what was overspent can be counted from it alone.
        roles = np.where(counted_, "in", np.where(credit, "other in", "out")).tolist()
        yield Found(
            subject=account,
            ledger=own,
            roles=roles,
            detectable=fired,
            measures=measures,
            explanation=_explain(graph, account, own[counted_ | ~credit], {m.name: m for m in measures}),
        )


def _measure(
    graph: TransactionGraph,
    window: tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]],
    values: Values,
    rule: PassThroughRule,
) -> tuple[Measure, ...]:
    """Measured again from the window alone, from an empty queue: what the evidence by itself can show."""
    own, credit, counted_ = window
    amount, time = graph.amount[own], graph.time[own]
    quick = np.where(counted_, left_within(time, amount, credit, rule.quick), 0)
    slow = np.where(counted_, left_within(time, amount, credit, rule.slow), 0)
    came, left = int(amount[credit].sum()), int(amount[~credit].sum())
    counted_value = int(amount[counted_].sum())
    passed = reaches(quick, amount, rule.quick_share) | reaches(slow, amount, rule.slow_share)
    days = np.unique(time[counted_ & passed] // DAY).size
    quick_share, slow_share = int(quick.sum()) / counted_value, int(slow.sum()) / counted_value
    retained = max(0, came - left) / came
    new_payees = int(amount[~credit & graph.relations.first[own]].sum()) / left
    within_cut = values["cut_low"] <= retained <= values["cut_high"]
    return (
        gate("days", "days with money in and straight out", days, "count", values["days"],
             points=margin(days, values["days"], 3, 0.15)),
        gate("passed", "counted credits passed on, against the mark that held",
             quick_share if quick_share >= values["quick_share"] else slow_share, "share",
             values["quick_share"] if quick_share >= values["quick_share"] else values["slow_share"]),
        gate("retained_share", "share of all credits still there", retained, "share", values["retained_share"],
             upper=True),
        gate("excess_share", "debits beyond the credits, as a share of these", max(0, left - came) / came, "share",
             values["excess_share"], upper=True),
        booster("first_payee_share", "outflow to payees new in 180 days", new_payees, "share",
                values["first_payee_share"], points=0.15),
        booster("cut", "kept a cut of the usual size (1 yes, 0 no)", float(within_cut), "count", 1.0, points=0.10),
        booster("history_days", "days of data before it", history_days(graph, int(own[0])), "days",
                values["history_days"], points=0.10),
        fact("value", "counted credits", counted_value, "minor units"),
        fact("quick_share", f"left within {values['quick_minutes']} minutes", quick_share, "share"),
        fact("slow_share", f"left within {values['slow_hours']} hours", slow_share, "share"),
        fact("credits", "number of counted credits", int(counted_.sum()), "count"),
    )  # fmt: skip


def _explain(graph: TransactionGraph, account: int, ledger: NDArray[np.int64], m: dict[str, Measure]) -> str:
    said = (
        f"{sentence_id(graph.names[account])} took "
        f"{money(m['value'].value, graph.reference_currency)} in {counted(m['credits'].value, 'credit')} from "
        f"accounts with no known tie to it, {between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}. "
        f"{part(m['slow_share'].value, 'it')} {m['slow_share'].label}, {_quick(m['quick_share'])}; money that left so "
        f"soon came on {counted(m['days'].value, 'day')}. {_kept(m['retained_share'].value)}"
    )
    if m["first_payee_share"].met:
        said += f" {part(m['first_payee_share'].value, 'what went out')} went to payees new to the account."
    return said


def _quick(share: Measure) -> str:
    much = percent(share.value) if share.value else "none of it"
    return f"{much} {share.label.removeprefix('left ')}"


def _kept(share: float) -> str:
    return f"{part(share, 'what came in')} was kept." if share else "Nothing of what came in was kept."


TYPOLOGY = Typology(
    id="L03",
    name="Mule pass-through",
    stage="layering",
    summary="Money comes in and nearly all of it leaves within minutes or hours, on several days.",
    definition=(
        "At each debit and each counted credit of an account, its transfers in the window that ends there (left end "
        "excluded, right end "
        "included) are looked at. Counted are credits of at least `credit` that an unaffiliated account "
        "pushed (not a direct debit, card or internal booking). Credits and "
        "debits are matched first in, first out, from an empty queue one window before the period. The gate holds when "
        "at least `quick_share` of the counted value had left within `quick_minutes` of its arrival, or at least "
        "`slow_share` within `slow_hours`, both inclusive; at most `retained_share` of all credits is left over from "
        "the debits, and the debits pass the credits by at most `excess_share` of these; and counted credits that were "
        "themselves passed on by either mark came on at least `days` "
        "calendar days (UTC). One match is kept for each account and period of one window length, counted from 1 "
        "January 1970 UTC: the firing with most value passed on within `slow_hours`, then the earliest. New payees and "
        "a cut of the usual size add points and never decide. Not covered: what was in the account before; a debit "
        "that finds the queue empty is taken from that."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("in", "a counted credit from an unaffiliated account", "sender"),
        Role("out", "a debit of the window", "next hop", counts=False),
        Role("other in", "a credit of the window that does not count: too small, or no stranger's", "", counts=False),
    ),
    subject_part="account passed through",
    sources=(Source("RUSI", "Following the Fraud: The Role of Money Mules", 2025, second_hand=True),),
    innocent_explanations=(
        "moving money between one's own accounts at several banks",
        "a house purchase or another large sum through a solicitor",
        "pay day, with the bills paid at once",
        "friends settling a shared bill through one of them",
    ),
    finder=_find,
    span_days=lambda values: 3 * int(values["window_days"]) + 180,
    amltrix=("T0011",),
)
