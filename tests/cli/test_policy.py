"""`twinfold policy` shows limits as the file that they can be changed in."""

from pathlib import Path

import pytest

from twinfold.cli.main import main
from twinfold.evaluation.policy.policy_file import built_in, read_toml


def test_what_is_shown_can_be_changed_and_handed_back(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "policy.toml"
    assert main(["policy", "--save", str(path)]) == 0
    assert capfd.readouterr().out == f"Wrote {path}.\n"
    assert read_toml(path.read_text()).rules == built_in().rules
    path.write_text(path.read_text().replace("worst = 0.55", "worst = 0.7", 1))
    assert main(["policy", str(path)]) == 0
    shown = capfd.readouterr().out
    assert "# Loosened for model-development: outlier_mia_auc (worst 0.7 instead of 0.55: a tenth better" in shown
    assert "[model-development.limits]" in shown
    assert "[publication.limits]" not in shown
    assert main(["policy", f"{path}:publication"]) == 0
    assert "Loosened" not in capfd.readouterr().out


def test_a_file_that_is_there_is_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('purpose = "publication"')
    assert main(["policy", "--save", str(path)]) == 2
    assert main(["policy", str(path), "--save", str(path), "--force"]) == 2
    assert "is also an input" in capfd.readouterr().err
    assert path.read_text() == 'purpose = "publication"'
    assert main(["policy", "publicaton"]) == 2
    assert "did you mean 'publication'?" in capfd.readouterr().err
