"""Parameters are checked where they are set, and every declaration is complete."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest

from moneytrail.catalogue import describe, horizon_days
from moneytrail.errors import ParameterError
from moneytrail.graph import DAY
from moneytrail.matches import Matches, score_of
from moneytrail.typologies import CATALOGUE, Parameter, Typology, by_id
from tests.worlds import graph_of

STAGES = {
    "source of funds", "collection", "placement", "layering", "integration", "operational spend",
    "distribution of proceeds", "any",
}  # fmt: skip
HELPING = {
    "S01": ("onward_days", "uniform_tolerance"),
    "S02": ("alike_tolerance",),
    "S03": ("lull_days",),
    "S05": ("calm_days",),
    "S08": ("left_share", "round_unit"),
    "S11": ("kit_high", "kit_low"),
    "L10": ("onward_days",),
    "L11": ("month_days",),
}
"""Parameters that serve a booster's measure."""
EVERY = [pytest.param(t, p, id=f"{t.id}-{p.name}") for t in CATALOGUE for p in t.parameters]


@pytest.fixture(params=CATALOGUE, ids=lambda entry: entry.id)
def entry(request: pytest.FixtureRequest) -> Typology:
    made: Typology = request.param
    return made


def step(parameter: Parameter) -> float:
    return 1 if isinstance(parameter.default, int) else 0.001


def refusal(entry: Typology, parameter: Parameter, value: object) -> str:
    with pytest.raises(ParameterError) as caught:
        entry.values({parameter.name: value})
    said = str(caught.value)
    assert said.startswith(f"{entry.id}: ")
    assert parameter.name in said
    assert repr(value) in said
    return said


@pytest.mark.parametrize(("entry", "parameter"), EVERY)
def test_both_ends_are_allowed(entry: Typology, parameter: Parameter) -> None:
    for value in (parameter.low, parameter.default, parameter.high):
        assert entry.values({parameter.name: value})[parameter.name] == value


@pytest.mark.parametrize(("entry", "parameter"), EVERY)
def test_beyond_either_end_is_refused_with_the_range(entry: Typology, parameter: Parameter) -> None:
    for value in (parameter.low - step(parameter), parameter.high + step(parameter)):
        said = refusal(entry, parameter, value)
        assert f"{parameter.low} to {parameter.high}" in said


@pytest.mark.parametrize("value", [None, "1", True, False, [1], 1j, np.int64(3)], ids=repr)
def test_what_is_no_number_is_refused(entry: Typology, value: object) -> None:
    for parameter in entry.parameters:
        refusal(entry, parameter, value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")], ids=repr)
def test_what_is_not_finite_is_refused(entry: Typology, value: float) -> None:
    for parameter in entry.parameters:
        refusal(entry, parameter, value)


@pytest.mark.parametrize(("entry", "parameter"), EVERY)
def test_a_finer_value_than_is_counted_in_is_refused(entry: Typology, parameter: Parameter) -> None:
    if isinstance(parameter.default, int):
        refusal(entry, parameter, parameter.default + 0.5)
    else:
        refusal(entry, parameter, (parameter.low + parameter.high) / 2 + 0.0001)


@pytest.mark.parametrize("value", ["x", float("nan"), 0.0005], ids=repr)
def test_every_refusal_states_the_allowed_range(value: object) -> None:
    parameter = by_id("S01").parameters[2]
    assert f"{parameter.low} to {parameter.high}" in refusal(by_id("S01"), parameter, value)


def test_a_whole_float_is_taken_for_a_whole_number(entry: Typology) -> None:
    parameter = next(parameter for parameter in entry.parameters if isinstance(parameter.default, int))
    made = entry.values({parameter.name: float(parameter.default)})[parameter.name]
    assert (made, type(made)) == (parameter.default, int)


def test_an_unknown_parameter_is_refused_with_the_known_ones(entry: Typology) -> None:
    with pytest.raises(ParameterError, match=f"{entry.id} has no parameter 'windw'") as caught:
        entry.find(graph_of([]), {"windw": 3})
    for parameter in entry.parameters:
        assert parameter.name in str(caught.value)


def test_an_unknown_typology_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ParameterError, match="no typology 'S99'; there are S01, S02, S03"):
        by_id("S99")


def test_the_catalogue_is_in_order_of_unique_ids() -> None:
    ids = [entry.id for entry in CATALOGUE]
    assert ids == [f"S{number:02d}" for number in range(1, 19)] + [f"L{number:02d}" for number in range(1, 17)]
    assert len({entry.name for entry in CATALOGUE}) == len(CATALOGUE)
    assert [by_id(i) for i in ids] == list(CATALOGUE)


def test_the_declaration_is_complete(entry: Typology) -> None:
    assert re.fullmatch(r"[A-Z]\d\d", entry.id)
    assert entry.stage in STAGES
    assert entry.summary.endswith(".")
    assert "Not covered:" in entry.definition
    assert "inclu" in entry.definition
    assert entry.innocent_explanations
    assert entry.sources
    assert entry.subject_part
    for source in entry.sources:
        assert source.publisher
        assert source.title
        assert str(source.year or "undated") in str(source)
        assert ("second-hand" in str(source)) == source.second_hand


def test_every_parameter_says_what_it_is_and_why(entry: Typology) -> None:
    names = [parameter.name for parameter in entry.parameters]
    assert len(set(names)) == len(names)
    for parameter in entry.parameters:
        assert parameter.unit
        assert parameter.meaning
        assert parameter.reason
        assert parameter.basis in {"sourced", "design"}
        assert parameter.low <= parameter.default <= parameter.high
        assert {type(parameter.low), type(parameter.high)} == {type(parameter.default)}


def test_the_definition_names_only_parameters_that_there_are(entry: Typology) -> None:
    """And each parameter that decides is named in it; the others say that they add points."""
    named = set(re.findall(r"`([a-z_]+)`", entry.definition))
    names = {parameter.name for parameter in entry.parameters}
    assert named <= names
    quiet = {p.name for p in entry.parameters if "adds points" in p.meaning or "add points" in p.meaning}
    helping = {"window_days", *HELPING.get(entry.id, ())}
    assert names - named - quiet - helping == set()


def test_roles_are_declared_once(entry: Typology) -> None:
    assert len({role.name for role in entry.roles}) == len(entry.roles)
    for role in entry.roles:
        assert role.meaning


def test_the_horizon_covers_a_period_and_grows_with_the_window(entry: Typology) -> None:
    assert entry.horizon() >= entry.period_days(entry.values()) * DAY
    assert entry.horizon() % DAY == 0
    names = {p.name: p for p in entry.parameters}
    if "window_days" in names:
        short, long = names["window_days"].low, names["window_days"].high
        assert entry.horizon({"window_days": long}) > entry.horizon({"window_days": short})


def test_the_description_is_plain_data(entry: Typology) -> None:
    said = next(one for one in describe() if one["id"] == entry.id)
    assert said["horizon_days"] == horizon_days(entry.id)
    assert [p["name"] for p in said["parameters"]] == [p.name for p in entry.parameters]
    assert said["sources"][0]["citation"] == str(entry.sources[0])


def test_a_score_is_at_most_one() -> None:
    assert score_of([]) == 0.5


def test_no_parts_together_are_no_matches() -> None:
    nothing = Matches.together([])
    assert (nothing.match.height, nothing.evidence.height) == (0, 0)
    assert nothing.match.schema["started_at"] == pl.Datetime("us", "UTC")
