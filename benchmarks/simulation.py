"""Scenarios: how fast customers act, and whether what is said of an arm is what real customers of such an arm did.

    scripts/bench simulation [--parts speed,truth,planted] [--customers 1000000] [--days 365] [--repetitions 200]

speed: so many customers, drawn from a model of bank marketing, buy (a lifetime model of CDNOW) and are called once a
month (a response learned of the campaign), day by day; with and without the log of all events, each a process of its
own. Asked for: with it, under 5 minutes and 4 GB on two cores; without, 20 million customer-days a second.
truth: real experiments as scenarios. Everybody of a later mailing gets the rates that they got; one half of an e-mail
test is told what the other half forecasts; those who bought until September buy until June.
planted: worlds whose effects are known. How often the interval of an arm's difference holds it, of 95 in 100; learned
from a lottery, and from customers who chose for themselves by what is known of them.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats
from scipy.special import expit

import twinfold
from contest.environments import SHARED

DATA = SHARED / "data"
LIFETIME = {"kind": "lifetime", "customer": "users_id", "time": "date", "outcome": "amt"}
CALLS = {"kind": "response", "outcome": "y", "treatment": "campaign", "afterwards": ["duration"]}


def make_inputs(folder: Path, customers: int) -> None:
    bank = pl.read_parquet(DATA / "bank_marketing/train.parquet")
    twinfold.sample_to(twinfold.fit(bank), folder / "customers.parquet", customers, force=True)
    twinfold.save_behaviour(twinfold.calibrate(bank, CALLS), folder / "calls.behaviour", force=True)
    purchases = pl.read_parquet(DATA / "cdnow/train/purchases.parquet")
    twinfold.save_behaviour(twinfold.calibrate(purchases, LIFETIME), folder / "purchases.behaviour", force=True)


def act(folder: Path, days: int, log: bool) -> dict[str, float]:
    """In this process: a year of everybody."""
    scenario = {
        "name": "A year",
        "periods": days,
        "period": "day",
        "decisions": {
            "purchase": {"behaviour": "purchases.behaviour", "values": {"spent": "amount"}},
            "subscribe": {"behaviour": "calls.behaviour", "asked": "contacted", "once": True},
        },
        "contacts": {
            "calls": {
                "decisions": "subscribe",
                "periods": list(range(15, days + 1, 30)),
                "at_most": 50_000,
                "cost": 3,
                "first": "prediction",
            }
        },
        "contact_policy": {"at_most": 1, "within": 90},
        "arms": {"as now": {}},
    }
    known = {name: twinfold.load_behaviour(folder / name) for name in ("purchases.behaviour", "calls.behaviour")}
    twinfold.simulate(
        pl.read_parquet(folder / "customers.parquet").head(1000), scenario, behaviours=known, draws=20
    )  # kernels are compiled before anything is timed
    begun = time.process_time(), time.perf_counter()
    outcome = twinfold.simulate(
        folder / "customers.parquet",
        scenario,
        behaviours=known,
        draws=200,
        events=folder / "events.parquet" if log else None,
        force=True,
    )
    wall, cpu = time.perf_counter() - begun[1], time.process_time() - begun[0]
    return {
        "customers": outcome.people,
        "wall": wall,
        "cpu": cpu,
        "rate": outcome.people * days / wall,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "purchases": outcome.of("as now", "purchase").total.value,
        "file_mb": (folder / "events.parquet").stat().st_size / 1e6 if log else 0.0,
        "events": pl.scan_parquet(folder / "events.parquet").select(pl.len()).collect().item() if log else 0,
    }


def measure_speed(customers: int, days: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_inputs(folder, customers)
        print(
            f"{'':<10}{'customers':>12}{'days':>6}{'wall s':>8}{'CPU s':>8}{'days/s':>14}{'peak GB':>9}{'events':>13}"
            f"{'MB':>7}"
        )
        for log in (False, True):
            command = [sys.executable, __file__, "--act", place, "--days", str(days), *(["--log"] if log else [])]
            found = json.loads(
                subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
            )
            print(
                f"{'with log' if log else 'no log':<10}{found['customers']:>12,}{days:>6}{found['wall']:>8.1f}"
                f"{found['cpu']:>8.1f}{found['rate']:>14,.0f}{found['peak_gb']:>9.2f}{found['events']:>13,}"
                f"{found['file_mb']:>7.0f}",
                flush=True,
            )


def people_of(rng: np.random.Generator, rows: int) -> pl.DataFrame:
    return pl.DataFrame({"wealth": rng.normal(size=rows), "branch": rng.choice(["a", "b", "c"], rows)})


def score_of(people: pl.DataFrame, dose: np.ndarray) -> np.ndarray:
    """The planted log odds of taking an offer."""
    wealth = people["wealth"].to_numpy()
    level = -1.5 + 0.6 * wealth + 0.5 * (people["branch"] == "b").to_numpy()
    return level + (0.5 - 0.2 * wealth) * dose


def leave_of(people: pl.DataFrame, month: np.ndarray, fee: np.ndarray) -> np.ndarray:
    """The planted log odds of leaving in a month."""
    return -3.2 + 0.4 * people["wealth"].to_numpy() - 0.05 * month + 0.5 * fee


def months_of(people: pl.DataFrame, fee: np.ndarray, months: int, rng: np.random.Generator) -> pl.DataFrame:
    """A row for each customer and month until they leave."""
    parts, left = [], np.zeros(people.height, bool)
    for month in range(months):
        leaves = ~left & (rng.random(people.height) < expit(leave_of(people, np.full(people.height, month), fee)))
        own = people.with_columns(
            pl.Series("who", np.arange(people.height)), month=pl.lit(month), fee=pl.Series(fee), left=pl.Series(leaves)
        )
        parts.append(own.filter(pl.Series(~left)).with_columns(pl.col("left").cast(pl.Int64)))
        left |= leaves
    return pl.concat(parts)


def planted_offer(seed: int, lottery: bool) -> tuple[float, float, float, float]:
    """What giving everybody one dose more did in a world, and what is said of it, with its interval."""
    rng = np.random.default_rng([seed, lottery])
    learned = people_of(rng, 4_000)
    chosen = (0.0 if lottery else 0.8) * learned["wealth"].to_numpy()
    dose = np.clip(np.round(rng.normal(chosen, 1.0)), -2, 3)
    took = (rng.random(learned.height) < expit(score_of(learned, dose))).astype(int)
    rows = learned.with_columns(dose=pl.Series(dose), took=pl.Series(took))
    behaviour = twinfold.calibrate(rows, {"kind": "response", "outcome": "took", "treatment": "dose"})
    people = people_of(rng, 4_000)
    scenario = {
        "periods": 1,
        "decisions": {"take": {"behaviour": "offer"}},
        "arms": {"none": {"changes": [{"set": {"dose": 0}}]}, "one": {"changes": [{"set": {"dose": 1}}]}},
    }
    outcome = twinfold.simulate(people, scenario, behaviours={"offer": behaviour}, seed=seed, draws=100)
    luck = rng.random(people.height)
    did = [int((luck < expit(score_of(people, np.full(people.height, each)))).sum()) for each in (0, 1)]
    gain = outcome.of("one", "take").gain
    return float(did[1] - did[0]), gain.value, gain.lower, gain.upper


def planted_fee(seed: int) -> tuple[float, float, float, float]:
    """How many more left within a year where a fee was asked, and what is said of it, with its interval."""
    rng = np.random.default_rng([seed, 2])
    learned = people_of(rng, 3_000)
    fee = rng.integers(0, 2, learned.height).astype(float)
    rows = months_of(learned, fee, 12, rng)
    asked = {"kind": "hazard", "outcome": "left", "time": "month", "treatment": "fee", "customer": "who"}
    behaviour = twinfold.calibrate(rows, asked)
    people = people_of(rng, 3_000)
    scenario = {
        "periods": 12,
        "decisions": {"leave": {"behaviour": "leaving", "ends": True}},
        "arms": {"free": {"changes": [{"set": {"fee": 0}}]}, "fee": {"changes": [{"set": {"fee": 1}}]}},
    }
    outcome = twinfold.simulate(people, scenario, behaviours={"leaving": behaviour}, seed=seed, draws=100)
    luck = rng.random((12, people.height))
    did = []
    for each in (0.0, 1.0):
        chance = np.stack(
            [expit(leave_of(people, np.full(people.height, m), np.full(people.height, each))) for m in range(12)]
        )
        did.append(int((luck < chance).any(axis=0).sum()))
    gain = outcome.of("fee", "leave").gain
    return float(did[1] - did[0]), gain.value, gain.lower, gain.upper


def measure_planted(repetitions: int) -> None:
    print(f"\n{'planted worlds':<44}{'worlds':>7}{'real':>8}{'said':>8}{'held':>7}{'by chance':>16}{'half width':>11}")
    worlds = {
        "an offer, by lot": lambda seed: planted_offer(seed, lottery=True),
        "an offer, as customers chose": lambda seed: planted_offer(seed, lottery=False),
        "a fee, by lot, over twelve months": planted_fee,
    }
    for name, world in worlds.items():
        found = np.array([world(seed) for seed in range(repetitions)])
        held = (found[:, 2] <= found[:, 0]) & (found[:, 0] <= found[:, 3])
        ends = stats.binomtest(int(held.sum()), repetitions).proportion_ci(method="exact")
        print(
            f"{name:<44}{repetitions:>7}{found[:, 0].mean():>8.1f}{found[:, 1].mean():>8.1f}{held.mean():>7.3f}"
            f"{f'[{ends.low:.3f}, {ends.high:.3f}]':>16}{(found[:, 3] - found[:, 2]).mean() / 2:>11.1f}",
            flush=True,
        )


def halves(frame: pl.DataFrame, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    mixed = frame.sample(fraction=1, shuffle=True, seed=seed)
    return mixed.head(frame.height // 2), mixed.tail(frame.height - frame.height // 2)


def synthetic(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """As many customers of nobody's, by a model of these."""
    return twinfold.sample(twinfold.fit(frame, seed=seed), frame.height, seed=seed + 1)


