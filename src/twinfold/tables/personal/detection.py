"""Which kind of personal data a column holds, if any."""

import re
from collections.abc import Callable

import polars as pl

from twinfold.tables.personal import addresses, national, patterns
from twinfold.tables.personal.hints import Hints, hints
from twinfold.tables.personal.names import FAMILY_FOLDED, GIVEN_FOLDED
from twinfold.tables.personal.sampling import Sample, take_sample
from twinfold.tables.schema import Personal


def find(series: pl.Series, name: str) -> Personal | None:
    """The kind of personal data that a column holds, or None.

    Args:
        series: the column. Text, categories and integers (also those stored as floats) are looked at, on at most 1,000
            distinct values, always the same ones; other types hold no personal data of the kinds known.
        name: the column's name, which decides where content alone can't: digits without a check digit are a phone
            number only in a column called so. Few values that stand in many rows each are categories unless their form
            leaves no doubt: an e-mail address, an IBAN, known given and family names in half of them; other names and
            streets also need a column called so.

    >>> find(pl.Series(["ann@bank.cz", "bob@bank.cz", None]), "contact")
    <Personal.EMAIL: 'email'>
    >>> find(pl.Series(["Praha", "Brno"]), "city") is None
    True
    """
    sample = take_sample(series)
    if sample is None:
        return None
    hint = hints(name)
    for look in (_find_contact, _find_account, _find_national, _find_phone, _find_address, _find_name):
        found = look(sample, hint)
        if found is not None:
            return found
    return _find_inside(sample)


def _find_contact(sample: Sample, hint: Hints) -> Personal | None:
    if sample.integer:
        return None
    if sample.share(patterns.EMAIL.fullmatch) >= (0.2 if hint.email else 0.5):
        return Personal.EMAIL
    if sample.share(patterns.is_ip) >= (0.5 if hint.ip else 0.8):
        return Personal.IP
    return None


def _find_account(sample: Sample, hint: Hints) -> Personal | None:
    if not sample.integer and sample.share(patterns.is_iban) >= 0.5:
        return Personal.IBAN
    # One random number in ten passes Luhn's check: without a name that says so, three must.
    enough = hint.card or (len(sample.values) >= 3 and not hint.phone)
    if enough and sample.share(patterns.card_issuer) >= (0.4 if hint.card else 0.9):
        return Personal.CARD
    return None


_COMPACT = re.compile(r"(?=.*\d)(?!\d{4}-\d\d-\d\d|\d\d?[./]\d\d?[./]\d)[A-Za-z0-9][A-Za-z0-9 ./-]{3,20}[A-Za-z0-9]")
_BIRTH_NUMBER = re.compile(r"\d\d(?:[05][1-9]|[16][0-2])(?:0[1-9]|[12]\d|3[01])")


def _find_national(sample: Sample, hint: Hints) -> Personal | None:
    scheme, share = national.recognise(sample.values, pad=sample.integer)
    hardly_repeats = sample.repeated <= 1.1
    if scheme.distinctive and share >= 0.8:
        return Personal.NATIONAL_ID
    if scheme.name == "us-ssn":
        dashed = sample.share(patterns.SSN_INSIDE.fullmatch)
        if dashed >= 0.9 and ((len(sample.values) >= 5 and hardly_repeats) or hint.national):
            return Personal.NATIONAL_ID
    elif share >= 0.95 and ((len(sample.values) >= 20 and hardly_repeats and not hint.phone) or hint.national):
        return Personal.NATIONAL_ID
    if hint.birth_number and sample.share(_BIRTH_NUMBER.fullmatch) >= 0.9:
        return Personal.NATIONAL_ID
    if hint.national and sample.distinct >= 5 and sample.repeated <= 2 and sample.share(_COMPACT.fullmatch) >= 0.8:
        return Personal.NATIONAL_ID
    return None


def _find_phone(sample: Sample, hint: Hints) -> Personal | None:
    if hint.phone and sample.distinct >= 5 and sample.share(patterns.may_be_phone) >= 0.6:
        return Personal.PHONE
    if sample.integer or hint.other or (len(sample.values) < 3 and not hint.phone):
        return None
    return Personal.PHONE if sample.share(patterns.is_phone) >= 0.8 else None


def _find_address(sample: Sample, hint: Hints) -> Personal | None:
    if hint.house_number and sample.distinct >= 10 and sample.share(addresses.is_house_number) >= 0.7:
        return Personal.ADDRESS
    if sample.integer:
        return None
    if hint.street and sample.distinct >= 10 and sample.repeated <= 10 and sample.share(_wordy) >= 0.7:
        return Personal.ADDRESS
    short = sample.share(lambda text: len(text) <= 120) >= 0.9
    known = hint.street if sample.levels else sample.distinct >= 3
    if short and known and sample.share(addresses.has_numbered_street) >= 0.5:
        return Personal.ADDRESS
    if sample.distinct >= 50 and sample.share(addresses.is_street) >= 0.7:
        return Personal.ADDRESS
    return None


def _wordy(text: str) -> bool:
    return len(text) >= 4 and any(c.isalpha() for c in text)


