"""Statuses of a history: a row's level is one that may follow the level of the row before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.protocols import Codes
from twinfold.synthesis.encoding.category import CategoryEncoding
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.tables.rules import Transitions

Array = npt.NDArray[Any]

REDRAWS = 20
"""How often a row is drawn again until its status may follow, before any that may is taken."""


@dataclass(frozen=True)
class Status:
    """A status among codes.

    Attributes:
        rule: what may follow what.
        allowed: of each code, which ones may follow it, (codes, codes); what the rule does not name, and a missing
            level, may stand before and after any.
    """

    rule: Transitions
    allowed: npt.NDArray[np.bool_]

    @property
    def column(self) -> str:
        """The column that holds it."""
        return self.rule.target

    @classmethod
    def of(cls, rule: Transitions, codebook: Codebook) -> "Status | None":
        """The status that a rule says something of; None where the column was not learned well enough."""
        encoding = codebook.encodings.get(rule.target)
        if not isinstance(encoding, CategoryEncoding) or rule.target not in codebook.learned:
            return None
        size = encoding.cardinality
        levels = encoding.decode(np.arange(size), np.random.default_rng(0)).cast(pl.String).to_list()
        named, known = {level for pair in rule.pairs for level in pair}, set(rule.pairs)
        allowed = np.ones((size, size), bool)
        for i, before in enumerate(levels):
            for j, after in enumerate(levels):
                if before in named and after in named:
                    allowed[i, j] = (before, after) in known
        return cls(rule, allowed)

    def goes_on(self, codes: Array) -> npt.NDArray[np.bool_]:
        """After which codes of last rows another row may come, (rows,)."""
        return np.asarray(np.any(self.allowed, axis=1))[codes]


@dataclass(frozen=True)
class Admission:
    """What a status admits in rows that are drawn.

    Attributes:
        status: what may follow what.
        place: of its codes, among those that a model draws.
        before: the codes of the rows before, (rows,).
        last: the codes that rows have which repeat the last one of their kind, (rows,).
    """

    status: Status
    place: int
    before: Array
    last: Array

    def admits(self, rows: Array, codes: Codes) -> npt.NDArray[np.bool_]:
        """Which of the drawn rows, given by their places, have a status that may follow."""
        own, size = codes[self.place], len(self.status.allowed)
        own = np.where(own == size, self.last[rows], own)
        return np.asarray(self.status.allowed[self.before[rows], own])

    def mend(self, rows: Array, codes: Codes, wrong: Array, rng: np.random.Generator) -> None:
        """Give drawn rows, of a mask, any status that may follow, where there is one."""
        chance = rng.random((int(wrong.sum()), len(self.status.allowed)))
        may = self.status.allowed[self.before[rows[wrong]]]
        codes[self.place, wrong] = np.where(may, chance, -1.0).argmax(axis=1)


def draw_admitted(
    draw: Callable[[Array], Codes], admissions: Sequence[Admission], rows: Array, rng: np.random.Generator
) -> Codes:
    """What `draw` gives for rows, given by their places, drawn again until all statuses may follow: (columns, rows)."""
    codes = draw(rows)
    wrong = _wrong(admissions, rows, codes)
    for _ in range(REDRAWS if wrong.any() else 0):
        places = np.flatnonzero(wrong)
        codes[:, places] = draw(rows[places])
        wrong[places] = _wrong(admissions, rows[places], codes[:, places])
        if not wrong.any():
            break
    for admission in admissions:
        still = ~admission.admits(rows, codes)
        if still.any():
            admission.mend(rows, codes, still, rng)
    return codes


def _wrong(admissions: Sequence[Admission], rows: Array, codes: Codes) -> npt.NDArray[np.bool_]:
    out = np.zeros(codes.shape[1], bool)
    for admission in admissions:
        out |= ~admission.admits(rows, codes)
    return out
