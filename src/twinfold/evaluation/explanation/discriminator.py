"""What a classifier still sees in synthetic rows: which columns tell them from real ones, by which values, and which
two together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.evaluation.alignment import Aligned, Values
from twinfold.evaluation.boosting import Classifier, Design, design, fit
from twinfold.evaluation.discrimination import LEAST
from twinfold.evaluation.finding import Exhibit
from twinfold.evaluation.grids import OTHER, Grid, codes, cut, cut_finely
from twinfold.evaluation.intervals import Z, around, clustered_variance, delong
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]
    Booleans = npt.NDArray[np.bool_]

ROWS = 10_000  # of each table that the classifier learns from and is tried on, in two halves
EXPLAINED = 500  # rows of each half and table whose score is explained
LEAST_SHARE = 0.01  # of all rows, that a range of values must hold to be looked at
DOUBT = 3.0  # standard errors that a share must be off by to be told from chance
SHOWN, SAID = 8, 2  # columns in the table, and those put into words, at most
LEVELS, PAIRED = 50, 20  # levels of a category that are looked at, and columns that are paired, at most
_TITLE = "What a classifier still sees"
_HEADER = ("Column", "Part of what is seen", "from", "to", "Most where", "Real", "Synthetic")
_STAGE = "asking what gives synthetic rows away"


def explain(aligned: Aligned, *, rng: np.random.Generator, seed: int, progress: Progress = silent) -> Exhibit | None:
    """Which columns tell synthetic from real customers, and where in them; None where rows are too few.

    LightGBM learns to tell holdout from synthetic rows on one half, and its scores of the other half are taken apart by
    TreeSHAP. What a column carries is how much more it adds to the score of synthetic rows than to that of real ones:
    these differences sum up to that of the scores, and what was only learned by heart comes to nothing on rows not
    learned. Intervals take in the rows explained.
    """
    if min(aligned.customers) < LEAST:
        return None
    sides = _Sides.of(aligned, rng)
    classifiers = [fit(sides.design[half], sides.synthetic[half], seed=seed) for half in sides.halves]
    progress(_STAGE, 0.3)
    score, variance = delong(sides.scores(classifiers), sides.synthetic, sides.owner)
    low, high = around(score, variance)
    told = f"a classifier picks the synthetic one {score:.1%} of the time ({low:.1%} to {high:.1%}; a coin: 50.0%)"
    if low <= 0.5:
        sentence = f"Shown one real and one synthetic customer, {told}: nothing is seen."
        return Exhibit("faithful", _TITLE, sentence, _HEADER, ())
    seen = _Seen.of(sides, classifiers)
    progress(_STAGE, 0.7)
    carried = [(each, _place(sides, seen, each.feature)) for each in _carried(sides, seen)[:SHOWN]]
    pair = _pair(sides, seed)
    progress(_STAGE, 1.0)
    names = [sides.aligned.features[each.feature].name for each, _ in carried]
    said = [_say(name, each, place) for name, (each, place) in zip(names, carried, strict=True)][:SAID]
    said += [f"Only together: synthetic customers with {pair.label} are {pair.against()}."] if pair else []
    said = said or ["No column by itself carries it beyond chance, and no two together."]
    rows = [_row(name, each, place) for name, (each, place) in zip(names, carried, strict=True)]
    rows += [_row("two together", None, pair)] if pair else []
    sentence = f"Shown one real and one synthetic customer, {told}. {' '.join(said)}"
    return Exhibit("faithful", _TITLE, sentence, _HEADER, tuple(rows), shares=(5,))


def _say(name: str, carried: _Carried, place: _Place | None) -> str:
    part = f"'{name}' carries {carried.part:.0%} of that"
    if place is None:
        return f"{part}, but only with other columns: its own values are as they should be."
    return f"{part}: synthetic customers with {name} {place.label} are {place.against()}."


def _row(name: str, carried: _Carried | None, place: _Place | None) -> tuple[str | float, ...]:
    nan = float("nan")
    part = (carried.part, carried.low, carried.high) if carried else (nan, nan, nan)
    where = (place.label, place.real, place.synthetic) if place else ("only with other columns", nan, nan)
    return name, *part, *where


@dataclass(frozen=True)
class _Sides:
    """As many holdout as synthetic rows, one after the other.

    `design` is what the classifier sees of them; of each row, shape (rows,): `synthetic`, whether it is; `owner`, whose
    it is; `half`, 0 or 1, of which it is learned or tried.
    """

    aligned: Aligned
    values: Values
    design: Design
    synthetic: Booleans
    owner: Codes
    half: Codes

    @classmethod
    def of(cls, aligned: Aligned, rng: np.random.Generator) -> _Sides:
        rows = min(*aligned.rows[1:], ROWS)
        chosen = [rng.permutation(length)[:rows] for length in aligned.rows[1:]]
        parts = [
            tuple(v[c] for v in side) for side, c in zip((aligned.holdout, aligned.synthetic), chosen, strict=True)
        ]
        owners = aligned.owners or tuple(np.arange(length) for length in aligned.rows)
        whose = [o[c] for o, c in zip(owners[1:], chosen, strict=True)]
        owner = np.concatenate([whose[0], whose[1] + whose[0].max() + 1])
        return cls(
            aligned,
            tuple(np.concatenate(both) for both in zip(*parts, strict=True)),
            design(aligned.features, *parts),
            np.repeat([False, True], rows),
            owner,
            np.concatenate(whose) % 2,
        )

    @property
    def halves(self) -> tuple[Booleans, Booleans]:
        """The rows of either half, (rows,) each."""
        return self.half == 0, self.half == 1

    def scores(self, classifiers: list[Classifier]) -> Floats:
        """The score of every row by the classifier that did not learn its half, (rows,)."""
        out = np.zeros(len(self.half))
        for rows, classifier in zip(self.halves, reversed(classifiers), strict=True):
            out[rows] = classifier.scores(self.design[rows])
        return out

    def shares(self, rows: Booleans) -> tuple[float, float]:
        """The share of real and of synthetic rows that are among these."""
        return float(rows[~self.synthetic].mean()), float(rows[self.synthetic].mean())


@dataclass(frozen=True)
class _Seen:
    """`rows`: some of either half and table; `added`, (these, features): what each column adds to their score."""

    rows: Codes
    added: Floats

    @classmethod
    def of(cls, sides: _Sides, classifiers: list[Classifier]) -> _Seen:
        rows, added = [], []
        for half, classifier in zip(sides.halves, reversed(classifiers), strict=True):
            few = [np.flatnonzero(half & (sides.synthetic == side))[:EXPLAINED] for side in (False, True)]
            rows.append(np.concatenate(few))
            added.append(classifier.contributions(sides.design[rows[-1]]))
        return cls(np.concatenate(rows), np.concatenate(added))


@dataclass(frozen=True)
class _Carried:
    """A column, and the part of what is seen that it carries, with its interval."""

    feature: int
    part: float
    low: float
    high: float


def _carried(sides: _Sides, seen: _Seen) -> list[_Carried]:
    """The columns that carry something beyond chance, those that carry most first."""
    synthetic, owner = sides.synthetic[seen.rows], sides.owner[seen.rows]
    gaps = seen.added[synthetic].mean(0) - seen.added[~synthetic].mean(0)
    whole = gaps[gaps > 0].sum()
    found = []
    for j in np.argsort(-gaps, kind="stable"):
        variance = sum(clustered_variance(seen.added[side, j], owner[side]) for side in (synthetic, ~synthetic))
        half = Z * float(np.sqrt(variance))
        if gaps[j] > half:
            found.append(_Carried(int(j), *(float(v / whole) for v in (gaps[j], gaps[j] - half, gaps[j] + half))))
    return found


@dataclass(frozen=True)
class _Place:
    """Values of a column, or of two together, that give synthetic rows away, and their shares."""

    label: str
    real: float
    synthetic: float

    def against(self) -> str:
        """How synthetic customers are against real ones, in words."""
        word = "rarer than real ones" if self.synthetic < self.real else "more frequent than real ones"
        return f"{word}, {self.synthetic:.2%} instead of {self.real:.2%}"


def _place(sides: _Sides, seen: _Seen, j: int) -> _Place | None:
    """The values of a column that give most away; None where their share is right, and only others' with it wrong."""
    least = max(sides.aligned.min_count, int(LEAST_SHARE * len(sides.half)))
    grid = cut_finely(sides.aligned.features[j], sides.values[j], least=least, most=LEVELS)
    bins = grid.codes(sides.values[j])
    sign = np.where(sides.synthetic[seen.rows], 1.0, -1.0)
    given = np.bincount(bins[seen.rows], sign * seen.added[:, j], minlength=len(grid.labels))
    for k in np.argsort(-given, kind="stable"):
        real, synthetic = sides.shares(bins == k)
        if given[k] > 0 and grid.labels[k] != OTHER and _nameable(sides, bins == k) and _off(sides, real, synthetic):
            return _Place(_said(grid, int(k)), real, synthetic)
    return None


