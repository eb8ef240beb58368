"""Reading what a question asks of a customer's own row: what they are, and whether they are so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from twinfold.personas.memory.memory import Rows
from twinfold.personas.memory.periods import name_period
from twinfold.personas.memory.truth import find_truths
from twinfold.personas.questions.heads import Head
from twinfold.personas.questions.idioms import find_age
from twinfold.personas.questions.lexicon import Mention
from twinfold.personas.questions.parts import Level, NotUnderstoodError, Parts, is_amount
from twinfold.personas.questions.plan import Act, Filter, Plan
from twinfold.personas.questions.words import listed
from twinfold.tables.schema import Kind

_KNOWN = frozenset({Head.WHEN, Head.MUCH, Head.COUNT, Head.TRUTH, Head.LISTED, Head.ANY})
_DATE_KINDS = (Kind.DATE, Kind.DATETIME)
_ARE_YOU = re.compile(r"^(?:and |so |but |then )?(?:are|am) (?:you|i)\b")
_DOING = frozenset({"work", "earn", "make"})
_HAVING = re.compile(r"\b(?:have|has|had|got|own|any|hold)\b")


def read_attributes(parts: Parts, people: Rows) -> Plan:
    """A question about what the customer is. Raises `NotUnderstoodError`."""
    lexicon, headed = parts.lexicon, parts.headed
    columns, levels = dict(parts.columns(people.name)), parts.levels(people.name)
    doing = [name for name, mention in columns.items() if parts.words[mention.begin].text in _DOING]
    sure = [name for name, mention in columns.items() if parts.is_sure(people.name, name, mention)]
    if sure and not levels and not parts.spans and Head.TRUTH not in headed:  # "the purpose of your credit"
        columns = {name: columns[name] for name in sure}
    if len(columns) + len(levels) > len(doing):  # "do you work more than 40 hours": what they do names no occupation
        columns = {name: mention for name, mention in columns.items() if name not in doing}
    named = list(dict.fromkeys([*parts.asked, *columns, *levels]))
    known = _KNOWN | ({Head.SPENT} if any(is_amount(people, name) for name in named) else set())
    if wrong := sorted(headed.heads - known):
        raise NotUnderstoodError(
            f"what it asks for ({wrong[0]}) takes several rows, and {lexicon.said(people.name)} has one a customer"
        )
    if parts.obeyed_nots():
        raise NotUnderstoodError("whether somebody is not so can be answered in two ways; ask whether they are")
    dates = [column.name for column in people.columns if column.kind in _DATE_KINDS]
    if Head.WHEN in headed:
        named = [name for name in named if name in dates] or (dates[:1] if not named else [])
    if parts.periods:
        named = [name_period(name, parts.periods[0].period) for name in named if name in dates]
        if parts.periods[0].counted or len(named) != 1:
            raise NotUnderstoodError(f"it doesn't say the {parts.periods[0].period} of what")
    if parts.weekdays or parts.nth:
        raise NotUnderstoodError("what it asks for takes several rows, and a customer has one")
    if not named:
        raise NotUnderstoodError("no word of it names anything that is known of a customer")
    if Head.MUCH in headed or Head.COUNT in headed:
        named = [name for name in named if is_amount(people, name)]
        if not named:
            raise NotUnderstoodError("what it asks for is no number")
    filters = [_one_of(parts, column, some) for column, some in levels.items()]
    filters += _times(parts, people, [name for name in named if name in dates])
    filters += _comparisons(parts, people, named)
    named += [each.column for each in filters if each.column not in named]
    asked = tuple((people.name, name) for name in named)
    if not filters and Head.TRUTH not in headed:
        if len(named) > 1 and not re.search(r"\b(?:and|plus)\b", parts.text):
            raise NotUnderstoodError("it asks for several things at once; ask for one, or join them by “and”")
        return Plan(Act.ATTRIBUTE, people.name, asked, heard=f"the customer's {_said(parts, people, named)}")
    if len(named) == len(filters) == 1 and _are_all(people, filters[0]):  # "are you a man or a woman?"
        return Plan(Act.ATTRIBUTE, people.name, asked, heard=f"the customer's {_said(parts, people, named)}")
    counted = bool(_HAVING.search(parts.text))
    _check_truths(parts, people, {n: columns.get(n) for n in named}, {f.column for f in filters}, counted=counted)
    conditions = [_condition(parts, people, name, filters) for name in named]
    heard = f"{'whether ' if filters else ''}the customer's {listed(conditions)}"
    return Plan(Act.CHECK, people.name, asked, filters=tuple(filters), counted=counted, heard=heard)


def _one_of(parts: Parts, column: str, levels: list[Level]) -> Filter:
    """The levels of a column that answer; of several, one has to do, and the question to say so by an "or"."""
    names = tuple(dict.fromkeys(str(each.entry.level) for each in levels))
    said = listed(list(dict.fromkeys(each.entry.said for each in levels)), "or")
    if len({each.mention for each in levels}) > 1:
        between = parts.between(levels[0].mention, levels[-1].mention)
        if not re.search(r"\bor\b", between) or re.search(r"\band\b", between):
            raise NotUnderstoodError(f"nobody is both, {said}; ask for one, or whether it is either, by “or”")
    return Filter(column, said, levels=names)


def _times(parts: Parts, people: Rows, dates: list[str]) -> list[Filter]:
    """Between which days a date of the customer's has to lie."""
    windows = parts.windows
    if windows and (len(windows) > 1 or len(dates) != 1):
        raise NotUnderstoodError(
            f"it names a time ({windows[0].said}), and what is asked of {parts.lexicon.said(people.name)} has none"
        )
    return [Filter(dates[0], window.said, window.low, window.high, days=True) for window in windows]


