"""An account's figures held against the levers: which appear to be within reach, and which is fast enough.

The engine compares numbers. Whether a legal test holds is for the officer, the bank's nominated officer and the court.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from moneytrail.disruption.levers import (
    HITS_A_VICTIM,
    HOLDERS,
    QUANTITIES,
    READINGS,
    Condition,
    Lever,
    Levers,
    Value,
    in_hours,
    is_number,
    upper,
    written,
)
from moneytrail.errors import ParameterError
from moneytrail.schema import ACCOUNT_KINDS, CURRENCY_EXPONENTS
from moneytrail.wording import listed, sums


@dataclass(frozen=True, slots=True)
class Figures:
    """What the engine knows of one account.

    Attributes
    ----------
    currency : str
        Of all sums.
    tainted_low, tainted_recommended, tainted_high : int
        Tainted money in the account: the least over the rules, the recommended rule's and the most; zero or more,
        in this order. Minor units.
    balance : int or None
        Minor units; may be below zero. ``None``: not known.
    proposed_payment : int or None
        What the customer asks to pay now, minor units; ``None``: nothing.
    tainted_out_cash, tainted_out_other_banks, tainted_out_crypto, tainted_out_same_bank : int
        Tainted money that has left the account, by where to; minor units, zero or more.
    exit_eta : float or None
        Hours that tainted money usually stays: the median dwell of the account's last tainted credits. ``None``: not
        known.
    last_tainted_credit_age : float or None
        Hours since tainted money last came in.
    recurring : bool
        The money comes in spells.
    frozen : bool
        An order already stops the account.
    outside : bool
        The account is at another bank.
    held_to_be : str
        One of :data:`HOLDERS`.
    kind : str
        One of :data:`~moneytrail.schema.ACCOUNT_KINDS`.

    Raises
    ------
    ParameterError
        Naming the figure, its value and what is allowed.
    """

    currency: str
    tainted_low: int
    tainted_recommended: int
    tainted_high: int
    balance: int | None = None
    proposed_payment: int | None = None
    tainted_out_cash: int = 0
    tainted_out_other_banks: int = 0
    tainted_out_crypto: int = 0
    tainted_out_same_bank: int = 0
    exit_eta: float | None = None
    last_tainted_credit_age: float | None = None
    recurring: bool = False
    frozen: bool = False
    outside: bool = False
    held_to_be: str = "unknown"
    kind: str = "unknown"

    def __post_init__(self) -> None:
        for one in fields(self):
            wanted = self._wanted(one.name, getattr(self, one.name))
            if wanted:
                raise ParameterError(f"the figure {one.name} = {getattr(self, one.name)!r}: {wanted} is wanted")
        if not self.tainted_low <= self.tainted_recommended <= self.tainted_high:
            given = (self.tainted_low, self.tainted_recommended, self.tainted_high)
            raise ParameterError(f"tainted low, recommended and high must not fall, and are {given}")

    def _wanted(self, name: str, value: Any) -> str | None:
        """What a figure should be; ``None`` where it is that."""
        if name == "currency":
            return None if isinstance(value, str) and value in CURRENCY_EXPONENTS else "a known currency code"
        if name in ("held_to_be", "kind"):
            words = HOLDERS if name == "held_to_be" else ACCOUNT_KINDS
            return None if value in words else f"one of {', '.join(words)}"
        if name in ("recurring", "frozen", "outside"):
            return None if isinstance(value, bool) else "True or False"
        if value is None and name in ("balance", "proposed_payment", "exit_eta", "last_tainted_credit_age"):
            return None
        if name in ("exit_eta", "last_tainted_credit_age"):
            return None if is_number(value) and value >= 0 else "a number of hours from zero on"
        if isinstance(value, bool) or not isinstance(value, int) or (value < 0 and name != "balance"):
            return "a whole number of minor units" + (" from zero on" if name != "balance" else "")
        return None

    def at(self, quantity: str, reading: str) -> Value | None:
        """A quantity by one of :data:`READINGS`; ``None`` where it is not known."""
        tainted: int = getattr(self, f"tainted_{reading}")
        if quantity == "tainted":
            return tainted
        if quantity == "clean":
            return None if self.balance is None else self.balance - tainted
        if quantity == "tainted_seen":
            gone: int = sum(getattr(self, name) for name in QUANTITIES if name.startswith("tainted_out_"))
            return tainted + gone
        value: Value | None = getattr(self, quantity)
        return None if value == "unknown" else value


@dataclass(frozen=True, slots=True)
class Tested:
    """One condition held against the figures.

    Attributes
    ----------
    condition : Condition
    values : tuple of value or None
        The figure by each of :data:`READINGS`; ``None`` where it is not known.
    """

    condition: Condition
    values: tuple[Value | None, ...]

    @property
    def known(self) -> bool:
        """Whether there is a figure at all."""
        return self.values[0] is not None

    @property
    def met_at(self) -> tuple[str, ...]:
        """The readings that are within the bound."""
        return tuple(reading for reading, v in zip(READINGS, self.values, strict=True) if self.condition.holds(v))

    @property
    def gap(self) -> int | float | None:
        """The least by which the figure misses the bound, over the readings; ``None`` where nothing can be said."""
        gaps = [gap for gap in map(self.condition.gap, self.values) if gap is not None]
        return min(gaps, default=None)

    def sentence(self, currency: str) -> str:
        """The figure, and what is asked for."""
        quantity = self.condition.quantity
        asked = f"asked for: {self.condition.wording(currency)}, {self.condition.says}"
        return f"{upper(quantity.meaning)}: {self._figure(currency)}; {asked}{self._outcome(currency)}."

    def _figure(self, currency: str) -> str:
        low, recommended, high = self.values
        quantity = self.condition.quantity
        if low is None or recommended is None or high is None:
            return "not known"
        if low == high:
            return written(recommended, quantity, currency)
        least, most = sorted((int(low), int(high)))
        return f"{sums(least, most, currency)} (recommended {written(recommended, quantity, currency)})"

    def _outcome(self, currency: str) -> str:
        if not self.known or len(self.met_at) == len(READINGS):
            return ""
        if self.met_at:
            return f"; within it by {_by(self.met_at)}"
        gap = self.gap
        short = f" by {written(gap, self.condition.quantity, currency)}" if gap else ""
        return f"; misses it{short}"

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        condition = self.condition
        return {
            "quantity": condition.quantity.name,
            "unit": condition.quantity.unit,
            "comparison": condition.comparison,
            "value": condition.value,
            "says": condition.says,
            "verified": condition.verified,
            "figures": dict(zip(READINGS, self.values, strict=True)),
            "met_at": list(self.met_at),
            "gap": self.gap,
        }


@dataclass(frozen=True, slots=True)
class Assessment:
    """A lever held against the figures of one account.

    Attributes
    ----------
    lever : Lever
    figures : Figures
    tested : tuple of Tested
        One for each of the lever's tests, in their order.
    """

    lever: Lever
    figures: Figures
    tested: tuple[Tested, ...]

    @property
    def met_at(self) -> tuple[str, ...]:
        """The readings by which the figures appear to meet every test; none where a figure is not known."""
        return self._met_at(self.tested)

    @staticmethod
    def _met_at(tested: Sequence[Tested]) -> tuple[str, ...]:
        return tuple(reading for reading in READINGS if all(reading in one.met_at for one in tested))

    @property
    def outcome(self) -> str:
        """``appears`` (to meet every test), ``open`` (a figure is not known, no other test is missed) or ``short``."""
        if self.met_at:
            return "appears"
        known = [one for one in self.tested if one.known]
        return "open" if len(known) < len(self.tested) and self._met_at(known) else "short"

    @property
    def appears(self) -> bool:
        """Whether the figures appear to meet every test, by one reading at least."""
        return self.outcome == "appears"

    @property
    def firm(self) -> bool:
        """Whether they appear to by every reading: the low figure too."""
        return self.met_at == READINGS

    @property
    def only_at_high(self) -> bool:
        """Whether they appear to by the high figure only."""
        return self.met_at == ("high",)

    @property
    def fast_enough(self) -> bool | None:
        """Whether it bites before tainted money usually leaves: ``acts_within_hours <= exit_eta``.

        Always so in a frozen account. ``None``: the usual stay is not known, or the lever stops no money here.
        """
        if not self.lever.stops:
            return None
        if self.figures.frozen:
            return True
        return None if self.figures.exit_eta is None else self.lever.acts_within_hours <= self.figures.exit_eta

    @property
    def fits(self) -> bool:
        """Whether it is of those that :func:`best` may name for these figures."""
        conditions = self.lever.fits
        return bool(conditions) and all(c.holds(self.figures.at(c.quantity.name, "recommended")) for c in conditions)

    @property
    def hits_a_victim(self) -> bool:
        """Whether it would freeze or take the money of somebody who is held to be a victim."""
        return self.lever.kind == "money" and self.figures.held_to_be == "victim"

    @property
    def cautions(self) -> tuple[str, ...]:
        """What to weigh before: a victim first of all."""
        found = [HITS_A_VICTIM] if self.hits_a_victim else []
        if self.appears and self.lever.caution:
            found.append(self.lever.caution)
        stay, age = self.figures.exit_eta, self.figures.last_tainted_credit_age
        if self.fast_enough and not self.figures.frozen and stay is not None and age is not None:
            left = max(0.0, stay - age)
            if self.lever.acts_within_hours > left:
                found.append(
                    f"What came last has been here {in_hours(age)} and usually has {in_hours(left)} left: this lever "
                    "is in time for what comes next, perhaps not for that."
                )
        return tuple(found)

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it in words; where the holder is held to be a victim, that comes first."""
        cautions = list(self.cautions)
        first = [cautions.pop(0)] if self.hits_a_victim else []
        return (
            *first,
            self._headline(),
            *(one.sentence(self.figures.currency) for one in self.tested),
            f"Clock: {self.lever.clock}.",
            *self._speed(),
            *cautions,
            f"Numbers do not show: {'; '.join(self.lever.not_tested)}.",
        )

    def _headline(self) -> str:
        name = f"{self.lever.name} ({self.lever.law})"
        if self.outcome == "appears":
            said = "" if self.firm else f", by {_by(self.met_at)}"
            return f"{name}: the account appears to meet what numbers can test{said}."
        if self.outcome == "open":
            missing = listed([one.condition.quantity.meaning for one in self.tested if not one.known])
            return f"{name}: cannot be told, because this is not known: {missing}."
        return f"{name}: the account does not appear to come within it."

    def _speed(self) -> list[str]:
        if not self.lever.stops:
            return []
        within = self.lever.acts_within_hours
        said = f"Holds the money {f'within {in_hours(within)}' if within else 'at once'} ({self.lever.acts_verified})"
        if self.figures.frozen:
            return [f"{said}; the account is frozen already."]
        if self.figures.exit_eta is None:
            return [f"{said}; how long tainted money stays here is not known."]
        speed = "fast enough" if self.fast_enough else "too slow alone"
        return [f"{said}; tainted money usually stays {in_hours(self.figures.exit_eta)}: {speed}."]

    def to_dict(self) -> dict[str, Any]:
        """As plain data that :mod:`json` can write; sums in minor units, times in hours, days as ISO 8601."""
        lever = self.lever
        return {
            "lever": lever.id,
            "name": lever.name,
            "kind": lever.kind,
            "law": lever.law,
            "does": lever.does,
            "who": list(lever.who),
            "outcome": self.outcome,
            "met_at": list(self.met_at),
            "firm": self.firm,
            "only_at_high": self.only_at_high,
            "tests": [one.to_dict() for one in self.tested],
            "currency": self.figures.currency,
            "clock": lever.clock,
            "stops": lever.stops,
            "acts_within_hours": lever.acts_within_hours,
            "acts_says": lever.acts_says,
            "acts_verified": lever.acts_verified,
            "fast_enough": self.fast_enough,
            "fits": self.fits,
            "cautions": list(self.cautions),
            "not_tested": list(lever.not_tested),
            "sources": list(lever.sources),
            "checked": lever.checked.isoformat(),
            "verified": lever.verified,
            "sentences": list(self.sentences),
        }


