"""Choosing customers: of those that are drawn, the ones that together look like real ones.

A history is drawn one row after another, and what it amounts to (how many rows, their sum, the last one's time) drifts
from what real ones amount to. So customers are drawn independently and chosen by what they amount to, with the means of
`calibration`: a tilt that learned to tell drawn from real ones, and quotas of shares.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes, CodeTable, Progress, silent
from twinfold.synthesis.acceptance import Acceptance, tilt_scale, tilt_weights
from twinfold.synthesis.calibration import ROUNDS
from twinfold.synthesis.clock import Binning
from twinfold.synthesis.guard import Probe, probe_drawn
from twinfold.synthesis.leaves import as_bins, bin_sizes
from twinfold.synthesis.population import Population
from twinfold.synthesis.quotas import Selection, learn_quotas
from twinfold.synthesis.summaries import summarise
from twinfold.synthesis.tilt import Tilt, learn_tilt

Array = npt.NDArray[Any]

DRAWN = 3
"""Customers drawn for each real one that a tilt is learned from."""

MOST_REAL = 30_000
"""Real customers that are learned from, at most."""


@dataclass(frozen=True)
class Chooser:
    """What real customers amount to.

    Attributes:
        acceptance: over the customers' own columns, and below them one for each summary of each table.
        binnings: of the summaries, by table and name.
    """

    acceptance: Acceptance
    binnings: Mapping[str, Mapping[str, Binning]]

    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Everything learned, as settings for JSON and arrays."""
        arrays = self.acceptance.arrays()
        for i, own in enumerate(self.binnings.values()):
            arrays |= {f"bins_{i}_{k}": binning.edges for k, binning in enumerate(own.values())}
        return {"summaries": {table: list(own) for table, own in self.binnings.items()}}, arrays

    @classmethod
    def from_state(
        cls, settings: Mapping[str, Any], arrays: Mapping[str, Array], columns: Sequence[CodeColumn]
    ) -> "Chooser":
        """The chooser that `state` came from, of customers with such columns. Raises `KeyError` or `ValueError`."""
        binnings: dict[str, dict[str, Binning]] = {}
        for i, (table, names) in enumerate(settings["summaries"].items()):
            binnings[str(table)] = {
                str(name): Binning.restored(arrays[f"bins_{i}_{k}"]) for k, name in enumerate(names)
            }
        return cls(Acceptance.from_arrays(arrays, (*columns, *_summary_columns(binnings))), binnings)

    def choose(self, choice: Selection, drawn: Population, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """The places of the drawn customers that are kept."""
        return self.acceptance.choose(choice, _encode(drawn, self.binnings), rng)


def _encode(drawn: Population, binnings: Mapping[str, Mapping[str, Binning]]) -> Codes:
    codes = [drawn.codes]
    for table, own in binnings.items():
        found = summarise(drawn.rows[table], drawn.size)
        codes.append(np.stack([binning.encode(found[name]) for name, binning in own.items()]))
    return np.ascontiguousarray(np.concatenate(codes).astype(np.uint16))


def _summary_columns(binnings: Mapping[str, Mapping[str, Binning]]) -> list[CodeColumn]:
    return [binning.column(f"{table} {name}") for table, own in binnings.items() for name, binning in own.items()]


def learn_chooser(
    columns: Sequence[CodeColumn],
    real: Population,
    tables: Sequence[str],
    draw: Callable[[int, np.random.Generator], Population],
    *,
    held: Array,
    seed: int,
    progress: Progress = silent,
) -> tuple[Chooser, Probe]:
    """Learn what real customers amount to, and how drawn ones differ; and what of it chosen ones give away.

    The guard's attacks are run on what histories amount to: those that were learned from against those that were not.

    Args:
        columns: the customers' own.
        real: real customers, with their rows.
        tables: the tables whose rows are summarised.
        draw: gives so many customers.
        held: of the real customers, those whose rows `draw` was not learned from, a mask: they say when the tilt has
            learned enough.
        seed: of all chance.
        progress: told "learning" from 0 to 1.
    """
    rng = np.random.default_rng(seed)
    binnings: dict[str, dict[str, Binning]] = {}
    for table in tables:
        found = summarise(real.rows[table], real.size)
        made = {name: Binning.of(values, np.arange(real.size)) for name, values in found.items()}
        binnings[table] = {name: binning for name, binning in made.items() if len(binning.edges)}
        if not binnings[table]:  # one row each, and no number in it
            del binnings[table]
    every = (*columns, *_summary_columns(binnings))
    sizes = bin_sizes(every)
    codes = _encode(real, binnings)
    bins = as_bins(every, codes)
    learned, spare = (rng.permutation(np.flatnonzero(mask))[:MOST_REAL] for mask in (~held, held))
    taught, kept = DRAWN * len(learned), DRAWN * len(spare)
    parts = [_encode(draw(len(learned) + len(spare), rng), binnings) for _ in range(DRAWN)]
    drawn = as_bins(every, np.concatenate(parts, axis=1))
    progress("learning", 0.4)
    tilt = learn_tilt(
        bins[learned],
        drawn[:taught],
        bins[spare],
        drawn[taught : taught + kept],
        columns=every,
        rounds=ROUNDS,
        seed=seed,
    )
    progress("learning", 0.8)
    tilt = tilt or Tilt.none(sizes)
    every_draw, scale = np.concatenate(parts, axis=1), tilt_scale(tilt.scores(drawn))
    weights = tilt_weights(tilt, scale, drawn)
    quotas = learn_quotas(every, codes, bins, sizes, drawn=every_draw, weights=weights, seed=seed)
    acceptance = Acceptance(every, tilt, scale, quotas)
    chosen = every_draw[:, acceptance.choose(acceptance.begin(real.size), every_draw, rng)]
    own = len(columns)
    seen, unseen = (CodeTable(every[own:], np.ascontiguousarray(codes[own:, mask])) for mask in (~held, held))
    return Chooser(acceptance, binnings), probe_drawn(chosen[own:], seen, unseen, seed=seed)
