"""The checker confirms the motifs that are found, and refuses whatever one thing is changed in them."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.motifs import MOTIFS, Motif, by_name, find
from moneytrail.verify import RULES
from tests.claims import (
    Change,
    Plain,
    claim,
    double,
    drop,
    exchange,
    judge,
    measure,
    move,
    plain_matches,
    put,
    refused,
    swap_role,
)
from tests.worlds import ANYWAY, DAY, HOUR, NEW_YEAR, Transfer, graph_of, story, transfer

CROSSED = "\n".join(
    f"2025-07-0{day} 1{hour}:00  S{sender} -> R{receiver}  {100 * sender + receiver}"
    for day, hour, sender, receiver in [
        *((1, 0, 1, 1), (1, 1, 1, 2), (1, 2, 1, 3), (1, 3, 2, 1), (1, 4, 2, 2)),
        *((2, 0, 3, 3), (2, 1, 3, 2), (2, 2, 3, 1)),
    ]
)
STORIES = {
    "fan-in": """
        2025-07-01 10:00  A -> Hub  100
        2025-07-01 11:00  B -> Hub  110
        2025-07-02 10:00  C -> Hub  300
        2025-07-02 11:00  A -> Hub  105
    """,
    "fan-out": """
        2025-07-01 10:00  Hub -> A  100
        2025-07-01 11:00  Hub -> B  110
        2025-07-02 10:00  Hub -> C  300
        2025-07-02 11:00  Hub -> A  105
    """,
    "gather-scatter": """
        2025-07-01 10:00  A -> Hub  100
        2025-07-01 11:00  B -> Hub  110
        2025-07-02 10:00  C -> Hub  300
        2025-07-02 11:00  Hub -> D  200
        2025-07-02 12:00  Hub -> E  200
        2025-07-03 12:00  Hub -> F   60
    """,
    "scatter-gather": """
        2025-07-01 10:00  Source -> A     100
        2025-07-01 11:00  Source -> B     110
        2025-07-02 10:00  A      -> Sink   90
        2025-07-02 11:00  Source -> C     105
        2025-07-02 12:00  B      -> Sink  100
        2025-07-03 12:00  C      -> Sink   95
    """,
    "cycle": """
        2025-07-01 10:00  A -> B  100
        2025-07-01 11:00  B -> C   95
        2025-07-02 11:00  C -> D   90
        2025-07-03 10:00  D -> A   85
    """,
    "ring": """
        2025-07-01 10:00  A -> B  100
        2025-07-01 11:00  C -> D   95
        2025-07-02 11:00  B -> C   90
        2025-07-03 10:00  D -> A   85
    """,
    "chain": """
        2025-07-01 10:00  A -> B  100
        2025-07-01 11:00  B -> C   95
        2025-07-02 11:00  C -> D   20
        2025-07-03 10:00  D -> E   19
    """,
    "random-walk": """
        2025-07-01 10:00  A -> B  100
        2025-07-01 11:00  B -> C   95
        2025-07-02 11:00  C -> B   20
        2025-07-03 10:00  B -> E   19
    """,
    "bipartite": CROSSED,
    "stack": f"""{CROSSED}
        2025-07-02 13:00  R1 -> T1  900
        2025-07-02 14:00  R2 -> T1  100
        2025-07-02 15:00  R1 -> T2   50
        2025-07-02 16:00  R3 -> T2   50
        2025-07-02 17:00  R2 -> T3   50
        2025-07-02 18:00  R3 -> T3   50
    """,
    "pass-through": """
        2025-07-01 10:00  A    -> Mule  1,000
        2025-07-01 11:00  Mule -> B       600
        2025-07-01 12:00  C    -> Mule    200
        2025-07-01 13:00  Mule -> D       500
    """,
}  # fmt: skip


@cache
def first_match(motif: str) -> Plain:
    graph = graph_of(story(STORIES[motif]))
    entry = next(one for one in MOTIFS if one.name == motif)
    made = plain_matches(graph, find(graph, motif), dict(entry.values()))
    return max(made, key=lambda plain: (plain["transfers"], plain["subject"]))


def found(motif: str) -> Plain:
    """Return the longest match of a story, as a copy that may be changed."""
    return deepcopy(first_match(motif))


@pytest.mark.parametrize("motif", MOTIFS, ids=lambda motif: motif.name)
def test_the_rule_restates_the_motif(motif: Motif) -> None:
    rule = RULES[motif.name]
    assert dict(rule.parameters) == motif.values()
    assert [(role.name, role.counts) for role in rule.roles] == [(role.name, role.counts) for role in motif.roles]


@pytest.mark.parametrize("motif", sorted(STORIES))
def test_the_whole_story_is_found_and_confirmed(motif: str) -> None:
    plain = found(motif)
    assert plain["transfers"] == len(STORIES[motif].strip().splitlines())
    verdict = judge(plain)
    assert verdict.refusals == ()
    assert verdict.not_checkable == ("that no stronger match of the same subject lies in the same period",)


AMOUNTS = (0, 1, 85, 90, 100, 100, 110, 2**40)


@st.composite
def worlds(draw: st.DrawFn) -> list[Transfer]:
    """Return at most 24 transfers between six accounts, ties likely."""
    unit = draw(st.sampled_from((HOUR, 6 * HOUR, DAY // 2, DAY)))
    one = st.tuples(st.sampled_from(ANYWAY), st.integers(0, 20), st.sampled_from(AMOUNTS))
    drawn = draw(st.lists(one, min_size=draw(st.sampled_from((0, 12, 20))), max_size=24))
    rows = draw(st.permutations(range(len(drawn))))
    return [
        transfer(row, NEW_YEAR + tick * unit, debtor, creditor, amount)
        for row, ((debtor, creditor), tick, amount) in zip(rows, drawn, strict=True)
    ]


SMALL: dict[str, dict[str, Any]] = {
    "fan-in": {"counterparties": 2},
    "fan-out": {"counterparties": 2},
    "gather-scatter": {"payers": 2, "payees": 2},
    "scatter-gather": {"intermediaries": 2},
    "cycle": {"hops": 2},
    "ring": {"hops": 2},
    "chain": {},
    "random-walk": {},
    "bipartite": {"senders": 2, "receivers": 2, "pair_share": 0.5},
    "stack": {"senders": 2, "middle": 2, "receivers": 2, "pair_share": 0.5},
    "pass-through": {},
}


@pytest.mark.parametrize("motif", MOTIFS, ids=lambda motif: motif.name)
def test_every_match_of_a_small_world_is_confirmed(motif: Motif) -> None:
    overrides = SMALL[motif.name]
    seen = 0

    @settings(max_examples=60, deadline=None)
    @given(world=worlds())
    def hold(world: list[Transfer]) -> None:
        nonlocal seen
        graph = graph_of(world)
        for plain in plain_matches(graph, motif.find(graph, overrides), dict(motif.values(overrides))):
            assert judge(plain).refusals == ()
            seen += 1

    hold()
    assert seen > (0 if motif.name == "stack" else 3), "the worlds show too little"


def detect_at_the_start(plain: Plain) -> None:
    plain["detectable_at"] = plain["started_at"]


ANY: list[tuple[str, str, Change]] = [
    ("transfers", "drop the last transfer", drop(-1)),
    ("match_id", "drop the last transfer", drop(-1)),
    ("ended_at", "drop the last transfer", drop(-1)),
    ("once", "show a transfer twice", double(1)),
    ("order", "exchange two transfers", exchange(0, 1)),
    ("order", "move a time behind the next", move(0, days=3)),
    ("window", "move the last out of the window", move(-1, days=30)),
    ("started_at", "move the first", move(0, minutes=-1)),
    ("ended_at", "move the last", move(-1, minutes=1)),
    ("roles", "an unknown role", swap_role("funding")),
    ("accounts", "cash", put(1, "debtor_account", None)),
    ("match_id", "another subject", claim("subject", "Somebody")),
    ("match_id", "another id", claim("match_id", "cycle-0123456789abcdef")),
    (
        "detectable_at",
        "detectable before anything happened",
        claim("detectable_at", first_match("cycle")["started_at"]),
    ),
    ("value", "more value", claim("value", 10**9)),
    ("score", "more score", claim("score", 0.98)),
    ("span", "a shorter span", measure("span", value=1.0)),
    ("span", "a longer window", measure("span", threshold=9_999.0)),
]


@pytest.mark.parametrize("motif", sorted(STORIES))
@pytest.mark.parametrize(("check", "what", "change"), ANY, ids=[f"{c}: {w}" for c, w, _ in ANY])
def test_one_change_to_any_motif_is_refused(motif: str, check: str, what: str, change: Change) -> None:
    plain = found(motif)
    change(plain)
    names = refused(plain)
    # A debtor that is the subject itself is refused before anything is counted.
    assert check in names or (check == "accounts" and "sides" in names), what


SIZES = {
    "fan-in": ("counterparties",),
    "fan-out": ("counterparties",),
    "gather-scatter": ("payers", "payees", "value in", "value out"),
    "scatter-gather": ("intermediaries", "value in", "value out"),
    "cycle": ("hops", "wait", "even"),
    "ring": ("hops", "even", "passed on"),
    "chain": ("hops", "wait", "passed", "accounts"),
    "random-walk": ("hops", "wait", "passed", "accounts"),
    "bipartite": ("senders", "receivers", "pairs", "pair_share", "alike"),
    "stack": ("senders", "middle", "receivers", "pairs", "pair_share", "second_pair_share"),
    "pass-through": ("value in", "value out", "passed_share", "quick"),
}


@pytest.mark.parametrize(("motif", "name"), [(motif, name) for motif, names in SIZES.items() for name in names])
def test_another_size_than_the_transfers_show_is_refused(motif: str, name: str) -> None:
    plain = found(motif)
    (one,) = (m for m in plain["measures"] if m["name"] == name)
    one["value"] += 1
    (check,) = (check for check in judge(plain).refusals if check.name == name)
    assert check.detail.startswith("claimed")
    assert "the transfers show" in check.detail
    plain = found(motif)
    (one,) = (m for m in plain["measures"] if m["name"] == name)
    one["points"] += 0.1
    assert {name, "score"} <= refused(plain)


def meet_twice(plain: Plain) -> None:
    plain["evidence"][2]["creditor_account"] = plain["evidence"][3]["debtor_account"] = "B"


OWN: list[tuple[str, str, str, Change]] = [
    ("fan-in", "sides", "paid to another", put(1, "creditor_account", "Other")),
    ("fan-out", "sides", "paid by another", put(1, "debtor_account", "Other")),
    ("fan-in", "counterparties", "one payer less", put(2, "debtor_account", "A")),
    ("gather-scatter", "sides", "a credit called a debit", swap_role("scatter", 0)),
    ("gather-scatter", "gathered first", "a debit before the last credit", move(2, hours=2)),
    ("gather-scatter", "distinct", "a payer who is paid", put(3, "creditor_account", "A")),
    ("gather-scatter", "turn", "gathered over too long", move(0, days=-7)),
    ("scatter-gather", "one sink", "two sinks", put(5, "creditor_account", "Other")),
    ("scatter-gather", "distinct", "the sink is in between", put(1, "creditor_account", "Sink")),
    ("scatter-gather", "linked", "an account that passes nothing on", put(3, "creditor_account", "D")),
    ("scatter-gather", "scattered first", "gathered before it was scattered", move(1, days=2)),
    ("scatter-gather", "gathered after", "gathered before it was scattered", move(1, days=2)),
    ("cycle", "linked", "a broken link", put(1, "creditor_account", "X")),
    ("cycle", "closed", "it does not close", put(3, "creditor_account", "X")),
    ("cycle", "distinct", "an account met twice", meet_twice),
    ("cycle", "subject", "another beginning", claim("subject", "B")),
    ("cycle", "hop limit", "too long a wait", move(3, hours=80)),
    ("cycle", "even", "another amount", put(1, "reference_amount", 100)),
    ("ring", "closed", "a link elsewhere", put(1, "creditor_account", "X")),
    ("ring", "closed", "it closes too soon", put(2, "creditor_account", "D")),
    ("ring", "distinct", "an account pays twice", put(2, "debtor_account", "A")),
    ("ring", "subject", "another that completes it", claim("subject", "A")),
    ("ring", "even", "another amount", put(3, "reference_amount", 100)),
    ("chain", "linked", "a broken link", put(1, "debtor_account", "X")),
    ("chain", "distinct", "an account met twice", put(3, "creditor_account", "B")),
    ("chain", "hop limit", "too long a wait", move(3, hours=60)),
    ("random-walk", "linked", "a broken link", put(2, "debtor_account", "X")),
    ("random-walk", "subject", "another beginning", claim("subject", "B")),
    ("bipartite", "subject", "a subject that is no sender", claim("subject", "R1")),
    ("bipartite", "subject", "a subject that pays too few", claim("subject", "S2")),
    ("bipartite", "distinct", "a sender who is paid", put(3, "debtor_account", "R2")),
    ("bipartite", "dense", "a sender who pays one only", put(4, "creditor_account", "R1")),
    ("stack", "linked", "a second layer from elsewhere", put(9, "debtor_account", "X")),
    ("stack", "third set", "paid back to the first set", put(9, "creditor_account", "S1")),
    ("stack", "second dense", "paid by one only", put(9, "creditor_account", "T4")),
    ("stack", "received first", "paid on before it was paid", move(8, days=-3)),
    ("pass-through", "sides", "a debit called a credit", swap_role("in", 1)),
    ("pass-through", "ends in a debit", "the last debit dropped", drop(-1)),
    ("pass-through", "came first", "the first credit dropped", drop(0)),
    ("pass-through", "came in", "nothing came in", put(0, "reference_amount", 0)),
    ("pass-through", "value in", "another amount", put(0, "reference_amount", 1)),
]


@pytest.mark.parametrize(("motif", "check", "what", "change"), OWN, ids=[f"{m} {c}: {w}" for m, c, w, _ in OWN])
def test_one_change_to_a_motif_is_refused(motif: str, check: str, what: str, change: Change) -> None:
    plain = found(motif)
    change(plain)
    if check == "came in":
        plain["evidence"][2]["reference_amount"] = 0
    assert check in refused(plain), what


AHEAD = f"""{STORIES["scatter-gather"]}
    2025-07-02 13:00  D      -> Sink   95
    2025-07-02 14:00  Source -> D     100
"""
"""D paid the sink before the source paid it: its transfers are the sixth and the seventh."""


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("covered", drop(6)),
        ("covered", put(6, "creditor_account", "E")),
        ("covered after", move(6, hours=-2)),
        ("one sink", put(5, "creditor_account", "Other")),
        ("distinct", put(5, "debtor_account", "A")),
        ("ahead", measure("ahead", value=2.0)),
        ("roles", swap_role("scattered", 6)),
        ("value", swap_role("scatter", 6)),
    ],
)
def test_an_advance_stands_with_its_cover(check: str, change: Change) -> None:
    graph = graph_of(story(AHEAD))
    (plain,) = plain_matches(graph, find(graph, "scatter-gather"), dict(by_name("scatter-gather").values()))
    assert [one["role"] for one in plain["evidence"]][5:7] == ["advance", "cover"]
    assert judge(plain).refusals == ()
    change(plain)
    assert check in refused(plain)


def test_parameters_of_any_size_end_in_a_verdict() -> None:
    for motif in sorted(STORIES):
        for name in RULES[motif].parameters:
            for value in (0, 10**15, 0.5, 1e-9):
                plain = found(motif)
                plain["parameters"][name] = value
                judge(plain)
