"""Customers of linked tables drawn with parity: see `fairness`. Their rows in other tables come with them."""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from twinfold.errors import OptionError
from twinfold.synthesis.fairness import MOST_TRIED, Parity, seek_parity, take_wanted
from twinfold.synthesis.linked_conditions import LinkedCondition, Store, read_condition, with_numbers
from twinfold.synthesis.population import Part, Population, join_populations, take_customers

Draw = Callable[[int, np.random.Generator, LinkedCondition | None], Population]
"""Gives so many customers, who obey a condition, if any."""

PILOT = 20_000
"""Customers drawn to learn how frequent groups and outcomes are."""


def seek_linked_parity(
    parts: Sequence[Part], fair: str, where: str | None, *, draw: Draw, store: Store, rng: np.random.Generator
) -> Parity:
    """Find the shares of customers that a user asks for; see `fairness.seek_parity`.

    Args:
        parts: what was learned; the customers' first.
        fair: an outcome and groups of customers.
        where: what every customer obeys besides, or None.
        draw, store: see `linked_conditions.draw_obeying`.
        rng: source of chance.

    Raises:
        OptionError, SchemaError, ConditionError: as there.
    """
    condition = None if where is None else read_condition(where, parts)
    if parts[0].codebook.encodings:
        known = None if condition is None else condition.whole
        return seek_parity(
            fair,
            parts[0].codebook,
            lambda rows: _stored(parts, draw(rows, rng, condition), store, rng)[1],
            where=known,
            pilot=PILOT,
        )
    raise OptionError(f"{parts[0].table.name} has no learned column to be fair by; fit it with some")


def draw_fairly(
    parts: Sequence[Part],
    parity: Parity,
    where: str | None,
    places: tuple[int, int],
    *,
    draw: Draw,
    store: Store,
    rng: np.random.Generator,
) -> Population:
    """The customers of the places from one to another, not included, with such shares of groups and outcomes.

    They are drawn as ever, and kept while their cell wants some; those of cells too rare for that by themselves.
    """
    condition = None if where is None else read_condition(where, parts)
    rows, tried, kept = places[1] - places[0], 0, []
    wanted = np.array(parity.balance.counts(*places))
    while wanted.any() and tried < MOST_TRIED * rows:
        drawn, frame = _stored(parts, draw(rows, rng, condition), store, rng)
        chosen, wanted = take_wanted(parity.place(frame, parts[0].codebook), wanted)
        kept.append(take_customers(parts, drawn, chosen))
        tried += rows
    for cell in np.flatnonzero(wanted):
        asked = str(parity.balance.parts[cell])
        text = asked if where is None else f"({where}) and ({asked})"
        own = draw(int(wanted[cell]), rng, read_condition(text, parts))
        kept.append(with_numbers(parts[0], own, rng))
    return take_customers(parts, join_populations(parts, kept), rng.permutation(rows))


def _stored(
    parts: Sequence[Part], drawn: Population, store: Store, rng: np.random.Generator
) -> tuple[Population, pl.DataFrame]:
    """Customers with all numbers of theirs drawn, and their own table as it will be stored."""
    known = with_numbers(parts[0], drawn, rng)
    return known, store(parts[:1], known)[parts[0].table.name]
