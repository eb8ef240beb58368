"""The named methods beside the libraries that people take for them: copula, VAE, GAN, VAE-GAN and diffusion.

    scripts/bench generators [--parts peers,gan,vae,files] [--tables adult,bank_marketing] [--split 31]
                             [--engines trees,copula,vae,gan,vaegan,diffusion] [--peers copula,tvae,ctgan] [--repeats 3]

`peers`: ours and SDV's in alternation on fresh halves, default settings, each on one thread, judged by
../shared/bench/score.py; then each engine against the library of its method, and the share of its CPU time.
`gan` and `vae`: what each of their parts does, switched off: of the GAN on a planted mixture of 25 kinds of rows, five
of them rare; of the VAE on Adult's codes; no calibration in either. `files`: which networks stand in each model file.
"""

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from lightgbm import LGBMClassifier
from sklearn.model_selection import cross_val_score

import twinfold
from contest.contestants import NAMES, peer, twinfold_apart
from contest.environments import SHARED, python_of
from contest.judging import FIGURES, judge
from contest.tables import Split, split
from peers import Line, row, show
from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.encoding.codebook import learn_codebook
from twinfold.synthesis.engines.gan import GANEngine
from twinfold.synthesis.engines.vae import VAEEngine
from twinfold.synthesis.model_file import read_model_file
from twinfold.tables.reading import read

RIVALS = {"copula": "copula", "vae": "tvae", "gan": "ctgan"}
LIMITS = {"vaegan": 0.85, "diffusion": 0.70}
CHANCE = 0.005
"""C2ST that chance explains, of two draws."""

BETTER = {"C2ST": min, "shape": min, "trend": min, "utility": max}

KINDS, WIDTH, COMMON, RARE = 25, 8, 0.0493, 0.0028
"""The planted mixture: kinds of rows, codes between their places, and the shares of a common kind and of a rare one."""

PLACES = np.random.default_rng(KINDS).permutation(KINDS)
"""Where each kind stands in the second number: none is found by how often codes are held alone."""

Table = CodeTable


def contest(cut: Split, engines: list[str], peers: list[str]) -> tuple[dict[str, Line], dict[str, Line]]:
    ours: dict[str, Line] = {}
    theirs: dict[str, Line] = {}
    for turn in range(max(len(engines), len(peers))):
        for name in engines[turn : turn + 1]:
            out = cut.folder / f"twinfold-{name}.parquet"
            run = twinfold_apart(cut, 0, out, engine=name)
            ours[name] = row(run, judge(cut, out))
            show(f"Twinfold {name}", ours[name])
        for name in peers[turn : turn + 1]:
            run = peer(name, cut)
            theirs[name] = row(run, judge(cut, run.synthetic, fresh=False))
            show(NAMES[name], theirs[name], f"run {run.made}")
    return ours, theirs


def compare(ours: Mapping[str, Line], theirs: Mapping[str, Line]) -> None:
    for name, line in ours.items():
        rival = theirs.get(RIVALS.get(name, ""))
        if rival is not None:
            ahead = [key for key, best in BETTER.items() if best(line[key], rival[key]) == line[key]]
            behind = [key for key in BETTER if key not in ahead]
            ratio = (line["fit s"] + line["sample s"]) / (rival["fit s"] + rival["sample s"])
            told = f"ahead of {NAMES[RIVALS[name]]} on {', '.join(ahead) or 'nothing'}"
            print(f"{name}: {told}{'; behind on ' + ', '.join(behind) if behind else ''}; {ratio:.2f} of its CPU time")
        elif name in LIMITS:
            print(f"{name}: C2ST {line['C2ST']:.3f}, asked for at most {LIMITS[name]:.2f}")
    if "vaegan" in ours:
        hybrid = ours["vaegan"]["C2ST"]
        for parent in ("vae", "gan"):
            if parent in ours and ours[parent]["C2ST"] < hybrid - CHANCE:
                print(f"vaegan's parent {parent} is better: {ours[parent]['C2ST']:.3f} against {hybrid:.3f}")


def mixture(seed: int, rows: int = 10_000) -> tuple[Table, Any]:
    """Rows of 25 kinds, each at a place of two numbers of 200 codes, and a label that says nothing; their shares."""
    rng = np.random.default_rng(seed)
    shares = np.full(KINDS, COMMON)
    shares[rng.choice(KINDS, 5, replace=False)] = RARE
    shares /= shares.sum()
    kind = rng.choice(KINDS, rows, p=shares)
    numbers = [WIDTH * place + (WIDTH - 1) / 2 + rng.normal(0, 1, rows) for place in (kind, PLACES[kind])]
    codes = np.stack([*(np.clip(np.rint(own), 0, 199) for own in numbers), rng.integers(0, 3, rows)])
    columns = (CodeColumn("x", 200, True), CodeColumn("y", 200, True), CodeColumn("label", 3, False))
    return CodeTable(columns, codes.astype(np.uint16)), shares


def kinds(codes: Any) -> Any:
    """The kind of each row, -1 of those that are of none: farther than four standard deviations from each."""
    first, second = codes[:2].astype(int) // WIDTH
    return np.where(second == PLACES[first], first, -1)


def mean(values: list[float]) -> str:
    error = 1.96 * np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan
    return f"{np.mean(values):>9.3f} ± {error:.3f}"


