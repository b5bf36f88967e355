"""The shapes told as stories: a hit, what lacks one thing, and the case exactly at the threshold."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from moneytrail.motifs import MOTIFS, find
from tests.worlds import graph_of, story

STORIES = {
    "fan-in": """
2025-07-01 09:00 P1 -> Hub 500
2025-07-02 09:00 P2 -> Hub 510
2025-07-03 09:00 P3 -> Hub 490
2025-07-03 10:00 Hub -> P4 20
""",
    "fan-out": """
2025-07-01 09:00 Hub -> P1 500
2025-07-02 09:00 Hub -> P2 510
2025-07-03 09:00 Hub -> P3 490
""",
    "gather-scatter": """
2025-07-01 09:00 P1  -> Hub 500
2025-07-02 09:00 P2  -> Hub 500
2025-07-03 09:00 P3  -> Hub 500
2025-07-04 09:00 Hub -> R1  450
2025-07-05 09:00 Hub -> R2  450
2025-07-06 09:00 Hub -> R3  500
""",
    "scatter-gather": """
2025-07-01 09:00 Source -> M1   500
2025-07-01 10:00 Source -> M2   500
2025-07-02 09:00 M1     -> Sink 480
2025-07-02 10:00 Source -> M3   500
2025-07-03 09:00 M2     -> Sink 480
2025-07-03 10:00 M3     -> Sink 480
""",
    "cycle": """
2025-07-01 09:00 A -> B 1,000
2025-07-02 09:00 B -> C 950
2025-07-03 09:00 C -> A 900
""",
    "ring": """
2025-07-01 09:00 A -> B 1,000
2025-07-02 09:00 C -> A 950
2025-07-03 09:00 B -> C 900
""",
    "chain": """
2025-07-01 09:00 A -> B 1,000
2025-07-01 12:00 B -> X 30
2025-07-02 09:00 B -> C 950
2025-07-03 09:00 C -> D 900
""",
    "bipartite": """
2025-07-01 09:00 A1 -> B1 100
2025-07-01 09:10 A1 -> B2 100
2025-07-01 09:20 A1 -> B3 100
2025-07-01 10:00 A2 -> B1 100
2025-07-01 10:10 A2 -> B2 100
2025-07-01 11:00 A3 -> B2 100
2025-07-01 11:10 A3 -> B3 100
""",
    "stack": """
2025-07-02 09:00 A1 -> B1 100
2025-07-02 09:10 A1 -> B2 100
2025-07-02 09:20 A1 -> B3 100
2025-07-02 10:00 A2 -> B1 100
2025-07-02 10:10 A2 -> B2 100
2025-07-02 11:00 A3 -> B2 100
2025-07-02 11:10 A3 -> B3 100
2025-07-03 09:00 B1 -> C1 100
2025-07-03 09:10 B2 -> C1 100
2025-07-03 09:20 B2 -> C2 100
2025-07-03 09:30 B3 -> C2 100
2025-07-03 09:40 B1 -> C3 100
2025-07-03 09:50 B3 -> C3 100
""",
    "random-walk": """
2025-07-01 09:00 A -> B 1,000
2025-07-02 09:00 B -> A 10
2025-07-03 09:00 A -> D 900
""",
    "pass-through": """
