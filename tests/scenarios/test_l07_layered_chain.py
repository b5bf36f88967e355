"""L07: money hops along a line of accounts within a day each; and what only looks like it."""

from __future__ import annotations

import pytest

from tests.scenarios.reading import fires, matches

LINE = """
2025-07-01 09:00  Source -> Mule1  1,000
2025-07-02 09:00  Mule1  -> Mule2    850
2025-07-02 15:00  Mule2  -> End      722.50
"""
"""Three transfers; one exactly a day after the one before; each exactly 85 %, so that exactly 15 % is kept."""


def test_a_line_of_three_is_found_exactly_at_the_threshold() -> None:
    (match,) = matches("L07", LINE)
    assert match["subject"] == "Source"
    assert match["value"] == 100_000
    assert match["evidence"] == {"opening": ["t0"], "hop": ["t1", "t2"]}
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {
        "hops": 3,
        "hop_hours": 24,
        "share_low": 0.85,
        "share_high": 0.85,
        "retained_share": 0.15,
        "value": 72_250,
    }
    assert match["explanation"] == (
        "Account Source sent £1,000.00 along a line of 3 transfers, between 1 July 2025 and 2 July 2025: by way of "
        "account Mule1 and account Mule2, to account End. Each account on the way passed on 85 % of what it got, at "
        "most 24.0 hours later, and kept at most 15 % of all that it was paid from the beginning of that day on."
    )


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("hops: two", "Mule2  -> End ", "Other  -> End "),
        ("a hop too late", "2025-07-02 09:00", "2025-07-02 09:00:00.000001"),
        ("a penny too little", "722.50", "722.49"),
        ("more than it got", "722.50", "850.01"),
        ("back to whom it came from", "-> End ", "-> Mule1"),
        ("the line comes back to its source", "-> End ", "-> Source "),
        ("by card", "722.50", "722.50 channel=card"),
        ("a salary's channel: direct debit", "722.50", "722.50 channel=direct_debit"),
        (
            "a penny of its own came the same day",
            "2025-07-02 15:00",
            "2025-07-01 00:00  X -> Mule1 0.01\n2025-07-02 15:00",
        ),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in LINE
    assert not fires("L07", LINE.replace(old, new)), gate


def test_the_smallest_transfer_counts_to_the_penny() -> None:
    line = LINE.replace("1,000", "130").replace("850", "115").replace("722.50", "100")
    assert fires("L07", line)
    assert not fires("L07", line.replace("End      100", "End      99.99"))


def test_money_of_the_day_before_is_no_part_of_it() -> None:
    assert fires("L07", LINE + "2025-06-30 23:59:59.999999  Job -> Mule1 2,000\n")


def test_waves_along_one_line_are_one_match() -> None:
    first = LINE.replace("07-01", "07-03").replace("07-02", "07-04")
    (match,) = matches("L07", first + LINE.replace("07-02", "07-08").replace("07-01", "07-07"))
    assert match["evidence"] == {"opening": ["t0", "t3"], "hop": ["t1", "t2", "t4", "t5"]}
    assert match["value"] == 200_000
    assert match["measures"]["waves"]["value"] == 2
    assert "in 2 sums along a line" in match["explanation"]
    assert match["score"] > matches("L07", LINE)[0]["score"]


def test_a_longer_line_stands_beside_another_of_the_same_source() -> None:
    other = LINE.replace("Mule", "Helper").replace("End", "Far")
    longer = LINE + "2025-07-02 16:00  End -> Last 700\n" + other
    assert sorted(match["measures"]["hops"]["value"] for match in matches("L07", longer)) == [3, 4]


def test_banks_on_the_way_raise_the_score() -> None:
    banks = LINE.replace("850\n", "850 creditor_institution=B\n").replace("722.50", "722.50 creditor_institution=A")
    (match,) = matches("L07", banks)
    assert match["measures"]["institutions"]["met"]
    assert "The line crosses 2 banks." in match["explanation"]


# What looks like it


def test_own_accounts_are_no_line() -> None:
    """R-OWN: one's own money over three accounts of one's own."""
    assert not fires("L07", LINE, {name: {"party": "me"} for name in ("Source", "Mule1", "Mule2")})


def test_a_treasury_that_pools_four_branches_passes_on_a_sum_no_branch_sent() -> None:
    pool = "".join(f"2025-07-04 16:0{i}  Branch{i} -> Pool 1,000\n" for i in range(4))
    assert not fires("L07", pool + "2025-07-04 17:00 Pool -> Top 3,900\n2025-07-04 18:00 Top -> Bank 3,800\n")


def test_a_solicitor_holds_other_clients_money_too() -> None:
    """A house sale completes through two solicitors in a morning; each is paid for others the same day."""
    sale = LINE.replace("1,000", "200,000").replace("850", "199,000").replace("722.50", "198,000")
    assert fires("L07", sale)
    others = "2025-07-02 08:00  Buyer2 -> Mule1 90,000\n2025-07-02 08:30  Buyer3 -> Mule2 120,000\n"
    assert not fires("L07", sale + others)
