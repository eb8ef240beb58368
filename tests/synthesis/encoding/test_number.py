import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from twinfold.synthesis.conditions import AdmittedNumbers
from twinfold.synthesis.encoding.number import NumberEncoding, learn_number


def redraw(values, *, step=0.0, min_count=10, seed=0, tails="extrapolated"):
    encoding = learn_number(values, step=step, min_count=min_count, tails=tails)
    return encoding, encoding.decode(encoding.encode(values), np.random.default_rng(seed))


def incomes(rows=20_000, seed=0):
    rng = np.random.default_rng(seed)
    values = np.round(rng.lognormal(10, 1, rows), 2)
    values[rng.random(rows) < 0.2] = 0.0
    values[rng.random(rows) < 0.1] = 50_000.0
    values[rng.random(rows) < 0.05] = np.nan
    return values


def test_the_coding_alone_hardly_moves_the_distribution():
    values = incomes()
    _, out = redraw(values, step=0.01)
    assert ks_2samp(values[~np.isnan(values)], out[~np.isnan(out)]).statistic < 0.004


def test_heaps_and_missing_values_keep_their_share_to_the_row():
    values = incomes()
    _, out = redraw(values, step=0.01)
    for heap in (0.0, 50_000.0):
        assert (out == heap).sum() == (values == heap).sum()
    assert np.isnan(out).sum() == np.isnan(values).sum()


def test_values_stay_on_the_grid_of_their_decimals():
    _, out = redraw(incomes(), step=0.01)
    present = out[~np.isnan(out)]
    assert np.array_equal(present, np.round(present, 2))
    _, out = redraw(np.random.default_rng(1).normal(0, 1000, 5000).round(), step=1.0)
    assert np.array_equal(out, out.round())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e9, 1e9, allow_nan=False) | st.sampled_from([0.0, 1.0, 999.0]), min_size=40, max_size=400),
    st.sampled_from([0.0, 1.0, 0.01]),
)
def test_clipped_nothing_lies_beyond_the_tenth_most_extreme_value(values, step):
    values = np.array(values) if not step else np.round(np.array(values), 0 if step == 1 else 2)
    encoding = learn_number(values, step=step, min_count=10, tails="clipped")
    if encoding is None:
        return
    out = encoding.decode(encoding.encode(values), np.random.default_rng(0))
    ordered = np.sort(values)
    assert out.min() >= ordered[9]
    assert out.max() <= ordered[-10]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(1, 14), min_size=3, max_size=40),
    st.sampled_from([0.0, 0.01, 1.0]),
    st.integers(2, 10),
    st.integers(0, 2**32),
)
def test_no_value_of_few_rows_is_a_bound_however_they_tie(rows, step, min_count, seed):
    rng = np.random.default_rng(seed)
    unique = np.cumsum(rng.exponential(5, len(rows)) + 2 * step)
    unique = np.unique(np.round(unique, 0 if step == 1 else 2) if step else unique)
    rows = np.array(rows[: len(unique)])
    values = np.repeat(unique, rows)
    rare = unique[rows < min_count]
    encoding = learn_number(values, step=step, min_count=min_count, tails="clipped")
    if encoding is None:  # no number between the tails that is not somebody's
        assert (rows < min_count).all()
        return
    out = encoding.decode(rng.integers(0, encoding.cardinality, 200), rng)
    ordered = np.sort(values)
    assert out.min() >= ordered[min_count - 1]
    assert out.max() <= ordered[-min_count]
    shown = encoding.knot_value
    if not step:
        assert not np.isin(out, rare).any()
        assert not np.isin(shown, rare).any()
    elif len(shown):
        assert (
            not np.isin(shown[[0, -1]], rare).any()
            or not np.isin(shown[[0, -1]], ordered[[min_count - 1, -min_count]]).any()
        )


def test_a_tie_of_two_at_the_boundary_is_passed_over():
    tail = np.arange(9) * 1.7
    values = np.concatenate([tail, [20.25, 20.25], np.linspace(31.3, 90.7, 300), [99.75, 99.75], 120 + tail])
    encoding, out = redraw(values, tails="clipped")
    assert 20.25 < encoding.knot_value[0] <= out.min()
    assert out.max() <= encoding.knot_value[-1] < 99.75


def test_where_the_tails_leave_no_number_that_is_nobodys_none_is_learned():
    tail = np.arange(9.0)
    few = np.concatenate([tail, [50.5] * 4, 90 + tail])
    assert learn_number(few, step=0.0, min_count=10, tails="clipped") is None
    heap = np.concatenate([tail, [50.5] * 10, 90 + tail])
    column = learn_number(heap, step=0.0, min_count=10, tails="clipped")
    assert column.decode(np.zeros(5, np.uint16), np.random.default_rng(0)).tolist() == [50.5] * 5


def test_no_rare_value_is_kept_or_returned():
    rng = np.random.default_rng(2)
    values = rng.lognormal(8, 1.5, 5000)  # every one of them is one person's own
    encoding, out = redraw(values)
    kept = np.concatenate([np.ravel(array) for array in encoding.state()[1].values()])
    assert not np.isin(values, kept).any()
    assert not np.isin(out, values).any()


def test_a_value_needs_min_count_rows_to_be_exact():
    spread = np.linspace(100, 200, 2001)
    for rows, kept in ((9, False), (10, True)):
        encoding = learn_number(np.append(spread, [777.125] * rows), step=0.0, min_count=10)
        assert bool(np.isin(777.125, encoding.state()[1]["piece_low"])) is kept


def test_a_condition_leaves_what_it_admits_in_the_right_share():
    values = incomes()
    encoding = learn_number(values, step=0.01, min_count=10)
    admitted = AdmittedNumbers.between(10_000, 50_000, low_closed=False)
    restricted, weights = encoding.restrict(admitted)
    codes = encoding.encode(values)
    expected = ((values > 10_000) & (values <= 50_000)).mean()
    assert weights[codes].mean() == pytest.approx(expected, abs=0.002)
    inside = restricted.decode(codes[weights[codes] > 0], np.random.default_rng(0))
    assert ((inside > 10_000) & (inside <= 50_000)).all()


@pytest.mark.parametrize("bound", [59, 59.5, 60])
def test_whole_numbers_obey_bounds_after_rounding(bound):
    ages = np.random.default_rng(0).normal(50, 15, 3000).round()
    encoding = learn_number(ages, step=1.0, min_count=400)  # so that nearly all are redrawn
    restricted, weights = encoding.restrict(AdmittedNumbers.between(bound, np.inf))
    codes = np.repeat(np.flatnonzero(weights > 0), 50)
    assert restricted.decode(codes, np.random.default_rng(0)).min() >= bound


def test_state_round_trips_and_damage_is_refused():
    encoding = learn_number(incomes(), step=0.01, min_count=10)
    settings_, arrays = encoding.state()
    again = NumberEncoding.from_state(settings_, arrays)
    codes = encoding.encode(incomes())
    assert np.array_equal(
        encoding.decode(codes, np.random.default_rng(3)), again.decode(codes, np.random.default_rng(3)), equal_nan=True
    )
    for name in ("piece_start", "piece_share", "knot_value", "bin_codes"):
        with pytest.raises(ValueError, match="fit together"):
            NumberEncoding.from_state(settings_, arrays | {name: arrays[name][:-1]})
    with pytest.raises(ValueError, match="fit together"):
        NumberEncoding.from_state(settings_, arrays | {"bin_codes": arrays["bin_codes"] + 10_000})
