"""Who gets what, and what would come of it: a lot that is the customer's own, and outcomes as a behaviour expects."""

import json

import numpy as np
import polars as pl
import pytest

from known_worlds import make_mailing
from twinfold import DataError, OptionError, OutputError, SpecificationError, calibrate, run_experiment
from twinfold.behaviour.frozen import frozen_beside, read_frozen
from twinfold.behaviour.rows import hash_names
from twinfold.simulation.experiments.assignment import assign_arms
from twinfold.simulation.experiments.specification import make_experiment

ASKED = {"name": "mail", "outcome": "visit", "treatment": "arm", "arms": ["none", "men", "women"], "customer": "id"}


def customers(n, seed=0):
    return make_mailing(n, seed, {"none": 0.0}).drop("arm", "visit").with_columns(id=pl.arange(n))


@pytest.fixture(scope="module")
def behaviour():
    made = make_mailing(20_000, 0, {"none": 0.0, "men": 0.08, "women": 0.0})
    return calibrate(made, {"kind": "response", "outcome": "visit", "treatment": "arm"})


def test_arms_have_their_shares():
    codes = hash_names(pl.Series(range(30_000)))
    counts = np.bincount(assign_arms(codes, make_experiment(ASKED | {"shares": [0.5, 0.3, 0.2]}), 0)) / 30_000
    assert counts == pytest.approx([0.5, 0.3, 0.2], abs=0.01)


def test_the_lot_is_the_customers_own(tmp_path):
    """Whatever file they stand in; another seed, or another experiment, is another lot."""
    whole = customers(4_000)
    for name, frame in (("a", whole), ("b", whole.tail(1_000).sample(fraction=1, shuffle=True, seed=0))):
        run_experiment(ASKED, frame, tmp_path / f"{name}.csv")
    a, b = (pl.read_csv(tmp_path / f"{name}.csv") for name in ("a", "b"))
    assert b.sort("id").equals(a.tail(1_000))
    for name, change, seed in (("c", {}, 1), ("d", {"name": "other"}, 0)):
        run_experiment(ASKED | change, whole, tmp_path / f"{name}.csv", seed=seed)
        assert (pl.read_csv(tmp_path / f"{name}.csv")["arm"] == a["arm"]).mean() == pytest.approx(1 / 3, abs=0.03)


def test_rows_of_one_customer_are_in_one_arm(tmp_path):
    twice = pl.concat([customers(500)] * 2)
    made = run_experiment(ASKED, twice, tmp_path / "a.csv")
    assert pl.read_csv(tmp_path / "a.csv").group_by("id").agg(pl.col("arm").n_unique())["arm"].max() == 1
    assert sum(made.arms.values()) == 500


def test_a_list_alone_holds_arms_and_nothing_else(tmp_path):
    made = run_experiment(ASKED, customers(300), tmp_path / "list.parquet")
    assert pl.read_parquet(tmp_path / "list.parquet").columns == [*customers(1).columns, "arm"]
    assert made.frozen is None
    assert list(tmp_path.iterdir()) == [tmp_path / "list.parquet"]
    assert "arms alone" in made.text()


def test_outcomes_come_as_often_as_the_behaviour_expects(tmp_path, behaviour):
    made = run_experiment(ASKED, customers(30_000, 1), tmp_path / "run.csv", behaviour=behaviour)
    rows = pl.read_csv(tmp_path / "run.csv")
    share = dict(rows.group_by("arm").agg(pl.col("visit").mean()).iter_rows())
    for arm in ("men", "women"):
        gain = made.lifts[arm]
        assert share[arm] - share["none"] == pytest.approx(gain.value, abs=0.016)
    assert made.lifts["men"].lower < 0.08 < made.lifts["men"].upper
    assert set(rows["visit"]) == {0, 1}


def test_expected_lifts_are_frozen_beside(tmp_path, behaviour):
    made = run_experiment(ASKED, customers(500), tmp_path / "run.csv", behaviour=behaviour)
    assert made.frozen == tmp_path / "run.lifts.csv"
    record = read_frozen(made.frozen)
    assert record.specification["experiment"]["name"] == "mail"
    assert pl.read_csv(made.frozen)["lift"].to_list() == pytest.approx([g.value for g in made.lifts.values()])
    frozen_beside(made.frozen).write_text(json.dumps({}))
    with pytest.raises(DataError, match="damaged"):
        read_frozen(made.frozen)


