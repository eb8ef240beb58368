"""Check characters of numbers that identify people and accounts, over whole columns at once.

A column of numbers is a matrix of character codes (`uint8`), shape (rows, length). Each `complete_*` returns a copy
whose check characters are right, so that a number is valid where completing it changes nothing. Numbers for which no
check character exists come back with the character "!" in its place, which no valid number holds.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Characters = npt.NDArray[np.uint8]
Digits = npt.NDArray[np.int64]
Complete = Callable[[Characters], Characters]

_NONE = ord("!")


def characters(values: Sequence[str]) -> Characters:
    """Texts of one length, ASCII only, as a matrix of character codes, shape (len(values), length)."""
    return np.frombuffer("".join(values).encode("ascii"), np.uint8).reshape(len(values), -1)


def valid(values: Characters, complete: Complete) -> npt.NDArray[np.bool_]:
    """Which rows carry the check characters that `complete` would give them, shape (rows,)."""
    same: npt.NDArray[np.bool_] = (complete(values) == values).all(axis=1)
    return same


def _digits(values: Characters) -> Digits:
    return values.astype(np.int64) - ord("0")


def _with_last(values: Characters, check: Digits, alphabet: str = "0123456789") -> Characters:
    return _with(values, -1, check, alphabet)


def _with(values: Characters, position: int, check: Digits, alphabet: str = "0123456789") -> Characters:
    codes = np.frombuffer(alphabet.encode("ascii"), np.uint8)
    completed = values.copy()
    completed[:, position] = np.where(check < len(codes), codes[np.minimum(check, len(codes) - 1)], _NONE)
    return completed


def complete_luhn(values: Characters) -> Characters:
    """Last digit by Luhn's formula (ISO/IEC 7812-1, annex B): payment cards, South African and Swedish identities.

    >>> complete_luhn(characters(["4111111111111110"])).tobytes()
    b'4111111111111111'
    """
    payload = _digits(values[:, :-1])[:, ::-1]
    payload[:, ::2] *= 2
    return _with_last(values, -(payload // 10 + payload % 10).sum(axis=1) % 10)


def complete_iban(values: Characters) -> Characters:
    """Digits 3 and 4 of an IBAN, by ISO 7064 mod 97-10."""
    moved = np.hstack([values[:, 4:], values[:, :2]])
    remainder = _remainder_97(moved)
    check = 98 - remainder * 100 % 97
    completed = values.copy()
    completed[:, 2] = ord("0") + check // 10
    completed[:, 3] = ord("0") + check % 10
    return completed


def _remainder_97(values: Characters) -> Digits:
    """The number that a text spells (A = 10 … Z = 35), modulo 97."""
    remainder = np.zeros(len(values), np.int64)
    for column in values.T.astype(np.int64):
        letter = column >= ord("A")
        remainder = np.where(letter, remainder * 100 + column - 55, remainder * 10 + column - 48) % 97
    return remainder


def complete_spanish(values: Characters) -> Characters:
    """Letter of a DNI (8 digits) or NIE (X, Y or Z and 7 digits), by the number modulo 23."""
    leading = np.select([values[:, 0] == ord(c) for c in "XYZ"], [0, 1, 2], _digits(values[:, :1])[:, 0])
    number = leading * 10**7 + _digits(values[:, 1:8]) @ 10 ** np.arange(6, -1, -1)
    return _with_last(values, number % 23, "TRWAGMYFPDXBNJZSQVHLCKE")


_ODD = dict(zip("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21), strict=True)) | dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)
_ODD_VALUES = np.array([_ODD.get(chr(code), 0) for code in range(256)])
_EVEN_VALUES = np.array([code - 65 if code >= 65 else code - 48 for code in range(256)])


def complete_italian(values: Characters) -> Characters:
    """Last letter of a codice fiscale (decree of 12 March 1974, article 7)."""
    total = _ODD_VALUES[values[:, 0:15:2]].sum(axis=1) + _EVEN_VALUES[values[:, 1:15:2]].sum(axis=1)
    return _with_last(values, total % 26, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def complete_german(values: Characters) -> Characters:
    """Last digit of a Steuer-Identifikationsnummer, by ISO 7064 mod 11, 10."""
    product = np.full(len(values), 10, np.int64)
    for digit in _digits(values[:, :-1]).T:
        total = (digit + product) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return _with_last(values, (11 - product) % 10)


def complete_czech(values: Characters) -> Characters:
    """Last digit of a ten-digit birth number: the whole is divisible by 11."""
    return _with_last(values, _digits(values[:, :-1]) @ 10 ** np.arange(8, -1, -1) % 11)


def complete_finnish(values: Characters) -> Characters:
    """Last character of a henkilötunnus (DDMMYY, a century sign, three digits): its nine digits modulo 31."""
    number = _digits(np.hstack([values[:, :6], values[:, 7:10]])) @ 10 ** np.arange(8, -1, -1)
    return _with_last(values, number % 31, "0123456789ABCDEFHJKLMNPRSTUVWXY")


def complete_norwegian(values: Characters) -> Characters:
    """Last two digits of a fødselsnummer, by two weighted sums modulo 11."""
    completed = _with(values, 9, -_digits(values[:, :9]) @ (3, 7, 6, 1, 8, 9, 4, 5, 2) % 11)
    return _with(completed, 10, -_digits(completed[:, :10]) @ (5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11)


def complete_polish(values: Characters) -> Characters:
    """Last digit of a PESEL."""
    return _with_last(values, -_digits(values[:, :10]) @ (1, 3, 7, 9, 1, 3, 7, 9, 1, 3) % 10)


def complete_australian(values: Characters) -> Characters:
    """Last digit of a nine-digit tax file number: the weighted sum is divisible by 11, the last weight being 10."""
    return _with_last(values, _digits(values[:, :8]) @ (1, 4, 3, 7, 5, 8, 6, 9) % 11)


def complete_dutch(values: Characters) -> Characters:
    """Last digit of a burgerservicenummer (elfproef)."""
    return _with_last(values, _digits(values[:, :8]) @ (9, 8, 7, 6, 5, 4, 3, 2) % 11)


def complete_french(values: Characters) -> Characters:
    """Last two digits of a numéro d'inscription au répertoire: 97 less the first thirteen modulo 97."""
    check = 97 - _digits(values[:, :13]) @ 10 ** np.arange(12, -1, -1) % 97
    return _with(_with(values, 13, check // 10), 14, check % 10)


def complete_brazilian(values: Characters) -> Characters:
    """Last two digits of a CPF."""
    completed = _with(values, 9, _cpf_digit(_digits(values[:, :9])))
    return _with(completed, 10, _cpf_digit(_digits(completed[:, :10])))


def _cpf_digit(payload: Digits) -> Digits:
    digit: Digits = payload @ np.arange(payload.shape[1] + 1, 1, -1) * 10 % 11 % 10
    return digit
