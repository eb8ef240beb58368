import math
from collections.abc import Callable
from itertools import permutations

from twinfold.evaluation.engines.recommendation import recommend, tie
from twinfold.evaluation.engines.trial import Trial, ranked
from twinfold.evaluation.finding import Verdict

MakeTrial = Callable[..., Trial]


def told(*trials: Trial, default: str = "trees") -> tuple[str | None, str]:
    found = recommend(trials, default=default, purpose="model development")
    return found.engine, " ".join(found.sentences)


def test_the_nearest_released_engine_is_recommended_whatever_the_order(trial: MakeTrial) -> None:
    every = (trial("trees", 0.60), trial("network", 0.53, cpu=99), trial("bare", 0.51, released=False))
    for order in permutations(every):
        engine, said = told(*order)
        assert engine == "network"
    assert "told from real ones least, with an AUC of 0.530 (0.520 to 0.540); trees comes next with 0.600" in said
    assert "99 s of CPU time to learn and draw instead of 10 s (9.9 times as long)" in said
    assert "its AUC is 0.070 lower (difference −0.084 to −0.056)" in said


def test_engines_that_chance_may_set_apart_are_told_by_time(trial: MakeTrial) -> None:
    engine, said = told(trial("network", 0.53, cpu=60), trial("trees", 0.54, cpu=4), trial("copula", 0.8, cpu=1))
    assert engine == "trees"
    assert "Chance may explain all that sets it apart from network" in said
    assert "It is what --engine auto takes" in said
    engine, said = told(trial("network", 0.53, cpu=60), trial("trees", 0.54, cpu=4), trial("blend", 0.542, cpu=70))
    assert engine == "trees"
    assert "Nothing tells the engines that are fit apart on these rows" in said


def test_a_moment_of_cpu_time_does_not_speak_against_the_default(trial: MakeTrial) -> None:
    every = trial("copula", 0.53, cpu=0.02), trial("trees", 0.54, cpu=0.05), trial("network", 0.535, cpu=60)
    engine, said = told(*every)
    assert engine == "trees"
    assert "None of them is faster by much" in said
    assert told(*every, default="blend")[0] == "copula"
    assert told(trial("network", 0.53, cpu=60), trial("blend", 0.535, cpu=35))[0] == "network"
    assert told(trial("network", 0.53, cpu=60), trial("blend", 0.535, cpu=25))[0] == "blend"


def test_an_auc_below_a_half_is_no_nearer_than_a_half(trial: MakeTrial) -> None:
    below, at = trial("network", 0.44, cpu=60), trial("trees", 0.5, cpu=4)
    assert tie(below, at)
    assert told(below, at)[0] == "trees"


def test_what_auto_takes_is_said_where_it_is_refused_or_was_not_compared(trial: MakeTrial) -> None:
    network = trial("network", 0.53)
    assert "what auto takes is refused: a classifier" in told(network, trial("trees", 0.8, released=False))[1]
    assert "since that was not asked for" in told(network)[1]
    assert "which is failed: it broke" in told(network, Trial("trees", "failed", "it broke."))[1]
    assert "no other engine was judged" in told(network)[1]


def test_utility_is_set_beside_the_default_where_it_was_measured(trial: MakeTrial) -> None:
    assert (
        "its utility is 0.020 higher"
        in told(trial("network", 0.53, utility=0.99), trial("trees", 0.6, utility=0.97))[1]
    )


def test_none_is_recommended_where_none_is_released(trial: MakeTrial) -> None:
    engine, said = told(trial("trees", 0.8, released=False))
    assert engine is None
    assert said.startswith("No engine is fit for model development. trees: a classifier tells it from real customers.")
    assert "--policy" in said


def test_what_could_not_be_measured_is_told_by_time(trial: MakeTrial) -> None:
    engine, said = told(trial("trees", math.nan, cpu=4), trial("network", math.nan, cpu=60), default="network")
    assert engine == "trees"
    assert "could not be measured" in said


def test_ranks_put_released_engines_first_and_those_that_give_customers_away_after_others(trial: MakeTrial) -> None:
    every = [
        trial("leaking", 0.5, released=False, attacked=Verdict.FAIL),
        Trial("gone", "not installed", "pip install it"),
        trial("far", 0.9, released=False),
        trial("near", 0.55),
        Trial("broken", "failed", "it broke"),
        trial("nearest", 0.52),
    ]
    assert [each.engine for each in ranked(every)] == ["nearest", "near", "far", "leaking", "broken", "gone"]
