"""Search: which of many texts answer a question, by their words, and by what they mean where that can be had.

By words, texts are ranked by BM25 (Robertson and Zaragoza 2009, The probabilistic relevance framework, section 3.4): of
a word t that stands f times in a text of length l,

    log(1 + (n - n_t + 1/2) / (n_t + 1/2)) * f / (f + k1 * (1 - b + b * l / mean l)),

where n_t of n texts have it; the first factor is Lucene's, which is never negative. Where word vectors are given, 0.3
of the cosine of text and question is added to 0.7 of that score over the highest one: a convex combination, which
Bruch, Gai and Ingber (2023, An analysis of fusion functions for hybrid retrieval) found better than sums of reciprocal
ranks, and `benchmarks/retrieval.py` too: ranks forget by how far the first text is the best.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.errors import OptionError
from twinfold.personas.memory.words import split_words, stem

if TYPE_CHECKING:
    import numpy.typing as npt

    from twinfold.personas.memory.meaning import Meaning

    Scores = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]

SATURATION, LENGTH_WEIGHT = 1.2, 0.75
"""k1: how soon more of a word adds nothing; b: how far a longer text needs more of it."""

MEANING_SHARE = 0.3
"""What the cosine counts for, where texts are found by meaning too."""

_NOTHING = 1e-9  # of what may be 0, to divide by


class Index:
    """Texts that can be searched.

    Attributes:
        count: how many there are.
        by: what they are found by: "words", or "words and meaning".
    """

    def __init__(self, texts: Sequence[str], *, meaning: Meaning | None = None) -> None:
        """Index texts.

        Args:
            texts: any; each is found by its place among them, from 0.
            meaning: word vectors, by which they are found too; None goes by words alone.
        """
        self.count = len(texts)
        self.by = "words" if meaning is None else "words and meaning"
        self._meaning = meaning
        self._vectors = None if meaning is None else meaning.embed(texts)
        self._terms, counts = _count_words(texts)
        self._begins, self._places, self._weights = counts.indptr, counts.indices, _weigh(counts)

    def find(self, query: str, k: int, among: Sequence[int] | Places | None = None) -> list[tuple[int, float]]:
        """The places of the k texts that answer a query best, and their scores, the best first.

        Args:
            query: a question, or words.
            k: how many at most: fewer where fewer have a word of it, or are at all like it.
            among: places that may be found, the others are left out before anything is ranked; None is all. What a
                word is worth is counted over all texts in either case.

        Returns:
            Places and scores: BM25, or up to 1 where it goes by meaning too. Of equal scores the first place is first.

        Raises:
            OptionError: k is below 1, or a place is not one of a text.

        >>> index = Index(["Late payment: 25 EUR", "A new card is free", "Payments abroad: 1 %"])
        >>> index.find("what does a late payment cost?", 1)[0][0], index.find("payments", 5, among=[1, 2])[0][0]
        (0, 2)
        """
        if k < 1:
            raise OptionError(f"k is {k}; give 1 or more")
        allowed = None if among is None else self._check(among)
        scores = self._score_words(query)
        if allowed is not None:
            scores = scores[allowed]
        if self._vectors is not None and len(scores):
            scores *= (1 - MEANING_SHARE) / max(scores.max(), _NOTHING)
            scores += MEANING_SHARE * self._score_meaning(query, allowed)
        return _rank(scores, allowed, k)

    def _check(self, among: Sequence[int] | Places) -> Places:
        """Places in their order, each once."""
        places = np.unique(np.asarray(among, dtype=np.int64))
        if len(places) and not 0 <= places[0] <= places[-1] < self.count:
            wrong = int(places[0] if places[0] < 0 else places[-1])
            raise OptionError(f"place {wrong} is not one of {self.count:,} texts; give places from 0")
        return places

    def _score_words(self, query: str) -> Scores:
        """BM25 of each text, (texts,)."""
        out = np.zeros(self.count)
        for term, times in Counter(map(stem, split_words(query))).items():
            column = self._terms.get(term)
            if column is not None:
                held = slice(self._begins[column], self._begins[column + 1])
                out[self._places[held]] += times * self._weights[held]
        return out

    def _score_meaning(self, query: str, allowed: Places | None) -> Scores:
        """Cosine of each text that may be found."""
        assert self._meaning is not None
        assert self._vectors is not None
        vectors = self._vectors if allowed is None else self._vectors[allowed]
        return np.asarray(vectors @ self._meaning.embed([query])[0], dtype=np.float64)


class _Columns(dict[str, int]):
    """The column of each word as it stands, -1 of a stop word; a new word is given the next one, by its stem."""

    def __init__(self) -> None:
        self.of_stems: dict[str, int] = {}

    def __missing__(self, word: str) -> int:
        root = stem(word)
        self[word] = column = self.of_stems.setdefault(root, len(self.of_stems)) if root else -1
        return column


def _count_words(texts: Sequence[str]) -> tuple[dict[str, int], Any]:
    """The column of each stem, and how often each stands in each text, a sparse matrix (texts, stems) by columns."""
    from scipy.sparse import coo_matrix

    columns, found, lengths = _Columns(), array("i"), np.zeros(len(texts), np.int64)
    for place, text in enumerate(texts):
        words = split_words(text)
        lengths[place] = len(words)
        found.extend(map(columns.__getitem__, words))
    column = np.frombuffer(found, np.int32) if found else np.zeros(0, np.int32)
    row = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)[column >= 0]
    column = column[column >= 0]
    shape = (len(texts), len(columns.of_stems))
    return columns.of_stems, coo_matrix((np.ones(len(column), np.float32), (row, column)), shape).tocsc()


def _weigh(counts: Any) -> npt.NDArray[np.float32]:
    """What each word that stands in a text adds to its score, in the matrix's order."""
    texts, held = counts.shape[0], np.diff(counts.indptr)
    lengths = np.bincount(counts.indices, counts.data, texts)
    norms = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * lengths / max(lengths.mean() if texts else 0, _NOTHING))
    worth = np.log1p((texts - held + 0.5) / (held + 0.5)).astype(np.float32)
    out = counts.data / (counts.data + norms.astype(np.float32)[counts.indices])
    out *= np.repeat(worth, held)
    return np.asarray(out)


def _rank(scores: Scores, allowed: Places | None, k: int) -> list[tuple[int, float]]:
    """The places of the k texts whose scores are highest and above 0, and these; of equal ones the first is first."""
    above = np.flatnonzero(scores > 0)
    if len(above) > k:
        values = scores[above]
        least = np.partition(values, -k)[-k]
        over = above[values > least]
        above = np.concatenate([over, above[values == least][: k - len(over)]])
    above = above[np.lexsort((above, -scores[above]))]
    places = above if allowed is None else allowed[above]
    return list(zip(places.tolist(), scores[above].tolist(), strict=True))
