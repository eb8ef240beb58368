"""Planning: how large an experiment must be, how long it takes, and when it may be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from twinfold.errors import OptionError
from twinfold.simulation.experiments.boundaries import spent
from twinfold.simulation.experiments.sizes import (
    Noise,
    Rule,
    chance_to_stop,
    customers_needed,
    detectable_effect,
    nominal_p,
)
from twinfold.simulation.experiments.specification import Experiment


@dataclass(frozen=True)
class Look:
    """A look at results: after how many customers, how many standard errors a lift must be from nothing, the p-value
    that this is, the part of alpha spent by then, and the chance that an arm with the effect has been found by then."""

    number: int
    customers: int
    bound: float
    p: float
    spent: float
    found: float


@dataclass(frozen=True)
class Plan:
    """What an experiment takes.

    Attributes:
        name, outcome: of the experiment.
        arms: how many customers go to each arm, the control named first in `control`.
        customers: in all arms together; unadjusted: how many it would be without covariates; one_look: looked at once.
        effect: the least that is found with a chance of `power`; relative: as a part of the mean.
        mean, deviation: of the outcome where nothing is done; binary: whether it is of two values.
        explained: the part of the variance that covariates take away.
        design: how many times the variance counts, for several rows of a customer.
        alpha: the chance of a false alarm in any arm; each: in one of them.
        days: that it takes; None where nobody says how many customers come.
        usual: customers on average until an arm with the effect is found or all are in.
        available: customers that there are, where that was said, and `reached`, the power that they give.
        looks: one by one.
    """

    name: str
    outcome: str
    control: str
    arms: dict[str, int]
    customers: int
    unadjusted: int
    one_look: int
    effect: float
    relative: float
    mean: float
    deviation: float
    binary: bool
    explained: float
    design: float
    covariates: tuple[str, ...]
    alpha: float
    each: float
    power: float
    days: int | None
    usual: int
    available: int | None
    reached: float | None
    looks: tuple[Look, ...]

    def text(self) -> str:
        """The plan in a few lines."""
        about = f"{self.relative:+.1%} of {self.mean:.4g}" if np.isfinite(self.relative) else f"from {self.mean:.4g}"
        arms = ", ".join(f"{label} {count:,}" for label, count in self.arms.items())
        lines = [
            f"Experiment {self.name}: {self.outcome} under {len(self.arms)} arms, compared with {self.control}.",
            f"{self.customers:,} customers ({arms}) show an effect of {self.effect:+.4g} ({about}) with a chance of "
            f"{self.power:.0%}.",
            f"Where nothing differs, some arm is found different with a chance of {self.alpha:.3g}"
            + (f" ({self.each:.3g} each)." if len(self.arms) > 2 else "."),
        ]
        if self.covariates:
            lines.append(
                f"Adjusting for {', '.join(self.covariates)} takes {self.explained:.1%} off the variance: without it "
                f"{self.unadjusted:,} customers would be needed."
            )
        if abs(self.design - 1) > 0.005:
            lines.append(f"Customers have several rows: the variance of one counts {self.design:.2f} times.")
        if self.days is not None:
            lines.append(
                f"It takes {self.days:,} days ({self.days / 7:.1f} weeks); run whole weeks, so that all weekdays count."
            )
        lines += self._tell_available()
        return "\n".join([*lines, *self._tell_looks()])

    def _tell_available(self) -> list[str]:
        if self.available is None or self.reached is None:
            return []
        enough = "as many as are needed" if self.available >= self.customers else "too few"
        return [f"There are {self.available:,}, {enough}: they find it with a chance of {self.reached:.0%}."]

    def _tell_looks(self) -> list[str]:
        if len(self.looks) == 1:
            return []
        header = ("look", "customers", "standard errors", "p below", "alpha spent", "found by then")
        rows = [header] + [
            (
                str(look.number),
                f"{look.customers:,}",
                f"{look.bound:.3f}",
                f"{look.p:.2g}",
                f"{look.spent:.2g}",
                f"{look.found:.0%}",
            )
            for look in self.looks
        ]
        widths = [max(len(row[k]) for row in rows) for k in range(len(header))]
        return [
            f"{len(self.looks)} looks take {self.customers / self.one_look - 1:.1%} more customers than one at the "
            f"end; where the effect is there, {self.usual:,} on average.",
            *("  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows),
        ]

    def json(self) -> dict[str, Any]:
        """For a machine."""
        own = asdict(self) | {"covariates": list(self.covariates), "looks": [asdict(look) for look in self.looks]}
        return {
            key: None if isinstance(value, float) and not np.isfinite(value) else value for key, value in own.items()
        }


def rule_of(asked: Experiment) -> Rule:
    """How an experiment's results will be judged."""
    return Rule(asked.parts, asked.reference, asked.times, asked.alpha, asked.power)


