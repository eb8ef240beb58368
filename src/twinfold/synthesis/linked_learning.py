"""Learning linked tables: the customers' own columns, then every child table after its parent, then whom to choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import DataError, OptionError, SchemaError
from twinfold.protocols import CodeTable, LikelihoodModel, Progress, silent
from twinfold.synthesis.calibration import CalibratedModel
from twinfold.synthesis.choice import choose, read_budget
from twinfold.synthesis.choosing import Chooser, learn_chooser
from twinfold.synthesis.clock import DAYS
from twinfold.synthesis.composite_keys import check_key, find_counting
from twinfold.synthesis.copied import CopiedColumn, plan_copies
from twinfold.synthesis.cross_links import CrossLink, added_columns, learn_cross_links, widen
from twinfold.synthesis.differences import (
    find_differences,
    find_ratios,
    measure,
    measured_columns,
    read_numbers,
)
from twinfold.synthesis.encoding.codebook import learn_codebook
from twinfold.synthesis.engines.trees import TreesEngine
from twinfold.synthesis.following_learning import bind_copies, find_following, find_statuses
from twinfold.synthesis.guard import REFITS, Probe
from twinfold.synthesis.hierarchy import Branch, Tree, arrange, body_of, elsewhere_of, find_parents
from twinfold.synthesis.history_learning import learn_history
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.synthesis.past import Rows, read_rows, show
from twinfold.synthesis.population import (
    Part,
    Population,
    children_of,
    draw_population,
    gather,
)
from twinfold.synthesis.summaries import Told
from twinfold.synthesis.synthesizer import MIN_ROWS, fit_codes
from twinfold.tables.birth_numbers import BirthNumbers, read_dataset
from twinfold.tables.dataset import Dataset
from twinfold.tables.equalities import find_equalities
from twinfold.tables.keys import sort_rows
from twinfold.tables.ruled_columns import apply_formulas, ruled_columns
from twinfold.tables.rules import Order, Running, Transitions
from twinfold.tables.schema import Schema, Table, Treatment

Array = npt.NDArray[Any]

LEAF = 20
"""Customers whose rows fill a leaf."""

HELD_SHARE, LEAST_CUSTOMERS = 0.1, 1_000
"""Customers that say when choosing has learned enough, as a share; with fewer in all, none are chosen."""


def learn_linked(
    dataset: Dataset,
    *,
    engine: str = "auto",
    budget: str | float | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> LinkedSynthesizer:
    """Learn linked tables.

    Args:
        dataset: several tables, of which one holds the customers, and all others are connected with it by links.
        engine: how the customers' own columns are learned; all else is by trees. See `synthesizer.learn`.
        budget: the time that these may take; what hangs on them takes its own.
        seed: of all chance; the same seed gives the same model.
        progress: told how far the work has come.

    Raises:
        DataError: too few customers, a key that is given twice, a table that no link connects, or links that go round.
        OptionError: an unknown engine, one for customers without a column, or a budget that is no time.
    """
    seconds = read_budget(budget)
    choose(engine, rows=0, calibrated=False, budget=seconds)  # an unknown engine is said at once
    if seed < 0:
        raise OptionError(f"seed is {seed}; give 0 or more")
    dataset, births = read_dataset(dataset)
    schema, notes = dataset.schema, list[str]()
    for known in schema.tables:  # a circle is said before the work
        apply_formulas(dataset.tables[known.name].drop(ruled_columns(known)).head(1), known)
    forest = arrange(dataset)
    crossing, frames = learn_cross_links(dataset, forest, notes)
    wide = _widen(dataset, frames, crossing)
    stages = sum(len(tree.names) + 1 for tree in forest.trees)
    trees, done = list[LinkedSynthesizer](), 0
    for tree in forest.trees:
        tell = _part_of(progress, done, len(tree.names) + 1, stages)
        how = _Settings(engine, seconds, seed) if not trees else _Settings("auto", None, seed)
        trees.append(_learn_tree(wide, dataset.schema, tree, births, how, notes, tell))
        done += len(tree.names) + 1
    passed = {t.name: (dataset.tables[t.name], dataset.layouts[t.name]) for t in schema.tables if t.reference}
    first = trees[0]
    added = tuple(f"{column.name}: " for table in schema.tables for column in added_columns(table.name, crossing))
    notes = [note for note in notes if not note.startswith(added)]
    return replace(
        first,
        beside=tuple(trees[1:]),
        crossing=crossing,
        reference=passed,
        order=tuple(dataset.tables),
        subject=schema.subject or first.subject,
        notes=tuple(notes),
    )


def _widen(dataset: Dataset, frames: Mapping[str, pl.DataFrame], crossing: Sequence[CrossLink]) -> Dataset:
    """The dataset with the columns that links add to its tables."""
    tables = tuple(widen(table, crossing) for table in dataset.schema.tables)
    schema = dataset.schema.model_copy(update={"tables": tables})
    return Dataset({**dataset.tables, **frames}, schema, dataset.layouts, dataset.notes)


@dataclass(frozen=True)
class _Settings:
    """How the rows of a table that hangs on no other are learned; see `learn_linked`."""

    engine: str
    seconds: float | None
    seed: int


def _learn_tree(
    dataset: Dataset,
    schema: Schema,
    tree: Tree,
    births: Mapping[str, BirthNumbers],
    how: _Settings,
    notes: list[str],
    progress: Progress,
) -> LinkedSynthesizer:
    """Learn a table and all that hang on it, of a dataset with the columns that links add.

    `schema`: without these columns.
    """
    root = dataset.schema[tree.root.name]
    hanging = [replace(branch, table=dataset.schema[branch.table.name]) for branch in tree.branches]
    for rule in root.parsed_rules:
        if isinstance(rule, Running | Transitions):
            raise SchemaError(
                f"rule {str(rule)!r} of {root.name} asks for the row before, and {root.name} has one row for each "
                "customer; take it out of schema.toml, or say what the table's rows hang on"
            )
    elsewhere = elsewhere_of(
        [root, *(hung.table for hung in hanging)],
        [None, *(hung.link for hung in hanging)],
        [False, *(hung.turned for hung in hanging)],
    )
    asked = {name: _asked(name, schema) for name in (root.name, *(hung.table.name for hung in hanging))}
    copies = _plan_copies(dataset, root, hanging, asked)
    stages = len(hanging) + 2
    part, model, learner, context = _learn_root(
        dataset,
        root,
        elsewhere[root.name],
        asked[root.name],
        how=how,
        notes=notes,
        progress=_staged(progress, 0, stages),
    )
    every = _Hanging(hanging, elsewhere, asked, copies, births, replace(part, births=births[root.name]), model, context)
    made = _learn_guarded(dataset, every, seed=how.seed, progress=progress)
    notes += made.notes
    narrow = (part.table.model_copy(update={"columns": schema[part.table.name].columns}) for part in made.parts)
    parts = tuple(replace(part, table=table) for part, table in zip(made.parts, narrow, strict=True))
    return LinkedSynthesizer(parts, model, learner, made.chooser, {}, tree.names, how.seed, root.name)


@dataclass(frozen=True)
class _Hanging:
    """The tables that hang on the customers, and what was learned of these; see `_learn_root` and `hierarchy`."""

    branches: Sequence[Branch]
    elsewhere: Mapping[str, set[str]]
    asked: Mapping[str, tuple[str, ...]]
    copies: Mapping[str, Sequence[tuple[CopiedColumn, bool]]]
    births: Mapping[str, BirthNumbers]
    root: Part
    model: LikelihoodModel | None
    context: "_Context"


@dataclass(frozen=True)
class _Histories:
    """What was learned of all tables, whom to choose, and what attacks on what histories amount to found, if run."""

    parts: tuple[Part, ...]
    chooser: Chooser | None
    probed: Probe | None
    notes: tuple[str, ...]


def _learn_guarded(dataset: Dataset, every: _Hanging, *, seed: int, progress: Progress) -> _Histories:
    """Learn histories; with leaves twice as large, up to two times, where an attack on what they amount to succeeds."""
    made, again, notes = _learn_hanging(dataset, every, leaf=LEAF, seed=seed, progress=progress), 0, list[str]()
    while made.probed is not None and made.probed.remembers and again < REFITS:
        try:
            made = _learn_hanging(dataset, every, leaf=LEAF * 2 ** (again + 1), seed=seed, progress=progress)
        except KeyboardInterrupt:
            notes.append("histories: stopped before they were learned again, to remember less")
            break
        again += 1
    if again:
        notes.append(
            f"histories: leaves were made {2**again} times as large, for smaller ones remembered customers: what goes "
            "with what is kept less well"
        )
    if made.probed is not None:
        notes += [f"histories: {note}" for note in made.probed.notes()]
    return replace(made, notes=(*made.notes, *notes))


def _learn_hanging(dataset: Dataset, every: _Hanging, *, leaf: int, seed: int, progress: Progress) -> _Histories:
    """Learn what hangs on the customers, with so many of them in a leaf, and whom of those drawn to choose."""
    root, hanging, notes = every.root, every.branches, list[str]()
    parts, contexts = [root], {root.table.name: every.context}
    stages, table = len(hanging) + 2, every.context.table
    real, held = Population(table.codes), np.zeros(table.rows, bool)
    if table.rows >= LEAST_CUSTOMERS:
        held[np.random.default_rng(seed).permutation(table.rows)[: int(HELD_SHARE * table.rows)]] = True
    for place, hung in enumerate(hanging, 1):
        name, above = hung.table.name, contexts[hung.link.table]
        part, rows, context = _learn_child(
            dataset,
            hung,
            above,
            every.elsewhere[name],
            every.asked[name],
            held=held,
            leaf=leaf,
            copies=every.copies[name],
            beside=real.rows,
            seed=seed,
            notes=notes,
            progress=_staged(progress, place, stages),
        )
        if part.history is not None and any(other.link.table == hung.link.table for other in hanging[place:]):
            told = Told.learn(rows, above.table.rows, part.codebook.code_columns, above.owners)
            part = replace(part, told=told)
            codes = np.concatenate([above.table.codes, told.tell(rows, above.table.rows)])
            wider = CodeTable((*above.table.columns, *told.code_columns), codes)
            contexts[hung.link.table] = replace(above, table=wider)
        parts.append(replace(part, births=every.births[name]))
        real.rows[name] = rows
        contexts[name] = context
    chooser = probed = None
    if table.rows >= LEAST_CUSTOMERS and hanging:
        chooser, probed = learn_chooser(
            table.columns,
            real,
            [part.table.name for part, link in children_of(parts) if link.table == root.table.name],
            lambda n, rng: draw_population(parts, every.model, n, rng),
            held=held,
            seed=seed,
            progress=_staged(progress, stages - 1, stages),
        )
        # many customers may have like histories, and what they amount to has no levels: only the attacks count
        probed = replace(probed, persons=probed.persons[:0], lost={}, crowded={})
    progress("learning", 1.0)
    return _Histories(tuple(parts), chooser, probed, tuple(notes))


def _plan_copies(
    dataset: Dataset, root: Table, hanging: Sequence[Branch], asked: dict[str, tuple[str, ...]]
) -> dict[str, list[tuple[CopiedColumn, bool]]]:
    """By table, its columns that copy numbers of tables drawn before, which are asked for these."""
    drawn = [(hung.table, None if hung.turned else hung.link.table) for hung in hanging]
    copies = plan_copies([(root, None), *drawn], find_equalities(dataset.tables, dataset.schema.tables))
    for column, _ in (each for planned in copies.values() for each in planned):
        source = column.rule.table
        asked[source] = tuple(dict.fromkeys((*asked[source], column.rule.column)))
    return copies


@dataclass(frozen=True)
class _Context:
    """What children know of a table's rows: codes, the customer whose each is, (rows,), and the rows as stored.

    `bases`: by "table.column", the numbers that children may count from, (rows,) each.
    """

    table: CodeTable
    owners: Array
    frame: pl.DataFrame
    bases: Mapping[str, Array]


def _learn_root(
    dataset: Dataset,
    root: Table,
    elsewhere: set[str],
    asked: tuple[str, ...],
    *,
    how: _Settings,
    notes: list[str],
    progress: Progress,
) -> tuple[Part, LikelihoodModel | None, str, _Context]:
    """What was learned of the customers' own columns, with the model and its engine; and what children know of them."""
    frame, schema = dataset.tables[root.name], dataset.schema
    root = _without_rules(root, {}, notes)
    if frame.height < MIN_ROWS:
        raise DataError(
            f"{root.name} has {frame.height} row{'s' * (frame.height != 1)}: too few customers to learn without giving "
            f"single ones away; {MIN_ROWS} are needed; bring more"
        )
    check_key(frame, root)
    differences = find_differences(root, {})
    measured = measure(frame, root, differences, {})
    codebook = learn_codebook(
        measured,
        body_of(root, elsewhere),
        min_count=schema.min_count,
        tails=schema.tails,
        clipped=measured_columns(root),
    )
    notes += codebook.notes
    table = codebook.encode(measured)
    kept = tuple(name for name in asked if root[name].treatment is Treatment.LEARN)
    part = Part(root, dataset.layouts[root.name], codebook, frame.height, differences=differences, asked=kept)
    model, learner = None, ""
    if not table.columns and (how.seconds is not None or how.engine != "auto"):
        raise OptionError(
            f"engine and budget are for the customers' own columns, and {root.name} has none that is learned; "
            "leave them out"
        )
    if table.columns:
        choice, guarded = fit_codes(table, how.engine, how.seconds, how.seed, progress)
        model, learner = guarded.model, choice.name
        notes += guarded.notes
        stopped = choice.calibrated and not isinstance(model, CalibratedModel)
        if model.note or guarded.stopped or stopped:
            raise KeyboardInterrupt  # it was stopped: what was learned of one table is no use without the others
    bases = {f"{root.name}.{name}": read_numbers(frame, root[name]) for name in kept}
    return part, model, learner, _Context(table, np.arange(frame.height, dtype=np.int32), frame, bases)


