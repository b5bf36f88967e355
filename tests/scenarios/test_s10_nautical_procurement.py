"""S10: a couple buys boat, engine and what belongs to them; and people who only have one thing or another to mend."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.reading import fires, matches

KIT = """
2025-05-03 10:00  Ali  -> Seller    1,500  reference=dinghy
2025-05-06 11:00  Ali  -> Garage       50  channel=card merchant_category=5533
2025-05-20 12:00  Bea  -> Other       450  reference=outboard
"""
LINKED: dict[str, dict[str, Any]] = {"Ali": {"device_hash": "one phone"}, "Bea": {"device_hash": "one phone"}}

CLUB = """
2025-04-02 09:00  Club -> Harbour     120  reference=berth
2025-05-03 10:00  Club -> Dealer    2,500  channel=card merchant_category=5551
2025-05-06 11:00  Club -> Garage       50  channel=card merchant_category=5533
2025-05-20 12:00  Club -> Other       450  reference=outboard
"""
DEALER = CLUB.replace("reference=berth", "reference=rates").replace("Club", "Trade")
ASHORE = KIT.replace("Bea", "Ali")

# suppressed by R-NAUT: a boat that its owner keeps at home, and insures
LOOK_ALIKES: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "R-NAUT": (ASHORE + "2025-05-25 09:00  Ali -> Insurer 90 reference=insurance channel=direct_debit\n", {}),
}


def test_a_couple_on_one_telephone_buys_a_kit_exactly_at_the_threshold() -> None:
    (match,) = matches("S10", KIT, LINKED)
    assert match["subject"] == "Ali"
    assert match["value"] == 200_000
    assert match["evidence"] == {"boat": ["t0"], "fuel cans": ["t1"], "engine, linked": ["t2"]}
    assert match["detectable_at"] == match["ended_at"]
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"parts": 3, "value": 200_000, "hulls": 2, "marine_life": 0}


def test_the_explanation_names_the_buyers_the_parts_and_what_is_not_known() -> None:
    (match,) = matches("S10", KIT, LINKED)
    said = match["explanation"]
    assert said.startswith(
        "Account Ali and 1 account linked to it (Bea) bought what may be parts of a crossing kit for £2,000.00 from "
        "3 known sellers, between 3 May 2025 and 20 May 2025: boat £1,500.00, engine £450.00, fuel cans £50.00."
    )
    assert "What was bought is read from references, kinds of shop and prices." in said
    assert "In the data from the first purchase on, none of their payments speaks of a mooring" in said


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("value: one penny short", " 450 ", " 449.99 "),
        ("parts: two engines and no can", "50  channel=card merchant_category=5533", "50 reference=outboard"),
        ("parts: a can of less than 30 pounds", " 50  channel", " 29.99 channel"),
        ("window: the dinghy is exactly 60 days old", "2025-05-20 12:00", "2025-07-02 10:00"),
        ("a subscription is no purchase", "reference=outboard", "reference=outboard channel=direct_debit"),
        ("bought from each other", "Bea  -> Other", "Bea  -> Ali"),
        ("no link between the buyers", "Bea", "Cem"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in KIT
    assert not fires("S10", KIT.replace(old, new), LINKED), gate


def test_without_boat_and_engine_it_is_a_household() -> None:
    """A van, cans and boards for 2,100 pounds: a garage is mended."""
    shopping = """
    2025-05-03 10:00  Ali -> Cars    1,800  channel=card merchant_category=5511
    2025-05-06 11:00  Ali -> Garage    100  channel=card merchant_category=5533
    2025-05-09 11:00  Ali -> Timber    200  channel=card merchant_category=5211
    """
    assert not fires("S10", shopping)
    assert fires("S10", shopping, hulls=0)


@pytest.mark.parametrize(("moment", "expected"), [("2024-05-20 12:00", True), ("2024-05-20 12:01", False)])
def test_a_mooring_in_the_year_before_speaks_of_a_marine_life(moment: str, expected: bool) -> None:
    assert fires("S10", f"{moment} Bea -> Harbour 80 reference=mooring\n" + KIT, LINKED) is expected


JACKETS = """
2025-05-03 10:00  Ali -> Shop  4,000  reference=lifejackets
2025-05-04 10:00  Ali -> Shop  4,000  reference=lifejackets
2025-05-05 10:00  Ali -> Chandler 400  channel=card merchant_category=4468
"""


def test_life_jackets_alone_never_fire() -> None:
    """What preserves life at sea is no relevant article: s.15 of the Act. Not with any parameters."""
    assert not fires("S10", JACKETS)
    assert not fires("S10", JACKETS, parts=1, hulls=0, value=0, least_price=0)


def test_life_jackets_count_beside_two_other_parts_but_not_towards_the_sum() -> None:
    two = "2025-05-03 10:00 Ali -> Seller 1,999.99 reference=dinghy\n2025-05-06 11:00 Ali -> Garage 50 reference=pump\n"
    assert not fires("S10", two)
    (match,) = matches("S10", two + JACKETS)
    assert match["measures"]["parts"]["value"] == 3
    assert match["measures"]["value"]["value"] == 204_999
    assert "Life jackets for £8,400.00 came with it; they are not in the sum" in match["explanation"]
    assert not fires("S10", two.replace("1,999.99", "1,949.99") + JACKETS)


@pytest.mark.parametrize(("price", "expected"), [("190", True), ("189.99", False)])
def test_fewer_than_ten_life_jackets_are_no_part(price: str, expected: bool) -> None:
    two = "2025-05-03 10:00 Ali -> Seller 2,000 reference=dinghy\n2025-05-06 11:00 Ali -> Garage 50 reference=pump\n"
    assert fires("S10", two + f"2025-05-07 10:00 Ali -> Shop {price} reference=lifejackets") is expected


@pytest.mark.parametrize(("price", "part"), [("1,500", "boat"), ("1,499.99", "engine"), ("500", "engine")])
def test_at_a_boat_dealers_the_price_tells_what_was_bought(price: str, part: str) -> None:
    bought = KIT.replace("450  reference=outboard", f"{price} channel=card merchant_category=5551")
    (match,) = matches("S10", bought, LINKED, parts=2)
    assert f"{part}, linked" in match["evidence"]


def test_a_block_of_flats_links_nobody() -> None:
    flats = {name: {"address_hash": "Tower Road"} for name in ("Ali", "Bea", "Cem", "Dua", "Eli")}
    tenants = "".join(f"2025-05-01 09:00  {name} -> Landlord 600\n" for name in flats)
    assert not fires("S10", tenants + KIT, flats)
    assert fires("S10", tenants + KIT, flats, group_accounts=5)


def test_a_club_with_a_berth_is_no_gang() -> None:
    assert not fires("S10", CLUB)
    assert fires("S10", CLUB.replace("reference=berth", "reference=rates"))


@pytest.mark.parametrize("trade", ["marine club", "Marina", "boat dealer", "boat charter", "sea rescue charity"])
def test_a_marine_trade_is_a_marine_reason(trade: str) -> None:
    assert not fires("S10", DEALER, {"Trade": {"kind": "business", "occupation": trade}})
    assert fires("S10", DEALER, {"Trade": {"kind": "business", "occupation": "importer"}})


def test_an_owner_without_a_berth_is_left_to_the_suppressor() -> None:
    story, links = LOOK_ALIKES["R-NAUT"]
    assert fires("S10", story, links)
