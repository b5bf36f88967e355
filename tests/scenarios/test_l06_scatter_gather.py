"""L06: one account pays three, who all pass their part on to the same account; and what only looks like it."""

from __future__ import annotations

import pytest

from tests.scenarios.reading import fires, matches

SPLIT = """
2025-07-01 09:00  Source -> Mule1   500
2025-07-01 20:00  Source -> Mule2   300
2025-07-03 09:00  Source -> Mule3   200
2025-07-02 09:00  Mule1  -> Sink    400
2025-07-04 20:00  Mule2  -> Sink    240
2025-07-06 09:00  Mule3  -> Sink    160
"""
"""£1,000; the last part exactly 48 hours after the first, two passed on exactly 72 hours later, each exactly 80 %."""


def test_a_split_that_is_gathered_again_is_found_exactly_at_the_threshold() -> None:
    (match,) = matches("L06", SPLIT)
    assert match["subject"] == "Source"
    assert match["value"] == 100_000
    assert match["evidence"] == {"scatter": ["t0", "t1", "t2"], "gather": ["t3", "t4", "t5"]}
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {
        "intermediaries": 3,
        "share_low": 0.8,
        "share_high": 0.8,
        "value": 100_000,
        "scatter_hours": 48,
        "onward_hours": 72,
    }
    assert match["explanation"] == (
        "Account Source paid £1,000.00 to 3 accounts (Mule1, Mule2 and Mule3), which paid £800.00 to account Sink, "
        "between 1 July 2025 and 6 July 2025. Each passed on 80 % of what it received, at most 72.0 hours later."
    )


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("intermediaries: two", "Mule3", "Mule2"),
        ("a penny too little passed on", "Sink    160", "Sink    159.99"),
        ("too much passed on", "Sink    160", "Sink    204.01"),
        ("value: a penny short", "Mule1   500", "Mule1   499.99"),
        ("the last part comes too late", "2025-07-03 09:00", "2025-07-03 09:00:00.000001"),
        ("passed on too late", "2025-07-06 09:00", "2025-07-06 09:00:00.000001"),
        ("passed on before it came", "2025-07-06 09:00", "2025-07-03 08:59"),
        ("to another account", "Mule3  -> Sink ", "Mule3  -> Other"),
        ("back to the source", "-> Sink ", "-> Source "),
        ("pulled by the sink", "Sink    160", "Sink    160 channel=direct_debit"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in SPLIT
    assert not fires("L06", SPLIT.replace(old, new)), gate


def test_parts_may_be_passed_on_in_several_sums() -> None:
    (match,) = matches("L06", SPLIT + "2025-07-03 10:00 Mule1 -> Sink 50\n2025-07-03 11:00 Mule1 -> Sink 60\n")
    assert match["measures"]["share_high"]["value"] == 1.02


def test_one_split_does_not_hide_behind_a_larger_one() -> None:
    """Within one period, from the same source to the same sink: the second is what is left without the first."""

    def split(day: int, name: str, size: int) -> str:
        return "".join(
            f"2025-07-{day:02d} 09:0{i}  Source -> {name}{i} 400\n2025-07-{day:02d} 15:0{i}  {name}{i} -> Sink 380\n"
            for i in range(size)
        )

    found = matches("L06", split(1, "Mule", 3) + split(4, "Helper", 4))
    assert sorted(match["measures"]["intermediaries"]["value"] for match in found) == [3, 4]
    assert sorted(match["value"] for match in found) == [120_000, 160_000]


def test_fifty_other_payments_first_are_too_many() -> None:
    decoys = "".join(f"2025-07-03 10:{i:02d}  Mule3 -> Shop{i} 1\n" for i in range(50))
    assert not fires("L06", SPLIT + decoys)
    assert fires("L06", SPLIT + decoys.replace("Mule3 -> Shop0 1", "Shop0 -> Mule3 1"))


def test_mules_worked_from_one_device_raise_the_score() -> None:
    links = {name: {"device_hash": "one"} for name in ("Mule1", "Mule2")} | {"Mule3": {"device_hash": "two"}}
    (match,) = matches("L06", SPLIT, links)
    assert match["measures"]["linked"]["value"] == 2
    assert match["score"] > matches("L06", SPLIT, {name: {} for name in links} | {"X": {"party": "p"}})[0]["score"]
    assert "2 of the accounts in between share an attribute" in match["explanation"]


# What looks like it


def test_own_accounts_are_no_intermediaries() -> None:
    """R-OWN: one's own three accounts at three banks, and the rent from each."""
    assert not fires("L06", SPLIT, {name: {"party": "me"} for name in ("Source", "Mule1", "Mule2", "Mule3")})


def test_a_couple_that_shares_the_rent_is_two() -> None:
    """A household budget: the earner gives two others their part, and both pay the landlord."""
    assert not fires("L06", "\n".join(line for line in SPLIT.splitlines() if "Mule3" not in line))


def test_franchise_outlets_keep_a_margin() -> None:
    """They are paid for their sales and buy of one wholesaler; what they keep is wages, rent and profit."""
    sales = "".join(
        f"2025-07-01 06:0{i}  Head -> Outlet{i} 1,300\n2025-07-02 10:0{i}  Outlet{i} -> Depot 1,000\n" for i in range(6)
    )
    assert not fires("L06", sales)
    # An outlet that spends nearly all of its week on stock cannot be told apart: no suppressor covers it.
    assert fires("L06", sales.replace("1,000", "1,050"))
