"""Shadow models: what the way of learning gives away of these very customers, measured by learning them again.

The strongest attack known on a single record compares models that were made with it and without it (Carlini et al.
2022, "Membership inference attacks from first principles"). Engines that fit in seconds can be attacked so: models of
random halves of all real rows are fitted as the released one was, and each of them, as the released one, is attacked
with what the others say.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from twinfold.errors import DataError, OptionError
from twinfold.evaluation.finding import Exhibit, Finding, Subject, measured
from twinfold.evaluation.intervals import simultaneous
from twinfold.privacy.membership import gather_records
from twinfold.privacy.neighbours import Points, nearest
from twinfold.protocols import Codes, Progress, silent
from twinfold.synthesis.guard import code_points
from twinfold.synthesis.observation import observe
from twinfold.synthesis.synthesizer import Synthesizer, learn
from twinfold.tables.dataset import Dataset

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Booleans = npt.NDArray[np.bool_]

LEAST, DEFAULT, MOST = 8, 20, 2_000
"""Shadow models that say anything, that are fitted where nobody says how many, and that are accepted."""

TARGETS = 1_000
"""Records under attack, at most: half of them the most isolated, half those in the smallest leaves."""

LEAST_ROWS = 200
"""Real rows of either table with which shadow models can be fitted."""

PARALLEL = 2
"""Models fitted at a time: their compiled parts run beside each other."""

FALSE_POSITIVES, RARE_FALSE_POSITIVES = 0.01, 0.001

_STAGE = "fitting shadow models"
_AUC: Subject = ("shadow_auc", "Attack by shadow models", "safe")
_TPR: Subject = ("shadow_tpr", "Customers given away by shadow models", "safe")
_METHOD = (
    "Models of random halves of train and holdout rows, fitted as the one that is judged. Each in turn is attacked "
    "with what the others, made with and without a customer, say of its likelihood, and of the nearest of as many "
    "synthetic rows (a likelihood-ratio attack: Carlini et al. 2022, section 5), on the customers most at risk: the "
    "most isolated and those in the smallest leaves. "
)
_AUC_METHOD = (
    _METHOD + "Mean area under the ROC curve over all models, of the statistic that succeeds most surely; the interval "
    "holds all statistics at once. 0.5 is a guess."
)
_TPR_METHOD = (
    _METHOD + "Mean share of members found while 1 % of the others are taken for members, of the statistic that "
    "succeeds most surely. A guess finds 1 %."
)


@dataclass(frozen=True)
class Shadows:
    """What models said of the records under attack.

    Attributes:
        statistics: by name, shape (models, targets), higher where the model was made with the record; the model that
            is judged comes last.
        inside: shape (models, targets): whether the model was made with the record.
    """

    statistics: dict[str, Floats]
    inside: Booleans

    def scores(self) -> dict[str, Floats]:
        """For each statistic, and for their sum ("together"), how much likelier each model was made with each record
        than without, as the other models say: shape (models, targets)."""
        found = {name: _ratios(values, self.inside) for name, values in self.statistics.items()}
        return found if len(found) < 2 else {**found, "together": np.sum(list(found.values()), axis=0)}


def _ratios(values: Floats, inside: Booleans) -> Floats:
    """Log likelihood ratios of two normals of one variance, each model left out in its turn.

    What a record shifts a statistic by is known badly of a few models: it is shrunk to what it is on average of all
    records, in proportion to what is known (empirical Bayes, as James and Stein 1961).
    """
    out = np.empty_like(values)
    for v in range(len(values)):
        others = np.arange(len(values)) != v
        x, m = values[others], inside[others]
        n_in, n_out = m.sum(0), (~m).sum(0)
        mean_in = (x * m).sum(0) / n_in.clip(1)
        mean_out = (x * ~m).sum(0) / n_out.clip(1)
        residual = np.where(m, x - mean_in, x - mean_out)
        variance = (residual**2).sum(0) / (len(x) - 2)
        variance = (variance * (len(x) - 2) + 4 * variance.mean()) / (len(x) + 2)  # four models' worth of the average
        known = (n_in > 0) & (n_out > 0)
        shift, error = np.where(known, mean_in - mean_out, 0.0), variance * (1 / n_in.clip(1) + 1 / n_out.clip(1))
        average = float((shift[known] / error[known]).sum() / (1 / error[known]).sum()) if known.any() else 0.0
        spread = max(0.0, float((((shift - average) ** 2 - error)[known]).mean())) if known.any() else 0.0
        shift = np.where(known, average + (shift - average) * spread / (spread + error), average)
        middle = np.where(known, (n_in * (mean_in - shift / 2) + n_out * (mean_out + shift / 2)) / (n_in + n_out), 0.0)
        middle = np.where(known, middle, np.where(n_in > 0, mean_in - shift / 2, mean_out + shift / 2))
        out[v] = (values[v] - middle) * shift / variance.clip(1e-12)
    return out


def check_shadows(count: int, train: Dataset, holdout: Dataset) -> None:
    """Raise where so many shadow models can't be fitted of these tables."""
    if count != 0 and not LEAST <= count <= MOST:
        raise OptionError(f"{count} shadow models: {LEAST} to {MOST:,} are accepted, or 0 for none")
    rows = min(train.single()[1].height, holdout.single()[1].height)
    if count and rows < LEAST_ROWS:
        raise DataError(
            f"{rows} rows are too few to fit shadow models of; give {LEAST_ROWS} of train and holdout, or --shadows 0"
        )


