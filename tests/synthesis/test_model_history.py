"""The history of a model file: records are added whole or not at all, and nothing else changes."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from twinfold.errors import ModelFileError, OutputError
from twinfold.synthesis.model_file import append_record, learned_digest, read_model_file, write_model_file

ARRAYS = {"b": np.arange(5), "a": np.zeros((2, 0))}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "m.twin"
    write_model_file(path, {"engine": "trees", "history": [{"event": "fit"}]}, ARRAYS)
    return path


def digest(path: Path) -> str:
    return learned_digest(*read_model_file(path))


def test_a_record_is_added_and_the_model_stays_the_same(model: Path) -> None:
    before = digest(model)
    append_record(model, {"event": "evaluated", "value": None}, learned=before)
    manifest, arrays = read_model_file(model)
    assert manifest["history"] == [{"event": "fit"}, {"event": "evaluated", "value": None}]
    assert manifest["engine"] == "trees"
    assert {name: array.tolist() for name, array in arrays.items()} == {"a": [[], []], "b": [0, 1, 2, 3, 4]}
    assert digest(model) == before


@pytest.mark.parametrize("other", [{"engine": "network"}, {"engine": "trees", "rows": 1}])
def test_another_model_in_its_place_gets_no_record(model: Path, other: dict[str, object]) -> None:
    before = digest(model)
    write_model_file(model, other, ARRAYS, force=True)
    with pytest.raises(ModelFileError, match="holds another model"):
        append_record(model, {"event": "evaluated"}, learned=before)
    assert read_model_file(model)[0] == other


def test_the_digest_is_of_values_and_names() -> None:
    one = learned_digest({}, {"a": np.array([1, 2])})
    others = [{"a": np.array([1, 3])}, {"b": np.array([1, 2])}, {"a": np.array([1.0, 2.0])}, {"a": np.array([[1, 2]])}]
    assert len({one, *(learned_digest({}, other) for other in others)}) == 5


def test_a_failure_while_writing_leaves_the_old_model(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, known = model.read_bytes(), digest(model)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        append_record(model, {"event": "evaluated"}, learned=known)
    assert model.read_bytes() == before
    assert [path.name for path in model.parent.iterdir()] == ["m.twin"]


def test_records_of_many_at_once_are_all_kept(model: Path) -> None:
    known = digest(model)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda k: append_record(model, {"event": k}, learned=known), range(24)))
    assert {record["event"] for record in read_model_file(model)[0]["history"]} == {"fit", *range(24)}


def test_who_may_read_the_file_stays_as_it_was_and_a_link_stays_a_link(model: Path) -> None:
    model.chmod(0o600)
    link = model.with_name("link.twin")
    link.symlink_to(model)
    append_record(link, {"event": "evaluated"}, learned=digest(model))
    assert stat.S_IMODE(model.stat().st_mode) == 0o600
    assert link.is_symlink()
    assert len(read_model_file(model)[0]["history"]) == 2


def test_a_model_that_can_not_be_written_to_is_left_alone(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = digest(model)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != model)
    with pytest.raises(OutputError, match=r"m\.twin can't be written to.*copy it to where you may write"):
        append_record(model, {"event": "evaluated"}, learned=known)
    assert len(read_model_file(model)[0]["history"]) == 1
