"""S16: an agency sells papers to eight strangers and buys none; and agencies that buy what they sell."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.reading_days import gates, judged, matches

FEES = """
2025-05-03 09:12  Anh   -> Agency  1,000 reference=visa
2025-05-04 10:40  Binh  -> Agency  1,000 reference=work_permit
2025-05-06 18:03  Chi   -> Agency  1,000
2025-05-09 08:00  Dung  -> Agency  1,000 reference=documents
2025-05-11 21:30  Giang -> Agency  1,000
2025-05-15 12:15  Hoa   -> Agency  1,000 reference=visa
2025-05-19 07:45  Khanh -> Agency  1,000
2025-05-28 16:20  Linh  -> Agency  1,000
2025-05-12 11:00  Agency -> Forger   900 reference=as_agreed
2025-05-27 11:00  Agency -> Forger 1,500
"""
AGENCY: dict[str, dict[str, Any]] = {"Agency": {"kind": "business", "occupation": "visa agent"}}


def test_eight_strangers_buying_papers_are_found_exactly_at_the_threshold() -> None:
    (match,) = matches("S16", FEES, AGENCY)
    assert match["subject"] == "Agency"
    assert match["value"] == 800_000
    assert match["evidence"] == {"credit": [f"t{place}" for place in range(8)]}
    assert gates(match) == {
        "payers": 8,
        "value": 800_000,
        "first_share": 1.0,
        "one_shot_share": 1.0,
        "fee_low": 100_000,
        "fee_high": 100_000,
        "uniform_share": 1.0,
        "provided_share": 0.0,
    }


def test_the_explanation_says_what_was_taken_and_what_was_bought() -> None:
    (match,) = matches("S16", FEES + "2025-05-20 10:00  Agency -> Embassy 400 reference=visa_fee\n", AGENCY)
    said = match["explanation"]
    assert said.startswith("Account Agency, whose holder is registered as 'visa agent', was paid £8,000.00 by 8 payers")
    assert "between 3 May 2025 and 28 May 2025." in said
    assert (
        "All of the credits lie near one of two unit prices or a small multiple of one; the middle one is £1,000.00."
        in said
    )
    assert "payments of £400.00 that say visa, papers, course or ticket, 5 % of what it took" in said


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("payers: seven, one of them twice", "Linh ", "Anh"),
        ("value: one penny short", "Linh  -> Agency  1,000", "Linh  -> Agency    999.99"),
        ("window: the first fee is exactly 30 days old", "2025-05-28 16:20", "2025-06-02 09:12"),
        ("a fee paid by card", "Linh  -> Agency  1,000", "Linh  -> Agency  1,000 channel=card"),
        ("a fee in cash", "Linh  -> Agency  1,000", "-  -> Agency  1,000 channel=cash"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in FEES
    assert not matches("S16", FEES.replace(old, new), AGENCY), gate


@pytest.mark.parametrize(
    ("trade", "expected"),
    [("travel agent", 1), ("Ticket agent", 1), ("education agent", 1), ("landlord", 0), (None, 0)],
)
def test_only_agencies_are_looked_at(trade: str | None, expected: int) -> None:
    links: dict[str, dict[str, Any]] = {"Agency": {"occupation": trade}, "Anh": {"occupation": "cook"}}
    assert len(matches("S16", FEES, links)) == expected


@pytest.mark.parametrize(("price", "expected"), [("400", 1), ("399.99", 0), ("6,000", 1), ("6,000.01", 0)])
def test_the_middle_fee_must_be_a_seat_price(price: str, expected: int) -> None:
    assert len(matches("S16", FEES.replace("1,000", price), AGENCY, value=1)) == expected


def uneven(equal: int) -> str:
    """Return ten fees of which so many are at one price; the others are more than 5 % apart, and none is a multiple."""
    prices = [1_640] * equal + [1_000, 1_070, 1_150, 1_235, 1_325, 1_420, 1_525, 1_760][: 10 - equal]
    return "2025-05-12 08:00  Agency -> Staff 10 reference=tea\n" + "".join(
        f"2025-05-{day + 13:02d} 09:12  Client{day} -> Agency {price}\n" for day, price in enumerate(prices)
    )


@pytest.mark.parametrize(("equal", "expected"), [(3, 1), (2, 0)])
def test_four_fees_in_ten_are_at_one_of_two_prices(equal: int, expected: int) -> None:
    """One of the other prices is the second unit: four of ten are exactly enough, three are not."""
    found = matches("S16", uneven(equal), AGENCY)
    assert len(found) == expected
    for match in found:
        assert gates(match)["uniform_share"] == 0.4


def known(number: int) -> str:
    names = ["Anh", "Binh", "Chi", "Dung"][:number]
    return "".join(f"2025-02-01 12:00  {name} -> Agency 20\n" for name in names)


@pytest.mark.parametrize(("acquaintances", "expected"), [(2, 1), (3, 0)])
def test_most_clients_must_be_new(acquaintances: int, expected: int) -> None:
    """Six of eight are 75 %, five of eight 62.5 %; the mark is 70 %."""
    assert len(matches("S16", known(acquaintances) + FEES, AGENCY)) == expected


@pytest.mark.parametrize(("regulars", "expected"), [(1, 1), (2, 0)])
def test_most_clients_must_pay_only_a_few_times(regulars: int, expected: int) -> None:
    extra = "".join(
        f"2025-05-20 0{hour}:00  {name} -> Agency 1,000\n" for name in ("Anh", "Binh")[:regulars] for hour in (1, 2, 3)
    )
    assert len(matches("S16", FEES + extra, AGENCY)) == expected


@pytest.mark.parametrize(("bought", "expected"), [("1,599.99", 1), ("1,600", 0)])
@pytest.mark.parametrize("what", ["reference=visa_fee", "reference=passport", "merchant_category=9399"])
def test_an_agency_that_buys_a_fifth_of_what_it_takes_is_not_found(bought: str, expected: int, what: str) -> None:
    """Embassies and visa centres, by words or by kind of office."""
    assert len(matches("S16", FEES + f"2025-05-26 10:00  Agency -> Centre {bought} {what}\n", AGENCY)) == expected


def test_a_college_agent_who_pays_tuition_and_a_ticket_agent_who_pays_airlines_are_not_found() -> None:
    for trade, words in (("education agent", "course_fee"), ("ticket agent", "flights")):
        onward = f"2025-05-26 10:00  Agency -> Provider 5,800 reference={words}\n"
        links = {"Agency": {"kind": "business", "occupation": trade}}
        assert matches("S16", FEES, links)
        assert not matches("S16", FEES + onward, links)


def test_without_references_it_says_what_it_needs() -> None:
    words = ("reference=visa", "reference=work_permit", "reference=documents", "reference=as_agreed")
    silent = FEES
    for word in words:
        silent = silent.replace(word, "")
    assert not matches("S16", silent, AGENCY)


SILENT = "".join(
    f"2025-{day} 11:00  Agency -> Centre{place % 2} 850\n"
    for place, day in enumerate(("05-07", "05-08", "05-10", "05-13", "05-15", "05-19", "05-23", "05-28"))
)
LONG_DID_SO = "".join(
    f"2025-03-{day:02d} 09:00  Old{day} -> Agency 500\n2025-03-{day + 3:02d} 09:00  Agency -> Centre{day % 2} 425\n"
    for day in range(1, 13)
)

LOOK_ALIKES = {
    # suppressed by R-AGENT: a licensed agent whose bank writes no words pays each fee on within days, and long did so
    "R-AGENT": (LONG_DID_SO + FEES + SILENT, AGENCY),
}


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_what_only_a_suppressor_can_tell(code: str) -> None:
    text, links = LOOK_ALIKES[code]
    found = judged("S16", text, links)
    assert found
    for match in found:
        assert match["suppressors"] == [code]
        assert match["score"] < match["unsuppressed_score"]
