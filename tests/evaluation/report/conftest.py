"""An evaluation of planted tables: every kind of column and verdict, with differences that a reader must find."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from twinfold.evaluation.finding import (
    Chart,
    ColumnComparison,
    Evaluation,
    ExampleCustomer,
    Exhibit,
    Finding,
    Line,
    LinkComparison,
    PairComparison,
    Purpose,
    RuleComparison,
    StepComparison,
    Verdict,
)

ROWS = 4_000
JOBS = (
    "clerk",
    "driver",
    "farmer",
    "nurse",
    "teacher",
    "retired",
    "student",
    "cook",
    "smith",
    "baker",
    "judge",
    "pilot",
)


def finding(name: str, value: float, low: float, high: float, **more: object) -> Finding:
    settings: dict[str, object] = {
        "title": name.replace("_", " ").capitalize(),
        "group": "faithful",
        "yardstick": None,
        "threshold": None,
        "better": "lower",
        "verdict": Verdict.INFO,
        "sentence": f"{name} is {value:.3f}, or 8.3 % of something.",
        "method": f"How {name} is computed.",
    }
    return Finding(name=name, value=value, low=low, high=high, **(settings | more))  # type: ignore[arg-type]


FINDINGS = (
    finding("rows_compared", 22_606, 22_606, 22_606, yardstick=22_605.0),
    finding(
        "utility",
        0.976,
        0.969,
        0.983,
        group="useful",
        yardstick=1.0,
        threshold=0.95,
        better="higher",
        verdict=Verdict.PASS,
    ),
    finding("trend", 0.0828, 0.0801, 0.0855, yardstick=0.0253, threshold=0.06, verdict=Verdict.FAIL),
    finding("c2st_auc", 0.637, 0.629, 0.645, yardstick=0.498, threshold=0.6, verdict=Verdict.FAIL),
    finding("copies", 0.0, 0.0, 0.00017, group="safe", yardstick=0.0, threshold=0.001, verdict=Verdict.PASS),
    finding("attack", float("nan"), float("nan"), float("nan"), group="safe", threshold=0.55, verdict=Verdict.UNKNOWN),
)


def numbers(
    name: str, kind: str, real: np.ndarray, synthetic: np.ndarray, labels: tuple[str, ...] = ()
) -> ColumnComparison:
    edges = np.linspace(min(real.min(), synthetic.min()), max(real.max(), synthetic.max()) + 1, 25)
    shares = [np.histogram(side, edges)[0] / len(side) for side in (real, synthetic)]
    error = float(np.abs(np.cumsum(shares[0] - shares[1])).max())
    texts = labels or tuple(f"{edge:g}" for edge in edges)
    if kind == "date":
        texts = tuple(str(date(1990, 1, 1) + timedelta(days=float(edge))) for edge in edges)
    return ColumnComparison(name, kind, error, 0.01, texts, tuple(edges), *map(tuple, shares), 0.0, 0.0)  # type: ignore[arg-type]


def categories(name: str, labels: tuple[str, ...], real: np.ndarray, synthetic: np.ndarray) -> ColumnComparison:
    real, synthetic = real / real.sum(), synthetic / synthetic.sum()
    error = float(np.abs(real - synthetic).sum() / 2)
    return ColumnComparison(name, "category", error, 0.008, labels, None, tuple(real), tuple(synthetic), 0.12, 0.03)


NAN = float("nan")


def curve(name: str, sizes: tuple[float, ...], ends: tuple[float, float], width: float) -> Line:
    """A learning curve from one score to another, with intervals that shrink."""
    share = np.log(np.array(sizes) / sizes[0]) / np.log(sizes[-1] / sizes[0])
    score = ends[0] + (ends[1] - ends[0]) * np.sqrt(share)
    half = width * (1 - 0.7 * share)
    return Line(name, sizes, *(tuple(map(float, values)) for values in (score, score - half, score + half)))


SIZES = (250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0)
CHARTS = (
    Chart(
        "useful",
        "How much synthetic data is worth",
        "With 8,000 rows, models reach 0.86 on synthetic and 0.88 on real customers.",
        "rows learned from",
        "area under the ROC curve",
        (
            curve("real customers", SIZES, (0.78, 0.88), 0.03),
            curve("synthetic customers", SIZES, (0.74, 0.86), 0.04),
            curve("independent columns", SIZES, (0.52, 0.55), 0.03),
        ),
        log=True,
    ),
    Chart(
        "safe",
        "What the attacker finds",
        "At one false alarm in a hundred, 1.2 % of members are found.",
        "false alarms",
        "members found",
        (
            Line(
                "attack",
                *(tuple(map(float, v)) for v in (np.linspace(0, 1, 60), np.linspace(0, 1, 60) ** 0.9)),
                (NAN,) * 60,
                (NAN,) * 60,
            ),
            Line("a guess", (0.0, 1.0), (0.0, 1.0), (NAN, NAN), (NAN, NAN)),
        ),
    ),
)
EXHIBITS = (
    Exhibit(
        "fair",
        "Groups of customers",
        "Retired customers are drawn half as often as they are.",
        ("group", "real %", "synthetic %", "approved %", "customers"),
        (("clerk", 41.253, 40.1, 61.0, 1_650.0), ("retired", 8.0, 4.0, 55.5, 320.0), ("judge", 0.3, 0.3, NAN, 12.0)),
        counts=(4,),
    ),
    Exhibit(
        "safe",
        "The customers nearest to a synthetic one",
        "Three pairs that lie as near as copies.",
        ("real customer", "distance", "what differs"),
        (("a pilot of 61", 0.02, "balance"), ("a judge of 34", 0.025, "age")),
        single=True,
    ),
    Exhibit("safe", "Attacks", "None finds more than a guess.", ("attack", "area"), (("on outliers", 0.5),)),
)
EXAMPLES = (
    ExampleCustomer("Stands for 60 % of the synthetic customers", (("age", "34"), ("name (made up)", "Ada Ember"))),
    ExampleCustomer(
        "Stands for 40 % of the synthetic customers",
        (("age", "71"), ("job", "retired")),
        (("1994-01-07", "payments", "amount 600.0, channel desk"), ("", "cards", "kind debit")),
        more=143,
        activity=(3, 0, 1, 8),
        span=("1993-07-17", "1994-03-31"),
    ),
)


@pytest.fixture(scope="session")
def make() -> Callable[..., Evaluation]:
    """Makes an evaluation, its parts replaced by what is given."""

    def evaluation(**parts: object) -> Evaluation:
        rng = np.random.default_rng(0)
        shares = rng.dirichlet(np.ones(12))
        columns = (
            numbers("age", "integer", rng.integers(18, 95, ROWS), rng.integers(18, 95, ROWS)),
            numbers("balance", "decimal", rng.lognormal(7, 1.5, ROWS), rng.lognormal(7, 1.3, ROWS)),
            numbers("opened", "date", rng.uniform(0, 9_000, ROWS), rng.uniform(500, 9_000, ROWS)),
            categories("job", JOBS, shares, np.roll(shares, 1)),
            categories("owner", ("yes", "no"), np.array([0.6, 0.4]), np.array([0.6, 0.4])),
            ColumnComparison("never filled", "integer", float("nan"), float("nan"), (), (), (), (), 1.0, 1.0),
        )
        real, synthetic = (np.vstack([rng.dirichlet(np.ones(9)).reshape(3, 3), np.zeros(3)]) for _ in range(2))
        pair = PairComparison(
            "age", "job", 0.2, 0.03, 0.4, ("young", "middle", "old", "(missing)"), JOBS[:3],
            tuple(map(tuple, real.tolist())), tuple(map(tuple, synthetic.tolist())),
        )  # fmt: skip
        settings: dict[str, object] = {
            "headline": "Fit for internal testing, not for model development: a classifier tells it apart.",
            "purposes": (
                Purpose("internal-testing", "internal testing", True, ()),
                Purpose("model-development", "model development", False, ("c2st_auc", "trend")),
            ),
            "findings": FINDINGS,
            "columns": columns,
            "pairs": (pair,),
            "provenance": {"train": {"rows": 22_606, "sha256": "9f2c" * 16}, "seed": 0, "command": "twinfold evaluate"},
            "notes": ("duration is known only after the call.",),
            "charts": CHARTS,
            "exhibits": EXHIBITS,
            "examples": EXAMPLES,
        }
        return Evaluation(**(settings | parts))  # type: ignore[arg-type]

    return evaluation


@pytest.fixture(scope="session")
def evaluation(make: Callable[..., Evaluation]) -> Evaluation:
    return make()


@pytest.fixture(scope="session")
def page(evaluation: Evaluation) -> str:
    return evaluation.html()


@pytest.fixture(scope="session")
def wide_page(wide: Evaluation) -> str:
    return wide.html()


def linked_parts(names: tuple[str, ...], tables: int) -> dict[str, object]:
    """What an evaluation of several linked tables holds besides, under any names."""
    rng = np.random.default_rng(2)
    nan = float("nan")
    parts: dict[str, list[object]] = {"links": [], "histories": [], "steps": [], "rules": []}
    for index in range(tables):
        table, parent = names[index % len(names)], names[(index + 1) % len(names)]
        parts["links"].append(
            LinkComparison(
                table,
                f"{parent} id",
                parent,
                "id",
                (9_000, 9_100, 8_950),
                (0, 0, 17),
                (0, 0, 3),
                (0, 0, 2),
                (4.5, 4.6, 4.4) if index else (nan, nan, nan),
                (0.1, 0.11, 0.2) if index else (nan, nan, nan),
            )
        )
        count = numbers("rows for each of them", "integer", rng.poisson(5, ROWS), rng.poisson(6, ROWS))
        parts["histories"].append(replace(count, table=table, train=count.real[::-1]))
        parts["steps"].append(StepComparison(table, "amount", (0.5, 0.52, 0.31), (0.2, 0.21, 0.05)))
        parts["steps"].append(StepComparison(table, "channel", (nan, nan, nan), (0.8, 0.81, 0.4)))
        parts["rules"].append(RuleComparison(table, f"{parent}.opened <= {names[0]}", (1.0, 0.999, 0.7)))
    return {name: tuple(items) for name, items in parts.items()}


@pytest.fixture(scope="session")
def linked(make: Callable[..., Evaluation]) -> Evaluation:
    """Customers with accounts and payments."""
    single = make()
    columns = (replace(column, table=table) for table in ("customers", "payments") for column in single.columns)
    childless = finding("none_error", 0.1, 0.05, 0.15, title="Parents without any row", threshold=0.02)
    findings = (*FINDINGS, *(f.about("payments") for f in (*FINDINGS, childless)))
    parts = linked_parts(("payments", "accounts", "customers"), 2)
    return make(columns=tuple(columns), findings=findings, **parts)


@pytest.fixture(scope="session")
def wide(make: Callable[..., Evaluation]) -> Evaluation:
    """300 columns, half of them of twenty long categories, with names as hostile as a file can hold."""
    rng = np.random.default_rng(1)
    names = (
        "<script>alert(1)</script>",
        "</style><img src=x onerror=alert(1)>",
        '" onload="x',
        "\u202eevil",
        "👩‍👩‍👧‍👦" * 40,
        "שם הלקוח",
    )
    columns = []
    for index in range(300):
        name = f"{names[index % len(names)]} {index} {'a very long name ' * (index % 30)}"
        if index % 2:
            columns.append(numbers(name, "decimal", rng.normal(size=500), rng.normal(size=500)))
        else:
            labels = tuple(f"{names[(index + i) % len(names)]} level {i} & <b>" + "x" * 5 * i for i in range(20))
            columns.append(categories(name, labels, rng.random(20), rng.random(20)))
    grid = tuple(map(tuple, rng.random((20, 20)) / 400))
    labels = tuple(f"{names[i % len(names)]} {i}" for i in range(20))
    pairs = tuple(
        PairComparison(names[i], names[5 - i], 0.1, 0.01, 0.4, labels, labels, grid, grid[::-1]) for i in range(6)
    )
    exhibits = tuple(Exhibit("safe", name, name, names, (names,) * 100) for name in names)
    lines = tuple(curve(name, SIZES, (0.5, 0.6 + i / 50), 0.02) for i, name in enumerate(names * 2))
    charts = tuple(Chart("useful", name, name, name, name, lines) for name in names)
    events = tuple((name, name, name) for name in names)
    examples = tuple(ExampleCustomer(name, tuple(zip(names, names, strict=True)) * 10, events * 2) for name in names)
    parts = {"exhibits": exhibits, "charts": charts, "examples": examples}
    return make(columns=tuple(columns), pairs=pairs * 2, **parts, **linked_parts(names, 90))
