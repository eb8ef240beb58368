import numpy as np
import pytest

from twinfold.behaviour.evidence import Identification, check_assignment, follows


def people(rows, seed):
    rng = np.random.default_rng(seed)
    known = {f"c{k}": rng.normal(size=(rows, 1 + k % 3)) for k in range(12)}
    return rng, known, rng.integers(0, 3, rows)


def check(treatment, cells, known, *, declared=True):
    return check_assignment(treatment, cells, known, declared=declared)


def test_what_was_drawn_by_lot_is_called_so():
    """At most one in a hundred may be doubted; of 300, four or fewer are within chance."""
    doubted = 0
    for seed in range(300):
        rng, known, cells = people(400, seed)
        doubted += bool(check(rng.normal(size=(400, 1)) + cells[:, None], cells, known).imbalanced)
    assert doubted <= 8


@pytest.mark.parametrize("arms", [1, 2])
def test_what_goes_with_something_known_is_observational_and_named(arms):
    rng, known, cells = people(2_000, 1)
    treatment = rng.normal(size=(2_000, arms)) + 0.5 * known["c4"][:, :1]
    found = check(treatment, cells, known)
    assert found.label is Identification.OBSERVATIONAL
    assert list(found.imbalanced) == ["c4"]
    assert "c4" in found.sentence("rate", ["risk"])


def test_a_treatment_by_class_is_unbalanced_where_the_class_is_no_stratum():
    rng, known, cells = people(2_000, 2)
    treatment = cells[:, None] + rng.uniform(0, 2, (2_000, 1))
    known["class"] = (cells[:, None] == np.arange(1, 3)).astype(float)
    nowhere = np.zeros(2_000, np.int64)
    assert check(treatment, nowhere, known, declared=False).label is Identification.OBSERVATIONAL
    assert check(treatment, cells, {k: v for k, v in known.items() if k != "class"}).label is Identification.RANDOMISED


def test_a_slip_is_slight_by_its_size_and_not_by_its_p_value():
    rng, known, cells = people(200_000, 3)
    treatment = rng.normal(size=(200_000, 1)) + 0.05 * known["c1"][:, :1]
    declared, undeclared = (check(treatment, cells, known, declared=d) for d in (True, False))
    assert list(declared.imbalanced) == list(undeclared.imbalanced) == ["c1"]
    assert (declared.label, undeclared.label) == (Identification.RANDOMISED, Identification.QUASI_RANDOM)


def test_a_function_of_what_is_known_identifies_nothing():
    _, known, cells = people(1_000, 4)
    treatment = 2 * known["c1"][:, :1] - known["c3"][:, :1]
    assert check(treatment, cells, known).label is Identification.NOT_IDENTIFIED
    within = cells[:, None].astype(float)  # it never varies within a stratum
    assert check(within, cells, known).label is Identification.NOT_IDENTIFIED


def test_columns_that_record_the_treatment_are_told_from_those_that_were_there_before():
    rng, known, cells = people(3_000, 5)
    rate = rng.choice(np.arange(3, 12, 0.25), (3_000, 1))
    assert follows(np.round(rate * 1.1, 1) + rng.normal(scale=0.2, size=rate.shape), rate, cells)  # what was agreed
    assert follows((rate < 7).astype(float), rate, cells)  # a mark that it was below the list price
    assert not follows(known["c1"], rate, cells)
    assert not follows((0.3 * rate + rng.normal(scale=2, size=rate.shape)), rate, cells)
