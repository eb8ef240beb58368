"""Terms that a persona uses more than others are found, and chance alone makes none."""

import numpy as np
from scipy.sparse import csr_matrix

from twinfold.personas.feedback.keywords import find_keywords, tell_apart
from twinfold.personas.feedback.words import Terms


def speak(chances, rng, people=800):
    """People, a fifth of them of the persona, who use each term with a chance of its own, more of it if wordy."""
    wordy = np.exp(rng.normal(0, 0.5, people))[:, None]
    used = csr_matrix((rng.random((people, len(chances))) < np.minimum(chances * wordy, 1)).astype(np.float32))
    names = tuple(f"word{k}" for k in range(len(chances)))
    return Terms(names, used, np.ones(people)), used, rng.random(people) < 0.2


def test_chance_makes_hardly_any_keyword():
    rng = np.random.default_rng(0)
    chances = 0.5 / np.arange(1, 401) ** 0.7
    told = 0
    for _ in range(200):
        terms, users, inside = speak(chances, rng)
        told += bool(find_keywords(terms, users, np.ones(len(inside), bool), inside, 1))
    assert told <= 10  # one in fifty is 4; more than 10 would be by chance once in a thousand


def test_a_planted_word_is_found_with_its_shares():
    rng = np.random.default_rng(1)
    terms, users, inside = speak(np.full(100, 0.1), rng, 2_000)
    more = users.toarray()
    more[inside & (rng.random(len(inside)) < 0.3), 7] = 1
    users = csr_matrix(more)
    [found] = find_keywords(terms, users, np.ones(len(inside), bool), inside, 3)
    assert found.term == "word7"
    assert found.people == more[inside, 7].sum()
    assert found.inside == more[inside, 7].mean()
    assert found.overall == more[:, 7].mean()


def test_of_terms_that_share_a_word_or_their_users_one_is_told():
    rng = np.random.default_rng(2)
    inside = rng.random(2_000) < 0.3
    fee = np.where(inside, rng.random(2_000) < 0.5, rng.random(2_000) < 0.1)
    other = np.where(inside, rng.random(2_000) < 0.5, rng.random(2_000) < 0.1)
    planted = np.stack([fee, fee & (rng.random(2_000) < 0.6), fee, other], axis=1)
    users = csr_matrix(np.hstack([planted, rng.random((2_000, 60)) < 0.2]).astype(np.float32))
    terms = Terms(("fee", "late fee", "charge", "queue", *(f"word{k}" for k in range(60))), users, np.ones(2_000))
    found = find_keywords(terms, users, np.ones(2_000, bool), inside, 3)
    assert {each.term for each in found} in ({"fee", "queue"}, {"charge", "queue"})


def test_what_nobody_or_everybody_says_tells_nothing():
    z = tell_apart(np.array([0.0, 50.0]), np.array([0.0, 100.0]), 100)
    assert np.isfinite(z).all()
    assert abs(z).max() < 1
