"""`twinfold demo`."""

import os
import shutil
import sys
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from twinfold.cli.options import Force, Quiet, typed_command
from twinfold.cli.progress import progress


def command(
    context: typer.Context,
    folder: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where to put what is made.")] = Path(
        "twinfold-demo"
    ),
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Do the main job on real households."""
    from twinfold.verbs.demo import demo

    with progress(quiet=quiet) as tell:
        demonstration = demo(folder, force=force, command=typed_command(context), progress=tell)
    if not quiet:
        typer.echo(demonstration.text(twinfold=_spell_command()))


def _spell_command() -> str:
    """How to call this program from the current folder: "twinfold" where the shell finds it, else its path."""
    script = Path(sys.argv[0]).absolute()
    if script.name != "twinfold" or shutil.which("twinfold") == str(script):
        return "twinfold"
    near = os.path.relpath(script)
    return quote(str(script) if near.startswith("..") else near)
