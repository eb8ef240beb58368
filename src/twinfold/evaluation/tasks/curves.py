"""When do synthetic customers help? What each way of training reaches where real rows are few, mislabelled or
one-sided. The generator learns the rows that are left, and never more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.errors import MissingExtraError, OptionError, TwinfoldError, unknown_name
from twinfold.evaluation.alignment import MISSING, align, text
from twinfold.evaluation.finding import Chart, Exhibit, Found, Line
from twinfold.evaluation.tasks.classification import average_precision
from twinfold.evaluation.tasks.learners import Predict, learn_boosted, learn_logistic
from twinfold.evaluation.tasks.oversampling import oversample
from twinfold.evaluation.tasks.plights import EVERY, Plight
from twinfold.evaluation.tasks.question import Question, Side, ask
from twinfold.evaluation.utility import weighted_areas
from twinfold.protocols import Progress, silent
from twinfold.synthesis.augmenting.augmentation import Method, Recipe, augment_rows
from twinfold.synthesis.augmenting.material import gather_material
from twinfold.synthesis.choice import MODELS, choose
from twinfold.synthesis.synthesizer import learn
from twinfold.tables.dataset import Dataset

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

FitAndDraw = Callable[[pl.DataFrame, int, str | None, int], pl.DataFrame]
"""Of real rows so many new ones, as they come, or all with a level of the target, by a seed."""

ROWS = 10_000  # train rows that a repeat starts from, and holdout rows that it is tested on
_DRAWN = 5_000  # synthetic rows at least; as many as the real ones where these are more
_ALONE, _LOGISTIC = "real alone", "real alone, logistic regression"
_WEIGHTED, _SMOTE = "real, rare answer weighted", "real + SMOTE"
_BOTH, _BOTH_LOGISTIC = "real + synthetic", "real + synthetic, logistic regression"
_SYNTHETIC, _BALANCED = "synthetic alone", "real + synthetic of the rare answer"
_WITHOUT = (_ALONE, _LOGISTIC, _WEIGHTED, _SMOTE)
_MEASURES = ("ROC AUC", "PR AUC")


@dataclass(frozen=True)
class _Trial:
    """What curves are drawn of: `positive`, shape (train rows,), says who has the `level` of the target; `values` are
    what the rows hold for this level, and for the other."""

    train: Dataset
    holdout: Dataset
    target: str
    level: str
    values: tuple[object, object]
    positive: npt.NDArray[np.bool_]
    fit_and_draw: FitAndDraw
    others: Mapping[str, FitAndDraw] = field(default_factory=dict)


def learn_and_draw(train: Dataset, target: str, engine: str = "auto") -> FitAndDraw:
    """How Twinfold learns rows of a table, by an engine, and draws."""
    column = target.replace('"', '""')

    def draw(rows: pl.DataFrame, n: int, level: str | None, seed: int) -> pl.DataFrame:
        literal = (level or "").replace("'", "''")
        balance = None if level is None else f"\"{column}\"='{literal}':1"
        return learn(_with(train, rows), engine=engine, seed=seed).sample(n, balance=balance, seed=seed + 1)

    return draw


def augment_and_draw(train: Dataset, target: str, method: str) -> FitAndDraw:
    """How `augment` makes rows of those of a table, by a method, in the shares that there are or of one level."""

    def draw(rows: pl.DataFrame, n: int, level: str | None, seed: int) -> pl.DataFrame:
        recipe, counts = Recipe(method, n, balance=False), None if level is None else {level: n}
        return augment_rows(gather_material(_with(train, rows), target), recipe, seed=seed, counts=counts).frame

    return draw


def find_ways(train: Dataset, target: str, names: Sequence[str]) -> dict[str, FitAndDraw]:
    """How rows are made by engines of `fit` and methods of `augment`, by these names.

    Raises `OptionError` for a name that neither has, and `MissingExtraError` where what an engine needs is not there.
    """
    methods, ways = [method.value for method in Method], {}
    for name in names:
        if name not in methods and name not in MODELS:
            raise OptionError(unknown_name("engine or method", name, [*MODELS, *methods]))
        if name in MODELS:
            choose(name, rows=ROWS, calibrated=False, budget=None)
        make = augment_and_draw if name in methods else learn_and_draw
        ways[name] = make(train, target, name)
    return ways


def check_target(train: Dataset, target: str | None) -> None:
    """Raise `OptionError` where curves can't be drawn for want of a target, or of two levels of it."""
    if target is None:
        raise OptionError("curves without a target: name the column that models shall predict")
    _levels(train, target)


