"""How likely rows are under a model: `twinfold log-prob`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import OptionError
from twinfold.protocols import Progress, silent
from twinfold.synthesis.likelihood import log_likelihood
from twinfold.synthesis.synthesizer import Synthesizer
from twinfold.tables.writing import open_writer, target_file
from twinfold.verbs.model_rows import loaded, read_rows

COLUMN = "log_prob"
"""The column that `log_prob_to` adds."""


@dataclass(frozen=True)
class LikelihoodSummary:
    """What was written: the file, its rows, the rows that were judged, and their lowest and middle log probability."""

    path: Path
    rows: int
    judged: int
    lowest: float
    median: float

    def text(self) -> str:
        """The summary in a few lines."""
        chosen = "" if self.rows == self.judged else f", the least likely of {self.judged:,}, the least likely first,"
        return (
            f"Wrote {self.rows:,} row{'s' * (self.rows != 1)}{chosen} to {self.path}, with the column {COLUMN}.\n"
            f"Log probabilities: {self.lowest:.1f} at the lowest, {self.median:.1f} in the middle."
        )


def log_prob(model: Synthesizer | str | Path, data: Any, *, progress: Progress = silent) -> npt.NDArray[np.float64]:
    """The natural log of each row's probability under a model, shape (rows,).

    The probability is that of a row with the same categories, the same missing cells, the same common numbers (those
    with a code of their own), and other numbers in the same quantile bins: it has no unit, and rows of one model can be
    compared, not those of two. A value that was never learned (a level, a missing value, a number beyond the learned
    ones) counts as the nearest learned one, times 1 / (learned rows + 1). Columns that are made up or dropped say
    nothing, but for whether they are missing.

    Args:
        model: a synthesizer, or a model file.
        data: rows with every learned column: a file, or a pandas, Polars or Arrow frame.
        progress: told how far the work has come.

    Raises:
        DataError: the rows can't be read, or a column is not there; SchemaError: they don't fit the model's table.
    """
    synthesizer = loaded(model)
    return np.concatenate(list(log_likelihood(synthesizer, read_rows(synthesizer, data).frame, progress=progress)))


def log_prob_to(
    model: Synthesizer | str | Path,
    data: Any,
    out: str | Path,
    n: int | None = None,
    *,
    force: bool = False,
    progress: Progress = silent,
) -> LikelihoodSummary:
    """Write the rows with a column `log_prob` more; with `n`, only the n least likely ones, the least likely first.

    Raises as `log_prob`, and `OutputError` where the file exists and `force` is not set; OptionError: `n` is below 1,
    or the rows have a column of that name.
    """
    if n is not None and n < 1:
        raise OptionError(f"n is {n}; give 1 or more")
    synthesizer = loaded(model)
    rows = read_rows(synthesizer, data)
    if COLUMN in rows.frame.columns:
        raise OptionError(f"the data has a column {COLUMN!r} already; rename it")
    found = np.concatenate(list(log_likelihood(synthesizer, rows.frame, progress=progress)))
    judged = rows.frame.with_columns(pl.Series(COLUMN, found))
    if n is not None:
        judged = judged[np.argsort(found, kind="stable")[:n]]
    with open_writer(out, rows.layout, force=force) as writer:
        writer.write(judged)
    path = target_file(out, rows.layout)
    return LikelihoodSummary(path, judged.height, len(found), float(found.min()), float(np.median(found)))
