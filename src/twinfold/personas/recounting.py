"""Recounting: answers that are read off a customer's record and the documents that they know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from twinfold.personas.answer import Mark
from twinfold.personas.knowing import Knowing
from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.memory.ledger import keep, read_ledger
from twinfold.personas.memory.memory import Memory, Rows
from twinfold.personas.memory.truth import find_truths, truth_of
from twinfold.personas.questions.lexicon import Lexicon
from twinfold.personas.questions.plan import ORDINALS, Act, Filter, Plan
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
        """What they are, and whether they are so; (customers,) drafts, as of all the others.

        Whoever is asked for several things at once says yes where all of them are so.
        """
        held = [(self.memory[table], column) for table, column in plan.columns]
        filters = [[each for each in plan.filters if each.column == column] for _, column in held]
        met = [keep(rows, whom, own) if own else None for (rows, _), own in zip(held, filters, strict=True)]
        asked = plan.act is Act.CHECK
        truths = [find_truths(rows, column, counted=plan.counted) if asked else {} for rows, column in held]
        out = []
        for at, (place, turn) in enumerate(zip(whom.tolist(), turns, strict=True)):
            facts = [self.lexicon.attribute(rows, column, place) for rows, column in held]
            sides = [
                None
                if fact is None
                else bool(each[at])
                if each is not None
                else self._truth(rows, column, place, known)
                for (rows, column), fact, each, known in zip(held, facts, met, truths, strict=True)
            ]
            names = [self.lexicon.said(rows.name, column) for rows, column in held]
            told = [fact for fact in facts if fact is not None]
            value: Value = None
            if len(held) > 1 and asked:
                value = False if False in sides else None if None in sides else True
                said = [(name, fact.said if fact else "") for name, fact in zip(names, facts, strict=True)]
                text = template.say_conditions(turn, value, said)
            else:
                pairs = zip(names, facts, sides, met, strict=True)
                text = " ".join(self._say(turn, name, fact, side, each is not None) for name, fact, side, each in pairs)
                if told and len(held) == 1:
                    value = sides[0] if sides[0] is not None else truth_of(told[0])
                    value = told[0].value if value is None else value
            silent = not told or (asked and len(held) > 1 and value is None)
            out.append(Draft(text, Mark.NONE if silent else Mark.DATA, value, tuple(told)))
        return out

    def _truth(self, rows: Rows, column: str, row: int, known: Mapping[str, bool]) -> bool | None:
        return known.get(str(rows.values(column)[row]))

    def _say(self, turn: Turn, name: str, fact: Fact | None, side: bool | None, checked: bool) -> str:
        if fact is None:
            return template.say_attribute(turn, name, "", None)
        if checked:
            return template.say_attribute(turn, name, fact.said, None, checked=side)
        return template.say_attribute(turn, name, fact.said, side if side is not None else truth_of(fact))

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
                nth=f"{ORDINALS[plan.nth]} " if plan.nth > 1 else "",
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
            pairs = [self._pair(people, fact, place) for fact in used]
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
        truths = {name: known for name, known in self._truths.items() if not people[name].kind.numeric}
        out = []
        for place, turn in zip(whom.tolist(), turns, strict=True):
            counts = self._counts(turn, place)
            held = {name: f for name in truths if (f := self.lexicon.attribute(people, name, place)) is not None}
            facts = list(held.values())
            tables = [(plural(self.lexicon.said(each.source), int(each.value or 0)), each) for each in counts]
            had = [f"{each.said} {name}" for name, each in tables if each.value]
            lacked = [name for name, each in tables if not each.value]
            sides = {name: self._truth(people, name, place, truths[name]) for name in held}
            yes, no = ([held[name].name for name, each in sides.items() if each is side] for side in (True, False))
            text = template.say_holdings(turn, had[:HOLDINGS], lacked[:HOLDINGS], yes[:HOLDINGS], no[:HOLDINGS])
            out.append(Draft(text, Mark.DATA if counts or facts else Mark.NONE, None, (*counts, *facts)))
        return out

    def clauses(self, whom: Places, turns: Sequence[Turn]) -> list[Draft]:
        """What documents say, to what they have: quoted, with where it stands; the value is the number that is asked
        for, where there is one such, and else the place."""
        out = []
        for place, turn in zip(whom.tolist(), turns, strict=True):
            found = self.knowing.clauses(place, turn.question)
            if found:
                text = template.say_clause(turn, found[0].said, found[0].source)
                value = found[0].source if found[0].value is None else found[0].value
                out.append(Draft(text, Mark.DATA, value, tuple(found)))
            else:
                out.append(Draft(template.say_nothing(turn, "no document that I know says anything of it"), Mark.NONE))
        return out

    @cached_property
    def _rarity(self) -> npt.NDArray[np.float64]:
        return measure_rarity(self.memory.people)

    def _said(self, facts: dict[str, Fact], name: str) -> str:
        return self.lexicon.glossed(name, facts[name].said)

    def _pair(self, people: Rows, fact: Fact, place: int) -> tuple[str, str]:
        """What is said of a customer, and its value; of a yes or a no that they are it, or that they aren't."""
        column = fact.source.removeprefix(f"{people.name}.")
        truth = self._truth(people, column, place, self._truths.get(column, {}))
        if truth is None or len(self._truths[column]) != 2:
            return fact.name, fact.said
        return (fact.name, "") if truth else (f"no {fact.name}", "")

    @cached_property
    def _truths(self) -> dict[str, Mapping[str, bool]]:
        people = self.memory.people
        return {column.name: known for column in people.columns if (known := find_truths(people, column.name))}

    def _counts(self, turn: Turn, place: int) -> list[Fact]:
        """How many rows a customer has in each table; the table is the fact's source."""
        out = []
        for rows in self.memory.histories.values():
            count = int(rows.begins[place + 1] - rows.begins[place])
            name = f"number of {plural(self.lexicon.said(rows.name), 2)}"
            out.append(Fact(FactKind.COUNTED, turn.customer, name, float(count), f"{count:,}", rows.name))
        return out


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
    return f"with {column} {each.said}"
