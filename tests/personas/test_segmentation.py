"""Groups that were planted are found, as many as there are; where there are none, that is said."""

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

import twinfold
from known_worlds import make_kinds
from twinfold.personas.people import read_people
from twinfold.personas.segmentation import STABLE, find_segments
from twinfold.personas.space import lay_out
from twinfold.tables.reading import read


def segments(frame, seed=0, **more):
    space = lay_out(read_people(read(frame)))
    return find_segments(space, rng=np.random.default_rng(seed), **more)


def test_planted_kinds_are_found_as_many_as_there_are(crowd):
    frame, kind = crowd
    found = segments(frame)
    assert found.chosen.groups == 3
    assert adjusted_rand_score(kind, found.group) > 0.95
    assert found.chosen.weakest > 0.9
    assert found.why.startswith("3 explain these people best")
    sizes = np.bincount(found.group)
    assert (np.diff(sizes) <= 0).all()  # the largest first


def test_a_column_that_says_nothing_of_the_kinds_hardly_matters(crowd):
    frame, kind = crowd
    rng = np.random.default_rng(1)
    noisy = frame.with_columns([pl.Series(f"noise{n}", rng.normal(size=len(kind))) for n in range(6)])
    assert adjusted_rand_score(kind, segments(noisy, groups=3).group) > 0.9


def test_where_there_are_no_kinds_slices_are_called_so(nobody_special):
    found = segments(nobody_special)
    assert found.chosen.weakest < STABLE
    assert "differ by degrees" in found.why
    people = twinfold.find_personas(nobody_special)
    assert any("Not surely found again" in note for note in people.notes)


@pytest.mark.parametrize("levels", [2, 3])
def test_one_category_alone_makes_no_kinds(levels):
    """It is cut alike in every half, and says nothing of anything else."""
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {"a": rng.normal(size=1_500), "b": rng.normal(size=1_500), "c": rng.choice(list("xyz")[:levels], 1_500)}
    )
    assert "differ by degrees, or in one thing alone" in segments(frame).why
    assert "differ by degrees, or in one thing alone" in segments(frame.select("a")).why


def test_no_group_is_smaller_than_is_asked_for(crowd):
    frame, _ = crowd
    for least in (0.05, 0.25):
        found = segments(frame, least_share=least)
        assert np.bincount(found.group).min() / len(found.group) >= least - 0.02


def test_as_many_as_are_asked_for_are_made_and_judged(crowd):
    found = segments(crowd[0], groups=7)
    assert 3 < found.chosen.groups <= 7  # some may have nobody in them
    assert len(np.unique(found.group)) == found.chosen.groups
    assert found.chosen.weakest < STABLE  # of three kinds seven pieces are not found again
    assert "7 were asked for" in found.why
    assert "slices, not for kinds" in found.why


def test_kinds_are_those_of_other_people_too(crowd):
    """Found among some, the same kinds are found among others."""
    frame, _ = crowd
    other, kind = make_kinds(3_000, 5)
    found = segments(pl.concat([frame, other]))
    assert adjusted_rand_score(kind, found.group[3_000:]) > 0.95


def test_the_same_seed_gives_the_same(crowd):
    one, again = (twinfold.find_personas(crowd[0], seed=3).record() for _ in range(2))
    one["origin"].pop("made"), again["origin"].pop("made")
    assert one == again


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_gaps_are_no_kind_of_their_own_unless_they_go_with_one(crowd, missing):
    frame, kind = crowd
    gaps = np.random.default_rng(2).random(len(kind)) < missing
    holed = frame.with_columns(pl.when(pl.Series(gaps)).then(None).otherwise(pl.col("balance")).alias("balance"))
    assert adjusted_rand_score(kind, segments(holed, groups=3).group) > 0.9
