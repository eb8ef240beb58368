"""Running a scenario: all arms on all customers once, and on some of them in many draws of what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.evidence import Identification
from twinfold.behaviour.rows import as_text
from twinfold.errors import SpecificationError
from twinfold.protocols import Progress, silent
from twinfold.simulation.acting import Acting
from twinfold.simulation.asking import tell_arm, tell_contacts, tell_decisions
from twinfold.simulation.checking import check_scenario
from twinfold.simulation.course import EventLog
from twinfold.simulation.formula import read_formula
from twinfold.simulation.labels import Labels, label_arm
from twinfold.simulation.luck import draw_uniforms
from twinfold.simulation.metrics import CONTACTS, list_metrics, list_unknown
from twinfold.simulation.outcome import LEAST_GROUP, ArmOutcome, Figure, Outcome, Ratio, Result, Sums, ratio_of, sum_up
from twinfold.simulation.scenario import Scenario
from twinfold.simulation.tally import Tally
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

        labels = label_arm(whole, name)
        ran = _run(name, whole, some, chosen, log, tell)
        outcome, own, even = _summarise(name, ran, first, cuts, labels, whole)
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
        main=next(iter(scenario.totals), None) or next(iter(list_metrics(scenario))),
        asked=(*tell_decisions(scenario, behaviours), *tell_contacts(scenario)),
        origin=dict(origin or {}),
    )


class _Ran:
    """What came of an arm.

    Args:
        tally: of everybody; likeliest, drawn: of some, as is likeliest, and in draws of what is not known.
        chosen: (some people,) who they are.
        reached: by contact, how many it reached.
        totals: by name, how many times each of other metrics is in it.
        unknown: by metric, why nothing can be said of it.
    """

    def __init__(
        self,
        tally: Tally,
        likeliest: Tally,
        drawn: Tally,
        chosen: Ints,
        reached: Mapping[str, int],
        totals: Mapping[str, Mapping[str, float]],
        unknown: Mapping[str, str],
    ) -> None:
        self.tally, self.likeliest, self.drawn = tally, likeliest, drawn
        self.chosen, self.reached, self.totals, self.unknown = chosen, reached, totals, unknown

    def sums(self, metric: str, other: _Ran | None, groups: Ints, count: int) -> Sums:
        """Sums over groups of what is expected here, less of what is expected elsewhere."""
        parts = self._parts(metric)
        if other is not None:
            parts = [one - less for one, less in zip(parts, other._parts(metric), strict=True)]
        totals, residual, likeliest, drawn = parts
        return sum_up(totals, residual, likeliest, drawn, groups, groups[self.chosen], count)

    def expected(self, metric: str) -> Floats:
        """What is expected of each person, (people,)."""
        return self._parts(metric)[0]

    def _parts(self, metric: str) -> list[Floats]:
        if metric in self.totals:
            weighted = [[w * part for part in self._parts(name)] for name, w in self.totals[metric].items()]
            return [np.sum(each, axis=0) for each in zip(*weighted, strict=True)]
        none, some = np.zeros(self.tally.people), np.zeros(len(self.chosen))
        totals = self.tally.totals.get(metric, none)
        likeliest = self.likeliest.totals.get(metric, some)
        drawn = self.drawn.totals.get(metric, np.tile(some, self.drawn.draws)).reshape(self.drawn.draws, -1)
        return [totals, self.tally.realised.get(metric, none) - totals, likeliest, drawn]


def _run(name: str, whole: World, some: World, chosen: Ints, log: EventLog | None, tell: Any) -> _Ran:
    acting = Acting(whole, name, log=log)
    tally = acting.run(lambda done: tell(done, 0))
    share = len(chosen) / whole.people
    assert some.plain is not None
    likeliest = Acting(some.plain, name, share=share).run(lambda _: None)
    drawn = Acting(some, name, share=share).run(lambda done: tell(done, 1))
    once = {key: course.once for key, course in acting.courses.items()}
    unknown = list_unknown(whole.scenario, tally.unknown, once)
    totals = {key: read_formula(text, f"totals.{key}").weights() for key, text in whole.scenario.totals.items()}
    return _Ran(tally, likeliest, drawn, chosen, acting.reached, totals, unknown)


def _choose(
    scenario: Scenario, behaviours: Mapping[str, Behaviour], codes: npt.NDArray[np.uint64], draws: int, seed: int
) -> Ints:
    """The people whose decisions are drawn many times, ascending."""
    by_days = any(behaviours[d.behaviour].specification.kind == "lifetime" for d in scenario.decisions.values())
    length = scenario.days[-1] if by_days else scenario.periods
    steps = draws * length * len(scenario.decisions) * len(scenario.arms)
    count = min(len(codes), int(np.clip(WORK // steps, LEAST_DRAWN, MOST_DRAWN)))
    luck = draw_uniforms(seed, codes, SAMPLE, 0)
    return np.sort(np.argsort(luck, kind="stable")[:count])


def _summarise(
    name: str,
    ran: _Ran,
    first: _Ran | None,
    cuts: Mapping[str, tuple[Ints, list[str]]],
    labels: Labels,
    world: World,
) -> tuple[ArmOutcome, list[Result], list[Ratio]]:
    scenario = world.scenario
    everybody = np.zeros(world.people, np.int64)
    results, ratios = [], []
    for metric, decisions in list_metrics(scenario).items():
        label = str(Identification.NOT_IDENTIFIED) if metric in ran.unknown else labels.of[metric]
        supported = ran.tally.share_supported(decisions)
        for column, (groups, levels) in {"": (everybody, [""]), **cuts}.items():
            people = np.bincount(groups[groups >= 0], minlength=len(levels))
            totals, gains = _figures(ran, first, metric, groups, len(levels))
            for place, level in enumerate(levels):
                if column and people[place] < LEAST_GROUP:
                    continue
                own = int(people[place]), totals[place], gains[place], label, supported
                results.append(Result(name, metric, column, level, *own))
            even = metric == CONTACTS or metric in scenario.decisions
            if column in scenario.sensitive and even and metric not in ran.unknown:
                found = ratio_of(name, metric, column, levels, ran.sums(metric, None, groups, len(levels)))
                ratios += [found] if found is not None else []
    label, notes = labels.whole, labels.notes
    if ran.tally.unknown:
        label = str(Identification.NOT_IDENTIFIED)
        said = [f"Nothing can be said of {key} in {name}: {why}" for key, why in ran.tally.unknown.items()]
        known = set(ran.tally.unknown)
        said += [
            f"Nor of {key}: {why}" for key, why in ran.unknown.items() if key in scenario.decisions and key not in known
        ]
        notes = (*said, *notes)
    nobody = [f"Contact {key} reached nobody." for key, count in ran.reached.items() if not count]
    notes = (*notes, *nobody)
    supported = ran.tally.share_supported(scenario.decisions)
    asked = tell_arm(scenario, scenario.arms[name])
    made = ArmOutcome(name, label, supported, _paths(ran), _winners(ran, first, world), asked, notes)
    return made, results, ratios


def _figures(
    ran: _Ran, first: _Ran | None, metric: str, groups: Ints, count: int
) -> tuple[list[Figure | None], list[Figure | None]]:
    nothing: list[Figure | None] = [None] * count
    if metric in ran.unknown:
        return nothing, nothing
    totals: list[Figure | None] = [*ran.sums(metric, None, groups, count).figures()]
    if first is None or metric in first.unknown:
        return totals, nothing
    return totals, [*ran.sums(metric, first, groups, count).figures()]


def _paths(ran: _Ran) -> dict[str, Floats]:
    """Of each decision what is expected in each period, and its interval: the quantiles of what is not known, about
    what is expected of everybody, (3, periods)."""
    out = {}
    for name, path in ran.tally.paths.items():
        if name in ran.unknown:
            continue
        drawn, likeliest = ran.drawn.paths[name], ran.likeliest.paths[name]
        off = np.quantile(drawn - likeliest, [0.025, 0.975], axis=0) * ran.tally.people / len(ran.chosen)
        ends = np.maximum(path[0] + off, min(0.0, float(drawn.min()), float(path.min())))
        out[name] = np.stack([path[0], np.minimum(ends[0], path[0]), np.maximum(ends[1], path[0])])
    return out


def _winners(ran: _Ran, first: _Ran | None, world: World) -> dict[str, tuple[float, float]]:
    """By value, the share of customers who come to more, and to less, than in the first arm."""
    out: dict[str, tuple[float, float]] = {}
    for metric in list_metrics(world.scenario):
        if first is None or metric in ran.unknown or metric in first.unknown:
            continue
        apart = ran.expected(metric) - first.expected(metric)
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
    levels.sort(key=(lambda level: (float(level), level)) if column.dtype.is_numeric() else None)
    place = {level: number for number, level in enumerate(levels)}
    groups = np.array([place.get(value, -1) for value in found.to_list()], np.int64)
    return groups, levels
