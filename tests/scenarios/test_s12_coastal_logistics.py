"""S12: two trips to the Kent coast, each just before a red day; and those who have other reasons to go there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.scenarios.reading_days import Days, gates, judged, matches

RED = ("2025-05-09", "2025-05-21")


def days(*red: str) -> Days:
    """Return May and June, with these days red."""
    each = (str(date(2025, 5, 1) + timedelta(days=place)) for place in range(61))
    return {day: (0, day in red) for day in each}


TRIPS = """
2025-05-06 09:12  Driver -> Vans     140 channel=card merchant_category=7512 location=South_East
2025-05-07 10:40  Driver -> Pumps     60 channel=card merchant_category=5541 location=South_East
2025-05-07 18:03  Driver -> Pumps     55 channel=card merchant_category=5541 location=South_East
2025-05-08 08:00  Driver -> Pumps     70 channel=card merchant_category=5541 location=South_East
2025-05-09 06:30  Driver -> Storage   90 channel=card merchant_category=4225
2025-05-18 12:15  Driver -> Vans     140 channel=card merchant_category=7512 location=South_East
2025-05-19 07:45  Driver -> Pumps     65 channel=card merchant_category=5541 location=South_East
2025-05-19 16:20  Driver -> Pumps     50 channel=card merchant_category=5541 location=South_East
2025-05-20 09:00  Driver -> Pumps     50 channel=card merchant_category=5541 location=South_East
2025-05-20 20:10  Driver -> Beds      88 channel=card merchant_category=7011 creditor_country=BE
2025-05-21 13:00  Driver -> Grocer    12 channel=card merchant_category=5411
"""


def test_two_trips_before_two_red_days_are_found() -> None:
    (match,) = matches("S12", TRIPS, days=days(*RED))
    assert match["subject"] == "Driver"
    assert match["evidence"] == {"purchase": [f"t{place}" for place in range(10)], "later": ["t10"]}
    assert match["value"] == 80_800
    assert gates(match) == {"spells": 2, "kinds": 3, "at_coast": 4}
    assert str(match["detectable_at"]).startswith("2025-05-21 13:00")


def test_the_explanation_says_what_was_bought_and_where() -> None:
    (match,) = matches("S12", TRIPS, days=days(*RED))
    said = match["explanation"]
    assert said.startswith(
        "Account Driver paid £808.00 in 10 purchases of what a trip to the coast needs, between 6 May 2025 and "
        "20 May 2025: van or car hire twice, storage once, fuel 6 times, lodging once."
    )
    assert "Known places: South East and shops in a country of the Channel coast." in said
    assert "the red days belong to 2 separate spells." in said
    assert "with 3 kinds of things or more and 4 purchases or more in the staging area." in said


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("kinds: no storage on the first trip", "merchant_category=4225", "merchant_category=5411"),
        ("fuel: two fills on the second trip", "07:45  Driver -> Pumps     65 channel=card merchant_category=5541",
         "07:45  Driver -> Pumps     65 channel=card merchant_category=5411"),
        ("the lodging is in Spain", "creditor_country=BE", "creditor_country=ES"),
        ("the van is hired in Wales", "location=South_East\n2025-05-19 07:45", "location=Wales\n2025-05-19 07:45"),
        ("nothing is paid after the second red day begins", "2025-05-21 13:00", "2025-05-20 23:59"),
    ],
)  # fmt: skip
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in TRIPS
    assert not matches("S12", TRIPS.replace(old, new), days=days(*RED)), gate


@pytest.mark.parametrize(("online", "expected"), [(1, 1), (2, 0)])
def test_three_purchases_of_each_burst_are_known_to_be_at_the_coast(online: int, expected: int) -> None:
    """On the first trip there are four; those that are online are of no known place."""
    text = TRIPS.replace("location=South_East\n", "\n", online)
    assert len(matches("S12", text, days=days(*RED))) == expected


@pytest.mark.parametrize(
    ("red", "expected"),
    [
        (RED, 1),
        (("2025-05-09",), 0),
        (("2025-05-09", "2025-05-23"), 1),
        (("2025-05-09", "2025-05-24"), 0),
        # A spell that lasts from the one trip to the other is one.
        (tuple(str(date(2025, 5, 9) + timedelta(days=place)) for place in range(13)), 0),
    ],
    ids=["both", "one spell", "three days ahead", "four days ahead", "one long spell"],
)
def test_each_trip_must_end_just_before_a_spell_of_its_own(red: tuple[str, ...], expected: int) -> None:
    text = TRIPS + "2025-05-25 10:00  Driver -> Grocer 10 channel=card merchant_category=5411\n"
    assert len(matches("S12", text, days=days(*red))) == expected


def test_a_red_day_is_known_on_the_day_and_not_before() -> None:
    """With the second red day on the 23rd nothing can be said until the driver pays on that day or later."""
    late = days("2025-05-09", "2025-05-23")
    assert not matches("S12", TRIPS, days=late)
    (match,) = matches("S12", TRIPS + "2025-05-23 00:00  Driver -> Friend 10\n", days=late)
    assert str(match["detectable_at"]).startswith("2025-05-23 00:00")


@pytest.mark.parametrize(("cards", "expected"), [(3, 0), (4, 1)])
def test_telephone_cards_are_a_kind_from_four_on(cards: int, expected: int) -> None:
    phones = "".join(
        f"2025-05-09 0{hour}:00  Driver -> Kiosk 10 channel=card merchant_category=4814\n"
        for hour in range(1, cards + 1)
    )
    text = TRIPS.replace("merchant_category=4225", "merchant_category=5411") + phones
    assert len(matches("S12", text, days=days(*RED))) == expected


@pytest.mark.parametrize(("start", "expected"), [("2025-05-03 18:03:00.000001", 1), ("2025-05-03 18:03", 0)])
def test_a_burst_lies_within_a_week(start: str, expected: int) -> None:
    """The van is hired a week before the last fill, which is brought forward: just inside, or just out."""
    early = TRIPS.replace("2025-05-06 09:12", start)
    moved = early.replace("2025-05-08 08:00", "2025-05-10 18:03").replace("2025-05-09 06:30", "2025-05-10 18:02")
    red = days("2025-05-10", "2025-05-21")
    assert len(matches("S12", moved, days=red)) == expected


@pytest.mark.parametrize(("reach", "expected"), [(13, 1), (11, 0)])
def test_both_spells_lie_within_reach(reach: int, expected: int) -> None:
    assert len(matches("S12", TRIPS, days=days(*RED), reach_days=reach)) == expected


def test_two_linked_drivers_share_the_trip_and_drive_in_convoy() -> None:
    follower = TRIPS + "".join(
        f"2025-05-{day} Mate -> Pumps 40 channel=card merchant_category=5541 location=South_East\n"
        for day in ("07 11:10", "19 08:20")
    )
    links = {name: {"device_hash": "1"} for name in ("Driver", "Mate")}
    (match,) = matches("S12", follower, links, days(*RED))
    assert match["subject"] == "Driver"
    assert match["measures"]["accounts"]["value"] == 2
    assert match["measures"]["convoys"] | {"label": ""} == match["measures"]["convoys"] | {
        "value": 2,
        "met": True,
        "label": "",
    }
    assert "Account Driver and 1 account linked to it (" in match["explanation"]
    assert ") paid £888.00" in match["explanation"]
    assert "2 purchases were followed within the hour by one of a linked account" in match["explanation"]


def test_strangers_are_no_set() -> None:
    text = TRIPS.replace("2025-05-18 12:15  Driver", "2025-05-18 12:15  Mate  ")
    assert not matches("S12", text, days=days(*RED))
    assert matches("S12", text, {name: {"address_hash": "1"} for name in ("Driver", "Mate")}, days(*RED))


def test_an_address_that_many_share_links_nobody() -> None:
    hall = [f"Guest{place}" for place in range(7)]
    here = "".join(f"2025-05-01 09:00  {name} -> Hall 5\n" for name in hall)
    links = {name: {"address_hash": "1"} for name in ("Driver", "Mate", *hall)}
    text = here + TRIPS.replace("2025-05-18 12:15  Driver", "2025-05-18 12:15  Mate  ")
    assert not matches("S12", text, links, days(*RED))


def test_tourists_on_the_way_to_the_ferry_are_not_found() -> None:
    """A family fuels once at the coast and sleeps in Belgium, twice, in fair weather."""
    family = """
    2025-05-08 09:00  Family -> Pumps  60 channel=card merchant_category=5541 location=South_East
    2025-05-08 12:00  Family -> Ferry 140 channel=card merchant_category=4411
    2025-05-08 20:00  Family -> Beds  120 channel=card merchant_category=7011 creditor_country=BE
    2025-05-20 09:00  Family -> Pumps  60 channel=card merchant_category=5541 location=South_East
    2025-05-20 20:00  Family -> Beds  120 channel=card merchant_category=7011 creditor_country=BE
    2025-05-22 20:00  Family -> Beds  120 channel=card merchant_category=7011 creditor_country=BE
    """
    assert not matches("S12", family, days=days(*RED))


def test_without_assessments_it_says_what_it_needs() -> None:
    assert not matches("S12", TRIPS, days={day: (people, None) for day, (people, _) in days().items()})


DONORS = "".join(
    f"2025-05-0{day} 08:00  Donor{place} -> Driver 80\n" for day in (1, 2, 3) for place in range(3)
)  # fmt: skip

LOOK_ALIKES = {
    # suppressed by R-LOGI: a haulier hires a van, fuels and sleeps by the port before every ferry
    "R-LOGI": (TRIPS, {"Driver": {"kind": "business", "occupation": "haulier"}}),
    # suppressed by R-CHAR: volunteers bring aid to the coast before the boats come
    "R-CHAR": (DONORS + TRIPS, {"Driver": {"kind": "charity", "occupation": "charity"}}),
}


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_what_only_a_suppressor_can_tell(code: str) -> None:
    text, links = LOOK_ALIKES[code]
    (match,) = judged("S12", text, links, days(*RED))
    assert match["suppressors"] == [code]
    assert match["score"] < match["unsuppressed_score"]
