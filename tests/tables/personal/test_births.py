import numpy as np
import pytest

from twinfold.tables.filling.national import NationalForm
from twinfold.tables.filling.rows import Rows
from twinfold.tables.personal.births import HOLDERS, read_births
from twinfold.tables.personal.national import SCHEMES, share_valid

PUBLISHED = [  # numbers that their countries give as examples, or that textbooks do
    ("cz-rc", "7103192745", "1971-03-19", False),
    ("cz-rc", "7155150123", "1971-05-15", True),
    ("cz-rc", "0421010006", "2004-01-01", False),  # a day that had used up its numbers
    ("pl-pesel", "44051401359", "1944-05-14", False),
    ("pl-pesel", "02270803628", "2002-07-08", True),
    ("fi-hetu", "131052-308T", "1952-10-13", True),
    ("fi-hetu", "131002A308T", "2002-10-13", True),
    ("se-pn", "8112289874", "1981-12-28", False),
    ("za-id", "8001015009087", "1980-01-01", False),
    ("it-cf", "RSSMRA85T10A562S", "1985-12-10", False),
    ("it-cf", "MRTMTT91D48F205J", "1991-04-08", True),
    ("no-fnr", "01129955131", "1999-12-01", False),
]


@pytest.mark.parametrize(("scheme", "number", "day", "woman"), PUBLISHED)
def test_known_numbers_say_what_they_are_known_to_say(scheme, number, day, woman):
    days, women = read_births([number, *(["9901010000"] if scheme == "cz-rc" else [])], scheme)
    assert (np.datetime64(int(days[0]), "D") == np.datetime64(day), women[0]) == (True, woman)


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme.name in HOLDERS], ids=lambda s: s.name)
def test_numbers_made_for_people_are_valid_say_who_they_are_and_differ(scheme):
    rng = np.random.default_rng(0)
    births, women = rng.integers(-12_000, 13_000, 3000), rng.random(3000) < 0.5
    form = NationalForm(scheme=scheme.name, layout="#" * scheme.length)
    made = form.make_for(Rows.between(0, 3000, seed=1, salt=0), births, women)
    days, found = read_births(made.to_list(), scheme.name)
    assert share_valid(made.to_list(), scheme) == 1
    assert (days == births).all()
    assert (found == women).all()
    assert made.is_unique().all()


def test_those_born_on_one_day_have_numbers_of_their_own_as_far_as_there_are_any_and_pieces_too():
    form = NationalForm(scheme="cz-rc", layout="######/####")
    one, two = (
        form.make_for(Rows.between(start, 40, seed=1, salt=0), np.zeros(40), np.zeros(40, bool))
        for start in (0, 50_000)
    )
    assert len({*one, *two}) == 80


def test_what_is_no_day_says_none():
    days, _ = read_births(["7102310000", "7113010000", "7100010000", "7106310000"], "cz-rc")
    assert np.isnan(days).all()


@pytest.mark.parametrize(
    ("years", "first"),
    [(range(11, 88), 1911), ([*range(30, 100), *range(11)], 1930), (range(3, 15), 2003), (range(60, 100), 1960)],
)
def test_the_century_is_told_by_the_years_in_which_nobody_was_born(years, first):
    days, _ = read_births([f"{year:02d}0101" for year in years], "birth-number")
    assert days.min() == (np.datetime64(f"{first}-01-01") - np.datetime64("1970-01-01")).astype(int)
    assert days.max() - days.min() < 36_525
