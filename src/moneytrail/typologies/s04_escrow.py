"""S04: an account holds sums that different people pay in, and pays each out again, less a cut, to one of a few."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.escrow import EscrowRule, best_receivers, escrows, matched, numbered
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.measuring import booster, fact, gate, history_days, margin
from moneytrail.typologies.windows import Chosen, chosen
from moneytrail.wording import at_least, between, counted, money, part, percent, sentence_id, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

PARAMETERS = (
    Parameter(
        "window_days", 90, "days", 1, 180, "length of the sliding window and of a period",
        "covers a dozen spells of crossing weather", "design",
    ),
    Parameter(
        "held", 40_000, "minor units", 1, 10**12, "least sum held that counts",
        "the lower end of the seat prices reported; smaller bills of customers and suppliers agree by chance", "design",
    ),
    Parameter(
        "soonest_days", 1, "days", 0, 180, "days from credit to release, at least",
        "what leaves within the day is passed through, not held", "design",
    ),
    Parameter(
        "latest_days", 90, "days", 1, 180, "days from credit to release, at most",
        "a traveller may wait for weeks at the coast", "design",
    ),
    Parameter(
        "release_share", 0.85, "share", 0.001, 1.0, "release as a share of the sum held, at least; at most all of it",
        "the holder keeps a commission; no source gives the smuggling one", "design",
    ),
    Parameter(
        "pairs", 5, "count", 2, 10_000, "sums held and released",
        "some could be chance", "design",
    ),
    Parameter(
        "receivers", 5, "count", 1, 100, "receivers, at most, to whom these go",
        "a holder releases to a few brokers and organisers", "design",
    ),
    Parameter(
        "payers", 2, "count", 1, 100, "payers whose money each receiver gets, at least",
        "who gets one payer's money may be that payer's own choice", "design",
    ),
    Parameter(
        "spent_share", 0.5, "share", 0.0, 1.0, "releases as a share of all that the account sent out, by value",
        "in a busy account sums agree by chance, and what agrees is then a small part of the outflow", "design",
    ),
    Parameter(
        "cut_spread", 0.3, "share", 0.0, 10.0, "most coefficient of variation of the cuts: adds points",
        "a commission is a fixed share", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the first sum held: as many add points",
        "without history nobody can tell a stranger from a regular payer", "design",
    ),
)  # fmt: skip


class Pairs(NamedTuple):
    """Sums held and released: ledger positions of credits and debits, in order of the debits."""

    held: NDArray[np.int64]
    released: NDArray[np.int64]


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    credits = chosen(graph, "in", ground.stranger & (graph.amount >= values["held"]))
    debits = chosen(graph, "out", ground.between_parties & ~graph.pulled)
    rule = EscrowRule(
        window=int(values["window_days"]) * DAY,
        soonest=int(values["soonest_days"]) * DAY,
        latest=int(values["latest_days"]) * DAY,
        share=thousandths(values["release_share"]),
        pairs=int(values["pairs"]),
        receivers=int(values["receivers"]),
        payers=int(values["payers"]),
        spent=thousandths(values["spent_share"]),
    )
    spells = _spells(credits, debits, rule)
    borders = cost_chunks(np.append(spells[:, 1], debits.time.size), CHUNKS)
    found = escrows(_columns(credits), _columns(debits), spells, rule, borders)
    for spell in np.flatnonzero(found[:, 0] >= 0).tolist():
        best, opening = found[spell].tolist()
        account = int(spells[spell, 0])
        pairs, spent = _released(credits, debits, account, best, rule)
        measures = _measure(graph, pairs, spent, values)
        ledger = np.concatenate([pairs.held, pairs.released])
        order = np.argsort(ledger, kind="stable")
        roles = ["held"] * pairs.held.size + ["release"] * pairs.released.size
        yield Found(
            subject=account,
            ledger=ledger[order],
            roles=[roles[place] for place in order],
            detectable=int(debits.ledger[opening]),
            measures=measures,
            explanation=_explain(graph, account, pairs, {m.name: m for m in measures}),
        )


def _columns(choice: Chosen) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    return choice.indptr, choice.time, choice.amount, choice.peer


def _spells(credits: Chosen, debits: Chosen, rule: EscrowRule) -> NDArray[np.int64]:
    """int64[k, 3]: account, begin and end of each account's debits of one period, where there may be enough of them."""
    period = debits.time // rule.window
    account = debits.account
    new = np.append(True, (account[1:] != account[:-1]) | (period[1:] != period[:-1]))[: account.size]
    begin = np.flatnonzero(new)
    end = np.append(begin[1:], account.size)[: begin.size]
    owner = account[begin]
    enough = (np.diff(credits.indptr) >= rule.pairs) & (np.diff(debits.indptr) >= rule.pairs)
    return np.stack([owner, begin, end], axis=1).astype(np.int64)[enough[owner]]


