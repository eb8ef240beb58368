"""Shares are those that tastes say, intervals hold what is not known, and where nothing can be said, nothing is."""

import numpy as np
import polars as pl
import pytest
from scipy.special import softmax

import twinfold


def concepts(*levels, names="ABCDEF", **more):
    """Concepts called A, B, …, with these fees and points."""
    made = [{"name": n, "attributes": {"fee": f, "points": p}} for n, (f, p) in zip(names, levels, strict=False)]
    return {"customer": "who", "concepts": made, **more}


def values(test):
    return [concept.share.value for concept in test.concepts]


def test_identical_concepts_share_alike(people, planted):
    rng = np.random.default_rng(0)
    behaviour = planted(rng.normal(size=(300, 2)), spread=0.5)
    test = twinfold.concept_test(people, concepts((1, 1), (1, 1), (1, 1)), behaviour)
    assert values(test) == pytest.approx([1 / 3] * 3)
    assert [concept.first for concept in test.concepts] == pytest.approx([1 / 3] * 3, abs=0.05)
    assert "not settled" in test.text()
    assert "all the same to me" in " ".join(test.answers["sentence"])
    assert all(concept.reasons == () for concept in test.concepts)
    picked = np.array([concept.picked for concept in test.concepts])
    assert np.abs(picked - 1000 / 3).max() < 3 * np.sqrt(1000 * 2 / 9)


def test_who_all_have_one_taste_choose_by_the_logit_formula(people, planted):
    behaviour = planted(np.tile([-0.7, 0.4], (300, 1)))
    levels = np.array([(0, 0), (1, 0), (2, 3), (1, 1)])
    test = twinfold.concept_test(people, concepts(*levels), behaviour)
    expected = softmax(levels @ [-0.7, 0.4])
    assert values(test) == pytest.approx(expected, abs=1e-6)
    assert test["B"].share.value < test["A"].share.value  # the same for a fee more
    # Who has one taste takes each of two as often whatever else there is
    for pair in test.pairs:
        first, second = test[pair.first].share.value, test[pair.second].share.value
        assert pair.share.value == pytest.approx(first / (first + second), abs=1e-6)


def test_a_copy_takes_people_from_its_like_where_tastes_differ(people, planted):
    """The blue bus: half love fees and half hate them, so a second dear card takes nobody from the plain one."""
    behaviour = planted(np.tile([[6.0, 0.0], [-6.0, 0.0]], (150, 1)))
    two = twinfold.concept_test(people.head(300), concepts((0, 0), (2, 0)), behaviour)
    three = twinfold.concept_test(people.head(300), concepts((0, 0), (2, 0), (2, 0)), behaviour)
    assert values(two) == pytest.approx([0.5, 0.5], abs=1e-3)
    assert values(three) == pytest.approx([0.5, 0.25, 0.25], abs=1e-3)


def test_a_concept_that_everybody_takes_leaves_nothing_to_the_others(people, planted):
    behaviour = planted(np.tile([-80.0, 5.0], (100, 1)), spread=0.3)
    test = twinfold.concept_test(people, concepts((0, 3), (3, 0), (3, 1)), behaviour, vary=["B.fee=0..3"])
    assert values(test) == pytest.approx([1, 0, 0], abs=1e-9)
    assert test["A"].first == pytest.approx(1)
    assert set(test.answers["choice"]) == {"A"}
    assert "A is taken by 100 %" in test.text()


def test_learned_people_have_the_shares_of_the_learned(cards, savers, people):
    test = twinfold.concept_test(people.head(400), cards, savers)
    frame = pl.DataFrame([concept["attributes"] for concept in cards["concepts"]])
    for concept, row in zip(test.concepts, savers.shares(frame).iter_rows(named=True), strict=True):
        for found in (concept.share, concept.learned):
            assert (found.value, found.lower, found.upper) == pytest.approx(
                (row["share"], row["lower"], row["upper"]), abs=1e-5
            )
    assert test.known == 400


