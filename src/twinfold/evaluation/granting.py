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

PARTS = 5
"""Random parts of a table that models are trained on besides, each on one: they show what another draw of rows does."""

_STAGE = "training models to compare groups"


@dataclass(frozen=True)
class Granted:
    """Which of the holdout rows whose outcome is `known`, (rows,), models grant it to.

    `decisions`: (2, 1 + PARTS, known rows), of models trained on train rows, then on synthetic ones: on all of them,
    then on each part.
    """

    known: Booleans
    decisions: Booleans


def grant(aligned: Aligned, outcome: Outcome, *, seed: int, progress: Progress = silent) -> Granted | str:
    """Have models decide over the holdout; or say why they can't.

    Each grants the favourable outcome to as many rows as hold it, those that it holds likeliest: so all are judged at
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
    owners = seen.owners or [np.arange(rows) for rows in seen.rows]
    parts = [owner % PARTS for owner in owners]
    if any(len(np.unique(g[p == part])) < 2 for g, p in zip(good, parts, strict=True) for part in range(PARTS)):
        return f"'{outcome.column}' hardly varies in one of the tables; there is nothing to decide."
    train, holdout, synthetic = (design(seen.features, side) for side in (seen.train, seen.holdout, seen.synthetic))
    decisions = np.zeros((2, 1 + PARTS, len(good[1])), bool)
    for side, (rows, positive, part) in enumerate(((train, good[0], parts[0]), (synthetic, good[2], parts[2]))):
        for own in range(1 + PARTS):
            taken = part == own - 1 if own else np.full(len(part), True)
            scores = fitted_scores(rows[taken], positive[taken], holdout, seed=seed)
            likeliest = np.argsort(-scores, kind="stable")[: int(good[1].sum())]  # rows are in random order: ties, too
            decisions[side, own, likeliest] = True
            progress(_STAGE, (side + (own + 1) / (1 + PARTS)) / 2)
    return Granted(known[1], decisions)
