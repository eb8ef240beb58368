"""What the attacks see: planted leaks, real rows, our models, and a chain of trees that remembers.

    scripts/bench attacks [--tables adult,bank_marketing] [--split 13] [--repetitions 100] [--rows 4000]
    scripts/bench attacks --shadows 200 [--tables adult,cdnow,batting]

Rows are cut at random into three: learned, kept, and others that nobody learned. Leaks are planted in these others.
What is refused is what safe findings refuse for model development. The last part asks it of real rows many times: each
refusal is a false alarm. `--tables cdnow` plants copied histories. With `--shadows` a model is attacked with so many
shadow models, and nothing else is done.
"""

import argparse
import time

import numpy as np
import polars as pl

import twinfold
from contest.cart_chain import draw
from contest.tables import GIVEN, TABLES, split
from linked import BANKS, halves
from twinfold.evaluation import games, membership, near_copies, privacy, shadows, verdict
from twinfold.evaluation.alignment import align
from twinfold.evaluation.finding import Finding, Verdict
from twinfold.evaluation.linked.family import gather
from twinfold.evaluation.linked.shadows import attack_linked
from twinfold.evaluation.linked.views import choose_levels
from twinfold.evaluation.policy.policy_file import read_policy
from twinfold.synthesis.hierarchy import arrange
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.synthesis.synthesizer import learn
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read

POLICY = "model-development"
SHOWN = (
    *("membership_auc", "membership_tpr", "epsilon_bound", "crowding", "near_copies"),
    *("singling_out_risk", "linkability_risk", "inference_risk"),
    *("outlier_mia_auc", "outlier_mia_tpr", "dcr_share", "exact_copies"),
)


def judge(train: Dataset, holdout: Dataset, release: pl.DataFrame, seed: int = 0) -> tuple[dict[str, Finding], bool]:
    """The safe findings by name, and whether they refuse the release."""
    released = read(release, schema=train.schema)
    aligned = align(train, holdout, released, rng=np.random.default_rng(seed))
    findings = privacy.measure(aligned, train, holdout, released, rng=np.random.default_rng(seed))
    findings += membership.measure(aligned, rng=np.random.default_rng(seed), seed=seed)[0]
    findings += near_copies.measure(aligned)[0]
    findings += games.measure(aligned, rng=np.random.default_rng(seed))[0]
    limits = read_policy(POLICY)
    [purpose] = [p for p in verdict.weigh(findings, limits) if p.name == POLICY]
    return {finding.name: finding for finding in verdict.judge_all(findings, limits)}, not purpose.fit


def jittered(frame: pl.DataFrame, rng: np.random.Generator, share: float = 0.01) -> pl.DataFrame:
    """Numbers moved by up to a hundredth of their spread."""
    moved = []
    for series in frame:
        if series.dtype.is_numeric() and series.n_unique() > 20:
            by = rng.uniform(-share, share, len(series)) * float(series.std() or 0.0)
            moved.append((series + pl.Series(by).round(0 if series.dtype.is_integer() else 6)).cast(series.dtype))
        else:
            moved.append(series)
    return pl.DataFrame(moved)


