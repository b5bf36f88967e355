"""The three worlds that the core is measured on: sparse, dense and hub-heavy. Seeded; made with numpy alone.

A larger world has more towns, not denser ones: accounts, transfers and hubs grow together, the days stay, and every
account deals almost only within its town. So the cost of a transfer's neighbourhood does not depend on the size, and
what a benchmark over sizes shows is how the code grows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND
START: Final = 1_661_990_400 * SECOND
"""1 September 2022, in microseconds UTC."""

SELF_SHARE: Final = 0.116
"""Share of the sparse world's transfers that go to oneself, as in AMLworld."""


class World(NamedTuple):
    """Transfers in ledger order, accounts as integers.

    Attributes
    ----------
    name : str
    accounts : int
    debtor, creditor : int32[n]
    time : int64[n]
        Microseconds UTC, whole seconds, never falling.
    amount : int64[n]
        Minor units, positive.
    """

    name: str
    accounts: int
    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    time: NDArray[np.int64]
    amount: NDArray[np.int64]

    def first(self, transfers: int) -> World:
        """The same world cut after its first `transfers`."""
        part = slice(transfers)
        columns = self.debtor[part], self.creditor[part], self.time[part], self.amount[part]
        return World(self.name, self.accounts, *columns)

    def plain(self) -> World:
        """The same world without ties in time and without transfers to oneself: what every definition agrees on."""
        kept = self.debtor != self.creditor
        debtor, creditor, time, amount = self.debtor[kept], self.creditor[kept], self.time[kept], self.amount[kept]
        rank = np.arange(time.size)
        # The smallest shift that makes whole seconds rise strictly: each is at least one after the one before.
        distinct = np.maximum.accumulate(time // SECOND - rank) + rank
        return World(self.name, self.accounts, debtor, creditor, distinct * SECOND, amount)


def sparse(transfers: int, seed: int = 1, town: int = 1_000_000) -> World:
    """AMLworld's shape: 18 days, ten transfers an account, Zipf hubs, one transfer in nine to oneself.

    One transfer in five hundred goes back from the creditor of an earlier one to its debtor, so that there are motifs.

    Parameters
    ----------
    transfers : int
    seed : int
    town : int
        Transfers a town. The heaviest debtor makes 2.9 % of its town's transfers; with one town of all transfers the
        hubs grow with the size.
    """
    rng = np.random.default_rng(seed)
    towns, size = _towns(transfers, town, per_account=10)
    where = rng.integers(0, towns, transfers)
    debtor = where * size + _zipf(rng, size, 0.84, transfers)
    creditor = where * size + size - 1 - _zipf(rng, size, 0.6, transfers)
    own = rng.random(transfers) < SELF_SHARE
    creditor[own] = debtor[own]
    debtor, creditor = _answered(rng, debtor, creditor, (rng.random(transfers) < 0.002) & ~own)
    return _world("sparse", rng, towns * size, debtor, creditor, 18 * DAY)


def dense(transfers: int, seed: int = 2) -> World:
    """Dense and reciprocal: towns of a thousand accounts, six transfers an account and day, both ways, for three days.

    Some accounts deal more than others (Zipf), and two transfers in five answer an earlier one: they go back from its
    creditor to its debtor. All do so within the first six hours of the day, so that windows of six hours are dense too,
    and from the second day on every window of a day is full.
    """
    rng = np.random.default_rng(seed)
    towns, size = _towns(transfers, 18_000, per_account=18)
    where = rng.integers(0, towns, transfers) * size
    payer = _zipf(rng, size, 0.45, transfers)
    payee = size - 1 - _zipf(rng, size, 0.45, transfers)
    payee = where + np.where(payee == payer, (payee + 1) % size, payee)
    payer += where
    debtor, creditor = _answered(rng, payer, payee, rng.random(transfers) < 0.4)
    return _world("dense", rng, towns * size, debtor, creditor, 3 * DAY, busy=DAY // 4)


def hubs(transfers: int, seed: int = 3) -> World:
    """Towns of customers around merchants, payrolls and exchanges, which pay and are paid by thousands.

    Of a town's transfers 40 % are purchases (one in ten of them refunded in part by a transfer back), 15 % wages,
    20 % go to and come from exchanges, 5 % between the hubs themselves, and the rest between customers.
    """
    rng = np.random.default_rng(seed)
    towns, size = _towns(transfers, 500_000, per_account=10)
    merchants, payrolls, exchanges = (max(1, size // share) for share in (500, 2_000, 10_000))
    many = merchants + payrolls + exchanges
    where = rng.integers(0, towns, transfers)
    customer = many + rng.integers(0, max(1, size - many), transfers)
    other = many + rng.integers(0, max(1, size - many), transfers)
    merchant = _zipf(rng, merchants, 0.9, transfers)
    payroll = merchants + _zipf(rng, payrolls, 0.7, transfers)
    exchange = merchants + payrolls + rng.integers(0, exchanges, transfers)
    hub = rng.integers(0, many, transfers)
    kind = np.searchsorted(np.cumsum([0.36, 0.04, 0.15, 0.10, 0.10, 0.05]), rng.random(transfers), side="right")
    debtor = np.choose(kind, [customer, merchant, payroll, customer, exchange, hub, customer])
    creditor = np.choose(kind, [merchant, customer, customer, exchange, customer, merchant, other])
    creditor = np.where(creditor == debtor, customer, creditor)
    return _world("hubs", rng, towns * size, where * size + debtor, where * size + creditor, 18 * DAY)


WORLDS: Final[dict[str, Callable[[int], World]]] = {"sparse": sparse, "dense": dense, "hubs": hubs}


def _towns(transfers: int, town: int, per_account: int) -> tuple[int, int]:
    """How many towns there are, and the accounts of each."""
    towns = max(1, round(transfers / town))
    return towns, max(10, transfers // (per_account * towns))


def _answered(
    rng: np.random.Generator, debtor: NDArray[np.int64], creditor: NDArray[np.int64], answers: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Let the transfers marked in `answers` go back from the creditor of an earlier one to its debtor."""
    answers = answers & (np.arange(debtor.size) > 0)
    earlier = (rng.random(debtor.size) * np.arange(debtor.size)).astype(np.int64)
    return np.where(answers, creditor[earlier], debtor), np.where(answers, debtor[earlier], creditor)


def _zipf(rng: np.random.Generator, size: int, exponent: float, draws: int) -> NDArray[np.int64]:
    """Draw account numbers below `size`, the account of rank r with weight ``r ** -exponent``, ranks scattered."""
    weight = np.arange(1, size + 1) ** -exponent
    border = np.cumsum(weight / weight.sum())
    rank = np.minimum(np.searchsorted(border, rng.random(draws)), size - 1)
    return rank * 1_000_003 % size


def _world(
    name: str,
    rng: np.random.Generator,
    accounts: int,
    debtor: NDArray[np.int64],
    creditor: NDArray[np.int64],
    span: int,
    *,
    busy: int = DAY,
) -> World:
    """Add times, uniform over the first `busy` of each day, and amounts in pence, log-normal, median 90 pounds."""
    spread = np.sort(rng.integers(0, span // SECOND, debtor.size)) * SECOND
    # Whole seconds, and never 0, which the peer takes for no time.
    time = START + SECOND + spread // DAY * DAY + spread % DAY // (DAY // busy) // SECOND * SECOND
    amount = np.maximum(1, np.exp(rng.normal(9.1, 1.6, debtor.size))).astype(np.int64)
    return World(name, accounts, debtor.astype(np.int32), creditor.astype(np.int32), time, amount)