def attack(
    synthesizer: Synthesizer,
    train: Dataset,
    holdout: Dataset,
    synthetic: Dataset,
    *,
    shadows: int = DEFAULT,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[list[Finding], list[Exhibit]]:
    """Attack a model, and the rows that it made, with shadow models.

    Args:
        synthesizer: the model that was made of `train`; its engine and budget make the shadows.
        train, holdout: the rows that it learned, and others; one table each.
        synthetic: rows that it drew.
        shadows: how many models to fit: more are a sharper attack, and take as many fits.
        seed: of the halves and the fits.
        progress: told "fitting shadow models" from 0 to 1.
    """
    check_shadows(shadows, train, holdout)
    real = [dataset.single()[1] for dataset in (train, holdout)]
    names = [name for name in real[0].columns if name in real[1].columns]
    rows = pl.concat([frame.select(names) for frame in real])
    targets, record = _choose_targets(synthesizer, rows, real[0].height)
    view = _View(synthesizer, rows[targets])

    def fit(number: int) -> tuple[Booleans, dict[str, Floats]]:
        chosen = np.random.default_rng([seed, number]).permutation(rows.height)[: rows.height // 2]
        half = Dataset({train.single()[0].name: rows[np.sort(chosen)]}, *_about(train))
        made = _with_settings(synthesizer)(half, seed + 1 + number)
        drawn = made.sample(seed=seed + 1 + number)
        held = np.zeros(len(record), np.bool_)
        held[np.unique(record[chosen])] = True
        return held[record[targets]], view.ask(made, drawn)

    said = _fit_all(fit, shadows, progress)
    learned = np.zeros(len(record), np.bool_)
    learned[np.unique(record[: real[0].height])] = True
    said.append((learned[record[targets]], view.ask(synthesizer, synthetic.single()[1])))
    statistics = {name: np.array([each[name] for _, each in said]) for name in said[0][1]}
    return judge(Shadows(statistics, np.array([inside for inside, _ in said])))


def _about(dataset: Dataset) -> tuple[Any, Any, Any]:
    return dataset.schema, dataset.layouts, dataset.notes


def _with_settings(synthesizer: Synthesizer) -> Callable[[Dataset, int], Synthesizer]:
    budget = next((str(r["budget"]) for r in synthesizer.history if r.get("event") == "fit" and "budget" in r), "none")
    return lambda data, seed: learn(
        data, engine=synthesizer.engine, budget=None if budget == "none" else budget, seed=seed
    )


def _fit_all(
    fit: Callable[[int], tuple[Booleans, dict[str, Floats]]], count: int, progress: Progress
) -> list[tuple[Booleans, dict[str, Floats]]]:
    progress(_STAGE, 0.0)
    with ThreadPoolExecutor(PARALLEL) as pool:
        tasks = [pool.submit(fit, number) for number in range(count)]
        try:
            for done, _ in enumerate(as_completed(tasks)):
                progress(_STAGE, (done + 1) / count)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [task.result() for task in tasks]


def _choose_targets(
    synthesizer: Synthesizer, rows: pl.DataFrame, learned: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The rows of the records under attack, and for each row which distinct record it is."""
    codes = observe(synthesizer.codebook, rows).codes
    points = code_points(synthesizer.codebook.code_columns, codes)
    records = gather_records(points[:learned], points[learned:])
    first = np.unique(records.record, return_index=True)[1]
    own = np.flatnonzero((records.learned == 0) != (records.unseen == 0))
    most = min(TARGETS, len(own) // 4)
    isolated = records.isolated(most // 2)
    sizes = _leaf_sizes(synthesizer, codes[:, first])
    if sizes is None:
        return first[records.isolated(most)], records.record
    rest = np.setdiff1d(own, isolated)
    smallest = rest[np.argsort(sizes[rest], kind="stable")[: most - len(isolated)]]
    return first[np.concatenate([isolated, smallest])], records.record


def _leaf_sizes(synthesizer: Synthesizer, codes: Codes) -> Floats | None:
    """How small the leaves are in which records fall; None of an engine without leaves."""
    from twinfold.synthesis.calibration import CalibratedModel
    from twinfold.synthesis.engines.trees import TreesModel

    model = synthesizer.model
    base = model.base if isinstance(model, CalibratedModel) else model
    return base.leaf_sizes(codes) if isinstance(base, TreesModel) else None


class _View:
    """The records under attack, and what a model and its rows say of them."""

    def __init__(self, synthesizer: Synthesizer, targets: pl.DataFrame) -> None:
        self.codebook, self.targets = synthesizer.codebook, targets
        self.points = self._points(targets)

    def _points(self, frame: pl.DataFrame) -> Points:
        return code_points(self.codebook.code_columns, observe(self.codebook, frame).codes)

    def ask(self, synthesizer: Synthesizer, drawn: pl.DataFrame) -> dict[str, Floats]:
        """Statistics of shape (targets,): higher where the model, or what it drew, is nearer to the record."""
        seen = observe(synthesizer.codebook, self.targets)
        never = (~seen.known | seen.beyond).sum(0) * np.log(synthesizer.rows + 1)
        return {
            "likelihood of the model": synthesizer.model.log_prob(seen.codes) - never,
            "distance to its rows": -nearest(self.points, self._points(drawn))[0].astype(np.float64),
        }


def judge(shadows: Shadows) -> tuple[list[Finding], list[Exhibit]]:
    """What the attacks on each of the models find, on average of all of them, and a table of the attacks."""
    scores = shadows.scores()
    figures = {name: _figures(score, shadows.inside) for name, score in scores.items()}
    return _findings(figures, shadows), [_exhibit(figures, shadows)]


def _figures(score: Floats, inside: Booleans) -> Floats:
    """The area, and the shares of members found at 1 and 0.1 % false positives, of each model: shape (models, 3).

    The bar for a member is that of all models together, so that rare false positives can be counted.
    """
    from sklearn.metrics import roc_auc_score

    areas = [roc_auc_score(member, s) for s, member in zip(score, inside, strict=True)]
    others = np.sort(score[~inside])[::-1]
    found = [
        ((score > others[int(share * len(others))]) & inside).sum(1) / inside.sum(1)
        for share in (FALSE_POSITIVES, RARE_FALSE_POSITIVES)
    ]
    return np.column_stack([areas, *found])


def _findings(figures: dict[str, Floats], shadows: Shadows) -> list[Finding]:
    models = len(shadows.inside) - 1
    auc, found = (_surest({name: each[:, k] for name, each in figures.items()}) for k in (0, 1))
    apart = (
        f"Of two of the customers most at risk, an attacker with {models:,} models made with and without them tells "
        f"which was learned {auc[1][0]:.1%} of the time ({auc[0]}; a guess: 50.0%)."
    )
    sure = (
        f"Where that attacker is sure, {found[1][0]:.1%} of the learned are found ({found[0]}; by guessing: "
        f"{FALSE_POSITIVES:.1%})."
    )
    return [
        measured(_AUC, auc[1], yardstick=0.5, sentence=apart, method=_AUC_METHOD),
        measured(_TPR, found[1], yardstick=FALSE_POSITIVES, sentence=sure, method=_TPR_METHOD),
    ]


def _surest(figures: dict[str, Floats]) -> tuple[str, tuple[float, float, float]]:
    """Of figures by model, (models,) of each attack, the attack whose mean lies highest for sure, and its interval."""
    each = np.array(list(figures.values()))
    covariance = np.atleast_2d(np.cov(each)) / each.shape[1]
    mean, half = each.mean(1), simultaneous(covariance) * np.sqrt(np.diag(covariance))
    best = int(np.argmax(mean - half))
    interval = mean[best], max(0.0, mean[best] - half[best]), min(1.0, mean[best] + half[best])
    return list(figures)[best], (float(interval[0]), float(interval[1]), float(interval[2]))


def _exhibit(figures: dict[str, Floats], shadows: Shadows) -> Exhibit:
    models = len(shadows.inside)
    rows: list[tuple[str | float, ...]] = []
    for name, each in figures.items():
        mean, error = each.mean(0), 1.96 * each.std(0, ddof=1) / np.sqrt(models)
        row = [value for k in range(3) for value in (mean[k], error[k])]
        rows.append((name, *map(float, row), float(each[-1, 0])))
    return Exhibit(
        "safe",
        "Attacks by shadow models",
        f"{models - 1:,} models of random halves of the real customers, and the model that is judged, each attacked on "
        f"{shadows.inside.shape[1]:,} customers at risk.",
        ("what is asked", "AUC", "±", "found at 1 %", "±", "found at 0.1 %", "±", "AUC on this model"),
        tuple(rows),
    )
