from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moneytrail.errors import InputError, ParameterError
from moneytrail.evaluation.splits import BYS, SplitRule, borders, split
from tests.evaluation.cases import Row, bank, case_of

DAY = 86_400_000_000
ATTEMPT = st.sampled_from((None, "a", "b"))
ROWS = st.lists(st.tuples(st.integers(0, 20), ATTEMPT), min_size=5, max_size=40).map(
    lambda drawn: [(float(day), "x", "y", attempt is not None, attempt) for day, attempt in sorted(drawn, key=str)]
)
RULES = st.builds(SplitRule, st.sampled_from(BYS), st.sampled_from((0, DAY, 4 * DAY)), st.booleans())


@given(ROWS, RULES)
def test_no_transfer_is_in_two_parts_and_time_goes_one_way(rows: list[Row], rule: SplitRule) -> None:
    case = case_of(rows)
    try:
        parts = split(case, rule)
    except (InputError, ParameterError):
        return
    time = case.graph.time
    assert not (parts.train & parts.validation).any()
    assert not (parts.validation & parts.test).any()
    assert not (parts.refit & parts.test).any()
    first, second = parts.borders
    assert (time[parts.train] < first - rule.embargo).all()
    assert (time[parts.refit] < second - rule.embargo).all()
    assert np.array_equal(parts.test, time >= second)
    assert np.array_equal(parts.validation, (time >= first) & (time < second))


@given(ROWS, st.sampled_from(BYS))
def test_an_attempt_is_not_learned_from_and_measured(rows: list[Row], by: str) -> None:
    case = case_of(rows)
    try:
        parts = split(case, SplitRule(by))  # type: ignore[arg-type]
        whole = split(case, SplitRule(by, keep_straddling=True))  # type: ignore[arg-type]
    except InputError:
        return
    attempt, time = case.attempt.to_list(), case.graph.time
    for learned, kept, border in (
        (parts.train, whole.train, parts.borders[0]),
        (parts.refit, whole.refit, parts.borders[1]),
    ):
        behind = {name for name, at in zip(attempt, time, strict=True) if at >= border and name is not None}
        assert not behind & {attempt[place] for place in np.flatnonzero(learned)}
        # Nothing else is left out.
        left = np.flatnonzero(kept & ~learned)
        assert all(attempt[place] in behind for place in left)
    assert np.array_equal(parts.test, whole.test)


def test_the_test_is_the_last_fifth_of_the_time() -> None:
    time = np.array([0, 10, 59, 60, 79, 80, 100], np.int64)
    assert borders(time, "time") == (60, 80)
    # A border between two whole microseconds is rounded up.
    assert borders(np.array([0, 1], np.int64), "time") == (1, 1)
    assert borders(np.array([0, 7], np.int64), "time") == (5, 6)


def test_by_rows_one_instant_is_never_parted() -> None:
    rows: list[Row] = [(float(day), "x", "y", False, None) for day in (0, 1, 2, 3, 4, 5, 5, 5, 6, 6)]
    parts = split(case_of(rows), SplitRule("rows"))
    assert parts.train.sum() == 5
    assert parts.validation.sum() == 3
    assert parts.test.sum() == 2


def test_a_part_without_transfers_is_an_error() -> None:
    rows: list[Row] = [(day, "x", "y", False, None) for day in (0.0, 1.0, 20.0)]
    with pytest.raises(InputError, match="validation period"):
        split(case_of(rows), SplitRule())


def test_an_embargo_as_long_as_the_training_period_is_an_error() -> None:
    rows: list[Row] = [(float(day), "x", "y", False, None) for day in range(11)]
    assert split(case_of(rows), SplitRule(embargo=5 * DAY)).train.sum() == 1
    with pytest.raises(ParameterError, match=r"^--embargo of 6 days leaves nothing to learn from: rows has 6 days"):
        split(case_of(rows), SplitRule(embargo=6 * DAY))


@pytest.mark.parametrize(("by", "embargo"), [("month", 0), ("time", -1)])
def test_a_wrong_rule_is_refused(by: str, embargo: int) -> None:
    with pytest.raises(ParameterError):
        SplitRule(by, embargo)  # type: ignore[arg-type]


def test_the_facts_add_up() -> None:
    case = bank()
    parts = split(case, SplitRule(embargo=DAY))
    rows, left = parts.facts["rows"], parts.facts["left_out_of_learning"]
    assert rows == {"train": parts.train.sum(), "validation": parts.validation.sum(), "test": parts.test.sum()}
    assert sum(rows.values()) <= case.graph.transfers
    assert left["embargo"] > 0
    assert parts.facts["illicit"]["test"] == (case.illicit & parts.test).sum() > 0
