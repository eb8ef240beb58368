"""The behaviour file: a decision model in the container of model files, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from twinfold.behaviour.assumed import AssumedModel
from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.choosing import ChoosingModel
from twinfold.behaviour.response import ResponseModel
from twinfold.behaviour.returning import ReturningModel
from twinfold.behaviour.specification import make_specification
from twinfold.errors import ModelFileError, SpecificationError
from twinfold.synthesis.model_file import read_manifest, read_model_file, write_model_file
from twinfold.tables.schema import Column

SUFFIX = ".behaviour"

KIND = "behaviour"
"""What the manifest calls itself, where a model of tables says nothing."""

MODELS: dict[str, type[ResponseModel] | type[ReturningModel] | type[ChoosingModel]] = {
    "choice": ChoosingModel,
    "response": ResponseModel,
    "hazard": ResponseModel,
    "lifetime": ReturningModel,
}
"""The models of each kind of specification."""

_SHORT = 100_000


def save_behaviour(behaviour: Behaviour, path: str | Path, *, force: bool = False) -> None:
    """Write a behaviour. Raises `OutputError` where `path` exists and `force` is not set, or can't be written."""
    manifest = {
        "kind": KIND,
        "specification": behaviour.specification.model_dump(mode="json", exclude_unset=True),
        "columns": [column.model_dump(mode="json", exclude_none=True) for column in behaviour.columns],
        "rows": behaviour.rows,
        "notes": list(behaviour.notes),
        "origin": dict(behaviour.origin),
        "model": behaviour.model.record(),
    }
    write_model_file(path, manifest, behaviour.model.arrays(), force=force)


def load_behaviour(path: str | Path) -> Behaviour:
    """Read a behaviour. Raises `ModelFileError` where the file is none, or a damaged or hostile one."""
    _check_there(path)
    try:
        manifest, arrays = read_model_file(path)
    except ModelFileError as error:
        raise ModelFileError(
            str(error).replace("make one with twinfold fit", "make one with twinfold calibrate")
        ) from None
    if manifest.get("kind") != KIND:
        raise ModelFileError(f"{path} is a model of tables, not a behaviour; make one with twinfold calibrate")
    try:
        return _restored(manifest, arrays)
    except (KeyError, ValueError, TypeError, IndexError, ValidationError, SpecificationError) as error:
        why = " ".join(str(error).split())[:200]
        raise ModelFileError(f"{path} is damaged or was tampered with: {why}; calibrate it again") from None


def is_behaviour(path: str | Path) -> bool:
    """Whether a file is a behaviour, and no model of tables. Raises `ModelFileError` where it is neither."""
    if Path(path).suffix == SUFFIX:
        _check_there(path)
    return read_manifest(path).get("kind") == KIND


def _check_there(path: str | Path) -> None:
    if not Path(path).exists():
        raise ModelFileError(f"there is no file {path}; make one with twinfold calibrate DATA --spec FILE -o {path}")


def _restored(manifest: dict[str, Any], arrays: dict[str, Any]) -> Behaviour:
    specification = make_specification(manifest["specification"])
    columns = tuple(Column.model_validate(record) for record in manifest["columns"])
    notes = tuple(str(note)[:_SHORT] for note in manifest["notes"])
    origin = {str(key)[:100]: str(value)[:1000] for key, value in manifest["origin"].items()}
    own = AssumedModel if specification.assumed else MODELS[specification.kind]
    model = own.restored(manifest["model"], arrays)
    return Behaviour(specification, model, columns, int(manifest["rows"]), notes, origin)
