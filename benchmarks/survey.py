"""Surveys: is what they tell what is so, and what does one cost?

    scripts/bench survey [--parts planted,real,cost] [--worlds 40]

planted: worlds whose customers decide, and tick a scale, by a law that is known. A behaviour and a scale are learned
anew in each; of a survey's shares and means, by persona, how many intervals hold the truth, and how wide they are.
Beside them, intervals of who was asked alone.
real: half of a lender's offers, whose rates were drawn by lot, are learned; customers of the other half are asked
whether they take theirs, by risk class. How many intervals hold what they did, whose own chance is added.
cost: 10,000 customers that a model of bank marketing drew and 20 items of all kinds, in seconds and memory.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import polars as pl
from scipy.special import expit

import twinfold
from contest.environments import SHARED
from twinfold.personas.survey.folder import write_folder

THRESHOLDS, SLOPE = np.array([-2.6, -1.8, -1.1, -0.2]), 1.2
SCALE = ["very unlikely", "unlikely", "neither", "likely", "very likely"]
GROUPS = {"young": "age < 35", "middle": "age between 35 and 54", "old": "age >= 55"}


def make_people(rows: int, rng: np.random.Generator) -> pl.DataFrame:
    age, wealth = rng.integers(20, 80, rows), rng.lognormal(7, 0.8, rows).round()
    return pl.DataFrame({"age": age, "wealth": wealth, "town": rng.choice(["north", "south"], rows)})


def utility(people: pl.DataFrame, rate: np.ndarray | float) -> np.ndarray:
    age, wealth = people["age"].to_numpy(), np.log(people["wealth"].to_numpy())
    return 0.8 - 0.35 * rate + 0.02 * (50 - age) + 0.3 * (wealth - 7)


def tick(score: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (SLOPE * score + rng.logistic(size=len(score)) > THRESHOLDS[:, None]).sum(axis=0)


def points(score: np.ndarray) -> np.ndarray:
    below = expit(THRESHOLDS - SLOPE * score[:, None])
    return np.diff(np.column_stack([np.zeros(len(score)), below, np.ones(len(score))]), axis=1)


def one_world(seed: int, folder: Path) -> list[tuple[str, bool, bool, float]]:
    """Of each figure its kind, whether its interval holds the truth, whether who was asked alone would, its width."""
    rng = np.random.default_rng(seed)
    people = make_people(20_000, rng)  # of whom a sample is asked: the truth is everybody's
    learned, pilot = make_people(2_000, rng), make_people(400, rng)
    rate, offered = rng.uniform(3, 9, 2_000).round(2), rng.uniform(3, 9, 400).round(2)
    taken = (rng.random(2_000) < expit(utility(learned, rate))).astype(int)
    frame = learned.with_columns(rate=pl.Series(rate), taken=pl.Series(taken))
    behaviour = twinfold.calibrate(frame, {"kind": "response", "outcome": "taken", "treatment": "rate"})
    stated = tick(utility(pilot, offered), rng) + 1
    pilot.with_columns(rate=pl.Series(offered), stated=pl.Series(stated)).write_parquet(folder / "pilot.parquet")
    weight = (people["age"].to_numpy() / 50) ** 2
    put = {"behaviour": "loan", "offer": {"rate": 5}}
    labelled = {"file": str(folder / "pilot.parquet"), "answer": "stated"}
    items = [
        {"id": "wealth", "kind": "numeric", "question": "?", "column": "wealth"},
        {"id": "town", "kind": "single", "question": "?", "column": "town"},
        {"id": "take", "kind": "single", "question": "?", **put},
        {"id": "likely", "kind": "likert", "question": "?", "scale": SCALE, "labelled": labelled, **put},
    ]
    asked = {"n": 600, "weight": "weight", "conditions": GROUPS, "behaviours": {"loan": behaviour}, "seed": seed}
    found = twinfold.survey(people.with_columns(weight=pl.Series(weight)), {"items": items}, **asked)
    score = utility(people, 5.0)
    age = people["age"].to_numpy()
    inside = {"": age > 0, "young": age < 35, "middle": (age >= 35) & (age < 55), "old": age >= 55}
    truths = {
        ("wealth", "mean"): people["wealth"].to_numpy(),
        ("town", "north"): (people["town"] == "north").to_numpy(),
        ("take", "yes"): expit(score),
        **{("likely", name): points(score)[:, place] for place, name in enumerate(SCALE)},
        ("likely", "mean"): points(score) @ np.arange(1, 6),
    }
    out = []
    for (item, what), values in truths.items():
        for group, own in inside.items():
            tally = found[item].of(what, group)
            truth, half = np.average(values[own], weights=weight[own]), (tally.upper - tally.lower) / 2
            alone = np.sqrt(max(half**2 - tally.stays**2, 0.0))
            label = f"{item}: {what if item != 'likely' or what == 'mean' else 'a point'}"
            out.append((label, tally.lower <= truth <= tally.upper, abs(truth - tally.value) <= alone, 2 * half))
    return out


def show_planted(worlds: int) -> None:
    print(f"planted, {worlds} worlds, 600 of 20,000 asked, weights, everybody and three personas")
    print(f"{'':<18}{'figures':>9}{'held':>8}{'held by who was asked alone':>30}{'width':>10}")
    found = []
    with tempfile.TemporaryDirectory() as place:
        for seed in range(worlds):
            found += one_world(seed, Path(place))
    for kind in dict.fromkeys(each[0] for each in found):
        own = [each[1:] for each in found if each[0] == kind]
        held, alone, width = np.mean(own, axis=0)
        print(f"{kind:<18}{len(own):>9}{held:>8.0%}{alone:>30.0%}{width:>10.3g}", flush=True)


def show_real(worlds: int) -> None:
    whole = pl.read_parquet(SHARED / "data/loan_offers/waves_1_2.parquet").filter(pl.col("wave") == 2)
    asked = {
        "kind": "response",
        "outcome": "tookup",
        "treatment": "offer4",
        "strata": ["risk"],
        "customer": "client_id",
    }
    item = {"id": "take", "kind": "single", "question": "Would you take this loan?", "behaviour": "loan"}
    classes = {name: f"risk = '{name}'" for name in whole["risk"].unique().sort()}
    print(
        "\nreal offers, halves: expected of the half that was not learned, each at their own rate, beside what they did"
    )
    held, last = [], []
    for seed in range(worlds):
        first = np.random.default_rng(seed).permutation(whole.height) < whole.height // 2
        learned, other = whole.filter(pl.Series(first)), whole.filter(pl.Series(~first))
        behaviour = twinfold.calibrate(learned, asked)
        hidden = other.drop("tookup")
        options = {"n": hidden.height, "conditions": classes, "behaviours": {"loan": behaviour}}
        result = twinfold.survey(hidden, {"items": [item]}, **options)["take"]
        last = []
        for group in ("", *classes):
            own = other.filter(pl.col("risk") == group) if group else other
            did, tally = own["tookup"].mean(), result.of("yes", group)
            chance = 1.96 * np.sqrt(did * (1 - did) / own.height)
            half = (tally.upper - tally.lower) / 2
            held.append(abs(did - tally.value) <= np.hypot(half, chance))
            last.append((group or "everybody", own.height, tally, did))
    print(f"{sum(held)} of {len(held)} hold; of the last half:")
    for group, people, tally, did in last:
        said = f"{tally.value:.2%} [{tally.lower:.2%}, {tally.upper:.2%}]"
        print(f"  {group:<10}{people:>8,}   expected {said:<26} did {did:.2%}", flush=True)


def questionnaire() -> list[dict[str, object]]:
    """Twenty items of all kinds."""
    put, other = {"contact": "cellular"}, {"contact": "telephone"}
    bands = {"under 30": "age < 30", "30 to 44": "age between 30 and 44", "45 or more": "age >= 45"}
    loans = {"a mortgage": "housing = 'yes'", "a personal loan": "loan = 'yes'"}
    rows = [
        ("age", "numeric", "How old are you?", {"column": "age"}),
        ("balance", "numeric", "How much is on your account?", {"column": "balance"}),
        ("left", "numeric", "What would be left after a deposit?", {"formula": "max(balance - 1000, 0)"}),
        ("job", "single", "What is your job?", {"column": "job"}),
        ("marital", "single", "Are you married?", {"column": "marital"}),
        ("band", "single", "Which age group are you in?", {"options": bands}),
        ("rich", "single", "How much, about?", {"column": "balance", "cuts": [0, 500], "options": list("abc")}),
        ("loans", "multiple", "Which loans do you have?", {"options": loans}),
        ("ready", "likert", "How ready are you?", {"scale": list("abcd"), "column": "balance", "cuts": [0, 200, 900]}),
        ("mobile", "single", "Would you, if we called your mobile?", {"behaviour": "deposit", "offer": put}),
        ("landline", "single", "And your landline?", {"behaviour": "deposit", "offer": other}),
        ("calls", "multiple", "Which?", {"behaviour": "deposit", "options": {"mobile": put, "landline": other}}),
        ("chance", "numeric", "How likely is it?", {"behaviour": "deposit", "offer": put}),
        ("likely", "likert", "How likely are you?", {"scale": SCALE, "behaviour": "deposit", "offer": put}),
        (
            "likely 2",
            "likert",
            "And on your landline?",
            {"scale": SCALE, "behaviour": "deposit", "offer": other, "thresholds_of": "likely"},
        ),
        ("why", "open", "Why, or why not?", {"behaviour": "deposit", "offer": put}),
        ("about", "open", "Tell me about yourself.", {}),
        ("education", "single", "What is your education?", {}),
        ("mortgage", "single", "Do you have a housing loan?", {}),
        ("colour", "open", "What is your favourite colour?", {}),
    ]
    return [{"id": name, "kind": kind, "question": asked, **more} for name, kind, asked, more in rows]


def cost(people: str, behaviour: str, found: bool) -> None:
    """In this process: a survey of the people of a file, and what it took; `found`: whether personas are sought."""
    begun = time.process_time(), time.perf_counter()
    personas = {} if found else {"conditions": {"young": "age < 35", "old": "age >= 55"}}
    made = twinfold.survey(people, {"items": questionnaire()}, n=10**9, behaviours=[behaviour], **personas)
    with tempfile.TemporaryDirectory() as place:
        write_folder(made, Path(place) / "out")
        size = sum(path.stat().st_size for path in (Path(place) / "out").iterdir()) / 1e6
    cpu, wall = time.process_time() - begun[0], time.perf_counter() - begun[1]
    answered = int(made.answers["answer"].is_not_null().sum())
    print(cpu, wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, size, answered)


def show_cost() -> None:
    bank = pl.read_parquet(SHARED / "data/bank_marketing/train.parquet")
    model = twinfold.fit(bank, seed=0)
    asked = {"kind": "response", "outcome": "y", "treatment": "contact", "afterwards": ["duration"]}
    learned = twinfold.calibrate(bank, asked)
    print("\ncustomers drawn from a model of bank marketing, 20 items")
    print(f"{'customers':>10}{'personas':>10}{'wall s':>8}{'CPU s':>8}{'peak GB':>9}{'MB':>7}{'answers':>10}")
    with tempfile.TemporaryDirectory() as place:
        behaviour = Path(place) / "deposit.behaviour"
        twinfold.save_behaviour(learned, behaviour)
        for people, found in ((1_000, True), (10_000, False), (10_000, True), (100_000, False)):
            path = Path(place) / f"{people}.parquet"
            twinfold.sample_to(model, path, people, seed=1, force=True)
            command = [sys.executable, __file__, "--people", str(path), "--behaviour", str(behaviour)]
            command += ["--found"] if found else []
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            cpu, wall, peak, size, answers = map(float, said)
            how = "found" if found else "named"
            print(f"{people:>10,}{how:>10}{wall:>8.1f}{cpu:>8.1f}{peak:>9.2f}{size:>7.1f}{answers:>10,.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="planted,real,cost")
    parser.add_argument("--worlds", type=int, default=40)
    parser.add_argument("--people", default="")
    parser.add_argument("--behaviour", default="")
    parser.add_argument("--found", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.people:
        cost(options.people, options.behaviour, options.found)
        return
    parts = {
        "planted": lambda: show_planted(options.worlds),
        "real": lambda: show_real(max(options.worlds // 8, 1)),
        "cost": show_cost,
    }
    for part in options.parts.split(","):
        parts[part]()


if __name__ == "__main__":
    main()
