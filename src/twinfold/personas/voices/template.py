"""The template voice: sentences with gaps, filled from the record. It needs no model, and makes nothing up.

Which of several ways of saying a thing is taken hangs on the seed, the customer and the question, and on nothing else.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from twinfold.personas.questions.plan import Act
from twinfold.personas.questions.words import listed
from twinfold.personas.wording import capital

NAME = "template"


@dataclass(frozen=True)
class Turn:
    """Whose words they are, and in answer to what; the same turn finds the same words."""

    seed: int
    customer: str
    question: str

    def pick(self, ways: Sequence[str], about: str = "") -> str:
        """One of several ways of saying a thing."""
        return ways[zlib.crc32(f"{self.seed}|{self.customer}|{self.question}|{about}".encode()) % len(ways)]


def say_attribute(turn: Turn, name: str, said: str, truth: bool | None, *, checked: bool | None = None) -> str:
    """What a customer is.

    Args:
        turn: whose words.
        name: what is said of them ("balance"); said: its value; empty where it isn't known.
        truth: of a value of yes and no, which.
        checked: of a question whether it is something, the answer.
    """
    if not said:
        return turn.pick(
            (
                f"I don't know my {name}: there is nothing on record.",
                f"My {name} {_be(name)}n't on record.",
                f"There's no entry for my {name}.",
            ),
            name,
        )
    if checked is not None:
        lead = turn.pick(
            ("Yes", "That's right", "Yes, it is so") if checked else ("No", "No, it isn't so", "No, not me"), name
        )
        return f"{lead}: my {name} {_be(name)} {said}."
    if truth is not None:
        lead = "Yes" if truth else "No"
        return turn.pick(
            (
                f"{lead}: {name} {_be(name)} {said} for me.",
                f"{lead}. For {name}, my record says {said}.",
                f"{lead}, my {name} {_be(name)} down as {said}.",
            ),
            name,
        )
    if name == "age":
        return turn.pick((f"I'm {said} years old.", f"I am {said}.", f"My age is {said}.", f"I'm {said}."), name)
    return turn.pick(
        (
            f"My {name} {_be(name)} {said}.",
            f"{capital(name)}: {said}.",
            f"It's {said}, my {name}.",
            f"For {name}, it's {said} in my case.",
        ),
        name,
    )


def say_conditions(turn: Turn, met: bool | None, known: Sequence[tuple[str, str]]) -> str:
    """Whether a customer is several things at once.

    Args:
        turn: whose words.
        met: whether all is so; None where it isn't known.
        known: what is said of them, each with its value, empty where there is none.
    """
    parts = listed(
        [f"my {name} {_be(name)} {said}" if said else f"my {name} {_be(name)}n't on record" for name, said in known]
    )
    if met is None:
        return turn.pick((f"I can't say: {parts}.", f"That I don't know: {parts}."), "met")
    lead = turn.pick(("Yes", "Yes, all of it") if met else ("No", "No, not all of that"), "met")
    return f"{lead}: {parts}."


@dataclass(frozen=True)
class Telling:
    """What a customer's rows say.

    Attributes:
        act: what was asked of them.
        table: what a row is called ("payment"); column: what was asked for ("shop"); by: what was reckoned with
            ("amount"); empty where nothing was.
        said: the answer; when: the date of the row that answers; either may be empty.
        within: which rows, with a blank before ("", " in May 1993").
        count: how many rows are meant.
        nth: which one from the end, with a blank after it ("second "); empty of the very end.
        met: whether a number or a sum is what was asked; None where nothing was asked of it.
    """

    act: Act
    table: str
    column: str
    by: str
    said: str
    when: str
    within: str
    count: int
    met: bool | None
    nth: str = ""


def say_ledger(turn: Turn, told: Telling) -> str:
    """What a customer's rows say, in a sentence."""
    if told.met is not None:
        lead = turn.pick(("Yes", "Yes, so it is") if told.met else ("No", "No, it isn't so"), "met")
        things = f"{told.count:,} {plural(told.table, told.count)}{told.within}"
        if told.act is Act.LAST:
            return f"{lead}: my {told.column} {_be(told.column)} {told.said}, by my last {told.table}{told.within}."
        return f"{lead}: {things}." if told.act is Act.EVER else f"{lead}: {told.said} of {told.column} over {things}."
    if told.count == 0:
        none = plural(told.table, 2)
        if told.act is Act.EVER:
            return turn.pick((f"No, I have no {none}{told.within}.", f"No, there are no {none}{told.within}."), "none")
        ways = (
            f"I have no {none}{told.within}.",
            f"None: there are no {none}{told.within} of mine.",
            f"There are no {none}{told.within} on my record.",
        )
        return turn.pick(ways, "none")
    return turn.pick(_ways(told))


