"""Which would they take? `twinfold concept-test`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.behaviour_file import load_behaviour
from twinfold.errors import OptionError
from twinfold.personas.concepts.result import ConceptTest
from twinfold.personas.concepts.running import run_concept_test
from twinfold.personas.concepts.specification import Concepts, read_concepts
from twinfold.protocols import Progress, silent
from twinfold.tables.hashing import file_hash
from twinfold.tables.schema import Schema
from twinfold.verbs.provenance import describe_source
from twinfold.verbs.sources import read_source

__all__ = ["ConceptTest", "concept_test"]


def concept_test(
    population: Any,
    concepts: Concepts | Mapping[str, Any] | str | Path,
    behaviour: Behaviour | str | Path,
    *,
    who: str | None = None,
    n: int | None = None,
    vary: Sequence[str] = (),
    schema: Schema | str | Path | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> ConceptTest:
    """Find which of two to twelve concepts customers take, with intervals, and what speaks for each.

    Args:
        population: the customers, synthetic or real, a row each: a file, or a pandas, Polars or Arrow frame.
        concepts: products with their attributes, as a mapping, or a `concepts.toml` that says it.
        behaviour: a learned choice, which alone decides: a behaviour of kind "choice", or its file.
        who: a condition on those who are asked; None is everybody.
        n: how many of them answer in words; None is all.
        vary: attributes that move, each as "CONCEPT.ATTRIBUTE=LOW..HIGH": shares are told at 11 places between.
        schema: what the columns are, or a `schema.toml`; None finds out.
        seed: of all chance: the same gives the same, and a customer keeps taste and luck when a concept changes.
        progress: told how far the work has come.

    Returns:
        The test: `concepts` has shares and reasons, `answers` a row for each customer who answers, `text` tells it.

    Raises:
        SpecificationError: the concepts can't be read, or don't fit the behaviour or the customers; DataError: concepts
            differ in what never varied or by more than was ever compared, or the customers can't be read; OptionError:
            an option is out of range, or the behaviour is no choice; ConditionError: a condition is none;
            ModelFileError: a file is no behaviour.
    """
    if not 0 <= seed < 2**63:
        raise OptionError(f"seed {seed} is out of range; give a whole number from 0")
    if n is not None and n < 1:
        raise OptionError(f"n {n} is out of range; give 1 or more, or leave it out")
    asked = read_concepts(concepts)
    learned = behaviour if isinstance(behaviour, Behaviour) else load_behaviour(behaviour)
    dataset = read_source(population, schema=schema)
    table, frame, _ = dataset.single()
    origin = {
        "population": str(describe_source(population, dataset)),
        "behaviour": f"{learned.specification.kind}, {learned.rows:,} rows{_named(behaviour)}",
        "concepts": _named(concepts).removeprefix(", ") or "given in Python",
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": version("twinfold"),
    }
    return run_concept_test(
        asked, learned, table, frame, who=who, n=n, vary=vary, seed=seed, origin=origin, progress=progress
    )


def _named(source: Any) -> str:
    """Which file something came from; nothing where it was no file."""
    return f", {Path(source).name}, SHA-256 {file_hash(source)}" if isinstance(source, str | Path) else ""
