"""S15: one account pays six one-way journeys for four people; and who else books for others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.reading import fires, matches

TICKETS = """
2025-05-03 10:00  Ali -> Agent      120  reference=AB
2025-05-04 10:00  Ali -> Agent      130  reference=CD
2025-05-06 11:00  Ali -> Bus         90  reference=EF creditor_country=TR
2025-05-09 12:00  Ali -> Bus         95  reference=GH creditor_country=TR
2025-05-12 12:00  Ali -> Agent      140  reference=KL
2025-05-20 12:00  Ali -> Airline    200  channel=card merchant_category=4511
2025-05-30 12:00  Ali -> Hotel       80  channel=card merchant_category=7011
"""
"""The first payment to the agent is none that can be told yet: nothing says travel, and there is no other reference."""

STAFF = "".join(
    f"2025-05-{day:02d} 10:00  Firm -> Airline 150 channel=card merchant_category=4511\n" for day in (3,) * 9
)
TRIP = "".join(
    f"2025-05-{day:02d} 10:00  Leader -> Coach 150 reference=coach{day} creditor_country=GB\n" for day in range(3, 12)
)
SUPPORT = "".join(
    f"2025-05-{day:02d} 10:00  Daughter -> Mother 150 reference={word} creditor_country=IQ\n"
    for day, word in enumerate(("rent", "food", "doctor", "school", "gift", "shoes", "Eid"), start=3)
)

Links = dict[str, dict[str, Any]]
LOOK_ALIKES: dict[str, tuple[str, Links]] = {
    # suppressed by R-AGENT: an agent books for clients who paid it before
    "R-AGENT": (TICKETS, {"Ali": {"kind": "business", "occupation": "ticket agent"}}),
    # suppressed by R-CHAR: an aid group pays the journeys of those it helps
    "R-CHAR": (TICKETS, {"Ali": {"kind": "charity"}}),
    # suppressed by R-TRIP: a club's trip, paid for by its members
    "R-TRIP": (TICKETS, {"Ali": {"kind": "business", "occupation": "sports club"}}),
}


def test_six_tickets_for_four_travellers_are_found_exactly_at_the_threshold() -> None:
    (match,) = matches("S15", TICKETS)
    assert match["subject"] == "Ali"
    assert match["evidence"] == {"ticket": ["t5", "t6"], "abroad": ["t2", "t3"], "agent": ["t1", "t4"]}
    assert match["value"] == 73_500
    assert match["detectable_at"] == match["ended_at"]
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"tickets": 6, "travellers": 4, "said": 2, "route": 2, "one_way_share": 1.0}


def test_the_explanation_says_that_nobody_was_read() -> None:
    (match,) = matches("S15", TICKETS)
    said = match["explanation"]
    assert said.startswith(
        "Account Ali paid £735.00 for what may be 6 tickets or rooms to 4 payees, between 4 May 2025 and 30 May 2025."
    )
    assert "4 different references, perhaps one for each traveller; names in them are not read" in said
    assert "Of the payments 2 say travel by their words, the kind of shop or the payee's trade, and 2 went to" in said
    assert said.endswith("None of the payments speaks of a return.")
    assert not any(word in said for word in ("AB", "CD", "EF", "GH", "KL"))


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("tickets: five and a bus to work", "    80  channel", "    19.99 channel"),
        ("tickets: five and a week for a family", "   200  channel", " 2,000.01 channel"),
        ("travellers: one of them twice", "reference=GH", "reference=EF"),
        ("said: one payment that says travel", "merchant_category=7011", "reference=EF creditor_country=TR"),
        ("window: the first ticket is exactly 30 days old", "2025-05-30 12:00", "2025-06-03 10:00"),
        ("a subscription is no ticket", "channel=card merchant_category=7011", "channel=direct_debit reference=travel"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in TICKETS
    assert not fires("S15", TICKETS.replace(old, new)), gate


def test_without_a_payment_to_a_country_of_a_corridor_there_is_no_route() -> None:
    elsewhere = TICKETS.replace("creditor_country=TR", "creditor_country=US")
    assert fires("S15", elsewhere, tickets=5, travellers=3, route=0)
    assert not fires("S15", elsewhere, tickets=5, travellers=3)


@pytest.mark.parametrize(("returns", "expected"), [(1, True), (2, False)])
def test_who_is_smuggled_does_not_go_back(returns: int, expected: bool) -> None:
    """Five of six are 83 %, four of six 67 %; the mark is 80 %."""
    back = TICKETS
    for day in ("20 12:00  Ali -> Airline    200  channel=card", "30 12:00  Ali -> Hotel       80  channel=card")[
        :returns
    ]:
        assert day in back
        back = back.replace(day, day + " reference=return")
    assert fires("S15", back) is expected


def test_four_of_five_one_way_are_exactly_enough() -> None:
    five = TICKETS.replace("2025-05-12 12:00  Ali -> Agent      140  reference=KL\n", "")
    five = five.replace("merchant_category=7011", "merchant_category=7011 reference=return")
    assert fires("S15", five, tickets=5)
    assert not fires("S15", five, tickets=5, one_way_share=0.801)


def test_a_family_abroad_is_no_route_of_strangers() -> None:
    """Affiliated payees are not agents: here they share an address; others have been paid for months."""
    known = {name: {"address_hash": "Elm Road"} for name in ("Ali", "Bus", "Agent")}
    assert not fires("S15", TICKETS, known)


def test_staff_sent_by_an_employer_bear_no_marks_and_go_nowhere_on_the_route() -> None:
    assert not fires("S15", STAFF)


def test_a_coach_paid_in_parts_at_home_is_a_trip() -> None:
    assert not fires("S15", TRIP)


def test_supporting_ones_mother_says_nothing_of_travel() -> None:
    assert not fires("S15", SUPPORT)
    assert fires("S15", SUPPORT, said=0)


@pytest.mark.parametrize("code", sorted(LOOK_ALIKES))
def test_what_only_a_suppressor_tells_apart_fires(code: str) -> None:
    story, links = LOOK_ALIKES[code]
    assert fires("S15", story, links)
