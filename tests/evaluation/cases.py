"""Small cases for the tests of the evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import polars as pl

from moneytrail.evaluation.case import Case
from moneytrail.graph import TransactionGraph
from moneytrail.rates import ExchangeRates
from moneytrail.schema import TRANSFER_SCHEMA, check_transfers
from moneytrail.simulate import Wish
from tests.worlds import RATES

START = datetime(2025, 1, 1, tzinfo=UTC)
Row = tuple[float, str | None, str | None, bool | None, str | None]
"""Day, debtor, creditor, label, attempt."""


def frame_of(rows: Sequence[Row]) -> pl.DataFrame:
    """Canonical transfers of 1.00 GBP each, numbered in order."""
    size = len(rows)
    made = {
        "transaction_id": [f"t{place}" for place in range(size)],
        "row": list(range(size)),
        "booked_at": [START + timedelta(days=day) for day, *_ in rows],
        "debtor_account": [row[1] for row in rows],
        "creditor_account": [row[2] for row in rows],
        "amount": [100] * size,
        "currency": ["GBP"] * size,
        "channel": ["credit_transfer"] * size,
        "label_illicit": [row[3] for row in rows],
        "label_attempt": [row[4] for row in rows],
    }
    return check_transfers(pl.DataFrame(made, schema={name: TRANSFER_SCHEMA[name] for name in made}))


def case_of(rows: Sequence[Row], **given: object) -> Case:
    """The case of some rows."""
    return Case.of("rows", TransactionGraph.from_frame(frame_of(rows), RATES), **given)  # type: ignore[arg-type]


@cache
def bank() -> Case:
    """A small simulated bank with two gangs; illicit transfers stand in all three periods."""
    wish = Wish(customers=150, days=60, seed=3, gangs=3, typologies=("S01", "L03"), strength=0.0)
    return Case.simulated(wish, ExchangeRates.load(), lambda *_: None)
