import calendar
import datetime

import numpy as np
import pytest

from twinfold.synthesis.clock import Binning, Clock


def learned(time, *, day=1.0, rows=5):
    owners = np.repeat(np.arange(len(time) // rows), rows)
    return Clock.learn(np.asarray(time, float), np.zeros(len(time)), owners, owners, day=day, min_count=10)


def test_edges_of_bins_are_nobodys_value_and_keep_to_what_enough_hold():
    rng = np.random.default_rng(0)
    values = rng.lognormal(3, 1, 3000)
    binning = Binning.of(np.append(values, 1e7), np.arange(3001))
    assert not np.isin(binning.edges, values).any()
    assert np.sort(values)[-30] < 1e5
    assert binning.edges.max() < np.sort(values)[-10]
    assert np.unique(binning.encode(values), return_counts=True)[1].min() >= 10


def test_one_owner_who_repeats_themselves_has_no_bins_of_their_own():
    rng = np.random.default_rng(1)
    crowd, one = rng.normal(0, 1, 400), rng.choice([777.1, 888.2], 4000)
    binning = Binning.of(np.append(crowd, one), np.append(np.arange(400), np.full(4000, 400)))
    assert not ((binning.edges > 700) & (binning.edges < 900)).any()


def test_missing_numbers_have_the_last_code_and_nothing_known_gives_one_bin():
    binning = Binning.of(np.full(50, np.nan), np.arange(50))
    assert binning.encode(np.array([np.nan, 3.0])).tolist() == [1, 0]


@pytest.mark.parametrize(("day", "names"), [(0.0, 0), (1.0, 4), (86_400e6, 5)])
def test_the_calendar_is_the_one_on_the_wall(day, names):
    moments = [datetime.datetime(2024, 2, 29, 18), datetime.datetime(1969, 12, 31, 6), datetime.datetime(2026, 11, 26)]
    days = np.array([(m - datetime.datetime(1970, 1, 1)) / datetime.timedelta(days=1) for m in moments])
    clock = learned(np.arange(500.0) * max(day, 1), day=day)
    codes = clock.calendar(days * max(day, 1))
    left = [calendar.monthrange(m.year, m.month)[1] - m.day for m in moments]
    told = [[m.weekday() for m in moments], [m.day - 1 for m in moments], left, [m.month - 1 for m in moments]]
    assert codes.tolist() == [*told, [m.hour for m in moments]][:names]
    assert [c.cardinality - 1 for c in clock.calendar_columns] == clock.calendar(np.array([np.nan])).ravel().tolist()


def test_gaps_are_those_between_rows_of_one_parent():
    rng = np.random.default_rng(2)
    time = (rng.integers(0, 5000, 200)[:, None] + 7 * np.arange(5)).ravel()
    clock = learned(time)
    assert (clock.decode_gap(clock.encode_gap(np.full(50, 7.0)), rng) == 7).all()
