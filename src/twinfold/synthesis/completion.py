"""Completing rows: what is missing in them is drawn around what is there, several times (multiple imputation).

Rubin 1987, "Multiple imputation for nonresponse in surveys". The model's parameters are the same in all imputations, so
what it does not know of itself is left out of their spread.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import OptionError, unknown_name
from twinfold.protocols import Codes, Progress
from twinfold.synthesis.encoding.category import CategoryEncoding
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.observation import Mask, Observation, observe, read_codes
from twinfold.synthesis.resampling import choose_rows
from twinfold.synthesis.synthesizer import Synthesizer
from twinfold.tables.schema import Table
from twinfold.tables.values import from_values, to_values

ROWS = 10_000
"""Rows completed at a time."""


@dataclass
class Completion:
    """Rows to be completed, piece by piece. What stands below `seed` grows while they are.

    Attributes:
        frame, table: the rows as they are stored, and what their columns are.
        columns: the names of the columns to fill.
        m: how many times.
        filled: by column, how many cells were filled.
        effective, tried: of each row with a filled cell, the effective sample size behind it, and its candidates.
        lost: how many rows stayed as they were, because nothing that was learned goes with them.
    """

    synthesizer: Synthesizer
    frame: pl.DataFrame
    table: Table
    columns: Sequence[str]
    m: int
    seed: int
    filled: dict[str, int] = field(default_factory=dict)
    effective: list[npt.NDArray[np.float64]] = field(default_factory=list)
    tried: list[npt.NDArray[np.int64]] = field(default_factory=list)
    lost: int = 0

    def pieces(self, progress: Progress) -> Iterator[list[pl.DataFrame]]:
        """The rows in pieces, each `m` times."""
        self.filled = dict.fromkeys(self.columns, 0)
        for number, start in enumerate(range(0, self.frame.height, ROWS)):
            progress("completing", start / self.frame.height)
            yield self._complete(self.frame.slice(start, ROWS), np.random.default_rng([self.seed, number]))
        progress("completing", 1.0)

    def _complete(self, frame: pl.DataFrame, rng: np.random.Generator) -> list[pl.DataFrame]:
        codebook = self.synthesizer.codebook
        seen = observe(codebook, frame)
        place = {name: j for j, name in enumerate(codebook.learned)}
        holes = {name: to_values(frame[name], self.table[name]).is_null().to_numpy() for name in self.columns}
        fill = np.zeros(seen.codes.shape, np.bool_)
        for name in place.keys() & holes.keys():
            fill[place[name]] = holes[name]
        codes, possible = self._draw(seen, fill, rng)
        out = []
        for drawn in codes:
            columns = []
            for name, hole in holes.items():
                rows = hole & possible
                found = drawn[place[name], rows] if name in place else np.zeros(int(rows.sum()), np.uint16)
                values = from_values(read_codes(codebook, name, found, rng), self.table[name])
                take = np.arange(frame.height)
                take[rows] = frame.height + np.arange(len(found))
                columns.append(pl.concat([frame[name], values.cast(frame[name].dtype)]).gather(take))
            out.append(frame.with_columns(columns))
        for name, hole in holes.items():
            self.filled[name] += int((hole & possible).sum())
        return out

    def _draw(self, seen: Observation, fill: Mask, rng: np.random.Generator) -> tuple[Codes, Mask]:
        """Codes of shape (m, columns, rows), right where `fill` asks for them, and the rows that could be drawn."""
        model, columns = self.synthesizer.model, self.synthesizer.codebook.code_columns
        codes = np.zeros((self.m, *fill.shape), np.uint16)
        known, possible = seen.known & ~fill, np.ones(fill.shape[1], np.bool_)
        asked = np.flatnonzero(fill.any(axis=0))
        for rows in _alike(np.vstack([known, fill])[:, asked]):
            rows = asked[rows]
            allowed = {}
            for j in np.flatnonzero(fill[:, rows[0]]):
                if columns[j].missing is not None:
                    allowed[int(j)] = (np.arange(columns[j].cardinality) != columns[j].missing).astype(np.float32)
            around = {int(j): seen.codes[j, rows] for j in np.flatnonzero(known[:, rows[0]])}
            chosen = choose_rows(model, around, len(rows), len(fill), allowed=allowed, draws=self.m, rng=rng)
            codes[:, :, rows] = chosen.codes
            possible[rows] = chosen.effective > 0
            self.effective.append(chosen.effective)
            self.tried.append(chosen.tried)
        self.lost += int((~possible).sum())
        return codes, possible


def _alike(mask: Mask) -> list[npt.NDArray[np.int64]]:
    """The places of the columns of a mask, those that are alike together."""
    if not mask.shape[1]:
        return []
    keys = np.packbits(mask, axis=0)
    order = np.lexsort(keys)
    ends = np.flatnonzero((np.diff(keys[:, order], axis=1) != 0).any(axis=0)) + 1
    return np.split(order, ends)


def complete(
    synthesizer: Synthesizer, frame: pl.DataFrame, table: Table, *, m: int, columns: Sequence[str] | None, seed: int
) -> Completion:
    """Complete rows; see `twinfold.impute`.

    Args:
        synthesizer: what was learned.
        frame, table: the rows, as `tables.conformity.conform` gives them.
        m: how many times, 1 to 1,000.
        columns: which columns to fill; None fills all that have missing cells and can be filled.
        seed: of all chance.

    Raises:
        OptionError: `m` or `seed` is out of range, or a column is not there or can't be filled.
    """
    if not 1 <= m <= 1000:
        raise OptionError(f"m is {m}; give 1 to 1000 completed tables")
    if seed < 0:
        raise OptionError(f"seed is {seed}; give 0 or more")
    codebook = synthesizer.codebook
    if columns is None:
        here = [name for name in frame.columns if to_values(frame[name], table[name]).null_count()]
        return Completion(synthesizer, frame, table, [n for n in here if not _why_not(codebook, n)], m, seed)
    for name in columns:
        if name not in frame.columns:
            raise OptionError(unknown_name("column", name, frame.columns, among="the data"))
        if why := _why_not(codebook, name):
            raise OptionError(f"column {name!r} can't be filled: {why}; leave it out")
    return Completion(synthesizer, frame, table, list(dict.fromkeys(columns)), m, seed)


def _why_not(codebook: Codebook, name: str) -> str:
    """Why a column can't be filled; empty where it can."""
    encoding = codebook.encodings.get(name)
    if encoding is None:
        return "it is dropped, so nothing was learned of it"
    if isinstance(encoding, FilledEncoding):
        return "it is made up, not learned"
    if isinstance(encoding, CategoryEncoding) and not encoding.levels and encoding.label is None:
        return "no value that enough rows share was learned of it"
    return ""
