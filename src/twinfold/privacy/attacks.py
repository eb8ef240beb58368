"""Attacks on released rows, given as points: what someone who holds a person's record could find out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.privacy.neighbours import Points, nearest
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Membership:
    """A membership attack that was run: `score`, higher for a record that the attacker thinks was learned from, and
    `member`, the truth; both of shape (records,), the most isolated record first."""

    score: npt.NDArray[np.float64]
    member: npt.NDArray[np.bool_]

    def hits(self, false_positives: float) -> tuple[int, int]:
        """How many members score above all but that share of the others, and how many others that share is.

        Where so small a share can't be had (fewer than 1 / share others), no false positive at all is allowed.
        """
        others = np.sort(self.score[~self.member])[::-1]
        allowed = int(false_positives * len(others))
        threshold = others[allowed] if allowed < len(others) else -np.inf
        return int((self.score[self.member] > threshold).sum()), allowed


def attack_isolated(
    train: Points,
    holdout: Points,
    synthetic: Points,
    *,
    share: float = 0.02,
    at_least: int = 400,
    rng: np.random.Generator,
    progress: Progress = silent,
) -> Membership:
    """Ask of the most isolated records whether they were learned from, by how close the nearest synthetic row is.

    Isolated records are the ones that a model can't blend into a crowd: a release that is safe on average can give them
    away (Stadler et al. 2022; Yao et al. 2025, "The DCR delusion"). The attacker knows a whole record and sees the
    release.

    Args:
        train: the members, of shape (n, columns).
        holdout: others like them; as many as members, so that a guess is right half of the time.
        synthetic: the release.
        share: of train and holdout together, how many of the records farthest from their own table's nearest other row
        are
            attacked. 0.02: few enough to be exposed, enough to measure.
        at_least: how many are attacked of small tables, though never more than a quarter of the records.
        rng: breaks ties in isolation.
    """
    isolation = np.concatenate(
        [
            nearest(train, train, skip_self=True, progress=progress)[0],
            nearest(holdout, holdout, skip_self=True, progress=progress)[0],
        ]
    ).astype(np.float64)
    isolation += rng.uniform(0, 1e-6, len(isolation))
    attacked = max(int(share * len(isolation)), min(at_least, len(isolation) // 4))
    most = np.argsort(-isolation)[:attacked]
    distance, _ = nearest(train.join(holdout)[most], synthetic, progress=progress)
    return Membership(-distance.astype(np.float64), most < len(train))


@dataclass(frozen=True)
class Nearness:
    """Of each released row, shape (rows,): `nearer` is 1 if it is nearer to a member than to any other, ½ if as near,
    else 0; `owner` is the real row that it is nearest to."""

    nearer: npt.NDArray[np.float64]
    owner: npt.NDArray[np.int64]

    @property
    def share(self) -> float:
        """The share of released rows that are nearer to a member."""
        return float(self.nearer.mean())

    @property
    def variance(self) -> float:
        """The variance of the share, were members and others drawn alike: released rows with one owner stand or fall
        together, so a crowd around a single real row counts as one."""
        crowds = np.unique(self.owner, return_counts=True)[1]
        return float((crowds.astype(np.float64) ** 2).sum() / (4 * len(self.owner) ** 2))


def nearer_to_train(train: Points, holdout: Points, synthetic: Points, *, progress: Progress = silent) -> Nearness:
    """Whether released rows lie nearer to members than to others like them.

    With as many holdout as train rows, rows that owe nothing to any one train row give ½ on average. That alone proves
    nothing about single records: `attack_isolated` does.
    """
    to_train, member = nearest(synthetic, train, progress=progress)
    to_holdout, other = nearest(synthetic, holdout, progress=progress)
    tie = np.isclose(to_train, to_holdout, rtol=1e-5, atol=1e-6)
    nearer = np.where(tie, 0.5, (to_train < to_holdout).astype(np.float64))
    return Nearness(nearer, np.where(to_train <= to_holdout, member, len(train) + other))
