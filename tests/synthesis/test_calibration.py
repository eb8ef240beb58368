"""Calibration takes a planted error out of a model, and leaves alone what has none."""

import numpy as np
import pytest

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, CodeTable, Draw
from twinfold.synthesis.calibration import calibrate, restore

COLUMNS = (CodeColumn("a", 4, False), CodeColumn("b", 40, True), CodeColumn("c", 300, True, rare=None))


class Apart:
    """A model that draws columns independently, as uniform codes: what it gets wrong is known."""

    note = ""

    def sample(self, n, *, allowed, given, rng):
        codes = np.stack([rng.integers(0, c.cardinality, n) for c in COLUMNS]).astype(np.uint16)
        for j, column in given.items():
            codes[j] = column
        return Draw(codes, np.zeros(n))

    def log_prob(self, codes):
        return np.full(codes.shape[1], -np.log(4 * 40 * 300))

    def arrays(self):
        return {}


def table(rows, seed, *, dependent=True):
    """`b` lies in its upper half for the levels 0 and 1 of `a` in 75 of 100 rows, and in its lower half for 2 and 3."""
    rng = np.random.default_rng(seed)
    codes = Apart().sample(rows, allowed={}, given={}, rng=rng).codes
    if dependent:
        upper = (codes[0] < 2) == (rng.random(rows) < 0.75)
        codes[1] = rng.integers(0, 20, rows) + 20 * upper
    return CodeTable(COLUMNS, codes)


def agreement(codes):
    return ((codes[0] < 2) == (codes[1] >= 20)).mean()


@pytest.fixture(scope="module")
def calibrated():
    return calibrate(Apart(), table(6000, 0), table(1000, 1), seed=0)


def test_a_missed_dependence_comes_back(calibrated):
    drawn = calibrated.sample(20_000, allowed={}, given={}, rng=np.random.default_rng(3))
    assert drawn.codes.shape == (3, 20_000)
    assert (drawn.log_weight == 0).all()
    assert agreement(drawn.codes) == pytest.approx(0.75, abs=0.02)
    assert np.bincount(drawn.codes[0]) / 20_000 == pytest.approx([0.25] * 4, abs=0.02)


def test_weights_say_the_same_where_something_is_given(calibrated):
    given = np.repeat(np.arange(4, dtype=np.uint16), 5000)
    drawn = calibrated.sample(20_000, allowed={}, given={0: given}, rng=np.random.default_rng(3))
    weights = np.exp(drawn.log_weight)
    agrees = (drawn.codes[0] < 2) == (drawn.codes[1] >= 20)
    assert (weights * agrees).sum() / weights.sum() == pytest.approx(0.75, abs=0.03)


def test_the_likelihood_is_a_density_and_prefers_real_rows(calibrated):
    uniform = Apart().sample(50_000, allowed={}, given={}, rng=np.random.default_rng(5)).codes
    assert np.exp(calibrated.log_prob(uniform)).mean() * 4 * 40 * 300 == pytest.approx(1, abs=0.02)
    real = table(5000, 9).codes
    assert calibrated.log_prob(real).mean() > Apart().log_prob(real).mean() + 0.08


def test_margins_come_out_as_they_are():
    """Levels that a model draws evenly, and that are 4, 3, 2 and 1 of ten in truth."""
    skewed, held = (table(rows, seed, dependent=False) for rows, seed in ((6000, 7), (1000, 8)))
    for part in (skewed, held):
        part.codes[0] = np.random.default_rng(part.rows).choice(4, part.rows, p=[0.4, 0.3, 0.2, 0.1])
    drawn = calibrate(Apart(), skewed, held, seed=0).sample(50_000, allowed={}, given={}, rng=np.random.default_rng(0))
    assert np.bincount(drawn.codes[0]) / 50_000 == pytest.approx([0.4, 0.3, 0.2, 0.1], abs=0.012)


def test_a_right_model_is_not_moved():
    found = calibrate(Apart(), table(6000, 0, dependent=False), table(1000, 1, dependent=False), seed=0)
    codes = found.sample(20_000, allowed={}, given={}, rng=np.random.default_rng(1)).codes
    assert agreement(codes) == pytest.approx(0.5, abs=0.02)


