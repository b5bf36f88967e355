"""S02: the same payers pay in two to six stages, over weeks or months, into one account or linked ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from moneytrail.graph import CHUNKS, DAY, RELATION_RULE
from moneytrail.kernels.ladders import LadderRule, groups, ladders
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.windows import strongest
from moneytrail.matches import Parameter, Role, Values
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, history_days, margin
from moneytrail.wording import between, counted, listed, money, part, sentence_id, span, sums

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

PARAMETERS = (
    Parameter(
        "window_days", 180, "days", 1, 180, "length of the sliding window and of a period",
        "a journey takes weeks to months", "design",
    ),
    Parameter(
        "payers", 2, "count", 1, 10_000, "payers who climb a ladder into the set: one way to hold",
        "one payer's stages into one account are any purchase in instalments", "design",
    ),
    Parameter(
        "payees", 2, "count", 2, 6, "accounts over which one payer's ladder is spread: the other way to hold",
        "nobody pays an honest purchase to two accounts in turn that hide that they are one", "design",
    ),
    Parameter(
        "fewest", 2, "count", 2, 6, "steps of a ladder, at least",
        "an advance and a balance", "design",
    ),
    Parameter(
        "most", 6, "count", 2, 12, "steps of a ladder, at most",
        "legs of a journey; more is a running account", "design",
    ),
    Parameter(
        "span_days", 14, "days", 0, 180, "days from the first step to the last, at least",
        "stages are paid as the traveller moves on, not on one weekend", "design",
    ),
    Parameter(
        "step", 10_000, "minor units", 0, 10**12, "least payment that is a step",
        "smaller ones between would hide the ladder", "design",
    ),
    Parameter(
        "total_low", 150_000, "minor units", 0, 10**12, "sum of a ladder's steps, at least",
        "the lower end of what a whole journey costs by fees reported", "design",
    ),
    Parameter(
        "total_high", 2_500_000, "minor units", 1, 10**14, "sum of a ladder's steps, at most",
        "the upper end of what a whole journey costs by fees reported", "design",
    ),
    Parameter(
        "known_days", 35, "days", 0, 180,
        "days of data before a ladder's first step, at least, or an account opened since they begin",
        "what is paid every month must be seen once before, or every salary and rent begins a ladder", "design",
    ),
    Parameter(
        "onward_days", 7, "days", 1, 60, "how soon a payee's next large debit shows where its money goes",
        "collectors settle with the broker within days", "design",
    ),
    Parameter(
        "onward", 50_000, "minor units", 1, 10**12, "least debit that shows it",
        "smaller debits are the payee's own living", "design",
    ),
    Parameter(
        "linked", 10, "count", 2, 1000, "accounts that may share one attribute: a value that more share links nobody",
        "a hostel's address or a shop's telephone makes no set of payees", "design",
    ),
    Parameter(
        "alike", 4, "count", 2, 1000, "payers whose steps are near the middle one's: as many add points",
        "three others who climb the same ladder", "design",
    ),
    Parameter(
        "alike_tolerance", 0.15, "share", 0.0, 1.0, "how near each step must be to the middle amount of that step",
        "stages of one route have one price", "design",
    ),
    Parameter(
        "gap_spread", 0.5, "share", 0.0, 10.0, "middle coefficient of variation of the pauses: as much adds points",
        "a journey's stages follow no calendar, instalments do", "design",
    ),
    Parameter(
        "arrivals", 500, "count", 1, 100_000, "arrivals of a day that is large: last steps soon after add points",
        "the last stage is paid on arrival", "design",
    ),
)  # fmt: skip

NAMED: Final = 4
"""More payees of a set are not named in a sentence."""

SOON: Final = 2
"""Days after a large day of arrivals in which a last step counts as soon after it."""


@dataclass(frozen=True, eq=False)
class Steps:
    """Steps into sets of payees, set by set in order of time.

    Attributes
    ----------
    key : int64[m]
        The set, rising.
    ledger : int32[m]
        Each step's transfer.
    seen : int32[m]
        The transfer at which it is seen: itself, or the payee's debit to the account that the set has in common.
    """

    graph: TransactionGraph
    key: NDArray[np.int64]
    ledger: NDArray[np.int32]
    seen: NDArray[np.int32]

    @cached_property
    def indptr(self) -> NDArray[np.int64]:
        """Where each set begins."""
        starts = np.flatnonzero(np.append(True, self.key[1:] != self.key[:-1])) if self.key.size else np.empty(0)
        return np.append(starts, self.key.size).astype(np.int64)

    @cached_property
    def time(self) -> NDArray[np.int64]:
        """When each is seen."""
        return self.graph.time[self.seen]

    @cached_property
    def climber(self) -> NDArray[np.int32]:
        """A number for payer and set together."""
        both = self.key * self.graph.accounts + self.graph.debtor[self.ledger]
        climber: NDArray[np.int32] = np.unique(both, return_inverse=True)[1].astype(np.int32)
        return climber

    def repeated(self) -> Steps:
        """Without those of payers who make one step into a set."""
        often = np.bincount(self.climber, minlength=1)[self.climber] > 1
        return Steps(self.graph, self.key[often], self.ledger[often], self.seen[often])


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    group = groups(graph.links, int(values["linked"]))
    given = _given(ground, min(values["step"], values["onward"]))
    firm = ground.kind("business", "charity", "institution")
    steps = given[(graph.amount[given] >= values["step"]) & ~firm[graph.debtor[given]]]
    large = given[graph.amount[given] >= values["onward"]]
    rule = LadderRule(
        window=int(values["window_days"]) * DAY,
        fewest=int(values["fewest"]),
        most=int(values["most"]),
        span=int(values["span_days"]) * DAY,
        low=int(values["total_low"]),
        high=int(values["total_high"]),
        payees=1,
    )
    new = np.zeros(graph.transfers, np.bool_)
    new[steps] = _new(ground, steps, int(values["known_days"]) * DAY)
    accounts = np.arange(graph.accounts, dtype=np.int32)
    yield from _climbed(ground, "linked", _linked(graph, steps, group).repeated(), (accounts, new), rule, values)
    by_group = rule._replace(payees=int(values["payees"]))
    yield from _climbed(
        ground, "downstream", _downstream(graph, (steps, large), values).repeated(), (group, new), by_group, values
    )


def _new(ground: Ground, steps: NDArray[np.int32], known: int) -> NDArray[np.bool_]:
    """Whether each is the first dealing of its two accounts in 180 days, in data that would show an earlier one."""
    graph, opened = ground.graph, ground.opened()
    young = np.maximum(opened[graph.debtor[steps]], opened[graph.creditor[steps]]) >= graph.known_from // DAY * DAY
    new: NDArray[np.bool_] = ground.relations.first[steps] & (young | (graph.time[steps] - graph.known_from >= known))
    return new


def _given(ground: Ground, least: float) -> NDArray[np.int32]:
    """Transfers of at least `least` pushed between two accounts that share no attribute, and no salaries.

    Dealings before do not matter.
    """
    graph = ground.graph
    pushed = (graph.debtor >= 0) & (graph.creditor >= 0) & (graph.debtor != graph.creditor) & (graph.amount >= least)
    given = np.flatnonzero(pushed & ~graph.pulled & ~ground.salary).astype(np.int32)
    shared = np.zeros(given.size, np.bool_)
    debtor, creditor = graph.debtor[given], graph.creditor[given]
    for links in graph.links.T:
        payer = np.ascontiguousarray(links)[debtor]
        shared |= (payer >= 0) & (payer == np.ascontiguousarray(links)[creditor])
    return given[~shared]


def _linked(graph: TransactionGraph, steps: NDArray[np.int32], group: NDArray[np.int32]) -> Steps:
    """Steps by the group of the account paid."""
    key = group[graph.creditor[steps]]
    order = np.argsort(key, kind="stable")
    return Steps(graph, key[order].astype(np.int64), steps[order], steps[order])


def _downstream(graph: TransactionGraph, given: tuple[NDArray[np.int32], NDArray[np.int32]], values: Values) -> Steps:
    """Steps by the account that the payee's next large debit goes to, where one follows soon."""
    steps, large = given
    place = graph.debtor[large].astype(np.int64) * graph.transfers + large
    order = np.argsort(place)
    wanted = graph.creditor[steps].astype(np.int64) * graph.transfers + steps
    after = np.searchsorted(place[order], wanted, side="right")
    onward = np.append(large[order], -1)[after]
    soon = (onward >= 0) & (graph.debtor[onward] == graph.creditor[steps])
    soon &= graph.time[onward] - graph.time[steps] <= int(values["onward_days"]) * DAY
    soon &= graph.creditor[onward] != graph.debtor[steps]
    kept, seen = steps[soon], onward[soon]
    key = graph.creditor[seen]
    order = np.lexsort((kept, seen, key))
    return Steps(graph, key[order].astype(np.int64), kept[order], seen[order])


