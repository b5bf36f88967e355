"""L07: money hops along a line of accounts, each passing on nearly all of it within a day."""

from __future__ import annotations

from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from moneytrail.graph import CHUNKS, DAY
from moneytrail.kernels.ordering import cost_chunks
from moneytrail.kernels.relays import RelayRule, Side, moved, relay_links, relays
from moneytrail.matches import Parameter, Role, Values
from moneytrail.shares import thousandths
from moneytrail.typologies.base import Found, Source, Typology
from moneytrail.typologies.followed import followed_lists
from moneytrail.typologies.measuring import booster, fact, gate, margin
from moneytrail.wording import at_most, between, counted, listed, money, plain_id, sentence_id, shares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.kernels.ordering import Adjacency
    from moneytrail.matches import Measure
    from moneytrail.typologies.ground import Ground

HOUR = DAY // 24

PARAMETERS = (
    Parameter(
        "window_days", 7, "days", 1, 60, "length of a period: what hops along one line in it is one match",
        "larger sums go in waves on following days", "design",
    ),
    Parameter(
        "hop_hours", 24, "hours", 1, 720, "how long after a credit the debit that passes it on may come",
        "money that is layered does not rest", "design",
    ),
    Parameter(
        "hops", 3, "count", 2, 12, "least number of transfers in the line",
        "two are a payment on behalf of somebody", "design",
    ),
    Parameter(
        "most_hops", 8, "count", 2, 12, "most transfers of a line that are followed; its last ones are shown",
        "longer lines hold shorter ones", "design",
    ),
    Parameter(
        "share_low", 0.85, "share", 0.001, 1.0, "least share of the transfer before that is passed on",
        "each account keeps a cut of some per cent", "design",
    ),
    Parameter(
        "share_high", 1.0, "share", 0.001, 1.5, "most share of the transfer before that is passed on",
        "more than came in is money of one's own", "design",
    ),
    Parameter(
        "retained_share", 0.15, "share", 0.0, 1.0, "most share of its credits of those days that an account may keep",
        "an account with money of its own on the same day is not only passed through", "design",
    ),
    Parameter(
        "value", 10_000, "minor units", 1, 10**14, "least amount of each transfer",
        "below this, friends who lend one another the price of a meal look the same", "design",
    ),
    Parameter(
        "next_debits", 50, "transfers", 1, 10_000, "only so many debits after a credit may pass it on",
        "an account that pays out more often in a day is a hub of trade", "design",
    ),
    Parameter(
        "waves", 2, "count", 1, 1_000, "sums that hopped along the line in the period: as many add points",
        "a standing arrangement", "design",
    ),
    Parameter(
        "institutions", 2, "count", 1, 100, "banks that the line crosses: as many add points",
        "no bank sees the whole of it", "design",
    ),
    Parameter(
        "cut_spread", 0.02, "share", 0.0, 1.0, "largest less smallest share kept at a hop: as little adds points",
        "a cut agreed beforehand is the same for all", "design",
    ),
    Parameter(
        "budget", 1_000, "transfers", 1, 10**6, "how many links are looked at for each transfer that may end a line",
        "nearly all searches end within a dozen", "design",
    ),
)  # fmt: skip


class _Line(NamedTuple):
    """What hopped along one line in one period."""

    stem: tuple[int, ...]
    chains: list[list[int]]
    stopped: bool

    @property
    def links(self) -> list[tuple[int, int]]:
        """Each transfer that passes another one on, with that one before it; by ledger position."""
        return sorted({link for chain in self.chains for link in pairwise(chain)})


