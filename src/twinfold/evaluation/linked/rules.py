"""Faithful? What holds in real tables: sums, products, running numbers, and orders of dates, of a row and above it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from twinfold.errors import TwinfoldError
from twinfold.evaluation.discrimination import LEAST
from twinfold.evaluation.finding import Finding, RuleComparison, Subject, measured
from twinfold.evaluation.intervals import around, clustered_variance
from twinfold.evaluation.linked.family import Family, Member, ancestors, is_moment
from twinfold.synthesis.clock import DAYS
from twinfold.tables.equalities import Pair
from twinfold.tables.ruled_columns import apply_formulas
from twinfold.tables.rules import Formula, OneOf, Running, Transitions
from twinfold.tables.running import slack_of
from twinfold.tables.values import decimals_of, to_numbers, to_values

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

HOLDS = 0.999
"""The share of train rows that an order of dates must hold in to be called a rule."""

_RULES: Subject = ("rules_broken", "Rules that real rows keep", "faithful")
_METHOD = (
    "The rule that is broken most beyond its yardstick, of the schema's sums, products, running numbers, equalities "
    f"and transitions, and all orders of two dates that hold in {HOLDS:.1%} of them, within a row or beside the dates "
    "of the rows above it: the share of rows that break it; interval counting customers. The yardstick is the "
    "holdout's share."
)


@dataclass(frozen=True)
class _Checked:
    """A rule in one side's rows: whether each keeps it, and whose it is, of the rows that it says something of."""

    kept: npt.NDArray[np.bool_]
    owner: npt.NDArray[np.int64]

    @property
    def share(self) -> float:
        """The share of rows that keep it."""
        return float(self.kept.mean()) if len(self.kept) else float("nan")


def compare_rules(families: Sequence[Family]) -> tuple[list[RuleComparison], list[Finding]]:
    """Every rule of the train tables in train, holdout and synthetic rows, and the finding about the worst."""
    train = families[0]
    checks: list[tuple[str, str, list[_Checked]]] = []
    for name, member in train.members.items():
        for rule in member.table.parsed_rules:
            if isinstance(rule, Formula):
                checks.append((name, str(rule), [_check_formula(family.members[name], rule) for family in families]))
            elif isinstance(rule, Running):
                checks.append((name, str(rule), [_check_running(family.members[name], rule) for family in families]))
            elif isinstance(rule, Transitions):
                checks.append((name, str(rule), [_check_moves(family.members[name], rule) for family in families]))
            elif isinstance(rule, OneOf) and rule.table in train.members:
                checks.append((name, str(rule), [_check_equality(family, name, rule) for family in families]))
        for text, low, high in _orders(train, name):
            if _is_order(low.read(train), high.read(train)):
                checks.append((name, text, [_check_order(f, name, low.read(f), high.read(f)) for f in families]))
    told = [(table, rule, sides) for table, rule, sides in checks if all(len(side.kept) for side in sides)]
    found = [
        RuleComparison(table, rule, (sides[0].share, sides[1].share, sides[2].share)) for table, rule, sides in told
    ]
    return found, [_measure(told)] if told else []


def _check_formula(member: Member, rule: Formula) -> _Checked:
    """Where a sum or a product holds, to the digits that its column has."""
    table = member.table.model_copy(update={"rules": (str(rule),)})
    try:
        ruled = apply_formulas(member.frame, table)
    except TwinfoldError:  # a column of it was dropped
        return _Checked(np.zeros(0, bool), np.zeros(0, np.int64))
    own, made = (to_numbers(to_values(frame[rule.target], table[rule.target])) for frame in (member.frame, ruled))
    return _Checked(np.isclose(own, made, rtol=1e-9, atol=1e-6, equal_nan=True), member.owner)


def _check_running(member: Member, rule: Running) -> _Checked:
    """Where a running number goes on from the row before, of the rows that have one."""
    value, amount = member.numbers(rule.target), np.nan_to_num(member.numbers(rule.amount))
    levels = np.full(len(value), None) if rule.by is None else np.array(member.texts(rule.by).to_list(), object)
    later = np.flatnonzero(np.diff(member.place, prepend=-1) == 0)
    off = np.abs(value[later - 1] + (rule.signs(levels) * amount)[later] - value[later])
    return _Checked(off <= slack_of(member.table[rule.target]), member.owner[later])


