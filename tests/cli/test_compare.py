"""`twinfold compare` writes a page and a record, and says on one line what it can't do."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from planted_engines import MISSING, PlantedEngine, copy_rows, plant
from twinfold.cli.main import main
from twinfold.evaluation import boosting

COMMAND = ["compare", "bank.csv", "--engines", "trees"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(0)
    age = rng.integers(18, 90, 240)
    pl.DataFrame({"age": age, "branch": 100 + age % 7, "income": rng.integers(1, 900, 240)}).write_csv(
        tmp_path / "bank.csv"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(boosting, "_ROUNDS", 20)
    return tmp_path


def test_page_record_and_what_is_said_agree(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    typed = [*COMMAND, "--json", "found.json", "--policy", "internal-testing"]
    assert main(typed) == 0
    said = capfd.readouterr().out
    record = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    assert said.startswith(record["headline"])
    assert said.endswith("Wrote compare.html and found.json.\n")
    assert record["provenance"]["command"] == f"twinfold {' '.join(typed)}"
    page = (folder / "compare.html").read_text(encoding="utf-8")
    assert all(sentence in page for sentence in record["recommendation"]["sentences"])
    assert "<script" not in page
    assert main([*COMMAND, "--force", "--quiet"]) == 0
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--engines", "tree"], "engine 'tree' is not known (all, trees"),
        (["--engines", "winged"], 'pip install "twinfold[wings]"'),
        (["--budget", "soon"], "budget 'soon' is no time"),
        (["--target", "incom"], "did you mean 'income'"),
        (["-o", "compare.pdf"], "give a name that ends in .html"),
        (["-o", "none/compare.html"], "lies in a folder that does not exist"),
        (["--schema", "none.toml"], "none.toml"),
        (["--policy", "fun"], "'fun'"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    folder: Path, more: list[str], said: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, {"winged": PlantedEngine(copy_rows, error=MISSING)})
    assert main([*COMMAND, *more]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    [line] = [line for line in err.splitlines() if line.startswith("twinfold: ")]
    assert said in line
    assert [path.name for path in folder.iterdir()] == ["bank.csv"]


def test_a_folder_of_tables_is_not_compared_on_yet(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pl.DataFrame({"age": [1, 2], "paid": [3, 4]}).write_csv(folder / "payments.csv")
    assert main(["compare", "."]) == 2
    assert "engines are compared on one table yet; name one of the files" in capfd.readouterr().err


def test_a_page_that_exists_is_kept(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "compare.html").write_text("mine", encoding="utf-8")
    assert main(COMMAND) == 2
    assert "--force" in capfd.readouterr().err
    assert (folder / "compare.html").read_text(encoding="utf-8") == "mine"


def test_stopped_before_anything_was_judged_leaves_nothing(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, {"stopped": PlantedEngine(copy_rows, error=KeyboardInterrupt())})
    assert main(["compare", "bank.csv", "--engines", "stopped"]) == 130
    assert [path.name for path in folder.iterdir()] == ["bank.csv"]
