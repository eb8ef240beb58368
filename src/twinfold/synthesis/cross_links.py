"""Links that cross the trees of tables: what rows point to besides the parent that they are drawn for.

A row of an order hangs on its order and also points to a product; a transaction hangs on its account and points to one
of the customer's cards; a customer was recommended by another. Such a link is a choice among rows that exist (as in
cross-classified models: Goldstein 1994, "Multilevel cross-classified models"). What the pointed row is, in a few coarse
`Trait`s, is learned as columns of the row that points; how many rows point to it, as a column of the pointed one. Both
tables are drawn, and then the one's rows are dealt to the other's (`dealing`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from twinfold.synthesis.differences import read_numbers
from twinfold.synthesis.hierarchy import Forest, find_parents
from twinfold.synthesis.trait import Trait
from twinfold.tables.dataset import Dataset
from twinfold.tables.keys import sort_rows
from twinfold.tables.orders import LEAST_SURPRISE, in_unit_of
from twinfold.tables.rules import Order
from twinfold.tables.schema import Column, Kind, Link, Table, Treatment

Array = npt.NDArray[Any]

MOST_TRAITS = 4
"""Traits of a row that is pointed to that are known to those that point to it."""

ROWS_A_CELL = 5
"""Rows that must share the codes of all traits on average, where they are chosen from all rows of a table."""

SAME_CUSTOMER, KEPT_ORDER, BACKWARDS, EQUAL = 0.95, 0.999, 0.99, 0.99
"""Rows that must point within their parent, to what is no later, to a row before, or to what holds the same in some
column, for all drawn ones to do so."""

MOST_EQUAL = 3
"""Columns in which a row may be like the one that it points to."""

SURE, LEAST_ASSOCIATION, SAME_TRAIT, LOOKED_AT = 5.0, 0.002, 0.8, 50_000
"""How many standard deviations beyond chance an association must be, and how strong (as the square of Cramér's V), for
a trait to be one; how strongly it may go with another one; and rows by which that is found."""


class CrossLink(BaseModel):
    """How the rows of a table choose what they point to by a column.

    Attributes:
        table, column: which points.
        target, to: the table that it points to, and the key there.
        also: further columns that point, each with that of the key which it holds.
        traits: of the pointed row, the one that says most first.
        within: the table above both that a row and the one that it points to share their row of; None where that may
            be any row of the target.
        back: whether it points to an earlier row of its own history; then it is learned how many rows back.
        equal: columns of the target, each with one of the row that points, which hold the same.
        order: a time of the target, and one of the row that points, which is never earlier.
        acyclic: whether rows that point to rows of their own table never come round to themselves.
        nullable: whether some rows point nowhere.
        different: rows that a customer's rows point to, as a share of the rows that point.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    column: str
    target: str
    to: str
    also: tuple[tuple[str, str], ...] = ()
    traits: tuple[Trait, ...] = Field(default=(), max_length=MOST_TRAITS)
    within: str | None = None
    back: bool = False
    equal: tuple[tuple[str, str], ...] = Field(default=(), max_length=MOST_EQUAL)
    order: tuple[str, str] | None = None
    acyclic: bool = False
    nullable: bool = True
    different: float = Field(default=1.0, ge=0, le=1)

    @property
    def link(self) -> Link:
        """The link that it is, as a schema says it."""
        return Link(column=self.column, table=self.target, to=self.to, also=self.also)

    def name_of(self, trait: Trait) -> str:
        """The column by which rows know a trait of what they point to."""
        return f"{self.column} → {trait.column}"

    @property
    def back_name(self) -> str:
        """The column of how many rows back a row points."""
        return f"{self.column} → back"

    @property
    def degree_name(self) -> str:
        """The target's column of how many rows point to each of its rows."""
        return f"rows of {self.table}.{self.column}"

    @property
    def degree_column(self) -> Column:
        """What that column is."""
        return _counted(self.degree_name)

    @property
    def own_columns(self) -> tuple[Column, ...]:
        """The columns that the table which points has in addition while it is learned."""
        traits = (Column(name=self.name_of(t), kind=Kind.CATEGORY, physical="Int64") for t in self.traits)
        return (*traits, *([_counted(self.back_name)] if self.back else []))


def _counted(name: str) -> Column:
    return Column(name=name, kind=Kind.INTEGER, physical="Int64", decimals=0)


Places = dict[str, tuple[str, Array]]
"""By table: the one above it ("" for the first of a tree), and the place there of each row's parent, -1 without one."""


def line_of(places: Places, name: str, rows: int) -> dict[str, Array]:
    """A table and those above it, nearest first, each with the place of every row's own row there, -1 without one."""
    place, out = np.arange(rows), {}
    while name:
        out[name] = place
        above, parents = places[name]
        if above:
            place = np.where(place >= 0, parents[place], -1) if len(parents) else place
        name = above
    return out


def widen(table: Table, links: Iterable[CrossLink]) -> Table:
    """A table with the columns that links add to it while it is learned, and with those that point made up.

    Orders that links keep are none of its rules.
    """
    links = list(links)
    pointing = {link.column for link in links if link.table == table.name}
    made_up = {"kind": Kind.IDENTIFIER, "treatment": Treatment.FAKE}
    besides = {column for link in links if link.table == table.name for column, _ in link.also} - pointing
    fates = dict.fromkeys(pointing, made_up) | {name: {"treatment": Treatment.DROP} for name in besides}
    own = (column.model_copy(update=fates.get(column.name, {})) for column in table)
    orders = {
        str(Order(f"{link.target}.{link.order[0]}", link.order[1]))
        for link in links
        if link.table == table.name and link.order is not None
    }
    rules = tuple(rule for rule, known in zip(table.rules, table.parsed_rules, strict=True) if str(known) not in orders)
    return table.model_copy(update={"columns": (*added_columns(table.name, links), *own), "rules": rules})


def added_columns(name: str, links: Iterable[CrossLink]) -> list[Column]:
    """The columns that links add to a table while it is learned."""
    links = list(links)
    own = [column for link in links if link.table == name for column in link.own_columns]
    return [*own, *(link.degree_column for link in links if link.target == name and not link.back)]


@dataclass
class _Pointing:
    """The rows of a table that point by a link, to rows that are there and that hang on customers, as all do here.

    Attributes:
        rows, place: their places, and those of what they point to.
        here, there: the lines of both; see `line_of`.
        sharing: the lines of all rows of the target, pointed to or not.
    """

    rows: Array
    place: Array
    here: dict[str, Array]
    there: dict[str, Array]
    sharing: dict[str, Array]

    @property
    def owners(self) -> Array:
        """Whose each of the rows is."""
        return next(reversed(self.here.values()))

    @property
    def pointed(self) -> Array:
        """Whose each row of the target is."""
        return next(reversed(self.sharing.values()))


def find_places_of(frames: Mapping[str, pl.DataFrame], tables: Iterable[tuple[Table, Link | None]]) -> Places:
    """The places of the parents of stored rows, of tables each with the link to its parent, if it has one."""
    return {
        table.name: ("", np.zeros(0, np.int64))
        if link is None
        else (link.table, find_parents(frames[table.name], frames[link.table], table, link))
        for table, link in tables
    }


def learn_cross_links(
    dataset: Dataset, forest: Forest, notes: list[str]
) -> tuple[tuple[CrossLink, ...], dict[str, pl.DataFrame]]:
    """What is known of the links that cross the trees; and the tables with the columns that these add to them."""
    frames, schema = dict(dataset.tables), dataset.schema
    hung = [each for tree in forest.trees for each in ((tree.root, None), *((b.table, b.link) for b in tree.branches))]
    places, tables = find_places_of(frames, hung), {table.name: table for table, _ in hung}
    out, found = list[CrossLink](), list[Array]()
    for name, link in forest.crossing:
        table = tables[name]
        if table[link.column].treatment is Treatment.DROP:
            continue
        values = frames[name][link.column]
        place = find_parents(frames[name], dataset.tables[link.table], table, link)
        lost = int(((place < 0) & values.is_not_null().to_numpy()).sum())
        if lost:
            notes.append(
                f"{name}: {lost:,} rows point by {link.column} to no row of {link.table}, and are taken to point "
                "nowhere"
            )
            frames[name] = frames[name].with_columns(values.set(pl.Series(place < 0), None))
        made = CrossLink(table=name, column=link.column, target=link.table, to=link.to, also=link.also)
        frames[link.table] = _with_degree(made, frames, place)
        made = _learn(made, frames, tables, places, place, schema.min_count)
        notes.append(_describe(made, places[name][0]))
        out.append(made)
        found.append(place)
    for made, place in zip(out, found, strict=True):
        frames[made.table] = _with_traits(made, frames, tables, places, place)
    for name, table in tables.items():
        frames[name] = frames[name].select(widen(table, out).names)
    return tuple(out), frames


def add_crossing(
    frames: Mapping[str, pl.DataFrame], tables: Mapping[str, Table], places: Places, links: Sequence[CrossLink]
) -> dict[str, pl.DataFrame]:
    """Stored tables with the columns that learned links add to them: the traits of what their rows point to, and how
    many rows point to each.

    Args:
        frames: all tables, by name; tables: what those are whose rows hang on customers, or on what these point to.
        places: of their parents, see `find_places_of`.
    """
    out = dict(frames)
    found = [find_parents(out[link.table], out[link.target], tables[link.table], link.link) for link in links]
    for link, place in zip(links, found, strict=True):
        out[link.target] = _with_degree(link, out, place)
    for link, place in zip(links, found, strict=True):
        out[link.table] = _with_traits(link, out, tables, places, place)
    return out


def _describe(link: CrossLink, parent: str) -> str:
    said = f"{link.table} hangs on {parent} and points" if parent else f"{link.table} points"
    if link.back:
        return f"{said} by {link.column} to an earlier row of its own history"
    among = "any of its rows" if link.within is None else f"one of the same row of {link.within}"
    return f"{said} by {link.column} to {link.target}, to {among}"


def _learn(
    link: CrossLink,
    frames: Mapping[str, pl.DataFrame],
    tables: Mapping[str, Table],
    places: Places,
    place: Array,
    min_count: int,
) -> CrossLink:
    here, there = (line_of(places, name, frames[name].height) for name in (link.table, link.target))
    hang = next(reversed(here.values())) >= 0
    rows = np.flatnonzero((place >= 0) & hang)
    above, beside = ({n: p[of] for n, p in line.items()} for line, of in ((here, rows), (there, place[rows])))
    pointing = _Pointing(rows, place[rows], above, beside, there)
    link = link.model_copy(update={"nullable": bool((place[hang] < 0).any())})
    if not len(rows):
        return link
    within = _find_within(link, pointing)
    update: dict[str, Any] = {"within": within}
    if link.table == link.target and within == places[link.table][0] and within:
        before = _count_back(frames[link.table], tables[link.table], places[link.table][1], place)
        update["back"] = float((before[rows] > 0).mean()) >= BACKWARDS
    link = link.model_copy(update=update)
    order = None if link.back else _find_order(link, frames, tables, pointing)
    acyclic = link.table == link.target and order is None and not _has_cycle(place)
    pairs = pointing.owners * frames[link.target].height + pointing.place
    different = len(np.unique(pairs)) / len(rows)
    equal = () if link.back else _find_equal(link, frames, tables, pointing)
    link = link.model_copy(update={"equal": equal})
    traits = _find_traits(link, frames, tables, pointing, min_count)
    return link.model_copy(update={"order": order, "acyclic": acyclic, "different": different, "traits": traits})


def _find_within(link: CrossLink, pointing: _Pointing) -> str | None:
    """The nearest table above both of which a row and what it points to share their row."""
    for name, own in pointing.here.items():
        if name in pointing.there and name != link.table and (own == pointing.there[name]).mean() >= SAME_CUSTOMER:
            return name
    return None


def _count_back(frame: pl.DataFrame, table: Table, parent: Array, place: Array) -> Array:
    """How many rows back in its history the row is that each points to, (rows,); 0 where it points nowhere."""
    order = sort_rows(parent, None if table.time is None else read_numbers(frame, table[table.time]))
    position = np.empty(len(order), np.int64)
    position[order] = np.arange(len(order))
    return np.where(place >= 0, position - position[place], 0)


def _has_cycle(place: Array) -> bool:
    """Whether one comes round to where one was, going from row to row that these point to, (rows,), -1 to none."""
    ahead = np.append(place, -1)
    for _ in range(int(np.log2(len(ahead))) + 1):
        ahead = ahead[ahead]
    return bool((ahead >= 0).any())


def _find_order(
    link: CrossLink, frames: Mapping[str, pl.DataFrame], tables: Mapping[str, Table], pointing: _Pointing
) -> tuple[str, str] | None:
    """The time of the target, and that of a row, between which least lies, of those where it never is the later one."""
    table, target = tables[link.table], tables[link.target]
    for rule in table.parsed_rules:
        if isinstance(rule, Order) and rule.low.startswith(f"{link.target}.") and rule.high in table.names:
            return rule.low.removeprefix(f"{link.target}."), rule.high
    best: tuple[float, tuple[str, str]] | None = None
    for own in _times(table):
        later = read_numbers(frames[link.table], own)[pointing.rows]
        for other in _times(target):
            if (own.kind in _DATES) != (other.kind in _DATES) or (table is target and own is not other):
                continue
            earlier = in_unit_of(own, read_numbers(frames[link.target], other), other)[pointing.place]
            known = ~np.isnan(later) & ~np.isnan(earlier)
            gap = (later - earlier)[known]
            shuffled = np.random.default_rng(0).permutation(earlier[known])
            if len(gap) and (gap >= 0).mean() >= KEPT_ORDER and (shuffled > later[known]).mean() >= LEAST_SURPRISE:
                found = float(np.median(gap)), (other.name, own.name)
                best = found if best is None else min(best, found)
    return None if best is None else best[1]


def _find_equal(
    link: CrossLink, frames: Mapping[str, pl.DataFrame], tables: Mapping[str, Table], pointing: _Pointing
) -> tuple[tuple[str, str], ...]:
    """The columns of the target that hold what one of the row does, and would not were rows dealt at random."""
    found: dict[str, str] = {}
    for other in _learned(tables[link.target]):
        held = frames[link.target][other.name].gather(pointing.place)
        for own in _learned(tables[link.table]):
            values = frames[link.table][own.name].gather(pointing.rows)
            if own.physical != other.physical or values.dtype.is_float() or own.name in found.values():
                continue
            same = (values == held).fill_null(False)
            shuffled = (values == held.shuffle(seed=0)).fill_null(False)
            if float(same.mean() or 0) >= EQUAL and float(shuffled.mean() or 0) < EQUAL / 2:  # type: ignore[arg-type]
                found[other.name] = own.name
                break
    return tuple(found.items())[:MOST_EQUAL]


_DATES = (Kind.DATE, Kind.DATETIME)


def _times(table: Table) -> list[Column]:
    return [c for c in table if c.treatment is Treatment.LEARN and (c.kind in _DATES or c.name == table.time)]


def _find_traits(
    link: CrossLink,
    frames: Mapping[str, pl.DataFrame],
    tables: Mapping[str, Table],
    pointing: _Pointing,
    min_count: int,
) -> tuple[Trait, ...]:
    """The columns of the target that go most with those of the rows that point to it, and of the rows above these."""
    rng = np.random.default_rng(0)
    some = rng.permutation(len(pointing.rows))[:LOOKED_AT]
    owners, independent = pointing.owners[some], len(np.unique(pointing.owners[some]))
    features = []
    for name, place in pointing.here.items():
        for column in _learned(tables[name]):
            values = frames[name][column.name].gather(place[some])
            made = Trait.of(values, column, owners, min_count)
            if made is not None:
                features.append(made.encode(values, column))
    place, other = pointing.place[some], _choose_at_random(link, pointing, some, rng)
    scored: list[tuple[float, Trait, Array]] = []
    said = {name for name, _ in link.equal}
    columns = [column for column in _learned(tables[link.target]) if column.name not in said]
    for column in (*columns, *([] if link.back else [link.degree_column])):
        series = frames[link.target][column.name]
        trait = Trait.of(series, column, pointing.pointed, min_count)
        if trait is not None:
            codes, random = (trait.encode(series.gather(of), column) for of in (place, other))
            strength = max(
                (_association(codes, each, independent) - _association(random, each, independent) for each in features),
                default=0.0,
            )
            if strength >= LEAST_ASSOCIATION:
                scored.append((strength, trait, codes))
    chosen: list[tuple[Trait, Array]] = []
    cells = 1
    for _, trait, codes in sorted(scored, key=lambda each: -each[0]):
        cells *= trait.cardinality
        crowded = link.within is None and cells * ROWS_A_CELL > frames[link.target].height
        if len(chosen) == MOST_TRAITS or crowded:
            break
        if all(_association(codes, other, len(codes)) < SAME_TRAIT for _, other in chosen):
            chosen.append((trait, codes))
        else:
            cells //= trait.cardinality
    return tuple(trait for trait, _ in chosen)


def _choose_at_random(link: CrossLink, pointing: _Pointing, some: Array, rng: np.random.Generator) -> Array:
    """The places of rows that some of the rows that point might point to, for all that is said of traits."""
    if link.within is None:
        return rng.integers(0, len(pointing.pointed), len(some))
    there = pointing.sharing[link.within]
    order = np.argsort(there, kind="stable")
    owner = pointing.here[link.within][some]
    begin, end = (np.searchsorted(there[order], owner, side=side) for side in ("left", "right"))
    drawn = order[np.minimum(begin + (rng.random(len(some)) * (end - begin)).astype(np.int64), len(order) - 1)]
    return np.where(end > begin, drawn, pointing.place[some])


def _learned(table: Table) -> list[Column]:
    return [column for column in table if column.treatment is Treatment.LEARN and column.kind is not Kind.CONSTANT]


def _association(a: Array, b: Array, independent: int) -> float:
    """The square of Cramér's V of codes, (rows,) each, without what chance makes of it; 0 where it may be chance.

    `independent`: how many of the rows count, since those of a customer go together.
    """
    a, b = (np.unique(codes, return_inverse=True)[1] for codes in (a, b))
    table = np.bincount(a * (b.max() + 1) + b, minlength=(a.max() + 1) * (b.max() + 1)).reshape(a.max() + 1, -1)
    if min(table.shape) < 2:
        return 0.0
    expected = table.sum(1, keepdims=True) * table.sum(0) / len(a)
    chi = float(((table - expected) ** 2 / expected).sum()) * min(independent / len(a), 1.0)
    free = (table.shape[0] - 1) * (table.shape[1] - 1)
    if chi - free < SURE * np.sqrt(2 * free):
        return 0.0
    return (chi - free) / (min(independent, len(a)) * (min(table.shape) - 1))


def _with_degree(link: CrossLink, frames: Mapping[str, pl.DataFrame], place: Array) -> pl.DataFrame:
    """The table that is pointed to, with how many rows point to each of its own."""
    target = frames[link.target]
    return target.with_columns(pl.Series(link.degree_name, np.bincount(place[place >= 0], minlength=target.height)))


def _with_traits(
    link: CrossLink, frames: Mapping[str, pl.DataFrame], tables: Mapping[str, Table], places: Places, place: Array
) -> pl.DataFrame:
    """The table that points, with the traits of what its rows point to, and how far back that is."""
    nowhere, columns = pl.Series(place < 0), []
    for trait in link.traits:
        column = column_of(tables[link.target], trait, link)
        codes = trait.encode(frames[link.target][trait.column], column)
        columns.append(pl.Series(link.name_of(trait), codes[place] if len(codes) else place).set(nowhere, None))
    if link.back:
        back = _count_back(frames[link.table], tables[link.table], places[link.table][1], place)
        columns.append(pl.Series(link.back_name, back).set(nowhere | pl.Series(back <= 0), None))
    return frames[link.table].with_columns(columns)


def column_of(table: Table, trait: Trait, link: CrossLink) -> Column:
    """What the column of the target is that a trait is of."""
    return link.degree_column if trait.column == link.degree_name else table[trait.column]
