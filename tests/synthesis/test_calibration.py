"""Calibration takes a planted error out of a model, and leaves alone what has none."""

import numpy as np
import pytest

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, CodeTable, Draw
from twinfold.synthesis.calibration import CalibratedModel, calibrate, restore
from twinfold.synthesis.tilt import Tilt, learn_tilt

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


def test_a_right_model_is_left_as_it_is():
    model = Apart()
    found = calibrate(model, table(6000, 0, dependent=False), table(1000, 1, dependent=False), seed=0)
    if found is not model:  # chance may grow a tree or two; they must not move anything
        codes = found.sample(20_000, allowed={}, given={}, rng=np.random.default_rng(1)).codes
        assert agreement(codes) == pytest.approx(0.5, abs=0.02)


def test_few_rows_are_left_alone():
    model = Apart()
    assert calibrate(model, table(900, 0), table(200, 1), seed=0) is model


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
    if isinstance(found, CalibratedModel):
        weights = np.exp(found.log_prob(real[0].codes) - WithoutRare().log_prob(real[0].codes))
        assert weights[real[0].codes[0] == 3].mean() == pytest.approx(1, abs=0.1)


def test_a_tilt_scores_as_lightgbm_does(monkeypatch):
    import lightgbm

    boosters = []
    train = lightgbm.train

    def remembered(*args, **options):
        boosters.append(train(*args, **options))
        return boosters[-1]

    monkeypatch.setattr(lightgbm, "train", remembered)
    rng = np.random.default_rng(0)
    sizes = [4, 40, 256]
    real, drawn = (np.stack([rng.integers(0, size, 4000) for size in sizes]).astype(np.uint8) for _ in range(2))
    real[1] = np.where(real[0] % 2 == 0, real[1] // 2, real[1])
    halves = real[:, :3000], drawn[:, :3000], real[:, 3000:], drawn[:, 3000:]
    tilt = learn_tilt(*halves, sizes=sizes, unordered=[0], rounds=30, seed=1)
    rows = np.stack([rng.integers(0, size, 1000) for size in sizes]).astype(np.uint8)
    expected = boosters[0].predict(rows.T.astype(np.float32), raw_score=True, num_iteration=len(tilt.roots))
    assert tilt.scores(rows) == pytest.approx(expected, abs=1e-5)


def test_saved_arrays_come_back_the_same(calibrated):
    tilt = {name: array for name, array in calibrated.arrays().items() if name.startswith("tilt_")}
    back = restore(Apart(), tilt, COLUMNS)
    codes = table(500, 4).codes
    assert np.array_equal(back.log_prob(codes), calibrated.log_prob(codes))
    assert restore(Apart(), {}, COLUMNS).log_prob(codes) == pytest.approx(Apart().log_prob(codes))


def _two_parents(arrays):
    arrays["left"][1] = arrays["left"][0]


@pytest.mark.parametrize(
    "damage",
    [
        _two_parents,
        lambda arrays: arrays["left"].__setitem__(0, -5),
        lambda arrays: arrays["feature"].__setitem__(0, 3),
        lambda arrays: arrays["score"].__setitem__(slice(None), np.nan),
        lambda arrays: arrays["roots"].__setitem__(0, 1),
        lambda arrays: arrays.__setitem__("roots", arrays["roots"][:1]),
        lambda arrays: arrays.__setitem__("mask", arrays["mask"].astype(np.int64)),
        lambda arrays: arrays.__setitem__("scale", np.array([np.inf])),
        lambda arrays: arrays.pop("mask"),
    ],
)
def test_damaged_arrays_are_refused(calibrated, damage):
    arrays = {
        name.removeprefix("tilt_"): array.copy()
        for name, array in calibrated.arrays().items()
        if name.startswith("tilt_")
    }
    damage(arrays)
    with pytest.raises(ModelFileError, match="calibration is damaged"):
        restore(Apart(), {f"tilt_{name}": array for name, array in arrays.items()}, COLUMNS)


def test_a_chain_of_one_sided_trees_is_laid_out():
    """A tree of 32 leaves, each split off one more bin: the deepest there may be."""
    leaves = 32
    feature, left, score, masks = [], [], [], []
    for depth in range(leaves - 1):
        feature += [0] if depth == 0 else [-1, 0]
        score += [0.0] if depth == 0 else [float(depth - 1), 0.0]
        left += [1 + 2 * depth] if depth == 0 else [-1, 1 + 2 * depth]
        mask = np.packbits(np.arange(256) == depth, bitorder="little").view(np.uint64)
        masks += [mask] if depth == 0 else [np.zeros(4, np.uint64), mask]
    feature, left, score = [*feature, -1, -1], [*left, -1, -1], [*score, float(leaves - 2), float(leaves - 1)]
    masks += [np.zeros(4, np.uint64)] * 2
    tilt = Tilt(
        np.array(feature, np.int16),
        np.array(masks),
        np.array(left, np.int32),
        np.array(score, np.float32),
        np.zeros(1, np.int64),
        np.zeros(40, np.float32),
        (40,),
    )
    assert tilt.scores(np.arange(40, dtype=np.uint8)[None]) == pytest.approx(np.minimum(np.arange(40), leaves - 1))
