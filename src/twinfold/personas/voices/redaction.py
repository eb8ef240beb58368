"""Redaction: what names people or numbers of theirs is taken out of messages before they leave the machine.

What a number is, is told by its check digits where it has some, by the same rules as columns are told by.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet

from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.voices.prompt import LONGEST_FACT, Message, clean
from twinfold.personas.voices.voice import Brief
from twinfold.tables.personal import addresses, national, patterns
from twinfold.tables.personal.hints import hints
from twinfold.tables.personal.names import FAMILY_FOLDED, GIVEN_FOLDED, TITLES

NAME, EMAIL, PHONE, IBAN, CARD = "name", "e-mail", "phone", "IBAN", "card"
NATIONAL, ADDRESS, IP, CUSTOMER, PERSONAL = "national id", "address", "IP address", "customer", "personal"

_NUMBERED = "(?:id|key|no|nr|number)"
_CALLED = "(?:customer|client|account|member|person|user)"
_LABELLED = rf"(?:{_CALLED}(?:[ _-]?{_NUMBERED}\b)?|(?:\b|_){_NUMBERED}\b)[\s_:.#№-]{{0,4}}"
_KEY = re.compile(rf"(?P<label>{_LABELLED})?(?<![\w])(?P<key>[\w-]+)", re.IGNORECASE)
_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d\d(?=[ -]?[A-Za-z0-9])")
_RUN = re.compile(r"(?<!\d)\d(?:[ .-]?\d){11,30}")
_PROPER = r"[^\W\d_a-z][^\W\d_]+(?:['’-][^\W\d_]+)*"
_TITLED = re.compile(rf"\b(?i:{'|'.join(TITLES)})\.?(?: {_PROPER}){{1,3}}")
_PAIR = re.compile(rf"\b({_PROPER}) ({_PROPER})")
_HETU = r"(?<![\w])\d{6}[-+A-FU-Y]\d{3}[0-9A-Y](?![\w])"
_LAYOUTS = sorted({layout for scheme in national.SCHEMES for layout in scheme.layouts}, key=len, reverse=True)
_NATIONAL = [
    re.compile(_HETU, re.IGNORECASE),
    *(re.compile(rf"(?<!\w){re.escape(layout).replace(chr(92) + '#', '[A-Za-z0-9]')}(?!\w)") for layout in _LAYOUTS),
]


def redact(
    messages: Sequence[Message], brief: Brief, *, others: AbstractSet[str] = frozenset(), personal: Collection[str] = ()
) -> tuple[list[Message], Counter[str]]:
    """Messages without what names people, and how much of each kind was taken out.

    E-mail and IP addresses, phone numbers, IBANs, payment cards, national identifiers, streets with a number, names of
    people and customers' keys give way to marks such as "[e-mail]" and "customer 1".

    Args:
        messages: as a voice would send them.
        brief: of what; its customer is always "customer 1", so that the same brief gives the same messages.
        others: keys of other customers who may be spoken of.
        personal: names or sources of further columns whose values are personal ("nickname", "customers.nickname").
    """
    counts: Counter[str] = Counter()
    private = _private_values(brief, personal)
    out = []
    for message in messages:
        text = _with_plain_digits(message["content"])
        text = _hide_values(text, private, counts)
        text = _hide_keys(text, brief.customer, others, counts)
        out.append({**message, "content": _hide_patterns(text, counts)})
    return out, counts


def _with_plain_digits(text: str) -> str:
    """Digits of all scripts as 0 to 9: a card number in other digits is one, too."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in text)


def _private_values(brief: Brief, personal: Collection[str]) -> dict[str, str]:
    """Values of a customer's facts that are personal by the name of their column, folded, and what they are."""
    found: dict[str, str] = {}
    for fact in brief.facts:
        for name, value in _columns_of(fact):
            kind = PERSONAL if {name, fact.source} & set(personal) else _kind_of(name, value)
            if kind is None or len(value) < 2:
                continue
            parts = [part for part in re.split(r"[\s,]+", value) if len(part) > 2] if kind == NAME else []
            for part in (value, *parts):  # each part of a name names
                found.setdefault(part.casefold(), kind)
    return found


def _columns_of(fact: Fact) -> list[tuple[str, str]]:
    """The columns of a fact that is somebody's, and their values."""
    if not fact.owner:
        return []
    said = _with_plain_digits(clean(fact.said, LONGEST_FACT))
    if fact.kind is not FactKind.EVENT:
        return [(fact.name, said)]
    # An event reads as "1999-05-03: payee name Jan Novák, amount 12.00"
    parts = [part.split(" ") for part in said.partition(": ")[2].split(", ")]
    cuts = [next((n for n, word in enumerate(part) if not word.islower()), 1) or 1 for part in parts]
    return [(" ".join(part[:n]), " ".join(part[n:])) for part, n in zip(parts, cuts, strict=True)]


def _hide_values(text: str, private: dict[str, str], counts: Counter[str]) -> str:
    if not private:
        return text

    def put(found: re.Match[str]) -> str:
        kind = private[found[0].casefold()]
        counts[kind] += 1
        return f"[{kind}]"

    either = "|".join(re.escape(value) for value in sorted(private, key=len, reverse=True))
    return re.sub(rf"(?<![\w])(?<!\d[.,])(?:{either})(?![\w])(?![.,]\d)", put, text, flags=re.IGNORECASE)


