"""What a street looks like in several languages."""

import re

# A street's word stands before its name (rue, calle, via) or after it (street, straße).
BEFORE = (
    "rue|avenue|av|boulevard|chemin|place|impasse|allée|calle|avenida|avda|plaza|paseo|camino|carrer|via|viale|piazza|corso|"
    "rua|travessa|praça|ulica|ul|aleja|al|plac|náměstí"
)
AFTER = (
    "street|st|road|rd|avenue|ave|lane|ln|drive|dr|close|court|ct|place|pl|crescent|cres|boulevard|blvd|way|terrace|"
    "square|sq|parkway|pkwy|circuit|circle|cir|trail|highway|hwy|grove|gardens|row|mews|parade|loop"
)
_JOINED = r"\w{2,}(?:stra(?:ß|ss)e|str\.?|weg|gasse|platz|allee|straat|laan|gatan|vägen|gata|gade|vej|veien|katu|tie)"

_NUMBER = r"\d{1,5} ?[a-zA-Z]?(?:[/-]\d+)?"
_EDGE = r"(?![\w-])"
_AFTER_NAME = rf"(?:[^\W\d_][\w'’.-]* ){{1,4}}(?:{AFTER})\b\.?"
_BEFORE_NAME = rf"(?<!\w)(?:{BEFORE})\.? [^\W\d_][^\d,;]{{1,40}}"
_NUMBERED = re.compile(
    rf"\b{_NUMBER},? (?:{_AFTER_NAME}|{_BEFORE_NAME})|{_BEFORE_NAME},? ?(?:n[.º°]* ?)?{_NUMBER}{_EDGE}"
    rf"|(?<!\w){_JOINED} {_NUMBER}{_EDGE}",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"{_AFTER_NAME}|{_BEFORE_NAME}|(?:[^\W\d_][\w-]* )?{_JOINED}", re.IGNORECASE)
STREET_INSIDE = re.compile(
    rf"\b\d{{1,5}}[a-zA-Z]? (?:[A-Z][\w'’.-]+ ){{1,3}}(?i:{AFTER})\b|(?<!\w)[A-Z]{_JOINED} {_NUMBER}{_EDGE}"
    rf"|\b\d{{1,5}},? (?:rue|avenue|boulevard|chemin) [^\W\d_]"
    rf"|(?<!\w)(?:Calle|Via|Rua|Avenida|Piazza|Plaza) [A-Z][^\d,;]{{1,30}},? \d{{1,4}}{_EDGE}"
)
_HOUSE_NUMBER = re.compile(rf"{_NUMBER}")


def has_numbered_street(text: str) -> bool:
    """Whether a text holds a street with a house number.

    >>> has_numbered_street("14b Station Road"), has_numbered_street("Hauptstr. 12"), has_numbered_street("2 loans")
    (True, True, False)
    """
    return bool(_NUMBERED.search(text))


def is_street(text: str) -> bool:
    """Whether a text is a street's name, without a number."""
    return bool(_NAMED.fullmatch(text))


def is_house_number(text: str) -> bool:
    """Whether a text is a house number (7, 12b, 3/14)."""
    return bool(_HOUSE_NUMBER.fullmatch(text))
