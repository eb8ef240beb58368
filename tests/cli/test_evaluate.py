"""`twinfold fit` and `twinfold evaluate` say what they wrote, and their reports how they were made."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from twinfold.cli.main import main

TWINFOLD = str(Path(sys.executable).with_name("twinfold"))
EVALUATE = [
    *("evaluate", "--train", "train.csv", "--holdout", "kept rows.csv", "--synthetic", "made.csv"),
    *("--policy", "internal-testing"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(0)
    for name in ("train.csv", "kept rows.csv", "made.csv"):
        age = rng.integers(18, 90, 300)
        pl.DataFrame({"age": age, "branch": 100 + age % 7, "income": rng.integers(1, 900, 300)}).write_csv(
            tmp_path / name
        )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_evaluate_tells_its_command_its_schema_and_what_it_wrote(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", "train.csv", "--save", "schema.toml"]) == 0
    capfd.readouterr()
    command = [*EVALUATE, "--schema", "schema.toml", "-o", "report.html", "--json", "found.json"]
    assert main(command) in (0, 1)
    shown = capfd.readouterr().out
    assert shown.endswith("Wrote report.html and found.json.\n")
    assert "\x1b" not in shown
    provenance = json.loads((folder / "found.json").read_text(encoding="utf-8"))["provenance"]
    assert provenance["command"] == f"twinfold {' '.join(command).replace('kept rows.csv', repr('kept rows.csv'))}"
    assert provenance["schema"].startswith("schema.toml, SHA-256 ")
    assert provenance["policy"] == "internal-testing"


def test_an_empty_name_among_sensitive_columns_is_said(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for names in ("", "age,,branch"):  # as of a variable that is not set
        assert main([*EVALUATE, "-o", "report.html", "--target", "income", "--sensitive", names]) == 2
        assert "sensitive column '' is not in the learned columns" in capfd.readouterr().err
    assert not (folder / "report.html").exists()


def test_a_terminal_gets_colours(folder: Path) -> None:
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    with subprocess.Popen(
        [TWINFOLD, *EVALUATE, "-o", "report.html"], stdout=theirs, stderr=subprocess.DEVNULL, env=environment
    ):
        os.close(theirs)
        shown = b""
        while True:
            try:
                more = os.read(ours, 4096)
            except OSError:  # the other end was closed
                break
            if not more:
                break
            shown += more
    os.close(ours)
    assert b"\x1b[" in shown
    assert b"Wrote report.html." in shown


def test_fit_tells_what_it_wrote(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "train.csv", "-o", "m.twin"]) == 0
    assert capfd.readouterr().out.endswith("\nWrote m.twin.\n")
    assert main(["fit", "train.csv", "-o", "m.twin", "--report", "r.html", "--force"]) == 0
    assert capfd.readouterr().out.endswith("\nWrote m.twin and r.html.\n")
    assert "twinfold fit train.csv -o m.twin --report r.html --force" in (folder / "r.html").read_text(encoding="utf-8")


def test_folders_of_linked_tables_are_judged_and_refused_where_rows_have_no_parent(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for seed, side in enumerate(("train", "kept", "made", "torn")):
        rng = np.random.default_rng(seed)
        (tmp_path / side).mkdir()
        ids = np.arange(400) + 1_000 * seed
        owner = np.repeat(ids, rng.poisson(3, 400)) + (50 if side == "torn" else 0)
        age = rng.integers(18, 90, 400)
        pl.DataFrame({"customer_id": ids, "age": age}).write_csv(tmp_path / side / "customers.csv")
        paid = {"customer_id": owner, "amount": rng.integers(1, 60, len(owner))}
        pl.DataFrame(paid).write_csv(tmp_path / side / "payments.csv")
    report, record = str(tmp_path / "r.html"), tmp_path / "r.json"
    asked = ["evaluate", "--train", str(tmp_path / "train"), "--holdout", str(tmp_path / "kept"), "-o", report]
    asked += ["--policy", "internal-testing", "--force", "--json", str(record), "--synthetic"]
    assert main([*asked, str(tmp_path / "made")]) == 0
    assert "Rows for each" in capfd.readouterr().out
    assert main([*asked, str(tmp_path / "torn")]) == 1
    assert "rows have no parent" in capfd.readouterr().out
    found = json.loads(record.read_text(encoding="utf-8"))
    assert found["links"][0]["orphans"][2] > 0
    assert next(f for f in found["findings"] if f["name"] == "orphans")["verdict"] == "fail"
    assert "How the tables hang together" in Path(report).read_text(encoding="utf-8")
