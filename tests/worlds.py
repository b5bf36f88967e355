"""Small dense worlds for tests: as arrays for kernels, as dicts and graphs for typologies, as stories for people.

At most six accounts and times 0 to 20 in some unit, so that ties and window borders are hit often.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from moneytrail.graph import TransactionGraph
from moneytrail.kernels.ordering import Adjacency, both_sides, cost_chunks, pair_order
from moneytrail.kernels.relations import RelationRule, Relations, relate
from moneytrail.matches import Matches
from moneytrail.rates import ExchangeRates
from moneytrail.schema import ACCOUNT_SCHEMA, TRANSFER_SCHEMA, check_accounts, check_transfers
from moneytrail.tables import shipped
from moneytrail.typologies import by_id
from moneytrail.typologies.base import Found
from moneytrail.typologies.ground import Ground

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ACCOUNTS = 6
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEW_YEAR = 20_089 * DAY
"""1 January 2025, in microseconds."""

RATES = ExchangeRates.of("GBP", {"EUR": "0.85", "USD": "0.8", "AUD": "0.5"}, "tests", "2025-01-01")

TABLES = shipped()

Row = tuple[int, int, int, int]
Transfer = dict[str, Any]

AMOUNTS = (0, 1, 2, 5, 10)
HUGE = (2**31, 2**53 - 1, 2**53, 2**53 + 1)


# Worlds as arrays, for kernels


def row_lists(
    amounts: tuple[int, ...] = AMOUNTS, unit: int = 1, size: int = 30, origin: int = 0
) -> SearchStrategy[list[Row]]:
    """Return lists of (debtor, creditor, time, amount) in ledger order, self-transfers and absent sides included."""
    account = st.integers(-1, ACCOUNTS - 1)
    one = st.tuples(
        account, account, st.integers(0, 20).map(lambda tick: origin + tick * unit), st.sampled_from(amounts)
    )
    sided = one.filter(lambda row: row[0] >= 0 or row[1] >= 0)
    return st.lists(sided, max_size=size).map(lambda rows: sorted(rows, key=lambda row: row[2]))


class Arrays(NamedTuple):
    """What the graph hands to kernels; all read-only."""

    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    time: NDArray[np.int64]
    amount: NDArray[np.int64]
    both: Adjacency
    outgoing: Adjacency
    incoming: Adjacency


def frozen(values: Any, dtype: Any) -> NDArray[Any]:
    array: NDArray[Any] = np.ascontiguousarray(np.array(values, dtype))
    array.flags.writeable = False
    return array


def arrays_of(rows: list[Row], accounts: int = ACCOUNTS) -> Arrays:
    columns = [[row[place] for row in rows] for place in range(4)]
    debtor, creditor = (frozen(columns[place], np.int32) for place in (0, 1))
    time, amount = (frozen(columns[place], np.int64) for place in (2, 3))
    return Arrays(debtor, creditor, time, amount, *both_sides(debtor, creditor, time, amount, accounts))


def relations_of(
    world: Arrays,
    rule: RelationRule,
    *,
    month: NDArray[Any] | None = None,
    pulled: NDArray[Any] | None = None,
    links: NDArray[Any] | None = None,
    chunks: int = 64,
) -> Relations:
    """Run the kernel; without more, all in one month, all pushed, no attributes."""
    n, accounts = world.time.size, world.outgoing.indptr.size - 1
    indptr, edge = (frozen(array, array.dtype) for array in pair_order(world.debtor, world.creditor, accounts))
    made = relate(
        (indptr, edge, frozen(cost_chunks(indptr, chunks), np.int64)),
        (world.debtor, world.creditor),
        (
            world.time,
            frozen(np.zeros(n), np.int32) if month is None else month,
            frozen(np.zeros(n), np.bool_) if pulled is None else pulled,
        ),
        frozen(np.full((accounts, 5), -1), np.int32) if links is None else links,
        rule,
    )
    return Relations(*(frozen(array, array.dtype) for array in made))


# Worlds as dicts and graphs, for typologies


def transfer(row: int, time: int, debtor: str | None, creditor: str | None, amount: int, **more: Any) -> Transfer:
    """Return one transfer; its id is ``t`` and the row."""
    made = {
        "transaction_id": f"t{row}",
        "row": row,
        "time": time,
        "debtor_account": debtor,
        "creditor_account": creditor,
        "amount": amount,
        "currency": "GBP",
        "channel": "credit_transfer",
        "location": None,
        "creditor_institution": None,
    }
    return made | more


def frame_of(transfers: list[Transfer]) -> pl.DataFrame:
    columns = {name: [t.get(name) for t in transfers] for name in TRANSFER_SCHEMA if name != "booked_at"}
    schema = {name: dtype for name, dtype in TRANSFER_SCHEMA.items() if name != "booked_at"}
    times = pl.Series("booked_at", [t["time"] for t in transfers], dtype=pl.Int64).cast(TRANSFER_SCHEMA["booked_at"])
    return check_transfers(pl.DataFrame(columns, schema=schema).with_columns(times))


def register_of(links: dict[str, dict[str, Any]]) -> pl.DataFrame:
    """Return the account table of accounts and what they share: ``{"a": {"party": "p"}}``."""
    rows = [{"account": account, "kind": "unknown"} | attributes for account, attributes in links.items()]
    return check_accounts(pl.DataFrame(rows, schema=dict(ACCOUNT_SCHEMA)))


def graph_of(transfers: list[Transfer], links: dict[str, dict[str, Any]] | None = None) -> TransactionGraph:
    accounts = register_of(links) if links else None
    return TransactionGraph.from_frame(frame_of(transfers), RATES, accounts)


def in_ledger_order(transfers: list[Transfer]) -> list[Transfer]:
    return sorted(transfers, key=lambda t: (t["time"], t["row"]))


class Outcome(NamedTuple):
    """What a match says, without its id, its place in the frame and its wording."""

    subject: str
    evidence: tuple[tuple[str, str], ...]
    detectable_at: datetime
    score: float
    value: int
    measures: tuple[tuple[str, float, bool], ...]


def outcomes(matches: Matches) -> list[Outcome]:
    """Return every match, sorted; a match that is found twice stands twice."""
    proof: dict[str, list[tuple[str, str]]] = {}
    for match_id, transaction_id, role in matches.evidence.iter_rows():
        proof.setdefault(match_id, []).append((transaction_id, role))
    return sorted(
        Outcome(
            row["subject"],
            tuple(sorted(proof[row["match_id"]])),
            row["detectable_at"],
            row["score"],
            row["value"],
            tuple((m["name"], m["value"], m["met"]) for m in row["measures"]),
        )
        for row in matches.match.iter_rows(named=True)
    )


class Earlier(NamedTuple):
    """A match of another typology, as those that build on it see it; transfers by id, the last one last."""

    subject: str
    fired: str
    evidence: tuple[str, ...]


class Case(NamedTuple):
    """A world and the parameters of one typology under which it is worth searching.

    `links` says what the register knows of accounts; `arrivals` has (day since 1970, arrivals, red or None) a row.
    """

    typology: str
    transfers: list[Transfer]
    links: dict[str, dict[str, Any]]
    overrides: dict[str, int | float]
    arrivals: tuple[tuple[int, int, bool | None], ...] = ()
    earlier: dict[str, list[Earlier]] = {}  # noqa: RUF012 - never changed

    def graph(self) -> TransactionGraph:
        return graph_of(self.transfers, self.links)

    def ground(self, graph: TransactionGraph | None = None) -> Ground:
        """Return the case as finders see it, over `graph` in place of its own."""
        graph = graph or self.graph()
        return Ground(graph, TABLES, arrivals_of(self.arrivals), found_before(graph, self))


def arrivals_of(rows: tuple[tuple[int, int, bool | None], ...]) -> pl.DataFrame | None:
    """Return the daily table of arrivals, ``None`` where there is none."""
    if not rows:
        return None
    days = pl.Series("day", [row[0] for row in rows], dtype=pl.Int32).cast(pl.Date)
    counts = [pl.Series("arrivals", [row[1] for row in rows], dtype=pl.Int64)]
    return pl.DataFrame([days, *counts, pl.Series("red", [row[2] for row in rows], dtype=pl.Boolean)])


def found_before(graph: TransactionGraph, case: Case) -> dict[str, Sequence[Found]]:
    """Return the earlier matches of a case under the graph's numbers, an entry for each typology that it builds on."""
    ids = graph.transaction_ids(np.arange(graph.transfers)).to_list()
    place = {name: number for number, name in enumerate(ids)}
    account = {name: number for number, name in enumerate(graph.names.to_list())}
    made: dict[str, Sequence[Found]] = {other: [] for other in by_id(case.typology).builds_on}
    for typology, found in case.earlier.items():
        known = [one for one in found if one.subject in account and {one.fired, *one.evidence} <= place.keys()]
        made[typology] = [_found(one, account, place) for one in known]
    return made


