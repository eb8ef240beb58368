"""Python environments for what the benchmarks compare with and judge by: apart from Twinfold's, made at first use."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "../shared"
TORCH = "torch==2.13.0"  # unpinned, it brings gigabytes of CUDA
VERSIONS = {"argn": "mostlyai-engine==2.7.3", "copula": "sdv==2.0.0", "ctgan": "sdv==2.0.0", "tvae": "sdv==2.0.0"}
LIBRARIES = {  # another SDMetrics counts other pairs: trend errors of different versions don't compare
    "judge": (TORCH, "sdmetrics==0.32.0", "lightgbm", "scikit-learn", "pandas", "pyarrow", "scipy", "matplotlib"),
    "peers": (TORCH, *sorted(set(VERSIONS.values()))),
}
UNWANTED = {"peers": ("torchvision", "torchaudio")}
"""Built for another torch than the pinned one: transformers won't load beside them, and needs neither."""

TWINFOLD = ROOT / ".venv/bin/twinfold"
OWN_PYTHON = ROOT / ".venv/bin/python"


def python_of(name: str) -> Path:
    """The interpreter of the environment "judge" or "peers", made if it is not there or lacks a library."""
    folder = ROOT / f".venv-{name}"
    python, stamp = folder / "bin/python", folder / "installed"
    libraries = " ".join(LIBRARIES[name])
    if stamp.exists() and stamp.read_text() == libraries:
        return python
    print(f"installing the libraries of the {name} into .venv-{name} (minutes, once)", file=sys.stderr)
    _install(folder, name)
    stamp.write_text(libraries)
    return python


def _install(folder: Path, name: str) -> None:
    python = folder / "bin/python"
    uv = shutil.which("uv")
    if not python.exists():
        make = [uv, "venv", "--quiet", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
        subprocess.run([*make, folder], check=True)
    pip = [uv, "pip"] if uv else [python, "-m", "pip"]
    which = ["--python", python] if uv else []
    environment = _pip_settings_for_uv() if uv else None
    subprocess.run([*pip, "install", "--quiet", *which, *LIBRARIES[name]], check=True, env=environment)
    if name in UNWANTED:
        sure = [] if uv else ["--yes"]
        subprocess.run([*pip, "uninstall", "--quiet", *which, *sure, *UNWANTED[name]], check=True, env=environment)


def _pip_settings_for_uv() -> dict[str, str]:
    """uv doesn't read pip's settings: the same names as in `scripts/install`."""
    settings = dict(os.environ)
    for uv_name, pip_name in {"UV_DEFAULT_INDEX": "PIP_INDEX_URL", "SSL_CERT_FILE": "PIP_CERT"}.items():
        if os.environ.get(pip_name):
            settings.setdefault(uv_name, os.environ[pip_name])
    if os.environ.get("PIP_FIND_LINKS"):
        settings.setdefault("UV_FIND_LINKS", ",".join(os.environ["PIP_FIND_LINKS"].split()))
    return settings
