"""Reading: what kind of thing a question asks for, found by its words alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from twinfold.personas.memory.memory import Rows
from twinfold.personas.memory.number_words import write_figures
from twinfold.personas.questions import ledger_reading
from twinfold.personas.questions.amounts import find_quantities, find_unclear
from twinfold.personas.questions.common_words import FUNCTION_WORDS, HANDLED, HARMLESS, OFFERED, VERBS
from twinfold.personas.questions.heads import CHATTER, DOUBTED, POLITE, Head
from twinfold.personas.questions.lexicon import Lexicon
from twinfold.personas.questions.parts import NotUnderstoodError, Parts
from twinfold.personas.questions.plan import LEDGER, Act, Filter, Plan
from twinfold.personas.questions.record_reading import read_record
from twinfold.personas.questions.times import Window, find_windows
from twinfold.personas.questions.words import LONGEST, Word, fold, split_words

_MARKS = re.compile(r"[?!]|[.,;:](?=\s|$)")
_AGAIN = re.compile(r"\b(what (did|have) (you|i) (just )?(say|said|tell|told|ask|asked)|repeat that|say that again)\b")
_INTRODUCE = re.compile(
    r"\b(who (are|am) (you|i)|what am i\b|what are you\b(?! (going|planning|doing))|"
    r"(tell|say)( me)?( something| more)? about (yourself|you|me|myself)$|introduce yourself|"
    r"describe (yourself|me)|what kind of (a )?(person|customer)|about yourself)"
)
_HOLDINGS = re.compile(
    r"^(what|which)( products| things)? (do|have|did) (you|i) (have|own|got|hold|use)( with us)?$|"
    r"^(what|which) products\b|\bwhat('s| is) in (your|my) name\b"
)
_DECIDE = re.compile(
    r"\b(would|wouldn't|will|won't|could|shall|should) (you|i)\b|\bhow (likely|probable|interested)\b|"
    r"\bwhat are the (chances|odds)\b|\bdo you (intend|plan|expect|want|mean)\b|"
    r"\bare you (going|likely|interested|willing|planning|ready|about|inclined)\b|"
    r"\b(would|will) (it|this|that) (interest|tempt|convince|persuade|make)\b|\b(tempt|convince|persuade) you\b"
)
_WHY = re.compile(r"\bwhy\b|\bhow come\b|\bwhat (makes|made|stops|keeps|speaks)\b|\b(reason|reasons)\b")
_CHOOSE = re.compile(
    r"\bwhich\b.*\b(would|will|do) (you|i)\b|\b(prefer|choose between|rather have|pick)\b|"
    r"\bwhich (one|offer|card|option)\b"
)
_CLAUSE = re.compile(
    r"\b(clause|contract|terms|term sheet|policy|policies|document|documents|fee schedule|fine print|small print|"
    r"paragraph|section|according to|regulations?|allowed|permitted|entitled|agreement)\b"
)
_CHARGED = re.compile(r"\b(fee|fees|charge|charges|charged|cost|costs|penalty|interest rate|notice|deadline)\b")
_FOLLOWS = re.compile(r"^(and|what about|how about|only|just|or)\b|\bof (those|these|them)\b")
_NARROWED = re.compile(r"\bof (those|these|them)\b|^(only|just)\b")
_YEARS_OLD = re.compile(r"(?<=\d)()[ -]years?[ -](?:old|of age)\b")
_NEGATED = re.compile(r"\b(?:not|never)\b|\w+n't\b")
_AS_BEFORE = ", as before"


@dataclass(frozen=True)
class Scene:
    """What questions can be about.

    Attributes:
        lexicon: what customers know of themselves.
        offered: stems of the words that say what is offered; none where nothing is.
        decides, chooses: whether a behaviour can say what they would do, or take of several options.
        documents: whether there are any.
    """

    lexicon: Lexicon
    offered: frozenset[str] = frozenset()
    decides: bool = False
    chooses: bool = False
    documents: bool = False


def understand(question: str, scene: Scene, before: Plan | None = None) -> Plan:
    """What a question asks for; of one that is not understood, a plan that says so.

    Args:
        question: as it was asked; what it orders is not obeyed.
        scene: what questions can be about.
        before: the plan of the question before, which "and in 1994?" goes on with.
    """
    text = fold(question[:LONGEST]).replace("’", "'")
    text = write_figures(" ".join(_MARKS.sub(" ", text).split()))
    if unclear := find_unclear(text):
        return Plan(Act.UNKNOWN, heard=unclear)
    if before is not None and _FOLLOWS.search(text) and before.act in LEDGER | {Act.DECIDE}:
        follow = _follow(text, scene, before)
        if follow is not None:
            return follow
    text = _YEARS_OLD.sub(r"\1", text)
    text = CHATTER.sub("", POLITE.sub("", DOUBTED.sub("do ", text)))
    words = split_words(text)
    if not words:
        return Plan(Act.UNKNOWN, heard="there are no words in it")
    if _AGAIN.search(text):
        return Plan(Act.AGAIN, heard="what was said before")
    why = bool(_WHY.search(text))
    if _DECIDE.search(text) or (scene.chooses and _CHOOSE.search(text)):
        return _decide(text, words, scene, why=why)
    if why and len(words) <= 4:
        return Plan(Act.WHY, why=True, heard="the reasons for what was said")
    if why:
        return Plan(Act.UNKNOWN, heard="it asks why, and a record doesn't say")
    if _INTRODUCE.search(text):
        return Plan(Act.INTRODUCE, heard="who the customer is")
    if scene.documents and _CLAUSE.search(text):
        return Plan(Act.CLAUSE, heard="what the documents say")
    found = read_record(text, scene.lexicon)
    if found.act is Act.UNKNOWN and _HOLDINGS.search(text):
        return Plan(Act.HOLDINGS, heard="what the customer has")
    if found.act is Act.UNKNOWN and scene.documents and _CHARGED.search(text):
        return Plan(Act.CLAUSE, heard="what the documents say")
    return found


def read_filters(question: str, lexicon: Lexicon, rows: Rows) -> list[Filter]:
    """Which rows of a table a question speaks of: its times, its comparisons, and levels that it names."""
    try:
        parts = Parts(" ".join(fold(question[:LONGEST]).split()), lexicon)
        parts.read_for(rows)
        return ledger_reading.read_filters(parts, rows)
    except NotUnderstoodError:
        return []


def _decide(text: str, words: Sequence[Word], scene: Scene, *, why: bool) -> Plan:
    """A question about what the customer would do."""
    known = FUNCTION_WORDS | OFFERED | scene.offered
    left = [word.text for word in words if word.stem not in known and word.text not in known]
    left = [word for word in left if not word[0].isdigit()]
    if scene.offered and left:
        named = " and ".join(repr(word[:40]) for word in left[:3])
        return Plan(Act.UNKNOWN, heard=f"nothing that is offered is called {named}")
    if not why and (found := _NEGATED.search(text)):
        return Plan(Act.UNKNOWN, heard=f"with {found[0]!r} it can be answered in two ways; ask what they would do")
    if times := [
        window.said for window in find_windows(text, scene.lexicon.memory.now or 0.0) if not _is_plain(window)
    ]:
        return Plan(Act.UNKNOWN, heard=f"when it is ({times[0]}) plays no part in what a behaviour knows")
    if not (scene.decides or scene.chooses):
        return Plan(
            Act.UNKNOWN, heard="it asks what the customer would do, and no behaviour was given that knows (--behaviour)"
        )
    act = Act.CHOOSE if scene.chooses and (_CHOOSE.search(text) or not scene.decides) else Act.DECIDE
    return Plan(
        act,
        quantities=tuple(find_quantities(text)),
        words=tuple(word.stem for word in words),
        why=why,
        heard="what the customer would do",
    )


def _is_plain(window: Window) -> bool:
    """Whether a time is no more than a number, or now."""
    return bool(re.fullmatch(r"\d+|today.*", window.said))


def _follow(text: str, scene: Scene, before: Plan) -> Plan | None:
    """A question that goes on with the one before: other times, other levels, further ones; None where it doesn't."""
    if before.act is Act.DECIDE:
        quantities = tuple(find_quantities(text))
        return replace(before, quantities=quantities) if quantities else None
    parts = Parts(_FOLLOWS.sub(" ", text), scene.lexicon)
    narrowed = bool(_NARROWED.search(text))
    asks = parts.headed.heads - {Head.ANY, Head.TRUTH, Head.ONCE}
    if (asks and not (narrowed and asks == {Head.COUNT})) or parts.left(HARMLESS | VERBS | HANDLED):
        return None
    try:
        rows = scene.lexicon.memory[before.table]
        parts.read_for(rows)
        filters = ledger_reading.read_filters(parts, rows, before.by)
    except NotUnderstoodError:
        return None
    if not filters:
        return None
    fresh = {each.column for each in filters}
    kept = before.filters if narrowed else tuple(each for each in before.filters if each.column not in fresh)
    act = Act.COUNT if asks else before.act
    heard = f"{before.heard.removesuffix(_AS_BEFORE)}{_AS_BEFORE}"
    return replace(before, act=act, filters=(*kept, *filters), heard=heard)
