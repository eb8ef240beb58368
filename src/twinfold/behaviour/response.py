"""Response: what is expected of a customer under a treatment, from data in which the treatment varied.

A hazard is one as well: the outcome is whether the event came in a period, given that it had not come before (discrete
time: Singer and Willett 1993), and the periods are a baseline.

A regression on the strata, on what was known of the customer before, on the treatment, and on how its effect differs
between strata and customers, each group of coefficients shrunk as far as the data say (`regression`). A number's effect
may bend. The covariance carries into every interval; so do the strata that a row's are new to, how far its treatment
lies from any that was tried, and, where the treatment goes with what is known, how far its effect moved when that was
adjusted for (after Altonji, Elder and Taber 2005: what is not known may move it as far again).

New rows may be of others than the learned ones. A column whose distribution has moved, by the population stability
index, says of them only what the mean of its stratum says, for what it meant to the outcome may have moved with it;
what it would have said widens the interval.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl
from scipy import stats

from twinfold.behaviour.design import Block, before_treatment, make_design
from twinfold.behaviour.effect import Effect
from twinfold.behaviour.evidence import Assignment, Identification
from twinfold.behaviour.features import Feature, beyond_all, encode_all, from_record, to_record, unreadable
from twinfold.behaviour.forecast import Forecast
from twinfold.behaviour.reference import Reference
from twinfold.behaviour.regression import Regression
from twinfold.behaviour.strata import Strata
from twinfold.behaviour.treatment import Treatment
from twinfold.evaluation.intervals import Z

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

MOVED, LEAST_COMPARED = 0.1, 200
"""The population stability index beyond which a column counts as moved, and new rows that it takes to say so."""

MEANS, MEANS_OF = 1_000, 2_000
"""Draws of what is not known from which the interval of a mean is reckoned, and rows that it is the mean of at most."""

ABSENT = 0.5
"""By how many of its standard deviations a column that is not there may have moved: an assumption."""

DRIFT, DRIFT_LEVELS = 0.2, 3
"""The spread of log odds (of a number: in its standard deviations) that levels of a stratum are thought to have before
any are seen, about a fifth of the odds: an assumption, of the weight of so many levels."""


@dataclass(frozen=True)
class Scored:
    """The scores of rows, and what they are not sure of.

    Attributes:
        score: (rows,), log odds, or the outcome itself; design: (rows, columns), what it is the sum of.
        level: the standard deviation of what is not known of all rows alike whatever the treatment, (rows,): strata
            never learned, columns set aside, or not there. own: of what is not known of each, by itself: what columns
            that are not there would have said of it.
        moved: how far the treatment is from where it would be by itself, (rows, kinds): as many times counts what may
            hide in its effect.
        far: the standard deviation of what is not known of the effect itself, (rows,): of treatments far from any that
            was tried, and in strata never learned.
        tried: of which rows anything can be said, (rows,); supported: which are like the learned ones, (rows,).
    """

    score: Floats
    design: npt.NDArray[np.float32]
    level: Floats
    own: float
    moved: Floats
    far: Floats
    tried: npt.NDArray[np.bool_]
    supported: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Unknown:
    """Draws of what is not known, each one truth for all rows.

    Attributes:
        coefficients: how far they are from what is likeliest, (draws, columns); level, far: in their standard
            deviations, (draws,); hidden: what may hide in the effect, (draws, kinds).
    """

    coefficients: Floats
    level: Floats
    far: Floats
    hidden: Floats


@dataclass(frozen=True)
class ResponseModel:
    """What was learned of a response.

    Attributes:
        features: of what was known of a customer before.
        reference: what the learned rows were like.
        strata, treatment: how both become columns.
        blocks: the columns of the design, in their order.
        regression: what was estimated.
        assignment: how the treatment was assigned.
        effect: what the treatment does on average.
        between: of each stratum, how far its levels' outcomes lie apart before anything is adjusted for, a standard
            deviation of scores: what a level never learned may be like.
        baseline: names of features that are never set aside: the time since a beginning moves by itself.
        low, high: the outcome's range.
    """

    features: tuple[Feature, ...]
    reference: Reference
    strata: Strata
    treatment: Treatment
    blocks: tuple[Block, ...]
    regression: Regression
    assignment: Assignment
    effect: Effect
    between: Mapping[str, float]
    baseline: tuple[str, ...]
    low: float
    high: float

    def forecast(self, frame: pl.DataFrame, among: pl.DataFrame | None = None) -> Forecast:
        """What is expected of rows whose values are read, under their own treatment.

        The label is that of the treatment's effect. A treatment that was never tried and is no number gets none.
        `among`: the rows that these are some of, by which it is judged whether they are of others than the learned
        ones; None is these themselves.
        """
        return self._expect(frame, among)[0]

    def _expect(self, frame: pl.DataFrame, among: pl.DataFrame | None = None) -> tuple[Forecast, Floats]:
        """A forecast, and how far the mean of what is expected is from what is likeliest in each of `MEANS` draws of
        what is not known, (draws,): nothing where nothing can be said."""
        moved = self.moved(frame if among is None else among)
        found = self.score(frame, moved)
        score, tried, design = found.score, found.tried, found.design
        further = found.level**2 + found.own**2 + (found.moved**2) @ self.effect.hidden**2 + found.far**2
        half = Z * np.sqrt(self.regression.variance(design) + further)
        bounds = [self._within(self.regression.expect(score + side * half)) for side in (0, -1, 1)]
        prediction, lower, upper = (np.where(tried, bound, np.nan) for bound in bounds)
        labels = np.where(tried, str(self.assignment.label), str(Identification.NOT_IDENTIFIED))
        within = self.treatment.supported(frame, self.strata.cells(frame)[0])
        notes = (*self.strata.tell_unknown(frame), *self.treatment.tell(frame, within), *self.tell_moved(frame, moved))
        off = self._draw_means(found)
        average = self._average(prediction, off)
        made = Forecast(prediction, lower, upper, labels, found.supported, notes=notes, average=average)
        return made, off

    def draw_unknown(self, draws: int, rng: np.random.Generator) -> Unknown:
        """Draws of what is not known."""
        regression = self.regression
        size = len(regression.coefficients)
        coefficients = rng.multivariate_normal(np.zeros(size), regression.covariance, draws, check_valid="ignore")
        level, far = rng.standard_normal((2, draws))
        hidden = rng.standard_normal((draws, self.treatment.kinds)) * self.effect.hidden
        return Unknown(coefficients, level, far, hidden)

    def expect_drawn(self, found: Scored, unknown: Unknown) -> Floats:
        """The score of rows in each draw of what is not known, (draws, rows)."""
        score = found.score + unknown.coefficients @ found.design.astype(np.float64).T
        score += unknown.hidden @ found.moved.T
        return np.asarray(score + unknown.level[:, None] * found.level + unknown.far[:, None] * found.far)

    def _draw_means(self, found: Scored) -> Floats:
        """How far the mean over rows is from what is likeliest in each draw, (draws,); of evenly spaced rows where
        there are many."""
        rows = np.flatnonzero(found.tried)
        if not len(rows):
            return np.zeros(0)
        rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), MEANS_OF)).astype(np.int64)]
        every = {name: getattr(found, name)[rows] for name in ("score", "design", "level", "moved", "far")}
        some = replace(found, **every)
        drawn = self.expect_drawn(some, self.draw_unknown(MEANS, np.random.default_rng(0)))
        means = [self._within(self.regression.expect(score)).mean(axis=-1) for score in (drawn, some.score)]
        return np.asarray(means[0] - means[1])

    def score(self, frame: pl.DataFrame, moved: Collection[str] = ()) -> Scored:
        """The score of rows whose values are read, under their own treatment, and what it is not sure of; `moved` names
        columns that are set aside."""
        cells, cell_known = self.strata.cells(frame)
        given, tried = self.treatment.encode(frame)
        if self.assignment.label is Identification.NOT_IDENTIFIED:
            tried = np.zeros(frame.height, bool)
        encoded = encode_all(self.features, frame)
        aside = np.array([feature.name in moved for feature in self.features], bool)
        gone = np.array([feature.name not in frame.columns for feature in self.features], bool)
        lost = self.reference.set_aside(self.regression, self.blocks, encoded, cells, aside, gone)
        unsaid = self.reference.spread(gone & aside)
        design, blocks = make_design(self.features, encoded, self.strata.encode(frame), given, self.treatment)
        if tuple(blocks) != self.blocks:
            raise ValueError("a design of other columns than were learned")
        present = [feature for feature, absent in zip(self.features, gone, strict=True) if not absent]
        within = self.treatment.supported(frame, cells)
        supported = tried & cell_known & within & ~beyond_all(present, frame) & ~unreadable(self.features, frame)
        return Scored(
            score=self.regression.score(design) + self.reference.offsets(self.regression, aside)[cells],
            design=design,
            level=np.sqrt(
                (self._mean_lost(lost, cells) / Z) ** 2 + self._unknown_strata(frame) + (ABSENT * unsaid) ** 2
            ),
            own=unsaid,
            moved=self.effect.moved(design, given),
            far=np.sqrt(self._unknown_effect(frame, cells, given)),
            tried=tried,
            supported=supported,
        )

    def contributions(self, found: Scored, names: Sequence[str]) -> npt.NDArray[np.float32]:
        """What each of some columns adds to the score of rows, (names, rows); what is crossed counts as the
        treatment's, which goes by its own name."""
        coefficients, begin = self.regression.coefficients, 0
        place = {name: number for number, name in enumerate(names)}
        added = np.zeros((len(names), len(found.score)), np.float32)
        for block in self.blocks:
            own = slice(begin, begin + block.width)
            begin += block.width
            name = self._column_of(block.name)
            if name in place:
                added[place[name]] += found.design[:, own] @ coefficients[own].astype(np.float32)
        return added

    def _column_of(self, block: str) -> str:
        """The column that a block of the design is of: of what is crossed, the treatment."""
        if block.startswith("treatment"):
            return self.treatment.name
        kind, _, rest = block.partition(" ")
        if kind == "feature":
            return self.features[int(rest)].name
        return rest.partition(" and ")[0]

    def _within(self, expected: Floats) -> Floats:
        """An expectation lies within the outcomes that were seen."""
        return expected if self.regression.binary else np.clip(expected, self.low, self.high)

    def _average(self, prediction: Floats, off: Floats) -> tuple[float, float, float] | None:
        """The mean of what is expected of rows, and its 95 % interval; None where nothing is."""
        if not np.isfinite(prediction).any():
            return None
        middle = float(np.nanmean(prediction))
        low, high = (0.0, 1.0) if self.regression.binary else (self.low, self.high)
        ends = middle + np.quantile(off, [0.025, 0.975])
        return middle, min(max(low, float(ends[0])), middle), max(min(high, float(ends[1])), middle)

    def gain(
        self, one: pl.DataFrame, other: pl.DataFrame, among: pl.DataFrame | None = None
    ) -> tuple[float, float, float, float]:
        """How much more rows are expected to do on average under one treatment than the same rows under another.

        What both share drops out; what is not known of the effect itself stays: of a treatment far from any that was
        tried, of a stratum never learned, of something hidden. `among` as in `forecast`.

        Returns:
            The mean over rows, its 95 % interval, and the share of rows within what was learned under both.
        """
        (first, here), (second, there) = (self._expect(frame, among) for frame in (one, other))
        middle = float(np.nanmean(first.prediction - second.prediction))
        low, high = middle + np.quantile(here - there, [0.025, 0.975])
        both = float((first.in_support & second.in_support).mean())
        return middle, min(float(low), middle), max(float(high), middle), both

    def describe(self) -> list[str]:
        """The treatment's effect, line by line, in plain words: on the odds, or on the outcome itself."""
        if self.assignment.label is Identification.NOT_IDENTIFIED:
            return []
        name, arms, effect = self.treatment.name, self.treatment.arms, self.effect
        what = [f"{name} {arm}" for arm in arms[1:]] if arms else [f"one more of {name}"]
        scale = self.treatment.spread if self.treatment.numeric else 1.0
        lines = []
        for kind, average, error, other in zip(what, effect.average, effect.error, effect.other, strict=True):
            middle, low, high = (
                self._tell(each / scale) for each in (average, average - Z * error, average + Z * error)
            )
            line = f"{'Odds of the' if self.regression.binary else 'The'} outcome with {kind}: {middle} [{low}, {high}]"
            if np.isfinite(other):
                when = "after" if self.assignment.label is Identification.RANDOMISED else "before"
                line += f"; {self._tell(other / scale)} {when} adjusting for what goes with {name}"
            lines.append(f"{line}.")
        return [*lines, f"Compared with {name} {arms[0]}."] if len(arms) > 1 else lines

    def _tell(self, score: float) -> str:
        """What a difference of scores means: a change of the odds in percent, or the number itself."""
        if not self.regression.binary:
            return f"{score:+.4g}"
        change = float(np.expm1(score))
        return f"{100 * change:+.1f}%" if abs(change) >= 0.001 else f"{100 * change:+.2g}%"

    def moved(self, frame: pl.DataFrame) -> dict[str, float]:
        """The columns whose distribution in new rows is another than in the learned ones, and how far it moved: their
        population stability index. Of fewer than `LEAST_COMPARED` rows nothing is said but of columns not there."""
        out = {}
        for feature in self.features:
            if feature.name in frame.columns and (frame.height < LEAST_COMPARED or feature.name in self.baseline):
                continue
            if (index := feature.stability(frame)) > MOVED:
                out[feature.name] = index
        return out

    def _mean_lost(self, lost: Floats, cells: Ints) -> Floats:
        """What was put aside would move the expectation of a stratum's rows by its mean: so far an interval reaches."""
        counts = np.maximum(np.bincount(cells, minlength=self.strata.count), 1)
        means: Floats = (np.bincount(cells, lost, minlength=self.strata.count) / counts)[cells]
        return means

    def tell_moved(self, frame: pl.DataFrame, moved: Mapping[str, float]) -> tuple[str, ...]:
        """Which columns have moved, in plain words."""
        if not moved and frame.height < LEAST_COMPARED and self.features:
            return (
                f"{frame.height} rows are too few to tell whether they are of others than the learned ones "
                f"({LEAST_COMPARED} are enough).",
            )
        gone = [name for name, index in moved.items() if index == np.inf]
        others = [f"{name} ({index:.2f})" for name, index in moved.items() if index < np.inf]
        notes = []
        if gone:
            notes.append(
                f"Not there: {', '.join(gone)}. What they would have said is not known, and intervals are wider for it."
            )
        if others:
            notes.append(
                f"These rows are of others than the learned: {', '.join(others)} moved (population stability "
                f"index, alike below {MOVED:g}). What was learned of them is set aside, and intervals are wider for it."
            )
        return tuple(notes)

    def _unknown_strata(self, frame: pl.DataFrame) -> Floats:
        """The variance of what levels never learned may add to the score, (rows,)."""
        out = np.zeros(frame.height)
        for name, unknown, levels in self.strata.unknown(frame):
            own = max(self._spread(f"stratum {name}"), self._new_level(name, levels))
            out += np.where(unknown, own**2, 0.0)
        return out

    def _unknown_effect(self, frame: pl.DataFrame, cells: Ints, given: Floats) -> Floats:
        """The variance of what is not known of the treatment's effect, (rows,): that of levels never learned, a quarter
        of what they may add to the rest; and over the distance to the nearest treatment tried in the stratum it may be
        anything from none to twice what it is."""
        out = np.zeros(frame.height)
        for name, unknown, levels in self.strata.unknown(frame):
            own = max(self._spread(f"treatment by {name}"), self._new_level(name, levels) / 4)
            out += np.where(unknown, own**2 * (given**2).sum(axis=1), 0.0)
        if self.treatment.numeric:
            [slope], [error] = self.effect.average, self.effect.error
            out += (self.treatment.distance(frame, cells) * (abs(slope) + error)) ** 2
        return out

    def _spread(self, name: str) -> float:
        """The spread of a block's coefficients; zero where it has none."""
        groups = [block.group for block in self.blocks if block.name == name and block.group >= 0]
        return float(self.regression.spreads[groups[0]]) if groups else 0.0

    def _new_level(self, name: str, levels: int) -> float:
        """How far a level never learned may lie, a standard deviation, when so few were seen that lie `between` apart;
        zero for strata crossed, whose levels are seen one by one."""
        if not levels:
            return 0.0
        freedom, assumed = DRIFT_LEVELS + levels - 1, DRIFT * self.regression.scale
        spread = np.sqrt((DRIFT_LEVELS * assumed**2 + (levels - 1) * self.between.get(name, 0.0) ** 2) / freedom)
        return float(spread * stats.t.ppf(0.975, freedom) / Z)

    def record(self) -> dict[str, Any]:
        """What JSON can say of the model."""
        return {
            "features": [to_record(feature) for feature in self.features],
            "strata": self.strata.record(),
            "treatment": self.treatment.record(),
            "blocks": [[block.name, block.group, block.width] for block in self.blocks],
            "regression": self.regression.record(),
            "assignment": self.assignment.record(),
            "between": dict(self.between),
            "baseline": list(self.baseline),
            "range": [self.low, self.high],
        }

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What was learned, as plain arrays."""
        own = {"tried": self.treatment.tried}
        return own | self.reference.arrays() | self.regression.arrays() | self.effect.arrays()

    @classmethod
    def restored(cls, record: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The model that a record and arrays came from. Raises `ValueError`, `KeyError` or `TypeError`."""
        features = tuple(from_record(each) for each in record["features"])
        strata = Strata.restored(record["strata"])
        treatment = Treatment.restored(record["treatment"], arrays["tried"], strata.count)
        blocks = tuple(Block(str(name), int(group), int(width)) for name, group, width in record["blocks"])
        between = {str(name): float(spread) for name, spread in record["between"].items()}
        low, high = (float(value) for value in record["range"])
        if not np.isfinite([low, high, *between.values()]).all() or min(between.values(), default=0.0) < 0:
            raise ValueError("a range, or a spread between levels, that is none")
        made = cls(
            features=features,
            reference=Reference.restored(arrays, strata.count, [feature.width for feature in features]),
            strata=strata,
            treatment=treatment,
            blocks=blocks,
            regression=Regression.restored(record["regression"], arrays, blocks),
            assignment=Assignment.restored(record["assignment"]),
            effect=Effect.restored(arrays, treatment.kinds, before_treatment(blocks)),
            between=between,
            baseline=tuple(map(str, record["baseline"])),
            low=low,
            high=high,
        )
        made.forecast(pl.DataFrame({"nothing": [0]}))  # a design of other columns is found now, not later
        return made
