"""Rules that real rows keep, proposed: those that hold in every row are kept in every drawn one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.tables.birth_numbers import find_all_birth_numbers
from twinfold.tables.equalities import Equality, find_equalities
from twinfold.tables.keys import find_places, parent_link, sort_rows, values_of
from twinfold.tables.orders import find_number_orders, find_orders
from twinfold.tables.ratios import find_ratios
from twinfold.tables.ruled_columns import find_formulas_in_part, propose_formulas
from twinfold.tables.rules import OneOf, Order, Ratio, Rule, Transitions, parse_rule
from twinfold.tables.running import find_running
from twinfold.tables.schema import Kind, Table, Treatment
from twinfold.tables.transitions import find_transitions
from twinfold.tables.values import to_numbers, to_values

_IN_PART = "and in about as many it will be; to have it in all, add it to the rules in schema.toml"


def propose_rules(frames: Mapping[str, pl.DataFrame], tables: Sequence[Table]) -> tuple[tuple[Table, ...], list[str]]:
    """Linked tables with the rules that their rows keep, and notes in plain words."""
    births = find_all_birth_numbers(frames, tables)
    read = {name: births[name].read(frame) for name, frame in frames.items()}
    orders = find_orders(read, [births[table.name].read_table(table) for table in tables])
    equal, known, out = find_equalities(frames, tables), {table.name: table for table in tables}, list[Table]()
    notes = [
        f"{name}: {number.column.name} is made anew for dates of birth and sexes, and these are learned; take "
        f'personal = "{number.column.personal}" out of schema.toml, and nothing of it is, or drop it'
        for name, found in births.items()
        for number in found.found
    ]
    said: dict[str, OneOf] = {}
    for table in tables:
        proposed = _Proposals(table, frames[table.name].height)
        if not table.reference:
            _propose_of_rows(proposed, frames[table.name], orders[table.name])
            _propose_equalities(proposed, equal, said)
            _propose_of_histories(proposed, frames[table.name], known, frames)
        out.append(table.model_copy(update={"rules": tuple(proposed.rules)}))
        notes += proposed.notes
    return tuple(out), notes


@dataclass
class _Proposals:
    """The rules of one table, notes on them, and the columns of which they say something already."""

    table: Table
    rows: int
    rules: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    said: set[str] = field(default_factory=set)

    def free(self, *names: str) -> bool:
        """Whether nothing is said of columns yet."""
        return not self.said & set(names)

    def keep(self, rule: Rule, *names: str, why: str) -> None:
        """Propose a rule, about such columns."""
        self.rules.append(str(rule))
        self.tell(rule, *names, why=why)

    def tell(self, rule: Rule, *names: str, why: str) -> None:
        """Say of a rule how it is taken, without proposing it."""
        self.said |= set(names)
        self.notes.append(f"{self.table.name}: {rule}{why}")


def _propose_of_rows(proposed: _Proposals, frame: pl.DataFrame, orders: Sequence[tuple[Order, float]]) -> None:
    """Rules about single rows: formulas, and orders of dates."""
    kept = f", in all {proposed.rows:,} rows, and so it will be"
    for rule in propose_formulas(frame, proposed.table):
        proposed.keep(rule, rule.target, rule.left, rule.right, why=kept)
    for order, surprise in orders:
        proposed.keep(order, order.low, order.high, why=f"{kept} (dealt at random, {surprise:.0%} would not)")


def _propose_equalities(proposed: _Proposals, found: Sequence[Equality], said: dict[str, OneOf]) -> None:
    """Numbers of other tables, of columns of which nothing else is said; of a pair in one direction."""
    rules = map(parse_rule, proposed.rules)
    taken = {name for rule in rules if isinstance(rule, Order) for name in (rule.low, rule.high)}
    taken |= {rule.target for rule in map(parse_rule, proposed.rules) if not isinstance(rule, Order)}
    for each in found:
        source = f"{each.rule.table}.{each.rule.column}"
        own, other = f"{each.table}.{each.rule.target}", said.get(source)
        if each.table != proposed.table.name or each.rule.target in taken or own in said:
            continue
        if other is not None and f"{other.table}.{other.column}" == own:
            continue
        if each.share == 1:
            proposed.keep(each.rule, each.rule.target, why=", wherever there is one, and so it will be")
        elif each.single:
            proposed.tell(each.rule, each.rule.target, why=f", in {each.share:.1%} of rows that could, {_IN_PART}")
        else:
            continue
        said[own] = each.rule


def _propose_of_histories(
    proposed: _Proposals, frame: pl.DataFrame, tables: Mapping[str, Table], frames: Mapping[str, pl.DataFrame]
) -> None:
    """Running numbers, what holds in part, transitions, orders of numbers, and ratios."""
    table, history = proposed.table, _history(proposed.table, tables, frames)
    for running, share in find_running(history.frame, table, history.first) if history is not None else ():
        if proposed.free(running.target, running.amount):
            how = f", in {share:.1%} of rows after a first one, {_IN_PART}"
            how = ", in all rows after a first one, and so it will be" if share == 1 else how
            (proposed.keep if share == 1 else proposed.tell)(running, running.target, running.amount, why=how)
    for formula, share in find_formulas_in_part(frame, table) if parent_link(table, tables, frames) else ():
        if proposed.free(formula.target, formula.left, formula.right):
            names = (formula.target, formula.left, formula.right)
            proposed.tell(formula, *names, why=f", in {share:.1%} of rows, {_IN_PART}")
    for moves, surprise in _moves(history, table):
        never = f", never otherwise, and so it will be (dealt at random, {surprise:.0%} would)"
        proposed.keep(moves, moves.target, why=never)
    for order, surprise in find_number_orders(frame, table, proposed.said):
        kept = f", in all {proposed.rows:,} rows, and so it will be (dealt at random, {surprise:.0%} would not)"
        proposed.keep(order, order.low, order.high, why=kept)
    for ratio in _ratios(frame, table, proposed.said):
        proposed.rules.append(str(ratio))
        proposed.notes.append(f"{table.name}: {ratio.target} goes with {ratio.base}, and is learned per {ratio.base}")


@dataclass(frozen=True)
class _History:
    """The rows of a child table that have a parent, those of one together and in their order."""

    frame: pl.DataFrame
    first: npt.NDArray[np.bool_]
    owners: npt.NDArray[np.int64]


def _history(table: Table, tables: Mapping[str, Table], frames: Mapping[str, pl.DataFrame]) -> _History | None:
    """Rows in the order of their time, with the customer of each; None where they have no parent, or no time."""
    link = parent_link(table, tables, frames)
    if link is None or table.time is None:
        return None
    frame = frames[table.name]
    parent = find_places(values_of(frame, link.columns), values_of(frames[link.table], link.targets))
    frame, parent = frame.filter(pl.Series(parent >= 0)), parent[parent >= 0]
    order = sort_rows(parent, to_numbers(to_values(frame[table.time], table[table.time])))
    frame, parent = frame[order], parent[order]
    return _History(frame, np.diff(parent, prepend=-1) != 0, _customers(parent, tables[link.table], tables, frames))


def _moves(history: _History | None, table: Table) -> list[tuple[Transitions, float]]:
    if history is None:
        return []
    return find_transitions(history.frame, table, history.first, history.owners)


def _customers(
    place: npt.NDArray[np.int64], table: Table, tables: Mapping[str, Table], frames: Mapping[str, pl.DataFrame]
) -> npt.NDArray[np.int64]:
    """Of places in a table, those in the table that it hangs on at last; -1 for one without a parent."""
    seen = {table.name}
    while True:
        link = parent_link(table, tables, frames)
        if link is None or link.table in seen:
            return place
        above = find_places(values_of(frames[table.name], link.columns), values_of(frames[link.table], link.targets))
        place, table = np.where(place >= 0, above[place], -1), tables[link.table]
        seen.add(table.name)


def _ratios(frame: pl.DataFrame, table: Table, said: set[str]) -> list[Ratio]:
    """The ratios of a child table's numbers, but those that other rules are about."""
    if all(link.table == table.name for link in table.links):
        return []
    amounts = [
        column
        for column in table
        if column.kind in (Kind.INTEGER, Kind.DECIMAL)
        and column.treatment is Treatment.LEARN
        and column.name not in {*said, table.time}
    ]
    numbers = {column.name: to_numbers(to_values(frame[column.name], column)) for column in amounts}
    return find_ratios({c.name: numbers[c.name] for c in amounts if c.kind is Kind.INTEGER}, numbers)
