"""Parts: a question taken apart, into times, comparisons, what is asked, and what it names; every word has a part."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from twinfold.personas.memory.memory import Rows
from twinfold.personas.questions.amounts import Span, find_spans
from twinfold.personas.questions.common_words import HARMLESS
from twinfold.personas.questions.grouping import Nth, Period, Weekdays, find_nth, find_periods, find_weekdays
from twinfold.personas.questions.heads import find_heads
from twinfold.personas.questions.idioms import Idiom, find_idioms
from twinfold.personas.questions.lexicon import Entry, Lexicon, Mention
from twinfold.personas.questions.times import Window, find_windows
from twinfold.personas.questions.words import listed, split_words, stems
from twinfold.tables.schema import Kind

SPENDING = stems("spend pay buy shop")
"""Stems of what people do who spend."""

_NOT = re.compile(
    r"\b(?:other than|anything but|everything but|but not|not|except(?: for)?|excluding|apart from|without)\b|n't\b"
)
MOST = re.compile(r"\b(?:most|fewest|least)\b")
"""What is asked of periods beside what was spent."""

_AMOUNT_KINDS = (Kind.DECIMAL, Kind.INTEGER)


class NotUnderstoodError(Exception):
    """Why a question is not understood, in words."""


@dataclass(frozen=True)
class Level:
    """A level that is named, where, and whether what has it is left out."""

    entry: Entry
    mention: Mention
    outside: bool


class Parts:
    """A question taken apart.

    Args:
        text: the question, folded; lexicon: what things are called.

    Attributes:
        words: of it; free: the places of those that are in no time, comparison or idiom.
        windows, spans, idioms: its times, comparisons with numbers, and ways of asking that name nothing.
        periods, weekdays, nth: by what rows are grouped, days of the week, and which one from the end.
        mentions: what it names, in its order; asked: the columns that idioms ask for.
        headed: what is asked of that.
    """

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.text, self.lexicon, self.words = text, lexicon, split_words(text)
        memory = lexicon.memory
        self.windows = find_windows(text, memory.now)
        self.spans = [s for s in find_spans(text) if not any(_meet(s, window) for window in self.windows)]
        self.idioms = list(find_idioms(text, memory.people))
        self.nth = find_nth(text)
        self.periods = list(find_periods(text))
        self.weekdays = [w for w in find_weekdays(text) if not any(p.begin <= w.begin < p.end for p in self.periods)]
        pieces: list[Window | Span | Idiom | Period | Weekdays | Nth] = [*self.windows, *self.spans, *self.idioms]
        pieces += [*self.periods, *self.weekdays, *([self.nth] if self.nth else [])]
        self._taken = [(each.begin, each.end) for each in pieces]
        self.free = [n for n, word in enumerate(self.words) if not any(b <= word.begin < e for b, e in self._taken)]
        self.mentions = lexicon.mentions(self.words, self.free)
        named = any(entry.table == memory.people.name for m in self.mentions for entry in m.entries if entry.column)
        self.idioms = [idiom for idiom in self.idioms if not (idiom.weak and named)]
        self.asked = [idiom.column for idiom in self.idioms]
        self.headed = find_heads(text, self._taken)
        self.mentions = [mention for mention in self.mentions if not self._is_head(mention)]
        self._nots = [found.span() for found in _NOT.finditer(text)]

    def read_for(self, rows: Rows) -> None:
        """Read it as a question about a table: times are counted from its last day, and of a customer's own row nothing
        is asked by words that are in the name of a column ("last visit", "total charges")."""
        memory = self.lexicon.memory
        self.windows = find_windows(self.text, memory.today(rows))
        if rows is memory.people:
            own = [m for m in self.mentions if any(e.table == rows.name and e.column and e.sure for e in m.entries)]
            self.headed = find_heads(self.text, [*self._taken, *map(self.place, own)])

    @property
    def spends(self) -> bool:
        """Whether it has a word for spending."""
        return bool(SPENDING & {word.stem for word in self.words})

    def place(self, mention: Mention) -> tuple[int, int]:
        """Where a mention begins and ends, in characters."""
        return self.words[mention.begin].begin, self.words[mention.end - 1].end

    def left(self, harmless: Collection[str]) -> list[str]:
        """Words that play no part, and are not harmless."""
        used = {place for mention in self.mentions for place in range(mention.begin, mention.end)}
        spans = [*self.headed.spans, *self.obeyed_nots(), *self._ors()]
        spans += [found.span() for found in MOST.finditer(self.text) if self.periods]
        return [
            self.words[n].text
            for n in self.free
            if n not in used
            and self.words[n].text not in harmless
            and self.words[n].stem not in harmless
            and not any(begin <= self.words[n].begin < end for begin, end in spans)
        ]

    def obeyed_nots(self) -> list[tuple[int, int]]:
        """The negations that leave a level out."""
        return [span for span in self._nots if any(self._is_outside(mention) == span for mention in self.mentions)]

    def levels(self, table: str) -> dict[str, list[Level]]:
        """The levels of a table that are named, by column. Raises `NotUnderstoodError` where it may be of several."""
        out: dict[str, list[Level]] = defaultdict(list)
        for mention in self.mentions:
            if any(e.table == table and e.level is None and e.sure and not e.column for e in mention.entries):
                continue
            entries = [entry for entry in mention.entries if entry.table == table and entry.level is not None]
            if entries:
                for entry in self._meant(table, mention, entries):  # "a car" of "car (new)" and "car (used)"
                    out[entry.column].append(Level(entry, mention, self._is_outside(mention) is not None))
        return out

    def columns(self, table: str) -> list[tuple[str, Mention]]:
        """The columns of a table that are named, in their order, but for those that stand before a level of theirs."""
        out: dict[str, Mention] = {}
        for mention in self.mentions:
            entries = [e for e in mention.entries if e.table == table and e.column and e.level is None]
            entries = [e for e in entries if e.sure] or entries
            if any(e.table == table and not e.column and e.sure for e in mention.entries):
                continue
            of = {e.column for e in mention.entries if e.table == table and e.level is not None}
            if of & self._beside(mention):
                continue  # what stands beside its column's name is a level, and no column that is called like it
            after = {
                e.column for m in self.mentions if m.begin == mention.end for e in m.entries if e.level is not None
            }
            meant = {entry.column for entry in entries} - after
            if len(meant) > 1 and not entries[0].sure:  # a part of several names: of that which is named otherwise too
                votes = {c: sum(any(e.column == c for e in m.entries) for m in self.mentions) for c in meant}
                meant = {column for column in meant if votes[column] == max(votes.values())}
                if len(meant) > 1:
                    names = [self.lexicon.said(table, column) for column in sorted(meant)]
                    word = self.words[mention.begin].text
                    raise NotUnderstoodError(f"{word!r} may be {listed(names, 'or')}; say which")
                out.setdefault(meant.pop(), mention)
                continue
            for entry in entries[:1]:
                if entry.column not in after:
                    out.setdefault(entry.column, mention)
        return list(out.items())

    def is_sure(self, table: str, column: str, mention: Mention) -> bool:
        """Whether words are all of a column's name, and not a part of it or words that mean it."""
        return any(e.table == table and e.column == column and e.level is None and e.sure for e in mention.entries)

    def compared(self, rows: Rows, span: Span) -> str:
        """The numeric column that stands right after a comparison ("at least 3 CDs"), or else last before it."""
        after = next((n for n, word in enumerate(self.words) if word.begin >= span.end), -1)
        near, at = "", -1
        for mention in self.mentions:
            begin, _ = self.place(mention)
            for column in self._amounts(mention, rows):
                if mention.begin == after:
                    return column
                if begin < span.begin:
                    near, at = column, begin
        for idiom in self.idioms if rows is self.lexicon.memory.people else ():
            if at < idiom.begin < span.begin and is_amount(rows, idiom.column):
                near, at = idiom.column, idiom.begin
        return near

    def between(self, one: Mention, other: Mention) -> str:
        """What stands between two mentions."""
        return self.text[self.place(one)[1] : self.place(other)[0]]

    def _amounts(self, mention: Mention, rows: Rows) -> list[str]:
        entries = [e for e in mention.entries if e.table == rows.name and e.column and e.level is None]
        return [e.column for e in entries if is_amount(rows, e.column)]

    def _is_head(self, mention: Mention) -> bool:
        """Whether words that say what is asked ("average") are only a part of some column's name."""
        inside = any(
            b <= self.words[n].begin < e for n in range(mention.begin, mention.end) for b, e in self.headed.spans
        )
        return inside and not any(entry.sure for entry in mention.entries)

    def _meant(self, table: str, mention: Mention, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Which column's levels are meant: of one that is named right before or after it, or the only one that has some
        that are called so. Raises `NotUnderstoodError`."""
        beside = self._beside(mention)
        own = [entry for entry in mention.entries if entry.table == table and entry.level is None and entry.sure]
        columns = {entry.column for entry in own} - {""}
        if columns and not beside & {entry.column for entry in entries}:
            named = [self.lexicon.said(table, column) for column in sorted(columns | {entries[0].column})]
            raise NotUnderstoodError(f"{entries[0].said!r} may be of {listed(named, 'or')}; say of which")
        fitting = [e for e in entries if e.column in beside] or [e for e in entries if e.sure] or list(entries)
        columns = {entry.column for entry in fitting}
        if len(columns) > 1:
            named = [self.lexicon.said(fitting[0].table, column) for column in sorted(columns)]
            raise NotUnderstoodError(
                f"{fitting[0].said!r} is known of {listed(named)}; say of which, as in “{named[0]} {fitting[0].said}”"
            )
        return fitting

    def _beside(self, mention: Mention) -> set[str]:
        """The columns that are named right before a mention, or right after it."""
        return {
            entry.column
            for other in self.mentions
            if self._is_right_after(other, mention) or other.begin == mention.end
            for entry in other.entries
            if entry.level is None
        }

    def _is_right_after(self, one: Mention, other: Mention) -> bool:
        """Whether a mention follows another at once, or after a word that carries nothing ("your job is unknown")."""
        return one.end == other.begin or (one.end + 1 == other.begin and self.words[one.end].text in HARMLESS)

    def _ors(self) -> list[tuple[int, int]]:
        """Where "or" stands between levels of one column."""
        out = []
        for found in re.finditer(r"\bor\b", self.text):
            if found.start() - 1 in {each.end for each in self.weekdays}:
                out.append(found.span())
            before = [m for m in self.mentions if self.words[m.begin].begin < found.start()][-1:]
            after = [m for m in self.mentions if self.words[m.begin].begin > found.start()][:1]
            sides = [{(e.table, e.column) for e in m.entries if e.level is not None} for m in (*before, *after)]
            if len(sides) == 2 and sides[0] & sides[1]:
                out.append(found.span())
        return out

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


def is_amount(rows: Rows, name: str) -> bool:
    """Whether a column holds numbers."""
    return rows[name].kind in _AMOUNT_KINDS


def quote_words(words: Iterable[str]) -> str:
    """The first words as a refusal quotes them."""
    return listed([repr(word[:40]) for word in words][:3])


def _meet(span: Span, window: Window) -> bool:
    return window.begin < span.end and span.begin < window.end
