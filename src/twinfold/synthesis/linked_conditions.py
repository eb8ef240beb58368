"""Customers of linked tables that obey a condition.

What customers' rows in other tables amount to is known once they are drawn, and those of whom a condition does not hold
are drawn again. That keeps all that choosing made alike, the shares among it, and is also done where the condition is
on the customers' own columns and many obey. Where few do, these are drawn exactly, as for one table (`drawing`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import ConditionError, OptionError
from twinfold.protocols import LikelihoodModel
from twinfold.synthesis.balance import Balance, read_balance
from twinfold.synthesis.conditions import Condition, Summary, parse
from twinfold.synthesis.differences import measured_columns
from twinfold.synthesis.drawing import draw_codes
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.hierarchy import elsewhere_of
from twinfold.synthesis.population import (
    Part,
    Population,
    children_of,
    counted_from,
    draw_rows,
    join_populations,
    owners_of,
    take_customers,
)
from twinfold.tables.schema import Table, Treatment
from twinfold.tables.values import to_numbers, to_values

Array = npt.NDArray[Any]
Store = Callable[[Sequence[Part], Population], Mapping[str, pl.DataFrame]]
"""Gives the stored tables of some parts, by name."""

Draw = Callable[[int, np.random.Generator], Population]

BATCH = 10_000
"""Customers drawn at a time, at most."""

LEAST_TRIED, MOST = 10_000, 200
"""Customers that may be drawn in all, and for each that is kept, before a condition is refused as too rare."""


COMMON, PILOT = 0.25, 2_000
"""The share of customers from which on a condition on their own columns is met by drawing again; drawn to tell."""


@dataclass(frozen=True)
class LinkedCondition:
    """What is asked of customers: all of it, and the part that can be drawn exactly, if any."""

    whole: Condition
    exact: Condition | None


def read_condition(text: str, parts: Sequence[Part]) -> LinkedCondition:
    """Read a condition on customers and on what their rows in other tables amount to. Raises `ConditionError`."""
    root, *below = _askable(parts)
    whole = parse(text, root, below)
    exact, _ = whole.split(set(parts[0].codebook.learned) - set(measured_columns(root)))
    return LinkedCondition(whole, exact)


@dataclass(frozen=True)
class Shares:
    """Shares of customers, and what each part of them obeys."""

    balance: Balance
    conditions: tuple[LinkedCondition, ...]


def read_shares(text: str, where: str | None, parts: Sequence[Part]) -> Shares:
    """Read shares that levels of a column of the customers shall have, all of whom obey `where`; see `read_balance`.

    Raises `ConditionError` and `OptionError`.
    """
    root = parts[0]
    balance = read_balance(text, root.codebook, where=None)
    column = balance.parts[0].columns[0]
    if column in measured_columns(root.table):
        raise OptionError(f"column {column!r} can't be balanced: it is drawn as a distance; ask for it with --where")
    if where is not None and column in read_condition(where, parts).whole.columns:
        raise ConditionError(f"column {column!r} is named by the condition and by the balance; drop one of both")
    texts = [str(part) if where is None else f"({where}) and ({part})" for part in balance.parts]
    return Shares(balance, tuple(read_condition(each, parts) for each in texts))


def _askable(parts: Sequence[Part]) -> list[Table]:
    """The tables, with the columns that point to other tables as what they are, made up, and those never drawn."""
    tables = [part.table for part in parts]
    elsewhere = elsewhere_of(tables, [part.link for part in parts], [part.turned for part in parts])
    out = []
    for table in tables:
        fate = dict.fromkeys((*elsewhere[table.name], *filter(None, [table.key])), Treatment.FAKE)
        if table is tables[0] and table.time is not None:
            fate[table.time] = Treatment.DROP
        columns = tuple(c.model_copy(update={"treatment": fate.get(c.name, c.treatment)}) for c in table)
        out.append(table.model_copy(update={"columns": columns}))
    return out


def draw_obeying(
    parts: Sequence[Part],
    model: LikelihoodModel | None,
    n: int,
    condition: LinkedCondition,
    *,
    draw: Draw,
    store: Store,
    rng: np.random.Generator,
) -> Population:
    """Draw n customers who obey a condition, with their rows.

    Args:
        parts, model: what was learned; see `linked.LinkedSynthesizer`.
        n: how many customers.
        condition: what each of them obeys.
        draw: gives so many customers of whom nothing is asked.
        store: gives the values of what is drawn as they will be stored, always the same.
        rng: source of chance.

    Raises:
        ConditionError: too few obey it among those drawn.
    """
    exact = None if model is None else condition.exact
    if model is not None and exact is not None and _is_common(exact, parts[0], model, store, rng):
        exact = None
    kept: list[Population] = []
    size, tried, have = min(BATCH, n + 16), 0, 0
    while have < n:
        if model is None or exact is None:
            drawn = with_numbers(parts[0], draw(size, rng), rng)
        else:
            drawn = _draw_exactly(parts, model, size, exact, rng)
        places = np.flatnonzero(_holds(condition.whole, parts, drawn, store))
        tried, have = tried + drawn.size, have + len(places)
        kept.append(take_customers(parts, drawn, places))
        if have < n and tried >= LEAST_TRIED and n * tried > have * max(LEAST_TRIED, MOST * n):
            raise ConditionError(_too_rare(condition.whole, exact, have, tried, n))
        size = min(BATCH, int(1.1 * (n - have) * tried / max(have, 1)) + 16)
    return take_customers(parts, join_populations(parts, kept), np.arange(n))


def _is_common(exact: Condition, root: Part, model: LikelihoodModel, store: Store, rng: np.random.Generator) -> bool:
    """Whether many customers obey a condition on their own columns."""
    drawn = with_numbers(root, Population(model.sample(PILOT, allowed={}, given={}, rng=rng).codes), rng)
    return float(_holds(exact, [root], drawn, store).mean()) >= COMMON


def _too_rare(whole: Condition, exact: Condition | None, obeying: int, tried: int, n: int) -> str:
    among = "" if exact is None else f" with {exact}"
    return (
        f"{whole} holds for {obeying:,} of {tried:,} customers drawn{among}, too rare for {n:,} of them "
        f"(1 in {MOST} is accepted, or {LEAST_TRIED:,} drawn in all); loosen the condition, or ask for fewer (-n)"
    )


def _draw_exactly(
    parts: Sequence[Part],
    model: LikelihoodModel,
    n: int,
    exact: Condition,
    rng: np.random.Generator,
) -> Population:
    """Draw n customers who obey a condition on their own columns, with their rows."""
    codebook = parts[0].codebook
    pieces = []
    for found in draw_codes(model, codebook, n, exact, rng):
        restricted = replace(codebook, encodings={**codebook.encodings, **found.restricted})
        pieces.append(with_numbers(replace(parts[0], codebook=restricted), Population(found.codes), rng))
    order = rng.permutation(n)  # clause by clause, so far
    return draw_rows(parts, take_customers(parts[:1], join_populations(parts[:1], pieces), order), rng)


def with_numbers(root: Part, drawn: Population, rng: np.random.Generator) -> Population:
    """Customers with all numbers of theirs drawn, so that what is stored of them is known."""
    encodings = root.codebook.encodings
    names = [*counted_from(root), *(name for name, own in encodings.items() if isinstance(own, NumberEncoding))]
    wanted = [name for name in dict.fromkeys(names) if name not in drawn.numbers]
    return replace(drawn, numbers=drawn.numbers | root.codebook.draw_numbers(drawn.codes, wanted, rng))


def _holds(condition: Condition, parts: Sequence[Part], drawn: Population, store: Store) -> npt.NDArray[np.bool_]:
    """Of which of the drawn customers a condition holds, (customers,)."""
    root = parts[0].table
    stored = store(_needed(parts, condition.summaries), drawn)
    owners = owners_of(parts, drawn)
    values = {name: to_values(stored[root.name][name], root[name]) for name in condition.columns if name in root.names}
    tables = {part.table.name: part.table for part in parts}
    for summary in condition.summaries:
        numbers = None
        if summary.of is not None:
            numbers = to_numbers(to_values(stored[summary.table][summary.of], tables[summary.table][summary.of]))
        found = _summarise(summary, owners[summary.table], numbers, drawn.size)
        values[summary.name] = pl.Series(found).fill_nan(None)
    return condition.holds(values)


def _needed(parts: Sequence[Part], summaries: Sequence[Summary]) -> list[Part]:
    """The customers, and the parts of which values are summarised, with those above them."""
    needed = {parts[0].table.name, *(summary.table for summary in summaries if summary.of is not None)}
    for part, link in reversed(children_of(parts)):
        if part.table.name in needed:
            needed.add(link.table)
    return [part for part in parts if part.table.name in needed]


def _summarise(summary: Summary, owner: Array, numbers: Array | None, customers: int) -> npt.NDArray[np.float64]:
    """What the rows of each customer amount to, (customers,), NaN where no row says anything.

    `owner`: the place of the customer whose each row is; `numbers`: of the column, NaN where missing; (rows,) both.
    """
    if numbers is None:
        return np.bincount(owner, minlength=customers).astype(np.float64)
    known = ~np.isnan(numbers)
    owner, numbers = owner[known], numbers[known]
    count = np.bincount(owner, minlength=customers)
    out = np.full(customers, np.nan)
    if summary.how in ("min", "max"):
        extreme, start = (np.minimum, np.inf) if summary.how == "min" else (np.maximum, -np.inf)
        found = np.full(customers, start)
        extreme.at(found, owner, numbers)
    else:
        found = np.bincount(owner, numbers, minlength=customers)
        if summary.how == "mean":
            found = found / np.maximum(count, 1)
        elif summary.decimals is not None:
            found = np.round(found, summary.decimals)
    out[count > 0] = found[count > 0]
    return out
