"""Concept tests against people who were held back, and what a test of many customers costs.

    scripts/bench concepts [--parts held,cost] [--seeds 1,2]

held: half of the people of the card conjoint, and 25 of its 107 questions, are held back; a choice is learned of the
other people's answers to the other questions. A question is a concept test of two cards. Three crowds answer: strangers
(held back) on learned questions and on new ones, and known people, who were learned, on new ones. Beside what came: the
mean error of shares, what chance alone would make of it (those asked are few), one logit for all people, how many
intervals hold what came (that chance taken in), and how often the card was first that was called so, by certainty.
cost: CPU seconds and peak memory of up to 100,000 synthetic customers who choose between four cards and say why; with
OPENBLAS_NUM_THREADS=1 threads that wait for each other are not counted.
"""

import argparse
import resource
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression

import twinfold

DATA = Path(__file__).parents[1] / "../shared/data/card_conjoint"
NEW, OLD, LEAST = 25, 25, 30
"""Questions held back, of the others those that are looked at, and people asked at least."""

Asked = tuple[float, float, float, float, float, int, float]
"""Of a question: what was taken, the share and its ends, how certain the first is first, people, one logit's share."""


def read_choices() -> tuple[pl.DataFrame, list[str]]:
    choices = pl.read_parquet(DATA / "choices.parquet").drop("task")
    people = pl.read_parquet(DATA / "respondents.parquet")
    attributes = [name for name in choices.columns if name not in ("id", "choice")]
    rows = choices.join(people, on="id")
    number = rows.select(pl.struct(attributes).rank("dense").alias("question")).to_series()
    return rows.with_columns(number), attributes


def make_cards(question: dict[str, float]) -> list[dict]:
    """Two cards that differ as the question does."""
    first = {name: max(value, 0) for name, value in question.items()}
    second = {name: max(-value, 0) for name, value in question.items()}
    return [{"name": "first", "attributes": first}, {"name": "second", "attributes": second}]


def ask(rows: pl.DataFrame, attributes: list[str], behaviour: twinfold.Behaviour, logit, customer: str | None) -> Asked:
    question = rows.row(0, named=True)
    cards = make_cards({name: question[name] for name in attributes})
    people = rows.select("id", "age", "income", "gender")
    test = twinfold.concept_test(people, {"concepts": cards, "customer": customer}, behaviour)
    found = test["first"]
    alone = logit.predict_proba(rows.select(attributes).head(1).to_numpy())[0, 1]
    share = found.share
    return rows["choice"].mean(), share.value, share.lower, share.upper, found.first, rows.height, alone


def show(crowd: str, asked: list[Asked]) -> None:
    took, share, low, high, first, people, alone = np.array(asked).T
    noise = took * (1 - took) / people
    chance = np.sqrt(2 / np.pi * share * (1 - share) / people).mean()
    far = np.hypot(np.where(took < share, share - low, high - share), 1.96 * np.sqrt(noise))
    held = np.mean(np.abs(took - share) <= far)
    print(
        f"{crowd:<34}{len(took):>10}{people.mean():>8.0f}{np.abs(took - share).mean():>8.3f}{chance:>8.3f}"
        f"{np.abs(took - alone).mean():>11.3f}{held:>8.0%}{(high - low).mean():>8.2f}",
        flush=True,
    )
    sure = np.maximum(first, 1 - first)
    right = (took > 0.5) == (first > 0.5)
    for lower, upper in ((0.5, 0.8), (0.8, 0.95), (0.95, 1.01)):
        inside = (sure >= lower) & (sure < upper)
        if inside.any():
            print(f"    called first with {sure[inside].mean():.0%}: {right[inside].mean():.0%} of {inside.sum()} were")