def _comparisons(parts: Parts, people: Rows, named: list[str]) -> list[Filter]:
    """Which numbers of the customer's are compared, each that which stands beside the comparison."""
    numeric = [name for name in named if is_amount(people, name)]
    out = []
    for span in parts.spans:
        column = parts.compared(people, span) or (numeric[0] if len(numeric) == 1 else "")
        if not column and _ARE_YOU.search(parts.text):  # "a nurse over 40"
            column = find_age(people)
        if not column:
            raise NotUnderstoodError(f"what {span.said!r} compares is not said")
        out.append(Filter(column, span.said, span.low, span.high, span.strict))
    return out


def _check_truths(
    parts: Parts, people: Rows, named: Mapping[str, Mention | None], checked: set[str], *, counted: bool
) -> None:
    """Raise `NotUnderstoodError` where several things are asked at once, and not each of them by yes and no."""
    bare = [name for name in named if name not in checked]
    truths = [name for name in bare if find_truths(people, name, counted=counted)]
    if neither := [name for name in bare if name not in truths]:
        called = parts.lexicon.said(people.name, neither[0])
        raise NotUnderstoodError(f"{called} is no yes or no; say which {called} is meant, or ask what it is")
    mentions = sorted((m.begin, m.end, name) for name, m in named.items() if m is not None)
    for (_, end, one), (begin, _, other) in pairwise(mentions):
        if end == begin:  # "monthly bill"
            both = [parts.lexicon.said(people.name, name) for name in (one, other)]
            raise NotUnderstoodError(f"it may be about {listed(both, 'or')}, which are two things; say which")
    for one, other in pairwise(truths):
        first, second = named[one], named[other]
        if first and second and not re.search(r"\b(?:and|plus|with)\b", parts.between(first, second)):
            both = [parts.lexicon.said(people.name, name) for name in (one, other)]
            raise NotUnderstoodError(f"it may be about {listed(both, 'or')}, which are two things; ask for one")


def _are_all(people: Rows, each: Filter) -> bool:
    """Whether a filter names every level of a column, so that it asks which."""
    return len(each.levels) > 1 and people.values(each.column).drop_nulls().n_unique() == len(each.levels)


def _condition(parts: Parts, people: Rows, name: str, filters: list[Filter]) -> str:
    own = [each.said for each in filters if each.column == name]
    called = parts.lexicon.said(people.name, name)
    return f"{called} is {' and '.join(own)}" if own else called


def _said(parts: Parts, people: Rows, named: list[str]) -> str:
    return listed([parts.lexicon.said(people.name, name) for name in named])
