"""Matches become alerts: grouped by a rule in plain Python, ranked, cut by the budget, money counted once."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.alerts import ALERT_SCHEMA, MOST_SUBJECTS, Grouping, group
from moneytrail.matches import EVIDENCE_SCHEMA, MATCH_SCHEMA
from moneytrail.risk import RiskRule
from moneytrail.schema import INSTANT
from moneytrail.typologies import Matches, Typology
from moneytrail.typologies import by_id as typology_of
from tests.oracles import alerts as oracle
from tests.worlds import DAY, EPOCH, NEW_YEAR, Transfer, frame_of, transfer

WEIGHTS = {"S01": 0.5, "L01": 0.25, "L03": 1.0, "L04": 0.0}
WINDOWS = {"S01": 8 * DAY, "L01": 1 * DAY, "L03": 3 * DAY, "L04": 2 * DAY}
ROLES = {name: typology_of(name).roles[0].name for name in WINDOWS}
REGISTER: dict[str, tuple[Typology, int]] = {name: (typology_of(name), window) for name, window in WINDOWS.items()}


class World(NamedTuple):
    transfers: list[Transfer]
    matches: list[oracle.Match]
    anomaly: list[float]


def match_of(number: int, typology: str, subject: str, proof: list[Transfer], score: float) -> oracle.Match:
    times = [t["time"] for t in proof]
    ids = frozenset(t["transaction_id"] for t in proof)
    return oracle.Match(f"{typology}-{number:03d}", typology, subject, min(times), max(times), score, ids)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    names = st.sampled_from(("a", "b", "c", "d", "e", "f"))
    drawn = draw(
        st.lists(st.tuples(names, names, st.integers(0, 20), st.sampled_from((0, 1, 5, 7))), min_size=3, max_size=14)
    )
    transfers = [transfer(i, NEW_YEAR + tick * DAY, d, c, amount) for i, (d, c, tick, amount) in enumerate(drawn)]
    some = st.lists(st.sampled_from(transfers), min_size=1, max_size=3, unique_by=lambda t: t["row"])
    one = st.tuples(st.sampled_from(tuple(WINDOWS)), names, some, st.sampled_from((0.5, 0.7, 0.99)))
    matches = [match_of(number, *parts) for number, parts in enumerate(draw(st.lists(one, max_size=7)))]
    anomaly = draw(st.lists(st.sampled_from((0.0, 0.9, 0.95, 1.0)), min_size=len(drawn), max_size=len(drawn)))
    return World(transfers, matches, anomaly)


def frames(world: World) -> tuple[Matches, pl.DataFrame]:
    rows = [
        {
            "match_id": match.match_id,
            "typology": match.typology,
            "subject": match.subject,
            "score": match.score,
            "unsuppressed_score": match.score,
            "value": 1,
            "transfers": len(match.transfers),
            "started_at": match.start,
            "ended_at": match.end,
            "detectable_at": match.end,
            "truncated": False,
            "explanation": "",
            "measures": [],
            "suppressors": [],
        }
        for match in world.matches
    ]
    times = ("started_at", "ended_at", "detectable_at")
    raw = {name: pl.Int64() if name in times else dtype for name, dtype in MATCH_SCHEMA.items()}
    proof = [
        {"match_id": match.match_id, "transaction_id": i, "role": ROLES[match.typology]}
        for match in world.matches
        for i in sorted(match.transfers)
    ]
    matches = pl.DataFrame(rows, schema=raw).with_columns(pl.col(times).cast(INSTANT))
    transfers = frame_of(world.transfers).with_columns(
        reference_amount=pl.col("amount"), anomaly_one=pl.Series(world.anomaly, dtype=pl.Float64)
    )
    return Matches(matches, pl.DataFrame(proof, schema=EVIDENCE_SCHEMA)), transfers


def grouped(world: World, budget: int = 100, raise_from: float = 0.0, early_until: int | None = None) -> Grouping:
    matches, transfers = frames(world)
    return group(
        matches,
        transfers,
        catalogue=REGISTER,
        run_id="R-1",
        budget=budget,
        reference_currency="GBP",
        rule=RiskRule(WEIGHTS, raise_from=raise_from),
        early_until=early_until,
    )


def by_id(world: World) -> tuple[dict[str, oracle.Match], dict[str, oracle.Transfer]]:
    moved = {
        t["transaction_id"]: oracle.Transfer(t["debtor_account"], t["creditor_account"], t["amount"])
        for t in world.transfers
    }
    return {match.match_id: match for match in world.matches}, moved


@given(worlds())
@settings(max_examples=150)
def test_groups_equal_the_oracle(world: World) -> None:
    made = grouped(world)
    assert {frozenset(ids) for ids in made.frame["match_ids"].to_list()} == oracle.groups(world.matches, WINDOWS)
    assert made.frame["match_ids"].list.len().sum() == len(world.matches)
    assert made.links_left == 0
    assert dict(made.frame.schema) == ALERT_SCHEMA | {"anomaly_one": pl.Float64()}


@given(worlds())
@settings(max_examples=100)
def test_values_scores_and_times_equal_the_oracle(world: World) -> None:
    matches, moved = by_id(world)
    anomaly = dict(zip(moved, world.anomaly, strict=True))
    for row in grouped(world).frame.iter_rows(named=True):
        own = [matches[i] for i in row["match_ids"]]
        proof = frozenset[str]().union(*(match.transfers for match in own))
        subjects = {match.subject for match in own}
        best = {match.typology: max(m.score for m in own if m.typology == match.typology) for match in own}
        mean = sum(anomaly[i] for i in proof) / len(proof)
        assert row["transfers"] == len(proof)
        assert set(row["subjects"]) == subjects
        assert dict(zip(row["typologies"], row["typology_scores"], strict=True)) == best
        assert row["value"] == oracle.value([moved[i] for i in proof], subjects)
        assert row["anomaly_one"] == pytest.approx(mean, abs=1e-6)
        assert row["risk_score"] == pytest.approx(oracle.combined(best, WEIGHTS, [mean]), abs=3e-6)
        assert row["started_at"] == EPOCH + EPOCH.resolution * min(match.start for match in own)
        assert row["ended_at"] == EPOCH + EPOCH.resolution * max(match.end for match in own)


def test_a_headline_names_three_patterns_at_most() -> None:
    fees = [transfer(i, NEW_YEAR + i * DAY, f"p{i}", "Ann Bee", 100) for i in range(4)]
    (alert,) = story_of(*((name, "Ann Bee", [i]) for i, name in enumerate(WINDOWS)), transfers=fees).alerts
    assert alert.headline.startswith("Mule pass-through with seat-fee fan-in and structuring and 1 other pattern: acc")


@given(worlds(), st.integers(1, 4))
@settings(max_examples=60)
def test_the_best_come_first_and_the_budget_cuts(world: World, budget: int) -> None:
    made = grouped(world, budget)
    rows = made.frame.to_dicts()
    keys = [(-row["risk_score"], -row["value"], min(row["match_ids"])) for row in rows]
    assert keys == sorted(keys)
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["within_budget"] for row in rows] == [rank < budget for rank in range(len(rows))]
    assert [alert.alert_id for alert in made.alerts] == [row["alert_id"] for row in rows[:budget]]
    assert [row["alert_id"] for row in rows] == [row["alert_id"] for row in grouped(world).frame.to_dicts()]


@given(worlds(), st.sampled_from((0.0, 0.2, 0.4)))
@settings(max_examples=60)
def test_what_lies_below_the_line_is_kept_and_not_raised(world: World, line: float) -> None:
    whole, made = grouped(world), grouped(world, raise_from=line)
    assert made.frame.drop("within_budget").equals(whole.frame.drop("within_budget"))
    assert made.frame["within_budget"].to_list() == [risk >= line for risk in made.frame["risk_score"]]
    assert [alert.alert_id for alert in made.alerts] == made.frame.filter("within_budget")["alert_id"].to_list()


@given(worlds(), st.integers(-1, 21))
@settings(max_examples=60)
def test_matches_of_the_first_days_of_the_data_count_half(world: World, day: int) -> None:
    matches, moved = by_id(world)
    anomaly = dict(zip(moved, world.anomaly, strict=True))
    until = NEW_YEAR + day * DAY
    for row in grouped(world, early_until=until).frame.to_dicts():
        own = [matches[i] for i in row["match_ids"]]
        proof = frozenset[str]().union(*(match.transfers for match in own))
        counted: dict[str, float] = {}
        for match in own:
            score = match.score / 2 if match.end < until else match.score
            counted[match.typology] = max(score, counted.get(match.typology, 0.0))
        mean = sum(anomaly[i] for i in proof) / len(proof)
        assert row["risk_score"] == pytest.approx(oracle.combined(counted, WEIGHTS, [mean]), abs=3e-6)
        best = {match.typology: max(m.score for m in own if m.typology == match.typology) for match in own}
        assert dict(zip(row["typologies"], row["typology_scores"], strict=True)) == best


@given(worlds())
@settings(max_examples=60)
def test_a_whole_alert_agrees_with_its_row(world: World) -> None:
    matches, moved = by_id(world)
    made = grouped(world)
    for alert, row in zip(made.alerts, made.frame.to_dicts(), strict=True):
        shown = {match.match_id for match in alert.matches}
        assert shown
        assert shown <= set(row["match_ids"])
        assert {one.match_id for one in alert.evidence} <= shown
        proof = frozenset[str]().union(*(matches[i].transfers for i in shown))
        assert {one.transaction_id for one in alert.evidence} == proof
        everyone = {side for i in proof for side in moved[i][:2]} | {matches[i].subject for i in shown}
        assert {subject.account for subject in alert.subjects} == everyone
        assert {subject.role for subject in alert.subjects} == {"unknown"}
        assert all(subject.part for subject in alert.subjects)
        assert alert.headline == row["headline"]
        assert (alert.value, alert.risk_score, alert.rank) == (row["value"], row["risk_score"], row["rank"])


def story_of(*matches: tuple[str, str, list[int]], transfers: list[Transfer]) -> Grouping:
    found = [match_of(i, t, s, [transfers[k] for k in places], 0.8) for i, (t, s, places) in enumerate(matches)]
    return grouped(World(transfers, found, [0.0] * len(transfers)))


def test_money_that_passes_through_is_counted_once() -> None:
    """£100 in, £100 on to a second suspect, £90 out: worth £100, not £290."""
    chain = [
        transfer(0, NEW_YEAR, "victim", "mule", 10_000),
        transfer(1, NEW_YEAR + 1, "mule", "hub", 10_000),
        transfer(2, NEW_YEAR + 2, "hub", "abroad", 9_000),
    ]
    (alert,) = story_of(("L03", "mule", [0, 1]), ("L03", "hub", [1, 2]), transfers=chain).alerts
    assert alert.value == 10_000
    assert len(alert.matches) == 2
    assert {subject.account: subject.part for subject in alert.subjects}["abroad"]


def test_the_headline_says_what_who_how_much_when_and_how_sure() -> None:
    fees = [transfer(i, NEW_YEAR + i * DAY, f"p{i}", "Ann Bee", 123_456) for i in range(3)]
    fees.append(transfer(3, NEW_YEAR + 3 * DAY, "Ann Bee", "q", 5))
    (alert,) = story_of(("S01", "Ann Bee", [0, 1, 2]), ("L04", "Ann Bee", [3]), transfers=fees).alerts
    assert alert.headline == (
        "Seat-fee fan-in with fan-out: account Ann Bee, £3,703.68 between 1 January 2025 and 4 January 2025, risk 0.40."
    )


def test_the_longer_of_two_windows_decides_whichever_comes_first() -> None:
    """S01 looks 8 days ahead, L04 two: five days between them are near enough, in either order."""
    for first, second in (("S01", "L04"), ("L04", "S01")):
        apart = [transfer(0, NEW_YEAR, "x", "a", 5), transfer(1, NEW_YEAR + 5 * DAY, "a", "y", 5)]
        assert len(story_of((first, "a", [0]), (second, "a", [1]), transfers=apart).alerts) == 1


@pytest.mark.parametrize(("gap", "alerts"), [(8 * DAY, 1), (8 * DAY + 1, 2)])
def test_exactly_one_window_later_is_near_enough(gap: int, alerts: int) -> None:
    apart = [transfer(0, NEW_YEAR, "x", "a", 5), transfer(1, NEW_YEAR + gap, "y", "a", 5)]
    assert len(story_of(("S01", "a", [0]), ("S01", "a", [1]), transfers=apart).alerts) == alerts


def crowd(size: int) -> Grouping:
    """Return alerts of many collectors whose matches all name one transfer."""
    shared = [transfer(0, NEW_YEAR, "x", "y", 5)]
    return story_of(*(("S01", f"s{i:02d}", [0]) for i in range(size)), transfers=shared)


def test_an_alert_has_no_more_subjects_than_one_person_can_read() -> None:
    assert crowd(MOST_SUBJECTS).frame.height == 1
    made = crowd(MOST_SUBJECTS + 5)
    assert made.frame["subjects"].list.len().max() == MOST_SUBJECTS
    assert made.frame["match_ids"].list.len().sum() == MOST_SUBJECTS + 5


def test_links_left_counts_the_pairs_in_different_alerts() -> None:
    made = crowd(MOST_SUBJECTS + 5)
    alert_of = {i: place for place, ids in enumerate(made.frame["match_ids"].to_list()) for i in ids}
    apart = sum(alert_of[a] != alert_of[b] for a, b in combinations(sorted(alert_of), 2))
    assert made.links_left == apart


def test_what_is_left_of_a_crowd_still_belongs_together() -> None:
    """The five that found no room share a transfer, and one alert has room for the five."""
    assert sorted(crowd(MOST_SUBJECTS + 5).frame["subjects"].list.len().to_list()) == [5, MOST_SUBJECTS]


def test_no_match_makes_no_alert() -> None:
    made = grouped(World([transfer(0, NEW_YEAR, "a", "b", 1)], [], [0.0]))
    assert made.alerts == ()
    assert dict(made.frame.schema) == ALERT_SCHEMA | {"anomaly_one": pl.Float64()}
