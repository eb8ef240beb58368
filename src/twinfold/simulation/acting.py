"""Acting: everybody decides, period by period, in one arm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from twinfold.simulation.campaigns import Diary, lots, reach
from twinfold.simulation.course import Course, EventLog, Unknown, When
from twinfold.simulation.formula import read_formula
from twinfold.simulation.metrics import CONTACTS, COST
from twinfold.simulation.tally import Tally
from twinfold.simulation.world import World
from twinfold.tables.values import to_numbers, to_values

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[Any]

PREDICTION, GAIN = "prediction", "gain"
"""What the order of a contact may ask for of its first decision: what is expected of a customer whom it reaches, and
how much more. It may also name a decision, or what one is worth, for how much more of that."""


class Acting:
    """One arm of a world, while it runs.

    Args:
        world: of whom.
        arm: its name.
        share: of all customers, how many the world's people are: limits of campaigns are as much smaller.
        log: told of events.

    Attributes:
        reached: by contact, how many it reached, all periods together.
    """

    def __init__(self, world: World, arm: str, *, share: float = 1.0, log: EventLog | None = None) -> None:
        self.world, self.arm, self.share = world, arm, share
        own, scenario, draws = world.scenario.arms[arm], world.scenario, max(world.draws, 1)
        self.tally = Tally(world.people, draws, scenario.periods)
        self.here = np.ones(world.agents, bool)
        self.courses = {name: Course(world, arm, name, self.tally, log) for name in scenario.decisions}
        self.contacts = list(scenario.contacts) if own.contacts is None else list(own.contacts)
        self.reached = dict.fromkeys(self.contacts, 0)
        self.spent = {key: np.zeros(draws) for key in self.contacts}
        self.diary = Diary(own.contact_policy or scenario.contact_policy, world.agents)

    def run(self, progress: Callable[[float], None]) -> Tally:
        """All periods, one after the other; of a decision of which nothing can be said, nobody makes it."""
        scenario = self.world.scenario
        days = scenario.days
        for period in range(1, scenario.periods + 1):
            progress((period - 1) / scenario.periods)
            when = When(period, days[period - 1], days[period] - days[period - 1])
            reached = self._contact(period)
            done = {name: self._decide(course, when, reached.get(name, {})) for name, course in self.courses.items()}
            for course in self.courses.values():
                if course.decision.after is not None:
                    course.begin(done[course.decision.after])
        for course in self.courses.values():
            course.settle()
        return self.tally

    def _decide(self, course: Course, when: When, reached: Mapping[str, Indices]) -> Indices:
        """A decision comes up: who made it, each once."""
        asked, done = course.open & self.here, []
        for agents in reached.values():
            asked[agents] = False
        try:
            if course.due(when.period) and course.decision.asked == "always":
                done.append(course.ask(when, asked))
            for key, agents in reached.items():
                done.append(course.tell(when, agents[course.open[agents] & self.here[agents]], key))
        except Unknown as unknown:
            self.tally.unknown.setdefault(course.name, str(unknown))
            return np.zeros(0, np.int64)
        who = np.unique(np.concatenate(done)) if done else np.zeros(0, np.int64)
        if course.once:
            course.open[who] = False
        if course.decision.ends:
            self.here[who] = False
        return who

    def _contact(self, period: int) -> dict[str, dict[str, Indices]]:
        """Whom the contacts of a period reach, by decision and contact; nobody twice for one decision."""
        scenario = self.world.scenario
        out: dict[str, dict[str, Indices]] = {}
        for number, (key, contact) in enumerate(scenario.contacts.items()):
            if key not in self.contacts or period not in contact.periods:
                continue
            able = self.courses[contact.decisions[0]].open & self.here
            able &= np.tile(self.world.holds(contact.who), self.tally.draws)
            if (free := self.diary.open(period)) is not None:
                able &= free
            for decision in contact.decisions:
                for agents in out.get(decision, {}).values():
                    able[agents] = False
            agents = reach(contact, able, self._priority(key, number, period), self.spent[key], self.share)
            self.diary.note(period, agents)
            self.reached[key] += len(agents)
            for name, each in ((CONTACTS, 1.0), (COST, contact.cost)):
                if each:
                    self.tally.expect(name, each, agents)
                    self.tally.realise(name, each, agents)
            for decision in contact.decisions:
                out.setdefault(decision, {})[key] = agents
        return out

    def _priority(self, key: str, number: int, period: int) -> Floats:
        """Who comes first, (people,)."""
        contact, world = self.world.scenario.contacts[key], self.world
        if contact.first == "random":
            return lots(world.codes, world.seed, period, number)
        formula = read_formula(contact.first, f"contacts.{key}.first")
        known: dict[str, Any] = {}
        first = contact.decisions[0]
        for name in contact.decisions:
            own = {name, *world.scenario.decisions[name].values} | ({GAIN, PREDICTION} if name == first else set())
            if not own & {*formula.names}:
                continue
            reached, alone = self._expect(name, period, key), self._expect(name, period, None)
            for metric, much in reached.items():
                known[metric] = known.get(metric, 0.0) + much - alone.get(metric, 0.0)
            if name == first:
                known |= {PREDICTION: reached[name], GAIN: known[name]}
        for name in formula.names:
            if name in world.table.names:
                known[name] = to_numbers(to_values(world.frame[name], world.table[name]))
        return np.nan_to_num(formula.value(known, world.people), nan=-np.inf)

    def _expect(self, name: str, period: int, contact: str | None) -> dict[str, Floats]:
        """What is expected of each person if a contact reaches them, or none does, (people,): of a decision, and of
        what it is worth."""
        if contact is None and self.world.scenario.decisions[name].asked == "contacted":
            return {}
        level = self.world.likeliest(self.arm, name, period, contact)
        score = level.score.astype(np.float64)
        chance = np.asarray(expit(score)) if self.world.deciders[name].binary else score
        return {name: chance} | {key: chance * worth for key, worth in level.values.items()}
