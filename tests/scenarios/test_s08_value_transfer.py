"""S08: a rug shop takes sums from twenty-five people and pays fifteen others; and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.reading import fires, matches

FRONT: dict[str, dict[str, Any]] = {
    "Shop": {"kind": "business", "occupation": "rug shop", "registered_money_service": False}
}


def clients(number: int = 25, amount: str = "200") -> str:
    """Return what so many clients pay in, all on one morning."""
    return "".join(f"2025-04-01 09:00  Client{i}  -> Shop  {amount}\n" for i in range(1, number + 1))


def payouts(first: int, last: int, moment: str, amount: str = "300") -> str:
    """Return payments to families, numbered; the first three of them are clients' own."""
    names = [f"Client{i}" if i <= 3 else f"Family{i}" for i in range(first, last + 1)]
    return "".join(f"{moment}  Shop  -> {name}  {amount}\n" for name in names)


FIRST, SECOND = "2025-04-06 09:00", "2025-04-20 09:00"
BOOK = clients() + payouts(1, 9, FIRST) + payouts(10, 14, SECOND) + payouts(15, 15, "2025-04-21 09:00")
"""£5,000 came and £4,500 left, a tenth less; £2,700 of it after exactly five days; three of fifteen payees paid in."""


def test_a_book_exactly_at_every_threshold_is_found() -> None:
    (match,) = matches("S08", BOOK, FRONT)
    assert match["subject"] == "Shop"
    assert match["value"] == 500_000
    assert match["evidence"] == {"in": [f"t{i}" for i in range(25)], "out": [f"t{i}" for i in range(25, 40)]}
    assert match["detectable_at"] == match["ended_at"]
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {
        "payers": 25,
        "payees": 15,
        "balance_share": 0.1,
        "hold_days": 5.0,
        "overlap_share": 0.2,
        "registered": 0,
    }


def test_the_explanation_names_the_account_the_money_and_the_pace() -> None:
    (match,) = matches("S08", BOOK, FRONT)
    assert match["explanation"] == (
        "Account Shop took £5,000.00 and paid out £4,500.00, between 1 April 2025 and 21 April 2025. £5,000.00 of the "
        "money in came from 25 payers with no known tie to it, and it paid 15 payees with none. 20 % of these payees "
        "had also paid in. Half of the money in had left within 5.0 days, first in, first out. All of the clients' "
        "and cash credits are multiples of £10.00. Its holder stands on no register of money services that the bank "
        "knows."
    )


def test_a_front_whose_trade_has_no_suppliers_scores_higher() -> None:
    (plain,) = matches("S08", BOOK, FRONT)
    (front,) = matches("S08", BOOK.replace("Family15  300", "Family15  300  reference=thanks"), FRONT)
    assert front["score"] > plain["score"]
    assert (
        "Its declared trade sells goods, but nothing that it paid out is for any, by reference or kind of shop."
        in front["explanation"]
    )


