"""Making personas: groups are found, or named by conditions, and what is told of each is read off its own people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.behaviour import Behaviour
from twinfold.errors import OptionError
from twinfold.evaluation.examples import distances, facts, medoids, shown_columns
from twinfold.evaluation.finding import ExampleCustomer
from twinfold.evaluation.intervals import Z, clopper_pearson
from twinfold.evaluation.linked.examples import show_customer
from twinfold.personas.feedback.hearing import Heard
from twinfold.personas.feedback.telling import tell
from twinfold.personas.people import Feature, People, numbers_of
from twinfold.personas.persona import Amount, Persona, Personas, Usual
from twinfold.personas.rule import find_rule
from twinfold.personas.segmentation import LEAST_PEOPLE, LEAST_SHARE, STABLE, Segmentation, find_segments
from twinfold.personas.sensitivity import measure_sensitivities
from twinfold.personas.space import lay_out
from twinfold.personas.timeline import Timeline, count_over_time
from twinfold.personas.traits import Lift, Traits, find_traits, write_number
from twinfold.personas.wording import capital
from twinfold.protocols import Progress, silent
from twinfold.simulation.formula import Formula
from twinfold.synthesis.conditions import parse

if TYPE_CHECKING:
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.int64]

TRAITS, TITLED = 8, 3
"""Traits that are told of a persona, and those that its title names at most."""

MARKED, MOST_OF_THEM = 1.25, 0.5
"""A lift from which on a trait is named before others, and the share of its people that must have what a title says."""

NUMBERS = 3
"""Numbers whose middle is told."""

EXAMPLES, CANDIDATES = 3, 400
"""People who are shown of each persona, and those of whom they are chosen."""

REST = "everybody else"


def make_personas(
    people: People,
    *,
    groups: int | None = None,
    least_share: float = LEAST_SHARE,
    conditions: Mapping[str, str] | None = None,
    values: Mapping[str, Formula] | None = None,
    behaviours: Mapping[str, Behaviour] | None = None,
    heard: Heard | None = None,
    rng: np.random.Generator,
    origin: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> Personas:
    """Personas of people.

    Args:
        people: they, and what is known of them.
        groups: how many; None is as many as are found again. least_share: of all people, that each has at least.
        conditions: by name, who is in which persona, in the place of groups that are found; whoever obeys several is in
            the first, and who obeys none in one of the rest.
        values: by name, what one is worth, of their numbers.
        behaviours: by name, those whose offers are tried on each persona.
        heard: what people say, and do, to be set side by side.
        rng: of all chance.
        origin: of what they are made.
        progress: told how far the work has come.

    Raises:
        OptionError: a condition holds for nobody, or for everybody; ConditionError: it is none; SpecificationError: a
            value asks for what is not there.
    """
    traits = find_traits(people)
    found: Segmentation | None = None
    if conditions:
        group, names = _assign(people, conditions)
    else:
        found = find_segments(lay_out(people), groups=groups, least_share=least_share, rng=rng, progress=progress)
        group, names = found.group, [""] * found.chosen.groups
    worth = _value(people, values or {})
    portrayer = _Portrayer(people, traits, worth, count_over_time(people.family), behaviours or {}, rng)
    told: list[Persona] = []
    for place in range(len(names)):
        progress("portraying", place / len(names))
        inside = group == place
        lifts = traits.lifts(inside, len(names))
        chosen = traits.choose(lifts, TRAITS)
        title = names[place] or _title(chosen, [persona.name for persona in told])
        stability = None if found is None else found.chosen.stability[place]
        condition = (conditions or {}).get(names[place], "")
        told.append(portrayer.portray(inside, title, chosen, stability, condition))
    progress("portraying", 1.0)
    heard = heard or Heard()
    feedback, said = tell(heard, people, group, personas=len(told), rng=rng, progress=progress)
    titles = np.array([persona.name for persona in told])
    key = people.table.key
    whose = people.frame[key] if key in people.frame.columns else pl.Series("row", np.arange(people.count))
    return Personas(
        population=people.table.name,
        people=people.count,
        personas=tuple(replace(persona, said=own) for persona, own in zip(told, said, strict=True)),
        why=found.why if found is not None else "Conditions say who is in which.",
        tried=found.tried if found is not None else (),
        assignment=pl.DataFrame([whose, pl.Series("persona", titles[group])]),
        notes=(*_notes(people, found, worth), *dict.fromkeys(note for each in heard.texts for note in each.notes)),
        origin=dict(origin or {}),
        feedback=feedback,
    )


def _value(people: People, values: Mapping[str, Formula]) -> dict[str, npt.NDArray[np.float64]]:
    """What everybody is worth, by name, NaN where it comes to no number. Raises `OptionError` where it does for all, or
    a value is called as a column is."""
    known, out = numbers_of(people), {}
    for name, formula in values.items():
        if name in known or name in people.frame.columns:
            raise OptionError(f"value {name!r} is called as a column is; give it another name")
        found = formula.value(known, people.count)
        if not np.isfinite(found).any():
            raise OptionError(f"value {name!r}: {formula.text!r} comes to no number for anybody; give another formula")
        out[name] = np.where(np.isfinite(found), found, np.nan)
    return out


def _assign(people: People, conditions: Mapping[str, str]) -> tuple[Places, list[str]]:
    """Whose persona is which by conditions, and the names of those that anybody is in."""
    group = np.full(people.count, -1, np.int64)
    for place, (name, condition) in enumerate(conditions.items()):
        held = parse(condition, people.table).holds_in(people.frame, people.table)
        if not held.any() or held.all():
            raise OptionError(
                f"persona {name!r}: {condition!r} holds for {'all' if held.any() else 'nobody'}; name some"
            )
        group[held & (group < 0)] = place
    names = [*conditions]
    if (group < 0).any():
        group[group < 0] = len(names)
        names.append(REST)
    counts = np.bincount(group, minlength=len(names))
    few = names[int(np.argmin(counts))]
    if not counts.all():
        raise OptionError(f"persona {few!r}: all whom it names are in those before it; put it first, or leave it out")
    if counts.min() < LEAST_PEOPLE:
        raise OptionError(
            f"persona {few!r} has {counts.min()} people; personas are of {LEAST_PEOPLE} or more: name more"
        )
    return group, names


@dataclass(frozen=True)
class _Portrayer:
    """What is known of everybody, from which each persona is told.

    Attributes:
        people, traits: they, and what they may have; worth: by name what each is worth, (people,).
        timelines: what everybody does over time; behaviours: whose offers are tried; rng: draws who is shown.
    """

    people: People
    traits: Traits
    worth: Mapping[str, npt.NDArray[np.float64]]
    timelines: Sequence[Timeline]
    behaviours: Mapping[str, Behaviour]
    rng: np.random.Generator

    def portray(self, inside: Flags, title: str, lifts: list[Lift], stability: float | None, condition: str) -> Persona:
        """The persona of those who are inside, (people,)."""
        own, people = int(inside.sum()), self.people
        rows = people.frame.filter(pl.Series(inside))
        return Persona(
            name=title,
            people=own,
            share=(own / people.count, *clopper_pearson(own, people.count)),
            lifts=tuple(lifts),
            usual=tuple(_usual(people, lifts, inside)),
            values=tuple(_amount(name, each, inside) for name, each in self.worth.items()),
            stability=stability,
            rule=None if condition else find_rule(self.traits, inside),
            condition=condition,
            timelines=tuple(timeline.draw(inside) for timeline in self.timelines),
            sensitivities=measure_sensitivities(rows, people.frame, self.behaviours),
            examples=_show(people, inside, self.rng),
        )


def _title(lifts: list[Lift], taken: list[str]) -> str:
    """The few traits that tell most and that most of the group have, as a title that no other persona has."""
    more = sorted((lift for lift in lifts if lift.value > 1), key=lambda lift: lift.value < MARKED)
    most = [lift for lift in more if lift.inside >= MOST_OF_THEM] or more
    less = [f"hardly {lift.trait.short}" for lift in lifts if lift.value < 1]
    words = list(dict.fromkeys(lift.trait.short for lift in most)) or less or ["like everybody"]
    for length in range(min(TITLED, len(words)), len(words) + 1):
        title = capital(", ".join(words[:length]))
        if title not in taken:
            return title
    number = next(n for n in range(2, len(taken) + 3) if f"{title} ({n})" not in taken)
    return f"{title} ({number})"


def _usual(people: People, lifts: list[Lift], inside: Flags) -> list[Usual]:
    """The middle of the numbers that tell most of a group."""
    by_name = {feature.label: feature for feature in people.features if feature.numbers is not None}
    telling = [by_name[lift.trait.feature] for lift in lifts if lift.trait.feature in by_name][:NUMBERS]
    return [made for feature in telling if (made := _middle(feature, inside)) is not None]


def _middle(feature: Feature, inside: Flags) -> Usual | None:
    assert feature.numbers is not None
    own = feature.numbers[inside & ~np.isnan(feature.numbers)]
    if not len(own):
        return None
    low, median, high = (float(each) for each in np.quantile(own, [0.25, 0.5, 0.75], method="nearest"))
    overall = float(np.nanquantile(feature.numbers, 0.5, method="nearest"))
    if low == high == overall:
        return None
    written = [write_number(each, feature.column) for each in (median, low, high, overall)]
    return Usual(feature.label, *written)


def _amount(name: str, worth: npt.NDArray[np.float64], inside: Flags) -> Amount:
    own = worth[inside & np.isfinite(worth)]
    every = worth[np.isfinite(worth)]
    if not len(own):
        return Amount(
            name, float("nan"), float("nan"), float("nan"), float(every.mean()) if len(every) else float("nan")
        )
    half = Z * float(own.std(ddof=1)) / np.sqrt(len(own)) if len(own) > 1 else 0.0
    whole = (every >= 0).all() and every.sum() > 0
    share = float(own.sum() / every.sum()) if whole else None
    return Amount(
        name, float(own.mean()), float(own.mean() - half), float(own.mean() + half), float(every.mean()), share
    )


def _show(people: People, inside: Flags, rng: np.random.Generator) -> tuple[ExampleCustomer, ...]:
    """Some of a group's people, each in the middle of those who are like them."""
    rows = np.sort(rng.permutation(np.flatnonzero(inside))[:CANDIDATES])
    columns = [feature.column for feature in people.features if feature.own]
    if not columns:
        chosen = [(int(place), 1 / EXAMPLES) for place in range(min(EXAMPLES, len(rows)))]
    else:
        chosen = medoids(distances(columns, people.frame[rows]), EXAMPLES)
    out = []
    for place, share in chosen:
        title = f"Stands for {share:.0%} of them".replace("%", " %")
        if people.family is not None:
            out.append(show_customer(people.family, int(rows[place]), title))
        else:
            out.append(ExampleCustomer(title, facts(shown_columns(people.table), people.frame, int(rows[place]))))
    return tuple(out)


