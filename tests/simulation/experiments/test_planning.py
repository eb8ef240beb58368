"""Plans against closed forms and published values, against data whose truth is known, and against simulated power."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from twinfold import DataError, OptionError, SpecificationError, plan_experiment
from twinfold.simulation.experiments.sizes import Noise, Rule, customers_needed, detectable_effect

ASKED = {"outcome": "y", "treatment": "arm", "arms": ["none", "offer"], "baseline": {"mean": 0.1}}


def rows(n, seed, weight=0.8):
    """A number whose correlation with an earlier one is `weight`, three rows a customer being alike in none."""
    rng = np.random.default_rng(seed)
    before = rng.normal(100, 10, n)
    after = 5 + weight * (before - 100) / 10 + np.sqrt(1 - weight**2) * rng.normal(size=n)
    return pl.DataFrame({"id": np.arange(n), "before": before, "y": after})


@pytest.mark.parametrize(("p", "effect", "power"), [(0.1, 0.02, 0.8), (0.5, 0.05, 0.9), (0.02, -0.005, 0.8)])
def test_shares_take_as_many_as_the_closed_form_says(p, effect, power):
    q = p + effect
    each = (norm.ppf(0.975) + norm.ppf(power)) ** 2 * (p * (1 - p) + q * (1 - q)) / effect**2
    found = plan_experiment(ASKED | {"baseline": {"mean": p}, "power": power}, effect=effect)
    assert found.customers == pytest.approx(2 * each, abs=1.01)
    assert sum(found.arms.values()) == found.customers


@pytest.mark.parametrize(("effect", "power", "each"), [(0.5, 0.8, 63.766), (0.2, 0.9, 526.333), (0.8, 0.8, 25.525)])
def test_numbers_take_as_many_as_a_t_test(effect, power, each):
    """As R's `power.t.test` and statsmodels' `TTestIndPower` give them."""
    baseline = {"mean": 0, "deviation": 1}
    found = plan_experiment(ASKED | {"baseline": baseline, "power": power, "kind": "number"}, effect=effect)
    assert found.customers / 2 == pytest.approx(each, abs=0.6)


def test_the_effect_that_customers_show_is_that_which_takes_as_many():
    for customers in (1_000, 50_000):
        effect = plan_experiment(ASKED | {"arms": ["a", "b", "c"], "looks": 3}, customers=customers).effect
        again = plan_experiment(ASKED | {"arms": ["a", "b", "c"], "looks": 3}, effect=effect)
        assert again.customers == pytest.approx(customers, abs=1)


def test_simulated_experiments_of_that_size_find_the_effect_as_often_as_planned():
    rng, runs = np.random.default_rng(0), 20_000
    planned = plan_experiment(ASKED | {"shares": [0.3, 0.7]}, effect=0.03)
    n, m = planned.arms.values()
    one, other = rng.binomial(n, 0.1, runs) / n, rng.binomial(m, 0.13, runs) / m
    error = np.sqrt(one * (1 - one) / (n - 1) + other * (1 - other) / (m - 1))
    power = (np.abs(other - one) / error > norm.ppf(0.975)).mean()
    assert power == pytest.approx(0.8, abs=0.015)


def test_what_was_known_before_saves_customers():
    data = rows(20_000, 0)
    asked = {"outcome": "y", "treatment": "arm", "arms": ["none", "offer"], "effect": 0.1}
    plain, adjusted = (plan_experiment(asked | {"covariates": names}, data) for names in ((), ("before",)))
    assert adjusted.explained == pytest.approx(0.64, abs=0.02)
    assert adjusted.customers == pytest.approx(plain.customers * 0.36, rel=0.05)
    assert adjusted.unadjusted == pytest.approx(plain.customers, abs=2)
    assert "takes 6" in adjusted.text()


def test_without_an_effect_the_customers_of_the_data_are_those_there_are():
    found = plan_experiment({"outcome": "y", "treatment": "arm", "arms": ["none", "offer"]}, rows(5_000, 0))
    assert found.customers == 5_000
    assert found.effect == pytest.approx(2.8 * 2 / np.sqrt(5_000), rel=0.03)


def test_rows_of_one_customer_count_as_the_customer_does():
    """Four rows a customer, all alike: as many customers are needed as if each had one."""
    once = rows(4_000, 0)
    asked = {"outcome": "y", "treatment": "arm", "arms": ["none", "offer"], "customer": "id", "effect": 0.1}
    found = plan_experiment(asked, pl.concat([once] * 4))
    assert found.customers == pytest.approx(plan_experiment(asked, once).customers, rel=0.01)
    assert found.customers < 1.1 * plan_experiment(asked | {"customer": None}, pl.concat([once] * 4)).customers


def test_where_an_arm_was_tried_before_the_control_says_what_the_outcome_is():
    data = rows(4_000, 0).with_columns(arm=pl.Series(["none", "offer"] * 2_000))
    moved = data.with_columns(y=pl.col("y") + 100 * (pl.col("arm") == "offer"))
    found = plan_experiment({"outcome": "y", "treatment": "arm", "arms": ["none", "offer"], "effect": 1}, moved)
    assert found.mean == pytest.approx(5, abs=0.1)
    assert found.deviation == pytest.approx(1, abs=0.05)


def test_it_says_how_long_it_takes_and_when_to_look():
    found = plan_experiment(ASKED | {"looks": [0.5, 1.0], "per_day": 100.0}, effect=0.02)
    assert found.days == int(np.ceil(found.customers / 100))
    assert [look.customers for look in found.looks] == [pytest.approx(found.customers / 2, abs=1), found.customers]
    assert found.looks[-1].found == pytest.approx(0.8, abs=1e-4)
    assert found.usual < found.customers
    assert "weeks" in found.text()
    assert "alpha spent" in found.text()
    assert found.json()["looks"][0]["bound"] == pytest.approx(2.963, abs=1e-3)


def test_too_few_customers_are_said():
    found = plan_experiment(ASKED, effect=0.01, customers=2_000)
    assert found.available == 2_000
    assert found.reached == pytest.approx(0.11, abs=0.02)
    assert "too few" in found.text()


@pytest.mark.parametrize(
    ("asked", "given", "error", "message"),
    [
        ({}, {"effect": 0.95}, OptionError, r"effect of \+0.95 on a share of 0.1 is impossible; give one between"),
        ({}, {"effect": 0.0}, OptionError, "effect of 0 is none"),
        ({}, {}, OptionError, "neither an effect nor a number of customers"),
        ({}, {"customers": 1}, OptionError, "1 customers show no effect whatever"),
        ({"power": 0.01}, {"effect": 0.02}, OptionError, "power of 0.01 is no more than chance"),
        ({"baseline": {"mean": 3}}, {"effect": 0.1}, SpecificationError, "mean 3 is no share"),
        ({"baseline": {"mean": 3}, "kind": "number"}, {"effect": 0.1}, SpecificationError, "needs its deviation"),
        ({"baseline": None}, {"effect": 0.1}, SpecificationError, r"no \[baseline\] and no data"),
    ],
)
def test_what_can_not_be_planned_is_said(asked, given, error, message):
    with pytest.raises(error, match=message):
        plan_experiment(ASKED | asked, **given)


def test_data_that_say_nothing_are_refused():
    asked = {"outcome": "y", "treatment": "arm", "arms": ["a", "b"]}
    with pytest.raises(SpecificationError, match=r"column 'yy' is not in .*; did you mean 'y'"):
        plan_experiment(asked | {"outcome": "yy"}, rows(100, 0))
    with pytest.raises(DataError, match=r"outcome 'y' is .* in some row, and kind is 'binary'"):
        plan_experiment(asked | {"kind": "binary"}, rows(100, 0))
    with pytest.raises(DataError, match="10 rows"):
        plan_experiment(asked, rows(10, 0))


def test_an_effect_beyond_certainty_is_no_answer():
    rule = Rule((0.5, 0.5), 0, (1.0,), 0.05, 0.8)
    assert detectable_effect(Noise(0.9, 0.09, True), rule, 50) is None
    assert customers_needed(Noise(0.9, 0.09, True), rule, 0.09) > 50
