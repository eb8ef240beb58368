"""Train, holdout and synthetic rows brought to the same columns, values and levels, so that they can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from twinfold.errors import DataError
from twinfold.privacy.neighbours import Points
from twinfold.tables.dataset import Dataset
from twinfold.tables.schema import Column, Kind, Treatment

if TYPE_CHECKING:
    import numpy.typing as npt

MISSING = "(missing)"
Values = tuple["npt.NDArray[Any]", ...]
"""A table, one array of shape (rows,) a feature: float64 with NaN where missing for numbers, int32 levels for the "
"rest."""
Owners = tuple["npt.NDArray[np.int64]", ...]
"""Of each of several tables the place of the customer whose row each is, (rows,), from 0 in a random order."""


@dataclass(frozen=True)
class Feature:
    """One column that is compared. `levels`, of categories, come most frequent (in real rows) first; a missing value is
    the level `missing`, None where there is none. Numbers have no levels. `nameless` are the levels held by too few
    rows to be shown to anyone."""

    column: Column
    levels: tuple[str, ...] = ()
    missing: int | None = None
    nameless: frozenset[int] = frozenset()

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers or times."""
        return self.column.kind.numeric

    @property
    def whole(self) -> bool:
        """Whether numbers are whole ones."""
        return self.column.kind in (Kind.INTEGER, Kind.DATE, Kind.DATETIME)


@dataclass(frozen=True)
class Aligned:
    """The three tables on the same features, rows in a random order and at most `ROWS` of each.

    `min_count`: a category of fewer train rows may be withheld. `notes` say what was left out. `owners`, of the three
    tables, where a customer may have several rows; those of one stand together, and count as one wherever rows count.
    """

    features: tuple[Feature, ...]
    train: Values
    holdout: Values
    synthetic: Values
    min_count: int
    notes: tuple[str, ...] = ()
    owners: Owners | None = None

    @property
    def rows(self) -> tuple[int, int, int]:
        """Rows of train, holdout and synthetic that are compared."""
        return len(self.train[0]), len(self.holdout[0]), len(self.synthetic[0])

    @property
    def customers(self) -> tuple[int, int, int]:
        """Customers of train, holdout and synthetic whose rows are compared."""
        if self.owners is None:
            return self.rows
        train, holdout, synthetic = (len(np.unique(side)) for side in self.owners)
        return train, holdout, synthetic

    def pick(self, names: Sequence[str]) -> Aligned:
        """Some of the features, by their names, in that order."""
        places = {feature.name: j for j, feature in enumerate(self.features)}
        chosen = [places[name] for name in names]
        sides = [tuple(side[j] for j in chosen) for side in (self.train, self.holdout, self.synthetic)]
        return replace(
            self,
            features=tuple(self.features[j] for j in chosen),
            train=sides[0],
            holdout=sides[1],
            synthetic=sides[2],
        )

    def where(self, masks: Sequence[npt.NDArray[np.bool_]]) -> Aligned:
        """Some of the rows, by a mask of shape (rows,) for each table."""
        sides = [
            tuple(values[mask] for values in side)
            for side, mask in zip((self.train, self.holdout, self.synthetic), masks, strict=True)
        ]
        owners = None if self.owners is None else tuple(o[m] for o, m in zip(self.owners, masks, strict=True))
        return replace(self, train=sides[0], holdout=sides[1], synthetic=sides[2], owners=owners)


ROWS = 50_000  # beyond it the sampling error of a share is under a quarter of a percentage point


def align(
    train: Dataset,
    holdout: Dataset,
    synthetic: Dataset,
    *,
    rng: np.random.Generator,
    owners: Owners | None = None,
) -> Aligned:
    """Bring three single tables to the same features, by the schema of `train`.

    Columns that were not learned (identifiers, personal data, free text) are left out, for their values mean nothing.
    With `owners` rows stay in their order, those of a customer together, and the first are compared where there are
    too many. Raises `DataError` where a table is empty, lacks a column, or nothing is left to compare.
    """
    table, train_frame, _ = train.single()
    frames = {"train": train_frame, "holdout": holdout.single()[1], "synthetic": synthetic.single()[1]}
    learned = [column for column in table if column.treatment is Treatment.LEARN]
    if not learned:
        raise DataError(
            f"none of the {len(table.columns)} columns of {table.name!r} is learned; nothing can be compared"
        )
    notes = _notes(table.columns, frames)
    drawn = {name: _drawn(frame, name, learned, None if owners else rng) for name, frame in frames.items()}
    if owners is not None:
        owners = tuple(side[:ROWS] for side in owners)
    min_count = train.schema.min_count
    aligned = [
        _aligned(column, [frame[column.name] for frame in drawn.values()], min_count, owners) for column in learned
    ]
    sides = list(zip(*(values for _, values in aligned), strict=True))
    features = tuple(feature for feature, _ in aligned)
    return Aligned(features, sides[0], sides[1], sides[2], min_count, notes, owners)


def _notes(columns: Sequence[Column], frames: dict[str, pl.DataFrame]) -> tuple[str, ...]:
    notes = []
    left_out = [column.name for column in columns if column.treatment is not Treatment.LEARN]
    if left_out:
        notes.append(f"Left out of every figure, because they are not learned: {', '.join(left_out)}.")
    notes += [
        f"{frame.height:,} {name} rows: figures come from {ROWS:,} of them, drawn at random; copies from all."
        for name, frame in frames.items()
        if frame.height > ROWS
    ]
    return tuple(notes)


def _drawn(frame: pl.DataFrame, name: str, columns: list[Column], rng: np.random.Generator | None) -> pl.DataFrame:
    absent = [column.name for column in columns if column.name not in frame.columns]
    if absent:
        raise DataError(
            f"the {name} table lacks the column {', '.join(absent)} of the train table; give a table with the same "
            "columns"
        )
    if not frame.height:
        raise DataError(f"the {name} table has no rows; give one with at least 100")
    chosen = frame.select([column.name for column in columns])
    return chosen[:ROWS] if rng is None else chosen[rng.permutation(frame.height)[:ROWS]]


def _aligned(
    column: Column, parts: list[pl.Series], min_count: int, owners: Owners | None = None
) -> tuple[Feature, Values]:
    from twinfold.tables.values import to_values

    series = [to_values(part, column) for part in parts]
    if column.kind.numeric:
        return Feature(column), tuple(s.cast(pl.Float64).fill_nan(None).to_numpy() for s in series)
    texts = [text(s) for s in series]
    real, released = _counted(pl.concat(texts[:2])), _counted(texts[2])
    levels = (*real, *sorted(set(released) - set(real)))
    codes = tuple(t.cast(pl.Enum(levels)).to_physical().cast(pl.Int32).to_numpy() for t in texts)
    if owners is not None:
        whose = np.concatenate([owners[0], owners[1] + 1 + owners[0].max()])  # train and holdout share no customer
        held, held_released = _holders(pl.concat(texts[:2]), whose), _holders(texts[2], owners[2])
    else:
        held, held_released = real, released
    rare = {level for level in levels if held.get(level, held_released.get(level, 0)) < min_count} | {column.rare}
    nameless = frozenset(k for k, level in enumerate(levels) if level in rare and level != MISSING)
    return Feature(column, levels, levels.index(MISSING) if MISSING in levels else None, nameless), codes


def _counted(texts: pl.Series) -> dict[str, int]:
    """How many rows hold each level, the most frequent first."""
    counts = texts.alias("level").value_counts(sort=False).sort("count", "level", descending=[True, False])
    return dict(counts.iter_rows())


def _holders(texts: pl.Series, owners: npt.NDArray[np.int64]) -> dict[str, int]:
    """How many customers hold each level."""
    return _counted(pl.DataFrame({"level": texts, "owner": owners}).unique()["level"])


def text(series: pl.Series) -> pl.Series:
    """Categories as text: a whole number is written alike whether it came as 3 or 3.0, a missing value is a level."""
    written = series.cast(pl.String)
    if series.dtype.is_float():
        written = written.str.replace(r"\.0$", "")
    return written.fill_null(MISSING)


def points(aligned: Aligned, *, by_real: bool = False) -> tuple[Points, Points, Points]:
    """Train, holdout and synthetic as points for Gower's distance.

    With `by_real` their columns hang on the real rows alone: a number that is missing from synthetic rows alone is as
    one at 0.

    Numbers are scaled by the train rows' range and kept within one range of it; a missing number stands at 0 with an
    indicator of its own, so that two missing ones are alike and a missing one is 1 or more from any other.
    """
    sides = (aligned.train, aligned.holdout, aligned.synthetic)
    numbers: tuple[list[Any], ...] = ([], [], [])
    categories: tuple[list[Any], ...] = ([], [], [])
    for j, feature in enumerate(aligned.features):
        if not feature.numeric:
            for out, side in zip(categories, sides, strict=True):
                out.append(side[j])
            continue
        low, span = _range(aligned.train[j])
        scaled = [np.clip((side[j] - low) / span, -1, 2) for side in sides]
        some_missing = any(np.isnan(s).any() for s in (scaled[:2] if by_real else scaled))
        for out, s in zip(numbers, scaled, strict=True):
            out.append(np.nan_to_num(s, nan=0.0))
            if some_missing:
                out.append(np.isnan(s))
    made = [
        Points(_matrix(n, rows), _matrix(c, rows)) for n, c, rows in zip(numbers, categories, aligned.rows, strict=True)
    ]
    return made[0], made[1], made[2]


def _range(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    present = values[~np.isnan(values)]
    if not len(present) or present.min() == present.max():
        return (float(present[0]) if len(present) else 0.0), 1.0
    return float(present.min()), float(present.max() - present.min())


def _matrix(columns: list[Any], rows: int) -> npt.NDArray[np.float32]:
    return np.column_stack(columns).astype(np.float32) if columns else np.zeros((rows, 0), np.float32)
