"""What is taken out of messages before they leave the machine, and what stays in them."""

import time

import numpy as np
import pytest

from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.voices.redaction import redact
from twinfold.personas.voices.voice import Brief
from twinfold.tables.personal import national
from twinfold.tables.personal.checksums import characters

NOBODY = Brief("C-10017", "?", "", (), "")


def redacted(text: str, brief: Brief = NOBODY, **options: object) -> str:
    [message], _ = redact([{"role": "user", "content": text}], brief, **options)  # type: ignore[arg-type]
    return message["content"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to ann.smith+x@mail.bank.example now", "write to [e-mail] now"),
        ("DE89 3704 0044 0532 0130 00 was it", "[IBAN] was it"),
        ("de89370400440532013000", "[IBAN]"),
        ("GB82-WEST-1234-5698-7654-32.", "[IBAN]."),
        ("4111 1111 1111 1111 25 and 4111-1111-1111-1111", "[card] 25 and [card]"),
        ("12 4111111111111111", "12 [card]"),
        ("４１１１ １１１１ １１１１ １１１１", "[card]"),
        ("٤١١١١١١١١١١١١١١١", "[card]"),
        ("120-45-6789, 12345678Z; 736028/5163", "[national id], [national id]; [national id]"),
        ("AB 12 34 56 C and 131052-308T", "[national id] and [national id]"),
        ("call +420 603 123 456 or (212) 555-0134", "call [phone] or [phone]"),
        ("at 12 Baker Street, from 192.168.1.10", "at [address], from [IP address]"),
        ("Mrs Kovářová and John Smith", "[name] and [name]"),
        ("Yesterday John Smith paid", "Yesterday [name] paid"),  # a word with a capital before it
        ("Mr John Smith, MRS Zdena Kovářová", "[name], [name]"),  # more than one name after the title
        ("Paní Černá, Élodie Moreau", "[name], [name]"),  # capitals that are not ASCII
    ],
)
def test_what_names_people_is_taken_out(text: str, left: str) -> None:
    assert redacted(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "I paid 1,250.00 on 1994-05-03, 12,345,678.90 in all, 4 of 100 times",
        "GB82 WEST 1234 5698 7654 33 has the wrong check digits",
        "4111 1111 1111 1112 has the wrong check digit",
        "the rate is 9.5 % for 12 months, from 3 May 1994",
        "My Gold Card, the Spring Loan, version 1.2.3.4",
    ],
)
def test_figures_of_the_answer_stay(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("scheme", [each for each in national.SCHEMES if each.complete], ids=lambda each: each.name)
def test_national_numbers_of_every_scheme_are_found(scheme: national.Scheme) -> None:
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(3_000):
        compact = "".join(map(str, rng.integers(0, 10, scheme.length)))
        compact = {
            "es-dni": compact[:8] + "A",
            "es-nie": "X" + compact[1:8] + "A",
            "it-cf": "RSSMRA" + compact[:2] + "T" + "10A" + compact[2:5] + "A",
            "fi-hetu": compact[:6] + "-" + compact[7:],
        }.get(scheme.name, compact)
        assert scheme.complete is not None
        whole = scheme.complete(characters([compact])).tobytes().decode()
        if scheme.form.fullmatch(whole):
            found += 1
            assert whole not in redacted(f"my number is {whole}, thanks")
        if found == 20:
            break
    assert found


def test_columns_that_are_personal_are_known_by_their_names() -> None:
    def own(name: str, said: str) -> Fact:
        return Fact(FactKind.ATTRIBUTE, "C-10017", name, said, said, f"customers.{name}")

    event = "1999-05-03: payee name Jan Dlouhý, amount 12.00"
    facts = (
        own("surname", "Nováková"),
        own("first_name", "Xiomara"),
        own("phone", "603 123 456"),
        own("nickname", "Bunny"),
        own("card", "gold"),
        Fact(FactKind.EVENT, "C-10017", "payments", None, event, "payments 1"),
        Fact(FactKind.EVENT, "C-10017", "calls", None, "1999-05-04: surname Malá, phone 777 888 999", "calls 1"),
        Fact(FactKind.OFFER, "", "name", "Spring loan", "Spring loan", "offer"),
    )
    told = Brief("C-10017", "?", "", facts, "")
    text = f"NOVÁKOVÁ, Xiomara, 603 123 456, Bunny, gold, Spring loan; {event}; Novákovák; Malá 777 888 999"
    assert redacted(text, told, personal=["customers.nickname"]) == (
        "[name], [name], [phone], [personal], gold, Spring loan; "
        "1999-05-03: payee name [name], amount 12.00; Novákovák; [name] [phone]"
    )


def test_keys_become_pseudonyms_that_depend_on_nobody_else() -> None:
    text = "customer C-10017 and C-20001, who is C-10017's friend; 1,250.00"
    assert redacted(text, others={"C-20001"}) == "customer 1 and customer 2, who is customer 1's friend; 1,250.00"
    assert redacted("C-10017 paid", others={"a", "b"}) == redacted("C-10017 paid") == "customer 1 paid"
    short = Brief("7", "?", "", (), "")
    assert redacted("customer 7, age 7 (customer_id: 7), 7 payments", short) == (
        "customer 1, age 7 (customer_id: customer 1), 7 payments"
    )
    assert redacted("in 2022, customer 2022 paid 5", short, others={"2022", "5"}) == "in 2022, customer 2 paid 5"
    assert redacted("I paid 1,043.00 as 1043", Brief("1043", "?", "", (), "")) == "I paid 1,043.00 as customer 1"


def test_counts_say_how_much_was_taken_out() -> None:
    messages = [{"role": "user", "content": "ann@bank.example, C-10017"}, {"role": "user", "content": "C-10017"}]
    assert redact(messages, NOBODY)[1] == {"e-mail": 1, "customer": 2}


@pytest.mark.parametrize("piece", ["1 ", "DE89 ", "a@", "Aa ", "0", "(0", "Mr Aa ", "Smith John-", "12 Aa "])
def test_a_long_text_of_anything_takes_no_longer_than_its_length(piece: str) -> None:
    def seconds(length: int) -> float:
        begun = time.process_time()
        redacted(piece * (length // len(piece)), others={"7"})
        return time.process_time() - begun

    seconds(100)
    assert seconds(20_000) < 30 * seconds(2_000) + 0.5
