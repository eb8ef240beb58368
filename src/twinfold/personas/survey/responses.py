"""Responses: what everybody who was asked says to one item, and what stands behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.personas.answer import Mark
from twinfold.personas.survey.specification import Item
from twinfold.personas.survey.tallies import no_unknown

if TYPE_CHECKING:
    import numpy.typing as npt

    from twinfold.personas.survey.measurement import Scale
    from twinfold.personas.survey.panel import Panel
    from twinfold.personas.survey.tallies import Unknown

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Responses:
    """What a panel says to an item.

    Attributes:
        item: what was asked.
        said: each one's answer in words, (asked,), null where there is none.
        value: the same as a number, (asked,), NaN where it is none: of a behaviour what is expected, of a scale the
            point that is expected.
        options: the words whose shares are told, in order; chances: how likely each customer answers each, (asked,
            options), NaN where they don't; None of numbers and of words alone.
        seen: whether answers are what was recorded; else they are expected.
        mark: how far answers may be believed; label: what they rest on, beyond that.
        lower, upper: of each, the 95 % interval of `value`, (asked,); None where it is seen.
        quote: each one's words, (asked,), null where they have none.
        unknown: how far the figures of some may lie from what is expected; see `tallies.Unknown`.
        supported: the share of customers within what was learned; None where nothing was.
        scale: by which a utility became points.
        reason: why nobody has an answer; empty where somebody has.
        notes: what a user must know, in plain words.
    """

    item: Item
    said: pl.Series
    value: Floats
    options: tuple[str, ...] = ()
    chances: Floats | None = None
    seen: bool = True
    mark: Mark = Mark.DATA
    label: str = ""
    lower: Floats | None = None
    upper: Floats | None = None
    quote: pl.Series | None = None
    unknown: Unknown = field(default=no_unknown(0))
    supported: float | None = None
    scale: Scale | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def answered(self) -> npt.NDArray[np.bool_]:
        """Who has an answer, (asked,)."""
        return self.said.is_not_null().to_numpy()

    def frame(self, panel: Panel) -> pl.DataFrame:
        """A row for each who was asked, as `answers.parquet` has them."""
        held, nothing = pl.Series(self.answered), pl.Series([None] * panel.asked, dtype=pl.Float64)
        columns = {
            "customer": pl.Series(panel.keys, dtype=pl.String),
            "persona": pl.Series(panel.persona.tolist(), dtype=pl.String),
            "weight": pl.Series(panel.weight),
            "item": pl.Series([self.item.id], dtype=pl.String).new_from_index(0, panel.asked),
            "answer": self.said.cast(pl.String),
            "value": pl.Series(self.value).fill_nan(None),
            "mark": pl.Series([str(self.mark)]).new_from_index(0, panel.asked).set(~held, str(Mark.NONE)),
            "label": pl.Series([self.label]).new_from_index(0, panel.asked).set(~held, ""),
            "lower": nothing if self.lower is None else pl.Series(self.lower).fill_nan(None),
            "upper": nothing if self.upper is None else pl.Series(self.upper).fill_nan(None),
            "quote": nothing.cast(pl.String) if self.quote is None else self.quote.cast(pl.String),
        }
        return pl.DataFrame(columns)


def unanswered(item: Item, asked: int, reason: str, quote: pl.Series | None = None) -> Responses:
    """Of an item that nobody can answer, with the reason."""
    return Responses(
        item,
        pl.Series([None] * asked, dtype=pl.String),
        np.full(asked, np.nan),
        mark=Mark.NONE,
        quote=quote,
        reason=reason,
    )
