"""Transfer: what a model learned of one table, as the beginning of learning another.

Where the older model knows the values of a column that was matched (`matching`), its codes are taken; else a level is
the same where it is called the same, and a number where it falls into the same code of the older model. What is new
begins as in any fit.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import DataError, OptionError, RefusedError, unknown_name
from twinfold.protocols import Codes
from twinfold.synthesis.calibration import uncalibrated
from twinfold.synthesis.choice import ADAPTABLE, MODELS
from twinfold.synthesis.encoding.category import CategoryEncoding
from twinfold.synthesis.encoding.codebook import Codebook, Encoding, step_of
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.engines.denoiser import DiffusionModel
from twinfold.synthesis.engines.network import NetworkModel
from twinfold.synthesis.engines.pooled_trees import OLDER_ROWS, OlderRows
from twinfold.synthesis.engines.start import Older, Start
from twinfold.synthesis.matching import find_pairs
from twinfold.synthesis.release import describe_refusal, find_refusal
from twinfold.tables.dataset import Dataset
from twinfold.tables.schema import Column, Tails
from twinfold.tables.values import to_numbers, to_values

if TYPE_CHECKING:
    from twinfold.synthesis.synthesizer import Synthesizer

Array = npt.NDArray[Any]

_WIDE = ("Int64", "Float64")

KNOWN = 0.99
"""The share of a column's rows that an older encoding must have codes for, to be taken."""


def check_start(start: "Synthesizer", engine: str) -> str:
    """The engine that goes on with an older model: where it was left open its own, if that can, and else trees."""
    refusal = find_refusal(start.history)
    if refusal is not None:
        raise RefusedError(
            f"{describe_refusal(refusal)}; no fit begins with it: take one that was released, or fit anew"
        )
    if engine not in ("auto", *MODELS):
        raise OptionError(unknown_name("engine", engine, ["auto", *MODELS]))
    if engine == "auto":
        return start.engine if start.engine in ADAPTABLE else "trees"
    if engine != "trees" and (engine not in ADAPTABLE or engine != start.engine):
        raise OptionError(
            f"the engine {engine} can't begin with a model of {start.engine}: trees can with any, "
            f"{' and '.join(ADAPTABLE)} each with one of its own; leave the engine out"
        )
    return engine


def begin_with(
    start: "Synthesizer", engine: str, dataset: Dataset, codebook: Codebook, asked: Mapping[str, str], seed: int
) -> tuple[Codebook, Start | OlderRows, str]:
    """The codebook of a fit that begins with an older model, what the engine begins with, and that in plain words."""
    table, frame, _ = dataset.single()
    older, pairs = start.codebook, find_pairs(codebook, start.codebook, frame, asked)
    codebook = share_codes(codebook, older, pairs, frame, tails=dataset.schema.tails)
    begin: Start | OlderRows
    if engine == "trees":
        rng = np.random.default_rng(seed)
        count = min(OLDER_ROWS, start.rows)  # more would say more than its customers do
        drawn = start.model.sample(count, allowed={}, given={}, rng=rng).codes
        begin = borrow(codebook, older, pairs, drawn, rng)
        places = np.flatnonzero(begin.known.any(axis=1)).tolist()
    else:
        model = uncalibrated(start.model)
        assert isinstance(model, DiffusionModel | NetworkModel)  # those of `ADAPTABLE` engines
        begin = match_codes(codebook, older, pairs, model)
        places = list(begin.columns)
    if not places:
        raise DataError(
            f"no column of {table.name}, with values in common, is known to the older model; say which ones are the "
            'same (--match "income=salary"), or fit anew'
        )
    return codebook, begin, describe(places, codebook, older, pairs)