def _kind_of(name: str, value: str) -> str | None:
    hint, digits = hints(name), sum(c.isdigit() for c in value)
    if hint.given or hint.family or hint.full or hint.name:
        return NAME if not digits and any(c.isalpha() for c in value) else None
    if hint.email and "@" in value:
        return EMAIL
    if hint.street and any(c.isalpha() for c in value) and len(value) > 3:
        return ADDRESS
    numbers = ((hint.phone, PHONE), (hint.card, CARD), (hint.national or hint.birth_number, NATIONAL))
    return next((kind for says, kind in numbers if says and digits > 5), None)


def _hide_keys(text: str, own: str, others: AbstractSet[str], counts: Counter[str]) -> str:
    """Customers' keys as pseudonyms; a key that could be any number is one only where it is called so."""
    own = _with_plain_digits(clean(own, LONGEST_FACT))
    if own:
        alone = r"|(?<![\w.,-])" if len(own) > 3 else ""
        form = re.compile(rf"(?:(?P<label>{_LABELLED}){alone}){re.escape(own)}(?![\w-])(?![.,]\d)", re.IGNORECASE)
        text = _replace(text, form, "customer 1", CUSTOMER, counts)
    names: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        key = found["key"]
        distinctive = len(key) > 6 or not (key.isdigit() or key.isalpha())
        if key not in others or key == own or not (found["label"] or distinctive):
            return found[0]
        counts[CUSTOMER] += 1
        return _labelled(found, names.setdefault(key, f"customer {len(names) + 2}"))

    return _KEY.sub(name, text) if others else text


def _hide_patterns(text: str, counts: Counter[str]) -> str:
    text = _replace(text, patterns.EMAIL, f"[{EMAIL}]", EMAIL, counts)
    text = _hide_spans(text, _ibans, IBAN, counts)
    text = _hide_spans(text, _cards, CARD, counts)
    text = _replace(text, patterns.PHONE_INSIDE, f"[{PHONE}]", PHONE, counts, patterns.is_phone)
    for form in _NATIONAL:
        text = _replace(text, form, f"[{NATIONAL}]", NATIONAL, counts, _is_national)
    text = _replace(text, patterns.IP_INSIDE, f"[{IP}]", IP, counts, patterns.is_ip)
    text = _replace(text, addresses.STREET_INSIDE, f"[{ADDRESS}]", ADDRESS, counts)
    text = _replace(text, _TITLED, f"[{NAME}]", NAME, counts)
    return _hide_spans(text, _names, NAME, counts)


def _replace(
    text: str,
    form: re.Pattern[str],
    mark: str,
    kind: str,
    counts: Counter[str],
    is_one: Callable[[str], object] = bool,
) -> str:
    def put(found: re.Match[str]) -> str:
        if not is_one(found[0]):
            return found[0]
        counts[kind] += 1
        return _labelled(found, mark)

    return form.sub(put, text)


def _hide_spans(text: str, find: Callable[[str], tuple[int, int] | None], kind: str, counts: Counter[str]) -> str:
    """A text without what `find` finds, time after time."""
    done = ""
    while (span := find(text)) is not None:
        counts[kind] += 1
        done, text = f"{done}{text[: span[0]]}[{kind}]", text[span[1] :]
    return done + text


def _ibans(text: str) -> tuple[int, int] | None:
    """Where an IBAN stands, however it is grouped, and whatever follows it."""
    for found in _IBAN_START.finditer(text):
        country = found[0][:2].upper()
        if country not in patterns.IBAN_COUNTRIES:
            continue
        rest = sum(count for _, count in patterns.account_parts(country))
        whole = re.compile(rf"(?:[ -]?[A-Za-z0-9]){{{rest}}}(?![A-Za-z0-9])").match(text, found.end())
        if whole and patterns.is_iban(text[found.start() : whole.end()].replace("-", "")):
            return found.start(), whole.end()
    return None


def _cards(text: str) -> tuple[int, int] | None:
    """Where a payment card's number stands, also before or after other groups of digits."""
    for run in _RUN.finditer(text):
        groups = [(found.start() + run.start(), found.end() + run.start()) for found in re.finditer(r"\d+", run[0])]
        for first in range(len(groups)):
            for last in range(len(groups) - 1, first - 1, -1):
                begin, end = groups[first][0], groups[last][1]
                if patterns.card_issuer(re.sub(r"\D", "", text[begin:end])):
                    return begin, end
    return None


def _is_national(text: str) -> bool:
    if not any(c.isdigit() for c in text):
        return False
    if patterns.SSN_INSIDE.fullmatch(text):
        return True
    scheme, share = national.recognise([text])
    return share == 1 and (scheme.complete is not None or scheme.distinctive)


def _names(text: str) -> tuple[int, int] | None:
    """Where a given and a family name stand side by side, also behind another word with a capital."""
    pair = _PAIR.search(text)
    while pair is not None:
        first, last = pair[1].casefold(), pair[2].casefold()
        if (first in GIVEN_FOLDED and last in FAMILY_FOLDED) or (first in FAMILY_FOLDED and last in GIVEN_FOLDED):
            return pair.span()
        pair = _PAIR.search(text, pair.start(2))
    return None


def _labelled(found: re.Match[str], mark: str) -> str:
    """A mark after the word that stood before the key, unless both would say "customer"."""
    label = found.groupdict().get("label") or ""
    return mark if label[:8].casefold() == "customer" and label[8:].strip() == "" else label + mark
