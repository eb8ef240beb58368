import numpy as np
import pytest

from twinfold.tables.personal import checksums, national, patterns
from twinfold.tables.personal.checksums import characters, complete_luhn, valid

VALID = {
    "us-ssn": ["120-45-6789", "900-01-1234"],
    "gb-nino": ["QQ123456C", "AB 12 34 56 C"],
    "es-dni": ["12345678Z", "54362315K"],
    "es-nie": ["X1234567L", "X-2482300-W"],
    "it-cf": ["RSSMRA85T10A562S", "RCCMNL83S18D969H"],
    "fi-hetu": ["131052-308T"],
    "fr-nir": ["295109912611193"],
    "cz-rc": ["710319/2745", "7103192745"],
    "se-pn": ["880320-0016", "811228-9874"],
    "no-fnr": ["15108695088"],
    "pl-pesel": ["44051401359"],
    "de-idnr": ["36574261809", "36 574 261 809"],
    "br-cpf": ["390.533.447-05"],
    "za-id": ["7503305044089", "8001015009087"],
    "au-tfn": ["123 456 782"],
    "nl-bsn": ["111222333", "123456782"],
}


@pytest.mark.parametrize("scheme", national.SCHEMES, ids=lambda scheme: scheme.name)
def test_known_identifiers_pass_and_a_wrong_character_fails(scheme: national.Scheme) -> None:
    values = VALID[scheme.name]
    assert national.share_valid(values, scheme) == 1.0
    if scheme.complete is not None:
        last = values[0][-1]
        others = "0123456789" if last.isdigit() else "ABCDEFGHJKLMNPRSTVWXYZ"
        wrong = [values[0][:-1] + other for other in others if other != last]
        assert national.share_valid(wrong, scheme) == 0.0


@pytest.mark.parametrize(
    "iban",
    [
        "GB82 WEST 1234 5698 7654 32",
        "DE89370400440532013000",
        "FR1420041010050500013M02606",
        "CZ6508000000192000145399",
        "NL91ABNA0417164300",
        "ES9121000418450200051332",
        "IT60X0542811101000000123456",
        "PL61109010140000071219812874",
        "CH9300762011623852957",
        "SE4550000000058398257466",
    ],
)
def test_iban(iban: str) -> None:
    assert patterns.is_iban(iban)
    assert not patterns.is_iban(iban[:-1] + str((int(iban[-1]) + 1) % 10))
    assert not patterns.is_iban(iban[:-1])
    assert not patterns.is_iban("XX" + iban[2:])


@pytest.mark.parametrize(
    ("card", "issuer"),
    [
        ("4111111111111111", "visa"),
        ("4111 1111 1111 1111", "visa"),
        ("5555-5555-5555-4444", "mastercard"),
        ("2223003122003222", "mastercard"),
        ("378282246310005", "amex"),
        ("6011111111111117", "discover"),
        ("3530111333300000", "jcb"),
        ("4111111111111112", None),  # check digit
        ("9111111111111111", None),  # nobody's prefix
        ("411111111111116", None),  # too short
    ],
)
def test_card(card: str, issuer: str | None) -> None:
    assert patterns.card_issuer(card) == issuer


def test_luhn_finds_every_single_wrong_digit() -> None:
    card = "4539578763621486"
    wrong = [card[:i] + str(d) + card[i + 1 :] for i in range(16) for d in range(10) if str(d) != card[i]]
    assert valid(characters([card]), complete_luhn).all()
    assert not valid(characters(wrong), complete_luhn).any()


def test_a_number_without_a_check_digit_is_never_valid() -> None:
    payload = characters([f"{number:08d}0" for number in range(10_000_000, 10_000_200)])
    completed = checksums.complete_australian(payload)
    impossible = (completed == ord("!")).any(axis=1)
    assert 0 < impossible.mean() < 0.2
    assert valid(completed[~impossible], checksums.complete_australian).all()
    every = [characters([f"{number}{digit}" for digit in range(10)]) for number in (10000001, 10000002, 10000005)]
    assert all(np.sum(valid(numbers, checksums.complete_australian)) <= 1 for numbers in every)