def share_codes(
    new: Codebook, old: Codebook, pairs: Mapping[str, str], frame: pl.DataFrame, *, tails: Tails
) -> Codebook:
    """The new table's codebook with the older encodings of columns whose values the older model knows.

    An older encoding knows levels and numbers that a small table has too few of: it is taken where it has a code of its
    own for nearly all (`KNOWN`) of the stored rows of `frame`, and what it gives can be stored as the new table is.
    Where the new schema clips `tails`, numbers keep their own encodings. `pairs`: by the name of a new column, that of
    the older one that it is.
    """
    encodings, notes = dict(new.encodings), list(new.notes)
    for name, older in pairs.items():
        encoding = old.encodings[older]
        clipped = tails == "clipped" and isinstance(encoding, NumberEncoding)
        if (
            not clipped
            and _is_stored_alike(encoding, old.table[older], new, name)
            and _knows(encoding, new, name, frame[name])
            and _tells_more(encoding, new.encodings[name], to_values(frame[name], new.table[name]))
        ):
            encodings[name] = _with_rare(encoding, to_values(frame[name], new.table[name]))
            notes = [note for note in notes if not note.startswith(f"{name}: ")]
    return replace(new, encodings=encodings, notes=tuple(notes))


def match_codes(new: Codebook, old: Codebook, pairs: Mapping[str, str], model: Older) -> Start:
    """Match the codes of a new table's columns to those of an older model and its codebook, by `pairs` of columns."""
    columns, codes, same = {}, {}, set()
    for place, name in enumerate(new.learned):
        if name not in pairs:
            continue
        older = old.learned.index(pairs[name])
        own, other = new.encodings[name], old.encodings[pairs[name]]
        found = np.arange(own.cardinality) if own is other else _match_codes(own, other)
        if found is not None and (found >= 0).any():
            columns[place], codes[place] = older, found
            if own is other:
                same.add(place)
    return Start(model, columns, codes, frozenset(same))


def _is_stored_alike(encoding: Encoding, older: Column, new: Codebook, name: str) -> bool:
    """Whether what an older encoding gives can be stored in a new column: kind, grid, word for rare levels."""
    own, column = new.encodings[name], new.table[name]
    if isinstance(encoding, FilledEncoding) or isinstance(own, FilledEncoding) or older.kind != column.kind:
        return False
    if older.physical != column.physical and (isinstance(own, CategoryEncoding) or column.physical not in _WIDE):
        return False
    if isinstance(encoding, NumberEncoding):
        step = step_of(column)
        return step == 0 or (encoding.step > 0 and bool(np.isclose(encoding.step / step, round(encoding.step / step))))
    return isinstance(own, CategoryEncoding) and encoding.label in (None, own.label)


def _knows(encoding: Encoding, new: Codebook, name: str, series: pl.Series) -> bool:
    """Whether an older encoding has codes for nearly all rows of a stored column."""
    assert not isinstance(encoding, FilledEncoding)
    values = to_values(series, new.table[name])
    if values.null_count() and encoding.missing is None:
        return False
    present = values.drop_nulls()
    if isinstance(encoding, NumberEncoding):
        low, high = encoding.span
        return bool(np.mean((to_numbers(present) >= low) & (to_numbers(present) <= high)) >= KNOWN)
    own = new.encodings[name]
    assert isinstance(own, CategoryEncoding)
    if not set(own.levels) <= set(encoding.levels):
        return False
    return float(np.mean(present.is_in(list(encoding.levels)).to_numpy())) >= KNOWN


def _with_rare(encoding: Encoding, values: pl.Series) -> Encoding:
    """An older encoding, with a code of levels that are not drawn where new rows hold some that it has no code for."""
    if not isinstance(encoding, CategoryEncoding) or encoding.has_rare:
        return encoding
    known = values.drop_nulls().is_in(list(encoding.levels)).all()
    return encoding if known else replace(encoding, has_rare=True, label=None)


def _tells_more(older: Encoding, own: Encoding, values: pl.Series) -> bool:
    """Whether an older encoding tells values apart as well as the new table's own: the entropy of their codes.

    An older table's bins are narrow where its own numbers lie, which may be elsewhere; a small table has few bins.
    """
    if not isinstance(older, NumberEncoding) or not isinstance(own, NumberEncoding):
        return True
    numbers = to_numbers(values)
    return _entropy(older.encode(numbers)) >= _entropy(own.encode(numbers))


def _entropy(codes: Array) -> float:
    share = np.bincount(codes) / len(codes)
    return float(-(share[share > 0] * np.log(share[share > 0])).sum())


