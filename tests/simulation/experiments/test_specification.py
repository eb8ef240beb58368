"""What an experiment.toml may say, and what is answered where it says something else."""

import pytest

from twinfold import OptionError, SpecificationError
from twinfold.simulation.experiments.specification import make_experiment, read_experiment

ASKED = {"outcome": "visit", "treatment": "mail", "arms": ["none", "men", "women"]}


def test_a_file_says_what_a_mapping_says(tmp_path):
    path = tmp_path / "experiment.toml"
    path.write_text('outcome = "visit"\ntreatment = "mail"\narms = ["none", "men", "women"]\n')
    assert read_experiment(path) == make_experiment(dict(ASKED))
    assert read_experiment(path).parts == (1 / 3, 1 / 3, 1 / 3)


def test_doses_are_named_as_numbers_are_written():
    asked = make_experiment({"outcome": "y", "treatment": "rate", "arms": [6.0, 7.5, 10]})
    assert asked.labels == ("6", "7.5", "10")
    assert asked.others == (1, 2)


def test_another_arm_may_be_the_control():
    asked = make_experiment(ASKED | {"control": "men", "looks": 4})
    assert (asked.reference, asked.others) == (1, (0, 2))
    assert asked.times == (0.25, 0.5, 0.75, 1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arms": ["none"]}, "arms has 1 of them; give two or more"),
        ({"arms": ["none", "none"]}, "'none' is empty, or there twice"),
        ({"arms": ["none", 3]}, "labels and numbers at once"),
        ({"control": "mne"}, "arm 'mne' is not known .*did you mean 'men'"),
        ({"shares": [0.5, 0.3, 0.1]}, "shares sum to 0.9; give parts above 0 that sum to 1"),
        ({"shares": [1.2, -0.1, -0.1]}, "shares sum to 1"),
        ({"shares": [0.5, 0.5]}, "shares has 2 of them for 3 arms"),
        ({"looks": 0}, "looks 0 is not accepted; give 1 to 20"),
        ({"looks": [0.5, 0.4, 1]}, "rising parts"),
        ({"looks": [0.5, 0.9]}, "rising parts of all customers that end in 1"),
        ({"alpha": 2}, "alpha"),
        ({"power": 1.0}, "power"),
        ({"covariates": ["visit"]}, "column 'visit' is named twice"),
        ({"segments": ["mail"]}, "a segment is neither"),
        ({"outcme": "x"}, "key 'outcme' is not known .*did you mean 'outcome'"),
        ({"baseline": {"deviation": 1}}, r"baseline.mean: it is missing"),
        ({"baseline": {"mean": 1, "explaned": 1}}, "key 'explaned' is not known .*did you mean 'explained'"),
        ({"baseline": {"mean": 1, "explained": 1}}, "explained"),
        ({"kind": "yes"}, "kind"),
    ],
)
def test_what_is_not_accepted_is_said_in_one_line(change, message):
    with pytest.raises(SpecificationError, match=message) as caught:
        make_experiment(ASKED | change)
    assert "\n" not in str(caught.value)


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(SpecificationError, match="arms: it is missing"):
        make_experiment({"outcome": "y", "treatment": "t"})
    with pytest.raises(SpecificationError, match="can't be read: No such file"):
        read_experiment(tmp_path / "no.toml")
    (tmp_path / "bad.toml").write_text("arms = [")
    with pytest.raises(SpecificationError, match=r"bad.toml is no TOML"):
        read_experiment(tmp_path / "bad.toml")


def test_a_look_is_one_of_those_planned():
    asked = make_experiment(ASKED | {"looks": 3})
    assert asked.check_look(2) == 2
    assert make_experiment(dict(ASKED)).check_look(None) == 1
    for look, message in ((None, "say which this is"), (4, "look 4 of 3"), (0, "look 0 of 3")):
        with pytest.raises(OptionError, match=message):
            asked.check_look(look)
