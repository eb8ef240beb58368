"""Choices: what was planted is found, intervals hold, and what can't be learned from is refused."""

import numpy as np
import pytest
from scipy.special import expit

from twinfold.behaviour import choice, polya_gamma
from twinfold.behaviour.choice import ChoiceModel, fit_choice
from twinfold.errors import DataError

MEAN = np.array([1.0, -0.8, 0.0, 0.5])
SIGMA = np.array([[1.0, 0.6, 0, 0], [0.6, 1.0, 0, 0], [0, 0, 0.5, 0], [0, 0, 0, 0.3]])


@pytest.fixture(autouse=True)
def _fewer_sweeps(monkeypatch):
    monkeypatch.setattr(choice, "MOST_SWEEPS", 1500)


def panel(rng, customers=400, tasks=14):
    b = rng.multivariate_normal(MEAN, SIGMA, customers)
    who = np.repeat(np.arange(customers), tasks)
    x = rng.normal(size=(len(who), 4))
    y = (rng.random(len(who)) < expit((x * b[who]).sum(1))).astype(int)
    return x, y, who, b


@pytest.fixture(scope="module")
def planted():
    rng = np.random.default_rng(7)
    x, y, who, b = panel(rng)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "MOST_SWEEPS", 1500)
        return x, y, who, b, fit_choice(x, y, who, rng=rng)


def test_polya_gamma_numbers_have_their_mean_and_variance():
    rng = np.random.default_rng(0)
    for c in (0.0, 0.5, 2.0, 9.0, -9.0):
        drawn = np.array([polya_gamma.draw_polya_gamma(rng, c) for _ in range(8_000)])
        size = abs(c)
        mean = np.tanh(size / 2) / (2 * size) if c else 0.25
        variance = (np.sinh(size) - size) / (4 * size**3 * np.cosh(size / 2) ** 2) if c else 1 / 24
        assert drawn.mean() == pytest.approx(mean, abs=4 * np.sqrt(variance / 8_000))
        assert drawn.var() == pytest.approx(variance, rel=0.1)


def test_the_planted_population_is_found(planted):
    *_, model = planted
    mean, covariance, sigma = model.population
    assert (np.abs(mean - MEAN) < 4 * np.sqrt(np.diag(covariance))).all()
    assert np.sqrt(np.diag(covariance)).max() < 0.15
    assert np.abs(sigma - SIGMA).max() < 0.4
    assert sigma[0, 1] > 0.25


def test_coefficients_of_customers_are_close_to_the_truth(planted):
    *_, b, model = planted
    learned = model.coefficients.mean(0)
    for j in range(4):
        assert np.corrcoef(learned[:, j], b[:, j])[0, 1] > 0.5
    assert ((learned - b) ** 2).mean() < 0.75 * ((MEAN - b) ** 2).mean()


def test_intervals_hold_customers_own_probabilities(planted):
    *_, b, model = planted
    rng = np.random.default_rng(8)
    x = rng.normal(size=(400, 4))
    middle, low, high = model.predict(x, np.arange(400))
    truth = expit((x * b).sum(1))
    assert 0.92 < ((low <= truth) & (truth <= high)).mean() < 0.98
    assert ((low < middle) & (middle < high)).all()
    others = rng.multivariate_normal(MEAN, SIGMA, 400)
    _, low_unknown, high_unknown = model.predict(x, np.full(400, -1))
    truth = expit((x * others).sum(1))
    assert 0.91 < ((low_unknown <= truth) & (truth <= high_unknown)).mean() < 0.985
    assert (high_unknown - low_unknown).mean() > 1.1 * (high - low).mean()


def test_joint_draws_agree_with_predictions(planted):
    x, _, who, _, model = planted
    drawn = model.draw_probabilities(x[:200], who[:200], rng=np.random.default_rng(0))
    assert drawn.mean(0) == pytest.approx(model.predict(x[:200], who[:200])[0], abs=1e-3)
    unknown = np.full(200, -1)
    drawn = model.draw_probabilities(x[:200], unknown, rng=np.random.default_rng(0))
    assert drawn.mean(0) == pytest.approx(model.predict(x[:200], unknown)[0], abs=0.07)


def test_shares_of_options_hold_the_population_s(monkeypatch):
    monkeypatch.setattr(choice, "LEAST_SWEEPS", 1000)
    monkeypatch.setattr(choice, "MOST_SWEEPS", 1000)
    options = np.array([[0.5, 0, 0, 0], [0, -0.5, 0, 0], [0, 0, 1.0, 0.5]])
    odds = np.random.default_rng(0).multivariate_normal(MEAN, SIGMA, 100_000) @ options.T
    truth = (np.exp(odds) / np.exp(odds).sum(1, keepdims=True)).mean(0)
    held = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x, y, who, _ = panel(rng, customers=250)
        model = fit_choice(x, y, who, rng=rng)
        share, low, high = model.shares(options)
        held.append((low <= truth) & (truth <= high))
        assert share.sum() == pytest.approx(1)
        assert (high - low).max() < 0.15
        assert model.shares(options + 3.0)[0] == pytest.approx(share)
    assert np.mean(held) > 0.8  # three shares of one sample go together


def test_customers_of_many_choices_are_as_a_logistic_regression():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(1)
    x, y, who, _ = panel(rng, customers=2, tasks=4000)
    model = fit_choice(x, y, who, rng=rng)
    for i in (0, 1):
        plain = LogisticRegression(C=np.inf, fit_intercept=False).fit(x[who == i], y[who == i])
        assert model.coefficients[:, i].mean(0) == pytest.approx(plain.coef_[0], abs=0.04)


