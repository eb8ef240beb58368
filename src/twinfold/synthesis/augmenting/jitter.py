"""Noise: rows that there are, moved at random, as far as is asked for."""

import numpy as np

from twinfold.synthesis.augmenting.values import Values

SCALE = 1.0
"""Noise as wide as the rows themselves: half of what sets a new row apart from the average is its own."""


def disturb(rows: Values, wanted: int, rng: np.random.Generator, *, scale: float = SCALE) -> Values:
    """So many new rows, each a row drawn at random, with noise: the shrunk smoothed bootstrap (Silverman and Young
    1987, "The bootstrap: to smooth or not to smooth?", section 2.4), which keeps means and variances as they are.

    Args:
        rows: of one kind, two or more.
        wanted: how many new ones.
        rng: chooses rows and noise.
        scale: standard deviations of the normal noise, in those of each column. 0 repeats rows, 1 makes a row's
            numbers half its own and half noise by variance; a category is drawn anew, by the shares of its levels, as
            often as a number's variance is noise: scale² / (1 + scale²). A missing number stays missing.
    """
    x, base = rows.x, rng.integers(len(rows), size=wanted)
    made, kept = x[base], 1 / np.sqrt(1 + scale**2)
    for j in rows.numbers:
        present = x[~np.isnan(x[:, j]), j]
        if len(present):
            middle, noise = present.mean(), scale * present.std() * rng.standard_normal(wanted)
            made[:, j] = middle + (made[:, j] - middle + noise) * kept
    for j in rows.categories:
        anew = rng.random(wanted) < 1 - kept**2
        made[anew, j] = x[rng.integers(len(x), size=int(anew.sum())), j]
    return Values(made, rows.categories)
