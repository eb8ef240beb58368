"""Linked tables: customers, and what they have in other tables, learned and drawn together.

The customers' own columns are learned as any table is. A child table's rows are drawn parent by parent, one after
another (`histories`), children of children given both. Of the customers that are drawn, those are kept that together
look like real ones: by their own columns and by what their histories amount to (`choosing`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import DataError, OptionError, SchemaError
from twinfold.protocols import CodeColumn, Codes, CodeTable, LikelihoodModel, Progress, silent
from twinfold.synthesis.calibration import CalibratedModel
from twinfold.synthesis.choosing import Chooser, learn_chooser
from twinfold.synthesis.clock import DAYS, Binning
from twinfold.synthesis.encoding.codebook import Codebook, learn_codebook
from twinfold.synthesis.engines.trees import TreesEngine
from twinfold.synthesis.histories import History, Rows, learn_history, read_rows, sort_rows
from twinfold.synthesis.synthesizer import MIN_ROWS, fit_codes
from twinfold.tables.dataset import Dataset
from twinfold.tables.layout import Layout
from twinfold.tables.rules import parse_rule
from twinfold.tables.schema import Kind, Link, Table
from twinfold.tables.values import from_values, physical_type, to_values

Array = npt.NDArray[Any]

CHUNK = 20_000
"""Customers drawn at a time."""

CANDIDATES = 2.2
"""Customers drawn for each that is kept."""

LEAF = 20
"""Customers whose rows fill a leaf."""

HELD_SHARE, LEAST_CUSTOMERS = 0.1, 1_000
"""Customers that say when choosing has learned enough, as a share; with fewer in all, none are chosen."""


@dataclass(frozen=True)
class Part:
    """What was learned of one table.

    Attributes:
        codebook: of its columns, without those that point to other learned tables and, of a history, the time.
        link: to its parent; None for the customers. Where `turned`, its column is this table's own key, and the
            parent's column `to` points to it: every row of the parent has one of its own here.
        history: of a child table; None for the customers, and for a table with too few rows to learn.
        times: the bins of its time, by which its own children know it.
        rows: how many there were.
    """

    table: Table
    layout: Layout
    codebook: Codebook
    rows: int
    link: Link | None = None
    turned: bool = False
    history: History | None = None
    times: Binning | None = None

    def context(self, rows: Rows, above: Codes) -> Codes:
        """What its children know of its rows: the parent's codes, and their own; (columns, rows)."""
        own = [rows.codes[name] for name in self.codebook.learned]
        if self.times is not None and rows.time is not None:
            own.append(self.times.encode(rows.time))
        parent = above[:, rows.parent]
        return np.concatenate([parent, np.stack(own).astype(np.uint16)]) if own else parent

    def context_columns(self, above: Sequence[CodeColumn]) -> tuple[CodeColumn, ...]:
        """What an engine may know of those codes."""
        own = self.codebook.code_columns
        return (*above, *own, *([] if self.times is None else [self.times.column("time")]))


