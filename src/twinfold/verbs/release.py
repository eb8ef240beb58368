"""Models on their way out: judged, with the verdict in their file, and drawn from where they were not refused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from twinfold.errors import ModelFileError, OptionError, RefusedError, unknown_name
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.synthesis.linked_file import restore_model
from twinfold.synthesis.model_file import append_record, check_appendable, learned_digest, read_model_file
from twinfold.synthesis.release import check_released, find_refusal, record_override
from twinfold.synthesis.synthesizer import Synthesizer
from twinfold.tables.dataset import Dataset
from twinfold.tables.schema import Treatment

Model = Synthesizer | LinkedSynthesizer


@dataclass(frozen=True)
class Judged:
    """A model whose tables are judged; `path` is its file, None where it is in memory, and `learned` its digest."""

    synthesizer: Model
    path: Path | None
    learned: str

    def describe(self) -> str:
        """Which model it is, for a report; the digest outlasts what is recorded in the file."""
        return (
            "given in Python" if self.path is None else f"{self.path.name}, SHA-256 {self.learned} but for its history"
        )

    def check_learned(self, train: Dataset) -> None:
        """Raise `ModelFileError` where the model can't have learned the train rows: other tables, columns, rows."""
        single = isinstance(self.synthesizer, Synthesizer)
        if single != (len(train.tables) == 1):
            raise ModelFileError(
                f"the model learned {'one table' if single else 'several tables'}, and the train rows are of "
                f"{len(train.tables)}; give the model that learned them"
            )
        model = self.synthesizer
        if isinstance(model, Synthesizer):  # whose table may have another name: that of another file
            learned = dict.fromkeys(train.tables, model.table)
        else:
            learned = {part.stored.name: part.stored for part in model.every_part}
        for name, table in learned.items():
            if name not in train.tables:
                raise ModelFileError(f"the model learned other tables: {unknown_name('table', name, train.tables)}")
            columns = train.tables[name].columns
            for column in table:
                if column.treatment is Treatment.LEARN and column.name not in columns:
                    said = unknown_name("column", column.name, columns, among="the train rows")
                    raise ModelFileError(f"the model learned other columns: {said}")
        if isinstance(model, Synthesizer):  # one that began with an older model may have its codes
            _check_rows(model.rows, None if model.begun else model.codebook, train.single()[1])
        else:
            for root in model.roots:
                counted = [difference.column.name for difference in root.differences]
                _check_rows(root.rows, root.codebook, train.tables[root.stored.name].drop(counted, strict=False))


def _check_rows(learned: int, codebook: Codebook | None, frame: pl.DataFrame) -> None:
    if learned != frame.height:
        raise ModelFileError(
            f"the model learned {learned:,} rows, and the train rows are {frame.height:,}; give those that it learned"
        )
    unlike = None if codebook is None else codebook.find_unlike(frame)
    if unlike is not None:
        raise ModelFileError(
            f"the model learned other rows: as many, but other values of {unlike!r}; give those that it learned"
        )


def open_to_judge(model: Model | str | Path) -> Judged:
    """A model whose tables are to be judged. Raises `OutputError` where its file could not take the verdict."""
    if isinstance(model, Model):
        return Judged(model, None, "")
    manifest, arrays = read_model_file(model)
    check_appendable(model)
    return Judged(restore_model(model, manifest, arrays), Path(model), learned_digest(manifest, arrays))


@dataclass(frozen=True)
class Opened:
    """A model that rows may be drawn from; where it was refused, with the record of the override.

    `path` is the model's file and `learned` its digest, where there is something to be recorded.
    """

    synthesizer: Model
    path: Path | None = None
    learned: str = ""
    override: Mapping[str, Any] | None = None

    def record(self) -> None:
        """Write an override into the model's file: once the request stands, and before a row leaves."""
        if self.path is not None and self.override is not None:
            append_record(self.path, self.override, learned=self.learned)


def open_to_draw(model: Model | str | Path, *, override: str | None) -> Opened:
    """A model to draw rows from, read where it is a file.

    One that its last evaluation refused is opened only with the reason for an `override`.

    Raises:
        RefusedError: it was refused and there is no reason, or no file to write it to; OptionError: a reason that is
            none, or for a model that was not refused; OutputError: the file can't be written.
    """
    if isinstance(model, Model):
        if override is not None and find_refusal(model.history) is not None:
            raise RefusedError("an override is recorded in the model's file; save the model, and give the file's name")
        _check_needed(model, override)
        return Opened(model)
    manifest, arrays = read_model_file(model)
    synthesizer = restore_model(model, manifest, arrays)
    _check_needed(synthesizer, override)
    refusal = find_refusal(synthesizer.history)
    if override is None or refusal is None:
        return Opened(synthesizer)
    record = record_override(override, refusal, at=datetime.now(UTC))
    check_appendable(model)
    free = replace(synthesizer, history=())  # for the one draw that somebody answers for
    return Opened(free, Path(model), learned_digest(manifest, arrays), record)


def _check_needed(synthesizer: Model, override: str | None) -> None:
    if override is None:
        check_released(synthesizer.history)
    elif find_refusal(synthesizer.history) is None:
        raise OptionError("this model was not refused, so there is nothing to override; leave out --override")
