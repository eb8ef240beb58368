"""`twinfold walk`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Data, Force, Model, Quiet
from twinfold.cli.outputs import check_free, show
from twinfold.cli.progress import progress


def command(
    model: Model,
    data: Data,
    out: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="The CSV or Parquet file to write.")],
    toward: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION", help="Walk from each row toward customers like this. Left out: from one to the other."
        ),
    ] = None,
    steps: Annotated[int, typer.Option(help="Rows of a way, its ends included.")] = 8,
    seed: Annotated[int, typer.Option(help="The same seed gives the same rows.")] = 1,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Draw customers between two others, or toward a condition."""
    check_free(out, force=force, inputs=(model, data))

    from twinfold.verbs.walk import walk_to

    with progress(quiet=quiet) as tell:
        summary = walk_to(model, data, out, toward=toward, steps=steps, seed=seed, force=force, progress=tell)
    if not quiet:
        show(summary.text())
