import math
import sqlite3
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from twinfold.errors import ConditionError
from twinfold.synthesis.conditions import AdmittedLevels, AdmittedNumbers, Condition, Interval, parse
from twinfold.tables.schema import Column, Kind, Personal, Table, Treatment
from twinfold.tables.values import physical_type, to_values

TABLE = Table(
    name="customers",
    columns=(
        Column(name="age", kind=Kind.INTEGER, physical="Int64"),
        Column(name="income", kind=Kind.DECIMAL, physical="Float64", decimals=2),
        Column(name="job", kind=Kind.CATEGORY, physical="String", missing="?"),
        Column(name="marital-status", kind=Kind.CATEGORY, physical="String"),
        Column(name="active", kind=Kind.BOOLEAN, physical="Boolean"),
        Column(name="grade", kind=Kind.CATEGORY, physical="Int64"),
        Column(name="opened", kind=Kind.DATE, physical="String", format="%Y-%m-%d"),
        Column(name="seen", kind=Kind.DATETIME, physical="Datetime(time_unit='us', time_zone=None)"),
        Column(name="born", kind=Kind.DATE, physical="Int64", format="%y%m%d"),
        Column(name="since", kind=Kind.DATE, physical="String", format="%d.%m.%Y"),
        Column(name="tidy", kind=Kind.BOOLEAN, physical="Int64"),
        Column(name='odd [name] `x` "y"', kind=Kind.INTEGER, physical="Int64"),
        Column(name="order", kind=Kind.INTEGER, physical="Int64"),
        Column(name="in", kind=Kind.INTEGER, physical="Int64"),
        Column(name="id", kind=Kind.IDENTIFIER, physical="Int64", treatment=Treatment.DROP),
        Column(name="mail", kind=Kind.TEXT, physical="String", personal=Personal.EMAIL, treatment=Treatment.FAKE),
    ),
)
JOBS = ["retired", "clerk", "o'neill", "42", ""]
STATUSES = ["single", "married", "job"]
DAY = date(2020, 1, 1)
NOON = datetime(2020, 1, 1, 12, tzinfo=UTC)


def rows_of_customers(n: int = 400) -> dict[str, list[object]]:
    """Rows as SQLite gets them: dates as ISO text."""
    rng = np.random.default_rng(5)

    def some(values: list[object]) -> list[object]:
        return [values[i] if rng.random() > 0.15 else None for i in rng.integers(len(values), size=n)]

    return {
        "age": some(list(range(17, 24))),
        "income": some([-1.5, 0.0, 0.25, 20.0, 20.5, 1e5]),
        "job": some([*JOBS]),
        "marital-status": some([*STATUSES]),
        "active": some([True, False]),
        "grade": some([1, 2, 3]),
        "opened": some([(DAY + timedelta(days=d)).isoformat() for d in range(5)]),
        "seen": some([(NOON + timedelta(hours=h)).strftime("%Y-%m-%d %H:%M:%S") for h in range(0, 60, 6)]),
    }


ROWS = rows_of_customers()
VALUES = {
    "age": pl.Series(ROWS["age"], dtype=pl.Int64),
    "income": pl.Series(ROWS["income"], dtype=pl.Float64),
    "job": pl.Series(ROWS["job"], dtype=pl.String),
    "marital-status": pl.Series(ROWS["marital-status"], dtype=pl.String),
    "active": pl.Series(ROWS["active"], dtype=pl.Boolean),
    "grade": pl.Series(ROWS["grade"], dtype=pl.Int64),
    "opened": pl.Series(ROWS["opened"], dtype=pl.String).str.to_date().to_physical(),
    "seen": pl.Series(ROWS["seen"], dtype=pl.String).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us").to_physical(),
}


