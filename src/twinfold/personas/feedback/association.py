"""Association: which terms go together in texts beyond chance.

Chance is what would be if only how many terms each text has, and how many texts each term, were given (the bipartite
configuration model: Saracco et al. 2017, "Inferring monopartite projections of bipartite networks"), with just so many
pairs of terms in each text as it has. Texts are of different lengths: without that, all that is rare would go together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import rel_entr

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    Floats = npt.NDArray[np.float64]

ROUNDS = 60
"""Rounds in which chances are fitted to how many terms texts have, and how many texts terms."""

SURE, FARTHER, PRIOR = 2.0, 0.25, 5.0
"""The root of the deviance, and the nats, from which on terms go together, and texts added to both sides of a ratio:
where some texts are about a theme, all words but its own are in the others a little more often."""


def go_together(used: csr_matrix, names: tuple[str, ...]) -> csr_matrix:
    """How much more often two terms are used together than apart, in nats, 0 where that could be chance,
    (terms, terms)."""
    from scipy.sparse import csr_matrix

    apart = _apart(names)
    both = np.asarray((used.T @ used).todense(), dtype=np.float64) * apart
    expected = _expect(used) * apart
    deviance = 2 * (rel_entr(both, np.maximum(expected, 1e-12)) - (both - expected))
    more = np.log((both + PRIOR) / (expected + PRIOR))
    return csr_matrix(np.where((more > FARTHER) & (deviance > SURE**2), more, 0.0))


def _expect(used: csr_matrix) -> Floats:
    """How many texts would use both of two terms if only how many each text has, and how many texts have each, were
    given, (terms, terms)."""
    terms = np.asarray(used.sum(axis=0), dtype=np.float64).ravel()
    lengths, texts = np.unique(np.asarray(used.sum(axis=1)).ravel(), return_counts=True)
    texts, lengths = texts[lengths > 0], lengths[lengths > 0].astype(np.float64)
    total = max(float(terms.sum()), 1.0)
    long, often = lengths / np.sqrt(total), terms / np.sqrt(total)
    for _ in range(ROUNDS):
        odds = 1 + np.outer(long, often)
        long = lengths / np.maximum((often / odds).sum(axis=1), 1e-12)
        often = terms / np.maximum((texts[:, None] * long[:, None] / (1 + np.outer(long, often))).sum(axis=0), 1e-12)
    chance = np.outer(long, often)
    chance /= 1 + chance
    # A text has just so many terms, and so just so many pairs of them, not only on average
    pairs = lengths * (lengths - 1) / np.maximum(lengths**2 - (chance**2).sum(axis=1), 1e-12)
    out: Floats = (chance * (texts * pairs)[:, None]).T @ chance
    return out


def _apart(names: tuple[str, ...]) -> Floats:
    """1 of two terms that say something of each other; 0 of terms that share a word, and of the two words of a pair,
    (terms, terms)."""
    out = np.ones((len(names), len(names)))
    sharing: dict[str, list[int]] = {}
    for k, name in enumerate(names):
        for word in name.split(" "):
            sharing.setdefault(word, []).append(k)
    place = {name: k for k, name in enumerate(names)}
    pairs = [[place[word] for word in name.split(" ") if word in place] for name in names if " " in name]
    for alike in (*sharing.values(), *pairs):
        out[np.ix_(alike, alike)] = 0.0
    return out
