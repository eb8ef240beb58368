"""Changing: one fact of one customer is another, and who then answers otherwise?"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from claiming.asked import ASKED, reads
from claiming.planting import open_world
from claiming.worlds import choose, make_audience, read_world
from twinfold.personas.answer import Answer
from twinfold.verbs.audience import Audience

Tables = Mapping[str, pl.DataFrame]
Change = Callable[[Tables, int, str], dict[str, pl.DataFrame]]


def set_value(column: str, value: object, other: object = None) -> Change:
    """A change of one value of the customer's own row; `other` is for whom it is so already."""

    def change(tables: Tables, place: int, _: str) -> dict[str, pl.DataFrame]:
        frame = tables["customers"]
        then = other if frame[column][place] == value else value
        new = pl.when(pl.int_range(frame.height) == place).then(pl.lit(then)).otherwise(pl.col(column))
        return {**tables, "customers": frame.with_columns(new.cast(frame[column].dtype).alias(column))}

    return change


def set_last(table: str, by: str, time: str, column: str, value: object) -> Change:
    """A change of one value of the customer's last row in a table."""

    def change(tables: Tables, _: int, key: str) -> dict[str, pl.DataFrame]:
        frame = tables[table].with_row_index("place")
        own = frame.filter(pl.col(by).cast(pl.String) == key).sort(time, "place")
        at = int(own["place"][-1]) if own.height else -1
        new = pl.when(pl.int_range(frame.height) == at).then(pl.lit(value)).otherwise(pl.col(column))
        frame = frame.drop("place").with_columns(new.cast(frame[column].dtype).alias(column))
        return {**tables, table: frame}

    return change


CHANGES: tuple[tuple[str, str, int, Change], ...] = (
    ("bank", "balance", 20, set_value("balance", 77_123)),
    ("bank", "age", 10, set_value("age", 91)),
    ("bank", "job", 10, set_value("job", "entrepreneur", "housemaid")),
    ("berka", "amount", 20, set_last("trans", "account_id", "date", "amount", 61_234.5)),
    ("loans", "lastamount", 10, set_value("lastamount", 9_100.0)),
    ("loans", "age", 10, set_value("age", 91.5)),
    ("loans", "grossincome", 10, set_value("grossincome", 9.75)),
    ("loans", "offer4", 10, set_value("offer4", 2.5)),
    ("complaints", "text", 10, set_last("complaints", "client_id", "day", "text", "Nobody called me back.")),
    ("complaints", "day", 10, set_last("complaints", "client_id", "day", "day", datetime.date(2012, 2, 1))),
)
"""Worlds, the column that changes, of how many customers, and how."""

WIDTHS = (10, 8, 6, 7, 6, 10, 6, 12)


def show_change(examples: int, seed: int = 0) -> None:
    """Answers before and after, of the customer and of one who stands by."""
    print("\none fact changed: answers that had to change, that could, and that must not have")
    titles = ("customers", "had to", "did", "could", "did", "must not", "did", "others did")
    print(f"{'':<28}" + "".join(f"{title:>{width}}" for title, width in zip(titles, WIDTHS, strict=True)))
    shown = []
    for world, column, customers, change in CHANGES:
        audience, tables, count = open_world(world), read_world(world), Counter[str]()
        whom = choose(audience, world, customers + 1, seed)
        if world == "complaints":
            own = np.diff(audience.memory.histories["complaints"].begins) > 0
            whom = np.flatnonzero(own)[: customers + 1]
        bystander = int(whom[-1])
        for place in whom[:-1].tolist():
            after = make_audience(world, change(tables, place, audience.memory.keys[place]))
            for question, columns in ASKED[world].items():
                before, now = (listen(each, question, place, bystander) for each in (audience, after))
                changed = [say(one) != say(other) for one, other in zip(before, now, strict=True)]
                expected = {True: "had to", False: "must not", None: "could"}[reads(columns, column)]
                count[expected] += 1
                count[f"{expected}, did"] += changed[0]
                count["others"] += changed[1]
                if changed[1] or (expected == "had to" and not changed[0]) or (expected == "must not" and changed[0]):
                    k = int(changed[1])
                    shown.append(f"    {world} | {column} | {question} | {before[k].text} | then: {now[k].text}")
        kinds = ("had to", "had to, did", "could", "could, did", "must not", "must not, did", "others")
        counts = zip((customers, *(count[kind] for kind in kinds)), WIDTHS, strict=True)
        print(f"{f'{world}: {column}':<28}" + "".join(f"{number:>{width}}" for number, width in counts), flush=True)
    print("\n".join(shown[:examples]))


def listen(audience: Audience, question: str, *whom: int) -> list[Answer]:
    return audience.answering.ask(question, np.array(whom))


def say(answer: Answer) -> tuple[object, ...]:
    """What of an answer must stay where nothing that it rests on has changed."""
    estimate = answer.estimate
    return answer.text, answer.value, None if estimate is None else (estimate.yes, round(estimate.value, 9))
