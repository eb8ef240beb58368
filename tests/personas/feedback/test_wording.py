"""Sentences say what was judged, with the figures that it was judged by."""

import numpy as np
import pytest

from twinfold.personas.feedback.comparison import compare_means, compare_shares, group_halves, group_people
from twinfold.personas.feedback.doing import judge
from twinfold.personas.feedback.wording import say_part, say_tone, say_within


def shares(inside, others, people=4_000):
    """A fourth of people, of whom so many do something, beside others."""
    quarter = people // 4
    sizes = (quarter, round(inside * quarter)), (3 * quarter, round(others * 3 * quarter))
    has = np.concatenate([np.arange(size) < hits for size, hits in sizes])
    return compare_shares(has, group_people(np.arange(people) < quarter), error=0.01)


@pytest.mark.parametrize(
    ("say", "do", "words"),
    [
        (
            (0.3, 0.1),
            (0.1, 0.1),
            "They complain of “fee” 2.0 times as often as everybody [1.8, 2.2], and left no more oft",
        ),
        (
            (0.3, 0.1),
            (0.3, 0.1),
            "and left more often (30.0 % beside 15.0 % of everybody; difference +15.0 points [+12.0",
        ),
        ((0.3, 0.1), (0.02, 0.1), ", but left less often (2.0 % beside 8.0 % of everybody; difference -6.0 points ["),
        ((0.02, 0.2), (0.1, 0.1), ", and left no less often (10.0 % beside 10.0 % of everybody; difference 0 points ["),
        (
            (0.1, 0.1),
            (0.3, 0.08),
            "They complain of “fee” no more often than everybody (1.0 times [0.80, 1.2]), but left more",
        ),
        ((0.1, 0.1), (0.02, 0.15), "They complain of “fee” no less often than everybody ("),
    ],
)
def test_partings_and_agreements_are_told_with_their_figures(say, do, words):
    sides = shares(*say), shares(*do)
    assert words in say_part("fee", sides[0], "left", sides[1], judge(*sides))


def test_what_cannot_be_told_is_told_as_such_with_its_figures():
    sides = shares(0.2, 0.15, 200), shares(0.1, 0.1, 200)
    said = say_part("", sides[0], "left", sides[1], judge(*sides))
    assert said.startswith("Whether the two part cannot be told: they complain about as often as everybody, as far as")
    assert said.endswith("; left 10.0 % beside 10.0 % of everybody; difference 0 points [-8.3, +12.5].")


def test_whoever_is_as_everybody_in_both_is_told():
    sides = shares(0.3, 0.3, 80_000), shares(0.2, 0.2, 80_000)
    assert say_part("", sides[0], "left", sides[1], judge(*sides)).startswith(
        "They complain as everybody does (1.0 times ["
    )


def test_numbers_are_higher_or_lower():
    rng = np.random.default_rng(0)
    inside = np.arange(4_000) < 1_000
    do = compare_means(rng.normal(100 + 50 * inside, 20), group_people(inside), error=0.01)
    sides = shares(0.3, 0.1), do
    said = say_part("", sides[0], "spent", do, judge(*sides))
    assert ", and spent is higher (149.0 beside 112.2 of everybody; difference +36.8 [" in said
    tone = compare_means(np.where(inside, -0.5, 0.2) + rng.normal(0, 0.1, 4_000), group_people(inside), error=0.01)
    assert say_tone(tone).startswith(
        "Tone is -0.50 [-0.50, -0.49] on a scale from -1 to 1, less content than everybody"
    )


def test_who_complains_is_told_beside_who_does_not():
    one = np.arange(1_000) < 300
    left = np.concatenate([np.arange(300) < 60, np.arange(700) < 70])
    said = say_within("complain", "fee", "all", "left", compare_shares(left, group_halves(one, ~one), error=0.05))
    assert said == (
        "Of all who complain of “fee”, 20.0 % left; of the others 10.0 % (difference +10.0 points [+5.0, +15.4])."
    )


def test_a_share_that_nobody_has_is_told_as_a_share():
    inside = np.arange(400) < 100
    none = compare_shares(np.zeros(400, bool), group_people(inside), error=0.05)
    said = say_part("", shares(0.3, 0.1), "left", none, judge(shares(0.3, 0.1), none))
    assert "left 0 % beside 0 % of everybody; difference 0 points [" in said
