import numpy as np
import pytest

from twinfold.synthesis.augmenting.mixing import mix
from twinfold.synthesis.augmenting.values import Values
from twinfold.synthesis.encoding.number import learn_number


def test_numbers_lie_between_two_rows_and_categories_are_of_either() -> None:
    """Of two rows, at the ends of a uniform column, each place between them is as likely; and categories go along."""
    rng = np.random.default_rng(0)
    encoding = learn_number(rng.uniform(0, 100, 5_000), step=0.0, min_count=10, tails="clipped")
    assert encoding is not None
    rows = Values(np.array([[0.0, 0.0], [100.0, 1.0]]), (1,))
    made = mix(rows, 20_000, rng, encodings={0: encoding}).x
    assert np.quantile(made[:, 0], [0.25, 0.5, 0.75]) == pytest.approx([25, 50, 75], abs=2.5)
    assert made[:, 1].mean() == pytest.approx(0.5, abs=0.02)
    assert np.corrcoef(made[:, 0], made[:, 1])[0, 1] == pytest.approx(1 / np.sqrt(3), abs=0.03)


def test_special_values_stay_and_a_missing_number_is_one_row_s() -> None:
    rng = np.random.default_rng(0)
    known = np.r_[np.zeros(500), rng.uniform(1, 2, 500), np.full(500, np.nan)]
    encoding = learn_number(known, step=0.0, min_count=10, tails="clipped")
    assert encoding is not None
    zero = mix(Values(np.zeros((5, 1))), 100, rng, encodings={0: encoding}).x
    assert (zero == 0).all()
    half = mix(Values(np.array([[0.0], [np.nan]])), 4_000, rng, encodings={0: encoding}).x[:, 0]
    assert np.isnan(half).mean() == pytest.approx(0.5, abs=0.04)
    assert (half[~np.isnan(half)] == 0).all()
