"""Learning what follows: columns of a child table that go on, are copied, or add up, and statuses that follow."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.synthesis.copied import CopiedColumn, can_copy, numbers_there
from twinfold.synthesis.differences import measured_columns
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.following import FollowingColumn
from twinfold.synthesis.kinds import find_kinds, find_previous, find_repeated
from twinfold.synthesis.partial import FormulaColumn
from twinfold.synthesis.past import Rows
from twinfold.synthesis.running import RunningColumn
from twinfold.synthesis.statuses import Status
from twinfold.tables.ruled_columns import find_formulas_in_part, ruled_columns
from twinfold.tables.rules import Running, Transitions
from twinfold.tables.running import find_running
from twinfold.tables.schema import Table

Array = npt.NDArray[Any]

COPIED = 0.8
"""Rows that repeat the one before, as a share, that must copy another table's number for the column to be told to."""


def find_following(
    table: Table,
    codebook: Codebook,
    frame: pl.DataFrame,
    measured: pl.DataFrame,
    rows: Rows,
    copied: Sequence[CopiedColumn],
    notes: list[str],
) -> list[FollowingColumn]:
    """The columns of a child table that follow from others: running numbers, `copied` ones, and formulas in part.

    `frame` and `measured` are its rows as stored, and with distances; those of a parent together, as in `rows`.
    """
    said = {column.target for column in copied}
    running = [
        column for column in _find_running(table, codebook, frame, rows.parent, notes) if column.target not in said
    ]
    following: list[FollowingColumn] = [*running, *copied]
    return [*following, *_find_partial(table, codebook, measured, following)]


def _find_running(
    table: Table, codebook: Codebook, frame: pl.DataFrame, parent: Array, notes: list[str]
) -> list[RunningColumn]:
    """The running numbers of rows, those of a parent together: declared ones, and those that go on in part."""
    declared = [rule for rule in table.parsed_rules if isinstance(rule, Running)]
    found = []
    if table.time is not None:
        said = {rule.target for rule in declared} | ruled_columns(table) | set(measured_columns(table))
        found = [rule for rule, _ in find_running(frame, table, np.diff(parent, prepend=-1) != 0)]
        found = [rule for rule in found if not said & {rule.target, rule.amount}]
    out = []
    for rule in (*declared, *found):
        column = RunningColumn.of(rule, codebook, always=rule in declared)
        if column is not None:
            out.append(column)
        elif rule in declared:
            notes.append(f"{table.name}: {rule} is not kept, since too little is known of one of its columns")
    return out


def _find_partial(
    table: Table, codebook: Codebook, frame: pl.DataFrame, others: Sequence[FollowingColumn]
) -> list[FormulaColumn]:
    """The formulas that hold in part of the rows, of columns that follow from nothing else."""
    said = {column.target for column in others} | set(measured_columns(table))
    found = [rule for rule, _ in find_formulas_in_part(frame, table)]
    free = [rule for rule in found if not said & {rule.target, rule.left, rule.right}]
    return [column for rule in free if (column := FormulaColumn.of(rule, codebook)) is not None]


def find_statuses(table: Table, codebook: Codebook, notes: list[str]) -> tuple[Status, ...]:
    """The columns of which a rule says what may follow what."""
    out = []
    for rule in table.parsed_rules:
        if isinstance(rule, Transitions):
            status = Status.of(rule, codebook)
            if status is not None:
                out.append(status)
            else:
                notes.append(f"{table.name}: {rule} is not kept, since too little is known of its column")
    return tuple(out)


def bind_copies(
    table: Table,
    codebook: Codebook,
    rows: Rows,
    copies: Sequence[tuple[CopiedColumn, bool]],
    beside: Mapping[str, Rows],
    bases: Mapping[str, Array],
    learned: Array,
    notes: list[str],
) -> list[CopiedColumn]:
    """The columns of a table that copy others' numbers, with those of the parents that are learned.

    One that no rule declares is left to itself where it repeats the row before, and not because both copy.
    """
    if not copies:
        return []
    kinds = find_kinds(rows, [c for c in codebook.code_columns if c.name not in {*rows.numbers, *rows.names}])
    repeated, before = find_repeated(rows, codebook.code_columns, kinds), find_previous(rows, kinds)
    said, out = set(measured_columns(table)) | ruled_columns(table), []
    for column, declared in copies:
        there = numbers_there(column, beside, bases)
        if there is None or column.target in said or not can_copy(column, codebook):
            if declared:
                notes.append(
                    f"{table.name}: {column.rule} is not kept, since too little is known of one of its columns, or "
                    "another rule says what it is"
                )
            continue
        bound = column.bound(*there, len(learned), np.random.default_rng(0))
        again = (before >= 0) & (rows.numbers[column.target] == rows.numbers[column.target][before])
        if declared or column.target not in repeated or bound.goes_on(rows, None)[again].mean() >= COPIED:
            out.append(bound.among(np.flatnonzero(learned)))
    return out
