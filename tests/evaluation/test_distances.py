"""Distances of columns and pairs against scipy and counts by hand."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from twinfold.evaluation.alignment import Feature
from twinfold.evaluation.distances import joint_errors, shape_errors, trend_errors
from twinfold.tables.schema import Column, Kind

NUMBER = Feature(Column(name="x", kind=Kind.DECIMAL, physical="Float64"))
LETTER = Feature(Column(name="a", kind=Kind.CATEGORY, physical="String"), levels=("p", "q", "r"))


def with_missing(rng: np.random.Generator, x: np.ndarray, share: float = 0.2) -> np.ndarray:
    return np.where(rng.random(len(x)) < share, np.nan, x)


def test_numbers_are_as_far_as_kolmogorov_and_smirnov_say() -> None:
    rng = np.random.default_rng(0)
    real, other = np.round(rng.normal(0, 1, 900), 1), np.round(rng.normal(0.3, 1.2, 500), 1)
    error = shape_errors((NUMBER,), (with_missing(rng, real, 0),), (other,)).error[0]
    assert error == pytest.approx(ks_2samp(real, other).statistic)


def test_missing_numbers_are_left_out_of_a_shape() -> None:
    rng = np.random.default_rng(1)
    real, other = with_missing(rng, rng.normal(size=800)), with_missing(rng, rng.normal(size=800), 0.5)
    error = shape_errors((NUMBER,), (real,), (other,)).error[0]
    assert error == pytest.approx(ks_2samp(real[~np.isnan(real)], other[~np.isnan(other)]).statistic)


def test_categories_are_as_far_as_their_shares_say() -> None:
    real, other = np.array([0] * 50 + [1] * 50), np.array([0] * 20 + [1] * 10 + [2] * 10)
    assert shape_errors((LETTER,), (real,), (other,)).error[0] == pytest.approx(0.25)


def test_a_column_missing_throughout_in_one_table_alone_is_as_far_as_can_be() -> None:
    some, none = np.arange(40.0), np.full(40, np.nan)
    assert shape_errors((NUMBER,), (some,), (none,)).error[0] == 1.0
    assert np.isnan(shape_errors((NUMBER,), (none,), (none,)).error[0])


def test_two_numbers_are_off_by_half_the_difference_of_their_correlations() -> None:
    rng = np.random.default_rng(2)
    real, other = rng.normal(size=(600, 2)) @ [[1, 0.8], [0, 0.6]], rng.normal(size=(700, 2)) * 1e6 + 1e9
    real[:, 0], other[:, 1] = with_missing(rng, real[:, 0]), with_missing(rng, other[:, 1])
    both = [x[~np.isnan(x).any(1)] for x in (real, other)]
    expected = abs(np.corrcoef(both[0].T)[0, 1] - np.corrcoef(both[1].T)[0, 1]) / 2
    errors = trend_errors((NUMBER, NUMBER), [(0, 1)], tuple(real.T), tuple(other.T))
    assert errors.error[0] == pytest.approx(expected, abs=1e-9)


def test_a_number_beside_a_category_is_cut_by_its_own_tables_range() -> None:
    """As SDMetrics does: the same shape on another scale is no error here; the column's own distance shows it."""
    x, a = np.repeat(np.arange(10.0), 30), np.tile([0, 1, 2], 100)
    assert trend_errors((NUMBER, LETTER), [(0, 1)], (x, a), (x * 7 - 3, a)).error[0] == pytest.approx(0)
    mixed = trend_errors((NUMBER, LETTER), [(0, 1)], (x, a), (x, np.sort(a))).error[0]
    real = np.histogram2d(x, a, [10, 3])[0] / 300
    assert mixed == pytest.approx(np.abs(real - np.histogram2d(x, np.sort(a), [10, 3])[0] / 300).sum() / 2)


def test_a_pair_that_does_not_vary_in_real_rows_is_not_judged() -> None:
    flat, x = np.ones(100), np.arange(100.0)
    assert np.isnan(trend_errors((NUMBER, NUMBER), [(0, 1)], (flat, x), (x, x)).error[0])
    assert trend_errors((NUMBER, NUMBER), [(0, 1)], (x, x), (flat, x)).error[0] == pytest.approx(0.5)


def test_pairs_of_codes_are_as_far_as_their_joint_shares_say() -> None:
    real = [np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])]
    tied = [np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])]
    errors = joint_errors(real, tied, [2, 2], [(0, 1)])
    assert errors.error[0] == pytest.approx(0.5)


def test_without_pairs_there_are_no_errors() -> None:
    assert trend_errors((NUMBER,), [], (np.arange(5.0),), (np.arange(5.0),)).error.shape == (0,)


def test_the_interval_of_a_mean_is_about_as_wide_as_repetition_makes_it() -> None:
    rng = np.random.default_rng(3)
    values, widths = [], []
    for _ in range(150):
        real = rng.normal(0, 1, 400), rng.integers(0, 3, 400)
        other = rng.normal(0.4, 1, 400), rng.choice(3, 400, p=[0.5, 0.3, 0.2])
        value, low, high = shape_errors((NUMBER, LETTER), real, other).mean()
        values.append(value)
        widths.append(high - low)
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.std(values), rel=0.35)
