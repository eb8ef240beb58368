"""Experiments on a real e-mail test: false alarms, coverage, what covariates save, power, and what is learned of one.

    scripts/bench experiments [--parts nothing,power,learning,planted] [--runs 2000] [--seeds 40] [--worlds 200]

*nothing*: the real customers who got no e-mail, split by lot into two arms that differ in nothing. *power*: experiments
of the planned size, drawn from the real arms with their real effects. *learning*: a behaviour learned from few
customers, or from customers who got their e-mail for a reason that it doesn't see, then corrected by an experiment on
others; both are judged by what came of the rest. *planted*: the same in made-up worlds whose truth is known.
"""

import argparse
import tempfile
import warnings
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats
from scipy.special import expit

import twinfold
from contest.environments import SHARED
from twinfold.behaviour.behaviour import Behaviour
from twinfold.simulation.experiments.boundaries import find_boundaries
from twinfold.simulation.experiments.lifts import encode_covariates, estimate_means
from twinfold.simulation.experiments.results import read_results
from twinfold.simulation.experiments.specification import make_experiment
from twinfold.tables.reading import read

DATA = SHARED / "data/email_experiment/half_a.parquet"
CONTROL, MEN, WOMEN = "No E-Mail", "Mens E-Mail", "Womens E-Mail"
COVARIATES = ("history", "recency", "mens", "womens", "zip_code", "newbie", "channel")
FIVE = (0.2, 0.4, 0.6, 0.8, 1.0)


def share(found: np.ndarray) -> str:
    """A share and its exact interval."""
    low, high = stats.binomtest(int(found.sum()), len(found)).proportion_ci(method="exact")
    return f"{found.mean():.3f} [{low:.3f}, {high:.3f}]"


def load(*names: str) -> tuple[pl.DataFrame, np.ndarray]:
    """Customers of some arms, and their covariates as columns."""
    rows = pl.read_parquet(DATA).filter(pl.col("segment").is_in(names)).sample(fraction=1, shuffle=True, seed=0)
    return rows, encode_covariates(rows, COVARIATES, rows.height)[0]


def lift(outcome: np.ndarray, arm: np.ndarray, known: np.ndarray) -> tuple[float, float]:
    lifts, covariance = estimate_means(outcome, arm, 2, known).lifts(0, [1])
    return float(lifts[0]), float(np.sqrt(covariance[0, 0]))


def find_nothing(runs: int) -> None:
    """Splits of the control arm by lot: how often something is found, what intervals hold, what covariates save."""
    rows, known = load(CONTROL)
    print(f"\nNothing differs: {rows.height:,} customers without an e-mail split in two by lot, {runs:,} times")
    bounds, rng = np.array(find_boundaries(FIVE, 0.05)), np.random.default_rng(0)
    for outcome in ("visit", "spend"):
        came = rows[outcome].to_numpy().astype(float)
        found = []
        for _ in range(runs):
            order, arm = rng.permutation(len(came)), rng.integers(0, 2, len(came))
            ends = [round(time * len(came)) for time in FIVE]
            looks = [lift(came[order[:end]], arm[:end], known[order[:end]]) for end in ends]
            bare = lift(came[order], arm, known[:, :0])
            found.append([*[value / error for value, error in looks], looks[-1][0], bare[0], bare[0] / bare[1]])
        every = np.array(found)
        scores, last, plain = np.abs(every[:, :5]), every[:, 5], every[:, 6]
        print(f"  {outcome}: found at one look {share(scores[:, -1] > 1.96)}")
        print(f"    the same, not adjusted                 {share(abs(every[:, 7]) > 1.96)}")
        print(f"    at any of five looks, with boundaries {share((scores > bounds).any(axis=1))}")
        print(f"    at any of five looks, at 1.96 each     {share((scores > 1.96).any(axis=1))}")
        print(f"    repeated intervals that hold nothing at all looks {share((scores <= bounds).all(axis=1))}")
        print(
            f"    variance that covariates take off: {1 - last.var() / plain.var():.1%} (mean {last.mean():+.5f}, "
            f"{plain.mean():+.5f})",
            flush=True,
        )
    for name, covariate in (("history alone (CUPED)", ["history"]), ("all seven", list(COVARIATES))):
        own = encode_covariates(rows, covariate, rows.height)[0]
        design = np.column_stack([np.ones(len(own)), own])
        parts = []
        for outcome in ("visit", "spend"):
            came = rows[outcome].to_numpy().astype(float)
            left = came - design @ np.linalg.lstsq(design, came, rcond=None)[0]
            parts.append(f"{outcome} {1 - left.var() / came.var():.2%}")
        print(f"  R² of {name}: {', '.join(parts)}")


