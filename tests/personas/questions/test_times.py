"""Times in questions."""

import datetime
import math

import pytest

from twinfold.personas.questions.times import day_of, find_windows, write_day

NOW = day_of(datetime.date(2023, 8, 16))


def span(text: str) -> tuple[str, str]:
    [window] = find_windows(text, NOW)
    return tuple("open" if math.isinf(day) else write_day(day) for day in (window.low, window.high))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("in may 2023", "1 May 2023", "1 June 2023"),
        ("in 2022", "1 January 2022", "1 January 2023"),
        ("on 2023-05-03", "3 May 2023", "4 May 2023"),
        ("on the 3rd of may 2023", "3 May 2023", "4 May 2023"),
        ("on may 3, 2023", "3 May 2023", "4 May 2023"),
        ("may 3, 2023", "3 May 2023", "4 May 2023"),
        ("the 5th of june 2023", "5 June 2023", "6 June 2023"),
        ("on clothing 2019", "1 January 2019", "1 January 2020"),
        ("in the third quarter of 2022", "1 July 2022", "1 October 2022"),
        ("between march and june 2023", "1 March 2023", "1 July 2023"),
        ("from 1 to 15 march 2023", "1 March 2023", "16 March 2023"),
        ("by the end of 2020", "open", "1 January 2021"),
        ("in march last year", "1 March 2022", "1 April 2022"),
        ("the year before last", "1 January 2021", "1 January 2022"),
        ("yesterday", "15 August 2023", "16 August 2023"),
        ("from march 2023 onwards", "1 March 2023", "open"),
        ("since march 2023", "1 March 2023", "open"),
        ("after march 2023", "1 April 2023", "open"),
        ("before march 2023", "open", "1 March 2023"),
        ("until march 2023", "open", "1 April 2023"),
        ("between march 2023 and may 2023", "1 March 2023", "1 June 2023"),
        ("from 2023-01-10 to 2023-01-20", "10 January 2023", "21 January 2023"),
        ("in q2 2023", "1 April 2023", "1 July 2023"),
        ("in the last 30 days", "18 July 2023", "17 August 2023"),
        ("last month", "1 July 2023", "1 August 2023"),
        ("last year", "1 January 2022", "1 January 2023"),
        ("this month", "1 August 2023", "1 September 2023"),
        ("in october", "1 October 2022", "1 November 2022"),
        ("in march", "1 March 2023", "1 April 2023"),
    ],
)
def test_times_are_read_as_people_mean_them(text: str, low: str, high: str) -> None:
    assert span(f"how many payments {text}") == (low, high)


@pytest.mark.parametrize(
    "text",
    [
        "a loan of 2000",
        "payments over 1999",
        "may i have a card",
        "when did i last pay",
        "2023-13-45",
        "at 1995.50",
        "in 1990 %",
    ],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert find_windows(text, NOW) == []


def test_last_month_takes_a_day_that_is_known() -> None:
    assert find_windows("last month", None) == []
