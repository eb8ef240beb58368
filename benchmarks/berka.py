"""A Czech bank's eight tables in one fit and one draw: keys, dates, balances, what repeats, and loan default.

    scripts/bench berka [--folds 5] [--seeds 1]

Everything goes by the two commands, with what they propose, and once more with the rule of balances added to the
schema. Loan default is predicted from features over all tables, by one logistic regression of standardised features.
Accounts, with all their rows, are cut into folds at random, once for each seed (--seeds 0: not at all). Of all folds
but one, a model draws several times as many accounts; one regression learns from the real loans of these folds, one
from those drawn, and both are tested on the loans of the fold kept back. The mean difference of their AUCs has two
intervals: of the corrected resampled t-test (Nadeau and Bengio 2003), and of loans that are kept back, drawn again.
"""

import argparse
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from contest.contestants import compile_kernels, timed
from contest.czech_bank import BAD, KINDS, REAL, Tables, draw, fit, read
from contest.environments import TWINFOLD
from contest.loan_default import predict_default
from contest.tables import CACHE

LINKS = (
    ("disp", "account_id", "account"),
    ("disp", "client_id", "client"),
    ("card", "disp_id", "disp"),
    ("loan", "account_id", "account"),
    ("order", "account_id", "account"),
    ("trans", "account_id", "account"),
    ("account", "district_id", "district"),
    ("client", "district_id", "district"),
)
BALANCES = "balance = previous balance + amount if type = 'PRIJEM' else - amount"


def inspect(out: Path) -> tuple[Path, Path]:
    """The schema that is proposed, with what rules, and one with the rule of balances added."""
    proposed, declared = out / "schema.toml", out / "declared.toml"
    timed(TWINFOLD, "inspect", REAL, "--save", proposed, "--force")
    text = proposed.read_text()
    for name, table in tomllib.loads(text)["tables"].items():
        for rule in table.get("rules", []):
            print(f"  proposed: {name}: {rule}")
    head, tail = text.split("[tables.trans]")
    tail = tail.replace("rules = [", f'rules = ["{BALANCES}", ', 1)
    declared.write_text(f"{head}[tables.trans]{tail}")
    return proposed, declared


def line(name: str, values: Sequence[float], form: str = ",.0f") -> None:
    print(f"  {name:<54}" + "".join(f"{value:>14{form}}" for value in values), flush=True)


def count_rows(banks: Sequence[Tables]) -> None:
    print("\nrows")
    for name in banks[0]:
        line(name, [bank[name].height for bank in banks])
    print("orphans")
    for child, link, parent in LINKS:
        line(f"{child}.{link}", [(~b[child][link].is_in(b[parent][link].implode())).sum() for b in banks])
    print("rows of one parent, at most")
    for child, link, _ in LINKS[:6]:
        line(f"{child}.{link}", [bank[child].group_by(link).len()["len"].max() for bank in banks])
    print("keys given twice")
    for name in banks[0]:
        line(name, [bank[name].height - bank[name][f"{name}_id"].n_unique() for bank in banks])


def check_rules(banks: Sequence[Tables]) -> None:
    print("\nout of order: share of rows before their account was opened, and of owners born in a later year than that")
    for name, column in (("loan", "date"), ("card", "issued"), ("trans", "date")):
        line(f"{name}.{column}", [early(bank, name, column) for bank in banks], ".4f")
    line("birth of the owner", [born_later(bank) for bank in banks], ".4f")
    print("formulas: share of rows")
    kept = [(b["loan"]["amount"] == b["loan"]["duration"] * b["loan"]["payments"]).mean() for b in banks]
    line("loan.amount = duration * payments", kept, ".4f")
    line("balance goes on from the row before", [reconciled(bank["trans"]) for bank in banks], ".4f")


def early(bank: Tables, name: str, column: str) -> float:
    rows = bank[name]
    if name == "card":
        rows = rows.join(bank["disp"].select("disp_id", "account_id"), on="disp_id")
    rows = rows.join(bank["account"].select("account_id", opened="date"), on="account_id")
    return float((rows[column] < rows["opened"]).mean())


