"""Rejection: rows of a model, drawn again until they are as likely as a tilt holds them to be real.

Von Neumann 1951, "Various techniques used in connection with random digits"; weights and draws are capped.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes
from twinfold.synthesis.engines.trees import TreesModel
from twinfold.synthesis.leaves import as_bins
from twinfold.synthesis.tilt import Tilt

Array = npt.NDArray[Any]

CANDIDATES, MOST_WEIGHT = 8, 2.5
"""Draws of a row, at most, and how many times likelier among real rows than among drawn ones one may count."""


def draw_codes(
    model: TreesModel,
    context: Codes,
    rng: np.random.Generator,
    allowed: Mapping[int, npt.NDArray[np.float32]] | None = None,
) -> Codes:
    """What a model says of rows, given their context, (columns, rows), and which codes are `allowed`."""
    given = dict(enumerate(context))
    return model.sample(context.shape[1], allowed=allowed or {}, given=given, rng=rng).codes[len(context) :]


def draw_tilted(
    tilt: Tilt,
    columns: Sequence[CodeColumn],
    context: Codes,
    draw: Callable[[Array], tuple[Codes, Array]],
    rng: np.random.Generator,
) -> tuple[Codes, Array]:
    """What `draw` gives for each row, rejected and drawn again until it is as likely as a tilt holds it to be real.

    Of a row of which all draws are rejected one of them is taken, the likelier the likelier it is real. `draw` takes
    places of rows and gives their codes, (columns, rows), and a number for each.
    """
    known, left = len(context), np.arange(context.shape[1])
    before = tilt.narrow(as_bins(columns[:known], context))
    best = np.full(len(left), -np.inf)
    codes, numbers = draw(left)
    chosen, beside = codes.copy(), numbers.copy()
    for attempt in range(CANDIDATES):
        if attempt:
            codes, numbers = draw(left)
        scores = tilt.scores_beside(before, left, as_bins(columns[known:], codes), known)
        taken = np.log(rng.random(len(left))) < scores - np.log(MOST_WEIGHT)
        value = np.where(taken, np.inf, scores + rng.gumbel(size=len(left)))
        better = value > best[left]
        chosen[:, left[better]], beside[left[better]] = codes[:, better], numbers[better]
        best[left] = np.maximum(value, best[left])
        left = left[~taken]
        if not len(left):
            break
    return chosen, beside
