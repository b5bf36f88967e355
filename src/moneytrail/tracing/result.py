"""What a trace says: where the seeds' money is by every rule, what left, and what each transfer carried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from moneytrail.errors import ParameterError

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from moneytrail.graph import TransactionGraph
    from moneytrail.kernels.end_point import Shared
    from moneytrail.tracing.reversals import Reversals
    from moneytrail.tracing.rules import Rule

TOTALS: Final = ("seeded", "withdrawn", "in_accounts", "other_banks", "cash", "overdrafts", "dropped", "rounding")


@dataclass(frozen=True, eq=False)
class Trace:
    """Where the seeds' money is.

    Attributes
    ----------
    graph : TransactionGraph
    rules : tuple of Rule
    seeds : int64[s]
        Ledger places.
    late : tuple of str
        Seeds that were asked for and do not count, since they were booked after the end: their transaction ids.
    end : int
        Ledger place behind the last transfer that counts.
    floor : int
        Minor units; a transfer's smaller tainted part counts as clean from there on.
    accounts : polars DataFrame
        A row for every account that tainted money reached by any rule (by the end-point rule even before it came):
        ``account``, ``balance`` (null where the trace stops), ``outside`` and ``elsewhere`` (see below), ``since`` (the
        ledger place at which tainted money came first), and for each rule ``tainted_RULE`` and ``unknown_RULE`` (the
        end-point rule and poison tell no unknown money: null). Minor units of the graph's reference currency. Of an
        account at which the trace stops the money that it was paid.
    totals : polars DataFrame
        A row a rule, in minor units: ``seeded`` (what the seeds made tainted), and where it is: ``withdrawn`` with a
        seed that was taken back, ``in_accounts``, at ``other_banks``, taken out as ``cash``, gone into ``overdrafts``,
        ``dropped`` below the floor, and ``rounding``. The last seven add up to the first. Poison has no row.
    carried : polars DataFrame or None
        ``None`` unless it was asked for. A row for every transfer with tainted or unknown money in it by any rule:
        ``place`` in the ledger and for each rule ``tainted_RULE`` and ``unknown_RULE`` as it arrived, and
        ``repaid_RULE``, what of the tainted money repaid an overdraft (by the end-point rule told of the account as a
        whole, in `shared`, and by poison never: null).
    reversals : Reversals
        The transfers that took an earlier one back.
    outside : bool[accounts]
        Accounts at which the trace stops: those at other banks, unless it goes through them.
    elsewhere : bool[accounts]
        Accounts at other banks, whether it goes through them or not.
    opening : (known bool[accounts], balance int64[accounts])
        Opening balances, where they are known.
    shared : Shared or None
        The funds of the end-point rule; ``None`` unless it was asked for.
    """

    graph: TransactionGraph
    rules: tuple[Rule, ...]
    seeds: NDArray[np.int64]
    late: tuple[str, ...]
    end: int
    floor: int
    accounts: pl.DataFrame
    totals: pl.DataFrame
    carried: pl.DataFrame | None
    reversals: Reversals
    outside: NDArray[np.bool_]
    elsewhere: NDArray[np.bool_]
    opening: tuple[NDArray[np.bool_], NDArray[np.int64]]
    shared: Shared | None

    def tainted_in(self, rule: Rule) -> NDArray[np.int64]:
        """Tainted money in each transfer up to `end`, in ledger order, minor units; int64[end].

        Raises
        ------
        ParameterError
            When what transfers carried was not asked for, or the rule was not.
        """
        if self.carried is None or rule not in self.rules:
            raise ParameterError(f"what transfers carried by {rule} was not recorded")
        found = np.zeros(self.end, np.int64)
        found[self.carried["place"].to_numpy()] = self.carried[f"tainted_{rule}"].to_numpy()
        return found
