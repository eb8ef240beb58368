"""Running a scenario: all arms on all customers once, and on some of them in many draws of what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.rows import as_text
from twinfold.errors import SpecificationError
from twinfold.evaluation.intervals import Z
from twinfold.protocols import Progress, silent
from twinfold.simulation.acting import Acting
from twinfold.simulation.checking import check_scenario
from twinfold.simulation.course import EventLog, Unknown
from twinfold.simulation.labels import label_arm
from twinfold.simulation.luck import draw_uniforms
from twinfold.simulation.outcome import LEAST_GROUP, ArmOutcome, Figure, Outcome, Ratio, Result, Sums, ratio_of, sum_up
from twinfold.simulation.scenario import PERIODS, Scenario
from twinfold.simulation.tally import CONTACTS, COST, Tally
from twinfold.simulation.world import World, codes_of
from twinfold.tables.schema import Table

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

DRAWS = 200
"""Draws of what is not known."""

WORK, MOST_DRAWN, LEAST_DRAWN = 400_000_000, 20_000, 500
"""Steps of agents that the draws may take, and people that are drawn anew each time, at most and at least."""

MOST_LEVELS, CUT = 12, 5
"""Levels of a column by which results are told apart, at most; and pieces that a number of more values is cut into."""

SAMPLE = 1 << 41
"""The period of the luck by which people are chosen for the draws."""


def run_scenario(
    scenario: Scenario,
    table: Table,
    frame: pl.DataFrame,
    behaviours: Mapping[str, Behaviour],
    *,
    seed: int,
    draws: int = DRAWS,
    log: EventLog | None = None,
    origin: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> Outcome:
    """Run a scenario.

    Args:
        scenario: it.
        table, frame: the customers, a row each, real or synthetic.
        behaviours: those that the decisions name, by file.
        seed: of all luck: the same gives the same.
        draws: of what is not known, 2 or more.
        log: told of every decision that came to something.
        origin: of what it was made.
        progress: told how far the work has come.

    Raises:
        SpecificationError: the scenario doesn't fit the customers or the behaviours; DataError: a customer has two
            rows, or a value is missing that a formula needs; ConditionError: a condition is none.
    """
    check_scenario(scenario, table, frame, behaviours)
    progress("preparing customers", 0.0)
    codes = codes_of(frame, scenario.customer)
    whole = World(scenario, table, frame, behaviours, codes, 0, seed, reasons=log is not None)
    chosen = _choose(scenario, behaviours, codes, draws, seed)
    progress("preparing customers", 0.2)
    plain = World(scenario, table, frame[chosen], behaviours, codes[chosen], 0, seed, moved_of=whole)
    some = World(scenario, table, frame[chosen], behaviours, codes[chosen], draws, seed, plain=plain, moved_of=whole)
    progress("preparing customers", 1.0)
    cuts = {name: _cut(frame[name], name) for name in dict.fromkeys((*scenario.by, *scenario.sensitive))}
    arms, results, ratios = [], [], []
    first: _Ran | None = None
    for number, name in enumerate(scenario.arms):

        def tell(done: float, stage: int, place: int = number) -> None:
            progress("simulating", (place + (stage + done) / 2) / len(scenario.arms))

        label, notes = label_arm(whole, name)
        ran = _run(name, whole, some, chosen, log, tell)
        outcome, own, even = _summarise(name, ran, first, cuts, label, notes, whole)
        arms.append(outcome)
        results += own
        ratios += even
        if number == 0:
            first = ran
    progress("simulating", 1.0)
    return Outcome(
        name=scenario.name,
        period=scenario.period,
        periods=scenario.periods,
        people=frame.height,
        draws=draws,
        seed=seed,
        arms=tuple(arms),
        results=tuple(results),
        ratios=tuple(ratios),
        notes=tuple(dict.fromkeys(note for each in whole.deciders.values() for note in each.notes)),
        origin=dict(origin or {}),
    )


class _Ran:
    """What came of an arm; `why` says why nothing can be said of it."""

    def __init__(self, tally: Tally, likeliest: Tally, drawn: Tally, chosen: Ints, draws: int, why: str = "") -> None:
        self.tally, self.likeliest, self.drawn = tally, likeliest, drawn
        self.chosen, self.draws, self.why = chosen, draws, why

    def sums(self, metric: str, other: _Ran | None, groups: Ints, count: int) -> Sums:
        """Sums over groups of what is expected here, less of what is expected elsewhere."""
        parts = self._parts(metric, len(groups))
        if other is not None:
            parts = [one - less for one, less in zip(parts, other._parts(metric, len(groups)), strict=True)]
        totals, residual, likeliest, drawn = parts
        return sum_up(totals, residual, likeliest, drawn, groups, groups[self.chosen], count)

    def _parts(self, metric: str, people: int) -> list[Floats]:
        none, some = np.zeros(people), np.zeros(len(self.chosen))
        totals = self.tally.totals.get(metric, none)
        likeliest = self.likeliest.totals.get(metric, some)
        drawn = self.drawn.totals.get(metric, np.tile(some, self.draws)).reshape(self.draws, -1)
        return [totals, self.tally.realised.get(metric, none) - totals, likeliest, drawn]


def _run(name: str, whole: World, some: World, chosen: Ints, log: EventLog | None, tell: Any) -> _Ran:
    draws = some.draws
    try:
        tally = Acting(whole, name, log=log).run(lambda done: tell(done, 0))
        share = len(chosen) / whole.people
        assert some.plain is not None
        likeliest = Acting(some.plain, name, share=share).run(lambda _: None)
        drawn = Acting(some, name, share=share).run(lambda done: tell(done, 1))
    except Unknown as unknown:
        nothing = Tally(whole.people, 1, whole.scenario.periods)
        return _Ran(nothing, nothing, nothing, chosen, draws, str(unknown))
    return _Ran(tally, likeliest, drawn, chosen, draws)


def _choose(
    scenario: Scenario, behaviours: Mapping[str, Behaviour], codes: npt.NDArray[np.uint64], draws: int, seed: int
) -> Ints:
    """The people whose decisions are drawn many times, ascending."""
    by_days = any(behaviours[d.behaviour].specification.kind == "lifetime" for d in scenario.decisions.values())
    length = scenario.periods * (PERIODS[scenario.period] if by_days else 1)
    steps = draws * length * len(scenario.decisions) * len(scenario.arms)
    count = min(len(codes), int(np.clip(WORK // steps, LEAST_DRAWN, MOST_DRAWN)))
    luck = draw_uniforms(seed, codes, SAMPLE, 0)
    return np.sort(np.argsort(luck, kind="stable")[:count])


def _summarise(
    name: str,
    ran: _Ran,
    first: _Ran | None,
    cuts: Mapping[str, tuple[Ints, list[str]]],
    label: str,
    notes: list[str],
    world: World,
) -> tuple[ArmOutcome, list[Result], list[Ratio]]:
    metrics = _metrics(world)
    everybody = np.zeros(world.people, np.int64)
    results, ratios = [], []
    for metric in metrics:
        for column, (groups, levels) in {"": (everybody, [""]), **cuts}.items():
            people = np.bincount(groups[groups >= 0], minlength=len(levels))
            totals, gains = _figures(ran, first, metric, groups, len(levels))
            for place, level in enumerate(levels):
                if column and people[place] < LEAST_GROUP:
                    continue
                results.append(Result(name, metric, column, level, int(people[place]), totals[place], gains[place]))
            if column in world.scenario.sensitive and metric in world.scenario.decisions and not ran.why:
                found = ratio_of(name, metric, column, levels, ran.sums(metric, None, groups, len(levels)))
                ratios += [found] if found is not None else []
    supported = ran.tally.share_supported()
    if ran.why:
        label, notes = "not identified", [f"Nothing can be said of {name}: {ran.why}"]
    return (
        ArmOutcome(name, label, supported, _paths(ran), _winners(ran, first, world), tuple(notes)),
        results,
        ratios,
    )


def _figures(
    ran: _Ran, first: _Ran | None, metric: str, groups: Ints, count: int
) -> tuple[list[Figure | None], list[Figure | None]]:
    nothing: list[Figure | None] = [None] * count
    if ran.why:
        return nothing, nothing
    totals: list[Figure | None] = [*ran.sums(metric, None, groups, count).figures()]
    if first is None or first.why:
        return totals, nothing
    return totals, [*ran.sums(metric, first, groups, count).figures()]


def _metrics(world: World) -> list[str]:
    """What is counted: decisions, options, values, contacts and their cost, in this order."""
    scenario = world.scenario
    out = []
    for name, decision in scenario.decisions.items():
        out += [f"{name}: {option}" for option in decision.options] if decision.options else [name]
    out += [key for decision in scenario.decisions.values() for key in decision.values]
    if scenario.contacts:
        out.append(CONTACTS)
        out += [COST] if any(contact.cost for contact in scenario.contacts.values()) else []
    return list(dict.fromkeys(out))


def _paths(ran: _Ran) -> dict[str, Floats]:
    """Of each decision what is expected in each period, and its interval: of what is not known, about what is expected
    of everybody."""
    out = {}
    for name, path in ran.tally.paths.items():
        drawn = ran.drawn.paths[name]
        scale = path[0].sum() / max(drawn.mean(axis=0).sum(), 1e-12)
        half = Z * drawn.std(axis=0, ddof=1) * scale
        out[name] = np.stack([path[0], np.maximum(path[0] - half, 0.0), path[0] + half])
    return out


def _winners(ran: _Ran, first: _Ran | None, world: World) -> dict[str, tuple[float, float]]:
    """By value, the share of customers who come to more, and to less, than in the first arm."""
    out: dict[str, tuple[float, float]] = {}
    if first is None or first.why or ran.why:
        return out
    for metric in _metrics(world):
        here, there = (each.tally.totals.get(metric) for each in (ran, first))
        if here is None and there is None:
            continue
        none = np.zeros(world.people)
        apart = (none if here is None else here) - (none if there is None else there)
        slack = 1e-6 * max(1e-9, float(np.abs(apart).max()))
        out[metric] = float((apart > slack).mean()), float((apart < -slack).mean())
    return out


def _cut(column: pl.Series, name: str) -> tuple[Ints, list[str]]:
    """The group of each row, and what groups are called: levels, or the fifth that a number of many values lies in."""
    if column.dtype.is_numeric() and column.n_unique() > MOST_LEVELS:
        values = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        edges = np.unique(np.nanquantile(values, np.arange(1, CUT) / CUT))
        groups = np.where(np.isnan(values), -1, np.searchsorted(edges, values, "right")).astype(np.int64)
        names = [f"below {edges[0]:g}", *(f"{a:g} to {b:g}" for a, b in pairwise(edges))]
        return groups, [*names, f"from {edges[-1]:g}"]
    found = as_text(column)
    levels = found.drop_nulls().value_counts(sort=True)[name].to_list() if name else []
    if len(levels) > MOST_LEVELS:
        raise SpecificationError(
            f"column {name!r} has {len(levels):,} levels; results are told apart by at most {MOST_LEVELS}"
        )
    place = {level: number for number, level in enumerate(sorted(levels))}
    groups = np.array([place.get(value, -1) for value in found.to_list()], np.int64)
    return groups, sorted(levels)
