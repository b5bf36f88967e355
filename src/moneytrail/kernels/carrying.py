"""How a mark on some accounts is carried on with the money that they pay, for some days and some steps.

Oracle: ``tests/oracles/carrying.py``.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

NEVER = -(2**62)


@njit(cache=True, nogil=True)
def carried(
    ends: tuple[NDArray[np.int32], NDArray[np.int32]],
    time: NDArray[np.int64],
    passes: NDArray[np.bool_],
    marks: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]],
    rule: tuple[int, int, int],
) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """For every transfer, how many steps its debtor then was from an account that bears the mark itself.

    Parameters
    ----------
    ends : (debtor int32[n], creditor int32[n])
        -1 where absent; in ledger order.
    time : int64[n]
        Microseconds, not falling.
    passes : bool[n]
        Which transfers carry the mark on: from a debtor that bears it to the creditor, one step further.
    marks : (ledger int64[k], account int32[k], until int64[k])
        From which ledger position and until which time, both inclusive, an account bears the mark; `ledger` not
        falling.
    rule : (reach, steps, accounts)
        For how many microseconds, inclusive, a carried mark is borne; how many steps it is carried at most, 0 to 100.

    Returns
    -------
    (steps int8[n], source int32[n])
        The fewest steps, -1 where the debtor bears no mark; and the ledger position of the latest transfer that
        carried it to the debtor in so many, -1 where it bears the mark itself or none. One thread; linear.
    """
    debtor, creditor = ends
    ledger, account, until = marks
    reach, most, accounts = rule
    ended = np.full((most + 1, accounts), NEVER, np.int64)
    brought = np.full((most + 1, accounts), -1, np.int32)
    steps = np.full(time.size, -1, np.int8)
    source = np.full(time.size, -1, np.int32)
    begun = 0
    for e in range(time.size):
        while begun < ledger.size and ledger[begun] <= e:
            ended[0, account[begun]] = max(ended[0, account[begun]], until[begun])
            begun += 1
        if debtor[e] < 0:
            continue
        for step in range(most + 1):
            if time[e] <= ended[step, debtor[e]]:
                steps[e] = step
                source[e] = brought[step, debtor[e]]
                break
        step = steps[e] + 1
        if 0 < step <= most and passes[e] and creditor[e] >= 0:
            ended[step, creditor[e]] = time[e] + reach
            brought[step, creditor[e]] = e
    return steps, source
