"""L08: money is sent round and comes back to where it started, about as much as was sent."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from moneytrail.graph import DAY
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.rings import RingRule, rings
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.followed import followed, lists_of
from moneytrail.typologies.measuring import booster, fact, gate, margin
from moneytrail.wording import at_least, between, counted, listed, money, plain_id, sentence_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

PARTS = 16
"""Chunks of accounts; each needs room for all transfers. Fixed, so that results cannot depend on the threads."""

GOODS = ("goods", "invoice", "sale", "freight", "customs")
"""Purposes of a transfer that pays for goods."""

NO_GOODS = "No transfer of it pays a regular supplier for goods, as far as the references say."
NO_REFERENCES = "Whether it pays for goods cannot be told: the data have no references."

PARAMETERS = (
    Parameter(
        "window_days", 30, "days", 1, 120, "the whole ring lies in less than this; also the length of a period",
        "false turnover is wanted by the month", "design",
    ),
    Parameter(
        "hops", 3, "count", 3, 12, "least number of transfers in the ring",
        "two are a loan repaid or a refund", "design",
    ),
    Parameter(
        "most_hops", 8, "count", 3, 12, "most transfers in the ring",
        "each account more is a cut more", "design",
    ),
    Parameter(
        "even_share", 0.7, "share", 0.001, 1.0, "smallest transfer by the largest",
        "what is lost on the way is a cut", "design",
    ),
    Parameter(
        "value", 20_000, "minor units", 1, 10**14, "least amount of each transfer",
        "below this, friends who lend one another money look the same", "design",
    ),
    Parameter(
        "next_debits", 100, "transfers", 1, 10_000, "only so many debits after a credit may pass it on",
        "what an account does after a hundred other large debits is hardly done with that credit", "design",
    ),
    Parameter(
        "rounds", 2, "count", 1, 1_000, "times that money went round the same ring in the period: as many add points",
        "a standing arrangement", "design",
    ),
    Parameter(
        "budget", 2_000, "transfers", 1, 10**7, "how many transfers are looked at for each closing transfer",
        "nearly all searches end within some dozens", "design",
    ),
)  # fmt: skip


class _Ring(NamedTuple):
    """What went round the same accounts in one period: each round's transfers, as ledger positions."""

    rounds: list[list[int]]
    stopped: bool

    @property
    def opening(self) -> list[int]:
        """The round that begins first."""
        return min(self.rounds)


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    rule = RingRule(
        window=int(values["window_days"]) * DAY,
        fewest=int(values["hops"]),
        most=max(int(values["hops"]), int(values["most_hops"])),
        even=thousandths(values["even_share"]),
        ahead=int(values["next_debits"]),
        budget=int(values["budget"]),
    )
    kept = followed(ground) & (graph.amount >= int(values["value"]))
    outgoing, incoming = lists_of(ground, kept & ~_for_goods(ground, kept))
    found = rings(outgoing, incoming, graph.transfers, rule, cost_chunks(incoming.indptr, PARTS))
    signs = _signs(ground)
    for ring in _rings(graph, found, rule.window):
        subject = int(graph.debtor[ring.opening[0]])
        ledger = np.array(sorted({e for round_ in ring.rounds for e in round_}), np.int64)
        returns = {round_[-1] for round_ in ring.rounds if graph.debtor[round_[0]] == subject}
        measures = _measure(graph, ring, returns, signs, values)
        yield Found(
            subject=subject,
            ledger=ledger,
            roles=["return" if e in returns else "leg" for e in ledger.tolist()],
            detectable=min(round_[-1] for round_ in ring.rounds),
            measures=measures,
            explanation=_explain(graph, ring, ledger, {m.name: m for m in measures}),
            truncated=ring.stopped,
        )


class _Signs(NamedTuple):
    """bool[n]: what adds points where a transfer has it; ``None`` where the data cannot show it. Made once."""

    labelled: NDArray[np.bool_] | None
    abroad: NDArray[np.bool_] | None


def _signs(ground: Ground) -> _Signs:
    countries = ground.has("transfers.debtor_country") and ground.has("transfers.creditor_country")
    return _Signs(
        ground.purpose("loan", "payroll", "invoice") if ground.has("transfers.reference") else None,
        ground.abroad("debtor") | ground.abroad("creditor") if countries else None,
    )


