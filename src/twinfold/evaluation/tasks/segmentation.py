"""Would the same segments have been found in synthetic customers?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.alignment import Aligned, Feature
from twinfold.evaluation.boosting import LEVELS, Design, design
from twinfold.evaluation.finding import Exhibit, Finding, Subject, measured
from twinfold.evaluation.tasks.learners import Encoding, one_thread
from twinfold.evaluation.tasks.repetition import draw_halves, interval
from twinfold.protocols import Progress

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Places = npt.NDArray[np.int64]

SEGMENTS = 5
_ROWS = 10_000  # of each table
_COMPONENTS = 10
_SAID = 3  # columns that describe a segment
_STAGE = "finding segments"
_HEADER = (
    *("What sets it apart", "Share, real", "Share, synthetic", "Share, other real"),
    *("Distance, synthetic", "Distance, other real"),
)
_NAMED: Subject = ("segment_agreement", "The same segments found", "useful")
_METHOD = (
    f"k-means with {SEGMENTS} segments on up to {_COMPONENTS} principal components (numbers by rank, categories as "
    "columns), fitted to a half of the train rows and to as many synthetic ones, both applied to holdout customers; "
    "adjusted Rand index (Hubert and Arabie 1985): 0 is chance, 1 the same segments. The yardstick is that of two "
    "halves of the train rows. Mean and interval over several draws of halves."
)


def measure_segments(
    aligned: Aligned, *, rng: np.random.Generator, seed: int, repeats: int, progress: Progress
) -> tuple[Finding, Exhibit]:
    """Whether segments of synthetic customers group real customers as segments of real ones do.

    `aligned` holds the columns to segment by, two or more. Gives the agreement, and the segments side by side.
    """
    aligned = aligned.where([np.arange(n) < _ROWS for n in aligned.rows])
    train, holdout, synthetic = (
        design(aligned.features, side) for side in (aligned.train, aligned.holdout, aligned.synthetic)
    )
    agreements, yardsticks = [], []
    for r, half in enumerate(draw_halves(aligned.rows, aligned.owners, repeats, rng)):
        with one_thread():
            real, other, released = (
                _segmenter(rows, seed + r)(holdout)
                for rows in (train[half.real], train[half.other], synthetic[half.synthetic])
            )
        agreements.append(_rand(real, released))
        yardsticks.append(_rand(real, other))
        if not r:
            first = real, _match(real, released), _match(real, other)
        progress(_STAGE, (r + 1) / repeats)
    value, yardstick = float(np.mean(agreements)), float(np.mean(yardsticks))
    sentence = (
        f"Put into {SEGMENTS} segments found in synthetic customers, real customers are grouped as by segments found "
        f"in real ones with an adjusted Rand index of {value:.2f} (two halves of the real customers: "
        f"{yardstick:.2f}; chance: 0)."
    )
    figures = interval(value, agreements, ceiling=1.0)
    finding = measured(_NAMED, figures, yardstick=yardstick, sentence=sentence, method=_METHOD, better="higher")
    return finding, _show(aligned.features, holdout, *first)


def _segmenter(rows: Design, seed: int) -> Callable[[Design], Places]:
    """What puts customers into the segments of some rows."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    encode = Encoding.fit(rows)
    learned = encode(rows)
    components = PCA(min(_COMPONENTS, *learned.shape), random_state=seed).fit(learned)
    means = KMeans(SEGMENTS, n_init=10, random_state=seed).fit(components.transform(learned))
    return lambda x: np.asarray(means.predict(components.transform(encode(x))), np.int64)


def _rand(one: Places, other: Places) -> float:
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(one, other))


def _match(real: Places, found: Places) -> Places:
    """Number the segments found so that as many customers as can be are in segments of one number (Kuhn 1955)."""
    from scipy.optimize import linear_sum_assignment

    together = np.zeros((SEGMENTS, SEGMENTS), np.int64)
    np.add.at(together, (found, real), 1)
    return np.asarray(linear_sum_assignment(-together)[1][found], np.int64)


def _profile(apart: Floats, segment: Places) -> Floats:
    """The mean of each column of `apart` in each segment, shape (segments, columns); 0 in an empty one."""
    counts = np.bincount(segment, minlength=SEGMENTS)
    sums: Floats = (np.arange(SEGMENTS)[:, None] == segment).astype(np.float64) @ apart
    return sums / np.maximum(counts, 1)[:, None]


def _show(features: tuple[Feature, ...], holdout: Design, real: Places, released: Places, other: Places) -> Exhibit:
    """The segments that one half of the real customers, synthetic ones and the other half give holdout customers."""
    encode = Encoding.fit(holdout)
    encoded = encode(holdout)
    spread = encoded.std(0)
    apart = (encoded - encoded.mean(0)) / np.where(spread > 0, spread, 1.0)
    profiles = [_profile(apart, segment) for segment in (real, released, other)]
    gaps = [np.sqrt(((profiles[0] - profile) ** 2).mean(1)) for profile in profiles[1:]]
    shares = [np.bincount(segment, minlength=SEGMENTS) / len(real) for segment in (real, released, other)]
    order = np.argsort(-shares[0], kind="stable")
    rows: tuple[tuple[str | float, ...], ...] = tuple(
        (
            _describe(features, encode.columns(), profiles[0][k]),
            *(float(share[k]) for share in shares),
            *(float(gap[k]) for gap in gaps),
        )
        for k in order
    )
    return Exhibit(
        "useful",
        "Segments",
        "The segments that real, synthetic and other real customers suggest, as shares of the same holdout customers, "
        "and how far a segment's mean customer lies from that of the real segment (in standard deviations, root mean "
        "square over columns).",
        _HEADER,
        rows,
        shares=(1,),
    )


def _describe(features: tuple[Feature, ...], columns: list[tuple[int, float | None]], profile: Floats) -> str:
    """The few columns, one mention each, in which a segment differs most; no level that few hold is named."""
    said: dict[str, str] = {}
    for place in np.argsort(-np.abs(profile), kind="stable"):
        j, level = columns[place]
        feature, high = features[j], profile[place] > 0
        nameless = level is not None and not feature.numeric and int(level) in feature.nameless
        if feature.name in said or nameless or (level is not None and not high):
            continue
        said[feature.name] = f"{feature.name} {'high' if high else 'low'}" if level is None else _named(feature, level)
        if len(said) == _SAID:
            break
    return ", ".join(said.values())


def _named(feature: Feature, level: float) -> str:
    if feature.numeric:
        return f"{feature.name} missing"
    return f"{feature.name} = {feature.levels[int(level)]}" if level < LEVELS else f"{feature.name} of the rest"
