"""`twinfold score-forecast`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Board, Data, Force, Quiet
from twinfold.cli.outputs import check_free, say_wrote, show, write_json
from twinfold.cli.progress import progress


def command(
    forecast: Annotated[
        Path, typer.Argument(metavar="FORECAST", help="The file that predict wrote.", show_default=False)
    ],
    outcomes: Data,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the score, all groups with it, here.")
    ] = None,
    board: Board = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Judge a frozen forecast by what came of it."""
    check_free(json, force=force, inputs=(forecast, outcomes))

    from twinfold.verbs.score_forecast import score_forecast

    with progress(quiet=quiet) as tell:
        found = score_forecast(forecast, outcomes, scoreboard=board, progress=tell)
    if json is not None:
        write_json(json, found.json())
    if not quiet:
        show("\n".join([found.text(), *([say_wrote(json)] if json else [])]))
