import numpy as np
import pytest

from twinfold.tables.rules import Formula, Order, Running, parse_rule

RULES = [
    Formula("a", "b", "*", "c"),
    Formula("the sum", "one part", "+", "b"),
    Order("opened", "closed"),
    Order("account.opened", "paid on"),
    Running("stock", "bought"),
    Running("stock", "the sold", sign=-1),
    Running("balance", "amount", "type", ("in",)),
    Running("balance", "amount", "the type", ("in", "it's back", "a, (b)"), -1),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_rule_survives_being_written(rule):
    assert parse_rule(str(rule)) == rule


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "a = b",
            "a = b / c",
            "a = b * c * d",
            "a * b = c",
            "a = a + b",
            '"a = b + c',
            "a <= a",
            "a < b",
            "a <= b <= c",
        ),
        *("a = previous a", "a = previous b + c", "a = previous a + a", "a = previous a + b if c else - b"),
        *("a = previous a + b if c = d else - b", "a = previous a + b if c = 'd' else + b"),
        "a = previous a + b if c = 'd' else - e",
    ],
)
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(ValueError, match="rule"):
        parse_rule(text)


def test_an_amount_comes_in_where_it_is_said_and_goes_out_elsewhere():
    levels = np.array(["in", "out", None, "back"], object)
    rule = parse_rule("balance = previous balance + amount if type in ('in', 'back') else - amount")
    assert list(rule.signs(levels)) == [1, -1, -1, 1]
    rule = parse_rule("balance = previous balance - amount if type = 'out' else + amount")
    assert list(rule.signs(levels)) == [1, -1, 1, 1]
    assert list(parse_rule("a = previous a - b").signs(levels)) == [-1] * 4
