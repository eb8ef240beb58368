"""Would the same kind of model, and the same columns, have been chosen on synthetic rows?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.boosting import Design
from twinfold.evaluation.finding import Exhibit, Finding, Subject, measured
from twinfold.evaluation.tasks.learners import Predict, learn_kinds
from twinfold.evaluation.tasks.question import Question, Side
from twinfold.evaluation.tasks.regression import rank_correlation
from twinfold.evaluation.tasks.repetition import Halves, interval
from twinfold.evaluation.utility import weighted_areas
from twinfold.protocols import Progress

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_LEARNED, _TESTED = 3_000, 4_000  # rows that each model of many learns, and holdout rows that it is tested on
_PERMUTED = 3_000  # holdout rows whose columns are shuffled
TOP = 5  # columns that are called the most important ones
_SHOWN = 12  # columns in the table
_KINDS: Subject = ("model_rank_agreement", "The same kind of model chosen", "useful")
_FEATURES: Subject = ("feature_rank_agreement", "The same columns matter", "useful")
_SIDES = ("Real half", "Synthetic", "Other real half")
_KINDS_METHOD = (
    f"Models of several kinds, each of up to {_LEARNED:,} rows of a half of the train rows or of as many synthetic "
    "ones, tested on holdout customers; Kendall's tau of their orders by ROC AUC (amounts: by Spearman's correlation): "
    "1 is the same order, 0 chance. The yardstick is that of two halves of the train rows. Mean over several "
    "draws of halves and of holdout customers; the interval is of the spread of both agreements over these."
)
_FEATURES_METHOD = (
    "Permutation importance (Breiman 2001): how much worse LightGBM ranks holdout customers once a column is shuffled "
    "among them, learned from a half of the train rows or as many synthetic ones; Spearman's correlation of the "
    "columns' importances: 1 is the same order, 0 chance. The yardstick is that of two halves of the train rows. Mean "
    "over several draws of halves and of holdout customers; the interval is of the spread of both over these."
)


@dataclass(frozen=True)
class Ranking:
    """Things and their worth in each repeat, shape (repeats, things), to models of a real half, of a synthetic half and
    of the other real half."""

    names: tuple[str, ...]
    real: Floats
    synthetic: Floats
    other: Floats

    def agreements(self) -> tuple[Floats, Floats]:
        """Kendall's tau of the orders of each repeat: real with synthetic, and of two real halves; shape (repeats,)."""
        return _taus(self.real, self.synthetic), _taus(self.real, self.other)

    def correlations(self) -> tuple[Floats, Floats]:
        """Spearman's correlation of the worths of each repeat: real with synthetic, and of two real halves."""
        return _spearmans(self.real, self.synthetic), _spearmans(self.real, self.other)

    def shared(self) -> tuple[float, float]:
        """The mean share of the `TOP` things that are among the top ones of both; as above."""
        return _overlap(self.real, self.synthetic), _overlap(self.real, self.other)


def _taus(one: Floats, other: Floats) -> Floats:
    from scipy.stats import kendalltau

    return np.array([_or_none(kendalltau(a, b).statistic) for a, b in zip(one, other, strict=True)])


def _spearmans(one: Floats, other: Floats) -> Floats:
    alone = np.ones((1, one.shape[1]))
    return np.array([_or_none(rank_correlation(a, b, alone)[0]) for a, b in zip(one, other, strict=True)])


def _or_none(value: float) -> float:
    """Where one side tells no difference there is no agreement."""
    return float(np.nan_to_num(value, nan=0.0))


def _overlap(one: Floats, other: Floats) -> float:
    k = min(TOP, one.shape[1])
    best = [[set(np.argsort(-row, kind="stable")[:k]) for row in side] for side in (one, other)]
    return float(np.mean([len(a & b) / k for a, b in zip(*best, strict=True)]))


def rank_kinds(
    question: Question, halves: Sequence[Halves], *, rng: np.random.Generator, seed: int, progress: Progress
) -> Ranking:
    """The area under the ROC curve (of amounts: Spearman's correlation) that each kind of model reaches on real
    customers, at most 3,000 rows of each half learned."""
    names: tuple[str, ...] = ()
    found: list[list[list[float]]] = []
    for r, half in enumerate(halves):
        tested = question.holdout[rng.permutation(len(question.holdout))[:_TESTED]]
        learned = (
            question.train[_some(half.real, rng)],
            question.synthetic[_some(half.synthetic, rng)],
            question.train[_some(half.other, rng)],
        )
        found.append([])
        for side, rows in enumerate(learned):
            models = learn_kinds(rows, binary=question.binary, seed=seed + r)
            names = tuple(models)
            found[-1].append([_worth(model(tested.x), tested, question.binary) for model in models.values()])
            progress("comparing kinds of model", (3 * r + side + 1) / (3 * len(halves)))
    worths = np.array(found)
    return Ranking(names, worths[:, 0], worths[:, 1], worths[:, 2])