def _asked(name: str, schema: Schema) -> tuple[str, ...]:
    """The columns of a table that orders of other tables ask for."""
    named = {
        side
        for table in schema.tables
        for rule in table.parsed_rules
        if isinstance(rule, Order)
        for side in (rule.low, rule.high)
        if side not in table.names
    }
    return tuple(column.name for column in schema[name] if f"{name}.{column.name}" in named)


def _learn_child(
    dataset: Dataset,
    hung: Branch,
    above: _Context,
    elsewhere: set[str],
    asked: tuple[str, ...],
    *,
    held: Array,
    leaf: int,
    copies: Sequence[tuple[CopiedColumn, bool]],
    beside: Mapping[str, Rows],
    seed: int,
    notes: list[str],
    progress: Progress,
) -> tuple[Part, Rows, _Context]:
    """What was learned of a child table; its rows, in their order; and what its own children know of them."""
    part, frame, measured, rows = _read_child(dataset, hung, above, elsewhere, asked, notes)
    child, codebook, owners = part.table, part.codebook, above.owners
    customers = len(np.unique(owners[rows.parent]))
    if customers < MIN_ROWS:
        notes.append(
            f"{child.name}: {customers} customers have rows there, too few to learn without giving single ones away "
            f"({MIN_ROWS} are needed); it comes out empty"
        )
        return part, *_empty(part, rows, above, frame)
    learned = ~held[owners]
    place = np.cumsum(learned) - 1
    own = rows.take(learned[rows.parent])
    since = part.since(above.bases)
    copied = bind_copies(child, codebook, own, copies, beside, above.bases, learned, notes)
    history = learn_history(
        codebook,
        replace(own, parent=place[own.parent]),
        CodeTable(above.table.columns, np.ascontiguousarray(above.table.codes[:, learned])),
        owners[learned],
        day=0.0 if child.time is None else DAYS.get(child[child.time].kind, 0.0),
        min_count=dataset.schema.min_count,
        engine=TreesEngine(min_leaf=leaf),
        seed=seed,
        since=None if since is None else since[learned],
        running=find_following(child, codebook, frame, measured, rows, copied, notes),
        ratios=find_ratios(child),
        progress=progress,
    )
    free = tuple(column.free() if isinstance(column, CopiedColumn) else column for column in history.running)
    history = replace(history, running=free, statuses=find_statuses(child, codebook, notes))
    if history.clock is None:  # too few say when: the rows have no order, and their time comes out missing
        rows = replace(rows, time=None)
        if child.time is not None:
            notes.append(
                f"{child.name}: too few customers have a {child.time} for it to be learned; it comes out missing"
            )
    part = replace(part, history=history, times=None if history.clock is None else history.clock.moments)
    known = CodeTable(part.context_columns(above.table.columns), part.context(rows, above.table.codes))
    bases = part.bases(rows.numbers, rows.time, gather(above.bases, rows.parent))
    return part, rows, _Context(known, owners[rows.parent].astype(np.int32), frame, bases)


