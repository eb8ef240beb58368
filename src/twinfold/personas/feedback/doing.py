"""Doing: what personas do, whether they do as they say, and whether those of them do who say it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from twinfold.personas.feedback.comparison import (
    Beside,
    Group,
    Three,
    compare_means,
    compare_shares,
    group_halves,
    group_people,
)
from twinfold.personas.feedback.feedback import Done, Parting, Verdict, Voiced, Within
from twinfold.personas.feedback.outcomes import Outcome
from twinfold.personas.feedback.wording import say_part, say_within

if TYPE_CHECKING:
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]

NEAR = math.log(1.25)
"""The effect, in nats, within which somebody is as everybody: a quarter more or less."""


def compare_doing(outcomes: Sequence[Outcome], inside: Flags, *, error: float) -> tuple[Done, ...]:
    """What a persona does beside everybody, `inside` (people,); not what is known of none of its people."""
    found = []
    for outcome in outcomes:
        beside = _compare(outcome, group_people(inside), error)
        if beside is not None:
            found.append(Done(outcome.name, beside))
    return tuple(found)


def find_partings(complain: Beside | None, themes: Sequence[Voiced], does: Sequence[Done]) -> tuple[Parting, ...]:
    """Whether a persona does as it says, of complaining at all, and of each theme, those that it complains of more than
    everybody first; nothing where complaints are not told."""
    if complain is None:
        return ()
    voiced = [(each.theme, each.complain) for each in themes if each.complain is not None]
    says = [("", complain), *sorted(voiced, key=lambda each: (-each[1].sign, -each[1].value))]
    found = []
    for done in does:
        for about, say in says:
            verdict = judge(say, done.beside)
            sentence = say_part(about, say, done.outcome, done.beside, verdict)
            found.append(Parting(about, done.outcome, verdict, sentence))
    return tuple(found)


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


def compare_within(
    outcomes: Sequence[Outcome], says: Sequence[tuple[str, Flags]], inside: Flags, *, verb: str, whom: str, error: float
) -> tuple[Within, ...]:
    """Whether those of a group who say something do more than the others of it.

    Args:
        outcomes: what is done; says: what is said, of a theme or of none, and by whom, (people,).
        inside: who is of the group, (people,); verb, whom: how it is told of them.
        error: the chance with which each interval may miss.
    """
    found = []
    for outcome in outcomes:
        for about, told in says:
            beside = _compare(outcome, group_halves(inside & told, inside & ~told), error)
            if beside is not None and beside.units:
                sentence = say_within(verb, about, whom, outcome.name, beside)
                found.append(Within(about, outcome.name, beside, sentence))
    return tuple(found)


def _compare(outcome: Outcome, group: Group, error: float) -> Beside | None:
    known = group.known(~np.isnan(outcome.values))
    if known is None:
        return None
    if outcome.share:
        return compare_shares(outcome.does, known, error=error)
    return compare_means(outcome.values, known, error=error)


def _turn(effect: Three, sign: int) -> Three:
    return effect if sign > 0 else (-effect[0], -effect[2], -effect[1])
