"""More rows like those that there are: `twinfold augment`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from twinfold.errors import DataError, OptionError, OutputError, RefusedError
from twinfold.evaluation.augmented import attack_augmented
from twinfold.evaluation.finding import Evaluation, Verdict
from twinfold.evaluation.gate import find_evidence, record_evaluation
from twinfold.evaluation.policy.policy import DEFAULT
from twinfold.evaluation.policy.policy_file import read_policy
from twinfold.protocols import Progress, silent
from twinfold.synthesis.augmenting.augmentation import ALL, Augmented, Method, Recipe, augment_rows
from twinfold.synthesis.augmenting.interpolation import NEIGHBOURS
from twinfold.synthesis.augmenting.jitter import SCALE
from twinfold.synthesis.augmenting.material import Material, gather_material
from twinfold.synthesis.release import record_override
from twinfold.synthesis.synthesizer import MIN_ROWS
from twinfold.tables.databases.address import is_url
from twinfold.tables.dataset import Dataset
from twinfold.tables.frames import give_back
from twinfold.tables.schema import Schema
from twinfold.tables.text_file import save_text
from twinfold.tables.writing import open_writer, target_file
from twinfold.verbs.sources import read_source

RECORD = ".override.json"
"""What the name of a file with refused rows is followed by, in that of the record of who signed for it."""


@dataclass(frozen=True)
class AugmentSummary:
    """What was made.

    Attributes:
        path: the file that was written.
        rows: how many new rows it holds.
        counts: how many of each level of the target; ("all", rows) without one.
        method: how they were made.
        verdict: what the attacks found, in a sentence.
        by_holdout: whether rows were attacked with a holdout, or others, made alike of one half of the real rows, with
            the other half.
        record: the file that says who signed for refused rows, None where they were not refused.
        notes: what new rows do not hold.
    """

    path: Path
    rows: int
    counts: Mapping[str, int]
    method: str
    verdict: str
    by_holdout: bool
    record: Path | None = None
    notes: tuple[str, ...] = field(default=())

    def text(self) -> str:
        """The summary in a few lines."""
        listed = ", ".join(f"{name} {rows:,}" for name, rows in self.counts.items())
        by_level = "" if list(self.counts) == [ALL] else f" ({listed})"
        lines = [
            f"Wrote {self.rows:,} new row{'s' * (self.rows != 1)}{by_level} to {self.path}; the real ones are not "
            "among them.",
            *self.notes,
        ]
        whom = "the holdout" if self.by_holdout else "one half of the real rows, made alike of the other half"
        lines.append(f"Attacked with {whom}: {self.verdict}")
        if self.record is not None:
            lines.append(f"They leave by an override, recorded in {self.record}.")
        return "\n".join(lines)


def augment(
    data: Any,
    *,
    method: str = Method.SMOTE,
    target: str | None = None,
    n: int | None = None,
    balance: bool = True,
    neighbours: int = NEIGHBOURS,
    scale: float = SCALE,
    schema: Schema | str | Path | None = None,
    seed: int = 0,
) -> Any:
    """Make new rows of real ones, into memory, to train a model on beside them.

    They stay with the real rows, and are not attacked: treat them as you treat these. `augment_to` writes a file, and
    only where the attacks fail.

    Args:
        data: one table of 50 rows or more: a file, or a pandas, Polars or Arrow frame.
        method: "smote", between a row and one of its nearest neighbours (SMOTE-NC: Chawla et al. 2002); "mixup", part
            one row, part another (Zhang et al. 2018), in codes; "noise", rows with noise (the shrunk smoothed
            bootstrap: Silverman and Young 1987); "resample", rows as they are, again (the bootstrap).
        target: a column of 2 to 50 levels; a new row is made of rows of one level alone, and has it. Rows without one
            are left aside. None makes rows of any others.
        n: how many new rows; None: with a target as many of its rarer levels as make all equally frequent, else as many
            as there are.
        balance: whether new rows go to the rarest levels of the target; else its shares stay as they are.
        neighbours: how many rows are near, for "smote": the more, the farther new rows lie from real ones.
        scale: of "noise", in standard deviations of a column; 0 repeats rows.
        schema: what the columns are, or a `schema.toml`; None finds out.
        seed: the same seed gives the same rows.

    Returns:
        The new rows alone, in a frame of the sort that came in: pandas from pandas, Arrow from Arrow, Polars else.
        Columns that the schema drops are missing; identifiers and personal data are made up.

    Raises:
        DataError: the rows can't be read, or are too few; SchemaError: no such target; OptionError: an argument is out
            of range.

    >>> import polars as pl
    >>> rows = pl.DataFrame({"income": [10 * (k % 20) for k in range(60)], "left": ["no"] * 50 + ["yes"] * 10})
    >>> made = augment(rows, target="left")
    >>> made["left"].value_counts().rows(), made["income"].is_between(100, 190).all()
    ([('yes', 40)], True)
    """
    recipe = Recipe(method, n, balance, neighbours, scale)
    dataset, material = _gather(data, schema, target, seed)
    return give_back(augment_rows(material, recipe, seed=seed).frame, dataset.single()[2])


def augment_to(
    data: Any,
    out: str | Path,
    *,
    method: str = Method.SMOTE,
    target: str | None = None,
    n: int | None = None,
    balance: bool = True,
    neighbours: int = NEIGHBOURS,
    scale: float = SCALE,
    schema: Schema | str | Path | None = None,
    holdout: Any = None,
    policy: str | Path = DEFAULT,
    override: str | None = None,
    seed: int = 0,
    force: bool = False,
    progress: Progress = silent,
) -> AugmentSummary:
    """Make new rows of real ones, and write them, where attacks on them fail; see `augment` for the rest.

    Args:
        data, method, target, n, balance, neighbours, scale, schema, seed: as in `augment`.
        out: a CSV or Parquet file, or a folder that the file is put in under the name that it came with.
        holdout: real customers of the same table who are not in `data`: the rows are attacked with them. None attacks a
            trial: rows made alike of one half of `data`, with the other half. With a target, those who are attacked
            have a level of which new rows are made. Fewer than 1,000 rows stand for 1,000 made alike.
        policy: the purpose, or the file of limits, whose limits on safety release the rows or refuse them, as in
            `evaluate`. Too few rows to tell are refused where the policy asks to be told.
        override: the reason why rows are written that were refused; it is recorded beside them, in a file of their name
            followed by ".override.json", with the time and the verdict.
        force: replace a file that exists.
        progress: told how far the work has come.

    Raises:
        DataError: also where a level of which rows are made has fewer real rows than the schema's `min_count`.
        RefusedError: an attack succeeds, rows are copies, or neither can be told, and there is no override.
        OptionError: also a reason that is none, or for rows that were not refused; OutputError: the file exists;
            PolicyError: a policy file that can't be used. Nothing half-written is left.
    """
    recipe, limits = Recipe(method, n, balance, neighbours, scale), read_policy(policy)
    if is_url(out):
        raise OutputError("augmented rows go to a file beside which it can be said who signed for them; give a file")
    dataset, material = _gather(data, schema, target, seed)
    layout = dataset.single()[2]
    path = target_file(out, layout)
    record = path.with_name(path.name + RECORD)
    for place in (path, record):
        if place.exists() and not force:
            raise OutputError(f"output {str(place)!r} exists; give another name, or --force to replace it")
    progress("making rows", 0.0)
    made = augment_rows(material, recipe, seed=seed)
    progress("making rows", 1.0)
    _check_shared(dataset, material, made)
    kept = None if holdout is None else read_source(holdout, schema=dataset.schema)
    evaluation = attack_augmented(
        dataset, material, made, recipe, holdout=kept, policy=limits, seed=seed, progress=progress
    )
    signed = _sign(evaluation, recipe, override)
    with open_writer(out, layout, force=force) as writer:
        writer.write(made.frame)
        if signed is not None:
            save_text(json.dumps(signed, indent=2, ensure_ascii=False) + "\n", record, force=force)
    if signed is None:
        record.unlink(missing_ok=True)  # of rows that were replaced
    return AugmentSummary(
        path=path,
        rows=made.frame.height,
        counts=made.counts,
        method=recipe.method,
        verdict=evaluation.headline,
        by_holdout=holdout is not None,
        record=None if signed is None else record,
        notes=material.notes,
    )


def _gather(data: Any, schema: Schema | str | Path | None, target: str | None, seed: int) -> tuple[Dataset, Material]:
    if seed < 0:
        raise OptionError(f"seed is {seed}; give 0 or more")
    dataset = read_source(data, schema=schema)
    table, frame, _ = dataset.single()
    if frame.height < MIN_ROWS:
        raise DataError(
            f"{table.name} has {frame.height} rows; {MIN_ROWS} are needed to tell what is common in it from what is a "
            "single customer's: bring more rows"
        )
    return dataset, gather_material(dataset, target)


def _check_shared(dataset: Dataset, material: Material, made: Augmented) -> None:
    """Raise `DataError` where new rows have a level of the target that too few share to be shown."""
    least = dataset.schema.min_count
    held = dict(zip(material.answer_values.cast(pl.String), np.bincount(material.answers), strict=False))
    few = {name: int(held[name]) for name in made.counts if material.target is not None and held[name] < least}
    if few:
        name, rows = next(iter(few.items()))
        raise DataError(
            f"level {name!r} of {material.target!r} has {rows} rows, and new ones around so few point at them; "
            f"{least} are needed (min_count in schema.toml): leave such rows out, or join levels"
        )


def _sign(evaluation: Evaluation, recipe: Recipe, override: str | None) -> dict[str, Any] | None:
    """The record of an override, where rows were refused and somebody signs for them."""
    if evaluation.released:
        if override is not None:
            raise OptionError("these rows were not refused, so there is nothing to override; leave out --override")
        return None
    verdict = record_evaluation(evaluation)
    if override is not None:
        made = {"method": recipe.method, "neighbours": recipe.neighbours, "scale": recipe.scale}
        return {**record_override(override, verdict, at=datetime.now(UTC)), "made_by": made}
    policy, weightiest = evaluation.policy, find_evidence(evaluation)[0].finding
    assert policy is not None  # attack_table's
    figures = "" if weightiest is None else f" ({weightiest.sentence.rstrip('.')})"
    told = weightiest is not None and weightiest.verdict is Verdict.FAIL
    raise RefusedError(
        f"rows made by {recipe.method} are refused for {policy.rule.title} (policy: {policy.source}): "
        f"{verdict['because']}{figures}; {_next_step(recipe, told=told)}, train with them in memory where the real "
        "rows are (twinfold.augment), or give the reason why they may be written all the same, which is recorded "
        'beside them: --override "REASON"'
    )


def _next_step(recipe: Recipe, *, told: bool) -> str:
    instead = "draw from a model (twinfold fit, and twinfold sample --balance)"
    if not told:
        return f"bring more real rows to attack with, {instead}"
    if recipe.method == Method.NOISE:
        return f"make more noise (--scale {max(2 * recipe.scale, SCALE):g}), {instead}"
    return instead
