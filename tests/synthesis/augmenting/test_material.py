import numpy as np
import polars as pl

from twinfold.synthesis.augmenting.material import gather_material
from twinfold.synthesis.augmenting.values import Values
from twinfold.tables.reading import read

RNG = np.random.default_rng(0)
REAL = pl.DataFrame(
    {
        "amount": RNG.uniform(0, 100, 400).round(2),
        "children": RNG.integers(0, 4, 400),
        "kind": ["common"] * 200 + ["other"] * 180 + [None] * 15 + ["rare"] * 5,
        "left": RNG.choice(["no", "yes"], 400),
    }
)


def test_real_rows_go_round_as_they_are() -> None:
    material = gather_material(read(REAL), None)
    stored = material.store(material.values, 0, np.arange(400), RNG, seed=0, start=0)
    assert stored.equals(REAL)


def test_the_target_is_none_of_the_columns_that_are_made() -> None:
    material = gather_material(read(REAL), "left")
    assert "left" not in material.names
    assert material.answer_values.gather(material.answers).equals(REAL["left"])


def test_what_is_made_falls_onto_the_grid_and_into_the_range() -> None:
    material = gather_material(read(REAL), None)
    x = material.values.x[:3].copy()
    x[:, :2] = [[50.12345, 1.4], [1e9, 99.0], [-5.0, -2.0]]
    stored = material.store(Values(x, material.values.categories), 0, np.arange(400), RNG, seed=0, start=0)
    assert stored["amount"].to_list() == [50.12, REAL["amount"].max(), REAL["amount"].min()]
    assert stored["children"].to_list() == [1, 3, 0]


def test_rare_levels_give_way_to_common_ones_and_missing_stays() -> None:
    material = gather_material(read(REAL), None)
    place = material.names.index("kind")
    shown = material.hide_rare(material.values, np.arange(400), RNG)
    stored = material.store(shown, 0, np.arange(400), RNG, seed=0, start=0)["kind"]
    assert set(stored.drop_nulls()) == {"common", "other"}
    assert stored[:395].equals(REAL["kind"][:395])
    assert material.notes == ("Levels that too few rows hold are not drawn (kind 1).",)
    assert (material.values.x[395:, place] != shown.x[395:, place]).all()
