"""L09: a set of accounts pays most of another set, which may have been paid by a third before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.meshes import MeshRule, mesh_pairs, meshes
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import share_of, thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.followed import followed, lists_of
from moneytrail.typologies.measuring import booster, fact, gate, history_days, margin
from moneytrail.wording import between, counted, listed, money, percent, sentence_id, times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.kernels.ordering import Adjacency
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

NAMED = 5
"""More accounts of a set are not named in a sentence."""

PARAMETERS = (
    Parameter(
        "window_days", 7, "days", 1, 60, "length of the sliding window and of a period",
        "a layer is crossed within days", "design",
    ),
    Parameter(
        "senders", 3, "count", 2, 1_000, "accounts that pay",
        "two who pay the same people are a couple", "design",
    ),
    Parameter(
        "receivers", 3, "count", 2, 1_000, "accounts that are paid",
        "two who are paid by the same people are landlord and grocer", "design",
    ),
    Parameter(
        "pair_share", 0.6, "share", 0.001, 1.0, "share of all pairs of both sets that are there",
        "few sets are whole", "design",
    ),
    Parameter(
        "links", 2, "count", 1, 1_000, "each sender pays at least so many of the receivers, and the other way round",
        "one transfer alone makes nobody a member of a set", "design",
    ),
    Parameter(
        "value", 10_000, "minor units", 1, 10**14, "least amount of each transfer",
        "below this, friends who share bills look the same", "design",
    ),
    Parameter(
        "few_transfers", 2, "count", 1, 10_000,
        "a transfer counts when it is at most the debtor's so manieth to that account in 180 days",
        "a layer is used once or twice; a market or a payroll goes on for months", "design",
    ),
    Parameter(
        "busiest", 25, "count", 2, 10_000, "an account with more such transfers in the window stands in no set",
        "a hub of trade joins people who know nothing of one another", "design",
    ),
    Parameter(
        "stack_share", 0.8, "share", 0.001, 10.0,
        "what the senders paid by what a third set had paid them in the window before: as much adds points",
        "what crosses one layer crosses the next, less a cut", "design",
    ),
    Parameter(
        "history_days", 60, "days", 0, 180, "days of data before the window: as many add points",
        "without history nobody can tell a new payee from a regular one", "design",
    ),
)  # fmt: skip


@dataclass(slots=True)
class _Mesh:
    """A mesh found at one transfer: who paid whom, and by which transfers."""

    pairs: NDArray[np.int64]
    ledger: NDArray[np.int64]
    fired: int
    feed: NDArray[np.int64]


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    few = graph.relations.recent <= int(values["few_transfers"])
    outgoing, incoming = lists_of(ground, followed(ground) & few & (graph.amount >= int(values["value"])))
    rule = MeshRule(
        window=int(values["window_days"]) * DAY,
        senders=int(values["senders"]),
        receivers=int(values["receivers"]),
        share=thousandths(values["pair_share"]),
        links=int(values["links"]),
        busiest=int(values["busiest"]),
    )
    found = meshes(outgoing, incoming, rule, cost_chunks(outgoing.indptr, CHUNKS))
    order = np.lexsort((outgoing.edge[found[:, 2]], -found[:, 1]))
    found = found[order]
    pairs = mesh_pairs(found, outgoing, incoming, rule)
    kept: dict[int, list[_Mesh]] = {}
    start = 0
    for _, many, place, fired in found.tolist():
        own, start = pairs[:, start : start + many], start + many
        _keep(kept.setdefault(int(outgoing.time[place]) // rule.window, []), own, fired, place, outgoing, rule)
    for period in sorted(kept):
        for mesh in kept[period]:
            mesh.feed = _feed(graph, mesh, incoming, rule, values)
            yield _made(ground, mesh, values)


def _keep(
    kept: list[_Mesh], pairs: NDArray[np.int64], fired: int, place: int, outgoing: Adjacency, rule: MeshRule
) -> None:
    """Add a mesh unless half of its pairs, or more, stand in a stronger one of the period."""
    own = set(map(tuple, pairs.T.tolist()))
    for other in kept:
        if 2 * len(own & set(map(tuple, other.pairs.T.tolist()))) >= len(own):
            other.fired = min(other.fired, fired)
            return
    newest, oldest = outgoing.edge[place], outgoing.time[place] - rule.window
    parts = []
    for sender in np.unique(pairs[0]):
        own_debits = slice(outgoing.indptr[sender], outgoing.indptr[sender + 1])
        edge, time, peer = outgoing.edge[own_debits], outgoing.time[own_debits], outgoing.peer[own_debits]
        parts.append(edge[(edge <= newest) & (time > oldest) & np.isin(peer, pairs[1, pairs[0] == sender])])
    kept.append(_Mesh(pairs, np.sort(np.concatenate(parts)).astype(np.int64), fired, np.empty(0, np.int64)))


def _feed(
    graph: TransactionGraph, mesh: _Mesh, incoming: Adjacency, rule: MeshRule, values: Values
) -> NDArray[np.int64]:
    """The transfers by which a third set had paid the senders in the window before; none where it is no layer."""
    first, oldest = int(mesh.ledger[0]), int(graph.time[mesh.ledger[0]]) - rule.window
    senders = np.unique(mesh.pairs[0])
    parts = []
    for sender in senders:
        own = slice(incoming.indptr[sender], incoming.indptr[sender + 1])
        edge, time = incoming.edge[own], incoming.time[own]
        parts.append(edge[(edge < first) & (time > oldest) & ~np.isin(incoming.peer[own], mesh.pairs)])
    feed = np.sort(np.concatenate(parts)).astype(np.int64)
    if not feed.size:
        return feed
    pairs = np.unique(np.stack([graph.debtor[feed], graph.creditor[feed]]), axis=1)
    payers, counts = np.unique(pairs[0], return_counts=True)
    layer = payers[counts >= rule.links]
    feed = feed[np.isin(graph.debtor[feed], layer)]
    dense = int(counts[counts >= rule.links].sum()) * 1000 >= rule.share * layer.size * senders.size
    came, left = int(graph.amount[feed].sum()), int(graph.amount[mesh.ledger].sum())
    passed = left >= share_of(came, thousandths(values["stack_share"]))
    return feed if layer.size >= rule.senders and dense and passed else feed[:0]


def _made(ground: Ground, mesh: _Mesh, values: Values) -> Found:
    graph = ground.graph
    measures = _measure(graph, mesh, values)
    return Found(
        subject=int(graph.debtor[mesh.ledger[0]]),
        ledger=np.concatenate([mesh.feed, mesh.ledger]),
        roles=["feed"] * mesh.feed.size + ["across"] * mesh.ledger.size,
        detectable=mesh.fired,
        measures=measures,
        explanation=_explain(graph, mesh, {m.name: m for m in measures}),
    )


def _measure(graph: TransactionGraph, mesh: _Mesh, values: Values) -> tuple[Measure, ...]:
    senders, receivers = (np.unique(side, return_counts=True) for side in mesh.pairs)
    many, few, pairs = senders[0].size, receivers[0].size, mesh.pairs.shape[1]
    links = min(int(senders[1].min()), int(receivers[1].min()))
    share = pairs / (many * few)
    span = int(graph.time[mesh.ledger[-1]] - graph.time[mesh.ledger[0]]) / DAY
    sent = int(graph.amount[mesh.ledger].sum())
    return (
        gate("senders", "accounts that pay", many, "count", values["senders"],
             points=margin(many, values["senders"], 3, 0.08)),
        gate("receivers", "accounts that are paid", few, "count", values["receivers"],
             points=margin(few, values["receivers"], 3, 0.08)),
        gate("pair_share", "pairs of both sets that are there", share, "share", values["pair_share"],
             points=margin(share, values["pair_share"], 1 / values["pair_share"], 0.09)),
        gate("links", "fewest pairs that one of them is in", links, "count", values["links"]),
        gate("window_days", "days from the first to the last transfer across", span, "days", values["window_days"],
             upper=True),
        gate("value", "smallest transfer across", int(graph.amount[mesh.ledger].min()), "minor units",
             values["value"]),
        gate("few_transfers", "transfers from one debtor to one creditor in 180 days, at most",
             int(graph.relations.recent[mesh.ledger].max()), "count", values["few_transfers"], upper=True),
        booster("stacked", "accounts of a third set that had paid the senders before", np.unique(
            graph.debtor[mesh.feed]).size, "count", values["senders"], points=0.20),
        booster("history_days", "days of data before it", history_days(graph, int(mesh.ledger[0])), "days",
                values["history_days"], points=0.05),
        fact("sent", "what was paid across", sent, "minor units"),
        fact("fed", "what the third set had paid", int(graph.amount[mesh.feed].sum()), "minor units"),
    )  # fmt: skip


def _explain(graph: TransactionGraph, mesh: _Mesh, m: dict[str, Measure]) -> str:
    currency, time = graph.reference_currency, graph.time[mesh.ledger]
    subject = graph.names[int(graph.debtor[mesh.ledger[0]])]
    payers = sorted({graph.names[one] for one in mesh.pairs[0].tolist()} - {subject})
    payees = sorted({graph.names[one] for one in mesh.pairs[1].tolist()})
    said = (
        f"{sentence_id(subject)} and {counted(len(payers), 'other account')} ({listed(payers, NAMED)}) paid "
        f"{money(m['sent'].value, currency)} to {counted(len(payees), 'account')} ({listed(payees, NAMED)}), "
        f"{between(int(time[0]), int(time[-1]))}. "
        f"Of {m['senders'].value * m['receivers'].value:.0f} possible pairs of payer and payee "
        f"{mesh.pairs.shape[1]} ({percent(m['pair_share'].value)}) dealt so; each account is in at least "
        f"{m['links'].value:.0f} of them. None of the payers had paid the same payee more than "
        f"{times(m['few_transfers'].value)} in 180 days, these payments included."
    )
    if m["stacked"].met:
        said += (
            f" The payers had themselves been paid {money(m['fed'].value, currency)} by a third set of "
            f"{counted(m['stacked'].value, 'account')} shortly before."
        )
    return said


TYPOLOGY = Typology(
    id="L09",
    name="Bipartite and stacked bipartite",
    stage="layering",
    summary="A set of accounts pays most of another set, which may have been paid by a third before.",
    definition=(
        "Looked at are transfers of at least `value`, pushed (no direct debit, card, internal booking or salary) "
        "between accounts of different parties, each at most the `few_transfers`th from that debtor to that creditor "
        "in 180 days. At each of them, from x to y, and over the `window_days` that end there (left end excluded, "
        "right included): receivers are all whom x paid; senders are all who paid one of these and are none of them; "
        "receivers are also all whom a sender paid and who are no senders. An account with more than `busiest` "
        "transfers on its side in the window is left out. Then members leave one by one: first those that are in "
        "fewer than `links` pairs; then, while fewer than `pair_share` of all pairs are there, the one that deals "
        "with the smallest share of the other set; of equals the one whose first transfer is the latest, and of these"
        " the receiver. The gate holds when at least `senders` and `receivers` are left, x and y among them. Of what "
        "one debtor's transfers complete in one period of `window_days`, counted from 1 January 1970 UTC, that with "
        "most pairs counts, then the earliest; of the period's, from the one with most pairs on, each is a match "
        "unless at least half of its pairs stand in one that is. It is stacked when in the `window_days` before its "
        "first transfer at least `senders` accounts outside of it each paid at least `links` of its senders, at least"
        " `pair_share` of those pairs are there, and its senders paid on at least `stack_share` of that. The search "
        "is exact. Not covered: sets whose members deal regularly, and transfers in cash or by card."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("across", "a transfer from a sender to a receiver", "receiver"),
        Role("feed", "a transfer from a third set to a sender, before", "sender", counts=False),
    ),
    subject_part="sender that pays first",
    sources=(
        Source("IBM", "AMLSim wiki, Transaction Model: Alert Model", 2022),
        Source(
            "Altman and others",
            "Realistic Synthetic Financial Transactions for Anti-Money Laundering Models",
            2023,
        ),
    ),
    innocent_explanations=(
        "retailers and wholesalers of one market, or traders who buy of the same suppliers",
        "several employers of one town that pay the same people",
        "friends who settle bills with one another",
    ),
    finder=_find,
    span_days=lambda values: 3 * int(values["window_days"]) + 180,
    compared_by="debits",
)
