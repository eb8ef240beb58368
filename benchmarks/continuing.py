"""Histories that are continued, against what the customers really did.

    scripts/bench continuing [--after 1997-09-30] [--draws 20] [--seeds 1]

Half of CDNOW's customers are learned, with all eighteen months; of the other half what comes after a day is drawn,
given what they bought up to it, many times. Beside it: the rate of the first period, kept; what a learned customer,
chosen at random, did after that day; what the fifty learned ones nearest by number of purchases and day of the last one
did; and BG/NBD (Fader, Hardie and Lee 2005, "Counting your customers the easy way"), which says a mean alone.

"KS" is the distance between the distribution of all draws and that of the real customers; "rank" is Spearman's
correlation of each customer's mean with what they did; "CRPS" and the covered shares are of the draws of each.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats

from contest.contestants import compile_kernels, timed
from contest.environments import SHARED, TWINFOLD
from twinfold.behaviour.buying import fit_buying
from twinfold.behaviour.expectation import expect_purchases
from twinfold.behaviour.purchases import read_histories

LAST = "1998-06-30"
NEAREST = 50
COVERED = (0.5, 0.8, 0.9)


def read_half(name: str) -> dict[str, pl.DataFrame]:
    folder = SHARED / "data/cdnow" / name
    return {table: pl.read_parquet(folder / f"{table}.parquet") for table in ("customers", "purchases")}


def amounts(customers: pl.DataFrame, rows: pl.DataFrame) -> np.ndarray:
    """The number of purchases and their sum, (customers, 2)."""
    own = rows.group_by("users_id").agg(n=pl.len(), spend=pl.col("amt").sum())
    joined = customers.join(own, left_on="id", right_on="users_id", how="left", maintain_order="left")
    return joined.select(pl.col("n", "spend").fill_null(0)).to_numpy().astype(float)


def describe(half: dict[str, pl.DataFrame], after: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What customers did after a day, (customers, 2), and before it; and days: of the first and the last purchase."""
    before, later = (half["purchases"].filter(mask) for mask in (pl.col("date") <= after, pl.col("date") > after))
    day = pl.col("date").str.to_date().to_physical()
    days = before.group_by("users_id").agg(first=day.min(), last=day.max(), days=day.n_unique())
    joined = half["customers"].join(days, left_on="id", right_on="users_id", how="left", maintain_order="left")
    return (
        amounts(half["customers"], later),
        amounts(half["customers"], before),
        joined.select("first", "last", "days").to_numpy().astype(float),
    )


def draw_ours(train: Path, given: Path, customers: pl.DataFrame, after: str, draws: int, seed: int) -> np.ndarray:
    """What customers do in each draw, (draws, customers, 2)."""
    model, out = train.parent / f"{seed}.twin", train.parent / "next"
    cost = timed(TWINFOLD, "fit", train, "-o", model, "--seed", seed, "--quiet")[1]
    every, spent = [], 0.0
    for draw in range(draws):
        command = ["sample", model, "-o", out, "--continue", given, "--after", after, "--seed", 100 * seed + draw]
        spent += timed(TWINFOLD, *command, "--quiet", "--force")[1]
        every.append(amounts(customers, pl.read_parquet(out / "purchases.parquet")))
    print(f"seed {seed}: {cost:.1f} CPU seconds to learn, {spent / draws:.1f} a draw, start-up included")
    return np.stack(every)


def expect_bgnbd(learned: dict[str, pl.DataFrame], kept: dict[str, pl.DataFrame], after: str) -> np.ndarray:
    """The days with purchases that BG/NBD, fitted to learned customers, expects of kept ones, (customers,)."""
    now, end = (float(np.datetime64(day).astype("datetime64[D]").astype(int)) for day in (after, LAST))
    known, asked = (
        read_histories(
            half["purchases"]["users_id"].to_numpy(),
            half["purchases"]["date"].str.to_date().to_physical().to_numpy(),
            None,
            end,
        ).until(now)
        for half in (learned, kept)
    )
    expected = expect_purchases(fit_buying(known, plain=True), asked, end - now, limits=False)
    return expected.mean[np.searchsorted(asked.customers, kept["customers"]["id"].to_numpy())]


def crps(draws: np.ndarray, real: np.ndarray) -> float:
    """The mean continuous ranked probability score of draws, (draws, customers), fair to their number."""
    ordered, n = np.sort(draws, axis=0), len(draws)
    weight = 2 * np.arange(1, n + 1) - n - 1
    spread = 2 * (weight[:, None] * ordered).sum(axis=0) / max(n * (n - 1), 1)
    return float((np.abs(draws - real).mean(axis=0) - spread / 2).mean())


