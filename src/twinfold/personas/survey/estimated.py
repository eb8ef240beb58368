"""Items that a behaviour answers: would they, how much, and which of several offers would they take?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.special import expit, logit

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.choosing import ChoosingModel
from twinfold.behaviour.regression import MOST_SCORE
from twinfold.errors import DataError, OptionError, SpecificationError, unknown_name
from twinfold.personas.answer import Estimate, Mark
from twinfold.personas.deciding import Estimates
from twinfold.personas.offer import Terms
from twinfold.personas.questions.words import readable
from twinfold.personas.survey.doubt import Doubt, is_binary, response_of
from twinfold.personas.survey.expectations import Expectations
from twinfold.personas.survey.panel import Panel
from twinfold.personas.survey.recorded import several
from twinfold.personas.survey.responses import Responses, unanswered
from twinfold.personas.survey.specification import Item
from twinfold.personas.survey.tallies import no_unknown
from twinfold.simulation.wording import number

if TYPE_CHECKING:
    import numpy.typing as npt

    from twinfold.personas.survey.tallies import Unknown

    Floats = npt.NDArray[np.float64]

REASONS = "Shares are of what moves each customer's decision farthest from everybody's."

Shares = Callable[["Floats"], "Floats"]


def check_behaviour(item: Item, behaviours: Mapping[str, Behaviour]) -> Behaviour:
    """The behaviour that an item names. Raises `SpecificationError` where it is not there, or can't say it."""
    name, place = str(item.behaviour), f"item {item.id!r}"
    if name not in behaviours:
        hint = unknown_name("behaviour", name, behaviours) if behaviours else f"behaviour {name!r} is not there"
        raise SpecificationError(f"{place}: {hint}; give the file of each that is named: --behaviour {name}.behaviour")
    behaviour = behaviours[name]
    if isinstance(behaviour.model, ChoosingModel):
        raise SpecificationError(f"{place}: behaviour {name!r} is of choices; twinfold concept-test asks those")
    if item.kind in ("single", "multiple") and not is_binary(behaviour):
        outcome = behaviour.specification.outcome
        raise SpecificationError(
            f"{place}: behaviour {name!r} says how much {outcome} is, not yes or no; ask of kind numeric"
        )
    known = [column.name for column in behaviour.columns]
    for column in (column for terms in (item.offer, *item.offers.values()) for column in terms):
        if column not in known:
            raise SpecificationError(f"{place}: {unknown_name('term', column, known, among=f'behaviour {name!r}')}")
    if item.kind == "likert" and response_of(behaviour) is None:
        raise SpecificationError(f"{place}: behaviour {name!r} is a lifetime, without a utility; ask of kind numeric")
    return behaviour


def answer_from_behaviour(item: Item, panel: Panel, expectations: Expectations, terms: Terms) -> Responses:
    """What a panel says to an item of a behaviour: expected, and each one's answer drawn once.

    Args:
        item: of kind single, multiple, numeric or open; panel: who is asked; expectations: what behaviours say of it.
        terms: what everybody gets, by column.
    """
    behaviour = check_behaviour(item, expectations.behaviours)
    if item.offers:
        return _answer_offers(item, panel, expectations, terms)
    found = estimate(item, expectations, terms)
    if isinstance(found, str):
        return unanswered(item, panel.asked, found)
    known = np.isfinite(found.value)
    drafts = expectations.say(str(item.behaviour), terms, item.question)
    quote = pl.Series([draft.text for draft in drafts], dtype=pl.String)
    made = Responses(
        item,
        pl.Series([_write(each) if told else None for each, told in zip(found.value, known, strict=True)]),
        found.value,
        seen=False,
        mark=Mark.MODEL,
        label=label_of(found),
        lower=found.lower,
        upper=found.upper,
        quote=quote,
        supported=float(found.in_support[known].mean()),
        notes=found.notes,
    )
    if item.kind == "open":
        return sort_reasons(
            replace(made, said=quote.set(pl.Series(~known), None)), [draft.estimate for draft in drafts]
        )
    doubt = expectations.doubt(str(item.behaviour), terms)
    if item.kind == "numeric":
        return replace(made, unknown=_unknown(doubt, found, _as_chances if is_binary(behaviour) else _as_it_is))
    assert found.yes is not None
    yes, no = item.sides()
    options = item.choices or (yes, no)
    said = [word if told else None for word, told in zip(np.where(found.yes, yes, no).tolist(), known, strict=True)]
    return replace(
        made,
        said=pl.Series(said, dtype=pl.String),
        options=options,
        chances=np.stack([found.value if each == yes else 1 - found.value for each in options], axis=1),
        unknown=_unknown(doubt, found, _yes_and_no if options[0] == yes else _no_and_yes),
    )


