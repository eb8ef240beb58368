"""What a survey came to: item by item the figures of everybody and of each persona, quotes, and why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from twinfold.personas.survey.measurement import Scale
from twinfold.personas.survey.panel import Panel
from twinfold.personas.survey.responses import Responses
from twinfold.personas.survey.specification import Item
from twinfold.personas.survey.tallies import LEAST, Tally, effective_size, tally_numbers, tally_shares

if TYPE_CHECKING:
    import numpy.typing as npt

QUOTES = 2
"""Quotes of a group that are shown with an item."""


@dataclass(frozen=True)
class Quote:
    """What one customer says: who, of which persona, what they answer, and in which words."""

    customer: str
    persona: str
    answer: str
    text: str
    voice: str = "template"


@dataclass(frozen=True)
class Group:
    """Customers who are told together: a persona's, or everybody under an empty name.

    Attributes:
        name: of the persona; asked: how many were asked; effective: as many that weigh alike.
        share: of all weight.
    """

    name: str
    asked: int
    effective: float
    share: float


@dataclass(frozen=True)
class ItemResult:
    """What an item came to.

    Attributes:
        item: what was asked.
        mark: how far its answers may be believed; label: what they rest on, beyond that.
        answered: how many of those who were asked have an answer.
        tallies: the figures, everybody's first; options: the words whose shares they tell, none of numbers.
        quotes: what some say, of each persona.
        supported: the share of customers within what a behaviour learned; None where none was asked.
        scale: by which a utility became points.
        reason: why nobody has an answer; empty where somebody has.
        notes: what a user must know, in plain words.
    """

    item: Item
    mark: str
    label: str
    answered: int
    tallies: tuple[Tally, ...]
    options: tuple[str, ...]
    quotes: tuple[Quote, ...]
    supported: float | None
    scale: Scale | None
    reason: str
    notes: tuple[str, ...]

    def of(self, what: str, group: str = "") -> Tally:
        """The figure of an option, or "mean", "median", …, of a persona, or of everybody. Raises `KeyError`."""
        for tally in self.tallies:
            if (tally.what, tally.group) == (what, group):
                return tally
        raise KeyError((what, group))

    def record(self) -> dict[str, Any]:
        """The result as JSON can say it."""
        scale = self.scale
        return {
            "id": self.item.id,
            "kind": self.item.kind,
            "question": self.item.question,
            "mark": self.mark,
            "label": self.label,
            "answered": self.answered,
            "reason": self.reason,
            "options": list(self.options),
            "tallies": [tally.record() for tally in self.tallies],
            "quotes": [asdict(quote) for quote in self.quotes],
            "in_support": self.supported,
            "scale": None
            if scale is None
            else {"thresholds": scale.thresholds.tolist(), "slope": scale.slope, "answers": scale.answers},
            "notes": list(self.notes),
        }


@dataclass(frozen=True, repr=False)
class Survey:
    """What a survey came to.

    Attributes:
        title: of the questionnaire; population: what the customers are called; people: how many there are.
        asked: how many were; who: the condition on them, empty of everybody.
        groups: everybody, and each persona that was asked.
        items: in the order of the questionnaire.
        answers: a row for each customer and item: customer, persona, weight, item, answer, value, mark, label, lower,
            upper, quote; see `docs/surveys.md`.
        notes: what a user must know; origin: of what it was made.
    """

    title: str
    population: str
    people: int
    asked: int
    who: str
    groups: tuple[Group, ...]
    items: tuple[ItemResult, ...]
    answers: pl.DataFrame
    notes: tuple[str, ...]
    origin: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> ItemResult:
        """An item's result by its id. Raises `KeyError`."""
        for result in self.items:
            if result.item.id == name:
                return result
        raise KeyError(name)

    @property
    def unanswered(self) -> tuple[ItemResult, ...]:
        """The items that nobody could answer; `reason` says why."""
        return tuple(result for result in self.items if result.reason)

    def text(self) -> str:
        """The survey in some lines."""
        from twinfold.personas.survey.wording import tell

        return tell(self)

    def record(self) -> dict[str, Any]:
        """Everything as JSON can say it, but who said what."""
        return {
            "title": self.title,
            "population": self.population,
            "people": self.people,
            "asked": self.asked,
            "who": self.who,
            "groups": [asdict(group) for group in self.groups],
            "items": [result.record() for result in self.items],
            "unanswered": [{"id": each.item.id, "reason": each.reason} for each in self.unanswered],
            "notes": list(self.notes),
            "origin": dict(self.origin),
        }

    def __repr__(self) -> str:
        return f"<Survey: {len(self.items)} items, {self.asked:,} asked>"

    def _repr_html_(self) -> str:
        from twinfold.personas.survey.page import embed_survey

        return embed_survey(self)


def count_groups(panel: Panel) -> tuple[Group, ...]:
    """Everybody, and each persona of whom somebody was asked."""
    out = []
    for name in ("", *panel.groups):
        weight = panel.weight[panel.members(name)]
        if len(weight):
            share = float(weight.sum() / panel.weight.sum())
            out.append(Group(name, len(weight), effective_size(weight), share))
    return tuple(out)


def count_item(found: Responses, panel: Panel, quotes: tuple[Quote, ...]) -> ItemResult:
    """The result of what a panel said to an item."""
    tallies: list[Tally] = []
    for group in ("", *panel.groups):
        rows = np.flatnonzero(panel.members(group) & found.answered)
        if len(rows) >= LEAST or (len(rows) and not group):
            tallies += _tally(found, panel, group, rows)
    return ItemResult(
        item=found.item,
        mark=str(found.mark),
        label=found.label,
        answered=int(found.answered.sum()),
        tallies=tuple(tallies),
        options=found.options if found.chances is not None else (),
        quotes=quotes,
        supported=found.supported,
        scale=found.scale,
        reason=found.reason,
        notes=found.notes,
    )


def _tally(found: Responses, panel: Panel, group: str, rows: npt.NDArray[np.int64]) -> list[Tally]:
    weight = panel.weight[rows]
    if found.chances is None and np.isnan(found.value[rows]).any():
        return []
    unknown = found.unknown(rows, weight)
    if found.chances is None:
        return tally_numbers(group, found.value[rows], weight, unknown, seen=found.seen)
    out = tally_shares(group, found.options, found.chances[rows], weight, unknown[:-1], seen=found.seen)
    if found.item.kind == "likert":
        out += tally_numbers(group, found.value[rows], weight, unknown, seen=False)
    return out