def _ways(told: Telling) -> tuple[str, ...]:
    """The ways of saying it."""
    said, column, when = told.said, told.column, told.when
    things = f"{told.count:,} {plural(told.table, told.count)}{told.within}"
    over = f"over {things}"
    day = f", on {when}" if when else ""
    match told.act:
        case Act.COUNT:
            return f"{things}.", f"I have {things}.", f"That makes {things}."
        case Act.EVER:
            return f"Yes: {things}.", f"Yes, I have {things}.", f"Yes, {things}."
        case Act.SUM:
            return (
                f"In all it's {said} of {column} {over}.",
                f"The {column} {'adds' if _be(column) == 'is' else 'add'} up to {said} {over}.",
                f"{said} of {column} altogether, {over}.",
            )
        case Act.MEAN:
            return (
                f"On average the {column} is {said} {over}.",
                f"My average {column} is {said}, {over}.",
                f"About {said} of {column} each, {over}.",
            )
        case Act.MEDIAN:
            return f"The middle one of the {column} is {said}, {over}.", f"My median {column} is {said}, {over}."
        case Act.MOST | Act.LEAST:
            end = f"{told.nth}{'highest' if told.act is Act.MOST else 'lowest'}"
            if not column:
                return (
                    f"The {told.table} with the {end} {told.by} was on {when}, {over}.",
                    f"On {when}: the {end} {told.by} {over}.",
                )
            if column != told.by:
                return (
                    f"The {column} was {said} at the {told.table} with the {end} {told.by}{day}, {over}.",
                    f"{capital(column)} {said}: the {told.table} with the {end} {told.by}{day}, {over}.",
                )
            return (
                f"My {end} {column} is {said}{day}, {over}.",
                f"The {end} {column} was {said}{day}, {over}.",
                f"{said}{day}: that is the {end} {column} {over}.",
            )
        case Act.LAST | Act.FIRST:
            return _ways_of_end(told, f"{told.nth}{'last' if told.act is Act.LAST else 'first'}")
        case Act.COMMONEST | Act.RAREST | Act.TOP:
            how = {Act.COMMONEST: "commonest", Act.RAREST: "rarest", Act.TOP: "largest"}[told.act]
            if told.act is Act.TOP:
                return (
                    f"Most of the {told.by} goes to {column} {said}, {over}.",
                    f"{capital(column)} {said} takes most of the {told.by}, {over}.",
                )
            return f"The {how} {column} is {said}, {over}.", f"{capital(column)} {said} is the {how}, {over}."
        case Act.DISTINCT:
            kinds = f"{said} different {plural(column, 2)}"
            return f"{kinds}, {over}.", f"There are {kinds} {over}."
        case Act.LEVELS:
            return f"{capital(column)}: {said} ({things}).", f"By {column} these are {said}, {over}."
    return f"I have {things}.", f"On my record: {things}.", f"{things} of mine."


def _ways_of_end(told: Telling, end: str) -> tuple[str, ...]:
    """The ways of saying what the last row says, or the first."""
    said, column, when = told.said, told.column, told.when
    row = f"my {end} {told.table}{told.within}"
    if column and when and said != when:
        return (
            f"At {row}, on {when}, the {column} was {said}.",
            f"The {column} was {said} at {row}, on {when}.",
            f"{capital(column)} {said}: {row}, on {when}.",
        )
    if column:
        return f"My {column} is {said}, by {row}.", f"By {row}, the {column} is {said}."
    return f"{capital(row)} was on {when}.", f"On {when}: that was {row}."


def say_decision(
    turn: Turn,
    *,
    yes: bool | None,
    did: str,
    chance: tuple[str, str, str],
    fors: Sequence[str],
    againsts: Sequence[str],
) -> tuple[str, str]:
    """What a customer would do, and the reasons.

    Args:
        turn: whose words.
        yes: whether they do it; None of a number.
        did: what it is ("take it", "tookup").
        chance: what is expected, and its interval, as people read them.
        fors, againsts: what speaks for it, and against, with its value ("my balance (1,200)").

    Returns:
        The decision in a sentence, and all of the answer.
    """
    middle, low, high = chance
    if yes is None:
        lead = turn.pick(
            (
                f"I'd expect {did} of {middle}.",
                f"About {middle}, I'd say, for {did}.",
                f"{middle} is what I'd expect for {did}.",
            )
        )
        sure = turn.pick(
            (
                f"It may be {low} to {high} for somebody like me.",
                f"For people like me it lies between {low} and {high}.",
            ),
            "sure",
        )
    else:
        lead = turn.pick(
            ("Yes, I would.", "I'd do it.", "Yes, I think I would.")
            if yes
            else ("No, I wouldn't.", "I don't think I would.", "No, that's not for me.")
        )
        sure = turn.pick(
            (
                f"Of 100 people like me, about {middle} would ({low} to {high}).",
                f"About {middle} in 100 like me would, between {low} and {high}.",
                f"In 100 people like me, about {middle} would ({low} to {high}).",
            ),
            "sure",
        )
    return lead, " ".join([lead, sure, *_reasons(turn, fors, againsts)])


