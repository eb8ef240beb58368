"""What the GAN's critic is shown: rare levels more often than they stand in the table, and what was lost more yet."""

import numpy as np
import torch

from twinfold.protocols import CodeColumn, CodeTable
from twinfold.synthesis.engines.fixed_columns import FixedColumns
from twinfold.synthesis.engines.gan import Asking
from twinfold.synthesis.engines.learning import Rows

DRAWN = 20_000


def asking(*, evenly=False):
    """A level that one row in a hundred holds, beside a number that says nothing of it."""
    rng = np.random.default_rng(0)
    codes = np.stack([rng.random(4000) < 0.01, rng.integers(0, 5, 4000)]).astype(np.uint16)
    known = CodeTable((CodeColumn("rare", 2, False), CodeColumn("number", 5, True)), codes)
    rows = Rows(known, FixedColumns.of(known), 0.0, 0, 1, torch.device("cpu"))
    return Asking(rows, evenly=evenly), rows, known


def test_a_rare_level_is_shown_more_often_than_it_is_held():
    shown, rows, known = asking()
    assert known.codes[0].mean() < 0.015
    asked, column, places = shown.draw(DRAWN, rows.rows[:0], 0.25)
    held = known.codes[0][places.numpy()]
    assert held.mean() > 0.15
    assert (rows.flat[places].gather(1, column[:, None])[:, 0] == asked).all()
    shown, rows, known = asking(evenly=True)
    places = shown.draw(DRAWN, rows.rows[:0], 0.25)[2]
    assert known.codes[0][places.numpy()].mean() < 0.015


def test_lost_rows_are_a_share_of_what_is_shown_as_long_as_there_are_any():
    shown, rows, _ = asking(evenly=True)
    lost = rows.rows[:20]
    for answer, share in ((0.25, 0.25), (0.0, 0.0)):
        asked, column, places = shown.draw(DRAWN, lost, answer)
        found = torch.isin(places, lost).float().mean().item()
        assert abs(found - share) < 0.02  # twenty of 4,000 rows come up by themselves as well
        assert (rows.flat[places].gather(1, column[:, None])[:, 0] == asked).all()
