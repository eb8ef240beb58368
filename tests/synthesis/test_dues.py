"""Standing orders, salaries and fees come again when they are due."""

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.synthesis.dues import Dues, add_months, find_dues, find_when, next_due


def days(*dates):
    return pl.Series(dates).str.to_date().to_physical().to_numpy().astype(float)


def test_a_month_later_is_the_same_day_and_the_last_day_comes_on_the_last():
    some = days("2023-01-15", "2023-01-31", "2023-02-28", "2024-01-30", "2024-02-29", "1969-12-31", "2023-11-30")
    later = days("2023-02-15", "2023-02-28", "2023-03-31", "2024-02-29", "2024-03-31", "1970-01-31", "2023-12-31")
    assert add_months(some, 1, 1.0).tolist() == later.tolist()
    micros = some * 86_400e6 + 3_600e6  # at one o'clock
    assert add_months(micros, 1, 86_400e6).tolist() == (later * 86_400e6 + 3_600e6).tolist()
    assert add_months(days("2023-08-31"), 6, 1.0) == days("2024-02-29")
    assert np.isnan(add_months(np.array([np.nan]), 1, 1.0)).all()


def payments(accounts, seed):
    """A salary on a day of each account's own, a fee on the last day, a weekly order, and purchases at any time."""
    rng = np.random.default_rng(seed)
    whose, when, what, amounts = [], [], [], []
    for account in range(accounts):
        begin = days("2023-01-01")[0] + rng.integers(0, 60)
        salary, order = rng.integers(1500, 4000), rng.integers(10, 60)
        now = begin
        for _ in range(rng.integers(6, 12)):
            whose, when, what, amounts = [*whose, account], [*when, now], [*what, "salary"], [*amounts, salary]
            now = add_months(np.array([now]), 1, 1.0)[0]
        for week in range(rng.integers(10, 20)):
            whose, when, what, amounts = (
                [*whose, account],
                [*when, begin + 2 + 7 * week],
                [*what, "order"],
                [*amounts, order],
            )
        bought = begin + rng.integers(0, 250, rng.poisson(12))
        whose, when, what = [*whose, *[account] * len(bought)], [*when, *bought], [*what, *["purchase"] * len(bought)]
        amounts = [*amounts, *rng.integers(1, 300, len(bought))]
    frame = pl.DataFrame(
        {"account_id": np.array(whose) + 10_000, "day": np.array(when), "what": what, "amount": np.array(amounts, int)}
    )
    frame = frame.with_columns(pl.col("day").cast(pl.Int32).cast(pl.Date)).sort(
        "account_id", "day", maintain_order=True
    )
    owners = pl.DataFrame(
        {"account_id": np.arange(accounts) + 10_000, "region": rng.choice(["north", "south"], accounts)}
    )
    return {"accounts": owners, "payments": frame}


def on_time(frame, what, period):
    """How many of the rows of a kind that have one before come a period after it, and have its amount."""
    own = frame.filter(pl.col("what") == what).sort("account_id", "day")
    before = own.select(pl.all().shift(1).over("account_id").name.suffix(" before"))
    own = pl.concat([own, before], how="horizontal").filter(pl.col("day before").is_not_null())
    return (own["day before"].dt.offset_by(period) == own["day"]).mean(), (own["amount"] == own["amount before"]).mean()


@pytest.fixture(scope="module")
def real():
    return payments(500, 0)


@pytest.fixture(scope="module")
def model(real):
    return twinfold.fit(real)


def test_what_is_due_comes_on_its_day_with_its_amount(model, real):
    drawn = twinfold.sample(model, 500, seed=3)["payments"]
    for what, period in (("salary", "1mo"), ("order", "7d")):
        timely, again = on_time(drawn, what, period)
        assert timely > 0.9, what
        assert again > 0.95, what
    assert on_time(drawn, "purchase", "7d")[0] < 0.1
    counts = [frame.group_by("what").len().sort("what")["len"].to_numpy() / 500 for frame in (drawn, real["payments"])]
    assert counts[0] == pytest.approx(counts[1], rel=0.15)


def test_instalments_come_each_month_on_the_day_of_their_loan():
    rng = np.random.default_rng(0)
    count = rng.integers(4, 14, 600)
    begin = np.repeat(days("2023-01-01")[0] + rng.integers(0, 200, 600), count)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    when = np.concatenate([add_months(begin[place == k], int(k), 1.0) if k else begin[place == 0] for k in range(13)])
    whose = np.concatenate([np.repeat(np.arange(600), count)[place == k] for k in range(13)])
    rates = {
        "account_id": whose + 10_000,
        "day": when,
        "amount": (100 + whose % 70 * 10),
        "what": ["rate"] * len(whose),
    }
    frame = pl.DataFrame(rates).with_columns(pl.col("day").cast(pl.Int32).cast(pl.Date)).sort("account_id", "day")
    loans = pl.DataFrame({"account_id": np.arange(600) + 10_000, "region": rng.choice(["north", "south"], 600)})
    drawn = twinfold.sample(twinfold.fit({"loans": loans, "rates": frame}), 600, seed=1)["rates"]
    assert on_time(drawn, "rate", "1mo")[0] > on_time(frame, "rate", "1mo")[0] - 0.02
    assert drawn.height == pytest.approx(frame.height, rel=0.1)


