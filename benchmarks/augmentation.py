"""Augmentation: what new rows beside few or one-sided real ones give models, and what attacks on them find.

    scripts/bench augmentation [--tables german_credit,card_fraud] [--engines trees,gan] [--repeats 5] [--seed 1]
        [--rows 200,500,2000] [--rare 0.01,0.03]

Each table is cut into halves of customers at random; real rows are drawn from one, models are tested on 10,000 of the
other at most. Few rows: so many, with as many new ones, in the shares that there are. A rare class: 2,000 rows at most,
of which a share is positive, with as many new positive ones as make both answers equally frequent. New rows are made
by each method of `twinfold augment`, and drawn by each of `--engines`, which learns the same rows. Gains are above real
rows alone, and above these with as many of them repeated: to a model with a least number of rows in a leaf, repeating
rows is a setting, and no news. The attacks are those of `twinfold augment`, in the first repeat, with customers of the
other half.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats

import twinfold
from twinfold.errors import TwinfoldError
from twinfold.evaluation.alignment import MISSING, align, text
from twinfold.evaluation.finding import Evaluation
from twinfold.evaluation.policy.policy_file import read_policy
from twinfold.evaluation.safety import attack_table
from twinfold.evaluation.tasks.classification import average_precision
from twinfold.evaluation.tasks.learners import Predict, learn_boosted, learn_logistic
from twinfold.evaluation.tasks.plights import make_rare
from twinfold.evaluation.tasks.question import Side, ask
from twinfold.evaluation.utility import weighted_areas
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read
from twinfold.tables.values import to_values

DATA = Path(__file__).parents[1] / "../shared/data"
TABLES = {
    "german_credit": ("german", "creditability", ()),
    "card_fraud": ("transactions", "Class", ()),
    "give_me_some_credit": ("train", "SeriousDlqin2yrs", ("Unnamed: 0",)),
    "bank_marketing": ("train", "y", ("duration",)),
}
METHODS = {
    "smote": {"method": "smote"},
    "mixup": {"method": "mixup"},
    "noise 0.1": {"method": "noise", "scale": 0.1},
    "noise 1": {"method": "noise", "scale": 1.0},
    "noise 3": {"method": "noise", "scale": 3.0},
    "resample": {"method": "resample"},
}
ALONE, REPEATED = "real alone", "resample"
TESTED, BASE = 10_000, 2_000
Make = Callable[[pl.DataFrame, int, bool, int], pl.DataFrame]
"""Of real rows so many new ones, with a rare answer alone or in the shares that there are, by a seed."""


@dataclass(frozen=True)
class Table:
    """A half to draw real rows from, a half to test on; `level` is the rarer of two of the target, and `positive`,
    shape (rows,), who of the first half has it."""

    real: Dataset
    tested: Dataset
    target: str
    level: str
    positive: np.ndarray  # type: ignore[type-arg]


def load(name: str, seed: int) -> Table:
    file, target, drop = TABLES[name]
    frame = pl.read_parquet(DATA / name / f"{file}.parquet").drop(drop)
    order = np.random.default_rng(seed).permutation(frame.height)
    real = read(frame[order[: len(order) // 2]])
    tested = read(frame[order[len(order) // 2 :][:TESTED]], schema=real.schema)
    held = answers(real, target)
    counts = held.filter(held != MISSING).value_counts().sort("count", target)
    level = counts[target][0]
    return Table(real, tested, target, level, (held == level).to_numpy())


def answers(dataset: Dataset, target: str) -> pl.Series:
    table, frame, _ = dataset.single()
    return text(to_values(frame[target], table[target]))


def by_method(table: Table, asked: dict[str, object]) -> Make:
    def make(rows: pl.DataFrame, n: int, rare: bool, seed: int) -> pl.DataFrame:
        made = twinfold.augment(
            rows,
            schema=table.real.schema,
            target=table.target,
            n=None if rare else n,
            balance=rare,
            seed=seed,
            **asked,  # type: ignore[arg-type]
        )
        assert isinstance(made, pl.DataFrame)
        return made

    return make


def by_engine(table: Table, engine: str) -> Make:
    def make(rows: pl.DataFrame, n: int, rare: bool, seed: int) -> pl.DataFrame:
        model = twinfold.fit(rows, schema=table.real.schema, engine=engine, seed=seed)
        balance = f"\"{table.target}\"='{table.level}':1" if rare else None
        made = twinfold.sample(model, n, balance=balance, seed=seed + 1)
        assert isinstance(made, pl.DataFrame)
        return made

    return make


def judge(model: Predict, tested: Side) -> tuple[float, float]:
    chance, positive = model(tested.x), tested.y > 0
    area = weighted_areas(chance, positive, np.ones((1, len(tested))))[0]
    return float(area), float(average_precision(positive, chance, np.ones((1, len(tested))))[0])


def train(table: Table, rows: pl.DataFrame, made: pl.DataFrame | None, seed: int) -> dict[str, tuple[float, float]]:
    """ROC AUC and average precision of boosted trees and of a logistic regression, learned of real and new rows."""
    name = table.real.single()[0].name
    sides = [table.real.with_tables({name: frame}) for frame in (rows, rows if made is None else made)]
    question = ask(align(sides[0], table.tested, sides[1], rng=np.random.default_rng(0)), table.target, table.level)
    learned = question.train if made is None else question.train + question.synthetic
    models = {
        "boosted trees": learn_boosted(learned, binary=True, seed=seed),
        "logistic regression": learn_logistic(learned, seed=seed),
    }
    return {kind: judge(model, question.holdout) for kind, model in models.items()}


def attack(table: Table, rows: pl.DataFrame, made: pl.DataFrame, seed: int, *, rare: bool) -> Evaluation:
    """What attacks with as many customers of the other half find; of a rare answer with its customers alone."""
    name, tested = table.real.single()[0].name, table.tested.single()[1]
    sides = [table.real.with_tables({name: frame}) for frame in (rows, tested, made)]
    if rare:
        sides = [
            side.with_tables({name: side.single()[1].filter(answers(side, table.target) == table.level)})
            for side in sides
        ]
    policy = read_policy("model-development")
    return attack_table(sides[0], sides[1], sides[2], policy=policy, seed=seed)


def tell_attack(evaluation: Evaluation) -> str:
    found = {finding.name: finding for finding in evaluation.findings}
    told = [f"copies {found['exact_copies'].value:.1%}"]
    for name, title in (("dcr_share", "nearer to learned"), ("outlier_mia_auc", "AUC"), ("membership_auc", "best AUC")):
        finding = found[name]
        known = np.isfinite(finding.value)
        told.append(
            f"{title} {finding.value:.2f} ({finding.low:.2f}-{finding.high:.2f})" if known else f"{title} unknown"
        )
    return f"{', '.join(told)}: {'released' if evaluation.released else evaluation.headline.rpartition(': ')[2]}"


def spread(values: np.ndarray) -> tuple[float, float, float]:  # type: ignore[type-arg]
    """The mean and Student's 95 % interval over the repeats that came about."""
    known = values[np.isfinite(values)]
    mean, half = known.mean(), stats.t.ppf(0.975, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known))
    return float(mean), float(mean - half), float(mean + half)


