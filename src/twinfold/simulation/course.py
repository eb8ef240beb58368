"""The course of one decision in one arm: who may still make it, under which level, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from scipy.special import ndtri

from twinfold.simulation import kernels
from twinfold.simulation.kernels import Luck
from twinfold.simulation.levels import Level
from twinfold.simulation.luck import draw_uniforms
from twinfold.simulation.picking import Picking
from twinfold.simulation.purchasing import Purchasing
from twinfold.simulation.responding import Responding
from twinfold.simulation.tally import Tally
from twinfold.simulation.world import World

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Singles = npt.NDArray[np.float32]
    Flags = npt.NDArray[np.bool_]
    Indices = npt.NDArray[Any]

NO_TIMES = np.zeros(0, np.int32)


class When(NamedTuple):
    """A period, from 1; the day on which it begins, from 0; and how many days it has."""

    period: int
    day: int
    days: int


class Unknown(Exception):
    """Nothing can be said of some people: a message was never tried, or an effect is not identified."""


class Events(NamedTuple):
    """Decisions of agents, each once: how likely each was to make it, and what they chose; of a number, NaN and -1.
    Of numbers, and of purchases that have one, also how much it was."""

    agents: Indices
    chances: Singles
    chosen: Indices
    amounts: Floats | None = None


class EventLog(Protocol):
    """What is told of every decision that came to something."""

    def __call__(self, arm: str, when: When, decision: str, events: Events, level: Level, contact: str | None) -> None:
        """Agents decided, under a level, told by a contact or by none."""


class Course:
    """The course of a decision.

    Args:
        world: of whom; arm, name: of the arm and of the decision.
        tally: to which it adds.
        log: told of events.

    Attributes:
        open: who may still make it, (agents,), whether or not they are still there.
    """

    def __init__(self, world: World, arm: str, name: str, tally: Tally, log: EventLog | None) -> None:
        self.world, self.arm, self.name, self.tally, self.log = world, arm, name, tally, log
        self.decision, self.decider = world.scenario.decisions[name], world.deciders[name]
        self.open = np.full(world.agents, self.decision.after is None)
        self.expected = np.zeros(world.agents, np.float32)
        self._begun = self.open.copy()
        self._number = list(world.scenario.decisions).index(name)
        self._running: tuple[Any, Level] | None = None
        self._daily: tuple[Level, Singles, Singles] | None = None
        self._lapsed = self.decider.lapsed.copy() if isinstance(self.decider, Purchasing) else np.zeros(0, bool)
        timed = isinstance(self.decider, Responding) and self.decider.time
        self._times = np.tile(self.decider.begins, tally.draws) if timed else NO_TIMES  # type: ignore[union-attr]

    @property
    def once(self) -> bool:
        """Whether nobody makes it twice: the user says so, or it is a hazard's event or a choice."""
        return self.decision.once or isinstance(self.decider, Picking) or bool(len(self._times))

    def due(self, period: int) -> bool:
        """Whether it comes up by itself in a period."""
        decision = self.decision
        return period == decision.at if decision.options else (period - 1) % decision.every == 0

    def begin(self, agents: Indices) -> None:
        """It may come up for agents from now on, if what it comes after is new to them."""
        new = agents[~self._begun[agents]]
        self._begun[new] = self.open[new] = True
        if len(self._times):
            self._times[new] = 0

    def ask(self, when: When, asked: Flags) -> Indices:
        """Those decide whom nothing reaches, `asked`, (agents,): who did it."""
        level = self._level(when.period)
        if isinstance(self.decider, Purchasing):
            days = [self._buy(when, day, asked, level) for day in range(when.day, when.day + when.days)]
            return np.concatenate(days)
        did, events, sums = self._step(when, asked, level, self.expected)
        if events is None:
            events = self._numbers(did)
        self.tally.step(self.name, when.period, sums)
        self._came(when, did, events, level, None)
        if len(self._times):
            self._times += 1
        return did

    def tell(self, when: When, agents: Indices, contact: str) -> Indices:
        """Agents decide whom a contact reaches: who did it."""
        level = self._known(self.world.level(self.arm, self.name, when.period, contact))
        asked, expected = np.zeros(len(self.open), bool), np.zeros(len(self.open), np.float32)
        asked[agents] = True
        did, _, sums = self._step(when, asked, level, expected)
        self._count(level, expected[agents].astype(np.float64), agents)
        self.tally.step(self.name, when.period, sums)
        whom = np.zeros(self.world.people, bool)
        whom[agents % self.world.people] = True
        self._support(level, whom)
        if self.decider.binary:
            events = Events(agents, expected[agents], np.isin(agents, did, assume_unique=True).astype(np.int8))
        else:
            events = self._numbers(agents)
        self._came(when, did, events, level, contact)
        return did

    @staticmethod
    def _numbers(agents: Indices) -> Events:
        return Events(agents, np.full(len(agents), np.nan, np.float32), np.full(len(agents), -1))

    def settle(self) -> None:
        """Count what was expected under the level that runs."""
        if self._running is not None:
            self._count(self._running[1], self.expected, slice(None))
            self.expected[:] = 0

    def _level(self, period: int) -> Level:
        """The level of those whom nothing reaches; what was expected under the last one is settled first."""
        key = self.world.key(self.arm, self.name, period)
        if self._running is None or self._running[0] != key:
            self.settle()
            level = self._known(self.world.level(self.arm, self.name, period))
            self._support(level, self.world.affected(self.arm, self.name, period))
            self._running = key, level
        return self._running[1]

    def _known(self, level: Level) -> Level:
        if not level.known.all():
            raise Unknown(level.why)
        return level

    def _support(self, level: Level, whom: Flags) -> None:
        pairs = self.tally.supported.setdefault(self.name, [])
        pairs.append((int(whom.sum()), int((whom & level.supported).sum())))

    def _luck(self, period: int) -> Luck:
        return Luck(self.world.codes, self.world.seed, period, self._number)

    def _step(self, when: When, asked: Flags, level: Level, expected: Singles) -> tuple[Indices, Events | None, Floats]:
        """One step of those who are asked: who did it, the events, and how many were expected to, (draws,)."""
        if level.shares is not None:
            return self._pick(when, asked, level.shares, expected)
        if not self.decider.binary:
            said = np.where(asked, level.score, np.float32(0))
            expected += said
            return np.flatnonzero(asked), None, said.reshape(self.tally.draws, -1).sum(axis=1)
        assert isinstance(self.decider, Responding)
        clock, luck = self.decider.clock, self._luck(when.period)
        step = kernels.decide(level.score, clock, self._times, level.kind, level.given, asked, luck, expected)
        return step.agents, Events(step.agents, step.chances, np.ones(len(step.agents), np.int8)), step.sums

    def _pick(self, when: When, asked: Flags, shares: Singles, expected: Singles) -> tuple[Indices, Events, Floats]:
        """Everybody asked takes one option; who takes the first did it."""
        option = kernels.choose(shares, asked, self._luck(when.period))
        for place, title in enumerate(self.decision.options):
            said = np.where(asked, shares[place], np.float32(0))
            self.tally.expect(f"{self.name}: {title}", said)
            self.tally.realise(f"{self.name}: {title}", 1.0, np.flatnonzero(option == place))
        first = np.where(asked, shares[0], np.float32(0))
        expected += first
        who = np.flatnonzero(asked)
        events = Events(who, shares[option[who], who], option[who])
        return np.flatnonzero(option == 0), events, first.reshape(self.tally.draws, -1).sum(axis=1)

    def _buy(self, when: When, day: int, asked: Flags, level: Level) -> Indices:
        """Those who still come back buy, or not, on one day."""
        assert level.slow is not None
        assert level.lapsing is not None
        if self._daily is None or self._daily[0] is not level:
            self._daily = level, -np.expm1(-level.score), -np.expm1(-level.slow)
        _, active, slow = self._daily
        step = kernels.buy(active, slow, level.lapsing, self._lapsed, asked, self._luck(day + 1), self.expected)
        self.tally.step(self.name, when.period, step.sums)
        events = Events(step.agents, step.chances, np.ones(len(step.agents), np.int8))
        self._came(When(when.period, day, 1), step.agents, events, level, None)
        return step.agents

    def _came(self, when: When, did: Indices, events: Events, level: Level, contact: str | None) -> None:
        """What came of a step by luck, once, and not in every draw of what is not known."""
        if self.world.draws:
            return
        much: Any = 1.0
        if not self.decider.binary:  # as far from what was expected as learned ones were
            luck = ndtri(draw_uniforms(self.world.seed, self.world.codes, when.period, self._number))
            much = level.score[did] + self.decider.spread * luck[did]
            events = events._replace(amounts=much)
        elif level.amount is not None:
            events = events._replace(amounts=level.amount[did])
        self.tally.realise(self.name, much, did)
        for key, worth in level.values.items():
            self.tally.realise(key, much * worth[did], did)
        if self.log is not None and len(events.agents):
            self.log(self.arm, when, self.name, events, level, contact)

    def _count(self, level: Level, expected: Floats | Singles, agents: Indices | slice) -> None:
        """Count what was expected of agents under a level, and what that is worth."""
        self.tally.expect(self.name, expected, agents)
        for key, worth in level.values.items():
            each = np.tile(worth, len(self.open) // len(worth))
            self.tally.expect(key, expected * each[agents], agents)
