"""The fairness gate: rates by group, exact intervals, and a written reason for each group that bears too much."""

from __future__ import annotations

from math import exp, factorial
from pathlib import Path

import polars as pl
import pytest

from moneytrail.errors import ArtifactError, InputError
from moneytrail.evaluation.groups import (
    LEAST_ALERTS,
    YEAR,
    GroupRate,
    check_gate,
    corridor_groups,
    gate,
    group_rates,
    poisson_interval,
    pooled,
    population_groups,
    read_reasons,
)
from moneytrail.evaluation.raising import Alerts, RaisedAlert

PERIOD = 0, YEAR // 2
NAMES = [f"a{number}" for number in range(20)]
MEMBERS = pl.DataFrame({"account": NAMES, "group": ["few"] * 4 + ["many"] * 16})


def naming(*named: list[int]) -> Alerts:
    return Alerts(tuple(RaisedAlert(0, 1.0, dict.fromkeys(accounts, 0)) for accounts in named), 0, 0, 0, 0)


def rates(alerts: Alerts, false: list[bool]) -> dict[str, GroupRate]:
    return {group.name: group for group in group_rates(alerts, false, MEMBERS, NAMES, PERIOD)}


@pytest.mark.parametrize("events", [0, 1, 2, 5, 20])
def test_the_interval_is_exact(events: int) -> None:
    low, high = poisson_interval(events)
    at_most = sum(exp(-high) * high**k / factorial(k) for k in range(events + 1))
    assert at_most == pytest.approx(0.025)
    if events:
        at_least = 1 - sum(exp(-low) * low**k / factorial(k) for k in range(events))
        assert at_least == pytest.approx(0.025)
    else:
        assert low == 0


def test_false_alerts_are_counted_by_alert_and_by_account() -> None:
    told = rates(naming([0, 1, 5], [0, 6], [2, 7], [8]), [True, True, False, True])
    few, many = told["few"], told["many"]
    assert (few.accounts, few.alerts, few.false_alerts, few.namings, few.false_namings) == (4, 3, 2, 4, 3)
    assert (many.accounts, many.alerts, many.false_alerts, many.namings, many.false_namings) == (16, 4, 3, 4, 3)
    assert few.rate == pytest.approx(1000 * 3 / (4 * 0.5))
    # Six of 20 accounts' names are expected to be spread as the accounts are: 1.2 here.
    assert few.ratio == pytest.approx(3 / 1.2)
    low, high = poisson_interval(2)
    assert few.low == pytest.approx(1.5 * low / 1.2)
    assert few.high == pytest.approx(1.5 * high / 1.2)
    assert list(told) == ["few", "many"]


def test_a_group_that_is_never_named_still_has_an_upper_bound() -> None:
    few = rates(naming([5], [6]), [True, True])["few"]
    assert (few.ratio, few.low, few.rate) == (0, 0, 0)
    assert few.high == pytest.approx(poisson_interval(0)[1] / 0.4)


def test_without_false_alerts_there_is_no_ratio() -> None:
    for told in (rates(naming([0]), [False]), rates(naming(), [])):
        assert [(group.ratio, group.low, group.high) for group in told.values()] == [(None, None, None)] * 2
        assert gate(list(told.values())) == ()


def test_an_account_in_two_groups_counts_in_both_and_once_in_all() -> None:
    members = pl.concat([MEMBERS, pl.DataFrame({"account": ["a0", "a0"], "group": ["many", "many"]})])
    made = {group.name: group for group in group_rates(naming([0]), [True], members, NAMES, PERIOD)}
    assert (made["many"].accounts, made["many"].false_namings) == (17, 1)
    assert made["many"].ratio == pytest.approx(1 / (17 / 20))
    assert made["few"].ratio == pytest.approx(1 / (4 / 20))


def test_accounts_of_no_group_count_nowhere() -> None:
    made = group_rates(naming([0, 19]), [True], MEMBERS.head(10), NAMES, PERIOD)
    assert sum(group.false_namings for group in made) == 1


def group(ratio: float, low: float, alerts: int = LEAST_ALERTS, name: str = "R-REM") -> GroupRate:
    return GroupRate(name, 10, alerts, alerts, alerts, alerts, 1.0, 1.0, 1.0, ratio, low, 9.0)


