"""Lifetime models find published and planted truth, and say how sure they are."""

import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, special

from twinfold.behaviour import purchases
from twinfold.behaviour.buying import Buying, beta_rule, fit_buying, log_likelihood
from twinfold.behaviour.expectation import expect_purchases, expect_value
from twinfold.behaviour.hindsight import ASSUMED, FLOOR, Allowance
from twinfold.behaviour.lifetime import LifetimeModel, fit_lifetime
from twinfold.behaviour.purchases import Histories, read_histories
from twinfold.behaviour.spending import Spending, fit_spending
from twinfold.errors import DataError, OptionError

PLAIN = np.array([0.6, 20.0, 1.2, 3.0])
LAPSING = np.array([0.6, 20.0, 1.0, 1.5, 0.15])
WORTH = np.array([4.0, 3.0, 30.0])


def simulate(customers, parameters, rng, *, until=200.0, arrive=40.0, slower=None):
    """Events of customers who arrive in the first days, as (customers, times); `slower` is (from, how many times)."""
    r, alpha, a, b, rho = [*parameters, 0.0][:5]
    rate, leave = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
    first = rng.uniform(0, arrive, customers)
    whose, time, lapsed = np.arange(customers), first.copy(), np.zeros(customers, bool)
    owners, times = [whose], [first]
    while len(whose):  # candidates at the full rate; of those of the lapsed some are made
        time = time + rng.exponential(1 / np.maximum(rate[whose], 1e-12))
        whose, time, lapsed = (each[time < until] for each in (whose, time, lapsed))
        made = ~lapsed | (rng.random(len(whose)) < rho)
        if slower is not None:
            made &= (time < slower[0]) | (rng.random(len(whose)) < slower[1])
        owners.append(whose[made])
        times.append(time[made])
        lapsed = lapsed | (made & (rng.random(len(whose)) < leave[whose]))
        if rho == 0:
            whose, time, lapsed = (each[~lapsed] for each in (whose, time, lapsed))
    return np.concatenate(owners), np.concatenate(times)


def planted(customers, parameters, seed, *, end=120.0, worth=False, **how):
    """The histories of simulated customers up to a day, and how often each bought in the 80 days after it."""
    rng = np.random.default_rng(seed)
    owners, times = simulate(customers, parameters, rng, until=end + 80, **how)
    p, q, v = WORTH
    values = rng.gamma(p, 1 / rng.gamma(q, 1 / v, customers)[owners]) if worth else None
    whole = read_histories(owners, times, values, end + 80, period=0)
    found = whole.until(end)
    return found, whole.bought_after(end, found.customers)[0]


def sample_of_cdnow() -> Histories:
    """The one-in-ten sample of CDNOW's customers, up to 1997-09-30, as it was published."""
    spec = find_spec("lifetimes")
    if spec is None or spec.origin is None:
        pytest.skip("lifetimes, whose package holds the sample, is not installed: scripts/install all")
    rows = np.loadtxt(Path(spec.origin).parent / "datasets/CDNOW_sample.txt", usecols=(1, 2, 4))
    days = np.array([f"{day:.0f}"[:4] + "-" + f"{day:.0f}"[4:6] + "-" + f"{day:.0f}"[6:] for day in rows[:, 1]])
    whole = read_histories(rows[:, 0].astype(int), days.astype("datetime64[D]").astype(float) - 9862, rows[:, 2], 545)
    return whole.until(272)


def test_the_published_parameters_are_found():
    """Fader, Hardie and Lee 2005, table 2, in weeks."""
    found = sample_of_cdnow()
    assert len(found.customers) == 2357
    buying = fit_buying(found, plain=True)
    weeks = buying.parameters * np.array([1, 1 / 7, 1, 1])
    assert weeks == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=0.0006)
    rows = buying.rows(found)
    value = rows.weight @ log_likelihood(buying.parameters, rows)[0]
    assert value + found.frequency.sum() * np.log(7) == pytest.approx(-9582.4, abs=0.05)


