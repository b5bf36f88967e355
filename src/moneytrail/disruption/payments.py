"""What each payment out of a gang's accounts is: a refund, a cost, or money that goes on. Told by what a bank sees."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from moneytrail.graph import DAY
from moneytrail.schema import CHANNELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.tracing import Trace
    from moneytrail.typologies.ground import Ground

COSTS: Final = {
    "kit": (
        "boat",
        "engine",
        "life_jackets",
        "pump",
        "fuel_cans",
        "hull_boards",
        "trailer",
        "chandlery",
        "boat_dealer",
    ),
    "goods": ("goods", "customs", "freight"),
    "travel": ("travel", "lodging", "fuel", "vehicle_hire", "transport"),
    "papers": ("visa", "papers"),
    "storage": ("storage",),
}
"""What a gang buys for its trade, by the purposes of ``tables.toml`` (design; sources on kit, transport and lodging are
named with the typologies S10, S12 and S15)."""

PAID_TOGETHER, PAID_TOGETHER_INFERRED, PAID_WITHIN = 3, 5, 14 * DAY
"""So many people that one account pays within so many microseconds are paid together (design); more are asked for where
the gang's accounts are inferred, since some that are not found will be among those paid."""

CLIENTS: Final = 20
"""So many payers and payees that an account moves money for others (design)."""