def _reasons(turn: Turn, fors: Sequence[str], againsts: Sequence[str]) -> list[str]:
    out = []
    if fors:
        out.append(
            turn.pick(
                (
                    f"What speaks for it is {listed(fors)}.",
                    f"In favour: {listed(fors)}.",
                    f"{capital(listed(fors))} would make me rather more inclined.",
                ),
                "for",
            )
        )
    if againsts:
        out.append(
            turn.pick(
                (
                    f"What speaks against it is {listed(againsts)}.",
                    f"Against it: {listed(againsts)}.",
                    f"{capital(listed(againsts))} would hold me back.",
                ),
                "against",
            )
        )
    return out


def say_pick(turn: Turn, taken: str, chances: Sequence[tuple[str, str]], why: Sequence[str]) -> tuple[str, str]:
    """Which of several options a customer takes, and all of the answer.

    Args:
        turn: whose words.
        taken: the option's name.
        chances: each option with how many in a hundred like them take it.
        why: the attributes that count most.
    """
    lead = turn.pick((f"I'd take {taken}.", f"{taken}, for me.", f"I'd go for {taken}."))
    shares = listed([f"{share} {name}" for name, share in chances])
    sure = turn.pick((f"Of 100 people like me, {shares}.", f"In 100 people like me that makes {shares}."), "sure")
    reason = (
        [turn.pick((f"What counts most for me is {listed(why)}.", f"I look at {listed(why)} above all."), "why")]
        if why
        else []
    )
    return lead, " ".join([lead, sure, *reason])


def say_clause(turn: Turn, text: str, place: str) -> str:
    """What a document says, and where it stands. Quoted, not retold."""
    quoted = f"“{text.rstrip('.')}” ({place})"
    return turn.pick((f"As I read it: {quoted}.", f"It says: {quoted}.", f"That is written down: {quoted}."))


def say_introduction(
    turn: Turn, known: Sequence[tuple[str, str]], apart: Sequence[tuple[str, str]], rows: Sequence[str], persona: str
) -> str:
    """Who a customer is: what anybody would say first, what sets them apart, what they have, and their persona."""
    parts = []
    if known:
        parts.append(
            turn.pick(
                (
                    f"I'm a customer with {_pairs(known)}.",
                    f"About me: {_pairs(known)}.",
                    f"To begin with, {_pairs(known)}.",
                ),
                "known",
            )
        )
    if apart:
        parts.append(
            turn.pick(
                (
                    f"What few others have: {_pairs(apart)}.",
                    f"Less usual about me: {_pairs(apart)}.",
                    f"What sets me apart is {_pairs(apart)}.",
                ),
                "apart",
            )
        )
    if rows:
        parts.append(
            turn.pick(
                (
                    f"On my record: {listed(rows)}.",
                    f"I have {listed(rows)}.",
                    f"My record holds {listed(rows)}.",
                ),
                "rows",
            )
        )
    if persona:
        parts.append(
            turn.pick(
                (f"I'm one of “{persona}”.", f"People would put me with “{persona}”.", f"My kind is “{persona}”."),
                "persona",
            )
        )
    return " ".join(parts) or "There is nothing on record about me."


def say_holdings(turn: Turn, had: Sequence[str], lacked: Sequence[str], yes: Sequence[str], no: Sequence[str]) -> str:
    """What a customer has ("3 payments"), and has not; and what their record says yes and no to."""
    parts = []
    if had:
        parts.append(
            turn.pick((f"I have {listed(had)}.", f"There's {listed(had)}.", f"On my record: {listed(had)}."), "had")
        )
    if lacked:
        parts.append(turn.pick((f"I have no {listed(lacked, 'or')}.", f"No {listed(lacked, 'or')}."), "lacked"))
    if yes:
        parts.append(turn.pick((f"My record says yes to {listed(yes)}.", f"It's a yes for {listed(yes)}."), "yes"))
    if no:
        parts.append(turn.pick((f"It says no to {listed(no)}.", f"It's a no for {listed(no)}."), "no"))
    return " ".join(parts) or "There is nothing on record that I have."


def say_nothing(turn: Turn, why: str) -> str:
    """That there is no answer, and why."""
    return turn.pick(
        (f"I can't answer that: {why}.", f"That I can't say: {why}.", f"There's no answer to that: {why}.")
    )


def plural(noun: str, count: int) -> str:
    """A noun for so many.

    >>> plural("payment", 1), plural("payments", 1), plural("history", 2), plural("loan", 0)
    ('payment', 'payment', 'histories', 'loans')
    """
    single = noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
    single = f"{noun[:-3]}y" if noun.endswith("ies") else single
    if count == 1:
        return single
    if noun.endswith("s") and not noun.endswith("ss"):
        return noun
    if single.endswith("y") and single[-2:-1] not in "aeiou":
        return f"{single[:-1]}ies"
    return f"{single}es" if single.endswith(("s", "x", "ch", "sh")) else f"{single}s"


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return listed([f"{name} {said}".strip() for name, said in pairs])


def _be(name: str) -> str:
    """Is or are, after the name of what somebody has."""
    head = re.split(r" (?:of|per|in|at|or|for) ", name)[0]
    return "are" if head.endswith("s") and not head.endswith(("ss", "us", "is")) else "is"
