"""What e-mail and IP addresses, phone numbers, IBANs and payment cards look like."""

import ipaddress
import re

from twinfold.tables.personal.checksums import characters, complete_iban, complete_luhn, valid

EMAIL = re.compile(r"[\w.+'%-]{1,64}@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
_NANP = r"(?:(?:\+|00)?1[ .-]?)?(?:\([2-9]\d\d\)[ .-]?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}(?: ?(?:x|ext\.?) ?\d{1,5})?"
_INTERNATIONAL = r"(?:\+|\b00)[1-9](?:[ ()./-]{0,3}\d){7,14}"
_NATIONAL = re.compile(r"\(?0[1-9]\d{0,4}\)?(?:[ ./-]{1,2}\d{2,8}){1,5}")
PHONE_INSIDE = re.compile(rf"(?<![\w.+-])(?:{_INTERNATIONAL}|{_NANP})(?![\w-])")
_PHONE_WHOLE = re.compile(rf"{_INTERNATIONAL}|{_NANP}")
_PHONE_CHARACTERS = re.compile(r"\+?[\d ()./-]{7,25}(?: ?(?:x|ext\.?) ?\d{1,5})?")
IP_INSIDE = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)|(?<![\w:])(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{1,4}"
)
IBAN_INSIDE = re.compile(r"\b[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
CARD_INSIDE = re.compile(r"(?<![\w-])\d{4,6}(?:[ -]?\d{2,6}){2,4}(?![\w-])")
SSN_INSIDE = re.compile(r"(?<![\w-])(?!000|666)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])")

# The basic account number of each country (ISO 13616 registry): n digits, a capital letters, c either.
_COUNTRIES = (
    "AD:n8c12 AE:n19 AL:n8c16 AT:n16 AZ:a4c20 BA:n16 BE:n12 BG:a4n6c8 BH:a4c14 BR:n23a1c1 BY:c4n4c16 CH:n5c12 "
    "CR:n18 CY:n8c16 CZ:n20 DE:n18 DK:n14 DO:c4n20 EE:n16 EG:n25 ES:n20 FI:n14 FO:n14 FR:n10c11n2 GB:a4n14 "
    "GE:a2n16 GI:a4c15 GL:n14 GR:n7c16 GT:c4c20 HR:n17 HU:n24 IE:a4n14 IL:n19 IQ:a4n15 IS:n22 IT:a1n10c12 "
    "JO:a4n4c18 KW:a4c22 KZ:n3c13 LB:n4c20 LI:n5c12 LT:n16 LU:n3c13 LV:a4c13 MC:n10c11n2 MD:c2c18 ME:n18 "
    "MK:n3c10n2 MR:n23 MT:a4n5c18 MU:a4n19a3 NL:a4n10 NO:n11 PK:a4c16 PL:n24 PS:a4c21 PT:n21 QA:a4c21 RO:a4c16 "
    "RS:n18 SA:n2c18 SE:n20 SI:n15 SK:n20 SM:a1n10c12 TN:n20 TR:n5n1c16 UA:n6c19 VA:n18 VG:a4n16 XK:n16"
)
IBAN_COUNTRIES = dict(part.split(":") for part in _COUNTRIES.split())
_CLASS = {"n": r"\d", "a": "[A-Z]", "c": "[A-Z0-9]"}


def account_parts(country: str) -> list[tuple[str, int]]:
    """The basic account number of a country as (class, count).

    >>> account_parts("GB")
    [('a', 4), ('n', 14)]
    """
    return [(kind, int(count)) for kind, count in re.findall(r"([nac])(\d+)", IBAN_COUNTRIES[country])]


_IBAN_FORMS = {
    country: re.compile(country + r"\d\d" + "".join(f"{_CLASS[k]}{{{n}}}" for k, n in account_parts(country)))
    for country in IBAN_COUNTRIES
}


def is_iban(text: str) -> bool:
    """Whether a text, spaces aside, is an IBAN of a country that has them, of its length, with its check digits."""
    compact = text.replace(" ", "").upper()
    form = _IBAN_FORMS.get(compact[:2])
    if form is None or not compact.isascii() or not form.fullmatch(compact):
        return False
    return bool(valid(characters([compact]), complete_iban)[0])


# Issuer, the numbers its cards begin with, and how long they are (ISO/IEC 7812 ranges in use).
ISSUERS = {
    "visa": (re.compile(r"4"), (13, 16, 19)),
    "mastercard": (re.compile(r"5[1-5]|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720"), (16,)),
    "amex": (re.compile(r"3[47]"), (15,)),
    "discover": (re.compile(r"6011|64[4-9]|65"), (16, 19)),
    "diners": (re.compile(r"30[0-5]|3[689]"), (14,)),
    "jcb": (re.compile(r"352[89]|35[3-8]\d"), (16,)),
    "unionpay": (re.compile(r"62"), (16, 17, 18, 19)),
    "maestro": (re.compile(r"50(?:18|20|38)|5[6-8]|6304|67"), (12, 13, 14, 15, 16, 17, 18, 19)),
}


def card_issuer(text: str) -> str | None:
    """The issuer of a payment card number, by prefix, length and check digit; None where it is no such number."""
    if not 12 <= len(text) <= 30 or not text.isascii() or "--" in text or "  " in text:
        return None
    digits = text.replace(" ", "").replace("-", "")
    if not digits.isdigit() or not valid(characters([digits]), complete_luhn)[0]:
        return None
    for issuer, (prefix, lengths) in ISSUERS.items():
        if len(digits) in lengths and prefix.match(digits):
            return issuer
    return None


def is_ip(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address, and not a number or a version that happens to parse as one."""
    if text.count(".") != 3 and text.count(":") < 2:
        return False
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.version == 6 or max(address.packed) > 31


def is_phone(text: str) -> bool:
    """Whether a text is a phone number by its form alone: international, North American, or with a trunk zero."""
    if re.fullmatch(r"\+\d+[.,]\d{1,2}", text):  # a signed amount
        return False
    if _PHONE_WHOLE.fullmatch(text):
        return True
    return bool(_NATIONAL.fullmatch(text)) and 9 <= sum(c.isdigit() for c in text) <= 12


def may_be_phone(text: str) -> bool:
    """Whether a text could be a phone number, given that its column says so."""
    return bool(_PHONE_CHARACTERS.fullmatch(text)) and 7 <= sum(c.isdigit() for c in text) <= 20
