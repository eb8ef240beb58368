"""The world of a scenario: its people, what they decide by, and the level of each decision in each arm and period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.rows import as_text, hash_names, numbers, read_values
from twinfold.errors import DataError, SpecificationError
from twinfold.simulation.deciding import make_decider
from twinfold.simulation.formula import Formula, read_formula
from twinfold.simulation.levels import Level
from twinfold.simulation.picking import Picking
from twinfold.simulation.purchasing import Purchasing
from twinfold.simulation.responding import Responding
from twinfold.simulation.scenario import Change, Decision, Scenario, Shock, at_step
from twinfold.synthesis.conditions import parse
from twinfold.tables.schema import Table
from twinfold.tables.values import to_values

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

KEPT = 6
"""Levels of a decision that are kept at once."""

Key = tuple[Any, ...]


@dataclass
class World:
    """People of a scenario in several draws of what is not known.

    Attributes:
        scenario, table: what is asked, and of which columns.
        frame: the people, as they were stored.
        behaviours: those that the decisions name, by file.
        codes: (people,) whose luck each has.
        draws: of what is not known; 0 is one agent a person, and the likeliest truth.
        seed: of all luck.
        reasons: whether reasons are given.
        plain: the same people without draws, where this world has draws: what their bank would expect of them.
        moved_of: the world of whom these are some, which knows whether they are of others than the learned ones.
        deciders: what says how likely people decide something, by decision.
    """

    scenario: Scenario
    table: Table
    frame: pl.DataFrame
    behaviours: Mapping[str, Behaviour]
    codes: npt.NDArray[np.uint64]
    draws: int
    seed: int
    reasons: bool = False
    plain: World | None = None
    moved_of: World | None = None
    deciders: dict[str, Responding | Picking | Purchasing] = field(init=False, default_factory=dict)
    _values: dict[str, pl.DataFrame] = field(init=False, repr=False, default_factory=dict)
    _masks: dict[str, Flags] = field(init=False, repr=False, default_factory=dict)
    _levels: dict[str, dict[Key, Level]] = field(init=False, repr=False, default_factory=dict)
    _formulas: dict[str, dict[str, Formula]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        days = self.scenario.days[-1]
        for number, (name, decision) in enumerate(self.scenario.decisions.items()):
            behaviour = self.behaviours[decision.behaviour]
            formulas = {
                key: read_formula(text, f"decisions.{name}.values.{key}") for key, text in decision.values.items()
            }
            self._formulas[name] = formulas
            own = {column.name for column in behaviour.columns}
            asked = [
                n for formula in formulas.values() for n in formula.names if n in self.table.names and n not in own
            ]
            further = [self.table[n] for n in dict.fromkeys(asked)]
            self._values[name] = read_values(self.frame, [*behaviour.columns, *further])
            self.deciders[name] = make_decider(
                behaviour,
                self._values[name],
                self.codes,
                draws=self.draws,
                seed=self.seed,
                decision=number,
                days=float(days),
                steps=-(-self.scenario.periods // decision.every),
                fresh=decision.after is not None,
                moved=self.moved_of.deciders[name].moved if self.moved_of else None,
                reasons=self.reasons,
            )
            self._levels[name] = {}

    @property
    def people(self) -> int:
        """How many there are."""
        return self.frame.height

    @property
    def agents(self) -> int:
        """People times draws."""
        return self.people * max(self.draws, 1)

    def holds(self, condition: str) -> Flags:
        """Of whom a condition on columns holds, (people,)."""
        if not condition:
            return np.ones(self.people, bool)
        if condition not in self._masks:
            found = parse(condition, self.table)
            values = {name: to_values(self.frame[name], self.table[name]) for name in found.columns}
            self._masks[condition] = found.holds(values)
        return self._masks[condition]

    def key(self, arm: str, name: str, period: int, contact: str | None = None) -> Key:
        """What tells the level of a decision in a period from others: the changes and shocks that bear on it."""
        own = self.scenario.arms[arm]
        changed = tuple(
            (arm, "change", number, change.step(period))
            for number, change in enumerate(own.changes)
            if change.holds(period) and self.bears(change, name)
        )
        shocked = tuple(
            (arm, "shock", number)
            for number, shock in enumerate(own.shocks)
            if shock.decision == name and shock.holds(period)
        )
        told = (contact,) if contact is not None and self.scenario.contacts[contact].set else ()
        return (*changed, *shocked, *told)

    def bears(self, change: Change, name: str) -> bool:
        """Whether a change bears on a decision: on what people do, or on what that is worth."""
        if change.option is not None:
            return change.decision == name
        if change.decision not in (None, name):
            return False
        return bool({*change.columns} & {*self.deciders[name].columns}) or bool(self.valued_by(change, name))

    def idle(self, part: Change | Shock) -> str:
        """Why a change or a shock changes nothing for anybody, in plain words; an empty text where it may."""
        what = "a shock" if isinstance(part, Shock) else f"a change of {', '.join(part.columns)}"
        if part.first > self.scenario.periods or (part.last is not None and part.last < part.first):
            return f"Nothing came of {what}: it holds in none of the {self.scenario.periods} periods."
        if not self.holds(part.who).any():
            return f"Nothing came of {what}: {part.who} holds for no customer."
        if isinstance(part, Change) and part.option is not None:
            at = self.scenario.decisions[part.decision or ""].at
            if not part.holds(at):
                return f"Nothing came of {what}: {part.decision} is decided in period {at}, when it does not hold."
        return ""

    def valued_by(self, change: Change, name: str) -> tuple[str, ...]:
        """What a decision is worth by formulas of columns that a change changes, by name."""
        if change.option is not None or change.decision not in (None, name):
            return ()
        changed, out = {*change.columns}, []
        for key, formula in self._formulas[name].items():
            if changed & {*formula.names}:
                out.append(key)
                changed.add(key)
        return tuple(out)

    def affected(self, arm: str, name: str, period: int) -> Flags:
        """To whom a decision is different in a period, (people,); everybody where nothing is."""
        out = np.zeros(self.people, bool)
        for change in self.scenario.arms[arm].changes:
            if change.holds(period) and self.bears(change, name):
                out |= self.holds(change.who)
        return out if out.any() else ~out

    def level(self, arm: str, name: str, period: int, contact: str | None = None) -> Level:
        """The level of a decision in an arm and a period, for those whom a contact reaches, or for everybody else."""
        key, kept = self.key(arm, name, period, contact), self._levels[name]
        if key not in kept:
            while len(kept) >= KEPT:
                del kept[next(iter(kept))]
            kept[key] = self._make_level(arm, name, period, contact)
        return kept[key]

    def likeliest(self, arm: str, name: str, period: int, contact: str | None = None) -> Level:
        """The level as it is likeliest, one agent a person."""
        return (self.plain or self).level(arm, name, period, contact)

    def _make_level(self, arm: str, name: str, period: int, contact: str | None) -> Level:
        own, decider = self.scenario.arms[arm], self.deciders[name]
        decision = self.scenario.decisions[name]
        changes = [change for change in own.changes if change.holds(period) and self.bears(change, name)]
        told = self.scenario.contacts[contact].set if contact is not None else {}
        if isinstance(decider, Picking):
            frame = self._options(decision, decider, changes, period)
            made = replace(decider.level(frame), names=decider.names)
            known = {column: frame[column].to_numpy()[0] for column in frame.columns}
            return self._valued(name, made, self._values[name], known)
        frame = self._values[name]
        for change in changes:
            frame = self._changed(frame, change, period)
        for column, value in told.items():
            frame = _set(frame, column, value, np.ones(frame.height, bool))
        if decider.treatment and decider.treatment not in frame.columns:
            raise SpecificationError(
                f"the customers have no column {decider.treatment!r}, whose effect on {name} was learned; give it, or "
                f"set it in every arm"
            )
        made = decider.level(frame)
        score, slow = made.score, made.slow
        for number, shock in enumerate(own.shocks):
            if shock.decision == name and shock.holds(period):
                moved = self._shock(arm, number).astype(np.float32)
                if isinstance(decider, Purchasing):
                    score, slow = score * np.exp(moved), slow * np.exp(moved) if slow is not None else None
                else:
                    score = score + moved
        offer = _offer(frame, decider.treatment) if self.reasons else ""
        return self._valued(name, replace(made, score=score, slow=slow, names=decider.names, offer=offer), frame, {})

    def _shock(self, arm: str, number: int) -> Floats:
        """What a shock adds to the log odds of each agent, (agents,)."""
        shock = self.scenario.arms[arm].shocks[number]
        middle, low, high = np.log(shock.odds)
        places = [*self.scenario.arms]
        luck = np.random.default_rng([self.seed, 77, places.index(arm), number]).standard_normal(self.draws)
        drawn = middle + luck / 1.959964 * np.where(luck < 0, middle - low, high - middle) if self.draws else [middle]
        found: Floats = (np.asarray(drawn)[:, None] * self.holds(shock.who)).ravel()
        return found

    def _changed(self, frame: pl.DataFrame, change: Change, period: int) -> pl.DataFrame:
        rows, step = self.holds(change.who), change.step(period)
        for column, value in change.set.items():
            frame = _set(frame, column, at_step(value, step), rows)
        for column, value in (*change.add.items(), *change.multiply.items()):
            if column not in frame.columns:
                continue  # another decision's
            by, old = at_step(value, step), numbers(frame, column)
            if not np.isfinite(old).any():
                raise SpecificationError(f"column {column!r} is no number: it can be set, not added to or multiplied")
            new = old + by if column in change.add else old * by
            frame = frame.with_columns(pl.Series(column, np.where(rows, new, old)).fill_nan(None))
        return frame

    def _options(self, decision: Decision, decider: Picking, changes: list[Change], period: int) -> pl.DataFrame:
        """The options of a choice, a row each."""
        options = {option: dict(own) for option, own in decision.options.items()}
        for change in changes:
            own, step = options[change.option or ""], change.step(period)
            for column in change.columns:
                if column in change.set:
                    own[column] = float(at_step(change.set[column], step))
                if column in change.add:
                    own[column] += at_step(change.add[column], step)
                if column in change.multiply:
                    own[column] *= at_step(change.multiply[column], step)
        return pl.DataFrame([{name: float(own[name]) for name in decider.names} for own in options.values()])

    def _valued(self, name: str, level: Level, frame: pl.DataFrame, further: Mapping[str, float]) -> Level:
        """The level with what each time is worth."""
        formulas = self._formulas[name]
        if not formulas:
            return level
        rows = self.people if level.amount is None else self.agents
        known: dict[str, Any] = {
            column: np.tile(numbers(frame, column), rows // self.people) for column in frame.columns if column
        }
        known |= {column: np.asarray(value) for column, value in further.items()}
        if level.amount is not None:
            known["amount"] = level.amount
        worth: dict[str, Floats] = {}
        for key, formula in formulas.items():
            worth[key] = formula.value(known, rows)
            if not np.isfinite(worth[key]).all():
                bad = int((~np.isfinite(worth[key][: self.people])).sum())
                raise DataError(
                    f"{formula.place} comes to no number for {bad:,} customers; fill the columns that it uses "
                    f"({', '.join(formula.names)})"
                )
            known[key] = worth[key]
        return replace(level, values=worth)


def codes_of(frame: pl.DataFrame, customer: str | None) -> npt.NDArray[np.uint64]:
    """The code of each person, (people,), by which luck is theirs: of how they are called, else of their row."""
    if customer is None:
        return np.arange(frame.height, dtype=np.uint64)
    return hash_names(frame[customer])


def _offer(frame: pl.DataFrame, treatment: str) -> str:
    """What everybody is offered, in words: the treatment, where it is the same for all."""
    if not treatment:
        return ""
    different = as_text(frame[treatment]).unique()
    return f"{treatment} {different[0]}" if len(different) == 1 else f"{treatment}, each their own"


def _set(frame: pl.DataFrame, column: str, value: float | str, rows: Flags) -> pl.DataFrame:
    """The frame with a value in some rows of a column, which is made where it is not there."""
    if column in frame.columns:
        old = frame[column]
        if old.dtype.is_numeric() and isinstance(value, str):
            raise SpecificationError(f"column {column!r} holds numbers, and can't be set to {value!r}; give a number")
        old = old if old.dtype.is_numeric() else as_text(old)
    else:
        old = pl.Series(column, [None] * frame.height, dtype=pl.String if isinstance(value, str) else pl.Float64)
    new = str(value) if old.dtype == pl.String else float(value)
    if old.dtype.is_numeric():
        old = old.cast(pl.Float64)
    chosen = pl.Series(rows)
    return frame.with_columns(pl.when(chosen).then(pl.lit(new)).otherwise(old).alias(column))
