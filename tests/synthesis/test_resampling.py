import numpy as np
import pytest

from twinfold.protocols import Draw
from twinfold.synthesis.resampling import ENOUGH, FIRST, MOST, choose_rows

JOINT = np.array([[[0.30, 0.02], [0.10, 0.08]], [[0.05, 0.15], [0.001, 0.299]]])


class PlantedModel:
    """Three columns of two levels, drawn one after the other with the probabilities of `JOINT`."""

    note = ""

    def sample(self, n, *, allowed, given, rng):
        codes, weight = np.zeros((3, n), np.uint16), np.zeros(n)
        for j in range(3):
            after = JOINT.sum(axis=tuple(range(j + 1, 3)))
            chance = np.broadcast_to(after[tuple(codes[:j])], (n, 2))
            chance = chance / chance.sum(axis=1, keepdims=True)
            if j in given:
                codes[j] = given[j]
                weight += np.log(chance[np.arange(n), codes[j]])
                continue
            chance = chance * allowed.get(j, np.ones(2))
            with np.errstate(divide="ignore"):
                weight += np.log(chance.sum(axis=1))
            codes[j] = rng.random(n) * chance.sum(axis=1) >= chance[:, 0]
        return Draw(codes, weight)

    def arrays(self):
        return {}


def choose(known, rows, *, allowed=None, draws=1, seed=0):
    rng = np.random.default_rng(seed)
    return choose_rows(PlantedModel(), known, rows, 3, allowed=allowed or {}, draws=draws, rng=rng)


@pytest.mark.parametrize("last", [0, 1])
def test_what_is_known_of_the_last_column_guides_the_first_ones(last):
    rows = 20_000
    found = choose({2: np.full(rows, last, np.uint16)}, rows).codes[0]
    exact = JOINT[:, :, last] / JOINT[:, :, last].sum()
    drawn = np.histogram2d(found[0], found[1], bins=2)[0] / rows
    assert (found[2] == last).all()
    assert drawn == pytest.approx(exact, abs=0.02)


def test_every_draw_follows_the_same_distribution_and_is_drawn_apart():
    found = choose({2: np.zeros(10_000, np.uint16)}, 10_000, draws=3).codes
    exact = JOINT[1, :, 0].sum() / JOINT[:, :, 0].sum()
    assert found[:, 0].mean(axis=1) == pytest.approx([exact] * 3, abs=0.02)
    alike = (found[0, 0] == found[1, 0]).mean()
    assert alike == pytest.approx(exact**2 + (1 - exact) ** 2, abs=0.05)


def test_rows_that_fit_badly_get_more_candidates():
    common, strange = {1: 1, 2: 1}, {1: 1, 2: 0}
    known = {j: np.repeat(np.array([common[j], strange[j]], np.uint16), 500) for j in (1, 2)}
    found = choose(known, 1000)
    assert (found.tried[:500] >= FIRST).all()
    assert ((found.effective >= ENOUGH) | (found.tried == MOST)).all()
    assert found.tried[500:].mean() > found.tried[:500].mean()


def test_what_is_impossible_is_worth_nothing():
    found = choose({0: np.zeros(5, np.uint16)}, 5, allowed={1: np.zeros(2, np.float32)})
    assert (found.effective == 0).all()
    assert (found.tried == MOST).all()


def test_the_same_seed_chooses_the_same_rows():
    known = {2: np.arange(300, dtype=np.uint16) % 2}
    assert np.array_equal(choose(known, 300, seed=4).codes, choose(known, 300, seed=4).codes)
    assert not np.array_equal(choose(known, 300, seed=4).codes, choose(known, 300, seed=5).codes)
