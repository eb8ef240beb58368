import json
from pathlib import Path

import pytest

from twinfold.cli.outputs import as_json, check_free, show, write_json
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


def test_two_outputs_need_two_names(tmp_path: Path) -> None:
    check_free(tmp_path / "a.html", None, tmp_path / "a.json", force=False)
    with pytest.raises(OutputError, match="is named twice"):
        check_free(tmp_path / "a.html", tmp_path / "." / "a.html", force=True)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder; give the name of a file"):
        check_free(tmp_path, force=True)
    check_free(tmp_path, force=False, folder=True)  # what is put into it is checked when its name is known


def test_names_out_of_a_file_do_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\x1b]0;title\x07\x9b2J\u202eb\rc"
    show(f"Dropped: {name}.\nDone: 5\N{NO-BREAK SPACE}%.")
    assert capsys.readouterr().out == (
        "Dropped: a\ufffd]0;title\ufffd\ufffd2J\ufffdb\ufffdc.\nDone: 5\N{NO-BREAK SPACE}%.\n"
    )
    written = as_json({"name": name})
    assert all(character == "\n" or character.isprintable() for character in written)
    assert json.loads(written) == {"name": name}
