"""The ground of an answer: what its words may claim, as its customer's facts, the question and the draft give it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from twinfold.personas.claims.figures import find_days, find_numbers, is_date, is_day, numbers_of
from twinfold.personas.claims.passages import Passage, read_passages
from twinfold.personas.claims.speech import root
from twinfold.personas.claims.units import time_in
from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.memory.number_words import write_figures
from twinfold.personas.questions.amounts import find_quantities, find_spans
from twinfold.personas.questions.common_words import FUNCTION_WORDS
from twinfold.personas.questions.times import find_windows
from twinfold.personas.questions.words import fold, name_words, split_words, stem, stems

_ALSO = {stem("age"): stems("old"), stem("balance"): stems("account bank")}
"""Further words for what numbers go by, by a stem of its name."""

PIECE = 1_900
"""Characters of a text that are taken apart at once."""

_COUNTING = stems("number count tally")


@dataclass(frozen=True)
class Named:
    """What numbers go by.

    Attributes:
        stems: of a name; of: what was reckoned of rows, the roots of what these are called.
        counts: whether it is how many there are; answers: whether it is what was asked for, and reckoned.
        time: for which the numbers are, by the name: "month" of a monthly fee.
    """

    stems: frozenset[str]
    numbers: set[float]
    of: frozenset[str] = frozenset()
    counts: bool = False
    answers: bool = False
    time: str = ""

    @cached_property
    def roots(self) -> frozenset[str]:
        """The roots of the name's words."""
        return frozenset(map(root, self.stems))


