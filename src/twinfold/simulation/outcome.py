"""The outcome of a scenario: what each arm comes to, and how far that is from the first one, with intervals.

An interval holds what these customers would do. It is of two parts: what is not known of how customers decide, which no
number of customers makes smaller (from draws of it, with the same luck), and their luck (the squares of what they did
less what was expected of them, a martingale's). Differences between arms have both parts of their own: what arms share
drops out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy.stats import norm

from twinfold.evaluation.intervals import Z

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LEAST_GROUP = 30
"""Customers of a group that results are told of, at least."""

NODES = norm.ppf((np.arange(21) + 0.5) / 21)
"""Equally likely values of a standard normal number."""

FEW_SUPPORTED = 0.5
"""The share of customers within what was learned below which an effect's name says that it lies beyond."""


@dataclass(frozen=True)
class Figure:
    """One number: the sum over customers, and its 95 % interval."""

    value: float
    lower: float
    upper: float

    def __post_init__(self) -> None:
        if not self.lower <= self.value <= self.upper:
            raise ValueError("a figure outside its interval")


@dataclass(frozen=True)
class Result:
    """What an arm comes to in one regard.

    Attributes:
        arm, metric: which; column, level: the group, both empty for everybody.
        people: customers.
        total: over them; gain: more than in the first arm; None for that one, both None where nothing can be said.
        identification: what the gain rests on, an empty text in the first arm; supported: of those to whom something is
            different, the share of whom anything like it was learned.
    """

    arm: str
    metric: str
    column: str
    level: str
    people: int
    total: Figure | None
    gain: Figure | None
    identification: str
    supported: float