def _climbed(
    ground: Ground,
    kind: str,
    steps: Steps,
    known: tuple[NDArray[np.int32], NDArray[np.bool_]],
    rule: LadderRule,
    values: Values,
) -> Iterator[Found]:
    """The strongest moment of each set and period."""
    graph, (group, new) = ground.graph, known
    amount, payee = graph.amount[steps.ledger], group[graph.creditor[steps.ledger]]
    told = (steps.time, amount, new[steps.ledger], steps.climber, payee)
    climbers = int(steps.climber.max(initial=-1)) + 1
    own, count, value = ladders(steps.indptr, told, climbers, rule, cost_chunks(steps.indptr, CHUNKS))
    fires = (own > 0) & ((count >= values["payers"]) | (own >= values["payees"]))
    best = strongest(steps.indptr, steps.time, fires, (count.astype(np.int64), value), rule.window)
    for set_, place, opening in best.tolist():
        begin = int(steps.indptr[set_])
        begin += int(np.searchsorted(steps.time[begin : place + 1], steps.time[place] - rule.window, side="right"))
        held = _held(steps, told, slice(begin, place + 1), rule)
        spread = int(own[place])
        yield _instance(ground, kind, steps, held, (place, int(steps.seen[opening]), spread), values)


def _held(
    steps: Steps,
    told: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.int32], NDArray[np.int32]],
    window: slice,
    rule: LadderRule,
) -> list[NDArray[np.int64]]:
    """The ladders that hold in one window, each as its places among the steps, rising; in order of their payers."""
    time, amount, new, climber, payee = told
    order = np.argsort(climber[window], kind="stable") + window.start
    cuts = np.flatnonzero(np.diff(climber[order])) + 1
    starts, stops = np.append(0, cuts), np.append(cuts, order.size)
    number = stops - starts
    fits = (number >= rule.fewest) & (number <= rule.most) & new[order[starts]]
    fits &= time[order[stops - 1]] - time[order[starts]] >= rule.span
    ladders_ = [order[start:stop] for start, stop in zip(starts[fits], stops[fits], strict=True)]
    return [
        one
        for one in ladders_
        if rule.low <= amount[one].sum() <= rule.high and np.unique(payee[one]).size >= rule.payees
    ]


