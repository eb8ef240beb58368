"""Forecasts of a randomised loan offer and an e-mail test against what real customers then did, and of planted truth.

    scripts/bench behaviour [--parts loans,mailing,purchases,returns,choices,planted,cost] [--seeds 3]
                            [--repetitions 1000]

Of every forecast: how far groups' expected outcomes lie from what came, and what a perfect forecast would have (two
real halves differ by as much, scaled); how many groups' intervals hold what came; the label and the share of rows
within what was learned. Each is made three ways: learned from real customers, from as many synthetic ones that
Twinfold learned from the same rows, and (ceiling) read off a real half.
"""

import argparse
import time
import warnings

import numpy as np
import polars as pl
from scipy import stats

import twinfold
from contest.environments import SHARED
from twinfold.behaviour.behaviour import Behaviour
from twinfold.behaviour.regression import fit_regression
from twinfold.behaviour.scoring import Score, score
from twinfold.behaviour.specification import Specification, make_specification

Z = 1.96


def synthetic(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """As many customers of nobody's, by a model of these."""
    return twinfold.sample(twinfold.fit(frame, seed=seed), frame.height, seed=seed + 1)


def judge(behaviour: Behaviour, rows: pl.DataFrame, asked: Specification) -> tuple[Score, str]:
    """A forecast of real rows, judged by what came."""
    found = twinfold.forecast(behaviour, rows.drop(asked.outcome))
    numbers = [found[name].fill_null(np.nan).to_numpy() for name in ("prediction", "lower", "upper")]
    parts = {name: rows[name].to_numpy() for name in (asked.treatment, *asked.strata)}
    outcome = rows[asked.outcome].to_numpy().astype(float)
    labels = ", ".join(sorted(set(found["identification"])))
    return score(*numbers, outcome, parts, found["in_support"].to_numpy()), labels


def show(name: str, found: Score, labels: str) -> None:
    print(
        f"{name:<44}{found.rows:>7,}{found.expected:>9.4f}{found.found:>8.4f}{found.error:>8.4f}{found.noise:>8.4f}"
        f"{found.coverage:>8.0%}{found.direction:>+7.2f}{found.supported:>8.0%}  {labels}",
        flush=True,
    )


def header(title: str) -> None:
    print(f"\n{title}")
    print(
        f"{'':<44}{'rows':>7}{'expected':>9}{'found':>8}{'error':>8}{'chance':>8}{'covered':>8}"
        f"{'order':>7}{'known':>8}  label"
    )


def halves(frame: pl.DataFrame, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    mixed = frame.sample(fraction=1, shuffle=True, seed=seed)
    return mixed.head(frame.height // 2), mixed.tail(frame.height - frame.height // 2)


def forecast_loans(seeds: int) -> None:
    """The five levels of difficulty on the loan offer; the risk class left out; synthetic for real."""
    asked = make_specification(
        {"kind": "response", "outcome": "tookup", "treatment": "offer4", "strata": ["risk"], "customer": "client_id"}
    )
    whole = pl.read_parquet(SHARED / "data/loan_offers/waves_1_2.parquet")
    first, second = whole.filter(pl.col("wave") == 1), whole.filter(pl.col("wave") == 2)
    header("Loan offers: take-up by rate, randomised within risk class")
    for seed in range(seeds):
        one, other = halves(second, seed)
        show(f"1 new customers (wave 2, halves, seed {seed})", *judge(twinfold.calibrate(one, asked), other, asked))
    later = twinfold.calibrate(first, asked)
    show("2 a later wave (1 -> 2)", *judge(later, second, asked))
    waves = asked.model_copy(update={"strata": ("risk", "wave")})
    show("2 the same, wave a stratum", *judge(twinfold.calibrate(first, waves), second, waves))
    show("2 an earlier wave (2 -> 1)", *judge(twinfold.calibrate(second, asked), first, asked))
    one, other = halves(second, 0)
    band = pl.col("offer4").is_between(6, 8)
    show(
        "3 a band of rates left out (6 to 8)",
        *judge(twinfold.calibrate(one.filter(~band), asked), other.filter(band), asked),
    )
    for risk in ("LOW", "MEDIUM", "HIGH"):
        out = pl.col("risk") == risk
        show(
            f"4 a class left out ({risk})",
            *judge(twinfold.calibrate(one.filter(~out), asked), other.filter(out), asked),
        )
    above = pl.col("normrate_more") == 1
    show(
        "5 rates above the normal one (wave 2 -> 1)",
        *judge(twinfold.calibrate(second, asked), first.filter(above), asked),
    )
    without = asked.model_copy(update={"strata": ()})
    behaviour = twinfold.calibrate(first, without)
    show("  the class not named (1 -> 2)", *judge(behaviour, second, without))
    bare = without.model_copy(update={"covariates": ()})
    show("  nor adjusted for", *judge(twinfold.calibrate(first, bare), second, bare))
    for seed in range(seeds):
        show(
            f"2 learned from synthetic (seed {seed})",
            *judge(twinfold.calibrate(synthetic(first, seed), asked), second, asked),
        )
    print(
        "\nMean absolute error over fifths of the rate, wave 1 -> 2, percentage points (a perfect forecast: about .32):"
    )
    for name, made in (("real", later), ("synthetic", twinfold.calibrate(synthetic(first, 0), asked))):
        print(f"  {name:<10} {100 * fifths(made, second, 'offer4', 'tookup'):.2f}")
    low, slope, high = price_slope(second, second["tookup"].to_numpy().astype(float))
    print(f"Log odds a point of rate within class: wave 2 {slope:.3f} [{low:.3f}, {high:.3f}]; forecast from wave 1:")
    designed = twinfold.calibrate(first, asked.model_copy(update={"covariates": ()}))
    for name, made in (("covariates chosen", later), ("no covariates", designed)):
        said = price_slope(second, twinfold.forecast(made, second.drop("tookup"))["prediction"].to_numpy())[1]
        gain = made.gain(second.drop("tookup"), 6.0, 10.0)
        print(f"  {name:<20} {said:.3f}; take-up at a rate of 6 in the place of 10: {gain.text()}")


def fifths(behaviour: Behaviour, rows: pl.DataFrame, treatment: str, outcome: str) -> float:
    said = twinfold.forecast(behaviour, rows.drop(outcome))["prediction"].to_numpy()
    place = np.searchsorted(np.quantile(rows[treatment], [0.2, 0.4, 0.6, 0.8]), rows[treatment].to_numpy())
    came = rows[outcome].to_numpy()
    return float(np.mean([abs(said[place == k].mean() - came[place == k].mean()) for k in range(5)]))


def price_slope(rows: pl.DataFrame, outcome: np.ndarray) -> tuple[float, float, float]:
    """Of a logistic regression on the rate and the risk class: the slope, between its 95 % interval's ends."""
    classes = [(rows["risk"] == risk).to_numpy().astype(float) for risk in ("LOW", "MEDIUM", "HIGH")]
    design = np.column_stack([*classes, rows["offer4"].to_numpy() - 8])
    found = fit_regression(design, outcome, [-1] * 4, binary=True)
    error = np.sqrt(found.covariance[3, 3])
    return found.coefficients[3] - Z * error, float(found.coefficients[3]), found.coefficients[3] + Z * error


def forecast_mailing(seeds: int) -> None:
    """Three arms: lifts of the other half, of segments, a policy; an arm left out; shuffled labels; synthetic."""
    asked = make_specification(
        {"kind": "response", "outcome": "visit", "treatment": "segment", "customer": "customer_id"}
    )
    whole = pl.read_parquet(SHARED / "data/email_experiment/half_a.parquet")
    print("\nE-mail test: visits, one half of the file -> the other; lifts over no e-mail in percentage points")
    print(
        f"{'':<26}{'men said':>9}{'found':>7}{'women said':>12}{'found':>7}  {'slope of lifts by fifths, men':<32}"
        f"{'women':<24}policy, best arm"
    )
    for seed in range(seeds):
        one, other = halves(whole, seed)
        for name, rows in (("real", one), ("synthetic", synthetic(one, seed))):
            show_lifts(f"{name}, seed {seed}", twinfold.calibrate(rows, asked), other)
        show_lifts(
            f"labels shuffled, seed {seed}",
            twinfold.calibrate(one.with_columns(one["segment"].shuffle(seed=seed)), asked),
            other,
        )
    one, other = halves(whole, 0)
    two_arms = twinfold.calibrate(one.filter(pl.col("segment") != "Mens E-Mail"), asked)
    found = twinfold.forecast(two_arms, other.drop("visit"))
    held = found.filter(other["segment"] == "Mens E-Mail")
    print(
        f"An arm left out: {', '.join(set(held['identification']))}, "
        f"{held['prediction'].null_count():,} of {held.height:,} without a number"
    )


def show_lifts(name: str, behaviour: Behaviour, rows: pl.DataFrame) -> None:
    arms = ("No E-Mail", "Mens E-Mail", "Womens E-Mail")
    bare, came, given = rows.drop("visit", "conversion", "spend"), rows["visit"].to_numpy(), rows["segment"].to_numpy()
    said = {
        arm: twinfold.forecast(behaviour, bare.with_columns(segment=pl.lit(arm)))["prediction"].to_numpy()
        for arm in arms
    }
    cells, slopes = "", ""
    for arm in arms[1:]:
        lift = said[arm] - said[arms[0]]
        found = came[given == arm].mean() - came[given == arms[0]].mean()
        cells += f"{100 * lift.mean():>{9 if arm == arms[1] else 12}.2f}{100 * found:>7.2f}"
        slope, error = lift_slope(lift, came, given == arm, given == arms[0])
        slopes += f"{slope:.2f} [{slope - Z * error:.2f}, {slope + Z * error:.2f}]".ljust(32 if arm == arms[1] else 24)
    choice = np.array(arms)[np.argmax([said[arm] for arm in arms], axis=0)]
    best = max(arms, key=lambda arm: said[arm].mean())
    values = [float((came * (given == chosen)).mean() * 3) for chosen in (choice, best)]
    print(f"{name:<26}{cells}  {slopes}{values[0]:.4f}, {values[1]:.4f}", flush=True)


def forecast_purchases() -> None:
    """39 weeks of CDNOW learned, the next 39 forecast: parameters of real customers, and of synthetic ones."""
    print("\nCDNOW: purchases in the 39 weeks after the first 39, forecast from each real customer's own")
    print(f"{'':<34}{'customers':>10}{'expected':>10}{'found':>9}{'of found':>9}{'r':>7}{'tenths held':>13}")
    cut, asked = "1997-10-01", {"kind": "lifetime", "customer": "users_id", "time": "date", "outcome": "amt"}
    for half in ("train", "holdout"):
        whole = pl.read_parquet(SHARED / f"data/cdnow/{half}/purchases.parquet")
        known, later = whole.filter(pl.col("date") < cut), whole.filter(pl.col("date") >= cut)
        customers = known.select(id="users_id").unique().sort("id")
        drawn = twinfold.sample(twinfold.fit({"customers": customers, "purchases": known}, seed=0), seed=1)["purchases"]
        came = later.unique(["users_id", "date"]).group_by("users_id").len("found")
        for name, rows in (("real", known), ("synthetic", drawn)):
            said = twinfold.forecast(twinfold.calibrate(rows, asked), known, horizon="39w")
            once = (
                known.hstack(said)
                .unique("users_id")
                .join(came, on="users_id", how="left")
                .fill_null(0)
                .sort("prediction")
            )
            total, found = float(once["prediction"].sum()), int(once["found"].sum())
            tenth = np.arange(once.height) * 10 // once.height
            means = [once.filter(pl.Series(tenth == k)).mean() for k in range(10)]
            held = sum(bool(m["lower"][0] <= m["found"][0] <= m["upper"][0]) for m in means)
            r = float(np.corrcoef(once["prediction"], once["found"])[0, 1])
            print(
                f"{f'{half}, learned from {name}':<34}{once.height:>10,}{total:>10,.0f}{found:>9,}{total / found:>9.3f}"
                f"{r:>7.3f}{held:>10} of 10",
                flush=True,
            )


def months_at_risk(purchases: pl.DataFrame, begin: str, end: str) -> pl.DataFrame:
    """A row for each customer and 30 days since their last purchase, within a window: whether they bought again."""
    days = purchases.with_columns(pl.col("date").str.to_date()).group_by("users_id", "date").agg(pl.col("amt").sum())
    days = days.sort("users_id", "date").with_columns(
        number=pl.int_range(pl.len()).over("users_id"), next=pl.col("date").shift(-1).over("users_id")
    )
    first, last = (pl.lit(day).str.to_date() for day in (begin, end))
    spells = days.with_columns(months=pl.int_ranges(0, ((last - pl.col("date")).dt.total_days() // 30).clip(0)))
    rows = spells.explode("months").drop_nulls("months").rename({"months": "month"})
    opens = pl.col("date") + pl.duration(days=30 * pl.col("month"))
    rows = rows.with_columns(opens=opens, closes=opens + pl.duration(days=30))
    at_risk = rows.filter(pl.col("next").is_null() | (pl.col("next") >= pl.col("opens")), pl.col("opens") >= first)
    bought = (pl.col("next") < pl.col("closes")).fill_null(False).cast(pl.Int64)
    return at_risk.with_columns(bought=bought).select("users_id", "month", "number", "amt", "bought")


def forecast_returns() -> None:
    """When customers of CDNOW buy again, month by month since the last time: a hazard."""
    asked = make_specification({"kind": "hazard", "outcome": "bought", "time": "month", "customer": "users_id"})
    one, other = (pl.read_parquet(SHARED / f"data/cdnow/{half}/purchases.parquet") for half in ("train", "holdout"))
    learned = months_at_risk(one, "1997-01-01", "1997-09-30")
    behaviours = {"real": twinfold.calibrate(learned, asked)}
    made = synthetic(learned.drop("users_id"), 0)
    alone = asked.model_copy(update={"customer": None})
    behaviours["synthetic"] = twinfold.calibrate(made, alone)
    print("\nCDNOW: whether a customer buys again in the next 30 days, by months since the last time")
    print(f"{'':<46}{'rows':>9}{'expected':>10}{'found':>8}{'r of months':>12}{'months held':>13}  slope")
    for name, behaviour in behaviours.items():
        for what, rows in (
            ("1 new customers, the same months", months_at_risk(other, "1997-01-01", "1997-09-30")),
            ("2 new customers, the nine months after", months_at_risk(other, "1997-10-01", "1998-06-30")),
        ):
            said = twinfold.forecast(behaviour, rows.drop("bought"))
            both = rows.hstack(said).with_columns(pl.col("month").clip(0, 8).alias("group"))
            groups = both.group_by("group").agg(
                pl.col("prediction", "lower", "upper", "bought").mean(),
                pl.len(),
                pl.col("bought").std().alias("spread"),
            )
            error = groups["spread"] / groups["len"].sqrt()
            held = (groups["lower"] - 1.96 * error <= groups["bought"]) & (
                groups["bought"] <= groups["upper"] + 1.96 * error
            )
            r = float(np.corrcoef(groups["prediction"], groups["bought"])[0, 1])
            found = score(
                *(both[key].to_numpy() for key in ("prediction", "lower", "upper")),
                both["bought"].to_numpy().astype(float),
                {"month": both["group"].to_numpy()},
                both["in_support"].to_numpy(),
            )
            expected, came = both["prediction"].mean(), both["bought"].mean()
            print(
                f"{f'{what}, {name}':<46}{both.height:>9,}{expected:>10.4f}{came:>8.4f}"
                f"{r:>12.3f}{int(held.sum()):>10} of {groups.height}  {found.slope:.2f}",
                flush=True,
            )


def forecast_choices() -> None:
    """Each person's last two choices of a card: people who are known, anybody of real people, and of synthetic ones."""
    print("\nCredit-card conjoint: log-likelihood of each person's last two given choices")
    whole = pl.read_parquet(SHARED / "data/card_conjoint/choices.parquet").rename({"id": "respondents_id"})
    people = pl.read_parquet(SHARED / "data/card_conjoint/respondents.parquet")
    attributes = [name for name in whole.columns if name not in ("respondents_id", "choice", "task")]
    asked = {"kind": "choice", "outcome": "choice", "customer": "respondents_id", "attributes": attributes}
    last = pl.col("task") >= pl.col("task").max().over("respondents_id") - 1
    learned, held = whole.filter(~last), whole.filter(last)
    model = twinfold.fit({"respondents": people, "choices": learned}, seed=0)
    tastes = {}
    for name, rows in (("real", learned), ("synthetic", twinfold.sample(model, seed=1)["choices"])):
        behaviour = twinfold.calibrate(rows, asked)
        pairs = held.drop("choice")
        strangers = pairs.with_columns(respondents_id=pl.lit(-1))
        figures = {"anybody": likelihood(behaviour, strangers, held)}
        if name == "real":
            figures["known"] = likelihood(behaviour, pairs, held)
        tastes[name] = behaviour.model.model.population[0]
        print(f"  {name:<12}" + "".join(f"{who} {value:.4f}   " for who, value in figures.items()), flush=True)
    ratio = float(tastes["synthetic"] @ tastes["real"] / (tastes["real"] @ tastes["real"]))
    print(f"  mean tastes of synthetic people are {ratio:.2f} times as strong as those of real ones")


def likelihood(behaviour: Behaviour, pairs: pl.DataFrame, held: pl.DataFrame) -> float:
    chance = twinfold.forecast(behaviour, pairs)["prediction"].to_numpy()
    return float(np.log(np.where(held["choice"] == 1, chance, 1 - chance)).mean())


def lift_slope(lift: np.ndarray, came: np.ndarray, treated: np.ndarray, control: np.ndarray) -> tuple[float, float]:
    """Found lifts of fifths by expected lift on expected ones: the slope and its error."""
    if lift.std() < 1e-9:
        return float("nan"), float("nan")
    fifth = np.searchsorted(np.quantile(lift, [0.2, 0.4, 0.6, 0.8]), lift)
    expected, found, variance = [], [], []
    for k in range(5):
        one, other = came[(fifth == k) & treated], came[(fifth == k) & control]
        expected.append(lift[fifth == k].mean())
        found.append(one.mean() - other.mean())
        variance.append(one.var() / len(one) + other.var() / len(other))
    weight = 1 / np.array(variance)
    apart = np.array(expected) - np.average(expected, weights=weight)
    return float((weight * apart * found).sum() / (weight * apart**2).sum()), float((weight * apart**2).sum() ** -0.5)


def recover(repetitions: int) -> None:
    """Planted effects: how often intervals of 95 % hold them, drawn by lot within classes and confounded."""
    print("\nPlanted truth: 3,000 customers of three classes, log odds a point of rate -.2 (95 % intervals)")
    for name, confounded in (("by lot within class", False), ("goes with age, adjusted", True)):
        held, widths, labels = [], [], []
        for seed in range(repetitions):
            behaviour = twinfold.calibrate(*planted(3_000, seed, confounded))
            model = behaviour.model
            effect, error = (
                float(each[0] / model.treatment.spread) for each in (model.effect.average, model.effect.error)
            )
            held.append(abs(effect + 0.2) < Z * error)
            widths.append(2 * Z * error)
            labels.append(str(model.assignment.label))
        low, high = stats.binomtest(int(np.sum(held)), len(held)).proportion_ci(method="exact")
        counts = ", ".join(f"{label} {labels.count(label)}" for label in sorted(set(labels)))
        print(
            f"  {name:<26}{np.mean(held):.3f} [{low:.3f}, {high:.3f}], mean width {np.mean(widths):.3f}; {counts}",
            flush=True,
        )


def planted(rows: int, seed: int, confounded: bool) -> tuple[pl.DataFrame, Specification]:
    rng = np.random.default_rng(seed)
    risk, age = rng.integers(0, 3, rows), rng.normal(45, 12, rows).round()
    rate = 5 + 1.5 * risk + rng.uniform(0, 5, rows) + confounded * 0.08 * (age - 45)
    chance = 1 / (1 + np.exp(1 + 0.5 * risk + 0.2 * (rate - 8) - 0.3 * (age - 45) / 12))
    frame = pl.DataFrame({"risk": risk.astype(str), "age": age, "rate": rate, "taken": rng.random(rows) < chance})
    asked = {"kind": "response", "outcome": "taken", "treatment": "rate", "strata": ["risk"]}
    return frame.with_columns(pl.col("risk").replace({"0": "low", "1": "medium", "2": "high"})), make_specification(
        asked
    )


def measure_cost() -> None:
    """CPU seconds and rows of learning and forecasting."""
    print("\nCost")
    for rows in (10_000, 100_000, 1_000_000):
        frame, asked = planted(rows, 0, False)
        wide = frame.with_columns(pl.Series(f"c{k}", np.random.default_rng(k).normal(size=rows)) for k in range(6))
        begun = time.process_time()
        behaviour = twinfold.calibrate(wide, asked)
        learned = time.process_time()
        twinfold.forecast(behaviour, wide.drop("taken"))
        print(
            f"  {rows:>9,} rows of 10 columns: learned in {learned - begun:.1f} CPU s, "
            f"forecast in {time.process_time() - learned:.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="loans,mailing,purchases,returns,choices,planted,cost")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=1000)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    parts = {
        "loans": lambda: forecast_loans(options.seeds),
        "mailing": lambda: forecast_mailing(options.seeds),
        "purchases": forecast_purchases,
        "returns": forecast_returns,
        "choices": forecast_choices,
        "planted": lambda: recover(options.repetitions),
        "cost": measure_cost,
    }
    for part in options.parts.split(","):
        parts[part]()


if __name__ == "__main__":
    main()