def measure_curves(
    train: Dataset,
    holdout: Dataset,
    target: str,
    fit_and_draw: FitAndDraw,
    *,
    others: Mapping[str, FitAndDraw] | None = None,
    plights: Sequence[Plight] = EVERY,
    seed: int,
    repeats: int = 5,
    progress: Progress = silent,
) -> Found:
    """What real rows, weights, SMOTE and synthetic rows reach on real customers where real rows are starved.

    Args:
        train: real rows to start from, one table; each repeat draws 10,000 of them at random (all, where there are
            fewer) and makes these worse.
        holdout: real rows as they are, to test on; 10,000 of them at most.
        target: a column of two levels; the chance of the rarer is predicted, by LightGBM.
        fit_and_draw: learns and draws. Where it raises a `TwinfoldError` (too few rows, an answer too rare to be
            shown) that repeat is left out of the ways that need it.
        others: more ways of making rows, by name, to stand beside it.
        plights: what is done to the real rows.
        seed: of all chance; repeats: how often each is done anew, two or more.
        progress: told of each repeat.

    Raises:
        SchemaError: no such target. OptionError: it has not two levels, or there are fewer than two repeats.
    """
    if repeats < 2:
        raise OptionError(f"{repeats} repeats give no interval; give 2 or more")
    trial = _prepare(train, holdout, target, fit_and_draw, others or {}, np.random.default_rng(seed))
    drawn = Found()
    for plight in plights:
        shares = [share for share in plight.shares if not plight.rare or share < trial.positive.mean()]
        if not shares:
            continue
        found = []
        for k, share in enumerate(shares):
            for r in range(repeats):
                found.append(_try(trial, plight, share, np.random.default_rng([seed, k, r]), seed + r))
                progress(f"starving: {plight.name}", (k * repeats + r + 1) / (len(shares) * repeats))
        reached = {
            way: np.array([each.get(way, (np.nan, np.nan)) for each in found]).reshape(len(shares), repeats, 2)
            for way in found[0]
        }
        for m, measure in enumerate(_MEASURES):
            values = {way: each[:, :, m] for way, each in reached.items()}
            exhibit = _compare(plight, shares, measure, values)
            drawn.add((), [exhibit], [_draw(trial, plight, shares, measure, values)])
    return drawn


def _prepare(
    train: Dataset,
    holdout: Dataset,
    target: str,
    fit_and_draw: FitAndDraw,
    others: Mapping[str, FitAndDraw],
    rng: np.random.Generator,
) -> _Trial:
    frame = train.single()[1].filter(pl.col(target).is_not_null())
    kept = holdout.single()[1].filter(pl.col(target).is_not_null())
    written, level = _levels(_with(train, frame), target)
    positive = (written == level).to_numpy()
    values = frame[target].filter(pl.Series(positive))[0], frame[target].filter(pl.Series(~positive))[0]
    tested = kept[rng.permutation(kept.height)[:ROWS]]
    return _Trial(_with(train, frame), _with(holdout, tested), target, level, values, positive, fit_and_draw, others)


def _levels(train: Dataset, target: str) -> tuple[pl.Series, str]:
    """What each row holds as text, and the rarer of two levels."""
    from twinfold.tables.values import to_values

    table, frame, _ = train.single()
    column = table[target]
    written = text(to_values(frame[target], column))
    counts = written.filter(written != MISSING).value_counts().sort("count", target)
    if counts.height != 2:
        raise OptionError(f"target {target!r} has {counts.height:,} levels; curves take a column of two")
    return written, counts[target][0]


def _with(dataset: Dataset, frame: pl.DataFrame) -> Dataset:
    """A dataset of other rows; columns that were not drawn may be missing from them."""
    table = dataset.single()[0]
    table = table.model_copy(update={"columns": tuple(c for c in table if c.name in frame.columns)})
    schema = dataset.schema.model_copy(update={"tables": (table,)})
    return Dataset({table.name: frame.select(table.names)}, schema, dataset.layouts)


