"""Recounting: answers that are read off a customer's record and the documents that they know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.personas.answer import Mark
from twinfold.personas.knowing import Knowing
from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.memory.ledger import keep, read_ledger
from twinfold.personas.memory.memory import Memory, Rows
from twinfold.personas.questions.lexicon import TRUTHS, Lexicon
from twinfold.personas.questions.plan import Act, Filter, Plan
from twinfold.personas.questions.words import fold
from twinfold.personas.rarity import measure_rarity
from twinfold.personas.speaking import Draft
from twinfold.personas.voices import template
from twinfold.personas.voices.template import Turn, plural

if TYPE_CHECKING:
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]

APART, FIRST, HOLDINGS = 2, 4, 12
"""Attributes by which customers introduce themselves: unusual ones, and others; and things that they say they have."""

Value = float | bool | str | None


class Recounting:
    """What customers say of themselves.

    Args:
        memory: what they know; lexicon: what things are called; knowing: which clauses bear on what.
        personas: of each customer, the name of their persona, (customers,); none where they were not sought.
    """

    def __init__(self, memory: Memory, lexicon: Lexicon, knowing: Knowing, personas: Sequence[str] = ()) -> None:
        self.memory, self.lexicon, self.knowing, self.personas = memory, lexicon, knowing, personas

    def attributes(self, plan: Plan, whom: Places, turns: Sequence[Turn]) -> list[Draft]:
        """What they are, and whether they are so; (customers,) drafts, as of all the others."""
        held = [(self.memory[table], column) for table, column in plan.columns]
        checks = [[each for each in plan.filters if each.column == column] for _, column in held]
        met = [keep(rows, whom, own) if own else None for (rows, _), own in zip(held, checks, strict=True)]
        truths = [plan.act is Act.CHECK and _is_nought_or_one(rows, column) for rows, column in held]
        out = []
        for at, (place, turn) in enumerate(zip(whom.tolist(), turns, strict=True)):
            told = [
                self._attribute(turn, rows, column, place, None if each is None else bool(each[at]), as_truth)
                for (rows, column), each, as_truth in zip(held, met, truths, strict=True)
            ]
            facts = tuple(fact for _, fact, _ in told if fact is not None)
            text = " ".join(words for words, _, _ in told)
            out.append(Draft(text, Mark.DATA if facts else Mark.NONE, told[0][2], facts))
        return out

    def _attribute(
        self, turn: Turn, rows: Rows, column: str, place: int, met: bool | None, as_truth: bool
    ) -> tuple[str, Fact | None, Value]:
        fact = self.memory.attribute(rows, rows[column], place)
        name = self.lexicon.said(rows.name, column)
        if fact is None:
            return template.say_attribute(turn, name, "", None), None, None
        fact = replace(fact, name=name, said=self.lexicon.glossed(column, fact.said))
        truth = fact.value == 1.0 if as_truth and met is None else truth_of(fact)
        words = template.say_attribute(turn, name, fact.said, truth, checked=met)
        return words, fact, met if met is not None else truth if truth is not None else fact.value

    def ledger(self, plan: Plan, whom: Places, turns: Sequence[Turn]) -> list[Draft]:
        """What their rows in a table say."""
        entries = read_ledger(plan, self.memory, whom)
        table = self.lexicon.said(plan.table)
        column = self.lexicon.said(*plan.columns[0]) if plan.columns else ""
        by = self.lexicon.said(plan.table, plan.by) if plan.by else ""
        within = "".join(f" {_within(each, self.lexicon.said(plan.table, each.column))}" for each in plan.filters)
        counted = f"number of {plural(table, 2)}{within}"
        reckoned = f"{column} of {plural(table, 2)}{within}" if column else f"last {plural(table, 1)}{within}"
        out = []
        for place, turn in enumerate(turns):
            count, when, value = entries.count(place), entries.when(place), entries.values[place]
            met = _met(plan, float(count) if plan.act is Act.EVER else value)
            telling = template.Telling(
                act=plan.act,
                table=plural(table, 1),
                column=column,
                by=by,
                said=entries.said(place),
                when=when,
                within=within,
                count=count,
                met=met,
            )
            if met is not None:
                value = met
            elif plan.act is Act.LIST:
                value = float(count)
            elif plan.dated and plan.act in (Act.LAST, Act.FIRST, Act.MOST, Act.LEAST) and not column:
                value = when or None
            evidence = entries.evidence(place, (reckoned, counted))
            out.append(Draft(template.say_ledger(turn, telling), Mark.DATA, value, evidence))
        return out

    def introduce(self, whom: Places, turns: Sequence[Turn]) -> list[Draft]:
        """Who they are: what anybody would say first, and what few others could."""
        people = self.memory.people
        order = np.argsort(-self._rarity[:, whom], axis=0, kind="stable")
        out = []
        for at, (place, turn) in enumerate(zip(whom.tolist(), turns, strict=True)):
            facts = {c.name: f for c in people.columns if (f := self.memory.attribute(people, c, place)) is not None}
            apart = [name for k in order[:, at] if (name := people.columns[k].name) in facts][:APART]
            used = [
                replace(facts[name], name=self.lexicon.said(people.name, name), said=self._said(facts, name))
                for name in (*[name for name in facts if name not in apart][:FIRST], *apart)
            ]
            pairs = [(fact.name, fact.said) for fact in used]
            cut = len(pairs) - len(apart)
            counted = [fact for fact in self._counts(turn, place) if fact.value]
            rows = [f"{fact.said} {plural(self.lexicon.said(fact.source), int(fact.value or 0))}" for fact in counted]
            persona = self.personas[place] if len(self.personas) else ""
            text = template.say_introduction(turn, pairs[:cut], pairs[cut:], rows, persona)
            group = (Fact(FactKind.GROUP, "", "persona", persona, persona, "personas"),) if persona else ()
            out.append(Draft(text, Mark.DATA, None, (*used, *counted, *group)))
        return out

    def holdings(self, whom: Places, turns: Sequence[Turn]) -> list[Draft]:
        """What they have: tables in which they have rows, and what their record says yes to."""
        people = self.memory.people
        truths = [c.name for c in people.columns if not c.kind.numeric and _says_yes_or_no(people, c.name)]
        out = []
        for place, turn in zip(whom.tolist(), turns, strict=True):
            counts = self._counts(turn, place)
            facts = [f for name in truths if (f := self.memory.attribute(people, people[name], place)) is not None]
            facts = [replace(fact, name=self.lexicon.said(people.name, fact.name)) for fact in facts]
            tables = [(plural(self.lexicon.said(each.source), int(each.value or 0)), each) for each in counts]
            had = [f"{each.said} {name}" for name, each in tables if each.value]
            lacked = [name for name, each in tables if not each.value]
            yes, no = ([fact.name for fact in facts if truth_of(fact) is side] for side in (True, False))
            text = template.say_holdings(turn, had[:HOLDINGS], lacked[:HOLDINGS], yes[:HOLDINGS], no[:HOLDINGS])
            out.append(Draft(text, Mark.DATA if counts or facts else Mark.NONE, None, (*counts, *facts)))
        return out

    def clauses(self, whom: Places, turns: Sequence[Turn]) -> list[Draft]:
        """What documents say, to what they have: quoted, with where it stands."""
        out = []
        for place, turn in zip(whom.tolist(), turns, strict=True):
            found = self.knowing.clauses(place, turn.question)
            if found:
                text = template.say_clause(turn, [(fact.said, fact.source) for fact in found[:1]])
                out.append(Draft(text, Mark.DATA, found[0].source, tuple(found)))
            else:
                out.append(Draft(template.say_nothing(turn, "no document that I know says anything of it"), Mark.NONE))
        return out

    @cached_property
    def _rarity(self) -> npt.NDArray[np.float64]:
        return measure_rarity(self.memory.people)

    def _said(self, facts: dict[str, Fact], name: str) -> str:
        return self.lexicon.glossed(name, facts[name].said)

    def _counts(self, turn: Turn, place: int) -> list[Fact]:
        """How many rows a customer has in each table; the table is the fact's source."""
        out = []
        for rows in self.memory.histories.values():
            count = int(rows.begins[place + 1] - rows.begins[place])
            name = f"number of {plural(self.lexicon.said(rows.name), 2)}"
            out.append(Fact(FactKind.COUNTED, turn.customer, name, float(count), f"{count:,}", rows.name))
        return out


