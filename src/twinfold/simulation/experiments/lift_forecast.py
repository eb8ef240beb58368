"""Forecasts of lifts: what a behaviour expects of each arm, frozen before anything comes of it, judged afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from twinfold.behaviour.behaviour import Behaviour, Gain
from twinfold.behaviour.scoring import Group
from twinfold.errors import DataError, OptionError
from twinfold.simulation.experiments.specification import Experiment

SUFFIX = ".lifts.csv"

COLUMNS = ("arm", "control", "lift", "lower", "upper", "identification", "in_support")


def lifts_beside(path: Path) -> Path:
    """Where the forecast of lifts lies that was made with a file of rows.

    >>> lifts_beside(Path("run.parquet")).name, lifts_beside(Path("run.csv.gz")).name
    ('run.lifts.csv', 'run.lifts.csv')
    """
    name = path.name
    for suffix in (".gz", ".csv", ".tsv", ".txt", ".parquet"):
        name = name.removesuffix(suffix)
    return path.with_name(f"{name}{SUFFIX}")


def check_behaviour(behaviour: Behaviour, asked: Experiment) -> None:
    """Raise `OptionError` where a behaviour is not of the experiment's outcome and treatment."""
    learned = behaviour.specification
    if learned.kind != "response":
        raise OptionError(f"a {learned.kind} says nothing of lifts; give a behaviour of kind 'response'")
    for what in ("outcome", "treatment"):
        one, other = getattr(learned, what), getattr(asked, what)
        if one != other:
            raise OptionError(f"the behaviour is of {what} {one!r} and the experiment of {other!r}; give those of one")


def expect_lifts(behaviour: Behaviour, frame: pl.DataFrame, asked: Experiment) -> dict[str, Gain]:
    """How much more than of the control a behaviour expects of each other arm, on average over the rows.

    Raises as `Behaviour.gain`.
    """
    instead = asked.arms[asked.reference]
    return {asked.labels[place]: behaviour.gain(frame, asked.arms[place], instead) for place in asked.others}


def to_frame(lifts: Mapping[str, Gain], control: str) -> pl.DataFrame:
    """Forecasts of lifts as a table, one row each."""
    rows = [
        (arm, control, gain.value, gain.lower, gain.upper, gain.identification, gain.in_support)
        for arm, gain in lifts.items()
    ]
    return pl.DataFrame(rows, schema=list(COLUMNS), orient="row")


def from_frame(frame: pl.DataFrame, where: str) -> dict[str, Gain]:
    """The forecasts that a table holds. Raises `DataError`."""
    if tuple(frame.columns) != COLUMNS:
        raise DataError(f"{where} is no forecast of lifts; give the file that twinfold experiment run wrote")
    out = {}
    for row in frame.iter_rows(named=True):
        figures = [float(row[name]) for name in ("lift", "lower", "upper", "in_support")]
        if not np.isfinite(figures).all():
            raise DataError(f"{where} holds no number for {row['arm']!r}; run the experiment again")
        lift, lower, upper, share = figures
        out[str(row["arm"])] = Gain(lift, lower, upper, share, str(row["identification"]))
    return out


@dataclass(frozen=True)
class LiftScore:
    """How far a forecast of lifts was right.

    Attributes:
        arms: one group each: what was expected with its interval, and what was found with its error.
        error: the mean distance of what was expected from what was found; noise: what a perfect forecast would have.
        coverage: the share of arms whose interval holds what was found, chance included.
        direction: the share of arms whose lift has the expected sign, less that of those that have the other.
    """

    arms: tuple[Group, ...]
    error: float
    noise: float
    coverage: float
    direction: float

    def text(self) -> str:
        """The score in a few lines."""
        lines = []
        for group in self.arms:
            held = "holds it, chance included" if group.covered else "does not hold it"
            lines.append(
                f"Forecast for {group.name}: {group.expected:+.4g} [{group.lower:+.4g}, {group.upper:+.4g}]; found "
                f"{group.found:+.4g} ± {1.96 * group.error:.2g}: the interval {held}."
            )
        right = sum(group.expected * group.found > 0 for group in self.arms)
        lines.append(
            f"Mean error of the forecast: {self.error:.4g} (a perfect one: {self.noise:.4g}); the direction was right "
            f"in {right} of {len(self.arms)}."
        )
        return "\n".join(lines)

    def json(self) -> dict[str, Any]:
        """For a machine."""
        arms = [asdict(group) | {"covered": group.covered} for group in self.arms]
        return asdict(self) | {"arms": arms}

    def entry(self) -> dict[str, Any]:
        """For the scoreboard: the means over arms."""
        return {
            "rows": sum(group.rows for group in self.arms),
            "expected": float(np.mean([group.expected for group in self.arms])),
            "found": float(np.mean([group.found for group in self.arms])),
            "error": self.error,
            "noise": self.noise,
            "coverage": self.coverage,
            "slope": None,
            "direction": self.direction,
        }


def judge_lifts(said: Mapping[str, Gain], found: Sequence[tuple[str, int, float, float]]) -> LiftScore:
    """Judge a forecast of lifts.

    Args:
        said: by arm; found: of each arm its name, its customers, its lift and the standard error of that.

    Raises `DataError` where an arm was not forecast.
    """
    groups = []
    for arm, rows, lift, error in found:
        if arm not in said:
            raise DataError(
                f"the forecast says nothing of arm {arm!r} ({', '.join(said)}); give that of this experiment"
            )
        gain = said[arm]
        groups.append(Group(arm, rows, gain.value, gain.lower, gain.upper, lift, error))
    signs = [float(np.sign(group.expected * group.found)) for group in groups]
    return LiftScore(
        arms=tuple(groups),
        error=float(np.mean([abs(group.expected - group.found) for group in groups])),
        noise=float(np.mean([group.error for group in groups]) * np.sqrt(2 / np.pi)),
        coverage=float(np.mean([group.covered for group in groups])),
        direction=float(np.mean(signs)),
    )
