"""Evidence: what allows an effect to be called an effect. How a treatment was assigned is checked, not believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]


class Identification(StrEnum):
    """What stands behind an effect, from the strongest to nothing.

    `RANDOMISED` within the strata, and the data don't deny it; `QUASI_RANDOM`: hardly related to anything known before,
    though nobody says it was drawn by lot; `OBSERVATIONAL`: related to what is known before, and adjusted for it;
    `ASSUMED`: a number of the user's; `NOT_IDENTIFIED`: the data can't say.
    """

    RANDOMISED = "randomised"
    QUASI_RANDOM = "quasi-random"
    OBSERVATIONAL = "observational"
    ASSUMED = "assumed"
    NOT_IDENTIFIED = "not identified"


ERROR = 0.01
"""The chance that a randomised treatment is called unbalanced."""

SLIGHT = 0.03
"""The part of the treatment's variation within strata that all columns together may explain and be called slight: a
correlation of about .17. Where thousands were mailed, a slip in a few hundred letters is beyond chance."""

FUNCTION = 0.98
"""The part of its variation within strata that, explained by other columns, makes a treatment a function of them."""

FOLLOWS = 0.5
"""The part of a column's variation within strata that the treatment explains where the column follows the treatment."""

LOOKED_AT = 50_000
"""Rows by which it is seen whether the treatment fixes a column, at most."""

LEAST_ROWS = 50
"""Rows that it takes to judge an assignment."""


@dataclass(frozen=True)
class Assignment:
    """How a treatment was assigned within strata, as the data show it.

    Attributes:
        label: what an effect of it may be called.
        imbalanced: columns that are related to the treatment beyond chance within the strata, the strongest first, and
            the part of its variation that each explains.
        p: the smallest p-value of all columns, times their number.
        explained: the part of its variation within strata that all columns together explain.
        tested: how many columns were looked at.
    """

    label: Identification
    imbalanced: Mapping[str, float]
    p: float
    explained: float
    tested: int

    def record(self) -> dict[str, Any]:
        """The assignment as JSON can say it."""
        imbalanced = [[name, share] for name, share in self.imbalanced.items()]
        figures = {"p": self.p, "explained": self.explained, "tested": self.tested}
        return {"label": str(self.label), "imbalanced": imbalanced, **figures}

    @classmethod
    def restored(cls, record: Mapping[str, Any]) -> Self:
        """The assignment that a record came from. Raises `ValueError`, `KeyError` or `TypeError`."""
        imbalanced = {str(name): float(share) for name, share in record["imbalanced"]}
        label, tested = Identification(record["label"]), int(record["tested"])
        return cls(label, imbalanced, float(record["p"]), float(record["explained"]), tested)

    def sentence(self, treatment: str, strata: Sequence[str]) -> str:
        """What was found, in plain words."""
        if not treatment:
            return "No treatment is named: what is expected describes, and says nothing of what a change would do."
        within = f" within {' and '.join(strata)}" if strata else ""
        named = ", ".join(f"{name} ({share:.1%})" for name, share in list(self.imbalanced.items())[:5])
        match self.label:
            case Identification.RANDOMISED if not self.imbalanced:
                return f"{treatment} is unrelated to all that was known before{within}, as if it was drawn by lot."
            case Identification.RANDOMISED:
                return (
                    f"{treatment} was drawn by lot{within}, with a slip: it goes a little with {named} (the part of "
                    "its variation explained). The average effect is the lot's; how far adjusting for the slip moves "
                    "it widens the interval."
                )
            case Identification.QUASI_RANDOM:
                return (
                    f"{treatment} is slightly related{within} to {named} (the part of its variation explained): "
                    "nearly by lot, and adjusted for them. Name what it was randomised within as strata, if it was."
                )
            case Identification.NOT_IDENTIFIED:
                return (
                    f"{treatment} is a function of {named or 'its stratum'}{within}: nobody can tell their effects "
                    "apart. Name columns that were written with it or after it under afterwards; where there are none, "
                    "only rows in which it varied by itself can say more."
                )
        return (
            f"{treatment} was not drawn by lot{within}: it goes with {named} (the part of its variation explained). "
            "Name what it was randomised within as strata; else its effect is adjusted for what is known, and may be "
            "that of something unknown."
        )


