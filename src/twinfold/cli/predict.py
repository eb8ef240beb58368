"""`twinfold predict`: a column of rows by a model of tables, or what comes of them by a behaviour."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Data, Force, Given, Quiet, listed
from twinfold.cli.outputs import check_free, show
from twinfold.cli.progress import progress
from twinfold.errors import OptionError


def command(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A model that fit wrote, or a behaviour.", show_default=False)
    ],
    data: Data,
    out: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="The CSV or Parquet file to write.")],
    column: Annotated[
        str | None, typer.Argument(metavar="[COLUMN]", help="The column to predict, of a model of tables.")
    ] = None,
    given: Given = None,
    quantiles: Annotated[str, typer.Option(metavar="QUANTILES", help="Of a number.")] = "0.05,0.5,0.95",
    horizon: Annotated[
        str | None, typer.Option(metavar="TIME", help="How far ahead, by a behaviour of lifetimes: 90d, 39w, 12m.")
    ] = None,
    among: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="By a behaviour: all customers, where DATA is a part that was picked."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same predictions.")] = 1,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Predict a column, or what comes of a treatment."""
    check_free(out, force=force, inputs=(model, data), folder=True)

    from twinfold.behaviour.behaviour_file import is_behaviour

    if is_behaviour(model):
        if column is not None or given is not None:
            raise OptionError(f"{model} is a behaviour of one outcome; leave COLUMN and --given out")
        from twinfold.verbs.forecast import forecast_to

        with progress(quiet=quiet) as tell:
            told = forecast_to(model, data, out, horizon=horizon, among=among, force=force, progress=tell)
        if not quiet:
            show(told.text())
        return
    if among is not None:
        raise OptionError(f"{model} is a model of tables, which looks at each row by itself; leave --among out")
    if horizon is not None:
        raise OptionError(f"{model} is a model of tables, which looks at no time; leave --horizon out")
    if column is None:
        raise OptionError(
            f"{model} is a model of tables; name the column to predict: twinfold predict MODEL DATA COLUMN"
        )
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
