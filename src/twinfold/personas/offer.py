"""An offer: what is put to customers, in terms that behaviours know, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from twinfold.behaviour.toml_file import read_toml
from twinfold.errors import SpecificationError, unknown_name

Terms = Mapping[str, float | str]


class Option(BaseModel):
    """One of several things that can be chosen.

    Attributes:
        name: how it is called; description: in words, which nobody decides by.
        terms: its attributes by column, as the behaviour of choices learned them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=20_000)
    terms: Terms


class Offer(BaseModel):
    """What is offered.

    Attributes:
        name, description: as of an option.
        behaviour: which of several says what customers do about it, by name.
        terms: by column, what everybody gets: the treatment above all.
        options: of a choice, two or more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="the offer", min_length=1, max_length=200)
    description: str = Field(default="", max_length=20_000)
    behaviour: str | None = None
    terms: Terms = Field(default_factory=dict)
    options: tuple[Option, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _check(self) -> Offer:
        names = [option.name for option in self.options]
        if len(names) == 1:
            raise ValueError(f"only one option, {names[0]!r}; give two or more, or its terms as the offer's")
        if len(set(names)) < len(names):
            raise ValueError("two options have the same name; give each its own")
        return self


def read_offer(source: Offer | Mapping[str, object] | str | Path | None) -> Offer:
    """Read an offer from a TOML file, or a mapping of what would stand in one; None is one without terms.

    Raises `SpecificationError`.
    """
    if isinstance(source, Offer):
        return source
    if source is None:
        return Offer()
    if isinstance(source, Mapping):
        record = dict(source)
    else:
        record = read_toml(source, called="offer", holds="name and terms", line="[terms]")
    for key in record:
        if key not in Offer.model_fields:
            raise SpecificationError(unknown_name("key", key, Offer.model_fields, among="the offer"))
    try:
        return Offer.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise SpecificationError(f"offer: {f'{place}: ' if place else ''}{said[:1].lower()}{said[1:]}") from None
