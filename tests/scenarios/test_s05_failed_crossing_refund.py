"""S05: a collector gives three fees back after no crossing; and what only looks like it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from moneytrail.catalogue import search
from moneytrail.typologies.ground import Ground
from tests.worlds import graph_of, story

COLLECTING = """
2025-05-03 09:12  Arben   -> Collector  1,000
2025-05-04 10:40  Besa    -> Collector  1,000
2025-05-06 18:03  Cyril   -> Collector  1,000
2025-05-09 08:00  Dana    -> Collector  1,000
2025-05-11 21:30  Edon    -> Collector  1,000
2025-05-15 12:15  Flora   -> Collector  1,000
2025-05-19 07:45  Genc    -> Collector  1,000
2025-05-28 16:20  Hana    -> Collector  1,000
"""

REFUNDED = (
    COLLECTING
    + """
2025-06-02 09:00  Collector -> Arben 1,000
2025-06-02 10:00  Collector -> Besa  1,000
2025-06-03 09:00  Collector -> Cyril   900
"""
)

LOOK_ALIKES: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "R-MKT": (REFUNDED, {"Collector": {"kind": "business", "occupation": "marketplace"}}),  # suppressed by R-MKT
    "R-REFUND": (REFUNDED, {"Collector": {"kind": "business", "occupation": "event organiser"}}),  # by R-REFUND
    "R-LETTING": (REFUNDED, {"Collector": {"kind": "business", "occupation": "letting agent"}}),  # deposits returned
}


def matches(text: str, links: dict[str, dict[str, Any]] | None = None, **more: object) -> list[dict[str, Any]]:
    """Search the whole chain: S01 and S04 first, then S05."""
    arrivals = more.pop("arrivals", None)
    assert arrivals is None or isinstance(arrivals, pl.DataFrame)
    (found,) = search(Ground(graph_of(story(text), links), arrivals=arrivals), {"S05": more}, only=["S05"])
    proof: dict[str, dict[str, list[str]]] = {}
    for match_id, transaction_id, role in found.matches.evidence.iter_rows():
        proof.setdefault(match_id, {}).setdefault(role, []).append(transaction_id)
    return [
        row | {"measures": {m["name"]: m for m in row["measures"]}, "evidence": proof[row["match_id"]]}
        for row in found.matches.match.iter_rows(named=True)
    ]


def test_three_refunds_by_a_collector_are_found_exactly_at_the_threshold() -> None:
    (match,) = matches(REFUNDED)
    assert match["subject"] == "Collector"
    assert match["evidence"] == {"paid": ["t0", "t1", "t2"], "refund": ["t8", "t9", "t10"]}
    assert match["value"] == 300_000
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates["pairs"] == 3
    assert gates["findings"] == 1
    assert gates["refund_share"] == 0.9
    assert gates["goods_share"] == 0.0


def test_the_explanation_says_what_went_back_and_what_the_account_is() -> None:
    (match,) = matches(REFUNDED)
    said = match["explanation"]
    assert said.startswith(
        "Account Collector gave back 3 sums that it had been paid, £2,900.00 in all, between 2 June 2025 and 3 June "
    )
    assert "They had come from 3 payers with no known tie to it; each went back to the account that paid." in said
    assert "found once to collect fees from many (S01) or to hold and release them (S04)." in said
    assert "No refund has a reference, so what they were for is not told." in said


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("pairs: two refunds", "2025-06-02 10:00  Collector -> Besa  1,000\n", ""),
        ("refund: a penny less than nine tenths", "900\n", "899.99\n"),
        ("refund: a penny more than was paid", "900\n", "1,000.01\n"),
        ("no collector: seven payers", "2025-05-28 16:20  Hana    -> Collector  1,000\n", ""),
        ("the third goes to a stranger", "Collector -> Cyril ", "Collector -> Boss "),
        ("a refund pulled by the payer", "900\n", "900 channel=direct_debit\n"),
        ("goods: two of three speak of goods", "-> Arben 1,000\n2025-06-02 10:00  Collector -> Besa  1,000\n",
         "-> Arben 1,000 reference=goods\n2025-06-02 10:00  Collector -> Besa  1,000 reference=invoice\n"),
    ],
)  # fmt: skip
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in REFUNDED
    assert not matches(REFUNDED.replace(old, new)), gate


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2025-05-29 16:20", True),
        ("2025-05-29 16:19:59", False),
        ("2025-07-27 16:20", True),
        ("2025-07-27 16:20:01", False),
    ],
)
def test_a_refund_comes_one_to_sixty_days_after(moment: str, expected: bool) -> None:
    """Hana paid at 16:20 on 28 May."""
    lines = REFUNDED.replace("2025-06-03 09:00  Collector -> Cyril   900", f"{moment} Collector -> Hana 1,000")
    assert bool(matches("\n".join(sorted(lines.strip().split("\n"))))) is expected


def test_one_refund_that_speaks_of_goods_does_not_hide_the_rest() -> None:
    (match,) = matches(REFUNDED.replace("900\n", "900 reference=goods\n"))
    assert match["measures"]["goods_share"]["value"] == pytest.approx(1 / 3)
    assert "Of the 3 refunds 1 speaks of goods or an invoice." in match["explanation"]


def test_nothing_is_said_of_goods_for_refunds_without_words() -> None:
    (match,) = matches(REFUNDED.replace("900\n", "900 reference=sorry\n"))
    assert "Of the 3 refunds 1 has a reference; none speaks of goods or an invoice." in match["explanation"]


def test_money_back_to_the_payers_household_counts() -> None:
    home = {"Cyril": {"address_hash": "h"}, "Sister": {"address_hash": "h"}}
    text = REFUNDED.replace("-> Cyril   900", "-> Sister  900")
    assert not matches(text)
    (match,) = matches(text, home)
    assert "2 went back to the account that paid, 1 to one that shares an attribute with it" in match["explanation"]


def test_refunds_before_the_account_was_found_count_once_it_is() -> None:
    """The eighth payer, with whom S01 first holds, comes after the third refund."""
    late = REFUNDED.replace("2025-05-28 16:20  Hana ", "2025-06-01 16:20  Hana ")
    early = late.replace("2025-06-02 09:00", "2025-05-20 09:00").replace("2025-06-02 10:00", "2025-05-20 10:00")
    early = early.replace("2025-06-03 09:00", "2025-05-20 11:00")
    (match,) = matches("\n".join(sorted(early.strip().split("\n"))))
    assert match["detectable_at"] > match["ended_at"]


@pytest.mark.parametrize(("calm", "met"), [(0, True), (40, False)])
def test_refunds_in_a_spell_without_arrivals_weigh_more(calm: int, met: bool) -> None:
    days = [date(2025, 5, 1) + timedelta(days=n) for n in range(40)]
    counts = [calm if day >= date(2025, 5, 29) else 100 for day in days]
    table = pl.DataFrame(
        {"day": days, "arrivals": counts, "red": [None] * 40},
        schema={"day": pl.Date(), "arrivals": pl.Int64(), "red": pl.Boolean()},
    )
    (match,) = matches(REFUNDED, arrivals=table)
    assert match["measures"]["calm_share"]["met"] is met


def test_without_a_table_of_arrivals_nothing_is_said_of_the_weather() -> None:
    (match,) = matches(REFUNDED)
    assert "calm_share" not in match["measures"]


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_look_alikes_that_only_a_suppressor_tells_apart(code: str) -> None:
    text, links = LOOK_ALIKES[code]
    assert matches(text, links)
