"""Choosing: a choice model with the customers that it was learned from, asked of rows that are pairs of options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl

from twinfold.behaviour.choice import UNKNOWN, ChoiceModel, fit_choice
from twinfold.behaviour.evidence import Assignment, Identification, check_assignment
from twinfold.behaviour.features import encode_all, learn_features
from twinfold.behaviour.forecast import Forecast
from twinfold.behaviour.rows import hash_names, numbers, read_outcome
from twinfold.errors import DataError
from twinfold.evaluation.intervals import Z
from twinfold.protocols import Progress, silent
from twinfold.synthesis.named_arrays import put_under, take_from

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

SEED = 0
"""Of the sampler: the same rows give the same model."""


@dataclass(frozen=True)
class ChoosingModel:
    """What was learned of customers who choose.

    Attributes:
        model: their coefficients; see `choice`.
        names: of the learned customers, the first 64 bits of the SHA-256 of how each is called, ascending.
        customer, attributes: the columns.
        label: what the attributes' effects rest on.
    """

    model: ChoiceModel
    names: npt.NDArray[np.uint64]
    customer: str
    attributes: tuple[str, ...]
    label: Identification

    def forecast(self, frame: pl.DataFrame) -> Forecast:
        """How likely each row's customer takes the first option; somebody unknown is one drawn from the population.

        A row gets no number where it lacks an attribute, or where options differ in one that never varied.
        """
        for name in self.attributes:
            if name not in frame.columns:
                raise DataError(f"the rows have no column {name!r}, in which options differ; give 0 where they do not")
        asked = np.stack([numbers(frame, name) for name in self.attributes], axis=1)
        new = (np.nan_to_num(asked) != self.model.low)[:, ~self.model.identified].any(axis=1)
        usable = np.isfinite(asked).all(axis=1) & ~new
        codes, known = self._codes(frame)
        three = np.full((3, frame.height), np.nan)
        if usable.any():
            three[:, usable] = self.model.predict(asked[usable], codes[usable])
        middle, low, high = three
        labels = np.where(usable, str(self.label), str(Identification.NOT_IDENTIFIED))
        supported = usable & known & self.model.in_support(np.nan_to_num(asked))
        return Forecast(
            middle,
            np.minimum(low, middle),
            np.maximum(high, middle),
            labels,
            supported,
            notes=self._tell(usable, known),
        )

    def _codes(self, frame: pl.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """The number of each row's customer, and whether they were learned."""
        if self.customer not in frame.columns:
            return np.full(frame.height, UNKNOWN), np.zeros(frame.height, bool)
        asked = hash_names(frame[self.customer])
        place = np.minimum(np.searchsorted(self.names, asked), len(self.names) - 1)
        known = self.names[place] == asked
        return np.where(known, place, UNKNOWN).astype(np.int64), known

    def _tell(self, usable: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]) -> tuple[str, ...]:
        notes = []
        if not known.all():
            notes.append(f"{(~known).sum():,} rows are of customers who are not known: anybody of the population.")
        if not usable.all():
            notes.append(
                f"{(~usable).sum():,} rows lack an attribute, or differ in one that never varied: nothing is said."
            )
        return tuple(notes)

    def shares(self, options: pl.DataFrame) -> pl.DataFrame:
        """Which share of the learned customers takes each of several options.

        Args:
            options: a row each, two or more, with the attributes as levels of which differences were learned.

        Returns:
            The options with `share`, and `lower` and `upper`, its 95 % interval.
        """
        for name in self.attributes:
            if name not in options.columns:
                raise DataError(f"the options have no column {name!r}; give all of {', '.join(self.attributes)}")
        levels = np.stack([numbers(options, name) for name in self.attributes], axis=1)
        if options.height < 2 or not np.isfinite(levels).all():
            raise DataError(
                f"{options.height} options with {int((~np.isfinite(levels)).sum())} gaps; give two or more, whole"
            )
        never = [n for n, known in zip(self.attributes, self.model.identified, strict=True) if not known]
        differing = [name for name in never if options[name].n_unique() > 1]
        if differing:
            raise DataError(f"options differ in {', '.join(differing)}, which never varied: nothing is known of it")
        apart = levels.max(axis=0) - levels.min(axis=0)
        seen = np.maximum(np.abs(self.model.low), np.abs(self.model.high))
        if (apart > seen).any():
            name = self.attributes[int(np.argmax(apart - seen))]
            raise DataError(
                f"options differ in {name} by {apart.max():g}, more than any that were compared; bring them nearer"
            )
        share, low, high = self.model.shares(levels)
        return options.with_columns(share=pl.Series(share), lower=pl.Series(low), upper=pl.Series(high))

    def describe(self) -> list[str]:
        """What was learned, line by line, in plain words."""
        mean, covariance, sigma = self.model.population
        error, apart = np.sqrt(np.diag(covariance)), np.sqrt(np.diag(sigma))
        lines = [
            f"{len(self.names):,} customers; log odds for one more of each attribute, and how far customers differ:"
        ]
        for number, name in enumerate(self.attributes):
            if not self.model.identified[number]:
                lines.append(f"  {name}: it never varied, so that nothing is known of it")
                continue
            low, high = mean[number] - Z * error[number], mean[number] + Z * error[number]
            lines.append(f"  {name}: {mean[number]:+.2f} [{low:+.2f}, {high:+.2f}], customers ±{apart[number]:.2f}")
        return lines

    def record(self) -> dict[str, Any]:
        """What JSON can say of the model."""
        return {"customer": self.customer, "attributes": list(self.attributes), "label": str(self.label)}

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What was learned, as plain arrays."""
        return put_under("model", self.model.arrays()) | {"names": self.names}

    @classmethod
    def restored(cls, record: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The model that a record and arrays came from. Raises `ValueError`, `KeyError` or `TypeError`."""
        model, names = ChoiceModel.from_arrays(take_from("model", arrays)), arrays["names"]
        attributes = tuple(map(str, record["attributes"]))
        if names.dtype != np.uint64 or names.shape != (model.coefficients.shape[1],) or (names[1:] <= names[:-1]).any():
            raise ValueError("customers of the wrong number")
        if len(attributes) != model.coefficients.shape[2]:
            raise ValueError("attributes of the wrong number")
        return cls(model, names, str(record["customer"]), attributes, Identification(record["label"]))


