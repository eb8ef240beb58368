"""Linked tables: customers, and what they have in other tables, learned and drawn together.

The customers' own columns are learned as any table is. A child table's rows are drawn parent by parent, one after
another (`histories`), children of children given both. Of the customers that are drawn, those are kept that together
look like real ones: by their own columns and by what their histories amount to (`choosing`).
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import OptionError
from twinfold.protocols import LikelihoodModel, Progress, silent
from twinfold.synthesis.choosing import Chooser
from twinfold.synthesis.composite_keys import count_rows, separate
from twinfold.synthesis.continuing import SoFar, draw_onward, read_so_far
from twinfold.synthesis.cross_links import CrossLink
from twinfold.synthesis.dealing import Drawn, deal_rows
from twinfold.synthesis.differences import restore
from twinfold.synthesis.fairness import Parity, check_alone
from twinfold.synthesis.given_customers import check_given, draw_given
from twinfold.synthesis.linked_conditions import LinkedCondition, Shares, draw_obeying, read_condition, read_shares
from twinfold.synthesis.linked_fairness import draw_fairly, seek_linked_parity
from twinfold.synthesis.past import NOBODY, Rows
from twinfold.synthesis.population import (
    Part,
    Population,
    children_of,
    draw_population,
    gather,
    join_populations,
    take_customers,
)
from twinfold.synthesis.release import check_released, describe_verdict
from twinfold.tables.layout import Layout
from twinfold.tables.ruled_columns import apply_formulas
from twinfold.tables.schema import Link
from twinfold.tables.values import from_values, physical_type

if TYPE_CHECKING:
    from twinfold.evaluation.finding import Evaluation

Array = npt.NDArray[Any]

CHUNK, WORKERS = 20_000, 2
"""Customers drawn at a time, and how many times at once."""

CANDIDATES = 2.2
"""Customers drawn for each that is kept."""


@dataclass(frozen=True)
class LinkedSynthesizer:
    """Learned linked tables, every child after its parent.

    Attributes:
        parts: what was learned of each table; all others hang on the first.
        subject: the table whose rows are counted.
        model, engine: of the customers' own columns, and the engine that learned it; None where they have none.
        chooser: says which drawn customers are kept; None where there were too few to learn from.
        reference: tables that pass through, with their layouts.
        order: the names of all tables, as they came.
        seed: of the fit.
        notes: what was lost on the way, in plain words.
        beside: tables that customers' rows point to and that hang on no customer, with what hangs on them.
        crossing: the links that rows have besides the one to their parent.
        history: what happened to the model, in order, as records for the model file.
        evaluation: what was found about a model of the same making that had kept customers aside, where one was asked
            for.
    """

    parts: tuple[Part, ...]
    model: LikelihoodModel | None
    engine: str
    chooser: Chooser | None
    reference: Mapping[str, tuple[pl.DataFrame, Layout]]
    order: tuple[str, ...]
    seed: int
    subject: str
    notes: tuple[str, ...] = ()
    beside: tuple["LinkedSynthesizer", ...] = ()
    crossing: tuple[CrossLink, ...] = ()
    history: tuple[Mapping[str, Any], ...] = ()
    evaluation: "Evaluation | None" = field(default=None, compare=False)

    @property
    def every_part(self) -> tuple[Part, ...]:
        """What was learned of all tables, the customers' first."""
        return *self.parts, *(part for tree in self.beside for part in tree.parts)

    @property
    def roots(self) -> tuple[Part, ...]:
        """What was learned of the tables that hang on no other, the customers' first."""
        return self.parts[0], *(tree.parts[0] for tree in self.beside)

    @property
    def rows(self) -> int:
        """How many rows of the subject were learned."""
        return next(part.rows for part in self.parts if part.table.name == self.subject)

    @property
    def layouts(self) -> dict[str, Layout]:
        """How each table was stored, in the order in which they came."""
        found = {part.table.name: part.layout for part in self.every_part}
        found |= {name: layout for name, (_, layout) in self.reference.items()}
        return {name: found[name] for name in self.order}

    def sample(
        self,
        n: int | None = None,
        *,
        where: str | None = None,
        given: pl.DataFrame | None = None,
        balance: str | None = None,
        fair: str | None = None,
        seed: int = 1,
        progress: Progress = silent,
    ) -> dict[str, pl.DataFrame]:
        """Draw synthetic customers, and their rows in all tables; see `twinfold.sample`."""
        asked: dict[str, Any] = {"where": where, "given": given, "balance": balance, "fair": fair}
        pieces = list(self.stream(n, **asked, seed=seed, progress=progress))
        return {name: pl.concat([piece[name] for piece in pieces if name in piece]) for name in self.order}

    def stream(
        self,
        n: int | None = None,
        *,
        where: str | None = None,
        given: pl.DataFrame | None = None,
        balance: str | None = None,
        fair: str | Parity | None = None,
        seed: int = 1,
        progress: Progress = silent,
    ) -> Iterator[dict[str, pl.DataFrame]]:
        """Synthetic customers in pieces, so that any number of them takes constant memory; reference tables first.

        `n` rows of the subject; where it hangs on another table, as many as go with n on average. `given` customers
        are all rows of the table that the others hang on, stored as there; it is a column of that, too, whose levels
        have shares by `balance`, and whose groups have an outcome alike by `fair`. Raises `RefusedError` where the
        model was refused.
        """
        check_released(self.history)
        check_alone(fair, balance=balance, given=given)
        if given is not None:
            self._check_given(n, where, balance, given)
        n = self.rows if n is None else n
        if n < 1:
            raise OptionError(f"n is {n}; give 1 or more")
        if seed < 0:
            raise OptionError(f"seed is {seed}; give 0 or more")
        condition = None if where is None else read_condition(where, self.parts)
        shares = None if balance is None else read_shares(balance, where, self.parts)
        parity = self.seek_parity(fair, where) if isinstance(fair, str) else fair
        root = self.parts[0].table.name
        begun = dict.fromkeys((part.table.name for part in self.every_part), 0)
        if self.subject != root:
            n = max(1, round(n * self.parts[0].rows / self.rows))
        n = n if given is None else given.height
        ends = _divide(n)
        sizes = np.diff(ends, prepend=0)
        owns = [None if given is None else given.slice(end - size, size) for end, size in zip(ends, sizes, strict=True)]

        def draw(number: int) -> tuple[list[Population], np.random.Generator]:
            rng, own = np.random.default_rng([seed, number]), owns[number]
            begin, end = int(ends[number] - sizes[number]), int(ends[number])
            if own is not None:
                drawn = draw_given(self.parts, own, rng, self.crossing)
            elif shares is not None:
                drawn = self._draw_balanced(shares, begin, end, rng)
            elif parity is not None:
                places = begin, end
                drawn = draw_fairly(self.parts, parity, where, places, draw=self.draw, store=self._store_some, rng=rng)
            else:
                drawn = self.draw(end - begin, rng, condition)
            return [drawn, *self._draw_beside(begin, end, rng)], rng

        with ThreadPoolExecutor(WORKERS) as pool:
            ahead = deque(pool.submit(draw, number) for number in range(min(WORKERS, len(sizes))))
            try:
                for number in range(len(sizes)):
                    progress("drawing", number / len(sizes))
                    populations, rng = ahead.popleft().result()
                    if number + WORKERS < len(sizes):
                        ahead.append(pool.submit(draw, number + WORKERS))
                    frames = self._store_all(populations, begun, rng, seed, owns[number])
                    yield frames | ({name: frame for name, (frame, _) in self.reference.items()} if not number else {})
            finally:
                pool.shutdown(cancel_futures=True)
        progress("drawing", 1.0)

    def seek_parity(self, fair: str, where: str | None = None) -> Parity:
        """The shares with parity that customers are drawn by, the same whatever the seed of the draw."""
        rng = np.random.default_rng(self.seed)
        return seek_linked_parity(self.parts, fair, where, draw=self.draw, store=self._store_some, rng=rng)

    def go_on(
        self,
        given: Mapping[str, pl.DataFrame],
        *,
        after: str | None = None,
        until: str | None = None,
        seed: int = 1,
        progress: Progress = silent,
    ) -> tuple[dict[str, pl.DataFrame], tuple[str, ...]]:
        """What comes next in the histories of given customers; and notes, in plain words; see `twinfold.sample`.

        `given`: all learned tables as they are stored, but for those that pass through. Raises `RefusedError` where the
        model was refused.
        """
        check_released(self.history)
        if seed < 0:
            raise OptionError(f"seed is {seed}; give 0 or more")
        so_far, rng = read_so_far(self.parts, given, after, until), np.random.default_rng([seed, 0])
        progress("drawing", 0.0)
        drawn = draw_onward(self.parts, so_far, rng)
        begun = dict.fromkeys((part.table.name for part in self.parts), 0)
        every = _narrow(self._store(drawn, begun, rng, seed, so_far.frames, so_far), self.parts)
        new = {name: frame.slice(so_far.frames[name].height) for name, frame in every.items()}
        frames = self._write(new, begun, seed)
        for part in self.parts:
            name, before = part.table.name, so_far.stored[part.table.name]
            if part.link is None:
                frames[name] = before
            elif part.table.time is None:
                frames[name] = pl.concat([before.select(frames[name].columns), frames[name]], how="vertical_relaxed")
        progress("drawing", 1.0)
        return frames | {name: frame for name, (frame, _) in self.reference.items()}, so_far.notes

    def draw(self, n: int, rng: np.random.Generator, condition: LinkedCondition | None = None) -> Population:
        """Draw customers, as codes and numbers; those who obey a condition, if any."""
        if condition is not None:
            draw, store = self.draw, self._store_some
            return draw_obeying(self.parts, self.model, n, condition, draw=draw, store=store, rng=rng)
        if self.chooser is None:
            return draw_population(self.parts, self.model, n, rng)
        choice = self.chooser.acceptance.begin(n)
        kept: list[Population] = []
        while choice.have < n:
            drawn = draw_population(self.parts, self.model, int(CANDIDATES * (n - choice.have)) + 16, rng)
            kept.append(take_customers(self.parts, drawn, self.chooser.choose(choice, drawn, rng)))
        return join_populations(self.parts, kept)

    def _draw_balanced(self, shares: Shares, begin: int, end: int, rng: np.random.Generator) -> Population:
        """The customers of some places among all, with such shares of levels."""
        asked = zip(shares.balance.counts(begin, end), shares.conditions, strict=True)
        drawn = join_populations(self.parts, [self.draw(n, rng, condition) for n, condition in asked if n])
        return take_customers(self.parts, drawn, rng.permutation(drawn.size))

    def _draw_beside(self, begin: int, end: int, rng: np.random.Generator) -> Iterator[Population]:
        """Of each tree of tables beside the customers', as many as go with customers of some places among all."""
        for tree in self.beside:
            share = tree.parts[0].rows / self.parts[0].rows
            yield tree.draw(max(round(share * end) - round(share * begin), 1), rng)

    def _check_given(self, n: int | None, where: str | None, balance: str | None, given: pl.DataFrame) -> None:
        for what, asked in (("a condition", where), ("shares", balance)):
            if asked is not None:
                raise OptionError(f"{what} ({asked[:200]!r}) beside given customers, who are kept; drop one of both")
        if n is not None and n != given.height:
            raise OptionError(f"n is {n}, but {given.height} customers are given, and all are kept; leave n out")
        check_given(self.parts, given)

    def _store_some(self, parts: Sequence[Part], drawn: Population) -> dict[str, pl.DataFrame]:
        """Some of the stored tables: as they will be, but for made-up columns."""
        begun = dict.fromkeys((part.table.name for part in parts), 0)
        return _narrow(replace(self, parts=tuple(parts))._store(drawn, begun, np.random.default_rng(0), 0), parts)

    def _store_all(
        self,
        populations: Sequence[Population],
        begun: dict[str, int],
        rng: np.random.Generator,
        seed: int,
        given: pl.DataFrame | None = None,
    ) -> dict[str, pl.DataFrame]:
        """The tables of the customers' population and those beside it, by name; `begun` counts the rows so far."""
        root = self.parts[0].table.name
        before = dict(begun)
        frames = self._store(populations[0], begun, rng, seed, {} if given is None else {root: given})
        for tree, population in zip(self.beside, populations[1:], strict=True):
            frames |= tree._store(population, begun, rng, seed)
        for name, frame in frames.items():
            begun[name] += frame.height
        if self.crossing or any(part.table.together for part in self.every_part):
            drawn = Drawn(frames, {}, {})
            for tree, population in zip((self, *self.beside), populations, strict=True):
                drawn.places[tree.parts[0].table.name] = ("", np.zeros(0, np.int64))
                for part, link in children_of(tree.parts):
                    rows = population.rows[part.table.name]
                    drawn.places[part.table.name] = (link.table, rows.parent)
                    drawn.names |= {(part.table.name, column): names for column, names in rows.names.items()}
            kept = (link for link in self.crossing if given is None or link.table != self.parts[0].table.name)
            deal_rows(tuple(kept), {part.table.name: part.table for part in self.every_part}, drawn, rng)
            for part, link in children_of(self.every_part):
                if link.also and not part.turned:  # a part of the key may have been dealt
                    keys = _take_keys(part, link, frames[link.table], drawn.places[part.table.name][1])
                    frames[part.table.name] = frames[part.table.name].with_columns(keys.values())
        return self._write(_narrow(frames, self.every_part), before, seed, () if given is None else (root,))

    def _store(
        self,
        drawn: Population,
        begun: Mapping[str, int],
        rng: np.random.Generator,
        seed: int,
        given: Mapping[str, pl.DataFrame] | None = None,
        so_far: SoFar | None = None,
    ) -> dict[str, pl.DataFrame]:
        """The tables, by name, with the columns that links add.

        `given` rows stand as they are, and behind those of child tables, `so_far`, the new ones.
        """
        given = given or {}
        root = self.parts[0]
        start = begun[root.table.name]
        frame = root.codebook.decode(drawn.codes, rng=rng, start=start, seed=seed)
        frame = frame.with_columns(root.codebook.store_numbers(c, numbers) for c, numbers in drawn.numbers.items())
        frame = apply_formulas(restore(frame, root.table, root.differences, {}), root.table)
        frame = separate(frame, root.table, None, rng)
        if root.table.name in given:
            own = given[root.table.name]
            frame = own.with_columns(frame[c] for c in frame.columns if c not in own.columns)
        frames = {root.table.name: frame}
        bases: dict[str, Mapping[str, Array]] = {root.table.name: root.bases(drawn.numbers, None, {})}
        for part, link in children_of(self.parts):
            name, rows = part.table.name, drawn.rows[part.table.name]
            known = gather(bases[link.table], rows.parent)
            frame = _store_rows(part, rows, rng, begun[name], seed, so_far)
            if not part.turned:
                frame = frame.with_columns(_take_keys(part, link, frames[link.table], rows.parent).values())
            if part.counting is not None:
                frame = frame.with_columns(count_rows(rows.parent, part.table, part.counting).alias(part.counting[0]))
            frame, bases[name] = (
                separate(restore(frame, part.table, part.differences, known), part.table, link, rng),
                part.bases(rows.numbers, rows.time, known),
            )
            if part.turned and len(rows):
                pointing = next(p for p in self.parts if p.table.name == link.table)
                frames[link.table] = _turn(frames[link.table], pointing, link, rows, frame[link.column])
            if so_far is not None:
                frame, bases[name] = so_far.before(name, frame, bases[name])
            frames[name] = frame
        for part in self.parts[1:]:
            frames[part.table.name] = apply_formulas(frames[part.table.name], part.table)
        return frames

    def _write(
        self, frames: Mapping[str, pl.DataFrame], begun: Mapping[str, int], seed: int, given: Collection[str] = ()
    ) -> dict[str, pl.DataFrame]:
        """The tables with birth numbers made for what was drawn; `given` ones as they are."""
        parts = {part.table.name: part for part in self.every_part}
        return {
            name: frame.select(parts[name].stored.names)
            if name in given
            else parts[name].births.write(frame, start=begun[name], seed=seed)
            for name, frame in frames.items()
        }

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write the model file, `*.twin`. Raises `OutputError` where the file exists and `force` is not set."""
        from twinfold.synthesis.linked_file import save_linked

        save_linked(self, path, force=force)

    def describe(self) -> str:
        """What was learned, in a few plain lines."""
        customers = self.parts[0]
        lines = [f"Learned {customers.rows:,} rows of {customers.table.name}, seed {self.seed}."]
        lines += self._describe_children()
        for tree in self.beside:
            root = tree.parts[0]
            lines.append(f"Beside them, {root.rows:,} rows of {root.table.name}, which they point to.")
            lines += tree._describe_children()
        if self.reference:
            lines.append(f"Passed through as they are, every row: {', '.join(self.reference)}.")
        lines += [f"Note: {note}." for note in self.notes]
        return "\n".join([*lines, *describe_verdict(self.evaluation, self.history)])

    def _describe_children(self) -> list[str]:
        return [
            f"For each of {link.table}, its rows in {part.table.name} ({part.rows:,})"
            + (f", in the order of {part.table.time}." if part.history and part.history.clock else ".")
            for part, link in children_of(self.parts)
        ]


def _take_keys(part: Part, link: Link, parents: pl.DataFrame, place: Array) -> dict[str, pl.Series]:
    """The columns by which rows point to their parents, whose places are given."""
    pairs = zip(link.columns, link.targets, strict=True)
    return {c: parents[to].gather(place).cast(physical_type(part.table[c].physical)).alias(c) for c, to in pairs}


def _divide(n: int) -> npt.NDArray[np.int64]:
    """Where pieces of n customers end: as few of them as may be, and of like size."""
    pieces = -(-n // CHUNK)
    return np.arange(1, pieces + 1) * n // pieces


def _narrow(frames: Mapping[str, pl.DataFrame], parts: Sequence[Part]) -> dict[str, pl.DataFrame]:
    """The tables with their own columns alone."""
    names = {part.table.name: part.table.names for part in parts}
    return {name: frame.select(c for c in names[name] if c in frame.columns) for name, frame in frames.items()}


def _store_rows(
    part: Part, rows: Rows, rng: np.random.Generator, start: int, seed: int, so_far: SoFar | None
) -> pl.DataFrame:
    """The rows of a child table, without what points to its parents, distances in the place of what they stand for."""
    learned, table = part.codebook.learned, part.table
    codes = np.stack([rows.codes[c] for c in learned]) if learned else rows.parent[None]
    frame = part.codebook.decode(codes.astype(np.uint16), rng=rng, start=start, seed=seed)
    if so_far is not None and table.key is not None and table.key in frame.columns:
        frame = frame.with_columns(so_far.free_key(part, frame[table.key], seed).alias(table.key))
    columns = {c: part.codebook.store_numbers(c, numbers) for c, numbers in rows.numbers.items()}
    for c, names in rows.names.items():
        made = frame[c]
        if so_far is not None:  # whom a customer paid so far may be paid again
            made = pl.concat([so_far.frames[table.name][c], made])
            names = np.concatenate([so_far.rows[table.name].names[c], names])
        columns[c] = _repeat(made, names).slice(len(made) - len(rows))
    if table.time is not None:
        time = np.full(len(rows), np.nan) if rows.time is None else rows.time
        columns[table.time] = from_values(pl.Series(time).fill_nan(None), table[table.time])
    return frame.with_columns(pl.Series(c, values) for c, values in columns.items())


def _turn(frame: pl.DataFrame, pointing: Part, link: Link, rows: Rows, key: pl.Series) -> pl.DataFrame:
    """The rows of a table with the keys of the rows that were drawn with them."""
    keys = pl.DataFrame({"place": rows.parent, "key": key}).unique("place")
    places = pl.DataFrame({"place": np.arange(frame.height)})
    own = places.join(keys, on="place", how="left", maintain_order="left")["key"]
    return frame.with_columns(own.cast(physical_type(pointing.table[link.to].physical)).alias(link.to))


def _repeat(values: pl.Series, names: Array) -> pl.Series:
    """Made-up values, those of rows with the same name alike: the first one's."""
    _, first, place = np.unique(names, return_index=True, return_inverse=True)
    own = np.where(names == NOBODY, np.arange(len(names)), first[place])
    return values.gather(own)
