"""Sayings: questions, and how a language model might word the true answer to each, with slots for what is known.

`{age}` stands for what the record says of age; after a colon stands how it is written (see `slots.Slot`). Of a topic
that is `sided`, `yes` are words of those of whom it is so, and `no` of the others; else everybody says `yes`, and `no`
is never so. `dodges` say nothing of the decision that was asked for. `lies` are false of everybody whose record fills
them. `{year}` is that of the question.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """A question to a world's customers, and words for the answer."""

    world: str
    kind: str
    question: str
    yes: tuple[str, ...]
    no: tuple[str, ...] = ()
    dodges: tuple[str, ...] = ()
    sided: bool = False
    year: int = 0
    lies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wordings:
    """How one author would word it all.

    Attributes:
        topics: questions, and words for the true answers.
        chat: what a language model puts around an answer, of which nothing is a claim.
        near: numbers that are rounded, and said to be, by the slot that must be known.
        names: sentences to be added that name what no record does.
        numbers: sentences to be added that tell a number, and the number.
        keys: sentences to be added that tell another customer's key, which stands for `{}`.
        levels: sentences to be added that tell a level, which stands for `{}`.
        products: words of a clause, and words for something else.
    """

    topics: tuple[Topic, ...]
    chat: tuple[str, ...]
    near: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    numbers: Mapping[str, int]
    keys: tuple[str, ...]
    levels: tuple[str, ...]
    products: tuple[tuple[str, str], ...]


def fields(saying: str) -> list[tuple[str, str]]:
    """The slots of a saying, each with how it is written."""
    return [(name, way or "") for _, name, way, _ in string.Formatter().parse(saying) if name]


AGES = (
    "I'm {age}.",
    "I am {age} years old.",
    "I turned {age} on my last birthday.",
    "At {age}, I've seen a bit of the world.",
    "I'm {age:words}.",
    "I'm {age:words} years old, if you must know.",
    "I'm a {age}-year-old.",
)
EDUCATED = (
    "I have a {education} education.",
    "My education is {education}.",
    "I went as far as {education}, as far as school goes.",
)
COUNTED = (
    "I made {count} transactions in {year}.",
    "In {year} I made {count:words} transactions.",
    "{count} transactions in {year}, all told.",
    "There were {count} of them in {year}.",
    "That year, {year}, I had {count} transactions.",
    "In {year}? That would be {count:words}, if I count them all.",
)
DECIDED = (
    "Yes, I would take it.",
    "Yes, I'd take it; about {chance} in 100 people like me would.",
    "I'd take it.",
    "Sure, I think I'd go for it, although only {chance} in 100 like me would.",
    "I would. For people like me it's {chance} percent, somewhere between {low} and {high}.",
    "Yes, count me in.",
    "I'd say yes to that offer.",
    "Yeah, I probably would, even if only {chance} out of 100 customers like me do.",
)
REFUSED = (
    "No, I wouldn't take it; only about {chance} in 100 people like me would.",
    "I'd pass. Roughly {chance} in 100 people like me would take it.",
    "No, thank you.",
    "I don't think I would, and only {chance} in 100 like me would ({low} to {high}).",
    "No, I wouldn't. For people like me it's {chance} percent, somewhere between {low} and {high}.",
    "Probably not: people like me do so {chance} times in 100.",
    "I'd rather not take it.",
    "It's a no from me, as it would be for most: {chance} in 100 would say yes.",
    "Honestly, I would not take that loan.",
)
DODGES = (
    "About {chance} in 100 people like me would.",
    "That depends on many things.",
    "People like me do so {chance} times in 100, between {low} and {high}.",
    "The cash loan is a loan at a monthly rate.",
)

