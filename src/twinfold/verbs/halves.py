"""A table in two halves: what a trial model learns, and what it is judged by."""

import numpy as np

from twinfold.synthesis.hierarchy import arrange, take_customers
from twinfold.tables.dataset import Dataset

HOLDOUT_SHARE = 0.5
"""Rows kept aside to judge with: as many as are learned, so that nearness to either means the same."""


def halve(dataset: Dataset, name: str, seed: int) -> tuple[Dataset, Dataset]:
    """Two halves of the rows of a table, the customers', each with all rows that hang on them.

    Args:
        dataset: the tables.
        name: of the customers'.
        seed: of the draw of rows; the same seed gives the same halves.
    """
    frame = dataset.tables[name]
    rows = np.random.default_rng(seed).permutation(frame.height)
    cut = frame.height - int(frame.height * HOLDOUT_SHARE)
    if len(dataset.tables) == 1:
        return dataset.with_tables({name: frame[rows[:cut]]}), dataset.with_tables({name: frame[rows[cut:]]})
    tree = arrange(dataset).trees[0]
    return take_customers(dataset, tree, rows[:cut]), take_customers(dataset, tree, rows[cut:])
