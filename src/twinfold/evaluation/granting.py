"""What models grant: one trained on real rows and one on synthetic rows decide over the same unseen real ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.alignment import Aligned
from twinfold.evaluation.boosting import design, fitted_scores
from twinfold.evaluation.discrimination import LEAST
from twinfold.evaluation.groups import Outcome
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

    Booleans = npt.NDArray[np.bool_]

_STAGE = "training models to compare groups"


@dataclass(frozen=True)
class Granted:
    """The holdout rows whose outcome is known, (rows,), and which of these two models grant it, (2, known rows): one
    trained on train rows, one on synthetic ones."""

    known: Booleans
    decisions: Booleans


def grant(aligned: Aligned, outcome: Outcome, *, seed: int, progress: Progress = silent) -> Granted | str:
    """Have two models decide over the holdout; or say why they can't.

    Each grants the favourable outcome to as many rows as hold it, those that it holds likeliest: so both are judged at
    the same volume, whatever rate they were trained on. They see all columns but the target, sensitive ones included.
    """
    names = [feature.name for feature in aligned.features if feature.name != outcome.column]
    if not names:
        return f"'{outcome.column}' is the only column that is learned; there is nothing to decide by."
    known = [codes >= 0 for codes in outcome.codes]
    if (smallest := min(int(mask.sum()) for mask in known)) < LEAST:
        return f"{smallest} rows with a known outcome are too few to train a model on; it takes {LEAST} of each table."
    seen = aligned.where(known).pick(names)
    good = [codes[mask] == 1 for codes, mask in zip(outcome.codes, known, strict=True)]
    if any(len(np.unique(each)) < 2 for each in good):
        return f"'{outcome.column}' does not vary in one of the tables; there is nothing to decide."
    train, holdout, synthetic = (design(seen.features, side) for side in (seen.train, seen.holdout, seen.synthetic))
    decisions = []
    for done, (rows, positive) in enumerate(((train, good[0]), (synthetic, good[2]))):
        scores = fitted_scores(rows, positive, holdout, seed=seed)
        decisions.append(scores >= np.sort(scores)[-int(good[1].sum())])
        progress(_STAGE, (done + 1) / 2)
    return Granted(known[1], np.array(decisions))
