"""Tallies: closed forms, and intervals that hold what they say."""

import numpy as np
import pytest

from twinfold.evaluation.intervals import clopper_pearson
from twinfold.personas.survey.tallies import effective_size, tally_numbers, tally_shares

NOTHING = np.zeros((3, 2))


def test_without_weights_limits_are_those_of_so_many_answers():
    chances = np.array([[1, 0]] * 30 + [[0, 1]] * 70, float)
    one, other = tally_shares("", ["a", "b"], chances, np.ones(100), NOTHING[:2], seen=True)
    assert (one.what, one.value, one.answers, one.effective) == ("a", 0.3, 100, 100)
    assert (one.lower, one.upper) == pytest.approx(clopper_pearson(30, 100), abs=0.003)
    assert (other.lower, other.upper) == pytest.approx((1 - one.upper, 1 - one.lower))


def test_nobody_and_everybody_have_limits_of_as_many_as_weigh_alike():
    weight = np.array([3.0] * 50 + [1.0] * 50)
    none, every = tally_shares("", ["a", "b"], np.tile([0.0, 1.0], (100, 1)), weight, NOTHING[:2], seen=True)
    assert effective_size(weight) == pytest.approx(80)
    assert (none.lower, none.upper) == pytest.approx(clopper_pearson(0, 80))
    assert (every.lower, every.upper) == pytest.approx(clopper_pearson(80, 80))


def test_weights_change_a_share_as_they_should():
    chances = np.array([[1.0], [1.0], [0.0]])
    [tally] = tally_shares("", ["a"], chances, np.array([1.0, 2.0, 5.0]), NOTHING[:1], seen=True)
    assert tally.value == pytest.approx(3 / 8)


def test_what_is_not_known_is_added_as_the_side_of_a_right_angle():
    chances = np.array([[1.0]] * 30 + [[0.0]] * 70)
    [alone] = tally_shares("", ["a"], chances, np.ones(100), NOTHING[:1], seen=True)
    [both] = tally_shares("", ["a"], chances, np.ones(100), np.array([[0.2, 0.1]]), seen=True)
    assert both.value - both.lower == pytest.approx(np.hypot(0.3 - alone.lower, 0.2))
    assert both.upper - both.value == pytest.approx(np.hypot(alone.upper - 0.3, 0.1))
    assert both.stays == pytest.approx(0.15)
    [wide] = tally_shares("", ["a"], chances, np.ones(100), np.array([[0.9, 0.9]]), seen=True)
    assert (wide.lower, wide.upper) == (0.0, 1.0)


def test_expectations_that_are_alike_are_sure_of_who_is_asked():
    [tally] = tally_shares("", ["a"], np.full((50, 1), 0.2), np.ones(50), NOTHING[:1], seen=False)
    assert (tally.lower, tally.upper) == pytest.approx((0.2, 0.2))


def test_the_middle_of_weighted_numbers_is_where_half_of_the_weight_is():
    tallies = {
        t.what: t for t in tally_numbers("", np.array([1.0, 2, 3, 10]), np.array([1.0, 1, 1, 9]), NOTHING, seen=True)
    }
    assert tallies["median"].value == 10
    assert tallies["mean"].value == pytest.approx(96 / 12)
    assert tallies["lower quarter"].value == 3


def test_one_answer_has_a_mean_and_no_interval():
    [mean, *_] = tally_numbers("", np.array([4.0]), np.ones(1), NOTHING, seen=True)
    assert mean.value == 4
    assert np.isnan(mean.lower)
    assert mean.record()["lower"] is None


@pytest.mark.parametrize("goes_with", [0.0, 0.5])
def test_intervals_hold_the_truth_whatever_weights_go_with(goes_with):
    """Weights that go with the answer: as many of 95 in 100 as may be, of a share, a mean and a median."""
    big = np.random.default_rng(9)
    trait = big.normal(size=200_000)
    weight = np.exp(0.5 * big.normal(size=200_000) + goes_with * trait)
    yes, number = (trait + big.normal(size=200_000) > 1) * 1.0, trait + 3
    order = np.argsort(number)
    middle = number[order][np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)]
    truth = [np.average(yes, weights=weight), np.average(number, weights=weight), middle]
    held = []
    for seed in range(400):
        some = np.random.default_rng(seed).integers(0, 200_000, 300)
        [share] = tally_shares("", ["a"], yes[some, None], weight[some], NOTHING[:1], seen=True)
        mean, _, median, _ = tally_numbers("", number[some], weight[some], NOTHING, seen=True)
        held.append([t.lower <= true <= t.upper for t, true in zip((share, mean, median), truth, strict=True)])
    share, mean, median = np.mean(held, axis=0)
    assert 0.93 < share < 0.995
    assert mean == pytest.approx(0.95, abs=0.03)
    assert median == pytest.approx(0.95, abs=0.03)