def test_numbers_come_as_expected(tmp_path):
    rng = np.random.default_rng(0)
    dose = rng.choice([1.0, 2.0, 3.0], 5_000)
    made = pl.DataFrame(
        {"age": rng.integers(20, 70, 5_000), "dose": dose, "spent": 10 + 2 * dose + rng.normal(size=5_000)}
    )
    learned = calibrate(made, {"kind": "response", "outcome": "spent", "treatment": "dose"})
    asked = {"outcome": "spent", "treatment": "dose", "arms": [1.0, 3.0]}
    run = run_experiment(asked, made.drop("dose", "spent"), tmp_path / "run.csv", behaviour=learned)
    rows = pl.read_csv(tmp_path / "run.csv")
    low, high = (rows.filter(pl.col("dose") == value)["spent"] for value in (1, 3))
    assert high.mean() - low.mean() == pytest.approx(4, abs=0.15)
    assert low.std() == pytest.approx(1, abs=0.1)
    assert run.lifts["3"].value == pytest.approx(4, abs=0.15)


def test_an_assumption_may_be_run(tmp_path):
    """What nobody ever tried: by how much it would move a number is the user's own word."""
    rng = np.random.default_rng(0)
    past = pl.DataFrame({"age": rng.integers(20, 70, 2_000), "spent": 0.5 + 0.1 * rng.normal(size=2_000)})
    guess = {"effect": 0.2, "lower": 0.1, "upper": 0.3, "usual": "none", "arm": "gift"}
    known = calibrate(past, {"kind": "response", "outcome": "spent", "treatment": "offer", "assumed": guess})
    asked = {"outcome": "spent", "treatment": "offer", "arms": ["none", "gift"]}
    made = run_experiment(asked, past.drop("spent"), tmp_path / "run.csv", behaviour=known)
    rows = pl.read_csv(tmp_path / "run.csv")
    gift, none = (rows.filter(pl.col("offer") == arm)["spent"] for arm in ("gift", "none"))
    assert gift.mean() - none.mean() == pytest.approx(0.2, abs=0.02)
    assert none.std() == pytest.approx(0.1, abs=0.01)
    assert (made.lifts["gift"].lower, made.lifts["gift"].upper) == pytest.approx((0.1, 0.3))


@pytest.mark.parametrize(
    ("change", "rows", "error", "message"),
    [
        ({"arms": ["none", "kids"]}, None, OptionError, "'kids' was never tried"),
        ({"outcome": "sale"}, None, OptionError, "behaviour is of outcome 'visit' and the experiment of 'sale'"),
        ({"treatment": "mail"}, None, OptionError, "behaviour is of treatment 'arm'"),
        ({}, pl.lit("none").alias("arm"), DataError, "has the treatment, 'arm', already"),
        ({}, pl.lit(1).alias("visit"), DataError, "has the outcome, 'visit', already"),
        ({"customer": "who"}, None, SpecificationError, "column 'who' is not in"),
        ({}, pl.when(pl.col("id") > 3).then(pl.col("id")).alias("id"), DataError, "id is missing in 4 rows"),
    ],
)
def test_what_can_not_be_run_leaves_nothing(tmp_path, behaviour, change, rows, error, message):
    frame = customers(300) if rows is None else customers(300).with_columns(rows)
    with pytest.raises(error, match=message):
        run_experiment(ASKED | change, frame, tmp_path / "run.csv", behaviour=behaviour)
    assert not list(tmp_path.iterdir())


def test_nothing_is_replaced_unasked(tmp_path, behaviour):
    (tmp_path / "run.lifts.csv").write_text("mine")
    with pytest.raises(OutputError, match=r"run.lifts.csv exists"):
        run_experiment(ASKED, customers(300), tmp_path / "run.csv", behaviour=behaviour)
    assert not (tmp_path / "run.csv").exists()
    with pytest.raises(OptionError, match="seed -1"):
        run_experiment(ASKED, customers(300), tmp_path / "run.csv", seed=-1)
