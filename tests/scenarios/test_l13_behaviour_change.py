"""L13: an account wakes after half a year, jumps, or is paid money of a new kind; and what only looks like it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from moneytrail.typologies import by_id
from tests.scenarios.reading import fires, matches
from tests.worlds import graph_of, story

Links = dict[str, dict[str, Any]]

WOKEN = """
2025-05-01 12:00  Town   -> Shop   20
2025-05-31 12:00  Ilir   -> Sleeper 1,400
2025-06-02 09:00  Jeta   -> Sleeper 1,600
"""
ASLEEP: Links = {"Sleeper": {"opened": date(2024, 12, 2)}}


def test_an_account_that_wakes_is_found_exactly_at_the_threshold() -> None:
    (match,) = matches("L13", WOKEN, ASLEEP)
    assert match["subject"] == "Sleeper"
    assert match["evidence"] == {"credit": ["t1", "t2"]}
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"value": 300_000, "opened_days": 180.5, "seen_days": 30.0}
    said = match["explanation"]
    assert said.startswith("Account Sleeper was paid £3,000.00 in 2 credits, between 31 May 2025 and 2 June 2025;")
    assert "No transfer moved on it in the 30 days before, which is as far as the data reach (180 are wanted)." in said


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("value: one penny short", "1,600", "1,599.99"),
        ("window: seven days apart", "2025-06-02 09:00", "2025-06-07 12:00"),
        ("seen: the data begin a minute late", "2025-05-01 12:00", "2025-05-01 12:01"),
        ("dormant: a card payment in May", "Town   -> Shop   20", "Sleeper -> Shop  20 channel=card"),
        ("the holder's own money", "Ilir ", "Other"),
    ],
)
def test_one_condition_less_and_it_does_not_wake(gate: str, old: str, new: str) -> None:
    assert old in WOKEN
    one = {"Other": {"party": "p"}, "Sleeper": ASLEEP["Sleeper"] | {"party": "p"}}
    assert not fires("L13", WOKEN.replace(old, new), one), gate


@pytest.mark.parametrize(("opened", "expected"), [(date(2024, 12, 2), True), (date(2024, 12, 3), False), (None, False)])
def test_a_young_account_cannot_have_slept(opened: date | None, expected: bool) -> None:
    links: Links = {"Sleeper": {"opened": opened}} if opened else {}
    assert fires("L13", WOKEN, links) is expected


def weekly(credits: str, weeks: int = 14) -> str:
    """Return the same credits every week, the last ones a week before 2 June 2025."""
    days = [datetime(2025, 6, 2) - timedelta(days=7 * week) for week in range(weeks, 0, -1)]  # noqa: DTZ001
    return "".join(line.replace("DAY", f"{day:%Y-%m-%d}") + "\n" for day in days for line in credits.split("\n"))


STEADY = weekly("DAY 12:00 Aunt -> Saver 100")


@pytest.mark.parametrize(("amount", "least", "expected"), [("4,100", 410_000, True), ("4,099.99", 409_999, False)])
def test_the_sum_jumps_by_four_deviations(amount: str, least: int, expected: bool) -> None:
    """The mean is 100 pounds and the spread counts as 1,000: 4,100 lies exactly four above."""
    jump = f"{STEADY}2025-06-02 12:00  Buyer -> Saver {amount}\n"
    found = matches("L13", jump, jump_value=least)
    assert bool(found) is expected
    if found:
        assert found[0]["measures"]["jump"]["value"] == 4.0
        assert "4.0 standard deviations above" in found[0]["explanation"]


@pytest.mark.parametrize(("amount", "expected"), [("10,000", True), ("9,999.99", False)])
def test_a_jump_is_large(amount: str, expected: bool) -> None:
    assert fires("L13", f"{STEADY}2025-06-02 12:00  Buyer -> Saver {amount}\n") is expected


@pytest.mark.parametrize(("best", "expected"), [("3,333.33", True), ("3,333.34", False)])
def test_a_jump_is_three_times_the_best_week(best: str, expected: bool) -> None:
    one = STEADY.replace("Aunt -> Saver 100", f"Aunt -> Saver {best}", 5).replace(best, "100", 4)
    assert fires("L13", f"{one}2025-06-02 12:00  Buyer -> Saver 10,000\n", jump=1.0) is expected


def test_a_baseline_needs_fourteen_whole_weeks() -> None:
    jump = weekly("DAY 12:00 Aunt -> Saver 100", 13) + "2025-06-02 12:00  Buyer -> Saver 10,000\n"
    assert not fires("L13", jump)


SHOP = weekly("DAY 12:00 Cards -> Shop 3,900 debtor_country=GB\nDAY 12:00 Cards -> Shop 3,800 debtor_country=GB", 15)
WIRES = "".join(
    f"2025-06-02 1{hour}:00 Trader{hour} -> Shop 3,900.01 channel=wire debtor_country=TR\n" for hour in "123"
)


def test_a_new_kind_of_money_is_found() -> None:
    (match,) = matches("L13", SHOP + WIRES)
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"value": 1_170_003, "fresh": 3, "fresh_value": 1_170_003}
    assert "3 credits of £11,700.03 in all came by a channel or from a country not seen on it" in match["explanation"]


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("no larger than before", "3,900.01", "3,900"),
        ("two of them", "Trader3 -> Shop", "Trader3 -> Else"),
        ("known kind", "channel=wire debtor_country=TR", "debtor_country=GB"),
    ],
)
def test_money_of_a_known_kind_or_size_is_no_new_regime(gate: str, old: str, new: str) -> None:
    assert old in WIRES
    assert not fires("L13", SHOP + WIRES.replace(old, new)), gate


def test_a_rise_in_salary_is_no_change() -> None:
    pays = "".join(f"2025-0{m}-28 08:00  Employer -> Worker {pay} reference=salary\n" for m, pay in
                   enumerate(("11,000", "11,000", "11,000", "11,000", "13,000"), start=1))  # fmt: skip
    small = "".join(f"2025-0{month}-10 12:00  Aunt -> Worker 50\n" for month in range(1, 6))
    found = matches("L13", pays + small)
    assert [one for one in found if one["ended_at"].month >= 3] == []


LOOK_ALIKES: dict[str, tuple[str, Links]] = {
    "R-LOAN": (
        f"{STEADY}2025-06-02 12:00  Solicitor -> Saver 280,000 reference=completion\n",
        {"Solicitor": {"kind": "business", "occupation": "solicitor"}},
    ),
    "R-STUD": (
        weekly("DAY 12:00 Friend -> Student 20")
        + "2025-06-02 12:00  Parent -> Student 10,500 reference=tuition\n"
        + "2025-06-03 12:00  Student -> College 9,500 reference=tuition\n",
        {"Student": {"kind": "personal", "occupation": "student"}, "College": {"occupation": "university"}},
    ),
}
"""A house sale, an inheritance or redundancy pay; and the start of a term. Suppressed by R-LOAN and R-STUD."""


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_what_only_a_suppressor_tells_apart_fires(code: str) -> None:
    text, links = LOOK_ALIKES[code]
    assert by_id("L13").find(graph_of(story(text), links)).match.height == 1
