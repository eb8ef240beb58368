"""`twinfold log-prob`."""

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
    n: Annotated[
        int | None,
        typer.Option("-n", "--rows", metavar="N", help="Only the N least likely rows, the least likely first."),
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Say how likely each row of a table is under a model."""
    check_free(out, force=force, inputs=(model, data), folder=True)

    from twinfold.verbs.log_prob import log_prob_to

    with progress(quiet=quiet) as tell:
        summary = log_prob_to(model, data, out, n, force=force, progress=tell)
    if not quiet:
        show(summary.text())
