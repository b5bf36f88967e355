"""Every suppressor lowers by its stated factor where its test holds, and does nothing one unit short of it."""

from __future__ import annotations

from typing import Any

import pytest

from moneytrail.suppressors import SUPPRESSORS, by_code
from tests.suppressors.cases import CASES
from tests.suppressors.cases.trial import Trial
from tests.suppressors.telling import Scene, codes

STRUCK = ("R-SAL", "R-OWN")
"""These choose what is looked at: where they hold there is no match at all."""

LOWERING = [case for case in CASES if case.code not in STRUCK]
MISSES = [(case, miss) for case in CASES for miss in case.misses]


def named(case: Trial) -> str:
    return f"{case.code} on {case.hit.typology} for {case.subject}"


def last(scene: Scene, subject: str) -> dict[str, Any]:
    """Return the last match of this subject."""
    own = [row for row in scene.answer.rows if row["subject"] == subject]
    assert own, "the typology does not fire: nothing is shown of the suppressor"
    return own[-1]


def test_every_suppressor_has_a_hit_and_a_near_miss() -> None:
    assert {case.code for case in CASES} == {entry.code for entry in SUPPRESSORS}
    assert all(case.misses for case in CASES)


@pytest.mark.parametrize("case", LOWERING, ids=named)
def test_where_it_holds_the_score_is_lowered_by_exactly_its_factor(case: Trial) -> None:
    match, entry = last(case.hit, case.subject), by_code(case.code)
    assert case.hit.typology in entry.on
    assert codes(match) == [case.code], "another one holds as well, or none: the factor would not show"
    (held,) = match["suppressors"]
    assert held["factor"] == entry.factor.default
    assert match["score"] == round(match["unsuppressed_score"] * float(entry.factor.default), 6)
    assert match["score"] < match["unsuppressed_score"]


@pytest.mark.parametrize("case", LOWERING, ids=named)
def test_its_sentence_stands_in_the_explanation_with_its_figures(case: Trial) -> None:
    match = last(case.hit, case.subject)
    (held,) = match["suppressors"]
    assert held["name"] == by_code(case.code).name
    said = held["said"]
    assert [figure for figure in case.figures if figure not in said] == [], said
    assert case.code in match["explanation"]
    assert said in match["explanation"]


@pytest.mark.parametrize("case", [case for case in CASES if case.code in STRUCK], ids=named)
def test_what_is_struck_out_gives_no_match(case: Trial) -> None:
    answer = case.hit.answer
    assert answer.not_applicable == ""
    assert answer.rows == []


@pytest.mark.parametrize(("case", "miss"), MISSES, ids=[f"{case.code}: {miss}" for case, miss in MISSES])
def test_one_condition_short_and_it_does_nothing(case: Trial, miss: str) -> None:
    match = last(case.misses[miss], case.subject)
    assert case.code not in codes(match)


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("case", LOWERING[::4], ids=named)
def test_another_factor_is_obeyed_and_changes_nothing_else(case: Trial, factor: float) -> None:
    plain, other = (case.hit.asks(made) for made in (None, {case.code: {"factor": factor}}))
    assert other.matches.evidence.equals(plain.matches.evidence)
    assert other.matches.match["unsuppressed_score"].equals(plain.matches.match["unsuppressed_score"])
    (match,) = (row for row in other.rows if row["subject"] == case.subject and case.code in codes(row))
    assert match["score"] == round(match["unsuppressed_score"] * factor, 6)
