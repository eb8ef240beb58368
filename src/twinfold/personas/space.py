"""What is known of people as columns that can be reckoned with, and how far columns say the same.

Numbers stand as normal scores of their ranks, apart from values that many share and from gaps, which are levels; levels
are indicators that weigh the more the rarer they are, as in a factor analysis of mixed data (Pagès 2004, "Analyse
factorielle de données mixtes"). What several columns say again counts once between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from twinfold.personas.people import Feature, People

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LEAST_LEVEL, MOST_LEVELS = 0.02, 20
"""The share that a level must have to be told apart, and levels of a column at most; the rest stand together."""

ATOM = 0.2
"""The share of people with one value of a number from which on that value is a level by itself."""

FACTORS = 10
"""Factors at most, from which a search for groups begins."""

AGAIN, TWICE = 0.7, 0.9
"""The squared association from which on two features say the same again, and from which on one of them is left out."""

COMPARED = 20_000
"""People by whom it is told how far columns say the same, at most."""


@dataclass(frozen=True)
class Space:
    """People in columns.

    Attributes:
        levels: indicators, (people, levels) float32; level_of: the feature of each, (levels,).
        scores: of numbers, 0 where there is none, (people, numbers) float32; known: where there is one, as 1 and 0;
            score_of: the feature of each, (numbers,).
        weights: how much of what each feature says is its own: 1 of one that goes with no other, (features,).
        factors: where everybody is on the leading factors, (people, factors).
    """

    levels: npt.NDArray[np.float32]
    level_of: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]
    known: npt.NDArray[np.float32]
    score_of: npt.NDArray[np.int64]
    weights: Floats
    factors: Floats

    def take(self, people: npt.NDArray[np.int64]) -> Space:
        """The same of some people."""
        own = (self.levels[people], self.level_of, self.scores[people], self.known[people], self.score_of)
        return Space(*own, self.weights, self.factors[people])


def lay_out(people: People) -> Space:
    """People in columns."""
    levels, scores, known, level_of, score_of = [], [], [], [], []
    for number, feature in enumerate(people.features):
        own_levels, own_scores = _columns(feature)
        levels += own_levels
        level_of += [number] * len(own_levels)
        if own_scores is not None:
            scores.append(np.nan_to_num(own_scores))
            known.append(~np.isnan(own_scores))
            score_of.append(number)
    held = _stack(levels, people.count)
    numbers = _stack(scores, people.count)
    where, whose = np.array(level_of, np.int64), np.array(score_of, np.int64)
    columns = np.concatenate([_indicators(held), numbers], axis=1, dtype=np.float64)
    columns -= columns.mean(axis=0)
    whole = np.concatenate([where, whose])
    together = _associate(columns, whole, len(people.features))
    kept = _leave_out(together)
    weights = np.where(kept, 1.0 / np.where(together >= AGAIN, together, 0.0)[:, kept].sum(axis=1), 0.0)
    factors = _factors((columns * np.sqrt(weights[whole]))[:, kept[whole]])
    some, others = kept[where], kept[whose]
    there = _stack(known, people.count)[:, others]
    return Space(held[:, some], where[some], numbers[:, others], there, whose[others], weights, factors)


def _factors(columns: Floats) -> Floats:
    """Where everybody is on the leading factors of columns, (people, factors): on those that explain more than any
    factor of shuffled columns does (parallel analysis: Horn 1965), on two at least."""
    some = columns[:: -(-len(columns) // COMPARED)]
    values, vectors = np.linalg.eigh(some.T @ some / len(some))
    rng = np.random.default_rng(0)
    chance = np.stack([rng.permutation(column) for column in some.T], axis=1)
    kept = int((values > np.linalg.eigvalsh(chance.T @ chance / len(chance))[-1]).sum())
    turned: Floats = columns @ vectors[:, ::-1][:, : min(max(kept, 2), FACTORS)]
    return turned


def atoms_of(numbers: Floats) -> Floats:
    """The values of a number that many people share, ascending."""
    found, counts = np.unique(numbers[~np.isnan(numbers)], return_counts=True)
    return np.asarray(found[counts >= ATOM * len(numbers)], np.float64)


def levels_of(feature: Feature) -> list[str]:
    """The levels of a category that enough people have, the most frequent first."""
    assert feature.levels is not None
    counts = feature.levels.value_counts(sort=True)
    names, number = counts.columns[0], len(feature.levels)
    common = counts[names].filter(counts["count"] >= LEAST_LEVEL * number).to_list()[:MOST_LEVELS]
    return common or [str(counts[names][0])]


def _columns(feature: Feature) -> tuple[list[npt.NDArray[np.bool_]], Floats | None]:
    """A feature as flags of its levels, each person in one of them, and the normal scores of a number, NaN of none."""
    if feature.levels is not None:
        codes = feature.levels.to_numpy()
        flags = [codes == level for level in levels_of(feature)]
        return _whole(flags, len(codes)), None
    assert feature.numbers is not None
    values, missing = feature.numbers, np.isnan(feature.numbers)
    flags = [missing] if missing.mean() >= LEAST_LEVEL else []
    flags += [values == value for value in atoms_of(values).tolist()]
    rest = ~missing
    for flag in flags:
        rest &= ~flag
    own = values[rest]
    scores = np.full(len(values), np.nan)
    if len(own) >= LEAST_LEVEL * len(values) and own.min() < own.max():
        made = ndtri((rankdata(own) - 0.5) / len(own))
        scores[rest] = (made - made.mean()) / made.std()
        return _whole(flags, len(values)) if flags else [], scores
    return _whole(flags, len(values)), None


def _whole(flags: list[npt.NDArray[np.bool_]], people: int) -> list[npt.NDArray[np.bool_]]:
    """Flags with one more for all others, if there are any."""
    others = np.ones(people, bool)
    for flag in flags:
        others &= ~flag
    return [*flags, others] if others.any() else flags


def _stack(columns: list[npt.NDArray[np.bool_]] | list[Floats], people: int) -> npt.NDArray[np.float32]:
    return np.stack(columns, axis=1).astype(np.float32) if columns else np.zeros((people, 0), np.float32)


def _indicators(held: npt.NDArray[np.float32]) -> Floats:
    return np.asarray(held / np.sqrt(np.maximum(held.mean(axis=0, dtype=np.float64), 1e-9)), np.float64)


def _associate(columns: Floats, feature: npt.NDArray[np.int64], features: int) -> Floats:
    """Squared associations of features, (features, features): of numbers squared correlations, of a number and a
    category eta squared, of categories Cramér's V squared."""
    some = columns[:: -(-len(columns) // COMPARED)]
    squares = (some.T @ some / len(some)) ** 2
    sums = np.zeros((features, features))
    np.add.at(sums, (feature[:, None], feature[None]), squares)
    own = np.sqrt(np.maximum(np.diag(sums), 1e-12))  # of a number 1, of a category the square root of its levels less 1
    together = np.minimum(sums / np.minimum(own[:, None], own[None]) ** 2, 1.0)
    np.fill_diagonal(together, 1.0)
    return np.asarray(together)


def _leave_out(together: Floats) -> npt.NDArray[np.bool_]:
    """Which features to keep, (features,): none that says what an earlier one does. Others that say much the same count
    once between them; what goes together less is what makes kinds, and is left as it is."""
    kept: list[int] = []
    for place in range(len(together)):
        if not kept or together[place, kept].max() < TWICE:
            kept.append(place)
    out = np.zeros(len(together), bool)
    out[kept] = True
    return out
