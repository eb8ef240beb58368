"""Bad input, as a user meets it: exit 2, one line that says what to do, and nothing left behind."""

import gzip
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from twinfold.cli.main import main

TWINFOLD = str(Path(sys.executable).with_name("twinfold"))
GOOD = "age,income,job\n" + "".join(f"{20 + i % 50},{1000 + 37 * i % 9000},{'abc'[i % 3]}\n" for i in range(300))

Refuse = Callable[..., str]


@pytest.fixture
def refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Refuse:
    """Run a command in an empty folder that holds only `data`; check that it is refused; give what was said."""

    def run(command: list[str], name: str = "data.csv", data: bytes | str | None = None) -> str:
        monkeypatch.chdir(tmp_path)
        if data is not None:
            (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
        before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
        status = main(command)
        out, err = capfd.readouterr()
        assert status == 2, (status, err)
        assert out == ""
        [line] = err.splitlines()
        assert line.startswith("twinfold: ")
        assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
        return line

    return run


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    (folder / "good.csv").write_text(GOOD)
    assert main(["fit", str(folder / "good.csv"), "-o", str(folder / "good.twin"), "--quiet"]) == 0
    return folder / "good.twin"


def noise(n: int) -> bytes:
    return random.Random(0).randbytes(n)


UNREADABLE: dict[str, tuple[str, bytes | str | None, str]] = {
    "no file": ("data.csv", None, r"'data\.csv'"),
    "empty file": ("data.csv", "", "empty"),
    "only a line's end": ("data.csv", "\n", "data.csv"),
    "header only": ("data.csv", "age,income\n", "no rows|0 rows|header"),
    "ragged rows": ("data.csv", GOOD + "1,2,3,4,5\n", "302|5"),
    "two columns of one name": ("data.csv", GOOD.replace("job", "age", 1), "'age'"),
    "undecodable bytes": ("data.csv", noise(5000), "data.csv"),
    "parquet that is none": ("data.parquet", noise(5000), "data.parquet"),
    "csv named parquet": ("data.parquet", GOOD, "data.parquet"),
    "gzip that breaks off": ("data.csv.gz", gzip.compress(noise(5000))[:2000], "data.csv.gz"),
    "an unknown kind of file": ("data.pdf", b"%PDF-1.7\n" + noise(500), "data.pdf"),
}


@pytest.mark.parametrize("case", UNREADABLE)
@pytest.mark.parametrize("verb", ["inspect", "fit"])
def test_unreadable_tables(verb: str, case: str, refuse: Refuse) -> None:
    name, data, said = UNREADABLE[case]
    command = {"inspect": ["inspect", name, "--save", "schema.toml"], "fit": ["fit", name, "-o", "out.twin"]}[verb]
    line = refuse(command, name, data)
    assert re.search(said, line), line


@pytest.mark.parametrize("rows", [1, 49])
def test_too_few_rows_to_learn_from_safely(rows: int, refuse: Refuse) -> None:
    line = refuse(["fit", "data.csv", "-o", "out.twin"], data="".join(GOOD.splitlines(keepends=True)[: rows + 1]))
    assert re.search(rf"\b{rows} row", line), line
    assert "50" in line


COLUMNS = {
    "all missing": ["" for _ in range(400)],
    "constant": ["same" for _ in range(400)],
    "mixed types": [("12", "x", "2020-01-01", "", "3.5e7", "€")[i % 6] for i in range(400)],
    "one value and missing": [("", "x")[i % 2] for i in range(400)],
    "10,000 categories": [f"c{i % 10_000}" for i in range(20_000)],
    "as many categories as rows": [f"c{i}" for i in range(400)],
    "very long text": ["word " * 500 + str(i) for i in range(400)],
    "enormous numbers": [f"{i}e300" for i in range(400)],
    "endless numbers": [("inf", "-inf", "nan", "1.5")[i % 4] for i in range(400)],
}


@pytest.mark.parametrize("case", COLUMNS)
def test_odd_columns_are_learned_or_refused(case: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    values = COLUMNS[case]
    data, twin, out = tmp_path / "data.csv", tmp_path / "out.twin", tmp_path / "out.csv"
    pl.DataFrame({"age": [20 + i % 50 for i in range(len(values))], "odd": values}).write_csv(data)
    assert main(["inspect", str(data)]) == 0
    fitted = main(["fit", str(data), "-o", str(twin)])
    err = capfd.readouterr().err
    assert fitted in (0, 2), err
    if fitted == 2:
        assert len(err.splitlines()) == 1
        assert not twin.exists()
        return
    assert main(["sample", str(twin), "-o", str(out), "-n", "100"]) == 0, capfd.readouterr().err
    drawn = pl.read_csv(out, infer_schema=False)
    assert drawn.columns == ["age", "odd"]
    assert drawn.height == 100


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("incme > 3000", "income"),
        ("age >", "age >"),
        ("age > 200", "age"),
        ("age > 30 and age < 30", "age"),
        ("job = 'z'", "job"),
        ("age = 'old'", "old"),
        ("", "condition|empty"),
        ("__import__('os').system('touch hacked')", "__import__|'\\('|condition"),
        ("(" * 10_000, "condition|nested|deep|\\("),
    ],
)
def test_conditions_that_cannot_hold(where: str, said: str, model: Path, refuse: Refuse) -> None:
    line = refuse(["sample", str(model), "-o", "out.csv", "-n", "50", "--where", where])
    assert re.search(said, line), line
    assert len(line) < 1000


