"""Reading what a question asks of a customer's rows in one table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from twinfold.personas.memory.memory import Rows
from twinfold.personas.memory.periods import name_period
from twinfold.personas.questions.amounts import Span
from twinfold.personas.questions.heads import Head
from twinfold.personas.questions.lexicon import AMOUNTS, Lexicon
from twinfold.personas.questions.parts import MOST, NotUnderstoodError, Parts, is_amount
from twinfold.personas.questions.plan import ORDINALS, Act, Filter, Plan
from twinfold.personas.questions.times import Window, write_day
from twinfold.personas.questions.words import listed, name_words
from twinfold.tables.schema import Kind

_ABOUT = re.compile(r"\b(?:about|for|of|at|on|in|with|by)$")
_ABOUT_END = re.compile(r"\babout (?:(?:the )?first|(?:the )?last)(?: time)?$")
_IS_YOURS = re.compile(r"^(?:and |so |but |then )?(?:is|are) (?:your|my)\b")
_LEAST = re.compile("fewest|least")
_DATE_KINDS = (Kind.DATE, Kind.DATETIME)
_ENDS = (
    (Head.TOP, Act.TOP),
    (Head.RAREST, Act.RAREST),
    (Head.COMMONEST, Act.COMMONEST),
    (Head.MOST, Act.MOST),
    (Head.LEAST, Act.LEAST),
)


def read_ledger_question(parts: Parts, rows: Rows) -> Plan:
    """A question about the customer's rows in a table. Raises `NotUnderstoodError`."""
    lexicon, headed = parts.lexicon, parts.headed
    check_ends(parts, rows)
    named = [name for name, _ in parts.columns(rows.name) if name != rows.table.time]
    numeric = [name for name in named if is_amount(rows, name)]
    labels = [name for name in named if not rows[name].kind.numeric]
    dates = [name for name in named if rows[name].kind in _DATE_KINDS]
    period = _period(parts, rows)
    labels += [period] if period else []
    act = _act(parts, rows, numeric, labels)
    if len(labels) > 1:
        raise NotUnderstoodError("it asks for several things at once")
    by, wanted = "", ""
    if act in (Act.SUM, Act.MEAN, Act.MEDIAN, Act.MOST, Act.LEAST, Act.TOP):
        by = next(iter(numeric), lexicon.measure(rows))
        if not by:
            raise NotUnderstoodError(f"{lexicon.said(rows.name)} has no numbers to reckon with")
    if act in (Act.COMMONEST, Act.RAREST, Act.TOP, Act.DISTINCT, Act.LEVELS):
        wanted = next(iter([*labels, *(named if act is Act.DISTINCT else [])]), "") or _sole_label(rows, lexicon)
    elif act in (Act.MOST, Act.LEAST, Act.LAST, Act.FIRST) and Head.WHEN not in headed:
        wanted = _wanted(parts, rows, act, numeric, labels, by)
    elif act in (Act.LAST, Act.FIRST) and dates:
        wanted = dates[0]
    elif act in (Act.SUM, Act.MEAN, Act.MEDIAN):
        wanted = by
    if not wanted and _ABOUT.search(parts.text):
        raise NotUnderstoodError(f"it doesn't say of what in {lexicon.said(rows.name)}")
    if act is Act.LAST and Head.TRUTH in headed and Head.LAST not in headed:  # "is your balance over 100"
        span, spans = parts.spans[0], parts.spans[1:]
        check: Filter | None = Filter(wanted, span.said, span.low, span.high, span.strict)
    else:
        check, spans = _check(parts, act)
    filters = read_filters(parts, rows, by or wanted, spans=spans)
    _check_joined(parts, rows, act)
    for name in [name for name in named if act is Act.EVER and name not in {each.column for each in filters}]:
        if not _counts(rows, name):
            called = lexicon.said(rows.name, name)
            raise NotUnderstoodError(f"it asks yes or no of {called}, and doesn't say which {called} is meant")
        filters.append(Filter(name, "more than 0", low=0, strict=True))
    if (parts.spends or Head.SPENT in headed) and lexicon.is_both_ways(rows) and not any(f.levels for f in filters):
        raise NotUnderstoodError(
            f"{lexicon.said(rows.name)} holds what came in as well as what went out; name which is meant"
        )
    plan = Plan(
        act,
        rows.name,
        ((rows.name, wanted),) if wanted else (),
        by=by,
        filters=tuple(filters),
        dated=Head.WHEN in headed,
        nth=parts.nth.number if parts.nth and act in (Act.MOST, Act.LEAST, Act.LAST, Act.FIRST) else 1,
        check=check,
    )
    return replace(plan, heard=_tell(plan, lexicon))


