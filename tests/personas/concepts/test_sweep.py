"""Shares as an attribute moves: those of the test where it stands, and no further than was learned."""

import numpy as np
import pytest
from scipy.special import softmax

import twinfold


def test_shares_move_with_the_attribute_and_start_from_those_of_the_test(cards, savers, people):
    test = twinfold.concept_test(people, cards, savers, vary=["Gold.fee=0..2"])
    [sweep] = test.sweeps
    assert (sweep.usual, sweep.levels[0], sweep.levels[-1], sweep.cut) == (2, 0, 2, None)
    gold = [shares[1].value for shares in sweep.shares]
    plain = [shares[0].value for shares in sweep.shares]
    assert gold == sorted(gold, reverse=True)
    assert plain == sorted(plain)
    assert [shares.value for shares in sweep.shares[-1]] == pytest.approx([c.share.value for c in test.concepts])
    for shares in sweep.shares:
        assert sum(each.value for each in shares) == pytest.approx(1)


def test_each_level_has_the_shares_of_a_test_of_its_own(people, planted, cards):
    behaviour = planted(np.tile([-0.7, 0.4], (100, 1)))
    [sweep] = twinfold.concept_test(people, cards, behaviour, vary=["Silver.points=0..3"]).sweeps
    for level, shares in zip(sweep.levels, sweep.shares, strict=True):
        utility = np.array([(0, 0), (2, 3), (1, level)]) @ [-0.7, 0.4]
        assert [each.value for each in shares] == pytest.approx(softmax(utility), abs=1e-6)


def test_a_range_is_cut_where_nothing_was_learned(cards, savers, people):
    [sweep] = twinfold.concept_test(people, cards, savers, vary=["Plain.fee=-9..9"]).sweeps
    assert sweep.cut == (-9, 9)
    assert (sweep.levels[0], sweep.levels[-1]) == pytest.approx((-1, 4))  # 3 from Gold's 2, and 3 from Silver's 1


def test_levels_that_nobody_was_asked_to_weigh_are_told(people, planted, cards):
    behaviour = planted(np.tile([-0.5, 0.5], (100, 1)), low=[0, 0], high=[3, 3])
    [sweep] = twinfold.concept_test(people, cards, behaviour, vary=["Gold.fee=0..2"]).sweeps
    assert sweep.apart[0]  # more points for no higher fee than Silver's
    assert not sweep.apart[-1]


def test_no_concept_is_moved_to_two_levels_of_one_thing(people, planted):
    asked = {
        "concepts": [
            {"name": "Gold", "attributes": {"low": 1, "medium": 0}},
            {"name": "Silver", "attributes": {"low": 0, "medium": 0}},
        ],
        "called": {"low": "annual fee: low", "medium": "annual fee: medium"},
    }
    behaviour = planted(np.tile([2.0, 1.0], (100, 1)), ("low", "medium"))
    with pytest.raises(twinfold.OptionError, match="Gold has low, and would have two levels of 'annual fee'"):
        twinfold.concept_test(people, asked, behaviour, vary=["Gold.medium=0..1"])
    assert twinfold.concept_test(people, asked, behaviour, vary=["Silver.medium=0..1"]).sweeps[0].levels[-1] == 1