def _try(
    trial: _Trial, plight: Plight, share: float, rng: np.random.Generator, seed: int
) -> dict[str, tuple[float, float]]:
    """The figures that each way reaches once."""
    base = rng.permutation(len(trial.positive))[:ROWS]
    places, wrong = plight.starve(trial.positive[base], share, rng)
    frame = trial.train.single()[1][base[places]]
    answer = trial.positive[base[places]] ^ wrong
    yes, no = (pl.lit(value, frame.schema[trial.target]) for value in trial.values)
    frame = frame.with_columns(pl.when(pl.Series(answer)).then(yes).otherwise(no).alias(trial.target))
    real = _ask(trial, frame, frame)
    models = {
        _ALONE: learn_boosted(real.train, binary=True, seed=seed),
        _LOGISTIC: learn_logistic(real.train, seed=seed),
        _WEIGHTED: learn_boosted(real.train, binary=True, seed=seed, weight=_weights(real.train.y)),
        _SMOTE: learn_boosted(oversample(real.train, rng), binary=True, seed=seed),
    }
    reached = {way: _judge(model, real.holdout) for way, model in models.items()}
    reached |= _try_synthetic(trial, frame, answer, seed, balanced=plight.rare)
    return {way: reached[way] for way in sorted(reached, key=_weight)}


def _weight(way: str) -> int:
    """What a chart that can't show all draws first: real rows, synthetic ones beside them, what somebody asked for."""
    first = (_ALONE, _BOTH, _BALANCED)
    if way in first:
        return first.index(way)
    return len(first) + (way in (_LOGISTIC, _WEIGHTED, _SMOTE, _BOTH_LOGISTIC, _SYNTHETIC))


def _try_synthetic(
    trial: _Trial, frame: pl.DataFrame, answer: npt.NDArray[np.bool_], seed: int, *, balanced: bool
) -> dict[str, tuple[float, float]]:
    rows, lacking = max(len(frame), _DRAWN), len(answer) - 2 * int(answer.sum())
    drawn = _synthetic(trial, trial.fit_and_draw, frame, rows, None, seed)
    reached = dict.fromkeys([_BOTH, _BOTH_LOGISTIC, _SYNTHETIC], (np.nan, np.nan))
    if drawn is not None:
        models = {
            _BOTH: learn_boosted(drawn.train + drawn.synthetic, binary=True, seed=seed),
            _BOTH_LOGISTIC: learn_logistic(drawn.train + drawn.synthetic, seed=seed),
            _SYNTHETIC: learn_boosted(drawn.synthetic, binary=True, seed=seed),
        }
        reached = {way: _judge(model, drawn.holdout) for way, model in models.items()}
    if balanced:
        rare = _synthetic(trial, trial.fit_and_draw, frame, lacking, trial.level, seed)
        reached[_BALANCED] = _judge_both(rare, seed)
    for name, make in trial.others.items():
        wanted, level = (lacking, trial.level) if balanced else (rows, None)
        way = f"real + {name}{' of the rare answer' * balanced}"
        reached[way] = _judge_both(_synthetic(trial, make, frame, wanted, level, seed), seed)
    return reached


def _synthetic(
    trial: _Trial, make: FitAndDraw, frame: pl.DataFrame, rows: int, level: str | None, seed: int
) -> Question | None:
    try:
        return _ask(trial, frame, make(frame, rows, level, seed))
    except MissingExtraError:
        raise
    except TwinfoldError:
        return None


def _judge_both(question: Question | None, seed: int) -> tuple[float, float]:
    if question is None:
        return np.nan, np.nan
    return _judge(learn_boosted(question.train + question.synthetic, binary=True, seed=seed), question.holdout)


def _ask(trial: _Trial, real: pl.DataFrame, synthetic: pl.DataFrame) -> Question:
    rng = np.random.default_rng(0)  # the order of rows, which says nothing
    aligned = align(_with(trial.train, real), trial.holdout, _with(trial.train, synthetic), rng=rng)
    return ask(aligned, trial.target, trial.level)