def learn_choosing(
    frame: pl.DataFrame,
    outcome: str,
    customer: str,
    attributes: Sequence[str],
    *,
    progress: Progress = silent,
) -> tuple[ChoosingModel, Assignment]:
    """Learn how customers choose, and whether what they were asked depended on who they are.

    Args:
        frame: choices, their values read.
        outcome: the column that is 1 where the first option was taken; customer: whose choice it was; attributes: how
            the options differ.
        progress: told "learning" from 0 to 1.
    """
    usable = frame.drop_nulls([outcome, customer, *attributes])
    if not usable.height:
        raise DataError(f"no row has {outcome}, {customer} and all attributes; give choices")
    took = read_outcome(usable[outcome], outcome)
    asked = np.stack([numbers(usable, name) for name in attributes], axis=1)
    names, codes = np.unique(hash_names(usable[customer]), return_inverse=True)
    rng = np.random.default_rng(SEED)
    model = fit_choice(asked, took, codes.astype(np.int64), rng=rng, progress=progress)
    features = learn_features(usable, _constant_within(usable.drop(outcome, *attributes), customer))
    known = {f.name: block for f, block in zip(features, encode_all(features, usable), strict=True)}
    assignment = check_assignment(asked, np.zeros(len(took), np.int64), known, declared=True)
    return ChoosingModel(model, names, customer, tuple(attributes), assignment.label), assignment


def _constant_within(frame: pl.DataFrame, customer: str) -> list[str]:
    """The columns that say the same in all rows of each customer: what is known of them, not of a choice."""
    counts = frame.group_by(customer).agg(pl.all().n_unique()).drop(customer).max()
    return [column.name for column in counts if column[0] == 1]
