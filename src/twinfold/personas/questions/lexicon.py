"""A lexicon: the words by which a memory's tables, columns and levels are asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from twinfold.personas.memory.fact import Fact
from twinfold.personas.memory.memory import Memory, Rows
from twinfold.personas.memory.number_words import write_figures
from twinfold.personas.memory.periods import split_period
from twinfold.personas.memory.truth import TRUTHS
from twinfold.personas.questions.common_words import FUNCTION_WORDS, HANDLED, RECEIVED, VERBS
from twinfold.personas.questions.glossary import Glossary
from twinfold.personas.questions.words import Word, fold, name_words, readable, split_words, stem, stems
from twinfold.tables.schema import Kind

Stems = tuple[str, ...]

LEVELS = 2_000
"""Levels of a column that are known by their words; of more, only the commonest."""

LABEL_WORDS = 4
"""Words that labels have in the middle, at most; more are a sentence."""

PHRASE = 5
"""Words of a column's name, one after the other, by which it may be asked for, at most; all of them always do."""

EITHER_SIGN = 0.1
"""The least share of amounts of either sign by which they are taken for both, and not for a refund here and there."""

_MEANT = {
    "age": ("old",),
    "job": ("work", "occupation", "profession"),
    "occupation": ("work", "job", "profession"),
    "marital": ("married", "marriage"),
    "education": ("school", "study", "studied", "degree", "educated"),
    "income": ("earn", "salary", "wage"),
    "salary": ("earn", "income", "wage"),
    "sex": ("gender",),
    "gender": ("sex",),
    "birth": ("born", "birthday"),
    "fee": ("charge",),
    "monthly": ("a month", "per month", "each month", "every month"),
    "yearly": ("a year", "per year", "each year"),
    "annual": ("a year", "per year", "each year"),
    "withdrawal": ("withdraw",),
    "deposit": ("deposit",),
    "complaint": ("complain",),
    "visit": ("visit",),
    "loan": ("borrow",),
    "churn": ("left", "leave"),
    "female": ("woman", "lady"),
    "male": ("man", "gentleman"),
    "eur": ("euro",),
    "usd": ("dollar", "us dollar"),
    "gbp": ("pound",),
    "czk": ("crown",),
    "chf": ("franc",),
}
MEANT = {stem(word): others for word, others in _MEANT.items()}
"""Other words for what names of columns and tables hold, by its stem."""

AMOUNTS = tuple(map(stem, ("amount", "value", "price", "total", "sum", "cost", "spend", "pay", "fee", "payment")))
"""Stems in the name of a column that holds what a row is worth."""

OUTGOINGS = stems("payment purchase transaction expense expenditure spending order")
"""Stems of what the rows are called in which a customer spends."""


@dataclass(frozen=True)
class Entry:
    """Something that can be asked for: a table; a column of it; or a level of that, in the place of its name.

    Attributes:
        table, column, level: which; `column` is empty of a table, `level` None of all but levels.
        said: as people say it.
        sure: whether these are all of its words, and not a part of them or words that mean it.
        given: whether a glossary calls it so: a level that somebody named is what its rows are.
    """

    table: str
    column: str
    level: str | None
    said: str
    sure: bool = True
    given: bool = False


@dataclass(frozen=True)
class Mention:
    """Words of a question, from `begin` to before `end`, that ask for one of several entries."""

    entries: tuple[Entry, ...]
    begin: int
    end: int