def read_filters(parts: Parts, rows: Rows, wanted: str = "", *, spans: Sequence[Span] | None = None) -> list[Filter]:
    """Which rows of a table are meant. Raises `NotUnderstoodError` where a time is asked of rows without."""
    lexicon, out = parts.lexicon, []
    for column, levels in parts.levels(rows.name).items():
        for outside in (False, True):
            some = [each.entry for each in levels if each.outside is outside]
            if some:
                said = listed([entry.said for entry in some])
                names = tuple(str(entry.level) for entry in some)
                out.append(Filter(column, said, levels=names, outside=outside))
    if len(parts.windows) > 1:
        raise NotUnderstoodError(f"it names several times: {listed([w.said for w in parts.windows])}")
    out += [_time_filter(rows, window, lexicon) for window in parts.windows]
    if parts.weekdays:
        weekday = name_period(_dates(rows, lexicon), "weekday")
        named = tuple(dict.fromkeys(day for each in parts.weekdays for day in each.days))
        out.append(Filter(weekday, listed([each.said for each in parts.weekdays]), levels=named, days=True))
    for span in parts.spans if spans is None else spans:
        column = parts.compared(rows, span) or (wanted if wanted and is_amount(rows, wanted) else "")
        column = column or lexicon.measure(rows)
        if not column:
            raise NotUnderstoodError(f"{lexicon.said(rows.name)} has no numbers to compare")
        out.append(Filter(column, span.said, span.low, span.high, span.strict))
        out += _money(rows, span, lexicon)
    return out


def check_ends(parts: Parts, rows: Rows) -> None:
    """Raise `NotUnderstoodError` where several things are asked at once."""
    headed = parts.headed
    heads = [h for h in (Head.COUNT, Head.WHEN, Head.MUCH, Head.MEAN) if h in headed]
    ends = headed.heads & {Head.MOST, Head.LEAST, Head.LAST, Head.FIRST}
    counts = Head.COUNT in heads and not _counted(parts, rows)
    clash = (counts and (len(heads) > 1 or ends)) or (ends and Head.TRUTH in headed)
    if clash or {Head.MOST, Head.LEAST} <= headed.heads or {Head.LAST, Head.FIRST} <= headed.heads:
        raise NotUnderstoodError("it asks for several things at once")


def _check_joined(parts: Parts, rows: Rows, act: Act) -> None:
    """Raise `NotUnderstoodError` where it asks whether there are both of two levels: one row has only one."""
    for levels in parts.levels(rows.name).values() if act is Act.EVER else ():
        names = {each.entry.level for each in levels if not each.outside}
        if len(names) > 1 and not re.search(r"\bor\b", parts.between(levels[0].mention, levels[-1].mention)):
            raise NotUnderstoodError("it asks for several things at once; ask for one, or join them by “or”")


def _dates(rows: Rows, lexicon: Lexicon) -> str:
    """The column that says when rows were. Raises `NotUnderstoodError` where there is none."""
    if rows.table.time is None or rows.day is None:
        raise NotUnderstoodError(f"{lexicon.said(rows.name)} has no dates")
    return rows.table.time


def _period(parts: Parts, rows: Rows) -> str:
    """The column of the period that rows are grouped by; empty where they aren't."""
    if len(parts.periods) > 1:
        raise NotUnderstoodError("it asks for several things at once")
    return name_period(_dates(rows, parts.lexicon), parts.periods[0].period) if parts.periods else ""