def make_plan(asked: Experiment, noise: Noise, covariates: tuple[str, ...] = ()) -> Plan:
    """What an experiment takes; `customers` of the experiment are those that there are.

    Raises `OptionError` where the effect is none, or impossible, or nothing says how large anything is.
    """
    rule = rule_of(asked)
    if asked.power <= rule.each:
        raise OptionError(f"a power of {asked.power:g} is no more than chance; give a larger one, such as 0.8")
    effect = asked.effect
    if effect is None:
        if asked.customers is None:
            raise OptionError("neither an effect nor a number of customers is known; give --effect, or --customers")
        effect, customers = detectable_effect(noise, rule, asked.customers), asked.customers
        if effect is None:
            raise OptionError(
                f"{asked.customers:,} customers show no effect whatever with a chance of {asked.power:.0%}; give more"
            )
    else:
        _check_effect(effect, noise)
        customers = customers_needed(noise, rule, effect)
    once = Rule(rule.parts, rule.reference, (1.0,), rule.alpha, rule.power)
    bare = Noise(noise.mean, noise.variance, noise.binary, 0.0, noise.design)
    stops = chance_to_stop(noise, rule, effect, customers)
    goes_on = [1 - sum(stops[:k]) for k in range(len(stops))]
    steps = np.diff((0.0, *rule.times))
    given = asked.customers if asked.effect is not None else None
    return Plan(
        name=asked.name,
        outcome=asked.outcome,
        control=asked.labels[asked.reference],
        arms=_share_out(customers, asked),
        customers=customers,
        unadjusted=customers_needed(bare, rule, effect),
        one_look=customers_needed(noise, once, effect),
        effect=effect,
        relative=effect / noise.mean if noise.mean else float("nan"),
        mean=noise.mean,
        deviation=float(np.sqrt(noise.variance)),
        binary=noise.binary,
        explained=noise.explained,
        design=noise.design,
        covariates=covariates,
        alpha=asked.alpha,
        each=rule.each,
        power=asked.power,
        days=None if asked.per_day is None else int(np.ceil(customers / asked.per_day)),
        usual=int(np.ceil(customers * float(np.dot(goes_on, steps)))),
        available=given,
        reached=None if given is None else float(sum(chance_to_stop(noise, rule, effect, given))),
        looks=_looks(rule, customers, stops),
    )


def _looks(rule: Rule, customers: int, stops: Sequence[float]) -> tuple[Look, ...]:
    """The looks, of which each is the first to find the effect with such a chance."""
    return tuple(
        Look(
            number=k + 1,
            customers=int(np.ceil(customers * time)),
            bound=bound,
            p=nominal_p(bound),
            spent=spent(time, rule.each),
            found=float(sum(stops[: k + 1])),
        )
        for k, (time, bound) in enumerate(zip(rule.times, rule.bounds, strict=True))
    )


def _check_effect(effect: float, noise: Noise) -> None:
    if effect == 0:
        raise OptionError("an effect of 0 is none; give the least that is worth finding")
    if noise.binary and not 0 < noise.mean + effect < 1:
        raise OptionError(
            f"an effect of {effect:+g} on a share of {noise.mean:.4g} is impossible; give one between "
            f"{-noise.mean:.4g} and {1 - noise.mean:.4g}, such as 0.01 for a percentage point"
        )


def _share_out(customers: int, asked: Experiment) -> dict[str, int]:
    """How many customers go to each arm, summing to all."""
    edges = np.round(np.cumsum((0.0, *asked.parts)) * customers).astype(int)
    return dict(zip(asked.labels, map(int, np.diff(edges)), strict=True))