2025-07-01 09:00 P1  -> Hub 600
2025-07-01 12:00 P2  -> Hub 400
2025-07-01 18:00 Hub -> R1  500
""",
}
"""The smallest of each, at every threshold of its sizes."""

SIZES = {
    "fan-in": {"counterparties": 3},
    "fan-out": {"counterparties": 3},
    "gather-scatter": {"payers": 3, "payees": 3},
    "scatter-gather": {"intermediaries": 3},
    "cycle": {"hops": 3},
    "ring": {"hops": 3, "passed on": 1},
    "chain": {"hops": 3},
    "bipartite": {"senders": 3, "receivers": 3, "pairs": 7},
    "stack": {"senders": 3, "middle": 3, "receivers": 3, "pairs": 13},
    "random-walk": {"hops": 3},
    "pass-through": {"value in": 100_000, "value out": 50_000},
}

SUBJECTS = {
    "fan-in": "Hub", "fan-out": "Hub", "gather-scatter": "Hub", "scatter-gather": "Source", "cycle": "A", "ring": "B",
    "chain": "A", "bipartite": "A1", "stack": "A1", "random-walk": "A", "pass-through": "Hub",
}  # fmt: skip

ROLES = {
    "fan-in": {"gather": ["t0", "t1", "t2"]},
    "fan-out": {"scatter": ["t0", "t1", "t2"]},
    "gather-scatter": {"gather": ["t0", "t1", "t2"], "scatter": ["t3", "t4", "t5"]},
    "scatter-gather": {"scatter": ["t0", "t1", "t3"], "gather": ["t2", "t4", "t5"]},
    "cycle": {"hop": ["t0", "t1", "t2"]},
    "ring": {"part": ["t0", "t1", "t2"]},
    "chain": {"hop": ["t0", "t2", "t3"]},
    "bipartite": {"across": [f"t{i}" for i in range(7)]},
    "stack": {"first layer": [f"t{i}" for i in range(7)], "second layer": [f"t{i}" for i in range(7, 13)]},
    "random-walk": {"hop": ["t0", "t1", "t2"]},
    "pass-through": {"in": ["t0", "t1"], "out": ["t2"]},
}


def matches(motif: str, text: str, **overrides: object) -> list[dict[str, Any]]:
    """Return each match with its measures by name and its evidence by role."""
    found = find(graph_of(story(text)), motif, overrides)
    proof: dict[str, dict[str, list[str]]] = {}
    for match_id, transaction_id, role in found.evidence.iter_rows():
        proof.setdefault(match_id, {}).setdefault(role, []).append(transaction_id)
    return [
        row | {"measures": {m["name"]: m for m in row["measures"]}, "evidence": proof[row["match_id"]]}
        for row in found.match.iter_rows(named=True)
    ]


@pytest.mark.parametrize("motif", [motif.name for motif in MOTIFS])
def test_the_smallest_one_is_found_with_its_roles_and_its_size(motif: str) -> None:
    (match,) = matches(motif, STORIES[motif])
    assert match["typology"] == motif
    assert match["subject"] == SUBJECTS[motif]
    assert match["evidence"] == ROLES[motif]
    assert {name: match["measures"][name]["value"] for name in SIZES[motif]} == SIZES[motif]
    span = (match["ended_at"] - match["started_at"]).total_seconds() / 3600
    assert match["measures"]["span"]["value"] == pytest.approx(span)


@pytest.mark.parametrize(
    ("motif", "why", "old", "new"),
    [
        ("fan-in", "one payer twice", "P3 -> Hub", "P2 -> Hub"),
        ("fan-in", "one window long", "2025-07-03 09:00", "2025-07-05 09:00"),
        ("fan-in", "one pays itself", "P3 -> Hub", "Hub -> Hub"),
        ("fan-in", "one pays in cash", "P3 -> Hub", "- -> Hub"),
        ("fan-out", "one payee twice", "Hub -> P3", "Hub -> P2"),
        ("fan-out", "one window long", "2025-07-03 09:00", "2025-07-05 09:00"),
        ("gather-scatter", "one payee twice", "Hub -> R3", "Hub -> R2"),
        ("gather-scatter", "one payer paid back", "Hub -> R3", "Hub -> P1"),
        ("gather-scatter", "a debit before the last credit", "2025-07-06", "2025-07-02"),
        ("gather-scatter", "the scatter too late", "2025-07-06 09:00", "2025-07-08 09:00"),
        ("gather-scatter", "the gather too slow", "2025-07-01 09:00", "2025-06-29 09:00"),
        ("scatter-gather", "another sink", "M3     -> Sink", "M3     -> Other"),
        ("scatter-gather", "a gather before its scatter", "2025-07-03 10:00 M3", "2025-07-02 09:59 M3"),
        ("scatter-gather", "one window long", "2025-07-03 10:00", "2025-07-05 09:00"),
        ("cycle", "it ends elsewhere", "C -> A", "C -> D"),
        ("cycle", "out of order", "2025-07-02", "2025-07-04"),
        ("cycle", "one window long", "2025-07-03 09:00", "2025-07-05 09:00"),
        ("ring", "it goes elsewhere", "B -> C", "B -> D"),
        ("ring", "one way is turned round", "C -> A", "A -> C"),
        ("ring", "one window long", "2025-07-03 09:00", "2025-07-17 09:00"),
        ("ring", "one pays in cash", "C -> A", "- -> A"),
        ("chain", "the line breaks", "C -> D", "E -> D"),
        ("chain", "it comes back", "C -> D", "C -> A"),
        ("chain", "one wait too long", "2025-07-02 09:00 B -> C 950\n2025-07-03 09:00",
         "2025-07-01 09:30 B -> C 950\n2025-07-04 09:30:00.000001"),
        ("bipartite", "a sender of one receiver", "A3 -> B3", "A3 -> C"),
        ("bipartite", "a sender is a receiver", "A3 ", "B1 "),
        ("bipartite", "only two are paid", "B3", "B2"),
        ("stack", "one third is paid by one", "B3 -> C3", "B3 -> C4"),
        ("stack", "paid on before it was paid", "2025-07-03 09:00 B1", "2025-07-02 08:59 B1"),
        ("stack", "a third one is of the first", "C3", "A1"),
        ("random-walk", "the line breaks", "A -> D", "C -> D"),
        ("random-walk", "one wait too long", "2025-07-02 09:00 B -> A 10\n2025-07-03 09:00",
         "2025-07-01 09:30 B -> A 10\n2025-07-04 09:30:00.000001"),
        ("pass-through", "less than half went out", "R1  500", "R1  499.99"),
        ("pass-through", "it went out first", "2025-07-01 18:00", "2025-07-01 08:00"),
        ("pass-through", "one window later", "2025-07-01 18:00", "2025-07-03 12:00"),
    ],
)  # fmt: skip
def test_one_condition_less_and_nothing_is_found(motif: str, why: str, old: str, new: str) -> None:
    assert old in STORIES[motif]
    assert not matches(motif, STORIES[motif].replace(old, new)), why


@pytest.mark.parametrize(
    ("motif", "old", "new"),
    [
        ("fan-in", "2025-07-03 09:00", "2025-07-05 08:59:59.999999"),
        ("gather-scatter", "2025-07-06 09:00", "2025-07-08 08:59:59.999999"),
        ("gather-scatter", "2025-07-01 09:00", "2025-06-29 09:00:00.000001"),
        ("scatter-gather", "2025-07-03 10:00", "2025-07-05 08:59:59.999999"),
        ("cycle", "2025-07-03 09:00", "2025-07-05 08:59:59.999999"),
        ("cycle", "2025-07-02 09:00", "2025-07-01 09:00"),
        ("ring", "2025-07-03 09:00", "2025-07-17 08:59:59.999999"),
        ("chain", "2025-07-02 09:00 B -> C 950\n2025-07-03 09:00", "2025-07-01 09:30 B -> C 950\n2025-07-04 09:30"),
        ("random-walk", "2025-07-02 09:00 B -> A 10\n2025-07-03 09:00",
         "2025-07-01 09:30 B -> A 10\n2025-07-04 09:30"),
        ("pass-through", "2025-07-01 18:00", "2025-07-03 08:59:59.999999"),
    ],
)  # fmt: skip
def test_just_inside_the_border_counts(motif: str, old: str, new: str) -> None:
    assert old in STORIES[motif]
    assert matches(motif, STORIES[motif].replace(old, new))


@pytest.mark.parametrize("motif", [motif.name for motif in MOTIFS if motif.name != "pass-through"])
def test_amounts_raise_the_score_and_never_gate(motif: str) -> None:
    """With every amount another the same shape is found, with no more points."""
    lines = STORIES[motif].strip().splitlines()
    uneven = "\n".join(" ".join([*line.split()[:5], str(7 ** (1 + i * 5 % 4))]) for i, line in enumerate(lines))
    (match,), made = matches(motif, STORIES[motif]), matches(motif, uneven)
    assert match["subject"] in {one["subject"] for one in made}
    assert max(one["score"] for one in made) <= match["score"]


def test_money_may_rest_anywhere_on_its_way_round_unless_a_limit_is_set() -> None:
    """By default the window alone bounds a cycle's waits."""
    rested = STORIES["cycle"].replace("2025-07-02", "2025-07-01").replace("2025-07-03 09:00", "2025-07-05 08:59")
    rested = rested.replace("2025-07-01 09:00 B", "2025-07-01 09:01 B")
    assert matches("cycle", rested)
    assert matches("cycle", STORIES["cycle"], hop_hours=24)
    assert not matches("cycle", STORIES["cycle"], hop_hours=23)


