"""What the checker knows of one typology or motif: restated from its definition and not from the code that finds it.

A :class:`Rule` says which roles there are, on which side of them the subject stands, what the measures are held to and
what they earn, and how the measures are counted from the transfers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from moneytrail.verify.claims import Claim, Shown

DAY: Final = 86_400_000_000
HOUR: Final = DAY // 24
PULLED: Final = ("direct_debit", "card", "internal")
"""Channels of which no transfer is a stranger's."""

Values = Mapping[str, float]
Side = Literal["debtor", "creditor", ""]


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: what it is called, whether it holds, and what was claimed and what was found."""

    name: str
    held: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a measure is: what it is held to, and what it may earn.

    Attributes
    ----------
    name : str
    kind : {"gate", "booster", "fact"}
    sense : {">=", "<=", ""}
    parameter : str
        The threshold's parameter; empty where there is none, or where the rule computes it (`Rule.limits`).
    most : float
        The most points.
    reach : float
        Points rise from the threshold to this many times the threshold; 0: all or none.
    needed : bool
        Whether every match must state it.
    """

    name: str
    kind: Literal["gate", "booster", "fact"]
    sense: Literal[">=", "<=", ""] = ""
    parameter: str = ""
    most: float = 0.0
    reach: float = 0.0
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Role:
    """What a transfer does in a match.

    Attributes
    ----------
    name : str
    subject : {"debtor", "creditor", ""}
        On which side of the transfer the subject stands; empty: the rule's own conditions say it.
    needed : bool
        Whether a match must show one.
    counts : bool
        Whether its amounts are the match's value.
    """

    name: str
    subject: Side
    needed: bool = True
    counts: bool = True


def _no_limits(_claim: Claim, _values: Values) -> dict[str, float]:
    return {}


@dataclass(frozen=True, slots=True)
class Rule:
    """Everything that is checked of one typology or motif beside what is checked of all.

    Attributes
    ----------
    roles : tuple of Role
    parameters : mapping
        The defaults, for claims that come without the parameters of their search.
    measures : tuple of Held
    counted : callable
        ``counted(claim, values)``: each measure that the transfers show, by name.
    conditions : callable
        ``conditions(claim, values)``: the checks of its own.
    window : callable
        ``window(values)``: length in microseconds that all transfers of :attr:`spanning` lie in.
    spanning : tuple of str
        Roles that the window is about; the first and the last of them are less than the window apart.
    unseen : tuple of str
        What the transfers cannot show, in words.
    limits : callable
        ``limits(claim, values)``: thresholds that are no parameter, by measure.
    earned : callable
        ``earned(claim, values)``: points that follow from something other than the measure's own value.
    detectable : callable or None
        ``detectable(claim, values)``: when the gate first held, where the transfers show it. Otherwise it may have
        held earlier in the period, by transfers that are not shown.
    key : callable
        ``key(claim)``: what goes into the id beside subject and transfers.
    """

    roles: tuple[Role, ...]
    parameters: Values
    measures: tuple[Held, ...]
    counted: Callable[[Claim, Values], dict[str, float]]
    conditions: Callable[[Claim, Values], Iterator[Check]]
    window: Callable[[Values], int]
    spanning: tuple[str, ...]
    unseen: tuple[str, ...]
    limits: Callable[[Claim, Values], dict[str, float]] = _no_limits
    earned: Callable[[Claim, Values], dict[str, float]] = _no_limits
    detectable: Callable[[Claim, Values], int] | None = None
    key: Callable[[Claim], str] = lambda _claim: ""


def having(claim: Claim, *roles: str) -> list[Shown]:
    """The transfers with one of these roles, as shown."""
    return [one for one in claim.evidence if one.role in roles]


def value_of(transfers: list[Shown]) -> int:
    """The sum of their amounts."""
    return sum(one.amount for one in transfers)


def ratio(part: float, whole: float) -> float:
    """A share; 0 of nothing."""
    return part / whole if whole else 0.0


def at_least(part: int, whole: int, share: float) -> bool:
    """Whether `part` is at least `share` of `whole`, exactly, for a share of whole thousandths."""
    return part * 1000 >= whole * round(share * 1000)


def all_of(name: str, transfers: list[Shown], holds: Callable[[Shown], bool], wanted: str) -> Check:
    """One check over many transfers: names the first that fails it."""
    for one in transfers:
        if not holds(one):
            return Check(name, False, f"transfer {one.transaction_id} is not {wanted}")
    return Check(name, True, f"every transfer is {wanted}")


def pushed_by_others(claim: Claim, transfers: list[Shown]) -> Check:
    """As far as the transfers show it: strangers are two accounts, and a stranger's transfer is pushed."""
    return all_of(
        "pushed",
        transfers,
        lambda one: None not in (one.debtor, one.creditor) and one.debtor != one.creditor and one.channel not in PULLED,
        "one that an account pushed to another (no card, direct debit or internal booking)",
    )
