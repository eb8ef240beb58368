"""Events become histories: days, not events, are counted, and what cannot be is refused."""

import numpy as np
import pytest

from twinfold.behaviour.purchases import read_histories
from twinfold.errors import DataError, OptionError


def test_a_customer_is_summed_up_as_in_the_literature():
    customers, times = np.array([5, 2, 5, 5, 5]), np.array([3.0, 9.5, 10.2, 10.9, 24.0])
    found = read_histories(customers, times, np.array([8.0, 1.0, 2.0, 3.0, 7.0]), 30)
    assert found.customers.tolist() == [2, 5]
    assert found.frequency.tolist() == [0, 2]
    assert found.recency.tolist() == [0, 21]
    assert found.age.tolist() == [21, 27]
    assert found.mean_value.tolist() == [0, 6]  # of days, without the first: (2 + 3) and 7


def test_order_and_type_of_events_do_not_matter():
    rng = np.random.default_rng(0)
    customers, times, values = rng.integers(0, 50, 400), rng.integers(0, 90, 400), rng.integers(1, 9, 400)
    shuffled = rng.permutation(400)
    plain = read_histories(customers, times, values, 90)
    other = read_histories(
        customers[shuffled].astype(np.int32), times[shuffled].astype(float), values[shuffled].astype(float), 90.0
    )
    for name in ("frequency", "recency", "age", "mean_value", "time"):
        assert np.array_equal(getattr(plain, name), getattr(other, name)), name


def test_a_period_of_none_keeps_times_apart_and_of_a_week_puts_days_together():
    customers, times = np.array([1, 1, 1]), np.array([0.0, 0.5, 6.0])
    assert read_histories(customers, times, None, 10, period=0).frequency.tolist() == [2]
    assert read_histories(customers, times, None, 10).frequency.tolist() == [1]
    assert read_histories(customers, times, None, 10, period=7).frequency.tolist() == [0]


def test_purchases_of_nothing_count_as_purchases_but_not_in_their_mean():
    found = read_histories(np.array([1, 1, 1]), np.array([0, 5, 9]), np.array([4.0, 0.0, 6.0]), 10)
    assert (found.frequency.tolist(), found.valued.tolist(), found.mean_value.tolist()) == ([2], [1], [6])


def test_an_earlier_day_sees_what_had_been_bought_and_the_rest_comes_after():
    rng = np.random.default_rng(1)
    found = read_histories(rng.integers(0, 60, 300), rng.integers(0, 100, 300), rng.gamma(2, 10, 300), 100)
    early = found.until(40)
    number, spent = found.bought_after(40, early.customers)
    again = np.isin(found.customers, early.customers)[found.owner]
    assert early.end == 40
    assert early.time.max() <= 40
    assert (early.frequency + 1 + number).sum() == again.sum()
    assert spent.sum() + early.value.sum() == pytest.approx(found.value[again].sum())
    newcomer = np.setdiff1d(found.customers, early.customers)
    assert len(newcomer) > 0
    assert (
        number[0] == ((found.owner == np.searchsorted(found.customers, early.customers[0])) & (found.time > 40)).sum()
    )


@pytest.mark.parametrize("last", [True, False])
def test_rows_hold_each_history_once(last):
    rng = np.random.default_rng(2)
    found = read_histories(rng.integers(0, 3000, 6000), rng.integers(0, 12, 6000), None, 14)
    rows = found.rows(last=last)
    assert len(rows.weight) < len(found.customers) / 2
    assert rows.weight.sum() == len(found.customers)
    assert np.array_equal(rows.frequency[rows.place], found.frequency)
    assert np.array_equal(rows.age[rows.place], found.age)
    for customer in range(0, len(found.customers), 97):
        own = found.time[found.owner == customer]
        expected = (own - own[0])[1:]
        if last:
            expected = expected[-1:]
        assert rows.time[rows.owner == rows.place[customer]].tolist() == expected.tolist()


def test_thinned_histories_are_whole_customers():
    rng = np.random.default_rng(3)
    found = read_histories(rng.integers(0, 100, 500), rng.integers(0, 60, 500), rng.gamma(2, 10, 500), 60)
    some = found.thinned(40)
    assert np.array_equal(some.customers, found.customers[::3])
    assert np.array_equal(some.recency, found.recency[::3])
    assert np.array_equal(some.mean_value, found.mean_value[::3])
    assert found.thinned(100).frequency.sum() == found.frequency.sum()


GOOD = {"customers": np.array([1, 1, 2]), "times": np.array([0.0, 4.0, 5.0]), "values": np.array([1.0, 2.0, 3.0])}


@pytest.mark.parametrize(
    ("changed", "kind", "says"),
    [
        ({"end": 4.5}, DataError, "an event at day 5 is after the end, day 4.5"),
        ({"end": np.nan}, DataError, "after the end, day nan"),
        ({"values": np.array([1.0, -2.0, 3.0])}, DataError, "a value of -2 is below 0"),
        ({"values": np.array([1.0, np.nan, 3.0])}, DataError, "1 of 3 values are no number"),
        ({"times": np.array([0.0, np.inf, 3.0])}, DataError, "1 of 3 times are no number"),
        ({"times": np.array([0.0, 3.0])}, DataError, "times of shape .2,. beside 3 customers"),
        ({"customers": np.array([1.5, 2.0, 3.0])}, DataError, "customers are of type float64"),
        ({"customers": np.array([], int)}, DataError, "there are 0 events"),
        ({"period": -1.0}, OptionError, "period -1.0 is not a number of days of 0 or more"),
    ],
)
def test_events_that_are_none_are_refused(changed, kind, says):
    with pytest.raises(kind, match=says) as caught:
        read_histories(**(GOOD | {"end": 9.0} | changed))
    assert "\n" not in str(caught.value)


def test_values_are_asked_for_where_there_are_none():
    with pytest.raises(DataError, match="purchases have no value"):
        _ = read_histories(GOOD["customers"], GOOD["times"], None, 9.0).mean_value
