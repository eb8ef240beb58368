"""Acting: everybody decides, period by period, in one arm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy.special import expit

from twinfold.simulation import kernels
from twinfold.simulation.campaigns import Diary, lots, reach
from twinfold.simulation.formula import read_formula
from twinfold.simulation.kernels import Luck
from twinfold.simulation.levels import Level
from twinfold.simulation.picking import Picking
from twinfold.simulation.purchasing import Purchasing
from twinfold.simulation.responding import Responding
from twinfold.simulation.scenario import PERIODS, Decision
from twinfold.simulation.world import World
from twinfold.tables.values import to_values

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Singles = npt.NDArray[np.float32]
    Flags = npt.NDArray[np.bool_]
    Indices = npt.NDArray[Any]

CONTACTS, COST = "contacts", "cost of contacts"


class Unknown(Exception):
    """Nothing can be said of some people: a message was never tried, or an effect is not identified."""


class EventLog(Protocol):
    """What is told of every decision that came to something."""

    def __call__(
        self,
        arm: str,
        period: int,
        day: int,
        decision: str,
        agents: Indices,
        chances: Floats,
        chosen: Indices,
        level: Level,
        contact: str | None,
    ) -> None:
        """Agents, (events,), decided: how likely each was to, and what they did."""


@dataclass
class Tally:
    """What came of an arm.

    Attributes:
        totals: by name what each agent is expected to do, or to be worth, over all periods, (agents,).
        realised: by name what each did, or was worth, by their luck, (agents,); kept where there are no draws.
        paths: of each decision, how many are expected to make it in each period, (draws, periods).
        supported: by decision, for each level how many people it is for, and of how many anything like it was learned.
    """

    totals: dict[str, Floats] = field(default_factory=dict)
    realised: dict[str, Floats] = field(default_factory=dict)
    paths: dict[str, Floats] = field(default_factory=dict)
    supported: dict[str, list[tuple[int, int]]] = field(default_factory=dict)


def _add(to: dict[str, Floats], name: str, agents: int, value: Any, where: Indices | slice = slice(None)) -> None:
    """Add to what agents come to, `where` naming each once."""
    if name not in to:
        to[name] = np.zeros(agents)
    to[name][where] += value


class Arm:
    """One arm of a world, while it runs.

    Args:
        world: of whom.
        name: of the arm.
        share: of all customers, how many the world's people are.
        log: told of events.
    """

    def __init__(self, world: World, name: str, *, share: float = 1.0, log: EventLog | None = None) -> None:
        self.world, self.name, self.share, self.log = world, name, share, log
        self.arm, scenario = world.scenario.arms[name], world.scenario
        agents = world.agents
        self.draws, self.tally = max(world.draws, 1), Tally()
        self.here = np.ones(agents, bool)
        self.open = {key: self._opens(decision) for key, decision in scenario.decisions.items()}
        self.contacts = list(scenario.contacts) if self.arm.contacts is None else list(self.arm.contacts)
        self.spent = {key: np.zeros(self.draws) for key in self.contacts}
        self.diary = Diary(self.arm.contact_policy or scenario.contact_policy, agents)
        self.expected = {key: np.zeros(agents, np.float32) for key in scenario.decisions}
        self.running: dict[str, tuple[Any, Level]] = {}
        self.numbers = {key: number for number, key in enumerate(scenario.decisions)}
        self.clocks = {key: self._clock(key) for key in scenario.decisions}
        self.times = {key: self._begin(key) for key in scenario.decisions if self.clocks[key].shape[2]}
        self.lapsed = {
            key: decider.lapsed.copy() for key, decider in world.deciders.items() if isinstance(decider, Purchasing)
        }
        self.none = np.zeros(0, np.int32)
        self._rated: Level | None = None
        self._daily = np.zeros(0, np.float32), np.zeros(0, np.float32)

    def _opens(self, decision: Decision) -> Flags:
        return np.full(self.world.agents, decision.after is None)

    def _clock(self, name: str) -> Singles:
        """What time does, as kernels take it; of no times where it does nothing."""
        decider = self.world.deciders[name]
        if not (isinstance(decider, Responding) and decider.time):
            return np.zeros((1, 1, 0, 2), np.float32)
        return decider.clock

    def _begin(self, name: str) -> npt.NDArray[np.int32]:
        """At which time each agent begins, as a place on the clock."""
        decider = self.world.deciders[name]
        assert isinstance(decider, Responding)
        return np.tile(decider.begins, self.draws)

    def run(self, progress: Callable[[float], None]) -> Tally:
        """All periods, one after the other. Raises `Unknown`."""
        scenario = self.world.scenario
        length, day = PERIODS[scenario.period], 0
        for period in range(1, scenario.periods + 1):
            progress((period - 1) / scenario.periods)
            reached = self._contact(period)
            after: list[tuple[str, Indices]] = []
            for name, decision in scenario.decisions.items():
                due = period == decision.at if decision.options else (period - 1) % decision.every == 0
                if due:
                    after += self._decide(name, decision, period, day, length, reached.get(name, {}))
            for name, agents in after:
                self.open[name][agents] = self.here[agents]
                if name in self.times:
                    self.times[name][agents] = 0
            day += length
        for name in self.running:
            self._settle(name)
        return self.tally

    def _contact(self, period: int) -> dict[str, dict[str, Indices]]:
        """Whom the contacts of a period reach, by decision and contact; nobody twice for one decision."""
        scenario = self.world.scenario
        out: dict[str, dict[str, Indices]] = {}
        for number, key in enumerate(scenario.contacts):
            contact = scenario.contacts[key]
            if key not in self.contacts or period not in contact.periods:
                continue
            able = self.open[contact.decision] & self.here
            able &= np.tile(self.world.holds(contact.who), self.draws)
            if (free := self.diary.open(period)) is not None:
                able &= free
            own = out.setdefault(contact.decision, {})
            for agents in own.values():
                able[agents] = False
            agents = reach(contact, able, self._priority(key, number, period), self.spent[key], self.share)
            self.diary.note(period, agents)
            for to in (self.tally.totals, self.tally.realised):
                _add(to, CONTACTS, len(self.here), 1.0, agents)
                if contact.cost:
                    _add(to, COST, len(self.here), contact.cost, agents)
            own[key] = agents
        return out

    def _priority(self, key: str, number: int, period: int) -> Floats:
        """Who comes first, (people,)."""
        contact, world = self.world.scenario.contacts[key], self.world
        if contact.first == "random":
            return lots(world.codes, world.seed, period, number)
        formula = read_formula(contact.first, f"contacts.{key}.first")
        known: dict[str, Any] = {
            name: to_values(world.frame[name], world.table[name]).cast(float, strict=False).fill_null(np.nan).to_numpy()
            for name in formula.names
            if name in world.table.names
        }
        if "prediction" in formula.names:
            score = world.likeliest(self.name, contact.decision, period, key).score
            known["prediction"] = expit(score.astype(np.float64))
        return np.nan_to_num(formula.value(known, world.people), nan=-np.inf)

    def _decide(
        self, name: str, decision: Decision, period: int, day: int, length: int, reached: Mapping[str, Indices]
    ) -> list[tuple[str, Indices]]:
        """A decision comes up: who made it, as those for whom others come up from now on."""
        asked, done = self.open[name] & self.here, []
        for agents in reached.values():
            asked[agents] = False
        if decision.asked == "always":
            done.append(self._step(name, decision, period, day, length, asked))
        for key, agents in reached.items():
            done.append(self._told(name, period, day, agents, key))
        who = np.unique(np.concatenate(done)) if done else self.none
        if decision.once or self._once(name):
            self.open[name][who] = False
        if decision.ends:
            self.here[who] = False
        if name in self.times:
            self.times[name] += 1
        return [(key, who) for key, other in self.world.scenario.decisions.items() if other.after == name]

    def _once(self, name: str) -> bool:
        """Whether a decision is an end by itself: a hazard's event comes once, and a choice is made once."""
        decider = self.world.deciders[name]
        return isinstance(decider, Picking) or (isinstance(decider, Responding) and bool(decider.time))

    def _level(self, name: str, period: int) -> Level:
        """The level of those whom nothing reaches; what was expected under the last one is settled first."""
        key = self.world.key(self.name, name, period)
        if name in self.running and self.running[name][0] != key:
            self._settle(name)
        if name not in self.running or self.running[name][0] != key:
            self.running[name] = (key, self._known(self.world.level(self.name, name, period), name))
            self._support(name, self.running[name][1], self._affected(name, period))
        return self.running[name][1]

    def _affected(self, name: str, period: int) -> Flags:
        """To whom something is different in a period, (people,); everybody where nothing is."""
        world, out = self.world, np.zeros(self.world.people, bool)
        for change in self.arm.changes:
            if change.holds(period) and world.bears(change, name):
                out |= world.holds(change.who)
        return out if out.any() else ~out

    def _support(self, name: str, level: Level, whom: Flags) -> None:
        """Note of how many people anything like a level was learned."""
        self.tally.supported.setdefault(name, []).append((int(whom.sum()), int((whom & level.supported).sum())))

    def _known(self, level: Level, name: str) -> Level:
        if not level.known.all():
            raise Unknown(f"{name}: of {int((~level.known).sum()):,} customers nothing can be said")
        return level

    def _settle(self, name: str) -> None:
        """Count what was expected under a level."""
        expected, level = self.expected[name], self.running[name][1]
        self._count(name, level, expected, slice(None))
        expected[:] = 0

    def _count(self, name: str, level: Level, expected: Floats | Singles, where: Indices | slice) -> None:
        agents = len(self.here)
        _add(self.tally.totals, name, agents, expected, where)
        for key, worth in level.values.items():
            each = np.tile(worth, self.draws)[where] if isinstance(where, slice) else worth[where % len(worth)]
            _add(self.tally.totals, key, agents, expected * each, where)

    def _realise(self, name: str, level: Level, agents: Indices, much: Any = 1.0) -> None:
        """Count what agents did by their luck, each once."""
        if self.world.draws:
            return
        _add(self.tally.realised, name, len(self.here), much, agents)
        for key, worth in level.values.items():
            _add(self.tally.realised, key, len(self.here), much * worth[agents], agents)

    def _step(self, name: str, decision: Decision, period: int, day: int, length: int, asked: Flags) -> Indices:
        """Those decide whom nothing reaches."""
        level, world = self._level(name, period), self.world
        decider, number = world.deciders[name], self.numbers[name]
        if isinstance(decider, Picking):
            return self._pick(name, decision, period, day, asked, level)
        if isinstance(decider, Purchasing):
            done = [self._buy(name, period, day, each, asked, level) for each in range(length)]
            return np.concatenate(done)
        if not decider.binary:
            self.expected[name] += np.where(asked, level.score, 0.0).astype(np.float32)
            self._path(name, period, np.where(asked, level.score, 0.0).reshape(self.draws, -1).sum(axis=1))
            who = np.flatnonzero(asked)
            self._realise(name, level, who, level.score[who])
            return who
        luck = Luck(world.codes, world.seed, period, number)
        clock, times = self.clocks[name], self.times.get(name, self.none)
        step = kernels.decide(level.score, clock, times, level.kind, level.given, asked, luck, self.expected[name])
        self._path(name, period, step.sums)
        self._realise(name, level, step.agents)
        self._tell(period, day, name, step.agents, step.chances, np.ones(len(step.agents), np.int8), level, None)
        return step.agents

    def _told(self, name: str, period: int, day: int, agents: Indices, contact: str) -> Indices:
        """Those decide whom a contact reaches."""
        world, number = self.world, self.numbers[name]
        level = self._known(world.level(self.name, name, period, contact), name)
        decider, asked = world.deciders[name], np.zeros(len(self.here), bool)
        asked[agents] = True
        expected = np.zeros(len(self.here), np.float32)
        if decider.binary:
            luck = Luck(world.codes, world.seed, period, number)
            clock, times = self.clocks[name], self.times.get(name, self.none)
            step = kernels.decide(level.score, clock, times, level.kind, level.given, asked, luck, expected)
            took, sums = step.agents, step.sums
        else:
            expected[agents] = level.score[agents]
            took, sums = agents, expected.reshape(self.draws, -1).sum(axis=1)
        self._count(name, level, expected[agents].astype(np.float64), agents)
        self._path(name, period, sums)
        self._realise(name, level, took, 1.0 if decider.binary else level.score[took])
        whom = np.zeros(world.people, bool)
        whom[agents % world.people] = True
        self._support(name, level, whom)
        chosen = np.isin(agents, took, assume_unique=True).astype(np.int8)
        self._tell(period, day, name, agents, expected[agents], chosen, level, contact)
        return took

    def _buy(self, name: str, period: int, day: int, each: int, asked: Flags, level: Level) -> Indices:
        """Those who still come back buy, or not, on one day of a period."""
        world = self.world
        assert level.slow is not None
        assert level.lapsing is not None
        luck = Luck(world.codes, world.seed, day + each + 1, self.numbers[name])
        active, slow = self._chances(level)
        step = kernels.buy(active, slow, level.lapsing, self.lapsed[name], asked, luck, self.expected[name])
        self._path(name, period, step.sums)
        self._realise(name, level, step.agents)
        chosen = np.ones(len(step.agents), np.int8)
        self._tell(period, day + each, name, step.agents, step.chances, chosen, level, None)
        return step.agents

    def _chances(self, level: Level) -> tuple[Singles, Singles]:
        """The chance of a purchase a day, before and after lapsing, of rates."""
        if self._rated is not level:
            self._rated = level
            assert level.slow is not None
            self._daily = -np.expm1(-level.score), -np.expm1(-level.slow)
        return self._daily

    def _pick(self, name: str, decision: Decision, period: int, day: int, asked: Flags, level: Level) -> Indices:
        """Everybody asked takes one option; what it is worth counts where it is the first."""
        world = self.world
        assert level.shares is not None
        option = kernels.choose(level.shares, asked, Luck(world.codes, world.seed, period, self.numbers[name]))
        who = np.flatnonzero(asked)
        for place, title in enumerate(decision.options):
            shares = np.where(asked, level.shares[place], 0.0)
            if place == 0:
                self.expected[name] += shares.astype(np.float32)
                self._path(name, period, shares.reshape(self.draws, -1).sum(axis=1))
            title = f"{name}: {title}"
            _add(self.tally.totals, title, len(self.here), shares)
            if not self.world.draws:
                _add(self.tally.realised, title, len(self.here), option == place)
        self._realise(name, level, np.flatnonzero(option == 0))
        chances = level.shares[option[who], who]
        self._tell(period, day, name, who, chances, option[who], level, None)
        first: Indices = who[option[who] == 0]
        return first

    def _path(self, name: str, period: int, sums: Floats) -> None:
        path = self.tally.paths.setdefault(name, np.zeros((self.draws, self.world.scenario.periods)))
        path[:, period - 1] += sums

    def _tell(
        self,
        period: int,
        day: int,
        name: str,
        agents: Indices,
        chances: Floats | Singles,
        chosen: Indices,
        level: Level,
        contact: str | None,
    ) -> None:
        if self.log is not None and len(agents):
            self.log(self.name, period, day, name, agents, np.asarray(chances), chosen, level, contact)
