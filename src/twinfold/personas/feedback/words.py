"""Words and terms of texts, in any letters: which text uses which.

Nothing here knows a language, and words stay as they are written: they are shown to people, where those of a search
(`memory.words`) lose their accents, marks and endings. Two words make a term where they stand together about as often
as each stands at all (the coefficient of Dice 1945).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]

LEAST_USERS = 10
"""People who must use a term for it to be told: what fewer say could name one of them."""

MOST_TERMS = 2_000
"""Terms that are looked at, at most: those that most people use."""

TOGETHER = 0.2
"""The coefficient of Dice from which on two words that follow each other make a term."""

WORD = r"\p{L}[\p{L}\p{M}]*(?:'[\p{L}\p{M}]+)*"
"""A word: letters with their marks, and apostrophes inside. Digits are none: they could be somebody's number."""

UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
"""Letters of scripts that set no space between words: every two that follow each other count as a word."""


@dataclass(frozen=True)
class Terms:
    """The terms of texts.

    Attributes:
        names: in lower case, what most people use first; the two words of one stand apart by a space.
        used: which text uses which, (texts, terms), 0 or 1.
        known: the share of each text's words that are terms, (texts,).
    """

    names: tuple[str, ...]
    used: csr_matrix
    known: Floats

    def users(self, owner: Places, owners: int) -> csr_matrix:
        """Which of so many owners uses which term in any text, `owner` of each text, (texts,): (owners, terms)."""
        from scipy.sparse import csr_matrix

        texts = len(owner)
        whose = csr_matrix((np.ones(texts, np.float32), (owner, np.arange(texts))), shape=(owners, texts))
        return (whose @ self.used).minimum(1)


def count_words(said: pl.Series) -> pl.Series:
    """How many words texts have, (texts,); of scripts without spaces letters count for them."""
    return said.str.count_matches(r"[\p{L}\p{M}]+") + said.str.count_matches(UNSPACED)


def find_terms(said: pl.Series, owner: Places) -> Terms:
    """The terms of texts, `said` (texts,), each of an `owner`, (texts,): words, and pairs of them, that ten use."""
    from scipy.sparse import csr_matrix

    words, texts = _split(said), len(said)
    length = np.bincount(words["text"].to_numpy(), minlength=texts)
    words = words.with_columns(pl.Series("owner", owner[words["text"].to_numpy()]))
    common = _common(words)
    words = words.join(common, on="word", how="semi", maintain_order="left")
    known = np.bincount(words["text"].to_numpy(), minlength=texts) / np.maximum(length, 1)
    pairs = _pair(words)
    used = pl.concat([words.select("text", "owner", "word"), pairs.select("text", "owner", "word")])
    names = _common(used).sort("users", "word", descending=[True, False])["word"].head(MOST_TERMS)
    place = pl.DataFrame({"word": names, "term": np.arange(len(names))})
    found = used.join(place, on="word").select("text", "term").unique(maintain_order=True)
    rows, columns = (found[name].to_numpy().astype(np.int64) for name in ("text", "term"))
    matrix = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(texts, len(names)))
    return Terms(tuple(names), matrix, known)


def _split(said: pl.Series) -> pl.DataFrame:
    """The words of texts in their order: of which text, at which place in it, and the word in lower case."""
    lower = said.str.normalize("NFKC").str.to_lowercase().str.replace_all("[’ʼ]", "'")
    found = pl.DataFrame({"text": np.arange(len(said)), "word": lower.str.extract_all(WORD)}).explode(
        "word", empty_as_null=False
    )
    unspaced = found["word"].unique()
    unspaced = unspaced.filter(unspaced.str.contains(UNSPACED) & (unspaced.str.len_chars() > 2))
    if len(unspaced):
        cut = pl.DataFrame(
            {"word": unspaced, "parts": [[word[k : k + 2] for k in range(len(word) - 1)] for word in unspaced]}
        )
        found = found.join(cut, on="word", how="left", maintain_order="left")
        found = found.with_columns(pl.coalesce("parts", pl.concat_list("word"))).explode("parts")
        found = found.select("text", word="parts")
    found = found.filter(pl.col("word").str.len_chars() > 1)
    return found.with_columns(place=pl.int_range(pl.len(), dtype=pl.UInt32))


def _common(words: pl.DataFrame) -> pl.DataFrame:
    """Words that enough owners use, and how many do."""
    users = words.group_by("word").agg(users=pl.col("owner").n_unique())
    return users.filter(pl.col("users") >= LEAST_USERS)


def _pair(words: pl.DataFrame) -> pl.DataFrame:
    """Words that follow each other in a text and stand together often enough to be one term."""
    after = words.select(pl.all().shift(-1).name.suffix("_after"))
    next_to = (pl.col("text_after") == pl.col("text")) & (pl.col("place_after") == pl.col("place") + 1)
    differ = pl.col("word_after") != pl.col("word")
    pairs = pl.concat([words, after], how="horizontal").filter(next_to & differ)
    counts = words.group_by("word").len("times")
    both = pairs.group_by("word", "word_after").len("both")
    both = both.join(counts, on="word").join(
        counts.rename({"word": "word_after", "times": "times_after"}), on="word_after"
    )
    both = both.filter(2 * pl.col("both") >= TOGETHER * (pl.col("times") + pl.col("times_after")))
    pairs = pairs.join(both, on=["word", "word_after"], how="semi")
    return pairs.select("text", "owner", word=pl.concat_str("word", "word_after", separator=" "))
