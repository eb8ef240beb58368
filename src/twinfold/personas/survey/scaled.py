"""Likert items of a behaviour: utility becomes points by a scale that is measured, or else assumed and called so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.behaviour import Behaviour
from twinfold.errors import DataError, TwinfoldError
from twinfold.personas.answer import Mark
from twinfold.personas.deciding import Estimates
from twinfold.personas.offer import Terms
from twinfold.personas.speaking import Draft
from twinfold.personas.survey.doubt import DRAWS, ROWS, is_binary, systematic
from twinfold.personas.survey.estimated import check_behaviour, label_of, utility
from twinfold.personas.survey.expectations import Expectations
from twinfold.personas.survey.labelled import labelled_numbers, place_of, read_labelled
from twinfold.personas.survey.measurement import Scale, assume_scale, chances_of, cut_again, measure_scale
from twinfold.personas.survey.panel import Panel
from twinfold.personas.survey.quoting import say_options
from twinfold.personas.survey.responses import Responses
from twinfold.personas.survey.specification import Item
from twinfold.personas.voices.template import Turn

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

CUT_BY = 20_000
"""Customers, in proportion to their weights, by whom assumed thresholds are cut, at most."""

LOGISTIC = np.pi / np.sqrt(3)
"""The standard deviation of a logistic number."""

LITTLE = 0.05
"""The p-value below which a scale is said not to fit its real answers."""


@dataclass(frozen=True)
class Cut:
    """A scale, and what it is in each draw of what is not known, the likeliest first: thresholds, (1 + draws, points -
    1), and slopes, (1 + draws,)."""

    scale: Scale
    thresholds: Floats
    slopes: Floats


def cut_scale(item: Item, panel: Panel, expectations: Expectations, terms: Terms, beside: Path) -> Cut:
    """The scale of an item: measured by labelled answers, else cut so that assumed shares come out of all customers.

    Raises `DataError` where labelled answers are none, or tell no scale; `SpecificationError` as `check_behaviour`.
    """
    behaviour = check_behaviour(item, expectations.behaviours)
    if item.labelled is not None:
        scale = _measure(item, behaviour, terms, beside)
        thresholds, slopes = scale.draw(DRAWS, np.random.default_rng(1))
        return Cut(scale, np.concatenate([scale.thresholds[None], thresholds]), np.append(scale.slope, slopes))
    points = len(item.scale)
    shares = np.array(item.shares) if item.shares else np.full(points, 1 / points)
    every = systematic(panel.every, min(panel.memory.count, CUT_BY))
    found = expectations.deciding.estimate(str(item.behaviour), terms, every)
    known = np.isfinite(found.value)
    if not known.any():
        raise DataError(f"item {item.id!r}: {' '.join(found.notes) or 'nothing can be said of anybody'}")
    doubt = expectations.doubt(str(item.behaviour), terms)
    assert doubt is not None
    slope = 1.0 if is_binary(behaviour) else LOGISTIC / doubt.model.regression.scale
    own = assume_scale(utility(behaviour, found.value[known]), shares, np.ones(int(known.sum())), slope)
    some = every[known][np.linspace(0, known.sum() - 1, min(int(known.sum()), ROWS)).astype(np.int64)]
    again = cut_again(doubt.draw_scores(some), shares, own.thresholds, slope)
    # So few say where thresholds move to, and not where they are
    return Cut(own, own.thresholds + again - again[:1], np.full(len(again), slope))


def _measure(item: Item, behaviour: Behaviour, terms: Terms, beside: Path) -> Scale:
    asked, place = item.labelled, place_of(item)
    assert asked is not None
    frame, answer = read_labelled(item, beside)
    if asked.score is not None:
        score = labelled_numbers(asked, frame, place)
    else:
        fixed = [pl.lit(value).alias(column) for column, value in terms.items() if column not in frame.columns]
        try:
            expected = behaviour.forecast(frame.with_columns(fixed)).prediction
        except TwinfoldError as error:
            raise DataError(f"{place}: {error}") from None
        known = np.isfinite(expected)
        score, answer = utility(behaviour, expected[known]), answer[known]
    return measure_scale(score, answer, len(item.scale), place)


def answer_on_scale(item: Item, panel: Panel, expectations: Expectations, found: Estimates, cut: Cut) -> Responses:
    """What a panel says to a Likert item of a behaviour, of which `found` is expected.

    How often each point is answered is reckoned from how likely each customer answers it. Each one's own answer is
    drawn once, by the luck by which they say yes or no to that behaviour: whoever would rather says so everywhere.
    """
    behaviour, terms = expectations.behaviours[found.behaviour], dict(found.terms)
    known, points = np.isfinite(found.value), len(item.scale)
    chances, low, high = (
        np.where(known[:, None], cut.scale.chances(utility(behaviour, np.nan_to_num(each, nan=0.5))), np.nan)
        for each in (found.value, found.lower, found.upper)
    )
    place = (1 - expectations.luck(found.behaviour))[:, None] > np.cumsum(chances, axis=1)[:, :-1]
    words = [item.scale[at] if told else None for at, told in zip(place.sum(axis=1).tolist(), known, strict=True)]
    numbers = np.arange(1, points + 1)
    ends = np.sort(np.stack([low @ numbers, high @ numbers]), axis=0)
    doubt = expectations.doubt(found.behaviour, terms)
    assert doubt is not None

    def told(scores: Floats, draw: npt.NDArray[np.int64]) -> Floats:
        made = chances_of(cut.thresholds[draw], cut.slopes[draw], scores)
        return np.concatenate([made, (made @ numbers)[..., None]], axis=-1)

    return Responses(
        item,
        pl.Series(words, dtype=pl.String),
        chances @ numbers,
        item.scale,
        chances,
        seen=False,
        mark=Mark.MODEL,
        label=f"{label_of(found)}; {describe_scale(cut.scale)}",
        lower=ends[0],
        upper=ends[1],
        quote=_quote(item, panel, words, expectations.say(found.behaviour, terms, item.question)),
        unknown=lambda rows, weight: doubt.ends(rows, weight, told),
        supported=float(found.in_support[known].mean()),
        scale=cut.scale,
        notes=(*_notes(item, cut.scale), *found.notes),
    )


def _quote(item: Item, panel: Panel, words: Sequence[str | None], drafts: Sequence[Draft]) -> pl.Series:
    """Each one's point in a sentence, and the reasons, without the yes or no that was not asked for."""
    said = []
    for key, word, draft in zip(panel.keys, words, drafts, strict=True):
        reasons = draft.text.removeprefix(draft.lead).strip()
        turn = Turn(panel.seed, key, item.question)
        said.append(None if word is None else f"{say_options(turn, [word])} {reasons}")
    return pl.Series(said, dtype=pl.String)


