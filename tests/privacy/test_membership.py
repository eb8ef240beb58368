"""Attacks with other people's records at hand: who is learned shows in each, and nobody where nothing leaks."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from twinfold.privacy.crowding import find_crowds
from twinfold.privacy.membership import NEIGHBOURS, gather_records, score_nearness
from twinfold.privacy.neighbours import Points


def cloud(rng: np.random.Generator, rows: int) -> Points:
    return Points(rng.normal(0.5, 0.1, (rows, 4)).astype(np.float32), rng.integers(0, 2, (rows, 1)).astype(np.float32))


def jittered(rng: np.random.Generator, rows: Points, by: float) -> Points:
    return Points((rows.numbers + rng.normal(0, by, rows.numbers.shape)).astype(np.float32), rows.categories)


def areas(train: Points, holdout: Points, release: Points) -> dict[str, float]:
    records = gather_records(train, holdout)
    targets = records.isolated(400)
    apart = np.setdiff1d(np.arange(len(records.learned)), targets)
    scores = score_nearness(records.points[targets], records.points[apart], release)
    return {name: float(roc_auc_score(records.learned[targets] > 0, score)) for name, score in scores.items()}


def test_a_release_that_owes_nothing_to_anybody_gives_a_guess() -> None:
    found = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        found.append(list(areas(*(cloud(rng, 2000) for _ in range(3))).values()))
    assert np.abs(np.mean(found, axis=0) - 0.5).max() < 0.025  # three standard errors of twelve attacks


def test_a_jittered_copy_is_found_by_distances_and_by_density() -> None:
    rng = np.random.default_rng(1)
    train, holdout = cloud(rng, 2000), cloud(rng, 2000)
    found = areas(train, holdout, jittered(rng, train, 0.01))
    assert min(found["distance"], found["distance difference"]) > 0.95
    assert found["density ratio"] > 0.6


def test_scores_are_those_of_an_exact_search() -> None:
    rng = np.random.default_rng(2)
    targets, reference, release = cloud(rng, 50), cloud(rng, 300), cloud(rng, 400)

    def search(among: Points) -> NearestNeighbors:
        return NearestNeighbors(metric="manhattan", algorithm="brute").fit(among.flat())

    scores = score_nearness(targets, reference, release)
    near = search(release).kneighbors(targets.flat(), 1)[0][:, 0]
    around = search(reference).kneighbors(targets.flat(), NEIGHBOURS)[0]
    within = [len(search(release).radius_neighbors(targets.flat()[i : i + 1], around[i, -1])[0][0]) for i in range(50)]
    assert scores["distance"] == pytest.approx(-near, abs=1e-5)
    assert scores["distance difference"] == pytest.approx(around[:, 0] - near, abs=1e-5)
    expected = np.log((np.array(within) + 0.5) / 400) - np.log((NEIGHBOURS + 0.5) / 300)
    assert scores["density ratio"] == pytest.approx(expected)


def test_records_alike_are_one_and_who_stands_in_both_tables_is_not_attacked() -> None:
    rng = np.random.default_rng(3)
    one, both = cloud(rng, 1), cloud(rng, 1)
    far = Points(both.numbers + 5, both.categories)
    train = cloud(rng, 60).join(one[[0] * 40]).join(far)
    holdout = cloud(rng, 100).join(far)
    records = gather_records(train, holdout)
    assert sorted(records.learned)[-2:] == [1, 40]
    assert records.learned.sum() == 101
    assert records.unseen.sum() == 101
    in_both = np.flatnonzero((records.learned > 0) & (records.unseen > 0))
    assert len(in_both) == 1
    assert records.isolation[in_both[0]] == records.isolation.max()
    assert in_both[0] not in records.isolated(200)


@pytest.mark.parametrize("learned_many_times", [False, True])
def test_a_crowd_around_one_learned_person_is_found(learned_many_times: bool) -> None:
    rng = np.random.default_rng(4)
    train, holdout, release = (cloud(rng, 2000) for _ in range(3))
    if learned_many_times:
        train = train[:1961].join(train[[7] * 39])
    crowd, unseen = find_crowds(gather_records(train, holdout), release)
    assert crowd.released <= 3
    crowd, unseen = find_crowds(gather_records(train, holdout), release.join(jittered(rng, train[[7] * 40], 0.0005)))
    assert crowd.released >= 38
    assert crowd.others == 0
    assert unseen.released <= 3


def test_what_many_people_share_is_no_crowd() -> None:
    rng = np.random.default_rng(5)
    common = Points(np.zeros((1, 4), np.float32), np.zeros((1, 1), np.float32))
    train, holdout, release = (cloud(rng, 1800).join(common[[0] * 200]) for _ in range(3))
    crowd, unseen = find_crowds(gather_records(train, holdout), release)
    assert max(crowd.released / (crowd.others + 1), unseen.released / (unseen.others + 1)) <= 4
