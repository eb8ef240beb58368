import numpy as np

from twinfold.tables.formulas import find_formulas, find_partial_formulas


def numbers(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    payment, duration = rng.integers(100, 9000, rows).astype(float), rng.choice([12.0, 24, 36, 48], rows)
    fee = rng.integers(0, 50, rows) / 4
    return {"payment": payment, "duration": duration, "fee": fee, "amount": payment * duration, "total": payment + fee}


DECIMALS = {"payment": 0, "duration": 0, "fee": 2, "amount": 0, "total": 2}


def test_sums_and_products_are_found():
    found = find_formulas(numbers(), decimals=DECIMALS)
    assert set(map(str, found)) == {"amount = payment * duration", "total = payment + fee"}


def test_one_row_that_breaks_a_rule_or_misses_a_value_is_enough():
    columns = numbers()
    columns["amount"][7] += 1
    columns["total"][9] = np.nan
    assert not find_formulas(columns, decimals=DECIMALS)


def test_two_columns_say_nothing_of_each_other():
    assert not find_formulas({name: numbers()[name] for name in ("payment", "amount")}, decimals=DECIMALS)


def test_noise_and_trivial_rules_are_none():
    rng = np.random.default_rng(1)
    columns = {f"c{k}": rng.integers(0, 4, 300).astype(float) for k in range(12)}
    columns["same"], columns["mostly_zero"] = (
        columns["c0"].copy(),
        np.where(np.arange(300) % 40, 0.0, columns["c1"] + 7),
    )
    columns["c0_again"] = columns["c0"] + columns["mostly_zero"]
    assert not find_formulas(columns, decimals=dict.fromkeys(columns, 0))


def test_formulas_that_hold_in_part_are_found_with_their_share():
    columns = numbers()
    columns["amount"][::5] += 3
    columns["total"][::3] = np.nan
    found = find_partial_formulas(columns, decimals=DECIMALS)
    assert [str(rule) for rule, _ in found] == ["amount = payment * duration"]
    assert found[0][1] == 0.8


def test_what_holds_in_all_rows_in_few_or_by_chance_holds_not_in_part():
    columns = numbers()
    columns["amount"][: len(columns["amount"]) // 2] += 3
    assert not find_partial_formulas(columns, decimals=DECIMALS)
    rng = np.random.default_rng(1)
    few = {f"c{k}": rng.integers(0, 3, 300).astype(float) for k in range(12)}
    assert not find_partial_formulas(few, decimals=dict.fromkeys(few, 0))
