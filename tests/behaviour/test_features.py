import numpy as np
import polars as pl
import pytest

from twinfold.behaviour.features import from_record, learn_feature, to_record


def column(values):
    return pl.DataFrame({"x": values})


NOT_THERE = pl.DataFrame({"y": [1, 2, 3]})


def test_a_number_is_its_normal_score_whatever_its_scale():
    values = np.random.default_rng(0).lognormal(sigma=2, size=5_000)
    feature = learn_feature(column(values), "x")
    score = feature.encode(column(values))[:, 0]
    assert abs(score.mean()) < 0.01
    assert score.std() == pytest.approx(1, abs=0.01)
    dearer = learn_feature(column(values * 1_000), "x")
    assert np.allclose(dearer.encode(column(values * 1_000)), feature.encode(column(values)), atol=1e-4)
    assert feature.encode(column([1e12]))[0, 0] == pytest.approx(score.max())


def test_what_is_not_known_is_as_the_mean():
    feature = learn_feature(column(["Brno"] * 60 + ["Praha"] * 40), "x")
    known = feature.encode(column(["Brno", "Praha"]))
    assert np.allclose(known.T @ [0.6, 0.4], 0)
    assert not feature.encode(column(["Ostrava", None])).any()
    assert not feature.encode(NOT_THERE).any()
    assert feature.beyond(column(["Brno", "Ostrava", None])).tolist() == [False, True, True]


def test_a_gap_is_a_feature_where_gaps_were_learned():
    rows = column([1.0, 2.0, 3.0, None] * 50)
    feature = learn_feature(rows, "x")
    encoded = feature.encode(rows)
    assert encoded.shape[1] == feature.width
    assert encoded[3, -1] == pytest.approx(0.75)
    assert not feature.beyond(rows).any()


def test_a_rare_yes_does_not_count_many_times():
    """One in a hundred is yes: as a normal score it would lie ten deviations off."""
    rows = column([1] * 10 + [0] * 990)
    assert np.ptp(learn_feature(rows, "x").encode(rows)) == pytest.approx(1)


@pytest.mark.parametrize(("shift", "moved"), [(0.0, False), (0.6, True)])
def test_a_distribution_that_moved_has_a_high_index(shift, moved):
    rng = np.random.default_rng(1)
    feature = learn_feature(column(rng.normal(size=10_000)), "x")
    index = feature.stability(column(rng.normal(size=2_000) + shift))
    assert (index > 0.1) == moved
    levels = learn_feature(column(rng.choice(["a", "b"], 10_000)), "x")
    other = column(rng.choice(["a", "b"], 2_000, p=[0.5 + shift / 2, 0.5 - shift / 2]))
    assert (levels.stability(other) > 0.1) == moved
    assert levels.stability(NOT_THERE) == np.inf


def test_a_record_gives_the_same_feature_and_a_spoilt_one_none():
    for values in ([1.5, 2.5, 7.0, None] * 30, ["a", "b"] * 30):
        feature = learn_feature(column(values), "x")
        record = to_record(feature)
        assert from_record(record) == feature
        for key in ("means", "shares"):
            with pytest.raises(ValueError, match="don't fit each other"):
                from_record(record | {key: [*record[key], 0.0]})
