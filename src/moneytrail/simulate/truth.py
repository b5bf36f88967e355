"""The ground truth, written apart from the data: who did what, in which gang and attempt, and what the gang made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from moneytrail.simulate.calendar import Ints
from moneytrail.simulate.journal import Columns
from moneytrail.simulate.register import Register

GANG_ROLES: Final = ("collector", "organiser", "paymaster", "depositor")
"""Roles whose accounts the gang itself controls. Mules pass money on for a cut; crew and relatives are paid."""

HELD_TO_BE: Final = {
    "collector": "suspect",
    "organiser": "suspect",
    "paymaster": "suspect",
    "depositor": "suspect",
    "mule": "suspect",
    "crew": "suspect",
    "broker": "suspect",
    "supplier": "suspect",
    "payer": "victim",
    "relative": "unknown",
    "outlet": "unknown",
}


@dataclass(slots=True)
class Truth:
    """What the gangs record while they act. A journal row's ``truth`` is its position in `acts`."""

    acts: list[tuple[str, str | None, str | None, str]] = field(default_factory=list)
    attempts: list[tuple[str, str, str, int, str]] = field(default_factory=list)
    parties: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)

    def act(self, gang: str, typology: str | None, attempt: str | None, role: str) -> int:
        """Record one illicit transfer and return its position."""
        self.acts.append((gang, typology, attempt, role))
        return len(self.acts) - 1

    def member(self, gang: str, account: int, role: str, held_to_be: str | None = None) -> None:
        """Record what an account's owner is to the gang; the first role stands."""
        self.parties.setdefault((gang, account), (role, held_to_be or HELD_TO_BE[role]))


@dataclass(frozen=True, slots=True)
class TruthFrames:
    """The four tables of ground truth."""

    transfers: pl.DataFrame
    attempts: pl.DataFrame
    parties: pl.DataFrame
    gangs: pl.DataFrame


def truth_frames(
    truth: Truth, columns: Columns, transaction_id: pl.Series, register: Register, seed: int
) -> TruthFrames:
    """Write the truth about the transfers that the bank saw; what fell outside the calendar is not in it."""
    rows = np.flatnonzero(columns["truth"] >= 0)
    acts = [truth.acts[position] for position in columns["truth"][rows]]
    names, parties = register.names(seed), register.names(seed, "P")
    transfers = pl.DataFrame(
        {
            "transaction_id": transaction_id.gather(rows),
            **{name: pl.Series([act[i] for act in acts], dtype=pl.String()) for i, name in enumerate(_ACT)},
        }
    )
    seen = {act[2] for act in acts}
    done = [attempt for attempt in truth.attempts if attempt[0] in seen]
    attempts = pl.DataFrame(done, schema=_ATTEMPT, orient="row").with_columns(
        account=_named(names, [a[3] for a in done])
    )
    members = sorted(truth.parties.items())
    codes = [account for (_, account), _ in members]
    owner = register.column("party")
    people = pl.DataFrame(
        {
            "party": _named(parties, [int(owner[code]) for code in codes]),
            "account": _named(names, codes),
            "gang": pl.Series([gang for (gang, _), _ in members], dtype=pl.String()),
            "role": pl.Series([role for _, (role, _) in members], dtype=pl.String()),
            "held_to_be": pl.Series([held for _, (_, held) in members], dtype=pl.String()),
        }
    )
    return TruthFrames(transfers, attempts, people, _books(truth, columns, rows))


_ACT: Final = ("gang", "typology", "attempt", "role")
_ATTEMPT: Final = {
    "attempt": pl.String(),
    "gang": pl.String(),
    "typology": pl.String(),
    "account": pl.Int64(),
    "strength": pl.String(),
}


def _named(names: pl.Series, codes: list[int]) -> pl.Series:
    return names.gather(pl.Series(codes, dtype=pl.UInt32()))


def _books(truth: Truth, columns: Columns, rows: Ints) -> pl.DataFrame:
    """Add up each gang's money in pence, as far as the bank sees it: takings = costs + left the bank + held."""
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        gang = truth.acts[columns["truth"][row]][0]
        book = sums.setdefault(gang, dict.fromkeys(("takings", "costs", "left_bank", "held"), 0))
        amount = int(columns["amount"][row])
        debtor, creditor = (_part(truth, gang, int(columns[side][row])) for side in ("debtor", "creditor"))
        _enter(book, debtor, creditor, amount)
    table = [
        (gang, b["takings"], b["costs"], b["takings"] - b["costs"], b["left_bank"], b["held"])
        for gang, b in sorted(sums.items())
    ]
    return pl.DataFrame(table, schema=_GANG, orient="row")


def _part(truth: Truth, gang: str, account: int) -> str:
    return truth.parties[gang, account][0] if account >= 0 else "cash"


def _enter(book: dict[str, int], debtor: str, creditor: str, amount: int) -> None:
    """Book one transfer: a mule's cut is what it took less what it passed on, and counts as a cost."""
    if debtor in GANG_ROLES:
        book["held"] -= amount
    elif debtor == "mule":
        book["costs"] -= amount
    else:
        book["takings"] += amount
    if creditor in GANG_ROLES:
        book["held"] += amount
    elif creditor in ("mule", "crew", "relative", "supplier"):
        book["costs"] += amount
    else:
        book["left_bank"] += amount


_GANG: Final = {
    "gang": pl.String(),
    "takings": pl.Int64(),
    "costs": pl.Int64(),
    "retained": pl.Int64(),
    "left_bank": pl.Int64(),
    "held": pl.Int64(),
}