def row(name: str, real: float, error: float, said: str) -> None:
    print(f"{name:<44}{real:>9.4f}{f'[{real - 1.96 * error:.4f}, {real + 1.96 * error:.4f}]':>20}   {said}", flush=True)


def said_of(
    outcome: twinfold.Outcome, arm: str, metric: str, column: str = "", level: str = "", *, gain: bool = False
) -> str:
    found = outcome.of(arm, metric, column, level)
    figure = found.gain if gain else found.total
    return f"{figure.value / found.people:.4f} [{figure.lower / found.people:.4f}, {figure.upper / found.people:.4f}]"


def measure_truth() -> None:
    """Real experiments as scenarios, of real customers and of synthetic ones."""
    print(f"\n{'what real customers did':<44}{'real':>9}{'its interval':>20}   said of them; of synthetic ones")
    waves = pl.read_parquet(DATA / "loan_offers/waves_1_2.parquet")
    first, second = (waves.filter(pl.col("wave") == number) for number in (1, 2))
    asked = {
        "kind": "response",
        "outcome": "tookup",
        "treatment": "offer4",
        "strata": ["risk"],
        "customer": "client_id",
    }
    behaviour = twinfold.calibrate(first, asked)
    later = second.drop("tookup", "applied", "loansize").unique("client_id", keep="first", maintain_order=True)
    scenario = {
        "periods": 1,
        "decisions": {"take_up": {"behaviour": "loans"}},
        "by": ["offer4", "risk"],
        "arms": {"as mailed": {}, "a point off": {"changes": [{"add": {"offer4": -1}}]}},
    }
    outcomes = [
        twinfold.simulate(people, scenario, behaviours={"loans": behaviour})
        for people in (later, synthetic(later.drop("client_id"), 0))
    ]
    came = second.unique("client_id", keep="first", maintain_order=True)
    took = came["tookup"].to_numpy().astype(float)
    said = "; ".join(said_of(outcome, "as mailed", "take_up") for outcome in outcomes)
    row("take-up of a later mailing", took.mean(), took.std() / len(took) ** 0.5, said)
    for level in came["risk"].unique().sort():
        own = took[(came["risk"] == level).to_numpy()]
        said = "; ".join(said_of(outcome, "as mailed", "take_up", "risk", level) for outcome in outcomes)
        row(f"  of risk {level}", own.mean(), own.std() / len(own) ** 0.5, said)
    edges = np.quantile(came["offer4"].to_numpy(), np.arange(1, 5) / 5)
    place = np.searchsorted(np.unique(edges), came["offer4"].to_numpy(), "right")
    levels = [r.level for r in outcomes[0].results if r.column == "offer4" and r.arm == "as mailed"]
    for number, level in enumerate(levels):
        own = took[place == number]
        row(
            f"  of rates {level}",
            own.mean(),
            own.std() / len(own) ** 0.5,
            said_of(outcomes[0], "as mailed", "take_up", "offer4", level),
        )
    said = "; ".join(said_of(outcome, "a point off", "take_up", gain=True) for outcome in outcomes)
    print(f"{'a point off (nobody knows)':<73}   {said}")

    mails = pl.concat([pl.read_parquet(path) for path in sorted((DATA / "email_experiment").glob("*.parquet"))])
    for seed in (1, 2, 3):
        one, other = halves(mails, seed)
        asked = {"kind": "response", "outcome": "visit", "treatment": "segment", "afterwards": ["conversion", "spend"]}
        behaviour = twinfold.calibrate(one, asked)
        people = other.drop("visit", "conversion", "spend", "segment")
        arms = {"No E-Mail": {}, "Mens E-Mail": {}, "Womens E-Mail": {}}
        scenario = {
            "periods": 1,
            "decisions": {"visit": {"behaviour": "mail"}},
            "arms": {arm: {"changes": [{"set": {"segment": arm}}]} for arm in arms},
        }
        outcomes = [
            twinfold.simulate(each, scenario, behaviours={"mail": behaviour})
            for each in (people, synthetic(people, seed))
        ]
        visits = {arm: other.filter(pl.col("segment") == arm)["visit"].to_numpy().astype(float) for arm in arms}
        for arm in ("Mens E-Mail", "Womens E-Mail"):
            both = visits[arm], visits["No E-Mail"]
            error = sum(each.var() / len(each) for each in both) ** 0.5
            said = "; ".join(said_of(outcome, arm, "visit", gain=True) for outcome in outcomes)
            row(f"{arm}, lift of visits, halves {seed}", both[0].mean() - both[1].mean(), error, said)

    purchases = pl.concat([pl.read_parquet(DATA / f"cdnow/{part}/purchases.parquet") for part in ("train", "holdout")])
    purchases = purchases.with_columns(pl.col("date").str.to_date())
    day = pl.lit("1997-09-30").str.to_date()
    before, after = purchases.filter(pl.col("date") <= day), purchases.filter(pl.col("date") > day)
    behaviour = twinfold.calibrate(before, LIFETIME)
    buyers = before.select("users_id").unique(maintain_order=True)
    scenario = {
        "periods": 273,
        "period": "day",
        "customer": "users_id",
        "decisions": {"purchase": {"behaviour": "buying", "values": {"spent": "amount"}}},
        "arms": {"as before": {}},
    }
    outcome = twinfold.simulate(buyers, scenario, behaviours={"buying": behaviour})
    days = after.unique(["users_id", "date"]).group_by("users_id").len()
    real = buyers.join(days, on="users_id", how="left")["len"].fill_null(0).to_numpy().astype(float)
    row(
        "purchases of the next 39 weeks",
        real.mean(),
        real.std() / len(real) ** 0.5,
        said_of(outcome, "as before", "purchase"),
    )
    spent = buyers.join(after.group_by("users_id").agg(pl.col("amt").sum()), on="users_id", how="left")["amt"]
    worth = spent.fill_null(0).to_numpy().astype(float)
    row("what they spent", worth.mean(), worth.std() / len(worth) ** 0.5, said_of(outcome, "as before", "spent"))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parts", default="speed,truth,planted")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--act", type=Path)
    parser.add_argument("--log", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.act:
        print(json.dumps(act(options.act, options.days, options.log)))
        return
    if not DATA.is_dir():
        print("skipped: the shared data is not here")
        return
    if "speed" in options.parts:
        measure_speed(options.customers, options.days)
    if "truth" in options.parts:
        measure_truth()
    if "planted" in options.parts:
        measure_planted(options.repetitions)


if __name__ == "__main__":
    main()
