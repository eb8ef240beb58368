"""The public edition: nothing exact about real customers, nothing of few of them, and it says so."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from twinfold.errors import OptionError
from twinfold.evaluation.finding import ColumnComparison, Evaluation, PairComparison
from twinfold.evaluation.report.audience import round_number, round_text, seen_by


@pytest.fixture(scope="module")
def told(make: Callable[..., Evaluation]) -> Evaluation:
    """An evaluation with everything that the public may not read."""
    digest = "9f2c" * 16
    provenance = {
        "command": "twinfold evaluate --train /home/eve/customers.csv",
        "train": f"customers.csv, 22,606 rows, SHA-256 {digest}",
        "holdout": {"loan": "loan.csv, 1,234 rows", "trans": f"9,876 rows, SHA-256 {digest}"},
        "schema": f"schema.toml, SHA-256 {digest}",
        "seed": 17,
        "twinfold": "0.1.0",
    }
    category = ColumnComparison(
        "job", "category", 0.12345, 0.0123, ("clerk", "nurse", "spy"), None,
        (0.61234, 0.38123, 0.00643), (0.6, 0.39, 0.01), 0.00432, 0.0,
    )  # fmt: skip
    number = ColumnComparison(
        "age", "integer", 0.1, 0.01, ("18", "30", "40", "90"), (18.0, 30.0, 40.0, 90.0),
        (0.49321, 0.50123, 0.00556), (0.5, 0.49, 0.01), 0.0, 0.0,
    )  # fmt: skip
    grid = ((0.49321, 0.00312), (0.25, 0.25367))
    pair = PairComparison("job", "age", 0.0812, 0.01, 0.4567, ("a", "b"), ("c", "d"), grid, grid[::-1])
    findings = tuple(
        replace(f, sentence="22,605 of 22,606 rows (99.996 %).", threshold=0.0602913) for f in make().findings
    )
    return make(
        findings=findings, provenance=provenance, columns=(category, number), pairs=(pair,), notes=("1,234 rows.",)
    )


def test_public_edition_has_no_exact_figure_digest_path_or_command(told: Evaluation) -> None:
    record = json.dumps(told.json(audience="public"))
    html = told.html(audience="public")
    for secret in ("9f2c9f2c", "customers.csv", "schema.toml", "22,606", "22606", "9,876", "1,234", "evaluate --train"):
        assert secret in json.dumps(told.json())
        assert secret not in record
        assert secret not in html
    for exact in ("0.61234", "0.12345", "0.0812", "0.4567", "0.637", "0.0602913"):
        assert exact in json.dumps(told.json())
        assert exact not in record
    assert "about 23,000 rows" in html
    assert "holdout · trans" in html
    assert '"seed": 17' in record


def test_small_groups_and_single_records_are_left_out(told: Evaluation) -> None:
    public = seen_by(told, "public")
    job, age = public.columns
    assert job.labels == ("clerk", "nurse", "(other)")
    assert job.real == (0.61, 0.38, 0.0)
    assert job.real_missing == 0.0
    assert age.edges == (18.0, 30.0, 90.0)
    assert age.labels == ("18", "30", "90")
    assert age.real == (0.49, 0.51)
    assert public.pairs[0].real[0][1] == 0.0
    html = told.html(audience="public")
    assert "spy" not in html
    assert "a pilot of 61" in told.html()
    assert "a pilot of 61" not in html
    assert re.search("<th[^>]*><bdi>judge</bdi></th><td>0.3", told.html())  # 12 customers
    assert not re.search("<th[^>]*><bdi>judge</bdi></th><td>0.3", html)
    assert "Left out: 1 group of few customers." in html


def test_public_edition_says_what_it_is_and_keeps_the_verdict_and_the_examples(told: Evaluation) -> None:
    html = told.html(audience="public")
    assert "public edition" in html
    assert "still say a little" in html
    assert "public edition" not in told.html()
    assert told.json(audience="public")["audience"] == "public"
    assert [f["verdict"] for f in told.json(audience="public")["findings"]] == [
        f["verdict"] for f in told.json()["findings"]
    ]
    assert seen_by(told, "public").examples == told.examples
    assert seen_by(told, "internal") is told


def test_linked_and_wide_tables_have_a_public_edition_too(linked: Evaluation, wide: Evaluation) -> None:
    assert "8,950" in linked.html()
    assert "8,950" not in linked.html(audience="public")
    assert "9,000 " in linked.html(audience="public")
    assert len(wide.html(audience="public").encode()) < 1_000_000


def test_unknown_audience_is_refused(told: Evaluation) -> None:
    with pytest.raises(OptionError, match=r"'publik'.*did you mean 'public'"):
        told.html(audience="publik")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "rounded"),
    [
        ("is off by 11.63 % on average", "is off by 12 % on average"),
        ("-3,456.78 and 0.000123 and 0", "-3,500 and 0.00012 and 0"),
        ("t1 of x_12, v2.3.4 and a1b", "t1 of x_12, v2.3.4 and a1b"),
        ("(Carlini et al. 2022)", "(Carlini et al. 2022)"),
        ("100.0 % or 99.99 %", "100 % or 100 %"),
        ("'col 12,345' has 12,345", "'col 12,345' has 12,000"),
    ],
)
def test_figures_in_sentences_are_rounded_and_names_are_not(text: str, rounded: str) -> None:
    assert round_text(text) == rounded


def test_rounding_keeps_what_is_no_number() -> None:
    assert round_number(float("inf")) == float("inf")
    assert round_number(0.0) == 0.0
    assert round_number(-0.04567) == -0.046
