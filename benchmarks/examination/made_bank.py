"""A bank that is made up: 200 customers, and one of whom it knows far more than of the others."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from examination.blanks import draw_comparison, draw_level, draw_recent, draw_time
from examination.made_questions import TEMPLATES, UNRECORDED
from examination.question import Blank, World

BEGIN, END = date(2019, 1, 1), date(2024, 6, 28)
PLACES = {"supermarkets": "supermarket", "restaurants": "restaurant", "pharmacies": "pharmacy", "hotels": "hotel"}
THINGS = {"travel": "travel", "clothing": "clothing", "fuel": "fuel", "electronics": "electronics", "books": "books"}
SHARES = np.array([6, 4, 1.5, 1, 1.5, 2, 3, 1, 0.8])
SIZES = np.array([3.4, 3.2, 2.5, 4.8, 5.2, 3.9, 3.7, 4.9, 2.8])
"""Of each category: how often it is paid for, and the middle of the logarithm of what is paid."""

CHANNELS = {"by phone": "phone", "online": "online", "by card": "card", "by transfer": "transfer"}
CURRENCIES = {f"in {each}": each for each in ("EUR", "USD", "GBP")}
TOPICS = {"fees": "fees", "waiting times": "waiting times", "the app": "app", "interest rates": "interest rates"}
CARDS = {"gold": 9.5, "standard": 2.0, "virtual": 0.75}
DAYS = {"payments": "paid_on", "complaints": "filed_on", "cards": "issued_on"}
PEOPLE, EACH, COMPLAINTS, ASKED = 200, 40, 24, 1001
"""Customers, payments of each but one, complaints of that one, and who that is."""


def make_tables(folder: Path, payments: int, rng: np.random.Generator) -> None:
    """Write down the tables of a bank one of whose customers has made so many payments."""
    frames = {
        "customers": _make_customers(rng),
        "payments": _make_payments(payments, rng),
        "complaints": _make_complaints(rng),
        "cards": _make_cards(rng),
    }
    for name, columns in frames.items():
        pl.DataFrame(columns).write_parquet(folder / f"{name}.parquet")


def _make_customers(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "customer_id": np.arange(PEOPLE) + ASKED,
        "age": rng.integers(19, 88, PEOPLE),
        "city": rng.choice(["Brno", "Graz", "Linz", "Olomouc", "Vienna"], PEOPLE),
        "occupation": rng.choice(["clerk", "nurse", "teacher", "retired", "student"], PEOPLE),
        "account_opened": [BEGIN - timedelta(days=int(days)) for days in rng.integers(1, 3000, PEOPLE)],
        "newsletter": rng.choice(["yes", "no"], PEOPLE),
    }


def _make_payments(payments: int, rng: np.random.Generator) -> dict[str, Any]:
    owner = rng.permutation(np.concatenate([np.zeros(payments, int), rng.integers(1, PEOPLE, EACH * PEOPLE)]))
    rows = len(owner)
    levels = np.array([*PLACES.values(), *THINGS.values()])
    category = rng.choice(len(levels), rows, p=SHARES / SHARES.sum())
    return {
        "payment_id": np.arange(rows) + 500_001,
        "customer_id": owner + ASKED,
        "paid_on": _draw_days(rows, rng),
        "amount": np.exp(rng.normal(SIZES[category], 0.8)).round(2),
        "category": levels[category],
        "channel": rng.choice(list(CHANNELS.values()), rows, p=[0.2, 0.3, 0.4, 0.1]),
        "currency": rng.choice(list(CURRENCIES.values()), rows, p=[0.85, 0.1, 0.05]),
    }


def _make_complaints(rng: np.random.Generator) -> dict[str, Any]:
    owner = np.concatenate([np.zeros(COMPLAINTS, int), rng.integers(1, PEOPLE, 300)])
    topics = rng.choice(list(TOPICS.values()), len(owner), p=[0.4, 0.3, 0.2, 0.1])
    return {
        "complaint_id": np.arange(len(owner)) + 1,
        "customer_id": owner + ASKED,
        "filed_on": _draw_days(len(owner), rng),
        "topic": topics,
        "text": [f"I am not happy about {topic}, and said so {n % 7} times before." for n, topic in enumerate(topics)],
    }


def _make_cards(rng: np.random.Generator) -> dict[str, Any]:
    owner = np.concatenate([np.zeros(len(CARDS), int), np.arange(1, PEOPLE)])
    types = [*CARDS, *rng.choice(list(CARDS), PEOPLE - 1)]
    return {
        "card_id": np.arange(len(owner)) + 9001,
        "customer_id": owner + ASKED,
        "type": types,
        "monthly_fee": [CARDS[each] for each in types],
        "issued_on": _draw_days(len(owner), rng),
    }


def _draw_days(rows: int, rng: np.random.Generator) -> list[date]:
    """Days of rows, in their order, the last of which is the last day in the data."""
    days = np.sort(rng.integers(0, (END - BEGIN).days + 1, rows))
    return [*(BEGIN + timedelta(days=int(day)) for day in days[:-1]), END]


def open_world(folder: Path) -> World:
    """The world of tables that were written down."""

    def rows(customer: str) -> dict[str, pl.DataFrame]:
        out = {}
        for name in ("customers", "payments", "complaints", "cards"):
            frame = pl.read_parquet(folder / f"{name}.parquet").filter(pl.col("customer_id") == int(customer))
            out[name] = frame.with_columns(day=DAYS[name]) if name in DAYS else frame
        return out

    return World(folder, {}, [str(ASKED)], rows, write, TEMPLATES, fill, UNRECORDED)


def fill(rng: np.random.Generator) -> dict[str, Blank]:
    """What may stand in blanks."""
    time = draw_time(rng, BEGIN, END)
    return {
        "at": draw_level(rng, "category", PLACES),
        "on": draw_level(rng, "category", THINGS),
        "by": draw_level(rng, "channel", CHANNELS),
        "money": draw_level(rng, "currency", CURRENCIES),
        "about": draw_level(rng, "topic", TOPICS),
        "card": draw_level(rng, "type", {each: each for each in CARDS}),
        "over": draw_comparison(rng, (20, 50, 100, 200, 500, 1000)),
        "time": time,
        "Time": Blank(time.words[0].upper() + time.words[1:], time.conditions),
        "recent": draw_recent(rng, END),
    }


def write(table: str, row: dict[str, Any]) -> str:
    """A row in a sentence."""
    day = row.get("day")
    when = f"On {day.day} {day:%B %Y}" if day else ""
    match table:
        case "payments":
            how = f"in {row['currency']} by {row['channel']}, category {row['category']}"
            return f"{when} I made a payment of {row['amount']:.2f} {how}."
        case "complaints":
            return f"{when} I filed a complaint about {row['topic']}: {row['text']}"
        case "cards":
            return f"{when} I was issued a card of type {row['type']}, with a monthly fee of {row['monthly_fee']:.2f}."
    opened = row["account_opened"]
    return (
        f"I am {row['age']} years old, live in the city of {row['city']}, my occupation is {row['occupation']}, and I "
        f"opened my account on {opened.day} {opened:%B %Y}."
    )