def _grouped_act(parts: Parts, numeric: Sequence[str]) -> Act:
    """What is asked of periods: how many there are, which has most, or, of one row, when it was."""
    heads, most = parts.headed, MOST.search(parts.text)
    if parts.periods[0].counted:
        return Act.DISTINCT
    if most and _LEAST.search(most[0]):
        if numeric or parts.spends:
            raise NotUnderstoodError("in which period least was spent or bought is not understood; ask for the most")
        return Act.RAREST
    if most:
        return Act.TOP if numeric or parts.spends or Head.TOP in heads else Act.COMMONEST
    if Head.FIRST in heads or Head.LAST in heads:
        return Act.FIRST if Head.FIRST in heads else Act.LAST
    raise NotUnderstoodError(f"it doesn't say of what in that {parts.periods[0].period}")


def _act(parts: Parts, rows: Rows, numeric: Sequence[str], labels: Sequence[str]) -> Act:
    """What is asked of the rows."""
    heads, said = parts.headed, parts.lexicon.said(rows.name)
    if parts.periods and (rows.single and Head.FIRST not in heads and not MOST.search(parts.text)):
        return Act.LAST
    if parts.periods:
        return _grouped_act(parts, numeric)
    timed = rows.table.time is not None or rows.single
    if Head.DISTINCT in heads:
        return Act.DISTINCT
    counted = Head.COUNT in heads and _counted(parts, rows)
    if Head.COUNT in heads and not counted:
        _check_counted(parts, rows, numeric)
        return Act.COUNT
    for head, act in _ENDS:
        if head in heads:
            return act
    if Head.MEDIAN in heads:
        return Act.MEDIAN
    if Head.MEAN in heads:
        return Act.COMMONEST if labels and not numeric and Head.MUCH not in heads else Act.MEAN
    if Head.LAST in heads or Head.FIRST in heads or Head.WHEN in heads or "since when" in parts.text:
        if not timed:
            raise NotUnderstoodError(f"{said} has no dates")
        return Act.FIRST if Head.FIRST in heads or "since when" in parts.text else Act.LAST
    if counted or Head.TOTAL in heads or Head.SPENT in heads or (Head.MUCH in heads and not rows.single):
        return Act.SUM
    if timed and numeric and len(parts.spans) == 1 and Head.ANY not in heads and _IS_YOURS.search(parts.text):
        return Act.LAST  # what it is, it is now
    if Head.TRUTH in heads or Head.ANY in heads:
        return Act.EVER
    if Head.LISTED in heads and not numeric:
        alone = labels or _labels_of(rows, parts.lexicon)
        return Act.LEVELS if len(alone) == 1 or labels else Act.LIST
    if numeric or labels or Head.MUCH in heads:
        return Act.LAST if timed else Act.LEVELS
    return Act.LIST


def _wanted(parts: Parts, rows: Rows, act: Act, numeric: Sequence[str], labels: Sequence[str], by: str) -> str:
    """The column of one row that is asked for."""
    if labels:
        return labels[0]
    listed_end = Head.LISTED in parts.headed and act in (Act.MOST, Act.LEAST)
    if _ABOUT.search(parts.text) or _ABOUT_END.search(parts.text) or listed_end:
        return _sole_label(rows, parts.lexicon)
    if by:
        return by
    return next(iter(numeric), parts.lexicon.measure(rows))


def _labels_of(rows: Rows, lexicon: Lexicon) -> list[str]:
    return [c.name for c in rows.columns if ": " not in c.name and lexicon.is_label(rows, c.name)]


def _sole_label(rows: Rows, lexicon: Lexicon) -> str:
    """The only column of labels that a table has. Raises `NotUnderstoodError` where there are several."""
    known = _labels_of(rows, lexicon)
    if len(known) != 1:
        raise NotUnderstoodError(f"it doesn't say of what in {lexicon.said(rows.name)}")
    return known[0]


