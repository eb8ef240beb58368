"""Metrics: what is counted of an arm, and which decisions each comes from."""

from __future__ import annotations

from collections.abc import Mapping

from twinfold.simulation.formula import read_formula
from twinfold.simulation.scenario import Scenario

CONTACTS, COST = "contacts", "cost of contacts"


def list_metrics(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """What is counted, in order: decisions and their options, what they are worth, contacts and their cost, and totals
    of these; by name the decisions that each comes from, none of contacts."""
    out: dict[str, tuple[str, ...]] = {}
    for name, decision in scenario.decisions.items():
        out |= {f"{name}: {option}": (name,) for option in decision.options} if decision.options else {name: (name,)}
    for name, decision in scenario.decisions.items():
        for key in decision.values:
            out[key] = (*out.get(key, ()), name)
    if scenario.contacts:
        out[CONTACTS] = ()
        if any(contact.cost for contact in scenario.contacts.values()):
            out[COST] = ()
    for key, text in scenario.totals.items():
        used = read_formula(text, f"totals.{key}").names
        out[key] = tuple(dict.fromkeys(name for each in used for name in out.get(each, ())))
    return out


def list_unknown(scenario: Scenario, unknown: Mapping[str, str], once: Mapping[str, bool]) -> dict[str, str]:
    """The metrics of which nothing can be said, and why.

    Args:
        scenario: of what.
        unknown: by decision, why nothing can be said of it.
        once: of each decision, whether nobody makes it twice.
    """
    decisions = dict(unknown)
    reached = ""
    for _ in scenario.decisions:
        for name, decision in scenario.decisions.items():
            if decision.after in decisions:
                decisions.setdefault(name, f"it comes after {decision.after}.")
        for name in [*decisions]:
            if scenario.decisions[name].ends:
                reached = reached or f"{name} says who is still there."
                for other in scenario.decisions:
                    decisions.setdefault(other, f"{name} says who is still there.")
            elif once[name] and any(contact.decisions[0] == name for contact in scenario.contacts.values()):
                reached = reached or f"{name} says whom a contact may still reach."
        if reached:
            for contact in scenario.contacts.values():
                for name in contact.decisions:
                    decisions.setdefault(name, reached)
    out = {}
    for metric, names in list_metrics(scenario).items():
        own = [decisions[name] for name in names if name in decisions]
        uses = metric in (CONTACTS, COST) or bool({CONTACTS, COST} & _used(scenario, metric))
        if own:
            out[metric] = own[0]
        elif uses and reached:
            out[metric] = reached
    return out


def _used(scenario: Scenario, metric: str) -> set[str]:
    """The metrics that a total is made of."""
    text = scenario.totals.get(metric)
    return set() if text is None else set(read_formula(text, metric).names)
