"""Running numbers, found: a column that goes on from the row before of the same parent by another column's amount."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.tables.formulas import LEAST_ROWS
from twinfold.tables.rules import Running
from twinfold.tables.schema import Column, Kind, Table, Treatment
from twinfold.tables.values import decimals_of, to_numbers, to_values

Array = npt.NDArray[Any]

LEAST_SHARE, BEYOND_CHANCE = 0.3, 5
"""Rows in which a running number must go on from the last one, as a share, and as a multiple of what chance gives."""

MOST_ROWS, MOST_LEVELS, LEAST_VALUES = 50_000, 20, 30
"""Rows that are looked at, levels of a column that says whether an amount comes or goes, and different numbers that
a running one must have."""


def find_running(frame: pl.DataFrame, table: Table, first: Array) -> list[tuple[Running, float]]:
    """The running numbers of a stored table, each with the share of rows in which it goes on from the one before.

    The rows of a parent stand together, in their order. `first` says which ones are a parent's first, (rows,).
    Rules are found by the first `MOST_ROWS` rows; the shares are those of all.
    """
    found = _find_running(frame[:MOST_ROWS], table, first[:MOST_ROWS])
    if frame.height <= MOST_ROWS:
        return found
    return [(rule, share_going_on(frame, table, first, rule)) for rule, _ in found]


def share_going_on(frame: pl.DataFrame, table: Table, first: Array, rule: Running) -> float:
    """The share of rows after a first one, with an amount, in which a running number goes on from the one before."""
    value, amount = (to_numbers(to_values(frame[name], table[name])) for name in (rule.target, rule.amount))
    levels = to_values(frame[rule.by], table[rule.by]).cast(pl.String).to_list() if rule.by else [None] * len(value)
    before = np.where(first, np.nan, np.append(np.nan, value[:-1]))
    made = before + rule.signs(np.array(levels, object)) * amount
    asked = ~np.isnan(made) & ~np.isnan(value) & (amount != 0)
    return float((np.abs(made - value)[asked] <= slack_of(table[rule.target])).mean())


def slack_of(column: Column) -> float:
    """By how much a running number may be off: half of its last digit."""
    return 0.5 * 10.0 ** -decimals_of(column) + 1e-6


def _find_running(frame: pl.DataFrame, table: Table, first: Array) -> list[tuple[Running, float]]:
    kinds = (Kind.INTEGER, Kind.DECIMAL)
    numeric = [c for c in table if c.kind in kinds and c.treatment is Treatment.LEARN and c.name != table.time]
    numbers = {c.name: to_numbers(to_values(frame[c.name], c)) for c in numeric}
    texts = [c for c in table if c.kind in (Kind.CATEGORY, Kind.BOOLEAN) and c.treatment is Treatment.LEARN]
    levels = {c.name: to_values(frame[c.name], c).cast(pl.String) for c in texts}
    levels = {name: values for name, values in levels.items() if values.n_unique() <= MOST_LEVELS}
    found = []
    for target in numeric:
        values = numbers[target.name]
        if len(np.unique(values[~np.isnan(values)])) < LEAST_VALUES:
            continue
        slack = slack_of(target)
        before = np.where(first, np.nan, np.append(np.nan, values[:-1]))
        options = [
            option
            for amount in numeric
            if amount is not target
            for option in _options(target.name, amount.name, numbers[amount.name], values, before, slack, levels)
        ]
        if options:
            found.append(max(options, key=lambda option: option[1] - 0.01 * (option[0].by is not None)))
    return found


def _options(
    target: str, name: str, amount: Array, values: Array, before: Array, slack: float, levels: dict[str, pl.Series]
) -> Iterator[tuple[Running, float]]:
    asked = ~np.isnan(values) & ~np.isnan(before) & ~np.isnan(amount) & (amount != 0)
    if asked.sum() < LEAST_ROWS:
        return
    values, before, amount = values[asked], before[asked], amount[asked]
    dealt = np.random.default_rng(0).permutation(before)
    up, down = (np.abs(before + sign * amount - values) <= slack for sign in (1, -1))
    by_chance = sum(float((np.abs(dealt + sign * amount - values) <= slack).mean()) for sign in (1, -1))
    least = max(LEAST_SHARE, BEYOND_CHANCE * by_chance)
    if (up | down).mean() < least:
        return
    for sign, holds in ((1, up), (-1, down)):
        if holds.mean() >= least:
            yield Running(target, name, sign=sign), float(holds.mean())
    for by, texts in levels.items():
        own = pl.DataFrame({"level": texts.filter(pl.Series(asked)), "up": up, "down": down})
        counts = own.group_by("level").agg(pl.col("up").sum(), pl.col("down").sum()).sort("level", nulls_last=True)
        comes = counts["up"] >= counts["down"]
        share = float(np.maximum(counts["up"], counts["down"]).sum()) / len(own)
        sign = -1 if counts.filter(comes)["level"].null_count() else 1  # a missing level is one of "else"
        named = counts.filter(comes if sign > 0 else ~comes)["level"].to_list()
        if share >= least and named and None not in named and len(named) < len(counts):
            yield Running(target, name, by, tuple(named), sign), share
