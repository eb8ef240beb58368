"""The specification of an experiment: `experiment.toml`, a few lines that say what is tried on whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from twinfold.behaviour.toml_file import read_toml
from twinfold.errors import OptionError, SpecificationError, unknown_name

MOST_ARMS, MOST_LOOKS = 20, 20

LEAST_APART = 0.01
"""How far two looks lie apart at least, in parts of all customers."""

_Finite = Annotated[float, Field(allow_inf_nan=False)]


class Baseline(BaseModel):
    """What is known of the outcome where nothing is done, for planning without data.

    Attributes:
        mean: the share of customers, or the mean of a number.
        deviation: the standard deviation of a number; of a share it follows from the mean.
        explained: the part of the outcome's variance that is known before: the square of its correlation with the
            covariates.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: _Finite
    deviation: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    explained: float = Field(default=0.0, ge=0, lt=1)


class Experiment(BaseModel):
    """What is tried on whom, and what counts.

    Attributes:
        name: of the experiment; the same customer's lot is another in one of another name.
        outcome: the column of what comes of it; treatment: that of the arm.
        arms: what the treatment may be, labels or numbers; `control` is that which others are compared with, the first
            where nothing is said.
        shares: of the customers, by arm, summing to 1; none: as many in each.
        kind: whether the outcome is of two values, "binary", or a "number"; None sees it in the data.
        customer: the column that says whose a row is; None: everybody has one.
        covariates: columns that were known before, by which the outcome is adjusted.
        segments: columns whose levels are looked at apart.
        alpha: the chance of a difference found where there is none, in any arm at any look; power: that of finding one
            as large as `effect`, arm by arm.
        looks: how often results are looked at, evenly; or after which parts of all customers, up to 1.
        effect: the least that is worth finding, in the outcome's units (a share as 0.01).
        customers: how many there are; per_day: how many come in a day.
        baseline: what is known of the outcome where nothing is done.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="experiment", min_length=1, max_length=100)
    outcome: str
    treatment: str
    arms: tuple[int | _Finite | str, ...] = Field(max_length=MOST_ARMS)
    control: int | _Finite | str | None = None
    shares: tuple[float, ...] = ()
    kind: Literal["binary", "number"] | None = None
    customer: str | None = None
    covariates: tuple[str, ...] = Field(default=(), max_length=100)
    segments: tuple[str, ...] = Field(default=(), max_length=20)
    alpha: float = Field(default=0.05, ge=1e-4, le=0.5)
    power: float = Field(default=0.8, gt=0, lt=1)
    looks: int | tuple[float, ...] = 1
    effect: _Finite | None = None
    customers: int | None = Field(default=None, ge=1)
    per_day: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    baseline: Baseline | None = None

    @field_validator("covariates", "segments", mode="before")
    @classmethod
    def _list_one(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> Experiment:
        if len(self.arms) < 2:
            raise ValueError(f"arms has {len(self.arms)} of them; give two or more, the control first")
        if len({type(arm) is str for arm in self.arms}) > 1:
            raise ValueError("arms are labels and numbers at once; give the one or the other")
        for label in self.labels:
            if not label.strip() or self.labels.count(label) > 1:
                raise ValueError(f"arm {label!r} is empty, or there twice; give each a name of its own")
        if self.control is not None and name_arm(self.control) not in self.labels:
            raise ValueError(f"control: {unknown_name('arm', name_arm(self.control), self.labels)}")
        self._check_shares()
        self._check_looks()
        named = [self.outcome, self.treatment, *([self.customer] if self.customer else []), *self.covariates]
        for name in named:
            if named.count(name) > 1:
                raise ValueError(f"column {name!r} is named twice; a column plays one part")
        if set(self.segments) & {self.outcome, self.treatment, self.customer}:
            raise ValueError("a segment is neither the outcome, the treatment nor the customer; name another column")
        return self

    def _check_shares(self) -> None:
        if not self.shares:
            return
        if len(self.shares) != len(self.arms):
            raise ValueError(f"shares has {len(self.shares)} of them for {len(self.arms)} arms; give each arm its own")
        if not all(0 < share < 1 for share in self.shares) or abs(sum(self.shares) - 1) > 0.001:
            raise ValueError(f"shares sum to {sum(self.shares):g}; give parts above 0 that sum to 1")

    def _check_looks(self) -> None:
        if isinstance(self.looks, int):
            if not 1 <= self.looks <= MOST_LOOKS:
                raise ValueError(
                    f"looks {self.looks} is not accepted; give 1 to {MOST_LOOKS}, or parts such as [0.5, 1]"
                )
            return
        apart = [b - a for a, b in zip((0.0, *self.looks), self.looks, strict=False)]
        if not 1 <= len(self.looks) <= MOST_LOOKS or self.looks[-1] != 1 or min(apart) < LEAST_APART:
            raise ValueError(
                f"looks {list(self.looks)} is not accepted; give rising parts of all customers that end in 1"
            )

    @property
    def labels(self) -> tuple[str, ...]:
        """The arms as texts, as the column of the treatment holds them."""
        return tuple(name_arm(arm) for arm in self.arms)

    @property
    def reference(self) -> int:
        """The place of the control among the arms."""
        return 0 if self.control is None else self.labels.index(name_arm(self.control))

    @property
    def others(self) -> tuple[int, ...]:
        """The places of the arms that are compared with the control."""
        return tuple(place for place in range(len(self.arms)) if place != self.reference)

    @property
    def parts(self) -> tuple[float, ...]:
        """The share of customers in each arm."""
        total = sum(self.shares)
        return tuple(share / total for share in self.shares) or (1 / len(self.arms),) * len(self.arms)

    @property
    def result(self) -> tuple[str, ...]:
        """The columns by which its outcomes are told from others."""
        return tuple(filter(None, (self.outcome, self.treatment, self.customer)))

    @property
    def times(self) -> tuple[float, ...]:
        """After which parts of all customers results are looked at, (looks,) up to 1."""
        if isinstance(self.looks, int):
            return tuple((k + 1) / self.looks for k in range(self.looks))
        return self.looks

    def check_columns(self, names: Collection[str], present: Collection[str], where: str) -> None:
        """Raise `SpecificationError` where a column that it names is not there."""
        for name in names:
            if name not in present:
                raise SpecificationError(f"the experiment's {unknown_name('column', name, present, among=where)}")

    def check_look(self, look: int | None) -> int:
        """Which look it is, from 1. Raises `OptionError` where that is not said, or there are not so many."""
        count = len(self.times)
        if look is None and count > 1:
            raise OptionError(f"{count} looks were planned; say which this is with --look 1 to {count}")
        if look is not None and not 1 <= look <= count:
            raise OptionError(f"look {look} of {count} is not accepted; give 1 to {count}, as many as were planned")
        return look or 1


def name_arm(arm: float | str) -> str:
    """An arm as a text: whole numbers without a point.

    >>> name_arm(6.0), name_arm("none")
    ('6', 'none')
    """
    return arm if isinstance(arm, str) else str(int(arm) if float(arm).is_integer() else arm)


def read_experiment(source: Experiment | Mapping[str, object] | str | Path) -> Experiment:
    """Read an experiment from a TOML file, or a mapping of what would stand in one; one that is read is given back.

    Raises `SpecificationError` where there is no such file, where it is no TOML, and for a key or a value that is not
    accepted.
    """
    if isinstance(source, Experiment):
        return source
    if isinstance(source, Mapping):
        return make_experiment(dict(source))
    record = read_toml(source, called="experiment", holds="outcome, treatment and arms", line='arms = ["a", "b"]')
    return make_experiment(record, Path(source).name)


def make_experiment(record: dict[str, object], name: str = "the experiment") -> Experiment:
    """An experiment of a record. Raises `SpecificationError`."""
    try:
        return Experiment.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part in record or part in Baseline.model_fields)
        said = first["msg"].removeprefix("Value error, ")
        if first["type"] == "missing":
            place = ".".join(map(str, first["loc"]))
            said = "it is missing; an experiment needs outcome, treatment and arms, and its [baseline] a mean"
        if first["type"] == "extra_forbidden":
            model = Baseline if len(first["loc"]) > 1 else Experiment
            key = str(first["loc"][-1])
            raise SpecificationError(f"{name}: {unknown_name('key', key, model.model_fields)}") from None
        raise SpecificationError(f"{name}: {f'{place}: ' if place else ''}{said}") from None
