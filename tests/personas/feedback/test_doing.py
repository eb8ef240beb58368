"""What is planted to part is said to part, what agrees is never, and of few people nothing can be told."""

import numpy as np
import pytest

from twinfold.personas.feedback.comparison import compare_means, compare_shares, group_people
from twinfold.personas.feedback.doing import judge
from twinfold.personas.feedback.feedback import Verdict


def verdicts(say, do, *, people=4_000, worlds=60, error=0.001):
    """What is judged of worlds where a quarter, and the others, say and do something with these chances."""
    rng, found = np.random.default_rng(0), []
    for _ in range(worlds):
        inside = np.arange(people) < people / 4
        sides = [
            compare_shares(rng.random(people) < np.where(inside, *chances), group_people(inside), error=error)
            for chances in (say, do)
        ]
        found.append(judge(*sides))
    return {verdict: found.count(verdict) / worlds for verdict in Verdict}


@pytest.mark.parametrize(
    ("say", "do"),
    [
        ((0.3, 0.08), (0.1, 0.1)),  # they say more, and do no more
        ((0.1, 0.1), (0.3, 0.08)),  # they do more, and say no more
        ((0.25, 0.1), (0.03, 0.1)),  # they say more, and do less
        ((0.02, 0.15), (0.12, 0.12)),  # they say less, and do no less
    ],
)
def test_planted_partings_are_found(say, do):
    found = verdicts(say, do)
    assert found[Verdict.PART] >= 0.8
    assert found[Verdict.AGREE] == 0


@pytest.mark.parametrize(
    ("say", "do"),
    [((0.3, 0.1), (0.24, 0.08)), ((0.2, 0.1), (0.08, 0.04)), ((0.05, 0.15), (0.06, 0.12)), ((0.3, 0.1), (0.06, 0.04))],
)
def test_planted_agreement_is_never_called_parting(say, do):
    assert verdicts(say, do)[Verdict.PART] <= 0.02


def test_no_difference_is_hardly_ever_called_parting():
    assert verdicts((0.15, 0.15), (0.05, 0.05), worlds=300, error=0.05)[Verdict.PART] <= 0.05
    assert verdicts((0.15, 0.15), (0.05, 0.05), worlds=100)[Verdict.PART] == 0


def test_of_few_people_nothing_can_be_told():
    assert verdicts((0.2, 0.1), (0.1, 0.1), people=160)[Verdict.UNTOLD] >= 0.95


def test_of_many_who_are_as_everybody_in_both_it_is_told():
    assert verdicts((0.3, 0.3), (0.2, 0.2), people=40_000, worlds=10)[Verdict.AGREE] == 1


def test_numbers_are_judged_as_shares_are():
    rng = np.random.default_rng(0)
    inside = np.arange(8_000) < 2_000
    say = compare_shares(rng.random(8_000) < np.where(inside, 0.3, 0.1), group_people(inside), error=0.001)
    more, same = (rng.normal(np.where(inside, shift, 0.0)) for shift in (1.0, 0.0))
    assert judge(say, compare_means(more, group_people(inside), error=0.001)) is Verdict.AGREE
    assert judge(say, compare_means(-more, group_people(inside), error=0.001)) is Verdict.PART
    assert judge(say, compare_means(same, group_people(inside), error=0.001)) is Verdict.PART


def test_what_nobody_says_is_not_judged():
    inside = np.arange(2_000) < 500
    none = compare_shares(np.zeros(2_000, bool), group_people(inside), error=0.05)
    more = compare_shares(inside, group_people(inside), error=0.05)
    assert judge(none, more) is Verdict.UNTOLD
