"""Transfer: what a model learned of one table, as the beginning of learning another.

Columns are matched by their names, whatever their case and separators, and by what kind of code they have. A level is
the same where it is called the same; a number where it falls into the same code of the older model. What is new begins
as in any fit.
"""

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.protocols import LikelihoodModel
from twinfold.synthesis.encoding.category import CategoryEncoding
from twinfold.synthesis.encoding.codebook import Codebook, Encoding
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.engines.start import Start

Array = npt.NDArray[Any]


def match(new: Codebook, old: Codebook, model: LikelihoodModel) -> Start:
    """Match the learned columns of a new table's codebook to those of an older model and its codebook."""
    known = {_spelling(name): place for place, name in enumerate(old.learned)}
    columns, codes = {}, {}
    for place, name in enumerate(new.learned):
        older = known.get(_spelling(name))
        if older is None:
            continue
        found = _match_codes(new.encodings[name], old.encodings[old.learned[older]])
        if found is not None:
            columns[place], codes[place] = older, found
    return Start(model, columns, codes)


def describe(start: Start, new: Codebook, old: Codebook) -> str:
    """What was matched, in plain words."""
    names = [new.learned[j] for j in start.columns]
    fresh = [name for j, name in enumerate(new.learned) if j not in start.columns]
    unused = len(old.learned) - len(names)
    told = f"{len(names)} of {len(new.learned)} columns were known to the older model"
    told += f"; new to it: {_listed(fresh)}" if fresh else ""
    return told + (f"; {unused} that it knew are not here" if unused else "")


def _match_codes(new: Encoding, old: Encoding) -> Array | None:
    """The older code of each new one, -1 for none; None where the two are of different kinds."""
    if isinstance(new, NumberEncoding) and isinstance(old, NumberEncoding):
        values = new.decode(np.arange(new.cardinality), np.random.default_rng(0))
        found = np.full(new.cardinality, -1)
        known = ~np.isnan(values)
        found[known] = old.encode(values[known])
        if new.missing is not None and old.missing is not None:
            found[new.missing] = old.missing
        return found
    if isinstance(new, CategoryEncoding) and isinstance(old, NumberEncoding) and new.ordered:
        found = np.full(new.cardinality, -1)
        found[: len(new.levels)] = old.encode(np.array(new.levels, np.float64))
        return found
    if isinstance(new, CategoryEncoding) and isinstance(old, CategoryEncoding):
        older = {str(level): code for code, level in enumerate(old.levels)}
        found = np.full(new.cardinality, -1)
        for code, level in enumerate(new.levels):
            found[code] = older.get(str(level), -1)
        for own, other in ((new.missing, old.missing), (new.rare, old.rare)):
            if own is not None and other is not None:
                found[own] = other
        return found
    return None


def _spelling(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _listed(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "") if names else "none"
