"""The codebook: how a whole table became integer codes, and how codes become a table again.

All engines share it: they learn and draw codes, and never see a value.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import ValidationError

from twinfold.errors import ModelFileError, SchemaError
from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.encoding.category import CategoryEncoding, learn_category
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.encoding.number import NumberEncoding, learn_number
from twinfold.tables.filling.form import learn_form
from twinfold.tables.schema import Column, Kind, Table, Tails, Treatment
from twinfold.tables.values import from_values, physical_type, to_numbers, to_values

Array = npt.NDArray[Any]
Encoding = CategoryEncoding | NumberEncoding | FilledEncoding
_KINDS: dict[str, type[Encoding]] = {"category": CategoryEncoding, "number": NumberEncoding, "filled": FilledEncoding}
_STEPS = {
    "day": 86_400e6,
    "hour": 3_600e6,
    "minute": 60e6,
    "second": 1e6,
    "millisecond": 1e3,
    "microsecond": 1.0,
}


@dataclass(frozen=True)
class Codebook:
    """The encodings of a table's columns, by name; columns that are dropped have none.

    `notes` say in plain words what was lost on the way ("'city': 12 rows hold levels too rare to be shown").
    """

    table: Table
    encodings: Mapping[str, Encoding]
    notes: tuple[str, ...] = ()

    @property
    def learned(self) -> tuple[str, ...]:
        """The names of the columns that engines see: those with more than one code."""
        return tuple(name for name, encoding in self.encodings.items() if encoding.cardinality > 1)

    @property
    def code_columns(self) -> tuple[CodeColumn, ...]:
        """What an engine may know of those columns, in the same order."""
        return tuple(_code_column(name, self.encodings[name]) for name in self.learned)

    @cached_property
    def _columns(self) -> dict[str, Column]:
        return {column.name: column for column in self.table}

    def encode(self, frame: pl.DataFrame) -> CodeTable:
        """The codes of a stored table."""
        codes = np.empty((len(self.learned), frame.height), np.uint16)
        for j, name in enumerate(self.learned):
            codes[j] = self.encode_column(name, frame[name])
        return CodeTable(self.code_columns, codes)

    def encode_column(self, name: str, series: pl.Series) -> Array:
        """Codes, uint16, of one stored column; both of shape (rows,)."""
        encoding, values = self.encodings[name], to_values(series, self._columns[name])
        return encoding.encode(to_numbers(values) if isinstance(encoding, NumberEncoding) else values)  # type: ignore[arg-type]

    def decode(
        self,
        codes: Array,
        *,
        rng: np.random.Generator,
        start: int,
        seed: int,
        restricted: Mapping[str, Encoding] | None = None,
    ) -> pl.DataFrame:
        """A stored table of codes, shape (columns, rows).

        Args:
            codes: what an engine drew.
            rng: chooses the values inside codes.
            start, seed: made-up columns are those of the rows from number `start` of the stream that `seed` names.
            restricted: encodings to use in place of the learned ones, where a condition asks for it.
        """
        place = {name: j for j, name in enumerate(self.learned)}
        rows = codes.shape[1]
        out = {}
        for name, known in self.encodings.items():
            encoding = (restricted or {}).get(name, known)
            column = codes[place[name]] if name in place else np.zeros(rows, np.uint16)
            if isinstance(encoding, FilledEncoding):
                out[name] = encoding.decode(column, start=start, seed=seed)
            elif isinstance(encoding, NumberEncoding):
                out[name] = self.store_numbers(name, encoding.decode(column, rng))
            else:
                out[name] = from_values(encoding.decode(column, rng), self._columns[name])
        return pl.DataFrame(out)

    def read_numbers(self, name: str, series: pl.Series) -> npt.NDArray[np.float64]:
        """The numbers that one stored numeric column holds, NaN where missing; both of shape (rows,)."""
        return to_numbers(to_values(series, self._columns[name]))

    def store_numbers(self, name: str, numbers: Array) -> pl.Series:
        """A stored numeric column of numbers, NaN where missing; both of shape (rows,)."""
        return from_values(pl.Series(numbers).fill_nan(None), self._columns[name])

    def draw_numbers(self, codes: Array, names: Sequence[str], rng: np.random.Generator) -> dict[str, Array]:
        """Numbers, NaN where missing, of the codes of some columns, (rows,) each; `codes` are those of all columns."""
        place = {name: j for j, name in enumerate(self.learned)}
        out = {}
        for name in names:
            encoding = self.encodings[name]
            own = codes[place[name]] if name in place else np.zeros(codes.shape[1], np.uint16)
            if isinstance(encoding, NumberEncoding):
                out[name] = encoding.decode(own, rng)
            elif isinstance(encoding, CategoryEncoding):
                out[name] = to_numbers(encoding.decode(own, rng))
        return out

    def find_unlike(self, frame: pl.DataFrame) -> str | None:
        """A column of numbers by which the rows of a stored table can't be those that were learned; None for none.

        The rows that were learned, in any order, have none; nearly all others of as many rows have one. A column that
        is stored in another type is passed over.
        """
        for name, encoding in self.encodings.items():
            if not isinstance(encoding, NumberEncoding) or name not in frame.columns:
                continue
            alike = frame.schema[name] == physical_type(self._columns[name].physical)
            if alike and not encoding.fits(self.read_numbers(name, frame[name])):
                return name
        return None

    def specimen(self) -> pl.DataFrame:
        """A few rows, stored as the table is, in which every code of every column stands at least once."""
        rows = max(encoding.cardinality for encoding in self.encodings.values())
        codes = [np.arange(rows, dtype=np.int64) % self.encodings[name].cardinality for name in self.learned]
        return self.decode(np.array(codes, np.uint16).reshape(-1, rows), rng=np.random.default_rng(0), start=0, seed=0)

    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Everything learned, as settings for JSON and arrays."""
        settings: list[dict[str, Any]] = []
        arrays: dict[str, Array] = {}
        for i, (name, encoding) in enumerate(self.encodings.items()):
            kind = next(kind for kind, type_ in _KINDS.items() if isinstance(encoding, type_))
            if isinstance(encoding, NumberEncoding):
                state, found = encoding.state()
                arrays |= {f"e{i}_{key}": array for key, array in found.items()}
            else:
                state = encoding.state()
            settings.append({"column": name, "kind": kind, **state})
        return {"columns": settings, "notes": list(self.notes)}, arrays

    @classmethod
    def from_state(cls, table: Table, settings: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """The codebook that `state` came from. Raises `ModelFileError` where it could not have come from one."""
        encodings: dict[str, Encoding] = {}
        known, own = set(table.names), _by_prefix(arrays)
        try:
            for i, state in enumerate(settings["columns"]):
                if state["column"] not in known or state["column"] in encodings:
                    raise ValueError(f"column {state['column']!r}")
                if state["kind"] == "number":
                    encodings[state["column"]] = NumberEncoding.from_state(state, own[f"e{i}"])
                elif state["kind"] == "category":
                    encodings[state["column"]] = CategoryEncoding.from_state(state)
                else:
                    encodings[state["column"]] = FilledEncoding.from_state(state)
            kept = [column for column in table if column.treatment is not Treatment.DROP]
            if [column.name for column in kept] != list(encodings):
                raise ValueError("encodings of other columns")
            for column in kept:
                physical_type(column.physical)
            return cls(table, encodings, tuple(str(note) for note in settings["notes"]))
        except (KeyError, ValueError, TypeError, IndexError, OverflowError, SchemaError) as error:
            raise ModelFileError(f"the model's codebook is damaged ({reason(error)}); fit the model again") from None


def learn_codebook(
    frame: pl.DataFrame,
    table: Table,
    *,
    min_count: int,
    tails: Tails = "extrapolated",
    owners: Array | None = None,
    clipped: Collection[str] = (),
) -> Codebook:
    """Learn how to encode a stored table.

    `min_count`: how many rows must share a category or an exact number before it may come out as itself.
    `tails`: of numbers, see `Schema`; dates and places are clipped, and the columns named in `clipped`.
    `owners`: whose each row is, (rows,), where a customer has several: then customers are counted, not rows.
    """
    encodings: dict[str, Encoding] = {}
    notes: list[str] = []
    for column in table:
        if column.treatment is not Treatment.DROP:
            own: Tails = "clipped" if column.name in clipped else tails
            encodings[column.name] = _learn(frame[column.name], column, min_count, own, owners, notes)
    return Codebook(table, encodings, tuple(notes))


def _by_prefix(arrays: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """Arrays by what stands before the first "_" of their names, then by what stands behind it."""
    grouped: dict[str, dict[str, Array]] = defaultdict(dict)
    for name, array in arrays.items():
        prefix, _, rest = name.partition("_")
        grouped[prefix][rest] = array
    return grouped


def reason(error: BaseException) -> str:
    """What an error says is wrong with a model file, in a few words."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"[:200]
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _learn(
    series: pl.Series, column: Column, min_count: int, tails: Tails, owners: Array | None, notes: list[str]
) -> Encoding:
    if column.treatment is Treatment.FAKE:
        return FilledEncoding(
            learn_form(series, column, min_count=min_count), to_values(series, column).null_count() > 0
        )
    values = to_values(series, column)
    present = len(values) - values.null_count()
    if column.kind.numeric and present >= 2 * min_count:
        own = tails if column.kind in (Kind.INTEGER, Kind.DECIMAL) else "clipped"  # no date after the last, no pole
        known = to_numbers(values)
        step = _coarsest(known, step_of(column)) if column.kind in (Kind.INTEGER, Kind.DECIMAL) else step_of(column)
        numbers = learn_number(known, step=step, min_count=min_count, tails=own, owners=owners)
        if numbers is not None:
            return numbers
    encoding = learn_category(values, label=column.rare, min_count=min_count, owners=owners)
    if encoding.has_rare:
        rare = present - values.is_in(pl.Series(list(encoding.levels), dtype=values.dtype)).sum()
        how = (
            f"they come out as {encoding.label!r}"
            if encoding.label
            else "they come out as common ones"
            if encoding.levels
            else "they come out missing"
        )
        note = f"{column.name}: {rare:,} rows hold values that fewer than {min_count} share; {how}"
        if rare > present / 2:
            note += "; most of the column is lost: see twinfold inspect, and correct its kind in schema.toml"
        notes.append(note)
    return encoding


def _code_column(name: str, encoding: Encoding) -> CodeColumn:
    if isinstance(encoding, CategoryEncoding):
        return CodeColumn(
            name, encoding.cardinality, encoding.ordered, encoding.missing, encoding.rare, encoding.rare_drawn
        )
    if isinstance(encoding, NumberEncoding):
        return CodeColumn(name, encoding.cardinality, True, encoding.missing)
    return CodeColumn(name, encoding.cardinality, False, 1)


def _values(encoding: CategoryEncoding | NumberEncoding, codes: Array, rng: np.random.Generator) -> pl.Series:
    if isinstance(encoding, NumberEncoding):
        return pl.Series(encoding.decode(codes, rng)).fill_nan(None)
    return encoding.decode(codes, rng)


def step_of(column: Column) -> float:
    """The grid that a column's values lie on, in the unit of its values; 0 for none."""
    if column.kind in (Kind.INTEGER, Kind.DATE):
        return 1.0
    if column.kind is Kind.DATETIME:
        return _STEPS[column.resolution or "microsecond"]
    return 0.0 if column.decimals is None else 10.0**-column.decimals


ROUND = (1_000_000.0, 500_000.0, 100_000.0, 50_000.0, 10_000.0, 5_000.0, 1_000.0, 500.0, 100.0, 50.0, 10.0, 5.0)
"""Round numbers of which all values of a column may be multiples, the largest first."""

LEAST_ROUND = 30
"""Different values that must be multiples of a round number before others are made so."""


def _coarsest(numbers: Array, step: float) -> float:
    """The roundest number that all are multiples of, where there are enough different ones to say so; or the step."""
    known = np.unique(numbers[~np.isnan(numbers)])
    if len(known) < LEAST_ROUND:
        return step
    return next((round_ for round_ in ROUND if not (known % round_).any()), step)
