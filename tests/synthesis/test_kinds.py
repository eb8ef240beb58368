import numpy as np

from twinfold.protocols import CodeColumn
from twinfold.synthesis.kinds import find_repeated
from twinfold.synthesis.past import Rows


def rows_of(values, parents):
    codes = np.unique(values, return_inverse=True)[1].astype(np.uint16)
    column = CodeColumn("amount", int(codes.max()) + 1, True)
    return Rows(parents, None, {"amount": values.astype(float)}, {"amount": codes}), [column]


def test_standing_orders_are_repeated_and_counts_that_are_often_nought_are_not():
    rng = np.random.default_rng(0)
    parents = np.repeat(np.arange(800), 10)
    standing = np.repeat(np.round(rng.lognormal(3, 1, 800), 2), 10)
    paid = np.where(rng.random(8000) < 0.3, standing, np.round(rng.lognormal(3, 1, 8000), 2))
    assert find_repeated(*rows_of(paid, parents), None) == ["amount"]
    level = np.repeat(rng.gamma(0.5, 20, 800), 10)
    counts = rng.poisson(level)  # a customer's are alike, half of all are 0 to 5, and none is taken over
    again, shares = counts[1:] == counts[:-1], np.bincount(counts) / 8000
    assert again[parents[1:] == parents[:-1]].mean() > 2 * (shares**2).sum()
    assert find_repeated(*rows_of(counts, parents), None) == []
