"""Which columns are the same: by name, by meaning, as a user says, and never by a guess between two."""

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.errors import OptionError
from twinfold.synthesis.encoding.codebook import learn_codebook
from twinfold.synthesis.matching import find_pairs, read_match
from twinfold.tables.reading import read


def book(**columns):
    rng = np.random.default_rng(0)
    made = {}
    for name, what in columns.items():
        made[name] = rng.choice(what, 400) if isinstance(what, list) else rng.integers(*what, 400)
    dataset = read(pl.DataFrame(made))
    table, frame, _ = dataset.single()
    return learn_codebook(frame, table, min_count=5), frame


OLD = book(
    age=(18, 90),
    sex=["female", "male"],
    MonthlyIncome=(500, 9000),
    NumberOfDependents=(0, 9),
    region=["north", "south", "west"],
    branch=["north", "south", "west", "east"],
    owns=["yes", "no"],
    months=(1, 60),
)


@pytest.mark.parametrize(
    ("new", "asked", "older"),
    [
        ({"AGE ": (20, 80)}, {}, {"AGE ": "age"}),
        ({"age_in_years": (20, 80)}, {}, {"age_in_years": "age"}),
        ({"age_in_days": (7000, 30000)}, {}, {}),  # another unit
        ({"customer_age": (7000, 30000)}, {}, {}),  # hardly what the older model knows as an age
        ({"monthly_salary": (400, 8000)}, {}, {"monthly_salary": "MonthlyIncome"}),
        ({"dependants": (0, 7)}, {}, {"dependants": "NumberOfDependents"}),
        ({"gender": ["female", "male"]}, {}, {"gender": "sex"}),
        ({"gender": ["f", "m"]}, {}, {}),  # none of its levels is known
        ({"who": ["Male", "Female"]}, {}, {"who": "sex"}),  # by its levels
        ({"has_car": ["yes", "no"]}, {}, {}),  # as many columns have
        ({"area": ["north", "south", "west"]}, {}, {"area": "region"}),
        ({"a": ["male", "female"], "b": ["male", "female"]}, {}, {}),  # which of them?
        ({"age": (20, 80), "years": (1, 50)}, {"years": "age"}, {"years": "age"}),  # the user has the last word
        ({"age": (20, 80)}, {"age": ""}, {}),
        ({"возраст": (20, 80)}, {}, {}),
    ],
)
def test_columns_are_found_by_name_and_meaning(new, asked, older):
    codebook, frame = book(**new)
    assert find_pairs(codebook, OLD[0], frame, asked) == older


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"agee": "age"}, "column 'agee' is not in what is learned of the new table"),
        ({"age": "agge"}, r"column 'agge' is not in the older model .*did you mean 'age'"),
        ({"age": "months", "years": "months"}, "two columns are matched to 'months'"),
    ],
)
def test_a_match_that_can_not_be_is_said(asked, said):
    codebook, frame = book(age=(20, 80), years=(1, 50))
    with pytest.raises(OptionError, match=said):
        find_pairs(codebook, OLD[0], frame, asked)


def test_names_in_any_letters_are_found_again():
    older, frame = book(возраст=(20, 80), pay_1_1=(0, 9), pay_11=(0, 9))
    pairs = find_pairs(older, older, frame, {})
    assert pairs == {name: name for name in frame.columns}


def test_pairs_are_read_from_what_is_typed():
    assert read_match(" a = b ,c=") == {"a": "b", "c": ""}
    assert read_match({"a": "b"}) == {"a": "b"}
    assert read_match(" ") == read_match(None) == {}
    for typed in ("a", "=b", "a=b,,"):
        with pytest.raises(OptionError, match="write the new one and the older"):
            read_match(typed)
    with pytest.raises(OptionError, match="'a' is matched twice"):
        read_match("a=b,a=c")


def test_what_was_taken_by_its_meaning_is_said(tmp_path):
    older = twinfold.fit(OLD[1], engine="diffusion", budget="1s", seed=0)
    frame = book(age_in_years=(20, 80), gender=["female", "male"], score=(1, 60))[1]
    made = twinfold.fit(frame, start=older, match="score=months", seed=0)
    assert "3 of 3 columns were known to the older model" in made.describe()
    assert "there under another name: age_in_years (age), gender (sex), score (months)" in made.describe()
    with pytest.raises(OptionError, match="'gender' holds levels, and 'months' of the older model numbers"):
        twinfold.fit(frame, start=older, match="gender=months")
    with pytest.raises(OptionError, match="name that too, with --from"):
        twinfold.fit(frame, match="score=months")
