"""L08: money goes round three accounts and comes back; and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.reading import fires, matches

ROUND = """
2025-07-01 09:00  Firm   -> Mule1  1,000
2025-07-08 09:00  Mule1  -> Mule2    850
2025-07-20 09:00  Mule2  -> Firm     700 reference=INV-77
"""
"""Three transfers, the smallest exactly 70 % of the largest."""


def test_a_round_trip_is_found_exactly_at_the_threshold() -> None:
    (match,) = matches("L08", ROUND)
    assert match["subject"] == "Firm"
    assert match["value"] == 70_000
    assert match["evidence"] == {"leg": ["t0", "t1"], "return": ["t2"]}
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"hops": 3, "window_days": 19, "even_share": 0.7, "value": 70_000, "goods": 0}
    assert match["explanation"] == (
        "Account Firm sent £1,000.00 and got back £700.00 by way of account Mule1 and account Mule2, between 1 July "
        "2025 and 20 July 2025. It took at most 19.0 days to come round, and no transfer of a round is less than 70 % "
        "of its largest. No transfer of it pays a regular supplier for goods, as far as the references say. A transfer "
        "that came back is called a loan, pay or an invoice."
    )


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("hops: two", "Mule1  -> Mule2    850\n", "Other  -> Mule2    850\n"),
        ("a penny less comes back", "Firm     700", "Firm     699.99"),
        ("it takes exactly thirty days", "2025-07-20 09:00", "2025-07-31 09:00"),
        ("it comes back before it was sent", "2025-07-08 09:00", "2025-06-30 09:00"),
        ("a leg is a card payment", "850\n", "850 channel=card\n"),
        ("it comes back to another", "Mule2  -> Firm ", "Mule2  -> Other"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in ROUND
    assert not fires("L08", ROUND.replace(old, new)), gate


def test_just_less_than_thirty_days_counts() -> None:
    assert fires("L08", ROUND.replace("2025-07-20 09:00", "2025-07-31 08:59:59.999999"))


def test_the_smallest_transfer_counts_to_the_penny() -> None:
    small = ROUND.replace("1,000", "250").replace("850", "220").replace(" 700", " 200")
    assert fires("L08", small)
    assert not fires("L08", small.replace("Firm     200", "Firm     199.99"))


def test_a_ring_of_eight_is_the_longest() -> None:
    def ring(size: int) -> str:
        return "".join(f"2025-07-{i + 1:02d} 09:00  A{i} -> A{(i + 1) % size} 500\n" for i in range(size))

    assert fires("L08", ring(8))
    assert not fires("L08", ring(9))


def test_two_rounds_of_one_ring_are_one_match_wherever_they_begin() -> None:
    again = ROUND.replace("07-01", "07-21").replace("07-08", "07-22").replace("07-20", "07-23")
    (match,) = matches("L08", ROUND + again)
    assert match["subject"] == "Firm"
    assert match["evidence"] == {"leg": ["t0", "t1", "t3", "t4"], "return": ["t2", "t5"]}
    assert match["measures"]["rounds"]["value"] == 2
    assert match["value"] == 140_000


def test_a_hundred_other_large_payments_first_are_too_many() -> None:
    decoys = "".join(f"2025-07-09 09:{i:02d}  Mule2 -> Shop{i} 900\n" for i in range(60))
    more = "".join(f"2025-07-09 10:{i:02d}  Mule2 -> Store{i} 900\n" for i in range(40))
    assert not fires("L08", ROUND + decoys + more)
    assert fires("L08", ROUND + decoys + more.replace("Mule2 -> Store0 900", "Store0 -> Mule2 900"))


def test_a_leg_abroad_raises_the_score() -> None:
    there = ROUND.replace("850\n", "850 debtor_country=GB creditor_country=AE\n")
    assert "A transfer of the round goes abroad." in matches("L08", there)[0]["explanation"]


# What looks like it


def test_own_accounts_are_no_ring() -> None:
    """R-OWN."""
    assert not fires("L08", ROUND, {name: {"party": "me"} for name in ("Firm", "Mule1")})


def test_goods_of_a_regular_supplier_are_no_leg() -> None:
    """Neighbouring trades buy of one another; the baker has bought his flour there for months."""
    before = "".join(f"2025-0{month}-05 09:00  Mule2 -> Firm 700 reference=INV-{month}\n" for month in (3, 4, 5))
    assert not fires("L08", before + ROUND)
    assert fires("L08", before + ROUND.replace("reference=INV-77", "reference=gift"))
    assert fires("L08", before.replace("2025-03", "2025-01") + ROUND)


def test_a_savings_circle_with_a_head_goes_there_and_back() -> None:
    """R-ROSCA: all pay the head, who pays the one whose turn it is."""
    names = [f"Member{i}" for i in range(6)]
    turns = "".join(
        f"2025-07-{1 + 7 * week:02d} 09:0{i}  {name} -> Head 250\n" for week in range(4) for i, name in enumerate(names)
    )
    pots = "".join(f"2025-07-{2 + 7 * week:02d} 09:00  Head -> Member{week} 1,500\n" for week in range(4))
    assert not fires("L08", turns + pots)


def circle() -> str:
    """Return a circle of five without a head: each week all pay the one whose turn it is."""
    return "".join(
        f"2025-07-{1 + 7 * week:02d} 09:0{i}  Member{i} -> Member{week} 250 reference=pardner\n"
        for week in range(4)
        for i in range(5)
        if i != week
    )


def group_loan() -> str:
    """Return a sum that three companies of one owner lend one another in turn."""
    return (
        "2025-07-01 12:00  Holding -> Shop    9,000 reference=loan\n"
        "2025-07-05 12:00  Shop    -> Works   8,500 reference=loan\n"
        "2025-07-12 12:00  Works   -> Holding 8,100 reference=loan\n"
    )


LOOK_ALIKES: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "R-ROSCA": (circle(), {}),
    "R-OWN": (
        group_loan(),
        {name: {"address_hash": "one", "kind": "business"} for name in ("Holding", "Shop", "Works")},
    ),
}
"""Code to story and account table: found here, and told apart by the suppressor alone. R-OWN strikes the loans of one
party's companies; those of several parties stay in."""


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_what_only_a_suppressor_tells_apart_is_found(code: str) -> None:
    story, links = LOOK_ALIKES[code]
    assert fires("L08", story, links)  # suppressed by R-ROSCA; R-OWN where the account table has one party


def test_loans_within_one_party_are_struck() -> None:
    assert not fires("L08", group_loan(), {name: {"party": "group"} for name in ("Holding", "Shop", "Works")})