def test_a_ring_is_completed_by_whoever_pays_last_in_whatever_order() -> None:
    """Of the six orders of three transfers three are cycles; the last payer is the subject in all of them."""
    ways = ["A -> B", "B -> C", "C -> A"]
    for order in permutations(ways):
        told = "".join(f"2025-07-0{day} 09:00 {way} 500\n" for day, way in enumerate(order, 1))
        (match,) = matches("ring", told)
        assert match["subject"] == order[-1][0]
        assert match["detectable_at"] == match["ended_at"]
        assert match["measures"]["passed on"]["value"] == (2 if matches("cycle", told) else 1)


def test_who_paid_the_sink_before_it_was_paid_is_shown_and_makes_no_match() -> None:
    ahead = "2025-07-02 11:00 M4 -> Sink 480\n2025-07-02 12:00 Source -> M4 500\n"
    (match,), (alone,) = (matches("scatter-gather", STORIES["scatter-gather"] + more) for more in (ahead, ""))
    assert match["evidence"] == ROLES["scatter-gather"] | {"advance": ["t6"], "cover": ["t7"]}
    assert match["measures"]["ahead"]["value"] == 1
    assert match["measures"]["intermediaries"]["value"] == 3
    assert (match["score"], match["value"], match["detectable_at"]) == (
        alone["score"], alone["value"], alone["detectable_at"],
    )  # fmt: skip
    one_less = STORIES["scatter-gather"].replace("M3     -> Sink", "M3     -> Other")
    assert not matches("scatter-gather", one_less + ahead)


