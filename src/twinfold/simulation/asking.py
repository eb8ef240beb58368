"""What a scenario asks, in plain words: so that a page can be read without the file that it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twinfold.behaviour.behaviour import Behaviour
from twinfold.simulation.scenario import Arm, Change, Contact, ContactPolicy, Decision, Scenario, Shock

MOST_STEPS = 12
"""Values of a list that are told."""


def tell_decisions(scenario: Scenario, behaviours: Mapping[str, Behaviour]) -> tuple[str, ...]:
    """What customers decide, a line each."""
    return tuple(_tell_decision(name, d, behaviours[d.behaviour], scenario) for name, d in scenario.decisions.items())


def tell_contacts(scenario: Scenario) -> tuple[str, ...]:
    """The campaigns, a line each, and how often anybody may be contacted."""
    lines = [_tell_contact(name, contact) for name, contact in scenario.contacts.items()]
    if scenario.contact_policy is not None:
        lines.append(_tell_policy(scenario.contact_policy))
    lines += [f"{name} is {formula}." for name, formula in scenario.totals.items()]
    return tuple(lines)


def tell_arm(scenario: Scenario, arm: Arm) -> tuple[str, ...]:
    """What is different in an arm from how customers are, a line each."""
    lines = [_tell_change(change) for change in arm.changes] + [_tell_shock(shock) for shock in arm.shocks]
    if scenario.contacts:
        running = [*scenario.contacts] if arm.contacts is None else [*arm.contacts]
        lines.append(f"Contacts: {', '.join(running)}." if running else "No contact.")
    if arm.contact_policy is not None:
        lines.append(_tell_policy(arm.contact_policy))
    return tuple(lines) or ("Customers as they are.",)


def _tell_decision(name: str, decision: Decision, behaviour: Behaviour, scenario: Scenario) -> str:
    asked = behaviour.specification
    what = f"{asked.kind} of {asked.outcome or 'purchases'}"
    what += f" to {asked.treatment}" if asked.treatment else ""
    what += f" within {', '.join(asked.strata)}" if asked.strata else ""
    made = behaviour.origin.get("made", "")[:10]
    line = (
        f"{name}: by {decision.behaviour} ({what}; learned from {behaviour.rows:,} rows{f' on {made}' if made else ''})"
    )
    more = []
    if decision.options:
        options = [f"{option} ({_pairs(own)})" for option, own in decision.options.items()]
        more.append(f"one of {'; '.join(options)}, in {scenario.period} {decision.at}")
    elif decision.asked == "contacted":
        more.append("only of those whom a contact reaches")
    elif decision.every > 1:
        more.append(f"every {decision.every} {scenario.period}s")
    more += ["once"] if decision.once else []
    more += [f"after {decision.after}"] if decision.after else []
    more += ["the customer is gone with it"] if decision.ends else []
    more += [f"worth: {_pairs(decision.values)}"] if decision.values else []
    return f"{line}; {'; '.join(more)}." if more else f"{line}."


def _tell_contact(name: str, contact: Contact) -> str:
    parts = [f"{name}: about {', '.join(contact.decisions)}, {_periods(contact.periods)}"]
    parts.append(f"to those of whom {contact.who}" if contact.who else "to everybody")
    parts += [f"at most {contact.at_most:,} each time"] if contact.at_most is not None else []
    parts += [f"{contact.cost:g} each"] if contact.cost else []
    parts += [f"{contact.budget:,g} in all"] if contact.budget is not None else []
    if contact.at_most is not None or contact.budget is not None:
        parts.append(_ranked(contact))
    parts += [f"sets {_pairs(contact.set)}"] if contact.set else []
    return f"{'; '.join(parts)}."


def _ranked(contact: Contact) -> str:
    match contact.first:
        case "random":
            return "drawn by lot where not all can be reached"
        case "prediction":
            return "those first of whom most is expected"
        case "gain":
            return f"those first in whom it is expected to raise {contact.decisions[0]} most"
    return f"those first for whom {contact.first} is most"


def _tell_policy(policy: ContactPolicy) -> str:
    times = "once" if policy.at_most == 1 else f"{policy.at_most} times"
    return f"Nobody is contacted more than {times} within {policy.within} period{'s' if policy.within > 1 else ''}."


def _tell_change(change: Change) -> str:
    parts = [f"{column} becomes {_steps(value)}" for column, value in change.set.items()]
    parts += [f"{column} is changed by {_steps(value, signed=True)}" for column, value in change.add.items()]
    parts += [f"{column} is multiplied by {_steps(value)}" for column, value in change.multiply.items()]
    whose = f"Of {change.decision}, option {change.option}: " if change.option is not None else ""
    if change.option is None and change.decision is not None:
        whose = f"For {change.decision} alone: "
    return f"{whose}{', '.join(parts)}{_whom(change.who)}{_when(change.first, change.last)}."


def _tell_shock(shock: Shock) -> str:
    middle, low, high = shock.odds
    said = f"Your own number: the odds of {shock.decision} are multiplied by {middle:g} [{low:g}, {high:g}]"
    return f"{said}{_whom(shock.who)}{_when(shock.first, shock.last)}."


def _whom(who: str) -> str:
    return f" where {who}" if who else ""


def _when(first: int, last: int | None) -> str:
    if last is not None:
        return f", in period {first}" if first == last else f", in periods {first} to {last}"
    return f", from period {first}" if first > 1 else ""


def _steps(value: Any, *, signed: bool = False) -> str:
    def one(each: Any) -> str:
        return str(each) if isinstance(each, str) else f"{each:+g}" if signed else f"{each:g}"

    if not isinstance(value, tuple):
        return one(value)
    shown = [one(each) for each in value[:MOST_STEPS]]
    return f"{', '.join(shown)}{', …' if len(value) > MOST_STEPS else ''} (period by period)"


def _periods(periods: Sequence[int]) -> str:
    if len(periods) == 1:
        return f"in period {periods[0]}"
    shown = ", ".join(str(period) for period in periods[:MOST_STEPS])
    return f"in periods {shown}{', …' if len(periods) > MOST_STEPS else ''}"


def _pairs(named: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {f'{v:g}' if isinstance(v, float) else v}" for name, v in named.items())
