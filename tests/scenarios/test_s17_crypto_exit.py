"""S17: a mule turns what strangers pay it into crypto within the hour; and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from moneytrail.catalogue import search
from moneytrail.typologies.ground import Ground
from tests.worlds import graph_of, story

Links = dict[str, dict[str, Any]]

MULE = """
2025-05-03 09:00  Ilir      -> Mule      1,000
2025-05-03 09:20  Mule      -> Exchange    500   reference=bitcoin
2025-05-03 09:30  Mule      -> Broker      450
2025-05-04 10:00  Jeta      -> Mule      1,000
2025-05-04 10:20  Mule      -> Exchange    500   reference=bitcoin
2025-05-04 10:30  Mule      -> Broker      450
"""

SHORT = "Exchange 499.99 reference=bitcoin\n2025-05-04 10:30"


def matches(text: str, links: Links | None = None) -> list[dict[str, Any]]:
    """Return each match with its measures by name; L03 and S01 are searched for before."""
    (found,) = search(Ground(graph_of(story(text), links)), only=["S17"])
    rows = found.matches.match.iter_rows(named=True)
    return [row | {"measures": {m["name"]: m for m in row["measures"]}} for row in rows]


def fires(text: str, links: Links | None = None) -> bool:
    return bool(matches(text, links))


def test_a_mule_that_buys_crypto_with_half_of_its_takings_is_found_exactly_at_the_threshold() -> None:
    (match,) = matches(MULE)
    assert match["subject"] == "Mule"
    assert match["value"] == 200_000
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"exit_share": 0.5, "scored": 1, "first_used": pytest.approx(1.04166, abs=1e-4)}
    said = match["explanation"]
    assert said.startswith("Account Mule took £2,000.00 from accounts with no known tie to it and paid £1,000.00 in 2 ")
    assert "each at most 24 hours after such a credit, between 3 May 2025 and 4 May 2025." in said
    assert "That is 50 % of those credits." in said
    assert "That it went to a platform is told by reference" in said


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("exit share: one penny short", "Exchange    500   reference=bitcoin\n2025-05-04 10:30", SHORT),
        ("scored: one day only is no L03", "2025-05-04", "2025-05-03"),
        ("no platform", "bitcoin", "thanks"),
        ("hours: the coins are bought a day and a minute later", "2025-05-04 10:20", "2025-05-05 10:01"),
    ],
)  # fmt: skip
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in MULE
    assert not fires(MULE.replace(old, new)), gate


@pytest.mark.parametrize(("before", "expected"), [("2025-04-04 10:20", False), ("2025-04-04 10:20:00.000001", True)])
def test_the_platform_must_be_new_to_the_account(before: str, expected: bool) -> None:
    """Thirty days to the microsecond before the second exit are old; the first one is then new no more either."""
    first = f"{before}  Mule -> Exchange 5 reference=bitcoin\n"
    assert fires(first + MULE) is expected


def test_a_platform_that_nobody_names_is_known_by_its_use() -> None:
    crowd = "".join(f"2025-04-{day:02d} 12:00  Buyer{day} -> Exchange 90\n" for day in range(1, 10))
    back = "".join(f"2025-04-1{day} 12:00  Exchange -> Buyer{day} 50\n" for day in range(1, 4))
    nameless = MULE.replace("   reference=bitcoin", "")
    (match,) = matches(crowd + back + nameless)
    assert "known here by its use only" in match["explanation"]
    fewer = crowd.replace("Buyer9 ", "Buyer8 ")
    assert not fires(fewer + back + nameless), "nine payers, the mule among them"
    assert not fires(crowd + back.replace("Buyer3", "Buyer2") + nameless), "it pays two back"
    assert not fires(crowd + back + nameless, {"Exchange": {"kind": "personal"}})


def test_a_private_investor_spends_salary() -> None:
    """R-INVEST: pay comes from one employer, a part of it goes to the platform, and no stranger pays in."""
    months = "".join(
        f"2025-0{month}-28 08:00  Employer -> Investor 2,000\n2025-0{month}-28 20:00  Investor -> Exchange 300 "
        "reference=bitcoin\n"
        for month in range(1, 6)
    )
    assert not fires(months, {"Employer": {"kind": "business"}})


PAY = "".join(f"2025-0{month}-15 08:00  Employer -> Mule 3,000 reference=salary\n" for month in range(1, 5))

LOOK_ALIKES: dict[str, tuple[str, Links]] = {"R-INVEST": (PAY + MULE, {"Employer": {"kind": "business"}})}
"""An investor on pay who helps two friends with their first coins; suppressed by R-INVEST."""


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_what_only_a_suppressor_tells_apart_fires(code: str) -> None:
    assert fires(*LOOK_ALIKES[code])
