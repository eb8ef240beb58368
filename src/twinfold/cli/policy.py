"""`twinfold policy`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Force
from twinfold.cli.outputs import check_free, say_wrote, show


def command(
    name: Annotated[
        str | None,
        typer.Argument(metavar="POLICY", help="A purpose, or a policy.toml; else all purposes.", show_default=False),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the limits here, to change and hand to evaluate.")
    ] = None,
    force: Force = False,
) -> None:
    """Show what each purpose accepts, and why."""
    check_free(save, force=force, inputs=filter(None, (name,)))

    from twinfold.verbs.policy import policy

    limits = policy(name, save=save, force=force)
    show(say_wrote(save) if save else limits.text().rstrip("\n"))
