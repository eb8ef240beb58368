"""Rows that a user hands in to a model that was learned before: read as its table says, and given back as they came."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from twinfold.errors import DataError, ModelFileError
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.synthesis.synthesizer import Synthesizer, load
from twinfold.tables.conformity import conform
from twinfold.tables.frames import take_frame
from twinfold.tables.layout import Layout
from twinfold.tables.reading import read_file
from twinfold.tables.schema import Table


@dataclass(frozen=True)
class ModelRows:
    """Rows of some or all columns of a model's table: how they are stored, what they are, and how they came."""

    frame: pl.DataFrame
    table: Table
    layout: Layout


def loaded(model: Synthesizer | str | Path) -> Synthesizer:
    """The synthesizer, read where `model` is a file. Raises `ModelFileError` for one of several tables."""
    if isinstance(model, LinkedSynthesizer):
        raise ModelFileError("this is a model of several tables, which can be sampled; give one of a single table")
    return model if isinstance(model, Synthesizer) else load(model)


def read_rows(synthesizer: Synthesizer, data: Any) -> ModelRows:
    """Read a file or a frame with columns of the model's table; not all of them must be there.

    Raises `DataError` where it can't be read or holds no row, `SchemaError` where it does not fit the table.
    """
    if isinstance(data, str | Path):
        frame, layout, _ = read_file(data, synthesizer.table, subset=True)
        label = Path(data).name
    else:
        raw, layout, _ = take_frame(data, synthesizer.table.name)
        frame, label = raw, f"table {synthesizer.table.name!r}"
    came, (frame, table) = frame.schema, conform(frame, synthesizer.table, label, subset=True)
    changed = {name for name in frame.columns if frame.schema[name] != came[name]}  # they leave as the model has them
    kept = {
        part: {name: stored for name, stored in getattr(layout, part).items() if name not in changed}
        for part in ("types", "pandas_types")
    }
    layout = layout.model_copy(update=kept)
    if not frame.height or not frame.width:
        raise DataError(f"{label} has no row, or no column of the model; give at least one of each")
    return ModelRows(frame, table, layout)
