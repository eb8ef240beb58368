"""Lifts are shares over shares, their intervals hold what they should, and conditions find whom they say."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

import twinfold
from twinfold.personas.people import read_people
from twinfold.personas.rule import find_rule
from twinfold.personas.traits import find_traits
from twinfold.tables.reading import read


def traits_of(frame):
    return find_traits(read_people(read(frame)))


def lift_of(traits, inside, said, feature):
    return next(lift for lift in traits.lifts(inside, 1) if lift.trait.said == said and lift.trait.feature == feature)


def test_a_lift_is_the_share_inside_over_the_share_of_all(crowd):
    frame, kind = crowd
    lift = lift_of(traits_of(frame), kind == 2, "is branch", "channel")
    branch = (frame["channel"] == "branch").to_numpy()
    assert lift.inside == pytest.approx(branch[kind == 2].mean())
    assert lift.overall == pytest.approx(branch.mean())
    assert lift.value == pytest.approx(lift.inside / lift.overall)
    assert lift.lower < lift.value < lift.upper
    assert lift.sure


def test_intervals_hold_the_truth_of_all_traits_at_once():
    """Groups at random: every lift is one. In 200 worlds all intervals of a world hold it in 95 of 100."""
    rng, held = np.random.default_rng(0), []
    for _ in range(200):
        frame = pl.DataFrame({name: rng.choice(["p", "q", "r"], 600, p=[0.1, 0.3, 0.6]) for name in "abcd"})
        inside = rng.random(600) < 0.3
        held.append(all(lift.lower <= 1 <= lift.upper for lift in traits_of(frame).lifts(inside, 1)))
    assert 0.93 <= np.mean(held) <= 1


def test_an_interval_is_as_wide_as_that_of_people_drawn_anew():
    """Also where everybody of the group has it, or hardly anybody."""
    rng = np.random.default_rng(1)
    group = rng.random(2_000) < 0.25
    shares = {
        "owned": np.where(group, 1.0, 0.0),
        "usual": np.where(group, 0.7, 0.4),
        "rare": np.where(group, 0.02, 0.2),
    }
    frame = pl.DataFrame({name: np.where(rng.random(2_000) < p, "y", "n") for name, p in shares.items()})
    traits = traits_of(frame)
    for name in shares:
        lift = lift_of(traits, group, "is y", name)
        held = (frame[name] == "y").to_numpy()
        drawn = []
        for _ in range(2_000):
            rows = rng.integers(0, 2_000, 2_000)
            drawn.append(held[rows][group[rows]].mean() / held[rows].mean())
        z = -norm.ppf(0.025 / len(traits.traits))
        spread = np.log(np.array(drawn)).std()
        assert np.log(lift.upper / lift.value) == pytest.approx(z * spread, rel=0.15), name
        assert np.log(lift.value / lift.lower) == pytest.approx(z * spread, rel=0.15), name


def test_nobody_has_anything_more_often_than_always(crowd):
    """However few a group's people are, an upper end is no more than the share of all leaves room for."""
    frame, _ = crowd
    traits = traits_of(frame)
    inside = np.zeros(frame.height, bool)
    inside[:40] = True
    for lift in traits.lifts(inside, 5):
        assert lift.lower <= lift.value <= lift.upper
        assert lift.upper <= 1.3 / lift.overall or lift.value == 0


def test_of_what_nobody_has_the_interval_is_exact(crowd):
    frame, kind = crowd
    lift = lift_of(traits_of(frame), kind == 0, "is branch", "channel")
    assert lift.inside == lift.value == lift.lower == 0
    own, error = (kind == 0).sum(), 0.05 / len(traits_of(frame).traits)
    assert lift.upper * lift.overall == pytest.approx(1 - (error / 2) ** (1 / own), rel=1e-6)


def test_nothing_is_told_twice_and_nothing_by_chance(crowd):
    frame, kind = crowd
    twice = frame.with_columns(years=pl.col("age") * 2, way=pl.col("channel").replace({"app": "mobile"}))
    traits = traits_of(twice)
    chosen = traits.choose(traits.lifts(kind == 0, 3), 8)
    features = [lift.trait.feature for lift in chosen]
    assert len(set(features)) == len(features)
    assert not {"age", "years"} <= set(features)
    assert not {"channel", "way"} <= set(features)
    assert "town" not in features
    assert all(lift.sure for lift in chosen)


def test_numbers_are_cut_at_what_many_share_and_at_thirds():
    frame = pl.DataFrame({"gain": [0.0] * 400 + list(range(1, 201)), "other": ["x", "y"] * 300})
    said = {trait.said for trait in traits_of(frame).traits if trait.feature == "gain"}
    assert said == {"is 0", "is 101 or more", "is 1 or more, below 101"}
    [none] = [t for t in traits_of(frame).traits if t.feature == "gain" and t.said == "is 0"]
    assert none.condition == "gain = 0"


def test_conditions_name_exactly_those_who_have_a_trait(tmp_path, crowd):
    """Every condition that is printed is one that other commands accept, and means the same."""
    frame, _ = crowd
    odd = frame.with_columns(
        pl.Series("2 words, 'quoted'", np.where(np.arange(frame.height) % 3, "it's", "don't")),
        pl.Series("when", np.arange(frame.height) % 700 + 18_000).cast(pl.Int32).cast(pl.Date),
        pl.when(pl.col("age") > 60).then(None).otherwise(pl.col("balance")).alias("gap"),
        pl.Series("flag", np.arange(frame.height) % 2 * 1.0),
    )
    traits = traits_of(odd)
    assert len(traits.traits) > 15
    for trait, held in zip(traits.traits, traits.held, strict=True):
        found = twinfold.find_personas(odd, conditions={"they": trait.condition})
        assert found["they"].people == held.sum(), trait.condition


def test_a_rule_finds_a_group_and_says_how_well(crowd):
    frame, kind = crowd
    traits = traits_of(frame)
    rule = find_rule(traits, kind == 2)
    assert rule.right > 0.9
    assert rule.found > 0.8
    named = twinfold.find_personas(frame, conditions={"they": rule.condition}).assignment["persona"] == "they"
    assert (kind[named.to_numpy()] == 2).mean() == pytest.approx(rule.right)
    anybody = np.random.default_rng(99).random(len(kind)) < 0.3
    assert find_rule(traits, anybody) is None
