"""L09: three accounts pay most of three others, perhaps through a layer more; and what only looks like it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.scenarios.reading import fires, matches

MESH = """
2025-07-01 09:00  Mule1 -> Far1  100
2025-07-02 09:00  Mule1 -> Far2  300
2025-07-03 09:00  Mule2 -> Far2  250
2025-07-04 09:00  Mule2 -> Far3  250
2025-07-05 09:00  Mule3 -> Far3  400
2025-07-06 09:00  Mule3 -> Far1  200
"""
"""Six of nine pairs, each account in two of them; one transfer of exactly £100."""


def test_three_that_pay_most_of_three_are_found_exactly_at_the_threshold() -> None:
    (match,) = matches("L09", MESH)
    assert match["subject"] == "Mule1"
    assert match["value"] == 150_000
    assert match["evidence"] == {"across": [f"t{i}" for i in range(6)]}
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {
        "senders": 3,
        "receivers": 3,
        "pair_share": 6 / 9,
        "links": 2,
        "window_days": 5,
        "value": 10_000,
        "few_transfers": 1,
    }
    assert match["explanation"] == (
        "Account Mule1 and 2 other accounts (Mule2 and Mule3) paid £1,500.00 to 3 accounts (Far1, Far2 and Far3), "
        "between 1 July 2025 and 6 July 2025. Of 9 possible pairs of payer and payee 6 (67 %) dealt so; each account "
        "is in at least 2 of them. None of the payers had paid the same payee more than once in 180 days, these "
        "payments included."
    )


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("senders: two", "Mule3", "Mule2"),
        ("receivers: two", "Far3", "Far2"),
        ("five of nine pairs", "Mule3 -> Far1  200", "Mule3 -> Far9  200"),
        ("a penny too little", "Far1  100", "Far1   99.99"),
        ("the first is exactly seven days old", "2025-07-06 09:00", "2025-07-08 09:00"),
        ("by direct debit", "Far1  200", "Far1  200 channel=direct_debit"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in MESH
    assert not fires("L09", MESH.replace(old, new)), gate


def test_just_less_than_seven_days_counts() -> None:
    assert fires("L09", MESH.replace("2025-07-06 09:00", "2025-07-08 08:59:59.999999"))


def test_twelve_of_twenty_pairs_are_exactly_sixty_per_cent() -> None:
    """Five who each pay two or three of four, every one of these paid by three; one pair less is too few."""
    payees = ["01", "12", "23", "301", "230"]
    lines = [
        f"2025-07-0{1 + sender} 0{int(far)}:00  Mule{sender} -> Far{far} 500\n"
        for sender, own in enumerate(payees)
        for far in own
    ]
    assert len(lines) == 12
    assert fires("L09", "".join(lines), senders=5, receivers=4)
    assert not fires("L09", "".join(lines[1:]), senders=5, receivers=4)


def test_decoys_do_not_hide_it() -> None:
    """Each sender also pays three people whom nobody else pays: they leave first."""
    decoys = "".join(f"2025-07-01 1{i}:00  Mule{m} -> Friend{m}{i} 500\n" for m in (1, 2, 3) for i in range(3))
    assert fires("L09", decoys + MESH)


def test_more_than_twenty_five_payers_make_a_hub() -> None:
    crowd = "".join(f"2025-07-05 10:{i:02d}  Customer{i} -> Far1 120\n" for i in range(23))
    assert fires("L09", crowd + MESH)
    assert not fires(
        "L09", crowd.replace("Customer0 -> Far1 120", "Customer0 -> Far1 120\n2025-07-05 10:00 C -> Far1 120") + MESH
    )


def test_a_third_set_that_had_paid_the_senders_is_shown() -> None:
    feed = "".join(
        f"2025-06-28 1{i}:0{m}  Giver{i} -> Mule{m} 200\n" for i in range(3) for m in (1, 2, 3) if i + 1 != m
    )
    matched = [match for match in matches("L09", feed + MESH) if match["subject"] == "Mule1"]
    (match,) = matched
    assert len(match["evidence"]["feed"]) == 6
    assert match["value"] == 150_000
    assert match["measures"]["stacked"]["value"] == 3
    assert "had themselves been paid £1,200.00 by a third set of 3 accounts shortly before." in match["explanation"]
    kept = MESH.replace("400", "100").replace("300", "100").replace("250", "100")
    (match,) = [one for one in matches("L09", feed + kept) if one["subject"] == "Mule1"]
    assert "feed" not in match["evidence"], "they passed on less than 80 %"


# What looks like it


def test_own_accounts_stand_in_no_set() -> None:
    """R-OWN: one's own accounts, and the same three people paid from them."""
    assert not fires("L09", MESH, {name: {"party": "me"} for name in ("Mule1", "Far1", "Far2")})


def market(weeks: int) -> str:
    """Return a market: three retailers buy of three wholesalers, week after week."""
    days = [date(2025, 6, 3) + timedelta(weeks=week) for week in range(weeks)]
    return "".join(
        f"{day} 0{far}:0{shop}  Shop{shop} -> Depot{far} 420\n" for day in days for shop in range(3) for far in range(3)
    )


def test_a_market_is_forgotten_after_two_weeks() -> None:
    """Suppliers and retailers deal again and again: from the third time on it is no layer."""
    assert {match["ended_at"].day for match in matches("L09", market(8))} == {3, 10}


def wages() -> str:
    """Return the first pay day of three employers of one town who share three part-time workers."""
    return "".join(
        f"2025-07-2{5 + job} 0{i}:00  Employer{job} -> Worker{i} 600 reference=WAGES\n"
        for job in range(3)
        for i in range(3)
    )


LOOK_ALIKES: dict[str, tuple[str, dict[str, dict[str, str]]]] = {
    "R-PAY": (wages(), {f"Employer{i}": {"kind": "business", "occupation": "employer"} for i in range(3)}),
    "R-MKT": (market(1), {f"Depot{i}": {"kind": "business", "occupation": "wholesaler"} for i in range(3)}),
}
"""Code to story and account table: found here, and told apart by a suppressor alone, if at all."""


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_what_only_a_suppressor_tells_apart_is_found(code: str) -> None:
    story, links = LOOK_ALIKES[code]
    assert fires("L09", story, links)  # suppressed by R-PAY; a first week of trade by none
