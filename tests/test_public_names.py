import ast
import subprocess
import sys
from pathlib import Path

import pytest

import twinfold

HEAVY = (
    *("duckdb", "jinja2", "lightgbm", "numba", "numpy", "pandas", "polars", "psycopg", "pyarrow", "scipy", "sklearn"),
    *("sqlalchemy", "torch"),
)


def test_all_is_sorted_and_complete() -> None:
    assert list(twinfold.__all__) == sorted(set(twinfold.__all__))
    assert set(twinfold._HOME) == set(twinfold.__all__)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(twinfold.__file__).read_text(encoding="utf-8"))
    block = next(n for n in tree.body if isinstance(n, ast.If))
    seen = {alias.name: f.module for f in block.body if isinstance(f, ast.ImportFrom) for alias in f.names}
    assert seen == twinfold._HOME


@pytest.mark.parametrize("name", twinfold.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(twinfold, name).__doc__


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="'fitt'"):
        _ = twinfold.fitt


@pytest.mark.parametrize("code", ["import twinfold", "from twinfold.cli.main import main; main(['--help'])"])
def test_importing_is_light(code: str) -> None:
    """Nothing heavy comes in, and the processor works for less than half a second (at best: it may be busy)."""
    report = (
        f"import resource, sys\n{code}\nused = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print('\\n', used.ru_utime + used.ru_stime, *{name.partition('.')[0] for name in sys.modules})"
    )
    runs = [
        subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True).stdout
        for _ in range(3)
    ]
    last_lines = [run.splitlines()[-1].split() for run in runs]
    assert set(HEAVY).isdisjoint(last_lines[0][1:])
    assert min(float(seconds) for seconds, *_ in last_lines) < 0.5
