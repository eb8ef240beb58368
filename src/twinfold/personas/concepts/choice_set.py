"""The choice set: concepts as the levels that a choice was learned of, and what of it was never put to anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.choosing import ChoosingModel
from twinfold.errors import SpecificationError, unknown_name
from twinfold.personas.concepts.specification import Concepts

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Feature:
    """What counts as one reason.

    Attributes:
        name: in words.
        places: of its attributes that differ.
        levels: what each of all its attributes stands for, by place ("low"), where they stand for levels of it.
        otherwise: the level where none of these holds; empty where it is not named.
    """

    name: str
    places: tuple[int, ...]
    levels: Mapping[int, str]
    otherwise: str


@dataclass(frozen=True)
class ChoiceSet:
    """Concepts side by side.

    Attributes:
        names: of the concepts; attributes: as in the behaviour.
        words: (attributes,) how each is called, and the level of it that it stands for, empty where it is no level.
        levels: (concepts, attributes).
        features: those in which concepts differ, in the order of their attributes.
        apart: pairs of places of concepts the like of which nobody was asked to weigh.
    """

    names: tuple[str, ...]
    attributes: tuple[str, ...]
    words: tuple[tuple[str, str], ...]
    levels: Floats
    features: tuple[Feature, ...]
    apart: tuple[tuple[int, int], ...]

    @property
    def frame(self) -> pl.DataFrame:
        """The levels, a row a concept."""
        return pl.DataFrame(self.levels, schema=list(self.attributes), orient="row")

    @property
    def beside(self) -> Floats:
        """How far each concept is from the mean of the others, (concepts, attributes)."""
        count = len(self.levels)
        found: Floats = (self.levels - self.levels.mean(axis=0)) * count / (count - 1)
        return found


def lay_out_concepts(concepts: Concepts, model: ChoosingModel) -> ChoiceSet:
    """Concepts as levels of what a choice was learned of.

    An attribute that never varied may be left out: nothing was learned of it.

    Raises:
        SpecificationError: an attribute is unknown, or a concept lacks one.
    """
    known = model.attributes
    for place, given in (
        ("usual", concepts.usual),
        ("called", concepts.called),
        *((f"concept {concept.name!r}", concept.attributes) for concept in concepts.concepts),
    ):
        for name in given:
            if name not in known:
                raise SpecificationError(f"{place}: {unknown_name('attribute', name, known, among='the behaviour')}")
    levels = np.zeros((len(concepts.concepts), len(known)))
    for row, concept in enumerate(concepts.concepts):
        own = {**concepts.usual, **concept.attributes}
        for column, name in enumerate(known):
            if name in own:
                levels[row, column] = own[name]
            elif model.model.identified[column]:
                raise SpecificationError(
                    f"concept {concept.name!r} says nothing of {name!r}; give it among its attributes, or for all "
                    "concepts under [usual]"
                )
    names = tuple(concept.name for concept in concepts.concepts)
    words = tuple(map(concepts.word, known))
    features = _features(words, levels, concepts.otherwise)
    return ChoiceSet(names, known, words, levels, features, find_apart(model, levels))


def find_apart(model: ChoosingModel, levels: Floats) -> tuple[tuple[int, int], ...]:
    """Pairs of options, (options, attributes), whose difference is unlike any that people were asked to weigh."""
    pairs = list(combinations(range(len(levels)), 2))
    inside = model.model.in_support(np.stack([levels[a] - levels[b] for a, b in pairs]))
    return tuple(pair for pair, seen in zip(pairs, inside, strict=True) if not seen)


def _features(words: Sequence[tuple[str, str]], levels: Floats, otherwise: Mapping[str, str]) -> tuple[Feature, ...]:
    """Attributes in which concepts differ; those that are called the same are one."""
    places: dict[str, dict[int, str]] = {}
    for column, (called, level) in enumerate(words):
        places.setdefault(called, {})[column] = level
    strangers = [name for name in otherwise if name not in places]
    if strangers:
        raise SpecificationError(f"otherwise: {unknown_name('name', strangers[0], places, among='what is called')}")
    out = []
    for name, every in places.items():
        differing = tuple(column for column in every if np.ptp(levels[:, column]) > 0)
        of_levels = every if len(every) > 1 or any(every.values()) else {}
        if differing:
            out.append(Feature(name, differing, of_levels, otherwise.get(name, "")))
    return tuple(out)
