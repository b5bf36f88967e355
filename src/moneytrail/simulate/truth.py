"""The ground truth, written apart from the data: who did what, in which gang and attempt, and where the money went."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from moneytrail.schema import INSTANT
from moneytrail.simulate.calendar import Ints
from moneytrail.simulate.dirt import KINDS
from moneytrail.simulate.frames import transaction_ids
from moneytrail.simulate.journal import FIELDS, WIRE, Columns
from moneytrail.simulate.register import Register
from moneytrail.simulate.words import RATE, currency_of

PLACE_OF_ROLE: Final = {
    # Accounts that the gang controls: money in them is the gang's.
    "organiser": "account",
    "collector": "account",
    "holder": "account",
    "depositor": "account",
    "paymaster": "account",
    "mule": "account",
    "broker_here": "account",
    "buyer": "account",
    "front": "account",
    "shell": "account",
    "vendor": "account",
    # Others: money that reaches them is in a place off the books, or at its end.
    "payer": "passengers",
    "client": "hawala",
    "broker": "hawala",
    "outlet": "elsewhere",
    "exchange": "crypto",
    "supplier": "cost:kit",
    "crew": "cost:crew",
    "carrier": "cost:travel",
    "trader": "cost:goods",
    "relative": "spent:family",
    "seller": "spent:assets",
    "unwitting": "elsewhere",
}
"""Where money is that reaches a member: in the member's own account when the gang controls it, else in a place."""

HELD_TO_BE: Final = {
    **dict.fromkeys(PLACE_OF_ROLE, "unknown"),
    **dict.fromkeys(
        ("organiser", "collector", "holder", "depositor", "paymaster", "mule", "broker_here", "buyer", "front"),
        "suspect",
    ),
    **dict.fromkeys(("shell", "vendor", "broker", "supplier", "crew"), "suspect"),
    "payer": "victim",
}
"""How each role is to be held, in the words of a suspicious activity report: suspect, victim or unknown."""


class Entry(NamedTuple):
    """One movement of a gang's money; `act` is the position of the transfer that the bank saw, or -1."""

    gang: str
    time: int
    source: int | str
    target: int | str
    amount: int
    kind: str
    act: int


@dataclass(slots=True)
class Truth:
    """What the gangs record while they act.

    `acts` are transfers that the bank sees: (gang, typology, attempt, role); `rows` the columns of all
    that a gang books, with the position of its act, or -1 for an innocent transfer.
    `taken` are customers who are with a gang.
    """

    acts: list[tuple[str, str | None, str | None, str]] = field(default_factory=list)
    rows: list[tuple[int, ...]] = field(default_factory=list)
    attempts: dict[str, tuple[str, str, int, str]] = field(default_factory=dict)
    parties: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    ledger: list[Entry] = field(default_factory=list)
    boats: list[tuple[str, int, int, int, int, int]] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)

    def act(self, gang: str, typology: str | None, attempt: str | None, role: str, row: tuple[int, ...]) -> int:
        """Record one illicit transfer and return its position."""
        self.acts.append((gang, typology, attempt, role))
        self.rows.append((*row, len(self.acts) - 1))
        return len(self.acts) - 1

    def innocent(self, row: tuple[int, ...]) -> None:
        """Record a transfer that is not illicit, on an account that a gang uses."""
        self.rows.append((*row, -1))

    def mark(self) -> tuple[int, ...]:
        """Return where every record ends now, for :meth:`forget`."""
        return tuple(len(record) for record in (self.acts, self.rows, self.ledger, self.boats))

    def forget(self, mark: tuple[int, ...], gang: str) -> None:
        """Strike out all that the last `gang` did since `mark`."""
        for record, end in zip((self.acts, self.rows, self.ledger, self.boats), mark, strict=True):
            del record[end:]  # type: ignore[attr-defined]
        self.attempts = {code: told for code, told in self.attempts.items() if told[0] != gang}
        self.taken -= {account for name, account in self.parties if name == gang}
        self.parties = {key: told for key, told in self.parties.items() if key[0] != gang}

    def member(self, gang: str, account: int, role: str) -> None:
        """Record what an account's owner is to the gang; the first role stands."""
        self.parties.setdefault((gang, account), (role, HELD_TO_BE[role]))


Codes = npt.NDArray[np.signedinteger]