def _check_moves(member: Member, rule: Transitions) -> _Checked:
    """Where a status may follow the one of the row before, of the rows that have one; what is not named is free."""
    named, said = {level for pair in rule.pairs for level in pair}, set(rule.pairs)
    levels = member.texts(rule.target).to_list()
    later = np.flatnonzero(np.diff(member.place, prepend=-1) == 0)
    pairs = [(levels[row - 1], levels[row]) for row in later]
    kept = [pair in said or not named.issuperset(pair) for pair in pairs]
    return _Checked(np.array(kept, bool), member.owner[later])


def _check_equality(family: Family, name: str, rule: OneOf) -> _Checked:
    """Where a number is one of those that the row's parent has in another table, or its own."""
    member, other = family.members[name], family.members[rule.table]
    values, others = member.numbers(rule.target), other.numbers(rule.column)
    at = np.arange(len(others)) if rule.table == member.parent else other.place
    digits = min(decimals_of(member.table[rule.target]), decimals_of(other.table[rule.column]))
    asked = ~np.isnan(values)
    kept = Pair(values[asked], member.place[asked], others, at, digits).holds()
    return _Checked(kept, member.owner[asked])


def _orders(family: Family, name: str) -> Iterator[tuple[str, _Moment, _Moment]]:
    """Pairs of dates, of a row or of a row and one above it, and how their order is said."""
    own: list[tuple[str, int, str]] = [
        (column.name, 0, column.name) for column in family.members[name].columns if is_moment(column)
    ]
    above = [
        (f"{member.table.name}.{column.name}", depth, column.name)
        for depth, (member, _) in enumerate(ancestors(family, name), 1)
        for column in member.columns
        if is_moment(column)
    ]
    for (first, depth, low), (second, height, high) in permutations([*own, *above], 2):
        if 0 in (depth, height):
            yield f"{first} <= {second}", _Moment(name, depth, low), _Moment(name, height, high)


@dataclass(frozen=True)
class _Moment:
    """A date of a table's rows: `column` of their own, or of the row `depth` tables above."""

    name: str
    depth: int
    column: str

    def read(self, family: Family) -> Floats:
        """In days, NaN where missing, (rows,)."""
        if not self.depth:
            return _days(family.members[self.name], self.column)
        member, place = ancestors(family, self.name)[self.depth - 1]
        days: Floats = _days(member, self.column)[place]
        return days


def _days(member: Member, column: str) -> Floats:
    days: Floats = member.numbers(column) / DAYS[member.table[column].kind]
    return days


def _is_order(low: Floats, high: Floats) -> bool:
    """Whether one time is never after another, and not always the same."""
    there = ~np.isnan(low) & ~np.isnan(high)
    return bool(
        there.sum() >= LEAST and (low <= high)[there].mean() >= HOLDS and (low < high)[there].mean() > 1 - HOLDS
    )


def _check_order(family: Family, name: str, low: Floats, high: Floats) -> _Checked:
    there = ~np.isnan(low) & ~np.isnan(high)
    return _Checked((low <= high)[there], family.members[name].owner[there])


def _measure(told: Sequence[tuple[str, str, list[_Checked]]]) -> Finding:
    table, rule, (_, holdout, synthetic) = max(told, key=lambda one: one[2][1].share - one[2][2].share)
    value, yardstick = 1 - synthetic.share, 1 - holdout.share
    variance = sum(clustered_variance(side.kept.astype(np.float64), side.owner) for side in (holdout, synthetic))
    more = f" Of {len(told)} rules, it is the one broken most." if len(told) > 1 else ""
    sentence = (
        f"'{rule}' in {table} does not hold in {value:.2%} of synthetic rows, nor in {yardstick:.2%} of real ones."
        f"{more}"
    )
    return measured(_RULES, (value, *around(value, variance)), yardstick=yardstick, sentence=sentence, method=_METHOD)
