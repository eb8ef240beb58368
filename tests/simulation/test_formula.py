import numpy as np
import pytest

from twinfold.errors import SpecificationError
from twinfold.simulation.formula import read_formula


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-a / 4", -0.5),
        ("min(a, 1) + max(a, 10)", 11),
        ("'two words' * 2", 6),
        ("a - -1e1", 12),
    ],
)
def test_arithmetic_is_as_at_school(text, expected):
    known = {"a": np.array([2.0, 2.0]), "two words": np.array(3.0)}
    np.testing.assert_allclose(read_formula(text, "x").value(known, 2), expected)


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("a", {"a": 1}),
        ("a + a - 'b c' * 2", {"a": 2, "b c": -2}),
        ("-(a - b) / 4", {"a": -0.25, "b": 0.25}),
        ("2 * 3 * a", {"a": 6}),
        ("a * b", None),
        ("a / b", None),
        ("a / 0", None),
        ("a + 1", None),
        ("max(a, 0)", None),
        ("1e308 * 10 * a", None),
    ],
)
def test_sums_say_how_many_times_each_name_is_in_them(text, weights):
    if weights is None:
        with pytest.raises(SpecificationError, match="no sum of names"):
            read_formula(text, "x").weights()
    else:
        assert read_formula(text, "x").weights() == weights


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a +",
        "a ** 2",
        "a if b else c",
        "().__class__",
        "a.real",
        "a[0]",
        "open('x')",
        "__import__('os')",
        "lambda: 1",
        "[x for x in a]",
        "min(1, 2, 3)",
        "min(*a)",
        "f'{a}'",
        "True",
        "1j",
        "a; b",
        "a\nb",
        "a := 1",
        "(" * 60 + "1" + ")" * 60 + "+" * 60 + "1",
        "-" * 500 + "1",
        "1" * 2000,
    ],
)
def test_what_is_no_arithmetic_is_refused(text):
    with pytest.raises(SpecificationError, match="is no formula"):
        read_formula(text, "margin")


def test_an_unknown_name_is_told_with_those_that_are_known():
    with pytest.raises(SpecificationError, match="did you mean 'income'"):
        read_formula("incme * 2", "margin").value({"income": np.array([1.0])}, 1)
