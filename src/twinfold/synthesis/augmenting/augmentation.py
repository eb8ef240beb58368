"""New rows made of real ones: which methods there are, and how many rows each level of a target gets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl

from twinfold.errors import DataError, OptionError, unknown_name
from twinfold.synthesis.augmenting.interpolation import NEIGHBOURS, interpolate
from twinfold.synthesis.augmenting.jitter import SCALE, disturb
from twinfold.synthesis.augmenting.material import Material
from twinfold.synthesis.augmenting.mixing import mix
from twinfold.synthesis.augmenting.quotas import share_out
from twinfold.synthesis.augmenting.relations import keep_relations
from twinfold.synthesis.augmenting.values import Values

ALL = "all"
"""What rows are of where there is no target."""


class Method(StrEnum):
    """How new rows are made."""

    SMOTE = "smote"
    MIXUP = "mixup"
    NOISE = "noise"
    RESAMPLE = "resample"


@dataclass(frozen=True)
class Recipe:
    """What is asked of an augmentation; see `twinfold.augment`. Checked at birth: raises `OptionError`."""

    method: str = Method.SMOTE
    n: int | None = None
    balance: bool = True
    neighbours: int = NEIGHBOURS
    scale: float = SCALE

    def __post_init__(self) -> None:
        known = [method.value for method in Method]
        if self.method not in known:
            raise OptionError(unknown_name("method", str(self.method), known))
        if self.n is not None and self.n < 1:
            raise OptionError(f"n is {self.n}; give 1 or more, or leave it out")
        if self.neighbours < 1:
            raise OptionError(f"neighbours is {self.neighbours}; give 1 or more, such as {NEIGHBOURS}")
        if not 0 <= self.scale <= 100:
            raise OptionError(f"scale is {self.scale:g}; give 0 to 100 standard deviations, such as {SCALE:g}")

    @property
    def fewest(self) -> int:
        """Real rows of a level that new ones can be made of."""
        return 1 if self.method == Method.RESAMPLE else 2


@dataclass(frozen=True)
class Augmented:
    """New rows as the table stores them, and `counts`: how many of each level of the target, (`ALL`, n) without one."""

    frame: pl.DataFrame
    counts: dict[str, int]


def augment_rows(
    material: Material, recipe: Recipe, *, seed: int, counts: Mapping[str, int] | None = None
) -> Augmented:
    """Make new rows of real ones, each of rows with the same answer alone.

    `counts`: how many of each level, as in `Augmented`, whatever the recipe says; of levels not named, none.

    Raises `DataError` where a level has too few rows to make others of, and `OptionError` where nothing is to be made.
    """
    levels = len(material.answer_values)
    held = np.bincount(material.answers, minlength=levels)
    names = material.answer_values.cast(pl.String).to_list() if material.target is not None else [ALL]
    wanted = share_out(held.tolist(), recipe.n, balance=recipe.balance and material.target is not None)
    if counts is not None:
        wanted = [counts.get(name, 0) for name in names]
    if not sum(wanted):
        raise OptionError(
            f"all {levels} levels of {material.target!r} are equally frequent, so nothing is to be balanced; give n, "
            "or no balance"
        )
    for name, real, new in zip(names, held.tolist(), wanted, strict=True):
        if new and real < recipe.fewest:
            whose = "the table has" if material.target is None else f"level {name!r} of {material.target!r} has"
            raise DataError(
                f"{whose} {real} row{'s' * (real != 1)}; {recipe.method} makes new ones of {recipe.fewest} or more: "
                "bring more rows, or leave such rows out"
            )
    streams, start, frames = np.random.default_rng(seed).spawn(levels), 0, []
    for answer, new in enumerate(wanted):
        if not new:
            continue
        among, rng = np.flatnonzero(material.answers == answer), streams[answer]
        made = _maker(material, recipe)(material.values[among], new, rng)
        if recipe.method != Method.RESAMPLE:
            made = keep_relations(material.hide_rare(made, among, rng), material.relations)
            made = material.hide_rare(made, among, rng)
        frames.append(material.store(made, answer, among, rng, seed=seed, start=start))
        start += new
    frame = pl.concat(frames)
    order = np.random.default_rng([seed, 1]).permutation(frame.height)
    return Augmented(frame[order], {name: new for name, new in zip(names, wanted, strict=True) if new})


def _maker(material: Material, recipe: Recipe) -> Callable[[Values, int, np.random.Generator], Values]:
    """The method, as a function of rows of one kind, how many new ones are wanted, and chance."""
    if recipe.method == Method.SMOTE:
        return lambda rows, n, rng: interpolate(rows, n, rng, neighbours=recipe.neighbours)
    if recipe.method == Method.MIXUP:
        return lambda rows, n, rng: mix(rows, n, rng, encodings=material.encodings)
    if recipe.method == Method.NOISE:
        return lambda rows, n, rng: disturb(rows, n, rng, scale=recipe.scale)
    return lambda rows, n, rng: rows[rng.integers(len(rows), size=n)]
