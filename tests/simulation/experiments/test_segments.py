"""Lifts of parts of the customers: they differ where they do, and their intervals hold all at once."""

import numpy as np
import pytest

from known_worlds import LETTERS, make_letters
from twinfold import analyse_experiment


@pytest.fixture(autouse=True)
def board(tmp_path, monkeypatch):
    monkeypatch.setenv("TWINFOLD_SCOREBOARD", str(tmp_path / "board.jsonl"))


def test_segments_differ_only_where_they_do():
    asked = LETTERS | {"segments": ["female"]}
    found = analyse_experiment(asked, make_letters(20_000, 6, (0, 0.08, 0.08), woman=0.12)).segments
    assert len(found.lifts) == 4
    p = {each.arm: each.p for each in found.differences}
    assert p["men"] < 0.001
    assert p["women"] > 0.05
    lift = {(each.arm, each.level): each for each in found.lifts}
    assert lift["men", "yes"].lower < 0.14 < lift["men", "yes"].upper
    assert lift["men", "no"].lower < 0.02 < lift["men", "no"].upper


def test_intervals_of_segments_hold_all_at_once():
    asked, held = LETTERS | {"segments": ["female"]}, []
    for seed in range(120):
        found = analyse_experiment(asked, make_letters(1_500, seed)).segments
        held.append(all(each.lower <= 0 <= each.upper for each in found.lifts))
    assert np.mean(held) > 0.9
