"""Loan default at the Czech bank: predicted by what is learned from real and from synthetic loans."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import stats
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from contest.czech_bank import BAD, KINDS, REAL, Tables, draw, fit, read, read_raw
from contest.tables import CACHE

Scores = list[npt.NDArray[np.float64]]

CARDS = ("classic", "gold", "junior")
DISTRICT = tuple(f"A{place}" for place in range(4, 17))
PARTS = {
    "the loan": ("amount", "duration", "payments"),
    "account, owner, district": ("weekly", "at_turnover", "days_open", "age", "woman", *DISTRICT),
    "people, orders, cards": ("people", "orders", "ordered", *(f"card_{kind}" for kind in CARDS)),
    "transactions before": ("entries", "mean_balance", "least_balance", "last_balance", *KINDS),
}
"""Features by the tables that they come from."""
RESAMPLES = 500
TIMES = 4
"""So many times the learned accounts are drawn where loan default is learned, lest the few bad loans be noise."""


class Loans(NamedTuple):
    """Keys, features, and which are bad; one row a loan."""

    keys: npt.NDArray[np.int64]
    x: pl.DataFrame
    bad: npt.NDArray[np.bool_]


class Split(NamedTuple):
    """The real loans that are learned, those of a model of them, and the real ones kept back."""

    real: Loans
    synthetic: Loans
    held: Loans

    def scores(self, columns: Sequence[str]) -> Scores:
        """How bad the held ones look, learned from the real and from the synthetic ones by some of the features."""
        held = self.held.x.select(columns).to_numpy()
        fitted = (regression().fit(t.x.select(columns).to_numpy(), t.bad) for t in (self.real, self.synthetic))
        return [each.predict_proba(held)[:, 1] for each in fitted]


def features(bank: Tables) -> Loans:
    """What was known when a loan was given; orders have no date: all of them."""
    loans = bank["loan"].join(bank["account"].rename({"date": "opened"}), on="account_id")
    loans = loans.join(bank["district"].drop("A2", "A3"), on="district_id", how="left")
    people = bank["disp"].rename({"type": "right"}).join(bank["client"].drop("district_id"), on="client_id")
    owners = people.filter(pl.col("right") == "OWNER").unique("account_id").select("account_id", "birth_number")
    rights = bank["disp"].group_by("account_id").agg(people=pl.len())
    orders = bank["order"].group_by("account_id").agg(orders=pl.len(), ordered=pl.col("amount").sum())
    loans = loans.join(owners, on="account_id", how="left").join(rights, on="account_id", how="left")
    loans = loans.join(orders, on="account_id", how="left").join(cards_of(bank), on="loan_id", how="left")
    loans = loans.join(past_of(bank), on="loan_id", how="left")
    month = pl.col("birth_number") // 100 % 100
    found = loans.select(
        "amount",
        "duration",
        "payments",
        pl.col("people").fill_null(0),
        pl.col("orders", "ordered", "entries", *KINDS).fill_null(0),
        "mean_balance",
        "least_balance",
        "last_balance",
        pl.col(DISTRICT),
        weekly=pl.col("frequency") == "POPLATEK TYDNE",
        at_turnover=pl.col("frequency") == "POPLATEK PO OBRATU",
        days_open=(pl.col("date") - pl.col("opened")).dt.total_days(),
        age=pl.col("date").dt.year() - 1900 - pl.col("birth_number") // 10_000,
        woman=month > 50,
        **{f"card_{kind}": pl.col("card").eq_missing(kind) for kind in CARDS},
    )
    return Loans(loans["loan_id"].to_numpy(), found.cast(pl.Float64), loans["status"].is_in(BAD).to_numpy())


def cards_of(bank: Tables) -> pl.DataFrame:
    """The card that the account of a loan had when it was given."""
    cards = bank["card"].join(bank["disp"].select("disp_id", "account_id"), on="disp_id")
    cards = bank["loan"].select("loan_id", "account_id", "date").join(cards, on="account_id")
    return cards.filter(pl.col("issued") < pl.col("date")).group_by("loan_id").agg(card=pl.col("type").first())


def past_of(bank: Tables) -> pl.DataFrame:
    """What the account of a loan had done before."""
    entries = bank["trans"].select("account_id", "balance", "k_symbol", entered="date")
    past = bank["loan"].select("loan_id", "account_id", "date")
    past = past.join(entries, on="account_id", maintain_order="left_right")
    return (
        past.filter(pl.col("entered") < pl.col("date"))
        .group_by("loan_id", maintain_order=True)
        .agg(
            entries=pl.len(),
            mean_balance=pl.col("balance").mean(),
            least_balance=pl.col("balance").min(),
            last_balance=pl.col("balance").last(),
            **{kind: (pl.col("k_symbol") == kind).sum() for kind in KINDS},
        )
    )


def regression() -> Pipeline:
    impute = SimpleImputer(keep_empty_features=True)
    return make_pipeline(impute, StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))


def cut(folds: int, seed: int) -> list[tuple[Path, Path]]:
    """For each fold of the accounts, cut at random, folders with the tables of all others and with those of its own."""
    loans = read_raw(REAL)["loan"].select("account_id", bad=pl.col("status").is_in(BAD))
    accounts = read_raw(REAL)["account"].select("account_id").join(loans, "account_id", "left", maintain_order="left")
    mixed = accounts.sample(fraction=1.0, shuffle=True, seed=seed).sort("bad", maintain_order=True)["account_id"]
    made = []
    for place in range(folds):
        own, folder = mixed.gather_every(folds, place), CACHE / "berka" / f"fold-{folds}-{seed}-{place}"
        write(folder / "train", mixed.filter(~mixed.is_in(own.implode())))
        write(folder / "test", own)
        made.append((folder / "train", folder / "test"))
    return made


def write(folder: Path, accounts: pl.Series) -> None:
    """The tables of some accounts."""
    tables = read_raw(REAL)
    mine = {n: t.filter(pl.col("account_id").is_in(accounts.implode())) for n, t in tables.items() if "account_id" in t}
    for name, key in (("client", "client_id"), ("card", "disp_id")):
        mine[name] = tables[name].filter(pl.col(key).is_in(mine["disp"][key].implode()))
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (mine | {"district": tables["district"]}).items():
        table.write_parquet(folder / f"{name}.parquet")


def predict_default(folds: int, seeds: int) -> None:
    """Train on real and on synthetic loans, test on real ones that neither comes from."""
    real = features(read(REAL))
    repeated_folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=10, random_state=0)
    whole = cross_val_score(regression(), real.x.to_numpy(), real.bad, cv=repeated_folds, scoring="roc_auc").mean()
    print(f"\nloan default, {real.bad.sum()} of {len(real.bad)} loans; AUC in ten times five folds {whole:.3f}")
    print(f"  {'fold':<16}{'synthetic loans':>18}{'bad':>8}{'AUC of real':>18}{'of synthetic':>16}{'difference':>14}")
    splits = []
    for seed in range(seeds):
        for train, test in cut(folds, seed):
            splits.append(split := Split(*(features(read(f)) for f in (train, draw_many(train, seed), test))))
            first, second = (roc_auc_score(split.held.bad, found) for found in split.scores(real.x.columns))
            size = f"{len(split.synthetic.bad):>18,}{split.synthetic.bad.sum():>8}"
            print(f"  {test.parent.name:<16}{size}{first:>18.3f}{second:>16.3f}{second - first:>14.3f}", flush=True)
    print_difference(real, splits, 1 / (folds - 1))
    print("  mean AUC by some of the features, trained on real, on synthetic")
    for name, columns in PARTS.items():
        print(f"  {name:<28}" + "".join(f"{auc:>8.3f}" for auc in aucs_of(splits, columns).mean(axis=0)))
    drawn = [split.synthetic for split in splits]
    x, bad = pl.concat([d.x for d in drawn]), np.concatenate([d.bad for d in drawn])
    print_relations(real, Loans(np.arange(len(bad)), x, bad))


def draw_many(train: Path, seed: int) -> Path:
    """The folder of what a model of a folder draws."""
    model, out = train.with_suffix(".twin"), train / "twinfold"
    fit(train, model, seed=seed)
    draw(model, out, "-n", TIMES * pl.read_parquet(train / "client.parquet").height, seed=seed + 1)
    model.unlink()
    return out


def aucs_of(splits: Sequence[Split], columns: Sequence[str]) -> npt.NDArray[np.float64]:
    """Shape (splits, 2): trained on real, on synthetic."""
    return np.array([[roc_auc_score(s.held.bad, each) for each in s.scores(columns)] for s in splits])


def print_difference(real: Loans, splits: Sequence[Split], ratio: float) -> None:
    """Mean AUCs and the two intervals of their difference; `ratio` is of loans kept back to loans learned."""
    aucs = aucs_of(splits, real.x.columns)
    differences, count = aucs[:, 1] - aucs[:, 0], len(aucs)
    mean, scores = differences.mean(), [split.scores(real.x.columns) for split in splits]
    half = stats.t.ppf(0.975, count - 1) * np.sqrt((1 / count + ratio) * differences.var(ddof=1))
    rng = np.random.default_rng(0)
    again = [resampled_difference(real, splits, scores, rng) for _ in range(RESAMPLES)]
    print(f"  mean AUC trained on real {aucs[:, 0].mean():.3f}, on synthetic {aucs[:, 1].mean():.3f}")
    print_interval("corrected t-test", mean, mean - half, mean + half)
    print_interval("bootstrap of loans", mean, *np.quantile(again, (0.025, 0.975)))


def print_interval(how: str, mean: float, low: float, high: float) -> None:
    covers = "yes" if low <= 0 <= high else "no"
    print(f"  {how:<20}difference {mean:.3f} [{low:.3f}, {high:.3f}]; the interval covers 0: {covers}", flush=True)


def resampled_difference(
    real: Loans, splits: Sequence[Split], scores: Sequence[Scores], rng: np.random.Generator
) -> float:
    """The mean difference over splits where good and bad loans that are kept back are drawn again."""
    weights = np.zeros(real.keys.max() + 1)
    for keys in (real.keys[real.bad], real.keys[~real.bad]):
        weights[keys] = rng.multinomial(len(keys), np.full(len(keys), 1 / len(keys)))
    found = []
    for split, both in zip(splits, scores, strict=True):
        weight = weights[split.held.keys]
        one, other = (roc_auc_score(split.held.bad, each, sample_weight=weight) for each in both)
        found.append(other - one)
    return float(np.mean(found))


def print_relations(real: Loans, synthetic: Loans) -> None:
    """What single features say of default, those that say most in real loans."""
    found = {
        name: [apart(loans.x[name].to_numpy(), loans.bad) for loans in (real, synthetic)] for name in real.x.columns
    }
    print("  mean of bad loans less that of good ones, in standard deviations, and its standard error")
    print(f"  {'':<20}{'real':>8}{'error':>8}{'synthetic':>12}{'error':>8}")
    for name in sorted(found, key=lambda name: -abs(found[name][0][0]))[:12]:
        (one, error), (other, doubt) = found[name]
        print(f"  {name:<20}{one:>8.2f}{error:>8.2f}{other:>12.2f}{doubt:>8.2f}")


def apart(values: npt.NDArray[np.float64], bad: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The standardised difference of means and its standard error; 0 where there is nothing to compare."""
    known = np.isfinite(values)
    one, other = values[known & bad], values[known & ~bad]
    spread = np.std(values[known]) if known.any() else 0.0
    if not (len(one) and len(other) and spread):
        return 0.0, 0.0
    return float((one.mean() - other.mean()) / spread), float(np.sqrt(1 / len(one) + 1 / len(other)))