@pytest.mark.parametrize(
    ("gate", "text"),
    [
        ("payers: 24, one of them twice", BOOK.replace("Client25 ", "Client24 ")),
        ("payees: 14", BOOK.replace("Family15", "Family14")),
        ("balance: one penny less went out", BOOK.replace("Family15  300", "Family15  299.99")),
        ("hold: half of it a microsecond longer", BOOK.replace("2025-04-06 09:00", "2025-04-06 09:00:00.000001")),
        ("overlap: a fourth payee had paid in", BOOK.replace("Family4", "Client4")),
        ("payers: one pulled, not pushed", BOOK.replace("Client25  -> Shop  200", "Client25 -> Shop 200 channel=card")),
        ("window: the clients came exactly 90 days before", BOOK.replace("2025-04-21 09:00", "2025-06-30 09:00")),
        ("not yet: the last payee is paid later on a day that began with another", BOOK.replace("04-21", "04-20")),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, text: str) -> None:
    assert text != BOOK
    assert not fires("S08", text, FRONT), gate


def test_clients_who_came_a_moment_less_than_ninety_days_before_count() -> None:
    assert fires("S08", BOOK.replace("2025-04-21 09:00", "2025-06-30 08:59:59.999999"), FRONT)


def test_without_a_register_nothing_is_said_of_one() -> None:
    (match,) = matches("S08", BOOK)
    assert "registered" not in match["measures"]
    assert match["explanation"].endswith("Whether its holder is a registered money service, the data do not say.")


def test_a_till_emptied_every_day_raises_the_score() -> None:
    daily = "".join(
        f"2025-04-{day:02d} 09:00  Client{day}  -> Shop  203\n2025-04-{day:02d} 17:00  Shop -> Family{day}  203\n"
        for day in range(1, 29)
    )
    (match,) = matches("S08", daily, FRONT)
    assert match["measures"]["emptied_share"]["met"]
    assert not match["measures"]["round_share"]["met"]


def test_a_registered_money_service_is_not_matched() -> None:
    """R-REGMSB: it is compared with its like; S09 still looks at it."""
    registered: dict[str, dict[str, Any]] = {"Shop": {"registered_money_service": True}}
    assert not fires("S08", BOOK, registered)


def test_a_savings_circle_pays_those_who_paid_in() -> None:
    """Thirty members pay £100 a month, and one of them has the pot: all payees are payers."""
    circle = "".join(f"2025-04-{turn:02d} 10:00  Member{i} -> Keeper 100\n" for turn in (1, 8, 15) for i in range(30))
    pots = "".join(f"2025-04-{2 + i:02d} 10:00  Keeper -> Member{i} 600\n" for i in range(15))
    assert not fires("S08", circle + pots)


def test_a_landlord_pays_few() -> None:
    rents = "".join(f"2025-0{m}-01 09:00  Tenant{i} -> Landlord 500\n" for m in (4, 5, 6) for i in range(30))
    costs = "".join(f"2025-0{m}-03 09:00  Landlord -> Lender 15,000 reference=mortgage\n" for m in (4, 5, 6))
    assert not fires("S08", rents + costs)


def _rents() -> str:
    """A landlord of thirty rooms in whose season of repairs fifteen tradesmen are paid."""
    months = "".join(f"2025-0{m}-01 09:00  Tenant{i} -> Keeper 500\n" for m in (4, 5, 6) for i in range(30))
    costs = "".join(
        f"2025-0{m}-04 09:00  Keeper -> Lender 10,000 reference=mortgage\n"
        f"2025-0{m}-04 09:05  Keeper -> Insurer 1,000 reference=insurance\n"
        for m in (4, 5, 6)
    )
    repairs = "".join(f"2025-06-{3 + i:02d} 11:00  Keeper -> Builder{i} 800 reference=invoice\n" for i in range(16))
    return months + costs + repairs


def _bookings() -> str:
    """A ticket agent: forty travellers pay, and each fare goes to one of sixteen carriers, twice or more to each."""
    return "".join(
        f"2025-0{4 + i // 25}-{1 + i % 25:02d} 09:00  Traveller{i} -> Agent {400 + i}\n"
        f"2025-0{4 + i // 25}-{2 + i % 25:02d} 09:00  Agent -> Carrier{i % 16} {380 + i} reference=ticket\n"
        for i in range(48)
    )


LOOK_ALIKES: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "R-LAND": (_rents(), {"Keeper": {"kind": "personal", "occupation": "landlord"}}),
    "R-AGENT": (_bookings(), {"Agent": {"kind": "business", "occupation": "ticket agent"}}),
}
"""What fires and only a suppressor tells apart: code -> (story, what the register knows)."""


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_look_alikes_that_only_a_suppressor_tells_apart(code: str) -> None:
    """They fire: # suppressed by R-LAND, R-AGENT."""
    story, links = LOOK_ALIKES[code]
    assert fires("S08", story, links)