def test_nothing_is_learned_of_shuffled_outcomes():
    rng = np.random.default_rng(2)
    x, y, who, _ = panel(rng, customers=200)
    model = fit_choice(x, rng.permutation(np.arange(len(y)) % 2), who, rng=rng)
    assert np.abs(model.population[0]).max() < 0.15
    assert np.abs(model.predict(x, who)[0] - 0.5).mean() < 0.08


def test_what_adding_up_misses_of_pairs_widens_intervals():
    rng = np.random.default_rng(3)
    levels = (-1, 0, 1)
    pairs = np.array([[a, b, c] for a in (0.5, 1) for b in levels for c in levels])  # none is another exchanged
    who, which = np.repeat(np.arange(200), 12), rng.integers(0, 18, 2400)
    effect = rng.normal(0, 0.8, 18)
    x = pairs[which]
    straight = x @ [0.5, 1.0, -0.5]
    missed = rng.random(len(x)) < expit(straight + effect[which])
    told = rng.random(len(x)) < expit(straight)
    narrow, wide = (fit_choice(x, y, who, rng=rng) for y in (told, missed))
    assert narrow.spread.mean() < 0.3 < 0.5 < wide.spread.mean() < 1.3
    _, low, high = wide.predict(x[:100], who[:100])
    _, low_narrow, high_narrow = narrow.predict(x[:100], who[:100])
    assert (high - low).mean() > 1.3 * (high_narrow - low_narrow).mean()
    exchanged = wide.predict(-x[:100], who[:100])[0]
    assert exchanged == pytest.approx(1 - wide.predict(x[:100], who[:100])[0])


def test_demographics_move_the_mean():
    rng = np.random.default_rng(4)
    z = rng.normal(40, 10, (300, 1))
    who = np.repeat(np.arange(300), 12)
    x = rng.normal(size=(len(who), 2))
    slope = 1 + 1.5 * (z[who, 0] - 40) / 10
    y = rng.random(len(who)) < expit(x[:, 0] * slope)
    model = fit_choice(x, y, who, demographics=z, rng=rng)
    assert model.mean[:, 1, 0].mean() > 0.4
    assert abs(model.mean[:, 1, 1].mean()) < 0.3


def test_support_is_what_was_seen():
    rng = np.random.default_rng(5)
    x, y, who, _ = panel(rng, customers=50)
    x[:, 2] = 1.0
    x[:, 3] = 2 * x[:, 0]
    model = fit_choice(x, y, who, rng=rng)
    assert model.identified.tolist() == [True, True, False, True]
    assert not model.coefficients[:, :, 2].any()
    asked = [[0.5, 0, 1, 1.0], [0.5, 0, 1, 0.5], [0.5, 0, 0, 1.0], [0, 50, 1, 0]]
    assert model.in_support(asked).tolist() == [True, False, False, False]
    assert model.in_support([[-0.5, 0, -1, -1.0]]).all()


def test_a_seed_gives_the_same_model_and_arrays_give_it_again(planted):
    x, y, who, _, _ = planted
    once, again = (fit_choice(x[:700], y[:700], who[:700], rng=np.random.default_rng(9)) for _ in range(2))
    assert (once.coefficients == again.coefficients).all()
    read = ChoiceModel.from_arrays({name: array.copy() for name, array in once.arrays().items()})
    for mine, other in zip(once.predict(x[:50], who[:50]), read.predict(x[:50], who[:50]), strict=True):
        assert (mine == other).all()


@pytest.mark.parametrize("name", ["coefficients", "mean", "sigma", "spread", "low", "high", "span"])
def test_damaged_arrays_are_refused(planted, name):
    arrays = planted[-1].arrays()
    with pytest.raises(ValueError, match=r"shape|no draws"):
        ChoiceModel.from_arrays(arrays | {name: arrays[name][..., None]})
    damaged = arrays[name].copy()
    damaged.flat[0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        ChoiceModel.from_arrays(arrays | {name: damaged})
    with pytest.raises(KeyError):
        ChoiceModel.from_arrays({other: array for other, array in arrays.items() if other != name})


def test_what_cannot_be_learned_from_is_refused():
    rng = np.random.default_rng(6)
    x, y, who, _ = panel(rng, customers=5)
    holed = x.copy()
    holed[3, 1] = np.inf
    bad = {
        "outcome 2 is neither": (x, np.where(y == 1, 2, 0), who),
        "all 70 outcomes are 1": (x, np.ones(70), who),
        "10 choices are too few": (x[:10], y[:10], who[:10]),
        "choices of 1 customer": (x, y, np.zeros(70, int)),
        r"inf at \(3, 1\)": (holed, y, who),
        "none of 4 attributes varies": (np.ones_like(x), y, who),
        "customer -1 is negative": (x, y, who - 1),
        "give 70 whole numbers": (x, y, who + 0.5),
        "69 outcomes for 70": (x, y[1:], who),
    }
    for message, given in bad.items():
        with pytest.raises(DataError, match=message):
            fit_choice(*given, rng=rng)
    with pytest.raises(DataError, match="demographics of 3 customers for 5"):
        fit_choice(x, y, who, demographics=np.ones((3, 1)), rng=rng)


def test_questions_that_do_not_fit_are_refused(planted):
    *_, model = planted
    with pytest.raises(ValueError, match="shape"):
        model.predict(np.zeros((2, 3)), [0, 1])
    with pytest.raises(ValueError, match="from -1 to 399"):
        model.predict(np.zeros((1, 4)), [400])
    with pytest.raises(ValueError, match="two or more"):
        model.shares(np.zeros((1, 4)))
