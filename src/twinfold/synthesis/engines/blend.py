"""The `blend` engine: half of the rows from the trees, half from the network.

The errors of the two are not the same, so that their mixture is likelier on unseen rows than either (Wolpert 1992,
"Stacked generalization"; figures in docs/design/2026-11-22-network.md). A row comes from one of them as a whole: so
both stay as they are, and what is asked of a draw is weighed by whichever drew it.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.errors import ModelFileError
from twinfold.protocols import CodeColumn, Codes, CodeTable, Draw, Progress, silent
from twinfold.synthesis.engines.deep import load_deep
from twinfold.synthesis.engines.network import NetworkEngine, NetworkModel
from twinfold.synthesis.engines.trees import TreesEngine, TreesModel

Array = npt.NDArray[Any]

_TREES_WORK = 0.1  # the trees' part of the time that a fit takes, about


class BlendModel:
    """What the `blend` engine has learned of a table's codes."""

    def __init__(self, trees: TreesModel, network: NetworkModel | None, *, share: float = 0.5, note: str = "") -> None:
        """`share` of the rows come from the network; none where it was stopped before there was one."""
        self.trees, self.network, self.note = trees, network, note
        self.share = share if network is not None else 0.0

    def sample(
        self,
        n: int,
        *,
        allowed: Mapping[int, npt.NDArray[np.float32]],
        given: Mapping[int, Codes],
        rng: np.random.Generator,
    ) -> Draw:
        """Draw n rows; see `protocols.Model.sample`."""
        if self.network is None:
            return self.trees.sample(n, allowed=allowed, given=given, rng=rng)
        codes, log_weight = np.zeros((len(self.trees.columns), n), np.uint16), np.zeros(n)
        networks = rng.random(n) < self.share
        for model, rows in ((self.trees, np.flatnonzero(~networks)), (self.network, np.flatnonzero(networks))):
            own = {j: column[rows] for j, column in given.items()}
            drawn = model.sample(len(rows), allowed=allowed, given=own, rng=rng)
            codes[:, rows], log_weight[rows] = drawn.codes, drawn.log_weight
        return Draw(codes, log_weight)

    def log_prob(self, codes: Codes) -> npt.NDArray[np.float64]:
        """The log probability of each row of codes, shape (rows,); finite for every row of valid codes."""
        trees = self.trees.log_prob(codes)
        if self.network is None:
            return trees
        mixed: npt.NDArray[np.float64] = np.logaddexp(
            np.log1p(-self.share) + trees, np.log(self.share) + self.network.log_prob(codes)
        )
        return mixed

    def arrays(self) -> dict[str, Array]:
        """Everything learned, as plain arrays."""
        out = {f"trees_{name}": array for name, array in self.trees.arrays().items()}
        if self.network is not None:
            out |= {f"network_{name}": array for name, array in self.network.arrays().items()}
        return out | {"share": np.array([self.share])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], columns: Sequence[CodeColumn]) -> Self:
        """The model that `arrays` came from, checked by each of its parts."""
        own: dict[str, dict[str, Array]] = {"trees": {}, "network": {}, "share": {}}
        try:
            for name, array in arrays.items():
                part, _, rest = name.partition("_")
                own[part][rest] = array
            share = float(own["share"][""][0])
            if not (0 < share < 1 if own["network"] else share == 0):
                raise ValueError(f"a share of {share}")
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ModelFileError(f"the model's blend is damaged ({error}); fit the model again") from None
        network = NetworkModel.from_arrays(own["network"], columns) if own["network"] else None
        return cls(TreesModel.from_arrays(own["trees"], columns), network, share=share)


@dataclass(frozen=True)
class BlendEngine:
    """Settings of the `blend` engine.

    Attributes:
        trees, network: the engines whose models are blended.
        share: of the rows that come from the network, above 0 and below 1.
    """

    trees: TreesEngine = field(default_factory=TreesEngine)
    network: NetworkEngine = field(default_factory=NetworkEngine)
    share: float = 0.5

    def fit(
        self, table: CodeTable, *, seed: int, budget: float | None = None, progress: Progress = silent
    ) -> BlendModel:
        """Learn a table's codes. Stopped by `KeyboardInterrupt` after the first round of trees, gives what it has.

        A fifth of a `budget` goes to the trees, what is left of it to the network. Raises `MissingExtraError` where
        torch is not installed.
        """
        load_deep("network_training")  # what can't be learned is said before the trees are
        begun = time.monotonic()

        def tell(stage: str, done: float) -> None:
            progress(stage, _TREES_WORK * done)

        def tell_later(stage: str, done: float) -> None:
            progress(stage, _TREES_WORK + (1 - _TREES_WORK) * done)

        trees = self.trees.fit(table, seed=seed, budget=None if budget is None else budget / 5, progress=tell)
        if trees.note:
            return BlendModel(trees, None, note=f"{trees.note} of trees")
        rest = None if budget is None else max(0.0, budget - (time.monotonic() - begun))
        try:
            network = self.network.fit(table, seed=seed, budget=rest, progress=tell_later)
        except KeyboardInterrupt:
            return BlendModel(trees, None, note="stopped early, before there was a network: trees alone")
        return BlendModel(trees, network, share=self.share, note=network.note)
