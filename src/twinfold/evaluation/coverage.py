"""Faithful? Whether synthetic rows lie where real ones do, everywhere where real ones do, and nowhere too densely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation import corners, tails
from twinfold.evaluation.alignment import Aligned, points
from twinfold.evaluation.discrimination import LEAST
from twinfold.evaluation.distances import GROUPS
from twinfold.evaluation.finding import Chart, Exhibit, Finding, Line, Subject, measured, unmeasured
from twinfold.evaluation.intervals import Z, around, clustered_variance, jackknife
from twinfold.evaluation.neighbourhoods import Beside, companions, lay_beside, repeated, spacing
from twinfold.privacy.neighbours import Points, nearest
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

ROWS = 5_000  # of each table whose neighbours are sought
WORK = 500_000_000  # differences of two values, at most, for each pair of tables: of wide tables fewer rows are laid
LEARNED_ROWS = 25_000  # train rows among which synthetic ones may be copies
WITHIN = 0.95  # the share of customers that make up the usual ground
_STAGE = "looking for places left empty"
_PLACES = (
    f"On {ROWS:,} rows of each table at most (fewer of wide ones); distances are Gower's over all learned columns, and "
    "no embedding is learned. A place is as unusual as its fifth nearest row is far (Zhao and Saligrama 2009). "
    "The interval takes in both tables' sampling."
)
_PRECISION: Subject = ("precision", "Synthetic customers on usual ground", "faithful")
_PRECISION_METHOD = (
    f"Alpha-precision (Alaa et al. 2022) at {WITHIN:.0%}: the share of synthetic rows no farther from the holdout than "
    f"{WITHIN:.0%} of holdout rows are from each other. {_PLACES} The yardstick puts train rows in the synthetic rows' "
    "place."
)
_RECALL: Subject = ("recall", "Real customers that are covered", "faithful")
_RECALL_METHOD = (
    f"Beta-recall (Alaa et al. 2022) at {WITHIN:.0%}: the share of holdout rows no farther from the synthetic rows "
    f"than {WITHIN:.0%} of these are from each other. {_PLACES} The yardstick puts train rows in the synthetic "
    "rows' place."
)
_AUTHENTICITY: Subject = ("authenticity", "Synthetic customers that are nobody's shadow", "safe")
_AUTHENTICITY_METHOD = (
    "Authenticity (Alaa et al. 2022): the share of synthetic rows that lie no nearer to the nearest of up to "
    f"{LEARNED_ROWS:,} train rows than that row's own nearest fellow does (Gower's distance, ties halved). The "
    "yardstick puts holdout rows in the synthetic rows' place. Sampling of the rows judged only."
)
_COLLAPSE: Subject = ("collapse", "Synthetic customers in the same place", "faithful")
_COLLAPSE_METHOD = (
    "How many other synthetic rows have the same nearest holdout row, on average (Simpson 1949); delete-a-group "
    "jackknife. The yardstick puts train rows in the synthetic rows' place: where a model collapses to a few modes, "
    f"its rows crowd more. {ROWS:,} rows of each table at most, Gower's distance."
)


def measure(
    aligned: Aligned, *, rng: np.random.Generator, progress: Progress = silent
) -> tuple[list[Finding], list[Exhibit], list[Chart]]:
    """What synthetic rows cover: precision, recall, authenticity, collapse, corners of two columns and tails.

    Fewer than 100 rows of a table leave all of it unmeasured.
    """
    if (smallest := min(aligned.customers)) < LEAST:
        why = f"{smallest} customers are too few to see where the others lie; it takes {LEAST} of each table."
        higher = ((_PRECISION, _PRECISION_METHOD), (_RECALL, _RECALL_METHOD), (_AUTHENTICITY, _AUTHENTICITY_METHOD))
        found = [unmeasured(subject, sentence=why, method=method, better="higher") for subject, method in higher]
        return [*found, unmeasured(_COLLAPSE, sentence=why, method=_COLLAPSE_METHOD)], [], []
    progress(_STAGE, 0.0)
    laid = _lay(aligned, rng, progress)
    corner, named = corners.measure(aligned, rng=rng)
    progress(_STAGE, 0.9)
    tail, reaches = tails.measure(aligned)
    progress(_STAGE, 1.0)
    findings = [
        *_support_findings(laid),
        _authenticity_finding(aligned, rng),
        _collapse_finding(laid),
        corner,
        tail,
    ]
    return findings, [*named, *reaches], [_chart(laid)]


@dataclass(frozen=True)
class _Laid:
    """As many rows of each table beside each other: synthetic and train rows beside the holdout; `owners`, of train,
    holdout and synthetic rows, where a customer has several; `repeats`, the shares of train and of synthetic rows that
    repeat another."""

    synthetic: Beside
    train: Beside
    owners: tuple[Codes, ...]
    repeats: tuple[float, float]


def _lay(aligned: Aligned, rng: np.random.Generator, progress: Progress) -> _Laid:
    rows = min(*aligned.rows, ROWS, int(np.sqrt(WORK / len(aligned.features))))
    chosen = [rng.permutation(length)[:rows] for length in aligned.rows]
    owners = aligned.owners or tuple(np.arange(length) for length in aligned.rows)
    train, holdout, synthetic = (side[c] for side, c in zip(points(aligned), chosen, strict=True))
    own = spacing(holdout)
    progress(_STAGE, 0.2)
    beside = lay_beside(holdout, own, synthetic)
    progress(_STAGE, 0.5)
    return _Laid(
        beside,
        lay_beside(holdout, own, train),
        tuple(o[c] for o, c in zip(owners, chosen, strict=True)),
        (repeated(train), repeated(synthetic)),
    )


def _support_findings(laid: _Laid) -> list[Finding]:
    _, holdout, synthetic = laid.owners
    inside = _within(laid.synthetic.unusual, synthetic, WITHIN)
    reached = _within(laid.synthetic.unreached, holdout, WITHIN)
    expected, expected_reached = (float((side <= WITHIN).mean()) for side in (laid.train.unusual, laid.train.unreached))
    precise = (
        f"{inside[0]:.1%} of synthetic customers lie on ground where {WITHIN:.0%} of real customers lie (of other real "
        f"customers: {expected:.1%})."
    )
    covered = (
        f"{reached[0]:.1%} of real customers lie on ground where {WITHIN:.0%} of synthetic customers lie (of that of "
        f"other real customers: {expected_reached:.1%})."
    )
    return [
        measured(_PRECISION, inside, yardstick=expected, sentence=precise, method=_PRECISION_METHOD, better="higher"),
        measured(
            _RECALL, reached, yardstick=expected_reached, sentence=covered, method=_RECALL_METHOD, better="higher"
        ),
    ]


def _within(ranks: Floats, owner: Codes, level: float) -> tuple[float, float, float]:
    """The share of rows whose rank is at most `level`, and its interval.

    The rank is among as many rows of the other table, whose own sampling counts as well.
    """
    inside = (ranks <= level).astype(np.float64)
    value = float(inside.mean())
    variance = clustered_variance(inside, owner) + level * (1 - level) / len(ranks)
    return value, *around(value, variance)


def _authenticity_finding(aligned: Aligned, rng: np.random.Generator) -> Finding:
    sides = points(aligned)
    learned, unseen, released = (
        side[rng.permutation(len(side))[:most]] for side, most in zip(sides, (LEARNED_ROWS, ROWS, ROWS), strict=True)
    )
    apart, _ = nearest(learned, learned, skip_self=True)
    authentic, expected = (_authentic(side, learned, apart) for side in (released, unseen))
    value, yardstick = float(authentic.mean()), float(expected.mean())
    figures = value, *around(value, float(authentic.var(ddof=1)) / len(authentic))
    sentence = (
        f"{value:.1%} of synthetic customers lie farther from any learned customer than that one's nearest fellow does "
        f"(of real customers that were not learned: {yardstick:.1%}; of copies: none)."
    )
    return measured(
        _AUTHENTICITY, figures, yardstick=yardstick, sentence=sentence, method=_AUTHENTICITY_METHOD, better="higher"
    )


def _authentic(rows: Points, learned: Points, apart: npt.NDArray[np.float32]) -> Floats:
    """1 where a row lies farther from its nearest learned row than that lies from its nearest fellow, half where as
    far; 0 elsewhere, and for copies."""
    distance, row = nearest(rows, learned)
    farther: Floats = (distance > apart[row]) + 0.5 * ((distance == apart[row]) & (distance > 0))
    return farther


def _collapse_finding(laid: _Laid) -> Finding:
    train, _, synthetic = laid.owners
    value, without = companions(laid.synthetic.nearest, synthetic % GROUPS)
    yardstick, _ = companions(laid.train.nearest, train % GROUPS)
    figures = value, *around(value, float(jackknife(without)), ceiling=float("inf"))
    sentence = (
        f"A synthetic customer shares its place with {value:.1f} other synthetic ones on average (a real one: "
        f"{yardstick:.1f}); {laid.repeats[1]:.1%} of synthetic customers repeat another in every column (real ones: "
        f"{laid.repeats[0]:.1%})."
    )
    return measured(_COLLAPSE, figures, yardstick=yardstick, sentence=sentence, method=_COLLAPSE_METHOD)


def _chart(laid: _Laid) -> Chart:
    """Precision and recall over all shares of customers that may count as usual ground."""
    levels = np.append(np.arange(0.05, 1.0, 0.05), 0.99)
    shown = (
        ("synthetic customers on real ground (precision)", laid.synthetic.unusual),
        ("real customers on synthetic ground (recall)", laid.synthetic.unreached),
        ("real customers on other real ground", laid.train.unusual),
    )
    lines = []
    for name, ranks in shown:
        y = (ranks[:, None] <= levels).mean(0)
        half = Z * np.sqrt((y * (1 - y) + levels * (1 - levels)) / len(ranks))
        low, high = (y - half).clip(0, 1), (y + half).clip(0, 1)
        lines.append(Line(name, *(tuple(map(float, values)) for values in (levels, y, low, high))))
    sentence = (
        "From the densest ground to the most unusual: a line on the diagonal is as it should be. Below it, customers "
        "lie on ground that the others leave empty; above it, on denser ground than they should."
    )
    return Chart(
        "faithful", "Usual and unusual ground", sentence, "share of customers that make the ground",
        "share that lies on it", tuple(lines),
    )  # fmt: skip