def _read_child(
    dataset: Dataset, hung: Branch, above: _Context, elsewhere: set[str], asked: tuple[str, ...], notes: list[str]
) -> tuple[Part, pl.DataFrame, pl.DataFrame, Rows]:
    """A child table before its rows are learned: its rows that have a parent, those of one together and in their order.

    They come as they are stored, with distances in the place of what is counted from others, and as codes.
    """
    link, schema = hung.link, dataset.schema
    child = _without_rules(hung.table, above.bases, notes)
    frame = dataset.tables[child.name]
    parent = find_parents(frame, above.frame, child, link)
    lost = int((parent < 0).sum())
    if lost:
        notes.append(f"{child.name}: {lost:,} rows have no parent in {link.table}, and are left out")
        frame, parent = frame.filter(pl.Series(parent >= 0)), parent[parent >= 0]
    time = None if child.time is None else read_numbers(frame, child[child.time])
    order = sort_rows(parent, time)
    frame, parent = frame[order], parent[order]
    time = None if time is None else time[order]
    check_key(frame, child)
    counting = find_counting(frame, child, link, parent)
    elsewhere = elsewhere | ({counting[0]} if counting else set())
    differences = find_differences(child, {table.name: table for table in schema.tables})
    measured = measure(frame, child, differences, gather(above.bases, parent))
    codebook = learn_codebook(
        measured,
        body_of(child, elsewhere),
        min_count=schema.min_count,
        tails=schema.tails,
        owners=above.owners[parent],
        clipped=measured_columns(child),
    )
    notes += codebook.notes
    rows = read_rows(measured, codebook, parent, time)
    kept = tuple(name for name in asked if name in rows.numbers or name == child.time)
    layout = dataset.layouts[child.name]
    part = Part(child, layout, codebook, frame.height, link, hung.turned, differences=differences, asked=kept)
    part = replace(part, counting=counting)
    return part, frame, measured, replace(rows, shown=show(rows.numbers, find_ratios(child)))


