"""S04: a holder keeps each traveller's fee until the arrival, then pays it out less a cut; and what only looks so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.reading import fires, matches

HOLDING = """
2025-05-03 09:00  Arben  -> Holder  1,000
2025-05-04 09:00  Besa   -> Holder  2,000
2025-05-05 09:00  Cyril  -> Holder  1,500
2025-05-06 09:00  Dana   -> Holder  1,200
2025-05-07 09:00  Edon   -> Holder  3,000
2025-05-08 09:00  Holder -> Boss      850
2025-05-08 09:30  Holder -> Broker  1,800
2025-05-09 09:00  Holder -> Boss    1,350
2025-05-10 09:00  Holder -> Broker  1,080
2025-05-11 09:00  Holder -> Boss    2,700
"""

RENTS = """
2025-05-01 09:00  Ann    -> Agent   1,000 reference=rent
2025-05-01 10:00  Ben    -> Agent   1,100 reference=rent
2025-05-01 11:00  Cat    -> Agent     900 reference=rent
2025-05-01 12:00  Dan    -> Agent   1,200 reference=rent
2025-05-01 13:00  Eve    -> Agent   1,300 reference=rent
2025-05-05 09:00  Agent  -> Owner     900 reference=rent
2025-05-05 10:00  Agent  -> Owner     990 reference=rent
2025-05-05 11:00  Agent  -> Owner     810 reference=rent
2025-05-05 12:00  Agent  -> Landlord 1,080 reference=rent
2025-05-05 13:00  Agent  -> Landlord 1,170 reference=rent
"""

LOOK_ALIKES: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "R-SOLICITOR": (HOLDING, {"Holder": {"kind": "business", "occupation": "solicitor"}}),  # suppressed by occupation
    "R-LETTING": (RENTS, {"Agent": {"kind": "business", "occupation": "letting agent"}}),  # suppressed by occupation
    "R-MKT": (HOLDING, {"Holder": {"kind": "institution", "occupation": "marketplace"}}),  # suppressed by R-MKT
    "R-REGMSB": (HOLDING, {"Holder": {"kind": "business", "registered_money_service": True}}),  # suppressed by R-REGMSB
}


def test_five_sums_held_and_released_are_found_exactly_at_the_threshold() -> None:
    (match,) = matches("S04", HOLDING)
    assert match["subject"] == "Holder"
    assert match["evidence"] == {"held": [f"t{i}" for i in range(5)], "release": [f"t{i}" for i in range(5, 10)]}
    assert match["value"] == 870_000
    assert match["detectable_at"] == match["ended_at"]
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {
        "pairs": 5,
        "receivers": 2,
        "payers": 2,
        "soonest_days": 4.0,
        "latest_days": 5.0,
        "release_share": 0.85,
        "spent_share": 1.0,
    }


def test_the_explanation_says_what_was_held_how_long_and_for_whom() -> None:
    (match,) = matches("S04", HOLDING)
    said = match["explanation"]
    assert said.startswith(
        "Account Holder held 5 sums, £8,700.00 in all, from 5 payers with no known tie to it, between 3 May 2025 and "
        "11 May 2025. It later paid on 85 % or more of each to one of 2 receivers, £7,780.00 in all, 4.0 to 5.0 days "
        "after"
    )
    assert "All of what it sent out in that time went so; 11 % of the sums stayed." in said
    assert said.endswith("What stayed is nearly the same share each time.")


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("release: a penny less than 85 %", "850\n", "849.99\n"),
        ("release: a penny more than was held", "850\n", "1,000.01\n"),
        ("held: one second less than a day", "2025-05-03 09:00  Arben ", "2025-05-07 09:00:01  Arben "),
        ("a sum a penny too small", "1,200\n", "399.99\n"),
        ("receivers: one gets the money of one payer only", "Broker  1,080", "Cousin  1,080"),
        ("a payment pulled by the account", "Holder  1,000\n", "Holder  1,000 channel=direct_debit\n"),
        ("a release by direct debit", "850\n", "850 channel=direct_debit\n"),
        ("a penny more sent elsewhere than released", "2,700\n", "2,700\n2025-05-10 10:00 Holder -> Shop 7,780.01\n"),
    ],
)  # fmt: skip
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in HOLDING
    lines = HOLDING.replace(old, new).strip().split("\n")
    assert not fires("S04", "\n".join(sorted(lines))), gate


def test_as_much_sent_elsewhere_as_released_is_exactly_allowed() -> None:
    more = "2025-05-10 10:00 Holder -> Shop 7,780\n"
    (match,) = matches("S04", "\n".join(sorted((HOLDING + more).strip().split("\n"))))
    assert match["measures"]["spent_share"]["value"] == 0.5


@pytest.mark.parametrize(("day", "expected"), [("2025-08-01 09:00", True), ("2025-08-01 09:00:01", False)])
def test_what_is_held_for_more_than_ninety_days_is_not_matched(day: str, expected: bool) -> None:
    """The first sum came on 3 May; 90 days later it is 1 August."""
    late = HOLDING.replace("2025-05-08 09:00  Holder -> Boss      850\n", "") + f"{day}  Holder -> Boss 850\n"
    assert fires("S04", late) is expected


def test_five_receivers_count_and_a_sixth_does_not() -> None:
    names = [f"payer{n}" for n in range(12)]
    held = "".join(f"2025-05-{n + 1:02d} 09:00 {name} -> Holder {1_000 + 300 * n}\n" for n, name in enumerate(names))
    paid = "".join(
        f"2025-06-{n + 1:02d} 09:00 Holder -> receiver{n // 2} {(1_000 + 300 * n) * 95 // 100}\n" for n in range(12)
    )
    *_, match = matches("S04", held + paid)
    assert match["measures"]["receivers"]["value"] == 5
    assert match["measures"]["pairs"]["value"] == 10


def test_money_that_goes_back_to_its_payer_is_no_release() -> None:
    """Five customers get their deposits back."""
    names = ["Ann", "Ben", "Cat", "Dan", "Eve"]
    held = "".join(f"2025-05-0{n + 1} 09:00 {name} -> Club {500 + 200 * n}\n" for n, name in enumerate(names))
    paid = "".join(f"2025-06-0{n + 1} 09:00 Club -> {name} {500 + 200 * n}\n" for n, name in enumerate(names))
    assert not fires("S04", held + paid)


def test_an_account_that_passes_money_on_at_once_holds_nothing() -> None:
    quick = "".join(
        f"2025-05-0{n} 09:00 payer{n} -> Mule 1,000\n2025-05-0{n} 10:00 Mule -> Boss 900\n" for n in range(1, 10, 2)
    )
    assert not fires("S04", quick, window_days=1)


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_look_alikes_that_only_a_suppressor_tells_apart(code: str) -> None:
    text, links = LOOK_ALIKES[code]
    assert fires("S04", text, links)
