"""Features: what a regression sees of columns of numbers and levels, and which rows lie beyond what was learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from twinfold.behaviour.rows import numbers, texts

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

KNOTS = 33
"""Quantiles by which a number's normal score is known."""

BENDS = (-0.67, 0.0, 0.67)
"""Normal scores at which the effect of a number may bend."""

LEAST_LEVEL, MOST_LEVELS = 20, 60
"""Rows that a level needs for an effect of its own, and levels that have one, at most."""

PIECES = 10
"""Pieces of a number, as many rows in each, by which new rows are compared with the learned ones."""

BEYOND = 0.1
"""How far a number may lie beyond the learned range, in parts of it, before the row counts as beyond support."""


@dataclass(frozen=True)
class Feature:
    """One column as features, each less its mean over the learned rows: of what is not known, they are zero.

    Attributes:
        levels: those that have a feature each; none where the column is a number.
        known: all levels that were learned.
        knots: values, ascending, and `scores`, their normal scores, of a number.
        gaps: whether values may be missing, which is a feature then.
        means: of each feature over the learned rows, before they are taken off.
        edges: values at which a number is cut to compare its distribution; `shares`, of the learned rows, of each level
            or piece, and, last, of everything else and nothing.
    """

    name: str
    levels: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    knots: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()
    gaps: bool = False
    means: tuple[float, ...] = ()
    edges: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether the column is a number."""
        return bool(self.knots)

    @property
    def bends(self) -> bool:
        """Whether the number has enough values for its effect to bend."""
        return len(self.knots) > 3

    @property
    def width(self) -> int:
        """How many features there are."""
        own = (1 + len(BENDS) * self.bends) if self.numeric else len(self.levels)
        return own + self.gaps

    def encode(self, frame: pl.DataFrame) -> npt.NDArray[np.float32]:
        """Features of the column, (rows, features) float32; where it is not there, those of nothing known."""
        raw, nothing = self._raw(frame)
        centred: npt.NDArray[np.float32] = (raw - np.array(self.means or np.zeros(self.width))).astype(np.float32)
        if not self.gaps:
            centred[nothing] = 0.0
        return centred

    def _raw(self, frame: pl.DataFrame) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Features before their means are taken off, and which rows hold nothing that is known."""
        parts: list[npt.NDArray[Any]] = []
        if self.numeric:
            values = numbers(frame, self.name)
            nothing = np.isnan(values)
            score = np.where(nothing, 0.0, np.interp(np.nan_to_num(values), self.knots, self.scores))
            parts.append(score)
            if self.bends:
                parts += [np.maximum(score - bend, 0.0) for bend in BENDS]
        else:
            found = texts(frame, self.name)
            nothing = ~found.is_in(self.known).fill_null(False).to_numpy()
            parts += [(found == level).fill_null(False).to_numpy() for level in self.levels]
        if self.gaps:
            parts.append(nothing & (self.name in frame.columns))
        return np.stack(parts, axis=1).astype(np.float64) if parts else np.zeros((frame.height, 0)), nothing

    def simple(self, encoded: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Of the features, those that an effect of the treatment may depend on: no bends, (rows, some)."""
        if not (self.numeric and self.bends):
            return encoded
        plain: npt.NDArray[np.float32] = np.delete(encoded, np.arange(1, 1 + len(BENDS)), axis=1)
        return plain

    def beyond(self, frame: pl.DataFrame) -> npt.NDArray[np.bool_]:
        """Which rows lie beyond what was learned: a level never seen, a number far out, a gap where there was none."""
        if self.numeric:
            values = numbers(frame, self.name)
            room = BEYOND * (self.knots[-1] - self.knots[0])
            out = (values < self.knots[0] - room) | (values > self.knots[-1] + room)
            return out if self.gaps else out | np.isnan(values)
        found = texts(frame, self.name)
        unknown = ~found.is_in(self.known).fill_null(self.gaps).to_numpy()
        return np.asarray(unknown)

    def stability(self, frame: pl.DataFrame) -> float:
        """The population stability index of new rows against the learned ones: below .1 they are alike, above .25 they
        are others (Siddiqi 2006, "Credit risk scorecards", chapter 9); infinite where the column is not there."""
        if self.name not in frame.columns:
            return float("inf")
        found = np.bincount(self._pieces(frame), minlength=len(self.shares)) / frame.height
        least = 0.5 / frame.height
        ours, theirs = np.maximum(self.shares, least), np.maximum(found, least)
        return float(((theirs - ours) * np.log(theirs / ours)).sum())

    def _pieces(self, frame: pl.DataFrame) -> npt.NDArray[np.int64]:
        """The piece of each row by which distributions are compared, the last one for everything else and nothing."""
        if self.numeric:
            values = numbers(frame, self.name)
            place = np.searchsorted(self.edges, values, "right")
            return np.where(np.isnan(values), len(self.edges) + 1, place).astype(np.int64)
        found = texts(frame, self.name)
        out = np.full(frame.height, len(self.levels), np.int64)
        for number, level in enumerate(self.levels):
            out[(found == level).fill_null(False).to_numpy()] = number
        return out


def learn_feature(frame: pl.DataFrame, name: str) -> Feature:
    """The features of a learned column: of normal scores of numbers, of levels of everything else."""
    feature = _numeric(frame, name) if frame[name].dtype.is_numeric() else _levels(frame, name)
    if not feature.width:
        return feature
    raw, nothing = feature._raw(frame)
    kept = raw if feature.gaps or nothing.all() else raw[~nothing]
    pieces = (len(feature.edges) + 1 if feature.numeric else len(feature.levels)) + 1
    shares = np.bincount(feature._pieces(frame), minlength=pieces) / frame.height
    return replace(feature, means=tuple(map(float, kept.mean(axis=0))), shares=tuple(map(float, shares)))


def _numeric(frame: pl.DataFrame, name: str) -> Feature:
    gaps = frame[name].null_count() > 0
    values = numbers(frame, name)
    present = np.sort(values[~np.isnan(values)])
    if not len(present):
        return Feature(name)
    edges = np.unique(np.quantile(present, np.arange(1, PIECES) / PIECES))
    quantiles = present[np.round(np.linspace(0, 1, KNOTS) * (len(present) - 1)).astype(np.int64)]
    knots = np.unique(quantiles)
    if present[0] == present[-1]:
        return Feature(name, gaps=gaps)
    if len(np.unique(present)) == 2:  # yes and no: as they are, or a rare one would count many times over
        knots, scores = present[[0, -1]], np.array([0.0, 1.0])
    else:
        # A value's score is that of the middle of its ranks
        ranks = (np.searchsorted(present, knots, "left") + np.searchsorted(present, knots, "right")) / 2 / len(present)
        scores = ndtri(np.clip(ranks, 0.5 / len(present), 1 - 0.5 / len(present)))
        own = np.interp(present, knots, scores)
        scores = (scores - own.mean()) / (own.std() or 1.0)
    return Feature(
        name, knots=tuple(knots.tolist()), scores=tuple(scores.tolist()), gaps=gaps, edges=tuple(edges.tolist())
    )


def _levels(frame: pl.DataFrame, name: str) -> Feature:
    counts = texts(frame, name).drop_nulls().value_counts(sort=True)
    common = counts.filter(pl.col("count") >= LEAST_LEVEL)[name].to_list()[:MOST_LEVELS]
    known = tuple(sorted(counts[name].to_list()))
    return Feature(name, levels=tuple(sorted(common)), known=known, gaps=frame[name].null_count() > 0)


def learn_features(frame: pl.DataFrame, names: Sequence[str]) -> tuple[Feature, ...]:
    """The features of some columns, those left out that would have none."""
    found = (learn_feature(frame, name) for name in names)
    return tuple(feature for feature in found if feature.width)


def encode_all(features: Sequence[Feature], frame: pl.DataFrame) -> list[npt.NDArray[np.float32]]:
    """The features of each column, those of a column that is not there as of nothing known."""
    return [feature.encode(frame) for feature in features]


def beyond_all(features: Sequence[Feature], frame: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows lie beyond what was learned of some column, (rows,)."""
    out = np.zeros(frame.height, bool)
    for feature in features:
        out |= feature.beyond(frame)
    return out


def unreadable(features: Sequence[Feature], frame: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows hold no number where one was always learned, though the column is there, (rows,)."""
    out = np.zeros(frame.height, bool)
    for feature in features:
        if feature.numeric and not feature.gaps and feature.name in frame.columns:
            out |= np.isnan(numbers(frame, feature.name))
    return out


def to_record(feature: Feature) -> dict[str, Any]:
    """A feature as JSON can say it."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(feature).items()}


def from_record(record: Mapping[str, Any]) -> Feature:
    """The feature that a record came from. Raises `ValueError`, `KeyError` or `TypeError`."""
    texts = {key: tuple(map(str, record[key])) for key in ("levels", "known")}
    figures = {key: tuple(float(v) for v in record[key]) for key in ("knots", "scores", "means", "edges", "shares")}
    own: dict[str, Any] = {"name": str(record["name"]), "gaps": bool(record["gaps"]), **texts, **figures}
    made = Feature(**own)
    pieces = (len(made.edges) + 1 if made.numeric else len(made.levels)) + 1
    lengths = (len(made.scores), len(made.means), len(made.shares)) == (len(made.knots), made.width, pieces)
    orders = all((np.diff(figures[key]) > 0).all() for key in ("knots", "edges"))
    if not lengths or not orders or not np.isfinite([v for own in figures.values() for v in own]).all():
        raise ValueError(f"the features of column {made.name[:60]!r} don't fit each other")
    return made
