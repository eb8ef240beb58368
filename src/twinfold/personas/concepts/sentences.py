"""Sentences: what customers say of the concept that they take, in the first person.

The concept, its reason and its price are settled before; a template gives them words, and every number in it is a
concept's own.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from twinfold.personas.concepts.choice_set import ChoiceSet
from twinfold.personas.concepts.particulars import say_particular, say_price
from twinfold.personas.concepts.picks import Picks

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


def say_picks(choice_set: ChoiceSet, picks: Picks) -> pl.Series:
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