def _some(rows: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return rng.permutation(rows)[:_LEARNED]


def _worth(predicted: Floats, tested: Side, binary: bool) -> float:
    alone = np.ones((1, len(tested)))
    if binary:
        return float(weighted_areas(predicted, tested.y > 0, alone)[0])
    return _or_none(rank_correlation(tested.y, predicted, alone)[0])


def rank_features(
    question: Question,
    models: tuple[Sequence[Predict], Sequence[Predict], Sequence[Predict]],
    *,
    rng: np.random.Generator,
    progress: Progress,
) -> Ranking:
    """How much worse models of each repeat rank real customers once a column is shuffled among these (permutation
    importance: Breiman 2001), of the models of a real half, of a synthetic half and of the other real half."""
    repeats, columns = len(models[0]), question.holdout.x.x.shape[1]
    out = np.empty((3, repeats, columns))
    for r in range(repeats):
        tested = question.holdout[rng.permutation(len(question.holdout))[:_PERMUTED]]
        shuffle = rng.permutation(len(tested))
        for side in range(3):
            out[side, r] = _importances(models[side][r], tested, shuffle, question.binary)
            progress("weighing columns", (3 * r + side + 1) / (3 * repeats))
    return Ranking(tuple(feature.name for feature in question.features), *out)


def _importances(model: Predict, tested: Side, shuffle: npt.NDArray[np.int64], binary: bool) -> Floats:
    before = _worth(model(tested.x), tested, binary)
    lost = []
    for j in range(tested.x.x.shape[1]):
        x = tested.x.x.copy()
        x[:, j] = x[shuffle, j]
        lost.append(before - _worth(model(Design(x, tested.x.categories)), tested, binary))
    return np.array(lost)


def measure_kinds(question: Question, ranking: Ranking) -> tuple[Finding, Exhibit]:
    """Whether the kinds of model come in the same order, and what each is worth."""
    found, yardsticks = ranking.agreements()
    value, yardstick = float(found.mean()), float(yardsticks.mean())
    best, other = (ranking.names[int(worth.mean(0).argmax())] for worth in (ranking.real, ranking.synthetic))
    same = "both put the same kind first" if best == other else f"real rows put {best} first, synthetic ones {other}"
    sentence = (
        f"{len(ranking.names)} kinds of model, compared on real customers, come in the same order trained on synthetic "
        f"as on real rows with a Kendall's tau of {value:.2f} (two real halves: {yardstick:.2f}); {same}."
    )
    finding = _agree(_KINDS, found, yardsticks, sentence, _KINDS_METHOD)
    measure = "ROC AUC" if question.binary else "Spearman's correlation"
    said = f"The {measure} on real customers of kinds of model for {question.about}, by what they were trained on."
    return finding, _show("Kinds of model", said, ("Kind", *_SIDES), ranking, len(ranking.names))


def measure_features(question: Question, ranking: Ranking) -> tuple[Finding, Exhibit]:
    """Whether the same columns matter, and how much each does."""
    found, yardsticks = ranking.correlations()
    value, yardstick = float(found.mean()), float(yardsticks.mean())
    shared, others = ranking.shared()
    top = min(TOP, len(ranking.names))
    sentence = (
        f"How much each column matters for {question.about} correlates between models of synthetic and of real rows "
        f"with {value:.2f} (two real halves: {yardstick:.2f}); of the {top} that matter most, {shared * top:.1f} are "
        f"the same (two real halves: {others * top:.1f})."
    )
    finding = _agree(_FEATURES, found, yardsticks, sentence, _FEATURES_METHOD)
    measure = "ROC AUC" if question.binary else "Spearman's correlation"
    said = f"How much {measure} a model for {question.about} loses on real customers whose column is shuffled."
    return finding, _show("Columns that matter", said, ("Column", *_SIDES), ranking, _SHOWN)


def _agree(named: Subject, found: Floats, yardsticks: Floats, sentence: str, method: str) -> Finding:
    """How well two orders agree in each repeat, beside how well those of two real halves do."""
    spread = interval(float(found.mean()), np.stack([found, yardsticks]), floor=-1.0, ceiling=1.0)
    yardstick = float(yardsticks.mean())
    return measured(named, spread, yardstick=yardstick, sentence=sentence, method=method, better="higher")


def _show(title: str, sentence: str, header: tuple[str, ...], ranking: Ranking, most: int) -> Exhibit:
    """The things worth most to models of a real half, with their mean worth to all three."""
    real, synthetic, other = (worth.mean(0) for worth in (ranking.real, ranking.synthetic, ranking.other))
    order = np.argsort(-real, kind="stable")[:most]
    rows = tuple((ranking.names[k], float(real[k]), float(synthetic[k]), float(other[k])) for k in order)
    return Exhibit("useful", title, sentence, header, rows)
