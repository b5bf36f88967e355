"""Which alerts, in which order, from where on: the query, its cursor, and the SQL that they become."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from moneytrail.alerts import ALERT_STATUSES
from moneytrail.errors import ParameterError
from moneytrail.storage.alert_rows import summaries
from moneytrail.storage.records import AlertPage
from moneytrail.storage.tables import Instant, alert_accounts, alert_typologies, alerts, microseconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

SORT_FIELDS: Final = ("risk_score", "value", "started_at", "detectable_at", "rank")
SORTS: Final = tuple(sign + name for name in SORT_FIELDS for sign in ("", "-"))
LIMIT_MAX: Final = 500

_INT64: Final = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertQuery:
    """Filters, which must all hold, an order, and a place to go on from.

    Parameters
    ----------
    typology : str, optional
        Alerts with at least one match of this typology.
    min_score, max_score : float, optional
        Bounds of the risk score, both inclusive.
    min_value, max_value : int, optional
        Bounds of the value, minor units of the alert's reference currency, both inclusive.
    account : str, optional
        Exactly this account is a subject or on either side of an evidence transfer.
    since, until : datetime, optional
        The alert's time from `started_at` to `ended_at`, both ends included, overlaps ``[since, until)``:
        it ended at `since` or later and began before `until`. Aware datetimes.
    status : str, optional
        One of :data:`moneytrail.alerts.ALERT_STATUSES`.
    run_id : str, optional
        Alerts of this run.
    sort : str
        One of ``risk_score``, ``value``, ``started_at``, ``detectable_at``, ``rank``; a leading ``-`` means
        descending. Ties are settled by the alert id, in the same direction.
    limit : int
        Alerts on a page, 1 to 500.
    cursor : str, optional
        `next_cursor` of the page before, which must have had the same filters and order; `limit` may differ.

    Raises
    ------
    ParameterError
        A value out of its range.
    """

    typology: str | None = None
    min_score: float | None = None
    max_score: float | None = None
    min_value: int | None = None
    max_value: int | None = None
    account: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    status: str | None = None
    run_id: str | None = None
    sort: str = "-risk_score"
    limit: int = 50
    cursor: str | None = None

    def __post_init__(self) -> None:
        if self.sort not in SORTS:
            raise ParameterError(f"sort is {self.sort!r}; allowed are {', '.join(SORTS)}")
        if not 1 <= self.limit <= LIMIT_MAX:
            raise ParameterError(f"limit is {self.limit}; allowed is 1 to {LIMIT_MAX}")
        if self.status is not None and self.status not in ALERT_STATUSES:
            raise ParameterError(f"status is {self.status!r}; allowed are {', '.join(ALERT_STATUSES)}")
        for name in ("min_score", "max_score"):
            if not math.isfinite(getattr(self, name) or 0.0):
                raise ParameterError(f"{name} must be a finite number")
        for name in ("min_value", "max_value"):
            if (getattr(self, name) or 0) not in _INT64:
                raise ParameterError(f"{name} does not fit into 64 bits")
        for name in ("since", "until"):
            instant = getattr(self, name)
            if instant is not None and instant.utcoffset() is None:
                raise ParameterError(f"{name} must have a time zone")


def read_page(connection: Connection, query: AlertQuery) -> AlertPage:
    """Return the alerts of `query`, at most `query.limit` of them, and the cursor of the next page.

    Alerts saved between two pages do not move the others: a page goes on behind the last alert seen.
    """
    column = alerts.c[query.sort.removeprefix("-")]
    descending = query.sort.startswith("-")
    statement = sa.select(alerts).where(*_conditions(query)).limit(query.limit + 1)
    if query.cursor is not None:
        # Plain integers on both sides: the cursor carries an instant as microseconds.
        place = sa.tuple_(sa.type_coerce(column, _plain(column)), alerts.c.alert_id)
        key = sa.tuple_(*_read_cursor(query), types=[_plain(column), alerts.c.alert_id.type])
        statement = statement.where(place < key if descending else place > key)
    order = (column.desc(), alerts.c.alert_id.desc()) if descending else (column, alerts.c.alert_id)
    rows = connection.execute(statement.order_by(*order)).mappings().all()
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    return AlertPage(
        items=summaries(connection, shown),
        next_cursor=_write_cursor(query, shown[-1][column.name], shown[-1]["alert_id"]) if more else None,
    )


def _plain(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    return sa.BigInteger() if isinstance(column.type, Instant) else column.type


def _conditions(query: AlertQuery) -> list[sa.ColumnElement[bool]]:
    return [condition(getattr(query, name)) for name, condition in _FILTERS.items() if getattr(query, name) is not None]


def _of_typology(typology: str) -> sa.ColumnElement[bool]:
    table = alert_typologies.c
    return alerts.c.alert_id.in_(sa.select(table.alert_id).where(table.typology == typology))


def _of_account(account: str) -> sa.ColumnElement[bool]:
    table = alert_accounts.c
    return alerts.c.alert_id.in_(sa.select(table.alert_id).where(table.account == account))


_FILTERS: Final[dict[str, Callable[[Any], sa.ColumnElement[bool]]]] = {
    "typology": _of_typology,
    "min_score": lambda bound: alerts.c.risk_score >= bound,
    "max_score": lambda bound: alerts.c.risk_score <= bound,
    "min_value": lambda bound: alerts.c.value >= bound,
    "max_value": lambda bound: alerts.c.value <= bound,
    "account": _of_account,
    "since": lambda instant: alerts.c.ended_at >= instant,
    "until": lambda instant: alerts.c.started_at < instant,
    "status": lambda status: alerts.c.status == status,
    "run_id": lambda run_id: alerts.c.run_id == run_id,
}


def _write_cursor(query: AlertQuery, key: Any, alert_id: str) -> str:
    place = microseconds(key) if isinstance(key, datetime) else key
    text = json.dumps([_fingerprint(query), place, alert_id])
    return base64.urlsafe_b64encode(_seal(text.encode()) + text.encode()).decode().rstrip("=")


def _read_cursor(query: AlertQuery) -> tuple[int | float, str]:
    """Return the last key and alert id.

    A cursor is no secret and grants nothing that the filters would not: the checksum guards against
    accidents and cursors put together by hand, the fingerprint against a cursor of another query.
    """
    text = str(query.cursor)
    wrong = ParameterError("the cursor is not one that this service gave out; begin again without it")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        canonical = base64.urlsafe_b64encode(raw).decode().rstrip("=") == text
        if not canonical or raw[:8] != _seal(raw[8:]):
            raise wrong
        fingerprint, key, alert_id = json.loads(raw[8:])
    except (binascii.Error, ValueError) as error:
        raise wrong from error
    if fingerprint != _fingerprint(query):
        raise ParameterError("the cursor belongs to other filters or another order; begin again without it")
    return key, alert_id


def _seal(content: bytes) -> bytes:
    return hashlib.sha256(b"moneytrail cursor 1" + content).digest()[:8]


def _fingerprint(query: AlertQuery) -> str:
    asked = {field.name: getattr(query, field.name) for field in fields(query)}
    for name in ("limit", "cursor"):
        del asked[name]
    for name in ("since", "until"):
        # One instant written with two offsets is one filter.
        asked[name] = None if asked[name] is None else microseconds(asked[name])
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
