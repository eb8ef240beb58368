"""Compiled steps: agents decide, one pass over memory a step, on as many threads as there are cores.

Agents are people in several draws of what is not known: agent `draw * people + person`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np

from twinfold.simulation.luck import moment_of, uniform

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Singles = npt.NDArray[np.float32]
    Indices = npt.NDArray[np.int32]
    Flags = npt.NDArray[np.bool_]

LEAST = 200_000
"""Agents below which one thread does it."""

LAPSE = 1 << 15
"""What is added to a decision's number for the luck of lapsing after it."""


class Luck(NamedTuple):
    """Whose luck it is, and when: `codes` of people, (people,); the seed; the period; and the decision."""

    codes: npt.NDArray[np.uint64]
    seed: int
    period: int
    decision: int

    @property
    def words(self) -> tuple[npt.NDArray[np.uint64], np.uint64, np.uint64]:
        """As kernels take it."""
        return self.codes, np.uint64(self.seed), np.uint64(moment_of(self.period, self.decision))


class Step(NamedTuple):
    """What came of a step: the agents who did it, (events,), ascending; how likely each was; and how many were expected
    to, (draws,)."""

    agents: Indices
    chances: Singles
    sums: Floats


@numba.njit(cache=True, nogil=True)
def _decide(
    begin: int,
    end: int,
    score: Singles,
    clock: Singles,
    times: Indices,
    kind: npt.NDArray[np.int8],
    given: Singles,
    asked: Flags,
    codes: npt.NDArray[np.uint64],
    seed: np.uint64,
    moment: np.uint64,
    expected: Singles,
    sums: Floats,
    happened: Indices,
    chances: Singles,
) -> int:
    found, people, last = 0, len(codes), clock.shape[2] - 1
    for agent in range(begin, end):
        if not asked[agent]:
            continue
        person, draw = agent % people, agent // people
        own = score[agent]
        if last >= 0:
            at = clock[draw, kind[person], min(times[agent], last)]
            own += at[0] + at[1] * given[person]
        chance = np.float32(1.0) / (np.float32(1.0) + np.exp(-own))
        expected[agent] += chance
        sums[draw] += chance
        if uniform(seed, codes[person], moment) < chance:
            happened[found], chances[found] = agent, chance
            found += 1
    return found


@numba.njit(cache=True, nogil=True)
def _buy(
    begin: int,
    end: int,
    active: Singles,
    slow: Singles,
    lapsing: Singles,
    lapsed: Flags,
    asked: Flags,
    codes: npt.NDArray[np.uint64],
    seed: np.uint64,
    moment: np.uint64,
    expected: Singles,
    sums: Floats,
    happened: Indices,
    chances: Singles,
) -> int:
    found, people = 0, len(codes)
    for agent in range(begin, end):
        if not asked[agent]:
            continue
        chance = slow[agent] if lapsed[agent] else active[agent]
        expected[agent] += chance
        sums[agent // people] += chance
        if uniform(seed, codes[agent % people], moment) < chance:
            happened[found], chances[found] = agent, chance
            found += 1
            if not lapsed[agent] and uniform(seed, codes[agent % people], moment + np.uint64(LAPSE)) < lapsing[agent]:
                lapsed[agent] = True
    return found


@numba.njit(cache=True, nogil=True)
def _choose(
    begin: int,
    end: int,
    shares: Singles,
    asked: Flags,
    codes: npt.NDArray[np.uint64],
    seed: np.uint64,
    moment: np.uint64,
    option: npt.NDArray[np.int8],
) -> None:
    people = len(codes)
    for agent in range(begin, end):
        if not asked[agent]:
            continue
        luck = uniform(seed, codes[agent % people], moment)
        taken, reached = 0, shares[0, agent]
        while taken < len(shares) - 1 and luck >= reached:
            taken += 1
            reached += shares[taken, agent]
        option[agent] = taken


def decide(
    score: Singles,
    clock: Singles,
    times: Indices,
    kind: npt.NDArray[np.int8],
    given: Singles,
    asked: Flags,
    luck: Luck,
    expected: Singles,
) -> Step:
    """Agents do something or not.

    Args:
        score: (agents,) log odds.
        clock: (draws, kinds, times, 2) what time adds to the score, and what it adds to it for one more of `given`;
            no times where time adds nothing, and then the next three are not looked at.
        times: (agents,) the time of each; kind, given: (people,) which treatment each has, and how much of it.
        asked: (agents,) who is asked at all.
        luck: theirs.
        expected: (agents,) how likely each was is added to it.
    """

    def step(begin: int, end: int, out: tuple[Floats, Indices, Singles]) -> int:
        given_to = (score, clock, times, kind, given, asked, *luck.words, expected)
        return int(_decide(begin, end, *given_to, *out))

    return _in_pieces(len(score), len(luck.codes), step)


def buy(
    active: Singles, slow: Singles, lapsing: Singles, lapsed: Flags, asked: Flags, luck: Luck, expected: Singles
) -> Step:
    """Agents buy or not, on one day.

    Args:
        active, slow: (agents,) how likely each does, before and after lapsing.
        lapsing: (agents,) how likely each lapses with a purchase; lapsed: (agents,) who has, changed in place.
        asked, luck, expected: as in `decide`.
    """

    def step(begin: int, end: int, out: tuple[Floats, Indices, Singles]) -> int:
        given_to = (active, slow, lapsing, lapsed, asked, *luck.words, expected)
        return int(_buy(begin, end, *given_to, *out))

    return _in_pieces(len(active), len(luck.codes), step)


def choose(shares: Singles, asked: Flags, luck: Luck) -> npt.NDArray[np.int8]:
    """The option that each agent takes, (agents,), -1 for those not asked; `shares`, (options, agents), how likely."""
    option = np.full(shares.shape[1], -1, np.int8)
    _choose(0, shares.shape[1], shares, asked, *luck.words, option)
    return option


def _in_pieces(agents: int, people: int, step: Callable[[int, int, tuple[Floats, Indices, Singles]], int]) -> Step:
    """Take a step of all agents, piece by piece and side by side."""
    pieces = 1 if agents < LEAST else os.cpu_count() or 1
    edges = np.linspace(0, agents, pieces + 1).astype(np.int64)

    def one(piece: int) -> Step:
        begin, end = int(edges[piece]), int(edges[piece + 1])
        room = np.zeros(agents // people), np.empty(end - begin, np.int32), np.empty(end - begin, np.float32)
        found = step(begin, end, room)
        return Step(room[1][:found], room[2][:found], room[0])

    if pieces == 1:
        return one(0)
    parts = list(_threads(pieces).map(one, range(pieces)))
    who, chances, sums = zip(*parts, strict=True)
    return Step(np.concatenate(who), np.concatenate(chances), np.sum(sums, axis=0))


@cache
def _threads(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count)
