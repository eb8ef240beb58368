"""Rules that real rows keep, proposed: those that hold in every row are kept in every drawn one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.tables.birth_numbers import find_all_birth_numbers
from twinfold.tables.equalities import Equality, find_equalities
from twinfold.tables.keys import find_places, sort_rows
from twinfold.tables.orders import find_number_orders, find_orders
from twinfold.tables.ratios import find_ratios
from twinfold.tables.ruled_columns import find_formulas_in_part, propose_formulas
from twinfold.tables.rules import Ratio, Transitions
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
    out, notes = list[Table](), list[str]()
    notes += [
        f"{name}: {number.column.name} is made anew for dates of birth and sexes, and these are learned; take "
        f'personal = "{number.column.personal}" out of schema.toml, and nothing of it is, or drop it'
        for name, found in births.items()
        for number in found.found
    ]
    equal: dict[str, list[Equality]] = {table.name: [] for table in tables}
    for each in find_equalities(frames, tables):
        turned = any(other.rule.table == each.table and other.share == 1 for other in equal[each.rule.table])
        if not turned and all(other.rule.target != each.rule.target for other in equal[each.table]):
            equal[each.table].append(each)
    for table in tables:
        if table.reference:
            out.append(table)
            continue
        frame = frames[table.name]
        formulas, kept = propose_formulas(frame, table), f"in all {frames[table.name].height:,} rows, and so it will be"
        rules = [*map(str, formulas), *(str(order) for order, _ in orders[table.name])]
        notes += [f"{table.name}: {rule}, {kept}" for rule in formulas]
        notes += [
            f"{table.name}: {order}, {kept} (dealt at random, {surprise:.0%} would not)"
            for order, surprise in orders[table.name]
        ]
        for kept_rules, line in _equal(equal[table.name]):
            rules += kept_rules
            notes.append(f"{table.name}: {line}")
        said = {name for rule in formulas for name in (rule.target, rule.left, rule.right)}
        history = _history(table, {other.name: other for other in tables}, frames)
        for rule, share in find_running(history.frame, table, history.first) if history is not None else ():
            if said & {rule.target, rule.amount}:
                continue
            said |= {rule.target, rule.amount}
            if share == 1:
                rules.append(str(rule))
                notes.append(f"{table.name}: {rule}, in all rows after a first one, and so it will be")
            else:
                notes.append(f"{table.name}: {rule}, in {share:.1%} of rows after a first one, {_IN_PART}")
        for formula, share in find_formulas_in_part(frame, table) if _hangs(table, tables) else ():
            if not said & {formula.target, formula.left, formula.right}:
                said |= {formula.target, formula.left, formula.right}
                notes.append(f"{table.name}: {formula}, in {share:.1%} of rows, {_IN_PART}")
        for moves, surprise in _moves(history, table):
            rules.append(str(moves))
            notes.append(
                f"{table.name}: {moves}, never otherwise, and so it will be (dealt at random, {surprise:.0%} would)"
            )
        named = {name for order, _ in orders[table.name] for name in (order.low, order.high)}
        said |= {each.rule.target for each in equal[table.name]}
        for order, surprise in find_number_orders(frame, table, said | named):
            said |= {order.low, order.high}
            rules.append(str(order))
            notes.append(f"{table.name}: {order}, {kept} (dealt at random, {surprise:.0%} would not)")
        ratios = _ratios(frame, table, said)
        rules += map(str, ratios)
        notes += [
            f"{table.name}: {rule.target} goes with {rule.base}, and is learned per {rule.base}" for rule in ratios
        ]
        out.append(table.model_copy(update={"rules": tuple(rules)}))
    return tuple(out), notes


def _equal(found: Sequence[Equality]) -> Iterator[tuple[list[str], str]]:
    """Rules that numbers are those of another table, and what is to be said of them."""
    for each in found:
        if each.share == 1:
            yield [str(each.rule)], f"{each.rule}, wherever there is one, and so it will be"
        elif each.single:
            yield [], f"{each.rule}, in {each.share:.1%} of rows of which it could be, {_IN_PART}"


def _hangs(table: Table, tables: Sequence[Table]) -> bool:
    """Whether a table's rows have a parent that is learned."""
    reference = {other.name for other in tables if other.reference}
    return any(link.table not in reference for link in table.links)


@dataclass(frozen=True)
class _History:
    """The rows of a child table that have a parent, those of one together and in their order."""

    frame: pl.DataFrame
    first: npt.NDArray[np.bool_]
    owners: npt.NDArray[np.int64]


def _history(table: Table, tables: Mapping[str, Table], frames: Mapping[str, pl.DataFrame]) -> _History | None:
    """Rows in the order of their time, with the customer of each; None where they have no parent, or no time."""
    link = next((link for link in table.links if not tables[link.table].reference), None)
    if link is None or table.time is None:
        return None
    frame = frames[table.name]
    parent = find_places(frame[link.column], frames[link.table][link.to])
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
        link = next((link for link in table.links if not tables[link.table].reference), None)
        if link is None or link.table in seen:
            return place
        above = find_places(frames[table.name][link.column], frames[link.table][link.to])
        place, table = np.where(place >= 0, above[place], -1), tables[link.table]
        seen.add(table.name)


def _ratios(frame: pl.DataFrame, table: Table, said: set[str]) -> list[Ratio]:
    """The ratios of a child table's numbers, but those that other rules are about."""
    if not table.links:
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
