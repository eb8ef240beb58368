"""What an experiment teaches a behaviour, in worlds whose truth is known: one that was wrong is put right."""

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from twinfold import (
    OptionError,
    RefusedError,
    SpecificationError,
    calibrate,
    learn_experiment,
    load_behaviour,
    run_experiment,
    save_behaviour,
)

EFFECT = 0.3
SPEC = {"kind": "response", "outcome": "y", "treatment": "arm", "customer": "id", "covariates": ["age", "city"]}
ASKED = {
    "name": "lot",
    "outcome": "y",
    "treatment": "arm",
    "arms": ["none", "offer"],
    "customer": "id",
    "covariates": ["age"],
}


@pytest.fixture(autouse=True)
def board(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINFOLD_SCOREBOARD", str(tmp_path / "board.jsonl"))


def world(n, seed, *, lot, effect=EFFECT, more=0.0):
    """Customers, and what the offer truly does to them on average. Without a lot those got it who would have bought
    anyway, for a reason that no column shows."""
    rng = np.random.default_rng(seed)
    age, unseen, city = rng.normal(45, 12, n).round(), rng.normal(size=n), rng.integers(0, 3, n)
    offered = rng.random(n) < (0.5 if lot else expit(0.04 * (age - 45) + unseen))
    score = -1.5 + 0.3 * (age - 45) / 12 + 0.8 * unseen
    own = effect + more * (city - 1)
    frame = pl.DataFrame(
        {
            "id": np.arange(n) + seed * 10**6,
            "age": age,
            "city": np.array(["Brno", "Olomouc", "Praha"])[city],
            "arm": np.where(offered, "offer", "none"),
            "y": (rng.random(n) < expit(score + own * offered)).astype(int),
        }
    )
    return frame, float((expit(score + own) - expit(score)).mean())


def gain(behaviour, seed=999, **kind):
    frame, truth = world(20_000, seed, lot=True, **kind)
    return behaviour.gain(frame.drop("arm", "y"), "offer", "none"), truth


@pytest.fixture(scope="module")
def wrong():
    return calibrate(world(10_000, 1, lot=False)[0], SPEC)


def test_an_effect_that_was_wrong_is_put_right(wrong):
    before, truth = gain(wrong)
    assert before.value > truth + 0.07
    assert not before.lower <= truth <= before.upper
    lesson = learn_experiment(wrong, ASKED, world(4_000, 2, lot=True)[0])
    after, _ = gain(lesson.behaviour)
    assert abs(after.value - truth) < 0.03
    assert after.lower <= truth <= after.upper
    assert after.identification == "observational"
    assert "expected" in lesson.text()
    assert lesson.lifts[0].after[0] == pytest.approx(lesson.lifts[0].found[0], abs=0.02)


def test_intervals_hold_the_truth_afterwards():
    held, errors = [], []
    for seed in range(30):
        wrong = calibrate(world(5_000, 3 * seed + 10, lot=False)[0], SPEC)
        lesson = learn_experiment(wrong, ASKED, world(2_000, 3 * seed + 11, lot=True)[0])
        after, truth = gain(lesson.behaviour, 3 * seed + 12)
        held.append(after.lower <= truth <= after.upper)
        errors.append(after.value - truth)
    assert np.mean(held) > 0.85
    assert abs(np.mean(errors)) < 0.012


def test_what_was_right_by_lot_becomes_surer_and_no_other():
    known = calibrate(world(8_000, 100, lot=True)[0], SPEC)
    lesson = learn_experiment(known, ASKED, world(8_000, 101, lot=True)[0])
    (before, truth), (after, _) = gain(known), gain(lesson.behaviour)
    assert after.upper - after.lower < 0.8 * (before.upper - before.lower)
    assert after.lower - 0.005 <= truth <= after.upper + 0.005
    assert lesson.label == "randomised"


def test_a_lot_that_contradicts_a_lot_is_followed():
    """The offer has lost its charm: what was learned by lot years ago is wrong now."""
    known = calibrate(world(8_000, 100, lot=True, effect=1.5)[0], SPEC)
    lesson = learn_experiment(known, ASKED, world(4_000, 102, lot=True, effect=0.0)[0])
    assert "the two contradict each other" in lesson.text()
    after, truth = gain(lesson.behaviour, effect=0.0)
    assert after.lower <= truth <= after.upper
    assert lesson.hidden[1] > lesson.hidden[0]


def test_who_responds_more_stays_as_it_was_learned():
    known = calibrate(world(20_000, 1, lot=False, more=0.4)[0], SPEC)
    lesson = learn_experiment(known, ASKED, world(4_000, 2, lot=True, more=0.4)[0])
    frame = world(150, 5, lot=True)[0].drop("arm", "y")
    lifts = [
        lesson.behaviour.gain(frame.with_columns(city=pl.lit(city)), "offer", "none").value
        for city in ("Brno", "Olomouc", "Praha")
    ]
    assert lifts == sorted(lifts)
    assert lifts[2] - lifts[0] > 0.08
    assert any("how that differs between customers is as it was learned before" in n for n in lesson.behaviour.notes)


def test_an_effect_that_is_all_the_lots_is_called_so():
    """Alike for all customers in the model, and known from the experiment alone."""
    bare = calibrate(world(10_000, 1, lot=False)[0].drop("city"), SPEC | {"covariates": []})
    assert str(bare.model.assignment.label) == "observational"
    lesson = learn_experiment(bare, ASKED, world(4_000, 2, lot=True)[0])
    assert lesson.label == "randomised"


def test_doses_teach_a_slope():
    rng = np.random.default_rng(0)

    def doses(n, lot):
        unseen = rng.normal(size=n)
        dose = (
            rng.choice([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], n)
            if lot
            else (3.5 + unseen + rng.normal(size=n)).clip(1, 6).round(1)
        )
        age = rng.integers(20, 70, n)
        y = 10 + 2 * dose + 3 * unseen + 0.1 * age + rng.normal(size=n)
        return pl.DataFrame({"id": np.arange(n) + lot * 10**6, "age": age, "dose": dose, "y": y})

    known = calibrate(doses(5_000, False), {"kind": "response", "outcome": "y", "treatment": "dose", "customer": "id"})
    tried = doses(3_000, True).filter(pl.col("dose").is_in([2.0, 5.0]))
    asked = {"outcome": "y", "treatment": "dose", "arms": [2, 5], "customer": "id"}
    new = doses(1_000, True).drop("dose", "y")
    before = known.gain(new, 5.0, 2.0)
    after = learn_experiment(known, asked, tried).behaviour.gain(new, 5.0, 2.0)
    assert before.value > 8
    assert after.lower <= 6 <= after.upper
    assert after.value == pytest.approx(6, abs=0.6)


def test_the_file_says_what_it_learned_from_and_not_twice(wrong, tmp_path):
    rows = world(2_000, 2, lot=True)[0]
    made = learn_experiment(wrong, ASKED, rows).behaviour
    save_behaviour(made, tmp_path / "made.behaviour")
    again = load_behaviour(tmp_path / "made.behaviour")
    assert "lot: 2,000 customers" in again.origin["experiment 1"]
    assert gain(again)[0] == gain(made)[0]
    with pytest.raises(RefusedError, match="these very outcomes"):
        learn_experiment(again, ASKED, rows.sample(fraction=1, shuffle=True, seed=0))
    with pytest.raises(RefusedError, match="these very outcomes"):
        learn_experiment(
            wrong, ASKED | {"arms": ["none", "offer"], "shares": [0.5, 0.5]}, world(10_000, 1, lot=False)[0]
        )
    third = learn_experiment(again, ASKED, world(2_000, 3, lot=True)[0]).behaviour
    assert "experiment 2" in third.origin


def test_a_behaviour_does_not_believe_itself(wrong, tmp_path):
    world(2_000, 2, lot=True)[0].drop("arm", "y").write_csv(tmp_path / "customers.csv")
    run_experiment(ASKED, tmp_path / "customers.csv", tmp_path / "run.csv", behaviour=wrong)
    with pytest.raises(RefusedError, match="it would believe itself"):
        learn_experiment(wrong, ASKED, tmp_path / "run.csv")


def test_nothing_is_learned_of_a_broken_lot(wrong):
    rows = world(4_000, 2, lot=True)[0].filter((pl.col("arm") == "none") | (pl.col("id") % 4 > 0))
    with pytest.raises(RefusedError, match="a lot that was none"):
        learn_experiment(wrong, ASKED, rows)


def test_behaviours_of_something_else_do_not_learn(wrong):
    rows = world(2_000, 2, lot=True)[0]
    gift = rows.with_columns(pl.col("arm").replace("offer", "gift"))
    with pytest.raises(OptionError, match="'gift' was never tried"):
        learn_experiment(wrong, ASKED | {"arms": ["none", "gift"]}, gift)
    with pytest.raises(OptionError, match="behaviour is of outcome 'y' and the experiment of 'z'"):
        learn_experiment(wrong, ASKED | {"outcome": "z"}, rows.rename({"y": "z"}))
    with pytest.raises(SpecificationError, match="column 'why' is not"):
        learn_experiment(wrong, ASKED | {"outcome": "why"}, rows)
    assumed = {
        "kind": "response", "outcome": "y", "treatment": "rebate", "covariates": ["age"],
        "assumed": {"effect": 0.1, "lower": 0.0, "upper": 0.2, "usual": 0},
    }  # fmt: skip
    guess = calibrate(world(2_000, 3, lot=True)[0].drop("arm"), assumed)
    with pytest.raises(OptionError, match="an assumption can't learn"):
        learn_experiment(
            guess,
            {"outcome": "y", "treatment": "rebate", "arms": [0, 1], "customer": "id"},
            rows.with_columns(rebate=pl.col("arm").replace_strict({"none": 0, "offer": 1})).drop("arm"),
        )