def show_held(seeds: list[int]) -> None:
    rows, attributes = read_choices()
    crowds: dict[str, list[Asked]] = defaultdict(list)
    likelihoods, slopes, forecasts, spreads = [], [], [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        ids, questions = rows["id"].unique().sort().to_numpy(), rows["question"].unique().sort().to_numpy()
        held, mixed = rng.permutation(ids)[: len(ids) // 2], rng.permutation(questions)
        new, old = mixed[:NEW], mixed[NEW : NEW + OLD]
        stranger, novel = pl.col("id").is_in(held), pl.col("question").is_in(new)
        learned = rows.filter(~stranger & ~novel)
        asked = {"kind": "choice", "outcome": "choice", "customer": "id", "attributes": attributes}
        begun = time.process_time()
        behaviour = twinfold.calibrate(learned.drop("question"), asked)
        spreads.append(behaviour.model.model.spread.mean())
        print(f"seed {seed}: learned of {learned.height:,} choices in {time.process_time() - begun:.0f} CPU seconds")
        logit = LogisticRegression(C=np.inf, fit_intercept=False, max_iter=1000)
        logit.fit(learned.select(attributes).to_numpy(), learned["choice"].to_numpy())
        for crowd, chosen, whose, customer in (
            ("strangers, learned questions", old, stranger, None),
            ("strangers, new questions", new, stranger, None),
            ("known people, new questions", new, ~stranger, "id"),
        ):
            for number in chosen:
                those = rows.filter(whose & (pl.col("question") == number))
                if those.height >= LEAST:
                    crowds[crowd].append(ask(those, attributes, behaviour, logit, customer))
        known = rows.filter(~stranger & novel)
        own = score_known(known, attributes, behaviour)
        likelihoods.append(own[0])
        slopes.append(own[1])
        forecasts.append(own[2])
    print(f"\n{'':<34}{'questions':>10}{'people':>8}{'error':>8}{'chance':>8}{'one logit':>11}{'held':>8}{'width':>8}")
    for crowd, found in crowds.items():
        show(crowd, found)
    took, _, low, high, first, _, _ = np.array([each for found in crowds.values() for each in found]).T
    settled = np.maximum(first, 1 - first) >= 0.95
    right = settled & ((took > 0.5) == (first > 0.5))
    print(
        f"called first with 95 % or more: {settled.sum()}, of which {right.sum()} were; width {(high - low).mean():.2f}"
    )
    print(f"missed by adding up, between two cards: a standard deviation of {np.mean(spreads):.2f} log odds")
    print(
        f"known people's own choices: likelihood {np.mean(likelihoods):.3f}, calibration slope {np.mean(slopes):.2f} "
        f"(predict, which takes in what adding up misses: {np.mean(forecasts):.3f})"
    )


def score_known(rows: pl.DataFrame, attributes: list[str], behaviour: twinfold.Behaviour) -> tuple[float, float, float]:
    """How well the chances of single known people, as answers give them, fit what they took."""
    chances = np.empty(rows.height)
    for number in rows["question"].unique():
        places = np.flatnonzero((rows["question"] == number).to_numpy())
        those = rows[places]
        if len(places) < LEAST:
            chances[places] = np.nan
            continue
        cards = make_cards({name: those[name][0] for name in attributes})
        test = twinfold.concept_test(those.select("id"), {"concepts": cards, "customer": "id"}, behaviour)
        chances[places] = test.answers["probability of first"].to_numpy()
    kept = np.isfinite(chances)
    chance, took = chances[kept].clip(1e-6, 1 - 1e-6), rows["choice"].to_numpy()[kept]
    slope = LogisticRegression(C=np.inf).fit(np.log(chance / (1 - chance)).reshape(-1, 1), took).coef_[0, 0]
    predicted = behaviour.forecast(rows.drop("choice", "question")).prediction[kept].clip(1e-6, 1 - 1e-6)
    return likelihood(chance, took), slope, likelihood(predicted, took)


def likelihood(chance: np.ndarray, took: np.ndarray) -> float:
    return float(np.log(np.where(took == 1, chance, 1 - chance)).mean())


def show_cost() -> None:
    rows, attributes = read_choices()
    asked = {"kind": "choice", "outcome": "choice", "customer": "id", "attributes": attributes}
    behaviour = twinfold.calibrate(rows.drop("question"), asked)
    people = pl.read_parquet(DATA / "respondents.parquet").drop("id")
    synthetic = twinfold.sample(twinfold.fit(people, seed=0), 100_000, seed=1)
    usual = dict.fromkeys(attributes, 0)
    own = ({"Low_FInt": 1}, {"Low_Fee": 1}, {"Med_FInt": 1, "Med_Fee": 1}, {"Long_Grace": 1, "Med_Rebate": 1})
    concepts = {"usual": usual, "concepts": [{"name": f"card {n}", "attributes": each} for n, each in enumerate(own)]}
    for people_asked in (1_000, 10_000, 100_000):
        begun, wall = time.process_time(), time.perf_counter()
        test = twinfold.concept_test(synthetic.head(people_asked), concepts, behaviour)
        cpu, wall = time.process_time() - begun, time.perf_counter() - wall
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(
            f"{people_asked:>9,} customers, 4 concepts, {test.answers.height:,} answers: {cpu:.1f} CPU s, "
            f"{wall:.1f} s, peak {peak:.2f} GB",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="held,cost")
    parser.add_argument("--seeds", default="1,2")
    options = parser.parse_args()
    parts = {"held": lambda: show_held([int(seed) for seed in options.seeds.split(",")]), "cost": show_cost}
    for part in options.parts.split(","):
        parts[part]()


if __name__ == "__main__":
    main()