def test_few_rows_teach_no_tilt():
    """Too few to tell an error from chance: no tilt. Their shares are kept all the same."""
    found = calibrate(Apart(), table(900, 0), table(200, 1), seed=0)
    codes = table(5, 0).codes
    assert found.log_prob(codes) == pytest.approx(Apart().log_prob(codes))
    drawn = found.sample(900, allowed={}, given={}, rng=np.random.default_rng(0)).codes
    assert agreement(drawn) == pytest.approx(0.75, abs=0.05)


def test_stopped_it_leaves_the_model_as_it_is():
    def stop(stage, done):
        if done > 0.3:
            raise KeyboardInterrupt

    model = Apart()
    assert calibrate(model, table(6000, 0), table(1000, 1), seed=0, progress=stop) is model


def test_the_same_seed_gives_the_same_tilt(calibrated):
    again = calibrate(Apart(), table(6000, 0), table(1000, 1), seed=0)
    for name, array in calibrated.arrays().items():
        assert np.array_equal(array, again.arrays()[name]), name


def test_levels_that_are_never_drawn_tell_nothing():
    columns = (CodeColumn("a", 4, False, rare=3), *COLUMNS[1:])

    class WithoutRare(Apart):
        def sample(self, n, *, allowed, given, rng):
            draw = super().sample(n, allowed=allowed, given=given, rng=rng)
            if 0 not in given:
                draw.codes[0] %= 3
            return draw

    real = [CodeTable(columns, table(rows, seed, dependent=False).codes) for rows, seed in ((6000, 0), (1000, 1))]
    found = calibrate(WithoutRare(), *real, seed=0)
    weights = np.exp(found.log_prob(real[0].codes) - WithoutRare().log_prob(real[0].codes))
    assert weights[real[0].codes[0] == 3].mean() == pytest.approx(1, abs=0.2)


def test_saved_arrays_come_back_the_same(calibrated):
    back = restore(Apart(), calibrated.arrays(), COLUMNS)
    codes = table(500, 4).codes
    assert np.array_equal(back.log_prob(codes), calibrated.log_prob(codes))
    drawn = [m.sample(500, allowed={}, given={}, rng=np.random.default_rng(0)).codes for m in (back, calibrated)]
    assert np.array_equal(*drawn)
    assert restore(Apart(), {}, COLUMNS).log_prob(codes) == pytest.approx(Apart().log_prob(codes))


def _two_parents(arrays):
    arrays["tilt_left"][1] = arrays["tilt_left"][0]


@pytest.mark.parametrize(
    "damage",
    [
        _two_parents,
        lambda arrays: arrays["tilt_left"].__setitem__(0, -5),
        lambda arrays: arrays["tilt_feature"].__setitem__(0, 3),
        lambda arrays: arrays["tilt_score"].__setitem__(slice(None), np.nan),
        lambda arrays: arrays["tilt_roots"].__setitem__(0, 1),
        lambda arrays: arrays.__setitem__("tilt_roots", arrays["tilt_roots"][:1]),
        lambda arrays: arrays.__setitem__("tilt_mask", arrays["tilt_mask"].astype(np.int64)),
        lambda arrays: arrays.__setitem__("tilt_scale", np.array([np.inf])),
        lambda arrays: arrays.pop("tilt_mask"),
        lambda arrays: arrays["quotas_pairs"].__setitem__((0, 0), 3),
        lambda arrays: arrays["quotas_target"].__setitem__(0, -1),
        lambda arrays: arrays["quotas_groups"].__setitem__(0, 32),
        lambda arrays: arrays["quotas_groups"].__setitem__(slice(None), 0),
        lambda arrays: arrays["quotas_shares"].__setitem__(0, np.nan),
        lambda arrays: arrays["quotas_leaf_shares"].__setitem__(0, 1.5),
        lambda arrays: arrays.__setitem__("quotas_pair_shares", arrays["quotas_pair_shares"][1:]),
        lambda arrays: arrays["quotas_trees_left"].__setitem__(0, 2),
        lambda arrays: arrays.pop("quotas_trees_roots"),
    ],
)
def test_damaged_arrays_are_refused(calibrated, damage):
    arrays = {name: array.copy() for name, array in calibrated.arrays().items()}
    damage(arrays)
    with pytest.raises(ModelFileError, match="calibration is damaged"):
        restore(Apart(), arrays, COLUMNS)
