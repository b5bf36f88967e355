"""What names stand for: a column, the stem behind it, and the stems of habit, history and the instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

ROLES: Final = ("debtor", "creditor")
WAYS: Final = ("out", "in")


@dataclass(frozen=True, slots=True)
class Feature:
    """One column: its name, unit, window in days (0: none) and meaning."""

    name: str
    unit: str
    window_days: float
    meaning: str


@dataclass(frozen=True, slots=True)
class Stem:
    """What a name without its window stands for: the family that computes it and that family's key."""

    family: str
    key: tuple[int, ...]
    unit: str
    meaning: str


MAYBE: Final = "share or -1"
"""The unit of a share that is -1 where there is nothing to take it of."""

HABIT: Final = (
    ("weekday_share", MAYBE, "share of {which} before, on earlier days, that fell on this weekday"),
    ("weekday_days_share", MAYBE, "share of the earlier days with one of {which} that are this weekday"),
    ("fortnight_share", MAYBE, "share of {which} before, on earlier days, that fell a multiple of 14 days ago"),
    ("week_before", "count", "{which} on the day exactly 7 days ago and on that exactly 14 days ago"),
    ("same_gap_share", MAYBE, "share of the gaps between {which} before, in whole days, equal to the one up to now"),
    ("active_days_share", "share", "earlier days with one of {which}, over the days of the window"),
)
"""Name, unit and meaning in the order of their kernel. Days are whole UTC days."""

_HISTORY: Final = (
    ("age", "days", "days since the {who}'s first transfer either way"),
    ("out_ever", "log count", "log(1 + number) of the {who}'s transfers out since the data begin, this one included"),
    ("in_ever", "log count", "log(1 + number) of the {who}'s transfers in since the data begin, this one included"),
    ("payees_ever", "log count", "log(1 + number) of distinct accounts that the {who} has paid since the data begin"),
    ("payers_ever", "log count", "log(1 + number) of distinct accounts that have paid the {who} since the data begin"),
    ("since_new_payee", "days", "days since the {who} last paid an account for the first time, at most 400"),
    ("since_new_payer", "days", "days since the {who} was last paid by an account for the first time, at most 400"),
)
_PAIR: Final = (
    ("ever", "log count", "log(1 + number) of earlier transfers the same way between the two"),
    ("back_ever", "log count", "log(1 + number) of earlier transfers the other way between the two"),
    ("since", "days", "days since the last transfer the same way between the two, at most 400"),
    ("since_back", "days", "days since the last transfer the other way between the two, at most 400"),
)
_INSTANT: Final = (
    ("debtor_out", (0, 0), "transfers out of the debtor at exactly this time, this one included"),
    ("debtor_in", (0, 1), "transfers in of the debtor at exactly this time"),
    ("debtor_new", (0, 2), "the debtor's transfers out at exactly this time that are first dealings the same way"),
    ("creditor_in", (1, 0), "transfers in of the creditor at exactly this time, this one included"),
    ("creditor_out", (1, 1), "transfers out of the creditor at exactly this time"),
    ("creditor_new", (1, 2), "the creditor's transfers in at exactly this time that are first dealings the same way"),
    ("pair", (2, 0), "transfers the same way between the two at exactly this time, this one included"),
)
PAIR: Final = 2
"""The role in a key of what is said of both accounts together."""


def habit_stems(r: int, w: int) -> Iterator[tuple[str, Stem]]:
    """The stems of one role and way, by name; they take a window."""
    role, way = ROLES[r], WAYS[w]
    for s, (name, unit, meaning) in enumerate(HABIT):
        which = f"the {role}'s transfers {way}"
        yield f"{role}_{way}_{name}", Stem("habit", (r, w, s), unit, meaning.format(which=which))


def unwindowed_stems() -> Iterator[tuple[str, Stem]]:
    """The stems that take no window and are whole names."""
    for r, role in enumerate(ROLES):
        for s, (name, unit, meaning) in enumerate(_HISTORY):
            yield f"{role}_{name}", Stem("history", (r, s), unit, meaning.format(who=role))
    for s, (name, unit, meaning) in enumerate(_PAIR):
        yield f"pair_{name}", Stem("history", (PAIR, s), unit, meaning)
    for name, key, meaning in _INSTANT:
        yield f"instant_{name}", Stem("instant", key, "count", meaning)