def tell_gain(values: np.ndarray) -> str:  # type: ignore[type-arg]
    mean, low, high = spread(values)
    word = "no gain" if low <= 0 <= high else "gain" if low > 0 else "loss"
    return f"{mean:+.3f} ({low:+.3f} to {high:+.3f}) {word}"


def starve(table: Table, size: float, rng: np.random.Generator, *, rare: bool) -> pl.DataFrame:
    """Real rows: so many, or 2,000 with a share of positive ones."""
    order = rng.permutation(len(table.positive))
    if not rare:
        return table.real.single()[1][order[: int(size)]]
    base = order[:BASE]
    places, _ = make_rare(table.positive[base], size, rng)
    return table.real.single()[1][base[places]]


def run(table: Table, size: float, engines: list[str], repeats: int, seed: int, *, rare: bool) -> None:
    """Print one condition: each way's figures, its gain above real rows alone, and what attacks on it find."""
    ways: dict[str, Make] = {name: by_method(table, asked) for name, asked in METHODS.items()}
    ways |= {engine: by_engine(table, engine) for engine in engines}
    reached: dict[str, list[dict[str, tuple[float, float]] | None]] = {way: [] for way in (ALONE, *ways)}
    verdicts, said = {}, {}
    for r in range(repeats):
        rows = starve(table, size, np.random.default_rng([seed, int(1000 * size), r]), rare=rare)
        positive = int(
            (answers(table.real.with_tables({table.real.single()[0].name: rows}), table.target) == table.level).sum()
        )
        reached[ALONE].append(train(table, rows, None, r))
        for way, make in ways.items():
            try:
                made = make(rows, rows.height - 2 * positive if rare else rows.height, rare, 100 * seed + r)
                reached[way].append(train(table, rows, made, r))
                if not r:
                    verdicts[way] = tell_attack(attack(table, rows, made, seed, rare=rare))
            except TwinfoldError as error:
                reached[way].append(None)
                said[way] = str(error)[:120]
    for kind in ("boosted trees", "logistic regression"):
        for m, measure in enumerate(("ROC AUC", "average precision")):
            values = {
                way: np.array([np.nan if each is None else each[kind][m] for each in found])
                for way, found in reached.items()
            }
            print(f"    {kind}, {measure}: {ALONE} {spread(values[ALONE])[0]:.3f}")
            for way in ways:
                if np.isfinite(values[way]).sum() < 2:
                    print(f"      + {way:<10} none: {said[way]}")
                    continue
                beside = "" if way == REPEATED else f", above {REPEATED} {tell_gain(values[way] - values[REPEATED])}"
                print(f"      + {way:<10} {tell_gain(values[way] - values[ALONE])}{beside}")
    print("    attacked")
    for way, verdict in verdicts.items():
        print(f"      {way:<12} {verdict}", flush=True)


