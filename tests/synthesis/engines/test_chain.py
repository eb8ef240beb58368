import numpy as np
import pytest
from scipy.stats import chi2_contingency

from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines import tree_kernels as kernels
from twinfold.synthesis.engines.chain import chain_order, find_lookups, relate
from twinfold.synthesis.engines.trees import TreesEngine


def wide(rows=3000, noise=60, seed=0):
    """Sixty columns of noise, and a last one that follows the first two."""
    rng = np.random.default_rng(seed)
    columns = [rng.integers(0, 4, rows) for _ in range(noise)]
    columns.append(np.where(rng.random(rows) < 0.9, columns[0] + 4 * (columns[1] > 1), rng.integers(0, 8, rows)))
    kinds = tuple(CodeColumn(f"c{j}", int(c.max()) + 1, False) for j, c in enumerate(columns))
    return CodeTable(kinds, np.stack(columns).astype(np.uint16))


def test_strength_is_pearsons_chi_squared_less_its_degrees_of_freedom():
    table = wide()
    groups = table.codes.astype(np.uint8)
    sizes = np.array([column.cardinality for column in table.columns])
    found = kernels.relate(groups, sizes, 60, np.array([0, 5]))
    for k, other in enumerate((0, 5)):
        counts = np.zeros((8, 4))
        np.add.at(counts, (table.codes[60], table.codes[other]), 1)
        oracle = chi2_contingency(counts, correction=False)
        assert found[k] == pytest.approx(oracle.statistic - oracle.dof)


def test_among_many_columns_the_telling_ones_are_found_and_learned():
    table = wide()
    relation = relate(table, list(range(61)), strongest=24)[60]
    assert set(relation.strongest[:2]) == {0, 1}
    assert len(relation.strongest) == 24
    assert len(relation.others) == 36
    codes = TreesEngine().fit(table, seed=0).sample(8000, allowed={}, given={}, rng=np.random.default_rng(1)).codes
    agrees = codes[60] == codes[0] + 4 * (codes[1] > 1)
    assert agrees.mean() == pytest.approx(0.9 + 0.1 / 8, abs=0.05)


def test_few_columns_are_all_asked():
    relations = relate(wide(noise=10), list(range(11)), strongest=24)
    assert [len(relations[j].strongest) for j in range(11)] == list(range(11))


def test_a_rule_with_one_exception_is_no_rule():
    rng = np.random.default_rng(1)
    parent = rng.integers(0, 5, 1000)
    child = np.array([2, 0, 1, 1, 0])[parent]
    columns = (CodeColumn("parent", 5, False), CodeColumn("child", 3, False))
    assert find_lookups(CodeTable(columns, np.stack([parent, child]).astype(np.uint16)), [0, 1])[1].parent == 0
    child[17] = (child[17] + 1) % 3
    assert not find_lookups(CodeTable(columns, np.stack([parent, child]).astype(np.uint16)), [0, 1])


def test_the_chain_begins_with_small_unordered_columns_and_keeps_neighbours_in_time_together():
    bills = [CodeColumn("bill_1", 200, True), CodeColumn("bill_2", 90, True)]
    columns = [*bills, CodeColumn("job", 12, False), CodeColumn("bill_3", 150, True), CodeColumn("sex", 2, False)]
    assert [columns[j].name for j in chain_order(columns)] == ["sex", "job", "bill_1", "bill_2", "bill_3"]
