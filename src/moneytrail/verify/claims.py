"""What a match claims, and the transfers that it shows for it: checked for their form, and nothing else.

Everything here is suspicious of its input: a claim may come from another program, another version or another hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from moneytrail.errors import InputError
from moneytrail.schema import CHANNELS, CURRENCIES

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
MOST_PARAMETER: Final = 1e15
"""No parameter of a search is larger."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One transfer of the evidence.

    Attributes
    ----------
    transaction_id, role : str
    time, row : int
        Microseconds UTC, and the row in the input: together the place in the ledger.
    debtor, creditor : str or None
        The accounts; ``None`` where that side is absent.
    amount : int
        Minor units of the reference currency.
    own_amount, currency : int, str
        As booked.
    channel : str
    location, institution : str or None
        Where it was paid in, and the creditor's bank.
    """

    transaction_id: str
    role: str
    time: int
    row: int
    debtor: str | None
    creditor: str | None
    amount: int
    own_amount: int
    currency: str
    channel: str
    location: str | None
    institution: str | None

    @property
    def place(self) -> tuple[int, int]:
        """Its place in the ledger."""
        return self.time, self.row


@dataclass(frozen=True, slots=True)
class Stated:
    """One measure that a match states; the attributes are those of a match's measure."""

    name: str
    label: str
    value: float
    threshold: float | None
    sense: str
    kind: str
    met: bool
    points: float


@dataclass(frozen=True, slots=True)
class Claim:
    """A match with the transfers it shows.

    Attributes
    ----------
    match_id, kind, subject : str
        `kind` is a typology's id or a motif's name.
    score : float
    value, transfers : int
        Minor units of the reference currency; how many transfers it says it has.
    started, ended, detectable : int
        Microseconds UTC.
    truncated : bool
    measures : mapping of str to Stated
    evidence : tuple of Shown
        In the order in which they are shown.
    parameters : mapping of str to float, or None
        Of the search, where they are known.
    columns : frozenset of str
        Which of the columns that may be absent were there.
    factors : tuple of float
        What suppressors say that they multiply the score by.
    """

    match_id: str
    kind: str
    subject: str
    score: float
    value: int
    transfers: int
    started: int
    ended: int
    detectable: int
    truncated: bool
    measures: Mapping[str, Stated]
    evidence: tuple[Shown, ...]
    parameters: Mapping[str, float] | None
    columns: frozenset[str]
    factors: tuple[float, ...] = ()


def claim_of(
    match: Mapping[str, Any],
    evidence: Sequence[Mapping[str, Any]],
    parameters: Mapping[str, Any] | None = None,
) -> Claim:
    """Take a match and its transfers as plain data.

    Parameters
    ----------
    match : mapping
        A row of the matches' table. Times are datetimes with a zone, or ISO 8601 text with an offset.
    evidence : sequence of mapping
        ``transaction_id``, ``role``, ``booked_at``, ``row``, ``debtor_account``, ``creditor_account``, ``amount``,
        ``currency``, ``reference_amount``, ``channel``; ``location`` and ``creditor_institution`` where there are any.
    parameters : mapping, optional
        Of the search that found the match.

    Raises
    ------
    InputError
        Naming the match, the field and the value that is wrong.
    """
    match_id = _Fields(match, "a match").text("match_id")
    own = _Fields(match, f"match {match_id}")
    measures: dict[str, Stated] = {}
    for place, raw in enumerate(own.rows("measures")):
        stated = _stated(_Fields(raw, f"match {match_id}, measure {place + 1}"))
        if stated.name in measures:
            raise InputError(f"match {match_id}: states the measure {stated.name!r} twice")
        measures[stated.name] = stated
    if not isinstance(evidence, list | tuple):
        raise InputError(f"match {match_id}: its evidence is {_short(evidence)}; wanted is a list")
    if not evidence:
        raise InputError(f"match {match_id}: has no evidence")
    shown = [_shown(_Fields(raw, f"match {match_id}, transfer {n + 1}")) for n, raw in enumerate(evidence)]
    return Claim(
        match_id=match_id,
        kind=own.text("typology"),
        subject=own.text("subject"),
        score=own.number("score"),
        value=own.count("value"),
        transfers=own.count("transfers"),
        started=own.moment("started_at"),
        ended=own.moment("ended_at"),
        detectable=own.moment("detectable_at"),
        truncated=own.flag("truncated"),
        measures=measures,
        evidence=tuple(shown),
        parameters=None if parameters is None else _parameters(parameters, match_id),
        columns=frozenset(name for name in ("location", "creditor_institution") if name in evidence[0]),
        factors=tuple(
            _Fields(raw, f"match {match_id}, suppressor {place + 1}").number("factor")
            for place, raw in enumerate(own.rows("suppressors") if own.get("suppressors") else ())
        ),
    )


