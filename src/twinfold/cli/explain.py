"""`twinfold explain`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Data, Force, Model, Quiet
from twinfold.cli.outputs import check_free, say_wrote, show, write_json
from twinfold.cli.progress import progress


def command(
    model: Model,
    rows: Data,
    n: Annotated[int, typer.Option("-n", "--rows", metavar="N", help="Only the first N rows.")] = 3,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write them here, as JSON where it ends in .json."),
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Say why synthetic rows are as they are, value by value."""
    check_free(out, force=force, inputs=(model, rows))

    from twinfold.tables.text_file import save_text
    from twinfold.verbs.explain import explain

    with progress(quiet=quiet) as tell:
        explanations = explain(model, rows, n, progress=tell)
    text = "\n\n".join(explanation.text() for explanation in explanations)
    if out is None:
        show(text)
        return
    if out.suffix == ".json":
        write_json(out, {"version": 1, "rows": [explanation.json() for explanation in explanations]})
    else:
        save_text(text + "\n", out, force=True)
    if not quiet:
        show(say_wrote(out))
