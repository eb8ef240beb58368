"""Claims: every number, date, level, name and decision in an answer, looked up in what its customer knows.

A number that stands beside the name of something must be the number of that thing: "my balance is 42" is not borne out
by an age of 42. What can't be read off the words (that a balance is "high") is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.questions.amounts import find_spans
from twinfold.personas.questions.common_words import ASKING, FUNCTION_WORDS, VERBS
from twinfold.personas.questions.lexicon import TRUTHS
from twinfold.personas.questions.times import Window, find_windows
from twinfold.personas.questions.words import fold, name_words, split_words, stem

_NUMBER = re.compile(r"(?<![\w.])[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])[-−]?\d+(?:\.\d+)?")
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
)
_UNITS += "eighteen nineteen twenty"
_WORD_VALUES = {
    word: float(number) for number, word in enumerate(_UNITS.split()) if word != "one"
}  # that one is no claim
_WORD_VALUES |= {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_WORD_VALUES |= {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_WORD_VALUES |= {"twice": 2, "double": 2, "triple": 3, "half": 0.5, "dozen": 12}
_LARGE = "hundred|thousand|million"
_COUNT = "|".join(_WORD_VALUES)
_NUMBER_WORD = re.compile(rf"\b(?:one (?={_LARGE})|(?:{_COUNT})\b)(?:[- ]?(?:{_COUNT}|and|one)\b)*")
_ONE = re.compile(r"\b(?:one|a single) (\w+)")
_ALONE = re.compile(
    r"\b(?:have|has|had|is|are|be|makes?|only|was|there's|complained|came to|stands at) one\b|"
    r"\bone (?:people|in|times?)\b"
)
_INTERVAL = re.compile(r"(?:\(|between |from )([\d.,]+) (?:to|and|–|-) ([\d.,]+)")
_BUSY = re.compile(r"(\w+) (?:gets|takes|is|has|charges|offers|gives|keeps|was|wants|lets|pays|costs)\b")
_PLAIN = frozenset(
    {"money", "everything", "nothing", "life", "work", "age", "people", "everyone", "nobody", "home", "time"}
)
_OWNED = frozenset({"child", "kid", "son", "daughter", "dog", "cat", "house", "car", "job", "card", "loan", "account"})
_UNIT = re.compile(r"\s?(?:(year|month|week|day|hour|minute|percent)s?\b|(%))")
_I_AM_SO_OLD = re.compile(r"\bi(?:'m|’m| am) $")
_SIDES = (
    ({"highest", "largest", "biggest", "greatest", "maximum"}, {"lowest", "smallest", "minimum", "least"}),
    ({"last", "latest", "newest"}, {"first", "earliest", "oldest"}),
    ({"total", "altogether", "sum"}, {"average", "mean", "typically"}),
)
_NONE_AT_ALL = re.compile(r"^\W*(?:none|nothing|never|not one|not a single|(?:i've|i have|i) never)\b")
_ANSWERED = re.compile(r"^\W*(yes|no)\b|, (yes|no)\W*$")
_LEADING = re.compile(r"^\W*(?:yes|no)\b")
_FREE = re.compile(r"\b(?:nothing|free(?: of charge)?|no (?:fee|charge|cost))\b")
_IN_HUNDRED = re.compile(
    r"([\d.]+)(?: (?:in|out of|times in)(?: a)? (?:100|hundred)\b|\s?(?:%|percent)(?! (?:per|a) ))"
)
_NONE = re.compile(r"\b(?:no|none|never|zero|not any)\b|n't\b")
_CLAUSE = re.compile(r"(?<!\d)[.;!?:](?!\d)|[,;](?!\d{3})|\b(?:and|but|while|whereas|though|although)\b|[()–—]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_NEGATED = re.compile(r"\b(?:not|no|never|none|without|cannot|neither|nor|hardly)\b|n't\b|n’t\b")
_I_AM = r"\bi(?:'m|’m| am)"
_NO = re.compile(
    r"^\W*(?:no\b|nope\b|not me\b|sorry\b)|\b(?:i|i'd|i’d) (?:would |will |do |could |am )?(?:not|never)\b|"
    r"\b(?:wouldn|won|don|couldn|can|shan|ain)['’]?t\b"
    r"(?= (?:take|accept|do|buy|go|apply|sign|choose|be|think|want|see)|[.!,;:]|$)|"
    rf"{_I_AM} not\b|\b(?:rather|probably|certainly|definitely|likely|of course) not\b|"
    r"\bnot (?:for me|interested|likely|going)\b|\ba no (?:from|for) me\b|\b(?:i'd|i’d|i would|i'll|i’ll) pass\b|"
    r", no\W*$|\b(?:decline|refuse|reject|pass on|turn (?:it|this) down|unlikely|uninterested)\b"
)
_DOES = "take|accept|do|buy|go|apply|sign|choose|say yes|like|consider|agree|subscribe|leave|cancel|switch|probably"
_YES = re.compile(
    rf"^\W*(?:yes|yeah|yep|sure|certainly|absolutely|gladly)\b|"
    rf"\b(?:i would|i'd|i’d|i will|i'll|i’ll) (?:\w+ly )?(?:{_DOES}|be (?:happy|glad|interested|likely))\b|"
    rf"\bi (?:probably )?would\b(?=[.!,;:]| at | for | with |$)|"
    rf"{_I_AM} (?:very |quite )?(?:likely|interested|willing|happy|going)\b|"
    r"\bcount me in\b"
)
_ISO = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_YEAR = re.compile(r"\b(\d{4})-\d{2}-\d{2}\b")
_LEADS = re.compile(r"^(?:since|after|from|before|until|till|up to|by|in|on|during|of|for|at|between)\s+(?:the )?")
_CAPITAL = re.compile(r"(?<![\w'’])[A-ZÀ-Þ][\w&-]+")


MOST_NUMBERS, LONGEST_FIGURE = 60, 24
"""Numbers of one answer that are looked up, and characters of one: what has more is not borne out."""

QUOTED = 40
"""Characters from which on what a text repeats of a fact is a quote."""

NEAR, PIECE = 160, 1_900
"""Characters beside a number in which its name is looked for, and of a text that are taken apart at once."""


class ClaimKind(StrEnum):
    """What is claimed."""

    NUMBER = "number"
    DATE = "date"
    LEVEL = "level"
    NAME = "name"
    TRUTH = "truth"
    DECISION = "decision"


@dataclass(frozen=True)
class Claim:
    """Something that words claim, as it stands there, and whether a fact bears it out."""

    kind: ClaimKind
    text: str
    supported: bool


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
    """

    facts: Sequence[Fact]
    question: str = ""
    yes: bool | None = None
    decided: bool = False
    levels: Collection[str] = ()
    allowed: str = ""
    truth: bool | None = None

    @cached_property
    def named(self) -> list[tuple[frozenset[str], set[float]]]:
        """What numbers go by: the stems of each name, and its numbers."""
        out: list[tuple[frozenset[str], set[float]]] = []
        for fact in self.facts:
            if fact.kind in (FactKind.ATTRIBUTE, FactKind.COUNTED, FactKind.OFFER):
                head = fact.name if fact.name.startswith("number of ") else fact.name.split(" of ")[0]
                stems = _stems(head.split(" in ")[0])
                also = {"old"} if "age" in stems else {"account", "bank"} if "balance" in stems else set()
                out.append((stems | also, _numbers_of(fact)))
            elif fact.kind is FactKind.EVENT:
                for part in fact.said.split(", "):
                    name, _, value = part.rpartition(" ")
                    out.append((_stems(name.rpartition(": ")[2]), set(_numbers(value))))
        return [(stems, numbers) for stems, numbers in out if stems and numbers]

    @cached_property
    def numbers(self) -> set[float]:
        """The numbers that may be said without a name beside them: what was decided, offered, or stands in the draft,
        or, without one, what is known of the customer; those of rows and of passages take more."""
        bare: tuple[FactKind, ...] = (FactKind.DECISION, FactKind.OFFER)
        if not any(character.isdigit() for character in self.allowed):  # there is no draft that says which are meant
            bare = (*bare, FactKind.ATTRIBUTE, FactKind.COUNTED)
        every = {number for fact in self.facts if fact.kind in bare for number in _numbers_of(fact)}
        every.update(_numbers(self.allowed))
        return every

    @cached_property
    def spans(self) -> set[tuple[float, float]]:
        """The comparisons that were asked about: they may be said again."""
        texts = [self.question, self.allowed, *(fact.name for fact in self.facts)]
        return {(span.low, span.high) for text in texts for span in find_spans(fold(text))}

    @cached_property
    def passages(self) -> list[tuple[set[str], set[float]]]:
        """The parts of clauses: the words of each, and its numbers."""
        clauses = [fact for fact in self.facts if fact.kind in (FactKind.CLAUSE, FactKind.GROUP)]
        parts = [part for fact in clauses for part in _CLAUSE.split(fold(f"{fact.said}; {fact.source}"))]
        return [({word.stem for word in split_words(part)}, set(_numbers(part))) for part in parts]

    @cached_property
    def days(self) -> set[str]:
        """All dates that may be said, and months and years as days from and to: those of the facts, and the times that
        were asked about."""
        texts = [f"{fact.said} {fact.value} {fact.name} {fact.source}" for fact in self.facts]
        return {day for text in (*texts, self.question, self.allowed) for day in _days(text)}

    @cached_property
    def text(self) -> str:
        """All that facts say, as words with a blank between."""
        said = [f"{fact.name} {fact.said} {fact.value} {fact.source}" for fact in self.facts]
        return _spaced(" ".join([*said, self.allowed]))

    @cached_property
    def words(self) -> set[str]:
        """The words of all that facts say."""
        return set(self.text.split())


