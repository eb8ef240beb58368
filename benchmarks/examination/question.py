"""Questions with known answers: drawn from templates, and answered by SQL that stands beside each."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from polars import selectors

CENT = 0.005 + 1e-9
TRIES = 20
"""How often blanks are drawn anew where the customer has nothing of what they say."""

TURNS = 10
"""How often a template is tried for each question that is wanted, since some give few different ones."""

COUNT = "select count(*) from t"
SUM = "select sum(amount) from t union all select 0 where not exists (select 1 from t)"
MEAN = "select avg(amount) from t"
ANY = "select iif(count(*), 'true', 'false') from t"
MOST, LEAST = "select max(amount) from t", "select min(amount) from t"
LAST, FIRST = "select max(day) from t", "select min(day) from t"
LAST_AMOUNT = "select amount from t where day = (select max(day) from t)"
FIRST_AMOUNT = "select amount from t where day = (select min(day) from t)"
DAY_OF_MOST = "select day from t where amount = (select max(amount) from t)"
DAY_OF_LEAST = "select day from t where amount = (select min(amount) from t)"
TRUTHS = {"true": True, "false": False}
"""What SQLite, which has none, gives in their place."""

Value = float | bool | str | None
Template = tuple[str, str, str, str]
"""A question with {blanks}, the table that it is of, what holds for the rows meant, and what of them is asked: SQL."""


def commonest(column: str, by: str = "count(*)") -> str:
    """The SQL of a column's level that most rows have, or that has most of something else; all that are alike."""
    return (
        f"select {column} from t group by 1 having {by} = (select max(n) from (select {by} n from t group by {column}))"
    )


@dataclass(frozen=True)
class Blank:
    """Words for a blank of a template, and the conditions that they may mean, any of which is right."""

    words: str
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class World:
    """Customers and what is asked of them.

    Attributes:
        folder: their tables; words: a glossary; asked: the keys of those who are asked.
        rows: of one customer, the rows of each table, with `day`, `amount` and what else the templates' SQL names.
        write: a row of a table in a sentence.
        templates: of questions; fill: blanks by name, drawn anew; impossible: questions that no row answers.
    """

    folder: Path
    words: dict[str, dict[str, str]]
    asked: Sequence[str]
    rows: Callable[[str], dict[str, pl.DataFrame]]
    write: Callable[[str, dict[str, Any]], str]
    templates: Sequence[Template]
    fill: Callable[[np.random.Generator], dict[str, Blank]]
    impossible: Sequence[str]


@dataclass(frozen=True)
class Question:
    """A question: its template, whom it is put to, the SQL of each fair reading, and the answers that are right."""

    template: str
    text: str
    customer: str
    readings: tuple[str, ...]
    known: list[Value]


def load(rows: dict[str, pl.DataFrame]) -> sqlite3.Connection:
    """A database of tables, in memory, with days as ISO text."""
    database = sqlite3.connect(":memory:")
    for name, frame in rows.items():
        plain = frame.with_columns(selectors.date().cast(pl.String))
        database.execute(f"create table {name} ({', '.join(frame.columns)})")
        database.executemany(f"insert into {name} values ({', '.join('?' * frame.width)})", plain.iter_rows())
    return database


def look_up(database: sqlite3.Connection, readings: Sequence[str]) -> list[Value]:
    """All answers that SQL gives, None where it gives no row."""
    found = [row[0] for reading in readings for row in database.execute(reading)]
    return [TRUTHS.get(each, each) for each in dict.fromkeys(found)] or [None]


def is_right(value: Value, known: Sequence[Value]) -> bool:
    """Whether a value is one of the known: numbers to the cent, anything else exactly."""
    return any(_is_same(value, each) for each in known)


def draw_questions(world: World, questions: int, rng: np.random.Generator) -> Iterator[Question]:
    """So many different questions, or fewer where the templates give no more; the templates in turn."""
    seen: set[str] = set()
    held = {customer: load(world.rows(customer)) for customer in world.asked}
    glossed = {key.partition(" = ")[2]: word for key, word in world.words.get("levels", {}).items()}
    for turn in range(TURNS * questions):
        if len(seen) == questions:
            return
        words, table, where, select = world.templates[turn % len(world.templates)]
        for _ in range(TRIES):
            blanks, customer = world.fill(rng), world.asked[int(rng.integers(len(world.asked)))]
            text = words.format(**{name: blank.words for name, blank in blanks.items()})
            sql = f"with t as (select * from {table} where {where}) {select}"
            used = [name for name in blanks if "{" + name + "}" in sql]
            meant = product(*(blanks[name].conditions for name in used))
            readings = tuple(sql.format(**dict(zip(used, each, strict=True))) for each in meant)
            known = look_up(held[customer], readings)
            if known[0] or known[0] is False:
                break
        if text not in seen:
            seen.add(text)
            yield Question(
                words, text, customer, readings, known + [glossed[each] for each in known if each in glossed]
            )


def _is_same(value: Value, known: Value) -> bool:
    if isinstance(value, bool | None) or isinstance(known, bool | None):
        return value is known
    if isinstance(value, str) or isinstance(known, str):
        return str(value).casefold() == str(known).casefold()
    return abs(value - known) <= CENT
