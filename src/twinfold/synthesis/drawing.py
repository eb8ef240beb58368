"""Drawing synthetic rows from a learned table: freely, under a condition, or around given columns.

A chain draws its columns in one order. What is asked of a late column is met by importance resampling (Doucet and
Johansen 2009, "A tutorial on particle filtering and smoothing"): each column that a condition names is drawn among what
is admitted, rows carry the probability of that as a weight, and rows are kept in proportion to their weights. The
effective sample size says how many independent rows the kept ones are worth.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import ConditionError, unknown_name
from twinfold.protocols import Codes, Draw, Model
from twinfold.synthesis.conditions import AdmittedLevels, Clause, Condition
from twinfold.synthesis.encoding.category import CategoryEncoding
from twinfold.synthesis.encoding.codebook import Codebook, Encoding
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.resampling import Choice, choose_rows
from twinfold.tables.values import to_values

Array = npt.NDArray[Any]

PILOT = 2_000
"""Rows that a clause is tried with, to learn how likely it is and how uneven its weights are."""

MOST = 200
"""Rows that may be drawn for each one that is kept, before a condition is refused as too rare."""


@dataclass(frozen=True)
class Drawn:
    """Rows in their stored form.

    `effective`: how many independent draws they are worth; None where nothing was asked. `share`: that of customers who
    obey, or all. `choice`: the candidates that each was chosen among; None where no columns were given.
    """

    frame: pl.DataFrame
    effective: float | None = None
    share: float = 1.0
    choice: Choice | None = None


@dataclass(frozen=True)
class DrawnCodes:
    """Rows in codes, (columns, rows), the encodings to decode them with, and how many independent draws they are worth.

    `restricted`: by column, in place of the learned ones. `share`: that of customers who are as was asked, about.
    """

    codes: Codes
    restricted: Mapping[str, Encoding]
    effective: float
    share: float


@dataclass(frozen=True)
class _Aim:
    """A clause in codes: the encodings that yield only what it admits, and how much of each code that is."""

    restricted: Mapping[str, Encoding]
    allowed: Mapping[int, npt.NDArray[np.float32]]


def draw_rows(
    model: Model,
    codebook: Codebook,
    rows: int,
    *,
    condition: Condition | None,
    given: pl.DataFrame | None,
    rng: np.random.Generator,
    start: int,
    seed: int,
) -> Drawn:
    """Draw rows, stored as the real table is.

    Args:
        model: what an engine learned.
        codebook: what codes mean.
        rows: how many; as many as `given` has, where it is given.
        condition: what every row must obey, or None.
        given: columns that are fixed row by row, stored as in the table, or None.
        rng: source of chance.
        start, seed: which rows of which stream these are, for made-up columns.

    Raises:
        ConditionError: nothing like what is asked for was learned.
    """
    if given is not None:
        return _draw_given(model, codebook, given, condition, rng=rng, start=start, seed=seed)
    if condition is None:
        drawn = model.sample(rows, allowed={}, given={}, rng=rng)
        return Drawn(codebook.decode(drawn.codes, rng=rng, start=start, seed=seed))
    return _draw_where(model, codebook, rows, condition, rng=rng, start=start, seed=seed)


def _aim(codebook: Codebook, clause: Clause) -> _Aim | None:
    """The clause in codes; None where it admits nothing that was learned."""
    place = {name: j for j, name in enumerate(codebook.learned)}
    restricted: dict[str, Encoding] = {}
    allowed: dict[int, npt.NDArray[np.float32]] = {}
    for name, admitted in clause.items():
        encoding = codebook.encodings[name]
        assert not isinstance(encoding, FilledEncoding)  # the parser refuses conditions on made-up columns
        restricted[name], weights = encoding.restrict(admitted)  # type: ignore[arg-type]
        if not weights.any():
            return None
        if name in place:
            allowed[place[name]] = weights
    return _Aim(restricted, allowed)


def _draw_where(
    model: Model,
    codebook: Codebook,
    rows: int,
    condition: Condition,
    *,
    rng: np.random.Generator,
    start: int,
    seed: int,
) -> Drawn:
    frames: list[pl.DataFrame] = []
    effective, share = 0.0, 1.0
    for drawn in draw_codes(model, codebook, rows, condition, rng):
        begin = start + sum(frame.height for frame in frames)
        frames.append(codebook.decode(drawn.codes, rng=rng, start=begin, seed=seed, restricted=drawn.restricted))
        effective, share = effective + drawn.effective, drawn.share
    return Drawn(shuffle(frames, codebook, rng), effective, share)


def draw_codes(
    model: Model, codebook: Codebook, rows: int, condition: Condition, rng: np.random.Generator
) -> Iterator[DrawnCodes]:
    """Draw rows that obey a condition, as codes, clause by clause. Raises `ConditionError` where it is met by none."""
    aims = [aim for clause in condition.clauses() if (aim := _aim(codebook, clause)) is not None]
    pilots = [model.sample(PILOT, allowed=aim.allowed, given={}, rng=rng) for aim in aims]
    mass = np.array([np.exp(pilot.log_weight).mean() for pilot in pilots])
    if not mass.sum() > 0:
        raise ConditionError(_nothing_like(codebook, condition))
    counts = rng.multinomial(rows, mass / mass.sum())
    for aim, pilot, count in zip(aims, pilots, counts, strict=True):
        if count:
            chosen, worth = _resample(model, aim, int(count), _evenness(pilot), rng)
            yield DrawnCodes(chosen, aim.restricted, worth, float(mass.sum()))


def shuffle(frames: Sequence[pl.DataFrame], codebook: Codebook, rng: np.random.Generator) -> pl.DataFrame:
    """One frame of several, its rows in random order; made-up columns, which number the rows, stay in theirs."""
    ordered = pl.concat(frames)
    frame = ordered[rng.permutation(ordered.height)]
    made_up = [name for name, encoding in codebook.encodings.items() if isinstance(encoding, FilledEncoding)]
    return frame.with_columns(ordered[name] for name in made_up) if len(frames) > 1 else frame


def number_anew(frame: pl.DataFrame, codebook: Codebook, *, start: int, seed: int) -> pl.DataFrame:
    """The rows with made-up columns as those from number `start` on have them, missing where they are."""
    made_up = {name: own for name, own in codebook.encodings.items() if isinstance(own, FilledEncoding)}
    return frame.with_columns(
        own.decode(codebook.encode_column(name, frame[name]), start=start, seed=seed).alias(name)
        for name, own in made_up.items()
    )


def keep_obeying(frame: pl.DataFrame, codebook: Codebook, condition: Condition) -> pl.DataFrame:
    """The rows that obey a condition as they are stored: all of them, but where a stored type rounds a value away."""
    values = {name: to_values(frame[name], codebook.table[name]) for name in condition.columns}
    holds = condition.holds(values)
    return frame if holds.all() else frame.filter(pl.Series(holds))


def _nothing_like(codebook: Codebook, condition: Condition) -> str:
    """Why nothing meets a condition: a level that was never learned, or too few customers for any draw to meet it."""
    for clause in condition.clauses():
        for name, admitted in clause.items():
            encoding = codebook.encodings[name]
            if (
                isinstance(admitted, AdmittedLevels)
                and isinstance(encoding, CategoryEncoding)
                and not admitted.excluded
            ):
                for level in sorted(admitted.levels - set(encoding.levels), key=str):
                    return unknown_name(
                        "level", str(level), map(str, encoding.levels), among=f"what {name} was learned to hold"
                    )
    return (
        f"no customer like {condition} was learned (none in {PILOT:,} draws); loosen the condition, "
        "or look at what the data holds with twinfold inspect"
    )


def _evenness(draw: Draw) -> float:
    """The effective sample size of weighted rows, as a share of the rows (Kish 1965)."""
    weight = np.exp(draw.log_weight - draw.log_weight.max())
    return float(weight.sum() ** 2 / (weight**2).sum() / len(weight))


def _resample(model: Model, aim: _Aim, count: int, evenness: float, rng: np.random.Generator) -> tuple[Array, float]:
    """Codes of `count` rows in proportion to their weights, and the effective sample size behind them."""
    factor = min(MOST, 1 if evenness > 0.999 else 1 + 3 / evenness)
    drawn = model.sample(int(np.ceil(count * factor)), allowed=aim.allowed, given={}, rng=rng)
    if evenness > 0.999:
        return drawn.codes, float(count)
    weight = np.exp(drawn.log_weight - drawn.log_weight.max())
    ends = np.cumsum(weight)
    places = (np.arange(count) + rng.random()) / count * ends[-1]  # systematic: Kitagawa 1996
    chosen = np.searchsorted(ends, places, side="right").clip(0, len(ends) - 1)
    return drawn.codes[:, chosen], min(float(count), _evenness(drawn) * len(weight))


def _draw_given(
    model: Model,
    codebook: Codebook,
    given: pl.DataFrame,
    condition: Condition | None,
    *,
    rng: np.random.Generator,
    start: int,
    seed: int,
) -> Drawn:
    place = {name: j for j, name in enumerate(codebook.learned)}
    known = {place[name]: codebook.encode_column(name, given[name]) for name in given.columns if name in place}
    aim = _Aim({}, {})
    if condition is not None:
        clauses = condition.clauses()
        if len(clauses) > 1:
            raise ConditionError(f"{condition} beside given columns: only 'and' between tests of one column each")
        named = set(clauses[0]) & set(given.columns)
        if named:
            raise ConditionError(
                f"column {min(named)!r} is given row by row, so no condition can name it; drop one of both"
            )
        found = _aim(codebook, clauses[0])
        if found is None:
            raise ConditionError(f"no customer like {condition} was learned; loosen the condition")
        aim = found
    choice = choose_rows(model, known, given.height, len(place), allowed=aim.allowed, draws=1, rng=rng)
    lost = np.flatnonzero(choice.effective == 0)
    if len(lost):
        raise ConditionError(
            f"no customer like row {start + lost[0] + 1} of the given ones obeys {condition}; loosen it"
        )
    frame = codebook.decode(choice.codes[0], rng=rng, start=start, seed=seed, restricted=aim.restricted)
    return Drawn(frame.with_columns(given.get_columns()), choice=choice)
