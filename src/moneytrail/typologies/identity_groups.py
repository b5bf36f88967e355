"""Groups of accounts that have something in common: a device, an address, the days of opening, the first payee."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from moneytrail.graph import DAY
from moneytrail.schema import LINK_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from moneytrail.matches import Values
    from moneytrail.typologies.ground import Ground

HASHED: Final = {name: LINK_COLUMNS.index(name) for name in LINK_COLUMNS if name != "party"}
WORDS: Final = {
    "device_hash": "a device",
    "email_hash": "an e-mail address",
    "phone_hash": "a telephone number",
    "address_hash": "an address",
    "batch": "days of opening close together",
    "payee": "the first payee",
}
"""What accounts may have in common, as an investigator reads it."""


class Group(NamedTuple):
    """Accounts that have something in common.

    Attributes
    ----------
    accounts : tuple of int
        Rising.
    by_payee : bool
        Whether the first payee is needed for it: then only what followed the first payment counts.
    """

    accounts: tuple[int, ...]
    by_payee: bool


class Marks(NamedTuple):
    """What each account can have in common with others.

    Attributes
    ----------
    holder : int32[accounts]
        Numbers of the parties; an account whose party is unknown is its own.
    hashed : dict of str to int32[accounts]
        -1 where unknown.
    opened : int64[accounts]
        Days since 1970, -2**62 where unknown.
    payee, paid : int64[accounts]
        The first account it pushed money to since it was opened, -1 where none or unknown; and that ledger position.
    """

    holder: NDArray[np.int32]
    hashed: dict[str, NDArray[np.int32]]
    opened: NDArray[np.int64]
    payee: NDArray[np.int64]
    paid: NDArray[np.int64]


def marks_of(ground: Ground, values: Values) -> Marks:
    """What the accounts of a graph can have in common; `values` has ``first_days``."""
    graph = ground.graph
    party = graph.links[:, LINK_COLUMNS.index("party")]
    own = np.arange(graph.accounts, dtype=np.int32)
    holder = np.where(party >= 0, party, int(party.max(initial=-1)) + 1 + own).astype(np.int32)
    opened = ground.opened()
    payee, paid = _first_payees(ground, opened, int(values["first_days"]) * DAY)
    hashed = {name: graph.links[:, column] for name, column in HASHED.items()}
    return Marks(holder, hashed, np.where(opened > -(2**62), opened // DAY, opened), payee, paid)


def _first_payees(ground: Ground, opened: NDArray[np.int64], reach: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first account that each pushed money to, where the data show the days since it was opened."""
    graph = ground.graph
    payee, paid = np.full((2, graph.accounts), -1, np.int64)
    young = np.append(opened >= graph.known_from, False)
    pushed = ~graph.pulled & (graph.creditor >= 0) & (graph.creditor != graph.debtor)
    places = np.flatnonzero(young[graph.debtor] & pushed)[::-1]
    # Written from the last to the first: the first one stays.
    paid[graph.debtor[places]] = places
    timely = paid >= 0
    timely[timely] = graph.time[paid[timely]] < opened[timely] + reach
    paid = np.where(timely, paid, -1)
    payee[timely] = graph.creditor[paid[timely]]
    return payee, paid


def groups_of(marks: Marks, values: Values) -> list[Group]:
    """The largest sets of accounts that have two things in common and enough besides, in order.

    `values` has ``holders``, ``shared``, ``shared_at_home`` and ``batch_days``; the rule is L14's definition.
    """
    made: set[Group] = set()
    codes = marks.hashed | {"payee": marks.payee}
    for one, other in combinations((*HASHED, "payee"), 2):
        both = _together(codes[one], codes[other])
        made |= {Group(tuple(part.tolist()), other == "payee") for part in _alike(both, values)}
    for code in marks.hashed.values():
        for part in _alike(code, values):
            made |= {Group(batch, by_payee=False) for batch in _batches(marks, part, int(values["batch_days"]))}
    held = sorted(group for group in made if _qualifies(marks, group, values))
    return _largest(held)


def _together(one: NDArray[np.integer[Any]], other: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """A number for each pair of codes; -1 where one is unknown."""
    pair = one.astype(np.int64) * (int(other.max(initial=-1)) + 2) + other
    return np.where((one >= 0) & (other >= 0), pair, -1)


def _alike(code: NDArray[np.integer[Any]], values: Values) -> Iterator[NDArray[np.int64]]:
    """The accounts of each code, where they are as many as the holders wanted; -1 is no code."""
    order = np.argsort(code, kind="stable")
    order = order[np.searchsorted(code[order], 0) :]
    borders = np.flatnonzero(np.diff(code[order])) + 1
    sizes = np.diff(np.concatenate([[0], borders, [order.size]]))
    starts = np.concatenate([[0], borders])
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        if size >= values["holders"]:
            yield order[start : start + size]


def _batches(marks: Marks, accounts: NDArray[np.int64], days: int) -> Iterator[tuple[int, ...]]:
    """The largest sets of accounts opened within so many days of each other."""
    known = accounts[marks.opened[accounts] > -(2**62)]
    known = known[np.argsort(marks.opened[known], kind="stable")]
    opened = marks.opened[known]
    ends = np.searchsorted(opened, opened + days, side="right")
    last = 0
    for start, end in enumerate(ends.tolist()):
        if end > last:
            last = end
            yield tuple(sorted(known[start:end].tolist()))


def _qualifies(marks: Marks, group: Group, values: Values) -> bool:
    if np.unique(marks.holder[list(group.accounts)]).size < values["holders"]:
        return False
    common = in_common(marks, group, values)
    return bool({"device_hash", "batch"} & set(common)) and len(besides_address(common)) >= least_besides(
        common, values
    )


def in_common(marks: Marks, group: Group, values: Values) -> list[str]:
    """What all accounts of a group have in common; the first payee only where the group is one by it."""
    accounts = list(group.accounts)
    found = [name for name, code in marks.hashed.items() if code[accounts[0]] >= 0 and np.ptp(code[accounts]) == 0]
    opened = marks.opened[accounts]
    if opened.min() > -(2**62) and np.ptp(opened) <= values["batch_days"]:
        found.append("batch")
    return [name for name in WORDS if name in found or (name == "payee" and group.by_payee)]


def besides_address(common: list[str]) -> list[str]:
    """What is in common, the address left out."""
    return [name for name in common if name != "address_hash"]


def least_besides(common: list[str], values: Values) -> int:
    """How many things must be in common besides the address."""
    return int(values["shared_at_home"] if "address_hash" in common else values["shared"])


def _largest(groups: list[Group]) -> list[Group]:
    """Without those inside another one that needs no more to be known of them."""
    having: dict[int, list[Group]] = {}
    for group in groups:
        for account in group.accounts:
            having.setdefault(account, []).append(group)
    return [
        group
        for group in groups
        if not any(
            other != group and set(group.accounts) <= set(other.accounts) and other.by_payee <= group.by_payee
            for other in having[group.accounts[0]]
        )
    ]
