"""Customers with their rows so far, of whom what comes next is drawn.

Every row that is given is gone through as in learning; from what is known after the last one, histories go on. Of a
customer it is also known that nothing came between the last row and the time up to which rows are given: a next row
that would have come by then is drawn again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import ConditionError, OptionError
from twinfold.protocols import Codes
from twinfold.synthesis.conditions.literals import typed
from twinfold.synthesis.conditions.tokens import Token
from twinfold.synthesis.differences import measure, read_numbers
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.given_customers import check_given
from twinfold.synthesis.hierarchy import find_parents
from twinfold.synthesis.past import Rows
from twinfold.synthesis.population import Part, Population, bind, children_of, counted_from, gather, no_rows
from twinfold.tables.keys import sort_rows
from twinfold.tables.orders import in_unit_of
from twinfold.tables.schema import Column, Kind
from twinfold.tables.values import DAY, format_value

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class SoFar:
    """What is given of customers.

    Attributes:
        customers: their codes, and the numbers that others are counted from.
        stored: by table, its given rows, up to the time from which on rows are drawn.
        frames: the same rows, with what birth numbers say in their place.
        rows: the same rows of child tables, their parents by place in the parents' frame.
        bases: by table, what tables below it count from; see `Part.bases`.
        spans: by table with a time that goes on, after when and until when its rows are drawn.
        notes: what was left aside, in plain words.
    """

    customers: Population
    stored: Mapping[str, pl.DataFrame]
    frames: Mapping[str, pl.DataFrame]
    rows: Mapping[str, Rows]
    bases: Mapping[str, Mapping[str, Array]]
    spans: Mapping[str, tuple[float, float]]
    notes: tuple[str, ...]

    def before(
        self, name: str, frame: pl.DataFrame, bases: Mapping[str, Array]
    ) -> tuple[pl.DataFrame, dict[str, Array]]:
        """The given rows of a table and behind them new ones, as they are stored; and what tables below count from."""
        both = pl.concat([self.frames[name].select(frame.columns), frame], how="vertical_relaxed")
        return both, {base: np.concatenate([self.bases[name][base], own]) for base, own in bases.items()}

    def free_key(self, part: Part, key: pl.Series, seed: int) -> pl.Series:
        """Keys for the new rows of a table, made up anew where that is how they come, so that no given row has one."""
        taken, encoding = self.frames[part.table.name][key.name], part.codebook.encodings[key.name]
        if not isinstance(encoding, FilledEncoding):
            return key
        rows = len(key)
        kept, have, start = [taken.clear()], 0, 0
        while have < rows:
            made = encoding.decode(np.zeros(rows, np.uint16), start=start, seed=seed).cast(taken.dtype)
            made = made.filter(~made.is_in(taken.implode()))
            kept.append(made)
            have, start = have + len(made), start + rows
            if start > MOST_TRIES * (rows + len(taken)):
                raise ConditionError(f"{part.table.name}: no keys are left beside the {len(taken):,} that are given")
        return pl.concat(kept).head(rows)


MOST_TRIES = 10
"""Keys that are made, at most, for each that is needed or taken."""


def read_so_far(
    parts: Sequence[Part], given: Mapping[str, pl.DataFrame], after: str | None, until: str | None
) -> SoFar:
    """Read what is given of customers: the tables as they are stored, by name.

    `after` is the time by which all is known, by default the last one that is given; `until` is that to which rows are
    drawn, by default the last one that was learned. Raises `ConditionError` for rows and `OptionError` for times that
    can't be gone on from.
    """
    root, notes = parts[0], list[str]()
    if not given[root.table.name].height:
        raise ConditionError(f"the given {root.table.name} has no row; give one at least")
    check_given(parts, given[root.table.name])
    found = _find_spans(parts, given, after, until)
    spans, ends = found.spans, found.given
    notes += found.notes
    stored = {root.table.name: given[root.table.name]}
    frames = {root.table.name: root.births.read(given[root.table.name])}
    measured = measure(frames[root.table.name], root.table, root.differences, {})
    numbers = {name: root.codebook.read_numbers(name, measured[name]) for name in counted_from(root)}
    customers = Population(root.codebook.encode(measured).codes, numbers)
    rows: dict[str, Rows] = {}
    bases: dict[str, Mapping[str, Array]] = {root.table.name: root.bases(numbers, None, {})}
    for part, link in children_of(parts):
        name, frame = part.table.name, part.births.read(given[part.table.name])
        parent = find_parents(frame, frames[link.table], part.table, link)
        time = None if part.table.time is None else read_numbers(frame, part.table[part.table.time])
        late = np.zeros(frame.height, bool) if time is None or name not in ends else time > ends[name]
        notes += _note_aside(part, link.table, int((parent < 0).sum()), int((late & (parent >= 0)).sum()))
        kept = (parent >= 0) & ~late
        order = np.flatnonzero(kept)[sort_rows(parent[kept], None if time is None else time[kept])]
        stored[name], frames[name], parent = given[name][order], frame[order], parent[order]
        time = time[order] if time is not None and part.history is not None and part.history.clock else None
        above = gather(bases[link.table], parent)
        rows[name] = part.read(measure(frames[name], part.table, part.differences, above), parent, time)
        bases[name] = part.bases(rows[name].numbers, time, above)
        if part.table.time is None:
            notes.append(f"{name}: its rows have no time, so that it does not go on: they are those that are given")
        elif part.history is None or part.history.clock is None:
            notes.append(f"{name}: too few rows were learned, so that it does not go on")
    return SoFar(customers, stored, frames, rows, bases, spans, tuple(notes))


def _note_aside(part: Part, above: str, lost: int, late: int) -> list[str]:
    found = []
    if lost:
        found.append(
            f"{part.table.name}: {lost:,} given rows have no parent among the given {above}, and are left aside"
        )
    if late:
        found.append(f"{part.table.name}: {late:,} given rows are later than that, and are left aside")
    return found


def draw_onward(parts: Sequence[Part], so_far: SoFar, rng: np.random.Generator) -> Population:
    """Draw what comes next in the child tables of given customers.

    A new row's parent is its place among the given rows of the parent's table, and behind them the new ones.
    """
    root = parts[0].table.name
    contexts: dict[str, Codes] = {root: so_far.customers.codes}
    bases: dict[str, Mapping[str, Array]] = {root: so_far.bases[root]}
    out = replace(so_far.customers, rows={})
    both: dict[str, Rows] = {}
    for part, link in children_of(parts):
        name, above, known = part.table.name, contexts[link.table], bases[link.table]
        own, history = so_far.rows[name], part.history
        if history is not None:
            part = replace(part, history=bind(history, both, known, above.shape[1], rng))
        new = _draw_new(part, above, known, so_far.frames[link.table].height, own, so_far.spans.get(name), rng)
        out.rows[name], both[name] = new, Rows.together([replace(own, names={}), replace(new, names={})])
        contexts[name] = np.concatenate([part.context(own, above), part.context(new, above)], axis=1)
        if part.told is not None:
            contexts[link.table] = np.concatenate([above, part.told.tell(both[name], above.shape[1])])
        found = part.bases(new.numbers, new.time, gather(known, new.parent))
        bases[name] = {base: np.concatenate([so_far.bases[name][base], found[base]]) for base in found}
    return out


def _draw_new(
    part: Part,
    above: Codes,
    known: Mapping[str, Array],
    given: int,
    own: Rows,
    span: tuple[float, float] | None,
    rng: np.random.Generator,
) -> Rows:
    """The new rows of parents, of whom so many are given and the others are new themselves."""
    if part.history is None:
        return no_rows(part)
    since, (after, until) = part.since(known), span or (-np.inf, np.inf)
    first, rest = (None, None) if since is None else (since[:given], since[given:])
    old, behind = np.split(np.arange(above.shape[1]), [given])
    drawn = part.history.among(behind).draw(above[:, given:], rng, rest, after=after, until=until)
    drawn = replace(drawn, parent=drawn.parent + given)
    if span is None:
        return drawn
    onward = part.history.among(old).go_on(above[:, :given], own, rng, first, after=after, until=until)
    return Rows.together([onward, drawn])


@dataclass(frozen=True)
class _Spans:
    """By table that goes on, after when and until when; by table with a time, up to when rows are given; and notes."""

    spans: dict[str, tuple[float, float]]
    given: dict[str, float]
    notes: list[str]


def _find_spans(
    parts: Sequence[Part], given: Mapping[str, pl.DataFrame], after: str | None, until: str | None
) -> _Spans:
    """Between when the rows of tables are drawn.

    What is given of dates and date-times ends with the last of all tables, what was learned with each table's own.
    """
    timed = [(part, part.table[part.table.time]) for part in parts[1:] if part.table.time is not None]
    clocks = {part.table.name: part.history.clock for part, _ in timed if part.history and part.history.clock}
    if not clocks:
        raise OptionError("no table of the model has a time by which its rows follow each other; none can be continued")
    known = _shared(timed, {part.table.name: _latest(given[part.table.name], column) for part, column in timed})
    shared = _shared(timed, {name: clock.end for name, clock in clocks.items() if clock.end is not None})
    ends = {part.table.name: _read(after, column, known[part.table.name], "after") for part, column in timed}
    out, refused = _Spans({}, ends, []), list[str]()
    for part, column in timed:
        name = part.table.name
        if name not in clocks:
            continue
        clock, last = clocks[name], shared[name]
        own = clock.end if clock.end is not None else last if np.isfinite(last) else clock.moments.edges[-1]
        last, day = max(own, last if np.isfinite(last) else own), DAY - 1 if column.kind is Kind.DATETIME else 0
        asked = _read(until, column, last, "until")
        said, most, learned = (format_value(value, column) for value in (asked, last, own))
        if asked > last + day:
            raise OptionError(
                f"until is {said}, and {name} was learned up to {most}: of later times nothing is known; ask for "
                f"{most} at most, or learn later rows"
            )
        stop = min(asked, own + day)
        if ends[name] < stop:
            out.spans[name] = (ends[name], stop)
            if stop < asked:
                out.notes.append(f"{name}: continued until {learned}, the last day that was learned of it")
            continue
        begun = f"up to {format_value(ends[name], column)}" if np.isfinite(ends[name]) else "nothing"
        refused.append(f"{name}: {begun} given, to be continued until {said}, and learned up to {learned}")
    if not out.spans:
        raise OptionError(f"{'; '.join(refused)[:400]}: give an earlier time as after, or a later one as until")
    out.notes.extend(f"{each}, so that it does not go on" for each in refused)
    return out


def _latest(frame: pl.DataFrame, column: Column) -> float:
    times = read_numbers(frame, column)
    return float(np.nanmax(times)) if (~np.isnan(times)).any() else -np.inf


def _shared(timed: Sequence[tuple[Part, Column]], found: Mapping[str, float]) -> dict[str, float]:
    """The latest of the times of all tables, by table, in its own unit; numbers are left as they are."""
    calendar = {part.table.name: column for part, column in timed if column.kind in (Kind.DATE, Kind.DATETIME)}
    moment = Column(name="moment", kind=Kind.DATETIME, physical="Datetime(time_unit='us', time_zone=None)")
    every = [in_unit_of(moment, np.array([found[n]]), c)[0] for n, c in calendar.items() if n in found]
    out = {part.table.name: found.get(part.table.name, -np.inf) for part, _ in timed}
    return out | {n: float(in_unit_of(c, np.array([max(every)]), moment)[0]) for n, c in calendar.items() if every}


def _read(text: str | None, column: Column, default: float, option: str) -> float:
    """A time in a column's unit; of date-times, a day means its end."""
    if text is None:
        return default
    plain = text.strip()
    number = plain.lstrip("-").replace(".", "", 1).isdigit()
    try:
        value = float(typed(Token("number" if number else "text", plain, 0), column).value)
    except ValueError as error:
        raise OptionError(f"{option} is {text[:40]!r}: {error}") from None
    whole = column.kind is Kind.DATETIME and len(plain) == len("2024-05-31")
    return value + (DAY - 1 if whole else 0)
