"""Dirt, as real data has it: missing fields, late bookings, reversals, duplicates, clock ties, cut references.

Whether a transfer is soiled follows from what it is (a hash of its time, payer and amount) and from the seed. So the
gangs do not change the honest transfers' dirt, and neither does the order in which chapters are made. Rates are design:
no source gives any.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from moneytrail.simulate.calendar import DAY, SECOND
from moneytrail.simulate.journal import CASH, FIELDS, TRANSFER, Columns, join
from moneytrail.simulate.words import REFERENCES

LATE: Final = 1
REVERSAL: Final = 2
DUPLICATE: Final = 4
NO_REFERENCE: Final = 8
NO_CATEGORY: Final = 16
NO_LOCATION: Final = 32
NO_INSTITUTION: Final = 64
CUT: Final = 128
TIED: Final = 256

KINDS: Final = {
    LATE: "booked late",
    REVERSAL: "reversal",
    DUPLICATE: "duplicate",
    NO_REFERENCE: "reference missing",
    NO_CATEGORY: "merchant category missing",
    NO_LOCATION: "location missing",
    NO_INSTITUTION: "institutions missing",
    CUT: "reference cut",
    TIED: "time of a batch",
}
"""Bits of the journal's `dirt` and what each means."""

RATES: Final = {
    LATE: 0.003,
    REVERSAL: 0.0005,
    DUPLICATE: 0.0002,
    NO_REFERENCE: 0.015,
    NO_CATEGORY: 0.02,
    NO_LOCATION: 0.02,
    NO_INSTITUTION: 0.01,
    CUT: 0.25,
    TIED: 0.03,
}
"""Share of the transfers that each can befall at a strength of 1."""

LENGTH: Final = 18
"""Characters that are left of a cut reference: as many as a Bacs payment carries (Pay.UK, unverified)."""

_CUT_WORDS: Final = tuple(dict.fromkeys(word[:LENGTH] for word in REFERENCES if len(word) > LENGTH))
_BANK_WORDS: Final = ("REVERSAL", "UNPAID ITEM", "RETURNED PAYMENT")
WRITTEN: Final = (*REFERENCES, *_CUT_WORDS, *_BANK_WORDS)
"""All references by code: those that people write, those that were cut, and the bank's own."""

_SHORT: Final = np.array(
    [
        len(REFERENCES) + _CUT_WORDS.index(word[:LENGTH]) if len(word) > LENGTH else code
        for code, word in enumerate(REFERENCES)
    ],
    dtype=np.int32,
)


def soil(columns: Columns, seed: int, strength: float) -> Columns:
    """Take `columns`, which is emptied, and return them with dirt: fields taken away, times moved, rows added.

    Reversals and duplicates come at the end. `strength` multiplies the :data:`RATES`; 0 leaves everything clean. What
    gangs do is not reversed: their money is accounted for elsewhere. A transfer with two currencies is not reversed
    either.
    """
    if strength <= 0:
        return columns
    rates = np.array([RATES[bit] * strength for bit in KINDS])
    _mark(
        *(columns[name] for name in ("time", "debtor", "amount", "channel", "reference", "category", "location")),
        *(columns["dirt"], np.uint64(seed), rates, _SHORT),
    )
    marked = columns["dirt"]
    real = (columns["truth"] < 0) & (columns["credited"] < 0) & (columns["channel"] == TRANSFER)
    back = np.flatnonzero(((marked & REVERSAL) > 0) & real & (columns["debtor"] >= 0) & (columns["creditor"] >= 0))
    twice = np.flatnonzero((marked & DUPLICATE) > 0)
    marked &= ~np.int16(REVERSAL | DUPLICATE)
    more = join([_reversals(columns, back), _duplicates(columns, twice)])
    return {name: np.concatenate([columns.pop(name), more[name]]) for name in FIELDS}


def _reversals(columns: Columns, back: npt.NDArray[np.int64]) -> Columns:
    rows = {name: values[back] for name, values in columns.items()}
    rows["debtor"], rows["creditor"] = rows["creditor"], rows["debtor"]
    # One hour to five days later, told by the amount and the time, so that it needs no stream of its own.
    rows["time"] = rows["time"] + 3600 * SECOND + (rows["time"] // 1000 * 7919 + rows["amount"]) % (5 * DAY)
    rows["reference"] = (len(WRITTEN) - 1 - rows["amount"] % len(_BANK_WORDS)).astype(np.int32)
    rows["dirt"] = np.full(back.size, REVERSAL, dtype=np.int16)
    return rows


def _duplicates(columns: Columns, twice: npt.NDArray[np.int64]) -> Columns:
    rows = {name: values[twice] for name, values in columns.items()}
    rows["time"] = rows["time"] + rows["amount"] % 90 * SECOND
    rows["dirt"] = np.full(twice.size, DUPLICATE, dtype=np.int16)
    return rows


@njit(cache=True, nogil=True)
def _mark(
    time: npt.NDArray[np.int64],
    debtor: npt.NDArray[np.int32],
    amount: npt.NDArray[np.int64],
    channel: npt.NDArray[np.int8],
    reference: npt.NDArray[np.int32],
    category: npt.NDArray[np.int8],
    location: npt.NDArray[np.int8],
    dirt: npt.NDArray[np.int16],
    seed: np.uint64,
    rates: npt.NDArray[np.float64],
    short: npt.NDArray[np.int32],
) -> None:
    """Draw each kind of dirt from the transfer's own hash (splitmix64) and apply what changes a field in place."""
    for i in range(time.size):
        state = np.uint64(time[i]) * np.uint64(0x9E3779B97F4A7C15)
        state ^= np.uint64(amount[i]) * np.uint64(0xC2B2AE3D27D4EB4F)
        state ^= np.uint64(debtor[i] + 1) * np.uint64(0x165667B19E3779F9) + seed
        flags = 0
        for kind in range(rates.size):
            state += np.uint64(0x9E3779B97F4A7C15)
            mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            mixed ^= mixed >> np.uint64(31)
            if (mixed >> np.uint64(11)) * (1.0 / 9007199254740992.0) < rates[kind]:
                flags |= 1 << kind
        if flags & NO_REFERENCE and reference[i] >= 0:
            reference[i] = -1
        else:
            flags &= ~NO_REFERENCE
        if flags & CUT and reference[i] >= 0 and short[reference[i]] != reference[i]:
            reference[i] = short[reference[i]]
        else:
            flags &= ~CUT
        if flags & NO_CATEGORY and category[i] >= 0:
            category[i] = -1
        else:
            flags &= ~NO_CATEGORY
        if flags & NO_LOCATION and location[i] >= 0:
            location[i] = -1
        else:
            flags &= ~NO_LOCATION
        if flags & TIED and channel[i] == TRANSFER:
            # Booked with a batch, at the next whole quarter of an hour.
            time[i] = (time[i] + 899_999_999) // 900_000_000 * 900_000_000
        else:
            flags &= ~TIED
        if flags & LATE and channel[i] != CASH:
            time[i] += DAY * (1 + amount[i] % 3)
        else:
            flags &= ~LATE
        dirt[i] = flags
