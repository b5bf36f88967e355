"""The plain-Python gates themselves: a clear hit and a near miss each, so that they can fail."""

from __future__ import annotations

from tests.simulate.gates import (
    DAY,
    Move,
    fan_out_holds,
    pass_through_holds,
    seat_fees_hold,
    structuring_holds,
)


def fees(payers: int, amount: int = 150_000) -> list[Move]:
    return [Move(i * DAY, f"p{i}", amount, True, "credit_transfer") for i in range(payers)]


def test_seat_fees_need_eight_payers_and_the_band() -> None:
    assert seat_fees_hold(fees(8))
    assert not seat_fees_hold(fees(7))
    assert not seat_fees_hold(fees(30, 39_000))


def test_structuring_needs_three_deposits_just_below_a_line() -> None:
    below = [Move(i * DAY, None, 95_000, True, "cash") for i in range(3)]
    above = [Move(9 * DAY + i, None, 105_000, True, "cash") for i in range(2)]
    assert structuring_holds(below)
    assert not structuring_holds(below[:2])
    assert not structuring_holds(below + above)


def test_pass_through_needs_two_days_and_little_kept() -> None:
    def day(number: int, out: int) -> list[Move]:
        start = number * DAY
        return [
            Move(start, "c", 100_000, True, "credit_transfer"),
            Move(start + 600, "o", out, False, "credit_transfer"),
        ]

    assert pass_through_holds(day(0, 95_000) + day(1, 95_000))
    assert not pass_through_holds(day(0, 95_000))
    assert not pass_through_holds(day(0, 80_000) + day(1, 80_000))


def test_fan_out_needs_five_new_payees_and_one_funding() -> None:
    funding = [Move(0, "o", 400_000, True, "credit_transfer")]
    payouts = [Move(3600 + i, f"p{i}", 70_000, False, "credit_transfer") for i in range(5)]
    assert fan_out_holds(funding + payouts)
    assert not fan_out_holds(funding + payouts[:4])
    assert not fan_out_holds(funding * 3 + payouts)
