"""The design of a response: the columns of its regression, what they are of, and how they are shrunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.behaviour.features import Feature
from twinfold.behaviour.treatment import Treatment

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

WIDE = 8
"""A column with more features than that has a spread of its own."""


@dataclass(frozen=True)
class Block:
    """Some columns of a design: what they are of, and the group by which they are shrunk (-1: not at all)."""

    name: str
    group: int
    width: int


def make_design(
    features: Sequence[Feature],
    encoded: Sequence[npt.NDArray[np.float32]],
    strata: Sequence[tuple[str, npt.NDArray[np.float32]]],
    given: Floats,
    treatment: Treatment,
) -> tuple[npt.NDArray[np.float32], list[Block]]:
    """The columns of the regression, (rows, columns), and what they are."""
    rows = len(given)
    parts: list[tuple[str, int, npt.NDArray[Any]]] = [("intercept", -1, np.ones((rows, 1), np.float32))]
    group, columns = 0, len(strata) - (len(strata) > 1)  # the last of several are they crossed
    for place, (name, block) in enumerate(strata):
        if place < columns:  # shrunk, they would leave some of what they do to a treatment that differs between them
            parts.append((f"stratum {name}", -1, block))
            continue
        parts.append((f"stratum {name}", group, block))
        group += 1
    shared = -1
    for number, block in enumerate(encoded):
        if block.shape[1] > WIDE:
            own, group = group, group + 1
        else:
            if shared < 0:
                shared, group = group, group + 1
            own = shared
        parts.append((f"feature {number}", own, block))
    parts.append(("treatment", -1, given))
    bends = treatment.bends(given)
    if bends.shape[1]:
        parts.append(("treatment bends", group, bends))
        group += 1
    for name, block in strata:
        if block.shape[1] > 1:
            parts.append((f"treatment by {name}", group, _cross(block, given)))
            group += 1
    if features:
        differing = np.concatenate([f.simple(block) for f, block in zip(features, encoded, strict=True)], axis=1)
        for kind in range(given.shape[1]):  # one arm may do the same to all, and another not
            parts.append((f"treatment {kind} by features", group, _cross(differing, given[:, [kind]])))
            group += 1
    blocks = [Block(name, number, part.shape[1]) for name, number, part in parts]
    return np.concatenate([part for _, _, part in parts], axis=1).astype(np.float32), blocks


def span_of(blocks: Sequence[Block], name: str) -> slice:
    """The columns of a design that a block has. Raises `ValueError` where there is none of such a name."""
    place = [block.name for block in blocks].index(name)
    begin = sum(block.width for block in blocks[:place])
    return slice(begin, begin + blocks[place].width)


def before_treatment(blocks: Sequence[Block]) -> int:
    """How many columns of a design stand before the treatment's: those of strata and features."""
    return int(span_of(blocks, "treatment").start)


def groups_of(blocks: Sequence[Block]) -> list[int]:
    """The group of each column of a design, (columns,)."""
    return [block.group for block in blocks for _ in range(block.width)]


def _cross(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Each column of one times each of the other, (rows, columns of both multiplied)."""
    crossed = (one[:, :, None] * other[:, None, :]).reshape(len(one), one.shape[1] * other.shape[1])
    return np.asarray(crossed, np.float32)
