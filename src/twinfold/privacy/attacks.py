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
        """How many members score above all but that share of the others, and how many members there are.

        Where so small a share can't be had (fewer than 1 / share others), no false positive at all is allowed.
        """
        others = np.sort(self.score[~self.member])[::-1]
        allowed = int(false_positives * len(others))
        threshold = others[allowed] if allowed < len(others) else -np.inf
        return int((self.score[self.member] > threshold).sum()), int(self.member.sum())


def attack_isolated(
    train: Points,
    holdout: Points,
    synthetic: Points,
    *,
    share: float = 0.02,
    at_least: int = 200,
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
            nearest(train, train, skip_self=True, progress=progress),
            nearest(holdout, holdout, skip_self=True, progress=progress),
        ]
    ).astype(np.float64)
    isolation += rng.uniform(0, 1e-6, len(isolation))
    attacked = max(int(share * len(isolation)), min(at_least, len(isolation) // 4))
    most = np.argsort(-isolation)[:attacked]
    score = -nearest(train.join(holdout)[most], synthetic, progress=progress).astype(np.float64)
    return Membership(score, most < len(train))


def nearer_to_train(
    train: Points, holdout: Points, synthetic: Points, *, progress: Progress = silent
) -> npt.NDArray[np.float64]:
    """Of each synthetic row, shape (synthetic,): 1 if nearer to a train row than to any holdout row, ½ if as near,
    else 0.

    With as many holdout as train rows, rows that owe nothing to any one train row give ½ on average. That alone proves
    nothing about single records: `attack_isolated` does.
    """
    to_train = nearest(synthetic, train, progress=progress)
    to_holdout = nearest(synthetic, holdout, progress=progress)
    tie = np.isclose(to_train, to_holdout, rtol=1e-5, atol=1e-6)
    return np.where(tie, 0.5, (to_train < to_holdout).astype(np.float64))
