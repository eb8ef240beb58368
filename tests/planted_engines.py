"""Engines that are known to be bad, for tests of who finds that out; `plant` puts them where engines are looked up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from twinfold.errors import MissingExtraError
from twinfold.protocols import CodeTable, Draw
from twinfold.synthesis import choice, synthesizer

Pick = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class PlantedModel:
    """Rows that are picked among the learned ones."""

    table: CodeTable
    pick: Pick
    note: str = ""

    def sample(self, n: int, *, allowed: Any, given: Any, rng: np.random.Generator) -> Draw:
        return Draw(self.pick(self.table.codes, n, rng), np.zeros(n))

    def log_prob(self, codes: np.ndarray) -> np.ndarray:
        return np.zeros(codes.shape[1])

    def arrays(self) -> dict[str, np.ndarray]:
        return {}


@dataclass(frozen=True)
class PlantedEngine:
    """An engine whose model picks learned rows; `error` is raised instead, `work` is done before."""

    pick: Pick
    error: BaseException | None = None
    work: Callable[[Any, float | None], None] = field(default=lambda progress, budget: None)

    def fit(self, table: CodeTable, *, seed: int, budget: float | None, progress: Any) -> PlantedModel:
        if self.error is not None:
            raise self.error
        self.work(progress, budget)
        return PlantedModel(table, self.pick)


def copy_rows(codes: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Learned rows as they are."""
    return np.ascontiguousarray(codes[:, rng.permutation(codes.shape[1])[:n]])


def shuffle_columns(codes: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Each column by itself, as if nothing went with anything."""
    return np.stack([rng.choice(column, n) for column in codes])


MISSING = MissingExtraError('this engine needs wings, which are not installed; pip install "twinfold[wings]"')


def plant(
    patch: pytest.MonkeyPatch, engines: Mapping[str, PlantedEngine], *, keep: tuple[str, ...] = ("trees",)
) -> None:
    """Have the registry hold `keep` and these engines, and nothing else."""
    known = {name: choice.MODELS[name] for name in keep} | dict.fromkeys(engines, PlantedModel)
    patch.setattr(choice, "MODELS", known)
    chosen = choice.choose

    def choose(name: str, **settings: Any) -> choice.EngineChoice:
        return choice.EngineChoice(name, engines[name], "planted") if name in engines else chosen(name, **settings)

    patch.setattr(synthesizer, "choose", choose)