def _instance(
    ground: Ground,
    kind: str,
    steps: Steps,
    held: list[NDArray[np.int64]],
    when: tuple[int, int, int],
    values: Values,
) -> Found:
    graph, (place, opening, spread) = ground.graph, when
    subject = int(graph.creditor[steps.ledger[place]])
    paid = steps.ledger[np.concatenate(held)]
    onward = np.unique(steps.seen[np.concatenate(held)]) if kind == "downstream" else np.empty(0, np.int32)
    roles = dict.fromkeys(onward.tolist(), "onward")
    # A debit that passes money on may itself be a step: what it is for the payers goes first.
    roles |= {one: "step" if graph.creditor[one] == subject else "step elsewhere" for one in paid.tolist()}
    ledger = np.array(sorted(roles), np.int64)
    measures = _measure(ground, kind, (steps, held, spread), values)
    return Found(
        subject=subject,
        ledger=ledger,
        roles=[roles[one] for one in ledger.tolist()],
        detectable=opening,
        measures=measures,
        explanation=_explain(ground, subject, (kind, paid, onward), {m.name: m for m in measures}, values),
        key=kind,
    )


def _measure(
    ground: Ground, kind: str, climbed: tuple[Steps, list[NDArray[np.int64]], int], values: Values
) -> tuple[Measure, ...]:
    graph, (steps, held, spread) = ground.graph, climbed
    sums = [int(graph.amount[steps.ledger[one]].sum()) for one in held]
    spans = [int(steps.time[one[-1]] - steps.time[one[0]]) / DAY for one in held]
    known = [history_days(graph, int(steps.ledger[one[0]])) for one in held]
    number, sizes, alike = len(held), [one.size for one in held], _alike(steps, held, values)
    payees = np.unique(graph.creditor[steps.ledger[np.concatenate(held)]]).size
    days = "days from first to last step"
    by_payers = kind == "linked" and number >= values["payers"]
    points = margin(number, max(values["payers"], 2), 4, 0.15)
    how = (
        gate("payers", "payers who paid in stages", number, "count", values["payers"], points=points)
        if by_payers
        else gate("payees", "accounts that the last payer paid in turn", spread, "count", values["payees"],
                  points=points)
    )  # fmt: skip
    return (
        how,
        gate("fewest", "fewest steps of one payer", min(sizes), "count", values["fewest"]),
        gate("most", "most steps of one payer", max(sizes), "count", values["most"], upper=True),
        gate("span_days", f"shortest {days}", min(spans), "days", values["span_days"]),
        gate("total_low", "least sum of one payer", min(sums), "minor units", values["total_low"]),
        gate("total_high", "greatest sum of one payer", max(sums), "minor units", values["total_high"], upper=True),
        booster("alike", "payers whose steps are near the middle one's", alike, "count", values["alike"], points=0.15),
        *_irregular(steps, held, values),
        *_after_arrivals(ground, steps, held, values),
        *([] if by_payers else [fact("payers", "payers who paid in stages", number, "count")]),
        fact("known_days", "days of data before the first step, at least", min(known), "days"),
        fact("linked_payees", "accounts paid", payees, "count"),
        fact("value", "sum of all steps", sum(sums), "minor units"),
        fact("longest_days", f"longest {days}", max(spans), "days"),
    )  # fmt: skip


