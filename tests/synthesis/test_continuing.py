"""Histories that are continued: planted customers, of whom it is known what they will do."""

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.cli.main import main
from twinfold.errors import ConditionError, OptionError

START, END = 18_000, 18_300
NOW = "2019-09-01"


def as_date(days):
    return pl.Series(days).cast(pl.Int32).cast(pl.Date)


def bank(customers=1500, seed=0, first_id=1):
    """Regulars pay every seventh day to the end, their own price; the gone stop after three; some never pay."""
    rng = np.random.default_rng(seed)
    ids = np.arange(first_id, first_id + customers)
    kind = rng.choice(["regular", "gone", "never"], customers, p=[0.4, 0.4, 0.2])
    begin = START + rng.integers(0, 60, customers)
    count = np.where(kind == "regular", (END - begin) // 7 + 1, np.where(kind == "gone", 3, 0))
    owner = np.repeat(np.arange(customers), count)
    place = np.concatenate([np.arange(n) for n in count])
    colours = rng.choice(["red", "blue"], customers)
    price = np.round(rng.uniform(10, 500, customers), 2)[owner]
    payments = {
        "payment_id": np.arange(5000, 5000 + len(owner)),
        "customer_id": ids[owner],
        "paid_on": as_date(begin[owner] + 7 * place),
        "price": price,
        "points": rng.integers(1, 1000, len(owner)),
    }
    return {
        "customers": pl.DataFrame({"customer_id": ids, "sort": rng.choice(["a", "b"], customers)}),
        "cards": pl.DataFrame({"card_id": ids + 70_000, "customer_id": ids, "colour": colours}),
        "payments": pl.DataFrame(payments),
    }, kind


@pytest.fixture(scope="module")
def model():
    return twinfold.fit(bank()[0], seed=0)


@pytest.fixture(scope="module")
def others():
    return bank(customers=300, seed=1, first_id=9000)


@pytest.fixture(scope="module")
def onward(model, others):
    return twinfold.sample(model, continuing=others[0], after=NOW)


def test_customers_go_on_as_their_rows_so_far_say(others, onward):
    tables, kind = others
    known = tables["customers"].with_columns(kind=pl.Series(kind))
    now = pl.lit(NOW).str.to_date()
    real = tables["payments"].filter(pl.col("paid_on") > now).group_by("customer_id").len("real")
    made = onward["payments"].group_by("customer_id").len("made")
    both = known.join(real, "customer_id", how="left").join(made, "customer_id", how="left").fill_null(0)
    means = both.group_by("kind").agg(pl.col("real", "made").mean())
    found = {kind: (real, made) for kind, real, made in means.iter_rows()}
    assert found["regular"][1] == pytest.approx(found["regular"][0], rel=0.1)
    assert found["gone"][1] < 0.3
    assert found["never"][1] < 0.3
    assert found["regular"][0] > 15


def test_new_rows_follow_the_given_ones_and_keep_to_what_these_repeat(others, onward):
    now = pl.lit(NOW).str.to_date()
    before = others[0]["payments"].filter(pl.col("paid_on") <= now)
    after = onward["payments"]
    assert after.filter(pl.col("paid_on") <= now).is_empty()
    assert after["paid_on"].max() <= as_date([END])[0]
    last = before.sort("paid_on").group_by("customer_id").last()
    first = after.sort("paid_on").group_by("customer_id").first().join(last, "customer_id", suffix="_before")
    gap = (first["paid_on"] - first["paid_on_before"]).dt.total_days()
    assert (gap == 7).mean() > 0.9
    assert (first["price"] == first["price_before"]).mean() > 0.9


def test_what_is_given_stays_and_no_key_of_it_comes_again(others, onward):
    given = others[0]
    assert onward["customers"].equals(given["customers"])
    assert onward["cards"].equals(given["cards"])
    assert onward["payments"].schema == given["payments"].schema
    keys = pl.concat([given["payments"]["payment_id"], onward["payments"]["payment_id"]])
    assert keys.is_unique().all()
    assert onward["payments"]["customer_id"].is_in(given["customers"]["customer_id"].implode()).all()


def test_a_customer_without_a_row_may_begin(model, others):
    given = others[0] | {"payments": others[0]["payments"].clear()}
    out = twinfold.sample(model, continuing=given, after="2019-04-20")
    begun = out["payments"].group_by("customer_id").agg(pl.col("paid_on").min())
    # 80 % ever pay, from one of sixty days on, of which nineteen have passed: .8 * 41 / (.8 * 41 + .2 * 60)
    assert begun.height / 300 == pytest.approx(0.73, abs=0.08)
    assert begun["paid_on"].min() > pl.Series(["2019-04-20"]).str.to_date()[0]


def test_histories_end_where_is_asked_and_other_seeds_give_other_futures(model, others):
    one, two = (twinfold.sample(model, continuing=others[0], after=NOW, until="2019-09-15", seed=s) for s in (1, 2))
    assert str(one["payments"]["paid_on"].max()) <= "2019-09-15"
    assert not one["payments"].equals(two["payments"])
    again = twinfold.sample(model, continuing=others[0], after=NOW, until="2019-09-15", seed=1)
    assert again["payments"].equals(one["payments"])


def test_the_learned_end_is_no_end_of_customers(model, others):
    """Regulars are cut off by the end of the data; none of those who are continued to it stops before."""
    kind = pl.Series(others[1])
    regular = others[0]["customers"].filter(kind == "regular")["customer_id"]
    out = twinfold.sample(model, continuing=others[0], after=NOW)["payments"]
    last = out.filter(pl.col("customer_id").is_in(regular.implode())).group_by("customer_id").agg(pl.max("paid_on"))
    assert ((as_date([END])[0] - last["paid_on"]).dt.total_days() <= 7).mean() > 0.9


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"until": "2021-01-01"}, "learned up to"),
        ({"until": "2019-08-01"}, "earlier"),
        ({"after": "2030-01-01"}, "earlier"),
        ({"after": "soon"}, "dates"),
        ({"n": 5}, "n can't"),
        ({"where": "sort = 'a'"}, "where can't"),
    ],
)
def test_what_can_not_be_continued_is_said_in_one_line(model, others, asked, said):
    with pytest.raises(OptionError, match=said) as caught:
        twinfold.sample(model, **{"continuing": others[0], "after": NOW, **asked})
    assert "\n" not in str(caught.value)


