"""Faithful? Values, and corners of two columns together, where real customers are and synthetic ones are hardly any."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.alignment import Aligned
from twinfold.evaluation.distances import GROUPS
from twinfold.evaluation.fidelity import yardstick_rows
from twinfold.evaluation.finding import Exhibit, Finding, Subject, measured, unmeasured
from twinfold.evaluation.grids import Grid, codes, cut
from twinfold.evaluation.intervals import around, jackknife

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]
    Booleans = npt.NDArray[np.bool_]

PAIRS = 600  # of columns that are looked at, drawn at random beyond
FEW = 0.5  # a corner with less than so much of its real share is too rare
DOUBT = 3.3  # standard errors that the lack must be beyond: by chance one corner in two thousand
SHOWN = 8
_SUBJECT: Subject = ("corner_error", "Corners left empty", "faithful")
_METHOD = (
    "Values of a column, and of two columns together, each column in at most eight bins: of those with enough holdout "
    "rows that their lack could be told from chance, never fewer than may be named, the share that synthetic rows hold "
    "less than half as often, by more than 3.3 standard errors. Corners whose value lacks by itself count once. "
    "Delete-a-group jackknife. The yardstick puts train rows in the synthetic rows' place."
)


@dataclass(frozen=True)
class _Cells:
    """Bins of one column, or of two crossed, of all columns and pairs end to end.

    `pairs`, shape (cells,): the number of the column or pair that a cell is of. `one` and `other`, (cells,): the single
    bins that it lies in, by their places among the cells, twice its own for a single bin. `holdout`, `synthetic`,
    `train`, (groups, cells): rows by the jackknife's groups.
    """

    labels: tuple[str, ...]
    pairs: Codes
    one: Codes
    other: Codes
    holdout: Floats
    synthetic: Floats
    train: Floats

    def rows(self, counts: Floats) -> float:
        """How many rows are counted in cells, (cells,): those in the bins of the first column."""
        return float(counts[self.pairs == 0].sum())


def measure(aligned: Aligned, *, rng: np.random.Generator) -> tuple[Finding, list[Exhibit]]:
    """The share of corners left empty, and the largest of these by name."""
    cells = _count(aligned, rng)
    real, synthetic, train = (counts.sum(0) for counts in (cells.holdout, cells.synthetic, cells.train))
    due, lacking = _lacking(cells, real, synthetic, aligned.min_count)
    if not due.any():
        why = "No value is held by enough real customers that its lack could be told from chance."
        return unmeasured(_SUBJECT, sentence=why, method=_METHOD), []
    value = float(lacking.sum() / due.sum())
    expected, lack = _lacking(cells, real, train, aligned.min_count)
    yardstick = float(lack.sum() / max(expected.sum(), 1))
    figures = value, *around(value, _variance(cells, aligned.min_count))
    named = _biggest(cells, lacking)
    sentence = (
        f"{int(lacking.sum()) or 'None'} of {int(due.sum()):,} values and corners of two columns that could be judged "
        f"{_are(lacking)} missing or less than half as frequent as among real customers (real customers against each "
        f"other: {int(lack.sum()) or 'none'} of {int(expected.sum()):,})"
        + (f"; first of all {named[0][0]}, {named[0][2]:.2%} instead of {named[0][1]:.2%}." if named else ".")
    )
    finding = measured(_SUBJECT, figures, yardstick=yardstick, sentence=sentence, method=_METHOD)
    return finding, [_exhibit(named)] if named else []


def _are(lacking: Booleans) -> str:
    return "are" if lacking.sum() > 1 else "is"


def _exhibit(named: list[tuple[str, float, float]]) -> Exhibit:
    return Exhibit(
        "faithful",
        "Corners left empty",
        "Where real customers are, and synthetic ones are missing or less than half as frequent; the largest, at most "
        "one for two columns.",
        ("Where", "Real", "Synthetic"),
        tuple(named),
        shares=(1,),
    )


def _biggest(cells: _Cells, lacking: Booleans) -> list[tuple[str, float, float]]:
    """The corners that lack most customers, at most one of the same columns, with their real and synthetic shares."""
    real, synthetic = (counts.sum(0) / cells.rows(counts.sum(0)) for counts in (cells.holdout, cells.synthetic))
    found: dict[int, int] = {}
    for cell in np.argsort(synthetic - real, kind="stable"):
        if lacking[cell]:
            found.setdefault(int(cells.pairs[cell]), int(cell))
    return [(cells.labels[c], float(real[c]), float(synthetic[c])) for c in list(found.values())[:SHOWN]]


def _variance(cells: _Cells, min_count: int) -> float:
    """The jackknife's variance of the share of corners left empty, by groups of holdout and of synthetic rows."""
    real, synthetic = cells.holdout.sum(0), cells.synthetic.sum(0)
    without = (
        [_lacking(cells, real - group, synthetic, min_count) for group in cells.holdout],
        [_lacking(cells, real, synthetic - group, min_count) for group in cells.synthetic],
    )
    shares = ([lacking.sum() / max(due.sum(), 1) for due, lacking in side] for side in without)
    return sum(float(jackknife(np.array(side))) for side in shares)


