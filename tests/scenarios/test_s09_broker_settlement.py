"""S09: a rug shop and a phone shop, both moving value for others, square up; and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from moneytrail.catalogue import search
from moneytrail.typologies.ground import Ground
from tests.worlds import graph_of, story

Known = dict[str, dict[str, Any]]


def book(shop: str) -> str:
    """Return a month in which a shop takes £5,000 from twenty-five people and pays £4,500 to fifteen others (S08)."""
    moments = ["2025-04-06 09:00"] * 9 + ["2025-04-20 09:00"] * 5 + ["2025-04-21 09:00"]
    taken = "".join(f"2025-04-01 09:00  {shop}Client{i}  -> {shop}  200\n" for i in range(25))
    return taken + "".join(f"{moment}  {shop}  -> {shop}Family{i}  300\n" for i, moment in enumerate(moments))


SURPLUS = """
2025-05-02 10:00:00.000001  Ali  -> Rugs    1,200
2025-05-10 10:00            Bea  -> Rugs    1,000
2025-05-12 10:00            Rugs -> Cem       200
"""
"""Clients of the rug shop leave £2,000 more there than is paid out to them."""
SQUARED = """
2025-05-25 10:00  Rugs -> Phones  1,000  creditor_country=GB
2025-06-01 10:00  Rugs -> Trader  1,300  creditor_country=TR reference=goods
"""
"""£2,300 are settled, 15 % more; the whole of it lies in the 30 days before."""
TALE = book("Rugs") + book("Phones") + SURPLUS + SQUARED


def found(text: str, links: Known | None = None, **overrides: object) -> list[dict[str, Any]]:
    """Return the matches of S09 after those of S08, each with its measures by name and its evidence by role."""
    ground = Ground(graph_of(story(text), links))
    (searched,) = search(ground, {"S09": overrides}, only=["S09"])
    made = []
    for row in searched.matches.match.iter_rows(named=True):
        proof: dict[str, list[str]] = {}
        for match_id, transaction_id, role in searched.matches.evidence.iter_rows():
            if match_id == row["match_id"]:
                proof.setdefault(role, []).append(transaction_id)
        made.append(row | {"measures": {m["name"]: m for m in row["measures"]}, "evidence": proof})
    return made


def test_a_settlement_exactly_at_the_tolerance_is_found() -> None:
    (match,) = found(TALE)
    assert match["subject"] == "Rugs"
    assert match["value"] == 230_000
    assert match["evidence"] == {"in": ["t80", "t81"], "out": ["t82"], "settlement": ["t83"], "abroad": ["t84"]}
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"nodes": 2, "legs": 2, "tolerance": 0.15, "corridor_legs": 1}
    assert match["measures"]["goods_legs"]["met"]
    assert match["measures"]["invoices"]["met"]


def test_the_explanation_names_both_brokers_and_the_money() -> None:
    (match,) = found(TALE)
    assert match["explanation"].startswith(
        "Account Rugs, found to move value for others (S08), paid £2,300.00 in 2 settlements, between 25 May 2025 and "
        "1 June 2025. 1 of these went to account Phones, known to move value too; 1 went abroad. Between 2 May 2025 "
        "and 1 June 2025 its clients paid in £2,000.00 more than was paid out to them; the settlements differ from "
        "that by 15 %. 1 settlement abroad speaks of goods or invoices. 1 settlement went to a country listed as one "
        "where such balances are settled in goods."
    )


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("tolerance: one penny more was settled", "Trader  1,300", "Trader  1,300.01"),
        ("window: a client paid in exactly 30 days before", "10:00:00.000001", "10:00"),
        ("abroad: the trader banks at home", "creditor_country=TR", "creditor_country=GB"),
        ("abroad: a country of no corridor", "creditor_country=TR", "creditor_country=US"),
        ("node: the other is nobody's broker", "Rugs -> Phones", "Rugs -> Printer"),
        ("node: the other's book has one payer less", "PhonesClient24 ", "PhonesClient23 "),
        ("node: its own book has one payer less", "RugsClient24 ", "RugsClient23 "),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in TALE
    assert not found(TALE.replace(old, new)), gate


def test_a_sum_sent_abroad_must_be_large() -> None:
    """£100 are 5 % of the £2,000 that clients paid in; a penny less is a client's transfer."""
    tale = TALE.replace("Phones  1,000", "Phones  1,900").replace("Cem       200", "Cem       0.01")
    tale = tale.replace("Ali  -> Rugs    1,200", "Ali  -> Rugs    1,000")
    assert found(tale.replace("Trader  1,300", "Trader    100"))
    assert not found(tale.replace("Trader  1,300", "Trader     99.99"))


@pytest.mark.parametrize(("settlements", "expected"), [(5, True), (6, False)])
def test_squaring_up_takes_few_settlements(settlements: int, expected: bool) -> None:
    several = "".join(f"2025-05-25 1{i}:00  Rugs -> Phones  200\n" for i in range(settlements - 1))
    one = "2025-05-25 10:00  Rugs -> Phones  1,000  creditor_country=GB\n"
    assert bool(found(TALE.replace(one, several).replace("1,300", "1,000"))) is expected


@pytest.mark.parametrize(("days", "expected"), [(42, True), (41, False)])
def test_a_broker_counts_for_so_many_days(days: int, expected: bool) -> None:
    """Found on 21 April at 09:00, it settles on 1 June at 10:00: 41 days and an hour later."""
    assert bool(found(TALE, node_days=days)) is expected


def test_what_clients_took_out_leaves_nothing_to_settle() -> None:
    assert not found(TALE.replace("Cem       200", "Cem     2,200"))


def test_accounts_of_one_party_do_not_settle() -> None:
    assert not found(TALE, {"Rugs": {"party": "p"}, "Phones": {"party": "p"}})


def test_registered_money_services_are_looked_at_too() -> None:
    """Registered hawaladars were themselves warned: what S08 leaves out, S09 sees."""
    assert found(TALE, {name: {"registered_money_service": True} for name in ("Rugs", "Phones")})


def test_notes_drawn_before_a_settlement_raise_the_score() -> None:
    tale = TALE.replace("1,300", "1,000")
    notes = "2025-05-31 08:00  Dan -> Rugs 1,000\n2025-05-31 09:00  Rugs -> -  1,000 channel=cash\n"
    (plain,), (stronger,) = found(tale), found(tale + notes)
    assert stronger["measures"]["cash"]["met"]
    assert stronger["score"] > plain["score"]
    assert "£1,000.00 was drawn in notes in the week before a settlement." in stronger["explanation"]


def test_the_treasury_of_a_registered_service_pays_a_bank_and_no_broker() -> None:
    links: Known = {"Rugs": {"registered_money_service": True}}
    assert not found(TALE.replace("Rugs -> Phones", "Rugs -> Wholesaler"), links)


def test_a_forwarder_and_an_importer_keep_no_book_for_others() -> None:
    """Ten clients pay, carriers and a steady supplier abroad are paid: no value-transfer account."""
    dues = "".join(f"2025-05-{i + 10} 09:00  Client{i} -> Forwarder 900\n" for i in range(10))
    freight = "".join(
        f"2025-05-{i + 21} 09:00  Forwarder -> Carrier{i} 1,400 creditor_country=TR reference=freight\n"
        for i in range(6)
    )
    assert not found(book("Phones") + dues + freight + "2025-05-28 09:00  Forwarder -> Phones 500\n")


LOOK_ALIKES: dict[str, tuple[str, Known]] = {}
"""None fires: whoever keeps no book for others is no node."""
