"""The ground that findings stand on: the transfers, what is known of the accounts, and what words and places mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from moneytrail.graph import DAY, TransactionGraph
from moneytrail.kernels.relations import Relations, strike_out
from moneytrail.schema import ACCOUNT_KINDS, CHANNELS
from moneytrail.tables import Tables, shipped
from moneytrail.typologies.peers import PeerGroups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.typologies.base import Found

ARRIVAL_COLUMNS: Final = {"day": pl.Date(), "arrivals": pl.Int64(), "red": pl.Boolean()}
"""The daily table of small-boat arrivals; ``red`` may be null: whether the day was assessed as likely for crossings."""

MONTHLY: Final = (28, 35)
"""Days between salaries that are paid monthly; weekly and fortnightly ones come 7 and 14 days apart, to the day."""

PAY_SPREAD: Final = 0.15
"""The largest coefficient of variation of three salaries."""


@dataclass(frozen=True, eq=False)
class Ground:
    """All that a finder may look at.

    Attributes
    ----------
    graph : TransactionGraph
    tables : Tables
    arrivals : polars DataFrame or None
        As ``ARRIVAL_COLUMNS``, a row a day without gaps, rising.
    earlier : dict of str to sequence of Found
        What has been found so far, by typology; a search adds to it, for those that build on it.
    """

    graph: TransactionGraph
    tables: Tables = field(default_factory=shipped)
    arrivals: pl.DataFrame | None = None
    earlier: dict[str, Sequence[Found]] = field(default_factory=dict)

    def has(self, need: str) -> bool:
        """Whether the data have anything of ``transfers.COLUMN``, ``accounts.COLUMN`` or ``arrivals``."""
        # Asked for every match: counting the nulls of a column each time would cost more than most typologies.
        if need not in self._had:
            self._had[need] = self._has(need)
        return self._had[need]

    @cached_property
    def _had(self) -> dict[str, bool]:
        return {}

    def _has(self, need: str) -> bool:
        if need == "arrivals":
            return self.arrivals is not None and self.arrivals.height > 0
        if need == "arrivals.red":
            return self.arrivals is not None and self.arrivals["red"].null_count() < self.arrivals.height
        table, _, column = need.partition(".")
        frame = {"transfers": self.graph.frame, "accounts": self.graph.register}[table]
        if column == "kind":
            return bool((frame[column].cast(pl.String).fill_null("unknown") != "unknown").any())
        return frame[column].null_count() < frame.height

    # What each transfer is

    def by_channel(self, *channels: str) -> NDArray[np.bool_]:
        """bool[n]: whether the money moved by one of these channels."""
        if channels not in self._channels:
            wanted = np.array([name in channels for name in CHANNELS])
            self._channels[channels] = _kept(wanted[self.graph.channel])
        return self._channels[channels]

    @cached_property
    def _channels(self) -> dict[tuple[str, ...], NDArray[np.bool_]]:
        return {}

    def purpose(self, *names: str) -> NDArray[np.bool_]:
        """bool[n]: whether the reference or the merchant category says one of these purposes (see ``tables.toml``)."""
        if len(names) == 1:
            return self._purpose(names[0])
        made = np.zeros(self.graph.transfers, np.bool_)
        for name in names:
            made |= self._purpose(name)
        return made

    def _purpose(self, name: str) -> NDArray[np.bool_]:
        if name not in self._purposes:
            purpose = self.tables.purposes[name]
            made = np.zeros(self.graph.transfers, np.bool_)
            if purpose.words:
                codes, texts = self.graph.codes("reference")
                made |= _looked_up(codes, texts.str.contains(purpose.pattern))
            if purpose.categories:
                codes, texts = self.graph.codes("merchant_category")
                made |= _looked_up(codes, texts.is_in(list(purpose.categories)))
            self._purposes[name] = _kept(made)
        return self._purposes[name]

    @cached_property
    def _purposes(self) -> dict[str, NDArray[np.bool_]]:
        return {}

    @cached_property
    def region(self) -> NDArray[np.int32]:
        """int32[n]: the region of each transfer's location, as a place in :attr:`region_names`; -1 where unknown."""
        codes, _ = self.graph.codes("location")
        return _recoded(codes, self._regions[0])

    @property
    def region_names(self) -> list[str]:
        """The regions there are."""
        return self._regions[1]

    @cached_property
    def _regions(self) -> tuple[NDArray[np.int32], list[str]]:
        places = [self.tables.regions.get(place, place) for place in self.graph.codes("location")[1]]
        names = sorted(set(places))
        return np.array([names.index(place) for place in places], np.int32), names

    def country(self, side: str, countries: Sequence[str] | frozenset[str]) -> NDArray[np.bool_]:
        """bool[n]: whether the bank on one side, ``debtor`` or ``creditor``, stands in one of these countries."""
        asked = side, tuple(sorted(countries))
        if asked not in self._countries:
            codes, texts = self.graph.codes(f"{side}_country")
            self._countries[asked] = _kept(_looked_up(codes, texts.is_in(list(countries))))
        return self._countries[asked]

    @cached_property
    def _countries(self) -> dict[tuple[str, tuple[str, ...]], NDArray[np.bool_]]:
        return {}

    def abroad(self, side: str) -> NDArray[np.bool_]:
        """bool[n]: whether the bank on one side, ``debtor`` or ``creditor``, stands in another country than home."""
        texts = self.graph.codes(f"{side}_country")[1]
        return self.country(side, texts.filter(texts != self.tables.home).to_list())

    @cached_property
    def salary(self) -> NDArray[np.bool_]:
        """bool[n]: whether a transfer is a salary: R-SAL of the suppressor library.

        Pushed by bank transfer; the third or later of one payer with pay words or from a business or institution; the
        last two pauses are both 28 to 35 days, or both 14, or both 7 (in whole days, UTC); the last three amounts
        have a coefficient of variation of at most 0.15. Looks back only.
        """
        graph = self.graph
        last = graph.relations.repeat_of
        third = np.flatnonzero(last >= 0)
        third = third[last[last[third]] >= 0]
        second, first = last[third], last[last[third]]
        days = graph.time // DAY
        pauses = np.stack([days[third] - days[second], days[second] - days[first]])
        regular = ((pauses >= MONTHLY[0]) & (pauses <= MONTHLY[1])).all(axis=0)
        for week in (7, 14):
            regular |= (pauses == week).all(axis=0)
        amounts = np.stack([graph.amount[third], graph.amount[second], graph.amount[first]]).astype(np.float64)
        mean = amounts.mean(axis=0)
        regular &= amounts.std(axis=0) <= PAY_SPREAD * mean
        regular &= self.by_channel("credit_transfer", "wire", "unknown")[third]
        payer = graph.debtor[third]
        regular &= self.purpose("payroll")[third] | self.kind("business", "institution")[payer]
        made = np.zeros(graph.transfers, np.bool_)
        made[third[regular]] = True
        return made

    @cached_property
    def relations(self) -> Relations:
        """What the accounts of each transfer are to each other; a salary is never a stranger's transfer."""
        known = self.graph.relations
        struck = np.flatnonzero(self.salary & known.stranger)
        if not struck.size:
            return known
        previous, following = strike_out(known.previous, known.following, struck)
        arrays = known._replace(stranger=known.stranger & ~self.salary, previous=previous, following=following)
        for array in arrays:
            array.flags.writeable = False
        return arrays

    @property
    def stranger(self) -> NDArray[np.bool_]:
        """bool[n]: pushed between two unaffiliated accounts, and no salary."""
        return self.relations.stranger

    @cached_property
    def between_parties(self) -> NDArray[np.bool_]:
        """bool[n]: whether a transfer joins two accounts that are not of one party: R-OWN of the suppressor library."""
        graph = self.graph
        party = np.append(graph.links[:, 0], -1)
        same = (party[graph.debtor] == party[graph.creditor]) & (party[graph.debtor] >= 0)
        made: NDArray[np.bool_] = (graph.debtor >= 0) & (graph.creditor >= 0) & (graph.debtor != graph.creditor) & ~same
        return made

    # What each account is

    def kind(self, *kinds: str) -> NDArray[np.bool_]:
        """bool[accounts]: whether the account is of one of these kinds, as the account table says."""
        if kinds not in self._kinds_asked:
            self._kinds_asked[kinds] = _kept(np.isin(self._kinds, [ACCOUNT_KINDS.index(kind) for kind in kinds]))
        return self._kinds_asked[kinds]

    @cached_property
    def _kinds_asked(self) -> dict[tuple[str, ...], NDArray[np.bool_]]:
        return {}

    @cached_property
    def _kinds(self) -> NDArray[np.uint8]:
        codes = self.graph.register["kind"].cast(pl.Enum(ACCOUNT_KINDS)).to_physical()
        return codes.cast(pl.UInt8).fill_null(255).to_numpy()

    def trade(self, *names: str) -> NDArray[np.bool_]:
        """bool[accounts]: whether the declared occupation is of one of these classes (see ``tables.toml``)."""
        if names not in self._trades:
            declared = self.graph.register["occupation"].str.to_lowercase()
            words = [word for name in names for word in self.tables.trades[name]]
            self._trades[names] = declared.is_in(words).fill_null(False).to_numpy()
        return self._trades[names]

    @cached_property
    def _trades(self) -> dict[tuple[str, ...], NDArray[np.bool_]]:
        return {}

    @cached_property
    def ours(self) -> NDArray[np.bool_]:
        """bool[accounts]: whether the account table has the account; all are ours where there is no such table."""
        known = ~np.isin(self._kinds, [255])
        return known if known.any() else np.ones(self.graph.accounts, np.bool_)

    def registered(self) -> NDArray[np.bool_]:
        """bool[accounts]: whether the holder is on a register of money-service businesses."""
        return self._registered

    @cached_property
    def _registered(self) -> NDArray[np.bool_]:
        return self.graph.register["registered_money_service"].fill_null(False).to_numpy()

    def opened(self) -> NDArray[np.int64]:
        """int64[accounts]: the day of opening as microseconds UTC, -2**62 where unknown."""
        return self._opened

    @cached_property
    def _opened(self) -> NDArray[np.int64]:
        days = self.graph.register["opened"].cast(pl.Int32).cast(pl.Int64)
        return (days * DAY).fill_null(-(2**62)).to_numpy()

    @cached_property
    def peers(self) -> PeerGroups:
        """Who each account is compared with."""
        return PeerGroups.of(self.graph)

    # What was found before

    def marked(self, typologies: Sequence[str]) -> dict[int, list[tuple[int, int]]]:
        """The findings of these typologies by subject: (ledger position of first firing, of last evidence), rising.

        Raises
        ------
        KeyError
            When one of them has not been searched for.
        """
        found: dict[int, list[tuple[int, int]]] = {}
        for typology in typologies:
            for one in self.earlier[typology]:
                found.setdefault(int(one.subject), []).append((int(one.detectable), int(one.ledger[-1])))
        return {subject: sorted(spans) for subject, spans in found.items()}


def _kept(made: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """An array that many ask for, so that none may change it."""
    made.flags.writeable = False
    return made


def _looked_up(codes: NDArray[np.int32], holds: pl.Series) -> NDArray[np.bool_]:
    """For each code whether it `holds`; ``False`` for -1."""
    table = np.append(holds.fill_null(False).to_numpy().astype(np.bool_), False)
    made: NDArray[np.bool_] = table[codes]
    return made


def _recoded(codes: NDArray[np.int32], table: NDArray[Any]) -> NDArray[np.int32]:
    """Each code's entry in `table`; -1 stays -1."""
    made: NDArray[np.int32] = np.append(table, -1).astype(np.int32)[codes]
    return made
