"""S18: a household raises a sum and pays a collector; and households that raise a sum for something else."""

from __future__ import annotations

from typing import Any

import pytest

from moneytrail.catalogue import search
from moneytrail.typologies import by_id
from moneytrail.typologies.ground import Ground
from tests.scenarios.reading_days import Links, gates, ground, judged, told

RAISED = """
2025-05-12 10:00  Aunt   -> Besa    700
2025-05-13 10:00  Uncle  -> Besa    700
2025-05-14 10:00  Friend -> Besa    600 reference=for_the_journey
2025-05-15 12:00  Besa   -> Collector 1,900
"""
OTHERS = """
2025-05-03 09:12  Arben -> Collector 1,000
2025-05-06 18:03  Cyril -> Collector 1,000
2025-05-09 08:00  Dana  -> Collector 1,000
2025-05-11 21:30  Edon  -> Collector 1,000
2025-05-16 12:15  Flora -> Collector 1,000
2025-05-19 07:45  Genc  -> Collector 1,000
2025-05-28 16:20  Hana  -> Collector 1,000
"""
"""With Besa eight people pay the collector, which scores under S01 with the last of them."""


def matches(text: str, links: Links | None = None, **overrides: object) -> list[dict[str, Any]]:
    return judged("S18", text, links, None, **overrides)


def test_a_household_that_raises_two_thousand_pounds_and_pays_a_collector_is_found() -> None:
    (match,) = matches(RAISED + OTHERS)
    assert match["subject"] == "Besa"
    assert match["evidence"] == {"raised": ["t0", "t1", "t2"], "fee": ["t3"]}
    assert match["value"] == 190_000
    assert gates(match) == {
        "raised": 200_000,
        "sudden_share": 1.0,
        "payments": 1,
        "seat_low": 190_000,
        "seat_high": 190_000,
        "dealings": 0,
    }


def test_it_is_known_when_the_collector_scores() -> None:
    (match,) = matches(RAISED + OTHERS)
    assert str(match["detectable_at"]).startswith("2025-05-28 16:20")


