"""The architecture of Twinfold on one page: what its parts promise each other.

Tables become integer codes (`synthesis.encoding`), an `Engine` learns codes and gives a `Model`, a `Model` draws new
codes, codes become tables again. Nobody but the encoding knows how a value became a code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

    from twinfold.behaviour.forecast import Forecast

Codes = npt.NDArray[np.uint16]
"""Integer codes, shape (columns, rows): a row of this array is a column of the table, contiguous in memory."""


class Progress(Protocol):
    """Told how far a piece of work has come; may raise `KeyboardInterrupt` to stop it."""

    def __call__(self, stage: str, done: float) -> None:
        """`stage` in the user's words ("learning"), `done` from 0 to 1 within that stage."""


@dataclass(frozen=True)
class CodeColumn:
    """What an engine may know of a column: its name, how many codes it has, and whether their order means anything.

    `missing` and `rare` are codes that stand for a missing value and for the levels too rare to be shown, or None. A
    rare code is never drawn unless `rare_drawn`: the column is predicted as if those rows had not been observed.
    """

    name: str
    cardinality: int
    ordered: bool
    missing: int | None = None
    rare: int | None = None
    rare_drawn: bool = False


@dataclass(frozen=True)
class CodeTable:
    """A table as an engine sees it: `codes` of shape (columns, rows), each below its column's cardinality."""

    columns: tuple[CodeColumn, ...]
    codes: Codes

    def __post_init__(self) -> None:
        if self.codes.ndim != 2 or len(self.codes) != len(self.columns):
            raise ValueError(f"codes of shape {self.codes.shape} for {len(self.columns)} columns")

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.codes.shape[1])


@dataclass(frozen=True)
class Draw:
    """Rows that a model drew: `codes` of shape (columns, rows), and `log_weight` of shape (rows,).

    A row stands for the conditional distribution in proportion to exp(log_weight): zero throughout where nothing was
    asked of the draw, the log probability of what was asked otherwise (Doucet and Johansen 2009, section 3).
    """

    codes: Codes
    log_weight: npt.NDArray[np.float64]


class Model(Protocol):
    """What an engine has learned. Immutable; drawing from it changes nothing.

    `note` says what a user must know of the fit ("stopped early, after 3 of 20 rounds"); empty where all went well.
    """

    note: str

    def sample(
        self,
        n: int,
        *,
        allowed: Mapping[int, npt.NDArray[np.float32]],
        given: Mapping[int, Codes],
        rng: np.random.Generator,
    ) -> Draw:
        """Draw n rows.

        `allowed[j]`, shape (cardinality of j,), from 0 to 1: how much of each code of column j a condition admits.
        `given[j]`, shape (n,): the code that column j has in each row.
        """

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything learned, as plain arrays for the model file."""


class LikelihoodModel(Model, Protocol):
    """A model that knows how likely a row is."""

    def log_prob(self, codes: Codes) -> npt.NDArray[np.float64]:
        """The log probability of each row of codes, shape (rows,); finite for every row of valid codes."""


class Engine(Protocol):
    """A way of learning codes."""

    def fit(self, table: CodeTable, *, seed: int, budget: float | None, progress: Progress) -> LikelihoodModel:
        """Learn the joint distribution of a table's codes.

        `budget`: seconds of wall time that the fit may take, about; None: what the engine's default settings take,
        infinity: what it takes until more brings nothing.
        Where `progress` raises `KeyboardInterrupt`, gives the model so far if that is usable, and says so in its note.
        """


class DecisionModel(Protocol):
    """What customers decide, learned from what they decided; immutable."""

    def forecast(self, frame: "pl.DataFrame") -> "Forecast":
        """What is expected of each row of a frame of values, with its interval, and what stands behind it."""

    def describe(self) -> list[str]:
        """What was learned, line by line, in plain words."""

    def record(self) -> dict[str, Any]:
        """What JSON can say of what was learned."""

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The rest, as plain arrays for the model file."""


def silent(stage: str, done: float) -> None:
    """A `Progress` that tells nobody."""
