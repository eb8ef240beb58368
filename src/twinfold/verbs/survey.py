"""What would they say? `twinfold survey`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from twinfold.errors import OptionError
from twinfold.personas.memory.documents import read_documents
from twinfold.personas.offer import Offer, read_offer
from twinfold.personas.portraits import read_conditions
from twinfold.personas.questions.glossary import Glossary, read_glossary
from twinfold.personas.segmentation import MOST
from twinfold.personas.survey.results import Survey
from twinfold.personas.survey.running import Request, run_survey
from twinfold.personas.survey.specification import Questionnaire, read_questionnaire
from twinfold.personas.voices.voice import Voice
from twinfold.protocols import Progress, silent
from twinfold.tables.schema import Schema
from twinfold.verbs.audience import Behaviours, Paths, read_behaviours
from twinfold.verbs.provenance import describe_source
from twinfold.verbs.sources import read_source

__all__ = ["Survey", "survey"]

ASKED = 1_000
"""Customers who are asked, unless another number is given."""


def survey(
    population: Any,
    questions: Questionnaire | Mapping[str, Any] | str | Path,
    *,
    n: int = ASKED,
    who: str | None = None,
    weight: str | None = None,
    behaviours: Behaviours = (),
    offer: Offer | Mapping[str, object] | str | Path | None = None,
    words: Glossary | Mapping[str, object] | str | Path | None = None,
    documents: Paths = (),
    voice: Voice | None = None,
    groups: int | None = None,
    conditions: Mapping[str, str] | Sequence[str] = (),
    schema: Schema | str | Path | None = None,
    seed: int | None = None,
    progress: Progress = silent,
) -> Survey:
    """Ask a sample of customers a questionnaire, and count what they say.

    Args:
        population: the customers, synthetic or real: a file, a folder of linked tables, a pandas, Polars or Arrow
            frame, or a mapping of names to these.
        questions: what is asked, as a mapping, or a `questions.toml` that says it; see `docs/surveys.md`.
        n: how many are asked, drawn at random; all where there are no more.
        who: a condition on the customers' own columns; None is everybody.
        weight: the column that says how many each customer stands for; None: one each.
        behaviours: learned behaviours (files, called by their names without the end, or by name).
        offer: what is put to customers where an item says nothing of it: a mapping, or a file; None is nothing.
        words: how people call what the columns hold: a TOML file with [columns], [tables] and [levels], or a mapping.
        documents: files or folders that all customers have read: Markdown, text, PDF.
        voice: a language model whose words open quotes are in; None are the template's. No number hangs on it, but for
            items of free texts, which are not answered without one.
        groups: how many personas; None takes those that explain people best and are found again.
        conditions: personas of your own, in the place of those that are found; see `find_personas`.
        schema: what the columns are, or a `schema.toml`; None finds out.
        seed: of all chance: the same gives the same; None is the questionnaire's, or 0.
        progress: told how far the work has come.

    Returns:
        The survey: `items` are the results, `answers` a frame of who said what, `text` tells it, `record` is JSON.

    Raises:
        SpecificationError: the questionnaire can't be read, or asks for what is not there; DataError: the customers,
            documents or labelled answers can't be read; OptionError: an option is out of range, or nobody is left;
            ConditionError: a condition is none; ModelFileError: a behaviour is none; MissingExtraError: an item takes
            an extra that is not installed; VoiceError: the voice can't speak.
    """
    if n < 1:
        raise OptionError(f"n {n} is out of range; give 1 or more")
    if groups is not None and not 2 <= groups <= MOST:
        raise OptionError(f"groups {groups} is out of range; give from 2 to {MOST}, or leave it out")
    if seed is not None and not 0 <= seed < 2**63:
        raise OptionError(f"seed {seed} is out of range; give a whole number from 0")
    asked = read_questionnaire(questions)
    named = dict(conditions) if isinstance(conditions, Mapping) else read_conditions(list(conditions))
    if named and groups is not None:
        raise OptionError("conditions say who is in which persona, and how many there are; leave out the number")
    known, put, glossary = read_behaviours(behaviours), read_offer(offer), read_glossary(words)
    read = read_documents(list(documents)) if documents else []
    dataset = read_source(population, schema=schema)
    request = Request(
        n=n,
        who=who or "",
        weight=weight,
        groups=groups,
        conditions=named,
        seed=seed if seed is not None else asked.seed or 0,
        beside=Path(questions).parent if isinstance(questions, str | Path) else Path(),
    )
    origin = {
        "population": str(describe_source(population, dataset)),
        **{f"behaviour {name}": f"{each.specification.kind}, {each.rows:,} rows" for name, each in known.items()},
        **({"documents": ", ".join(document.said for document in read)} if read else {}),
        **({"offer": put.name} if offer is not None else {}),
        "voice": voice.name if voice is not None else "template",
        "seed": str(request.seed),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": version("twinfold"),
    }
    return run_survey(
        asked,
        dataset,
        request,
        behaviours=known,
        offer=put,
        clauses=[clause for document in read for clause in document.clauses],
        glossary=glossary,
        voice=voice,
        origin=origin,
        progress=progress,
    )
