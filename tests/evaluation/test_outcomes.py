"""Alerts held against attempts: what is found, what is reached, how soon, and how many alerts are for nothing."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.evaluation.outcomes import (
    Attempt,
    Share,
    Sighting,
    attempts_found,
    attempts_of,
    figures,
    gang_alerts,
)
from moneytrail.evaluation.raising import DAY, Alerts, Booked, RaisedAlert
from tests.evaluation.test_raising import booked
from tests.oracles import outcomes as oracle

PERIOD = 0, 100 * DAY
# Six payers pay account 50, which pays 60; then something between 8 and 9.
ROWS = [(payer, 50, payer * DAY) for payer in range(6)] + [(50, 60, 6 * DAY), (8, 9, 7 * DAY)]
FAN = Attempt("F", "fan-in", tuple(range(7)), "G1", "naive", 50)


def alerts(*made: RaisedAlert) -> Alerts:
    return Alerts(made, 0, len(made) + 1, 0, 0)


def alert(rows: dict[int, int], accounts: dict[int, int], hubs: frozenset[int] = frozenset()) -> RaisedAlert:
    return RaisedAlert(min(rows.values()), 1.0, accounts, rows, set(hubs))


def sighting(made: RaisedAlert, attempt: Attempt = FAN, period: tuple[int, int] = PERIOD) -> Sighting:
    (seen,) = attempts_found(alerts(made), [attempt], booked(ROWS), period)
    return seen


ALERTS = st.lists(
    st.tuples(
        st.dictionaries(st.integers(0, 5), st.integers(0, 60)),
        st.dictionaries(st.integers(0, 11), st.integers(0, 60), min_size=1),
        st.sets(st.integers(0, 5)),
    ),
    max_size=4,
)
TWELVE = st.lists(st.tuples(st.integers(-1, 5), st.integers(-1, 5)), min_size=12, max_size=12)


@settings(max_examples=300, deadline=None)
@given(TWELVE, ALERTS, st.sets(st.integers(0, 11), min_size=1), st.integers(-1, 5))
def test_sightings_are_those_of_the_oracle(
    sides: list[tuple[int, int]], made: list[oracle.Alert], own: set[int], account: int
) -> None:
    rows = [(*pair, day * DAY) for day, pair in enumerate(sides)]
    scaled = [
        ({a: t * DAY for a, t in accounts.items()}, {r: t * DAY for r, t in evidence.items()}, hubs)
        for accounts, evidence, hubs in made
    ]
    ours = alerts(*(RaisedAlert(0, 1.0, accounts, evidence, hubs) for accounts, evidence, hubs in scaled))
    attempt = Attempt("A", "any", tuple(sorted(own)), account=account)
    (seen,) = attempts_found(ours, [attempt], booked(rows), PERIOD)
    assert seen.found_at == oracle.found_at(scaled, rows, sorted(own), account)
    assert seen.reached_at == oracle.reached_at(scaled, rows, sorted(own))


def test_half_of_the_transfers_find_an_attempt_and_less_does_not() -> None:
    held = dict.fromkeys(range(4), 10 * DAY)
    assert sighting(alert(held, {0: 10 * DAY})).found_at == 10 * DAY
    held.pop(3)
    assert sighting(alert(held, {0: 10 * DAY})).found_at is None


def test_the_half_is_full_when_the_last_of_it_is_added() -> None:
    held = {0: 7 * DAY, 1: 7 * DAY, 2: 14 * DAY, 3: 21 * DAY}
    assert sighting(alert(held, {0: 7 * DAY})).found_at == 21 * DAY


def test_one_transfer_and_the_account_while_it_lasts_find_it() -> None:
    assert sighting(alert({2: 7 * DAY}, {50: 7 * DAY})).found_at == 7 * DAY
    assert sighting(alert({7: 7 * DAY}, {50: 7 * DAY})).found_at is None
    assert sighting(alert({2: 7 * DAY}, {2: 7 * DAY})).found_at is None


def test_an_account_named_for_what_it_did_later_finds_nothing() -> None:
    short = Attempt("S", "fan-in", (0, 1, 2), account=60)
    assert sighting(alert({2: 7 * DAY, 6: 7 * DAY}, {50: 7 * DAY, 60: 7 * DAY}), short).found_at is None


def test_an_attempt_without_a_transfer_in_the_period_is_not_planted() -> None:
    assert attempts_found(alerts(), [FAN], booked(ROWS), (7 * DAY, 9 * DAY)) == ()
    late = sighting(alert({6: 9 * DAY}, {60: 9 * DAY}), period=(6 * DAY, 9 * DAY))
    assert (late.first, late.last, late.found_at) == (6 * DAY, 6 * DAY, 9 * DAY)


def test_naming_a_payer_reaches_the_attempt_until_thirty_days_after_it() -> None:
    other = {7: 8 * DAY}
    assert sighting(alert(other, {3: 8 * DAY})).reached_at == 8 * DAY
    assert sighting(alert(other, {3: 36 * DAY})).reached_at == 36 * DAY
    assert sighting(alert(other, {3: 36 * DAY + 1})).reached_at is None
    assert sighting(alert(other, {3: 8 * DAY}, frozenset({3}))).reached_at is None


ILLICIT = np.array([True] * 7 + [False])


def test_the_figures() -> None:
    quiet = Attempt("Q", "cycle", (7,), "G2", "careful", 8)
    made = alerts(
        alert(dict.fromkeys(range(5), 7 * DAY) | {7: 14 * DAY}, {50: 7 * DAY}),
        alert({7: 14 * DAY}, {8: 14 * DAY, 9: 14 * DAY}),
    )
    seen = attempts_found(made, [FAN, quiet, Attempt("N", "cycle", (6,), "G1", "naive", 60)], booked(ROWS), PERIOD)
    told = figures(made, seen, ILLICIT, booked(ROWS), PERIOD)
    assert told.attempts == Share(3, 2, 3)
    assert told.by_strength == {"careful": Share(1, 1, 1), "naive": Share(2, 1, 2)}
    assert told.by_family == {"cycle": Share(2, 1, 2), "fan-in": Share(1, 1, 1)}
    assert (told.gangs, told.gangs_found, told.attempts_of_found_gangs) == (2, 2, 3)
    assert told.days_to_detect == (7.0, 7.0)
    assert (told.alerts, told.places, told.of_a_gang, told.of_a_gang_at_once, told.precision) == (2, 3, 1, 1, 0.5)
    assert (told.accounts_an_alert, told.most_accounts) == (1.5, 2)
    assert (told.evidence, told.illicit_evidence, told.illicit) == (6, 5, 7)
    document = told.to_dict()
    assert (document["attempts_found"], document["attempts_reached"]) == (2 / 3, 1.0)
    assert json.loads(json.dumps(document))["by_family"]["cycle"] == {"of": 2, "found": 1, "reached": 2}


def test_half_illicit_evidence_makes_an_alert_a_gangs() -> None:
    both = alerts(alert({6: DAY, 7: DAY}, {}), alert({7: DAY}, {}), alert({0: DAY, 1: DAY, 7: DAY}, {}))
    assert gang_alerts(both, ILLICIT) == (True, False, True)


def test_nothing_planted_and_nothing_raised_make_no_shares() -> None:
    told = figures(alerts(), (), ILLICIT, booked(ROWS), (8 * DAY, 9 * DAY)).to_dict()
    for name in ("attempts_found", "attempts_reached", "alert_precision", "days_to_detect", "accounts_an_alert"):
        assert told[name] is None
    assert told["attempts_of_found_gangs"] is None
    assert (told["illicit"], told["evidence"]) == (0, 0)


@pytest.mark.parametrize("whole", [True, False])
def test_attempts_are_put_into_ledger_places(whole: bool) -> None:
    attempts = pl.DataFrame({"attempt": ["B", "A", "none"], "typology": ["S01", "L03", "L04"]})
    if whole:
        attempts = attempts.with_columns(
            gang=pl.lit("G1"), strength=pl.lit("naive"), account=pl.Series(["y", "not here", "x"])
        )
    transfers = pl.DataFrame(
        {"transaction_id": ["t3", "t1", "lost", "t2", "t2"], "attempt": ["A", "A", "A", "B", None]},
    )
    ids, names = pl.Series(["t1", "t2", "t3"]), pl.Series(["x", "y"])
    made = attempts_of(attempts, transfers, ids, names)
    rest = [("G1", "naive", 1), ("G1", "naive", -1)] if whole else [(None, None, -1)] * 2
    assert made == (Attempt("B", "S01", (1,), *rest[0]), Attempt("A", "L03", (0, 2), *rest[1]))


def test_booked_is_what_it_says() -> None:
    assert booked(ROWS).debtor.dtype == np.int32
    assert isinstance(booked(ROWS), Booked)
