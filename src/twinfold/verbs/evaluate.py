"""Judge a synthetic table: `twinfold evaluate`."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from twinfold.evaluation.evaluation import evaluate_tables
from twinfold.evaluation.finding import Evaluation
from twinfold.evaluation.verdict import DEFAULT
from twinfold.protocols import Progress, silent
from twinfold.tables.dataset import Dataset
from twinfold.tables.hashing import file_hash
from twinfold.tables.reading import read


def evaluate(
    train: Any,
    holdout: Any,
    synthetic: Any,
    *,
    target: str | None = None,
    policy: str = DEFAULT,
    seed: int = 0,
    progress: Progress = silent,
) -> Evaluation:
    """Judge a synthetic table: is it faithful, useful, safe, and what is it fit for?

    Args:
        train: the real rows that were learned: a file, or a pandas, Polars or Arrow frame, or a `Dataset`.
        holdout: real rows of the same columns that were kept from learning, best as many. Fewer than 100 leave most
            findings unknown.
        synthetic: the rows to judge, any number.
        target: a column that models shall predict; None leaves usefulness unmeasured, and says so.
        policy: the purpose whose limits the findings are shown under: "internal-testing", "model-development",
            "sharing-with-a-partner" or "publication". All purposes are judged, whichever it is.
        seed: of the random draws; the same seed gives the same findings.
        progress: told how far the work has come.

    Raises:
        DataError: a table can't be read, has no rows, or the holdout was learned.
        SchemaError: holdout or synthetic rows have other columns than the train rows.
        OptionError: no such target or policy.
    """
    learned = read(train)
    kept, released = (read(source, schema=learned.schema) for source in (holdout, synthetic))
    datasets = {"train": learned, "holdout": kept, "synthetic": released}
    sources = {"train": train, "holdout": holdout, "synthetic": synthetic}
    provenance: dict[str, Any] = {name: _described(sources[name], dataset) for name, dataset in datasets.items()}
    provenance |= {"target": target or "none", "policy": policy, "seed": seed}
    provenance |= {package: version(package) for package in ("twinfold", "polars", "lightgbm")}
    return evaluate_tables(
        learned, kept, released, target=target, policy=policy, seed=seed, progress=progress, provenance=provenance
    )


def _described(source: Any, dataset: Dataset) -> str:
    """A table's rows and, of a file, its name and the digest of its bytes."""
    rows = f"{dataset.single()[1].height:,} rows"
    if not isinstance(source, str | Path) or not Path(source).is_file():
        return rows
    return f"{Path(source).name}, {rows}, SHA-256 {file_hash(source)}"
