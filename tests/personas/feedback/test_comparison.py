"""Intervals of shares and means beside everybody's hold what is true, and say nothing where nothing is known."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from twinfold.personas.feedback.comparison import Group, compare_means, compare_shares, group_halves, group_people


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(0)
    held = np.zeros(3)
    for _ in range(400):
        inside = rng.random(500) < 0.2
        b = compare_shares(rng.random(500) < np.where(inside, 0.16, 0.08), group_people(inside), error=0.05)
        everybody = 0.16 * inside.mean() + 0.08 * (1 - inside.mean())
        truths = (0.16, (b.lower, b.upper)), (0.16 - everybody, b.apart[1:]), (0.16 / everybody, b.times[1:])
        held += [low <= truth <= high for truth, (low, high) in truths]
    assert (held >= 0.93 * 400).all()


def test_a_share_beside_everybodys_is_what_was_counted():
    inside = np.arange(1000) < 300
    has = np.zeros(1000, bool)
    has[:60] = has[300:370] = True
    found = compare_shares(has, group_people(inside), error=0.05)
    assert (found.value, found.overall) == pytest.approx((0.2, 0.13))
    assert found.times[0] == pytest.approx(0.2 / 0.13)
    assert found.apart[0] == pytest.approx(0.07)
    assert found.sign == 1
    assert found.units == 300


def test_nobody_and_nothing_are_told_as_such():
    inside = np.arange(100) < 30
    none = compare_shares(np.zeros(100, bool), group_people(inside), error=0.05)
    assert none.times is None
    assert none.sign == 0
    few = compare_shares(~inside, group_people(inside), error=0.05)
    assert few.value == few.times[0] == few.times[1] == 0
    assert few.sign == -1
    for found in (none, few):
        json.dumps(asdict(found), allow_nan=False)


def test_means_leave_out_who_is_not_known():
    rng = np.random.default_rng(0)
    inside = np.arange(2000) < 500
    values = rng.normal(size=2000) + 0.5 * inside
    values[::3] = np.nan
    found = compare_means(values, group_people(inside), error=0.05)
    known = ~np.isnan(values)
    assert found.value == pytest.approx(values[known & inside].mean())
    assert found.overall == pytest.approx(np.nanmean(values))
    assert found.sign == 1
    assert found.units == (known & inside).sum()
    assert compare_means(np.where(inside, np.nan, 1.0), group_people(inside), error=0.05) is None


def test_halves_of_a_group_are_compared_with_each_other():
    one = np.arange(400) < 100
    has = np.zeros(400, bool)
    has[:40] = has[100:130] = True
    found = compare_shares(has, group_halves(one, ~one), error=0.05)
    assert (found.value, found.overall) == pytest.approx((0.4, 0.1))
    assert found.apart[0] == pytest.approx(0.3)
    assert found.times[1] < 4 < found.times[2]


def test_strata_count_for_what_they_are_worth_in_a_persona():
    """Of loans half complain, of cards a tenth; a persona of nine loans in ten."""
    stratum = np.repeat([0, 1], [400, 600])
    has = np.concatenate([np.arange(400) < 200, np.arange(600) < 60])
    group = Group(stratum, np.array([0.9, 0.1]), np.array([0.2, 0.8]))
    found = compare_shares(has, group, error=0.05)
    assert found.value == pytest.approx(0.9 * 0.5 + 0.1 * 0.1)
    assert found.overall == pytest.approx(0.2 * 0.5 + 0.8 * 0.1)
    assert found.sign == 1
