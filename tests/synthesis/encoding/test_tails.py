import numpy as np
import pytest

from twinfold.synthesis.encoding.number import learn_number
from twinfold.synthesis.encoding.tails import continue_tail


def last(values, **options):
    return learn_number(values, step=0.0, min_count=10, **options).span[1]


def test_an_exponential_tail_goes_on_to_where_its_last_row_is_expected():
    rows, ends = 2000, []
    for seed in range(300):
        ends.append(last(np.random.default_rng(seed).exponential(1, rows)))
    assert np.mean(ends) == pytest.approx(np.log(rows), abs=0.3)


def test_drawn_tails_follow_the_law():
    rng = np.random.default_rng(0)
    values = rng.exponential(1, 5000)
    encoding = learn_number(values, step=0.0, min_count=10)
    out = np.concatenate([encoding.decode(encoding.encode(values), rng) for _ in range(20)])
    fresh = rng.exponential(1, 1_000_000)
    for beyond in (6.0, 7.0):
        assert (out > beyond).mean() == pytest.approx((fresh > beyond).mean(), rel=0.5)


def test_no_extreme_value_is_stored_or_drawn():
    values = np.random.default_rng(1).pareto(1.5, 3000) * 1000
    encoding = learn_number(values, step=0.0, min_count=10)
    kept = np.concatenate([np.ravel(array) for array in encoding.state()[1].values()])
    out = encoding.decode(encoding.encode(values), np.random.default_rng(0))
    assert not np.isin(np.sort(values)[-20:], kept).any()
    assert not np.isin(values, out).any()


@pytest.mark.parametrize("times", [10, 1e6])
def test_one_customer_hardly_moves_a_tail_however_rich(times):
    values = np.random.default_rng(2).exponential(100, 3000)
    ordered = np.sort(values)
    richer = np.append(ordered[:-1], ordered[-1] * times)
    length, moved = (last(v) - ordered[-10] for v in (values, richer))
    assert moved == pytest.approx(length, rel=0.35)
    for clipped in (values, richer):
        assert last(clipped, tails="clipped") <= ordered[-10]


def test_a_tail_does_not_cross_zero_nor_a_share_pass_one():
    rng = np.random.default_rng(3)
    assert learn_number(rng.gamma(2, 1, 3000), step=0.0, min_count=10).span[0] >= 0
    low, high = learn_number(rng.beta(2, 2, 3000), step=0.0, min_count=10).span
    assert 0 <= low < high <= 1
    debts = learn_number(-rng.gamma(2, 1, 3000), step=0.0, min_count=10)
    assert debts.span[1] <= 0


def test_a_heap_at_the_end_is_the_end():
    values = np.append(np.random.default_rng(4).uniform(0, 89, 3000), [90.0] * 30)
    assert last(values) == 90
    ranks, ends = continue_tail(np.sort(values), 90.0, min_count=10)
    assert len(ranks) == len(ends) == 0
