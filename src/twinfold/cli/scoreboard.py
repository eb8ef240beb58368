"""`twinfold scoreboard`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Board, Force
from twinfold.cli.outputs import check_free, say_wrote, show, write_json


def command(
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all entries here.")] = None,
    board: Board = None,
    force: Force = False,
) -> None:
    """List all forecasts that were scored."""
    check_free(json, force=force)

    from twinfold.verbs.scoreboard import scoreboard

    found = scoreboard(board)
    if json is not None:
        write_json(json, {"forecasts": found.json()})
    show("\n".join([found.text(), *([say_wrote(json)] if json else [])]))
