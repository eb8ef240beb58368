import numpy as np
import pytest
from scipy.special import expit

from twinfold.simulation import kernels
from twinfold.simulation.kernels import LAPSE, Luck
from twinfold.simulation.luck import draw_uniforms

NO_CLOCK, NOBODY = np.zeros((1, 1, 0, 2), np.float32), np.zeros(0, np.int32)


def luck_of(people: int) -> Luck:
    return Luck(np.random.default_rng(0).integers(0, 2**63, people).astype(np.uint64), 5, 3, 1)


@pytest.mark.parametrize("people", [1_000, 400_000])
def test_decisions_are_as_numpy_makes_them(people):
    rng, luck = np.random.default_rng(1), luck_of(people)
    score, asked = rng.normal(-1, 1, people).astype(np.float32), rng.random(people) < 0.7
    expected = np.ones(people, np.float32)
    step = kernels.decide(
        score, NO_CLOCK, NOBODY, np.zeros(people, np.int8), np.zeros(people, np.float32), asked, luck, expected
    )
    chance = np.where(asked, expit(score.astype(float)), 0.0)
    did = draw_uniforms(luck.seed, luck.codes, luck.period, luck.decision) < chance
    assert (np.isin(np.arange(people), step.agents) != did).mean() < 1e-5  # single precision
    np.testing.assert_allclose(expected, 1 + chance, atol=1e-5)
    np.testing.assert_allclose(step.sums, [chance.sum()], rtol=1e-5)
    np.testing.assert_allclose(step.chances, chance[step.agents], rtol=1e-4)


def test_time_and_treatment_move_the_score():
    people, draws = 50, 3
    rng, luck = np.random.default_rng(2), luck_of(people)
    score = rng.normal(size=people * draws).astype(np.float32)
    clock = rng.normal(size=(draws, 2, 4, 2)).astype(np.float32)
    times = rng.integers(0, 6, people * draws).astype(np.int32)  # beyond the last, the last counts
    kind, given = rng.integers(0, 2, people).astype(np.int8), rng.normal(size=people).astype(np.float32)
    expected = np.zeros(people * draws, np.float32)
    asked = np.ones(people * draws, bool)
    step = kernels.decide(score, clock, times, kind, given, asked, luck, expected)
    draw, person = np.divmod(np.arange(people * draws), people)
    at = clock[draw, kind[person], np.minimum(times, 3)]
    np.testing.assert_allclose(expected, expit(score + at[:, 0] + at[:, 1] * given[person]), rtol=1e-4)
    np.testing.assert_allclose(step.sums, expected.reshape(draws, people).sum(axis=1), rtol=1e-5)


def test_who_has_lapsed_buys_slowly():
    people = 20_000
    luck, lapsed = luck_of(people), np.zeros(people, bool)
    fast, slow = np.full(people, 0.5, np.float32), np.full(people, 0.05, np.float32)
    lapsing, expected, asked = np.full(people, 0.3, np.float32), np.zeros(people, np.float32), np.ones(people, bool)
    step = kernels.buy(fast, slow, lapsing, lapsed, asked, luck, expected)
    uniforms = [draw_uniforms(luck.seed, luck.codes, luck.period, luck.decision + each) for each in (0, LAPSE)]
    np.testing.assert_array_equal(step.agents, np.flatnonzero(uniforms[0] < 0.5))
    np.testing.assert_array_equal(lapsed, (uniforms[0] < 0.5) & (uniforms[1] < 0.3))
    kernels.buy(fast, slow, lapsing, lapsed, asked, luck._replace(period=4), expected)
    assert expected[lapsed].mean() < 0.8
    assert expected[~lapsed].mean() == pytest.approx(1.0)


def test_options_are_taken_as_often_as_they_are_likely():
    people, shares = 60_000, np.array([0.2, 0.5, 0.3])
    asked = np.arange(people) % 2 == 0
    every = np.tile(shares[:, None], people).astype(np.float32)
    option = kernels.choose(every, asked, luck_of(people))
    assert (option[~asked] == -1).all()
    np.testing.assert_allclose(np.bincount(option[asked]) / asked.sum(), shares, atol=0.01)