def literals(name: str) -> list[str]:
    """Literals for a column, some of them beyond its values or between them."""
    return {
        "age": ["16", "17", "+18", "19.5", "20", "2.1e1", "23", "99"],
        "income": ["-1.5", "-2", "0", ".25", "20.5", "1e5", "100000.0", "7"],
        "job": ["'retired'", "'clerk'", "'o''neill'", '"42"', "''", "'none'"],
        "marital-status": ["'single'", '"married"', "'job'"],
        "active": ["true", "FALSE"],
        "grade": ["1", "2", "3", "4", "-1"],
        "opened": [f"'{DAY + timedelta(days=d)}'" for d in range(-1, 6)],
        "seen": ["'2020-01-01 12:00:00'", "'2020-01-02 06:00:00'", "'2020-01-03 00:00:01'", "'1999-12-31 00:00:00'"],
    }[name]


SPELLED = {"marital-status": ['"marital-status"', "`marital-status`", "[marital-status]"]}
ORDERED = ("age", "income", "opened", "seen")


@st.composite
def questions(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(sorted(VALUES)))
    column = draw(st.sampled_from(SPELLED.get(name, [name, f'"{name}"', f"[{name}]"])))
    literal = st.sampled_from(literals(name))
    negated = draw(st.sampled_from(["", "not ", "NOT "]))
    form = draw(
        st.sampled_from(["compare", "in", "null", "order", "between"] if name in ORDERED else ["compare", "in", "null"])
    )
    if form == "null":
        return f"{column} is {negated}null"
    if form == "in":
        return f"{column} {negated}in ({', '.join(draw(st.lists(literal, min_size=1, max_size=4)))})"
    if form == "between":
        low, high = sorted(draw(st.lists(st.integers(0, len(literals(name)) - 1), min_size=2, max_size=2)))
        assume(name != "seen" or high != 3)
        assume(name != "income" or (low > 1 and high < 6) or low == high)
        return f"{column} {negated}between {literals(name)[low]} AND {literals(name)[high]}"
    operators = ["<", "<=", ">", ">="] if form == "order" else ["=", "==", "!=", "<>"]
    space = draw(st.sampled_from(["", " ", "\n"]))
    return f"{column}{space}{draw(st.sampled_from(operators))}{space}{draw(literal)}"


CONDITIONS = st.recursive(
    questions(),
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " and ".join(parts) + ")")
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " Or ".join(parts) + ")")
        | inner.map(lambda part: f"not ({part})")
        | inner.map(lambda part: f"not {part}")
    ),
    max_leaves=7,
)


@pytest.fixture(scope="module")
def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    types = {"age": "integer", "income": "real", "active": "integer", "grade": "integer"}
    declared = ", ".join(f'"{name}" {types.get(name, "text")}' for name in ROWS)
    connection.execute(f"create table customers ({declared})")
    marks = ", ".join("?" * len(ROWS))
    connection.executemany(f"insert into customers values ({marks})", list(zip(*ROWS.values(), strict=True)))
    return connection


