"""S05: an account that collects or holds fees gives some of them back to those who paid: no crossing happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.escrow import EscrowRule, matched
from moneytrail.kernels.ladders import groups
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, history_days, margin
from moneytrail.typologies.windows import Chosen, chosen
from moneytrail.wording import at_least, between, counted, money, part, sentence_id, span, times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

PARAMETERS = (
    Parameter(
        "window_days", 180, "days", 1, 180, "length of the sliding window and of a period",
        "failed crossings come in spells of bad weather, some of them a season apart", "design",
    ),
    Parameter(
        "soonest_days", 1, "days", 0, 180, "days from credit to refund, at least",
        "what goes back within the day was a mistake", "design",
    ),
    Parameter(
        "latest_days", 60, "days", 1, 180, "days from credit to refund, at most",
        "nobody waits longer for a crossing that failed", "design",
    ),
    Parameter(
        "refund_share", 0.9, "share", 0.001, 1.0, "refund as a share of the credit, at least; at most all of it",
        "escrow protects the payer; a small charge may stay", "design",
    ),
    Parameter(
        "pairs", 3, "count", 1, 10_000, "sums paid in and given back",
        "one or two are mistakes", "design",
    ),
    Parameter(
        "goods_share", 0.5, "share", 0.0, 1.0, "share of the refunds whose reference speaks of goods or an invoice, "
        "at most", "a shop's refunds name the order; single words are cheap to write, so some do not decide", "design",
    ),
    Parameter(
        "linked", 10, "count", 2, 1000, "accounts that may share one attribute; more are no household",
        "a hostel's address is no household", "design",
    ),
    Parameter(
        "calm_share", 0.5, "share", 0.0, 1.0, "share of the refunds in spells without arrivals: adds points",
        "crossings fail in long spells of bad weather", "design",
    ),
    Parameter(
        "calm_days", 3, "days", 1, 30, "days without arrivals, to the day before the refund, that make a spell",
        "a day or two is no bad weather", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the first of these sums: as many add points",
        "without history nobody can tell a stranger from a regular payer", "design",
    ),
)  # fmt: skip


class Refunds(NamedTuple):
    """Sums of one account paid in and given back: ledger positions, in order of the debits."""

    credit: NDArray[np.int64]
    debit: NDArray[np.int64]

    def within(self, keep: NDArray[np.bool_]) -> Refunds:
        """Those that `keep` says."""
        return Refunds(self.credit[keep], self.debit[keep])


class Moment(NamedTuple):
    """One evaluation: at a ledger position, the refunds of its window and how many earlier findings it holds."""

    ledger: int
    refunds: Refunds
    findings: int


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    credits = chosen(graph, "in", ground.stranger)
    debits = chosen(graph, "out", (graph.creditor >= 0) & ~graph.pulled)
    household = groups(graph.links, int(values["linked"]))
    goods = ground.purpose("goods", "sale", "invoice")
    for account, spans in sorted(ground.marked(("S01", "S04")).items()):
        marks = np.unique(np.array([first for first, _ in spans], np.int64))
        for period in _periods(ground, debits, account, marks, values):
            refunds = _given_back(credits, debits, household, (account, period), values)
            firing = [
                moment for moment in _moments(ground, refunds, marks, period, values) if _holds(goods, moment, values)
            ]
            if firing:
                best = max(firing, key=lambda one: (*_strength(ground, one), -one.ledger))
                yield _instance(ground, account, best, firing[0].ledger, goods, values)


def _strength(ground: Ground, moment: Moment) -> tuple[int, int]:
    return moment.refunds.debit.size, int(ground.graph.amount[moment.refunds.debit].sum())


def _holds(goods: NDArray[np.bool_], moment: Moment, values: Values) -> bool:
    number, named = moment.refunds.debit.size, int(goods[moment.refunds.debit].sum())
    enough = number >= values["pairs"] and moment.findings > 0
    return enough and named * 1000 <= number * thousandths(values["goods_share"])


def _periods(ground: Ground, debits: Chosen, account: int, marks: NDArray[np.int64], values: Values) -> list[int]:
    """The periods in which the account paid, or was found by what this builds on."""
    times = np.concatenate([debits.time[debits.of(account)], ground.graph.time[marks]])
    periods: list[int] = np.unique(times // (int(values["window_days"]) * DAY)).tolist()
    return periods


def _given_back(
    credits: Chosen, debits: Chosen, household: NDArray[np.int32], when: tuple[int, int], values: Values
) -> Refunds:
    """The credits given back to their payers or their households, for one period of one account."""
    (account, period), window = when, int(values["window_days"]) * DAY
    rule = EscrowRule(
        window=window,
        soonest=int(values["soonest_days"]) * DAY,
        latest=int(values["latest_days"]) * DAY,
        share=thousandths(values["refund_share"]),
        pairs=1, receivers=1, payers=1, spent=0,
    )  # fmt: skip
    start = period * window
    came = _part(credits, account, start - window - rule.latest, start + window)
    left = _part(debits, account, start - window, start + window)
    payer, payee = household[credits.peer[came]], household[debits.peer[left]]
    pairs = []
    for home in np.intersect1d(payer, payee).tolist():
        paid, back = came[payer == home], left[payee == home]
        partner = matched((credits.time[paid], credits.amount[paid]), (debits.time[back], debits.amount[back]), rule)
        met = partner >= 0
        pairs.append(np.stack([credits.ledger[paid[partner[met]]], debits.ledger[back[met]]]))
    found = np.concatenate([np.empty((2, 0), np.int64), *pairs], axis=1)
    order = np.argsort(found[1], kind="stable")
    return Refunds(found[0][order], found[1][order])


def _part(choice: Chosen, account: int, after: int, before: int) -> NDArray[np.int64]:
    """Places of one account's transfers later than `after` and earlier than `before`."""
    own = choice.of(account)
    first = own.start + int(np.searchsorted(choice.time[own], after, side="right"))
    return np.arange(first, own.start + int(np.searchsorted(choice.time[own], before)))


