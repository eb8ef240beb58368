"""The order and the words in which an evaluation is shown, and its JSON record."""

import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from twinfold.evaluation.finding import ColumnComparison, Evaluation, Purpose, Verdict
from twinfold.evaluation.policy.policy_file import built_in
from twinfold.evaluation.report.summary import VERSION, largest_gap, summarise
from twinfold.evaluation.report.wording import moment, places, shorten, ticks


def test_findings_stand_worst_first(evaluation: Evaluation) -> None:
    names = [line.finding.name for line in summarise(evaluation).findings]
    # both fail: trend lies 0.66 of the way from yardstick to threshold beyond it, c2st_auc 0.36
    assert names == ["trend", "c2st_auc", "attack", "utility", "copies", "rows_compared"]


def test_columns_stand_worst_first_and_unmeasured_last(evaluation: Evaluation) -> None:
    columns = summarise(evaluation).columns
    excess = [column.error - column.yardstick for column in columns[:-1]]
    assert excess == sorted(excess, reverse=True)
    assert columns[-1].name == "never filled"


def test_numbers_of_a_finding_line_up(evaluation: Evaluation) -> None:
    lines = {line.finding.name: line for line in summarise(evaluation).findings}
    c2st = lines["c2st_auc"]
    assert (c2st.value, c2st.interval, c2st.yardstick, c2st.limit) == (
        "0.637",
        "0.629 to 0.645",
        "0.498",
        "at most 0.600",
    )
    assert lines["copies"].interval == "0.0000 to 0.0002"
    assert lines["utility"].limit == "at least 0.950"
    assert (lines["rows_compared"].value, lines["rows_compared"].interval) == ("22,606", "–")
    assert (lines["attack"].value, lines["attack"].yardstick) == ("–", "–")


def test_a_small_threshold_is_shown_whatever_the_size_of_the_value(make: Callable[..., Evaluation]) -> None:
    copies = next(f for f in make().findings if f.name == "copies")
    lines = [
        summarise(make(findings=(replace(copies, value=value, low=value, high=value, threshold=threshold),))).findings[
            0
        ]
        for value, threshold in ((1.0, 0.0005), (0.0, 0.0005), (1.0, 0.0015237))
    ]
    assert [(line.value, line.limit) for line in lines] == [
        ("1.0000", "at most 0.0005"),
        ("0.00000", "at most 0.00050"),
        ("1.0000", "at most 0.0015"),
    ]


def test_reason_is_the_first_failing_finding_of_the_purpose(make: Callable[..., Evaluation]) -> None:
    purposes = (Purpose("p", "sharing", False, ("copies", "trend")), Purpose("q", "other", False, ("gone",)))
    lines = summarise(make(purposes=purposes)).unfit
    assert lines[0].reason.startswith("copies is 0.000")
    assert lines[0].title == "Sharing"
    assert lines[1].reason == "Required, and not measured: gone."
    unfair = Purpose("q", "other", False, ("parity_amplification",))
    [line] = summarise(make(purposes=(unfair,), policy=built_in())).unfit
    assert line.reason == "Required, and not measured: whether it widens the gap between groups."


def test_largest_gap_names_the_level_or_the_bound() -> None:
    category = ColumnComparison("job", "category", 0.1, 0, ("a", "b"), None, (0.7, 0.3), (0.6, 0.4), 0, 0)
    number = ColumnComparison("age", "integer", 0.1, 0, (), (0.0, 9.5, 20.0), (0.5, 0.5), (0.4, 0.6), 0, 0)
    day = replace(number, kind="date", labels=("1992-01-01", "1992-01-21", "1993-01-01"))
    same = replace(category, synthetic=category.real)
    assert "below 21 Jan 1992, 50.0" in largest_gap(day)
    assert "Most apart: a, 70.0\u00a0% of real rows, 60.0\u00a0% of synthetic ones" in largest_gap(category)
    assert "below 10, 50.0\u00a0% of real values" in largest_gap(number)
    assert largest_gap(same) == ""


def test_record_is_whole_strict_json(evaluation: Evaluation) -> None:
    record = json.loads(json.dumps(evaluation.json(), allow_nan=False))
    assert record["version"] == VERSION
    assert record["headline"] == evaluation.headline
    assert len(record["columns"]) == len(evaluation.columns)
    assert record["columns"][0].keys() == vars(evaluation.columns[0]).keys()
    assert record["pairs"][0]["real"] == [list(row) for row in evaluation.pairs[0].real]
    attack = next(finding for finding in record["findings"] if finding["name"] == "attack")
    assert attack["value"] is None
    assert attack["verdict"] == "unknown"
    assert record["provenance"]["train"]["rows"] == 22_606


def test_record_takes_numpy_and_unknown_values(make: Callable[..., Evaluation]) -> None:
    provenance = {
        "rows": np.int64(3),
        "share": np.float64("nan"),
        "versions": {"python": (3, 11)},
        "what": Verdict.PASS,
    }
    record = make(provenance=provenance).json()
    assert record["provenance"] == {"rows": 3, "share": None, "versions": {"python": [3, 11]}, "what": "pass"}


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("plain", 10, "plain"),
        ("a\tb\r\nc", 10, "a b c"),
        ("ab\u202ecd", 10, "ab\ufffdcd"),
        ("\ud800", 10, "\ufffd"),
        ("x" * 50 + "_2024", 10, "xxxxx…2024"),
        ("👩‍👩‍👧‍👦" * 10, 12, None),
    ],
)
def test_outside_text_is_made_fit_to_show(text: str, limit: int, shown: str | None) -> None:
    short = shorten(text, limit)
    assert len(short) <= limit
    short.encode()
    if shown is not None:
        assert short == shown


def test_dates_are_as_fine_as_their_axis() -> None:
    assert moment("2024-03-09", span_days=5_000) == "2024"
    assert moment("2024-03-09", span_days=100) == "9 Mar 2024"


@pytest.mark.parametrize(("low", "high"), [(18, 95), (-8019, 102_127), (0, 1e-7), (0.1, 0.11), (5, 5), (-1e15, 1e15)])
def test_ticks_are_few_and_inside(low: float, high: float) -> None:
    marks = ticks(low, high)
    assert 1 <= len(marks) <= 5
    assert all(low - 1e-9 * abs(low) <= mark <= high * (1 + 1e-9) for mark in marks)


def test_decimals_are_bounded() -> None:
    assert places([math.nan, None]) == 0
    assert places([1e-12, 2e-12]) <= 6
    assert places([0.0591, 0.0571, 0.0611, 0.0203], [0.0602913]) == 3
