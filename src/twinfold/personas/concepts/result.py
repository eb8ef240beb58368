"""What a concept test found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from twinfold.personas.concepts.reasons import Reason
from twinfold.personas.concepts.sweep import Sweep
from twinfold.simulation.outcome import Figure


@dataclass(frozen=True)
class ConceptResult:
    """What comes of one concept.

    Attributes:
        name, description: as given; attributes: all that the behaviour knows, in its order; features: what it has of
            each thing in which concepts differ, in words.
        share: of the people who were asked; learned: of the customers whom the behaviour was learned of.
        first: how certain it is that more people take it than any other, from 0 to 1.
        apart: concepts beside which nobody was asked to weigh anything like it.
        reasons: what speaks for it and against it, those first that bring most.
        picked: how many of those who answered take it.
    """

    name: str
    description: str
    attributes: tuple[tuple[str, float], ...]
    features: tuple[tuple[str, str], ...]
    share: Figure
    learned: Figure
    first: float
    apart: tuple[str, ...]
    reasons: tuple[Reason, ...]
    picked: int


@dataclass(frozen=True)
class Pair:
    """Two concepts, and the share of people who take the first where there are no others; `apart` where nobody was
    asked to weigh anything like it."""

    first: str
    second: str
    share: Figure
    apart: bool


@dataclass(frozen=True)
class PersonaShares:
    """What the people of a persona take.

    Attributes:
        name, condition: of the persona; empty for the rest.
        people: how many; known: how many of them were learned.
        shares: in the order of the concepts; None where hardly any of them were learned.
    """

    name: str
    condition: str
    people: int
    known: int
    shares: tuple[Figure, ...] | None


@dataclass(frozen=True)
class Quote:
    """What one customer says: their key as text, the name of their persona, the concept, and how likely they take it.

    `alike` is the part of all who answer with that concept who have the same reason for it and against it.
    """

    customer: str
    persona: str
    concept: str
    probability: float
    sentence: str
    alike: float


@dataclass(frozen=True, repr=False)
class ConceptTest:
    """What a concept test found.

    Attributes:
        title: of the whole; population: what the people are called together; who: the condition on them.
        people: how many; known: how many of them have a taste of their own, since they were learned.
        concepts: in the order given; pairs: of each two; personas: as named.
        label: what the attributes' effects rest on; rows, customers: that they were learned from.
        sweeps: shares as an attribute moves.
        answers: of each customer who answers: `customer`, `persona`, `choice`, how likely they take each concept
            (`probability of NAME`), the `sentence`, and its `mark` and `identification`.
        quotes: some of them, a few a concept.
        notes: what a user must know; seed: of all chance; origin: of what it was made.
    """

    title: str
    population: str
    who: str
    people: int
    known: int
    concepts: tuple[ConceptResult, ...]
    pairs: tuple[Pair, ...]
    personas: tuple[PersonaShares, ...]
    label: str
    rows: int
    customers: int
    sweeps: tuple[Sweep, ...]
    answers: pl.DataFrame
    quotes: tuple[Quote, ...]
    notes: tuple[str, ...]
    seed: int
    origin: Mapping[str, str]

    def __getitem__(self, name: str) -> ConceptResult:
        """A concept by its name. Raises `KeyError`."""
        for concept in self.concepts:
            if concept.name == name:
                return concept
        raise KeyError(name)

    @property
    def ranking(self) -> tuple[ConceptResult, ...]:
        """The concepts, the one that most people take first."""
        return tuple(sorted(self.concepts, key=lambda concept: -concept.share.value))

    def text(self) -> str:
        """The test in some lines."""
        from twinfold.personas.concepts.wording import tell

        return tell(self)

    def record(self) -> dict[str, Any]:
        """Everything as JSON can say it, but the answers, of which only the quotes are in it."""
        from twinfold.personas.answer import Mark

        listed = ("concepts", "pairs", "personas", "sweeps", "quotes")
        plain = ("title", "population", "who", "people", "known", "label", "rows", "customers", "seed")
        return {
            **{name: getattr(self, name) for name in plain},
            "mark": str(Mark.MODEL),
            "answered": self.answers.height,
            **{name: [asdict(each) for each in getattr(self, name)] for name in listed},
            "notes": list(self.notes),
            "origin": dict(self.origin),
        }

    def __repr__(self) -> str:
        return f"<ConceptTest: {len(self.concepts)} concepts, {self.people:,} people>"

    def _repr_html_(self) -> str:
        from twinfold.personas.concepts.page import embed_test

        return embed_test(self)