def test_the_published_worth_is_found():
    """Fader and Hardie 2013, section 4: of the 946 customers who came back."""
    found = sample_of_cdnow()
    assert (found.valued > 0).sum() == 946
    p, over, v, share = fit_spending(found).parameters
    assert (p, over + 1, v) == pytest.approx((6.25, 3.74, 15.44), abs=0.006)
    assert share == 1


def test_expectations_are_those_of_another_implementation():
    found = sample_of_cdnow()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it was written for an older pandas
        import lifetimes

        other = lifetimes.BetaGeoFitter()
    buying = fit_buying(found, plain=True)
    other.params_ = dict(zip(("r", "alpha", "a", "b"), buying.parameters, strict=True))
    rows = buying.rows(found)
    summary = found.frequency, found.recency, found.age
    expected = other.conditional_expected_number_of_purchases_up_to_time(273.0, *summary)
    assert buying.moments(rows, 273.0)[0][rows.place] == pytest.approx(np.asarray(expected), rel=1e-6)
    assert buying.alive(rows)[rows.place] == pytest.approx(other.conditional_probability_alive(*summary), rel=1e-8)


def one_history(x, recency, age):
    """A customer with x repeat purchases, all but the last soon after the first."""
    times = np.append(np.linspace(0, recency / 2, int(x)), recency) if x else np.zeros(1)
    return read_histories(np.zeros(len(times), int), times, None, age, period=0)


@pytest.mark.parametrize("a", [0.3, 0.999, 1.0, 1.001, 4.0])
@pytest.mark.parametrize(("x", "recency"), [(0, 0.0), (1, 30.0), (7, 80.0), (900, 99.0)])
def test_the_mean_is_the_integral_over_the_chance_to_lapse(a, x, recency):
    parameters = np.array([0.4, 10.0, a, 2.5])
    buying, found = Buying(parameters, np.eye(4)), one_history(x, recency, 100.0)
    rows = buying.rows(found)
    shape, ratio = 0.4 + x, 60.0 / 110.0

    def density(p):  # ends where its integrand is, at p^(a - 1)
        weight = np.exp((2.5 + x - 1) * np.log1p(-p) - special.betaln(a, 2.5 + x))
        return weight * (-np.expm1(-shape * np.log1p(p * ratio)) / p if p > 0 else shape * ratio)

    split = min(0.5, 20 / (x + 1))
    left = integrate.quad(density, 0, split, weight="alg", wvar=(a - 1, 0), epsrel=1e-10)[0]
    right = integrate.quad(lambda p: density(p) * p ** (a - 1), split, 1 - 1e-12, epsrel=1e-10)[0]
    assert buying.moments(rows, 60.0)[0] / buying.alive(rows) == pytest.approx([left + right], rel=1e-6)


def test_the_mean_is_the_published_formula():
    """Equation 10, where its series does not cancel."""
    r, a, b = 0.4, 2.2, 2.5
    buying, found = Buying(np.array([r, 10.0, a, b]), np.eye(4)), one_history(3, 70.0, 100.0)
    series = special.hyp2f1(r + 3, b + 3, a + b + 2, 60 / 170)
    mean = (a + b + 2) / (a - 1) * (1 - (110 / 170) ** (r + 3) * series)
    mean /= 1 + a / (b + 2) * (110 / 80) ** (r + 3)
    assert buying.moments(buying.rows(found), 60.0)[0] == pytest.approx([mean], rel=1e-10)


def test_without_lapsing_the_number_is_negative_binomial():
    buying, found = Buying(np.array([2.0, 10.0, 1e-7, 2.0]), np.eye(4)), one_history(3, 70.0, 100.0)
    for horizon in (0.01, 1.0, 100.0, 3000.0):
        mean = 5 * horizon / 110
        assert np.concatenate(buying.moments(buying.rows(found), horizon)) == pytest.approx(
            [mean, mean + mean**2 / 5], rel=1e-4
        )


