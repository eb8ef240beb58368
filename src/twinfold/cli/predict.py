"""`twinfold predict`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Data, Force, Given, Model, Predicted, Quiet, listed
from twinfold.cli.outputs import check_free, show
from twinfold.cli.progress import progress
from twinfold.errors import OptionError


def command(
    model: Model,
    data: Data,
    column: Predicted,
    out: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="The CSV or Parquet file to write.")],
    given: Given = None,
    quantiles: Annotated[str, typer.Option(metavar="QUANTILES", help="Of a number.")] = "0.05,0.5,0.95",
    seed: Annotated[int, typer.Option(help="The same seed gives the same predictions.")] = 1,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Predict a column: its likeliest level, or a number's range."""
    check_free(out, force=force, inputs=(model, data), folder=True)
    try:
        shares = [float(text) for text in listed(quantiles) or []]
    except ValueError:
        raise OptionError(f"quantiles {quantiles!r} are not numbers between commas, such as 0.05,0.5,0.95") from None

    from twinfold.verbs.predict import predict_to

    with progress(quiet=quiet) as tell:
        summary = predict_to(
            model, data, column, out, given=listed(given), quantiles=shares, seed=seed, force=force, progress=tell
        )
    if not quiet:
        show(summary.text())