def truth_of(fact: Fact) -> bool | None:
    """What a fact of yes and no says; None of any other."""
    if isinstance(fact.value, bool):
        return fact.value
    return TRUTHS.get(fold(fact.said)) if isinstance(fact.value, str) else None


def _says_yes_or_no(rows: Rows, name: str) -> bool:
    levels = [fold(str(level)) for level in rows.values(name).drop_nulls().unique().head(4).to_list()]
    return bool(levels) and len(levels) <= 3 and any(level in TRUTHS for level in levels)


def _is_nought_or_one(rows: Rows, name: str) -> bool:
    """Whether a column of numbers says yes and no."""
    levels = rows.values(name).drop_nulls().unique().head(3)
    return levels.dtype.is_numeric() and set(levels.cast(pl.Float64).to_list()) == {0.0, 1.0}


def _met(plan: Plan, value: Value) -> bool | None:
    """Whether a number, or a sum, is as a question asks; None where it asks nothing of it."""
    if plan.check is None or isinstance(value, str | None):
        return None
    if plan.check.strict:
        return plan.check.low < value < plan.check.high
    return plan.check.low <= value <= plan.check.high


def _within(each: Filter, column: str) -> str:
    """A filter as words after what is counted."""
    if each.days:
        return each.said if each.said[:1].isalpha() else f"in {each.said}"
    if each.outside:
        return f"with {column} other than {each.said}"
    return f"with {column} {each.said}" if each.levels else f"of {column} {each.said}"
