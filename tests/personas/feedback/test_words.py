"""Words and terms in any letters, and none that few people use."""

import numpy as np
import polars as pl
import pytest

from twinfold.personas.feedback.words import find_terms


def terms_of(texts, owner=None):
    return find_terms(pl.Series(texts), np.arange(len(texts)) if owner is None else np.asarray(owner))


def test_two_words_that_mostly_stand_together_are_a_term():
    found = terms_of(["a late fee again", "the late fee is high"] * 10 + ["the bank of it is", "is it high"] * 90)
    assert "late fee" in found.names
    assert "the late" not in found.names  # "the" stands before many
    assert "again the" not in found.names  # the one ends a text, and the other begins the next
    assert found.used[:, found.names.index("late fee")].sum() == 20


def test_what_nine_people_say_is_no_term_however_often_they_say_it():
    owner = [0, 1, 2, 3, 4, 5, 6, 7, 8] * 10 + list(range(100, 120))
    found = terms_of(["kowalczyk"] * 90 + ["service"] * 20, owner)
    assert found.names == ("service",)


def test_a_term_counts_once_a_person():
    found = terms_of(["fee fee fee"] * 30, [0] * 11 + list(range(1, 20)))
    users = found.users(np.array([0] * 11 + list(range(1, 20))), 20)
    assert found.used.max() == 1
    assert users.sum() == 20


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Die GEBÜHR", "gebühr"),
        ("शुल्क बहुत", "शुल्क"),
        ("комиссия слишком", "комиссия"),
        ("رسوم عالية", "رسوم"),
        ("手数料が高い", "手数"),
        ("don’t charge", "don't"),
        ("수수료가 높다", "수수료가"),
    ],
)
def test_words_of_any_script_are_found(text, word):
    assert word in terms_of([text] * 12).names


def test_numbers_are_no_words():
    assert not any(sign.isdigit() for name in terms_of(["call 555 1234 x9 now"] * 12).names for sign in name)


def test_how_much_of_a_text_many_use_is_known():
    found = terms_of(["fee fee", "fee zuckerbrot"] + ["fee"] * 12)
    assert found.known[:2].tolist() == [1.0, 0.5]


@pytest.mark.parametrize("texts", [[""] * 20, ["1234 ??"] * 20, ["one of a kind"]])
def test_texts_without_terms_have_none(texts):
    found = terms_of(texts)
    assert found.names == ()
    assert found.used.shape == (len(texts), 0)