def find_claims(text: str, ground: Ground) -> list[Claim]:
    """Every claim in an answer's words, and whether it is borne out.

    Args:
        text: the words.
        ground: what they are looked up in.
    """
    folded = _without_quotes(fold(text), ground)
    claims, bare = _date_claims(folded, ground)
    for fact in ground.facts:  # a four in "final 4" is a part of its name
        if any(map(str.isdigit, fact.name)):
            bare = bare.replace(fold(fact.name), " " * len(fact.name))
    claims += _number_claims(bare, ground)
    claims += _level_claims(folded, ground)
    claims += _name_claims(text if folded == fold(text) else "", ground)
    claims += _truth_claims(folded, ground)
    claims += _side_claims(folded, ground)
    return claims + _decision_claims(folded, ground)


def _without_quotes(text: str, ground: Ground) -> str:
    """A text without what it quotes word for word of a customer's own texts and of passages."""
    for fact in ground.facts:
        for quote in re.split(r"\.?$", fold(fact.said))[:1]:
            if len(quote) > QUOTED and quote in text:
                text = text.replace(quote, " ")
    return text


def unsupported(text: str, ground: Ground) -> tuple[str, ...]:
    """The claims of an answer's words that nothing bears out, each as it stands there."""
    return tuple(claim.text for claim in find_claims(text, ground) if not claim.supported)


