"""Shares that levels of a column shall have in what is drawn: "y=yes:0.5", "y=yes:0.3,no:0.7"."""

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from twinfold.errors import ConditionError, OptionError, unknown_name
from twinfold.synthesis.conditions import Condition, parse
from twinfold.synthesis.encoding.category import CategoryEncoding
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.tables.schema import Kind

_EXAMPLE = 'a column, its levels and their shares, such as "y=yes:0.5" or "y=yes:0.3,no:0.7"'
_NAME = r"""\s*(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)"|([^'"=:,][^=:,]*?))\s*"""
_COLUMN = re.compile(_NAME + "==?")
_SHARE = re.compile(_NAME + r":\s*([0-9.]+)(%?)\s*(?:,|$)")


@dataclass(frozen=True)
class Balance:
    """Conditions that share the rows between them, and the share of each; the shares add up to 1.

    Attributes:
        parts: one condition each named level, and last one for all others where these have a share.
        shares: of each part, from 0 to 1.
    """

    parts: tuple[Condition, ...]
    shares: tuple[Fraction, ...]

    def counts(self, start: int, end: int) -> list[int]:
        """How many of the rows from number `start` to `end` (not included) each part takes.

        Counted from the first row on, a part's rows differ by less than one from its share, whatever the pieces.
        """
        return [high - low for low, high in zip(self._until(start), self._until(end), strict=True)]

    def _until(self, rows: int) -> list[int]:
        ends, total = [0], Fraction(0)
        for share in self.shares:
            total += share
            ends.append(int(total * rows + Fraction(1, 2)))
        return [high - low for low, high in pairwise(ends)]


def read_balance(text: str, codebook: Codebook, *, where: str | None) -> Balance:
    """Read shares as a user writes them.

    Args:
        text: a column, its levels and their shares; a level or column with signs in it stands in quotes.
        codebook: what was learned.
        where: what every row must obey besides, or None.

    Raises:
        OptionError: the text can't be read, a level was not learned, or the shares don't add up.
        ConditionError: `where` is no condition, or names the same column.
    """
    name, shares = _split(text)
    column = codebook.table[name]
    if column.kind in (Kind.DATE, Kind.DATETIME) or codebook.encodings.get(name) is None:
        raise OptionError(f"column {name!r} can't be balanced: it has no levels; ask for a span of it with --where")
    if where is not None and name in parse(where, codebook.table).columns:
        raise ConditionError(f"column {name!r} is named by the condition and by the balance; drop one of both")
    encoding = codebook.encodings[name]
    if isinstance(encoding, CategoryEncoding):
        known = [_spelt(level) for level in encoding.levels]
        known += [encoding.label] if encoding.has_rare and encoding.label is not None else []
        for level in shares:
            if level not in known:
                raise OptionError(unknown_name("level", level, known, among=f"what {name} was learned to hold"))
        whole = set(known) <= set(shares) and not encoding.has_missing
    else:
        whole = False
    rest = 1 - sum(shares.values(), Fraction(0))
    if rest < 0 or (whole and rest > 0):
        raise OptionError(
            f"the shares of {name} add up to {float(1 - rest):g}; "
            f"give shares that add up to {'1, since no other level was learned' if whole else '1 or less'}"
        )
    quoted = '"' + name.replace('"', '""') + '"'
    literals = [_literal(level, column.kind, encoding) for level in shares]
    texts = [f"{quoted} = {literal}" for literal in literals]
    fractions = list(shares.values())
    if rest > 0:
        texts.append(f"{quoted} not in ({', '.join(literals)}) or {quoted} is null")
        fractions.append(rest)
    if where is not None:
        texts = [f"({where}) and ({part})" for part in texts]
    return Balance(tuple(parse(part, codebook.table) for part in texts), tuple(fractions))


def _split(text: str) -> tuple[str, dict[str, Fraction]]:
    """The column, and the share of each level."""
    begin = _COLUMN.match(text)
    shares: dict[str, Fraction] = {}
    place = begin.end() if begin else len(text)
    while place < len(text):
        found = _SHARE.match(text, place)
        if not found or found[4].count(".") > 1 or found[4] == ".":
            raise OptionError(f"balance {text!r} can't be read from {text[place:]!r} on; give {_EXAMPLE}")
        level, share = _unquoted(found), Fraction(found[4]) / (100 if found[5] else 1)
        if not 0 < share <= 1:
            raise OptionError(f"share {found[4]}{found[5]} of {level!r} is out of range; give one above 0 and up to 1")
        if level in shares:
            raise OptionError(f"level {level!r} has two shares in {text!r}; give it one")
        shares[level] = share
        place = found.end()
    if not begin or not shares:
        raise OptionError(f"balance {text!r} can't be read; give {_EXAMPLE}")
    return _unquoted(begin), shares


def _unquoted(found: re.Match[str]) -> str:
    if found[1] is not None:
        return found[1].replace("''", "'")
    return found[2].replace('""', '"') if found[2] is not None else found[3]


def _spelt(level: object) -> str:
    return str(level).lower() if isinstance(level, bool) else str(level)


def _literal(level: str, kind: Kind, encoding: object) -> str:
    """A level as the condition language writes it."""
    textual = isinstance(encoding, CategoryEncoding) and all(isinstance(known, str) for known in encoding.levels)
    if kind.numeric or not textual:
        return level
    return "'" + level.replace("'", "''") + "'"
