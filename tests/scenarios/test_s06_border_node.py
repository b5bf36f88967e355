"""S06: people of three regions pay someone who lives at the coast; and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from moneytrail.catalogue import search
from moneytrail.typologies.ground import Ground
from tests.worlds import Transfer, graph_of, story

COAST = """
2025-05-03 09:12  Arben   -> Holder  400
2025-05-04 10:40  Besa    -> Holder  900
2025-05-05 12:00  -       -> Holder  500  channel=cash location=London
2025-05-06 18:03  Cyril   -> Holder  700
2025-05-06 19:00  -       -> Holder  400  channel=cash location=Wales
2025-05-09 08:00  Dana    -> Holder  650
2025-05-10 12:00  Holder  -> Grocer   20  channel=card location=South_East
2025-05-11 21:30  Edon    -> Holder  800
2025-05-13 12:00  Holder  -> -        60  channel=cash location=South_East
2025-05-15 12:15  -       -> Holder  300  channel=cash location=Scotland
2025-05-28 16:20  Flora   -> Holder  550
"""

RELATIVES = """
2025-05-03 09:12  Aunt    -> Asylum  100
2025-05-04 10:40  Cousin  -> Asylum   50
2025-05-05 12:00  -       -> Asylum   60  channel=cash location=London
2025-05-06 18:03  Uncle   -> Asylum   80
2025-05-06 19:00  -       -> Asylum   40  channel=cash location=Wales
2025-05-09 08:00  Brother -> Asylum   50
2025-05-10 12:00  Asylum  -> Grocer   20  channel=card location=South_East merchant_category=5411
2025-05-11 21:30  Friend  -> Asylum   40
2025-05-13 12:00  Asylum  -> Phone    15  channel=card location=South_East merchant_category=4814
2025-05-15 12:15  -       -> Asylum   30  channel=cash location=Scotland
2025-05-28 16:20  Sister  -> Asylum   50
"""

APPEAL = COAST
for sum_, gift in (("400", "10"), ("900", "500"), ("700", "20"), ("650", "15"), ("800", "25"), ("550", "10")):
    APPEAL = APPEAL.replace(f" {sum_}\n", f" {gift} reference=fundraiser\n")

LOOK_ALIKES: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "R-REM": (RELATIVES, {"Asylum": {"kind": "personal"}}),  # suppressed by R-REM
    "R-STUD": (COAST, {"Holder": {"kind": "personal", "occupation": "student"}}),  # suppressed by R-STUD
    "R-CHAR": (COAST, {"Holder": {"kind": "charity", "occupation": "charity"}}),  # suppressed by R-CHAR
    "R-CRWD": (APPEAL, {"Holder": {"kind": "personal"}}),  # suppressed by R-CRWD
}


def told(text: str) -> list[Transfer]:
    """Read a story in which a place's name has ``_`` for its spaces."""
    return [t | {"location": t["location"] and t["location"].replace("_", " ")} for t in story(text)]


def matches(text: str, links: dict[str, dict[str, Any]] | None = None, **overrides: object) -> list[dict[str, Any]]:
    (found,) = search(Ground(graph_of(told(text), links)), {"S06": overrides}, only=["S06"])
    proof: dict[str, dict[str, list[str]]] = {}
    for match_id, transaction_id, role in found.matches.evidence.iter_rows():
        proof.setdefault(match_id, {}).setdefault(role, []).append(transaction_id)
    return [
        row | {"measures": {m["name"]: m for m in row["measures"]}, "evidence": proof[row["match_id"]]}
        for row in found.matches.match.iter_rows(named=True)
    ]


def test_six_payers_three_regions_and_two_visits_are_exactly_enough() -> None:
    (match,) = matches(COAST)
    assert match["subject"] == "Holder"
    assert match["evidence"] == {
        "credit": ["t0", "t1", "t3", "t5", "t7", "t10"],
        "cash": ["t2", "t4", "t9"],
        "at the border": ["t6", "t8"],
    }
    assert match["value"] == 520_000
    gates = {name: m["value"] for name, m in match["measures"].items() if m["kind"] == "gate"}
    assert gates == {"payers": 6, "places": 3, "first_share": 1.0, "border_visits": 2}


