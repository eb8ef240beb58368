"""The tasks of the trade on real tables: models trained on real, synthetic and both, tested on real customers.

    scripts/bench tasks [--tables give_me_some_credit,cdnow] [--repeats 5] [--seed 1]
        [--curves [--with gan,smote,mixup]]

Credit default (give_me_some_credit), credit scoring (german_credit), churn (telco_churn), fraud (card_fraud), response
(bank_marketing, without the length of the call, which is known only after it) and lifetime value with segments (cdnow:
purchases of months 1 to 9, the amount spent in months 10 to 18). Each table is cut into halves of customers at random;
a model of one half is drawn from, the other half is tested on. Of cdnow the whole histories are learned and drawn, and
what is predicted and predicted from is counted from these. `--curves` draws, of tables with two answers, when synthetic
rows help: the model then learns few, mislabelled or one-sided rows; `--with`, so do other engines and methods of
`augment`.
"""

import argparse
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

import twinfold
from twinfold.evaluation.alignment import Aligned, align
from twinfold.evaluation.finding import Exhibit
from twinfold.evaluation.tasks.curves import find_ways, learn_and_draw, measure_curves
from twinfold.evaluation.tasks.tasks import measure
from twinfold.tables.reading import read

DATA = Path(__file__).parents[1] / "../shared/data"
MONTH_10 = date(1997, 10, 1)


@dataclass(frozen=True)
class Task:
    """A table of one row a customer: what the task is, the files, the target, columns left out, rows at most (curves
    take 10,000 of all)."""

    name: str
    files: tuple[str, ...]
    target: str
    drop: tuple[str, ...] = ()
    rows: int | None = None


TASKS = {
    "give_me_some_credit": Task("default", ("train",), "SeriousDlqin2yrs", ("Unnamed: 0",), 25_000),
    "german_credit": Task("credit scoring", ("german",), "creditability"),
    "telco_churn": Task("churn", ("telco",), "Churn", ("customerID",)),
    "card_fraud": Task("fraud", ("transactions",), "Class"),
    "bank_marketing": Task("response", ("train", "holdout"), "y", ("duration",), 25_000),
}
HISTORIES = "cdnow"