def _found(one: Earlier, account: dict[str, int], place: dict[str, int]) -> Found:
    ledger = np.array(sorted(place[transfer_id] for transfer_id in one.evidence), np.int64)
    return Found(account[one.subject], ledger, ["credit"] * ledger.size, place[one.fired], (), "")


NAMES = ("a", "b", "c", "d", "e", "f")
LINKS: tuple[dict[str, dict[str, str]], ...] = (
    {},
    {"a": {"party": "p"}, "b": {"party": "p"}},
    {"a": {"phone_hash": "1", "party": "p"}, "c": {"phone_hash": "1", "party": "q"}, "d": {"email_hash": "1"}},
)
PUSHED = ("credit_transfer",) * 6 + ("wire", "cash", "unknown")
MIXED = (*PUSHED, "direct_debit", "card", "internal")
ANY_SHARE = (0.0, 0.0, 0.3, 0.5, 0.667, 1.0)


@st.composite
def transfer_lists(
    draw: st.DrawFn,
    ways: list[tuple[str | None, str | None]],
    amounts: tuple[int, ...],
    units: tuple[int, ...],
    channels: tuple[str, ...] = MIXED,
) -> list[Transfer]:
    unit = draw(st.sampled_from(units))
    origin = draw(st.sampled_from((NEW_YEAR, NEW_YEAR + 28 * DAY + 17 * HOUR, 0, -9 * DAY)))
    one = st.tuples(st.sampled_from(ways), st.integers(0, 20), st.sampled_from(amounts), st.sampled_from(channels))
    drawn = draw(st.lists(one, min_size=draw(st.sampled_from((0, 0, 8, 16))), max_size=24))
    rows = draw(st.permutations(range(len(drawn))))
    places, banks = ("north", "south", None), ("X", "Y", "Z", None)
    return [
        transfer(
            row,
            origin + tick * unit,
            debtor,
            creditor,
            amount,
            channel=channel,
            location=places[(row + tick) % 3],
            creditor_institution=banks[(row * 7 + amount) % 4],
        )
        for row, ((debtor, creditor), tick, amount, channel) in zip(rows, drawn, strict=True)
    ]


