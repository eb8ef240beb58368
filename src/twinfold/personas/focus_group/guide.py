"""A moderator's guide: what a focus group is asked, topic by topic."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from twinfold.behaviour.toml_file import read_toml
from twinfold.errors import SpecificationError, unknown_name

Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]

NEEDS = "a guide needs topics, and each of them a question"


class Topic(BaseModel):
    """A question that goes round the table, and what the moderator asks everybody after it.

    Attributes:
        question: in words; probes: further ones, each of which may go on with the one before ("why?", "and at 5 %?").
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: Question = Field(description="a text of 1 to 2,000 letters")
    probes: tuple[Question, ...] = Field(
        default=(), max_length=20, description="up to 20 texts of 1 to 2,000 letters, in a list"
    )

    @field_validator("probes", mode="before")
    @classmethod
    def _list_one(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class Guide(BaseModel):
    """What a group is asked.

    Attributes:
        title: of the session; seats: how many sit round the table, two to twelve.
        topics: in their order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(default="Focus group", min_length=1, max_length=200, description="a text of 1 to 200 letters")
    seats: int = Field(default=6, ge=2, le=12, description="a whole number from 2 to 12")
    topics: tuple[Topic, ...] = Field(
        min_length=1, max_length=50, description="1 to 50 tables, each with a question, such as [[topics]]"
    )


def read_guide(source: Guide | Mapping[str, object] | str | Path) -> Guide:
    """Read a guide from a TOML file, or a mapping of what would stand in one. Raises `SpecificationError`."""
    if isinstance(source, Guide):
        return source
    if isinstance(source, Mapping):
        return _make(dict(source), "the guide")
    record = read_toml(source, called="guide", holds="title and topics", line='[[topics]]\nquestion = "Who are you?"')
    return _make(record, Path(source).name)


def _make(record: dict[str, Any], name: str) -> Guide:
    try:
        return Guide.model_validate(record)
    except ValidationError as error:
        every = error.errors()
        first = next((each for each in every if each["type"] == "extra_forbidden"), every[0])
        raise SpecificationError(f"{name}: {_explain(first['type'], first['loc'], first['input'])}") from None


def _explain(fault: str, where: tuple[int | str, ...], given: object) -> str:
    """What is wrong, in which topic, and what is accepted there."""
    topic = f"topic {int(where[1]) + 1}" if len(where) > 1 else ""
    model, key = (Topic, where[2]) if len(where) > 2 else (Guide, where[0])
    if fault == "extra_forbidden":
        return unknown_name("key", str(key), model.model_fields, among=topic or "a guide")
    said = f"{topic}: {key}" if len(where) > 2 else topic or str(key)
    if fault == "missing":
        return f"{said} is missing; {NEEDS}"
    accepted = "a table with a question" if len(where) == 2 else model.model_fields[str(key)].description
    return f"{said} is {str(given)[:60]!r}; give {accepted}"
