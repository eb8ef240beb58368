from hypothesis import given
from hypothesis import strategies as st

from twinfold.tables.personal import mask


def test_keeps_the_shape() -> None:
    assert mask("Zoë O'Brien, 12b High St.") == "Xxx X'Xxxxx, 99x Xxxx Xx."
    assert mask("") == ""


@given(st.text())
def test_shows_no_letter_and_no_digit(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    assert not any(c.isalpha() and c not in "Xx" for c in masked)
    assert not any(c.isdecimal() and c != "9" for c in masked)
