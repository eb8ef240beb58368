"""How likely customers are under a model of linked tables, with all that they have.

Every history is gone through as it would be drawn, and the log probabilities of all that came are added up: that there
is another row, when, and what it holds, given the parent and what came before.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.protocols import Codes
from twinfold.synthesis.cross_links import add_crossing, find_places_of
from twinfold.synthesis.differences import measure, read_numbers
from twinfold.synthesis.hierarchy import find_parents
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.synthesis.observation import observe
from twinfold.synthesis.past import Rows
from twinfold.synthesis.population import Part, bind, children_of, counted_from, gather
from twinfold.synthesis.replay import Replay
from twinfold.tables.keys import sort_rows
from twinfold.tables.values import physical_type

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


def log_likelihood_linked(synthesizer: LinkedSynthesizer, tables: Mapping[str, pl.DataFrame]) -> Floats:
    """The natural log of each customer's probability, with all that hang on them, (customers,).

    It is that of the same codes: categories, common numbers and quantile bins, as that of a single table's row is
    (`likelihood.log_likelihood`). What was never learned counts as the nearest that was, times 1 / (learned rows + 1).
    Whom of the drawn customers one keeps, and which of a few drawn rows, is left aside: it moves all that are alike by
    the same.

    Args:
        synthesizer: what was learned.
        tables: by name as they are stored, those of customers and all that their links lead to. Rows that hang on no
            customer count for nobody.
    """
    parts, root = synthesizer.parts, synthesizer.parts[0]
    frames = dict(tables) | {part.table.name: _read(part, tables) for part in synthesizer.every_part}
    if synthesizer.crossing:
        learned = {part.table.name: part.table for part in synthesizer.every_part}
        places = find_places_of(frames, [(part.table, part.link) for part in synthesizer.every_part])
        frames = add_crossing(frames, learned, places, synthesizer.crossing)
    measured = measure(frames[root.table.name], root.table, root.differences, {})
    numbers = {name: root.codebook.read_numbers(name, measured[name]) for name in counted_from(root)}
    codes = root.codebook.encode(measured).codes
    found = _never(root, measured)
    if synthesizer.model is not None:
        found += synthesizer.model.log_prob(codes)
    contexts, owners = {root.table.name: codes}, {root.table.name: np.arange(codes.shape[1])}
    bases: dict[str, Mapping[str, Array]] = {root.table.name: root.bases(numbers, None, {})}
    seen: dict[str, Rows] = {}
    for part, link in children_of(parts):
        name, above, known = part.table.name, contexts[link.table], bases[link.table]
        parent = find_parents(frames[name], frames[link.table], part.table, link)
        time = None if part.table.time is None else read_numbers(frames[name], part.table[part.table.time])
        order = np.flatnonzero(parent >= 0)
        order = order[sort_rows(parent[order], None if time is None else time[order])]
        frames[name], parent = frames[name][order], parent[order]
        time = time[order] if time is not None and part.history is not None and part.history.clock else None
        own_bases = gather(known, parent)
        measured = measure(frames[name], part.table, part.differences, own_bases)
        rows = part.read(measured, parent, time)
        owners[name] = owners[link.table][parent]
        own = _log_prob_rows(part, rows, above, known, seen)
        np.add.at(found, owners[name], _never(part, measured))
        found += np.bincount(owners[link.table], weights=own, minlength=len(found))
        contexts[name], seen[name] = part.context(rows, above), rows
        if part.told is not None:
            contexts[link.table] = np.concatenate([above, part.told.tell(rows, above.shape[1])])
        bases[name] = part.bases(rows.numbers, time, own_bases)
    return found


def _read(part: Part, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """A table's rows as they are learned; columns that are not there, as made-up ones may be, are missing values."""
    frame = tables[part.table.name]
    absent = [column for column in part.stored if column.name not in frame.columns]
    return part.births.read(frame.with_columns(pl.lit(None, physical_type(c.physical)).alias(c.name) for c in absent))


def _never(part: Part, measured: pl.DataFrame) -> Floats:
    """The log probability of what was never learned, (rows,)."""
    seen = observe(part.codebook, measured)
    never: Floats = (~seen.known | seen.beyond).sum(axis=0) * -np.log(part.rows + 1)
    return never


def _log_prob_rows(
    part: Part, rows: Rows, above: Codes, known: Mapping[str, Array], seen: Mapping[str, Rows]
) -> Floats:
    """The log probability of each parent's rows, and that there are no more; (parents,)."""
    parents = above.shape[1]
    found = np.zeros(parents)
    if part.history is None:
        return found
    history = bind(part.history, seen, known, parents, np.random.default_rng(0))
    since = part.since(known)
    replay = Replay(
        history.codebook,
        rows,
        above,
        np.arange(parents),
        history.clock,
        np.zeros(parents) if since is None else since,
        history.kinds,
        history.dues,
        history.repeated,
        history.running,
    )
    lessons, *_ = replay.run(history.binnings, history.recalled)
    for name in list(lessons.parts):
        contexts, answers, whose = lessons.take(name)
        if name in history.models:
            likely = history.models[name].log_prob(np.concatenate([contexts, answers]).astype(np.uint16))
        else:  # nobody had two rows
            likely = np.full(len(whose), -np.log(part.rows + 1))
        found += np.bincount(whose, weights=likely, minlength=parents)
    return found
