"""How often and for how much CDNOW's customers come back, forecast from the first part, against what they did.

    scripts/bench lifetime [--after 1997-09-30] [--draws 50] [--worlds 100] [--million]

Each half of CDNOW's customers is learned up to a day, and forecast to the end of eighteen months; the train half was
developed on. First, within the time that is learned from alone: forecasts from earlier days to its end, by which models
are chosen. Then what customers did after it: the total, the correlation with each customer's number, Poisson deviance,
CRPS, the share of groups whose sum lies in the interval of what will be seen. Beside the model: BG/NBD as it was
published, the rate of the first part kept, another customer chosen at random, and, as a ceiling that noise leaves,
what trees learn from what the *other* half did later, which no forecast can know.
"""

import argparse
import dataclasses
import time

import numpy as np
import polars as pl

from contest.environments import SHARED
from continuing import crps
from twinfold.behaviour.buying import fit_buying
from twinfold.behaviour.expectation import Expectation, expect_purchases
from twinfold.behaviour.hindsight import ORIGINS
from twinfold.behaviour.lifetime import fit_lifetime
from twinfold.behaviour.purchases import Histories, read_histories

LAST = "1998-06-30"
MODELS = {"BG/NBD": True, "ours": False}


def day(text: str) -> int:
    return int(np.datetime64(text).astype("datetime64[D]").astype(int))


def read_half(name: str) -> Histories:
    rows = pl.read_parquet(SHARED / "data/cdnow" / name / "purchases.parquet")
    days = rows["date"].str.to_date().to_physical().to_numpy()
    return read_histories(rows["users_id"].to_numpy(), days, rows["amt"].to_numpy(), day(LAST))


def deviance(real: np.ndarray, expected: np.ndarray) -> float:
    log = np.log(np.maximum(real, 1e-9) / np.maximum(expected, 1e-9))
    return float(2 * np.mean(np.where(real > 0, real * log, 0) - (real - expected)))


def look_back(learned: Histories) -> None:
    """Forecasts from earlier days to the end of what is learned from."""
    start = learned.time.min()
    titles = [f"{share:.0%} seen" for share in ORIGINS]
    print(
        f"  within the time learned from{'':<6}"
        + "".join(f"{title:>16}" for title in titles)
        + "   expected/real, deviance"
    )
    for name, plain in MODELS.items():
        cells, logs = [], []
        for share in ORIGINS:
            early = learned.until(float(start + np.floor(share * (learned.end - start))))
            real = learned.bought_after(early.end, early.customers)[0]
            buying = fit_buying(early, plain=plain)
            mean = expect_purchases(buying, early, learned.end - early.end, limits=False).mean
            cells.append(f"{mean.sum() / real.sum():.3f} {deviance(real, mean):.4f}")
            logs.append(np.log(mean.sum() / real.sum()))
        print(
            f"  {name:<32}  "
            + "".join(f"{cell:>16}" for cell in cells)
            + f"   RMS of log {np.sqrt(np.mean(np.square(logs))):.3f}"
        )


def line(name: str, mean: np.ndarray, real: np.ndarray, draws: np.ndarray | None) -> None:
    """The figures of a forecast. The deviance is of its total set right; the CRPS of a mean alone is its error."""
    score = crps(draws, real) if draws is not None else np.abs(mean - real).mean()
    own = np.corrcoef(mean, real)[0, 1] if mean.std() > 0 else 0.0
    figures = mean.sum() / real.sum(), own, deviance(real, mean * real.sum() / mean.sum()), score
    print(f"  {name:<36}" + "".join(f"{figure:>10.3f}" for figure in figures), flush=True)