def test_a_history_that_is_continued_goes_on_with_what_is_due(model, real, tmp_path):
    cut = pl.date(2023, 5, 15)
    so_far = real | {"payments": real["payments"].filter(pl.col("day") <= cut)}
    going = twinfold.sample(model, continuing=so_far, after="2023-05-15", seed=1)["payments"]
    both = pl.concat([so_far["payments"], going.select(so_far["payments"].columns)], how="vertical_relaxed")
    timely, again = on_time(both, "salary", "1mo")
    assert timely > 0.9
    assert again > 0.95


def test_a_saved_model_draws_the_same(model, tmp_path):
    model.save(tmp_path / "m.twin")
    again = twinfold.sample(tmp_path / "m.twin", 50, seed=2)["payments"]
    assert again.equals(twinfold.sample(model, 50, seed=2)["payments"])


def test_a_period_is_found_where_half_of_many_customers_rows_keep_it():
    rng = np.random.default_rng(0)
    first = rng.integers(0, 300, 60).astype(float)
    time = np.stack([first, first + 14, first + 28, first + 28 + rng.integers(1, 60, 60)], axis=1)
    before = np.arange(240).reshape(60, 4) - 1
    before[:, 0] = -1
    kind, owners = np.zeros(240, int), np.repeat(np.arange(60), 4)
    found = find_dues(kind, time.ravel(), before.ravel(), owners, owners, kinds=2, day=0.0)
    assert found.units.tolist() == [14, 0]
    assert found.after(np.array([0, 1]), np.array([5.0, 5.0]))[0] == 19
    assert np.isnan(found.after(np.array([1]), np.array([5.0]))).all()
    few = owners // 10  # six customers
    assert find_dues(kind, time.ravel(), before.ravel(), owners, few, kinds=2, day=0.0) is None
    none = first[:, None] + np.sort(rng.integers(0, 3000, (60, 4)), axis=1)
    assert find_dues(kind, none.ravel(), before.ravel(), owners, owners, kinds=2, day=1.0) is None


def test_what_comes_on_one_day_of_the_month_is_due_for_everybody_from_the_start():
    """Fees on the last day, of everybody; a loan's rate on the twelfth, of a third; a salary on each one's own day."""
    fees = np.stack([days("2023-01-31", "2023-02-28", "2023-03-31")] * 60)
    rates = np.stack([days("2023-01-12", "2023-02-12", "2023-03-12")] * 20)
    rng = np.random.default_rng(0)
    begin = days("2023-01-01")[0] + rng.integers(0, 27, 60)
    salaries = np.stack([begin, add_months(begin, 1, 1.0), add_months(begin, 2, 1.0)], axis=1)
    parts = [(0, fees), (1, rates), (2, salaries)]
    time = np.concatenate([own.ravel() for _, own in parts])
    kind = np.concatenate([np.full(own.size, k) for k, own in parts])
    parent = np.concatenate([np.repeat(np.arange(len(own)), 3) for _, own in parts])
    before = np.where(np.arange(len(time)) % 3 == 0, -1, np.arange(len(time)) - 1)
    found = find_dues(kind, time, before, parent, parent, kinds=4, day=1.0)
    assert found.months.tolist() == [1, 1, 1, 0]
    assert found.places.tolist() == [-1, 12, 0, 0]
    assert found.everyones.tolist() == [True, False, False, False]
    now = days("2023-04-10", "2023-04-30")
    assert found.begin(now)[:, 0].tolist() == days("2023-04-30", "2023-04-30").tolist()
    assert np.isnan(found.begin(now)[:, 1:]).all()
    wrong_day = days("2023-05-29")
    assert found.after(np.array([0]), wrong_day).tolist() == days("2023-06-30").tolist()
    assert found.after(np.array([2]), wrong_day).tolist() == days("2023-06-29").tolist()
    missed = np.array([[days("2023-05-31")[0], days("2023-05-12")[0], days("2023-05-29")[0], np.nan]])
    found.go_on(missed, days("2023-06-02"))
    assert missed[0, :3].tolist() == days("2023-06-30", "2023-06-12", "2023-05-29").tolist()


def test_nobody_waits_for_ever_for_what_is_due():
    due, now = np.array([[5.0, 9.0, np.nan]] * 3), np.array([5.0, 5.0, 6.0])
    found = next_due(due, now, np.array([2, 3, 0]))
    assert found[:, 0].tolist() == [5, 9, 9]
    assert np.isinf(found[:, 2]).all()
    assert find_when(found, np.array([5.0, 7.0, 11.0])).tolist() == [1, 0, 2]


def test_dues_of_a_hostile_file_are_refused():
    good = {"months": np.array([1, 0]), "units": np.array([0.0, 7.0]), "day": np.array([1.0])}
    good |= {"places": np.array([-1, 0]), "everyones": np.array([True, False])}
    assert Dues.from_arrays(good, 2, 1.0).units[1] == 7
    bad = [
        {"months": np.array([1, 5])},
        {"months": np.array([1])},
        {"units": np.array([0.0, -7.0])},
        {"units": np.array([np.nan, 7.0])},
        {"day": np.array([2.0])},
        {"months": np.array([0, 0]), "places": np.array([0, 0]), "everyones": np.zeros(2, bool), "units": np.zeros(2)},
        {"places": np.array([31, 0])},
        {"places": np.array([-1, 3])},
        {"everyones": np.array([True, True])},
        {"everyones": np.array([1, 0])},
    ]
    for wrong in bad:
        with pytest.raises(ValueError, match="dues that don't fit together"):
            Dues.from_arrays(good | wrong, 2, 1.0)
