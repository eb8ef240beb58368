"""Texts on a scale: closed forms of the placing, and who may be placed at all."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from twinfold.errors import DataError
from twinfold.personas.survey.meaning_scale import expect_points, judge_places, place_texts

AXES = {"bad": [1.0, 0.0], "good": [0.0, 1.0]}


def embed(texts):
    """Words as directions between bad and good: "0.2" is a fifth of the way."""
    angle = [np.pi / 2 * float(t) if t[0].isdigit() else np.arctan2(*AXES[t][::-1]) for t in texts]
    return np.column_stack([np.cos(angle), np.sin(angle)])


def test_chances_are_cosines_less_the_least():
    [[bad, middle, good]] = place_texts(["0.25"], [["bad", "0.5", "good"]], embed)
    near = np.cos(np.pi / 2 * np.array([0.25, 0.25, 0.75]))
    assert [bad, middle, good] == pytest.approx((near - near.min()) / (near - near.min()).sum())
    assert expect_points(np.array([[0.5, 0.0, 0.5], [0, 0, 1]])).tolist() == [2.0, 3.0]


def test_several_lists_of_anchors_count_as_their_mean():
    one, other = ["bad", "0.5", "good"], ["0.1", "0.5", "0.9"]
    both = place_texts(["0.3"], [one, other], embed)
    assert both == pytest.approx((place_texts(["0.3"], [one], embed) + place_texts(["0.3"], [other], embed)) / 2)


def test_a_text_that_says_nothing_is_as_near_to_all():
    chances = place_texts([""], [["a", "b", "c"]], lambda texts: np.zeros((len(texts), 2)))
    assert chances == pytest.approx(np.full((1, 3), 1 / 3))


def make_texts(count, seed):
    """Texts that say how their writers feel but for some noise, and the points that these answered."""
    rng = np.random.default_rng(seed)
    feeling = rng.normal(size=count)
    texts = [f"{t:.6f}" for t in 1 / (1 + np.exp(-feeling - rng.normal(0, 0.25, count)))]
    return place_texts(texts, [["bad", "good"]], embed), np.digitize(feeling, [-0.8, -0.2, 0.2, 0.8])


def test_agreement_is_spearmans_and_its_interval_holds_it():
    truth = judge_places(*make_texts(20_000, 10_000), "texts").value
    held = []
    for seed in range(200):
        chances, answer = make_texts(80, seed)
        found = judge_places(chances, answer, "texts")
        assert found.value == pytest.approx(spearmanr(expect_points(chances).round(9), answer).statistic)
        held.append(found.lower <= truth <= found.upper)
    assert np.mean(held) > 0.9


def test_texts_may_be_placed_from_nine_tenths_on_and_the_figure_is_told():
    answer = np.arange(60) % 5
    good = judge_places(np.eye(5)[answer], answer, "texts")
    assert good.enough
    assert "so it is enough" in good.text()
    rng = np.random.default_rng(0)
    noisy = judge_places(np.eye(5)[rng.permutation(answer)], answer, "texts")
    assert not noisy.enough
    assert f"{noisy.value:.2f} [{noisy.lower:.2f}, {noisy.upper:.2f}]" in noisy.text()


@pytest.mark.parametrize(
    ("answer", "message"), [(np.arange(10) % 5, "it takes 50"), (np.full(60, 2), "all 60 answers are 3")]
)
def test_too_few_or_all_alike_tell_nothing(answer, message):
    with pytest.raises(DataError, match=message):
        judge_places(np.full((len(answer), 5), 0.2), answer, "texts")


def test_real_word_vectors_place_opposite_texts_apart():
    pytest.importorskip("wordllama", reason="the extra meaning is not installed")
    from twinfold.personas.memory.meaning import Meaning

    anchors = [["I would never buy it.", "I might or might not buy it.", "I would certainly buy it."]]
    chances = place_texts(
        ["No, I would never buy such a thing.", "Yes, I will certainly buy it tomorrow."], anchors, Meaning().embed
    )
    low, high = expect_points(chances)
    assert low < high
