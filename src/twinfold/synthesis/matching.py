"""Which columns of an older model those of a new table are: by what a user says, by name, by meaning.

Names are the same whatever their case and separators. Else two columns mean the same where their names have the same
words, small ones and units of counting aside, by a short list of synonyms; or where their levels are the same, and not
such as many columns have (yes and no). Nothing is guessed where two could be meant.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

import polars as pl

from twinfold.errors import OptionError, unknown_name
from twinfold.synthesis.encoding.category import CategoryEncoding
from twinfold.synthesis.encoding.codebook import Codebook, Encoding
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.tables.schema import Kind
from twinfold.tables.values import to_numbers, to_values

T = TypeVar("T", bound=Hashable)

WITHIN = 0.5
"""The share of a new column's numbers that lie in the older one's range, at least, where both mean the same."""

SHARED = 0.8
"""The share of all levels of two columns that both have, at least, where their levels are the same."""

_SYNONYMS = (
    {"sex", "gender"},
    {"job", "occupation", "profession"},
    {"income", "salary", "wage", "earning"},
    {"marital", "civil", "married"},
    {"dependent", "dependant", "liable"},
    {"education", "edu", "schooling"},
    {"account", "acct", "acc"},
    {"birth", "born", "dob"},
    {"postcode", "postal", "zip", "zipcode"},
    {"telephone", "phone"},
)
_WORD_OF = {word: min(words) for words in _SYNONYMS for word in words}
_SMALL_WORDS = """
    a amount amt at being client code col column count current customer field for has have in is no nr num number of on
    people person s status the their to total type user value with year yr
"""
_USUAL_LEVELS = "0 1 2 a b c d e f false high low medium n na no none other t true unknown y yes"
_SMALL, _USUAL = frozenset(_SMALL_WORDS.split()), frozenset(_USUAL_LEVELS.split())


def read_match(match: Mapping[str, str] | str | None) -> dict[str, str]:
    """Pairs of columns from "new=older, ...", or a mapping; an empty older one is for a new one like none.

    Raises `OptionError`.

    >>> read_match("age_in_years=age, segment=")
    {'age_in_years': 'age', 'segment': ''}
    """
    if not isinstance(match, str) or not match.strip():
        return {} if isinstance(match, str) else dict(match or {})
    out: dict[str, str] = {}
    for part in match.split(","):
        new, sign, older = (each.strip() for each in part.partition("="))
        if not sign or not new:
            raise OptionError(
                f'{part.strip()!r} matches no two columns; write the new one and the older: "age_in_years=age", or '
                '"age_in_years=" for one that the older model does not know'
            )
        if new in out:
            raise OptionError(f"{new!r} is matched twice; leave one of them out")
        out[new] = older
    return out


def find_pairs(new: Codebook, old: Codebook, frame: pl.DataFrame, asked: Mapping[str, str]) -> dict[str, str]:
    """By the name of a new column that of the older one that it is; `frame` holds the new rows.

    A new column of which every level is rare can be one, too: the older model may know its levels. Raises `OptionError`
    for a column that is none.
    """
    names, known = (
        [name for name, encoding in book.encodings.items() if not isinstance(encoding, FilledEncoding)]
        for book in (new, old)
    )
    known = [name for name in known if name in old.learned]
    for name, older in asked.items():
        if name not in names:
            raise OptionError(unknown_name("column", name, names, among="what is learned of the new table"))
        if older and older not in known:
            raise OptionError(unknown_name("column", older, known, among="the older model"))
        if older and _sort(new, name) != _sort(old, older):
            raise OptionError(
                f"column {name!r} holds {_sort(new, name)}, and {older!r} of the older model {_sort(old, older)}; "
                "such columns can't be matched"
            )
    pairs = {name: older for name, older in asked.items() if older}
    twice = [older for older, count in Counter(pairs.values()).items() if count > 1]
    if twice:
        raise OptionError(f"two columns are matched to {twice[0]!r}; leave one of them out")

    def left(key: Callable[[str, Codebook], T]) -> tuple[dict[str, T], dict[str, T]]:
        """What columns that are not matched yet are known by."""
        mine = {name: key(name, new) for name in names if name not in pairs and name not in asked}
        return mine, {name: key(name, old) for name in known if name not in pairs.values()}

    for named in (lambda name, _: name, lambda name, _: _spelling(name)):
        found = _alike(*left(named))
        pairs |= {name: own for name, own in found.items() if _sort(new, name) == _sort(old, own)}
    worded = _alike(*left(lambda name, _: _words(name)))
    pairs |= {
        name: older
        for name, older in worded.items()
        if _sort(new, name) == _sort(old, older) and _is_near(new, name, frame[name], old.encodings[older])
    }
    pairs |= _same_levels(*left(lambda name, book: _levels(book.encodings[name])))
    return pairs


def _alike(new: Mapping[str, T], old: Mapping[str, T]) -> dict[str, str]:
    """Names whose keys are the same, and no other's; an empty key is none."""
    here, there = Counter(new.values()), Counter(old.values())
    of = {key: name for name, key in old.items()}
    return {name: of[key] for name, key in new.items() if key and here[key] == there[key] == 1}


def _spelling(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _words(name: str) -> frozenset[str]:
    """What a name's words mean, small ones aside."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()
    telling = [word for word in re.findall(r"[^\W\d_]+|[0-9]+", split) if word not in _SMALL]
    singular = [re.sub(r"(?<=[^\W\d_]{3})s$", "", word) for word in telling]
    return frozenset(_WORD_OF.get(word, word) for word in singular if word not in _SMALL)


def _sort(book: Codebook, name: str) -> str:
    """What a column holds, in a word: only alike ones can be the same."""
    kind, encoding = book.table[name].kind, book.encodings[name]
    if kind in (Kind.DATE, Kind.DATETIME):
        return f"{kind.value}s"
    return "numbers" if kind.numeric or isinstance(encoding, NumberEncoding) or _is_numeric(encoding) else "levels"


def _is_near(new: Codebook, name: str, series: pl.Series, older: Encoding) -> bool:
    """Whether a new column's numbers lie in the range of an older one; or both have levels, some of them the same."""
    own = new.encodings[name]
    if isinstance(own, CategoryEncoding) and isinstance(older, CategoryEncoding):
        return bool(_levels(own) & _levels(older))
    if not isinstance(older, NumberEncoding) or not (isinstance(own, NumberEncoding) or _is_numeric(own)):
        return False
    low, high = older.span
    present = to_numbers(to_values(series, new.table[name]).drop_nulls())
    return bool(len(present)) and float(((present >= low) & (present <= high)).mean()) >= WITHIN


def _is_numeric(encoding: Encoding) -> bool:
    return isinstance(encoding, CategoryEncoding) and encoding.ordered


def _levels(encoding: Encoding) -> frozenset[str]:
    if not isinstance(encoding, CategoryEncoding):
        return frozenset()
    return frozenset(_spelling(str(level)) or str(level) for level in encoding.levels)


def _same_levels(new: Mapping[str, frozenset[str]], old: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """Columns with the same levels, where those are none that many columns have, and one pair alone fits."""

    def fitting(own: frozenset[str], others: Mapping[str, frozenset[str]]) -> list[str]:
        return [name for name, levels in others.items() if len(own & levels) >= SHARED * len(own | levels)]

    found = {name: fitting(levels, old) for name, levels in new.items() if len(levels - _USUAL) >= 2}
    return {name: each[0] for name, each in found.items() if len(each) == 1 and fitting(old[each[0]], new) == [name]}
