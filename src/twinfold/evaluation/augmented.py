"""Safe? Rows that were made of real ones, attacked with real customers of whom they were not made."""

from __future__ import annotations

from math import ceil

import numpy as np
import polars as pl

from twinfold.errors import DataError, OptionError
from twinfold.evaluation.finding import Evaluation
from twinfold.evaluation.policy.policy import Policy
from twinfold.evaluation.safety import attack_table
from twinfold.protocols import Progress, silent
from twinfold.synthesis.augmenting.augmentation import Augmented, Recipe, augment_rows
from twinfold.synthesis.augmenting.material import Material, gather_material
from twinfold.tables.dataset import Dataset

LEAST = 1_000
"""New rows that are attacked, at least: of fewer it could not be told whether they are copies."""


def attack_augmented(
    dataset: Dataset,
    material: Material,
    made: Augmented,
    recipe: Recipe,
    *,
    holdout: Dataset | None,
    policy: Policy,
    seed: int,
    progress: Progress = silent,
) -> Evaluation:
    """What attacks find of new rows, or of 1,000 that are made alike where these are fewer.

    With a target, those are attacked who have a level of which new rows are made: among all others nobody would find
    them.

    Args:
        dataset: the table of the real rows; material: what was made of them.
        made: the new rows; recipe: how.
        holdout: real rows of other customers; None attacks a trial, rows made alike of one half of each level's real
            rows, with the other half, as `twinfold fit --report` judges a trial model.
        policy: whose limits on safety say what is accepted.
        seed: of the halves, of rows that are made for the attack, and of the attacks.
        progress: told of each stage.

    Raises `DataError` where there are too few rows of a level to halve, and as `attack_table`.
    """
    table = dataset.single()[0]
    real = dataset.with_tables({table.name: material.frame})
    more = max(1.0, LEAST / made.frame.height)
    if holdout is None:
        real, holdout = _halve(real, material, seed)
        more = max(0.5, LEAST / made.frame.height)
    attacked = made
    if more != 1.0:
        counts = {name: ceil(rows * more) for name, rows in made.counts.items()}
        try:
            attacked = augment_rows(gather_material(real, material.target), recipe, seed=seed, counts=counts)
        except (DataError, OptionError) as error:
            raise DataError(f"too few rows to make any of one half and attack them with the other: {error}") from None
    learned, kept = (_among(side, made, material.target) for side in (real, holdout))
    drawn = real.with_tables({table.name: attacked.frame})
    return attack_table(learned, kept, drawn, policy=policy, seed=seed, progress=progress)


def _halve(real: Dataset, material: Material, seed: int) -> tuple[Dataset, Dataset]:
    rng, half = np.random.default_rng([seed, 2]), np.zeros(material.frame.height, bool)
    for answer in np.unique(material.answers):
        places = rng.permutation(np.flatnonzero(material.answers == answer))
        half[places[: -(-len(places) // 2)]] = True
    name = real.single()[0].name
    one, other = (real.with_tables({name: material.frame.filter(pl.Series(side))}) for side in (half, ~half))
    return one, other


def _among(side: Dataset, made: Augmented, target: str | None) -> Dataset:
    """Those rows of whose level new ones were made."""
    table, frame, _ = side.single()
    if target is not None:
        frame = frame.filter(pl.col(target).is_in(made.frame[target].unique().implode()))
    if not frame.height:
        raise DataError(f"no row that was kept aside has {_listed(made)} as its {target}; give a holdout that has")
    return side.with_tables({table.name: frame})


def _listed(made: Augmented) -> str:
    return " or ".join(map(repr, list(made.counts)[:5]))
