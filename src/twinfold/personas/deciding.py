"""Deciding: what behaviours say of single customers. Words come after, and change none of it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.assumed import AssumedModel
from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.choosing import ChoosingModel
from twinfold.behaviour.response import ResponseModel
from twinfold.behaviour.rows import hash_names, read_values
from twinfold.errors import DataError, OptionError, SpecificationError, unknown_name
from twinfold.personas.answer import Estimate
from twinfold.personas.memory.memory import Memory
from twinfold.personas.offer import Option, Terms
from twinfold.simulation.luck import TRAITS, draw_uniforms
from twinfold.simulation.picking import Picking

if TYPE_CHECKING:
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

COMPARED, REASONS = 5_000, 3
"""Customers whose mean a reason is beside, evenly spaced; and reasons that are given."""

DRAWS = 100
"""Draws of what is not known by which the interval of a choice is found."""


@dataclass(frozen=True)
class Estimates:
    """What a behaviour expects of some customers.

    Attributes:
        behaviour, outcome: by name; terms: what was put to all of them, by column.
        value, lower, upper: what is expected, and its 95 % interval, (customers,); NaN where nothing can be said.
        score: the same on the scale on which effects add up: log odds of a yes, else the outcome's unit, (customers,).
        yes: of an outcome of yes and no, who does it, (customers,); None of a number.
        label, in_support: what the effect rests on, and for whom anything like it was learned, (customers,).
        average: the mean over all of them with its 95 % interval; None where it is not known.
        reasons: of each, columns that move it farthest from everybody's, the strongest first, and by how much.
        notes: what a user must know.
    """

    behaviour: str
    outcome: str
    terms: tuple[tuple[str, float | str], ...]
    value: Floats
    lower: Floats
    upper: Floats
    score: Floats
    yes: Flags | None
    label: npt.NDArray[np.str_]
    in_support: Flags
    average: tuple[float, float, float] | None
    reasons: tuple[tuple[tuple[str, float], ...], ...]
    notes: tuple[str, ...] = ()

    def one(self, place: int) -> Estimate | None:
        """Of one customer; None where nothing can be said."""
        if not np.isfinite(self.value[place]):
            return None
        return Estimate(
            outcome=self.outcome,
            value=float(self.value[place]),
            lower=float(self.lower[place]),
            upper=float(self.upper[place]),
            yes=None if self.yes is None else bool(self.yes[place]),
            label=str(self.label[place]),
            in_support=bool(self.in_support[place]),
            behaviour=self.behaviour,
            offer=self.terms,
            reasons=self.reasons[place],
        )


@dataclass(frozen=True)
class Picks:
    """Which of several options each customer takes.

    Attributes:
        behaviour: by name; options: as they were put.
        chance, lower, upper: how likely each is taken, and its 95 % interval, (options, customers).
        taken: the place of the one that each takes, (customers,).
        label: what it rests on; in_support: whether such options were compared, (customers,).
        reasons: of each, the attributes that speak most for or against the first beside the others.
    """

    behaviour: str
    options: tuple[Option, ...]
    chance: Floats
    lower: Floats
    upper: Floats
    taken: Places
    label: str
    in_support: Flags
    reasons: tuple[tuple[str, ...], ...]


class Deciding:
    """What behaviours say of a memory's customers.

    Args:
        memory: of the customers.
        behaviours: by name.
        seed: of who says yes: whoever takes a dear offer takes a cheaper one, where cheaper ones are taken more often.
    """

    def __init__(self, memory: Memory, behaviours: Mapping[str, Behaviour], seed: int = 0) -> None:
        self.memory, self.behaviours, self.seed = memory, dict(behaviours), seed
        self._codes = hash_names(pl.Series(memory.keys))

    def __getitem__(self, name: str) -> Behaviour:
        if name not in self.behaviours:
            raise OptionError(unknown_name("behaviour", name, self.behaviours))
        return self.behaviours[name]

    def estimate(self, name: str, terms: Terms, whom: Places) -> Estimates:
        """What a behaviour expects of some customers who all get the same.

        Args:
            name: of the behaviour.
            terms: by column, what they get; a column that is not named is their own.
            whom: the places of the customers, (customers,).

        Raises:
            OptionError: there is no such behaviour, or it is one of choices; SpecificationError: the terms name a
                column that the behaviour does not look at; DataError: the customers have none of the columns that it
                looks at, or lack what it is learned within.
        """
        behaviour = self[name]
        if isinstance(behaviour.model, ChoosingModel):
            raise OptionError(f"behaviour {name!r} is of choices; give options to choose between")
        known = [column.name for column in behaviour.columns]
        for column in terms:
            if column not in known:
                raise SpecificationError(
                    f"the offer's {unknown_name('term', column, known, among=f'behaviour {name!r}')}"
                )
        own = [column for column in known if column not in terms]
        if own and not set(own) & set(self.memory.people.frame.columns):
            raise DataError(
                f"behaviour {name!r} looks at {', '.join(own[:5])}, and {self.memory.people.name} has none; give "
                "customers like those that it was learned of"
            )
        everybody = self._frame(behaviour, terms, None)
        frame = self._frame(behaviour, terms, whom)
        told = isinstance(behaviour.model, ResponseModel | AssumedModel)
        found = behaviour.forecast(frame, among=everybody) if told else behaviour.forecast(frame)
        binary = _is_binary(behaviour)
        score, reasons = self._explain(behaviour, frame, everybody, len(whom))
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = np.log(found.prediction) - np.log1p(-found.prediction)
        yes = self._luck(name, whom) < found.prediction if binary else None
        return Estimates(
            behaviour=name,
            outcome=behaviour.specification.outcome or "purchases",
            terms=tuple(terms.items()),
            value=found.prediction,
            lower=found.lower,
            upper=found.upper,
            score=score if score is not None else odds if binary else found.prediction,
            yes=yes,
            label=found.identification,
            in_support=found.in_support,
            average=found.average,
            reasons=reasons,
            notes=found.notes,
        )

    def pick(self, name: str, options: tuple[Option, ...], whom: Places) -> Picks:
        """Which of several options some customers take.

        Args as of `estimate`; every option has all attributes of the behaviour. Raises `OptionError` where it is not
        one of choices, `SpecificationError` where an option lacks an attribute or differs in one that never varied.
        """
        behaviour = self[name]
        if not isinstance(behaviour.model, ChoosingModel):
            raise OptionError(f"behaviour {name!r} is a {behaviour.specification.kind}; options take one of choices")
        attributes = behaviour.model.attributes
        for option in options:
            for column in option.terms:
                if column not in attributes:
                    unknown = unknown_name("term", column, attributes, among=f"behaviour {name!r}")
                    raise SpecificationError(f"option {option.name!r}: {unknown}")
            if missing := [each for each in attributes if each not in option.terms]:
                raise SpecificationError(f"option {option.name!r} has no {', '.join(missing)}; give all its attributes")
        frame = pl.DataFrame({each: [float(option.terms[each]) for option in options] for each in attributes})
        picking = Picking(behaviour.model, self._codes[whom], DRAWS, self.seed, _number(name))
        level = picking.level(frame)
        assert level.shares is not None
        assert level.reasons is not None
        drawn = level.shares.reshape(len(options), DRAWS, len(whom))
        chance = drawn.mean(axis=1).astype(np.float64)
        low, high = np.quantile(drawn, [0.025, 0.975], axis=1)
        luck = np.stack([self._luck(f"{name}/{option.name}", whom) for option in options])
        taken = (np.log(np.maximum(chance, 1e-300)) - np.log(-np.log(luck))).argmax(axis=0)  # Gumbel's, each their own
        reasons = tuple(tuple(attributes[k] for k in column if k >= 0) for column in level.reasons.T)
        label = str(behaviour.model.label)
        return Picks(name, options, chance, low, high, taken, label, level.supported, reasons)

    def _frame(self, behaviour: Behaviour, terms: Terms, whom: Places | None) -> pl.DataFrame:
        """The columns that a behaviour looks at, as stored, with what is offered in their place."""
        stored = self.memory.people.frame if whom is None else self.memory.people.frame[whom]
        kept = [column.name for column in behaviour.columns if column.name in stored.columns]
        frame = stored.select(kept) if kept else pl.DataFrame({"": pl.zeros(stored.height, pl.Int8, eager=True)})
        return frame.with_columns(pl.lit(value).alias(column) for column, value in terms.items())

    def _luck(self, name: str, whom: Places) -> Floats:
        return draw_uniforms(self.seed, self._codes[whom], TRAITS, _number(name))

    def _explain(
        self, behaviour: Behaviour, frame: pl.DataFrame, everybody: pl.DataFrame, count: int
    ) -> tuple[Floats | None, tuple[tuple[tuple[str, float], ...], ...]]:
        """Each customer's score, and the columns that move it farthest from everybody's."""
        model = behaviour.model.base if isinstance(behaviour.model, AssumedModel) else behaviour.model
        if not isinstance(model, ResponseModel):
            return None, ((),) * count
        values, every = (read_values(each, behaviour.columns) for each in (frame, everybody))
        moved = model.moved(every)
        names = [*model.strata.columns, *(feature.name for feature in model.features)]
        names = [name for name in dict.fromkeys(names) if name not in moved]
        found = model.score(values, moved)
        if not names:
            return found.score, ((),) * count
        some = np.linspace(0, every.height - 1, min(every.height, COMPARED)).astype(np.int64)
        usual = model.contributions(model.score(every[some], moved), names).mean(axis=1)
        apart = model.contributions(found, names) - usual[:, None]
        first = np.argsort(-np.abs(apart), axis=0, kind="stable")[:REASONS]
        return found.score, tuple(
            tuple((names[k], float(apart[k, place])) for k in first[:, place] if abs(apart[k, place]) > 1e-6)
            for place in range(count)
        )


def _is_binary(behaviour: Behaviour) -> bool:
    model = behaviour.model.base if isinstance(behaviour.model, AssumedModel) else behaviour.model
    return isinstance(model, ResponseModel) and model.regression.binary


def _number(name: str) -> int:
    """A number of 16 bits for a name, by which its luck is its own whatever others there are."""
    return zlib.crc32(name.encode()) & 0xFFFF
