"""Who is compared: Twinfold, by its commands and in one process, and the peers, each fit and draw with its cost."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from contest.environments import OWN_PYTHON, SHARED, TWINFOLD, VERSIONS, python_of
from contest.tables import Split

NAMES = {
    "twinfold": "Twinfold",
    "argn": "TabularARGN",
    "copula": "SDV copula",
    "ctgan": "SDV CTGAN",
    "tvae": "SDV TVAE",
}
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
"""For the peers: where a peer takes the fewest CPU seconds. With more, OpenMP's waiting threads count as work."""
PATIENCE = 1800.0
"""Wall seconds after which a peer is stopped."""


@dataclass(frozen=True)
class Run:
    """One fit and one draw of as many rows as were learned.

    Attributes:
        synthetic: the file of the rows.
        fit, sample: CPU seconds in one process, all threads, libraries imported and the table read before.
        whole: CPU seconds of all commands from their start to their end.
        peak_gb: the largest memory of any of them.
        made: when, as text; "" for now.
    """

    synthetic: Path
    fit: float
    sample: float
    whole: float
    peak_gb: float
    made: str = ""


def timed(*command: object, environment: dict[str, str] | None = None) -> tuple[str, float, float]:
    """Run a command: what it prints, its CPU seconds, all threads and children, and its peak memory in GB."""
    settings = os.environ | (environment or {})
    arguments = [str(part) for part in command]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(arguments, stdout=out, stderr=complaints, env=settings)
        _, status, used = os.wait4(process.pid, 0)
        printed, complained = (file.seek(0) or file.read().decode() for file in (out, complaints))
    if status:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{complained[-2000:]}")
    return printed, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def compile_kernels() -> float:
    """Compile what is not compiled yet, before anything is timed: the CPU seconds that it took."""
    return timed(OWN_PYTHON, "-m", "twinfold.verbs.preparation")[1]


def twinfold(split: Split, seed: int, out: Path, *, inside: bool = True) -> Run:
    """Twinfold by its two commands, as a user runs it; with `inside`, once more in one process, as peers are timed."""
    model = out.with_suffix(".twin")
    fit = timed(TWINFOLD, "fit", split.train, "-o", model, "--seed", seed, "--quiet", "--force")
    draw = timed(TWINFOLD, "sample", model, "-o", out, "--seed", seed + 1, "--quiet", "--force")
    model.unlink()
    whole, peak = fit[1] + draw[1], max(fit[2], draw[2])
    if not inside:
        return Run(out, fit[1], draw[1], whole, peak)
    apart = twinfold_apart(split, seed)
    return Run(out, apart.fit, apart.sample, whole, peak)


def twinfold_apart(split: Split, seed: int, out: Path | None = None, **options: str) -> Run:
    """Twinfold's fit and draw in one process, timed as the peers are; `options` are of `twinfold fit`."""
    command = [OWN_PYTHON, Path(__file__).with_name("run_twinfold.py"), split.train, "--seed", seed]
    given = {"out": out} | options
    command += [part for name, value in given.items() if value for part in (f"--{name}", value)]
    printed, whole, peak = timed(*command)
    cost = json.loads(printed)
    return Run(out or Path(), cost["fit_cpu_s"], cost["sample_cpu_s"], whole, peak)


def peer(name: str, split: Split, *, fresh: bool = False) -> Run:
    """A peer by `run_peer.py`, from the cache where the same version learned the same split before."""
    out = split.folder / f"{VERSIONS[name].replace('==', '-')}-{name}.parquet"
    record = out.with_suffix(".cost.json")
    if fresh or not record.exists():
        print(f"running {NAMES[name]} on {split.table.name}, split {split.seed}", file=sys.stderr, flush=True)
        command = ["timeout", PATIENCE, python_of("peers"), SHARED / "bench/run_peer.py", name, split.train, out]
        command += ["--categorical", split.categorical]
        printed, whole, _ = timed(*command, environment=ONE_THREAD)
        cost = json.loads(printed.strip().splitlines()[-1])
        record.write_text(json.dumps(cost | {"whole_cpu_s": whole, "made": time.strftime("%Y-%m-%d %H:%M")}))
    cost = json.loads(record.read_text())
    return Run(out, cost["fit_cpu_s"], cost["sample_cpu_s"], cost["whole_cpu_s"], cost["peak_gb"], cost["made"])
