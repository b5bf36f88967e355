"""Alerts for tests: made at random from a seed, of any size, with awkward text where it can stand."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from moneytrail.alerts import (
    ALERT_STATUSES,
    Alert,
    AlertMatch,
    AlertSubject,
    EvidenceTransfer,
    Measure,
    SubjectRole,
    Suppression,
)
from moneytrail.storage import JSON

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
TYPOLOGIES: Final = ("S01", "L01", "L03", "L04")
ROLES: Final[tuple[SubjectRole, ...]] = ("suspect", "victim", "unknown")
AWKWARD: Final = (
    "GB29NWBK60161331926819",
    "'; DROP TABLE alerts; --",
    'a" OR "1"="1',
    "счёт-№7",
    "口座١٢٣",
    "e\u0301 is not \u00e9",
    "zero\x00inside",
    "escape\x1a0000",
    "😀" * 5,
    "%_\\",
    " leading and trailing ",
    "=1+1",
)


def example_record(run_id: str, created_at: datetime = START) -> dict[str, JSON]:
    return {"run_id": run_id, "created_at": created_at.isoformat(), "seed": [1, 2], "weights": {"S01": 0.1}}


def example_alerts(seed: int, count: int, *, run_id: str = "run-1", evidence: int = 4) -> list[Alert]:
    """Return `count` alerts, with ids unique within the run; ties in every sortable field are likely."""
    rng = random.Random(seed)
    return [example_alert(rng, f"{run_id}-alert-{number:04d}", run_id, number + 1, evidence) for number in range(count)]


def example_alert(rng: random.Random, alert_id: str, run_id: str, rank: int, evidence: int) -> Alert:
    started_at = START + timedelta(days=rng.randrange(5), microseconds=rng.choice((0, 1, 999_999)))
    matches = tuple(
        example_match(rng, f"{alert_id}-m{number}", typology, started_at)
        for number, typology in enumerate(rng.sample(TYPOLOGIES, rng.randint(1, 3)))
    )
    transfers = tuple(
        example_transfer(rng, f"{alert_id}-t{number}", rng.choice(matches).match_id, started_at)
        for number in range(evidence)
    )
    return Alert(
        alert_id=alert_id,
        run_id=run_id,
        rank=rank,
        headline=f"Account {rng.choice(AWKWARD)} collected from {rng.randint(2, 40)} people",
        risk_score=rng.choice((0.1, 1 / 3, 0.5, 0.5, 0.9)),
        typology_scores={match.typology: match.score for match in matches},
        anomaly_scores={"iforest": rng.random(), "hbos": rng.random()},
        value=rng.choice((0, 1, 800_000, 800_000, 2**53 + 1)),
        reference_currency="GBP",
        started_at=started_at,
        ended_at=started_at + timedelta(days=rng.randint(0, 3)),
        detectable_at=started_at + timedelta(hours=rng.randrange(3)),
        subjects=tuple(
            AlertSubject(account, rng.choice(ROLES), rng.choice(("collector", "mule", "payer")))
            for account in rng.sample(AWKWARD, rng.randint(1, 3))
        ),
        matches=matches,
        evidence=transfers,
    )


def example_match(rng: random.Random, match_id: str, typology: str, started_at: datetime) -> AlertMatch:
    return AlertMatch(
        match_id=match_id,
        typology=typology,
        name="Seat-fee fan-in",
        subject=rng.choice(AWKWARD),
        score=rng.random(),
        unsuppressed_score=rng.random(),
        value=rng.randrange(2**40),
        started_at=started_at,
        ended_at=started_at + timedelta(days=1),
        detectable_at=started_at + timedelta(hours=5),
        measures=(
            Measure("payers", "unaffiliated payers", 9.0, "count", 8.0, ">=", "gate", True, 0.0),
            Measure("dwell_hours", "median dwell time", 1 / 3, "hours", None, "", "fact", True, 0.0),
        ),
        suppressors=rng.choice(((), (Suppression("R-LAND", "landlord", 0.2, "8 of 9 payers paid in 3 months"),))),
        explanation="Nine people who had never paid this account before paid it within 30 days.",
        innocent_explanations=("a club that collects for a trip", "a wedding"),
        truncated=rng.random() < 0.2,
    )


def example_transfer(rng: random.Random, transaction_id: str, match_id: str, started_at: datetime) -> EvidenceTransfer:
    amount = rng.randrange(1, 10**7)
    return EvidenceTransfer(
        match_id=match_id,
        role=rng.choice(("fee", "payout")),
        transaction_id=transaction_id,
        booked_at=started_at + timedelta(microseconds=rng.randrange(10**9)),
        debtor_account=rng.choice((None, *AWKWARD)),
        creditor_account=rng.choice(AWKWARD),
        amount=amount,
        currency=rng.choice(("GBP", "EUR", "JPY")),
        reference_amount=amount,
        channel=rng.choice(("credit_transfer", "cash")),
        reference=rng.choice((None, *AWKWARD)),
        anomaly_score=rng.choice((None, rng.random())),
    )


def extreme_alert(run_id: str) -> Alert:
    """Return an alert at both ends of int64 and of the calendar, with nothing in what may be empty."""
    alert = example_alerts(5, 1, run_id=run_id, evidence=2)[0]
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    transfers = (
        replace(alert.evidence[0], amount=2**63 - 1, reference_amount=-(2**63), booked_at=first),
        replace(alert.evidence[1], amount=2**53 + 1, reference_amount=2**31, booked_at=last),
    )
    return replace(
        alert,
        alert_id=f"{run_id}-extreme",
        value=2**63 - 1,
        started_at=first,
        ended_at=last,
        detectable_at=last,
        subjects=(),
        matches=(),
        evidence=transfers,
        anomaly_scores={},
        typology_scores={},
        status=ALERT_STATUSES[1],
    )
