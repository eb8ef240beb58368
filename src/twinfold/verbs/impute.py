"""Fill what is missing in rows: `twinfold impute`."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from twinfold.errors import OutputError
from twinfold.protocols import Progress, silent
from twinfold.synthesis.completion import Completion, complete
from twinfold.synthesis.synthesizer import Synthesizer
from twinfold.tables.frames import give_back
from twinfold.tables.layout import Layout
from twinfold.tables.reading import file_kind
from twinfold.tables.writing import open_writer, target_file
from twinfold.verbs.model_rows import loaded, read_rows

FEW = 2.0
"""An effective sample size below which a row's filled cells say little."""


@dataclass(frozen=True)
class ImputeSummary:
    """What was filled.

    Attributes:
        paths: the files that were written, one a completed table.
        rows: how many rows each holds.
        filled: by column, how many cells were filled.
        completed: how many rows had a cell to fill.
        candidates: how many candidates were drawn around such a row, on average.
        effective: how many independent ones those were worth, in the middle row.
        few: how many rows had candidates worth fewer than 2.
        lost: how many rows stayed as they were, since nothing learned goes with them.
    """

    paths: tuple[Path, ...]
    rows: int
    filled: Mapping[str, int]
    completed: int
    candidates: float
    effective: float
    few: int
    lost: int

    def text(self) -> str:
        """The summary in a few lines."""
        cells = sum(self.filled.values())
        lines = [f"Wrote {self.rows:,} row{'s' * (self.rows != 1)} to {', '.join(map(str, self.paths))}."]
        if not self.completed:
            return f"{lines[0]}\nNothing was missing that could be filled."
        listed = ", ".join(f"{name} {count:,}" for name, count in self.filled.items() if count)
        lines.append(f"Filled {cells:,} cell{'s' * (cells != 1)} of {self.completed:,} rows ({listed}).")
        lines.append(
            f"Each row was chosen among {self.candidates:.0f} candidates on average, worth {self.effective:.1f} "
            f"independent ones in the middle row; in {self.few:,} rows they were worth fewer than {FEW:.0f}."
        )
        if self.lost:
            lines.append(f"{self.lost:,} rows stayed as they were: nothing that was learned goes with what they hold.")
        return "\n".join(lines)


def impute(
    model: Synthesizer | str | Path,
    data: Any,
    m: int = 5,
    *,
    columns: Sequence[str] | None = None,
    seed: int = 1,
    progress: Progress = silent,
) -> list[Any]:
    """Fill what is missing in rows, several times (multiple imputation: Rubin 1987).

    What is there stays exactly as it is. What is missing is drawn from the model given everything that is there in the
    row, never as missing. Compute what you want to know on each table, and pool the answers: `docs/completion.md`.

    Args:
        model: a synthesizer, or a model file. It may have been learned from the same rows.
        data: rows with some or all columns of the model's table: a file, or a pandas, Polars or Arrow frame.
        m: how many completed tables, 1 to 1,000.
        columns: which columns to fill; None fills all that have missing cells, but for dropped and made-up ones. Name
            them where a missing value is an answer of its own (no second card): one that is not filled is a level like
            others.
        seed: the same seed gives the same tables.
        progress: told how far the work has come.

    Returns:
        `m` frames of the sort that came in: pandas from pandas, Arrow from Arrow, Polars else.

    Raises:
        DataError: the rows can't be read; SchemaError: they don't fit the model's table; OptionError: `m` is out of
            range, or a column is unknown or can't be filled.
    """
    completion, layout = _begin(model, data, m, columns, seed)
    pieces = list(completion.pieces(progress))
    return [give_back(pl.concat(parts), layout) for parts in zip(*pieces, strict=True)]


def impute_to(
    model: Synthesizer | str | Path,
    data: Any,
    out: str | Path,
    m: int = 5,
    *,
    columns: Sequence[str] | None = None,
    seed: int = 1,
    force: bool = False,
    progress: Progress = silent,
) -> ImputeSummary:
    """Fill what is missing, and write the completed tables as they came; see `impute`.

    `out` is a folder, in which the tables are numbered (customers-1.csv, customers-2.csv, …), or with `m` = 1 a file.
    Raises as `impute`, and `OutputError` where a file exists and `force` is not set; nothing half-written is left.
    """
    completion, layout = _begin(model, data, m, columns, seed)
    layouts = _numbered(layout, out, completion)
    with ExitStack() as stack:
        writers = [stack.enter_context(open_writer(out, each, force=force)) for each in layouts]
        for frames in completion.pieces(progress):
            for writer, frame in zip(writers, frames, strict=True):
                writer.write(frame)
    effective = np.concatenate([np.zeros(0), *completion.effective])
    tried = np.concatenate([np.zeros(0), *completion.tried])
    return ImputeSummary(
        paths=tuple(target_file(out, each) for each in layouts),
        rows=completion.frame.height,
        filled=completion.filled,
        completed=len(effective),
        candidates=float(tried.mean()) if len(tried) else 0.0,
        effective=float(np.median(effective)) if len(effective) else 0.0,
        few=int(((effective < FEW) & (effective > 0)).sum()),
        lost=completion.lost,
    )


def _begin(
    model: Synthesizer | str | Path, data: Any, m: int, columns: Sequence[str] | None, seed: int
) -> tuple[Completion, Layout]:
    synthesizer = loaded(model)
    rows = read_rows(synthesizer, data)
    return complete(synthesizer, rows.frame, rows.table, m=m, columns=columns, seed=seed), rows.layout


def _numbered(layout: Layout, out: str | Path, completion: Completion) -> list[Layout]:
    """The layout of each completed table, which names its file in the folder `out`."""
    if completion.m == 1:
        return [layout]
    if file_kind(Path(out)) is not None:
        raise OutputError(
            f"{out} is one file for {completion.m} tables; name a folder, without a suffix, or give m = 1"
        )
    name = layout.file_name or f"{completion.table.name}.parquet"
    stem, dot, suffixes = name.partition(".")
    return [layout.model_copy(update={"file_name": f"{stem}-{k}{dot}{suffixes}"}) for k in range(1, completion.m + 1)]
