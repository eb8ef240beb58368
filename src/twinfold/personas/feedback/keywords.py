"""Keywords: terms that a persona's people use more often than others, beyond chance.

By log odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, "Fightin' Words", section 3.5). Each
term counts once a person, however often they say it: what one repeats is no more than one person's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from twinfold.personas.feedback.feedback import Keyword
from twinfold.personas.feedback.words import Terms

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]

PRIOR = 10.0
"""What the prior weighs: so many people more, who use each term as often as everybody does."""

ERROR = 0.015
"""The chance with which any keyword at all may be told where there is none."""

LEAST_PEOPLE = 5
"""People of a persona who must use a term for it to be one of theirs."""

SHOWN = 8
"""Terms that are told of a persona, at most."""

SAME = 0.7
"""The share of either one's users from which on two terms count as said together, and one of them is told."""


def tell_apart(own: Floats, every: Floats, people: float) -> Floats:
    """By how many standard errors a group uses each term more than others, (terms,).

    Args:
        own: how many of the group use each term, (terms,); every: how many of all do.
        people: how many of all say anything.
    """
    others = every - own
    prior = np.maximum(PRIOR * every / max(people, 1.0), 1e-9)
    odds = []
    for counts in (own + prior, others + prior):
        odds.append(np.log(counts) - np.log(np.maximum(counts.sum() - counts, 1e-9)))
    z: Floats = (odds[0] - odds[1]) / np.sqrt(1 / (own + prior) + 1 / (others + prior))
    return z


def find_keywords(terms: Terms, users: csr_matrix, speaks: Flags, inside: Flags, groups: int) -> tuple[Keyword, ...]:
    """The terms of a persona, the most telling first: those whose z is beyond what the largest of all terms of so many
    groups would reach by chance, three times in two hundred (Bonferroni).

    Args:
        terms: all; users: who uses which, (people, terms).
        speaks: who says anything; inside: who is of the persona, (people,).
        groups: how many are looked at.
    """
    if not terms.names:
        return ()
    every = np.asarray(users[speaks].sum(axis=0), dtype=np.float64).ravel()
    own = np.asarray(users[speaks & inside].sum(axis=0), dtype=np.float64).ravel()
    z = tell_apart(own, every, float(speaks.sum()))
    least = norm.isf(ERROR / (len(terms.names) * groups))
    able = [k for k in np.argsort(-z, kind="stable").tolist() if z[k] > least and own[k] >= LEAST_PEOPLE]
    columns, chosen = users.tocsc(), list[int]()
    for k in able:
        if len(chosen) == SHOWN:
            break
        if not any(_alike(columns, terms.names, k, other) for other in chosen):
            chosen.append(k)
    speakers, all_speakers = max(int((speaks & inside).sum()), 1), max(int(speaks.sum()), 1)
    return tuple(
        Keyword(terms.names[k], int(own[k]), float(own[k] / speakers), float(every[k] / all_speakers), float(z[k]))
        for k in chosen
    )


def _alike(users: csr_matrix, names: tuple[str, ...], one: int, other: int) -> bool:
    """Whether two terms share a word, or are used by the same people."""
    if {*names[one].split(" ")} & {*names[other].split(" ")}:
        return True
    first, second = users[:, one], users[:, other]
    both = float(first.multiply(second).sum())
    return both >= SAME * max(float(first.sum()), float(second.sum()))