def test_strangers_have_the_tastes_of_the_population(cards, planted):
    rng = np.random.default_rng(1)
    tastes = np.array([-0.8, 0.5]) + rng.normal(size=(400, 2)) * [0.6, 0.3]
    strangers = pl.DataFrame({"who": [f"S{number}" for number in range(20_000)]})
    test = twinfold.concept_test(strangers, cards, planted(tastes))
    assert test.known == 0
    for concept in test.concepts:
        assert concept.share.value == pytest.approx(concept.learned.value, abs=0.02)


def test_keys_that_look_like_learned_ones_make_nobody_known_unless_it_is_said(cards, savers, people):
    test = twinfold.concept_test(people, cards | {"customer": None}, savers)
    assert test.answers["customer"].to_list() == people["who"].to_list()
    assert test.known == 0
    assert any("no column was named" in note for note in test.notes)
    assert twinfold.concept_test(people, cards, savers).known == 400


def test_what_adding_up_misses_widens_intervals_and_makes_the_first_less_certain(cards, people, planted):
    tastes = np.tile([-0.7, 0.5], (400, 1))
    sure, unsure = (twinfold.concept_test(people, cards, planted(tastes, spread=s)) for s in (0.0, 1.0))
    for a, b in zip(sure.concepts, unsure.concepts, strict=True):
        assert a.share.value == pytest.approx(b.share.value)
        assert b.share.upper - b.share.lower > 3 * (a.share.upper - a.share.lower)
    assert max(c.first for c in sure.concepts) > max(c.first for c in unsure.concepts)
    assert sum(c.first for c in unsure.concepts) == pytest.approx(1)


def test_personas_have_the_shares_of_their_own_people(cards, people, planted):
    """The young love points, the old hate fees; of the rest of the file nobody was learned."""
    young = (people["age"].head(400) < 50).to_numpy()
    tastes = np.where(young[:, None], [-0.1, 2.0], [-2.0, 0.1])
    asked = cards | {"personas": ["young: age < 50"]}
    test = twinfold.concept_test(people.head(400), asked, planted(tastes))
    assert [persona.name for persona in test.personas] == ["young", "everybody else"]
    assert [persona.known for persona in test.personas] == [young.sum(), (~young).sum()]
    gold = [persona.shares[1].value for persona in test.personas]
    levels = np.array([(0, 0), (2, 3), (1, 1)])
    assert gold == pytest.approx([softmax(levels @ t)[1] for t in ([-0.1, 2.0], [-2.0, 0.1])], abs=1e-5)
    strangers = twinfold.concept_test(people.tail(600), asked, planted(tastes))
    assert [persona.shares for persona in strangers.personas] == [None, None]
    assert "not told apart" in strangers.text()


def test_whoever_obeys_several_conditions_is_in_the_first(cards, savers, people):
    asked = cards | {"personas": ["young: age < 40", "not old: age < 60"]}
    test = twinfold.concept_test(people, asked, savers)
    found = [((people["age"] < 40).sum()), ((people["age"] >= 40) & (people["age"] < 60)).sum()]
    assert [persona.people for persona in test.personas] == [*found, 1_000 - sum(found)]


def test_only_those_who_are_asked_are_counted(cards, people, planted):
    old = (people["age"].head(400) >= 50).to_numpy()
    tastes = np.where(old[:, None], [-2.0, 0.1], [-0.1, 2.0])
    test = twinfold.concept_test(people.head(400), cards, planted(tastes), who="age >= 50")
    assert test.people == old.sum() == test.answers.height
    levels = np.array([(0, 0), (2, 3), (1, 1)])
    assert values(test) == pytest.approx(softmax(levels @ [-2.0, 0.1]), abs=1e-5)


