"""Measures: in which unit, and for which time, numbers are known to be."""

from __future__ import annotations

import re

from twinfold.personas.claims.figures import NUMBER, is_same, numbers_of, read_figure
from twinfold.personas.claims.ground import Ground
from twinfold.personas.claims.units import time_of
from twinfold.personas.memory.fact import FactKind
from twinfold.personas.questions.words import fold, split_words, stems

_OF_AGE = re.compile(r"[- ]years?[- ](?:old|young|of age)")


def times_of(value: float, ground: Ground) -> set[str]:
    """The times for which a number is known to be: a month's, a year's."""
    texts = [fold(fact.said) for fact in ground.facts]
    found = [time_of(t, n.end()) for t in texts for n in NUMBER.finditer(t) if is_same(value, read_figure(n[0]))]
    named = [each.time for each in ground.named if any(is_same(value, number) for number in each.numbers)]
    return {time for time in (*found, *named) if time}


def is_called(value: float, unit: str, after: str, ground: Ground) -> bool:
    """Whether a number is that of something whose name says the unit: "duration in month"; of an age, years."""
    named = stems("age old") if _OF_AGE.match(after) else stems("rate percent pct" if unit == "percent" else unit)
    return any(named & each.stems and any(is_same(value, one) for one in each.numbers) for each in ground.named)


def has_unit(value: float, unit: str, ground: Ground) -> bool:
    """Whether a number is known to be so many years, hours or percent."""
    named = stems("rate percent pct" if unit == "percent" else unit)
    asked = named & {word.stem for word in split_words(ground.question)}
    if asked and any(is_same(value, one) for fact in ground.facts[:1] for one in numbers_of(fact)):
        return True
    texts = [f"{fact.said} {fact.name}" for fact in ground.facts] + [ground.allowed]
    said = re.compile(
        rf"(?<![\d.,])([-−]?[\d,.]*\d)(?:\s?| out of | in ){'(?:%|percent|100)' if unit == 'percent' else unit}"
    )
    found = [each[1] for text in texts for each in said.finditer(fold(text))]
    stated = [read_figure(each) for each in found if NUMBER.fullmatch(each)]
    offered = [n for fact in ground.facts if fact.kind is FactKind.OFFER for n in numbers_of(fact)]
    known = (*stated, *ground.chances, *offered) if unit == "percent" else stated
    return any(is_same(value, each) for each in known)


def is_known_unit(unit: str, after: str, ground: Ground) -> bool:
    """Whether anything that is known or asked about is in a unit."""
    named = stems("age old") if _OF_AGE.match(after) else stems("rate percent pct" if unit == "percent" else unit)
    asked = {word.stem for word in split_words(ground.question)}
    return bool(named & asked) or any(named & each.stems for each in ground.named)
