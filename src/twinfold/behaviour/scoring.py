"""Scoring: how far a forecast was right, of groups of rows, once what came of them is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.behaviour.regression import fit_regression
from twinfold.evaluation.intervals import Z

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

GROUPS, LEAST_GROUP = 5, 30
"""Groups that numbers are cut into, as many rows in each, and rows of a group that is judged."""

_EDGE = 1e-6


@dataclass(frozen=True)
class Group:
    """Rows that are judged together: how they are called, how many, what was expected with its interval, and what came
    with its own."""

    name: str
    rows: int
    expected: float
    lower: float
    upper: float
    found: float
    error: float

    @property
    def covered(self) -> bool:
        """Whether what came lies in the interval, as far as so few rows can say."""
        room = Z * self.error
        down, up = self.expected - self.lower, self.upper - self.expected
        side = up if self.found > self.expected else down
        return abs(self.found - self.expected) <= float(np.hypot(side, room))


@dataclass(frozen=True)
class Score:
    """How far a forecast was right.

    Attributes:
        rows: that had a number and an outcome; silent: rows without a number.
        expected, found: their means.
        groups: of the treatment, and of what was expected; everybody, where no such group has `LEAST_GROUP` rows.
        error: the mean absolute error over groups; noise: what a perfect forecast would have, by chance.
        coverage: the share of groups whose interval holds what came.
        slope, slope_low, slope_high: of what came on what was expected, 1 where differences are as large as was said;
            log odds where the outcome is of two values.
        direction: whether the treatment moves the outcome as was said: the correlation of expected and found means over
            the groups of the treatment within strata.
        supported: the share of rows within what was learned.
        whole: all rows as one group, judged by the interval of their mean; None where that was not frozen.
        aligned: whether anything says that outcomes are of the rows that they stand beside.
    """

    rows: int
    silent: int
    expected: float
    found: float
    groups: tuple[Group, ...]
    error: float
    noise: float
    coverage: float
    slope: float
    slope_low: float
    slope_high: float
    direction: float
    supported: float
    aligned: bool = True
    whole: Group | None = None

    def text(self) -> str:
        """The score in a few lines."""
        groups = "one group" if len(self.groups) == 1 else f"{len(self.groups)} groups"
        lines = [
            f"{self.rows:,} rows: {self.expected:.4g} expected on average, {self.found:.4g} found.",
            *self._tell_whole(),
            f"Mean error over {groups}: {self.error:.4g} (a perfect forecast: {self.noise:.4g}).",
            f"Intervals that hold what came: {self.coverage:.0%} of the groups.",
            f"Calibration slope: {self.slope:.2f} [{self.slope_low:.2f}, {self.slope_high:.2f}] (1 is right).",
        ]
        if np.isfinite(self.direction):
            lines.append(f"Direction: groups come in the order expected with a correlation of {self.direction:+.2f}.")
        if not self.aligned:
            lines.append(
                "Nothing says that the outcomes stand in the forecast's order: they share no other column with it."
            )
        if self.supported < 1:
            lines.append(f"{1 - self.supported:.1%} of the rows lay beyond what was learned.")
        if self.silent:
            lines.append(f"Of {self.silent:,} rows nothing had been said.")
        return "\n".join(lines)

    def _tell_whole(self) -> list[str]:
        if self.whole is None:
            return []
        held = "holds" if self.whole.covered else "does not hold"
        return [
            f"The mean's interval, {self.whole.lower:.4g} to {self.whole.upper:.4g}, {held} what came, chance included."
        ]

    def json(self) -> dict[str, Any]:
        """For a machine: the same as a record that JSON can hold."""
        groups = [asdict(group) | {"covered": group.covered} for group in self.groups]
        own = {key: value for key, value in asdict(self).items() if key not in ("groups", "whole")}
        if self.whole is not None:
            own["whole"] = asdict(self.whole) | {"covered": self.whole.covered}
        told = {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in own.items()}
        return told | {"groups": groups}


def score(
    prediction: Floats,
    lower: Floats,
    upper: Floats,
    outcome: Floats,
    parts: Mapping[str, npt.NDArray[Any]],
    supported: npt.NDArray[np.bool_],
) -> Score:
    """Judge a forecast.

    Args:
        prediction, lower, upper: (rows,), NaN where nothing was said.
        outcome: (rows,) what came, NaN where it is not known.
        parts: by name, the columns by whose values rows are grouped, (rows,) each: the treatment and its strata.
        supported: (rows,) whether a row lay within what was learned.

    Raises `ValueError` where too few rows have both.
    """
    both = np.isfinite(prediction) & np.isfinite(outcome)
    if both.sum() < LEAST_GROUP:
        raise ValueError(f"{both.sum()} rows have a forecast and an outcome, {LEAST_GROUP} are needed")
    silent = int((~np.isfinite(prediction)).sum())
    kept = [each[both] for each in (prediction, lower, upper, outcome)]
    cuts = {name: _cut(values[both]) for name, values in parts.items()} | {"expected": _cut(kept[0])}
    groups = [
        _judge(f"{name} {label}", *(each[rows] for each in kept))
        for name, labels in cuts.items()
        for label in np.unique(labels)
        if (rows := labels == label).sum() >= LEAST_GROUP
    ] or [_judge("all", *kept)]
    slope, slope_error = _slope(kept[0], kept[3])
    return Score(
        rows=int(both.sum()),
        silent=silent,
        expected=float(kept[0].mean()),
        found=float(kept[3].mean()),
        groups=tuple(groups),
        error=float(np.mean([abs(group.found - group.expected) for group in groups])),
        noise=float(np.mean([group.error for group in groups]) * np.sqrt(2 / np.pi)),
        coverage=float(np.mean([group.covered for group in groups])),
        slope=slope,
        slope_low=slope - Z * slope_error,
        slope_high=slope + Z * slope_error,
        direction=_direction({name: labels for name, labels in cuts.items() if name != "expected"}, kept[0], kept[3]),
        supported=float(supported[both].mean()),
    )


def _cut(values: npt.NDArray[Any]) -> npt.NDArray[np.str_]:
    """The group of each row: its label, or the fifth that a number of many values lies in."""
    if values.dtype.kind not in "fiu" or len(np.unique(values)) <= GROUPS:
        return values.astype(str)
    edges = np.unique(np.quantile(values, np.arange(1, GROUPS) / GROUPS))
    names = [f"below {edges[0]:.4g}", *(f"{a:.4g} to {b:.4g}" for a, b in pairwise(edges))]
    return np.array([*names, f"from {edges[-1]:.4g}"])[np.searchsorted(edges, values, "right")]


def _judge(name: str, prediction: Floats, lower: Floats, upper: Floats, outcome: Floats) -> Group:
    error = float(outcome.std(ddof=1) / np.sqrt(len(outcome)))
    expected, low, high, found = (float(each.mean()) for each in (prediction, lower, upper, outcome))
    return Group(name, len(outcome), expected, low, high, found, error)


def _slope(prediction: Floats, outcome: Floats) -> tuple[float, float]:
    """The slope of outcomes on what was expected, and its error."""
    binary = bool(np.isin(outcome, (0, 1)).all())
    known = np.log(np.clip(prediction, _EDGE, 1 - _EDGE) / np.clip(1 - prediction, _EDGE, 1)) if binary else prediction
    if known.std() <= 1e-12 or outcome.std() <= 1e-12:
        return float("nan"), float("nan")
    spread = known.std()
    design = np.column_stack([np.ones(len(known)), (known - known.mean()) / spread])
    found = fit_regression(design, outcome, [-1, -1], binary=binary)
    return float(found.coefficients[1] / spread), float(np.sqrt(found.covariance[1, 1]) / spread)


def _direction(cuts: Mapping[str, npt.NDArray[np.str_]], prediction: Floats, outcome: Floats) -> float:
    """The correlation of expected and found means over groups of the treatment within strata, weighted by rows."""
    if not cuts:
        return float("nan")
    _, group = np.unique(np.column_stack(list(cuts.values())), axis=0, return_inverse=True)
    counts = np.bincount(group.reshape(-1)).astype(np.float64)
    means = [np.bincount(group.reshape(-1), each) / counts for each in (prediction, outcome)]
    kept = counts >= LEAST_GROUP
    if kept.sum() < 2:
        return float("nan")
    weights = counts[kept]
    one, other = (each[kept] - np.average(each[kept], weights=weights) for each in means)
    size = np.sqrt((weights * one**2).sum() * (weights * other**2).sum())
    return float((weights * one * other).sum() / size) if size > 0 else float("nan")
