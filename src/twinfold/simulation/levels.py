"""Levels: how likely agents decide something under one setting, and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Singles = npt.NDArray[np.float32]
    Flags = npt.NDArray[np.bool_]


REASONS = 3
"""Reasons that are given for a decision."""


@dataclass(frozen=True)
class Level:
    """A setting of a decision; agents are people in several draws of what is not known, draw after draw.

    Attributes:
        score: of yes or no, log odds; of a number, what is expected; (agents,). Of purchases, the rate a day.
        known: of which people anything can be said; supported: for whom anything like it was learned; (people,).
        kind, given: which treatment each person has, and how much of it, (people,): what time does may depend on them.
        shares: of a choice, how likely each option is, (options, agents).
        slow, lapsing: of purchases, the rate a day once lapsed, and the chance to lapse with each, (agents,).
        amount: of purchases, what one is expected to be worth, (agents,).
        values: what each time is worth, by name, (people,) or, of purchases, (agents,).
        reasons: the three parts that move a person's score farthest from everybody's, (3, people), as places in
            `names`; -1 for none.
        offer: what everybody is offered, in words, where that is the same.
        why: why nothing can be said of those who are not known.
    """

    score: Singles
    known: Flags
    supported: Flags
    kind: npt.NDArray[np.int8]
    given: Singles
    shares: Singles | None = None
    slow: Singles | None = None
    lapsing: Singles | None = None
    amount: Floats | None = None
    values: Mapping[str, Floats] = field(default_factory=dict)
    reasons: npt.NDArray[np.int8] | None = None
    names: tuple[str, ...] = ()
    offer: str = ""
    why: str = ""


def tell_unknown(known: Flags, taken_for: str) -> tuple[str, ...]:
    """Say of how many people nothing of their own was learned, `known`, (people,), and what they are taken for."""
    if known.all():
        return ()
    return (f"{int((~known).sum()):,} customers are not among the learned: they {taken_for}.",)
