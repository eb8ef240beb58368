"""Reading what a question asks of a customer's record: of their own row, or of their rows in one table.

Every word has to play a part: as a time, a comparison, a head ("how many", "when … last"), a name of something, or a
word that carries nothing. What names something that has no part in the table that is asked about ("the topic of your
last payment") is not understood either: better no answer than one to another question.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from twinfold.personas.memory.memory import Rows
from twinfold.personas.questions.amounts import Span, find_spans
from twinfold.personas.questions.common_words import FUNCTION_WORDS, HANDLED, HARMLESS, RECEIVED, VERBS
from twinfold.personas.questions.heads import Head, find_heads
from twinfold.personas.questions.idioms import Idiom, find_idioms
from twinfold.personas.questions.lexicon import Entry, Lexicon, Mention
from twinfold.personas.questions.plan import Act, Filter, Plan
from twinfold.personas.questions.times import Window, find_windows, write_day
from twinfold.personas.questions.words import split_words
from twinfold.tables.schema import Kind

_NOT = re.compile(
    r"\b(?:other than|anything but|everything but|but not|not|except(?: for)?|excluding|apart from|without)\b|n't\b"
)
_ABOUT = re.compile(r"\b(?:about|for|of|at|on|in|with|by)$")
_PAID_BY = re.compile(r"\b(?:spend|spent|pay|paid|paying|buy|bought|shop|shopped)\b.*\b(?:by|with|via|at|on|in)\b")
_SPENDING = frozenset({"spend", "pay", "buy", "spending", "shop"})
_PAID_WITH = re.compile(r"\b(?:pay|paid|spend|spent|buy|bought)\b.*\bwith (?:your|my|the|a|an)\b")
_ABOUT_END = re.compile(r"\babout (?:first|last)$")
_MEANS = re.compile(r"^(?:and )?how (?:do|did|have|has|are|is|was|were)\b")
_AMOUNT_KINDS = (Kind.DECIMAL, Kind.INTEGER)
_DATE_KINDS = (Kind.DATE, Kind.DATETIME)


class NotUnderstoodError(Exception):
    """Why a question is not understood, in words."""


@dataclass(frozen=True)
class _Level:
    """A level that is named, and whether what has it is left out."""

    entry: Entry
    outside: bool


def read_record(text: str, lexicon: Lexicon) -> Plan:
    """The plan of a folded question about a record; one that says why where it is not understood."""
    reading = RecordReading(text, lexicon)
    try:
        return reading.plan()
    except NotUnderstoodError as why:
        return Plan(Act.UNKNOWN, heard=str(why))


class RecordReading:
    """A question taken apart.

    Args:
        text: the question, folded; lexicon: what things are called.
    """

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.text, self.lexicon, self.words = text, lexicon, split_words(text)
        memory = lexicon.memory
        self.windows = find_windows(text, memory.now)
        self.spans = [s for s in find_spans(text) if not any(_meet(s, window) for window in self.windows)]
        self.idioms = list(find_idioms(text, memory.people))
        taken = [(each.begin, each.end) for each in self._pieces()]
        self.free = [n for n, word in enumerate(self.words) if not any(b <= word.begin < e for b, e in taken)]
        self.mentions = lexicon.mentions(self.words, self.free)
        people = {
            e.column for m in self.mentions for e in m.entries if e.table == memory.people.name and e.level is None
        }
        self.asked = [idiom.column for idiom in self.idioms if not (idiom.weak and people)]
        self.headed = find_heads(text, taken)
        self.mentions = [mention for mention in self.mentions if not self._is_head(mention)]
        self._nots = [found.span() for found in _NOT.finditer(text)]

    def _is_head(self, mention: Mention) -> bool:
        """Whether words that say what is asked ("average") are only a part of some column's name."""
        spans = self.headed.spans
        inside = any(b <= self.words[n].begin < e for n in range(mention.begin, mention.end) for b, e in spans)
        return inside and not any(entry.sure for entry in mention.entries)

    def _pieces(self) -> list[Window | Span | Idiom]:
        return [*self.windows, *self.spans, *self.idioms]

    def plan(self) -> Plan:
        """What is asked for. Raises `NotUnderstoodError`."""
        people = self.lexicon.memory.people
        table = self.table()
        rows = self.lexicon.memory[table]
        self._check_words(rows)
        return self._attributes() if rows is people else self._ledger(rows)

    def table(self) -> str:
        """The table that is asked about: the one that has a part for every name. Raises `NotUnderstoodError`."""
        memory, score = self.lexicon.memory, defaultdict[str, list[float]](lambda: [0.0, 0.0])
        for mention in self.mentions:
            for table in {entry.table for entry in mention.entries}:
                score[table][0] += 1
                score[table][1] += max(_weight(entry) for entry in mention.entries if entry.table == table)
        for _ in self.asked:
            score[memory.people.name][0] += 1
        if not score:
            spending = self.lexicon.spending
            if spending and _SPENDING & {word.stem for word in self.words}:
                return spending
            raise NotUnderstoodError("no word of it names anything in the data")

        def rank(table: str) -> tuple[float, float, int]:
            rows, (covered, weight) = memory[table], score[table]
            spends = table == self.lexicon.spending and bool(_SPENDING & {word.stem for word in self.words})
            more = (2.0 if _PAID_BY.search(self.text) else 1.0) if spends else 0.0
            return covered, weight + (0.6 if rows is memory.people else 0.0) + more, rows.frame.height

        best = max(score, key=rank)
        if score[best][0] < len(self.mentions) + len(self.asked):
            foreign = [m for m in self.mentions if all(entry.table != best for entry in m.entries)]
            named = [self.words[place].text for m in foreign for place in range(m.begin, m.end)]
            raise NotUnderstoodError(
                f"{_quoted(named)} is nothing of {self.lexicon.said(best)}"
                if foreign
                else "it asks for several things at once"
            )
        return best

    def filters(self, rows: Rows, wanted: str = "", *, spans: Sequence[Span] | None = None) -> list[Filter]:
        """Which rows of a table are meant. Raises `NotUnderstoodError` where a time is asked of rows without."""
        out = []
        for column, levels in self._levels(rows.name).items():
            for outside in (False, True):
                some = [each.entry for each in levels if each.outside is outside]
                if some:
                    said = _listed([entry.said for entry in some])
                    names = tuple(str(entry.level) for entry in some)
                    out.append(Filter(column, said, levels=names, outside=outside))
        if len(self.windows) > 1:
            raise NotUnderstoodError(f"it names several times: {_listed([w.said for w in self.windows])}")
        out += [_time_filter(rows, window, self.lexicon) for window in self.windows]
        for span in self.spans if spans is None else spans:
            column = self._compared(rows, span) or (wanted if wanted and _is_amount(rows, wanted) else "")
            column = column or self.lexicon.measure(rows)
            if not column:
                raise NotUnderstoodError(f"{self.lexicon.said(rows.name)} has no numbers to compare")
            out.append(Filter(column, span.said, span.low, span.high, span.strict))
            out += self._money(rows, span)
        return out

    def left(self) -> list[str]:
        """Words that play no part whatever the table is."""
        return self._left(HARMLESS | VERBS | HANDLED)

    def _left(self, harmless: frozenset[str]) -> list[str]:
        used = {place for mention in self.mentions for place in range(mention.begin, mention.end)}
        spans = [*self.headed.spans, *self._obeyed_nots(), *self._lists()]
        return [
            self.words[n].text
            for n in self.free
            if n not in used
            and self.words[n].text not in harmless
            and self.words[n].stem not in harmless
            and not any(begin <= self.words[n].begin < end for begin, end in spans)
        ]

    def _check_words(self, rows: Rows) -> None:
        """Raise `NotUnderstoodError` where a word plays no part, or nothing says that this table is meant."""
        own = [entry for mention in self.mentions for entry in mention.entries if entry.table == rows.name]
        given = any(entry.given for entry in own)
        named = given or any(not entry.column for entry in own) or rows is self.lexicon.memory.people
        spends = rows.name == self.lexicon.spending and bool(_SPENDING & {word.stem for word in self.words})
        column = any(entry.column and entry.level is None and entry.sure for entry in own)
        people = rows is self.lexicon.memory.people
        harmless = HARMLESS | (VERBS if spends or named or column else set()) | (HANDLED if named else set())
        left = self._left(harmless | (RECEIVED if given or people else set()))
        if re.search(r"\b(?:was|were|been|get|got|are|am) (?:you |i )?paid\b|\bpa(?:y|id) (?:you|me)\b", self.text):
            left.append("paid")
        if rows.name != self.lexicon.spending and self.headed.heads & {Head.WHEN, Head.LAST, Head.FIRST, Head.COUNT}:
            left += [word.text for word in self.words if word.stem == "use"]  # when a card was used, it doesn't say
        if _MEANS.search(self.text):
            left.append("how")
        if not spends and _PAID_WITH.search(self.text):
            left.append("with")  # which card was paid with, nothing of cards says
        if left:
            unknown = [word for word in left if word not in FUNCTION_WORDS]
            raise NotUnderstoodError(
                f"nothing in the data is called {_quoted(unknown)}"
                if unknown
                else f"what {_quoted(left)} asks for is not understood"
            )
        if not (named or spends or any(entry.column and entry.level is None for entry in own)):
            raise NotUnderstoodError("no word of it says what is asked of that")
        heads = [h for h in (Head.COUNT, Head.WHEN, Head.MUCH, Head.MEAN) if h in self.headed]
        ends = self.headed.heads & {Head.MOST, Head.LEAST, Head.LAST, Head.FIRST}
        counts = Head.COUNT in heads and not self._counted(rows)
        clash = (counts and (len(heads) > 1 or ends)) or (ends and Head.TRUTH in self.headed)
        if clash or {Head.MOST, Head.LEAST} <= self.headed.heads or {Head.LAST, Head.FIRST} <= self.headed.heads:
            raise NotUnderstoodError("it asks for several things at once")

    def _lists(self) -> list[tuple[int, int]]:
        """Where "or" stands between levels of one column."""
        out = []
        for found in re.finditer(r"\bor\b", self.text):
            before = [m for m in self.mentions if self.words[m.begin].begin < found.start()][-1:]
            after = [m for m in self.mentions if self.words[m.begin].begin > found.start()][:1]
            sides = [{(e.table, e.column) for e in m.entries if e.level is not None} for m in (*before, *after)]
            if len(sides) == 2 and sides[0] & sides[1]:
                out.append(found.span())
        return out

    def _obeyed_nots(self) -> list[tuple[int, int]]:
        """The negations that leave a level out."""
        return [span for span in self._nots if any(self._is_outside(mention) == span for mention in self.mentions)]

    def _is_outside(self, mention: Mention) -> tuple[int, int] | None:
        """The negation that a level stands under: before it, with nothing but harmless words and names of columns
        between; and of several levels listed after one, all of them."""
        if all(entry.level is None for entry in mention.entries):
            return None
        begin = self.words[mention.begin].begin
        for low, high in self._nots:
            if high > begin:
                continue
            between = [n for n, word in enumerate(self.words) if high <= word.begin < begin]
            named = {n for m in self.mentions for n in range(m.begin, m.end)}
            if all(
                n in named or self.words[n].text in HARMLESS or self.words[n].text in ("or", "and") for n in between
            ):
                return low, high
        return None

    def _levels(self, table: str) -> dict[str, list[_Level]]:
        """The levels of a table that are named, by column: of one that stands after a column's name, that column's."""
        out: dict[str, list[_Level]] = defaultdict(list)
        for mention in self.mentions:
            if any(e.table == table and e.level is None and e.sure and not e.column for e in mention.entries):
                continue
            levels = [entry for entry in mention.entries if entry.table == table and entry.level is not None]
            if levels:
                before = {
                    e.column for m in self.mentions if m.end == mention.begin for e in m.entries if e.level is None
                }
                best = next((entry for entry in levels if entry.column in before), levels[0])
                out[best.column].append(_Level(best, self._is_outside(mention) is not None))
        return out

    def _columns(self, table: str) -> list[str]:
        """The columns of a table that are named, in their order, but for those that stand before a level of theirs."""
        out = []
        for mention in self.mentions:
            entries = [e for e in mention.entries if e.table == table and e.column and e.level is None]
            entries = [e for e in entries if e.sure] or entries
            if any(e.table == table and not e.column and e.sure for e in mention.entries):
                continue
            after = {
                e.column for m in self.mentions if m.begin == mention.end for e in m.entries if e.level is not None
            }
            out += [entry.column for entry in entries[:1] if entry.column not in after]
        return list(dict.fromkeys(out))

    def _attributes(self) -> Plan:
        """A question about what the customer is."""
        people = self.lexicon.memory.people
        wrong = self.headed.heads - {Head.WHEN, Head.MUCH, Head.COUNT, Head.TRUTH, Head.LISTED, Head.ANY}
        dated = [name for name in self.asked if people[name].kind in _DATE_KINDS]
        if (self.windows and not (dated and len(self.windows) == 1)) or wrong or self._obeyed_nots():
            raise NotUnderstoodError("it asks for what is not known of a customer at several times")
        levels = self._levels(people.name)
        named = [*self.asked, *self._columns(people.name), *levels]
        named = list(dict.fromkeys(named))
        if Head.WHEN in self.headed:
            dates = [column.name for column in people.columns if column.kind in _DATE_KINDS]
            named = [name for name in named if name in dates] or (dates[:1] if not named else [])
        if not named:
            raise NotUnderstoodError("no word of it names anything that is known of a customer")
        if Head.MUCH in self.headed or Head.COUNT in self.headed:
            named = [name for name in named if _is_amount(people, name)]
            if not named:
                raise NotUnderstoodError("what it asks for is no number")
        filters = [
            Filter(column, _listed([each.entry.said for each in some]), levels=tuple(str(e.entry.level) for e in some))
            for column, some in levels.items()
        ]
        filters += [Filter(dated[0], w.said, w.low, w.high, days=True) for w in self.windows]
        for span in self.spans:
            numeric = [name for name in named if _is_amount(people, name)]
            if not numeric:
                raise NotUnderstoodError(f"what {span.said!r} compares is not said")
            filters.append(Filter(numeric[0], span.said, span.low, span.high, span.strict))
        asked = Act.CHECK if filters or Head.TRUTH in self.headed else Act.ATTRIBUTE
        heard = f"the customer's {_listed([self.lexicon.said(people.name, name) for name in named])}"
        return Plan(asked, people.name, tuple((people.name, n) for n in named), filters=tuple(filters), heard=heard)

    def _ledger(self, rows: Rows) -> Plan:
        """A question about the customer's rows in a table."""
        named = [name for name in self._columns(rows.name) if name != rows.table.time]
        numeric = [name for name in named if _is_amount(rows, name)]
        levels = [name for name in named if not rows[name].kind.numeric]
        dates = [name for name in named if rows[name].kind in _DATE_KINDS]
        act = self._act(rows, numeric, levels)
        if len(levels) > 1:
            raise NotUnderstoodError("it asks for several things at once")
        by, wanted = "", ""
        if act in (Act.SUM, Act.MEAN, Act.MOST, Act.LEAST, Act.TOP):
            by = next(iter(numeric), self.lexicon.measure(rows))
            if not by:
                raise NotUnderstoodError(f"{self.lexicon.said(rows.name)} has no numbers to reckon with")
        if act in (Act.COMMONEST, Act.RAREST, Act.TOP, Act.DISTINCT, Act.LEVELS):
            wanted = next(iter([*levels, *(named if act is Act.DISTINCT else [])]), "") or self._sole_level(rows)
        elif act in (Act.MOST, Act.LEAST, Act.LAST, Act.FIRST) and Head.WHEN not in self.headed:
            wanted = self._wanted(rows, act, numeric, levels, by)
        elif act in (Act.LAST, Act.FIRST) and dates:
            wanted = dates[0]
        elif act is Act.SUM or act is Act.MEAN:
            wanted = by
        if not wanted and act not in (Act.SUM, Act.MEAN) and _ABOUT.search(self.text):
            raise NotUnderstoodError(f"it doesn't say of what in {self.lexicon.said(rows.name)}")
        check, spans = self._check(act)
        filters = self.filters(rows, by or wanted, spans=spans)
        plan = Plan(
            act,
            rows.name,
            ((rows.name, wanted),) if wanted else (),
            by=by,
            filters=tuple(filters),
            dated=Head.WHEN in self.headed,
            check=check,
        )
        return replace(plan, heard=self._tell(plan))

    def _act(self, rows: Rows, numeric: Sequence[str], levels: Sequence[str]) -> Act:
        """What is asked of the rows."""
        heads = self.headed
        timed = rows.table.time is not None or rows.single
        if Head.DISTINCT in heads:
            return Act.DISTINCT
        counted = Head.COUNT in heads and self._counted(rows)
        if Head.COUNT in heads and not counted:
            return Act.COUNT
        for head, act in (
            (Head.TOP, Act.TOP),
            (Head.RAREST, Act.RAREST),
            (Head.COMMONEST, Act.COMMONEST),
            (Head.MOST, Act.MOST),
            (Head.LEAST, Act.LEAST),
        ):
            if head in heads:
                return act
        usual = Head.MEAN in heads and levels and not numeric and Head.MUCH not in heads
        if Head.MEAN in heads:
            return Act.COMMONEST if usual else Act.MEAN
        if Head.LAST in heads or Head.FIRST in heads:
            if not timed:
                raise NotUnderstoodError(f"{self.lexicon.said(rows.name)} has no dates")
            return Act.LAST if Head.LAST in heads else Act.FIRST
        if "since when" in self.text:
            return Act.FIRST
        if Head.WHEN in heads:
            if not timed:
                raise NotUnderstoodError(f"{self.lexicon.said(rows.name)} has no dates")
            return Act.LAST
        if counted or Head.TOTAL in heads or Head.SPENT in heads or (Head.MUCH in heads and not rows.single):
            return Act.SUM
        if Head.TRUTH in heads or Head.ANY in heads:
            return Act.EVER
        if Head.LISTED in heads and not numeric:
            alone = levels or self._levels_of(rows)
            return Act.LEVELS if len(alone) == 1 or levels else Act.LIST
        if numeric or levels or Head.MUCH in heads:
            return Act.LAST if timed else Act.LEVELS
        return Act.LIST

    def _wanted(self, rows: Rows, act: Act, numeric: Sequence[str], levels: Sequence[str], by: str) -> str:
        """The column of one row that is asked for."""
        if levels:
            return levels[0]
        if (
            _ABOUT.search(self.text)
            or _ABOUT_END.search(self.text)
            or (Head.LISTED in self.headed and act in (Act.MOST, Act.LEAST))
        ):
            return self._sole_level(rows)
        if by:
            return by
        return next(iter(numeric), self.lexicon.measure(rows))

    def _levels_of(self, rows: Rows) -> list[str]:
        return [c.name for c in rows.columns if ": " not in c.name and self.lexicon.is_label(rows, c.name)]

    def _sole_level(self, rows: Rows) -> str:
        """The only column of levels that a table has. Raises `NotUnderstoodError` where there are several."""
        known = self._levels_of(rows)
        if len(known) != 1:
            raise NotUnderstoodError(f"it doesn't say of what in {self.lexicon.said(rows.name)}")
        return known[0]

    def _counted(self, rows: Rows) -> bool:
        """Whether "how many" is followed by a column that counts something: "how many cds did you buy"."""
        places = [n + 1 for n, word in enumerate(self.words) if word.text == "many"]
        places += [
            n + 2 for n, word in enumerate(self.words[:-1]) if f"{word.text} {self.words[n + 1].text}" == "number of"
        ]
        after = [entry for m in self.mentions if m.begin in places for entry in m.entries if entry.table == rows.name]
        numeric = [e for e in after if e.column and e.level is None and _is_amount(rows, e.column)]
        return bool(numeric) and all(entry.column for entry in after)

    def _check(self, act: Act) -> tuple[Filter | None, list[Span]]:
        """What a sum or a number of rows is asked to be, and the comparisons that are left for the rows."""
        if Head.TRUTH not in self.headed and Head.ANY not in self.headed:
            return None, self.spans
        for span in self.spans:
            after = [n for n, word in enumerate(self.words) if word.begin >= span.end][:1]
            counts = any(m.begin == n and any(not e.column for e in m.entries) for n in after for m in self.mentions)
            if (act is Act.SUM and Head.TOTAL in self.headed) or (act is Act.EVER and counts):
                rest = [each for each in self.spans if each is not span]
                return Filter("", span.said, span.low, span.high, span.strict), rest
        return None, self.spans

    def _compared(self, rows: Rows, span: Span) -> str:
        """The numeric column that stands right after a comparison ("at least 3 CDs"), or else last before it."""
        after = next((n for n, word in enumerate(self.words) if word.begin >= span.end), -1)
        for mention in self.mentions:
            for entry in mention.entries if mention.begin == after else ():
                if entry.table == rows.name and entry.column and not entry.level and _is_amount(rows, entry.column):
                    return entry.column
        near = ""
        for mention in self.mentions:
            if self.words[mention.begin].begin < span.begin:
                for entry in mention.entries:
                    if entry.table == rows.name and entry.column and not entry.level and _is_amount(rows, entry.column):
                        near = entry.column
        return near

    def _money(self, rows: Rows, span: Span) -> list[Filter]:
        """Rows in the money that a comparison names, where a column says in which each is."""
        for column in self._levels_of(rows) if span.unit else ():
            levels = [str(level) for level in rows.values(column).drop_nulls().unique().to_list()[:200]]
            found = [level for level in levels if level.lower() == span.unit]
            if found:
                return [Filter(column, found[0], levels=(found[0],))]
        return []

    def _tell(self, plan: Plan) -> str:
        """How it was understood, in words."""
        wanted = f" of {self.lexicon.said(*plan.columns[0])}" if plan.columns else ""
        by = (
            f", by {self.lexicon.said(plan.table, plan.by)}"
            if plan.by and (plan.table, plan.by) not in plan.columns
            else ""
        )
        within = "".join(f", {'not ' if each.outside else ''}{each.said}" for each in plan.filters)
        check = f", compared: {plan.check.said}" if plan.check else ""
        dated = "date of " if plan.dated else ""
        return f"{dated}{plan.act}{wanted} in {self.lexicon.said(plan.table)}{by}{within}{check}"


def _time_filter(rows: Rows, window: Window, lexicon: Lexicon) -> Filter:
    time = rows.table.time
    if time is not None and rows.day is not None:
        return Filter(time, window.said, window.low, window.high, days=True)
    if time is None or rows[time].kind is not Kind.INTEGER:
        raise NotUnderstoodError(f"{lexicon.said(rows.name)} has no dates")
    # Steps that are years: the window's first and last
    years = [float(write_day(d).split()[-1]) if abs(d) < 1e7 else d for d in (window.low, window.high - 1)]
    return Filter(time, window.said, years[0], years[1])


def _is_amount(rows: Rows, name: str) -> bool:
    return rows[name].kind in _AMOUNT_KINDS


def _weight(entry: Entry) -> float:
    if entry.level is not None:
        return 1.5
    if not entry.column:
        return 3.0 if entry.sure else 1.5
    return 2.0 if entry.sure else 1.0


def _meet(span: Span, window: Window) -> bool:
    return window.begin < span.end and span.begin < window.end


def _quoted(words: Sequence[str]) -> str:
    return _listed([repr(word[:40]) for word in words[:3]])


def _listed(said: Sequence[str]) -> str:
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