def attack_all(table: Table, engines: list[str], seed: int) -> None:
    """Print what attacks find where new positive rows balance all real rows of the half, 10,000 at most."""
    rows = starve(table, TESTED, np.random.default_rng(seed), rare=False)
    positive = table.real.with_tables({table.real.single()[0].name: rows})
    rare = int((answers(positive, table.target) == table.level).sum())
    ways: dict[str, Make] = {name: by_method(table, asked) for name, asked in METHODS.items()}
    ways |= {engine: by_engine(table, engine) for engine in engines}
    print(f"\n  attacked: {rare:,} positive of {rows.height:,} rows, made as many as the others")
    for way, make in ways.items():
        made = make(rows, rows.height - 2 * rare, True, seed)
        print(f"      {way:<12} {tell_attack(attack(table, rows, made, seed, rare=True))}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--engines", default="trees")
    parser.add_argument("--rows", default="200,500,2000")
    parser.add_argument("--rare", default="0.01,0.03")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if not DATA.exists():
        print("not run: the real tables of ../shared/data are not here")
        return
    print(
        f"{time.strftime('%Y-%m-%d')} · seed {args.seed}, {args.repeats} repeats, gains with 95 % intervals over them"
    )
    engines = [engine for engine in args.engines.split(",") if engine]
    for name in args.tables.split(","):
        table, begun = load(name, args.seed), time.process_time()
        rows = len(table.positive)
        print(f"\n{name}: {table.target} = '{table.level}', {table.positive.mean():.1%} of {rows:,} rows", flush=True)
        for size in (int(number) for number in args.rows.split(",") if number):
            if size <= rows:
                print(f"\n  few rows: {size:,}")
                run(table, size, engines, args.repeats, args.seed, rare=False)
        for share in (float(number) for number in args.rare.split(",") if number):
            if share < table.positive.mean():
                print(f"\n  rare class: {share:.1%} of {min(rows, BASE):,} rows")
                run(table, share, engines, args.repeats, args.seed, rare=True)
        attack_all(table, engines, args.seed)
        print(f"\n  {time.process_time() - begun:.0f} CPU s")


if __name__ == "__main__":
    main()
