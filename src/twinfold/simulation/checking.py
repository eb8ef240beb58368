"""Checking a scenario against its customers and behaviours: whatever does not fit is said before anything runs."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from twinfold.behaviour.assumed import AssumedModel
from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.choosing import ChoosingModel
from twinfold.behaviour.response import ResponseModel
from twinfold.errors import DataError, SpecificationError, unknown_name
from twinfold.simulation.acting import GAIN, PREDICTION
from twinfold.simulation.formula import read_formula
from twinfold.simulation.metrics import list_metrics
from twinfold.simulation.scenario import Change, Scenario
from twinfold.synthesis.conditions import parse
from twinfold.tables.schema import Table

TEXTS = ("String", "Categorical", "Enum")
"""How columns of text are stored."""

AMOUNT = "amount"
"""What a purchase is expected to be worth."""


def check_scenario(scenario: Scenario, table: Table, frame: pl.DataFrame, behaviours: Mapping[str, Behaviour]) -> None:
    """Raise `SpecificationError` where a scenario names what is not there or would do nothing, `DataError` where the
    customers don't fit it, `ConditionError` where a condition is none."""
    if not frame.height:
        raise DataError(f"{table.name} has no row; give at least one customer")
    _check_customers(scenario, table, frame)
    for name in (*scenario.by, *scenario.sensitive):
        if name not in table.names:
            raise SpecificationError(unknown_name("column", name, table.names, among=table.name))
    for name, decision in scenario.decisions.items():
        for stratum in behaviours[decision.behaviour].specification.strata:
            if stratum not in table.names:
                raise DataError(
                    f"{table.name} has no column {stratum!r}, within which the effect on {name} was learned; give it"
                )
        _check_options(name, scenario, behaviours[decision.behaviour])
    for name in scenario.decisions:
        _check_formulas(name, scenario, table, behaviours)
    for key, contact in scenario.contacts.items():
        for name in contact.decisions:
            own = _columns(behaviours[scenario.decisions[name].behaviour])
            for column in contact.set:
                if column not in own:
                    raise SpecificationError(f"contacts.{key}.set: {unknown_name('column', column, own, among=name)}")
            if scenario.decisions[name].options:
                raise SpecificationError(f"contacts.{key}: nobody is contacted about {name!r}, which is a choice")
        if contact.first != "random":
            worth = [value for name in contact.decisions for value in (name, *scenario.decisions[name].values)]
            known = [*table.names, PREDICTION, GAIN, *worth]
            for column in read_formula(contact.first, f"contacts.{key}.first").names:
                if column not in known:
                    raise SpecificationError(
                        f"contacts.{key}.first: {unknown_name('name', column, known, among='what it may use')}"
                    )
                if column in table.names and not table[column].kind.numeric and table[column].physical in TEXTS:
                    raise SpecificationError(
                        f"contacts.{key}.first: column {column!r} holds text, and can't be reckoned with; name a number"
                    )
    _check_totals(scenario, table)
    for condition in _conditions(scenario):
        parse(condition, table)
    for arm, own_arm in scenario.arms.items():
        for change in own_arm.changes:
            _check_change(arm, change, scenario, table, behaviours)


def _check_totals(scenario: Scenario, table: Table) -> None:
    """Raise where a total is no sum of what is counted."""
    known = list(list_metrics(scenario.model_copy(update={"totals": {}})))
    for key, text in scenario.totals.items():
        place = f"totals.{key}"
        if key in known or key in table.names:
            raise SpecificationError(
                f"{place} is called as a column, or as something else that is counted, is; give it another name"
            )
        for used in read_formula(text, place).weights():
            if used not in known:
                raise SpecificationError(f"{place}: {unknown_name('name', used, known, among='what is counted')}")
        known.append(key)


def _conditions(scenario: Scenario) -> list[str]:
    """All conditions that it sets."""
    found = [contact.who for contact in scenario.contacts.values()]
    for arm in scenario.arms.values():
        found += [change.who for change in arm.changes] + [shock.who for shock in arm.shocks]
    return [condition for condition in found if condition]


def _check_customers(scenario: Scenario, table: Table, frame: pl.DataFrame) -> None:
    if scenario.customer is None:
        return
    if scenario.customer not in table.names:
        raise SpecificationError(unknown_name("column", scenario.customer, table.names, among=table.name))
    column = frame[scenario.customer]
    if column.null_count() or column.n_unique() < frame.height:
        again = column.filter(column.is_duplicated()).drop_nulls()
        who = repr(str(again[0])[:40]) if len(again) else "nobody"
        raise DataError(f"customer {who} of {table.name} has several rows, or none is named; give one row for each")