def _released(credits: Chosen, debits: Chosen, account: int, best: int, rule: EscrowRule) -> tuple[Pairs, int]:
    """The releases that count in the window that ends at the debit at `best`, and all that it sent out in that time."""
    moment = int(debits.time[best])
    start = moment // rule.window * rule.window
    own, others = debits.of(account), credits.of(account)
    lead = own.start + int(np.searchsorted(debits.time[own], start - rule.window, side="right"))
    low = others.start + int(np.searchsorted(credits.time[others], start - rule.window - rule.latest, side="right"))
    part, came = slice(lead, best + 1), slice(low, others.stop)
    partner = matched((credits.time[came], credits.amount[came]), (debits.time[part], debits.amount[part]), rule)
    inside = debits.time[part] > moment - rule.window
    pairs = np.flatnonzero((partner >= 0) & inside)
    held, released = low + partner[pairs], lead + pairs
    to, number = numbered(debits.peer[released].astype(np.int64))
    payers = [np.unique(credits.peer[held[to == receiver]]).size for receiver in range(number)]
    first = [int(np.argmax(to == receiver)) for receiver in range(number)]
    count = np.bincount(to, minlength=number).astype(np.int64)
    keep = np.isin(to, best_receivers(count, np.array(payers, np.int64), np.array(first, np.int64), rule))
    spent = int(debits.amount[part][inside].sum())
    pair = Pairs(credits.ledger[held[keep]].astype(np.int64), debits.ledger[released[keep]].astype(np.int64))
    return pair, spent


