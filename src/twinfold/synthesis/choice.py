"""Which engine learns a table, and at what size: from its rows, the extras installed and the time allowed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from math import inf
from typing import Any

import numpy.typing as npt

from twinfold.errors import OptionError, unknown_name
from twinfold.protocols import CodeColumn, Engine
from twinfold.synthesis.engines.blend import BlendEngine, BlendModel
from twinfold.synthesis.engines.copula import CopulaEngine, CopulaModel
from twinfold.synthesis.engines.deep import load_deep
from twinfold.synthesis.engines.denoiser import DiffusionModel
from twinfold.synthesis.engines.latent import LatentModel
from twinfold.synthesis.engines.network import NetworkEngine, NetworkModel
from twinfold.synthesis.engines.pooled_trees import OlderRows, PooledTrees, PooledTreesEngine
from twinfold.synthesis.engines.start import Start
from twinfold.synthesis.engines.trees import TreesEngine, TreesModel

MODELS: dict[
    str,
    type[TreesModel]
    | type[NetworkModel]
    | type[BlendModel]
    | type[DiffusionModel]
    | type[LatentModel]
    | type[CopulaModel],
] = {
    "trees": TreesModel,
    "network": NetworkModel,
    "blend": BlendModel,
    "diffusion": DiffusionModel,
    "vae": LatentModel,
    "gan": LatentModel,
    "vaegan": LatentModel,
    "copula": CopulaModel,
}
"""Engines by name, with the model that each gives."""

DEEP = {"diffusion": "DiffusionEngine", "vae": "VAEEngine", "gan": "GANEngine", "vaegan": "VAEGANEngine"}
"""Engines whose modules need torch, with the class of their settings."""

UNCALIBRATED = ("copula",)
"""Engines whose models are left as the literature has them."""

ADAPTABLE = ("diffusion", "network")
"""Engines that can begin with an older model of their own; trees can with any."""

BLEND_ROWS = 5_000
"""With fewer rows a network is worse than trees, and drags a blend down."""

BLEND_SECONDS = 60.0
"""A blend has its network learn for a minute at least, for every 25,000 rows."""

LEAF_ROWS, LEAST_LEAF, MOST_LEAF = 300, 45, 80
"""For so many rows a leaf of trees that are calibrated holds a customer, and how many it holds at least and at most."""

Base = TreesModel | PooledTrees | NetworkModel | BlendModel | DiffusionModel | LatentModel | CopulaModel

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class EngineChoice:
    """An engine by its name and settings, and in plain words why it was chosen.

    `calibrated`: whether its model is to be calibrated.
    """

    name: str
    engine: Engine
    reason: str
    calibrated: bool = True


def read_budget(budget: str | float | None) -> float | None:
    """Seconds from "90s", "2m", "1h", a number of seconds, or "best" (infinity); None stays None.

    >>> read_budget("2m")
    120.0
    """
    if budget is None:
        return None
    text = f"{budget:.9f}" if isinstance(budget, float) and budget < 1e9 else str(budget).strip().lower()
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*([smh]?)", text)
    seconds = inf if text == "best" else float(found[1]) * _UNITS[found[2] or "s"] if found else 0.0
    if seconds <= 0:
        raise OptionError(f"budget {budget!r} is no time; give seconds, minutes or hours as 10s, 2m or 1h, or best")
    return seconds


def choose(
    name: str, *, rows: int, calibrated: bool, budget: float | None, start: Start | OlderRows | None = None
) -> EngineChoice:
    """Choose an engine and its size.

    Args:
        name: an engine, or "auto".
        rows: that are learned.
        calibrated: whether rows can be spared to calibrate with. Then leaves are larger, and grow with the rows: what
            they lose, calibration gives back, and they lean less on single rows.
        budget: seconds allowed; None for the engine's own settings.
        start: what an engine of `ADAPTABLE` begins with, or rows for trees to begin with.

    Raises:
        OptionError: an unknown engine.
        MissingExtraError: an engine that needs torch, which is not installed.
    """
    trees = TreesEngine()
    if calibrated:
        trees = replace(trees, min_leaf=min(max(LEAST_LEAF, rows // LEAF_ROWS), MOST_LEAF))
    adapted = start if isinstance(start, Start) else None
    engines: dict[str, Engine] = {
        "trees": PooledTreesEngine(trees, start) if isinstance(start, OlderRows) else trees,
        "network": NetworkEngine(start=adapted),
        "blend": BlendEngine(trees=trees),
        "copula": CopulaEngine(),
    }
    if name in DEEP:
        settings = {} if adapted is None else {"start": adapted}
        engines[name] = getattr(load_deep(name), DEEP[name])(**settings)
    if name in engines:
        return EngineChoice(name, engines[name], "it was asked for", calibrated=name not in UNCALIBRATED)
    if name != "auto":
        raise OptionError(unknown_name("engine", name, ["auto", *MODELS]))
    if budget is None:
        return EngineChoice("trees", trees, "it takes seconds; a budget of minutes, or best, lets a network join it")
    if rows < BLEND_ROWS:
        return EngineChoice("trees", trees, f"{rows:,} rows are too few for a network, which takes {BLEND_ROWS:,}")
    needed = BLEND_SECONDS * max(1.0, rows / 25_000)
    if budget < needed:
        return EngineChoice("trees", trees, f"a network takes {needed:,.0f} seconds to join it, more than the budget")
    if find_spec("torch") is None:
        return EngineChoice("trees", trees, 'a network could join it, but for torch: pip install "twinfold[deep]"')
    return EngineChoice("blend", engines["blend"], "the budget has room for a network beside the trees")


def restore_base(name: str, arrays: Mapping[str, npt.NDArray[Any]], columns: Sequence[CodeColumn]) -> Base:
    """The model of an engine of this name that `arrays` came from. Raises `ModelFileError`."""
    if name == "trees" and "older" in arrays:
        return PooledTrees.from_arrays(arrays, columns)
    return MODELS[name].from_arrays(arrays, columns)