class Seen:
    """What of the truth got into the data: rows of illicit transfers and of soiled ones, as they are written."""

    def __init__(self) -> None:
        self._illicit: list[tuple[Ints, Codes]] = []
        self._dirty: list[tuple[Ints, Codes]] = []

    def note(self, first: int, columns: Columns) -> None:
        """Note the marked rows of ordered `columns`, whose first row is number `first` of the bank."""
        for name, found, least in (("truth", self._illicit, 0), ("dirt", self._dirty, 1)):
            rows = np.flatnonzero(columns[name] >= least)
            found.append((first + rows, columns[name][rows]))

    def illicit(self) -> tuple[Ints, Codes]:
        """Return (row, position of its act) of every illicit transfer."""
        return _together(self._illicit)

    def dirty(self) -> tuple[Ints, Codes]:
        """Return (row, bits of its dirt) of every soiled transfer."""
        return _together(self._dirty)


def _together(found: list[tuple[Ints, Codes]]) -> tuple[Ints, Codes]:
    empty = np.zeros(0, dtype=np.int64)
    rows = np.concatenate([empty, *(rows for rows, _ in found)])
    return rows, np.concatenate([empty.astype(np.int16), *(marks for _, marks in found)])


def gang_columns(truth: Truth, register: Register) -> Columns:
    """Return all that gangs book as the journal's columns, in the order in which it was done."""
    rows = np.array(truth.rows, dtype=np.int64).reshape(-1, len(_ROW))
    given = dict(zip(_ROW, rows.T, strict=True))
    paid_in, paid_out = (currency_of(np.maximum(register.country(given[side]), 0)) for side in ("debtor", "creditor"))
    wire, pence = given["channel"] == WIRE, given["amount"]
    inward, outward = wire & (paid_in > 0), wire & (paid_in == 0) & (paid_out > 0)
    # A wire is booked in the currency it leaves in and credited in the one it arrives in.
    given["amount"] = np.where(inward, np.round(pence * RATE[paid_in]).astype(np.int64), pence)
    given["currency"] = np.where(inward, paid_in, 0)
    given["credited"] = np.select([inward, outward], [pence, np.round(pence * RATE[paid_out]).astype(np.int64)], -1)
    given["credited_currency"] = np.select([inward, outward], [0, paid_out], -1)
    size = rows.shape[0]
    return {name: given.get(name, np.full(size, default)).astype(dtype) for name, (dtype, default) in FIELDS.items()}


_ROW: Final = ("time", "debtor", "creditor", "amount", "channel", "reference", "category", "location", "truth")


def truth_tables(truth: Truth, seen: Seen, register: Register, seed: int, epoch: int) -> dict[str, pl.DataFrame]:
    """Return the tables ``transfers, attempts, parties, gangs, ledger, boats, dirt`` of ground truth.

    `transfers` and `attempts` hold what the bank saw; `ledger` holds every movement of the gangs' money.
    """
    rows, acts = seen.illicit()
    ids = transaction_ids(rows)
    told = [truth.acts[act] for act in acts]
    transfers = pl.DataFrame(
        {
            "transaction_id": ids,
            **{name: pl.Series([act[i] for act in told], dtype=pl.String()) for i, name in enumerate(_ACT)},
        }
    )
    return {
        "transfers": transfers,
        "attempts": _attempts(truth, {act[2] for act in told}, register, seed),
        "parties": _parties(truth, register, seed),
        "gangs": _gangs(truth),
        "ledger": _ledger(truth, rows, acts, register, seed, epoch),
        "boats": _boats(truth, epoch),
        "dirt": _dirt(seen),
    }


_ACT: Final = ("gang", "typology", "attempt", "role")


def _named(register: Register, seed: int, codes: list[int], prefix: str = "") -> pl.Series:
    return register.names(seed, np.array(codes, dtype=np.int64), prefix)


def _attempts(truth: Truth, done: set[str | None], register: Register, seed: int) -> pl.DataFrame:
    made = [(code, *told) for code, told in truth.attempts.items() if code in done]
    return pl.DataFrame(
        {
            "attempt": pl.Series([code for code, *_ in made], dtype=pl.String()),
            "gang": pl.Series([gang for _, gang, *_ in made], dtype=pl.String()),
            "typology": pl.Series([typology for _, _, typology, *_ in made], dtype=pl.String()),
            "account": _named(register, seed, [account for *_, account, _ in made]),
            "strength": pl.Series([strength for *_, strength in made], dtype=pl.String()),
        }
    )


