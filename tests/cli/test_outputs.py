from pathlib import Path

import pytest

from twinfold.cli.outputs import check_free, write_json
from twinfold.errors import OutputError


def test_a_new_file_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_free(tmp_path / "new.csv", force=False)
    monkeypatch.chdir(tmp_path)
    check_free(Path("new.csv"), force=False)


def test_an_existing_file_needs_force(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_text("x")
    with pytest.raises(OutputError, match=r"old\.csv' exists.*--force"):
        check_free(path, force=False)
    check_free(path, force=True)


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("x")
    with pytest.raises(OutputError, match="is also an input"):
        check_free(tmp_path / "." / "data.csv", force=True, inputs=(str(path),))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist"):
        check_free(tmp_path / "no" / "x.csv", force=False)


def test_a_record_replaces_a_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("long ago")
    write_json(path, {"name": "né"})
    written = path.read_text(encoding="utf-8")
    assert written == '{\n  "name": "né"\n}\n'
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"value": float("nan")})
    with pytest.raises(UnicodeEncodeError):
        write_json(path, {"name": "\ud800"})
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]
    assert path.read_text(encoding="utf-8") == written
