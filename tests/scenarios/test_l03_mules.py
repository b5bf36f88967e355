"""L03: money in, money out, the same hour, on two days; and what only looks like it."""

from __future__ import annotations

import pytest

from tests.scenarios.reading import fires, matches

TWO_DAYS = """
2025-06-02 10:00  Victim  -> Mule  1,000
2025-06-02 10:40  Mule    -> Hop1    500
2025-06-02 11:00  Mule    -> Hop2    450
2025-06-03 14:00  Sender  -> Mule  1,000
2025-06-03 14:30  Mule    -> Hop3    850
"""
"""£2,000 came, £1,800 left within the hour; £200, a tenth, was kept: exactly at the mark."""


def test_two_days_of_money_straight_through_are_found_exactly_at_the_threshold() -> None:
    (match,) = matches("L03", TWO_DAYS)
    assert match["subject"] == "Mule"
    assert match["value"] == 200_000
    assert match["evidence"] == {"in": ["t0", "t3"], "out": ["t1", "t2", "t4"]}
    measures = match["measures"]
    assert (measures["days"]["value"], measures["retained_share"]["value"]) == (2, 0.1)
    assert measures["quick_share"]["value"] == pytest.approx(0.875)


def test_the_explanation_names_the_account_the_money_and_the_pace() -> None:
    (match,) = matches("L03", TWO_DAYS)
    assert match["explanation"].startswith(
        "Account Mule took £2,000.00 in 2 credits from accounts with no known tie to it, "
        "between 2 June 2025 and 3 June 2025. 88 % of it left within 24 hours, 88 % within 60 minutes; money that "
        "left so soon came on 2 days. 10 % of what came in was kept. All of what went out went to payees new to the "
        "account."
    )


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("retained: one penny more was kept", "Hop3    850", "Hop3    849.99"),
        ("days: both on one day", "2025-06-03", "2025-06-02"),
        ("credit: one penny too small to count", "Sender  -> Mule  1,000", "Sender  -> Mule  499.99"),
        ("window: the first exactly seven days before the last", "2025-06-03 14:", "2025-06-09 14:"),
        ("the second is pay by the bank itself", "Sender  -> Mule  1,000", "Sender  -> Mule  1,000 channel=internal"),
        ("the second is cash paid in", "Sender  -> Mule  1,000", "-       -> Mule  1,000 channel=cash"),
        ("the second is the mule's own", "Sender  -> Mule  1,000", "Mule    -> Mule  1,000"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in TWO_DAYS
    assert not fires("L03", TWO_DAYS.replace(old, new)), gate


SLOW = """
2025-06-02 10:00  Victim  -> Mule  1,000
2025-06-03 10:00  Mule    -> Hop1    900
2025-06-05 10:00  Sender  -> Mule  1,000
2025-06-06 09:00  Mule    -> Hop2    900
"""
"""Nothing leaves within the hour; £1,800 of £2,000 within a day. £100 of each, the first exactly 24 hours after."""


def test_a_slower_mule_is_found_by_the_other_mark_exactly_at_the_threshold() -> None:
    """First in, first out: the second debit takes the £100 left of the first credit, too late, and £800 of the second.

    So of £2,000 only £1,700 left within a day: 85 %. With £1,000 taken at once on the first day it is 90 %.
    """
    assert not fires("L03", SLOW)
    exact = SLOW.replace("Hop1    900", "Hop1  1,000").replace("Hop2    900", "Hop2    800")
    (match,) = matches("L03", exact, slow_share=0.8)
    assert match["measures"]["slow_share"]["value"] == 0.9
    assert fires("L03", SLOW.replace("Hop1    900", "Hop1  1,000"))


def test_one_microsecond_after_a_day_is_too_late() -> None:
    both = SLOW.replace("Hop1    900", "Hop1  1,000").replace("Hop2    900", "Hop2  1,000")
    assert fires("L03", both)
    assert not fires("L03", both.replace("2025-06-03 10:00", "2025-06-03 10:00:00.000001"))


@pytest.mark.parametrize(("clock", "expected"), [("15:00", True), ("15:00:00.000001", False)])
def test_quick_is_an_hour_and_not_a_microsecond_more(clock: str, expected: bool) -> None:
    text = TWO_DAYS.replace("14:30", clock).replace("2025-06-02 10:00", "2025-06-02 08:00")
    # The first day's money left after two hours: only the second day's can be quick.
    assert fires("L03", text, quick_share=0.4, slow_share=1.0, days=1) is expected


def test_a_debit_before_the_credit_passes_nothing_on() -> None:
    """A debit that finds the queue empty is paid from what was there before."""
    text = TWO_DAYS.replace("14:30", "13:59")
    assert not fires("L03", text)


def test_an_account_holder_moving_money_between_banks_is_known() -> None:
    links = {name: {"party": "one person"} for name in ("Mule", "Victim", "Sender")}
    assert not fires("L03", TWO_DAYS, links)


def test_pay_day_from_an_employer_of_many_months_is_known() -> None:
    """Pay comes and the rent leaves at once; after some months the employer is no stranger."""
    months = range(1, 7)
    pay = "".join(
        f"2025-{month:02d}-28 09:00 Employer -> Worker 1,000\n2025-{month:02d}-28 09:05 Worker -> Landlord 1,000\n"
        for month in months
    )
    twice = pay + "2025-06-29 09:00 Employer -> Worker 1,000\n2025-06-29 09:05 Worker -> Landlord 1,000\n"
    assert not fires("L03", twice)


def test_one_house_purchase_is_one_day() -> None:
    house = "2025-06-02 10:00 Buyer -> Solicitor 300,000\n2025-06-02 10:30 Solicitor -> Seller 300,000\n"
    assert not fires("L03", house)


def test_a_small_credit_next_week_does_not_repeat_the_match() -> None:
    """The evidence would be the same, and so would be the id."""
    text = TWO_DAYS + "2025-06-05 09:00  Friend -> Mule 5\n2025-06-06 09:00  Friend -> Mule 5\n"
    text = text.replace("Hop3    850", "Hop3    950")
    ids = [match["match_id"] for match in matches("L03", text)]
    assert ids
    assert len(set(ids)) == len(ids)


def test_a_longer_quick_mark_than_the_slow_one_is_honoured() -> None:
    later = "2025-06-02 10:00 Victim -> Mule 1,000\n2025-06-02 15:00 Mule -> Hop 1,000\n"
    assert fires("L03", later, quick_minutes=600, slow_hours=1, days=1)