def find_effects(runs: int) -> None:
    """Experiments of the planned size, drawn from the real arms: how often the effect is found."""
    print(f"\nPower: planned .800, experiments of that size drawn from the real arms, {runs:,} of each")
    print(f"  {'':<42}{'effect':>8}{'customers':>11}  {'found':<22}{'limits hold it':<22}customers on average")
    rng = np.random.default_rng(0)
    for arm in (MEN, WOMEN):
        rows, known = load(CONTROL, arm)
        came, treated = rows["visit"].to_numpy().astype(float), (rows["segment"] == arm).to_numpy()
        effect = came[treated].mean() - came[~treated].mean()
        pools = [np.flatnonzero(~treated), np.flatnonzero(treated)]
        for looks in (1, 5):
            for names in ((), COVARIATES):
                asked = make_experiment(
                    {
                        "outcome": "visit",
                        "treatment": "segment",
                        "arms": [CONTROL, arm],
                        "looks": looks,
                        "covariates": names,
                    }
                )
                plan = twinfold.plan_experiment(asked, rows, effect=effect)
                used = known if names else known[:, :0]
                made = [one_run(rng, pools, came, used, plan.customers, asked.times, effect) for _ in range(runs)]
                ends, found, held = np.array(made).T
                name = f"{arm}, {looks} look{'s' * (looks > 1)}{', adjusted' if names else ''}"
                print(
                    f"  {name:<42}{effect:>8.4f}{plan.customers:>11,}  {share(found):<22}{share(held):<22}"
                    f"{ends.mean():,.0f} (planned {plan.usual:,})",
                    flush=True,
                )


def one_run(
    rng: np.random.Generator,
    pools: list[np.ndarray],
    came: np.ndarray,
    known: np.ndarray,
    customers: int,
    times: tuple[float, ...],
    effect: float,
) -> tuple[int, bool, bool]:
    """After how many customers one experiment stops, whether the effect was found, and whether the limits hold it."""
    arm = rng.integers(0, 2, customers)
    who = np.where(arm, rng.choice(pools[1], customers), rng.choice(pools[0], customers))
    for time, bound in zip(times, find_boundaries(times, 0.05), strict=True):
        end = int(np.ceil(time * customers))
        value, error = lift(came[who[:end]], arm[:end], known[who[:end]])
        if value / error > bound:
            break
    return end, value / error > bound, abs(value - effect) <= bound * error


def learn(seeds: int) -> None:
    """Error of expected lifts on the rest of the customers, before and after an experiment on others."""
    whole = pl.read_parquet(DATA).drop("conversion", "spend", "history_segment")
    print(f"\nLearning: lifts of both e-mails on customers never seen, percentage points, {seeds} splits")
    print(f"  {'':<52}{'before':>8}{'measured':>10}{'after':>8}  held before  held after  width before, after")
    for name, learned, experiment, hidden in (
        ("1,000 by lot, experiment on 3,000", 1_000, 3_000, False),
        ("1,000 by lot, experiment on 8,000", 1_000, 8_000, False),
        ("5,000 by lot, experiment on 3,000", 5_000, 3_000, False),
        ("mailed for a reason unseen, experiment on 3,000", 12_000, 3_000, True),
        ("mailed for a reason unseen, experiment on 8,000", 12_000, 8_000, True),
    ):
        found = np.array([one_lesson(whole, learned, experiment, hidden, seed) for seed in range(seeds)])
        before, measured, after, held, later, width, narrow = found.mean(axis=0)
        print(
            f"  {name:<52}{before:>8.2f}{measured:>10.2f}{after:>8.2f}{held:>13.0%}{later:>12.0%}"
            f"{width:>14.1f}, {narrow:.1f}",
            flush=True,
        )


