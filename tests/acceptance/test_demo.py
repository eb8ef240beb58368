"""`twinfold demo`, run as a new user would."""

import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from twinfold.cli.main import main
from twinfold.verbs.demo import read_households

TWINFOLD = str(Path(sys.executable).with_name("twinfold"))


def test_households_are_those_that_were_published() -> None:
    households = read_households()
    assert households.shape == (9275, 9)
    assert households.null_count().sum_horizontal().item() == 0
    # Abadie (2003), table 1: 39 % are eligible, 28 % take part, the mean income is 39,254 dollars
    assert households["eligible_401k"].mean() == pytest.approx(0.392, abs=0.001)
    assert households["participates_401k"].mean() == pytest.approx(0.276, abs=0.001)
    assert households["income_thousands"].mean() == pytest.approx(39.25, abs=0.01)
    assert households["income_thousands"][2] == 12.858


def test_demo_makes_what_it_says_and_its_advice_can_be_pasted(tmp_path: Path) -> None:
    began = time.monotonic()
    done = subprocess.run(
        [TWINFOLD, "demo"], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 120  # a minute on a machine that has nothing else to do
    made = tmp_path / "twinfold-demo"
    assert sorted(p.name for p in made.iterdir()) == [
        "households.csv",
        "households.twin",
        "report.html",
        "synthetic-households.csv",
    ]
    assert pl.read_csv(made / "synthetic-households.csv").schema == pl.read_csv(made / "households.csv").schema
    assert "Verdict: " in done.stdout
    advice = re.findall(r"^  (\S*twinfold\S* (?:inspect|sample) .*)", done.stdout, re.MULTILINE)
    assert len(advice) == 2
    for line in advice:
        subprocess.run(shlex.split(line), cwd=tmp_path, check=True, capture_output=True)
    older = pl.read_csv(made / "older-couples.csv")
    assert older.height == 1000
    assert older.filter((pl.col("age") < 60) | (pl.col("married") != 1)).is_empty()


def test_demo_keeps_what_is_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "report.html").write_text("mine")
    assert main(["demo", "-o", str(tmp_path)]) == 2
    assert "--force" in capfd.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
