"""How linked tables hang together: as trees, every child below its parent, and by links that cross them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import DataError
from twinfold.synthesis.differences import measured_columns
from twinfold.tables.dataset import Dataset
from twinfold.tables.keys import find_places, is_one_to_one, values_of
from twinfold.tables.ruled_columns import ruled_columns
from twinfold.tables.schema import Link, Table


@dataclass(frozen=True)
class Branch:
    """A table that hangs on another, as a part of it says."""

    table: Table
    link: Link
    turned: bool = False


@dataclass(frozen=True)
class Tree:
    """A table, and all that hang on it, every child after its parent."""

    root: Table
    branches: tuple[Branch, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its tables."""
        return self.root.name, *(branch.table.name for branch in self.branches)


@dataclass(frozen=True)
class Forest:
    """All learned tables: trees, the customers' first, and the links that are in no tree, each with its table."""

    trees: tuple[Tree, ...]
    crossing: tuple[tuple[str, Link], ...]


_Hung = dict[str, list[Branch]]
"""By table, what hangs on it."""


def body_of(table: Table, elsewhere: Collection[str]) -> Table:
    """A table without what is said elsewhere: columns that point elsewhere or follow a formula, the time of a history.

    A column that an order says something of is one of distances.
    """
    said = (*elsewhere, *ruled_columns(table), table.time)
    apart = measured_columns(table)
    columns = tuple(apart.get(column.name, column) for column in table if column.name not in said)
    return table.model_copy(update={"columns": columns, "key": None, "links": (), "time": None, "rules": ()})


def elsewhere_of(tables: Sequence[Table], links: Sequence[Link | None], turned: Sequence[bool]) -> dict[str, set[str]]:
    """For each table, the columns that take their values from other tables' keys."""
    out: dict[str, set[str]] = {table.name: set() for table in tables}
    for table, link, around in zip(tables, links, turned, strict=True):
        if link is not None:
            out[link.table if around else table.name].update(link.targets if around else link.columns)
    return out


def find_parents(frame: pl.DataFrame, parents: pl.DataFrame, child: Table, link: Link) -> npt.NDArray[np.int64]:
    """The place of each row's parent, -1 where there is none."""
    values, keys = values_of(frame, link.columns), values_of(parents, link.targets)
    twice = keys.filter(keys.is_duplicated())
    if len(twice):
        raise DataError(
            f"key {' + '.join(link.targets)!r} of {link.table} is given twice ({len(twice):,} rows share theirs), and "
            f"{child.name} points to it; make it unique, or name another key in schema.toml"
        )
    return find_places(values, keys)


def take_customers(dataset: Dataset, tree: Tree, rows: npt.NDArray[np.int64]) -> Dataset:
    """Some rows of a tree's first table, by their places, with all that hang on them; other tables whole."""
    frames = {tree.root.name: dataset.tables[tree.root.name][rows]}
    for branch in tree.branches:
        link, child = branch.link, dataset.tables[branch.table.name]
        keys = values_of(frames[link.table], link.targets)
        frames[branch.table.name] = child.filter(pl.Series(find_places(values_of(child, link.columns), keys) >= 0))
    return dataset.with_tables(frames)


