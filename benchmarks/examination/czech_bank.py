"""A real Czech bank, its eight tables as they are, with a glossary of what its codes mean."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from examination.blanks import draw_comparison, draw_level, draw_time
from examination.czech_questions import TEMPLATES, UNRECORDED
from examination.question import Blank, World

WORDS = {
    "tables": {"trans": "transaction", "order": "standing order", "disp": "right of disposal"},
    "columns": {
        "k_symbol": "purpose",
        "bank_to": "receiving bank",
        "frequency": "statement frequency",
        "district: A2": "district",
        "district: A3": "region",
    },
    "levels": {
        "type = VYDAJ": "withdrawal",
        "type = PRIJEM": "deposit",
        "operation = VYBER": "cash withdrawal",
        "operation = VKLAD": "cash deposit",
        "operation = PREVOD NA UCET": "outgoing transfer",
        "operation = PREVOD Z UCTU": "incoming transfer",
        "k_symbol = SIPO": "household",
        "k_symbol = POJISTNE": "insurance",
        "k_symbol = DUCHOD": "pension",
        "k_symbol = UROK": "interest",
        "k_symbol = SLUZBY": "statement fee",
        "k_symbol = SANKC. UROK": "penalty interest",
        "k_symbol = UVER": "loan payment",
        "frequency = POPLATEK MESICNE": "monthly",
        "frequency = POPLATEK TYDNE": "weekly",
        "frequency = POPLATEK PO OBRATU": "after each transaction",
    },
}
BEGIN, END = date(1993, 1, 1), date(1994, 3, 31)
BUSY, ASKED = 50, 60
"""Accounts of so many transactions are asked, the first ones that also have a loan or a card, and then others."""


def open_world(folder: Path) -> World:
    """The world of the bank's tables, each account a customer."""
    tables = {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
    cards = tables["card"].join(tables["disp"].select("disp_id", "account_id"), on="disp_id")
    accounts = tables["account"].join(tables["district"], on="district_id")
    held = {
        "trans": tables["trans"].with_columns(day=pl.format("19{}", "date").str.to_date("%Y%m%d")),
        "orders": tables["order"],
        "loan": tables["loan"].with_columns(day=pl.col("date").str.to_date()),
        "card": cards.with_columns(day=pl.col("issued").str.to_date()),
        "disp": tables["disp"],
        "account": accounts.with_columns(day=pl.col("date").str.to_date()),
    }
    busy = tables["trans"].group_by("account_id").len().filter(pl.col("len") >= BUSY)["account_id"].sort()
    telling = busy.is_in([*cards["account_id"], *tables["loan"]["account_id"]])
    keys = [*busy.filter(telling), *busy.filter(~telling)][:ASKED]

    def rows(customer: str) -> dict[str, pl.DataFrame]:
        return {name: frame.filter(pl.col("account_id") == int(customer)) for name, frame in held.items()}

    return World(folder, WORDS, [str(key) for key in keys], rows, write, TEMPLATES, fill, UNRECORDED)


def fill(rng: np.random.Generator) -> dict[str, Blank]:
    """What may stand in blanks."""
    side = draw_level(rng, "type", {"withdrawal": "VYDAJ", "deposit": "PRIJEM"})
    codes = ("VYBER", "VKLAD", "PREVOD NA UCET", "PREVOD Z UCTU")
    kind = draw_level(rng, "operation", {WORDS["levels"][f"operation = {code}"]: code for code in codes})
    purposes = {WORDS["levels"][f"k_symbol = {code}"]: code for code in ("SIPO", "POJISTNE")}
    return {
        "side": side,
        "sides": Blank(f"{side.words}s", side.conditions),
        "kind": kind,
        "kinds": Blank(f"{kind.words}s", kind.conditions),
        "purpose": draw_level(rng, "k_symbol", purposes),
        "card": draw_level(rng, "type", {each: each for each in ("classic", "junior", "gold")}),
        "over": draw_comparison(rng, (100, 500, 1000, 5000, 10000, 20000)),
        "below": Blank("below 5,000", ("balance < 5000",)),
        "time": draw_time(rng, BEGIN, END),
    }


def write(table: str, row: dict[str, Any]) -> str:
    """A row in a sentence, in the glossary's words."""
    said = {
        name: WORDS["levels"].get(f"{name} = {value}", str(value))
        for name, value in row.items()
        if value is not None and not name.endswith("_id") and name not in ("day", "date")
    }
    when = f"On {row['day'].day} {row['day']:%B %Y}, " if "day" in row else ""
    table = WORDS["tables"].get("order" if table == "orders" else table, table)
    columns = WORDS["columns"] | {"A2": "district", "A3": "region"}
    return f"{when}{table}: " + ", ".join(f"{columns.get(name, name)} {value}" for name, value in said.items()) + "."
