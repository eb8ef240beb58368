import pytest

from twinfold.synthesis.augmenting.quotas import share_out


@pytest.mark.parametrize(
    ("counts", "n", "balance", "wanted"),
    [
        ([70, 30], None, True, [0, 40]),
        ([70, 30], 100, True, [30, 70]),
        ([70, 30, 20], 11, True, [0, 0, 11]),
        ([70, 30, 20], 12, True, [0, 1, 11]),
        ([70, 30, 20], 200, True, [36, 77, 87]),
        ([70, 30], None, False, [70, 30]),
        ([2, 1], 10, False, [7, 3]),
        ([5], 9, False, [9]),
        ([50, 50], None, True, [0, 0]),
    ],
)
def test_new_rows_go_where_they_are_lacking(counts: list[int], n: int | None, balance: bool, wanted: list[int]) -> None:
    found = share_out(counts, n, balance=balance)
    assert abs(sum(found) - sum(wanted)) == 0
    assert all(abs(one - two) <= 1 for one, two in zip(found, wanted, strict=True)), found
