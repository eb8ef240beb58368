"""Real rows as augmentation takes them, and new rows as the table stores them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import DataError, OptionError
from twinfold.synthesis.augmenting.relations import Relation, find_relations
from twinfold.synthesis.augmenting.values import Floats, Places, Values
from twinfold.synthesis.encoding.codebook import Codebook, learn_codebook
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.tables.dataset import Dataset
from twinfold.tables.schema import Treatment
from twinfold.tables.values import to_values

Booleans = npt.NDArray[np.bool_]

MOST_LEVELS = 50
"""Levels that a target may have."""

MOST_HIDDEN = 0.1
"""The share of rows whose level may not come out, beyond which other columns are not looked up by a column."""


@dataclass(frozen=True)
class Material:
    """Real rows of one table, but for those without an answer where there is a target.

    Attributes:
        frame: as they are stored.
        codebook: what is known of their columns; it makes up identifiers and personal data.
        names: the columns that are made, in the order of `values`.
        values: what they hold.
        levels: of each column of categories, by its place, its levels as they are stored.
        shown: of the same columns, which levels enough rows hold to come out; shape (levels + 1,), the last of which
            stands for none.
        relations: among the columns.
        target: the column whose levels are kept apart, if any; `answers`, (rows,), says which each row holds, and
            `answer_values` what the table stores for it.
    """

    frame: pl.DataFrame
    codebook: Codebook
    names: tuple[str, ...]
    values: Values
    levels: dict[int, pl.Series]
    shown: dict[int, Booleans]
    relations: tuple[Relation, ...]
    target: str | None
    answers: Places
    answer_values: pl.Series

    @property
    def encodings(self) -> dict[int, NumberEncoding]:
        """How numbers become codes, by the place of their column."""
        found = ((j, self.codebook.encodings[self.names[j]]) for j in self.values.numbers)
        return {j: encoding for j, encoding in found if isinstance(encoding, NumberEncoding)}

    @property
    def notes(self) -> tuple[str, ...]:
        """What new rows do not hold, in plain words."""
        hidden = {self.names[j]: int((~shown).sum()) for j, shown in self.shown.items() if not shown.all()}
        listed = ", ".join(f"{name} {count}" for name, count in hidden.items())
        return (f"Levels that too few rows hold are not drawn ({listed}).",) if hidden else ()

    def hide_rare(self, made: Values, among: Places, rng: np.random.Generator) -> Values:
        """New rows without the levels that too few hold: others are drawn in their place, by the shares that they have
        among real rows."""
        x = made.x.copy()
        for j, shown in self.shown.items():
            hidden = ~shown[x[:, j].astype(np.int64)]
            if hidden.any():
                real = self.values.x[among, j].astype(np.int64)
                real = real[shown[real]]
                x[hidden, j] = rng.choice(real, int(hidden.sum())) if len(real) else len(shown) - 1
        return Values(x, made.categories)

    def store(
        self, made: Values, answer: int, among: Places, rng: np.random.Generator, *, seed: int, start: int
    ) -> pl.DataFrame:
        """New rows with one answer, as the table stores them.

        Identifiers and personal data are those of the rows from number `start` of the stream that `seed` names, and
        missing as often as among real rows.
        """
        place = {name: j for j, name in enumerate(self.names)}
        out = []
        for name, encoding in self.codebook.encodings.items():
            if name == self.target:
                out.append(self.answer_values[[answer]].new_from_index(0, len(made)))
            elif isinstance(encoding, FilledEncoding):
                codes = encoding.encode(self.frame[name])[rng.choice(among, len(made))]
                out.append(encoding.decode(codes, start=start, seed=seed))
            elif isinstance(encoding, NumberEncoding):
                numbers = self._on_grid(place[name], made.x[:, place[name]], encoding.step)
                out.append(self.codebook.store_numbers(name, numbers))
            else:
                stored = self.levels[place[name]]
                known = stored.append(pl.Series([None], dtype=stored.dtype))  # where no level may come out
                out.append(known.gather(made.x[:, place[name]].astype(np.int64)))
        return pl.DataFrame([series.alias(name) for name, series in zip(self.codebook.encodings, out, strict=True)])

    def _on_grid(self, j: int, numbers: Floats, step: float) -> Floats:
        """Numbers on the grid of a column and within its real range."""
        present = self.values.x[:, j]
        bounded = np.clip(numbers, np.nanmin(present), np.nanmax(present))
        return np.clip(np.rint(bounded / step) * step, np.nanmin(present), np.nanmax(present)) if step else bounded


def gather_material(dataset: Dataset, target: str | None) -> Material:
    """The rows of a single table, ready to be augmented.

    Raises `DataError` where nothing in them is learned, `SchemaError` where there is no such target, and `OptionError`
    where it is none.
    """
    table, frame, _ = dataset.single()
    answers, answer_values = np.zeros(frame.height, np.int64), pl.Series([None])
    if target is not None:
        frame, answers, answer_values = _answers(dataset, target)
    codebook = learn_codebook(frame, table, min_count=dataset.schema.min_count, tails="clipped")
    names: list[str] = []
    columns, categories, levels, shown = [], [], {}, {}
    for name, encoding in codebook.encodings.items():
        if name == target or isinstance(encoding, FilledEncoding):
            continue
        j = len(names)
        names.append(name)
        if isinstance(encoding, NumberEncoding):
            columns.append(codebook.read_numbers(name, frame[name]))
            continue
        codes, levels[j], shown[j] = _levels(frame[name], to_values(frame[name], table[name]), dataset.schema.min_count)
        columns.append(codes)
        categories.append(j)
    if not columns:
        raise DataError(
            f"{table.name} has no column to make{'' if target is None else ' besides ' + repr(target)}: all are "
            "made up or dropped; see twinfold inspect, and change their treatment in schema.toml"
        )
    values = Values(np.column_stack(columns), tuple(categories))
    hidden = {j: ~shown[j][values.x[:, j].astype(np.int64)] for j in categories}
    relations = find_relations(values, unfit=[j for j in categories if hidden[j].mean() > MOST_HIDDEN])
    return Material(frame, codebook, tuple(names), values, levels, shown, relations, target, answers, answer_values)


def _levels(stored: pl.Series, values: pl.Series, min_count: int) -> tuple[Floats, pl.Series, Booleans]:
    """The level of each row, (rows,), the levels as they are stored, and which of them may come out."""
    keys = values.cast(pl.String)
    distinct = (
        pl.DataFrame({"key": keys, "place": np.arange(len(keys))})
        .group_by("key")
        .agg(pl.col("place").first(), pl.len())
    )
    distinct = distinct.sort("key", nulls_last=True)
    order = {key: code for code, key in enumerate(distinct["key"])}
    codes = np.array([order[key] for key in keys], np.float64)
    enough = (distinct["len"] >= min_count) | distinct["key"].is_null()
    return codes, stored.gather(distinct["place"]), np.append(enough.to_numpy(), True)


def _answers(dataset: Dataset, target: str) -> tuple[pl.DataFrame, Places, pl.Series]:
    """The rows that have an answer, which each has, and what the table stores for it."""
    table, frame, _ = dataset.single()
    column = table[target]
    if column.treatment is not Treatment.LEARN:
        how = "made up anew" if column.treatment is Treatment.FAKE else "dropped"
        raise OptionError(f"target {target!r} is {how} ({column.kind}); name a column that is learned, or none")
    values = to_values(frame[target], column)
    frame = frame.filter(values.is_not_null())
    codes, levels, _ = _levels(frame[target], values.drop_nulls(), 1)
    if not 2 <= len(levels) <= MOST_LEVELS:
        raise OptionError(
            f"target {target!r} has {len(levels):,} level{'s' * (len(levels) != 1)}; a column of 2 to {MOST_LEVELS} is "
            "accepted: name another, or leave the target out"
        )
    return frame, codes.astype(np.int64), levels