_NAME = re.compile(r"(?:[^\W\d_]['’.-]?[ ,]{0,2}){2,50}")
_PARTS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def _find_name(sample: Sample, hint: Hints) -> Personal | None:
    if sample.integer or (sample.distinct < 3 and not sample.levels) or sample.share(_named) < 0.85:
        return None
    given, family = sample.share(_all_in(GIVEN_FOLDED)), sample.share(_all_in(FAMILY_FOLDED))
    full = sample.share(_pairs)
    if sample.levels:
        surely = sample.distinct >= 3 and sample.share(_surely_named) >= 0.5
        return Personal.FULL_NAME if surely else _name_of_few(hint, given, family, full)
    single = sample.share(lambda text: len(_PARTS.findall(text)) <= 1)
    varied = sample.distinct >= 10 or sample.repeated <= 1.5
    if varied and (hint.given or hint.family or hint.full):
        if hint.full or (hint.given and hint.family):
            return Personal.FULL_NAME
        return Personal.GIVEN_NAME if hint.given else Personal.FAMILY_NAME
    if single >= 0.8 and max(given, family) >= (0.2 if hint.name else 0.7) and sample.distinct >= 20:
        return Personal.GIVEN_NAME if given >= family else Personal.FAMILY_NAME
    if single < 0.2 and full >= (0.15 if hint.name else 0.3) and varied:
        return Personal.FULL_NAME
    return None


def _name_of_few(hint: Hints, given: float, family: float, full: float) -> Personal | None:
    """Names of few people: the column is called so, and a good part of its values are known names."""
    if (hint.full or (hint.given and hint.family)) and full >= 0.3:
        return Personal.FULL_NAME
    if hint.given and given >= 0.3:
        return Personal.GIVEN_NAME
    return Personal.FAMILY_NAME if hint.family and family >= 0.3 else None


def _named(text: str) -> bool:
    """Letters alone, in at most five words, capitalised alike or not at all."""
    if not _NAME.fullmatch(text):
        return False
    parts = _PARTS.findall(text)
    return 1 <= len(parts) <= 5 and (text.islower() or text.isupper() or any(part[0].isupper() for part in parts))


def _all_in(known: frozenset[str]) -> Callable[[str], bool]:
    return lambda text: all(part.casefold() in known for part in _PARTS.findall(text))


def _pairs(text: str) -> bool:
    """A known given name at either end, and something else that may be a family name."""
    parts = [part.casefold() for part in _PARTS.findall(text)]
    return 2 <= len(parts) <= 4 and (parts[0] in GIVEN_FOLDED or ("," in text and parts[-1] in GIVEN_FOLDED))


def _surely_named(text: str) -> bool:
    """A known given name and a known family name, in either order."""
    parts = [part.casefold() for part in _PARTS.findall(text)]
    ends = ((parts[0], parts[-1]), (parts[-1], parts[0])) if len(parts) > 1 else ()
    return any(first in GIVEN_FOLDED and last in FAMILY_FOLDED for first, last in ends)


_TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Herr|Frau|Mme|Sr|Sra|Señor|Señora|Sig|Paní)\.? [A-Z][^\W\d_]+")
_CAPITALISED_PAIR = re.compile(r"\b([A-Z][^\W\d_]+) (?=([A-Z][^\W\d_]+))")


def _find_inside(sample: Sample) -> Personal | None:
    if sample.integer:
        return None
    holding = sum(map(_holds_number if sample.levels else _holds, sample.values))
    # Card-like digits pass Luhn's check by chance: they count where most of them do.
    cards = [match[0] for text in sample.values if " " in text for match in patterns.CARD_INSIDE.finditer(text)]
    real_cards = sum(patterns.card_issuer(card) is not None for card in cards)
    if real_cards >= 2 and real_cards >= 0.6 * len(cards):
        holding += real_cards
    enough = max(0.01 * len(sample.values), min(2, len(sample.values)))
    return Personal.MIXED if holding >= enough else None


def _holds(text: str) -> bool:
    """Whether a text holds something personal, alone or among other words."""
    if _holds_number(text) or addresses.STREET_INSIDE.search(text):
        return True
    return text.count(" ") >= 3 and _holds_name(text)


def _holds_number(text: str) -> bool:
    """Whether a text holds an e-mail or IP address, a phone number, an IBAN or a social security number."""
    if "@" in text and patterns.EMAIL.search(text):
        return True
    if any(c.isdigit() for c in text):
        if patterns.SSN_INSIDE.search(text):
            return True
        if " " in text and any(map(patterns.is_phone, patterns.PHONE_INSIDE.findall(text))):
            return True
        if any(map(patterns.is_iban, patterns.IBAN_INSIDE.findall(text))):
            return True
        if any(map(patterns.is_ip, patterns.IP_INSIDE.findall(text))):
            return True
    return False


def _holds_name(text: str) -> bool:
    if _TITLED.search(text):
        return True
    pairs = _CAPITALISED_PAIR.findall(text)
    return any(first.casefold() in GIVEN_FOLDED and last.casefold() in FAMILY_FOLDED for first, last in pairs)
