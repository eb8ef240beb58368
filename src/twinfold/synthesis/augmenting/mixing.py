"""Mixup in code space: new rows that are part one row, part another (Zhang et al. 2018, "mixup: beyond empirical risk
minimization", section 2)."""

from collections.abc import Mapping

import numpy as np

from twinfold.synthesis.augmenting.values import Values
from twinfold.synthesis.encoding.number import NumberEncoding

ALPHA = 1.0
"""Of the beta distribution of the share that a row has of the first: 1 makes every share as likely."""


def mix(
    rows: Values,
    wanted: int,
    rng: np.random.Generator,
    *,
    encodings: Mapping[int, NumberEncoding],
) -> Values:
    """So many new rows, each a mixture of two rows drawn at random, in one share for all columns.

    The paper mixes numbers; here the codes of numbers are mixed, so that a new number is drawn anew among those that
    the code between stands for, and special values (0, 99.99) stay such. A category, or a number that one of the two
    lacks, is taken from the first as often as its share.

    Args:
        rows: of one kind, two or more.
        wanted: how many new ones.
        rng: chooses pairs, shares and the numbers inside codes.
        encodings: by its place, how a column of numbers becomes codes; needed for each.
    """
    x = rows.x
    first = rng.integers(len(x), size=wanted)
    second = (first + rng.integers(1, len(x), size=wanted)) % len(x)
    share = rng.beta(ALPHA, ALPHA, wanted)
    made = np.empty((wanted, x.shape[1]))
    for j in range(x.shape[1]):
        one, two = x[first, j], x[second, j]
        made[:, j] = np.where(rng.random(wanted) < share, one, two)
        if j in encodings:
            codes = [encodings[j].encode(side).astype(np.float64) for side in (one, two)]
            between = np.rint(share * codes[0] + (1 - share) * codes[1])
            either = np.where(rng.random(wanted) < share, *codes)
            between = np.where(np.isnan(one) | np.isnan(two), either, between)
            made[:, j] = encodings[j].decode(between.astype(np.uint16), rng)
    return Values(made, rows.categories)