def born_later(bank: Tables) -> float:
    rows = bank["disp"].filter(pl.col("type") == "OWNER").join(bank["client"], on="client_id")
    rows = rows.join(bank["account"], on="account_id")
    return float((1900 + rows["birth_number"] // 10_000 > rows["date"].dt.year()).mean())


def reconciled(trans: pl.DataFrame) -> float:
    """Of the rows after an account's first one: in how many the balance is the one before, plus or minus the amount."""
    signed = pl.when(pl.col("type") == "PRIJEM").then(1).otherwise(-1) * pl.col("amount")
    off = pl.col("balance") - pl.col("balance").shift(1).over("account_id") - signed
    return float(trans.select(off.abs() < 0.06).to_series().drop_nulls().mean())


def count_repeats(banks: Sequence[Tables]) -> None:
    print("\nthe same as in the account's last row of this type, operation and k_symbol: share of such rows")
    for column in ("amount", "bank", "account"):
        line(column, [repeated(bank["trans"], column) for bank in banks], ".4f")
    for kind in KINDS[1:6]:
        trans = [bank["trans"].filter(pl.col("k_symbol") == kind) for bank in banks]
        line(f"amount, k_symbol {kind}", [repeated(each, "amount") for each in trans], ".4f")
    print("k_symbol: share of rows")
    for kind in (*KINDS, None):
        held = pl.col("k_symbol").eq_missing(kind).mean()
        line(repr(kind), [bank["trans"].select(held).item() for bank in banks], ".4f")
    print("accounts")
    counts = [bank["trans"].group_by("account_id").len()["len"] for bank in banks]
    shares = [len(count) / bank["account"].height for count, bank in zip(counts, banks, strict=True)]
    line("with transactions", shares, ".4f")
    for share in (0.1, 0.5, 0.9, 1.0):
        line(f"transactions, at most, of {share:.0%} of these", [count.quantile(share) for count in counts])
    line("rows with a negative balance", [(bank["trans"]["balance"] < 0).mean() for bank in banks], ".4f")
    line("mean balance", [bank["trans"]["balance"].mean() for bank in banks])
    print("loans")
    line("bad: share", [bank["loan"]["status"].is_in(BAD).mean() for bank in banks], ".4f")
    line("with a UVER order: share", [instalments(bank)[0] for bank in banks], ".4f")
    line("of these, of an amount equal to the payments", [instalments(bank)[1] for bank in banks], ".4f")


def repeated(trans: pl.DataFrame, column: str) -> float:
    """Of rows that have the column and had it in the account's last row of their kind: how many have the same."""
    rows = trans.filter(pl.col(column).is_not_null())
    before = pl.col(column).shift(1).over("account_id", "type", "operation", "k_symbol")
    return float(rows.select(pl.col(column) == before).to_series().drop_nulls().mean())


def instalments(bank: Tables) -> tuple[float, float]:
    orders = bank["order"].filter(pl.col("k_symbol") == "UVER").select("account_id", ordered="amount")
    loans = bank["loan"].join(orders, on="account_id", how="left")
    having = loans.drop_nulls("ordered")
    equal = ((having["ordered"] - having["payments"]).abs() < 1).mean()
    return having["loan_id"].n_unique() / bank["loan"].height, float(equal)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=1)
    args = parser.parse_args()
    if args.folds < 2:
        parser.error(f"--folds is {args.folds}; give 2 or more, or --seeds 0 to leave loan default out")
    if not REAL.exists():
        print("not run: ../shared/data/berka, the real tables, is not here")
        return
    compile_kernels()
    out = CACHE / "berka"
    out.mkdir(parents=True, exist_ok=True)
    print(f"{time.strftime('%Y-%m-%d')}")
    proposed, declared = inspect(out)
    banks = [read(REAL)]
    for name, schema in (("proposed", proposed), ("declared", declared)):
        model = out / f"{name}.twin"
        costs = fit(REAL, model, "--schema", schema), draw(model, out / name)
        model.unlink()
        banks.append(read(out / name))
        for verb, (seconds, peak) in zip(("fit", "sample"), costs, strict=True):
            print(f"  {name}: {verb} {seconds:.1f} CPU s, at most {peak:.2f} GB", flush=True)
    print(f"\n{'':<56}{'real':>14}{'synthetic':>14}{'rule declared':>14}")
    count_rows(banks)
    check_rules(banks)
    count_repeats(banks)
    if args.seeds:
        predict_default(args.folds, args.seeds)


if __name__ == "__main__":
    main()