def _for_goods(ground: Ground, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Those of `kept` that pay for goods: they say so, and the two accounts have dealt regularly before."""
    graph = ground.graph
    made = np.zeros(graph.transfers, np.bool_)
    told = np.flatnonzero(kept & ground.relations.affiliated & ground.purpose(*GOODS))
    debtor, creditor = (graph.links[side[told]] for side in (graph.debtor, graph.creditor))
    linked = ((debtor == creditor) & (debtor >= 0)).any(axis=1)
    made[told[~linked]] = True
    return made


def _rings(graph: TransactionGraph, found: NDArray[np.int64], period: int) -> list[_Ring]:
    """The rounds that close in one period among the same accounts in the same order, wherever they begin."""
    rows = [(row[0], row[1], row[2 : 2 + row[0]]) for row in found[np.argsort(found[:, 1])].tolist()]
    stopped = {(int(graph.creditor[e]), int(graph.time[e]) // period) for hops, e, _ in rows if not hops}
    made: dict[tuple[int, ...], _Ring] = {}
    for hops, closing, round_ in rows:
        if hops:
            accounts = graph.debtor[round_].tolist()
            first = accounts.index(min(accounts))
            now = int(graph.time[closing]) // period
            key = (now, *accounts[first:], *accounts[:first])
            ring = made.get(key, _Ring([], False))
            made[key] = _Ring([*ring.rounds, round_], ring.stopped or (accounts[0], now) in stopped)
    return list(made.values())


def _measure(
    graph: TransactionGraph, ring: _Ring, returns: set[int], signs: _Signs, values: Values
) -> tuple[Measure, ...]:
    amounts = [graph.amount[round_] for round_ in ring.rounds]
    even = min(int(one.min()) / int(one.max()) for one in amounts)
    spans = max(int(graph.time[round_[-1]] - graph.time[round_[0]]) for round_ in ring.rounds)
    ledger = np.array(sorted({e for round_ in ring.rounds for e in round_}), np.int64)
    back = np.array(sorted(returns), np.int64)
    boosters = [
        booster("rounds", "times that it went round", len(returns), "count", values["rounds"], points=0.10),
    ]
    if signs.labelled is not None:
        boosters.append(
            booster("label", "what came back is called a loan, pay or an invoice (1 yes, 0 no)",
                    float(signs.labelled[back].any()), "count", 1.0, points=0.10)
        )  # fmt: skip
    if signs.abroad is not None:
        abroad = float(signs.abroad[ledger].any())
        boosters.append(booster("abroad", "a leg goes abroad (1 yes, 0 no)", abroad, "count", 1.0, points=0.10))
    return (
        gate("hops", "transfers in the ring", len(ring.opening), "count", values["hops"],
             points=margin(len(ring.opening), values["hops"], 2, 0.10)),
        gate("window_days", "days that one round took, at most", spans / DAY, "days", values["window_days"],
             upper=True),
        gate("even_share", "smallest transfer of a round by its largest", even, "share", values["even_share"],
             points=margin(even, values["even_share"], 1 / values["even_share"], 0.05)),
        gate("value", "smallest transfer", int(graph.amount[ledger].min()), "minor units", values["value"]),
        gate("goods", "legs that pay a regular supplier for goods", 0, "count", 0, upper=True),
        *boosters,
        fact("back", "what came back", int(graph.amount[back].sum()), "minor units"),
        fact("sent", "what was sent off", int(graph.amount[_sent(ring, returns)].sum()), "minor units"),
    )  # fmt: skip


def _sent(ring: _Ring, returns: set[int]) -> list[int]:
    """The transfers by which the subject's own rounds begin."""
    return sorted({round_[0] for round_ in ring.rounds if round_[-1] in returns})


def _explain(graph: TransactionGraph, ring: _Ring, ledger: NDArray[np.int64], m: dict[str, Measure]) -> str:
    currency = graph.reference_currency
    via = [plain_id(graph.names[int(graph.debtor[after])]) for _, after in pairwise(ring.opening)]
    rounds = f" in {counted(m['rounds'].value, 'round')}" if m["rounds"].met else ""
    said = (
        f"{sentence_id(graph.names[int(graph.debtor[ring.opening[0]])])} sent {money(m['sent'].value, currency)} "
        f"and got back {money(m['back'].value, currency)}{rounds} by way of {listed(via)}, "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}. It took at most "
        f"{m['window_days'].value:.1f} days to come round, and no transfer of a round is less than "
        f"{at_least(m['even_share'].value)} of its largest. {NO_GOODS if 'label' in m else NO_REFERENCES}"
    )
    if "label" in m and m["label"].met:
        said += " A transfer that came back is called a loan, pay or an invoice."
    if "abroad" in m and m["abroad"].met:
        said += " A transfer of the round goes abroad."
    return said


TYPOLOGY = Typology(
    id="L08",
    name="Cycle or round trip",
    stage="layering",
    summary="Money is sent round and comes back to where it started, about as much as was sent.",
    definition=(
        "Looked at are transfers of at least `value`, pushed (no direct debit, card, internal booking or salary) "
        "between accounts of different parties, but for goods: those whose reference or merchant category says goods,"
        " a sale, an invoice, freight or customs, and whose accounts share no attribute but had at least 3 transfers "
        "in two calendar months, 30 to 180 days before. A ring has from `hops` to `most_hops` of them: each by the "
        "account that the one before paid, later in the ledger and among that account's next `next_debits` such "
        "debits; the last pays the account that made the first, and no other account is met twice; all lie in the "
        "`window_days` that end at the last (left end excluded, right end included), and the smallest is at least "
        "`even_share` of the largest. At each closing transfer the shortest ring is taken; of equals the one whose "
        "transfer before the last is the latest, then the one before that, and so on. Rings that close in one period "
        "of `window_days`, counted from 1 January 1970 UTC, among the same accounts in the same order, wherever they "
        "begin, are one match, whose subject made the earliest transfer. At most `budget` transfers are looked at for"
        " each closing transfer; a match is marked as truncated where that was not enough for another of its account "
        "in that period. Not covered: legs in cash or by card, a return in parts, and goods that no reference speaks "
        "of."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("return", "the transfer by which a round comes back to the subject", "last of the ring"),
        Role("leg", "a transfer on the way", "account in the ring", counts=False),
    ),
    subject_part="account where it starts and ends",
    sources=(
        Source("IBM", "AMLSim wiki, Transaction Model: Alert Model", 2022),
        Source(
            "Altman and others",
            "Realistic Synthetic Financial Transactions for Anti-Money Laundering Models",
            2023,
        ),
    ),
    innocent_explanations=(
        "a savings circle, in which the pot goes round",
        "moving money between one's own accounts",
        "loans between the companies of one group",
        "neighbouring trades that buy of one another",
    ),
    finder=_find,
    span_days=lambda values: 2 * int(values["window_days"]) + 180,
    amltrix=("T0039",),
)
