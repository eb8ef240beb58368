"""Texts are ranked as the formula says, the same way each time, and only those that may be found are."""

import math
import time

import numpy as np
import pytest

from twinfold.errors import OptionError
from twinfold.personas.memory.search import Index
from twinfold.personas.memory.words import split_words, stem

SYLLABLES = [f"{a}{b}{c}x" for a in "bdfgk" for b in "aou" for c in "bdgkm"]
"""Words without endings."""


def rank(texts, query, among=None):
    """BM25, a text and a word at a time: the independent oracle."""
    n, lengths = len(texts), [len(text.split()) for text in texts]
    out = []
    for place, text in enumerate(texts):
        score = 0.0
        for word in query.split():
            held = sum(word in other.split() for other in texts)
            often = text.split().count(word)
            norm = 1.2 * (1 - 0.75 + 0.75 * lengths[place] / (sum(lengths) / n))
            score += math.log(1 + (n - held + 0.5) / (held + 0.5)) * often / (often + norm)
        if score > 0 and (among is None or place in among):
            out.append((place, score))
    return sorted(out, key=lambda each: (-each[1], each[0]))


def make_texts(count, rng, words=SYLLABLES):
    share = 1 / np.arange(1, len(words) + 1)
    return [" ".join(rng.choice(words, rng.integers(1, 20), p=share / share.sum())) for _ in range(count)]


def test_a_score_is_the_formula_by_hand():
    index = Index(["bax bax gox", "gox", "fox fox"])
    [(place, score)] = index.find("bax", 3)
    # n = 3, one text has it twice, and it is three words long, where two are the mean
    assert place == 0
    assert score == pytest.approx(math.log(1 + 2.5 / 1.5) * 2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 2)), rel=1e-6)
    [first, second] = index.find("gox bax", 3)
    assert (first[0], second[0]) == (0, 1)
    assert second[1] == pytest.approx(math.log(1 + 1.5 / 2.5) / (1 + 1.2 * (0.25 + 0.75 / 2)), rel=1e-6)


def test_rankings_are_those_of_the_formula():
    rng = np.random.default_rng(0)
    texts = make_texts(120, rng)
    index = Index(texts)
    for _ in range(20):
        query = " ".join(rng.choice(SYLLABLES, 4))
        among = [int(each) for each in rng.choice(120, 30, replace=False)] if rng.random() < 0.5 else None
        found, right = index.find(query, 10, among=among), rank(texts, query, among)[:10]
        assert [score for _, score in found] == pytest.approx([score for _, score in right], rel=1e-5)
        assert len(found) == len(right)
        for (place, score), (other, _) in zip(found, right, strict=True):
            assert place == other or score == pytest.approx(dict(rank(texts, query))[place], rel=1e-5)


def test_only_places_that_may_be_found_are_ranked():
    texts = ["late payment fee"] * 50 + ["a fee"]
    index = Index(texts)
    assert index.find("late payment fee", 1, among=[50])[0][0] == 50
    assert index.find("late", 5, among=[50]) == []
    assert [place for place, _ in index.find("late", 3, among=np.array([9, 3, 7, 3]))] == [3, 7, 9]
    assert index.find("late", 3, among=[]) == []


def test_of_equal_scores_the_first_place_is_first():
    index = Index(["late fee", "other words", *["late fee"] * 30])
    assert [place for place, _ in index.find("fee late", 4)] == [0, 2, 3, 4]
    assert index.find("late fee", 20) == index.find("late fee", 20)


def test_words_are_found_however_they_are_written():
    index = Index(
        ["Gebühren für Überweisungen", "It charges 1,250.00 € in fees", "a policy of 12.5 % per year", "Zoë's card"]
    )
    for query, place in {
        "GEBUHREN": 0,
        "what is the charge": 1,
        "charging": 1,
        "a fee of EUR 1250": 1,
        "policies": 2,
        "12.5 per cent, 12.50 percent": 2,
        "zoe’s": 3,
    }.items():
        assert index.find(query, 1)[0][0] == place, query


def test_stems_are_porters():
    """Of steps 1 and 5a, the examples of the paper that need no later step."""
    for word, right in {
        "caresses": "caress", "ponies": "poni", "ties": "ti", "caress": "caress", "cats": "cat", "feed": "feed",
        "agreed": "agre", "plastered": "plaster", "bled": "bled", "motoring": "motor", "sing": "sing",
        "conflated": "conflat", "troubled": "troubl", "sized": "size", "hopping": "hop", "tanned": "tan",
        "falling": "fall", "hissing": "hiss", "fizzed": "fizz", "failing": "fail", "filing": "file",
        "happy": "happi", "sky": "sky", "probate": "probat", "rate": "rate", "cease": "ceas", "controlled": "control",
    }.items():  # fmt: skip
        assert stem(word) == right, word
    assert {stem(word) for word in ("charge", "charges", "charged", "charging")} == {"charg"}


@pytest.mark.parametrize(
    "query", ["", " ", "the of and", "qqq", "\0\x1b[31m", "'; drop table", "(" * 1_000, "½ €%", "日本"]
)
def test_a_query_of_nothing_finds_nothing(query):
    assert Index(["late payment", "a fee"]).find(query, 3) == []


def test_nothing_to_search_is_no_error():
    assert Index([]).find("late", 3) == []
    assert Index(["", "the", "\n"]).find("late", 3) == []
    assert split_words("") == []


def test_what_is_out_of_range_is_said():
    index = Index(["late payment", "a fee"])
    with pytest.raises(OptionError, match="k is 0; give 1 or more"):
        index.find("late", 0)
    for place in (2, -1):
        with pytest.raises(OptionError, match=f"place {place} is not one of 2 texts; give places from 0"):
            index.find("late", 1, among=[0, place])


def test_many_texts_are_searched_in_no_time():
    texts = make_texts(20_000, np.random.default_rng(0))
    index = Index(texts)
    assert index.by == "words"
    begun = time.process_time()
    for _ in range(20):
        index.find(texts[0], 15)
    assert time.process_time() - begun < 1


def test_a_long_word_takes_no_longer_than_its_length():
    begun = time.process_time()
    assert Index(["a" * 1_000_000, "1," * 500_000, "é" * 500_000, "'a" * 500_000]).find("a" * 1_000_000, 1)[0][0] == 0
    assert time.process_time() - begun < 10
