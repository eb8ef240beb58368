"""Amounts in questions."""

import math

import pytest

from twinfold.personas.questions.amounts import find_quantities, find_spans


@pytest.mark.parametrize(
    ("text", "low", "high", "strict"),
    [
        ("of more than 1,000", 1000, math.inf, True),
        ("over €20", 20, math.inf, True),
        ("at least 5k", 5000, math.inf, False),
        ("under 12.50", -math.inf, 12.5, True),
        ("up to 100", -math.inf, 100, False),
        ("between 20 and 10", 10, 20, False),
        ("of exactly 7", 7, 7, False),
        ("100 or more", 100, math.inf, False),
        ("1.5 million or less", -math.inf, 1_500_000, False),
    ],
)
def test_comparisons(text: str, low: float, high: float, strict: bool) -> None:
    [found] = find_spans(f"payments {text}")
    assert (found.low, found.high, found.strict) == (low, high, strict)


def test_numbers_with_their_percent() -> None:
    found = find_quantities("would you take 12,500 at 9.5 % or at 7 percent")
    assert [(each.value, each.percent) for each in found] == [(12500, False), (9.5, True), (7, True)]


def test_digits_inside_words_are_no_numbers() -> None:
    assert find_quantities("the a11 and covid19 forms") == []
