"""Answers: what customers take, and say of it in the first person, a row each; and some of them as quotes.

The concept, its reason and its price are settled before; a template gives them words, and every number in it is a
concept's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.personas.answer import Mark
from twinfold.personas.concepts.choice_set import ChoiceSet
from twinfold.personas.concepts.particulars import say_particular, say_price
from twinfold.personas.concepts.picks import Picks
from twinfold.personas.concepts.respondents import Respondents
from twinfold.personas.concepts.result import Quote
from twinfold.personas.concepts.weighing import Weighed

if TYPE_CHECKING:
    import numpy.typing as npt

MOVED = (
    "I'd take {name}, above all for {reason}",
    "{name}, for me: what counts most is {reason}",
    "What matters most to me is {reason}, so I'd take {name}",
    "For {reason} I'd go with {name}",
)
"""Said by whoever has a reason."""

UNMOVED = (
    "I'd take {name}, though nothing that sets it apart speaks for it with me",
    "{name}, I suppose; what sets it apart is not why",
)
"""Said by whoever has none."""

INDIFFERENT = ("They are all the same to me; I'd take {name}", "I see no difference, so {name} will do")
"""Said where nothing sets concepts apart."""

TORN = ("It's a close call. ", "I could go either way. ")

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
            _say_picks(choice_set, picks),
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


def _say_picks(choice_set: ChoiceSet, picks: Picks) -> pl.Series:
    """A sentence of each customer."""
    ways = len(MOVED) * len(TORN)
    way = np.minimum((picks.words * ways).astype(np.int64), ways - 1)
    said = np.stack([picks.concept, picks.reason, picks.price, picks.torn, way], axis=1)
    every, which = np.unique(said, axis=0, return_inverse=True)
    texts = [_say(choice_set, *row) for row in every.tolist()]
    return pl.Series("sentence", texts, dtype=pl.String)[which.ravel()]


def _say(choice_set: ChoiceSet, concept: int, reason: int, price: int, torn: int, way: int) -> str:
    name, features = choice_set.names[concept], choice_set.features
    templates = INDIFFERENT if not features else MOVED if reason >= 0 else UNMOVED
    why = say_particular(choice_set, concept, features[reason]) if reason >= 0 else ""
    text = templates[way % len(templates)].format(name=name, reason=why)
    if price >= 0:
        text += f"; {say_price(choice_set, concept, features[price])}"
    return f"{TORN[way // len(MOVED)] if torn and features else ''}{text}."
