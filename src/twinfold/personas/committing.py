"""Committing: answers to what customers would do, as behaviours decide it; the words come after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.choosing import ChoosingModel
from twinfold.personas.answer import Estimate, Mark
from twinfold.personas.deciding import Deciding, Picks
from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.offer import Offer
from twinfold.personas.offering import find_turned, offer_facts, read_terms
from twinfold.personas.questions.lexicon import Lexicon
from twinfold.personas.questions.plan import Act, Plan
from twinfold.personas.questions.words import name_words, readable
from twinfold.personas.speaking import Draft, Drafts
from twinfold.personas.voices import template
from twinfold.personas.voices.template import Turn
from twinfold.simulation.wording import number

if TYPE_CHECKING:
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]


class Committing:
    """What customers say that they would do.

    Args:
        deciding: what behaviours say of them; offer: what is put to them; lexicon: what things are called.
    """

    def __init__(self, deciding: Deciding, offer: Offer, lexicon: Lexicon) -> None:
        self.deciding, self.offer, self.lexicon = deciding, offer, lexicon

    def decide(self, plan: Plan, whom: Places, turns: Sequence[Turn]) -> Drafts:
        """What they would do, (customers,) drafts.

        Raises `TwinfoldError` where a behaviour can't be asked: the customers lack what it is learned within, or the
        offer names what it does not know.
        """
        name, why = self._find(plan)
        if not name:
            return Drafts(refuse(turns, why))
        if isinstance(self.deciding[name].model, ChoosingModel):
            picks = self.deciding.pick(name, self.offer.options, whom)
            return Drafts([self._pick(turn, picks, at) for at, turn in enumerate(turns)])
        if turned := find_turned(plan, name, self.deciding[name]):
            return Drafts(refuse(turns, turned))
        own = self.deciding.memory.people.frame.columns
        terms, why = read_terms(plan, self.deciding[name], self.offer, own)
        if terms is None:
            return Drafts(refuse(turns, why))
        found = self.deciding.estimate(name, terms, whom)
        why = " ".join(found.notes) or "nothing like it was ever tried"
        each = []
        for at, (turn, place) in enumerate(zip(turns, whom.tolist(), strict=True)):
            estimate = found.one(at)
            each.append(refuse([turn], why)[0] if estimate is None else self._estimate(turn, estimate, place))
        return Drafts(each, found.terms, found.average, found.notes)

    def _find(self, plan: Plan) -> tuple[str, str]:
        """Which behaviour a question is about, or why that can't be told."""
        choice = plan.act is Act.CHOOSE
        names = [n for n, b in self.deciding.behaviours.items() if isinstance(b.model, ChoosingModel) == choice]
        if len(names) > 1:
            asked = [name for name in names if _is_asked_for(name, self.deciding[name], plan.words)]
            if len(asked) == 1:
                names = asked
            elif self.offer.behaviour in names:
                names = [str(self.offer.behaviour)]
        if not names:
            return "", "no behaviour was given that knows (--behaviour)"
        if len(names) > 1:
            return "", f"it may be about any of {', '.join(names)}; name one, or what comes of it"
        return names[0], ""

    def _estimate(self, turn: Turn, estimate: Estimate, place: int) -> Draft:
        outcome = readable(estimate.outcome)
        facts: list[Fact] = []
        sides: tuple[list[str], list[str]] = ([], [])
        for column, push in estimate.reasons:
            fact = self._attribute(column, place)
            if fact is not None:
                facts.append(fact)
                sides[push < 0].append(f"my {fact.name} ({fact.said})")
        numbers = (estimate.value, estimate.lower, estimate.upper)
        if estimate.yes is None:
            middle, low, high = map(number, numbers)
            said = f"{middle} ({low} to {high})"
        else:
            middle, low, high = (in_hundred(each) for each in numbers)
            said = f"{middle} in 100 ({low} to {high})"
        chance = (middle, low, high)
        lead, text = template.say_decision(
            turn, yes=estimate.yes, did=outcome, chance=chance, fors=sides[0], againsts=sides[1]
        )
        source = f"behaviour {estimate.behaviour}, {estimate.label}"
        made = Fact(FactKind.DECISION, turn.customer, outcome, estimate.value, said, source)
        evidence = (made, *offer_facts(self.offer, estimate.offer), *facts)
        value = estimate.value if estimate.yes is None else estimate.yes
        return Draft(text, Mark.MODEL, value, evidence, estimate, lead)

    def _attribute(self, column: str, place: int) -> Fact | None:
        people = self.deciding.memory.people
        known = any(each.name == column for each in people.columns)
        return self.lexicon.attribute(people, column, place) if known else None

    def _pick(self, turn: Turn, picks: Picks, at: int) -> Draft:
        k = int(picks.taken[at])
        taken = picks.options[k]
        shares = [(option.name, float(picks.chance[number, at])) for number, option in enumerate(picks.options)]
        why = [readable(column) for column in picks.reasons[at][:2]]
        lead, text = template.say_pick(turn, taken.name, [(name, in_hundred(each)) for name, each in shares], why)
        chance, terms = shares[k][1], tuple(taken.terms.items())
        estimate = Estimate(
            outcome=taken.name,
            value=chance,
            lower=min(float(picks.lower[k, at]), chance),
            upper=max(float(picks.upper[k, at]), chance),
            yes=None,
            label=picks.label,
            in_support=bool(picks.in_support[at]),
            behaviour=picks.behaviour,
            offer=terms,
        )
        source = f"behaviour {picks.behaviour}, {picks.label}"
        made = [
            Fact(FactKind.DECISION, turn.customer, name, each, f"{in_hundred(each)} in 100", source)
            for name, each in shares
        ]
        return Draft(text, Mark.MODEL, taken.name, (*made, *offer_facts(self.offer, terms)), estimate, lead)


def refuse(turns: Sequence[Turn], why: str) -> list[Draft]:
    """That there is no answer, and why."""
    return [Draft(template.say_nothing(turn, why.rstrip(".")), Mark.NONE) for turn in turns]


def in_hundred(share: float) -> str:
    """A share as so many in a hundred.

    >>> [in_hundred(each) for each in (0.0823, 0.0042, 0.5)]
    ['8', '0.4', '50']
    """
    hundred = 100 * share
    return f"{hundred:.0f}" if hundred >= 1 else f"{hundred:.1f}"


def _is_asked_for(name: str, behaviour: Behaviour, words: Sequence[str]) -> bool:
    """Whether a question's stems name a behaviour, or what comes of it."""
    return bool({*name_words(name), *name_words(behaviour.specification.outcome or "")} & set(words))
