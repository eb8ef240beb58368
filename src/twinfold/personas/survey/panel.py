"""The panel: who of the customers is asked, how many each stands for, and whose persona is which."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.rows import hash_names
from twinfold.errors import OptionError
from twinfold.personas.memory.memory import Memory
from twinfold.simulation.luck import draw_uniforms
from twinfold.synthesis.conditions import parse

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]
    Places = npt.NDArray[np.int64]

OWN_LUCK = 1 << 39
"""The number of periods within which items have their luck, apart from that of people."""


@dataclass(frozen=True)
class Panel:
    """Those who are asked.

    Attributes:
        memory: of all customers; places: of those who are asked, ascending, (asked,).
        weight: how many each stands for, (asked,); every: the same of all customers, (customers,).
        seed: of what each answers by luck.
        persona: of each, (asked,) texts, empty where none was sought; groups: the names of all, in order.
    """

    memory: Memory
    places: Places
    weight: Floats
    every: Floats
    seed: int
    persona: npt.NDArray[np.str_]
    groups: tuple[str, ...] = ()

    @property
    def asked(self) -> int:
        """How many they are."""
        return len(self.places)

    @property
    def keys(self) -> list[str]:
        """How each is called."""
        return [self.memory.keys[place] for place in self.places.tolist()]

    @property
    def rows(self) -> pl.DataFrame:
        """Their own rows, as they are stored."""
        return self.memory.people.frame[self.places]

    def among(self, persona: npt.NDArray[np.str_], groups: tuple[str, ...]) -> Panel:
        """The same with the persona of each of all customers, (customers,), and the names of all personas."""
        return replace(self, persona=persona[self.places], groups=groups)

    def luck(self, item: str) -> Floats:
        """The luck of each with an item, (asked,), from 0 to 1: whoever else is asked, and in whatever order."""
        code = int.from_bytes(hashlib.sha256(item.encode()).digest()[:8], "little")
        return draw_uniforms(self.seed, hash_names(pl.Series(self.keys)), code % OWN_LUCK, code >> 48)

    def members(self, group: str) -> Flags:
        """Who is of a group, (asked,); of an empty name everybody."""
        return self.persona == group if group else np.ones(self.asked, bool)


def draw_panel(memory: Memory, *, n: int, who: str = "", weight: Floats | None = None, seed: int) -> Panel:
    """Draw who is asked: so many of those of whom a condition holds, each as likely as the others.

    Args:
        memory: of all customers.
        n: how many; all where there are no more. who: a condition on their own columns; empty is everybody.
        weight: how many each stands for, (customers,); those of weight 0 are not asked. None: one each.
        seed: of who is drawn, and of what each answers by luck.

    Raises `OptionError` where nobody is left or weights are none; `ConditionError` where the condition is none.
    """
    every = np.ones(memory.count) if weight is None else weight
    if not np.isfinite(every).all() or every.min() < 0 or not every.max() > 0:
        odd = every[~(every >= 0) | ~np.isfinite(every)]
        said = f"{len(odd):,} are missing or below 0" if len(odd) else "all are 0"
        raise OptionError(f"weights: {said}; give numbers from 0 that say how many each customer stands for")
    held = every > 0
    if who:
        held &= holds(who, memory)
    left = np.flatnonzero(held)
    if not len(left):
        raise OptionError(f"of {memory.count:,} customers nobody is left to be asked; ask {who!r} of fewer things")
    if n < len(left):
        left = np.sort(np.random.default_rng([seed, 1]).choice(left, n, replace=False))
    return Panel(memory, left, every[left], every, seed, np.full(len(left), "", np.str_))


def holds(condition: str, memory: Memory) -> Flags:
    """Of whom a condition on their own columns holds, (customers,). Raises `ConditionError`."""
    people = memory.people
    return parse(condition, people.table).holds_in(people.frame, people.table)