def sort_reasons(made: Responses, estimates: Sequence[Estimate | None]) -> Responses:
    """Open answers with how often each thing is what moves a decision farthest, as their options."""
    strongest = [readable(each.reasons[0][0]) if each is not None and each.reasons else None for each in estimates]
    counted = Counter(name for name in strongest if name is not None)
    options = tuple(sorted(counted, key=lambda name: (-counted[name], name)))
    if not options:
        return made
    code = np.array([-1 if name is None else options.index(name) for name in strongest])
    return replace(
        made,
        options=options,
        chances=(code[:, None] == np.arange(len(options))).astype(np.float64),
        seen=True,
        unknown=no_unknown(len(options)),
        notes=(*made.notes, REASONS),
    )


def estimate(item: Item, expectations: Expectations, terms: Terms) -> Estimates | str:
    """What a behaviour expects of a panel; in its place why nothing can be said of anybody."""
    try:
        found = expectations.estimate(str(item.behaviour), terms)
    except (DataError, OptionError) as error:
        return str(error)
    if np.isfinite(found.value).any():
        return found
    said = ", ".join(f"{column} {value}" for column, value in terms.items())
    return " ".join(found.notes) or f"nothing like {said or 'this'} was tried, or its effect is not identified"


def label_of(found: Estimates) -> str:
    """What an effect rests on, of those of whom something can be said."""
    return ", ".join(np.unique(found.label[np.isfinite(found.value)]).tolist())


def utility(behaviour: Behaviour, expected: Floats) -> Floats:
    """What is expected on the scale on which effects add up: log odds of a yes, else the outcome's unit."""
    if not is_binary(behaviour):
        return expected
    with np.errstate(divide="ignore"):
        return np.asarray(np.clip(logit(expected), -MOST_SCORE, MOST_SCORE), np.float64)


def _unknown(doubt: Doubt | None, found: Estimates, shares: Shares) -> Unknown:
    """How far means of a behaviour may lie by what is not known: by its draws, else as its own mean does."""
    if doubt is None:
        middle, low, high = found.average or (0.0, 0.0, 0.0)
        return lambda *_: np.array([[middle - low, high - middle]])

    def told(rows: npt.NDArray[np.int64], weight: Floats) -> Floats:
        return doubt.ends(rows, weight, lambda scores, _: shares(scores))

    return told


def _write(value: float) -> str:
    return f"−{number(-value)}" if value < 0 else number(value)


def _as_it_is(scores: Floats) -> Floats:
    return scores[..., None]


def _as_chances(scores: Floats) -> Floats:
    return np.asarray(expit(scores))[..., None]


def _yes_and_no(scores: Floats) -> Floats:
    chance = expit(scores)
    return np.stack([chance, 1 - chance, chance], axis=-1)


def _no_and_yes(scores: Floats) -> Floats:
    return _yes_and_no(scores)[..., [1, 0, 2]]


def _answer_offers(item: Item, panel: Panel, expectations: Expectations, terms: Terms) -> Responses:
    """Of several offers, which ones each would take."""
    found: list[Estimates] = []
    for option, own in item.offers.items():
        made = estimate(item, expectations, {**terms, **own})
        if isinstance(made, str):
            return unanswered(item, panel.asked, f"{option}: {made}")
        found.append(made)
    chances = np.stack([each.value for each in found], axis=1)
    known = np.isfinite(chances).all(axis=1)
    if not known.any():
        return unanswered(item, panel.asked, "of nobody can anything be said under all of these offers")
    named = np.stack([np.asarray(each.yes) for each in found], axis=1)
    answers = several(item, item.choices, chances, named, seen=False)
    doubts = [expectations.doubt(str(item.behaviour), {**terms, **own}) for own in item.offers.values()]

    def told(rows: npt.NDArray[np.int64], weight: Floats) -> Floats:
        parts = [each.ends(rows, weight, lambda scores, _: _as_chances(scores)) for each in doubts if each is not None]
        return np.concatenate([*parts, np.zeros((1, 2))])

    return replace(
        answers,
        said=answers.said.set(pl.Series(~known), None),
        value=np.where(known, answers.value, np.nan),
        mark=Mark.MODEL,
        label=", ".join(dict.fromkeys(label_of(each) for each in found)),
        unknown=told,
        supported=float(np.mean([each.in_support[known].mean() for each in found])),
        notes=tuple(dict.fromkeys(note for each in found for note in each.notes)),
    )
