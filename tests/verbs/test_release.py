"""From an evaluation to a release: the verdict goes into the model's file, and a refused model keeps its rows."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.cli.main import main
from twinfold.errors import ModelFileError, OptionError, OutputError, RefusedError
from twinfold.synthesis.model_file import learned_digest, read_model_file, write_model_file
from twinfold.tables.hashing import file_hash

NO = {"event": "evaluated", "released": False, "because": "no", "policy": {"title": "testing", "source": "built in"}}
WHY = "Jo Ek, model risk: for the leak drill"


def people(rows: int, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame({"age": rng.integers(18, 90, rows), "kind": rng.choice(["a", "b"], rows)})


def bank(rows: int, seed: int) -> dict[str, pl.DataFrame]:
    rng = np.random.default_rng(seed)
    ids = np.arange(rows) + 10_000 * seed
    owner = np.repeat(ids, rng.poisson(3, rows))
    days = pl.Series(rng.integers(0, 700, len(owner))).cast(pl.Int32).cast(pl.Date)
    return {
        "customers": pl.DataFrame({"customer_id": ids, "age": rng.integers(18, 90, rows)}),
        "payments": pl.DataFrame({"customer_id": owner, "amount": rng.integers(1, 60, len(owner)), "paid_on": days}),
    }


def history(path: Path) -> list[dict[str, object]]:
    found = read_model_file(path)[0]["history"]
    assert isinstance(found, list)
    return found


@pytest.fixture(scope="module")
def synthesizer() -> twinfold.Synthesizer:
    made = twinfold.fit(people(300, 0))
    assert isinstance(made, twinfold.Synthesizer)
    return made


@pytest.fixture
def refused(synthesizer: twinfold.Synthesizer, tmp_path: Path) -> Path:
    path = tmp_path / "m.twin"
    replace(synthesizer, history=(*synthesizer.history, NO)).save(path)
    return path


def test_a_model_is_judged_refused_overridden_and_released(
    synthesizer: twinfold.Synthesizer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, seed in (("train", 0), ("kept", 1)):
        people(300, seed).write_csv(f"{name}.csv")
    synthesizer.save("m.twin")
    learned = learned_digest(*read_model_file("m.twin"))
    twinfold.sample_to("m.twin", "made.csv")
    Path("policy.toml").write_text(
        'purpose = "internal-testing"\n[internal-testing.limits]\n'
        'utility = { worst = 0.9, required = true, reason = "we only want rows that teach" }\n'
    )
    judge = [
        "evaluate",
        "--train",
        "train.csv",
        "--holdout",
        "kept.csv",
        "--synthetic",
        "made.csv",
        "--model",
        "m.twin",
    ]
    judge += ["-o", "report.html", "--json", "found.json", "--force"]
    assert main([*judge, "--policy", "policy.toml"]) == 1
    shown = " ".join(capfd.readouterr().out.split())
    assert "Refused for internal testing by policy.toml: Whether models trained on it predict" in shown
    assert shown.endswith("Wrote report.html, found.json and m.twin.")
    found = json.loads(Path("found.json").read_text())
    assert found["provenance"]["model"] == f"m.twin, SHA-256 {learned} but for its history"
    record = history(Path("m.twin"))[-1]
    assert record["synthetic"] == f"made.csv, 300 rows, SHA-256 {file_hash('made.csv')}"
    assert record["policy"] | {"title": ""} == {  # type: ignore[operator]
        "purpose": "internal-testing",
        "title": "",
        "source": "policy.toml",
        "sha256": file_hash("policy.toml"),
        "loosened": [],
    }

    sample = ["sample", "m.twin", "-o", "out.csv", "-n", "20"]
    assert main(sample) == 2
    said = capfd.readouterr().err
    assert said.startswith("twinfold: this model was refused for internal testing (policy: policy.toml): ")
    assert said.count("\n") == 1
    assert not Path("out.csv").exists()
    assert main([*sample, "--override", WHY]) == 0
    assert pl.read_csv("out.csv").equals(twinfold.sample(synthesizer, 20))
    assert [each["event"] for each in history(Path("m.twin"))] == ["fit", "evaluated", "overridden"]
    assert main([*sample, "--force"]) == 2  # the override was for one draw

    assert main([*judge, "--policy", "internal-testing"]) == 0
    assert "Released for internal testing." in capfd.readouterr().out
    assert main([*sample, "--force"]) == 0
    assert [each["event"] for each in history(Path("m.twin"))] == ["fit", "evaluated", "overridden", "evaluated"]
    assert learned_digest(*read_model_file("m.twin")) == learned


def test_an_override_is_kept_with_its_reason_its_time_and_its_verdict(refused: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    assert twinfold.sample(refused, 5, override=WHY).height == 5
    record = twinfold.load(refused).history[-1]
    assert (record["event"], record["reason"]) == ("overridden", WHY)
    assert before <= datetime.fromisoformat(record["at"]) <= datetime.now(UTC)
    assert record["verdict"]["because"] == "no"


def test_what_is_not_refused_needs_no_override(synthesizer: twinfold.Synthesizer, tmp_path: Path) -> None:
    synthesizer.save(tmp_path / "m.twin")
    before = (tmp_path / "m.twin").read_bytes()
    for model in (synthesizer, tmp_path / "m.twin"):
        with pytest.raises(OptionError, match=r"was not refused.*leave out --override"):
            twinfold.sample(model, 5, override=WHY)
    assert (tmp_path / "m.twin").read_bytes() == before


def test_a_refused_model_in_memory_is_not_drawn_from(refused: Path, tmp_path: Path) -> None:
    model = twinfold.load(refused)
    for draw in (lambda: twinfold.sample(model, 5), lambda: twinfold.sample_to(model, tmp_path / "o.csv")):
        with pytest.raises(RefusedError, match="--override"):
            draw()
    with pytest.raises(RefusedError):
        model.sample(5)
    with pytest.raises(RefusedError, match="save the model, and give the file's name"):
        twinfold.sample(model, 5, override=WHY)
    assert not (tmp_path / "o.csv").exists()


def test_an_override_that_can_not_be_recorded_draws_nothing(
    refused: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(OutputError, match="can't be written to"):
        twinfold.sample_to(refused, tmp_path / "o.csv", override=WHY)
    assert not (tmp_path / "o.csv").exists()
    assert len(history(refused)) == 2


def test_an_override_is_not_recorded_where_no_row_is_drawn(refused: Path, tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("")
    for asked, out in (
        ({"fair": "kind by agee"}, "o.csv"),
        ({"where": "age > 900"}, "o.csv"),
        ({"n": 0}, "o.csv"),
        ({}, "there.csv"),
    ):
        with pytest.raises(twinfold.TwinfoldError):
            twinfold.sample_to(refused, tmp_path / out, override=WHY, **asked)
        if out == "o.csv":
            with pytest.raises(twinfold.TwinfoldError):
                twinfold.sample(refused, override=WHY, **asked)
    assert len(history(refused)) == 2
    assert not (tmp_path / "o.csv").exists()


@pytest.mark.parametrize("record", ["text", 7, ["a"]])
def test_a_history_that_nobody_wrote_is_damage(
    synthesizer: twinfold.Synthesizer, tmp_path: Path, record: object
) -> None:

    synthesizer.save(tmp_path / "m.twin")
    manifest, arrays = read_model_file(tmp_path / "m.twin")
    write_model_file(tmp_path / "m.twin", manifest | {"history": [record]}, arrays, force=True)
    with pytest.raises(ModelFileError, match="damaged"):
        twinfold.sample(tmp_path / "m.twin", 5)


def test_a_linked_model_is_judged_refused_and_neither_drawn_from_nor_continued(tmp_path: Path) -> None:
    train, kept = bank(150, 0), bank(150, 1)
    path, asked = tmp_path / "bank.twin", tmp_path / "policy.toml"
    made = twinfold.fit(train)
    made.save(path)
    synthetic = twinfold.sample(path, 150)
    asked.write_text(
        'purpose = "internal-testing"\n[internal-testing.limits]\n'
        'utility = { worst = 0.9, required = true, reason = "they shall teach" }\n'
    )
    for others, said in (
        (bank(150, 2), "other values of 'age'"),
        (bank(160, 2), "150 rows, and the train rows are 160"),
    ):
        with pytest.raises(ModelFileError, match=said):
            twinfold.evaluate(others, kept, synthetic, policy=asked, model=path)
    evaluation = twinfold.evaluate(train, kept, synthetic, policy=asked, model=path)
    assert not evaluation.released
    model = twinfold.load(path)
    assert [record["event"] for record in model.history] == ["evaluated"]
    assert model.history[0]["synthetic"] == {name: f"{frame.height:,} rows" for name, frame in synthetic.items()}
    for given in ({}, {"continuing": kept, "after": "1971-06-01"}):
        with pytest.raises(RefusedError):
            twinfold.sample(path, **given)
        with pytest.raises(RefusedError):
            twinfold.sample_to(path, tmp_path / "out", **given)
    with pytest.raises(RefusedError):
        model.sample(5)
    assert not (tmp_path / "out").exists()
    assert twinfold.sample(path, 5, override=WHY)["customers"].height == 5
    assert twinfold.sample(path, continuing=kept, after="1971-06-01", override=WHY)["payments"].width == 3
    assert [record["event"] for record in twinfold.load(path).history] == ["evaluated", "overridden", "overridden"]


def test_a_verdict_is_not_written_into_a_model_of_other_rows(refused: Path) -> None:
    before, rows = refused.read_bytes(), people(300, 1)
    with pytest.raises(ModelFileError, match=r"'kind' is not in the train rows \(age, sort\)"):
        twinfold.evaluate(*[rows.rename({"kind": "sort"})] * 3, model=refused)
    with pytest.raises(ModelFileError, match="learned one table, and the train rows are of 2"):
        twinfold.evaluate(*[bank(150, 0)] * 3, model=refused)
    assert refused.read_bytes() == before


def test_a_verdict_by_other_customers_is_not_written(refused: Path) -> None:
    others, drawn = people(450, 7), people(300, 8)
    with pytest.raises(ModelFileError, match="the model learned 300 rows, and the train rows are 450"):
        twinfold.evaluate(others, people(300, 9), drawn, model=refused)
    with pytest.raises(ModelFileError, match="the model learned other rows: as many, but other values of 'age'"):
        twinfold.evaluate(people(300, 7), people(300, 9), drawn, model=refused)
    assert history(refused)[-1]["event"] == "evaluated"
    assert not history(refused)[-1]["released"]


def test_a_report_that_refuses_says_so_and_bars_the_final_model(tmp_path: Path) -> None:
    asked = tmp_path / "policy.toml"
    asked.write_text(
        'purpose = "mine"\n[mine]\ntitle = "our own use"\nextends = "internal-testing"\n'
        '[mine.limits]\nutility = { worst = 0.9, required = true, reason = "they shall teach" }\n'
    )
    made = twinfold.fit(people(300, 0), report=tmp_path / "report.html", policy=asked)
    assert made.describe().endswith(
        "Refused for our own use (policy: policy.toml): sample asks for --override with a reason."
    )
    assert made.evaluation.provenance["policy"] == f"mine of policy.toml, SHA-256 {file_hash(asked)}"
    made.save(tmp_path / "m.twin")
    with pytest.raises(RefusedError, match="it was not measured whether models trained on it predict"):
        twinfold.sample(tmp_path / "m.twin", 5)
