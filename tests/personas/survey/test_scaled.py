"""Likert items of behaviours: planted scales are found again, and assumed ones are called so."""

import numpy as np
import polars as pl
import pytest
from scipy.special import expit, logit

import twinfold
from known_worlds import make_offers

SCALE = ["very unlikely", "unlikely", "neither", "likely", "very likely"]
OWN = {"conditions": ["young: age < 40", "old: age >= 50"]}
LIKELY = {
    "id": "likely",
    "kind": "likert",
    "question": "How likely are you to take it?",
    "scale": SCALE,
    "behaviour": "offers",
    "offer": {"rate": 7},
}
THRESHOLDS, SLOPE = np.array([-2.2, -1.6, -1.0, -0.2]), 1.3


def ask(people, items, offers, **options):
    return twinfold.survey(people, {"items": items}, behaviours={"offers": offers}, **{"n": 10_000, **OWN, **options})


def shares_of(result, group=""):
    return np.array([result.of(name, group).value for name in SCALE])


def planted(score):
    below = expit(THRESHOLDS - SLOPE * score[:, None])
    return np.diff(np.column_stack([np.zeros(len(score)), below, np.ones(len(score))]), axis=1)


def write_labelled(path, offers, rows=600, seed=3):
    """Real answers of customers who were offered rates, by planted thresholds on what the behaviour expects."""
    frame = make_offers(rows, seed).frame.drop("taken", "amount", "id")
    rng = np.random.default_rng(seed)
    score = logit(offers.forecast(frame).prediction)
    answer = (SLOPE * score + rng.logistic(size=rows) > THRESHOLDS[:, None]).sum(axis=0) + 1
    frame.with_columns(answer=pl.Series(answer), score=pl.Series(score)).write_csv(path)
    return path


def test_a_measured_scale_gives_the_shares_of_planted_thresholds(borrowers, offers, tmp_path):
    item = LIKELY | {"labelled": {"file": str(write_labelled(tmp_path / "pilot.csv", offers)), "answer": "answer"}}
    found = ask(borrowers, [item], offers)["likely"]
    assert found.label == "randomised; scale measured on 600 answers"
    assert found.scale.slope == pytest.approx(SLOPE, abs=0.4)
    assert found.scale.thresholds == pytest.approx(THRESHOLDS, abs=0.5)
    truth = planted(logit(offers.forecast(borrowers.with_columns(rate=pl.lit(7.0))).prediction))
    young = (borrowers["age"] < 40).to_numpy()
    for group, own in (("", truth), ("young", truth[young])):
        for name, share in zip(SCALE, own.mean(axis=0), strict=True):
            tally = found.of(name, group)
            assert tally.lower <= share <= tally.upper
            assert tally.stays > 0
    mean = found.of("mean")
    assert mean.lower <= (truth @ np.arange(1, 6)).mean() <= mean.upper


def test_labelled_scores_may_be_given_and_answers_in_words(borrowers, offers, tmp_path):
    path = write_labelled(tmp_path / "pilot.csv", offers)
    rows = pl.read_csv(path)
    words = rows.with_columns(pl.Series("answer", np.array(SCALE)[rows["answer"].to_numpy() - 1]))
    words.write_parquet(tmp_path / "words.parquet")
    by_rows = ask(borrowers, [LIKELY | {"labelled": {"file": str(path), "answer": "answer"}}], offers)["likely"]
    scored = {"file": str(tmp_path / "words.parquet"), "answer": "answer", "score": "score"}
    by_score = ask(borrowers, [LIKELY | {"labelled": scored}], offers)["likely"]
    assert shares_of(by_score) == pytest.approx(shares_of(by_rows), abs=1e-3)


def test_labelled_answers_lie_beside_the_questionnaire(borrowers, offers, tmp_path):
    write_labelled(tmp_path / "pilot.csv", offers)
    (tmp_path / "q.toml").write_text(
        '[[items]]\nid = "likely"\nkind = "likert"\nquestion = "?"\nbehaviour = "offers"\noffer = {rate = 7}\n'
        f'scale = {SCALE}\nlabelled = {{ file = "pilot.csv", answer = "answer" }}\n'.replace("'", '"')
    )
    found = twinfold.survey(borrowers, tmp_path / "q.toml", behaviours={"offers": offers}, n=50, **OWN)
    assert "measured on 600" in found["likely"].label


def test_without_real_answers_points_are_as_likely_as_assumed_and_called_so(borrowers, offers):
    shares = [0.4, 0.3, 0.15, 0.1, 0.05]
    for more, expected in (({}, [0.2] * 5), ({"shares": shares}, shares)):
        found = ask(borrowers, [LIKELY | more], offers)["likely"]
        assert shares_of(found) == pytest.approx(expected, abs=1e-6)
        assert found.label == "randomised; scale assumed"
        assert any("the level is assumed" in note for note in found.notes)
        assert found.of("mean", "old").lower > found.of("mean", "young").value  # who is older takes it more often
        assert found.of("very likely").stays == pytest.approx(0, abs=1e-3)  # nothing is learned of what is assumed
        assert found.of("very likely", "old").stays > 0


