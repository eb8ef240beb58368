"""Likert items of free texts: a language model speaks for each customer, and what it says is placed by its meaning.

They are opinions of that model and of nobody else, however well real texts are placed. Without one they are not
answered, and no other number of a survey hangs on them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.personas.answer import Mark
from twinfold.personas.survey.labelled import place_of, read_labelled
from twinfold.personas.survey.meaning_scale import expect_points, judge_places, place_texts
from twinfold.personas.survey.panel import Panel
from twinfold.personas.survey.responses import Responses, unanswered
from twinfold.personas.survey.specification import Item
from twinfold.personas.survey.tallies import no_unknown
from twinfold.personas.voices.voice import Brief, Voice
from twinfold.protocols import Progress

if TYPE_CHECKING:
    from twinfold.personas.survey.meaning_scale import Embed

KNOWN, TOGETHER = 12, 64
"""Facts that a voice is handed, and customers for whom it speaks at a time."""


def answer_by_meaning(
    item: Item, panel: Panel, voice: Voice | None, embed: Embed, beside: Path, progress: Progress
) -> Responses:
    """What a voice says for a panel, placed on a scale by what it means, where real texts bear the placing out.

    Raises `DataError` where labelled texts can't be read, or are too few; `VoiceError` where the voice can't speak.
    """
    asked = item.labelled
    assert asked is not None
    frame, answer = read_labelled(item, beside)
    texts = frame[str(asked.text)].cast(pl.String).fill_null("").to_list()
    agreement = judge_places(place_texts(texts, item.anchors, embed), answer, place_of(item))
    if not agreement.enough:
        return unanswered(item, panel.asked, agreement.text())
    if voice is None:
        return unanswered(
            item, panel.asked, f"free texts take the words of a language model (--voice). {agreement.text()}"
        )
    said = pl.Series(_speak(item, panel, voice, progress), dtype=pl.String)
    there = said.is_not_null().to_numpy()
    if not there.any():
        return unanswered(item, panel.asked, f"{voice.name} had no words for anybody")
    chances = np.full((panel.asked, len(item.scale)), np.nan)
    chances[there] = place_texts(said.drop_nulls().to_list(), item.anchors, embed)
    likeliest = np.nan_to_num(chances, nan=0.0).argmax(axis=1).tolist()
    words = [item.scale[place] if held else None for place, held in zip(likeliest, there, strict=True)]
    return Responses(
        item,
        pl.Series(words, dtype=pl.String),
        expect_points(chances),
        item.scale,
        chances,
        seen=False,
        mark=Mark.OPINION,
        label=f"placed by meaning; rank correlation {agreement.value:.2f} on {agreement.texts:,} real texts",
        quote=said,
        unknown=no_unknown(len(item.scale)),
        notes=(
            agreement.text(),
            f"The texts are {voice.name}'s, and nobody knows whether people like these would say so: intervals "
            "hold only who was asked.",
        ),
    )


def _speak(item: Item, panel: Panel, voice: Voice, progress: Progress) -> list[str | None]:
    """What a voice says for each, None where it has no words."""
    briefs = [
        Brief(panel.memory.keys[place], item.question, "", tuple(panel.memory.attributes(place)[:KNOWN]), "")
        for place in panel.places.tolist()
    ]
    said: list[str | None] = []
    for begin in range(0, len(briefs), TOGETHER):
        progress(f"speaking: {item.id}", begin / len(briefs))
        said += [" ".join(each.text.split()) or None for each in voice.reply(briefs[begin : begin + TOGETHER])]
    return said
