"""L02: a pensioner waits for her brother's money, and strangers pay it in in notes; and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from moneytrail.typologies import by_id
from tests.scenarios.reading import fires, matches
from tests.worlds import graph_of, story

CUCKOO = """
2025-03-03 10:00  Brother -> Ines  2,500  channel=wire debtor_country=PT
2025-04-03 10:00  Brother -> Ines  2,500  channel=wire debtor_country=PT
2025-05-02 10:00  -       -> Ines    900  channel=cash location=Wales
2025-05-02 15:00  -       -> Ines    900  channel=cash location=London
2025-05-05 11:00  -       -> Ines    750  channel=cash location=Wales
"""
"""2,550 pounds are 2 % more than 2,500."""

LOOK_ALIKES: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "R-STUD": (CUCKOO, {"Ines": {"kind": "personal", "occupation": "student"}}),
    "R-CASHBIZ": (
        """
2025-03-03 10:00  Export -> Shop  2,500  channel=wire debtor_country=PT
2025-04-03 10:00  Export -> Shop  2,500  channel=wire debtor_country=PT
2025-05-02 18:00  -      -> Shop    800  channel=cash location=Wales
2025-05-03 18:00  -      -> Shop    900  channel=cash location=Wales
2025-05-05 18:00  -      -> Shop    800  channel=cash location=Wales
""",
        {"Shop": {"kind": "business", "occupation": "convenience store"}},
    ),
}
"""Told apart by a suppressor alone: code, story, what the bank knows of the account."""


def test_cash_in_place_of_a_wire_exactly_at_the_thresholds() -> None:
    (match,) = matches("L02", CUCKOO)
    assert match["subject"] == "Ines"
    assert match["value"] == 255_000
    assert match["evidence"] == {"expected": ["t0", "t1"], "cash": ["t2", "t3", "t4"]}
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"credits": 3, "below": 90_000, "sum": 255_000, "apart": 0.02, "history": 2, "arrived": 0}
    assert match["measures"]["below"]["threshold"] == 99_999


def test_the_explanation_says_what_was_expected_and_accuses_nobody() -> None:
    (match,) = matches("L02", CUCKOO)
    said = match["explanation"]
    assert said.startswith(
        "Account Ines was paid £2,550.00 in 3 cash credits, between 2 May 2025 and 5 May 2025, each "
    )
    assert "each below the line of £1,000.00 ('" in said
    assert "account Brother, at a bank abroad, had sent it 2 credits, the last on 3 April 2025;" in said
    assert (
        "the cash comes within 2 % of the middle one of these, £2,500.00. While the cash was paid in, nothing came"
        in said
    )
    assert "It was paid in at places in 2 regions." in said
    assert said.endswith("The holder may have been promised this money and know nothing of where it came from.")


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("credits: two", "Ines    900  channel=cash location=London", "Luis 900 channel=cash"),
        ("apart: a penny more than 2 %", "Ines    750", "Ines    750.01"),
        ("below: one reaches the line", "Ines    900  channel=cash location=W", "Ines 1,000 channel=cash location=W"),
        ("sum: it stays below the line", "2,500", "700"),
        ("history: one wire", "2025-03-03 10:00  Brother", "2025-03-03 10:00  Cousin"),
        ("history: the wires came from home", "debtor_country=PT", "debtor_country=GB"),
        ("history: the first wire is 180 days older than the window", "2025-03-03 10:00", "2024-10-27 11:00"),
        ("window: the first cash is exactly ten days old", "2025-05-02 10:00", "2025-04-25 11:00"),
        ("third party: paid in by her own other account", "-       -> Ines    900", "Savings -> Ines    900"),
    ],
)  # fmt: skip
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in CUCKOO
    links = {"Ines": {"party": "p"}, "Savings": {"party": "p"}}
    assert not fires("L02", CUCKOO.replace(old, new), links), gate


def test_a_line_that_the_sum_does_not_reach_is_nothing_to_stay_below() -> None:
    """Three notes of 315 pounds for a wire of 950: no line was in the way."""
    small = CUCKOO.replace("2,500", "950").replace("900", "315").replace("750", "315")
    assert not fires("L02", small)


def test_when_the_wire_comes_after_all_it_was_no_swap() -> None:
    assert not fires("L02", CUCKOO + "2025-05-05 10:59  Brother -> Ines  2,500  channel=wire debtor_country=PT\n")


def test_a_wire_of_another_sender_does_not_matter() -> None:
    assert fires("L02", CUCKOO + "2025-05-05 10:59  Cousin -> Ines  90  channel=wire debtor_country=FR\n")


def test_the_sum_is_compared_with_what_was_received() -> None:
    """Sent in euros, and received in pounds at the bank's own rate; ours (0.85) would make less of it."""
    told = story(CUCKOO.replace("2,500  channel=wire", "2,900 currency=EUR channel=wire"))
    assert by_id("L02").find(graph_of(told)).match.height == 0
    received = {"credited_amount": 250_000, "credited_currency": "GBP"}
    told = [row | (received if row["channel"] == "wire" else {}) for row in told]
    assert by_id("L02").find(graph_of(told)).match["subject"].to_list() == ["Ines"]


def test_a_relative_with_one_address_is_no_stranger() -> None:
    """Her daughter, at the same address, pays in for her."""
    family = CUCKOO.replace("-       -> Ines", "Rosa    -> Ines")
    home = {name: {"address_hash": "12 Elm Road"} for name in ("Rosa", "Ines")}
    assert not fires("L02", family, home)


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_what_only_a_suppressor_tells_apart(code: str) -> None:
    """Suppressed by R-STUD and R-CASHBIZ: the transfers alone look the same."""
    text, links = LOOK_ALIKES[code]
    assert fires("L02", text, links)
