"""`twinfold report diff` tells two records apart, and `evaluate --audience` writes what the public may read."""

import contextlib
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from twinfold.cli.main import main

COMMAND = ("evaluate", "--train", "train.csv", "--holdout", "kept.csv", "--synthetic", "made.csv", "-o", "made.html")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tables, and the public report and record of what `evaluate` finds."""
    folder = tmp_path_factory.mktemp("bank")
    rng = np.random.default_rng(0)
    for name in ("train", "kept", "made"):
        age = rng.integers(18, 90, 300)
        table = pl.DataFrame({"age": age, "branch": 100 + age % 7, "income": rng.integers(1, 900, 300)})
        table.write_csv(folder / f"{name}.csv")
    with contextlib.chdir(folder):
        assert main([*COMMAND, "--json", "good.json", "--audience", "public", "--quiet"]) in (0, 1)
    record = json.loads((folder / "good.json").read_text(encoding="utf-8"))
    for finding in record["findings"]:
        if finding["name"] == "worst_column_error":
            finding |= {end: finding[end] + 0.4 for end in ("value", "low", "high")}
    record["columns"][0]["error"] += 0.4
    (folder / "bad.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def test_diff_says_what_got_worse_and_writes_a_page(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "diff", "good.json", "bad.json", "-o", "diff.html"]) == 0
    shown = capfd.readouterr().out
    assert "By more than chance, 1 finding got worse." in shown
    assert "Columns that moved most" in shown
    assert shown.endswith("Wrote diff.html.\n")
    assert "The column farthest beyond chance" in (folder / "diff.html").read_text(encoding="utf-8")
    assert main(["report", "diff", "good.json", "good.json"]) == 0
    assert "No finding got better or worse" in capfd.readouterr().out
    assert main(["report", "diff", "good.json", "bad.json", "-o", "diff.html"]) == 2
    assert "exists" in capfd.readouterr().err


def test_bad_records_are_one_line_and_leave_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "worse.json").write_text('{"version": 1, "findings": [{"name": "\\u001b[2J"}]}')
    for args in (["worse.json", "good.json"], ["absent.json", "good.json"], ["train.csv", "good.json"]):
        assert main(["report", "diff", *args, "-o", "none.html"]) == 2
        said = capfd.readouterr().err
        assert said.count("\n") == 1
        assert "\x1b" not in said
    assert not (folder / "none.html").exists()


def test_public_report_and_record_have_no_path_and_no_digest(folder: Path) -> None:
    page, record = ((folder / name).read_text(encoding="utf-8") for name in ("made.html", "good.json"))
    assert "public edition" in page
    assert json.loads(record)["audience"] == "public"
    assert len(json.loads(record)["examples"]) == 6
    for text in (page, record):
        assert "SHA-256" not in text
        assert "kept.csv" not in text


def test_unknown_audience_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*COMMAND, "--audience", "press"]) == 2
    said = capfd.readouterr().err
    assert "press" in said
    assert "internal" in said
