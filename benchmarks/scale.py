"""How time and memory grow: fits of more and more rows, and ten million rows drawn to Parquet.

    scripts/bench scale [--rows 10000000]

Each line is a process of its own, so that its peak memory is its own. CPU seconds of both phases, all threads together;
kernels are compiled before anything is timed. The fitted tables are drawn from a model of the real one, since the real
one has 24,421 rows.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

DATA = Path(__file__).parents[1] / "../shared/data/adult/train.parquet"
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)


def cpu_seconds() -> float:
    return time.process_time()


def measure(phase: str, source: Path, out: Path, rows: int) -> dict[str, float]:
    """In this process: fit `source` to the model `out`, or draw `rows` rows of the model `source` to the file `out`."""
    import twinfold

    begun = cpu_seconds(), time.perf_counter()
    if phase == "fit":
        twinfold.fit(source).save(out, force=True)
    else:
        twinfold.sample_to(source, out, rows, force=True)
    return {
        "rows": rows,
        "cpu_s": cpu_seconds() - begun[0],
        "wall_s": time.perf_counter() - begun[1],
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "file_mb": out.stat().st_size / 1e6,
    }


def apart(phase: str, source: Path, out: Path, rows: int) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--phase", phase, str(source), str(out), str(rows)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def table(title: str, found: list[dict[str, float]]) -> None:
    print(f"\n{title}\n{'rows':>12}{'CPU s':>10}{'wall s':>10}{'peak GB':>10}{'file MB':>10}{'rows / CPU s':>15}")
    for line in found:
        print(
            f"{line['rows']:>12,}{line['cpu_s']:>10.2f}{line['wall_s']:>10.2f}{line['peak_gb']:>10.2f}"
            f"{line['file_mb']:>10.1f}{line['rows'] / line['cpu_s']:>15,.0f}",
            flush=True,
        )
    slope = np.polyfit(np.log([x["rows"] for x in found]), np.log([x["cpu_s"] for x in found]), 1)[0]
    print(f"CPU seconds grow as rows to the power {slope:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--phase", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.phase:
        phase, source, out, rows = args.phase
        print(json.dumps(measure(phase, Path(source), Path(out), int(rows))))
        return
    if not DATA.exists():
        print("not run: the real table of ../shared/data is not here")
        return
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        apart("fit", DATA, here / "adult.twin", 24_421)  # compiles what is not compiled yet
        apart("sample", here / "adult.twin", here / "warm.parquet", 1000)
        drawn = [apart("sample", here / "adult.twin", here / f"{n}.parquet", n) for n in (*SIZES, args.rows)]
        table("Drawing rows of Adult (15 columns) to Parquet", drawn)
        fitted = [apart("fit", here / f"{n}.parquet", here / f"{n}.twin", n) for n in SIZES]
        table("Fitting as many rows (15 columns), the model file written", fitted)


if __name__ == "__main__":
    main()
