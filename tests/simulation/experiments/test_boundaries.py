"""Boundaries of looks against published values, and against simulated results in which nothing differs."""

import numpy as np
import pytest

from twinfold.simulation.experiments.boundaries import crossing, find_boundaries, find_drift, share_alpha

FIVE = (0.2, 0.4, 0.6, 0.8, 1.0)


def paths(rng, runs, parts, times):
    """Standardised differences of arms from the first at each look, (arms - 1, runs, looks), where nothing differs."""
    steps = np.sqrt(np.diff((0.0, *times)))
    sums = [np.cumsum(rng.normal(size=(runs, len(times))) * steps, axis=1) for _ in parts]
    return np.array(
        [
            (sums[k] / np.sqrt(part) - sums[0] / np.sqrt(parts[0]))
            / np.sqrt((1 / part + 1 / parts[0]) * np.array(times))
            for k, part in enumerate(parts)
            if k
        ]
    )


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((1.0,), (1.959964,)),
        ((0.5, 1.0), (2.96259, 1.96857)),
        (FIVE, (4.87688, 3.35695, 2.68026, 2.28979, 2.03100)),
    ],
)
def test_boundaries_are_those_of_published_programs(times, expected):
    """As `ldbounds` gives them for O'Brien-Fleming-type spending, two-sided at .05."""
    assert find_boundaries(times, 0.05) == pytest.approx(expected, abs=2e-4)


def test_looking_more_often_takes_hardly_more_customers():
    """Jennison and Turnbull (2000), table 2.3 gives 1.028 for O'Brien and Fleming's own boundary."""
    once, five = find_drift((1.0,), 0.05, 0.8), find_drift(FIVE, 0.05, 0.8)
    assert 1.02 < (five / once) ** 2 < 1.03


def test_several_arms_share_the_chance_of_a_false_alarm():
    """Dunnett (1955): 2.21 for two arms against a control as large, 2.51 for five."""
    for arms, expected in ((3, 2.212), (6, 2.511)):
        each = share_alpha(0.05, (1 / arms,) * arms, 0)
        assert find_boundaries((1.0,), each)[0] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("parts", [(0.5, 0.5), (1 / 3, 1 / 3, 1 / 3), (0.4, 0.2, 0.2, 0.2)])
@pytest.mark.parametrize("times", [(1.0,), FIVE, (0.1, 0.35, 1.0)])
def test_nothing_is_found_in_nothing_more_often_than_alpha(parts, times):
    runs, each = 40_000, share_alpha(0.05, parts, 0)
    found = (np.abs(paths(np.random.default_rng(0), runs, parts, times)) > find_boundaries(times, each)).any(
        axis=(0, 2)
    )
    assert abs(found.mean() - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / runs)


def test_looking_five_times_without_boundaries_would_find_three_times_as_much():
    naive = (np.abs(paths(np.random.default_rng(0), 40_000, (0.5, 0.5), FIVE)) > 1.96).any(axis=(0, 2)).mean()
    assert naive == pytest.approx(0.142, abs=0.007)


def test_an_effect_is_found_as_often_as_planned():
    rng, drift = np.random.default_rng(1), find_drift(FIVE, 0.05, 0.8)
    bounds = np.array(find_boundaries(FIVE, 0.05))
    moved = paths(rng, 40_000, (0.5, 0.5), FIVE)[0] + drift * np.sqrt(FIVE)
    first = np.where((np.abs(moved) > bounds).any(axis=1), (np.abs(moved) > bounds).argmax(axis=1), -1)
    assert (first >= 0).mean() == pytest.approx(0.8, abs=0.008)
    shares = [(first == look).mean() for look in range(5)]
    assert crossing(FIVE, bounds, drift) == pytest.approx(shares, abs=0.01)
