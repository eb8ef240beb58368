"""Tables of figures: numbers of a column line up, text stays text, what is unknown is a dash."""

from twinfold.evaluation.finding import Exhibit
from twinfold.evaluation.report.exhibits import write


def test_numbers_of_a_column_have_the_same_decimals_and_counts_none() -> None:
    rows = (("clerk", 0.41253, 1650.0, 1.0), ("judge", 0.3, 12.0, float("nan")))
    written = write(Exhibit("fair", "t", "s", ("group", "share", "customers", "x"), rows))
    assert written.rows == (("clerk", "0.413", "1,650", "1"), ("judge", "0.300", "12", "–"))
    assert written.texts == (True, False, False, False)


def test_text_from_outside_is_one_short_line_and_nothing_is_made_of_no_rows() -> None:
    written = write(Exhibit("safe", "t", "s", ("a",), (("x\n" * 400,), ("",))))
    assert len(written.rows[0][0]) <= 160
    assert written.rows[1] == ("(empty)",)
    assert write(Exhibit("safe", "t", "s", ("a", "b"), ())).texts == (False, False)
