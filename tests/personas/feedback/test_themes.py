"""Themes that were planted are found, as many as there are; where there are none, none is told."""

import numpy as np
import polars as pl
import pytest

from personas.feedback.worlds import THEMES, World, make_world
from twinfold.personas.feedback.themes import find_themes
from twinfold.personas.feedback.words import find_terms


def themes_of(said, seed=0):
    terms = find_terms(said["text"], said["customer_id"].to_numpy() - 7_000)
    return find_themes(terms, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(3))
def test_planted_themes_are_found_as_many_as_there_are(seed):
    _, said = make_world(World(kinds=(2_000, 1_200, 800)), seed)
    found = themes_of(said)
    planted = {name: {*words.split()} for name, words in THEMES.items()}
    of = [next(name for name, words in planted.items() if {*theme.words} <= words) for theme in found]
    assert sorted(of) == sorted(THEMES)
    assert all(theme.again > 0.8 for theme in found)


def test_a_text_is_about_a_theme_where_it_uses_one_of_its_words():
    _, said = make_world(World(), 1)
    for theme in themes_of(said):
        uses = said["text"].str.split(" ").list.eval(pl.element().is_in([*theme.words])).list.any()
        assert (theme.about == uses.to_numpy()).all()


def test_words_that_have_nothing_to_do_with_each_other_make_no_theme():
    told = [len(themes_of(make_world(World(about={}), seed)[1])) for seed in range(10)]
    assert sum(told) <= 1


def test_too_few_texts_make_no_theme_and_do_not_fail():
    _, said = make_world(World(kinds=(30, 20, 10)), 0)
    assert len(themes_of(said)) <= 1
    assert themes_of(said.head(3)) == ()


def test_the_same_seed_gives_the_same_themes():
    _, said = make_world(World(kinds=(300, 200, 100)), 0)
    one, other = themes_of(said, 4), themes_of(said, 4)
    assert [(t.name, t.again) for t in one] == [(t.name, t.again) for t in other]
