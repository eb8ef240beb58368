"""Safe? The three risks of the European opinion on anonymisation: singling out, linking and inferring customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twinfold.errors import OptionError, unknown_name
from twinfold.evaluation.alignment import Aligned, Values, points
from twinfold.evaluation.discrimination import LEAST
from twinfold.evaluation.finding import Exhibit, Finding, Subject, measured, unmeasured
from twinfold.evaluation.intervals import excess
from twinfold.privacy.inference import Knowledge, infer
from twinfold.privacy.linkability import link
from twinfold.privacy.singling_out import single_out_by_one, single_out_by_several
from twinfold.privacy.tally import Tally
from twinfold.protocols import Progress, silent

DESCRIPTIONS, LINKED, INFERRED = 2_000, 2_000, 20_000
"""Descriptions of each sort that are tried, and learned customers (and as many unseen) that are linked and inferred;
fewer customers of wide tables."""

SECRETS, SPLITS = 20, 5
"""Columns inferred where none are named, and ways in which columns are dealt to the two parties that link."""

_LINKING_STEPS, _INFERRING_STEPS = 2_000_000_000, 60_000_000_000
"""Distances of one column that may be measured: some seconds; a search for the nearest row alone is faster."""

_FEWEST = 400  # customers that are attacked of the widest tables
_STAGE = "singling out, linking, inferring"
_RISK = (
    "The risk is the share of right guesses about learned customers beyond that about unseen ones (holdout), of the "
    "room that these leave: (learned - unseen) / (1 - unseen) (Giomi et al. 2023); 0 is none. Interval by the exact "
    "limits of both shares (MOVER-R: Donner and Zou 2012)"
)
_SINGLING: Subject = ("singling_out_risk", "Customers singled out", "safe")
_LINKING: Subject = ("linkability_risk", "Halves of records linked", "safe")
_INFERRING: Subject = ("inference_risk", "Secrets inferred", "safe")
_SINGLING_METHOD = (
    f"Up to {DESCRIPTIONS:,} descriptions that fit one synthetic row alone, by one value and by several columns, are "
    f"held against as many train as holdout rows; right is one that fits exactly one (WP 216). {_RISK}, wide enough "
    "for both ways; the worse is shown."
)
_LINKING_METHOD = (
    f"For up to {LINKED:,} customers, columns are dealt at random to two parties, in {SPLITS} ways; each takes the "
    "synthetic rows nearest (Gower's distance) to its half, the fifth nearest and all as near. Linked is who has one "
    f"to five rows in both (WP 216). {_RISK}."
)
_INFERRING_METHOD = (
    f"A column of up to {INFERRED:,} customers is guessed by the synthetic row nearest in all others (Gower's "
    "distance); right is the same level, or a number within 5 % of the spread between the column's 5 % and 95 % points "
    f"(WP 216). {_RISK}, wide enough for all columns tried; the worst is shown."
)
_HEADER = ("Learned", "Unseen", "By shares of columns alone", "Risk", "At least", "At most")


@dataclass(frozen=True)
class _Risk:
    """What was attacked, what came of it, and the excess over the control with its interval."""

    name: str
    tally: Tally
    value: float
    low: float
    high: float

    @property
    def figures(self) -> tuple[float, float, float]:
        return self.value, self.low, self.high


def measure(
    aligned: Aligned,
    *,
    sensitive: Sequence[str] | None = None,
    rng: np.random.Generator,
    progress: Progress = silent,
) -> tuple[list[Finding], list[Exhibit]]:
    """Play the games of the opinion WP 216 (Article 29 Working Party 2014, "Opinion 05/2014 on Anonymisation
    Techniques") on aligned rows, one row a customer: a finding each, and tables of what each attack came to.

    Args:
        sensitive: columns that are inferred; None for all that vary, 20 of them at random where there are more.

    Raises:
        OptionError: a sensitive column is none of the compared ones.
    """
    names = [feature.name for feature in aligned.features]
    for name in sensitive or ():
        if name not in names:
            raise OptionError(unknown_name("sensitive column", name, names, among="the learned columns"))
    if (smallest := min(aligned.rows)) < LEAST:
        why = f"{smallest} rows are too few to tell whether an attack succeeds; it takes {LEAST} of each table."
        methods = ((_SINGLING, _SINGLING_METHOD), (_LINKING, _LINKING_METHOD), (_INFERRING, _INFERRING_METHOD))
        return [unmeasured(subject, sentence=why, method=method) for subject, method in methods], []
    progress(_STAGE, 0.0)
    singled = _single_out(aligned, rng)
    progress(_STAGE, 0.2)
    linked = _link(aligned, rng, progress)
    secrets, varying = _choose_secrets(aligned, sensitive, rng)
    inferred = _infer(aligned, secrets, rng, progress)
    progress(_STAGE, 1.0)
    findings = [_singling_finding(singled), _linking_finding(linked), _inferring_finding(inferred, varying)]
    return findings, [*_singling_exhibit(singled), *_inferring_exhibit(inferred)]


def _risks(tallies: Mapping[str, Tally]) -> list[_Risk]:
    """The risks of several attacks, with intervals that all hold together in 95 of 100 evaluations (Bonferroni: it
    asks nothing of how the attacks hang together, which have their customers in common)."""
    return [
        _Risk(name, t, *excess(t.hits, t.guesses, t.control_hits, t.control_guesses, error=0.05 / len(tallies)))
        for name, t in tallies.items()
    ]


def _worst(risks: list[_Risk]) -> _Risk:
    """The highest risk of those that are no accident; where all may be, the one that is least likely to be."""
    return max(risks, key=lambda risk: (risk.low > 0, risk.value if risk.low > 0 else risk.low))


def _single_out(aligned: Aligned, rng: np.random.Generator) -> list[_Risk]:
    rows = min(aligned.rows[:2])
    train, holdout = (_draw(side, rows, rng) for side in (aligned.train, aligned.holdout))
    tallies = {
        name: play(train, holdout, aligned.synthetic, descriptions=DESCRIPTIONS, rng=rng)
        for name, play in (("one value", single_out_by_one), ("several columns", single_out_by_several))
    }
    return _risks({name: tally for name, tally in tallies.items() if tally is not None})


def _draw(side: Values, rows: int, rng: np.random.Generator) -> Values:
    chosen = rng.permutation(len(side[0]))[:rows]
    return tuple(values[chosen] for values in side)


def _link(aligned: Aligned, rng: np.random.Generator, progress: Progress) -> _Risk | None:
    """The risk over all ways to deal the columns, each with customers of its own; None of a single column."""
    names = [feature.name for feature in aligned.features]
    if len(names) < 2:
        return None
    most = _affordable(aligned, LINKED, _LINKING_STEPS)
    attacked = [np.array_split(rng.permutation(rows)[:most], SPLITS) for rows in aligned.rows[:2]]
    linked: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    chance = []
    for way in range(SPLITS):
        order = rng.permutation(len(names))
        dealt = [points(aligned.pick([names[j] for j in part])) for part in np.array_split(order, 2)]
        released = (dealt[0][2], dealt[1][2])
        for side in range(2):
            some = attacked[side][way]
            links = link((dealt[0][side][some], dealt[1][side][some]), released)
            linked[side].append(links.linked)
            if side == 0:
                chance.append(links.chance)
        progress(_STAGE, 0.2 + 0.3 * (way + 1) / SPLITS)
    learned, unseen = (np.concatenate(parts) for parts in linked)
    return _risks({"halves": Tally.of(learned, unseen, np.concatenate(chance).mean())})[0]


def _affordable(aligned: Aligned, most: int, steps: int) -> int:
    """How many customers of each side can be attacked in so many steps."""
    return min(most, max(_FEWEST, steps // (2 * aligned.rows[2] * len(aligned.features))))


def _choose_secrets(
    aligned: Aligned, sensitive: Sequence[str] | None, rng: np.random.Generator
) -> tuple[list[str], int]:
    """The columns that are inferred, in the table's order, and how many there were to choose from. What is the same
    for everybody is no secret."""
    varying = [
        feature.name
        for feature, values in zip(aligned.features, aligned.train, strict=True)
        if (sensitive is None or feature.name in sensitive) and len(np.unique(values)) > 1
    ]
    if len(aligned.features) < 2:
        return [], 0
    if sensitive is not None or len(varying) <= SECRETS:
        return varying, len(varying)
    chosen = np.sort(rng.permutation(len(varying))[:SECRETS])
    return [varying[j] for j in chosen], len(varying)


def _infer(aligned: Aligned, secrets: list[str], rng: np.random.Generator, progress: Progress) -> list[_Risk]:
    names = [feature.name for feature in aligned.features]
    most = _affordable(aligned, INFERRED, _INFERRING_STEPS // max(1, len(secrets)))
    attacked = [rng.permutation(rows)[:most] for rows in aligned.rows[:2]]
    tallies = {}
    for number, secret in enumerate(secrets):
        j = names.index(secret)
        others = points(aligned.pick(names[:j] + names[j + 1 :]))
        learned, unseen, released = (
            Knowledge(known, side[j])
            for known, side in zip(others, (aligned.train, aligned.holdout, aligned.synthetic), strict=True)
        )
        tallies[secret] = infer(learned[attacked[0]], unseen[attacked[1]], released)
        progress(_STAGE, 0.5 + 0.5 * (number + 1) / len(secrets))
    return _risks(tallies)


def _singling_finding(risks: list[_Risk]) -> Finding:
    if not risks:
        why = "No synthetic customer stands alone in any column or columns, so nobody can be described by one."
        return unmeasured(_SINGLING, sentence=why, method=_SINGLING_METHOD)
    worst = _worst(risks)
    sentence = (
        f"Of {worst.tally.guesses:,} descriptions (by {worst.name}) that fit a single synthetic customer, "
        f"{worst.tally.success:.1%} fit a single learned customer and {worst.tally.control:.1%} a single unseen one"
    )
    return _finding(_SINGLING, worst, sentence, _SINGLING_METHOD)


def _linking_finding(risk: _Risk | None) -> Finding:
    if risk is None:
        why = "There is one learned column only, so there are no two halves of a record to link."
        return unmeasured(_LINKING, sentence=why, method=_LINKING_METHOD)
    sentence = (
        f"Two parties who hold half of the columns each meet in the same few synthetic customers for "
        f"{risk.tally.success:.1%} of {risk.tally.guesses:,} learned customers and {risk.tally.control:.1%} of unseen "
        "ones"
    )
    return _finding(_LINKING, risk, sentence, _LINKING_METHOD)


def _inferring_finding(risks: list[_Risk], varying: int) -> Finding:
    if not risks:
        why = "No column that varies stands beside another one, so there is nothing to infer, or nothing to infer from."
        return unmeasured(_INFERRING, sentence=why, method=_INFERRING_METHOD)
    worst = _worst(risks)
    tried = f"{len(risks)}" if len(risks) == varying else f"{len(risks)} of {varying}, drawn at random,"
    sentence = (
        f"'{worst.name}' (the worst column of {tried} tried) is inferred for {worst.tally.success:.1%} of "
        f"{worst.tally.guesses:,} learned customers and {worst.tally.control:.1%} of unseen ones"
    )
    return _finding(_INFERRING, worst, sentence, _INFERRING_METHOD)


def _finding(subject: Subject, risk: _Risk, sentence: str, method: str) -> Finding:
    found = risk.low > 0
    sentence += f": a risk of {risk.value:.1%}, {'more than chance gives' if found else 'no more than chance'}."
    if not found and risk.tally.success <= risk.tally.baseline:
        sentence += (
            f" The columns' own shares alone make {risk.tally.baseline:.1%} of guesses right: the attack is weak here, "
            "and its failure says little."
        )
    return measured(subject, risk.figures, yardstick=0.0, sentence=sentence, method=method)


def _singling_exhibit(risks: list[_Risk]) -> list[Exhibit]:
    sentence = (
        "Shares of descriptions of a single synthetic customer that fit a single real one. What fits as many unseen as "
        "learned customers owes nothing to the learned ones."
    )
    return _exhibit("Singling out, by one value and by several columns", sentence, "Described by", risks)


def _inferring_exhibit(risks: list[_Risk]) -> list[Exhibit]:
    sentence = (
        "Shares of customers whose value is guessed right from everything else that is known of them. What is guessed "
        "as well of unseen customers holds for everybody, and gives no single one away."
    )
    return _exhibit("Inference, column by column", sentence, "Column", risks)


def _exhibit(title: str, sentence: str, first: str, risks: list[_Risk]) -> list[Exhibit]:
    rows = tuple(
        (risk.name, risk.tally.success, risk.tally.control, risk.tally.baseline, *risk.figures) for risk in risks
    )
    return [Exhibit("safe", title, sentence, (first, *_HEADER), rows)] if rows else []