def _find(ground: Ground, values: Values) -> Iterator[Found]:
    graph = ground.graph
    rule = RelayRule(
        hop=int(values["hop_hours"]) * HOUR,
        low=thousandths(values["share_low"]),
        high=thousandths(values["share_high"]),
        kept=thousandths(values["retained_share"]),
        ahead=int(values["next_debits"]),
        fewest=int(values["hops"]),
        most=max(int(values["hops"]), int(values["most_hops"])),
        budget=int(values["budget"]),
        day=DAY,
    )
    outgoing, incoming = followed_lists(ground, int(values["value"]))
    paid, got = _side(graph.outgoing), _side(graph.incoming)
    links = relay_links(outgoing, incoming, paid, got, rule, cost_chunks(incoming.indptr, CHUNKS))
    found = relays(outgoing, graph.debtor, links, rule)
    for line in _lines(graph, found, rule.fewest, int(values["window_days"]) * DAY):
        ledger = np.array(sorted({e for chain in line.chains for e in chain}), np.int64)
        measures = _measure(ground, line, (paid, got), values)
        opening = {chain[0] for chain in line.chains}
        yield Found(
            subject=line.stem[0],
            ledger=ledger,
            roles=["opening" if e in opening else "hop" for e in ledger.tolist()],
            detectable=min(chain[-1] for chain in line.chains),
            measures=measures,
            explanation=_explain(graph, line, ledger, {m.name: m for m in measures}),
            truncated=line.stopped,
        )


def _side(lists: Adjacency) -> Side:
    """All that accounts paid, or were paid; what an account sent to itself counts as nothing."""
    own = np.repeat(np.arange(lists.indptr.size - 1), np.diff(lists.indptr))
    before = np.concatenate([[0], np.cumsum(np.where(lists.peer == own, 0, lists.amount))])
    before.flags.writeable = False
    return Side(lists.indptr, lists.edge, lists.time, before)


