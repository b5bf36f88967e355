"""The histogram kernel against searching the bins from the left."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moneytrail.detectors.scorers import HistogramScorer
from moneytrail.errors import ParameterError
from tests.oracles import histograms as oracle

ALPHA = 0.1
value = st.one_of(st.integers(-6, 12).map(lambda x: x / 2), st.floats(-50, 50))
histogram = st.tuples(
    st.lists(st.integers(-4, 9), min_size=4, max_size=4, unique=True).map(sorted),
    st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.9]), min_size=3, max_size=3),
)


@settings(deadline=None)
@given(
    st.lists(histogram, min_size=1, max_size=3), st.lists(st.tuples(value, value, value)), st.sampled_from([0, 0.5, 1])
)
def test_kernel_equals_oracle(
    histograms: list[tuple[list[float], list[float]]], some: list[tuple[float, ...]], tol: float
) -> None:
    edges = np.array([edges for edges, _ in histograms], np.float64)
    level = np.log2(np.array([density for _, density in histograms]) + ALPHA)
    rows = [row[: len(histograms)] for row in some]
    got = HistogramScorer(edges, level, tol).raw(np.array(rows, np.float64).reshape(-1, len(histograms)))
    want = [oracle.rarity(list(row), histograms, ALPHA, tol) for row in rows]
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-12)


@pytest.mark.parametrize("edges", [[0.0, 1.0, 1e-300, 2.0], [0.0, 1.0, 1.0, 2.0], [0.0, 1.0, 2.0, np.inf], [0.0, 1.0]])
def test_edges_that_do_not_rise_are_refused(edges: list[float]) -> None:
    with pytest.raises(ParameterError, match=r"histograms"):
        HistogramScorer(np.array([edges]), np.zeros((1, 3)), 0.5)


@pytest.mark.parametrize("edges", [[-1e308, 0.0, 1.0, 1e308], [np.nan, 0.0, 1.0, 2.0]])
def test_edges_too_far_apart_are_refused(edges: list[float]) -> None:
    with pytest.raises(ParameterError, match="do not rise, or hold"):
        HistogramScorer(np.array([edges]), np.zeros((1, 3)), 0.5)


def test_bins_of_very_different_widths_are_found() -> None:
    """The guess by even widths is far off here."""
    edges = np.array([[0.0, 1e-9, 2e-9, 1.0]])
    scorer = HistogramScorer(edges, np.array([[1.0, 2.0, 3.0]]), 0.0)
    rows = np.array([[-1e-12], [0.0], [1e-12], [1e-9], [1.1e-9], [2e-9], [0.5], [1.0], [1.1]])
    assert (-scorer.raw(rows)).tolist() == [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 1.0]
