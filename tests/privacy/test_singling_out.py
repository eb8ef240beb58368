"""Singling out: descriptions fit whom they should, leaks are found in proportion, and nothing is found where nothing
is."""

import numpy as np
import pytest

from twinfold.privacy.singling_out import Columns, single_out_by_one, single_out_by_several

NAN = float("nan")


def people(rng: np.random.Generator, rows: int) -> Columns:
    income = np.round(rng.lognormal(10, 0.5, rows))
    return income, np.round(income * rng.uniform(0, 2, rows)), *rng.integers(0, 6, (4, rows))


def with_leak(release: Columns, train: Columns, rows: int) -> Columns:
    return tuple(np.r_[t[:rows], r[rows:]] for t, r in zip(train, release, strict=True))


def number(*values: float) -> Columns:
    return (np.array(values, np.float64),)


def test_a_value_held_once_and_all_beyond_an_extreme_describe_a_customer() -> None:
    rng = np.random.default_rng(0)
    tally = single_out_by_one(number(2, 3, 3, 12), number(2, 2, 9, 10), number(1, 1, 2, 9), rng=rng)
    assert tally is not None
    assert (tally.hits, tally.guesses, tally.control_hits, tally.control_guesses) == (2, 2, 0, 2)


def test_a_missing_value_describes_too() -> None:
    rng = np.random.default_rng(0)
    tally = single_out_by_several(number(1, 1, NAN, 1), number(NAN, NAN, 1, 1), number(NAN, 1, 1, 1), rng=rng)
    assert tally is not None
    assert (tally.hits, tally.guesses, tally.control_hits, tally.control_guesses) == (1, 1, 0, 1)


@pytest.mark.parametrize(("leaked", "least", "most"), [(0, -0.05, 0.05), (800, 0.1, 0.25), (4000, 1.0, 1.0)])
@pytest.mark.parametrize("play", [single_out_by_one, single_out_by_several])
def test_the_excess_over_the_control_grows_with_what_leaked(play, leaked: int, least: float, most: float) -> None:
    rng = np.random.default_rng(1)
    train, holdout, release = (people(rng, 4000) for _ in range(3))
    tally = play(train, holdout, with_leak(release, train, leaked), descriptions=1000, rng=rng)
    assert least <= (tally.success - tally.control) / (1 - tally.control) <= most


def test_who_knows_only_the_columns_shares_singles_out_one_in_e() -> None:
    """Ten independent fair coins describe one of 1,024 rows: exactly one fits with probability 1/e."""
    rng = np.random.default_rng(2)
    train, holdout, release = (tuple(rng.integers(0, 2, (10, 1024))) for _ in range(3))
    tally = single_out_by_several(train, holdout, release, descriptions=1000, rng=rng)
    assert tally is not None
    assert tally.baseline == pytest.approx(np.exp(-1), abs=0.05)


def test_where_nobody_stands_alone_nobody_is_described() -> None:
    rng = np.random.default_rng(3)
    crowd: Columns = (np.repeat([1.0, 2.0], 50), np.full(100, NAN), np.zeros(100, np.int32))
    assert single_out_by_one(crowd, crowd, crowd, rng=rng) is None
    assert single_out_by_several(crowd, crowd, crowd, rng=rng) is None
