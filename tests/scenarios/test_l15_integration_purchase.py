"""L15: a collector's takings buy gold in another's name; and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from moneytrail.catalogue import search
from moneytrail.typologies.ground import Ground
from tests.worlds import graph_of, story

Links = dict[str, dict[str, Any]]

SEATS = "".join(f"2025-05-0{day} 09:00  Traveller{day} -> Collector 1,000\n" for day in range(1, 9))
PURCHASE = """
2025-05-10 09:00  Employer  -> Buyer   11,666.66
2025-05-20 09:00  Collector -> Buyer    5,000
2025-05-21 09:00  Buyer     -> Dealer   5,000   reference=gold
"""


def matches(text: str, links: Links | None = None) -> list[dict[str, Any]]:
    """Return each match with its measures by name; the typologies that it builds on are searched for before."""
    (found,) = search(Ground(graph_of(story(text), links)), only=["L15"])
    rows = found.matches.match.iter_rows(named=True)
    return [row | {"measures": {m["name"]: m for m in row["measures"]}} for row in rows]


def fires(text: str, links: Links | None = None) -> bool:
    return bool(matches(text, links))


def test_a_purchase_with_a_collectors_money_is_found_exactly_at_the_threshold() -> None:
    (match,) = matches(SEATS + PURCHASE)
    assert match["subject"] == "Buyer"
    assert match["value"] == 500_000
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"price": 500_000, "traced_share": pytest.approx(0.3, abs=1e-6)}
    said = match["explanation"]
    assert said.startswith("Account Buyer paid £5,000.00 to account Dealer on 21 May 2025")
    assert "Of the £16,666.66 that came in over the 180 days before, 30 % counts as traced to earlier findings" in said
    assert "£5,000.00 came directly from accounts so found" in said


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("price: a penny short", "Dealer   5,000", "Dealer   4,999.99"),
        ("share: a penny more of wages", "11,666.66", "11,666.67"),
        ("no asset", "reference=gold", "reference=thanks"),
        ("the holder's own account", "-> Dealer", "-> Savings"),
        ("the collector had not been found yet", "2025-05-20 09:00  Collector", "2025-05-08 08:59  Collector"),
        ("nobody had been found", "Collector -> Buyer", "Uncle -> Buyer"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in PURCHASE
    own: Links = {"Buyer": {"party": "p"}, "Savings": {"party": "p"}}
    assert not fires(SEATS + PURCHASE.replace(old, new), own), gate


@pytest.mark.parametrize(("more", "expected"), [("5,000", True), ("5,020", False)])
def test_money_is_followed_over_one_account_in_between(more: str, expected: bool) -> None:
    hop = PURCHASE.replace("Collector -> Buyer", "Friend -> Buyer")
    before = f"2025-05-15 09:00  Collector -> Friend 5,000\n2025-05-16 09:00  Firm -> Friend {more}\n"
    found = matches(SEATS + before + hop)
    assert bool(found) is expected
    if found:
        assert "£5,000.00 came from such accounts over one other" in found[0]["explanation"]


def test_two_accounts_in_between_are_not_followed() -> None:
    chain = "2025-05-15 09:00  Collector -> Friend 5,000\n2025-05-16 09:00  Friend -> Cousin 5,000\n"
    assert not fires(SEATS + chain + PURCHASE.replace("Collector -> Buyer", "Cousin -> Buyer"))


def test_a_collector_that_buys_itself_spends_what_strangers_paid() -> None:
    (match,) = matches(SEATS + "2025-05-21 09:00  Collector -> Dealer 7,000 reference=gold\n")
    assert match["measures"]["own"]["value"] == 800_000
    assert "was paid by strangers to this account, which was itself so found" in match["explanation"]


def test_the_sellers_declared_trade_is_enough() -> None:
    plain = SEATS + PURCHASE.replace("reference=gold", "")
    assert not fires(plain)
    assert fires(plain, {"Dealer": {"kind": "business", "occupation": "car dealer"}})


def test_a_family_gift_comes_from_accounts_that_nobody_found() -> None:
    gift = "2025-05-20 09:00  Parents -> Buyer 20,000\n2025-05-21 09:00  Buyer -> Dealer 20,000 reference=gold\n"
    assert not fires(SEATS + gift)


LENT = PURCHASE.replace("Employer  -> Buyer   11,666.66", "Lender -> Buyer 10,000 reference=loan")

LOOK_ALIKES: dict[str, tuple[str, Links]] = {
    "R-LOAN": (SEATS + LENT, {"Lender": {"kind": "institution", "occupation": "lender"}})
}
"""A car bought on credit by somebody whom an account found before has paid as well. Suppressed by R-LOAN."""


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_what_only_a_suppressor_tells_apart_fires(code: str) -> None:
    assert fires(*LOOK_ALIKES[code])