def _counted(parts: Parts, rows: Rows) -> bool:
    """Whether "how many" is followed by a column that counts something: "how many cds did you buy"."""
    words = parts.words
    places = [n + 1 for n, word in enumerate(words) if word.text == "many"]
    places += [n + 2 for n, word in enumerate(words[:-1]) if f"{word.text} {words[n + 1].text}" == "number of"]
    after = [entry for m in parts.mentions if m.begin in places for entry in m.entries if entry.table == rows.name]
    numeric = [e for e in after if e.column and e.level is None and _counts(rows, e.column)]
    return bool(numeric) and all(entry.column for entry in after)


def _counts(rows: Rows, name: str) -> bool:
    """Whether a column counts things, and holds no money."""
    return rows[name].kind is Kind.INTEGER and not set(name_words(name)) & set(AMOUNTS)


def _check_counted(parts: Parts, rows: Rows, numeric: Sequence[str]) -> None:
    """Raise `NotUnderstoodError` where "how many" is asked of a column of money alone."""
    tables = any(e.table == rows.name and not e.column for m in parts.mentions for e in m.entries)
    money = [name for name in numeric if not _counts(rows, name)]
    if money and not tables and not parts.levels(rows.name):
        called = parts.lexicon.said(rows.name, money[0])
        raise NotUnderstoodError(f"{called} holds amounts, which are not counted; ask how much, or name the rows")


def _check(parts: Parts, act: Act) -> tuple[Filter | None, list[Span]]:
    """What a sum or a number of rows is asked to be, and the comparisons that are left for the rows."""
    if Head.TRUTH not in parts.headed and Head.ANY not in parts.headed:
        return None, parts.spans
    for span in parts.spans:
        after = [n for n, word in enumerate(parts.words) if word.begin >= span.end][:1]
        counts = any(m.begin == n and any(not e.column for e in m.entries) for n in after for m in parts.mentions)
        if (act is Act.SUM and Head.TOTAL in parts.headed) or (act is Act.EVER and counts):
            rest = [each for each in parts.spans if each is not span]
            return Filter("", span.said, span.low, span.high, span.strict), rest
    return None, parts.spans


def _money(rows: Rows, span: Span, lexicon: Lexicon) -> list[Filter]:
    """Rows in the money that a comparison names, where a column says in which each is."""
    for column in _labels_of(rows, lexicon) if span.unit else ():
        levels = [str(level) for level in rows.values(column).drop_nulls().unique().to_list()[:200]]
        found = [level for level in levels if level.lower() == span.unit]
        if found:
            return [Filter(column, found[0], levels=(found[0],))]
    return []


def _time_filter(rows: Rows, window: Window, lexicon: Lexicon) -> Filter:
    time = rows.table.time
    if time is not None and rows.day is not None:
        return Filter(time, window.said, window.low, window.high, days=True)
    if time is None or rows[time].kind is not Kind.INTEGER:
        raise NotUnderstoodError(f"{lexicon.said(rows.name)} has no dates")
    # Steps that are years: the window's first and last
    years = [float(write_day(d).split()[-1]) if abs(d) < 1e7 else d for d in (window.low, window.high - 1)]
    return Filter(time, window.said, years[0], years[1])


def _tell(plan: Plan, lexicon: Lexicon) -> str:
    """How it was understood, in words."""
    wanted = f" of {lexicon.said(*plan.columns[0])}" if plan.columns else ""
    by = f", by {lexicon.said(plan.table, plan.by)}" if plan.by and (plan.table, plan.by) not in plan.columns else ""
    within = "".join(
        f", {'not ' if f.outside else ''}{'' if f.days else f'{lexicon.said(plan.table, f.column)} '}{f.said}"
        for f in plan.filters
    )
    check = f", compared: {plan.check.said}" if plan.check else ""
    dated = "date of " if plan.dated else ""
    nth = f"{ORDINALS[plan.nth]} " if plan.nth > 1 else ""
    return f"{dated}{nth}{plan.act}{wanted} in {lexicon.said(plan.table)}{by}{within}{check}"
