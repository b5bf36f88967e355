"""What must not change a finding: when the data begin, names, the unit, the neighbours, the shards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from moneytrail.graph import TransactionGraph
from moneytrail.typologies import Typology, by_id
from tests.typologies.cases import IDS, cases_of, money_of, skip_if_exempt
from tests.worlds import DAY, EPOCH, HOUR, NAMES, NEW_YEAR, Case, Outcome, Transfer, graph_of, outcomes, transfer

# A period that does not divide the calendar's cycle is left out by an assumption: of few examples that may be most.
EXAMPLES = settings(max_examples=8, suppress_health_check=[HealthCheck.filter_too_much])
GREGORIAN = 146_097 * DAY
"""400 years. The calendar repeats: months keep their borders, so that even regular dealings are the same."""


def find(case: Case, transfers: list[Transfer] | None = None) -> list[Outcome]:
    case = case if transfers is None else case._replace(transfers=transfers)
    return outcomes(by_id(case.typology).find(case.ground(), case.overrides))


def shifted(case: Case, by: int) -> Case:
    """Return the same world at another time: transfers, arrivals and the days on which accounts were opened."""
    days = by // DAY
    return case._replace(
        transfers=[t | {"time": t["time"] + by} for t in case.transfers],
        arrivals=tuple((day + days, count, red) for day, count, red in case.arrivals),
        links={
            name: known | ({"opened": known["opened"] + timedelta(days=days)} if known.get("opened") else {})
            for name, known in case.links.items()
        },
    )


def period_days(case: Case) -> int:
    entry = by_id(case.typology)
    return entry.period_days(entry.values(case.overrides))


def later(found: list[Outcome], by: int) -> list[Outcome]:
    return [one._replace(detectable_at=one.detectable_at + timedelta(microseconds=by)) for one in found]


@pytest.mark.parametrize("typology", IDS)
@given(data=st.data())
@EXAMPLES
def test_four_hundred_years_later_the_same_is_found(typology: str, data: st.DataObject) -> None:
    """With a window that divides the 146,097 days of the calendar's cycle, periods keep their borders too."""
    case = data.draw(cases_of(typology))
    skip_if_exempt(typology, "calendar")
    assume(146_097 % period_days(case) == 0)
    assert find(shifted(case, GREGORIAN)) == later(find(case), GREGORIAN)


@pytest.mark.parametrize("typology", IDS)
@given(data=st.data(), periods=st.integers(-50, 50))
@EXAMPLES
def test_whole_periods_later_the_same_is_found(typology: str, data: st.DataObject, periods: int) -> None:
    """In worlds shorter than the 30 days after which dealings can make a tie: months cannot matter."""
    case = data.draw(cases_of(typology))
    times = [t["time"] for t in case.transfers]
    assume(max(times, default=0) - min(times, default=0) < 30 * DAY)
    skip_if_exempt(typology, "periods")
    by = periods * period_days(case) * DAY
    assert find(shifted(case, by)) == later(find(case), by)


@pytest.mark.parametrize("typology", IDS)
@given(data=st.data(), names=st.permutations(["Z", "y", "a", "é", " spaced ", "12"]))
@EXAMPLES
def test_names_of_accounts_do_not_matter(typology: str, data: st.DataObject, names: list[str]) -> None:
    case = data.draw(cases_of(typology))
    new: dict[str | None, str | None] = {None: None} | dict(zip(NAMES, names, strict=True))
    sides = ("debtor_account", "creditor_account")
    renamed = [t | {side: new[t[side]] for side in sides} for t in case.transfers]
    links = {str(new[account]): attributes for account, attributes in case.links.items()}
    expected = sorted(one._replace(subject=str(new[one.subject])) for one in find(case))
    before = {
        name: [one._replace(subject=str(new[one.subject])) for one in found] for name, found in case.earlier.items()
    }
    assert find(case._replace(transfers=renamed, links=links, earlier=before)) == expected


@pytest.mark.parametrize("typology", IDS)
@given(data=st.data(), factor=st.sampled_from((2, 8)))
@EXAMPLES
def test_another_unit_of_money_finds_the_same(typology: str, data: st.DataObject, factor: int) -> None:
    """Amounts and money thresholds together; by powers of two, which no rounding of a share can notice."""
    skip_if_exempt(typology, "money")
    case = data.draw(cases_of(typology))
    scaled = [t | {"amount": t["amount"] * factor} for t in case.transfers]
    overrides = {k: v * factor if k in money_of(typology) else v for k, v in case.overrides.items()}
    before = [(one.subject, one.evidence, one.detectable_at, one.score) for one in find(case)]
    larger = case._replace(transfers=scaled, overrides=overrides)
    ground = larger.ground()
    lines = tuple(replace(line, amount=line.amount * factor) for line in ground.tables.lines)
    ground = replace(ground, tables=replace(ground.tables, lines=lines))
    after = outcomes(by_id(typology).find(ground, overrides))
    assert [(one.subject, one.evidence, one.detectable_at, one.score) for one in after] == before