def found_by_sqlite(database: sqlite3.Connection, text: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = np.zeros(len(ROWS["age"]), dtype=bool)
    found[[rowid - 1 for (rowid,) in database.execute(f"select rowid from customers where {text}")]] = True
    return found


@settings(max_examples=200, deadline=None)
@given(text=CONDITIONS)
@example(text="(age > 18 and income > 0) or (job = 'clerk' and grade = 1)")
@example(
    text="not ((age > 18 or opened is null) and (active = true or grade != 1) and (job = 'clerk' or seen is null))"
)
@example(text="(age > 18 and income > 0) or (age < 22 and grade = 1) or (grade in (1, 2) and income between 0 and 20)")
def test_a_condition_holds_where_sqlite_says_and_clauses_split_it(text: str, database: sqlite3.Connection) -> None:
    expected = found_by_sqlite(database, text)
    try:
        condition = parse(text, TABLE)
    except ConditionError as error:
        if "can't hold" not in str(error):
            raise
        np.testing.assert_array_equal(expected, False)
        return
    np.testing.assert_array_equal(condition.holds(VALUES), expected)
    admitted = [clause.holds(VALUES, len(expected)) for clause in condition.clauses()]
    np.testing.assert_array_equal(np.sum(admitted, axis=0), expected.astype(int))
    again = parse(str(condition), TABLE)
    assert again == condition
    assert str(again) == str(condition)
    np.testing.assert_array_equal(found_by_sqlite(database, str(condition)), expected)


def holds(text: str) -> int:
    """How many rows a condition holds for."""
    return int(parse(text, TABLE).holds(VALUES).sum())


def count(name: str, value: object) -> int:
    return sum(found == value and type(found) is type(value) for found in ROWS[name])


def test_nulls_are_neither_true_nor_false() -> None:
    missing = count("age", None)
    assert missing > 0
    assert holds("age is null") == missing
    assert holds("age > 0") == holds("age is not null") == holds("age != 99") == holds("not age = 99") == 400 - missing
    assert holds("age > 0 or age is null") == 400
    assert holds("not (age > 0) or age <= 99") == 400 - missing


def test_dates_are_read_as_iso_and_as_the_column_has_them() -> None:
    def day(text: str) -> object:
        ((_, admitted),) = parse(text, TABLE).clauses()[0].items()
        assert isinstance(admitted, AdmittedNumbers)
        return date(1970, 1, 1) + timedelta(days=admitted.intervals[0].low)

    assert (
        day("opened = '2020-01-02'") == day("since = '2020-01-02'") == day("since = '02.01.2020'") == date(2020, 1, 2)
    )
    assert day("born = 930131") == day("born = '930131'") == day("born = '1993-01-31'") == date(1993, 1, 31)
    assert day("born = 10131") == date(2001, 1, 31)
    assert str(parse("since > '02.01.2020'", TABLE)) == "since > '2020-01-02'"


def test_date_times_are_microseconds() -> None:
    (clause,) = parse("seen >= '2020-01-01 12:00' and seen < '2020-01-01T13:00:00.5+01:00'", TABLE).clauses()
    start = NOON.timestamp() * 1e6
    assert clause["seen"] == AdmittedNumbers((Interval(start, start + 499_999),), whole=True)
    assert str(parse("seen = '9999-12-31 23:59:59.999999'", TABLE)) == "seen = '9999-12-31 23:59:59.999999'"


def test_clauses_say_what_each_column_admits() -> None:
    (clause,) = parse(
        "age > 60 and job in ('a', 'b') and job != 'b' and (income < 5 or income >= 7.5)", TABLE
    ).clauses()
    assert list(clause) == ["age", "job", "income"]
    assert clause["age"] == AdmittedNumbers((Interval(61, math.inf),), whole=True)
    assert clause["job"] == AdmittedLevels(frozenset({"a"}))
    low, high = Interval(-math.inf, 5, True, False), Interval(7.5, math.inf)
    assert clause["income"] == AdmittedNumbers((low, high))
    (clause,) = parse("job != 'a' or job is null", TABLE).clauses()
    assert clause["job"] == AdmittedLevels(frozenset({"a"}), excluded=True, null=True)
    assert [dict(clause) for clause in parse("age is null or age is not null", TABLE).clauses()] == [{}]
    one, two = parse("age >= 60 or job = 'retired'", TABLE).clauses()
    assert one["age"].intersect(two["age"]).is_empty or one["job"].intersect(two["job"]).is_empty


STORED: dict[str, tuple[Kind, list[Any], str, str]] = {
    "Float32": (Kind.CATEGORY, [0.1, 0.2], "x = 0.1", "0.1"),
    "Float32 ": (Kind.DECIMAL, [0.1, 0.2], "x <= 0.1", "0.1"),
    "UInt64": (Kind.CATEGORY, [2**63, 5], "x != 5", "5"),
    "UInt8": (Kind.CATEGORY, [200, 5], "x in (200, 300)", "200, 300"),
    "Decimal(precision=10, scale=2)": (Kind.CATEGORY, ["1.25", "2.50"], "x = 1.25", "1.25"),
    "Categorical": (Kind.CATEGORY, ["a", "b"], "x = 'a'", "'a'"),
    "Boolean": (Kind.BOOLEAN, [True, False], "x = 1", "true"),
    "Int8": (Kind.BOOLEAN, [1, 0], "x = true", "1"),
    "String": (Kind.INTEGER, ["1,234", "7"], "x > 1233.5", "1233.5"),
    "Date": (Kind.DATE, [date(1969, 12, 31), DAY], "x < '1970-01-01'", "'1970-01-01'"),
    "Datetime(time_unit='ms', time_zone='Europe/Prague')": (
        Kind.DATETIME,
        [NOON, NOON + timedelta(hours=1)],
        "x = '2020-01-01 13:00'",
        "'2020-01-01 12:00:00+00:00'",
    ),
}


@pytest.mark.parametrize("physical", STORED)
def test_literals_meet_values_of_every_stored_type(physical: str) -> None:
    """Of the two values and the missing one, the condition holds for the first alone."""
    kind, stored, text, literal = STORED[physical]
    column = Column(name="x", kind=kind, physical=physical.strip())
    table = Table(name="t", columns=(column,))
    series = pl.Series("x", [*stored, None]).cast(physical_type(physical.strip()))
    condition = parse(text, table)
    values = to_values(series, column)
    assert condition.holds({"x": values}).tolist() == [True, False, False]
    assert [clause.holds({"x": values}, 3).tolist() for clause in condition.clauses()] == [[True, False, False]]
    assert literal in str(condition)
    assert parse(str(condition), table) == condition


def test_a_thousand_alternatives_of_a_column_are_one_clause() -> None:
    (clause,) = parse(f"age in ({', '.join(str(n) for n in range(1000))})", TABLE).clauses()
    assert clause["age"] == AdmittedNumbers(tuple(Interval(n, n) for n in range(1000)), whole=True)
    (clause,) = parse(" or ".join(f"job='{n}'" for n in range(700)), TABLE).clauses()
    assert clause["job"] == AdmittedLevels(frozenset(str(n) for n in range(700)))


def test_columns_of_any_name_can_be_asked() -> None:
    assert parse('"odd [name] `x` ""y""" = 1', TABLE) == parse('`odd [name] ``x`` "y"`=1', TABLE)
    assert parse('[odd [name]] `x` "y"] = 1', TABLE) == parse(str(parse('[odd [name]] `x` "y"]=1', TABLE)), TABLE)
    assert str(parse('order = 1 and "in" = 2', TABLE)) == 'order = 1 and "in" = 2'
    assert str(parse('marital-status = "job"', TABLE)) == "\"marital-status\" = 'job'"
    assert parse("tidy = true", TABLE) == parse("tidy = 1", TABLE)


ERRORS = {
    "": "the condition is empty",
    "  \n": "the condition is empty",
    "income = high": "character 10, income = ^high: a text stands in quotes: 'high'",
    "incme > 5": "column 'incme' is not in customers (age, income",
    "INCOME > 5": "did you mean 'income'?",
    "jobb = 'x'": "did you mean 'job'?",
    "'age' > 5": "a column is expected here, its value on the right",
    "18 <= age": "a column is expected here, its value on the right",
    '"nothing" = 5': "column 'nothing' is not in customers",
    "age > 'x'": "'age' holds numbers, 'x' is none",
    "age > '5'": "write one without quotes",
    "age > true": "'age' holds numbers",
    "job > 'a'": "without order: = != in are accepted",
    "grade >= 2": "without order: = != in are accepted",
    "active < true": "without order",
    "job between 'a' and 'b'": "without order",
    "job = 5": "put quotes around it: '5'",
    "job = true": "put quotes around it: 'true'",
    "job = '?'": "write is null",
    "grade = 1.5": "holds whole numbers; 1.5 is none",
    "grade = 'x'": "holds numbers",
    "active = 'true'": "holds true and false; write one of these, without quotes",
    "active = 2": "holds true and false",
    "active": "one of = != < <= > >= in, between, is null is expected",
    "id = 5": "'id' is not learned but left out (of kind identifier)",
    "mail is null": "not learned but filled with made-up values (personal data: email)",
    "age = income": "compared with values, not with a column",
    "age = `income`": "compared with values, not with a column",
    "age = [income]": "not with a column",
    "age = null": "write age is null",
    "marital-status in ('a', null)": 'write "marital-status" is null',
    "age > 60 and age < 50": "can't hold for any row: no value of 'age' meets it",
    "age > 60 and age < 61": "no value of 'age' meets it",
    "age = 3.5": "no value of 'age' meets it",
    "active != true and active != false": "no value of 'active' meets it",
    "(age > 5 or job = 'a') and age < 3 and job = 'b'": "contradict each other",
    "age between 9 and 5": "the smaller one comes first",
    "age not between 9 and 5": "the smaller one comes first",
    "age between 5, 9": "and is expected here",
    "income < 30,5": "numbers have a decimal point, no comma: write 30.5",
    "income = -1.000,25 and age > 5": "numbers have a decimal point, no comma: write -1000.25",
    "income between 1,5 and 3": "numbers have a decimal point, no comma: write 1.5",
    "income between 1 and 2,75": "numbers have a decimal point, no comma: write 2.75",
    "income > 1,000": "write 1.000, or 1000 if it stands between thousands",
    "opened > 2020-01-01": "dates stand in quotes: '2020-01-01'",
    "opened > '2020-02-30'": "holds dates, '2020-02-30' is none; write '2024-05-31'",
    "opened > '01.02.2020'": "as the column has them (%Y-%m-%d)",
    "opened > 5": "holds dates",
    "opened > '2020-01-01 12:00'": "holds dates",
    "age => 5": "did you mean >=?",
    "age > 5 && age < 9": "did you mean and?",
    "age ≥ 5": "did you mean >=?",
    "age === 5": "did you mean =?",
    "job = ’a’": "straight quotes",
    "job = 'a": "this ' is never closed",
    "`age = 5": "this ` is never closed",
    "[age = 5": "this [ is never closed",
    "age > 1_000": "this is no number",
    "age > 5k": "this is no number",
    "age > 1e999": "too large",
    "age > 9007199254740993": "more digits than are kept",
    "age = -" + "0" * 5000 + "9007199254740993": "more digits than are kept",
    "age > 5; drop table customers": "; is not part of the language",
    "age > 5 -- 6": "-- is not part of the language",
    "age + 1 > 5": "'+' is not part of the language",
    "age > 5 age < 9": "and, or, or the end",
    "age > 5 < 9": "and, or, or the end",
    "(age > 5": "to close the ( of character 1",
    "age > 5)": "this ) closes nothing",
    "age in 5": "( is expected after in",
    "age in ()": "a value for 'age' is expected here",
    "age in (5": "to close the list",
    "age in (5,)": "a value for 'age' is expected here",
    "age is 5": "null or not null is expected",
    "age like 'a'": "one of = != <",
    "age not 5": "one of = != <",
    "age >": "a value for 'age' is expected here",
    "age > and": "not and",
    "and age > 5": "a column is expected here, not and",
    "not": "a column is expected here",
    "null = 5": "a column is expected here",
    "age > 5 or": "a column is expected here",
    "__import__('os')": "column '__import__' is not in customers",
}


@pytest.mark.parametrize("text", ERRORS)
def test_what_is_wrong_is_said_on_one_line(text: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text, TABLE)
    assert ERRORS[text] in str(caught.value)
    assert str(caught.value).isprintable()


def test_length_depth_values_and_clauses_are_bounded() -> None:
    deep = "(" * 50 + "age = 20" + ")" * 50
    assert parse(deep, TABLE) == parse("age = 20", TABLE)
    with pytest.raises(ConditionError, match="nested more than 50 deep"):
        parse(f"({deep})", TABLE)
    with pytest.raises(ConditionError, match="nested more than 50 deep"):
        parse("not " * 51 + "age = 20", TABLE)
    with pytest.raises(ConditionError, match="more than 1,000 values"):
        parse(f"age in ({', '.join(['1'] * 1001)})", TABLE)
    with pytest.raises(ConditionError, match="10,001 characters"):
        parse("age = 1".ljust(10_001), TABLE)
    with pytest.raises(ConditionError, match="too involved"):
        parse(" or ".join(f"(age = {n} and income = {n})" for n in range(257)), TABLE)
    assert len(parse(" or ".join(f"(age = {n} and income = {n})" for n in range(256)), TABLE).clauses()) == 256


WORDS = [
    "age",
    "job",
    "active",
    "opened",
    "(",
    ")",
    ",",
    "=",
    "<>",
    "<=",
    "and",
    "or",
    "not",
    "in",
    "between",
    "is",
    "null",
]
WORDS += ["true", "5", "-1e3", "'a'", "'2020-01-01'", '"job"', "`age`", "[job]", "'", "x", ";", "\0", "\n"]


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_any_text_is_a_condition_or_is_refused_on_one_line(text: str) -> None:
    try:
        assert isinstance(parse(text, TABLE), Condition)
    except ConditionError as error:
        said = str(error)
        if not said.isprintable():
            raise AssertionError(said) from error


# Sets of admitted values

NUMBERS = st.builds(
    lambda pairs, null, whole: _numbers(pairs, null, whole),
    st.lists(st.tuples(st.integers(-6, 6), st.integers(0, 4), st.booleans(), st.booleans()), max_size=3),
    st.booleans(),
    st.booleans(),
)
LEVELS = st.builds(AdmittedLevels, st.frozensets(st.sampled_from("abcd")), st.booleans(), st.booleans())


def _numbers(pairs: list[tuple[int, int, bool, bool]], null: bool, whole: bool) -> AdmittedNumbers:
    found = AdmittedNumbers((), null, whole)
    for low, width, low_closed, high_closed in pairs:
        one = AdmittedNumbers.between(low, low + width, low_closed=low_closed, high_closed=high_closed, whole=whole)
        found = found.union(one)
    return found


@given(NUMBERS, NUMBERS)
def test_numbers_are_a_set_algebra(one: AdmittedNumbers, other: AdmittedNumbers) -> None:
    if one.whole != other.whole:
        other = AdmittedNumbers((), other.null, one.whole)
    step = 1.0 if one.whole else 0.5
    values = pl.Series([*np.arange(-8, 12, step), math.inf, -math.inf, None], dtype=pl.Float64)
    a, b = one.admits(values), other.admits(values)
    np.testing.assert_array_equal(one.intersect(other).admits(values), a & b)
    np.testing.assert_array_equal(one.union(other).admits(values), a | b)
    np.testing.assert_array_equal(one.complement().admits(values), ~a)
    assert one.complement().complement() == one
    assert one.is_empty == (not a.any())
    assert one.is_full == a.all()


@given(LEVELS, LEVELS)
def test_levels_are_a_set_algebra(one: AdmittedLevels, other: AdmittedLevels) -> None:
    values = pl.Series([*"abcde", None])
    a, b = one.admits(values), other.admits(values)
    np.testing.assert_array_equal(one.intersect(other).admits(values), a & b)
    np.testing.assert_array_equal(one.union(other).admits(values), a | b)
    np.testing.assert_array_equal(one.complement().admits(values), ~a)
    assert one.is_empty == (not a.any())


def test_an_empty_interval_is_none() -> None:
    with pytest.raises(ValueError, match=r"nothing lies in \(1, 1\]"):
        Interval(1, 1, low_closed=False)
