import numpy as np
import pytest

from twinfold.synthesis.encoding.number import learn_number
from twinfold.synthesis.ranges import NumberRange
from twinfold.tables.schema import Column, Kind

MONEY = Column(name="amount", kind=Kind.DECIMAL, physical="Float64", decimals=2)

HOURS = Column(name="hours", kind=Kind.INTEGER, physical="Int64")


@pytest.fixture(scope="module")
def amounts():
    """Amounts of which a third are 0 and some exactly 50, and their encoding."""
    rng = np.random.default_rng(0)
    values = np.concatenate([np.zeros(3000), np.full(300, 50.0), rng.gamma(2, 50, 6000).round(2)])
    return values, learn_number(values, step=0.01, min_count=10)


def code_of(encoding, value: float) -> int:
    return int(encoding.encode(np.array([value]))[0])


def test_a_number_that_many_share_stands_alone(amounts):
    _, encoding = amounts
    zero = code_of(encoding, 0.0)
    found = NumberRange.around(encoding, zero, 0.1)
    assert (found.first, found.last, found.said(MONEY)) == (zero, zero, "= 0.00")
    assert NumberRange.around(encoding, code_of(encoding, 0.5), 0.1).said(MONEY).startswith("above 0.00 and below ")


@pytest.mark.parametrize("value", [0.5, 50.0, 60.0, 200.0, 1e6])
def test_what_is_said_is_what_the_codes_hold(amounts, value):
    """The share of rows whose number lies in the range is that of the codes in it: a tenth of all, about."""
    values, encoding = amounts
    code = code_of(encoding, value)
    found = NumberRange.around(encoding, code, 0.1)
    assert found.first <= code <= found.last
    inside = (values > found.low) if found.above else (values >= found.low)
    inside &= (values <= found.high) if found.closed else (values < found.high)
    codes = encoding.encode(values)
    held = ((codes >= found.first) & (codes <= found.last)).mean()
    assert inside.mean() == pytest.approx(held, rel=0.1)
    assert 0.08 < held < 0.16


def test_rare_numbers_between_common_ones_do_not_widen_a_range():
    rng = np.random.default_rng(0)
    hours = np.concatenate(
        [np.repeat(np.arange(20, 60, 5.0), 500), np.full(3000, 40.0), rng.uniform(1, 99, 60).round()]
    )
    encoding = learn_number(hours, step=1.0, min_count=10)
    assert NumberRange.around(encoding, code_of(encoding, 50.0), 0.1).said(HOURS) in {
        "= 50",
        "from 50 to 55",
        "from 45 to 55",
    }


def test_ends_are_said_as_they_are(amounts):
    _, encoding = amounts
    last = encoding.cardinality - 1
    assert NumberRange.between(encoding, 0, last, 0.1).said(MONEY) == "of any size"
    assert NumberRange.between(encoding, last, last, 0.1).said(MONEY).endswith(" or more")
    assert NumberRange.between(encoding, last - 1, last - 1, 0.1).said(MONEY).startswith("from ")
    few = learn_number(np.repeat([1.0, 2.0, 5.0], 100), step=1.0, min_count=10)
    assert NumberRange.between(few, 1, 2, 0.5).said(MONEY) == "from 2.00 to 5.00"