def _weights(y: Floats) -> Floats:
    """As much weight for either answer."""
    share = y.mean()
    return np.where(y > 0, 0.5 / share, 0.5 / (1 - share)) if 0 < share < 1 else np.ones(len(y))


def _judge(model: Predict, holdout: Side) -> tuple[float, float]:
    chance, positive, alone = model(holdout.x), holdout.y > 0, np.ones((1, len(holdout)))
    return float(weighted_areas(chance, positive, alone)[0]), float(average_precision(positive, chance, alone)[0])


def _mean(values: Floats) -> tuple[float, float, float]:
    """The mean of the repeats that came about and Student's interval; NaN of none, without an interval of one.

    Nor is there one where all are the same: they were, of the same rows.
    """
    from scipy.stats import t

    known = values[~np.isnan(values)]
    if len(known) < 2 or np.ptp(known) == 0:
        return float(known.mean()) if len(known) else np.nan, np.nan, np.nan
    mean = float(known.mean())
    half = float(t.ppf(0.975, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known)))
    return mean, mean - half, mean + half


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _said(values: Floats) -> str:
    mean, low, high = _mean(values)
    if np.isnan(low):
        return "unknown" if np.isnan(mean) else f"{mean:+.3f} (no interval)"
    return f"{mean:+.3f} ({low:+.3f} to {high:+.3f})"


def _draw(trial: _Trial, plight: Plight, shares: Sequence[float], measure: str, values: dict[str, Floats]) -> Chart:
    """`values`: of each way, shape (shares, repeats)."""
    lines = []
    for way, each in values.items():
        means, lows, highs = zip(*(_mean(repeats) for repeats in each), strict=True)
        lines.append(Line(way, tuple(shares), means, lows, highs))
    sentence = f"{_tell_change(shares, measure, values)} {_tell_rival(shares, values)}".rstrip()
    title = f"{plight.title}: {measure} of {trial.target} = '{trial.level}'"
    return Chart("useful", title, sentence, plight.x_title, f"{measure} on real customers", tuple(lines), plight.log)


def _tell_change(shares: Sequence[float], measure: str, values: dict[str, Floats]) -> str:
    told = (f"{_said(values[_BOTH][k] - values[_ALONE][k])} at {_percent(share)}" for k, share in enumerate(shares))
    return f"Synthetic rows added to the real ones change the {measure} of boosted trees by {', '.join(told)}."


def _tell_rival(shares: Sequence[float], values: dict[str, Floats]) -> str:
    """How far real and synthetic rows are from what is best without synthetic ones, where all that is known."""
    told: dict[str, list[str]] = {}
    for k, share in enumerate(shares):
        worth = {way: _mean(values[way][k])[0] for way in (_BOTH, *_WITHOUT)}
        known = {way: mean for way, mean in worth.items() if not np.isnan(mean)}
        both = known.pop(_BOTH, None)
        if both is not None and known:
            best = max(known, key=lambda way: known[way])
            told.setdefault(best, []).append(f"{both - known[best]:+.3f} at {_percent(share)}")
    return " ".join(
        f"From {best!r}, the best without them, they differ by {', '.join(said)}." for best, said in told.items()
    )


def _compare(plight: Plight, shares: Sequence[float], measure: str, values: dict[str, Floats]) -> Exhibit:
    rows: list[tuple[str | float, ...]] = []
    for way, each in values.items():
        cells: list[str | float] = [way]
        for repeats, alone in zip(each, values[_LOGISTIC if way == _BOTH_LOGISTIC else _ALONE], strict=True):
            cells += [_mean(repeats)[0], "" if way == _ALONE else _said(repeats - alone)]
        rows.append(tuple(cells))
    header = ("Way", *(title for share in shares for title in (f"At {_percent(share)}", "above real alone")))
    sentence = (
        f"The {measure} on real customers, mean of {values[_ALONE].shape[1]} repeats, and what it is above real rows "
        "alone in the same repeat (where logistic regression learns both, above it on real rows), with its 95 % "
        "interval over repeats that draw other rows; the holdout is the same."
    )
    return Exhibit("useful", f"{plight.title}: {measure}", sentence, header, tuple(rows))
