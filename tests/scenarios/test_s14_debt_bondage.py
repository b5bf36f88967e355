"""S14: five newcomers pay a fifth of their wages to one collector; and what only looks like it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.scenarios.reading import fires, matches

Links = dict[str, dict[str, Any]]

WEEKS = ("2025-02-07", "2025-02-14", "2025-02-21", "2025-02-28", "2025-03-07")
PAYERS = ("An", "Binh", "Chi", "Dung", "Em")


def bonded(payers: tuple[str, ...] = PAYERS, part: str = "60") -> str:
    """Return five weeks of wages and, from the third on, a part of each: exactly two weeks after the first."""
    lines = ["2025-01-10 09:00  Town -> Shop 1"]
    for minute, payer in enumerate(payers):
        lines += [f"{week} 09:0{minute}  Nails -> {payer} 400" for week in WEEKS]
        lines += [f"{week} 09:0{minute}  {payer} -> Boss {part}" for week in WEEKS[2:]]
    return "\n".join(lines)


def test_five_newcomers_are_found_exactly_at_the_threshold() -> None:
    (match,) = matches("S14", bonded())
    assert match["subject"] == "Boss"
    assert match["value"] == 5 * 3 * 6_000
    assert {role: len(ids) for role, ids in match["evidence"].items()} == {
        "first activity": 5,
        "income": 10,
        "repayment": 15,
    }
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"payers": 5, "income_share": 0.15, "start_low": 14.0, "start_high": 14.0}
    said = match["explanation"]
    assert said.startswith("Account Boss was paid £900.00 in regular, near-equal payments by 5 payers")
    assert "came 14 days after the first activity" in said
    assert "Each paid it 15 % or more of what came in on its own account between these payments." in said
    assert "The payers may be victims" in said
    assert said.endswith("All of them are paid by one and the same payer, or share one address.")


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("share: a penny less of Em's wages", "Em -> Boss 60", "Em -> Boss 59.99"),
        ("start: a minute short of two weeks", "2025-02-21 09:04  Em -> Boss", "2025-02-21 09:03  Em -> Boss"),
        ("three payments: the last one goes elsewhere", "2025-03-07 09:04  Em -> Boss", "2025-03-07 09:04  Em -> Shop"),
        ("pause: nearly five days", "2025-03-07 09:04  Em -> Boss", "2025-03-05 09:03  Em -> Boss"),
        ("near-equal: one in three is a tenth and a penny more", "2025-03-07 09:04  Em -> Boss 60",
         "2025-03-07 09:04  Em -> Boss 66.01"),
        ("no income: cash work", "Nails -> Em", "Nails -> Em2"),
        ("Em was active before", "2025-01-10 09:00  Town -> Shop 1", "2025-01-10 09:00  Em -> Shop 1"),
        ("the data begin 28 days before but for a minute", "2025-01-10 09:00", "2025-01-10 09:05"),
        ("collected by direct debit, as a lender does", "Em -> Boss 60", "Em -> Boss 60 channel=direct_debit"),
    ],
)  # fmt: skip
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in bonded()
    assert not fires("S14", bonded().replace(old, new)), gate


def test_four_payers_are_too_few() -> None:
    assert not fires("S14", bonded(PAYERS[:4]))


@pytest.mark.parametrize(("opened", "expected"), [("2025-01-11", True), ("2025-01-10", False), ("2019-05-01", False)])
def test_the_day_of_opening_decides_where_it_is_known(opened: str, expected: bool) -> None:
    """Em's first wage came on 7 February at 09:04: 28 days before that, 10 January had begun nine hours ago."""
    links: Links = {"Em": {"opened": date.fromisoformat(opened)}}
    assert fires("S14", bonded(), links) is expected


def test_payments_may_start_twelve_weeks_after_the_first_wage_and_no_later() -> None:
    early = bonded().replace("2025-01-10", "2024-10-01")
    first = "2024-11-29 09:04  Nails -> Em 400\n"
    assert fires("S14", f"{early}\n{first}")
    assert not fires("S14", f"{early}\n{first.replace('09:04', '09:03')}")


def test_a_family_helps_its_own() -> None:
    assert not fires("S14", bonded(), {name: {"address_hash": "1 Elm Road"} for name in ("Em", "Boss")})


def test_a_device_shared_with_the_collector_is_no_family_tie() -> None:
    (match,) = matches("S14", bonded(), {name: {"device_hash": "x"} for name in ("Em", "Boss")})
    assert match["measures"]["devices"]["value"] == 1
    assert "1 payer shares a device with the collector." in match["explanation"]


def test_tenants_who_have_long_banked_here_are_no_newcomers() -> None:
    settled = "".join(f"2025-01-1{day} 12:00  Shop -> {payer} 5\n" for day, payer in enumerate(PAYERS))
    assert not fires("S14", bonded() + "\n" + settled)


RENT = bonded(part="120") + "\n2025-03-08 12:00  Boss -> Building_society 700 reference=mortgage"
CIRCLE = bonded(part="80") + "".join(
    f"\n{week} 12:0{turn}  Boss -> {payer} 400 reference=pardner"
    for turn, (week, payer) in enumerate(zip(WEEKS, PAYERS, strict=True))
)

LOOK_ALIKES: dict[str, tuple[str, Links]] = {"R-LAND": (RENT, {}), "R-ROSCA": (CIRCLE, {})}
"""Newcomers who rent from one landlord, and who save in one circle. Suppressed by R-LAND and R-ROSCA."""


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_what_only_a_suppressor_tells_apart_fires(code: str) -> None:
    text, links = LOOK_ALIKES[code]
    assert fires("S14", text, links)
