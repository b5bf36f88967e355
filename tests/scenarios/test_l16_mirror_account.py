"""L16: a student's account takes notes and strangers' money and pays fees with it; and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.reading import fires, matches

MIRROR = """
2025-05-02 10:00  -      -> Mei     1,500  channel=cash debtor_country=GB
2025-05-05 11:00  -      -> Mei     1,500  channel=cash debtor_country=GB
2025-05-09 12:00  Shop   -> Mei     2,000  debtor_country=GB
2025-05-13 09:00  Mei    -> College 3,000  reference=tuition debtor_country=GB
"""
STUDENT: dict[str, dict[str, Any]] = {"Mei": {"kind": "personal", "occupation": "student"}}

LOOK_ALIKES: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "R-STUD": (
        """
2025-09-20 12:00  Aunt -> Ola     1,900  debtor_country=GB
2025-09-21 12:00  Dad  -> Ola     1,900  debtor_country=GB
2025-09-22 12:00  Gran -> Ola     1,900  debtor_country=GB
2025-09-25 09:00  Ola  -> College 4,500  reference=tuition debtor_country=GB
""",
        {"Ola": {"kind": "personal", "occupation": "student"}},
    ),
    "R-LOAN": (
        """
2025-09-20 12:00  Lender -> Ola     3,000  reference=LOAN debtor_country=GB
2025-09-21 12:00  Buyer  -> Ola     2,000  debtor_country=GB
2025-09-22 12:00  Friend -> Ola       400  debtor_country=GB
2025-09-25 09:00  Ola    -> Dealer  5,000  debtor_country=GB
""",
        {"Ola": {"kind": "personal", "occupation": "cleaner"}},
    ),
}
"""Told apart by a suppressor alone: code, story, what the bank knows of the account."""


def test_a_mirror_account_exactly_at_the_thresholds() -> None:
    (match,) = matches("L16", MIRROR, STUDENT)
    assert match["subject"] == "Mei"
    assert match["value"] == 500_000
    assert match["evidence"] == {"credit": ["t0", "t1", "t2"], "onward": ["t3"]}
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {
        "credits": 3,
        "value": 500_000,
        "largest_share": 0.4,
        "onward_share": 0.6,
        "abroad_share": 0.0,
    }


def test_the_explanation_says_who_how_much_and_where_it_went() -> None:
    (match,) = matches("L16", MIRROR, STUDENT)
    said = match["explanation"]
    assert said.startswith("Account Mei, whose holder is registered as 'student', was paid £5,000.00 in 3 credits in ")
    assert "£3,000.00 of it was cash. Besides cash it came from 1 payer." in said
    assert "£3,000.00, 60 % of that sum, went on in 1 debit, all of it for study, homes or goods." in said
    assert "No sender abroad is on record: there were no credits from abroad in 90 days." in said
    assert said.endswith("Whether the holder knows what the account is used for is not shown.")


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("value: one penny short", "Mei     2,000", "Mei     1,999.99"),
        ("credits: two", "2025-05-05 11:00  -      -> Mei     1,500", "2025-05-05 11:00  -      -> Li      1,500"),
        ("onward: one penny short of 60 %", "College 3,000", "College 2,999.99"),
        ("onward: exactly five days after the last credit", "2025-05-13 09:00", "2025-05-14 12:00"),
        ("onward: spent by card on no study", "reference=tuition", "reference=shoes channel=card"),
        ("the shop's money comes from abroad", "2,000  debtor_country=GB", "2,000  debtor_country=TR"),
        ("the shop pays by direct debit", "2,000  debtor_country=GB", "2,000  debtor_country=GB channel=direct_debit"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in MIRROR
    assert not fires("L16", MIRROR.replace(old, new), STUDENT), gate


def test_the_window_is_thirty_days() -> None:
    early = "{}  - -> Mei 1,500 channel=cash debtor_country=GB\n" + MIRROR.split("\n", 2)[2]
    assert fires("L16", early.format("2025-04-13 09:00:00.000001"), STUDENT)
    assert not fires("L16", early.format("2025-04-13 09:00"), STUDENT)


@pytest.mark.parametrize(("size", "expected"), [("200", True), ("199.99", False)])
def test_a_credit_must_be_large_enough_to_count(size: str, expected: bool) -> None:
    """Two of 2,500 pounds count in any case, and are fresh when the fees are paid."""
    story = MIRROR.replace("Mei     2,000", f"Mei {size}").replace("1,500", "2,500")
    story = story.replace("2025-05-13 09:00  Mei    -> College 3,000", "2025-05-09 18:00 Mei -> College 4,000")
    assert fires("L16", story, STUDENT) is expected


def test_one_lump_is_no_mirror() -> None:
    """3,000 of 5,000 is 60 % and allowed; a penny more is not."""
    lump = (
        MIRROR.replace("Mei     2,000", "Mei     {}")
        .replace("1,500", "1,000")
        .replace("College 3,000", "College 4,000")
    )
    assert fires("L16", lump.format("3,000"), STUDENT)
    assert not fires("L16", lump.format("3,000.01"), STUDENT)


def test_a_sender_abroad_on_record_speaks_against_it() -> None:
    sponsor = "2025-05-01 09:00  Father -> Mei {} debtor_country=CN\n" + MIRROR
    assert fires("L16", sponsor.format("500"), STUDENT)
    assert not fires("L16", sponsor.format("500.01"), STUDENT)


@pytest.mark.parametrize("known", [{"occupation": "chef"}, {"occupation": "student", "kind": "business"}, {}], ids=str)
def test_only_low_earners_and_students_are_looked_at(known: dict[str, str]) -> None:
    assert not fires("L16", MIRROR, {"Mei": known, "College": {"occupation": "university"}})


def test_a_family_that_shares_an_address_is_known_to_the_student() -> None:
    """Parents who pay in at the counter with their own card are affiliated."""
    family = MIRROR.replace("-      -> Mei", "Mother -> Mei")
    home = {name: {"address_hash": "12 Elm Road"} for name in ("Mother", "Mei")}
    assert not fires("L16", family, {**home, "Mei": {**home["Mei"], **STUDENT["Mei"]}})


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_what_only_a_suppressor_tells_apart(code: str) -> None:
    """Suppressed by R-STUD and R-LOAN: the transfers alone look the same."""
    text, links = LOOK_ALIKES[code]
    assert fires("L16", text, links)
