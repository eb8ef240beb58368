"""Quantities in running text are read as a reader reads them, and what looks like one is passed over."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinfold.personas.memory.quantities import find_decimal, find_quantities

READ = {
    "Late payment: 25 EUR per month": [(25, "EUR")],
    "€ 1.250,00, $1,250.00, 1'250.00 CHF and 1 250 Kč": [(1250, "EUR"), (1250, "$"), (1250, "CHF"), (1250, "CZK")],
    "1 250,50 zł, 1\u00a0250 or 12\u202f500 kr": [(1250.5, "PLN"), (1250, "kr"), (12500, "kr")],
    "1.000.000,50 EUR or 1,00,000 INR": [(1000000.5, "EUR"), (100000, "INR")],
    "12½ % and ½ percent, 0,5 per cent": [(12.5, "percent"), (0.5, "percent"), (0.5, "percent")],
    "between 2 and 5 percent, or 2–5 %": [(2, "percent"), (5, "percent")] * 2,
    "20 % - 30 %, 5 to 10 EUR, £5-£10": [
        *((20, "percent"), (30, "percent"), (5, "EUR"), (10, "EUR"), (5, "GBP"), (10, "GBP")),
    ],
    "-2.5 % and EUR -25, −3 %": [(-2.5, "percent"), (-25, "EUR"), (-3, "percent")],
    "25 basis points, 50bps, 2 percentage points": [
        *((25, "basis points"), (50, "basis points"), (2, "percentage points")),
    ],
    "thirty (30) days, twenty-five years, two weeks": [(30, "days"), (25, "years"), (2, "weeks")],
    "a 24-month term, 3-5 business days, 1 year": [(24, "months"), (3, "days"), (5, "days"), (1, "years")],
    "EUR 2.5 million, $3m, 5k EUR, 7 thousand": [(2.5e6, "EUR"), (3e6, "$"), (5e3, "EUR"), (7e3, "")],
    "25€, 25EUR, US$ 1,000 and 12 euros": [(25, "EUR"), (25, "EUR"), (1000, "USD"), (12, "EUR")],
    "Fee (EUR) 25": [(25, "EUR")],
    "3 cards of 10": [(3, ""), (10, "")],
}


@pytest.mark.parametrize("text", READ)
def test_a_quantity_has_its_value_and_its_unit(text):
    found = find_quantities(text)
    assert [(each.value, each.unit) for each in found] == READ[text]
    assert all(text[each.start : each.end] == each.text for each in found)


@pytest.mark.parametrize(
    "text",
    [
        *("section 3.1 and § 4, clause 4(a), article 12", "A4, Q3, SHA256, 2FA, 25th, x5, 4x", "v1.2.3 and 1.2.3"),
        *("call +49 30 1234567 or 0800-123-456", "0049 and 007", "at 09:30 or 9:30:15", "3 May 2024, 2024-05-03"),
        *("IBAN DE89 3704 0044 0532 0130 00", "card 4111 1111 1111 1111, ****1234", "24/7, 1/2/3"),
        *("a1@bank.de, https://bank.de/fees?x=25 and www.bank.de/25", "99999999999999999999", "one of the cards", ""),
    ],
)
def test_what_is_no_quantity_is_passed_over(text):
    assert find_quantities(text) == ()


def test_one_mark_is_read_as_the_document_uses_it():
    assert [each.value for each in find_quantities("1,250 or 1.250 EUR")] == [1250, 1.25]
    assert [each.value for each in find_quantities("1,250 or 1.250 EUR", ",")] == [1.25, 1250]
    assert [each.value for each in find_quantities("0.125 or 12,5 EUR", ",")] == [0.125, 12.5]
    assert find_decimal("See section 3.1. It costs 12,5 %, or 3,50 EUR, or 1.250 EUR.") == ","
    assert find_decimal("It costs 12.5 %, and 12,500 EUR.") == "."
    assert find_decimal("Sections 3,1 and 4,2.") == "."


@given(st.text(st.sampled_from("0123456789.,-–% ½()€$abEURk§/:'\u00a0") | st.characters(), max_size=80))
def test_any_text_is_read_and_every_place_is_right(text):
    found = find_quantities(text)
    assert all(text[each.start : each.end] == each.text for each in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(abs(each.value) < 1e25 for each in found)


@pytest.mark.parametrize(
    "piece", ["1", "1,", "1 234 ", "1-", "1/", "+1 ", "AB12", "a@", "-1", "may 1 ", "(1) ", "€", "a"]
)
def test_a_long_text_of_anything_takes_no_longer_than_its_length(piece):
    def seconds(length):
        begun = time.process_time()
        text = piece * (length // len(piece))
        find_quantities(text)
        return time.process_time() - begun

    seconds(1_000)
    assert seconds(80_000) < 60 * seconds(8_000) + 0.5


@pytest.mark.parametrize(
    "text",
    [
        *("3 May 2024", "3rd of May 2024", "May 3, 2024", "Sept. 2024", "2024-05-03", "2024/05/03", "3. 5. 2024"),
        *("31.12.2024", "25/12/2024", "05-05-2024", "31 FEBRUARY 2024"),
    ],
)
def test_a_date_is_no_quantity(text):
    [fee] = find_quantities(f"It ends on {text}, and costs 5 EUR.")
    assert (fee.value, fee.unit) == (5, "EUR")


@pytest.mark.parametrize("text", ["maybe 2024", "marching 2024", "may 5000"])
def test_what_is_no_date_may_be_a_quantity(text):
    assert [f"{each.value:g}" for each in find_quantities(text)] == [text.split()[1]]