@pytest.mark.parametrize("parameters", [PLAIN, LAPSING], ids=["plain", "lapsing"])
def test_expectations_are_what_simulated_customers_do(parameters):
    found, real = planted(150_000, parameters, 0)
    buying = Buying(parameters, np.eye(len(parameters)))
    expected = expect_purchases(buying, found, 80.0, limits=False)
    late = (found.recency > 0.6 * found.age).astype(int)
    sums = expected.by((np.minimum(found.frequency, 6) * 2 + late).astype(int))
    seen = np.bincount((np.minimum(found.frequency, 6) * 2 + late).astype(int), weights=real)
    own = sums.mean > 20
    assert own.sum() >= 12
    off = (seen - sums.mean)[own] / np.sqrt(sums.noise[own])
    assert np.abs(off).max() < 4
    assert 0.4 < np.sqrt((off**2).mean()) < 1.8


@pytest.mark.parametrize("parameters", [PLAIN, LAPSING], ids=["plain", "lapsing"])
def test_draws_have_the_moments(parameters):
    found, _ = planted(300, parameters, 1)
    buying = Buying(parameters, np.eye(len(parameters)))
    rows, rng = buying.rows(found), np.random.default_rng(2)
    draws = np.stack([buying.draw(rows, 80.0, rng) for _ in range(3000)])
    mean, variance = (each[rows.place] for each in buying.moments(rows, 80.0))
    assert np.abs((draws.mean(0) - mean) / np.sqrt(variance / 3000)).max() < 5
    assert (draws.var(0) / variance).mean() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("parameters", [PLAIN, LAPSING], ids=["plain", "lapsing"])
def test_the_gradient_is_that_of_the_likelihood(parameters):
    found, _ = planted(200, PLAIN, 3)
    rows = found.rows(last=len(parameters) == 4)
    slopes = log_likelihood(parameters, rows)[1]
    for k in range(len(parameters)):
        shift = np.exp(1e-5 * np.eye(len(parameters))[k])
        up, down = (log_likelihood(each, rows)[0] for each in (parameters * shift, parameters / shift))
        assert slopes[:, k] == pytest.approx((up - down) / 2e-5, abs=1e-6)


@pytest.mark.parametrize("parameters", [PLAIN, LAPSING], ids=["plain", "lapsing"])
def test_intervals_of_parameters_hold_planted_ones(parameters):
    inside = []
    for seed in range(40):
        buying = fit_buying(planted(1500, parameters, 100 + seed)[0], plain=len(parameters) == 4)
        off = np.log(buying.parameters / parameters) / np.sqrt(np.diag(buying.covariance))
        inside.append(np.abs(off) < 1.96)
    assert 0.88 < np.mean(inside) < 0.995


def test_intervals_of_worth_hold_planted_ones():
    inside = []
    for seed in range(60):
        found, rng = planted(600, PLAIN, 200 + seed, worth=True)[0], np.random.default_rng(seed)
        careless = rng.beta(2, 2, 600)[found.owner]  # of some customers most purchases are free
        paid = Histories(
            found.customers, found.owner, found.time, found.value * (rng.random(len(careless)) < careless), 120.0
        )
        spending = fit_spending(paid)
        p, q, v = WORTH
        off = np.log(spending.parameters / [p, q - 1, v, 0.5]) / np.sqrt(np.diag(spending.covariance))
        inside.append(np.abs(off) < 1.96)
    assert 0.88 < np.mean(inside) < 0.995


def test_intervals_of_what_is_seen_hold_sums_of_groups():
    inside = []
    for seed in range(40):
        found, real = planted(1200, LAPSING, 300 + seed)
        expected = expect_purchases(fit_buying(found), found, 80.0)
        group = np.argsort(np.argsort(expected.mean, kind="stable")) * 4 // len(real)
        low, high = expected.by(group).limits(seen=True)
        seen = np.bincount(group, weights=real)
        inside.append((low <= seen) & (seen <= high))
    assert 0.9 < np.mean(inside) < 0.995


