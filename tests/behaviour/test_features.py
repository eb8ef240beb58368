import numpy as np
import polars as pl
import pytest

from twinfold.behaviour.features import from_record, learn_feature, to_record


def test_a_number_is_its_normal_score_whatever_its_scale():
    values = np.random.default_rng(0).lognormal(sigma=2, size=5_000)
    feature = learn_feature("income", pl.Series(values))
    score = feature.encode(pl.Series(values), 5_000)[:, 0]
    assert abs(score.mean()) < 0.01
    assert score.std() == pytest.approx(1, abs=0.01)
    dearer = learn_feature("income", pl.Series(values * 1_000))
    assert np.allclose(
        dearer.encode(pl.Series(values * 1_000), 5_000), feature.encode(pl.Series(values), 5_000), atol=1e-4
    )
    far = feature.encode(pl.Series([1e12]), 1)[0, 0]
    assert far == pytest.approx(score.max())


def test_what_is_not_known_is_as_the_mean():
    feature = learn_feature("city", pl.Series(["Brno"] * 60 + ["Praha"] * 40))
    known = feature.encode(pl.Series(["Brno", "Praha"]), 2)
    assert np.allclose(known.T @ [0.6, 0.4], 0)
    assert not feature.encode(pl.Series(["Ostrava", None]), 2).any()
    assert not feature.encode(None, 3).any()
    assert feature.beyond(pl.Series(["Brno", "Ostrava", None]), 3).tolist() == [False, True, True]


def test_a_gap_is_a_feature_where_gaps_were_learned():
    values = pl.Series([1.0, 2.0, 3.0, None] * 50)
    feature = learn_feature("score", values)
    encoded = feature.encode(values, 200)
    assert encoded.shape[1] == feature.width
    assert encoded[3, -1] == pytest.approx(0.75)
    assert not feature.beyond(values, 200).any()


def test_a_rare_yes_does_not_count_many_times():
    """One in a hundred is yes: as a normal score it would lie ten deviations off."""
    values = pl.Series([1] * 10 + [0] * 990)
    assert np.ptp(learn_feature("rural", values).encode(values, 1_000)) == pytest.approx(1)


@pytest.mark.parametrize(("shift", "moved"), [(0.0, False), (0.6, True)])
def test_a_distribution_that_moved_has_a_high_index(shift, moved):
    rng = np.random.default_rng(1)
    feature = learn_feature("age", pl.Series(rng.normal(size=10_000)))
    index = feature.stability(pl.Series(rng.normal(size=2_000) + shift), 2_000)
    assert (index > 0.1) == moved
    levels = learn_feature("city", pl.Series(rng.choice(["a", "b"], 10_000)))
    other = pl.Series(rng.choice(["a", "b"], 2_000, p=[0.5 + shift / 2, 0.5 - shift / 2]))
    assert (levels.stability(other, 2_000) > 0.1) == moved
    assert levels.stability(None, 2_000) == np.inf


def test_a_record_gives_the_same_feature_and_a_spoilt_one_none():
    for column in (pl.Series([1.5, 2.5, 7.0, None] * 30), pl.Series(["a", "b"] * 30)):
        feature = learn_feature("x", column)
        record = to_record(feature)
        assert from_record(record) == feature
        for key in ("means", "shares"):
            with pytest.raises(ValueError, match="don't fit each other"):
                from_record(record | {key: [*record[key], 0.0]})
