"""Assignment: which arm each customer gets, and what would come of it, by luck that is the customer's own.

A customer's lot hangs on their name, the experiment's and the seed alone: not on the file that they stand in, nor on
who else does. What comes of it is drawn with another luck, the same in every arm: arms differ by what was done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import ndtri

from twinfold.behaviour.assumed import AssumedModel
from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.response import ResponseModel
from twinfold.behaviour.rows import hash_names
from twinfold.errors import DataError, OptionError
from twinfold.simulation.experiments.specification import Experiment
from twinfold.simulation.luck import draw_uniforms

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]


def assign_arms(customers: npt.NDArray[np.uint64], asked: Experiment, seed: int) -> Ints:
    """The place of each customer's arm among the experiment's, (customers,), by lot in the shares that are asked.

    Args:
        customers: (customers,) the code of each, as `hash_names` gives it.
        seed: another one is another lot.
    """
    luck = draw_uniforms(_key(f"lot/{asked.name}/{seed}"), customers, 0, 0)
    edges = np.cumsum(asked.parts)[:-1]
    return np.searchsorted(edges, luck, side="right").astype(np.int64)


def name_rows(frame: pl.DataFrame, asked: Experiment) -> npt.NDArray[np.uint64]:
    """The code of each row's customer, (rows,); of rows without a customer's column, by their number.

    Raises `DataError` where a customer has no name.
    """
    if asked.customer is None:
        return hash_names(pl.Series(range(frame.height), dtype=pl.Int64))
    names = frame[asked.customer]
    if names.null_count():
        raise DataError(f"{asked.customer} is missing in {names.null_count():,} rows; give every customer a name")
    return hash_names(names)


def draw_outcomes(
    behaviour: Behaviour, frame: pl.DataFrame, customers: npt.NDArray[np.uint64], asked: Experiment, seed: int
) -> Floats:
    """What would come of each row under its own arm, (rows,): 0 or 1, or a number around what is expected with the
    spread that was learned, as normal as numbers in theory.

    Rows of one customer each have luck of their own. Raises `OptionError` where an arm was never tried.
    """
    found = behaviour.forecast(frame).prediction
    unknown = ~np.isfinite(found)
    if unknown.any():
        arm = frame[asked.treatment][int(np.flatnonzero(unknown)[0])]
        raise OptionError(f"{asked.treatment} {arm!r} was never tried, or its effect is not identified; leave it out")
    model = behaviour.model.base if isinstance(behaviour.model, AssumedModel) else behaviour.model
    assert isinstance(model, ResponseModel)
    luck, times = np.empty(len(customers)), _times_before(customers)
    for time in range(int(times.max(initial=0)) + 1):
        own = times == time
        luck[own] = draw_uniforms(_key(f"outcome/{seed}"), customers[own], time, 0)
    if model.regression.binary:
        return (luck < found).astype(np.float64)
    return np.asarray(found + model.regression.scale * ndtri(luck))


def treat(frame: pl.DataFrame, arm: Ints, asked: Experiment) -> pl.DataFrame:
    """The rows, each with its arm in the column of the treatment, whatever stood there before."""
    labels: Sequence[object] = asked.arms
    values = pl.Series(asked.treatment, [labels[place] for place in arm], strict=False)
    return frame.with_columns(values)


def _times_before(customers: npt.NDArray[np.uint64]) -> Ints:
    """How many rows of the same customer stand before each row, (rows,)."""
    frame = pl.DataFrame({"who": customers})
    return frame.select(pl.int_range(pl.len()).over("who")).to_series().to_numpy().astype(np.int64)


def _key(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