def test_expected_value_is_what_simulated_customers_spend():
    rng = np.random.default_rng(4)
    owners, times = simulate(60_000, PLAIN, rng, until=200.0)
    p, q, v = WORTH
    values = rng.gamma(p, 1 / rng.gamma(q, 1 / v, 60_000)[owners])
    values[rng.random(len(values)) < 0.2] = 0
    whole = read_histories(owners, times, values, 200.0, period=0)
    found = whole.until(120.0)
    spent = whole.bought_after(120.0, found.customers)[1]
    spending = fit_spending(found)
    assert spending.parameters[3] == pytest.approx(0.8, abs=0.01)
    expected = expect_value(expect_purchases(Buying(PLAIN, np.eye(4)), found, 80.0), spending, found)
    group = np.digitize(found.mean_value, [1e-9, 30, 60, 120])
    sums, seen = expected.by(group), np.bincount(group, weights=spent)
    assert np.abs((seen - sums.mean) / np.sqrt(sums.noise)).max() < 4.5
    assert (((spent - expected.mean) ** 2).sum() / expected.noise.sum()) == pytest.approx(1, abs=0.35)


def test_drawn_value_has_the_moments():
    found, _ = planted(200, PLAIN, 20, worth=True)
    p, q, v = WORTH
    buying, spending = Buying(PLAIN, np.eye(4)), Spending(np.array([p, q - 1, v, 0.7]), np.eye(4))
    model = LifetimeModel(buying, Allowance(0.1, 0.1, 1, 0, 1), spending, Allowance(0.1, 0.1, 1, 0, 1), 120.0)
    rng = np.random.default_rng(21)
    draws = np.stack([model.draw(found, 80.0, rng)[1] for _ in range(1500)])
    expected = expect_value(expect_purchases(buying, found, 80.0), spending, found)
    assert np.abs((draws.mean(0) - expected.mean) / np.sqrt(expected.noise / 1500)).max() < 5
    assert np.median(draws.var(0) / expected.noise) == pytest.approx(1, abs=0.1)


def test_who_seems_gone_is_expected_to_return_only_where_the_lapsed_do():
    found, real = planted(20_000, LAPSING, 5)
    plain, ours = (expect_purchases(fit_buying(found, plain=flag), found, 80.0, limits=False) for flag in (True, False))
    gone = (found.frequency > 2) & (found.recency < 0.3 * found.age)
    assert real[gone].sum() > 200
    assert real[gone].sum() / ours.mean[gone].sum() == pytest.approx(1, abs=0.15)
    assert real[gone].sum() / plain.mean[gone].sum() > 1.3


@pytest.mark.parametrize("parameters", [PLAIN, LAPSING], ids=["plain", "lapsing"])
def test_equal_histories_may_be_put_together(monkeypatch, parameters):
    owners, times = simulate(3000, parameters, np.random.default_rng(6), until=120.0)
    found, plain = read_histories(owners, times, None, 120.0, period=2), len(parameters) == 4
    grouped = fit_buying(found, plain=plain)
    assert len(found.rows(last=plain).weight) < 2200

    def each(keys):
        return np.arange(len(keys[0])), np.arange(len(keys[0])), np.ones(len(keys[0]))

    monkeypatch.setattr(purchases, "_different", each)
    assert len(found.rows(last=plain).weight) == 3000
    apart = fit_buying(found, plain=plain)
    assert apart.parameters == pytest.approx(grouped.parameters, rel=1e-3)
    assert apart.covariance == pytest.approx(grouped.covariance, rel=0.01, abs=1e-4)


def test_the_unit_of_time_does_not_matter():
    owners, times = simulate(2000, LAPSING, np.random.default_rng(7), until=120.0)
    days = read_histories(owners, times, None, 120.0)
    weeks = Histories(days.customers, days.owner, days.time / 7, None, 120.0 / 7)
    by_day, by_week = fit_buying(days), fit_buying(weeks)
    assert by_week.parameters * [1, 7, 1, 1, 1] == pytest.approx(by_day.parameters, rel=1e-4)
    one, other = (
        expect_purchases(buying, found, horizon).total()
        for buying, found, horizon in ((by_day, days, 70.0), (by_week, weeks, 10.0))
    )
    assert other.mean == pytest.approx(one.mean, rel=1e-5)
    assert np.array(other.limits()) == pytest.approx(np.array(one.limits()), rel=1e-3)