@dataclass
class Population:
    """Drawn or real customers as codes, and their rows in other tables."""

    codes: Codes
    rows: dict[str, Rows] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many customers there are."""
        return int(self.codes.shape[1])


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

    @property
    def rows(self) -> int:
        """How many rows of the subject were learned."""
        return next(part.rows for part in self.parts if part.table.name == self.subject)

    @property
    def layouts(self) -> dict[str, Layout]:
        """How each table was stored, in the order in which they came."""
        found = {part.table.name: part.layout for part in self.parts}
        found |= {name: layout for name, (_, layout) in self.reference.items()}
        return {name: found[name] for name in self.order}

    def sample(self, n: int | None = None, *, seed: int = 1, progress: Progress = silent) -> dict[str, pl.DataFrame]:
        """Draw synthetic customers, and their rows in all tables; see `twinfold.sample`."""
        pieces = list(self.stream(n, seed=seed, progress=progress))
        return {name: pl.concat([piece[name] for piece in pieces if name in piece]) for name in self.order}

    def stream(
        self, n: int | None = None, *, seed: int = 1, progress: Progress = silent
    ) -> Iterator[dict[str, pl.DataFrame]]:
        """Synthetic customers in pieces, so that any number of them takes constant memory; reference tables first.

        `n` rows of the subject; where it hangs on another table, as many as go with n on average.
        """
        n = self.rows if n is None else n
        if n < 1:
            raise OptionError(f"n is {n}; give 1 or more")
        if seed < 0:
            raise OptionError(f"seed is {seed}; give 0 or more")
        begun = dict.fromkeys((part.table.name for part in self.parts), 0)
        if self.subject != self.parts[0].table.name:
            n = max(1, round(n * self.parts[0].rows / self.rows))
        for number, start in enumerate(range(0, n, CHUNK)):
            progress("drawing", start / n)
            rng = np.random.default_rng([seed, number])
            drawn = self.draw(min(CHUNK, n - start), rng)
            frames = self._store(drawn, begun, rng, seed)
            for name, frame in frames.items():
                begun[name] += frame.height
            yield frames | ({name: frame for name, (frame, _) in self.reference.items()} if not number else {})
        progress("drawing", 1.0)

    def draw(self, n: int, rng: np.random.Generator) -> Population:
        """Draw customers, as codes and numbers."""
        if self.chooser is None:
            return draw_population(self.parts, self.model, n, rng)
        choice = self.chooser.begin(n)
        kept: list[Population] = []
        while choice.have < n:
            drawn = draw_population(self.parts, self.model, int(CANDIDATES * (n - choice.have)) + 16, rng)
            kept.append(_take(self.parts, drawn, self.chooser.choose(choice, drawn, rng)))
        return _join(self.parts, kept)

    def _store(
        self, drawn: Population, begun: Mapping[str, int], rng: np.random.Generator, seed: int
    ) -> dict[str, pl.DataFrame]:
        frames: dict[str, pl.DataFrame] = {}
        for part in self.parts:
            name, start = part.table.name, begun[part.table.name]
            if part.link is None:
                frames[name] = part.codebook.decode(drawn.codes, rng=rng, start=start, seed=seed)
                continue
            rows = drawn.rows[name]
            codes = (
                np.stack([rows.codes[c] for c in part.codebook.learned]) if part.codebook.learned else rows.parent[None]
            )
            frame = part.codebook.decode(codes.astype(np.uint16), rng=rng, start=start, seed=seed)
            columns = {c: part.codebook.store_numbers(c, numbers) for c, numbers in rows.numbers.items()}
            if not part.turned:
                parent = frames[part.link.table][part.link.to].gather(rows.parent)
                columns[part.link.column] = parent.cast(physical_type(part.table[part.link.column].physical))
            if part.table.time is not None:
                time = np.full(len(rows), np.nan) if rows.time is None else rows.time
                column = part.table[part.table.time]
                columns[column.name] = from_values(pl.Series(time).fill_nan(None), column)
            frames[name] = frame.with_columns(pl.Series(c, values) for c, values in columns.items())
            if part.turned:
                pointing = next(p for p in self.parts if p.table.name == part.link.table)
                keys = pl.DataFrame({"place": rows.parent, "key": frames[name][part.link.column]}).unique("place")
                places = pl.DataFrame({"place": np.arange(frames[part.link.table].height)})
                own = places.join(keys, on="place", how="left", maintain_order="left")["key"]
                own = own.cast(physical_type(pointing.table[part.link.to].physical)).alias(part.link.to)
                frames[part.link.table] = frames[part.link.table].with_columns(own)
        for part in self.parts:
            frames[part.table.name] = _apply_rules(frames[part.table.name], part.table)
        names = {part.table.name: part.table.names for part in self.parts}
        return {name: frame.select(c for c in names[name] if c in frame.columns) for name, frame in frames.items()}

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write the model file, `*.twin`. Raises `OutputError` where the file exists and `force` is not set."""
        from twinfold.synthesis.linked_file import save_linked

        save_linked(self, path, force=force)

    def describe(self) -> str:
        """What was learned, in a few plain lines."""
        customers, *others = self.parts
        lines = [f"Learned {customers.rows:,} rows of {customers.table.name}, seed {self.seed}."]
        lines += [
            f"For each of {part.link.table}, its rows in {part.table.name} ({part.rows:,})"
            + (f", in the order of {part.table.time}." if part.history and part.history.clock else ".")
            for part in others
            if part.link is not None
        ]
        if self.reference:
            lines.append(f"Passed through as they are, every row: {', '.join(self.reference)}.")
        lines += [f"Note: {note}." for note in self.notes]
        return "\n".join(lines)