def arrange(dataset: Dataset) -> Forest:
    """The tables as trees: that of the customers, and those that its tables point to besides.

    Of several tables that one points to, it hangs on the one that is named first.
    """
    learned = {table.name: table for table in dataset.schema.tables if not table.reference}
    links = {name: [link for link in table.links if link.table in learned] for name, table in learned.items()}
    crossing = [(name, link) for name, found in links.items() for link in found if link.table == name]
    links = {name: [link for link in found if link.table != name] for name, found in links.items()}
    hung: _Hung = {name: [] for name in learned}
    for branch in _turn(dataset, learned, links):
        hung[branch.link.table].append(branch)
    for name, found in links.items():
        if found:
            hung[found[0].table].append(Branch(learned[name], found[0]))
            crossing += [(name, led) for link in found[1:] if (led := _led(link, found[0])) is not None]
    below = {each.table.name: above for above, branches in hung.items() for each in branches}
    roots = [name for name in learned if name not in below]
    left = sorted(set(learned).difference(roots, *([b.table.name for b in _hanging(r, hung)] for r in roots)))
    if left:
        raise DataError(f"{', '.join(left)} point to each other in a circle; correct the links in schema.toml")
    for branches in hung.values():  # what has fewer rows is drawn first, and tells the others
        branches.sort(key=lambda each: dataset.tables[each.table.name].height)
    for name, link in crossing:
        _put_before(hung, below, link.table, name)
    first = _find_first(dataset.schema.subject, learned, below, hung)
    trees = {root: Tree(learned[root], tuple(_hanging(root, hung))) for root in (first, *roots)}
    _check_connected(trees, crossing)
    return Forest(tuple(trees.values()), tuple(crossing))


def _turn(dataset: Dataset, learned: Mapping[str, Table], links: dict[str, list[Link]]) -> list[Branch]:
    """The tables that every row of one pointing to several has for itself; their links are taken out of `links`."""
    out = []
    for name, found in list(links.items()):
        turned = [
            link
            for link in found
            if len(found) > 1
            and not links[link.table]
            and not link.also
            and is_one_to_one(dataset.tables[name][link.column], dataset.tables[link.table][link.to])
        ]
        turned = turned[: len(found) - 1]
        out += [
            Branch(learned[link.table], Link(column=link.to, table=name, to=link.column), turned=True)
            for link in turned
        ]
        links[name] = [link for link in found if link not in turned]
    return out


def _led(link: Link, main: Link) -> Link | None:
    """A link with a column first that the main one leaves open; None where that says all of it."""
    pairs = [(link.column, link.to), *link.also]
    open_ones = [pair for pair in pairs if pair[0] not in main.columns]
    if not open_ones:
        return None
    first = open_ones[0]
    rest = tuple(pair for pair in pairs if pair != first)
    return link.model_copy(update={"column": first[0], "to": first[1], "also": rest})


def _find_first(subject: str | None, learned: Collection[str], below: Mapping[str, str], hung: _Hung) -> str:
    """The table of the customers: the one above the subject, and without one that from which most tables hang."""
    if subject is not None and subject in learned:
        while subject in below:
            subject = below[subject]
        return subject
    return max((name for name in learned if name not in below), key=lambda root: len(_hanging(root, hung)))


def _hanging(root: str, hung: _Hung) -> list[Branch]:
    reached, out = [root], list[Branch]()
    for name in reached:
        out += hung[name]
        reached += [each.table.name for each in hung[name]]
    return out


def _put_before(hung: _Hung, below: Mapping[str, str], target: str, name: str) -> None:
    """Have the branch that a table points into drawn before its own, where both hang on the same table."""

    def line(table: str) -> list[str]:
        return [table, *line(below[table])] if table in below else [table]

    there, here = line(target), line(name)
    common = next((table for table in there if table in here), None)
    if common is None or common in (target, name):
        return
    places = [each.table.name for each in hung[common]]
    before, after = (places.index(each[each.index(common) - 1]) for each in (there, here))
    if before > after:
        hung[common].insert(after, hung[common].pop(before))


def _check_connected(trees: Mapping[str, Tree], crossing: Sequence[tuple[str, Link]]) -> None:
    """Raise `DataError` where no link connects the tables of a tree with the customers', at any remove."""
    reached = [next(iter(trees))]
    for root in reached:
        own = set(trees[root].names)
        beside = {link.table if name in own else name for name, link in crossing if {name, link.table} & own}
        reached += [other for other, tree in trees.items() if other not in reached and beside & set(tree.names)]
    if len(reached) < len(trees):
        raise DataError(
            f"one table is needed that all others hang on: {', '.join(trees)}; say in schema.toml (twinfold inspect "
            '--save) what the others point to, as in links = { customer_id = "customers.id" }, whose key no two rows '
            "share, or name one file instead of the folder"
        )