def _moments(
    ground: Ground, refunds: Refunds, marks: NDArray[np.int64], period: int, values: Values
) -> Iterator[Moment]:
    """Every refund of the period, and every first firing of what this builds on, with what its window holds."""
    time, window = ground.graph.time, int(values["window_days"]) * DAY
    events = np.unique(np.concatenate([refunds.debit, marks]))
    for event in events[time[events] // window == period].tolist():
        since = time[event] - window
        inside = refunds.within((refunds.debit <= event) & (time[refunds.debit] > since))
        found = marks[(marks <= event) & (time[marks] > since)]
        if inside.debit.size and (event == inside.debit[-1] or _is_news(time, inside, marks, event, window)):
            yield Moment(event, inside, found.size)


def _is_news(time: NDArray[np.int64], inside: Refunds, marks: NDArray[np.int64], event: int, window: int) -> bool:
    """Whether an earlier holding has not already shown the same refunds for what they are."""
    since = time[inside.debit[-1]] - window
    return int(((marks <= event) & (time[marks] > since)).sum()) == 1


def _instance(
    ground: Ground, account: int, best: Moment, opening: int, goods: NDArray[np.bool_], values: Values
) -> Found:
    refunds = best.refunds
    measures = _measure(ground, best, goods, values)
    ledger = np.concatenate([refunds.credit, refunds.debit])
    order = np.argsort(ledger, kind="stable")
    roles = ["paid"] * refunds.credit.size + ["refund"] * refunds.debit.size
    return Found(
        subject=account,
        ledger=ledger[order],
        roles=[roles[place] for place in order],
        detectable=opening,
        measures=measures,
        explanation=_explain(ground, account, refunds, {m.name: m for m in measures}),
    )


def _measure(ground: Ground, best: Moment, goods: NDArray[np.bool_], values: Values) -> tuple[Measure, ...]:
    graph, refunds = ground.graph, best.refunds
    number, paid, back = refunds.debit.size, graph.amount[refunds.credit], graph.amount[refunds.debit]
    days = (graph.time[refunds.debit] - graph.time[refunds.credit]) / DAY
    calm = _calm(ground, refunds, values)
    return (
        gate("pairs", "sums paid in and given back", number, "count", values["pairs"],
             points=margin(number, values["pairs"], 3, 0.20)),
        gate("findings", "findings of a collecting or holding account in the same time", best.findings, "count", 1),
        gate("soonest_days", "shortest time between", float(days.min()), "days", values["soonest_days"]),
        gate("latest_days", "longest time between", float(days.max()), "days", values["latest_days"], upper=True),
        gate("refund_share", "least share given back", float((back / paid).min()), "share", values["refund_share"]),
        gate("goods_share", "refunds whose reference speaks of goods", int(goods[refunds.debit].sum()) / number,
             "share", values["goods_share"], upper=True),
        *([] if calm is None else [
            booster("calm_share", "refunds in spells without arrivals", calm, "share", values["calm_share"],
                    points=0.15),
        ]),
        booster("history_days", "days of data before it", history_days(graph, int(refunds.credit.min())), "days",
                values["history_days"], points=0.15),
        fact("value", "refunds", int(back.sum()), "minor units"),
        fact("payers", "payers", np.unique(graph.debtor[refunds.credit]).size, "count"),
        fact("same_account", "refunds to the very account that paid",
             int((graph.debtor[refunds.credit] == graph.creditor[refunds.debit]).sum()), "count"),
    )  # fmt: skip


def _calm(ground: Ground, refunds: Refunds, values: Values) -> float | None:
    """The share of refunds on days before which nobody had arrived for days; ``None`` where the table does not say."""
    if ground.arrivals is None or not ground.arrivals.height:
        return None
    days = ground.arrivals["day"].to_physical().to_numpy().astype(np.int64)
    none = set(days[ground.arrivals["arrivals"].to_numpy() == 0].tolist())
    on = (ground.graph.time[refunds.debit] // DAY).tolist()
    calm = sum(all(day - back in none for back in range(1, int(values["calm_days"]) + 1)) for day in on)
    return calm / len(on)


def _where(m: dict[str, Measure]) -> str:
    """Where the refunds went."""
    own, others = int(m["same_account"].value), int(m["pairs"].value - m["same_account"].value)
    if not others:
        return "each went back to the account that paid"
    if not own:
        return "each went to an account that shares an attribute with the one that paid"
    return f"{own} went back to the account that paid, {others} to one that shares an attribute with it"


def _explain(ground: Ground, account: int, refunds: Refunds, m: dict[str, Measure]) -> str:
    graph = ground.graph
    when = between(int(graph.time[refunds.debit[0]]), int(graph.time[refunds.debit[-1]]))
    said = (
        f"{sentence_id(graph.names[account])} gave back {counted(m['pairs'].value, 'sum')} that it had been paid, "
        f"{money(m['value'].value, graph.reference_currency)} in all, {when}: "
        f"{span(m['soonest_days'].value, m['latest_days'].value, 'day', 1)} after, {_much(m)}. They had come "
        f"from {counted(m['payers'].value, 'payer')} with no known tie to it; {_where(m)}. In the same time the "
        f"account was found {times(m['findings'].value)} to collect fees from many (S01) or to hold and release them "
        f"(S04). {_goods(ground, refunds, m)}"
    )
    if "calm_share" in m and m["calm_share"].met:
        said += f" {part(m['calm_share'].value, 'the refunds')} fell in spells without small-boat arrivals."
    return said


def _much(m: dict[str, Measure]) -> str:
    """How much of each sum went back."""
    least = m["refund_share"].value
    return "each in full" if least >= 1 else f"{at_least(least)} or more of each"


def _goods(ground: Ground, refunds: Refunds, m: dict[str, Measure]) -> str:
    """What the refunds say of goods; nothing may be said of those that say nothing at all."""
    graph, number = ground.graph, refunds.debit.size
    codes = [graph.codes(name)[0][refunds.debit] >= 0 for name in ("reference", "merchant_category")]
    known = int((codes[0] | codes[1]).sum())
    if not known:
        return "No refund has a reference, so what they were for is not told."
    if not m["goods_share"].value:
        has = "has" if known == 1 else "have"
        return f"Of the {counted(number, 'refund')} {known} {has} a reference; none speaks of goods or an invoice."
    named = round(m["goods_share"].value * number)
    return f"Of the {counted(number, 'refund')} {named} {'speaks' if named == 1 else 'speak'} of goods or an invoice."


TYPOLOGY = Typology(
    id="S05",
    name="Failed-crossing refund",
    stage="collection",
    summary="An account that collects or holds fees gives some of them back to those who paid.",
    definition=(
        "Only accounts with a finding of S01 or S04 are looked at. Credits are those that an unaffiliated payer pushed "
        "(not a direct debit, card or internal booking); debits are all that the account pushed to another. A credit "
        "and a debit make a pair when the debit goes to the payer, or to an account that shares an attribute with it, "
        "directly or over others (one that more than `linked` accounts share does not count), `soonest_days` to "
        "`latest_days` after the credit, both inclusive, and is at least `refund_share` of it and at most all of it; "
        "each credit takes the earliest debit not yet taken. Matching starts with nothing taken for each period, with "
        "the debits of one window before it and the credits of the `latest_days` before those. At each refund, and at "
        "the transfer at which S01 or S04 first held in one of its periods (unless another such transfer lies between "
        "it and one window before the last refund), the window that ends there (left end excluded, right end included) "
        "is looked at. The gate holds when it has at least `pairs` refunds, at least one "
        "such first holding, and at most `goods_share` of the refunds speak of goods, an order or an invoice. One "
        "match is kept for each account and period of one window length, counted from 1 January 1970 UTC: the firing "
        "with most refunds, then with most given back, then the earliest. Spells without arrivals add points and "
        "never decide; the table of a day is taken to be out on the day after. It corroborates and raises no alert "
        "alone. Not covered: refunds in parts, in cash, or from another account than was paid."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("paid", "a sum that was later given back", "payer"),
        Role("refund", "the debit that gave it back", "payer", counts=False),
    ),
    subject_part="account that refunds",
    sources=(
        Source("Koser", "Why Migrant Smuggling Pays, International Migration 46(2)", 2008, second_hand=True),
        Source("Solomon", "Hawala: the bankers of irregular migration", 2022, second_hand=True),
    ),
    innocent_explanations=(
        "a shop, seller or payment processor giving refunds",
        "a landlord or agent returning deposits",
        "an organiser paying people back after a trip fell through",
    ),
    finder=_find,
    span_days=lambda values: 3 * int(values["window_days"]) + int(values["latest_days"]) + 180,
    builds_on=("S01", "S04"),
    alerts_alone=False,
    amltrix=("T0059",),
)
