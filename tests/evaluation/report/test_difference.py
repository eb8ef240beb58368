"""Two evaluations compared: what changed beyond chance and only that; records from anywhere are checked."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twinfold
from twinfold.errors import DataError
from twinfold.evaluation.finding import Evaluation, Finding, Purpose, Verdict
from twinfold.evaluation.report.difference import ReportDifference
from twinfold.evaluation.report.record import LARGEST


def compare(before: Evaluation, after: Evaluation) -> ReportDifference:
    return twinfold.compare_reports(before.json(), after.json())


def moved(finding: Finding, by: float, **parts: Any) -> Finding:
    return replace(finding, value=finding.value + by, low=finding.low + by, high=finding.high + by, **parts)


@pytest.fixture
def named(evaluation: Evaluation) -> dict[str, Finding]:
    return {finding.name: finding for finding in evaluation.findings}


def test_nothing_changed_between_an_evaluation_and_itself(evaluation: Evaluation) -> None:
    same = compare(evaluation, evaluation)
    assert same.changed == same.added == same.gone == same.columns == same.purposes == ()
    assert same.headline == "No finding got better or worse by more than chance."
    assert same.headline in same.text()


def test_what_was_asked_otherwise_is_said_since_verdicts_may_turn_by_it(evaluation: Evaluation) -> None:
    before = replace(evaluation, provenance={"policy": "model-development", "seed": 0, "command": "a"})
    after = replace(evaluation, provenance={"policy": "model-development of strict.toml", "seed": 0, "command": "b"})
    difference = compare(before, after)
    assert difference.asked == (("policy", "model-development", "model-development of strict.toml"),)
    for shown in (difference.text(), difference.html()):
        assert "asked otherwise: policy, model-development → model-development of strict.toml" in shown


def test_better_and_worse_go_by_what_is_good_and_by_the_interval(
    make: Callable[..., Evaluation], named: dict[str, Finding]
) -> None:
    after = make(
        findings=(
            moved(named["c2st_auc"], -0.05, verdict=Verdict.PASS),  # lower is better, intervals of 0.008
            moved(named["utility"], -0.05),  # higher is better
            moved(named["trend"], 0.001),  # within its interval
            moved(named["rows_compared"], 1.0),  # counted: any change is one
            named["attack"],  # not measured, before or after
            moved(named["trend"], 0, name="recall", title="Recall"),
        ),
        purposes=(Purpose("internal-testing", "internal testing", False, ()),),
    )
    found = compare(make(), after)
    changes = {finding.name: finding.change for finding in found.findings}
    assert changes == {
        "c2st_auc": "better", "utility": "worse", "trend": "unclear", "rows_compared": "worse", "attack": "unclear",
    }  # fmt: skip
    assert [f.change for f in found.changed] == ["worse", "worse", "better"]
    c2st = next(f for f in found.findings if f.name == "c2st_auc")
    assert (c2st.low, c2st.high) == pytest.approx((-0.05 - math.hypot(0.008, 0.008), -0.05 + math.hypot(0.008, 0.008)))
    assert c2st.turned
    assert found.headline == "By more than chance, 2 findings got worse and 1 finding got better."
    assert (found.added, found.gone) == (("Recall",), ("Copies",))
    assert [(purpose.title, purpose.fit) for purpose in found.purposes] == [("internal testing", False)]
    text = found.text()
    assert "no longer fit for internal testing" in text
    assert "better" in text
    assert "fails → holds" in text


def test_the_interval_holds_what_it_says(make: Callable[..., Evaluation], named: dict[str, Finding]) -> None:
    """Two samples of the same mean differ beyond chance one time in twenty."""
    record = make(findings=(named["trend"],), columns=(), pairs=()).json()
    rng = np.random.default_rng(0)
    trials, wrong, half = 1_000, 0, 1.96 * 0.01
    for pair in rng.normal(0.5, 0.01, (trials, 2)).tolist():
        sides = [
            record | {"findings": [record["findings"][0] | {"value": v, "low": v - half, "high": v + half}]}
            for v in pair
        ]
        wrong += twinfold.compare_reports(*sides).findings[0].change != "unclear"
    assert 0.03 < wrong / trials < 0.07


def test_columns_that_moved_most_come_first(make: Callable[..., Evaluation]) -> None:
    before = make()
    columns = tuple(
        replace(column, error=column.error + shift)
        for column, shift in zip(before.columns, (0.0, 0.3, -0.01, 0.05, 0.0, 0.0), strict=True)
    )
    assert [column.name for column in compare(before, make(columns=columns)).columns] == ["balance", "job", "opened"]


def test_the_page_escapes_names_and_asks_for_nothing(
    make: Callable[..., Evaluation], named: dict[str, Finding]
) -> None:
    hostile = "<script>alert(1)</script>"
    after = make(
        headline=hostile,
        findings=(moved(named["trend"], 1.0, title=hostile), moved(named["trend"], 0, name="new", title=hostile)),
        columns=tuple(replace(column, error=column.error + 1) for column in make().columns),
    )
    html = compare(make(), after).html()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "How was this computed?" in html
    assert "default-src 'none'" in html
    assert "src=" not in html.replace("default-src", "").replace("style-src", "").replace("img-src", "")


def test_a_record_of_before_examples_and_audiences_is_read(evaluation: Evaluation) -> None:
    old = {key: value for key, value in evaluation.json().items() if key not in ("audience", "examples", "charts")}
    assert twinfold.compare_reports(old, evaluation.json()).changed == ()


def test_rounding_for_the_public_is_no_difference(evaluation: Evaluation) -> None:
    public, whole = evaluation.json(audience="public"), evaluation.json()
    assert twinfold.compare_reports(public, public).changed == ()
    for before, after in ((public, whole), (whole, public)):
        with pytest.raises(DataError, match="compare two records for the same audience"):
            twinfold.compare_reports(before, after)


def test_result_is_plain_json(evaluation: Evaluation) -> None:
    record = json.loads(json.dumps(compare(evaluation, evaluation).json(), allow_nan=False))
    assert record["findings"][0]["change"] == "unclear"
    attack = next(finding for finding in record["findings"] if finding["name"] == "attack")
    assert attack["before"] is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: [], "no record of an evaluation"),
        (lambda r: {"version": 1}, "no record of an evaluation"),
        (lambda r: r | {"version": 99}, "version 99"),
        (lambda r: r | {"version": True}, "no record of an evaluation"),
        (lambda r: r | {"headline": 7}, "headline"),
        (lambda r: r | {"findings": {}}, "findings"),
        (lambda r: r | {"findings": [*r["findings"], r["findings"][0]]}, "twice"),
        (lambda r: r | {"findings": [r["findings"][0] | {"value": "1"}]}, r"findings\.0\.value"),
        (lambda r: r | {"findings": [r["findings"][0] | {"verdict": "fine"}]}, r"findings\.0\.verdict"),
        (lambda r: r | {"columns": [{"name": "x" * 200_000, "error": 0, "yardstick": 0}]}, r"columns\.0\.name"),
        (lambda r: r | {"purposes": [{"name": "a"}]}, r"purposes\.0\.title"),
    ],
)
def test_what_is_no_record_is_refused_in_one_line(
    evaluation: Evaluation, tmp_path: Path, change: Callable[[dict[str, Any]], Any], said: str
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(change(evaluation.json())), encoding="utf-8")
    with pytest.raises(DataError, match=said) as refused:
        twinfold.compare_reports(path, evaluation.json())
    assert "\n" not in str(refused.value)
    assert "bad.json" in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ['{"version": NaN}', "[" * 100_000, "{", "", '{"version": 1, "findings": [1e999]}', "9" * 5_000, '"\\ud800"'],
)
def test_what_is_no_json_is_refused(evaluation: Evaluation, tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="bad"):
        twinfold.compare_reports(evaluation.json(), path)


def test_files_that_cannot_be_read_are_refused(evaluation: Evaluation, tmp_path: Path) -> None:
    binary, large = tmp_path / "binary.json", tmp_path / "large.json"
    binary.write_bytes(b"\xff\xfe\x00")
    with large.open("wb") as file:
        file.truncate(LARGEST + 1)
    for path, said in (
        (binary, "no text"),
        (large, "bytes"),
        (tmp_path, "can't be read"),
        (tmp_path / "no", "No such"),
    ):
        with pytest.raises(DataError, match=said):
            twinfold.compare_reports(evaluation.json(), path)
