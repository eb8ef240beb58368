"""What is said of given values that were never learned."""

from datetime import date, timedelta

import polars as pl
import pytest

from twinfold.synthesis.encoding.codebook import Codebook, learn_codebook
from twinfold.tables.kinds import detect
from twinfold.verbs.given_values import note_unlearned


@pytest.fixture(scope="module")
def codebook() -> Codebook:
    rows = pl.DataFrame(
        {
            "age": [18 + i % 60 for i in range(1200)],
            "income": [None if i % 9 == 0 else 900.5 + 3 * i for i in range(1200)],
            "opened": [(date(2020, 1, 1) + timedelta(days=i % 700)).strftime("%d.%m.%Y") for i in range(1200)],
            "married": [i % 2 for i in range(1200)],
            "city": [f"rare {i}" if i < 5 else ("Brno", "Prague", "Ostrava")[i % 3] for i in range(1200)],
        }
    )
    return learn_codebook(rows, detect(rows, "customers"), min_count=10)


def test_learned_values_pass_without_a_word(codebook: Codebook) -> None:
    given = {
        "age": [18, 77],
        "income": [1500.0, None],
        "opened": ["05.06.2020", "01.02.2021"],
        "city": ["Brno", "Brno"],
    }
    assert note_unlearned(codebook, pl.DataFrame(given)) == ()


@pytest.mark.parametrize(
    ("given", "note"),
    [
        (
            {"age": [130, 20, 7, 99]},
            "given: 3 rows hold values of age that were never learned (18 to 77 were); what is drawn around them "
            "follows the nearest learned ones",
        ),
        (
            {"married": [7, 1]},
            "given: 1 row holds a value of married that was never learned (0, 1 were); what is drawn around it follows "
            "married = 1",
        ),
        (
            {"city": ["Wien", "Graz"]},
            "given: 2 rows hold values of city that were never learned (Brno, Ostrava, Prague were); what is drawn "
            "around them follows the rare ones",
        ),
        (
            {"age": [float("nan"), 20.0]},
            "given: 1 row holds no age, which every learned row has; what is drawn around it follows those in the "
            "middle",
        ),
    ],
)
def test_values_never_learned_are_told_with_what_stands_in_for_them(
    given: dict[str, list[object]], note: str, codebook: Codebook
) -> None:
    assert note_unlearned(codebook, pl.DataFrame(given)) == (note,)


def test_dates_are_told_as_they_are_written(codebook: Codebook) -> None:
    [note] = note_unlearned(codebook, pl.DataFrame({"opened": ["01.01.2035"]}))
    assert "(05.01.2020 to 20.11.2021 were)" in note


def test_the_far_ends_that_are_withheld_are_not_told(codebook: Codebook) -> None:
    [note] = note_unlearned(codebook, pl.DataFrame({"income": [10.0**9]}))
    assert "4497.5" not in note  # the largest real one