def _notes(people: People, found: Segmentation | None, worth: Mapping[str, npt.NDArray[np.float64]]) -> tuple[str, ...]:
    notes = [
        f"Intervals are about these {people.count:,} people: they say what more people like them would move, not what "
        "the model that drew them does not know of real ones.",
        "Those who are shown are people of this very file: if its customers are real, so are they. Give synthetic ones "
        "before you hand the page on.",
    ]
    for name, each in worth.items():
        if gaps := int(np.isnan(each).sum()):
            notes.append(f"{name} comes to no number for {gaps:,} people, who are left out of it.")
    if found is not None and found.chosen.weakest < STABLE:
        weak = [str(k + 1) for k, each in enumerate(found.chosen.stability) if each < STABLE]
        notes.append(
            f"Not surely found again (less than {STABLE:g}): {', '.join(weak)}. Others would be cut elsewhere."
        )
    return tuple(notes)


def read_conditions(texts: Sequence[str]) -> dict[str, str]:
    """Personas that are named by conditions, each as "NAME: CONDITION". Raises `OptionError`."""
    out: dict[str, str] = {}
    for text in texts:
        name, colon, condition = text.partition(":")
        if not colon or not name.strip() or not condition.strip():
            raise OptionError(f'persona {text[:80]!r}: give a name and a condition, such as "young: age < 30"')
        if name.strip() in out or name.strip() == REST:
            raise OptionError(f"persona {name.strip()!r} is named twice; give each a name of its own")
        out[name.strip()] = condition.strip()
    return out