def line(name: str, draws: np.ndarray, real: np.ndarray) -> None:
    """The figures of draws, (draws, customers)."""
    figures = [
        draws.mean() / real.mean(),
        (draws == 0).mean(),
        stats.ks_2samp(draws.ravel(), real).statistic,
        stats.spearmanr(draws.mean(axis=0), real).statistic,
        np.abs(draws.mean(axis=0) - real).mean(),
        crps(draws, real),
    ]
    print(f"{name:<34}" + "".join(f"{value:>10.3f}" for value in figures), flush=True)


def show_calibration(draws: np.ndarray, real: np.ndarray, rng: np.random.Generator) -> None:
    """Where real counts stand among a customer's draws, ties dealt at random: a tenth in each tenth, if calibrated."""
    below, same = (draws < real).sum(axis=0), (draws == real).sum(axis=0)
    place = (below + rng.random(len(real)) * (same + 1)) / (len(draws) + 1)
    tenths = np.histogram(place, np.linspace(0, 1, 11))[0] / len(real)
    print("  place of the real count among the draws, by tenths: " + " ".join(f"{share:.3f}" for share in tenths))
    share = (draws == real).mean()
    inside = ", ".join(f"{want:.0%}: {(np.abs(place - 0.5) <= want / 2).mean():.3f}" for want in COVERED)
    print(f"  central intervals cover {inside}; ties of real and drawn counts ({share:.0%}) are dealt at random")
    by, mean = draws[::2].mean(axis=0), draws[1::2].mean(axis=0)  # those that group are not those that are compared
    for low, high in ((0, 0.25), (0.25, 0.5), (0.5, 1), (1, 2), (2, 4), (4, 8), (8, np.inf)):
        own = (by >= low) & (by < high)
        if own.sum() >= 20:
            drawn, did = mean[own].mean(), real[own].mean()
            print(f"  customers with {low} to {high} expected: {own.sum():>6,}, {drawn:.2f} drawn, {did:.2f} real")


def compare(ours: np.ndarray, learned: tuple, kept: tuple, bgnbd: np.ndarray, after: str, draws: int) -> None:
    """All figures, of the number of purchases and of their sum."""
    real, before, days = kept
    rng = np.random.default_rng(0)
    now, end = (np.datetime64(day).astype("datetime64[D]").astype(float) for day in (after, LAST))
    rate = (end - now) / (now - days[:, 0])
    own = np.stack([np.log1p(learned[1][:, 0]), learned[2][:, 1] / 60], axis=1)
    asked = np.stack([np.log1p(before[:, 0]), days[:, 1] / 60], axis=1)
    near = np.argsort(((asked[:, None] - own[rng.permutation(len(own))[:4000]][None]) ** 2).sum(axis=2), axis=1)
    shuffled = np.random.default_rng(0).permutation(len(own))[:4000]
    chosen = shuffled[near[:, :NEAREST]][np.arange(len(real))[:, None], rng.integers(0, NEAREST, (len(real), draws))]
    for place, what in enumerate(("number of purchases", "sum spent")):
        titles = ("total", "none", "KS", "rank", "MAE", "CRPS")
        print(f"\n{what:<34}" + "".join(f"{title:>10}" for title in titles))
        line("real", real[None, :, place], real[:, place])
        for number, mine in enumerate(ours):
            line(f"continued, seed {number}", mine[:, :, place], real[:, place])
        line("rate of the first period", (before[:, place] * rate)[None], real[:, place])
        others = learned[0][rng.integers(0, len(learned[0]), (draws, len(real))), place]
        line("another customer", others, real[:, place])
        line("one of fifty nearest", learned[0][chosen.T, place], real[:, place])
        if place == 0:
            line("BG/NBD, mean of days", bgnbd[None], real[:, 0])
            show_calibration(ours[0][:, :, 0], real[:, 0], rng)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--after", default="1997-09-30")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    if not (SHARED / "data/cdnow").exists():
        print("not run: ../shared/data/cdnow, with the real customers, is not here")
        return
    compile_kernels()
    learned, kept = read_half("train"), read_half("holdout")
    print(f"{time.strftime('%Y-%m-%d')} · CDNOW, continued after {asked.after}, {asked.draws} draws a customer")
    with tempfile.TemporaryDirectory() as place:
        train, given = Path(place) / "train", Path(place) / "given"
        for folder, half in ((train, learned), (given, kept)):
            folder.mkdir()
            half["customers"].write_parquet(folder / "customers.parquet")
            rows = half["purchases"] if half is learned else half["purchases"].filter(pl.col("date") <= asked.after)
            rows.write_parquet(folder / "purchases.parquet")
        ours = [
            draw_ours(train, given, kept["customers"], asked.after, asked.draws, seed) for seed in range(asked.seeds)
        ]
    told = describe(learned, asked.after), describe(kept, asked.after), expect_bgnbd(learned, kept, asked.after)
    compare(np.stack(ours), *told, asked.after, asked.draws)


if __name__ == "__main__":
    main()
