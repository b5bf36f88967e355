"""Features by their names: what may be asked for, what a column says of itself, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from moneytrail.combination import COLUMNS
from moneytrail.docs import pages
from moneytrail.errors import ParameterError
from moneytrail.features import (
    FEATURE_NAMES,
    FEATURES,
    FEATURES_HASH,
    UNWINDOWED,
    blocks,
    compute,
    describe,
    hash_of,
    names_for,
    window_of,
)
from tests.worlds import DAY, HOUR, graph_of

ROOT = Path(__file__).parents[1]
USUAL = tuple(feature.name for feature in FEATURES)


def test_a_usual_column_is_found_by_its_name_and_says_what_it_is() -> None:
    for feature in FEATURES:
        assert describe([feature.name]) == (feature,)
        assert re.fullmatch(r"[a-z][a-z0-9_]*", feature.name)
        assert feature.unit, feature
        assert len(feature.meaning) > 5, feature
        assert feature.window_days >= 0, feature


def test_a_column_without_a_window_is_found_by_its_name() -> None:
    assert len({feature.name for feature in (*FEATURES, *UNWINDOWED)}) == len(FEATURES) + len(UNWINDOWED)
    for feature in UNWINDOWED:
        assert describe([feature.name]) == (feature,)
        assert re.fullmatch(r"[a-z][a-z0-9_]*", feature.name)
        assert feature.unit in ("count", "days", "log count")
        assert feature.window_days == 0
        assert len(feature.meaning) > 20
        with pytest.raises(ParameterError, match="no feature"):
            describe([f"{feature.name}_1d"])


def test_what_looks_ahead_is_the_same_the_other_way_round() -> None:
    names = [f.name for f in (*FEATURES, *UNWINDOWED) if f.name not in ("amount", "hour", "round_amount")]
    for plain, ahead in zip(describe(names), describe([f"hindsight_{name}" for name in names]), strict=True):
        assert ahead.name == f"hindsight_{plain.name}"
        assert ahead.meaning == f"looking ahead: {plain.meaning}"
        assert (ahead.unit, ahead.window_days) == (plain.unit, plain.window_days)
    assert hash_of(["hindsight_pair_first"]) != hash_of(["pair_first"])


def test_no_column_is_listed_twice() -> None:
    assert len(set(USUAL)) == len(USUAL)
    assert len({(feature.name, feature.unit, feature.window_days, feature.meaning) for feature in FEATURES}) == len(
        USUAL
    )
    assert USUAL[: len(FEATURE_NAMES)] == FEATURE_NAMES


def test_nothing_about_who_a_person_is_becomes_a_column() -> None:
    forbidden = re.compile(
        r"\b(names?|nationalit|citizen|countr|ethnic|race|religio|gender|sex|birth|passport|language|address|label)",
        re.IGNORECASE,
    )
    for feature in (*FEATURES, *UNWINDOWED):
        assert not forbidden.search(f"{feature.name.replace('_', ' ')} {feature.meaning}"), feature


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("debtor_out_degre_1d", "did you mean 'debtor_out_degree_1d'?"),
        ("amuont", "did you mean 'amount'?"),
        ("temporal_cycles_3_1d", "did you mean 'temporal_cycle_3_1d'?"),
        ("fan_in_31_1d", "did you mean 'fan_in_"),
        ("fan_in_1_1d", "did you mean 'fan_in_"),
        ("temporal_cycle_31_1d", "did you mean 'temporal_cycle_"),
        ("bounded_cycle_11_1d", "did you mean 'bounded_cycle_"),
        ("short_cycle_7_1d", "did you mean 'short_cycle_"),
        ("debtor_out_degree", "did you mean 'debtor_out_degree_1d'?"),
        ("amount_1d", "did you mean"),
        ("zzzzzzzzzz", "no feature 'zzzzzzzzzz'"),
        ("", "no feature ''"),
        ("_1d", "no feature '_1d'"),
        ("Amount", "did you mean 'amount'?"),
        ("debtor_agee", "did you mean 'debtor_age'?"),
        ("instant_pairs", "did you mean 'instant_pair'?"),
        ("instant_pair_1d", "did you mean 'instant_pair'?"),
        ("hindsight_", "no feature 'hindsight_'"),
        ("hindsight_debtor_out_degre_1d", "did you mean 'hindsight_debtor_out_degree_1d'?"),
        ("hindsight_debtor_out_degree_1w", "window '1w': wanted is a whole number"),
        ("hindsight_hindsight_debtor_age", "it would look ahead twice"),
        ("hindsight_amount", "'amount' is of the transfer alone"),
        ("hindsight_hour", "'hour' is of the transfer alone"),
        ("hindsight_round_amount", "'round_amount' is of the transfer alone"),
    ],
)
def test_a_wrong_name_gives_one_clear_error(name: str, wanted: str) -> None:
    for ask in (lambda: describe([name]), lambda: hash_of([name]), lambda: compute(graph_of([]), ["amount", name])):
        with pytest.raises(ParameterError, match=re.escape(wanted)) as raised:
            ask()
        assert repr(name) in str(raised.value)
        assert "\n" not in str(raised.value)


WRONG_WINDOWS = (
    "0d",
    "-1d",
    "3661d",
    "999999999999999999d",
    "1w",
    "1m",
    "d",
    "1",
    "",
    "1.5d",
    "1 d",
    "1D",
    "1d\n",
    "١d",
)


@pytest.mark.parametrize("window", WRONG_WINDOWS)
def test_a_wrong_window_gives_one_clear_error(window: str) -> None:
    for ask in (
        lambda: window_of(window),
        lambda: names_for([window]),
        lambda: names_for(["1d"], [window]),
        lambda: describe([f"debtor_out_degree_{window}"]),
    ):
        with pytest.raises(ParameterError, match="wanted is a whole number and us, s, min, h or d") as raised:
            ask()
        assert repr(window) in str(raised.value)


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("1us", 1), ("45s", 45 * 10**6), ("90min", 90 * 60 * 10**6), ("6h", 6 * HOUR), ("1d", DAY), ("3660d", 3660 * DAY)],
)
def test_windows_are_read(text: str, microseconds: int) -> None:
    assert window_of(text) == microseconds
    assert describe([f"fan_in_2_{text}"])[0].window_days == microseconds / DAY


def test_every_column_over_some_windows_is_named() -> None:
    names = names_for(("6h", "90min"), ("45s",))
    assert names[: len(FEATURE_NAMES)] == FEATURE_NAMES
    assert len(set(names)) == len(names)
    more = names[len(FEATURE_NAMES) :]
    assert {name.rpartition("_")[2] for name in more} == {"6h", "90min", "45s"}
    for stem in ("debtor_out_fan", "creditor_in_gap_maximum"):
        assert {f"{stem}_6h", f"{stem}_90min"} <= set(more)
    for stem in ("fan_in_30", "gather_scatter_2", "scatter_gather_truncated", "temporal_cycle_10", "bounded_cycle_2"):
        assert f"{stem}_45s" in more
    assert [feature.name for feature in describe(names)] == list(names)
    assert names_for(()) == FEATURE_NAMES
    assert names_for(("1d",), None) == names_for(("1d",), ("1d",))


def test_a_column_named_twice_and_a_block_without_rows_are_refused() -> None:
    graph = graph_of([])
    with pytest.raises(ParameterError, match="'hour' is named twice"):
        compute(graph, ("hour", "amount", "hour"))
    for rows in (0, -1):
        with pytest.raises(ParameterError, match=f"rows = {rows}: allowed is 1 or more"):
            next(blocks(graph, rows=rows))


def test_the_shipped_models_were_fitted_on_these_columns() -> None:
    manifests = sorted((ROOT / "models").glob("*/*/manifest.json"))
    fitted_on = {"iforest": FEATURE_NAMES, "hbos": FEATURE_NAMES, "combination": COLUMNS}
    assert {path.parts[-3] for path in manifests} == set(fitted_on)
    for path in manifests:
        manifest, columns = json.loads(path.read_text("utf-8")), fitted_on[path.parts[-3]]
        assert tuple(manifest["features"]) == columns
        assert manifest["features_hash"] == hash_of(columns)
    assert hash_of(FEATURE_NAMES) == FEATURES_HASH


def test_a_hash_tells_other_columns_apart() -> None:
    hashes = {hash_of(names) for names in (("amount",), ("hour",), ("amount", "hour"), ("hour", "amount"), ())}
    assert len(hashes) == 5
    assert hash_of(["fan_in_2_1d"]) != hash_of(["fan_in_2_2d"])


def test_the_page_lists_every_usual_column() -> None:
    """Sizes as K and windows as WINDOW, but for the detectors' own columns."""
    page = pages(Path(__file__).parents[1] / "docs")["features.md"].splitlines()
    for feature in FEATURES:
        stem = re.sub(r"_\d+$", "_K", feature.name.rpartition("_")[0])
        shown = feature.name if feature.name in FEATURE_NAMES else f"{stem}_WINDOW"
        assert sum(line.startswith(f"| `{shown}` | {feature.unit} |") for line in page) == 1, feature
