"""Walk the latent space of a model: `twinfold walk`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from twinfold.errors import OptionError
from twinfold.protocols import Progress, silent
from twinfold.synthesis.conditions import parse
from twinfold.synthesis.release import check_released
from twinfold.synthesis.synthesizer import Synthesizer
from twinfold.synthesis.walking import find_ends, find_space, place, walk_line
from twinfold.tables.frames import give_back
from twinfold.tables.writing import open_writer, target_file
from twinfold.verbs.model_rows import ModelRows, loaded, read_rows

STEP = "step"
"""The column that says how far along the way a row is, from 0 to 1."""

MOST_STEPS = 1_000


@dataclass(frozen=True)
class WalkSummary:
    """What was written: the file, the ways, the rows of each, and how many ways end where the condition holds.

    `arrived` is None where there was no condition.
    """

    path: Path
    ways: int
    steps: int
    arrived: int | None = None

    def text(self) -> str:
        """The summary, a line or two."""
        ways = f"{self.ways:,} way{'s' * (self.ways != 1)} of {self.steps} rows"
        text = f"Wrote {ways} to {self.path}, with the column {STEP}, from 0 to 1."
        if self.arrived is None or self.arrived == self.ways:
            return text
        return f"{text}\n{self.arrived:,} of {self.ways:,} end where the condition holds, the others short of it."


def walk(
    model: Synthesizer | str | Path,
    data: Any,
    *,
    toward: str | None = None,
    steps: int = 8,
    seed: int = 1,
    progress: Progress = silent,
) -> Any:
    """Synthetic customers on the way from one customer to another, or towards those who meet a condition.

    Customers are placed in the latent space of a model of the engine `vae` or `vaegan`, and points between are turned
    into rows, all with the same luck: what changes from one to the next changes because of the way. It shows what a
    model has learned goes together; it is not what would happen to a customer.

    Args:
        model: a synthesizer, or a model file.
        data: with no `toward` two rows, from the first to the second; else any rows, each of which sets out. They may
            lack columns, which then are as the others suggest.
        toward: a condition, as of `sample`'s `where`: the way is beside the line from the middle of all customers to
            that of those who meet it, until it is as far along as these are.
        steps: rows of a way, the ends included; 2 at least.
        seed: of what chance decides of a row.
        progress: told how far the work has come.

    Returns:
        the rows of all ways, of the caller's kind, with a column `step` from 0 to 1 before the table's.

    Raises:
        OptionError: the model has no latent space, or not two rows are given; ConditionError: as `sample`;
        DataError: the rows can't be read; SchemaError: they don't fit the table; RefusedError: the model was refused.
    """
    rows, frame, _ = _walk(model, data, toward, steps, seed, progress)
    return give_back(frame, rows.layout)


def walk_to(
    model: Synthesizer | str | Path,
    data: Any,
    out: str | Path,
    *,
    toward: str | None = None,
    steps: int = 8,
    seed: int = 1,
    force: bool = False,
    progress: Progress = silent,
) -> WalkSummary:
    """Write what `walk` gives; raises as it does, and `OutputError` where the file exists and `force` is not set."""
    rows, frame, arrived = _walk(model, data, toward, steps, seed, progress)
    with open_writer(out, rows.layout, force=force) as writer:
        writer.write(frame)
    return WalkSummary(target_file(out, rows.layout), frame.height // steps, steps, arrived)


def _walk(
    model: Synthesizer | str | Path, data: Any, toward: str | None, steps: int, seed: int, progress: Progress
) -> tuple[ModelRows, pl.DataFrame, int | None]:
    if not 2 <= steps <= MOST_STEPS:
        raise OptionError(f"steps is {steps}; give 2 to {MOST_STEPS:,}")
    if seed < 0:
        raise OptionError(f"seed is {seed}; give 0 or more")
    synthesizer = loaded(model)
    check_released(synthesizer.history)
    find_space(synthesizer)
    if STEP in synthesizer.table.names:
        raise OptionError(f"the table has a column {STEP!r} already; rename it, and fit again")
    condition = parse(toward, synthesizer.table) if toward is not None else None
    rows = read_rows(synthesizer, data)
    if condition is None and rows.frame.height != 2:
        raise OptionError(f"{rows.frame.height} rows to walk between; give 2, or a condition to walk toward")
    points = place(synthesizer, rows.frame)
    if condition is None:
        begin, end = points[:1], points[1:]
    else:
        begin, end = points, find_ends(synthesizer, points, condition, synthesizer.seed)
    frame = walk_line(synthesizer, begin, end, steps, seed, progress)
    arrived = None
    if condition is not None:
        ends = frame.gather_every(steps, steps - 1)
        arrived = int(condition.holds_in(ends, synthesizer.table).sum())
    share = np.tile(np.linspace(0, 1, steps).round(4), len(begin))
    return rows, frame.insert_column(0, pl.Series(STEP, share)), arrived
