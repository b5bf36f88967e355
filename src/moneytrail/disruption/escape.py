"""The most that payments like the last ones could take out, by any rule: a maximum flow through the last stretch.

A forecast says what is expected by one rule. This holds for every rule, as long as payments are no larger than those of
the last stretch: money at stake moves only after it arrived, through as large transfers, to cash or another bank. A
larger payment takes more; only what lies there bounds that. What a freeze takes off this most is the flow that it
stops; the minimum cut names the transfers that all of it must pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from moneytrail.disruption.flows import MICROSECOND
from moneytrail.kernels import max_flow as kernel
from moneytrail.kernels.max_flow import Moves
from moneytrail.tracing import band

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from moneytrail.disruption.flows import Flows
    from moneytrail.tracing import Trace


@dataclass(frozen=True, slots=True)
class Escape:
    """The most that could leave, minor units.

    Attributes
    ----------
    before, after : int
        Without the freeze, and with it.
    cut : tuple of str
        Ids of the last stretch's transfers, as large as which those to come must be, that bound it after the freeze.
    """

    before: int
    after: int
    cut: tuple[str, ...]

    @property
    def stopped(self) -> int:
        """What the freeze takes off the most that could leave."""
        return self.before - self.after


def find_escape(made: Trace, flows: Flows, frozen: Sequence[str]) -> Escape:
    """The most that could leave the bank within the flows' time, without a freeze and with one.

    At stake are the tainted money in every account now, by the high figure of the rules, and as many new proceeds as in
    the last stretch. Transfers between accounts at other banks are not seen and carry nothing.

    Parameters
    ----------
    made : Trace
        Up to now.
    flows : Flows
        Its forecast: for how long, and when a freeze begins.
    frozen : sequence of str
        Accounts.
    """
    graph, accounts = made.graph, made.accounts
    span, delay = (flows.delay + flows.horizon) // MICROSECOND, flows.delay // MICROSECOND
    begin = int(graph.time[made.end - 1]) - span
    first, since = (int(np.searchsorted(graph.time[: made.end], begin + after, side="right")) for after in (0, delay))
    reached = np.zeros(graph.accounts + 1, np.bool_)
    reached[np.flatnonzero(graph.names.is_in(accounts["account"].implode()).to_numpy())] = True
    here = _ours(made)
    kept = (
        np.flatnonzero(reached[graph.debtor[first : made.end]] | np.isin(np.arange(first, made.end), made.seeds))
        + first
    )
    # A seed's money is fresh where it arrives; all of it counts.
    seed = np.isin(kept, made.seeds)
    amount = graph.amount[kept]
    moves = Moves(
        debtor=graph.debtor[kept],
        creditor=graph.creditor[kept],
        amount=amount,
        fresh=np.where(seed, amount, 0),
        held=_at_stake(made, here),
        exit=~here,
    )
    unknown = np.zeros(graph.accounts, np.bool_)
    network = kernel.unroll(moves, unknown, np.zeros(graph.accounts, np.int64))
    stopped = graph.names.is_in(list(frozen)).to_numpy() & here
    place = int(np.searchsorted(kept, since))
    before = kernel.max_flow(moves, network, np.zeros(graph.accounts, np.bool_), place)
    after = kernel.max_flow(moves, network, stopped, place)
    cut = graph.transaction_ids(kept[after.cut.transfer]).to_list()
    return Escape(int(before.total), int(after.total), tuple(cut))


def _ours(made: Trace) -> NDArray[np.bool_]:
    """The accounts at this bank: all of them where there is no account table."""
    kind = made.graph.register["kind"]
    if kind.null_count() == len(kind):
        return np.ones(len(kind), np.bool_)
    ours: NDArray[np.bool_] = kind.is_not_null().to_numpy()
    return ours


def _at_stake(made: Trace, here: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Tainted money in each account of this bank now, by the high figure; int64[accounts]."""
    held = {row["account"]: band(row, made.rules)["high"] or 0 for row in made.accounts.iter_rows(named=True)}
    found = np.zeros(made.graph.accounts, np.int64)
    reached = np.flatnonzero(made.graph.names.is_in(made.accounts["account"].implode()).to_numpy() & here)
    found[reached] = [held[name] for name in made.graph.names.gather(pl.Series(reached)).to_list()]
    return found