def test_everybody_is_weighed_alike_however_many_are_held_at_once(cards, savers, people, monkeypatch):
    whole = twinfold.concept_test(people, cards, savers)
    monkeypatch.setattr("twinfold.personas.concepts.weighing.PIECE", 130)
    pieces = twinfold.concept_test(people, cards, savers)
    assert values(pieces) == pytest.approx(values(whole), abs=1e-9)
    assert pieces.answers.equals(whole.answers)


def test_what_nobody_was_asked_to_weigh_is_called_beyond(people, planted):
    """Fees were only ever compared with the dearer card first, points with the better one first."""
    behaviour = planted(np.tile([-0.5, 0.5], (100, 1)), low=[0.0, 0.0], high=[3.0, 3.0])
    test = twinfold.concept_test(people, concepts((0, 1), (1, 0), (1, 1)), behaviour)
    assert [pair.apart for pair in test.pairs] == [True, False, False]
    assert test["A"].apart == ("B",)
    assert test["C"].apart == ()
    assert "BEYOND what was learned: nobody was asked to weigh anything like A and B" in test.text()
    inside = twinfold.concept_test(people, concepts((0, 0), (1, 1)), behaviour)
    assert "within what was learned" in inside.text()


def test_the_label_of_the_choice_stands_on_every_answer(cards, people, planted):
    behaviour = planted(np.tile([-0.5, 0.5], (100, 1)), label=twinfold.behaviour.evidence.Identification.OBSERVATIONAL)
    test = twinfold.concept_test(people, cards, behaviour)
    assert test.label == "observational"
    assert set(test.answers["identification"]) == {"observational"}
    assert set(test.answers["mark"]) == {"the model estimates"}
    assert "observational" in test.text()


@pytest.mark.parametrize(
    ("more", "levels", "message"),
    [
        ({"low": [-3, 0], "high": [3, 0]}, [(0, 0), (0, 1)], "differ in points, which never varied"),
        ({}, [(0, 0), (4, 0)], "differ in fee by 4, more than any"),
    ],
)
def test_what_was_never_compared_is_refused(people, planted, more, levels, message):
    behaviour = planted(np.tile([-0.5, 0.5], (100, 1)), **more)
    with pytest.raises(twinfold.DataError, match=message):
        twinfold.concept_test(people, concepts(*levels), behaviour)


def test_an_attribute_that_never_varied_may_be_left_out(people, planted):
    behaviour = planted(np.tile([-0.5, 0.0], (100, 1)), low=[-3, 0], high=[3, 0])
    asked = {"concepts": [{"name": "A", "attributes": {"fee": 0}}, {"name": "B", "attributes": {"fee": 1}}]}
    assert values(twinfold.concept_test(people, asked, behaviour)) == pytest.approx(softmax([0, -0.5]), abs=1e-6)


def test_what_is_learned_of_real_choices_comes_back():
    """Choices by planted tastes are learned, and shares of three cards are those of the tastes."""
    rng = np.random.default_rng(2)
    tastes = np.array([-0.9, 0.6]) + rng.normal(size=(300, 2)) * [0.5, 0.3]
    who = np.repeat(np.arange(300), 10)
    pairs = rng.integers(-2, 3, (len(who), 2)).astype(float)
    took = rng.random(len(who)) < 1 / (1 + np.exp(-(pairs * tastes[who]).sum(axis=1)))
    rows = pl.DataFrame({"who": who, "fee": pairs[:, 0], "points": pairs[:, 1], "took": took.astype(int)})
    asked = {"kind": "choice", "outcome": "took", "customer": "who", "attributes": ["fee", "points"]}
    levels = [(0, 0), (1, 2), (2, 2)]
    test = twinfold.concept_test(
        pl.DataFrame({"who": np.arange(300)}), concepts(*levels), twinfold.calibrate(rows, asked)
    )
    truth = softmax(tastes @ np.array(levels, float).T, axis=1).mean(axis=0)
    for concept, share in zip(test.concepts, truth, strict=True):
        assert concept.share.lower <= share <= concept.share.upper
        assert concept.share.value == pytest.approx(share, abs=0.05)
