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

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl
from scipy import stats

from twinfold.behaviour.design import Block, make_design
from twinfold.behaviour.evidence import Assignment, Identification
from twinfold.behaviour.features import Feature, beyond_all, encode_all, from_record, to_record, unreadable
from twinfold.behaviour.forecast import Forecast
from twinfold.behaviour.regression import CHUNK, Regression
from twinfold.behaviour.strata import Strata
from twinfold.behaviour.treatment import Treatment

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

Z = 1.959963984540054
"""Standard deviations that hold 95 % of a normal distribution."""

MOVED, LEAST_COMPARED = 0.1, 200
"""The population stability index beyond which a column counts as moved, and new rows that it takes to say so."""

LEAST_SAMPLED = 30
"""Sampled rows of a stratum that say what to expect of it; of fewer, all rows say it."""

DRIFT, DRIFT_LEVELS = 0.2, 3
"""The spread of log odds (of a number: in its standard deviations) that levels of a stratum are thought to have before
any are seen, about a fifth of the odds: an assumption, of the weight of so many levels."""


@dataclass(frozen=True)
class ResponseModel:
    """What was learned of a response.

    Attributes:
        features: of what was known of a customer before.
        usual: the mean of each of them in each stratum, (strata, columns of all).
        sampled: of some learned rows the score, and what each feature adds to it beyond its stratum's mean,
            (rows, 1 + features); and `sampled_cells`, their strata, (rows,).
        strata, treatment: how both become columns.
        blocks: the columns of the design, in their order.
        regression: what was estimated.
        assignment: how the treatment was assigned.
        natural: coefficients of the treatment on strata and features, (columns before the treatment's, kinds): what a
            row's treatment would be if nobody intervened; and `hidden`, (kinds,), the spread of the part of its effect
            that may be that of something unknown.
        between: of each stratum, how far its levels' outcomes lie apart before anything is adjusted for, a standard
            deviation of scores: what a level never learned may be like.
        baseline: names of features that are never set aside: the time since a beginning moves by itself.
        effects: what the treatment adds to the score on average, (kinds,), and `errors`, how sure that is, with what
            may be that of something unknown; `plain`, the same within strata before anything
            is adjusted for, or, after a slip of the lot, once it is: the one that is not used.
        low, high: the outcome's range.
    """

    features: tuple[Feature, ...]
    usual: Floats
    sampled: Floats
    sampled_cells: Ints
    strata: Strata
    treatment: Treatment
    blocks: tuple[Block, ...]
    regression: Regression
    assignment: Assignment
    natural: Floats
    hidden: Floats
    effects: Floats
    errors: Floats
    plain: Floats
    between: Mapping[str, float]
    baseline: tuple[str, ...]
    low: float
    high: float

    def forecast(self, frame: pl.DataFrame) -> Forecast:
        """What is expected of rows whose values are read, under their own treatment.

        The label is that of the treatment's effect. A treatment that was never tried and is no number gets none.
        """
        rows = frame.height
        cells, cell_known = self.strata.cells(frame)
        given, tried = self.treatment.encode(frame)
        encoded = encode_all(self.features, frame)
        moved = self.moved(frame)
        lost = self._set_aside(encoded, moved, cells)
        design, blocks = make_design(self.features, encoded, self.strata.encode(frame), given, self.treatment)
        if tuple(blocks) != self.blocks:
            raise ValueError("a design of other columns than were learned")
        score, own = self.regression.score(design)
        variance = own + (self._mean_lost(lost, cells) / Z) ** 2
        variance += self._unknown_strata(frame, given) + self._far(frame, cells)
        score += self._offsets(moved)[cells]
        effect = self.assignment.label
        if self.hidden.any():
            before = sum(block.width for block in self.blocks if not block.name.startswith("treatment"))
            shifted = given - design[:, :before] @ self.natural
            variance += (shifted**2) @ self.hidden**2
        half = Z * np.sqrt(variance)
        bounds = [self._within(self.regression.expect(score + side * half)) for side in (0, -1, 1)]
        prediction, lower, upper = (np.where(tried, b, np.nan) for b in bounds)
        if effect is Identification.NOT_IDENTIFIED:
            prediction, lower, upper = (np.full(rows, np.nan) for _ in range(3))
        labels = np.where(tried, str(effect), str(Identification.NOT_IDENTIFIED))
        used = [feature for feature in self.features if feature.name not in moved]
        within = self.treatment.supported(frame, cells)
        supported = tried & cell_known & within & ~beyond_all(used, frame) & ~unreadable(self.features, frame)
        notes = (*self.strata.tell_unknown(frame), *self.treatment.tell(frame, within), *self._tell_moved(frame, moved))
        return Forecast(
            prediction,
            lower,
            upper,
            labels,
            supported,
            notes=notes,
            mean=self._mean(design, score, variance - own, tried),
        )

    def _within(self, expected: Floats) -> Floats:
        """An expectation lies within the outcomes that were seen."""
        return expected if self.regression.binary else np.clip(expected, self.low, self.high)

    def _mean(
        self, design: npt.NDArray[Any], score: Floats, further: Floats, tried: npt.NDArray[np.bool_]
    ) -> tuple[Floats, float]:
        """The gradient of what is expected of all rows together, by coefficient, (columns,), and the variance of that
        mean which comes from elsewhere: what all rows share."""
        slope = np.ones(len(score))
        if self.regression.binary:
            expected = self.regression.expect(score)
            slope = expected * (1 - expected)
        slope = slope * tried / max(int(tried.sum()), 1)
        gradient = np.zeros(design.shape[1])
        for begin in range(0, len(design), CHUNK):
            gradient += slope[begin : begin + CHUNK] @ design[begin : begin + CHUNK]
        return gradient, float(slope @ np.sqrt(np.maximum(further, 0.0))) ** 2

    def average(self, found: Forecast) -> tuple[float, float, float]:
        """What all rows of a forecast of this model are expected to do on average, and its 95 % interval."""
        assert found.mean is not None
        gradient, shared = found.mean
        middle = float(np.nanmean(found.prediction)) if np.isfinite(found.prediction).any() else float("nan")
        half = Z * float(np.sqrt(gradient @ self.regression.covariance @ gradient + shared))
        low, high = (0.0, 1.0) if self.regression.binary else (self.low, self.high)
        return middle, max(low, middle - half), min(high, middle + half)

    def gain(self, one: pl.DataFrame, other: pl.DataFrame) -> tuple[float, float, float, float]:
        """How much more rows are expected to do on average under one treatment than the same rows under another.

        What both share drops out; what is not known of the effect itself stays: of a treatment far from any that was
        tried, of a stratum never learned, of something hidden.

        Returns:
            The mean over rows, its 95 % interval, and the share of rows within what was learned under both.
        """
        found = [self.forecast(frame) for frame in (one, other)]
        assert found[0].mean is not None
        assert found[1].mean is not None
        gradient = found[0].mean[0] - found[1].mean[0]
        steepness = max(abs(float(each.mean[0][0])) for each in found if each.mean)  # outcome for a unit of score
        given = [self.treatment.encode(frame)[0] for frame in (one, other)]
        apart = np.abs(given[0] - given[1]).mean(axis=0)
        variance = (
            float(gradient @ self.regression.covariance @ gradient) + (steepness * float(apart @ self.hidden)) ** 2
        )
        for frame, own in zip((one, other), given, strict=True):
            cells, _ = self.strata.cells(frame)
            further = self._far(frame, cells) + self._unknown_effect(frame, own)
            variance += (steepness * float(np.sqrt(further).mean())) ** 2
        middle, half = float(np.nanmean(found[0].prediction - found[1].prediction)), Z * float(np.sqrt(variance))
        return middle, middle - half, middle + half, float((found[0].in_support & found[1].in_support).mean())

    def describe(self) -> list[str]:
        """The treatment's effect, line by line, in plain words: on the odds, or on the outcome itself."""
        lines: list[str] = []
        if self.assignment.label is Identification.NOT_IDENTIFIED:
            return lines
        for number, (effect, error) in enumerate(zip(self.effects, self.errors, strict=True)):
            scale, what = 1.0, f"{self.treatment.name} {self.treatment.arms[number + 1] if self.treatment.arms else ''}"
            if self.treatment.numeric:
                scale, what = self.treatment.spread, f"one more of {self.treatment.name}"
            three = np.array([effect, effect - Z * error, effect + Z * error]) / scale
            if self.regression.binary:
                change, low, high = np.expm1(three)
                line = (
                    f"Odds of the outcome with {what.strip()}: {_percent(change)} [{_percent(low)}, {_percent(high)}]"
                )
            else:
                line = f"The outcome with {what.strip()}: {three[0]:+.4g} [{three[1]:+.4g}, {three[2]:+.4g}]"
            before = self.plain[number] / scale
            if np.isfinite(before):
                told = f"{np.expm1(before):+.1%}" if self.regression.binary else f"{before:+.4g}"
                lot = self.assignment.label is Identification.RANDOMISED
                line += f"; {told} {'after' if lot else 'before'} adjusting for what goes with {self.treatment.name}"
            lines.append(f"{line}.")
        if self.treatment.arms and self.treatment.name:
            lines.append(f"Compared with {self.treatment.name} {self.treatment.arms[0]}.")
        return lines

    def moved(self, frame: pl.DataFrame) -> dict[str, float]:
        """The columns whose distribution in new rows is another than in the learned ones, and how far it moved: their
        population stability index. Of fewer than `LEAST_COMPARED` rows nothing is said but of columns not there."""
        present, out = set(frame.columns), {}
        for feature in self.features:
            column = frame[feature.name] if feature.name in present else None
            if column is not None and (frame.height < LEAST_COMPARED or feature.name in self.baseline):
                continue
            if (index := feature.stability(column, frame.height)) > MOVED:
                out[feature.name] = index
        return out

    def _set_aside(self, encoded: list[npt.NDArray[np.float32]], moved: Mapping[str, float], cells: Ints) -> Floats:
        """Put the mean of each row's stratum in the place of the features that moved: what they would have added to the
        score, (rows,)."""
        lost = np.zeros(len(cells))
        begin = self._begin("feature 0") if self.features else 0
        place = 0
        for number, feature in enumerate(self.features):
            width = feature.width
            if feature.name in moved:
                usual = self.usual[cells, place : place + width]
                own = self.regression.coefficients[begin + place : begin + place + width]
                lost += (encoded[number] - usual) @ own
                encoded[number] = usual.astype(np.float32)
            place += width
        return lost

    def _mean_lost(self, lost: Floats, cells: Ints) -> Floats:
        """What was put aside would move the expectation of a stratum's rows by its mean: so far an interval reaches."""
        counts = np.maximum(np.bincount(cells, minlength=self.strata.count), 1)
        means: Floats = (np.bincount(cells, lost, minlength=self.strata.count) / counts)[cells]
        return means

    def _offsets(self, moved: Mapping[str, float]) -> Floats:
        """What to add to the score in each stratum where features are put to their mean, so that as much is expected of
        learned rows as before, (strata,): the mean of a curve is not the curve of the mean."""
        out = np.zeros(self.strata.count)
        aside = np.array([feature.name in moved for feature in self.features], bool)
        if not self.regression.binary or not aside.any():
            return out
        score = self.sampled[:, 0]
        means = np.stack([self.regression.expect(each) for each in (score, score - self.sampled[:, 1:] @ aside)])
        for cell in range(len(out)):
            own = self.sampled_cells == cell
            kept = means[:, own] if own.sum() >= LEAST_SAMPLED else means
            before, after = np.clip(kept.mean(axis=1), 1e-9, 1 - 1e-9)
            out[cell] = np.log(before / (1 - before)) - np.log(after / (1 - after))
        return out

    def _tell_moved(self, frame: pl.DataFrame, moved: Mapping[str, float]) -> tuple[str, ...]:
        if not moved and frame.height < LEAST_COMPARED and self.features:
            return (
                f"{frame.height} rows are too few to tell whether they are of others than the learned ones "
                f"({LEAST_COMPARED} are enough).",
            )
        gone = [name for name, index in moved.items() if index == np.inf]
        others = [f"{name} ({index:.2f})" for name, index in moved.items() if index < np.inf]
        notes = []
        if gone:
            notes.append(f"Not there, and widening the intervals: {', '.join(gone)}.")
        if others:
            notes.append(
                f"These rows are of others than the learned: {', '.join(others)} moved (population stability "
                f"index, alike below {MOVED:g}). What was learned of them is set aside, and intervals are wider for it."
            )
        return tuple(notes)

    def _unknown_strata(self, frame: pl.DataFrame, given: Floats) -> Floats:
        """The variance of what levels never learned may add, to the outcome and to the treatment's effect."""
        out = self._unknown_effect(frame, given)
        for name, unknown, levels in self.strata.unknown(frame):
            own = self._spread(f"stratum {name}")
            if levels:
                own = max(own, _new_level(self.between.get(name, 0.0), levels, DRIFT * self.regression.scale))
            out += np.where(unknown, own**2, 0.0)
        return out

    def _unknown_effect(self, frame: pl.DataFrame, given: Floats) -> Floats:
        """The variance of what levels never learned may add to the treatment's effect: a quarter of the rest's."""
        out = np.zeros(frame.height)
        for name, unknown, levels in self.strata.unknown(frame):
            effect = self._spread(f"treatment by {name}")
            if levels:
                least = _new_level(self.between.get(name, 0.0), levels, DRIFT * self.regression.scale)
                effect = max(effect, least / 4)
            out += np.where(unknown, effect**2 * (given**2).sum(axis=1), 0.0)
        return out

    def _spread(self, name: str) -> float:
        """The spread of a block's coefficients; zero where it has none."""
        groups = [block.group for block in self.blocks if block.name == name and block.group >= 0]
        return float(self.regression.spreads[groups[0]]) if groups else 0.0

    def _far(self, frame: pl.DataFrame, cells: Ints) -> Floats:
        """The variance that comes with the distance to the nearest treatment tried in the stratum: over that distance
        the effect may be anything from none to twice what it is."""
        if not self.treatment.numeric:
            return np.zeros(frame.height)
        [slope], [error] = self.effects, self.errors
        distance: Floats = self.treatment.distance(frame, cells)
        found: Floats = (distance * (abs(slope) + error)) ** 2
        return found

    def _begin(self, name: str) -> int:
        """Where a block begins among the columns of the design."""
        place = [block.name for block in self.blocks].index(name)
        return sum(block.width for block in self.blocks[:place])

    def record(self) -> dict[str, Any]:
        """What JSON can say of the model."""
        return {
            "features": [to_record(feature) for feature in self.features],
            "strata": self.strata.record(),
            "treatment": self.treatment.record(),
            "blocks": [[block.name, block.group, block.width] for block in self.blocks],
            "binary": self.regression.binary,
            "scale": self.regression.scale,
            "between": dict(self.between),
            "baseline": list(self.baseline),
            "range": [self.low, self.high],
            "assignment": {
                "label": str(self.assignment.label),
                "imbalanced": [[name, share] for name, share in self.assignment.imbalanced.items()],
                "p": self.assignment.p,
                "explained": self.assignment.explained,
            },
        }

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What was learned, as plain arrays."""
        return {
            "usual": self.usual,
            "sampled": self.sampled,
            "sampled_cells": self.sampled_cells,
            "coefficients": self.regression.coefficients,
            "covariance": self.regression.covariance,
            "spreads": self.regression.spreads,
            "natural": self.natural,
            "hidden": self.hidden,
            "effects": self.effects,
            "errors": self.errors,
            "plain": self.plain,
            "tried": self.treatment.tried,
        }

    @classmethod
    def restored(cls, record: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The model that a record and arrays came from. Raises `ValueError`, `KeyError` or `TypeError`."""
        features = tuple(from_record(each) for each in record["features"])
        strata = Strata.restored(record["strata"])
        blocks = tuple(Block(str(name), int(group), int(width)) for name, group, width in record["blocks"])
        width = sum(block.width for block in blocks)
        groups = max((block.group for block in blocks), default=-1) + 1
        given = Treatment.restored(record["treatment"], arrays["tried"], strata.count)
        before = sum(block.width for block in blocks if not block.name.startswith("treatment"))
        every = sum(feature.width for feature in features)
        shapes = {
            "coefficients": (width,),
            "covariance": (width, width),
            "spreads": (groups,),
            "natural": (before, given.kinds),
            "hidden": (given.kinds,),
            "effects": (given.kinds,),
            "errors": (given.kinds,),
            "plain": (given.kinds,),
            "usual": (strata.count, every),
            "sampled": (len(arrays["sampled"]), 1 + len(features)),
        }
        for name, shape in shapes.items():
            array = arrays[name]
            finite = name == "plain" or np.isfinite(array).all()  # not a number where nothing was adjusted for
            if array.shape != shape or array.dtype != np.float64 or not finite:
                raise ValueError(f"{name} of the wrong shape")
        said = record["assignment"]
        imbalanced = {str(name): float(share) for name, share in said["imbalanced"]}
        assignment = Assignment(Identification(said["label"]), imbalanced, float(said["p"]), float(said["explained"]))
        regression = Regression(
            bool(record["binary"]),
            arrays["coefficients"],
            arrays["covariance"],
            arrays["spreads"],
            float(record["scale"]),
        )
        low, high = (float(value) for value in record["range"])
        natural, hidden, effects, errors, plain = (
            arrays[name] for name in ("natural", "hidden", "effects", "errors", "plain")
        )
        between = {str(name): float(spread) for name, spread in record["between"].items()}
        if not all(0 <= spread < np.inf for spread in between.values()):
            raise ValueError("a spread between levels that is none")
        baseline, seen = (
            tuple(map(str, record["baseline"])),
            (arrays["usual"], arrays["sampled"], arrays["sampled_cells"]),
        )
        made = cls(
            features=features,
            usual=seen[0],
            sampled=seen[1],
            sampled_cells=seen[2],
            strata=strata,
            treatment=given,
            blocks=blocks,
            regression=regression,
            assignment=assignment,
            natural=natural,
            hidden=hidden,
            effects=effects,
            errors=errors,
            plain=plain,
            between=between,
            baseline=baseline,
            low=low,
            high=high,
        )
        cells = made.sampled_cells
        if (
            cells.shape != (len(made.sampled),)
            or cells.dtype != np.int64
            or not ((cells >= 0) & (cells < strata.count)).all()
        ):
            raise ValueError("sampled rows of no stratum")
        made.forecast(pl.DataFrame({"nothing": [0]}))  # a design of the wrong width is found now, not later
        return made


def _percent(change: float) -> str:
    """A change in percent, with two digits that say something.

    >>> _percent(-0.0578), _percent(0.00071)
    ('-5.8%', '+0.071%')
    """
    return f"{100 * change:+.1f}%" if abs(change) >= 0.001 else f"{100 * change:+.2g}%"


def _new_level(between: float, levels: int, drift: float) -> float:
    """How far a level never learned may lie, a standard deviation, when so few were seen that lie `between` apart."""
    freedom = DRIFT_LEVELS + levels - 1
    spread = np.sqrt((DRIFT_LEVELS * drift**2 + (levels - 1) * between**2) / freedom)
    return float(spread * stats.t.ppf(0.975, freedom) / Z)
