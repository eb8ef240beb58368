"""What is measured of customers, one row each: of a single table, and of several what all of a customer's rows say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twinfold.errors import OptionError
from twinfold.evaluation import coverage, fairness, games, membership, near_copies
from twinfold.evaluation.alignment import Aligned
from twinfold.evaluation.explanation import discriminator, effects
from twinfold.evaluation.finding import Found
from twinfold.evaluation.groups import find_groups, find_outcome
from twinfold.evaluation.tasks import tasks
from twinfold.protocols import Progress, silent


@dataclass(frozen=True)
class Asked:
    """What a user asks of an evaluation.

    Attributes:
        target: a column that models shall predict; None leaves usefulness and fairness unmeasured.
        sensitive: columns whose groups are compared, and their crossing; none leaves fairness unmeasured.
        favourable: the level of the target that one may wish for; see `groups.find_outcome`.
        tasks: whether models are tried in the tasks that banks have for them.
    """

    target: str | None = None
    sensitive: tuple[str, ...] = ()
    favourable: str | None = None
    tasks: bool = False

    def check(self, aligned: Aligned) -> None:
        """Raise `OptionError` where a column that is asked for is not there, or asked for without another."""
        if self.sensitive and self.target is None:
            raise OptionError("sensitive columns without a target: name what their groups are granted, as a target")
        if self.favourable is not None and not self.sensitive:
            raise OptionError("a favourable level without sensitive columns: name the columns whose groups to compare")
        if self.sensitive and self.target is not None:
            find_outcome(aligned, self.target, self.favourable)
            find_groups(aligned, self.sensitive, self.target)


def measure_customers(
    aligned: Aligned,
    attacked: Aligned,
    asked: Asked,
    *,
    rng: np.random.Generator,
    seed: int,
    progress: Progress = silent,
) -> Found:
    """Coverage, explanations, fairness and attacks, of aligned rows, one row a customer.

    Args:
        aligned: the three tables.
        attacked: those of their rows that are attacked.
        asked: what to predict and whom to compare; a target that is no column of theirs is passed over.
        rng: of the random draws of rows; each measure has a stream of its own.
        seed: of the classifiers.
        progress: told of each stage.
    """
    streams = rng.spawn(6)
    names = [feature.name for feature in aligned.features]
    target = asked.target if asked.target in names else None
    found = Found()
    found.add(*coverage.measure(aligned, rng=streams[0], progress=progress))
    seen = discriminator.explain(aligned, rng=streams[1], seed=seed, progress=progress)
    found.exhibits += [] if seen is None else [seen]
    found.add(*effects.measure(aligned, target, rng=streams[2], seed=seed, progress=progress))
    if target is not None and asked.sensitive:
        found.add(
            *fairness.measure(
                aligned,
                target,
                asked.sensitive,
                favourable=asked.favourable,
                seed=seed,
                rng=streams[3],
                progress=progress,
            )
        )
    if asked.tasks:
        found.take(tasks.measure(aligned, target, seed=seed, progress=progress))
    found.add(*membership.measure(attacked, rng=streams[4], seed=seed, progress=progress))
    found.add(*near_copies.measure(attacked, progress=progress))
    secrets = list(dict.fromkeys([*asked.sensitive, *names]))[: games.SECRETS] if asked.sensitive else None
    found.add(*games.measure(attacked, sensitive=secrets, rng=streams[5], progress=progress))
    return found
