"""Every look-alike that a typology names: silent, or lowered by the suppressor that is there for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from moneytrail.alerts import ALERT_FROM
from moneytrail.docs import example_of
from moneytrail.suppressors import by_code
from moneytrail.typologies import CATALOGUE, Typology, by_id
from tests.suppressors.look_alikes import LOOK_ALIKES, OPEN, LookAlike
from tests.suppressors.telling import codes

EXAMPLES = Path(__file__).parents[2] / "docs" / "typologies" / "examples"

NAMED = {(entry.id, said) for entry in CATALOGUE for said in entry.innocent_explanations}

OPEN_ONLY = {("S08", "a registered money service whose register entry the bank does not hold")}
"""Named, and told by nothing in the data; what else stands in OPEN is a harder case of one that is told."""


def name(one: LookAlike) -> str:
    return f"{one.name} ({', '.join(one.by) or 'silent'})"


def test_every_look_alike_that_a_typology_names_has_a_scene() -> None:
    told = {(one.scene.typology, one.says) for one in LOOK_ALIKES}
    assert sorted(NAMED - told - OPEN_ONLY) == [], "named by its typology, without a scene"
    assert sorted(told - NAMED) == [], "a scene of what no typology names: was an explanation reworded?"
    assert {(one.scene.typology, one.says) for one in OPEN} <= NAMED
    assert {(one.scene.typology, one.says) for one in OPEN} >= OPEN_ONLY


@pytest.mark.parametrize("one", LOOK_ALIKES, ids=name)
def test_it_raises_no_alert(one: LookAlike) -> None:
    answer = one.scene.answer
    assert answer.not_applicable == "", "the data cannot show it: nothing is proved"
    assert [row["score"] for row in answer.rows if row["score"] >= ALERT_FROM] == []
    assert bool(answer.rows) is bool(one.by), "fires although told silent, or is silent although told lowered"


@pytest.mark.parametrize("one", [one for one in LOOK_ALIKES if one.by], ids=name)
def test_the_suppressor_that_is_there_for_it_is_enough_alone(one: LookAlike) -> None:
    for row in one.scene.answer.rows:
        held = [code for code in one.by if code in codes(row)]
        assert held, "lowered by another than the one that is named"
        lowest = min(float(by_code(code).factor.default) for code in held)
        assert row["unsuppressed_score"] * lowest < ALERT_FROM
        assert row["unsuppressed_score"] >= ALERT_FROM, "it would have raised no alert anyway"


@pytest.mark.parametrize("one", OPEN, ids=name)
def test_what_nothing_in_the_data_tells_is_left_to_a_person(one: LookAlike) -> None:
    """When this fails somebody has found a way to tell it: move it among those that are told."""
    assert one.why_open
    assert not one.by
    assert [row for row in one.scene.answer.rows if row["score"] >= ALERT_FROM]
    assert one.says in by_id(one.scene.typology).innocent_explanations


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.id)
def test_no_innocent_explanation_hides_the_scene_that_the_typology_is_for(entry: Typology) -> None:
    match = example_of(entry, EXAMPLES / f"{entry.id}.toml").match
    assert match["score"] >= ALERT_FROM, codes(match)
