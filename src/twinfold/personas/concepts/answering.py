"""Answering: what customers take and say, a row each, and some of them as quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.personas.answer import Mark
from twinfold.personas.concepts.choice_set import ChoiceSet
from twinfold.personas.concepts.picks import Picks
from twinfold.personas.concepts.respondents import Respondents
from twinfold.personas.concepts.result import Quote
from twinfold.personas.concepts.sentences import say_picks
from twinfold.personas.concepts.weighing import Weighed

if TYPE_CHECKING:
    import numpy.typing as npt

QUOTES = 3
"""Answers that are shown of each concept."""


def list_answers(
    choice_set: ChoiceSet,
    label: str,
    respondents: Respondents,
    weighed: Weighed,
    picks: Picks,
    rows: npt.NDArray[np.int64],
) -> pl.DataFrame:
    """What some people take and say, a row each; see `result.ConceptTest`.

    Args:
        choice_set, label: the concepts, and what their attributes' effects rest on.
        respondents, weighed: everybody, and how likely they take each concept.
        picks, rows: what those take who answer, (rows,) of the respondents.
    """
    names = pl.Series([*respondents.personas, ""], dtype=pl.String)
    chances = weighed.chance[:, rows].astype(np.float32)
    return pl.DataFrame(
        [
            respondents.customers[rows].alias("customer"),
            names[respondents.persona[rows]].alias("persona"),
            pl.Series("choice", choice_set.names, dtype=pl.String)[picks.concept],
            *(pl.Series(f"probability of {name}", chances[row]) for row, name in enumerate(choice_set.names)),
            say_picks(choice_set, picks),
            pl.repeat(str(Mark.MODEL), len(rows), eager=True).alias("mark"),
            pl.repeat(label, len(rows), eager=True).alias("identification"),
        ]
    )


def quote_some(choice_set: ChoiceSet, picks: Picks, answers: pl.DataFrame) -> tuple[Quote, ...]:
    """Of the commonest reasons for each concept one answer each, of whoever is in the middle of those who give it."""
    out = []
    for row, name in enumerate(choice_set.names):
        takers = np.flatnonzero(picks.concept == row)
        grounds = np.stack([picks.reason[takers], picks.price[takers]], axis=1)
        _, which, counts = np.unique(grounds, axis=0, return_inverse=True, return_counts=True)
        for place in np.argsort(-counts, kind="stable")[:QUOTES].tolist():
            alike = takers[which.ravel() == place]
            chances = answers[f"probability of {name}"].to_numpy()[alike]
            said = answers.row(int(alike[np.argsort(chances, kind="stable")[len(alike) // 2]]), named=True)
            chance = said[f"probability of {name}"]
            share = len(alike) / len(takers)
            out.append(Quote(str(said["customer"]), said["persona"], name, chance, said["sentence"], share))
    return tuple(out)
