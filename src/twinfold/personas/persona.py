"""Personas: groups of people with a portrait that their own numbers bear out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from twinfold.evaluation.finding import Chart, ExampleCustomer
from twinfold.personas.feedback.feedback import Feedback, Said
from twinfold.personas.rule import Rule
from twinfold.personas.segmentation import Tried
from twinfold.personas.sensitivity import Sensitivity
from twinfold.personas.traits import Lift


@dataclass(frozen=True)
class Amount:
    """A mean with its 95 % interval, and everybody's: of a person, what they are worth, or some number of theirs."""

    name: str
    value: float
    lower: float
    upper: float
    overall: float
    share: float | None = None
    """Of all people's sum, the part of this group; None where signs differ, so that parts say nothing."""


@dataclass(frozen=True)
class Usual:
    """A number of people's in the middle: the median and the middle half, of a group, and the median of everybody."""

    name: str
    median: str
    low: str
    high: str
    overall: str


@dataclass(frozen=True)
class Persona:
    """A group of people.

    Attributes:
        name: a title from what sets it apart, which no other has.
        people: how many; share: of all, with its 95 % interval, (3,).
        lifts: what sets it apart, what tells most first; more often or more seldom than everybody.
        usual: its most telling numbers, in the middle.
        values: what its people are worth, by name.
        stability: the mean Jaccard similarity with which it is found again; None where a condition says who is in it.
        rule: a condition that finds it; condition: the one that it was made by, an empty text where it was found.
        timelines: what it does over time, a chart a table.
        sensitivities: what offers change in it.
        examples: some of its people.
        said: what it says beside what it does, for each table of texts.
    """

    name: str
    people: int
    share: tuple[float, float, float]
    lifts: tuple[Lift, ...]
    usual: tuple[Usual, ...]
    values: tuple[Amount, ...]
    stability: float | None
    rule: Rule | None
    condition: str
    timelines: tuple[Chart, ...]
    sensitivities: tuple[Sensitivity, ...]
    examples: tuple[ExampleCustomer, ...]
    said: tuple[Said, ...] = ()

    def portrait(self) -> list[str]:
        """The persona in some sentences."""
        from twinfold.personas.wording import portray

        return portray(self)


@dataclass(frozen=True, repr=False)
class Personas:
    """All personas of a population.

    Attributes:
        population: what it is called; people: how many.
        personas: the largest first, or as conditions name them.
        why: why so many, in plain words; tried: the numbers of groups that were tried.
        assignment: whose persona is which: the people's key where they have one, else the number of their row from 0,
            and the name of their persona.
        notes: what a user must know; origin: of what they were made.
        feedback: what all say beside what they do, for each table of texts.
    """

    population: str
    people: int
    personas: tuple[Persona, ...]
    why: str
    tried: tuple[Tried, ...]
    assignment: pl.DataFrame
    notes: tuple[str, ...]
    origin: Mapping[str, str]
    feedback: tuple[Feedback, ...] = ()

    def __getitem__(self, name: str) -> Persona:
        """A persona by its name. Raises `KeyError`."""
        for persona in self.personas:
            if persona.name == name:
                return persona
        raise KeyError(name)

    def text(self) -> str:
        """All of them in some lines each."""
        from twinfold.personas.wording import tell

        return tell(self)

    def record(self) -> dict[str, Any]:
        """Everything as JSON can say it, but whose persona is which."""
        return {
            "population": self.population,
            "people": self.people,
            "why": self.why,
            "tried": [asdict(each) | {"stability": list(each.stability)} for each in self.tried],
            "personas": [_record(persona) for persona in self.personas],
            "feedback": [asdict(each) for each in self.feedback],
            "notes": list(self.notes),
            "origin": dict(self.origin),
        }

    def __repr__(self) -> str:
        return f"<Personas: {len(self.personas)} of {self.people:,} people>"

    def _repr_html_(self) -> str:
        from twinfold.personas.page import embed_personas

        return embed_personas(self)


def _record(persona: Persona) -> dict[str, Any]:
    out = asdict(persona)
    out["share"] = list(persona.share)
    out["portrait"] = persona.portrait()
    return out