def halves(name: str, seed: int, most: int | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Real rows to learn and others to test on, `most` of both together."""
    task = TASKS[name]
    table = pl.concat([pl.read_parquet(DATA / name / f"{file}.parquet") for file in task.files]).drop(task.drop)
    order = np.random.default_rng(seed).permutation(table.height)[:most]
    return table[order[: len(order) // 2]], table[order[len(order) // 2 :]]


def customers_of(purchases: pl.DataFrame) -> pl.DataFrame:
    """What a customer bought in months 1 to 9, and the amount spent in the nine months after."""
    dated = purchases.with_columns(pl.col("date").str.to_date())
    before, after = dated.filter(pl.col("date") < MONTH_10), dated.filter(pl.col("date") >= MONTH_10)
    past = before.group_by("users_id", maintain_order=True).agg(
        purchases=pl.len(),
        spent=pl.col("amt").sum(),
        most=pl.col("amt").max(),
        cds=pl.col("cds").sum(),
        first=(pl.col("date").min() - date(1997, 1, 1)).dt.total_days(),
        recency=(MONTH_10 - pl.col("date").max()).dt.total_days(),
    )
    value = after.group_by("users_id").agg(value=pl.col("amt").sum())
    return (
        past.join(value, "users_id", "left", maintain_order="left")
        .with_columns(pl.col("value").fill_null(0.0))
        .drop("users_id")
    )


def align_histories(seed: int) -> Aligned:
    """Customers of a half, of the other, and of histories drawn from a model of the first."""
    parts = [
        {name: pl.read_parquet(DATA / HISTORIES / side / f"{name}.parquet") for name in ("customers", "purchases")}
        for side in ("train", "holdout")
    ]
    customers, purchases = (pl.concat([part[name] for part in parts]) for name in ("customers", "purchases"))
    ids = customers["id"][np.random.default_rng(seed).permutation(customers.height)]
    learned, kept = ids[: len(ids) // 2], ids[len(ids) // 2 :]
    real = {
        "customers": customers.filter(pl.col("id").is_in(learned.implode())),
        "purchases": purchases.filter(pl.col("users_id").is_in(learned.implode())),
    }
    drawn = twinfold.sample(twinfold.fit(real, seed=seed), seed=seed + 1)
    unseen = purchases.filter(pl.col("users_id").is_in(kept.implode()))
    return aligned(*(customers_of(rows) for rows in (real["purchases"], unseen, drawn["purchases"])), seed)


def aligned(real: pl.DataFrame, unseen: pl.DataFrame, synthetic: pl.DataFrame, seed: int) -> Aligned:
    train = read(real)
    kept, drawn = (read(rows, schema=train.schema) for rows in (unseen, synthetic))
    return align(train, kept, drawn, rng=np.random.default_rng(seed))


def fit_and_draw(rows: pl.DataFrame, n: int, balance: str | None, seed: int) -> pl.DataFrame:
    return twinfold.sample(twinfold.fit(rows, seed=seed), n, balance=balance, seed=seed + 1)


def show(exhibit: Exhibit) -> None:
    cells = [list(exhibit.header), *([c if isinstance(c, str) else f"{c:.3f}" for c in row] for row in exhibit.rows)]
    widths = [max(len(line[k]) for line in cells) for k in range(len(exhibit.header))]
    print(f"\n  {exhibit.title}. {exhibit.sentence}")
    for line in cells:
        first, *rest = (
            cell.ljust(w) if not k else cell.rjust(w) for k, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        print("  " + "  ".join([first, *rest]), flush=True)


def run_task(name: str, repeats: int, seed: int) -> None:
    """Print the findings and tables of a task."""
    if name == HISTORIES:
        compared, target = align_histories(seed), "value"
    else:
        real, unseen = halves(name, seed, TASKS[name].rows)
        drawn = fit_and_draw(real, real.height, None, seed)
        compared, target = aligned(real, unseen, drawn, seed), TASKS[name].target
    begun = time.process_time()
    results = measure(compared, target, seed=seed, repeats=repeats)
    print(f"  measured in {time.process_time() - begun:.0f} CPU s")
    for finding in results.findings:
        span = f"{finding.value:.3f} ({finding.low:.3f} to {finding.high:.3f}), real {finding.yardstick:.3f}"
        print(f"  {finding.name:<24}{span}\n    {finding.sentence}", flush=True)
    for exhibit in results.exhibits:
        show(exhibit)


def run_curves(name: str, ways: list[str], repeats: int, seed: int) -> None:
    """Print when synthetic rows help in a task, and those of other engines and methods."""
    real, unseen = halves(name, seed, None)
    train = read(real)
    kept, begun = read(unseen, schema=train.schema), time.process_time()
    target = TASKS[name].target
    draw, others = learn_and_draw(train, target), find_ways(train, target, ways)
    curves = measure_curves(train, kept, target, draw, others=others, seed=seed, repeats=repeats)
    print(f"  measured in {time.process_time() - begun:.0f} CPU s")
    for exhibit in curves.exhibits:
        show(exhibit)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join([*TASKS, HISTORIES]))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--curves", action="store_true", help="when synthetic rows help, instead of the tasks")
    parser.add_argument("--with", dest="ways", default="", help='engines and methods in the curves: "gan,smote"')
    args = parser.parse_args()
    ways = [way for way in args.ways.split(",") if way]
    if not DATA.exists():
        print("not run: the real tables of ../shared/data are not here")
        return
    print(f"{time.strftime('%Y-%m-%d')} · seed {args.seed}, {args.repeats} repeats")
    for name in args.tables.split(","):
        task = TASKS[name].name if name in TASKS else "lifetime value and segments"
        print(f"\n{name}: {task}", flush=True)
        if not args.curves:
            run_task(name, args.repeats, args.seed)
        elif name in TASKS:
            run_curves(name, ways, args.repeats, args.seed)
        else:
            print("  no curves: its target is an amount")


if __name__ == "__main__":
    main()
