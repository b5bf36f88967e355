"""Who an account is compared with: those of its kind and declared occupation, over the last whole month before.

What is unusual can only be said against something. The month compared is the last calendar month (UTC) that ended
before the moment in question and lies whole in the data, so that nothing later is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
import polars as pl

from moneytrail.schema import CHANNELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph

Side = Literal["credits", "debits"]

FEWEST: Final = 10
"""With fewer accounts in a group that dealt in the month than this, nothing is compared."""


class Standing(NamedTuple):
    """How an account's month stands in its group.

    Attributes
    ----------
    group : str
        ``personal, student``.
    size : int
        Accounts of the group that dealt in the month.
    middle, high : int
        The lower median and the 95th percentile (nearest rank) of their sums, minor units.
    own : int
        What the account itself had in the month.
    """

    group: str
    size: int
    middle: int
    high: int
    own: int


@dataclass(frozen=True, eq=False)
class PeerGroups:
    """The groups of a graph's accounts.

    Attributes
    ----------
    graph : TransactionGraph
    code : int32[accounts]
        The group of each account, -1 where nothing is known of it.
    names : list of str
        What each group is called.
    """

    graph: TransactionGraph
    code: NDArray[np.int32]
    names: list[str]

    @classmethod
    def of(cls, graph: TransactionGraph) -> PeerGroups:
        """Groups by kind and declared occupation, from the account table."""
        known = graph.register.select(
            pl.when(pl.col("kind").is_not_null()).then(
                pl.concat_str(
                    pl.col("kind").cast(pl.String), pl.col("occupation").str.to_lowercase(),
                    separator=", ", ignore_nulls=True,
                )
            ).alias("group")
        )["group"]  # fmt: skip
        names = known.drop_nulls().unique().sort().to_list()
        numbers = {name: number for number, name in enumerate(names)}
        code = known.replace_strict(numbers, default=-1, return_dtype=pl.Int32) if names else None
        return cls(
            graph, np.full(graph.accounts, -1, np.int32) if code is None else code.fill_null(-1).to_numpy(), names
        )

    def sums(self, month: int, side: Side, channel: str | None = None) -> NDArray[np.int64]:
        """int64[accounts]: what each account was paid, or paid, in a calendar month; not to itself."""
        if (month, side, channel) not in self._sums:
            self._sums[month, side, channel] = self._summed(month, side, channel)
        return self._sums[month, side, channel]

    @cached_property
    def _sums(self) -> dict[tuple[int, Side, str | None], NDArray[np.int64]]:
        return {}

    def _summed(self, month: int, side: Side, channel: str | None) -> NDArray[np.int64]:
        graph = self.graph
        # Bounds of the column's own type: with others the whole column would be copied to compare.
        first, last = np.searchsorted(graph.month, np.array([month, month + 1], graph.month.dtype))
        account = (graph.creditor if side == "credits" else graph.debtor)[first:last]
        keep = (account >= 0) & (graph.creditor[first:last] != graph.debtor[first:last])
        if channel is not None:
            keep &= graph.channel[first:last] == CHANNELS.index(channel)
        total = np.zeros(graph.accounts, np.int64)
        np.add.at(total, account[keep], graph.amount[first:last][keep])
        total.flags.writeable = False
        return total

    def last_month(self, ledger: int) -> int | None:
        """The last calendar month that ended before the transfer at `ledger` and lies whole in the data."""
        month = int(self.graph.month[ledger]) - 1
        begins = int(np.datetime64(month, "M").astype("datetime64[us]").astype(np.int64))
        return month if begins >= self._known_day else None

    @property
    def _known_day(self) -> int:
        """The first instant of the day on which the data begin: a bank's first transfer is seldom at midnight."""
        day = 86_400_000_000
        return self.graph.known_from // day * day

    def standing(self, account: int, ledger: int, side: Side) -> Standing | None:
        """How an account stood in its group in the month before the transfer at `ledger`; ``None``: not comparable."""
        group, month = int(self.code[account]), self.last_month(ledger)
        if group < 0 or month is None:
            return None
        sums = self.sums(month, side)
        others = self._members[group]
        dealt = np.sort(sums[others][sums[others] > 0])
        if dealt.size < FEWEST:
            return None
        middle, high = int(dealt[(dealt.size - 1) // 2]), int(dealt[-(-dealt.size * 95 // 100) - 1])
        return Standing(self.names[group], int(dealt.size), middle, high, int(sums[account]))

    @cached_property
    def _members(self) -> list[NDArray[np.int64]]:
        order = np.argsort(self.code, kind="stable")
        bounds = np.searchsorted(self.code[order], np.arange(len(self.names) + 1))
        return [order[bounds[group] : bounds[group + 1]] for group in range(len(self.names))]
