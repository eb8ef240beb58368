"""Segmentation: groups of people that would be found again among others, as many as that holds for.

Groups are latent classes (`classes`). How many: those that explain people best (BIC) of the numbers of which all are
found again in halves of the people, each with a mean Jaccard similarity of .75 or more (Hennig 2007, "Cluster-wise
assessment of cluster stability"), and none is smaller than a share that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.personas.classes import Classes, find_classes
from twinfold.personas.space import Space
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]

STARTS_AGAIN = 2
"""Starts in each half of the people."""

STABLE = 0.75
"""The mean Jaccard similarity from which on a group counts as found again."""

MOST, HALVES = 10, 12
"""Groups at most, and halves of the people in which they are sought again."""

PEOPLE = 4_000
"""People among whom the number of groups is found, drawn at random where there are more."""

LEAST_PEOPLE = 30
"""People of a group, at least: of fewer nothing is sure, and whoever is shown would be one of them."""

LEAST_SHARE = 0.05
"""The share of all that a group has at least, where nobody says otherwise."""


@dataclass(frozen=True)
class Tried:
    """A number of groups that was tried.

    Attributes:
        groups: how many; least: the smallest one's share; criterion: what they cost, the less the better.
        stability: of each the mean Jaccard similarity to the nearest group found in halves of the people, (groups,).
    """

    groups: int
    least: float
    criterion: float
    stability: tuple[float, ...]

    @property
    def weakest(self) -> float:
        """The similarity of the group that is found again least."""
        return min(self.stability)


@dataclass(frozen=True)
class Segmentation:
    """Groups of people.

    Attributes:
        group: of everybody, from 0, the largest first, (people,).
        tried: the numbers of groups that were tried, ascending; chosen: the one that was taken.
        why: in plain words.
    """

    group: Places
    tried: tuple[Tried, ...]
    chosen: Tried
    why: str


def find_segments(
    space: Space,
    *,
    groups: int | None = None,
    least_share: float = LEAST_SHARE,
    rng: np.random.Generator,
    progress: Progress = silent,
) -> Segmentation:
    """Find groups of people.

    Args:
        space: everybody in columns.
        groups: how many; None is as many as are found again.
        least_share: of all people, that a group has at least; of a number that is asked for it is only told.
        rng: of halves and starts.
        progress: told "finding personas" from 0 to 1.
    """
    some = space.take(np.sort(rng.permutation(len(space.factors))[:PEOPLE]))
    least_share = max(least_share, LEAST_PEOPLE / len(space.factors))
    asked = [groups] if groups is not None else [k for k in range(2, MOST + 1) if k * least_share <= 1] or [2]
    one = find_classes(some, 1, 0).criterion
    tried, classes = [], {}
    seeds = rng.integers(0, 2**30, len(asked))
    for number, (k, seed) in enumerate(zip(asked, seeds.tolist(), strict=True)):
        progress("finding personas", number / len(asked))
        classes[k] = find_classes(some, k, seed)
        tried.append(_try(some, classes[k], k, seed))
    progress("finding personas", 1.0)
    chosen, why = _choose(tried, groups, least_share, one)
    group = classes[chosen.groups].assign(space)
    counts = np.bincount(group, minlength=chosen.groups)
    order = [k for k in np.argsort(-counts, kind="stable").tolist() if counts[k]]
    place = np.full(chosen.groups, -1, np.int64)
    place[order] = np.arange(len(order))
    ranked = Tried(len(order), chosen.least, chosen.criterion, tuple(chosen.stability[k] for k in order))
    if len(order) < chosen.groups:
        why += f" {len(order)} of them have anybody in them."
    return Segmentation(place[group], tuple(tried), ranked, why)


def _try(space: Space, classes: Classes, groups: int, seed: int) -> Tried:
    """How surely so many groups are found again."""
    rng, people = np.random.default_rng(seed), len(space.factors)
    own = classes.assign(space)
    similar = np.zeros(groups)
    for half in range(HALVES):
        rows = rng.permutation(people)[: people // 2]
        other = find_classes(space.take(rows), groups, seed + 100 * (1 + half), STARTS_AGAIN).assign(space)
        both = np.zeros((groups, groups))
        np.add.at(both, (own, other), 1.0)
        either = both.sum(axis=1)[:, None] + both.sum(axis=0) - both
        similar += (both / np.maximum(either, 1)).max(axis=1) / HALVES
    shares = np.bincount(own, minlength=groups) / people
    return Tried(groups, float(shares.min()), classes.criterion, tuple(similar.tolist()))


def _choose(tried: list[Tried], asked: int | None, least_share: float, one: float) -> tuple[Tried, str]:
    """The number of groups to take, and why; `one` is what everybody in one group costs."""
    if asked is not None:
        [only] = tried
        return only, f"{only.groups} were asked for; {_said(only, least_share)}.{_slices(only, one)}"
    able = [each for each in tried if each.least >= least_share] or tried[:1]
    sure = [each for each in able if each.weakest >= STABLE and each.criterion < one]
    if sure:
        best = min(sure, key=lambda each: each.criterion)
        return best, (
            f"{best.groups} explain these people best (by BIC) of those numbers of which each is found again in halves "
            f"of the people (a mean Jaccard similarity of {STABLE} or more; here {best.weakest:.2f}) and has "
            f"{100 * least_share:.3g} % of them or more."
        )
    best = max(able, key=lambda each: each.weakest)
    return best, (
        "No number of groups both explains these people better than one and is found again in halves of them."
        f"{_slices(best, one)} {best.groups} were taken."
    )


def _slices(tried: Tried, one: float) -> str:
    """What groups are that are no kinds; nothing of others."""
    if tried.weakest >= STABLE and tried.criterion < one:
        return ""
    return " These people differ by degrees, or in one thing alone: take groups for slices, not for kinds."


def _said(tried: Tried, least_share: float) -> str:
    said = f"the one found again least has a mean Jaccard similarity of {tried.weakest:.2f} ({STABLE} is stable)"
    return f"{said}, and the smallest {tried.least:.1%} of all" if tried.least < least_share else said
