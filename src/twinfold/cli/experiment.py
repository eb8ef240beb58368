"""`twinfold experiment`: how many customers it takes, who gets what, what came of it, and what that teaches."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Board, Data, Force, Quiet, SchemaFile
from twinfold.cli.outputs import check_free, say_wrote, show, write_json
from twinfold.cli.progress import progress

app = typer.Typer(help="Plan an experiment, run it, analyse it, and learn from it.", rich_markup_mode=None)

Spec = Annotated[
    Path,
    typer.Argument(metavar="EXPERIMENT", help="An experiment.toml: what is tried on whom.", show_default=False),
]
Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the same for a machine here.")]


@app.callback()
def about() -> None:
    """Plan an experiment, run it, analyse it, and learn from it."""


@app.command()
def plan(
    experiment: Spec,
    data: Annotated[
        str | None,
        typer.Argument(metavar="[DATA]", help="Rows of the past; else the baseline of EXPERIMENT counts."),
    ] = None,
    effect: Annotated[
        float | None, typer.Option(help="The least effect worth finding, in the outcome's units (a share as 0.01).")
    ] = None,
    customers: Annotated[
        int | None, typer.Option(min=1, help="How many there are: without an effect, the least that they show is told.")
    ] = None,
    per_day: Annotated[float | None, typer.Option(help="How many customers come in a day.")] = None,
    schema: SchemaFile = None,
    json: Json = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Say how many customers it takes, or what effect they show."""
    check_free(json, force=force, inputs=filter(None, (experiment, data, schema)))

    from twinfold.verbs.plan_experiment import plan_experiment

    with progress(quiet=quiet) as tell:
        found = plan_experiment(
            experiment, data, effect=effect, customers=customers, per_day=per_day, schema=schema, progress=tell
        )
    if json is not None:
        write_json(json, found.json())
    if not quiet:
        show("\n".join([found.text(), *([say_wrote(json)] if json else [])]))


@app.command()
def run(
    experiment: Spec,
    data: Data,
    out: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write (CSV or Parquet).")],
    behaviour: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A *.behaviour that simulates outcomes; else arms alone are written."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another lot.")] = 0,
    schema: SchemaFile = None,
    json: Json = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Draw arms by lot; with a behaviour, simulate what comes of it."""
    check_free(out, json, force=force, inputs=filter(None, (experiment, data, behaviour, schema)))

    from twinfold.verbs.run_experiment import run_experiment

    with progress(quiet=quiet) as tell:
        found = run_experiment(
            experiment, data, out, behaviour=behaviour, seed=seed, schema=schema, force=force, progress=tell
        )
    if json is not None:
        write_json(json, found.json())
    if not quiet:
        show("\n".join([found.text(), *([say_wrote(json)] if json else [])]))


@app.command()
def analyse(
    experiment: Spec,
    data: Data,
    look: Annotated[int | None, typer.Option(help="Which of the planned looks this is, from 1.")] = None,
    forecast: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The *.lifts.csv that run froze: it is judged.")
    ] = None,
    board: Board = None,
    schema: SchemaFile = None,
    json: Json = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Check the lot, judge each arm, and say whether to stop."""
    check_free(json, force=force, inputs=filter(None, (experiment, data, forecast, schema)))

    from twinfold.verbs.analyse_experiment import analyse_experiment

    with progress(quiet=quiet) as tell:
        found = analyse_experiment(
            experiment, data, look=look, forecast=forecast, scoreboard=board, schema=schema, progress=tell
        )
    if json is not None:
        write_json(json, found.json())
    if not quiet:
        show("\n".join([found.text(), *([say_wrote(json)] if json else [])]))


@app.command()
def learn(
    behaviour: Annotated[
        Path, typer.Argument(metavar="BEHAVIOUR", help="The *.behaviour to correct.", show_default=False)
    ],
    experiment: Spec,
    data: Data,
    out: Annotated[Path, typer.Option("-o", "--output", metavar="BEHAVIOUR", help="The file to write (*.behaviour).")],
    board: Board = None,
    schema: SchemaFile = None,
    json: Json = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Correct a behaviour by what a real experiment measured."""
    check_free(out, json, force=force, inputs=filter(None, (behaviour, experiment, data, schema)))

    from twinfold.behaviour.behaviour_file import save_behaviour
    from twinfold.verbs.learn_experiment import learn_experiment

    with progress(quiet=quiet) as tell:
        lesson = learn_experiment(behaviour, experiment, data, scoreboard=board, schema=schema, progress=tell)
    save_behaviour(lesson.behaviour, out, force=force)
    if json is not None:
        write_json(json, lesson.json())
    if not quiet:
        show("\n".join([lesson.text(), say_wrote(out, json)]))
