"""Outcomes: what customers do, as it is set beside what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twinfold.behaviour.behaviour import Behaviour
from twinfold.errors import DataError, OptionError, unknown_name
from twinfold.evaluation.alignment import MISSING
from twinfold.personas.people import People, numbers_of
from twinfold.personas.timeline import count_over_time
from twinfold.personas.traits import NO, YES
from twinfold.simulation.formula import read_formula
from twinfold.synthesis.conditions import parse

if TYPE_CHECKING:
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]

FEWER = "fewer "
"""Before the name of a table: by how many rows less somebody has of it in the second half of the time."""


@dataclass(frozen=True)
class Outcome:
    """Something that customers do, or not.

    Attributes:
        name: as it stands in sentences ("left").
        values: of everybody, NaN where it is not known, (people,); of yes and no 1 and 0.
        share: whether it is one of yes and no.
    """

    name: str
    values: Floats
    share: bool

    @property
    def does(self) -> Flags:
        """Who does it, of an outcome of yes and no, (people,)."""
        out: Flags = self.values == 1
        return out


def read_outcomes(
    texts: Sequence[str], people: People, behaviours: Mapping[str, Behaviour]
) -> tuple[tuple[Outcome, ...], People]:
    """Outcomes as they are written, and people who are told apart by none of their columns: who is of which persona
    must not be decided by what is then compared.

    Each is a name that is known (a column, what rows amount to, a behaviour, "fewer payments"), "NAME = FORMULA", or
    "NAME: CONDITION". Raises `OptionError`, `DataError`, `SpecificationError` or `ConditionError` where one is not.
    """
    known = numbers_of(people) | _answers(people) | _fewer(people)
    found, asked = list[Outcome](), set[str]()
    for text in texts:
        name, values, names = _read(text.strip(), people, known, behaviours)
        if name in {outcome.name for outcome in found}:
            raise OptionError(f"outcome {name!r} is named twice; give each a name of its own")
        values = np.where(np.isfinite(values), values, np.nan)
        held = np.unique(values[~np.isnan(values)])
        if len(held) < 2:
            raise DataError(f"outcome {text[:80]!r} is the same for everybody; name what some do and others not")
        found.append(Outcome(name, values, bool(np.isin(held, (0.0, 1.0)).all())))
        asked |= names
    kept = tuple(feature for feature in people.features if not {feature.name, feature.label} & asked)
    if not kept:
        raise DataError(f"nothing but the outcomes tells {people.table.name} apart; name other columns")
    return tuple(found), replace(people, features=kept)


def _read(
    text: str, people: People, known: Mapping[str, Floats], behaviours: Mapping[str, Behaviour]
) -> tuple[str, Floats, set[str]]:
    """The name of an outcome, its values, (people,), and what it is read off."""
    if text in known:
        return text, known[text], {text}
    if text in behaviours:
        expected = np.asarray(behaviours[text].forecast(people.frame).prediction, np.float64)
        if expected.shape != (people.count,):
            raise OptionError(f"behaviour {text!r} expects nothing of one customer by themselves; name another outcome")
        return text, expected, set()
    name, sign, rest = _cut(text)
    if not sign:
        names = [*dict.fromkeys((*known, *behaviours))]
        raise OptionError(f'{unknown_name("outcome", text, names)}; or give such as "left = churned"')
    if not name or not rest:
        raise OptionError(
            f'outcome {text[:80]!r}: give a name with a formula or a condition, such as "left = churned" or '
            "\"left: status = 'closed'\""
        )
    if sign == ":":
        condition = parse(rest, people.table)
        held = condition.holds_in(people.frame, people.table)
        return name, held.astype(np.float64), {*condition.columns}
    if rest in known:
        return name, known[rest], {rest}
    formula = read_formula(rest, f"outcome {name}")
    return name, np.asarray(formula.value(known, people.count)), {*formula.names}


def _cut(text: str) -> tuple[str, str, str]:
    """A name, the sign after it, and the rest: the first of ":" and "="; no sign where there is neither."""
    sign = min((each for each in ":=" if each in text), key=text.index, default="")
    name, _, rest = text.partition(sign) if sign else (text, "", "")
    return name.strip(), sign, rest.strip()


def _answers(people: People) -> dict[str, Floats]:
    """Columns of yes and no as 1 and 0, by name."""
    found = {}
    for feature in people.every:
        if feature.levels is not None:
            said = {level: level.strip().lower() for level in feature.levels.unique().to_list() if level != MISSING}
            if {*said.values()} <= YES | NO:
                numbers = {level: float(low in YES) for level, low in said.items()} | {MISSING: float("nan")}
                found[feature.name] = np.array([numbers[level] for level in feature.levels.to_list()])
    return found


def _fewer(people: People) -> dict[str, Floats]:
    """By how many rows less each has of a table in the second half of the time, "fewer payments"."""
    return {
        f"{FEWER}{each.table}": np.asarray(
            each.counts[:, : len(each.edges) // 2].sum(axis=1) - each.counts[:, len(each.edges) // 2 :].sum(axis=1),
            np.float64,
        )
        for each in count_over_time(people.family)
    }