def _parties(truth: Truth, register: Register, seed: int) -> pl.DataFrame:
    members = sorted(truth.parties.items())
    codes = [account for (_, account), _ in members]
    owner = register.column("party")
    owners = [int(owner[code]) if code < register.size else code for code in codes]
    return pl.DataFrame(
        {
            "party": _named(register, seed, owners, "P"),
            "account": _named(register, seed, codes),
            "gang": pl.Series([gang for (gang, _), _ in members], dtype=pl.String()),
            "role": pl.Series([role for _, (role, _) in members], dtype=pl.String()),
            "held_to_be": pl.Series([held for _, (_, held) in members], dtype=pl.String()),
        }
    )


def _ledger(truth: Truth, rows: Ints, acts: Ints, register: Register, seed: int, epoch: int) -> pl.DataFrame:
    entries = sorted(truth.ledger, key=lambda entry: entry.time)
    written = np.full(max(len(truth.acts), 1), -1, dtype=np.int64)
    written[acts[::-1]] = rows[::-1]  # the first row of an act stands, not its duplicate
    row = np.array([written[entry.act] if entry.act >= 0 else -1 for entry in entries], dtype=np.int64)
    return pl.DataFrame(
        {
            "gang": pl.Series([entry.gang for entry in entries], dtype=pl.String()),
            "time": pl.Series(np.array([entry.time for entry in entries], dtype=np.int64) + epoch).cast(INSTANT),
            "source": _places([entry.source for entry in entries], register, seed),
            "target": _places([entry.target for entry in entries], register, seed),
            "amount": pl.Series([entry.amount for entry in entries], dtype=pl.Int64()),
            "kind": pl.Series([entry.kind for entry in entries], dtype=pl.String()),
            "transaction_id": transaction_ids(row).set(pl.Series(row < 0), None),
        }
    )


def _places(places: list[int | str], register: Register, seed: int) -> pl.Series:
    """Write places: an account as its identifier, after ``escrow@`` what lies there in escrow, others by their name."""
    codes = [_code_in(place) for place in places]
    names = _named(register, seed, codes).to_list()
    texts = [
        place if code < 0 else f"{place.partition('@')[0]}@{name}" if isinstance(place, str) else name
        for place, code, name in zip(places, codes, names, strict=True)
    ]
    return pl.Series(texts, dtype=pl.String())


def _code_in(place: int | str) -> int:
    if isinstance(place, int):
        return place
    head, _, code = place.partition("@")
    return int(code) if head == "escrow" and code.isdigit() else -1


def is_escrow(place: int | str) -> bool:
    """Return whether money in `place` is held for passengers."""
    return isinstance(place, str) and place.startswith("escrow")


def earned() -> pl.Expr:
    """Rows of the ledger in which money of passengers, or held for them, becomes a gang's."""
    source, target = pl.col("source"), pl.col("target")
    outside = (source == "passengers") | source.str.starts_with("escrow")
    return outside & (target != "passengers") & ~target.str.starts_with("escrow")


def _gangs(truth: Truth) -> pl.DataFrame:
    """Add up each gang's books, in pence: takings - refunds + handled = costs + profit, and profit = spent + held.

    `handled` is the clients' money of a value-transfer business: what came in, less what was delivered.
    """
    names = list(dict.fromkeys([gang for gang, _ in truth.parties] + [entry.gang for entry in truth.ledger]))
    books = {name: dict.fromkeys(_SUMS, 0) for name in names}
    # What is set aside for an act stays where it was taken from.
    purses = {entry.target: entry.source for entry in reversed(truth.ledger) if _begins(entry.target, "aside@")}
    for entry in truth.ledger:
        _add(books[entry.gang], entry, purses)
    for gang, _, heads, _, arrived, _ in truth.boats:
        books[gang]["boats"] += 1
        books[gang]["arrived"] += arrived
        books[gang]["people_arrived"] += heads * arrived
    for book in books.values():
        book["profit"] = book["takings"] - book["refunds"] + book["handled"] - book["costs"]
    table = [(name, *book.values()) for name, book in sorted(books.items())]
    return pl.DataFrame(table, schema={"gang": pl.String(), **dict.fromkeys(_SUMS, pl.Int64())}, orient="row")


