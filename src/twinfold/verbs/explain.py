"""Why synthetic rows are as they are: `twinfold explain`."""

from pathlib import Path
from typing import Any

from twinfold.errors import OptionError
from twinfold.protocols import Progress, silent
from twinfold.synthesis.explanation import Explanation, explain_rows
from twinfold.synthesis.synthesizer import Synthesizer
from twinfold.verbs.model_rows import loaded, read_rows

__all__ = ["Explanation", "explain"]


def explain(
    model: Synthesizer | str | Path, rows: Any, n: int | None = 3, *, progress: Progress = silent
) -> list[Explanation]:
    """Why each of some synthetic rows is as it is: how likely each value was, and what before it made it so.

    A row is drawn column by column. For each column the explanation says how likely the row's value is (of a number:
    about the same one) for a customer with the same values in the columns drawn before, how likely it is for any
    customer, and what each column before adds to that: exact Shapley values of the model's trees, which sum up to the
    difference (TreeSHAP: Lundberg et al. 2020). It says what the model did, and not what causes what among people. No
    real row is asked or shown.

    Args:
        model: a synthesizer of the engine trees, or its model file.
        rows: rows that it drew, with every learned column: a file, or a pandas, Polars or Arrow frame.
        n: only the first n rows; None for all.
        progress: told how far the work has come.

    Raises:
        DataError: the rows can't be read, or a column is not there; SchemaError: they don't fit the model's table;
        OptionError: `n` is below 1, or another engine learned the model.
    """
    if n is not None and n < 1:
        raise OptionError(f"n is {n}; give 1 or more")
    synthesizer = loaded(model)
    frame = read_rows(synthesizer, rows).frame
    frame = frame if n is None else frame[:n]
    found = []
    for explanation in explain_rows(synthesizer, frame):
        found.append(explanation)
        progress("explaining", explanation.row / frame.height)
    return found
