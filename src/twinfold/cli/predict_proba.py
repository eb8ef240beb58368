"""`twinfold predict-proba`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Data, Force, Given, Model, Predicted, Quiet, listed
from twinfold.cli.outputs import check_free, show
from twinfold.cli.progress import progress


def command(
    model: Model,
    data: Data,
    column: Predicted,
    out: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="The CSV or Parquet file to write.")],
    given: Given = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same probabilities.")] = 1,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Predict the probability of each level of a category."""
    check_free(out, force=force, inputs=(model, data), folder=True)

    from twinfold.verbs.predict import predict_proba_to

    with progress(quiet=quiet) as tell:
        summary = predict_proba_to(model, data, column, out, given=listed(given), seed=seed, force=force, progress=tell)
    if not quiet:
        show(summary.text())
