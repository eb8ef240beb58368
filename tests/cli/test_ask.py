"""`twinfold ask`, `twinfold interview` and `twinfold focus-group`, as they are typed."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

TWINFOLD = str(Path(sys.executable).parent / "twinfold")


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    rng = np.random.default_rng(0)
    ids = np.arange(1, 301)
    customers = pl.DataFrame(
        {"customer_id": ids, "age": rng.integers(18, 80, 300), "job": rng.choice(["nurse", "clerk"], 300)}
    )
    owner = np.repeat(ids, 4)
    payments = pl.DataFrame(
        {
            "customer_id": owner,
            "paid_on": ["2023-05-01", "2023-05-09", "2023-06-02", "2023-07-03"] * 300,
            "amount": np.tile([10.0, 20.5, 30.0, 40.0], 300),
        }
    )
    customers.write_csv(folder / "customers.csv")
    payments.write_csv(folder / "payments.csv")
    return folder


def run(*arguments: str, cwd: Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([TWINFOLD, *arguments], cwd=cwd, input=typed, capture_output=True, text=True, timeout=120)


def test_answers_are_shown_and_written(bank: Path, tmp_path: Path) -> None:
    done = run("ask", str(bank), "How much did you spend in May 2023?", "-n", "7", "-o", "answers.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "sum of amount in payments, in May 2023" in done.stdout
    record = json.loads((tmp_path / "answers.json").read_text())
    assert [answer["value"] for answer in record["answers"]] == [30.5] * 7
    assert all(answer["mark"] == "the data say" for answer in record["answers"])
    again = run("ask", str(bank), "Who are you?", "-o", "answers.json", cwd=tmp_path)
    assert again.returncode == 2
    assert "--force" in again.stderr
    for name in ("answers.csv", "answers.parquet"):
        assert run("ask", str(bank), "How old are you?", "-q", "-o", name, cwd=tmp_path).returncode == 0
    assert pl.read_csv(tmp_path / "answers.csv").height == pl.read_parquet(tmp_path / "answers.parquet").height == 50


def test_a_conversation_is_typed_and_remembered(bank: Path, tmp_path: Path) -> None:
    typed = "How many payments did you make in May 2023?\nAnd in June 2023?\n\nnever asked\n"
    done = run("interview", str(bank), "--customer", "17", "-o", "talk.json", cwd=tmp_path, typed=typed)
    assert done.returncode == 0, done.stderr
    answers = json.loads((tmp_path / "talk.json").read_text())["answers"]
    assert [answer["value"] for answer in answers] == [2, 1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", "BANK", "How old are you?", "--customer", "nobody"], "'nobody' is not in customers"),
        (["ask", "BANK", "How old are you?", "--who", "agee > 3"], "did you mean 'age'"),
        (["ask", "BANK", "How old are you?", "-o", "answers.txt"], ".html, .json, .parquet or .csv"),
        (["ask", "BANK", "How old are you?", "--behaviour", "none.behaviour"], "none.behaviour"),
        (["ask", "BANK", "How old are you?", "--documents", "nowhere"], "nowhere"),
        (["ask", "BANK", "How old are you?", "--opinions"], "give a voice"),
        (["ask", "BANK", " "], "the question is empty"),
        (["interview", "BANK", "--questions", "nowhere.txt"], "No such file or directory; give a text file"),
        (["interview", "BANK", "-o", "talk.txt"], "ends in .json"),
        (["interview", "BANK", "--customer", "1", "--customer", "2"], "twinfold ask"),
        (["focus-group", "BANK", "nowhere.toml", "-o", "page.html"], "guide"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(bank: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    done = run(*[str(bank) if each == "BANK" else each for each in arguments], cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())
