import pytest

from twinfold.tables.filling import fill, learn_form
from twinfold.tables.filling.national import NationalForm
from twinfold.tables.filling.rows import Rows
from twinfold.tables.personal import find
from twinfold.tables.personal.national import SCHEMES, Scheme, layout_of, share_valid
from twinfold.tables.schema import Column, Kind, Personal, Treatment


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
def test_fakes_pass_the_check_of_their_scheme(scheme: Scheme) -> None:
    for layout in scheme.layouts:
        fakes = NationalForm(scheme=scheme.name, layout=layout).make(Rows.between(0, 3000, seed=1, salt=0))
        assert share_valid(fakes.to_list(), scheme) == 1.0
        assert fakes.n_unique() > 2990
        if scheme.name != "fi-hetu":
            assert set(map(layout_of, fakes)) == {layout}
    named = "ssn" if scheme.name == "us-ssn" else "x1"
    assert find(fakes, named) is Personal.NATIONAL_ID
    column = Column(
        name=named, kind=Kind.TEXT, physical="String", personal=Personal.NATIONAL_ID, treatment=Treatment.FAKE
    )
    form = learn_form(fakes, column)
    assert share_valid(fill(form, 500, start=0, seed=2).to_list(), scheme) == 1.0


def test_german_numbers_have_one_digit_twice() -> None:
    fakes = NationalForm(scheme="de-idnr", layout="#" * 11).make(Rows.between(0, 5000, seed=1, salt=0))
    assert all(len(set(fake[:10])) == 9 and fake[0] != "0" for fake in fakes)
