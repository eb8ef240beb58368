"""Whether a model trained on synthetic rows gives the same reasons as one trained on real rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.alignment import Aligned, Values
from twinfold.evaluation.boosting import design, fit
from twinfold.evaluation.discrimination import LEAST
from twinfold.evaluation.finding import Chart, Exhibit, Finding, Line, Subject, measured, unmeasured
from twinfold.evaluation.grids import Grid, codes, cut
from twinfold.evaluation.utility import questions
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

ROWS = 10_000  # that each model is trained on
EXPLAINED = 750  # holdout rows whose predictions are explained, a third of the holdout at most
RESAMPLES = 200
OFFERED = 0.5  # the part of the columns that a tree may ask for, so that columns which say the same share the credit
SHOWN, DRAWN = 10, 3  # columns in the table, and those whose effects are shown value by value
REAL, SYNTHETIC, OTHER_REAL = 0, 1, 2  # whose model it is, along the first axis
_NAMES = ("trained on real rows", "trained on synthetic rows", "trained on other real rows")
_STAGE = "comparing the reasons of models"
_SUBJECT: Subject = ("explanation_agreement", "Models give the same reasons", "useful")
_METHOD = (
    "LightGBM predicts the target, trained on holdout, on synthetic and on train rows, as many of each, each tree by a "
    "random half of the columns; predictions of other holdout rows are explained by TreeSHAP (Lundberg et al. 2020). "
    "The correlation of the effects of all values (the mean contribution in each column's bins, weighted by how many "
    "rows are there) of the synthetic with the holdout's model; bootstrap of the customers explained. What another "
    "draw of training rows would change is seen in the yardstick, that of the train rows' model. Of many levels the "
    "most frequent one is explained; a number: above its median."
)


def measure(
    aligned: Aligned, target: str | None, *, rng: np.random.Generator, seed: int, progress: Progress = silent
) -> tuple[list[Finding], list[Exhibit], list[Chart]]:
    """How far the reasons of models for `target`, one of the compared columns, agree. No target: nothing."""
    if target is None:
        return [], [], []
    j = [feature.name for feature in aligned.features].index(target)
    positive = questions(aligned, j)[0]
    if min(aligned.customers) < 2 * LEAST or len(aligned.features) < 2:
        return [_unmeasured(f"It takes {2 * LEAST} customers of each table, and a second column.")], [], []
    models = _explain(aligned, j, positive, rng, seed, progress)
    if models is None:
        return [_unmeasured(f"'{target}' does not vary in one of the tables; there is nothing to explain.")], [], []
    agreements = [models.agreement(other) for other in (SYNTHETIC, OTHER_REAL)]
    value, yardstick = (float(found[0]) for found in agreements)
    low, high = np.quantile(agreements[0][1:], [0.025, 0.975])
    first = [models.grids[k].feature.name for k in models.ranked(REAL)[:3]]
    own = [models.grids[k].feature.name for k in models.ranked(SYNTHETIC)[:3]]
    sentence = (
        f"A model trained on synthetic rows gives reasons for {_asked(aligned, j)} that go with those of one trained "
        f"on real rows with a correlation of {value:.3f} (two models trained on real rows: {yardstick:.3f}). It leans "
        f"most on {', '.join(own)}; the real one on {'the same' if first == own else ', '.join(first)}."
    )
    figures = value, min(low, value), max(high, value)
    finding = measured(_SUBJECT, figures, yardstick=yardstick, sentence=sentence, method=_METHOD, better="higher")
    progress(_STAGE, 1.0)
    return [finding], _exhibits(models, _asked(aligned, j)), _charts(models, _asked(aligned, j))


def _unmeasured(why: str) -> Finding:
    return unmeasured(_SUBJECT, sentence=why, method=_METHOD, better="higher")


def _asked(aligned: Aligned, j: int) -> str:
    """What is predicted, in words."""
    feature = aligned.features[j]
    if feature.numeric:
        return f"'{feature.name}' above its median"
    counts = np.bincount(aligned.holdout[j], minlength=len(feature.levels))
    order = [int(k) for k in np.argsort(-counts, kind="stable") if counts[k]]
    level = order[1] if len(order) == 2 else order[0]
    return f"'{feature.name}' = {'(a rare level)' if level in feature.nameless else feature.levels[level]}"


@dataclass(frozen=True)
class _Models:
    """What columns add to the predictions of three models, of the same rows.

    `grids` and `bins`, (columns; rows): the rows' values, cut. `values`: the rows. `added`, (models, rows, columns):
    log odds. `weights`, (1 + resamples, rows): how often each row counts.
    """

    grids: tuple[Grid, ...]
    bins: list[Codes]
    values: Values
    added: Floats
    weights: Floats

    def importance(self) -> Floats:
        """The mean size of what each column adds, (models, 1 + resamples, columns)."""
        sizes: Floats = self.weights @ np.abs(self.added) / self.weights.sum(1)[:, None]
        return sizes

    def ranked(self, model: int) -> list[int]:
        """The columns, those that a model leans on most first."""
        return [int(k) for k in np.argsort(-self.importance()[model, 0], kind="stable")]

    def effects(self, k: int) -> tuple[Floats, Floats]:
        """Of column k the mean contribution of each bin, (models, 1 + resamples, bins), about that of all rows, and the
        share of rows in each bin, (1 + resamples, bins)."""
        member = np.eye(len(self.grids[k].labels))[self.bins[k]]
        rows = self.weights @ member
        sums = np.stack([self.weights @ (member * added[:, k, None]) for added in self.added])
        centre = sums.sum(2, keepdims=True) / self.weights.sum(1)[None, :, None]
        effect: Floats = sums / np.maximum(rows, 1) - centre
        return effect, rows / self.weights.sum(1)[:, None]

    def agreement(self, other: int) -> Floats:
        """The correlation of a model's effects with those of the real one, (1 + resamples,)."""
        both = np.zeros((3, len(self.weights)))
        for k in range(len(self.grids)):
            effect, share = self.effects(k)
            one, two = effect[REAL], effect[other]
            both += [(share * x * y).sum(1) for x, y in ((one, two), (one, one), (two, two))]
        agreement: Floats = both[0] / np.sqrt(np.maximum(both[1] * both[2], 1e-300))
        return agreement