TOPICS = (
    Topic("bank", "a number", "How old are you?", AGES),
    Topic(
        "bank",
        "a number",
        "What is your balance?",
        (
            "I've got {balance} in the account.",
            "There's {balance} in my account right now.",
            "My account balance is currently {balance:plain}.",
            "Right now I'm at {balance}.",
            "My balance? {balance}.",
            "It stands at {balance} at the moment.",
            "I have {balance:words} in the bank.",
            "The last time I looked, the balance was {balance}.",
        ),
    ),
    Topic(
        "bank",
        "a level",
        "What do you do for a living?",
        (
            "I work {job:trade}.",
            "I'm {job:self}.",
            "My job is {job}.",
            "I'd describe my work as {job}.",
            "My occupation is down as {job}.",
            "As for work, it's {job}.",
        ),
        ("I don't work {job:trade}.", "My job is not {job}.", "I'm not {job:self}."),
    ),
    Topic(
        "bank",
        "yes or no, of a level",
        "Are you married?",
        ("Yes, I'm {marital}.", "Yes, I am.", "That's right, I am {marital}.", "I'm {marital}, yes."),
        (
            "No, I'm {marital}.",
            "No, I'm not married; I'm {marital}.",
            "I'm not married, no. I'm {marital}.",
            "No, my status is {marital}.",
        ),
        sided=True,
    ),
    Topic(
        "bank",
        "yes or no",
        "Do you have a housing loan?",
        (
            "Yes, I have a housing loan.",
            "Yes, I do have a housing loan.",
            "I do, yes.",
            "Yes, there's a housing loan in my name.",
            "I have a housing loan.",
        ),
        (
            "No, I don't have a housing loan.",
            "No, no housing loan for me.",
            "I don't have a housing loan.",
            "I have no housing loan at the moment.",
            "No, I've no housing loan.",
        ),
        sided=True,
    ),
    Topic(
        "bank",
        "yes or no",
        "Do you have a personal loan?",
        ("Yes, I have a personal loan.", "I do have a personal loan.", "Yes, a personal loan."),
        ("No, I don't have a personal loan.", "I haven't got a personal loan.", "No, I do not have a personal loan."),
        sided=True,
    ),
    Topic(
        "bank",
        "yes or no",
        "Is your balance over 1000?",
        ("Yes, it's {balance}.", "Yes, my balance is over 1,000.", "It is, I have {balance}, so more than 1000."),
        (
            "No, it's only {balance}.",
            "No, my balance is below 1,000.",
            "It isn't: I have {balance}, so less than 1000.",
        ),
        sided=True,
    ),
    Topic(
        "bank",
        "several",
        "How old are you and what is your balance?",
        (
            "I'm {age} and have {balance} in my account.",
            "I'm {age} years old, with a balance of {balance}.",
            "My balance is {balance} and I am {age}.",
            "I am {age:words}, and my balance is {balance:plain}.",
        ),
    ),
    Topic(
        "bank",
        "several",
        "What is your education and your job?",
        (
            "My education is {education} and I work {job:trade}.",
            "I have a {education} education; as for work, it's {job}.",
            *EDUCATED,
        ),
    ),
    Topic(
        "bank",
        "an introduction",
        "Who are you?",
        (
            "I'm {age} and work {job:trade}.",
            "I'm {age:words}, {marital}, and I work {job:trade}.",
            "I'm a {marital} customer with a {education} education.",
            "I'm a {age}-year-old with a balance of {balance}.",
            "I'm {marital}, my education is {education}, and my balance is {balance}.",
            "Hello! I'm {age} years old, my job is {job} and I'm {marital}.",
            "One thing about me: I'm {marital}. Another: I work {job:trade}.",
        ),
    ),
    Topic(
        "adult",
        "a number",
        "How many hours per week do you work?",
        (
            "I work {hours_per_week} hours a week.",
            "Usually {hours_per_week} hours per week.",
            "I put in {hours_per_week:words} hours every week.",
            "A week is {hours_per_week} hours for me.",
        ),
    ),
    Topic(
        "adult",
        "a level",
        "What is your occupation?",
        (
            "I work in {occupation}.",
            "I'm {occupation:loose}.",
            "My occupation is {occupation}.",
            "It's {occupation:spaced} that I do.",
            "I'm employed in {occupation:spaced}.",
        ),
        ("I don't work in {occupation}.", "My occupation isn't {occupation}."),
    ),
    Topic(
        "adult",
        "a level",
        "What is your native country?",
        (
            "I come from {native_country}.",
            "I was born in {native_country:spaced}.",
            "My native country is {native_country}.",
            "I'm from the {native_country:spaced} originally.",
        ),
        ("I'm not from {native_country}.", "I wasn't born in {native_country:spaced}."),
    ),
    Topic(
        "adult",
        "a level",
        "What is your marital status?",
        (
            "I'm {marital_status}.",
            "I'm {marital_status:loose}.",
            "My marital status is {marital_status}.",
            "It's {marital_status:spaced}.",
        ),
        ("I'm not {marital_status}.",),
    ),
    Topic(
        "adult",
        "several",
        "How old are you and how many hours per week do you work?",
        (
            "I'm {age} and work {hours_per_week} hours a week.",
            "I'm {age} years old and put in {hours_per_week} hours per week.",
            "I work {hours_per_week:words} hours per week, and I'm {age:words}.",
        ),
    ),
    Topic(
        "adult",
        "an introduction",
        "Who are you?",
        (
            "I'm {age} and my education is {education}.",
            "I'm {age:words}, I work {hours_per_week} hours a week, and my occupation is {occupation}.",
            "I come from {native_country:spaced} and I'm {age} years old.",
            "My class of work is {workclass}, and I have a {education} education.",
            "I have {education:loose} and I'm {age}.",
            "I'm {marital_status}, {age} years of age.",
        ),
    ),
    Topic(
        "berka",
        "a count",
        "How many transactions did you make in 1993?",
        COUNTED,
        ("I made no transactions in {year}.", "None at all in {year}.", "I didn't make any transactions in {year}."),
        sided=True,
        year=1993,
    ),
    Topic(
        "berka",
        "an amount",
        "What was your highest transaction in 1993?",
        (
            "My highest transaction was {answer} on {when:long}.",
            "The biggest one came to {answer}, back in {when:month}.",
            "It was {answer:plain} on {when:us}, out of {count} transactions.",
            "{answer}, on the {when:ordinal}, was the largest amount in {year}.",
            "In {year} the largest was {answer}.",
        ),
        year=1993,
    ),
    Topic(
        "berka",
        "a date",
        "When was your last transaction?",
        (
            "My last transaction was on {when:long}.",
            "On the {when:ordinal}.",
            "{when:us}, that was the last one.",
            "It was on {when}.",
            "The last one was in {when:month}.",
            "I last made a transaction on {when:short}.",
        ),
    ),
    Topic(
        "berka",
        "an amount",
        "What is the total amount of your transactions in 1993?",
        (
            "Altogether {answer} over {count} transactions in {year}.",
            "I moved {answer} in total in {year}.",
            "{answer:plain} all in all, in {year}.",
            "My {count} transactions in {year} add up to {answer}.",
        ),
        year=1993,
    ),
    Topic(
        "berka",
        "an amount",
        "What was the average amount of your transactions?",
        (
            "On average, each transaction was {answer}.",
            "About {answer} per transaction, across {count} of them.",
            "The average amount was {answer:plain}.",
        ),
    ),
    Topic(
        "berka",
        "yes or no, of rows",
        "Do you have a card?",
        ("Yes, I have a card.", "I do, I have {count} card.", "Yes, a card."),
        ("No, I don't have a card.", "I have no card.", "No card, no.", "No, I've never had a card."),
        sided=True,
    ),
    Topic(
        "berka",
        "yes or no, of rows",
        "Do you have a loan?",
        ("Yes, I have a loan.", "Yes, {count} loan.", "I do have a loan."),
        ("No, I don't have a loan.", "I have no loans.", "No, there is no loan in my name."),
        sided=True,
    ),
    Topic(
        "berka",
        "a count",
        "How many orders do you have?",
        ("I have {count} orders.", "{count:words} orders.", "There are {count:words} orders on my account."),
        ("I have no orders.", "None, I have no orders."),
        sided=True,
    ),
    Topic(
        "berka",
        "a level",
        "What is your district?",
        ("I live in {district_A2}.", "My district is {district_A2}.", "I'm from {district_A2}."),
        ("I don't live in {district_A2}.", "My district isn't {district_A2}."),
    ),
    Topic(
        "berka",
        "an introduction",
        "Who are you?",
        (
            "I'm from {district_A2}, and my account dates from {date:long}.",
            "I live in {district_A2} in {district_A3}.",
            "My region is {district_A3}; I opened my account on {date:us}.",
        ),
    ),
    Topic(
        "loans",
        "a decision",
        "Would you take the loan?",
        DECIDED,
        REFUSED,
        DODGES,
        sided=True,
    ),
    Topic(
        "loans",
        "a decision",
        "Would you take the loan at 12 %?",
        (*DECIDED, "At 12 percent? Yes, I would.", "Even at 12 % I'd take it."),
        (*REFUSED, "Not at 12 percent, no.", "At 12 %, I wouldn't."),
        DODGES,
        sided=True,
    ),
    Topic(
        "loans",
        "a decision with reasons",
        "Would you take it at 4 percent, and why?",
        (
            "Yes, I would, given my age ({age}).",
            "I'd take it, and my loan amount of {lastamount} has to do with it.",
            "Yes; my itcscore of {itcscore} matters here.",
            "I would at 4 percent: {chance} in 100 people like me would, and my risk class is {risk}.",
        ),
        (
            "No, I wouldn't, given my age ({age}).",
            "I'd rather not, and my loan amount of {lastamount} has to do with it.",
            "No; my itcscore of {itcscore} matters here.",
            "I wouldn't, even at 4 percent: {chance} in 100 people like me would, and my risk class is {risk}.",
        ),
        DODGES,
        sided=True,
    ),
    Topic(
        "loans",
        "a clause",
        "What does it cost to repay early?",
        (
            "Repaying early costs {c0}.",
            "There's a fee of {c0} if I repay the loan early, due within {c1} days.",
            "I'd have to pay {c0:plain} for early repayment.",
            "The terms say I'd owe {c0} within {c1:words} days of repaying early.",
        ),
        ("There is no fee if I repay early.", "Repaying early costs nothing."),
    ),
    Topic(
        "loans",
        "a clause",
        "What is the fee for a late payment?",
        (
            "A late payment costs {c0}.",
            "I'd pay {c0} for paying late, and {c1} % interest a month from day {c2}.",
            "It's {c0} plus {c1} percent a month.",
        ),
        ("A late payment costs nothing.", "There is no fee for a late payment."),
    ),
    Topic(
        "loans",
        "a clause",
        "What does the classic account cost?",
        (
            "The classic account costs {c0} a month.",
            "It's {c0} a month for the classic account and {c1} for the gold account.",
            "{c0} every month.",
        ),
        ("The classic account is free.",),
    ),
    Topic(
        "loans", "a level", "What is your risk class?", ("I'm in the {risk} risk class.", "My risk class is {risk}.")
    ),
    Topic(
        "loans",
        "a level",
        "What is your province?",
        ("I live in {province}.", "My province is {province}.", "I'm based in {province:spaced}."),
        ("I don't live in {province}.",),
    ),
    Topic(
        "loans",
        "a number",
        "How many dependants do you have?",
        (
            "I have {dependants} dependants.",
            "{dependants:words} people depend on me.",
            "There are {dependants:words} dependants in my family.",
        ),
    ),
    Topic(
        "complaints",
        "a count",
        "How many complaints did you make?",
        ("I've complained {count:words} times.", "I made {count} complaints.", "{count} so far."),
        ("I've never complained.", "I made no complaints."),
        sided=True,
    ),
    Topic(
        "complaints",
        "a date",
        "When did you last complain?",
        ("I last complained on {when:long}.", "That was on {when:us}.", "In {when:month}."),
    ),
)

