"""A plan: what a question asks for, whoever is asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from twinfold.personas.questions.amounts import Quantity


class Act(StrEnum):
    """What is asked for.

    Of the customer: `INTRODUCE` themselves, `HOLDINGS` (what they have), `ATTRIBUTE` (what they are), `CHECK` (whether
    they are so). Of their rows in a table: `COUNT`, `SUM`, `MEAN`, `MEDIAN`, `MOST` and `LEAST` (the row with the
    highest number, or the lowest), `LAST`, `FIRST`, `EVER`, `LIST`; of levels `COMMONEST` and `RAREST`, `TOP` (on which
    most is spent), `DISTINCT` (how many there are) and `LEVELS` (which). Of what they would do: `DECIDE`, `CHOOSE`, and
    `WHY`. `CLAUSE` of documents; `AGAIN`: what was said before. `UNKNOWN`: it was not understood.
    """

    INTRODUCE = "introduction"
    HOLDINGS = "holdings"
    ATTRIBUTE = "attribute"
    CHECK = "check"
    COUNT = "number"
    SUM = "sum"
    MEAN = "mean"
    MEDIAN = "median"
    MOST = "highest"
    LEAST = "lowest"
    LAST = "last"
    FIRST = "first"
    EVER = "any"
    LIST = "rows"
    COMMONEST = "commonest"
    RAREST = "rarest"
    TOP = "level with the largest sum"
    DISTINCT = "number of different levels"
    LEVELS = "levels"
    DECIDE = "decision"
    CHOOSE = "choice"
    WHY = "reasons"
    CLAUSE = "clause"
    AGAIN = "what was said"
    UNKNOWN = "unknown"


LEDGER = frozenset(
    {
        Act.COUNT,
        Act.SUM,
        Act.MEAN,
        Act.MEDIAN,
        Act.MOST,
        Act.LEAST,
        Act.LAST,
        Act.FIRST,
        Act.EVER,
        Act.LIST,
        Act.COMMONEST,
        Act.RAREST,
        Act.TOP,
        Act.DISTINCT,
        Act.LEVELS,
    }
)
"""Acts that are answered from the rows of a table."""


ORDINALS = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
"""Which one from the end, in words."""


@dataclass(frozen=True)
class Filter:
    """Which rows are meant: a column's numbers or days from `low` to `high`, or one of `levels`, or, where `outside`,
    none of these; `said` in words."""

    column: str
    said: str
    low: float = float("-inf")
    high: float = float("inf")
    strict: bool = False
    levels: tuple[str, ...] = ()
    days: bool = False
    outside: bool = False


@dataclass(frozen=True)
class Plan:
    """What a question asks for.

    Attributes:
        act: what.
        table: whose rows; columns: of it, that are asked for, each with its table for attributes.
        by: the column whose numbers are reckoned with, where another is asked for ("the shop of your largest payment").
        filters: which rows.
        dated: whether it asks when; nth: which one from the end, of the highest, the lowest, the last or the first.
        check: of a number or a sum, what it is asked to be: the answer is then yes or no.
        quantities: the numbers in it, that an offer may take; words: the stems of all its words.
        counted: whether what it asks by yes and no may be a number of things, nought of which is a no.
        why: whether it asks for reasons as well.
        heard: how it was understood, or why not, in words.
    """

    act: Act
    table: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    by: str = ""
    filters: tuple[Filter, ...] = ()
    dated: bool = False
    nth: int = 1
    check: Filter | None = None
    quantities: tuple[Quantity, ...] = ()
    words: tuple[str, ...] = ()
    counted: bool = False
    why: bool = False
    heard: str = ""
