"""Sensitivities: what an offer changes in a group of people, as a behaviour has learned it of real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from twinfold.behaviour.assumed import AssumedModel
from twinfold.behaviour.behaviour import Behaviour, Gain
from twinfold.behaviour.response import ResponseModel
from twinfold.errors import TwinfoldError


@dataclass(frozen=True)
class Sensitivity:
    """What a treatment changes in a group.

    Attributes:
        behaviour: what was learned, by name; outcome: what changes; change: the treatment, and in the place of which.
        gain: how much more is expected of one of the group, with its interval and what it rests on; None where nothing
            can be said, and `why` says why.
    """

    behaviour: str
    outcome: str
    change: str
    gain: Gain | None
    why: str = ""


def measure_sensitivities(
    people: pl.DataFrame, everybody: pl.DataFrame, behaviours: Mapping[str, Behaviour]
) -> tuple[Sensitivity, ...]:
    """What each behaviour's treatments change in some of everybody, a row each as they are stored: every arm beside the
    first, and of a number its spread more (a standard deviation of what was tried), centred."""
    return tuple(
        each for name, behaviour in behaviours.items() for each in _measure(people, everybody, name, behaviour)
    )


def has_treatment(behaviour: Behaviour) -> bool:
    """Whether a behaviour knows what some treatment does."""
    return behaviour.specification.treatment is not None and isinstance(behaviour.model, ResponseModel | AssumedModel)


def _measure(people: pl.DataFrame, everybody: pl.DataFrame, name: str, behaviour: Behaviour) -> list[Sensitivity]:
    column, outcome = str(behaviour.specification.treatment), str(behaviour.specification.outcome)
    out = []
    for instead, treatment in _pairs(behaviour):
        change = f"{column} {_said(treatment)} in the place of {_said(instead)}"
        try:
            gain = behaviour.gain(people, treatment, instead, among=everybody)
        except TwinfoldError as error:
            out.append(Sensitivity(name, outcome, change, None, str(error)))
            continue
        out.append(Sensitivity(name, outcome, change, gain))
    return out


def _pairs(behaviour: Behaviour) -> list[tuple[float | str, float | str]]:
    """What is compared: what one gets instead, and the treatment."""
    model = behaviour.model
    if isinstance(model, AssumedModel):
        assumed = model.assumption
        if assumed.arm is not None:
            return [(str(assumed.usual), assumed.arm)]
        return [(float(assumed.usual), float(assumed.usual) + 1.0)]
    assert isinstance(model, ResponseModel)
    treatment = model.treatment
    if treatment.numeric:
        low, high = treatment.mean - treatment.spread / 2, treatment.mean + treatment.spread / 2
        return [(float(f"{low:.3g}"), float(f"{high:.3g}"))]
    return [(treatment.arms[0], arm) for arm in treatment.arms[1:]]


def _said(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
