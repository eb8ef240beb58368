"""Predict a column of rows from others, as a model of the table would: `twinfold predict`, `twinfold predict-proba`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import OptionError
from twinfold.protocols import Progress, silent
from twinfold.synthesis.prediction import Predictor, predictor
from twinfold.synthesis.synthesizer import Synthesizer
from twinfold.tables.frames import give_back
from twinfold.tables.schema import Column, Kind
from twinfold.tables.values import from_values
from twinfold.tables.writing import open_writer, target_file
from twinfold.verbs.model_rows import ModelRows, loaded, read_rows

QUANTILES = (0.05, 0.5, 0.95)
"""Quantiles that `predict` gives of a number."""


@dataclass(frozen=True)
class PredictSummary:
    """What was predicted: the file, its rows, the column, what it was predicted from, and the columns added."""

    path: Path
    rows: int
    column: str
    given: tuple[str, ...]
    added: tuple[str, ...]

    def text(self) -> str:
        """The summary in a few lines."""
        listed = ", ".join(self.added[:10]) + ", …" * (len(self.added) > 10)
        return (
            f"Wrote {self.rows:,} row{'s' * (self.rows != 1)} to {self.path}.\n"
            f"Added: {listed}, predicted from {', '.join(self.given)}."
        )


def predict_proba(
    model: Synthesizer | str | Path,
    data: Any,
    column: str,
    *,
    given: Sequence[str] | None = None,
    seed: int = 1,
    progress: Progress = silent,
) -> Any:
    """The probability of each level of a column of categories, for each row.

    A classifier (LightGBM) is taught by draws of the model, with the columns that are known. The probabilities are
    those that a value is so if it is there: missing is none of them.

    Args:
        model: a synthesizer, or a model file.
        data: rows with some of the columns: a file, or a pandas, Polars or Arrow frame. The column itself may be there,
            and is not looked at. A value that was never learned counts as unknown.
        column: the column to predict: a category or a boolean.
        given: the columns to predict it from; None takes all others that are there.
        seed: of the draws; the same seed gives the same probabilities.
        progress: told how far the work has come.

    Returns:
        A frame of the sort that came in, with a column `column=level` for each level, in which every row adds up to 1.

    Raises:
        DataError: the rows can't be read; SchemaError: they don't fit the model's table; OptionError: a column is
            unknown, was not learned, or holds numbers.
    """
    task = _begin(model, data, column, given, seed)
    return give_back(pl.concat(_probabilities(task, progress)), task.rows.layout)


def predict(
    model: Synthesizer | str | Path,
    data: Any,
    column: str,
    *,
    given: Sequence[str] | None = None,
    quantiles: Sequence[float] = QUANTILES,
    seed: int = 1,
    progress: Progress = silent,
) -> Any:
    """What a column is likely to be, for each row: the likeliest level, or the mean and quantiles of a number or time.

    Args:
        quantiles: of a number, each above 0 and below 1; half of the values lie below the quantile 0.5.
        model, data, column, given, seed, progress: see `predict_proba`.

    Returns:
        A frame of the sort that came in: of a category, one column of its name; of a number, `column_mean` and one
        column each quantile (`column_q05`).

    Raises: as `predict_proba`; OptionError: a quantile out of range.
    """
    task = _begin(model, data, column, given, seed)
    _check(quantiles)
    return give_back(pl.concat(_likeliest(task, quantiles, progress)), task.rows.layout)


def predict_proba_to(
    model: Synthesizer | str | Path,
    data: Any,
    column: str,
    out: str | Path,
    *,
    given: Sequence[str] | None = None,
    seed: int = 1,
    force: bool = False,
    progress: Progress = silent,
) -> PredictSummary:
    """Write the rows with the columns of `predict_proba` added; raises as it does, and `OutputError`."""
    task = _begin(model, data, column, given, seed)
    return _write(task, _probabilities(task, progress), out, force)


def predict_to(
    model: Synthesizer | str | Path,
    data: Any,
    column: str,
    out: str | Path,
    *,
    given: Sequence[str] | None = None,
    quantiles: Sequence[float] = QUANTILES,
    seed: int = 1,
    force: bool = False,
    progress: Progress = silent,
) -> PredictSummary:
    """Write the rows with the columns of `predict` added (a category's as `column_predicted`); raises as it does."""
    task = _begin(model, data, column, given, seed)
    _check(quantiles)
    frames = (
        frame.rename({column: f"{column}_predicted"}, strict=False) for frame in _likeliest(task, quantiles, progress)
    )
    return _write(task, frames, out, force)


@dataclass(frozen=True)
class _Task:
    predictor: Predictor
    rows: ModelRows
    column: Column


def _begin(model: Synthesizer | str | Path, data: Any, column: str, given: Sequence[str] | None, seed: int) -> _Task:
    synthesizer = loaded(model)
    rows = read_rows(synthesizer, data)
    found = predictor(synthesizer, rows.frame, column, given=given, seed=seed)
    return _Task(found, rows, synthesizer.table[column])


def _check(quantiles: Sequence[float]) -> None:
    for quantile in quantiles:
        if not 0 < quantile < 1:
            raise OptionError(f"quantile {quantile} is out of range; give numbers above 0 and below 1, such as 0.5")


def _probabilities(task: _Task, progress: Progress) -> Iterator[pl.DataFrame]:
    names = [f"{task.column.name}={_shown(level)}" for level in task.predictor.levels]
    for found in task.predictor.probabilities(task.rows.frame, progress):
        yield pl.DataFrame(dict(zip(names, found.T, strict=True)))


def _shown(level: Any) -> str:
    return str(level).lower() if isinstance(level, bool) else str(level)


def _likeliest(task: _Task, quantiles: Sequence[float], progress: Progress) -> Iterator[pl.DataFrame]:
    name = task.column.name
    if not task.predictor.numeric:
        levels = pl.Series(list(task.predictor.levels))
        for found in task.predictor.probabilities(task.rows.frame, progress):
            yield pl.DataFrame({name: from_values(levels.gather(found.argmax(axis=1)), task.column)})
        return
    names = [f"{name}_mean", *(f"{name}_q{f'{quantile:.4f}'[2:].rstrip('0').ljust(2, '0')}" for quantile in quantiles)]
    for found in task.predictor.numbers(task.rows.frame, quantiles, progress):
        yield pl.DataFrame([_stored(values, task.column).rename(n) for n, values in zip(names, found.T, strict=True)])


def _stored(values: npt.NDArray[np.float64], column: Column) -> pl.Series:
    """Times as the column stores them, numbers as floats."""
    if column.kind in (Kind.DATE, Kind.DATETIME):
        return from_values(pl.Series(values).round(), column)
    return pl.Series(values)


def _write(task: _Task, frames: Iterator[pl.DataFrame], out: str | Path, force: bool) -> PredictSummary:
    start = 0
    added: tuple[str, ...] = ()
    with open_writer(out, task.rows.layout, force=force) as writer:
        for found in frames:
            rows = task.rows.frame.slice(start, found.height)
            if twice := set(found.columns) & set(rows.columns):
                raise OptionError(f"the data has a column {min(twice)!r} already; rename it")
            writer.write(pl.concat([rows, found], how="horizontal"))
            start, added = start + found.height, tuple(found.columns)
    path = target_file(out, task.rows.layout)
    return PredictSummary(path, start, task.column.name, task.predictor.given, added)
