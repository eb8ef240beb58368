"""Compare two evaluations by their JSON records: `twinfold report diff`."""

from pathlib import Path
from typing import Any

from twinfold.evaluation.report.difference import ReportDifference, compare
from twinfold.evaluation.report.record import take_record


def compare_reports(before: str | Path | dict[str, Any], after: str | Path | dict[str, Any]) -> ReportDifference:
    """What got better or worse from one evaluation to another, by more than chance.

    Args:
        before: the JSON record of an evaluation: the file that `evaluate --json` wrote, or what `Evaluation.json()`
            gives.
        after: that of another, best judged by the same holdout.

    Raises:
        DataError: a file can't be read or is no such record, or one record is for the public and the other is not.
    """
    return compare(take_record(before), take_record(after))
