"""`twinfold compare`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Data, Force, PolicyName, Quiet, SchemaFile, Target, typed_command
from twinfold.cli.outputs import check_free, say_wrote, show, write_json
from twinfold.cli.progress import progress
from twinfold.errors import OutputError


def command(
    context: typer.Context,
    data: Data,
    engines: Annotated[
        str, typer.Option(metavar="NAMES", help="Which engines: all, or some as trees,network.")
    ] = "all",
    budget: Annotated[
        str, typer.Option(metavar="TIME", help="The time for all of it: 90s, 10m, 1h; best sets no limit.")
    ] = "10m",
    target: Target = None,
    schema: SchemaFile = None,
    policy: PolicyName = "model-development",
    seed: Annotated[int, typer.Option(help="The same seed gives the same figures, times aside.")] = 0,
    page: Annotated[Path, typer.Option("-o", "--output", metavar="PAGE", help="The page to write (*.html).")] = Path(
        "compare.html"
    ),
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the same figures as JSON.")] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Try engines on your own table, and hear which one to take."""
    if page.suffix.lower() not in (".html", ".htm"):
        raise OutputError(f"output {str(page)!r} would be a page; give a name that ends in .html")
    check_free(page, json, force=force, inputs=filter(None, (data, schema, policy)))

    from twinfold.verbs.compare import compare

    with progress(quiet=quiet) as tell:
        comparison = compare(
            data,
            engines=engines,
            budget=budget,
            target=target,
            schema=schema,
            policy=policy,
            seed=seed,
            command=typed_command(context),
            progress=tell,
        )
    comparison.write(page, force=force)
    if json:
        write_json(json, comparison.json())
    if not quiet:
        show(f"{comparison.text()}{say_wrote(page, json)}")
