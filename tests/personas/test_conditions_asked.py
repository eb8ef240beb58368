"""Questions of yes and no: several conditions at once, options of yes, and what has to be refused."""

import datetime

import polars as pl
import pytest

import twinfold
from twinfold.personas.answer import Mark
from twinfold.personas.answering import Answering
from twinfold.personas.interview import Interview
from twinfold.verbs.audience import gather_audience


def make_people() -> pl.DataFrame:
    """Every combination of two jobs, two states and two loans, thrice; the first is a married nurse of 34."""
    jobs, states, yes_no = ["nurse", "retired", "unknown"], ["married", "single"], ["yes", "no"]
    rows = [(j, s, h, p) for j in jobs for s in states for h in yes_no for p in yes_no] * 12
    return pl.DataFrame(rows, schema=["job", "marital", "housing", "loan"], orient="row").with_columns(
        pl.int_range(pl.len()).alias("id"),
        (34 + pl.int_range(pl.len()) % 40).alias("age"),
        (pl.int_range(pl.len()) % 3).alias("children"),
        pl.Series("internet", ["DSL", "No", "Fiber optic"] * (len(rows) // 3)),
        pl.Series("outcome", ["unknown", "yes"] * (len(rows) // 2)),
        (100.5 * (pl.int_range(pl.len()) % 30)).alias("TotalCharges"),
    )


@pytest.fixture(scope="module")
def answering() -> Answering:
    return gather_audience(make_people()).answering


CONDITIONS = {
    "Are you married and a nurse?": (pl.col("marital") == "married") & (pl.col("job") == "nurse"),
    "Are you a retired single?": (pl.col("marital") == "single") & (pl.col("job") == "retired"),
    "Are you a nurse or retired?": pl.col("job").is_in(["nurse", "retired"]),
    "Are you a nurse over 40?": (pl.col("job") == "nurse") & (pl.col("age") > 40),
    "Are you 40 or older?": pl.col("age") >= 40,
    "Are you over 40 and have you more than 1 child?": None,
    "Do you have a loan and are you married?": (pl.col("loan") == "yes") & (pl.col("marital") == "married"),
    "Do you have a loan and housing?": (pl.col("loan") == "yes") & (pl.col("housing") == "yes"),
    "Do you have children?": pl.col("children") > 0,
    "Do you have more than one child?": pl.col("children") > 1,
    "Do you have internet?": pl.col("internet") != "No",
    "Do you have fiber optic internet and children?": (pl.col("internet") == "Fiber optic") & (pl.col("children") > 0),
    "Are your total charges over 1,000?": pl.col("TotalCharges") > 1000,
    "Is your job unknown?": pl.col("job") == "unknown",
}


@pytest.mark.parametrize("question", [each for each, truth in CONDITIONS.items() if truth is not None])
def test_all_conditions_of_a_question_count(question: str) -> None:
    people = make_people()
    found = twinfold.ask(people, question, n=None)
    truth = CONDITIONS[question]
    assert truth is not None
    assert [answer.value for answer in found.answers] == people.select(truth).to_series().to_list(), found.heard
    assert all(a.text.lower().startswith("yes") or "right" in a.text[:14] for a in found.answers if a.value)


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("Are you a retired nurse?", "nobody is both"),
        ("Do you have a housing loan?", "two things"),
        ("Are you a nurse and age?", "age"),
        ("Are you unknown?", "outcome"),
        ("Are you not married?", "two ways"),
        ("Do you have a loan or a mortgage?", "mortgage"),
        ("Do you have a loan or housing?", "or"),
        ("What is your average age?", "mean"),
        ("What is your id?", "id is a key"),
        ("Are your total charges over 1.000?", "1,000"),
        ("Are your total charges over .5?", "0.5"),
        ("Were you married in 1999?", "1999"),
    ],
)
def test_what_could_mean_two_things_is_refused_with_the_reason(answering: Answering, question: str, why: str) -> None:
    answer = Interview(answering, answering.memory.keys[0]).ask(question)
    assert answer.mark is Mark.NONE
    assert answer.value is None
    assert why in answer.text


def test_what_is_not_on_record_leaves_a_conjunction_open_unless_another_part_fails() -> None:
    people = make_people().with_columns(
        pl.when(pl.col("id") < 2).then(None).otherwise(pl.col("job")).alias("job"),
        pl.when(pl.col("id") == 0).then(pl.lit("single")).otherwise(pl.col("marital")).alias("marital"),
    )
    first, second = twinfold.ask(people, "Are you a nurse and married?", customers=["0", 1]).answers
    assert first.value is False
    assert second.value is None
    assert second.mark is Mark.NONE
    assert "on record" in second.text


def make_account(*, ends: datetime.date = datetime.date(1998, 12, 31)) -> dict[str, pl.DataFrame]:
    """A customer whose balance rose and fell, and a hundred more; their visits end when `ends` says."""
    days = [datetime.date(1993, month, 10) for month in range(1, 13)] + [datetime.date(1994, 1, 10)]
    people = list(range(1000, 1100))
    rows = [
        (person, day, "credit" if k % 2 else "debit", 100.0 + 10 * k, balance)
        for person in people
        for k, (day, balance) in enumerate(zip(days, [500.0, 2000.0, *[800.0] * 10, 900.0], strict=True))
    ]
    names = ["person_id", "on", "direction", "amount", "balance"]
    return {
        "people": pl.DataFrame(
            {"person_id": people, "town": ["Prague", "Brno"] * 50, "region": ["north", "Brno"] * 50}
        ),
        "moves": pl.DataFrame(rows, schema=names, orient="row"),
        "visits": pl.DataFrame(
            {
                "person_id": [people[k % 80] for k in range(100)],
                "visited": [ends - datetime.timedelta(k % 9) for k in range(100)],
            }
        ),
        "loans": pl.DataFrame(
            {
                "loan_id": range(60),
                "person_id": people[:60],
                "status": ["A", "B", "C"] * 20,
                "payments": [99.5, 120.25] * 30,
            }
        ),
    }


@pytest.fixture(scope="module")
def account() -> Answering:
    return gather_audience(make_account()).answering


@pytest.mark.parametrize(
    ("question", "value", "said"),
    [
        ("Is your balance over 1,000?", False, "900"),
        ("Was your balance ever over 1,000?", True, "1 move"),
        ("How many moves were there last year?", 12.0, "last year (1993)"),
        ("How many moves were there in May?", 1.0, "in May 1993"),
        ("How many moves did you make in the last 30 days?", 1.0, "12 December 1993 to 10 January 1994"),
        ("Is your loan status A?", True, "status A"),
        ("Do you live in Prague?", True, "Prague"),
    ],
)
def test_of_a_history_what_is_now_is_the_last_and_times_are_dated(
    account: Answering, question: str, value: object, said: str
) -> None:
    answer = Interview(account, "1000").ask(question)
    assert answer.value == value
    assert said in answer.text


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("How much did you spend in 1993?", "came in as well as what went out"),
        ("How many payments did you make?", "amounts"),
        ("Is your loan status good?", "good"),
        ("Is your status over?", "over"),
        ("Have you any credit and debit moves?", "several things"),
        ("What is your person ID?", "person_id is a key"),
    ],
)
def test_of_a_history_what_is_not_said_is_refused(account: Answering, question: str, why: str) -> None:
    answer = Interview(account, "1000").ask(question)
    assert answer.mark is Mark.NONE, answer.text
    assert why in answer.text


def test_times_count_from_the_last_day_of_all_where_a_table_ends_soon_before() -> None:
    near = gather_audience(make_account(ends=datetime.date(1994, 2, 1))).answering
    assert "3 January" in Interview(near, "1000").ask("How many moves did you make in the last 30 days?").text


def test_a_glossary_of_names_that_there_are_not_is_refused() -> None:
    for words, why in (
        ({"columns": {"jobb": "work"}}, "did you mean 'job'"),
        ({"levels": {"job = nurs": "carer"}}, "did you mean 'nurse'"),
        ({"tables": {"peple": "people"}}, "table"),
    ):
        with pytest.raises(twinfold.SpecificationError, match=why):
            twinfold.ask(make_people(), "What is your job?", words=words)
