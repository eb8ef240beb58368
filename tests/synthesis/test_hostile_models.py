"""Models with a good checksum and bad contents: each is refused in one line before anything is drawn."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from twinfold.errors import DataError, ModelFileError
from twinfold.synthesis import synthesizer as module
from twinfold.synthesis.model_file import read_model_file, write_model_file
from twinfold.synthesis.synthesizer import learn, load
from twinfold.tables.reading import read

ROWS = 200
Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, dict[str, Any]]:
    rng = np.random.default_rng(0)
    names = [f"{a} {b}" for a in ("Anna", "Peter", "Maria") for b in ("Novak", "Smith", "Garcia", "Jones", "Brown")]
    frame = pl.DataFrame(
        {
            "id": [f"C{n:06d}" for n in rng.permutation(900_000)[:ROWS]],
            "number": np.arange(1, ROWS + 1),
            "note": [f"the customer called about a loan and asked for help once more {n}" for n in range(ROWS)],
            "segment": rng.choice(["a", "b", "c"], ROWS),
            "amount": rng.lognormal(8, 1, ROWS).round(2),
            "name": rng.choice(names, ROWS),
        }
    )
    path = tmp_path_factory.mktemp("model") / "good.twin"
    learn(read({"customers": frame})).save(path)
    return read_model_file(path)


def column(manifest: Manifest, name: str) -> Any:
    return next(each for each in manifest["codebook"]["columns"] if each["column"] == name)


def stored(manifest: Manifest, name: str) -> Any:
    return next(each for each in manifest["table"]["columns"] if each["name"] == name)


def content(name: str, **changes: Any) -> Callable[[Manifest], None]:
    return lambda manifest: column(manifest, name)["form"]["content"].update(changes)


def replaced(name: str, **form: Any) -> Callable[[Manifest], None]:
    return lambda manifest: column(manifest, name)["form"].update(content=form)


def template(**changes: Any) -> Callable[[Manifest], None]:
    return lambda manifest: column(manifest, "id")["form"]["content"]["templates"][0].update(changes)


def top(**changes: Any) -> Callable[[Manifest], None]:
    return lambda manifest: manifest.update(changes)


def physical(name: str, **changes: Any) -> Callable[[Manifest], None]:
    return lambda manifest: stored(manifest, name).update(changes)


HOSTILE: dict[str, Callable[[Manifest], None]] = {
    "rows without end": top(rows=10**15),
    "rows that are no whole number": top(rows=1e300),
    "a seed below zero": top(seed=-1),
    "a path that climbs out": lambda m: m.update(layout={"source": "csv", "file_name": "../../customers.csv"}),
    "text of a billion words": content("note", longest=10**9),
    "text of less than no words": content("note", shortest=-5, longest=-9),
    "a word of a million letters": content("note", words=["w" * 10**6]),
    "a template used a trillion times": template(weight=10**12),
    "a template of no use": template(weight=0),
    "a template of 100,000 characters": template(slots=["digit"] * 10**5),
    "a template of unknown characters": template(slots=["é"]),
    "no template": content("id", templates=[]),
    "a sequence that ends before it begins": content("number", first=5, last=1),
    "a sequence below zero": content("number", first=-(10**18)),
    "no country": replaced("id", type="iban", countries=[], spaced=False),
    "an unknown country": replaced("id", type="iban", countries=[["XX", 5]], spaced=False),
    "an unknown issuer": replaced("id", type="card", issuers=[["mine", 5]], separator=""),
    "an unknown scheme": replaced("id", type="national", scheme="mine", layout="##"),
    "an address of version a million": replaced("id", type="ip", version_6=10**6),
    "dates from a billion years ago": replaced("id", type="date", first=-(10**9), last=2000, timed=True, format=None),
    "dates in a format that is none": replaced("id", type="date", first=2000, last=2001, timed=False, format="%Q%!"),
    "a category of a million letters": lambda m: column(m, "segment").update(levels=["a" * 10**6, "b", "c"]),
    "a number's format of a billion digits": physical("amount", physical="String", format="%.999999999f"),
    "a number's format that is none": physical("amount", physical="String", format="none"),
    "decimals without end": physical("amount", decimals=10**9),
    "a decimal's scale without end": physical("amount", physical="Decimal(precision=38, scale=99999)"),
    "an unknown time zone": physical(
        "amount", kind="datetime", physical="Datetime(time_unit='us', time_zone='Mars/Olympus')"
    ),
    "a marker of ten million letters": physical("amount", missing="x" * 10**7),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_model_is_refused_in_one_line(what, model, tmp_path):
    manifest = copy.deepcopy(model[0])
    HOSTILE[what](manifest)
    write_model_file(tmp_path / "hostile.twin", manifest, model[1])
    with pytest.raises(ModelFileError) as caught:
        load(tmp_path / "hostile.twin")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("array", "change"),
    [("knot_rank", lambda a: a[::-1]), ("knot_value", lambda a: a[::-1]), ("edges", lambda a: a[::-1])],
)
def test_numbers_out_of_order_are_refused(array, change, model, tmp_path):
    manifest, arrays = model
    place = next(i for i, each in enumerate(manifest["codebook"]["columns"]) if each["column"] == "amount")
    name = f"e{place}_{array}"
    assert len(arrays[name]) > 1
    write_model_file(tmp_path / "hostile.twin", manifest, {**arrays, name: change(arrays[name])})
    with pytest.raises(ModelFileError, match="numbers that don't fit together"):
        load(tmp_path / "hostile.twin")


def test_long_texts_are_drawn_in_smaller_pieces(monkeypatch, model, tmp_path):
    write_model_file(tmp_path / "good.twin", *model)
    whole = [frame.height for frame in load(tmp_path / "good.twin").stream(5_000).frames()]
    monkeypatch.setattr(module, "CHUNK_BYTES", 300_000)
    pieces = [frame.height for frame in load(tmp_path / "good.twin").stream(5_000).frames()]
    assert whole == [5_000]
    assert sum(pieces) == 5_000
    assert 1 < max(pieces) < 2_000


def test_too_many_columns_are_refused_before_the_work(monkeypatch):
    monkeypatch.setattr(module, "MOST_COLUMNS", 2)
    frame = pl.DataFrame({name: ["p", "q", "q"] * 40 for name in "abc"})
    with pytest.raises(DataError, match="has 3 columns; at most 2 are learned"):
        learn(read(frame))


def test_a_wide_table_is_saved_and_loaded(tmp_path):
    rng = np.random.default_rng(0)
    wide = pl.DataFrame({f"c{i}": rng.normal(0, 1, 60).round(3) for i in range(510)})  # more than 10,000 arrays
    learn(read(wide)).save(tmp_path / "wide.twin")
    assert load(tmp_path / "wide.twin").sample(5).shape == (5, 510)
