"""Labels: what a difference of an arm from the first rests on, put together from all that is different in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from twinfold.behaviour.evidence import Identification
from twinfold.simulation.metrics import list_metrics
from twinfold.simulation.scenario import Change, Shock
from twinfold.simulation.world import World

Part = TypeVar("Part")

SAME, BY_FORMULA, PLANNED = "the same", "by your formula", "as planned"
"""What a difference that rests on no effect is called: there is none; it is arithmetic; it is what the plan says."""

ORDER = (PLANNED, BY_FORMULA, *map(str, Identification))


@dataclass(frozen=True)
class Labels:
    """What an arm's differences from the first rest on.

    Attributes:
        whole: the weakest of all, and the others; of: by metric; notes: what rests on which, in plain words.
    """

    whole: str
    of: Mapping[str, str]
    notes: tuple[str, ...]


def label_arm(world: World, arm: str) -> Labels:
    """What an arm's differences from the first rest on; empty texts for the first.

    A treatment rests on how it was assigned, any other column on observation alone, a shock on the user's word. A
    decision has also what those rest on that it comes after, and those with which customers leave.
    """
    scenario = world.scenario
    metrics = list_metrics(scenario)
    first = next(iter(scenario.arms))
    if arm == first:
        return Labels("", dict.fromkeys(metrics, ""), ())
    found: dict[str, dict[str, list[str]]] = {name: {} for name in scenario.decisions}
    own, other = scenario.arms[arm], scenario.arms[first]
    changes = [change for change in _different(own.changes, other.changes) if not world.idle(change)]
    for change in changes:
        for name in scenario.decisions:
            for label, what in _label_change(world, change, name):
                found[name].setdefault(label, []).append(what)
    for shock in _different(own.shocks, other.shocks):
        if world.idle(shock):
            continue
        found[shock.decision].setdefault(str(Identification.ASSUMED), []).append(f"the odds of {shock.decision}")
    contacts = [set(scenario.contacts) if each.contacts is None else set(each.contacts) for each in (own, other)]
    for key in sorted(contacts[0] ^ contacts[1]):
        contact = scenario.contacts[key]
        for name in contact.decisions:
            if contact.set and scenario.decisions[name].asked == "always":
                found[name].setdefault(str(world.deciders[name].label), []).append(f"contact {key} on {name}")
            else:
                said = f"that nobody does {name} whom no contact reaches"
                found[name].setdefault(str(Identification.ASSUMED), []).append(said)
    if own.contact_policy != other.contact_policy:
        said = "that a contact does what it does whatever came before it"
        for contact in scenario.contacts.values():
            for name in contact.decisions:
                found[name].setdefault(str(Identification.ASSUMED), []).append(said)
    by_formula = {
        key for change in changes for decision in scenario.decisions for key in world.valued_by(change, decision)
    }
    parts: list[Change | Shock] = [*own.changes, *own.shocks]
    idle = [said for part in parts if (said := world.idle(part))]
    notes = (*_tell(found), *idle)
    labels = _follow(world, {name: {*of} for name, of in found.items()})
    planned = {PLANNED} if contacts[0] ^ contacts[1] or own.contact_policy != other.contact_policy else set()
    out = {}
    for metric, names in metrics.items():
        resting = {label for name in names for label in labels[name]} if names else planned
        out[metric] = _join(resting or ({BY_FORMULA} if metric in by_formula else set()))
    every = {label for of in labels.values() for label in of}
    return Labels(_join(every or ({BY_FORMULA} if by_formula else planned)), out, notes)


def _label_change(world: World, change: Change, name: str) -> list[tuple[str, str]]:
    """What the effect of a change on a decision rests on, and of what it is one."""
    if not world.bears(change, name):
        return []
    decider = world.deciders[name]
    if change.option is not None:
        return [(str(decider.label), f"{change.option} of {name}")]
    out = []
    for column in change.columns:
        if column == decider.treatment:
            out.append((str(decider.label), f"{column} on {name}"))
        elif column in decider.columns:
            out.append((str(Identification.OBSERVATIONAL), f"{column} on {name}"))
    return out


def _follow(world: World, labels: dict[str, set[str]]) -> dict[str, set[str]]:
    """Labels by decision, with those of decisions that it comes after, and that end it."""
    decisions = world.scenario.decisions
    for name, decision in decisions.items():  # whatever comes after another stands after it
        if decision.after is not None:
            labels[name] |= labels[decision.after]
    leaving = {label for name, decision in decisions.items() if decision.ends for label in labels[name]}
    return {name: own | leaving for name, own in labels.items()}


def _tell(found: Mapping[str, Mapping[str, Sequence[str]]]) -> tuple[str, ...]:
    by_label: dict[str, list[str]] = {}
    for of in found.values():
        for label, whats in of.items():
            by_label.setdefault(label, []).extend(whats)
    order = sorted(by_label, key=ORDER.index, reverse=True)
    return tuple(f"{label.capitalize()}: {', '.join(dict.fromkeys(by_label[label]))}." for label in order)


def _join(labels: set[str]) -> str:
    return " and ".join(sorted(labels, key=ORDER.index, reverse=True)) or SAME


def _different(own: Sequence[Part], other: Sequence[Part]) -> list[Part]:
    """What only one of two arms has."""
    return [part for part in own if part not in other] + [part for part in other if part not in own]