def _lines(graph: TransactionGraph, found: NDArray[np.int64], fewest: int, period: int) -> list[_Line]:
    """The chains that end in one period and begin with the same accounts, in order of their first end."""
    lines: dict[tuple[int, ...], _Line] = {}
    for row in found.tolist():
        chain = row[2 : 2 + row[0]][::-1]
        stem = (int(graph.debtor[chain[0]]), *graph.creditor[chain[:fewest]].tolist())
        key = (*stem, int(graph.time[chain[-1]]) // period)
        line = lines.get(key, _Line(stem, [], False))
        lines[key] = _Line(stem, [*line.chains, chain], line.stopped or bool(row[1]))
    return list(lines.values())


def _measure(ground: Ground, line: _Line, sides: tuple[Side, Side], values: Values) -> tuple[Measure, ...]:
    graph = ground.graph
    hops = max(len(chain) for chain in line.chains)
    links = line.links
    before, after = (np.array([link[place] for link in links]) for place in (0, 1))
    waits = int((graph.time[after] - graph.time[before]).max())
    shares = [int(graph.amount[b]) / int(graph.amount[a]) for a, b in links]
    opened = sorted({chain[0] for chain in line.chains})
    sent = int(graph.amount[opened].sum())
    boosters = [
        booster("waves", "sums that hopped along the line", len(opened), "count", values["waves"], points=0.10),
        booster("cut_spread", "largest less smallest share kept at a hop", max(shares) - min(shares), "share",
                values["cut_spread"], points=0.10, upper=True),
    ]  # fmt: skip
    if ground.has("transfers.creditor_institution"):
        banks = _banks(graph, np.append(before, after))
        boosters.append(
            booster("institutions", "banks on the way", banks, "count", values["institutions"], points=0.10)
        )
    return (
        gate("hops", "transfers in the line", hops, "count", values["hops"],
             points=margin(hops, values["hops"], 2, 0.15)),
        gate("hop_hours", "longest wait from one transfer to the next", waits / HOUR, "hours", values["hop_hours"],
             upper=True),
        gate("share_low", "least share passed on at a hop", min(shares), "share", values["share_low"]),
        gate("share_high", "most share passed on at a hop", max(shares), "share", values["share_high"], upper=True),
        gate("retained_share", "most share of its credits that an account on the way kept on those days",
             max(_retained(graph, link, sides) for link in links), "share", values["retained_share"], upper=True),
        gate("value", "smallest transfer", int(graph.amount[np.append(before, after)].min()), "minor units",
             values["value"]),
        *boosters,
        fact("sent", "what was sent off", sent, "minor units"),
    )  # fmt: skip


def _retained(graph: TransactionGraph, link: tuple[int, int], sides: tuple[Side, Side]) -> float:
    """The share of all credits that an account had kept when it passed one on, since the beginning of that day."""
    account, since = int(graph.creditor[link[0]]), int(graph.time[link[0]]) // DAY * DAY
    left, came = (int(moved(account, since, link[1], side)) for side in sides)
    return max(0, came - left) / came


def _banks(graph: TransactionGraph, ledger: NDArray[np.int64]) -> int:
    rows = pl.Series(graph.order[ledger])
    sides = [graph.frame[f"{side}_institution"].gather(rows).drop_nulls() for side in ("debtor", "creditor")]
    return pl.concat([side.cast(pl.String).rename("bank") for side in sides]).n_unique()


def _explain(graph: TransactionGraph, line: _Line, ledger: NDArray[np.int64], m: dict[str, Measure]) -> str:
    longest = max(line.chains, key=len)
    via = [plain_id(graph.names[int(account)]) for account in graph.creditor[longest]]
    waves = f"in {counted(m['waves'].value, 'sum')} " if m["waves"].met else ""
    said = (
        f"{sentence_id(graph.names[line.stem[0]])} sent {money(m['sent'].value, graph.reference_currency)} {waves}"
        f"along a line of {counted(m['hops'].value, 'transfer')}, "
        f"{between(int(graph.time[ledger[0]]), int(graph.time[ledger[-1]]))}: by way of {listed(via[:-1])}, "
        f"to {via[-1]}. Each account on the way passed on {shares(m['share_low'].value, m['share_high'].value)} of "
        f"what it got, at most {m['hop_hours'].value:.1f} hours later, and kept {_kept(m['retained_share'].value)} all "
        "that it was paid from the beginning of that day on."
    )
    if "institutions" in m and m["institutions"].met:
        said += f" The line crosses {counted(m['institutions'].value, 'bank')}."
    return said


def _kept(share: float) -> str:
    return f"at most {at_most(share)} of" if share else "nothing of"


TYPOLOGY = Typology(
    id="L07",
    name="Layered chain",
    stage="layering",
    summary="Money hops along a line of accounts, each passing on nearly all of it within a day.",
    definition=(
        "Looked at are transfers of at least `value`, pushed (no direct debit, card, internal booking or salary) "
        "between accounts of different parties. A debit passes on a credit of its account when it is later in the "
        "ledger, at most `hop_hours` later (inclusive), among the account's next `next_debits` such debits, not back "
        "to whom the credit came from, its amount is from `share_low` to `share_high` of the credit, and of all that "
        "the account was paid, whatever the channel, from the beginning of the credit's day (UTC) up to the debit at "
        "most `retained_share` is not covered by what it paid in that time. At each transfer that ends lines in which "
        "each transfer passes on the one before and no account is met twice, the longest of them is looked at, of "
        "`most_hops` transfers at most; of equals the one whose transfer before the last is the latest, then the one "
        "before that, and so on. The gate holds when it has at least `hops` transfers. Those that end in one period "
        "of `window_days`, counted from 1 January 1970 UTC, and begin with the same `hops` + 1 accounts are one match, "
        "so that no line hides behind another. At most `budget` links are looked at for each end; a match with one "
        "for which that was not enough is marked as truncated. Not covered: hops in cash or by card, sums that are "
        "split or joined on the way, and what an account had before that day."
    ),
    parameters=PARAMETERS,
    roles=(
        Role("opening", "the first transfer of a line", "next hop"),
        Role("hop", "a transfer that passes on the one before", "next hop", counts=False),
    ),
    subject_part="source of the line",
    sources=(
        Source("IBM", "AMLSim wiki, Transaction Model: Alert Model", 2022),
        Source(
            "Tariq and Hassani",
            "Topology-Agnostic Detection of Temporal Money Laundering Flows in Billion-Scale Transactions",
            2023,
        ),
    ),
    innocent_explanations=(
        "moving money between one's own accounts",
        "a group's treasury that pools cash over several companies",
        "a house sale that completes through solicitors in a chain",
    ),
    finder=_find,
    span_days=lambda values: (
        int(values["window_days"]) + ceil(max(values["hops"], values["most_hops"]) * values["hop_hours"] / 24) + 181
    ),
    compared_by="debits",
    amltrix=("T0070.001", "T0070"),
)