def _explain(
    aligned: Aligned,
    j: int,
    positive: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]],
    rng: np.random.Generator,
    seed: int,
    progress: Progress,
) -> _Models | None:
    """Train the three models and explain the same holdout rows by each; None where the target does not vary."""
    others = aligned.features[:j] + aligned.features[j + 1 :]
    train, holdout, synthetic = (
        side[:j] + side[j + 1 :] for side in (aligned.train, aligned.holdout, aligned.synthetic)
    )
    explained, kept = _split(aligned, rng)
    rows = min(aligned.rows[0], len(kept), aligned.rows[2], ROWS)
    sides = ((holdout, positive[1], kept), (synthetic, positive[2], None), (train, positive[0], None))
    shown = design(others, tuple(values[explained] for values in holdout))
    added = []
    for number, (side, truth, among) in enumerate(sides):
        chosen = rng.permutation(len(truth) if among is None else among)[:rows]
        if not 2 <= truth[chosen].sum() <= rows - 2:
            return None
        learned = design(others, tuple(values[chosen] for values in side))
        added.append(fit(learned, truth[chosen], seed=seed, feature_fraction=OFFERED).contributions(shown))
        progress(_STAGE, (number + 1) / 4)
    grids = tuple(grid for grid in cut(aligned) if grid.feature is not aligned.features[j])
    values = tuple(column[explained] for column in holdout)
    weights = np.vstack([np.ones((1, len(explained))), rng.poisson(1.0, (RESAMPLES, len(explained)))])
    return _Models(grids, codes(grids, values), values, np.stack(added), weights)


def _split(aligned: Aligned, rng: np.random.Generator) -> tuple[Codes, Codes]:
    """Holdout rows to explain, one a customer, and those of other customers to train on."""
    owner = np.arange(aligned.rows[1]) if aligned.owners is None else aligned.owners[1]
    order = rng.permutation(len(owner))
    whose, first = np.unique(owner[order], return_index=True)
    chosen = rng.permutation(len(whose))[: min(EXPLAINED, len(whose) // 3)]
    return order[first[chosen]], np.flatnonzero(~np.isin(owner, whose[chosen]))


def _exhibits(models: _Models, asked: str) -> list[Exhibit]:
    importance = models.importance()
    low, high = np.quantile(importance[:, 1:], [0.025, 0.975], axis=1)
    rows: list[tuple[str | float, ...]] = [
        (
            models.grids[k].feature.name,
            *(float(each[m, k]) for m in (REAL, SYNTHETIC) for each in (importance[:, 0], low, high)),
            float(importance[OTHER_REAL, 0, k]),
        )
        for k in models.ranked(REAL)[:SHOWN]
    ]
    header = ("Column", "Real", "from", "to", "Synthetic", "from", "to", "Other real")
    moved = "How far each column moves the prediction on average, up or down, in log odds, where 0.7 doubles the odds"
    found = [Exhibit("useful", "What models lean on", f"{moved}: {asked}.", header, tuple(rows))]
    levels = [
        row for k in models.ranked(REAL)[:DRAWN] if not models.grids[k].feature.numeric for row in _levels(models, k)
    ]
    if levels:
        sentence = f"How far each value moves the prediction of {asked}, in log odds."
        found.append(
            Exhibit(
                "useful", "Effects of values", sentence, ("Value", "Real", "Synthetic", "Other real"), tuple(levels)
            )
        )
    return found


def _levels(models: _Models, k: int) -> list[tuple[str | float, ...]]:
    effect, share = models.effects(k)
    grid = models.grids[k]
    return [
        (f"{grid.feature.name} = {label}", *(float(effect[m, 0, b]) for m in (REAL, SYNTHETIC, OTHER_REAL)))
        for b, label in enumerate(grid.labels)
        if share[0, b] > 0
    ]


def _charts(models: _Models, asked: str) -> list[Chart]:
    """The effects of the numbers among the strongest columns."""
    numbers = [k for k in models.ranked(REAL) if models.grids[k].feature.numeric][:DRAWN]
    sentence = f"How far the values of a column move the prediction of {asked}: the lines should lie on each other."
    return [
        Chart(
            "useful",
            f"Effect of {models.grids[k].feature.name}",
            sentence,
            models.grids[k].feature.name,
            "log odds",
            lines,
        )
        for k in numbers
        if (lines := _lines(models, k))
    ]


def _lines(models: _Models, k: int) -> tuple[Line, ...]:
    """An effect at the middle of the present values of each bin, where there are enough of them."""
    effect, share = models.effects(k)
    present = ~np.isnan(models.values[k])
    bins, values = models.bins[k][present], models.values[k][present]
    shown = [b for b in range(len(models.grids[k].labels) - 1) if share[0, b] * len(present) >= 10]
    if len(shown) < 2:
        return ()
    x = tuple(float(np.mean(values[bins == b])) for b in shown)
    low, high = np.quantile(effect[:, 1:], [0.025, 0.975], axis=1)
    return tuple(
        Line(name, x, *(tuple(map(float, each[m, shown])) for each in (effect[:, 0], low, high)))
        for m, name in enumerate(_NAMES)
    )
