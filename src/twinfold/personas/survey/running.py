"""Running a survey: personas are sought, customers are drawn and asked, and what they say is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.behaviour import Behaviour
from twinfold.errors import DataError, OptionError, unknown_name
from twinfold.evaluation.tasks.learners import one_thread
from twinfold.personas.answer import Mark
from twinfold.personas.answering import Answering
from twinfold.personas.memory.clauses import Clause
from twinfold.personas.memory.memory import Memory, remember
from twinfold.personas.offer import Offer
from twinfold.personas.people import People, read_people
from twinfold.personas.persona import Personas
from twinfold.personas.portraits import make_personas
from twinfold.personas.questions.glossary import Glossary
from twinfold.personas.survey.asking import Asker, check_items
from twinfold.personas.survey.expectations import Expectations
from twinfold.personas.survey.knowledge import Knowledge, order_of
from twinfold.personas.survey.panel import draw_panel
from twinfold.personas.survey.results import Survey, count_groups
from twinfold.personas.survey.specification import Questionnaire
from twinfold.personas.voices.voice import Voice
from twinfold.protocols import Progress, silent
from twinfold.tables.dataset import Dataset

if TYPE_CHECKING:
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]

NOTES = (
    "Intervals are about these customers: they say what asking more people like them would move, not what the model "
    "that drew them does not know of real ones.",
    "Each interval holds its own figure in 95 of 100 surveys; of the many that stand here, some miss theirs.",
)
TWO_PARTS = (
    "Where a behaviour answers, an interval has two parts: who of the customers was asked, and what is not known of "
    "how customers decide. Asking more synthetic customers narrows the first alone; “± that stays” is the second."
)


@dataclass(frozen=True)
class Request:
    """Whom to ask, and how.

    Attributes:
        n: how many are asked, at most; who: a condition on them; weight: the name of what each stands for.
        groups, conditions: of personas, as `make_personas` takes them.
        seed: of all chance; beside: the folder in which labelled answers are.
    """

    n: int
    who: str = ""
    weight: str | None = None
    groups: int | None = None
    conditions: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    beside: Path = field(default_factory=Path)


def run_survey(
    questionnaire: Questionnaire,
    dataset: Dataset,
    request: Request,
    *,
    behaviours: Mapping[str, Behaviour],
    offer: Offer,
    clauses: Sequence[Clause] = (),
    glossary: Glossary | None = None,
    voice: Voice | None = None,
    origin: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> Survey:
    """Ask a sample of customers.

    Args:
        questionnaire: what is asked; dataset: the customers; request: whom, and how.
        behaviours: by name; offer: what is put to customers where an item says nothing of it.
        clauses: of documents that customers know; glossary: words for columns.
        voice: that gives open quotes their words; None are the template's.
        origin: of what it is made; progress: told how far the work has come.

    Raises:
        SpecificationError: an item asks for what is not there; DataError: labelled answers, or the customers, are none;
        OptionError, ConditionError: of the request; VoiceError: the voice can't speak.
    """
    progress("reading customers", 0.0)
    memory = remember(dataset, clauses)
    people, order, why = _read_people(dataset, memory, request)
    knowledge = Knowledge(memory, people, order)
    weight = _weights(knowledge, request.weight)
    panel = draw_panel(memory, n=request.n, who=request.who, weight=weight, seed=request.seed)
    check_items(questionnaire.items, panel, knowledge, behaviours)
    found, persona, why = _find_personas(people, order, why, request, progress)
    if found is not None:
        panel = panel.among(persona, tuple(each.name for each in found.personas))
    answering = Answering(
        memory,
        behaviours,
        offer=offer,
        glossary=glossary,
        personas=persona.tolist() if found is not None else (),
        portraits={each.name: each.portrait() for each in found.personas} if found is not None else {},
        seed=request.seed,
    )
    expectations = Expectations(panel, answering)
    asker = Asker(panel, knowledge, expectations, answering, offer, voice, _embed, request.beside, progress)
    with one_thread():
        results, responses = zip(*map(asker.count, asker.ask_all(questionnaire.items)), strict=True)
    expected = any(result.mark == str(Mark.MODEL) for result in results)
    return Survey(
        title=questionnaire.title,
        population=memory.people.name,
        people=memory.count,
        asked=panel.asked,
        who=request.who,
        groups=count_groups(panel),
        items=results,
        answers=pl.concat([each.frame(panel) for each in responses]),
        notes=(*([f"No personas are told apart: {why}."] if why else []), *([TWO_PARTS] if expected else []), *NOTES),
        origin=dict(origin or {}),
    )


def _read_people(dataset: Dataset, memory: Memory, request: Request) -> tuple[People | None, Places, str]:
    """Customers with what their rows amount to, and the place of each in a memory; without them, where they are too few
    or all alike, and nobody asked for personas, why."""
    try:
        people = read_people(dataset, seed=request.seed)
        return people, order_of(people, memory), ""
    except DataError as error:
        if request.groups is not None or request.conditions:
            raise
        return None, np.zeros(0, np.int64), str(error)


def _find_personas(
    people: People | None, order: Places, why: str, request: Request, progress: Progress
) -> tuple[Personas | None, npt.NDArray[np.str_], str]:
    """Personas, and the name of each customer's, (customers,); in their place, why there are none."""
    if people is None:
        return None, np.zeros(0, np.str_), why
    with one_thread():
        found = make_personas(
            people,
            groups=request.groups,
            conditions=request.conditions,
            rng=np.random.default_rng(request.seed),
            progress=progress,
        )
    names = np.array([each.name for each in found.personas])
    persona = np.empty(people.count, dtype=names.dtype)
    persona[order] = found.assignment["persona"].to_numpy().astype(names.dtype)
    return found, persona, ""


def _weights(knowledge: Knowledge, name: str | None) -> npt.NDArray[np.float64] | None:
    """How many each customer stands for, (customers,); the column may be one that nobody would speak of."""
    if name is None:
        return None
    frame = knowledge.memory.people.frame
    if name not in knowledge.names and name not in frame.columns:
        known = dict.fromkeys([*frame.columns, *knowledge.names])
        raise OptionError(unknown_name("weight", name, known, among="what is known of customers"))
    found = knowledge.numbers(name) if name in knowledge.names else None
    if found is None:
        values = frame[name].cast(pl.Float64, strict=False)
        if values.null_count() > frame[name].null_count():
            raise OptionError(f"weight {name!r} holds no numbers; name what says how many each customer stands for")
        found = values.fill_null(float("nan")).to_numpy()
    return found


def _embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    from twinfold.personas.memory.meaning import Meaning

    return np.asarray(Meaning().embed(list(texts)))
