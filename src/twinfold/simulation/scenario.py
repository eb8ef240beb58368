"""The scenario: `scenario.toml`, which says what customers decide, what is done to them, and in which arms."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from twinfold.behaviour.toml_file import read_toml
from twinfold.errors import SpecificationError, unknown_name

MOST_PERIODS = 3_660
"""Periods at most: ten years of days."""

PERIODS: Mapping[str, int] = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
"""Days of a period, about: where no start says which ones they are."""

LAST_YEAR = 5_000
"""In which a scenario may begin at the latest."""

MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "year": 12}
"""Months of a period, of those that follow the calendar."""

Value = float | str
Amount = Annotated[float, Field(allow_inf_nan=False)]
Steps = Amount | tuple[Amount, ...]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Decision(_Part):
    """Something that customers decide.

    Attributes:
        behaviour: the file of what was learned of it, beside the scenario.
        every: in every how many-th period it comes up.
        asked: "always", or "contacted": only in a period in which a contact reaches the customer.
        once: whether who did it is never asked again.
        after: another decision: it comes up only once that was taken, and time counts from then.
        ends: whether the customer is gone with it.
        values: what each time is worth, or each one of a number, by name: formulas on columns, on the treatment, and
            on values before it; of a purchase also on its `amount`.
        options: of a choice, what there is to choose from, each with all attributes; the first is one's own.
        at: of a choice, the period in which it is made.
    """

    behaviour: str = Field(min_length=1, max_length=1_000)
    every: int = Field(default=1, ge=1, le=MOST_PERIODS)
    asked: Literal["always", "contacted"] = "always"
    once: bool = False
    after: str | None = None
    ends: bool = False
    values: Mapping[str, str | Amount] = Field(default={}, max_length=30)
    options: Mapping[str, Mapping[str, Amount]] = Field(default={}, max_length=50)
    at: int = Field(default=1, ge=1)


class Contact(_Part):
    """A campaign: some customers are told something in some periods.

    Attributes:
        decisions: what it is about, one or several: it reaches those for whom the first may come up.
        periods: in which it goes out, from 1.
        who: a condition on columns; nothing is everybody.
        set: the treatment of those whom it reaches, by column.
        at_most: how many each time; budget: what all may cost together; cost: of each one.
        first: who comes first where not all can: "random", or a formula of the columns; of `prediction`, what is
            expected of each one whom it reaches, and `gain`, how much more than of the same one whom it does not, both
            of the first decision; and of names of its decisions and of what these are worth: how much more of that.
    """

    decisions: tuple[str, ...] = Field(min_length=1, max_length=20)
    periods: tuple[int, ...] = Field(min_length=1, max_length=MOST_PERIODS)
    who: str = ""
    set: Mapping[str, Value] = Field(default={}, max_length=20)
    at_most: int | None = Field(default=None, ge=1)
    budget: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    cost: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    first: str = "random"

    @field_validator("periods", "decisions", mode="before")
    @classmethod
    def _list_one(cls, value: object) -> object:
        return (value,) if isinstance(value, int | str) else value

    @model_validator(mode="after")
    def _check(self) -> Contact:
        if self.budget is not None and self.cost == 0:
            raise ValueError("a budget needs the cost of one contact")
        return self


class ContactPolicy(_Part):
    """How often anybody is contacted: at most so many times within so many periods, over all campaigns."""

    at_most: int = Field(ge=1)
    within: int = Field(ge=1)


class Change(_Part):
    """What is different: values of columns, or attributes of an option.

    Attributes:
        set, add, multiply: by column, what it becomes, or is changed by; a list goes through the periods from the first
            on, and its last value stays.
        who: a condition on columns; nothing is everybody.
        option: the option of a choice whose attributes are changed; its decision is `decision`.
        first, last: the periods within which it holds, from 1; left out, all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    set: Mapping[str, Value | tuple[Amount, ...]] = Field(default={}, max_length=50)
    add: Mapping[str, Steps] = Field(default={}, max_length=50)
    multiply: Mapping[str, Steps] = Field(default={}, max_length=50)
    who: str = ""
    option: str | None = None
    decision: str | None = None
    first: int = Field(default=1, ge=1, alias="from")
    last: int | None = Field(default=None, ge=1, alias="until")

    @model_validator(mode="after")
    def _check(self) -> Change:
        if not (self.set or self.add or self.multiply):
            raise ValueError("a change needs set, add or multiply")
        if self.option is not None and (self.decision is None or self.who):
            raise ValueError("a change of an option needs its decision, and is the same for everybody")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns, or attributes, that it changes."""
        return tuple(dict.fromkeys((*self.set, *self.add, *self.multiply)))

    def holds(self, period: int) -> bool:
        """Whether it holds in a period, from 1."""
        return self.first <= period <= (self.last or MOST_PERIODS)

    def step(self, period: int) -> int:
        """How far along its lists it is in a period."""
        every = [value for part in (self.set, self.add, self.multiply) for value in part.values()]
        longest = max((len(value) for value in every if isinstance(value, tuple)), default=1)
        return min(period - self.first, longest - 1)


class Shock(_Part):
    """Your own number: by how much more often something is decided, whatever the data say.

    Attributes:
        decision: what.
        odds: by what its odds (of purchases: their rate) are multiplied: the number, and its 95 % interval.
        who: a condition on columns; nothing is everybody.
        first, last: the periods within which it holds, from 1; left out, all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    decision: str
    odds: tuple[float, float, float]
    who: str = ""
    first: int = Field(default=1, ge=1, alias="from")
    last: int | None = Field(default=None, ge=1, alias="until")

    @field_validator("odds")
    @classmethod
    def _check(cls, odds: tuple[float, float, float]) -> tuple[float, float, float]:
        middle, low, high = odds
        if not 0 < low <= middle <= high < 1e6:
            raise ValueError(f"odds {[*odds]}: give the number, and the ends of its interval about it, above 0")
        return odds

    def holds(self, period: int) -> bool:
        """Whether it holds in a period, from 1."""
        return self.first <= period <= (self.last or MOST_PERIODS)


