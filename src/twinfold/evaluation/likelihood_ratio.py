"""The likelihood-ratio attack: of many models made with and without records, which was made with which?

Carlini et al. 2022, "Membership inference attacks from first principles", section 5. Each model is attacked with what
the others say, and the attack's success is that of all of them: far better known than that on one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.finding import Exhibit, Finding, Subject, measured
from twinfold.evaluation.intervals import Z, placements, simultaneous
from twinfold.evaluation.membership import FALSE_POSITIVES, RARE_FALSE_POSITIVES

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Booleans = npt.NDArray[np.bool_]

TOGETHER = "together"
"""The sum of what all statistics say."""

_METHOD = (
    "Models of random halves of train and holdout rows, fitted as the one that is judged. Each in turn is attacked "
    "with what the others, made with and without a customer, say of {asked} (a likelihood-ratio attack: Carlini et al. "
    "2022, section 5), on the customers most at risk: the most isolated and those in the smallest leaves. {figure}"
)
_AREA = (
    "Mean area under the ROC curve over all models, of the statistic that succeeds most surely; the interval holds all "
    "statistics at once. 0.5 is a guess."
)
_FOUND = (
    "Mean share of members found while 1 % of the others are taken for members, of the statistic that succeeds most "
    "surely. A guess finds 1 %."
)


@dataclass(frozen=True)
class Attacked:
    """What is attacked: in words, what the findings of the area and of the members found are about, what is asked of it
    in words, the title of the table of attacks, and what follows for whoever hands it out."""

    whom: str
    area: Subject
    found: Subject
    asked: str
    title: str
    advice: str = ""


@dataclass(frozen=True)
class Shadows:
    """What models said of the records under attack.

    Attributes:
        statistics: by name, shape (models, targets), higher where the model was made with the record; the model that
            is judged comes last.
        inside: shape (models, targets): whether the model was made with the record.
    """

    statistics: dict[str, Floats]
    inside: Booleans

    def scores(self) -> dict[str, Floats]:
        """For each statistic, and for their sum, how much likelier each model was made with each record
        than without, as the other models say: shape (models, targets)."""
        found = {name: _ratios(values, self.inside) for name, values in self.statistics.items()}
        return found if len(found) < 2 else {**found, TOGETHER: np.sum(list(found.values()), axis=0)}


_LEAST_SHIFT = 1e-3
"""What being learned shifts a statistic by at least on average, in its standard deviations: that it is no less than
before is known, and a sign that is guessed from chance would be the same mistake in all models."""

_PRIOR = 4
"""As many models' worth of the average variance is mixed into each record's own."""


def _ratios(values: Floats, inside: Booleans) -> Floats:
    """Log likelihood ratios of two normals of one variance, each model left out in its turn."""
    out = np.empty_like(values)
    for v in range(len(values)):
        others = np.arange(len(values)) != v
        middle, shift, variance = _learn_normals(values[others], inside[others])
        out[v] = (values[v] - middle) * shift / variance
    return out


def _learn_normals(values: Floats, inside: Booleans) -> tuple[Floats, Floats, Floats]:
    """Of each record the middle between its mean with and without being learned, the shift from one to the other, and
    the variance around either, shape (targets,).

    What a shift is, few models know badly: it is drawn to what it is on average of all records, in proportion to what
    is known (empirical Bayes, as Efron and Morris 1975, "Data analysis using Stein's estimator").
    """
    with_it, without = inside.sum(0), (~inside).sum(0)
    known = (with_it > 0) & (without > 0)
    mean_in, mean_out = ((values * m).sum(0) / m.sum(0).clip(1) for m in (inside, ~inside))
    squares = (np.where(inside, values - mean_in, values - mean_out) ** 2).sum(0)
    freedom = (len(values) - 2) + _PRIOR
    variance = ((squares + _PRIOR * squares.mean() / (len(values) - 2)) / freedom).clip(1e-12)
    error = variance * (1 / with_it.clip(1) + 1 / without.clip(1))
    shift, average, spread = mean_in - mean_out, 0.0, 0.0
    if known.any():
        average = float((shift[known] / error[known]).sum() / (1 / error[known]).sum())
        spread = max(0.0, float(((shift - average) ** 2 - error)[known].mean()))
    average = max(average, _LEAST_SHIFT * float(np.sqrt(variance.mean())))
    shift = np.where(known, average + (shift - average) * spread / (spread + error), average)
    middle = (with_it * (mean_in - shift / 2) + without * (mean_out + shift / 2)) / len(values)
    return middle, shift, variance


@dataclass(frozen=True)
class _Figures:
    """What an attack finds: the area, and the shares of members found at 1 and 0.1 % false positives, of each model,
    shape (models, 3); and what each guess adds to their means, shape (3, models, targets)."""

    each: Floats
    influence: Floats


def describe_attack(asked: str, figure: str = _AREA) -> str:
    """How a figure is computed of an attack that asks models for something."""
    return _METHOD.format(asked=asked, figure=figure)


def judge(shadows: Shadows, attacked: Attacked) -> tuple[list[Finding], Exhibit]:
    """What the attacks on each of the models find, on average of all of them, and a table of the attacks."""
    figures = {name: _measure(score, shadows.inside) for name, score in shadows.scores().items()}
    models = len(shadows.inside) - 1
    (best, area), (surest, found) = (_surest(figures, k) for k in (0, 1))
    apart = (
        f"Of two of the customers most at risk, an attacker with {models:,} models made with and without them tells by "
        f"{attacked.whom} which was learned {area[0]:.1%} of the time ({best}; a guess: 50.0%).{attacked.advice}"
    )
    sure = (
        f"Where that attacker is sure, {found[0]:.1%} of the learned are found ({surest}; by guessing: "
        f"{FALSE_POSITIVES:.1%})."
    )
    methods = [describe_attack(attacked.asked, figure) for figure in (_AREA, _FOUND)]
    findings = [
        measured(attacked.area, area, yardstick=0.5, sentence=apart, method=methods[0]),
        measured(attacked.found, found, yardstick=FALSE_POSITIVES, sentence=sure, method=methods[1]),
    ]
    return findings, _exhibit(figures, shadows, attacked)


def _measure(score: Floats, inside: Booleans) -> _Figures:
    """The bar for a member is that of all models together, so that rare false positives can be counted."""
    influence = np.zeros((3, *score.shape))
    areas = np.zeros(len(score))
    for model, (told, member) in enumerate(zip(score, inside, strict=True)):
        above, below = placements(told, member)
        areas[model] = above.mean()
        influence[0, model, member] = (above - above.mean()) / len(above)
        influence[0, model, ~member] = (below - below.mean()) / len(below)
    others, found = np.sort(score[~inside])[::-1], []
    for k, share in enumerate((FALSE_POSITIVES, RARE_FALSE_POSITIVES), start=1):
        hit = score > others[int(share * len(others))]
        found.append((hit & inside).sum(1) / inside.sum(1))
        influence[k] = np.where(inside, hit - found[-1].mean(), 0.0) / inside.sum(1, keepdims=True)
    return _Figures(np.column_stack([areas, *found]), influence / len(score))


def _covariance(figures: dict[str, _Figures], k: int) -> Floats:
    """Of the attacks' mean figures k, shape (attacks, attacks).

    Guesses about a record go together, and so do guesses of a model (Cameron, Gelbach and Miller 2011, "Robust
    inference with multiway clustering", equation 2.11).
    """
    each = np.array([f.each[:, k] for f in figures.values()])
    influence = np.array([f.influence[k] for f in figures.values()])
    by_target = influence.sum(1)
    alone = influence.reshape(len(influence), -1)
    of_models = np.atleast_2d(np.cov(each)) / each.shape[1]
    return np.asarray(by_target @ by_target.T + of_models - alone @ alone.T, np.float64)


def _surest(figures: dict[str, _Figures], k: int) -> tuple[str, tuple[float, float, float]]:
    """The attack whose mean figure lies highest for sure, and its interval, that of all attacks at once."""
    covariance, mean = _covariance(figures, k), np.array([f.each[:, k].mean() for f in figures.values()])
    models = len(next(iter(figures.values())).each)
    half = simultaneous(covariance) * np.sqrt(np.diag(covariance).clip(0)) * _few(models)
    best = int(np.argmax(mean - half))
    value, low, high = (float(v) for v in (mean[best], mean[best] - half[best], mean[best] + half[best]))
    return list(figures)[best], (value, max(0.0, low), min(1.0, high))


def _few(models: int) -> float:
    """How much wider an interval is where the variance comes from so many models alone (Student 1908)."""
    from scipy.stats import t

    return float(t.ppf(0.975, models - 1)) / Z


def _exhibit(figures: dict[str, _Figures], shadows: Shadows, attacked: Attacked) -> Exhibit:
    errors = [Z * np.sqrt(np.diag(_covariance(figures, k)).clip(0)) for k in range(3)]
    rows: list[tuple[str | float, ...]] = []
    for place, (name, own) in enumerate(figures.items()):
        row = [value for k in range(3) for value in (own.each[:, k].mean(), errors[k][place])]
        rows.append((name, *map(float, row), float(own.each[-1, 0])))
    return Exhibit(
        "safe",
        attacked.title,
        f"{len(shadows.inside) - 1:,} models of random halves of the real customers, and the model that is judged, "
        f"each attacked on {shadows.inside.shape[1]:,} customers at risk.",
        ("What is asked", "AUC", "±", "Found at 1 %", "±", "Found at 0.1 %", "±", "AUC on this model"),
        tuple(rows),
    )