def test_a_table_goes_on_to_its_own_end_and_others_further():
    """Visits were learned for half of the time: none is drawn after that, though payments go on."""
    tables, _ = bank()
    rng = np.random.default_rng(5)
    ids = tables["customers"]["customer_id"].to_numpy()
    owner = np.repeat(ids, 6)
    day = np.sort(rng.integers(START, START + 150, (len(ids), 6)), axis=1).ravel()
    visits = pl.DataFrame({"customer_id": owner, "seen_on": as_date(day), "points": rng.integers(0, 99, len(owner))})
    every = tables | {"visits": visits}
    model = twinfold.fit(every, seed=0)
    day = as_date([START + 120])[0]
    out = twinfold.sample(model, continuing=every, after=str(day))
    assert out["payments"]["paid_on"].max() > as_date([END - 7])[0]
    assert day < out["visits"]["seen_on"].max() <= as_date([START + 150])[0]
    late, notes = model.go_on({name: every[name] for name in out}, after="2019-09-20")
    assert late["visits"].is_empty()
    assert late["payments"].height
    assert any("visits: up to" in note and "does not go on" in note for note in notes)


def test_rows_that_can_not_be_gone_on_from_are_refused(model, others):
    for changed in (
        {name: frame for name, frame in others[0].items() if name != "payments"},
        others[0] | {"payments": others[0]["payments"].drop("price")},
        others[0] | {"customers": others[0]["customers"].clear()},
        others[0] | {"customers": pl.concat([others[0]["customers"]] * 2)},
    ):
        with pytest.raises(ConditionError):
            twinfold.sample(model, continuing=changed, after=NOW)
    with pytest.raises(OptionError, match="continued"):
        twinfold.sample(model, after=NOW)


def test_the_command_writes_a_folder_and_says_what_was_left_aside(model, others, tmp_path, capsys):
    given = tmp_path / "given"
    given.mkdir()
    for name, frame in others[0].items():
        frame.write_csv(given / f"{name}.csv")
    model.save(tmp_path / "bank.twin")
    command = ["sample", str(tmp_path / "bank.twin"), "-o", str(tmp_path / "next"), "--continue", str(given)]
    assert main([*command, "--after", NOW]) == 0
    told = capsys.readouterr().out
    assert "later than that" in told
    assert "cards: its rows have no time" in told
    assert pl.read_parquet(tmp_path / "next/payments.parquet").height > 100
    assert main([*command[:-2], "--after", NOW]) == 2