class Arm(_Part):
    """One way that things could go.

    Attributes:
        changes, shocks: what is different in it.
        contacts: the campaigns that run in it; None is all.
        contact_policy: in the place of the scenario's.
    """

    changes: tuple[Change, ...] = Field(default=(), max_length=200)
    shocks: tuple[Shock, ...] = Field(default=(), max_length=200)
    contacts: tuple[str, ...] | None = None
    contact_policy: ContactPolicy | None = None


class Scenario(_Part):
    """What is asked.

    Attributes:
        name: of the whole.
        periods: how many; period: how long one is; start: the first day: with it, months are those of the calendar, and
            without it have 30 days.
        customer: the column that says who a customer is; None: each row is somebody.
        by: columns by whose levels results are told apart; sensitive: those by which nobody may be worse off.
        totals: by name, sums of what is counted, each times a number: what a plan comes to in the end.
        decisions, contacts, arms: by name; other arms are compared with the first.
        contact_policy: how often anybody is contacted at most; None is without limit.
    """

    name: str = Field(default="A scenario", max_length=200)
    periods: int = Field(ge=1, le=MOST_PERIODS)
    period: Literal["day", "week", "month", "quarter", "year"] = "month"
    start: datetime.date | None = None
    customer: str | None = None
    by: tuple[str, ...] = Field(default=(), max_length=20)
    sensitive: tuple[str, ...] = Field(default=(), max_length=10)
    decisions: Mapping[str, Decision] = Field(min_length=1, max_length=20)
    contacts: Mapping[str, Contact] = Field(default={}, max_length=50)
    contact_policy: ContactPolicy | None = None
    arms: Mapping[str, Arm] = Field(min_length=1, max_length=20)
    totals: Mapping[str, str] = Field(default={}, max_length=20)

    @property
    def days(self) -> tuple[int, ...]:
        """The days on which periods begin, and on which the last one ends, from 0 at the start: by the calendar where a
        start is given."""
        if self.start is None or self.period not in MONTHS:
            return tuple(PERIODS[self.period] * number for number in range(self.periods + 1))
        steps = (MONTHS[self.period] * number for number in range(self.periods + 1))
        return tuple((_months_later(self.start, step) - self.start).days for step in steps)

    @field_validator("by", "sensitive", mode="before")
    @classmethod
    def _list_one(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        if self.start is not None and self.start.year > LAST_YEAR:
            raise ValueError(f"start {self.start}: give a day before {LAST_YEAR + 1}")
        for place, name in self._named_decisions():
            if name not in self.decisions:
                raise ValueError(f"{place}: {unknown_name('decision', name, self.decisions)}")
        names = list(self.decisions)
        for number, decision in enumerate(self.decisions.values()):
            if decision.after is not None and decision.after not in names[:number]:
                raise ValueError(f"decisions.{names[number]} comes after {decision.after!r}: let that stand before it")
        for arm_name, arm in self.arms.items():
            for name in arm.contacts or ():
                if name not in self.contacts:
                    raise ValueError(f"arms.{arm_name}: {unknown_name('contact', name, self.contacts)}")
        for name, contact in self.contacts.items():
            if max(contact.periods) > self.periods or min(contact.periods) < 1:
                raise ValueError(f"contacts.{name}: periods {[*contact.periods]} don't lie within 1 to {self.periods}")
        return self

    def _named_decisions(self) -> Iterator[tuple[str, str]]:
        for name, contact in self.contacts.items():
            for decision in contact.decisions:
                yield f"contacts.{name}", decision
        for name, arm in self.arms.items():
            for change in arm.changes:
                if change.decision is not None:
                    yield f"arms.{name}.changes", change.decision
            for shock in arm.shocks:
                yield f"arms.{name}.shocks", shock.decision


def _months_later(day: datetime.date, months: int) -> datetime.date:
    """The same day some months later, or the last one of that month where it has no such day."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def at_step(value: Any, step: int) -> Any:
    """The value of a change at a step of its list; of one value, that one."""
    return value[min(step, len(value) - 1)] if isinstance(value, tuple) else value


def read_scenario(source: Scenario | Mapping[str, Any] | str | Path) -> Scenario:
    """Read a scenario from a TOML file, or a mapping of what would stand in one; one that is read is given back.

    Raises `SpecificationError` where there is no such file, where it is no TOML, and for a key or a value that is not
    accepted.
    """
    if isinstance(source, Scenario):
        return source
    if isinstance(source, Mapping):
        return _make(dict(source), "the scenario")
    record = read_toml(source, called="scenario", holds="periods, decisions and arms", line="periods = 12")
    return _make(record, Path(source).name)


def _make(record: dict[str, Any], name: str) -> Scenario:
    try:
        return Scenario.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        if first["type"] == "missing":
            said = "it is missing; a scenario needs periods, decisions and arms, and each decision its behaviour"
        if first["type"] == "extra_forbidden":
            model = _part_at(first["loc"][:-1])
            known = [field.alias or key for key, field in model.model_fields.items()]
            raise SpecificationError(
                f"{name}: {unknown_name('key', str(first['loc'][-1]), known, among=place.rpartition('.')[0])}"
            ) from None
        given = "" if first["type"] in ("value_error", "missing") else f", not {str(first['input'])[:60]!r}"
        if place.endswith("odds") and first["type"] != "value_error":
            said = "give a number and the ends of its interval, such as [1.5, 1.2, 1.9]"
        raise SpecificationError(f"{name}: {f'{place}: ' if place else ''}{said}{given}") from None


def _part_at(place: tuple[int | str, ...]) -> type[BaseModel]:
    """The part of a scenario that stands at a place."""
    names: dict[str, type[BaseModel]] = {
        "decisions": Decision,
        "contacts": Contact,
        "contact_policy": ContactPolicy,
        "arms": Arm,
        "changes": Change,
        "shocks": Shock,
    }
    return next((names[part] for part in reversed(place) if isinstance(part, str) and part in names), Scenario)
