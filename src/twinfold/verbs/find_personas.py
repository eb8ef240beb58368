"""Who are they? `twinfold personas`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from twinfold.behaviour.behaviour import Behaviour
from twinfold.errors import OptionError
from twinfold.personas.feedback.hearing import Heard
from twinfold.personas.feedback.outcomes import read_outcomes
from twinfold.personas.feedback.reading import read_texts
from twinfold.personas.feedback.sources import TextTable, open_sources
from twinfold.personas.people import read_people
from twinfold.personas.persona import Personas
from twinfold.personas.portraits import make_personas, read_conditions
from twinfold.personas.segmentation import LEAST_SHARE, MOST
from twinfold.personas.sensitivity import has_treatment
from twinfold.protocols import Progress, silent
from twinfold.simulation.formula import Formula, read_formula
from twinfold.tables.schema import Schema
from twinfold.verbs.audience import Behaviours, read_behaviours
from twinfold.verbs.provenance import describe_source
from twinfold.verbs.sources import read_source

MOST_QUOTES = 10
"""Quotes of each persona, at most."""

__all__ = ["Personas", "TextTable", "find_personas"]


def find_personas(
    population: Any,
    *,
    groups: int | None = None,
    least_share: float = LEAST_SHARE,
    columns: str | Sequence[str] | None = None,
    conditions: Mapping[str, str] | Sequence[str] = (),
    values: Mapping[str, str] | Sequence[str] = (),
    behaviours: Behaviours = (),
    texts: Any = None,
    does: str | Sequence[str] = (),
    quotes: int = 3,
    schema: Schema | str | Path | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Personas:
    """Find who the customers are: groups that would be found again, each told by what sets it apart.

    Args:
        population: the customers, synthetic or real: a file, a folder of linked tables, a pandas, Polars or Arrow
            frame, or a mapping of names to these.
        groups: how many, from 2 to 10; None takes those that explain people best and are all found again in halves.
        least_share: the share of all people that each has at least, from .01 to .5.
        columns: what they are told apart by, by name (["age", "job"], or "age,job"); None is all that says something.
        conditions: personas of your own, in the place of those that are found: names with conditions, or texts such as
            "young: age < 30". Whoever obeys several is in the first, and all others make one more.
        values: what a customer is worth, by name: formulas of their numbers, or texts such as "fee = 0.02 * balance".
        behaviours: learned behaviours (files, or by name), whose offers are tried on each persona.
        texts: what customers say: a file ("FILE:COLUMN" names the column of the texts), one of the population's tables,
            or a frame; a `TextTable` of it, which says how it is to be read; or several. Who they are is told without.
        does: what they do, to be set beside what they say: a column, a formula or a condition by name ("left", "left =
            churned", "left: status = 'closed'"), what rows amount to ("number of payments", "fewer payments"), or a
            behaviour by its name. Who they are is told without it.
        quotes: how many to show of each persona, from 0 to 10, with what names or reaches somebody masked.
        schema: what the columns are, or a `schema.toml`; None finds out.
        seed: of all chance: the same gives the same.
        progress: told how far the work has come.

    Returns:
        The personas: `assignment` says whose is which, `text` tells them, `record` is JSON.

    Raises:
        DataError: too few people, or nothing tells them apart; OptionError: an option is out of range, a condition
            holds for nobody, or a behaviour has no treatment; ConditionError: a condition is none; SpecificationError:
            a formula is none, or asks for what is not there; ModelFileError: a behaviour is none.
    """
    _check_range("groups", groups, 2, MOST, ", or leave it out")
    _check_range("least share", least_share, 0.01, 0.5)
    _check_range("quotes", quotes, 0, MOST_QUOTES)
    if seed < 0:
        raise OptionError(f"seed is {seed}; give 0 or more")
    asked = dict(conditions) if isinstance(conditions, Mapping) else read_conditions(list(conditions))
    formulas, known = _read_values(values), _read_behaviours(behaviours)
    done = [does] if isinstance(does, str) else list(does)
    if done and texts is None:
        raise OptionError("what customers do is set beside what they say; give texts, or leave out what they do")
    if asked and groups is not None:
        raise OptionError("conditions say who is in which persona, and how many there are; leave out the number")
    progress("reading people", 0.0)
    dataset = read_source(population, schema=schema)
    sources, rest = open_sources(texts, dataset, population)
    named = [name.strip() for name in columns.split(",")] if isinstance(columns, str) else columns
    people = read_people(rest, columns=None if named is None else list(named), seed=seed)
    said = tuple(read_texts(each, people) for each in sources)
    outcomes, people = read_outcomes(done, people, known)
    origin = {
        "population": str(describe_source(population, dataset)),
        **{f"texts {each.name}": f"{each.rows:,} rows" for each in said},
        **_describe(known, seed),
    }
    return make_personas(
        people,
        groups=groups,
        least_share=least_share,
        conditions=asked,
        values=formulas,
        behaviours=known,
        heard=Heard(said, outcomes, quotes),
        rng=np.random.default_rng(seed),
        origin=origin,
        progress=progress,
    )


def _check_range(name: str, value: float | None, low: float, high: float, more: str = "") -> None:
    """Raise `OptionError` where a number that was given lies outside what is accepted."""
    if value is not None and not low <= value <= high:
        raise OptionError(f"{name} {value} is out of range; give from {low} to {high}{more}")


def _describe(behaviours: Mapping[str, Behaviour], seed: int) -> dict[str, str]:
    """Of what personas are made, besides people and texts."""
    return {
        **{f"behaviour {name}": f"{each.specification.kind}, {each.rows:,} rows" for name, each in behaviours.items()},
        "seed": str(seed),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": version("twinfold"),
    }


def _read_values(values: Mapping[str, str] | Sequence[str]) -> dict[str, Formula]:
    pairs = dict(values) if isinstance(values, Mapping) else {}
    for text in () if isinstance(values, Mapping) else values:
        name, sign, formula = text.partition("=")
        if not sign or not name.strip() or not formula.strip():
            raise OptionError(f'value {text[:80]!r}: give a name and a formula, such as "margin = 0.02 * balance"')
        if name.strip() in pairs:
            raise OptionError(f"value {name.strip()!r} is named twice; give each a name of its own")
        pairs[name.strip()] = formula
    return {name: read_formula(text, f"value {name}") for name, text in pairs.items()}


def _read_behaviours(behaviours: Behaviours) -> dict[str, Behaviour]:
    known = read_behaviours(behaviours)
    for name, behaviour in known.items():
        if not has_treatment(behaviour):
            raise OptionError(
                f"behaviour {name!r} is a {behaviour.specification.kind} without a treatment: there is no offer to "
                "try; leave it out"
            )
    return known