def test_what_moves_all_customers_widens_the_interval_and_more_customers_do_not_narrow_it():
    calm = fit_lifetime(planted(5000, PLAIN, 8)[0])
    moved = fit_lifetime(planted(5000, PLAIN, 8, slower=(70.0, 0.6))[0])
    assert calm.purchases.forecasts == moved.purchases.forecasts == 5
    assert calm.purchases.common < 0.06
    assert moved.purchases.common > 2 * calm.purchases.common
    found = planted(30_000, PLAIN, 9)[0]
    low, high = fit_lifetime(found).expect_purchases(found, 80.0).total().limits()
    assert np.log(high / low)[0] / 2 > 3 * FLOOR


def test_a_new_customer_is_one_of_whom_nothing_else_is_known():
    model = fit_lifetime(planted(4000, PLAIN, 10, worth=True)[0])
    rng = np.random.default_rng(11)
    owners = simulate(100_000, PLAIN, rng, until=90.0, arrive=1e-9)[0]
    expected = model.expect_purchases_of_new(90.0)
    low, high = expected.limits()
    assert low[0] < len(owners) / 100_000 - 1 < high[0]
    assert expected.mean[0] == pytest.approx(len(owners) / 100_000 - 1, rel=0.08)
    p, q, v = WORTH
    assert model.expect_value_of_new(90.0).mean[0] == pytest.approx(expected.mean[0] * p * v / (q - 1), rel=0.12)
    assert model.expect_purchases_of_new(360.0).mean[0] > expected.mean[0]


def test_too_short_a_history_is_forecast_with_an_allowance_that_is_assumed():
    found = planted(60, PLAIN, 12)[0]
    model = fit_lifetime(found)
    assert (model.purchases.forecasts, model.purchases.common) == (0, ASSUMED[0])
    assert any("assumed" in note for note in model.notes)


def test_frequency_and_value_that_go_together_are_noted():
    owners, times = simulate(3000, PLAIN, np.random.default_rng(13), until=120.0)
    number = np.bincount(owners)[owners]
    rng = np.random.default_rng(14)
    apart, together = (
        fit_lifetime(read_histories(owners, times, values, 120.0, period=0))
        for values in (rng.gamma(4, 5, len(owners)), rng.gamma(4, 5, len(owners)) * number)
    )
    assert not apart.notes
    assert abs(apart.correlation) < 0.1
    assert together.correlation > 0.3
    assert "go together" in together.notes[0]


def test_half_of_purchases_worth_nothing_are_noted():
    rng = np.random.default_rng(15)
    owners, times = simulate(2000, PLAIN, rng, until=120.0)
    values = rng.gamma(4, 5, len(owners)) * (rng.random(len(owners)) < 0.5)
    assert any("worth 0" in note for note in fit_lifetime(read_histories(owners, times, values, 120.0)).notes)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda owners, times, values: (owners[owners < 49], times[owners < 49], None), "49 customers are too few"),
        (lambda owners, times, values: (np.arange(100), np.arange(100) % 30, None), "0 of 100 customers came back"),
        (lambda owners, times, values: (owners, times, values * 0), "0 customers have a repeat purchase worth"),
    ],
)
def test_what_cannot_be_learned_is_refused(change, says):
    owners, times = simulate(500, PLAIN, np.random.default_rng(16), until=120.0)
    with pytest.raises(DataError, match=says) as caught:
        fit_lifetime(read_histories(*change(owners, times, np.ones(len(owners))), 120.0))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("horizon", [0.0, -3.0, np.nan, np.inf])
