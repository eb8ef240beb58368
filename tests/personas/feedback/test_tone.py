"""Tone is by a rating, or by a lexicon that is asked for; where neither is, none is told."""

import sys

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.personas.feedback.sources import Source, TextTable
from twinfold.personas.feedback.tone import find_rating, rate, read_tone
from twinfold.tables.reading import read


def source_of(**columns):
    table, frame, _ = read(pl.DataFrame(columns)).single()
    return Source("texts", table, frame, TextTable(frame))


STARS, DAYS, NPS = [1, 2, 3, 4, 5] * 20, [0, 1, 2, 3, 7] * 20, [0, 3, 10, 9, None] * 20


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"days_open": DAYS, "Star_Rating": STARS}, ("Star_Rating", (1, 5))),
        ({"nps": NPS, "days": DAYS}, ("nps", (0, 10))),
        ({"how": STARS, "days": DAYS}, ("how", (1, 5))),  # alone fills a scale
        ({"how": STARS, "well": STARS[::-1]}, None),
        ({"days": DAYS}, None),
        ({"credit_score": [300, 500, 720, 850] * 25}, None),
        ({"rating": ["good", "bad"] * 50}, None),
        ({"rating": [1.5, 2.5] * 50}, None),
    ],
)
def test_a_column_of_ratings_is_found_by_its_name_or_its_scale(columns, found):
    assert find_rating(source_of(**columns), ()) == found


def test_ratings_are_tones_from_the_worst_to_the_best():
    tones = rate(source_of(nps=NPS), "nps", (0, 10))
    np.testing.assert_allclose(tones[:5], [-1, -0.4, 1, 0.8, np.nan])


def test_a_lexicon_tells_good_from_bad_and_says_where_it_knows_nothing():
    pytest.importorskip("vaderSentiment")
    good, bad, none = read_tone(pl.Series(["great service, friendly staff", "terrible, awful app", "eine Gebühr"]))
    assert good > 0.3
    assert bad < -0.3
    assert np.isnan(none)


def test_a_lexicon_that_is_not_installed_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "vaderSentiment", None)
    monkeypatch.setitem(sys.modules, "vaderSentiment.vaderSentiment", None)
    with pytest.raises(twinfold.MissingExtraError, match=r'pip install "twinfold\[tone\]"'):
        read_tone(pl.Series(["bad"]))
