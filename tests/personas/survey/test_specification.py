"""What a questionnaire accepts, and how it says what it does not."""

import pytest

from twinfold.errors import SpecificationError
from twinfold.personas.survey.specification import read_questionnaire

ITEM = {"id": "a", "kind": "single", "question": "Which?"}
LIKERT = ITEM | {"kind": "likert", "scale": ["no", "perhaps", "yes"]}


def read_one(more: dict) -> object:
    [item] = read_questionnaire({"items": [more]}).items
    return item


def test_a_questionnaire_is_read_from_toml_and_options_keep_their_order(tmp_path):
    path = tmp_path / "questions.toml"
    path.write_text(
        'title = "T"\nseed = 3\n[[items]]\nid = "age"\nkind = "single"\nquestion = "How old?"\n'
        'options = { "60 or more" = "age >= 60", "under 30" = "age < 30" }\n'
        '[[items]]\nid = "why"\nkind = "open"\nquestion = "Why?"\n'
    )
    asked = read_questionnaire(path)
    assert (asked.title, asked.seed, [item.id for item in asked.items]) == ("T", 3, ["age", "why"])
    assert asked.items[0].choices == ("60 or more", "under 30")
    assert asked.items[0].conditions == {"60 or more": "age >= 60", "under 30": "age < 30"}


def test_options_may_be_offers():
    item = read_one(
        ITEM | {"kind": "multiple", "behaviour": "b", "options": {"at 3": {"rate": 3}, "at 4": {"rate": 4}}}
    )
    assert item.offers == {"at 3": {"rate": 3.0}, "at 4": {"rate": 4.0}}
    assert item.conditions == {}


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"kind": "singel"}, "did you mean 'single'"),
        ({"optoins": ["x"]}, r"item 'a' .*did you mean 'options'"),
        ({"scale": ["x", "y", "z"]}, "kind 'single' has no scale"),
        ({"column": "age", "formula": "age"}, "answers come from one place"),
        ({"column": "age", "options": {"x": "age < 3"}}, "answers come from one place"),
        ({"options": {"x": "age < 3", "y": {"rate": 3}}}, "give all of them the same"),
        ({"options": ["x", "x"]}, "the same words"),
        ({"options": ["x", "y", "z"], "behaviour": "b"}, "give two options"),
        ({"offer": {"rate": 3}}, "an offer is put to a behaviour"),
        ({"column": "age", "cuts": [3, 2], "options": ["x", "y", "z"]}, "don't rise"),
        ({"column": "age", "cuts": [1, 2], "options": ["x"]}, "2 cuts make 3 options; there are 1"),
        ({"behaviour": "b", "cuts": [1], "options": ["x", "y"]}, "leave them out"),
        ({"formula": "age"}, "give cuts that make options of it"),
        ({"kind": "multiple"}, "needs options with a condition each"),
        ({"kind": "multiple", "options": {"a; b": "age < 3"}}, "can't hold ';'"),
        ({"kind": "multiple", "behaviour": "b", "options": {"x": "age < 3"}}, "answers come from one place"),
        ({"kind": "open", "column": "age"}, "kind 'open' has no column"),
        ({"kind": "likert"}, "needs a scale of 3 to 11 points"),
        ({"kind": "likert", "scale": [str(k) for k in range(12)]}, "at most 11"),
        (LIKERT | {"shares": [0.3, 0.3, 0.4]}, "of a scale of a behaviour"),
        (LIKERT | {"behaviour": "b", "shares": [0.3, 0.3]}, "one for each of 3 points"),
        (LIKERT | {"behaviour": "b", "shares": [0.3, 0.3, 0.3]}, "let them add to 1"),
        (LIKERT | {"behaviour": "b", "shares": [0, 0.5, 0.5]}, "greater than 0"),
        (LIKERT | {"behaviour": "b", "shares": [0.3, 0.3, 0.4], "thresholds_of": "x"}, "cut in one way"),
        (LIKERT | {"behaviour": "b", "labelled": {"file": "f"}}, "labelled takes file, answer, score, text"),
        (LIKERT | {"behaviour": "b", "labelled": {"file": "f", "anser": "x"}}, "did you mean 'answer'"),
        (LIKERT | {"anchors": ["x", "y"]}, "a sentence for each of 3 points"),
        (LIKERT | {"anchors": ["x", "y", "z"]}, "only where real ones bear it out"),
        ({"behaviour": "b", "offer": {"rate": float("nan")}}, "finite number, not 'nan'"),
        ({"column": "age", "options": ["1", "2"], "yes": "1"}, "leave it out"),
        ({"options": 5}, "should be a valid list, not '5'"),
        ({"question": ""}, "at least 1 character"),
        ({"id": "x" * 500}, "at most 120"),
    ],
)
def test_what_is_not_accepted_is_told_by_its_place_and_value(item, message):
    with pytest.raises(SpecificationError, match=message) as told:
        read_one(ITEM | item)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({}, "a questionnaire needs items"),
        ({"items": []}, "at least 1"),
        ({"items": [ITEM, ITEM]}, "two items are called 'a'"),
        ({"items": [{"id": "a"}]}, "item 'a'.kind: it is missing"),
        ({"items": "x"}, "valid list"),
        ({"items": [3]}, "item 1: input should be a table"),
        ({"titel": "x", "items": [ITEM]}, "did you mean 'title'"),
        ({"seed": -1, "items": [ITEM]}, "seed"),
        ({"items": [LIKERT | {"behaviour": "b", "thresholds_of": "none"}]}, "scale 'none' is not known"),
        (
            {"items": [LIKERT | {"behaviour": "b"}, LIKERT | {"id": "c", "behaviour": "d", "thresholds_of": "a"}]},
            "the same behaviour and scale",
        ),
        ({"items": [ITEM | {"id": str(k)} for k in range(201)]}, "at most 200"),
    ],
)
def test_a_whole_that_is_not_accepted_is_told(record, message):
    with pytest.raises(SpecificationError, match=message):
        read_questionnaire(record)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x" * 300_000, "more than"),
        (b"\xff\xfe\x00", "is no TOML"),
        (b"items = [", "is no TOML"),
        (None, "can't be read"),
    ],
)
def test_a_hostile_file_is_one_line(tmp_path, data, message):
    path = tmp_path / "q.toml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(SpecificationError, match=message):
        read_questionnaire(path)
