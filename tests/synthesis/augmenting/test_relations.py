import numpy as np

from twinfold.synthesis.augmenting.relations import find_relations, keep_relations
from twinfold.synthesis.augmenting.values import Values

RNG = np.random.default_rng(0)
CITY = RNG.integers(6, size=400).astype(float)
AGE = RNG.integers(18, 90, 400).astype(float)
ALONE = RNG.normal(size=400)


def found(*columns: np.ndarray, categories: tuple[int, ...]) -> list[tuple[int, int]]:  # type: ignore[type-arg]
    return [(r.source, r.target) for r in find_relations(Values(np.column_stack(columns), categories))]


def test_a_region_follows_its_city_and_a_band_its_age() -> None:
    region, band = CITY // 2, (AGE > 30).astype(float) + (AGE > 60)
    rows = Values(np.column_stack([region, CITY, AGE, band, RNG.integers(3, size=400)]), (0, 1, 3, 4))
    relations = find_relations(rows)
    assert sorted((r.source, r.target) for r in relations) == [(1, 0), (2, 3)]
    wrong = rows.x.copy()
    wrong[:, [0, 3]] = 0.0
    assert (keep_relations(Values(wrong, rows.categories), relations).x == rows.x).all()


def test_a_band_follows_a_number_that_nobody_shares() -> None:
    assert found(ALONE, (ALONE > 0.3).astype(float), categories=(1,)) == [(0, 1)]


def test_what_one_row_contradicts_is_no_relation() -> None:
    region = CITY // 2
    region[7] += 1
    assert found(CITY, region, categories=(0, 1)) == []


def test_rows_that_nobody_repeats_prove_nothing() -> None:
    assert found(ALONE, RNG.permutation(ALONE), categories=()) == []
    assert found(ALONE, RNG.integers(2, size=400).astype(float), categories=(1,)) == []
    assert found(np.arange(40.0), np.r_[np.zeros(39), 1.0], categories=(1,)) == []


def test_missing_is_a_value_of_its_own() -> None:
    rate = np.where(CITY == 3, np.nan, CITY * 1.5)
    rows = Values(np.column_stack([CITY, rate]), (0,))
    relations = find_relations(rows)
    assert len(relations) == 1
    assert np.array_equal(keep_relations(rows, relations).x, rows.x, equal_nan=True)


def test_a_column_that_is_unfit_determines_no_other() -> None:
    rows = Values(np.column_stack([CITY, CITY // 2]), (0, 1))
    assert find_relations(rows, unfit=[0]) == ()