ANYWAY: list[tuple[str | None, str | None]] = [
    (d, c) for d in (*NAMES, None) for c in (*NAMES, None) if d is not None or c is not None
]
INTO_A: list[tuple[str | None, str | None]] = [(name, "a") for name in (*NAMES, None)]
OUT_OF_A: list[tuple[str | None, str | None]] = [("a", name) for name in (*NAMES, None)]
LONG_UNITS = (HOUR, HOUR, DAY // 2, DAY, 10 * DAY, 30 * DAY)


def shares(*values: float) -> SearchStrategy[float]:
    return st.sampled_from(values or ANY_SHARE)


# Worlds as stories


def story(text: str) -> list[Transfer]:
    """Return the transfers of a story: a line each, ``DATE TIME DEBTOR -> CREDITOR AMOUNT [name=value ...]``.

    Amounts are in major units with two decimals at most; ``-`` stands for an absent side; blank lines are skipped.
    """
    lines = [line.split() for line in text.strip().splitlines() if line.strip()]
    return [_told(row, words) for row, words in enumerate(lines)]


def _told(row: int, words: list[str]) -> Transfer:
    day, clock, debtor, arrow, creditor, amount, *more = words
    assert arrow == "->"
    moment = datetime.fromisoformat(f"{day}T{clock}+00:00")
    whole, _, part = amount.replace(",", "").partition(".")
    return transfer(
        row,
        (moment - EPOCH) // timedelta(microseconds=1),
        None if debtor == "-" else debtor,
        None if creditor == "-" else creditor,
        int(whole) * 100 + int(part.ljust(2, "0")),
        **dict(pair.split("=", 1) for pair in more),
    )