def _lacking(cells: _Cells, real: Floats, other: Floats, min_count: int) -> tuple[Booleans, Booleans]:
    """Which cells could be seen to lack, and which do; both of shape (cells,), as are the rows that they hold."""
    rows, other_rows = cells.rows(real), cells.rows(other)
    p, q = real / rows, other / other_rows
    few = (q < FEW * p) & (p - q > DOUBT * _error(p, q, rows, other_rows))
    due = (real >= min_count) & (p > DOUBT * _error(p, np.zeros_like(p), rows, other_rows))
    alone = np.arange(len(p)) == cells.one
    due &= alone | ~(few[cells.one] | few[cells.other])  # else it lacks because its value does
    return due, due & few


def _error(p: Floats, q: Floats, rows: float, other_rows: float) -> Floats:
    pooled = (p * rows + q * other_rows) / (rows + other_rows)
    error: Floats = np.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / other_rows))
    return error


def _count(aligned: Aligned, rng: np.random.Generator) -> _Cells:
    grids = cut(aligned)
    train, _, _ = yardstick_rows(aligned)
    sides = [codes(grids, side) for side in (aligned.holdout, aligned.synthetic, train)]
    owners = aligned.owners or tuple(np.arange(rows) for rows in aligned.rows)
    groups = [owners[1] % GROUPS, owners[2] % GROUPS, owners[0][: len(train[0])] % GROUPS]
    pairs = list(combinations(range(len(grids)), 2))
    if len(pairs) > PAIRS:
        pairs = [pairs[i] for i in np.sort(rng.permutation(len(pairs))[:PAIRS])]
    sizes = [len(grid.labels) for grid in grids]
    first = np.concatenate([[0], np.cumsum(sizes)])
    labels, owner, one, other = [], [], [], []
    counts: list[list[Floats]] = [[], [], []]
    for number, (a, b) in enumerate([*((j, j) for j in range(len(grids))), *pairs]):
        cells = np.arange(sizes[a]) if a == b else np.arange(sizes[a] * sizes[b])
        places = (cells, cells) if a == b else np.divmod(cells, sizes[b])
        for side, group, out in zip(sides, groups, counts, strict=True):
            out.append(_counted(side[a] if a == b else side[a] * sizes[b] + side[b], group, len(cells)))
        labels += [_named(grids, a, b, i, k) for i, k in zip(*places, strict=True)]
        owner.append(np.full(len(cells), number))
        one.append(first[a] + places[0])
        other.append(first[b] + places[1])
    held = [np.concatenate(out, axis=1) for out in counts]
    return _Cells(tuple(labels), np.concatenate(owner), np.concatenate(one), np.concatenate(other), *held)


def _counted(cells: Codes, groups: Codes, size: int) -> Floats:
    """How many rows of each group stand in each cell, (groups, cells)."""
    counts = np.bincount(groups * size + cells, minlength=GROUPS * size)
    return counts.reshape(GROUPS, size).astype(np.float64)


def _named(grids: tuple[Grid, ...], a: int, b: int, i: int, k: int) -> str:
    """The bin of one column, or of two, in words."""
    text = f"{grids[a].feature.name} {_said(grids[a].labels[i])}"
    return text if a == b else f"{text} with {grids[b].feature.name} {_said(grids[b].labels[k])}"


def _said(label: str) -> str:
    return label if label[:1] in "<≥" else f"= {label}"
