"""What an older model brings to a new, small table: `fit --from`, against learning it from scratch.

    scripts/bench transfer [--rows 200,500,2000] [--repeats 5] [--budget 40s] [--engines trees,network,diffusion]
        [--tables adult,telco]

Adult by region: the older model learned who was born in the United States, the new table holds some of those born
elsewhere. German credit with Give Me Some Credit: another institution's table, of which three columns mean the same;
one is found by its name, the others are said. Give Me Some Credit by age, telco by contract. Bank marketing by season:
the older model learned the calls of May to August, the new table holds some of the other months. Told apart from rows
of the new table that nobody learned, by LightGBM on codes (C2ST AUC, .5 is best): means over random draws of the new
rows, 95 % intervals, and the gain of beginning with the older model in pairs of the same rows. `older` is that model as
it is, where it knows all columns.
"""

import argparse
import time
from collections.abc import Iterator

import numpy as np
import polars as pl

import twinfold
from contest.environments import SHARED
from generators import c2st
from twinfold.synthesis.encoding.codebook import Codebook, learn_codebook
from twinfold.synthesis.synthesizer import Synthesizer, learn
from twinfold.tables.reading import read

DATA = SHARED / "data"
JUDGED = 2_000
Case = tuple[str, pl.DataFrame, pl.DataFrame, dict[str, str]]


def tables() -> Iterator[Case]:
    """A name, the older table, the new one, of which some rows are learned and others judge, and columns to match."""
    adult = pl.concat([pl.read_parquet(DATA / f"adult/{part}.parquet") for part in ("train", "holdout")])
    born_here = pl.col("native_country") == "United-States"
    elsewhere = adult.filter(~born_here & pl.col("native_country").is_not_null())
    older, new = (frame.drop("native_country") for frame in (adult.filter(born_here)[:20_000], elsewhere))
    yield "Adult, born elsewhere, from born in the United States", older, new, {}
    credit = pl.read_parquet(DATA / "give_me_some_credit/train.parquet").sample(20_000, seed=0)
    german = pl.read_parquet(DATA / "german_credit/german.parquet")
    same = {
        "number_of_people_being_liable_to_provide_maintenance_for": "NumberOfDependents",
        "creditability": "SeriousDlqin2yrs",
    }
    bad = pl.col("creditability").replace_strict({"good": 0, "bad": 1}, return_dtype=pl.Int64)
    yield "German credit, from Give Me Some Credit", credit, german.with_columns(bad), same
    credit = pl.read_parquet(DATA / "give_me_some_credit/train.parquet").drop("Unnamed: 0")
    young = pl.col("age") < 60
    older, new = (frame.drop("age") for frame in (credit.filter(young)[:20_000], credit.filter(~young)))
    yield "Give Me Some Credit, from 60 years on, from younger", older, new, {}
    telco = pl.read_parquet(DATA / "telco_churn/telco.parquet").drop("customerID")
    monthly = pl.col("Contract") == "Month-to-month"
    older, new = (frame.drop("Contract") for frame in (telco.filter(monthly), telco.filter(~monthly)))
    yield "telco, with a contract of years, from monthly ones", older, new, {}
    bank = pl.concat([pl.read_parquet(DATA / f"bank_marketing/{part}.parquet") for part in ("train", "holdout")])
    by_month = pl.col("month").is_in(["may", "jun", "jul", "aug"])
    older, new = (frame.drop("month") for frame in (bank.filter(by_month)[:20_000], bank.filter(~by_month)))
    yield "bank marketing, other months, from May to August", older, new, {}


def told_apart(book: Codebook, unseen: pl.DataFrame, synthetic: pl.DataFrame) -> float:
    columns = book.code_columns
    real, drawn = (book.encode(frame.select(book.table.names)).codes for frame in (unseen, synthetic))
    return c2st(real, drawn, [not column.ordered for column in columns])


def interval(values: list[float]) -> tuple[float, float]:
    return float(np.mean(values)), float(1.96 * np.std(values, ddof=1) / len(values) ** 0.5)


def contest(
    older: Synthesizer, engine: str, new: pl.DataFrame, same: dict[str, str], rows: int, repeats: int
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"scratch": [], "from older": [], "older": []}
    for seed in range(repeats):
        order = np.random.default_rng(seed).permutation(new.height)
        learned, unseen = new[order[:rows]], new[order[rows : rows + JUDGED]]
        dataset = read(new)
        book = learn_codebook(new, dataset.single()[0], min_count=dataset.schema.min_count)
        models = {
            "scratch": learn(read(learned), engine=engine, seed=seed),
            "from older": learn(read(learned), engine=engine, start=older, match=same, seed=seed),
        }
        for name, model in models.items():
            found[name].append(told_apart(book, unseen, model.sample(unseen.height, seed=seed + 1)))
        if set(older.table.names) == set(new.columns):
            found["older"].append(told_apart(book, unseen, older.sample(unseen.height, seed=seed + 1)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="", help="words of their titles: adult,telco")
    parser.add_argument("--rows", default="200,500,2000")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--engines", default="trees,network,diffusion", help="of both models")
    parser.add_argument("--budget", default="40s", help="of an older network")
    args = parser.parse_args()
    if not DATA.exists():
        print("not run: ../shared, with the real tables, is not here")
        return
    for title, old, new, same in tables():
        if not any(word.lower() in title.lower() for word in args.tables.split(",")):
            continue
        print(f"\n{title}: {old.height:,} rows learned before, {new.height:,} new")
        for engine in args.engines.split(","):
            older = twinfold.fit(old, engine=engine, budget=None if engine == "trees" else args.budget)
            print(f"{engine:<10}{'rows':>6}{'scratch':>18}{'from older':>18}{'older as it is':>18}  gain")
            for rows in (int(each) for each in args.rows.split(",")):
                if rows + 200 <= new.height:
                    show(rows, older, engine, new, same, args.repeats)


def show(rows: int, older: Synthesizer, engine: str, new: pl.DataFrame, same: dict[str, str], repeats: int) -> None:
    begun = time.process_time()
    found = contest(older, engine, new, same, rows, repeats)
    spent = (time.process_time() - begun) / repeats
    told = "".join(
        f"{mean:>10.3f} ± {error:.3f}" if values else f"{'':>18}"
        for values in found.values()
        for mean, error in [interval(values) if values else (0.0, 0.0)]
    )
    gain = [a - b for a, b in zip(found["scratch"], found["from older"], strict=True)]
    mean, error = interval(gain)
    words = f"{mean:+.3f} ± {error:.3f}" + (
        ", a loss" if mean + error < 0 else ", no gain" if mean - error <= 0 else ""
    )
    print(f"{'':<10}{rows:>6}{told}  {words}  ({spent:.0f} CPU s, judging included)", flush=True)


if __name__ == "__main__":
    main()