def _check_options(name: str, scenario: Scenario, behaviour: Behaviour) -> None:
    """Raise where a choice lacks options or attributes, or something else has some."""
    decision, model = scenario.decisions[name], behaviour.model
    if not isinstance(model, ChoosingModel):
        if decision.options:
            raise SpecificationError(
                f"decisions.{name} has options, but {decision.behaviour} is a {behaviour.specification.kind}; leave "
                "them out"
            )
        return
    if len(decision.options) < 2:
        raise SpecificationError(
            f"decisions.{name} is a choice: give two options or more, with {', '.join(model.attributes)}"
        )
    if decision.at > scenario.periods:
        raise SpecificationError(
            f"decisions.{name}: at = {decision.at} is after the last of {scenario.periods} periods"
        )
    for option, own in decision.options.items():
        for attribute in own:
            if attribute not in model.attributes:
                raise SpecificationError(
                    f"decisions.{name}.options.{option}: "
                    f"{unknown_name('attribute', attribute, model.attributes, among=decision.behaviour)}"
                )
        for attribute in model.attributes:
            if attribute not in own:
                raise SpecificationError(f"decisions.{name}.options.{option} has no {attribute!r}; give all attributes")


def _columns(behaviour: Behaviour) -> list[str]:
    """What may be changed for a behaviour: its treatment first, and the columns that it looks at."""
    model = behaviour.model
    if isinstance(model, AssumedModel):
        return [model.treatment, *_of(model.base)]
    return _of(model) if isinstance(model, ResponseModel) else []


def _of(model: ResponseModel) -> list[str]:
    own = [model.treatment.name] if model.treatment.name else []
    own += [*model.strata.columns, *(feature.name for feature in model.features)]
    return list(dict.fromkeys(own))


def _check_formulas(name: str, scenario: Scenario, table: Table, behaviours: Mapping[str, Behaviour]) -> None:
    decision = scenario.decisions[name]
    behaviour = behaviours[decision.behaviour]
    earlier: list[str] = []
    texts = {column.name for column in table if not column.kind.numeric and column.physical in TEXTS}
    known = list(dict.fromkeys((*table.names, *_columns(behaviour))))
    if isinstance(behaviour.model, ChoosingModel):
        known += behaviour.model.attributes
    if behaviour.specification.kind == "lifetime" and behaviour.specification.outcome:
        known.append(AMOUNT)
    for key, text in decision.values.items():
        place = f"decisions.{name}.values.{key}"
        if key in (*scenario.decisions, *table.names):
            raise SpecificationError(f"{place} is called as a decision or a column is; give it another name")
        for used in read_formula(text, place).names:
            if used not in known and used not in earlier:
                raise SpecificationError(
                    f"{place}: {unknown_name('name', used, [*known, *earlier], among='what it may use')}"
                )
            if used in texts:
                raise SpecificationError(
                    f"{place}: column {used!r} holds text, and can't be reckoned with; name a number"
                )
        earlier.append(key)


def _check_change(
    arm: str, change: Change, scenario: Scenario, table: Table, behaviours: Mapping[str, Behaviour]
) -> None:
    """Raise where a change names what is not there, or what nothing was learned of."""
    place = f"arms.{arm}.changes"
    if change.option is not None:
        decision = scenario.decisions[change.decision or ""]
        if change.option not in decision.options:
            raise SpecificationError(f"{place}: {unknown_name('option', change.option, decision.options)}")
        attributes = decision.options[change.option]
        for column in change.columns:
            if column not in attributes:
                raise SpecificationError(
                    f"{place}: {unknown_name('attribute', column, attributes, among=change.option)}: nobody was ever "
                    "asked about it, so that nothing is known of what it does"
                )
        return
    used: list[str] = []
    for name in scenario.decisions if change.decision is None else [change.decision]:
        decision = scenario.decisions[name]
        used += _columns(behaviours[decision.behaviour])
        used += [n for key, text in decision.values.items() for n in read_formula(text, key).names]
    for column in change.columns:
        if column not in used:
            raise SpecificationError(
                f"{place}: {unknown_name('column', column, dict.fromkeys(used), among='what decisions look at')}; "
                "nothing was learned of what it does"
            )
        if column not in table.names and column not in change.set:
            raise SpecificationError(f"{place}: the customers have no column {column!r} to add to; set it, or give it")
