"""An examination of what customers are: asked of three real tables as they are, without a glossary.

As product managers, trainers of call centres, risk officers and people whose first language is another would type them.
Nothing was fitted to these questions when they were written. Asked for the first time on 28 November 2026 (seed 0), of
100 that have an answer 60 were answered right, 3 wrong, and 37 refused; of 50 that have none 45 were refused. Whatever
is mended by them afterwards, these are the figures of words that nobody has seen before. Each is put to five customers:
of a yes or no, to some for whom it is so, and for each of several conditions to one whom that alone does not hold for,
so that none can be passed over unseen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from examination.question import Value

EACH, SO = 5, 2
"""Customers whom a question is put to, and of how many of them it is so, where it asks whether."""

TRUTHS = {"yes": True, "no": False, "no internet service": False, "no phone service": False}
"""Levels that are a yes or a no: either way of saying it is right."""

Answer = str | pl.Expr | tuple[pl.Expr, ...]
"""What is right: the column that holds it, an expression, or conditions all of which must hold."""


@dataclass(frozen=True)
class Examined:
    """A table, and what is asked of it.

    Attributes:
        path: the table, below the folder of all data.
        answerable: questions, each with what is right.
        beyond: questions that must be refused.
    """

    path: str
    answerable: Sequence[tuple[str, Answer]]
    beyond: Sequence[str]


@dataclass(frozen=True)
class Asked:
    """A question put to some customers.

    Attributes:
        table: its name in `TABLES`; text: the question.
        places: the rows of those who are asked.
        known: of each of them, the values any of which is right, None where a refusal is; none at all where the
            question has no answer.
    """

    table: str
    text: str
    places: list[int]
    known: list[list[Value]]


def examine(folder: Path, seed: int) -> Iterator[Asked]:
    """All questions of all tables, each put to customers drawn by a seed; `folder` holds the tables."""
    for number, (name, table) in enumerate(TABLES.items()):
        frame = read(folder, name)
        rng = np.random.default_rng([seed, number])
        for text, right in table.answerable:
            parts = _parts(right)
            values = [frame.select(part).to_series() for part in parts]
            places = _draw(values, rng)
            yield Asked(name, text, places, [_known(frame, parts, values, place) for place in places])
        for text in table.beyond:
            yield Asked(name, text, rng.choice(frame.height, EACH, replace=False).tolist(), [])


def read(folder: Path, name: str) -> pl.DataFrame:
    """A table as it is."""
    return pl.read_parquet(folder / TABLES[name].path)


def _parts(right: Answer) -> tuple[pl.Expr, ...]:
    if isinstance(right, str):
        return (pl.col(right),)
    return right if isinstance(right, tuple) else (right,)


def _draw(values: Sequence[pl.Series], rng: np.random.Generator) -> list[int]:
    """Rows in a random order, but first those that tell most: see the module."""
    order = rng.permutation(len(values[0]))
    if values[0].dtype == pl.Boolean:
        held = np.column_stack([each.to_numpy() for each in values])[order]
        count = held.sum(axis=1)
        first = [order[count == len(values)][:SO]]
        first += [order[(count == len(values) - 1) & ~held[:, part]][:1] for part in range(len(values))]
    else:
        first = [order[_first_of_each(values[0][order.tolist()])]]
    return list(dict.fromkeys(np.concatenate([*first, order]).tolist()))[:EACH]


def _first_of_each(values: pl.Series) -> npt.NDArray[np.int64]:
    return (
        values.to_frame("value").with_row_index().unique("value", keep="first", maintain_order=True)["index"].to_numpy()
    )


def _known(frame: pl.DataFrame, parts: Sequence[pl.Expr], values: Sequence[pl.Series], place: int) -> list[Value]:
    """The right values of one row; None among them where the row does not say what a part of it looks at."""
    columns = {name for part in parts for name in part.meta.root_names()}
    missing: list[Value] = [None] if any(_is_missing(frame[name][place]) for name in columns) else []
    if values[0].dtype == pl.Boolean:
        return [all(bool(each[place]) for each in values), *missing]
    value: Value = values[0][place]
    out = [value, *missing]
    if isinstance(value, str):
        if value.casefold() in TRUTHS:
            out.append(TRUTHS[value.casefold()])
        number = pl.Series([value]).cast(pl.Float64, strict=False)[0]
        if number is not None:
            out.append(number)
    elif values[0].dtype.is_integer() and set(values[0].unique()) == {0, 1}:
        out.append(bool(value))
    return out


def _is_missing(level: object) -> bool:
    return level is None or (isinstance(level, str) and (level.strip() in ("", "?") or level.startswith("unknown")))


def _is(column: str, *levels: str) -> pl.Expr:
    return pl.col(column).is_in(levels)


SENIOR = pl.col("SeniorCitizen") == 1
BILL, TENURE = pl.col("MonthlyCharges"), pl.col("tenure")
AGE, BALANCE = pl.col("age"), pl.col("balance")
YEARS, MONTHS, CREDIT = pl.col("age_in_years"), pl.col("duration_in_month"), pl.col("credit_amount")
CREDITS = pl.col("number_of_existing_credits_at_this_bank")
RATE = pl.col("installment_rate_in_percentage_of_disposable_income")
MARRIED, TERTIARY = _is("marital", "married"), _is("education", "tertiary")
GUARANTOR, FREE, RENT = (
    _is("other_debtors_or_guarantors", "guarantor"),
    _is("housing", "for free"),
    _is("housing", "rent"),
)

TELCO: list[tuple[str, Answer]] = [
    # one attribute
    ("Are you a man or a woman?", "gender"),
    ("What is your gender, please?", "gender"),
    ("How long have you been a customer of ours?", "tenure"),
    ("Could you tell me your tenure?", "tenure"),
    ("What are your monthly charges?", "MonthlyCharges"),
    ("How much do you pay us every month?", "MonthlyCharges"),
    ("What are your total charges so far?", "TotalCharges"),
    ("Which kind of contract do you have?", "Contract"),
    ("How do you pay your bills?", "PaymentMethod"),
    ("payment method?", "PaymentMethod"),
    ("What type of internet service are you using?", "InternetService"),
    # yes or no
    ("Are you a senior citizen?", "SeniorCitizen"),
    ("Are you female?", _is("gender", "Female")),
    ("Have you got a partner?", "Partner"),
    ("Do you have any dependents?", "Dependents"),
    ("Do yuo have online security?", "OnlineSecurity"),
    ("Is device protection included for you, if I may ask?", "DeviceProtection"),
    ("Are you streaming movies?", "StreamingMovies"),
    ("Do you have more than one phone line?", "MultipleLines"),
    ("Do you get your bills paperless?", "PaperlessBilling"),
    ("Have you churned?", "Churn"),
    ("Do you have internet?", ~_is("InternetService", "No")),
    ("Do you have fiber optic internet?", _is("InternetService", "Fiber optic")),
    ("Are you on a month to month contract?", _is("Contract", "Month-to-month")),
    ("Is your contract either one year or two years?", _is("Contract", "One year", "Two year")),
    ("Do you pay by credit card?", _is("PaymentMethod", "Credit card (automatic)")),
    ("Do you pay with mailed checks?", _is("PaymentMethod", "Mailed check")),
    # numbers
    ("Is your monthly bill above 70?", BILL > 70),
    ("Are your monthly charges somewhere between 50 and 90?", BILL.is_between(50, 90)),
    ("Is your tenure at least 12 but less then 36?", (TENURE >= 12, TENURE < 36)),
    # several conditions
    ("Are you a senior with a partner?", (SENIOR, _is("Partner", "Yes"))),
    (
        "Are you a woman with dependents on a month-to-month contract?",
        (_is("gender", "Female"), _is("Dependents", "Yes"), _is("Contract", "Month-to-month")),
    ),
    ("Do you have both tech support and online backup?", (_is("TechSupport", "Yes"), _is("OnlineBackup", "Yes"))),
    ("Do you have DSL and monthly charges over 60?", (_is("InternetService", "DSL"), BILL > 60)),
    (
        "Do you stream TV, pay by electronic check, and have a tenure of more than 20?",
        (_is("StreamingTV", "Yes"), _is("PaymentMethod", "Electronic check"), TENURE > 20),
    ),
]
TELCO_BEYOND = [
    # what no column says
    "What is your income?",
    "Which town do you live in?",
    "Who is your favourite actor?",
    # levels that are not there
    "Do you have a three year contract?",
    "Do you pay by bitcoin?",
    "Do you have fibre opitc internet?",
    # two that cannot be both, names that could be several columns
    "Are you male and female?",
    "Is your contract month-to-month and two year?",
    "What are your charges?",
    "Do you have streaming?",
    # negated
    "Don't you have internet?",
    "Do you have a partner but no dependents?",
    # of time, and of what they would do
    "When did you sign your contract?",
    "Did you have a partner last year?",
    "Would you churn if we raised our monthly charges to 100?",
    # known words to no purpose
    "Which gender is your payment method?",
    "How many partners does your tenure stream?",
]

BANK: list[tuple[str, Answer]] = [
    # one attribute
    ("What do you do for a living?", "job"),
    ("What kind of job do you have?", "job"),
    ("How old are you, if I may ask?", "age"),
    ("How many years old you are?", "age"),
    ("What is your marital status?", "marital"),
    ("Which level of education did you reach?", "education"),
    ("Which education you have?", "education"),
    ("How much is your balance at the moment?", "balance"),
    ("By which contact did we reach you?", "contact"),
    # yes or no
    ("Do you have a loan with us?", "loan"),
    ("Are you in default?", "default"),
    ("So you are married, right?", MARRIED),
    ("Are you either single or divorced?", _is("marital", "single", "divorced")),
    ("Are you a technician by any chance?", _is("job", "technician")),
    ("Do you work in management?", _is("job", "management")),
    ("Are you a blue collar worker?", _is("job", "blue-collar")),
    ("Are you self employed?", _is("job", "self-employed")),
    ("Sorry to ask, but are you unemployed?", _is("job", "unemployed")),
    ("Are you retired or a student?", _is("job", "retired", "student")),
    ("Did you finish tertiary education?", TERTIARY),
    # numbers
    ("Is your balance over 1,500?", BALANCE > 1500),
    ("Is your balance below zero?", BALANCE < 0),
    ("Are you between 30 and 45 years old?", AGE.is_between(30, 45)),
    ("Are you in your thirties?", AGE.is_between(30, 39)),
    ("Are you at least 65 years of age?", AGE >= 65),
    ("Is yor age above 35?", AGE > 35),
    # several conditions
    ("Are you a married technician over 40?", (MARRIED, _is("job", "technician"), AGE > 40)),
    ("Are you a single student under 25?", (_is("marital", "single"), _is("job", "student"), AGE < 25)),
    ("Are you retired with a balance of more than 2000?", (_is("job", "retired"), BALANCE > 2000)),
    ("Are you over fifty and divorced?", (AGE > 50, _is("marital", "divorced"))),
    ("Do you have a loan and are you married?", (_is("loan", "yes"), MARRIED)),
    (
        "Are you an entrepreneur with secondary education?",
        (_is("job", "entrepreneur"), _is("education", "secondary")),
    ),
    (
        "Are you married, with tertiary education and a balance of at least 500?",
        (MARRIED, TERTIARY, BALANCE >= 500),
    ),
]
BANK_BEYOND = [
    # what no column says
    "How many children do you have?",
    "Which car do you drive?",
    "Did you take out the term deposit?",
    # levels that are not there
    "Are you a technicain?",
    "Are you a dentist?",
    # two that cannot be both, names that could be several columns
    "Are you married and single?",
    "Are you a retired student?",
    "Do you have a housing loan?",
    # negated
    "Are you not married?",
    "Is your balance not above 1000?",
    "Are you a student without a loan?",
    # of time, and of what they would do
    "Was your balance higher last year?",
    "When did you get married?",
    "How has your balance changed since you retired?",
    "Would you take a loan from us at 5 %?",
    # known words to no purpose
    "Is your marital status over 40?",
    "How many jobs does your education have?",
]

CREDITED: list[tuple[str, Answer]] = [
    # one attribute
    ("What is the purpose of your credit?", "purpose"),
    ("What's the amount of your credit?", "credit_amount"),
    ("For how many months is the credit?", "duration_in_month"),
    ("What age are you?", "age_in_years"),
    ("What is your job?", "job"),
    ("Whats your credit history?", "credit_history"),
    ("Which property do you have?", "property"),
    ("What is your housing situation?", "housing"),
    ("How many credits do you already have at this bank?", "number_of_existing_credits_at_this_bank"),
    ("What is the status of your checking account?", "status_of_existing_checking_account"),
    ("What is your installment rate?", "installment_rate_in_percentage_of_disposable_income"),
    (
        "How many people are you liable to provide maintenance for?",
        "number_of_people_being_liable_to_provide_maintenance_for",
    ),
    # yes or no
    ("Are you a foreign worker?", "foreign_worker"),
    ("Do you have a telephone?", ~_is("telephone", "none")),
    ("Do you have a checking account?", ~_is("status_of_existing_checking_account", "no checking account")),
    ("Do you rent?", RENT),
    ("Do you live for free?", FREE),
    ("Do you own your home?", _is("housing", "own")),
    ("Do you have any real estate?", _is("property", "real estate")),
    ("Is there a guarantor?", GUARANTOR),
    ("Is the purpose of the credit a used car?", _is("purpose", "car (used)")),
    ("Is your purpose either education or retraining?", _is("purpose", "education", "retraining")),
    ("Are you a single male?", _is("personal_status_and_sex", "male : single")),
    ("Is your creditability good?", _is("creditability", "good")),
    # numbers
    ("Is your credit amount above 5,000?", CREDIT > 5000),
    ("Is the duration longer than 24 months?", MONTHS > 24),
    ("Do you have more than one credit at this bank?", CREDITS > 1),
    ("Is your credit amount between 1000 and 2500?", CREDIT.is_between(1000, 2500)),
    # several conditions
    ("Do you rent and are you older than 30?", (RENT, YEARS > 30)),
    ("Are you a foreign worker with a credit amount of less than 3000?", (_is("foreign_worker", "yes"), CREDIT < 3000)),
    ("Is your installment rate 4 and the duration at most 12 months?", (RATE == 4, MONTHS <= 12)),
    (
        "Do you live in your own home, with a credit for a new car, and are you under 40?",
        (_is("housing", "own"), _is("purpose", "car (new)"), YEARS < 40),
    ),
]
CREDITED_BEYOND = [
    # what no column says
    "Do you have a dog?",
    "Which bank were you with before us?",
    "How often have you moved house?",
    # levels that are not there
    "Is the purpose of your credit a boat?",
    "Is the credit for bussiness?",
    # two that cannot be both, names that could be several columns
    "Is your purpose both business and repairs?",
    "Do you rent and live for free?",
    "Are you unemployed?",
    "Do you have a car?",
    # negated
    "Don't you have a telephone?",
    "Do you rent but have no guarantor?",
    # of time, and of what they would do
    "On which day did you get the credit?",
    "Did you rent five years ago?",
    "Would you pay the credit back early?",
    # known words to no purpose
    "Is your age a guarantor?",
    "How many telephones does your purpose rent?",
]

TABLES: Mapping[str, Examined] = {
    "telephone": Examined("telco_churn/telco.parquet", TELCO, TELCO_BEYOND),
    "bank": Examined("bank_marketing/holdout.parquet", BANK, BANK_BEYOND),
    "credit": Examined("german_credit/german.parquet", CREDITED, CREDITED_BEYOND),
}
"""What is examined, by name."""