def _stated(fields: _Fields) -> Stated:
    return Stated(
        name=fields.text("name"),
        label=fields.text("label"),
        value=fields.number("value"),
        threshold=None if fields.get("threshold") is None else fields.number("threshold"),
        sense=fields.text("sense", empty=True),
        kind=fields.text("kind"),
        met=fields.flag("met"),
        points=fields.number("points"),
    )


def _shown(fields: _Fields) -> Shown:
    shown = Shown(
        transaction_id=fields.text("transaction_id"),
        role=fields.text("role"),
        time=fields.moment("booked_at"),
        row=fields.whole("row"),
        debtor=fields.text_or_none("debtor_account"),
        creditor=fields.text_or_none("creditor_account"),
        amount=fields.count("reference_amount"),
        own_amount=fields.count("amount"),
        currency=fields.one_of("currency", CURRENCIES),
        channel=fields.one_of("channel", CHANNELS),
        location=fields.text_or_none("location", optional=True),
        institution=fields.text_or_none("creditor_institution", optional=True),
    )
    if shown.debtor is None and shown.creditor is None:
        raise InputError(f"{fields.where}: both accounts are absent")
    return shown


def _parameters(parameters: Mapping[str, Any], match_id: str) -> dict[str, float]:
    fields = _Fields(parameters, f"the parameters of match {match_id}")
    taken = {str(name): fields.number(name) for name in parameters}
    for name, value in taken.items():
        if not 0 <= value <= MOST_PARAMETER:
            raise InputError(f"{fields.where}: {name} is {value!r}; wanted is 0 to {MOST_PARAMETER:g}")
    return taken


class _Fields:
    """Plain data of which each field is taken with its type, or refused with its name and value."""

    def __init__(self, values: object, where: str) -> None:
        if not isinstance(values, Mapping):
            raise InputError(f"{where}: is no table row but {_short(values)}")
        self._values = values
        self.where = where

    def get(self, name: str) -> Any:
        if name not in self._values:
            raise InputError(f"{self.where}: lacks {name!r}")
        return self._values[name]

    def text(self, name: str, *, empty: bool = False) -> str:
        value = self.get(name)
        if not isinstance(value, str) or not (value or empty):
            raise self._wrong(name, value, "a text")
        return value

    def text_or_none(self, name: str, *, optional: bool = False) -> str | None:
        if optional and name not in self._values:
            return None
        return None if self.get(name) is None else self.text(name, empty=True)

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        value = self.text(name)
        if value not in allowed:
            raise self._wrong(name, value, f"a known {name}")
        return value

    def flag(self, name: str) -> bool:
        value = self.get(name)
        if not isinstance(value, bool):
            raise self._wrong(name, value, "true or false")
        return value

    def whole(self, name: str) -> int:
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, value, "a whole number")
        return value

    def count(self, name: str) -> int:
        value = self.whole(name)
        if value < 0:
            raise self._wrong(name, value, "zero or more")
        return value

    def number(self, name: str) -> float:
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._wrong(name, value, "a finite number")
        return value

    def moment(self, name: str) -> int:
        value = self.get(name)
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                raise self._wrong(name, value, "a time as 2026-12-31T18:00:00+00:00") from None
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self._wrong(name, value, "a time with its zone")
        return (value - EPOCH) // MICROSECOND

    def rows(self, name: str) -> Sequence[Any]:
        value = self.get(name)
        if not isinstance(value, list | tuple):
            raise self._wrong(name, value, "a list")
        return value

    def _wrong(self, name: str, value: object, wanted: str) -> InputError:
        return InputError(f"{self.where}: {name} is {_short(value)}; wanted is {wanted}")


def _short(value: object) -> str:
    said = repr(value)
    return said if len(said) <= 80 else f"{said[:77]}..."