def _date_claims(text: str, ground: Ground) -> tuple[list[Claim], str]:
    """Days, months, quarters, and years that are times ("in 1993"); and the text without them."""
    claims = []
    for window in find_windows(text, None):
        stands = text[window.begin : window.end]
        span = _LEADS.sub("", stands)
        if not re.fullmatch(r"\d{4}", stands.strip()):
            days = set(_days(f"in {span}"))
            known = (bool(days) and days <= ground.days) or _holds_day(window, ground)
            claims.append(Claim(ClaimKind.DATE, span, known))
            text = text[: window.begin] + " " * len(stands) + text[window.end :]
    return claims, text


def _holds_day(window: Window, ground: Ground) -> bool:
    """Whether a month, said in the place of a day, is that of a date that answers."""
    dated = [fact.said for fact in ground.facts if fact.kind in (FactKind.ATTRIBUTE, FactKind.COUNTED)]
    days = [float(each.split("/")[0]) for said in (*dated, ground.allowed) for each in _days(said) if _is_day(each)]
    return window.high - window.low <= 31 and any(window.low <= day < window.high for day in days)


def _number_claims(text: str, ground: Ground) -> list[Claim]:
    claims = []
    for number, (begin, end, value) in enumerate(_stated(text)):
        known = number < MOST_NUMBERS and _is_known(text, begin, end, value, ground)
        claims.append(Claim(ClaimKind.NUMBER, text[begin:end][:60], known))
    if not _stated(text) and _ALONE.search(text) and any(map(str.isdigit, ground.allowed)):
        claims.append(Claim(ClaimKind.NUMBER, "one", 1.0 in ground.numbers))  # the only number where the draft has some
    for found in _ONE.finditer(text):
        noun = name_words(found[1])[0]
        held = [numbers for stems, numbers in ground.named if noun in stems]
        if (held and 1.0 not in set().union(*held)) or (noun in _OWNED and not held):
            claims.append(Claim(ClaimKind.NUMBER, found.group(), False))
    return claims


