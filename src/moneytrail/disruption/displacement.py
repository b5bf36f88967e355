"""What a gang does next: the frozen accounts' part is taken over by others, and the plan is made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from moneytrail.disruption.flows import Flows, Scenario
from moneytrail.errors import ParameterError
from moneytrail.kernels import freezing as kernel
from moneytrail.kernels.freezing import Moves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


def displace(flows: Flows, frozen: Sequence[str]) -> Flows:
    """The flows after a freeze, when each frozen account is replaced by one that nobody knows yet.

    The money that was caught stays caught. Whatever would have come to a frozen account goes to its substitute from
    then on, which pays on as that account did; all else goes on as before, from where it was left. The substitutes are
    named ``new account for ACCOUNT``: a plan that may not touch them says what is left to freeze while they are not
    found, one that may what finding them is worth.

    Parameters
    ----------
    flows : Flows
    frozen : sequence of str
        Accounts of it; those that were frozen and replaced before are passed over.

    Returns
    -------
    Flows
        Over the same accounts and, behind them, a substitute for each frozen one, in their order; a freeze begins after
        the same delay again.

    Raises
    ------
    ParameterError
        When an account is not in the flows.
    """
    place = {name: at for at, name in enumerate(flows.names.to_list())}
    strange = [name for name in frozen if name not in place]
    if strange:
        raise ParameterError(f"account {strange[0]!r} is not in the flows")
    before = {name for names in flows.displaced for name in names}
    taken = tuple(name for name in dict.fromkeys(frozen) if name not in before)
    gone = np.array([place[name] for name in taken], np.int64)
    mask = np.zeros(flows.size, np.bool_)
    mask[gone] = True
    successor = np.arange(flows.size + 1, dtype=np.int32)
    successor[gone] = flows.size + np.arange(gone.size)
    successor[-1] = -1
    names = pl.concat([flows.names, pl.Series([_substitute(name, place) for name in taken], dtype=pl.String())])
    return Flows(
        names=names,
        account=np.concatenate([flows.account, flows.account[gone]]),
        scenarios=tuple(_displaced(one, mask, successor, gone.size) for one in flows.scenarios),
        rule=flows.rule,
        with_unknown=flows.with_unknown,
        delay=flows.delay,
        horizon=flows.horizon,
        displaced=(*flows.displaced, taken),
    )


def _substitute(name: str, there: Mapping[str, int]) -> str:
    """What a substitute is called; an account of the ledger may be called so too, and stays another one."""
    called = f"new account for {name}"
    while called in there:
        called += "*"
    return called


def _displaced(one: Scenario, frozen: NDArray[np.bool_], successor: NDArray[np.int32], more: int) -> Scenario:
    _, left, _ = kernel.run(one.moves, frozen, one.since)
    moves = one.moves
    pool = np.concatenate([left, np.zeros(more)])
    return Scenario(
        Moves(successor[moves.debtor], successor[moves.creditor], moves.share, moves.fresh, pool), one.since, one.place
    )
