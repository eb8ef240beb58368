"""Offering: what a question puts to customers, read against the offer and what a behaviour has seen tried."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from twinfold.behaviour.assumed import AssumedModel
from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.response import ResponseModel
from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.offer import Offer
from twinfold.personas.questions.amounts import Quantity, find_quantities
from twinfold.personas.questions.common_words import FUNCTION_WORDS
from twinfold.personas.questions.plan import Plan
from twinfold.personas.questions.words import name_words, readable, split_words, stem, stems
from twinfold.tables.schema import Kind

Given = dict[str, float | str]

_LEAVING = stems("leave churn cancel close quit exit attrition lapse terminate")
_STAYING = stems("stay keep remain retain retention renew renewal")
_TAKING = stems("take accept buy sign choose pick subscribe apply open use stay keep remain")
_RATES = stems("rate percent percentage interest share discount apr yield margin")
_BESIDE = frozenset(
    (
        "",
        *[
            "at",
            "of",
            "with",
            "for",
            "to",
            "is",
            "was",
            "be",
            "were",
            "costs",
            "cost",
            "about",
            "around",
            "only",
            "just",
            "and",
        ],
    )
)
"""Words before a number that say that it is a term."""


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

    A number in the question is the treatment's where it stands as one ("at 9.5", "a fee of 90"), and in a unit that the
    treatment may have: percent of a rate, a number of months of what is called so. A label is one of its arms. `own`
    are the customers' columns: what they have of their own need not be said.

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
    called = readable(treatment)
    if strange := [why for q in free if (why := _misfit(q, treatment, behaviour, offer, plan.words))]:
        return None, strange[0]
    if len(free) > 1:
        return None, f"which of {', '.join(f'{q.value:g}' for q in free)} is {called} can't be told; ask for one"
    low, high = _range(behaviour)
    readings = _readings(free[0])
    fitting = [value for value in readings if low <= value <= high]
    if not fitting and low <= 100 * free[0].value <= high and not free[0].percent and free[0].value < 1:
        value = free[0].value
        return (
            None,
            f"{value:g} is far from the {low:g} to {high:g} of {called} that were tried; is {100 * value:g} meant?",
        )
    terms[treatment] = (fitting or readings)[0]
    return terms, ""


def find_turned(plan: Plan, name: str, behaviour: Behaviour) -> str:
    """Why a question asks for another thing than a behaviour tells of, or for its opposite; empty where it doesn't."""
    outcome = behaviour.specification.outcome or ""
    told, asked = {*name_words(name), *name_words(outcome)}, set(plan.words)
    for doing in (_LEAVING, _STAYING):
        if asked & doing and not told & doing:
            return f"the behaviour tells of {readable(outcome) or name}, which is another thing; ask for that"
    if told & _LEAVING and asked & _TAKING and not asked & _LEAVING:
        return f"the behaviour tells of {readable(outcome) or name}, which is another thing; ask for that"
    return ""


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


def _misfit(quantity: Quantity, treatment: str, behaviour: Behaviour, offer: Offer, words: Sequence[str]) -> str:
    """Why a number is not the treatment's; empty where it may be."""
    called, own = readable(treatment), set(name_words(treatment))
    said = f"{quantity.value:g}{' %' if quantity.percent else ''}"
    if quantity.percent:
        whole = any(c.name == treatment and c.kind is Kind.INTEGER for c in behaviour.columns)
        return f"{said} is no {called}, which has no percent" if whole and not own & _RATES else ""
    if quantity.money and own & _RATES:
        return f"{said} {quantity.money} is no {called}, which is no sum of money"
    after, offered = stem(quantity.after) if quantity.after else "", {w.stem for w in split_words(offer.name)}
    if (
        after
        and after not in own | offered
        and (quantity.after not in FUNCTION_WORDS or quantity.after in ("of", "or"))
    ):
        return f"{said} {quantity.after} is no {called}"
    if quantity.before not in _BESIDE and not own & set(words) and not quantity.money:
        return f"whether {said} is {called} can't be told; say “at {called} {said}”"
    return ""


def _readings(quantity: Quantity) -> list[float]:
    return [quantity.value, quantity.value / 100] if quantity.percent else [quantity.value]


def _is_offered(quantity: Quantity, offer: Offer) -> bool:
    """Whether a number is one of the offer's own."""
    text = f"{offer.name} {offer.description} " + " ".join(f"{each.name} {each.description}" for each in offer.options)
    own = {q.value for q in find_quantities(text.lower())} | {
        v for v in offer.terms.values() if isinstance(v, int | float)
    }
    return quantity.value in own
