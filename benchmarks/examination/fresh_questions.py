"""A second examination, on words that nothing was fitted to: a made bank, and a real shop of CDs without a glossary.

As product managers, those who train call centres, and people whose first language is another would type them.
Held out until 28 November 2026, when each was asked for the first time (seed 0). Of 150 that have an answer, 100 were
answered right, 5 wrong, and 45 refused: 71, 1 and 28 of the bank's 100, 29, 4 and 17 of the shop's 50. Of 60 that have
none, 56 were refused, and an answer was made up to 4. Whatever is mended by these questions afterwards, this first
figure is the one that says how words are understood that nobody has seen before.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from examination import made_bank
from examination.question import (
    ANY,
    COUNT,
    DAY_OF_LEAST,
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
    Question,
    Template,
    World,
    commonest,
    load,
    look_up,
)

ALL = "1 = 1"
IN_YEAR, IN_MONTH = "substr(day, 1, 4) = '{year}'", "substr(day, 1, 7) = '{month}'"
SPAN = "substr(day, 1, 7) between '{month}' and '{later}'"
AT, ON = "category = '{shop}'", "category = '{thing}'"
ABOUT, CARD, MONEY = "topic = '{topic}'", "type = '{card}'", "currency = '{money}'"
NEWS = "select newsletter from t union all select iif(newsletter = 'yes', 'true', 'false') from t"
YEAR_OPENED = "select account_opened from t union all select cast(substr(account_opened, 1, 4) as integer) from t"
CDS = "select coalesce(sum(cds), 0) from t"
SECOND = "select amount from t order by amount desc limit 1 offset 1"
MEDIAN = (
    "select avg(amount) from (select amount, row_number() over (order by amount) r, count(*) over () n from t) "
    "where r in ((n + 1) / 2, (n + 2) / 2)"
)
RARE_CATEGORY = (
    "select category from t group by 1 having count(*) = "
    "(select min(n) from (select count(*) n from t group by category))"
)


def of_last(column: str) -> str:
    """The SQL of what stands in the last row, or in each of several of that day."""
    return f"select {column} from t where day = (select max(day) from t)"


def of_first(column: str) -> str:
    return f"select {column} from t where day = (select min(day) from t)"


def since_any(days: tuple[str, ...], select: str) -> str:
    """The SQL of rows since each of several days, any of which may be meant."""
    return " union all ".join(f"select ({select.replace('from t', f'from t where day >= {each!r}')})" for each in days)


def best_year(most: str) -> str:
    """The SQL of the year with the most of something, as a number or as text."""
    years = f"select substr(day, 1, 4) y, {most} n from t group by 1 order by 2 desc limit 1"
    return f"select y from ({years}) union all select cast(y as integer) from ({years})"


def is_so(condition: str) -> str:
    return f"select iif({condition}, 'true', 'false') from t"


BANK: list[Template] = [
    # the customer
    ("How old are you?", "customers", ALL, "select age from t"),
    ("Could you please confirm your age?", "customers", ALL, "select age from t"),
    ("What town do you live in?", "customers", ALL, "select city from t"),
    ("In which city is your home?", "customers", ALL, "select city from t"),
    ("What's your job?", "customers", ALL, "select occupation from t"),
    ("What do you do for a living?", "customers", ALL, "select occupation from t"),
    ("occupation?", "customers", ALL, "select occupation from t"),
    ("When did you open your account with us?", "customers", ALL, "select account_opened from t"),
    ("Since when do you have account here?", "customers", ALL, "select account_opened from t"),
    ("In what year was your account opened?", "customers", ALL, YEAR_OPENED),
    ("Did you open your account before 2017?", "customers", ALL, is_so("account_opened < '2017-01-01'")),
    ("Do you receive our newsletter?", "customers", ALL, NEWS),
    ("Have you signed up to the newsletter?", "customers", ALL, NEWS),
    ("Are you retired?", "customers", ALL, is_so("occupation = 'retired'")),
    ("Are you still a student?", "customers", ALL, is_so("occupation = 'student'")),
    ("Do you live in Vienna?", "customers", ALL, is_so("city = 'Vienna'")),
    ("Are you older than 40?", "customers", ALL, is_so("age > 40")),
    ("Are you under fifty?", "customers", ALL, is_so("age < 50")),
    # cards
    ("How many cards do you hold?", "cards", ALL, COUNT),
    ("How many cards have we issued to you so far?", "cards", ALL, COUNT),
    ("How many of your cards were issued before {year}?", "cards", "day < '{year}'", COUNT),
    ("Do you have a {card} card?", "cards", CARD, ANY),
    ("Has any card been issued to you since 2022?", "cards", "day >= '2022'", ANY),
    ("Do you pay more than 5 a month for any of your cards?", "cards", "monthly_fee > 5", ANY),
    ("When was your {card} card issued?", "cards", CARD, "select day from t"),
    ("When did you get your first card?", "cards", ALL, FIRST),
    ("What do you pay monthly for the {card} card?", "cards", CARD, "select monthly_fee from t"),
    ("What is the monthly fee of your {card} card?", "cards", CARD, "select monthly_fee from t"),
    ("What is the highest monthly fee among your cards?", "cards", ALL, "select max(monthly_fee) from t"),
    ("How much do your cards cost you per month all together?", "cards", ALL, "select sum(monthly_fee) from t"),
    ("average monthly fee of your cards", "cards", ALL, "select avg(monthly_fee) from t"),
    (
        "Which of your cards has the lowest monthly fee?",
        "cards",
        ALL,
        "select type from t order by monthly_fee limit 1",
    ),
    ("What type of card did you get last?", "cards", ALL, of_last("type")),
    ("Which type is the card that we gave you in {year}?", "cards", IN_YEAR, "select type from t"),
    # complaints
    ("How many complaints have you filed with us?", "complaints", ALL, COUNT),
    ("How often did you complain in {year}?", "complaints", IN_YEAR, COUNT),
    ("How many times have you complained about {topic}?", "complaints", ABOUT, COUNT),
    ("number of complaints about {topic} since {year}", "complaints", f"{ABOUT} and day >= '{{year}}'", COUNT),
    (
        "Tell me please how many complaints did you made between 2020 and 2022.",
        "complaints",
        "day between '2020-01-01' and '2022-12-31'",
        COUNT,
    ),
    (
        "How many complaints did we get from you in the last 12 months?",
        "complaints",
        ALL,
        since_any(("2023-06-28", "2023-06-29", "2023-06-30", "2023-07-01"), COUNT)
        + " union all select count(*) from t where day between '2023-06-01' and '2024-05-31'",
    ),
    ("On how many different topics did you complain?", "complaints", ALL, "select count(distinct topic) from t"),
    ("Have you ever complained about {topic}?", "complaints", ABOUT, ANY),
    ("Did you file any complaint in {month}?", "complaints", IN_MONTH, ANY),
    ("Did you complain in the first half of {year}?", "complaints", f"{IN_YEAR} and substr(day, 6, 2) <= '06'", ANY),
    ("Is it true that you complained about {topic} in {year}?", "complaints", f"{ABOUT} and {IN_YEAR}", ANY),
    ("When did you last complain?", "complaints", ALL, LAST),
    ("When was the last time that you complained about {topic}?", "complaints", ABOUT, LAST),
    ("When was your very first complaint?", "complaints", ALL, FIRST),
    ("When did you complain about {topic} for the first time?", "complaints", ABOUT, FIRST),
    ("What was your latest complaint about?", "complaints", ALL, of_last("topic")),
    ("What did you complain about first?", "complaints", ALL, of_first("topic")),
    ("Which topic do you complain about the most?", "complaints", ALL, commonest("topic")),
    # payments: how many
    ("How many payments did you make in {month}?", "payments", IN_MONTH, COUNT),
    ("How many times did you pay online in {year}?", "payments", f"channel = 'online' and {IN_YEAR}", COUNT),
    ("How many payments over {size} have you made?", "payments", "amount > {size}", COUNT),
    ("How many of your payments in {year} were below {size}?", "payments", f"{IN_YEAR} and amount < {{size}}", COUNT),
    ("How many payments did you do before {month}?", "payments", "day < '{month}'", COUNT),
    (
        "How many times you have paid in pharmacy after {date}?",
        "payments",
        "category='pharmacy' and day>'{date}'",
        COUNT,
    ),
    (
        "How many EUR payments did you make by card at {shop}?",
        "payments",
        f"currency = 'EUR' and channel = 'card' and {AT}",
        COUNT,
    ),
    ("How many payments in pounds?", "payments", "currency = 'GBP'", COUNT),
    ("How many payments this month?", "payments", "day >= '2024-06'", COUNT),
    ("How many payments did you make on Fridays?", "payments", "strftime('%w', day) = '5'", COUNT),
    ("How many of payments you made with amount between 100 and 200?", "payments", "amount between 100 and 200", COUNT),
    ("How many payments had you made by the end of {year}?", "payments", "day <= '{year}-12-31'", COUNT),
    (
        "How many different categories did you pay for in {month}?",
        "payments",
        IN_MONTH,
        "select count(distinct category) from t",
    ),
    # payments: how much
    ("How much did you spend at {shop} in {year}?", "payments", f"{AT} and {IN_YEAR}", SUM),
    ("What did you spend on {thing} in total?", "payments", ON, SUM),
    ("total spend on {thing}, {year}", "payments", f"{ON} and {IN_YEAR}", SUM),
    ("I'd like to know the total of your card payments in {year}.", "payments", f"channel='card' and {IN_YEAR}", SUM),
    ("Can you tell me how much you paid by phone in {mon}?", "payments", f"channel = 'phone' and {IN_MONTH}", SUM),
    ("How much have you spent since {date}?", "payments", "day >= '{date}'", SUM),
    ("How much money you spended for {thing} until {date}?", "payments", f"{ON} and day <= '{{date}}'", SUM),
    ("Sum of payments from {month} to {later}", "payments", SPAN, SUM),
    ("How much did you spend in Q1 {year}?", "payments", f"{IN_YEAR} and substr(day, 6, 2) <= '03'", SUM),
    (
        "Your spending on {thing} in the second half of {year}?",
        "payments",
        f"{ON} and {IN_YEAR} and substr(day, 6, 2) > '06'",
        SUM,
    ),
    ("How much did you spend last year?", "payments", "substr(day, 1, 4) = '2023'", SUM),
    (
        "How much did you pay out over the last two weeks?",
        "payments",
        ALL,
        since_any(("2024-06-14", "2024-06-15"), "select coalesce(sum(amount), 0) from t"),
    ),
    ("What is the total of your payments in euros?", "payments", "currency = 'EUR'", SUM),
    ("How much did you spend on {date}?", "payments", "day = '{date}'", SUM),
    (
        "total amount you paid by transfer in EUR in {year}",
        "payments",
        f"channel='transfer' and currency='EUR' and {IN_YEAR}",
        SUM,
    ),
    ("What is your average payment at {shop}?", "payments", AT, MEAN),
    ("avg amount of your online payments?", "payments", "channel = 'online'", MEAN),
    # payments: the most, the first, the last
    ("What was your biggest payment ever?", "payments", ALL, MOST),
    ("Which was your most big payment in {year}?", "payments", IN_YEAR, MOST),
    ("How much was your dearest restaurant bill?", "payments", "category = 'restaurant'", MOST),
    ("What is the smallest amount that you ever paid by transfer?", "payments", "channel = 'transfer'", LEAST),
    ("When did you make your largest payment?", "payments", ALL, DAY_OF_MOST),
    ("What is your second largest payment?", "payments", ALL, SECOND),
    ("What is your median payment?", "payments", ALL, MEDIAN),
    ("When did you last pay for {thing}?", "payments", ON, LAST),
    ("What was the date of your first payment in {money}?", "payments", MONEY, FIRST),
    ("How much was your last payment?", "payments", ALL, LAST_AMOUNT),
    ("How much did you pay the first time you used the phone to pay?", "payments", "channel = 'phone'", FIRST_AMOUNT),
    ("In which category do you spend the most money?", "payments", ALL, commonest("category", "sum(amount)")),
    ("Which category do you pay for least often?", "payments", ALL, RARE_CATEGORY),
    ("Which channel do you use most?", "payments", ALL, commonest("channel")),
    ("What was your last payment for?", "payments", ALL, of_last("category")),
    ("In which year did you spend the most?", "payments", ALL, best_year("sum(amount)")),
    # whether something was paid
    ("Have you ever paid more than {size} for {thing}?", "payments", f"{ON} and amount > {{size}}", ANY),
    ("Have you paid at a hotel since {month}?", "payments", "category = 'hotel' and day >= '{month}'", ANY),
]

SHOP: list[Template] = [
    ("How many CDs have you bought since June 1997?", "purchases", "day >= '1997-06'", CDS),
    ("How many CDs have you bought in total?", "purchases", ALL, CDS),
    ("How many CDs you bought in {year}?", "purchases", IN_YEAR, CDS),
    ("cds bought in {month}, total", "purchases", IN_MONTH, CDS),
    ("How many CDs did you buy after 25 December 1997?", "purchases", "day > '1997-12-25'", CDS),
    ("How many purchases have you made?", "purchases", ALL, COUNT),
    ("How many purchases until now?", "purchases", ALL, COUNT),
    ("How many times did you buy from us in {year}?", "purchases", IN_YEAR, COUNT),
    ("number of purchases from {month} to {later}", "purchases", SPAN, COUNT),
    (
        "How many orders did you place from June to August 1997?",
        "purchases",
        "day between '1997-06' and '1997-09'",
        COUNT,
    ),
    (
        "How many purchases did you make in the last 3 months?",
        "purchases",
        ALL,
        since_any(("1998-03-30", "1998-03-31", "1998-04-01"), COUNT)
        + " union all select count(*) from t where day between '1998-03-01' and '1998-05-31'",
    ),
    ("How many purchases of over {size} dollars did you make?", "purchases", "amount > {size}", COUNT),
    ("How many times have you spent less than {size} in one go?", "purchases", "amount < {size}", COUNT),
    ("How many of your purchases were just one CD?", "purchases", "cds = 1", COUNT),
    ("How many purchases with at least 3 CDs have you?", "purchases", "cds >= 3", COUNT),
    ("On how many days did you buy?", "purchases", ALL, "select count(distinct day) from t"),
    ("How much have you spent with us?", "purchases", ALL, SUM),
    ("How much money did you spend in {month}?", "purchases", IN_MONTH, SUM),
    ("total amt in {year}", "purchases", IN_YEAR, SUM),
    ("Total amount of purchases before {month}", "purchases", "day < '{month}'", SUM),
    ("How much did you spend in the first quarter of 1998?", "purchases", "day between '1998-01' and '1998-04'", SUM),
    ("How much did you spend last year?", "purchases", "substr(day, 1, 4) = '1997'", SUM),
    ("Could you tell me what you spent between {month} and {later}?", "purchases", SPAN, SUM),
    ("Please say total of all your purchases up to {date}.", "purchases", "day <= '{date}'", SUM),
    ("What do you spend per purchase on average?", "purchases", ALL, MEAN),
    ("What was the average amount of your purchases in {year}?", "purchases", IN_YEAR, MEAN),
    ("How many CDs do you buy at once on average?", "purchases", ALL, "select avg(cds) from t"),
    ("What was your most expensive purchase?", "purchases", ALL, MOST),
    ("What was your cheapest purchase?", "purchases", ALL, LEAST),
    ("What is the highest amount you have paid us in {year}?", "purchases", IN_YEAR, MOST),
    (
        "How big was your biggest purchase?",
        "purchases",
        ALL,
        f"{MOST} union all select max(cds) from t",
    ),
    ("What is the largest number of CDs that you took in one purchase?", "purchases", ALL, "select max(cds) from t"),
    ("When was your most expensive purchase?", "purchases", ALL, DAY_OF_MOST),
    (
        "When did you make your smallest purchase?",
        "purchases",
        ALL,
        f"{DAY_OF_LEAST} union all select day from t where cds = (select min(cds) from t)",
    ),
    (
        "On which day did you buy the most CDs at once?",
        "purchases",
        "cds = (select max(cds) from purchases)",
        "select day from t",
    ),
    ("When did you buy for the last time?", "purchases", ALL, LAST),
    ("When was your first purchase?", "purchases", ALL, FIRST),
    ("When was the last time you spent over {size}?", "purchases", "amount > {size}", LAST),
    ("When did you first buy 5 CDs or more?", "purchases", "cds >= 5", FIRST),
    ("What did your first order cost?", "purchases", ALL, FIRST_AMOUNT),
    ("What was the amount of your last purchase?", "purchases", ALL, LAST_AMOUNT),
    ("How many CDs were in your last purchase?", "purchases", ALL, of_last("cds")),
    ("In which year did you buy the most CDs?", "purchases", ALL, best_year("sum(cds)")),
    ("Did you buy anything in {month}?", "purchases", IN_MONTH, ANY),
    ("Did you purchase something since the beginning of 1998?", "purchases", "day >= '1998'", ANY),
    ("Have you bought CDs this month?", "purchases", "day >= '1998-06'", ANY),
    ("Have you ever bought more than {count} CDs at one time?", "purchases", "cds > {count}", ANY),
    ("Have you ever bought exactly 2 CDs?", "purchases", "cds = 2", ANY),
    ("Did you ever spend more than 100 in a single purchase?", "purchases", "amount > 100", ANY),
    ("Was your first purchase before February 1997?", "purchases", ALL, is_so("min(day) < '1997-02'")),
]

PAID = "from payments where"
BANK_BEYOND: dict[str, str] = {
    # what nothing records
    "How many children do you have?": "",
    "What is your salary?": "",
    "What's your email address?": "",
    "Do you have a mortgage?": "",
    "When was your last complaint resolved?": "",
    "What is the credit limit of your gold card?": "",
    "When does your virtual card expire?": "",
    "How satisfied are you with the app?": "",
    "What is the name of the hotel where you paid last?": "",
    "At what time of the day do you pay online?": "",
    # words of one table that are put to another
    "What is the topic of your largest payment?": "",
    "What is the monthly fee of your last complaint?": "",
    "How many complaints did you make by phone?": "",
    "How much did you pay with your gold card in 2022?": "",
    "In which currency is your newsletter?": "",
    "In what city did you make your last payment?": "",
    "What channel did you use for your complaint about fees?": "",
    "How old is your largest payment?": "",
    # of other people
    "How many payments did customer 1044 make in 2022?": "",
    "What do other customers pay at restaurants on average?": "",
    "How much did your wife spend on clothing in 2022?": "",
    # rates, shares, comparisons, and what is not so
    "How much do you spend on fuel per month?": f"select sum(amount) / 66 {PAID} category = 'fuel' "
    f"union all select sum(amount) / count(distinct substr(day, 1, 7)) {PAID} category = 'fuel'",
    "How many payments do you make a week?": "select count(*) * 7.0 / (julianday(max(day)) - julianday(min(day)) + 1) "
    "from payments",
    "What share of your payments is made online?": "select avg(channel = 'online') from payments "
    "union all select 100 * avg(channel = 'online') from payments",
    "What percentage of your spending goes to travel?": "select 100 * sum(iif(category = 'travel', amount, 0)) "
    "/ sum(amount) from payments",
    "How much more did you spend in 2022 than in 2021?": f"select (select sum(amount) {PAID} day like '2022%') - "
    f"(select sum(amount) {PAID} day like '2021%')",
    "Did you complain more often in 2023 than in 2022?": "select iif(sum(day like '2023%') > sum(day like '2022%'), "
    "'true', 'false') from complaints",
    "Has your spending on fuel gone up since 2021?": "",
    "How many payments did you not make by card?": f"select count(*) {PAID} channel != 'card'",
    "How much did you spend on everything except travel?": f"select sum(amount) {PAID} category != 'travel'",
    "In which month did you not complain?": "",
    # what might be, what will be, and why
    "If the gold card cost 20 a month, would you keep it?": "",
    "Would you have complained about fees if there were none?": "",
    "How much will you spend on travel next year?": "",
    "When will you complain again?": "",
    "Why did you pay so much at hotels in 2022?": "",
    "What made you get a virtual card?": "",
    # two at once
    "How many payments did you make in 2022, and when was the largest?": "",
    "How old are you and where do you live?": "",
    "What was your first payment and your last one?": "",
}
"""Questions that have no answer, or none in what is counted; the SQL of what would be true all the same, if any."""

SHOP_BEYOND: dict[str, str] = {
    "Which band do you like the most?": "",
    "What was the title of the last CD you bought?": "",
    "How many DVDs have you bought?": "",
    "Where do you live?": "",
    "How old are you?": "",
    "How did you pay for your first purchase?": "",
    "How many CDs did you return?": "",
    "How much discount did you get on your last purchase?": "",
    "How much did customer 9 spend in 1997?": "",
    "How many CDs did your brother buy in 1997?": "",
    "How many CDs do you buy per month?": "select sum(cds) / 18.0 from purchases "
    "union all select sum(cds) * 1.0 / count(distinct substr(day, 1, 7)) from purchases",
    "What is the price of one CD on average?": "select sum(amount) / sum(cds) from purchases "
    "union all select avg(amount / cds) from purchases",
    "What share of your purchases were above 50 dollars?": "select avg(amount > 50) from purchases "
    "union all select 100 * avg(amount > 50) from purchases",
    "How many more CDs did you buy in 1997 than in 1998?": "select sum(iif(day < '1998', cds, -cds)) from purchases",
    "In how many months did you buy nothing?": "select 18 - count(distinct substr(day, 1, 7)) from purchases",
    "How long do you wait between two purchases?": "",
    "How many CDs will you buy in 1999?": "",
    "Would you buy more CDs if they were cheaper?": "",
    "Why did you stop buying?": "",
    "How many CDs did you buy last, and what did they cost?": "",
}


def open_bank(folder: Path) -> World:
    """The made bank, whose five customers with the most complaints are asked: the busiest, and others of one card."""
    complaints = pl.read_parquet(folder / "complaints.parquet").group_by("customer_id").len()
    asked = complaints.sort(["len", "customer_id"], descending=[True, False])["customer_id"][:5].cast(pl.String)
    fill = partial(draw_blanks, first=made_bank.BEGIN, months=65, sizes=(40, 75, 150, 300, 600))
    return replace(
        made_bank.open_world(folder), asked=list(asked), templates=BANK, fill=fill, impossible=tuple(BANK_BEYOND)
    )


def open_shop(folder: Path) -> World:
    """The shop, some of whose busy customers are asked."""
    held = pl.read_parquet(folder / "purchases.parquet")
    held = held.with_columns(day=pl.col("date").str.to_date(), amount="amt")
    busy = held.group_by("users_id").len().filter(pl.col("len") >= 15)["users_id"].sort()[:20]

    def rows(customer: str) -> dict[str, pl.DataFrame]:
        return {"purchases": held.filter(pl.col("users_id") == int(customer))}

    fill = partial(draw_blanks, first=date(1997, 1, 1), months=17, sizes=(15, 25, 35, 60))
    return World(folder, {}, [str(key) for key in busy], rows, _write, SHOP, fill, tuple(SHOP_BEYOND))


def ask_beyond(world: World) -> Iterator[Question]:
    """The questions without an answer, with what would be true all the same."""
    database = load(world.rows(world.asked[0]))
    for text in world.impossible:
        sql = BANK_BEYOND.get(text) or SHOP_BEYOND.get(text)
        yield Question("", text, world.asked[0], (), look_up(database, [sql]) if sql else [])


def draw_blanks(rng: np.random.Generator, first: date, months: int, sizes: tuple[int, ...]) -> dict[str, Blank]:
    """What may stand in blanks: words, and what stands in SQL in their place. The first day begins a year."""
    begin, end = (_month(first, int(place)) for place in np.sort(rng.choice(months, 2, replace=False)))
    day = begin + timedelta(days=int(rng.integers(28)))
    out = {
        "year": Blank(f"{begin.year}", (f"{begin.year}",)),
        "month": Blank(f"{begin:%B %Y}", (f"{begin:%Y-%m}",)),
        "mon": Blank(f"{begin:%b %Y}", (f"{begin:%Y-%m}",)),
        "later": Blank(f"{end:%B %Y}", (f"{end:%Y-%m}",)),
        "date": Blank(f"{day.day} {day:%B %Y}", (f"{day}",)),
    }
    levels: dict[str, dict[str, Any]] = {
        "size": {str(each): each for each in sizes},
        "count": {"3": 3, "six": 6, "ten": 10},
        "shop": made_bank.PLACES,
        "thing": made_bank.THINGS,
        "topic": made_bank.TOPICS,
        "card": {each: each for each in made_bank.CARDS},
        "money": {each: each for each in made_bank.CURRENCIES.values()},
    }
    for name, meant in levels.items():
        words = list(meant)[rng.integers(len(meant))]
        out[name] = Blank(words, (str(meant[words]),))
    return out


def _month(first: date, place: int) -> date:
    return date(first.year + place // 12, place % 12 + 1, 1)


def _write(_: str, row: dict[str, Any]) -> str:
    day = row["day"]
    return f"On {day.day} {day:%B %Y} I made a purchase of {row['cds']} CDs for {row['amount']:.2f}."