def test_offers_that_are_cut_alike_are_compared_and_nobody_likes_the_dearer_better(borrowers, offers):
    dear = LIKELY | {"id": "dear", "offer": {"rate": 10}, "thresholds_of": "likely"}
    found = ask(borrowers, [LIKELY, dear], offers)
    assert found["dear"].of("mean").upper < found["likely"].of("mean").value
    point = {name: place for place, name in enumerate(SCALE)}
    one, other = (
        found.answers.filter(item=name)["answer"].replace_strict(point).to_numpy() for name in ("likely", "dear")
    )
    assert (other <= one).all()
    assert (other < one).any()


def test_each_ones_answer_is_drawn_from_their_own_chances_and_goes_with_their_yes(borrowers, offers):
    yes = {key: value for key, value in LIKELY.items() if key != "scale"} | {"id": "yes", "kind": "single"}
    found = ask(borrowers, [LIKELY, yes], offers, seed=5)
    drawn = found.answers.filter(item="likely")["answer"]
    for name in SCALE:
        share = found["likely"].of(name).value
        assert (drawn == name).mean() == pytest.approx(share, abs=4 * np.sqrt(share / borrowers.height))
    said = found.answers.filter(item="yes").with_columns(point=drawn.replace_strict(SCALE, range(5)))
    ends = said.group_by("value", "answer").agg(low=pl.col("point").min(), high=pl.col("point").max())
    alike = ends.filter(answer="yes").join(ends.filter(answer="no"), on="value")  # who are as likely to take it
    assert alike.height > 20
    assert (alike["low"] >= alike["high_right"]).all()
    few = ask(borrowers, [LIKELY], offers, seed=5, n=80).answers
    both = few.join(found.answers.filter(item="likely"), on="customer")
    assert (both["answer"] == both["answer_right"]).all()
    rows = found.answers.filter(item="likely")
    assert rows["value"].is_between(rows["lower"], rows["upper"]).all()
    assert not rows["quote"].str.contains(r"\b(Yes|No)\b|I'd do it|think I would").any()


def test_answers_that_do_not_follow_the_behaviour_are_told(borrowers, offers, tmp_path):
    rows = pl.read_csv(write_labelled(tmp_path / "pilot.csv", offers))
    rng = np.random.default_rng(0)
    path = tmp_path / "noise.csv"
    rows.with_columns(answer=pl.Series(rng.permutation(rows["answer"].to_numpy()))).write_csv(path)
    noisy = ask(borrowers, [LIKELY | {"labelled": {"file": str(path), "answer": "answer"}}], offers)["likely"]
    assert any("hardly follow" in note for note in noisy.notes)
    rows.with_columns(answer=6 - pl.col("answer")).write_csv(path)
    turned = ask(borrowers, [LIKELY | {"labelled": {"file": str(path), "answer": "answer"}}], offers)["likely"]
    assert any("from the least to the most" in note for note in turned.notes)


def test_what_a_behaviour_cannot_say_is_on_no_scale(borrowers, offers):
    bare = {key: value for key, value in LIKELY.items() if key != "offer"}
    found = ask(borrowers, [bare, bare | {"id": "as", "thresholds_of": "likely", "offer": {"rate": 7}}], offers)
    assert "'rate'" in found["likely"].reason
    assert found["as"].reason == "it is cut as 'likely', which was not answered"


def test_a_number_has_a_scale_too(borrowers, amounts):
    item = LIKELY | {"behaviour": "amounts"}
    found = twinfold.survey(borrowers, {"items": [item]}, behaviours={"amounts": amounts}, n=10_000, **OWN)["likely"]
    assert shares_of(found) == pytest.approx([0.2] * 5, abs=1e-6)
    assert found.of("mean", "old").value > found.of("mean", "young").value


@pytest.mark.parametrize(
    ("change", "labelled", "message"),
    [
        (lambda f: f, {"answer": "anser"}, "did you mean 'answer'"),
        (lambda f: f, {"answer": "answer", "score": "risk"}, "is no number in 600 rows"),
        (lambda f: f.with_columns(answer=pl.lit(7)), {"answer": "answer"}, "answers '7' in 'answer'"),
        (lambda f: f.with_columns(answer=pl.lit("<b>")), {"answer": "answer"}, "answers '<b>' in 'answer'"),
        (lambda f: f.with_columns(answer=pl.lit(2)), {"answer": "answer"}, "0 of them of point 1"),
        (lambda f: f.head(20), {"answer": "answer"}, "a scale is measured by 50"),
        (lambda f: f.drop("risk"), {"answer": "answer"}, "risk"),
    ],
)
def test_labelled_answers_that_measure_nothing_are_refused(borrowers, offers, tmp_path, change, labelled, message):
    path = write_labelled(tmp_path / "pilot.csv", offers)
    change(pl.read_csv(path)).write_csv(path)
    with pytest.raises(twinfold.TwinfoldError, match=message) as told:
        ask(borrowers, [LIKELY | {"labelled": {"file": str(path), **labelled}}], offers)
    assert "\n" not in str(told.value)
