"""Parting: where what customers say and what they do do not go together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from twinfold.personas.feedback.comparison import Beside, Three

NEAR = math.log(1.25)
"""The effect, in nats, within which somebody is as everybody: a quarter more or less."""


class Verdict(StrEnum):
    """Whether what is said and what is done go together."""

    AGREE = "agree"
    PART = "part"
    UNTOLD = "cannot be told"


@dataclass(frozen=True)
class Parting:
    """What a persona says beside what it does.

    Attributes:
        about: the theme that it complains of; empty where it is complaining at all.
        outcome: what is done.
        verdict: whether the two go together; sentence: so, with figures.
    """

    about: str
    outcome: str
    verdict: Verdict
    sentence: str


def judge(say: Beside, do: Beside) -> Verdict:
    """Whether a persona does as it says, beside everybody.

    They agree where both are surely more than everybody's, or both less, or both as everybody's within a quarter. They
    part where they are surely opposite, or where one is surely apart and the other surely less than half as far. Else
    it can't be told. Effects are compared in nats, and the interval of half of one less the other is recovered from
    theirs (MOVER: Zou and Donner 2008).
    """
    if say.sign and do.sign:
        return Verdict.AGREE if say.sign == do.sign else Verdict.PART
    if not say.sign and not do.sign:
        near = all(side.effect[1] >= -NEAR and side.effect[2] <= NEAR for side in (say, do))
        return Verdict.AGREE if near else Verdict.UNTOLD
    sure, other, sign = (say.effect, do.effect, say.sign) if say.sign else (do.effect, say.effect, do.sign)
    far, close = _turn(sure, sign), _turn(other, sign)
    short = math.hypot((far[0] - far[1]) / 2, close[2] - close[0])
    return Verdict.PART if far[0] / 2 - close[0] > short else Verdict.UNTOLD


def _turn(effect: Three, sign: int) -> Three:
    return effect if sign > 0 else (-effect[0], -effect[2], -effect[1])
