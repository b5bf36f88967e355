"""L12: people who buy nothing pay an exporter for what a buyer in Iraq owes; and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from moneytrail.catalogue import search
from moneytrail.typologies.ground import Ground
from tests.worlds import graph_of, story

Known = dict[str, dict[str, Any]]
KNOWN: Known = {"Trader": {"kind": "business", "occupation": "exporter"}}

TRADE = """
2025-05-02 10:00  Baghdad  -> Trader  1,000  reference=stock debtor_country=IQ
2025-05-09 10:00  Baghdad  -> Trader  1,000  reference=stock debtor_country=IQ
2025-05-12 10:00  Garage   -> Trader  2,500  reference=thanks debtor_country=GB
2025-05-16 10:00  Garage   -> Trader  2,500  reference=thanks debtor_country=GB
2025-05-20 10:00  Ali      -> Trader  1,000  reference=phones debtor_country=GB
2025-05-28 10:00  Bea      -> Trader  2,000  reference=invoice debtor_country=GB
"""
"""Six receipts, two of them from abroad; two strangers paid £3,000 of £10,000: each exactly at its threshold."""


def found(text: str, links: Known = KNOWN, **overrides: object) -> list[dict[str, Any]]:
    """Return the matches of L12 after those of S08, each with its measures by name and its evidence by role."""
    (searched,) = search(Ground(graph_of(story(text), links)), {"L12": overrides}, only=["L12"])
    made = []
    for row in searched.matches.match.iter_rows(named=True):
        proof: dict[str, list[str]] = {}
        for match_id, transaction_id, role in searched.matches.evidence.iter_rows():
            if match_id == row["match_id"]:
                proof.setdefault(role, []).append(transaction_id)
        made.append(row | {"measures": {m["name"]: m for m in row["measures"]}, "evidence": proof})
    return made


def test_receipts_exactly_at_every_threshold_are_found() -> None:
    (match,) = found(TRADE)
    assert match["subject"] == "Trader"
    assert match["value"] == 300_000
    assert match["evidence"] == {
        "third party": ["t4", "t5"],
        "buyer abroad": ["t0", "t1"],
        "customer": ["t2", "t3"],
    }
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"third_share": 0.3, "third_parties": 2, "receipts": 6, "export_receipts": 2}


def test_the_explanation_says_what_stands_for_not_named() -> None:
    (match,) = found(TRADE)
    assert match["explanation"].startswith(
        "Account Trader, a business that sells goods abroad, was paid £10,000.00 in 6 receipts, between 2 May 2025 and "
        "28 May 2025. £3,000.00 of it, 30 %, came from 2 payers in this country with no known tie to it: their "
        "references speak of goods, and each paid it fewer than 3 times in 180 days. 2 receipts for goods came from "
        "buyers abroad. The data do not say who is named on the invoices. 50 % of the third-party payments are for "
        "cars, phones, textiles or rugs."
    )


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("share: one penny short", "Bea      -> Trader  2,000", "Bea      -> Trader  1,999.99"),
        ("third parties: one person twice", "Bea ", "Ali "),
        ("receipts: five", "2025-05-16 10:00  Garage   -> Trader  2,500", "2025-05-16 10:00  Trader  -> Garage  2,500"),
        ("abroad: one receipt only", "05-09 10:00  Baghdad  -> Trader  1,000  reference=stock debtor_country=IQ",
         "05-09 10:00  Baghdad  -> Trader  1,000  reference=stock debtor_country=GB"),
        ("abroad: not for goods", "05-09 10:00  Baghdad  -> Trader  1,000  reference=stock",
         "05-09 10:00  Baghdad  -> Trader  1,000  reference=gift"),
        ("words: a stranger's payment that speaks of nothing", "reference=invoice", "reference=present"),
        ("a third party's bank stands abroad", "reference=invoice debtor_country=GB",
         "reference=invoice debtor_country=FR"),
        ("a payment that was pulled", "reference=invoice", "reference=invoice channel=direct_debit"),
        ("window: the first order exactly 90 days before", "2025-05-28", "2025-07-31"),
    ],
)  # fmt: skip
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in TRADE
    assert not found(TRADE.replace(old, new)), gate


def test_an_order_a_moment_less_than_ninety_days_before_counts() -> None:
    late = TRADE.replace("2025-05-28 10:00", "2025-07-31 09:59:59.999999")
    assert found(late)


@pytest.mark.parametrize(("earlier", "expected"), [(1, True), (2, False)])
def test_who_pays_a_third_time_is_a_customer(earlier: int, expected: bool) -> None:
    """New customers come again: Bea had paid for goods once before, or twice."""
    orders = "".join(f"2025-01-{10 + i} 10:00  Bea -> Trader 1 reference=invoice\n" for i in range(earlier))
    assert bool(found(orders + TRADE)) is expected


def test_a_relative_and_an_account_of_ones_own_are_no_third_parties() -> None:
    assert not found(TRADE, KNOWN | {name: {"address_hash": "7"} for name in ("Bea",)} | {
        "Trader": KNOWN["Trader"] | {"address_hash": "7"}})  # fmt: skip
    assert not found(TRADE, {"Trader": KNOWN["Trader"] | {"party": "p"}, "Bea": {"party": "p"}})


def test_a_person_is_no_trader() -> None:
    assert not found(TRADE, {"Trader": {"kind": "personal"}})


def test_a_factoring_company_pays_again_and_again() -> None:
    """It pays for many customers, a group's treasury for all its firms: the third payment makes it known."""
    paid = "".join(f"2025-05-{20 + i} 10:00  Factor -> Trader 1,000 reference=invoice\n" for i in range(5))
    assert not found(TRADE.split("2025-05-20")[0] + paid)


def test_a_payer_who_moves_value_for_others_raises_the_score() -> None:
    moments = ["2025-04-06 09:00"] * 9 + ["2025-04-20 09:00"] * 5 + ["2025-04-21 09:00"]
    book = "".join(f"2025-04-01 09:00  Client{i}  -> Ali  200\n" for i in range(25))
    book += "".join(f"{moment}  Ali  -> Family{i}  300\n" for i, moment in enumerate(moments))
    (plain,), (stronger,) = found(TRADE), found(book + TRADE)
    assert stronger["measures"]["brokers"]["value"] == 1
    assert stronger["score"] > plain["score"]
    assert "1 of these payers moves value for others." in stronger["explanation"]


def _exporter() -> str:
    """An exporter of old standing, with three new customers at home in the spring."""
    years = "".join(
        f"2024-{month:02d}-05 10:00  Basra -> Trader 3,000 reference=stock debtor_country=IQ channel=wire\n"
        for month in range(6, 13)
    )
    return years + TRADE.replace("Baghdad", "Basra").replace("debtor_country=IQ", "debtor_country=IQ channel=wire")


def _dealer() -> str:
    """A small trader: suppliers have a quarter, and customers who pay on invoice come again."""
    stock = "2025-04-20 10:00  Trader -> Auction 4,000 reference=stock\n"
    return stock + TRADE.replace("reference=thanks", "reference=invoice")


LOOK_ALIKES: dict[str, tuple[str, Known]] = {"R-TRADE": (_exporter(), KNOWN), "R-TRADER": (_dealer(), KNOWN)}
"""What fires and only a suppressor tells apart: code -> (story, what the register knows)."""


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_look_alikes_that_only_a_suppressor_tells_apart(code: str) -> None:
    """They fire: # suppressed by R-TRADE, R-TRADER."""
    assert found(*LOOK_ALIKES[code])
