"""Fair? Whether groups are there, as they are, and no further apart than in reality: in the rows, and in models.

Groups are those of sensitive columns. A synthetic table may hold fewer of a group, know it less well, or widen what
sets it apart; and a model that is trained on it may do so, whatever the rows show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.alignment import Aligned
from twinfold.evaluation.fairness_tables import show_gaps, show_groups
from twinfold.evaluation.finding import Exhibit, Finding, Subject, measured, unmeasured
from twinfold.evaluation.gaps import Gap, figures
from twinfold.evaluation.granting import grant
from twinfold.evaluation.group_study import COMPARED, POSITIVE, Study, study_groups
from twinfold.evaluation.groups import Outcome, find_groups, find_outcome
from twinfold.evaluation.intervals import around, stretch
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_GROUPS = (
    f"Groups of {COMPARED} rows of each table and more are compared; told is the worst of all columns and crossings, "
    "its interval holding all of them at once (Bonferroni)"
)
_RESAMPLED = "interval by a bootstrap of the customers of both tables"
_METHODS = {
    "representation": (
        "Total variation distance between the shares of groups in holdout and in synthetic rows, of all sensitive "
        "columns and their crossing the one farthest beyond its yardstick, train rows against the same holdout; "
        "interval by a bootstrap of the customers of both tables, holding all of them at once (Bonferroni)."
    ),
    "subgroup": (
        "Inside each group, the mean distance of the other columns' distributions to those of the group's holdout "
        f"rows, as for columns one by one. {_GROUPS}, beside train rows of the same group; delete-a-group jackknife."
    ),
    "outcome": (
        f"The difference of a group's rate of the favourable outcome to its rate in holdout rows. {_GROUPS}, beside "
        f"train rows of the same group; {_RESAMPLED}."
    ),
    "parity": f"Demographic parity difference: the highest rate of a group less the lowest. {_GROUPS}; {_RESAMPLED}.",
    "impact": (
        "Disparate impact ratio (Feldman et al. 2015): the lowest rate of a group over the highest; 1 is parity, and "
        f"below 0.8 is what employment law in the US holds suspect. {_GROUPS}; {_RESAMPLED}."
    ),
    "model_parity": (
        "LightGBM, trained once on train and once on synthetic rows, grants the favourable outcome to as many holdout "
        "rows as hold it, those it holds likeliest: the highest share of a group that it grants to less the lowest. "
        f"{_GROUPS}; interval by a bootstrap of the holdout customers, with what "
        "another draw of training rows changes, as models trained on fifths show (random groups: Wolter 2007)."
    ),
    "opportunity": (
        "Equal opportunity difference (Hardt, Price and Srebro 2016): of holdout rows with the favourable outcome, the "
        "highest share of a group that the model grants it to less the lowest; models and interval as above. "
        f"Groups with {POSITIVE} such rows and more are compared."
    ),
}
_AMPLIFIED = " The amplification is the synthetic gap over the real one; 1 keeps it, above 1 widens it."


@dataclass(frozen=True)
class _Kind:
    """A kind of gap, and how it is said: where, of what rates, and what the real and the synthetic ones are by."""

    name: str
    title: str
    where: str
    what: str
    real: str
    synthetic: str


_MODELS = ("a model trained on real rows", "a model trained on synthetic rows")
_KINDS = (
    _Kind("parity", "Gap between groups", "rows", "rates of {outcome}", "real rows", "synthetic rows"),
    _Kind(
        *("model_parity", "Gap between groups in what models grant", "what models grant"),
        *("shares that are granted {outcome}", *_MODELS),
    ),
    _Kind(
        *("opportunity", "Gap between groups in what models grant rightly", "what models grant rightly"),
        *("shares granted it, of those with {outcome},", *_MODELS),
    ),
)


def measure(
    aligned: Aligned,
    target: str,
    sensitive: Sequence[str],
    *,
    favourable: str | None = None,
    seed: int,
    rng: np.random.Generator,
    progress: Progress = silent,
) -> tuple[list[Finding], list[Exhibit]]:
    """How fair synthetic rows are to groups, beside real ones.

    Args:
        aligned: the three tables. Groups with fewer than its `min_count` rows of any of them are not shown.
        target: the compared column of the outcome.
        sensitive: the columns of the groups; of several, their crossing is judged besides.
        favourable: the outcome that one may wish for; see `groups.find_outcome`.
        seed: of the models that are trained.
        rng: draws the rows of the bootstrap.
        progress: told of the models' training.

    Returns:
        Findings of the group "fair", each of the columns for which it is worst; and tables of all groups and gaps.

    Raises:
        OptionError: a column or level is unknown, or can't be used so.
    """
    outcome = find_outcome(aligned, target, favourable)
    groupings = find_groups(aligned, sensitive, target)
    granted = grant(aligned, outcome, seed=seed, progress=progress)
    studies = [study_groups(aligned, grouping, outcome, granted, rng=rng) for grouping in groupings]
    findings = [_representation(studies), _subgroups(studies), _outcomes(studies, outcome)]
    exhibits: list[Exhibit] = []
    gaps = {kind.name: [gap for s in studies if (gap := s.gaps.get(kind.name)) is not None] for kind in _KINDS}
    for kind in _KINDS:
        why = granted if isinstance(granted, str) and kind.name != "parity" else _too_few(kind)
        findings += _gap_findings(kind, gaps[kind.name], outcome, why)
        if kind.name == "parity":
            findings.append(_impact(studies, outcome))
    exhibits.append(show_gaps([(kind.where, gap) for kind in _KINDS for gap in gaps[kind.name]], outcome))
    exhibits += [show_groups(study, outcome) for study in studies if study.grouping.labels]
    return findings, exhibits


def _too_few(kind: _Kind) -> str:
    return (
        f"There are not two groups with {POSITIVE} holdout rows of the favourable outcome."
        if kind.name == "opportunity"
        else f"There are not two groups with {COMPARED} rows of each table."
    )


def _representation(studies: Sequence[Study]) -> Finding:
    """Whether groups are as large as in reality."""
    worst = max(studies, key=lambda study: study.representation[0] - study.representation_yardstick)
    draws, yardstick = worst.representation, worst.representation_yardstick
    _, holdout, synthetic = worst.shares
    sentence = f"Shares of groups by {worst.grouping.name} are off by {draws[0]:.1%} (real customers: {yardstick:.1%})"
    if worst.grouping.labels:
        k = int(np.abs(synthetic - holdout).argmax())
        sentence += (
            f"; most for {worst.grouping.labels[k]}, {synthetic[k]:.1%} of synthetic and {holdout[k]:.1%} of real rows"
        )
    return measured(
        ("representation_error", "Shares of groups", "fair"),
        stretch((draws[0], *around(draws[0], float(draws[1:].var()))), len(studies)),
        yardstick=yardstick,
        sentence=f"{sentence}.",
        method=_METHODS["representation"],
    )


def _subgroups(studies: Sequence[Study]) -> Finding:
    """Whether each group looks as it does in reality."""
    subject: Subject = ("subgroup_error", "Columns inside groups", "fair")
    found = [(s, k) for s in studies for k in np.flatnonzero(s.compared) if np.isfinite(s.shapes[k, 0])]
    if not found:
        return unmeasured(subject, sentence=_too_few(_KINDS[0]), method=_METHODS["subgroup"])
    study, k = max(found, key=lambda each: each[0].shapes[each[1], 0] - each[0].shapes[each[1], 3])
    value, low, high, yardstick = map(float, study.shapes[k])
    sentence = (
        f"Of {_among(len(found), 'group')}, {study.grouping.labels[k]} is farthest beyond chance: on average a column "
        f"is off by {value:.1%} there (real customers against each other: {yardstick:.1%})."
    )
    interval = stretch((value, low, high), len(found))
    return measured(subject, interval, yardstick=yardstick, sentence=sentence, method=_METHODS["subgroup"])


def _outcomes(studies: Sequence[Study], outcome: Outcome) -> Finding:
    """Whether each group has the outcome as often as in reality."""
    subject: Subject = ("group_outcome_error", "Outcome inside groups", "fair")
    found = [(s, int(k)) for s in studies for k in np.flatnonzero(s.compared)]
    if not found:
        return unmeasured(subject, sentence=_too_few(_KINDS[0]), method=_METHODS["outcome"])

    def off(study: Study, k: int) -> tuple[Floats, float]:
        train, holdout, synthetic = (rate[:, k] for rate in study.rates)
        return np.abs(synthetic - holdout), float(np.abs(train - holdout)[0])

    study, k = max(found, key=lambda each: off(*each)[0][0] - off(*each)[1])
    draws, yardstick = off(study, k)
    _, holdout, synthetic = (float(rate[0, k]) for rate in study.rates)
    sentence = (
        f"Of {_among(len(found), 'group')}, {study.grouping.labels[k]} is farthest beyond chance: {outcome.name} holds "
        f"for {synthetic:.1%} of its synthetic rows and {holdout:.1%} of its real ones (other real ones are off by "
        f"{yardstick:.1%})."
    )
    variance = float((study.rates[2] - study.rates[1])[1:, k].var())
    interval = stretch((float(draws[0]), *around(float(draws[0]), variance)), len(found))
    return measured(subject, interval, yardstick=yardstick, sentence=sentence, method=_METHODS["outcome"])


def _gap_findings(kind: _Kind, gaps: Sequence[Gap], outcome: Outcome, why: str) -> list[Finding]:
    """The widest gap, and the gap that is widened most."""
    named: Subject = (f"{kind.name}_gap", kind.title, "fair")
    widened: Subject = (f"{kind.name}_amplification", f"{kind.title}: how much wider", "fair")
    method = _METHODS[kind.name]
    if not gaps:
        return [unmeasured(each, sentence=why, method=method) for each in (named, widened)]
    what = kind.what.format(outcome=outcome.name)
    widest = max(gaps, key=lambda gap: gap.synthetic[0])
    sentence = (
        f"By {kind.synthetic}, {what} differ by {_points(widest.synthetic)} between groups by {widest.name} "
        f"({_lowest(widest.ends_synthetic)}); by {kind.real}, by {_points(widest.real)} ({_lowest(widest.ends)})."
    )
    interval = stretch(figures(widest.synthetic), len(gaps))
    found = measured(named, interval, yardstick=float(widest.real[0]), sentence=sentence, method=method)
    told = [gap for gap in gaps if gap.told]
    if not told:
        gap = max(gaps, key=lambda gap: gap.real[0])
        sentence = (
            f"By {kind.real} {what} differ by {_points(gap.real)}, no more than chance: there is no gap to widen."
        )
        return [found, unmeasured(widened, sentence=sentence, method=method + _AMPLIFIED)]
    most = max(told, key=lambda gap: gap.amplification[0])
    value, low, high = stretch(figures(most.amplification), len(told), ceiling=np.inf)
    sentence = (
        f"Between groups by {most.name}, {what} differ {value:.2f} times as much by {kind.synthetic} as by {kind.real} "
        f"({_points(most.synthetic)}, {_points(most.real)})"
        + (f", and the other way round: {_lowest(most.ends_synthetic)}." if most.turned else ".")
    )
    yardstick = None if most.train is None else most.train / float(most.real[0])
    return [
        found,
        measured(widened, (value, low, high), yardstick=yardstick, sentence=sentence, method=method + _AMPLIFIED),
    ]


def _impact(studies: Sequence[Study], outcome: Outcome) -> Finding:
    """The disparate impact ratio of the rows."""
    subject: Subject = ("impact_ratio", "Disparate impact: the lowest rate of a group over the highest", "fair")
    some = [(study.grouping.name, *impact) for study in studies if (impact := study.impact) is not None]
    if not some:
        return unmeasured(subject, sentence=_too_few(_KINDS[0]), method=_METHODS["impact"], better="higher")
    name, real, synthetic = min(some, key=lambda each: each[2][0])
    sentence = (
        f"Between groups by {name}, the lowest rate of {outcome.name} is {synthetic[0]:.2f} of the "
        f"highest in synthetic rows, {real[0]:.2f} in real ones."
    )
    return measured(
        subject,
        stretch(figures(synthetic), len(some), ceiling=np.inf),
        yardstick=float(real[0]),
        sentence=sentence,
        method=_METHODS["impact"],
        better="higher",
    )


def _lowest(ends: tuple[str, str]) -> str:
    return f"{ends[0]} lowest, {ends[1]} highest"


def _points(gap: Floats) -> str:
    return f"{100 * gap[0]:.1f} points"


def _among(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
