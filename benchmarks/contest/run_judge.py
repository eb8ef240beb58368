"""The judge, with the distances among real rows remembered: they cost most, and no synthetic row changes them.

python run_judge.py SCORE_PY FOLDER ARGUMENT...    the arguments of score.py, whose figures stay what they are
"""

import hashlib
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Nearest = Callable[..., np.ndarray]


def remembering(nearest: Nearest, folder: Path) -> Nearest:
    """`nearest`, looking up the distances of points among themselves where the same points were asked before."""

    def look_up(points: np.ndarray, among: np.ndarray, skip_self: bool = False, **settings: Any) -> np.ndarray:
        if not skip_self:
            return nearest(points, among, skip_self, **settings)
        told_apart = np.ascontiguousarray(points[:, points.any(axis=0)])  # levels that no real row has are zero here
        kept = folder / f"isolation-{hashlib.sha256(told_apart).hexdigest()[:24]}.npy"
        if kept.exists():
            return np.load(kept)
        found = nearest(points, among, skip_self, **settings)
        np.save(kept, found)
        return found

    return look_up


def main() -> None:
    score_py, folder, *arguments = sys.argv[1:]
    sys.argv = [score_py, *arguments]
    judge = runpy.run_path(score_py)
    main_of_judge = judge["main"]
    main_of_judge.__globals__["nearest"] = remembering(judge["nearest"], Path(folder))
    main_of_judge()


if __name__ == "__main__":
    main()
