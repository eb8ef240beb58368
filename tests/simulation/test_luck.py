import numpy as np
from scipy import stats

from twinfold.simulation.luck import draw_uniforms

MANY = 200_000


def test_luck_is_uniform_and_unrelated_between_customers_periods_decisions_and_seeds():
    customers = np.arange(MANY, dtype=np.uint64)  # neighbouring codes are the hardest
    base = draw_uniforms(0, customers, 5, 1)
    others = [draw_uniforms(0, customers, 6, 1), draw_uniforms(0, customers, 5, 2), draw_uniforms(1, customers, 5, 1)]
    for each in (base, *others):
        assert stats.kstest(each, "uniform").pvalue > 1e-4
        assert abs(np.corrcoef(each[1:], each[:-1])[0, 1]) < 4.5 / MANY**0.5
    for other in others:
        assert abs(np.corrcoef(base, other)[0, 1]) < 4.5 / MANY**0.5
        table = np.histogram2d(base, other, bins=16, range=[[0, 1], [0, 1]])[0]
        assert stats.chisquare(table.ravel()).pvalue > 1e-4


def test_luck_over_a_customers_year_is_uniform():
    days = np.array([draw_uniforms(0, np.array([7], np.uint64), day, 0)[0] for day in range(3_650)])
    assert stats.kstest(days, "uniform").pvalue > 1e-4
    assert abs(np.corrcoef(days[1:], days[:-1])[0, 1]) < 4.5 / len(days) ** 0.5


def test_luck_depends_on_nobody_else():
    customers = np.random.default_rng(0).integers(0, 2**63, 1_000).astype(np.uint64)
    every = draw_uniforms(3, customers, 9, 2)
    np.testing.assert_array_equal(draw_uniforms(3, customers[::-7], 9, 2), every[::-7])
    assert ((every > 0) & (every < 1)).all()