def test_a_refund_does_not_hide_a_hub() -> None:
    """Each payer is sent a penny back: they stay payers, and the payees are enough without them."""
    refunds = "".join(f"2025-07-04 10:0{i} Hub -> P{i} 0.01\n" for i in (1, 2, 3))
    (match,) = matches("gather-scatter", STORIES["gather-scatter"] + refunds)
    assert match["evidence"] == ROLES["gather-scatter"]


def test_the_even_cycle_is_kept_not_the_short_one() -> None:
    longer = STORIES["cycle"] + "2025-07-02 10:00 B -> D 1,000\n2025-07-02 11:00 D -> C 1,000\n"
    longer = longer.replace("C -> A 900", "C -> A 1,000").replace("B -> C 950", "B -> C 100")
    (match,) = [one for one in matches("cycle", longer) if one["subject"] == "A"]
    assert match["measures"]["hops"]["value"] == 4
    assert match["measures"]["even"]["value"] == 1


def test_a_chain_takes_the_nearest_amount() -> None:
    onward = "2025-07-01 15:00 X -> Y 5\n"
    (match,) = [one for one in matches("chain", STORIES["chain"] + onward) if one["subject"] == "A"]
    assert match["evidence"]["hop"] == ["t0", "t2", "t3"]
    nearer = STORIES["chain"].replace("X 30", "X 1,000")
    (match,) = [one for one in matches("chain", nearer + onward) if one["subject"] == "A"]
    assert match["evidence"]["hop"] == ["t0", "t1", "t4"]


def test_a_nearest_amount_that_leads_nowhere_does_not_end_a_chain() -> None:
    (match,) = [one for one in matches("chain", STORIES["chain"].replace("X 30", "X 1,000")) if one["subject"] == "A"]
    assert match["evidence"] == ROLES["chain"]


@pytest.mark.parametrize("motif", [motif.name for motif in MOTIFS])
def test_the_explanation_names_who_how_many_how_much_and_when(motif: str) -> None:
    (match,) = matches(motif, STORIES[motif])
    said = match["explanation"]
    assert said.startswith(f"Account {SUBJECTS[motif]} ")
    assert "£" in said
    assert "July 2025" in said
    assert said.endswith(".")