def test_a_file_that_is_no_model(refuse: Refuse) -> None:
    assert "data.csv" in refuse(["sample", "data.csv", "-o", "out.csv"], data=GOOD)
    assert "data.csv" in refuse(["sample", "data.csv", "-o", "out.csv"], data="")
    assert "none.twin" in refuse(["sample", "none.twin", "-o", "out.csv"])


def test_a_damaged_model(model: Path, refuse: Refuse) -> None:
    good = model.read_bytes()
    middle = len(good) // 2
    flipped = good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]
    for damaged in (flipped, good[:middle], good + b"x" * 100):
        assert "bad.twin" in refuse(["sample", "bad.twin", "-o", "out.csv"], "bad.twin", damaged)


@pytest.mark.parametrize("n", ["-5", "0", "1.5", "many"])
def test_numbers_of_rows_that_are_none(n: str, model: Path, refuse: Refuse) -> None:
    assert n in refuse(["sample", str(model), "-o", "out.csv", "-n", n])


def test_given_columns_that_are_unknown(model: Path, refuse: Refuse) -> None:
    assert "wage" in refuse(["sample", str(model), "-o", "out.csv", "--given", "data.csv"], data="wage\n30\n40\n")


@pytest.mark.parametrize(
    "command",
    [
        ["inspect", "data.csv", "--save", "here"],
        ["inspect", "data.csv", "--json", "here"],
        ["fit", "data.csv", "-o", "here"],
        ["fit", "data.csv", "-o", "out.twin", "--report", "here"],
        ["evaluate", "--train", "data.csv", "--holdout", "data.csv", "--synthetic", "data.csv", "-o", "here"],
        [
            *[
                "evaluate",
                "--train",
                "data.csv",
                "--holdout",
                "data.csv",
                "--synthetic",
                "data.csv",
                "-o",
                "r.html",
                "--json",
                "here",
            ]
        ],
    ],
)
def test_outputs_that_exist_are_kept(command: list[str], tmp_path: Path, refuse: Refuse) -> None:
    (tmp_path / "here").write_text("mine")
    line = refuse(command, data=GOOD)
    assert "'here'" in line
    assert "--force" in line


def test_a_sample_that_exists_is_kept(model: Path, tmp_path: Path, refuse: Refuse) -> None:
    (tmp_path / "here.csv").write_text("mine")
    assert "--force" in refuse(["sample", str(model), "-o", "here.csv"])


def test_unknown_names(refuse: Refuse) -> None:
    assert "'income'" in refuse(["fit", "data.csv", "-o", "out.twin", "--target", "incme"], data=GOOD)
    assert "'tree'" in refuse(["fit", "data.csv", "-o", "out.twin", "--engine", "tree"], data=GOOD)
    compare = [
        *[
            "evaluate",
            "--train",
            "data.csv",
            "--holdout",
            "data.csv",
            "--synthetic",
            "data.csv",
            "-o",
            "r.html",
            "--policy",
        ]
    ]
    assert "'anything'" in refuse([*compare, "anything"], data=GOOD)


def test_schemas_that_are_none(refuse: Refuse) -> None:
    assert "none.toml" in refuse(["fit", "data.csv", "--schema", "none.toml", "-o", "out.twin"], data=GOOD)
    for text in ("", "= broken", "[tables]\n", 'min_count = "x"\n'):
        line = refuse(["fit", "data.csv", "--schema", "bad.toml", "-o", "out.twin"], "bad.toml", text)
        assert "bad.toml" in line


def test_tables_that_do_not_match(tmp_path: Path, refuse: Refuse) -> None:
    (tmp_path / "other.csv").write_text(GOOD.replace("job", "trade", 1))
    line = refuse(
        ["evaluate", "--train", "data.csv", "--holdout", "data.csv", "--synthetic", "other.csv", "-o", "r.html"],
        data=GOOD,
    )
    assert "job" in line or "trade" in line


def test_an_interrupted_fit_leaves_nothing(tmp_path: Path) -> None:
    i = np.arange(100_000)
    pl.DataFrame({f"c{j}": (i * (2 * j + 3)) % (997 + j) for j in range(12)}).write_parquet(tmp_path / "data.parquet")
    with subprocess.Popen(
        [TWINFOLD, "fit", "data.parquet", "-o", "out.twin", "--report", "out.html"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    ) as fit:
        assert fit.stderr is not None
        assert "%" in fit.stderr.readline()  # it is at work
        fit.send_signal(signal.SIGINT)
        last = fit.stderr.read().splitlines()[-1]
    assert fit.returncode == 130
    assert last == "twinfold: stopped; nothing was written"
    assert [p.name for p in tmp_path.iterdir()] == ["data.parquet"]


def test_a_fit_that_is_stopped_late_keeps_the_model_so_far(tmp_path: Path) -> None:
    i = np.arange(100_000)
    pl.DataFrame({f"c{j}": (i * (2 * j + 3)) % (997 + j) for j in range(12)}).write_parquet(tmp_path / "data.parquet")
    with subprocess.Popen(
        [TWINFOLD, "fit", "data.parquet", "-o", "out.twin"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as fit:
        assert fit.stderr is not None
        assert fit.stdout is not None
        for line in fit.stderr:
            found = re.fullmatch(r"learning: (\d+) %.*\n", line)
            if found and int(found[1]) >= 6:  # past the first of twenty rounds
                fit.send_signal(signal.SIGINT)
                break
        said = fit.stdout.read()
        fit.stderr.read()
    assert fit.returncode == 0
    assert "stopped early, after" in said
    assert main(["sample", str(tmp_path / "out.twin"), "-o", str(tmp_path / "out.csv"), "-n", "10", "--quiet"]) == 0