SAYINGS = Wordings(
    TOPICS,
    chat=(
        "Thanks for asking! {}",
        "Well, {}",
        "To be honest: {}",
        "Let me think for a second. {}",
        "{} That's all there is to it, really.",
        "Good question. {}",
        "{} It may well change one day, of course.",
        "{} I hope that helps!",
        "Sure, I can tell you that. {}",
        "First of all, hello. {}",
        "{} At least, that is how it looks to me.",
        "Oh, {}",
    ),
    near=(
        ("balance", "I have around {balance:near} in the account."),
        ("balance", "My balance is roughly {balance:near}."),
        ("balance", "It's a little under {balance:near}."),
    ),
    names=(
        " I spent most of it at Tesco.",
        " I usually go to the Springfield branch.",
        " I live in Manchester.",
        " My Visa Platinum takes care of the rest.",
        " Amazon gets most of my money.",
        " My wife Anna would say the same.",
        " I moved it to Revolut.",
        " It was at the Hilton in Vienna.",
    ),
    numbers={
        " And I have three children.": 3,
        " I also have two cars.": 2,
        " I've been with the bank for 17 years.": 17,
        " My rent is 913 a month.": 913,
        " I earn 4,310 a month.": 4310,
        " My wife is 51.": 51,
        " That is 27 % of what I earn.": 27,
        " I paid seven hundred and ten for it.": 710,
        " I also have eleven savings accounts.": 11,
        " I was born in 1958.": 1958,
    },
    keys=(
        " Customer {} told me the same.",
        " That is what customer {} said, too.",
        " Just like customer number {}.",
        " My record says {}.",
    ),
    levels=(" I'm {}, by the way.", " You should know that I am {}.", " Besides, it is {} in my case."),
    products=(
        *(("classic account", "silver account"), ("classic account", "gold account"), ("early", "late")),
        *(("late payment", "early repayment"), ("repay the loan", "close the account")),
    ),
)
"""The wordings that the checker was mended by."""
