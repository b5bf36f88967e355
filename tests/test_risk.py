"""How scores become one risk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moneytrail.catalogue import load_parameters
from moneytrail.errors import ParameterError
from moneytrail.risk import ANOMALY_WEIGHT, OWN_WEIGHT, RiskRule, shipped_weights
from moneytrail.scoring import Pipeline
from moneytrail.typologies import CATALOGUE
from tests.oracles import alerts as oracle

SCORES = st.sampled_from((0.0, 0.5, 0.7, 0.99, 1.0))
NAMES = ("S01", "L03")


@given(
    st.lists(st.tuples(SCORES, SCORES, st.sampled_from((0.0, 0.9, 0.95, 1.0))), min_size=1, max_size=5),
    st.tuples(SCORES, SCORES),
)
def test_risk_equals_the_oracle(rows: list[tuple[float, float, float]], weights: tuple[float, float]) -> None:
    table: Any = np.array(rows)
    weighed = dict(zip(NAMES, weights, strict=True))
    rule = RiskRule(weighed)
    for anomaly in (table[:, 2:], np.empty((len(rows), 0))):
        made = rule(NAMES, table[:, :2], anomaly).tolist()
        told = [
            oracle.combined(dict(zip(NAMES, row[:2], strict=True)), weighed, strange)
            for row, strange in zip(rows, anomaly.tolist(), strict=True)
        ]
        assert made == pytest.approx(told, abs=1e-6)


def test_strangeness_alone_stays_below_its_weight() -> None:
    strange = np.array([[1.0, 1.0], [0.9, 0.9]])
    assert RiskRule()(NAMES, np.zeros((2, 2)), strange).tolist() == [ANOMALY_WEIGHT, 0.0]


def test_every_typology_has_a_weight_and_only_silent_ones_have_none() -> None:
    weights = shipped_weights()
    assert list(weights) == [entry.id for entry in CATALOGUE]
    for entry in CATALOGUE:
        assert 0 < weights[entry.id] < 1 if entry.alerts_alone else weights[entry.id] == 0


def test_weights_are_changed_in_the_parameters_and_are_in_the_run_record(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[risk]\nS01 = 0.75\n")
    pipeline = Pipeline(parameters=load_parameters(file))
    assert pipeline.risk.weights["S01"] == 0.75
    assert pipeline.risk.weights["L03"] == shipped_weights()["L03"]
    assert pipeline.risk.document()["weights"]["S01"] == 0.75


@pytest.mark.parametrize(("days", "early"), [(400, 30), (60, 30), (45, 15), (30, 0), (10, 0), (0, 0)])
def test_short_data_have_fewer_first_days_and_none_at_all_when_very_short(days: int, early: int) -> None:
    """One day more of data never makes more than one day more of it early."""
    day = 86_400_000_000
    assert RiskRule().early_until(7 * day, (7 + days) * day) == (7 + early) * day


def test_a_silent_typology_has_no_weight_to_change() -> None:
    with pytest.raises(ParameterError, match="risk has no entry S18"):
        Pipeline(parameters={"risk": {"S18": 0.5}})
    assert "S18" not in Pipeline().risk.weights


def test_no_typology_may_take_a_name_that_files_of_parameters_use() -> None:
    with pytest.raises(ParameterError, match="may not be called 'risk'"):
        Pipeline(own=(replace(CATALOGUE[0], id="risk"),))


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(ParameterError, match="risk = 3: allowed is a table"):
        Pipeline(parameters={"risk": 3})  # type: ignore[dict-item]


def test_a_typology_of_ones_own_weighs_what_is_said() -> None:
    assert RiskRule.of({}, ["X01"]).weights["X01"] == OWN_WEIGHT
    assert RiskRule.of({"X01": 0.5}, ["X01"]).weights["X01"] == 0.5


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("S01 = 1.5", r"mine.toml, line 2: risk.S01 = 1.5: allowed is a number from 0 to 1"),
        ("S01 = true", r"line 2: risk.S01 = True: allowed"),
        ('S01 = "much"', r"line 2: risk.S01 = 'much': allowed"),
        ("S99 = 0.5", r"line 2: risk has no entry S99; it has raise_from, "),
    ],
)
def test_a_wrong_weight_fails_where_it_is_written(tmp_path: Path, entry: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f"[risk]\n{entry}\n")
    with pytest.raises(ParameterError, match=said):
        load_parameters(file)
