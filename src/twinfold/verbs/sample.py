"""Draw synthetic rows: `twinfold sample`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from twinfold.errors import ConditionError, DataError
from twinfold.protocols import Progress, silent
from twinfold.synthesis.synthesizer import Synthesizer, load
from twinfold.tables.conformity import conform
from twinfold.tables.frames import give_back, take_frame
from twinfold.tables.reading import read_file
from twinfold.tables.writing import open_writer


@dataclass(frozen=True)
class SampleSummary:
    """What was drawn: where it lies, how many rows, and how many independent rows they are worth under a condition."""

    path: Path
    rows: int
    effective_sample_size: float | None

    def text(self) -> str:
        """The summary in a line or two."""
        line = f"Wrote {self.rows:,} synthetic rows to {self.path}."
        if self.effective_sample_size is None:
            return line
        share = self.effective_sample_size / self.rows
        line += (
            f"\nUnder what was asked they are worth {self.effective_sample_size:,.0f} independent rows ({share:.0%})."
        )
        return line if share >= 0.1 else f"{line} That is few: loosen the condition, or draw more rows."


def sample(
    model: Synthesizer | str | Path,
    n: int | None = None,
    *,
    where: str | None = None,
    given: Any = None,
    seed: int = 1,
    progress: Progress = silent,
) -> Any:
    """Draw synthetic rows into memory.

    Args:
        model: a synthesizer, or a model file.
        n: how many rows; None draws as many as were learned, or as are given.
        where: what every row obeys ("age >= 60 and job = 'retired'"); the rest of a row follows the learned
            distribution under that condition.
        given: a frame or file with some of the columns, kept row by row; the rest is drawn around them.
        seed: the same seed gives the same rows.
        progress: told how far the work has come.

    Returns:
        A frame of the sort that was learned: pandas from pandas, Arrow from Arrow, Polars else.

    Raises:
        ConditionError: `where` or `given` can't be met; OptionError: n or the seed is out of range.
    """
    synthesizer = _loaded(model)
    frame = synthesizer.sample(n, where=where, given=_given(synthesizer, given), seed=seed, progress=progress)
    return give_back(frame, synthesizer.layout)


def sample_to(
    model: Synthesizer | str | Path,
    out: str | Path,
    n: int | None = None,
    *,
    where: str | None = None,
    given: Any = None,
    seed: int = 1,
    force: bool = False,
    progress: Progress = silent,
) -> SampleSummary:
    """Draw synthetic rows into a CSV or Parquet file, or a folder, in constant memory; see `sample` for the rest.

    Raises `OutputError` where the file exists and `force` is not set; nothing half-written is left behind.
    """
    synthesizer = _loaded(model)
    fixed = _given(synthesizer, given)
    stream = synthesizer.stream(n, where=where, given=fixed, seed=seed, progress=progress)
    with open_writer(out, synthesizer.layout, force=force) as writer:
        for frame in stream.frames():
            writer.write(frame)
    return SampleSummary(Path(out), stream.rows, stream.effective_sample_size)


def _loaded(model: Synthesizer | str | Path) -> Synthesizer:
    return model if isinstance(model, Synthesizer) else load(model)


def _given(synthesizer: Synthesizer, given: Any) -> pl.DataFrame | None:
    if given is None:
        return None
    try:
        if isinstance(given, str | Path):
            frame = read_file(given, synthesizer.table, subset=True)[0]
        else:
            frame = conform(take_frame(given, "given")[0], synthesizer.table, "the given table", subset=True)[0]
    except DataError as error:
        raise ConditionError(f"the given rows can't be read: {error}") from None
    if not frame.width or not frame.height:
        raise ConditionError("the given table has no column of the model, or no row; give at least one of each")
    return frame