def test_a_horizon_is_a_number_of_days(horizon):
    found = planted(100, PLAIN, 17)[0]
    model = fit_lifetime(found)
    for ask in (model.expect_purchases, lambda *given: model.draw(*given, np.random.default_rng(0))):
        with pytest.raises(OptionError, match="is not a number of days above 0"):
            ask(found, horizon)
    with pytest.raises(DataError, match="without values"):
        model.expect_value(found, 10.0)


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("worth", [True, False])
def test_a_model_is_the_same_when_reloaded(plain, worth):
    found = planted(1000, LAPSING, 18, worth=worth)[0]
    model = fit_lifetime(found, plain=plain)
    again = LifetimeModel.from_arrays({name: array.copy() for name, array in model.arrays().items()})
    assert all(array.dtype.kind in "f" for array in model.arrays().values())
    assert np.array_equal(again.alive(found), model.alive(found))
    for ask in ("expect_purchases", *(["expect_value"] if worth else [])):
        one, other = (getattr(each, ask)(found, 40.0).limits(seen=True) for each in (model, again))
        assert np.array_equal(one, other)
    assert (again.notes, again.window) == (model.notes, model.window)


WHOLE = LifetimeModel(
    Buying(LAPSING, np.eye(5)),
    Allowance(0.1, 0.05, 1.2, 5, 0.8),
    Spending(np.array([4.0, 2.0, 30.0, 1.0]), np.eye(4)),
    Allowance(0.1, 0.05, 1.2, 5, 0.8),
    120.0,
).arrays()


@pytest.mark.parametrize(
    ("name", "damaged"),
    [
        ("buying_parameters", np.array([0.6, 20.0, -1.0, 1.5, 0.1])),
        ("buying_parameters", np.array([0.6, 0.0, 1.0, 1.5, 0.1])),
        ("buying_parameters", np.array([0.6, 20.0, 1.0, 1.5, 1.1])),
        ("buying_parameters", np.array([0.6, 20.0, 1.0, np.inf, 0.1])),
        ("buying_parameters", np.array([0.6, 20.0, 1.0])),
        ("buying_parameters", np.array([1, 2, 3, 4, 1])),
        ("buying_covariance", np.eye(4)),
        ("buying_covariance", -np.eye(5)),
        ("buying_covariance", np.triu(np.ones((5, 5)))),
        ("buying_covariance", np.full((5, 5), np.nan)),
        ("spending_parameters", np.array([4.0, 2.0, 30.0, 1.5])),
        ("spending_parameters", np.array([4.0, -2.0, 30.0, 1.0])),
        ("purchases_allowance", np.array([-0.1, 0.05, 1.2, 5, 0.8])),
        ("purchases_allowance", np.array([0.1, 0.05, 0.2, 5, 0.8])),
        ("purchases_allowance", np.array([0.1, 0.05, 1.2, 5.5, 0.8])),
        ("value_allowance", np.array([0.1, 0.05, 1.2, 5, 0.0])),
        ("value_allowance", np.zeros(4)),
        ("lifetime", np.array([0.0, 0.1])),
        ("lifetime", np.array([9.0, 2.0])),
        ("lifetime", np.zeros(3)),
    ],
)
def test_damaged_arrays_are_refused(name, damaged):
    LifetimeModel.from_arrays(WHOLE)
    with pytest.raises(ValueError, match=r"\w"):
        LifetimeModel.from_arrays(WHOLE | {name: damaged})


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_missing_arrays_are_refused(name):
    with pytest.raises((KeyError, ValueError)):
        LifetimeModel.from_arrays({key: array for key, array in WHOLE.items() if key != name})


def test_groups_are_one_number_a_row():
    found = planted(100, PLAIN, 19)[0]
    expected = expect_purchases(Buying(PLAIN, np.eye(4)), found, 10.0)
    with pytest.raises(OptionError, match=r"groups of shape .3,. for 100 rows"):
        expected.by(np.zeros(3, int))


@pytest.mark.parametrize(("a", "b"), [(1e-4, 2.0), (0.5, 0.5), (1.0, 1.0), (3.0, 4000.0), (5000.0, 2e4)])
def test_the_rule_integrates_over_beta_distributions(a, b):
    points, weights = beta_rule(a, b)
    assert (points > 0).all()
    assert (points < 1).all()
    assert weights.sum() == pytest.approx(1)
    for power in range(1, 5):
        moment = np.exp(special.betaln(a + power, b) - special.betaln(a, b))
        assert weights @ points**power == pytest.approx(moment, rel=1e-8)
