"""Choices between two cards: probabilities, intervals and market shares against choices held back.

scripts/bench choice [--split reported|questions|random] [--seed 0]

`reported` holds back each person's last two tasks. `questions` and `random` are for development: they never see those
two, and hold back two questions of each block of people that were asked alike, or two tasks of each person at random.
`ceiling` is what the model itself would reach if it knew each coefficient: the posterior mean of its own negative
entropy. A group is a question held back; its interval takes in that those asked are few.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from twinfold.behaviour.choice import ChoiceModel, fit_choice

DATA = Path(__file__).parents[1] / "../shared/data/card_conjoint"
WORDS = ("id", "choice", "task")


def held_back(table: pl.DataFrame, split: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are learned, and which are asked."""
    last = table.select(pl.col("task").max().over("id") - pl.col("task")).to_series().to_numpy()
    if split == "reported":
        return last >= 2, last < 2
    rng = np.random.default_rng(seed)
    early = table.with_row_index().filter(last >= 2)
    if split == "random":
        mixed = early.sample(fraction=1, shuffle=True, seed=seed)
        rows = mixed.group_by("id", maintain_order=True).head(2)["index"].to_numpy()
    else:
        names = [name for name in table.columns if name not in WORDS]
        first = early.filter(pl.col("task") < 4).sort("id", "task").group_by("id", maintain_order=True).agg(names)
        blocks = dict(zip(first["id"], map(str, first.drop("id").rows()), strict=True))
        of = np.array([blocks[who] for who in early["id"]])
        index, task = early["index"].to_numpy(), early["task"].to_numpy()
        rows = []
        for block in sorted(set(of)):
            asked = rng.choice(np.unique(task[of == block]), 2, replace=False)
            rows.extend(index[(of == block) & np.isin(task, asked)])
    test = np.zeros(len(table), bool)
    test[np.array(rows)] = True
    return (last >= 2) & ~test, test


def likelihood(chance: np.ndarray, y: np.ndarray) -> float:
    return float(np.log(np.where(y == 1, chance, 1 - chance).clip(1e-9)).mean())


def line(name: str, chance: np.ndarray, y: np.ndarray, seconds: float) -> None:
    odds = np.log(chance / (1 - chance)).reshape(-1, 1)
    slope = LogisticRegression(C=np.inf).fit(odds, y).coef_[0, 0]
    right = np.mean((chance > 0.5) == (y == 1))
    print(f"{name:<30}{likelihood(chance, y):>12.4f}{right:>10.3f}{slope:>10.2f}{seconds:>10.1f}", flush=True)


def peers(x: np.ndarray, y: np.ndarray, who: np.ndarray, learned: np.ndarray, asked: np.ndarray) -> None:
    """One logit for all, and boosted trees that see each person's mean choice by attribute as well."""
    begun = time.process_time()
    logit = LogisticRegression(C=np.inf, fit_intercept=False, max_iter=1000).fit(x[learned], y[learned])
    line("one logit for all", logit.predict_proba(x[asked])[:, 1], y[asked], time.process_time() - begun)
    begun = time.process_time()
    score = np.zeros((who.max() + 1, x.shape[1]))
    np.add.at(score, who[learned], x[learned] * (2 * y[learned, None] - 1))
    own = score[who] - np.where(learned[:, None], x * (2 * y[:, None] - 1), 0)  # without the row itself
    both = np.column_stack([x, own, (own * x).sum(1)])
    trees = HistGradientBoostingClassifier(max_iter=150, learning_rate=0.05, random_state=0)
    trees.fit(both[learned], y[learned])
    line("boosted trees", trees.predict_proba(both[asked])[:, 1], y[asked], time.process_time() - begun)


def groups(model: ChoiceModel, x: np.ndarray, y: np.ndarray, who: np.ndarray) -> None:
    """How many questions' mean choices lie in their interval, by their own people and by market shares."""
    rng = np.random.default_rng(0)
    drawn = model.draw_probabilities(x, who, rng=rng)
    picked = rng.random(drawn.shape) < drawn
    own, market, off = [], [], []
    for question in np.unique(x, axis=0):
        rows = (x == question).all(1)
        if rows.sum() < 50:
            continue
        mean = y[rows].mean()
        low, high = np.quantile(picked[:, rows].mean(1), [0.025, 0.975])
        own.append(low <= mean <= high)
        share, low, high = (side[0] for side in model.shares(np.stack([question, np.zeros(len(question))])))
        noise = 1.96**2 * mean * (1 - mean) / rows.sum()
        far = np.hypot(share - low if mean < share else high - share, np.sqrt(noise))
        market.append(abs(mean - share) <= far)
        off.append((mean, share, low, high))
    if not own:
        return
    print(f"questions whose mean choice is in its interval of 95 %: {np.mean(own):.2f} of {len(own)}")
    print(f"market shares in theirs: {np.mean(market):.2f}; off by {np.mean([abs(m - s) for m, s, *_ in off]):.3f}")
    for mean, share, low, high in off:
        print(f"  chosen {mean:.3f}, forecast {share:.3f} ({low:.3f} to {high:.3f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("reported", "questions", "random"), default="reported")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--demographics", action="store_true", help="let the mean depend on age, income and gender")
    parser.add_argument("--copies", type=int, default=0, help="learn so many copies of all people, and time it only")
    options = parser.parse_args()
    table = pl.read_parquet(DATA / "choices.parquet").sort("id", "task")
    people = pl.read_parquet(DATA / "respondents.parquet").sort("id")
    x = table.drop(WORDS).to_numpy().astype(float)
    y = table["choice"].to_numpy()
    who = np.searchsorted(people["id"].to_numpy(), table["id"].to_numpy())
    rng = np.random.default_rng(options.seed)
    if options.copies:
        every = np.concatenate([who + copy * len(people) for copy in range(options.copies)])
        begun = time.process_time()
        fit_choice(np.tile(x, (options.copies, 1)), np.tile(y, options.copies), every, rng=rng)
        print(f"{options.copies * len(people)} people: {time.process_time() - begun:.1f} CPU seconds")
        return
    learned, asked = held_back(table, options.split, options.seed)
    print(f"{options.split}: {learned.sum()} choices learned, {asked.sum()} asked")
    print(f"{'':<30}{'likelihood':>12}{'accuracy':>10}{'slope':>10}{'CPU s':>10}")
    peers(x, y, who, learned, asked)
    begun = time.process_time()
    told = people.select("age", "income", "gender").to_numpy() if options.demographics else None
    model = fit_choice(x[learned], y[learned], who[learned], demographics=told, rng=rng)
    seconds = time.process_time() - begun
    line("mixed logit", model.predict(x[asked], who[asked])[0], y[asked], seconds)
    plugged = 1 / (1 + np.exp(-(x[asked] * model.coefficients.mean(0)[who[asked]]).sum(1)))
    line("  its means plugged in", plugged, y[asked], seconds)
    line("  customers unknown", model.predict(x[asked], np.full(asked.sum(), -1))[0], y[asked], seconds)
    drawn = model.draw_probabilities(x[asked], who[asked], rng=rng).clip(1e-9, 1 - 1e-9)
    print(f"{'  ceiling':<30}{np.mean(drawn * np.log(drawn) + (1 - drawn) * np.log(1 - drawn)):>12.4f}")
    print(f"spread of what adding up misses: {model.spread.mean():.2f}")
    groups(model, x[asked], y[asked], who[asked])


if __name__ == "__main__":
    main()