def assess(figures: Figures, levers: Levers, *, every: bool = False) -> list[Assessment]:
    """Hold every lever against an account's figures.

    Parameters
    ----------
    figures : Figures
    levers : Levers
    every : bool
        Also those of which a test is missed, each with by how much, or cannot be told for want of a figure.

    Returns
    -------
    list of Assessment
        Those whose tests the figures appear to meet by one of the three readings of what is tainted, in the file's
        order; all of them with `every`.

    Raises
    ------
    ParameterError
        When the figures are in another currency than the levers: a legal sum is not converted behind one's back.

    Examples
    --------
    >>> found = assess(Figures("GBP", 120_000, 200_000, 340_000, balance=340_000, exit_eta=100), shipped())
    >>> best(found).lever.id
    'account_freezing_order'
    """
    if figures.currency != levers.currency:
        raise ParameterError(
            f"the figures are in {figures.currency}, the levers of {levers.country} in {levers.currency}: convert first"
        )
    found = []
    for lever in levers.levers:
        tested = tuple(
            Tested(test, tuple(figures.at(test.quantity.name, reading) for reading in READINGS)) for test in lever.tests
        )
        found.append(Assessment(lever, figures, tested))
    return found if every else [one for one in found if one.appears]


def best(assessments: Sequence[Assessment]) -> Assessment | None:
    """The lever that fits an account's clock.

    The first in the file's order that appears to be within reach and fits: of the levers on money, else what holds the
    money meanwhile (:func:`meanwhile`), else of the levers on information. It may be slower than the money, since it is
    to be prepared: see :attr:`Assessment.fast_enough`. Where the holder is held to be a victim, no lever on money is
    named: that is for people to decide.

    Parameters
    ----------
    assessments : sequence of Assessment
        Of one account, from :func:`assess`.
    """
    fitting = [one for one in assessments if one.appears and one.fits and not one.hits_a_victim]
    on_money = [one for one in fitting if one.lever.kind == "money"]
    return next(iter(on_money), None) or meanwhile(assessments) or next(iter(fitting), None)


def meanwhile(assessments: Sequence[Assessment]) -> Assessment | None:
    """What holds an account's money first: the quickest lever on money that is in time for its clock.

    Where the clock is not known, only one that acts at once; in a frozen account, and where the holder is held to be a
    victim, none. Levers without `fits` are left out; ties go to the first in the file's order.
    """
    quick = [
        one
        for one in assessments
        if one.appears
        and one.lever.kind == "money"
        and one.lever.stops
        and one.lever.fits
        and not one.figures.frozen
        and (one.fast_enough or not one.lever.acts_within_hours)
        and not one.hits_a_victim
    ]
    return min(quick, key=lambda one: one.lever.acts_within_hours, default=None)


def _by(readings: Sequence[str]) -> str:
    """Readings in words: ``the high figure only``, ``the low and recommended figures only``."""
    return f"the {listed(readings)} {'figure' if len(readings) == 1 else 'figures'} only"
