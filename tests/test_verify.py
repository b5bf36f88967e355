"""The checker confirms what is found, and refuses whatever one thing is changed in it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.errors import InputError
from moneytrail.matches import GATE_POINTS, MOST_POINTS
from moneytrail.tables import shipped
from moneytrail.typologies import CATALOGUE, by_id
from moneytrail.verify import RULES, checking, claim_of, places, read_claims, typologies, verify
from moneytrail.verify.rule import PULLED
from tests.claims import (
    SHOWN,
    Change,
    Plain,
    claim,
    double,
    drop,
    drop_counting,
    exchange,
    judge,
    measure,
    moment,
    move,
    plain_matches,
    put,
    refused,
    swap_role,
    without_measure,
)
from tests.typologies.cases import cases_of
from tests.worlds import EPOCH, Case, graph_of, story

STORIES = {
    "S01": "\n".join(f"2025-07-{day:02} 10:00  P{day} -> Hub  1,{day}00" for day in range(1, 10)),
    "L04": """
        2025-07-01 09:00  Broker -> Hub    2,400
        2025-07-01 10:00  Hub    -> Mule1    600
        2025-07-01 10:05  Hub    -> Mule2    600
        2025-07-01 10:10  Hub    -> Mule3    600
        2025-07-01 10:15  Hub    -> Mule4    600
        2025-07-02 08:00  Hub    -> Mule5    600
    """,
    "L03": """
        2025-07-01 10:00  Anna -> Mule  1,000
        2025-07-01 10:05  Ben  -> Mule     40
        2025-07-01 10:20  Mule -> Boss    950
        2025-07-03 10:00  Carl -> Mule  2,000
        2025-07-03 10:20  Mule -> Boss  1,900
    """,
    "L01": """
        2025-07-01 10:00  - -> Shop  900 channel=cash location=north
        2025-07-02 10:00  - -> Shop  910 channel=cash location=north
        2025-07-03 10:00  - -> Shop  300 channel=cash location=south
        2025-07-03 11:00  - -> Shop  910 channel=cash location=north
    """,
}


@cache
def first_match(typology: str) -> Plain:
    graph = graph_of(story(STORIES[typology]))
    return plain_matches(graph, by_id(typology).find(graph), dict(by_id(typology).values()))[0]


def found(typology: str) -> Plain:
    """Return the first match of a story, as a copy that may be changed."""
    return deepcopy(first_match(typology))


@pytest.mark.parametrize("typology", sorted(STORIES))
def test_what_is_found_is_confirmed(typology: str) -> None:
    verdict = judge(found(typology))
    assert verdict.refusals == ()
    assert verdict.confirmed
    assert verdict.checks
    assert verdict.not_checkable


@pytest.mark.parametrize("typology", ["L01", "L03", "L04", "S01"])
def test_every_match_of_a_small_world_is_confirmed(typology: str) -> None:
    seen = 0

    @settings(max_examples=120, deadline=None)
    @given(case=cases_of(typology))
    def hold(case: Case) -> None:
        nonlocal seen
        graph = case.graph()
        entry = by_id(case.typology)
        for plain in plain_matches(graph, entry.find(graph, case.overrides), dict(entry.values(case.overrides))):
            assert judge(plain).refusals == ()
            seen += 1

    hold()
    assert seen > 3, "the worlds show too little"


def test_what_the_transfers_cannot_show_is_not_confirmed() -> None:
    verdict = judge(found("S01"))
    unseen = " ".join(verdict.not_checkable)
    for name in ("first_share", "one_shot_share", "onward_share", "card_share", "history_days", "dealings before"):
        assert name in unseen
    assert "parameters" not in unseen
    alone = found("S01")
    assert any("parameters" in said for said in verify(claim_of(alone, alone["evidence"])).not_checkable)


# Mutations: one thing is changed, and the check that is named must refuse it.


ANY = [
    ("transfers", "drop a transfer", drop(1)),
    ("match_id", "drop a transfer", drop(1)),
    ("value", "drop a transfer that counts", drop_counting),
    ("once", "show a transfer twice", double(1)),
    ("transfers", "show a transfer twice", double(1)),
    ("order", "exchange two transfers", exchange(0, 1)),
    ("order", "move a time behind the next", move(0, days=40)),
    ("window", "move one out of the window", move(1, days=-60)),
    ("started_at", "move the first", move(0, minutes=-1)),
    ("ended_at", "move the last", move(-1, minutes=1)),
    ("roles", "an unknown role", swap_role("hub")),
    ("sides", "another subject", claim("subject", "Somebody")),
    ("match_id", "another id", claim("match_id", "S01-0123456789abcdef")),
    ("typology", "another typology", claim("typology", "Z99")),
    ("started_at", "an earlier start", claim("started_at", moment("2025-06-30"))),
    ("ended_at", "a later end", claim("ended_at", moment("2025-07-30"))),
    ("detectable_at", "detectable later than it ended", claim("detectable_at", moment("2025-07-20"))),
    ("detectable_at", "detectable in an earlier period", claim("detectable_at", moment("2025-05-01"))),
    ("transfers", "more transfers", claim("transfers", 99)),
    ("value", "more value", claim("value", 10**9)),
    ("score", "more score", claim("score", 0.98)),
]


@pytest.mark.parametrize("typology", sorted(STORIES))
@pytest.mark.parametrize(("check", "what", "change"), ANY, ids=[f"{c}: {w}" for c, w, _ in ANY])
def test_one_change_to_any_match_is_refused(typology: str, check: str, what: str, change: Change) -> None:
    plain = found(typology)
    change(plain)
    assert check in refused(plain), what


OWN = [
    ("S01", "payers", "more payers", measure("payers", value=10.0)),
    ("S01", "payers", "one payer twice", put(1, "debtor_account", "P1")),
    ("S01", "payers", "a lower threshold", measure("payers", threshold=2.0)),
    ("S01", "payers", "more points", measure("payers", points=0.15)),
    ("S01", "payers", "no gate", measure("payers", kind="fact")),
    ("S01", "payers", "not met", measure("payers", met=False)),
    ("S01", "measures", "a gate left out", without_measure("first_share")),
    ("S01", "value", "another amount", put(3, "reference_amount", 1)),
    ("S01", "seat_low", "another middle amount", put(4, "reference_amount", 500_000)),
    ("S01", "uniform_share", "all at one price", measure("uniform_share", value=0.9)),
    ("S01", "few transfers", "payers who pay again and again", None),
    ("S01", "first_share", "below the gate", measure("first_share", value=0.1)),
    ("S01", "history_days", "points unearned", measure("history_days", points=0.1)),
    ("S01", "pushed", "a direct debit", put(2, "channel", "direct_debit")),
    ("S01", "pushed", "cash", put(2, "debtor_account", None)),
    ("S01", "sides", "paid to another", put(2, "creditor_account", "Other")),
    ("S01", "sides", "paid to oneself", put(2, "debtor_account", "Hub")),
    ("L04", "roles", "no scatter", None),
    ("L04", "sides", "a debit called funding", swap_role("funding", 1)),
    ("L04", "payees", "more payees", measure("payees", value=6.0)),
    ("L04", "funding before", "funded too early", move(0, hours=-48)),
    ("L04", "funding covers", "too little funding", put(0, "reference_amount", 200_000)),
    ("L04", "institutions", "banks that are not there", measure("institutions", value=3.0)),
    ("L04", "funding credits", "three credits", None),
    ("L03", "sides", "a debit called a credit", swap_role("in", 2)),
    ("L03", "credits", "a small credit counted", swap_role("in", 1)),
    ("L03", "least credit", "a small credit counted", swap_role("in", 1)),
    ("L03", "days", "more days", measure("days", value=3.0)),
    ("L03", "quick_share", "passed on later", move(2, hours=2)),
    ("L03", "retained_share", "less was kept", put(4, "reference_amount", 200_000)),
    ("L03", "cut", "a cut of the usual size", measure("cut", met=False, points=0.0)),
    ("L01", "below the line", "an amount above the line", put(1, "amount", 100_000)),
    ("L01", "near the line", "an amount less near", put(1, "amount", 70_000)),
    ("L01", "near the line", "a role exchanged", swap_role("below", 1)),
    ("L01", "line applies", "by another channel", put(1, "channel", "credit_transfer")),
    ("L01", "line applies", "in another currency", put(1, "currency", "EUR")),
    ("L01", "line", "a line that nobody looks at", measure("line", value=99_000.0)),
    ("L01", "credits", "more credits", measure("credits", value=4.0)),
    ("L01", "lookback", "fewer in the lookback than here", measure("bins_under", value=2.0)),
    ("L01", "excess", "more just above", measure("bins_over", value=3.0)),
    ("L01", "repeats", "all the same", measure("repeats", value=1.0)),
    ("L01", "places", "more places", measure("places", value=3.0)),
    ("L01", "sum_own", "another own amount", put(2, "amount", 30_001)),
]


def pay_again(plain: Plain) -> None:
    for one in plain["evidence"][:6]:
        one["debtor_account"] = "P1"


def leave_funding(plain: Plain) -> None:
    plain["evidence"] = plain["evidence"][:1]


def fund_thrice(plain: Plain) -> None:
    first = plain["evidence"][0]
    for number in (1, 2):
        one = first | {"transaction_id": f"x{number}", "booked_at": first["booked_at"] + timedelta(minutes=number)}
        plain["evidence"].insert(number, one)


SPECIAL = {
    "payers who pay again and again": pay_again,
    "no scatter": leave_funding,
    "three credits": fund_thrice,
}


@pytest.mark.parametrize(("typology", "check", "what", "change"), OWN, ids=[f"{t} {c}: {w}" for t, c, w, _ in OWN])
def test_one_change_to_a_typology_is_refused(typology: str, check: str, what: str, change: Change | None) -> None:
    plain = found(typology)
    (change or SPECIAL[what])(plain)
    assert check in refused(plain)


def test_a_refusal_says_what_was_claimed_and_what_is_there() -> None:
    plain = found("S01")
    measure("payers", value=12.0)(plain)
    (check,) = (check for check in judge(plain).refusals if check.name == "payers")
    assert check.detail == "claimed 12, the transfers show 9"


# What is restated agrees with what is declared.


@pytest.mark.parametrize("entry", [entry for entry in CATALOGUE if entry.id in RULES], ids=lambda entry: entry.id)
def test_the_rule_restates_the_catalogue(entry: Any) -> None:
    rule = RULES[entry.id]
    assert dict(rule.parameters) == entry.values()
    assert {role.name: role.counts for role in rule.roles} == {role.name: role.counts for role in entry.roles}


def test_the_constants_are_those_of_the_catalogue() -> None:
    assert (checking.GATE, checking.MOST) == (GATE_POINTS, MOST_POINTS)
    declared = {
        (line.currency, line.amount): (
            line.channels,
            None if line.since is None else (datetime.combine(line.since, datetime.min.time(), UTC) - EPOCH),
        )
        for line in shipped().lines
    }
    restated = {
        key: (channels, None if since is None else timedelta(microseconds=since))
        for key, (channels, since) in typologies.LINES.items()
    }
    assert restated == declared
    from moneytrail.graph import PULLED_CHANNELS

    assert PULLED == PULLED_CHANNELS


# Hostile input: one clear error.


def taken(name: str, value: object) -> Change:
    return lambda plain: plain.update({name: value})


def lost(name: str) -> Change:
    def change(plain: Plain) -> None:
        del plain[name]

    return change


def lost_in_evidence(name: str) -> Change:
    def change(plain: Plain) -> None:
        del plain["evidence"][0][name]

    return change


HOSTILE: list[tuple[str, Change]] = [
    *(
        (name, lost(name))
        for name in ("match_id", "typology", "subject", "score", "measures", "started_at", "truncated")
    ),
    *((name, lost_in_evidence(name)) for name in SHOWN if name not in ("location", "creditor_institution")),
    *((name, lambda plain, name=name: plain["evidence"][0].update({name: None})) for name in ("row", "role", "amount")),
    ("score", taken("score", float("nan"))),
    ("score", taken("score", None)),
    ("score", taken("score", "0.5")),
    ("value", taken("value", True)),
    ("value", taken("value", -1)),
    ("value", taken("value", 1.5)),
    ("truncated", taken("truncated", 0)),
    ("subject", taken("subject", "")),
    ("subject", taken("subject", 7)),
    ("started_at", taken("started_at", "yesterday")),
    ("started_at", taken("started_at", datetime(2025, 1, 1))),  # noqa: DTZ001
    ("measures", taken("measures", None)),
    ("measure 1", taken("measures", [7])),
    ("name", taken("measures", [{}])),
    ("value", measure("payers", value=float("inf"))),
    ("points", measure("payers", points=None)),
    ("twice", lambda plain: plain["measures"].append(dict(plain["measures"][0]))),
    ("no evidence", taken("evidence", [])),
    ("transfer 1", taken("evidence", [None])),
    ("currency", put(0, "currency", "XXX")),
    ("channel", put(0, "channel", "pigeon")),
    ("reference_amount", put(0, "reference_amount", -5)),
    ("reference_amount", put(0, "reference_amount", float("nan"))),
    ("booked_at", put(0, "booked_at", 7)),
    ("row", put(0, "row", "0")),
    ("absent", lambda plain: plain["evidence"][0].update(debtor_account=None, creditor_account=None)),
    ("parameters", taken("parameters", {"payers": "8"})),
    ("payers", taken("parameters", {"payers": -1})),
    ("payers", taken("parameters", {"payers": 1e300})),
    ("parameters", taken("parameters", 7)),
]


@pytest.mark.parametrize(("named", "change"), HOSTILE, ids=[f"{n} {i}" for i, (n, _) in enumerate(HOSTILE)])
def test_what_has_no_form_is_one_clear_error(named: str, change: Change) -> None:
    plain = found("S01")
    change(plain)
    with pytest.raises(InputError, match=named):
        judge(plain)


@settings(max_examples=120, deadline=None)
@given(
    name=st.sampled_from(["typology", "subject", "score", "value", "started_at", "measures", "evidence", "parameters"]),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
)
def test_any_value_is_judged_or_refused_with_a_clear_error(name: str, value: Any) -> None:
    plain = found("L04") | {name: value}
    try:
        judge(plain)
    except InputError as error:
        assert "match" in str(error)  # noqa: PT017


def test_parameters_of_any_size_end_in_a_verdict() -> None:
    for typology in sorted(STORIES):
        for name in RULES[typology].parameters:
            for value in (0, 10**15, 0.5, 1e-9):
                plain = found(typology)
                plain["parameters"][name] = value
                judge(plain)


# Places


def as_json(plain: Plain) -> str:
    return json.dumps(plain, default=lambda value: value.isoformat())


def test_a_match_is_read_from_a_json_file(tmp_path: Path) -> None:
    path = tmp_path / "match.json"
    path.write_text(as_json(found("L03")), "utf-8")
    (read,) = read_claims(path)
    assert verify(read).confirmed
    assert read.parameters is not None
    document = {"parameters": {"L03": found("L03")["parameters"]}, "matches": [found("L03"), found("L04")]}
    path.write_text(as_json(document), "utf-8")
    assert [verify(one).confirmed for one in read_claims(path)] == [True, True]
    wanted = found("L04")["match_id"]
    assert [one.match_id for one in read_claims(path, [wanted])] == [wanted]


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"matches": 7}', '{"matches": [7]}', "{}", '{"match_id": "x"}'])
def test_a_json_file_that_holds_no_match(text: str, tmp_path: Path) -> None:
    path = tmp_path / "match.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError):
        list(read_claims(path))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    graph = graph_of(story(STORIES["L04"]))
    matches = by_id("L04").find(graph)
    matches.match.write_parquet(tmp_path / "matches.parquet")
    matches.evidence.write_parquet(tmp_path / "evidence.parquet")
    amount = pl.Series("reference_amount", graph.amount)
    graph.frame.with_columns(amount).write_parquet(tmp_path / "transfers.parquet")
    return tmp_path


def rewrite(path: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    change(pl.read_parquet(path)).write_parquet(path)


def test_a_folder_is_read(folder: Path) -> None:
    (read,) = read_claims(folder)
    assert verify(read).confirmed
    assert read.parameters is None


@pytest.mark.parametrize("name", ["matches", "evidence", "transfers"])
def test_a_folder_that_lacks_a_frame_or_a_column(name: str, folder: Path) -> None:
    path = folder / f"{name}.parquet"
    whole = path.read_bytes()
    column = {"matches": "typology", "evidence": "role", "transfers": "row"}[name]
    rewrite(path, lambda frame: frame.drop(column))
    with pytest.raises(InputError, match=column):
        list(read_claims(folder))
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=name):
        list(read_claims(folder))
    path.unlink()
    with pytest.raises(InputError, match=name):
        list(read_claims(folder))


def test_a_transfer_that_is_not_there_is_named(folder: Path) -> None:
    rewrite(folder / "transfers.parquet", lambda frame: frame.filter(pl.col("transaction_id") != "t3"))
    with pytest.raises(InputError, match="t3"):
        list(read_claims(folder))


def test_transfers_that_stand_twice_are_not_confirmed(folder: Path) -> None:
    rewrite(folder / "transfers.parquet", lambda frame: pl.concat([frame, frame.tail(1)]))
    (read,) = read_claims(folder)
    assert "once" in {check.name for check in verify(read).refusals}


def test_frames_of_other_types_are_one_clear_error(folder: Path) -> None:
    rewrite(folder / "transfers.parquet", lambda frame: frame.with_columns(pl.col("booked_at").cast(pl.Int64)))
    with pytest.raises(InputError, match="booked_at"):
        list(read_claims(folder))
    rewrite(folder / "evidence.parquet", lambda frame: frame.with_columns(role=pl.lit(1)))
    with pytest.raises(InputError, match="role"):
        list(read_claims(folder))


def test_ids_that_are_not_there_or_stand_twice(folder: Path) -> None:
    with pytest.raises(InputError, match="no match 'L04-0'"):
        list(read_claims(folder, ["L04-0"]))
    rewrite(folder / "matches.parquet", lambda frame: pl.concat([frame, frame]))
    with pytest.raises(InputError, match="twice"):
        list(read_claims(folder))
    rewrite(folder / "matches.parquet", lambda frame: frame.clear())
    with pytest.raises(InputError, match="not among the matches"):
        list(read_claims(folder))


@pytest.mark.parametrize("text", ["7", "{}", '{"deciding": 7}', '{"deciding": {"catalogue": [7]}}', "nothing"])
def test_a_run_record_that_cannot_be_read(text: str, folder: Path) -> None:
    (folder / "run.json").write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"run\.json"):
        list(read_claims(folder))


def test_matches_are_taken_out_of_the_frames_in_slices(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [one.match_id for one in read_claims(folder)]
    graph = graph_of(story(STORIES["S01"]))
    more = by_id("S01").find(graph)
    rewrite(folder / "matches.parquet", lambda frame: pl.concat([frame, more.match]))
    prefixed = pl.concat_str(pl.lit("s"), pl.col("transaction_id")).alias("transaction_id")
    rewrite(folder / "evidence.parquet", lambda frame: pl.concat([frame, more.evidence.with_columns(prefixed)]))
    extra = graph.frame.with_columns(prefixed, pl.Series("reference_amount", graph.amount))
    rewrite(folder / "transfers.parquet", lambda frame: pl.concat([frame, extra]))
    monkeypatch.setattr(places, "SLICE", 1)
    read = list(read_claims(folder))
    assert [one.match_id for one in read] == [*whole, *more.match["match_id"]]
    assert [len(one.evidence) for one in read] == [6, 9]


def test_the_checker_loads_nothing_that_finds_matches() -> None:
    finders = ["numba", "numpy", *(f"moneytrail.{name}" for name in ("graph", "kernels", "typologies", "motifs"))]
    code = f"import sys, moneytrail.verify\nassert not set({finders}) & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
