"""`twinfold calibrate`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Data, Force, Quiet, SchemaFile
from twinfold.cli.outputs import check_free, say_wrote, show
from twinfold.cli.progress import progress


def command(
    data: Data,
    specification: Annotated[
        Path, typer.Option("--spec", metavar="FILE", help="A behaviour.toml: what was varied, and what came of it.")
    ],
    out: Annotated[Path, typer.Option("-o", "--output", metavar="BEHAVIOUR", help="The file to write (*.behaviour).")],
    schema: SchemaFile = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Learn how customers decide, from what they did."""
    check_free(out, force=force, inputs=filter(None, (data, specification, schema)))

    from twinfold.behaviour.behaviour_file import save_behaviour
    from twinfold.verbs.calibrate import calibrate

    with progress(quiet=quiet) as tell:
        behaviour = calibrate(data, specification, schema=schema, progress=tell)
    save_behaviour(behaviour, out, force=force)
    if not quiet:
        show("\n".join([*behaviour.describe(), say_wrote(out)]))