def test_the_payer_is_named_as_possible_victim_and_never_raises_an_alert() -> None:
    (match,) = matches(RAISED + OTHERS)
    said = match["explanation"]
    assert said.startswith(
        "Account Besa belongs to a payer who may be a victim or a witness. Beside its regular income it took in £2,000."
    )
    assert (
        "from 3 payers, between 12 May 2025 and 14 May 2025, all of it from accounts with which it had not dealt"
        in said
    )
    assert "It paid £1,900.00 to account Collector on 15 May 2025. That account is itself found under S01" in said
    assert "it says nothing against the payer, and raises no alert." in said
    assert not by_id("S18").alerts_alone
    assert by_id("S18").subject_part == "payer, possible victim or witness"


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("raised: one penny short", "Besa    600", "Besa    599.99"),
        ("raised more than 30 days before", "2025-05-12 10:00", "2025-04-15 12:00"),
        ("raised after the payment", "2025-05-14 10:00", "2025-05-15 12:01"),
        ("the payment: too small for a seat", "Collector 1,900", "Collector 399.99"),
        ("the payment: too large for a seat", "Collector 1,900", "Collector 6,000.01"),
        ("the sum was pulled in", "Besa    600 reference=for_the_journey", "Besa    600 channel=direct_debit"),
        ("the sum is pay", "reference=for_the_journey", "reference=salary"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in RAISED
    extra = "2025-05-10 09:00  Ilir -> Collector 1,000\n2025-05-10 09:00  Jeta -> Collector 6,000\n"
    assert matches(RAISED + OTHERS + extra)
    assert not matches(RAISED.replace(old, new) + OTHERS + extra), gate


def test_a_collector_that_does_not_score_marks_nobody() -> None:
    assert not matches(RAISED + "\n".join(OTHERS.splitlines()[:-1]))


@pytest.mark.parametrize(("payments", "expected"), [(2, 1), (3, 0)])
def test_a_third_payment_is_no_seat_any_more(payments: int, expected: int) -> None:
    """The sum comes late, before the last payment: it is the second, or the third."""
    early = "".join(f"2025-05-0{day} 09:00  Besa -> Collector 500\n" for day in range(1, payments))
    found = matches(early + RAISED + OTHERS, window_days=5)
    assert len(found) == expected
    for match in found:
        assert gates(match)["payments"] == 2
        assert match["evidence"]["fee"] == ["t0", "t4"]


def test_earlier_dealings_are_a_link() -> None:
    assert not matches("2025-03-01 09:00  Collector -> Besa 20\n" + RAISED + OTHERS)
    assert matches("2024-10-01 09:00  Collector -> Besa 20\n" + RAISED + OTHERS)


def test_a_family_tie_is_a_link() -> None:
    links = {name: {"address_hash": "1"} for name in ("Besa", "Collector")}
    extra = "2025-05-10 09:00  Ilir -> Collector 1,000\n2025-05-10 09:00  Jeta -> Collector 1,000\n"
    assert matches(RAISED + OTHERS + extra)
    assert not matches(RAISED + OTHERS + extra, links)


@pytest.mark.parametrize(("before", "expected"), [("6,000", 1), ("6,000.01", 0)])
def test_who_takes_in_from_new_payers_all_the_time_raises_nothing(before: str, expected: int) -> None:
    """A freelancer: 2,000 of 8,000 pounds in half a year are exactly a quarter."""
    client = f"2025-03-03 09:00  Client -> Besa {before}\n"
    found = matches(client + RAISED + OTHERS)
    assert len(found) == expected


def test_money_from_regular_payers_and_from_an_own_account_is_not_raised() -> None:
    own = {"Aunt": {"party": "b"}, "Besa": {"party": "b"}}
    assert not matches(RAISED + OTHERS, own)
    assert not matches("2025-03-01 10:00  Aunt -> Besa 5\n" + RAISED + OTHERS)


def test_a_loan_counts_whoever_gives_it() -> None:
    earlier = "2025-03-01 10:00  Aunt -> Besa 5\n"
    assert matches(earlier + RAISED.replace("Besa    700", "Besa    700 reference=loan", 1) + OTHERS)
    lender = {"Aunt": {"occupation": "Lender"}}
    (match,) = matches(earlier + RAISED + OTHERS, lender)
    assert "£700.00 as a loan or for something sold" in match["explanation"]


@pytest.mark.parametrize(("kind", "expected"), [("personal", 1), ("business", 0), ("unknown", 0)])
def test_only_households_where_kinds_are_known(kind: str, expected: int) -> None:
    links = {"Besa": {"kind": kind}, "Arben": {"kind": "personal"}}
    assert len(matches(RAISED + OTHERS, links)) == expected


@pytest.mark.parametrize(("day", "expected"), [("2025-08-26 16:20", 1), ("2025-08-26 16:21", 0)])
def test_a_payment_long_after_the_collector_scored_is_not_looked_at(day: str, expected: int) -> None:
    """It scored on 28 May at 16:20; 90 days later is 26 August."""
    late = RAISED.replace("2025-05-1", "2025-08-1").replace("2025-08-15 12:00", day)
    extra = "2025-05-10 09:00  Ilir -> Collector 1,000\n"
    assert len(matches(extra + OTHERS + late)) == expected


def test_a_payment_before_the_collector_scored_is_looked_at_for_thirty_days() -> None:
    extra = "2025-06-10 09:00  Ilir -> Collector 1,000\n2025-06-11 09:00  Jeta -> Collector 1,000\n"
    later = (OTHERS.replace("2025-05-", "2025-06-") + extra).replace("2025-06-28", "2025-06-12")
    assert not matches(RAISED.replace("2025-05-", "2025-04-") + later)


def test_a_clinic_or_a_wedding_paid_for_is_not_found() -> None:
    """The payee takes in from many, and does not score: its patients pay by card."""
    clinic = OTHERS.replace("1,000", "1,000 channel=card").replace("Collector", "Clinic")
    assert not matches(RAISED.replace("Collector", "Clinic") + clinic)


def test_the_chain_says_what_it_builds_on() -> None:
    made: Ground = ground(RAISED + OTHERS)
    (searched,) = search(made, only=["S18"])
    assert set(made.earlier) >= {"S01", "S04", "S08"}
    assert len(told(searched.matches)) == 1


PAY = "".join(f"2025-0{month}-01 09:00  Employer -> Besa 2,400 reference=salary\n" for month in range(1, 6))
HOME = "".join(f"2025-0{month}-03 09:00  Besa -> Mother 200 reference=family_support\n" for month in range(1, 6))

LOOK_ALIKES = {
    # suppressed by R-REM: someone with a salary who keeps relatives, to whom friends gave back what they owed
    "R-REM": (PAY + HOME + RAISED + OTHERS, {}),
    # suppressed by R-LOAN: a lender's or an insurer's payment explains the sum
    "R-LOAN": (RAISED.replace("Aunt ", "Bank ").replace("700", "1,900", 1) + OTHERS,
               {"Bank": {"kind": "institution", "occupation": "lender"}, "Besa": {"kind": "personal"}}),
}  # fmt: skip


@pytest.mark.parametrize(
    "code",
    [
        "R-REM",
        "R-LOAN",
    ],
)
def test_what_only_a_suppressor_can_tell(code: str) -> None:
    text, links = LOOK_ALIKES[code]
    (match,) = matches(text, links)
    assert match["suppressors"] == [code]
    assert match["score"] < match["unsuppressed_score"]