@dataclass(frozen=True)
class Ground:
    """What claims of one answer are looked up in.

    Attributes:
        facts: of the customer who speaks, and of what everybody knows.
        question: as it was asked: the times that it asks about may be said again, and nothing else in it.
        yes: the decision; None where there is none, or where it is a number.
        decided: whether anything was decided.
        levels: all levels that anybody has, folded: one that is in no fact is not this customer's.
        allowed: further words that may be said: of the offer, and the template's draft.
        truth: of a question of yes and no, the answer of the record; None of any other.
        reasons: of a decision, what moves it, by column, with whether it speaks for it.
    """

    facts: Sequence[Fact]
    question: str = ""
    yes: bool | None = None
    decided: bool = False
    levels: Collection[str] = ()
    allowed: str = ""
    truth: bool | None = None
    reasons: Sequence[tuple[str, bool]] = ()

    @cached_property
    def named(self) -> list[Named]:
        """What numbers go by."""
        out: list[Named] = []
        for fact in self.facts:
            if fact.kind in (FactKind.ATTRIBUTE, FactKind.COUNTED, FactKind.OFFER):
                called = fact.name.split(" in ")[0] if fact.kind is FactKind.COUNTED else fact.name
                head, _, of = called.partition(" of ")
                own, counts = name_stems(head), fact.kind is FactKind.COUNTED and head == "number"
                also = frozenset[str]().union(*(more for name, more in _ALSO.items() if name in own))
                if isinstance(fact.value, str) and is_date(fact.value):
                    continue
                asked = fact is self.facts[0] and fact.kind is FactKind.COUNTED
                words, rows = _COUNTING if counts else own | also, frozenset(map(root, name_stems(of)))
                out.append(Named(words, numbers_of(fact), rows, counts, asked, time_in(fact.name)))
            elif fact.kind is FactKind.EVENT:
                for part in fact.said.split(", "):
                    name, _, value = part.rpartition(" ")
                    out.append(Named(name_stems(name.rpartition(": ")[2]), set(find_numbers(value))))
        return [each for each in out if each.stems and each.numbers]

    @cached_property
    def chances(self) -> tuple[float, ...]:
        """The numbers of what was decided: what is expected, and between which ends."""
        decisions = [fact for fact in self.facts if fact.kind is FactKind.DECISION]
        return tuple(number for fact in decisions for number in find_numbers(fact.said))

    @cached_property
    def told(self) -> set[float]:
        """The numbers of facts that were not decided."""
        return {n for fact in self.facts if fact.kind is not FactKind.DECISION for n in numbers_of(fact)}

    @cached_property
    def drafted(self) -> set[float]:
        """The numbers of the draft that are no dates."""
        draft = fold(self.allowed)
        for window in find_windows(draft, None):
            draft = draft[: window.begin] + " " * (window.end - window.begin) + draft[window.end :]
        return set(find_numbers(draft))

    @cached_property
    def numbers(self) -> set[float]:
        """The numbers that may be said without a name beside them: what was decided and offered; where nothing was
        decided, what stands in the draft and is no date and no count of rows that wasn't asked for; or, without a
        draft, what is known of the customer. Those of rows and of passages take more."""
        bare: tuple[FactKind, ...] = (FactKind.DECISION, FactKind.OFFER)
        if not any(character.isdigit() for character in self.allowed):  # there is no draft that says which are meant
            bare = (*bare, FactKind.ATTRIBUTE, FactKind.COUNTED)
        beside = {n for each in self.named if each.counts for n in each.numbers}
        beside -= {n for fact in self.facts[:1] for n in numbers_of(fact)}
        asked = set(find_numbers(write_figures(fold(self.question)))) - {n for f in self.facts for n in numbers_of(f)}
        every = {number for fact in self.facts if fact.kind in bare for number in numbers_of(fact)}
        if self.decided:
            return every  # the numbers of reasons stand beside their names
        return every | (self.drafted - beside - asked)

    @cached_property
    def years(self) -> set[str]:
        """The years that were asked about, as they are written."""
        asked = fold(self.question)
        windows = find_windows(asked, None)
        return {year for window in windows for year in re.findall(r"\d{4}", asked[window.begin : window.end])}

    @cached_property
    def spans(self) -> set[tuple[float, float]]:
        """The comparisons that were asked about: they may be said again."""
        texts = [self.question, self.allowed, *(fact.name for fact in self.facts)]
        return {(span.low, span.high) for text in texts for span in find_spans(write_figures(fold(text)))}

    @cached_property
    def passages(self) -> list[Passage]:
        """The sentences of clauses, and of those with several numbers the parts."""
        return read_passages(self.facts)

    @cached_property
    def passage_roots(self) -> frozenset[str]:
        """The roots of all words of clauses and of the headings above them."""
        return frozenset[str]().union(*(each.words | each.around for each in self.passages))

    @cached_property
    def quotes(self) -> bool:
        """Whether a clause is what answers."""
        return bool(self.facts) and self.facts[0].kind is FactKind.CLAUSE

    @cached_property
    def days(self) -> set[str]:
        """All dates that may be said, and months and years as days from and to: those of the facts, but of rows only
        where the draft has no date that answers, and the times that were asked about."""
        answered = any(map(is_day, find_days(self.allowed)))
        facts = [fact for fact in self.facts if not (answered and fact.kind is FactKind.EVENT)]
        texts = [f"{fact.said} {fact.value} {fact.name} {fact.source}" for fact in facts]
        return {day for text in (*texts, self.question, self.allowed) for day in find_days(text)}

    @cached_property
    def monies(self) -> set[str]:
        """The monies that are named, by their codes."""
        texts = [self.question, self.allowed, *(f"{fact.name} {fact.said}" for fact in self.facts)]
        return {quantity.money for text in texts for quantity in find_quantities(fold(text))}

    @cached_property
    def text(self) -> str:
        """All that facts say, as words with a blank between."""
        said = [f"{fact.name} {fact.said} {fact.value} {fact.source}" for fact in self.facts]
        return space_words(" ".join([*said, self.allowed]))

    @cached_property
    def roots(self) -> set[str]:
        """The roots of all words of the facts, the question and the draft."""
        return {root(word) for word in f"{self.text} {space_words(self.question)}".split()}

    @cached_property
    def names(self) -> frozenset[str]:
        """The words by which facts are called."""
        return frozenset(word for fact in self.facts for word in space_words(fact.name).split())

    @cached_property
    def values(self) -> str:
        """What facts say, without what they are called, and the draft without that too."""
        said = space_words(" ; ".join(f"{fact.said} {fact.value}" for fact in self.facts))
        draft = space_words(self.allowed)
        for name in sorted({space_words(fact.name) for fact in self.facts}, key=len, reverse=True):
            draft = draft.replace(name, "  ")
        return f"{said} {draft}"

    @cached_property
    def words(self) -> set[str]:
        """The words of all that facts say."""
        return set(self.text.split())


def name_stems(name: str) -> frozenset[str]:
    """The stems of a name that say what it is of."""
    return frozenset(name_words(name)) - FUNCTION_WORDS


def space_words(text: str) -> str:
    """The words of a text, folded, with a blank on either side of each."""
    parts = [text[begin : begin + PIECE] for begin in range(0, len(text), PIECE)]
    return f" {' '.join(word.text for part in parts for word in split_words(part))} "
