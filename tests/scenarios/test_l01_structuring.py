"""L01: cash paid in just under a line, and what only looks like it."""

from __future__ import annotations

import pytest

from tests.scenarios.reading import fires, matches

DEPOSITS = """
2025-03-03 09:30  -  -> Shop  990 channel=cash location=Dover
2025-03-04 11:15  -  -> Shop  950 channel=cash location=Dover
2025-03-04 15:45  -  -> Shop  800 channel=cash location=Deal
"""


def test_three_deposits_just_under_a_thousand_are_found_exactly_at_the_threshold() -> None:
    (match,) = matches("L01", DEPOSITS)
    assert match["subject"] == "Shop"
    assert match["value"] == 274_000
    assert match["evidence"] == {"just under": ["t0", "t1", "t2"]}
    assert match["measures"]["credits"]["value"] == 3
    assert match["measures"]["line"]["value"] == 100_000
    assert match["measures"]["places"]["value"] == 2


def test_the_explanation_names_the_account_the_money_and_the_line() -> None:
    (match,) = matches("L01", DEPOSITS)
    said = match["explanation"]
    assert said.startswith(
        "Account Shop was paid £2,740.00 in 3 cash credits, between 3 March 2025 and 4 March 2025, "
        "each below the line of £1,000.00 ('"
    )
    assert "3 of them lie just under that line, at £800.00 or more." in said
    assert "On one day money was paid in at 2 places." in said


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("credits: the third is a penny too far below", "Shop  800", "Shop  799.99"),
        ("credits: the third reaches the line", "Shop  800", "Shop  1,000"),
        ("window: the first is exactly five days old", "2025-03-03 09:30", "2025-02-27 15:45"),
        ("the third is no cash", "800 channel=cash", "800 channel=credit_transfer"),
        ("the third is in another currency", "800 channel=cash", "800 currency=EUR channel=cash"),
        ("the third is moved by the shop itself", "-  -> Shop  800", "Shop  -> Shop  800"),
        ("the third is paid out, not in", "-  -> Shop  800", "Shop  -> -  800"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in DEPOSITS
    # The other way to hold is put out of reach.
    assert not fires("L01", DEPOSITS.replace(old, new), sum_share=100.0), gate


def test_one_microsecond_inside_the_five_days_counts() -> None:
    assert fires("L01", DEPOSITS.replace("2025-03-03 09:30", "2025-02-27 15:45:00.000001"), sum_share=100.0)


@pytest.mark.parametrize(("last", "expected"), [("200", True), ("199.99", False)])
def test_credits_that_together_cross_the_line_clearly(last: str, expected: bool) -> None:
    """£1,200 together, each below £1,000, in an account that has shown three deposits just under it before."""
    later = "2025-04-07 10:00 - -> Shop 700 channel=cash\n2025-04-07 11:00 - -> Shop 300 channel=cash\n"
    found = matches("L01", DEPOSITS + later + f"2025-04-07 12:00 - -> Shop {last} channel=cash\n")
    by_sum = [match for match in found if "sum" in match["measures"]]
    assert bool(by_sum) is expected
    assert all(set(match["evidence"]) == {"below"} for match in by_sum)


def test_the_sum_does_not_count_once_a_credit_reaches_the_line() -> None:
    later = "2025-04-07 10:00 - -> Shop 1,000 channel=cash\n2025-04-07 11:00 - -> Shop 700 channel=cash\n"
    found = matches("L01", DEPOSITS + later + "2025-04-07 12:00 - -> Shop 700 channel=cash\n")
    assert [match["measures"]["credits"]["value"] for match in found] == [3]


@pytest.mark.parametrize(("above", "expected"), [(1, True), (2, False)])
def test_takings_on_both_sides_of_the_line_are_a_shop_s(above: int, expected: bool) -> None:
    """Three just under and one just above are three times as many; with two above it is one and a half."""
    takings = "".join(f"2025-02-{day} 17:00 - -> Shop 1,100 channel=cash\n" for day in range(10, 10 + above))
    assert fires("L01", takings + DEPOSITS) is expected


def test_an_amount_far_above_the_line_is_no_counterexample() -> None:
    takings = "".join(f"2025-02-{day} 17:00 - -> Shop 1,200 channel=cash\n" for day in range(10, 16))
    assert fires("L01", takings + DEPOSITS)


def test_wages_paid_by_ordinary_transfer_are_not_looked_at() -> None:
    assert not fires("L01", DEPOSITS.replace("channel=cash", "channel=credit_transfer"))


@pytest.mark.parametrize(("currency", "expected"), [("GBP", True), ("EUR", False), ("USD", False)])
def test_a_line_holds_in_its_own_currency(currency: str, expected: bool) -> None:
    """No line of €1,000 or $1,000 is in the table; without conversion these are just amounts."""
    text = DEPOSITS.replace("channel=cash", f"channel=cash currency={currency}")
    assert fires("L01", text) is expected


def test_three_thousand_dollars_by_wire() -> None:
    wires = "".join(f"2025-03-0{day} 10:00 X -> Y 2,900 channel=wire currency=USD\n" for day in (3, 4, 5))
    (match,) = matches("L01", wires)
    assert match["measures"]["line"]["value"] == 300_000
    assert "US$8,700.00 in 3 wire credits" in match["explanation"]
    assert not fires("L01", wires.replace("wire", "cash")), "the line is one for wires"
    assert not fires("L01", wires.replace("2,900", "9,800")), "the line of $10,000 is one for cash"


@pytest.mark.parametrize(("year", "expected"), [(2025, False), (2028, True)])
def test_a_line_that_is_not_yet_law_is_not_named(year: int, expected: bool) -> None:
    """The cap of 10,000 euros applies from 10 July 2027 on."""
    cash = "".join(f"{year}-03-0{day} 10:00 - -> Y 9,800 channel=cash currency=EUR\n" for day in (3, 4, 5))
    assert fires("L01", cash) is expected


def test_nothing_just_above_the_line_satisfies_any_excess() -> None:
    """Two are at least three times none; the measure must say so too."""
    (match,) = matches("L01", DEPOSITS.replace("800", "100"), credits=2, excess=3)
    assert match["measures"]["excess"]["met"]


def test_a_share_that_binary_fractions_cannot_hold_is_exact_in_the_measures() -> None:
    """£1,100 is 1.1 times the line exactly; and £553 is just under it from 0.553 on."""
    before = "".join(f"2025-02-0{day} 17:00 - -> Shop 900 channel=cash\n" for day in (1, 2, 3))
    later = "2025-03-03 09:00 - -> Shop 550 channel=cash\n2025-03-03 10:00 - -> Shop 550 channel=cash\n"
    by_sum = [match for match in matches("L01", before + later, sum_share=1.1) if "sum" in match["measures"]]
    assert [match["measures"]["sum"]["met"] for match in by_sum] == [True]
    pair = "2025-03-03 09:00 - -> Shop 553 channel=cash\n2025-03-03 10:00 - -> Shop 553 channel=cash\n"
    (match,) = matches("L01", pair, credits=2, near_share=0.553, excess=1)
    assert match["measures"]["credits"]["value"] == 2


def test_a_later_credit_over_the_line_does_not_repeat_the_match() -> None:
    """A period's match is new only if its evidence is; two matches with one id would be counted twice."""
    again = "2025-03-08 08:00 - -> Shop 5,000 channel=cash\n"
    found = matches("L01", DEPOSITS + again)
    ids = [match["match_id"] for match in found]
    assert len(set(ids)) == len(ids)


def test_the_explanation_states_the_lookback_that_was_used() -> None:
    (match,) = matches("L01", DEPOSITS, lookback_days=90)
    assert "180 days" not in match["explanation"]
