"""What sets a concept apart is said as people would, whatever attributes it is coded in."""

import numpy as np
import pytest

import twinfold

ATTRIBUTES = ("rate", "insured", "low_fee", "medium_fee")


@pytest.fixture(scope="module")
def insured(planted, people):
    asked = {
        "concepts": [
            {"name": "A", "attributes": {"rate": 9.5, "insured": 1, "low_fee": 1, "medium_fee": 0}},
            {"name": "B", "attributes": {"rate": 11, "insured": 0, "low_fee": 0, "medium_fee": 1}},
            {"name": "C", "attributes": {"rate": 10, "insured": 0, "low_fee": 0, "medium_fee": 0}},
        ],
        "called": {"low_fee": "annual fee: low", "medium_fee": "annual fee: medium", "insured": "travel insurance"},
        "otherwise": {"annual fee": "high"},
    }
    tastes = np.tile([-1.0, 0.5, 2.0, 1.0], (100, 1))
    return twinfold.concept_test(people, asked, planted(tastes, ATTRIBUTES))


def test_numbers_are_lower_or_higher_than_the_others(insured):
    said = {reason.feature: reason.said for reason in insured["A"].reasons}
    assert said["rate"] == "its lower rate (9.5; the others 10 to 11)"
    assert said["travel insurance"] == "its travel insurance"
    assert said["annual fee"] == "its low annual fee"


def test_what_is_not_there_is_had_not(insured):
    said = {reason.feature: reason.said for reason in insured["C"].reasons}
    assert said["travel insurance"] == "having no travel insurance"
    assert said["annual fee"] == "its high annual fee"
    assert said["rate"] == "its lower rate (10; the others 9.5 to 11)"


def test_attributes_that_are_called_the_same_are_one_reason(insured):
    assert [name for name, _ in insured["B"].features] == ["rate", "travel insurance", "annual fee"]
    assert dict(insured["B"].features) == {"rate": "11", "travel insurance": "no", "annual fee": "medium"}
    sentences = " ".join(insured.answers["sentence"].unique())
    assert "low_fee" not in sentences
    assert "I'd give up the travel insurance for it" in sentences or "put up with its" in sentences


def test_attributes_without_words_are_called_by_their_names(planted, people):
    asked = {
        "concepts": [
            {"name": name, "attributes": dict.fromkeys(ATTRIBUTES, 0) | {"low_fee": value}}
            for name, value in (("A", 1), ("B", 0))
        ]
    }
    found = twinfold.concept_test(people, asked, planted(np.tile([0.0, 0.0, 2.0, 1.0], (100, 1)), ATTRIBUTES))
    assert [reason.said for reason in found["A"].reasons] == ["its low fee"]
    assert [reason.said for reason in found["B"].reasons] == ["having no low fee"]
