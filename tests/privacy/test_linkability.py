"""Linkability: halves of a copied record meet, halves that have nothing to do with each other meet by chance."""

import numpy as np
import pytest

from twinfold.privacy.linkability import link
from twinfold.privacy.neighbours import Points


def halves(rng: np.random.Generator, rows: int) -> tuple[Points, Points]:
    return tuple(
        Points(rng.random((rows, 2), np.float32), rng.integers(0, 2, (rows, 1)).astype(np.float32)) for _ in range(2)
    )


def test_the_halves_of_a_released_record_meet() -> None:
    record = halves(np.random.default_rng(0), 400)
    assert link(record, record).linked.all()


def test_independent_halves_meet_by_chance() -> None:
    """Each half leads to five of 500 rows: they share none of them with probability (1 - 5/500)^5, about."""
    rng = np.random.default_rng(1)
    release = halves(rng, 500)
    links = link(halves(rng, 4000), release)
    assert links.linked.mean() == pytest.approx(1 - 0.99**5, abs=0.012)
    assert np.median(links.chance) == pytest.approx(1 - np.exp(-25 / 500), abs=1e-4)


def test_rows_that_cannot_be_told_apart_are_no_link() -> None:
    alike = tuple(Points(np.zeros((100, 1), np.float32), np.zeros((100, 1), np.float32)) for _ in range(2))
    assert not link(alike, alike).linked.any()
    assert link(alike, alike, most=100).linked.all()


def test_fewer_released_rows_than_neighbours_are_all_reached() -> None:
    rng = np.random.default_rng(2)
    assert link(halves(rng, 10), halves(rng, 3)).linked.all()
