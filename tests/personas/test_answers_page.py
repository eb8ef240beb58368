"""Answers to one question as a page: its figures are the record's, and nothing in the data is more than text."""

import re

import polars as pl
import pytest

import twinfold
from known_worlds import make_offers
from twinfold.personas.answers_page import render_answers
from twinfold.personas.tally import take_tally


def widths(page: str) -> list[float]:
    return [float(each) for each in re.findall(r'class="them" x="0" y="3" width="([\d.]+)%"', page)]


def test_shares_are_drawn_as_they_are_and_beside_what_is_expected() -> None:
    spec = {"kind": "response", "outcome": "taken", "treatment": "rate", "strata": ["risk"], "afterwards": ["amount"]}
    behaviour = twinfold.calibrate(make_offers(8_000, 0).frame.drop("id"), spec)
    people = make_offers(600, 1).frame.drop("taken", "amount", "rate")
    found = twinfold.ask(people, "Would you take this loan at 6 %?", behaviours={"loans": behaviour}, n=None)
    page, share = render_answers(found), found.tallies[0].shares[0]
    assert share.value == sum(bool(each.value) for each in found.answers) / 600
    assert f"{100 * share.value:.1f} %" in page
    assert found.average is not None
    assert f"expects {100 * found.average[0]:.1f} %" in page
    [bar] = widths(page)
    dot = float(re.findall(r'circle class="everybody" cx="([\d.]+)%"', page)[0])
    assert bar / dot == pytest.approx(share.value / found.average[0], rel=0.02)
    assert "<script" not in page
    assert "http" not in page.split("</head>")[1]


def test_levels_of_the_data_are_text_on_the_page_and_many_are_counted() -> None:
    levels = ["<script>alert(1)</script>", *[f"level {k}" for k in range(11)]]
    people = pl.DataFrame({"id": range(240), "job": levels * 20, "age": [20 + k % 50 for k in range(240)]})
    found = twinfold.ask(people, "What is your job?", n=None)
    page = render_answers(found)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert len(widths(page)) == len(found.tallies[0].shares) == 8
    assert found.tallies[0].others == 4
    ages = twinfold.ask(people, "How old are you?", n=None)
    assert ages.tallies[0].mean == people["age"].mean()
    assert f"mean {people['age'].mean():.1f}" in render_answers(ages)


def test_who_does_not_answer_is_counted_and_no_share_of_anything() -> None:
    people = pl.DataFrame({"id": range(100), "job": ["nurse", None] * 50})
    found = twinfold.ask(people, "Are you a nurse?", n=None)
    tally = take_tally(found.answers)
    assert (tally.people, tally.silent, tally.shares[0].value) == (100, 50, 1.0)
    assert "50 did not answer" in render_answers(found)
    nothing = twinfold.ask(people, "What is your favourite colour?", n=3)
    assert "Nobody answered" in render_answers(nothing)