def one_lesson(whole: pl.DataFrame, learned: int, experiment: int, hidden: bool, seed: int) -> tuple[float, ...]:
    rows = whole.sample(fraction=1, shuffle=True, seed=seed)
    first, second, rest = rows.head(learned), rows.slice(learned, experiment), rows.slice(learned + experiment)
    spec: dict[str, object] = {
        "kind": "response",
        "outcome": "visit",
        "treatment": "segment",
        "customer": "customer_id",
    }
    if hidden:
        first, spec = choose(first, seed), spec | {"covariates": ["zip_code", "channel"]}
        first = first.drop("history", "recency", "mens", "womens", "newbie")
    behaviour = twinfold.calibrate(first, spec)
    asked = make_experiment(
        {
            "outcome": "visit",
            "treatment": "segment",
            "arms": [CONTROL, MEN, WOMEN],
            "customer": "customer_id",
            "covariates": COVARIATES,
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        lesson = twinfold.learn_experiment(behaviour, asked, second, scoreboard=Path(folder) / "board.jsonl")
    dataset = read(rest)
    told = read_results(rest, dataset.single()[0], asked)
    means = estimate_means(told.outcome, told.arm, 3, np.zeros((rest.height, 0)))
    truth, covariance = means.lifts(0, [1, 2])
    chance = np.sqrt(np.diag(covariance))
    out = []
    for made in (behaviour, lesson.behaviour):
        gains = [expect(made, rest, arm) for arm in (MEN, WOMEN)]
        errors = [abs(gain[0] - real) for gain, real in zip(gains, truth, strict=True)]
        held = [
            abs(gain[0] - real) <= np.hypot((gain[2] - gain[1]) / 2, 1.96 * error)
            for gain, real, error in zip(gains, truth, chance, strict=True)
        ]
        out.append((100 * np.mean(errors), np.mean(held), 100 * np.mean([gain[2] - gain[1] for gain in gains])))
    measured = 100 * np.mean([abs(each.found[0] - real) for each, real in zip(lesson.lifts, truth, strict=True)])
    (before, held, width), (after, later, narrow) = out
    return before, measured, after, held, later, width, narrow


def expect(behaviour: Behaviour, rows: pl.DataFrame, arm: str) -> tuple[float, float, float]:
    gain = behaviour.gain(rows.drop("segment", "visit"), arm, CONTROL)
    return gain.value, gain.lower, gain.upper


def choose(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Of customers by lot, those whom a marketer would have chosen: the mailed came lately and spent much, the others
    did not."""
    rng = np.random.default_rng(seed)
    score = np.log(rows["history"].to_numpy()) - 5.2 - (rows["recency"].to_numpy() - 5.8) / 3
    mailed = (rows["segment"] != CONTROL).to_numpy()
    return rows.filter(rng.random(rows.height) < expit(np.where(mailed, score, -score)))


def plant(worlds: int) -> None:
    """What happens to an effect that was mistaken for a reason unseen, where the truth is known."""
    print(f"\nPlanted: 20,000 customers learned, 3,000 by lot, the lift on others in points, {worlds} worlds each")
    columns = f"{'bias':>7}{'after':>7}  {'held':<21} {'held after':<21} label"
    print(f"  {'how far treatment goes with what is unseen':<46}{columns}")
    for pull in (0.0, 0.3, 0.6, 1.0):
        found = [world for seed in range(worlds) if (world := one_world(pull, seed)) is not None]
        figures = np.array([each[:4] for each in found])
        bias, after = 100 * figures[:, :2].mean(axis=0)
        labels = [each[4] for each in found]
        shown = ", ".join(f"{label} {labels.count(label)}" for label in sorted(set(labels)))
        print(
            f"  {pull:<46}{bias:>7.2f}{after:>7.2f}  {share(figures[:, 2])} {share(figures[:, 3])} {shown}", flush=True
        )


def one_world(pull: float, seed: int) -> tuple[float, float, bool, bool, str] | None:
    """Bias and cover before and after, and the label before; None where chance broke the lot and nothing is learned."""
    rng = np.random.default_rng(seed)
    (first, _), (second, _), (new, truth) = (
        draw_world(rng, rows, strength) for rows, strength in ((20_000, pull), (3_000, 0.0), (20_000, 0.0))
    )
    spec = {"kind": "response", "outcome": "y", "treatment": "arm", "customer": "id"}
    asked = {"outcome": "y", "treatment": "arm", "arms": ["none", "offer"], "customer": "id", "covariates": ["age"]}
    behaviour = twinfold.calibrate(first, spec)
    with tempfile.TemporaryDirectory() as folder:
        try:
            lesson = twinfold.learn_experiment(behaviour, asked, second, scoreboard=Path(folder) / "board.jsonl")
        except twinfold.RefusedError:
            return None
    gains = [made.gain(new.drop("arm", "y"), "offer", "none") for made in (behaviour, lesson.behaviour)]
    before, after = gains
    held = [gain.lower <= truth <= gain.upper for gain in gains]
    return before.value - truth, after.value - truth, held[0], held[1], before.identification


def draw_world(rng: np.random.Generator, rows: int, pull: float) -> tuple[pl.DataFrame, float]:
    """Customers, and what the offer truly does to them on average; `pull` 0 is a lot."""
    age, unseen, city = rng.normal(45, 12, rows).round(), rng.normal(size=rows), rng.integers(0, 3, rows)
    treated = rng.random(rows) < expit(pull * (0.05 * (age - 45) + unseen))
    score, effect = -1.5 + 0.3 * (age - 45) / 12 + 0.8 * unseen, 0.3 + 0.1 * (city - 1)
    frame = pl.DataFrame(
        {
            "id": rng.integers(0, 2**62, rows),
            "age": age,
            "city": np.array(["Brno", "Olomouc", "Praha"])[city],
            "arm": np.where(treated, "offer", "none"),
            "y": (rng.random(rows) < expit(score + effect * treated)).astype(int),
        }
    )
    return frame, float((expit(score + effect) - expit(score)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="nothing,power,learning,planted")
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--worlds", type=int, default=200)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    parts = {
        "nothing": lambda: find_nothing(options.runs),
        "power": lambda: find_effects(options.runs),
        "learning": lambda: learn(options.seeds),
        "planted": lambda: plant(options.worlds),
    }
    for part in options.parts.split(","):
        if part != "planted" and not DATA.exists():
            print(f"{part} skipped: {DATA} is not there, and these figures are of real customers")
            continue
        parts[part]()


if __name__ == "__main__":
    main()
