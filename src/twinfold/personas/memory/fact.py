"""Facts: what is known of one customer, or of what everybody is offered, each with where it stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


def on_one_line(text: str) -> str:
    """A text without what breaks a line or steers a terminal.

    >>> on_one_line("two\\n lines,\\x1b and\\u202e more")
    'two lines, and more'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


class FactKind(StrEnum):
    """What a fact is of.

    `ATTRIBUTE`: a value of a customer's own row, or of one that belongs to them alone. `EVENT`: one row of a history.
    `COUNTED`: what rows amount to (a number, a sum, the last date). `CLAUSE`: a passage of a document. `OFFER`: what is
    offered. `DECISION`: what a behaviour expects of the customer. `GROUP`: what is said of their persona.
    """

    ATTRIBUTE = "attribute"
    EVENT = "event"
    COUNTED = "counted"
    CLAUSE = "clause"
    OFFER = "offer"
    DECISION = "decision"
    GROUP = "group"


@dataclass(frozen=True)
class Fact:
    """Something that is known.

    Attributes:
        kind: what it is of.
        owner: the key of the customer whose it is; empty for what is everybody's (clauses, offers, groups).
        name: what it is of, in the words of the data ("balance", "number of payments", "payments").
        value: a number, a truth, a text, or a date as ISO text; of a clause the number that was asked for; None of an
            event or a group, whose `said` is all, and where it is missing.
        said: as people would read it: "1,250.00", "3 May 1994", "retired", or a whole passage.
        source: where it stands: "customers.balance", "payments 17" (a row's key), "fees.md, 3.1 Late payment".
    """

    kind: FactKind
    owner: str
    name: str
    value: float | bool | str | None
    said: str
    source: str

    def record(self) -> dict[str, Any]:
        """The fact as JSON can say it."""
        return asdict(self)
