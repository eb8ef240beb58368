"""Worlds: real customers of several files who are asked, what they are offered, and what documents tell them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import twinfold
from contest.environments import SHARED
from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.specification import make_specification
from twinfold.personas.answer import Answer
from twinfold.personas.claims.ground import Ground
from twinfold.personas.speaking import make_ground
from twinfold.personas.voices.voice import Brief, Spoken
from twinfold.verbs.ask import ask_audience
from twinfold.verbs.audience import Audience, gather_audience

PEOPLE = 3_000
"""Customers of the larger files, the first ones."""

FEES = """# Fees and terms

## 1 Early repayment
If you repay the loan early, a fee of 250.00 applies. It is due within 14 days.

## 2 Late payment
A late payment costs 35.00, and interest of 1.5 % a month is charged from day 10.

## 3 Account fees
The classic account costs 4.50 a month. The gold account costs 9.00 a month.
"""

FILES = {
    "bank": "bank_marketing/train.parquet",
    "adult": "adult/train.parquet",
    "telco": "telco_churn/telco.parquet",
    "credit": "german_credit/german.parquet",
}
"""Worlds of one table."""

OFFER = {"name": "the cash loan", "description": "a loan at a monthly rate", "terms": {"offer4": 6.0}}

WORDS: dict[str, dict[str, Any]] = {
    "bank": {
        "columns": {
            "marital": "marital status",
            "housing": "housing loan",
            "loan": "personal loan",
            "default": "credit in default",
            "campaign": "calls",
        }
    },
    "adult": {
        "columns": {
            "hours_per_week": "hours per week",
            "native_country": "native country",
            "marital_status": "marital status",
            "workclass": "class of work",
        }
    },
    "telco": {},
    "credit": {"columns": {"age_in_years": "age"}},
    "berka": {"columns": {"district: A3": "region", "district: A11": "average salary of the district"}},
    "loans": {"columns": {"offer4": "monthly rate", "lastamount": "loan amount", "risk": "risk class"}},
    "complaints": {"columns": {"offer4": "monthly rate", "lastamount": "loan amount", "risk": "risk class"}},
}

COMPLAINTS = (
    "The app logged me out three times on Monday and I could not pay my rent.",
    "I was charged twice for the same transfer and nobody in the branch could tell me why.",
    "Nobody answered the telephone for 40 minutes, so I gave up.",
    "The letter about the new rate came two weeks late and I had to ask for a copy.",
    "My card was refused at the till although there was money in the account.",
)

OUTCOMES = ("tookup", "tookup_afterdead_enforced", "applied", "loansize", "tookup_outside_only")


@cache
def learn_loans() -> Behaviour:
    """What was learned of the first wave of a loan offer."""
    asked = make_specification(
        {"kind": "response", "outcome": "tookup", "treatment": "offer4", "strata": ["risk"], "customer": "client_id"}
    )
    whole = pl.read_parquet(SHARED / "data/loan_offers/waves_1_2.parquet")
    return twinfold.calibrate(whole.filter(pl.col("wave") == 1), asked)


def read_world(world: str) -> dict[str, pl.DataFrame]:
    """The tables of a world, whose customers are as many as can be asked fast."""
    if world in FILES:
        return {"customers": pl.read_parquet(SHARED / "data" / FILES[world]).head(PEOPLE)}
    if world == "berka":
        return {path.stem: pl.read_parquet(path) for path in sorted((SHARED / "data/berka").glob("*.parquet"))}
    people = (
        pl.read_parquet(SHARED / "data/loan_offers/waves_1_2.parquet")
        .filter(pl.col("wave") == 2)
        .drop(OUTCOMES)
        .head(PEOPLE)
    )
    if world == "loans":
        return {"customers": people}
    return {"customers": people, "complaints": complain(people["client_id"])}


def complain(keys: pl.Series) -> pl.DataFrame:
    """What two in three customers complained of, twice at most: made up, for want of real texts with customers."""
    rng = np.random.default_rng(0)
    owner = np.repeat(keys.to_numpy(), rng.choice([0, 1, 2], len(keys)))
    day = pl.Series(rng.integers(14_000, 14_700, len(owner))).cast(pl.Int32).cast(pl.Date)
    return pl.DataFrame(
        {
            "complaint_id": np.arange(len(owner)),
            "client_id": owner,
            "day": day,
            "text": rng.choice(COMPLAINTS, len(owner)),
        }
    )


def make_audience(
    world: str, tables: Mapping[str, pl.DataFrame] | None = None, documents: Sequence[str] = (FEES,), **more: Any
) -> Audience:
    """A world's customers, ready to answer; documents are texts of Markdown."""
    tables = tables or read_world(world)
    decides = world in ("loans", "complaints")
    with tempfile.TemporaryDirectory() as place:
        paths = []
        for number, text in enumerate(documents if decides else ()):
            paths.append(Path(place) / f"terms{number + 1}.md")
            paths[-1].write_text(text)
        return gather_audience(
            dict(tables) if len(tables) > 1 else next(iter(tables.values())),
            behaviours={"loan": learn_loans()} if decides else (),
            offer=OFFER if decides else None,
            words=WORDS[world],
            documents=paths,
            **more,
        )


class Overhearing:
    """A voice that says what it was told to, and keeps what it was handed."""

    name = "overheard"

    def __init__(self, words: Mapping[str, str] | None = None) -> None:
        self.words, self.briefs = words or {}, list[Brief]()

    def reply(self, briefs: Sequence[Brief]) -> list[Spoken]:
        self.briefs += briefs
        return [Spoken(self.words.get(brief.customer, brief.draft)) for brief in briefs]


def choose(audience: Audience, world: str, n: int, seed: int) -> np.ndarray:
    """Places of customers; of the Czech bank, of those of whom payments are known."""
    places = np.arange(audience.memory.count)
    if world == "berka":
        begins = audience.memory.histories["trans"].begins
        places = places[np.diff(begins) > 2]
    return np.sort(np.random.default_rng(seed).choice(places, min(n, len(places)), replace=False))


def ask(audience: Audience, question: str, whom: np.ndarray) -> tuple[list[Answer], dict[str, Brief]]:
    """The answers in the template's words, and of each customer who gave one, what a voice would have been handed."""
    answering = audience.answering
    before, answering.voice = answering.voice, Overhearing()
    try:
        answers = ask_audience(audience, question, whom).answers
        return list(answers), {brief.customer: brief for brief in answering.voice.briefs}
    finally:
        answering.voice = before


def ground_of(audience: Audience, answer: Answer, brief: Brief, *, with_draft: bool = True) -> Ground:
    """What the words of a voice are held against: what it was handed, or the answer's evidence alone."""
    offer = audience.answering.offer
    allowed = f"{offer.name} {offer.description} {' '.join(f'{o.name} {o.description}' for o in offer.options)}"
    draft, facts = (brief.draft, brief.facts) if with_draft else ("", answer.evidence)
    return make_ground(answer, draft, facts, levels=audience.answering.knowing.levels, allowed=allowed)