def _is_known(text: str, begin: int, end: int, value: float, ground: Ground) -> bool:
    """Whether a number is that of what it stands beside."""
    if any(span.begin <= begin < span.end and (span.low, span.high) in ground.spans for span in find_spans(text)):
        return True
    unit = _UNIT.match(text, end)
    if unit is not None and not _has_unit(value, unit[1] or unit[2], ground):
        return False
    candidates = _candidates(text, begin, end, ground)
    if any(_same(value, each) for each in (ground.numbers if candidates is None else candidates)):
        return True
    held = [words for words, numbers in ground.passages if any(_same(value, each) for each in numbers)]
    if candidates is not None or not held:
        return False
    said = [word for word in split_words(_CLAUSE.split(text[:begin])[-1]) if not word.text[0].isdigit()]
    idle = FUNCTION_WORDS | VERBS | ASKING
    before = {word.stem for word in said if word.text not in idle and word.stem not in idle}
    others = set().union(*(words for words, _ in ground.passages))
    # A word before one of the passage's own says which is meant: a silver account is none of those that there are
    strange = [one for one, two in pairwise(said) if two.stem in others and two.text not in FUNCTION_WORDS | VERBS]
    if any(word.stem not in others and word.text not in FUNCTION_WORDS | VERBS for word in strange):
        return False
    return any(not (before & others) - words and (len(before) < 2 or bool(before & words)) for words in held)


def _has_unit(value: float, unit: str, ground: Ground) -> bool:
    """Whether a number is known to be so many years, hours or percent."""
    own = {"year": {"year", "age", "old"}, "percent": {"percent", "rate", "pct"}, "%": {"percent", "rate", "pct"}}
    stems = own.get(unit, {unit, f"{unit}ly"})
    if any(stems & names and any(_same(value, each) for each in numbers) for names, numbers in ground.named):
        return True
    texts = [f"{fact.said} {fact.name}" for fact in ground.facts] + [ground.allowed]
    said = re.compile(
        rf"(?<![\d.,])([-−]?[\d,.]*\d)(?:\s?| out of | in ){'(?:%|percent|100)' if unit in ('percent', '%') else unit}"
    )
    stated = [_figure(found[1]) for each in texts for found in said.finditer(fold(each)) if _NUMBER.fullmatch(found[1])]
    chance = [number for fact in ground.facts if fact.kind is FactKind.DECISION for number in _numbers(fact.said)]
    offered = [n for fact in ground.facts if fact.kind is FactKind.OFFER for n in _numbers_of(fact)]
    return any(_same(value, each) for each in (*stated, *(chance + offered if unit in ("percent", "%") else ())))


def _stated(text: str) -> list[tuple[int, int, float]]:
    """The numbers of a text, in figures and in words, with where they stand."""
    out = [(m.start(), m.end(), _figure(m.group())) for m in _NUMBER.finditer(text)]
    for found in _NUMBER_WORD.finditer(text):
        out.append((found.start(), found.end(), _spelt(found.group())))
    return sorted(out)


def _candidates(text: str, begin: int, end: int, ground: Ground) -> set[float] | None:
    """The numbers of what is named nearest to a number, in the same clause: before it, or else right after; None where
    nothing is."""
    if _I_AM_SO_OLD.search(text[:begin]):
        ages = [numbers for stems, numbers in ground.named if "age" in stems]
        if ages:
            return set().union(*ages)
    before = _CLAUSE.split(text[max(0, begin - NEAR) : begin].rstrip("( "))[-1]
    stated = list(_NUMBER.finditer(before))
    behind = split_words(before[stated[-1].end() :])[1:] if stated else split_words(before)  # "36 payments" is of 36
    behind = behind[::-1][:6]
    ahead = split_words(_CLAUSE.split(text[end : end + NEAR])[0])[:3]
    for named in (ahead[:1], behind, ahead):
        for word in named:
            if word.text[0].isdigit():
                break
            if word.text in FUNCTION_WORDS and word.stem != "old":
                continue
            found = [numbers for stems, numbers in ground.named if word.stem in stems]
            if found:
                return set().union(*found)
    return None


def _level_claims(text: str, ground: Ground) -> list[Claim]:
    """Levels that others have and this customer's facts don't, and those that they do and that are denied."""
    claims = []
    for clause in _CLAUSE.split(text):
        spaced = _spaced(clause)
        for level in [each for each in ground.levels if f" {each} " in spaced]:
            rest = re.sub(r"^\W*(?:yes|no)\b", "", spaced.replace(f" {level} ", " "))
            denied = bool(_NEGATED.search(rest)) and not (ground.decided and _decides(clause) is not None)
            claims.append(Claim(ClaimKind.LEVEL, level, (f" {level} " in ground.text) != denied))
    return claims


