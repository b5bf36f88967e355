"""L05: four pay one account, which pays four others; and what only looks like it."""

from __future__ import annotations

import pytest

from tests.scenarios.reading import fires, matches

TURN = """
2025-07-01 09:00  Arben -> Node   1,000
2025-07-03 10:00  Besa  -> Node   1,000
2025-07-05 11:00  Cyril -> Node   1,000
2025-07-07 12:00  Dana  -> Node   1,000
2025-07-08 09:00  Node  -> Mule1    800
2025-07-09 09:00  Node  -> Mule2    800
2025-07-10 09:00  Node  -> Mule3    800
2025-07-12 12:00  Node  -> Mule4    800
"""
"""Four payers, four payees, exactly 80 %, the last debit exactly five days after the turn."""


def test_a_gathering_that_is_scattered_again_is_found_exactly_at_the_threshold() -> None:
    (match,) = matches("L05", TURN)
    assert match["subject"] == "Node"
    assert match["value"] == 400_000
    assert match["evidence"] == {"gather": ["t0", "t1", "t2", "t3"], "scatter": ["t4", "t5", "t6", "t7"]}
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {
        "payers": 4,
        "payees": 4,
        "common_share": 0.0,
        "share_low": 0.8,
        "share_high": 0.8,
        "value": 400_000,
    }
    assert match["explanation"].startswith(
        "Account Node was paid £4,000.00 by 4 accounts with no known tie to it, between 1 July 2025 and 7 July 2025. "
        "It then paid £3,200.00, 80 % of that, to 4 accounts with no known tie to it, between 8 July 2025 and 12 July "
        "2025. None of the payers is among the payees."
    )


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("payers: three, one of them twice", "Dana ", "Cyril"),
        ("payees: three, one of them twice", "Mule4", "Mule3"),
        ("both sides: one of seven", "Mule4", "Arben"),
        ("a penny too little went out", "Mule4    800", "Mule4    799.99"),
        ("too much went out", "Mule4    800", "Mule4  1,680.01"),
        ("the first credit is exactly seven days old", "2025-07-01 09:00", "2025-06-30 12:00"),
        ("the last debit comes too late", "2025-07-12 12:00", "2025-07-12 12:00:00.000001"),
        ("a payee is paid by card", "Mule4    800", "Mule4    800 channel=card"),
        ("a payer pays in cash", "Dana  -> Node   1,000", "-     -> Node   1,000 channel=cash"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in TURN
    assert not fires("L05", TURN.replace(old, new)), gate


@pytest.mark.parametrize(
    ("old", "new"),
    [("Mule4    800", "Mule4  1,680"), ("2025-07-01 09:00", "2025-06-30 12:00:00.000001")],
    ids=["exactly 102 %", "just inside seven days"],
)
def test_just_inside_the_border_counts(old: str, new: str) -> None:
    assert fires("L05", TURN.replace(old, new))


def test_the_least_sum_counts_to_the_penny() -> None:
    small = TURN.replace("1,000", "250").replace(" 800", " 250")
    assert fires("L05", small)
    assert not fires("L05", small.replace("Dana  -> Node   250", "Dana  -> Node   249.99"))


def test_money_spent_on_top_does_not_hide_the_debits_before_it() -> None:
    """Looked at each debit: what the account pays later cannot undo what it did."""
    more = TURN + "2025-07-12 12:00  Node -> Mule5 9,000\n"
    assert len(matches("L05", more)[0]["evidence"]["scatter"]) == 4


def test_a_savings_circle_has_the_same_people_on_both_sides() -> None:
    """R-ROSCA: ten members pay in, and the pot goes to four of them in parts."""
    names = [f"Member{i}" for i in range(10)]
    into = "".join(f"2025-07-01 09:{i:02d} {name} -> Head 200\n" for i, name in enumerate(names))
    out = "".join(f"2025-07-02 09:{i:02d} Head -> {name} 500\n" for i, name in enumerate(names[:4]))
    assert not fires("L05", into + out)


def test_a_household_with_one_address_is_affiliated() -> None:
    links = {name: {"address_hash": "home"} for name in ("Node", "Arben")}
    assert not fires("L05", TURN, links)


def payroll(months: int) -> str:
    """Return the months of a firm with four clients and five of staff, with tax and pension."""
    story = ""
    for month in range(1, months + 1):
        story += "".join(
            f"2025-{month:02d}-24 10:0{i} Client{i} -> Firm 2,200 reference=INV-{month}{i}\n" for i in range(5)
        )
        story += "".join(f"2025-{month:02d}-28 09:0{i} Firm -> Worker{i} 1,700 reference=WAGES\n" for i in range(5))
        story += f"2025-{month:02d}-28 09:30 Firm -> Taxes 1,000 reference=VAT\n"
        story += f"2025-{month:02d}-28 09:40 Firm -> Scheme 300 reference=PENSION\n"
    return story


def agency() -> str:
    """Return two weeks of an agent who forwards each client's fare to a carrier within days."""
    story = ""
    for day in range(1, 13):
        story += f"2025-07-{day:02d} 09:00 Client{day} -> Agent 500\n"
        story += f"2025-07-{day + 2:02d} 15:00 Agent -> Carrier{day % 5} 460\n"
    return story


def appeal() -> str:
    """Return an aid group's month: monthly givers, then grants to four partners."""
    gifts = "".join(
        f"2025-{month:02d}-02 08:{i:02d} Donor{i} -> Aid 60 reference=donation\n"
        for month in range(1, 8)
        for i in range(40)
    )
    return gifts + "".join(f"2025-07-05 1{i}:00 Aid -> Partner{i} 550\n" for i in range(4))


LOOK_ALIKES: dict[str, tuple[str, dict[str, dict[str, str]]]] = {
    "R-PAY": (payroll(2), {"Firm": {"kind": "business", "occupation": "employer"}}),
    "R-AGENT": (agency(), {"Agent": {"kind": "business", "occupation": "ticket agent"}}),
    "R-CHAR": (appeal(), {"Aid": {"kind": "charity", "occupation": "charity"}}),
}
"""Code to story and account table: found here, and told apart by the suppressor alone."""


@pytest.mark.parametrize("code", ["R-PAY", "R-AGENT"])
def test_what_only_a_suppressor_tells_apart_is_found(code: str) -> None:
    story, links = LOOK_ALIKES[code]
    assert fires("L05", story, links)  # suppressed by R-PAY, R-AGENT


def test_a_payroll_and_a_charity_are_forgotten_once_they_are_regular() -> None:
    """Clients and staff whose third payment is a month old are tied to the firm, and monthly givers to the charity."""
    settled = [match for match in matches("L05", payroll(8)) if match["ended_at"].month >= 5]
    assert settled == []
    assert not fires("L05", *LOOK_ALIKES["R-CHAR"])
