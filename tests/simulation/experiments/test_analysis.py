"""What is concluded of results: of nothing, of something, of a broken lot, and of parts of the customers."""

import numpy as np
import polars as pl
import pytest

from twinfold import DataError, OptionError, SpecificationError, analyse_experiment
from twinfold.simulation.experiments.analysis import Verdict

ASKED = {"name": "mail", "outcome": "y", "treatment": "arm", "arms": ["none", "men", "women"], "customer": "id"}


def results(n, seed, lifts=(0.0, 0.0, 0.0), *, base=0.2, woman=0.0, parts=(1 / 3, 1 / 3, 1 / 3)):
    """Customers by lot; the second arm does so much more to women."""
    rng = np.random.default_rng(seed)
    arm, female, score = rng.choice(3, n, p=parts), rng.integers(0, 2, n), rng.normal(size=n)
    chance = base + 0.1 * np.tanh(score) + np.array(lifts)[arm] + woman * (arm == 1) * (female - 0.5)
    return pl.DataFrame(
        {
            "id": np.arange(n),
            "score": score,
            "female": np.where(female, "yes", "no"),
            "arm": np.array(ASKED["arms"])[arm],
            "y": (rng.random(n) < chance).astype(int),
        }
    )


@pytest.fixture(autouse=True)
def board(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINFOLD_SCOREBOARD", str(tmp_path / "board.jsonl"))


def verdicts(frame, look=None, **change):
    return [arm.verdict for arm in analyse_experiment(ASKED | change, frame, look=look).arms[1:]]


def test_of_nothing_hardly_anything_is_found():
    """Whole analyses of 250 experiments in which nothing differs, looked at three times."""
    found = 0
    for seed in range(250):
        frame = results(900, seed)
        for look in (1, 2, 3):
            seen = verdicts(frame.head(300 * look), look, looks=3, covariates=["score"])
            if {Verdict.HIGHER, Verdict.LOWER} & set(seen):
                found += 1
                break
    assert abs(found / 250 - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 250)


def test_effects_are_found_and_said():
    found = analyse_experiment(ASKED | {"covariates": ["score"], "effect": 0.05}, results(12_000, 0, (0, 0.06, -0.06)))
    assert [arm.verdict for arm in found.arms] == [None, Verdict.HIGHER, Verdict.LOWER]
    for arm, truth in zip(found.arms[1:], (0.06, -0.06), strict=True):
        assert arm.lower < truth < arm.upper
        assert arm.relative_lower < truth / 0.2 < arm.relative_upper
    said = found.text()
    assert "men: y is higher than under none, by 0.0" in said
    assert "women: y is lower than under none" in said
    assert found.adjusted == ("score",)
    assert 0 < found.narrower < 0.3
    assert found.json()["arms"][1]["verdict"] == "higher"


def test_what_is_too_small_is_ruled_out():
    found = analyse_experiment(ASKED | {"effect": 0.2}, results(3_000, 1))
    assert set(verdicts(results(3_000, 1))) == {Verdict.NOT_SHOWN}
    assert "An effect of +0.2 is ruled out." in found.text()


def test_early_looks_say_less():
    frame = results(900, 2, (0, 0.1, 0))
    early = analyse_experiment(ASKED | {"looks": 3}, frame, look=1)
    late = analyse_experiment(ASKED | {"looks": 3}, frame, look=3)
    assert early.bound > 3.5 > late.bound
    assert early.arms[2].verdict is Verdict.NOT_YET
    assert "nothing is shown yet at look 1 of 3" in early.text()
    assert early.arms[1].upper - early.arms[1].lower > 1.4 * (late.arms[1].upper - late.arms[1].lower)


def test_a_lot_that_lost_customers_gives_no_conclusion():
    whole = results(9_000, 3, (0, 0.1, 0))
    lost = whole.filter((pl.col("arm") != "men") | (pl.col("y") == 1) | (pl.col("id") % 6 > 0))
    found = analyse_experiment(ASKED, lost)
    assert found.checks.ratio_p < 0.001
    assert [arm.verdict for arm in found.arms[1:]] == [Verdict.NONE, Verdict.NONE]
    said = found.text()
    assert "not shared out as planned" in said
    assert "no conclusion" in said
    assert "higher" not in said


def test_outcomes_that_are_missing_by_arm_give_no_conclusion():
    whole = results(9_000, 4)
    some = pl.when((pl.col("arm") == "men") & (pl.col("id") % 5 == 0)).then(None).otherwise(pl.col("y")).alias("y")
    found = analyse_experiment(ASKED, whole.with_columns(some))
    assert "missing more often in some arms" in found.text()
    assert found.arms[1].verdict is Verdict.NONE
    everywhere = whole.with_columns(pl.when(pl.col("id") % 5 > 0).then(pl.col("y")).alias("y"))
    assert analyse_experiment(ASKED, everywhere).checks.passed


def test_arms_of_other_customers_give_no_conclusion():
    frame = results(6_000, 5)
    frame = frame.with_columns(score=pl.col("score") + 0.8 * (pl.col("arm") == "men"))
    found = analyse_experiment(ASKED | {"covariates": ["score"]}, frame)
    assert "goes with score" in found.text()
    assert found.arms[1].verdict is Verdict.NONE


def test_lots_that_went_well_are_hardly_ever_called_broken():
    broken = sum(
        not analyse_experiment(ASKED | {"covariates": ["score"]}, results(600, s)).checks.passed for s in range(300)
    )
    assert broken <= 3


def test_segments_differ_only_where_they_do():
    asked = ASKED | {"segments": ["female"]}
    found = analyse_experiment(asked, results(20_000, 6, (0, 0.08, 0.08), woman=0.12)).segments
    assert len(found.lifts) == 4
    p = {each.arm: each.p for each in found.differences}
    assert p["men"] < 0.001
    assert p["women"] > 0.05
    lift = {(each.arm, each.level): each for each in found.lifts}
    assert lift["men", "yes"].lower < 0.14 < lift["men", "yes"].upper
    assert lift["men", "no"].lower < 0.02 < lift["men", "no"].upper


def test_intervals_of_segments_hold_all_at_once():
    asked, held = ASKED | {"segments": ["female"]}, []
    for seed in range(200):
        found = analyse_experiment(asked, results(1_500, seed)).segments
        held.append(all(each.lower <= 0 <= each.upper for each in found.lifts))
    assert np.mean(held) > 0.92


def test_several_rows_of_a_customer_are_one_in_the_count():
    frame = results(3_000, 7)
    found = analyse_experiment(ASKED, pl.concat([frame, frame]))
    once = analyse_experiment(ASKED, frame)
    assert sum(found.checks.assigned.values()) == 3_000
    assert found.arms[1].error == pytest.approx(once.arms[1].error, rel=0.01)


def test_doses_are_found_whatever_they_are_stored_as():
    frame = results(3_000, 8).with_columns(pl.col("arm").replace_strict({"none": 6.0, "men": 7.5, "women": 10.0}))
    found = analyse_experiment({"outcome": "y", "treatment": "arm", "arms": [6, 7.5, 10]}, frame)
    assert [arm.arm for arm in found.arms] == ["6", "7.5", "10"]


def test_a_number_may_be_the_outcome():
    frame = results(3_000, 9).with_columns(y=pl.col("score") * 10 + 100 + 5.0 * (pl.col("arm") == "men"))
    found = analyse_experiment(ASKED, frame)
    assert found.arms[1].lower < 5 < found.arms[1].upper
    assert found.arms[1].relative == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(
    ("change", "frame", "error", "message"),
    [
        ({"arms": ["none", "men"]}, None, DataError, r"arm 'women' is not in the experiment \(none, men\)"),
        ({"arms": ["none", "men", "women", "kids"]}, None, DataError, "no row has arm = 'kids'"),
        ({}, pl.col("arm").replace("men", "none"), DataError, "no row has arm = 'men'"),
        ({}, pl.lit(0).alias("y"), DataError, "outcome 'y' is 0 in all 900 rows"),
        ({}, (pl.col("y") * (pl.col("arm") != "men")).alias("y"), DataError, "is 0 in all .* rows of arm = 'men'"),
        ({}, pl.lit("much").alias("y"), DataError, "is text such as 'much'"),
        ({"covariates": ["scor"]}, None, SpecificationError, "column 'scor' is not in .*did you mean 'score'"),
        ({"customer": "who"}, None, SpecificationError, "column 'who' is not in"),
        ({"segments": ["score"]}, None, DataError, "segment 'score' has 900 levels"),
        ({"customer": "female"}, None, DataError, "female 'no' is in|female 'yes' is in"),
        ({"covariates": ["copy"]}, pl.col("y").alias("copy"), DataError, "follows from the covariates alone"),
        ({"looks": 3}, None, OptionError, "say which this is"),
        ({"kind": "binary"}, (pl.col("y") * 2).alias("y"), DataError, "kind is 'binary'"),
    ],
)
def test_what_can_not_be_judged_is_said(change, frame, error, message):
    rows = results(900, 10)
    with pytest.raises(error, match=message) as caught:
        analyse_experiment(ASKED | change, rows if frame is None else rows.with_columns(frame))
    assert "\n" not in str(caught.value)


def test_few_customers_are_refused():
    with pytest.raises(DataError, match="30 are needed"):
        analyse_experiment(ASKED, results(60, 11))
