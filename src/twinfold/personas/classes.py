"""Latent classes: kinds of people within each of which what is known of them goes with nothing else.

A mixture over numbers and levels together (Lazarsfeld and Henry 1968, "Latent structure analysis"; of mixed columns:
Hunt and Jorgensen 2011), learned by expectation and maximisation (Dempster, Laird and Rubin 1977) from groups that
k-means finds. That within a kind all columns are independent is what tells a kind from a slice: people who differ by
degrees, or in one column alone, make none that is found again. What several columns say again counts once between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from twinfold.evaluation.tasks.learners import one_thread
from twinfold.personas.space import Space

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Singles = npt.NDArray[np.float32]
    Places = npt.NDArray[np.int64]

ROUNDS, SETTLED = 60, 1e-4
"""Rounds of the algorithm at most, and the gain of a person's log likelihood below which there is no further one."""

STARTS = 3
"""Starts from groups of k-means, of which the likeliest counts."""

DOUBT = 0.3
"""How far nobody is sure of who is in which group to begin with: what is certain does not move."""

PRIOR = 1.0
"""People of everybody's kind who are added to each class, so that none is certain of anything."""


@dataclass(frozen=True)
class Classes:
    """Classes of people.

    Attributes:
        theta: what each column of `_design` adds to a person's log likelihood in each class, (classes, columns).
        share: of each class, as logarithms, (classes,).
        likelihood: the mean of people's log likelihoods; criterion: what the classes cost, the less the better
            (Bayesian information criterion: Schwarz 1978).
    """

    theta: Floats
    share: Floats
    likelihood: float
    criterion: float

    def assign(self, space: Space) -> Places:
        """The likeliest class of everybody, (people,)."""
        out = np.empty(len(space.levels), np.int64)
        for begin in range(0, len(out), 100_000):
            some = np.arange(begin, min(begin + 100_000, len(out)))
            out[some] = np.argmax(_design(space.take(some)) @ self.theta.T + self.share, axis=1)
        return out


def find_classes(space: Space, count: int, seed: int, starts: int = STARTS) -> Classes:
    """So many classes of people, the likeliest of some starts."""
    from sklearn.cluster import KMeans

    design, weights = _design(space), _weights(space)
    with one_thread():
        groups = [
            KMeans(count, n_init=1, random_state=seed + start).fit_predict(space.factors) for start in range(starts)
        ]
    begun = [(1 - DOUBT) * np.eye(count)[group] + DOUBT / count for group in groups]
    found = [_climb(space, design, weights, inside) for inside in begun]
    return max(found, key=lambda classes: classes.likelihood)


def _climb(space: Space, design: Singles, weights: Floats, inside: Floats) -> Classes:
    """From who is in which class, (people, classes), to classes that no step makes likelier."""
    before = -np.inf
    for _ in range(ROUNDS):
        theta, share = _maximise(space, design, inside)
        said = (design @ (theta * weights).T.astype(np.float32)).astype(np.float64) + share
        total = logsumexp(said, axis=1)
        inside = np.exp(said - total[:, None])
        likelihood = float(total.mean())
        if likelihood - before < SETTLED:
            break
        before = likelihood
    free = theta.shape[0] * (len(weights) - len(space.score_of) - len(np.unique(space.level_of)) + 1) - 1
    criterion = free * np.log(len(design)) - 2 * likelihood * len(design)
    return Classes(theta * weights, share, likelihood, float(criterion))


def _design(space: Space) -> Singles:
    """Levels, squares of scores, scores, and where there is one, side by side: (people, columns)."""
    parts = [space.levels, space.scores**2, space.scores, space.known]
    return np.concatenate(parts, axis=1)


def _weights(space: Space) -> Floats:
    """The weight of each column of the design."""
    return np.asarray(space.weights[np.concatenate([space.level_of, *[space.score_of] * 3])])


def _maximise(space: Space, design: Singles, inside: Floats) -> tuple[Floats, Floats]:
    """What the columns add in each class, and the classes' shares."""
    levels, numbers = space.levels.shape[1], space.scores.shape[1]
    overall = design.mean(axis=0, dtype=np.float64)
    sums = (inside.astype(np.float32).T @ design).astype(np.float64) + PRIOR * overall
    people = inside.sum(axis=0) + PRIOR
    chances = np.log(np.maximum(sums[:, :levels] / people[:, None], 1e-9))
    squares, scores, known = (sums[:, levels + k * numbers : levels + (k + 1) * numbers] for k in range(3))
    known = np.maximum(known, 1e-9)
    middle = scores / known
    # The prior's people spread as everybody does
    variance = np.maximum((squares - known * middle**2 + PRIOR) / (known + PRIOR), 0.02)
    parts = [chances, -0.5 / variance, middle / variance, -0.5 * (middle**2 / variance + np.log(variance))]
    return np.concatenate(parts, axis=1), np.log(people / people.sum())
