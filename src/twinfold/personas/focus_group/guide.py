"""A moderator's guide: what a focus group is asked, topic by topic."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twinfold.behaviour.toml_file import read_toml
from twinfold.errors import SpecificationError, unknown_name

QUESTION = Field(min_length=1, max_length=2_000)


class Topic(BaseModel):
    """A question that goes round the table, and what the moderator asks everybody after it.

    Attributes:
        question: in words; probes: further ones, each of which may go on with the one before ("why?", "and at 5 %?").
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str = QUESTION
    probes: tuple[str, ...] = Field(default=(), max_length=20)


class Guide(BaseModel):
    """What a group is asked.

    Attributes:
        title: of the session; seats: how many sit round the table, two to twelve.
        topics: in their order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(default="Focus group", min_length=1, max_length=200)
    seats: int = Field(default=6, ge=2, le=12)
    topics: tuple[Topic, ...] = Field(min_length=1, max_length=50)


def read_guide(source: Guide | Mapping[str, object] | str | Path) -> Guide:
    """Read a guide from a TOML file, or a mapping of what would stand in one. Raises `SpecificationError`."""
    if isinstance(source, Guide):
        return source
    if isinstance(source, Mapping):
        record = dict(source)
    else:
        record = read_toml(
            source, called="guide", holds="title and topics", line='[[topics]]\nquestion = "Who are you?"'
        )
    for key in record:
        if key not in Guide.model_fields:
            raise SpecificationError(unknown_name("key", key, Guide.model_fields, among="the guide"))
    try:
        return Guide.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise SpecificationError(f"guide: {place}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None
