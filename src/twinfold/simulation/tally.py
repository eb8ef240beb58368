"""The tally of an arm: what everybody is expected to do, and what they did by their luck."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[Any]


@dataclass(frozen=True)
class Tally:
    """What came of an arm.

    Attributes:
        people, draws, periods: of whom, and for how long; agents are people in several draws.
        totals: by name what each agent is expected to do, or to be worth, over all periods, (agents,).
        realised: by name what each did, or was worth, by their luck, (agents,); nothing where there are several draws.
        paths: of each decision, how many are expected to make it in each period, (draws, periods).
        supported: by decision, for each level how many people it is for, and of how many anything like it was learned.
        unknown: by decision, why nothing can be said of it.
    """

    people: int
    draws: int
    periods: int
    totals: dict[str, Floats] = field(default_factory=dict)
    realised: dict[str, Floats] = field(default_factory=dict)
    paths: dict[str, Floats] = field(default_factory=dict)
    supported: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)

    def expect(self, name: str, much: Any, agents: Indices | slice = slice(None)) -> None:
        """Add to what agents, each named once, are expected to come to."""
        self._add(self.totals, name, much, agents)

    def realise(self, name: str, much: Any, agents: Indices) -> None:
        """Add to what agents, each named once, came to by their luck; nothing is kept of several draws."""
        if self.draws == 1:
            self._add(self.realised, name, much, agents)

    def step(self, name: str, period: int, sums: Floats) -> None:
        """Add to how many are expected to decide something in a period, (draws,)."""
        path = self.paths.setdefault(name, np.zeros((self.draws, self.periods)))
        path[:, period - 1] += sums

    def share_supported(self, decisions: Iterable[str]) -> float:
        """Of those to whom some decisions are different, the share of whom anything like it was learned."""
        pairs = [pair for name in decisions for pair in self.supported.get(name, [])]
        people = sum(count for count, _ in pairs)
        return sum(held for _, held in pairs) / people if people else 1.0

    def _add(self, to: dict[str, Floats], name: str, much: Any, agents: Indices | slice) -> None:
        if name not in to:
            to[name] = np.zeros(self.people * self.draws)
        to[name][agents] += much