def _empty(part: Part, rows: Rows, above: _Context, frame: pl.DataFrame) -> tuple[Rows, _Context]:
    """None of a table's rows, and what its children know of them."""
    nothing, columns = rows.take(np.zeros(0, np.int64)), part.context_columns(above.table.columns)
    known = CodeTable(columns, np.zeros((len(columns), 0), np.uint16))
    bases = part.bases(nothing.numbers, nothing.time, gather(above.bases, nothing.parent))
    return nothing, _Context(known, np.zeros(0, np.int32), frame.clear(), bases)


def _without_rules(table: Table, bases: Mapping[str, Array], notes: list[str]) -> Table:
    """A table without orders that ask for what is not known when its rows are drawn."""
    kept = []
    for rule in table.parsed_rules:
        foreign = [side for side in (rule.low, rule.high) if side not in table.names] if isinstance(rule, Order) else []
        if set(foreign) <= set(bases):
            kept.append(str(rule))
        else:
            notes.append(f"{table.name}: {rule} is not kept, since {foreign[0]} is not known when its rows are drawn")
    return table.model_copy(update={"rules": tuple(kept)})


def _staged(progress: Progress, place: int, stages: int) -> Progress:
    def tell(stage: str, done: float) -> None:
        progress("learning", (place + (done if stage == "learning" else 0.99)) / stages)

    return tell


def _part_of(progress: Progress, before: int, own: int, stages: int) -> Progress:
    def tell(stage: str, done: float) -> None:
        progress(stage, (before + own * done) / stages)

    return tell