def test_the_explanation_says_who_where_and_from_where() -> None:
    (match,) = matches(COAST)
    said = match["explanation"]
    assert said.startswith(
        "Account Holder was paid £4,000.00 by 6 payers with no known tie to it, and £1,200.00 in cash,"
    )
    assert "The money came from 3 places (regions or other countries): London, Scotland and Wales." in said
    assert "its card was used, or cash drawn, twice in a region where crossings are prepared." in said
    assert "Cash was paid in at 2 branches within two days running." in said


@pytest.mark.parametrize(
    ("gate", "old", "new"),
    [
        ("payers: five people, one of them twice", "Flora ", "Arben"),
        ("places: two regions", "location=Scotland", "location=Wales"),
        ("places: the third region is the border's own", "location=Scotland", "location=South_East"),
        ("places: where it was paid in is not known", " location=Scotland", ""),
        ("visits: one day out", "2025-05-13 12:00  Holder  -> -        60  channel=cash location=South_East\n", ""),
        ("visits: the second is elsewhere", "60  channel=cash location=South_East", "60  channel=cash location=Kent"),
        ("window: the first payer is exactly 30 days old", "2025-05-28 16:20", "2025-06-02 09:12"),
        ("a payment pulled by the payee", "550\n", "550 channel=direct_debit\n"),
    ],
)
def test_one_condition_less_and_nothing_is_found(gate: str, old: str, new: str) -> None:
    assert old in COAST
    assert not matches(COAST.replace(old, new)), gate


@pytest.mark.parametrize(("known", "expected"), [(1, True), (2, False)])
def test_most_payers_must_be_new(known: int, expected: bool) -> None:
    """Five of six are 83 %, four of six 67 %; the mark is 70 %."""
    before = "".join(f"2025-02-01 12:00  {name} -> Holder 20\n" for name in ("Arben", "Besa")[:known])
    assert bool(matches(before + COAST)) is expected


def test_an_account_held_in_a_staging_country_need_not_be_used_there() -> None:
    stays = "\n".join(line for line in COAST.splitlines() if "Holder  ->" not in line)
    assert not matches(stays)
    (match,) = matches(stays, {"Holder": {"country": "FR"}})
    assert "held in FR, a country where crossings are prepared" in match["explanation"]


def test_other_countries_are_places_too() -> None:
    abroad = COAST.replace("550\n", "550 debtor_country=TR\n").replace("location=Scotland", "location=Wales")
    (match,) = matches(abroad)
    assert match["measures"]["places"]["value"] == 3
    assert "London, TR and Wales" in match["explanation"]
    assert "is itself a country" not in match["explanation"]


def test_a_country_that_counts_as_a_place_and_lies_at_the_border_itself_is_named_as_such() -> None:
    near = COAST.replace("550\n", "550 debtor_country=FR\n").replace("location=Scotland", "location=Wales")
    (match,) = matches(near)
    assert "Of these FR is itself a country where crossings are prepared." in match["explanation"]


def test_sums_in_another_currency_are_said_to_be_converted() -> None:
    (match,) = matches(COAST.replace("700\n", "700 currency=EUR\n"))
    assert "Of the 11 transfers in evidence 1 is in EUR; sums in GBP are" in match["explanation"]
    (match,) = matches("".join(f"{line} currency=EUR\n" if line else "" for line in COAST.splitlines()))
    assert "The evidence is in EUR; sums in GBP are converted at the run's rates." in match["explanation"]


@pytest.mark.parametrize("code", LOOK_ALIKES)
def test_look_alikes_that_only_a_suppressor_tells_apart(code: str) -> None:
    text, links = LOOK_ALIKES[code]
    assert matches(text, links)


def test_without_places_it_is_said_that_nothing_can_be_seen() -> None:
    plain = [t | {"location": None} for t in told(COAST)]
    (found,) = search(Ground(graph_of(plain)), only=["S06"])
    assert found.not_applicable.startswith("needs transfers.location")
