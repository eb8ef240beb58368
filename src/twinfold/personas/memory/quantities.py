"""Quantities that stand in running text: numbers, with the units and marks that they are written in.

A column of a table writes all its numbers alike, and `twinfold.tables.number_text` finds out how; running text mixes
them, so that each is read for itself, by this grammar:

    quantity := sign? money? numeral fraction? times? unit?  |  number-word unit
    numeral  := digits in threes apart by a blank, a comma, a point or an apostrophe, and decimals; or digits alone
    fraction := ½ ¼ ¾ ⅓ ⅔ ⅛, which may stand alone
    times    := thousand, million, billion; with money k, m, mn and bn too
    unit     := % in signs and words, basis points, money, or a length of time (days, business days, months, …)

"2–5 %", "2 to 5 %" and "between 2 and 5 %" are two quantities of one unit. What looks like a quantity and is none is
passed over: dates, times of day, numbers of telephones, cards and accounts, addresses, references ("section 3.1"),
codes with leading zeros or more than 15 digits, and digits inside a word ("A4").
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from twinfold.personas.memory.number_words import NUMBER, read_words

SIGNS = {
    **{"US$": "USD", "A$": "AUD", "C$": "CAD", "HK$": "HKD", "NZ$": "NZD", "S$": "SGD", "$": "$", "€": "EUR"},
    **{"£": "GBP", "¥": "¥", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₴": "UAH", "₪": "ILS", "฿": "THB"},
    **{"Kč": "CZK", "zł": "PLN", "kr": "kr"},
}
"""Signs of money, and their codes; what several countries write alike stays as it is."""

CODES = (
    "AED|ARS|AUD|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|ISK|JPY|KES|KRW|KZT|MAD|MXN|MYR|"
    "NGN|NOK|NZD|PEN|PHP|PKR|PLN|RON|RSD|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR"
)
"""Codes of ISO 4217 that are read as money."""

MONEY_WORDS = {"euro": "EUR", "pound": "GBP", "dollar": "$", "franc": "CHF", "rupee": "INR", "yen": "JPY"}

_TIMES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9}
_PARTS = {"percentagepoint": "percentage points", "pp": "percentage points", "percent": "percent", "%": "percent"}
_PARTS |= {"basispoint": "basis points", "bp": "basis points"}
_MOST_DIGITS = 15

_B = "[ \u00a0\u2009\u202f]"
_MONEY = "|".join([*map(re.escape, sorted(SIGNS, key=len, reverse=True)), CODES])
_REFERENCE = r"sections?|clauses?|articles?|art\.|chapters?|annex|appendix|paragraphs?|pages?|no\.|nr\.|steps?|tables?"
_MONTH = (
    r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY, _YEAR = r"\d{1,2}(?:st|nd|rd|th)?", r"(?:18|19|20)\d\d\b"
_DATE = (
    rf"\b{_DAY}\s(?:of\s)?{_MONTH},?\s{_YEAR}|\b{_MONTH}\s(?:{_DAY},?\s)?{_YEAR}"
    rf"|\b\d{{1,2}}\.\s?\d{{1,2}}\.\s?{_YEAR}"
)
_FOUND = re.compile(
    rf"{_DATE}|\b(?i:{_REFERENCE}){_B}?\d{{1,4}}(?:\.\d{{1,3}})*(?:\(\w{{1,4}}\))*"
    rf"|§{_B}?\d+(?:\.\d+)*|\b\d{{1,2}}:\d{{2}}(?::\d{{2}})?\b|\b\d+(?:-\d+){{2,}}|\b\d+(?:/\d+)+"
    rf"|\+\d[\d ()/-]{{6,30}}\d|\b\d{{4}}(?:{_B}\d{{4}}){{2,}}"
    rf"|\b[A-Z]{{2}}\d{{2}}(?:{_B}?[A-Z0-9]{{4}}){{2,7}}(?:{_B}?\w{{1,3}}\b)?"
    r"|(?<![\w*#])(?<![^\W\d_][-.])(?<!\d[.,])(?P<numeral>"
    rf"[1-9]\d{{0,2}}(?:{_B}\d{{3}})+(?:[.,]\d{{1,6}})?(?!\d)|[1-9]\d{{0,2}}(?:['’]\d{{3}})+(?:[.,]\d{{1,6}})?(?!\d)"
    rf"|\d+(?:[.,]\d+)*)(?P<fraction>{_B}?[½¼¾⅓⅔⅛])?"
    r"|(?<![\w*#])(?P<alone>[½¼¾⅓⅔⅛])"
    rf"|(?<![\w-])(?P<word>(?i:{NUMBER}))(?!\w)"
)
_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}|(?:https?://|www\.)\S+")
_BEFORE = re.compile(rf"(?<![\w.,)%])(?P<minus>[-−])?(?:\(?(?P<money>{_MONEY})\)?:?{_B}?)?(?P<inner>[-−])?$")
_SCALE = re.compile(rf"{_B}?(?P<word>(?i:thousand|million|billion))\b|(?P<letter>k|mn|m|bn)(?!\w)")
_UNIT = re.compile(
    rf"\)?(?:{_B}|-)?(?:(?P<money>{_MONEY})(?!\w)|(?P<part>%|(?i:(?:percentage{_B}point|basis{_B}point|per{_B}?cent|pp|bp)"
    rf"s?\b))|(?P<word>(?i:{'|'.join(MONEY_WORDS)}))s?\b"
    rf"|(?i:(?:business|working|banking|calendar|consecutive){_B})?(?P<time>(?i:minute|hour|day|week|month|year))s?\b)"
)
_TO = re.compile(rf"{_B}?[-–—]{_B}?|{_B}(?:to|or){_B}")
_AND = re.compile(rf"{_B}and{_B}")
_LOOKED_AT = 100_000
_WINDOW = 16  # characters before a numeral that may be of it: more than a sign and a code of money take


@dataclass(frozen=True)
class Quantity:
    """A number with its unit.

    Attributes:
        value: the number in full ("EUR 2 million" is 2,000,000).
        unit: "percent", "percentage points", "basis points", a code of money ("EUR"; "$", "¥" and "kr" where several
            countries write so), "minutes", "hours", … "years", or an empty text.
        text: as it stands, unit and all; start, end: where, in characters.
    """

    value: float
    unit: str
    text: str
    start: int
    end: int


def find_quantities(text: str, decimal: str = ".") -> tuple[Quantity, ...]:
    """All quantities of a text, in their order.

    Args:
        text: any.
        decimal: the mark of decimals, where a numeral alone can't tell: "1,250" is 1250 under a point, "1.250" 1.25.

    >>> [(each.value, each.unit) for each in find_quantities("1 250 EUR within thirty days, then 12½ % or $2.5m")]
    [(1250.0, 'EUR'), (30.0, 'days'), (12.5, 'percent'), (2500000.0, '$')]
    """
    open_text = text
    if "@" in text or "://" in text or "www." in text:
        open_text = _ADDRESS.sub(lambda found: "\0" * len(found[0]), text)
    out: list[Quantity] = []
    for found in _FOUND.finditer(open_text):
        number = _number(found, decimal)
        made = None if number is None else _measure(open_text, number, found)
        out += [] if made is None else [made]
    return _share_units(text, out)


def find_decimal(text: str) -> str:
    """The mark of decimals that a text's numerals with units speak for: a comma, or a point where they don't say.

    Looks at the first hundred thousand characters.

    >>> find_decimal("12,5 % a year"), find_decimal("12.5 % on 1,250 EUR"), find_decimal("section 3.1")
    (',', '.', '.')
    """
    votes = {".": 0, ",": 0}
    for each in find_quantities(text[:_LOOKED_AT]):
        found = re.search(r"\d+(?:[.,]\d+)+", each.text) if each.unit else None
        marks = re.findall("[.,]", found[0]) if found is not None else []
        if len(set(marks)) == 2 or (len(marks) == 1 and found is not None and not re.search(r"[.,]\d{3}$", found[0])):
            votes[marks[-1]] += 1
    return "," if votes[","] > votes["."] else "."


def read_numeral(text: str, decimal: str = ".") -> float | None:
    """The number that a numeral stands for; None where it is a code, or its digits are grouped as no number's are.

    >>> [read_numeral(text) for text in ("1,250.00", "1.250,00", "1 250", "12,5", "1.250", "0049", "1.2.3")]
    [1250.0, 1250.0, 1250.0, 12.5, 1.25, None, None]
    """
    bare = re.sub(rf"{_B}|['’]", "", text)
    marks = re.findall("[.,]", bare)
    other = {".": ",", ",": "."}
    point = marks[-1] if marks else decimal
    if len(marks) > 1 and len(set(marks)) == 1:  # repeated, so that it groups
        point = other[point]
    elif len(marks) == 1 and re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", bare):
        point = decimal
    whole, _, part = bare.partition(point)
    group = other[point]
    if group in whole and not re.fullmatch(rf"[1-9]\d{{0,2}}(?:\{group}\d{{2,3}})*\{group}\d{{3}}", whole):
        return None
    digits = whole.replace(group, "")
    if not re.fullmatch("0|[1-9][0-9]*", digits) or not re.fullmatch("[0-9]*", part) or len(digits) > _MOST_DIGITS:
        return None
    return float(f"{digits}.{part or 0}")


def _number(found: re.Match[str], decimal: str) -> float | None:
    """The number of a numeral or a word; None of what is passed over."""
    if found["word"]:
        return float(read_words(found["word"].lower()))
    if found["alone"]:
        return unicodedata.numeric(found["alone"])
    whole = read_numeral(found["numeral"], decimal) if found["numeral"] else None
    return None if whole is None else whole + unicodedata.numeric((found["fraction"] or "0")[-1])


def _measure(text: str, value: float, found: re.Match[str]) -> Quantity | None:
    """The quantity whose number was found, with what stands around it; None where it is part of a word."""
    start, end = found.span()
    unit = ""
    if not found["word"]:
        before = _BEFORE.search(text[max(0, start - _WINDOW) : start])
        if before is not None and before[0]:
            start -= len(before[0])
            unit = SIGNS.get(before["money"], before["money"] or "")
            value = -value if before["minus"] or before["inner"] else value
    scale = _SCALE.match(text, end)
    after = _UNIT.match(text, scale.end() if scale is not None else end)
    if scale is not None and (scale["word"] or unit or (after is not None and (after["money"] or after["word"]))):
        value, end = value * _TIMES[scale[0].strip().lower()], scale.end()
    if after is not None and not unit and after.start() == end:
        unit, end = _name(after), after.end()
        start -= after[0].startswith(")") and text[start - 1 : start] == "("
    if (found["word"] and not unit) or text[end : end + 1].isalnum():
        return None
    return Quantity(value, unit, text[start:end], start, end)


def _name(found: re.Match[str]) -> str:
    """What a unit is called."""
    if found["money"]:
        return SIGNS.get(found["money"], found["money"])
    if found["word"]:
        return MONEY_WORDS[found["word"].lower()]
    if found["time"]:
        return f"{found['time'].lower()}s"
    part = re.sub(r"\s", "", found["part"].lower())
    return _PARTS[part.removesuffix("s")]


def _share_units(text: str, found: list[Quantity]) -> tuple[Quantity, ...]:
    """The same quantities, of which the first of two ends of a range has the unit of the other."""
    out = list(found)
    for place in range(len(out) - 1, 0, -1):
        low, high = out[place - 1], out[place]
        between = text[low.end : high.start]
        spanned = _TO.fullmatch(between) or (_AND.fullmatch(between) and text[: low.start].rstrip().endswith("between"))
        if spanned and not (low.unit and high.unit):
            out[place - 1 : place + 1] = [replace(each, unit=low.unit or high.unit) for each in (low, high)]
    return tuple(out)
