"""Labels: what the difference of an arm from the first rests on, put together from all that is different in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from twinfold.behaviour.evidence import Identification
from twinfold.simulation.world import World

Part = TypeVar("Part")

ORDER = [str(each) for each in Identification]


def label_arm(world: World, arm: str) -> tuple[str, list[str]]:
    """What an arm's difference from the first rests on, the weakest part first; and what must be said of it.

    A treatment rests on how it was assigned, any other column on observation alone, a shock on the user's word.
    """
    scenario = world.scenario
    first = next(iter(scenario.arms))
    own, other = scenario.arms[arm], scenario.arms[first]
    if arm == first:
        return "", []
    found: dict[str, list[str]] = {}
    for change in _different(own.changes, other.changes):
        for name in scenario.decisions:
            if not world.bears(change, name):
                continue
            decider = world.deciders[name]
            if change.option is not None:
                found.setdefault(str(decider.label), []).append(f"{change.option} of {name}")
            for column in change.columns if change.option is None else ():
                if column == decider.treatment:
                    found.setdefault(str(decider.label), []).append(f"{column} on {name}")
                elif column in decider.columns:
                    found.setdefault(str(Identification.OBSERVATIONAL), []).append(f"{column} on {name}")
    for shock in _different(own.shocks, other.shocks):
        found.setdefault(str(Identification.ASSUMED), []).append(f"the odds of {shock.decision}")
    contacts = [set(scenario.contacts) if each.contacts is None else set(each.contacts) for each in (own, other)]
    for key in sorted(contacts[0] ^ contacts[1]):
        contact = scenario.contacts[key]
        for name in contact.decisions:
            if contact.set and scenario.decisions[name].asked == "always":
                found.setdefault(str(world.deciders[name].label), []).append(f"contact {key} on {name}")
            else:
                said = f"that nobody does {name} whom no contact reaches"
                found.setdefault(str(Identification.ASSUMED), []).append(said)
    if own.contact_policy != other.contact_policy:
        found.setdefault(str(Identification.ASSUMED), []).append(
            "that a contact does what it does whatever came before it"
        )
    if not found:
        return "the same", []
    order = sorted(found, key=ORDER.index, reverse=True)
    notes = [f"{label.capitalize()}: {', '.join(dict.fromkeys(found[label]))}." for label in order]
    return " and ".join(order), notes


def _different(own: Sequence[Part], other: Sequence[Part]) -> list[Part]:
    """What only one of two arms has."""
    return [part for part in own if part not in other] + [part for part in other if part not in own]