@pytest.mark.parametrize(
    ("one", "fails"),
    [
        (group(2.5, 1.1), True),
        (group(2.0, 1.1), False),
        (group(2.001, 1.1), True),
        (group(9.0, 1.0), False),
        (group(9.0, 1.1, LEAST_ALERTS - 1), False),
    ],
)
def test_the_gate(one: GroupRate, fails: bool) -> None:
    assert gate([one]) == ((one,) if fails else ())
    assert gate([one], limit=10.0) == ()


REASON = '[[reason]]\npopulation = "R-REM"\nreason = "they wire abroad"\nby = "the owner"\ndate = 2026-01-31\n'


def test_a_release_needs_a_reason_for_each_group(tmp_path: Path) -> None:
    file = tmp_path / "fairness-reasons.toml"
    both = [group(3.0, 1.5), group(4.0, 2.0, name="R-TRIP"), group(1.0, 0.5, name="R-PAY")]
    with pytest.raises(ArtifactError, match=r"fairness-reasons\.toml: R-REM 3\.0 times .*; R-TRIP 4\.0 times"):
        check_gate(both, file)
    file.write_text(REASON)
    with pytest.raises(ArtifactError, match=r"toml: R-TRIP") as error:
        check_gate(both, file)
    assert "R-REM" not in str(error.value)
    file.write_text(REASON + REASON.replace("R-REM", "R-TRIP"))
    assert check_gate(both, file) == tuple(both[:2])
    assert check_gate(both[2:], tmp_path / "none.toml") == ()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("reason = [", "no TOML file"),
        ("reason = 3", "list of"),
        (REASON + "[other]\n", "nothing else"),
        (REASON.replace('by = "the owner"\n', ""), "reason 1: wanted are population, reason, by, date"),
        (REASON.replace("they wire abroad", "  "), "reason is not a text"),
        (REASON.replace("2026-01-31", '"soon"'), "date is 'soon'"),
        (REASON + REASON, "reason 2: R-REM stands in it twice"),
    ],
)
def test_a_file_of_reasons_that_is_wrong_is_refused(tmp_path: Path, text: str, wrong: str) -> None:
    file = tmp_path / "reasons.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=wrong):
        read_reasons(file)


def test_populations_and_those_of_none() -> None:
    populations = pl.DataFrame(
        {"account": ["a0", "a0", "a1", "gone"], "population": ["R-REM", "R-SAL", "R-REM", "R-X"]}
    )
    made = population_groups(populations, pl.Series(["a0", "a1", "a2"])).sort("account", "group").rows()
    assert made == [("a0", "R-REM"), ("a0", "R-SAL"), ("a1", "R-REM"), ("a2", "ordinary customers")]


def test_the_corridor_is_where_the_other_bank_stands() -> None:
    transfers = pl.DataFrame(
        {
            "debtor_account": ["a0", "b1", "a2", "a3", None],
            "creditor_account": ["b0", "a1", "a3", "b2", "a4"],
            "debtor_country": ["GB", "FR", "GB", "GB", None],
            "creditor_country": ["TR", "GB", "GB", None, "GB"],
        }
    )
    made = corridor_groups(transfers, pl.Series(["a0", "a1", "a2", "a3", "a4"]))
    assert [name.split()[0] for name in made["group"]] == ["foreign", "foreign", "domestic", "domestic", "domestic"]


def test_banks_are_pooled_each_against_its_own_rate() -> None:
    """A group that is the same everywhere is at once in both, however many alerts each bank has."""
    quiet = group_rates(naming([0], [5]), [True, True], MEMBERS, NAMES, PERIOD)
    busy = group_rates(naming(*[[0], [5], [6], [7], [8], [9]] * 3), [True] * 18, MEMBERS, NAMES, PERIOD)
    both = {one.name: one for one in pooled([quiet, busy])}
    for name, one in both.items():
        parts = [part for bank in (quiet, busy) for part in bank if part.name == name]
        assert one.false_namings == sum(part.false_namings for part in parts)
        assert one.expected == pytest.approx(sum(part.expected for part in parts))
        assert one.ratio == pytest.approx(one.false_namings / one.expected)
        assert one.ratio is not None
        assert one.low is not None
        assert one.low < one.ratio
    assert pooled([quiet]) == quiet
    assert pooled([]) == ()