def shifted(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Customers made unusual: each number that takes many values set somewhere in the upper reach of its range, or half
    as far beyond it."""
    columns = []
    for series in frame:
        if series.dtype.is_numeric() and series.n_unique() > 20:
            low, high = (float(q or 0) for q in (series.quantile(0.9), series.max()))
            columns.append(pl.Series(series.name, rng.uniform(low, 1.5 * high, len(series))).cast(series.dtype))
        else:
            columns.append(series)
    return pl.DataFrame(columns)


def show(name: str, findings: dict[str, Finding], refused: bool) -> None:
    cells = []
    for figure in SHOWN:
        finding = findings.get(figure)
        mark = "" if finding is None or finding.verdict is not Verdict.FAIL else "!"
        cells.append(f"{finding.value:.3f}{mark}" if finding is not None else "–")
    said = "refused" if refused else "released"
    print(f"{name:<32}" + "".join(f"{cell:>10}" for cell in cells) + f"{said:>10}", flush=True)


def plant(table: str, seed: int, leaf: int) -> None:
    """Leaks hidden in rows that nobody learned, and rows of generators."""
    pooled = pl.concat(TABLES[table].read())
    rng = np.random.default_rng(seed)
    order = rng.permutation(pooled.height)[: TABLES[table].rows]
    third = len(order) // 3
    learned, kept, others = (pooled[order[k * third : (k + 1) * third]] for k in range(3))
    train = read(learned)
    holdout = read(kept, schema=train.schema)
    heads = (figure.removesuffix("_risk").replace("membership", "memb")[:9] for figure in SHOWN)
    print(f"\n{f'{table}, {third:,} rows of each':<32}" + "".join(f"{head:>10}" for head in heads))
    show("other real rows", *judge(train, holdout, others))
    show("copy, jittered", *judge(train, holdout, jittered(learned, rng)))
    for leaked in (1000, 200):
        part = pl.concat([jittered(learned[:leaked], rng), others[leaked:]])
        show(f"{leaked} learned rows, jittered", *judge(train, holdout, part))
    odd, odd_kept = shifted(learned, rng)[:54], shifted(kept, rng)[:54]
    with_odd, kept_odd = read(pl.concat([odd, learned[54:]])), pl.concat([odd_kept, kept[54:]])
    leak = pl.concat([jittered(odd, rng), others[54:]])
    show("54 outliers", *judge(with_odd, read(kept_odd, schema=with_odd.schema), leak))
    again = pl.concat([jittered(learned[[5] * 40], rng), others[40:]])
    show("one person, 40 times, jittered", *judge(train, holdout, again))
    model = learn(train, seed=seed)
    show("Twinfold", *judge(train, holdout, model.sample(seed=seed + 1)))
    show(f"chain of trees, leaves of {leaf}", *judge(train, holdout, draw(learned, leaf=leaf, seed=seed)))


def plant_histories(seed: int) -> None:
    """Histories of learned customers hidden among those of customers whom nobody learned (CDNOW)."""
    folder, rng = halves("cdnow", GIVEN), np.random.default_rng(seed)
    train, holdout = (
        {p.stem: pl.read_parquet(p) for p in (folder / s).glob("*.parquet")} for s in ("train", "holdout")
    )
    unseen = np.array_split(rng.permutation(holdout["customers"]["id"].to_numpy()), 2)
    kept, others = (of_customers(holdout, half) for half in unseen)
    learned = of_customers(train, rng.permutation(train["customers"]["id"].to_numpy())[: len(unseen[0])])
    counts = learned["purchases"]["users_id"].value_counts(sort=True)
    many = counts.filter(pl.col("count") >= 3)["users_id"].to_numpy()
    print(f"\ncdnow, {len(unseen[0]):,} customers of each")
    for copies, share in ((0, 0.0), (30, 0.0), (1000, 0.05)):
        leaked = of_customers(learned, rng.permutation(many)[:copies])
        stay = others["customers"]["id"].to_numpy()[copies:]
        paid = jittered(leaked["purchases"], rng, share) if share else leaked["purchases"]
        paid = paid.with_columns(users_id=leaked["purchases"]["users_id"] + 1_000_000)
        rest = of_customers(others, stay)
        release = {
            "customers": pl.concat([rest["customers"], leaked["customers"] + 1_000_000]),
            "purchases": pl.concat([rest["purchases"], paid]),
        }
        found = twinfold.evaluate(learned, kept, release)
        said = [f for f in found.findings if f.group == "safe" and f.verdict is Verdict.FAIL]
        name = f"{copies} copied" + (", amounts jittered" if share else "")
        told = ", ".join(f"{f.name} {f.value:.3f}" for f in said) or "nothing"
        print(f"{name:<32}{'refused' if said else 'released'}: {told}", flush=True)


def of_customers(tables: dict[str, pl.DataFrame], ids: np.ndarray) -> dict[str, pl.DataFrame]:
    return {
        "customers": tables["customers"].filter(pl.col("id").is_in(ids.tolist())),
        "purchases": tables["purchases"].filter(pl.col("users_id").is_in(ids.tolist())),
    }


def count_false_alarms(table: str, repetitions: int, rows: int) -> None:
    """How often real rows that nobody learned are refused."""
    pooled, refused, failing = pl.concat(TABLES[table].read()), 0, dict.fromkeys(SHOWN, 0)
    for seed in range(repetitions):
        order = np.random.default_rng([1, seed]).permutation(pooled.height)[: 3 * rows]
        parts = [pooled[order[k * rows : (k + 1) * rows]] for k in range(3)]
        train = read(parts[0])
        findings, said_no = judge(train, read(parts[1], schema=train.schema), parts[2], seed)
        refused += said_no
        for figure in SHOWN:
            failing[figure] += findings[figure].verdict is Verdict.FAIL if figure in findings else 0
    said = ", ".join(f"{figure} {count}" for figure, count in failing.items() if count) or "none"
    print(
        f"{table}, {rows:,} rows of each: {refused} of {repetitions} real thirds refused (by finding: {said})",
        flush=True,
    )


def shadow(table: str, count: int) -> None:
    """Shadow models on the halves that a table, or a bank, came with: figures, wall and CPU seconds."""
    if table in BANKS:
        folder = halves(table, GIVEN)
        train = read(folder / "train")
        holdout = read(folder / "holdout", schema=train.schema)
        model = learn_linked(train, seed=0)
        released = train.with_tables(model.sample(seed=1))
        tree = arrange(train).trees[0]
        people = gather(train, tree.root, list(tree.branches), rng=np.random.default_rng(0))
        levels = choose_levels(people, train.schema.min_count)
        wall, cpu = time.monotonic(), time.process_time()
        findings, exhibits = attack_linked(model, train, holdout, released, tree, levels, shadows=count)
    else:
        given = split(table, GIVEN)
        train = read(pl.read_parquet(given.train))
        holdout = read(pl.read_parquet(given.holdout), schema=train.schema)
        single = learn(train, seed=0)
        released = read(single.sample(seed=1), schema=train.schema)
        wall, cpu = time.monotonic(), time.process_time()
        findings, exhibits = shadows.attack(single, train, holdout, released, shadows=count)
    print(f"\n{table}, {count} shadow models: {time.monotonic() - wall:.0f} s, {time.process_time() - cpu:.0f} CPU s")
    for finding in findings:
        print(f"{finding.name:<18}{finding.value:>8.4f}  {finding.low:.4f} to {finding.high:.4f}  {finding.sentence}")
    for exhibit in exhibits:
        print("  ".join(f"{title:>14}" for title in exhibit.header))
        for row in exhibit.rows:
            print("  ".join(f"{cell:>14.4f}" if isinstance(cell, float) else f"{cell:>14}" for cell in row))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="adult,bank_marketing")
    parser.add_argument("--split", type=int, default=13, help="the seed that cuts the rows")
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--rows", type=int, default=4000, help="rows of each third that false alarms are counted on")
    parser.add_argument("--leaf", type=int, default=5)
    parser.add_argument("--shadows", type=int, default=0)
    options = parser.parse_args()
    for table in options.tables.split(","):
        if options.shadows:
            shadow(table, options.shadows)
            continue
        if table == "cdnow":
            plant_histories(options.split)
            continue
        plant(table, options.split, options.leaf)
        if options.repetitions:
            count_false_alarms(table, options.repetitions, options.rows)


if __name__ == "__main__":
    main()
