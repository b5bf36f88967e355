"""What may lie beyond a break: value links across it, and payments that were made in advance of tainted money.

Candidates only: each has a stated confidence below one, or needs evidence that nothing here shows, and none enters a
total.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.graph import DAY
from moneytrail.tracing.boxes import Box, Boxes, turns_of
from moneytrail.tracing.breaks import columns_of, undone_of
from moneytrail.tracing.rules import CONSERVING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.tracing.result import Trace

HOUR: Final = DAY // 24

LINK_AMOUNT: Final = 30
"""Thousandths by which two amounts may differ and still be one value (design)."""
LINK_TIME: Final = 72 * HOUR
"""Microseconds between the two sides of a value link, at most (design)."""

LEAST: Final = 10_000
"""Minor units of tainted money below which neither is offered: small sums that are alike are too common (design)."""

ADVANCE_TIME: Final = 5 * DAY
"""Microseconds from a payment in advance to the money that repays it, at most (design)."""
ADVANCE_AMOUNT: Final = 100
"""Thousandths by which the later money may differ from the payment (design)."""

MOST_OFFERED: Final = 5
"""Candidates that are offered for one transfer, at most; how many more there were is told (design)."""
BANDS: Final = 4
"""Parts of :data:`LINK_AMOUNT` by which close amounts are looked for among many candidates (design)."""

_FUNDS: Final = ("overdraft", "loan", "own account")
"""Out of what a payment in advance may have been made."""

LINKS: Final = ("owner", "address", "telephone", "e-mail address", "device")
"""What the columns of a graph's links say, in their order."""


def find_value_links(made: Trace) -> pl.DataFrame:
    """Money that may have come back over a break: like amount, soon, and a party that both sides share.

    Candidates join a transfer that took tainted money out (as cash, or to another bank; :data:`LEAST` of it or more) to
    a later one that brought money in the same ways, at most :data:`LINK_TIME` later, amounts at most
    :data:`LINK_AMOUNT` apart, where the accounts at this bank are one, or share an owner, an address, a telephone, an
    e-mail address or a device. They are no proof and in no total: name one as a seed to see where its money went.

    Parameters
    ----------
    made : Trace
        With what transfers carried.

    Returns
    -------
    polars DataFrame
        A row a candidate, in ledger order of `out`, then of `back`: ``out``, ``back`` (transaction ids),
        ``out_account``, ``back_account``, ``out_amount``, ``back_amount``, ``high`` (tainted money in `out`, at most),
        ``hours`` between them, ``shared`` (the first of what the accounts share), ``rivals`` (other candidates with the
        same `out` or the same `back`, those left out included), ``left_out`` (candidates with the same `out` that are
        not in the table; see :func:`left_out`) and ``confidence``.

    Raises
    ------
    ParameterError
        When the trace did not record what transfers carried, or was by poison alone.

    Notes
    -----
    *Confidence* is from 0 to below 1 (design): half, times the closeness, divided by one and the rivals, as if one of
    the links that touch either transfer were right and each as likely. The *closeness* is 1, less up to a half as the
    amounts differ, times 1, less up to a half as the times do.

    *Of many candidates* for one `out` the :data:`MOST_OFFERED` closest are offered, of equals the earlier, out of the
    :data:`MOST_OFFERED` earliest of the same amount and of those within one, two, … :data:`BANDS` parts of
    :data:`LINK_AMOUNT`. None that is left out is closer than one that is offered by more than a quarter (design). Up to
    :data:`MOST_OFFERED` all are offered. Rivals are counted, not looked at.

    Time: n log n for n transfers on both sides, however many candidates there are; up to 32 times that where many
    accounts share all five attributes.
    """
    graph = made.graph
    out_place, high, back_place = _crossings(made)
    pairs = _Pairs(made, out_place, (back_place, graph.amount[back_place]), LINK_AMOUNT, LINK_TIME)
    accounts = np.concatenate([graph.debtor[out_place], graph.creditor[back_place]])
    parties, party = np.unique(accounts, return_inverse=True)
    payer, payee = party[: out_place.size], party[out_place.size :]
    groups = [((), np.arange(parties.size)), *_groups(graph.links[parties])]
    out, back, close = _closest(pairs, [(g[payer], g[payee]) for chosen, g in groups if len(chosen) <= 1])
    by_out = _count(groups, (payer, payee), pairs.late_rank, pairs.after())
    seen = np.unique(back)
    by_back = np.zeros(back_place.size, np.int64)
    by_back[seen] = _count(groups, (payee[seen], payer), pairs.early_rank, pairs.before.of(seen))
    rivals = by_out[out] + by_back[back] - 2
    first, second = out_place[out], back_place[back]
    return pl.DataFrame(
        {
            "out": graph.transaction_ids(first),
            "back": graph.transaction_ids(second),
            "out_account": _names(graph, graph.debtor[first]),
            "back_account": _names(graph, graph.creditor[second]),
            "out_amount": graph.amount[first],
            "back_amount": graph.amount[second],
            "high": high[out],
            "hours": np.round((graph.time[second] - graph.time[first]) / HOUR, 2),
            "shared": _shared(graph, graph.debtor[first], graph.creditor[second]),
            "rivals": rivals,
            "left_out": by_out[out] - np.bincount(out, minlength=out_place.size)[out],
            "confidence": np.round(0.5 * close / (1 + rivals), 3),
        }
    )


