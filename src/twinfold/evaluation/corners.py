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
from twinfold.evaluation.grids import codes, cut
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


def measure(aligned: Aligned, *, rng: np.random.Generator) -> tuple[Finding, list[Exhibit]]:
    """The share of corners left empty, and the largest of these by name."""
    cells = _count(aligned, rng)
    rows = [int(n) for n in _rows(aligned)]
    due, lacking = _lacking(cells, cells.holdout.sum(0), cells.synthetic.sum(0), rows[0], rows[1], aligned.min_count)
    if not due.any():
        why = "No value is held by enough real customers that its lack could be told from chance."
        return unmeasured(_SUBJECT, sentence=why, method=_METHOD), []
    value = float(lacking.sum() / due.sum())
    expected, lack = _lacking(cells, cells.holdout.sum(0), cells.train.sum(0), rows[0], rows[2], aligned.min_count)
    yardstick = float(lack.sum() / max(expected.sum(), 1))
    figures = value, *around(value, _variance(cells, rows, aligned.min_count))
    named = _biggest(cells, lacking, rows)
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


def _rows(aligned: Aligned) -> tuple[int, int, int]:
    train, holdout, synthetic = aligned.rows
    return holdout, synthetic, min(train, synthetic)


def _exhibit(named: list[tuple[str, float, float]]) -> Exhibit:
    return Exhibit(
        "faithful",
        "Corners left empty",
        "Where real customers are, and synthetic ones are missing or less than half as frequent; the largest, at most "
        "one for two columns.",
        ("where", "real", "synthetic"),
        tuple(named),
    )


def _biggest(cells: _Cells, lacking: Booleans, rows: list[int]) -> list[tuple[str, float, float]]:
    """The corners that lack most customers, at most one of the same columns, with their real and synthetic shares."""
    real, synthetic = cells.holdout.sum(0) / rows[0], cells.synthetic.sum(0) / rows[1]
    found: dict[int, int] = {}
    for cell in np.argsort(synthetic - real, kind="stable"):
        if lacking[cell]:
            found.setdefault(int(cells.pairs[cell]), int(cell))
    return [(cells.labels[c], float(real[c]), float(synthetic[c])) for c in list(found.values())[:SHOWN]]


def _variance(cells: _Cells, rows: list[int], min_count: int) -> float:
    """The jackknife's variance of the share of corners left empty, by groups of holdout and of synthetic rows."""
    total = 0.0
    for side in (0, 1):
        counted = [cells.holdout.sum(0), cells.synthetic.sum(0)]
        shares = []
        for group in (cells.holdout, cells.synthetic)[side]:
            left = [c - group if s == side else c for s, c in enumerate(counted)]
            due, lacking = _lacking(cells, left[0], left[1], rows[0], rows[1], min_count)
            shares.append(lacking.sum() / max(due.sum(), 1))
        total += float(jackknife(np.array(shares)))
    return total


def _lacking(
    cells: _Cells, real: Floats, other: Floats, rows: int, other_rows: int, min_count: int
) -> tuple[Booleans, Booleans]:
    """Which cells could be seen to lack, and which do; both of shape (cells,)."""
    p, q = real / rows, other / other_rows
    doubt = DOUBT * _error(p, q, rows, other_rows)
    few = (q < FEW * p) & (p - q > doubt)
    due = (real >= min_count) & (p > DOUBT * _error(p, np.zeros_like(p), rows, other_rows))
    alone = np.arange(len(p)) == cells.one
    implied = ~alone & (few[cells.one] | few[cells.other])
    due &= ~implied
    return due, due & few


def _error(p: Floats, q: Floats, rows: int, other_rows: int) -> Floats:
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
        alone = a == b
        width = 1 if alone else sizes[b]
        for side, group, out in zip(sides, groups, counts, strict=True):
            cell = side[a] * width + (0 if alone else side[b])
            size = sizes[a] * width
            counted = np.bincount(group * size + cell, minlength=GROUPS * size).reshape(GROUPS, size)
            out.append(counted.astype(np.float64))
        texts = [f"{grids[a].feature.name} {_said(label)}" for label in grids[a].labels]
        others = [""] if alone else [f" with {grids[b].feature.name} {_said(label)}" for label in grids[b].labels]
        labels += [text + beside for text in texts for beside in others]
        owner += [number] * (sizes[a] * width)
        one += list(np.repeat(first[a] + np.arange(sizes[a]), width))
        other += list(np.tile(first[b] + np.arange(sizes[b]), 1 if alone else sizes[a]))
    holdout, synthetic, learned = (np.concatenate(out, axis=1) for out in counts)
    return _Cells(tuple(labels), np.array(owner), np.array(one), np.array(other), holdout, synthetic, learned)


def _said(label: str) -> str:
    return label if label[:1] in "<≥" else f"= {label}"
