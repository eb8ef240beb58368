"""Running a concept test: shares from the choice, reasons from the tastes behind them, and one answer a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.choosing import ChoosingModel
from twinfold.errors import OptionError
from twinfold.personas.concepts.answers import list_answers, quote_some
from twinfold.personas.concepts.choice_set import ChoiceSet, lay_out_concepts
from twinfold.personas.concepts.particulars import say_level
from twinfold.personas.concepts.picks import SAMPLE, TOLD, pick
from twinfold.personas.concepts.reasons import Reason, Reasoning
from twinfold.personas.concepts.respondents import Respondents, gather_respondents
from twinfold.personas.concepts.result import ConceptResult, ConceptTest, Pair, PersonaShares
from twinfold.personas.concepts.specification import Concepts
from twinfold.personas.concepts.sweep import Sweep, Sweeping
from twinfold.personas.concepts.weighing import Tastes, Weighed, weigh
from twinfold.personas.concepts.wording import note
from twinfold.personas.segmentation import LEAST_PEOPLE
from twinfold.protocols import Progress, silent
from twinfold.simulation.outcome import Figure
from twinfold.tables.schema import Table

if TYPE_CHECKING:
    import numpy.typing as npt

MOST_TOLD = 10_000
"""People whose tastes reasons and sweeps are told of, at most."""


def run_concept_test(
    concepts: Concepts,
    behaviour: Behaviour,
    table: Table,
    frame: pl.DataFrame,
    *,
    who: str | None = None,
    n: int | None = None,
    vary: Sequence[str] = (),
    seed: int = 0,
    origin: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> ConceptTest:
    """Run a concept test; see `verbs.concept_test` for arguments and errors.

    Args:
        concepts: what is asked; behaviour: a learned choice, which decides.
        table, frame: the customers, a row each.
        who, n, vary, seed, progress: as there.
        origin: of what it was made.
    """
    model = _take_choice(behaviour)
    choice_set = lay_out_concepts(concepts, model)
    learned = _read_shares(behaviour.shares(choice_set.frame))  # which refuses what lies beyond all that was compared
    sweepings = [Sweeping(choice_set, model, text) for text in vary]
    respondents = gather_respondents(concepts, table, frame, who)
    if n is not None and n > respondents.people:
        raise OptionError(f"n {n:,} is more than the {respondents.people:,} people who are asked; give fewer")
    weighed = weigh(choice_set, model, respondents, seed=seed, progress=progress)
    told = respondents.draw(MOST_TOLD, seed, lot=TOLD)
    reasons, sweeps = _explain(choice_set, model, respondents.codes[told], sweepings, seed, progress)
    rows = respondents.draw(n or respondents.people, seed, lot=SAMPLE)
    picks = pick(choice_set, model, respondents.codes[rows], seed)
    answers = list_answers(choice_set, str(model.label), respondents, weighed, picks, rows)
    return ConceptTest(
        title=concepts.title,
        population=respondents.name,
        who=who or "",
        people=respondents.people,
        known=int(weighed.known.sum()),
        concepts=_tell_concepts(concepts, choice_set, weighed, learned, reasons, answers, seed),
        pairs=tuple(
            Pair(choice_set.names[a], choice_set.names[b], tally.figures()[0], (a, b) in choice_set.apart)
            for (a, b), tally in weighed.pairs.items()
        ),
        personas=tuple(_tell_persona(respondents, weighed, place) for place in range(len(respondents.personas))),
        label=str(model.label),
        rows=behaviour.rows,
        customers=len(model.names),
        sweeps=sweeps,
        answers=answers,
        quotes=quote_some(choice_set, picks, answers),
        notes=note(concepts, choice_set, weighed.known, min(respondents.people, MOST_TOLD), answers.height),
        seed=seed,
        origin=dict(origin or {}),
    )


def _take_choice(behaviour: Behaviour) -> ChoosingModel:
    """What was learned of a choice. Raises `OptionError` where the behaviour is none."""
    if isinstance(behaviour.model, ChoosingModel):
        return behaviour.model
    raise OptionError(
        f'the behaviour is a {behaviour.specification.kind}: concepts take one of kind "choice", learned of people who '
        "took one of two options; make one with twinfold calibrate"
    )


def _read_shares(found: pl.DataFrame) -> tuple[Figure, ...]:
    rows = found.select("share", "lower", "upper").iter_rows()
    return tuple(Figure(share, min(low, share), max(high, share)) for share, low, high in rows)


def _explain(
    choice_set: ChoiceSet,
    model: ChoosingModel,
    codes: npt.NDArray[np.uint64],
    sweepings: Sequence[Sweeping],
    seed: int,
    progress: Progress,
) -> tuple[tuple[tuple[Reason, ...], ...], tuple[Sweep, ...]]:
    """What speaks for each concept, and sweeps, of some people."""
    draws = len(model.model.spread)
    tastes, reasoning = Tastes(model, codes, seed), Reasoning(choice_set, draws)
    for draw in range(draws):
        progress("looking for reasons", draw / draws)
        own = tastes.of(draw)
        reasoning.add(draw, own)
        for sweeping in sweepings:
            sweeping.add(draw, own)
    progress("looking for reasons", 1.0)
    return reasoning.tell(), tuple(sweeping.tell() for sweeping in sweepings)


def _tell_concepts(
    concepts: Concepts,
    choice_set: ChoiceSet,
    weighed: Weighed,
    learned: Sequence[Figure],
    reasons: Sequence[tuple[Reason, ...]],
    answers: pl.DataFrame,
    seed: int,
) -> tuple[ConceptResult, ...]:
    shares, first = weighed.whole.figures(), weighed.whole.first(np.random.default_rng(seed))
    return tuple(
        ConceptResult(
            name=concept.name,
            description=concept.description,
            attributes=tuple(zip(choice_set.attributes, choice_set.levels[row].tolist(), strict=True)),
            features=tuple((f.name, say_level(choice_set, row, f)) for f in choice_set.features),
            share=shares[row],
            learned=learned[row],
            first=float(first[row]),
            apart=tuple(choice_set.names[a + b - row] for a, b in choice_set.apart if row in (a, b)),
            reasons=reasons[row],
            picked=int((answers["choice"] == concept.name).sum()),
        )
        for row, concept in enumerate(concepts.concepts)
    )


def _tell_persona(respondents: Respondents, weighed: Weighed, place: int) -> PersonaShares:
    name, condition = [*respondents.personas.items()][place]
    inside = respondents.persona == place
    known = int(weighed.known[inside].sum())
    shares = weighed.personas[place].figures() if known >= LEAST_PEOPLE else None
    return PersonaShares(name, condition, int(inside.sum()), known, shares)