def ablate_gan(repeats: int) -> None:
    whole = GANEngine(epochs=200)  # as many steps as of a table of 25,000 rows
    variants = {
        "gan": whole,
        "without an answer to lost rows": replace(whole, answer=0.0),
        "with packing, four rows": replace(whole, pack=4),
        "without asking for codes": replace(whole, asks=False),
        "without gradient penalty": replace(whole, penalty=0.0),
    }
    print(f"\na mixture of 25 kinds, five rare, {repeats} seeds: kinds found (with a third of their rows or more),")
    print("rare ones found of five, how far the kinds' shares are off (total variation), rows between kinds")
    for name, engine in variants.items():
        found, rare, off, between = [], [], [], []
        for seed in range(repeats):
            table, shares = mixture(seed)
            drawn = engine.fit(table, seed=seed).sample(20_000, allowed={}, given={}, rng=np.random.default_rng(seed))
            kind = kinds(drawn.codes)
            share = np.bincount(kind[kind >= 0], minlength=KINDS) / len(kind)
            found.append(float((share >= shares / 3).sum()))
            rare.append(float((share >= shares / 3)[shares < 0.01].sum()))
            off.append(float(np.abs(share - shares).sum() / 2))
            between.append(float((kind < 0).mean()))
        print(f"{name:<34}" + "".join(mean(own) for own in (found, rare, off, between)), flush=True)


def ablate_vae(repeats: int) -> None:
    dataset = read(str(SHARED / "data/adult/train.parquet"))
    table, frame, _ = dataset.single()
    frame = frame.sample(fraction=1, shuffle=True, seed=7)
    book = learn_codebook(frame, table, min_count=dataset.schema.min_count)
    codes = book.encode(frame)
    half = codes.rows // 2
    learned = CodeTable(codes.columns, np.ascontiguousarray(codes.codes[:, :half]))
    unseen = codes.codes[:, half:]
    whole = VAEEngine(most_steps=1000)
    variants = {
        "vae": whole,
        "without KL warm-up": replace(whole, warm_up=0.0),
        "without free nats": replace(whole, free=0.0),
        "with the standard normal prior": replace(whole, fitted_prior=False),
        "the divergence at its full weight": replace(whole, weight=1.0),
        "that, without KL warm-up": replace(whole, weight=1.0, warm_up=0.0),
        "that, with ten times the free nats": replace(whole, weight=1.0, free=0.2),
    }
    print(
        f"\nAdult, half of the train rows, 1,000 steps, {repeats} seeds, not calibrated: told from unseen rows (C2ST by"
    )
    print("codes), and nats a row of unseen rows")
    for name, engine in variants.items():
        told, likely = [], []
        for seed in range(repeats):
            model = engine.fit(learned, seed=seed)
            drawn = model.sample(half, allowed={}, given={}, rng=np.random.default_rng(seed)).codes
            told.append(c2st(unseen[:, :half], drawn, [not column.ordered for column in codes.columns]))
            likely.append(float(model.log_prob(unseen[:, :2000]).mean()))
        print(f"{name:<42}" + mean(told) + mean(likely), flush=True)


def c2st(real: Any, drawn: Any, categorical: list[bool]) -> float:
    rows = min(real.shape[1], drawn.shape[1], 8000)
    x = np.concatenate([real[:, :rows].T, drawn[:, :rows].T]).astype(np.int32)
    judge_ = LGBMClassifier(n_estimators=150, verbose=-1, n_jobs=1, random_state=0)
    fitting = {"categorical_feature": [j for j, own in enumerate(categorical) if own]}
    y = np.repeat([0, 1], rows)
    return float(np.mean(cross_val_score(judge_, x, y, cv=3, scoring="roc_auc", params=fitting)))


def show_files(engines: list[str]) -> None:
    frame = pl.read_parquet(SHARED / "data/german_credit/german.parquet")
    print("\nwhat stands in a model file of German credit, beside the codebook: arrays, weights, the largest")
    with tempfile.TemporaryDirectory() as folder:
        for name in engines:
            path = Path(folder) / f"{name}.twin"
            twinfold.fit(frame, engine=name, budget=None if name == "copula" else "10s").save(path)
            arrays = {key: own for key, own in read_model_file(path)[1].items() if key.startswith("m_")}
            shown = sorted(arrays, key=lambda key: -arrays[key].size)[:6]
            told = ", ".join(f"{key[2:]} {'x'.join(map(str, arrays[key].shape))}" for key in shown)
            print(f"{name:<10}{len(arrays):>4}{sum(own.size for own in arrays.values()):>9,}  {told}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="peers,gan,vae,files")
    parser.add_argument("--tables", default="adult,bank_marketing")
    parser.add_argument("--split", default="31", help="a seed for fresh halves, or given")
    parser.add_argument("--engines", default="trees,copula,vae,gan,vaegan,diffusion")
    parser.add_argument("--peers", default="copula,tvae,ctgan")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    if not SHARED.exists():
        print("not run: ../shared, with the real tables, the peers' runner and the independent judge, is not here")
        return
    parts, engines = args.parts.split(","), args.engines.split(",")
    if "peers" in parts:
        python_of("judge")
        python_of("peers")
        for table in args.tables.split(","):
            cut = split(table, args.split)
            title = f"{table}, {'given' if args.split == 'given' else 'seed ' + args.split}"
            print(
                f"\n{title:<24}" + "".join(f"{key:>11}" for key in FIGURES) + "     fit s  sample s   whole s   peak GB"
            )
            compare(*contest(cut, engines, [name for name in args.peers.split(",") if name]))
    if "gan" in parts:
        ablate_gan(args.repeats)
    if "vae" in parts:
        ablate_vae(args.repeats)
    if "files" in parts:
        show_files(engines)


if __name__ == "__main__":
    main()