def left_out(found: pl.DataFrame) -> int:
    """How many candidates there were in all that `found` does not hold.

    Parameters
    ----------
    found : polars DataFrame
        Whole, as :func:`find_value_links` or :func:`find_advances` gave it.
    """
    return int(found.unique("out" if "out" in found.columns else "credit")["left_out"].sum())


def _crossings(made: Trace) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Transfers that took tainted money out, how much at most, and those that brought money soon after one of them."""
    graph, frame = made.graph, _offered_from(made)
    outs = frame["place"].to_numpy()
    outside = np.append(made.outside, True)  # place -1: cash
    leaves = ~outside[graph.debtor[outs]] & outside[graph.creditor[outs]]
    outs, high = outs[leaves], frame["high"].to_numpy()[leaves]
    brings = outside[graph.debtor[: made.end]] & ~outside[graph.creditor[: made.end]]
    backs = np.flatnonzero(brings & ~undone_of(made)[: made.end])
    soon = np.searchsorted(graph.time[outs], graph.time[backs] - LINK_TIME) < np.searchsorted(outs, backs)
    return outs, high, backs[soon]


def _closest(
    pairs: _Pairs, keys: list[tuple[NDArray[np.int64], NDArray[np.int64]]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The closest pairs of each earlier transfer among those that have equal keys by any of `keys`, and how close."""
    size = max(pairs.late_rank.size, 1)
    boxes = [(asking, Boxes(points, pairs.late_rank)) for asking, points in keys]
    crowd, pool = np.arange(pairs.begin.size), []
    for band in range(BANDS, -1, -1):
        box, found = pairs.after(band, crowd), []
        for asking, among in boxes:
            which, late = among.pick(asking[crowd], box, MOST_OFFERED)
            found.append(crowd[which] * size + late)
        joint = np.unique(np.concatenate(found))
        pool.append(joint[turns_of(joint // size) < MOST_OFFERED])
        # Who has fewer has them all.
        crowd = crowd[np.bincount(pool[-1] // size, minlength=pairs.begin.size)[crowd] == MOST_OFFERED]
    early, late = np.divmod(np.unique(np.concatenate(pool)), size)
    close = pairs.closeness(early, late)
    offered = _first(early, np.lexsort((late, -close, early)))
    return early[offered], late[offered], close[offered]


def _shared(graph: TransactionGraph, one: NDArray[np.int32], other: NDArray[np.int32]) -> pl.Series:
    """The first of what accounts that share something share."""
    same = (graph.links[one] == graph.links[other]) & (graph.links[one] >= 0)
    first = np.where(one == other, 0, 1 + np.argmax(same, axis=1))
    return pl.Series(["account", *LINKS], dtype=pl.String()).gather(pl.Series(first))


def find_advances(made: Trace) -> pl.DataFrame:
    """Payments that tainted money may have repaid afterwards (backwards tracing; Brazil v Durant, Privy Council, 2015).

    A later credit does not explain an earlier debit. It may where the steps are a coordinated whole with a close causal
    and transactional link, which nothing here shows: every row needs evidence of that, and stands in no total. A
    candidate is a debit at most :data:`ADVANCE_TIME` before tainted money (:data:`LEAST` or more) came to the same
    account or one of the same owner, at most :data:`ADVANCE_AMOUNT` of the debit more or less than it. The debit went
    elsewhere than to the credited account, is not wholly traced by every rule as it is, and was paid out of an
    overdraft, a loan or money from an account of the same owner (of the credits at most :data:`ADVANCE_TIME` before it
    and of nine tenths of it or more, the last that was such).

    Parameters
    ----------
    made : Trace
        With what transfers carried.

    Returns
    -------
    polars DataFrame
        A row a candidate, in ledger order of the credit, its latest debit first: ``debit``, ``credit`` (transaction
        ids), ``account`` (that paid), ``paid_to``, ``amount`` of the debit, ``tainted`` (money in the credit, the most
        over the rules), ``claim``, ``claim_alone``, ``rivals`` (other candidates with the same debit or the same
        credit, those left out included), ``left_out`` (candidates with the same credit that are not in the table; see
        :func:`left_out`), ``funded_by`` (``overdraft``, ``loan``, ``own account``), ``days`` between them and
        ``needs_coordination_evidence`` (true).

    Raises
    ------
    ParameterError
        When the trace did not record what transfers carried, or was by poison alone.

    Notes
    -----
    ``claim_alone`` is what could be claimed if this were the only candidate: by each rule but poison the lesser of what
    is tainted in the credit and what of the debit is *not* traced by that same rule, and of these the most. It is 0
    where the rules that taint the credit have traced all of the debit.

    ``claim`` uses every penny once, row by row: it is so much of that as earlier rows left of the debit (its amount,
    less what the rule that traces least of it has traced) and of the credit's tainted money. So the claims on a debit
    never come to more than is left of it, nor those by a credit to more than it brought. Which of several rivals repaid
    a debit their order does not show. It is a presumption (design); ``claim_alone`` says what each could claim instead.

    *Of many candidates* with one credit the :data:`MOST_OFFERED` latest debits are offered, and no other is claimed.

    Time: n log n for n transfers of the accounts with tainted credits and their owners' others, however many candidates
    there are; times the bits of the number of accounts of one owner.
    """
    graph = made.graph
    credit_place, tainted, debit_place, fund = _advanced(made)
    pairs = _Pairs(made, debit_place, (credit_place, tainted), ADVANCE_AMOUNT, ADVANCE_TIME)
    by_debit, by_credit = np.zeros(debit_place.size, np.int64), np.zeros(credit_place.size, np.int64)
    pool = [np.empty(0, np.int64)]
    for payer, payee in _advance_keys(graph, debit_place, credit_place):
        boxes = Boxes(payer, pairs.early_rank)
        which, found = boxes.pick(payee, pairs.before, MOST_OFFERED, latest=True)
        pool.append(which * payer.size + found)
        by_credit += boxes.count(payee, pairs.before)
        by_debit += Boxes(payee, pairs.late_rank).count(payer, pairs.after())
    credit, debit = np.divmod(np.unique(np.concatenate(pool)), max(debit_place.size, 1))
    order = np.lexsort((-debit, credit))
    order = order[_first(credit, order)[order]]
    credit, debit = credit[order], debit[order]
    first, second = debit_place[debit], credit_place[credit]
    left = graph.amount[debit_place] - _traced(made, debit_place).min(axis=0)
    alone = np.minimum(graph.amount[first] - _traced(made, first), _traced(made, second)).max(axis=0)
    return pl.DataFrame(
        {
            "debit": graph.transaction_ids(first),
            "credit": graph.transaction_ids(second),
            "account": _names(graph, graph.debtor[first]),
            "paid_to": _names(graph, graph.creditor[first]),
            "amount": graph.amount[first],
            "tainted": tainted[credit],
            "claim": _use_once(alone, (debit, left), (credit, tainted)),
            "claim_alone": alone,
            "rivals": by_debit[debit] + by_credit[credit] - 2,
            "left_out": by_credit[credit] - np.bincount(credit, minlength=credit_place.size)[credit],
            "funded_by": pl.Series(_FUNDS, dtype=pl.String()).gather(pl.Series(fund[debit])),
            "days": np.round((graph.time[second] - graph.time[first]) / DAY, 2),
            "needs_coordination_evidence": np.ones(debit.size, np.bool_),
        }
    )


def _advanced(
    made: Trace,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Tainted credits, how much at most, debits shortly before them that may be claimed, and what funded each."""
    graph, frame = made.graph, _offered_from(made)
    to = graph.creditor[frame["place"].to_numpy()]
    here = (to >= 0) & ~made.outside[to]
    credit, tainted = frame["place"].to_numpy()[here], frame["high"].to_numpy()[here]
    holder = _holders(graph)
    wanted = np.zeros(2 * graph.accounts, np.bool_)
    wanted[holder[graph.creditor[credit]]] = True
    payer = graph.debtor[: made.end]
    paid = (payer >= 0) & wanted[holder[payer]] & (payer != graph.creditor[: made.end])
    debit = np.flatnonzero(paid & (graph.amount[: made.end] > 0) & ~undone_of(made)[: made.end])
    last = np.searchsorted(graph.time[credit], graph.time[debit] + ADVANCE_TIME, side="right")
    debit = debit[np.searchsorted(credit, debit, side="right") < last]
    debit = debit[_traced(made, debit).min(axis=0) < graph.amount[debit]]
    fund = _funding(made, debit)
    return credit, tainted, debit[fund >= 0], fund[fund >= 0]


def _holders(graph: TransactionGraph) -> NDArray[np.int64]:
    """A number for the owner of each account, its own where the owner is unknown."""
    owner = graph.links[:, 0].astype(np.int64)
    return np.where(owner >= 0, owner, graph.accounts + np.arange(graph.accounts))


def _traced(made: Trace, place: NDArray[np.int64]) -> NDArray[np.int64]:
    """Tainted money in transfers by each rule but poison; int64[rules, places]."""
    assert made.carried is not None, "columns_of has looked"
    rules = [f"tainted_{rule}" for rule in made.rules if rule in CONSERVING]
    asked = pl.DataFrame({"place": pl.Series(place, dtype=made.carried.schema["place"])})
    found = asked.join(made.carried, on="place", how="left", maintain_order="left").select(rules).fill_null(0)
    return np.stack([found[rule].to_numpy() for rule in rules])


def _advance_keys(
    graph: TransactionGraph, debit: NDArray[np.int64], credit: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Keys of the debits and of the credits, equal by just one pair of them where one holder has both accounts.

    Not where the debit went to the credited account. Of one that went to another of the holder's accounts the numbers
    that both have among these differ in some highest bit: a pair of keys for each bit.
    """
    holder, to, payee = _holders(graph), graph.creditor[credit].astype(np.int64), graph.creditor[debit]
    payer, own = holder[graph.debtor[debit]], holder[to]
    inside = (payee >= 0) & (holder[payee] == payer)
    yield _numbered(np.where(inside, -1, payer), own)
    accounts = np.unique(np.concatenate([to, payee[inside]]))
    accounts = accounts[np.argsort(holder[accounts], kind="stable")]
    number = np.zeros(graph.accounts, np.int64)
    number[accounts] = turns_of(holder[accounts])
    bits = int(number.max()).bit_length()
    for bit in range(bits if inside.any() else 0):
        paid, came = number[payee] >> bit, number[to] >> bit ^ 1
        yield _numbered(np.where(inside, (payer << bits) + paid, -1), (own << bits) + came)


def _numbered(one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys as small numbers, equal where they were; -1 where they were below 0."""
    keys = np.concatenate([one, other])
    small = np.where(keys >= 0, np.unique(keys, return_inverse=True)[1], -1)
    return small[: one.size], small[one.size :]


def _use_once(
    most: NDArray[np.int64],
    debits: tuple[NDArray[np.int64], NDArray[np.int64]],
    credits: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> NDArray[np.int64]:
    """What each row gets, in their order, of its debit and its credit: which they are, and what all of them have."""
    (debit, left), (credit, brought) = debits, credits
    room, purse = left.tolist(), brought.tolist()
    found = []
    for limit, paid, came in zip(most.tolist(), debit.tolist(), credit.tolist(), strict=True):
        got = min(limit, room[paid], purse[came])
        room[paid] -= got
        purse[came] -= got
        found.append(got)
    return np.array(found, np.int64)


def _funding(made: Trace, debit: NDArray[np.int64]) -> NDArray[np.int64]:
    """Out of what each debit was paid, as a place in :data:`_FUNDS`; -1: out of none of them; int64[debits]."""
    graph = made.graph
    pays = np.zeros(graph.accounts + 1, np.bool_)
    pays[graph.debtor[debit]] = True
    came = np.flatnonzero(pays[graph.creditor] & (graph.creditor != graph.debtor))
    owner = np.append(graph.links[:, 0], -1)[np.stack([graph.debtor[came], graph.creditor[came]])]
    loan = _lent(graph, came)
    kept = loan | ((owner[0] >= 0) & (owner[0] == owner[1]))
    came, loan = came[kept], loan[kept]
    amount, ranks = graph.amount[debit], np.sort(graph.amount[came])
    box = Box(
        np.searchsorted(ranks, amount - _part(amount, 100)),
        np.full(debit.size, came.size),
        np.searchsorted(graph.time[came], graph.time[debit] - ADVANCE_TIME),
        np.searchsorted(came, debit),
    )
    boxes = Boxes(graph.creditor[came].astype(np.int64), np.searchsorted(ranks, graph.amount[came]))
    which, last = boxes.pick(graph.debtor[debit].astype(np.int64), box, 1, latest=True)
    found = np.full(debit.size, -1)
    found[which] = np.where(loan[last], 1, 2)
    found[_overdrawn(made, debit)] = 0
    return found


def _lent(graph: TransactionGraph, place: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the reference of each transfer holds the word loan."""
    codes, texts = graph.codes("reference")
    said = np.zeros(len(texts) + 1, np.bool_)  # the last: no reference
    used = np.unique(codes[place])
    used = used[used >= 0]
    said[used] = texts.gather(pl.Series(used)).str.contains(r"(?i)(?:^|[\s.])loan(?:[\s.]|$)").to_numpy()
    return said[codes[place]]


def _overdrawn(made: Trace, debit: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each debit left its account overdrawn, where its opening balance is known; bool[debits]."""
    graph, (known, opening) = made.graph, made.opening
    asked = np.zeros(graph.accounts + 1, np.bool_)
    asked[graph.debtor[debit]] = True
    asked[:-1] &= known
    paid, came = np.flatnonzero(asked[graph.debtor]), np.flatnonzero(asked[graph.creditor])
    account = np.concatenate([graph.debtor[paid], graph.creditor[came]])
    change = np.concatenate([-graph.amount[paid], graph.amount[came]])
    order = np.lexsort((np.concatenate([paid, came]), account))
    held, sums = account[order], np.cumsum(change[order])
    after = np.empty(order.size, np.int64)
    after[order] = opening[held] + sums - (sums - change[order])[np.searchsorted(held, held)]
    found = asked[graph.debtor[debit]]
    found[found] = after[np.searchsorted(paid, debit[found])] < 0
    return found


def _offered_from(made: Trace) -> pl.DataFrame:
    """What transfers carried, of those with enough tainted money, in ledger order."""
    return columns_of(made).filter(pl.col("high") >= LEAST).sort("place")


def _names(graph: TransactionGraph, account: NDArray[np.int32]) -> pl.Series:
    """Names of accounts; null for cash."""
    names = graph.names.gather(pl.Series(np.maximum(account, 0)))
    return names.set(pl.Series(account < 0), None)


# Pairs of an earlier and a later transfer, among very many


class _Pairs:
    """Earlier transfers, and later ones at most `span` after that come to the same within `thousandths` of the former.

    Parameters
    ----------
    made : Trace
    early : int64[e]
        Ledger places, rising.
    late : (int64[l], int64[l])
        Ledger places, rising, and the amounts that count.
    """

    def __init__(
        self,
        made: Trace,
        early: NDArray[np.int64],
        late: tuple[NDArray[np.int64], NDArray[np.int64]],
        thousandths: int,
        span: int,
    ) -> None:
        time, self.amount = made.graph.time, made.graph.amount[early]
        place, self.later = late
        self.thousandths, self.span = thousandths, span
        self.time, self.time_later = time[early], time[place]
        self.slack = _part(self.amount, thousandths)
        self.sorted, lot = np.sort(self.later), np.sort(self.amount)
        self.late_rank, self.early_rank = np.searchsorted(self.sorted, self.later), np.searchsorted(lot, self.amount)
        self.begin = np.searchsorted(place, early, side="right")
        self.end = np.searchsorted(self.time_later, self.time + span, side="right")
        self.before = Box(
            np.searchsorted(lot + _part(lot, thousandths), self.later),
            np.searchsorted(lot - _part(lot, thousandths), self.later, side="right"),
            np.searchsorted(self.time, self.time_later - span),
            np.searchsorted(early, place),
        )

    def after(self, band: int = BANDS, which: NDArray[np.int64] | None = None) -> Box:
        """For each earlier transfer the later ones, within so many of the :data:`BANDS` parts of the difference."""
        of: NDArray[np.int64] | slice = slice(None) if which is None else which
        amount, off = self.amount[of], self.slack[of] * band // BANDS
        high = np.searchsorted(self.sorted, amount + off, side="right")
        return Box(np.searchsorted(self.sorted, amount - off), high, self.begin[of], self.end[of])

    def closeness(self, early: NDArray[np.int64], late: NDArray[np.int64]) -> NDArray[np.float64]:
        """From 1 for the same amount at once down to a quarter at the bounds of both."""
        off = np.abs(self.later[late] - self.amount[early]).astype(np.float64) * 1000
        share: NDArray[np.float64] = off / (self.amount[early].astype(np.float64) * self.thousandths)
        return (1 - share / 2) * (1 - (self.time_later[late] - self.time[early]) / self.span / 2)


def _part(amount: NDArray[np.int64], thousandths: int) -> NDArray[np.int64]:
    """So many thousandths of amounts, rounded down, however large they are."""
    part: NDArray[np.int64] = amount // 1000 * thousandths + amount % 1000 * thousandths // 1000
    return part


def _first(owner: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which are the first :data:`MOST_OFFERED` of their owner, in an order by owner and what else counts."""
    kept = np.zeros(owner.size, np.bool_)
    kept[order[turns_of(owner[order]) < MOST_OFFERED]] = True
    return kept


def _groups(
    links: NDArray[np.int32], chosen: tuple[int, ...] = (), key: NDArray[np.int64] | None = None
) -> Iterator[tuple[tuple[int, ...], NDArray[np.int64]]]:
    """Every set of attributes that some accounts have in common, and each account's group; -1 where it is alone."""
    before = np.zeros(len(links), np.int64) if key is None else key
    for number in range(chosen[-1] + 1 if chosen else 0, links.shape[1]):
        own = links[:, number].astype(np.int64)
        joint = np.where((before >= 0) & (own >= 0), before * (own.max(initial=0) + 1) + own, -1)
        _, place, size = np.unique(joint, return_inverse=True, return_counts=True)
        group = np.where((joint >= 0) & (size[place] > 1), place, -1)
        if (group >= 0).any():
            yield (*chosen, number), group
            yield from _groups(links, (*chosen, number), group)


def _count(
    groups: list[tuple[tuple[int, ...], NDArray[np.int64]]],
    party: tuple[NDArray[np.int64], NDArray[np.int64]],
    rank: NDArray[np.int64],
    box: Box,
) -> NDArray[np.int64]:
    """How many points lie in each box and are of the same party as its own, or one that shares anything with it.

    `groups` begins with the accounts themselves. Who shares several attributes is counted once: by inclusion and
    exclusion over the sets of attributes.
    """
    asking, points = party
    own = Boxes(points, rank).count(asking, box)
    many = own.copy()
    for chosen, group in groups[1:]:
        among = np.flatnonzero(group[asking] >= 0)
        others = Boxes(group[points], rank).count(group[asking[among]], box.of(among)) - own[among]
        many[among] += others if len(chosen) % 2 else -others
    return many