def covered(expected: Expectation, real: np.ndarray, learned: Histories) -> str:
    """Of tenths of the expectation, and of weeks of the first purchase: the share whose sums lie in the interval."""
    tenth = np.argsort(np.argsort(expected.mean, kind="stable")) * 10 // len(real)
    week = ((learned.first - learned.first.min()) // 7).astype(int)
    cells = []
    for name, groups in (("tenths", tenth), ("weeks", week)):
        sums, seen = expected.by(groups), np.bincount(groups, weights=real)
        for title, limits in ((f"{name}, seen", sums.limits(seen=True)), (f"{name}, expectation", sums.limits())):
            cells.append(f"{title} {((limits[0] <= seen) & (seen <= limits[1])).sum()}/{len(seen)}")
        if name == "tenths":
            cells.append("real/expected by tenths " + " ".join(f"{ratio:.2f}" for ratio in seen / sums.mean))
    return "; ".join(cells)


def grown(halves: dict[str, Histories], after: int, own: str, place: int) -> np.ndarray:
    """What trees expect that learned from what the other half did after the day: a ceiling, not a forecast."""
    import lightgbm

    def features(name: str) -> tuple[np.ndarray, np.ndarray]:
        learned = halves[name].until(after)
        late = [
            np.bincount(learned.owner[learned.time > after - span], minlength=len(learned.first))
            for span in (30, 60, 120)
        ]
        columns = [learned.frequency, learned.recency, learned.age, learned.mean_value, *late]
        return np.stack(columns, axis=1), halves[name].bought_after(after, learned.customers)[place]

    (other,) = set(halves) - {own}
    settings = {"objective": "poisson", "learning_rate": 0.03, "num_leaves": 8, "min_data_in_leaf": 100}
    quiet = {"verbose": -1, "num_threads": 1, "seed": 0, "deterministic": True}
    return lightgbm.train(settings | quiet, lightgbm.Dataset(*features(other)), 200).predict(features(own)[0])


def compare(halves: dict[str, Histories], name: str, after: int, draws: int) -> None:
    whole, rng = halves[name], np.random.default_rng(0)
    learned = whole.until(after)
    horizon = float(day(LAST) - after)
    print(f"\n{name}: {len(learned.customers):,} customers, {learned.frequency.sum():,.0f} repeat purchases learned")
    look_back(learned)
    models = {title: fit_lifetime(learned, plain=plain) for title, plain in MODELS.items()}
    for title, model in models.items():
        print(f"  {title}: r, alpha, a, b, rho {np.round(model.buying.parameters, 3)}")
        print(f"    p, q - 1, v, share paid {np.round(model.spending.parameters, 4)}; {'; '.join(model.notes)}")
        for what, each in (("purchases", model.purchases), ("value", model.value)):
            print(f"    {what}: off by {each.common:.3f}, groups {each.group:.3f} more; noise {each.noise:.2f}")
    kept = (learned.frequency + 0.0) * horizon / learned.age.clip(1)
    summed = np.bincount(learned.owner, weights=learned.value) * horizon / learned.age.clip(1)
    for place, what in enumerate(("repeat purchases", "spent")):
        real = whole.bought_after(after, learned.customers)[place]
        title = f"{what}: {real.sum():,.0f}"
        print(f"  {title:<36}" + "".join(f"{each:>10}" for each in ("total", "r", "deviance", "CRPS")))
        expected = {}
        for title, model in models.items():
            ask = (model.expect_purchases, model.expect_value)[place]
            expected[title] = ask(learned, horizon)
            drawn = np.stack([model.draw(learned, horizon, rng)[place] for _ in range(draws)])
            line(title, expected[title].mean, real, drawn)
        line("rate of the first part", (kept, summed)[place], real, None)
        others = real[rng.integers(0, len(real), (draws, len(real)))]
        line("another customer", np.full(len(real), real.mean()), real, others)
        line("ceiling: trees, other half's later", grown(halves, after, name, place), real, None)
        for title, each in expected.items():
            low, high = each.total().limits()
            total = f"total {each.mean.sum():,.0f} ({low[0]:,.0f} to {high[0]:,.0f})"
            print(f"  {title}: {total}; {covered(each, real, learned)}")


def simulate(customers: int, rng: np.random.Generator, pace: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Events of BG/NBD's customers, as (owners, days), whose rate is `pace` times their own on each day, (days,)."""
    rate, leave = rng.gamma(0.25, 1 / 30, customers), rng.beta(0.8, 2.4, customers)
    first = rng.integers(0, 84, customers).astype(float)
    passed = np.concatenate([[0.0], np.cumsum(pace)])  # the time that they feel
    days = np.arange(len(passed), dtype=float)
    whose, felt, events = np.arange(customers), np.interp(first + 1, days, passed), [(np.arange(customers), first)]
    while len(whose):
        felt = felt + rng.exponential(1 / rate[whose].clip(1e-12))
        whose, felt = whose[felt < passed[-1]], felt[felt < passed[-1]]
        events.append((whose, np.floor(np.interp(felt, passed, days))))
        stays = rng.random(len(whose)) > leave[whose]
        whose, felt = whose[stays], felt[stays]
    owners, times = (np.concatenate(each) for each in zip(*events, strict=True))
    return owners, times


def show_worlds(worlds: int, customers: int = 4000, days: int = 273) -> None:
    """How often the total lies in its interval, in worlds whose pace moves; learned for so many days, then forecast."""
    weeks = np.arange(2 * days) // 7
    print(f"\n{worlds} worlds of {customers:,} customers: the total lies in its interval, of what will be seen")
    for name in ("steady", "random walk, .05 a week", "random walk, .1 a week", "season, .3 up and down a year"):
        inside, halves, plain = [], [], []
        for world in range(worlds):
            rng = np.random.default_rng(world)
            steps = rng.standard_normal(weeks[-1] + 1)
            walk = {"steady": 0 * steps, "random walk, .05 a week": 0.05 * steps.cumsum()}
            walk |= {"random walk, .1 a week": 0.1 * steps.cumsum()}
            phase = 2 * np.pi * (np.arange(len(steps)) / 52 + rng.random())
            pace = np.exp(walk.get(name, 0.3 * np.sin(phase)))[weeks]
            owners, times = simulate(customers, rng, pace)
            whole = read_histories(owners, times, None, 2 * days - 1)
            learned = whole.until(days - 1)
            real = whole.bought_after(days - 1, learned.customers)[0].sum()
            total = fit_lifetime(learned).expect_purchases(learned, days).total()
            low, high = total.limits(seen=True)
            inside.append(low[0] <= real <= high[0])
            halves.append(np.log(total.limits()[1][0] / total.mean[0]))
            low, high = dataclasses.replace(total, common=0.0).limits(seen=True)
            plain.append(low[0] <= real <= high[0])
        print(f"  {name:<32} {np.mean(inside):.3f}, without the allowance {np.mean(plain):.3f}", end="")
        print(f"; half width of the log, median {np.median(halves):.3f}", flush=True)


def show_million() -> None:
    """The time that a million simulated customers take."""
    rng, customers = np.random.default_rng(0), 1_000_000
    owners, times = simulate(customers, rng, np.ones(366))
    values = rng.gamma(2, 10, len(owners))
    clock = time.perf_counter()
    found = read_histories(owners, times, values, 366)
    print(f"\n{customers:,} customers, {len(owners):,} events: read in {time.perf_counter() - clock:.1f} s", end="")
    for title, plain in MODELS.items():
        clock = time.perf_counter()
        model = fit_lifetime(found, plain=plain)
        print(f"; {title} learned in {time.perf_counter() - clock:.1f} s", end="")
    clock = time.perf_counter()
    model.expect_value(found, 365.0).limits()
    print(f"; value and limits of each in {time.perf_counter() - clock:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--after", default="1997-09-30")
    parser.add_argument("--draws", type=int, default=50)
    parser.add_argument("--million", action="store_true", help="time a million simulated customers, too")
    parser.add_argument("--worlds", type=int, default=0, help="simulated worlds whose pace moves, of each sort")
    asked = parser.parse_args()
    if not (SHARED / "data/cdnow").exists():
        print("not run: ../shared/data/cdnow, with the real customers, is not here")
        return
    print(f"{time.strftime('%Y-%m-%d')} · CDNOW, learned up to {asked.after}, forecast to {LAST}")
    halves = {name: read_half(name) for name in ("train", "holdout")}
    for name in halves:
        compare(halves, name, day(asked.after), asked.draws)
    if asked.worlds:
        show_worlds(asked.worlds)
    if asked.million:
        show_million()


if __name__ == "__main__":
    main()
