"""Themes: words that go together, as far as they would again in half of the texts.

Which terms go together is told by how many texts use both of them, beside chance. Chance is what would be if only how
many terms each text has, and how many texts each term, were given (the bipartite configuration model: Saracco et al.
2017, "Inferring monopartite projections of bipartite networks"), with just so many pairs of terms in each text as it
has. Texts are of different lengths: without that, all that is rare would go together.

Themes are the parts of a non-negative factorisation (Lee and Seung 1999) of which terms go together, as many as are
found again best in halves of the texts (as Greene, O'Callaghan and Cunningham 2014 choose their number). A text is
about a theme where it uses one of the theme's words: whoever doubts it can look.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import rel_entr

from twinfold.evaluation.tasks.learners import one_thread
from twinfold.personas.feedback.words import Terms

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]

NUMBERS = (2, 3, 4, 5, 6, 8, 10)
"""Numbers of themes that are tried."""

HALVINGS, AGAIN = 3, 0.6
"""How often the texts are halved, and the cosine of a theme in both halves from which on it is found again."""

ALIKE = 5
"""The power of how alike themes are by whose sum their number is chosen: parts of one must not outweigh the whole."""

TEXTS, TERMS = 20_000, 1_000
"""Texts and terms in which themes are sought, at most: drawn at random, and those that most people use."""

COMMON = 0.5
"""The share of texts from which on a term is in too many to tell what they are about."""

CONTENT = frozenset(
    {"amount", "back", "bill", "bottom", "call", "computer", "cry", "describe", "detail", "empty", "fill", "fire"}
    | {"front", "full", "interest", "mill", "move", "name", "part", "serious", "show", "side", "sincere", "system"}
    | {"top", "thick", "thin"}
)
"""Words that scikit-learn counts among those of English grammar, and that say something (Nothman et al. 2018)."""

WORDS, STRONG, NAMED = 8, 0.4, 3
"""Terms of a theme at most, how strongly each belongs to it at least beside its strongest, and those of its name."""

ROUNDS = 60
"""Rounds in which chances are fitted to how many terms texts have, and how many texts terms."""

SURE, FARTHER, PRIOR = 2.0, 0.25, 5.0
"""The root of the deviance, and the nats, from which on terms go together, and texts added to both sides of a ratio:
where some texts are about a theme, all words but its own are in the others a little more often."""


@dataclass(frozen=True)
class Theme:
    """What some texts are about.

    Attributes:
        name: its strongest words; words: as many as eight terms, the strongest first.
        again: how alike it is in two halves of the texts: the mean cosine, 0 to 1.
        about: which texts are about it, (texts,).
    """

    name: str
    words: tuple[str, ...]
    again: float
    about: Flags


def find_themes(terms: Terms, *, rng: np.random.Generator) -> tuple[Theme, ...]:
    """The themes of texts, what most are about first; none where no words go together as they would again.

    `rng` draws the texts, where there are many, and their halves.
    """
    able = _say_something(terms)[:TERMS]
    names = tuple(terms.names[k] for k in able)
    with one_thread():
        rows = np.sort(rng.permutation(terms.used.shape[0])[:TEXTS])
        used = terms.used[rows][:, able]
        together = _go_together(used, names)
        parts, again = _choose(used, names, together, rng)
    belongs = parts.argmax(axis=0) if len(parts) else np.empty(0)
    found = []
    for number in np.flatnonzero(again >= AGAIN).tolist():
        strength = np.where(belongs == number, parts[number], 0.0)
        order = [k for k in np.argsort(-strength, kind="stable").tolist() if strength[k] > STRONG * strength.max()]
        chosen = _thin(order, names)[:WORDS]
        if len(chosen) > 1 and _cohere(chosen, together):
            words = tuple(names[k] for k in chosen)
            uses = np.asarray(terms.used[:, [able[k] for k in chosen]].sum(axis=1)).ravel() > 0
            found.append(Theme(", ".join(words[:NAMED]), words, float(again[number]), uses))
    return tuple(sorted(found, key=lambda theme: -int(theme.about.sum())))


def _say_something(terms: Terms) -> list[int]:
    """The places of terms that may be a theme's: not those of most texts, nor those of English grammar alone."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    share = np.asarray(terms.used.sum(axis=0)).ravel() / max(terms.used.shape[0], 1)
    grammar = ENGLISH_STOP_WORDS - CONTENT

    def tells(word: str) -> bool:
        return not {word, word.replace("'", ""), word.partition("'")[0]} & grammar

    return [k for k, name in enumerate(terms.names) if share[k] < COMMON and any(map(tells, name.split(" ")))]


def _choose(
    used: csr_matrix, names: tuple[str, ...], whole: csr_matrix, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """As many parts as are found again best, (parts, terms), and how alike they are in two halves, (parts,)."""
    texts = used.shape[0]
    orders = [rng.permutation(texts) for _ in range(HALVINGS)]
    halves = [(_go_together(used[o[: texts // 2]], names), _go_together(used[o[texts // 2 :]], names)) for o in orders]
    best = np.empty((0, len(names))), np.empty(0)
    for number in NUMBERS:
        if number > min(whole.shape[0], (whole.sum(axis=1) > 0).sum()) // 2:
            break
        parts = _factor(whole, number)
        again = np.mean([_compare(parts, *(_factor(half, number) for half in both)) for both in halves], axis=0)
        if (again**ALIKE).sum() > (best[1] ** ALIKE).sum():
            best = parts, again
    return best


def _compare(parts: Floats, one: Floats, other: Floats) -> Floats:
    """How alike each part, what is nearest to it in one half, and what is nearest in the other are, all to each other,
    (parts,)."""
    whole, first, second = _direct(parts), _direct(one), _direct(other)
    first, second = (half[(whole @ half.T).argmax(axis=1)] for half in (first, second))
    pairs = [(left * right).sum(axis=1) for left, right in ((whole, first), (whole, second), (first, second))]
    out: Floats = np.min(pairs, axis=0)
    return out


def _factor(together: csr_matrix, parts: int) -> Floats:
    """What each of so many parts has of each term, (parts, terms)."""
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    model = NMF(parts, init="nndsvd", max_iter=100, tol=1e-3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # what counts is whether it is found again
        warnings.simplefilter("ignore", RuntimeWarning)  # an error of nought can be below nought by rounding
        loads = model.fit_transform(together)
    out: Floats = model.components_ * np.linalg.norm(loads, axis=0)[:, None]
    return out


def _direct(parts: Floats) -> Floats:
    """Parts of length one."""
    out: Floats = parts / np.maximum(np.linalg.norm(parts, axis=1, keepdims=True), 1e-12)
    return out


def _cohere(chosen: Sequence[int], together: csr_matrix) -> bool:
    """Whether half of the pairs of a theme's terms go together: what is found again of mere noise is so for none."""
    pairs = len(chosen) * (len(chosen) - 1)
    return 2 * int((together[chosen][:, chosen].toarray() > 0).sum()) >= pairs


def _thin(order: Sequence[int], names: tuple[str, ...]) -> list[int]:
    """Terms, the strongest first, without pairs of which a word is among them, alone or in a stronger pair."""
    taken = {names[k] for k in order if " " not in names[k]}
    out = []
    for k in order:
        words = {*names[k].split(" ")} if " " in names[k] else set()
        if not words & taken:
            out.append(k)
            taken |= words
    return out


def _go_together(used: csr_matrix, names: tuple[str, ...]) -> csr_matrix:
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