def _name_claims(text: str, ground: Ground) -> list[Claim]:
    """Names that stand inside a sentence, and in no fact."""
    claims = []
    dated = [(window.begin, window.end) for window in find_windows(fold(text), None)]
    begun = 0
    for sentence in _SENTENCE.split(text):
        start = text.find(sentence, begun)
        begun = start + len(sentence)
        for found in _CAPITAL.finditer(sentence):
            name = fold(found.group())
            if any(low <= start + found.start() < high for low, high in dated):
                continue
            begins = not re.search(r"\w", sentence[: found.start()])
            busy = begins and _BUSY.match(fold(sentence[found.start() :]))
            if busy and name not in ground.words | FUNCTION_WORDS | _PLAIN:
                begins = False  # somebody who does something
            parts = {re.sub(r"['’]s$", "", part) for part in re.split(r"[-&]", name)}
            if begins or parts <= ground.words | FUNCTION_WORDS:
                continue
            after_mark = re.search(r"[:“\"]\s*$", sentence[: found.start()])
            if after_mark and stem(name) in FUNCTION_WORDS | {"mostly", "yes"}:
                continue
            claims.append(Claim(ClaimKind.NAME, found.group(), False))
    return claims


def _truth_claims(text: str, ground: Ground) -> list[Claim]:
    """What is yes and no of a customer, said the other way round."""
    truths = [(f, truth) for f in ground.facts if (truth := _truth(f)) is not None]
    claims = []
    for sentence, clause in ((each, part) for each in _SENTENCE.split(text) for part in _CLAUSE.split(each)):
        stems = {word.stem for word in split_words(clause)}
        sides = [not _NEGATED.search(_LEADING.sub("", each)) for each in (sentence, clause)]
        for fact, truth in truths:
            own = _stems(fact.name) - FUNCTION_WORDS
            if own and own <= stems and not (ground.decided and _decides(clause) is not None):
                claims.append(Claim(ClaimKind.TRUTH, clause.strip(), truth in sides))
        if not _NONE.search(clause):
            continue
        for fact in ground.facts:  # rows that there are, denied
            counted = fact.kind is FactKind.COUNTED and fact.name.startswith("number of ") and bool(fact.value)
            noun = next(iter(name_words(fact.name.removeprefix("number of ").split(" ")[0])), "") if counted else ""
            if noun and noun in stems:
                claims.append(Claim(ClaimKind.TRUTH, clause.strip(), False))
    return claims


def _side_claims(text: str, ground: Ground) -> list[Claim]:
    """What turns the draft round: the smallest for the largest, the first for the last, no for yes, none for some."""
    words, draft = set(_spaced(text).split()), set(_spaced(ground.allowed).split())
    claims = []
    for pair in _SIDES:
        for own, other in (pair, pair[::-1]):
            turned = words & other - draft
            if draft & own and not draft & other and turned:
                claims.append(Claim(ClaimKind.TRUTH, min(turned), False))
    answered = _ANSWERED.search(text)
    word = (answered[1] or answered[2]) if answered else ""
    if ground.truth is not None and word and (word == "yes") != ground.truth:
        claims.append(Claim(ClaimKind.TRUTH, word, False))
    quoted = bool(ground.passages) and bool(ground.facts) and ground.facts[0].kind is FactKind.CLAUSE
    if quoted and (free := _FREE.search(text)) and not _FREE.search(ground.text):
        claims.append(Claim(ClaimKind.TRUTH, free.group(), False))
    claims += _chance_claims(text, ground)
    counted = any(f.kind is FactKind.COUNTED and f.name.startswith("number of ") and f.value for f in ground.facts)
    if counted and any(_NONE_AT_ALL.match(sentence) for sentence in _SENTENCE.split(text)):
        claims.append(Claim(ClaimKind.TRUTH, text.strip()[:60], False))
    return claims