def describe_scale(scale: Scale) -> str:
    """What stands behind a scale."""
    return f"scale measured on {scale.answers:,} answers" if scale.measured else "scale assumed"


def _notes(item: Item, scale: Scale) -> list[str]:
    if not scale.measured:
        if item.thresholds_of is not None:
            return [f"Points are cut as those of {item.thresholds_of!r}, which are assumed."]
        how = "the shares that you give" if item.shares else "all points being as likely"
        return [
            f"No real answers stand behind the points: they are cut so that all customers together answer them by {how}"
            ". What is told is how personas differ, or offers that are cut alike; the level is assumed."
        ]
    notes = []
    error = float(np.sqrt(scale.covariance[-1, -1]))
    low, high = scale.slope - 1.96 * error, scale.slope + 1.96 * error
    if low <= 0 <= high:
        notes.append(
            f"Real answers hardly follow what the behaviour expects (slope {scale.slope:.2f} [{low:.2f}, {high:.2f}]): "
            "personas are told apart by little."
        )
    elif high < 0:
        notes.append(
            f"Real answers fall where the behaviour expects more (slope {scale.slope:.2f} [{low:.2f}, {high:.2f}]): is "
            "the scale given from the least to the most?"
        )
    if scale.fits < LITTLE:
        notes.append(
            f"The scale does not fit its {scale.answers:,} real answers well (p = {scale.fits:.2g}): one slope for all "
            "points is too simple, and shares of single points may be off."
        )
    return notes
