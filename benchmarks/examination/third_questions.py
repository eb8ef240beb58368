"""A third examination of the ledger: the made bank, in words that nothing was fitted to when they were written.

Asked for the first time on 28 November 2026 (seed 0): of 40 that have an answer 34 were answered right, 1 wrong, and 5
refused; of 12 that have none all were refused.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from examination import fresh_questions, made_bank
from examination.fresh_questions import ALL, is_so, of_first, of_last
from examination.question import (
    ANY,
    COUNT,
    DAY_OF_MOST,
    FIRST,
    FIRST_AMOUNT,
    LAST,
    LAST_AMOUNT,
    LEAST,
    MEAN,
    MOST,
    SUM,
    Blank,
    Template,
    World,
    commonest,
)

MONTHS = (made_bank.END.year - made_bank.BEGIN.year) * 12 + made_bank.END.month
SIZES = (30, 60, 120, 250, 400)
THINGS = ("clothing", "fuel", "electronics", "books")
WAYS = {"online": "online", "over the phone": "phone", "by transfer": "transfer", "with card": "card"}

IN_YEAR, IN_MONTH = "substr(day, 1, 4) = '{year}'", "substr(day, 1, 7) = '{month}'"
SPAN = "substr(day, 1, 7) between '{month}' and '{later}'"
AT, ON, THROUGH = "category = '{shop}'", "category = '{thing}'", "channel = '{way}'"
ABOUT, CARD = "topic = '{topic}'", "type = '{card}'"
LAST_YEAR, THIS_YEAR = (f"substr(day, 1, 4) = '{made_bank.END.year - back}'" for back in (1, 0))
LAST_30 = " union all ".join(f"select max(amount) from t where day >= '2024-05-{day}'" for day in (29, 30))
KINDS = "select count(distinct category) from t"
DEAREST = "select type from t where monthly_fee = (select max(monthly_fee) from t)"

BANK: list[Template] = [
    # how many
    ("How many payments did you make altogether?", "payments", ALL, COUNT),
    ("How many times did you pay at a {shop} in {year}?", "payments", f"{AT} and {IN_YEAR}", COUNT),
    ("How often have you complained about {topic}?", "complaints", ABOUT, COUNT),
    ("How many complaints came from you in {year}?", "complaints", IN_YEAR, COUNT),
    ("How many of your payments were {size} or more?", "payments", "amount >= {size}", COUNT),
    (
        "How many payments between {size} and {more} did you make for {thing}?",
        "payments",
        f"{ON} and amount between {{size}} and {{more}}",
        COUNT,
    ),
    ("How many payments have you done this year?", "payments", THIS_YEAR, COUNT),
    ("How many cards are on your name?", "cards", ALL, COUNT),
    (
        "How many complaints did you file in the first half of {year}?",
        "complaints",
        "substr(day, 1, 7) between '{year}-01' and '{year}-06'",
        COUNT,
    ),
    ("For how many different categories have you paid?", "payments", ALL, KINDS),
    # how much
    ("How much did you spend on {thing} in {month}?", "payments", f"{ON} and {IN_MONTH}", SUM),
    ("What was the total you paid at {shops} last year?", "payments", f"category = '{{shops}}' and {LAST_YEAR}", SUM),
    (
        "How much have you paid {way} since the beginning of {year}?",
        "payments",
        f"{THROUGH} and day >= '{{year}}'",
        SUM,
    ),
    ("Hi, how much money did you spend from {month} to {later}?", "payments", SPAN, SUM),
    ("Sum of all your {shop} payments below {size}", "payments", f"{AT} and amount < {{size}}", SUM),
    # last, first
    ("When was the last time you paid for {thing}?", "payments", ON, LAST),
    ("When did you pay at a {shop} for the very first time?", "payments", AT, FIRST),
    ("Date of your most recent complaint?", "complaints", ALL, LAST),
    ("How much was your latest {shop} payment?", "payments", AT, LAST_AMOUNT),
    ("What was the amount of your first payment in {year}?", "payments", IN_YEAR, FIRST_AMOUNT),
    ("What did you complain about last time?", "complaints", ALL, of_last("topic")),
    ("What was the topic of your very first complaint?", "complaints", ALL, of_first("topic")),
    ("In which currency was your last payment?", "payments", ALL, of_last("currency")),
    # largest, average
    ("What's the biggest payment you made in {year}?", "payments", IN_YEAR, MOST),
    ("What was your largest payment in the last 30 days?", "payments", "day >= '2024-05-29'", LAST_30),
    ("Which was the lowest amount you ever paid {way}?", "payments", THROUGH, LEAST),
    ("On what day did you make your highest payment for {thing}?", "payments", ON, DAY_OF_MOST),
    ("On average, how much do you spend per payment at a {shop}?", "payments", AT, MEAN),
    ("What is the mean of your payments in {month}, please?", "payments", IN_MONTH, MEAN),
    # ever
    ("Have you ever paid more than {size} at once?", "payments", "amount > {size}", ANY),
    ("Did you pay for any {thing} in {month}?", "payments", f"{ON} and {IN_MONTH}", ANY),
    ("Did you complain about {topic} before {year}?", "complaints", f"{ABOUT} and day < '{{year}}'", ANY),
    ("Have you filed any complaint since {month}?", "complaints", "day >= '{month}'", ANY),
    # which
    ("Which category do you spend most often on?", "payments", ALL, commonest("category")),
    ("Which channel did you use the most in {year}?", "payments", IN_YEAR, commonest("channel")),
    ("What topic do you complain about most frequently?", "complaints", ALL, commonest("topic")),
    ("Which of your cards has the highest monthly fee?", "cards", ALL, DEAREST),
    # the customer, and since when
    ("Since when do you have your {card} card?", "cards", CARD, "select day from t"),
    ("Was your account opened after 2014?", "customers", ALL, is_so("account_opened > '2014-12-31'")),
    ("Are you a nurse or a teacher?", "customers", ALL, is_so("occupation in ('nurse', 'teacher')")),
]
BEYOND = (
    # what nothing records
    "How many of your payments were refunded?",
    "What is the PIN of your gold card?",
    "Who dealt with your last complaint?",
    "How much did you spend at the zoo in 2021?",
    "When does your virtual card expire?",
    "How much interest did you pay last year?",
    "Which card did you use for your largest payment?",
    "How much will you spend on books next month?",
    # known words to no purpose
    "How many payments did your complaint make?",
    "What is the average city of your payments?",
    "When was your age last paid by phone?",
    "Which topic is the largest fee in travel?",
)


def open_bank(folder: Path) -> World:
    """The made bank, and the same customers as in the second examination."""
    return replace(fresh_questions.open_bank(folder), templates=BANK, fill=fill, impossible=BEYOND)


def fill(rng: np.random.Generator) -> dict[str, Blank]:
    """What may stand in blanks, with what it is in the data."""
    month, later = np.sort(rng.choice(MONTHS, 2, replace=False)).tolist()
    size, more = np.sort(rng.choice(SIZES, 2, replace=False)).tolist()
    year = str(made_bank.BEGIN.year + int(rng.integers(MONTHS // 12)))
    shops = {each: each for each in made_bank.PLACES.values()}
    return {
        "year": Blank(year, (year,)),
        "month": _write_month(month),
        "later": _write_month(later),
        "size": Blank(str(size), (str(size),)),
        "more": Blank(str(more), (str(more),)),
        "shop": _draw(rng, shops),
        "shops": _draw(rng, made_bank.PLACES),
        "thing": _draw(rng, {each: each for each in THINGS}),
        "way": _draw(rng, WAYS),
        "topic": _draw(rng, made_bank.TOPICS),
        "card": _draw(rng, {each: each for each in made_bank.CARDS}),
    }


def _draw(rng: np.random.Generator, levels: dict[str, str]) -> Blank:
    words = list(levels)[rng.integers(len(levels))]
    return Blank(words, (levels[words],))


def _write_month(month: int) -> Blank:
    """A month, counted from the first of the data."""
    day = date(made_bank.BEGIN.year + month // 12, month % 12 + 1, 1)
    return Blank(f"{day:%B %Y}", (f"{day:%Y-%m}",))
