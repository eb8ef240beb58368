"""Free text that nobody wrote: words that many rows share, at random, or neutral sentences."""

from typing import Annotated, Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from twinfold.tables.filling.rows import Rows
from twinfold.tables.personal.names import ALL_FOLDED

_SAMPLE = 20_000
_MOST_WORDS = 200
_LONGEST, _LONGEST_WORD = 60, 20
_FILLER = (
    "The customer was in contact about a general matter.",
    "No further details were recorded.",
    "The request was handled as usual.",
    "Information was given and no action was needed.",
    "The matter was noted and closed.",
)


class ProseForm(BaseModel):
    """Texts of `shortest` to `longest` words out of `words`, frequent ones first; without words, neutral sentences.

    `sentence`: whether texts begin with a capital and end with a full stop.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["prose"] = "prose"
    words: tuple[Annotated[str, Field(max_length=_LONGEST_WORD)], ...] = Field(max_length=_MOST_WORDS)
    shortest: int = Field(ge=1)
    longest: int = Field(le=_LONGEST)
    sentence: bool

    @model_validator(mode="after")
    def _in_order(self) -> "ProseForm":
        if self.shortest > self.longest:
            raise ValueError(f"texts of {self.shortest} to {self.longest} words")
        return self

    def make(self, rows: Rows) -> pl.Series:
        """Texts."""
        if not self.words:
            return pl.Series(_FILLER).gather(rows.below(len(_FILLER), 0))
        words = pl.Series(self.words)
        length = rows.below(self.longest - self.shortest + 1, 0) + np.uint64(self.shortest)
        chosen = []
        for place in range(self.longest):
            # The square of a uniform number favours the words that come first: the frequent ones.
            uniform = rows.bits(place + 1).astype(np.float64) / 2.0**64
            drawn = words.gather(np.minimum((uniform**2 * len(words)).astype(np.int64), len(words) - 1))
            chosen.append(pl.when(pl.Series(length > place)).then(drawn))
        text = pl.concat_str(chosen, separator=" ", ignore_nulls=True)
        if self.sentence:
            text = text.str.slice(0, 1).str.to_uppercase() + text.str.slice(1) + "."
        return pl.select(text).to_series()


def learn_prose(values: pl.Series, min_count: int) -> ProseForm:
    """Words that at least `min_count` different texts hold, the 200 most frequent, and how long texts are.

    Words with digits are left out. So are names, and words that mostly stand with a capital inside a sentence, unless
    one text in a hundred holds them.
    """
    texts = values.sample(_SAMPLE, seed=0) if len(values) > _SAMPLE else values
    lengths = texts.str.count_matches(r"\S+").filter(texts.str.contains(r"\S"))
    sentence = float(texts.str.contains(r"^\s*\p{Lu}").mean() or 0.0) > 0.5  # type: ignore[arg-type]  # a mean of booleans
    low, high = (int(lengths.quantile(q) or 1) for q in (0.1, 0.9))
    low = min(max(low, 1), _LONGEST)
    words = _shared_words(texts, min_count)
    return ProseForm(words=words, shortest=low, longest=min(max(high, low), _LONGEST), sentence=sentence)


def _shared_words(texts: pl.Series, min_count: int) -> tuple[str, ...]:
    held = (
        pl.DataFrame({"text": texts})
        .with_row_index("row")
        .with_columns(word=pl.col("text").str.extract_all(r"[\p{L}\p{M}\p{N}_@.'’-]*[\p{L}\p{M}\p{N}_]"))
        .select("row", "word", place=pl.int_ranges(pl.col("word").list.len()))
        .explode("word", "place")
        .drop_nulls("word")
        .with_columns(
            folded=pl.col("word").str.to_lowercase(),
            capital=pl.col("word").str.contains(r"^\p{Lu}"),
            inside=pl.col("place") > 0,
        )
        .filter(pl.col("folded").str.contains(rf"^[\p{{L}}]{{2,{_LONGEST_WORD}}}$"))
    )
    counted = held.group_by("folded").agg(
        rows=pl.col("row").n_unique(),
        # What stands only at the beginning of texts may be a name there; elsewhere a capital tells.
        capital=(pl.col("capital") & pl.col("inside")).sum() * 2 > pl.col("inside").sum(),
        only_first=~pl.col("inside").any() & pl.col("capital").any(),
    )
    doubtful = pl.col("capital") | pl.col("only_first") | pl.col("folded").is_in(list(ALL_FOLDED))
    kept = counted.filter(
        pl.col("rows") >= pl.when(doubtful).then(max(min_count, 0.01 * len(texts))).otherwise(float(min_count))
    )
    return tuple(kept.sort("rows", "folded", descending=[True, False]).head(_MOST_WORDS)["folded"])
