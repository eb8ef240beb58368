"""How good models for the task are on real customers, trained on real rows, on synthetic ones and on both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.finding import Exhibit, Finding, Subject, measured
from twinfold.evaluation.tasks.classification import measure_chances
from twinfold.evaluation.tasks.question import Question
from twinfold.evaluation.tasks.regression import measure_amounts
from twinfold.evaluation.tasks.repetition import interval
from twinfold.evaluation.tasks.training import Contest, Trained

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_RATIO: Subject = ("task_roc_auc_ratio", "Models for the task: ranking", "useful")
_AMOUNT_RATIO: Subject = ("task_rank_ratio", "Models for the task: ranking", "useful")
_GAIN: Subject = ("task_gain_from_both", "Synthetic rows added to real ones", "useful")
_CALIBRATION: Subject = ("task_calibration_error", "Models for the task: calibration", "useful")
_INTERVAL = (
    "The interval covers which rows were learned from (models of halves of them) and which customers are in the "
    "holdout (bootstrap); what another fit of the generator would give is not in it."
)
_LEARNER = "LightGBM, trained on all train rows, on the synthetic rows, and on both, tested on holdout customers."


_LIMITS = {
    "calibration slope": (-np.inf, np.inf),
    "predicted / true rate": (0.0, np.inf),
    "R²": (-np.inf, 1.0),
    "mean absolute error": (0.0, np.inf),
    "Spearman": (-1.0, 1.0),
    "decile lift": (0.0, np.inf),
    "predicted / true total": (-np.inf, np.inf),
}
"""What a figure can be; the others are shares."""


@dataclass(frozen=True)
class _Figure:
    """A figure of one way of training: of the model of all rows on the holdout, on its bootstrap draws, and of the
    models of halves."""

    value: float
    resampled: Floats
    repeated: Floats

    def around(self, floor: float = -np.inf, ceiling: float = np.inf) -> tuple[float, float, float]:
        return interval(self.value, self.repeated, self.resampled, floor=floor, ceiling=ceiling)

    def over(self, other: _Figure) -> _Figure:
        return _Figure(self.value / other.value, self.resampled / other.resampled, self.repeated / other.repeated)

    def less(self, other: _Figure) -> _Figure:
        return _Figure(self.value - other.value, self.resampled - other.resampled, self.repeated - other.repeated)


def measure_performance(question: Question, contest: Contest, weights: Floats) -> tuple[list[Finding], Exhibit]:
    """Findings on ranking, on what both kinds of rows give together, on calibration, and all figures in a table.

    Args:
        weights: how often holdout rows come in each draw of a bootstrap, shape (draws, holdout rows).
    """
    figures = {way: _measure(question, trained, weights) for way, trained in contest.ways.items()}
    findings = [_compare_ranking(question, figures), _compare_both(question, figures)]
    if question.binary:
        findings.append(_compare_calibration(question, figures))
    return findings, _show(question, figures)


def _measure(question: Question, trained: Trained, weights: Floats) -> dict[str, _Figure]:
    once, truth = np.ones((1, weights.shape[1])), question.holdout.y
    drawn = np.vstack([once, weights])
    if question.binary:
        whole = measure_chances(truth > 0, trained.whole, float(np.mean(trained.thresholds)), drawn)
        pairs = zip(trained.halves, trained.thresholds, strict=True)
        halves = [measure_chances(truth > 0, half, float(threshold), once) for half, threshold in pairs]
    else:
        whole = measure_amounts(truth, trained.whole, drawn)
        halves = [measure_amounts(truth, half, once) for half in trained.halves]
    return {
        name: _Figure(float(values[0]), values[1:], np.array([half[name][0] for half in halves]))
        for name, values in whole.items()
    }


def _compare_ranking(question: Question, figures: dict[str, dict[str, _Figure]]) -> Finding:
    name = "ROC AUC" if question.binary else "Spearman"
    real, synthetic = figures["real"][name], figures["synthetic"][name]
    told = "an AUC" if question.binary else "a rank correlation"
    ratio = synthetic.over(real)
    sentence = (
        f"A model trained on synthetic rows ranks real customers by {question.about} with {told} of "
        f"{synthetic.value:.3f}, one trained on real rows with {real.value:.3f}: {ratio.value:.1%} of it."
    )
    method = f"{_LEARNER} The ratio of the two {'areas under the ROC curve' if question.binary else 'correlations'}."
    return measured(
        _RATIO if question.binary else _AMOUNT_RATIO,
        ratio.around(),
        yardstick=1.0,
        sentence=sentence,
        method=f"{method} {_INTERVAL} 1 is parity.",
        better="higher",
    )


def _compare_both(question: Question, figures: dict[str, dict[str, _Figure]]) -> Finding:
    name = "ROC AUC" if question.binary else "Spearman"
    gain = figures["both"][name].less(figures["real"][name])
    value, low, high = figures_of_gain = gain.around()
    verdict = "a gain" if low > 0 else "a loss" if high < 0 else "no difference that can be told from chance"
    measure = "AUC" if question.binary else "rank correlation"
    sentence = (
        f"Adding the synthetic rows to the real ones changes the {measure} for {question.about} by {value:+.3f} "
        f"({low:+.3f} to {high:+.3f}): {verdict}."
    )
    method = f"{_LEARNER} The difference of both and real rows alone. {_INTERVAL}"
    return measured(_GAIN, figures_of_gain, yardstick=0.0, sentence=sentence, method=method, better="higher")


def _compare_calibration(question: Question, figures: dict[str, dict[str, _Figure]]) -> Finding:
    real, synthetic = figures["real"], figures["synthetic"]
    error, other = synthetic["calibration error"], real["calibration error"]
    value, low, high = error.around(0.0, 1.0)
    sentence = (
        f"Chances of {question.about} that a model of synthetic rows predicts are off by {value:.1%} of customers "
        f"on average (a model of real rows: {other.value:.1%}); for each customer who has it, it expects "
        f"{synthetic['predicted / true rate'].value:.2f} (of real rows: {real['predicted / true rate'].value:.2f})."
    )
    method = (
        f"{_LEARNER} Expected calibration error: the mean distance of predicted and true share over ten groups of "
        f"holdout customers of equal size, by their predicted chance (Naeini et al. 2015). {_INTERVAL}"
    )
    return measured(_CALIBRATION, (value, low, high), yardstick=other.value, sentence=sentence, method=method)


def _show(question: Question, figures: dict[str, dict[str, _Figure]]) -> Exhibit:
    rows: list[tuple[str | float, ...]] = []
    for name in figures["real"]:
        limits = _LIMITS.get(name, (0.0, 1.0))
        rows.append((name, *(float(each) for way in figures for each in figures[way][name].around(*limits))))
    sizes = f"{len(question.train):,} real and {len(question.synthetic):,} synthetic rows"
    sentence = (
        f"Models that predict {question.about}, trained on {sizes} or on both, tested on {len(question.holdout):,} "
        "real customers whom none of them has seen, each figure with its 95 % interval."
    )
    if question.binary:
        sentence += (
            " Accuracy, precision, recall and F1 take a customer for positive above the chance at which, of training "
            "rows that the model had not learned, as many lie as are positive."
        )
    header = ("Measure", *(title for way in figures for title in (f"Trained on {way}", "from", "to")))
    return Exhibit("useful", f"Models for {question.about}", sentence, header, tuple(rows))
