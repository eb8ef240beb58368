"""Coverage says what a model has lost, and is not alarmed by chance."""

import numpy as np
import pytest

from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines.coverage import Coverage


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    kind = rng.choice(3, 5000, p=[0.6, 0.38, 0.02])
    codes = np.stack([kind, (kind + rng.integers(0, 2, 5000)) % 3, rng.integers(0, 40, 5000)]).astype(np.uint16)
    return CodeTable((CodeColumn("a", 3, False), CodeColumn("b", 3, False), CodeColumn("x", 40, True)), codes)


def test_another_sample_has_lost_nothing_and_is_near(table):
    coverage = Coverage.of(CodeTable(table.columns, table.codes[:, :2500]))
    other = table.codes[:, 2500:]
    assert len(coverage.lost(other)) == 0
    assert coverage.error(other) < 0.08


def test_a_kind_that_is_not_drawn_is_lost_and_its_rows_are_named(table):
    coverage = Coverage.of(table)
    collapsed = table.codes[:, table.codes[0] != 2]
    lost = coverage.lost(collapsed)
    assert set(np.flatnonzero(table.codes[0] == 2)) <= set(lost)
    assert coverage.error(collapsed) > coverage.error(table.codes) == 0.0


def test_a_lost_pair_of_common_levels_is_seen(table):
    broken = table.codes.copy()
    broken[1, broken[0] == 0] = 1  # 0 beside 0 is no more
    lost = Coverage.of(table).lost(broken)
    assert ((table.codes[0, lost] == 0) & (table.codes[1, lost] == 0)).mean() > 0.5
