"""Safe? Synthetic customers who come nearer to a learned one than unseen customers do, short of a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.alignment import Aligned, Feature, points
from twinfold.evaluation.discrimination import LEAST
from twinfold.evaluation.finding import Exhibit, Finding, Subject, measured, unmeasured
from twinfold.evaluation.intervals import beside
from twinfold.privacy.neighbours import nearest
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

    Distances = npt.NDArray[np.float32]
    Places = npt.NDArray[np.int64]

ROWS = 25_000
SHARE = 0.01
"""Of unseen customers as many come near a learned one by chance: so few that it is near, of a thousand rows enough to
measure."""

_STEPS = 20_000_000_000  # distances of one column that a search may measure: some seconds where nothing can be skipped
_FEWEST = 2_000  # rows that are asked for in the widest tables
_PAIRS, _NAMED, _CANDIDATES = 10, 4, 1_000
_STAGE = "looking for near copies"
_NEAR: Subject = ("near_copies", "Near copies of learned customers", "safe")
_METHOD = (
    "The share of synthetic rows whose distance to a train row (Gower's) is at most that which the nearest 1 % of "
    "holdout rows have to theirs. The yardstick is the share of the same synthetic rows as near to one of as many "
    "holdout rows: synthetic rows that crowd where real ones do are near to both. The interval takes in what is "
    "unknown of both shares (Zou and Donner 2008)."
)
_SENTENCE = (
    "The synthetic customers nearest to a learned one, without a value of either; of those as near, the learned ones "
    "that stand most alone. Where unseen customers come as near to some learned one, chance can explain it."
)
_HEADER = (
    "Pair",
    "Distance",
    "Columns the same",
    "Columns that differ",
    "Unseen customers as near",
    "Distance of the nearest unseen customer",
)


def measure(aligned: Aligned, *, progress: Progress = silent) -> tuple[list[Finding], list[Exhibit]]:
    """How many of up to 25,000 aligned synthetic rows (fewer of wide tables), one row a customer, are near copies, and
    the closest pairs.

    Pairs are shown by which columns agree, never by their values; still they tell of single customers.
    """
    if (smallest := min(aligned.rows)) < LEAST:
        why = f"{smallest} rows are too few to tell what is near; it takes {LEAST} of each table."
        return [unmeasured(_NEAR, sentence=why, method=_METHOD)], []
    members, others, released = points(aligned)
    rows = min(len(members), len(others), ROWS)
    members, others = members[:rows], others[:rows]
    asked = min(ROWS, max(_FEWEST, _STEPS // (rows * len(aligned.features))))
    searches = ((others[:asked], members), (released[:asked], members), (released[:asked], others))
    found = []
    for done, (some, among) in enumerate(searches):
        progress(_STAGE, done / len(searches))
        found.append(nearest(some, among))
    progress(_STAGE, 1.0)
    reached, distance, distance_to_others = (distances for distances, _ in found)
    closest, member = _closest(distance, found[1][1])
    alone, _ = nearest(members[member], others)
    order = np.lexsort((-alone, distance[closest]))[:_PAIRS]
    exhibit = _exhibit(aligned, closest[order], member[order], reached, distance, alone[order])
    return [_finding(reached, distance, distance_to_others)], [exhibit]


def _closest(distance: Distances, member: Places) -> tuple[Places, Places]:
    """The synthetic rows nearest to a train row, one a train row, and which that is."""
    order = np.argsort(distance, kind="stable")
    first = np.sort(np.unique(member[order], return_index=True)[1])[:_CANDIDATES]
    return order[first], member[order[first]]


def _within(distances: Distances, limit: float) -> int:
    """How many are no farther; sums of float32 differ in their last digits."""
    return int((distances <= limit * (1 + 1e-5) + 1e-6).sum())


def _finding(reached: Distances, distance: Distances, distance_to_others: Distances) -> Finding:
    limit = float(np.sort(reached)[int(np.ceil(SHARE * len(reached))) - 1])
    near, chance, rows = _within(distance, limit), _within(distance_to_others, limit), len(distance)
    value, yardstick = near / rows, chance / rows
    sentence = (
        f"{near:,} of {rows:,} synthetic customers ({value:.2%}) are as near to a learned customer as one unseen "
        f"customer in 100 is; {yardstick:.2%} are as near to an unseen one."
    )
    figures = (value, *beside(near, rows, chance, rows))
    return measured(_NEAR, figures, yardstick=yardstick, sentence=sentence, method=_METHOD)


def _exhibit(
    aligned: Aligned, closest: Places, member: Places, reached: Distances, distance: Distances, alone: Distances
) -> Exhibit:
    """Pairs of a synthetic row and its nearest train row, and how far `alone` that one stands from unseen rows."""
    columns, rows = len(aligned.features), []
    for number, (row, whose, unseen) in enumerate(zip(closest, member, alone, strict=True), start=1):
        differing = _differing(aligned, int(whose), int(row))
        same = f"{columns - len(differing)} of {columns}"
        as_near = float(_within(reached, float(distance[row])))
        rows.append((str(number), float(distance[row]), same, _listed(differing), as_near, float(unseen)))
    return Exhibit("safe", "Closest pairs, masked", _SENTENCE, _HEADER, tuple(rows), single=True)


def _differing(aligned: Aligned, member: int, released: int) -> list[str]:
    """The columns in which a train and a synthetic row differ, numbers with by how much of the train rows' range."""
    found = []
    for feature, train, synthetic in zip(aligned.features, aligned.train, aligned.synthetic, strict=True):
        real, made = train[member], synthetic[released]
        if real == made or (feature.numeric and np.isnan(real) and np.isnan(made)):
            continue
        found.append(feature.name + _by_how_much(feature, train, abs(made - real)))
    return found


def _by_how_much(feature: Feature, train: npt.NDArray[np.float64], difference: float) -> str:
    if not feature.numeric:
        return ""
    if np.isnan(difference):
        return " (missing in one)"
    span = float(np.nanmax(train) - np.nanmin(train))
    if not span:
        return ""
    share = difference / span
    return f" (by {share:.1%} of its range)" if share >= 0.001 else " (by less than 0.1% of its range)"


def _listed(names: list[str]) -> str:
    if not names:
        return "none"
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