def borrow(new: Codebook, old: Codebook, pairs: Mapping[str, str], drawn: Codes, rng: np.random.Generator) -> OlderRows:
    """What an older model drew, (columns, rows), in the codes of a new table; `pairs` as in `share_codes`."""
    codes = np.zeros((len(new.learned), drawn.shape[1]), np.uint16)
    known = np.zeros(codes.shape, np.bool_)
    for place, name in enumerate(new.learned):
        if pairs.get(name) in old.learned:
            older = drawn[old.learned.index(pairs[name])]
            codes[place], known[place] = _carry(older, old.encodings[pairs[name]], new.encodings[name], rng)
    return OlderRows(codes, known)


def describe(places: Collection[int], new: Codebook, old: Codebook, pairs: Mapping[str, str]) -> str:
    """What was matched, in plain words; `places` of the new columns that were."""
    names = [new.learned[j] for j in places]
    fresh = [name for j, name in enumerate(new.learned) if j not in places]
    renamed = [f"{name} ({pairs[name]})" for name in names if name != pairs[name]]
    unused = len(old.learned) - len(names)
    told = f"{len(names)} of {len(new.learned)} columns were known to the older model"
    told += f"; there under another name: {_listed(renamed)}" if renamed else ""
    told += f"; new to it: {_listed(fresh)}" if fresh else ""
    return told + (f"; {unused} that it knew are not here" if unused else "")


def tell_borrowed(rows: int) -> str:
    """What trees took of an older model, in plain words."""
    if not rows:
        return "rows that it draws do not make new ones likelier, so that it was left out"
    return f"{rows:,} rows that it drew were learned beside the new ones"


def _carry(codes: Array, old: Encoding, new: Encoding, rng: np.random.Generator) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Older codes, (rows,), as new ones, and where there is one."""
    if old is new:
        return codes, np.ones(len(codes), np.bool_)
    if isinstance(old, NumberEncoding):
        return _carry_numbers(old.decode(codes, rng), new)
    if isinstance(old, CategoryEncoding) and old.ordered and isinstance(new, NumberEncoding):
        values = np.array([*map(float, old.levels), *([np.nan] * (old.cardinality - len(old.levels)))])
        out, known = _carry_numbers(values[codes], new)
        return out, known & ((codes != old.rare) if old.rare is not None else True)
    back = None if not isinstance(old, CategoryEncoding) else _match_codes(old, new)
    if back is None:
        return np.zeros(len(codes), np.uint16), np.zeros(len(codes), np.bool_)
    found = back[codes]
    return np.maximum(found, 0).astype(np.uint16), found >= 0


def _carry_numbers(values: Array, new: Encoding) -> tuple[Array, npt.NDArray[np.bool_]]:
    """The new codes of numbers, NaN where missing; those beyond what the new table knows have none."""
    missing = np.isnan(values)
    if isinstance(new, NumberEncoding):
        low, high = new.span
        known = np.where(missing, new.has_missing, (values >= low) & (values <= high))
        return new.encode(values), known
    codes, known = np.zeros(len(values), np.uint16), np.zeros(len(values), np.bool_)
    if isinstance(new, CategoryEncoding) and new.ordered:
        for code, level in enumerate(new.levels):
            here = values == float(level)
            codes[here], known[here] = code, True
        if new.missing is not None:
            codes[missing], known[missing] = new.missing, True
    return codes, known


def _match_codes(new: Encoding, old: Encoding) -> Array | None:
    """The older code of each new one, -1 for none; None where the two are of different kinds."""
    if isinstance(new, NumberEncoding) and isinstance(old, NumberEncoding):
        values = new.decode(np.arange(new.cardinality), np.random.default_rng(0))
        found, (low, high) = np.full(new.cardinality, -1), old.span
        known = (values >= low) & (values <= high)
        found[known] = old.encode(values[known])
        if new.missing is not None and old.missing is not None:
            found[new.missing] = old.missing
        return found
    if isinstance(new, CategoryEncoding) and isinstance(old, NumberEncoding) and new.ordered:
        found, levels, (low, high) = np.full(new.cardinality, -1), np.array(new.levels, np.float64), old.span
        found[: len(levels)] = np.where((levels >= low) & (levels <= high), old.encode(levels), -1)
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


def _listed(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "") if names else "none"
