"""`twinfold report`: what is done with evaluations that are there already."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Force, Quiet
from twinfold.cli.outputs import check_free, say_wrote, show

app = typer.Typer(help="Compare evaluations that were made before.", rich_markup_mode=None)

_WHAT = "The record of an evaluation, as evaluate --json writes it (*.json)."


@app.callback()
def about() -> None:
    """Compare evaluations that were made before."""


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help=_WHAT, show_default=False)],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help=_WHAT, show_default=False)],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="PAGE", help="Write a page (*.html) as well.")
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Say what got better or worse from one evaluation to another, by more than chance."""
    check_free(output, force=force, inputs=(before, after))

    from twinfold.tables.text_file import save_text
    from twinfold.verbs.compare_reports import compare_reports

    difference = compare_reports(before, after)
    if output:
        save_text(difference.html(), output, force=force)
    if not quiet:
        show(difference.text().rstrip("\n"))
        if output:
            typer.echo(say_wrote(output))
