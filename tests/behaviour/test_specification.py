import pytest

from twinfold import SpecificationError
from twinfold.behaviour.specification import make_specification, read_specification
from twinfold.behaviour.toml_file import LARGEST

RESPONSE = 'kind = "response"\noutcome = "taken"\ntreatment = "rate"\nstrata = ["risk"]\n'


def read(tmp_path, text):
    file = tmp_path / "behaviour.toml"
    file.write_text(text)
    return read_specification(file)


def test_a_file_says_what_was_varied(tmp_path):
    found = read(tmp_path, RESPONSE)
    assert (found.kind, found.outcome, found.treatment, found.strata) == ("response", "taken", "rate", ("risk",))
    assert found.covariates is None
    assert found.columns == ("taken", "rate", "risk")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('kind = "respnse"\n', "did you mean 'response'"),
        ("", "has no kind; give one of response, choice, hazard, lifetime"),
        (RESPONSE + 'tretment = "x"\n', "key 'tretment' .*did you mean 'treatment'"),
        ('kind = "response"\noutcome = "taken"\n', "needs treatment"),
        ('kind = "lifetime"\ncustomer = "id"\ntime = "date"\nstrata = ["a"]\n', "kind 'lifetime' has no strata"),
        (RESPONSE.replace('"risk"', '"rate"'), "column 'rate' is named twice"),
        (RESPONSE.replace('["risk"]', "3"), "strata: "),
        ("kind = ", "is no TOML"),
        ("a = 1\n" * LARGEST, "more than"),
    ],
)
def test_what_is_not_accepted_is_said_on_one_line(tmp_path, text, message):
    with pytest.raises(SpecificationError, match=message) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(SpecificationError, match="can't be read"):
        read_specification(tmp_path / "none.toml")


def test_a_column_that_is_not_in_the_data_is_said():
    asked = make_specification({"kind": "response", "outcome": "taken", "treatment": "rate"})
    with pytest.raises(SpecificationError, match=r"column 'rate' is not in offers .*did you mean 'rates'"):
        asked.check_columns(["taken", "rates"], "offers")