def _nameable(sides: _Sides, rows: Booleans) -> bool:
    """Whether as many real rows as may be named are among these, or none at all."""
    real = int((rows & ~sides.synthetic).sum())
    return real == 0 or real >= sides.aligned.min_count


def _off(sides: _Sides, real: float, synthetic: float) -> bool:
    both = (real + synthetic) / 2
    return abs(real - synthetic) > DOUBT * float(np.sqrt(both * (1 - both) * 4 / len(sides.half)))


def _said(grid: Grid, k: int) -> str:
    label = grid.labels[k]
    if not grid.feature.numeric or k == len(grid.labels) - 1:
        return f"= {label}"
    low, between, high = label.partition(" – ")
    return f"from {low} to below {high}" if between else label.replace("< ", "below ").replace("≥ ", "from ")


def _pair(sides: _Sides, seed: int) -> _Place | None:
    """Two columns that say together what neither says alone, and where; None where there are none.

    A classifier whose trees ask for one column each is held against the rows that it did not learn: what it leaves over
    is summed in the cells of every pair (FAST: Lou et al. 2013, "Accurate intelligible models with pairwise
    interactions"), and judged by a chi-squared, for as many pairs as were tried (Bonferroni).
    """
    from scipy.stats import chi2

    one = [[j] for j in range(len(sides.values))]
    alone = [
        fit(sides.design[half], sides.synthetic[half], seed=seed, interaction_constraints=one) for half in sides.halves
    ]
    chance = 1 / (1 + np.exp(-sides.scores(alone)))
    left, noise = sides.synthetic - chance, chance * (1 - chance)
    grids = cut(sides.aligned)
    binned = codes(grids, sides.values)
    pairs = list(combinations(_strongest(sides), 2))
    best, cells, least = None, np.zeros(0), 0.05 / max(len(pairs), 1)
    for a, b in pairs:
        cell = binned[a] * len(grids[b].labels) + binned[b]
        over, doubt = np.bincount(cell, left), np.bincount(cell, noise)
        z = over / np.sqrt(np.maximum(doubt, 1e-9)) * (doubt > 1)
        doubtful = float(chi2.sf((z**2).sum(), int((doubt > 1).sum())))
        if doubtful < least:
            best, cells, least = (a, b), z, doubtful
    return _cell(sides, grids, binned, best, cells) if best else None


def _strongest(sides: _Sides) -> list[int]:
    """The columns that are paired: all, or of a wide table those that vary most, by the entropy of their bins."""
    count = len(sides.aligned.features)
    if count <= PAIRED:
        return list(range(count))
    grids = cut(sides.aligned)
    shares = [np.bincount(bins) / len(bins) for bins in codes(grids, sides.values)]
    entropy = [-(p[p > 0] * np.log(p[p > 0])).sum() for p in shares]
    return [int(j) for j in np.argsort(entropy)[::-1][:PAIRED]]


def _cell(sides: _Sides, grids: tuple[Grid, ...], binned: list[Any], pair: tuple[int, int], z: Floats) -> _Place | None:
    """The cell of two columns that is farthest off, of those that may be named."""
    a, b = pair
    for cell in np.argsort(-np.abs(z), kind="stable"):
        first, second = divmod(int(cell), len(grids[b].labels))
        rows = (binned[a] == first) & (binned[b] == second)
        if OTHER not in (grids[a].labels[first], grids[b].labels[second]) and _nameable(sides, rows):
            told = (f"{grids[j].feature.name} {_said(grids[j], k)}" for j, k in ((a, first), (b, second)))
            return _Place(" and ".join(told), *sides.shares(rows))
    return None
