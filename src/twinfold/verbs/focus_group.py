"""Hold a focus group: `twinfold focus-group`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twinfold.personas.focus_group.group import FocusGroup, hold_group
from twinfold.personas.focus_group.guide import Guide, read_guide
from twinfold.personas.offer import Offer
from twinfold.personas.persona import Personas
from twinfold.personas.questions.glossary import Glossary
from twinfold.personas.voices.voice import Voice
from twinfold.protocols import Progress, silent
from twinfold.tables.schema import Schema
from twinfold.verbs.audience import Behaviours, Paths, gather_audience

__all__ = ["FocusGroup", "focus_group"]


def focus_group(
    population: Any,
    guide: Guide | Mapping[str, object] | str | Path,
    *,
    who: str | None = None,
    customers: Sequence[str | int] = (),
    behaviours: Behaviours = (),
    offer: Offer | Mapping[str, object] | str | Path | None = None,
    words: Glossary | Mapping[str, object] | str | Path | None = None,
    documents: Paths = (),
    voice: Voice | None = None,
    opinions: bool = False,
    personas: Personas | bool = True,
    schema: Schema | str | Path | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> FocusGroup:
    """Put customers of several personas round a table, and ask them a moderator's questions.

    Args:
        guide: what they are asked: a `guide.toml`, or a mapping of what would stand in one.
        customers: keys of those who are invited; else some of every persona, drawn by the seed among those whom `who`
            holds for.
        personas: by which they are invited; True finds them, False invites anybody.
        population, behaviours, offer, words, documents, voice, opinions, schema, seed, progress: as of `ask`.

    Raises as `ask` does; `SpecificationError` where the guide is none.
    """
    asked = read_guide(guide)
    audience = gather_audience(
        population,
        behaviours=behaviours,
        offer=offer,
        words=words,
        documents=documents,
        voice=voice,
        opinions=opinions,
        personas=personas,
        schema=schema,
        seed=seed,
        progress=progress,
    )
    among = audience.choose(None, who, customers)
    return hold_group(audience.answering, asked, among=among, origin=audience.origin, progress=progress)
