"""What every typology's oracle stands on: transfers as dicts, and what the accounts are to each other.

Imports nothing of ours.

A transfer has ``transaction_id``, ``row``, ``time`` (microseconds UTC), ``debtor_account``, ``creditor_account``
(``None`` where absent), ``amount`` (minor units), ``currency`` and ``channel``. All amounts but those of L01 are in
the reference currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.oracles.ordering import Row
from tests.oracles.relations import Dealings, Relation, relations

DAY = 86_400_000_000
LINKING = ("party", "address_hash", "phone_hash", "email_hash", "device_hash")
PULLED = ("direct_debit", "card", "internal")
DEALINGS = Dealings(lookback=180 * DAY, gap=30 * DAY, payments=3)

Transfer = dict[str, Any]
Values = dict[str, int | float]
Links = dict[str, dict[str, Any]]


class Instance(NamedTuple):
    """What a typology must find: who, which transfers, since when, and what the gate measures."""

    subject: str
    evidence: tuple[str, ...]
    fired: str
    gates: tuple[tuple[str, float], ...]


class World(NamedTuple):
    """All that an oracle may look at.

    `links` has what the register knows of accounts, `arrivals` (day since 1970, arrivals, red or None) a row, and
    `earlier` the matches of other typologies: (subject, id of the first firing's transfer, ids of the evidence).
    """

    transfers: list[Transfer]
    links: Links
    arrivals: tuple[tuple[int, int, bool | None], ...] = ()
    earlier: Mapping[str, list[tuple[str, str, tuple[str, ...]]]] = MappingProxyType({})


class Book(NamedTuple):
    """The transfers in ledger order as numbers, and what the accounts were to each other."""

    transfers: list[Transfer]
    names: list[str]
    rows: list[Row]
    relations: list[Relation]

    def instance(self, subject: int, places: list[int], fired: int, gates: dict[str, float]) -> Instance:
        ids = tuple(sorted(str(self.transfers[place]["transaction_id"]) for place in places))
        return Instance(self.names[subject], ids, self.transfers[fired]["transaction_id"], tuple(sorted(gates.items())))


def book(transfers: list[Transfer], links: Links) -> Book:
    ordered = sorted(transfers, key=lambda t: (t["time"], t["row"]))
    sides = [t[side] for t in ordered for side in ("debtor_account", "creditor_account")]
    names = sorted({name for name in sides if name is not None})
    number: dict[str | None, int] = {name: place for place, name in enumerate(names)} | {None: -1}
    rows = [(number[t["debtor_account"]], number[t["creditor_account"]], t["time"], t["amount"]) for t in ordered]
    months = [month(t["time"]) for t in ordered]
    pulled = [t["channel"] in PULLED for t in ordered]
    return Book(ordered, names, rows, relations(rows, months, pulled, numbered(names, links), DEALINGS))


def month(time: int) -> int:
    moment = datetime(1970, 1, 1) + timedelta(microseconds=time)  # noqa: DTZ001 - UTC throughout
    return moment.year * 12 + moment.month


def numbered(names: list[str], links: Links) -> list[tuple[int, ...]]:
    """Each account's attributes as numbers, one a kind of attribute; -1 where unknown."""
    kinds = sorted({kind for attributes in links.values() for kind in attributes if kind in LINKING})
    codes: dict[tuple[str, str], int] = {}
    found = []
    for name in names:
        own = links.get(name, {})
        found.append(tuple(codes.setdefault((k, own[k]), len(codes)) if k in own else -1 for k in kinds))
    return found


def thousandths(share: float) -> int:
    return round(share * 1000)
