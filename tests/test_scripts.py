"""What the scripts do, with a uv and a Debian that only write down what was asked of them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ("sh", "cat", "cksum", "dirname", "basename", "echo", "grep", "id", "ln", "mkdir", "rm", "sed", "tr", "true")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of what the scripts need, in a folder with a space in its name, and a PATH with hardly anything on it."""
    root = tmp_path / "a clone"
    shutil.copytree(ROOT / "scripts", root / "scripts")
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, root)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (tmp_path / "bin" / tool).symlink_to(found)
    return root


def add_command(clone: Path, name: str, text: str) -> None:
    path = clone.parent / "bin" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def run(clone: Path, script: str, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / "scripts" / script, *args],
        cwd="/",
        env={"PATH": str(clone.parent / "bin"), "HOME": str(clone.parent), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def add_python_and_uv(clone: Path) -> Path:
    """A python3, and a uv that makes a .venv of it; gives the file where uv writes down its arguments."""
    log = clone.parent / "uv.log"
    add_command(clone, "python3", f'case "$*" in *lightgbm*) exit;; esac\nexec "{sys.executable}" "$@"')
    add_command(
        clone,
        "uv",
        f'[ "$1" = --version ] || echo "$* [${{UV_FIND_LINKS:-}}]" >>"{log}"\n'
        f'[ "$1" != venv ] || {{ mkdir -p .venv/bin; ln -s "$(command -v python3)" .venv/bin/python; }}',
    )
    return log


def test_install_takes_no_time_where_nothing_changed(clone: Path) -> None:
    log = add_python_and_uv(clone)
    assert run(clone, "install", PIP_FIND_LINKS="/wheels /more").returncode == 0
    made, installed = log.read_text().splitlines()
    assert made.startswith("venv")
    assert installed.endswith("--constraint constraints.txt --editable . [/wheels,/more]")
    assert run(clone, "install").stderr == ""
    assert len(log.read_text().splitlines()) == 2

    assert run(clone, "install", "all").returncode == 0  # more was asked for
    assert log.read_text().splitlines()[2].endswith("--editable .[all] []")
    for extras in ([], ["all"], ["test"], ["test", "all"]):
        assert run(clone, "install", *extras).stderr == ""
    assert len(log.read_text().splitlines()) == 3

    with (clone / "constraints.txt").open("a") as constraints:
        constraints.write("six==1.17.0\n")
    assert run(clone, "install").returncode == 0
    assert len(log.read_text().splitlines()) == 4


def test_an_install_that_failed_is_done_again(clone: Path) -> None:
    log = add_python_and_uv(clone)
    uv = clone.parent / "bin" / "uv"
    uv.write_text(uv.read_text() + '[ "$1" != pip ]\n')
    for calls in (2, 3):
        assert run(clone, "install").returncode == 1
        assert len(log.read_text().splitlines()) == calls


def test_an_environment_that_uv_made_is_made_anew_where_uv_is_gone(clone: Path) -> None:
    add_python_and_uv(clone)
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/made-by-uv").touch()
    python = clone / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\n[ "$1 $2" != "-m pip" ] || exit 1\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (clone.parent / "bin/uv").unlink()
    add_command(clone, "python3", f'[ "$2" != venv ] || mkdir -p .venv/bin\nexec "{sys.executable}" -c "" "$@"')
    assert "No module named pip" not in run(clone, "install").stderr
    assert not (clone / ".venv/made-by-uv").exists()


def test_a_python_that_is_too_old_is_said(clone: Path) -> None:
    add_command(clone, "python3", "exit 1")
    done = run(clone, "install")
    assert done.returncode == 1
    assert done.stderr == "install: Twinfold needs Python 3.11 or newer; install it and try again\n"


def test_a_python_without_venv_is_said_or_mended(clone: Path) -> None:
    add_command(clone, "python3", 'case "$*" in *sys.version_info*) exit 0;; *) exit 1;; esac')
    done = run(clone, "install")
    assert done.returncode == 1
    assert "python3-venv" in done.stderr
    assert len(done.stderr.splitlines()) == 1

    asked = clone.parent / "apt.log"
    add_command(clone, "apt-get", f'echo "$*" >>"{asked}"')
    add_command(clone, "sudo", 'shift; exec "$@"')
    run(clone, "install")
    assert "python3-venv" in asked.read_text()


def test_a_machine_without_openmp_is_said_or_mended(clone: Path) -> None:
    log = add_python_and_uv(clone)
    add_command(clone, "python3", f'case "$*" in *lightgbm*) exit 1;; esac\nexec "{sys.executable}" "$@"')
    for calls in (2, 3):  # what is not complete is not taken as installed
        done = run(clone, "install")
        assert done.returncode == 1
        assert "libgomp1" in done.stderr
        assert len(log.read_text().splitlines()) == calls
    add_command(clone, "apt-get", "exit 0")
    add_command(clone, "sudo", 'shift; exec "$@"')
    assert run(clone, "install").returncode == 0


def test_debian_packages_are_left_alone_where_they_must_be(clone: Path) -> None:
    add_command(clone, "apt-get", "exit 0")
    add_command(clone, "sudo", "exit 1")
    (clone.parent / "bin" / "id").unlink()
    add_command(clone, "id", "echo 1000")
    assert run(clone, "debian", "chromium").returncode == 1


def test_benchmarks_are_listed_and_run_by_name(clone: Path) -> None:
    add_python_and_uv(clone)
    (clone / "benchmarks").mkdir()
    (clone / "benchmarks" / "speed.py").write_text('"""How fast it is."""\nimport sys\nprint(sys.argv[1:])\n')
    assert run(clone, "bench").stdout.split() == ["speed", "How", "fast", "it", "is."]
    assert run(clone, "bench", "speed", "a b").stdout == "['a b']\n"
    assert run(clone, "bench", "sped").returncode == 2


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").iterdir()), ids=lambda script: script.name)
def test_scripts_can_be_run_and_say_what_for(script: Path) -> None:
    assert os.access(script, os.X_OK)
    first, second = script.read_text().splitlines()[:2]
    assert first == "#!/bin/sh"
    assert second.startswith("# ")