class Lexicon:
    """What a memory's tables, columns and levels are called; `levels` are all of these as people say them.

    Args:
        memory: of the customers who are asked.
        glossary: further words for them.
    """

    def __init__(self, memory: Memory, glossary: Glossary | None = None) -> None:
        self.memory, self.glossary = memory, glossary or Glossary()
        self.glossary.check(memory)
        self._forms: dict[Stems, list[Entry]] = defaultdict(list)
        self._naming: set[tuple[str, str]] = set()
        self.levels: set[str] = set()
        self._labels: dict[tuple[str, str], bool] = {}
        self._both_ways: dict[str, bool] = {}
        self._longest = 1
        for rows in (memory.people, *memory.histories.values()):
            self._add_table(rows)
            for column in rows.columns:
                self._add_column(rows, column.name)
                if not column.kind.numeric and column.kind is not Kind.TEXT:
                    self._add_levels(rows, column.name)
        self._add_parts()
        self.spending = self._find_spending()
        for name in sorted(OUTGOINGS) if self.spending else ():
            if not any(not e.column and e.sure for e in self._forms.get((name,), ())):
                self._forms[name,].append(Entry(self.spending, "", None, self.said(self.spending), sure=False))

    def mentions(self, words: Sequence[Word], free: Iterable[int] | None = None) -> list[Mention]:
        """What words ask for, the longest forms first, none twice; `free` are the places of words that may be used."""
        open_ones = set(range(len(words)) if free is None else free)
        found = []
        for length in range(min(self._longest, len(words)), 0, -1):
            for begin in range(len(words) - length + 1):
                places = range(begin, begin + length)
                if not open_ones.issuperset(places):
                    continue
                entries = self._forms.get(tuple(words[place].stem for place in places))
                if entries:
                    open_ones.difference_update(places)
                    found.append(Mention(tuple(entries), begin, begin + length))
        return sorted(found, key=lambda mention: mention.begin)

    def said(self, table: str, column: str = "") -> str:
        """How a table, or a column of it, is called."""
        if not column:
            return next(iter(self.glossary.table(table)), readable(table))
        rows = self.memory[table] if table in (self.memory.people.name, *self.memory.histories) else None
        if rows is not None and column not in rows.frame.columns and (of := split_period(column, rows.columns)):
            return of[1] if of[0].name == rows.table.time else f"{of[1]} of {self.said(table, of[0].name)}"
        above, _, own = column.rpartition(": ")
        usual = self.said(above) if (table, column) in self._naming else readable(own)
        return next(iter(self.glossary.column(table, column)), usual)

    def attribute(self, rows: Rows, column: str, row: int) -> Fact | None:
        """One value of a row as a fact, in the words in which people say it; None where it is missing."""
        fact = self.memory.attribute(rows, rows[column], row)
        if fact is None:
            return None
        return replace(fact, name=self.said(rows.name, column), said=self.glossed(column, fact.said))

    def is_label(self, rows: Rows, name: str) -> bool:
        """Whether a column holds labels of a few words, and no numbers and no sentences."""
        if rows[name].kind.numeric or rows[name].kind is Kind.TEXT:
            return False
        if (rows.name, name) not in self._labels:
            levels = rows.values(name).drop_nulls().unique().head(LEVELS).cast(pl.String)
            words = levels.str.count_matches(r"\w+").median()
            self._labels[rows.name, name] = words is None or float(words) <= LABEL_WORDS  # type: ignore[arg-type]
        return self._labels[rows.name, name]

    def glossed(self, column: str, said: str) -> str:
        """How a level of a column is called."""
        return next(iter(self.glossary.level(column, said)), said)

    def measure(self, rows: Rows) -> str:
        """The column that holds what a row is worth; empty where there is none."""
        numeric = [c for c in rows.columns if c.kind in (Kind.DECIMAL, Kind.INTEGER) and c.name != rows.table.time]
        for word in AMOUNTS:
            for column in numeric:
                words = {*name_words(column.name), *(stem(fold(w)) for w in self.said(rows.name, column.name).split())}
                if word in words:
                    return column.name
        numbers = [column for column in numeric if stem("balance") not in name_words(column.name)]
        decimals = [column for column in numbers if column.kind is Kind.DECIMAL]
        return next((column.name for column in (*decimals, *numbers)), "")

    def is_both_ways(self, rows: Rows) -> bool:
        """Whether a table holds what comes in as well as what goes out: it keeps a balance, or its amounts have either
        sign."""
        if rows.name not in self._both_ways:
            name = self.measure(rows)
            numbers = rows.numbers(name) if name else np.zeros(0)
            share = float((numbers[np.isfinite(numbers)] < 0).mean()) if np.isfinite(numbers).any() else 0.0
            balance = any(stem("balance") in name_words(column.name) for column in rows.columns)
            self._both_ways[rows.name] = balance or EITHER_SIGN < share < 1 - EITHER_SIGN
        return self._both_ways[rows.name]

    def _add(self, words: str | Sequence[str], entry: Entry) -> None:
        form = tuple(word.stem for word in split_words(words)) if isinstance(words, str) else tuple(words)
        if not form or (all(each in FUNCTION_WORDS for each in form) and entry.column != form[0]):
            return
        if not any((e.table, e.column, e.level) == (entry.table, entry.column, entry.level) for e in self._forms[form]):
            self._forms[form].append(entry)
        self._longest = max(self._longest, len(form))

    def _add_table(self, rows: Rows) -> None:
        entry = Entry(rows.name, "", None, self.said(rows.name))
        given = self.glossary.table(rows.name)
        for words in (*given, name_words(rows.name)):
            self._add(words, entry)
        for part in name_words(rows.name):
            for meant in MEANT.get(part, ()):
                self._add(meant, Entry(rows.name, "", None, entry.said, sure=False))
        for column in rows.columns:  # a reference table is named by the first of its texts
            table, colon, _ = column.name.partition(": ")
            if colon and not column.kind.numeric:
                place = Entry(rows.name, column.name, None, self.said(table))
                if not any(e.table == rows.name for e in self._forms.get(name_words(table), ())):
                    self._naming.add((rows.name, column.name))
                    for words in (*self.glossary.table(table), name_words(table)):
                        self._add(words, place)

    def _add_column(self, rows: Rows, name: str) -> None:
        entry = Entry(rows.name, name, None, self.said(rows.name, name))
        own = name_words(name.rpartition(": ")[2])
        for words in (*self.glossary.column(rows.name, name), own):
            self._add(words, entry)
        for length in range(2, min(len(own), PHRASE + 1)):  # "real estate loans" of those "or lines"
            for begin in range(len(own) - length + 1):
                phrase = own[begin : begin + length]
                if not {phrase[0], phrase[-1]} & FUNCTION_WORDS:
                    self._add(phrase, replace(entry, sure=False))
        for part in own:
            for meant in MEANT.get(part, ()):
                self._add(meant, Entry(rows.name, name, None, entry.said, sure=False))

    def _add_levels(self, rows: Rows, name: str) -> None:
        values = rows.values(name)
        levels = values.value_counts(sort=True)[values.name].drop_nulls().head(LEVELS).to_list()
        for level in map(str, levels):
            given = self.glossary.level(name, level)
            entry = Entry(rows.name, name, level, given[0] if given else level, given=bool(given))
            self.levels.add(entry.said)
            for words in given:
                self._add(words, entry)
            plain = fold(level)
            if plain not in TRUTHS and not plain.replace(".", "").replace("-", "").isdigit() and len(plain) > 1:
                for written in (level, write_figures(plain), plain.partition(" (")[0]):
                    self._add(written, entry)
                self._add(name_words(level), entry)
            elif len(plain) == 1 and not plain.isdigit():
                self._add((*name_words(name), plain), entry)  # "status A"
            for part in name_words(entry.said):
                for meant in MEANT.get(part, ()):
                    self._add(meant, replace(entry, sure=len(name_words(entry.said)) == 1))

    def _add_parts(self) -> None:
        """Parts of names that hardly another thing has: "fee" for the only column that has a fee in its name."""
        parts: dict[Stems, list[Entry]] = defaultdict(list)
        for form, entries in list(self._forms.items()):
            for entry in entries:
                if entry.level is None and len(form) > 1:
                    for each in set(form) - FUNCTION_WORDS - VERBS - HANDLED - RECEIVED:
                        if len(each) > 2 and not each.isdigit():
                            parts[each,].append(Entry(entry.table, entry.column, None, entry.said, sure=False))
        for form, entries in parts.items():
            distinct = {(entry.table, entry.column): entry for entry in entries}
            known = {(each.table, each.column) for each in self._forms.get(form, ()) if each.level is None}
            if len(distinct) <= 3:
                self._forms[form] += [entry for place, entry in distinct.items() if place not in known]

    def _find_spending(self) -> str:
        """The table in which a customer spends: dated rows with an amount, several a customer, by far the most of any;
        empty where there is none."""
        histories = [r for r in self.memory.histories.values() if r.table.time and not r.single and self.measure(r)]
        histories.sort(key=lambda rows: -rows.frame.height)
        if not histories or (len(histories) > 1 and histories[0].frame.height < 2 * histories[1].frame.height):
            return ""
        return histories[0].name
