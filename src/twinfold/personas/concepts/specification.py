"""What a concept test asks: `concepts.toml`, products described by the attributes that a choice was learned of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from twinfold.behaviour.toml_file import read_toml
from twinfold.errors import SpecificationError, unknown_name

MOST_CONCEPTS = 12
"""Concepts that are compared at most: people weigh no more against each other."""

NOTHING = ("none", "nothing", "no_choice", "outside", "outside_option")
"""Keys by which one might ask for an option that nobody was ever given."""


def _on_one_line(text: str) -> str:
    if not (joined := " ".join(text.split())):
        raise ValueError("a name is blank; give a word or two")
    return joined


Name = Annotated[str, Field(max_length=80), AfterValidator(_on_one_line)]
Amount = Annotated[float, Field(allow_inf_nan=False)]


class Concept(BaseModel):
    """One product.

    Attributes:
        name: by which people choose it.
        description: as it is shown; nothing is decided by it.
        attributes: by name as in the behaviour; yes and no count as 1 and 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    description: str = Field(default="", max_length=2_000)
    attributes: Mapping[str, Amount] = Field(default={}, max_length=200)


class Concepts(BaseModel):
    """What is asked.

    Attributes:
        title: of the whole.
        concepts: two or more.
        usual: attributes of all concepts that say nothing else of them.
        called: how attributes are called in words, as after "its" ("annual fee"); one that stands for a level says
            which ("annual fee: low"). Those that are called the same count as one reason.
        otherwise: the level, by how an attribute is called, where none of its levels holds ("high").
        customer: the column by which customers are known to the behaviour; None: nobody is, each row is somebody.
        personas: conditions, each as "NAME: CONDITION", by which shares are told apart.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Name = "A concept test"
    concepts: tuple[Concept, ...] = Field(min_length=2, max_length=MOST_CONCEPTS)
    usual: Mapping[str, Amount] = Field(default={}, max_length=200)
    called: Mapping[str, Name] = Field(default={}, max_length=200)
    otherwise: Mapping[Name, Name] = Field(default={}, max_length=200)
    customer: str | None = None
    personas: tuple[str, ...] = Field(default=(), max_length=20)

    def word(self, attribute: str) -> tuple[str, str]:
        """How an attribute is called, and the level of it that it stands for, empty where it is no level."""
        name, _, level = self.called.get(attribute, attribute.replace("_", " ")).partition(":")
        return name.strip(), level.strip()

    @model_validator(mode="after")
    def _check(self) -> Concepts:
        name, times = Counter(concept.name for concept in self.concepts).most_common(1)[0]
        if times > 1:
            raise ValueError(f"{times} concepts are called {name!r}; give each a name of its own")
        for concept in self.concepts:
            held: dict[str, str] = {}
            for attribute, amount in {**self.usual, **concept.attributes}.items():
                feature, level = self.word(attribute)
                if level and amount and held.setdefault(feature, attribute) != attribute:
                    raise ValueError(
                        f"concept {concept.name!r} has {held[feature]} and {attribute}, two levels of {feature!r}; "
                        "give it one"
                    )
        return self


def read_concepts(source: Concepts | Mapping[str, Any] | str | Path) -> Concepts:
    """Read what a concept test asks from a TOML file, or a mapping of what would stand in one.

    Raises `SpecificationError` where there is no such file, where it is no TOML, and for a key or a value that is not
    accepted.
    """
    if isinstance(source, Concepts):
        return source
    if isinstance(source, Mapping):
        return _make(dict(source), "the concepts")
    return _make(read_toml(source, called="concepts", holds="[[concepts]]", line='name = "Gold"'), Path(source).name)


def _make(record: dict[str, Any], name: str) -> Concepts:
    try:
        return Concepts.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        said = _explain(first["type"], first["loc"], first["msg"], first["input"])
        raise SpecificationError(f"{name}: {said}") from None


def _explain(kind: str, loc: tuple[int | str, ...], message: str, given: object) -> str:
    """What is wrong at a place, what is accepted there, and the next step."""
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)
    key = str(loc[-1]) if loc else ""
    if kind == "extra_forbidden" and key in NOTHING:
        return f"{key!r}: the choice was learned of people who took one of two, so nobody can take none; leave it out"
    if kind == "extra_forbidden":
        model = Concept if loc[0] == "concepts" else Concepts
        return unknown_name("key", key, model.model_fields, among="a concept" if model is Concept else "a concept test")
    if kind == "missing":
        return f"{place}: it is missing; a concept test needs [[concepts]], each with its name and attributes"
    if place == "concepts" and kind in ("too_short", "too_long"):
        return f"{len(given) if isinstance(given, list | tuple) else 0} concepts; give from 2 to {MOST_CONCEPTS}"
    said = message.removeprefix("Value error, ")
    return said if not place else f"{place}: {said}" + ("" if kind == "value_error" else f", not {str(given)[:60]!r}")
