"""What a column is likely to be, given any others: a discriminative learner is taught by draws of the model.

The model's own conditional follows from its likelihood by Bayes' rule, yet a likelihood multiplied over many columns
carries the noise of each; a learner that only has to tell the levels apart averages that noise away. It is taught by
as many draws as it can use, with the columns that are known (amortised inference: Cranmer, Brehmer and Louppe 2020,
"The frontier of simulation-based inference", section 3).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import OptionError, unknown_name
from twinfold.protocols import Progress
from twinfold.synthesis.encoding.category import CategoryEncoding
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.observation import observe, read_codes
from twinfold.synthesis.synthesizer import Synthesizer

Array = npt.NDArray[Any]

DRAWS, FEWEST = 100_000, 500
"""Rows that the learner is taught by, and the fewest that it can be taught by."""

CELLS = 2 * 10**7
"""Cells of those rows, at most: of a wide table, fewer rows are drawn."""

ROWS = 50_000
"""Rows predicted at a time."""

_ROUNDS, _TREES = 200, 1_000
"""Rounds of boosting, and trees in all, at most: of a column with many levels, fewer rounds are run."""

_SETTINGS = {
    "learning_rate": 0.05,
    "num_leaves": 31,
    "num_threads": 1,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class _Lesson:
    """What the learner sees: `x` of shape (rows, columns), NaN where unknown, and the drawn codes of the target."""

    x: Array
    target: Array
    categories: list[int]


@dataclass(frozen=True)
class Predictor:
    """A column, and the columns that it is predicted from; see `twinfold.predict`."""

    synthesizer: Synthesizer
    column: str
    given: tuple[str, ...]
    seed: int

    @property
    def numeric(self) -> bool:
        """Whether the column was learned as numbers."""
        return isinstance(self.synthesizer.codebook.encodings[self.column], NumberEncoding)

    @property
    def levels(self) -> tuple[Any, ...]:
        """The levels of the column that can come out, in the order of their codes; the rare ones' label last.

        Raises `OptionError` where the column holds numbers.
        """
        encoding = self.synthesizer.codebook.encodings[self.column]
        if not isinstance(encoding, CategoryEncoding):
            raise OptionError(f"column {self.column!r} holds numbers, not categories; use predict: mean and quantiles")
        return (*encoding.levels, *([encoding.label] if encoding.has_rare and encoding.rare_drawn else []))

    def probabilities(self, frame: pl.DataFrame, progress: Progress) -> Iterator[Array]:
        """The probability of each level, shape (rows, levels), piece by piece."""
        levels = len(self.levels)
        x, lesson = self._study(frame, progress)
        classes, target = np.unique(lesson.target, return_inverse=True)
        if len(classes) == 1:
            boosters = []
        elif levels == 2:
            boosters = [_taught(lesson, target, _ROUNDS, self.seed, objective="binary")]
        else:
            rounds = min(_ROUNDS, max(50, _TREES // len(classes)))
            settings = {"objective": "multiclass", "num_class": len(classes)}
            boosters = [_taught(lesson, target, rounds, self.seed, **settings)]
        for part in _parts(x, progress):
            out = np.zeros((len(part), levels))
            if not boosters:
                out[:, classes[0]] = 1.0
            else:
                found = np.asarray(boosters[0].predict(part, num_threads=1))
                out[:, classes] = found if found.ndim == 2 else np.stack([1 - found, found], axis=1)
            yield out

    def numbers(self, frame: pl.DataFrame, quantiles: Sequence[float], progress: Progress) -> Iterator[Array]:
        """The mean and the quantiles of a number or time, shape (rows, 1 + quantiles), piece by piece."""
        x, lesson = self._study(frame, progress)
        rng = np.random.default_rng([self.seed, 1])
        codebook = self.synthesizer.codebook
        target = read_codes(codebook, self.column, lesson.target, rng).cast(pl.Float64).to_numpy()
        scale = target.std() or 1.0  # LightGBM keeps targets as 32-bit floats: microseconds since 1970 need this
        scaled = (target - target.mean()) / scale
        boosters = [_taught(lesson, scaled, _ROUNDS, self.seed, objective="regression")]
        for quantile in quantiles:
            boosters.append(
                _taught(lesson, scaled, _ROUNDS, self.seed, objective="quantile", alpha=quantile)
                if np.ptp(scaled)
                else boosters[0]
            )
        for part in _parts(x, progress):
            found = np.stack([booster.predict(part, num_threads=1) for booster in boosters], axis=1)
            order = np.argsort(quantiles)
            found[:, 1 + order] = np.sort(found[:, 1:], axis=1)  # quantiles learned apart may cross
            yield found.clip(scaled.min(), scaled.max()) * scale + target.mean()

    def _study(self, frame: pl.DataFrame, progress: Progress) -> tuple[Array, _Lesson]:
        """The rows to predict, as the learner sees them, and what it is taught by."""
        codebook, model = self.synthesizer.codebook, self.synthesizer.model
        place = {name: j for j, name in enumerate(codebook.learned)}
        columns, rng = codebook.code_columns, np.random.default_rng([self.seed, 0])
        predictors, own = [place[name] for name in self.given], place[self.column]
        seen = observe(codebook, frame.select(self.given))
        x = np.where(seen.known, seen.codes, np.float32(np.nan))[predictors].T
        draws = min(DRAWS, max(FEWEST, CELLS // max(len(columns), 1)))
        progress("teaching", 0.0)
        codes = model.sample(draws, allowed={}, given={}, rng=rng).codes
        missing = columns[own].missing
        codes = codes[:, codes[own] != (-1 if missing is None else missing)]
        if codes.shape[1] < FEWEST:
            raise OptionError(
                f"column {self.column!r} is missing in nearly all rows that were learned; predict another one"
            )
        taught = codes[predictors].T.astype(np.float32)
        taught[rng.random(taught.shape) < np.isnan(x).mean(axis=0)] = np.nan  # as often unknown as in the rows to come
        categories = [i for i, j in enumerate(predictors) if not columns[j].ordered]
        return x, _Lesson(taught, codes[own], categories)


def predictor(
    synthesizer: Synthesizer, frame: pl.DataFrame, column: str, *, given: Sequence[str] | None, seed: int
) -> Predictor:
    """What predicts a column of rows from others that are in `frame`; None: from all of them but the column itself.

    Raises `OptionError` where the column was not learned, or one of `given` is not there, not learned, or the column.
    """
    if seed < 0:
        raise OptionError(f"seed is {seed}; give 0 or more")
    learned = [n for n in synthesizer.codebook.learned if _values_learned(synthesizer, n)]
    if column not in learned:
        raise OptionError(unknown_name("column", column, learned, among="what was learned"))
    if given is None:
        given = [name for name in synthesizer.codebook.learned if name in frame.columns and name != column]
    for name in given:
        if name == column:
            raise OptionError(f"column {column!r} can't be predicted from itself; leave it out of given")
        if name not in frame.columns:
            raise OptionError(unknown_name("column", name, frame.columns, among="the data"))
        if name not in synthesizer.codebook.learned:
            raise OptionError(unknown_name("column", name, synthesizer.codebook.learned, among="what was learned"))
    if not given:
        raise OptionError(f"the data holds no column that {column!r} could be predicted from; give at least one")
    return Predictor(synthesizer, column, tuple(dict.fromkeys(given)), seed)


def _values_learned(synthesizer: Synthesizer, name: str) -> bool:
    encoding = synthesizer.codebook.encodings[name]
    if isinstance(encoding, FilledEncoding):
        return False
    return isinstance(encoding, NumberEncoding) or bool(encoding.levels)


def _taught(lesson: _Lesson, target: Array, rounds: int, seed: int, **settings: Any) -> Any:
    import lightgbm

    data = lightgbm.Dataset(lesson.x, target, categorical_feature=lesson.categories, params={"verbose": -1})
    return lightgbm.train({**_SETTINGS, "seed": seed, **settings}, data, rounds)


def _parts(x: Array, progress: Progress) -> Iterator[Array]:
    for start in range(0, len(x), ROWS):
        progress("predicting", start / len(x))
        yield x[start : start + ROWS]
    progress("predicting", 1.0)
