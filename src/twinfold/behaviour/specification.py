"""The specification of a decision model: `behaviour.toml`, a few lines that say what was varied and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from twinfold.behaviour.toml_file import read_toml
from twinfold.errors import SpecificationError, unknown_name

KINDS = ("response", "choice", "hazard", "lifetime")

_NEEDS = {
    "response": ("outcome", "treatment"),
    "choice": ("outcome", "customer", "attributes"),
    "hazard": ("outcome", "time"),
    "lifetime": ("customer", "time"),
}
_TAKES = {
    "response": ("strata", "customer", "time", "covariates", "afterwards", "assumed"),
    "choice": (),
    "hazard": ("treatment", "strata", "customer", "covariates", "afterwards"),
    "lifetime": ("outcome",),
}


class Assumption(BaseModel):
    """What a treatment that never varied is assumed to do to the outcome, in the outcome's units (shares as 0.02).

    Attributes:
        effect, lower, upper: of one more of a number, or of the label `arm`, and the user's own 95 % interval.
        usual: the value, or the label, that everybody had.
        arm: the label that is assumed about; None where the treatment is a number.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    effect: float = Field(allow_inf_nan=False)
    lower: float = Field(allow_inf_nan=False)
    upper: float = Field(allow_inf_nan=False)
    usual: float | str
    arm: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Assumption:
        if not self.lower <= self.effect <= self.upper:
            raise ValueError(f"effect {self.effect:g} lies outside {self.lower:g} to {self.upper:g}")
        if self.arm is None and isinstance(self.usual, str):
            raise ValueError(f"usual {self.usual!r} is a label; name the arm that is assumed about, or give a number")
        return self


class Specification(BaseModel):
    """What a decision model is of.

    Attributes:
        kind: "response" (an outcome under a treatment), "choice" (between two options), "hazard" (an event a period)
            or "lifetime" (purchases to come).
        outcome: the column of what came of it: of two values, or a number; for "choice" 1 where the first option was
            taken; for "hazard" 1 in the period of the event; for "lifetime" the value of a purchase, or nothing.
        treatment: the column of what was varied: a number (a rate, a price), or labels (messages).
        strata: the columns within whose levels it was randomised.
        customer: the column that says whose a row is.
        time: for "hazard" the number of the period since the customer's beginning, for "lifetime" when a purchase was
            made; for "response" the round, or the wave, that a row belongs to.
        covariates: the columns that may explain the outcome; None has them chosen, none of what is known only after the
            treatment.
        afterwards: columns that were written with the treatment or after it, and say nothing of who got it.
        assumed: what a treatment that never varied is assumed to do.
        attributes: for "choice", the columns of differences between the first option and the second.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["response", "choice", "hazard", "lifetime"]
    outcome: str | None = None
    treatment: str | None = None
    strata: tuple[str, ...] = ()
    customer: str | None = None
    time: str | None = None
    covariates: tuple[str, ...] | None = None
    afterwards: tuple[str, ...] = ()
    assumed: Assumption | None = None
    attributes: tuple[str, ...] = Field(default=(), max_length=200)

    @field_validator("strata", "covariates", "afterwards", "attributes", mode="before")
    @classmethod
    def _list_one(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> Specification:
        needs, takes = _NEEDS[self.kind], _TAKES[self.kind]
        for name in needs:
            if not getattr(self, name):
                raise ValueError(f"kind {self.kind!r} needs {name}; it takes {', '.join((*needs, *takes))}")
        for name in sorted(self.model_fields_set - {"kind", *needs, *takes}):
            raise ValueError(f"kind {self.kind!r} has no {name}; it takes {', '.join((*needs, *takes))}")
        named = [name for name in (self.outcome, self.treatment, self.customer, self.time) if name]
        named += [*self.strata, *(self.covariates or ()), *self.afterwards, *self.attributes]
        for name in named:
            if named.count(name) > 1 and name != self.time:
                raise ValueError(f"column {name!r} is named twice; a column plays one part")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names, each once."""
        treatment = None if self.assumed else self.treatment  # it need not be a column yet
        named = (self.outcome, treatment, self.customer, self.time, *self.strata)
        more = (*(self.covariates or ()), *self.afterwards, *self.attributes)
        every = [name for name in (*named, *more) if name]
        return tuple(dict.fromkeys(every))

    def check_columns(self, present: Collection[str], where: str) -> None:
        """Raise `SpecificationError` where a column that it names is not there."""
        for name in self.columns:
            if name not in present:
                raise SpecificationError(f"the specification's {unknown_name('column', name, present, among=where)}")


def read_specification(source: Specification | Mapping[str, object] | str | Path) -> Specification:
    """Read a specification from a TOML file, or a mapping of what would stand in one; one that is read is given back.

    Raises `SpecificationError` where there is no such file, where it is no TOML, and for a key or a value that is not
    accepted.
    """
    if isinstance(source, Specification):
        return source
    if isinstance(source, Mapping):
        return make_specification(dict(source))
    record = read_toml(source, called="specification", holds="kind, outcome and treatment", line='kind = "response"')
    return make_specification(record, Path(source).name)


def make_specification(record: dict[str, object], name: str = "the specification") -> Specification:
    """A specification of a record. Raises `SpecificationError`."""
    for key in record:
        if key not in Specification.model_fields:
            raise SpecificationError(unknown_name("key", key, Specification.model_fields, among=name))
    if record.get("kind") not in KINDS:
        found = record.get("kind")
        if found is None:
            raise SpecificationError(f"{name} has no kind; give one of {', '.join(KINDS)}")
        raise SpecificationError(unknown_name("kind", str(found), KINDS))
    try:
        return Specification.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        if first["type"] == "missing":
            said = f"it is missing; [assumed] takes {', '.join(Assumption.model_fields)}"
        raise SpecificationError(f"{name}: {f'{place}: ' if place else ''}{said}") from None