def check_assignment(
    treatment: Floats, cells: Ints, covariates: Mapping[str, npt.NDArray[Any]], *, declared: bool
) -> Assignment:
    """Whether anything known before says how a treatment was assigned.

    Each column is tested by a regression of the treatment on its features within strata (an F test, corrected for the
    number of columns: Bonferroni), and all together.

    Args:
        treatment: (rows, kinds): its number, or a column of 0 and 1 for each arm but one.
        cells: (rows,) from 0, the stratum of each row.
        covariates: of each column that was known before, its features, (rows, features).
        declared: whether somebody says that it was drawn by lot, and within which strata.
    """
    rows = len(cells)
    if not treatment.shape[1]:
        return Assignment(Identification.OBSERVATIONAL, {}, 1.0, 0.0, 0)
    within = centre(treatment, cells)
    spread = float((within**2).sum())
    if rows < LEAST_ROWS or spread <= 1e-9 * max(float((treatment**2).sum()), 1e-12):
        return Assignment(Identification.NOT_IDENTIFIED, {}, 0.0, 1.0, len(covariates))
    used = len(np.unique(cells))
    shares: dict[str, float] = {}
    p_values: dict[str, float] = {}
    blocks: list[npt.NDArray[Any]] = []
    for name, features in covariates.items():
        own = centre(features.astype(np.float64), cells)
        blocks.append(own)
        explained, rank = _explained(own, within)
        shares[name], p_values[name] = explained, _p_value(explained, rank, within.shape[1], rows - used)
    smallest = min(1.0, min(p_values.values(), default=1.0) * len(p_values))
    together = _explained(np.concatenate(blocks, axis=1), within)[0] if blocks else 0.0
    found = [name for name, p in p_values.items() if p * len(p_values) < ERROR]
    found.sort(key=lambda name: -shares[name])
    label = Identification.RANDOMISED
    if together > FUNCTION:
        label = Identification.NOT_IDENTIFIED
    elif found:
        slight = together - sum(b.shape[1] for b in blocks) / rows < SLIGHT
        nearly = Identification.RANDOMISED if declared else Identification.QUASI_RANDOM
        label = nearly if slight else Identification.OBSERVATIONAL
    return Assignment(label, {name: shares[name] for name in found}, smallest, together, len(covariates))


def follows(column: npt.NDArray[Any], treatment: Floats, cells: Ints) -> bool:
    """Whether a column is another record of the treatment, or of what became of it: within strata it is a function of
    it, or mostly explained by it.

    Args:
        column: (rows, features); treatment: (rows, kinds); cells: (rows,).
    """
    own = centre(column.astype(np.float64), cells)
    if not own.any():
        return False
    if _explained(centre(_shape(treatment), cells), own)[0] > FOLLOWS:
        return True
    # Every value of the treatment within a stratum goes with one value of the column, and there are few
    some = np.linspace(0, len(cells) - 1, min(len(cells), LOOKED_AT)).astype(np.int64)
    cells, treatment, column = cells[some], treatment[some], column[some]
    own = centre(column.astype(np.float64), cells)
    _, given = np.unique(np.column_stack([cells, treatment]), axis=0, return_inverse=True)
    groups = int(given.max()) + 1
    if groups > len(cells) // 5:
        return False
    return float((centre(column.astype(np.float64), given.reshape(-1)) ** 2).sum()) <= 1e-9 * float((own**2).sum())


def centre(values: npt.NDArray[Any], cells: Ints) -> Floats:
    """Values without the mean of their stratum, (rows, columns)."""
    counts = np.bincount(cells)
    means = np.stack([np.bincount(cells, column) for column in values.T], axis=1) / np.maximum(counts, 1)[:, None]
    centred: Floats = values - means[cells]
    return centred


def _shape(treatment: Floats) -> Floats:
    """A number with its square, so that what bends is seen; arms as they are."""
    if treatment.shape[1] > 1:
        return treatment
    centred = (treatment - treatment.mean()) / (treatment.std() or 1.0)
    return np.column_stack([centred, centred**2])


def _explained(features: Floats, targets: Floats) -> tuple[float, int]:
    """The part of the targets' variation that features explain, and the features' rank."""
    gram = features.T @ features
    values, vectors = np.linalg.eigh(gram)
    kept = values > 1e-8 * max(values.max(initial=0.0), 1e-12)
    if not kept.any():
        return 0.0, 0
    basis = vectors[:, kept] / np.sqrt(values[kept])
    found = basis.T @ (features.T @ targets)
    whole = (targets**2).sum()
    return float((found**2).sum() / whole), int(kept.sum())


def _p_value(explained: float, rank: int, kinds: int, freedom: int) -> float:
    """Of an F test of so much variation explained, for all kinds of the treatment together."""
    left = freedom - rank
    if rank == 0 or left < 1:
        return 1.0
    statistic = explained / max(1 - explained, 1e-12) * left / rank
    return float(stats.f.sf(statistic, rank * kinds, left * kinds))
