"""Strata: the levels within which a treatment was randomised, alone and crossed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl

from twinfold.behaviour.rows import texts
from twinfold.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

MOST = 500
"""Strata, crossed, at most."""


@dataclass(frozen=True)
class Strata:
    """What was learned of the columns within whose levels a treatment was randomised.

    Attributes:
        columns: their names.
        levels: those of each column that were learned.
        crossed: the levels that were learned together, one tuple each, of the most rows first.
        shares: of the learned rows, of each column's levels, and, where several columns are crossed, of these, last.
    """

    columns: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    crossed: tuple[tuple[str, ...], ...]
    shares: tuple[tuple[float, ...], ...]

    @property
    def count(self) -> int:
        """How many strata there are: one where nothing is crossed."""
        return max(1, len(self.crossed))

    def cells(self, frame: pl.DataFrame) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """The stratum of each row, (rows,), and whether it was learned; if not, the largest that shares most levels."""
        if not self.columns:
            return np.zeros(frame.height, np.int64), np.ones(frame.height, bool)
        asked = pl.DataFrame({name: texts(frame, name) for name in self.columns})
        found = np.full(frame.height, -1, np.int64)
        every = list(self.columns)
        for size in range(len(every), -1, -1):
            for shared in itertools.combinations(every, size):
                if (found >= 0).all():
                    break
                own = self._matching(asked, list(shared))
                found = np.where(found < 0, own, found)
            if size == len(every):
                learned = found >= 0
        return found, learned

    def _matching(self, asked: pl.DataFrame, shared: list[str]) -> Ints:
        """The first stratum, the largest, that has each row's levels in some columns; -1 where none has."""
        if not shared:
            return np.zeros(asked.height, np.int64)
        known = pl.DataFrame(self.crossed, schema=dict.fromkeys(self.columns, pl.String), orient="row")
        first = known.with_row_index("cell").unique(shared, keep="first", maintain_order=True).select("cell", *shared)
        found = asked.join(first, on=shared, how="left", maintain_order="left", nulls_equal=False)["cell"]
        return found.cast(pl.Int64).fill_null(-1).to_numpy()

    def encode(self, frame: pl.DataFrame) -> list[tuple[str, npt.NDArray[np.float32]]]:
        """A column for each level of each stratum, and for those crossed, where several are: 1 in its rows and 0 in
        others, less its share of the learned rows; 0 where the level is new, as in the mean of all."""
        out = []
        for name, levels, shares in zip(self.columns, self.levels, self.shares, strict=False):
            column = texts(frame, name)
            shown = np.stack([(column == level).fill_null(False).to_numpy() for level in levels], axis=1)
            out.append((name, _centre(shown, shares)))
        if len(self.columns) > 1:
            cells, known = self.cells(frame)
            crossed = (cells[:, None] == np.arange(len(self.crossed))) & known[:, None]
            out.append((" and ".join(self.columns), _centre(crossed, self.shares[-1])))
        return out

    def unknown(self, frame: pl.DataFrame) -> list[tuple[str, npt.NDArray[np.bool_], int]]:
        """For each stratum: which rows are of a level never learned, and how many were; for those crossed, and 0."""
        out = []
        for name, levels in zip(self.columns, self.levels, strict=True):
            out.append((name, ~texts(frame, name).is_in(levels).fill_null(False).to_numpy(), len(levels)))
        if len(self.columns) > 1:
            out.append((" and ".join(self.columns), ~self.cells(frame)[1], 0))
        return out

    def tell_unknown(self, frame: pl.DataFrame) -> tuple[str, ...]:
        """The levels never learned, in plain words."""
        notes = []
        for name, levels in zip(self.columns, self.levels, strict=True):
            column = texts(frame, name)
            strange = column.filter(~column.is_in(levels).fill_null(False))
            if len(strange):
                shown = ", ".join(repr(level) for level in strange.unique().sort().head(3))
                notes.append(
                    f"{name} {shown} ({len(strange):,} rows) was never learned ({', '.join(levels[:5])}): answered as "
                    "the likest stratum, and wider."
                )
        return tuple(notes)

    def record(self) -> dict[str, Any]:
        """The strata as JSON can say them."""
        return {
            "columns": list(self.columns),
            "levels": [list(levels) for levels in self.levels],
            "crossed": [list(cell) for cell in self.crossed],
            "shares": [list(own) for own in self.shares],
        }

    @classmethod
    def restored(cls, record: Mapping[str, Any]) -> Self:
        """The strata that a record came from. Raises `ValueError`, `KeyError` or `TypeError`."""
        columns = tuple(map(str, record["columns"]))
        levels = tuple(tuple(map(str, each)) for each in record["levels"])
        crossed = tuple(tuple(map(str, cell)) for cell in record["crossed"])
        if len(levels) != len(columns) or any(len(cell) != len(columns) for cell in crossed):
            raise ValueError("strata of other columns")
        shares = tuple(tuple(float(share) for share in own) for own in record["shares"])
        lengths = [*map(len, levels), *([len(crossed)] if len(columns) > 1 else [])]
        if [*map(len, shares)] != lengths or not all(0 <= share <= 1 for own in shares for share in own):
            raise ValueError("shares of other strata")
        return cls(columns, levels, crossed, shares)


def learn_strata(frame: pl.DataFrame, columns: Sequence[str]) -> Strata:
    """The strata of rows. Raises `DataError` where there are too many to say anything of each."""
    if not columns:
        return Strata((), (), (), ())
    levels_of = pl.DataFrame({name: texts(frame, name) for name in columns})
    counted = levels_of.drop_nulls().group_by(list(columns)).len("rows held")
    crossed = counted.sort("rows held", *columns, descending=[True, *[False] * len(columns)]).select(columns)
    if not crossed.height:
        raise DataError(f"no row has a value in all of {', '.join(columns)}; name strata that are known")
    if crossed.height > MOST:
        raise DataError(
            f"{' and '.join(columns)} make {crossed.height:,} strata; name columns of at most {MOST} levels together"
        )
    levels = tuple(tuple(crossed[name].unique().sort().to_list()) for name in columns)
    rows = int(counted["rows held"].sum())
    held = [dict(counted.group_by(name).agg(pl.col("rows held").sum()).iter_rows()) for name in columns]
    shares = [tuple(own[level] / rows for level in each) for own, each in zip(held, levels, strict=True)]
    if len(columns) > 1:
        known = dict(zip(counted.select(columns).rows(), counted["rows held"], strict=True))
        shares.append(tuple(known[cell] / rows for cell in crossed.rows()))
    return Strata(tuple(columns), levels, tuple(crossed.rows()), tuple(shares))


def _centre(shown: npt.NDArray[np.bool_], shares: Sequence[float]) -> npt.NDArray[np.float32]:
    known = shown.any(axis=1, keepdims=True)
    return np.where(known, shown - np.array(shares), 0.0).astype(np.float32)