def _chance_claims(text: str, ground: Ground) -> list[Claim]:
    """How many in a hundred would, where no interval is told of: the expectation, and neither of its ends."""
    expected = [each for fact in ground.facts if fact.kind is FactKind.DECISION for each in [*_numbers(fact.said)][:1]]
    offered = {n for fact in ground.facts if fact.kind is FactKind.OFFER for n in _numbers_of(fact)}
    claims = []
    for found in _IN_HUNDRED.finditer(text) if expected else ():
        value, before = _figure(found[1].strip(".")), text[max(0, found.start() - 12) : found.start()]
        told = re.search(r"(?:\bto|\band|[-–(])\s*$", before) or any(
            _same(value, each) for each in {*expected, *offered}
        )
        claims.append(Claim(ClaimKind.NUMBER, found.group(), bool(told)))
    decided = [_INTERVAL.search(fact.said) for fact in ground.facts if fact.kind is FactKind.DECISION]
    ends = [[_figure(each[1]), _figure(each[2])] for each in decided if each is not None]
    for found in _INTERVAL.finditer(text) if len(ends) == 1 else ():
        pair = [_figure(found[1].rstrip(".,")), _figure(found[2].rstrip(".,"))]
        known = all(_same(one, other) for one, other in zip(pair, ends[0], strict=True))
        claims.append(Claim(ClaimKind.NUMBER, found.group(), known))
    return claims


def _decision_claims(text: str, ground: Ground) -> list[Claim]:
    found = [(sentence, _decides(sentence)) for sentence in _SENTENCE.split(text)]
    stated = [(sentence, side) for sentence, side in found if side is not None]
    if ground.yes is None:
        if ground.decided:
            return []
        return [
            Claim(ClaimKind.DECISION, sentence.strip(), False)
            for sentence, side in stated
            if re.search(
                r"\b(?:would|will|'d|’d|'ll|’ll|wouldn|won)\b.{0,20}\b(?:take|accept|buy|apply|sign|choose|subscribe|leave|cancel|switch)\b",
                sentence,
            )
        ]
    if not stated:
        return [Claim(ClaimKind.DECISION, "(the decision is not said)", False)]
    return [Claim(ClaimKind.DECISION, sentence.strip(), side == ground.yes) for sentence, side in stated]


def _decides(text: str) -> bool | None:
    """Which way words decide; None where they don't."""
    if _NO.search(text):
        return False
    return True if _YES.search(text) else None


def _truth(fact: Fact) -> bool | None:
    if fact.kind is not FactKind.ATTRIBUTE:
        return None
    if isinstance(fact.value, bool):
        return fact.value
    return TRUTHS.get(fold(fact.said)) if isinstance(fact.value, str) else None


def _numbers_of(fact: Fact) -> set[float]:
    numbers = set(_numbers(fact.said))
    if isinstance(fact.value, int | float) and not isinstance(fact.value, bool):
        numbers.add(float(fact.value))
    return numbers


def _numbers(text: str) -> Iterable[float]:
    """The numbers of a text in figures, of a long one in all its parts."""
    return (_figure(found.group()) for found in _NUMBER.finditer(text))


def _figure(text: str) -> float:
    """A number in figures; of one that nobody would write, none."""
    return float(text.replace(",", "").replace("−", "-")) if len(text) <= LONGEST_FIGURE else float("nan")


def _spelt(text: str) -> float:
    """A number in words: "forty-two", "two hundred and six".

    >>> _spelt("forty-two"), _spelt("two hundred and six"), _spelt("three thousand")
    (42.0, 206.0, 3000.0)
    """
    total, part = 0.0, 0.0
    for word in re.split(r"[- ]+", text):
        value = 1.0 if word == "one" else _WORD_VALUES.get(word)
        if value is None:
            continue
        if value >= 100 and part + total:
            total, part = (total + part * value, 0.0) if value > 100 else (total, part * value)
        else:
            part += value
    return total + part


def _is_day(window: str) -> bool:
    low, high = map(float, window.split("/"))
    return high - low == 1


def _days(text: str) -> list[str]:
    """The dates, months and years that a text names, each as its first day and the one after its last."""
    spans = [_LEADS.sub("", window.said) for window in find_windows(fold(text), None)]
    spans += _ISO.findall(text)
    found = [window for span in spans for window in find_windows(f"in {fold(span)}", None)]
    return [f"{window.low:.0f}/{window.high:.0f}" for window in found]


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(1.0, abs(one), abs(other))


def _stems(name: str) -> frozenset[str]:
    return frozenset(name_words(name)) - FUNCTION_WORDS


def _spaced(text: str) -> str:
    """The words of a text, folded, with a blank on either side of each."""
    parts = [text[begin : begin + PIECE] for begin in range(0, len(text), PIECE)]
    return f" {' '.join(word.text for part in parts for word in split_words(part))} "
