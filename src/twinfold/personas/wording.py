"""Personas in words: every number in them is one of the persona's own."""

from __future__ import annotations

from twinfold.evaluation.report.wording import percent
from twinfold.personas.persona import Amount, Persona, Personas
from twinfold.personas.questions.words import listed
from twinfold.personas.sensitivity import Sensitivity
from twinfold.personas.traits import Lift
from twinfold.simulation.wording import number

RARELY = 0.2
"""A lift below which hardly any has something."""

NEVER = 0.05
"""A lift below which something is hardly ever had."""

SEEN = 4
"""Traits that a portrait tells."""


def portray(persona: Persona) -> list[str]:
    """The portrait of a persona, a sentence each."""
    share, low, high = persona.share
    lines = [f"{persona.people:,} people: {percent(share)} % of all [{percent(low)}, {percent(high)}]."]
    more = [lift for lift in persona.lifts if lift.value > 1][:SEEN]
    less = [lift for lift in persona.lifts if lift.value < 1][:SEEN]
    lines += [f"{lift.trait.feature} {lift.trait.said}: {_often(lift)}." for lift in more]
    lines += [f"Seldom: {lift.trait.feature} {lift.trait.said}: {_often(lift)}." for lift in less]
    lines += [
        f"In the middle {each.name} is {each.median} (middle half {each.low} to {each.high}; of all {each.overall})."
        for each in persona.usual
    ]
    lines += [worth(amount) for amount in persona.values]
    lines += [change(each) for each in persona.sensitivities]
    lines += [line for said in persona.said for line in said.lines]
    return lines


def lead(persona: Persona) -> str:
    """The persona in a sentence: what most of its people have, and what hardly any does."""
    most = [lift for lift in persona.lifts if lift.value > 1 and lift.inside >= 0.5][:SEEN]
    never = [lift for lift in persona.lifts if lift.value < RARELY][:2]
    parts = []
    if most:
        told = [
            f"{lift.trait.feature} {lift.trait.said} ({percent(lift.inside)} %; of all {percent(lift.overall)} %)"
            for lift in most
        ]
        parts.append(f"Of most, {listed(told)}.")
    if never:
        parts.append(f"Of hardly any, {listed([f'{lift.trait.feature} {lift.trait.said}' for lift in never])}.")
    return " ".join(parts) or "Nothing that most of them have sets them apart."


def _often(lift: Lift) -> str:
    return f"{percent(lift.inside)} % of them, {percent(lift.overall)} % of all; {times(lift)}"


def times(lift: Lift) -> str:
    """A lift and its interval, in words."""
    low, high = factor(lift.lower), factor(lift.upper)
    if lift.value < NEVER:
        return f"hardly ever [at most {high} times as often]"
    return f"{factor(lift.value)} times as often [{low}, {high}]"


def factor(value: float) -> str:
    """How many times.

    >>> [factor(each) for each in (12.345, 2.345, 0.123)]
    ['12', '2.3', '0.12']
    """
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.95 else f"{value:.2f}"


def worth(amount: Amount) -> str:
    """What one is worth, in a sentence."""
    part = f"; {percent(amount.share)} % of all of it" if amount.share is not None else ""
    interval = f"[{number(amount.lower)}, {number(amount.upper)}]"
    return f"{capital(amount.name)} is {number(amount.value)} {interval} each, of all {number(amount.overall)}{part}."


def change(found: Sensitivity) -> str:
    """What an offer changes, in a sentence."""
    if found.gain is None:
        return f"Nothing can be said of {found.change} ({found.why})"
    gain = found.gain
    interval = f"{gain.value:+.3g} [{gain.lower:+.3g}, {gain.upper:+.3g}]"
    return (
        f"With {found.change}, {found.outcome} changes by {interval} each ({gain.identification}; "
        f"{gain.in_support:.0%} within what was learned)."
    )


def tell(personas: Personas) -> str:
    """All personas in some lines each."""
    lines = [f"{len(personas.personas)} personas of {personas.people:,} people. {personas.why}"]
    for persona in personas.personas:
        lines += [f"\n{persona.name}", *(f"  {line}" for line in persona.portrait())]
        if persona.rule is not None:
            rule = persona.rule
            lines.append(
                f'  --where "{rule.condition}" finds {rule.found:.0%} of them; {rule.right:.0%} of whom it finds are.'
            )
    for feedback in (each for each in personas.feedback if each.lines):
        lines += [f"\nWhat they say ({feedback.source})", *(f"  {line}" for line in feedback.lines)]
    return "\n".join([*lines, "", *personas.notes])


def capital(text: str) -> str:
    """A text that begins with a capital."""
    return text[:1].upper() + text[1:]
