"""Would the same customers have been approved by a model of synthetic rows?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.finding import Exhibit, Finding, Subject, measured
from twinfold.evaluation.tasks.question import Question
from twinfold.evaluation.tasks.repetition import interval
from twinfold.evaluation.tasks.training import Contest

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Booleans = npt.NDArray[np.bool_]

SHARES = (0.05, 0.1, 0.2, 0.5)
"""Of customers with the highest chance (or amount): those who are declined, called or served."""
_TOLD = 0.2  # the share of the finding
_NAMED: Subject = ("approval_agreement", "The same customers chosen", "useful")
_METHOD = (
    "LightGBM trained on a half of the train rows and on as many synthetic ones; the share of holdout customers on "
    "whom their decisions agree, and Cohen's (1960) kappa: 0 is chance. The yardstick is the agreement of models of "
    "two halves of the train rows. Mean over several draws of halves; the interval covers which half was learned and "
    "which customers are in the holdout."
)


def measure_decisions(
    question: Question, contest: Contest, weights: Floats, *, rng: np.random.Generator
) -> tuple[Finding, Exhibit]:
    """Whether models of real and of synthetic rows choose the same customers, at several shares of them.

    `weights`: how often holdout rows come in each draw of a bootstrap, shape (draws, holdout rows).
    """
    predicted = contest.ways["real"].halves, contest.ways["synthetic"].halves, contest.other
    rows: list[tuple[str | float, ...]] = []
    for share in SHARES:
        real, synthetic, other = (
            np.stack([choose(half, share, rng) for half in predictions]) for predictions in predicted
        )
        same, same_other = real == synthetic, real == other
        agreed, yardstick = float(same.mean()), float(same_other.mean())
        kappas = [float(kappa(agreement, share)) for agreement in (agreed, yardstick)]
        rows.append((f"{share:.0%}", agreed, yardstick, share**2 + (1 - share) ** 2, *kappas))
        if share == _TOLD:
            resampled = (weights @ same.mean(0)) / weights.sum(1)
            figures = interval(agreed, same.mean(1), resampled, floor=0.0, ceiling=1.0)
            finding = _find(question, figures, yardstick, kappas)
    header = (
        "Chosen",
        "Agree: real, synthetic",
        "Agree: two real halves",
        "Agree by chance",
        "Kappa: real, synthetic",
        "Kappa: two real halves",
    )
    sentence = (
        "The share of real customers on whom two models agree where each chooses those with the highest "
        f"{_asked(question)}."
    )
    return finding, Exhibit("useful", "The same decisions", sentence, header, tuple(rows))


def _asked(question: Question) -> str:
    return f"chance of {question.about}" if question.binary else f"predicted {question.target}"


def _find(question: Question, figures: tuple[float, float, float], yardstick: float, kappas: list[float]) -> Finding:
    sentence = (
        f"If each chose the {_TOLD:.0%} of customers with the highest {_asked(question)}, to approve, to decline or to "
        f"call them, a model of synthetic rows and one of real rows would decide alike on {figures[0]:.1%} of real "
        f"customers (models of two real halves: {yardstick:.1%}; by chance: {_TOLD**2 + (1 - _TOLD) ** 2:.0%}; kappa "
        f"{kappas[0]:.2f} against {kappas[1]:.2f})."
    )
    return measured(_NAMED, figures, yardstick=yardstick, sentence=sentence, method=_METHOD, better="higher")


def choose(score: Floats, share: float, rng: np.random.Generator) -> Booleans:
    """The share of customers with the highest scores, shape (n,); among equal scores the lot decides."""
    order = np.lexsort((rng.random(len(score)), -score))
    chosen = np.zeros(len(score), np.bool_)
    chosen[order[: round(share * len(score))]] = True
    return chosen


def kappa(agreed: float, share: float) -> float:
    """Cohen's (1960) kappa of two decisions that each choose a share of the same customers: 0 is chance, 1 agreement.

    >>> round(kappa(0.84, 0.2), 3), kappa(1.0, 0.2)
    (0.5, 1.0)
    """
    chance = share**2 + (1 - share) ** 2
    return (agreed - chance) / (1 - chance)