@dataclass(frozen=True)
class Ratio:
    """How often a decision comes in the group in which it comes least beside that in which it comes most, in an arm."""

    arm: str
    decision: str
    column: str
    least: str
    most: str
    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class ArmOutcome:
    """What stands behind an arm.

    Attributes:
        name: of the arm; identification: what its differences from the first rest on, the weakest first; an empty text
            for the first.
        supported: the share of customers to whom something is different of whom anything like it was learned.
        paths: of each decision, what is expected in each period: (3, periods), and its 95 % interval.
        winners: by value, the share of customers who come to more, and to less, than in the first arm.
        asked: what is different in it from how customers are; notes: what a user must know; in plain words.
    """

    name: str
    identification: str
    supported: float
    paths: dict[str, Floats]
    winners: dict[str, tuple[float, float]]
    asked: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Outcome:
    """What a scenario came to.

    Attributes:
        name, period, periods, people, draws, seed: of what.
        arms: what stands behind each; results: what each comes to, for everybody and for each group; ratios: how
            evenly decisions come, by sensitive columns.
        main: what counts most: the first total, or else what is decided first.
        asked: what customers decide and how they are contacted, in plain words.
        notes: what a user must know of the whole, in plain words; origin: what it was made of and when.
    """

    name: str
    period: str
    periods: int
    people: int
    draws: int
    seed: int
    arms: tuple[ArmOutcome, ...]
    results: tuple[Result, ...]
    ratios: tuple[Ratio, ...]
    main: str
    asked: tuple[str, ...]
    notes: tuple[str, ...]
    origin: dict[str, str]

    @property
    def metrics(self) -> tuple[str, ...]:
        """What was counted, in order."""
        return tuple(dict.fromkeys(result.metric for result in self.results))

    def of(self, arm: str, metric: str, column: str = "", level: str = "") -> Result:
        """One result. Raises `KeyError` where there is none."""
        for result in self.results:
            if (result.arm, result.metric, result.column, result.level) == (arm, metric, column, level):
                return result
        raise KeyError(f"{arm}, {metric}, {column} {level}")

    def frame(self) -> pl.DataFrame:
        """All results, a row each, null where nothing can be said."""
        rows = [
            {
                "arm": each.arm,
                "metric": each.metric,
                "column": each.column or None,
                "level": each.level or None,
                "customers": each.people,
                **_spread("total", each.total),
                **_spread("gain", each.gain),
                "identification": each.identification or None,
                "supported": each.supported,
            }
            for each in self.results
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    def record(self) -> dict[str, Any]:
        """Everything as JSON can say it."""
        arms = [
            {
                "name": arm.name,
                "identification": arm.identification,
                "supported": arm.supported,
                "paths": {name: path.tolist() for name, path in arm.paths.items()},
                "winners": {name: list(pair) for name, pair in arm.winners.items()},
                "asked": list(arm.asked),
                "notes": list(arm.notes),
            }
            for arm in self.arms
        ]
        own = {key: getattr(self, key) for key in ("name", "period", "periods", "people", "draws", "seed")}
        ratios = [vars(ratio) for ratio in self.ratios]
        more = {"asked": list(self.asked), "notes": list(self.notes), "origin": self.origin}
        return own | {"arms": arms, "results": self.frame().to_dicts(), "ratios": ratios} | more

    def text(self) -> str:
        """The outcome in some lines."""
        from twinfold.simulation.wording import outcome_text

        return outcome_text(self)

    def __repr__(self) -> str:
        return f"<Outcome: {len(self.arms)} arms of {self.people:,} customers over {self.periods} {self.period}s>"

    def _repr_html_(self) -> str:
        from twinfold.simulation.page import embed_outcome

        return embed_outcome(self)


def _spread(name: str, figure: Figure | None) -> dict[str, float | None]:
    if figure is None:
        return {name: None, f"{name}_lower": None, f"{name}_upper": None}
    return {name: figure.value, f"{name}_lower": figure.lower, f"{name}_upper": figure.upper}


@dataclass(frozen=True)
class Sums:
    """What an arm comes to in one regard, group by group.

    Attributes:
        expected: (groups,); luck: the variance of luck, (groups,).
        unknown: how far the mean of a customer is from what is likeliest in each draw of what is not known,
            (draws, groups).
        people: (groups,).
        least: what no sum can be less than: 0, or minus infinity.
    """

    expected: Floats
    luck: Floats
    unknown: Floats
    people: Floats
    least: float

    def figures(self) -> list[Figure]:
        """Each group's sum, and its interval: the quantiles of what it may be, over what is not known and luck."""
        lucky, out = np.sqrt(self.luck) * NODES[:, None], []
        for group, value in enumerate(self.expected.tolist()):
            may = value + (self.unknown[:, group] * self.people[group])[:, None] + lucky[:, group]
            low, high = np.quantile(may, [0.025, 0.975])
            out.append(Figure(value, min(max(float(low), self.least), value), max(float(high), value)))
        return out


def sum_up(
    totals: Floats,
    residual: Floats,
    likeliest: Floats,
    drawn: Floats,
    groups: npt.NDArray[np.int64],
    drawn_groups: npt.NDArray[np.int64],
    count: int,
) -> Sums:
    """Sums over groups.

    Args:
        totals: (people,) what is expected of each; residual: (people,) what they did, less that.
        likeliest: (some people,) what is expected of some of them; drawn: (draws, some people), in each draw.
        groups, drawn_groups: the group of each, from 0 to `count`, less 1; of nobody -1.
    """
    own, some = groups >= 0, drawn_groups >= 0
    expected = np.bincount(groups[own], totals[own], count).astype(np.float64)
    luck = np.bincount(groups[own], residual[own] ** 2, count).astype(np.float64)
    people = np.bincount(groups[own], minlength=count).astype(float)
    held = np.maximum(np.bincount(drawn_groups[some], minlength=count), 1)
    unknown = np.stack([np.bincount(drawn_groups[some], (each - likeliest)[some], count) / held for each in drawn])
    return Sums(expected, luck, unknown, people, 0.0 if totals.min() >= 0 and drawn.min() >= 0 else -np.inf)


def ratio_of(arm: str, decision: str, column: str, levels: Sequence[str], sums: Sums) -> Ratio | None:
    """How evenly a decision comes in the groups of a column; None where fewer than two are large enough."""
    large = np.flatnonzero(sums.people >= LEAST_GROUP)
    rates = sums.expected[large] / sums.people[large]
    if len(large) < 2 or rates.max() <= 0 or rates.min() <= 0:
        return None
    low, high = large[np.argmin(rates)], large[np.argmax(rates)]
    value = float(rates.min() / rates.max())
    means = sums.expected / np.maximum(sums.people, 1) + sums.unknown
    drawn = np.log(np.maximum(means[:, low], 1e-12) / np.maximum(means[:, high], 1e-12))
    luck = sum(float(sums.luck[g] / max(sums.expected[g], 1e-9) ** 2) for g in (low, high))
    half = Z * float(np.sqrt(drawn.var(ddof=1) + luck))
    ends = value * np.exp(-half), value * np.exp(half)
    return Ratio(arm, decision, column, levels[low], levels[high], value, float(ends[0]), float(ends[1]))