_SUMS: Final = (
    "boats", "arrived", "people_arrived", "takings", "refunds", "handled", "costs", "profit", "spent", "held", "escrow",
    "seen", "left_bank",
)  # fmt: skip


def _add(book: dict[str, int], entry: Entry, purses: dict[int | str, int | str]) -> None:
    source, target, amount = entry.source, entry.target, entry.amount
    book["handled"] += amount * ((source == "clients") - (target == "clients"))
    book["escrow"] += amount * (is_escrow(target) - is_escrow(source))
    theirs = source == "passengers" or is_escrow(source)
    reaches = target != "passengers" and not is_escrow(target)
    if theirs and reaches:
        book["takings"] += amount
        book["seen"] += amount if entry.act >= 0 else 0
    elif not theirs and target == "passengers":
        book["refunds"] += amount
    for name, mark in (("costs", "cost:"), ("spent", "spent:")):
        book[name] += amount * (_begins(target, mark) - _begins(source, mark))
    book["held"] += amount * (_is_kept(target) - _is_kept(source))
    if _in_bank(source, purses) and not _in_bank(target, purses):
        book["left_bank"] += amount


def _begins(place: int | str, mark: str) -> bool:
    return isinstance(place, str) and place.startswith(mark)


def _is_kept(place: int | str) -> bool:
    outside = place in {"passengers", "clients"}
    return not (outside or is_escrow(place) or _begins(place, "cost:") or _begins(place, "spent:"))


def holdings(ledger: pl.DataFrame, at: datetime | None = None) -> pl.DataFrame:
    """Return where every penny of the gangs' money is at a time: ``gang, place, amount`` in pence.

    Parameters
    ----------
    ledger : polars.DataFrame
        The ground truth's table of that name.
    at : datetime or None
        With a zone; movements up to and at this time count. ``None``: all.

    Returns
    -------
    polars.DataFrame
        A row a gang and place that is not empty. ``passengers`` is below zero: what they paid, less what they got
        back. All places of a gang add up to zero.
    """
    until = ledger if at is None else ledger.filter(pl.col("time") <= at)
    moved = pl.concat(
        [
            until.select("gang", place="target", amount=pl.col("amount")),
            until.select("gang", place="source", amount=-pl.col("amount")),
        ]
    )
    return (
        moved.group_by("gang", "place").agg(pl.col("amount").sum()).filter(pl.col("amount") != 0).sort("gang", "place")
    )


def _in_bank(place: int | str, purses: dict[int | str, int | str]) -> bool:
    """Return whether money in `place` lies on an account of the gang: its own, set aside there, or in escrow there."""
    owner = purses.get(place, place)
    return isinstance(owner, int) or _code_in(owner) >= 0


def _boats(truth: Truth, epoch: int) -> pl.DataFrame:
    boats = sorted(truth.boats, key=lambda boat: boat[1])
    return pl.DataFrame(
        {
            "gang": pl.Series([boat[0] for boat in boats], dtype=pl.String()),
            "time": pl.Series(np.array([boat[1] for boat in boats], dtype=np.int64) + epoch).cast(INSTANT),
            "people": pl.Series([boat[2] for boat in boats], dtype=pl.Int64()),
            "parties": pl.Series([boat[3] for boat in boats], dtype=pl.Int64()),
            "arrived": pl.Series([boat[4] == 1 for boat in boats], dtype=pl.Boolean()),
            "fees": pl.Series([boat[5] for boat in boats], dtype=pl.Int64()),
        }
    )


def _dirt(seen: Seen) -> pl.DataFrame:
    """Return ``transaction_id, kind``: a row a soiled transfer and kind of dirt, in order of rows."""
    rows, bits = seen.dirty()
    found = [np.flatnonzero(bits & bit) for bit in KINDS]
    which = np.concatenate([rows[places] for places in found])
    kind = np.repeat(np.arange(len(KINDS), dtype=np.uint32), [places.size for places in found])
    order = np.argsort(which, kind="stable")
    kinds = pl.Series(list(KINDS.values()), dtype=pl.Enum(list(KINDS.values())))
    return pl.DataFrame({"transaction_id": transaction_ids(which[order]), "kind": kinds.gather(kind[order])})
