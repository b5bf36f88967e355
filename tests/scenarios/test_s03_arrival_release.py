"""S03: half a year of credits that follow the crossings; and trades that only follow the weather."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from tests.oracles.arrival_lift import lift
from tests.scenarios.reading_days import Days, gates, judged, matches

START = date(2025, 1, 1)
TOLD = date(2025, 12, 1)
"""The day of the credit with which the test is made: it looks at 180 days before, from 4 June on."""
WINDOW = [TOLD - timedelta(days=back) for back in range(180, 0, -1)]


def arrivals(begin: date = START, end: date = TOLD) -> Days:
    """Return a table with crossings on some days of every week, no two alike."""
    rng, size = Random(4), (date(2026, 1, 1) - START).days
    people = rng.sample(range(1, 5 * size), size)
    days = {START + timedelta(days=place): count if rng.random() < 0.6 else 0 for place, count in enumerate(people)}
    return {str(day): (count, None) for day, count in days.items() if begin <= day < end}


def ranked(days: Days) -> tuple[list[date], list[date]]:
    """Return the days of the window with most arrivals behind them, and those with fewest."""
    series = [people for _, (people, _) in sorted(days.items())]
    first = date.fromisoformat(min(days))
    months = [(first + timedelta(days=place)).month for place in range(len(series))]
    found = lift([], series, months, 180, 0)
    high, low = ([first + timedelta(days=place) for place in sorted(places)] for places in (found.high, found.low))
    return high, low


HIGH, LOW = ranked(arrivals())
OPENED = "2025-06-04 00:00  Bank -> Clerk 1\n"
"""The data begin on the first day of the window."""
ASKED = f"{TOLD} 09:00  Asker -> Collector 1,000\n"


def paid(days: list[date], number: int, who: str, amount: str = "1,000") -> str:
    """Return so many credits of different people, spread evenly over these days."""
    chosen = [days[place * len(days) // number] for place in range(number)] if number else []
    return "".join(
        f"{day} 18:{place % 60:02d}  {who}{place} -> Collector {amount}\n" for place, day in enumerate(chosen)
    )


def following(many: int, few: int) -> str:
    """Return a story in which so many people pay after arrivals, and so many after none."""
    return OPENED + paid(HIGH, many, "h") + paid(LOW, few, "l") + ASKED


TWENTY = following(20, 0)


def test_twenty_credits_after_arrivals_are_found_with_the_next_one() -> None:
    (match,) = matches("S03", TWENTY, days=arrivals())
    assert match["subject"] == "Collector"
    assert match["value"] == 2_000_000
    assert len(match["evidence"]["credit"]) == 20
    assert match["evidence"]["next"] == ["t21"]
    assert match["detectable_at"].date() == TOLD
    held = gates(match)
    assert {name: held[name] for name in ("window_days", "credits", "takings_days")} == {
        "window_days": 180, "credits": 20, "takings_days": 0,
    }  # fmt: skip
    assert held["lift"] == 20 * len(LOW) / len(HIGH)
    assert held["chance"] < 0.01
    assert held["shifts"] == 334 - 5 - 5 + 1


def test_the_explanation_gives_the_rhythm_in_figures() -> None:
    (match,) = matches("S03", following(180, 100), days=arrivals())
    said = match["explanation"]
    assert said.startswith(
        "Account Collector was paid £280,000.00 in 280 credits of the size of a seat's price by 280 "
    )
    assert f"{180 / len(HIGH):.2f} of these came a day" in said
    assert f"on those with fewest {100 / len(LOW):.2f}: 1.8 times as many." in said
    assert "was shifted against the credits in 325 ways; " in said
    assert "On none of the 180 days looked at it had card takings" in said


def test_no_credit_on_quiet_days_counts_as_one_and_is_said() -> None:
    (match,) = matches("S03", TWENTY, days=arrivals())
    assert "on those with fewest none (counted as one)" in match["explanation"]


def test_the_lift_is_found_exactly_at_its_threshold() -> None:
    """Two days tie at the lower border, so there are 60 high days and 61 low ones: 108 / 60 is 1.8 times 61 / 61."""
    assert (len(HIGH), len(LOW)) == (60, 61)
    (match,) = matches("S03", following(108, 61), days=arrivals())
    assert gates(match)["lift"] == 1.8
    assert not matches("S03", following(107, 61), days=arrivals())


def test_one_credit_too_few() -> None:
    assert not matches("S03", following(19, 0), days=arrivals())


@pytest.mark.parametrize(("amount", "expected"), [("400", 1), ("399.99", 0), ("6,000", 1), ("6,000.01", 0)])
def test_only_credits_of_a_seats_size_count(amount: str, expected: int) -> None:
    text = OPENED + paid(HIGH, 20, "h", amount) + ASKED
    assert len(matches("S03", text, days=arrivals())) == expected


def test_chance_must_be_below_its_share() -> None:
    """No shift gives as large a lift: one in 326 is 0.0031."""
    (match,) = matches("S03", TWENTY, days=arrivals())
    assert gates(match)["chance"] == 1 / 326
    assert matches("S03", TWENTY, days=arrivals(), chance=0.004)
    assert not matches("S03", TWENTY, days=arrivals(), chance=0.003)


def test_credits_that_come_at_any_time_are_not_found() -> None:
    assert not matches("S03", OPENED + paid(WINDOW, 120, "p") + ASKED, days=arrivals())


@pytest.mark.parametrize(("days", "expected"), [(209, 1), (208, 0)])
def test_the_table_must_leave_room_for_two_hundred_shifts(days: int, expected: int) -> None:
    begin = TOLD - timedelta(days=days)
    assert len(matches("S03", TWENTY, days=arrivals(begin))) == expected


def test_the_whole_half_year_must_lie_in_the_data() -> None:
    assert not matches("S03", TWENTY.replace("2025-06-04 00:00  Bank", "2025-06-05 00:00  Bank"), days=arrivals())


def test_arrivals_of_the_day_itself_are_not_known_yet() -> None:
    later = arrivals(end=TOLD + timedelta(days=20))
    (match,), (same,) = (matches("S03", TWENTY, days=days) for days in (arrivals(), later))
    assert match == same


def test_the_last_day_must_be_in_the_table() -> None:
    assert not matches("S03", TWENTY, days=arrivals(end=TOLD - timedelta(days=1)))


def test_without_a_table_it_says_what_it_needs() -> None:
    assert not matches("S03", TWENTY)


def takings(number: int) -> str:
    """Return guests who pay by card on so many days."""
    return "".join(f"{day} 12:00  Guest -> Collector 35 channel=card\n" for day in WINDOW[:number])


@pytest.mark.parametrize(("days", "trade", "expected"), [(45, "", 1), (46, "", 0), (10, "hotel", 1), (11, "hotel", 0)])
def test_a_trade_by_the_sea_is_told_by_its_takings(days: int, trade: str, expected: int) -> None:
    links = {"Collector": {"occupation": trade}} if trade else None
    assert len(matches("S03", TWENTY + takings(days), links, arrivals())) == expected


def test_a_hotel_whose_bookings_follow_the_weather_is_not_found() -> None:
    """Its card acquirer settles every day, guests pay for rooms by transfer on fair days."""
    settled = "".join(f"{day} 05:00  Acquirer -> Collector 780\n" for day in WINDOW)
    hotel = {"Collector": {"kind": "business", "occupation": "Hotel"}}
    assert matches("S03", TWENTY, hotel, arrivals())
    assert not matches("S03", TWENTY + settled, hotel, arrivals())


def test_boat_trips_and_a_ferry_paid_by_card_are_not_found() -> None:
    for trade in ("angling trips", "ferry operator"):
        links = {"Collector": {"kind": "business", "occupation": trade}}
        assert not matches("S03", TWENTY + takings(60), links, arrivals())


WEEKLY = "".join(f"{day} 05:00  Acquirer -> Collector 9,000\n" for day in WINDOW[::7])

LOOK_ALIKES = {
    # suppressed by R-COAST: a shop by the sea that declares no such trade, and whose acquirer settles once a week
    "R-COAST": (WEEKLY + TWENTY, {"Collector": {"kind": "business"}}),
}


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_what_only_a_suppressor_can_tell(code: str) -> None:
    text, links = LOOK_ALIKES[code]
    (match,) = judged("S03", text, links, arrivals())
    assert match["suppressors"] == [code]
    assert match["score"] < match["unsuppressed_score"]
