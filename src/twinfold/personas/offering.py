"""Offering: what a question puts to customers, read against the offer and what a behaviour has seen tried."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from twinfold.behaviour.assumed import AssumedModel
from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.response import ResponseModel
from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.offer import Offer
from twinfold.personas.questions.amounts import Quantity
from twinfold.personas.questions.plan import Plan
from twinfold.personas.questions.words import name_words, readable, split_words

Given = dict[str, float | str]


def find_offered(offer: Offer, behaviours: Mapping[str, Behaviour]) -> frozenset[str]:
    """The stems of all words that say what is offered, and what may come of it."""
    texts = [offer.name, offer.description, *offer.terms, *map(str, offer.terms.values())]
    for option in offer.options:
        texts += [option.name, option.description, *option.terms]
    stems = {word.stem for text in texts for word in split_words(text)}
    for name, behaviour in behaviours.items():
        specification = behaviour.specification
        named = [
            name,
            specification.outcome or "",
            specification.treatment or "",
            *specification.attributes,
            *_arms(behaviour),
        ]
        stems.update(stem for each in named for stem in name_words(each))
    return frozenset(stems)


def read_terms(plan: Plan, behaviour: Behaviour, offer: Offer, own: Collection[str] = ()) -> tuple[Given | None, str]:
    """What a question puts to customers: the offer's terms, but for what it says itself.

    A number in the question is the treatment's where it lies in the range that was tried (in percent, also as a share
    of one), or where it is the only one; a label is one of its arms. `own` are the customers' columns: what they have
    of their own need not be said.

    Returns:
        The terms by column, or None and why they can't be told.
    """
    looked_at = {column.name for column in behaviour.columns}
    terms = {column: value for column, value in offer.terms.items() if column in looked_at}
    treatment = behaviour.specification.treatment
    arms = _arms(behaviour)
    if treatment and (arm := _named(arms, plan.words)):
        terms[treatment] = arm
    free = [q for q in plan.quantities if not _is_offered(q, offer)]
    if not free:
        if treatment and treatment not in terms and treatment not in own:
            return None, f"nobody said at what {readable(treatment)}; say it in the question, or in the offer's terms"
        return terms, ""
    if treatment is None or arms:
        return None, f"{free[0].value:g} is no term of the offer"
    low, high = _range(behaviour)
    fitting = [value for q in free for value in _readings(q) if low <= value <= high]
    if len(free) > 1 or not fitting:
        named = [q for q in free if q.percent] or (free if len(free) == 1 else [])
        if len(named) != 1:
            return None, f"which of {', '.join(f'{q.value:g}' for q in free)} is {readable(treatment)} can't be told"
        others = [q for q in free if q is not named[0]]
        if others:
            return None, f"{others[0].value:g} is no term of the offer"
        fitting = [value for value in _readings(named[0]) if low <= value <= high] or [named[0].value]
    terms[treatment] = fitting[0]
    return terms, ""


def offer_facts(offer: Offer, terms: Sequence[tuple[str, float | str]]) -> tuple[Fact, ...]:
    """What is offered, as facts."""
    return tuple(
        Fact(
            FactKind.OFFER,
            "",
            readable(column),
            value,
            f"{value:g}" if isinstance(value, int | float) else value,
            offer.name,
        )
        for column, value in terms
    )


def _arms(behaviour: Behaviour) -> tuple[str, ...]:
    model = behaviour.model
    if isinstance(model, AssumedModel):
        assumed = model.assumption
        return (str(assumed.usual), assumed.arm) if assumed.arm else ()
    return model.treatment.arms if isinstance(model, ResponseModel) and model.treatment.name else ()


def _range(behaviour: Behaviour) -> tuple[float, float]:
    model = behaviour.model
    if isinstance(model, ResponseModel):
        return model.treatment.low, model.treatment.high
    return float("-inf"), float("inf")


def _named(arms: Sequence[str], words: Sequence[str]) -> str:
    """The arm whose words a question has, the longest first; empty where there is none."""
    asked = set(words)
    for arm in sorted(arms, key=lambda each: -len(name_words(each))):
        own = set(name_words(arm))
        if own and own <= asked:
            return arm
    return ""


def _readings(quantity: Quantity) -> list[float]:
    return [quantity.value, quantity.value / 100] if quantity.percent else [quantity.value]


def _is_offered(quantity: Quantity, offer: Offer) -> bool:
    """Whether a number is one of the offer's own."""
    from twinfold.personas.questions.amounts import find_quantities

    text = f"{offer.name} {offer.description} " + " ".join(f"{each.name} {each.description}" for each in offer.options)
    own = {q.value for q in find_quantities(text.lower())} | {
        v for v in offer.terms.values() if isinstance(v, int | float)
    }
    return quantity.value in own