@pytest.mark.parametrize("typology", IDS)
@given(data=st.data(), wait=st.integers(0, 400 * 24), amount=st.sampled_from((0, 5, 90_000)))
@EXAMPLES
def test_strangers_to_a_finding_do_not_change_it(typology: str, data: st.DataObject, wait: int, amount: int) -> None:
    case = data.draw(cases_of(typology))
    assume(case.transfers)
    start = min(t["time"] for t in case.transfers)
    beside = transfer(1_000, start + wait * HOUR, "new 1", "new 2", amount, channel="cash")
    assert find(case, [*case.transfers, beside]) == find(case)


@pytest.mark.parametrize("typology", IDS)
@given(data=st.data(), seed=st.integers(0, 9))
@EXAMPLES
def test_the_order_of_the_frame_does_not_matter(typology: str, data: st.DataObject, seed: int) -> None:
    case = data.draw(cases_of(typology))
    mixed = [case.transfers[i] for i in np.random.default_rng(seed).permutation(len(case.transfers))]
    entry = by_id(typology)
    one = entry.find(case.ground(), case.overrides)
    other = entry.find(case._replace(transfers=mixed).ground(), case.overrides)
    assert one.match.equals(other.match)
    assert one.evidence.equals(other.evidence)


@pytest.mark.parametrize("typology", IDS)
@given(data=st.data())
@settings(max_examples=4)
def test_one_thread_equals_two(typology: str, data: st.DataObject) -> None:
    case = data.draw(cases_of(typology))
    before = numba.get_num_threads()
    try:
        found = []
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            found.append(by_id(typology).find(case.ground(), case.overrides))
    finally:
        numba.set_num_threads(before)
    assert found[0].match.equals(found[1].match)
    assert found[0].evidence.equals(found[1].evidence)


def in_shards(graph: TransactionGraph, entry: Typology, case: Case, cuts: list[int]) -> Iterator[Outcome]:
    """Yield what the shards find, each match in one shard only.

    A match is chosen among all firings of its period, so it is complete when the period ends, and belongs to the shard
    in whose slice (start excluded, end included) that moment lies. `detectable_at` is the one time of a match that
    always lies in its period. Before the slice a shard needs one horizon, which is counted from the period's end.
    """
    window = period_days(case) * DAY
    horizon = entry.horizon(case.overrides)
    for start, end in pairwise(cuts):
        part = graph.between(moment(start - horizon), moment(end))
        for one in outcomes(entry.find(case.ground(part), case.overrides)):
            period_end = ((one.detectable_at - EPOCH) // EPOCH.resolution // window + 1) * window
            if start < period_end <= end:
                yield one


def moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


@pytest.mark.parametrize("typology", IDS)
@given(data=st.data(), ticks=st.lists(st.integers(-24 * 20, 24 * 700), max_size=3))
@EXAMPLES
def test_shards_equal_the_whole(typology: str, data: st.DataObject, ticks: list[int]) -> None:
    """With a transfer a week between two others, so that every shard can see how far back the data reach."""
    skip_if_exempt(typology, "shards")
    case = data.draw(cases_of(typology))
    assume(case.transfers)
    start = min(t["time"] for t in case.transfers)
    end = max(t["time"] for t in case.transfers)
    weeks = range(start // DAY, end // DAY + 1, 1)
    pulse = [transfer(10_000 + i, max(start, day * DAY), "p", "q", 0) for i, day in enumerate(weeks)]
    graph = graph_of([*case.transfers, *pulse], case.links)
    cuts = sorted({start - DAY, *(start + tick * HOUR for tick in ticks), end + 400 * DAY})
    entry = by_id(typology)
    assert sorted(in_shards(graph, entry, case, cuts)) == outcomes(entry.find(case.ground(graph), case.overrides))


def test_a_quiet_spell_in_the_data_does_not_change_a_shard() -> None:
    """How far back the data reach is the same fact in every shard."""
    old = transfer(0, NEW_YEAR, "x", "y", 1)
    fees = [transfer(i, NEW_YEAR + 400 * DAY, name, "a", 5) for i, name in enumerate("bcd", start=1)]
    overrides = {"window_days": 7, "payers": 3, "seat_low": 1, "value": 1}
    case = Case("S01", [old, *fees], {}, dict(overrides))
    graph, entry = case.graph(), by_id("S01")
    cuts = [NEW_YEAR - DAY, NEW_YEAR + 300 * DAY, NEW_YEAR + 500 * DAY]
    assert list(in_shards(graph, entry, case, cuts)) == outcomes(entry.find(case.ground(graph), case.overrides))