def _measure(graph: TransactionGraph, pairs: Pairs, spent: int, values: Values) -> tuple[Measure, ...]:
    number, held, released = pairs.held.size, graph.amount[pairs.held], graph.amount[pairs.released]
    value, worth = int(held.sum()), int(released.sum())
    receivers = graph.creditor[pairs.released]
    payers = [np.unique(graph.debtor[pairs.held[receivers == one]]).size for one in np.unique(receivers)]
    days = (graph.time[pairs.released] - graph.time[pairs.held]) / DAY
    cuts = 1 - released / held
    spread = [
        booster("cut_spread", "variation of the cut", float(cuts.std() / cuts.mean()), "share", values["cut_spread"],
                points=0.20, upper=True)
    ] if cuts.any() else []  # fmt: skip
    return (
        gate("pairs", "sums held and released", number, "count", values["pairs"],
             points=margin(number, values["pairs"], 3, 0.15)),
        gate("receivers", "receivers", len(payers), "count", values["receivers"], upper=True),
        gate("payers", "payers whose money each receiver got, at least", min(payers), "count", values["payers"]),
        gate("soonest_days", "shortest time held", float(days.min()), "days", values["soonest_days"]),
        gate("latest_days", "longest time held", float(days.max()), "days", values["latest_days"], upper=True),
        gate("release_share", "least share of a sum released", float((released / held).min()), "share",
             values["release_share"]),
        gate("spent_share", "releases as a share of all sent out", worth / spent, "share", values["spent_share"]),
        *spread,
        booster("history_days", "days of data before it", history_days(graph, int(pairs.held.min())), "days",
                values["history_days"], points=0.15),
        fact("value", "sums held", value, "minor units"),
        fact("released", "releases", worth, "minor units"),
        fact("cut", "share kept of all", (value - worth) / value, "share"),
        fact("different_payers", "payers", np.unique(graph.debtor[pairs.held]).size, "count"),
        fact("middle_days", "middle time held", float(np.sort(days)[(days.size - 1) // 2]), "days"),
    )  # fmt: skip


def _explain(graph: TransactionGraph, account: int, pairs: Pairs, m: dict[str, Measure]) -> str:
    currency = graph.reference_currency
    first, last = int(graph.time[pairs.held.min()]), int(graph.time[pairs.released.max()])
    said = (
        f"{sentence_id(graph.names[account])} held {counted(m['pairs'].value, 'sum')}, "
        f"{money(m['value'].value, currency)} in all, from {counted(m['different_payers'].value, 'payer')} with no "
        f"known tie to it, {between(first, last)}. "
        f"{_released_to(m)} {money(m['released'].value, currency)} in all, "
        f"{span(m['soonest_days'].value, m['latest_days'].value, 'day', 1)} after it came in (the middle one "
        f"{m['middle_days'].value:.1f}). "
        f"{'The' if m['receivers'].value == 1 else 'Each'} receiver was paid from the sums of at least "
        f"{counted(m['payers'].value, 'payer')}. {part(m['spent_share'].value, 'what it sent out')} in that time "
        f"went so; {percent(m['cut'].value) if m['cut'].value else 'nothing'} of the sums stayed."
    )
    if "cut_spread" in m and m["cut_spread"].met:
        said += " What stayed is nearly the same share each time."
    return said


def _released_to(m: dict[str, Measure]) -> str:
    """How much of each sum went to whom."""
    least, receivers = m["release_share"].value, m["receivers"].value
    much = "the whole" if least >= 1 else f"{at_least(least)} or more"
    whom = "the same receiver" if receivers == 1 else f"one of {receivers:.0f} receivers"
    return f"It later paid on {much} of each to {whom},"


TYPOLOGY = Typology(
    id="S04",
    name="Escrow hold-and-release",
    stage="collection",
    summary="An account holds sums of different people and pays each out again, less a cut, to one of a few receivers.",
    definition=(
        "Credits are those of at least `held` that an unaffiliated payer pushed (not a direct debit, card or internal "
        "booking); debits are all that the account pushed to an account of another party. They are matched in ledger "
        "order: each credit takes the earliest debit not yet taken that is made `soonest_days` to `latest_days` after "
        "it, both inclusive, and is at least `release_share` of it and at most all of it. Matching starts with "
        "nothing taken for each period, with the debits of one window before it and the credits of the `latest_days` "
        "before those. At each matched debit the pairs whose debits lie in the window that ends there (left end "
        "excluded, right end included) are looked at. Of the receivers that got the money of at least `payers` "
        "different payers, the (at most) `receivers` with most pairs count; of equals the one paid first. The gate "
        "holds when the debit went to one of them, they got at least `pairs` pairs, and their debits sum to at least "
        "`spent_share` of all debits in the window. One match is kept for each account and period of one window "
        "length, counted from 1 January 1970 UTC: the firing with most pairs, then with most released, then the "
        "earliest. An even cut adds points and never decides. A sum that goes back to its payer is matched like any "
        "other, and counts only with a receiver of several payers' money. A wage "
        "is a credit like any other until it is known as a salary (R-SAL). Not covered: sums released in parts or "
        "several together, held or released in cash, or held outside the bank; and whether releases follow arrivals, "
        "which is asked of the arrival-release burst."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("held", "a sum that was paid in and later released", "payer"),
        Role("release", "the debit that paid it out", "receiver", counts=False),
    ),
    subject_part="holder",
    sources=(
        Source("National Crime Agency", "Convicted: the east London money launderer who took payments for small boats "
               "crossings", 2024),
        Source("Koser", "Why Migrant Smuggling Pays, International Migration 46(2)", 2008, second_hand=True),
        Source("International Organization for Migration", "Migrant Smuggling Data and Research, p. 183", 2016),
    ),
    innocent_explanations=(
        "a solicitor's or estate agent's client account",
        "a letting agent holding deposits and passing rents on",
        "a marketplace or platform that holds buyers' money",
        "a registered money-service business",
        "a ticket or freight agent who pays on to the carrier",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + int(values["latest_days"]) + 180,
    amltrix=("T0059",),
)  # fmt: skip