def _apply_rules(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The rows with the columns that follow rules: a rule may use what another one says."""
    left = [parse_rule(rule) for rule in table.rules]
    while left:
        ready = [rule for rule in left if {rule.left, rule.right} <= set(frame.columns)]
        for rule in ready:
            one, other = (
                to_values(frame[name], table[name]).cast(pl.Float64).fill_null(float("nan")).to_numpy()
                for name in (rule.left, rule.right)
            )
            column = table[rule.target]
            digits = 0 if column.kind is Kind.INTEGER else 6 if column.decimals is None else column.decimals
            values = pl.Series(np.round(rule.compute(one, other), digits)).fill_nan(None)
            frame = frame.with_columns(from_values(values, column).alias(rule.target))
        if not ready:
            listed = "; ".join(map(str, left))
            raise SchemaError(f"rules of {table.name} go round in a circle: {listed}; take one out of schema.toml")
        left = [rule for rule in left if rule not in ready]
    return frame


def draw_population(
    parts: Sequence[Part], model: LikelihoodModel | None, n: int, rng: np.random.Generator
) -> Population:
    """Draw n customers and their rows, each independently of the others."""
    codes = np.zeros((0, n), np.uint16) if model is None else model.sample(n, allowed={}, given={}, rng=rng).codes
    drawn = Population(codes)
    contexts = {parts[0].table.name: codes}
    for part in parts[1:]:
        if part.link is None:
            continue
        above = contexts[part.link.table]
        rows = _no_rows(part) if part.history is None else part.history.draw(above, rng)
        drawn.rows[part.table.name] = rows
        contexts[part.table.name] = part.context(rows, above)
    return drawn


def _no_rows(part: Part) -> Rows:
    nothing = np.zeros(0)
    codes = {name: nothing.astype(np.uint16) for name in part.codebook.learned}
    return Rows(nothing.astype(np.int64), nothing if part.table.time else None, {}, codes)


def _take(parts: Sequence[Part], drawn: Population, places: Array) -> Population:
    """Some of the customers, by their places, with their rows in all tables."""
    renumbered = {parts[0].table.name: np.full(drawn.size, -1)}
    renumbered[parts[0].table.name][places] = np.arange(len(places))
    out = Population(drawn.codes[:, places])
    for part in parts[1:]:
        if part.link is None:
            continue
        rows = drawn.rows[part.table.name]
        parent = renumbered[part.link.table][rows.parent]
        order = np.flatnonzero(parent >= 0)
        order = order[np.argsort(parent[order], kind="stable")]
        out.rows[part.table.name] = replace(rows.take(order), parent=parent[order])
        renumbered[part.table.name] = np.full(len(rows), -1)
        renumbered[part.table.name][order] = np.arange(len(order))
    return out


def _join(parts: Sequence[Part], pieces: Sequence[Population]) -> Population:
    """Customers of several populations as one."""
    out = Population(np.concatenate([piece.codes for piece in pieces], axis=1))
    for part in parts[1:]:
        if part.link is None:
            continue
        above = part.link.table
        sizes = [piece.size if above == parts[0].table.name else len(piece.rows[above]) for piece in pieces]
        starts = np.cumsum([0, *sizes[:-1]])
        moved = [
            replace(piece.rows[part.table.name], parent=piece.rows[part.table.name].parent + start)
            for piece, start in zip(pieces, starts, strict=True)
        ]
        out.rows[part.table.name] = Rows.together(moved)
    return out


def learn_linked(dataset: Dataset, *, seed: int = 0, progress: Progress = silent) -> LinkedSynthesizer:
    """Learn linked tables.

    Args:
        dataset: several tables, of which one holds the customers and every other points to one parent.
        seed: of all chance; the same seed gives the same model.
        progress: told how far the work has come.

    Raises:
        DataError: too few customers, a key that is given twice, or links that form no tree: several parents of one
            table, none, or a cycle.
    """
    if seed < 0:
        raise OptionError(f"seed is {seed}; give 0 or more")
    schema, notes = dataset.schema, list[str]()
    for known in schema.tables:
        ruled = {parse_rule(rule).target for rule in known.rules}
        _apply_rules(dataset.tables[known.name].drop(ruled).head(1), known)  # a circle is said before the work
    root, hanging = _plan(dataset)
    elsewhere = elsewhere_of(
        [root, *(hung.table for hung in hanging)],
        [None, *(hung.link for hung in hanging)],
        [False, *(hung.turned for hung in hanging)],
    )
    frame = dataset.tables[root.name]
    if frame.height < MIN_ROWS:
        raise DataError(
            f"{root.name} has {frame.height} row{'s' * (frame.height != 1)}: too few customers to learn without giving "
            f"single ones away; {MIN_ROWS} are needed; bring more"
        )
    codebook = learn_codebook(
        frame, body_of(root, elsewhere[root.name]), min_count=schema.min_count, tails=schema.tails
    )
    notes += codebook.notes
    table = codebook.encode(frame)
    stages = len(hanging) + 2
    parts = [Part(root, dataset.layouts[root.name], codebook, frame.height)]
    model, engine = None, ""
    if table.columns:
        choice, guarded = fit_codes(table, "auto", None, seed, _staged(progress, 0, stages))
        model, engine = guarded.model, choice.name
        notes += guarded.notes
        if model.note or guarded.stopped or not isinstance(model, CalibratedModel):
            raise KeyboardInterrupt  # it was stopped: what was learned of one table is no use without the others
    real = Population(table.codes)
    held = np.zeros(frame.height, bool)
    if frame.height >= LEAST_CUSTOMERS:
        held[np.random.default_rng(seed).permutation(frame.height)[: int(HELD_SHARE * frame.height)]] = True
    contexts = {root.name: _Context(table, np.arange(frame.height, dtype=np.int32), frame)}
    for place, hung in enumerate(hanging, 1):
        tell = _staged(progress, place, stages)
        name, above = hung.table.name, contexts[hung.link.table]
        part, rows, context = _learn_child(dataset, hung, above, elsewhere[name], held, seed, notes, tell)
        parts.append(part)
        real.rows[name] = rows
        contexts[name] = context
    chooser = None
    if frame.height >= LEAST_CUSTOMERS:
        tell = _staged(progress, stages - 1, stages)
        names = [part.table.name for part in parts[1:] if part.link is not None and part.link.table == root.name]
        chooser = learn_chooser(
            table.columns,
            real,
            names,
            lambda n, rng: draw_population(parts, model, n, rng),
            held=held,
            seed=seed,
            progress=tell,
        )
    progress("learning", 1.0)
    passed = {t.name: (dataset.tables[t.name], dataset.layouts[t.name]) for t in schema.tables if t.reference}
    subject, order = schema.subject or root.name, tuple(dataset.tables)
    return LinkedSynthesizer(tuple(parts), model, engine, chooser, passed, order, seed, subject, tuple(notes))


@dataclass(frozen=True)
class _Hung:
    """A table that hangs on another, as a part of it says."""

    table: Table
    link: Link
    turned: bool = False


@dataclass(frozen=True)
class _Context:
    """What children know of a table's rows: codes, the customer whose each is, (rows,), and the rows as stored."""

    table: CodeTable
    owners: Array
    frame: pl.DataFrame


def _learn_child(
    dataset: Dataset,
    hung: _Hung,
    above: _Context,
    elsewhere: set[str],
    held: Array,
    seed: int,
    notes: list[str],
    progress: Progress,
) -> tuple[Part, Rows, _Context]:
    """What was learned of a child table; its rows, in their order; and what its own children know of them."""
    child, link, schema = hung.table, hung.link, dataset.schema
    frame = dataset.tables[child.name]
    parent = _find_parents(frame[link.column], above.frame[link.to], child, link)
    lost = int((parent < 0).sum())
    if lost:
        notes.append(f"{child.name}: {lost:,} rows have no parent in {link.table}, and are left out")
        frame, parent = frame.filter(pl.Series(parent >= 0)), parent[parent >= 0]
    owners = above.owners
    codebook = learn_codebook(
        frame, body_of(child, elsewhere), min_count=schema.min_count, tails=schema.tails, owners=owners[parent]
    )
    notes += codebook.notes
    time = None
    if child.time is not None:
        time = to_values(frame[child.time], child[child.time]).cast(pl.Float64).fill_null(float("nan")).to_numpy()
    rows = read_rows(frame, codebook, parent, time)
    part = Part(child, dataset.layouts[child.name], codebook, frame.height, link, hung.turned)
    ordered = frame[sort_rows(parent, time)]
    customers = len(np.unique(owners[parent]))
    if customers < MIN_ROWS:
        notes.append(
            f"{child.name}: {customers} customers have rows there, too few to learn without giving single ones away "
            f"({MIN_ROWS} are needed); it comes out empty"
        )
        nothing = rows.take(np.zeros(0, np.int64))
        codes = np.zeros((len(part.context_columns(above.table.columns)), 0), np.uint16)
        known = CodeTable(part.context_columns(above.table.columns), codes)
        return part, nothing, _Context(known, np.zeros(0, np.int32), ordered.clear())
    learned = ~held[owners]
    place = np.cumsum(learned) - 1
    own = rows.take(learned[rows.parent])
    history = learn_history(
        codebook,
        replace(own, parent=place[own.parent]),
        CodeTable(above.table.columns, np.ascontiguousarray(above.table.codes[:, learned])),
        owners[learned],
        day=0.0 if child.time is None else DAYS.get(child[child.time].kind, 0.0),
        min_count=schema.min_count,
        engine=TreesEngine(min_leaf=LEAF),
        seed=seed,
        progress=progress,
    )
    if history.clock is None:  # too few say when: the rows have no order, and their time comes out missing
        rows = replace(rows, time=None)
        if child.time is not None:
            notes.append(
                f"{child.name}: too few customers have a {child.time} for it to be learned; it comes out missing"
            )
    part = replace(part, history=history, times=None if history.clock is None else history.clock.moments)
    known = CodeTable(part.context_columns(above.table.columns), part.context(rows, above.table.codes))
    return part, rows, _Context(known, owners[rows.parent].astype(np.int32), ordered)


def body_of(table: Table, elsewhere: Collection[str]) -> Table:
    """A table without what is said elsewhere: columns that point elsewhere or follow a rule, the time of a history."""
    ruled = [parse_rule(rule).target for rule in table.rules]
    columns = tuple(column for column in table if column.name not in (*elsewhere, *ruled, table.time))
    return table.model_copy(update={"columns": columns, "key": None, "links": (), "time": None, "rules": ()})


def elsewhere_of(tables: Sequence[Table], links: Sequence[Link | None], turned: Sequence[bool]) -> dict[str, set[str]]:
    """For each table, the columns that take their values from other tables' keys."""
    out: dict[str, set[str]] = {table.name: set() for table in tables}
    for table, link, around in zip(tables, links, turned, strict=True):
        if link is not None:
            out[link.table if around else table.name].add(link.to if around else link.column)
    return out


def _find_parents(values: pl.Series, keys: pl.Series, child: Table, link: Link) -> npt.NDArray[np.int64]:
    """The place of each row's parent, -1 where there is none."""
    twice = keys.filter(keys.is_duplicated())
    if len(twice):
        raise DataError(
            f"key {link.to!r} of {link.table} is given twice ({len(twice):,} rows share theirs), and {child.name} "
            "points to it; make it unique, or name another key in schema.toml"
        )
    places = pl.DataFrame({"key": keys, "place": np.arange(len(keys))})
    found = pl.DataFrame({"key": values.cast(keys.dtype, strict=False)}).join(
        places, on="key", how="left", maintain_order="left"
    )
    return found["place"].fill_null(-1).to_numpy().astype(np.int64)


def _plan(dataset: Dataset) -> tuple[Table, list[_Hung]]:
    """The table that all others hang on, and those, every child after its parent."""
    schema = dataset.schema
    learned = {table.name: table for table in schema.tables if not table.reference}
    links = {name: [link for link in table.links if link.table in learned] for name, table in learned.items()}
    hung: dict[str, list[_Hung]] = {name: [] for name in learned}
    for name, found in links.items():
        turned = [link for link in found if len(found) > 1 and not links[link.table] and _one_each(dataset, name, link)]
        turned = turned[: len(found) - 1]
        for link in turned:
            hung[name].append(_Hung(learned[link.table], Link(column=link.to, table=name, to=link.column), turned=True))
        links[name] = [link for link in found if link not in turned]
    for name, found in links.items():
        if len(found) > 1:
            parents = ", ".join(f"{link.table} ({link.column})" for link in found)
            raise DataError(
                f"{name} points to several tables: {parents}; one parent is learned yet: take the other link out of "
                "schema.toml (twinfold inspect --save)"
            )
        if found:
            hung[found[0].table].append(_Hung(learned[name], found[0]))
    below = {each.table.name for found in hung.values() for each in found}
    roots = [table for name, table in learned.items() if name not in below]
    if len(roots) != 1:
        listed = ", ".join(table.name for table in roots) or "none, for they point to each other in a circle"
        raise DataError(
            f"one table is needed that all others hang on: {listed}; say in schema.toml (twinfold inspect --save) what "
            'the others point to, as in links = { customer_id = "customers.id" }, whose key no two rows share, or name '
            "one file instead of the folder"
        )
    reached, hanging = [roots[0].name], list[_Hung]()
    for name in reached:
        hanging += hung[name]
        reached += [each.table.name for each in hung[name]]
    left = sorted(set(learned) - set(reached))
    if left:
        raise DataError(f"{', '.join(left)} point to each other in a circle; correct the links in schema.toml")
    return roots[0], hanging


def _one_each(dataset: Dataset, name: str, link: Link) -> bool:
    """Whether every row that a link points to is pointed to by one row, and none twice."""
    pointing, keys = dataset.tables[name][link.column], dataset.tables[link.table][link.to]
    return not pointing.null_count() and pointing.n_unique() == len(pointing) == len(keys)


def _staged(progress: Progress, place: int, stages: int) -> Progress:
    def tell(stage: str, done: float) -> None:
        progress("learning", (place + (done if stage == "learning" else 0.99)) / stages)

    return tell