def _alike(steps: Steps, held: list[NDArray[np.int64]], values: Values) -> int:
    """Payers with the commonest number of steps, each step near the lower median of all such payers' for that step."""
    sizes = np.array([one.size for one in held])
    common = int(np.argmax(np.bincount(sizes)))
    amounts = np.stack([steps.graph.amount[steps.ledger[one]] for one in held if one.size == common])
    middle = np.sort(amounts, axis=0)[(len(amounts) - 1) // 2]
    near = np.abs(amounts - middle) <= float(values["alike_tolerance"]) * middle
    return int(near.all(axis=1).sum())


def _irregular(steps: Steps, held: list[NDArray[np.int64]], values: Values) -> list[Measure]:
    """The middle coefficient of variation of the pauses between steps; nothing where nobody made three."""
    spreads = []
    for one in held:
        gaps = np.diff(steps.time[one]) / DAY
        if gaps.size >= 2 and gaps.sum() > 0:
            spreads.append(float(gaps.std() / gaps.mean()))
    if not spreads:
        return []
    middle = sorted(spreads)[(len(spreads) - 1) // 2]
    name = "middle variation of the pauses between steps"
    return [booster("gap_spread", name, middle, "share", values["gap_spread"], points=0.10)]


def _after_arrivals(ground: Ground, steps: Steps, held: list[NDArray[np.int64]], values: Values) -> list[Measure]:
    """The share of last steps soon after a day of many arrivals; the table of a day is out on the day after."""
    if ground.arrivals is None or not ground.arrivals.height:
        return []
    days = ground.arrivals["day"].to_physical().to_numpy()
    large = set(days[ground.arrivals["arrivals"].to_numpy() >= values["arrivals"]].tolist())
    last = [int(steps.graph.time[steps.ledger[one[-1]]] // DAY) for one in held]
    soon = sum(any(day - back in large for back in range(1, SOON + 1)) for day in last) / len(last)
    name = f"last steps within {SOON} days after a day of {values['arrivals']} arrivals or more"
    return [booster("after_arrivals", name, soon, "share", 0.5, points=0.10)]


def _explain(
    ground: Ground,
    subject: int,
    proof: tuple[str, NDArray[np.int32], NDArray[np.int32]],
    m: dict[str, Measure],
    values: Values,
) -> str:
    graph, (kind, paid, onward) = ground.graph, proof
    currency = graph.reference_currency
    others = sorted({graph.names[one] for one in graph.creditor[paid].tolist()} - {graph.names[subject]})
    said = (
        f"{sentence_id(graph.names[subject])}{_together(kind, others)} {money(m['value'].value, currency)} in stages "
        f"by {counted(m['payers'].value, 'payer')}, "
        f"{between(int(graph.time[paid.min()]), int(graph.time[paid.max()]))}. "
        f"{'The payer' if m['payers'].value == 1 else 'Each payer'} made "
        f"{span(m['fewest'].value, m['most'].value, 'payment')} in "
        f"{span(m['span_days'].value, m['longest_days'].value, 'day')}, "
        f"{sums(m['total_low'].value, m['total_high'].value, currency)} in all. {_unknown(m, values)}"
    )
    if onward.size:
        said += (
            f" Each payee passed money on within {counted(_reach(graph, paid, onward), 'day')} to the same account, "
            f"{graph.names[int(graph.creditor[onward[0]])]}."
        )
    if m["alike"].met:
        said += f" {counted(m['alike'].value, 'payer')} paid nearly the same sums stage by stage."
    if "gap_spread" in m and m["gap_spread"].met:
        said += " The pauses between the payments are irregular."
    if "after_arrivals" in m and m["after_arrivals"].met:
        near = m["after_arrivals"].label.removeprefix("last steps ")
        said += f" {part(m['after_arrivals'].value, 'the last payments')} came {near}."
    return said


def _together(kind: str, others: list[str]) -> str:
    """How the other accounts of the set belong to the subject."""
    if not others:
        return " was paid"
    many = f"{counted(len(others), 'other account')} ({listed(others, NAMED)})"
    if kind == "linked":
        return f" and {many} linked to it by shared attributes were together paid"
    return f" and {many}, which passed money on to the same account, were together paid"


def _unknown(m: dict[str, Measure], values: Values) -> str:
    """What may be said of dealings before the first payments."""
    known, full = int(m["known_days"].value), RELATION_RULE.lookback // DAY
    who = "The payer had not dealt" if m["payers"].value == 1 else "None of them had dealt"
    said = f"{who} with the account it first paid in the {full} days before"
    if known >= full:
        return f"{said}."
    young = " or to the opening of one of the two accounts" if known < values["known_days"] else ""
    return f"{said}, as far as the data show: they reach back {counted(known, 'day')} or more{young}."


def _reach(graph: TransactionGraph, paid: NDArray[np.int32], onward: NDArray[np.int32]) -> int:
    """Whole days, rounded up, within which each step's payee passed on."""
    longest = 0
    for one in paid.tolist():
        after = onward[(onward > one) & (graph.debtor[onward] == graph.creditor[one])]
        longest = max(longest, int(graph.time[after[0]] - graph.time[one]))
    return -(-longest // DAY)


TYPOLOGY = Typology(
    id="S02",
    name="Instalment ladder",
    stage="collection",
    summary="The same payers pay in two to six stages, over weeks or months, into one account or linked ones.",
    definition=(
        "A step is a transfer of at least `step` that a payer pushed (not a direct debit, card or internal booking) to "
        "an account with which it shares no party or hashed attribute, that is no salary, and whose payer is not known "
        "to be a business, charity or institution. Steps are looked at by sets of payees, of two kinds. Linked: an "
        "account with all that it shares an attribute with, directly or over others; an attribute that more than "
        "`linked` accounts share links nobody. Downstream: the payees whose next pushed debit of at least `onward` "
        "after the step, within `onward_days` (inclusive), goes to the same account, which is not the payer and shares "
        "no attribute with the payee; such a step is dated at that debit. A payer's steps into a set in the window "
        "(left end excluded, right end included) are a ladder when they are `fewest` to `most`, both inclusive; the "
        "last is at least `span_days` after the first; they sum to `total_low` to `total_high`, both inclusive; the "
        "first is the first transfer between the two accounts, either way, in 180 days, in data that reach back at "
        "least `known_days` before it, or to the day on which one of the two accounts was opened; and, in a downstream "
        "set, they go to at least `payees` payees that are not linked. The gate holds at each step that completes or "
        "continues its payer's ladder when at least `payers` ladders hold in the window or this one goes to at least "
        "`payees` accounts. One match is kept for each set and period of one window length, counted from 1 January "
        "1970 UTC: the moment with most ladders, then with the greatest sum, then the earliest; its subject is the "
        "account that was paid then. Likeness of the payers' steps, irregular pauses and last steps soon after days "
        "of many arrivals add points and never decide. Not covered: one payer's stages into one account alone, stages "
        "paid in cash, payees with nothing in common whose money leaves in cash, and payers who dealt with the payee "
        "before."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("step", "one stage paid to the subject", "payer"),
        Role("step elsewhere", "one stage paid to another account of the set", "payer or linked payee"),
        Role("onward", "a payee's debit to the account that the set has in common", "payee or next hop", counts=False),
    ),
    subject_part="payee",
    sources=(
        Source("International Organization for Migration", "Migrant Smuggling Data and Research, p. 183", 2016),
        Source("Reuters", "Shadow payment system on rise among European people smugglers", 2021, second_hand=True),
        Source("UNODC", "Global Study on Smuggling of Migrants", 2018, second_hand=True),
    ),
    innocent_explanations=(
        "relatives supporting a family with steady sums",
        "a loan being paid off",
        "school or course fees in stages",
        "a tradesperson or dealer paid by advance and balance by several customers",
        "new tenants of one landlord",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + int(values["onward_days"]) + 180,
    amltrix=("T0059",),
)
