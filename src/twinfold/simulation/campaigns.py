"""Campaigns: whom a contact reaches in a period, within its budget and within what anybody may be told."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from twinfold.simulation.luck import draw_uniforms
from twinfold.simulation.scenario import Contact, ContactPolicy

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]


class Diary:
    """Who was contacted lately, of so many agents, under a policy."""

    def __init__(self, policy: ContactPolicy | None, agents: int) -> None:
        self._policy = policy
        self._lately = np.zeros(agents if policy else 0, np.int16)
        self._past: deque[tuple[int, Indices]] = deque()

    def open(self, period: int) -> Flags | None:
        """Who may be contacted in a period, (agents,); None: everybody."""
        if self._policy is None:
            return None
        while self._past and self._past[0][0] <= period - self._policy.within:
            np.subtract.at(self._lately, self._past.popleft()[1], 1)
        return self._lately < self._policy.at_most

    def note(self, period: int, agents: Indices) -> None:
        """Agents, each once, were contacted."""
        if self._policy is not None:
            self._past.append((period, agents))
            self._lately[agents] += 1


def reach(
    contact: Contact,
    open_: Flags,
    priority: Floats,
    spent: Floats,
    share: float,
) -> Indices:
    """The agents whom a contact reaches, ascending; what it costs is added to `spent`.

    Args:
        contact: it.
        open_: (agents,) who may be reached: draw after draw of the same people.
        priority: (people,) whoever has more comes first.
        spent: (draws,) of its budget so far.
        share: of all customers, how many these people are: limits are as much smaller.
    """
    draws, people = len(spent), len(priority)
    out = []
    for draw in range(draws):
        own = np.flatnonzero(open_[draw * people : (draw + 1) * people])
        most = float(len(own))
        if contact.at_most is not None:
            most = min(most, contact.at_most * share)
        if contact.budget is not None:
            most = min(most, (contact.budget * share - spent[draw]) / contact.cost)
        count = max(0, int(most + 1e-9))
        if count < len(own):
            order = priority[own]
            # Ties are broken by the number of the person: the same in every arm
            own = np.sort(own[np.argsort(-order, kind="stable")[:count]])
        spent[draw] += contact.cost * len(own)
        out.append(own + draw * people)
    return np.concatenate(out).astype(np.int64)


def lots(codes: npt.NDArray[np.uint64], seed: int, period: int, contact: int) -> Floats:
    """A priority drawn by lot, (people,)."""
    return draw_uniforms(seed, codes, period, (1 << 14) + contact)
