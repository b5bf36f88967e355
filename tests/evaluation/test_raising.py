"""From scores to alerts: equal to the oracle, and each rule of it in a few transfers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.errors import ParameterError
from moneytrail.evaluation.hubs import Hubs
from moneytrail.evaluation.raising import DAY, WEEK, Alerts, Booked, RaisingRule, raise_alerts
from tests.oracles import raising as oracle

RULE = RaisingRule(1.0)
ONE = tuple[int, int, int, float]
"""Debtor, creditor, hour, score."""

HOUR = DAY // 24


def booked(rows: list[oracle.Row]) -> Booked:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Booked(columns[:, 0].astype(np.int32), columns[:, 1].astype(np.int32), columns[:, 2])


def raised(ones: list[ONE], rule: RaisingRule = RULE, weeks: int = 8, line: float = 0.5) -> Alerts:
    rows = [(debtor, creditor, hour * HOUR) for debtor, creditor, hour, _ in ones]
    return raise_alerts(booked(rows), np.array([one[3] for one in ones]), line, (0, weeks * WEEK), rule)


def told(alerts: Alerts) -> list[oracle.Alert]:
    return [oracle.Alert(alert.raised_at, alert.accounts, alert.transfers) for alert in alerts.raised]


ROWS = st.lists(
    st.tuples(
        st.integers(-1, 7), st.integers(-1, 7), st.integers(0, 80), st.sampled_from([0.0, 0.5, 0.7, 0.75, 0.9, 1.0])
    ).filter(lambda one: one[0] >= 0 or one[1] >= 0),
    max_size=40,
)
RULES = st.builds(
    oracle.Rule,
    budget=st.sampled_from([0, 400, 600, 1000, 2500]),
    most_accounts=st.integers(2, 5),
    most_named=st.integers(5, 8),
    hub=st.integers(0, 4),
    hub_days=st.integers(1, 30),
    lookback_days=st.integers(0, 30),
    open_days=st.integers(0, 40),
)


@settings(max_examples=400, deadline=None)
@given(ROWS, RULES, st.integers(0, 40), st.integers(0, 60))
def test_alerts_are_those_of_the_oracle(ones: list[ONE], rule: oracle.Rule, first: int, days: int) -> None:
    ones = sorted(ones, key=lambda one: one[2])
    rows = [(debtor, creditor, day * DAY) for debtor, creditor, day, _ in ones]
    scores = [one[3] for one in ones]
    period = first * DAY, (first + days) * DAY
    ours = RaisingRule(rule.budget / 1000, *rule[1:])
    made = raise_alerts(booked(rows), np.array(scores), 0.7, period, ours)
    wanted, cut = oracle.raise_alerts(rows, scores, 0.7, period, rule)
    assert told(made) == wanted
    assert made.cut == len(cut)
    inside = sum(score >= 0.7 and period[0] <= row[2] < period[1] for score, row in zip(scores, rows, strict=True))
    assert made.flagged == inside
    assert made.unraised == inside - len({row for alert in made.raised for row in alert.transfers})


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4), st.integers(0, 12)), min_size=1, max_size=30),
    st.lists(st.integers(0, 13), min_size=1, max_size=5, unique=True),
    st.integers(0, 3),
    st.integers(1, 12),
)
def test_hubs_are_those_with_many_counterparties(rows: list[oracle.Row], ends: list[int], most: int, span: int) -> None:
    rows = sorted(rows, key=lambda row: row[2])
    ends = sorted(ends)
    every = np.arange(len(rows), dtype=np.int64)
    hubs = Hubs(booked(rows), every, np.array(ends, dtype=np.int64), most, span)
    for week, end in enumerate(ends):
        wanted = {a for a in range(5) if len(oracle.counterparties(rows, a, end - span, end)) > most}
        assert hubs.at(week) == wanted


@settings(max_examples=100, deadline=None)
@given(ROWS, st.permutations(range(8)))
def test_new_names_of_accounts_change_nothing_else(ones: list[ONE], names: list[int]) -> None:
    ones = sorted(ones, key=lambda one: one[2])
    other = [(names[a] if a >= 0 else a, names[b] if b >= 0 else b, day, score) for a, b, day, score in ones]
    rule = RaisingRule(2.0, most_accounts=4, most_named=6, hub=3)
    mine, theirs = (raised([(a, b, day * 24, score) for a, b, day, score in rows], rule) for rows in (ones, other))
    assert [alert.transfers for alert in mine.raised] == [alert.transfers for alert in theirs.raised]


def test_transfers_that_share_an_account_are_one_alert_at_the_end_of_their_week() -> None:
    made = raised([(1, 2, 5, 0.9), (2, 3, 30, 0.6), (8, 9, 31, 0.4)])
    assert told(made) == [oracle.Alert(WEEK, {1: WEEK, 2: WEEK, 3: WEEK}, {0: WEEK, 1: WEEK})]
    assert (made.flagged, made.unraised, made.places) == (2, 0, 8)


def test_the_best_group_takes_the_place_and_the_next_one_waits_a_week() -> None:
    made = raised([(1, 2, 5, 0.8), (3, 4, 6, 0.9), (5, 6, 7, 0.8), (6, 7, 8, 0.7)])
    assert [sorted(alert.transfers) for alert in made.raised] == [[1], [2, 3], [0]]
    assert [alert.raised_at for alert in made.raised] == [WEEK, 2 * WEEK, 3 * WEEK]


def test_a_fraction_of_an_alert_is_carried_over_exactly() -> None:
    ones: list[ONE] = [(3 * i, 3 * i + 1, i, 0.9) for i in range(20)]
    made = raised(ones, RaisingRule(0.6), weeks=5)
    assert [alert.raised_at // WEEK for alert in made.raised] == [2, 4, 5]
    assert made.places == 3


def test_new_evidence_about_an_alerts_account_takes_no_place() -> None:
    made = raised([(1, 2, 5, 0.9), (2, 3, 7 * 24 + 5, 0.6), (8, 9, 7 * 24 + 6, 0.55)])
    first, second = made.raised
    assert first.transfers == {0: WEEK, 1: 2 * WEEK}
    assert first.accounts == {1: WEEK, 2: WEEK, 3: 2 * WEEK}
    assert (second.raised_at, second.transfers) == (2 * WEEK, {2: 2 * WEEK})


def test_an_alert_that_is_no_longer_open_takes_none() -> None:
    late = 24 * 7 * 3 + 5
    made = raised([(1, 2, 5, 0.9), (2, 3, late, 0.6)], replace(RULE, open_days=14, lookback_days=0))
    assert [sorted(alert.transfers) for alert in made.raised] == [[0], [1]]


def test_an_alert_is_open_to_its_last_day() -> None:
    ones: list[ONE] = [(1, 2, 5, 0.9), (2, 3, 24 * 7 * 2 + 5, 0.6)]
    for days, alerts in ((14, 1), (13, 2)):
        assert len(raised(ones, replace(RULE, open_days=days, lookback_days=0)).raised) == alerts


def test_evidence_goes_to_the_alert_with_most_accounts_in_common() -> None:
    ones: list[ONE] = [(1, 2, 1, 0.9), (3, 4, 2, 0.8), (1, 3, 24 * 14 + 1, 0.7), (3, 4, 24 * 14 + 2, 0.6)]
    first, second = raised(ones, replace(RULE, lookback_days=7)).raised
    assert (sorted(first.transfers), sorted(second.transfers)) == ([0], [1, 2, 3])


def test_of_two_alerts_with_as_many_the_earlier_takes_the_evidence() -> None:
    ones: list[ONE] = [(1, 2, 1, 0.7), (3, 4, 2, 0.9), (2, 3, 24 * 14 + 1, 0.6)]
    first, second = raised(ones, replace(RULE, lookback_days=7)).raised
    assert (sorted(first.transfers), sorted(second.transfers)) == ([1, 2], [0])


def test_of_equal_links_the_better_other_end_comes_first() -> None:
    # The last one could join either pair, and there is room for one more account only.
    ones: list[ONE] = [(1, 2, 1, 0.8), (3, 4, 2, 0.9), (2, 3, 3, 0.6)]
    rule = RaisingRule(5.0, most_accounts=3, most_named=3)
    assert [sorted(alert.transfers) for alert in raised(ones, rule).raised] == [[1, 2], [0]]
    turned = [(*one[:3], score) for one, score in zip(ones, (0.9, 0.8, 0.6), strict=True)]
    assert [sorted(alert.transfers) for alert in raised(turned, rule).raised] == [[0, 2], [1]]


def test_a_hub_links_nothing_and_is_not_named() -> None:
    ones: list[ONE] = [(payer, 50, payer, 0.1) for payer in range(10, 14)]
    ones += [(1, 50, 20, 0.9), (2, 50, 21, 0.8)]
    linked, apart = (raised(ones, RaisingRule(5.0, hub=most)) for most in (6, 5))
    assert [sorted(alert.accounts) for alert in linked.raised] == [[1, 2, 50]]
    assert [sorted(alert.accounts) for alert in apart.raised] == [[1], [2]]


def test_a_transfer_between_hubs_names_them_and_says_so() -> None:
    ones: list[ONE] = [(payer, 50, payer, 0.1) for payer in range(10, 14)]
    made = raised([*ones, (50, -1, 20, 0.9), (1, 50, 21, 0.8)], RaisingRule(5.0, hub=2))
    assert [(alert.accounts, alert.hubs) for alert in made.raised] == [({50: WEEK}, {50}), ({1: WEEK}, set())]


def test_who_is_a_hub_is_known_from_before_the_period() -> None:
    rows = [(payer, 50, payer * HOUR) for payer in range(10, 14)] + [(1, 50, 8 * DAY), (2, 50, 8 * DAY)]
    scores = np.array([0.9] * 6)
    made = raise_alerts(booked(rows), scores, 0.5, (WEEK, 2 * WEEK), RaisingRule(5.0, hub=5))
    assert [sorted(alert.transfers) for alert in made.raised] == [[4], [5]]


def test_a_full_group_keeps_the_strongest_links_and_counts_the_others() -> None:
    chain: list[ONE] = [(1, 2, 1, 0.9), (2, 3, 2, 0.6), (3, 4, 3, 0.8)]
    made = raised(chain, RaisingRule(1.0, most_accounts=3))
    # 3 to 4 comes second and touches nothing; 2 to 3 joins the better one and would make four with the other.
    assert (len(made.raised), made.cut) == (1, 1)
    assert raised(chain, RaisingRule(1.0, most_accounts=4)).cut == 0


def test_what_was_kept_apart_joins_the_alert_of_its_account() -> None:
    made = raised([(1, 2, 1, 0.9), (2, 3, 2, 0.6), (3, 4, 3, 0.8)], RaisingRule(1.0, most_accounts=3))
    assert made.raised[0].transfers == {0: WEEK, 1: WEEK, 2: WEEK}


def test_an_alert_that_names_enough_takes_no_more() -> None:
    chain: list[ONE] = [(1, 2, 1, 0.9), (2, 3, 7 * 24 + 1, 0.6), (3, 4, 14 * 24 + 1, 0.6)]
    rule = RaisingRule(1.0, most_accounts=3, most_named=3, lookback_days=0)
    made = raised(chain, rule)
    assert [sorted(alert.transfers) for alert in made.raised] == [[0, 1], [2]]
    assert [sorted(alert.accounts) for alert in made.raised] == [[1, 2, 3], [3, 4]]
    assert len(raised(chain, replace(rule, most_named=4)).raised) == 1


def test_nothing_is_raised_without_flags_places_or_time() -> None:
    assert raised([(1, 2, 5, 0.4), (1, 2, 6, float("nan"))]).raised == ()
    assert raised([(1, 2, 5, 0.9)], RaisingRule(0.0)).raised == ()
    assert raised([(1, 2, 5, 0.9)], weeks=0) == Alerts((), 0, 0, 0, 0)
    assert raised([]).raised == ()


@pytest.mark.parametrize("budget", [-1.0, float("nan"), float("inf")])
def test_a_budget_that_is_none_is_refused(budget: float) -> None:
    with pytest.raises(ParameterError, match="alerts a week"):
        RaisingRule(budget)


def test_a_group_has_room_for_one_transfer() -> None:
    with pytest.raises(ParameterError, match="most_accounts"):
        RaisingRule(1.0, most_accounts=1)
    with pytest.raises(ParameterError, match="most_named"):
        RaisingRule(1.0, most_named=24)
