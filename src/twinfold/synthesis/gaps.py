"""The gaps of a history: how much later a row comes than the one before, beside what is due meanwhile."""

from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.protocols import Codes
from twinfold.synthesis.clock import Clock
from twinfold.synthesis.dues import WHENS, find_when
from twinfold.synthesis.engines.trees import TreesModel
from twinfold.synthesis.rejection import draw_codes

Array = npt.NDArray[Any]

REDRAWS = 8
"""Times that a gap is drawn again, at most, until it ends when the model has said, by what is due."""


def draw_gaps(
    model: TreesModel, clock: Clock, before: Array, due: Array | None, known: Codes, rng: np.random.Generator
) -> tuple[Codes, Array]:
    """What the model of gaps says, (columns, rows), and when the next rows come, (rows,).

    Only what is due can come then, and a gap that ends at another time than the model has said is drawn again.

    Args:
        model: of gaps, or of when a row comes and the gap.
        clock: of the history.
        before: the times of the last rows.
        due: when something is, (rows, times), infinite for nothing; None where nothing ever is.
        known: what the model is given, (columns, rows).
        rng: chooses.
    """
    codes = draw_codes(model, known, rng)
    if due is None:
        return codes, end_gaps(clock, before, None, codes, rng)
    last = 2 * np.isfinite(due).sum(axis=1)  # when a row may come at the latest, by so many times
    for latest in np.unique(last[codes[0] > last]):
        rows, admitted = (codes[0] > last) & (last == latest), np.arange(WHENS) <= latest
        codes[:, rows] = draw_codes(model, known[:, rows], rng, {len(known): admitted.astype(np.float32)})
    codes[0] = np.minimum(codes[0], last)  # what a model says that holds nothing admitted to be possible
    time = end_gaps(clock, before, due, codes, rng)
    for _ in range(REDRAWS):
        wrong = np.flatnonzero(find_when(due, time) != codes[0])
        if not len(wrong):
            break
        given = np.concatenate([known[:, wrong], codes[:1, wrong]])
        codes[1, wrong] = draw_codes(model, given, rng)[0]
        time[wrong] = end_gaps(clock, before[wrong], due[wrong], codes[:, wrong], rng)
    return codes, time


def end_gaps(clock: Clock, before: Array, due: Array | None, codes: Codes, rng: np.random.Generator) -> Array:
    """The times, (rows,), at which gaps after other times end, by their codes; arguments as of `draw_gaps`.

    Where something may be due, the first codes say when a row comes, one of `WHENS`, and the second the gap where
    that is not when something is due.
    """
    if due is None:
        return np.asarray(before + clock.decode_gap(codes[0], rng))
    when, gap = codes.astype(np.int64)
    on_time = when % 2 == 1
    other = before + clock.decode_gap(np.where(on_time, 0, gap), rng)
    return np.where(on_time, due[np.arange(len(when)), np.minimum(when // 2, due.shape[1] - 1)], other)
