"""The Czech bank's eight tables, Berka: read, learned and drawn by the two commands."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from contest.contestants import timed
from contest.environments import SHARED, TWINFOLD

Tables = Mapping[str, pl.DataFrame]

REAL = SHARED / "data/berka"
KINDS = ("UROK", "SLUZBY", "SIPO", "DUCHOD", "POJISTNE", "UVER", "SANKC. UROK", " ")
BAD = ("B", "D")


def read_raw(folder: Path) -> dict[str, pl.DataFrame]:
    return {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}


def read(folder: Path) -> dict[str, pl.DataFrame]:
    """The tables, with dates as dates and the district's numbers as numbers."""
    tables = read_raw(folder)
    for name, column in (("account", "date"), ("card", "issued"), ("loan", "date")):
        tables[name] = tables[name].with_columns(pl.col(column).str.to_date())
    day = (pl.col("date") + 19_000_000).cast(pl.String).str.to_date("%Y%m%d")
    tables["trans"] = tables["trans"].with_columns(day)
    tables["district"] = tables["district"].with_columns(pl.col("A12", "A15").cast(pl.Float64, strict=False))
    return tables


def fit(data: Path, model: Path, *options: object, seed: int = 0) -> tuple[float, float]:
    """CPU seconds and peak memory in GB."""
    return timed(TWINFOLD, "fit", data, "-o", model, "--seed", seed, "--quiet", "--force", *options)[1:]


def draw(model: Path, out: Path, *options: object, seed: int = 1) -> tuple[float, float]:
    """CPU seconds and peak memory in GB."""
    shutil.rmtree(out, ignore_errors=True)
    return timed(TWINFOLD, "sample", model, "-o", out, "--seed", seed, "--quiet", *options)[1:]