def bought(channel: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether a transfer went through a card scheme or was pulled by its payee."""
    found: NDArray[np.bool_] = np.array([name in ("card", "direct_debit") for name in CHANNELS])[channel]
    return found


KINDS: Final = ("refund", *COSTS, "helpers", "cash", "crypto", "purchases", "clients", "people", "other")


def sort_payments(made: Trace, ground: Ground, own: NDArray[np.bool_], together: int) -> NDArray[np.int8]:
    """What each transfer of the record is: a place in :data:`KINDS`, -1 where it does not leave the gang's accounts."""
    graph, carried = made.graph, made.carried
    assert carried is not None, "the caller has looked"
    place = carried["place"].to_numpy()
    debtor, creditor = graph.debtor[place], graph.creditor[place]
    mine = np.append(own, False)
    leaves = mine[debtor] & ~mine[creditor]
    kind = np.full(place.size, KINDS.index("other"), np.int8)
    sold = bought(graph.channel[place]) | (graph.codes("merchant_category")[0][place] >= 0)
    pushed = leaves & ~sold & (creditor >= 0)
    supplied = pushed & np.append(find_suppliers(made, ground, own), False)[creditor]
    refunded = pushed & np.append(payers_of(made), False)[creditor]
    others = pushed & ~supplied & ~refunded
    people, helpers = _paid_together((graph.time[place], graph.amount[place]), debtor, creditor, others, together)
    kind[people] = KINDS.index("people")
    kind[helpers] = KINDS.index("helpers")
    kind[sold] = KINDS.index("purchases")
    for name, purposes in COSTS.items():
        # Words in a payment between people are what the payer chose to write; what a shop is, nobody chose.
        said = ground.purpose(*purposes)[place]
        kind[said & (sold | (name in ("kit", "storage")))] = KINDS.index(name)
    kind[supplied] = KINDS.index("goods")
    kind[pushed & _serves(made, own)[debtor]] = KINDS.index("clients")
    kind[ground.purpose("crypto")[place]] = KINDS.index("crypto")
    kind[refunded] = KINDS.index("refund")
    kind[creditor < 0] = KINDS.index("cash")
    kind[~leaves | np.isin(place, np.concatenate([made.reversals.earlier, made.reversals.later]))] = -1
    return kind


def payers_of(made: Trace) -> NDArray[np.bool_]:
    """The accounts that paid the seeds; bool[accounts]."""
    found = np.zeros(made.graph.accounts, np.bool_)
    debtor = made.graph.debtor[made.seeds]
    found[debtor[debtor >= 0]] = True
    return found


def _serves(made: Trace, own: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the gang's accounts move money for others: many pay in and many are paid; bool[accounts + 1]."""
    graph = made.graph
    found = np.zeros(graph.accounts + 1, np.bool_)
    for account in np.flatnonzero(own).tolist():
        into, out = graph.incoming, graph.outgoing
        payers = np.intersect1d(into.edge[into.indptr[account] : into.indptr[account + 1]], made.seeds)
        part = slice(out.indptr[account], out.indptr[account + 1])
        payees = out.peer[part][(out.edge[part] < made.end) & (out.peer[part] >= 0)]
        payers = graph.debtor[payers]
        found[account] = min(np.unique(payers[payers >= 0]).size, np.unique(payees).size) >= CLIENTS
    return found


def find_suppliers(made: Trace, ground: Ground, own: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Who sells to the gang: paid by its accounts twice or more, most of it for goods, by the words; bool[accounts].

    No person's own account is: what a payer writes of a payment makes nobody a shop.
    """
    graph, carried = made.graph, made.carried
    assert carried is not None, "the caller has looked"
    place = carried["place"].to_numpy()
    debtor, creditor = graph.debtor[place], graph.creditor[place]
    paid = np.append(own, False)[debtor] & (creditor >= 0) & ~bought(graph.channel[place])
    payee, amount = creditor[paid], graph.amount[place][paid]
    said = ground.purpose(*COSTS["goods"])[place][paid]
    count = np.bincount(payee, minlength=graph.accounts)
    whole = np.bincount(payee, amount, minlength=graph.accounts)
    goods = np.bincount(payee[said], amount[said], minlength=graph.accounts)
    person = (graph.register["kind"].cast(pl.String()) == "personal").fill_null(value=False).to_numpy()
    found: NDArray[np.bool_] = (count >= 2) & (goods * 2 >= whole) & ~person
    return found


def _paid_together(
    time_amount: tuple[NDArray[np.int64], NDArray[np.int64]],
    debtor: NDArray[np.int32],
    creditor: NDArray[np.int32],
    may: NDArray[np.bool_],
    together: int,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Payments of which the payer made several to different people within a fortnight; and those of them in like sums.

    Like sums are one, two or three times a sum that stands there: what helpers are paid a head or a turn.
    """
    time, amount = time_amount
    found, like = np.zeros(time.size, np.bool_), np.zeros(time.size, np.bool_)
    rows = np.flatnonzero(may)
    by_payer = rows[np.argsort(debtor[rows], kind="stable")]
    for own in np.split(by_payer, np.flatnonzero(np.diff(debtor[by_payer])) + 1):
        window = _Window(found, like, together)
        first = np.searchsorted(time[own], time[own] - PAID_WITHIN, side="left")
        gone = 0
        for at, begin in zip(own.tolist(), first.tolist(), strict=True):
            for old in own[gone:begin].tolist():
                window.forget(int(creditor[old]), int(amount[old]))
            gone = begin
            window.add(at, int(creditor[at]), int(amount[at]))
    return found, like


class _Window:
    """One payer's payments of the last fortnight: what they mark stays marked, each in a few steps."""

    def __init__(self, found: NDArray[np.bool_], like: NDArray[np.bool_], together: int) -> None:
        self.found, self.like, self.together = found, like, together
        self.places: deque[int] = deque()
        self.payees: Counter[int] = Counter()
        self.sums: dict[int, deque[int]] = {}

    def forget(self, payee: int, amount: int) -> None:
        """Let the oldest payment go."""
        self.places.popleft()
        self.payees[payee] -= 1
        if not self.payees[payee]:
            del self.payees[payee]
        self.sums[amount].popleft()
        if not self.sums[amount]:
            del self.sums[amount]

    def add(self, place: int, payee: int, amount: int) -> None:
        """Take the next payment in, and mark what it makes plain."""
        before = len(self.payees) >= self.together
        self.places.append(place)
        self.payees[payee] += 1
        self.sums.setdefault(amount, deque()).append(place)
        if len(self.payees) < self.together:
            return
        _mark(self.found, self.places)
        # Where people are paid together for the first time, every sum may be one of like sums; later only the new one.
        for unit in [amount // times for times in (1, 2, 3) if amount % times == 0] if before else list(self.sums):
            alike = [self.sums[unit * times] for times in (1, 2, 3) if unit * times in self.sums]
            if unit in self.sums and sum(map(len, alike)) >= self.together:
                for places in alike:
                    _mark(self.like, places)


def _mark(marks: NDArray[np.bool_], places: deque[int]) -> None:
    """Mark the places, the latest first, until one is marked: then all before it are."""
    for place in reversed(places):
        if marks[place]:
            return
        marks[place] = True
